/* kill -9 at random moments. A child saves, replaces, removes, checkpoints and finalizes in a loop and tells through a pipe what
   was acknowledged; after each death the parent finds every acknowledged value, or a newer one, whole. */
#include "check.h"

#define SLOT_KEYS 3
#define SLOTS 2
#define MAX_PAYLOAD 70000

typedef enum { SAVED, REMOVING, REMOVED, CHECKPOINTED, FINALIZED, MIXED } deed;

typedef struct {
    int32_t deed, key, slot;
    uint64_t seq;
    double objective;
} news; /* far below PIPE_BUF: written in one piece, or not at all */

/* What must hold, by slot; for the fits by key. */
typedef struct {
    uint64_t saved, removed; /* the last acknowledged of each */
    int removing;            /* said, and not yet acknowledged */
} slot_state;

static slot_state slots[SLOT_KEYS][SLOTS];
static uint64_t checkpointed, finalized; /* key_of(50): each better than the one before */
static uint64_t mixed_last;              /* key_of(51): better and worse ones */
static double mixed_best = INFINITY;
static uint64_t sequence;

static uint64_t random_state;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13; random_state ^= random_state >> 7; random_state ^= random_state << 17;
    return random_state;
}

static void tell(int pipe_end, deed what, int key, int slot, uint64_t seq, double objective)
{
    news n;
    memset(&n, 0, sizeof n); /* its padding goes through the pipe, too */
    n.deed = (int32_t)what;
    n.key = key;
    n.slot = slot;
    n.seq = seq;
    n.objective = objective;
    if (write(pipe_end, &n, sizeof n) != (ssize_t)sizeof n)
        _exit(3);
}

/* One level of durability per store: beside what was written at PROCESS the older FULL generation may stay on purpose. */
static int32_t level;

/* Never returns: it is killed. A failed call ends it with an exit code instead, which the parent counts as a failure. */
static void victim(const char *root, int pipe_end, long round)
{
    static unsigned char payload[MAX_PAYLOAD];
    char name[16];
    child_begin();
    random_state = 0x9e3779b97f4a7c15u * (uint64_t)(round + 1) + (uint64_t)getpid();
    warm_store_options *options = new_options();
    CHECK_OK(warm_store_options_set_durability(options, level));
    warm_store *store = open_with(root, options);
    const warm_key improving = key_of(50), mixing = key_of(51);
    warm_session *fit = open_session(store, &improving, 0.0), *mixed = open_session(store, &mixing, 0.0);
    while (check_failures == 0) {
        const uint64_t seq = ++sequence;
        const int k = (int)(next_random() % SLOT_KEYS), slot = (int)(next_random() % SLOTS);
        const int64_t size = next_random() % 4 == 0 ? PATTERN_MIN + (int64_t)(next_random() % (MAX_PAYLOAD - PATTERN_MIN))
                                                    : PATTERN_MIN + (int64_t)(next_random() % 200);
        const double falling = -(double)seq, any = (double)(next_random() % 100000) - 50000.0;
        const warm_key key = key_of((uint64_t)k);
        (void)snprintf(name, sizeof name, "slot-%d", slot);
        switch (next_random() % 8) {
        case 0: case 1: case 2: case 3:
            pattern_fill(payload, size, (uint64_t)(k * SLOTS + slot), seq);
            if (CHECK_OK(warm_store_save_slot(store, &key, name, -1, payload, size, &falling, NULL, WARM_KIND_CHECKPOINT)))
                tell(pipe_end, SAVED, k, slot, seq, falling);
            break;
        case 4: {
            if (next_random() % 4 != 0) {
                if (next_random() % 4 == 0)
                    CHECK_OK(warm_store_sweep(store));
                break;
            }
            tell(pipe_end, REMOVING, k, slot, seq, 0.0);
            const int32_t status = warm_store_remove_entry(store, &key, name, -1);
            CHECK(status == WARM_OK || status == WARM_NOT_FOUND);
            tell(pipe_end, REMOVED, k, slot, seq, 0.0);
            break;
        }
        case 5:
            pattern_fill(payload, size, 50, seq);
            if (next_random() % 4 != 0) {
                if (CHECK_OK(warm_session_checkpoint(fit, payload, size, &falling, NULL)))
                    tell(pipe_end, CHECKPOINTED, 50, 0, seq, falling);
            } else if (CHECK_OK(warm_session_finalize(fit, payload, size, &falling, NULL))) {
                tell(pipe_end, FINALIZED, 50, 0, seq, falling);
            }
            break;
        default:
            pattern_fill(payload, size, 51, seq);
            if (CHECK_OK(warm_session_checkpoint(mixed, payload, size, &any, NULL)))
                tell(pipe_end, MIXED, 51, 0, seq, any);
            break;
        }
    }
    _exit(1);
}

