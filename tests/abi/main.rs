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
                stringify!($field),
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
        warm_finding { struct_size, problem, action, has_key }
        warm_store_stats { struct_size, reserved, keys, entries, files, bytes, aside_files, aside_bytes, memory_bytes, hits, misses, saves, bytes_written, evictions, expirations, damaged, foreign, save_seconds }
        warm_task_progress { struct_size, cancelled, keys_done, keys_total, entries_done, bytes_done, bytes_total, seconds }
        warm_check_report { struct_size, complete, keys, intact, superseded, damaged, half_present, foreign, unreadable, leavings, unpublished, payload_bytes, moved_aside, removed, waiting, failed }
    };
    assert_eq!(rows, TABLE.lines().collect::<Vec<_>>());
}
