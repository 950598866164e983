/* Time to live and budgets. */
#include "check.h"

static const double ONE = 1.0;

static void expiry(void)
{
    const char *root = in_scratch("expiry");
    const warm_key key = key_of(1);
    warm_store *store = open_ttl(root, 1.0);
    warm_store *eternal = NULL;
    CHECK_OK(save_scored(store, &key, "mortal", 1.0, WARM_KIND_FINAL));
    CHECK_OK(warm_store_flush(store, 10.0));
    nap(1.5);
    /* a lookup hides it and deletes nothing */
    CHECK_BEST(store, &key, NULL);
    CHECK_LATEST(store, &key, NULL);
    CHECK_EQ(1, count_names(key_dir(root, &key), ".json"));
    CHECK_EQ(1, count_names(key_dir(root, &key), ".bin"));
    /* an opener that names no limit inherits the recorded one */
    warm_store *heir = open_root(root);
    CHECK_BEST(heir, &key, NULL);
    warm_store_free(&heir);
    /* a handle told otherwise still finds it: it is not gone */
    IN_CHILD({
        warm_store_options *options = new_options();
        CHECK_OK(warm_store_options_set_ttl_seconds(options, 3600.0));
        CHECK_OK(warm_store_options_set_read_only(options, 1)); /* and must not leave a reuse behind */
        eternal = open_with(root, options);
        CHECK_BEST(eternal, &key, "mortal");
        warm_store_free(&eternal);
        warm_store_options_free(&options);
    });
    const int64_t expired_before = stats_of(store).expirations;
    CHECK_OK(warm_store_sweep(store));
    CHECK(stats_of(store).expirations > expired_before);
    CHECK(count_names(key_dir(root, &key), ".json") <= 0);
    CHECK(count_names(key_dir(root, &key), ".bin") <= 0);
    CHECK_OK(save_scored(store, &key, "fresh", 2.0, WARM_KIND_FINAL));
    CHECK_BEST(store, &key, "fresh");
    warm_store_free(&store);

    /* 0 never expires, and nothing is deleted under a shorter expiry than the recorded one by who names none */
    const char *other = in_scratch("expiry-never");
    store = open_ttl(other, 0.0);
    CHECK_OK(save_scored(store, &key, "eternal", 1.0, WARM_KIND_FINAL));
    warm_store_free(&store);
    nap(0.2);
    store = open_root(other);
    CHECK_OK(warm_store_sweep(store));
    CHECK_BEST(store, &key, "eternal");
    warm_store_free(&store);
}

static void reuse_extends_life(void)
{
    const double ttl = 2.0;
    for (int attempt = 0; attempt < 5; ++attempt) {
        char name[32];
        double slowest = 0.0;
        int answered = 0;
        const warm_key key = key_of(1);
        (void)snprintf(name, sizeof name, "reuse-%d", attempt);
        const char *root = in_scratch(name);
        warm_store *store = open_ttl(root, ttl);
        CHECK_OK(save_scored(store, &key, "used", 1.0, WARM_KIND_FINAL));
        warm_store_free(&store);
        double last = now_seconds();
        /* four short-lived processes, none of them beyond the time to live after the one before, all of them together well beyond it */
        for (int i = 0; i < 4; ++i) {
            nap(0.8);
            (void)fflush(stdout);
            const pid_t child = fork();
            REQUIRE(child >= 0);
            if (child == 0) {
                char text[16];
                warm_store *mine = open_root(root);
                const int32_t status = lookup_text(mine, &key, WARM_LOOKUP_BEST, text, sizeof text);
                warm_store_free(&mine);
                _exit(status == WARM_OK ? 0 : 1);
            }
            answered += child_passed(child);
            const double t = now_seconds();
            slowest = t - last > slowest ? t - last : slowest;
            last = t;
        }
        if (slowest < 0.85 * ttl) {
            CHECK_EQ(4, answered);
            return;
        }
        /* this machine was too busy to tell anything: once more */
    }
    printf("  reuse extends life: not told, the machine is too busy\n");
}

/* Everything under the root counts. */
static void within_budget(const char *root, int64_t bytes, int64_t files)
{
    const usage u = usage_of(root);
    const int ok = CHECK(bytes == 0 || u.bytes <= bytes) & CHECK(u.files <= files);
    if (!ok)
        (void)fprintf(stderr, "  %" PRId64 " bytes in %" PRId64 " files; allowed are %" PRId64 " in %" PRId64 "\n", u.bytes, u.files, bytes, files);
}

