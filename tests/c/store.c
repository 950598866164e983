/* The store: what is saved is found, ranked, listed, replaced and removed. */
#include "check.h"

static const double ONE = 1.0, TWO = 2.0;

static void round_trip(void)
{
    static const int64_t sizes[] = {0, 1, 31, 4095, 4096, 4097, 1048576};
    const char *root = in_scratch("round-trip");
    warm_store *store = open_root(root);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; ++i) {
        const int64_t size = sizes[i];
        const warm_key key = key_of(i);
        unsigned char *payload = malloc((size_t)size + 1);
        unsigned char *back = malloc((size_t)size + 1);
        char run[WARM_RUN_ID_MAX], again[WARM_RUN_ID_MAX];
        int64_t needed = -5;
        const double objective = -0.1 * (double)i;
        const int64_t iteration = i == 0 ? INT64_MAX : (int64_t)i - 1;
        REQUIRE(payload != NULL && back != NULL);
        for (int64_t j = 0; j < size; ++j)
            payload[j] = (unsigned char)(j * 31 + 7);

        const int64_t before = (int64_t)time(NULL);
        REQUIRE_OK(warm_store_save(store, &key, payload, size, &objective, &iteration, WARM_KIND_FINAL, run, sizeof run, &needed));
        const int64_t after = (int64_t)time(NULL);
        CHECK_EQ((int64_t)strlen(run) + 1, needed);
        CHECK(is_generated_run_id(run));

        /* as an entry */
        warm_entry *entry = NULL;
        warm_entry_info info = fresh_info();
        warm_key its_key;
        REQUIRE_OK(warm_store_lookup(store, &key, WARM_LOOKUP_BEST, &entry));
        CHECK(entry_is(entry, payload, size));
        CHECK_OK(warm_entry_get_info(entry, &info));
        CHECK_EQ(sizeof info, info.struct_size);
        CHECK_EQ(WARM_KIND_FINAL, info.kind);
        CHECK_EQ(WARM_SOURCE_EXACT, info.source);
        CHECK_EQ(1, info.has_objective);
        CHECK(memcmp(&info.objective, &objective, sizeof objective) == 0);
        CHECK_EQ(1, info.has_iteration);
        CHECK_EQ(iteration, info.iteration);
        CHECK_EQ(size, info.payload_bytes);
        CHECK(info.written_unix_secs >= before - 1 && info.written_unix_secs <= after + 1);
        CHECK(info.written_nanos >= 0 && info.written_nanos < 1000000000);
        CHECK_OK(warm_entry_key(entry, &its_key));
        CHECK(same_key(&key, &its_key));
        CHECK_OK(warm_entry_run_id(entry, again, sizeof again, NULL));
        CHECK(strcmp(run, again) == 0);

        /* copied out: asked for its size, too small, just right, too large */
        needed = -5;
        memset(back, 0xa5, (size_t)size + 1);
        CHECK_ST(size == 0 ? WARM_OK : WARM_ERR_BUFFER, warm_entry_copy(entry, NULL, 0, &needed));
        CHECK_EQ(size, needed);
        if (size > 0) {
            needed = -5;
            CHECK_ST(WARM_ERR_BUFFER, warm_entry_copy(entry, back, size - 1, &needed));
            CHECK_EQ(size, needed);
            CHECK(back[0] == 0xa5 && back[size - 1] == 0xa5);
        }
        CHECK_OK(warm_entry_copy(entry, back, size, &needed));
        CHECK(memcmp(back, payload, (size_t)size) == 0 && back[size] == 0xa5);
        CHECK_OK(warm_entry_copy(entry, back, size + 1, NULL));
        CHECK(back[size] == 0xa5);

        /* straight into a buffer */
        memset(back, 0xa5, (size_t)size + 1);
        info = fresh_info();
        info.objective = 77.0;
        needed = -5;
        if (size > 0) {
            CHECK_ST(WARM_ERR_BUFFER, warm_store_lookup_into(store, &key, WARM_LOOKUP_LATEST, back, size - 1, &needed, &info));
            CHECK_EQ(size, needed);
            CHECK(back[0] == 0xa5 && info.objective == 77.0 && info.payload_bytes == 0);
            needed = -5;
            CHECK_ST(WARM_ERR_BUFFER, warm_store_lookup_into(store, &key, WARM_LOOKUP_LATEST, NULL, 0, &needed, NULL));
            CHECK_EQ(size, needed);
            CHECK_ST(WARM_ERR_BUFFER, warm_store_lookup_into(store, &key, WARM_LOOKUP_LATEST, NULL, 0, NULL, NULL));
        }
        needed = -5;
        CHECK_OK(warm_store_lookup_into(store, &key, WARM_LOOKUP_LATEST, back, size + 1, &needed, &info));
        CHECK_EQ(size, needed);
        CHECK(memcmp(back, payload, (size_t)size) == 0 && back[size] == 0xa5);
        CHECK_EQ(size, info.payload_bytes);
        CHECK(memcmp(&info.objective, &objective, sizeof objective) == 0);

        /* by its run */
        warm_entry *same = NULL;
        CHECK_OK(warm_store_lookup_run(store, &key, run, -1, &same));
        CHECK(entry_is(same, payload, size));
        warm_entry_free(&same);
        CHECK(same == NULL);

        warm_entry_free(&entry);
        free(payload);
        free(back);
    }

    /* an info of a later, longer library keeps what this one does not know */
    struct { warm_entry_info info; unsigned char later[40]; } wide;
    const warm_key key = key_of(3);
    memset(&wide, 0x5c, sizeof wide);
    wide.info.struct_size = (uint32_t)sizeof wide;
    unsigned char four[4095];
    CHECK_OK(warm_store_lookup_into(store, &key, WARM_LOOKUP_BEST, four, sizeof four, NULL, &wide.info));
    CHECK_EQ(sizeof wide, wide.info.struct_size);
    for (size_t i = 0; i < sizeof wide.later; ++i)
        CHECK(wide.later[i] == 0x5c);
    warm_store_free(&store);
    CHECK(store == NULL);
}

