/* Eight processes of two threads each on one key lose nothing that was acknowledged; and what one process saves, another's
   next lookup sees. */
#include "check.h"

#define PROCESSES 8
#define THREADS 2

typedef struct {
    char run[WARM_RUN_ID_MAX];
    uint64_t owner, seq;
    int64_t size;
} receipt; /* shorter than PIPE_BUF: written in one piece */

typedef struct {
    warm_store *store;
    int pipe_end;
    uint64_t owner;
    long rounds;
} worker;

static void acknowledge(const worker *w, const char *run, uint64_t seq, int64_t size)
{
    receipt r;
    memset(&r, 0, sizeof r);
    (void)snprintf(r.run, sizeof r.run, "%s", run);
    r.owner = w->owner;
    r.seq = seq;
    r.size = size;
    CHECK(write(w->pipe_end, &r, sizeof r) == (ssize_t)sizeof r);
}

static void *work(void *context)
{
    worker *w = context;
    const warm_key key = key_of(1);
    unsigned char payload[4096];
    char slot[32], run[WARM_RUN_ID_MAX];
    warm_session *session = open_session(w->store, &key, 0.0);
    (void)snprintf(slot, sizeof slot, "slot-%" PRIu64, w->owner);
    for (uint64_t i = 1; i <= (uint64_t)w->rounds; ++i) {
        const int64_t size = PATTERN_MIN + (int64_t)((i * 769 + w->owner * 131) % (sizeof payload - PATTERN_MIN));
        const double objective = 1000.0 - (double)i;
        const int64_t iteration = (int64_t)i;
        pattern_fill(payload, size, w->owner, i);
        CHECK_OK(warm_store_save(w->store, &key, payload, size, &objective, &iteration, WARM_KIND_CHECKPOINT, run, sizeof run, NULL));
        acknowledge(w, run, i, size);
        CHECK_OK(warm_store_save_slot(w->store, &key, slot, -1, payload, size, &objective, &iteration, WARM_KIND_CHECKPOINT));
        acknowledge(w, slot, i, size);
        CHECK_OK(warm_session_checkpoint(session, payload, size, &objective, &iteration));
        warm_entry *entry = NULL;
        uint64_t owner = 0, seq = 0;
        CHECK_OK(warm_store_lookup(w->store, &key, WARM_LOOKUP_BEST, &entry));
        CHECK(entry_pattern(entry, &owner, &seq));
        CHECK(seq >= i); /* somebody's i-th is at least as good as ours */
        warm_entry_free(&entry);
    }
    pattern_fill(payload, 100, w->owner, 5000);
    CHECK_OK(warm_session_run_id(session, run, sizeof run, NULL));
    CHECK_OK(warm_session_finalize(session, payload, 100, NULL, NULL));
    acknowledge(w, run, 5000, 100);
    warm_session_free(&session);
    return NULL;
}

static void nothing_is_lost(void)
{
    const char *root = in_scratch("processes");
    const warm_key key = key_of(1);
    const long n = rounds(25);
    int ends[2];
    pid_t children[PROCESSES];
    REQUIRE(pipe(ends) == 0);
    (void)fflush(stdout);
    for (int p = 0; p < PROCESSES; ++p) {
        children[p] = fork();
        REQUIRE(children[p] >= 0);
        if (children[p] == 0) {
            worker workers[THREADS];
            pthread_t threads[THREADS];
            child_begin();
            (void)close(ends[0]);
            warm_store *store = open_root(root);
            for (int t = 0; t < THREADS; ++t) {
                workers[t] = (worker){store, ends[1], (uint64_t)(p * THREADS + t), n};
                REQUIRE(pthread_create(&threads[t], NULL, work, &workers[t]) == 0);
            }
            for (int t = 0; t < THREADS; ++t)
                REQUIRE(pthread_join(threads[t], NULL) == 0);
            /* what other engines are to see of the last saves is not left to a thread that ends with the process */
            CHECK_OK(warm_store_flush(store, 60.0));
            warm_store_free(&store);
            child_end();
        }
    }
    (void)close(ends[1]);
    /* read while they run: a pipe holds only so much */
    const size_t cap = (size_t)(PROCESSES * THREADS * (2 * n + 1));
    receipt *receipts = calloc(cap + 1, sizeof *receipts);
    size_t count = 0;
    REQUIRE(receipts != NULL);
    while (count <= cap) {
        size_t have = 0;
        ssize_t got = 1;
        while (have < sizeof *receipts && (got = read(ends[0], (char *)&receipts[count] + have, sizeof *receipts - have)) > 0)
            have += (size_t)got;
        if (have < sizeof *receipts)
            break;
        ++count;
    }
    (void)close(ends[0]);
    for (int p = 0; p < PROCESSES; ++p)
        CHECK(child_passed(children[p]));
    CHECK_EQ(cap, count);

    warm_store *store = open_root(root);
    long lost = 0, torn = 0, stale = 0;
    for (size_t i = 0; i < count; ++i) {
        const receipt *r = &receipts[i];
        warm_entry *entry = NULL;
        uint64_t owner = 0, seq = 0;
        if (warm_store_lookup_run(store, &key, r->run, -1, &entry) != WARM_OK)
            ++lost;
        else if (!entry_pattern(entry, &owner, &seq))
            ++torn;
        else if (owner != r->owner || (strncmp(r->run, "slot-", 5) == 0 ? seq < r->seq : seq != r->seq))
            ++stale;
        warm_entry_free(&entry);
    }
    CHECK_EQ(0, lost);
    CHECK_EQ(0, torn);
    CHECK_EQ(0, stale);
    /* every fresh run, one slot and one Final each, and no more */
    CHECK_EQ(PROCESSES * THREADS * (n + 2), count_entries(store, &key));
    CHECK_EQ(0, stats_of(store).damaged);
    free(receipts);
    CHECK_OK(warm_store_flush(store, 10.0));
    warm_store_free(&store);
}

