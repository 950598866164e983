/* Fits that begin from their relatives, what is kept of them, and why a key missed. */
#include "check.h"

static warm_session *with_seeds(warm_store *store, const warm_key *key, const warm_key *seeds, int n, const warm_fingerprinter *f)
{
    warm_session_options *o = NULL;
    warm_session *s = NULL;
    REQUIRE_OK(warm_session_options_new(&o));
    CHECK_OK(warm_session_options_set_min_interval_seconds(o, 0));
    for (int i = 0; i < n; ++i)
        CHECK_OK(warm_session_options_add_seed_key(o, &seeds[i]));
    if (f != NULL)
        CHECK_OK(warm_session_options_set_fingerprint(o, f));
    REQUIRE_OK(warm_session_open(store, key, o, &s));
    warm_session_options_free(&o);
    return s;
}

static void finalize(warm_session *s, const char *text, double objective)
{
    CHECK_OK(warm_session_finalize(s, text, (int64_t)strlen(text), &objective, NULL));
}

/* What a new session begins from: its text and the level of the seed key. */
static int begins(warm_store *store, uint64_t own, const warm_key *seeds, int n, const char *want, int32_t want_level)
{
    const warm_key key = key_of(own);
    warm_session *s = with_seeds(store, &key, seeds, n, NULL);
    warm_entry *e = NULL;
    int32_t level = 7;
    const int32_t status = warm_session_load(s, &e);
    int ok = want == NULL ? status == WARM_NOT_FOUND : status == WARM_OK && entry_is(e, want, (int64_t)strlen(want));
    if (ok && want != NULL)
        ok = warm_entry_seed_level(e, &level) == WARM_OK && level == want_level;
    warm_entry_free(&e);
    warm_session_free(&s);
    return ok;
}

static warm_start_stats started(const warm_session *s)
{
    warm_start_stats stats;
    memset(&stats, 0, sizeof stats);
    stats.struct_size = (uint32_t)sizeof stats;
    CHECK_OK(warm_session_get_start_stats(s, &stats));
    return stats;
}

static void near_and_far(void)
{
    const char *root = in_scratch("seeds");
    const warm_key seeds[2] = {key_of(100), key_of(101)}, none = key_of(102);
    const warm_key mixed[2] = {none, seeds[1]};
    warm_store *store = open_root(root);
    const warm_key one = key_of(1), two = key_of(2);
    warm_session *s = with_seeds(store, &one, seeds, 2, NULL);
    CHECK(begins(store, 1, seeds, 2, NULL, 0));
    const double objective = 4;
    CHECK_OK(warm_session_checkpoint_now(s, "on the way", 10, &objective, NULL));
    CHECK(begins(store, 2, seeds, 2, NULL, 0)); /* checkpoints of a run are not found so */
    finalize(s, "one", 3);
    CHECK_EQ(1, count_names(key_dir(root, &one), ".bin"));
    CHECK_EQ(0, count_names(key_dir(root, &seeds[0]), ".bin"));
    CHECK(begins(store, 2, seeds, 2, "one", 0));
    CHECK(begins(store, 2, mixed, 2, "one", 1));
    CHECK(begins(store, 1, seeds, 2, "one", -1)); /* its own key before any */
    CHECK(begins(store, 2, &none, 1, NULL, 0));

    /* another process finds it, and its own answer is the latest then */
    IN_CHILD({
        warm_store *theirs = open_root(root);
        CHECK(begins(theirs, 2, seeds, 2, "one", 0));
        warm_session *fit = with_seeds(theirs, &two, seeds, 2, NULL);
        finalize(fit, "two", 9);
        warm_session_free(&fit);
        warm_store_free(&theirs);
    });
    CHECK(begins(store, 3, seeds, 2, "two", 0));

    /* of another length: resume takes the next that fits */
    warm_session *third = with_seeds(store, &none, seeds, 2, NULL);
    char buf[8] = "";
    warm_entry_info info = fresh_info();
    CHECK_ST(WARM_NOT_FOUND, warm_session_resume(third, buf, 7, &info));
    CHECK_OK(warm_session_resume(third, buf, 3, &info));
    CHECK(memcmp(buf, "two", 3) == 0 && info.source == WARM_SOURCE_SEED);
    CHECK_EQ(0, started(third).seed_level);
    CHECK_EQ(1, started(third).seeds_offered);

    /* what is gone is passed over, and its links go with it */
    CHECK_OK(warm_store_remove(store, &two));
    CHECK(begins(store, 3, seeds, 2, "one", 0));
    CHECK_EQ(1, count_names(key_dir(root, &seeds[0]), ".link"));
    CHECK_OK(warm_store_remove(store, &one));
    CHECK(begins(store, 3, seeds, 2, NULL, 0));
    CHECK(access(key_dir(root, &seeds[0]), F_OK) != 0);
    warm_session_free(&s);
    warm_session_free(&third);
    warm_store_free(&store);
}

