/* One session, one fit in progress under one key. */
#include "check.h"

static const double ONE = 1.0;

static int32_t checkpoint(warm_session *s, const char *text, double objective)
{
    return warm_session_checkpoint(s, text, (int64_t)strlen(text), &objective, NULL);
}

static int32_t finalize(warm_session *s, const char *text, double objective)
{
    return warm_session_finalize(s, text, (int64_t)strlen(text), &objective, NULL);
}

static int load_is(warm_session *s, const char *want, int32_t source, int32_t kind)
{
    warm_entry *entry = NULL;
    warm_entry_info info = fresh_info();
    const int ok = warm_session_load(s, &entry) == WARM_OK && entry_is(entry, want, (int64_t)strlen(want)) && warm_entry_get_info(entry, &info) == WARM_OK &&
                   info.source == source && info.kind == kind;
    warm_entry_free(&entry);
    return ok;
}

static int peek_is(warm_session *s, const char *want, int32_t source)
{
    warm_entry *entry = NULL;
    warm_entry_info info = fresh_info();
    const int ok = warm_session_peek(s, &entry) == WARM_OK && entry_is(entry, want, (int64_t)strlen(want)) && warm_entry_get_info(entry, &info) == WARM_OK &&
                   info.source == source;
    warm_entry_free(&entry);
    return ok;
}

static void checkpoint_then_load(void)
{
    const char *root = in_scratch("load");
    const warm_key key = key_of(1);
    const int64_t iteration = 41;
    warm_store *store = open_root(root);
    warm_session *s = open_session(store, &key, 0.0);
    CHECK_ST_OUT(warm_entry, WARM_NOT_FOUND, warm_session_load(s, &out));
    CHECK_ST_OUT(warm_entry, WARM_NOT_FOUND, warm_session_peek(s, &out));
    CHECK_OK(warm_session_checkpoint(s, "iterate", 7, &ONE, &iteration));
    CHECK(load_is(s, "iterate", WARM_SOURCE_EXACT, WARM_KIND_CHECKPOINT));

    warm_entry *entry = NULL;
    warm_entry_info info = fresh_info();
    warm_key its_key;
    CHECK_OK(warm_session_load(s, &entry));
    CHECK_OK(warm_entry_get_info(entry, &info));
    CHECK(info.has_objective == 1 && info.objective == 1.0 && info.has_iteration == 1 && info.iteration == 41 && info.payload_bytes == 7);
    CHECK_OK(warm_entry_key(entry, &its_key));
    CHECK(same_key(&key, &its_key));
    warm_entry_free(&entry);

    /* a second session, of another handle and of another process, reads the first's */
    warm_store *other = open_root(root);
    warm_session *second = open_session(other, &key, 0.0);
    CHECK(load_is(second, "iterate", WARM_SOURCE_EXACT, WARM_KIND_CHECKPOINT));
    warm_session_free(&second);
    warm_store_free(&other);
    IN_CHILD({
        warm_store *theirs = open_root(root);
        warm_session *third = open_session(theirs, &key, 0.0);
        CHECK(load_is(third, "iterate", WARM_SOURCE_EXACT, WARM_KIND_CHECKPOINT));
        warm_session_free(&third);
        warm_store_free(&theirs);
    });

    /* the iteration is the caller's; an empty payload is one */
    CHECK_OK(warm_session_checkpoint_now(s, NULL, 0, NULL, NULL));
    CHECK_OK(warm_session_finalize(s, "", 0, NULL, NULL));
    CHECK(load_is(s, "", WARM_SOURCE_EXACT, WARM_KIND_FINAL));
    warm_session_free(&s);
    CHECK(s == NULL);
    warm_store_free(&store);
}

