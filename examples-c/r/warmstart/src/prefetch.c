/* The prefetch worker. */
#include "shim.h"
#include "calls.h"

#include <string.h>

static void finalize_prefetch(SEXP x)
{
    warm_prefetch *p = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    warm_prefetch_free(&p);
}

static void finalize_prefetch_options(SEXP x)
{
    warm_prefetch_options *o = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    warm_prefetch_options_free(&o);
}

static void finalize_plan(SEXP x)
{
    warm_cursor *c = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    warm_cursor_free(&c);
}

static warm_prefetch *prefetch_of(SEXP x) { return shim_address(x, "warm_prefetch"); }

/* Ends what a worker's handle holds, now; whether it was one. */
int shim_close_prefetch(SEXP x)
{
    if (R_ExternalPtrTag(x) != Rf_install("warm_prefetch")) return 0;
    finalize_prefetch(x);
    return 1;
}

/* The numbers of a vector that has to have so many. */
static const double *numbers_of(SEXP x, R_xlen_t n, const char *what)
{
    if (TYPEOF(x) != REALSXP || XLENGTH(x) != n) shim_refuse("%s is a vector of %d numbers", what, (int)n);
    return REAL(x);
}

/* Of the options, in R's order, NULL is not set. */
SEXP r_prefetch_start(SEXP remote, SEXP options)
{
    typedef int32_t (*setter)(warm_prefetch_options *, double);
    static const setter seconds[] = {warm_prefetch_options_set_half_life_seconds, warm_prefetch_options_set_interval_seconds,
                                     warm_prefetch_options_set_cycle_seconds, warm_prefetch_options_set_fetch_deadline_seconds,
                                     warm_prefetch_options_set_listing_deadline_seconds};
    static const char *const names[] = {"half_life_seconds", "interval_seconds", "cycle_seconds", "fetch_deadline_seconds",
                                        "listing_deadline_seconds"};
    warm_remote *r = shim_address(remote, "warm_remote");
    SEXP held = PROTECT(shim_handle("warm_prefetch_options", finalize_prefetch_options));
    SEXP x = PROTECT(shim_handle("warm_prefetch", finalize_prefetch));
    warm_prefetch_options *o = NULL;
    const int32_t made = warm_prefetch_options_new(&o);
    shim_opened(held, o, made);
    for (int i = 0; i < 5; ++i) {
        SEXP value = VECTOR_ELT(options, i);
        if (value != R_NilValue) shim_checked(seconds[i](o, shim_number(value, names[i])));
    }
    SEXP parallel = VECTOR_ELT(options, 5), bytes = VECTOR_ELT(options, 6), weights = VECTOR_ELT(options, 7), pauses = VECTOR_ELT(options, 8);
    if (parallel != R_NilValue) shim_checked(warm_prefetch_options_set_parallel(o, shim_whole(parallel, "parallel")));
    if (bytes != R_NilValue) shim_checked(warm_prefetch_options_set_cycle_bytes(o, shim_whole(bytes, "cycle_bytes")));
    if (weights != R_NilValue) {
        const double *w = numbers_of(weights, 3, "weights");
        shim_checked(warm_prefetch_options_set_weights(o, w[0], w[1], w[2]));
    }
    if (pauses != R_NilValue) {
        const double *p = numbers_of(pauses, 2, "back_off_seconds");
        shim_checked(warm_prefetch_options_set_back_off_seconds(o, p[0], p[1]));
    }
    shim_checked(warm_prefetch_options_set_dry_run(o, shim_flag(VECTOR_ELT(options, 9), "dry_run")));
    warm_prefetch *p = NULL;
    const int32_t status = warm_remote_start_prefetch(r, o, &p);
    R_SetExternalPtrAddr(x, p);
    finalize_prefetch_options(held);
    shim_checked(status);
    UNPROTECT(2);
    return x;
}

SEXP r_prefetch_start_again(SEXP prefetch)
{
    shim_checked(warm_prefetch_start(prefetch_of(prefetch)));
    return R_NilValue;
}

static int32_t stop_step(void *p, double seconds) { return warm_prefetch_stop(p, seconds); }
SEXP r_prefetch_stop(SEXP prefetch, SEXP timeout)
{
    return Rf_ScalarLogical(shim_wait_in_steps(stop_step, prefetch_of(prefetch), shim_number(timeout, "timeout")) == WARM_OK);
}