static void absent(void)
{
    warm_store *store = open_root(in_scratch("absent"));
    const warm_key key = key_of(1);
    char buf[8] = "pattern";
    int64_t needed = -5;
    warm_entry_info info = fresh_info();
    warm_entry_info untouched = info;
    CHECK_ST_OUT(warm_entry, WARM_NOT_FOUND, warm_store_lookup(store, &key, WARM_LOOKUP_BEST, &out));
    CHECK_ST_OUT(warm_entry, WARM_NOT_FOUND, warm_store_lookup(store, &key, WARM_LOOKUP_LATEST, &out));
    CHECK_ST_OUT(warm_entry, WARM_NOT_FOUND, warm_store_lookup_run(store, &key, "r1-1", -1, &out));
    CHECK_ST(WARM_NOT_FOUND, warm_store_lookup_into(store, &key, WARM_LOOKUP_BEST, buf, 8, &needed, &info));
    CHECK_EQ(-5, needed);
    CHECK(strcmp(buf, "pattern") == 0 && memcmp(&info, &untouched, sizeof info) == 0);
    CHECK_ST(WARM_NOT_FOUND, warm_store_remove(store, &key));
    CHECK_ST(WARM_NOT_FOUND, warm_store_remove_entry(store, &key, "r1-1", -1));
    CHECK_ST(WARM_NOT_FOUND, warm_store_pin(store, &key, "r1-1", -1, 1));
    CHECK_EQ(0, count_entries(store, &key));
    CHECK_OK(warm_store_sweep(store));
    CHECK_OK(warm_store_flush(store, 0.0));
    warm_cursor *cursor = NULL;
    if (CHECK_OK(warm_store_list_keys(store, &cursor)))
        CHECK_EQ(0, count_cursor(cursor));
    warm_cursor_free(&cursor);
    warm_store_free(&store);
}

static void ranking(void)
{
    warm_store *store = open_root(in_scratch("ranking"));
    warm_key key;
    char id[WARM_RUN_ID_MAX];

    /* lowest objective, whenever it was written; latest looks at the clock only */
    key = key_of(1);
    CHECK_OK(save_scored(store, &key, "worst", 3.0, WARM_KIND_CHECKPOINT));
    CHECK_OK(save_scored(store, &key, "best", -1.0, WARM_KIND_CHECKPOINT));
    CHECK_OK(save_scored(store, &key, "middle", 2.0, WARM_KIND_FINAL));
    CHECK_BEST(store, &key, "best");
    CHECK_LATEST(store, &key, "middle");
    CHECK_OK(save_text(store, &key, "unscored", NULL, WARM_KIND_FINAL, NULL));
    CHECK_BEST(store, &key, "best");
    CHECK_LATEST(store, &key, "unscored");

    /* three objectives 0.7e-12 apart: the third is out of the lowest one's reach, the newer of the two others wins */
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    static const char *names[3] = {"a", "b", "c"};
    for (int o = 0; o < 6; ++o) {
        const char *want = "";
        key = key_of(10 + (uint64_t)o);
        for (int i = 0; i < 3; ++i) {
            const int which = orders[o][i];
            CHECK_OK(save_scored(store, &key, names[which], 0.7e-12 * which, WARM_KIND_CHECKPOINT));
            if (which != 2)
                want = names[which];
        }
        CHECK_BEST(store, &key, want);
    }

    /* Final wins a tie, and only a tie */
    key = key_of(20);
    CHECK_OK(save_scored(store, &key, "final", 1.0 + 0.5e-12, WARM_KIND_FINAL));
    CHECK_OK(save_scored(store, &key, "newer", 1.0, WARM_KIND_CHECKPOINT));
    CHECK_BEST(store, &key, "final");
    CHECK_LATEST(store, &key, "newer");
    CHECK_OK(save_scored(store, &key, "lower", 0.5, WARM_KIND_CHECKPOINT));
    CHECK_BEST(store, &key, "lower");

    /* without objectives the newest */
    key = key_of(21);
    CHECK_OK(save_text(store, &key, "first", NULL, WARM_KIND_FINAL, NULL));
    CHECK_OK(save_text(store, &key, "second", NULL, WARM_KIND_CHECKPOINT, NULL));
    CHECK_BEST(store, &key, "second");
    CHECK_LATEST(store, &key, "second");
    CHECK_OK(save_scored(store, &key, "huge", 1e308, WARM_KIND_CHECKPOINT));
    CHECK_OK(save_text(store, &key, "third", NULL, WARM_KIND_FINAL, NULL));
    CHECK_BEST(store, &key, "huge");

    /* a non-finite objective is none, and does not fail the save */
    const double strange[] = {NAN, INFINITY, -INFINITY};
    key = key_of(22);
    for (int i = 0; i < 3; ++i) {
        warm_entry *entry = NULL;
        warm_entry_info info = fresh_info();
        CHECK_OK(save_text(store, &key, "strange", &strange[i], WARM_KIND_CHECKPOINT, id));
        CHECK_OK(warm_store_lookup_run(store, &key, id, -1, &entry));
        CHECK_OK(warm_entry_get_info(entry, &info));
        CHECK_EQ(0, info.has_objective);
        CHECK_EQ(0, info.has_iteration);
        warm_entry_free(&entry);
    }
    CHECK_OK(save_scored(store, &key, "finite", 1e300, WARM_KIND_CHECKPOINT));
    CHECK_OK(save_text(store, &key, "strange", &strange[2], WARM_KIND_FINAL, NULL));
    CHECK_BEST(store, &key, "finite");
    CHECK_LATEST(store, &key, "strange");
    warm_store_free(&store);
}