static void resume(void)
{
    warm_store *store = open_root(in_scratch("resume"));
    const warm_key key = key_of(1), related = key_of(2);
    const int64_t iteration = 3;
    double x[4] = {1.0, 2.0, 3.0, 4.0}, back[5];
    warm_entry_info info = fresh_info();
    warm_entry_info untouched = info;
    unsigned char pattern[sizeof back];
    memset(pattern, 0xa5, sizeof pattern);
    memset(back, 0xa5, sizeof back);

    warm_session *s = open_session(store, &key, 0.0);
    CHECK_ST(WARM_NOT_FOUND, warm_session_resume(s, back, sizeof x, &info));
    CHECK(memcmp(back, pattern, sizeof back) == 0 && memcmp(&info, &untouched, sizeof info) == 0);

    CHECK_OK(warm_session_checkpoint(s, x, sizeof x, &ONE, &iteration));
    CHECK_OK(warm_session_resume(s, back, sizeof x, &info));
    CHECK(memcmp(back, x, sizeof x) == 0 && memcmp(&back[4], pattern, sizeof back[4]) == 0);
    CHECK_EQ(WARM_SOURCE_EXACT, info.source);
    CHECK_EQ(WARM_KIND_CHECKPOINT, info.kind);
    CHECK_EQ(3, info.iteration);
    CHECK_EQ(sizeof x, info.payload_bytes);
    memset(back, 0xa5, sizeof back);
    CHECK_OK(warm_session_resume(s, back, sizeof x, NULL));
    CHECK(memcmp(back, x, sizeof x) == 0);

    /* another length: nothing written, nothing taken, preloaded or not */
    static const int64_t lengths[] = {0, 1, sizeof x - 1, sizeof x + 1, sizeof back};
    for (int preloaded = 0; preloaded < 2; ++preloaded) {
        if (preloaded) {
            warm_entry *entry = NULL;
            CHECK_OK(save_scored(store, &related, "32 bytes of a related fit's end.", 1.0, WARM_KIND_FINAL));
            CHECK_OK(warm_store_lookup(store, &related, WARM_LOOKUP_BEST, &entry));
            CHECK_OK(warm_session_preload(s, entry));
            warm_entry_free(&entry);
        }
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; ++i) {
            memset(back, 0xa5, sizeof back);
            info = fresh_info();
            CHECK_ERR(WARM_ERR_INCOMPATIBLE, "length|bytes|size", warm_session_resume(s, back, lengths[i], &info));
            CHECK(memcmp(back, pattern, sizeof back) == 0 && memcmp(&info, &untouched, sizeof info) == 0);
        }
    }
    CHECK_OK(warm_session_resume(s, back, 32, &info));
    CHECK_EQ(WARM_SOURCE_PRELOADED, info.source);
    CHECK_EQ(WARM_KIND_FINAL, info.kind);
    CHECK(memcmp(back, "32 bytes of a related fit's end.", 32) == 0);
    CHECK_OK(warm_session_resume(s, back, 32, &info));
    CHECK_EQ(WARM_SOURCE_EXACT, info.source);
    CHECK(memcmp(back, x, sizeof x) == 0);
    warm_session_free(&s);

    /* nothing is a length too */
    warm_session *empty = open_session(store, &(warm_key){{9}}, 0.0);
    CHECK_OK(warm_session_checkpoint(empty, NULL, 0, NULL, NULL));
    CHECK_OK(warm_session_resume(empty, NULL, 0, &info));
    CHECK_EQ(0, info.payload_bytes);
    warm_session_free(&empty);
    warm_store_free(&store);
}

