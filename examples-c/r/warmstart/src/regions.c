/* Regions: R's vectors as they lie, written by a call and read by another. R moves and frees its vectors, so none stays
   protected between calls. */
#include "shim.h"
#include "calls.h"

#include <string.h>

/* Memory and type of a vector; raw vectors of other types come with a type of their own. */
static void *region_memory(SEXP x, int32_t *type)
{
    switch (TYPEOF(x)) {
    case REALSXP: *type = WARM_TYPE_F64; return REAL(x);
    case INTSXP: *type = WARM_TYPE_I32; return INTEGER(x);
    case LGLSXP: *type = WARM_TYPE_I32; return LOGICAL(x);
    case CPLXSXP: *type = WARM_TYPE_C128; return COMPLEX(x);
    case RAWSXP: *type = WARM_TYPE_U8; return RAW(x);
    default: break;
    }
    shim_refuse("a region is a vector or array of type double, integer, logical, complex or raw, not of type %s", shim_type(x));
    return NULL;
}

/* Bits of an element, by the library's number of its type. */
static int bits_of(int32_t type)
{
    static const unsigned char bits[] = {0, 64, 32, 16, 16, 64, 32, 16, 8, 64, 32, 16, 8, 8, 128, 64, 8, 8, 8, 8, 8, 6, 6, 4};
    return type > 0 && type < (int32_t)sizeof bits ? bits[type] : 0;
}

/* Whether the memory has as many bytes as type and dimensions say: an attribute may say anything. */
static int is_as_long(SEXP x, int32_t own, int32_t type, SEXP extents)
{
    double elements = 1;
    for (R_xlen_t d = 0; d < XLENGTH(extents); ++d) {
        const double n = REAL(extents)[d];
        if (!(n >= 0 && n <= 9007199254740992.0)) return 0;
        elements *= n;
    }
    return elements * bits_of(type) == (double)XLENGTH(x) * bits_of(own);
}

/* `items`: for each region a list of name, memory, type (NULL: the memory's own), order, dims. */
static void protect_items(warm_session *s, SEXP items)
{
    shim_checked(warm_session_unprotect_all(s));
    for (R_xlen_t i = 0; i < XLENGTH(items); ++i) {
        SEXP item = VECTOR_ELT(items, i), x = VECTOR_ELT(item, 1), extents = VECTOR_ELT(item, 4);
        const char *name = shim_text(VECTOR_ELT(item, 0), "a region's name");
        int64_t dims[WARM_RANK_MAX];
        int32_t own, type;
        void *at = region_memory(x, &own);
        type = VECTOR_ELT(item, 2) == R_NilValue ? own : Rf_asInteger(VECTOR_ELT(item, 2));
        if (XLENGTH(extents) > WARM_RANK_MAX) shim_refuse("region %s has more than %d dimensions", name, WARM_RANK_MAX);
        if (TYPEOF(extents) != REALSXP && XLENGTH(extents) > 0) shim_refuse("the dimensions of region %s are numbers", name);
        if (!is_as_long(x, own, type, extents)) shim_refuse("region %s has not as many bytes as its type and dimensions say", name);
        for (R_xlen_t d = 0; d < XLENGTH(extents); ++d) dims[d] = (int64_t)REAL(extents)[d];
        shim_checked(warm_session_protect(s, name, -1, type, Rf_asInteger(VECTOR_ELT(item, 3)), (int64_t)XLENGTH(extents), dims, at));
    }
}

SEXP r_session_write_regions(SEXP session, SEXP items, SEXP how, SEXP objective, SEXP iteration)
{
    warm_session *s = shim_session_of(session);
    double f;
    int64_t it;
    const double *of = shim_objective(objective, &f);
    const int64_t *at = shim_iteration(iteration, &it);
    int32_t status;
    protect_items(s, items);
    switch (Rf_asInteger(how)) {
    case 0: status = warm_session_checkpoint_regions(s, of, at); break;
    case 1: status = warm_session_checkpoint_regions_now(s, of, at); break;
    default: status = warm_session_finalize_regions(s, of, at); break;
    }
    /* The words of a failure stay: this one does not fail. */
    (void)warm_session_unprotect_all(s);
    return Rf_ScalarInteger(shim_checked(status));
}

