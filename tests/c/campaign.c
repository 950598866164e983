/* kill -9 at random moments, of processes of two threads each that save, replace, checkpoint, finalize, look up, remove, pin and
   sweep on shared keys of one root; the dead are replaced at once.

     campaign ROOT [KILLS [PROCESSES]]        WARM_TEST_SEED repeats a campaign as far as the scheduler lets it

   Everybody writes what is about to happen and what has happened into one pipe, in records that go in whole or not at all. Their
   order there is an order in time, so the supervisor, which reads it and never opens the store, knows for each answer of each
   lookup, by whomever, whether it was possible: known, whole, under the right run with the right metadata, neither superseded nor
   removed before the lookup began, and not missing where something was acknowledged. Every run is a register in that sense. Ranking,
   counts and leavings are checked while nobody runs. */
#include "check.h"

#include <poll.h>
#include <sys/ioctl.h>

#define KEYS 4
#define THREADS 2
#define PLACES 16 /* most worker processes */
#define OBSERVER PLACES
#define VERIFIER (PLACES + 1)
#define RUNS 6
#define MAX_PAYLOAD 70000
#define TIGHT_BUDGET ((int64_t)processes << 18)
#define NEVER INT64_MAX
#define NONE (-1)
#define REQUIRE_KNOWN(i) REQUIRE((i) != NONE)

typedef enum { SAVE, SAVED, REMOVE, REMOVED, LOOK, FOUND, OPENED } event;
typedef enum { FRESH, SLOT, CHECKPOINT, FINAL, REMOVAL } way;

typedef struct {
    int32_t what, place, thread, way, key, status, kind, has_objective, has_iteration, reserved;
    uint64_t owner, seq; /* of the payload */
    int64_t size, iteration;
    double objective;
    char run[WARM_RUN_ID_MAX];
} record; /* far below PIPE_BUF */

static int processes;
static int tight; /* a budget evicts: then a missing entry proves nothing */
static int32_t level;
static char root[PATH_CAP];
static int pipe_ends[2];

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13; *state ^= *state >> 7; *state ^= *state << 17;
    return *state;
}

static void own_slot(char *name, int place, int thread) { (void)snprintf(name, 32, "own-%d-%d", place, thread); }
static void shared_slot(char *name, int place) { (void)snprintf(name, 32, "both-%d", place); }
static int is_slot(const char *run) { return strncmp(run, "own-", 4) == 0 || strncmp(run, "both-", 5) == 0; }

static warm_store *open_campaign(void)
{
    warm_store_options *options = new_options();
    CHECK_OK(warm_store_options_set_durability(options, level));
    CHECK_OK(warm_store_options_set_ttl_seconds(options, 0.0));
    if (tight)
        CHECK_OK(warm_store_options_set_size_budget(options, TIGHT_BUDGET));
    warm_store *store = open_with(root, options);
    warm_store_options_free(&options);
    return store;
}

/* ---- whoever does something, and says so ---- */

typedef struct {
    int place, thread;
    uint64_t owner, seq, random;
    warm_store *store;
    warm_session *fit;
    int fit_key, finals;
    char fit_run[WARM_RUN_ID_MAX];
    int runs, run_keys[RUNS + 1]; /* saved by this thread, and to be removed by it */
    char run_ids[RUNS + 1][WARM_RUN_ID_MAX];
    unsigned char payload[MAX_PAYLOAD];
} hand;

static record blank(const hand *h, event what, int key, const char *run)
{
    record r;
    memset(&r, 0, sizeof r); /* its padding goes through the pipe, too */
    r.what = (int32_t)what;
    r.place = h->place;
    r.thread = h->thread;
    r.key = key;
    r.owner = h->owner;
    (void)snprintf(r.run, sizeof r.run, "%s", run != NULL ? run : "");
    return r;
}

/* A failed check ends its process: the supervisor sees that nobody killed it. */
static void tell(const record *r)
{
    if (check_failures != 0 || write(pipe_ends[1], r, sizeof *r) != (ssize_t)sizeof *r)
        _exit(1);
}

/* What a lookup answered is the supervisor's to judge; that it is whole, everybody's. */
static record look(hand *h, int k, int32_t mode, const char *run)
{
    const warm_key key = key_of((uint64_t)k);
    warm_entry *entry = NULL;
    warm_entry_info info = fresh_info();
    record r = blank(h, LOOK, k, run);
    tell(&r);
    r.what = FOUND;
    r.status = run != NULL ? warm_store_lookup_run(h->store, &key, run, -1, &entry) : warm_store_lookup(h->store, &key, mode, &entry);
    if (r.status == WARM_OK) {
        CHECK(entry_pattern(entry, &r.owner, &r.seq));
        CHECK_OK(warm_entry_get_info(entry, &info));
        CHECK_OK(warm_entry_run_id(entry, r.run, sizeof r.run, NULL));
        CHECK(run == NULL || strcmp(run, r.run) == 0);
        CHECK_EQ(WARM_SOURCE_EXACT, info.source);
        r.kind = info.kind;
        r.has_objective = info.has_objective;
        r.has_iteration = info.has_iteration;
        r.objective = info.objective;
        r.iteration = info.iteration;
        r.size = info.payload_bytes;
    } else {
        CHECK_ST(WARM_NOT_FOUND, r.status);
    }
    warm_entry_free(&entry);
    tell(&r);
    return r;
}

static int64_t any_size(hand *h)
{
    const uint64_t x = next_random(&h->random);
    const uint64_t most = x % (tight ? 2 : 16) == 0 ? MAX_PAYLOAD : x % 4 == 1 ? 6000 : 300;
    return PATTERN_MIN + (int64_t)(next_random(&h->random) % (most - PATTERN_MIN + 1));
}

