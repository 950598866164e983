/* Verification, repair and sweeps as a host sees them: started, watched, waited for in steps, cancelled, read. */
#include "check.h"

enum { ENTRIES = 40, BIG = 4 << 20 };

static warm_task_progress progress_of(const warm_task *task)
{
    warm_task_progress p;
    memset(&p, 0, sizeof p);
    p.struct_size = (uint32_t)sizeof p;
    CHECK_OK(warm_task_get_progress(task, &p));
    return p;
}

static void fill(warm_store *store, int entries, int64_t len)
{
    unsigned char *payload = malloc((size_t)len);
    REQUIRE(payload != NULL);
    for (int i = 0; i < entries; ++i) {
        const warm_key key = key_of((uint64_t)i);
        pattern_fill(payload, len, 1, (uint64_t)i);
        CHECK_OK(warm_store_save(store, &key, payload, len, NULL, NULL, WARM_KIND_CHECKPOINT, NULL, 0, NULL));
    }
    free(payload);
}

static warm_store *fresh(const char *name)
{
    warm_store_options *options = NULL;
    CHECK_OK(warm_store_options_new(&options));
    CHECK_OK(warm_store_options_set_durability(options, WARM_DURABILITY_PROCESS));
    warm_store *store = open_with(in_scratch(name), options);
    warm_store_options_free(&options);
    return store;
}

static void everything_sound(void)
{
    warm_store *store = fresh("sound");
    warm_cursor *findings = NULL;
    fill(store, ENTRIES, 1000);
    const uint64_t before = tree_hash(in_scratch("sound"));
    warm_check_report r = verified(store, &findings);
    CHECK_EQ(ENTRIES, r.keys);
    CHECK_EQ(ENTRIES, r.intact);
    CHECK_EQ(1000 * ENTRIES, r.payload_bytes);
    CHECK_EQ(0, r.damaged + r.half_present + r.unreadable + r.leavings + r.superseded + r.foreign);
    CHECK_EQ(0, r.moved_aside + r.removed + r.waiting + r.failed);
    CHECK_ST(WARM_NOT_FOUND, warm_cursor_next(findings));
    warm_cursor_free(&findings);
    CHECK(before == tree_hash(in_scratch("sound")));
    r = repaired(store, NULL);
    CHECK_EQ(ENTRIES, r.intact);
    CHECK_EQ(0, r.moved_aside + r.removed + r.failed);
    CHECK_EQ(ENTRIES, verified(store, NULL).intact);
    warm_store_free(&store);
}

/* What a repair may do at once: what the dead left an hour ago, and figures nobody can read. */
static void leavings_and_figures(void)
{
    char path[PATH_CAP * 2];
    const char *root = in_scratch("leavings");
    const warm_key key = key_of(3);
    warm_store *store = fresh("leavings");
    warm_cursor *findings = NULL;
    int removed = 0, rebuilt = 0, waits = 0;
    fill(store, ENTRIES, 100);
    (void)snprintf(path, sizeof path, "%s/.part~0123456789abcdef", key_dir(root, &key));
    CHECK(write_file(path, "unfinished", 10));
    (void)snprintf(path, sizeof path, "%s/x.bin.tmp.999999.1", key_dir(root, &key));
    CHECK(write_file(path, "unfinished", 10));
    age_files(root);
    (void)snprintf(path, sizeof path, "%s/young.json", key_dir(root, &key));
    CHECK(write_file(path, "{", 1));
    (void)snprintf(path, sizeof path, "%s/.warmstart/totals", root);
    CHECK(write_file(path, "?", 1));

    const warm_check_report seen = verified(store, NULL);
    CHECK_EQ(2, seen.leavings);
    CHECK_EQ(1, seen.damaged);
    CHECK_EQ(0, seen.removed + seen.waiting);
    const warm_check_report r = repaired(store, &findings);
    CHECK_EQ(2, r.removed);
    CHECK_EQ(1, r.waiting);
    CHECK_EQ(ENTRIES, r.intact);
    while (warm_cursor_next(findings) == WARM_OK) {
        char text[PATH_CAP];
        warm_finding f;
        warm_key its_key;
        memset(&f, 0, sizeof f);
        f.struct_size = (uint32_t)sizeof f;
        CHECK_OK(warm_cursor_finding(findings, &f));
        CHECK_OK(warm_cursor_text(findings, text, sizeof text, NULL));
        CHECK(strstr(text, root) != NULL && is_utf8(text));
        if (f.has_key) {
            CHECK_OK(warm_cursor_key(findings, &its_key));
            CHECK(same_key(&key, &its_key));
        } else {
            CHECK_ERR(WARM_ERR_INVALID, "has_key", warm_cursor_key(findings, &its_key));
        }
        removed += f.problem == WARM_PROBLEM_LEAVING && f.action == WARM_ACTION_REMOVED;
        rebuilt += f.problem == WARM_PROBLEM_TOTALS && f.action == WARM_ACTION_REBUILT && !f.has_key;
        waits += f.problem == WARM_PROBLEM_METADATA && f.action == WARM_ACTION_WAITS;
    }
    warm_cursor_free(&findings);
    CHECK_EQ(2, removed);
    CHECK_EQ(1, rebuilt);
    CHECK_EQ(1, waits);
    const usage u = usage_of(root);
    CHECK_EQ(u.files, stats_of(store).files);
    CHECK_EQ(u.bytes, stats_of(store).bytes);
    CHECK_EQ(ENTRIES, stats_of(store).entries);
    warm_store_free(&store);
}

