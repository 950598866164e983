/* What every C test shares: checks that say where and why, a scratch directory, a few file helpers.
   Include it first: it asks the C library for POSIX before any system header is read. */
#ifndef WARM_TESTS_CHECK_H
#define WARM_TESTS_CHECK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "warmstart.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t check_lock = PTHREAD_MUTEX_INITIALIZER;
static long check_count;
static long check_failures;
static const char *check_scratch = ".";
static const char *check_program = "test";

/* ---- words ---- */

static inline const char *status_name(int32_t status)
{
    switch (status) {
    case WARM_OK: return "WARM_OK";
    case WARM_NOT_FOUND: return "WARM_NOT_FOUND";
    case WARM_THROTTLED: return "WARM_THROTTLED";
    case WARM_QUEUED: return "WARM_QUEUED";
    case WARM_TIMEOUT: return "WARM_TIMEOUT";
    case WARM_CANCELLED: return "WARM_CANCELLED";
    case WARM_DEFERRED: return "WARM_DEFERRED";
    case WARM_ERR_INVALID: return "WARM_ERR_INVALID";
    case WARM_ERR_BUFFER: return "WARM_ERR_BUFFER";
    case WARM_ERR_IO: return "WARM_ERR_IO";
    case WARM_ERR_NO_SPACE: return "WARM_ERR_NO_SPACE";
    case WARM_ERR_TOO_LARGE: return "WARM_ERR_TOO_LARGE";
    case WARM_ERR_CORRUPT: return "WARM_ERR_CORRUPT";
    case WARM_ERR_INCOMPATIBLE: return "WARM_ERR_INCOMPATIBLE";
    case WARM_ERR_CONFLICT: return "WARM_ERR_CONFLICT";
    case WARM_ERR_POISONED: return "WARM_ERR_POISONED";
    case WARM_ERR_FORKED: return "WARM_ERR_FORKED";
    case WARM_ERR_UNSUPPORTED: return "WARM_ERR_UNSUPPORTED";
    case WARM_ERR_REMOTE: return "WARM_ERR_REMOTE";
    case WARM_ERR_PERMISSION: return "WARM_ERR_PERMISSION";
    case WARM_ERR_NO_MEMORY: return "WARM_ERR_NO_MEMORY";
    case WARM_ERR_PANIC: return "WARM_ERR_PANIC";
    default: return "an unknown status";
    }
}

/* This thread's last error; its buffer belongs to the caller. */
#define TEXT_CAP (WARM_ERROR_TEXT_MAX * 4)
static inline const char *last_error_into(char *text)
{
    int64_t needed = 0;
    text[0] = '\0';
    if (warm_last_error(text, TEXT_CAP, &needed) != WARM_OK)
        (void)snprintf(text, TEXT_CAP, "(warm_last_error itself failed)");
    return text;
}

/* ---- checks ---- */

static inline void check_report(const char *file, int line, const char *what, const char *detail)
{
    char text[TEXT_CAP];
    (void)last_error_into(text);
    (void)pthread_mutex_lock(&check_lock);
    ++check_failures;
    (void)fprintf(stderr, "%s:%d: %s: %s%s%s (last error: \"%s\")\n", file, line, check_program, what, detail[0] ? ": " : "", detail,
                  text);
    (void)pthread_mutex_unlock(&check_lock);
}

static inline void check_counted(void)
{
    (void)pthread_mutex_lock(&check_lock);
    ++check_count;
    (void)pthread_mutex_unlock(&check_lock);
}

static inline int check_true(const char *file, int line, const char *what, int ok)
{
    check_counted();
    if (!ok)
        check_report(file, line, what, "does not hold");
    return ok;
}

static inline int check_status(const char *file, int line, const char *what, int32_t want, int32_t got)
{
    check_counted();
    if (got != want) {
        char detail[200];
        (void)snprintf(detail, sizeof detail, "expected %s (%d), got %s (%d)", status_name(want), (int)want, status_name(got), (int)got);
        check_report(file, line, what, detail);
    }
    return got == want;
}

