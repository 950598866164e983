/* Roots that are none, that may not be read or written, and the default root. Permissions mean nothing to root: run so, the
   tests become another user in a child first. */
#include "check.h"

#include <grp.h>
#include <sys/resource.h>

#define NOBODY 65534

static const double ONE = 1.0;

static void become_nobody(void)
{
    if (geteuid() != 0)
        return;
    REQUIRE(setgroups(0, NULL) == 0);
    REQUIRE(setgid(NOBODY) == 0);
    REQUIRE(setuid(NOBODY) == 0);
    REQUIRE(access(check_scratch, X_OK) == 0); /* the script must let others pass through the scratch directory */
}

/* A directory that the user the child will be owns. */
static const char *nobodys(const char *name)
{
    const char *path = in_scratch(name);
    REQUIRE(mkdir(path, 0700) == 0);
    if (geteuid() == 0)
        REQUIRE(chown(path, NOBODY, NOBODY) == 0);
    return path;
}

static void not_directories(void)
{
    char path[PATH_CAP + 300], component[301];
    const char *file = in_scratch("file");
    REQUIRE(write_file(file, "a file", 6));
    CHECK_ERR_OUT(warm_store, WARM_ERR_INVALID, "director|file", warm_store_open(file, -1, NULL, &out));
    CHECK_ERR_OUT(warm_store, WARM_ERR_INVALID, in_scratch("file"), warm_store_open(file, -1, NULL, &out)); /* and says which */
    CHECK_EQ(6, read_file(file, path, sizeof path));

    memset(component, 'n', 300);
    component[300] = '\0';
    (void)snprintf(path, sizeof path, "%s/%s", check_scratch, component);
    CHECK_ERR_OUT(warm_store, WARM_ERR_INVALID, "long", warm_store_open(path, -1, NULL, &out));

    /* below a file, and through a link to nowhere: some error, and words */
    (void)snprintf(path, sizeof path, "%s/below", file);
    warm_store *out = (warm_store *)(uintptr_t)16;
    const int32_t below = warm_store_open(path, -1, NULL, &out);
    CHECK(out == NULL && (below == WARM_ERR_INVALID || below == WARM_ERR_IO));
    const char *nowhere = in_scratch("nowhere");
    REQUIRE(symlink(in_scratch("missing/target"), nowhere) == 0);
    out = (warm_store *)(uintptr_t)16;
    CHECK(warm_store_open(nowhere, -1, NULL, &out) < 0 && out == NULL);

    /* the root itself may be a link: only what lies below is not followed */
    const char *link = in_scratch("link");
    REQUIRE(mkdir(in_scratch("linked"), 0700) == 0 && symlink(in_scratch("linked"), link) == 0);
    const warm_key key = key_of(1);
    warm_store *store = open_root(link);
    CHECK_OK(save_scored(store, &key, "through", 1.0, WARM_KIND_FINAL));
    CHECK_BEST(store, &key, "through");
    warm_store_free(&store);
    store = open_root(in_scratch("linked"));
    CHECK_BEST(store, &key, "through");
    warm_store_free(&store);
}

static void no_permission(void)
{
    char home[PATH_CAP], path[PATH_CAP + 50];
    (void)snprintf(home, sizeof home, "%s", nobodys("nobody"));
    IN_CHILD({
        become_nobody();
        (void)snprintf(path, sizeof path, "%s/unreadable", home);
        REQUIRE(mkdir(path, 0000) == 0);
        CHECK_ERR_OUT(warm_store, WARM_ERR_PERMISSION, "unreadable", warm_store_open(path, -1, NULL, &out));
        (void)snprintf(path, sizeof path, "%s/locked", home);
        REQUIRE(mkdir(path, 0500) == 0);
        (void)snprintf(path, sizeof path, "%s/locked/new/root", home);
        CHECK_ERR_OUT(warm_store, WARM_ERR_PERMISSION, "locked", warm_store_open(path, -1, NULL, &out));
    });
}

static void lock_visit(const char *path, const struct stat *st, void *context)
{
    (void)context;
    (void)chmod(path, S_ISDIR(st->st_mode) ? 0500 : 0400);
}