static void watched_and_cancelled(void)
{
    warm_store *store = fresh("large");
    warm_task *task = NULL;
    warm_check_report r;
    warm_cursor *none = (warm_cursor *)(uintptr_t)0x10;
    int64_t last = 0;
    int polls = 0;
    fill(store, 24, BIG);
    memset(&r, 0, sizeof r);
    r.struct_size = (uint32_t)sizeof r;

    REQUIRE_OK(warm_store_start_verify(store, &task));
    warm_store_free(&store); /* the task keeps what it needs */
    int32_t status;
    while ((status = warm_task_wait(task, 0.005)) == WARM_TIMEOUT) {
        const warm_task_progress p = progress_of(task);
        CHECK(p.bytes_done >= last && p.keys_done <= 24 && p.seconds >= 0.0);
        last = p.bytes_done;
        ++polls;
    }
    CHECK_ST(WARM_OK, status);
    warm_task_progress p = progress_of(task);
    CHECK_EQ(24, p.keys_total);
    CHECK_EQ(24, p.keys_done);
    CHECK_EQ(24, p.entries_done);
    CHECK_EQ((int64_t)24 * BIG, p.bytes_done);
    CHECK(p.bytes_total >= p.bytes_done);
    CHECK_EQ(0, p.cancelled);
    CHECK_OK(warm_task_get_report(task, &r));
    CHECK_EQ(24, r.intact);
    warm_task_free(&task);
    CHECK(polls > 0 || last == 0);

    store = fresh("large");
    static const start_fn starts[] = {warm_store_start_verify, warm_store_start_repair, warm_store_start_sweep, warm_store_start_sweep_plan};
    for (int i = 0; i < 4; ++i) {
        REQUIRE_OK(starts[i](store, &task));
        status = warm_task_get_report(task, &r); /* at once: it has hardly begun */
        if (status != WARM_OK) {
            CHECK_ERR(WARM_ERR_INVALID, "ended", warm_task_get_report(task, &r));
            CHECK_ST(WARM_ERR_INVALID, warm_task_findings(task, &none));
            CHECK(none == NULL);
        }
        CHECK_OK(warm_task_cancel(task));
        status = warm_task_wait(task, 60.0);
        CHECK(status == WARM_CANCELLED || status == WARM_OK);
        CHECK_OK(warm_task_get_report(task, &r));
        CHECK_EQ(status == WARM_OK, r.complete);
        CHECK_EQ(1, progress_of(task).cancelled);
        warm_task_free(&task);
    }
    /* freed while it runs */
    REQUIRE_OK(warm_store_start_verify(store, &task));
    warm_task_free(&task);
    CHECK_EQ(24, verified(store, NULL).intact); /* of a store without limits nothing goes, however often it is swept */
    warm_store_free(&store);
}

