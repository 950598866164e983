/* The prefetch worker: two machines are two roots, and the bucket is a directory, or a server that does not answer. In a build without
   the feature `remote` there is nothing to start one with. */
#include "check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define WAIT 120.0
#define LONG_INTERVAL 1e6
#define KEYS 12

static char bucket[PATH_CAP + 16], bucket_url[PATH_CAP + 32];

static warm_remote *attach(warm_store *s, const char *url)
{
    warm_remote *r = NULL;
    warm_remote_options *o = NULL;
    REQUIRE_OK(warm_remote_options_new(&o));
    CHECK_OK(warm_remote_options_set_deadline_seconds(o, WAIT));
    REQUIRE_OK(warm_store_attach_remote(s, url, -1, o, &r));
    warm_remote_options_free(&o);
    return r;
}

static warm_prefetch *start(warm_remote *r, double interval, int dry_run)
{
    warm_prefetch *p = NULL;
    warm_prefetch_options *o = NULL;
    REQUIRE_OK(warm_prefetch_options_new(&o));
    CHECK_OK(warm_prefetch_options_set_interval_seconds(o, interval));
    CHECK_OK(warm_prefetch_options_set_parallel(o, 4));
    CHECK_OK(warm_prefetch_options_set_dry_run(o, dry_run));
    REQUIRE_OK(warm_remote_start_prefetch(r, o, &p));
    warm_prefetch_options_free(&o);
    return p;
}

static warm_prefetch_stats worker_stats(const warm_prefetch *p)
{
    warm_prefetch_stats s;
    memset(&s, 0, sizeof s);
    s.struct_size = (uint32_t)sizeof s;
    CHECK_OK(warm_prefetch_get_stats(p, &s));
    CHECK_EQ(sizeof s, s.struct_size);
    return s;
}

static int64_t fetches_of(const warm_remote *r)
{
    warm_remote_stats s;
    memset(&s, 0, sizeof s);
    s.struct_size = (uint32_t)sizeof s;
    CHECK_OK(warm_remote_get_stats(r, &s));
    return s.fetches;
}

/* Until a figure is what it is to be. */
#define UNTIL(p, s, condition)                                   \
    do {                                                         \
        const double began_ = now_seconds();                     \
        while (s = worker_stats(p), !(condition)) {                  \
            if (now_seconds() - began_ > WAIT) {                 \
                CHECK(condition);                                \
                check_give_up();                                 \
            }                                                    \
            nap(0.005);                                          \
        }                                                        \
    } while (0)

static void save(warm_store *s, uint64_t key, const char *text)
{
    const warm_key k = key_of(key);
    const double objective = (double)key;
    CHECK_OK(warm_store_save(s, &k, text, (int64_t)strlen(text), &objective, NULL, WARM_KIND_FINAL, NULL, 0, NULL));
}

static void check_found(warm_store *s, uint64_t key, const char *text)
{
    char buf[64];
    int64_t needed = 0;
    const warm_key k = key_of(key);
    memset(buf, 0, sizeof buf);
    CHECK_OK(warm_store_lookup_into(s, &k, WARM_LOOKUP_BEST, buf, sizeof buf, &needed, NULL));
    CHECK(strcmp(buf, text) == 0);
}

/* The bucket is away, and comes back. */
static void take_away(int away)
{
    char elsewhere[sizeof bucket + 8];
    (void)snprintf(elsewhere, sizeof elsewhere, "%s.away", bucket);
    REQUIRE(rename(away ? bucket : elsewhere, away ? elsewhere : bucket) == 0);
}

