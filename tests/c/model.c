/* Random calls through two handles on one root, opened again now and then, against a model that is a plain array. */
#include "check.h"

#define KEYS 3
#define RUNS 6 /* named slots under each key */
#define FRESH 40 /* and at most so many generated ones */

typedef struct {
    int present, has_objective, has_iteration, kind;
    double objective;
    int64_t iteration;
    uint64_t seq; /* of all writes: the clock's order */
    char run[WARM_RUN_ID_MAX];
} record;

static record model[KEYS][RUNS + FRESH];
static int fresh_count[KEYS];
static uint64_t clock_of_writes, state;

static uint64_t dice(uint64_t sides)
{
    state ^= state << 13; state ^= state >> 7; state ^= state << 17;
    return (state * 0x2545f4914f6cdd1du >> 32) % sides;
}

static int within(double a, double lowest)
{
    return a - lowest <= 1e-12;
}

/* What best or latest answers, or NULL. */
static const record *expected(const record *runs, int32_t mode)
{
    const record *best = NULL;
    double lowest = INFINITY;
    for (int i = 0; i < RUNS + FRESH; ++i)
        if (runs[i].present && runs[i].has_objective && runs[i].objective < lowest)
            lowest = runs[i].objective;
    for (int i = 0; i < RUNS + FRESH; ++i) {
        const record *r = &runs[i];
        if (!r->present)
            continue;
        if (mode == WARM_LOOKUP_LATEST || lowest == INFINITY) {
            if (best == NULL || r->seq > best->seq)
                best = r;
        } else if (r->has_objective && within(r->objective, lowest)) {
            if (best == NULL || r->kind > best->kind || (r->kind == best->kind && r->seq > best->seq))
                best = r;
        }
    }
    return best;
}

static int64_t size_of(uint64_t seq)
{
    return PATTERN_MIN + (int64_t)(seq * 37 % 6000);
}

static void entry_is_record(const warm_entry *entry, const record *r)
{
    uint64_t owner = 0, seq = 0;
    char run[WARM_RUN_ID_MAX] = "";
    warm_entry_info info = fresh_info();
    CHECK(entry_pattern(entry, &owner, &seq));
    CHECK_EQ(r->seq, seq);
    CHECK_OK(warm_entry_run_id(entry, run, sizeof run, NULL));
    CHECK(strcmp(run, r->run) == 0);
    CHECK_OK(warm_entry_get_info(entry, &info));
    CHECK_EQ(size_of(r->seq), info.payload_bytes);
    CHECK_EQ(r->kind, info.kind);
    CHECK_EQ(r->has_objective, info.has_objective);
    CHECK(!r->has_objective || memcmp(&r->objective, &info.objective, sizeof info.objective) == 0);
    CHECK_EQ(r->has_iteration, info.has_iteration);
    CHECK(!r->has_iteration || r->iteration == info.iteration);
}

static void write_one(warm_store *store, int k, int i)
{
    static const double near[] = {1.0, 1.0 + 0.4e-12, 1.0 + 0.8e-12, 1.0 - 0.4e-12, 2.0, -3.5, 0.0, -0.0, 1e300, NAN, INFINITY, -INFINITY};
    unsigned char payload[PATTERN_MIN + 6000];
    const warm_key key = key_of((uint64_t)k);
    record *r = &model[k][i];
    const double objective = near[dice(sizeof near / sizeof near[0])];
    const int scored = dice(5) != 0, numbered = dice(2) != 0;
    r->present = 1;
    r->has_objective = scored && isfinite(objective);
    r->objective = objective;
    r->has_iteration = numbered;
    r->iteration = (int64_t)dice(1000);
    r->kind = dice(3) == 0 ? WARM_KIND_FINAL : WARM_KIND_CHECKPOINT;
    r->seq = ++clock_of_writes;
    pattern_fill(payload, size_of(r->seq), (uint64_t)k, r->seq);
    if (i < RUNS) {
        (void)snprintf(r->run, sizeof r->run, "run-%d", i);
        CHECK_OK(warm_store_save_slot(store, &key, r->run, -1, payload, size_of(r->seq), scored ? &r->objective : NULL, numbered ? &r->iteration : NULL, r->kind));
    } else {
        CHECK_OK(warm_store_save(store, &key, payload, size_of(r->seq), scored ? &r->objective : NULL, numbered ? &r->iteration : NULL, r->kind, r->run,
                                 sizeof r->run, NULL));
    }
}

