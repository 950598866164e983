/* Handles that cross a fork: the child is told, nothing it does harms the parent, and it can start afresh. */
#include "check.h"

static const double ONE = 1.0;

#define FORKED(call) CHECK_ERR(WARM_ERR_FORKED, "fork", call)
#define FORKED_OUT(type, call) CHECK_ERR_OUT(type, WARM_ERR_FORKED, "fork", call)

typedef struct {
    const char *root;
    warm_key key;
    warm_store *store;
    warm_session *session;
    warm_entry *entry;
    warm_cursor *cursor;
    warm_store_options *options;
    warm_session_options *session_options;
    warm_fingerprinter *fingerprinter;
    warm_key fingerprint;
} handles;

static void store_is_forked(handles *h)
{
    char buf[WARM_RUN_ID_MAX] = "";
    warm_entry_info info = fresh_info();
    warm_store_stats stats;
    memset(&stats, 0, sizeof stats);
    stats.struct_size = (uint32_t)sizeof stats;
    FORKED(warm_store_root(h->store, buf, sizeof buf, NULL));
    FORKED(warm_store_save(h->store, &h->key, "x", 1, &ONE, NULL, WARM_KIND_FINAL, buf, sizeof buf, NULL));
    FORKED(warm_store_save_slot(h->store, &h->key, "slot", -1, "x", 1, &ONE, NULL, WARM_KIND_FINAL));
    FORKED_OUT(warm_entry, warm_store_lookup(h->store, &h->key, WARM_LOOKUP_BEST, &out));
    FORKED(warm_store_lookup_into(h->store, &h->key, WARM_LOOKUP_BEST, buf, sizeof buf, NULL, &info));
    FORKED_OUT(warm_entry, warm_store_lookup_run(h->store, &h->key, "slot", -1, &out));
    FORKED(warm_store_remove(h->store, &h->key));
    FORKED(warm_store_remove_entry(h->store, &h->key, "slot", -1));
    FORKED(warm_store_pin(h->store, &h->key, "slot", -1, 1));
    FORKED(warm_store_sweep(h->store));
    FORKED(warm_store_flush(h->store, 1.0));
    FORKED_OUT(warm_cursor, warm_store_list_keys(h->store, &out));
    FORKED_OUT(warm_cursor, warm_store_list_entries(h->store, &h->key, &out));
    FORKED(warm_store_get_stats(h->store, &stats));
    warm_start_stats starts;
    int64_t count = -7;
    memset(&starts, 0, sizeof starts);
    starts.struct_size = (uint32_t)sizeof starts;
    FORKED(warm_store_get_start_stats(h->store, &starts));
    FORKED(warm_store_retain(h->store, &h->key, 1, 1, &count));
    FORKED(warm_store_failed_restarts(h->store, &h->key, NULL, 0, &count));
    FORKED(warm_store_reset_restarts(h->store, &h->key, NULL, 0));
    CHECK_EQ(-7, count);
    FORKED_OUT(warm_task, warm_store_start_verify(h->store, &out));
    FORKED_OUT(warm_task, warm_store_start_repair(h->store, &out));
    FORKED_OUT(warm_task, warm_store_start_sweep(h->store, &out));
    FORKED_OUT(warm_task, warm_store_start_sweep_plan(h->store, &out));
    FORKED_OUT(warm_miss, warm_store_explain(h->store, &h->key, 1.0, &out));
    warm_store_limits limits;
    memset(&limits, 0, sizeof limits);
    limits.struct_size = (uint32_t)sizeof limits;
    FORKED(warm_store_get_limits(h->store, &limits));
    FORKED_OUT(warm_session, warm_session_open(h->store, &h->key, NULL, &out));
    CHECK(buf[0] == '\0');
}

