/* Fingerprints: R's vectors as the frames that their types have in every language. */
#include "shim.h"
#include "calls.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void finalize_fingerprinter(SEXP x)
{
    warm_fingerprinter *f = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    warm_fingerprinter_free(&f);
}

SEXP r_fp_new(void)
{
    SEXP x = PROTECT(shim_handle("warm_fingerprinter", finalize_fingerprinter));
    warm_fingerprinter *f = NULL;
    const int32_t status = warm_fingerprinter_new(&f);
    shim_opened(x, f, status);
    UNPROTECT(1);
    return x;
}

SEXP r_fp_clone(SEXP other)
{
    warm_fingerprinter *of = shim_fingerprinter_of(other);
    SEXP x = PROTECT(shim_handle("warm_fingerprinter", finalize_fingerprinter));
    warm_fingerprinter *f = NULL;
    const int32_t status = warm_fingerprinter_clone(of, &f);
    shim_opened(x, f, status);
    UNPROTECT(1);
    return x;
}

SEXP r_fp_finish(SEXP f)
{
    warm_key key;
    char hex[65];
    shim_checked(warm_fingerprinter_finish(shim_fingerprinter_of(f), &key));
    shim_checked(warm_key_to_hex(&key, hex));
    return Rf_mkString(hex);
}

SEXP r_fp_finish_u64(SEXP f)
{
    uint64_t number;
    char hex[17];
    shim_checked(warm_fingerprinter_finish_u64(shim_fingerprinter_of(f), &number));
    snprintf(hex, sizeof hex, "%016" PRIx64, number);
    return Rf_mkString(hex);
}

/* ---- values ---- */

/* A whole number of 64 bits: a double that is one, or decimal digits where a double is too narrow. */
static uint64_t u64_of(SEXP x)
{
    if (TYPEOF(x) != STRSXP) return (uint64_t)shim_whole(x, "an unsigned integer");
    const char *text = shim_text(x, "an unsigned integer");
    char *end;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || end == text || *text == '-') shim_refuse("\"%s\" is no unsigned integer of 64 bits", text);
    return (uint64_t)value;
}

static const double *doubles_of(SEXP x)
{
    if (TYPEOF(x) != REALSXP) shim_refuse("numbers of type double are needed here, not of type %s", shim_type(x));
    return REAL(x);
}

/* Which elements are there: as the caller says, else NULL. */
static uint8_t *valid_of(SEXP valid, R_xlen_t n)
{
    if (valid == R_NilValue) return NULL;
    if ((TYPEOF(valid) != LGLSXP && TYPEOF(valid) != RAWSXP) || XLENGTH(valid) != n)
        shim_refuse("valid is a logical vector as long as the values");
    uint8_t *marks = (uint8_t *)R_alloc((size_t)n + 1, 1);
    for (R_xlen_t i = 0; i < n; ++i) marks[i] = TYPEOF(valid) == RAWSXP ? RAW(valid)[i] : LOGICAL(valid)[i] == TRUE;
    return marks;
}

/* The same, else where they are not NA; room is made when the first is missing. */
typedef struct {
    const uint8_t *said;
    uint8_t *found;
    R_xlen_t n;
} presence;

static presence presence_of(SEXP valid, R_xlen_t n)
{
    const presence p = {valid_of(valid, n), NULL, n};
    return p;
}

static int there(presence *p, R_xlen_t i, int is_na)
{
    if (p->said) return p->said[i] != 0;
    if (is_na) {
        if (!p->found) {
            p->found = (uint8_t *)R_alloc((size_t)p->n + 1, 1);
            memset(p->found, 1, (size_t)p->n);
        }
        p->found[i] = 0;
    }
    return !is_na;
}

static const uint8_t *marks_of(const presence *p) { return p->said ? p->said : p->found; }

