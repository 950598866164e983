// warmstart.hpp, object by object, with exceptions and without.
//
//     objects SCRATCH
#include <warmstart.hpp>

#include <algorithm>
#include <cstring>
#include <complex>
#include <array>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <limits>
#include <string>
#include <thread>
#include <unordered_map>
#include <unistd.h>
#include <vector>
#if __cplusplus >= 202002L
#include <span>
#endif

using namespace std::chrono_literals;

namespace {

int made = 0, failed = 0;
std::string scratch;

void check_at(int line, bool good, const char *what)
{
    ++made;
    if (good) return;
    ++failed;
    std::fprintf(stderr, "FAILED at line %d: %s\n", line, what);
}
#define CHECK(condition) check_at(__LINE__, (condition), #condition)

template <class E, class F>
void throws_at(int line, F &&f, std::int32_t status, const char *what)
{
    try {
        f();
        check_at(line, false, what);
    } catch (const E &e) {
        check_at(line, e.status() == status && std::string(e.what()).size() > 10, e.what());
    } catch (const std::exception &e) {
        check_at(line, false, e.what());
    }
}
#define THROWS(E, status, expression) throws_at<E>(__LINE__, [&] { (void)(expression); }, status, #expression)

warm::key key_of(const std::string &name) { return warm::fingerprinter().absorb("name", name).key(); }
std::string root(const char *name) { return scratch + "/" + name; }

// ---- what must hold while compiling ----

template <class T>
constexpr bool move_only = !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T> && std::is_nothrow_move_constructible_v<T> &&
                           std::is_nothrow_move_assignable_v<T> && std::is_nothrow_destructible_v<T>;
static_assert(move_only<warm::store> && move_only<warm::session> && move_only<warm::entry> && move_only<warm::task> && move_only<warm::record>);
static_assert(move_only<warm::list<warm::key>> && move_only<warm::fingerprinter>);
static_assert(std::is_trivially_copyable_v<warm::key>);

static_assert(noexcept(std::declval<warm::session &>().try_checkpoint(warm::bytes_view())));
static_assert(noexcept(std::declval<warm::session &>().try_resume(warm::mutable_bytes())));
static_assert(noexcept(std::declval<warm::session &>().should_checkpoint()));
static_assert(noexcept(std::declval<warm::session &>().try_run_id()));
static_assert(noexcept(warm::store::try_open()));
static_assert(noexcept(std::declval<warm::store &>().try_save(warm::key(), warm::bytes_view())));
static_assert(noexcept(std::declval<warm::fingerprinter &>().absorb("x", 1.0)));

struct plain {
    double x;
    std::int32_t n, m;
};
static_assert(std::is_constructible_v<warm::bytes_view, const std::vector<double> &>);
static_assert(std::is_constructible_v<warm::bytes_view, std::array<plain, 2>>);
static_assert(std::is_constructible_v<warm::bytes_view, const double (&)[3]>);
static_assert(std::is_constructible_v<warm::bytes_view, const std::string &>);
static_assert(!std::is_constructible_v<warm::bytes_view, std::vector<std::string>>);
static_assert(!std::is_constructible_v<warm::bytes_view, std::vector<double *>>);
static_assert(!std::is_constructible_v<warm::bytes_view, std::vector<std::vector<double>>>);
static_assert(!std::is_constructible_v<warm::bytes_view, std::vector<bool>>);
static_assert(!std::is_constructible_v<warm::bytes_view, double>);
static_assert(std::is_constructible_v<warm::mutable_bytes, std::vector<double> &>);
static_assert(!std::is_constructible_v<warm::mutable_bytes, const std::vector<double> &>);
static_assert(!std::is_constructible_v<warm::mutable_bytes, std::vector<double>>);
static_assert(std::is_convertible_v<std::vector<double> &, warm::span<const double>>);
static_assert(!std::is_convertible_v<const std::vector<double> &, warm::span<double>>);
static_assert(!std::is_convertible_v<std::vector<float> &, warm::span<const double>>);

// ---- what must hold while running ----

void library()
{
    CHECK(warm::version() == "0.1.0");
    CHECK((*warm::try_build_info()).find("0.1.0") != std::string::npos);
    const warm::key k = key_of("k");
    CHECK(warm::key::from_hex(k.hex()) == k && key_of("other") != k);
    CHECK(k.hex().size() == 64 && k.hex() == k.hex_digits().data());
    CHECK((k < key_of("other")) != (key_of("other") < k));
    THROWS(warm::invalid_error, WARM_ERR_INVALID, warm::key::from_hex("xyz"));
    std::unordered_map<warm::key, int> map;
    map[k] = 1;
    CHECK(map.count(k) == 1 && map.count(key_of("other")) == 0);
}

template <class E, class Base>
void one_class(std::int32_t status)
{
    static_assert(std::is_base_of_v<warm::error, E> && std::is_base_of_v<Base, E> && std::is_nothrow_copy_constructible_v<E>);
    const auto raise = [&] { warm::raise(warm::failure(status, "words that are long enough")); };
    throws_at<E>(__LINE__, raise, status, "its class");
    throws_at<Base>(__LINE__, raise, status, "its family");
    throws_at<warm::error>(__LINE__, raise, status, "the base");
}

void classes()
{
    one_class<warm::invalid_error, warm::usage_error>(WARM_ERR_INVALID);
    one_class<warm::buffer_error, warm::usage_error>(WARM_ERR_BUFFER);
    one_class<warm::poisoned_error, warm::usage_error>(WARM_ERR_POISONED);
    one_class<warm::forked_error, warm::usage_error>(WARM_ERR_FORKED);
    one_class<warm::unsupported_error, warm::usage_error>(WARM_ERR_UNSUPPORTED);
    one_class<warm::io_error, warm::error>(WARM_ERR_IO);
    one_class<warm::no_space_error, warm::io_error>(WARM_ERR_NO_SPACE);
    one_class<warm::permission_error, warm::io_error>(WARM_ERR_PERMISSION);
    one_class<warm::remote_error, warm::io_error>(WARM_ERR_REMOTE);
    one_class<warm::corrupt_error, warm::data_error>(WARM_ERR_CORRUPT);
    one_class<warm::incompatible_error, warm::data_error>(WARM_ERR_INCOMPATIBLE);
    one_class<warm::conflict_error, warm::data_error>(WARM_ERR_CONFLICT);
    one_class<warm::too_large_error, warm::limit_error>(WARM_ERR_TOO_LARGE);
    one_class<warm::no_memory_error, warm::limit_error>(WARM_ERR_NO_MEMORY);
    one_class<warm::internal_error, warm::error>(WARM_ERR_PANIC);
    const warm::failure silent(WARM_ERR_IO, "");
    CHECK(std::string(silent.message()) == warm_status_string(WARM_ERR_IO));
}

void results()
{
    auto bad = warm::store::try_open("/dev/null/no/such");
    CHECK(!bad && bad.status() == bad.error().status() && bad.status() < 0);
    CHECK(std::string(bad.error().message()).find("/dev/null") != std::string::npos);
    THROWS(warm::error, bad.status(), warm::store("/dev/null/no/such"));
    auto good = warm::store::try_open(root("results"));
    CHECK(good && good.status() == WARM_OK);
    CHECK((*good->try_root()).find("results") != std::string::npos);
    warm::store_options wrong;
    wrong.size_budget = -1;
    THROWS(warm::invalid_error, WARM_ERR_INVALID, warm::store(root("results"), wrong));
    wrong = {};
    wrong.read_only = true;
    warm::store reader(root("results"), wrong);
    THROWS(warm::permission_error, WARM_ERR_PERMISSION, reader.save(key_of("k"), std::vector<double>{1}));
}

void rounds()
{
    warm::store store(root("rounds"));
    const std::vector<double> v{1.5, -0.0, std::numeric_limits<double>::quiet_NaN()};
    std::vector<double> w(3);
    warm::session a(store, key_of("vector"));
    CHECK(!a.resume(w));
    CHECK(a.checkpoint(v, 3.0, 4) == warm::outcome::ok);
    const auto at = a.resume(w);
    CHECK(at && at->objective == 3.0 && at->iteration == 4 && at->kind == warm::kind::checkpoint && at->source == warm::source::exact);
    CHECK(at && at->payload_bytes == 24 && std::memcmp(v.data(), w.data(), 24) == 0);
    CHECK(at && std::chrono::abs(std::chrono::system_clock::now() - at->written) < 60s);
    CHECK(a.checkpoint(v, 5.0) == warm::outcome::throttled);
    CHECK(!a.should_checkpoint(5.0) && a.should_checkpoint(1.0));
    std::array<double, 2> shorter{7, 7};
    THROWS(warm::incompatible_error, WARM_ERR_INCOMPATIBLE, a.resume(shorter));
    CHECK(shorter[0] == 7 && shorter[1] == 7);

    warm::session b(store, key_of("struct"));
    plain p{2.5, 7, 8}, q{};
    b.finalize(warm::bytes_of(p));
    const auto answer = b.resume(warm::bytes_of(q));
    CHECK(answer && answer->kind == warm::kind::final && !answer->objective && !answer->iteration);
    CHECK(q.x == 2.5 && q.n == 7 && q.m == 8);

    warm::session c(store, key_of("array"));
    const double array[2] = {1, 2};
    double back[2] = {};
    c.checkpoint_now(array);
    CHECK(c.resume(back) && back[1] == 2);

    warm::session d(store, key_of("nothing"));
    std::vector<double> none;
    CHECK(d.checkpoint(none) == warm::outcome::ok);
    CHECK(d.resume(none).has_value());
#if __cplusplus >= 202002L
    std::span<const double> s(v);
    warm::session e(store, key_of("span"));
    CHECK(e.checkpoint(s) == warm::outcome::ok);
#endif
    THROWS(warm::invalid_error, WARM_ERR_INVALID, a.checkpoint(v, 1.0, -1));
    CHECK(a.finish() == warm::outcome::ok);
    THROWS(warm::invalid_error, WARM_ERR_INVALID, a.checkpoint(v));
    CHECK(a.resume(w).has_value());
}

void moving()
{
    std::optional<warm::session> kept;
    std::optional<warm::entry> found;
    const std::vector<double> x{1, 2, 3};
    {
        warm::store store(root("moving"));
        warm::store other = std::move(store);
        warm::session fit(other, key_of("k"));
        kept = std::move(fit);
        // NOLINTNEXTLINE: what was moved from is asked on purpose.
        auto gone = fit.try_checkpoint(x);
        CHECK(!gone && gone.status() == WARM_ERR_INVALID);
        THROWS(warm::invalid_error, WARM_ERR_INVALID, warm::session(store, key_of("k")));
        CHECK(kept->checkpoint(x, 1.0) == warm::outcome::ok);
        found = kept->load();
        std::vector<warm::session> many;
        for (int i = 0; i < 10; ++i) many.emplace_back(other, key_of(std::to_string(i)));
        std::swap(many.front(), many.back());
        CHECK(many.front().checkpoint(x) == warm::outcome::ok);
        many.erase(many.begin());
        kept = std::move(*kept);
    }
    CHECK(kept->checkpoint(x, 0.5) == warm::outcome::ok);
    std::vector<double> y(3);
    found->copy_to(y);
    CHECK(y == x && reinterpret_cast<std::uintptr_t>(found->payload().data()) % 64 == 0);
    THROWS(warm::incompatible_error, WARM_ERR_INCOMPATIBLE, found->copy_to(warm::mutable_bytes(y.data(), 8)));
    CHECK(found->key() == key_of("k") && found->run_id() == kept->run_id() && found->info().objective == 1.0);
}

void options()
{
    warm::store_options of_store;
    of_store.size_budget = 50'000'000;
    of_store.file_budget = 1000;
    of_store.memory_budget = 0;
    of_store.ttl = 24h;
    of_store.durability = warm::durability::process;
    warm::store store(root("options"), of_store);
    warm::fingerprinter what;
    what.absorb("x", 1);
    warm::session_options of_session;
    of_session.min_interval = 0s;
    of_session.background = true;
    of_session.lookup = warm::lookup::latest;
    of_session.finish_timeout = 30s;
    of_session.fingerprint = &what;
    of_session.label = "a fit";
    warm::session fit(store, what.key(), of_session);
    std::vector<double> x{1};
    CHECK(fit.checkpoint(x, 1.0, 1) == warm::outcome::queued);
    CHECK(fit.flush(30s) == warm::outcome::ok);
    x[0] = 2;
    CHECK(fit.checkpoint(x, 2.0, 2) == warm::outcome::queued);
    CHECK(store.flush(30s) == warm::outcome::ok);
    x[0] = 0;
    CHECK(fit.resume(x)->iteration == 2 && x[0] == 2);
    CHECK(fit.finish() == warm::outcome::ok);
    of_session.min_interval = -1ms;
    THROWS(warm::invalid_error, WARM_ERR_INVALID, warm::session(store, what.key(), of_session));
    of_session.min_interval.reset();
    const std::string far_too_long(2000, 'x');
    of_session.label = far_too_long;
    THROWS(warm::too_large_error, WARM_ERR_TOO_LARGE, warm::session(store, what.key(), of_session));
}

void when()
{
    warm::store store(root("when"));
    const warm::key k = key_of("w");
    warm::session_options how;
    how.min_interval = 1000h;
    how.every = 2;
    how.max_share = 0.5;
    how.deadline = 1000h;
    how.deadline_unix = 4'000'000'000;
    how.scheduler = false;
    how.halt_file = root("no such file");
    how.stop_margin = 2s;
    std::vector<double> x{1};
    {
        warm::session fit(store, k, how);
        CHECK(fit.checkpoint(x, 3.0, 1) == warm::outcome::ok && fit.checkpoint(x, 4.0, 2) == warm::outcome::throttled);
        CHECK(fit.should_checkpoint(4.0) && fit.checkpoint(x, 4.0, 3) == warm::outcome::ok);
        const warm_session_progress p = fit.progress();
        CHECK(p.writes == 2 && p.throttled == 1 && p.iteration == 3 && p.best_objective == 3.0);
        CHECK(!fit.should_stop() && fit.stop_text().find("go on") == 0);
        const warm_session_stop s = fit.stop_info();
        CHECK(static_cast<warm::deadline>(s.deadline) == warm::deadline::caller && static_cast<warm::stop>(s.reason) == warm::stop::none);
        CHECK(s.reserve_seconds >= 2 && s.seconds_left > 3e6);
        std::vector<warm::trace_point> points;
        for (const auto &point : fit.trace()) points.push_back(point);
        CHECK(points.size() == 3 && points[1].iteration == 2 && points[1].objective == 4.0 && points[2].since_opened >= 0s);
        CHECK(points[0].unix_seconds > 1.7e9);
        int stored = 0;
        auto of_run = store.trace(k, fit.run_id());
        for (const auto &point : *of_run) {
            ++stored;
            CHECK(point.iteration == stored);
        }
        CHECK(stored == 3 && !store.trace(k, "nobody"));
        THROWS(warm::invalid_error, WARM_ERR_INVALID, store.trace(k, "a/b"));
    }
    warm::session again(store, k);
    CHECK(!again.confirm(3.0, 0) && again.resume(x)->objective == 3.0 && again.confirm(3.0, 0));
    THROWS(warm::incompatible_error, WARM_ERR_INCOMPATIBLE, again.confirm(3.5, 0.1));
    CHECK(again.resume(x)->objective == 4.0);
    {
        warm::signal_watch term(SIGTERM), moved(SIGUSR1);
        warm::signal_watch usr1(std::move(moved));
        CHECK(!again.should_stop() && !usr1.noted());
        std::raise(SIGUSR1);
        CHECK(usr1.noted() && !term.noted() && again.should_stop());
        CHECK(again.stop_info().signal == SIGUSR1 && static_cast<warm::stop>(again.stop_info().reason) == warm::stop::signal);
        usr1.forget();
        CHECK(!again.should_stop());
        std::raise(SIGTERM);
        CHECK(again.should_stop());
    }
    CHECK(!again.should_stop());
    CHECK(warm_signals_unwatch(SIGTERM) == WARM_NOT_FOUND && warm_signals_unwatch(SIGUSR1) == WARM_NOT_FOUND);
    THROWS(warm::invalid_error, WARM_ERR_INVALID, warm::signal_watch(SIGSEGV));
    CHECK(*warm::try_interval(5min, 24h, warm::interval::young) == 2h && *warm::try_interval(5min, 24h) < 2h);
    CHECK(!warm::try_interval(5min, 0s));
    how = {};
    how.mean_time_between_failures = 1h;
    how.formula = warm::interval::young;
    warm::session(store, k, how).finalize(x);
    how.mean_time_between_failures = 0s;
    THROWS(warm::invalid_error, WARM_ERR_INVALID, warm::session(store, k, how));
}

void entries()
{
    warm::store store(root("entries"));
    const warm::key k = key_of("e");
    const std::vector<float> one{1, 2}, two{3, 4}, three{5, 6};
    const std::string run = store.save(k, one, 2.0, 3, warm::kind::final);
    store.save_slot(k, "mine", two, 1.0, 2);
    store.save(k, three, 3.0, 4);
    std::vector<float> x(2);
    CHECK(store.lookup_into(k, x)->iteration == 2 && x == two);
    CHECK(store.lookup_into(k, x, warm::lookup::latest)->iteration == 4 && x == three);
    std::vector<float> small(1);
    THROWS(warm::buffer_error, WARM_ERR_BUFFER, store.lookup_into(k, small));
    auto e = store.lookup_run(k, run);
    CHECK(e && e->info().kind == warm::kind::final && e->run_id() == run);
    CHECK(!store.lookup_run(k, "nobody") && !store.lookup(key_of("nothing")) && !store.lookup_into(key_of("nothing"), x));
    CHECK(store.pin(k, run) && store.pin(k, run, false) && !store.pin(k, "nobody"));
    THROWS(warm::invalid_error, WARM_ERR_INVALID, store.pin(k, "a/b"));

    int n = 0;
    std::int64_t iterations = 0;
    for (const auto &item : store.entries(k)) {
        ++n;
        iterations += item.info.iteration.value_or(0);
        CHECK(!item.run_id.empty());
    }
    CHECK(n == 3 && iterations == 9);
    store.save(key_of("f"), x);
    std::vector<warm::key> keys;
    for (const warm::key &found : store.keys()) keys.push_back(found);
    CHECK(keys.size() == 2 && std::is_sorted(keys.begin(), keys.end()) && std::count(keys.begin(), keys.end(), k) == 1);
    for (const auto &item : store.entries(key_of("nothing"))) CHECK(item.run_id.empty());
    warm::session_options labelled;
    labelled.label = "third attempt";
    labelled.seed_keys = {key_of("model")};
    {
        warm::session attempt(store, key_of("f"), labelled);
        attempt.finalize(x, 1.0);
        store.pin(key_of("f"), attempt.run_id());
        for (const auto &item : store.entries(key_of("f"))) {
            const bool it = item.run_id == attempt.run_id();
            CHECK(item.label == (it ? std::optional<std::string>("third attempt") : std::nullopt));
            CHECK(item.is_pinned == it && item.seed_keys == (it ? 1 : 0) && item.key_fields == 0);
            CHECK(item.durability == warm::durability::full && item.last_used > item.info.written - 2s);
        }
        CHECK(store.lookup(key_of("f"))->label() == "third attempt" && !store.lookup(k)->label());
        CHECK(store.remove(key_of("f"), attempt.run_id()));
    }
    auto list = store.try_keys();
    CHECK(list && (*list->try_next()).has_value() && (*list->try_next()).has_value() && !(*list->try_next()).has_value());

    const warm_store_stats stats = store.stats();
    CHECK(stats.keys == 2 && stats.entries == 4 && stats.saves == 5);
    CHECK(store.remove(k, "mine") && !store.remove(k, "mine"));
    CHECK(store.lookup(k)->run_id() == run);
    CHECK(store.remove(k) && !store.remove(k));
    store.sweep();

    warm::session fit(store, key_of("g"));
    CHECK(!fit.peek());
    fit.preload(*store.lookup(key_of("f")));
    CHECK(fit.peek()->info().source == warm::source::preloaded);
    CHECK(fit.load()->info().source == warm::source::preloaded && !fit.load());
}

void relatives()
{
    warm::store store(root("relatives"));
    const auto of = [](double y) { return std::move(warm::fingerprinter().absorb("x", 1.0).absorb("y", y)); };
    const auto first = of(1), second = of(2);
    warm::session_options options;
    options.fingerprint = &first;
    options.seed_keys = {key_of("model"), key_of("terms")};
    warm::session fit(store, first.key(), options);
    CHECK(!fit.load() && !fit.explain_miss());
    THROWS(warm::invalid_error, WARM_ERR_INVALID, fit.should_use_seed(1.0, 2.0));
    fit.finalize(std::vector<double>{1, 2}, 3.0);
    options.fingerprint = &second;
    options.seed_keys = {key_of("nothing"), key_of("terms")};
    warm::session next(store, second.key(), options);
    auto seed = next.load();
    CHECK(seed && seed->info().source == warm::source::seed && seed->seed_level() == 1);
    CHECK(!store.lookup(first.key())->seed_level());
    CHECK(next.should_use_seed(1.0, 2.0) && !next.should_use_seed({}, 2.0));
    next.note_iterations_saved(4);
    const warm_start_stats begun = next.start_stats();
    CHECK(begun.seed_level == 1 && begun.seeds_offered == 1 && begun.seeds_refused == 1 && begun.seeds_taken == 0);
    CHECK(store.start_stats().iterations_saved == 4);
    auto why = next.explain_miss(5s);
    CHECK(why && why->text() == "y differs; x equal" && why->key() == first.key() && why->info().differing == 1);
    std::vector<warm::field_state> states;
    for (const warm::field &f : why->fields()) states.push_back(f.state);
    CHECK((states == std::vector<warm::field_state>{warm::field_state::equal, warm::field_state::differs}));
    CHECK(!store.explain(first.key()));
    THROWS(warm::invalid_error, WARM_ERR_INVALID, store.explain(second.key()));
    THROWS(warm::invalid_error, WARM_ERR_INVALID, store.explain(first.key(), -1s));
    next.finalize(std::vector<double>{1, 2}, 2.0);
    why = store.explain(first.key(), 5s);
    CHECK(why && why->text() == "y differs; x equal" && why->key() == second.key());

    const warm::key k = key_of("kept");
    for (double f : {3.0, 1.0, 2.0}) store.save(k, std::vector<double>{f}, f);
    CHECK(store.retain(k, 1, 1) == 1 && store.failed_restarts(k) == 0 && !store.reset_restarts(k, "nobody"));
    THROWS(warm::invalid_error, WARM_ERR_INVALID, store.retain(k, 0, 0));
    warm::session_options keeps;
    keeps.min_interval = 0s;
    keeps.keep_last = 2;
    keeps.keep_best = 2;
    keeps.max_failed_restarts = 1;
    warm::session kept(store, k, keeps);
    for (double f : {5.0, 6.0, 7.0, 8.0}) kept.checkpoint(std::vector<double>{f}, f);
    int n = 0;
    for (const auto &item : store.entries(k)) n += item.run_id.empty() ? 0 : 1;
    CHECK(n == 2 + 4);
}

void carried()
{
    const warm::key k = key_of("carried");
    const std::vector<double> x{1.5, -0.0};
    warm::store a(root("carried-a")), b(root("carried-b"));
    CHECK(!a.export_entry(k, "run"));
    THROWS(warm::invalid_error, WARM_ERR_INVALID, a.export_entry(k, ".."));
    a.save_slot(k, "run", x, 0.25, 7, warm::kind::final);
    const auto out = a.export_entry(k, "run");
    CHECK(out && out->metadata.front() == '{' && out->metadata.back() == '}');
    CHECK(b.import_entry(k, "run", out->metadata, out->entry.payload()) == warm::imported::written);
    CHECK(b.import_entry(k, "run", out->metadata, out->entry.payload()) == warm::imported::known);
    const auto found = b.lookup(k);
    std::vector<double> y(2);
    if (found) found->copy_to(y);
    CHECK(y == x && std::signbit(y[1]));
    CHECK(found && found->run_id() == "run" && found->info().objective == 0.25 && found->info().written == out->entry.info().written);
    // Damage is refused, and what is here stays.
    std::string bent(static_cast<const char *>(out->entry.payload().data()), out->entry.payload().size());
    bent[3] ^= 1;
    THROWS(warm::corrupt_error, WARM_ERR_CORRUPT, b.import_entry(k, "new", out->metadata, bent));
    THROWS(warm::corrupt_error, WARM_ERR_CORRUPT, b.import_entry(k, "run", out->metadata.substr(1), out->entry.payload()));
    CHECK(!b.lookup_run(k, "new") && b.lookup_run(k, "run"));
    warm::store_options reads;
    reads.read_only = true;
    warm::store looks(root("carried-b"), reads);
    CHECK(looks.export_entry(k, "run").has_value());
    THROWS(warm::permission_error, WARM_ERR_PERMISSION, looks.import_entry(k, "new", out->metadata, out->entry.payload()));

    // Keys as they are found; the list outlives its store.
    b.save_slot(key_of("another"), "run", x);
    auto stream = warm::store(root("carried-b")).stream_keys();
    std::vector<warm::key> streamed;
    for (const auto &key : stream) streamed.push_back(key);
    CHECK(streamed.size() == 2);
    for (const auto &key : b.keys()) CHECK(std::count(streamed.begin(), streamed.end(), key) == 1);
    const auto end = stream.try_next();
    CHECK(end && !*end);

    // Sessions that are running, seen from a store that only reads.
    CHECK(looks.sessions().try_next().value() == std::nullopt);
    warm::session_options named;
    named.label = "a spline";
    warm::session fit(b, k, named);
    fit.checkpoint_now(x, 0.5, 41);
    int seen = 0;
    for (const warm::live_session &s : looks.sessions()) {
        ++seen;
        CHECK(s.key == k && s.run_id == fit.run_id() && s.label == "a spline" && !s.host.empty());
        CHECK(s.process_id == static_cast<std::int64_t>(::getpid()));
        CHECK(s.opened_unix_seconds > 1.7e9 && s.reported_unix_seconds >= s.opened_unix_seconds);
        CHECK(s.progress.has_iteration == 1 && s.progress.iteration == 41 && s.progress.writes == 1);
    }
    CHECK(seen == 1);
    CHECK(fit.finish() == warm::outcome::ok);
    CHECK(!looks.sessions().try_next().value());
}

void damage()
{
    warm::store store(root("damage"));
    store.save_slot(key_of("d"), "good", std::vector<double>{1});
    warm::task check = store.verify();
    CHECK(check.wait(60s) == warm::outcome::ok);
    const warm_check_report intact = check.report();
    CHECK(intact.complete == 1 && intact.intact == 1 && intact.damaged == 0);
    CHECK(check.progress().entries_done == 1);
    std::ofstream(store.root() + "/" + key_of("d").hex() + "/torn.bin") << "half";
    warm::task repair = store.repair();
    CHECK(repair.wait(60s) == warm::outcome::ok);
    int n = 0;
    for (const warm::finding &f : repair.findings()) {
        ++n;
        CHECK(f.problem == warm::problem::metadata_missing && f.action == warm::action::waits && f.key == key_of("d"));
        CHECK(f.text.find("torn") != std::string::npos);
    }
    CHECK(n == 1 && repair.report().waiting == 1);
    repair.cancel();
}

void sweeps()
{
    warm::store store(root("sweeps"));
    const warm_store_limits by_default = store.limits();
    CHECK(by_default.size_budget == 1 << 30 && by_default.file_budget == 200000 && by_default.ttl_seconds == 30 * 86400.0);
    for (const char *name : {"a", "b", "c", "d"}) store.save(key_of(name), std::vector<double>{1});
    warm::store_options options;
    options.file_budget = 1;
    options.read_only = true;
    warm::store reader(root("sweeps"), options);
    CHECK(reader.limits().file_budget == 1 && reader.limits().size_budget == by_default.size_budget);
    const auto went = [](const warm::task &task, warm::action what) {
        std::int64_t n = 0;
        for (const warm::finding &f : task.findings()) {
            ++n;
            CHECK(f.problem == warm::problem::over_budget && f.action == what && f.key && !f.run_id.empty());
        }
        CHECK(task.report().complete == 1 && task.report().evicted == n && task.report().expired == 0);
        return n;
    };
    warm::task plan = reader.plan_sweep();
    CHECK(plan.wait(60s) == warm::outcome::ok);
    const std::int64_t planned = went(plan, warm::action::nothing);
    CHECK(planned > 0 && store.stats().entries == 4);
    THROWS(warm::permission_error, WARM_ERR_PERMISSION, reader.start_sweep().wait(60s));
    options.read_only = false;
    warm::store writer(root("sweeps"), options);
    warm::task sweep = writer.start_sweep();
    CHECK(sweep.wait(60s) == warm::outcome::ok);
    CHECK(went(sweep, warm::action::removed) == planned);
    CHECK(writer.stats().entries == 4 - planned);
    CHECK(warm::store(root("sweeps")).limits().file_budget == 1);
}

void fingerprints()
{
    const std::vector<double> y{1, 2, 3, 4, 5, 6};
    const std::vector<std::uint8_t> valid{1, 1, 0, 1, 1, 1}, wrong{1};
    const auto of = [](auto &&f) { return warm::fingerprinter(f(warm::fingerprinter()).clone()).key(); };
    const auto base = of([&](warm::fingerprinter f) { return std::move(f.absorb("y", y)); });
    CHECK(base == of([&](warm::fingerprinter f) { return std::move(f.absorb("y", warm::span<const double>(y))); }));
    CHECK(base != of([&](warm::fingerprinter f) { return std::move(f.absorb("y", y, valid)); }));
    CHECK(base != of([&](warm::fingerprinter f) { return std::move(f.absorb("z", y)); }));
    std::vector<double> other = y;
    other[2] = std::numeric_limits<double>::quiet_NaN();
    CHECK(of([&](warm::fingerprinter f) { return std::move(f.absorb("y", y, valid)); }) ==
          of([&](warm::fingerprinter f) { return std::move(f.absorb("y", other, valid)); }));
    // One matrix, two orders.
    const std::vector<double> rows{1, 2, 3, 4, 5, 6}, columns{1, 4, 2, 5, 3, 6};
    CHECK(of([&](warm::fingerprinter f) { return std::move(f.absorb_matrix("X", 2, 3, rows, warm::order::row_major)); }) ==
          of([&](warm::fingerprinter f) { return std::move(f.absorb_matrix("X", 2, 3, columns, warm::order::column_major)); }));
    const std::vector<std::string> a{"x", "y"};
    const std::array<std::string_view, 2> b{"x", "y"};
    CHECK(of([&](warm::fingerprinter f) { return std::move(f.absorb("l", a)); }) ==
          of([&](warm::fingerprinter f) { return std::move(f.absorb("l", b)); }));
    // The first failure comes out, and no key.
    warm::fingerprinter bad;
    bad.absorb("y", y, wrong).absorb("y", y);
    CHECK(!bad.try_key() && !bad.try_u64() && !bad.clone().try_key());
    THROWS(warm::invalid_error, WARM_ERR_INVALID, bad.key());
    THROWS(warm::invalid_error, WARM_ERR_INVALID, warm::fingerprinter().absorb_2d("X", 4, 2, y).key());
    const std::vector<std::int64_t> codes{0, 2};
    THROWS(warm::invalid_error, WARM_ERR_INVALID, warm::fingerprinter().absorb_factor("f", a, codes).key());
    THROWS(warm::invalid_error, WARM_ERR_INVALID, warm::fingerprinter().absorb("t", std::string("\xff")).key());
    warm::fingerprinter from, to;
    to = std::move(from);
    CHECK(to.try_key() && *to.try_u64() == 1449310910991872227U);
}

void threads()
{
    warm::store store(root("threads"));
    warm::session fit(store, key_of("shared"));
    std::vector<std::thread> all;
    for (int t = 0; t < 4; ++t) {
        all.emplace_back([&, t] {
            for (int i = 0; i < 20; ++i) {
                auto done = fit.try_checkpoint(warm::bytes_of(i), -static_cast<double>(i * 4 + t), i);
                if (!done) std::fprintf(stderr, "%s\n", done.error().message());
            }
        });
    }
    for (auto &t : all) t.join();
    int last = 0;
    CHECK(fit.resume(warm::bytes_of(last)) && last == 19);
}

void regions()
{
    warm::store store(root("regions"));
    warm::session fit(store, key_of("regions"), [] {
        warm::session_options o;
        o.min_interval = 3600s;
        return o;
    }());
    std::vector<double> x{-0.0, std::nan("7"), 5e-324};
    std::array<std::int16_t, 2> k{-1, 7};
    std::complex<float> z(1, -2);
    float raw[6] = {1, 2, 3, 4, 5, 6};
    bool flag = true;
    const std::vector<std::int64_t> dims{2, 3};
    THROWS(warm::invalid_error, WARM_ERR_INVALID, fit.restore());
    fit.protect("x", x);
    fit.protect("k", k);
    fit.protect("z", z);
    fit.protect("raw", &raw[0], dims, warm::order::column_major);
    fit.protect("flag", flag);
    fit.protect_raw("bf16", warm::element_type::bf16, k.data(), std::vector<std::int64_t>{2});
    CHECK(!fit.restore());
    fit.set_note("solver", "newton");
    CHECK(fit.checkpoint_regions(1.5, 3) == warm::outcome::ok);
    CHECK(fit.checkpoint_regions(2.5) == warm::outcome::throttled);
    const std::vector<double> before = x;
    x.assign(3, 0);
    k = {};
    z = {};
    raw[5] = 0;
    flag = false;
    const auto at = fit.restore();
    CHECK(at && at->iteration == 3 && at->objective == 1.5 && at->source == warm::source::exact);
    CHECK(std::memcmp(x.data(), before.data(), 3 * sizeof(double)) == 0 && k[0] == -1 && z.imag() == -2 && raw[5] == 6 && flag);

    auto e = fit.peek();
    const warm::regions found(*e);
    e.reset(); // the regions keep its bytes
    CHECK(found.size() == 6 && found.find("nobody") == nullptr);
    const warm::region *of_raw = found.find("raw");
    CHECK(of_raw && of_raw->type == warm::element_type::f32 && of_raw->order == warm::order::column_major && of_raw->dims == dims);
    CHECK(of_raw && of_raw->as<float>().size() == 6 && of_raw->as<float>()[1] == 2 && of_raw->as<double>().size() == 0);
    CHECK(found.find("z")->as<std::complex<float>>()[0] == z && found.find("z")->dims.empty() && found.find("flag")->as<bool>()[0]);
    std::array<std::int16_t, 2> copied{};
    CHECK(*found.try_copy("k", copied) && copied == k && !*found.try_copy("nobody", copied));
    CHECK(found.try_copy("x", copied).status() == WARM_ERR_BUFFER);
    const auto said = [&](const char *key) {
        for (const auto &n : found.notes()) {
            if (n.key == key) return n.text;
        }
        return std::string("nothing");
    };
    CHECK(said("solver") == "newton" && said("iteration") == "3" && said("order.raw") == "F" && said("order.x") == "nothing");

    std::vector<double> longer(4, 1.0);
    fit.protect("x", longer);
    THROWS(warm::incompatible_error, WARM_ERR_INCOMPATIBLE, fit.restore());
    CHECK(longer[0] == 1.0);
    fit.protect("x", x);
    CHECK(fit.unprotect("flag") && !fit.unprotect("flag"));
    const auto refused = fit.try_restore();
    CHECK(!refused && std::string(refused.error().message()).find("`flag`: it is stored, and not protected") != std::string::npos);
    CHECK(fit.remove_note("solver") && !fit.remove_note("solver"));
    fit.checkpoint_regions_now(1.0, 4);
    fit.finalize_regions(0.5, 5);
    const auto last = fit.restore();
    CHECK(last && last->kind == warm::kind::final && last->iteration == 5);
    fit.unprotect_all();
    THROWS(warm::invalid_error, WARM_ERR_INVALID, fit.checkpoint_regions_now());
    THROWS(warm::invalid_error, WARM_ERR_INVALID, fit.protect("__metadata__", x));
    THROWS(warm::invalid_error, WARM_ERR_INVALID, fit.set_note("objective", "1"));
    fit.finalize(x, 0.1);
    THROWS(warm::incompatible_error, WARM_ERR_INCOMPATIBLE, warm::regions(*fit.load()));
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 2) return 2;
    scratch = argv[1];
    try {
        library();
        classes();
        results();
        rounds();
        moving();
        options();
        when();
        entries();
        relatives();
        regions();
        carried();
        damage();
        sweeps();
        fingerprints();
        threads();
    } catch (const std::exception &e) {
        std::fprintf(stderr, "unexpected: %s\n", e.what());
        ++failed;
    }
    std::printf("%d checks, %d failed\n", made, failed);
    return failed != 0 || made == 0 ? 1 : 0;
}
