/* Records. */
#include "shim.h"
#include "calls.h"

static void finalize_record(SEXP x)
{
    warm_record *r = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    warm_record_free(&r);
}

static warm_record *record_of(SEXP x) { return shim_address(x, "warm_record"); }

/* A handle for what a function made: to be protected by the caller until it is filled. */
static SEXP filled(SEXP x, warm_record *r, int32_t status)
{
    R_SetExternalPtrAddr(x, r);
    return shim_checked(status) == WARM_OK ? x : R_NilValue;
}

static SEXP hex_of(const warm_key *key)
{
    char hex[65];
    shim_checked(warm_key_to_hex(key, hex));
    return Rf_mkString(hex);
}

/* Of R's numbers, counted from 1. */
static int64_t place_of(SEXP index)
{
    const int64_t at = shim_whole(index, "index");
    if (at == 0) shim_refuse("an index counts from 1");
    return at - 1;
}

SEXP r_key_from_text(SEXP keyspace, SEXP text)
{
    warm_key key;
    shim_checked(warm_key_from_text(Rf_asInteger(keyspace), shim_text(text, "text"), -1, &key));
    return hex_of(&key);
}

SEXP r_record_new(SEXP kind)
{
    SEXP x = PROTECT(shim_handle("warm_record", finalize_record));
    warm_record *r = NULL;
    const int32_t status = warm_record_new(Rf_asInteger(kind), &r);
    x = filled(x, r, status);
    UNPROTECT(1);
    return x;
}

SEXP r_record_from_json(SEXP kind, SEXP json)
{
    int64_t len;
    const void *bytes = shim_bytes(json, &len);
    SEXP x = PROTECT(shim_handle("warm_record", finalize_record));
    warm_record *r = NULL;
    const int32_t status = warm_record_from_json(Rf_asInteger(kind), bytes, len, &r);
    x = filled(x, r, status);
    UNPROTECT(1);
    return x;
}

SEXP r_record_json(SEXP record)
{
    const warm_record *r = record_of(record);
    int64_t needed = 0;
    const int32_t status = warm_record_to_json(r, NULL, 0, &needed);
    if (status != WARM_ERR_BUFFER) shim_checked(status);
    SEXP x = PROTECT(Rf_allocVector(RAWSXP, (R_xlen_t)needed));
    shim_checked(warm_record_to_json(r, RAW(x), needed, NULL));
    UNPROTECT(1);
    return x;
}

SEXP r_record_key(SEXP record)
{
    warm_key key;
    shim_checked(warm_record_key(record_of(record), &key));
    return hex_of(&key);
}

/* The type's number and the count. */
SEXP r_record_describe(SEXP record, SEXP field)
{
    int32_t holds = 0;
    int64_t count = 0;
    shim_checked(warm_record_describe(record_of(record), shim_text(field, "field"), -1, &holds, &count));
    SEXP x = PROTECT(Rf_allocVector(REALSXP, 2));
    REAL(x)[0] = holds;
    REAL(x)[1] = (double)count;
    UNPROTECT(1);
    return x;
}

static int64_t *wholes_of(SEXP x, const char *what)
{
    const R_xlen_t n = XLENGTH(x);
    int64_t *values = (int64_t *)R_alloc((size_t)n + 1, sizeof *values);
    for (R_xlen_t i = 0; i < n; ++i) {
        const double value = REAL(x)[i];
        if (!(value >= 0 && value <= 9007199254740992.0) || value != (double)(int64_t)value) shim_refuse("%s are whole numbers, 0 or more", what);
        values[i] = (int64_t)value;
    }
    return values;
}

/* R's side has made the value NULL, a text or doubles. */
SEXP r_record_set(SEXP record, SEXP field, SEXP index, SEXP value)
{
    warm_record *r = record_of(record);
    const char *name = shim_text(field, "field");
    const int64_t at = place_of(index);
    int32_t holds = 0;
    if (value == R_NilValue) {
        shim_checked(warm_record_clear(r, name, -1, at));
        return record;
    }
    shim_checked(warm_record_describe(r, name, -1, &holds, NULL));
    if (holds == WARM_VALUE_TEXT) {
        shim_checked(warm_record_set_text(r, name, -1, at, shim_text(value, name), -1));
        return record;
    }
    if (TYPEOF(value) != REALSXP) shim_refuse("%s holds numbers", name);
    switch (holds) {
    case WARM_VALUE_INTEGER: shim_checked(warm_record_set_integer(r, name, -1, at, shim_whole(value, name))); break;
    case WARM_VALUE_NUMBER: shim_checked(warm_record_set_number(r, name, -1, at, shim_number(value, name))); break;
    case WARM_VALUE_INTEGERS:
        shim_checked(warm_record_set_integers(r, name, -1, at, wholes_of(value, name), (int64_t)XLENGTH(value)));
        break;
    default: shim_checked(warm_record_set_numbers(r, name, -1, at, REAL(value), (int64_t)XLENGTH(value)));
    }
    return record;
}

