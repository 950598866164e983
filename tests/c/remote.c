/* The remote tier: two machines are two roots, and the bucket is a directory. In a build without the feature every way to it says so. */
#include "check.h"

#define WAIT 120.0

static warm_remote *attach(warm_store *s, const char *url)
{
    warm_remote *r = NULL;
    warm_remote_options *o = NULL;
    REQUIRE_OK(warm_remote_options_new(&o));
    CHECK_OK(warm_remote_options_set_deadline_seconds(o, WAIT));
    REQUIRE_OK(warm_store_attach_remote(s, url, -1, o, &r));
    warm_remote_options_free(&o);
    return r;
}

static warm_remote_stats remote_stats_of(const warm_remote *r)
{
    warm_remote_stats s;
    memset(&s, 0, sizeof s);
    s.struct_size = (uint32_t)sizeof s;
    CHECK_OK(warm_remote_get_stats(r, &s));
    CHECK_EQ(sizeof s, s.struct_size);
    CHECK_EQ(0, s.reserved);
    return s;
}

static void save(warm_store *s, const warm_key *key, const char *text, double objective)
{
    const int64_t iteration = 4;
    CHECK_OK(warm_store_save(s, key, text, (int64_t)strlen(text), &objective, &iteration, WARM_KIND_FINAL, NULL, 0, NULL));
}

static void check_found(warm_store *s, const warm_key *key, const char *text, double objective)
{
    char buf[64];
    int64_t needed = 0;
    warm_entry_info info;
    memset(&info, 0, sizeof info);
    memset(buf, 0, sizeof buf);
    info.struct_size = (uint32_t)sizeof info;
    CHECK_OK(warm_store_lookup_into(s, key, WARM_LOOKUP_BEST, buf, sizeof buf, &needed, &info));
    CHECK_EQ(strlen(text), needed);
    CHECK(strcmp(buf, text) == 0);
    CHECK(memcmp(&info.objective, &objective, sizeof objective) == 0);
    CHECK_EQ(4, info.iteration);
    CHECK_EQ(WARM_KIND_FINAL, info.kind);
    CHECK_EQ(WARM_SOURCE_EXACT, info.source);
}

static void options(void)
{
    warm_remote_options *o = NULL;
    CHECK_ERR(WARM_ERR_INVALID, "out", warm_remote_options_new(NULL));
    REQUIRE_OK(warm_remote_options_new(&o));
    for (int32_t which = WARM_UPLOADS_FINAL; which <= WARM_UPLOADS_NOTHING; ++which)
        CHECK_OK(warm_remote_options_set_uploads(o, which));
    CHECK_ERR(WARM_ERR_INVALID, "WARM_UPLOADS", warm_remote_options_set_uploads(o, 4));
    CHECK_OK(warm_remote_options_set_lookup(o, 0));
    CHECK_ERR(WARM_ERR_INVALID, "neither 0 nor 1", warm_remote_options_set_lookup(o, 2));
    CHECK_OK(warm_remote_options_set_deadline_seconds(o, 0.5));
    CHECK_ERR(WARM_ERR_INVALID, "negative", warm_remote_options_set_deadline_seconds(o, -1.0));
    CHECK_ERR(WARM_ERR_INVALID, "not a number", warm_remote_options_set_deadline_seconds(o, nan("")));
    CHECK_OK(warm_remote_options_set_payload_limit(o, 1));
    CHECK_ERR(WARM_ERR_INVALID, "between", warm_remote_options_set_payload_limit(o, 0));
    CHECK_OK(warm_remote_options_set_queue_limit(o, 1));
    CHECK_ERR(WARM_ERR_INVALID, "positive", warm_remote_options_set_queue_limit(o, 0));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_remote_options_set_lookup(NULL, 1));
    warm_remote_options_free(&o);
    CHECK(o == NULL);
    warm_remote_options_free(&o);
    warm_remote_options_free(NULL);
}

