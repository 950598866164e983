/* Stores, entries, listings and tasks. */
#include "shim.h"
#include "calls.h"

#include <string.h>

/* ---- opening and closing ---- */

static void finalize_store(SEXP x)
{
    warm_store *s = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    warm_store_free(&s);
}

static void finalize_store_options(SEXP x)
{
    warm_store_options *o = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    warm_store_options_free(&o);
}

static void finalize_cursor(SEXP x)
{
    warm_cursor *c = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    warm_cursor_free(&c);
}

static void finalize_task(SEXP x)
{
    warm_task *t = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    warm_task_free(&t);
}

SEXP r_store_open_records(SEXP root)
{
    SEXP x = PROTECT(shim_handle("warm_store", finalize_store));
    const char *path = shim_text(root, "root");
    warm_store *s = NULL;
    const int32_t status = warm_store_open_records(path, -1, &s);
    R_SetExternalPtrAddr(x, s);
    shim_checked(status);
    UNPROTECT(1);
    return x;
}

SEXP r_store_open(SEXP root, SEXP size_budget, SEXP file_budget, SEXP memory_budget, SEXP ttl_seconds, SEXP durability, SEXP read_only)
{
    SEXP options = PROTECT(shim_handle("warm_store_options", finalize_store_options));
    SEXP x = PROTECT(shim_handle("warm_store", finalize_store));
    warm_store_options *o = NULL;
    shim_checked(warm_store_options_new(&o));
    R_SetExternalPtrAddr(options, o);
    if (size_budget != R_NilValue) shim_checked(warm_store_options_set_size_budget(o, shim_whole(size_budget, "size_budget")));
    if (file_budget != R_NilValue) shim_checked(warm_store_options_set_file_budget(o, shim_whole(file_budget, "file_budget")));
    if (memory_budget != R_NilValue) shim_checked(warm_store_options_set_memory_budget(o, shim_whole(memory_budget, "memory_budget")));
    if (ttl_seconds != R_NilValue) shim_checked(warm_store_options_set_ttl_seconds(o, shim_number(ttl_seconds, "ttl_seconds")));
    shim_checked(warm_store_options_set_durability(o, Rf_asInteger(durability)));
    shim_checked(warm_store_options_set_read_only(o, shim_flag(read_only, "read_only")));
    const char *path = shim_text(root, "root");
    warm_store *s = NULL;
    const int32_t status = warm_store_open(path, -1, o, &s);
    R_SetExternalPtrAddr(x, s);
    finalize_store_options(options);
    shim_checked(status);
    UNPROTECT(2);
    return x;
}

/* Frees what any handle holds, now. */
SEXP r_close(SEXP x)
{
    if (TYPEOF(x) != EXTPTRSXP) shim_refuse("an object of this package is needed here");
    void *address = R_ExternalPtrAddr(x);
    SEXP tag = R_ExternalPtrTag(x);
    if (address == NULL) return R_NilValue;
    if (tag == Rf_install("warm_store")) finalize_store(x);
    else if (tag == Rf_install("warm_task")) finalize_task(x);
    else if (tag == Rf_install("warm_record")) shim_close_record(x);
    else if (!shim_close_cache(x) && !shim_close_remote(x) && !shim_close_prefetch(x) && !shim_close_stream(x)) r_close_other(x);
    return R_NilValue;
}

static int32_t get_root(const void *s, char *buf, int64_t cap, int64_t *needed) { return warm_store_root(s, buf, cap, needed); }
SEXP r_store_root(SEXP store) { return shim_read_text(get_root, shim_store_of(store)); }

/* ---- saving and looking up ---- */

SEXP r_store_save(SEXP store, SEXP key, SEXP payload, SEXP objective, SEXP iteration, SEXP kind, SEXP slot)
{
    warm_store *s = shim_store_of(store);
    const warm_key k = shim_key_of(key);
    double f;
    int64_t it, len;
    const double *of = shim_objective(objective, &f);
    const int64_t *at = shim_iteration(iteration, &it);
    const void *bytes = shim_bytes(payload, &len);
    if (slot != R_NilValue) {
        shim_checked(warm_store_save_slot(s, &k, shim_text(slot, "run_id"), -1, bytes, len, of, at, Rf_asInteger(kind)));
        return slot;
    }
    char run_id[WARM_RUN_ID_MAX];
    shim_checked(warm_store_save(s, &k, bytes, len, of, at, Rf_asInteger(kind), run_id, sizeof run_id, NULL));
    return shim_string(run_id);
}

