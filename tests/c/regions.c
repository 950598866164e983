/* Protected arrays: what is written, what is restored, what is refused, and when memory is looked at. */
#include "check.h"

#include <sys/mman.h>

static const double ONE = 1.0;

typedef struct state {
    double x[6], scalar;
    float single[4];
    int64_t wide[3];
    int32_t narrow[2];
    uint8_t text[8];
    double z[2][2]; /* two complex numbers */
} state;

static const uint64_t odd_bits[6] = {0x8000000000000000u, 0x7ff8000000000042u, 0xfff0000000000001u, 1, 0x7fefffffffffffffu, 0x7ff0000000000000u};

static state filled(void)
{
    state s;
    memset(&s, 0, sizeof s);
    memcpy(s.x, odd_bits, sizeof s.x);
    s.scalar = -0.0;
    for (int i = 0; i < 4; ++i) s.single[i] = (float)i - 0.5f;
    for (int i = 0; i < 3; ++i) s.wide[i] = INT64_MIN + i;
    s.narrow[0] = INT32_MIN;
    s.narrow[1] = 7;
    memcpy(s.text, "h\xc3\xa9llo, ", 8);
    for (int i = 0; i < 4; ++i) s.z[i / 2][i % 2] = i;
    return s;
}

static int32_t protect(warm_session *s, const char *name, int32_t type, int32_t order, int64_t rank, const int64_t *dims, void *data)
{
    return warm_session_protect(s, name, -1, type, order, rank, dims, data);
}

static void protect_all(warm_session *fit, state *s)
{
    static const int64_t x[] = {2, 3}, four[] = {2, 2}, three[] = {3}, two[] = {2}, eight[] = {8};
    CHECK_OK(protect(fit, "x", WARM_TYPE_F64, WARM_ORDER_COLUMN_MAJOR, 2, x, s->x));
    CHECK_OK(protect(fit, "scalar", WARM_TYPE_F64, WARM_ORDER_ROW_MAJOR, 0, NULL, &s->scalar));
    CHECK_OK(protect(fit, "single", WARM_TYPE_F32, WARM_ORDER_ROW_MAJOR, 2, four, s->single));
    CHECK_OK(protect(fit, "wide", WARM_TYPE_I64, WARM_ORDER_COLUMN_MAJOR, 1, three, s->wide));
    CHECK_OK(protect(fit, "narrow", WARM_TYPE_I32, WARM_ORDER_ROW_MAJOR, 1, two, s->narrow));
    CHECK_OK(protect(fit, "text", WARM_TYPE_U8, WARM_ORDER_ROW_MAJOR, 1, eight, s->text));
    CHECK_OK(protect(fit, "z", WARM_TYPE_C128, WARM_ORDER_ROW_MAJOR, 1, two, s->z));
}

static int note_is(const warm_entry *e, const char *key, const char *want)
{
    char text[64] = "";
    warm_cursor *c = NULL;
    int ok = 0;
    if (warm_entry_list_notes(e, &c) == WARM_OK) {
        const int32_t found = warm_cursor_find(c, key, -1);
        ok = want == NULL ? found == WARM_NOT_FOUND : found == WARM_OK && warm_cursor_text(c, text, sizeof text, NULL) == WARM_OK && strcmp(text, want) == 0;
    }
    warm_cursor_free(&c);
    return ok;
}