static void unlock_visit(const char *path, const struct stat *st, void *context)
{
    (void)context;
    (void)chmod(path, S_ISDIR(st->st_mode) ? 0700 : 0600);
}

/* A root that can only be read opens and answers lookups. */
static void only_readable(void)
{
    char home[PATH_CAP], root[PATH_CAP + 20];
    (void)snprintf(home, sizeof home, "%s", nobodys("reader"));
    (void)snprintf(root, sizeof root, "%s/root", home);
    const warm_key key = key_of(1), other = key_of(2);
    IN_CHILD({
        become_nobody();
        char id[WARM_RUN_ID_MAX];
        warm_store *store = open_root(root);
        CHECK_OK(save_text(store, &key, "readable", &ONE, WARM_KIND_FINAL, id));
        CHECK_OK(warm_store_flush(store, 10.0));
        warm_store_free(&store);
        walk(root, lock_visit, NULL);
        const uint64_t before = tree_hash(root);

        store = open_root(root);
        CHECK_BEST(store, &key, "readable");
        CHECK_LATEST(store, &key, "readable");
        CHECK_BEST(store, &other, NULL);
        CHECK_EQ(1, count_entries(store, &key));
        CHECK_ERR(WARM_ERR_PERMISSION, root, save_text(store, &key, "no", &ONE, WARM_KIND_FINAL, NULL));
        CHECK_ERR(WARM_ERR_PERMISSION, root, save_text(store, &other, "no", &ONE, WARM_KIND_FINAL, NULL));
        CHECK_ERR(WARM_ERR_PERMISSION, root, warm_store_save_slot(store, &key, id, -1, "no", 2, NULL, NULL, WARM_KIND_FINAL));
        CHECK_ERR(WARM_ERR_PERMISSION, root, warm_store_remove(store, &key));
        CHECK_ERR(WARM_ERR_PERMISSION, root, warm_store_remove_entry(store, &key, id, -1));
        CHECK_ERR(WARM_ERR_PERMISSION, root, warm_store_pin(store, &key, id, -1, 1));
        const int32_t swept = warm_store_sweep(store); /* nothing to do is no failure */
        CHECK(swept == WARM_OK || swept == WARM_ERR_PERMISSION);
        warm_session *s = open_session(store, &key, 0.0);
        warm_entry *entry = NULL;
        CHECK_OK(warm_session_load(s, &entry));
        CHECK(entry_is(entry, "readable", 8));
        warm_entry_free(&entry);
        CHECK_ERR(WARM_ERR_PERMISSION, root, warm_session_checkpoint(s, "no", 2, &ONE, NULL));
        CHECK_ERR(WARM_ERR_PERMISSION, root, warm_session_checkpoint_now(s, "no", 2, &ONE, NULL));
        CHECK_ERR(WARM_ERR_PERMISSION, root, warm_session_finalize(s, "no", 2, &ONE, NULL));
        CHECK_BEST(store, &key, "readable");
        CHECK(before == tree_hash(root));
        /* once it may be written again, it is */
        walk(root, unlock_visit, NULL);
        warm_session_free(&s);
        warm_store_free(&store);
        store = open_root(root);
        CHECK_OK(save_scored(store, &key, "better", 0.5, WARM_KIND_FINAL));
        CHECK_BEST(store, &key, "better");
        warm_store_free(&store);
    });

    /* another user's, open to be read */
    if (geteuid() == 0) {
        (void)snprintf(root, sizeof root, "%s", in_scratch("shared"));
        warm_store *store = open_root(root);
        CHECK_OK(save_scored(store, &key, "for all", 1.0, WARM_KIND_FINAL));
        CHECK_OK(warm_store_flush(store, 10.0));
        warm_store_free(&store);
        IN_CHILD({
            (void)execlp("chmod", "chmod", "-R", "go+rX", root, (char *)NULL);
            CHECK(0 && "no chmod");
        });
        IN_CHILD({
            become_nobody();
            warm_store *theirs = open_root(root);
            CHECK_BEST(theirs, &key, "for all");
            CHECK_ERR(WARM_ERR_PERMISSION, root, save_text(theirs, &key, "no", &ONE, WARM_KIND_FINAL, NULL));
            warm_store_free(&theirs);
        });
    }
}