static void slots(void)
{
    const char *root = in_scratch("slots");
    const warm_key key = key_of(1);
    char id[WARM_RUN_ID_MAX], text[16];
    int64_t last_secs = 0, last_nanos = -1;
    warm_store *store = open_root(root);
    CHECK_OK(save_text(store, &key, "0", &ONE, WARM_KIND_CHECKPOINT, id));
    for (int i = 1; i <= 20; ++i) {
        const double objective = (double)i; /* worse each time: a slot holds what came last all the same */
        warm_entry *entry = NULL;
        warm_entry_info info = fresh_info();
        (void)snprintf(text, sizeof text, "%d", i);
        CHECK_OK(warm_store_save_slot(store, &key, id, -1, text, (int64_t)strlen(text), &objective, NULL, i == 20 ? WARM_KIND_FINAL : WARM_KIND_CHECKPOINT));
        CHECK_BEST(store, &key, text);
        CHECK_LATEST(store, &key, text);
        CHECK_OK(warm_store_lookup_run(store, &key, id, -1, &entry));
        CHECK_OK(warm_entry_get_info(entry, &info));
        CHECK(info.written_unix_secs > last_secs || (info.written_unix_secs == last_secs && info.written_nanos > last_nanos));
        last_secs = info.written_unix_secs;
        last_nanos = info.written_nanos;
        warm_entry_free(&entry);
    }
    CHECK_EQ(1, count_entries(store, &key));
    /* once flushed, a version-1 engine finds one pair, and nothing else it would consume */
    CHECK_OK(warm_store_flush(store, 10.0));
    CHECK_EQ(1, count_names(key_dir(root, &key), ".json"));
    CHECK_EQ(1, count_names(key_dir(root, &key), ".bin"));

    /* a name of the caller's own, as long as names go */
    memset(id, 'x', 128);
    id[128] = '\0';
    memcpy(id, "Fold.7_A-", 9);
    CHECK_OK(warm_store_save_slot(store, &key, id, 128, "named", 5, NULL, NULL, WARM_KIND_CHECKPOINT));
    CHECK_EQ(2, count_entries(store, &key));
    CHECK_LATEST(store, &key, "named");
    CHECK_OK(warm_store_remove_entry(store, &key, id, -1));
    CHECK_ST(WARM_NOT_FOUND, warm_store_remove_entry(store, &key, id, -1));
    CHECK_LATEST(store, &key, "20");
    CHECK_EQ(1, count_entries(store, &key));

    /* removed and made again under the same name */
    CHECK_OK(warm_store_save_slot(store, &key, "again", -1, "old", 3, NULL, NULL, WARM_KIND_CHECKPOINT));
    CHECK_OK(warm_store_remove_entry(store, &key, "again", -1));
    CHECK_OK(warm_store_save_slot(store, &key, "again", -1, "new", 3, NULL, NULL, WARM_KIND_CHECKPOINT));
    CHECK_LATEST(store, &key, "new");
    CHECK_OK(warm_store_remove(store, &key));
    CHECK_BEST(store, &key, NULL);
    CHECK_ST(WARM_NOT_FOUND, warm_store_remove(store, &key));
    warm_store_free(&store);
    store = open_root(root);
    CHECK_BEST(store, &key, NULL);
    warm_store_free(&store);
}

static void generated_run_ids(void)
{
    enum { N = 200 };
    static char ids[2 * N][WARM_RUN_ID_MAX];
    const char *root = in_scratch("run-ids");
    const warm_key key = key_of(1);
    warm_store_options *options = new_options();
    CHECK_OK(warm_store_options_set_durability(options, WARM_DURABILITY_PROCESS));
    warm_store *store = open_with(root, options);
    const long n = rounds(N);
    for (long i = 0; i < n; ++i) {
        CHECK_OK(warm_store_save(store, &key, NULL, 0, NULL, NULL, WARM_KIND_CHECKPOINT, ids[i], WARM_RUN_ID_MAX, NULL));
        CHECK(is_generated_run_id(ids[i]));
    }
    /* a forked process starts from the same memory and must not repeat its parent's names */
    int pipe_ends[2];
    REQUIRE(pipe(pipe_ends) == 0);
    IN_CHILD({
        warm_store *mine = open_with(root, options);
        for (long i = 0; i < n; ++i) {
            char id[WARM_RUN_ID_MAX] = "";
            CHECK_OK(warm_store_save(mine, &key, NULL, 0, NULL, NULL, WARM_KIND_CHECKPOINT, id, WARM_RUN_ID_MAX, NULL));
            CHECK(write(pipe_ends[1], id, sizeof id) == (ssize_t)sizeof id);
        }
        warm_store_free(&mine);
    });
    for (long i = 0; i < n; ++i)
        CHECK(read(pipe_ends[0], ids[n + i], WARM_RUN_ID_MAX) == WARM_RUN_ID_MAX);
    (void)close(pipe_ends[0]);
    (void)close(pipe_ends[1]);
    long repeated = 0;
    for (long i = 0; i < 2 * n; ++i)
        for (long j = 0; j < i; ++j)
            repeated += strcmp(ids[i], ids[j]) == 0;
    CHECK_EQ(0, repeated);
    CHECK_EQ(2 * n, count_entries(store, &key));

    /* a buffer that is too small is found out before anything is saved */
    char small[4] = "abc";
    int64_t needed = -5;
    const warm_key other = key_of(2);
    CHECK_ST(WARM_ERR_BUFFER, warm_store_save(store, &other, "x", 1, NULL, NULL, WARM_KIND_CHECKPOINT, small, 4, &needed));
    CHECK(strcmp(small, "abc") == 0);
    CHECK(needed > 4 && needed <= WARM_RUN_ID_MAX);
    CHECK_BEST(store, &other, NULL);
    CHECK_EQ(0, count_entries(store, &other));
    char *enough = malloc((size_t)needed);
    REQUIRE(enough != NULL);
    CHECK_OK(warm_store_save(store, &other, "x", 1, NULL, NULL, WARM_KIND_CHECKPOINT, enough, needed, &needed));
    CHECK_EQ((int64_t)strlen(enough) + 1, needed);
    free(enough);
    CHECK_EQ(1, count_entries(store, &other));
    warm_store_options_free(&options);
    warm_store_free(&store);
}