static void guard(void)
{
    warm_store *store = open_root(in_scratch("guard"));
    const warm_key seed = key_of(100), one = key_of(1), two = key_of(2);
    warm_session *first = with_seeds(store, &one, &seed, 1, NULL);
    finalize(first, "one", 3);
    warm_session *s = with_seeds(store, &two, &seed, 1, NULL);
    const double low = 1, high = 2, nan = NAN, inf = INFINITY;
    CHECK_ERR(WARM_ERR_INVALID, "seed", warm_session_should_use_seed(s, &low, &high));
    warm_entry *e = NULL;
    CHECK_OK(warm_session_peek(s, &e));
    warm_entry_free(&e);
    CHECK_EQ(0, started(s).seeds_offered); /* a peek counts nothing */
    CHECK_OK(warm_session_load(s, &e));
    CHECK_EQ(1, warm_session_should_use_seed(s, &low, &high));
    CHECK_EQ(1, warm_session_should_use_seed(s, &low, &nan));
    CHECK_EQ(1, warm_session_should_use_seed(s, &low, NULL));
    CHECK_EQ(1, started(s).seeds_taken);
    CHECK_EQ(0, warm_session_should_use_seed(s, &high, &low));
    CHECK_EQ(0, warm_session_should_use_seed(s, &low, &low));
    CHECK_EQ(0, warm_session_should_use_seed(s, &nan, &high));
    CHECK_EQ(0, warm_session_should_use_seed(s, &inf, &high));
    CHECK_EQ(0, warm_session_should_use_seed(s, NULL, &high));
    CHECK_EQ(0, warm_session_should_use_seed(s, &nan, &nan));
    CHECK_OK(warm_session_note_iterations_saved(s, 12));
    CHECK_OK(warm_session_note_iterations_saved(s, -2));
    const warm_start_stats stats = started(s);
    CHECK_EQ(1, stats.seeds_offered);
    CHECK_EQ(0, stats.seeds_taken); /* one seed, one verdict: the last */
    CHECK_EQ(1, stats.seeds_refused);
    CHECK_EQ(10, stats.iterations_saved);
    /* of the store's handle, all sessions together */
    warm_session *again = with_seeds(store, &two, &seed, 1, NULL);
    CHECK_OK(warm_session_preload(again, e));
    warm_entry_free(&e);
    CHECK_OK(warm_session_load(again, &e));
    CHECK_EQ(1, warm_session_should_use_seed(again, &low, &high));
    warm_entry_free(&e);
    warm_start_stats all;
    memset(&all, 0, sizeof all);
    all.struct_size = (uint32_t)sizeof all;
    CHECK_OK(warm_store_get_start_stats(store, &all));
    CHECK(all.seed_level == -1 && all.seeds_offered == 2 && all.seeds_taken == 1 && all.seeds_refused == 1 && all.iterations_saved == 10);
    warm_session_free(&first);
    warm_session_free(&s);
    warm_session_free(&again);
    warm_store_free(&store);
}

