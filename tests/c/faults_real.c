/* Faults that no test has to imitate: file systems that turn read-only, vanish and are unmounted under open handles, and the
   limits of a process. argv[2]: what the script has mounted on argv[3], a small file system of the test's own: tmpfs or ext4;
   without them, only what needs no mount. */
#include "check.h"

#include <sys/mount.h>
#include <sys/resource.h>

static const double ONE = 1.0, HALF = 0.5;

/* How often each kind of trouble was met; a line of figures at the end. */
static long answered, refused;

static void tell(int32_t status)
{
    ++*(status == WARM_OK ? &answered : &refused);
}

static int read_only(const char *disk, int on)
{
    return mount(NULL, disk, NULL, MS_REMOUNT | (on ? (unsigned long)MS_RDONLY : 0), NULL) == 0;
}

/* Every call that writes says PERMISSION and leaves no trace; those that read go on. */
static void reads_and_refuses(const char *root, warm_store *store, warm_session *s, const warm_key *key, const char *id)
{
    const warm_key other = key_of(99);
    const uint64_t before = tree_hash(root);
    warm_entry *entry = NULL;
    CHECK_BEST(store, key, "before");
    CHECK_LATEST(store, key, "before");
    CHECK_BEST(store, &other, NULL);
    CHECK_EQ(1, count_entries(store, key));
    CHECK_OK(warm_session_load(s, &entry));
    CHECK(entry_is(entry, "before", 6));
    warm_entry_free(&entry);
    CHECK_ERR(WARM_ERR_PERMISSION, root, save_text(store, key, "no", &HALF, WARM_KIND_FINAL, NULL));
    CHECK_ERR(WARM_ERR_PERMISSION, root, save_text(store, &other, "no", &HALF, WARM_KIND_FINAL, NULL));
    CHECK_ERR(WARM_ERR_PERMISSION, root, warm_store_save_slot(store, key, id, -1, "no", 2, NULL, NULL, WARM_KIND_FINAL));
    CHECK_ERR(WARM_ERR_PERMISSION, root, warm_store_remove(store, key));
    CHECK_ERR(WARM_ERR_PERMISSION, root, warm_store_remove_entry(store, key, id, -1));
    CHECK_ERR(WARM_ERR_PERMISSION, root, warm_store_pin(store, key, id, -1, 1));
    CHECK_EQ(1, warm_session_should_checkpoint(s, &HALF));
    CHECK_ERR(WARM_ERR_PERMISSION, root, warm_session_checkpoint(s, "no", 2, &HALF, NULL));
    CHECK_ERR(WARM_ERR_PERMISSION, root, warm_session_checkpoint_now(s, "no", 2, &HALF, NULL));
    CHECK_ERR(WARM_ERR_PERMISSION, root, warm_session_finalize(s, "no", 2, &HALF, NULL));
    CHECK_EQ(1, warm_session_should_checkpoint(s, &HALF)); /* a failed write does not count as written */
    refused += 9;
    CHECK_BEST(store, key, "before");
    CHECK(before == tree_hash(root));
}

/* A mount that is read-only, and one that becomes so while a session is open, and writable again. */
static void read_only_mount(const char *disk)
{
    char root[PATH_CAP], id[WARM_RUN_ID_MAX];
    const warm_key key = key_of(1);
    (void)snprintf(root, sizeof root, "%s/root", disk);
    warm_store *store = open_root(root);
    CHECK_OK(save_text(store, &key, "before", &ONE, WARM_KIND_FINAL, id));
    warm_session *s = open_session(store, &key, 3600.0);
    /* under both, which were opened before */
    REQUIRE(read_only(disk, 1));
    reads_and_refuses(root, store, s, &key, id);
    /* for those who come now */
    warm_store *late = open_root(root);
    warm_session *late_session = open_session(late, &key, 3600.0);
    reads_and_refuses(root, late, late_session, &key, id);
    IN_CHILD({
        warm_store *theirs = open_root(root);
        CHECK_BEST(theirs, &key, "before");
        CHECK_ERR(WARM_ERR_PERMISSION, root, save_text(theirs, &key, "no", &ONE, WARM_KIND_FINAL, NULL));
        warm_store_free(&theirs);
    });
    /* and nobody has to open anything again */
    REQUIRE(read_only(disk, 0));
    CHECK_OK(warm_session_checkpoint(s, "after", 5, &HALF, NULL));
    CHECK_BEST(late, &key, "after");
    CHECK_OK(warm_session_finalize(late_session, "final", 5, &HALF, NULL));
    CHECK_BEST(store, &key, "final");
    CHECK_OK(warm_store_remove(store, &key));
    CHECK_BEST(late, &key, NULL);
    warm_session_free(&s);
    warm_session_free(&late_session);
    warm_store_free(&late);
    warm_store_free(&store);
}