static void session_is_forked(handles *h)
{
    char buf[WARM_RUN_ID_MAX] = "";
    FORKED(warm_session_resume(h->session, buf, 1, NULL));
    FORKED(warm_session_checkpoint(h->session, "x", 1, &ONE, NULL));
    FORKED(warm_session_checkpoint_now(h->session, "x", 1, &ONE, NULL));
    FORKED(warm_session_should_checkpoint(h->session, &ONE));
    FORKED(warm_session_finalize(h->session, "x", 1, &ONE, NULL));
    FORKED(warm_session_preload(h->session, h->entry));
    FORKED_OUT(warm_entry, warm_session_load(h->session, &out));
    FORKED_OUT(warm_entry, warm_session_peek(h->session, &out));
    warm_start_stats starts;
    memset(&starts, 0, sizeof starts);
    starts.struct_size = (uint32_t)sizeof starts;
    FORKED(warm_session_should_use_seed(h->session, &ONE, &ONE));
    FORKED(warm_session_note_iterations_saved(h->session, 1));
    FORKED(warm_session_get_start_stats(h->session, &starts));
    FORKED_OUT(warm_miss, warm_session_explain_miss(h->session, 1.0, &out));
    FORKED(warm_session_run_id(h->session, buf, sizeof buf, NULL));
    FORKED(warm_session_flush(h->session, 1.0));
    FORKED(warm_session_finish(h->session));
    warm_session_stop stop;
    warm_session_progress progress;
    warm_cursor *points = NULL;
    memset(&stop, 0, sizeof stop);
    memset(&progress, 0, sizeof progress);
    stop.struct_size = (uint32_t)sizeof stop;
    progress.struct_size = (uint32_t)sizeof progress;
    FORKED(warm_session_should_stop(h->session));
    FORKED(warm_session_get_stop(h->session, &stop));
    FORKED(warm_session_stop_text(h->session, buf, sizeof buf, NULL));
    FORKED(warm_session_confirm(h->session, 1.0, 0.0));
    FORKED(warm_session_get_progress(h->session, &progress));
    FORKED(warm_session_trace(h->session, &points));
    FORKED(warm_store_trace(h->store, &h->key, "r", 1, &points));
    CHECK(buf[0] == '\0');
}

static void plain_memory_is_usable(handles *h)
{
    char buf[WARM_RUN_ID_MAX];
    warm_entry_info info = fresh_info();
    warm_key key;
    warm_fingerprinter *clone = NULL;
    /* entries stay readable */
    CHECK(entry_is(h->entry, "parent's", 8));
    CHECK_OK(warm_entry_get_info(h->entry, &info));
    CHECK_EQ(8, info.payload_bytes);
    CHECK_OK(warm_entry_copy(h->entry, buf, sizeof buf, NULL));
    CHECK_OK(warm_entry_key(h->entry, &key));
    CHECK(same_key(&key, &h->key));
    CHECK_OK(warm_entry_run_id(h->entry, buf, sizeof buf, NULL));
    CHECK_ST(WARM_NOT_FOUND, warm_entry_label(h->entry, buf, sizeof buf, NULL));
    /* cursors, options and fingerprinters go on */
    CHECK_OK(warm_cursor_info(h->cursor, &info));
    CHECK_OK(warm_cursor_run_id(h->cursor, buf, sizeof buf, NULL));
    CHECK_OK(warm_cursor_text(h->cursor, buf, sizeof buf, NULL));
    CHECK_EQ(WARM_DURABILITY_FULL, run_of(h->cursor).durability);
    CHECK_OK(warm_cursor_next(h->cursor));
    CHECK_ST(WARM_NOT_FOUND, warm_cursor_next(h->cursor));
    CHECK_OK(warm_store_options_set_ttl_seconds(h->options, 60.0));
    CHECK_OK(warm_session_options_set_min_interval_seconds(h->session_options, 0.0));
    CHECK_OK(warm_fingerprinter_finish(h->fingerprinter, &key));
    CHECK(same_key(&key, &h->fingerprint));
    CHECK_OK(warm_fingerprinter_absorb_u64(h->fingerprinter, "more", -1, 1));
    CHECK_OK(warm_fingerprinter_clone(h->fingerprinter, &clone));
    warm_fingerprinter_free(&clone);
}

static void starting_afresh(handles *h)
{
    char id[WARM_RUN_ID_MAX];
    warm_session *session = NULL;
    warm_store *fresh = open_with(h->root, h->options);
    CHECK_BEST(fresh, &h->key, "parent's");
    CHECK_OK(warm_store_save(fresh, &h->key, "child's", 7, NULL, NULL, WARM_KIND_FINAL, id, sizeof id, NULL));
    CHECK_LATEST(fresh, &h->key, "child's");
    CHECK_OK(warm_session_open(fresh, &h->key, h->session_options, &session));
    CHECK_OK(warm_session_preload(session, h->entry));
    CHECK_OK(warm_session_checkpoint(session, "child's fit", 11, NULL, NULL));
    CHECK_OK(warm_session_finish(session));
    /* and its own child again */
    IN_CHILD({
        CHECK_ST(WARM_ERR_FORKED, warm_session_finish(session));
        CHECK_ST(WARM_ERR_FORKED, warm_store_sweep(fresh));
        CHECK_ST(WARM_ERR_FORKED, warm_store_sweep(h->store));
        warm_store *third = open_root(h->root);
        CHECK_LATEST(third, &h->key, "child's fit");
        warm_store_free(&third);
        warm_session_free(&session);
        warm_store_free(&fresh);
    });
    CHECK_LATEST(fresh, &h->key, "child's fit");
    warm_session_free(&session);
    warm_store_free(&fresh);
}