/* Fills the payload and says what is coming. */
static record announce(hand *h, way w, int key, const char *run, int32_t kind)
{
    record r = blank(h, SAVE, key, run);
    r.way = (int32_t)w;
    r.seq = h->seq += THREADS;
    r.size = any_size(h);
    r.kind = kind;
    r.has_objective = w == CHECKPOINT || w == FINAL || next_random(&h->random) % 8 != 0;
    r.has_iteration = next_random(&h->random) % 4 != 0;
    r.objective = r.has_objective ? (double)(int64_t)(next_random(&h->random) % 2000001u) * 0.37 - 370000.0 : 0.0;
    r.iteration = r.has_iteration ? (int64_t)(next_random(&h->random) % 100000u) : 0;
    pattern_fill(h->payload, r.size, r.owner, r.seq);
    tell(&r);
    return r;
}

static void remove_one(hand *h, int k, const char *run)
{
    const warm_key key = key_of((uint64_t)k);
    record r = blank(h, REMOVE, k, run);
    tell(&r);
    r.what = REMOVED;
    r.status = warm_store_remove_entry(h->store, &key, run, -1);
    CHECK(r.status == WARM_OK || r.status == WARM_NOT_FOUND);
    tell(&r);
}

/* One's own to remove, now or later. */
static void keep_run(hand *h, int key, const char *run)
{
    if (tight && h->place != VERIFIER)
        return; /* the budget's to remove */
    h->run_keys[h->runs] = key;
    (void)snprintf(h->run_ids[h->runs++], WARM_RUN_ID_MAX, "%s", run);
    if (h->runs > RUNS || next_random(&h->random) % 8 == 0) {
        const int i = (int)(next_random(&h->random) % (uint64_t)h->runs);
        remove_one(h, h->run_keys[i], h->run_ids[i]);
        --h->runs;
        h->run_keys[i] = h->run_keys[h->runs];
        memmove(h->run_ids[i], h->run_ids[h->runs], WARM_RUN_ID_MAX);
    }
}

/* Who has just saved finds it, and nothing worse is the best. */
static void look_back(hand *h, const record *saved)
{
    const record mine = look(h, saved->key, 0, saved->run);
    if (tight)
        return; /* others' saves may have cost this one's entry by now: the supervisor knows how much they were */
    CHECK(mine.status == WARM_OK && mine.owner == saved->owner && mine.seq == saved->seq);
    const record best = look(h, saved->key, WARM_LOOKUP_BEST, NULL);
    CHECK_OK(best.status);
    CHECK(!saved->has_objective || (best.has_objective && best.objective <= saved->objective + 1e-12));
    CHECK_OK(look(h, saved->key, WARM_LOOKUP_LATEST, NULL).status);
}

static void save_fresh(hand *h, int k)
{
    const warm_key key = key_of((uint64_t)k);
    record r = announce(h, FRESH, k, NULL, (int32_t)(next_random(&h->random) % 2));
    CHECK_OK(warm_store_save(h->store, &key, h->payload, r.size, r.has_objective ? &r.objective : NULL,
                             r.has_iteration ? &r.iteration : NULL, r.kind, r.run, sizeof r.run, NULL));
    r.what = SAVED;
    tell(&r);
    if (tight || next_random(&h->random) % 2 == 0)
        look_back(h, &r);
    keep_run(h, k, r.run);
}

static void save_slot(hand *h, int k, const char *name, int mine)
{
    const warm_key key = key_of((uint64_t)k);
    record r = announce(h, SLOT, k, name, (int32_t)(next_random(&h->random) % 2));
    CHECK_OK(warm_store_save_slot(h->store, &key, name, -1, h->payload, r.size, r.has_objective ? &r.objective : NULL,
                                  r.has_iteration ? &r.iteration : NULL, r.kind));
    r.what = SAVED;
    tell(&r);
    if (mine && (tight || next_random(&h->random) % 2 == 0))
        look_back(h, &r);
}

static void fit_on(hand *h, int k)
{
    if (h->fit == NULL) {
        const warm_key key = key_of((uint64_t)k);
        h->fit = open_session(h->store, &key, 0.0);
        h->fit_key = k;
        h->finals = 0;
        CHECK_OK(warm_session_run_id(h->fit, h->fit_run, sizeof h->fit_run, NULL));
        const record r = blank(h, OPENED, k, h->fit_run);
        tell(&r);
    }
    const int finish = next_random(&h->random) % 6 == 0;
    record r = announce(h, finish ? FINAL : CHECKPOINT, h->fit_key, h->fit_run, finish ? WARM_KIND_FINAL : WARM_KIND_CHECKPOINT);
    const int64_t *iteration = r.has_iteration ? &r.iteration : NULL;
    if (finish)
        CHECK_OK(warm_session_finalize(h->fit, h->payload, r.size, &r.objective, iteration));
    else if (next_random(&h->random) % 2 == 0)
        CHECK_OK(warm_session_checkpoint(h->fit, h->payload, r.size, &r.objective, iteration));
    else
        CHECK_OK(warm_session_checkpoint_now(h->fit, h->payload, r.size, &r.objective, iteration));
    r.what = SAVED;
    tell(&r);
    (void)look(h, h->fit_key, 0, h->fit_run);
    if (finish && (++h->finals == 3 || next_random(&h->random) % 2 == 0)) {
        CHECK_OK(warm_session_finish(h->fit));
        warm_session_free(&h->fit);
        keep_run(h, h->fit_key, h->fit_run);
    }
}

/* Removes what the dead of this place left, so that the root does not grow with every death; and because for
   an hour their sessions' runs pass for those of the living, which are evicted last. */
