/* How fits begin: seeds, failed restarts, why a key missed; and what is kept. */
#include "shim.h"
#include "calls.h"

#include <string.h>

SEXP r_session_use_seed(SEXP session, SEXP at_seed, SEXP at_cold)
{
    double seed, cold;
    warm_session *s = shim_session_of(session);
    const double *of_seed = shim_objective(at_seed, &seed), *of_cold = shim_objective(at_cold, &cold);
    return Rf_ScalarLogical(shim_checked(warm_session_should_use_seed(s, of_seed, of_cold)));
}

SEXP r_session_saved(SEXP session, SEXP iterations)
{
    warm_session *s = shim_session_of(session);
    const double n = shim_number(iterations, "iterations");
    if (!(n >= -9007199254740992.0 && n <= 9007199254740992.0)) shim_refuse("iterations is a whole number");
    shim_checked(warm_session_note_iterations_saved(s, (int64_t)n));
    return R_NilValue;
}

SEXP r_start_stats(SEXP x)
{
    static const char *const names[] = {"seed_level", "seeds_offered", "seeds_taken", "seeds_refused", "iterations_saved", "passed_over"};
    warm_start_stats c;
    memset(&c, 0, sizeof c);
    c.struct_size = (uint32_t)sizeof c;
    if (R_ExternalPtrTag(x) == Rf_install("warm_session"))
        shim_checked(warm_session_get_start_stats(shim_session_of(x), &c));
    else
        shim_checked(warm_store_get_start_stats(shim_store_of(x), &c));
    const double values[] = {c.seed_level < 0 ? NA_REAL : (double)c.seed_level, (double)c.seeds_offered, (double)c.seeds_taken,
                             (double)c.seeds_refused, (double)c.iterations_saved, (double)c.passed_over};
    SEXP list = PROTECT(shim_named(names, 6));
    for (int i = 0; i < 6; ++i) SET_VECTOR_ELT(list, i, Rf_ScalarReal(values[i]));
    UNPROTECT(1);
    return list;
}

SEXP r_entry_seed_level(SEXP entry)
{
    int32_t level = -1;
    shim_checked(warm_entry_seed_level(shim_entry_of(entry), &level));
    return Rf_ScalarReal(level < 0 ? NA_REAL : (double)level);
}

/* ---- why a key missed ---- */

static void finalize_miss(SEXP x)
{
    warm_miss *m = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    warm_miss_free(&m);
}

static void finalize_fields(SEXP x)
{
    warm_cursor *c = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    warm_cursor_free(&c);
}

static int32_t get_miss_text(const void *m, char *buf, int64_t cap, int64_t *needed) { return warm_miss_text(m, buf, cap, needed); }
static int32_t get_tag(const void *c, char *buf, int64_t cap, int64_t *needed) { return warm_cursor_text(c, buf, cap, needed); }

/* list(key, text, tags, states, keys_compared, keys_listed). */
static SEXP told(const warm_miss *m)
{
    static const char *const names[] = {"key", "text", "tags", "states", "keys_compared", "keys_listed"};
    SEXP fields = PROTECT(shim_handle("warm_cursor", finalize_fields));
    warm_miss_info info;
    memset(&info, 0, sizeof info);
    info.struct_size = (uint32_t)sizeof info;
    shim_checked(warm_miss_get_info(m, &info));
    warm_key key;
    char hex[65];
    shim_checked(warm_miss_key(m, &key));
    shim_checked(warm_key_to_hex(&key, hex));
    warm_cursor *c = NULL;
    const int32_t list = warm_miss_list_fields(m, &c);
    R_SetExternalPtrAddr(fields, c);
    shim_checked(list);
    const R_xlen_t n = (R_xlen_t)(info.equal + info.differing + info.only_here + info.only_there);
    SEXP x = PROTECT(shim_named(names, 6));
    SET_VECTOR_ELT(x, 0, Rf_mkString(hex));
    SET_VECTOR_ELT(x, 1, shim_read_text(get_miss_text, m));
    SEXP tags = Rf_allocVector(STRSXP, n);
    SET_VECTOR_ELT(x, 2, tags);
    SEXP states = Rf_allocVector(INTSXP, n);
    SET_VECTOR_ELT(x, 3, states);
    for (R_xlen_t i = 0; i < n && shim_checked(warm_cursor_next(c)) == WARM_OK; ++i) {
        warm_field field;
        memset(&field, 0, sizeof field);
        field.struct_size = (uint32_t)sizeof field;
        shim_checked(warm_cursor_field(c, &field));
        INTEGER(states)[i] = field.state;
        SEXP tag = PROTECT(shim_read_text(get_tag, c));
        SET_STRING_ELT(tags, i, STRING_ELT(tag, 0));
        UNPROTECT(1);
    }
    SET_VECTOR_ELT(x, 4, Rf_ScalarReal((double)info.keys_compared));
    SET_VECTOR_ELT(x, 5, Rf_ScalarReal((double)info.keys_listed));
    UNPROTECT(2);
    return x;
}

/* The same, or NULL. */
SEXP r_session_explain(SEXP session, SEXP timeout)
{
    warm_session *s = shim_session_of(session);
    const double seconds = shim_number(timeout, "timeout");
    SEXP held = PROTECT(shim_handle("warm_miss", finalize_miss));
    warm_miss *m = NULL;
    const int32_t status = warm_session_explain_miss(s, seconds, &m);
    shim_opened(held, m, status);
    SEXP x = status == WARM_OK ? told(m) : R_NilValue;
    UNPROTECT(1);
    return x;
}

SEXP r_store_explain(SEXP store, SEXP key, SEXP timeout)
{
    warm_store *s = shim_store_of(store);
    const warm_key k = shim_key_of(key);
    const double seconds = shim_number(timeout, "timeout");
    SEXP held = PROTECT(shim_handle("warm_miss", finalize_miss));
    warm_miss *m = NULL;
    const int32_t status = warm_store_explain(s, &k, seconds, &m);
    shim_opened(held, m, status);
    SEXP x = status == WARM_OK ? told(m) : R_NilValue;
    UNPROTECT(1);
    return x;
}

/* ---- what is kept, and what is tried again ---- */

SEXP r_store_retain(SEXP store, SEXP key, SEXP last, SEXP best)
{
    warm_store *s = shim_store_of(store);
    const warm_key k = shim_key_of(key);
    const int64_t of_last = shim_whole(last, "last"), of_best = shim_whole(best, "best");
    int64_t removed = 0;
    shim_checked(warm_store_retain(s, &k, of_last, of_best, &removed));
    return Rf_ScalarReal((double)removed);
}

SEXP r_store_restarts(SEXP store, SEXP key, SEXP run, SEXP reset)
{
    warm_store *s = shim_store_of(store);
    const warm_key k = shim_key_of(key);
    const char *of = run == R_NilValue ? NULL : shim_text(run, "run_id");
    const int64_t len = of == NULL ? 0 : -1;
    if (shim_flag(reset, "reset")) return Rf_ScalarLogical(shim_checked(warm_store_reset_restarts(s, &k, of, len)) == WARM_OK);
    int64_t count = 0;
    shim_checked(warm_store_failed_restarts(s, &k, of, len, &count));
    return Rf_ScalarReal((double)count);
}