static void lists(void)
{
    warm_store *store = open_root(in_scratch("lists"));
    int seen[5] = {0};
    char ids[3][WARM_RUN_ID_MAX];
    for (uint64_t k = 0; k < 5; ++k) {
        const warm_key key = key_of(k);
        for (uint64_t e = 0; e <= (k == 4 ? 2 : 0); ++e) {
            const double objective = (double)e;
            const int64_t iteration = (int64_t)(10 * e);
            CHECK_OK(warm_store_save(store, &key, "payload", (int64_t)(e + 1), &objective, &iteration, e == 2 ? WARM_KIND_FINAL : WARM_KIND_CHECKPOINT,
                                     ids[e], WARM_RUN_ID_MAX, NULL));
        }
    }
    warm_cursor *cursor = NULL;
    warm_key at;
    REQUIRE_OK(warm_store_list_keys(store, &cursor));
    while (warm_cursor_next(cursor) == WARM_OK) {
        int known = 0;
        CHECK_OK(warm_cursor_key(cursor, &at));
        for (uint64_t k = 0; k < 5; ++k) {
            const warm_key key = key_of(k);
            if (same_key(&key, &at)) {
                known = 1;
                ++seen[k];
            }
        }
        CHECK(known);
    }
    CHECK_ST(WARM_NOT_FOUND, warm_cursor_next(cursor));
    for (int k = 0; k < 5; ++k)
        CHECK_EQ(1, seen[k]);
    warm_cursor_free(&cursor);
    CHECK(cursor == NULL);

    const warm_key key = key_of(4);
    int found[3] = {0};
    REQUIRE_OK(warm_store_list_entries(store, &key, &cursor));
    while (warm_cursor_next(cursor) == WARM_OK) {
        char id[WARM_RUN_ID_MAX];
        int64_t needed = -5;
        warm_entry_info info = fresh_info();
        CHECK_OK(warm_cursor_key(cursor, &at));
        CHECK(same_key(&key, &at));
        CHECK_ST(WARM_ERR_BUFFER, warm_cursor_run_id(cursor, NULL, 0, &needed));
        CHECK_OK(warm_cursor_run_id(cursor, id, sizeof id, NULL));
        CHECK_EQ((int64_t)strlen(id) + 1, needed);
        CHECK_OK(warm_cursor_info(cursor, &info));
        for (int e = 0; e < 3; ++e)
            if (strcmp(id, ids[e]) == 0) {
                ++found[e];
                CHECK_EQ(e + 1, info.payload_bytes);
                CHECK_EQ(1, info.has_objective);
                CHECK(info.objective == (double)e);
                CHECK_EQ(10 * e, info.iteration);
                CHECK_EQ(e == 2 ? WARM_KIND_FINAL : WARM_KIND_CHECKPOINT, info.kind);
            }
    }
    for (int e = 0; e < 3; ++e)
        CHECK_EQ(1, found[e]);
    /* a cursor outlives its store */
    warm_store_free(&store);
    CHECK_ST(WARM_NOT_FOUND, warm_cursor_next(cursor));
    warm_cursor_free(&cursor);
}