static void options(void)
{
    warm_prefetch_options *o = NULL;
    CHECK_ERR(WARM_ERR_INVALID, "out", warm_prefetch_options_new(NULL));
    REQUIRE_OK(warm_prefetch_options_new(&o));
    CHECK_OK(warm_prefetch_options_set_weights(o, 1.0, 0.0, 0.5));
    CHECK_ERR(WARM_ERR_INVALID, "negative", warm_prefetch_options_set_weights(o, 1.0, -0.1, 0.5));
    CHECK_ERR(WARM_ERR_INVALID, "not finite", warm_prefetch_options_set_weights(o, nan(""), 0.3, 0.5));
    typedef int32_t (*setter)(warm_prefetch_options *, double);
    const setter seconds[] = {warm_prefetch_options_set_half_life_seconds, warm_prefetch_options_set_interval_seconds,
                              warm_prefetch_options_set_cycle_seconds, warm_prefetch_options_set_fetch_deadline_seconds,
                              warm_prefetch_options_set_listing_deadline_seconds};
    for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; ++i) {
        CHECK_OK(seconds[i](o, 0.5));
        CHECK_OK(seconds[i](o, (double)INFINITY));
        CHECK_ERR(WARM_ERR_INVALID, "millisecond", seconds[i](o, 0.0));
        CHECK_ERR(WARM_ERR_INVALID, "millisecond", seconds[i](o, -1.0));
        CHECK_ERR(WARM_ERR_INVALID, "not a number", seconds[i](o, nan("")));
        CHECK_ERR(WARM_ERR_INVALID, "NULL", seconds[i](NULL, 0.5));
    }
    CHECK_OK(warm_prefetch_options_set_parallel(o, 64));
    CHECK_ERR(WARM_ERR_INVALID, "from 1 to 64", warm_prefetch_options_set_parallel(o, 65));
    CHECK_ERR(WARM_ERR_INVALID, "from 1 to 64", warm_prefetch_options_set_parallel(o, 0));
    CHECK_OK(warm_prefetch_options_set_cycle_bytes(o, 0));
    CHECK_ERR(WARM_ERR_INVALID, "negative", warm_prefetch_options_set_cycle_bytes(o, -1));
    CHECK_OK(warm_prefetch_options_set_back_off_seconds(o, 0.1, 3.0));
    CHECK_ERR(WARM_ERR_INVALID, "millisecond", warm_prefetch_options_set_back_off_seconds(o, 0.1, 0.0));
    CHECK_OK(warm_prefetch_options_set_dry_run(o, 1));
    CHECK_ERR(WARM_ERR_INVALID, "neither 0 nor 1", warm_prefetch_options_set_dry_run(o, 2));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_prefetch_options_set_dry_run(NULL, 1));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_prefetch_options_set_weights(NULL, 1.0, 1.0, 1.0));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_prefetch_options_set_parallel(NULL, 1));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_prefetch_options_set_cycle_bytes(NULL, 1));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_prefetch_options_set_back_off_seconds(NULL, 1.0, 1.0));
    warm_prefetch_options_free(&o);
    CHECK(o == NULL);
    warm_prefetch_options_free(&o);
    warm_prefetch_options_free(NULL);
}

static void nulls(void)
{
    const warm_key key = key_of(1);
    warm_prefetch *p = NULL;
    warm_prefetch_stats stats;
    warm_prefetch_cycle cycle;
    int64_t n = 7;
    double score = 7;
    memset(&stats, 0, sizeof stats);
    memset(&cycle, 0, sizeof cycle);
    stats.struct_size = (uint32_t)sizeof stats;
    cycle.struct_size = (uint32_t)sizeof cycle;
    CHECK_ERR_OUT(warm_prefetch, WARM_ERR_INVALID, "NULL", warm_remote_start_prefetch(NULL, NULL, &out));
    CHECK_ERR(WARM_ERR_INVALID, "out", warm_remote_start_prefetch(NULL, NULL, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_prefetch_start(NULL));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_prefetch_stop(NULL, 0.0));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_prefetch_hint(NULL, &key, 1, &n));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_prefetch_hint_chain(NULL, &key, 1, WARM_CHAIN_FORWARD, &n));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_prefetch_wait(NULL, &key, 0.0));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_prefetch_cancel(NULL, &key));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_prefetch_refresh(NULL));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_prefetch_note(NULL, &key, NULL, 0, NULL, 0, NULL, NULL, NULL, NULL, 0));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_prefetch_set_active_model(NULL, &key));
    CHECK_ERR_OUT(warm_cursor, WARM_ERR_INVALID, "NULL", warm_prefetch_plan(NULL, 1, &out));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_prefetch_get_stats(NULL, &stats));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_prefetch_get_last_cycle(NULL, &cycle));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_cursor_score(NULL, &score));
    CHECK_EQ(7, n);
    CHECK(score > 6.9 && score < 7.1);
    warm_prefetch_free(&p);
    warm_prefetch_free(NULL);
}