static void look(warm_store *store, int k)
{
    const warm_key key = key_of((uint64_t)k);
    warm_entry *entry = NULL;
    for (int32_t mode = WARM_LOOKUP_BEST; mode <= WARM_LOOKUP_LATEST; ++mode) {
        const record *want = expected(model[k], mode);
        if (CHECK_ST(want != NULL ? WARM_OK : WARM_NOT_FOUND, warm_store_lookup(store, &key, mode, &entry)) && want != NULL)
            entry_is_record(entry, want);
        warm_entry_free(&entry);
    }
    const record *one = &model[k][dice(RUNS + FRESH)];
    if (one->run[0] != '\0') {
        if (CHECK_ST(one->present ? WARM_OK : WARM_NOT_FOUND, warm_store_lookup_run(store, &key, one->run, -1, &entry)) && one->present)
            entry_is_record(entry, one);
        warm_entry_free(&entry);
    }
}

static long present(int k)
{
    long n = 0;
    for (int i = 0; i < RUNS + FRESH; ++i)
        n += model[k][i].present;
    return n;
}

static void remove_one(warm_store *store, int k)
{
    const warm_key key = key_of((uint64_t)k);
    record *r = &model[k][dice(RUNS + FRESH)];
    if (r->run[0] == '\0')
        return;
    CHECK_ST(r->present ? WARM_OK : WARM_NOT_FOUND, warm_store_remove_entry(store, &key, r->run, -1));
    r->present = 0;
}

static void remove_all(warm_store *store, int k)
{
    const warm_key key = key_of((uint64_t)k);
    CHECK_ST(present(k) > 0 ? WARM_OK : WARM_NOT_FOUND, warm_store_remove(store, &key));
    for (int i = 0; i < RUNS + FRESH; ++i)
        model[k][i].present = 0;
}

static void figures(warm_store *store)
{
    long entries = 0, keys = 0;
    warm_cursor *cursor = NULL;
    CHECK_OK(warm_store_sweep(store));
    for (int k = 0; k < KEYS; ++k) {
        entries += present(k);
        keys += present(k) > 0;
    }
    const warm_store_stats s = stats_of(store);
    CHECK_EQ(entries, s.entries);
    CHECK_EQ(keys, s.keys);
    CHECK_EQ(0, s.damaged);
    CHECK_EQ(0, s.aside_files);
    CHECK_OK(warm_store_list_keys(store, &cursor));
    CHECK_EQ(keys, count_cursor(cursor));
    warm_cursor_free(&cursor);
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv))
        return 2;
    const char *root = in_scratch("model");
    const char *wish = getenv("WARM_TEST_SEED");
    const uint64_t seed = wish != NULL ? strtoull(wish, NULL, 10) : (uint64_t)time(NULL) * 1000u + (uint64_t)getpid() % 1000u;
    warm_store *stores[2];
    stores[0] = open_root(root);
    stores[1] = open_root(root);
    state = seed | 1u;
    for (long turn = 0; turn < rounds(20) * 100 && check_failures == 0; ++turn) {
        const size_t which = (size_t)dice(2);
        warm_store *store = stores[which];
        const int k = (int)dice(KEYS);
        switch (dice(12)) {
        case 0: case 1: case 2: case 3:
            write_one(store, k, (int)dice(RUNS));
            break;
        case 4: case 5:
            if (fresh_count[k] < FRESH)
                write_one(store, k, RUNS + fresh_count[k]++);
            break;
        case 6:
            remove_one(store, k);
            break;
        case 7:
            if (dice(10) == 0)
                remove_all(store, k);
            break;
        case 8: {
            const warm_key key = key_of((uint64_t)k);
            CHECK_EQ(present(k), count_entries(store, &key));
            break;
        }
        case 9:
            if (dice(20) == 0)
                figures(store);
            break;
        case 10:
            if (dice(20) == 0) {
                warm_store_options *options = new_options();
                CHECK_OK(warm_store_options_set_durability(options, dice(2) ? WARM_DURABILITY_FULL : WARM_DURABILITY_PROCESS));
                CHECK_OK(warm_store_options_set_memory_budget(options, (int64_t)dice(3) * 4096));
                warm_store_free(&stores[which]);
                stores[which] = open_with(root, options);
                warm_store_options_free(&options);
            }
            break;
        default:
            break;
        }
        look(stores[dice(2)], k);
    }
    figures(stores[0]);
    for (int k = 0; k < KEYS; ++k)
        look(stores[1], k);
    warm_store_free(&stores[0]);
    warm_store_free(&stores[1]);
    if (check_failures != 0)
        (void)fprintf(stderr, "  again with WARM_TEST_SEED=%" PRIu64 "\n", seed);
    return check_finish();
}
