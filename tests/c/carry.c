/* Entries that go from one root to another, keys as they are found, and sessions seen from elsewhere. */
#include "check.h"

#define KEYS 2500

static const double HALF = 0.5;
static const int64_t SEVEN = 7;

typedef struct {
    char metadata[WARM_METADATA_MAX];
    int64_t metadata_len;
    warm_entry *entry;
    const void *payload;
    int64_t len;
} carried;

/* What `run` of a store is outside of it. */
static void take_out(warm_store *s, const warm_key *key, const char *run, carried *c)
{
    c->entry = NULL;
    REQUIRE_OK(warm_store_export_entry(s, key, run, -1, c->metadata, sizeof c->metadata, &c->metadata_len, &c->entry));
    REQUIRE(c->entry != NULL);
    CHECK_OK(warm_entry_payload(c->entry, &c->payload, &c->len));
}

static int32_t take_in(warm_store *s, const warm_key *key, const char *run, const carried *c, int32_t *became)
{
    *became = -7;
    return warm_store_import_entry(s, key, run, -1, c->metadata, c->metadata_len, c->payload, c->len, became);
}

static warm_store *open_read_only(const char *root)
{
    warm_store_options *o = new_options();
    CHECK_OK(warm_store_options_set_read_only(o, 1));
    warm_store *s = open_with(root, o);
    warm_store_options_free(&o);
    return s;
}

static int holds(warm_store *s, const warm_key *key, const char *run, const char *text)
{
    warm_entry *e = NULL;
    const int32_t found = warm_store_lookup_run(s, key, run, -1, &e);
    const int is = found == WARM_OK && entry_is(e, text, (int64_t)strlen(text));
    warm_entry_free(&e);
    return is;
}

static void between_roots(void)
{
    const warm_key key = key_of(1), other = key_of(2);
    warm_store *a = open_root(in_scratch("a")), *b = open_root(in_scratch("b"));
    static carried first, second;
    int32_t became = -7;
    int64_t needed = -7;
    char text[8] = "pppppp";

    CHECK_ST_OUT(warm_entry, WARM_NOT_FOUND, warm_store_export_entry(a, &key, "run", -1, NULL, 0, &needed, &out));
    CHECK_EQ(-7, needed);
    CHECK_OK(warm_store_save_slot(a, &key, "run", -1, "one", 3, &HALF, &SEVEN, WARM_KIND_CHECKPOINT));
    CHECK_ST_OUT(warm_entry, WARM_NOT_FOUND, warm_store_export_entry(a, &key, "another", -1, NULL, 0, &needed, &out));
    CHECK_ST_OUT(warm_entry, WARM_NOT_FOUND, warm_store_export_entry(a, &other, "run", -1, NULL, 0, &needed, &out));

    /* The metadata obeys what every buffer obeys. */
    CHECK_ST_OUT(warm_entry, WARM_ERR_BUFFER, warm_store_export_entry(a, &key, "run", -1, NULL, 0, &needed, &out));
    CHECK(needed > 20 && needed <= WARM_METADATA_MAX);
    CHECK_ST_OUT(warm_entry, WARM_ERR_BUFFER, warm_store_export_entry(a, &key, "run", -1, text, 6, NULL, &out));
    CHECK(strcmp(text, "pppppp") == 0);
    take_out(a, &key, "run", &first);
    CHECK_EQ(needed, first.metadata_len);
    CHECK(first.metadata[0] == '{' && first.metadata[needed - 1] == '}');
    CHECK(first.len == 3 && memcmp(first.payload, "one", 3) == 0);

    CHECK_OK(take_in(b, &key, "run", &first, &became));
    CHECK_EQ(WARM_IMPORTED_WRITTEN, became);
    CHECK(holds(b, &key, "run", "one"));
    warm_entry *here = NULL;
    warm_entry_info was = fresh_info(), is = fresh_info();
    REQUIRE_OK(warm_store_lookup(b, &key, WARM_LOOKUP_BEST, &here));
    CHECK_OK(warm_entry_get_info(first.entry, &was));
    CHECK_OK(warm_entry_get_info(here, &is));
    CHECK(memcmp(&was, &is, sizeof was) == 0);
    CHECK_EQ(7, is.iteration);
    CHECK_EQ(WARM_KIND_CHECKPOINT, is.kind);
    warm_entry_free(&here);

    /* Once more changes nothing; nor does an older one where a newer one is. */
    CHECK_OK(warm_store_flush(b, 60.0));
    uint64_t before = tree_hash(in_scratch("b"));
    CHECK_OK(take_in(b, &key, "run", &first, &became));
    CHECK_EQ(WARM_IMPORTED_KNOWN, became);
    CHECK_OK(warm_store_import_entry(b, &key, "run", -1, first.metadata, first.metadata_len, first.payload, first.len, NULL));
    CHECK(before == tree_hash(in_scratch("b")));
    nap(0.05);
    CHECK_OK(warm_store_save_slot(a, &key, "run", -1, "two", 3, &HALF, &SEVEN, WARM_KIND_FINAL));
    take_out(a, &key, "run", &second);
    CHECK_OK(take_in(b, &key, "run", &second, &became));
    CHECK_EQ(WARM_IMPORTED_WRITTEN, became);
    CHECK(holds(b, &key, "run", "two"));
    CHECK_OK(warm_store_flush(b, 60.0));
    before = tree_hash(in_scratch("b"));
    CHECK_OK(take_in(b, &key, "run", &first, &became));
    CHECK_EQ(WARM_IMPORTED_SUPERSEDED, became);
    CHECK(before == tree_hash(in_scratch("b")));
    CHECK(holds(b, &key, "run", "two"));

    /* What is out outlives the store. */
    warm_store_free(&a);
    CHECK(first.len == 3 && memcmp(first.payload, "one", 3) == 0);
    warm_entry_free(&first.entry);
    warm_entry_free(&second.entry);
    warm_store_free(&b);
}