SEXP r_store_lookup(SEXP store, SEXP key, SEXP mode, SEXP run_id)
{
    warm_store *s = shim_store_of(store);
    const warm_key k = shim_key_of(key);
    const char *run = run_id == R_NilValue ? NULL : shim_text(run_id, "run_id");
    SEXP x = PROTECT(shim_entry_handle());
    warm_entry *e = NULL;
    const int32_t status = run ? warm_store_lookup_run(s, &k, run, -1, &e) : warm_store_lookup(s, &k, Rf_asInteger(mode), &e);
    R_SetExternalPtrAddr(x, e);
    UNPROTECT(1);
    return shim_checked(status) == WARM_OK ? x : R_NilValue;
}

SEXP r_store_remove(SEXP store, SEXP key, SEXP run_id)
{
    warm_store *s = shim_store_of(store);
    const warm_key k = shim_key_of(key);
    const int32_t status =
        run_id == R_NilValue ? warm_store_remove(s, &k) : warm_store_remove_entry(s, &k, shim_text(run_id, "run_id"), -1);
    return Rf_ScalarLogical(shim_checked(status) == WARM_OK);
}

SEXP r_store_pin(SEXP store, SEXP key, SEXP run_id, SEXP on)
{
    warm_store *s = shim_store_of(store);
    const warm_key k = shim_key_of(key);
    return Rf_ScalarLogical(shim_checked(warm_store_pin(s, &k, shim_text(run_id, "run_id"), -1, shim_flag(on, "on"))) == WARM_OK);
}

SEXP r_store_sweep(SEXP store)
{
    shim_checked(warm_store_sweep(shim_store_of(store)));
    return R_NilValue;
}

static int32_t flush_store(void *s, double seconds) { return warm_store_flush(s, seconds); }
SEXP r_store_flush(SEXP store, SEXP timeout)
{
    return Rf_ScalarLogical(shim_wait_in_steps(flush_store, shim_store_of(store), shim_number(timeout, "timeout")) == WARM_OK);
}

SEXP r_store_stats(SEXP store)
{
    static const char *const names[] = {"keys", "entries", "files", "bytes", "aside_files", "aside_bytes", "memory_bytes", "hits",
                                        "misses", "saves", "bytes_written", "evictions", "expirations", "damaged", "foreign", "save_seconds"};
    warm_store_stats c;
    memset(&c, 0, sizeof c);
    c.struct_size = (uint32_t)sizeof c;
    shim_checked(warm_store_get_stats(shim_store_of(store), &c));
    const double values[] = {(double)c.keys, (double)c.entries, (double)c.files, (double)c.bytes, (double)c.aside_files, (double)c.aside_bytes,
                             (double)c.memory_bytes, (double)c.hits, (double)c.misses, (double)c.saves, (double)c.bytes_written,
                             (double)c.evictions, (double)c.expirations, (double)c.damaged, (double)c.foreign, c.save_seconds};
    SEXP x = PROTECT(shim_named(names, 16));
    for (int i = 0; i < 16; ++i) SET_VECTOR_ELT(x, i, Rf_ScalarReal(values[i]));
    UNPROTECT(1);
    return x;
}

SEXP r_store_limits(SEXP store)
{
    static const char *const names[] = {"size_budget", "file_budget", "ttl_seconds"};
    warm_store_limits c;
    memset(&c, 0, sizeof c);
    c.struct_size = (uint32_t)sizeof c;
    shim_checked(warm_store_get_limits(shim_store_of(store), &c));
    const double values[] = {(double)c.size_budget, (double)c.file_budget, c.ttl_seconds};
    SEXP x = PROTECT(shim_named(names, 3));
    for (int i = 0; i < 3; ++i) SET_VECTOR_ELT(x, i, Rf_ScalarReal(values[i]));
    UNPROTECT(1);
    return x;
}

/* ---- listings ---- */

static SEXP key_of_item(const warm_cursor *c)
{
    warm_key key;
    char hex[65];
    shim_checked(warm_cursor_key(c, &key));
    shim_checked(warm_key_to_hex(&key, hex));
    return Rf_mkString(hex);
}

static int32_t get_item_run(const void *c, char *buf, int64_t cap, int64_t *needed) { return warm_cursor_run_id(c, buf, cap, needed); }
static int32_t get_item_text(const void *c, char *buf, int64_t cap, int64_t *needed) { return warm_cursor_text(c, buf, cap, needed); }

