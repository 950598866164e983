/* The library prints nothing, whatever goes wrong, starts no thread at load and leaves signals alone. The script checks that
   this program's output is empty; it tells only by its exit code. */
#include "check.h"

static long threads_now(void)
{
    return count_names("/proc/self/task", "");
}

int main(int argc, char **argv)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGXCPU, SIGXFSZ, SIGPIPE, SIGBUS, SIGSEGV, SIGABRT, SIGCHLD, SIGALRM};
    const double nan_value = NAN;
    const long threads_at_start = threads_now();
    if (!test_start(argc, argv))
        return 2;
    CHECK(threads_at_start < 0 || threads_at_start == 1);

    /* errors of every kind within reach */
    warm_store *store = NULL;
    warm_entry *entry = NULL;
    const warm_key key = key_of(1);
    char bin[PATH_CAP], text[16];
    CHECK(write_file(in_scratch("file"), "x", 1));
    CHECK(warm_store_open(in_scratch("file"), -1, NULL, &store) < 0);
    CHECK(warm_store_open("bad\xff", -1, NULL, &store) < 0);
    CHECK(warm_store_open(NULL, -2, NULL, NULL) < 0);
    CHECK(warm_store_lookup(NULL, NULL, 9, NULL) < 0);
    const char *root = in_scratch("quiet");
    store = open_root(root);
    CHECK(warm_store_save(store, &key, NULL, 7, &nan_value, NULL, 9, NULL, 0, NULL) < 0);
    CHECK_OK(save_scored(store, &key, "x", 1.0, WARM_KIND_FINAL));
    CHECK_OK(warm_store_flush(store, 10.0));
    warm_store_free(&store);
    CHECK(only_name(key_dir(root, &key), ".bin", bin));
    CHECK(write_file(bin, "y", 1));
    CHECK(write_file(in_scratch("quiet/junk"), "junk", 4));
    store = open_root(root);
    CHECK_ST(WARM_NOT_FOUND, lookup_text(store, &key, WARM_LOOKUP_BEST, text, sizeof text));
    CHECK_OK(warm_store_sweep(store));
    warm_session *session = open_session(store, &key, 0.0);
    CHECK_OK(warm_session_checkpoint(session, "x", 1, NULL, NULL));
    CHECK_OK(warm_session_finish(session));
    CHECK(warm_session_checkpoint(session, "x", 1, NULL, NULL) < 0);
    IN_CHILD({
        CHECK(warm_store_sweep(store) == WARM_ERR_FORKED);
        warm_session_free(&session);
        warm_store_free(&store);
        if (check_failures == 0)
            exit(0);
    });
    warm_entry_free(&entry);
    warm_session_free(&session);
    warm_store_free(&store);

    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; ++i) {
        struct sigaction now;
        CHECK(sigaction(signals[i], NULL, &now) == 0 && (now.sa_handler == SIG_DFL || now.sa_handler == SIG_IGN));
    }
    return check_failures != 0 ? 1 : 0; /* and not check_finish, which prints */
}
