/* The blob cache: what is put is got, limits, versions, labels, lives, lists, figures, forks, and what a caller gets wrong. */
#include "check.h"

#define T(text) (text), -1
#define INVALID(words, call) CHECK_ERR(WARM_ERR_INVALID, words, call)
#define INVALID_OUT(type, words, call) CHECK_ERR_OUT(type, WARM_ERR_INVALID, words, call)
#define TOO_LARGE(words, call) CHECK_ERR(WARM_ERR_TOO_LARGE, words, call)
#define CONFLICT(call) CHECK_ERR(WARM_ERR_CONFLICT, "live|expected", call)

static const char NOT_UTF8[] = "\xff\xfe";

/* ---- short ways ---- */

static warm_cache *open_cache(const char *root, const warm_cache_options *options)
{
    warm_cache *c = NULL;
    REQUIRE_OK(warm_cache_open(root, -1, options, &c));
    REQUIRE(c != NULL);
    return c;
}

static warm_cache_options *cache_options(void)
{
    warm_cache_options *o = NULL;
    REQUIRE_OK(warm_cache_options_new(&o));
    return o;
}

static warm_cache *open_budgets(const char *root, int64_t memory, int64_t disk)
{
    warm_cache_options *o = cache_options();
    CHECK_OK(warm_cache_options_set_memory_budget(o, memory));
    CHECK_OK(warm_cache_options_set_disk_budget(o, disk));
    warm_cache *c = open_cache(root, o);
    warm_cache_options_free(&o);
    return c;
}

static warm_put *new_put(void)
{
    warm_put *p = NULL;
    REQUIRE_OK(warm_put_new(&p));
    return p;
}

static int32_t put_text(warm_cache *c, const char *ns, const char *key, const char *text, const warm_put *put)
{
    return warm_cache_put(c, T(ns), T(key), text, (int64_t)strlen(text), put, NULL);
}

static int32_t put_version(warm_cache *c, const char *key, const char *text, uint64_t version)
{
    warm_put *p = new_put();
    CHECK_OK(warm_put_set_version(p, version));
    const int32_t status = put_text(c, "v", key, text, p);
    warm_put_free(&p);
    return status;
}

static int32_t put_swap(warm_cache *c, const char *key, const char *text, int32_t has_expected, uint64_t expected, uint64_t version)
{
    warm_put *p = new_put();
    CHECK_OK(warm_put_set_swap(p, has_expected, expected, version));
    const int32_t status = put_text(c, "v", key, text, p);
    warm_put_free(&p);
    return status;
}

/* `want` NULL: nothing is there. */
static int check_get(const char *file, int line, warm_cache *c, const char *ns, const char *key, const char *want)
{
    char text[300], detail[600];
    int64_t needed = -1;
    memset(text, 0, sizeof text);
    const int32_t status = warm_cache_get_into(c, T(ns), T(key), text, (int64_t)sizeof text - 1, &needed, NULL);
    check_counted();
    if (want == NULL ? status == WARM_NOT_FOUND : status == WARM_OK && strcmp(text, want) == 0 && needed == (int64_t)strlen(want))
        return 1;
    (void)snprintf(detail, sizeof detail, "expected %s, got %s \"%.100s\"", want != NULL ? want : "nothing", status_name(status), text);
    check_report(file, line, key, detail);
    return 0;
}
#define CHECK_GET(c, ns, key, want) check_get(__FILE__, __LINE__, (c), (ns), (key), (want))

static warm_blob_info fresh_blob_info(void)
{
    warm_blob_info info;
    memset(&info, 0, sizeof info);
    info.struct_size = (uint32_t)sizeof info;
    return info;
}

static warm_blob_info peek(warm_cache *c, const char *ns, const char *key)
{
    warm_blob_info info = fresh_blob_info();
    CHECK_OK(warm_cache_peek(c, T(ns), T(key), &info));
    return info;
}

static warm_put_receipt fresh_receipt(void)
{
    warm_put_receipt r;
    memset(&r, 0, sizeof r);
    r.struct_size = (uint32_t)sizeof r;
    return r;
}

static warm_cache_stats cache_stats(const warm_cache *c, const char *ns)
{
    warm_cache_stats s;
    memset(&s, 0, sizeof s);
    s.struct_size = (uint32_t)sizeof s;
    CHECK_OK(warm_cache_get_stats(c, ns, ns != NULL ? -1 : 0, &s));
    return s;
}

static int32_t existence(warm_cache *c, const char *ns, const char *key)
{
    int32_t e = -7;
    CHECK_OK(warm_cache_existence(c, T(ns), T(key), &e));
    return e;
}

static int64_t invalidated(warm_cache *c, const char *ns, int dependencies, int64_t n, const char *const *labels)
{
    int64_t count = -7;
    const int64_t ns_len = ns != NULL ? -1 : 0;
    CHECK_OK(dependencies ? warm_cache_invalidate_dependencies(c, ns, ns_len, labels, NULL, n, &count)
                          : warm_cache_invalidate_tags(c, ns, ns_len, labels, NULL, n, &count));
    return count;
}

static long count_list(warm_cache *c, const char *ns, const char *prefix)
{
    long n = 0;
    int32_t status;
    char key[WARM_CACHE_KEY_MAX];
    warm_cache_cursor *k = NULL;
    REQUIRE_OK(warm_cache_list(c, T(ns), T(prefix), &k));
    while ((status = warm_cache_cursor_next(k)) == WARM_OK) {
        warm_blob_info info = fresh_blob_info();
        CHECK_OK(warm_cache_cursor_key(k, key, sizeof key, NULL));
        CHECK(strncmp(key, prefix, strlen(prefix)) == 0);
        CHECK_OK(warm_cache_cursor_info(k, &info));
        CHECK(info.payload_bytes > 0 && info.written_unix_ms > 1700000000000);
        ++n;
    }
    CHECK_ST(WARM_NOT_FOUND, status);
    CHECK_ST(WARM_NOT_FOUND, warm_cache_cursor_next(k));
    warm_cache_cursor_free(&k);
    CHECK(k == NULL);
    return n;
}

/* ---- what is put is got ---- */

static void what_is_put_is_got_and_counted(void)
{
    warm_cache *c = open_cache(in_scratch("basic"), NULL);
    char root[PATH_CAP];
    CHECK_OK(warm_cache_root(c, root, sizeof root, NULL));
    CHECK(root[0] == '/' && ends_with(root, "/basic"));
    CHECK_GET(c, "n", "k", NULL);
    warm_put_receipt receipt = fresh_receipt();
    CHECK_OK(warm_cache_put(c, T("n"), T("k"), "first", 5, NULL, &receipt));
    CHECK(receipt.in_memory == 1 && receipt.on_disk == 1 && receipt.replaced == 0);
    CHECK(receipt.stored_bytes > 0 && receipt.evicted_from_memory == 0 && receipt.evicted_from_disk == 0);
    CHECK_GET(c, "n", "k", "first");
    CHECK_OK(warm_cache_put(c, T("n"), T("k"), "second", 6, NULL, &receipt));
    CHECK_EQ(1, receipt.replaced);
    CHECK_GET(c, "n", "k", "second");
    /* lengths said, not counted; an empty payload is one */
    CHECK_OK(warm_cache_put(c, "nn", 1, "kk", 1, "third", 5, NULL, NULL));
    CHECK_GET(c, "n", "k", "third");
    CHECK_OK(warm_cache_put(c, T("n"), T("empty"), NULL, 0, NULL, NULL));
    CHECK_GET(c, "n", "empty", "");

    warm_blob *b = NULL;
    const void *data = NULL;
    int64_t len = -1;
    warm_blob_info info = fresh_blob_info();
    REQUIRE_OK(warm_cache_get(c, T("n"), T("k"), &b));
    CHECK_OK(warm_blob_payload(b, &data, &len));
    CHECK(data != NULL && ((uintptr_t)data & 63u) == 0 && len == 5 && memcmp(data, "third", 5) == 0);
    CHECK_OK(warm_blob_get_info(b, &info));
    CHECK(info.has_version == 0 && info.version == 0 && info.payload_bytes == 5 && info.has_remaining == 0 && info.is_stale == 0);
    CHECK(info.priority == WARM_CACHE_PRIORITY_DEFAULT && info.from_memory == 1 && info.written_unix_ms > 1700000000000);
    /* what is held stays, whatever becomes of the cache */
    CHECK_OK(put_text(c, "n", "k", "another", NULL));
    CHECK_OK(warm_cache_remove(c, T("n"), T("k")));
    CHECK_ST(WARM_NOT_FOUND, warm_cache_remove(c, T("n"), T("k")));
    CHECK_ST(WARM_NOT_FOUND, warm_cache_remove(c, T("nowhere"), T("k")));
    const warm_cache_stats s = cache_stats(c, "n"), whole = cache_stats(c, NULL);
    warm_cache_free(&c);
    CHECK(c == NULL);
    warm_cache_free(&c);
    warm_cache_free(NULL);
    CHECK(memcmp(data, "third", 5) == 0);
    warm_blob_free(&b);
    CHECK(b == NULL);
    warm_blob_free(&b);
    warm_blob_free(NULL);

    CHECK_EQ(5, s.puts);
    CHECK_EQ(0, s.misses);
    CHECK_EQ(1, whole.misses); /* before there was such a namespace */
    CHECK_EQ(5, s.memory_hits);
    CHECK_EQ(1, whole.memory_misses);
    CHECK_EQ(1, s.invalidations);
    CHECK_EQ(1, s.memory_entries);
    CHECK_EQ(s.puts, whole.puts);
    CHECK_EQ(s.memory_hits, whole.memory_hits);
    CHECK_EQ((int64_t)256 << 20, whole.memory_budget);
    CHECK_EQ((int64_t)4 << 30, whole.disk_budget);

    /* after a reopen the disk answers once, then memory */
    c = open_cache(in_scratch("basic"), NULL);
    CHECK_OK(put_text(c, "n", "other", "x", NULL));
    CHECK_GET(c, "n", "empty", "");
    CHECK_GET(c, "n", "empty", "");
    CHECK_GET(c, "n", "k", NULL);
    CHECK_EQ(1, cache_stats(c, NULL).disk_hits);
    CHECK_EQ(1, cache_stats(c, NULL).memory_hits);
    CHECK_EQ(1, cache_stats(c, NULL).promotions_done);
    CHECK_EQ(WARM_EXISTENCE_PRESENT, existence(c, "n", "empty"));
    CHECK(existence(c, "n", "k") != WARM_EXISTENCE_PRESENT);
    CHECK_OK(warm_cache_contains(c, T("n"), T("other")));
    CHECK_ST(WARM_NOT_FOUND, warm_cache_contains(c, T("n"), T("k")));
    CHECK_ST(WARM_NOT_FOUND, warm_cache_contains(c, T("nowhere"), T("k")));
    warm_cache_free(&c);
}