static int64_t *i64_of(SEXP x, int is_integer64, presence *p)
{
    const R_xlen_t n = XLENGTH(x);
    int64_t *out = (int64_t *)R_alloc((size_t)n + 1, sizeof *out);
    for (R_xlen_t i = 0; i < n; ++i) {
        out[i] = 0;
        if (TYPEOF(x) == INTSXP || TYPEOF(x) == LGLSXP) {
            const int v = INTEGER(x)[i];
            if (there(p, i, v == NA_INTEGER)) out[i] = v;
        } else if (TYPEOF(x) == REALSXP && is_integer64) {
            int64_t v;
            memcpy(&v, &REAL(x)[i], sizeof v);
            if (there(p, i, v == INT64_MIN)) out[i] = v;
        } else if (TYPEOF(x) == REALSXP) {
            const double v = REAL(x)[i];
            if (!there(p, i, ISNAN(v))) continue;
            if (!(fabs(v) <= 9007199254740992.0) || v != floor(v))
                shim_refuse("element %.0f is no whole number up to 2^53", (double)i + 1);
            out[i] = (int64_t)v;
        } else if (TYPEOF(x) == STRSXP) {
            const SEXP s = STRING_ELT(x, i);
            if (!there(p, i, s == NA_STRING) || s == NA_STRING) continue;
            char *end;
            errno = 0;
            out[i] = (int64_t)strtoll(CHAR(s), &end, 10);
            if (errno != 0 || *end != '\0' || end == CHAR(s)) shim_refuse("element %.0f is no integer of 64 bits", (double)i + 1);
        } else {
            shim_refuse("integers are needed here, not %s", shim_type(x));
        }
    }
    return out;
}

typedef struct {
    const char **texts;
    int64_t *lengths;
    presence present;
} texts;

static texts texts_of(SEXP x, SEXP valid)
{
    if (TYPEOF(x) != STRSXP) shim_refuse("texts are needed here, not %s", shim_type(x));
    const R_xlen_t n = XLENGTH(x);
    texts t;
    t.texts = (const char **)R_alloc((size_t)n + 1, sizeof *t.texts);
    t.lengths = (int64_t *)R_alloc((size_t)n + 1, sizeof *t.lengths);
    t.present = presence_of(valid, n);
    for (R_xlen_t i = 0; i < n; ++i) {
        const SEXP s = STRING_ELT(x, i);
        t.texts[i] = NULL;
        t.lengths[i] = 0;
        if (!there(&t.present, i, s == NA_STRING)) continue;
        t.texts[i] = Rf_translateCharUTF8(s);
        t.lengths[i] = (int64_t)strlen(t.texts[i]);
    }
    return t;
}

/* ---- frames ---- */

#define TAG shim_text(tag, "a tag"), -1

SEXP r_fp_tag(SEXP f, SEXP tag)
{
    shim_checked(warm_fingerprinter_absorb_tag(shim_fingerprinter_of(f), TAG));
    return f;
}

SEXP r_fp_bytes(SEXP f, SEXP tag, SEXP x)
{
    if (TYPEOF(x) != RAWSXP) shim_refuse("bytes are a raw vector");
    shim_checked(warm_fingerprinter_absorb_bytes(shim_fingerprinter_of(f), TAG, RAW(x), (int64_t)XLENGTH(x)));
    return f;
}

SEXP r_fp_str(SEXP f, SEXP tag, SEXP x)
{
    shim_checked(warm_fingerprinter_absorb_str(shim_fingerprinter_of(f), TAG, shim_text(x, "the value"), -1));
    return f;
}

SEXP r_fp_u64(SEXP f, SEXP tag, SEXP x)
{
    shim_checked(warm_fingerprinter_absorb_u64(shim_fingerprinter_of(f), TAG, u64_of(x)));
    return f;
}

SEXP r_fp_f64(SEXP f, SEXP tag, SEXP x)
{
    if (XLENGTH(x) != 1) shim_refuse("one number is needed here");
    shim_checked(warm_fingerprinter_absorb_f64(shim_fingerprinter_of(f), TAG, doubles_of(x)[0]));
    return f;
}

SEXP r_fp_f64_slice(SEXP f, SEXP tag, SEXP x)
{
    shim_checked(warm_fingerprinter_absorb_f64_slice(shim_fingerprinter_of(f), TAG, doubles_of(x), (int64_t)XLENGTH(x)));
    return f;
}

static void shape_of(SEXP dim, SEXP x, int64_t *rows, int64_t *cols)
{
    if (TYPEOF(dim) != INTSXP || XLENGTH(dim) != 2 || (double)INTEGER(dim)[0] * INTEGER(dim)[1] != (double)XLENGTH(x))
        shim_refuse("a matrix is needed here");
    *rows = INTEGER(dim)[0];
    *cols = INTEGER(dim)[1];
}

SEXP r_fp_f64_2d(SEXP f, SEXP tag, SEXP x, SEXP dim)
{
    int64_t rows, cols;
    shape_of(dim, x, &rows, &cols);
    shim_checked(warm_fingerprinter_absorb_f64_2d(shim_fingerprinter_of(f), TAG, rows, cols, doubles_of(x)));
    return f;
}