static void eviction(int by_files)
{
    enum { N = 60 };
    const char *root = in_scratch(by_files ? "evict-files" : "evict-bytes");
    const int64_t bytes = by_files ? 0 : 400 * 1024, files = by_files ? 50 : 200000;
    static char payload[8192];
    warm_store_options *options = new_options();
    CHECK_OK(warm_store_options_set_size_budget(options, bytes));
    CHECK_OK(warm_store_options_set_file_budget(options, files));
    warm_store *store = open_with(root, options);
    char first_run[WARM_RUN_ID_MAX] = "";
    for (uint64_t i = 0; i < N; ++i) {
        const warm_key key = key_of(i);
        CHECK_OK(warm_store_save(store, &key, payload, sizeof payload, &ONE, NULL, WARM_KIND_CHECKPOINT, i == 0 ? first_run : NULL,
                                 i == 0 ? WARM_RUN_ID_MAX : 0, NULL));
        if (i == 0) { /* pinned: the oldest, and yet the last to go, whoever writes its slot anew and whoever opens the root */
            CHECK_OK(warm_store_pin(store, &key, first_run, -1, 1));
            CHECK_OK(warm_store_save_slot(store, &key, first_run, -1, payload, sizeof payload, &ONE, NULL, WARM_KIND_CHECKPOINT));
            warm_store_free(&store);
            store = open_root(root);
        }
    }
    CHECK_OK(warm_store_flush(store, 10.0));
    CHECK_OK(warm_store_sweep(store));
    within_budget(root, bytes, files);
    CHECK(stats_of(store).evictions > 0);
    /* who is left: the pinned one, and the youngest without a gap */
    warm_store_free(&store);
    store = open_root(root);
    int64_t alive = 0, oldest_alive = -1;
    for (uint64_t i = 1; i < N; ++i) {
        const warm_key key = key_of(i);
        warm_entry *entry = NULL;
        if (warm_store_lookup(store, &key, WARM_LOOKUP_BEST, &entry) == WARM_OK) {
            if (oldest_alive < 0)
                oldest_alive = (int64_t)i;
            ++alive;
        }
        warm_entry_free(&entry);
    }
    const warm_key pinned = key_of(0);
    warm_entry *entry = NULL;
    CHECK_OK(warm_store_lookup(store, &pinned, WARM_LOOKUP_BEST, &entry));
    warm_entry_free(&entry);
    CHECK(alive >= 5);
    CHECK(oldest_alive > 1);
    CHECK_EQ(N - oldest_alive, alive);

    /* unpinned it is like any other */
    CHECK_OK(warm_store_pin(store, &pinned, first_run, -1, 0));
    for (uint64_t i = N; i < 2 * N; ++i) {
        const warm_key key = key_of(i);
        CHECK_OK(warm_store_save(store, &key, payload, sizeof payload, &ONE, NULL, WARM_KIND_CHECKPOINT, NULL, 0, NULL));
        /* never the entry just written */
        CHECK_OK(warm_store_lookup(store, &key, WARM_LOOKUP_BEST, &entry));
        warm_entry_free(&entry);
    }
    CHECK_OK(warm_store_sweep(store));
    within_budget(root, bytes, files);
    CHECK_ST(WARM_NOT_FOUND, warm_store_lookup(store, &pinned, WARM_LOOKUP_BEST, &entry));
    warm_store_options_free(&options);
    warm_store_free(&store);
}

