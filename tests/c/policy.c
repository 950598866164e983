/* When a session writes, what it says of itself, and whether what it resumed from still means what it meant. */
#include "check.h"

static int32_t checkpoint(warm_session *s, const char *text, double objective, int64_t iteration)
{
    return warm_session_checkpoint(s, text, (int64_t)strlen(text), &objective, &iteration);
}

static warm_session_options *session_options(void)
{
    warm_session_options *o = NULL;
    REQUIRE_OK(warm_session_options_new(&o));
    return o;
}

/* Opens a session and frees its options. */
static warm_session *opened(warm_store *store, const warm_key *key, warm_session_options *o)
{
    warm_session *s = NULL;
    REQUIRE_OK(warm_session_open(store, key, o, &s));
    warm_session_options_free(&o);
    return s;
}

static warm_session_progress progress_of(const warm_session *s)
{
    warm_session_progress p;
    memset(&p, 0, sizeof p);
    p.struct_size = (uint32_t)sizeof p;
    CHECK_OK(warm_session_get_progress(s, &p));
    return p;
}

static int near(double a, double b) { return fabs(a - b) <= 1e-9 * fabs(b); }

static void intervals(void)
{
    double young = 0.0, daly = 0.0;
    CHECK_OK(warm_interval_seconds(WARM_INTERVAL_YOUNG, 5.0, 1440.0, &young));
    CHECK(near(young, 120.0));
    /* Daly 2006, figure 3, in minutes */
    CHECK_OK(warm_interval_seconds(WARM_INTERVAL_DALY, 5.0, 1440.0, &daly));
    CHECK(daly > 116.5 && daly < 117.5);
    CHECK_OK(warm_interval_seconds(WARM_INTERVAL_DALY, 9.0, 4.0, &daly));
    CHECK(near(daly, 4.0));
    const double before = daly;
    CHECK_ERR(WARM_ERR_INVALID, "seconds", warm_interval_seconds(WARM_INTERVAL_DALY, 1.0, 1.0, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "formula", warm_interval_seconds(2, 1.0, 1.0, &daly));
    CHECK_ERR(WARM_ERR_INVALID, "cost", warm_interval_seconds(WARM_INTERVAL_DALY, -1.0, 1.0, &daly));
    CHECK_ERR(WARM_ERR_INVALID, "cost", warm_interval_seconds(WARM_INTERVAL_YOUNG, NAN, 1.0, &daly));
    CHECK_ERR(WARM_ERR_INVALID, "mean time", warm_interval_seconds(WARM_INTERVAL_YOUNG, 1.0, 0.0, &daly));
    CHECK(daly == before);
}

static void by_count(void)
{
    warm_store *store = open_root(in_scratch("policy-count"));
    const warm_key key = key_of(1);
    warm_session_options *o = session_options();
    CHECK_OK(warm_session_options_set_min_interval_seconds(o, 1e9));
    CHECK_OK(warm_session_options_set_every(o, 3));
    warm_session *s = opened(store, &key, o);
    CHECK_OK(checkpoint(s, "a", 1.0, 0));
    for (int64_t i = 0; i < 4; ++i) {
        CHECK_ST(WARM_THROTTLED, checkpoint(s, "b", 2.0, i));
        CHECK_ST(0, warm_session_should_checkpoint(s, NULL));
        CHECK_ST(1, warm_session_should_checkpoint(s, NULL));
        CHECK_OK(checkpoint(s, "c", 2.0, i));
    }
    const warm_session_progress p = progress_of(s);
    CHECK_EQ(5, p.writes);
    CHECK_EQ(4, p.throttled);
    warm_session_free(&s);
    warm_store_free(&store);
}

/* A stream of small improvements, in the background: ten are written as they come, and then the share decides. */
static void by_share(void)
{
    const char *root = in_scratch("policy-share");
    warm_store *store = open_root(root);
    const warm_key key = key_of(1);
    warm_session_options *o = session_options();
    CHECK_OK(warm_session_options_set_background(o, 1));
    CHECK_OK(warm_session_options_set_max_share(o, 1e-6));
    warm_session *s = opened(store, &key, o);
    for (int64_t i = 0; i < 10; ++i) {
        CHECK_ST(WARM_QUEUED, checkpoint(s, "exempt", 1e6 - (double)i, i));
        CHECK_OK(warm_session_flush(s, 30.0));
    }
    CHECK_EQ(10, progress_of(s).writes);
    char text[32];
    for (int64_t i = 10; i < 2000; ++i) {
        const double objective = 1e6 - (double)i;
        (void)snprintf(text, sizeof text, "state %ld", (long)i);
        CHECK_ST(1, warm_session_should_checkpoint(s, &objective));
        CHECK_ST(WARM_QUEUED, checkpoint(s, text, objective, i));
    }
    /* Worse ones are not even kept. */
    CHECK_ST(WARM_THROTTLED, checkpoint(s, "worse", 2e6, 2000));
    nap(0.3); /* the writer would have looked by now */
    warm_session_progress p = progress_of(s);
    CHECK_EQ(10, p.writes);
    CHECK_EQ(1, p.waiting);
    CHECK(p.has_iteration == 1 && p.iteration == 2000);
    CHECK(p.has_objective == 1 && p.best_objective == 1e6 - 1999.0);
    CHECK_BEST(store, &key, "exempt");
    /* Whoever waits gets the best of them. */
    CHECK_OK(warm_session_flush(s, 30.0));
    CHECK_BEST(store, &key, "state 1999");
    p = progress_of(s);
    CHECK_EQ(11, p.writes);
    CHECK_EQ(0, p.waiting);
    CHECK(p.blocked_seconds > 0.0 && p.written_seconds > 0.0 && p.elapsed_seconds > 0.0);
    /* The store's flush too, */
    CHECK_ST(WARM_QUEUED, checkpoint(s, "by the store", 5.0, 3000));
    CHECK_OK(warm_store_flush(store, 30.0));
    CHECK_BEST(store, &key, "by the store");
    /* and what a session leaves behind when it is freed. */
    CHECK_ST(WARM_QUEUED, checkpoint(s, "the last word", 4.0, 3001));
    warm_session_free(&s);
    CHECK_OK(warm_store_flush(store, 30.0));
    CHECK_BEST(store, &key, "the last word");
    warm_store_free(&store);
}

/* In the caller's thread an improvement is never held back. */
static void improvements_are_written_at_once(void)
{
    warm_store *store = open_root(in_scratch("policy-sync"));
    const warm_key key = key_of(1);
    warm_session_options *o = session_options();
    CHECK_OK(warm_session_options_set_max_share(o, 1e-9));
    warm_session *s = opened(store, &key, o);
    for (int64_t i = 0; i < 30; ++i)
        CHECK_OK(checkpoint(s, "better", -(double)i, i));
    CHECK_ST(WARM_THROTTLED, checkpoint(s, "worse", 1.0, 30));
    CHECK_EQ(30, progress_of(s).writes);
    CHECK_OK(warm_session_finalize(s, "answer", 6, NULL, NULL));
    CHECK_EQ(31, progress_of(s).writes);
    warm_session_free(&s);
    warm_store_free(&store);
}

/* Failures once a year: after the first, which is measured, nothing is due for long; and a session that resumes knows that from the
   start. */
static void by_failures(void)
{
    warm_store *store = open_root(in_scratch("policy-failures"));
    const warm_key key = key_of(1);
    char text[8];
    for (int life = 0; life < 2; ++life) {
        warm_session_options *o = session_options();
        CHECK_OK(warm_session_options_set_mean_time_between_failures(o, 3e7, WARM_INTERVAL_DALY));
        CHECK_OK(warm_session_options_set_min_interval_seconds(o, 0.0));
        warm_session *s = opened(store, &key, o);
        if (life == 0) {
            CHECK_OK(warm_session_checkpoint(s, "state 0", 7, NULL, NULL));
            CHECK_OK(warm_session_checkpoint_now(s, "state 0", 7, NULL, NULL)); /* says what the first one took */
        } else
            CHECK_OK(warm_session_resume(s, text, 7, NULL));
        CHECK_ST(WARM_THROTTLED, warm_session_checkpoint(s, "state 1", 7, NULL, NULL));
        const warm_session_progress p = progress_of(s);
        CHECK(p.has_next_due == 1 && p.next_due_seconds > 1.0);
        CHECK((p.write_seconds > 0.0) == (life == 0));
        CHECK(p.has_durable == (life == 0) && p.has_objective == 0 && p.has_iteration == 0);
        warm_session_free(&s);
    }
    warm_store_free(&store);
}

static void progress(void)
{
    warm_store *store = open_root(in_scratch("policy-progress"));
    const warm_key key = key_of(1);
    warm_session *s = open_session(store, &key, 1e300);
    warm_session_progress p = progress_of(s);
    CHECK(p.has_iteration == 0 && p.has_rate == 0 && p.has_objective == 0 && p.has_durable == 0);
    CHECK(p.has_next_due == 1 && p.next_due_seconds == 0.0);
    CHECK_OK(checkpoint(s, "a", 3.0, 7));
    nap(0.02);
    CHECK_ST(WARM_THROTTLED, checkpoint(s, "b", 4.0, 9));
    p = progress_of(s);
    CHECK(p.has_iteration == 1 && p.iteration == 9);
    CHECK(p.has_rate == 1 && p.iterations_per_second > 0.0 && p.iterations_per_second <= 2.0 / 0.02 * 1.5);
    CHECK(p.has_objective == 1 && p.best_objective == 3.0);
    CHECK(p.has_durable == 1 && p.durable_age_seconds >= 0.0 && p.write_seconds > 0.0);
    CHECK_EQ(0, p.has_next_due);
    CHECK(p.writes == 1 && p.throttled == 1 && p.failed == 0 && p.waiting == 0);
    CHECK(p.blocked_seconds <= p.elapsed_seconds + 0.1);
    p.struct_size = (uint32_t)sizeof p - 1;
    CHECK_ERR(WARM_ERR_INVALID, "struct_size", warm_session_get_progress(s, &p));
    CHECK_OK(warm_session_finish(s));
    CHECK_EQ(9, progress_of(s).iteration);
    warm_session_free(&s);
    warm_store_free(&store);
}

/* The points of a trace: iterations and objectives that belong together, in order. Returns how many. */
static long check_points(warm_cursor *c, int64_t first, int64_t last)
{
    warm_trace_point p;
    long n = 0;
    int64_t before = -1;
    double seconds = 0.0;
    while (warm_cursor_next(c) == WARM_OK) {
        memset(&p, 0, sizeof p);
        p.struct_size = (uint32_t)sizeof p;
        CHECK_OK(warm_cursor_trace_point(c, &p));
        CHECK(p.has_iteration == 1 && p.iteration > before);
        CHECK(p.has_objective == 1 && p.objective == 1.0 / (double)(p.iteration + 1));
        CHECK(p.seconds >= seconds && p.unix_seconds > 1.7e9);
        if (n++ == 0)
            CHECK_EQ(first, p.iteration);
        before = p.iteration;
        seconds = p.seconds;
    }
    CHECK_EQ(last, before);
    return n;
}

static void traces(void)
{
    const char *root = in_scratch("policy-trace");
    const warm_key key = key_of(1);
    char id[WARM_RUN_ID_MAX] = {0};
    int told[2];
    REQUIRE(pipe(told) == 0);
    const pid_t other = fork();
    REQUIRE(other >= 0);
    if (other == 0) {
        child_begin();
        warm_store *store = open_root(root);
        warm_session_options *o = session_options();
        CHECK_OK(warm_session_options_set_background(o, 1));
        warm_session *s = opened(store, &key, o);
        for (int64_t i = 0; i < 5000; ++i) {
            const int32_t status = checkpoint(s, "state", 1.0 / (double)(i + 1), i);
            CHECK(status == WARM_QUEUED || status == WARM_OK);
        }
        CHECK_OK(warm_session_flush(s, 30.0));
        warm_cursor *c = NULL;
        CHECK_OK(warm_session_trace(s, &c));
        const long n = check_points(c, 0, 4999);
        CHECK(n > 100 && n <= 257);
        warm_cursor_free(&c);
        /* More that is not written any more, and a kill. */
        CHECK(warm_session_run_id(s, id, sizeof id, NULL) == WARM_OK);
        CHECK(write(told[1], id, sizeof id) == (ssize_t)sizeof id);
        if (check_failures != 0)
            _exit(1);
        (void)raise(SIGKILL);
    }
    REQUIRE(read(told[0], id, sizeof id) == (ssize_t)sizeof id);
    int status = 0;
    CHECK(waitpid(other, &status, 0) == other && WIFSIGNALED(status));

    /* The dead run's. */
    warm_store *store = open_root(root);
    warm_cursor *c = NULL;
    CHECK_OK(warm_store_trace(store, &key, id, -1, &c));
    const long n = check_points(c, 0, 4999);
    CHECK(n > 16 && n <= 64);
    warm_trace_point p;
    memset(&p, 0, sizeof p);
    p.struct_size = (uint32_t)sizeof p;
    warm_key its;
    warm_entry_info info = fresh_info();
    CHECK_ERR(WARM_ERR_INVALID, "past", warm_cursor_trace_point(c, &p));
    warm_cursor_free(&c);
    CHECK_OK(warm_store_trace(store, &key, id, -1, &c));
    CHECK_OK(warm_cursor_next(c));
    CHECK_ERR(WARM_ERR_INVALID, "key", warm_cursor_key(c, &its));
    CHECK_ERR(WARM_ERR_INVALID, "entry info", warm_cursor_info(c, &info));
    CHECK_ERR(WARM_ERR_INVALID, "run id", warm_cursor_run_id(c, id, sizeof id, NULL));
    warm_cursor_free(&c);
    CHECK_OK(warm_store_list_entries(store, &key, &c));
    CHECK_OK(warm_cursor_next(c));
    CHECK_ERR(WARM_ERR_INVALID, "point", warm_cursor_trace_point(c, &p));
    warm_cursor_free(&c);
    /* A run that left none, and one that is not there. */
    CHECK_OK(warm_store_save_slot(store, &key, "bare", -1, "x", 1, NULL, NULL, WARM_KIND_FINAL));
    CHECK_OK(warm_store_trace(store, &key, "bare", -1, &c));
    CHECK_ST(WARM_NOT_FOUND, warm_cursor_next(c));
    warm_cursor_free(&c);
    CHECK_ST_OUT(warm_cursor, WARM_NOT_FOUND, warm_store_trace(store, &key, "absent", -1, &out));
    CHECK_ERR_OUT(warm_cursor, WARM_ERR_INVALID, "run", warm_store_trace(store, &key, "../x", -1, &out));
    warm_store_free(&store);
    (void)close(told[0]);
    (void)close(told[1]);
}

/* What was loaded does not mean any more what it meant: the next best is answered. */
static void confirmation(void)
{
    warm_store *store = open_root(in_scratch("policy-confirm"));
    const warm_key key = key_of(1), related = key_of(2);
    char text[TEXT_CAP], found[8];
    CHECK_OK(save_scored(store, &key, "best", 1.0, WARM_KIND_FINAL));
    CHECK_OK(save_scored(store, &key, "good", 2.0, WARM_KIND_FINAL));
    CHECK_OK(save_scored(store, &key, "fair", 3000.0, WARM_KIND_CHECKPOINT));
    CHECK_OK(save_text(store, &key, "none", NULL, WARM_KIND_CHECKPOINT, NULL));
    warm_session *s = open_session(store, &key, 0.0);
    CHECK_ST(WARM_NOT_FOUND, warm_session_confirm(s, 1.0, 0.0));
    CHECK_OK(warm_session_resume(s, found, 4, NULL));
    CHECK_OK(warm_session_confirm(s, 1.0 + 1e-9, 1e-8));
    CHECK_ERR(WARM_ERR_INVALID, "tolerance", warm_session_confirm(s, 1.0, -1.0));
    CHECK_ERR(WARM_ERR_INVALID, "tolerance", warm_session_confirm(s, 1.0, NAN));
    CHECK_ERR(WARM_ERR_INCOMPATIBLE, "data", warm_session_confirm(s, 1.5, 0.25));
    (void)last_error_into(text);
    CHECK(strstr(text, "1e0") != NULL && strstr(text, "1.5e0") != NULL);
    /* once: what is refused is no more what was loaded */
    CHECK_ST(WARM_NOT_FOUND, warm_session_confirm(s, 1.5, 0.25));
    CHECK_OK(warm_session_resume(s, found, 4, NULL));
    CHECK(memcmp(found, "good", 4) == 0);
    CHECK_ERR(WARM_ERR_INCOMPATIBLE, "data", warm_session_confirm(s, NAN, 1e9));
    CHECK_OK(warm_session_resume(s, found, 4, NULL));
    CHECK(memcmp(found, "fair", 4) == 0);
    CHECK_OK(warm_session_confirm(s, 3010.0, 0.01)); /* relative to what is large */
    CHECK_ERR(WARM_ERR_INCOMPATIBLE, "data", warm_session_confirm(s, 3040.0, 0.01));
    CHECK_OK(warm_session_resume(s, found, 4, NULL));
    CHECK(memcmp(found, "none", 4) == 0);
    CHECK_ST(WARM_NOT_FOUND, warm_session_confirm(s, 5.0, 0.0));
    /* For others nothing has changed. */
    CHECK_BEST(store, &key, "best");
    warm_session *second = open_session(store, &key, 0.0);
    CHECK_OK(warm_session_resume(second, found, 4, NULL));
    CHECK(memcmp(found, "best", 4) == 0);
    warm_session_free(&second);
    /* An entry of another key has another objective. */
    warm_entry *seed = NULL;
    CHECK_OK(save_scored(store, &related, "seed", 9.0, WARM_KIND_FINAL));
    CHECK_OK(warm_store_lookup(store, &related, WARM_LOOKUP_BEST, &seed));
    CHECK_OK(warm_session_preload(s, seed));
    CHECK_OK(warm_session_resume(s, found, 4, NULL));
    CHECK(memcmp(found, "seed", 4) == 0);
    CHECK_ST(WARM_NOT_FOUND, warm_session_confirm(s, 1.0, 0.0));
    warm_entry_free(&seed);
    /* What the session writes itself is answered again. */
    CHECK_OK(checkpoint(s, "mine", 0.5, 1));
    CHECK_OK(warm_session_resume(s, found, 4, NULL));
    CHECK(memcmp(found, "mine", 4) == 0);
    CHECK_OK(warm_session_confirm(s, 0.5, 0.0));
    warm_session_free(&s);
    warm_store_free(&store);
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv))
        return 2;
    traces(); /* forks: before there is any thread */
    intervals();
    by_count();
    by_share();
    improvements_are_written_at_once();
    by_failures();
    progress();
    confirmation();
    return check_finish();
}