/* What a listing tells of a run without its payload being read. */
static void what_is_known_of_a_run(void)
{
    static const char LABEL[] = "third attempt, \xc3\xa9t\xc3\xa9";
    const char *root = in_scratch("runs");
    const warm_key key = key_of(1), seed = key_of(2);
    char plain[WARM_RUN_ID_MAX], labelled[WARM_RUN_ID_MAX], text[64];
    int64_t needed = -5;
    const int64_t before = (int64_t)time(NULL);
    warm_store *store = open_root(root);
    CHECK_OK(save_text(store, &key, "plain", &TWO, WARM_KIND_FINAL, plain));
    warm_fingerprinter *f = NULL;
    warm_session_options *options = NULL;
    warm_session *session = NULL;
    REQUIRE_OK(warm_fingerprinter_new(&f));
    CHECK_OK(warm_fingerprinter_absorb_f64(f, "x", -1, 1.0));
    CHECK_OK(warm_fingerprinter_absorb_f64(f, "y", -1, 1.0));
    REQUIRE_OK(warm_session_options_new(&options));
    CHECK_OK(warm_session_options_set_label(options, LABEL, -1));
    CHECK_OK(warm_session_options_set_fingerprint(options, f));
    CHECK_OK(warm_session_options_add_seed_key(options, &seed));
    REQUIRE_OK(warm_session_open(store, &key, options, &session));
    CHECK_OK(warm_session_finalize(session, "labelled", 8, &ONE, NULL));
    CHECK_OK(warm_session_run_id(session, labelled, sizeof labelled, NULL));
    warm_session_free(&session);
    warm_session_options_free(&options);
    warm_fingerprinter_free(&f);
    CHECK_OK(warm_store_pin(store, &key, plain, -1, 1));

    warm_cursor *cursor = NULL;
    int seen = 0;
    REQUIRE_OK(warm_store_list_entries(store, &key, &cursor));
    while (warm_cursor_next(cursor) == WARM_OK) {
        char id[WARM_RUN_ID_MAX];
        const warm_run_info run = run_of(cursor);
        CHECK_EQ(sizeof run, run.struct_size);
        CHECK_OK(warm_cursor_run_id(cursor, id, sizeof id, NULL));
        CHECK_EQ(WARM_DURABILITY_FULL, run.durability);
        CHECK(run.last_used_unix_secs >= before - 1 && run.last_used_unix_secs <= (int64_t)time(NULL) + 1);
        if (strcmp(id, labelled) == 0) {
            seen += 1;
            CHECK(run.has_label == 1 && run.is_pinned == 0 && run.seed_keys == 1 && run.key_fields == 2);
            CHECK_ST(WARM_ERR_BUFFER, warm_cursor_text(cursor, text, 3, &needed));
            CHECK_EQ(sizeof LABEL, needed);
            CHECK_OK(warm_cursor_text(cursor, text, sizeof text, NULL));
            CHECK(strcmp(text, LABEL) == 0);
        } else {
            seen += 10;
            CHECK(strcmp(id, plain) == 0);
            CHECK(run.has_label == 0 && run.is_pinned == 1 && run.seed_keys == 0 && run.key_fields == 0);
            CHECK_OK(warm_cursor_text(cursor, text, sizeof text, &needed));
            CHECK(text[0] == '\0' && needed == 1);
        }
    }
    CHECK_EQ(11, seen);
    warm_cursor_free(&cursor);

    /* the label is the entry's as well */
    warm_entry *entry = NULL;
    REQUIRE_OK(warm_store_lookup_run(store, &key, labelled, -1, &entry));
    CHECK_ST(WARM_ERR_BUFFER, warm_entry_label(entry, text, 3, &needed));
    CHECK_EQ(sizeof LABEL, needed);
    CHECK_OK(warm_entry_label(entry, text, sizeof text, NULL));
    CHECK(strcmp(text, LABEL) == 0);
    warm_entry_free(&entry);
    REQUIRE_OK(warm_store_lookup_run(store, &key, plain, -1, &entry));
    CHECK_ST(WARM_NOT_FOUND, warm_entry_label(entry, text, sizeof text, NULL));
    warm_entry_free(&entry);

    /* who synced nothing says so; a struct of a later header keeps what this library does not know */
    warm_store_options *quick = new_options();
    CHECK_OK(warm_store_options_set_durability(quick, WARM_DURABILITY_PROCESS));
    warm_store *second = open_with(root, quick);
    warm_store_options_free(&quick);
    CHECK_OK(save_text(second, &seed, "quick", NULL, WARM_KIND_FINAL, NULL));
    struct { warm_run_info run; unsigned char later[24]; } wide;
    memset(&wide, 0x5c, sizeof wide);
    wide.run.struct_size = (uint32_t)sizeof wide;
    REQUIRE_OK(warm_store_list_entries(second, &seed, &cursor));
    warm_store_free(&second);
    CHECK_OK(warm_cursor_next(cursor));
    CHECK_OK(warm_cursor_run(cursor, &wide.run));
    CHECK_EQ(WARM_DURABILITY_PROCESS, wide.run.durability);
    CHECK_EQ(sizeof wide, wide.run.struct_size);
    for (size_t i = 0; i < sizeof wide.later; ++i)
        CHECK(wide.later[i] == 0x5c);
    CHECK_ST(WARM_NOT_FOUND, warm_cursor_next(cursor));
    CHECK_ERR(WARM_ERR_INVALID, "last", warm_cursor_run(cursor, &wide.run));
    warm_cursor_free(&cursor);
    warm_store_free(&store);
}

/* Those in force are what was named, else the root's, else the defaults. */
static void limits_are_told(void)
{
    const char *root = in_scratch("limits");
    warm_store *store = open_root(root);
    warm_store_limits limits = limits_of(store);
    CHECK_EQ(sizeof limits, limits.struct_size);
    CHECK_EQ(0, limits.reserved);
    CHECK_EQ((int64_t)1 << 30, limits.size_budget);
    CHECK_EQ(200000, limits.file_budget);
    CHECK(limits.ttl_seconds == 30.0 * 86400.0);
    warm_store_free(&store);

    warm_store_options *options = new_options();
    CHECK_OK(warm_store_options_set_size_budget(options, 123456789));
    CHECK_OK(warm_store_options_set_ttl_seconds(options, 0.0));
    store = open_with(root, options);
    limits = limits_of(store);
    CHECK(limits.size_budget == 123456789 && limits.file_budget == 200000 && limits.ttl_seconds == 0.0);
    warm_store *heir = open_root(root);
    limits = limits_of(heir);
    CHECK(limits.size_budget == 123456789 && limits.file_budget == 200000 && limits.ttl_seconds == 0.0);
    warm_store_free(&heir);
    warm_store_free(&store);

    /* who only reads names limits for itself */
    CHECK_OK(warm_store_options_set_size_budget(options, 0));
    CHECK_OK(warm_store_options_set_file_budget(options, 7));
    CHECK_OK(warm_store_options_set_read_only(options, 1));
    store = open_with(root, options);
    limits = limits_of(store);
    CHECK(limits.size_budget == 0 && limits.file_budget == 7 && limits.ttl_seconds == 0.0);
    warm_store_free(&store);
    warm_store_options_free(&options);
    store = open_root(root);
    limits = limits_of(store);
    CHECK(limits.size_budget == 123456789 && limits.file_budget == 200000 && limits.ttl_seconds == 0.0);
    warm_store_free(&store);
}

