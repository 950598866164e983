// C++'s program of README.md: records.
#include <warmstart.hpp>

#include <cfloat>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace {

std::string name;

std::string hexed(const std::vector<double> &values)
{
    std::string out;
    for (const double value : values) {
        std::uint64_t bits = 0;
        char digits[18];
        std::memcpy(&bits, &value, sizeof bits);
        std::snprintf(digits, sizeof digits, " %016" PRIx64, bits);
        out += digits;
    }
    return out;
}

warm::record artifact(const std::vector<std::pair<std::string, std::vector<double>>> &terms)
{
    warm::record a(warm::record_kind::artifact);
    a.set("descriptor.family_kind", "family of " + name);
    for (const auto &[term, rho] : terms) {
        if (term == "mean") a.add_term({"mean: s(Time)", warm::role::from_name, {"s(Time)"}, {2}, 9});
        else a.add_term({"log SIGMA, na\xc3\xafve", warm::role::from_name, {"a", std::nullopt, "c"}, {}, 0});
        a.set("terms.rho_for_term", rho, a.describe("terms.identity").second - 1);
    }
    return a;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 4) return 2;
    name = argv[3];
    auto store = warm::store::open_records(argv[2]);
    warm::record like(warm::record_kind::warm_start);
    like.set("key", "fit of " + name).set("n_rows", 3).set("n_cols", 2);
    if (std::string(argv[1]) == "write") {
        like.set("package_version", name).set("rho", std::vector<double>{0.1, -0.0}).set("beta", std::vector<double>{DBL_MIN, -DBL_MAX});
        like.set("last_inner_iters", 7).set("last_inner_converged", true).set("last_pirls_lm_lambda", 1e-300);
        store.save_record(like);
        auto fit = artifact({{"mean", {0.25}}, {"sigma", {-8.5, 9.0, 0.5}}});
        fit.set("terms.raw_beta", std::vector<double>{0.1, -0.0}).set("global.outer_objective", -0.1);
        store.save_record(fit.set("global.converged", true).set("global.n_rows", 3));
        return 0;
    }
    const auto found = store.load_record(like);
    std::printf("key %s\n", found->key().hex().c_str());
    std::printf("package_version %s\n", found->text("package_version")->c_str());
    std::printf("n_rows %d\n", static_cast<int>(*found->integer("n_rows")));
    std::printf("rho%s\nbeta%s\n", hexed(*found->numbers("rho")).c_str(), hexed(*found->numbers("beta")).c_str());
    std::printf("prev_rho %s\n", found->numbers("prev_rho") ? "there" : "absent");
    std::printf("last_inner_iters %d\n", static_cast<int>(*found->integer("last_inner_iters")));
    std::printf("last_inner_converged %d\n", static_cast<int>(*found->integer("last_inner_converged")));
    std::printf("last_pirls_lm_lambda%s\n", hexed({*found->number("last_pirls_lm_lambda")}).c_str());
    std::printf("suits %s\n", found->try_check(like) ? "yes" : "no");
    auto fold = artifact({{"sigma", {1, 1, 1}}, {"mean", {1}}});
    const auto parent = store.load_record(fold);
    std::printf("descriptor_key %s\n", parent->text("descriptor_key")->c_str());
    std::printf("identity %s %s\n", parent->text("terms.identity")->c_str(), parent->text("terms.identity", 1)->c_str());
    std::printf("objective%s\nraw_beta%s\n", hexed({*parent->number("global.outer_objective")}).c_str(), hexed(*parent->numbers("terms.raw_beta")).c_str());
    fold.transfer_from(*parent);
    for (int at = 0; at < 2; ++at) {
        std::printf("term %s %d%s\n", fold.text("terms.provenance", at)->c_str(), static_cast<int>(*fold.integer("terms.source", at)),
                    hexed(*fold.numbers("terms.rho_for_term", at)).c_str());
    }
}