static SEXP entry_of_item(const warm_cursor *c)
{
    static const char *const names[] = {"run_id", "info", "label", "is_pinned", "durability", "last_used", "seed_keys", "key_fields"};
    warm_entry_info info;
    memset(&info, 0, sizeof info);
    info.struct_size = (uint32_t)sizeof info;
    shim_checked(warm_cursor_info(c, &info));
    warm_run_info run;
    memset(&run, 0, sizeof run);
    run.struct_size = (uint32_t)sizeof run;
    shim_checked(warm_cursor_run(c, &run));
    SEXP x = PROTECT(shim_named(names, 8));
    SET_VECTOR_ELT(x, 0, shim_read_text(get_item_run, c));
    SET_VECTOR_ELT(x, 1, shim_info_list(&info));
    SET_VECTOR_ELT(x, 2, run.has_label ? shim_read_text(get_item_text, c) : Rf_ScalarString(NA_STRING));
    SET_VECTOR_ELT(x, 3, Rf_ScalarLogical(run.is_pinned));
    SET_VECTOR_ELT(x, 4, Rf_mkString(run.durability == WARM_DURABILITY_FULL ? "full" : "process"));
    SET_VECTOR_ELT(x, 5, Rf_ScalarReal((double)run.last_used_unix_secs));
    SET_VECTOR_ELT(x, 6, Rf_ScalarReal((double)run.seed_keys));
    SET_VECTOR_ELT(x, 7, Rf_ScalarReal((double)run.key_fields));
    UNPROTECT(1);
    return x;
}

static SEXP finding_of_item(const warm_cursor *c)
{
    static const char *const names[] = {"problem", "action", "key", "run_id", "text"};
    warm_finding finding;
    memset(&finding, 0, sizeof finding);
    finding.struct_size = (uint32_t)sizeof finding;
    shim_checked(warm_cursor_finding(c, &finding));
    SEXP x = PROTECT(shim_named(names, 5));
    SET_VECTOR_ELT(x, 0, Rf_ScalarInteger(finding.problem));
    SET_VECTOR_ELT(x, 1, Rf_ScalarInteger(finding.action));
    SET_VECTOR_ELT(x, 2, finding.has_key ? key_of_item(c) : Rf_ScalarString(NA_STRING));
    SET_VECTOR_ELT(x, 3, shim_read_text(get_item_run, c));
    SET_VECTOR_ELT(x, 4, shim_read_text(get_item_text, c));
    UNPROTECT(1);
    return x;
}

SEXP r_store_keys(SEXP store)
{
    warm_store *s = shim_store_of(store);
    SEXP x = PROTECT(shim_handle("warm_cursor", finalize_cursor));
    warm_cursor *c = NULL;
    const int32_t status = warm_store_list_keys(s, &c);
    shim_opened(x, c, status);
    SEXP items = shim_listed(x, key_of_item);
    finalize_cursor(x);
    UNPROTECT(1);
    return items;
}

SEXP r_store_entries(SEXP store, SEXP key)
{
    warm_store *s = shim_store_of(store);
    const warm_key k = shim_key_of(key);
    SEXP x = PROTECT(shim_handle("warm_cursor", finalize_cursor));
    warm_cursor *c = NULL;
    const int32_t status = warm_store_list_entries(s, &k, &c);
    shim_opened(x, c, status);
    SEXP items = shim_listed(x, entry_of_item);
    finalize_cursor(x);
    UNPROTECT(1);
    return items;
}

/* ---- tasks ---- */

static warm_task *task_of(SEXP x) { return shim_address(x, "warm_task"); }

SEXP r_task_start(SEXP store, SEXP repair)
{
    const int is_cache = TYPEOF(store) == EXTPTRSXP && R_ExternalPtrTag(store) == Rf_install("warm_cache");
    warm_cache *of = is_cache ? shim_cache_of(store) : NULL;
    warm_store *s = is_cache ? NULL : shim_store_of(store);
    const int32_t repairs = shim_flag(repair, "repair");
    if (is_cache && repairs) shim_refuse("a cache is not repaired: what is damaged in it is not answered, and is evicted");
    SEXP x = PROTECT(shim_handle("warm_task", finalize_task));
    warm_task *t = NULL;
    const int32_t status = is_cache ? warm_cache_start_verify(of, &t) : repairs ? warm_store_start_repair(s, &t) : warm_store_start_verify(s, &t);
    shim_opened(x, t, status);
    UNPROTECT(1);
    return x;
}

