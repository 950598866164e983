/* Caches of blobs. */
#include "shim.h"
#include "calls.h"

#include <string.h>

static void finalize_cache(SEXP x)
{
    warm_cache *c = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    warm_cache_free(&c);
}

static void finalize_cache_options(SEXP x)
{
    warm_cache_options *o = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    warm_cache_options_free(&o);
}

static void finalize_put(SEXP x)
{
    warm_put *p = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    warm_put_free(&p);
}

static void finalize_blob(SEXP x)
{
    warm_blob *b = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    warm_blob_free(&b);
}

static void finalize_cache_cursor(SEXP x)
{
    warm_cache_cursor *k = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    warm_cache_cursor_free(&k);
}

static warm_cache *cache_of(SEXP x) { return shim_address(x, "warm_cache"); }
warm_blob *shim_blob_of(SEXP x) { return shim_address(x, "warm_blob"); }

/* Frees what a cache's or blob's handle holds, now; whether it was one. */
int shim_close_cache(SEXP x)
{
    const SEXP tag = R_ExternalPtrTag(x);
    if (tag == Rf_install("warm_cache")) finalize_cache(x);
    else if (tag == Rf_install("warm_blob")) finalize_blob(x);
    else return 0;
    return 1;
}

/* A namespace's name, or NULL for all of them. */
static const char *namespace_or_all(SEXP x) { return x == R_NilValue ? NULL : shim_text(x, "a namespace"); }
static int64_t length_or_all(const char *text) { return text ? -1 : 0; }

/* UTF-8 texts that live as long as the call from R. */
static const char **texts_of(SEXP x, const char *what, int64_t *n)
{
    if (TYPEOF(x) != STRSXP) shim_refuse("%s are texts", what);
    *n = (int64_t)XLENGTH(x);
    const char **texts = (const char **)R_alloc((size_t)*n + 1, sizeof *texts);
    for (int64_t i = 0; i < *n; ++i) {
        if (STRING_ELT(x, (R_xlen_t)i) == NA_STRING) shim_refuse("%s are texts, and not NA", what);
        texts[i] = Rf_translateCharUTF8(STRING_ELT(x, (R_xlen_t)i));
    }
    return texts;
}

/* ---- opening ---- */

/* `root` NULL: in memory. Of the options, in R's order, NULL is not set. */
SEXP r_cache_open(SEXP root, SEXP options)
{
    const char *path = root == R_NilValue ? NULL : shim_text(root, "root");
    SEXP held = PROTECT(shim_handle("warm_cache_options", finalize_cache_options));
    SEXP x = PROTECT(shim_handle("warm_cache", finalize_cache));
    warm_cache_options *o = NULL;
    const int32_t made = warm_cache_options_new(&o);
    shim_opened(held, o, made);
    SEXP memory = VECTOR_ELT(options, 0), disk = VECTOR_ELT(options, 1), most = VECTOR_ELT(options, 5);
    if (memory != R_NilValue) shim_checked(warm_cache_options_set_memory_budget(o, shim_whole(memory, "memory_budget")));
    if (disk != R_NilValue) shim_checked(warm_cache_options_set_disk_budget(o, shim_whole(disk, "disk_budget")));
    shim_checked(warm_cache_options_set_durability(o, Rf_asInteger(VECTOR_ELT(options, 2))));
    shim_checked(warm_cache_options_set_read_only(o, shim_flag(VECTOR_ELT(options, 3), "read_only")));
    shim_checked(warm_cache_options_set_promotion(o, Rf_asInteger(VECTOR_ELT(options, 4))));
    if (most != R_NilValue) shim_checked(warm_cache_options_set_background_promotion(o, 1, shim_whole(most, "background_promotion")));
    shim_checked(warm_cache_options_set_compression(o, shim_flag(VECTOR_ELT(options, 6), "compression")));
    warm_cache *c = NULL;
    const int32_t status = path ? warm_cache_open(path, -1, o, &c) : warm_cache_open_in_memory(o, &c);
    R_SetExternalPtrAddr(x, c);
    finalize_cache_options(held);
    shim_checked(status);
    UNPROTECT(2);
    return x;
}