/* A journal that is aborted, as after an error of the device: the file system turns read-only with files open for writing. */
static void aborted_journal(const char *disk)
{
    char root[PATH_CAP], id[WARM_RUN_ID_MAX];
    const warm_key key = key_of(2);
    (void)snprintf(root, sizeof root, "%s/aborted", disk);
    warm_store *store = open_root(root);
    CHECK_OK(save_text(store, &key, "before", &ONE, WARM_KIND_FINAL, id));
    warm_session *s = open_session(store, &key, 3600.0);
    CHECK_OK(warm_session_checkpoint(s, "checkpoint", 10, &HALF, NULL));
    if (mount(NULL, disk, NULL, MS_REMOUNT, "abort") != 0) {
        printf("the kernel does not abort journals on request: %s\n", strerror(errno));
    } else {
        const double better = 0.25;
        for (int i = 0; i < 5; ++i) {
            /* the first to notice is told EIO, the others EROFS */
            const int32_t status = warm_session_checkpoint(s, "no", 2, &better, NULL);
            CHECK(status == WARM_ERR_IO || status == WARM_ERR_PERMISSION);
            tell(status);
        }
        const int32_t status = warm_session_finalize(s, "no", 2, &better, NULL);
        CHECK(status == WARM_ERR_IO || status == WARM_ERR_PERMISSION);
        CHECK_BEST(store, &key, "checkpoint");
        CHECK_EQ(2, count_entries(store, &key));
        warm_store *late = open_root(root);
        CHECK_BEST(late, &key, "checkpoint");
        warm_store_free(&late);
    }
    warm_session_free(&s);
    warm_store_free(&store);
}

/* Unmounted under open handles: they hold what they opened; who comes later finds the directory below. */
static void unmounted(const char *disk)
{
    char root[PATH_CAP];
    const warm_key key = key_of(3);
    (void)snprintf(root, sizeof root, "%s/unmounted", disk);
    warm_store *store = open_root(root);
    CHECK_OK(warm_store_save_slot(store, &key, "slot", -1, "before", 6, &ONE, NULL, WARM_KIND_FINAL));
    warm_session *s = open_session(store, &key, 3600.0);
    CHECK_OK(warm_session_checkpoint(s, "checkpoint", 10, &ONE, NULL));
    REQUIRE(umount2(disk, MNT_DETACH) == 0);
    CHECK_BEST(store, &key, "before");
    CHECK_OK(warm_session_checkpoint(s, "better", 6, &HALF, NULL));
    CHECK_BEST(store, &key, "better");
    CHECK_OK(warm_store_save_slot(store, &key, "slot", -1, "after", 5, &ONE, NULL, WARM_KIND_FINAL));
    CHECK_OK(warm_session_finalize(s, "final", 5, &HALF, NULL));
    CHECK_BEST(store, &key, "final");
    warm_store *late = open_root(root);
    CHECK_BEST(late, &key, NULL);
    CHECK_OK(save_scored(late, &key, "elsewhere", 1.0, WARM_KIND_FINAL));
    CHECK_BEST(late, &key, "elsewhere");
    CHECK_BEST(store, &key, "final");
    warm_store_free(&late);
    warm_session_free(&s);
    warm_store_free(&store);
}

