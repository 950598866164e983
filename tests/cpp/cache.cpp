// The blob cache through warmstart.hpp.
//
//     cache SCRATCH
#include "check.hpp"
#include <warmstart.hpp>

#include <cstdio>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::string_literals;
using namespace std::chrono_literals;
using texts = std::vector<std::string>;
using pair = std::array<double, 2>;

const std::vector<double> X{1, -0.0, 3};

void values(const std::string &root)
{
    warm::cache cache(root);
    CHECK(cache.root() && cache.root()->find("/values") != std::string::npos);
    CHECK(!cache.get("n", "x") && !cache.contains("n", "x") && cache.exists("n", "x") != warm::existence::present && !cache.peek("n", "x"));
    const auto receipt = cache.put("n", "x", X);
    CHECK(receipt.in_memory && receipt.on_disk && !receipt.replaced && receipt.stored_bytes > 0);
    auto found = cache.get("n", "x");
    CHECK(found && found->as<double>().size() == 3 && found->as<double>()[2] == 3 && found->info().from_memory && !found->info().version);
    CHECK(found->as<char>().size() == 24 && found->as<pair>().size() == 0);
    std::vector<double> y(3), shorter(2);
    const auto info = cache.get_into("n", "x", y);
    CHECK(info && info->payload_bytes == 24 && y == X);
    THROWS(warm::buffer_error, "", cache.get_into("n", "x", shorter));
    THROWS(warm::incompatible_error, "length", found->copy_to(shorter));
    found->copy_to(y);
    CHECK(cache.put("n", "x", "text"s).replaced && cache.remove("n", "x") && !cache.remove("n", "x"));
    CHECK(found->as<double>()[0] == 1); // what is held stays
    CHECK(cache.try_get("", "x").status() == WARM_ERR_INVALID && cache.try_put("n", std::string(1025, 'k'), X).status() == WARM_ERR_INVALID);
    THROWS(warm::invalid_error, "128", cache.flush(std::string(129, 'n')));

    warm::put_options small;
    small.largest = 2;
    const auto statuses = cache.put_many("m", {{"a", "1"s}, {"b", "333"s}, {"c", warm::bytes_view()}}, small);
    CHECK(statuses == std::vector<std::int32_t>({WARM_OK, WARM_ERR_TOO_LARGE, WARM_OK}));
    auto several = cache.get_many("m", {"c", "b", "a"});
    CHECK(several.size() == 3 && several[0] && several[0]->payload().size() == 0 && !several[1] && several[2]->as<char>()[0] == '1');
    CHECK(cache.get_many("m", {}).empty());
    CHECK(cache.list("m").size() == 2 && cache.list("m", "a").front().key == "a" && cache.list("m", "a").front().info.payload_bytes == 1);
    CHECK(cache.namespaces().size() == 2);
    cache.flush("m");
    CHECK(cache.list("m").empty() && cache.stats("m").flushes == 1 && cache.stats().puts == 4);
    CHECK(cache.try_stats("").status() == WARM_ERR_INVALID);

    warm::cache moved(std::move(cache));
    CHECK(moved.put("n", "k", X).on_disk);
    CHECK(cache.try_get("n", "k").status() == WARM_ERR_INVALID); // NOLINT: what was moved from says so
}