static void statistics(void)
{
    const char *root = in_scratch("stats");
    warm_store *store = open_root(root);
    warm_entry *entry = NULL;
    for (uint64_t k = 0; k < 3; ++k) {
        const warm_key key = key_of(k);
        CHECK_OK(save_scored(store, &key, "0123456789", 1.0, WARM_KIND_CHECKPOINT));
        CHECK_OK(save_scored(store, &key, "0123456789", 2.0, WARM_KIND_CHECKPOINT));
    }
    CHECK_OK(warm_store_flush(store, 10.0));
    CHECK_OK(warm_store_sweep(store));
    warm_store_stats s = stats_of(store);
    CHECK_EQ(sizeof s, s.struct_size);
    CHECK_EQ(3, s.keys);
    CHECK_EQ(6, s.entries);
    CHECK(s.files >= 12);
    CHECK(s.bytes >= 6 * 2 * 4096);
    CHECK_EQ(0, s.aside_files);
    CHECK_EQ(0, s.aside_bytes);
    CHECK_EQ(6, s.saves);
    CHECK(s.bytes_written >= 60);
    CHECK(s.save_seconds > 0.0);
    CHECK_EQ(0, s.hits);
    CHECK_EQ(0, s.misses);
    CHECK_EQ(0, s.evictions);
    CHECK_EQ(0, s.expirations);
    CHECK_EQ(0, s.damaged);
    CHECK_EQ(0, s.foreign);
    CHECK_EQ(usage_of(root).files, s.files);
    CHECK_EQ(usage_of(root).bytes, s.bytes);
    const warm_key key = key_of(1), none = key_of(99);
    for (int i = 0; i < 3; ++i) {
        CHECK_OK(warm_store_lookup(store, &key, WARM_LOOKUP_BEST, &entry));
        warm_entry_free(&entry);
        CHECK_ST(WARM_NOT_FOUND, warm_store_lookup(store, &none, WARM_LOOKUP_BEST, &entry));
        CHECK_ST(WARM_NOT_FOUND, warm_store_lookup(store, &none, WARM_LOOKUP_LATEST, &entry));
    }
    s = stats_of(store);
    CHECK_EQ(3, s.hits);
    CHECK_EQ(6, s.misses);
    CHECK_OK(warm_store_remove(store, &key));
    CHECK_OK(warm_store_sweep(store));
    s = stats_of(store);
    CHECK_EQ(2, s.keys);
    CHECK_EQ(4, s.entries);
    /* counters of what was done belong to the handle, totals to the root */
    warm_store *second = open_root(root);
    CHECK_OK(warm_store_sweep(second));
    s = stats_of(second);
    CHECK_EQ(0, s.saves);
    CHECK_EQ(0, s.hits);
    CHECK_EQ(2, s.keys);
    CHECK_EQ(4, s.entries);

    struct { warm_store_stats stats; unsigned char later[24]; } wide;
    memset(&wide, 0x5c, sizeof wide);
    wide.stats.struct_size = (uint32_t)sizeof wide;
    CHECK_OK(warm_store_get_stats(second, &wide.stats));
    CHECK_EQ(sizeof wide, wide.stats.struct_size);
    for (size_t i = 0; i < sizeof wide.later; ++i)
        CHECK(wide.later[i] == 0x5c);
    warm_store_free(&second);
    warm_store_free(&store);
}

static void apart(void)
{
    char a_root[PATH_CAP], b_root[PATH_CAP], text[PATH_CAP];
    const warm_key key = key_of(1), other = key_of(2);
    int64_t needed = -5;
    (void)snprintf(a_root, sizeof a_root, "%s", in_scratch("root-a"));
    (void)snprintf(b_root, sizeof b_root, "%s", in_scratch("root-b"));
    warm_store *a = open_root(a_root), *b = open_root(b_root);
    CHECK_OK(save_scored(a, &key, "of a", 1.0, WARM_KIND_FINAL));
    CHECK_BEST(a, &key, "of a");
    CHECK_BEST(b, &key, NULL);
    CHECK_BEST(a, &other, NULL);
    CHECK_OK(save_scored(b, &key, "of b", 2.0, WARM_KIND_FINAL));
    for (int i = 0; i < 3; ++i) {
        CHECK_BEST(a, &key, "of a");
        CHECK_BEST(b, &key, "of b");
    }
    CHECK_OK(warm_store_remove(b, &key));
    CHECK_BEST(a, &key, "of a");
    CHECK_BEST(b, &key, NULL);
    CHECK_ST(WARM_ERR_BUFFER, warm_store_root(a, NULL, 0, &needed));
    CHECK_OK(warm_store_root(a, text, sizeof text, NULL));
    CHECK_EQ((int64_t)strlen(text) + 1, needed);
    CHECK(strcmp(text, a_root) == 0);
    CHECK_ST(WARM_ERR_BUFFER, warm_store_root(a, text, needed - 1, &needed));

    /* two handles on one root are one store */
    warm_store *again = open_root(a_root);
    CHECK_BEST(again, &key, "of a");
    CHECK_OK(save_scored(again, &key, "better", 0.0, WARM_KIND_FINAL));
    CHECK_BEST(a, &key, "better");
    CHECK_OK(warm_store_remove(again, &key));
    CHECK_BEST(a, &key, NULL);
    warm_store_free(&again);
    warm_store_free(&b);
    warm_store_free(&a);
}