SEXP r_record_get(SEXP record, SEXP field, SEXP index)
{
    const warm_record *r = record_of(record);
    const char *name = shim_text(field, "field");
    const int64_t at = place_of(index);
    int32_t holds = 0, status;
    int64_t needed = 0, whole = 0, *wholes;
    double number = 0;
    SEXP x;
    shim_checked(warm_record_describe(r, name, -1, &holds, NULL));
    switch (holds) {
    case WARM_VALUE_INTEGER:
        return shim_checked(warm_record_get_integer(r, name, -1, at, &whole)) == WARM_OK ? Rf_ScalarReal((double)whole) : R_NilValue;
    case WARM_VALUE_NUMBER:
        return shim_checked(warm_record_get_number(r, name, -1, at, &number)) == WARM_OK ? Rf_ScalarReal(number) : R_NilValue;
    case WARM_VALUE_TEXT: status = warm_record_get_text(r, name, -1, at, NULL, 0, &needed); break;
    case WARM_VALUE_INTEGERS: status = warm_record_get_integers(r, name, -1, at, NULL, 0, &needed); break;
    default: status = warm_record_get_numbers(r, name, -1, at, NULL, 0, &needed);
    }
    if (status != WARM_ERR_BUFFER && shim_checked(status) != WARM_OK) return R_NilValue;
    if (holds == WARM_VALUE_TEXT) {
        char *text = R_alloc((size_t)needed, 1);
        shim_checked(warm_record_get_text(r, name, -1, at, text, needed, NULL));
        return shim_string(text);
    }
    x = PROTECT(Rf_allocVector(REALSXP, (R_xlen_t)needed));
    if (holds == WARM_VALUE_NUMBERS) {
        shim_checked(warm_record_get_numbers(r, name, -1, at, REAL(x), needed, NULL));
    } else {
        wholes = (int64_t *)R_alloc((size_t)needed + 1, sizeof *wholes);
        shim_checked(warm_record_get_integers(r, name, -1, at, wholes, needed, NULL));
        for (int64_t i = 0; i < needed; ++i) REAL(x)[i] = (double)wholes[i];
    }
    UNPROTECT(1);
    return x;
}

SEXP r_record_add_term(SEXP record, SEXP block_name, SEXP role, SEXP labels, SEXP dims, SEXP width)
{
    warm_record *r = record_of(record);
    const char *name = shim_text(block_name, "block_name");
    const int64_t n = (int64_t)XLENGTH(labels);
    const char **texts = (const char **)R_alloc((size_t)n + 1, sizeof *texts);
    uint8_t *valid = (uint8_t *)R_alloc((size_t)n + 1, 1);
    for (int64_t i = 0; i < n; ++i) {
        SEXP label = STRING_ELT(labels, (R_xlen_t)i);
        valid[i] = label != NA_STRING;
        texts[i] = valid[i] ? Rf_translateCharUTF8(label) : "";
    }
    shim_checked(warm_record_add_term(r, name, -1, Rf_asInteger(role), texts, NULL, valid, n, wholes_of(dims, "nullspace_dims"),
                                      (int64_t)XLENGTH(dims), shim_whole(width, "reduced_width")));
    return R_NilValue;
}

SEXP r_record_check(SEXP record, SEXP like)
{
    shim_checked(warm_record_check(record_of(record), record_of(like)));
    return R_NilValue;
}

SEXP r_record_transfer(SEXP to, SEXP from)
{
    shim_checked(warm_record_transfer(record_of(to), record_of(from)));
    return to;
}

SEXP r_store_save_record(SEXP store, SEXP record)
{
    shim_checked(warm_store_save_record(shim_store_of(store), record_of(record)));
    return R_NilValue;
}

SEXP r_store_load_record(SEXP store, SEXP like)
{
    warm_store *s = shim_store_of(store);
    const warm_record *asked = record_of(like);
    SEXP x = PROTECT(shim_handle("warm_record", finalize_record));
    warm_record *r = NULL;
    const int32_t status = warm_store_load_record(s, asked, &r);
    x = filled(x, r, status);
    UNPROTECT(1);
    return x;
}

/* Frees what a record's handle holds, now. */
void shim_close_record(SEXP x) { finalize_record(x); }