static void throttle(void)
{
    const char *root = in_scratch("throttle");
    warm_store *store = open_root(root);
    const warm_key key = key_of(1), other = key_of(2);
    warm_session *s = open_session(store, &key, 3600.0);
    const double nan_value = NAN, minus_inf = -INFINITY, plus_inf = INFINITY;
    CHECK_OK(checkpoint(s, "ten", 10.0));
    CHECK_OK(checkpoint(s, "nine", 9.0)); /* an improvement bypasses the limit */
    const uint64_t before = tree_hash(key_dir(root, &key));
    CHECK_ST(WARM_THROTTLED, checkpoint(s, "worse", 9.5));
    CHECK_ST(WARM_THROTTLED, checkpoint(s, "equal", 9.0));
    CHECK_ST(WARM_THROTTLED, checkpoint(s, "hardly better", 9.0 - 0.5e-12));
    CHECK_ST(WARM_THROTTLED, warm_session_checkpoint(s, "none", 4, NULL, NULL));
    /* what is not finite is no objective, and must not become the best seen */
    CHECK_ST(WARM_THROTTLED, warm_session_checkpoint(s, "nan", 3, &nan_value, NULL));
    CHECK_ST(WARM_THROTTLED, warm_session_checkpoint(s, "-inf", 4, &minus_inf, NULL));
    CHECK_ST(WARM_THROTTLED, warm_session_checkpoint(s, "inf", 3, &plus_inf, NULL));
    CHECK(before == tree_hash(key_dir(root, &key)));
    CHECK_BEST(store, &key, "nine");
    CHECK_OK(checkpoint(s, "eight", 8.0));
    CHECK_BEST(store, &key, "eight");
    /* never throttled */
    CHECK_OK(warm_session_checkpoint_now(s, "now", 3, NULL, NULL));
    CHECK_LATEST(store, &key, "now");
    CHECK_BEST(store, &key, "eight");
    CHECK_ST(WARM_THROTTLED, checkpoint(s, "worse", 8.5));
    CHECK_OK(finalize(s, "end", 8.2));
    CHECK_BEST(store, &key, "end");
    CHECK_LATEST(store, &key, "end");
    warm_session_free(&s);

    /* NaN first, then the first finite one is an improvement */
    s = open_session(store, &other, 3600.0);
    CHECK_OK(warm_session_checkpoint(s, "nan", 3, &nan_value, NULL));
    CHECK_ST(WARM_THROTTLED, warm_session_checkpoint(s, "nan", 3, &nan_value, NULL));
    CHECK_OK(checkpoint(s, "huge", 1e308));
    CHECK_OK(checkpoint(s, "less", 1e307));
    CHECK_BEST(store, &other, "less");
    warm_session_free(&s);

    /* the interval passed */
    s = open_session(store, &other, 0.3);
    CHECK_OK(checkpoint(s, "a", 1.0));
    nap(0.5);
    CHECK_OK(checkpoint(s, "b", 2.0));
    CHECK_LATEST(store, &other, "b");
    CHECK_BEST(store, &other, "a");
    warm_session_free(&s);
    warm_store_free(&store);
}

static void should_checkpoint_agrees(void)
{
    static const double objectives[] = {5.0, 6.0, 5.0, 4.0, NAN, 4.0 - 0.5e-12, -INFINITY, 3.0, INFINITY, 3.5, 2.0, -7.0, -7.0, -8.0};
    warm_store *store = open_root(in_scratch("should"));
    for (int limited = 0; limited < 2; ++limited) {
        const warm_key key = key_of((uint64_t)limited);
        warm_session *s = open_session(store, &key, limited ? 3600.0 : 0.0);
        for (size_t i = 0; i < sizeof objectives / sizeof objectives[0]; ++i) {
            const double *objective = i == 5 ? NULL : &objectives[i];
            const int32_t foretold = warm_session_should_checkpoint(s, objective);
            const int32_t done = warm_session_checkpoint(s, "x", 1, objective, NULL);
            CHECK(foretold == 0 || foretold == 1);
            CHECK_ST(foretold == 1 ? WARM_OK : WARM_THROTTLED, done);
            if (!limited)
                CHECK_EQ(1, foretold);
        }
        /* asking changes nothing */
        if (limited) {
            const double better = -9.0;
            for (int i = 0; i < 100; ++i)
                CHECK_EQ(1, warm_session_should_checkpoint(s, &better));
            CHECK_OK(warm_session_checkpoint(s, "x", 1, &better, NULL));
            CHECK_EQ(0, warm_session_should_checkpoint(s, &better));
            CHECK_EQ(0, warm_session_should_checkpoint(s, NULL));
        }
        warm_session_free(&s);
    }
    warm_store_free(&store);
}