static inline int check_i64(const char *file, int line, const char *what, int64_t want, int64_t got)
{
    check_counted();
    if (got != want) {
        char detail[200];
        (void)snprintf(detail, sizeof detail, "expected %" PRId64 ", got %" PRId64, want, got);
        check_report(file, line, what, detail);
    }
    return got == want;
}

static inline int check_finish(void)
{
    /* A store's thread publishes what was replaced in place after the store is freed: who counts what is lost lets it end. */
    const char *linger = getenv("WARM_TEST_LINGER");
    if (linger != NULL)
        (void)sleep((unsigned)atoi(linger));
    if (check_failures != 0)
        printf("%s: %ld of %ld checks failed\n", check_program, check_failures, check_count);
    else
        printf("%s: %ld checks\n", check_program, check_count);
    (void)fflush(stdout);
    return check_failures != 0 ? 1 : 0;
}

/* _exit: in a forked child the parent's exit handlers are not this process's business. */
static inline void check_give_up(void)
{
    (void)check_finish();
    _exit(1);
}

#define CHECK(cond) check_true(__FILE__, __LINE__, #cond, (cond) ? 1 : 0)
#define CHECK_ST(want, call) check_status(__FILE__, __LINE__, #call, (want), (call))
#define CHECK_OK(call) CHECK_ST(WARM_OK, call)
#define CHECK_EQ(want, got) check_i64(__FILE__, __LINE__, #got, (int64_t)(want), (int64_t)(got))

/* What nothing after it makes sense without. */
#define REQUIRE(cond)                  \
    do {                               \
        if (!CHECK(cond))              \
            check_give_up();           \
    } while (0)
#define REQUIRE_OK(call)               \
    do {                               \
        if (!CHECK_OK(call))           \
            check_give_up();           \
    } while (0)

/* ---- errors in words ---- */