SEXP r_fp_i32(SEXP f, SEXP tag, SEXP x, SEXP valid)
{
    const R_xlen_t n = XLENGTH(x);
    presence p = presence_of(valid, n);
    const int32_t *values = NULL;
    if (TYPEOF(x) == INTSXP) {
        values = INTEGER(x);
        for (R_xlen_t i = 0; i < n; ++i) there(&p, i, values[i] == NA_INTEGER);
    } else {
        const int64_t *wide = i64_of(x, 0, &p);
        int32_t *narrow = (int32_t *)R_alloc((size_t)n + 1, sizeof *narrow);
        for (R_xlen_t i = 0; i < n; ++i) {
            if (wide[i] < INT32_MIN || wide[i] > INT32_MAX) shim_refuse("element %.0f does not fit into 32 bits", (double)i + 1);
            narrow[i] = (int32_t)wide[i];
        }
        values = narrow;
    }
    shim_checked(warm_fingerprinter_absorb_i32_slice(shim_fingerprinter_of(f), TAG, values, marks_of(&p), (int64_t)n));
    return f;
}

SEXP r_fp_i64(SEXP f, SEXP tag, SEXP x, SEXP valid, SEXP is_integer64)
{
    presence p = presence_of(valid, XLENGTH(x));
    const int64_t *values = i64_of(x, Rf_asLogical(is_integer64), &p);
    shim_checked(warm_fingerprinter_absorb_i64_slice(shim_fingerprinter_of(f), TAG, values, marks_of(&p), (int64_t)XLENGTH(x)));
    return f;
}

SEXP r_fp_f32(SEXP f, SEXP tag, SEXP x, SEXP valid)
{
    const R_xlen_t n = XLENGTH(x);
    const double *wide = doubles_of(x);
    presence p = presence_of(valid, n);
    float *values = (float *)R_alloc((size_t)n + 1, sizeof *values);
    for (R_xlen_t i = 0; i < n; ++i) values[i] = there(&p, i, R_IsNA(wide[i])) ? (float)wide[i] : 0.0f;
    shim_checked(warm_fingerprinter_absorb_f32_slice(shim_fingerprinter_of(f), TAG, values, marks_of(&p), (int64_t)n));
    return f;
}

SEXP r_fp_bool(SEXP f, SEXP tag, SEXP x, SEXP valid)
{
    if (TYPEOF(x) != LGLSXP) shim_refuse("logical values are needed here, not %s", shim_type(x));
    const R_xlen_t n = XLENGTH(x);
    presence p = presence_of(valid, n);
    uint8_t *values = (uint8_t *)R_alloc((size_t)n + 1, 1);
    for (R_xlen_t i = 0; i < n; ++i) values[i] = there(&p, i, LOGICAL(x)[i] == NA_LOGICAL) ? LOGICAL(x)[i] != 0 : 0;
    shim_checked(warm_fingerprinter_absorb_bool_slice(shim_fingerprinter_of(f), TAG, values, marks_of(&p), (int64_t)n));
    return f;
}

SEXP r_fp_f64_na(SEXP f, SEXP tag, SEXP x, SEXP valid)
{
    const R_xlen_t n = XLENGTH(x);
    const double *values = doubles_of(x);
    presence p = presence_of(valid, n);
    for (R_xlen_t i = 0; i < n; ++i) there(&p, i, R_IsNA(values[i]));
    shim_checked(warm_fingerprinter_absorb_f64_na_slice(shim_fingerprinter_of(f), TAG, values, marks_of(&p), (int64_t)n));
    return f;
}

/* Days, whole or fractional as R's dates may be. */
SEXP r_fp_date(SEXP f, SEXP tag, SEXP x, SEXP valid)
{
    const R_xlen_t n = XLENGTH(x);
    presence p = presence_of(valid, n);
    int64_t *days;
    if (TYPEOF(x) == REALSXP) {
        days = (int64_t *)R_alloc((size_t)n + 1, sizeof *days);
        for (R_xlen_t i = 0; i < n; ++i) {
            days[i] = 0;
            if (!there(&p, i, ISNAN(REAL(x)[i]))) continue;
            if (!(fabs(REAL(x)[i]) <= 9007199254740992.0)) shim_refuse("element %.0f is no date", (double)i + 1);
            days[i] = (int64_t)floor(REAL(x)[i]);
        }
    } else {
        days = i64_of(x, 0, &p);
    }
    shim_checked(warm_fingerprinter_absorb_date_slice(shim_fingerprinter_of(f), TAG, days, marks_of(&p), (int64_t)n));
    return f;
}