/* A root that is removed, with all that is in it, or moved away: between calls. */
static void vanished(void)
{
    char root[PATH_CAP], away[PATH_CAP];
    const warm_key key = key_of(4);
    (void)snprintf(root, sizeof root, "%s", in_scratch("vanished/below/root"));
    (void)snprintf(away, sizeof away, "%s", in_scratch("away"));
    warm_store *store = open_root(root);
    warm_session *s = open_session(store, &key, 3600.0);
    CHECK_OK(warm_session_checkpoint(s, "first", 5, &ONE, NULL));
    CHECK_OK(warm_store_save_slot(store, &key, "slot", -1, "old", 3, &ONE, NULL, WARM_KIND_FINAL));
    remove_tree(in_scratch("vanished"));
    CHECK_BEST(store, &key, NULL);
    CHECK_EQ(0, count_entries(store, &key));
    CHECK_ST(WARM_NOT_FOUND, warm_store_remove(store, &key));
    const int32_t swept = warm_store_sweep(store);
    CHECK(swept == WARM_OK || swept == WARM_ERR_IO);
    /* made anew, for who goes on */
    CHECK_OK(warm_session_checkpoint(s, "second", 6, &HALF, NULL));
    CHECK_BEST(store, &key, "second");
    warm_store *late = open_root(root);
    CHECK_BEST(late, &key, "second");
    CHECK_OK(warm_store_save_slot(store, &key, "slot", -1, "new", 3, &ONE, NULL, WARM_KIND_FINAL));
    CHECK_OK(warm_session_finalize(s, "final", 5, &HALF, NULL));
    CHECK_BEST(late, &key, "final");
    CHECK_EQ(2, count_entries(late, &key));
    warm_store_free(&late);
    /* moved away: whoever has it open goes on in it, and nothing is split between two places */
    REQUIRE(rename(root, away) == 0);
    CHECK_OK(warm_session_checkpoint_now(s, "moved", 5, &HALF, NULL));
    CHECK_BEST(store, &key, "final");
    late = open_root(away);
    CHECK_BEST(late, &key, "final");
    CHECK_LATEST(late, &key, "moved");
    warm_store_free(&late);
    late = open_root(root);
    CHECK_BEST(late, &key, NULL);
    warm_store_free(&late);
    warm_session_free(&s);
    warm_store_free(&store);
}

/* And in the midst of checkpoints, over and over. */
static void vanishing(void)
{
    char root[PATH_CAP], text[64];
    const warm_key key = key_of(5);
    const long n = rounds(300);
    long done = 0, failed = 0;
    (void)snprintf(root, sizeof root, "%s", in_scratch("vanishing"));
    (void)fflush(stdout);
    const pid_t remover = fork();
    REQUIRE(remover >= 0);
    if (remover == 0) {
        child_begin();
        for (;;) {
            remove_tree(root);
            nap(0.005);
        }
    }
    warm_store *store = open_root(root);
    warm_session *s = open_session(store, &key, 0.0);
    for (long i = 0; i < n; ++i) {
        const double objective = -(double)i;
        const int64_t len = snprintf(text, sizeof text, "checkpoint %ld", i);
        const int32_t status = i % 50 == 49 ? warm_session_finalize(s, text, len, &objective, NULL)
                                            : warm_session_checkpoint_now(s, text, len, &objective, NULL);
        CHECK(status == WARM_OK || status == WARM_ERR_IO);
        ++*(status == WARM_OK ? &done : &failed);
        warm_entry *entry = NULL;
        const int32_t found = warm_store_lookup(store, &key, WARM_LOOKUP_BEST, &entry);
        CHECK(found == WARM_OK || found == WARM_NOT_FOUND || found == WARM_ERR_IO);
        warm_entry_free(&entry);
    }
    REQUIRE(kill(remover, SIGKILL) == 0 && waitpid(remover, NULL, 0) == remover);
    const double best = -(double)n;
    CHECK_OK(warm_session_checkpoint_now(s, "after all", 9, &best, NULL));
    CHECK_BEST(store, &key, "after all");
    warm_store *late = open_root(root);
    CHECK_BEST(late, &key, "after all");
    warm_store_free(&late);
    warm_session_free(&s);
    warm_store_free(&store);
    CHECK(done > 0);
    printf("a root removed over and over: %ld checkpoints written, %ld refused\n", done, failed);
    answered += done;
    refused += failed;
}