SEXP r_prefetch_hint(SEXP prefetch, SEXP keys)
{
    warm_prefetch *p = prefetch_of(prefetch);
    if (TYPEOF(keys) != STRSXP) shim_refuse("keys are texts of 64 hexadecimal digits");
    const R_xlen_t n = XLENGTH(keys);
    warm_key *all = (warm_key *)R_alloc((size_t)n + 1, sizeof *all);
    for (R_xlen_t i = 0; i < n; ++i) {
        SEXP one = PROTECT(Rf_ScalarString(STRING_ELT(keys, i)));
        all[i] = shim_key_of(one);
        UNPROTECT(1);
    }
    int64_t accepted = 0;
    shim_checked(warm_prefetch_hint(p, all, (int64_t)n, &accepted));
    return Rf_ScalarReal((double)accepted);
}

SEXP r_prefetch_hint_chain(SEXP prefetch, SEXP key, SEXP most, SEXP direction)
{
    warm_prefetch *p = prefetch_of(prefetch);
    const warm_key k = shim_key_of(key);
    int64_t accepted = 0;
    shim_checked(warm_prefetch_hint_chain(p, &k, shim_whole(most, "most"), Rf_asInteger(direction), &accepted));
    return Rf_ScalarReal((double)accepted);
}

struct waiting {
    warm_prefetch *prefetch;
    warm_key key;
};
static int32_t wait_step(void *x, double seconds)
{
    const struct waiting *w = x;
    return warm_prefetch_wait(w->prefetch, &w->key, seconds);
}
SEXP r_prefetch_wait(SEXP prefetch, SEXP key, SEXP timeout)
{
    struct waiting w;
    w.prefetch = prefetch_of(prefetch);
    w.key = shim_key_of(key);
    return Rf_ScalarInteger(shim_wait_in_steps(wait_step, &w, shim_number(timeout, "timeout")));
}

SEXP r_prefetch_cancel(SEXP prefetch, SEXP key)
{
    warm_prefetch *p = prefetch_of(prefetch);
    const warm_key k = shim_key_of(key);
    shim_checked(warm_prefetch_cancel(p, &k));
    return R_NilValue;
}

SEXP r_prefetch_refresh(SEXP prefetch)
{
    shim_checked(warm_prefetch_refresh(prefetch_of(prefetch)));
    return R_NilValue;
}

/* A key that may not be there. */
static const warm_key *key_or_null(SEXP x, warm_key *room)
{
    if (x == R_NilValue) return NULL;
    *room = shim_key_of(x);
    return room;
}

/* Of what is known, in R's order, NULL is not said. */
SEXP r_prefetch_note(SEXP prefetch, SEXP key, SEXP known)
{
    warm_prefetch *p = prefetch_of(prefetch);
    const warm_key k = shim_key_of(key);
    warm_key parent, model;
    SEXP size = VECTOR_ELT(known, 4), when = VECTOR_ELT(known, 5), run = VECTOR_ELT(known, 6);
    const warm_key *from = key_or_null(VECTOR_ELT(known, 0), &parent), *of = key_or_null(VECTOR_ELT(known, 2), &model);
    const int64_t sequence = shim_whole(VECTOR_ELT(known, 1), "sequence");
    const char *ns = shim_text(VECTOR_ELT(known, 3), "namespace");
    const int64_t bytes = size == R_NilValue ? 0 : shim_whole(size, "payload_bytes");
    const int64_t accessed = when == R_NilValue ? 0 : shim_whole(when, "last_access");
    const char *run_id = run == R_NilValue ? "" : shim_text(run, "run_id");
    shim_checked(warm_prefetch_note(p, &k, run_id, -1, from, sequence, size == R_NilValue ? NULL : &bytes, when == R_NilValue ? NULL : &accessed, of,
                                    ns, -1));
    return R_NilValue;
}

SEXP r_prefetch_model(SEXP prefetch, SEXP model)
{
    warm_prefetch *p = prefetch_of(prefetch);
    warm_key room;
    shim_checked(warm_prefetch_set_active_model(p, key_or_null(model, &room)));
    return R_NilValue;
}