static void finalize_promotes(void)
{
    const char *root = in_scratch("finalize");
    warm_store *store = open_root(root);
    const warm_key key = key_of(1);
    warm_session *other = open_session(store, &key, 0.0), *s = open_session(store, &key, 0.0);
    CHECK_OK(checkpoint(other, "another fit's", 50.0));
    CHECK_OK(checkpoint(s, "a", 3.0));
    CHECK_OK(checkpoint(s, "b", 1.0));
    CHECK_OK(checkpoint(s, "c", 2.0));
    CHECK_OK(finalize(s, "final", 1.5)); /* above its own best checkpoint, and still the answer */
    CHECK_BEST(store, &key, "final");
    CHECK_LATEST(store, &key, "final");
    CHECK(load_is(s, "final", WARM_SOURCE_EXACT, WARM_KIND_FINAL));
    CHECK_EQ(2, count_entries(store, &key)); /* its own checkpoints are gone, the other session's is not */
    CHECK_OK(warm_session_flush(s, 10.0));
    CHECK_EQ(2, count_names(key_dir(root, &key), ".json"));
    CHECK_EQ(2, count_names(key_dir(root, &key), ".bin"));

    /* without an objective, too */
    const warm_key unscored = key_of(2);
    warm_session *u = open_session(store, &unscored, 0.0);
    CHECK_OK(checkpoint(u, "scored", 1.0));
    CHECK_OK(warm_session_finalize(u, "no score", 8, NULL, NULL));
    CHECK_BEST(store, &unscored, "no score");
    CHECK_EQ(1, count_entries(store, &unscored));
    warm_session_free(&u);

    /* it does not finish: the fit may go on, and end again */
    CHECK_OK(checkpoint(s, "later", 0.5));
    CHECK_BEST(store, &key, "later");
    CHECK_OK(finalize(s, "final 2", 0.25));
    CHECK_BEST(store, &key, "final 2");
    CHECK_OK(warm_session_finish(s));
    warm_session_free(&s);
    warm_session_free(&other);
    warm_store_free(&store);

    /* durable: another process finds it */
    IN_CHILD({
        warm_store *theirs = open_root(root);
        CHECK_BEST(theirs, &key, "final 2");
        CHECK_BEST(theirs, &unscored, "no score");
        warm_store_free(&theirs);
    });
}

static void preload(void)
{
    warm_store *store = open_root(in_scratch("preload"));
    const warm_key key = key_of(1), related = key_of(2);
    warm_entry *seed = NULL, *out = NULL;
    CHECK_OK(save_scored(store, &related, "related", 7.0, WARM_KIND_FINAL));
    CHECK_OK(warm_store_lookup(store, &related, WARM_LOOKUP_LATEST, &seed));

    /* before the store, and once; the caller's own handle may go at once */
    warm_session *s = open_session(store, &key, 0.0);
    CHECK_OK(checkpoint(s, "own", 1.0));
    CHECK_OK(warm_session_preload(s, seed));
    warm_entry_free(&seed);
    for (int i = 0; i < 3; ++i)
        CHECK(peek_is(s, "related", WARM_SOURCE_PRELOADED));
    CHECK(load_is(s, "related", WARM_SOURCE_PRELOADED, WARM_KIND_FINAL));
    CHECK(peek_is(s, "own", WARM_SOURCE_EXACT));
    CHECK(load_is(s, "own", WARM_SOURCE_EXACT, WARM_KIND_CHECKPOINT));
    CHECK(load_is(s, "own", WARM_SOURCE_EXACT, WARM_KIND_CHECKPOINT));
    warm_session_free(&s);

    /* a fit that has nothing else; the store of the entry is gone by then */
    const warm_key fresh = key_of(3);
    warm_store *elsewhere = open_root(in_scratch("preload-elsewhere"));
    CHECK_OK(save_scored(elsewhere, &related, "from elsewhere", 7.0, WARM_KIND_CHECKPOINT));
    CHECK_OK(warm_store_lookup(elsewhere, &related, WARM_LOOKUP_BEST, &seed));
    warm_store_free(&elsewhere);
    s = open_session(store, &fresh, 0.0);
    CHECK_OK(warm_session_preload(s, seed));
    warm_entry_free(&seed);
    CHECK(load_is(s, "from elsewhere", WARM_SOURCE_PRELOADED, WARM_KIND_CHECKPOINT));
    CHECK_ST(WARM_NOT_FOUND, warm_session_load(s, &out));
    CHECK(out == NULL);
    /* preloading stored nothing */
    CHECK_EQ(0, count_entries(store, &fresh));
    warm_session_free(&s);
    warm_store_free(&store);
}

