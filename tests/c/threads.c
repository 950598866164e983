/* Any number of threads on one store and one session, and each thread's own last error. */
#include "check.h"

#define THREADS 8
#define SHARED_KEYS 3

typedef struct {
    int number;
    long rounds;
    warm_store *store;
    warm_session *session;
    pthread_barrier_t *barrier;
    uint64_t last_slot_seq[SHARED_KEYS];
    double lowest;
} worker;

/* What any thread finds anywhere is whole. */
static void whole_or_nothing(warm_entry **entry, int32_t status)
{
    uint64_t owner, seq;
    CHECK(status == WARM_OK || status == WARM_NOT_FOUND);
    CHECK((status == WARM_OK) == (*entry != NULL));
    if (status == WARM_OK)
        CHECK(entry_pattern(*entry, &owner, &seq));
    warm_entry_free(entry);
}

static void *work(void *context)
{
    worker *w = context;
    const warm_key contested = key_of(100);
    unsigned char payload[8192];
    char slot[16];
    uint64_t random = 88172645463325252u + (uint64_t)w->number;
    (void)snprintf(slot, sizeof slot, "t%d", w->number);
    (void)pthread_barrier_wait(w->barrier);
    for (long i = 1; i <= w->rounds; ++i) {
        random ^= random << 13; random ^= random >> 7; random ^= random << 17;
        const int64_t size = PATTERN_MIN + (int64_t)(random % (sizeof payload - PATTERN_MIN));
        const int k = (int)(random >> 40) % SHARED_KEYS;
        const warm_key key = key_of((uint64_t)k);
        const double objective = (double)((random >> 20) % 1000);
        warm_entry *entry = NULL;
        uint64_t owner = 0, seq = 0;
        pattern_fill(payload, size, (uint64_t)w->number, (uint64_t)i);

        CHECK_OK(warm_store_save_slot(w->store, &key, slot, -1, payload, size, &objective, NULL, WARM_KIND_CHECKPOINT));
        w->last_slot_seq[k] = (uint64_t)i;
        CHECK_OK(warm_store_lookup_run(w->store, &key, slot, -1, &entry));
        CHECK(entry_pattern(entry, &owner, &seq) && owner == (uint64_t)w->number && seq == (uint64_t)i);
        warm_entry_free(&entry);
        whole_or_nothing(&entry, warm_store_lookup(w->store, &key, WARM_LOOKUP_BEST, &entry));
        whole_or_nothing(&entry, warm_store_lookup(w->store, &key, WARM_LOOKUP_LATEST, &entry));

        /* one key that everybody fills and empties */
        if (i % 4 == 0) {
            const int32_t removed = warm_store_remove(w->store, &contested);
            CHECK(removed == WARM_OK || removed == WARM_NOT_FOUND);
        } else {
            CHECK_OK(warm_store_save(w->store, &contested, payload, size, &objective, NULL, WARM_KIND_FINAL, NULL, 0, NULL));
        }
        whole_or_nothing(&entry, warm_store_lookup(w->store, &contested, WARM_LOOKUP_BEST, &entry));

        /* and one fit that everybody checkpoints */
        const int32_t kept = warm_session_checkpoint(w->session, payload, size, &objective, NULL);
        CHECK(kept == WARM_OK || kept == WARM_THROTTLED);
        if (kept == WARM_OK && objective < w->lowest)
            w->lowest = objective;
        const int32_t should = warm_session_should_checkpoint(w->session, &objective);
        CHECK(should == 0 || should == 1);
        whole_or_nothing(&entry, warm_session_peek(w->session, &entry));
        if (i % 16 == 0) {
            warm_cursor *cursor = NULL;
            CHECK_OK(warm_store_list_entries(w->store, &key, &cursor));
            CHECK(count_cursor(cursor) >= 1);
            warm_cursor_free(&cursor);
            CHECK_OK(warm_store_sweep(w->store));
            CHECK_OK(warm_store_flush(w->store, 10.0));
            (void)stats_of(w->store);
        }
    }

    /* the last error is this thread's own, also when every thread fails at once */
    for (int i = 0; i < 20; ++i) {
        char id[32], text[TEXT_CAP];
        const warm_key key = key_of(0);
        warm_entry *entry = NULL;
        (void)snprintf(id, sizeof id, "no/such-%d-%d", w->number, i);
        CHECK_ST(WARM_ERR_INVALID, warm_store_lookup_run(w->store, &key, id, -1, &entry));
        (void)pthread_barrier_wait(w->barrier);
        CHECK(strstr(last_error_into(text), id) != NULL);
        (void)pthread_barrier_wait(w->barrier);
    }
    return NULL;
}