static void bad_arguments(warm_prefetch *p, warm_store *s)
{
    const warm_key key = key_of(1);
    const int64_t minus = -1;
    int64_t n = 7;
    char long_name[130];
    warm_prefetch_stats stats;
    warm_prefetch_cycle cycle;
    warm_cursor *c = NULL;
    double score = 0;
    memset(long_name, 'n', sizeof long_name);
    memset(&stats, 0, sizeof stats);
    memset(&cycle, 0, sizeof cycle);
    CHECK_ERR(WARM_ERR_INVALID, "struct_size", warm_prefetch_get_stats(p, &stats));
    CHECK_ERR(WARM_ERR_INVALID, "struct_size", warm_prefetch_get_last_cycle(p, &cycle));
    stats.struct_size = (uint32_t)sizeof stats - 8;
    CHECK_ERR(WARM_ERR_INVALID, "struct_size", warm_prefetch_get_stats(p, &stats));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_prefetch_get_stats(p, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_prefetch_get_last_cycle(p, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_prefetch_hint(p, NULL, 1, &n));
    CHECK_ERR(WARM_ERR_INVALID, "negative", warm_prefetch_hint(p, &key, -1, &n));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_prefetch_hint_chain(p, NULL, 1, WARM_CHAIN_FORWARD, &n));
    CHECK_ERR(WARM_ERR_INVALID, "negative", warm_prefetch_hint_chain(p, &key, -1, WARM_CHAIN_FORWARD, &n));
    CHECK_ERR(WARM_ERR_INVALID, "WARM_CHAIN", warm_prefetch_hint_chain(p, &key, 1, 2, &n));
    CHECK_EQ(7, n);
    CHECK_OK(warm_prefetch_hint(p, NULL, 0, &n));
    CHECK_EQ(0, n);
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_prefetch_wait(p, NULL, 0.0));
    CHECK_ERR(WARM_ERR_INVALID, "negative", warm_prefetch_wait(p, &key, -1.0));
    CHECK_ERR(WARM_ERR_INVALID, "not a number", warm_prefetch_wait(p, &key, nan("")));
    CHECK_ERR(WARM_ERR_INVALID, "negative", warm_prefetch_stop(p, -1.0));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_prefetch_cancel(p, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_prefetch_note(p, NULL, NULL, 0, NULL, 0, NULL, NULL, NULL, NULL, 0));
    CHECK_ERR(WARM_ERR_INVALID, "dot", warm_prefetch_note(p, &key, "..", -1, NULL, 0, NULL, NULL, NULL, NULL, 0));
    CHECK_ERR(WARM_ERR_INVALID, "sequence", warm_prefetch_note(p, &key, NULL, 0, NULL, -1, NULL, NULL, NULL, NULL, 0));
    CHECK_ERR(WARM_ERR_INVALID, "sequence", warm_prefetch_note(p, &key, NULL, 0, NULL, INT64_C(1) << 32, NULL, NULL, NULL, NULL, 0));
    CHECK_ERR(WARM_ERR_INVALID, "payload_bytes", warm_prefetch_note(p, &key, NULL, 0, NULL, 0, &minus, NULL, NULL, NULL, 0));
    CHECK_ERR(WARM_ERR_INVALID, "last_access", warm_prefetch_note(p, &key, NULL, 0, NULL, 0, NULL, &minus, NULL, NULL, 0));
    CHECK_ERR(WARM_ERR_INVALID, "128", warm_prefetch_note(p, &key, NULL, 0, NULL, 0, NULL, NULL, NULL, long_name, 129));
    CHECK_ERR(WARM_ERR_INVALID, "UTF-8", warm_prefetch_note(p, &key, NULL, 0, NULL, 0, NULL, NULL, NULL, "\xff", 1));
    CHECK_ERR_OUT(warm_cursor, WARM_ERR_INVALID, "negative", warm_prefetch_plan(p, -1, &out));
    CHECK_ERR(WARM_ERR_INVALID, "out", warm_prefetch_plan(p, 1, NULL));

    /* A cursor of something else has no score, and a plan no run. */
    REQUIRE_OK(warm_store_list_keys(s, &c));
    if (warm_cursor_next(c) == WARM_OK)
        CHECK_ERR(WARM_ERR_INVALID, "score", warm_cursor_score(c, &score));
    warm_cursor_free(&c);
    REQUIRE_OK(warm_prefetch_plan(p, 4, &c));
    CHECK_ERR(WARM_ERR_INVALID, "first item", warm_cursor_score(c, &score));
    if (warm_cursor_next(c) == WARM_OK) {
        CHECK_OK(warm_cursor_score(c, &score));
        CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_cursor_score(c, NULL));
        CHECK_ERR(WARM_ERR_INVALID, "run id", warm_cursor_run_id(c, long_name, sizeof long_name, NULL));
    }
    warm_cursor_free(&c);
}