static void longest(void)
{
    const warm_key key = key_of(3);
    const int64_t len = 3 * 1024 * 1024 + 5;
    warm_store *a = open_root(in_scratch("long-a")), *b = open_root(in_scratch("long-b"));
    unsigned char *big = malloc((size_t)len);
    static carried c;
    int32_t became = -7;
    REQUIRE(big != NULL);
    pattern_fill(big, len, 5, 6);
    CHECK_OK(warm_store_save_slot(a, &key, "big", -1, big, len, NULL, NULL, WARM_KIND_FINAL));
    CHECK_OK(warm_store_save_slot(a, &key, "none", -1, NULL, 0, NULL, NULL, WARM_KIND_FINAL));
    take_out(a, &key, "big", &c);
    CHECK_OK(take_in(b, &key, "big", &c, &became));
    CHECK_EQ(WARM_IMPORTED_WRITTEN, became);
    warm_entry_free(&c.entry);
    warm_entry *e = NULL;
    REQUIRE_OK(warm_store_lookup_run(b, &key, "big", -1, &e));
    CHECK(entry_is(e, big, len));
    warm_entry_free(&e);
    take_out(a, &key, "none", &c);
    CHECK_EQ(0, c.len);
    CHECK_OK(warm_store_import_entry(b, &key, "none", -1, c.metadata, c.metadata_len, NULL, 0, &became));
    CHECK_EQ(WARM_IMPORTED_WRITTEN, became);
    CHECK(holds(b, &key, "none", ""));
    warm_entry_free(&c.entry);
    free(big);
    warm_store_free(&a);
    warm_store_free(&b);
}