static void learn(const news *n)
{
    slot_state *s = n->key < SLOT_KEYS ? &slots[n->key][n->slot] : NULL;
    sequence = n->seq;
    switch ((deed)n->deed) {
    case SAVED: s->saved = n->seq; break;
    case REMOVING: s->removing = 1; break;
    case REMOVED: s->removing = 0; s->removed = n->seq; break;
    case CHECKPOINTED: checkpointed = n->seq; break;
    case FINALIZED: finalized = n->seq; break;
    case MIXED:
        mixed_last = n->seq;
        mixed_best = n->objective < mixed_best ? n->objective : mixed_best;
        break;
    }
}

/* 1 where the entry is whole and of that owner; its seq. */
static int whole(warm_entry *entry, uint64_t want_owner, uint64_t *seq)
{
    uint64_t owner = 0;
    return CHECK(entry_pattern(entry, &owner, seq)) && CHECK_EQ(want_owner, owner);
}

static void verify(warm_store *store)
{
    warm_entry *entry = NULL;
    warm_entry_info info = fresh_info();
    uint64_t seq = 0;
    for (int k = 0; k < SLOT_KEYS; ++k)
        for (int i = 0; i < SLOTS; ++i) {
            const slot_state *s = &slots[k][i];
            const warm_key key = key_of((uint64_t)k);
            char name[16];
            (void)snprintf(name, sizeof name, "slot-%d", i);
            const int32_t status = warm_store_lookup_run(store, &key, name, -1, &entry);
            if (status == WARM_OK) {
                if (whole(entry, (uint64_t)(k * SLOTS + i), &seq)) {
                    CHECK_OK(warm_entry_get_info(entry, &info));
                    CHECK(info.has_objective == 1 && info.objective == -(double)seq); /* never one's payload with another's metadata */
                    CHECK(seq >= s->saved);
                    CHECK(seq > s->removed); /* what was removed stays removed */
                }
            } else {
                CHECK_ST(WARM_NOT_FOUND, status);
                CHECK(s->saved <= s->removed || s->removing);
            }
            warm_entry_free(&entry);
        }

    const warm_key improving = key_of(50), mixing = key_of(51);
    const uint64_t at_least = checkpointed > finalized ? checkpointed : finalized;
    for (int32_t mode = WARM_LOOKUP_BEST; mode <= WARM_LOOKUP_LATEST; ++mode) {
        if (at_least > 0 && CHECK_OK(warm_store_lookup(store, &improving, mode, &entry)) && whole(entry, 50, &seq)) {
            CHECK(seq >= at_least);
            CHECK_OK(warm_entry_get_info(entry, &info));
            CHECK(info.has_objective == 1 && info.objective == -(double)seq);
            CHECK(seq != finalized || info.kind == WARM_KIND_FINAL);
        }
        warm_entry_free(&entry);
    }
    if (mixed_last > 0) {
        if (CHECK_OK(warm_store_lookup(store, &mixing, WARM_LOOKUP_BEST, &entry)) && whole(entry, 51, &seq)) {
            CHECK_OK(warm_entry_get_info(entry, &info));
            CHECK(info.has_objective == 1 && info.objective <= mixed_best + 1e-12);
        }
        warm_entry_free(&entry);
        if (CHECK_OK(warm_store_lookup(store, &mixing, WARM_LOOKUP_LATEST, &entry)) && whole(entry, 51, &seq))
            CHECK(seq >= mixed_last);
        warm_entry_free(&entry);
    }
}

/* What was being removed at the death by now either is or is not, for good. */
static void settle(warm_store *store)
{
    for (int k = 0; k < SLOT_KEYS; ++k)
        for (int i = 0; i < SLOTS; ++i) {
            slot_state *s = &slots[k][i];
            const warm_key key = key_of((uint64_t)k);
            warm_entry *entry = NULL;
            uint64_t owner = 0, seq = 0;
            char name[16];
            if (!s->removing)
                continue;
            (void)snprintf(name, sizeof name, "slot-%d", i);
            s->removing = 0;
            s->removed = s->saved;
            if (warm_store_lookup_run(store, &key, name, -1, &entry) == WARM_OK && entry_pattern(entry, &owner, &seq)) {
                s->saved = seq;
                s->removed = seq - 1;
            }
            warm_entry_free(&entry);
        }
}