static void best_is_kept(void)
{
    const char *root = in_scratch("best-kept");
    warm_store *store = open_root(root);
    const warm_key key = key_of(1);
    warm_session *s = open_session(store, &key, 0.0);
    char text[32], best[32] = "";
    double lowest = INFINITY;
    /* at every step both its best and its latest are there, and no third */
    static const double objectives[] = {10, 5, 7, 6, 5.5, 4, 4.5, 9, 3, 3.5, 8, 2, 1, 1.5};
    for (size_t i = 0; i < sizeof objectives / sizeof objectives[0]; ++i) {
        (void)snprintf(text, sizeof text, "%lu at %g", (unsigned long)i, objectives[i]);
        CHECK_OK(checkpoint(s, text, objectives[i]));
        if (objectives[i] < lowest) {
            lowest = objectives[i];
            memcpy(best, text, sizeof best);
        }
        CHECK_BEST(store, &key, best);
        CHECK_LATEST(store, &key, text);
        CHECK_EQ(strcmp(best, text) == 0 ? 1 : 2, count_entries(store, &key));
    }
    /* one without objective is the latest, never the best */
    CHECK_OK(warm_session_checkpoint(s, "unscored", 8, NULL, NULL));
    CHECK_BEST(store, &key, best);
    CHECK_LATEST(store, &key, "unscored");
    CHECK_OK(warm_session_flush(s, 10.0));
    CHECK_EQ(2, count_names(key_dir(root, &key), ".json"));

    /* load answers what the session's option says */
    warm_session_options *options = NULL;
    warm_session *latest = NULL;
    CHECK_OK(warm_session_options_new(&options));
    CHECK_OK(warm_session_options_set_lookup(options, WARM_LOOKUP_LATEST));
    CHECK_OK(warm_session_open(store, &key, options, &latest));
    warm_session_options_free(&options);
    CHECK(load_is(latest, "unscored", WARM_SOURCE_EXACT, WARM_KIND_CHECKPOINT));
    CHECK(load_is(s, best, WARM_SOURCE_EXACT, WARM_KIND_CHECKPOINT));
    warm_session_free(&latest);
    warm_session_free(&s);

    /* a killed fit costs nothing of that */
    IN_DYING_CHILD({
        warm_store *theirs = open_root(root);
        const warm_key other = key_of(2);
        warm_session *mine = open_session(theirs, &other, 0.0);
        CHECK_OK(checkpoint(mine, "best", 1.0));
        CHECK_OK(checkpoint(mine, "worse", 2.0));
    });
    const warm_key other = key_of(2);
    CHECK_BEST(store, &other, "best");
    CHECK_LATEST(store, &other, "worse");
    warm_store_free(&store);
}