/* Nothing of what is refused is written, and nothing of what was there is lost. */
static void damaged(void)
{
    const warm_key key = key_of(4);
    warm_store *a = open_root(in_scratch("damaged-a")), *b = open_root(in_scratch("damaged-b"));
    static carried c;
    static char bad[WARM_METADATA_MAX + 8];
    char payload[32], longer[32];
    int32_t became = -7;
    CHECK_OK(warm_store_save_slot(b, &key, "run", -1, "what is here", 12, &HALF, NULL, WARM_KIND_CHECKPOINT));
    CHECK_OK(warm_store_save_slot(b, &key, "beside", -1, "it", 2, NULL, NULL, WARM_KIND_FINAL));
    nap(0.05);
    CHECK_OK(warm_store_save_slot(a, &key, "run", -1, "what comes newer", 16, &HALF, NULL, WARM_KIND_FINAL));
    take_out(a, &key, "run", &c);
    REQUIRE(c.len == 16);
    CHECK_OK(warm_store_flush(b, 60.0));
    const uint64_t before = tree_hash(in_scratch("damaged-b"));

    for (int64_t at = 0; at < c.len; ++at) {
        memcpy(payload, c.payload, 16);
        payload[at] = (char)(payload[at] ^ 4);
        CHECK_ERR(WARM_ERR_CORRUPT, "SHA-256", warm_store_import_entry(b, &key, "run", -1, c.metadata, c.metadata_len, payload, 16, &became));
    }
    memset(longer, 'x', sizeof longer);
    memcpy(longer, c.payload, 16);
    CHECK_ERR(WARM_ERR_CORRUPT, "longer", warm_store_import_entry(b, &key, "run", -1, c.metadata, c.metadata_len, longer, 17, &became));
    CHECK_ERR(WARM_ERR_CORRUPT, "shorter", warm_store_import_entry(b, &key, "run", -1, c.metadata, c.metadata_len, longer, 15, &became));
    CHECK_ERR(WARM_ERR_CORRUPT, "shorter", warm_store_import_entry(b, &key, "run", -1, c.metadata, c.metadata_len, NULL, 0, &became));
    for (int64_t len = 0; len < c.metadata_len; ++len)
        CHECK_ERR(WARM_ERR_CORRUPT, "metadata|import", warm_store_import_entry(b, &key, "run", -1, c.metadata, len, c.payload, c.len, &became));
    memset(bad, ' ', sizeof bad);
    memcpy(bad, c.metadata, (size_t)c.metadata_len);
    CHECK_ERR(WARM_ERR_CORRUPT, "65536", warm_store_import_entry(b, &key, "run", -1, bad, sizeof bad, c.payload, c.len, &became));
    memset(bad, 0xff, 64);
    CHECK_ERR(WARM_ERR_CORRUPT, "metadata|import", warm_store_import_entry(b, &key, "run", -1, bad, 64, c.payload, c.len, &became));
    CHECK_EQ(-7, became);
    CHECK(before == tree_hash(in_scratch("damaged-b")));
    CHECK(holds(b, &key, "run", "what is here"));
    CHECK(holds(b, &key, "beside", "it"));

    CHECK_OK(take_in(b, &key, "run", &c, &became));
    CHECK_EQ(WARM_IMPORTED_WRITTEN, became);
    CHECK(holds(b, &key, "run", "what comes newer"));
    CHECK(holds(b, &key, "beside", "it"));
    warm_entry_free(&c.entry);
    warm_store_free(&a);
    warm_store_free(&b);
}

static void flip_visit(const char *path, const struct stat *st, void *context)
{
    const size_t n = strlen(path);
    (void)context;
    if (!S_ISREG(st->st_mode) || n < 4 || strcmp(path + n - 4, ".bin") != 0)
        return;
    char byte = 0;
    const int fd = open(path, O_RDWR);
    REQUIRE(fd >= 0 && pread(fd, &byte, 1, 0) == 1);
    byte = (char)(byte ^ 1);
    REQUIRE(pwrite(fd, &byte, 1, 0) == 1);
    (void)close(fd);
}