static void outlives(void)
{
    warm_store *store = open_root(in_scratch("outlives"));
    const warm_key key = key_of(1);
    warm_entry *entry = NULL, *second = NULL;
    char id[WARM_RUN_ID_MAX];
    CHECK_OK(save_text(store, &key, "kept", &ONE, WARM_KIND_FINAL, id));
    CHECK_OK(warm_store_lookup(store, &key, WARM_LOOKUP_BEST, &entry));
    CHECK_OK(warm_store_lookup(store, &key, WARM_LOOKUP_BEST, &second));
    CHECK_OK(warm_store_save_slot(store, &key, id, -1, "other", 5, &TWO, NULL, WARM_KIND_FINAL));
    CHECK(entry_is(entry, "kept", 4));
    CHECK_OK(warm_store_remove(store, &key));
    warm_entry_free(&second);
    warm_store_free(&store);
    CHECK(entry_is(entry, "kept", 4));
    warm_entry_free(&entry);
}

static void private_visit(const char *path, const struct stat *st, void *context)
{
    long *wrong = context;
    const mode_t want = S_ISDIR(st->st_mode) ? 0700 : 0600;
    if ((st->st_mode & 07777) != want) {
        printf("  mode %o: %s\n", (unsigned)(st->st_mode & 07777), path);
        ++*wrong;
    }
}

static void modes(void)
{
    const char *root = in_scratch("modes/deep/root");
    const warm_key key = key_of(1);
    const mode_t old = umask(0);
    long wrong = 0;
    warm_store *store = open_root(root);
    CHECK_OK(save_scored(store, &key, "private", 1.0, WARM_KIND_FINAL));
    CHECK_OK(warm_store_save_slot(store, &key, "slot", -1, "1", 1, &ONE, NULL, WARM_KIND_CHECKPOINT));
    CHECK_OK(warm_store_save_slot(store, &key, "slot", -1, "2", 1, &ONE, NULL, WARM_KIND_CHECKPOINT));
    warm_session *session = open_session(store, &key, 0.0);
    CHECK_OK(warm_session_checkpoint(session, "3", 1, &TWO, NULL));
    CHECK_OK(warm_session_checkpoint(session, "4", 1, &ONE, NULL));
    CHECK_OK(warm_session_finalize(session, "5", 1, &ONE, NULL));
    warm_session_free(&session);
    CHECK_OK(warm_store_sweep(store));
    (void)umask(old);
    walk(in_scratch("modes"), private_visit, &wrong);
    CHECK_EQ(0, wrong);
    warm_store_free(&store);
}

static void read_only(void)
{
    const char *root = in_scratch("read-only");
    const warm_key key = key_of(1);
    char id[WARM_RUN_ID_MAX];
    warm_store *store = open_root(root);
    CHECK_OK(save_text(store, &key, "there", &ONE, WARM_KIND_FINAL, id));
    CHECK_OK(warm_store_flush(store, 10.0));
    warm_store_free(&store);
    const uint64_t before = tree_hash(root);
    warm_store_options *options = new_options();
    CHECK_OK(warm_store_options_set_read_only(options, 1));
    store = open_with(root, options);
    CHECK_BEST(store, &key, "there");
    CHECK_EQ(1, count_entries(store, &key));
    CHECK_ERR(WARM_ERR_PERMISSION, "read-only|read only", save_text(store, &key, "no", NULL, WARM_KIND_FINAL, NULL));
    CHECK_ERR(WARM_ERR_PERMISSION, "read-only|read only", warm_store_save_slot(store, &key, id, -1, "no", 2, NULL, NULL, WARM_KIND_FINAL));
    CHECK_ERR(WARM_ERR_PERMISSION, "read-only|read only", warm_store_remove(store, &key));
    CHECK_ERR(WARM_ERR_PERMISSION, "read-only|read only", warm_store_remove_entry(store, &key, id, -1));
    CHECK_ERR(WARM_ERR_PERMISSION, "read-only|read only", warm_store_pin(store, &key, id, -1, 1));
    CHECK_ERR(WARM_ERR_PERMISSION, "read-only|read only", warm_store_sweep(store));
    warm_session *session = open_session(store, &key, 0.0);
    warm_entry *entry = NULL;
    CHECK_OK(warm_session_load(session, &entry));
    CHECK(entry_is(entry, "there", 5));
    warm_entry_free(&entry);
    CHECK_ERR(WARM_ERR_PERMISSION, "read-only|read only", warm_session_checkpoint(session, "no", 2, NULL, NULL));
    CHECK_ERR(WARM_ERR_PERMISSION, "read-only|read only", warm_session_finalize(session, "no", 2, NULL, NULL));
    warm_session_free(&session);
    warm_store_free(&store);
    CHECK(before == tree_hash(root));
    warm_store_options_free(&options);
}

