/* Handles, arguments, answers and errors: see shim.h. */
#include "shim.h"

#include <R_ext/Utils.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---- errors ---- */

static void raise_condition(int32_t status, const char *text)
{
    /* The words are copied to R before anything else can happen on this thread. */
    SEXP words = PROTECT(shim_string(text));
    SEXP number = PROTECT(Rf_ScalarInteger(status));
    SEXP name = PROTECT(Rf_mkString("warmstart"));
    SEXP namespace = PROTECT(R_FindNamespace(name));
    SEXP call = PROTECT(Rf_lang3(Rf_install("signal_status"), number, words));
    Rf_eval(call, namespace); /* does not come back */
    UNPROTECT(5);
}

int32_t shim_checked(int32_t status)
{
    char text[WARM_ERROR_TEXT_MAX] = "";
    if (status >= 0) return status;
    if (status == WARM_ERR_BUFFER || warm_last_error(text, sizeof text, NULL) != WARM_OK || text[0] == '\0')
        snprintf(text, sizeof text, "%s", warm_status_string(status));
    raise_condition(status, text);
    return status;
}

void shim_refuse(const char *format, ...)
{
    char text[WARM_ERROR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    raise_condition(WARM_ERR_INVALID, text);
}

/* ---- handles ---- */

SEXP shim_handle(const char *type, R_CFinalizer_t finalizer)
{
    SEXP x = PROTECT(R_MakeExternalPtr(NULL, Rf_install(type), R_NilValue));
    R_RegisterCFinalizerEx(x, finalizer, TRUE);
    SEXP class = PROTECT(Rf_allocVector(STRSXP, 2));
    SET_STRING_ELT(class, 0, Rf_mkChar(type));
    SET_STRING_ELT(class, 1, Rf_mkChar("warm_handle"));
    Rf_setAttrib(x, R_ClassSymbol, class);
    UNPROTECT(2);
    return x;
}

void shim_opened(SEXP x, void *handle, int32_t status)
{
    R_SetExternalPtrAddr(x, handle);
    shim_checked(status);
}

void *shim_address(SEXP x, const char *type)
{
    if (TYPEOF(x) != EXTPTRSXP || R_ExternalPtrTag(x) != Rf_install(type)) shim_refuse("a %s is needed here", type);
    void *address = R_ExternalPtrAddr(x);
    if (address == NULL) shim_refuse("this %s is closed, or comes from another R session", type);
    return address;
}

static void finalize_entry(SEXP x)
{
    warm_entry *e = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    warm_entry_free(&e);
}

SEXP shim_entry_handle(void) { return shim_handle("warm_entry", finalize_entry); }
warm_store *shim_store_of(SEXP x) { return shim_address(x, "warm_store"); }
warm_session *shim_session_of(SEXP x) { return shim_address(x, "warm_session"); }
warm_entry *shim_entry_of(SEXP x) { return shim_address(x, "warm_entry"); }
warm_fingerprinter *shim_fingerprinter_of(SEXP x) { return shim_address(x, "warm_fingerprinter"); }

/* ---- arguments ---- */

const char *shim_text(SEXP x, const char *what)
{
    if (TYPEOF(x) != STRSXP || XLENGTH(x) != 1 || STRING_ELT(x, 0) == NA_STRING) shim_refuse("%s is one text", what);
    return Rf_translateCharUTF8(STRING_ELT(x, 0));
}

warm_key shim_key_of(SEXP hex)
{
    warm_key key;
    shim_checked(warm_key_from_hex(shim_text(hex, "a key"), -1, &key));
    return key;
}

double shim_number(SEXP x, const char *what)
{
    if ((TYPEOF(x) != REALSXP && TYPEOF(x) != INTSXP) || XLENGTH(x) != 1) shim_refuse("%s is one number", what);
    return Rf_asReal(x);
}

int64_t shim_whole(SEXP x, const char *what)
{
    const double value = shim_number(x, what);
    if (!(value >= 0 && value <= 9007199254740992.0) || value != floor(value)) shim_refuse("%s is a whole number, 0 or more", what);
    return (int64_t)value;
}

int32_t shim_flag(SEXP x, const char *what)
{
    if (TYPEOF(x) != LGLSXP || XLENGTH(x) != 1 || LOGICAL(x)[0] == NA_LOGICAL) shim_refuse("%s is TRUE or FALSE", what);
    return LOGICAL(x)[0] ? 1 : 0;
}

const double *shim_objective(SEXP x, double *room)
{
    if (x == R_NilValue) return NULL;
    if (TYPEOF(x) == LGLSXP && XLENGTH(x) == 1 && LOGICAL(x)[0] == NA_LOGICAL) return NULL;
    *room = shim_number(x, "objective");
    return room;
}

const int64_t *shim_iteration(SEXP x, int64_t *room)
{
    if (x == R_NilValue) return NULL;
    if (XLENGTH(x) == 1 && TYPEOF(x) != STRSXP && ISNAN(Rf_asReal(x))) return NULL;
    *room = shim_whole(x, "iteration");
    return room;
}

const char *shim_type(SEXP x) { return Rf_type2char((SEXPTYPE)TYPEOF(x)); }

const void *shim_bytes(SEXP x, int64_t *len)
{
    if (TYPEOF(x) == RAWSXP) {
        *len = (int64_t)XLENGTH(x);
        return RAW(x);
    }
    if (TYPEOF(x) == REALSXP) {
        *len = (int64_t)XLENGTH(x) * (int64_t)sizeof(double);
        return REAL(x);
    }
    shim_refuse("a payload is a raw vector or a numeric one of type double, not of type %s: use as.double() or serialize()",
                shim_type(x));
    return NULL;
}

/* ---- answers ---- */

SEXP shim_string(const char *utf8)
{
    SEXP text = PROTECT(Rf_mkCharCE(utf8, CE_UTF8));
    SEXP x = Rf_ScalarString(text);
    UNPROTECT(1);
    return x;
}

SEXP shim_named(const char *const *names, int n)
{
    SEXP x = PROTECT(Rf_allocVector(VECSXP, n));
    SEXP labels = PROTECT(Rf_allocVector(STRSXP, n));
    for (int i = 0; i < n; ++i) SET_STRING_ELT(labels, i, Rf_mkChar(names[i]));
    Rf_setAttrib(x, R_NamesSymbol, labels);
    UNPROTECT(2);
    return x;
}

SEXP shim_info_list(const warm_entry_info *info)
{
    static const char *const names[] = {"kind", "source", "objective", "iteration", "written", "payload_bytes"};
    static const char *const sources[] = {"exact", "preloaded", "seed"};
    SEXP x = PROTECT(shim_named(names, 6));
    SET_VECTOR_ELT(x, 0, Rf_mkString(info->kind == WARM_KIND_FINAL ? "final" : "checkpoint"));
    SET_VECTOR_ELT(x, 1, Rf_mkString(info->source >= 0 && info->source < 3 ? sources[info->source] : "unknown"));
    SET_VECTOR_ELT(x, 2, Rf_ScalarReal(info->has_objective ? info->objective : NA_REAL));
    SET_VECTOR_ELT(x, 3, Rf_ScalarReal(info->has_iteration ? (double)info->iteration : NA_REAL));
    SEXP written = PROTECT(Rf_ScalarReal((double)info->written_unix_secs + info->written_nanos * 1e-9));
    SEXP class = PROTECT(Rf_allocVector(STRSXP, 2));
    SET_STRING_ELT(class, 0, Rf_mkChar("POSIXct"));
    SET_STRING_ELT(class, 1, Rf_mkChar("POSIXt"));
    Rf_setAttrib(written, R_ClassSymbol, class);
    SET_VECTOR_ELT(x, 4, written);
    SET_VECTOR_ELT(x, 5, Rf_ScalarReal((double)info->payload_bytes));
    UNPROTECT(3);
    return x;
}

SEXP shim_read_text(shim_text_getter get, const void *handle)
{
    int64_t needed = 0;
    int32_t status = get(handle, NULL, 0, &needed);
    if (status != WARM_ERR_BUFFER) shim_checked(status);
    char *buf = R_alloc((size_t)needed, 1);
    shim_checked(get(handle, buf, needed, NULL));
    return shim_string(buf);
}

/* ---- listings ---- */

SEXP shim_listed(SEXP cursor, SEXP (*item)(const warm_cursor *))
{
    warm_cursor *c = shim_address(cursor, "warm_cursor");
    R_xlen_t n = 0, room = 64;
    PROTECT_INDEX at;
    SEXP items = Rf_allocVector(VECSXP, room);
    PROTECT_WITH_INDEX(items, &at);
    while (shim_checked(warm_cursor_next(c)) == WARM_OK) {
        if (n == room) REPROTECT(items = Rf_xlengthgets(items, room *= 2), at);
        SET_VECTOR_ELT(items, n, item(c));
        ++n;
    }
    items = Rf_xlengthgets(items, n);
    UNPROTECT(1);
    return items;
}

/* ---- waits ---- */

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int32_t shim_wait_in_steps(shim_step step, void *handle, double timeout)
{
    if (ISNAN(timeout) || timeout < 0) shim_refuse("a timeout is a number of seconds, 0 or more, or Inf");
    const double end = seconds_now() + timeout;
    for (;;) {
        const double left = end - seconds_now();
        const int32_t status = shim_checked(step(handle, left > 0.1 ? 0.1 : left > 0 ? left : 0));
        if (status != WARM_TIMEOUT || left <= 0) return status;
        R_CheckUserInterrupt();
    }
}
