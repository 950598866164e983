// The remote tier through warmstart.hpp: two machines are two roots, and the bucket lies in memory. A library that was built
// without it refuses to attach.
//
//     remote SCRATCH
#include "check.hpp"
#include <warmstart.hpp>

#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace {

using namespace std::chrono_literals;

const std::vector<double> X{1, -0.0, 3};
const auto longest = 120s;

warm::key key_of(const char *name) { return warm::fingerprinter().absorb("name", name).key(); }

static_assert(!std::is_copy_constructible_v<warm::remote> && !std::is_copy_assignable_v<warm::remote> &&
              std::is_nothrow_move_constructible_v<warm::remote> && std::is_nothrow_move_assignable_v<warm::remote>);
static_assert(!std::is_copy_constructible_v<warm::prefetch> && !std::is_default_constructible_v<warm::prefetch> &&
              std::is_nothrow_move_constructible_v<warm::prefetch> && std::is_nothrow_move_assignable_v<warm::prefetch>);

/// What is wrong with the options is said before anything is attached, in any build.
void options(const warm::store &store)
{
    const auto refused = [&](const warm::remote_options &o) {
        const auto r = warm::remote::try_attach(store, "memory://options", o);
        return r.status() == WARM_ERR_INVALID ? std::string(r.error().message()) : std::string();
    };
    const auto says = [](const std::string &text, const char *words) { return text.find(words) != std::string::npos; };
    warm::remote_options o;
    o.uploads = static_cast<warm::uploads>(4);
    CHECK(says(refused(o), "WARM_UPLOADS"));
    o = {};
    o.deadline = -1s;
    CHECK(says(refused(o), "negative"));
    o.deadline = warm::seconds(std::numeric_limits<double>::quiet_NaN());
    CHECK(says(refused(o), "not a number"));
    o = {};
    o.payload_limit = 0;
    CHECK(says(refused(o), "between"));
    o = {};
    o.queue_limit = 0;
    CHECK(says(refused(o), "positive"));
    THROWS(warm::invalid_error, "positive", warm::remote(store, "memory://options", o));
}

void absent(const warm::store &store)
{
    THROWS(warm::unsupported_error, "without the feature remote", warm::remote(store, "memory://absent"));
    warm::remote_options o;
    o.uploads = warm::uploads::all;
    o.lookup = false;
    o.deadline = 1s;
    o.payload_limit = 1 << 20;
    o.queue_limit = 1;
    const auto r = warm::remote::try_attach(store, "memory://absent", o);
    CHECK(r.status() == WARM_ERR_UNSUPPORTED && std::string(r.error().message()).find("--features remote") != std::string::npos);
}

void urls(const warm::store &store)
{
    THROWS(warm::invalid_error, "URL", warm::remote(store, "no url"));
    THROWS(warm::invalid_error, "password", warm::remote(store, "s3://user:hunter2@bucket/x"));
    CHECK(std::string(warm::remote::try_attach(store, "s3://user:hunter2@bucket/x").error().message()).find("hunter2") == std::string::npos);
    THROWS(warm::invalid_error, "", warm::remote(store, ""));
}