/* The best and the latest of a fit that is alive in any process go only when nothing else is left. */
static void living_fits_are_spared(void)
{
    enum { N = 60 };
    char root[PATH_CAP];
    static char payload[8192];
    const warm_key fit = key_of(1000);
    int ready[2], stop[2];
    char token = 0;
    (void)snprintf(root, sizeof root, "%s", in_scratch("evict-living"));
    warm_store_options *options = new_options();
    CHECK_OK(warm_store_options_set_size_budget(options, 400 * 1024));
    warm_store *store = open_with(root, options);
    REQUIRE(pipe(ready) == 0 && pipe(stop) == 0);
    (void)fflush(stdout);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const double best = 1.0, worse = 2.0;
        child_begin();
        warm_store *theirs = open_root(root);
        warm_session *session = open_session(theirs, &fit, 0.0);
        CHECK_OK(warm_session_checkpoint(session, "its best", 8, &best, NULL));
        CHECK_OK(warm_session_checkpoint(session, "its latest", 10, &worse, NULL));
        token = check_failures == 0 ? 'y' : 'n';
        CHECK(write(ready[1], &token, 1) == 1);
        (void)read(stop[0], &token, 1); /* alive until it is killed */
        _exit(1);
    }
    REQUIRE(read(ready[0], &token, 1) == 1 && token == 'y');
    for (uint64_t i = 0; i < N; ++i) {
        const warm_key key = key_of(i);
        CHECK_OK(warm_store_save(store, &key, payload, sizeof payload, &ONE, NULL, WARM_KIND_FINAL, NULL, 0, NULL));
    }
    CHECK_OK(warm_store_sweep(store));
    within_budget(root, 400 * 1024, 200000);
    const warm_key oldest = key_of(0);
    CHECK_BEST(store, &oldest, NULL);
    CHECK_BEST(store, &fit, "its best");
    CHECK_LATEST(store, &fit, "its latest");
    CHECK(kill(child, SIGKILL) == 0);
    CHECK(waitpid(child, NULL, 0) == child);
    /* dead for an hour it is like any other, and older than all that follows */
    age_files(root);
    for (uint64_t i = N; i < 4 * N; ++i) {
        const warm_key key = key_of(i);
        CHECK_OK(warm_store_save(store, &key, payload, sizeof payload, &ONE, NULL, WARM_KIND_FINAL, NULL, 0, NULL));
    }
    CHECK_OK(warm_store_sweep(store));
    CHECK_BEST(store, &fit, NULL);
    within_budget(root, 400 * 1024, 200000);
    for (int i = 0; i < 2; ++i) {
        (void)close(ready[i]);
        (void)close(stop[i]);
    }
    warm_store_options_free(&options);
    warm_store_free(&store);
}

static void too_large(void)
{
    const char *root = in_scratch("too-large");
    static char payload[1 << 20];
    const warm_key key = key_of(1), other = key_of(2);
    warm_store_options *options = new_options();
    CHECK_OK(warm_store_options_set_size_budget(options, 65536));
    warm_store *store = open_with(root, options);
    CHECK_OK(save_scored(store, &other, "small", 1.0, WARM_KIND_FINAL));
    /* one rounded pair: 65 536 of payload leave no room for the metadata */
    const uint64_t before = tree_hash(key_dir(root, &other));
    CHECK_ERR(WARM_ERR_TOO_LARGE, "budget|limit", warm_store_save(store, &key, payload, 65536, NULL, NULL, WARM_KIND_FINAL, NULL, 0, NULL));
    CHECK_ERR(WARM_ERR_TOO_LARGE, "budget|limit", warm_store_save(store, &key, payload, sizeof payload, NULL, NULL, WARM_KIND_FINAL, NULL, 0, NULL));
    CHECK_ERR(WARM_ERR_TOO_LARGE, "budget|limit",
              warm_store_save_slot(store, &key, "slot", -1, payload, sizeof payload, NULL, NULL, WARM_KIND_FINAL));
    CHECK(before == tree_hash(key_dir(root, &other)));
    CHECK_BEST(store, &other, "small");
    warm_session *session = open_session(store, &key, 0.0);
    CHECK_ERR(WARM_ERR_TOO_LARGE, "budget|limit", warm_session_checkpoint(session, payload, sizeof payload, &ONE, NULL));
    CHECK_ERR(WARM_ERR_TOO_LARGE, "budget|limit", warm_session_finalize(session, payload, sizeof payload, &ONE, NULL));
    warm_session_free(&session);
    CHECK_BEST(store, &key, NULL);
    /* the two generations of a replacement count once */
    for (int i = 0; i < 4; ++i)
        CHECK_OK(warm_store_save_slot(store, &key, "slot", -1, payload, 40960, &ONE, NULL, WARM_KIND_CHECKPOINT));
    CHECK_EQ(1, count_entries(store, &key));
    warm_store_free(&store);

    /* 0 is unlimited */
    CHECK_OK(warm_store_options_set_size_budget(options, 0));
    store = open_with(in_scratch("unlimited"), options);
    CHECK_OK(warm_store_save(store, &key, payload, sizeof payload, NULL, NULL, WARM_KIND_FINAL, NULL, 0, NULL));
    warm_store_options_free(&options);
    warm_store_free(&store);
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv))
        return 2;
    expiry();
    reuse_extends_life();
    eviction(0);
    eviction(1);
    living_fits_are_spared();
    too_large();
    return check_finish();
}
