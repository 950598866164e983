//! Every public struct lies in memory as the committed table says, which the C compiler made of the
//! header (`tests/abi/tables.py`) and which the other languages are held against.
#![cfg(feature = "capi")]

use std::mem::{offset_of, size_of};
use warmstart::ffi::*;

const TABLE: &str = include_str!("layout.txt");

/// The rows of some structs. The pattern has no `..`: a field that is not named does not compile.
macro_rules! rows {
    ($($name:ident { $($field:ident),* $(,)? })*) => {{
        let mut rows = Vec::new();
        $({
            fn size<T>(_: impl FnOnce(&$name) -> &T) -> usize {
                size_of::<T>()
            }
            let _every_field = |s: $name| {
                let $name { $($field: _),* } = s;
            };
            $(rows.push(format!(
                "{} {} {} {}",
                stringify!($name),
                stringify!($field).trim_start_matches("r#"),
                offset_of!($name, $field),
                size(|s: &$name| &s.$field),
            ));)*
            rows.push(format!("{} . . {}", stringify!($name), size_of::<$name>()));
        })*
        rows
    }};
}

#[test]
fn structs_lie_in_memory_as_in_c() {
    let rows = rows! {
        warm_key { bytes }
        warm_entry_info { struct_size, kind, source, has_objective, has_iteration, written_nanos, objective, iteration, written_unix_secs, payload_bytes }
        warm_run_info { struct_size, durability, is_pinned, has_label, last_used_unix_secs, seed_keys, key_fields }
        warm_finding { struct_size, problem, action, has_key }
        warm_field { struct_size, state }
        warm_store_limits { struct_size, reserved, size_budget, file_budget, ttl_seconds }
        warm_store_stats { struct_size, reserved, keys, entries, files, bytes, aside_files, aside_bytes, memory_bytes, hits, misses, saves, bytes_written, evictions, expirations, damaged, foreign, save_seconds }
        warm_start_stats { struct_size, seed_level, seeds_offered, seeds_taken, seeds_refused, iterations_saved, passed_over }
        warm_task_progress { struct_size, cancelled, keys_done, keys_total, entries_done, bytes_done, bytes_total, seconds }
        warm_check_report { struct_size, complete, keys, intact, superseded, damaged, half_present, foreign, unreadable, leavings, unpublished, payload_bytes, moved_aside, removed, waiting, failed, expired, evicted }
        warm_retention_report { struct_size, reserved, entries, bytes, removed_entries, removed_payloads, removed_bytes, waiting_payloads, foreign }
        warm_remote_stats { struct_size, reserved, uploads, uploaded_bytes, uploads_known, upload_failures, uploads_waiting, uploads_dropped, fetches, brought, brought_bytes, missing, fetch_failures, fetch_timeouts, refused, skipped, corrupt, foreign }
        warm_prefetch_stats { struct_size, is_running, cycles, scored, resident_met, selected, over_budget, fetched, bytes, not_found, failed, cancelled, deferred, corrupt, panics, hints, hints_dropped, hints_fetched, listings, listings_failed, useful_bytes, wasted_bytes, unasked_bytes, entries, resident, index_bytes, hanging, busy_seconds }
        warm_prefetch_cycle { struct_size, reserved, number, scored, resident, in_back_off, selected, over_budget, fetched, bytes, not_found, failed, cancelled, deferred, corrupt, panics, selecting_seconds, elapsed_seconds }
        warm_session_stop { struct_size, reason, signal, deadline, seconds_left, reserve_seconds }
        warm_session_progress { struct_size, has_iteration, has_rate, has_objective, has_durable, has_next_due, iteration, iterations_per_second, best_objective, elapsed_seconds, durable_age_seconds, next_due_seconds, write_seconds, written_seconds, blocked_seconds, writes, failed, throttled, waiting }
        warm_live_session { struct_size, has_label, process_id, opened_unix_seconds, reported_unix_seconds }
        warm_trace_point { struct_size, has_iteration, has_objective, reserved, seconds, unix_seconds, iteration, objective }
        warm_miss_info { struct_size, reserved, equal, differing, only_here, only_there, keys_compared, keys_listed }
        warm_region_info { struct_size, r#type, order, rank, elements, bytes }
        warm_blob_info { struct_size, has_version, version, payload_bytes, written_unix_ms, has_remaining, is_stale, remaining_seconds, from_memory, priority }
        warm_put_receipt { struct_size, in_memory, on_disk, replaced, evicted_from_memory, evicted_from_disk, stored_bytes }
        warm_cache_stats { struct_size, reserved, memory_hits, memory_misses, disk_hits, misses, puts, insertions, memory_evictions, disk_evictions, expirations, idle_deaths, invalidations, flushes, version_conflicts, refusals, metadata_reads, filter_skips, filter_false_positives, promotions_queued, promotions_dropped, promotions_done, promotions_waiting, stale_serves, compression_skipped, compressed_from_bytes, compressed_to_bytes, memory_entries, memory_bytes, memory_budget, disk_entries, disk_bytes, disk_budget }
    };
    assert_eq!(rows, TABLE.lines().collect::<Vec<_>>());
}
