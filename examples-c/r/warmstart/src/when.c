/* When sessions write and stop, what they say of themselves, and signals. */
#include "shim.h"
#include "calls.h"

#include <signal.h>

/* What is not NULL, in this order: every, max_share, mean_time_between_failures, formula, deadline_seconds, deadline_unix, scheduler,
 * halt_file, stop_margin. */
void shim_set_when(warm_session_options *o, SEXP when)
{
    enum { EVERY, MAX_SHARE, MEAN_TIME, FORMULA, DEADLINE, DEADLINE_UNIX, SCHEDULER, HALT_FILE, STOP_MARGIN, SETTINGS };
    if (TYPEOF(when) != VECSXP || XLENGTH(when) != SETTINGS) shim_refuse("the options are a list of %d", (int)SETTINGS);
    SEXP v[SETTINGS];
    for (int i = 0; i < SETTINGS; ++i) v[i] = VECTOR_ELT(when, i);
    if (v[EVERY] != R_NilValue) shim_checked(warm_session_options_set_every(o, shim_whole(v[EVERY], "every")));
    if (v[MAX_SHARE] != R_NilValue) shim_checked(warm_session_options_set_max_share(o, shim_number(v[MAX_SHARE], "max_share")));
    if (v[MEAN_TIME] != R_NilValue)
        shim_checked(warm_session_options_set_mean_time_between_failures(o, shim_number(v[MEAN_TIME], "mean_time_between_failures"),
                                                                         Rf_asInteger(v[FORMULA])));
    if (v[DEADLINE] != R_NilValue) shim_checked(warm_session_options_set_deadline_seconds(o, shim_number(v[DEADLINE], "deadline")));
    if (v[DEADLINE_UNIX] != R_NilValue)
        shim_checked(warm_session_options_set_deadline_unix(o, shim_whole(v[DEADLINE_UNIX], "deadline")));
    shim_checked(warm_session_options_set_scheduler(o, shim_flag(v[SCHEDULER], "scheduler")));
    if (v[HALT_FILE] != R_NilValue) shim_checked(warm_session_options_set_halt_file(o, shim_text(v[HALT_FILE], "halt_file"), -1));
    if (v[STOP_MARGIN] != R_NilValue)
        shim_checked(warm_session_options_set_stop_margin_seconds(o, shim_number(v[STOP_MARGIN], "stop_margin")));
}

SEXP r_session_should_stop(SEXP session) { return Rf_ScalarLogical(shim_checked(warm_session_should_stop(shim_session_of(session)))); }

static int32_t get_stop_text(const void *s, char *buf, int64_t cap, int64_t *needed) { return warm_session_stop_text(s, buf, cap, needed); }

SEXP r_session_stop_info(SEXP session)
{
    static const char *const names[] = {"reason", "signal", "deadline", "seconds_left", "reserve_seconds", "text"};
    warm_session *s = shim_session_of(session);
    warm_session_stop c;
    memset(&c, 0, sizeof c);
    c.struct_size = (uint32_t)sizeof c;
    shim_checked(warm_session_get_stop(s, &c));
    SEXP x = PROTECT(shim_named(names, 6));
    SET_VECTOR_ELT(x, 0, Rf_ScalarInteger(c.reason));
    SET_VECTOR_ELT(x, 1, Rf_ScalarInteger(c.signal != 0 ? c.signal : NA_INTEGER));
    SET_VECTOR_ELT(x, 2, Rf_ScalarInteger(c.deadline));
    SET_VECTOR_ELT(x, 3, Rf_ScalarReal(c.deadline != WARM_DEADLINE_NONE ? c.seconds_left : NA_REAL));
    SET_VECTOR_ELT(x, 4, Rf_ScalarReal(c.reserve_seconds));
    SET_VECTOR_ELT(x, 5, shim_read_text(get_stop_text, s));
    UNPROTECT(1);
    return x;
}

SEXP r_session_confirm(SEXP session, SEXP objective, SEXP tolerance)
{
    warm_session *s = shim_session_of(session);
    const double f = shim_number(objective, "objective"), most = shim_number(tolerance, "tolerance");
    return Rf_ScalarLogical(shim_checked(warm_session_confirm(s, f, most)) == WARM_OK);
}

SEXP shim_progress_list(const warm_session_progress *p)
{
    static const char *const names[] = {"iteration", "iterations_per_second", "best_objective", "elapsed_seconds", "durable_age_seconds",
                                        "next_due_seconds", "write_seconds", "written_seconds", "blocked_seconds", "writes", "failed",
                                        "throttled", "waiting"};
    const double values[] = {
        p->has_iteration ? (double)p->iteration : NA_REAL, p->has_rate ? p->iterations_per_second : NA_REAL,
        p->has_objective ? p->best_objective : NA_REAL, p->elapsed_seconds, p->has_durable ? p->durable_age_seconds : NA_REAL,
        p->has_next_due ? p->next_due_seconds : NA_REAL, p->has_durable ? p->write_seconds : NA_REAL, p->written_seconds,
        p->blocked_seconds, (double)p->writes, (double)p->failed, (double)p->throttled, (double)p->waiting};
    SEXP x = PROTECT(shim_named(names, 13));
    for (int i = 0; i < 13; ++i) SET_VECTOR_ELT(x, i, Rf_ScalarReal(values[i]));
    UNPROTECT(1);
    return x;
}