static void free_all(handles *h)
{
    warm_session_free(&h->session);
    warm_store_free(&h->store);
    warm_entry_free(&h->entry);
    warm_cursor_free(&h->cursor);
    warm_store_options_free(&h->options);
    warm_session_options_free(&h->session_options);
    warm_fingerprinter_free(&h->fingerprinter);
    CHECK(h->session == NULL && h->store == NULL && h->entry == NULL && h->cursor == NULL && h->options == NULL && h->session_options == NULL &&
          h->fingerprinter == NULL);
}

static void everything_crosses(void)
{
    handles h;
    memset(&h, 0, sizeof h);
    h.root = in_scratch("fork");
    h.key = key_of(1);
    h.store = open_root(h.root);
    CHECK_OK(save_scored(h.store, &h.key, "parent's", 1.0, WARM_KIND_FINAL));
    CHECK_OK(warm_store_save_slot(h.store, &h.key, "slot", -1, "slot", 4, NULL, NULL, WARM_KIND_CHECKPOINT));
    CHECK_OK(warm_store_lookup(h.store, &h.key, WARM_LOOKUP_BEST, &h.entry));
    const warm_key fit = key_of(2);
    h.session = open_session(h.store, &fit, 0.0);
    CHECK_OK(warm_session_checkpoint(h.session, "before", 6, &ONE, NULL));
    CHECK_OK(warm_store_list_entries(h.store, &h.key, &h.cursor));
    CHECK_OK(warm_cursor_next(h.cursor));
    CHECK_OK(warm_store_options_new(&h.options));
    CHECK_OK(warm_session_options_new(&h.session_options));
    CHECK_OK(warm_fingerprinter_new(&h.fingerprinter));
    CHECK_OK(warm_fingerprinter_absorb_str(h.fingerprinter, "family", -1, "binomial", -1));
    CHECK_OK(warm_fingerprinter_finish(h.fingerprinter, &h.fingerprint));
    CHECK_OK(warm_store_flush(h.store, 10.0));

    for (int life = 0; life < 3; ++life) {
        IN_CHILD({
            store_is_forked(&h);
            session_is_forked(&h);
            plain_memory_is_usable(&h);
            if (life == 1)
                starting_afresh(&h);
            free_all(&h);
            free_all(&h);
            if (life == 2 && check_failures == 0)
                exit(0); /* exit handlers and destructors, too */
        });
        /* the parent goes on, and nothing of its is gone */
        char text[16];
        CHECK_BEST(h.store, &h.key, "parent's");
        CHECK_OK(warm_session_resume(h.session, text, 6, NULL));
        CHECK(memcmp(text, "before", 6) == 0);
        CHECK(entry_is(h.entry, "parent's", 8));
        CHECK_OK(warm_store_save_slot(h.store, &h.key, "slot", -1, "again", 5, NULL, NULL, WARM_KIND_CHECKPOINT));
        CHECK_OK(warm_session_checkpoint(h.session, "before", 6, &ONE, NULL));
        CHECK_OK(warm_store_sweep(h.store));
        CHECK_EQ(life == 0 ? 2 : 4, count_entries(h.store, &h.key));
    }
    CHECK_OK(warm_session_finalize(h.session, "after", 5, &ONE, NULL));
    CHECK_BEST(h.store, &fit, "after");
    CHECK_OK(warm_session_finish(h.session));
    free_all(&h);
}

/* A fork while another thread holds whatever locks there are. */
static int hammering = 1; /* atomically */

static void *hammer(void *context)
{
    handles *h = context;
    long i = 0;
    while (__atomic_load_n(&hammering, __ATOMIC_RELAXED)) {
        char text[16];
        const double objective = (double)(i % 7);
        (void)snprintf(text, sizeof text, "%ld", i++ % 1000);
        CHECK_OK(warm_store_save_slot(h->store, &h->key, "hammer", -1, text, (int64_t)strlen(text), &objective, NULL, WARM_KIND_CHECKPOINT));
        (void)lookup_text(h->store, &h->key, WARM_LOOKUP_BEST, text, sizeof text);
        CHECK_OK(warm_session_checkpoint(h->session, text, 1, &objective, NULL));
        warm_store *more = NULL;
        CHECK_OK(warm_store_open(h->root, -1, NULL, &more));
        warm_store_free(&more);
    }
    return NULL;
}

