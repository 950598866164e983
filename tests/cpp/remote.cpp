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
#include <type_traits>
#include <vector>

namespace {

using namespace std::chrono_literals;

const std::vector<double> X{1, -0.0, 3};
const auto longest = 120s;

warm::key key_of(const char *name) { return warm::fingerprinter().absorb("name", name).key(); }

static_assert(!std::is_copy_constructible_v<warm::remote> && !std::is_copy_assignable_v<warm::remote> &&
              std::is_nothrow_move_constructible_v<warm::remote> && std::is_nothrow_move_assignable_v<warm::remote>);

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
        }
    } catch (const std::exception &e) {
        std::fprintf(stderr, "unexpected: %s\n", e.what());
        ++failed;
    }
    return verdict();
}