static void inherit(hand *h, int k)
{
    const warm_key key = key_of((uint64_t)k);
    warm_cursor *cursor = NULL;
    char run[WARM_RUN_ID_MAX];
    CHECK_OK(warm_store_list_entries(h->store, &key, &cursor));
    while (check_failures == 0 && warm_cursor_next(cursor) == WARM_OK) {
        CHECK_OK(warm_cursor_run_id(cursor, run, sizeof run, NULL));
        if (is_slot(run))
            continue;
        const record r = look(h, k, 0, run);
        if (r.status == WARM_OK && r.owner < h->owner && r.owner % (uint64_t)processes == (uint64_t)h->place)
            remove_one(h, k, run);
    }
    warm_cursor_free(&cursor);
}

static void work_once(hand *h)
{
    const int k = (int)(next_random(&h->random) % KEYS);
    const warm_key key = key_of((uint64_t)k);
    char mine[32], both[32];
    own_slot(mine, h->place, h->thread);
    shared_slot(both, h->place);
    switch (next_random(&h->random) % 32) {
    case 0: case 1: case 2: case 3: case 4: save_fresh(h, k); break;
    case 5: case 6: case 7: case 8: case 9: save_slot(h, k, mine, 1); break;
    case 10: case 11: case 12: case 13: case 14: case 15: save_slot(h, k, both, 0); break;
    case 16: case 17: case 18: case 19: case 20: case 21: fit_on(h, k); break;
    case 22: (void)look(h, k, WARM_LOOKUP_BEST, NULL); break;
    case 23: (void)look(h, k, WARM_LOOKUP_LATEST, NULL); break;
    case 24: case 31: (void)look(h, k, 0, both); break;
    case 25: (void)look(h, k, 0, mine); break;
    case 26: remove_one(h, k, mine); break;
    case 27: remove_one(h, k, both); break;
    case 28: {
        const int32_t status = warm_store_pin(h->store, &key, next_random(&h->random) % 2 == 0 ? mine : both, -1,
                                              (int32_t)(next_random(&h->random) % 2));
        CHECK(status == WARM_OK || status == WARM_NOT_FOUND);
        break;
    }
    case 29:
        if (next_random(&h->random) % 2 == 0)
            CHECK_OK(warm_store_sweep(h->store));
        break;
    default: inherit(h, k); break;
    }
    CHECK_EQ(0, stats_of(h->store).damaged);
    if (check_failures != 0)
        _exit(1);
}

static void *work(void *context)
{
    hand *h = context;
    if (tight)
        for (int k = 0; k < KEYS; ++k)
            inherit(h, k);
    for (;;)
        work_once(h);
    return NULL;
}

/* Never returns: it is killed. */
static void worker(int place, uint64_t owner, uint64_t random)
{
    static hand hands[THREADS];
    pthread_t threads[THREADS];
    warm_store *store = open_campaign();
    for (int t = 0; t < THREADS; ++t) {
        hands[t].place = place;
        hands[t].thread = t;
        hands[t].owner = owner;
        hands[t].seq = (uint64_t)t;
        hands[t].random = pattern_mix(random + (uint64_t)t) | 1;
        hands[t].store = store;
        REQUIRE(pthread_create(&threads[t], NULL, work, &hands[t]) == 0);
    }
    (void)pthread_join(threads[0], NULL);
    _exit(1);
}

/* ---- what the supervisor knows ---- */

typedef struct {
    record r;
    int64_t begins, ends; /* after `ends` it has no effect: acknowledged, seen, or its process dead */
    int64_t dead_from;    /* a lookup that begins later may not answer it */
    int64_t seen;         /* first answered */
    int reg, next, fit;
    char completed, excused, aside; /* excused: a removal may come after it; aside: under a run of the session's choice */
} operation;

typedef struct {
    char run[WARM_RUN_ID_MAX];
    int key, first, removals, fit;
    int64_t removal_ended;
} entry_register;

typedef struct {
    int reg, last, flying, latest, best, finals, removed;
    double lowest;
    uint64_t owner;
} fitting;

typedef struct { int *at; size_t cap; } table;

static operation *operations;
static entry_register *registers;
static fitting *fits;
static size_t operation_count, operation_cap, register_count, register_cap, fit_count, fit_cap;
static table operation_table, register_table;
static int64_t moment;
static int64_t look_began[PLACES + 2][THREADS];
static int flying[PLACES + 2][THREADS];
static long acknowledged, answers, evicted;

static void *grown(void *old, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return old;
    *cap = *cap * 2 + 64;
    void *memory = realloc(old, *cap * size);
    REQUIRE(memory != NULL);
    return memory;
}

static uint64_t hash_operation(uint64_t owner, uint64_t seq) { return pattern_mix(owner * 0x9e3779b97f4a7c15u + seq); }

static uint64_t hash_register(int key, const char *run)
{
    uint64_t h = 14695981039346656037u + (uint64_t)key;
    while (*run != '\0')
        h = (h ^ (unsigned char)*run++) * 1099511628211u;
    return pattern_mix(h);
}

static uint64_t hash_of(const table *t, int i)
{
    return t == &operation_table ? hash_operation(operations[i].r.owner, operations[i].r.seq)
                                 : hash_register(registers[i].key, registers[i].run);
}

static void table_put(table *t, int i)
{
    size_t at = (size_t)hash_of(t, i) & (t->cap - 1);
    while (t->at[at] != NONE)
        at = (at + 1) & (t->cap - 1);
    t->at[at] = i;
}

static void table_add(table *t, int i, size_t count)
{
    if (2 * count >= t->cap) {
        const table old = *t;
        t->cap = old.cap == 0 ? 1024 : 2 * old.cap;
        t->at = malloc(t->cap * sizeof *t->at);
        REQUIRE(t->at != NULL);
        for (size_t j = 0; j < t->cap; ++j)
            t->at[j] = NONE;
        for (size_t j = 0; j < old.cap; ++j)
            if (old.at[j] != NONE)
                table_put(t, old.at[j]);
        free(old.at);
    }
    table_put(t, i);
}