/* A limit on file sizes, and on open files: errors with a name, nothing lost, all well once they are gone. */
static void process_limits(void)
{
    const char *root = in_scratch("limits");
    const warm_key key = key_of(1);
    static char payload[1 << 20];
    IN_CHILD({
        struct rlimit large;
        REQUIRE(getrlimit(RLIMIT_FSIZE, &large) == 0);
        const struct rlimit small = {65536, large.rlim_max};
        (void)signal(SIGXFSZ, SIG_IGN); /* the signal is the host's, the error ours */
        warm_store *store = open_root(root);
        CHECK_OK(warm_store_save_slot(store, &key, "slot", -1, "before", 6, &ONE, NULL, WARM_KIND_FINAL));
        REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
        CHECK_ERR(WARM_ERR_TOO_LARGE, root, warm_store_save_slot(store, &key, "slot", -1, payload, sizeof payload, &ONE, NULL, WARM_KIND_FINAL));
        CHECK_ERR(WARM_ERR_TOO_LARGE, root, warm_store_save(store, &key, payload, sizeof payload, &ONE, NULL, WARM_KIND_FINAL, NULL, 0, NULL));
        CHECK_BEST(store, &key, "before");
        CHECK_EQ(1, count_entries(store, &key));
        REQUIRE(setrlimit(RLIMIT_FSIZE, &large) == 0);
        CHECK_OK(warm_store_save_slot(store, &key, "slot", -1, payload, sizeof payload, &ONE, NULL, WARM_KIND_FINAL));
        CHECK_EQ(1, count_entries(store, &key));
        warm_store_free(&store);
    });
    IN_CHILD({
        const warm_key other = key_of(2);
        static int fds[4096];
        struct rlimit few;
        int n = 0;
        warm_store *store = open_root(root);
        CHECK_OK(warm_store_save_slot(store, &other, "slot", -1, "before", 6, &ONE, NULL, WARM_KIND_FINAL));
        REQUIRE(getrlimit(RLIMIT_NOFILE, &few) == 0);
        few.rlim_cur = 64;
        REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
        while (n < 4096 && (fds[n] = dup(2)) >= 0)
            ++n;
        CHECK_ERR(WARM_ERR_IO, "open files|many", warm_store_save_slot(store, &other, "slot", -1, "during", 6, &ONE, NULL, WARM_KIND_FINAL));
        CHECK_ERR_OUT(warm_store, WARM_ERR_IO, "open files|many", warm_store_open(in_scratch("limits-2"), -1, NULL, &out));
        while (n > 0)
            (void)close(fds[--n]);
        CHECK_BEST(store, &other, "before");
        CHECK_OK(warm_store_save_slot(store, &other, "slot", -1, "after", 5, &ONE, NULL, WARM_KIND_FINAL));
        CHECK_BEST(store, &other, "after");
        warm_store_free(&store);
    });
}

static void root_is(const char *want, const char *root, int64_t len)
{
    char text[PATH_CAP] = "";
    warm_store *store = NULL;
    struct stat st;
    if (!CHECK_OK(warm_store_open(root, len, NULL, &store)))
        return;
    CHECK_OK(warm_store_root(store, text, sizeof text, NULL));
    if (!CHECK(strcmp(text, want) == 0))
        (void)fprintf(stderr, "  expected root %s, got %s\n", want, text);
    const warm_key key = key_of(1);
    CHECK_OK(save_scored(store, &key, "x", 1.0, WARM_KIND_FINAL));
    CHECK(stat(want, &st) == 0 && S_ISDIR(st.st_mode));
    warm_store_free(&store);
}