/* One machine has fitted; another is warm before it asks. */
static void two_machines(void)
{
    const warm_key later = key_of(KEYS), absent = key_of(99), removed = key_of(3);
    warm_store *a = open_root(in_scratch("a")), *b = open_root(in_scratch("b"));
    warm_remote *at_a = attach(a, bucket_url), *at_b = attach(b, bucket_url);
    warm_prefetch_stats s;
    int64_t accepted = 0;

    for (uint64_t i = 0; i < KEYS; ++i)
        save(a, i, "an answer");
    CHECK_OK(warm_remote_flush(at_a, WARM_REACH_REMOTE, WAIT));
    warm_prefetch *p = start(at_b, 0.02, 0);
    CHECK_ERR_OUT(warm_prefetch, WARM_ERR_INVALID, "has one already", warm_remote_start_prefetch(at_b, NULL, &out));
    UNTIL(p, s, s.resident == KEYS && s.unasked_bytes == KEYS * 9);
    CHECK_EQ(1, s.is_running);
    CHECK_EQ(KEYS, s.entries);
    CHECK_EQ(KEYS, s.fetched);
    CHECK(s.listings > 0 && s.listings_failed == 0 && s.index_bytes > 0 && s.bytes > 0 && s.busy_seconds > 0);
    CHECK_EQ(KEYS, fetches_of(at_b));
    bad_arguments(p, b);

    /* Hits, though nothing could be fetched. */
    take_away(1);
    for (uint64_t i = 0; i < 5; ++i)
        check_found(b, i, "an answer");
    take_away(0);
    CHECK_EQ(KEYS, fetches_of(at_b));
    s = worker_stats(p);
    CHECK_EQ(5 * 9, s.useful_bytes);
    CHECK_EQ((KEYS - 5) * 9, s.unasked_bytes);
    CHECK_EQ(0, s.wasted_bytes);

    /* What cycles chose has become something, each. */
    const int64_t cycles = s.cycles; /* the next to end may be the one that fetched the last */
    UNTIL(p, s, s.cycles > cycles + 1 && s.cycles > 3);
    CHECK_EQ(s.selected, s.over_budget + s.fetched + s.not_found + s.failed + s.cancelled + s.deferred + s.corrupt + s.panics);
    warm_prefetch_cycle cycle;
    memset(&cycle, 0, sizeof cycle);
    cycle.struct_size = (uint32_t)sizeof cycle;
    CHECK_OK(warm_prefetch_get_last_cycle(p, &cycle));
    CHECK_EQ(sizeof cycle, cycle.struct_size);
    CHECK(cycle.number > 3 && cycle.selected == 0 && cycle.fetched == 0 && cycle.elapsed_seconds >= cycle.selecting_seconds);

    /* A hint, a wait, and a hit without the network. */
    save(a, KEYS, "another");
    CHECK_OK(warm_remote_flush(at_a, WARM_REACH_REMOTE, WAIT));
    CHECK_OK(warm_prefetch_hint(p, &later, 1, &accepted));
    CHECK_EQ(1, accepted);
    CHECK_OK(warm_prefetch_wait(p, &later, WAIT));
    CHECK_OK(warm_prefetch_wait(p, &later, 0.0));
    take_away(1);
    check_found(b, KEYS, "another");
    take_away(0);
    s = worker_stats(p);
    CHECK(s.hints > 0 && s.hints_dropped == 0 && s.hints_fetched <= 1);

    /* What is not there is found out by waiting, and by polling; so is what was removed here. */
    CHECK_ST(WARM_NOT_FOUND, warm_prefetch_wait(p, &absent, WAIT));
    int32_t polled = WARM_TIMEOUT;
    for (const double began = now_seconds(); polled == WARM_TIMEOUT && now_seconds() - began < WAIT; nap(0.002))
        polled = warm_prefetch_wait(p, &absent, 0.0);
    CHECK_EQ(WARM_NOT_FOUND, polled);
    CHECK_OK(warm_remote_remove(at_b, &removed, NULL, 0, 0, WAIT));
    CHECK_ST(WARM_NOT_FOUND, warm_prefetch_wait(p, &removed, WAIT));
    CHECK_OK(warm_prefetch_cancel(p, &absent));
    CHECK_OK(warm_prefetch_refresh(p));
    UNTIL(p, s, s.listings > 1);

    /* Stopped it fetches nothing; started again it does. */
    CHECK_OK(warm_prefetch_stop(p, WAIT));
    CHECK_EQ(0, worker_stats(p).is_running);
    CHECK_OK(warm_prefetch_stop(p, 0.0));
    save(a, KEYS + 1, "a third");
    const warm_key third = key_of(KEYS + 1);
    CHECK_OK(warm_remote_flush(at_a, WARM_REACH_REMOTE, WAIT));
    CHECK_ST(WARM_CANCELLED, warm_prefetch_wait(p, &third, WAIT));
    CHECK_OK(warm_prefetch_start(p));
    CHECK_OK(warm_prefetch_start(p));
    CHECK_OK(warm_prefetch_wait(p, &third, WAIT));

    IN_CHILD(
        warm_key k = key_of(1);
        CHECK_ST(WARM_ERR_FORKED, warm_prefetch_hint(p, &k, 1, NULL));
        CHECK_ST(WARM_ERR_FORKED, warm_prefetch_wait(p, &k, WAIT));
        CHECK_ST(WARM_ERR_FORKED, warm_prefetch_stop(p, WAIT));
        CHECK_ST_OUT(warm_cursor, WARM_ERR_FORKED, warm_prefetch_plan(p, 1, &out));
        warm_prefetch_free(&p);
        CHECK(p == NULL););
    CHECK_EQ(1, worker_stats(p).is_running);

    /* The attachment first: the worker stops, and what it knew can still be asked for. */
    warm_remote_free(&at_b);
    CHECK_EQ(0, worker_stats(p).is_running);
    CHECK_ST(WARM_CANCELLED, warm_prefetch_wait(p, &absent, WAIT));
    CHECK_OK(warm_prefetch_stop(p, WAIT));
    CHECK(worker_stats(p).entries >= KEYS);
    warm_store_free(&b);
    warm_prefetch_free(&p);
    CHECK(p == NULL);

    /* Another attachment has its own. */
    b = open_root(in_scratch("b"));
    at_b = attach(b, bucket_url);
    p = start(at_b, 0.02, 0);
    warm_prefetch_free(&p);
    p = start(at_b, 0.02, 0);
    warm_store_free(&b);
    warm_prefetch_free(&p);
    warm_remote_free(&at_b);
    warm_remote_free(&at_a);
    warm_store_free(&a);
}