static void nulls(void)
{
    const warm_key key = key_of(1);
    char buf[8];
    warm_remote *r = NULL;
    warm_remote_stats stats;
    warm_retention_report report;
    memset(&stats, 0, sizeof stats);
    memset(&report, 0, sizeof report);
    stats.struct_size = (uint32_t)sizeof stats;
    report.struct_size = (uint32_t)sizeof report;
    CHECK_ERR_OUT(warm_remote, WARM_ERR_INVALID, "NULL", warm_store_attach_remote(NULL, "memory://x", -1, NULL, &out));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_remote_url(NULL, buf, sizeof buf, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_remote_fetch(NULL, &key, 0.0));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_remote_flush(NULL, WARM_REACH_LOCAL, 0.0));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_remote_upload(NULL, &key, "run", -1));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_remote_remove(NULL, &key, NULL, 0, 0, 0.0));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_remote_retain(NULL, NULL, NULL, NULL, 1, 0.0, &report));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_remote_get_stats(NULL, &stats));
    CHECK_ERR(WARM_ERR_INVALID, "NULL", warm_remote_last_failure(NULL, buf, sizeof buf, NULL));
    warm_remote_free(&r);
    warm_remote_free(NULL);
}

static void two_machines(const char *url)
{
    const warm_key key = key_of(1), other = key_of(2);
    warm_store *a = open_root(in_scratch("a")), *b = open_root(in_scratch("b"));
    warm_remote *at_a = attach(a, url), *at_b = attach(b, url);
    char text[TEXT_CAP];
    int64_t needed = 0;

    CHECK_ERR_OUT(warm_remote, WARM_ERR_INVALID, "has one already", warm_store_attach_remote(a, url, -1, NULL, &out));
    CHECK_ST(WARM_ERR_BUFFER, warm_remote_url(at_a, text, 3, &needed));
    CHECK_EQ(strlen(url) + 1, needed);
    CHECK_OK(warm_remote_url(at_a, text, sizeof text, NULL));
    CHECK(strcmp(text, url) == 0);

    CHECK_ST(WARM_NOT_FOUND, warm_remote_fetch(at_b, &key, WAIT));
    save(a, &key, "the answer", 0.1);
    CHECK_OK(warm_remote_flush(at_a, WARM_REACH_LOCAL, WAIT));
    CHECK_OK(warm_remote_flush(at_a, WARM_REACH_REMOTE, WAIT));
    CHECK_EQ(1, remote_stats_of(at_a).uploads);
    check_found(b, &key, "the answer", 0.1);
    CHECK_EQ(1, remote_stats_of(at_b).brought);
    CHECK_OK(warm_remote_fetch(at_b, &key, WAIT));

    /* Removed here, it is not brought back; removed there, it is gone. */
    CHECK_OK(warm_remote_remove(at_b, &key, NULL, 0, 0, WAIT));
    CHECK_ST_OUT(warm_entry, WARM_NOT_FOUND, warm_store_lookup(b, &key, WARM_LOOKUP_BEST, &out));
    CHECK_ST(WARM_NOT_FOUND, warm_remote_fetch(at_b, &key, WAIT));
    CHECK_OK(warm_remote_remove(at_b, &key, NULL, 0, 1, WAIT));
    CHECK_ST(WARM_NOT_FOUND, warm_remote_remove(at_b, &key, NULL, 0, 1, WAIT));
    CHECK_ST(WARM_NOT_FOUND, warm_remote_remove(at_b, &key, "a-run", -1, 1, WAIT));
    check_found(a, &key, "the answer", 0.1);
    CHECK_ERR(WARM_ERR_INVALID, "dot", warm_remote_remove(at_b, &key, "..", -1, 0, WAIT));
    CHECK_ERR(WARM_ERR_INVALID, "neither 0 nor 1", warm_remote_remove(at_b, &key, NULL, 0, 2, WAIT));
    CHECK_ERR(WARM_ERR_INVALID, "WARM_REACH", warm_remote_flush(at_b, 2, WAIT));
    CHECK_ERR(WARM_ERR_INVALID, "negative", warm_remote_flush(at_b, WARM_REACH_REMOTE, -1.0));

    /* Retention. */
    warm_retention_report report;
    const int64_t one = 1, negative = -1;
    const double age = -0.5;
    memset(&report, 0, sizeof report);
    CHECK_ERR(WARM_ERR_INVALID, "struct_size", warm_remote_retain(at_a, NULL, NULL, NULL, 1, WAIT, &report));
    report.struct_size = (uint32_t)sizeof report;
    for (int i = 0; i < 3; ++i)
        save(a, &other, "one of several", (double)i);
    CHECK_OK(warm_remote_flush(at_a, WARM_REACH_REMOTE, WAIT));
    CHECK_OK(warm_remote_retain(at_a, NULL, NULL, &one, 1, WAIT, &report));
    CHECK_EQ(3, report.entries);
    CHECK_EQ(2, report.removed_entries);
    CHECK_OK(warm_remote_retain(at_a, NULL, NULL, &one, 0, WAIT, &report));
    CHECK_OK(warm_remote_retain(at_a, NULL, NULL, &one, 0, WAIT, &report));
    CHECK_EQ(1, report.entries);
    CHECK_EQ(0, report.removed_entries);
    CHECK_ERR(WARM_ERR_INVALID, "max_bytes", warm_remote_retain(at_a, &negative, NULL, NULL, 1, WAIT, &report));
    CHECK_ERR(WARM_ERR_INVALID, "negative", warm_remote_retain(at_a, NULL, &age, NULL, 1, WAIT, &report));

    CHECK_OK(warm_remote_last_failure(at_a, text, sizeof text, &needed));
    CHECK(text[0] == '\0');
    CHECK_EQ(1, needed);

    /* Handles that crossed a fork. */
    IN_CHILD(
        warm_store *fresh = NULL;
        CHECK_ST(WARM_ERR_FORKED, warm_remote_fetch(at_a, &key, WAIT));
        CHECK_ST(WARM_ERR_FORKED, warm_remote_flush(at_a, WARM_REACH_LOCAL, WAIT));
        CHECK_ST(WARM_ERR_FORKED, warm_remote_upload(at_a, &key, "run", -1));
        warm_remote_free(&at_a);
        CHECK(at_a == NULL);
        warm_store_free(&a);
        CHECK_OK(warm_store_open(in_scratch("a"), -1, NULL, &fresh));
        warm_remote *again = attach(fresh, url);
        save(fresh, &other, "a child's", -1.0);
        CHECK_OK(warm_remote_flush(again, WARM_REACH_REMOTE, WAIT));
        warm_store_free(&fresh);
        warm_remote_free(&again););
    check_found(b, &other, "a child's", -1.0);

    /* The store first: what hangs on it keeps what it needs. */
    warm_store_free(&a);
    CHECK_OK(warm_remote_flush(at_a, WARM_REACH_REMOTE, WAIT));
    warm_remote_free(&at_a);
    warm_remote_free(&at_b);
    warm_store_free(&b);
}

