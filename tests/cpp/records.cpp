// Records and artifacts through warmstart.hpp.
//
//     records SCRATCH
#include "check.hpp"
#include <warmstart.hpp>

#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

namespace {

using numbers = std::vector<double>;
using integers = std::vector<std::int64_t>;

warm::record warm_start()
{
    warm::record r(warm::record_kind::warm_start);
    r.set("key", "y ~ s(x)").set("n_rows", 100).set("n_cols", std::size_t{3}).set("rho", numbers{-0.0, 0.1}).set("beta", numbers{1, 2, 5e-324});
    return r;
}

void records(const std::string &root)
{
    auto store = warm::store::open_records(root);
    auto r = warm_start();
    CHECK(!store.load_record(r));
    r.set("prev_rho", numbers{1, 2}).set("last_inner_converged", true).set("last_pirls_lm_lambda", 1e-300).set("package_version", "tests");
    store.save_record(r);
    auto found = store.load_record(r);
    CHECK(found && found->numbers("beta") == numbers({1, 2, 5e-324}) && std::signbit(found->numbers("rho")->front()));
    CHECK(found->numbers("prev_rho") == numbers({1, 2}) && !found->numbers("prev_beta") && !found->integer("last_inner_iters"));
    CHECK(found->integer("last_inner_converged") == 1 && found->number("last_pirls_lm_lambda") == 1e-300 && !found->number("last_pirls_accept_rho"));
    CHECK(found->text("key") == "y ~ s(x)" && found->text("package_version") == "tests" && *found->integer("created_unix_secs") > 1700000000);
    found->check(r);
    found->clear("prev_rho");
    CHECK(!found->numbers("prev_rho") && warm::record::from_json(warm::record_kind::warm_start, found->json()).numbers("beta") == found->numbers("beta"));
    CHECK(r.key() == warm::key::from_text(warm::keyspace::record, "y ~ s(x)") && r.key() != warm::key::from_text(warm::keyspace::outer_iterate, "y ~ s(x)"));
    auto other = warm_start();
    other.set("n_rows", 99);
    THROWS(warm::incompatible_error, "n_rows is 100, and 99 is wanted", r.check(other));
    CHECK(r.try_check(other).status() == WARM_ERR_INCOMPATIBLE && r.try_check(r));
    THROWS(warm::invalid_error, "is NaN", r.set("rho", numbers{std::numeric_limits<double>::quiet_NaN()}));
    THROWS(warm::invalid_error, "no such field", r.numbers("roh"));
    THROWS(warm::invalid_error, "no item 1", r.numbers("rho", 1));
    THROWS(warm::incompatible_error, "missing field", warm::record::from_json(warm::record_kind::warm_start, std::string("{}")));
    warm::record moved(std::move(r));
    CHECK(moved.numbers("rho")->size() == 2);
    CHECK(r.try_numbers("rho").status() == WARM_ERR_INVALID); // NOLINT: what was moved from says so
}

void blocks(const std::string &root)
{
    auto store = warm::store::open_records(root);
    warm::record r(warm::record_kind::blocks);
    r.set("key", "gaulss").set("n_rows", 50).set("block_dims", integers{2, 1}).set("block_names", std::string("mu")).set("block_names", "sigma", 1);
    r.set("block_beta", numbers{1, 2}).set("block_beta", numbers{3}, 1).clear("active_sets").set("active_sets", integers{0}, 1);
    store.save_record(r);
    auto found = store.load_record(r);
    CHECK(found && found->integers("block_dims") == integers({2, 1}) && !found->integers("active_sets") && found->integers("active_sets", 1) == integers{0});
    CHECK(found->describe("block_beta") == std::make_pair(warm::field_type::numbers, std::int64_t{2}) && !found->number("inner.log_likelihood"));
    THROWS(warm::invalid_error, "no such field", found->numbers("beta"));
}

warm::record artifact(const std::vector<std::pair<std::string, numbers>> &terms)
{
    warm::record a(warm::record_kind::artifact);
    a.set("descriptor.family_kind", "gaulss");
    for (const auto &[name, rho] : terms) {
        warm::term_shape shape;
        shape.block_name = name;
        for (std::size_t i = 0; i < rho.size(); ++i) shape.penalty_labels.push_back(i == 0 ? std::optional<std::string_view>("a") : std::nullopt);
        shape.nullspace_dims = {1};
        shape.reduced_width = 4;
        a.add_term(shape).set("terms.rho_for_term", rho, a.describe("terms.identity").second - 1);
    }
    return a;
}

void transfer(const std::string &root)
{
    auto store = warm::store::open_records(root);
    auto parent = artifact({{"mean", {0.25, 9}}, {"sigma", {-8.5}}});
    THROWS(warm::invalid_error, "outer_objective is NaN", store.save_record(parent));
    store.save_record(parent.set("global.outer_objective", 1.5));
    auto fold = artifact({{"sigma", {0}}, {"mean", {1, 1}}});
    CHECK(fold.text("descriptor_key") == parent.text("descriptor_key"));
    auto found = store.load_record(fold);
    fold.transfer_from(*found);
    CHECK(fold.numbers("terms.rho_for_term") == numbers{-8} && fold.numbers("terms.rho_for_term", 1) == numbers({0.25, 1}));
    CHECK(fold.text("terms.provenance") == "rho_only" && fold.integer("terms.source", 1) == 0 && found->text("terms.role", 1) == "LogSlope");
    fold.set("terms.provenance", "projected");
    THROWS(warm::incompatible_error, "terms has 1 items, for 2", fold.transfer_from(artifact({{"mean", {1}}}).set("global.outer_objective", 1.0)));
    warm::record golden(warm::record_kind::artifact);
    golden.add_term({"mean: s(Time)", warm::role::mean, {"s(Time)"}, {2}, 9});
    CHECK(golden.text("terms.identity") == "ecb2a54eb46cbee00755a92881992d675d4413d4b0e14819496239bda93054ee");
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 2) return 2;
    const std::string scratch(argv[1]);
    try {
        records(scratch + "/records");
        blocks(scratch + "/records");
        transfer(scratch + "/records");
    } catch (const std::exception &e) {
        std::fprintf(stderr, "unexpected: %s\n", e.what());
        ++failed;
    }
    return verdict();
}
