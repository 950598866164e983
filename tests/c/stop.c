/* When a session is to stop: deadlines, the scheduler's environment, halt files and signals, with real processes and real signals. */
#include "check.h"

/* Counted by handlers on several threads. */
static volatile int theirs, theirs_with_info;

static void their_handler(int signal)
{
    (void)signal;
    __atomic_add_fetch(&theirs, 1, __ATOMIC_RELAXED);
}

static void their_info_handler(int signal, siginfo_t *info, void *context)
{
    (void)context;
    if (info != NULL && info->si_signo == signal)
        __atomic_add_fetch(&theirs_with_info, 1, __ATOMIC_RELAXED);
}

static void install(int signal, void (*handler)(int), int flags)
{
    struct sigaction a;
    memset(&a, 0, sizeof a);
    a.sa_handler = handler;
    a.sa_flags = flags;
    CHECK(sigaction(signal, &a, NULL) == 0);
}

static struct sigaction installed(int signal)
{
    struct sigaction a;
    memset(&a, 0, sizeof a);
    CHECK(sigaction(signal, NULL, &a) == 0);
    return a;
}

static warm_session *open_with_options(warm_store *store, const warm_key *key, warm_session_options *o)
{
    warm_session *s = NULL;
    REQUIRE_OK(warm_session_open(store, key, o, &s));
    warm_session_options_free(&o);
    return s;
}

static warm_session_options *session_options(void)
{
    warm_session_options *o = NULL;
    REQUIRE_OK(warm_session_options_new(&o));
    return o;
}

static warm_session_stop stop_of(const warm_session *s)
{
    warm_session_stop stop;
    memset(&stop, 0, sizeof stop);
    stop.struct_size = (uint32_t)sizeof stop;
    CHECK_OK(warm_session_get_stop(s, &stop));
    return stop;
}

static int says(const warm_session *s, const char *words)
{
    char text[4096];
    return warm_session_stop_text(s, text, sizeof text, NULL) == WARM_OK && has_word(text, words);
}

static void nothing_to_wait_for(void)
{
    warm_store *store = open_root(in_scratch("stop-nothing"));
    const warm_key key = key_of(1);
    warm_session *s = open_session(store, &key, 0.0);
    CHECK_ST(0, warm_session_should_stop(s));
    const warm_session_stop stop = stop_of(s);
    CHECK(stop.reason == WARM_STOP_NONE && stop.deadline == WARM_DEADLINE_NONE && stop.signal == 0 && stop.seconds_left == 0.0);
    CHECK(says(s, "no deadline"));
    CHECK_OK(warm_session_finish(s));
    CHECK_ST(0, warm_session_should_stop(s));
    warm_session_free(&s);
    warm_store_free(&store);
}

static void deadlines(void)
{
    warm_store *store = open_root(in_scratch("stop-deadlines"));
    const warm_key key = key_of(1);
    warm_session_options *o = session_options();
    CHECK_OK(warm_session_options_set_deadline_seconds(o, 1e6));
    warm_session *s = open_with_options(store, &key, o);
    CHECK_ST(0, warm_session_should_stop(s));
    warm_session_stop stop = stop_of(s);
    CHECK(stop.reason == WARM_STOP_NONE && stop.deadline == WARM_DEADLINE_CALLER);
    CHECK(stop.seconds_left > 9e5 && stop.seconds_left <= 1e6 && stop.reserve_seconds >= 1.0);
    CHECK(says(s, "options"));
    warm_session_free(&s);

    /* the earlier of two, which has passed */
    o = session_options();
    CHECK_OK(warm_session_options_set_deadline_seconds(o, 1e6));
    CHECK_OK(warm_session_options_set_deadline_unix(o, (int64_t)time(NULL) - 5));
    s = open_with_options(store, &key, o);
    CHECK_ST(1, warm_session_should_stop(s));
    stop = stop_of(s);
    CHECK(stop.reason == WARM_STOP_DEADLINE && stop.seconds_left < -4.0);
    CHECK(says(s, "stop"));
    warm_session_free(&s);

    /* a margin that leaves nothing */
    o = session_options();
    CHECK_OK(warm_session_options_set_deadline_seconds(o, 1e6));
    CHECK_OK(warm_session_options_set_stop_margin_seconds(o, 2e6));
    s = open_with_options(store, &key, o);
    CHECK_ST(1, warm_session_should_stop(s));
    warm_session_free(&s);
    warm_store_free(&store);
}

