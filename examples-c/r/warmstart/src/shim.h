/* What the shims share.
 *
 * The rules they keep, so that an R error or interrupt at any point leaks nothing:
 *
 * - A handle belongs to an external pointer whose finalizer is registered before the handle is opened, and nothing that can
 *   jump stands between the opening and the storing of it.
 * - Buffers are R's (vectors, or R_alloc), which R takes back after a jump. Nothing is malloc'ed.
 * - R jumps from these C frames only: the library calls nothing back.
 * - Waits are short steps, with R_CheckUserInterrupt between them.
 */
#ifndef WARMSTART_SHIM_H
#define WARMSTART_SHIM_H

#define R_NO_REMAP
#include <R.h>
#include <Rinternals.h>

#include "warmstart.h"

/* Raises an R condition of the status's class for a negative status, in the words of warm_last_error; else answers it. */
int32_t shim_checked(int32_t status);
/* Raises a condition of class warm_invalid_error. */
void shim_refuse(const char *format, ...);

/* An external pointer without address, whose finalizer is set. The caller protects it, and fills it with shim_opened. */
SEXP shim_handle(const char *type, R_CFinalizer_t finalizer);
/* Stores the handle that was opened for it, NULL where that failed, and then raises what failed. */
void shim_opened(SEXP x, void *handle, int32_t status);
/* Its address, if it is of that type and open. */
void *shim_address(SEXP x, const char *type);

warm_store *shim_store_of(SEXP x);
warm_session *shim_session_of(SEXP x);
warm_entry *shim_entry_of(SEXP x);
warm_fingerprinter *shim_fingerprinter_of(SEXP x);
SEXP shim_entry_handle(void);
void shim_close_record(SEXP x);
warm_cache *shim_cache_of(SEXP x);
warm_blob *shim_blob_of(SEXP x);
int shim_close_cache(SEXP x);
int shim_close_remote(SEXP x);
int shim_close_prefetch(SEXP x);
int shim_close_stream(SEXP x);

/* Arguments. The texts are UTF-8 and live as long as the call from R. */
warm_key shim_key_of(SEXP hex);
const char *shim_text(SEXP x, const char *what);
double shim_number(SEXP x, const char *what);
int64_t shim_whole(SEXP x, const char *what);
int32_t shim_flag(SEXP x, const char *what);
/* NULL where nothing is said: R's NULL, or NA. */
const double *shim_objective(SEXP x, double *room);
const int64_t *shim_iteration(SEXP x, int64_t *room);
const char *shim_type(SEXP x);
/* The memory of a raw or double vector. */
const void *shim_bytes(SEXP x, int64_t *len);

/* Sets what a list says of when a session writes and stops. */
void shim_set_when(warm_session_options *o, SEXP when);

/* Answers. */
SEXP shim_string(const char *utf8);
SEXP shim_info_list(const warm_entry_info *info);
SEXP shim_progress_list(const warm_session_progress *p);
SEXP shim_named(const char *const *names, int n);
typedef int32_t (*shim_text_getter)(const void *handle, char *buf, int64_t cap, int64_t *needed);
SEXP shim_read_text(shim_text_getter get, const void *handle);

/* Goes through a warm_cursor: a list of what `item` makes of each. */
SEXP shim_listed(SEXP cursor, SEXP (*item)(const warm_cursor *));

/* Waits in steps of a tenth of a second, for `timeout` seconds (Inf: for ever). */
typedef int32_t (*shim_step)(void *handle, double seconds);
int32_t shim_wait_in_steps(shim_step step, void *handle, double timeout);

#endif