static void limits(void)
{
    warm_session_options *o = NULL;
    REQUIRE_OK(warm_session_options_new(&o));
    for (uint64_t i = 0; i < WARM_SEED_KEYS_MAX; ++i) {
        const warm_key seed = key_of(i);
        CHECK_OK(warm_session_options_add_seed_key(o, &seed));
        CHECK_OK(warm_session_options_add_seed_key(o, &seed));
    }
    const warm_key more = key_of(99);
    CHECK_ERR(WARM_ERR_TOO_LARGE, "16", warm_session_options_add_seed_key(o, &more));
    CHECK_ERR(WARM_ERR_INVALID, "`key`", warm_session_options_add_seed_key(o, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "`o`", warm_session_options_add_seed_key(NULL, &more));
    CHECK_ERR(WARM_ERR_INVALID, "negative", warm_session_options_set_keep_last(o, -1));
    CHECK_ERR(WARM_ERR_INVALID, "negative", warm_session_options_set_keep_best(o, -1));
    CHECK_ERR(WARM_ERR_INVALID, "negative", warm_session_options_set_max_failed_restarts(o, -1));
    CHECK_ERR(WARM_ERR_INVALID, "`o`", warm_session_options_set_keep_last(NULL, 1));
    CHECK_ERR(WARM_ERR_INVALID, "`o`", warm_session_options_set_keep_best(NULL, 1));
    CHECK_ERR(WARM_ERR_INVALID, "`o`", warm_session_options_set_max_failed_restarts(NULL, 1));
    warm_session_options_free(&o);

    warm_store *store = open_root(in_scratch("seed-misuse"));
    warm_session *s = open_session(store, &more, 0);
    warm_start_stats small;
    memset(&small, 0, sizeof small);
    small.struct_size = 8;
    int64_t n = 0;
    CHECK_ERR(WARM_ERR_INVALID, "struct_size", warm_session_get_start_stats(s, &small));
    CHECK_ERR(WARM_ERR_INVALID, "`stats`", warm_session_get_start_stats(s, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "`s`", warm_session_get_start_stats(NULL, &small));
    CHECK_ERR(WARM_ERR_INVALID, "struct_size", warm_store_get_start_stats(store, &small));
    CHECK_ERR(WARM_ERR_INVALID, "`stats`", warm_store_get_start_stats(store, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "`s`", warm_store_get_start_stats(NULL, &small));
    CHECK_ERR(WARM_ERR_INVALID, "`s`", warm_session_should_use_seed(NULL, NULL, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "`s`", warm_session_note_iterations_saved(NULL, 1));
    CHECK_ERR(WARM_ERR_INVALID, "`e`", warm_entry_seed_level(NULL, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "negative", warm_store_retain(store, &more, -1, 0, &n));
    CHECK_ERR(WARM_ERR_INVALID, "negative", warm_store_retain(store, &more, 0, -1, &n));
    CHECK_ERR(WARM_ERR_INVALID, "0 of both", warm_store_retain(store, &more, 0, 0, &n));
    CHECK_ERR(WARM_ERR_INVALID, "`key`", warm_store_retain(store, NULL, 1, 0, &n));
    CHECK_ERR(WARM_ERR_INVALID, "`s`", warm_store_retain(NULL, &more, 1, 0, &n));
    CHECK_OK(warm_store_retain(store, &more, 1, 0, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "run id", warm_store_failed_restarts(store, &more, "a/b", -1, &n));
    CHECK_ERR(WARM_ERR_INVALID, "`count`", warm_store_failed_restarts(store, &more, NULL, 0, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "`run_id`", warm_store_failed_restarts(store, &more, NULL, 3, &n));
    CHECK_ERR(WARM_ERR_INVALID, "`key`", warm_store_failed_restarts(store, NULL, NULL, 0, &n));
    CHECK_ERR(WARM_ERR_INVALID, "`s`", warm_store_failed_restarts(NULL, &more, NULL, 0, &n));
    CHECK_ERR(WARM_ERR_INVALID, "run id", warm_store_reset_restarts(store, &more, "", 0));
    CHECK_ERR(WARM_ERR_INVALID, "`key`", warm_store_reset_restarts(store, NULL, NULL, 0));
    CHECK_ERR(WARM_ERR_INVALID, "`s`", warm_store_reset_restarts(NULL, &more, NULL, 0));
    CHECK_ERR_OUT(warm_miss, WARM_ERR_INVALID, "fingerprint", warm_session_explain_miss(s, 1, &out));
    CHECK_ERR_OUT(warm_miss, WARM_ERR_INVALID, "timeout", warm_session_explain_miss(s, -1, &out));
    CHECK_ERR_OUT(warm_miss, WARM_ERR_INVALID, "`s`", warm_session_explain_miss(NULL, 1, &out));
    CHECK_ERR(WARM_ERR_INVALID, "`out`", warm_session_explain_miss(s, 1, NULL));
    warm_session_free(&s);
    warm_store_free(&store);
}

static int has_objective(warm_store *store, const warm_key *key, double objective)
{
    warm_cursor *c = NULL;
    int found = 0;
    REQUIRE_OK(warm_store_list_entries(store, key, &c));
    while (warm_cursor_next(c) == WARM_OK) {
        warm_entry_info info = fresh_info();
        CHECK_OK(warm_cursor_info(c, &info));
        found |= info.has_objective && info.objective >= objective && info.objective <= objective;
    }
    warm_cursor_free(&c);
    return found;
}

static void retention(void)
{
    const char *root = in_scratch("keep");
    warm_store *store = open_root(root);
    const warm_key key = key_of(1);
    char pinned[WARM_RUN_ID_MAX];
    const double oldest = 9;
    CHECK_OK(save_text(store, &key, "pinned", &oldest, WARM_KIND_FINAL, pinned));
    CHECK_OK(warm_store_pin(store, &key, pinned, -1, 1));
    static const double objectives[] = {4, 1, 3, 2, 5};
    for (int i = 0; i < 5; ++i)
        CHECK_OK(save_scored(store, &key, "x", objectives[i], WARM_KIND_FINAL));
    int64_t removed = -1;
    CHECK_OK(warm_store_retain(store, &key, 2, 2, &removed));
    CHECK_EQ(2, removed);
    CHECK_EQ(4, count_entries(store, &key));
    CHECK(has_objective(store, &key, 9) && has_objective(store, &key, 1) && has_objective(store, &key, 2) && has_objective(store, &key, 5));
    CHECK_OK(warm_store_retain(store, &key, 2, 2, &removed));
    CHECK_EQ(0, removed);

    /* within one run, and across runs that were killed */
    warm_session_options *o = NULL;
    REQUIRE_OK(warm_session_options_new(&o));
    CHECK_OK(warm_session_options_set_min_interval_seconds(o, 0));
    CHECK_OK(warm_session_options_set_keep_last(o, 2));
    CHECK_OK(warm_session_options_set_keep_best(o, 1));
    const warm_key own = key_of(2);
    for (int life = 0; life < 4; ++life) {
        IN_DYING_CHILD({
            warm_store *theirs = open_root(root);
            warm_session *s = NULL;
            REQUIRE_OK(warm_session_open(theirs, &own, o, &s));
            for (int i = 0; i < 4; ++i) {
                const double f = 10.0 * life + (i == 1 ? 0.5 : i);
                CHECK_OK(warm_session_checkpoint(s, "x", 1, &f, NULL));
            }
            CHECK(has_objective(theirs, &own, 10.0 * life + 2) && has_objective(theirs, &own, 10.0 * life + 3));
        });
        CHECK(count_entries(store, &own) <= 6);
        CHECK(has_objective(store, &own, 0)); /* the best of all lives */
    }
    warm_session *s = NULL;
    REQUIRE_OK(warm_session_open(store, &own, o, &s));
    finalize(s, "answer", 50);
    CHECK_EQ(3, count_entries(store, &own));
    CHECK(has_objective(store, &own, 0) && has_objective(store, &own, 50) && has_objective(store, &own, 33));
    CHECK_BEST(store, &own, "x");
    CHECK_LATEST(store, &own, "answer");
    warm_session_free(&s);
    warm_session_options_free(&o);
    warm_store_free(&store);
}

static warm_fingerprinter *made_of(double x, double y, const char *family, warm_key *key)
{
    warm_fingerprinter *f = NULL;
    REQUIRE_OK(warm_fingerprinter_new(&f));
    CHECK_OK(warm_fingerprinter_absorb_f64(f, "x", -1, x));
    CHECK_OK(warm_fingerprinter_absorb_f64_slice(f, "y", -1, &y, 1));
    CHECK_OK(warm_fingerprinter_absorb_str(f, "family", -1, family, -1));
    CHECK_OK(warm_fingerprinter_absorb_str(f, "link", -1, "identity", -1));
    CHECK_OK(warm_fingerprinter_finish(f, key));
    return f;
}

static void why_it_missed(void)
{
    warm_store *store = open_root(in_scratch("miss"));
    static const struct {
        double x, y;
        const char *family;
    } stored[] = {{1, 5, "poisson"}, {1, 6, "gaussian"}, {7, 7, "poisson"}};
    warm_key asked, keys[3], found;
    warm_fingerprinter *f = made_of(1, 2, "gaussian", &asked);
    warm_session *s = with_seeds(store, &asked, NULL, 0, f);
    CHECK_ST_OUT(warm_miss, WARM_NOT_FOUND, warm_session_explain_miss(s, 5, &out));
    for (int i = 0; i < 3; ++i) {
        warm_fingerprinter *other = made_of(stored[i].x, stored[i].y, stored[i].family, &keys[i]);
        warm_session *fit = with_seeds(store, &keys[i], NULL, 0, other);
        finalize(fit, "x", 1);
        warm_session_free(&fit);
        warm_fingerprinter_free(&other);
    }
    warm_miss *m = NULL;
    REQUIRE_OK(warm_session_explain_miss(s, 5, &m));
    warm_session_free(&s);
    warm_fingerprinter_free(&f);
    warm_store_free(&store); /* plain memory */
    char text[256] = "";
    int64_t needed = 0;
    CHECK_ST(WARM_ERR_BUFFER, warm_miss_text(m, text, 3, &needed));
    CHECK_OK(warm_miss_text(m, text, sizeof text, &needed));
    CHECK(strcmp(text, "y differs; x, family, link equal") == 0);
    CHECK_EQ(strlen(text) + 1, needed);
    CHECK_OK(warm_miss_key(m, &found));
    CHECK(same_key(&found, &keys[1]));
    warm_miss_info info;
    memset(&info, 0, sizeof info);
    info.struct_size = (uint32_t)sizeof info;
    CHECK_OK(warm_miss_get_info(m, &info));
    CHECK(info.equal == 3 && info.differing == 1 && info.only_here == 0 && info.only_there == 0 && info.keys_listed == 3);
    warm_cursor *c = NULL;
    CHECK_OK(warm_miss_list_fields(m, &c));
    static const char *const tags[] = {"x", "y", "family", "link"};
    for (int i = 0; i < 4; ++i) {
        warm_field field = {sizeof field, -1};
        CHECK_OK(warm_cursor_next(c));
        CHECK_OK(warm_cursor_text(c, text, sizeof text, NULL));
        CHECK_OK(warm_cursor_field(c, &field));
        CHECK(strcmp(text, tags[i]) == 0);
        CHECK_EQ(i == 1 ? WARM_FIELD_DIFFERS : WARM_FIELD_EQUAL, field.state);
    }
    warm_field field = {sizeof field, -1}, small = {4, -1};
    warm_entry_info entry = fresh_info();
    CHECK_ST(WARM_NOT_FOUND, warm_cursor_next(c));
    CHECK_ERR(WARM_ERR_INVALID, "last", warm_cursor_field(c, &field));
    warm_cursor_free(&c);
    CHECK_OK(warm_miss_list_fields(m, &c));
    CHECK_OK(warm_cursor_next(c));
    CHECK_ERR(WARM_ERR_INVALID, "fields", warm_cursor_key(c, &found));
    CHECK_ERR(WARM_ERR_INVALID, "fields", warm_cursor_info(c, &entry));
    CHECK_ERR(WARM_ERR_INVALID, "fields", warm_cursor_run_id(c, text, sizeof text, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "struct_size", warm_cursor_field(c, &small));
    CHECK_ERR(WARM_ERR_INVALID, "`field`", warm_cursor_field(c, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "`c`", warm_cursor_field(NULL, &field));
    warm_cursor_free(&c);
    CHECK_ERR(WARM_ERR_INVALID, "`m`", warm_miss_get_info(NULL, &info));
    CHECK_ERR(WARM_ERR_INVALID, "`info`", warm_miss_get_info(m, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "`m`", warm_miss_key(NULL, &found));
    CHECK_ERR(WARM_ERR_INVALID, "`out`", warm_miss_key(m, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "`m`", warm_miss_text(NULL, text, sizeof text, NULL));
    CHECK_ERR_OUT(warm_cursor, WARM_ERR_INVALID, "`m`", warm_miss_list_fields(NULL, &out));
    CHECK_ERR(WARM_ERR_INVALID, "`out`", warm_miss_list_fields(m, NULL));
    warm_miss_free(&m);
    CHECK(m == NULL);
    warm_miss_free(&m);
    warm_miss_free(NULL);
}

static int is_told(warm_store *store, const warm_key *key, const warm_key *nearest, const char *want)
{
    char text[256] = "";
    warm_key found;
    warm_miss *m = NULL;
    int ok = CHECK_OK(warm_store_explain(store, key, 5, &m));
    ok = ok && CHECK_OK(warm_miss_key(m, &found)) && CHECK_OK(warm_miss_text(m, text, sizeof text, NULL));
    ok = ok && same_key(&found, nearest) && strcmp(text, want) == 0;
    warm_miss_free(&m);
    return ok;
}

/* A stored key is compared with the others by what is stored: no session of it has to be open. */
static void how_stored_keys_differ(void)
{
    const char *root = in_scratch("explain");
    warm_store *store = open_root(root);
    static const struct {
        double x, y;
        const char *family;
    } stored[] = {{1, 5, "poisson"}, {1, 6, "gaussian"}, {1, 6, "poisson"}};
    warm_key keys[3], alone;
    for (int i = 0; i < 3; ++i) {
        warm_fingerprinter *f = made_of(stored[i].x, stored[i].y, stored[i].family, &keys[i]);
        warm_session *fit = with_seeds(store, &keys[i], NULL, 0, f);
        CHECK_ERR_OUT(warm_miss, WARM_ERR_INVALID, "made from", warm_store_explain(store, &keys[i], 5, &out));
        finalize(fit, "x", 1);
        if (i == 0)
            CHECK_ST_OUT(warm_miss, WARM_NOT_FOUND, warm_store_explain(store, &keys[0], 5, &out));
        warm_session_free(&fit);
        warm_fingerprinter_free(&f);
    }
    CHECK(is_told(store, &keys[0], &keys[2], "y differs; x, family, link equal"));
    CHECK(is_told(store, &keys[1], &keys[2], "family differs; x, y, link equal"));

    /* one that has nothing in common, and one of which nothing is known but its payload */
    warm_fingerprinter *f = NULL;
    REQUIRE_OK(warm_fingerprinter_new(&f));
    CHECK_OK(warm_fingerprinter_absorb_f64(f, "other", -1, 1.0));
    CHECK_OK(warm_fingerprinter_finish(f, &alone));
    warm_session *fit = with_seeds(store, &alone, NULL, 0, f);
    finalize(fit, "x", 1);
    warm_session_free(&fit);
    warm_fingerprinter_free(&f);
    CHECK_ST_OUT(warm_miss, WARM_NOT_FOUND, warm_store_explain(store, &alone, 5, &out));
    const warm_key bare = key_of(77), absent = key_of(78);
    CHECK_OK(save_scored(store, &bare, "x", 1, WARM_KIND_FINAL));
    CHECK_ERR_OUT(warm_miss, WARM_ERR_INVALID, "made from", warm_store_explain(store, &bare, 5, &out));
    CHECK_ERR_OUT(warm_miss, WARM_ERR_INVALID, "made from", warm_store_explain(store, &absent, 5, &out));
    CHECK_ERR_OUT(warm_miss, WARM_ERR_INVALID, "timeout", warm_store_explain(store, &keys[0], -1, &out));
    CHECK_ERR_OUT(warm_miss, WARM_ERR_INVALID, "timeout", warm_store_explain(store, &keys[0], (double)NAN, &out));
    CHECK_ERR_OUT(warm_miss, WARM_ERR_INVALID, "`s`", warm_store_explain(NULL, &keys[0], 5, &out));
    CHECK_ERR_OUT(warm_miss, WARM_ERR_INVALID, "`key`", warm_store_explain(store, NULL, 5, &out));
    CHECK_ERR(WARM_ERR_INVALID, "`out`", warm_store_explain(store, &keys[0], 5, NULL));
    warm_store_free(&store);

    warm_store_options *options = new_options();
    CHECK_OK(warm_store_options_set_read_only(options, 1));
    store = open_with(root, options);
    warm_store_options_free(&options);
    CHECK(is_told(store, &keys[0], &keys[2], "y differs; x, family, link equal"));
    warm_store_free(&store);
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv))
        return 2;
    near_and_far();
    guard();
    limits();
    retention();
    why_it_missed();
    how_stored_keys_differ();
    return check_finish();
}