static void refit(void)
{
    const char *root = in_scratch("refit");
    const warm_key key = key_of(1), crashing = key_of(2);
    warm_store *store = open_root(root);
    CHECK_OK(save_scored(store, &crashing, "settled", 1.0, WARM_KIND_FINAL));
    warm_session *first = open_session(store, &key, 0.0);
    CHECK_OK(checkpoint(first, "start", 9.0));
    CHECK_OK(finalize(first, "answer 0", 1.0));
    warm_session_free(&first);
    for (int i = 0; i < 10; ++i) {
        char was[32], now[32];
        (void)snprintf(was, sizeof was, "answer %d", i);
        (void)snprintf(now, sizeof now, "answer %d", i + 1);
        warm_store *again = open_root(root);
        warm_session *s = open_session(again, &key, 0.0);
        CHECK(load_is(s, was, WARM_SOURCE_EXACT, WARM_KIND_FINAL));
        CHECK_OK(checkpoint(s, "step", 1.0));
        CHECK(load_is(s, was, WARM_SOURCE_EXACT, WARM_KIND_FINAL)); /* Final wins the tie */
        CHECK_OK(finalize(s, now, 1.0));
        warm_session_free(&s);
        warm_store_free(&again);
    }
    /* loaded ten times by processes that died of something: a Final never counts as a bad checkpoint */
    for (int i = 0; i < 10; ++i)
        IN_DYING_CHILD({
            warm_store *theirs = open_root(root);
            warm_session *s = open_session(theirs, &crashing, 0.0);
            CHECK(load_is(s, "settled", WARM_SOURCE_EXACT, WARM_KIND_FINAL));
        });
    warm_session *s = open_session(store, &crashing, 0.0);
    CHECK(load_is(s, "settled", WARM_SOURCE_EXACT, WARM_KIND_FINAL));
    warm_session_free(&s);
    warm_store_free(&store);
}

static void run_ids(void)
{
    warm_store *store = open_root(in_scratch("session-run-id"));
    const warm_key key = key_of(1);
    char id[WARM_RUN_ID_MAX], again[WARM_RUN_ID_MAX], other[WARM_RUN_ID_MAX];
    int64_t needed = -5;
    warm_session *a = open_session(store, &key, 0.0), *b = open_session(store, &key, 0.0);
    CHECK_ST(WARM_ERR_BUFFER, warm_session_run_id(a, NULL, 0, &needed));
    CHECK(needed > 1 && needed <= WARM_RUN_ID_MAX);
    memset(id, '!', sizeof id);
    CHECK_ST(WARM_ERR_BUFFER, warm_session_run_id(a, id, needed - 1, NULL));
    CHECK(id[0] == '!');
    CHECK_OK(warm_session_run_id(a, id, needed, &needed));
    CHECK_EQ((int64_t)strlen(id) + 1, needed);
    CHECK(is_generated_run_id(id));
    CHECK_OK(checkpoint(a, "of a", 1.0));
    CHECK_OK(finalize(a, "end of a", 1.0));
    CHECK_OK(warm_session_run_id(a, again, sizeof again, NULL));
    CHECK(strcmp(id, again) == 0);
    CHECK_OK(warm_session_run_id(b, other, sizeof other, NULL));
    CHECK(strcmp(id, other) != 0);
    /* what it finalized lies under that name */
    warm_entry *entry = NULL;
    CHECK_OK(warm_store_lookup_run(store, &key, id, -1, &entry));
    CHECK(entry_is(entry, "end of a", 8));
    warm_entry_free(&entry);
    warm_session_free(&a);
    warm_session_free(&b);
    warm_store_free(&store);
}