static int32_t get_cache_root(const void *c, char *buf, int64_t cap, int64_t *needed) { return warm_cache_root(c, buf, cap, needed); }
SEXP r_cache_root(SEXP cache)
{
    const warm_cache *c = cache_of(cache);
    if (warm_cache_root(c, NULL, 0, NULL) == WARM_NOT_FOUND) return R_NilValue;
    return shim_read_text(get_cache_root, c);
}

/* ---- putting ---- */

/* A handle of what goes with a put: `with` as R's side lists it. To be protected by the caller. */
static SEXP put_of(SEXP with)
{
    SEXP x = PROTECT(shim_handle("warm_put", finalize_put));
    warm_put *p = NULL;
    int64_t n = 0, m = 0;
    const char **texts, **values;
    const int32_t made = warm_put_new(&p);
    shim_opened(x, p, made);
#define SETTING(i) VECTOR_ELT(with, i)
#define IS_SET(i) (SETTING(i) != R_NilValue)
    if (IS_SET(0)) shim_checked(warm_put_set_version(p, (uint64_t)shim_whole(SETTING(0), "version")));
    if (IS_SET(2)) {
        const uint64_t expected = IS_SET(1) ? (uint64_t)shim_whole(SETTING(1), "expected") : 0;
        shim_checked(warm_put_set_swap(p, IS_SET(1), expected, (uint64_t)shim_whole(SETTING(2), "version")));
    }
    texts = texts_of(SETTING(3), "tags", &n);
    for (int64_t i = 0; i < n; ++i) shim_checked(warm_put_add_tag(p, texts[i], -1));
    texts = texts_of(SETTING(4), "dependencies", &n);
    for (int64_t i = 0; i < n; ++i) shim_checked(warm_put_add_dependency(p, texts[i], -1));
    texts = texts_of(SETTING(5), "names of pairs", &n);
    values = texts_of(SETTING(6), "pairs", &m);
    if (n != m) shim_refuse("pairs are texts with names");
    for (int64_t i = 0; i < n; ++i) shim_checked(warm_put_set_pair(p, texts[i], -1, values[i], -1));
    if (IS_SET(7)) shim_checked(warm_put_set_content_type(p, shim_text(SETTING(7), "content_type"), -1));
    if (IS_SET(8)) {
        const int64_t priority = shim_whole(SETTING(8), "priority");
        shim_checked(warm_put_set_priority(p, priority > 255 ? 256 : (int32_t)priority));
    }
    if (IS_SET(9)) shim_checked(warm_put_set_admission(p, Rf_asInteger(SETTING(9))));
    if (IS_SET(10)) shim_checked(warm_put_set_ttl_seconds(p, shim_number(SETTING(10), "ttl_seconds")));
    if (IS_SET(11)) shim_checked(warm_put_set_deadline_unix_ms(p, shim_whole(SETTING(11), "deadline")));
    if (IS_SET(12)) shim_checked(warm_put_set_jitter_percent(p, shim_number(SETTING(12), "jitter_percent")));
    if (IS_SET(13)) shim_checked(warm_put_set_idle_seconds(p, shim_number(SETTING(13), "idle_seconds")));
    if (IS_SET(14)) shim_checked(warm_put_set_stale_seconds(p, shim_number(SETTING(14), "stale_seconds")));
    if (IS_SET(15)) shim_checked(warm_put_set_largest(p, shim_whole(SETTING(15), "largest")));
    UNPROTECT(1);
    return x;
}

