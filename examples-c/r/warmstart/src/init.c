/* Registration: the one symbol that this shared object exports is R_init_warmstart. */
#include "shim.h"
#include "calls.h"

#include <R_ext/Rdynload.h>
#include <R_ext/Visibility.h>

SEXP r_version(void)
{
    static const char *const names[] = {"version", "abi", "build"};
    char build[1024];
    shim_checked(warm_build_info(build, sizeof build, NULL));
    SEXP x = PROTECT(shim_named(names, 3));
    SET_VECTOR_ELT(x, 0, shim_string(warm_version_string()));
    SET_VECTOR_ELT(x, 1, Rf_ScalarReal((double)warm_abi_version()));
    SET_VECTOR_ELT(x, 2, shim_string(build));
    UNPROTECT(1);
    return x;
}

#define CALL(name, n) {#name, (DL_FUNC)(void (*)(void))&name, n}
static const R_CallMethodDef calls[] = {
    CALL(r_version, 0),
    CALL(r_close, 1),
    CALL(r_store_open, 7),
    CALL(r_store_root, 1),
    CALL(r_store_save, 7),
    CALL(r_store_lookup, 4),
    CALL(r_store_remove, 3),
    CALL(r_store_pin, 4),
    CALL(r_store_sweep, 1),
    CALL(r_store_flush, 2),
    CALL(r_store_stats, 1),
    CALL(r_store_limits, 1),
    CALL(r_store_keys, 1),
    CALL(r_store_entries, 2),
    CALL(r_task_start, 2),
    CALL(r_sweep_start, 2),
    CALL(r_task_wait, 2),
    CALL(r_task_cancel, 1),
    CALL(r_task_progress, 1),
    CALL(r_task_report, 1),
    CALL(r_task_findings, 1),
    CALL(r_entry_payload, 1),
    CALL(r_entry_info, 1),
    CALL(r_entry_key, 1),
    CALL(r_entry_run_id, 1),
    CALL(r_entry_label, 1),
    CALL(r_entry_seed_level, 1),
    CALL(r_join, 2),
    CALL(r_split, 1),
    CALL(r_session_open, 12),
    CALL(r_session_load, 1),
    CALL(r_session_peek, 1),
    CALL(r_session_preload, 2),
    CALL(r_session_checkpoint, 4),
    CALL(r_session_checkpoint_now, 4),
    CALL(r_session_finalize, 4),
    CALL(r_session_should_checkpoint, 2),
    CALL(r_session_run_id, 1),
    CALL(r_session_use_seed, 3),
    CALL(r_session_saved, 2),
    CALL(r_start_stats, 1),
    CALL(r_session_explain, 2),
    CALL(r_store_explain, 3),
    CALL(r_store_retain, 4),
    CALL(r_store_restarts, 4),
    CALL(r_session_flush, 2),
    CALL(r_session_finish, 2),
    CALL(r_session_should_stop, 1),
    CALL(r_session_stop_info, 1),
    CALL(r_session_confirm, 3),
    CALL(r_session_progress, 1),
    CALL(r_session_trace, 1),
    CALL(r_store_trace, 3),
    CALL(r_interval_seconds, 3),
    CALL(r_signals_watch, 2),
    CALL(r_signals_unwatch, 1),
    CALL(r_signals_noted, 1),
    CALL(r_signals_forget, 1),
    CALL(r_key_from_text, 2),
    CALL(r_record_new, 1),
    CALL(r_record_from_json, 2),
    CALL(r_record_json, 1),
    CALL(r_record_key, 1),
    CALL(r_record_describe, 2),
    CALL(r_record_set, 4),
    CALL(r_record_get, 3),
    CALL(r_record_add_term, 6),
    CALL(r_record_check, 2),
    CALL(r_record_transfer, 2),
    CALL(r_store_open_records, 1),
    CALL(r_store_save_record, 2),
    CALL(r_store_load_record, 2),
    CALL(r_session_write_regions, 5),
    CALL(r_session_set_note, 3),
    CALL(r_entry_regions, 2),
    CALL(r_entry_notes, 1),
    CALL(r_cache_open, 2),
    CALL(r_cache_root, 1),
    CALL(r_cache_put, 5),
    CALL(r_cache_put_many, 5),
    CALL(r_cache_set_life, 4),
    CALL(r_cache_get, 3),
    CALL(r_cache_get_many, 3),
    CALL(r_blob_info, 1),
    CALL(r_cache_peek, 3),
    CALL(r_blob_labels, 1),
    CALL(r_cache_existence, 3),
    CALL(r_cache_contains, 3),
    CALL(r_cache_remove, 3),
    CALL(r_cache_invalidate_prefix, 3),
    CALL(r_cache_invalidate, 4),
    CALL(r_cache_flush, 2),
    CALL(r_cache_list, 3),
    CALL(r_cache_set_quota, 3),
    CALL(r_cache_stats, 2),
    CALL(r_cache_sweep, 1),
    CALL(r_cache_start_copy, 2),
    CALL(r_cache_drain, 2),
    CALL(r_remote_attach, 3),
    CALL(r_remote_url, 1),
    CALL(r_remote_last_failure, 1),
    CALL(r_remote_fetch, 3),
    CALL(r_remote_flush, 3),
    CALL(r_remote_remove, 5),
    CALL(r_remote_retain, 4),
    CALL(r_remote_stats, 1),
    CALL(r_fp_new, 0),
    CALL(r_fp_clone, 1),
    CALL(r_fp_finish, 1),
    CALL(r_fp_finish_u64, 1),
    CALL(r_fp_tag, 2),
    CALL(r_fp_bytes, 3),
    CALL(r_fp_str, 3),
    CALL(r_fp_u64, 3),
    CALL(r_fp_f64, 3),
    CALL(r_fp_f64_slice, 3),
    CALL(r_fp_f64_2d, 4),
    CALL(r_fp_i32, 4),
    CALL(r_fp_i64, 5),
    CALL(r_fp_f32, 4),
    CALL(r_fp_bool, 4),
    CALL(r_fp_f64_na, 4),
    CALL(r_fp_date, 4),
    CALL(r_fp_timestamp, 5),
    CALL(r_fp_str_list, 4),
    CALL(r_fp_factor, 6),
    CALL(r_fp_matrix, 5),
    CALL(r_fp_write, 3),
    {NULL, NULL, 0},
};

attribute_visible void R_init_warmstart(DllInfo *info)
{
    const uint32_t there = warm_abi_version();
    if (there >> 16 != WARM_ABI_VERSION >> 16 || (there & 0xffffu) < (WARM_ABI_VERSION & 0xffff))
        Rf_error("libwarmstart has ABI version %#x; this package was built for %#x", (unsigned)there, (unsigned)WARM_ABI_VERSION);
    R_registerRoutines(info, NULL, calls, NULL, NULL);
    R_useDynamicSymbols(info, FALSE);
    R_forceSymbols(info, TRUE);
}