static int find_operation(uint64_t owner, uint64_t seq)
{
    if (operation_table.cap == 0)
        return NONE;
    size_t at = (size_t)hash_operation(owner, seq) & (operation_table.cap - 1);
    for (; operation_table.at[at] != NONE; at = (at + 1) & (operation_table.cap - 1)) {
        const int i = operation_table.at[at];
        if (operations[i].r.owner == owner && operations[i].r.seq == seq)
            return i;
    }
    return NONE;
}

static int register_of(int key, const char *run)
{
    if (register_table.cap != 0) {
        size_t at = (size_t)hash_register(key, run) & (register_table.cap - 1);
        for (; register_table.at[at] != NONE; at = (at + 1) & (register_table.cap - 1)) {
            const int i = register_table.at[at];
            if (registers[i].key == key && strcmp(registers[i].run, run) == 0)
                return i;
        }
    }
    registers = grown(registers, register_count, &register_cap, sizeof *registers);
    entry_register *g = &registers[register_count];
    memset(g, 0, sizeof *g);
    (void)snprintf(g->run, sizeof g->run, "%s", run);
    g->key = key;
    g->first = g->fit = NONE;
    g->removal_ended = -1;
    table_add(&register_table, (int)register_count, register_count);
    return (int)register_count++;
}

static int new_operation(const record *r)
{
    operations = grown(operations, operation_count, &operation_cap, sizeof *operations);
    operation *o = &operations[operation_count];
    memset(o, 0, sizeof *o);
    o->r = *r;
    o->begins = moment;
    o->ends = o->dead_from = o->seen = NEVER;
    o->reg = o->next = o->fit = NONE;
    return (int)operation_count++;
}

static void violation(const record *r, const char *why, const operation *o)
{
    (void)check_true(__FILE__, __LINE__, why, 0);
    (void)fprintf(stderr, "  moment %" PRId64 " (lookup began at %" PRId64 "): place %d, thread %d, key %d, run \"%s\", %s, owner %" PRIu64 ", seq %" PRIu64 "\n",
                  moment, look_began[r->place][r->thread], r->place, r->thread, r->key, r->run, status_name(r->status), r->owner, r->seq);
    if (o == NULL)
        return;
    /* what else happened to that run, and when */
    for (size_t i = 0; i < operation_count; ++i) {
        const operation *x = &operations[i];
        if (x != o && (x->reg != o->reg || o->reg == NONE || x->ends < o->begins - 100))
            continue;
        (void)fprintf(stderr, "  %s %s by owner %" PRIu64 ", thread %d, seq %" PRIu64 ": %" PRId64 " to %" PRId64 ", seen %" PRId64 ", dead from %" PRId64 "%s%s\n",
                      x == o ? ">" : " ", x->r.way == REMOVAL ? "removal" : "save", x->r.owner, x->r.thread, x->r.seq, x->begins,
                      x->ends == NEVER ? -1 : x->ends, x->seen == NEVER ? -1 : x->seen, x->dead_from == NEVER ? -1 : x->dead_from,
                      x->completed ? ", completed" : "", x->excused ? ", excused" : "");
    }
}

static void attach(int reg, int i)
{
    operation *o = &operations[i];
    o->reg = reg;
    o->next = registers[reg].first;
    registers[reg].first = i;
    o->excused = registers[reg].removals > 0;
}

/* What ended before `before` is dead for who looks from now on; `but` is what made it so. */
static void supersede(int reg, int64_t before, int but)
{
    int *link = &registers[reg].first;
    while (*link != NONE) {
        operation *o = &operations[*link];
        if (*link != but && o->ends < before) {
            if (moment < o->dead_from)
                o->dead_from = moment;
            *link = o->next;
        } else {
            link = &o->next;
        }
    }
}

static void complete(int i)
{
    operation *o = &operations[i];
    if (o->completed)
        return;
    o->completed = 1;
    if (moment < o->ends)
        o->ends = moment;
    if (o->reg != NONE)
        supersede(o->reg, o->begins, i);
}

static void gone(int i)
{
    if (i != NONE && moment < operations[i].dead_from)
        operations[i].dead_from = moment;
}

static void on_save(const record *r)
{
    const int i = new_operation(r);
    table_add(&operation_table, i, operation_count);
    flying[r->place][r->thread] = i;
    if (r->way == SLOT)
        attach(register_of(r->key, r->run), i);
    if (r->way != CHECKPOINT && r->way != FINAL)
        return;
    const int reg = register_of(r->key, r->run);
    const int f = registers[reg].fit;
    REQUIRE_KNOWN(f);
    operations[i].fit = f;
    fits[f].flying = i;
    if (r->way == FINAL || (fits[f].finals == 0 && r->objective <= fits[f].lowest))
        attach(reg, i);
    else
        operations[i].aside = 1;
}

static void on_saved(const record *r)
{
    const int i = flying[r->place][r->thread];
    REQUIRE_KNOWN(i);
    flying[r->place][r->thread] = NONE;
    ++acknowledged;
    operation *o = &operations[i];
    if (r->way == FRESH) {
        const int reg = register_of(r->key, r->run);
        if (o->reg == NONE)
            attach(reg, i);
        else if (o->reg != reg)
            violation(r, "seen under another run before it was acknowledged", o);
        (void)snprintf(o->r.run, sizeof o->r.run, "%s", r->run);
    }
    complete(i);
    if (o->fit == NONE)
        return;
    /* a session's checkpoints: the best and the latest stay, until there is a Final; nothing of it is concurrent with itself */
    fitting *f = &fits[o->fit];
    const int is_best = r->way == CHECKPOINT && r->objective <= f->lowest;
    gone(f->latest);
    f->latest = r->way == CHECKPOINT && !is_best ? i : NONE;
    if (r->way == FINAL || is_best) {
        gone(f->best);
        f->best = o->aside ? i : NONE;
    }
    f->finals += r->way == FINAL;
    if (r->objective < f->lowest)
        f->lowest = r->objective;
    f->last = i;
    f->flying = NONE;
}

