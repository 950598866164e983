/* Checkpoints that kill whoever begins from them: with processes that really die. */
#include "check.h"

/* What a process does before it dies: nothing more, or coming further, or ending in order. */
enum deed { DIES, GOES_ON, IS_FREED, FINISHES };

static warm_session *beginning(warm_store *store, const warm_key *key, int64_t most)
{
    warm_session_options *o = NULL;
    warm_session *s = NULL;
    REQUIRE_OK(warm_session_options_new(&o));
    if (most >= 0)
        CHECK_OK(warm_session_options_set_max_failed_restarts(o, most));
    REQUIRE_OK(warm_session_open(store, key, o, &s));
    warm_session_options_free(&o);
    return s;
}

static int loads(warm_session *s, const char *want)
{
    warm_entry *e = NULL;
    const int ok = warm_session_load(s, &e) == WARM_OK && entry_is(e, want, (int64_t)strlen(want));
    warm_entry_free(&e);
    return ok;
}

/* A process of its own that loads `want` and then dies by SIGKILL. */
static void life(const char *root, const warm_key *key, const char *want, enum deed deed)
{
    IN_DYING_CHILD({
        warm_store *store = open_root(root);
        warm_session *s = beginning(store, key, -1);
        CHECK(loads(s, want));
        const double objective = -1;
        if (deed == GOES_ON)
            CHECK_OK(warm_session_checkpoint(s, "further", 7, &objective, NULL));
        if (deed == IS_FREED)
            warm_session_free(&s);
        if (deed == FINISHES) {
            CHECK_OK(warm_session_finish(s));
            CHECK(loads(s, want)); /* to look at it: no fit begins from it */
        }
    });
}

static int64_t failed(warm_store *store, const warm_key *key, const char *run)
{
    int64_t count = -1;
    CHECK_OK(warm_store_failed_restarts(store, key, run, run == NULL ? 0 : -1, &count));
    return count;
}

static void passed_over_and_reset(void)
{
    const char *root = in_scratch("restarts");
    const warm_key key = key_of(1);
    const double good = 2, bad = 1;
    char run[WARM_RUN_ID_MAX];
    warm_store *store = open_root(root);
    CHECK_OK(save_text(store, &key, "good", &good, WARM_KIND_CHECKPOINT, run));
    CHECK_OK(save_text(store, &key, "bad", &bad, WARM_KIND_CHECKPOINT, run));
    life(root, &key, "bad", IS_FREED);
    life(root, &key, "bad", FINISHES);
    CHECK_EQ(0, failed(store, &key, NULL));
    for (int i = 0; i < 3; ++i) {
        CHECK_EQ(i, failed(store, &key, run));
        life(root, &key, "bad", DIES);
    }
    CHECK_EQ(3, failed(store, &key, run));
    life(root, &key, "good", DIES);
    CHECK_EQ(3, failed(store, &key, run));
    CHECK_EQ(4, failed(store, &key, NULL));

    /* it is not moved, and only sessions mind */
    CHECK_BEST(store, &key, "bad");
    warm_session *s = beginning(store, &key, -1);
    warm_entry *e = NULL;
    CHECK_OK(warm_session_peek(s, &e));
    CHECK(entry_is(e, "good", 4));
    warm_entry_free(&e);
    CHECK_EQ(4, failed(store, &key, NULL)); /* a peek notes nothing */
    CHECK(loads(s, "good"));
    CHECK(loads(s, "good"));
    warm_start_stats stats;
    memset(&stats, 0, sizeof stats);
    stats.struct_size = (uint32_t)sizeof stats;
    CHECK_OK(warm_session_get_start_stats(s, &stats));
    CHECK_EQ(2, stats.passed_over);
    char buf[3];
    CHECK_ST(WARM_ERR_INCOMPATIBLE, warm_session_resume(s, buf, sizeof buf, NULL)); /* "good" has four bytes */
    CHECK_EQ(4, failed(store, &key, NULL)); /* this one lives */
    warm_session_free(&s);
    CHECK_EQ(4, failed(store, &key, NULL));

    /* who wants to try it may; after a reset all do */
    s = beginning(store, &key, 0);
    CHECK(loads(s, "bad"));
    warm_session_free(&s);
    s = beginning(store, &key, 4);
    CHECK(loads(s, "bad"));
    warm_session_free(&s);
    CHECK_OK(warm_store_reset_restarts(store, &key, run, -1));
    CHECK_ST(WARM_NOT_FOUND, warm_store_reset_restarts(store, &key, run, -1));
    CHECK_EQ(1, failed(store, &key, NULL));

    /* who comes further clears the count */
    life(root, &key, "bad", DIES);
    life(root, &key, "bad", DIES);
    CHECK_EQ(2, failed(store, &key, run));
    life(root, &key, "bad", GOES_ON);
    CHECK_EQ(0, failed(store, &key, run));
    life(root, &key, "further", DIES);
    CHECK_EQ(2, failed(store, &key, NULL));

    /* all of them bad: nothing to begin from */
    for (int i = 0; i < 3; ++i) {
        if (i < 2)
            life(root, &key, "further", DIES);
        else
            for (int k = 0; k < 3; ++k)
                life(root, &key, "bad", DIES);
    }
    life(root, &key, "good", DIES);
    life(root, &key, "good", DIES);
    s = beginning(store, &key, -1);
    CHECK_ST_OUT(warm_entry, WARM_NOT_FOUND, warm_session_load(s, &out));
    warm_session_free(&s);
    CHECK_OK(warm_store_reset_restarts(store, &key, NULL, 0));
    s = beginning(store, &key, -1);
    CHECK(loads(s, "further"));
    warm_session_free(&s);
    CHECK_OK(warm_store_remove(store, &key));
    CHECK(access(key_dir(root, &key), F_OK) != 0);
    warm_store_free(&store);
}