static inline int is_utf8(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    while (*p != 0) {
        int more;
        uint32_t c;
        if (*p < 0x80) { c = *p; more = 0; }
        else if ((*p & 0xe0) == 0xc0) { c = *p & 0x1fu; more = 1; }
        else if ((*p & 0xf0) == 0xe0) { c = *p & 0x0fu; more = 2; }
        else if ((*p & 0xf8) == 0xf0) { c = *p & 0x07u; more = 3; }
        else return 0;
        for (int i = 1; i <= more; ++i) {
            if ((p[i] & 0xc0) != 0x80)
                return 0;
            c = (c << 6) | (p[i] & 0x3fu);
        }
        if ((more == 1 && c < 0x80) || (more == 2 && c < 0x800) || (more == 3 && c < 0x10000) || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
            return 0;
        p += more + 1;
    }
    return 1;
}

static inline int has_word(const char *text, const char *words)
{
    /* one of "a|b|c", in either case; the failing function's own name, where the text starts with it, does not count */
    if (strncmp(text, "warm_", 5) == 0)
        text += strcspn(text, ": ");
    while (*words != '\0') {
        const size_t n = strcspn(words, "|");
        for (const char *p = text; n > 0 && *p != '\0'; ++p)
            if (strncasecmp(p, words, n) == 0)
                return 1;
        words += n + (words[n] == '|');
    }
    return 0;
}

/* Leaves a known text in the last error, so that a call that fails without setting it is found out. */
static inline void check_mark(const char *call, char *mark)
{
    warm_key key;
    if (strncmp(call, "warm_key_from_hex", 17) == 0)
        (void)warm_fingerprinter_write_u8(NULL, 0);
    else
        (void)warm_key_from_hex("mark", 4, &key);
    (void)last_error_into(mark);
}

static inline int check_error(const char *file, int line, const char *what, const char *mark, int32_t want, const char *words, int32_t got)
{
    char text[TEXT_CAP];
    char detail[300];
    int ok = check_status(file, line, what, want, got);
    if (!ok)
        return 0;
    (void)last_error_into(text);
    if (getenv("WARM_TEST_SHOW") != NULL)
        printf("    %s\n        %s: %s\n", what, status_name(got), text);
    ok &= check_true(file, line, "the last error is not empty", text[0] != '\0');
    ok &= check_true(file, line, "the last error is of this failure", strcmp(text, mark) != 0);
    ok &= check_true(file, line, "the last error is UTF-8", is_utf8(text));
    ok &= check_true(file, line, "the last error keeps to its limit", strlen(text) < WARM_ERROR_TEXT_MAX);
    check_counted();
    if (!has_word(text, words)) {
        (void)snprintf(detail, sizeof detail, "the last error names none of \"%s\"", words);
        check_report(file, line, what, detail);
        ok = 0;
    }
    return ok;
}

/* `call` fails with `want`, and says in words (one of "a|b|c") what of. */
#define CHECK_ERR(want, words, call)                                                        \
    do {                                                                                    \
        char check_mark_[TEXT_CAP];                                                         \
        check_mark(#call, check_mark_);                                                     \
        (void)check_error(__FILE__, __LINE__, #call, check_mark_, (want), (words), (call)); \
    } while (0)

/* The same for functions whose last output is a handle: it is NULL afterwards. */
#define CHECK_ERR_OUT(type, want, words, call)                 \
    do {                                                       \
        type *out = (type *)(uintptr_t)0x10;                   \
        CHECK_ERR(want, words, call);                          \
        check_true(__FILE__, __LINE__, #call ": out is NULL", out == NULL); \
    } while (0)

#define CHECK_ST_OUT(type, want, call)                         \
    do {                                                       \
        type *out = (type *)(uintptr_t)0x10;                   \
        CHECK_ST(want, call);                                  \
        check_true(__FILE__, __LINE__, #call ": out is NULL", out == NULL); \
    } while (0)

/* ---- the run ---- */

static inline int test_start(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    check_program = slash != NULL ? slash + 1 : argv[0];
    if (argc < 2) {
        (void)fprintf(stderr, "usage: %s SCRATCH-DIRECTORY\n", check_program);
        return 0;
    }
    check_scratch = argv[1];
    return 1;
}

/* `full`, or less where the environment says so (Valgrind is slow). */
static inline long rounds(long full)
{
    const char *text = getenv("WARM_TEST_ROUNDS");
    const long wish = text != NULL ? atol(text) : 0;
    return wish > 0 && wish < full ? wish : full;
}

/* A path below the scratch directory; good until eight more were asked for. */
#define PATH_CAP 4096
static inline const char *in_scratch(const char *name)
{
    static char ring[8][PATH_CAP];
    static int turn;
    char *path = ring[turn];
    turn = (turn + 1) % 8;
    (void)snprintf(path, PATH_CAP, "%s/%s", check_scratch, name);
    return path;
}

static inline void nap(double seconds)
{
    struct timespec t;
    t.tv_sec = (time_t)seconds;
    t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
    while (nanosleep(&t, &t) != 0 && errno == EINTR)
        ;
}

static inline double now_seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- children ---- */

/* In a child: what it found is its own, and is told by its exit code. */
static inline void child_begin(void)
{
    check_count = 0;
    check_failures = 0;
    (void)alarm(300); /* a hung child must not hang the suite */
}

static inline void child_end(void)
{
    _exit(check_failures != 0 ? 1 : 0);
}

static inline int child_passed(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return 0;
    if (WIFSIGNALED(status))
        (void)fprintf(stderr, "%s: a child died of signal %d\n", check_program, WTERMSIG(status));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

#define IN_CHILD(...)                      \
    do {                                   \
        (void)fflush(stdout);              \
        const pid_t child_ = fork();       \
        REQUIRE(child_ >= 0);              \
        if (child_ == 0) {                 \
            child_begin();                 \
            __VA_ARGS__;                   \
            child_end();                   \
        }                                  \
        CHECK(child_passed(child_));       \
    } while (0)

/* The same for one that is killed at its end, with everything still open. */
#define IN_DYING_CHILD(...)                \
    do {                                   \
        int status_ = 0;                   \
        (void)fflush(stdout);              \
        const pid_t child_ = fork();       \
        REQUIRE(child_ >= 0);              \
        if (child_ == 0) {                 \
            child_begin();                 \
            __VA_ARGS__;                   \
            if (check_failures == 0)       \
                (void)raise(SIGKILL);      \
            child_end();                   \
        }                                  \
        CHECK(waitpid(child_, &status_, 0) == child_ && WIFSIGNALED(status_) && WTERMSIG(status_) == SIGKILL); \
    } while (0)

/* ---- stores and keys ---- */

static inline warm_key key_of(uint64_t n)
{
    warm_key key;
    for (int i = 0; i < 32; ++i) {
        n = n * 6364136223846793005u + 1442695040888963407u;
        key.bytes[i] = (uint8_t)(n >> 56);
    }
    return key;
}

static inline int same_key(const warm_key *a, const warm_key *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static inline warm_store *open_with(const char *root, const warm_store_options *options)
{
    warm_store *store = NULL;
    REQUIRE_OK(warm_store_open(root, -1, options, &store));
    REQUIRE(store != NULL);
    return store;
}

static inline warm_store *open_root(const char *root)
{
    return open_with(root, NULL);
}

static inline warm_store_options *new_options(void)
{
    warm_store_options *options = NULL;
    REQUIRE_OK(warm_store_options_new(&options));
    REQUIRE(options != NULL);
    return options;
}

static inline warm_store *open_ttl(const char *root, double seconds)
{
    warm_store_options *options = new_options();
    CHECK_OK(warm_store_options_set_ttl_seconds(options, seconds));
    warm_store *store = open_with(root, options);
    warm_store_options_free(&options);
    return store;
}

static inline warm_session *open_session(warm_store *store, const warm_key *key, double min_interval)
{
    warm_session_options *options = NULL;
    warm_session *session = NULL;
    REQUIRE_OK(warm_session_options_new(&options));
    CHECK_OK(warm_session_options_set_min_interval_seconds(options, min_interval));
    REQUIRE_OK(warm_session_open(store, key, options, &session));
    REQUIRE(session != NULL);
    warm_session_options_free(&options);
    return session;
}

static inline warm_entry_info fresh_info(void)
{
    warm_entry_info info;
    memset(&info, 0, sizeof info);
    info.struct_size = (uint32_t)sizeof info;
    return info;
}

static inline warm_store_stats stats_of(const warm_store *store)
{
    warm_store_stats stats;
    memset(&stats, 0, sizeof stats);
    stats.struct_size = (uint32_t)sizeof stats;
    CHECK_OK(warm_store_get_stats(store, &stats));
    return stats;
}

static inline warm_run_info run_of(const warm_cursor *cursor)
{
    warm_run_info run;
    memset(&run, 0, sizeof run);
    run.struct_size = (uint32_t)sizeof run;
    CHECK_OK(warm_cursor_run(cursor, &run));
    return run;
}

static inline warm_store_limits limits_of(const warm_store *store)
{
    warm_store_limits limits;
    memset(&limits, 0, sizeof limits);
    limits.struct_size = (uint32_t)sizeof limits;
    CHECK_OK(warm_store_get_limits(store, &limits));
    return limits;
}

/* Saves `text`; `objective` may be NULL. The run id goes to `run_id` (WARM_RUN_ID_MAX bytes) unless that is NULL. */
static inline int32_t save_text(warm_store *store, const warm_key *key, const char *text, const double *objective, int32_t kind, char *run_id)
{
    return warm_store_save(store, key, text, (int64_t)strlen(text), objective, NULL, kind, run_id, run_id != NULL ? WARM_RUN_ID_MAX : 0, NULL);
}

static inline int32_t save_scored(warm_store *store, const warm_key *key, const char *text, double objective, int32_t kind)
{
    return save_text(store, key, text, &objective, kind, NULL);
}

static inline int entry_is(const warm_entry *entry, const void *want, int64_t want_len)
{
    const void *data = NULL;
    int64_t len = -1;
    if (entry == NULL || warm_entry_payload(entry, &data, &len) != WARM_OK)
        return 0;
    return data != NULL && ((uintptr_t)data & 63u) == 0 && len == want_len && memcmp(data, want, (size_t)len) == 0;
}

/* The text a lookup answers, into `text` (cap bytes); its status. */
static inline int32_t lookup_text(warm_store *store, const warm_key *key, int32_t mode, char *text, size_t cap)
{
    int64_t needed = 0;
    memset(text, 0, cap);
    return warm_store_lookup_into(store, key, mode, text, (int64_t)cap - 1, &needed, NULL);
}

static inline int check_answer(const char *file, int line, warm_store *store, const warm_key *key, int32_t mode, const char *want)
{
    char text[4096];
    char detail[300];
    const int32_t status = lookup_text(store, key, mode, text, sizeof text);
    check_counted();
    if (want == NULL ? status == WARM_NOT_FOUND : status == WARM_OK && strcmp(text, want) == 0)
        return 1;
    (void)snprintf(detail, sizeof detail, "expected %s, got %s \"%.100s\"", want != NULL ? want : "nothing", status_name(status), text);
    check_report(file, line, mode == WARM_LOOKUP_BEST ? "best" : "latest", detail);
    return 0;
}

#define CHECK_BEST(store, key, want) check_answer(__FILE__, __LINE__, (store), (key), WARM_LOOKUP_BEST, (want))
#define CHECK_LATEST(store, key, want) check_answer(__FILE__, __LINE__, (store), (key), WARM_LOOKUP_LATEST, (want))

static inline long count_cursor(warm_cursor *cursor)
{
    long n = 0;
    int32_t status;
    while ((status = warm_cursor_next(cursor)) == WARM_OK)
        ++n;
    CHECK_ST(WARM_NOT_FOUND, status);
    return n;
}

/* How many entries lie under a key; none may be told by an empty list or by "not found". */
static inline long count_entries(warm_store *store, const warm_key *key)
{
    warm_cursor *cursor = NULL;
    const int32_t status = warm_store_list_entries(store, key, &cursor);
    if (status == WARM_NOT_FOUND)
        return 0;
    if (!CHECK_OK(status))
        return -1;
    const long n = count_cursor(cursor);
    warm_cursor_free(&cursor);
    return n;
}

/* "r1f-18e9ba1ff6e7e98d" or "ckpt-r...": ^(ckpt-)?r[0-9a-f]+-[0-9a-f]+$ */
static inline int is_generated_run_id(const char *id)
{
    size_t n;
    if (strlen(id) >= WARM_RUN_ID_MAX)
        return 0;
    if (strncmp(id, "ckpt-", 5) == 0)
        id += 5;
    if (*id++ != 'r')
        return 0;
    if ((n = strspn(id, "0123456789abcdef")) == 0 || id[n] != '-')
        return 0;
    id += n + 1;
    return (n = strspn(id, "0123456789abcdef")) > 0 && id[n] == '\0';
}

/* ---- verification and repair ---- */

typedef int32_t (*start_fn)(warm_store *s, warm_task **out);

/* To its end; the list is wanted where `findings` is not NULL. */
static inline warm_check_report checked_by(start_fn start, warm_store *store, warm_cursor **findings)
{
    warm_check_report report;
    warm_task *task = NULL;
    memset(&report, 0, sizeof report);
    report.struct_size = (uint32_t)sizeof report;
    REQUIRE_OK(start(store, &task));
    CHECK_OK(warm_task_wait(task, 300.0));
    CHECK_OK(warm_task_get_report(task, &report));
    CHECK_EQ(1, report.complete);
    if (findings != NULL)
        CHECK_OK(warm_task_findings(task, findings));
    warm_task_free(&task);
    CHECK(task == NULL);
    return report;
}

static inline warm_check_report verified(warm_store *store, warm_cursor **findings)
{
    return checked_by(warm_store_start_verify, store, findings);
}

static inline warm_check_report repaired(warm_store *store, warm_cursor **findings)
{
    return checked_by(warm_store_start_repair, store, findings);
}

static inline warm_check_report swept(warm_store *store, warm_cursor **findings)
{
    return checked_by(warm_store_start_sweep, store, findings);
}

/* What a sweep would do. */
static inline warm_check_report planned(warm_store *store, warm_cursor **findings)
{
    return checked_by(warm_store_start_sweep_plan, store, findings);
}

/* ---- files ---- */

static inline const char *key_dir(const char *root, const warm_key *key)
{
    static char ring[4][PATH_CAP + 80];
    static int turn;
    char hex[65];
    char *path = ring[turn];
    turn = (turn + 1) % 4;
    CHECK_OK(warm_key_to_hex(key, hex));
    (void)snprintf(path, sizeof ring[0], "%s/%s", root, hex);
    return path;
}

static inline int ends_with(const char *name, const char *suffix)
{
    const size_t n = strlen(name), m = strlen(suffix);
    return n >= m && strcmp(name + n - m, suffix) == 0;
}

/* How many names in `dir` end so; -1 where there is no such directory. */
static inline long count_names(const char *dir, const char *suffix)
{
    long n = 0;
    struct dirent *item;
    DIR *d = opendir(dir);
    if (d == NULL)
        return -1;
    while ((item = readdir(d)) != NULL)
        if (strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0 && ends_with(item->d_name, suffix))
            ++n;
    (void)closedir(d);
    return n;
}

/* The path of the one name in `dir` that ends so. */
static inline int only_name(const char *dir, const char *suffix, char *path)
{
    int n = 0;
    struct dirent *item;
    DIR *d = opendir(dir);
    if (d == NULL)
        return 0;
    while ((item = readdir(d)) != NULL)
        if (item->d_name[0] != '.' && ends_with(item->d_name, suffix)) {
            (void)snprintf(path, PATH_CAP, "%s/%s", dir, item->d_name);
            ++n;
        }
    (void)closedir(d);
    return n == 1;
}

typedef void (*visit_fn)(const char *path, const struct stat *st, void *context);

static inline void walk(const char *path, visit_fn visit, void *context)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return;
    if (S_ISDIR(st.st_mode)) {
        DIR *d = opendir(path);
        struct dirent *item;
        while (d != NULL && (item = readdir(d)) != NULL) {
            if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0)
                continue;
            const size_t cap = strlen(path) + strlen(item->d_name) + 2;
            char *below = malloc(cap);
            if (below == NULL)
                continue;
            (void)snprintf(below, cap, "%s/%s", path, item->d_name);
            walk(below, visit, context);
            free(below);
        }
        if (d != NULL)
            (void)closedir(d);
    }
    visit(path, &st, context);
}

typedef struct { int64_t files, bytes; } usage;

static inline void usage_visit(const char *path, const struct stat *st, void *context)
{
    usage *u = context;
    (void)path;
    if (S_ISREG(st->st_mode)) {
        u->files += 1;
        u->bytes += ((int64_t)st->st_size + 4095) / 4096 * 4096;
    }
}

/* Files below `root` and their lengths, each rounded up as the budget counts them. */
static inline usage usage_of(const char *root)
{
    usage u = {0, 0};
    walk(root, usage_visit, &u);
    return u;
}

static inline void hash_visit(const char *path, const struct stat *st, void *context)
{
    uint64_t h = 14695981039346656037u;
    uint64_t *sum = context;
    for (const char *p = path; *p != '\0'; ++p)
        h = (h ^ (unsigned char)*p) * 1099511628211u;
    if (S_ISREG(st->st_mode)) {
        unsigned char part[4096];
        ssize_t n;
        const int fd = open(path, O_RDONLY);
        while (fd >= 0 && (n = read(fd, part, sizeof part)) > 0)
            for (ssize_t i = 0; i < n; ++i)
                h = (h ^ part[i]) * 1099511628211u;
        if (fd >= 0)
            (void)close(fd);
    }
    *sum += h; /* the order of names in a directory is nobody's promise */
}

/* Names and contents of everything below `root`, in one number. */
static inline uint64_t tree_hash(const char *root)
{
    uint64_t sum = 0;
    walk(root, hash_visit, &sum);
    return sum;
}

static inline int64_t read_file(const char *path, char *buf, size_t cap)
{
    const int fd = open(path, O_RDONLY);
    size_t have = 0;
    ssize_t n;
    if (fd < 0)
        return -1;
    while (have < cap && (n = read(fd, buf + have, cap - have)) > 0)
        have += (size_t)n;
    (void)close(fd);
    return (int64_t)have;
}

/* In place, as damage happens. */
static inline int write_file(const char *path, const void *data, size_t len)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0)
        return 0;
    const ssize_t n = write(fd, data, len);
    return close(fd) == 0 && n == (ssize_t)len;
}

static inline void remove_visit(const char *path, const struct stat *st, void *context)
{
    (void)context;
    (void)(S_ISDIR(st->st_mode) ? rmdir(path) : unlink(path));
}

static inline void remove_tree(const char *path)
{
    walk(path, remove_visit, NULL);
}

static inline void age_visit(const char *path, const struct stat *st, void *context)
{
    struct timespec times[2];
    (void)context;
    if (!S_ISREG(st->st_mode))
        return;
    (void)clock_gettime(CLOCK_REALTIME, &times[0]);
    times[0].tv_sec -= 7200;
    times[1] = times[0];
    (void)utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
}

/* After a death its leavings are an hour too young to be taken for a dead process's by their age alone. */
static inline void age_files(const char *root)
{
    walk(root, age_visit, NULL);
}

/* ---- payloads that show when they are torn ---- */

#define PATTERN_MIN 32

static inline uint64_t pattern_mix(uint64_t x)
{
    x ^= x >> 30; x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27; x *= 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* Owner, sequence number and length lie at the front and decide every byte after them. */
static inline void pattern_fill(unsigned char *p, int64_t len, uint64_t owner, uint64_t seq)
{
    const uint64_t head[4] = {0x7761726d70617474u, owner, seq, (uint64_t)len};
    memcpy(p, head, sizeof head);
    for (int64_t i = PATTERN_MIN; i < len; ++i)
        p[i] = (unsigned char)pattern_mix(owner * 1000003u + seq * 97u + (uint64_t)i);
}

static inline int pattern_whole(const void *data, int64_t len, uint64_t *owner, uint64_t *seq)
{
    uint64_t head[4];
    const unsigned char *p = data;
    if (len < PATTERN_MIN)
        return 0;
    memcpy(head, p, sizeof head);
    if (head[0] != 0x7761726d70617474u || head[3] != (uint64_t)len)
        return 0;
    for (int64_t i = PATTERN_MIN; i < len; ++i)
        if (p[i] != (unsigned char)pattern_mix(head[1] * 1000003u + head[2] * 97u + (uint64_t)i))
            return 0;
    *owner = head[1];
    *seq = head[2];
    return 1;
}

static inline int entry_pattern(const warm_entry *entry, uint64_t *owner, uint64_t *seq)
{
    const void *data = NULL;
    int64_t len = 0;
    return entry != NULL && warm_entry_payload(entry, &data, &len) == WARM_OK && pattern_whole(data, len, owner, seq);
}

#endif