static void into_a_buffer(void)
{
    char buf[8] = "-------";
    int64_t needed = -7;
    warm_cache *c = open_cache(in_scratch("into"), NULL);
    warm_blob_info info = fresh_blob_info();
    CHECK_OK(put_text(c, "n", "k", "12345", NULL));
    CHECK_ST(WARM_ERR_BUFFER, warm_cache_get_into(c, T("n"), T("k"), buf, 4, &needed, &info));
    CHECK_EQ(5, needed);
    CHECK(buf[0] == '-' && info.payload_bytes == 0);
    CHECK_ST(WARM_ERR_BUFFER, warm_cache_get_into(c, T("n"), T("k"), NULL, 0, NULL, NULL));
    CHECK_OK(warm_cache_get_into(c, T("n"), T("k"), buf, 5, NULL, &info));
    CHECK(memcmp(buf, "12345--", 7) == 0 && info.payload_bytes == 5);
    needed = -7;
    CHECK_ST(WARM_NOT_FOUND, warm_cache_get_into(c, T("n"), T("absent"), buf, 5, &needed, &info));
    CHECK_EQ(-7, needed);
    warm_cache_free(&c);
}

static void several_at_once(void)
{
    const char *keys[4] = {"a", "b", "a", "d"}, *absent[3] = {"a", "missing", "d"};
    const void *payloads[4] = {"1", "22", "333", NULL};
    const int64_t lens[4] = {1, 2, 3, 0}, key_lens[4] = {1, 1, 1, -1};
    int32_t statuses[4] = {-7, -7, -7, -7};
    warm_cache *c = open_cache(in_scratch("many"), NULL);
    CHECK_OK(warm_cache_put_many(c, T("n"), keys, key_lens, payloads, lens, 4, NULL, statuses));
    for (int i = 0; i < 4; ++i)
        CHECK_ST(WARM_OK, statuses[i]);
    CHECK_GET(c, "n", "a", "333"); /* one after the other */
    warm_blob *out[3];
    memset(out, 0x5c, sizeof out);
    CHECK_OK(warm_cache_get_many(c, T("n"), absent, NULL, 3, out, statuses));
    CHECK(statuses[0] == WARM_OK && statuses[1] == WARM_NOT_FOUND && statuses[2] == WARM_OK);
    CHECK(out[0] != NULL && out[1] == NULL && out[2] != NULL);
    for (int i = 0; i < 3; ++i)
        warm_blob_free(&out[i]);

    /* one that is refused keeps no other from being put, and the last error is about it */
    warm_put *p = new_put();
    char text[TEXT_CAP];
    CHECK_OK(warm_put_set_largest(p, 2));
    CHECK_OK(warm_cache_put_many(c, T("n"), keys, NULL, payloads, lens, 4, p, statuses));
    CHECK(statuses[0] == WARM_OK && statuses[1] == WARM_OK && statuses[2] == WARM_ERR_TOO_LARGE && statuses[3] == WARM_OK);
    CHECK(has_word(last_error_into(text), "\"a\"") && has_word(text, "2"));
    CHECK_GET(c, "n", "a", "1");
    CHECK_OK(warm_cache_put_many(c, T("n"), NULL, NULL, NULL, NULL, 0, NULL, NULL));
    CHECK_OK(warm_cache_get_many(c, T("n"), NULL, NULL, 0, NULL, NULL));

    /* what is wrong with the call is found before anything is put */
    statuses[0] = -7;
    keys[1] = NOT_UTF8;
    INVALID("UTF-8", warm_cache_put_many(c, T("n"), keys, NULL, payloads, lens, 4, NULL, statuses));
    CHECK_EQ(-7, statuses[0]);
    CHECK_GET(c, "n", "a", "1");
    INVALID("keys", warm_cache_put_many(c, T("n"), NULL, NULL, payloads, lens, 4, NULL, statuses));
    INVALID("payloads", warm_cache_put_many(c, T("n"), keys + 2, NULL, NULL, lens, 1, NULL, statuses));
    INVALID("payloads", warm_cache_put_many(c, T("n"), keys + 2, NULL, payloads + 3, lens, 1, NULL, statuses));
    INVALID("lens", warm_cache_put_many(c, T("n"), keys + 2, NULL, payloads, NULL, 1, NULL, statuses));
    INVALID("statuses", warm_cache_put_many(c, T("n"), keys + 2, NULL, payloads, lens, 1, NULL, NULL));
    INVALID("negative", warm_cache_put_many(c, T("n"), keys + 2, NULL, payloads, lens, -1, NULL, statuses));
    INVALID("`c`|handle", warm_cache_put_many(NULL, T("n"), keys + 2, NULL, payloads, lens, 1, NULL, statuses));
    memset(out, 0x5c, sizeof out);
    INVALID("UTF-8", warm_cache_get_many(c, T("n"), keys, NULL, 3, out, statuses));
    CHECK(out[0] == NULL && out[1] == NULL && out[2] == NULL);
    INVALID("keys", warm_cache_get_many(c, T("n"), NULL, NULL, 3, out, statuses));
    INVALID("out", warm_cache_get_many(c, T("n"), absent, NULL, 3, NULL, statuses));
    INVALID("statuses", warm_cache_get_many(c, T("n"), absent, NULL, 3, out, NULL));
    INVALID("`c`|handle", warm_cache_get_many(NULL, T("n"), absent, NULL, 3, out, statuses));
    warm_put_free(&p);
    warm_cache_free(&c);
}

static void namespaces_are_apart(void)
{
    char name[40];
    warm_cache *c = open_cache(in_scratch("namespaces"), NULL);
    CHECK_OK(put_text(c, "a", "k", "of a", NULL));
    CHECK_OK(put_text(c, "b", "k", "of b", NULL));
    CHECK_GET(c, "a", "k", "of a");
    CHECK_GET(c, "b", "k", "of b");
    CHECK_OK(warm_cache_flush(c, T("a")));
    CHECK_GET(c, "a", "k", NULL);
    CHECK_GET(c, "b", "k", "of b");
    CHECK_EQ(1, cache_stats(c, "a").flushes);
    CHECK_EQ(0, cache_stats(c, "b").flushes);
    CHECK_EQ(1, cache_stats(c, "b").puts);
    CHECK_EQ(2, cache_stats(c, NULL).puts); /* what was flushed was put nevertheless */
    CHECK_OK(put_text(c, "a", "k", "of a", NULL)); /* one that was flushed gives its place away */

    for (int i = 2; i < WARM_CACHE_NAMESPACES_MAX; ++i) {
        (void)snprintf(name, sizeof name, "namespace %d", i);
        CHECK_OK(put_text(c, name, "k", "x", NULL));
    }
    TOO_LARGE("256", put_text(c, "one too many", "k", "x", NULL));
    CHECK_OK(put_text(c, "b", "k2", "x", NULL)); /* those that are there go on */
    warm_cache_cursor *k = NULL;
    long n = 0, seen = 0;
    REQUIRE_OK(warm_cache_list_namespaces(c, &k));
    INVALID("cursor", warm_cache_cursor_key(k, name, sizeof name, NULL));
    while (warm_cache_cursor_next(k) == WARM_OK) {
        CHECK_OK(warm_cache_cursor_key(k, name, sizeof name, NULL));
        seen += strcmp(name, "b") == 0;
        ++n;
    }
    CHECK_EQ(WARM_CACHE_NAMESPACES_MAX, n);
    CHECK_EQ(1, seen);
    INVALID("past", warm_cache_cursor_key(k, name, sizeof name, NULL));
    warm_cache_cursor_free(&k);
    REQUIRE_OK(warm_cache_list_namespaces(c, &k));
    CHECK_OK(warm_cache_cursor_next(k));
    warm_blob_info info = fresh_blob_info();
    INVALID("namespaces", warm_cache_cursor_info(k, &info));
    warm_cache_cursor_free(&k);
    warm_cache_free(&c);
}

/* ---- limits ---- */

