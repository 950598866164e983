/* A file system that fills up (argv[2]: one small enough to be filled, mounted by the script). */
#include "check.h"

static const double ONE = 1.0;
static char payload[65536];

/* Saves under keys from `from` on until the disk is full; how many were acknowledged. */
static uint64_t fill(warm_store *store, uint64_t from, int64_t size)
{
    for (uint64_t i = 0; i < 1000; ++i) {
        const warm_key key = key_of(from + i);
        pattern_fill((unsigned char *)payload, size, from + i, 1);
        const int32_t status = warm_store_save(store, &key, payload, size, &ONE, NULL, WARM_KIND_FINAL, NULL, 0, NULL);
        if (status != WARM_OK) {
            CHECK_ST(WARM_ERR_NO_SPACE, status);
            return i;
        }
    }
    CHECK(0 && "the disk was never full");
    return 1000;
}

static void all_there(warm_store *store, uint64_t from, uint64_t n)
{
    for (uint64_t i = 0; i < n; ++i) {
        const warm_key key = key_of(from + i);
        warm_entry *entry = NULL;
        uint64_t owner = 0, seq = 0;
        CHECK_OK(warm_store_lookup(store, &key, WARM_LOOKUP_BEST, &entry));
        CHECK(entry_pattern(entry, &owner, &seq) && owner == from + i);
        warm_entry_free(&entry);
    }
}

static void entry_file_visit(const char *path, const struct stat *st, void *context)
{
    /* .../<64 digits>/<name> */
    const char *name = strrchr(path, '/');
    if (S_ISREG(st->st_mode) && name != NULL && name - path > 65 && name[-65] == '/' && strspn(name - 64, "0123456789abcdef") == 64)
        ++*(long *)context;
}

/* Files in the keys' directories: what a session or the root notes of itself elsewhere is no entry. */
static long entry_files(const char *root)
{
    long n = 0;
    walk(root, entry_file_visit, &n);
    return n;
}

int main(int argc, char **argv)
{
    char root[PATH_CAP];
    const warm_key slot_key = key_of(7), session_key = key_of(8), fresh_key = key_of(9);
    if (!test_start(argc, argv) || argc < 3)
        return 2;
    (void)snprintf(root, sizeof root, "%s/root", argv[2]);
    warm_store *store = open_root(root);
    CHECK_OK(warm_store_save_slot(store, &slot_key, "slot", -1, "before", 6, &ONE, NULL, WARM_KIND_FINAL));
    warm_session *s = open_session(store, &session_key, 3600.0);
    CHECK_OK(warm_session_checkpoint(s, "checkpoint", 10, &ONE, NULL));
    warm_session *fresh = open_session(store, &fresh_key, 3600.0);

    const uint64_t large = fill(store, 1000, 65536), medium = fill(store, 2000, 4096), small = fill(store, 3000, 64);
    printf("full after %" PRIu64 ", %" PRIu64 " and %" PRIu64 " entries\n", large, medium, small);
    CHECK(large + medium + small > 0);
    const long full = entry_files(root);
    CHECK_EQ(2 * (2 + large + medium + small), full);

    /* every write says so, */
    pattern_fill((unsigned char *)payload, sizeof payload, 1, 1);
    const double better = 0.5;
    CHECK_ERR(WARM_ERR_NO_SPACE, root, warm_store_save_slot(store, &slot_key, "slot", -1, payload, sizeof payload, &better, NULL, WARM_KIND_FINAL));
    CHECK_ERR(WARM_ERR_NO_SPACE, root, warm_session_checkpoint(s, payload, sizeof payload, &better, NULL));
    CHECK_ERR(WARM_ERR_NO_SPACE, root, warm_session_finalize(s, payload, sizeof payload, &better, NULL));
    /* and a failed write is an error, not a throttle, and does not count as written */
    for (int i = 0; i < 3; ++i) {
        CHECK_EQ(1, warm_session_should_checkpoint(fresh, &ONE));
        CHECK_ERR(WARM_ERR_NO_SPACE, root, warm_session_checkpoint(fresh, payload, sizeof payload, &ONE, NULL));
    }
    /* nothing half-made stays */
    CHECK_EQ(full, entry_files(root));

    /* what was stored before is intact: for this handle, and for a process that comes new */
    for (int other = 0; other < 2; ++other) {
        warm_store *reader = other ? open_root(root) : store;
        all_there(reader, 1000, large);
        all_there(reader, 2000, medium);
        all_there(reader, 3000, small);
        CHECK_BEST(reader, &slot_key, "before");
        CHECK_BEST(reader, &session_key, "checkpoint");
        CHECK_BEST(reader, &fresh_key, NULL);
        if (other)
            warm_store_free(&reader);
    }
    IN_CHILD({
        warm_store *theirs = open_root(root);
        all_there(theirs, 1000, large);
        CHECK_BEST(theirs, &slot_key, "before");
        CHECK_BEST(theirs, &session_key, "checkpoint");
        warm_store_free(&theirs);
    });

    /* removing needs no space, and makes some */
    for (uint64_t i = 0; i < medium; ++i) {
        const warm_key key = key_of(2000 + i);
        CHECK_OK(warm_store_remove(store, &key));
    }
    for (uint64_t i = 0; i < (large + 1) / 2; ++i) {
        const warm_key key = key_of(1000 + i);
        CHECK_OK(warm_store_remove(store, &key));
    }
    for (uint64_t i = 0; i < small; ++i) {
        const warm_key key = key_of(3000 + i);
        CHECK_OK(warm_store_remove(store, &key));
    }
    CHECK_OK(warm_session_checkpoint(fresh, "at last", 7, &ONE, NULL));
    CHECK_OK(warm_store_save_slot(store, &slot_key, "slot", -1, "after", 5, &better, NULL, WARM_KIND_FINAL));
    CHECK_OK(warm_session_checkpoint(s, "improved", 8, &better, NULL));
    CHECK_OK(warm_session_finalize(s, "final", 5, &better, NULL));
    CHECK_BEST(store, &fresh_key, "at last");
    CHECK_BEST(store, &slot_key, "after");
    CHECK_BEST(store, &session_key, "final");
    all_there(store, 1000 + (large + 1) / 2, large / 2);
    CHECK_OK(warm_session_finish(s));
    CHECK_OK(warm_session_finish(fresh));
    warm_session_free(&s);
    warm_session_free(&fresh);
    warm_store_free(&store);
    return check_finish();
}