static void fork_while_busy(void)
{
    handles h;
    pthread_t threads[2];
    memset(&h, 0, sizeof h);
    h.root = in_scratch("busy");
    h.key = key_of(1);
    h.store = open_root(h.root);
    const warm_key fit = key_of(2);
    h.session = open_session(h.store, &fit, 0.0);
    for (int i = 0; i < 2; ++i)
        REQUIRE(pthread_create(&threads[i], NULL, hammer, &h) == 0);
    for (long round = 0; round < rounds(40); ++round) {
        nap(0.002);
        (void)fflush(stdout);
        (void)pthread_mutex_lock(&check_lock); /* so that the child's copy of it is its own */
        const pid_t child = fork();
        (void)pthread_mutex_unlock(&check_lock);
        REQUIRE(child >= 0);
        if (child == 0) {
            const warm_key mine = key_of(100 + (uint64_t)round);
            child_begin();
            CHECK_ST(WARM_ERR_FORKED, warm_store_sweep(h.store));
            warm_session_free(&h.session);
            warm_store_free(&h.store);
            warm_store *fresh = NULL;
            CHECK_OK(warm_store_open(h.root, -1, NULL, &fresh));
            CHECK_OK(save_scored(fresh, &mine, "mine", 1.0, WARM_KIND_FINAL));
            CHECK_BEST(fresh, &mine, "mine");
            warm_store_free(&fresh);
            child_end();
        }
        CHECK(child_passed(child));
    }
    __atomic_store_n(&hammering, 0, __ATOMIC_RELAXED);
    for (int i = 0; i < 2; ++i)
        REQUIRE(pthread_join(threads[i], NULL) == 0);
    for (long round = 0; round < rounds(40); ++round) {
        const warm_key mine = key_of(100 + (uint64_t)round);
        CHECK_BEST(h.store, &mine, "mine");
    }
    CHECK_EQ(1, count_entries(h.store, &h.key));
    CHECK_OK(warm_session_finish(h.session));
    free_all(&h);
}

/* What the parent's background writer still holds is the parent's to publish. */
static void queued_work(void)
{
    const char *root = in_scratch("queued");
    const warm_key key = key_of(1);
    warm_session_options *options = NULL;
    warm_session *session = NULL;
    warm_store *store = open_root(root);
    CHECK_OK(warm_session_options_new(&options));
    CHECK_OK(warm_session_options_set_background(options, 1));
    CHECK_OK(warm_session_open(store, &key, options, &session));
    CHECK_ST(WARM_QUEUED, warm_session_checkpoint(session, "queued", 6, &ONE, NULL));
    IN_CHILD({
        CHECK_ST(WARM_ERR_FORKED, warm_session_flush(session, 1.0));
        warm_session_free(&session);
        warm_store_free(&store);
    });
    CHECK_OK(warm_session_finish(session));
    CHECK_BEST(store, &key, "queued");
    warm_session_options_free(&options);
    warm_session_free(&session);
    warm_store_free(&store);
}

/* A verification's thread is not in the child. */
static void running_task(void)
{
    enum { ENTRIES = 8, BIG = 4 << 20 };
    warm_store *store = open_root(in_scratch("task"));
    warm_task *task = NULL;
    unsigned char *payload = calloc(1, BIG);
    REQUIRE(payload != NULL);
    for (int i = 0; i < ENTRIES; ++i) {
        const warm_key key = key_of((uint64_t)i);
        CHECK_OK(warm_store_save(store, &key, payload, BIG, NULL, NULL, WARM_KIND_CHECKPOINT, NULL, 0, NULL));
    }
    free(payload);
    REQUIRE_OK(warm_store_start_verify(store, &task));
    IN_CHILD({
        warm_cursor *out = NULL;
        warm_task_progress q;
        memset(&q, 0, sizeof q);
        q.struct_size = (uint32_t)sizeof q;
        CHECK_ST(WARM_ERR_FORKED, warm_task_wait(task, 0.0));
        CHECK_ST(WARM_ERR_FORKED, warm_task_cancel(task));
        CHECK_ST(WARM_ERR_FORKED, warm_task_get_progress(task, &q));
        CHECK_ST(WARM_ERR_FORKED, warm_task_findings(task, &out));
        warm_task_free(&task);
        CHECK(task == NULL);
    });
    CHECK_OK(warm_task_wait(task, 60.0));
    warm_task_free(&task);
    warm_store_free(&store);
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv))
        return 2;
    everything_crosses();
    queued_work();
    running_task();
    fork_while_busy();
    return check_finish();
}