static void limits_are_named(void)
{
    char text[5001], name[40];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    warm_cache *c = open_cache(in_scratch("limits"), NULL);
    warm_put *p = new_put();
    for (int i = 0; i < WARM_CACHE_LABELS_MAX; ++i) {
        (void)snprintf(name, sizeof name, "label %d", i);
        CHECK_OK(warm_put_add_tag(p, T(name)));
        CHECK_OK(warm_put_add_dependency(p, T(name)));
    }
    TOO_LARGE("64", warm_put_add_tag(p, T("one too many")));
    TOO_LARGE("64", warm_put_add_dependency(p, T("one too many")));
    CHECK_OK(warm_put_add_tag(p, T("label 3"))); /* there already */
    INVALID("256", warm_put_add_tag(p, text, WARM_CACHE_LABEL_MAX));
    INVALID("256", warm_put_add_dependency(p, T(text)));
    INVALID("256", warm_put_set_content_type(p, T(text)));
    INVALID("1 to|empty", warm_put_add_tag(p, T("")));
    for (int i = 0; i < WARM_CACHE_PAIRS_MAX; ++i) {
        (void)snprintf(name, sizeof name, "name %d", i);
        CHECK_OK(warm_put_set_pair(p, T(name), T("value")));
    }
    TOO_LARGE("32", warm_put_set_pair(p, T("one too many"), T("value")));
    CHECK_OK(warm_put_set_pair(p, T("name 3"), T("another value")));
    INVALID("empty", warm_put_set_pair(p, T(""), T("value")));
    CHECK_OK(put_text(c, "n", "k", "x", p));
    warm_put_free(&p);
    CHECK(p == NULL);
    warm_put_free(&p);
    warm_put_free(NULL);

    p = new_put();
    CHECK_OK(warm_put_set_pair(p, T("n"), text, WARM_CACHE_PAIRS_BYTES_MAX - 1));
    TOO_LARGE("4096", warm_put_set_pair(p, T("m"), T("")));
    INVALID("4096", warm_put_set_pair(p, T("m"), text, WARM_CACHE_PAIRS_BYTES_MAX + 1));
    CHECK_OK(put_text(c, "n", "k", "x", p));
    CHECK_OK(warm_put_set_largest(p, 9));
    CHECK_OK(warm_cache_put(c, T("n"), T("sized"), text, 9, p, NULL));
    TOO_LARGE("9", warm_cache_put(c, T("n"), T("sized"), text, 10, p, NULL));
    CHECK_OK(warm_put_set_largest(p, 0));
    CHECK_OK(warm_cache_put(c, T("n"), T("sized"), text, 10, p, NULL));
    CHECK_EQ(1, cache_stats(c, NULL).refusals);
    warm_put_free(&p);

    INVALID("128", warm_cache_put(c, T(text), T("k"), "x", 1, NULL, NULL));
    INVALID("128", warm_cache_put(c, text, WARM_CACHE_NAMESPACE_MAX, T("k"), "x", 1, NULL, NULL));
    INVALID("1024", warm_cache_put(c, T("n"), T(text), "x", 1, NULL, NULL));
    INVALID("1024", warm_cache_put(c, T("n"), text, WARM_CACHE_KEY_MAX, "x", 1, NULL, NULL));
    CHECK_OK(warm_cache_put(c, text, WARM_CACHE_NAMESPACE_MAX - 1, text, WARM_CACHE_KEY_MAX - 1, "x", 1, NULL, NULL));
    CHECK_OK(warm_cache_contains(c, text, WARM_CACHE_NAMESPACE_MAX - 1, text, WARM_CACHE_KEY_MAX - 1));
    warm_cache_free(&c);

    /* what can never fit is refused, with the sizes; all else makes room */
    char *big = calloc(1, 1 << 20);
    REQUIRE(big != NULL);
    for (int64_t i = 0; i < 1 << 20; ++i)
        big[i] = (char)pattern_mix((uint64_t)i);
    warm_put *kept = new_put();
    CHECK_OK(warm_put_set_admission(kept, WARM_ADMISSION_ALWAYS));
    c = open_budgets(in_scratch("small-disk"), 1 << 20, (1 << 20) - 1);
    TOO_LARGE("budget|limit", warm_cache_put(c, T("n"), T("never"), big, 1 << 20, NULL, NULL));
    for (int i = 0; i < 20; ++i) {
        (void)snprintf(name, sizeof name, "%d", i);
        CHECK_OK(warm_cache_put(c, T("n"), T(name), big + i, 200000, kept, NULL));
    }
    warm_put_free(&kept);
    CHECK_OK(warm_cache_contains(c, T("n"), T("19")));
    CHECK_OK(warm_cache_sweep(c));
    const warm_cache_stats s = cache_stats(c, NULL);
    CHECK(s.disk_evictions > 0 && s.disk_bytes <= 1 << 20 && s.memory_bytes <= 1 << 20 && s.memory_evictions > 0);
    CHECK(usage_of(in_scratch("small-disk")).bytes <= (1 << 20) + (1 << 18));
    /* a quota is the namespace's own, and evicts nothing of another */
    CHECK_OK(put_text(c, "other", "k", "stays", NULL));
    CHECK_OK(warm_cache_set_quota(c, T("n"), 450000));
    for (int i = 0; i < 6; ++i) {
        (void)snprintf(name, sizeof name, "q%d", i);
        CHECK_OK(warm_cache_put(c, T("n"), T(name), big + i, 200000, NULL, NULL));
    }
    CHECK(cache_stats(c, "n").disk_bytes <= 450000);
    TOO_LARGE("quota|450000", warm_cache_put(c, T("n"), T("never"), big, 500000, NULL, NULL));
    CHECK_GET(c, "other", "k", "stays");
    INVALID("negative", warm_cache_set_quota(c, T("n"), -1));
    CHECK_OK(warm_cache_set_quota(c, T("n"), 0));
    free(big);
    warm_cache_free(&c);
}

/* ---- memory ---- */

static void memory_keeps_the_newest_and_the_important(void)
{
    char name[40], block[1000];
    memset(block, 'm', sizeof block);
    warm_cache *c = open_budgets(in_scratch("memory"), 1 << 20, 0);
    warm_put *p = new_put();
    warm_put_receipt r = fresh_receipt();
    int64_t evicted = 0;
    CHECK_OK(warm_put_set_priority(p, 255));
    CHECK_OK(put_text(c, "n", "important", "x", p));
    for (int i = 0; i < 3000; ++i) {
        (void)snprintf(name, sizeof name, "%d", i);
        CHECK_OK(warm_cache_put(c, T("n"), T(name), block, sizeof block, NULL, &r));
        CHECK_EQ(1, r.in_memory);
        evicted += r.evicted_from_memory;
    }
    warm_cache_stats s = cache_stats(c, NULL);
    CHECK(evicted > 0 && evicted == s.memory_evictions && s.memory_bytes <= 1 << 20 && s.memory_bytes >= s.memory_entries * 1000);
    CHECK(peek(c, "n", "2999").from_memory == 1 && peek(c, "n", "0").from_memory == 0);
    CHECK(peek(c, "n", "important").from_memory == 1 && peek(c, "n", "important").priority == 255);
    /* a scan with admission never leaves memory alone */
    const int64_t insertions = s.insertions;
    CHECK_OK(warm_put_set_admission(p, WARM_ADMISSION_NEVER));
    CHECK_OK(warm_cache_put(c, T("n"), T("never"), block, sizeof block, p, &r));
    CHECK(r.in_memory == 0 && r.on_disk == 1);
    CHECK_EQ(insertions, cache_stats(c, NULL).insertions);
    CHECK_OK(warm_put_set_admission(p, WARM_ADMISSION_ALWAYS));
    CHECK_OK(warm_cache_put(c, T("n"), T("always"), block, sizeof block, p, &r));
    CHECK_EQ(1, r.in_memory);
    CHECK_OK(warm_put_set_admission(p, WARM_ADMISSION_AUTO));
    /* automatically, what is large only once it was asked for */
    static char large[1 << 18];
    CHECK_OK(warm_cache_put(c, T("n"), T("large"), large, sizeof large, p, &r));
    CHECK_EQ(0, r.in_memory);
    warm_put_free(&p);
    warm_cache_free(&c);

    /* on the second hit only */
    warm_cache_options *o = cache_options();
    CHECK_OK(warm_cache_options_set_promotion(o, WARM_PROMOTION_SECOND_HIT));
    c = open_cache(in_scratch("memory"), o);
    CHECK_OK(warm_cache_contains(c, T("n"), T("2999")));
    CHECK(peek(c, "n", "2999").from_memory == 0);
    warm_blob *b = NULL;
    for (int i = 0; i < 3; ++i) {
        CHECK_OK(warm_cache_get(c, T("n"), T("2999"), &b));
        warm_blob_free(&b);
        CHECK_EQ(i >= 1, cache_stats(c, NULL).promotions_done);
    }
    CHECK_EQ(2, cache_stats(c, NULL).disk_hits);
    CHECK_EQ(1, cache_stats(c, NULL).memory_hits);
    warm_cache_free(&c);

    /* in the background: a drain waits for it */
    CHECK_OK(warm_cache_options_set_promotion(o, WARM_PROMOTION_IMMEDIATE));
    CHECK_OK(warm_cache_options_set_background_promotion(o, 1, 8));
    c = open_cache(in_scratch("memory"), o);
    CHECK_OK(warm_cache_get(c, T("n"), T("2998"), &b));
    warm_blob_free(&b);
    CHECK_OK(warm_cache_drain(c, 60.0));
    s = cache_stats(c, NULL);
    CHECK(s.promotions_queued == 1 && s.promotions_done == 1 && s.promotions_waiting == 0 && s.promotions_dropped == 0);
    CHECK_EQ(1, peek(c, "n", "2998").from_memory);
    warm_cache_free(&c);
    warm_cache_options_free(&o);

    /* nowhere but in memory */
    c = NULL;
    REQUIRE_OK(warm_cache_open_in_memory(NULL, &c));
    CHECK_ST(WARM_NOT_FOUND, warm_cache_root(c, name, sizeof name, NULL));
    CHECK_OK(warm_cache_put(c, T("n"), T("k"), "x", 1, NULL, &r));
    CHECK(r.in_memory == 1 && r.on_disk == 0 && r.stored_bytes == 0);
    CHECK_GET(c, "n", "k", "x");
    CHECK_OK(warm_cache_flush(c, T("n")));
    CHECK_GET(c, "n", "k", NULL);
    warm_cache_free(&c);
}