static void round_trip(void)
{
    warm_store *store = open_root(in_scratch("round-trip"));
    const warm_key key = key_of(1);
    const int64_t iteration = 41;
    const state want = filled();
    state s = want;
    warm_entry_info info = fresh_info();
    warm_session *fit = open_session(store, &key, 3600.0);
    protect_all(fit, &s);
    CHECK_ST(WARM_NOT_FOUND, warm_session_restore(fit, &info));
    CHECK(memcmp(&s, &want, sizeof s) == 0);
    CHECK_OK(warm_session_set_note(fit, "solver", -1, "newton", 6));
    CHECK_OK(warm_session_checkpoint_regions(fit, &ONE, &iteration));

    memset(&s, 0xa5, sizeof s);
    CHECK_OK(warm_session_restore(fit, &info));
    CHECK(memcmp(&s, &want, sizeof s) == 0);
    CHECK(info.iteration == 41 && info.objective == 1.0 && info.kind == WARM_KIND_CHECKPOINT && info.source == WARM_SOURCE_EXACT);
    CHECK_OK(warm_session_restore(fit, NULL));

    /* another session, store and process; the order of protecting is of no account */
    IN_CHILD({
        state t;
        memset(&t, 0, sizeof t);
        warm_store *theirs = open_root(in_scratch("round-trip"));
        warm_session *other = open_session(theirs, &key, 0.0);
        static const int64_t none[] = {0};
        CHECK_OK(protect(other, "z", WARM_TYPE_F64, WARM_ORDER_ROW_MAJOR, 1, none, NULL));
        protect_all(other, &t);
        CHECK_OK(warm_session_restore(other, NULL));
        CHECK(memcmp(&t, &want, sizeof t) == 0);
        warm_session_free(&other);
        warm_store_free(&theirs);
    });

    /* notes: the library's and the caller's */
    warm_entry *e = NULL;
    CHECK_OK(warm_session_peek(fit, &e));
    CHECK(note_is(e, "libwarmstart", warm_version_string()) && note_is(e, "objective", "1.0") && note_is(e, "iteration", "41"));
    CHECK(note_is(e, "order.x", "F") && note_is(e, "order.single", NULL) && note_is(e, "order.wide", NULL));
    CHECK(note_is(e, "complex.z", "true") && note_is(e, "complex.x", NULL) && note_is(e, "solver", "newton"));
    warm_entry_free(&e);

    /* the answer, and a note that was taken back; an empty text is one */
    CHECK_OK(warm_session_remove_note(fit, "solver", -1));
    CHECK_ST(WARM_NOT_FOUND, warm_session_remove_note(fit, "solver", -1));
    CHECK_OK(warm_session_set_note(fit, "empty", -1, NULL, 0));
    s.scalar = 5.0;
    CHECK_OK(warm_session_finalize_regions(fit, NULL, NULL));
    s.scalar = 6.0;
    info = fresh_info();
    CHECK_OK(warm_session_restore(fit, &info));
    CHECK(s.scalar == 5.0 && info.kind == WARM_KIND_FINAL && !info.has_iteration);
    CHECK_OK(warm_session_load(fit, &e));
    CHECK(note_is(e, "solver", NULL) && note_is(e, "empty", "") && note_is(e, "objective", NULL));
    warm_entry_free(&e);
    CHECK_OK(warm_session_finish(fit));
    CHECK_ERR(WARM_ERR_INVALID, "finished", warm_session_checkpoint_regions(fit, &ONE, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "finished", warm_session_checkpoint_regions_now(fit, &ONE, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "finished", warm_session_finalize_regions(fit, &ONE, NULL));
    CHECK_OK(warm_session_restore(fit, NULL));
    warm_session_free(&fit);
    warm_store_free(&store);
}

/* Each refusal names the region, and leaves every array and the preloaded entry as they are. */
static void refused(void)
{
    static const int64_t x[] = {2, 3}, turned[] = {3, 2}, six[] = {6}, deep[] = {2, 3, 1}, two[] = {2}, four[] = {2, 2};
    static const struct {
        const char *name, *words;
        int32_t type, order;
        int64_t rank;
        const int64_t *dims;
    } wrong[] = {
        {"x", "F64 is stored|I64 is protected|`x`", WARM_TYPE_I64, WARM_ORDER_COLUMN_MAJOR, 2, x},
        {"x", "`x`: [2, 3] with 2 dimensions is stored, and [6] with 1", WARM_TYPE_F64, WARM_ORDER_ROW_MAJOR, 1, six},
        {"x", "and [2, 3, 1] with 3 is protected", WARM_TYPE_F64, WARM_ORDER_COLUMN_MAJOR, 3, deep},
        {"x", "[2, 3] is stored, and [3, 2] is protected: they differ in dimension 1 of 2", WARM_TYPE_F64, WARM_ORDER_COLUMN_MAJOR, 2, turned},
        {"x", "stored column-major (Fortran), and is protected row-major (C)", WARM_TYPE_F64, WARM_ORDER_ROW_MAJOR, 2, x},
        {"z", "[2] of C128 is stored, and [2, 2] of F64 is protected", WARM_TYPE_F64, WARM_ORDER_ROW_MAJOR, 2, four},
        {"single", "[2, 2] of F32 is stored, and [2] of C64 is protected", WARM_TYPE_C64, WARM_ORDER_ROW_MAJOR, 1, two},
        {"scalar", "a scalar with 0 dimensions is stored", WARM_TYPE_F64, WARM_ORDER_ROW_MAJOR, 1, two},
        {"more", "`more`: it is protected, and not stored", WARM_TYPE_F64, WARM_ORDER_ROW_MAJOR, 1, two},
    };
    warm_store *store = open_root(in_scratch("refused"));
    const warm_key key = key_of(1), related = key_of(2);
    const state want = filled();
    state s = want;
    double room[8];
    warm_entry *seed = NULL;
    warm_session *of_seed = open_session(store, &related, 0.0);
    protect_all(of_seed, &s);
    CHECK_OK(warm_session_finalize_regions(of_seed, &ONE, NULL));
    CHECK_OK(warm_session_load(of_seed, &seed));
    warm_session_free(&of_seed);

    warm_session *fit = open_session(store, &key, 0.0);
    CHECK_OK(warm_session_preload(fit, seed));
    memset(&s, 0xa5, sizeof s);
    memset(room, 0xa5, sizeof room);
    const state untouched = s;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; ++i) {
        protect_all(fit, &s);
        warm_entry_info info = fresh_info();
        const warm_entry_info before = info;
        CHECK_OK(protect(fit, wrong[i].name, wrong[i].type, wrong[i].order, wrong[i].rank, wrong[i].dims, room));
        CHECK_ERR(WARM_ERR_INCOMPATIBLE, wrong[i].words, warm_session_restore(fit, &info));
        CHECK(memcmp(&s, &untouched, sizeof s) == 0 && memcmp(&info, &before, sizeof info) == 0);
        for (size_t j = 0; j < 8; ++j) CHECK(memcmp(&room[j], &untouched, sizeof room[j]) == 0);
        CHECK_OK(warm_session_unprotect(fit, wrong[i].name, -1));
    }
    protect_all(fit, &s);
    CHECK_OK(warm_session_unprotect(fit, "narrow", 6));
    CHECK_ST(WARM_NOT_FOUND, warm_session_unprotect(fit, "narrow", 6));
    CHECK_ERR(WARM_ERR_INCOMPATIBLE, "`narrow`: it is stored, and not protected", warm_session_restore(fit, NULL));
    CHECK(memcmp(&s, &untouched, sizeof s) == 0);
    CHECK_OK(warm_session_unprotect_all(fit));
    CHECK_ERR(WARM_ERR_INVALID, "none is protected", warm_session_restore(fit, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "none is protected", warm_session_checkpoint_regions(fit, &ONE, NULL));

    /* it was not taken */
    protect_all(fit, &s);
    warm_entry_info info = fresh_info();
    CHECK_OK(warm_session_restore(fit, &info));
    CHECK(memcmp(&s, &want, sizeof s) == 0);
    CHECK_EQ(WARM_SOURCE_PRELOADED, info.source);
    CHECK_ST(WARM_NOT_FOUND, warm_session_restore(fit, &info));

    /* a payload of bytes */
    CHECK_OK(warm_session_checkpoint(fit, "opaque bytes", 12, &ONE, NULL));
    CHECK_ERR(WARM_ERR_INCOMPATIBLE, "no safetensors file", warm_session_restore(fit, NULL));
    warm_entry *e = NULL;
    CHECK_OK(warm_session_load(fit, &e));
    CHECK_ERR_OUT(warm_cursor, WARM_ERR_INCOMPATIBLE, "no safetensors file", warm_entry_list_regions(e, &out));
    CHECK_ERR_OUT(warm_cursor, WARM_ERR_INCOMPATIBLE, "no safetensors file", warm_entry_list_notes(e, &out));
    warm_entry_free(&e);
    warm_entry_free(&seed);
    warm_session_free(&fit);
    warm_store_free(&store);
}

/* Memory that must not be read or written: whoever does dies of it. */
static double *guarded(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(p != MAP_FAILED);
    return p;
}

static void when_it_is_read(void)
{
    const warm_key key = key_of(1);
    const int64_t n = 1 << 17;
    const size_t bytes = (size_t)n * sizeof(double);
    double *x = guarded(bytes);
    for (int background = 0; background < 2; ++background) {
        warm_store *store = open_root(in_scratch(background ? "read-background" : "read"));
        warm_session_options *o = NULL;
        warm_session *fit = NULL;
        CHECK_OK(warm_session_options_new(&o));
        CHECK_OK(warm_session_options_set_min_interval_seconds(o, 3600.0));
        CHECK_OK(warm_session_options_set_background(o, background));
        CHECK_OK(warm_session_open(store, &key, o, &fit));
        warm_session_options_free(&o);
        for (int64_t i = 0; i < n; ++i) x[i] = (double)i;
        /* protecting reads nothing */
        REQUIRE(mprotect(x, bytes, PROT_NONE) == 0);
        CHECK_OK(protect(fit, "x", WARM_TYPE_F64, WARM_ORDER_ROW_MAJOR, 1, &n, x));
        REQUIRE(mprotect(x, bytes, PROT_READ) == 0);
        CHECK_ST(background ? WARM_QUEUED : WARM_OK, warm_session_checkpoint_regions(fit, &ONE, NULL));
        /* copied before the return; what is held back is not read */
        REQUIRE(mprotect(x, bytes, PROT_NONE) == 0);
        CHECK_ST(WARM_THROTTLED, warm_session_checkpoint_regions(fit, &ONE, NULL));
        CHECK_ST(WARM_THROTTLED, warm_session_checkpoint_regions(fit, NULL, NULL));
        CHECK_OK(warm_session_flush(fit, 60.0));
        REQUIRE(mprotect(x, bytes, PROT_READ | PROT_WRITE) == 0);
        memset(x, 0, bytes);
        CHECK_OK(warm_session_restore(fit, NULL));
        int64_t same = 0;
        for (int64_t i = 0; i < n; ++i) same += x[i] == (double)i;
        CHECK_EQ(n, same);
        CHECK_OK(warm_session_checkpoint_regions_now(fit, &ONE, NULL));
        CHECK_OK(warm_session_unprotect(fit, "x", -1));
        REQUIRE(mprotect(x, bytes, PROT_NONE) == 0);
        CHECK_ERR(WARM_ERR_INVALID, "none is protected", warm_session_checkpoint_regions_now(fit, &ONE, NULL));
        CHECK_OK(warm_session_finish(fit));
        warm_session_free(&fit);
        warm_store_free(&store);
        REQUIRE(mprotect(x, bytes, PROT_READ | PROT_WRITE) == 0);
    }
    CHECK(munmap(x, bytes) == 0);
}

/* Without a session: what is in an entry. */
static void looked_into(void)
{
    warm_store *store = open_root(in_scratch("looked-into"));
    const warm_key key = key_of(1);
    state s = filled();
    warm_session *fit = open_session(store, &key, 0.0);
    warm_entry *e = NULL;
    warm_cursor *c = NULL;
    char name[WARM_REGION_NAME_MAX], run[WARM_RUN_ID_MAX];
    int64_t dims[WARM_RANK_MAX], needed = 0, len = 0;
    warm_key its_key;
    const void *data = NULL;
    long n = 0;
    protect_all(fit, &s);
    CHECK_OK(warm_session_checkpoint_regions(fit, &ONE, NULL));
    CHECK_OK(warm_store_lookup(store, &key, WARM_LOOKUP_BEST, &e));
    warm_session_free(&fit);
    warm_store_free(&store);
    CHECK_OK(warm_entry_list_regions(e, &c));
    warm_entry_free(&e); /* the cursor keeps its bytes */
    CHECK(warm_cursor_name(c, name, sizeof name, NULL) < 0);
    while (warm_cursor_next(c) == WARM_OK) {
        warm_region_info info;
        memset(&info, 0, sizeof info);
        info.struct_size = (uint32_t)sizeof info;
        CHECK_OK(warm_cursor_region(c, &info));
        CHECK_OK(warm_cursor_name(c, name, sizeof name, NULL));
        CHECK_OK(warm_cursor_dims(c, dims, WARM_RANK_MAX, &needed));
        CHECK_EQ(info.rank, needed);
        int64_t elements = 1;
        for (int64_t d = 0; d < needed; ++d) elements *= dims[d];
        CHECK_EQ(elements, info.elements);
        CHECK_OK(warm_cursor_data(c, &data, &len));
        CHECK_EQ(info.bytes, len);
        CHECK((uintptr_t)data % (info.type == WARM_TYPE_U8 ? 1 : info.type == WARM_TYPE_F32 || info.type == WARM_TYPE_I32 ? 4 : 8) == 0);
        CHECK_OK(warm_cursor_key(c, &its_key));
        CHECK_OK(warm_cursor_run_id(c, run, sizeof run, NULL));
        CHECK(same_key(&key, &its_key) && is_generated_run_id(run));
        ++n;
    }
    CHECK_EQ(7, n);
    CHECK_OK(warm_cursor_find(c, "x", 1));
    CHECK_OK(warm_cursor_dims(c, dims, 2, NULL));
    CHECK(dims[0] == 2 && dims[1] == 3);
    double x[7];
    memset(x, 0xa5, sizeof x);
    const double last = x[6];
    CHECK_ST(WARM_ERR_BUFFER, warm_cursor_dims(c, NULL, 0, &needed));
    CHECK_EQ(2, needed);
    CHECK_ST(WARM_ERR_BUFFER, warm_cursor_copy_data(c, x, sizeof s.x - 1, &needed));
    CHECK(needed == sizeof s.x && memcmp(&x[0], &last, sizeof last) == 0);
    CHECK_OK(warm_cursor_copy_data(c, x, sizeof x, &needed));
    CHECK(memcmp(x, s.x, sizeof s.x) == 0 && memcmp(&x[6], &last, sizeof last) == 0);
    /* what is not there moves nothing */
    CHECK_ST(WARM_NOT_FOUND, warm_cursor_find(c, "nobody", -1));
    CHECK_OK(warm_cursor_name(c, name, sizeof name, NULL));
    CHECK(strcmp(name, "x") == 0);
    CHECK(warm_cursor_text(c, name, sizeof name, NULL) < 0);
    warm_cursor_free(&c);
}

/* A file that somebody else wrote, and some that nobody should have. */
static void hostile(void)
{
    static const char good[] = "{\"x\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]}}";
    static const struct {
        const char *header, *words;
        int64_t bytes;
    } bad[] = {
        {"{\"x\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]}}", "behind the end", 8},
        {"{\"x\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]}}", "belong to no region", 24},
        {"{\"x\":{\"dtype\":\"F64\",\"shape\":[4611686018427387904],\"data_offsets\":[0,16]}}", "exceed the address space", 16},
        {"{\"x\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[18446744073709551600,18446744073709551615]}}", "gap", 16},
        {"{\"x\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]},\"y\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[8,24]}}", "overlaps", 24},
        {"{\"x\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]},\"x\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[8,16]}}", "twice", 16},
        {"[[[[[[", "begin", 16},
        {"{\"a\":", "header is wrong", 16},
    };
    warm_store *store = open_root(in_scratch("hostile"));
    const warm_key key = key_of(1);
    const int64_t two = 2;
    unsigned char file[512];
    double x[2] = {1.0, 2.0};
    warm_session *fit = open_session(store, &key, 0.0);
    CHECK_OK(protect(fit, "x", WARM_TYPE_F64, WARM_ORDER_ROW_MAJOR, 1, &two, x));
    for (int lie = 0; lie < 3; ++lie) {
        const uint64_t length = lie == 1 ? UINT64_MAX : sizeof good - 1 + (lie == 2 ? 17u : 0u);
        memset(file, 0x40, sizeof file);
        for (int b = 0; b < 8; ++b) file[b] = (unsigned char)(length >> (8 * b));
        memcpy(file + 8, good, sizeof good - 1);
        CHECK_OK(warm_session_checkpoint_now(fit, file, 8 + (int64_t)sizeof good - 1 + 16, &ONE, NULL));
        if (lie == 0) {
            CHECK_OK(warm_session_restore(fit, NULL));
            CHECK(memcmp(&x[1], file + 100, sizeof x[1]) == 0);
            x[0] = x[1] = 3.0;
        } else {
            CHECK_ERR(WARM_ERR_INCOMPATIBLE, "its header is to have", warm_session_restore(fit, NULL));
        }
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; ++i) {
        const size_t length = strlen(bad[i].header);
        memset(file, 0x40, sizeof file);
        memset(file, 0, 8);
        file[0] = (unsigned char)length;
        memcpy(file + 8, bad[i].header, length);
        CHECK_OK(warm_session_checkpoint_now(fit, file, 8 + (int64_t)length + bad[i].bytes, &ONE, NULL));
        CHECK_ERR(WARM_ERR_INCOMPATIBLE, bad[i].words, warm_session_restore(fit, NULL));
    }
    CHECK(x[0] == 3.0 && x[1] == 3.0);
    warm_session_free(&fit);
    warm_store_free(&store);
}

static void misuse(void)
{
    warm_store *store = open_root(in_scratch("misuse"));
    const warm_key key = key_of(1);
    const int64_t one[] = {1}, negative[] = {-1}, huge[] = {INT64_MAX, 2}, three[] = {3}, many[WARM_RANK_MAX + 1] = {1}, below = -1;
    double x = 1.0;
    char longest[WARM_REGION_NAME_MAX + 1], buf[8];
    warm_session *fit = open_session(store, &key, 0.0);
    memset(longest, 'n', sizeof longest);
    const int32_t f64 = WARM_TYPE_F64, rows = WARM_ORDER_ROW_MAJOR;
    CHECK_ERR(WARM_ERR_INVALID, "`s`|handle", protect(NULL, "x", f64, rows, 1, one, &x));
    CHECK_ERR(WARM_ERR_INVALID, "name", warm_session_protect(fit, NULL, -1, f64, rows, 1, one, &x));
    CHECK_ERR(WARM_ERR_INVALID, "name", warm_session_protect(fit, NULL, 0, f64, rows, 1, one, &x));
    CHECK_ERR(WARM_ERR_INVALID, "name", warm_session_protect(fit, "x", -2, f64, rows, 1, one, &x));
    CHECK_ERR(WARM_ERR_INVALID, "UTF-8", warm_session_protect(fit, "\xff", 1, f64, rows, 1, one, &x));
    CHECK_ERR(WARM_ERR_INVALID, "NUL", warm_session_protect(fit, "a\0b", 3, f64, rows, 1, one, &x));
    CHECK_ERR(WARM_ERR_INVALID, "255", warm_session_protect(fit, longest, WARM_REGION_NAME_MAX, f64, rows, 1, one, &x));
    CHECK_ERR(WARM_ERR_INVALID, "__metadata__", protect(fit, "__metadata__", f64, rows, 1, one, &x));
    CHECK_ERR(WARM_ERR_INVALID, "WARM_TYPE", protect(fit, "x", 0, rows, 1, one, &x));
    CHECK_ERR(WARM_ERR_INVALID, "WARM_TYPE", protect(fit, "x", WARM_TYPE_F4 + 1, rows, 1, one, &x));
    CHECK_ERR(WARM_ERR_INVALID, "WARM_ORDER", protect(fit, "x", f64, 2, 1, one, &x));
    CHECK_ERR(WARM_ERR_INVALID, "dims", protect(fit, "x", f64, rows, -1, one, &x));
    CHECK_ERR(WARM_ERR_INVALID, "rank", protect(fit, "x", f64, rows, WARM_RANK_MAX + 1, many, &x));
    CHECK_ERR(WARM_ERR_INVALID, "dims", protect(fit, "x", f64, rows, 1, NULL, &x));
    CHECK_ERR(WARM_ERR_INVALID, "dims|negative", protect(fit, "x", f64, rows, 1, negative, &x));
    CHECK_ERR(WARM_ERR_TOO_LARGE, "address space", protect(fit, "x", f64, rows, 2, huge, &x));
    CHECK_ERR(WARM_ERR_INVALID, "last byte", protect(fit, "x", WARM_TYPE_F4, rows, 1, three, &x));
    CHECK_ERR(WARM_ERR_INVALID, "data", protect(fit, "x", f64, rows, 1, one, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "none is protected", warm_session_checkpoint_regions(fit, &ONE, NULL));
    CHECK_OK(warm_session_protect(fit, longest, WARM_REGION_NAME_MAX - 1, f64, rows, 1, one, &x));
    CHECK_ERR(WARM_ERR_INVALID, "`s`|handle", warm_session_unprotect(NULL, "x", -1));
    CHECK_ERR(WARM_ERR_INVALID, "name", warm_session_unprotect(fit, NULL, -1));
    CHECK_ERR(WARM_ERR_INVALID, "`s`|handle", warm_session_unprotect_all(NULL));
    static const char *const reserved[] = {"", "libwarmstart", "objective", "iteration", "order.x", "complex.x"};
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; ++i)
        CHECK_ERR(WARM_ERR_INVALID, "note", warm_session_set_note(fit, reserved[i], -1, "v", 1));
    CHECK_ERR(WARM_ERR_INVALID, "`s`|handle", warm_session_set_note(NULL, "k", -1, "v", 1));
    CHECK_ERR(WARM_ERR_INVALID, "key", warm_session_set_note(fit, NULL, -1, "v", 1));
    CHECK_ERR(WARM_ERR_INVALID, "value", warm_session_set_note(fit, "k", -1, NULL, 1));
    CHECK_ERR(WARM_ERR_INVALID, "`s`|handle", warm_session_remove_note(NULL, "k", -1));
    CHECK_ERR(WARM_ERR_INVALID, "`s`|handle", warm_session_checkpoint_regions(NULL, &ONE, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "`s`|handle", warm_session_checkpoint_regions_now(NULL, &ONE, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "`s`|handle", warm_session_finalize_regions(NULL, &ONE, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "`s`|handle", warm_session_restore(NULL, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "iteration", warm_session_checkpoint_regions(fit, &ONE, &below));
    warm_entry_info info = fresh_info();
    info.struct_size = 4;
    CHECK_ERR(WARM_ERR_INVALID, "struct_size", warm_session_restore(fit, &info));

    /* nothing of that was written; a list of something else says so */
    CHECK_EQ(0, count_entries(store, &key));
    CHECK_OK(warm_session_checkpoint_regions(fit, &ONE, NULL));
    warm_entry *e = NULL;
    warm_cursor *c = NULL, *keys = NULL;
    int64_t dims[1], len = 0;
    const void *data = NULL;
    warm_region_info region;
    memset(&region, 0, sizeof region);
    CHECK_OK(warm_session_load(fit, &e));
    CHECK_ERR_OUT(warm_cursor, WARM_ERR_INVALID, "`e`|handle", warm_entry_list_regions(NULL, &out));
    CHECK_ERR_OUT(warm_cursor, WARM_ERR_INVALID, "`e`|handle", warm_entry_list_notes(NULL, &out));
    CHECK_ERR(WARM_ERR_INVALID, "out", warm_entry_list_regions(e, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "out", warm_entry_list_notes(e, NULL));
    CHECK_OK(warm_entry_list_regions(e, &c));
    CHECK_OK(warm_cursor_next(c));
    CHECK_ERR(WARM_ERR_INVALID, "struct_size", warm_cursor_region(c, &region));
    CHECK_ERR(WARM_ERR_INVALID, "info", warm_cursor_region(c, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "cap", warm_cursor_dims(c, dims, -1, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "buf", warm_cursor_dims(c, NULL, 1, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "data", warm_cursor_data(c, NULL, &len));
    CHECK_ERR(WARM_ERR_INVALID, "len", warm_cursor_data(c, &data, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "buf", warm_cursor_copy_data(c, NULL, 8, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "cap", warm_cursor_copy_data(c, buf, -1, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "name", warm_cursor_find(c, NULL, -1));
    CHECK_ERR(WARM_ERR_INVALID, "NUL", warm_cursor_find(c, "a\0b", 3));
    CHECK_OK(warm_store_list_keys(store, &keys));
    CHECK_OK(warm_cursor_next(keys));
    CHECK_ERR(WARM_ERR_INVALID, "keys", warm_cursor_name(keys, buf, sizeof buf, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "keys", warm_cursor_find(keys, "x", -1));
    region.struct_size = (uint32_t)sizeof region;
    CHECK_ERR(WARM_ERR_INVALID, "keys", warm_cursor_region(keys, &region));
    CHECK_ERR(WARM_ERR_INVALID, "keys", warm_cursor_dims(keys, dims, 1, NULL));
    CHECK_ERR(WARM_ERR_INVALID, "keys", warm_cursor_data(keys, &data, &len));
    CHECK_ERR(WARM_ERR_INVALID, "keys", warm_cursor_copy_data(keys, buf, sizeof buf, NULL));
    warm_cursor_free(&keys);
    warm_cursor_free(&c);
    warm_entry_free(&e);

    /* too large for the budget: nothing is written, and the session goes on; in both modes */
    warm_store_options *o = new_options();
    CHECK_OK(warm_store_options_set_size_budget(o, 65536));
    warm_store *small = open_with(in_scratch("misuse-small"), o);
    warm_store_options_free(&o);
    for (int background = 0; background < 2; ++background) {
        warm_session_options *how = NULL;
        warm_session *tight = NULL;
        const int64_t n = 10000;
        double *large = calloc((size_t)n, sizeof *large);
        REQUIRE(large != NULL);
        CHECK_OK(warm_session_options_new(&how));
        CHECK_OK(warm_session_options_set_background(how, background));
        CHECK_OK(warm_session_open(small, &key, how, &tight));
        CHECK_OK(protect(tight, "large", f64, rows, 1, &n, large));
        CHECK_ST(WARM_ERR_TOO_LARGE, warm_session_checkpoint_regions(tight, &ONE, NULL));
        CHECK_OK(protect(tight, "large", f64, rows, 1, one, large));
        CHECK_ST(background ? WARM_QUEUED : WARM_OK, warm_session_checkpoint_regions(tight, &ONE, NULL));
        CHECK_OK(warm_session_finish(tight));
        warm_session_free(&tight);
        warm_session_options_free(&how);
        free(large);
    }
    warm_store_free(&small);

    /* in the child of a fork */
    IN_CHILD({
        CHECK_ST(WARM_ERR_FORKED, protect(fit, "x", f64, rows, 1, one, &x));
        CHECK_ST(WARM_ERR_FORKED, warm_session_unprotect(fit, "x", -1));
        CHECK_ST(WARM_ERR_FORKED, warm_session_unprotect_all(fit));
        CHECK_ST(WARM_ERR_FORKED, warm_session_set_note(fit, "k", -1, "v", 1));
        CHECK_ST(WARM_ERR_FORKED, warm_session_remove_note(fit, "k", -1));
        CHECK_ST(WARM_ERR_FORKED, warm_session_checkpoint_regions(fit, &ONE, NULL));
        CHECK_ST(WARM_ERR_FORKED, warm_session_checkpoint_regions_now(fit, &ONE, NULL));
        CHECK_ST(WARM_ERR_FORKED, warm_session_finalize_regions(fit, &ONE, NULL));
        CHECK_ST(WARM_ERR_FORKED, warm_session_restore(fit, NULL));
        warm_session_free(&fit);
        CHECK(fit == NULL);
    });
    warm_session_free(&fit);
    warm_store_free(&store);
}

/* One thread writes, one restores, one protects anew: each state that is written or restored is one that was whole. */
typedef struct shared {
    warm_session *fit;
    double *x;
    long n;
} shared;

static void *writes(void *context)
{
    shared *h = context;
    for (long i = 0; i < h->n; ++i) CHECK_OK(warm_session_checkpoint_regions_now(h->fit, NULL, NULL));
    return NULL;
}

static void *moves(void *context)
{
    shared *h = context;
    const int64_t n = 64;
    for (long i = 0; i < 20 * h->n; ++i) {
        double *fresh = malloc(64 * sizeof *fresh);
        REQUIRE(fresh != NULL);
        for (int j = 0; j < 64; ++j) fresh[j] = (double)i;
        CHECK_OK(protect(h->fit, "x", WARM_TYPE_F64, WARM_ORDER_ROW_MAJOR, 1, &n, fresh));
        /* nobody reads it any more: AddressSanitizer and Valgrind say so if somebody does */
        free(h->x);
        h->x = fresh;
    }
    return NULL;
}

static void threads(void)
{
    warm_store *store = open_root(in_scratch("threads"));
    const warm_key key = key_of(1);
    const int64_t n = 64;
    shared h = {open_session(store, &key, 0.0), calloc(64, sizeof(double)), rounds(60)};
    pthread_t a, b;
    REQUIRE(h.x != NULL);
    CHECK_OK(protect(h.fit, "x", WARM_TYPE_F64, WARM_ORDER_ROW_MAJOR, 1, &n, h.x));
    REQUIRE(pthread_create(&a, NULL, writes, &h) == 0);
    REQUIRE(pthread_create(&b, NULL, moves, &h) == 0);
    REQUIRE(pthread_join(a, NULL) == 0);
    REQUIRE(pthread_join(b, NULL) == 0);
    CHECK_OK(warm_session_restore(h.fit, NULL));
    for (int j = 1; j < 64; ++j) CHECK(memcmp(&h.x[j], &h.x[0], sizeof h.x[0]) == 0);
    warm_session_free(&h.fit);
    warm_store_free(&store);
    free(h.x);
}

int main(int argc, char **argv)
{
    if (!test_start(argc, argv))
        return 2;
    round_trip();
    refused();
    when_it_is_read();
    looked_into();
    hostile();
    misuse();
    threads();
    return check_finish();
}