/* A damaged run does not leave, and what comes for it mends it. */
static void mends(void)
{
    const warm_key key = key_of(5);
    const char *root = in_scratch("mends");
    static carried c;
    int32_t became = -7;
    /* By other processes: nothing of it lies in this one's memory. */
    IN_CHILD({
        warm_store *s = open_root(root);
        CHECK_OK(warm_store_save(s, &key, "whole", 5, NULL, NULL, WARM_KIND_FINAL, NULL, 0, NULL));
        warm_store_free(&s);
    });
    warm_store *s = open_root(root);
    char run[WARM_RUN_ID_MAX] = "";
    warm_cursor *runs = NULL;
    REQUIRE_OK(warm_store_list_entries(s, &key, &runs));
    REQUIRE_OK(warm_cursor_next(runs));
    REQUIRE_OK(warm_cursor_run_id(runs, run, sizeof run, NULL));
    warm_cursor_free(&runs);
    take_out(s, &key, run, &c);
    warm_store_free(&s);
    walk(root, flip_visit, NULL);
    IN_CHILD({
        warm_store *again = open_root(root);
        char text[8];
        int64_t needed = -7;
        CHECK_ERR_OUT(warm_entry, WARM_ERR_CORRUPT, "run", warm_store_export_entry(again, &key, run, -1, text, sizeof text, &needed, &out));
        CHECK_EQ(-7, needed);
        CHECK_OK(take_in(again, &key, run, &c, &became));
        CHECK_EQ(WARM_IMPORTED_WRITTEN, became);
        CHECK(holds(again, &key, run, "whole"));
        warm_store_free(&again);
    });
    warm_entry_free(&c.entry);
}

static void limits(void)
{
    const warm_key key = key_of(6);
    warm_store *a = open_root(in_scratch("limits-a")), *short_lived = open_ttl(in_scratch("limits-short"), 0.01);
    warm_store_options *o = new_options();
    static carried c;
    static char big[64 * 1024];
    int32_t became = -7;
    CHECK_OK(warm_store_options_set_size_budget(o, 32 * 1024));
    warm_store *small = open_with(in_scratch("limits-small"), o);
    warm_store_options_free(&o);
    CHECK_OK(warm_store_save_slot(a, &key, "run", -1, big, sizeof big, NULL, NULL, WARM_KIND_FINAL));
    take_out(a, &key, "run", &c);
    nap(0.1);
    CHECK_OK(take_in(short_lived, &key, "run", &c, &became));
    CHECK_EQ(WARM_IMPORTED_EXPIRED, became);
    CHECK_ST_OUT(warm_entry, WARM_NOT_FOUND, warm_store_lookup_run(short_lived, &key, "run", -1, &out));
    CHECK_ERR(WARM_ERR_TOO_LARGE, "budget", take_in(small, &key, "run", &c, &became));
    CHECK_ST_OUT(warm_entry, WARM_NOT_FOUND, warm_store_lookup_run(small, &key, "run", -1, &out));
    warm_entry_free(&c.entry);
    warm_store_free(&small);
    warm_store_free(&short_lived);
    warm_store_free(&a);
}

/* A root that can only be read gives all of it, and takes nothing. */
static void read_only(void)
{
    const warm_key key = key_of(7);
    const char *root = in_scratch("read-only");
    warm_store *s = open_root(root);
    static carried c;
    int32_t became = -7;
    CHECK_OK(warm_store_save_slot(s, &key, "run", -1, "it", 2, NULL, NULL, WARM_KIND_FINAL));
    CHECK_OK(warm_store_flush(s, 60.0));
    warm_store_free(&s);
    const uint64_t before = tree_hash(root);
    s = open_read_only(root);
    take_out(s, &key, "run", &c);
    CHECK_ERR(WARM_ERR_PERMISSION, "read-only", take_in(s, &key, "run", &c, &became));
    CHECK_ERR(WARM_ERR_PERMISSION, "read-only", take_in(s, &key, "new", &c, &became));
    CHECK_EQ(-7, became);
    warm_cursor *keys = NULL;
    warm_key found;
    CHECK_OK(warm_store_stream_keys(s, &keys));
    CHECK_OK(warm_cursor_next(keys));
    CHECK_OK(warm_cursor_key(keys, &found));
    CHECK(same_key(&key, &found));
    CHECK_ST(WARM_NOT_FOUND, warm_cursor_next(keys));
    warm_cursor_free(&keys);
    CHECK_OK(warm_store_list_sessions(s, &keys));
    CHECK_ST(WARM_NOT_FOUND, warm_cursor_next(keys));
    warm_cursor_free(&keys);
    warm_entry_free(&c.entry);
    warm_store_free(&s);
    CHECK(before == tree_hash(root));
}