SEXP r_session_progress(SEXP session)
{
    warm_session_progress c;
    memset(&c, 0, sizeof c);
    c.struct_size = (uint32_t)sizeof c;
    shim_checked(warm_session_get_progress(shim_session_of(session), &c));
    return shim_progress_list(&c);
}

/* ---- traces: four columns of the same length ---- */

static void finalize_trace(SEXP x)
{
    warm_cursor *c = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    warm_cursor_free(&c);
}

static SEXP columns_of(SEXP cursor)
{
    static const char *const names[] = {"seconds", "time", "iteration", "objective"};
    warm_cursor *c = shim_address(cursor, "warm_cursor");
    R_xlen_t n = 0, room = 256;
    SEXP x = PROTECT(shim_named(names, 4));
    for (int i = 0; i < 4; ++i) SET_VECTOR_ELT(x, i, Rf_allocVector(REALSXP, room));
    while (shim_checked(warm_cursor_next(c)) == WARM_OK) {
        warm_trace_point p;
        memset(&p, 0, sizeof p);
        p.struct_size = (uint32_t)sizeof p;
        shim_checked(warm_cursor_trace_point(c, &p));
        if (n == room) {
            room *= 2;
            for (int i = 0; i < 4; ++i) SET_VECTOR_ELT(x, i, Rf_xlengthgets(VECTOR_ELT(x, i), room));
        }
        const double values[] = {p.seconds, p.unix_seconds, p.has_iteration ? (double)p.iteration : NA_REAL,
                                 p.has_objective ? p.objective : NA_REAL};
        for (int i = 0; i < 4; ++i) REAL(VECTOR_ELT(x, i))[n] = values[i];
        ++n;
    }
    for (int i = 0; i < 4; ++i) SET_VECTOR_ELT(x, i, Rf_xlengthgets(VECTOR_ELT(x, i), n));
    finalize_trace(cursor);
    UNPROTECT(1);
    return x;
}

SEXP r_session_trace(SEXP session)
{
    warm_session *s = shim_session_of(session);
    SEXP x = PROTECT(shim_handle("warm_cursor", finalize_trace));
    warm_cursor *c = NULL;
    const int32_t status = warm_session_trace(s, &c);
    R_SetExternalPtrAddr(x, c);
    shim_checked(status);
    SEXP columns = columns_of(x);
    UNPROTECT(1);
    return columns;
}

SEXP r_store_trace(SEXP store, SEXP key, SEXP run_id)
{
    warm_store *s = shim_store_of(store);
    const warm_key k = shim_key_of(key);
    const char *run = shim_text(run_id, "run_id");
    SEXP x = PROTECT(shim_handle("warm_cursor", finalize_trace));
    warm_cursor *c = NULL;
    const int32_t status = warm_store_trace(s, &k, run, -1, &c);
    R_SetExternalPtrAddr(x, c);
    SEXP columns = shim_checked(status) == WARM_OK ? columns_of(x) : R_NilValue;
    UNPROTECT(1);
    return columns;
}

SEXP r_interval_seconds(SEXP formula, SEXP cost, SEXP mean_time)
{
    double seconds = 0;
    const double d = shim_number(cost, "cost"), m = shim_number(mean_time, "mean_time_between_failures");
    shim_checked(warm_interval_seconds(Rf_asInteger(formula), d, m, &seconds));
    return Rf_ScalarReal(seconds);
}

/* ---- signals ---- */

static int32_t signal_of(SEXP x)
{
    static const struct {
        const char *name;
        int number;
    } known[] = {{"SIGHUP", SIGHUP}, {"SIGINT", SIGINT}, {"SIGTERM", SIGTERM}, {"SIGUSR1", SIGUSR1}, {"SIGUSR2", SIGUSR2}, {"SIGXCPU", SIGXCPU}};
    const char *name = shim_text(x, "signal");
    for (size_t i = 0; i < sizeof known / sizeof known[0]; ++i)
        if (strcmp(known[i].name, name) == 0) return known[i].number;
    return 0; /* which the library refuses, and says what there is */
}

SEXP r_signals_watch(SEXP signal, SEXP chain)
{
    const int32_t chains = shim_flag(chain, "chain");
    shim_checked(warm_signals_watch(signal_of(signal), chains));
    return R_NilValue;
}

SEXP r_signals_unwatch(SEXP signal) { return Rf_ScalarLogical(shim_checked(warm_signals_unwatch(signal_of(signal))) == WARM_OK); }
SEXP r_signals_noted(SEXP signal) { return Rf_ScalarLogical(shim_checked(warm_signals_noted(signal_of(signal)))); }
SEXP r_signals_forget(SEXP signal) { return Rf_ScalarLogical(shim_checked(warm_signals_forget(signal_of(signal))) == WARM_OK); }