static void what_can_be_smaller_is(void)
{
    static char text[1 << 16];
    warm_put *p = new_put();
    warm_put_receipt plain = fresh_receipt(), squeezed = fresh_receipt(), picture = fresh_receipt();
    for (size_t i = 0; i < sizeof text; ++i)
        text[i] = "the same words again and again "[i % 31];
    warm_cache *c = open_cache(in_scratch("compressed"), NULL);
    CHECK_OK(warm_cache_put(c, T("n"), T("text"), text, sizeof text, NULL, &squeezed));
    CHECK_OK(warm_put_set_content_type(p, T("image/png")));
    CHECK_OK(warm_cache_put(c, T("n"), T("png"), text, sizeof text, p, &picture));
    const warm_cache_stats s = cache_stats(c, NULL);
    CHECK(s.compressed_from_bytes == (int64_t)sizeof text && s.compressed_to_bytes < s.compressed_from_bytes / 10 && s.compression_skipped == 1);
    warm_cache_free(&c);
    warm_cache_options *o = cache_options();
    CHECK_OK(warm_cache_options_set_compression(o, 0));
    CHECK_OK(warm_cache_options_set_memory_budget(o, 0));
    c = open_cache(in_scratch("compressed"), o);
    CHECK_OK(warm_cache_put(c, T("n"), T("plain"), text, sizeof text, NULL, &plain));
    CHECK(plain.stored_bytes >= (int64_t)sizeof text && picture.stored_bytes >= (int64_t)sizeof text && squeezed.stored_bytes < plain.stored_bytes / 4);
    /* who does not compress reads what is */
    static char back[sizeof text];
    int64_t needed = 0;
    CHECK_OK(warm_cache_get_into(c, T("n"), T("text"), back, sizeof back, &needed, NULL));
    CHECK(needed == (int64_t)sizeof text && memcmp(text, back, sizeof text) == 0);
    warm_blob *b = NULL;
    char type[WARM_CACHE_LABEL_MAX];
    REQUIRE_OK(warm_cache_get(c, T("n"), T("png"), &b));
    CHECK_OK(warm_blob_content_type(b, type, sizeof type, NULL));
    CHECK(strcmp(type, "image/png") == 0);
    warm_blob_free(&b);
    warm_put_free(&p);
    warm_cache_options_free(&o);
    warm_cache_free(&c);
}

/* ---- versions ---- */

static void versions_are_kept_in_every_tier(void)
{
    /* in memory; on disk only; after a reopen */
    for (int tier = 0; tier < 3; ++tier) {
        char root[40];
        (void)snprintf(root, sizeof root, "versions-%d", tier);
        warm_cache *c = open_budgets(in_scratch(root), tier == 1 ? 0 : 1 << 20, 0);
#define AGAIN()                                                            \
    do {                                                                   \
        if (tier == 2) {                                                   \
            warm_cache_free(&c);                                           \
            c = open_budgets(in_scratch(root), 1 << 20, 0);                \
        }                                                                  \
    } while (0)
        CHECK_OK(put_version(c, "k", "five", 5));
        AGAIN();
        CONFLICT(put_version(c, "k", "equal", 5));
        CONFLICT(put_version(c, "k", "lower", 4));
        CHECK_GET(c, "v", "k", "five");
        CHECK(peek(c, "v", "k").has_version == 1 && peek(c, "v", "k").version == 5);
        CHECK_OK(put_version(c, "k", "six", 6));
        AGAIN();
        CONFLICT(put_version(c, "k", "five again", 5));
        CHECK_OK(put_version(c, "k", "most", UINT64_MAX));
        AGAIN();
        CHECK(peek(c, "v", "k").version == UINT64_MAX);
        CONFLICT(put_version(c, "k", "most", UINT64_MAX));
        /* without a version it overwrites and clears it, and never conflicts */
        CHECK_OK(put_text(c, "v", "k", "none", NULL));
        AGAIN();
        CHECK_EQ(0, peek(c, "v", "k").has_version);
        CHECK_OK(put_version(c, "k", "zero", 0));
        AGAIN();
        CONFLICT(put_version(c, "k", "zero", 0));
        /* what is removed has none */
        CHECK_OK(put_version(c, "k", "nine", 9));
        CHECK_OK(warm_cache_remove(c, T("v"), T("k")));
        AGAIN();
        CHECK_OK(put_version(c, "k", "one", 1));
        /* a flush takes versions along, also after a reopen */
        CHECK_OK(warm_cache_flush(c, T("v")));
        CHECK_GET(c, "v", "k", NULL);
        AGAIN();
        CHECK_GET(c, "v", "k", NULL);
        CHECK_OK(put_version(c, "k", "lower", 0));
        AGAIN();
        CHECK_GET(c, "v", "k", "lower");
        if (tier != 2)
            CHECK_EQ(5, cache_stats(c, "v").version_conflicts);
        warm_cache_free(&c);
        c = open_cache(in_scratch(root), NULL);
        CHECK_GET(c, "v", "k", "lower");

        /* compare and swap */
        CHECK_OK(put_swap(c, "s", "made", 0, 0, 7));
        CONFLICT(put_swap(c, "s", "made again", 0, 0, 7));
        CONFLICT(put_swap(c, "s", "of six", 1, 6, 8));
        CHECK_OK(put_swap(c, "s", "of seven", 1, 7, 3)); /* any version may come next */
        AGAIN();
        CHECK_OK(put_swap(c, "s", "of three", 1, 3, 4));
        CHECK_GET(c, "v", "s", "of three");
        CONFLICT(put_swap(c, "absent", "x", 1, 1, 2));
        CHECK_GET(c, "v", "absent", NULL);
        warm_cache_free(&c);
    }
}

static void only_one_of_two_processes_swaps(void)
{
    const char *root = in_scratch("swaps");
    warm_cache *c = open_cache(root, NULL);
    CHECK_OK(put_version(c, "n", "0", 0));
    warm_cache_free(&c);
    const uint64_t each = 20;
    pid_t children[2];
    for (int i = 0; i < 2; ++i) {
        (void)fflush(stdout);
        children[i] = fork();
        REQUIRE(children[i] >= 0);
        if (children[i] == 0) {
            child_begin();
            warm_cache *mine = open_cache(root, NULL);
            for (uint64_t done = 0; done < each;) {
                const uint64_t version = peek(mine, "v", "n").version;
                const int32_t status = put_swap(mine, "n", "x", 1, version, version + 1);
                if (status == WARM_OK)
                    ++done;
                else
                    CHECK_ST(WARM_ERR_CONFLICT, status);
            }
            warm_cache_free(&mine);
            child_end();
        }
    }
    CHECK(child_passed(children[0]) && child_passed(children[1]));
    c = open_cache(root, NULL);
    CHECK(peek(c, "v", "n").version == 2 * each); /* none was lost */
    warm_cache_free(&c);
}

/* ---- labels ---- */

static void put_labelled(warm_cache *c, const char *ns, const char *key, const char *tag, const char *tag2, const char *dependency)
{
    warm_put *p = new_put();
    if (tag != NULL)
        CHECK_OK(warm_put_add_tag(p, T(tag)));
    if (tag2 != NULL)
        CHECK_OK(warm_put_add_tag(p, T(tag2)));
    if (dependency != NULL)
        CHECK_OK(warm_put_add_dependency(p, T(dependency)));
    CHECK_OK(put_text(c, ns, key, "x", p));
    warm_put_free(&p);
}

static void labels_invalidate_in_every_tier(void)
{
    const char *both[2] = {"red", "blue"}, *data[1] = {"data"}, *nobody[1] = {"nobody's"};
    for (int tier = 0; tier < 3; ++tier) {
        char root[40];
        (void)snprintf(root, sizeof root, "labels-%d", tier);
        const int64_t memory = tier == 1 ? 0 : 1 << 20;
        warm_cache *c = open_budgets(in_scratch(root), memory, 0);
        put_labelled(c, "n", "both", "red", "blue", NULL);
        put_labelled(c, "n", "red", "red", NULL, "data");
        put_labelled(c, "n", "neither", "green", NULL, "data");
        put_labelled(c, "m", "red", "red", NULL, NULL);
        put_labelled(c, "m", "data as a tag", "data", NULL, NULL);
        if (tier == 2) {
            warm_cache_free(&c);
            c = open_budgets(in_scratch(root), memory, 0);
        }
        CHECK_EQ(0, invalidated(c, "n", 0, 0, NULL));
        CHECK_EQ(0, invalidated(c, NULL, 0, 1, nobody));
        CHECK_EQ(2, invalidated(c, "n", 0, 2, both)); /* a key with two of them counts once */
        CHECK_GET(c, "n", "both", NULL);
        CHECK_GET(c, "n", "red", NULL);
        CHECK_GET(c, "n", "neither", "x");
        CHECK_GET(c, "m", "red", "x");
        CHECK_EQ(0, invalidated(c, "n", 0, 2, both));
        CHECK_EQ(1, invalidated(c, NULL, 1, 1, data));
        CHECK_GET(c, "n", "neither", NULL);
        CHECK_GET(c, "m", "data as a tag", "x");
        CHECK_EQ(1, invalidated(c, NULL, 0, 2, both));
        CHECK_EQ(4, cache_stats(c, NULL).invalidations);
        CHECK_EQ(1, cache_stats(c, "m").invalidations);
        /* for good, and what is put afterwards lives */
        put_labelled(c, "n", "again", "red", NULL, NULL);
        warm_cache_free(&c);
        c = open_cache(in_scratch(root), NULL);
        CHECK_GET(c, "n", "both", NULL);
        CHECK_GET(c, "m", "red", NULL);
        CHECK_GET(c, "n", "again", "x");
        const char *sized[1] = {"redder"};
        const int64_t three = 3;
        int64_t count = -7;
        CHECK_OK(warm_cache_invalidate_tags(c, T("n"), sized, &three, 1, &count));
        CHECK_EQ(1, count);
        CHECK_OK(warm_cache_invalidate_tags(c, T("n"), sized, NULL, 1, NULL));
        /* by prefix */
        CHECK_OK(put_text(c, "p", "basis/1", "x", NULL));
        CHECK_OK(put_text(c, "p", "basis/2", "x", NULL));
        CHECK_OK(put_text(c, "p", "base", "x", NULL));
        CHECK_OK(put_text(c, "q", "basis/1", "x", NULL));
        CHECK_OK(warm_cache_invalidate_prefix(c, T("p"), T("basis/"), &count));
        CHECK_EQ(2, count);
        CHECK_GET(c, "p", "basis/1", NULL);
        CHECK_GET(c, "p", "base", "x");
        CHECK_GET(c, "q", "basis/1", "x");
        CHECK_OK(warm_cache_invalidate_prefix(c, T("p"), "", 0, &count));
        CHECK_EQ(1, count);
        CHECK_OK(warm_cache_invalidate_prefix(c, T("nowhere"), T("x"), NULL));
        warm_cache_free(&c);
    }
}