static void answers_never_count(void)
{
    const char *root = in_scratch("restarts-final");
    const warm_key key = key_of(1);
    warm_store *store = open_root(root);
    CHECK_OK(save_scored(store, &key, "answer", 1, WARM_KIND_FINAL));
    for (int i = 0; i < 5; ++i)
        life(root, &key, "answer", DIES);
    CHECK_EQ(0, failed(store, &key, NULL));
    CHECK_EQ(0, count_names(key_dir(root, &key), ".restart"));
    warm_store_free(&store);
}

/* A slot's next generation begins anew. */
static void of_one_generation(void)
{
    const char *root = in_scratch("restarts-slot");
    const warm_key key = key_of(1);
    const double f = 1;
    warm_store *store = open_root(root);
    CHECK_OK(warm_store_save_slot(store, &key, "run", -1, "one", 3, &f, NULL, WARM_KIND_CHECKPOINT));
    for (int i = 0; i < 3; ++i)
        life(root, &key, "one", DIES);
    warm_session *s = beginning(store, &key, -1);
    CHECK_ST_OUT(warm_entry, WARM_NOT_FOUND, warm_session_load(s, &out));
    CHECK_OK(warm_store_save_slot(store, &key, "run", -1, "two", 3, &f, NULL, WARM_KIND_CHECKPOINT));
    CHECK(loads(s, "two"));
    warm_session_free(&s);
    warm_store_free(&store);
}

/* Two sessions of one process, and a child that goes on after its parent's death. */
static void the_living_do_not_count(void)
{
    const char *root = in_scratch("restarts-living");
    const warm_key key = key_of(1);
    warm_store *store = open_root(root);
    CHECK_OK(save_scored(store, &key, "state", 1, WARM_KIND_CHECKPOINT));
    warm_session *sessions[5];
    for (int i = 0; i < 5; ++i) {
        sessions[i] = beginning(store, &key, -1);
        CHECK(loads(sessions[i], "state"));
    }
    CHECK_EQ(5, count_names(key_dir(root, &key), ".restart"));
    CHECK_EQ(0, failed(store, &key, NULL));
    CHECK_ST(WARM_NOT_FOUND, warm_store_reset_restarts(store, &key, NULL, 0));
    /* a child that inherits them frees nothing of its parent's */
    IN_CHILD({
        warm_session_free(&sessions[0]);
    });
    CHECK_EQ(0, failed(store, &key, NULL));
    for (int i = 0; i < 5; ++i)
        warm_session_free(&sessions[i]);
    CHECK_EQ(0, count_names(key_dir(root, &key), ".restart"));
    /* read-only: nothing is noted */
    warm_store_options *o = new_options();
    CHECK_OK(warm_store_options_set_read_only(o, 1));
    warm_store *reader = open_with(root, o);
    warm_store_options_free(&o);
    warm_session *s = beginning(reader, &key, -1);
    CHECK(loads(s, "state"));
    CHECK_EQ(0, count_names(key_dir(root, &key), ".restart"));
    warm_session_free(&s);
    warm_store_free(&reader);
    warm_store_free(&store);
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv))
        return 2;
    passed_over_and_reset();
    answers_never_count();
    of_one_generation();
    the_living_do_not_count();
    return check_finish();
}