void versions_labels_lives(const std::string &root)
{
    warm::cache cache(root);
    warm::put_options with;
    with.version = 5;
    with.tags = {"red", "blue"};
    with.dependencies = {"data"};
    with.pairs = {{"degree", "3"}, {"knots", ""}};
    with.content_type = "application/octet-stream";
    with.priority = 200;
    with.life.ttl = 1h;
    with.life.deadline = std::chrono::system_clock::now() + 30min;
    with.life.stale = 1s;
    cache.put("n", "k", X, with);
    THROWS(warm::conflict_error, "version", cache.put("n", "k", X, with));
    auto b = cache.get("n", "k");
    CHECK(b && b->tags() == texts({"red", "blue"}) && b->dependencies() == texts{"data"} && b->pairs() == with.pairs);
    CHECK(b->content_type() == with.content_type && b->info().version == std::uint64_t{5} && b->info().priority == 200);
    CHECK(b->info().remaining && *b->info().remaining <= 31min && *b->info().remaining > 20min && !b->info().is_stale);
    warm::put_options swap;
    swap.swap = warm::version_swap{6, 7};
    THROWS(warm::conflict_error, "version", cache.put("n", "k", X, swap));
    swap.swap = warm::version_swap{5, 2};
    CHECK(cache.put("n", "k", X, swap).replaced && cache.peek("n", "k")->version == std::uint64_t{2});
    swap.swap = warm::version_swap{{}, 1};
    CHECK(cache.try_put("n", "k", X, swap).status() == WARM_ERR_CONFLICT && cache.try_put("n", "new", X, swap));
    CHECK(cache.stats().version_conflicts == 3);

    CHECK(cache.set_life("n", "new", {}) && !cache.peek("n", "new")->remaining && !cache.set_life("n", "absent", {}));
    warm::blob_life brief;
    brief.ttl = 1ms;
    CHECK(cache.set_life("n", "new", brief));
    std::this_thread::sleep_for(50ms);
    CHECK(!cache.get("n", "new"));

    warm::put_options labelled;
    labelled.tags = {"red"};
    labelled.dependencies = {"data"};
    cache.put("n", "a/1", X, labelled);
    cache.put("m", "a/2", X, labelled);
    CHECK(cache.invalidate_tags({}) == 0 && cache.invalidate_tags({"green", "red"}, "n") == 1 && cache.invalidate_dependencies({"data"}) == 1);
    cache.put("n", "a/1", X);
    CHECK(cache.invalidate_prefix("n", "a/") == 1 && !cache.get("n", "a/1"));
    labelled.tags.assign(1, std::string(257, 't'));
    THROWS(warm::invalid_error, "256", cache.put("n", "k", X, labelled));
    labelled.tags.clear();
    labelled.priority = 256;
    THROWS(warm::invalid_error, "256", cache.put("n", "k", X, labelled));
}

void upkeep(const std::string &scratch)
{
    warm::cache_options options;
    options.memory_budget = 1 << 20;
    options.disk_budget = 0;
    options.durability = warm::durability::process;
    options.promotion = warm::promotion::second_hit;
    options.background_promotion = 4;
    options.compression = false;
    warm::cache cache(scratch + "/upkeep", options);
    cache.put("n", "k", X);
    cache.set_quota("n", 1 << 20);
    cache.sweep();
    CHECK(cache.drain(60s) == warm::outcome::ok);
    auto copying = cache.copy(scratch + "/upkeep-copy");
    CHECK(copying.wait(300s) == warm::outcome::ok && copying.report().intact == 1);
    warm::cache copy(scratch + "/upkeep-copy");
    CHECK(copy.get("n", "k")->as<double>()[2] == 3);
    auto task = cache.verify();
    CHECK(task.wait(300s) == warm::outcome::ok && task.report().damaged == 0 && task.report().complete == 1);
    warm::cache_options reader;
    reader.read_only = true;
    warm::cache reads(scratch + "/upkeep", reader);
    THROWS(warm::permission_error, "", reads.put("n", "k", X));
    auto memory = warm::cache::in_memory();
    CHECK(!memory.root() && !memory.put("n", "k", X).on_disk && memory.get("n", "k"));
    options.memory_budget = -1;
    THROWS(warm::invalid_error, "negative", warm::cache(scratch + "/never", options));
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 2) return 2;
    const std::string scratch(argv[1]);
    try {
        values(scratch + "/values");
        versions_labels_lives(scratch + "/versions");
        upkeep(scratch);
    } catch (const std::exception &e) {
        std::fprintf(stderr, "unexpected: %s\n", e.what());
        ++failed;
    }
    return verdict();
}