/* What was saved while nothing was attached goes there when it is asked for, and only that. */
static void uploads_on_request(const char *url)
{
    const warm_key key = key_of(11), other = key_of(12);
    warm_store *a = open_root(in_scratch("late-a")), *b = open_root(in_scratch("late-b"));
    const double objective = 0.25;
    const int64_t iteration = 4;
    CHECK_OK(warm_store_save_slot(a, &key, "run", -1, "saved before", 12, &objective, &iteration, WARM_KIND_FINAL));
    CHECK_OK(warm_store_save_slot(a, &other, "run", -1, "stays here", 10, &objective, &iteration, WARM_KIND_FINAL));
    warm_remote *at_a = attach(a, url), *at_b = attach(b, url);
    CHECK_OK(warm_remote_flush(at_a, WARM_REACH_REMOTE, WAIT));
    CHECK_ST(WARM_NOT_FOUND, warm_remote_fetch(at_b, &key, WAIT));
    CHECK_OK(warm_remote_upload(at_a, &key, "run", -1));
    CHECK_OK(warm_remote_flush(at_a, WARM_REACH_REMOTE, WAIT));
    CHECK_EQ(1, remote_stats_of(at_a).uploads);
    check_found(b, &key, "saved before", 0.25);
    CHECK_ST(WARM_NOT_FOUND, warm_remote_fetch(at_b, &other, WAIT));
    CHECK_OK(warm_remote_upload(at_a, &key, "run", 3));
    CHECK_OK(warm_remote_flush(at_a, WARM_REACH_REMOTE, WAIT));
    CHECK_EQ(1, remote_stats_of(at_a).uploads);
    CHECK_EQ(1, remote_stats_of(at_a).uploads_known);

    /* A run that is not there is let go of. */
    CHECK_OK(warm_remote_upload(at_a, &key, "another", -1));
    CHECK_OK(warm_remote_flush(at_a, WARM_REACH_REMOTE, WAIT));
    CHECK_EQ(1, remote_stats_of(at_a).uploads_dropped);

    CHECK_ERR(WARM_ERR_INVALID, "key", warm_remote_upload(at_a, NULL, "run", -1));
    CHECK_ERR(WARM_ERR_INVALID, "run_id", warm_remote_upload(at_a, &key, NULL, 3));
    CHECK_ERR(WARM_ERR_INVALID, "run", warm_remote_upload(at_a, &key, NULL, 0));
    CHECK_ERR(WARM_ERR_INVALID, "dot", warm_remote_upload(at_a, &key, "..", -1));
    warm_remote_free(&at_a);
    warm_remote_options *o = NULL;
    REQUIRE_OK(warm_remote_options_new(&o));
    CHECK_OK(warm_remote_options_set_uploads(o, WARM_UPLOADS_NOTHING));
    REQUIRE_OK(warm_store_attach_remote(a, url, -1, o, &at_a));
    warm_remote_options_free(&o);
    CHECK_ERR(WARM_ERR_INVALID, "upload nothing", warm_remote_upload(at_a, &other, "run", -1));
    warm_remote_free(&at_a);
    warm_remote_free(&at_b);
    warm_store_free(&a);
    warm_store_free(&b);
}

