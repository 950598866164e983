/* Sessions. */
#include "shim.h"
#include "calls.h"

static void finalize_session(SEXP x)
{
    warm_session *s = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    warm_session_free(&s);
}

static void finalize_session_options(SEXP x)
{
    warm_session_options *o = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    warm_session_options_free(&o);
}

SEXP r_session_open(SEXP store, SEXP key, SEXP min_interval, SEXP background, SEXP lookup, SEXP fingerprint, SEXP label, SEXP seed_keys,
                    SEXP keep_last, SEXP keep_best, SEXP max_failed_restarts, SEXP when)
{
    warm_store *s = shim_store_of(store);
    const warm_key k = shim_key_of(key);
    SEXP options = PROTECT(shim_handle("warm_session_options", finalize_session_options));
    SEXP x = PROTECT(shim_handle("warm_session", finalize_session));
    warm_session_options *o = NULL;
    shim_checked(warm_session_options_new(&o));
    R_SetExternalPtrAddr(options, o);
    if (min_interval != R_NilValue)
        shim_checked(warm_session_options_set_min_interval_seconds(o, shim_number(min_interval, "min_interval")));
    shim_checked(warm_session_options_set_background(o, shim_flag(background, "background")));
    shim_checked(warm_session_options_set_lookup(o, Rf_asInteger(lookup)));
    /* warm_finish waits in steps of this. */
    shim_checked(warm_session_options_set_finish_timeout_seconds(o, 0.1));
    if (fingerprint != R_NilValue) shim_checked(warm_session_options_set_fingerprint(o, shim_fingerprinter_of(fingerprint)));
    if (seed_keys != R_NilValue && TYPEOF(seed_keys) != STRSXP) shim_refuse("seed_keys are keys");
    for (R_xlen_t i = 0; i < Rf_xlength(seed_keys); ++i) {
        SEXP one = PROTECT(Rf_ScalarString(STRING_ELT(seed_keys, i)));
        const warm_key seed = shim_key_of(one);
        UNPROTECT(1);
        shim_checked(warm_session_options_add_seed_key(o, &seed));
    }
    if (keep_last != R_NilValue) shim_checked(warm_session_options_set_keep_last(o, shim_whole(keep_last, "keep_last")));
    if (keep_best != R_NilValue) shim_checked(warm_session_options_set_keep_best(o, shim_whole(keep_best, "keep_best")));
    if (max_failed_restarts != R_NilValue)
        shim_checked(warm_session_options_set_max_failed_restarts(o, shim_whole(max_failed_restarts, "max_failed_restarts")));
    if (label != R_NilValue) shim_checked(warm_session_options_set_label(o, shim_text(label, "label"), -1));
    shim_set_when(o, when);
    warm_session *opened = NULL;
    const int32_t status = warm_session_open(s, &k, o, &opened);
    R_SetExternalPtrAddr(x, opened);
    finalize_session_options(options);
    shim_checked(status);
    UNPROTECT(2);
    return x;
}

static SEXP entry_by(SEXP session, int32_t (*get)(warm_session *, warm_entry **))
{
    warm_session *s = shim_session_of(session);
    SEXP x = PROTECT(shim_entry_handle());
    warm_entry *e = NULL;
    const int32_t status = get(s, &e);
    R_SetExternalPtrAddr(x, e);
    UNPROTECT(1);
    return shim_checked(status) == WARM_OK ? x : R_NilValue;
}

SEXP r_session_load(SEXP session) { return entry_by(session, warm_session_load); }
SEXP r_session_peek(SEXP session) { return entry_by(session, warm_session_peek); }

SEXP r_session_preload(SEXP session, SEXP entry)
{
    shim_checked(warm_session_preload(shim_session_of(session), shim_entry_of(entry)));
    return R_NilValue;
}

typedef int32_t (*writer)(warm_session *, const void *, int64_t, const double *, const int64_t *);

static SEXP written_by(writer write, SEXP session, SEXP payload, SEXP objective, SEXP iteration)
{
    warm_session *s = shim_session_of(session);
    double f;
    int64_t it, len;
    const double *of = shim_objective(objective, &f);
    const int64_t *at = shim_iteration(iteration, &it);
    const void *bytes = shim_bytes(payload, &len);
    return Rf_ScalarInteger(shim_checked(write(s, bytes, len, of, at)));
}

SEXP r_session_checkpoint(SEXP session, SEXP payload, SEXP objective, SEXP iteration)
{
    return written_by(warm_session_checkpoint, session, payload, objective, iteration);
}

SEXP r_session_checkpoint_now(SEXP session, SEXP payload, SEXP objective, SEXP iteration)
{
    return written_by(warm_session_checkpoint_now, session, payload, objective, iteration);
}

SEXP r_session_finalize(SEXP session, SEXP payload, SEXP objective, SEXP iteration)
{
    return written_by(warm_session_finalize, session, payload, objective, iteration);
}

SEXP r_session_should_checkpoint(SEXP session, SEXP objective)
{
    double f;
    return Rf_ScalarLogical(shim_checked(warm_session_should_checkpoint(shim_session_of(session), shim_objective(objective, &f))));
}

static int32_t get_session_run(const void *s, char *buf, int64_t cap, int64_t *needed) { return warm_session_run_id(s, buf, cap, needed); }
SEXP r_session_run_id(SEXP session) { return shim_read_text(get_session_run, shim_session_of(session)); }

static int32_t flush_session(void *s, double seconds) { return warm_session_flush(s, seconds); }
SEXP r_session_flush(SEXP session, SEXP timeout)
{
    return Rf_ScalarLogical(shim_wait_in_steps(flush_session, shim_session_of(session), shim_number(timeout, "timeout")) == WARM_OK);
}

static int32_t finish_session(void *s, double seconds)
{
    (void)seconds; /* the option set when it was opened */
    return warm_session_finish(s);
}
SEXP r_session_finish(SEXP session, SEXP timeout)
{
    return Rf_ScalarLogical(shim_wait_in_steps(finish_session, shim_session_of(session), shim_number(timeout, "timeout")) == WARM_OK);
}

SEXP r_close_other(SEXP x)
{
    SEXP tag = R_ExternalPtrTag(x);
    if (tag == Rf_install("warm_session")) {
        finalize_session(x);
    } else if (tag == Rf_install("warm_entry")) {
        warm_entry *e = R_ExternalPtrAddr(x);
        R_ClearExternalPtr(x);
        warm_entry_free(&e);
    } else if (tag == Rf_install("warm_fingerprinter")) {
        warm_fingerprinter *f = R_ExternalPtrAddr(x);
        R_ClearExternalPtr(x);
        warm_fingerprinter_free(&f);
    }
    return R_NilValue;
}