static int32_t deadline_by_environment(warm_store *store, int on, int expected)
{
    const warm_key key = key_of(1);
    warm_session_options *o = session_options();
    CHECK_OK(warm_session_options_set_scheduler(o, on));
    warm_session *s = open_with_options(store, &key, o);
    CHECK_ST(expected, warm_session_should_stop(s));
    const warm_session_stop stop = stop_of(s);
    warm_session_free(&s);
    return stop.deadline;
}

static void schedulers(void)
{
    warm_store *store = open_root(in_scratch("stop-schedulers"));
    const char *nodes = in_scratch("nodes");
    char soon[32], late[32];
    (void)snprintf(soon, sizeof soon, "%ld", (long)time(NULL) + 1000);
    (void)snprintf(late, sizeof late, "%ld", (long)time(NULL) + 90000);
    CHECK_EQ(WARM_DEADLINE_NONE, deadline_by_environment(store, 1, 0));
    (void)setenv("SLURM_JOB_END_TIME", late, 1);
    CHECK_EQ(WARM_DEADLINE_SLURM, deadline_by_environment(store, 1, 0));
    CHECK_EQ(WARM_DEADLINE_NONE, deadline_by_environment(store, 0, 0));
    (void)setenv("COBALT_ENDTIME", soon, 1);
    CHECK_EQ(WARM_DEADLINE_COBALT, deadline_by_environment(store, 1, 0));
    (void)unsetenv("COBALT_ENDTIME");
    CHECK(write_file(nodes, "node1\n", 6));
    (void)setenv("OAR_NODE_FILE", nodes, 1);
    (void)setenv("OAR_JOB_WALLTIME_SECONDS", "500", 1);
    CHECK_EQ(WARM_DEADLINE_OAR, deadline_by_environment(store, 1, 0));
    (void)unsetenv("OAR_JOB_WALLTIME_SECONDS");
    (void)setenv("WARMSTART_DEADLINE", "1000", 1); /* in 1970 */
    CHECK_EQ(WARM_DEADLINE_ENVIRONMENT, deadline_by_environment(store, 1, 1));
    (void)unsetenv("WARMSTART_DEADLINE");
    (void)setenv("SLURM_JOB_END_TIME", "1000", 1); /* a job that is over */
    CHECK_EQ(WARM_DEADLINE_NONE, deadline_by_environment(store, 1, 0));
    (void)setenv("SLURM_JOB_END_TIME", "soon", 1);
    CHECK_EQ(WARM_DEADLINE_NONE, deadline_by_environment(store, 1, 0));
    (void)unsetenv("SLURM_JOB_END_TIME");
    warm_store_free(&store);
}

static void halt_file(void)
{
    warm_store *store = open_root(in_scratch("stop-halt"));
    const warm_key key = key_of(1);
    const char *halt = in_scratch("halt now");
    warm_session_options *o = session_options();
    CHECK_OK(warm_session_options_set_halt_file(o, halt, -1));
    warm_session *s = open_with_options(store, &key, o);
    CHECK_ST(0, warm_session_should_stop(s));
    CHECK(write_file(halt, "", 0));
    int tries = 0;
    while (warm_session_should_stop(s) == 0 && tries++ < 600)
        nap(0.1);
    CHECK_ST(1, warm_session_should_stop(s));
    CHECK_EQ(WARM_STOP_HALT_FILE, stop_of(s).reason);
    CHECK(says(s, "halt now"));
    CHECK(unlink(halt) == 0);
    CHECK_ST(1, warm_session_should_stop(s));
    warm_session_free(&s);
    warm_store_free(&store);
}