static SEXP planned_of_item(const warm_cursor *c)
{
    static const char *const names[] = {"key", "score"};
    warm_key key;
    char hex[65];
    double score = 0;
    shim_checked(warm_cursor_key(c, &key));
    shim_checked(warm_key_to_hex(&key, hex));
    shim_checked(warm_cursor_score(c, &score));
    SEXP x = PROTECT(shim_named(names, 2));
    SET_VECTOR_ELT(x, 0, Rf_mkString(hex));
    SET_VECTOR_ELT(x, 1, Rf_ScalarReal(score));
    UNPROTECT(1);
    return x;
}

SEXP r_prefetch_plan(SEXP prefetch, SEXP most)
{
    warm_prefetch *p = prefetch_of(prefetch);
    const int64_t n = shim_whole(most, "most");
    SEXP x = PROTECT(shim_handle("warm_cursor", finalize_plan));
    warm_cursor *c = NULL;
    const int32_t status = warm_prefetch_plan(p, n, &c);
    shim_opened(x, c, status);
    SEXP items = shim_listed(x, planned_of_item);
    finalize_plan(x);
    UNPROTECT(1);
    return items;
}

static SEXP figures(const char *const *names, const double *values, int n)
{
    SEXP x = PROTECT(shim_named(names, n));
    for (int i = 0; i < n; ++i) SET_VECTOR_ELT(x, i, Rf_ScalarReal(values[i]));
    UNPROTECT(1);
    return x;
}

SEXP r_prefetch_stats(SEXP prefetch)
{
    static const char *const names[] = {"is_running", "cycles", "scored", "resident_met", "selected", "over_budget", "fetched", "bytes",
                                        "not_found", "failed", "cancelled", "deferred", "corrupt", "panics", "hints", "hints_dropped",
                                        "hints_fetched", "listings", "listings_failed", "useful_bytes", "wasted_bytes", "unasked_bytes",
                                        "entries", "resident", "index_bytes", "hanging", "busy_seconds"};
    warm_prefetch_stats c;
    memset(&c, 0, sizeof c);
    c.struct_size = (uint32_t)sizeof c;
    shim_checked(warm_prefetch_get_stats(prefetch_of(prefetch), &c));
    const double values[] = {0, (double)c.cycles, (double)c.scored, (double)c.resident_met, (double)c.selected, (double)c.over_budget,
                             (double)c.fetched, (double)c.bytes, (double)c.not_found, (double)c.failed, (double)c.cancelled,
                             (double)c.deferred, (double)c.corrupt, (double)c.panics, (double)c.hints, (double)c.hints_dropped,
                             (double)c.hints_fetched, (double)c.listings, (double)c.listings_failed, (double)c.useful_bytes,
                             (double)c.wasted_bytes, (double)c.unasked_bytes, (double)c.entries, (double)c.resident,
                             (double)c.index_bytes, (double)c.hanging, c.busy_seconds};
    SEXP x = PROTECT(figures(names, values, (int)(sizeof values / sizeof values[0])));
    SET_VECTOR_ELT(x, 0, Rf_ScalarLogical(c.is_running));
    UNPROTECT(1);
    return x;
}

/* NULL before the first. */
SEXP r_prefetch_cycle(SEXP prefetch)
{
    static const char *const names[] = {"number", "scored", "resident", "in_back_off", "selected", "over_budget", "fetched", "bytes",
                                        "not_found", "failed", "cancelled", "deferred", "corrupt", "panics", "selecting_seconds",
                                        "elapsed_seconds"};
    warm_prefetch_cycle c;
    memset(&c, 0, sizeof c);
    c.struct_size = (uint32_t)sizeof c;
    if (shim_checked(warm_prefetch_get_last_cycle(prefetch_of(prefetch), &c)) == WARM_NOT_FOUND) return R_NilValue;
    const double values[] = {(double)c.number, (double)c.scored, (double)c.resident, (double)c.in_back_off, (double)c.selected,
                             (double)c.over_budget, (double)c.fetched, (double)c.bytes, (double)c.not_found, (double)c.failed,
                             (double)c.cancelled, (double)c.deferred, (double)c.corrupt, (double)c.panics, c.selecting_seconds,
                             c.elapsed_seconds};
    return figures(names, values, (int)(sizeof values / sizeof values[0]));
}