static void doubles_bit_for_bit(void)
{
    const char *root = in_scratch("doubles");
    static uint64_t bits[1000];
    const long n = rounds(1000);
    uint64_t x = 88172645463325252u;
    for (long i = 0; i < n; ++i) {
        double value;
        do {
            x ^= x << 13; x ^= x >> 7; x ^= x << 17;
            bits[i] = x;
            /* a third each: any bits, near one, subnormal */
            if (i % 3 == 1)
                bits[i] = (x >> 12) | 0x3ff0000000000000u;
            if (i % 3 == 2)
                bits[i] = (x >> 12) | (x & 0x8000000000000000u);
            memcpy(&value, &bits[i], sizeof value);
        } while (!isfinite(value));
    }
    IN_CHILD({
        warm_store_options *options = new_options();
        CHECK_OK(warm_store_options_set_durability(options, WARM_DURABILITY_PROCESS));
        warm_store *store = open_with(root, options);
        for (long i = 0; i < n; ++i) {
            double value;
            const warm_key key = key_of((uint64_t)(i / 10));
            char id[32];
            const int64_t iteration = (int64_t)(bits[i] >> 1);
            memcpy(&value, &bits[i], sizeof value);
            (void)snprintf(id, sizeof id, "d%ld", i);
            CHECK_OK(warm_store_save_slot(store, &key, id, -1, &value, sizeof value, &value, &iteration, WARM_KIND_CHECKPOINT));
        }
        CHECK_OK(warm_store_flush(store, 30.0));
        warm_store_free(&store);
        warm_store_options_free(&options);
    });
    warm_store *store = open_root(root);
    long wrong = 0;
    for (long i = 0; i < n; ++i) {
        const warm_key key = key_of((uint64_t)(i / 10));
        char id[32];
        warm_entry *entry = NULL;
        warm_entry_info info = fresh_info();
        (void)snprintf(id, sizeof id, "d%ld", i);
        CHECK_OK(warm_store_lookup_run(store, &key, id, -1, &entry));
        CHECK_OK(warm_entry_get_info(entry, &info));
        wrong += info.has_objective != 1 || memcmp(&info.objective, &bits[i], sizeof info.objective) != 0 || info.iteration != (int64_t)(bits[i] >> 1);
        wrong += !entry_is(entry, &bits[i], sizeof bits[i]);
        warm_entry_free(&entry);
    }
    CHECK_EQ(0, wrong);
    warm_store_free(&store);
}

static void hot_lookups_never_stale(void)
{
    const char *root = in_scratch("hot");
    const warm_key key = key_of(1);
    char text[32], id[WARM_RUN_ID_MAX];
    warm_store *one = open_root(root), *two = open_root(root);
    CHECK_OK(save_text(one, &key, "0", NULL, WARM_KIND_CHECKPOINT, id));
    for (long i = 1; i <= rounds(200); ++i) {
        (void)snprintf(text, sizeof text, "%ld", i);
        CHECK_OK(warm_store_save_slot(i % 2 ? one : two, &key, id, -1, text, (int64_t)strlen(text), NULL, NULL, WARM_KIND_CHECKPOINT));
        CHECK_BEST(one, &key, text);
        CHECK_BEST(two, &key, text);
        CHECK_LATEST(one, &key, text);
    }
    warm_store_free(&one);
    warm_store_free(&two);
}

static void words(void)
{
    static const int32_t codes[] = {0, 1, 2, 3, 4, -1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11, -12, -13, -14, -99};
    char text[512];
    int64_t needed = -5;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; ++i) {
        const char *s = warm_status_string(codes[i]);
        CHECK(s != NULL && s[0] != '\0');
        CHECK(s == warm_status_string(codes[i])); /* static */
        for (size_t j = 0; j < i; ++j)
            CHECK(strcmp(s, warm_status_string(codes[j])) != 0);
    }
    CHECK(warm_status_string(12345) != NULL && warm_status_string(INT32_MIN) != NULL && warm_status_string(INT32_MAX) != NULL && warm_status_string(-50) != NULL);
    CHECK_ST(WARM_ERR_BUFFER, warm_build_info(NULL, 0, &needed));
    CHECK(needed > 1 && needed <= (int64_t)sizeof text);
    CHECK_OK(warm_build_info(text, sizeof text, NULL));
    CHECK_EQ(needed, (int64_t)strlen(text) + 1);
    CHECK(strstr(text, warm_version_string()) != NULL);
    CHECK(has_word(text, "unwind|abort"));

    warm_key key = key_of(5), back;
    char hex[66], upper[66];
    memset(hex, '!', sizeof hex);
    CHECK_OK(warm_key_to_hex(&key, hex));
    CHECK_EQ(64, (int64_t)strlen(hex));
    CHECK(hex[65] == '!');
    for (int i = 0; i < 65; ++i)
        upper[i] = (char)(hex[i] >= 'a' && hex[i] <= 'f' ? hex[i] - 'a' + 'A' : hex[i]);
    CHECK(strspn(hex, "0123456789abcdef") == 64);
    CHECK_OK(warm_key_from_hex(upper, -1, &back));
    CHECK(same_key(&key, &back));
    memset(&back, 0, sizeof back);
    CHECK_OK(warm_key_from_hex(hex, 64, &back));
    CHECK(same_key(&key, &back));
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv))
        return 2;
    words();
    round_trip();
    absent();
    ranking();
    slots();
    generated_run_ids();
    lists();
    what_is_known_of_a_run();
    limits_are_told();
    statistics();
    apart();
    outlives();
    modes();
    read_only();
    doubles_bit_for_bit();
    hot_lookups_never_stale();
    return check_finish();
}