/* The key and the score of the best that would be fetched. */
static double best_of(warm_prefetch *p, warm_key *key)
{
    double score = -1, next = -1;
    warm_cursor *c = NULL;
    REQUIRE_OK(warm_prefetch_plan(p, 2, &c));
    REQUIRE_OK(warm_cursor_next(c));
    CHECK_OK(warm_cursor_key(c, key));
    CHECK_OK(warm_cursor_score(c, &score));
    CHECK_OK(warm_cursor_next(c));
    CHECK_OK(warm_cursor_score(c, &next));
    CHECK(next <= score);
    CHECK_ST(WARM_NOT_FOUND, warm_cursor_next(c));
    warm_cursor_free(&c);
    return score;
}

/* It plans by chain and model, and brings nothing. */
static void dry_run(void)
{
    const warm_key parent = key_of(0), second = key_of(2), model = key_of(1000);
    const int64_t bytes = 9, now = (int64_t)time(NULL);
    warm_store *s = open_root(in_scratch("dry"));
    warm_remote *r = attach(s, bucket_url);
    warm_prefetch *p = start(r, LONG_INTERVAL, 1);
    warm_prefetch_stats stats;
    warm_key key;
    int64_t accepted = 0;
    UNTIL(p, stats, stats.listings == 1 && stats.cycles == 1);
    CHECK(stats.entries >= KEYS && stats.resident == 0);
    /* Heads all of them until something else is known. */
    double score = best_of(p, &key);
    CHECK(score > 0.3 && score <= 1.3);
    for (uint64_t i = 0; i < KEYS + 2; ++i) {
        const warm_key k = key_of(i);
        CHECK_OK(warm_prefetch_note(p, &k, NULL, 0, i == 0 ? NULL : &parent, (int64_t)i, NULL, NULL, NULL, NULL, 0));
    }
    CHECK_OK(warm_prefetch_note(p, &second, "a-run", -1, &parent, 2, &bytes, &now, &model, "fits", -1));
    (void)best_of(p, &key);
    CHECK(memcmp(&key, &parent, sizeof key) == 0);
    CHECK_OK(warm_prefetch_note(p, &parent, NULL, 0, NULL, 1, NULL, NULL, NULL, NULL, 0));
    CHECK_OK(warm_prefetch_set_active_model(p, &model));
    score = best_of(p, &key);
    CHECK(memcmp(&key, &second, sizeof key) == 0);
    CHECK(score > 0.2 && score <= 1.2);
    CHECK_OK(warm_prefetch_set_active_model(p, NULL));
    CHECK(best_of(p, &key) <= 1.0);
    CHECK_OK(warm_prefetch_hint_chain(p, &parent, 3, WARM_CHAIN_FORWARD, &accepted));
    CHECK_EQ(3, accepted);
    CHECK_OK(warm_prefetch_hint_chain(p, &second, 9, WARM_CHAIN_BACKWARD, &accepted));
    CHECK_EQ(2, accepted);
    CHECK_OK(warm_prefetch_hint_chain(p, &model, 9, WARM_CHAIN_FORWARD, &accepted));
    CHECK_EQ(0, accepted);
    CHECK_ST(WARM_DEFERRED, warm_prefetch_wait(p, &second, WAIT));
    CHECK_EQ(0, worker_stats(p).fetched);
    CHECK_EQ(0, fetches_of(r));
    warm_prefetch_free(&p);

    /* In earnest, the next two folds are here before anything is guessed. */
    p = start(r, LONG_INTERVAL, 0);
    for (uint64_t i = 0; i < 4; ++i) {
        const warm_key k = key_of(i);
        CHECK_OK(warm_prefetch_note(p, &k, NULL, 0, i == 0 ? NULL : &parent, (int64_t)i, NULL, NULL, NULL, NULL, 0));
    }
    const warm_key first = key_of(1);
    CHECK_OK(warm_prefetch_hint_chain(p, &first, 2, WARM_CHAIN_FORWARD, NULL));
    for (uint64_t i = 2; i < 4; ++i) {
        const warm_key k = key_of(i);
        CHECK_OK(warm_prefetch_wait(p, &k, WAIT));
        check_found(s, i, "an answer");
    }
    warm_prefetch_free(&p);
    warm_remote_free(&r);
    warm_store_free(&s);
}