void two_machines(const std::string &scratch)
{
    const std::string url = "memory://two-machines/in/cpp";
    const warm::key k = key_of("one"), other = key_of("other");
    warm::store a(scratch + "/a"), b(scratch + "/b");
    warm::remote_options patient;
    patient.deadline = longest;
    warm::remote at_a(a, url, patient), at_b(b, url, patient);
    CHECK(at_a.url() == url && at_a.last_failure().empty());
    THROWS(warm::invalid_error, "has one already", warm::remote(a, url));

    CHECK(!at_b.fetch(k, longest) && !b.lookup(k));
    a.save(k, X, 0.1, 4, warm::kind::final);
    CHECK(at_a.flush(warm::reach::local, longest) == warm::outcome::ok && at_a.flush(warm::reach::remote, longest) == warm::outcome::ok);
    CHECK(at_a.stats().uploads == 1);
    CHECK(at_b.fetch(k, longest));
    const auto found = b.lookup(k);
    std::vector<double> y(3);
    if (found) found->copy_to(y);
    CHECK(y == X && std::signbit(y[1]));
    CHECK(found && found->info().objective == 0.1 && found->info().iteration == std::int64_t{4} && found->info().kind == warm::kind::final);
    CHECK(at_b.stats().brought == 1 && at_b.stats().corrupt == 0);

    // Removed here, it is not brought back; removed there, it is gone.
    CHECK(at_b.remove(k, warm::reach::local, longest) && !b.lookup(k) && !at_b.fetch(k, longest));
    CHECK(!at_b.remove(k, "no-such-run", warm::reach::remote, longest));
    CHECK(at_b.remove(k, warm::reach::remote, longest) && !at_b.remove(k, warm::reach::remote, longest) && a.lookup(k));
    CHECK(at_b.try_remove(k, "", warm::reach::remote, longest).status() == WARM_ERR_INVALID);
    THROWS(warm::invalid_error, "dot", at_b.remove(k, "..", warm::reach::local, longest));
    THROWS(warm::invalid_error, "neither 0 nor 1", at_b.remove(k, static_cast<warm::reach>(2), longest));
    THROWS(warm::invalid_error, "WARM_REACH", at_b.flush(static_cast<warm::reach>(2), longest));
    THROWS(warm::invalid_error, "negative", at_b.flush(warm::reach::remote, -1s));
    THROWS(warm::invalid_error, "negative", at_b.fetch(k, -1s));

    // What was saved before it was attached goes when it is asked for.
    {
        const warm::key early = key_of("early");
        warm::store c(scratch + "/c");
        c.save_slot(early, "run", X, 0.5, 2, warm::kind::final);
        warm::remote at_c(c, url, patient);
        CHECK(!at_b.fetch(early, longest));
        at_c.upload(early, "run");
        CHECK(at_c.flush(warm::reach::remote, longest) == warm::outcome::ok && at_c.stats().uploads == 1);
        CHECK(at_b.fetch(early, longest) && b.lookup_run(early, "run"));
        THROWS(warm::invalid_error, "dot", at_c.upload(early, ".."));
        CHECK(at_b.remove(early, warm::reach::remote, longest));
    }

    for (const double objective : {1.0, 2.0, 3.0}) a.save(other, X, objective, {}, warm::kind::final);
    CHECK(at_a.flush(warm::reach::remote, longest) == warm::outcome::ok);
    warm::retention keep;
    keep.keep_per_key = 1;
    keep.dry_run = true;
    const auto would = at_a.retain(keep, longest);
    CHECK(would.entries == 3 && would.removed_entries == 2);
    keep.dry_run = false;
    CHECK(at_a.retain(keep, longest).removed_entries == 2);
    const auto rest = at_a.retain(keep, longest);
    CHECK(rest.entries == 1 && rest.removed_entries == 0);
    keep.max_age = 1h;
    CHECK(at_a.retain(keep, longest).removed_entries == 0);
    keep.max_age = -1s;
    THROWS(warm::invalid_error, "negative", at_a.retain(keep, longest));
    keep = {};
    keep.max_bytes = -1;
    THROWS(warm::invalid_error, "max_bytes", at_a.retain(keep, longest));

    // What is not to be asked for by lookups is brought by fetch only.
    warm::store c(scratch + "/c");
    warm::remote_options asked;
    asked.lookup = false;
    {
        warm::remote at_c(c, url, asked);
        CHECK(!c.lookup(other) && at_c.stats().fetches == 0 && at_c.fetch(other, longest) && c.lookup(other));
        warm::remote moved(std::move(at_c));
        CHECK(moved.url() == url);
        CHECK(at_c.try_fetch(other, longest).status() == WARM_ERR_INVALID); // NOLINT: what was moved from says so
    }
    warm::remote again(c, url); // the one before has ended
    CHECK(again.stats().fetches == 0);
}