static void default_root(void)
{
    char dir[PATH_CAP], cache[PATH_CAP], home[PATH_CAP], want[PATH_CAP + 40];
    (void)snprintf(dir, sizeof dir, "%s", in_scratch("env/dir"));
    (void)snprintf(cache, sizeof cache, "%s", in_scratch("env/cache"));
    (void)snprintf(home, sizeof home, "%s", in_scratch("env/home"));
    IN_CHILD({
        REQUIRE(setenv("WARMSTART_DIR", dir, 1) == 0 && setenv("XDG_CACHE_HOME", cache, 1) == 0 && setenv("HOME", home, 1) == 0);
        root_is(dir, NULL, 0);
        root_is(dir, "", 0);
        root_is(dir, "", -1);
        (void)unsetenv("WARMSTART_DIR");
        (void)snprintf(want, sizeof want, "%s/warmstart", cache);
        root_is(want, NULL, 0);
        (void)setenv("WARMSTART_DIR", "", 1); /* empty is unset */
        root_is(want, NULL, 0);
        (void)snprintf(want, sizeof want, "%s/.cache/warmstart", home);
        (void)unsetenv("XDG_CACHE_HOME");
        root_is(want, NULL, 0);
        (void)setenv("XDG_CACHE_HOME", "", 1);
        root_is(want, NULL, 0);
        (void)setenv("XDG_CACHE_HOME", "relative/cache", 1); /* not valid by its specification: ignored */
        root_is(want, NULL, 0);
        /* a root that is named is that root, whatever the environment says */
        (void)setenv("WARMSTART_DIR", dir, 1);
        root_is(in_scratch("env/named"), in_scratch("env/named"), -1);
    });
    /* nothing known: an error in words, or some place of the user's; never a shared temporary directory */
    IN_CHILD({
        char text[PATH_CAP] = "";
        become_nobody();
        (void)unsetenv("WARMSTART_DIR");
        (void)unsetenv("XDG_CACHE_HOME");
        (void)unsetenv("HOME");
        (void)setenv("TMPDIR", check_scratch, 1);
        if (geteuid() == NOBODY) { /* a user of the machine's own has a home, which is not ours to write into */
            warm_store *store = (warm_store *)(uintptr_t)16;
            const int32_t status = warm_store_open(NULL, 0, NULL, &store);
            if (status == WARM_OK) {
                CHECK_OK(warm_store_root(store, text, sizeof text, NULL));
                CHECK(strncmp(text, "/tmp", 4) != 0 && strncmp(text, "/var/tmp", 8) != 0 && strncmp(text, "/dev/shm", 8) != 0 &&
                      strncmp(text, check_scratch, strlen(check_scratch)) != 0);
                warm_store_free(&store);
            } else {
                CHECK(status < 0 && store == NULL);
                CHECK(has_word(last_error_into(text), "WARMSTART_DIR"));
            }
        }
    });
}

/* Relative to the working directory at open, and literal. */
static void relative_root(void)
{
    const warm_key key = key_of(1);
    IN_CHILD({
        struct stat st;
        REQUIRE(mkdir(in_scratch("here"), 0700) == 0 && mkdir(in_scratch("there"), 0700) == 0);
        REQUIRE(chdir(in_scratch("here")) == 0);
        warm_store *plain = open_root("plain/root");
        warm_store *tilde = open_root("~");
        warm_store *dotted = open_root("../there/../here/dotted");
        REQUIRE(chdir(in_scratch("there")) == 0);
        CHECK_OK(save_scored(plain, &key, "plain", 1.0, WARM_KIND_FINAL));
        CHECK_OK(save_scored(tilde, &key, "tilde", 1.0, WARM_KIND_FINAL));
        CHECK_OK(save_scored(dotted, &key, "dotted", 1.0, WARM_KIND_FINAL));
        CHECK_BEST(plain, &key, "plain");
        CHECK_BEST(tilde, &key, "tilde");
        CHECK_BEST(dotted, &key, "dotted");
        CHECK_OK(warm_store_sweep(plain));
        CHECK(stat(key_dir(in_scratch("here/plain/root"), &key), &st) == 0);
        CHECK(stat(key_dir(in_scratch("here/~"), &key), &st) == 0);
        CHECK(stat(key_dir(in_scratch("here/dotted"), &key), &st) == 0);
        CHECK_EQ(0, count_names(in_scratch("there"), ""));
        warm_store *elsewhere = open_root("plain/root");
        CHECK_BEST(elsewhere, &key, NULL);
        warm_store_free(&elsewhere);
        warm_store_free(&plain);
        warm_store_free(&tilde);
        warm_store_free(&dotted);
    });
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv))
        return 2;
    not_directories();
    no_permission();
    only_readable();
    process_limits();
    default_root();
    relative_root();
    return check_finish();
}