static void signals_are_noted(void)
{
    warm_store *store = open_root(in_scratch("stop-signals"));
    const warm_key key = key_of(1);
    warm_session *s = open_session(store, &key, 0.0);
    static const int all[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; ++i) {
        const int32_t signal = all[i];
        CHECK_ST(WARM_NOT_FOUND, warm_signals_unwatch(signal));
        CHECK_OK(warm_signals_watch(signal, 0));
        CHECK_ST(0, warm_signals_noted(signal));
        CHECK_ST(0, warm_session_should_stop(s));
        CHECK(raise(signal) == 0);
        CHECK_ST(1, warm_signals_noted(signal));
        CHECK_ST(1, warm_session_should_stop(s));
        const warm_session_stop stop = stop_of(s);
        CHECK(stop.reason == WARM_STOP_SIGNAL && stop.signal == signal);
        CHECK(says(s, "signal"));
        CHECK_OK(warm_signals_forget(signal));
        CHECK_ST(WARM_NOT_FOUND, warm_signals_forget(signal));
        CHECK_ST(0, warm_session_should_stop(s));
        CHECK(raise(signal) == 0);
        CHECK_OK(warm_signals_unwatch(signal));
        CHECK_ST(0, warm_session_should_stop(s)); /* forgotten with the watch */
        CHECK(installed(signal).sa_handler == SIG_DFL);
        CHECK_ST(WARM_NOT_FOUND, warm_signals_unwatch(signal));
    }
    static const int others[] = {0, -1, SIGKILL, SIGSEGV, SIGCHLD, SIGALRM, 31, 32, 64, 1000, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; ++i) {
        CHECK_ERR(WARM_ERR_INVALID, "SIGTERM", warm_signals_watch(others[i], 0));
        CHECK_ERR(WARM_ERR_INVALID, "SIGTERM", warm_signals_unwatch(others[i]));
        CHECK_ERR(WARM_ERR_INVALID, "SIGTERM", warm_signals_noted(others[i]));
        CHECK_ERR(WARM_ERR_INVALID, "SIGTERM", warm_signals_forget(others[i]));
    }
    CHECK_ERR(WARM_ERR_INVALID, "chain", warm_signals_watch(SIGTERM, 2));
    CHECK(installed(SIGTERM).sa_handler == SIG_DFL);
    warm_session_free(&s);
    warm_store_free(&store);
}

static void handlers_are_chained_and_put_back(void)
{
    /* not called unless wanted */
    install(SIGUSR1, their_handler, 0);
    theirs = 0;
    CHECK_OK(warm_signals_watch(SIGUSR1, 0));
    CHECK(raise(SIGUSR1) == 0);
    CHECK(theirs == 0 && warm_signals_noted(SIGUSR1) == 1);
    /* a second watcher wants it; the first does not undo that */
    CHECK_OK(warm_signals_watch(SIGUSR1, 1));
    CHECK(raise(SIGUSR1) == 0);
    CHECK_EQ(1, theirs);
    CHECK_OK(warm_signals_unwatch(SIGUSR1));
    CHECK_ST(1, warm_signals_noted(SIGUSR1));
    CHECK(raise(SIGUSR1) == 0);
    CHECK_EQ(2, theirs);
    CHECK_OK(warm_signals_unwatch(SIGUSR1));
    CHECK(installed(SIGUSR1).sa_handler == their_handler);
    CHECK((installed(SIGUSR1).sa_flags & SA_RESTART) == 0);
    CHECK(raise(SIGUSR1) == 0);
    CHECK_EQ(3, theirs);
    CHECK_ST(0, warm_signals_noted(SIGUSR1));

    /* with information; and calls that were interrupted still are */
    struct sigaction a;
    memset(&a, 0, sizeof a);
    a.sa_sigaction = their_info_handler;
    a.sa_flags = SA_SIGINFO;
    (void)sigaddset(&a.sa_mask, SIGUSR2);
    CHECK(sigaction(SIGXCPU, &a, NULL) == 0);
    theirs_with_info = 0;
    CHECK_OK(warm_signals_watch(SIGXCPU, 1));
    CHECK((installed(SIGXCPU).sa_flags & SA_RESTART) == 0 && (installed(SIGXCPU).sa_flags & SA_ONSTACK) != 0);
    struct sigaction ours = installed(SIGXCPU);
    CHECK(sigismember(&ours.sa_mask, SIGUSR2) == 1);
    CHECK(raise(SIGXCPU) == 0);
    CHECK_EQ(1, theirs_with_info);
    CHECK_OK(warm_signals_unwatch(SIGXCPU));
    CHECK(installed(SIGXCPU).sa_sigaction == their_info_handler);
    install(SIGXCPU, SIG_DFL, 0);

    /* ignored stays ignored */
    install(SIGHUP, SIG_IGN, 0);
    CHECK_OK(warm_signals_watch(SIGHUP, 1));
    CHECK(raise(SIGHUP) == 0);
    CHECK_ST(1, warm_signals_noted(SIGHUP));
    CHECK_OK(warm_signals_unwatch(SIGHUP));
    CHECK(installed(SIGHUP).sa_handler == SIG_IGN);
    install(SIGHUP, SIG_DFL, 0);

    /* once only */
    install(SIGUSR2, their_handler, (int)SA_RESETHAND);
    theirs = 0;
    CHECK_OK(warm_signals_watch(SIGUSR2, 1));
    CHECK(raise(SIGUSR2) == 0);
    CHECK(raise(SIGUSR2) == 0);
    CHECK_EQ(1, theirs);
    CHECK_OK(warm_signals_unwatch(SIGUSR2));
    CHECK(installed(SIGUSR2).sa_handler == SIG_DFL); /* as the kernel would have left it */
    install(SIGUSR2, SIG_DFL, 0);
    install(SIGUSR1, SIG_DFL, 0);
}