/* More keys than are read at once; the first thousand are removed, and as many made, while they are listed. */
static void streamed(void)
{
    static unsigned char seen[2 * KEYS];
    const char *root = in_scratch("streamed");
    warm_store *s = open_root(root);
    char hex[65], path[PATH_CAP + 80];
    warm_cursor *c = NULL, *unread = NULL;
    warm_key key;
    for (uint64_t n = 0; n < KEYS; ++n) {
        key = key_of(n);
        CHECK_OK(warm_key_to_hex(&key, hex));
        (void)snprintf(path, sizeof path, "%s/%s", root, hex);
        REQUIRE(mkdir(path, 0700) == 0);
    }
    REQUIRE_OK(warm_store_stream_keys(s, &c));
    REQUIRE_OK(warm_store_stream_keys(s, &unread));
    CHECK_ERR(WARM_ERR_INVALID, "first item", warm_cursor_key(c, &key));
    int64_t found = 0;
    int32_t status;
    while ((status = warm_cursor_next(c)) == WARM_OK) {
        CHECK_OK(warm_cursor_key(c, &key));
        uint64_t n = 0;
        while (n < 2 * KEYS) {
            const warm_key k = key_of(n);
            if (same_key(&k, &key))
                break;
            ++n;
        }
        REQUIRE(n < 2 * KEYS);
        CHECK(!seen[n]); /* none twice */
        seen[n] = 1;
        if (++found == 10) {
            warm_entry_info info = fresh_info();
            CHECK_ERR(WARM_ERR_INVALID, "keys", warm_cursor_info(c, &info));
            CHECK_ERR(WARM_ERR_INVALID, "keys", warm_cursor_run_id(c, hex, sizeof hex, NULL));
            IN_CHILD(
                CHECK_ERR(WARM_ERR_FORKED, "fork", warm_cursor_next(c));
                CHECK_OK(warm_cursor_key(c, &key));
                warm_cursor_free(&c);
                CHECK(c == NULL););
            for (n = 0; n < 1000; ++n) {
                key = key_of(n);
                CHECK_OK(warm_key_to_hex(&key, hex));
                (void)snprintf(path, sizeof path, "%s/%s", root, hex);
                (void)rmdir(path);
                key = key_of(KEYS + n);
                CHECK_OK(warm_key_to_hex(&key, hex));
                (void)snprintf(path, sizeof path, "%s/%s", root, hex);
                REQUIRE(mkdir(path, 0700) == 0);
            }
            warm_store_free(&s); /* it holds no store */
        }
    }
    CHECK_ST(WARM_NOT_FOUND, status);
    CHECK_ST(WARM_NOT_FOUND, warm_cursor_next(c));
    CHECK_ERR(WARM_ERR_INVALID, "past its last", warm_cursor_key(c, &key));
    for (size_t n = 1000; n < KEYS; ++n)
        if (!CHECK(seen[n]))
            break;
    warm_cursor_free(&c);
    CHECK_OK(warm_cursor_next(unread));
    warm_cursor_free(&unread);
    remove_tree(root);
}

static warm_live_session session_of(const warm_cursor *c)
{
    struct {
        warm_live_session known;
        unsigned char beyond[8];
    } s;
    memset(&s, 0, sizeof s);
    memset(s.beyond, 0x5c, sizeof s.beyond);
    s.known.struct_size = (uint32_t)sizeof s;
    CHECK_OK(warm_cursor_session(c, &s.known));
    CHECK_EQ(sizeof s, s.known.struct_size);
    for (size_t i = 0; i < sizeof s.beyond; ++i)
        CHECK_EQ(0x5c, s.beyond[i]);
    return s.known;
}