static void on_remove(const record *r)
{
    const int reg = register_of(r->key, r->run);
    record removal = *r;
    removal.way = REMOVAL;
    const int i = new_operation(&removal);
    operations[i].reg = reg;
    flying[r->place][r->thread] = i;
    ++registers[reg].removals;
    for (int o = registers[reg].first; o != NONE; o = operations[o].next)
        operations[o].excused = 1;
    if (registers[reg].fit != NONE)
        fits[registers[reg].fit].removed = 1;
}

static void removal_over(int i, int done)
{
    entry_register *g = &registers[operations[i].reg];
    --g->removals;
    g->removal_ended = moment;
    operations[i].ends = moment;
    operations[i].completed = (char)done;
    if (done)
        supersede(operations[i].reg, operations[i].begins, NONE);
}

static void on_opened(const record *r)
{
    const int reg = register_of(r->key, r->run);
    CHECK(registers[reg].fit == NONE);
    fits = grown(fits, fit_count, &fit_cap, sizeof *fits);
    fits[fit_count] = (fitting){reg, NONE, NONE, NONE, NONE, 0, 0, INFINITY, r->owner};
    registers[reg].fit = (int)fit_count++;
}

/* The runs beside its own that a session stores checkpoints under contain what is random in its own. */
static int belongs(const char *run, const char *session_run)
{
    const char *own = strncmp(session_run, "ckpt-", 5) == 0 ? session_run + 5 : session_run;
    return strstr(run, own) != NULL && strcmp(run, session_run) != 0;
}

static void on_found(const record *r)
{
    const int64_t began = look_began[r->place][r->thread];
    ++answers;
    if (r->status != WARM_OK) {
        if (r->run[0] == '\0')
            return;
        const int reg = register_of(r->key, r->run);
        for (int i = registers[reg].first; i != NONE; i = operations[i].next) {
            const operation *o = &operations[i];
            if (!o->completed || o->ends >= began || o->excused || o->aside)
                continue;
            /* Under a tight budget another thread's sweep may take even the newest: a save is spared by its own eviction
               only (limits.c), and what the marks of the killed still protect leaves little else. */
            evicted += tight;
            if (!tight)
                violation(r, "an acknowledged entry is missing", o);
        }
        supersede(reg, began, NONE);
        return;
    }
    const int i = find_operation(r->owner, r->seq);
    if (i == NONE) {
        violation(r, "nobody saved that", NULL);
        return;
    }
    operation *o = &operations[i];
    if (o->r.key != r->key || o->r.size != r->size || o->r.kind != r->kind || o->r.has_objective != r->has_objective
        || o->r.has_iteration != r->has_iteration || o->r.objective != r->objective || o->r.iteration != r->iteration)
        violation(r, "a payload with another's metadata", o);
    const int reg = register_of(r->key, r->run);
    if (o->reg == NONE) {
        if (o->r.way == FRESH ? !is_generated_run_id(r->run) : !belongs(r->run, registers[fits[o->fit].reg].run))
            violation(r, "under a run that is not its own", o);
        attach(reg, i);
        registers[reg].fit = o->fit;
    } else if (o->reg != reg) {
        /* An answer takes the place of the session's latest checkpoint before that of its best: who looks in between, or after a
           kill in between, finds it there. */
        if (o->r.way == FINAL && belongs(r->run, registers[o->reg].run)) {
            registers[reg].fit = o->fit; /* whoever removes that run removes what is left of the session */
            return;
        }
        violation(r, "under another run", o);
    }
    if (moment < o->seen)
        o->seen = moment;
    if (tight)
        return;
    if (o->dead_from < began) {
        violation(r, "superseded or removed, and answered all the same", o);
        return;
    }
    complete(i);
    supersede(reg, began, i);
    if (registers[reg].removals == 0 && registers[reg].removal_ended < began)
        o->excused = 0;
}

static void learn(const record *r)
{
    ++moment;
    REQUIRE(r->place >= 0 && r->place < PLACES + 2 && r->thread >= 0 && r->thread < THREADS);
    switch ((event)r->what) {
    case SAVE: on_save(r); break;
    case SAVED: on_saved(r); break;
    case REMOVE: on_remove(r); break;
    case REMOVED:
        ++acknowledged;
        removal_over(flying[r->place][r->thread], 1);
        flying[r->place][r->thread] = NONE;
        break;
    case LOOK: look_began[r->place][r->thread] = moment; break;
    case FOUND: on_found(r); break;
    case OPENED: on_opened(r); break;
    }
}

/* What was in flight has had its effect by now, or never will. */
static void bury(int place)
{
    ++moment;
    for (int t = 0; t < THREADS; ++t) {
        const int i = flying[place][t];
        flying[place][t] = NONE;
        if (i == NONE)
            continue;
        if (operations[i].r.way == REMOVAL)
            removal_over(i, 0);
        else if (moment < operations[i].ends)
            operations[i].ends = moment;
    }
}

/* ---- the pipe ---- */

static unsigned char waiting[64 * sizeof(record)];
static size_t waiting_bytes;