static struct sigaction below;

static void chaining_handler(int signal)
{
    __atomic_add_fetch(&theirs, 1, __ATOMIC_RELAXED);
    if ((below.sa_flags & SA_SIGINFO) != 0)
        below.sa_sigaction(signal, NULL, NULL);
}

/* Somebody installs a handler of his own over ours, and calls ours. */
static void a_handler_on_top(void)
{
    CHECK_OK(warm_signals_watch(SIGTERM, 0));
    struct sigaction a;
    memset(&a, 0, sizeof a);
    a.sa_handler = chaining_handler;
    CHECK(sigaction(SIGTERM, &a, &below) == 0);
    theirs = 0;
    CHECK(raise(SIGTERM) == 0);
    CHECK(theirs == 1 && warm_signals_noted(SIGTERM) == 1);
    CHECK_OK(warm_signals_unwatch(SIGTERM));
    CHECK(installed(SIGTERM).sa_handler == chaining_handler); /* not ours to remove */
    /* watched again: no loop, no second handler */
    CHECK_OK(warm_signals_watch(SIGTERM, 1));
    CHECK(installed(SIGTERM).sa_handler == chaining_handler);
    CHECK(raise(SIGTERM) == 0);
    CHECK(theirs == 2 && warm_signals_noted(SIGTERM) == 1);
    CHECK_OK(warm_signals_unwatch(SIGTERM));
    /* passed on as if it had never been watched: that is the default action */
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        (void)raise(SIGTERM);
        _exit(0);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    /* He goes: ours is below, and is put back by the last undo. */
    CHECK(sigaction(SIGTERM, &below, NULL) == 0);
    CHECK_OK(warm_signals_watch(SIGTERM, 0));
    CHECK(raise(SIGTERM) == 0);
    CHECK_ST(1, warm_signals_noted(SIGTERM));
    CHECK_OK(warm_signals_unwatch(SIGTERM));
    CHECK(installed(SIGTERM).sa_handler == SIG_DFL);
}