SEXP r_cache_put(SEXP cache, SEXP namespace, SEXP key, SEXP payload, SEXP with)
{
    static const char *const names[] = {"in_memory", "on_disk", "replaced", "evicted_from_memory", "evicted_from_disk", "stored_bytes"};
    warm_cache *c = cache_of(cache);
    const char *ns = shim_text(namespace, "a namespace"), *k = shim_text(key, "a key");
    int64_t len;
    const void *bytes = shim_bytes(payload, &len);
    SEXP put = PROTECT(put_of(with));
    warm_put_receipt r;
    memset(&r, 0, sizeof r);
    r.struct_size = (uint32_t)sizeof r;
    const int32_t status = warm_cache_put(c, ns, -1, k, -1, bytes, len, R_ExternalPtrAddr(put), &r);
    finalize_put(put);
    shim_checked(status);
    SEXP x = PROTECT(shim_named(names, 6));
    SET_VECTOR_ELT(x, 0, Rf_ScalarLogical(r.in_memory));
    SET_VECTOR_ELT(x, 1, Rf_ScalarLogical(r.on_disk));
    SET_VECTOR_ELT(x, 2, Rf_ScalarLogical(r.replaced));
    SET_VECTOR_ELT(x, 3, Rf_ScalarReal((double)r.evicted_from_memory));
    SET_VECTOR_ELT(x, 4, Rf_ScalarReal((double)r.evicted_from_disk));
    SET_VECTOR_ELT(x, 5, Rf_ScalarReal((double)r.stored_bytes));
    UNPROTECT(2);
    return x;
}

/* A status for each. */
SEXP r_cache_put_many(SEXP cache, SEXP namespace, SEXP keys, SEXP payloads, SEXP with)
{
    warm_cache *c = cache_of(cache);
    const char *ns = shim_text(namespace, "a namespace");
    int64_t n;
    const char **texts = texts_of(keys, "keys", &n);
    if (TYPEOF(payloads) != VECSXP || (int64_t)XLENGTH(payloads) != n) shim_refuse("there is one payload for each key, in a list");
    const void **bytes = (const void **)R_alloc((size_t)n + 1, sizeof *bytes);
    int64_t *lens = (int64_t *)R_alloc((size_t)n + 1, sizeof *lens);
    for (int64_t i = 0; i < n; ++i) bytes[i] = shim_bytes(VECTOR_ELT(payloads, (R_xlen_t)i), &lens[i]);
    SEXP put = PROTECT(put_of(with));
    SEXP x = PROTECT(Rf_allocVector(INTSXP, (R_xlen_t)n));
    const int32_t status = warm_cache_put_many(c, ns, -1, texts, NULL, bytes, lens, n, R_ExternalPtrAddr(put), INTEGER(x));
    finalize_put(put);
    shim_checked(status);
    UNPROTECT(2);
    return x;
}

SEXP r_cache_set_life(SEXP cache, SEXP namespace, SEXP key, SEXP with)
{
    warm_cache *c = cache_of(cache);
    const char *ns = shim_text(namespace, "a namespace"), *k = shim_text(key, "a key");
    SEXP put = PROTECT(put_of(with));
    const int32_t status = warm_cache_set_life(c, ns, -1, k, -1, R_ExternalPtrAddr(put));
    finalize_put(put);
    UNPROTECT(1);
    return Rf_ScalarLogical(shim_checked(status) == WARM_OK);
}

/* ---- getting ---- */

SEXP r_cache_get(SEXP cache, SEXP namespace, SEXP key)
{
    warm_cache *c = cache_of(cache);
    const char *ns = shim_text(namespace, "a namespace"), *k = shim_text(key, "a key");
    SEXP x = PROTECT(shim_handle("warm_blob", finalize_blob));
    warm_blob *b = NULL;
    const int32_t status = warm_cache_get(c, ns, -1, k, -1, &b);
    R_SetExternalPtrAddr(x, b);
    UNPROTECT(1);
    return shim_checked(status) == WARM_OK ? x : R_NilValue;
}

