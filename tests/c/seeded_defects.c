/* What the sanitizers must report: one defect of the caller's for each argument, all of them across the boundary.
   "clean" makes the same calls as they are meant, and no report. */
#include "check.h"

#define TURNS 2000

typedef struct {
    warm_store *store;
    warm_fingerprinter *fingerprinter;
    warm_entry *entry;
    unsigned char *payload;
    int64_t size;
    pthread_mutex_t lock;
    pthread_barrier_t barrier;
    int locked;
} shared;

static void enter(shared *s)
{
    if (s->locked)
        (void)pthread_mutex_lock(&s->lock);
}

static void leave(shared *s)
{
    if (s->locked)
        (void)pthread_mutex_unlock(&s->lock);
}

static void *absorb(void *context)
{
    shared *s = context;
    (void)pthread_barrier_wait(&s->barrier);
    for (uint64_t i = 0; i < TURNS; ++i) {
        enter(s);
        (void)warm_fingerprinter_absorb_u64(s->fingerprinter, "n", 1, i);
        leave(s);
    }
    return NULL;
}

static void *save(void *context)
{
    shared *s = context;
    const warm_key key = key_of(7);
    (void)pthread_barrier_wait(&s->barrier);
    for (int i = 0; i < 20; ++i) {
        enter(s);
        CHECK_OK(warm_store_save_slot(s->store, &key, "slot", -1, s->payload, s->size, NULL, NULL, WARM_KIND_CHECKPOINT));
        leave(s);
    }
    return NULL;
}

static void *step(void *context)
{
    shared *s = context;
    (void)pthread_barrier_wait(&s->barrier);
    for (int i = 0; i < TURNS; ++i) {
        enter(s);
        s->payload[i % s->size] ^= 1;
        leave(s);
    }
    return NULL;
}

static void *copy_entry(void *context)
{
    shared *s = context;
    char text[64];
    (void)pthread_barrier_wait(&s->barrier);
    CHECK_OK(warm_entry_copy(s->entry, text, sizeof text, NULL));
    return NULL;
}

/* Later than the copy by the clock alone: no lock and no join orders the two. */
static void *free_entry(void *context)
{
    shared *s = context;
    (void)pthread_barrier_wait(&s->barrier);
    nap(0.2);
    warm_entry_free(&s->entry);
    return NULL;
}

static void at_once(shared *s, void *(*one)(void *), void *(*other)(void *))
{
    pthread_t threads[2];
    REQUIRE(pthread_barrier_init(&s->barrier, NULL, 2) == 0);
    REQUIRE(pthread_create(&threads[0], NULL, one, s) == 0);
    REQUIRE(pthread_create(&threads[1], NULL, other, s) == 0);
    REQUIRE(pthread_join(threads[0], NULL) == 0);
    REQUIRE(pthread_join(threads[1], NULL) == 0);
    (void)pthread_barrier_destroy(&s->barrier);
}

int main(int argc, char **argv)
{
    static const char text[] = "what was saved, and longer than it looks";
    const int64_t size = (int64_t)sizeof text;
    const warm_key key = key_of(1);
    if (!test_start(argc, argv) || argc < 3)
        return 2;
    const char *defect = argv[2];
#define DEFECT(name) (strcmp(defect, name) == 0)
    const int clean = DEFECT("clean");
    shared s;
    memset(&s, 0, sizeof s);
    s.locked = clean;
    s.size = 4096;
    REQUIRE(pthread_mutex_init(&s.lock, NULL) == 0);
    REQUIRE((s.payload = malloc((size_t)s.size)) != NULL);
    memset(s.payload, 1, (size_t)s.size);
    /* Payloads belong to their entries alone: what is kept in memory outlives them. */
    warm_store_options *options = NULL;
    REQUIRE_OK(warm_store_options_new(&options));
    REQUIRE_OK(warm_store_options_set_memory_budget(options, 0));
    s.store = open_with(in_scratch("seeded"), options);
    warm_store_options_free(&options);
    REQUIRE_OK(warm_store_save(s.store, &key, text, size, NULL, NULL, WARM_KIND_FINAL, NULL, 0, NULL));
    REQUIRE_OK(warm_store_lookup(s.store, &key, WARM_LOOKUP_BEST, &s.entry));

    if (clean || DEFECT("read-past-payload")) {
        char *payload = malloc((size_t)size);
        REQUIRE(payload != NULL);
        memcpy(payload, text, (size_t)size);
        CHECK_OK(warm_store_save(s.store, &key, payload, size + (clean ? 0 : 8), NULL, NULL, WARM_KIND_FINAL, NULL, 0, NULL));
        free(payload);
    }
    if (clean || DEFECT("write-past-buffer")) {
        char *buf = malloc((size_t)size - (clean ? 0 : 8));
        REQUIRE(buf != NULL);
        CHECK_OK(warm_store_lookup_into(s.store, &key, WARM_LOOKUP_BEST, buf, size, NULL, NULL));
        free(buf);
    }
    if (clean || DEFECT("write-past-local")) {
        char whole[65], half[32];
        CHECK_OK(warm_key_to_hex(&key, clean ? whole : half));
        printf("%.8s\n", clean ? whole : half);
    }
    if (clean || DEFECT("read-after-free")) {
        warm_entry *entry = NULL;
        const void *data = NULL;
        int64_t len = 0;
        CHECK_OK(warm_store_lookup(s.store, &key, WARM_LOOKUP_BEST, &entry));
        CHECK_OK(warm_entry_payload(entry, &data, &len));
        if (!clean)
            warm_entry_free(&entry);
        printf("%d\n", ((const char *)data)[0]);
        warm_entry_free(&entry);
    }
    if (clean || DEFECT("free-twice")) {
        warm_entry *entry = NULL;
        CHECK_OK(warm_store_lookup(s.store, &key, WARM_LOOKUP_BEST, &entry));
        warm_entry *alias = entry;
        warm_entry_free(&entry);
        warm_entry_free(clean ? &entry : &alias);
    }
    if (clean || DEFECT("leak-entry")) {
        warm_entry *entry = NULL;
        CHECK_OK(warm_store_lookup(s.store, &key, WARM_LOOKUP_BEST, &entry));
        if (clean)
            warm_entry_free(&entry);
    }
    if (clean || DEFECT("leak-session")) {
        warm_session *session = NULL;
        CHECK_OK(warm_session_open(s.store, &key, NULL, &session));
        if (clean)
            warm_session_free(&session);
    }
    if (clean || DEFECT("overflow-integer")) {
        volatile int n = clean ? INT16_MAX : INT32_MAX;
        n = n + 1;
    }
    if (clean || DEFECT("race-fingerprinter")) {
        CHECK_OK(warm_fingerprinter_new(&s.fingerprinter));
        at_once(&s, absorb, absorb);
        warm_fingerprinter_free(&s.fingerprinter);
    }
    if (clean || DEFECT("race-payload"))
        at_once(&s, save, step);
    if (clean)
        at_once(&s, copy_entry, copy_entry);
    if (DEFECT("race-free"))
        at_once(&s, copy_entry, free_entry);

    warm_entry_free(&s.entry);
    warm_store_free(&s.store);
    free(s.payload);
    (void)pthread_mutex_destroy(&s.lock);
    return check_finish();
}