static warm_store *limited(const char *name, int64_t files, double ttl_seconds, int read_only)
{
    warm_store_options *options = new_options();
    CHECK_OK(warm_store_options_set_durability(options, WARM_DURABILITY_PROCESS));
    CHECK_OK(warm_store_options_set_file_budget(options, files));
    CHECK_OK(warm_store_options_set_ttl_seconds(options, ttl_seconds));
    CHECK_OK(warm_store_options_set_read_only(options, read_only));
    warm_store *store = open_with(in_scratch(name), options);
    warm_store_options_free(&options);
    return store;
}

/* Each finding is a run that went, or would go; `gone[i]` counts those of key_of(i). How many. */
static int64_t runs_that_go(warm_cursor **findings, int32_t problem, int32_t action, int gone[ENTRIES])
{
    int64_t n = 0;
    memset(gone, 0, ENTRIES * sizeof gone[0]);
    while (warm_cursor_next(*findings) == WARM_OK) {
        char text[PATH_CAP], run[WARM_RUN_ID_MAX];
        warm_finding f;
        warm_key its_key;
        memset(&f, 0, sizeof f);
        f.struct_size = (uint32_t)sizeof f;
        CHECK_OK(warm_cursor_finding(*findings, &f));
        CHECK_EQ(problem, f.problem);
        CHECK_EQ(action, f.action);
        CHECK_EQ(1, f.has_key);
        CHECK_OK(warm_cursor_key(*findings, &its_key));
        CHECK_OK(warm_cursor_run_id(*findings, run, sizeof run, NULL));
        CHECK(is_generated_run_id(run));
        CHECK_OK(warm_cursor_text(*findings, text, sizeof text, NULL));
        CHECK(text[0] != '\0' && is_utf8(text));
        for (uint64_t i = 0; i < ENTRIES; ++i) {
            const warm_key key = key_of(i);
            gone[i] += same_key(&key, &its_key);
        }
        ++n;
    }
    warm_cursor_free(findings);
    return n;
}

static void pin_only_run(warm_store *store, uint64_t of)
{
    const warm_key key = key_of(of);
    char run[WARM_RUN_ID_MAX];
    warm_entry *entry = NULL;
    REQUIRE_OK(warm_store_lookup(store, &key, WARM_LOOKUP_BEST, &entry));
    CHECK_OK(warm_entry_run_id(entry, run, sizeof run, NULL));
    warm_entry_free(&entry);
    CHECK_OK(warm_store_pin(store, &key, run, -1, 1));
}

/* A plan names those that a sweep evicts: the oldest, but for a pinned one. It changes nothing. */
static void over_budget_goes_as_planned(void)
{
    enum { FILES = 50 };
    const char *root = in_scratch("over-budget");
    warm_cursor *findings = NULL;
    warm_task *task = NULL;
    int would_go[ENTRIES], went[ENTRIES];
    warm_store *store = limited("over-budget", 0, 0.0, 0);
    fill(store, ENTRIES, 100);
    pin_only_run(store, 0);
    CHECK_EQ(0, planned(store, NULL).evicted); /* no limit, nothing to do */
    CHECK_EQ(0, swept(store, NULL).evicted);
    warm_store_free(&store);

    store = limited("over-budget", FILES, 0.0, 1);
    const uint64_t before = tree_hash(root);
    const warm_check_report plan = planned(store, &findings);
    CHECK_EQ(ENTRIES, plan.keys);
    CHECK_EQ(0, plan.expired + plan.damaged + plan.moved_aside + plan.removed);
    CHECK(plan.evicted > 0 && plan.evicted < ENTRIES - 1);
    CHECK_EQ(plan.evicted, runs_that_go(&findings, WARM_PROBLEM_OVER_BUDGET, WARM_ACTION_NOTHING, would_go));
    for (int i = 0; i < ENTRIES; ++i)
        CHECK_EQ(i > 0 && i <= plan.evicted, would_go[i]);
    REQUIRE_OK(warm_store_start_sweep(store, &task));
    CHECK_ERR(WARM_ERR_PERMISSION, "read-only", warm_task_wait(task, 60.0));
    warm_task_free(&task);
    CHECK(before == tree_hash(root));
    warm_store_free(&store);

    store = limited("over-budget", FILES, 0.0, 0);
    const warm_check_report done = swept(store, &findings);
    CHECK_EQ(plan.evicted, done.evicted);
    CHECK_EQ(0, done.expired);
    CHECK_EQ(done.evicted, runs_that_go(&findings, WARM_PROBLEM_OVER_BUDGET, WARM_ACTION_REMOVED, went));
    CHECK(memcmp(would_go, went, sizeof went) == 0);
    CHECK(usage_of(root).files <= FILES);
    CHECK_EQ(done.evicted, stats_of(store).evictions);
    CHECK_EQ(ENTRIES - done.evicted, stats_of(store).entries);
    CHECK_EQ(ENTRIES - done.evicted, verified(store, NULL).intact);
    CHECK_EQ(0, planned(store, NULL).evicted);
    CHECK_EQ(0, swept(store, NULL).evicted);
    warm_store_free(&store);
}