static void urls(void)
{
    warm_store *s = open_root(in_scratch("urls"));
    char text[TEXT_CAP];
    CHECK_ERR_OUT(warm_remote, WARM_ERR_INVALID, "URL", warm_store_attach_remote(s, "no url", -1, NULL, &out));
    CHECK_ERR_OUT(warm_remote, WARM_ERR_INVALID, "known kind", warm_store_attach_remote(s, "ftp://host/x", -1, NULL, &out));
    CHECK_ERR_OUT(warm_remote, WARM_ERR_INVALID, "password", warm_store_attach_remote(s, "s3://user:hunter2@bucket/x", -1, NULL, &out));
    CHECK(strstr(last_error_into(text), "hunter2") == NULL);
    CHECK_ERR_OUT(warm_remote, WARM_ERR_INVALID, "NULL", warm_store_attach_remote(s, NULL, 3, NULL, &out));
    warm_store_free(&s);
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv))
        return 2;
    char url[PATH_CAP + 16];
    char here[PATH_CAP];
    warm_store *s = open_root(in_scratch("first"));
    warm_remote *r = (warm_remote *)(uintptr_t)0x10;
    (void)snprintf(url, sizeof url, "file://%s", realpath(in_scratch("first"), here));
    const int32_t attached = warm_store_attach_remote(s, url, -1, NULL, &r);
    options();
    nulls();
    if (attached == WARM_ERR_UNSUPPORTED) {
        CHECK(r == NULL);
        CHECK_ERR_OUT(warm_remote, WARM_ERR_UNSUPPORTED, "feature remote", warm_store_attach_remote(s, url, -1, NULL, &out));
        (void)printf("built without the feature remote\n");
    } else {
        CHECK_EQ(WARM_OK, attached);
        warm_remote_free(&r);
        urls();
        (void)snprintf(url, sizeof url, "file://%s/bucket", realpath(check_scratch, here));
        two_machines(url);
        (void)snprintf(url, sizeof url, "file://%s/late", realpath(check_scratch, here));
        uploads_on_request(url);
    }
    warm_store_free(&s);
    return check_finish();
}