/* A server that takes connections and says nothing: what is in flight is called off, and nothing takes long. */
static void silent_server(void)
{
    struct sockaddr_in at;
    socklen_t len = sizeof at;
    char endpoint[64];
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    memset(&at, 0, sizeof at);
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(fd >= 0 && bind(fd, (const struct sockaddr *)&at, len) == 0 && listen(fd, 64) == 0);
    REQUIRE(getsockname(fd, (struct sockaddr *)&at, &len) == 0);
    (void)snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d", ntohs(at.sin_port));
    (void)setenv("AWS_ENDPOINT", endpoint, 1);
    (void)setenv("AWS_ALLOW_HTTP", "true", 1);
    (void)setenv("AWS_REGION", "us-east-1", 1);
    (void)setenv("AWS_ACCESS_KEY_ID", "an-id", 1);
    (void)setenv("AWS_SECRET_ACCESS_KEY", "a-secret", 1);

    const warm_key one = key_of(1), two = key_of(2), three = key_of(3);
    warm_store *s = open_root(in_scratch("silent"));
    warm_remote *r = attach(s, "s3://bucket/silent");
    warm_prefetch *p = start(r, LONG_INTERVAL, 0);
    CHECK_ST(WARM_TIMEOUT, warm_prefetch_wait(p, &one, 0.05));
    CHECK_OK(warm_prefetch_cancel(p, &one));
    CHECK_ST(WARM_CANCELLED, warm_prefetch_wait(p, &one, WAIT));
    const int64_t cancelled = worker_stats(p).cancelled;
    CHECK_EQ(1, cancelled);
    CHECK_ST(WARM_TIMEOUT, warm_prefetch_wait(p, &two, 0.0));
    save(s, 5, "a save meanwhile");
    check_found(s, 5, "a save meanwhile");
    const double began = now_seconds();
    CHECK_OK(warm_prefetch_stop(p, WAIT));
    CHECK(now_seconds() - began < 20);
    CHECK_ST(WARM_CANCELLED, warm_prefetch_wait(p, &two, WAIT));
    warm_prefetch_free(&p);

    /* A fetch's own deadline. */
    warm_prefetch_options *o = NULL;
    REQUIRE_OK(warm_prefetch_options_new(&o));
    CHECK_OK(warm_prefetch_options_set_fetch_deadline_seconds(o, 0.1));
    REQUIRE_OK(warm_remote_start_prefetch(r, o, &p));
    warm_prefetch_options_free(&o);
    CHECK_ST(WARM_CANCELLED, warm_prefetch_wait(p, &three, WAIT));
    /* With a fetch in flight, everything goes at once. */
    CHECK_OK(warm_prefetch_hint(p, &one, 1, NULL));
    const double freed = now_seconds();
    warm_prefetch_free(&p);
    warm_remote_free(&r);
    warm_store_free(&s);
    CHECK(now_seconds() - freed < 20);
    (void)close(fd);
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv))
        return 2;
    char here[PATH_CAP];
    warm_store *s = open_root(in_scratch("first"));
    warm_remote *r = NULL;
    (void)snprintf(bucket, sizeof bucket, "%s/bucket", realpath(check_scratch, here));
    (void)snprintf(bucket_url, sizeof bucket_url, "file://%s", bucket);
    options();
    nulls();
    const int32_t attached = warm_store_attach_remote(s, "memory://first", -1, NULL, &r);
    if (attached == WARM_ERR_UNSUPPORTED) {
        CHECK(r == NULL);
        (void)printf("built without the feature remote\n");
    } else {
        CHECK_EQ(WARM_OK, attached);
        warm_remote_free(&r);
        two_machines();
        dry_run();
        silent_server();
    }
    warm_store_free(&s);
    return check_finish();
}