/* Reads what is there, at most `most` bytes of it; how many there were. */
static size_t read_some(size_t most)
{
    size_t room = sizeof waiting - waiting_bytes;
    const ssize_t n = read(pipe_ends[0], waiting + waiting_bytes, most < room ? most : room);
    REQUIRE(n > 0);
    waiting_bytes += (size_t)n;
    size_t used = 0;
    for (; waiting_bytes - used >= sizeof(record); used += sizeof(record)) {
        record r;
        memcpy(&r, waiting + used, sizeof r);
        learn(&r);
    }
    memmove(waiting, waiting + used, waiting_bytes - used);
    waiting_bytes -= used;
    return (size_t)n;
}

/* Everything written before this moment; others go on writing. */
static void read_all(void)
{
    int there = 0;
    REQUIRE(ioctl(pipe_ends[0], FIONREAD, &there) == 0);
    for (size_t left = (size_t)there; left > 0;)
        left -= read_some(left);
}

static void read_for(double seconds)
{
    const double until = now_seconds() + seconds;
    double left;
    while ((left = until - now_seconds()) > 0.0) {
        struct pollfd p = {pipe_ends[0], POLLIN, 0};
        if (poll(&p, 1, (int)(left * 1000.0) + 1) > 0)
            (void)read_some(sizeof waiting);
    }
}

/* ---- processes ---- */

static pid_t pids[PLACES], observer_pid, verifier_pid;
static uint64_t incarnations, supervisor_random;
static long kills;

static pid_t begin(void)
{
    (void)fflush(stdout);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        child_begin();
        (void)close(pipe_ends[0]); /* should the supervisor die, the next word does */
    }
    return child;
}

static void hire(int place)
{
    const uint64_t owner = (uint64_t)place + (uint64_t)processes * ++incarnations;
    const uint64_t random = next_random(&supervisor_random);
    if ((pids[place] = begin()) == 0)
        worker(place, owner, random);
}

static void slay(pid_t pid, int place)
{
    int status = 0;
    CHECK(kill(pid, SIGKILL) == 0);
    CHECK(waitpid(pid, &status, 0) == pid);
    if (!(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)) {
        (void)fprintf(stderr, "  place %d was not killed: wait status %d\n", place, status);
        CHECK(!"a process ended by itself");
    }
    read_all();
    bury(place);
}

/* ---- looking on ---- */

/* Every run that is or was known, every entry listed, every answer of ranked lookups; how many entries are listed. */
static long look_around(hand *h, int quiet)
{
    long listed = 0;
    for (size_t i = 0; i < register_count; ++i)
        if (registers[i].first != NONE || next_random(&h->random) % 16 == 0)
            (void)look(h, registers[i].key, 0, registers[i].run);
    for (int k = 0; k < KEYS; ++k) {
        const warm_key key = key_of((uint64_t)k);
        warm_cursor *cursor = NULL;
        (void)look(h, k, WARM_LOOKUP_BEST, NULL);
        (void)look(h, k, WARM_LOOKUP_LATEST, NULL);
        CHECK_OK(warm_store_list_entries(h->store, &key, &cursor));
        while (check_failures == 0 && warm_cursor_next(cursor) == WARM_OK) {
            char run[WARM_RUN_ID_MAX];
            CHECK_OK(warm_cursor_run_id(cursor, run, sizeof run, NULL));
            const record r = look(h, k, 0, run);
            CHECK(!quiet || r.status == WARM_OK);
            ++listed;
        }
        warm_cursor_free(&cursor);
    }
    const warm_check_report report = verified(h->store, NULL);
    CHECK_EQ(0, report.damaged);
    CHECK_EQ(0, report.unreadable);
    CHECK_EQ(0, report.foreign);
    CHECK_EQ(0, stats_of(h->store).damaged);
    if (quiet) {
        CHECK(report.half_present <= kills * THREADS);
        /* what lies in a private file only, of a process that died before it was published as a pair */
        const int64_t pairs = report.intact - report.superseded;
        CHECK(listed >= pairs && listed <= pairs + report.unpublished);
    }
    return listed;
}

/* Another process of the campaign's that dies last: what it keeps in memory outlives many others. */
static void observe(uint64_t random)
{
    static hand h;
    h.place = OBSERVER;
    h.random = random | 1;
    h.store = open_campaign();
    for (;;) {
        (void)alarm(300);
        for (int k = 0; k < KEYS; ++k) {
            char name[32];
            const int place = (int)(next_random(&h.random) % (uint64_t)processes);
            (void)look(&h, k, WARM_LOOKUP_BEST, NULL);
            (void)look(&h, k, WARM_LOOKUP_LATEST, NULL);
            shared_slot(name, place);
            (void)look(&h, k, 0, name);
            own_slot(name, place, (int)(next_random(&h.random) % THREADS));
            (void)look(&h, k, 0, name);
        }
        CHECK_EQ(0, stats_of(h.store).damaged);
        nap(0.002);
    }
}

static int newer(const record *a, const warm_entry_info *ai, const record *b, const warm_entry_info *bi)
{
    if (ai->written_unix_secs != bi->written_unix_secs)
        return ai->written_unix_secs > bi->written_unix_secs;
    if (ai->written_nanos != bi->written_nanos)
        return ai->written_nanos > bi->written_nanos;
    if (ai->kind != bi->kind)
        return ai->kind > bi->kind;
    return strcmp(a->run, b->run) > 0;
}