SEXP r_session_set_note(SEXP session, SEXP key, SEXP text)
{
    warm_session *s = shim_session_of(session);
    const char *k = shim_text(key, "a note's key");
    if (text == R_NilValue) return Rf_ScalarLogical(shim_checked(warm_session_remove_note(s, k, -1)) == WARM_OK);
    shim_checked(warm_session_set_note(s, k, -1, shim_text(text, "a note"), -1));
    return Rf_ScalarLogical(TRUE);
}

static void finalize_cursor(SEXP x)
{
    warm_cursor *c = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    warm_cursor_free(&c);
}

static SEXP list_by(SEXP entry, int32_t (*get)(const warm_entry *, warm_cursor **))
{
    const warm_entry *e = shim_entry_of(entry);
    SEXP x = PROTECT(shim_handle("warm_cursor", finalize_cursor));
    warm_cursor *c = NULL;
    const int32_t status = get(e, &c);
    R_SetExternalPtrAddr(x, c);
    shim_checked(status);
    UNPROTECT(1);
    return x;
}

static int32_t get_item_name(const void *c, char *buf, int64_t cap, int64_t *needed) { return warm_cursor_name(c, buf, cap, needed); }
static int32_t get_item_text(const void *c, char *buf, int64_t cap, int64_t *needed) { return warm_cursor_text(c, buf, cap, needed); }

/* A list of name, values (raw where R has no such type), type, order, dims. */
static SEXP region_of_item(const warm_cursor *c)
{
    static const char *const names[] = {"name", "values", "type", "order", "dims"};
    warm_region_info info;
    int64_t dims[WARM_RANK_MAX];
    memset(&info, 0, sizeof info);
    info.struct_size = (uint32_t)sizeof info;
    shim_checked(warm_cursor_region(c, &info));
    shim_checked(warm_cursor_dims(c, dims, WARM_RANK_MAX, NULL));
    SEXP x = PROTECT(shim_named(names, 5));
    SET_VECTOR_ELT(x, 0, shim_read_text(get_item_name, c));
    const SEXPTYPE kind = info.type == WARM_TYPE_F64 ? REALSXP : info.type == WARM_TYPE_I32 ? INTSXP : info.type == WARM_TYPE_C128 ? CPLXSXP : RAWSXP;
    SEXP values = Rf_allocVector(kind, (R_xlen_t)(kind == RAWSXP ? info.bytes : info.elements));
    SET_VECTOR_ELT(x, 1, values);
    int32_t type;
    shim_checked(warm_cursor_copy_data(c, region_memory(values, &type), info.bytes, NULL));
    SET_VECTOR_ELT(x, 2, Rf_ScalarInteger(info.type));
    SET_VECTOR_ELT(x, 3, Rf_ScalarInteger(info.order));
    SEXP extents = Rf_allocVector(REALSXP, info.rank);
    SET_VECTOR_ELT(x, 4, extents);
    for (int32_t d = 0; d < info.rank; ++d) REAL(extents)[d] = (double)dims[d];
    UNPROTECT(1);
    return x;
}

static SEXP note_of_item(const warm_cursor *c)
{
    static const char *const names[] = {"key", "text"};
    SEXP x = PROTECT(shim_named(names, 2));
    SET_VECTOR_ELT(x, 0, shim_read_text(get_item_name, c));
    SET_VECTOR_ELT(x, 1, shim_read_text(get_item_text, c));
    UNPROTECT(1);
    return x;
}

/* All regions, or those of the names that there are. */
SEXP r_entry_regions(SEXP entry, SEXP wanted)
{
    SEXP x = PROTECT(list_by(entry, warm_entry_list_regions));
    SEXP items;
    if (wanted == R_NilValue) {
        items = PROTECT(shim_listed(x, region_of_item));
    } else {
        warm_cursor *c = R_ExternalPtrAddr(x);
        items = PROTECT(Rf_allocVector(VECSXP, XLENGTH(wanted)));
        for (R_xlen_t i = 0; i < XLENGTH(wanted); ++i) {
            const char *name = Rf_translateCharUTF8(STRING_ELT(wanted, i));
            if (shim_checked(warm_cursor_find(c, name, -1)) == WARM_OK) SET_VECTOR_ELT(items, i, region_of_item(c));
        }
    }
    finalize_cursor(x);
    UNPROTECT(2);
    return items;
}

SEXP r_entry_notes(SEXP entry)
{
    SEXP x = PROTECT(list_by(entry, warm_entry_list_notes));
    SEXP items = PROTECT(shim_listed(x, note_of_item));
    finalize_cursor(x);
    UNPROTECT(2);
    return items;
}