static void finish(void)
{
    warm_store *store = open_root(in_scratch("finish"));
    const warm_key key = key_of(1);
    char id[WARM_RUN_ID_MAX], text[16];
    warm_session *s = open_session(store, &key, 0.0);
    CHECK_OK(checkpoint(s, "last", 1.0));
    CHECK_OK(warm_session_flush(s, 10.0));
    CHECK_OK(warm_session_flush(s, 0.0));
    CHECK_OK(warm_session_finish(s));
    CHECK_OK(warm_session_finish(s));
    CHECK_ERR(WARM_ERR_INVALID, "finished", warm_session_checkpoint(s, "x", 1, &ONE, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "finished", warm_session_checkpoint_now(s, "x", 1, &ONE, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "finished", warm_session_should_checkpoint(s, &ONE));
    CHECK_ERR(WARM_ERR_INVALID, "finished", warm_session_should_checkpoint(s, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "finished", warm_session_finalize(s, "x", 1, &ONE, NULL));
    CHECK(load_is(s, "last", WARM_SOURCE_EXACT, WARM_KIND_CHECKPOINT));
    CHECK(peek_is(s, "last", WARM_SOURCE_EXACT));
    CHECK_OK(warm_session_resume(s, text, 4, NULL));
    CHECK_OK(warm_session_run_id(s, id, sizeof id, NULL));
    CHECK_OK(warm_session_finish(s));
    CHECK_EQ(1, count_entries(store, &key));
    warm_session_free(&s);

    /* nothing to finish is finished, too */
    s = open_session(store, &key, 0.0);
    CHECK_OK(warm_session_finish(s));
    warm_session_free(&s);
    warm_store_free(&store);
}

static void free_in_any_order(void)
{
    const char *root = in_scratch("free-order");
    const warm_key key = key_of(1);
    warm_store *store = open_root(root);
    warm_session *s = open_session(store, &key, 0.0);
    warm_entry *entry = NULL;
    warm_store_free(&store); /* the session keeps it alive */
    CHECK_OK(checkpoint(s, "kept", 1.0));
    CHECK_OK(warm_session_load(s, &entry));
    CHECK_OK(finalize(s, "end", 1.0));
    warm_session_free(&s); /* the entry keeps its bytes */
    CHECK(entry_is(entry, "kept", 4));
    warm_entry_free(&entry);
    warm_entry_free(&entry);
    warm_session_free(&s);
    warm_store_free(&store);
    warm_session_free(NULL);
    warm_store_free(NULL);
    warm_entry_free(NULL);
    store = open_root(root);
    CHECK_BEST(store, &key, "end");
    warm_store_free(&store);
}

static void background(void)
{
    const char *root = in_scratch("background");
    const warm_key key = key_of(1);
    int gate[2];
    REQUIRE(pipe(gate) == 0);
    /* Forked while there is no background thread, whose memory it would leak. */
    const pid_t other = fork();
    REQUIRE(other >= 0);
    if (other == 0) {
        char go = 0;
        child_begin();
        (void)close(gate[1]);
        CHECK(read(gate[0], &go, 1) == 1);
        warm_store *theirs = open_root(root);
        CHECK_LATEST(theirs, &key, "at once");
        warm_store_free(&theirs);
        child_end();
    }
    warm_store *store = open_root(root);
    warm_session_options *options = NULL;
    warm_session *s = NULL;
    CHECK_OK(warm_session_options_new(&options));
    CHECK_OK(warm_session_options_set_background(options, 1));
    CHECK_ERR(WARM_ERR_INVALID, "on", warm_session_options_set_background(options, 2));
    CHECK_OK(warm_session_options_set_min_interval_seconds(options, 0.0));
    CHECK_OK(warm_session_open(store, &key, options, &s));
    warm_session_options_free(&options);
    CHECK_ST(WARM_QUEUED, checkpoint(s, "queued 0", 100.0));
    char text[32];
    for (int i = 1; i <= 50; ++i) {
        (void)snprintf(text, sizeof text, "queued %02d", i);
        CHECK_ST(WARM_QUEUED, checkpoint(s, text, i == 20 ? 1.0 : 100.0 + i));
        memset(text, '#', sizeof text); /* the buffer is the caller's again at once */
    }
    CHECK_OK(warm_session_flush(s, 30.0));
    CHECK_BEST(store, &key, "queued 20");
    CHECK_LATEST(store, &key, "queued 50");
    CHECK_OK(warm_session_checkpoint_now(s, "at once", 7, NULL, NULL)); /* durable on return */
    CHECK(write(gate[1], "", 1) == 1);
    CHECK(child_passed(other));
    (void)close(gate[0]);
    (void)close(gate[1]);
    CHECK_OK(finalize(s, "end", 50.0));
    CHECK_BEST(store, &key, "end");
    /* accepted before free: still published */
    CHECK_ST(WARM_QUEUED, checkpoint(s, "the last word", 0.5));
    warm_session_free(&s);
    CHECK_OK(warm_store_flush(store, 30.0));
    CHECK_BEST(store, &key, "the last word");
    warm_store_free(&store);
}

static void options_are_copied(void)
{
    warm_store *store = open_root(in_scratch("session-options"));
    const warm_key key = key_of(1);
    warm_fingerprinter *f = NULL;
    warm_session_options *options = NULL;
    warm_session *s = NULL;
    CHECK_OK(warm_fingerprinter_new(&f));
    CHECK_OK(warm_fingerprinter_absorb_f64(f, "lambda", -1, 0.5));
    CHECK_OK(warm_session_options_new(&options));
    CHECK_OK(warm_session_options_set_fingerprint(options, f));
    warm_fingerprinter_free(&f);
    CHECK_OK(warm_session_options_set_label(options, "na\xc3\xafve \xce\xb2 fit", -1));
    CHECK_OK(warm_session_options_set_label(options, NULL, 0));
    CHECK_OK(warm_session_options_set_label(options, "fold 7 of 10", 12));
    CHECK_OK(warm_session_options_set_finish_timeout_seconds(options, 5.0));
    CHECK_OK(warm_session_options_set_finish_timeout_seconds(options, 0.0));
    CHECK_OK(warm_session_options_set_min_interval_seconds(options, 0.0));
    CHECK_OK(warm_session_options_set_lookup(options, WARM_LOOKUP_BEST));
    CHECK_OK(warm_session_open(store, &key, options, &s));
    CHECK_OK(warm_session_options_set_min_interval_seconds(options, 3600.0)); /* too late for that session */
    warm_session_options_free(&options);
    CHECK_OK(checkpoint(s, "a", 1.0));
    CHECK_OK(checkpoint(s, "b", 2.0));
    CHECK_OK(warm_session_finish(s));
    warm_session_free(&s);
    warm_store_free(&store);
}

/* The ABI page's example, with a step that converges and a "kill" now and then. */
static double step(double *x, int *converged)
{
    x[0] -= 0.5 * x[0];
    *converged = x[0] < 1e-3;
    return x[0] * x[0];
}

static void touchstone(void)
{
    const char *root = in_scratch("touchstone");
    const warm_key key = key_of(1);
    int64_t last_iteration = -1;
    for (int life = 0; life < 30; ++life) {
        double x[2] = {1.0, 5.0};
        int64_t it = 0;
        int converged = 0, steps = 0;
        warm_store *store = NULL;
        warm_session *fit = NULL;
        warm_entry_info at;
        memset(&at, 0, sizeof at);
        const int64_t size = (int64_t)sizeof x;
        at.struct_size = (uint32_t)sizeof at;
        CHECK_OK(warm_store_open(root, -1, NULL, &store));
        CHECK_OK(warm_session_open(store, &key, NULL, &fit));
        const int32_t resumed = warm_session_resume(fit, x, size, &at);
        CHECK_ST(life == 0 ? WARM_NOT_FOUND : WARM_OK, resumed);
        if (resumed == WARM_OK) {
            it = at.iteration + 1;
            converged = at.kind == WARM_KIND_FINAL;
            CHECK_EQ(last_iteration, at.iteration);
        }
        for (; !converged && steps < 3; ++it, ++steps) {
            double f = step(x, &converged);
            if (converged)
                CHECK_OK(warm_session_finalize(fit, x, size, &f, &it));
            else
                CHECK_OK(warm_session_checkpoint(fit, x, size, &f, &it));
            last_iteration = it;
        }
        warm_session_free(&fit);
        warm_store_free(&store);
        if (life > 10)
            CHECK(converged);
    }
    CHECK_EQ(9, last_iteration); /* ten halvings, and not one twice */
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv))
        return 2;
    checkpoint_then_load();
    resume();
    throttle();
    should_checkpoint_agrees();
    finalize_promotes();
    preload();
    best_is_kept();
    refit();
    run_ids();
    finish();
    free_in_any_order();
    background();
    options_are_copied();
    touchstone();
    return check_finish();
}