/* The ranking over what is listed, done again. */
static void check_ranking(hand *h, int k)
{
    const warm_key key = key_of((uint64_t)k);
    for (int32_t mode = WARM_LOOKUP_BEST; mode <= WARM_LOOKUP_LATEST; ++mode) {
        warm_cursor *cursor = NULL;
        record best, one = blank(h, LOOK, k, NULL);
        warm_entry_info best_info = fresh_info(), info = fresh_info();
        double lowest = INFINITY;
        long n = 0;
        best = one;
        CHECK_OK(warm_store_list_entries(h->store, &key, &cursor));
        while (warm_cursor_next(cursor) == WARM_OK) {
            CHECK_OK(warm_cursor_info(cursor, &info));
            if (mode == WARM_LOOKUP_BEST && info.has_objective && info.objective < lowest)
                lowest = info.objective;
        }
        warm_cursor_free(&cursor);
        CHECK_OK(warm_store_list_entries(h->store, &key, &cursor));
        while (warm_cursor_next(cursor) == WARM_OK) {
            CHECK_OK(warm_cursor_info(cursor, &info));
            CHECK_OK(warm_cursor_run_id(cursor, one.run, sizeof one.run, NULL));
            if (lowest < INFINITY && !(info.has_objective && info.objective - lowest <= 1e-12))
                continue;
            const int wins = lowest < INFINITY && info.kind != best_info.kind ? info.kind > best_info.kind : newer(&one, &info, &best, &best_info);
            if (n++ == 0 || wins) {
                best = one;
                best_info = info;
            }
        }
        warm_cursor_free(&cursor);
        const record answer = look(h, k, mode, NULL);
        CHECK_ST(n > 0 ? WARM_OK : WARM_NOT_FOUND, answer.status);
        CHECK(n == 0 || strcmp(answer.run, best.run) == 0);
    }
}

/* Of a session whose process is dead, the last that was acknowledged is there, or what was in flight behind it. */
static void check_fits(hand *h)
{
    char *seen = calloc(operation_count + 1, 1);
    REQUIRE(seen != NULL);
    for (int k = 0; k < KEYS; ++k) {
        const warm_key key = key_of((uint64_t)k);
        warm_cursor *cursor = NULL;
        char run[WARM_RUN_ID_MAX];
        CHECK_OK(warm_store_list_entries(h->store, &key, &cursor));
        while (warm_cursor_next(cursor) == WARM_OK) {
            CHECK_OK(warm_cursor_run_id(cursor, run, sizeof run, NULL));
            const record r = look(h, k, 0, run);
            const int i = find_operation(r.owner, r.seq);
            if (r.status == WARM_OK && CHECK(i != NONE))
                seen[i] = 1;
        }
        warm_cursor_free(&cursor);
    }
    for (size_t i = 0; i < fit_count; ++i) {
        const fitting *f = &fits[i];
        if (f->removed || f->last == NONE)
            continue;
        if (!CHECK(seen[f->last] || (f->flying != NONE && seen[f->flying])))
            (void)fprintf(stderr, "  session of owner %" PRIu64 ", run \"%s\": seq %" PRIu64 " is missing\n", f->owner,
                          registers[f->reg].run, operations[f->last].r.seq);
        /* nor is the best of it lost */
        if (f->best != NONE && !CHECK(seen[f->best] || (f->flying != NONE && seen[f->flying])))
            (void)fprintf(stderr, "  session of owner %" PRIu64 ", run \"%s\": its best is missing\n", f->owner, registers[f->reg].run);
    }
    free(seen);
}

static void check_figures(const hand *h, long listed, int32_t slots)
{
    const warm_store_stats s = stats_of(h->store);
    const usage u = usage_of(root);
    const warm_check_report report = verified(h->store, NULL);
    CHECK(report.superseded <= slots); /* two generations of one number, where two threads replaced it at once */
    CHECK_EQ(listed, s.entries);
    CHECK(s.keys <= KEYS && s.keys == report.keys);
    CHECK_EQ(u.files, s.files);
    CHECK_EQ(u.bytes, s.bytes);
    CHECK(s.aside_files <= kills * THREADS);
    CHECK(s.aside_files <= s.files && s.aside_bytes <= s.bytes);
    CHECK_EQ(0, s.foreign);
    CHECK_EQ(0, s.expirations);
    if (tight)
        CHECK(u.bytes <= TIGHT_BUDGET);
    else
        CHECK_EQ(0, s.evictions);
}

/* A process that was never there before finds, saves and removes. */
static void verify_quiet(hand *h, int last)
{
    long listed = look_around(h, 1);
    if (!tight) {
        for (int k = 0; k < KEYS; ++k)
            check_ranking(h, k);
        check_fits(h);
    }
    CHECK_OK(warm_store_sweep(h->store));
    const long left = look_around(h, 1);
    CHECK(tight ? left <= listed : left == listed);
    check_figures(h, left, KEYS * processes);
    for (int k = 0; k < KEYS; ++k)
        save_fresh(h, k);
    while (h->runs > 0) {
        --h->runs;
        remove_one(h, h->run_keys[h->runs], h->run_ids[h->runs]);
    }
    if (!last || tight)
        return;
    /* one pair per run, as other engines have it: also of the slots that two threads replaced at once */
    age_files(root);
    for (int k = 0; k < KEYS; ++k)
        for (int p = 0; p < processes; ++p) {
            char name[32];
            shared_slot(name, p);
            save_slot(h, k, name, 1);
        }
    CHECK_OK(warm_store_flush(h->store, 60.0));
    CHECK_OK(warm_store_sweep(h->store));
    listed = look_around(h, 1);
    check_figures(h, listed, 0);
    long pairs = 0, halves = 0;
    for (int k = 0; k < KEYS; ++k) {
        const warm_key key = key_of((uint64_t)k);
        const char *dir = key_dir(root, &key);
        const long json = count_names(dir, ".json"), bin = count_names(dir, ".bin"), pins = count_names(dir, ".pin");
        CHECK_EQ(json + bin + pins + count_names(dir, ".slot"), count_names(dir, ""));
        CHECK(bin >= json);
        pairs += json;
        halves += bin - json;
    }
    CHECK_EQ(listed, pairs);
    printf("    %ld entries and %ld half pairs left\n", listed, halves);
    (void)fflush(stdout);
}