SEXP r_cache_start_copy(SEXP cache, SEXP root)
{
    warm_cache *of = shim_cache_of(cache);
    const char *to = shim_text(root, "root");
    SEXP x = PROTECT(shim_handle("warm_task", finalize_task));
    warm_task *t = NULL;
    const int32_t status = warm_cache_start_copy(of, to, -1, &t);
    shim_opened(x, t, status);
    UNPROTECT(1);
    return x;
}

SEXP r_sweep_start(SEXP store, SEXP plan)
{
    warm_store *s = shim_store_of(store);
    const int32_t plans = shim_flag(plan, "plan");
    SEXP x = PROTECT(shim_handle("warm_task", finalize_task));
    warm_task *t = NULL;
    const int32_t status = plans ? warm_store_start_sweep_plan(s, &t) : warm_store_start_sweep(s, &t);
    shim_opened(x, t, status);
    UNPROTECT(1);
    return x;
}

static int32_t wait_task(void *t, double seconds) { return warm_task_wait(t, seconds); }
SEXP r_task_wait(SEXP task, SEXP timeout)
{
    return Rf_ScalarInteger(shim_wait_in_steps(wait_task, task_of(task), shim_number(timeout, "timeout")));
}

SEXP r_task_cancel(SEXP task)
{
    shim_checked(warm_task_cancel(task_of(task)));
    return R_NilValue;
}

SEXP r_task_progress(SEXP task)
{
    static const char *const names[] = {"cancelled", "keys_done", "keys_total", "entries_done", "bytes_done", "bytes_total", "seconds"};
    warm_task_progress c;
    memset(&c, 0, sizeof c);
    c.struct_size = (uint32_t)sizeof c;
    shim_checked(warm_task_get_progress(task_of(task), &c));
    const double values[] = {0, (double)c.keys_done, (double)c.keys_total, (double)c.entries_done, (double)c.bytes_done, (double)c.bytes_total, c.seconds};
    SEXP x = PROTECT(shim_named(names, 7));
    SET_VECTOR_ELT(x, 0, Rf_ScalarLogical(c.cancelled));
    for (int i = 1; i < 7; ++i) SET_VECTOR_ELT(x, i, Rf_ScalarReal(values[i]));
    UNPROTECT(1);
    return x;
}

SEXP r_task_report(SEXP task)
{
    static const char *const names[] = {"complete", "keys", "intact", "superseded", "damaged", "half_present", "foreign", "unreadable",
                                        "leavings", "unpublished", "payload_bytes", "moved_aside", "removed", "waiting", "failed",
                                        "expired", "evicted"};
    warm_check_report c;
    memset(&c, 0, sizeof c);
    c.struct_size = (uint32_t)sizeof c;
    shim_checked(warm_task_get_report(task_of(task), &c));
    const double values[] = {0, (double)c.keys, (double)c.intact, (double)c.superseded, (double)c.damaged, (double)c.half_present,
                             (double)c.foreign, (double)c.unreadable, (double)c.leavings, (double)c.unpublished, (double)c.payload_bytes, (double)c.moved_aside,
                             (double)c.removed, (double)c.waiting, (double)c.failed, (double)c.expired, (double)c.evicted};
    SEXP x = PROTECT(shim_named(names, 17));
    SET_VECTOR_ELT(x, 0, Rf_ScalarLogical(c.complete));
    for (int i = 1; i < 17; ++i) SET_VECTOR_ELT(x, i, Rf_ScalarReal(values[i]));
    UNPROTECT(1);
    return x;
}

SEXP r_task_findings(SEXP task)
{
    warm_task *t = task_of(task);
    SEXP x = PROTECT(shim_handle("warm_cursor", finalize_cursor));
    warm_cursor *c = NULL;
    const int32_t status = warm_task_findings(t, &c);
    shim_opened(x, c, status);
    SEXP items = shim_listed(x, finding_of_item);
    finalize_cursor(x);
    UNPROTECT(1);
    return items;
}

/* ---- entries ---- */

/* The bytes of an entry, or of a blob. */
static const void *payload_of(SEXP x, int64_t *len)
{
    const void *data = NULL;
    const int is_blob = TYPEOF(x) == EXTPTRSXP && R_ExternalPtrTag(x) == Rf_install("warm_blob");
    shim_checked(is_blob ? warm_blob_payload(shim_blob_of(x), &data, len) : warm_entry_payload(shim_entry_of(x), &data, len));
    return data;
}