/* Seconds as doubles, which hold microseconds; or nanoseconds as integers or decimal digits. */
SEXP r_fp_timestamp(SEXP f, SEXP tag, SEXP x, SEXP valid, SEXP is_integer64)
{
    const R_xlen_t n = XLENGTH(x);
    presence p = presence_of(valid, n);
    int64_t *nanoseconds;
    if (TYPEOF(x) == REALSXP && !Rf_asLogical(is_integer64)) {
        nanoseconds = (int64_t *)R_alloc((size_t)n + 1, sizeof *nanoseconds);
        for (R_xlen_t i = 0; i < n; ++i) {
            nanoseconds[i] = 0;
            if (!there(&p, i, ISNAN(REAL(x)[i]))) continue;
            const double microseconds = nearbyint(REAL(x)[i] * 1e6);
            if (!(fabs(microseconds) <= 9.2e15)) shim_refuse("element %.0f is no instant that fits", (double)i + 1);
            nanoseconds[i] = (int64_t)microseconds * 1000;
        }
    } else {
        nanoseconds = i64_of(x, Rf_asLogical(is_integer64), &p);
    }
    shim_checked(warm_fingerprinter_absorb_timestamp_slice(shim_fingerprinter_of(f), TAG, nanoseconds, marks_of(&p), (int64_t)n));
    return f;
}

SEXP r_fp_str_list(SEXP f, SEXP tag, SEXP x, SEXP valid)
{
    const texts t = texts_of(x, valid);
    shim_checked(warm_fingerprinter_absorb_str_list(shim_fingerprinter_of(f), TAG, t.texts, t.lengths, marks_of(&t.present), (int64_t)XLENGTH(x)));
    return f;
}

SEXP r_fp_factor(SEXP f, SEXP tag, SEXP levels, SEXP levels_valid, SEXP codes, SEXP valid)
{
    const texts t = texts_of(levels, levels_valid);
    presence p = presence_of(valid, XLENGTH(codes));
    const int64_t *from_zero = i64_of(codes, 0, &p);
    shim_checked(warm_fingerprinter_absorb_factor(shim_fingerprinter_of(f), TAG, t.texts, t.lengths, marks_of(&t.present),
                                                  (int64_t)XLENGTH(levels), from_zero, marks_of(&p), (int64_t)XLENGTH(codes)));
    return f;
}

SEXP r_fp_matrix(SEXP f, SEXP tag, SEXP x, SEXP dim, SEXP valid)
{
    int64_t rows, cols;
    shape_of(dim, x, &rows, &cols);
    const double *values = doubles_of(x);
    presence p = presence_of(valid, XLENGTH(x));
    for (R_xlen_t i = 0; i < XLENGTH(x); ++i) there(&p, i, R_IsNA(values[i]));
    shim_checked(warm_fingerprinter_absorb_f64_matrix(shim_fingerprinter_of(f), TAG, rows, cols, values, marks_of(&p), WARM_ORDER_COLUMN_MAJOR));
    return f;
}

/* ---- bare bytes ---- */

SEXP r_fp_write(SEXP f, SEXP x, SEXP as)
{
    warm_fingerprinter *fp = shim_fingerprinter_of(f);
    const char *kind = shim_text(as, "as");
    if (strcmp(kind, "bytes") == 0) {
        if (TYPEOF(x) != RAWSXP) shim_refuse("bytes are a raw vector");
        shim_checked(warm_fingerprinter_write_bytes(fp, RAW(x), (int64_t)XLENGTH(x)));
    } else if (strcmp(kind, "u8") == 0) {
        const int64_t value = shim_whole(x, "a byte");
        if (value > 255) shim_refuse("a byte is 0 to 255");
        shim_checked(warm_fingerprinter_write_u8(fp, (uint8_t)value));
    } else if (strcmp(kind, "u64") == 0) {
        shim_checked(warm_fingerprinter_write_u64(fp, u64_of(x)));
    } else if (strcmp(kind, "f64") == 0) {
        if (XLENGTH(x) != 1) shim_refuse("one number is needed here");
        shim_checked(warm_fingerprinter_write_f64(fp, doubles_of(x)[0]));
    } else if (strcmp(kind, "str") == 0) {
        shim_checked(warm_fingerprinter_write_str(fp, shim_text(x, "the value"), -1));
    } else if (strcmp(kind, "f64_slice") == 0) {
        shim_checked(warm_fingerprinter_write_f64_slice(fp, doubles_of(x), (int64_t)XLENGTH(x)));
    } else {
        shim_refuse("nothing is written as \"%s\"", kind);
    }
    return f;
}