static void what_was_put_with_it_comes_back(void)
{
    char text[WARM_CACHE_LABEL_MAX];
    int64_t n = -1, needed = -1;
    warm_put *p = new_put();
    CHECK_OK(warm_put_add_tag(p, T("t1")));
    CHECK_OK(warm_put_add_tag(p, T("t2")));
    CHECK_OK(warm_put_add_dependency(p, T("gr\xc3\xbcn")));
    CHECK_OK(warm_put_set_pair(p, T("degree"), T("3")));
    CHECK_OK(warm_put_set_pair(p, T("knots"), T("")));
    CHECK_OK(warm_put_set_priority(p, 7));
    warm_cache *c = open_cache(in_scratch("with-it"), NULL);
    CHECK_OK(put_text(c, "n", "k", "x", p));
    CHECK_OK(put_text(c, "n", "bare", "x", NULL));
    warm_put_free(&p);
    for (int reopened = 0; reopened < 2; ++reopened) {
        warm_blob *b = NULL;
        REQUIRE_OK(warm_cache_get(c, T("n"), T("k"), &b));
        CHECK_OK(warm_blob_tag_count(b, &n));
        CHECK_EQ(2, n);
        CHECK_OK(warm_blob_tag(b, 1, text, sizeof text, &needed));
        CHECK(strcmp(text, "t2") == 0 && needed == 3);
        CHECK_ST(WARM_NOT_FOUND, warm_blob_tag(b, 2, text, sizeof text, &needed));
        CHECK_ST(WARM_ERR_BUFFER, warm_blob_tag(b, 0, text, 2, &needed));
        CHECK_OK(warm_blob_dependency_count(b, &n));
        CHECK_EQ(1, n);
        CHECK_OK(warm_blob_dependency(b, 0, text, sizeof text, NULL));
        CHECK(strcmp(text, "gr\xc3\xbcn") == 0);
        CHECK_OK(warm_blob_pair_count(b, &n));
        CHECK_EQ(2, n);
        CHECK_OK(warm_blob_pair_name(b, 0, text, sizeof text, NULL));
        CHECK(strcmp(text, "degree") == 0);
        CHECK_OK(warm_blob_pair_value(b, 0, text, sizeof text, NULL));
        CHECK(strcmp(text, "3") == 0);
        CHECK_OK(warm_blob_pair_value(b, 1, text, sizeof text, NULL));
        CHECK(text[0] == '\0');
        CHECK_ST(WARM_NOT_FOUND, warm_blob_pair_name(b, 2, text, sizeof text, NULL));
        CHECK_ST(WARM_NOT_FOUND, warm_blob_content_type(b, text, sizeof text, NULL));
        INVALID("negative", warm_blob_tag(b, -1, text, sizeof text, NULL));
        CHECK_EQ(7, peek(c, "n", "k").priority);
        warm_blob_free(&b);
        REQUIRE_OK(warm_cache_get(c, T("n"), T("bare"), &b));
        CHECK_OK(warm_blob_tag_count(b, &n));
        CHECK_EQ(0, n);
        CHECK_OK(warm_blob_pair_count(b, &n));
        CHECK_EQ(0, n);
        warm_blob_free(&b);
        warm_cache_free(&c);
        c = open_cache(in_scratch("with-it"), NULL);
    }
    warm_cache_free(&c);
}

/* ---- lives ---- */

static int64_t unix_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Lives are either over after a millisecond or last for an hour, so that no machine is too slow for this. */
static void lives_end(void)
{
    warm_cache *c = open_cache(in_scratch("lives"), NULL);
    warm_put *p = new_put();
    CHECK_OK(warm_put_set_ttl_seconds(p, 3600.0));
    CHECK_OK(warm_put_set_jitter_percent(p, 50.0));
    CHECK_OK(put_text(c, "n", "long", "x", p));
    warm_blob_info info = peek(c, "n", "long");
    CHECK(info.has_remaining == 1 && info.remaining_seconds > 3000.0 && info.remaining_seconds <= 5400.0 && info.is_stale == 0);
    CHECK_OK(warm_put_set_jitter_percent(p, 0.0));
    CHECK_OK(warm_put_set_deadline_unix_ms(p, unix_ms() + 1800000)); /* the earlier one counts */
    CHECK_OK(put_text(c, "n", "earlier", "x", p));
    CHECK(peek(c, "n", "earlier").remaining_seconds <= 1800.1);
    CHECK_OK(warm_put_set_deadline_unix_ms(p, unix_ms() + 7200000));
    CHECK_OK(put_text(c, "n", "later", "x", p));
    CHECK(peek(c, "n", "later").remaining_seconds <= 3600.0);
    CHECK_OK(warm_put_set_deadline_unix_ms(p, 0));
    CHECK_OK(put_text(c, "n", "past", "x", p));
    CHECK_GET(c, "n", "past", NULL);
    warm_put_free(&p);

    p = new_put();
    CHECK_OK(warm_put_set_ttl_seconds(p, 0.001));
    CHECK_OK(put_text(c, "n", "short", "x", p));
    CHECK_OK(warm_put_set_stale_seconds(p, 3600.0));
    CHECK_OK(put_text(c, "n", "stale", "y", p));
    warm_put_free(&p);
    p = new_put();
    CHECK_OK(warm_put_set_idle_seconds(p, 0.001));
    CHECK_OK(put_text(c, "n", "idle", "x", p));
    CHECK_OK(warm_put_set_idle_seconds(p, 3600.0));
    CHECK_OK(put_text(c, "n", "used", "x", p));
    nap(0.05);
    CHECK_ST(WARM_NOT_FOUND, warm_cache_contains(c, T("n"), T("short")));
    CHECK_GET(c, "n", "short", NULL);
    CHECK_GET(c, "n", "idle", NULL);
    CHECK_GET(c, "n", "used", "x");
    CHECK_OK(warm_cache_contains(c, T("n"), T("stale"))); /* and no more than tells */
    warm_blob *b = NULL;
    info = fresh_blob_info();
    REQUIRE_OK(warm_cache_get(c, T("n"), T("stale"), &b));
    CHECK_OK(warm_blob_get_info(b, &info));
    CHECK(info.is_stale == 1 && info.has_remaining == 1 && info.remaining_seconds > 3000.0 && info.remaining_seconds <= 3600.0);
    warm_blob_free(&b);
    warm_cache_stats s = cache_stats(c, NULL);
    CHECK(s.stale_serves == 1 && s.expirations >= 1 && s.idle_deaths == 1);
    /* who is dead does not forbid a lower version */
    CHECK_OK(warm_put_set_version(p, 9));
    CHECK_OK(warm_put_set_ttl_seconds(p, 0.001));
    CHECK_OK(put_text(c, "v", "dead", "x", p));
    nap(0.05);
    CHECK_OK(put_version(c, "dead", "y", 1));
    warm_put_free(&p);

    /* another life, without writing the bytes again */
    const warm_cache_stats before = cache_stats(c, NULL);
    p = new_put();
    CHECK_OK(warm_put_set_ttl_seconds(p, 60.0));
    CHECK_OK(warm_cache_set_life(c, T("n"), T("long"), p));
    CHECK(peek(c, "n", "long").remaining_seconds <= 60.0);
    CHECK_OK(warm_cache_set_life(c, T("n"), T("later"), NULL));
    CHECK_EQ(0, peek(c, "n", "later").has_remaining);
    CHECK_OK(warm_put_set_ttl_seconds(p, 0.001));
    CHECK_OK(warm_cache_set_life(c, T("n"), T("earlier"), p));
    CHECK_ST(WARM_NOT_FOUND, warm_cache_set_life(c, T("n"), T("absent"), p));
    CHECK_ST(WARM_NOT_FOUND, warm_cache_set_life(c, T("n"), T("short"), p));
    warm_put_free(&p);
    nap(0.05);
    CHECK_GET(c, "n", "earlier", NULL);
    info = fresh_blob_info();
    CHECK_ST(WARM_NOT_FOUND, warm_cache_peek(c, T("n"), T("earlier"), &info));
    s = cache_stats(c, NULL);
    CHECK(s.puts == before.puts && s.memory_hits == before.memory_hits && s.disk_hits == before.disk_hits);
    warm_cache_free(&c);

    /* all of it holds after a reopen */
    c = open_cache(in_scratch("lives"), NULL);
    CHECK_GET(c, "n", "past", NULL);
    CHECK_GET(c, "n", "short", NULL);
    CHECK_GET(c, "n", "earlier", NULL);
    CHECK_GET(c, "n", "idle", NULL);
    CHECK_GET(c, "n", "stale", "y");
    info = peek(c, "n", "stale");
    CHECK(info.is_stale == 1 && info.remaining_seconds > 3000.0);
    CHECK_EQ(0, peek(c, "n", "later").has_remaining);
    info = peek(c, "n", "long");
    CHECK(info.has_remaining == 1 && info.remaining_seconds <= 60.0);
    CHECK_EQ(5, count_list(c, "n", "") + count_list(c, "v", "")); /* long, later, used, stale; dead's second life */
    warm_cache_free(&c);
}

/* ---- lists, copies, verification ---- */

/* Copies and waits; how many were copied. */
static int32_t copied_to(warm_cache *c, const char *root, int64_t *copied)
{
    warm_task *task = NULL;
    warm_check_report report;
    memset(&report, 0, sizeof report);
    report.struct_size = (uint32_t)sizeof report;
    int32_t status = warm_cache_start_copy(c, T(root), &task);
    if (status == WARM_OK) status = warm_task_wait(task, 300.0);
    if (status == WARM_OK) status = warm_task_get_report(task, &report);
    if (status == WARM_OK) *copied = report.intact;
    warm_task_free(&task);
    return status;
}

