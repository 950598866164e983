/* What R calls. */
#ifndef WARMSTART_CALLS_H
#define WARMSTART_CALLS_H

#include "shim.h"

SEXP r_version(void);
SEXP r_close(SEXP);
SEXP r_close_other(SEXP);
SEXP r_store_open(SEXP, SEXP, SEXP, SEXP, SEXP, SEXP, SEXP);
SEXP r_store_root(SEXP);
SEXP r_store_save(SEXP, SEXP, SEXP, SEXP, SEXP, SEXP, SEXP);
SEXP r_store_lookup(SEXP, SEXP, SEXP, SEXP);
SEXP r_store_remove(SEXP, SEXP, SEXP);
SEXP r_store_pin(SEXP, SEXP, SEXP, SEXP);
SEXP r_store_sweep(SEXP);
SEXP r_store_flush(SEXP, SEXP);
SEXP r_store_stats(SEXP);
SEXP r_store_keys(SEXP);
SEXP r_store_entries(SEXP, SEXP);
SEXP r_task_start(SEXP, SEXP);
SEXP r_task_wait(SEXP, SEXP);
SEXP r_task_cancel(SEXP);
SEXP r_task_progress(SEXP);
SEXP r_task_report(SEXP);
SEXP r_task_findings(SEXP);
SEXP r_entry_payload(SEXP);
SEXP r_entry_info(SEXP);
SEXP r_entry_key(SEXP);
SEXP r_entry_run_id(SEXP);
SEXP r_join(SEXP, SEXP);
SEXP r_split(SEXP);
SEXP r_session_open(SEXP, SEXP, SEXP, SEXP, SEXP, SEXP, SEXP);
SEXP r_session_load(SEXP);
SEXP r_session_peek(SEXP);
SEXP r_session_preload(SEXP, SEXP);
SEXP r_session_checkpoint(SEXP, SEXP, SEXP, SEXP);
SEXP r_session_checkpoint_now(SEXP, SEXP, SEXP, SEXP);
SEXP r_session_finalize(SEXP, SEXP, SEXP, SEXP);
SEXP r_session_should_checkpoint(SEXP, SEXP);
SEXP r_session_run_id(SEXP);
SEXP r_session_flush(SEXP, SEXP);
SEXP r_session_finish(SEXP, SEXP);
SEXP r_fp_new(void);
SEXP r_fp_clone(SEXP);
SEXP r_fp_finish(SEXP);
SEXP r_fp_finish_u64(SEXP);
SEXP r_fp_tag(SEXP, SEXP);
SEXP r_fp_bytes(SEXP, SEXP, SEXP);
SEXP r_fp_str(SEXP, SEXP, SEXP);
SEXP r_fp_u64(SEXP, SEXP, SEXP);
SEXP r_fp_f64(SEXP, SEXP, SEXP);
SEXP r_fp_f64_slice(SEXP, SEXP, SEXP);
SEXP r_fp_f64_2d(SEXP, SEXP, SEXP, SEXP);
SEXP r_fp_i32(SEXP, SEXP, SEXP, SEXP);
SEXP r_fp_i64(SEXP, SEXP, SEXP, SEXP, SEXP);
SEXP r_fp_f32(SEXP, SEXP, SEXP, SEXP);
SEXP r_fp_bool(SEXP, SEXP, SEXP, SEXP);
SEXP r_fp_f64_na(SEXP, SEXP, SEXP, SEXP);
SEXP r_fp_date(SEXP, SEXP, SEXP, SEXP);
SEXP r_fp_timestamp(SEXP, SEXP, SEXP, SEXP, SEXP);
SEXP r_fp_str_list(SEXP, SEXP, SEXP, SEXP);
SEXP r_fp_factor(SEXP, SEXP, SEXP, SEXP, SEXP, SEXP);
SEXP r_fp_matrix(SEXP, SEXP, SEXP, SEXP, SEXP);
SEXP r_fp_write(SEXP, SEXP, SEXP);

#endif