SEXP r_cache_get_many(SEXP cache, SEXP namespace, SEXP keys)
{
    warm_cache *c = cache_of(cache);
    const char *ns = shim_text(namespace, "a namespace");
    int64_t n;
    const char **texts = texts_of(keys, "keys", &n);
    warm_blob **blobs = (warm_blob **)R_alloc((size_t)n + 1, sizeof *blobs);
    int32_t *statuses = (int32_t *)R_alloc((size_t)n + 1, sizeof *statuses);
    SEXP x = PROTECT(Rf_allocVector(VECSXP, (R_xlen_t)n));
    for (R_xlen_t i = 0; i < (R_xlen_t)n; ++i) SET_VECTOR_ELT(x, i, shim_handle("warm_blob", finalize_blob));
    /* From here to where all of them are stored nothing jumps. */
    const int32_t status = warm_cache_get_many(c, ns, -1, texts, NULL, n, blobs, statuses);
    if (status == WARM_OK)
        for (R_xlen_t i = 0; i < (R_xlen_t)n; ++i) R_SetExternalPtrAddr(VECTOR_ELT(x, i), blobs[i]);
    shim_checked(status);
    for (R_xlen_t i = 0; i < (R_xlen_t)n; ++i)
        if (shim_checked(statuses[i]) != WARM_OK) SET_VECTOR_ELT(x, i, R_NilValue);
    UNPROTECT(1);
    return x;
}

static SEXP info_list(const warm_blob_info *info)
{
    static const char *const names[] = {"version", "payload_bytes", "written", "remaining_seconds", "is_stale", "from_memory", "priority"};
    SEXP x = PROTECT(shim_named(names, 7));
    SET_VECTOR_ELT(x, 0, Rf_ScalarReal(info->has_version ? (double)info->version : NA_REAL));
    SET_VECTOR_ELT(x, 1, Rf_ScalarReal((double)info->payload_bytes));
    SEXP written = PROTECT(Rf_ScalarReal((double)info->written_unix_ms / 1000.0));
    SEXP class = PROTECT(Rf_allocVector(STRSXP, 2));
    SET_STRING_ELT(class, 0, Rf_mkChar("POSIXct"));
    SET_STRING_ELT(class, 1, Rf_mkChar("POSIXt"));
    Rf_setAttrib(written, R_ClassSymbol, class);
    SET_VECTOR_ELT(x, 2, written);
    SET_VECTOR_ELT(x, 3, Rf_ScalarReal(info->has_remaining ? info->remaining_seconds : NA_REAL));
    SET_VECTOR_ELT(x, 4, Rf_ScalarLogical(info->is_stale));
    SET_VECTOR_ELT(x, 5, Rf_ScalarLogical(info->from_memory));
    SET_VECTOR_ELT(x, 6, Rf_ScalarReal(info->priority));
    UNPROTECT(3);
    return x;
}

static warm_blob_info fresh_info(void)
{
    warm_blob_info info;
    memset(&info, 0, sizeof info);
    info.struct_size = (uint32_t)sizeof info;
    return info;
}

SEXP r_blob_info(SEXP blob)
{
    warm_blob_info info = fresh_info();
    shim_checked(warm_blob_get_info(shim_blob_of(blob), &info));
    return info_list(&info);
}

SEXP r_cache_peek(SEXP cache, SEXP namespace, SEXP key)
{
    warm_blob_info info = fresh_info();
    const int32_t status = warm_cache_peek(cache_of(cache), shim_text(namespace, "a namespace"), -1, shim_text(key, "a key"), -1, &info);
    return shim_checked(status) == WARM_OK ? info_list(&info) : R_NilValue;
}

typedef int32_t (*counter)(const warm_blob *b, int64_t *count);
typedef int32_t (*numbered)(const warm_blob *b, int64_t index, char *buf, int64_t cap, int64_t *needed);

static SEXP blob_texts(const warm_blob *b, counter count, numbered get)
{
    int64_t n = 0;
    shim_checked(count(b, &n));
    SEXP x = PROTECT(Rf_allocVector(STRSXP, (R_xlen_t)n));
    for (int64_t i = 0; i < n; ++i) {
        int64_t needed = 0;
        const int32_t status = get(b, i, NULL, 0, &needed);
        if (status != WARM_ERR_BUFFER) shim_checked(status);
        char *text = R_alloc((size_t)needed + 1, 1);
        shim_checked(get(b, i, text, needed, NULL));
        SET_STRING_ELT(x, (R_xlen_t)i, Rf_mkCharCE(text, CE_UTF8));
    }
    UNPROTECT(1);
    return x;
}