SEXP r_entry_payload(SEXP entry)
{
    int64_t len;
    const void *data = payload_of(entry, &len);
    SEXP x = Rf_allocVector(RAWSXP, (R_xlen_t)len); /* the entry is an argument of R's: it stays */
    if (len > 0) memcpy(RAW(x), data, (size_t)len);
    return x;
}

SEXP r_entry_info(SEXP entry)
{
    warm_entry_info info;
    memset(&info, 0, sizeof info);
    info.struct_size = (uint32_t)sizeof info;
    shim_checked(warm_entry_get_info(shim_entry_of(entry), &info));
    return shim_info_list(&info);
}

SEXP r_entry_key(SEXP entry)
{
    warm_key key;
    char hex[65];
    shim_checked(warm_entry_key(shim_entry_of(entry), &key));
    shim_checked(warm_key_to_hex(&key, hex));
    return Rf_mkString(hex);
}

static int32_t get_entry_run(const void *e, char *buf, int64_t cap, int64_t *needed) { return warm_entry_run_id(e, buf, cap, needed); }
SEXP r_entry_run_id(SEXP entry) { return shim_read_text(get_entry_run, shim_entry_of(entry)); }

static int32_t get_entry_label(const void *e, char *buf, int64_t cap, int64_t *needed) { return warm_entry_label(e, buf, cap, needed); }
SEXP r_entry_label(SEXP entry)
{
    const warm_entry *e = shim_entry_of(entry);
    const int32_t status = warm_entry_label(e, NULL, 0, NULL);
    if (status == WARM_NOT_FOUND) return Rf_ScalarString(NA_STRING);
    return shim_read_text(get_entry_label, e);
}

/* ---- numeric payloads with attributes: doubles, attributes as R serializes them, their length, a mark ---- */

static const unsigned char mark[8] = {'W', 'A', 'R', 'M', 'R', 'A', 0xf4, 0x7f}; /* as a double: a NaN that no arithmetic makes */

SEXP r_join(SEXP numbers, SEXP attributes)
{
    const uint64_t doubles = (uint64_t)XLENGTH(numbers) * sizeof(double), extra = (uint64_t)XLENGTH(attributes);
    SEXP x = PROTECT(Rf_allocVector(RAWSXP, (R_xlen_t)(doubles + extra + 16)));
    unsigned char *out = RAW(x);
    if (doubles > 0) memcpy(out, REAL(numbers), doubles);
    if (extra > 0) memcpy(out + doubles, RAW(attributes), extra);
    for (int i = 0; i < 8; ++i) out[doubles + extra + (uint64_t)i] = (unsigned char)(extra >> (8 * i));
    memcpy(out + doubles + extra + 8, mark, 8);
    UNPROTECT(1);
    return x;
}

/* list(doubles, serialized attributes or NULL), or NULL where the bytes are no run of doubles. */
SEXP r_split(SEXP entry)
{
    int64_t len;
    const unsigned char *bytes = payload_of(entry, &len);
    uint64_t doubles = (uint64_t)len, extra = 0;
    int has_attributes = 0;
    if (len >= 16 && memcmp(bytes + len - 8, mark, 8) == 0) {
        for (int i = 0; i < 8; ++i) extra |= (uint64_t)bytes[len - 16 + i] << (8 * i);
        if (extra <= (uint64_t)len - 16 && ((uint64_t)len - 16 - extra) % sizeof(double) == 0) {
            has_attributes = 1;
            doubles = (uint64_t)len - 16 - extra;
        }
    }
    if (doubles % sizeof(double) != 0) return R_NilValue;
    SEXP x = PROTECT(Rf_allocVector(VECSXP, 2));
    SEXP numbers = Rf_allocVector(REALSXP, (R_xlen_t)(doubles / sizeof(double)));
    SET_VECTOR_ELT(x, 0, numbers);
    if (doubles > 0) memcpy(REAL(numbers), bytes, doubles);
    if (has_attributes) {
        SEXP attributes = Rf_allocVector(RAWSXP, (R_xlen_t)extra);
        SET_VECTOR_ELT(x, 1, attributes);
        if (extra > 0) memcpy(RAW(attributes), bytes + doubles, extra);
    }
    UNPROTECT(1);
    return x;
}