static pid_t begin_verifier(int quiet, int last)
{
    static hand h;
    const uint64_t owner = (uint64_t)1 << 40 | ++incarnations, random = next_random(&supervisor_random);
    const pid_t child = begin();
    if (child == 0) {
        h.place = VERIFIER;
        h.owner = owner;
        h.random = random | 1;
        h.store = open_campaign();
        if (quiet)
            verify_quiet(&h, last);
        else
            (void)look_around(&h, 0);
        warm_store_free(&h.store);
        child_end();
    }
    return child;
}

/* 1 when it has ended; its records have been read then. */
static int verifier_ended(void)
{
    int status = 0;
    if (verifier_pid == 0)
        return 1;
    if (waitpid(verifier_pid, &status, WNOHANG) != verifier_pid)
        return 0;
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    read_all();
    bury(VERIFIER);
    verifier_pid = 0;
    return 1;
}

static void verify(int quiet, int last)
{
    while (!verifier_ended())
        read_for(0.005);
    verifier_pid = begin_verifier(quiet, last);
    while (quiet && !verifier_ended())
        read_for(0.002);
}

/* ---- a campaign ---- */

static void forget(void)
{
    free(operations); free(registers); free(fits); free(operation_table.at); free(register_table.at);
    operations = NULL; registers = NULL; fits = NULL;
    operation_count = operation_cap = register_count = register_cap = fit_count = fit_cap = 0;
    memset(&operation_table, 0, sizeof operation_table);
    memset(&register_table, 0, sizeof register_table);
    for (int p = 0; p < PLACES + 2; ++p)
        for (int t = 0; t < THREADS; ++t)
            flying[p][t] = NONE;
    moment = kills = acknowledged = answers = evicted = 0;
    incarnations = 0;
}

static void campaign(const char *name, int32_t durability, int evicting, long n)
{
    const double began = now_seconds();
    forget();
    (void)snprintf(root, sizeof root, "%s", in_scratch(name));
    level = durability;
    tight = evicting;
    REQUIRE(pipe(pipe_ends) == 0);
    if ((observer_pid = begin()) == 0)
        observe(next_random(&supervisor_random));
    long quiet_at = 0, live_at = 0;
    for (int p = 0; p < processes; ++p)
        hire(p);
    while (check_failures == 0) {
        /* first something is to have happened, however slow the machine; and then any moment will do */
        const long enough = acknowledged + (long)(next_random(&supervisor_random) % 24);
        for (int i = 0; i < 1000 && acknowledged < enough; ++i)
            read_for(0.002);
        read_for((double)(next_random(&supervisor_random) % 20000) * 1e-6);
        if (kills - quiet_at >= 3 * processes + 10 || kills + processes >= n) {
            /* all at once, and nobody runs */
            for (int p = 0; p < processes; ++p) {
                slay(pids[p], p);
                ++kills;
            }
            const int last = kills >= n;
            if (check_failures == 0)
                verify(1, last);
            quiet_at = live_at = kills;
            if (last)
                break;
            for (int p = 0; p < processes && check_failures == 0; ++p)
                hire(p);
            continue;
        }
        const int p = (int)(next_random(&supervisor_random) % (uint64_t)processes);
        slay(pids[p], p);
        ++kills;
        if (check_failures != 0)
            break;
        hire(p);
        if (verifier_ended() && kills - live_at >= 8) {
            live_at = kills;
            verify(0, 0);
        }
    }
    if (check_failures != 0) {
        /* nothing of it may outlive this process */
        for (int p = 0; p < processes; ++p)
            (void)kill(pids[p], SIGKILL);
        if (verifier_pid > 0)
            (void)kill(verifier_pid, SIGKILL);
        (void)kill(observer_pid, SIGKILL);
        check_give_up();
    }
    slay(observer_pid, OBSERVER);
    (void)close(pipe_ends[0]);
    (void)close(pipe_ends[1]);
    check_count += answers;
    printf("%s: %d processes, %ld kills, %ld acknowledgements, %ld answers checked, %ld found evicted, %.1f s\n", name, processes, kills,
           acknowledged, answers, evicted, now_seconds() - began);
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv))
        return 2;
    const long n = argc > 2 ? atol(argv[2]) : 60;
    const char *seed = getenv("WARM_TEST_SEED");
    processes = argc > 3 ? atoi(argv[3]) : 8;
    if (n < 1 || processes < 1 || processes > PLACES) {
        (void)fprintf(stderr, "usage: %s ROOT [KILLS [PROCESSES]]: at least 1 kill, 1 to %d processes\n", check_program, PLACES);
        return 2;
    }
    /* every random choice of the supervisor's and, for as long as it lives, of each thread's */
    const uint64_t start = seed != NULL ? (uint64_t)strtoull(seed, NULL, 10) : (uint64_t)getpid() * 2654435761u ^ (uint64_t)time(NULL);
    printf("WARM_TEST_SEED=%" PRIu64 "\n", start);
    supervisor_random = pattern_mix(start + 1) | 1;
    campaign("campaign-full", WARM_DURABILITY_FULL, 0, n - n / 2);
    campaign("campaign-process", WARM_DURABILITY_PROCESS, 0, n / 2 > 0 ? n / 2 : 1);
    /* half pairs count in the budget, too, and keep their grace: not too many deaths */
    const long few = n / 2 < 5 * processes ? n / 2 : 5 * processes;
    campaign("campaign-tight", WARM_DURABILITY_PROCESS, 1, few > 0 ? few : 1);
    return check_finish();
}
