/* Entries from store to store, keys as they are found, and sessions seen from outside. */
#include "shim.h"
#include "calls.h"

#include <string.h>

static void finalize_stream(SEXP x)
{
    warm_cursor *c = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    warm_cursor_free(&c);
}

/* Frees what a stream's handle holds, now; whether it was one. */
int shim_close_stream(SEXP x)
{
    if (R_ExternalPtrTag(x) != Rf_install("warm_key_stream")) return 0;
    finalize_stream(x);
    return 1;
}

SEXP r_store_stream_keys(SEXP store)
{
    warm_store *s = shim_store_of(store);
    SEXP x = PROTECT(shim_handle("warm_key_stream", finalize_stream));
    warm_cursor *c = NULL;
    const int32_t status = warm_store_stream_keys(s, &c);
    shim_opened(x, c, status);
    UNPROTECT(1);
    return x;
}

/* At most `n` more; fewer at the end only. */
SEXP r_stream_next(SEXP stream, SEXP n)
{
    warm_cursor *c = shim_address(stream, "warm_key_stream");
    const int64_t most = shim_whole(n, "n");
    if (most < 1 || most > INT32_MAX) shim_refuse("n is a number of keys, 1 or more");
    R_xlen_t found = 0, room = most < 1000 ? (R_xlen_t)most : 1000;
    PROTECT_INDEX at;
    SEXP keys = Rf_allocVector(STRSXP, room);
    PROTECT_WITH_INDEX(keys, &at);
    while (found < most && shim_checked(warm_cursor_next(c)) == WARM_OK) {
        warm_key key;
        char hex[65];
        shim_checked(warm_cursor_key(c, &key));
        shim_checked(warm_key_to_hex(&key, hex));
        if (found == room) REPROTECT(keys = Rf_xlengthgets(keys, room *= 2), at);
        SET_STRING_ELT(keys, found++, Rf_mkChar(hex));
        if (found % 1000 == 0) R_CheckUserInterrupt();
    }
    keys = Rf_xlengthgets(keys, found);
    UNPROTECT(1);
    return keys;
}

static int32_t get_run(const void *c, char *buf, int64_t cap, int64_t *needed) { return warm_cursor_run_id(c, buf, cap, needed); }
static int32_t get_text(const void *c, char *buf, int64_t cap, int64_t *needed) { return warm_cursor_text(c, buf, cap, needed); }
static int32_t get_name(const void *c, char *buf, int64_t cap, int64_t *needed) { return warm_cursor_name(c, buf, cap, needed); }

static SEXP session_of_item(const warm_cursor *c)
{
    static const char *const names[] = {"key", "run_id", "label", "host", "process_id", "opened", "reported", "progress"};
    warm_live_session session;
    warm_session_progress progress;
    warm_key key;
    char hex[65];
    memset(&session, 0, sizeof session);
    memset(&progress, 0, sizeof progress);
    session.struct_size = (uint32_t)sizeof session;
    progress.struct_size = (uint32_t)sizeof progress;
    shim_checked(warm_cursor_session(c, &session));
    shim_checked(warm_cursor_progress(c, &progress));
    shim_checked(warm_cursor_key(c, &key));
    shim_checked(warm_key_to_hex(&key, hex));
    SEXP x = PROTECT(shim_named(names, 8));
    SET_VECTOR_ELT(x, 0, Rf_mkString(hex));
    SET_VECTOR_ELT(x, 1, shim_read_text(get_run, c));
    SET_VECTOR_ELT(x, 2, session.has_label ? shim_read_text(get_text, c) : Rf_ScalarString(NA_STRING));
    SET_VECTOR_ELT(x, 3, shim_read_text(get_name, c));
    SET_VECTOR_ELT(x, 4, Rf_ScalarReal((double)session.process_id));
    SET_VECTOR_ELT(x, 5, Rf_ScalarReal(session.opened_unix_seconds));
    SET_VECTOR_ELT(x, 6, Rf_ScalarReal(session.reported_unix_seconds));
    SET_VECTOR_ELT(x, 7, shim_progress_list(&progress));
    UNPROTECT(1);
    return x;
}

SEXP r_store_sessions(SEXP store)
{
    warm_store *s = shim_store_of(store);
    SEXP x = PROTECT(shim_handle("warm_cursor", finalize_stream));
    warm_cursor *c = NULL;
    const int32_t status = warm_store_list_sessions(s, &c);
    shim_opened(x, c, status);
    SEXP items = shim_listed(x, session_of_item);
    finalize_stream(x);
    UNPROTECT(1);
    return items;
}

SEXP r_store_export(SEXP store, SEXP key, SEXP run_id)
{
    static const char *const names[] = {"metadata", "entry"};
    warm_store *s = shim_store_of(store);
    const warm_key k = shim_key_of(key);
    const char *run = shim_text(run_id, "run_id");
    SEXP x = PROTECT(shim_named(names, 2));
    SEXP entry = shim_entry_handle();
    SET_VECTOR_ELT(x, 1, entry);
    char *room = R_alloc(WARM_METADATA_MAX, 1);
    int64_t needed = 0;
    warm_entry *e = NULL;
    const int32_t status = warm_store_export_entry(s, &k, run, -1, room, WARM_METADATA_MAX, &needed, &e);
    R_SetExternalPtrAddr(entry, e);
    if (shim_checked(status) != WARM_OK) {
        UNPROTECT(1);
        return R_NilValue;
    }
    SEXP metadata = Rf_allocVector(RAWSXP, (R_xlen_t)needed);
    SET_VECTOR_ELT(x, 0, metadata);
    memcpy(RAW(metadata), room, (size_t)needed);
    UNPROTECT(1);
    return x;
}

SEXP r_store_import(SEXP store, SEXP key, SEXP run_id, SEXP metadata, SEXP payload)
{
    warm_store *s = shim_store_of(store);
    const warm_key k = shim_key_of(key);
    const char *run = shim_text(run_id, "run_id");
    if (TYPEOF(metadata) != RAWSXP || TYPEOF(payload) != RAWSXP) shim_refuse("metadata and payload are raw vectors, as warm_export() and warm_payload() give them");
    int64_t length, len;
    const void *json = shim_bytes(metadata, &length), *bytes = shim_bytes(payload, &len);
    int32_t became = 0;
    shim_checked(warm_store_import_entry(s, &k, run, -1, json, length, bytes, len, &became));
    return Rf_ScalarInteger(became);
}
