/* The remote tier. */
#include "shim.h"
#include "calls.h"

#include <string.h>

static void finalize_remote(SEXP x)
{
    warm_remote *r = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    warm_remote_free(&r);
}

static void finalize_remote_options(SEXP x)
{
    warm_remote_options *o = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    warm_remote_options_free(&o);
}

static warm_remote *remote_of(SEXP x) { return shim_address(x, "warm_remote"); }

/* Ends what a remote's handle holds, now; whether it was one. */
int shim_close_remote(SEXP x)
{
    if (R_ExternalPtrTag(x) != Rf_install("warm_remote")) return 0;
    finalize_remote(x);
    return 1;
}

/* Of the options, in R's order, NULL is not set. */
SEXP r_remote_attach(SEXP store, SEXP url, SEXP options)
{
    warm_store *s = shim_store_of(store);
    const char *where = shim_text(url, "url");
    SEXP held = PROTECT(shim_handle("warm_remote_options", finalize_remote_options));
    SEXP x = PROTECT(shim_handle("warm_remote", finalize_remote));
    warm_remote_options *o = NULL;
    const int32_t made = warm_remote_options_new(&o);
    shim_opened(held, o, made);
    SEXP deadline = VECTOR_ELT(options, 2), payload = VECTOR_ELT(options, 3), queue = VECTOR_ELT(options, 4);
    shim_checked(warm_remote_options_set_uploads(o, Rf_asInteger(VECTOR_ELT(options, 0))));
    shim_checked(warm_remote_options_set_lookup(o, shim_flag(VECTOR_ELT(options, 1), "lookup")));
    if (deadline != R_NilValue) shim_checked(warm_remote_options_set_deadline_seconds(o, shim_number(deadline, "deadline_seconds")));
    if (payload != R_NilValue) shim_checked(warm_remote_options_set_payload_limit(o, shim_whole(payload, "payload_limit")));
    if (queue != R_NilValue) shim_checked(warm_remote_options_set_queue_limit(o, shim_whole(queue, "queue_limit")));
    warm_remote *r = NULL;
    const int32_t status = warm_store_attach_remote(s, where, -1, o, &r);
    R_SetExternalPtrAddr(x, r);
    finalize_remote_options(held);
    shim_checked(status);
    UNPROTECT(2);
    return x;
}

static int32_t get_url(const void *r, char *buf, int64_t cap, int64_t *needed) { return warm_remote_url(r, buf, cap, needed); }
SEXP r_remote_url(SEXP remote) { return shim_read_text(get_url, remote_of(remote)); }

SEXP r_remote_last_failure(SEXP remote)
{
    /* At once into a buffer that suffices: between a question for the length and a second one it could change. */
    char text[WARM_ERROR_TEXT_MAX];
    shim_checked(warm_remote_last_failure(remote_of(remote), text, sizeof text, NULL));
    return shim_string(text);
}

SEXP r_remote_fetch(SEXP remote, SEXP key, SEXP timeout)
{
    warm_remote *r = remote_of(remote);
    const warm_key k = shim_key_of(key);
    return Rf_ScalarLogical(shim_checked(warm_remote_fetch(r, &k, shim_number(timeout, "timeout"))) == WARM_OK);
}

static int32_t flush_local(void *r, double seconds) { return warm_remote_flush(r, WARM_REACH_LOCAL, seconds); }
static int32_t flush_remote(void *r, double seconds)
{
    /* That an attempt failed is told when the last step, which takes no time, has ended. */
    const int32_t status = warm_remote_flush(r, WARM_REACH_REMOTE, seconds);
    return status == WARM_ERR_REMOTE && seconds > 0 ? WARM_TIMEOUT : status;
}

SEXP r_remote_flush(SEXP remote, SEXP local, SEXP timeout)
{
    const shim_step step = shim_flag(local, "local") ? flush_local : flush_remote;
    return Rf_ScalarLogical(shim_wait_in_steps(step, remote_of(remote), shim_number(timeout, "timeout")) == WARM_OK);
}