/* No descriptor left: every call says so, none takes it for absence, and all is well afterwards. */
static void no_descriptor(void)
{
    const char *root = in_scratch("descriptors");
    const warm_key key = key_of(6), unread = key_of(7);
    IN_CHILD({
        static int fds[4096];
        struct rlimit few;
        int n = 0;
        warm_entry *entry = NULL;
        warm_cursor *cursor = NULL;
        warm_store *store = open_root(root);
        CHECK_OK(warm_store_save_slot(store, &key, "slot", -1, "before", 6, &ONE, NULL, WARM_KIND_FINAL));
        CHECK_OK(warm_store_save_slot(store, &unread, "slot", -1, "unread", 6, &ONE, NULL, WARM_KIND_FINAL));
        warm_session *s = open_session(store, &key, 3600.0);
        REQUIRE(getrlimit(RLIMIT_NOFILE, &few) == 0);
        few.rlim_cur = 64;
        REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
        while (n < 4096 && (fds[n] = dup(2)) >= 0)
            ++n;
        const char *words = "open files|many";
        CHECK_ERR(WARM_ERR_IO, words, warm_store_lookup(store, &unread, WARM_LOOKUP_BEST, &entry));
        CHECK_ERR(WARM_ERR_IO, words, warm_store_list_keys(store, &cursor));
        CHECK_ERR(WARM_ERR_IO, words, warm_store_list_entries(store, &key, &cursor));
        CHECK_ERR(WARM_ERR_IO, words, warm_store_save(store, &key, "no", 2, &HALF, NULL, WARM_KIND_FINAL, NULL, 0, NULL));
        CHECK_ERR(WARM_ERR_IO, words, warm_store_remove(store, &key));
        CHECK_ERR(WARM_ERR_IO, words, warm_store_remove_entry(store, &key, "slot", -1));
        CHECK_ERR(WARM_ERR_IO, words, warm_store_pin(store, &key, "slot", -1, 1));
        CHECK_ERR(WARM_ERR_IO, words, warm_session_checkpoint(s, "no", 2, &HALF, NULL));
        CHECK_ERR(WARM_ERR_IO, words, warm_session_finalize(s, "no", 2, &HALF, NULL));
        (void)warm_store_sweep(store); /* whatever it can say: it takes nothing away */
        while (n > 0)
            (void)close(fds[--n]);
        CHECK_BEST(store, &key, "before");
        CHECK_BEST(store, &unread, "unread");
        CHECK_OK(warm_session_checkpoint(s, "after", 5, &HALF, NULL));
        CHECK_OK(warm_session_finalize(s, "final", 5, &HALF, NULL));
        CHECK_BEST(store, &key, "final");
        warm_session_free(&s);
        warm_store_free(&store);
    });
    refused += 9;
}

/* A limit on file sizes kills a process that leaves SIGXFSZ at its default: the signal is the host's, and the library installs no
   handler. What was stored before is intact; a host that ignores the signal gets TOO_LARGE instead. */
static void size_limit(void)
{
    const char *root = in_scratch("sizes");
    const warm_key key = key_of(8);
    static char payload[1 << 20];
    int status = 0;
    warm_store *store = open_root(root);
    CHECK_OK(warm_store_save_slot(store, &key, "slot", -1, "before", 6, &ONE, NULL, WARM_KIND_FINAL));
    (void)fflush(stdout);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const struct rlimit none = {0, 0}, small = {65536, 65536};
        child_begin();
        (void)signal(SIGXFSZ, SIG_DFL);
        (void)setrlimit(RLIMIT_CORE, &none);
        warm_store *theirs = open_root(root);
        REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
        (void)warm_store_save_slot(theirs, &key, "slot", -1, payload, sizeof payload, &HALF, NULL, WARM_KIND_FINAL);
        child_end();
    }
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ);
    CHECK_BEST(store, &key, "before");
    CHECK_EQ(1, count_entries(store, &key));
    IN_CHILD({
        const struct rlimit small = {65536, 65536};
        (void)signal(SIGXFSZ, SIG_IGN);
        warm_store *theirs = open_root(root);
        warm_session *s = open_session(theirs, &key, 3600.0);
        REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
        CHECK_ERR(WARM_ERR_TOO_LARGE, root, warm_session_checkpoint(s, payload, sizeof payload, &HALF, NULL));
        CHECK_ERR(WARM_ERR_TOO_LARGE, root, warm_session_finalize(s, payload, sizeof payload, &HALF, NULL));
        CHECK_BEST(theirs, &key, "before");
        CHECK_OK(warm_session_finalize(s, "small", 5, &HALF, NULL));
        CHECK_BEST(theirs, &key, "small");
        warm_session_free(&s);
        warm_store_free(&theirs);
    });
    refused += 2;
    CHECK_BEST(store, &key, "small");
    warm_store_free(&store);
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv))
        return 2;
    if (argc >= 4 && strcmp(argv[2], "tmpfs") == 0) {
        read_only_mount(argv[3]);
        unmounted(argv[3]);
    } else if (argc >= 4 && strcmp(argv[2], "ext4") == 0) {
        read_only_mount(argv[3]);
        aborted_journal(argv[3]);
    } else {
        vanished();
        vanishing();
        no_descriptor();
        size_limit();
    }
    printf("calls refused in time: %ld\n", refused);
    return check_finish();
}