static void every_entry_is_whole(warm_store *store, const warm_key *key, long *entries)
{
    warm_cursor *cursor = NULL;
    const int32_t status = warm_store_list_entries(store, key, &cursor);
    if (status == WARM_NOT_FOUND)
        return;
    CHECK_OK(status);
    while (warm_cursor_next(cursor) == WARM_OK) {
        char id[WARM_RUN_ID_MAX];
        warm_entry *entry = NULL;
        uint64_t owner = 0, seq = 0;
        CHECK_OK(warm_cursor_run_id(cursor, id, sizeof id, NULL));
        CHECK_OK(warm_store_lookup_run(store, key, id, -1, &entry));
        CHECK(entry_pattern(entry, &owner, &seq));
        warm_entry_free(&entry);
        ++*entries;
    }
    warm_cursor_free(&cursor);
}

static void campaign(const char *name, int32_t durability, long n)
{
    char root[PATH_CAP];
    long acknowledged = 0;
    (void)snprintf(root, sizeof root, "%s", in_scratch(name));
    memset(slots, 0, sizeof slots);
    checkpointed = finalized = mixed_last = sequence = 0;
    mixed_best = INFINITY;
    level = durability;
    warm_store *observer = open_root(root); /* looks on through all of it, with whatever it keeps in memory */
    for (long round = 0; round < n; ++round) {
        int ends[2];
        news item;
        int status = 0;
        REQUIRE(pipe(ends) == 0);
        (void)fflush(stdout);
        const pid_t child = fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            (void)close(ends[0]);
            victim(root, ends[1], round);
        }
        (void)close(ends[1]);
        /* it lives until it has done something, and then for up to 30 ms */
        if (read(ends[0], &item, sizeof item) == (ssize_t)sizeof item) {
            learn(&item);
            ++acknowledged;
        }
        nap((double)(next_random() % 30000) * 1e-6);
        CHECK(kill(child, SIGKILL) == 0);
        while (read(ends[0], &item, sizeof item) == (ssize_t)sizeof item) {
            learn(&item);
            ++acknowledged;
        }
        (void)close(ends[0]);
        CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        sequence += 1000; /* beyond anything it began without a word */

        warm_store *fresh = open_root(root);
        verify(fresh);
        verify(observer);
        CHECK_EQ(0, stats_of(fresh).damaged);
        settle(fresh);
        if (round % 10 == 9)
            CHECK_OK(warm_store_sweep(fresh));
        verify(fresh);
        warm_store_free(&fresh);
        if (check_failures != 0) {
            (void)fprintf(stderr, "  in round %ld of %s\n", round, name);
            break;
        }
    }

    /* at the end: swept, nothing invalid is counted, everything listed is whole */
    age_files(root);
    warm_store *store = open_root(root);
    CHECK_OK(warm_store_sweep(store));
    verify(store);
    long entries = 0;
    const warm_key improving = key_of(50), mixing = key_of(51);
    for (uint64_t k = 0; k < SLOT_KEYS; ++k) {
        const warm_key key = key_of(k);
        every_entry_is_whole(store, &key, &entries);
    }
    every_entry_is_whole(store, &improving, &entries);
    every_entry_is_whole(store, &mixing, &entries);
    CHECK_OK(warm_store_flush(store, 10.0));
    const warm_store_stats s = stats_of(store);
    CHECK_EQ(0, s.damaged);
    CHECK_EQ(0, s.foreign);
    CHECK_EQ(0, s.aside_files);
    CHECK_EQ(0, s.aside_bytes);
    CHECK_EQ(entries, s.entries);
    /* one pair for each, and of the dead at most a payload whose metadata never came: half a pair keeps its grace of ten minutes,
       by a time that no test can set */
    long pairs = 0, halves = 0;
    for (uint64_t k = 0; k < SLOT_KEYS + 2; ++k) {
        const warm_key key = k < SLOT_KEYS ? key_of(k) : k == SLOT_KEYS ? improving : mixing;
        const char *dir = key_dir(root, &key);
        const long json = count_names(dir, ".json"), bin = count_names(dir, ".bin"), all = count_names(dir, "");
        if (all < 0)
            continue;
        CHECK_EQ(json + bin, all);
        CHECK(bin >= json);
        pairs += json;
        halves += bin - json;
    }
    CHECK_EQ(entries, pairs);
    CHECK(halves <= 2 * n);
    warm_store_free(&store);
    warm_store_free(&observer);
    printf("%s: %ld deaths, %ld acknowledgements, %ld entries and %ld half pairs left\n", name, n, acknowledged, entries, halves);
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv))
        return 2;
    const long n = rounds(getenv("WARM_TEST_KILLS") != NULL ? atol(getenv("WARM_TEST_KILLS")) : 60);
    random_state = (uint64_t)getpid() * 2654435761u + (uint64_t)time(NULL);
    campaign("kill-full", WARM_DURABILITY_FULL, (n + 1) / 2);
    campaign("kill-process", WARM_DURABILITY_PROCESS, (n + 1) / 2);
    return check_finish();
}