SEXP r_remote_upload(SEXP remote, SEXP key, SEXP run_id)
{
    warm_remote *r = remote_of(remote);
    const warm_key k = shim_key_of(key);
    shim_checked(warm_remote_upload(r, &k, shim_text(run_id, "run_id"), -1));
    return R_NilValue;
}

SEXP r_remote_remove(SEXP remote, SEXP key, SEXP run_id, SEXP remotely, SEXP timeout)
{
    warm_remote *r = remote_of(remote);
    const warm_key k = shim_key_of(key);
    const char *run = run_id == R_NilValue ? NULL : shim_text(run_id, "run_id");
    const int32_t status =
        warm_remote_remove(r, &k, run, run ? -1 : 0, shim_flag(remotely, "remotely"), shim_number(timeout, "timeout"));
    return Rf_ScalarLogical(shim_checked(status) == WARM_OK);
}

/* Of the limits, in R's order, NULL is none. */
SEXP r_remote_retain(SEXP remote, SEXP limits, SEXP dry_run, SEXP timeout)
{
    static const char *const names[] = {"entries", "bytes", "removed_entries", "removed_payloads", "removed_bytes", "waiting_payloads", "foreign"};
    warm_remote *r = remote_of(remote);
    SEXP most = VECTOR_ELT(limits, 0), oldest = VECTOR_ELT(limits, 1), kept = VECTOR_ELT(limits, 2);
    const int64_t bytes = most == R_NilValue ? 0 : shim_whole(most, "max_bytes");
    const double age = oldest == R_NilValue ? 0 : shim_number(oldest, "max_age_seconds");
    const int64_t keep = kept == R_NilValue ? 0 : shim_whole(kept, "keep_per_key");
    warm_retention_report c;
    memset(&c, 0, sizeof c);
    c.struct_size = (uint32_t)sizeof c;
    shim_checked(warm_remote_retain(r, most == R_NilValue ? NULL : &bytes, oldest == R_NilValue ? NULL : &age, kept == R_NilValue ? NULL : &keep,
                                    shim_flag(dry_run, "dry_run"), shim_number(timeout, "timeout"), &c));
    const int64_t values[] = {c.entries, c.bytes, c.removed_entries, c.removed_payloads, c.removed_bytes, c.waiting_payloads, c.foreign};
    const int n = (int)(sizeof values / sizeof values[0]);
    SEXP x = PROTECT(shim_named(names, n));
    for (int i = 0; i < n; ++i) SET_VECTOR_ELT(x, i, Rf_ScalarReal((double)values[i]));
    UNPROTECT(1);
    return x;
}

SEXP r_remote_stats(SEXP remote)
{
    static const char *const names[] = {"uploads", "uploaded_bytes", "uploads_known", "upload_failures", "uploads_waiting", "uploads_dropped",
                                        "fetches", "brought", "brought_bytes", "missing", "fetch_failures", "fetch_timeouts", "refused",
                                        "skipped", "corrupt", "foreign"};
    warm_remote_stats c;
    memset(&c, 0, sizeof c);
    c.struct_size = (uint32_t)sizeof c;
    shim_checked(warm_remote_get_stats(remote_of(remote), &c));
    const int64_t values[] = {c.uploads, c.uploaded_bytes, c.uploads_known, c.upload_failures, c.uploads_waiting, c.uploads_dropped,
                              c.fetches, c.brought, c.brought_bytes, c.missing, c.fetch_failures, c.fetch_timeouts, c.refused,
                              c.skipped, c.corrupt, c.foreign};
    const int n = (int)(sizeof values / sizeof values[0]);
    SEXP x = PROTECT(shim_named(names, n));
    for (int i = 0; i < n; ++i) SET_VECTOR_ELT(x, i, Rf_ScalarReal((double)values[i]));
    UNPROTECT(1);
    return x;
}