static void lists_copies_and_verification(void)
{
    char key[WARM_CACHE_KEY_MAX];
    int64_t copied = -7;
    warm_cache *c = open_cache(in_scratch("upkeep"), NULL);
    CHECK_OK(put_text(c, "n", "a/1", "x", NULL));
    CHECK_OK(put_text(c, "n", "a/2", "y", NULL));
    CHECK_OK(put_text(c, "n", "b", "z", NULL));
    put_labelled(c, "m", "labelled", "tag", NULL, NULL);
    CHECK_EQ(3, count_list(c, "n", ""));
    CHECK_EQ(2, count_list(c, "n", "a/"));
    CHECK_EQ(0, count_list(c, "n", "c"));
    CHECK_EQ(0, count_list(c, "nowhere", ""));
    /* a list is a copy */
    warm_cache_cursor *k = NULL;
    REQUIRE_OK(warm_cache_list(c, T("n"), T("b"), &k));
    CHECK_OK(warm_cache_flush(c, T("n")));
    CHECK_OK(put_text(c, "n", "b", "zz", NULL));
    CHECK_OK(warm_cache_cursor_next(k));
    CHECK_OK(warm_cache_cursor_key(k, key, sizeof key, NULL));
    CHECK(strcmp(key, "b") == 0);
    warm_cache_cursor_free(&k);
    CHECK_EQ(1, count_list(c, "n", ""));
    CHECK_OK(warm_cache_sweep(c));
    CHECK_OK(warm_cache_drain(c, 60.0));
    CHECK_GET(c, "n", "b", "zz");

    CHECK_OK(copied_to(c, in_scratch("upkeep-copy"), &copied));
    CHECK_EQ(2, copied);
    CHECK_ERR(WARM_ERR_INVALID, "empty", copied_to(c, in_scratch("upkeep-copy"), &copied));
    warm_cache *memory = NULL;
    REQUIRE_OK(warm_cache_open_in_memory(NULL, &memory));
    CHECK_ERR(WARM_ERR_UNSUPPORTED, "memory", copied_to(memory, in_scratch("upkeep-memory"), &copied));
    warm_cache_free(&memory);
    /* what a cancelled one copied goes again, so that the next has room there */
    warm_task *cancelled = NULL;
    REQUIRE_OK(warm_cache_start_copy(c, T(in_scratch("upkeep-again")), &cancelled));
    CHECK_OK(warm_task_cancel(cancelled));
    const int32_t ended = warm_task_wait(cancelled, 300.0);
    CHECK(ended == WARM_CANCELLED || ended == WARM_OK);
    warm_task_free(&cancelled);
    if (ended == WARM_CANCELLED) CHECK_OK(copied_to(c, in_scratch("upkeep-again"), &copied));
    CHECK_EQ(2, copied);
    CHECK_OK(put_text(c, "n", "b", "changed", NULL));
    warm_cache *copy = open_cache(in_scratch("upkeep-copy"), NULL);
    CHECK_GET(copy, "n", "b", "zz");
    const char *tags[1] = {"tag"};
    CHECK_EQ(1, invalidated(copy, NULL, 0, 1, tags));
    CHECK_GET(c, "m", "labelled", "x"); /* roots do not invalidate each other */
    warm_cache_free(&copy);

    warm_task *task = NULL;
    warm_check_report report;
    memset(&report, 0, sizeof report);
    report.struct_size = (uint32_t)sizeof report;
    REQUIRE_OK(warm_cache_start_verify(c, &task));
    warm_cache_free(&c); /* the task keeps what it needs */
    CHECK_OK(warm_task_wait(task, 300.0));
    CHECK_OK(warm_task_get_report(task, &report));
    CHECK(report.complete == 1 && report.damaged == 0 && report.half_present == 0 && report.intact >= 2);
    warm_task_free(&task);
}

static void roots_and_who_may_write(void)
{
    const char *tags[1] = {"t"};
    warm_cache *one = open_cache(in_scratch("shared"), NULL), *two = open_cache(in_scratch("shared"), NULL), *apart = open_cache(in_scratch("apart"), NULL);
    put_labelled(one, "n", "k", "t", NULL, NULL);
    put_labelled(apart, "n", "k", "t", NULL, NULL);
    CHECK_GET(two, "n", "k", "x");
    CHECK_OK(put_text(one, "n", "plain", "old", NULL));
    CHECK_GET(two, "n", "plain", "old");
    CHECK_OK(put_text(one, "n", "plain", "new", NULL));
    CHECK_GET(two, "n", "plain", "new");
    CHECK_EQ(1, invalidated(one, NULL, 0, 1, tags));
    CHECK_GET(two, "n", "k", NULL);
    CHECK_GET(apart, "n", "k", "x");
    CHECK_OK(warm_cache_flush(two, T("n")));
    CHECK_GET(one, "n", "plain", NULL);
    CHECK_OK(put_text(one, "n", "k", "kept", NULL));

    warm_cache_options *o = cache_options();
    CHECK_OK(warm_cache_options_set_read_only(o, 1));
    warm_cache *reader = open_cache(in_scratch("shared"), o);
    CHECK_GET(reader, "n", "k", "kept");
    CHECK_ERR(WARM_ERR_PERMISSION, "read-only|read only", put_text(reader, "n", "k", "x", NULL));
    CHECK_ERR(WARM_ERR_PERMISSION, "read-only|read only", warm_cache_remove(reader, T("n"), T("k")));
    CHECK_ERR(WARM_ERR_PERMISSION, "read-only|read only", warm_cache_flush(reader, T("n")));
    CHECK_GET(one, "n", "k", "kept");
    warm_cache_free(&reader);
    CHECK_ERR_OUT(warm_cache, WARM_ERR_IO, "absent|exist|No such", warm_cache_open(T(in_scratch("no such root")), o, &out));
    CHECK(access(in_scratch("no such root"), F_OK) != 0);
    warm_cache_options_free(&o);
    warm_cache_free(&one);
    warm_cache_free(&two);
    warm_cache_free(&apart);
    CHECK(write_file(in_scratch("a file"), "x", 1));
    INVALID_OUT(warm_cache, "file|directory", warm_cache_open(T(in_scratch("a file")), NULL, &out));

    /* the default root, in a child of which it is the environment */
    IN_CHILD({
        char root[PATH_CAP];
        CHECK(setenv("WARMSTART_DIR", in_scratch("default"), 1) == 0);
        warm_cache *c = NULL;
        REQUIRE_OK(warm_cache_open(NULL, 0, NULL, &c));
        CHECK_OK(warm_cache_root(c, root, sizeof root, NULL));
        CHECK(ends_with(root, "/default-cache"));
        warm_cache_free(&c);
    });
}

/* ---- deaths, forks, threads ---- */

static void what_was_acknowledged_survives_a_death(void)
{
    const char *root = in_scratch("death");
    warm_cache *c = open_cache(root, NULL);
    CHECK_OK(put_text(c, "n", "removed", "x", NULL));
    CHECK_OK(put_text(c, "flushed", "k", "x", NULL));
    CHECK_OK(put_version(c, "k", "x", 3));
    warm_cache_free(&c);
    IN_DYING_CHILD({
        char name[20];
        c = open_cache(root, NULL);
        for (int i = 0; i < 128; ++i) {
            (void)snprintf(name, sizeof name, "%d", i);
            CHECK_OK(put_text(c, "n", name, name, NULL));
        }
        CHECK_OK(warm_cache_remove(c, T("n"), T("removed")));
        CHECK_OK(warm_cache_flush(c, T("flushed")));
        CHECK_OK(put_text(c, "flushed", "after", "x", NULL));
        CHECK_OK(put_version(c, "k", "y", 4));
    });
    c = open_cache(root, NULL);
    for (int i = 0; i < 128; ++i) {
        char name[20];
        (void)snprintf(name, sizeof name, "%d", i);
        CHECK_GET(c, "n", name, name);
    }
    CHECK_GET(c, "n", "removed", NULL);
    CHECK_GET(c, "flushed", "k", NULL);
    CHECK_GET(c, "flushed", "after", "x");
    CONFLICT(put_version(c, "k", "z", 4));
    warm_cache_free(&c);
}

#define FORKED(call) CHECK_ERR(WARM_ERR_FORKED, "fork", call)
#define FORKED_OUT(type, call) CHECK_ERR_OUT(type, WARM_ERR_FORKED, "fork", call)

static void in_the_child_of_a_fork(void)
{
    const char *keys[1] = {"k"};
    const void *payloads[1] = {"x"};
    const int64_t lens[1] = {1};
    warm_cache *c = open_cache(in_scratch("fork"), NULL);
    warm_put *p = new_put();
    warm_blob *b = NULL;
    warm_cache_cursor *k = NULL;
    put_labelled(c, "n", "k", "tag", NULL, NULL);
    REQUIRE_OK(warm_cache_get(c, T("n"), T("k"), &b));
    REQUIRE_OK(warm_cache_list(c, T("n"), T(""), &k));
    IN_CHILD({
        char buf[WARM_CACHE_KEY_MAX];
        int64_t n = -7;
        int32_t number = -7;
        warm_blob_info info = fresh_blob_info();
        warm_cache_stats s;
        memset(&s, 0, sizeof s);
        s.struct_size = (uint32_t)sizeof s;
        FORKED(warm_cache_root(c, buf, sizeof buf, NULL));
        FORKED(put_text(c, "n", "k", "child's", NULL));
        FORKED(put_text(c, "n", "k", "child's", p));
        FORKED_OUT(warm_blob, warm_cache_get(c, T("n"), T("k"), &out));
        FORKED(warm_cache_get_into(c, T("n"), T("k"), buf, sizeof buf, &n, &info));
        FORKED(warm_cache_put_many(c, T("n"), keys, NULL, payloads, lens, 1, NULL, &number));
        FORKED_OUT(warm_blob, warm_cache_get_many(c, T("n"), keys, NULL, 1, &out, &number));
        FORKED(warm_cache_existence(c, T("n"), T("k"), &number));
        FORKED(warm_cache_contains(c, T("n"), T("k")));
        FORKED(warm_cache_remove(c, T("n"), T("k")));
        FORKED(warm_cache_peek(c, T("n"), T("k"), &info));
        FORKED(warm_cache_set_life(c, T("n"), T("k"), p));
        FORKED(warm_cache_invalidate_prefix(c, T("n"), T("k"), &n));
        FORKED(warm_cache_invalidate_tags(c, NULL, 0, keys, NULL, 1, &n));
        FORKED(warm_cache_invalidate_dependencies(c, NULL, 0, keys, NULL, 1, &n));
        FORKED(warm_cache_flush(c, T("n")));
        FORKED_OUT(warm_cache_cursor, warm_cache_list_namespaces(c, &out));
        FORKED_OUT(warm_cache_cursor, warm_cache_list(c, T("n"), T(""), &out));
        FORKED(warm_cache_set_quota(c, T("n"), 1));
        FORKED(warm_cache_get_stats(c, NULL, 0, &s));
        FORKED_OUT(warm_task, warm_cache_start_verify(c, &out));
        FORKED(warm_cache_sweep(c));
        FORKED_OUT(warm_task, warm_cache_start_copy(c, T("/nowhere"), &out));
        FORKED(warm_cache_drain(c, 1.0));
        CHECK(n == -7 && number == -7);
        /* blobs, lists and options are plain memory */
        CHECK_OK(warm_blob_copy(b, buf, sizeof buf, &n));
        CHECK(n == 1 && buf[0] == 'x');
        CHECK_OK(warm_blob_tag(b, 0, buf, sizeof buf, NULL));
        CHECK(strcmp(buf, "tag") == 0);
        CHECK_OK(warm_cache_cursor_next(k));
        CHECK_OK(warm_put_set_priority(p, 1));
        /* another of the same root works */
        warm_cache *mine = open_cache(in_scratch("fork"), NULL);
        CHECK_GET(mine, "n", "k", "x");
        CHECK_OK(put_text(mine, "n", "child", "y", p));
        warm_cache_free(&mine);
        warm_blob_free(&b);
        warm_cache_cursor_free(&k);
        warm_put_free(&p);
        warm_cache_free(&c);
        CHECK(c == NULL);
    });
    CHECK_GET(c, "n", "k", "x");
    CHECK_GET(c, "n", "child", "y");
    warm_put_free(&p);
    warm_blob_free(&b);
    warm_cache_cursor_free(&k);
    warm_cache_free(&c);
}