/* Freed on another thread than opened, while others of the same store live on. */
static void *free_there(void *context)
{
    warm_session *session = context;
    warm_session_free(&session);
    return NULL;
}

int main(int argc, char **argv)
{
    static worker workers[THREADS];
    pthread_t threads[THREADS];
    pthread_barrier_t barrier;
    const warm_key fit = key_of(200);
    if (!test_start(argc, argv))
        return 2;
    const char *root = in_scratch("threads");
    warm_store *store = open_root(root);
    warm_session *session = open_session(store, &fit, 0.0);
    REQUIRE(pthread_barrier_init(&barrier, NULL, THREADS) == 0);
    for (int t = 0; t < THREADS; ++t) {
        workers[t].number = t;
        workers[t].rounds = rounds(100);
        workers[t].store = store;
        workers[t].session = session;
        workers[t].barrier = &barrier;
        workers[t].lowest = INFINITY;
        REQUIRE(pthread_create(&threads[t], NULL, work, &workers[t]) == 0);
    }
    double lowest = INFINITY;
    for (int t = 0; t < THREADS; ++t) {
        REQUIRE(pthread_join(threads[t], NULL) == 0);
        lowest = workers[t].lowest < lowest ? workers[t].lowest : lowest;
    }
    (void)pthread_barrier_destroy(&barrier);

    /* what each thread saved last is there, for this handle and for a new one */
    warm_store *fresh = open_root(root);
    for (int t = 0; t < THREADS; ++t)
        for (int k = 0; k < SHARED_KEYS; ++k)
            for (int other = 0; other < 2; ++other) {
                const warm_key key = key_of((uint64_t)k);
                char slot[16];
                warm_entry *entry = NULL;
                uint64_t owner = 0, seq = 0;
                if (workers[t].last_slot_seq[k] == 0)
                    continue;
                (void)snprintf(slot, sizeof slot, "t%d", t);
                CHECK_OK(warm_store_lookup_run(other ? fresh : store, &key, slot, -1, &entry));
                CHECK(entry_pattern(entry, &owner, &seq) && owner == (uint64_t)t);
                CHECK_EQ(workers[t].last_slot_seq[k], seq);
                warm_entry_free(&entry);
            }
    for (int k = 0; k < SHARED_KEYS; ++k) {
        const warm_key key = key_of((uint64_t)k);
        long slots = 0;
        for (int t = 0; t < THREADS; ++t)
            slots += workers[t].last_slot_seq[k] != 0;
        CHECK_EQ(slots, count_entries(fresh, &key));
    }
    /* the session's best is the best of all of them */
    warm_entry *entry = NULL;
    warm_entry_info info = fresh_info();
    CHECK_OK(warm_store_lookup(fresh, &fit, WARM_LOOKUP_BEST, &entry));
    CHECK_OK(warm_entry_get_info(entry, &info));
    CHECK(info.has_objective == 1 && info.objective == lowest);
    CHECK(count_entries(fresh, &fit) <= 2);
    CHECK_EQ(0, stats_of(fresh).damaged);
    CHECK_EQ(0, stats_of(store).damaged);

    warm_session *second = open_session(store, &fit, 0.0);
    REQUIRE(pthread_create(&threads[0], NULL, free_there, second) == 0);
    CHECK_OK(warm_session_finalize(session, "end", 3, NULL, NULL));
    REQUIRE(pthread_join(threads[0], NULL) == 0);
    CHECK_BEST(store, &fit, "end");
    warm_entry_free(&entry);
    warm_session_free(&session);
    warm_store_free(&fresh);
    warm_store_free(&store);
    return check_finish();
}