/* Hot lookups of one process against another's saves and removals. */
static void seen_by_the_next_lookup(void)
{
    const char *root = in_scratch("ping-pong");
    const warm_key key = key_of(1);
    const long n = rounds(200);
    int ask[2], answer[2];
    char token = 0;
    REQUIRE(pipe(ask) == 0 && pipe(answer) == 0);
    (void)fflush(stdout);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        child_begin();
        (void)close(ask[1]);
        warm_store *store = open_root(root);
        while (read(ask[0], &token, 1) == 1) {
            static long turn;
            char text[32];
            const double objective = -(double)++turn;
            (void)snprintf(text, sizeof text, "%ld", turn);
            if (token == 's')
                CHECK_OK(save_text(store, &key, text, &objective, WARM_KIND_CHECKPOINT, NULL));
            else if (token == 'r')
                CHECK_OK(warm_store_save_slot(store, &key, "slot", -1, text, (int64_t)strlen(text), &objective, NULL, WARM_KIND_CHECKPOINT));
            else
                CHECK_OK(warm_store_remove(store, &key));
            CHECK(write(answer[1], &token, 1) == 1);
        }
        warm_store_free(&store);
        child_end();
    }
    (void)close(ask[0]);
    (void)close(answer[1]);
    warm_store *store = open_root(root);
    for (long turn = 1; turn <= n; ++turn) {
        char text[32];
        token = turn % 10 == 0 ? 'x' : turn % 2 ? 's' : 'r';
        (void)snprintf(text, sizeof text, "%ld", turn);
        REQUIRE(write(ask[1], &token, 1) == 1 && read(answer[0], &token, 1) == 1);
        CHECK_BEST(store, &key, token == 'x' ? NULL : text);
        CHECK_BEST(store, &key, token == 'x' ? NULL : text);
        CHECK_LATEST(store, &key, token == 'x' ? NULL : text);
    }
    (void)close(ask[1]);
    (void)close(answer[0]);
    CHECK(child_passed(child));
    warm_store_free(&store);
}

static void rmdir_visit(const char *path, const struct stat *st, void *context)
{
    if (S_ISDIR(st->st_mode) && strcmp(path, context) != 0)
        (void)rmdir(path); /* succeeds where it is empty */
}

/* A key's directory can vanish at any moment: other engines remove whatever is empty, and so may a removal of ours. */
static void directories_vanish(void)
{
    char root[PATH_CAP];
    enum { KEYS = 4 };
    pid_t children[2];
    (void)snprintf(root, sizeof root, "%s", in_scratch("vanish"));
    warm_store *store = open_root(root);
    (void)fflush(stdout);
    for (int c = 0; c < 2; ++c) {
        children[c] = fork();
        REQUIRE(children[c] >= 0);
        if (children[c] == 0) {
            child_begin();
            warm_store *theirs = c == 0 ? NULL : open_root(root);
            for (uint64_t i = 0;; ++i) {
                const warm_key key = key_of(i % KEYS);
                if (c == 0)
                    walk(root, rmdir_visit, root);
                else
                    CHECK(warm_store_remove(theirs, &key) >= 0);
                if (check_failures != 0)
                    _exit(1);
                nap(0.002 + 0.00001 * (double)(i % 100)); /* often, and yet a writer must be able to win */
            }
        }
    }
    for (long i = 0; i < rounds(400); ++i) {
        const warm_key key = key_of((uint64_t)i % KEYS);
        char text[32];
        (void)snprintf(text, sizeof text, "%ld", i);
        const double objective = -(double)i;
        CHECK_OK(save_text(store, &key, text, &objective, WARM_KIND_CHECKPOINT, NULL));
        const int32_t status = lookup_text(store, &key, WARM_LOOKUP_LATEST, text, sizeof text);
        CHECK(status == WARM_OK || status == WARM_NOT_FOUND);
    }
    for (int c = 0; c < 2; ++c) {
        int status = 0;
        CHECK(kill(children[c], SIGKILL) == 0);
        CHECK(waitpid(children[c], &status, 0) == children[c] && WIFSIGNALED(status));
    }
    for (uint64_t i = 0; i < KEYS; ++i) {
        const warm_key key = key_of(i);
        CHECK_OK(save_scored(store, &key, "after", -1e6, WARM_KIND_FINAL));
        CHECK_BEST(store, &key, "after");
    }
    warm_store_free(&store);
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv))
        return 2;
    nothing_is_lost();
    seen_by_the_next_lookup();
    directories_vanish();
    return check_finish();
}