typedef struct { warm_cache *cache; uint64_t owner; } worker;

static void *works(void *context)
{
    const worker *w = context;
    unsigned char block[512];
    uint64_t owner, seq;
    char key[20];
    const void *data;
    int64_t len;
    const long all = rounds(300);
    for (long i = 0; i < all; ++i) {
        pattern_fill(block, sizeof block, w->owner, (uint64_t)i);
        (void)snprintf(key, sizeof key, "%ld", i % 7);
        CHECK_OK(warm_cache_put(w->cache, T("n"), T(key), block, sizeof block, NULL, NULL));
        warm_blob *b = NULL;
        (void)snprintf(key, sizeof key, "%ld", i % 5);
        const int32_t status = warm_cache_get(w->cache, T("n"), T(key), &b);
        if (status == WARM_NOT_FOUND)
            continue;
        if (CHECK_OK(status) && CHECK_OK(warm_blob_payload(b, &data, &len)))
            CHECK(len == (int64_t)sizeof block && pattern_whole(data, len, &owner, &seq));
        warm_blob_free(&b);
        if (i % 50 == 49)
            CHECK_OK(warm_cache_flush(w->cache, T("n")));
    }
    return NULL;
}

static void threads_see_whole_blobs(void)
{
    warm_cache_options *o = cache_options();
    CHECK_OK(warm_cache_options_set_durability(o, WARM_DURABILITY_PROCESS));
    CHECK_OK(warm_cache_options_set_memory_budget(o, 1 << 16));
    warm_cache *c = open_cache(in_scratch("threads"), o);
    pthread_t threads[4];
    worker workers[4];
    for (int i = 0; i < 4; ++i) {
        workers[i].cache = c;
        workers[i].owner = (uint64_t)i;
        REQUIRE(pthread_create(&threads[i], NULL, works, &workers[i]) == 0);
    }
    for (int i = 0; i < 4; ++i)
        REQUIRE(pthread_join(threads[i], NULL) == 0);
    const warm_cache_stats s = cache_stats(c, NULL);
    CHECK_EQ(4 * rounds(300), s.puts);
    CHECK_EQ(4 * rounds(300), s.memory_hits + s.disk_hits + s.misses);
    CHECK_EQ(s.memory_misses, s.disk_hits + s.misses);
    warm_cache_options_free(&o);
    warm_cache_free(&c);
}

/* ---- what a caller gets wrong ---- */

static int32_t pair_name(warm_put *p, const char *name, int64_t len) { return warm_put_set_pair(p, name, len, T("value")); }
static int32_t pair_value(warm_put *p, const char *value, int64_t len) { return warm_put_set_pair(p, T("name"), value, len); }

static void misuse_of_options(void)
{
    warm_cache_options *o = cache_options();
    warm_put *p = new_put();
    INVALID("out", warm_cache_options_new(NULL));
    INVALID("out", warm_put_new(NULL));
    INVALID("`o`|handle", warm_cache_options_set_memory_budget(NULL, 1));
    INVALID("`o`|handle", warm_cache_options_set_disk_budget(NULL, 1));
    INVALID("`o`|handle", warm_cache_options_set_durability(NULL, 0));
    INVALID("`o`|handle", warm_cache_options_set_read_only(NULL, 0));
    INVALID("`o`|handle", warm_cache_options_set_promotion(NULL, 0));
    INVALID("`o`|handle", warm_cache_options_set_background_promotion(NULL, 0, 0));
    INVALID("`o`|handle", warm_cache_options_set_compression(NULL, 0));
    INVALID("negative", warm_cache_options_set_memory_budget(o, -1));
    INVALID("negative", warm_cache_options_set_disk_budget(o, INT64_MIN));
    INVALID("level", warm_cache_options_set_durability(o, 2));
    INVALID("on", warm_cache_options_set_read_only(o, 2));
    INVALID("when", warm_cache_options_set_promotion(o, 2));
    INVALID("on", warm_cache_options_set_background_promotion(o, -1, 1));
    INVALID("negative", warm_cache_options_set_background_promotion(o, 1, -1));
    INVALID("on", warm_cache_options_set_compression(o, 2));
    INVALID("`p`|handle", warm_put_set_version(NULL, 1));
    INVALID("`p`|handle", warm_put_set_swap(NULL, 0, 0, 1));
    INVALID("has_expected", warm_put_set_swap(p, 2, 0, 1));
    INVALID("`p`|handle", warm_put_add_tag(NULL, T("t")));
    INVALID("`p`|handle", warm_put_add_dependency(NULL, T("t")));
    INVALID("`p`|handle", warm_put_set_pair(NULL, T("n"), T("v")));
    INVALID("`p`|handle", warm_put_set_content_type(NULL, T("t")));
    INVALID("`p`|handle", warm_put_set_priority(NULL, 1));
    INVALID("`p`|handle", warm_put_set_admission(NULL, 1));
    INVALID("`p`|handle", warm_put_set_ttl_seconds(NULL, 1));
    INVALID("`p`|handle", warm_put_set_deadline_unix_ms(NULL, 1));
    INVALID("`p`|handle", warm_put_set_jitter_percent(NULL, 1));
    INVALID("`p`|handle", warm_put_set_idle_seconds(NULL, 1));
    INVALID("`p`|handle", warm_put_set_stale_seconds(NULL, 1));
    INVALID("`p`|handle", warm_put_set_largest(NULL, 1));
#define BAD_TEXTS(what, call)                              \
    INVALID(what, call(p, NULL, -1));                      \
    INVALID(what, call(p, NULL, 1));                       \
    INVALID(what, call(p, "x", -2));                       \
    INVALID("UTF-8", call(p, T(NOT_UTF8)));                \
    INVALID("NUL", call(p, "a\0b", 3));                    \
    INVALID("exceeds", call(p, "x", INT64_MAX))
    BAD_TEXTS("text", warm_put_add_tag);
    BAD_TEXTS("text", warm_put_add_dependency);
    BAD_TEXTS("media_type", warm_put_set_content_type);
    BAD_TEXTS("name", pair_name);
    BAD_TEXTS("value", pair_value);
    INVALID("256", warm_put_set_priority(p, 256));
    INVALID("-1", warm_put_set_priority(p, -1));
    INVALID("admission", warm_put_set_admission(p, 3));
    static const double bad[] = {-1.0, -1e-300, NAN, INFINITY};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; ++i) {
        INVALID("seconds", warm_put_set_ttl_seconds(p, bad[i]));
        INVALID("seconds", warm_put_set_idle_seconds(p, bad[i]));
        INVALID("seconds", warm_put_set_stale_seconds(p, bad[i]));
    }
    INVALID("percent", warm_put_set_jitter_percent(p, -1.0));
    INVALID("percent", warm_put_set_jitter_percent(p, NAN));
    CHECK_OK(warm_put_set_jitter_percent(p, INFINITY));
    INVALID("negative", warm_put_set_deadline_unix_ms(p, -1));
    INVALID("negative", warm_put_set_largest(p, -1));
    warm_put_free(&p);
    warm_cache_options_free(&o);
    warm_cache_options_free(&o);
    warm_cache_options_free(NULL);
    INVALID_OUT(warm_cache, "root", warm_cache_open(NULL, 5, NULL, &out));
    INVALID_OUT(warm_cache, "UTF-8", warm_cache_open(T(NOT_UTF8), NULL, &out));
    INVALID_OUT(warm_cache, "NUL", warm_cache_open("a\0b", 3, NULL, &out));
    INVALID("out", warm_cache_open(T("unused"), NULL, NULL));
    INVALID("out", warm_cache_open_in_memory(NULL, NULL));
}