void prefetched(const std::string &scratch)
{
    const std::string url = "memory://prefetched/in/cpp";
    const std::vector<warm::key> folds{key_of("fold 0"), key_of("fold 1"), key_of("fold 2"), key_of("fold 3")};
    const warm::key model = key_of("model"), absent = key_of("absent");
    warm::store a(scratch + "/pa"), b(scratch + "/pb");
    warm::remote at_a(a, url), at_b(b, url);
    for (const warm::key &k : folds) a.save(k, X, 0.1, {}, warm::kind::final);
    CHECK(at_a.flush(warm::reach::remote, longest) == warm::outcome::ok);

    warm::prefetch_options o;
    o.interval = 1h;
    o.dry_run = true;
    {
        warm::prefetch dry = at_b.start_prefetch(o);
        THROWS(warm::invalid_error, "has one already", at_b.start_prefetch());
        for (int i = 0; i < 12000 && dry.stats().listings == 0; ++i) std::this_thread::sleep_for(10ms);
        for (std::size_t i = 0; i < folds.size(); ++i) {
            warm::prefetch_entry known;
            if (i > 0) known.parent = folds[0];
            known.sequence = static_cast<std::int64_t>(i);
            known.model = model;
            known.ns = "fits";
            known.last_access = std::chrono::system_clock::now();
            dry.note(folds[i], known);
        }
        dry.set_active_model(model);
        std::vector<warm::planned> planned;
        auto list = dry.plan(8);
        for (const warm::planned &p : list) planned.push_back(p);
        CHECK(planned.size() == 4 && planned[0].key == folds[0] && planned[0].score > 1 && planned[1].score <= planned[0].score);
        dry.set_active_model({});
        const auto first = dry.try_plan(1).value().try_next();
        CHECK(first && *first && (*first)->score < planned[0].score);
        CHECK(dry.hint_chain(folds[0], 2, warm::chain::forward) == 2 && dry.hint_chain(folds[3], 9, warm::chain::backward) == 3);
        CHECK(dry.wait(folds[1], longest) == warm::outcome::deferred && dry.stats().fetched == 0 && at_b.stats().fetches == 0);
    }

    o.dry_run = false;
    o.parallel = 4;
    o.cycle_bytes = 0;
    o.half_life = 600s;
    o.cycle_time = 10s;
    o.fetch_deadline = longest;
    o.listing_deadline = longest;
    warm::prefetch ahead = at_b.start_prefetch(o);
    CHECK(ahead.hint(std::vector<warm::key>(folds.begin(), folds.begin() + 2)) == 2 && ahead.hint(folds[2]) == 1);
    for (int i = 0; i < 3; ++i) CHECK(ahead.wait(folds[static_cast<std::size_t>(i)], longest) == warm::outcome::ok);
    const auto asked = at_b.stats().fetches;
    CHECK(b.lookup(folds[1]) && at_b.stats().fetches == asked);
    CHECK(ahead.wait(absent, longest) == warm::outcome::not_found);
    ahead.cancel(absent);
    ahead.refresh();
    CHECK(ahead.stop(longest) == warm::outcome::ok && ahead.stats().is_running == 0 && ahead.wait(absent, longest) == warm::outcome::cancelled);
    ahead.start();
    CHECK(ahead.stats().is_running == 1 && ahead.wait(folds[3], longest) == warm::outcome::ok);
    const auto last = ahead.last_cycle();
    CHECK(!last || last->number > 0);

    THROWS(warm::invalid_error, "negative", ahead.wait(absent, -1s));
    THROWS(warm::invalid_error, "negative", ahead.stop(-1s));
    THROWS(warm::invalid_error, "negative", ahead.plan(-1));
    THROWS(warm::invalid_error, "WARM_CHAIN", ahead.hint_chain(absent, 1, static_cast<warm::chain>(2)));
    warm::prefetch_entry wrong;
    wrong.sequence = -1;
    THROWS(warm::invalid_error, "sequence", ahead.note(absent, wrong));
    warm::prefetch moved(std::move(ahead));
    CHECK(moved.stats().is_running == 1);
    CHECK(ahead.try_hint(absent).status() == WARM_ERR_INVALID); // NOLINT: what was moved from says so
    {
        const warm::remote ended(std::move(at_b)); // the worker stops, and says so
    }
    CHECK(moved.stats().is_running == 0 && moved.wait(absent, longest) == warm::outcome::cancelled);

    warm::remote again(b, url);
    const auto refused = [&](auto change, const char *words) {
        warm::prefetch_options options;
        change(options);
        const auto r = again.try_start_prefetch(options);
        CHECK(r.status() == WARM_ERR_INVALID && std::string(r.error().message()).find(words) != std::string::npos);
    };
    refused([](auto &options) { options.model_weight = -1; }, "negative");
    refused([](auto &options) { options.interval = 0s; }, "millisecond");
    refused([](auto &options) { options.parallel = 65; }, "from 1 to 64");
    refused([](auto &options) { options.cycle_bytes = -1; }, "negative");
    refused([](auto &options) { options.first_back_off = 0s; }, "millisecond");
    CHECK(again.start_prefetch().stats().is_running == 1);
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 2) return 2;
    const std::string scratch(argv[1]);
    try {
        const warm::store store(scratch + "/first");
        options(store);
        const auto attached = warm::remote::try_attach(store, "memory://first");
        if (attached.status() == WARM_ERR_UNSUPPORTED) {
            absent(store);
            std::printf("built without the feature remote\n");
        } else {
            CHECK(attached.status() == WARM_OK);
            const warm::store free(scratch + "/urls");
            urls(free);
            two_machines(scratch);
            prefetched(scratch);
        }
    } catch (const std::exception &e) {
        std::fprintf(stderr, "unexpected: %s\n", e.what());
        ++failed;
    }
    return verdict();
}