/* The same of what nobody used for too long; what is pinned stays. */
static void expired_goes_as_planned(void)
{
    enum { OLD = 6 };
    const char *root = in_scratch("expired");
    warm_cursor *findings = NULL;
    int would_go[ENTRIES], went[ENTRIES];
    warm_store *store = limited("expired", 0, 3600.0, 0);
    fill(store, OLD, 100);
    pin_only_run(store, 0);
    const warm_key relative = key_of(OLD), seed = key_of(1000);
    warm_session_options *options = NULL;
    warm_session *session = NULL;
    REQUIRE_OK(warm_session_options_new(&options));
    CHECK_OK(warm_session_options_add_seed_key(options, &seed));
    REQUIRE_OK(warm_session_open(store, &relative, options, &session));
    CHECK_OK(warm_session_finalize(session, "found as a seed", 15, NULL, NULL));
    warm_session_free(&session);
    warm_session_options_free(&options);
    nap(1.5);
    CHECK_EQ(0, planned(store, NULL).expired); /* long before its time */
    CHECK_EQ(0, swept(store, NULL).expired);
    warm_store_free(&store);

    store = limited("expired", 0, 1.0, 1);
    const uint64_t before = tree_hash(root);
    const warm_check_report plan = planned(store, &findings);
    CHECK_EQ(OLD, plan.expired);
    CHECK_EQ(0, plan.evicted);
    CHECK_EQ(OLD, runs_that_go(&findings, WARM_PROBLEM_EXPIRED, WARM_ACTION_NOTHING, would_go));
    for (int i = 0; i < ENTRIES; ++i)
        CHECK_EQ(i > 0 && i <= OLD, would_go[i]);
    CHECK(before == tree_hash(root));
    warm_store_free(&store);

    store = limited("expired", 0, 1.0, 0);
    const warm_check_report done = swept(store, &findings);
    CHECK_EQ(OLD, done.expired);
    CHECK_EQ(0, done.evicted);
    CHECK_EQ(OLD, runs_that_go(&findings, WARM_PROBLEM_EXPIRED, WARM_ACTION_REMOVED, went));
    CHECK(memcmp(would_go, went, sizeof went) == 0);
    CHECK_EQ(OLD, stats_of(store).expirations);
    CHECK_EQ(1, verified(store, NULL).intact);
    CHECK_EQ(0, planned(store, NULL).expired);
    warm_store_free(&store);
}

static void read_only(void)
{
    warm_store_options *options = NULL;
    warm_task *task = NULL;
    warm_check_report r;
    CHECK_OK(warm_store_options_new(&options));
    CHECK_OK(warm_store_options_set_read_only(options, 1));
    warm_store *store = open_with(in_scratch("sound"), options);
    memset(&r, 0, sizeof r);
    r.struct_size = (uint32_t)sizeof r;
    CHECK_EQ(ENTRIES, verified(store, NULL).intact);
    REQUIRE_OK(warm_store_start_repair(store, &task));
    CHECK_ERR(WARM_ERR_PERMISSION, "read-only", warm_task_wait(task, 60.0));
    CHECK_ERR(WARM_ERR_PERMISSION, "read-only", warm_task_get_report(task, &r));
    warm_task_free(&task);
    warm_store_options_free(&options);
    warm_store_free(&store);
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv))
        return 2;
    everything_sound();
    leavings_and_figures();
    watched_and_cancelled();
    read_only();
    over_budget_goes_as_planned();
    expired_goes_as_planned();
    return check_finish();
}