static void misuse_of_caches(void)
{
    warm_cache *c = open_cache(in_scratch("misuse"), NULL);
    warm_blob *b = NULL;
    const uint64_t before = tree_hash(in_scratch("misuse"));
    int64_t n = -7;
    int32_t number = -7;
    char buf[8];
    const char *labels[1] = {"x"};
    warm_blob_info info = fresh_blob_info();
    warm_put_receipt receipt = fresh_receipt();
    warm_cache_stats s;
    memset(&s, 0, sizeof s);

    /* every function of a namespace and a key refuses the same */
#define GET(c, ...) warm_cache_get_into(c, __VA_ARGS__, buf, sizeof buf, NULL, NULL)
#define PUT(c, ...) warm_cache_put(c, __VA_ARGS__, "x", 1, NULL, NULL)
#define EXISTENCE(c, ...) warm_cache_existence(c, __VA_ARGS__, &number)
#define PEEK(c, ...) warm_cache_peek(c, __VA_ARGS__, &info)
#define LIFE(c, ...) warm_cache_set_life(c, __VA_ARGS__, NULL)
#define PREFIX(c, ...) warm_cache_invalidate_prefix(c, __VA_ARGS__, &n)
#define BAD_KEYS(what, call)                                           \
    INVALID("`c`|handle", call(NULL, T("n"), T("k")));                 \
    INVALID("ns", call(c, NULL, -1, T("k")));                          \
    INVALID("ns", call(c, NULL, 1, T("k")));                           \
    INVALID("ns", call(c, "n", -2, T("k")));                           \
    INVALID("ns", call(c, T(NOT_UTF8), T("k")));                       \
    INVALID("NUL", call(c, "a\0b", 3, T("k")));                        \
    INVALID("128", call(c, "n", INT64_MAX, T("k")));                   \
    INVALID("namespace|empty", call(c, T(""), T("k")));                \
    INVALID(what, call(c, T("n"), NULL, -1));                          \
    INVALID(what, call(c, T("n"), NULL, 1));                           \
    INVALID(what, call(c, T("n"), "k", -2));                           \
    INVALID(what, call(c, T("n"), T(NOT_UTF8)));                       \
    INVALID("NUL", call(c, T("n"), "a\0b", 3));                        \
    INVALID("1024", call(c, T("n"), "k", INT64_MAX))
    BAD_KEYS("key", PUT);
    BAD_KEYS("key", GET);
    BAD_KEYS("key", EXISTENCE);
    BAD_KEYS("key", warm_cache_contains);
    BAD_KEYS("key", warm_cache_remove);
    BAD_KEYS("key", PEEK);
    BAD_KEYS("key", LIFE);
    BAD_KEYS("prefix", PREFIX);
    INVALID("key|empty", PUT(c, T("n"), T("")));
    INVALID("out", warm_cache_get(c, T("n"), T("k"), NULL));
    INVALID_OUT(warm_blob, "ns", warm_cache_get(c, NULL, 1, T("k"), &out));
    INVALID_OUT(warm_blob, "`c`|handle", warm_cache_get(NULL, T("n"), T("k"), &out));
    INVALID("payload", warm_cache_put(c, T("n"), T("k"), NULL, 1, NULL, NULL));
    INVALID("payload", warm_cache_put(c, T("n"), T("k"), "x", -1, NULL, NULL));
    receipt.struct_size -= 1;
    INVALID("struct_size", warm_cache_put(c, T("n"), T("k"), "x", 1, NULL, &receipt));
    INVALID("buf", warm_cache_get_into(c, T("n"), T("k"), NULL, 1, NULL, NULL));
    INVALID("cap", warm_cache_get_into(c, T("n"), T("k"), buf, -1, NULL, NULL));
    INVALID("existence", warm_cache_existence(c, T("n"), T("k"), NULL));
    INVALID("info", warm_cache_peek(c, T("n"), T("k"), NULL));
    info.struct_size -= 1;
    INVALID("struct_size", warm_cache_peek(c, T("n"), T("k"), &info));
    INVALID("struct_size", warm_cache_get_into(c, T("n"), T("k"), buf, sizeof buf, NULL, &info));
    INVALID("`c`|handle", warm_cache_root(NULL, buf, sizeof buf, NULL));
    INVALID("buf", warm_cache_root(c, NULL, 1, NULL));
    INVALID("`c`|handle", warm_cache_flush(NULL, T("n")));
    INVALID("ns", warm_cache_flush(c, NULL, 1));
    INVALID("namespace|empty", warm_cache_flush(c, NULL, 0));
    INVALID("`c`|handle", warm_cache_set_quota(NULL, T("n"), 1));
    INVALID("ns", warm_cache_set_quota(c, NULL, 1, 1));
    INVALID("`c`|handle", warm_cache_get_stats(NULL, NULL, 0, &s));
    INVALID("struct_size", warm_cache_get_stats(c, NULL, 0, &s));
    INVALID("stats", warm_cache_get_stats(c, NULL, 0, NULL));
    INVALID("ns", warm_cache_get_stats(c, NULL, 1, &s));
    INVALID("`c`|handle", warm_cache_invalidate_tags(NULL, NULL, 0, labels, NULL, 1, &n));
    INVALID("labels", warm_cache_invalidate_tags(c, NULL, 0, NULL, NULL, 1, &n));
    INVALID("labels|n", warm_cache_invalidate_tags(c, NULL, 0, labels, NULL, -1, &n));
    INVALID("ns", warm_cache_invalidate_tags(c, NULL, 1, labels, NULL, 1, &n));
    INVALID("`c`|handle", warm_cache_invalidate_dependencies(NULL, NULL, 0, labels, NULL, 1, &n));
    INVALID("labels", warm_cache_invalidate_dependencies(c, NULL, 0, NULL, NULL, 1, &n));
    labels[0] = NOT_UTF8;
    INVALID("element 0", warm_cache_invalidate_tags(c, NULL, 0, labels, NULL, 1, &n));
    labels[0] = NULL;
    INVALID("element 0", warm_cache_invalidate_dependencies(c, NULL, 0, labels, NULL, 1, &n));
    INVALID_OUT(warm_cache_cursor, "`c`|handle", warm_cache_list_namespaces(NULL, &out));
    INVALID("out", warm_cache_list_namespaces(c, NULL));
    INVALID_OUT(warm_cache_cursor, "`c`|handle", warm_cache_list(NULL, T("n"), T(""), &out));
    INVALID_OUT(warm_cache_cursor, "ns", warm_cache_list(c, NULL, 1, T(""), &out));
    INVALID_OUT(warm_cache_cursor, "prefix", warm_cache_list(c, T("n"), NULL, 1, &out));
    INVALID("out", warm_cache_list(c, T("n"), T(""), NULL));
    INVALID("`k`|handle", warm_cache_cursor_next(NULL));
    INVALID("`k`|handle", warm_cache_cursor_key(NULL, buf, sizeof buf, NULL));
    INVALID("`k`|handle", warm_cache_cursor_info(NULL, &info));
    warm_cache_cursor_free(NULL);
    INVALID_OUT(warm_task, "`c`|handle", warm_cache_start_verify(NULL, &out));
    INVALID("out", warm_cache_start_verify(c, NULL));
    INVALID("`c`|handle", warm_cache_sweep(NULL));
    INVALID_OUT(warm_task, "`c`|handle", warm_cache_start_copy(NULL, T("x"), &out));
    INVALID_OUT(warm_task, "root", warm_cache_start_copy(c, NULL, 1, &out));
    INVALID_OUT(warm_task, "UTF-8", warm_cache_start_copy(c, T(NOT_UTF8), &out));
    INVALID("out", warm_cache_start_copy(c, T("x"), NULL));
    INVALID("`c`|handle", warm_cache_drain(NULL, 1.0));
    INVALID("timeout", warm_cache_drain(c, NAN));
    INVALID("timeout", warm_cache_drain(c, -1.0));
    CHECK(n == -7 && number == -7);
    CHECK(before == tree_hash(in_scratch("misuse")));

    CHECK_OK(PUT(c, T("n"), T("k")));
    REQUIRE_OK(warm_cache_get(c, T("n"), T("k"), &b));
    const void *data = NULL;
    INVALID("`b`|handle", warm_blob_payload(NULL, &data, &n));
    INVALID("data", warm_blob_payload(b, NULL, &n));
    INVALID("len", warm_blob_payload(b, &data, NULL));
    INVALID("`b`|handle", warm_blob_copy(NULL, buf, sizeof buf, NULL));
    INVALID("buf", warm_blob_copy(b, NULL, 1, NULL));
    INVALID("cap", warm_blob_copy(b, buf, -1, NULL));
    INVALID("`b`|handle", warm_blob_get_info(NULL, &info));
    INVALID("struct_size", warm_blob_get_info(b, &info));
    INVALID("info", warm_blob_get_info(b, NULL));
#define COUNTS(call)                            \
    INVALID("`b`|handle", call(NULL, &n));      \
    INVALID("count", call(b, NULL))
    COUNTS(warm_blob_tag_count);
    COUNTS(warm_blob_dependency_count);
    COUNTS(warm_blob_pair_count);
#define TEXTS(call)                                                  \
    INVALID("`b`|handle", call(NULL, 0, buf, sizeof buf, NULL));     \
    INVALID("buf", call(b, 0, NULL, 1, NULL));                       \
    INVALID("cap", call(b, 0, buf, -1, NULL));                       \
    INVALID("index", call(b, -1, buf, sizeof buf, NULL));            \
    CHECK_ST(WARM_NOT_FOUND, call(b, INT64_MAX, buf, sizeof buf, NULL))
    TEXTS(warm_blob_tag);
    TEXTS(warm_blob_dependency);
    TEXTS(warm_blob_pair_name);
    TEXTS(warm_blob_pair_value);
    INVALID("`b`|handle", warm_blob_content_type(NULL, buf, sizeof buf, NULL));
    INVALID("buf", warm_blob_content_type(b, NULL, 1, NULL));
    CHECK(data == NULL && n == -7);
    warm_blob_free(&b);
    warm_cache_free(&c);
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv))
        return 2;
    misuse_of_options();
    what_is_put_is_got_and_counted();
    into_a_buffer();
    several_at_once();
    namespaces_are_apart();
    limits_are_named();
    memory_keeps_the_newest_and_the_important();
    what_can_be_smaller_is();
    versions_are_kept_in_every_tier();
    only_one_of_two_processes_swaps();
    labels_invalidate_in_every_tier();
    what_was_put_with_it_comes_back();
    lives_end();
    lists_copies_and_verification();
    roots_and_who_may_write();
    what_was_acknowledged_survives_a_death();
    in_the_child_of_a_fork();
    threads_see_whole_blobs();
    misuse_of_caches();
    return check_finish();
}