static int32_t get_content_type(const void *b, char *buf, int64_t cap, int64_t *needed) { return warm_blob_content_type(b, buf, cap, needed); }

SEXP r_blob_labels(SEXP blob)
{
    static const char *const names[] = {"tags", "dependencies", "pairs", "content_type"};
    const warm_blob *b = shim_blob_of(blob);
    SEXP x = PROTECT(shim_named(names, 4));
    SET_VECTOR_ELT(x, 0, blob_texts(b, warm_blob_tag_count, warm_blob_tag));
    SET_VECTOR_ELT(x, 1, blob_texts(b, warm_blob_dependency_count, warm_blob_dependency));
    SET_VECTOR_ELT(x, 2, blob_texts(b, warm_blob_pair_count, warm_blob_pair_value));
    SEXP labels = PROTECT(blob_texts(b, warm_blob_pair_count, warm_blob_pair_name));
    Rf_setAttrib(VECTOR_ELT(x, 2), R_NamesSymbol, labels);
    if (warm_blob_content_type(b, NULL, 0, NULL) != WARM_NOT_FOUND) SET_VECTOR_ELT(x, 3, shim_read_text(get_content_type, b));
    UNPROTECT(2);
    return x;
}

/* ---- what is there ---- */

SEXP r_cache_existence(SEXP cache, SEXP namespace, SEXP key)
{
    int32_t existence = 0;
    shim_checked(warm_cache_existence(cache_of(cache), shim_text(namespace, "a namespace"), -1, shim_text(key, "a key"), -1, &existence));
    return Rf_ScalarInteger(existence);
}

SEXP r_cache_contains(SEXP cache, SEXP namespace, SEXP key)
{
    const int32_t status = warm_cache_contains(cache_of(cache), shim_text(namespace, "a namespace"), -1, shim_text(key, "a key"), -1);
    return Rf_ScalarLogical(shim_checked(status) == WARM_OK);
}

SEXP r_cache_remove(SEXP cache, SEXP namespace, SEXP key)
{
    const int32_t status = warm_cache_remove(cache_of(cache), shim_text(namespace, "a namespace"), -1, shim_text(key, "a key"), -1);
    return Rf_ScalarLogical(shim_checked(status) == WARM_OK);
}

SEXP r_cache_invalidate_prefix(SEXP cache, SEXP namespace, SEXP prefix)
{
    int64_t n = 0;
    shim_checked(warm_cache_invalidate_prefix(cache_of(cache), shim_text(namespace, "a namespace"), -1, shim_text(prefix, "a prefix"), -1, &n));
    return Rf_ScalarReal((double)n);
}

SEXP r_cache_invalidate(SEXP cache, SEXP namespace, SEXP labels, SEXP dependencies)
{
    warm_cache *c = cache_of(cache);
    const char *ns = namespace_or_all(namespace);
    int64_t n = 0, many = 0;
    const char **texts = texts_of(labels, "labels", &many);
    shim_checked(shim_flag(dependencies, "dependencies") ? warm_cache_invalidate_dependencies(c, ns, length_or_all(ns), texts, NULL, many, &n)
                                                         : warm_cache_invalidate_tags(c, ns, length_or_all(ns), texts, NULL, many, &n));
    return Rf_ScalarReal((double)n);
}

SEXP r_cache_flush(SEXP cache, SEXP namespace)
{
    shim_checked(warm_cache_flush(cache_of(cache), shim_text(namespace, "a namespace"), -1));
    return R_NilValue;
}

static int32_t get_item_key(const void *k, char *buf, int64_t cap, int64_t *needed) { return warm_cache_cursor_key(k, buf, cap, needed); }

