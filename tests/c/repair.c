/* Verification and repair as a host sees them: started, watched, waited for in steps, cancelled, read. */
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
    for (int repair = 0; repair < 2; ++repair) {
        REQUIRE_OK(repair ? warm_store_start_repair(store, &task) : warm_store_start_verify(store, &task));
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
    CHECK_EQ(24, verified(store, NULL).intact);
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
    return check_finish();
}