/* A child did not ask: it dies of what its parent would have died of, and has seen nothing. */
static void children_are_not_watched(void)
{
    CHECK_OK(warm_signals_watch(SIGTERM, 0));
    CHECK(raise(SIGTERM) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        child_begin();
        CHECK_ST(0, warm_signals_noted(SIGTERM));
        CHECK(installed(SIGTERM).sa_handler == SIG_DFL);
        CHECK_ST(WARM_NOT_FOUND, warm_signals_unwatch(SIGTERM));
        CHECK_OK(warm_signals_watch(SIGTERM, 0));
        CHECK(raise(SIGTERM) == 0);
        CHECK_ST(1, warm_signals_noted(SIGTERM));
        CHECK_OK(warm_signals_unwatch(SIGTERM));
        if (check_failures != 0)
            _exit(1);
        (void)raise(SIGTERM);
        _exit(2);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    CHECK_ST(1, warm_signals_noted(SIGTERM));
    CHECK_OK(warm_signals_unwatch(SIGTERM));
}

static void *storm(void *stop)
{
    while (!__atomic_load_n((int *)stop, __ATOMIC_RELAXED)) {
        (void)kill(getpid(), SIGUSR1);
        (void)kill(getpid(), SIGUSR2);
    }
    return NULL;
}

/* Watches come and go while signals rain. */
static void a_storm(void)
{
    int stop = 0;
    pthread_t thread;
    install(SIGUSR1, their_handler, SA_RESTART);
    install(SIGUSR2, SIG_IGN, 0);
    REQUIRE(pthread_create(&thread, NULL, storm, &stop) == 0);
    for (long i = 0; i < rounds(3000); ++i) {
        CHECK_OK(warm_signals_watch(SIGUSR1, (int32_t)(i & 1)));
        CHECK_OK(warm_signals_watch(SIGUSR2, (int32_t)(i >> 1 & 1)));
        CHECK_OK(warm_signals_unwatch(SIGUSR1));
        CHECK_OK(warm_signals_unwatch(SIGUSR2));
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(installed(SIGUSR1).sa_handler == their_handler && installed(SIGUSR2).sa_handler == SIG_IGN);
    /* Nothing is left of what came while the last watch ended. */
    CHECK_ST(0, warm_signals_noted(SIGUSR1));
    CHECK_ST(0, warm_signals_noted(SIGUSR2));
    install(SIGUSR1, SIG_DFL, 0);
    install(SIGUSR2, SIG_DFL, 0);
}

/* A fit: it stops when it should, and what it stored last is what it came to. Its exit code says so. */
static void fit_until_told(const char *root, double deadline, int ready)
{
    const warm_key key = key_of(1);
    child_begin();
    warm_store *store = open_root(root);
    warm_session_options *o = session_options();
    if (deadline > 0.0)
        CHECK_OK(warm_session_options_set_deadline_seconds(o, deadline));
    warm_session *s = open_with_options(store, &key, o);
    int64_t i = 0;
    while (warm_session_should_stop(s) == 0) {
        nap(0.05);
        CHECK(warm_session_checkpoint(s, &i, (int64_t)sizeof i, NULL, &i) >= 0);
        if (i++ == 2 && ready >= 0)
            CHECK(write(ready, "", 1) == 1);
    }
    CHECK(i > 2);
    CHECK_OK(warm_session_checkpoint_now(s, &i, (int64_t)sizeof i, NULL, &i));
    CHECK(write_file(in_scratch("came to"), &i, sizeof i));
    warm_session_free(&s);
    warm_store_free(&store);
    child_end();
}

static void check_nothing_lost(const char *root)
{
    const warm_key key = key_of(1);
    int64_t came_to = -1, stored = -2;
    warm_store *store = open_root(root);
    CHECK_EQ(8, read_file(in_scratch("came to"), (char *)&came_to, sizeof came_to));
    CHECK_OK(warm_store_lookup_into(store, &key, WARM_LOOKUP_LATEST, &stored, 8, NULL, NULL));
    CHECK_EQ(came_to, stored);
    warm_store_free(&store);
}

/* Killed at the deadline, as schedulers do; it has stopped before. */
static void a_fit_under_a_deadline(void)
{
    const char *root = in_scratch("stop-real");
    const double deadline = 5.0, begun = now_seconds();
    const pid_t fit = fork();
    REQUIRE(fit >= 0);
    if (fit == 0)
        fit_until_told(root, deadline, -1);
    int status = 0;
    pid_t gone = 0;
    while (gone == 0 && now_seconds() < begun + deadline) {
        nap(0.01);
        gone = waitpid(fit, &status, WNOHANG);
    }
    if (gone == 0) {
        (void)kill(fit, SIGKILL);
        (void)waitpid(fit, &status, 0);
    }
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    check_nothing_lost(root);
}

/* SIGTERM, and SIGKILL some seconds later: with a watch the fit has ended in between with all it had; without, it dies at once. */
static void a_fit_that_is_terminated(void)
{
    for (int watched = 1; watched >= 0; --watched) {
        const char *root = in_scratch(watched ? "stop-term" : "stop-term-unwatched");
        int ready[2];
        char go;
        REQUIRE(pipe(ready) == 0);
        const pid_t fit = fork();
        REQUIRE(fit >= 0);
        if (fit == 0) {
            if (watched)
                CHECK_OK(warm_signals_watch(SIGTERM, 0));
            fit_until_told(root, 0.0, ready[1]);
        }
        REQUIRE(read(ready[0], &go, 1) == 1);
        CHECK(kill(fit, SIGTERM) == 0);
        int status = 0;
        pid_t gone = 0;
        for (int i = 0; gone == 0 && i < 1000; ++i) {
            nap(0.01);
            gone = waitpid(fit, &status, WNOHANG);
        }
        if (gone == 0) {
            (void)kill(fit, SIGKILL);
            (void)waitpid(fit, &status, 0);
        }
        if (watched) {
            CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
            check_nothing_lost(root);
        } else {
            CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
        }
        (void)close(ready[0]);
        (void)close(ready[1]);
    }
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv))
        return 2;
    static const char *const of_schedulers[] = {"SLURM_JOB_END_TIME", "COBALT_ENDTIME", "OAR_JOB_WALLTIME_SECONDS", "WARMSTART_DEADLINE"};
    for (size_t i = 0; i < sizeof of_schedulers / sizeof of_schedulers[0]; ++i)
        (void)unsetenv(of_schedulers[i]);
    a_fit_under_a_deadline();
    a_fit_that_is_terminated();
    nothing_to_wait_for();
    deadlines();
    schedulers();
    halt_file();
    signals_are_noted();
    handlers_are_chained_and_put_back();
    a_handler_on_top();
    children_are_not_watched();
    a_storm();
    return check_finish();
}