/* The namespaces, or the entries of one. */
SEXP r_cache_list(SEXP cache, SEXP namespace, SEXP prefix)
{
    static const char *const names[] = {"key", "info"};
    warm_cache *c = cache_of(cache);
    const int entries = namespace != R_NilValue;
    const char *ns = entries ? shim_text(namespace, "a namespace") : NULL, *begins = entries ? shim_text(prefix, "a prefix") : NULL;
    SEXP x = PROTECT(shim_handle("warm_cache_cursor", finalize_cache_cursor));
    warm_cache_cursor *k = NULL;
    const int32_t status = entries ? warm_cache_list(c, ns, -1, begins, -1, &k) : warm_cache_list_namespaces(c, &k);
    shim_opened(x, k, status);
    R_xlen_t n = 0, room = 64;
    PROTECT_INDEX at;
    SEXP items = Rf_allocVector(VECSXP, room);
    PROTECT_WITH_INDEX(items, &at);
    while (shim_checked(warm_cache_cursor_next(k)) == WARM_OK) {
        if (n == room) REPROTECT(items = Rf_xlengthgets(items, room *= 2), at);
        SEXP item = shim_named(names, 2);
        SET_VECTOR_ELT(items, n++, item);
        SET_VECTOR_ELT(item, 0, shim_read_text(get_item_key, k));
        if (entries) {
            warm_blob_info info = fresh_info();
            shim_checked(warm_cache_cursor_info(k, &info));
            SET_VECTOR_ELT(item, 1, info_list(&info));
        }
    }
    finalize_cache_cursor(x);
    items = Rf_xlengthgets(items, n);
    UNPROTECT(2);
    return items;
}

/* ---- upkeep ---- */

SEXP r_cache_set_quota(SEXP cache, SEXP namespace, SEXP bytes)
{
    shim_checked(warm_cache_set_quota(cache_of(cache), shim_text(namespace, "a namespace"), -1, shim_whole(bytes, "bytes")));
    return R_NilValue;
}

SEXP r_cache_stats(SEXP cache, SEXP namespace)
{
    static const char *const names[] = {
        "memory_hits", "memory_misses", "disk_hits", "misses", "puts", "insertions", "memory_evictions", "disk_evictions", "expirations",
        "idle_deaths", "invalidations", "flushes", "version_conflicts", "refusals", "metadata_reads", "filter_skips",
        "filter_false_positives", "promotions_queued", "promotions_dropped", "promotions_done", "promotions_waiting", "stale_serves",
        "compression_skipped", "compressed_from_bytes", "compressed_to_bytes", "memory_entries", "memory_bytes", "memory_budget",
        "disk_entries", "disk_bytes", "disk_budget"};
    const char *ns = namespace_or_all(namespace);
    warm_cache_stats s;
    memset(&s, 0, sizeof s);
    s.struct_size = (uint32_t)sizeof s;
    shim_checked(warm_cache_get_stats(cache_of(cache), ns, length_or_all(ns), &s));
    const int64_t values[] = {
        s.memory_hits, s.memory_misses, s.disk_hits, s.misses, s.puts, s.insertions, s.memory_evictions, s.disk_evictions, s.expirations,
        s.idle_deaths, s.invalidations, s.flushes, s.version_conflicts, s.refusals, s.metadata_reads, s.filter_skips,
        s.filter_false_positives, s.promotions_queued, s.promotions_dropped, s.promotions_done, s.promotions_waiting, s.stale_serves,
        s.compression_skipped, s.compressed_from_bytes, s.compressed_to_bytes, s.memory_entries, s.memory_bytes, s.memory_budget,
        s.disk_entries, s.disk_bytes, s.disk_budget};
    const int n = (int)(sizeof values / sizeof values[0]);
    SEXP x = PROTECT(shim_named(names, n));
    for (int i = 0; i < n; ++i) SET_VECTOR_ELT(x, i, Rf_ScalarReal((double)values[i]));
    UNPROTECT(1);
    return x;
}

warm_cache *shim_cache_of(SEXP x) { return cache_of(x); }

SEXP r_cache_sweep(SEXP cache)
{
    shim_checked(warm_cache_sweep(cache_of(cache)));
    return R_NilValue;
}

static int32_t drain_cache(void *c, double seconds) { return warm_cache_drain(c, seconds); }
SEXP r_cache_drain(SEXP cache, SEXP timeout)
{
    return Rf_ScalarLogical(shim_wait_in_steps(drain_cache, cache_of(cache), shim_number(timeout, "timeout")) == WARM_OK);
}