static warm_session_progress progress_of(const warm_cursor *c)
{
    warm_session_progress p;
    memset(&p, 0, sizeof p);
    p.struct_size = (uint32_t)sizeof p;
    CHECK_OK(warm_cursor_progress(c, &p));
    return p;
}

static void sessions(void)
{
    const warm_key key = key_of(8), other = key_of(9);
    const char *root = in_scratch("sessions");
    warm_store *s = open_root(root), *onlooker = open_read_only(root);
    warm_session_options *o = NULL;
    warm_session *fit = NULL;
    warm_cursor *c = NULL;
    char text[256], run[WARM_RUN_ID_MAX];
    warm_key of;
    REQUIRE_OK(warm_session_options_new(&o));
    CHECK_OK(warm_session_options_set_label(o, "a spline", -1));
    REQUIRE_OK(warm_session_open(s, &key, o, &fit));
    warm_session_options_free(&o);

    CHECK_OK(warm_store_list_sessions(onlooker, &c));
    CHECK_ST(WARM_NOT_FOUND, warm_cursor_next(c)); /* it has written nothing */
    warm_cursor_free(&c);
    CHECK_OK(warm_session_checkpoint_now(fit, "x", 1, &HALF, &SEVEN));
    nap(0.01);
    warm_session *second = open_session(s, &other, 0.0);
    CHECK_OK(warm_session_checkpoint_now(second, "y", 1, NULL, NULL));

    REQUIRE_OK(warm_store_list_sessions(onlooker, &c));
    CHECK_ERR(WARM_ERR_INVALID, "first item", warm_cursor_text(c, text, sizeof text, NULL));
    REQUIRE_OK(warm_cursor_next(c));
    warm_live_session it = session_of(c);
    CHECK_EQ(1, it.has_label);
    CHECK_EQ(getpid(), it.process_id);
    CHECK(it.opened_unix_seconds > 1.7e9 && it.reported_unix_seconds >= it.opened_unix_seconds);
    const warm_session_progress p = progress_of(c);
    CHECK_EQ(1, p.has_iteration);
    CHECK_EQ(7, p.iteration);
    CHECK(p.has_objective == 1 && memcmp(&p.best_objective, &HALF, sizeof HALF) == 0);
    CHECK_EQ(1, p.writes);
    CHECK_OK(warm_cursor_key(c, &of));
    CHECK(same_key(&key, &of));
    CHECK_OK(warm_session_run_id(fit, run, sizeof run, NULL));
    CHECK_OK(warm_cursor_run_id(c, text, sizeof text, NULL));
    CHECK(strcmp(run, text) == 0);
    CHECK_OK(warm_cursor_text(c, text, sizeof text, NULL));
    CHECK(strcmp(text, "a spline") == 0);
    CHECK_OK(warm_cursor_name(c, text, sizeof text, NULL));
    CHECK(text[0] != '\0');
    CHECK_ERR(WARM_ERR_INVALID, "sessions", warm_cursor_find(c, "x", -1));
    warm_entry_info info = fresh_info();
    CHECK_ERR(WARM_ERR_INVALID, "sessions", warm_cursor_info(c, &info));
    REQUIRE_OK(warm_cursor_next(c));
    it = session_of(c);
    CHECK_EQ(0, it.has_label);
    CHECK_OK(warm_cursor_text(c, text, sizeof text, NULL));
    CHECK(text[0] == '\0');
    CHECK_EQ(0, progress_of(c).has_iteration);
    CHECK_ST(WARM_NOT_FOUND, warm_cursor_next(c));

    /* Refusals, on a list that is a copy: it stays as it was. */
    CHECK_OK(warm_session_finish(second));
    warm_session_free(&second);
    warm_cursor_free(&c);
    REQUIRE_OK(warm_store_list_sessions(s, &c));
    REQUIRE_OK(warm_cursor_next(c));
    warm_session_free(&fit);
    CHECK_EQ(1, session_of(c).has_label);
    warm_live_session small;
    warm_session_progress less;
    memset(&small, 0x5c, sizeof small);
    memset(&less, 0x5c, sizeof less);
    small.struct_size = (uint32_t)sizeof small - 1;
    less.struct_size = (uint32_t)sizeof less - 1;
    CHECK_ERR(WARM_ERR_INVALID, "struct_size", warm_cursor_session(c, &small));
    CHECK_ERR(WARM_ERR_INVALID, "struct_size", warm_cursor_progress(c, &less));
    CHECK_EQ(0x5c5c5c5c, small.has_label);
    CHECK_ERR(WARM_ERR_INVALID, "session", warm_cursor_session(c, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "progress", warm_cursor_progress(c, NULL));
    small.struct_size = (uint32_t)sizeof small;
    less.struct_size = (uint32_t)sizeof less;
    CHECK_ERR(WARM_ERR_INVALID, "`c`", warm_cursor_session(NULL, &small));
    CHECK_ERR(WARM_ERR_INVALID, "`c`", warm_cursor_progress(NULL, &less));
    IN_CHILD(CHECK_EQ(1, session_of(c).has_label););
    CHECK_ST(WARM_NOT_FOUND, warm_cursor_next(c));
    CHECK_ERR(WARM_ERR_INVALID, "past its last", warm_cursor_session(c, &small));
    warm_cursor_free(&c);

    /* A list of something else has no sessions. */
    REQUIRE_OK(warm_store_list_keys(s, &c));
    REQUIRE_OK(warm_cursor_next(c));
    CHECK_ERR(WARM_ERR_INVALID, "keys", warm_cursor_session(c, &small));
    CHECK_ERR(WARM_ERR_INVALID, "keys", warm_cursor_progress(c, &less));
    warm_cursor_free(&c);

    /* One whose process died is none. */
    IN_DYING_CHILD(
        warm_store *own = open_root(root);
        warm_session *dies = open_session(own, &other, 0.0);
        CHECK_OK(warm_session_checkpoint_now(dies, "z", 1, NULL, NULL));
        CHECK_OK(warm_store_list_sessions(own, &c));
        CHECK_OK(warm_cursor_next(c)););
    CHECK_OK(warm_store_list_sessions(onlooker, &c));
    CHECK_ST(WARM_NOT_FOUND, warm_cursor_next(c));
    warm_cursor_free(&c);
    warm_store_free(&onlooker);
    warm_store_free(&s);
}

static void refusals(void)
{
    const warm_key key = key_of(10);
    const char *root = in_scratch("refusals");
    warm_store *s = open_root(root);
    static carried c;
    static const char *bad_runs[] = {"", ".", "..", ".hidden", "a/b", "x.tmp", "caf\xc3\xa9", "\xff"};
    char text[8] = "pppppp";
    int64_t needed = -7;
    int32_t became = -7;
    CHECK_OK(warm_store_save_slot(s, &key, "run", -1, "it", 2, NULL, NULL, WARM_KIND_FINAL));
    CHECK_OK(warm_store_flush(s, 60.0));
    take_out(s, &key, "run", &c);
    const uint64_t before = tree_hash(root);

    CHECK_ERR_OUT(warm_entry, WARM_ERR_INVALID, "`s`", warm_store_export_entry(NULL, &key, "run", -1, text, 6, &needed, &out));
    CHECK_ERR_OUT(warm_entry, WARM_ERR_INVALID, "key", warm_store_export_entry(s, NULL, "run", -1, text, 6, &needed, &out));
    CHECK_ERR_OUT(warm_entry, WARM_ERR_INVALID, "run_id", warm_store_export_entry(s, &key, NULL, 3, text, 6, &needed, &out));
    CHECK_ERR_OUT(warm_entry, WARM_ERR_INVALID, "run_id", warm_store_export_entry(s, &key, "run", -2, text, 6, &needed, &out));
    CHECK_ERR_OUT(warm_entry, WARM_ERR_INVALID, "metadata", warm_store_export_entry(s, &key, "run", -1, NULL, 6, &needed, &out));
    CHECK_ERR_OUT(warm_entry, WARM_ERR_INVALID, "metadata_cap", warm_store_export_entry(s, &key, "run", -1, text, -1, &needed, &out));
    CHECK_ERR(WARM_ERR_INVALID, "out", warm_store_export_entry(s, &key, "run", -1, c.metadata, sizeof c.metadata, &needed, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "`s`", warm_store_import_entry(NULL, &key, "run", -1, c.metadata, c.metadata_len, c.payload, c.len, &became));
    CHECK_ERR(WARM_ERR_INVALID, "key", warm_store_import_entry(s, NULL, "run", -1, c.metadata, c.metadata_len, c.payload, c.len, &became));
    CHECK_ERR(WARM_ERR_INVALID, "run_id", warm_store_import_entry(s, &key, NULL, 3, c.metadata, c.metadata_len, c.payload, c.len, &became));
    CHECK_ERR(WARM_ERR_INVALID, "run_id", warm_store_import_entry(s, &key, "run", -2, c.metadata, c.metadata_len, c.payload, c.len, &became));
    CHECK_ERR(WARM_ERR_INVALID, "metadata", warm_store_import_entry(s, &key, "run", -1, NULL, 3, c.payload, c.len, &became));
    CHECK_ERR(WARM_ERR_INVALID, "metadata", warm_store_import_entry(s, &key, "run", -1, c.metadata, -1, c.payload, c.len, &became));
    CHECK_ERR(WARM_ERR_INVALID, "payload", warm_store_import_entry(s, &key, "run", -1, c.metadata, c.metadata_len, NULL, 3, &became));
    CHECK_ERR(WARM_ERR_INVALID, "payload", warm_store_import_entry(s, &key, "run", -1, c.metadata, c.metadata_len, c.payload, INT64_MIN, &became));
    CHECK_ERR(WARM_ERR_CORRUPT, "import", warm_store_import_entry(s, &key, "run", -1, NULL, 0, NULL, 0, &became));
    for (size_t i = 0; i < sizeof bad_runs / sizeof bad_runs[0]; ++i) {
        CHECK_ERR_OUT(warm_entry, WARM_ERR_INVALID, "run", warm_store_export_entry(s, &key, bad_runs[i], -1, text, 6, &needed, &out));
        CHECK_ERR(WARM_ERR_INVALID, "run", warm_store_import_entry(s, &key, bad_runs[i], -1, c.metadata, c.metadata_len, c.payload, c.len, &became));
    }
    CHECK_EQ(-7, needed);
    CHECK_EQ(-7, became);
    CHECK(strcmp(text, "pppppp") == 0);
    CHECK_ERR_OUT(warm_cursor, WARM_ERR_INVALID, "`s`", warm_store_stream_keys(NULL, &out));
    CHECK_ERR(WARM_ERR_INVALID, "out", warm_store_stream_keys(s, NULL));
    CHECK_ERR_OUT(warm_cursor, WARM_ERR_INVALID, "`s`", warm_store_list_sessions(NULL, &out));
    CHECK_ERR(WARM_ERR_INVALID, "out", warm_store_list_sessions(s, NULL));
    CHECK(before == tree_hash(root));

    IN_CHILD(
        CHECK_ERR_OUT(warm_entry, WARM_ERR_FORKED, "fork", warm_store_export_entry(s, &key, "run", -1, text, 6, &needed, &out));
        CHECK_ERR(WARM_ERR_FORKED, "fork", warm_store_import_entry(s, &key, "run", -1, c.metadata, c.metadata_len, c.payload, c.len, &became));
        CHECK_ERR_OUT(warm_cursor, WARM_ERR_FORKED, "fork", warm_store_stream_keys(s, &out));
        CHECK_ERR_OUT(warm_cursor, WARM_ERR_FORKED, "fork", warm_store_list_sessions(s, &out)););
    warm_entry_free(&c.entry);
    warm_store_free(&s);
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv))
        return 2;
    refusals();
    between_roots();
    longest();
    damaged();
    mends();
    limits();
    read_only();
    streamed();
    sessions();
    return check_finish();
}
