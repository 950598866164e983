//! Output structs: the caller zeroes one and sets `struct_size`; fields are only ever appended.

use crate::error::Error;
use crate::ffi::args;
use crate::ffi::status::{
    WARM_ACTION_FAILED, WARM_ACTION_MOVED_ASIDE, WARM_ACTION_NOTHING, WARM_ACTION_REBUILT,
    WARM_ACTION_REMOVED, WARM_ACTION_WAITS, WARM_DURABILITY_FULL, WARM_DURABILITY_PROCESS,
    WARM_FIELD_DIFFERS, WARM_FIELD_EQUAL, WARM_FIELD_ONLY_HERE, WARM_FIELD_ONLY_THERE,
    WARM_KIND_CHECKPOINT, WARM_KIND_FINAL, WARM_PROBLEM_EXPIRED, WARM_PROBLEM_LEAVING,
    WARM_PROBLEM_METADATA, WARM_PROBLEM_METADATA_MISSING, WARM_PROBLEM_OVER_BUDGET,
    WARM_PROBLEM_PAYLOAD, WARM_PROBLEM_PAYLOAD_MISSING, WARM_PROBLEM_RECORD, WARM_PROBLEM_TOTALS,
    WARM_PROBLEM_UNREADABLE, WARM_SOURCE_EXACT, WARM_SOURCE_PRELOADED, WARM_SOURCE_SEED,
};
use crate::key::{Field, FieldState};
use crate::store::{
    Action, CheckReport, Durability, EntryInfo, Finding, Kind, Limits, Miss, Problem, Run, Source,
    StartStats, StoreStats, Task,
};
use std::mem::MaybeUninit;

/// What is known of an entry besides its bytes. Zero it and set `struct_size` to its `sizeof`
/// before it is filled.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct warm_entry_info {
    /// Set by the caller; never changed by the library.
    pub struct_size: u32,
    /// `WARM_KIND_CHECKPOINT` or `WARM_KIND_FINAL`.
    pub kind: i32,
    /// `WARM_SOURCE_EXACT`, `WARM_SOURCE_PRELOADED` or `WARM_SOURCE_SEED`.
    pub source: i32,
    /// 1 when `objective` says something, else 0.
    pub has_objective: i32,
    /// 1 when `iteration` says something, else 0.
    pub has_iteration: i32,
    /// Nanoseconds beside `written_unix_secs`.
    pub written_nanos: i32,
    /// Finite; 0 when there is none.
    pub objective: f64,
    /// Not negative; 0 when there is none.
    pub iteration: i64,
    /// When it was written: seconds since 1970-01-01 UTC.
    pub written_unix_secs: i64,
    /// Length of the payload in bytes.
    pub payload_bytes: i64,
}

/// Figures of a store. Zero it and set `struct_size` to its `sizeof` before it is filled.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct warm_store_stats {
    /// Set by the caller; never changed by the library.
    pub struct_size: u32,
    /// Always 0.
    pub reserved: i32,
    /// Keys with something stored. This and the next five are of the root, as last known.
    pub keys: i64,
    /// Runs under all keys.
    pub entries: i64,
    /// Files that count in the file budget.
    pub files: i64,
    /// Their lengths, each rounded up to 4 096.
    pub bytes: i64,
    /// Files of damage that was set aside; part of `files`.
    pub aside_files: i64,
    /// Their lengths, rounded up; part of `bytes`.
    pub aside_bytes: i64,
    /// Bytes this handle keeps in memory.
    pub memory_bytes: i64,
    /// Lookups answered. This and all below are by this handle.
    pub hits: i64,
    /// Lookups that found nothing.
    pub misses: i64,
    /// Saves that succeeded.
    pub saves: i64,
    /// Bytes of payload and metadata written by these.
    pub bytes_written: i64,
    /// Runs evicted for a budget.
    pub evictions: i64,
    /// Runs removed after their time to live.
    pub expirations: i64,
    /// Times a damaged pair was passed over.
    pub damaged: i64,
    /// Times an entry of another schema was passed over.
    pub foreign: i64,
    /// Seconds spent in saves.
    pub save_seconds: f64,
}

/// What may lie below a root, and for how long. Zero it and set `struct_size` to its `sizeof` before it is
/// filled.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct warm_store_limits {
    /// Set by the caller; never changed by the library.
    pub struct_size: u32,
    /// Always 0.
    pub reserved: i32,
    /// Bytes, each file's length rounded up to 4 096; 0 where there is no limit.
    pub size_budget: i64,
    /// Files; 0 where there is no limit.
    pub file_budget: i64,
    /// Seconds from an entry's last use on; 0 where nothing expires.
    pub ttl_seconds: f64,
}

impl From<Limits> for warm_store_limits {
    fn from(l: Limits) -> Self {
        warm_store_limits {
            struct_size: 0,
            reserved: 0,
            size_budget: l.size_budget.map_or(0, count),
            file_budget: l.file_budget.map_or(0, count),
            ttl_seconds: l.ttl_seconds.unwrap_or(0.0),
        }
    }
}

/// How a session's fit began, or those of all sessions of a store's handle. Zero it and set `struct_size`
/// to its `sizeof` before it is filled.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct warm_start_stats {
    /// Set by the caller; never changed by the library.
    pub struct_size: u32,
    /// Which seed key the session's last load answered from, 0 for the nearest; -1 when it did not, and
    /// for a store.
    pub seed_level: i32,
    /// Times an entry was loaded that lies under another key: a seed's, or one that was preloaded.
    pub seeds_offered: i64,
    /// Of these, those that `warm_session_should_use_seed` said to use.
    pub seeds_taken: i64,
    /// And those it said not to use.
    pub seeds_refused: i64,
    /// What was reported by `warm_session_note_iterations_saved`, in all; negative when seeds cost more
    /// than they saved.
    pub iterations_saved: i64,
    /// Checkpoints passed over by loads because too many restarts from them had failed.
    pub passed_over: i64,
}

/// How a key that missed differs from the nearest stored one. Zero it and set `struct_size` to its
/// `sizeof` before it is filled.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct warm_miss_info {
    /// Set by the caller; never changed by the library.
    pub struct_size: u32,
    /// Always 0.
    pub reserved: i32,
    /// Fields with the same tag, type and value in both keys.
    pub equal: i64,
    /// Fields with the same tag and another type or value.
    pub differing: i64,
    /// Fields that only the session's key has.
    pub only_here: i64,
    /// Fields that only the stored key has.
    pub only_there: i64,
    /// Stored keys whose fields were compared.
    pub keys_compared: i64,
    /// Stored keys that were listed.
    pub keys_listed: i64,
}

/// A field of two keys that are compared. Zero it and set `struct_size` to its `sizeof` before it is
/// filled.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct warm_field {
    /// Set by the caller; never changed by the library.
    pub struct_size: u32,
    /// One of `WARM_FIELD_...`.
    pub state: i32,
}

/// What a verification or repair found. Counts are of pairs of payload and metadata unless said
/// otherwise. Zero it and set `struct_size` to its `sizeof` before it is filled.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct warm_check_report {
    /// Set by the caller; never changed by the library.
    pub struct_size: u32,
    /// 1 when everything was looked at, 0 after a cancellation.
    pub complete: i32,
    /// Keys that have a directory.
    pub keys: i64,
    /// Pairs that pass every check.
    pub intact: i64,
    /// Intact pairs that a newer generation of the same run supersedes; part of `intact`.
    pub superseded: i64,
    /// Pairs that fail a check.
    pub damaged: i64,
    /// Payloads without metadata and metadata without payload.
    pub half_present: i64,
    /// Pairs of another schema: not checked.
    pub foreign: i64,
    /// Files or directories that could not be read.
    pub unreadable: i64,
    /// Files that dead writers left behind.
    pub leavings: i64,
    /// Generations that lie in a slot's private file, and not yet in a pair as well; not in `intact`.
    pub unpublished: i64,
    /// Bytes of intact payloads.
    pub payload_bytes: i64,
    /// Pairs and halves that were moved aside.
    pub moved_aside: i64,
    /// Files that were removed: leavings, and generations that were superseded.
    pub removed: i64,
    /// Problems left for later, because the files changed within the last ten minutes or are held
    /// by a living writer.
    pub waiting: i64,
    /// Problems that could not be dealt with.
    pub failed: i64,
    /// Runs that expired, or would: of a sweep or its plan.
    pub expired: i64,
    /// Runs that were evicted for a budget, or would be: of a sweep or its plan.
    pub evicted: i64,
}

/// What is known of a listed run beside `warm_entry_info`. Zero it and set `struct_size` to its `sizeof`
/// before it is filled.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct warm_run_info {
    /// Set by the caller; never changed by the library.
    pub struct_size: u32,
    /// `WARM_DURABILITY_FULL` or `WARM_DURABILITY_PROCESS`: whether it was synced before its save
    /// returned.
    pub durability: i32,
    /// 1 when it is pinned, else 0.
    pub is_pinned: i32,
    /// 1 when its session was labelled, else 0; `warm_cursor_text` gives the label.
    pub has_label: i32,
    /// When it was last written or, as far as that is noted, used: seconds since 1970-01-01 UTC.
    pub last_used_unix_secs: i64,
    /// Under how many seed keys it is found as well.
    pub seed_keys: i64,
    /// How many fields of what its key was made from are recorded.
    pub key_fields: i64,
}

impl From<&Run> for warm_run_info {
    fn from(r: &Run) -> Self {
        warm_run_info {
            struct_size: 0,
            durability: match r.durability {
                Durability::Full => WARM_DURABILITY_FULL,
                Durability::Process => WARM_DURABILITY_PROCESS,
            },
            is_pinned: i32::from(r.is_pinned),
            has_label: i32::from(r.label.is_some()),
            last_used_unix_secs: r.last_used_unix_secs,
            seed_keys: count(r.seed_keys.len() as u64),
            key_fields: count(r.key_fields.len() as u64),
        }
    }
}

/// One thing that is wrong. Zero it and set `struct_size` to its `sizeof` before it is filled.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct warm_finding {
    /// Set by the caller; never changed by the library.
    pub struct_size: u32,
    /// One of `WARM_PROBLEM_...`.
    pub problem: i32,
    /// What a repair did about it, one of `WARM_ACTION_...`; a verification does nothing.
    pub action: i32,
    /// 1 when it lies under a key, 0 when it belongs to the whole root.
    pub has_key: i32,
}

/// How far a task has come. Zero it and set `struct_size` to its `sizeof` before it is filled.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct warm_task_progress {
    /// Set by the caller; never changed by the library.
    pub struct_size: u32,
    /// 1 once the work was asked to stop, else 0.
    pub cancelled: i32,
    /// Keys gone through.
    pub keys_done: i64,
    /// Keys to go through; 0 until they are listed.
    pub keys_total: i64,
    /// Entries looked at.
    pub entries_done: i64,
    /// Bytes of payload read.
    pub bytes_done: i64,
    /// Bytes to read, an estimate from the store's totals; 0 when they are not known.
    pub bytes_total: i64,
    /// Seconds since the start.
    pub seconds: f64,
}

/// An output struct of the caller whose size has been checked.
pub(crate) struct Output<T> {
    at: *mut T,
    size: usize,
}

impl<T> Output<T> {
    /// `None` for NULL. `first_size` is the struct's size in the first release that had it.
    ///
    /// # Safety
    /// A non-NULL `at` points to a struct whose first member is its `struct_size`, set by the caller,
    /// with that many writable bytes.
    pub unsafe fn new(
        name: &'static str,
        at: *mut T,
        first_size: usize,
    ) -> Result<Option<Self>, Error> {
        if at.is_null() {
            return Ok(None);
        }
        // SAFETY: the caller's promise; this also checks alignment.
        let size = unsafe { args::out(name, at)? }.as_ptr().cast::<u32>();
        // SAFETY: the first member is a u32, and set.
        let size = unsafe { size.read() } as usize;
        if size < first_size {
            return Err(Error::invalid(
                format!("reading argument `{name}`"),
                format!("its struct_size is {size}, and the struct has {first_size} bytes"),
                "Zero the struct and set struct_size to its sizeof before the call",
            ));
        }
        Ok(Some(Output {
            at,
            size: size.min(size_of::<T>()),
        }))
    }

    /// Writes everything but `struct_size` and what lies beyond the caller's knowledge.
    pub fn write(&self, value: T) {
        let value = MaybeUninit::new(value);
        let skip = size_of::<u32>();
        // SAFETY: both are at least `size` bytes long, and `size` is at least `skip`: the struct
        // begins with a u32. Bytes are copied whether they are padding or not.
        unsafe {
            std::ptr::copy_nonoverlapping(
                value.as_ptr().cast::<MaybeUninit<u8>>().add(skip),
                self.at.cast::<MaybeUninit<u8>>().add(skip),
                self.size - skip,
            );
        }
    }
}

/// The entry info a caller wants, if he wants it.
///
/// # Safety
/// As for [`Output::new`].
pub(crate) unsafe fn entry_info(
    at: *mut warm_entry_info,
) -> Result<Option<Output<warm_entry_info>>, Error> {
    // SAFETY: the caller's promise.
    unsafe { Output::new("info", at, size_of::<warm_entry_info>()) }
}

/// An output that must be there.
pub(crate) fn required<T>(
    name: &'static str,
    output: Option<Output<T>>,
) -> Result<Output<T>, Error> {
    output.ok_or_else(|| {
        Error::invalid(
            format!("reading argument `{name}`"),
            "it is NULL",
            "Pass a zeroed struct with struct_size set to its sizeof",
        )
    })
}

pub(crate) fn count(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

impl From<&EntryInfo> for warm_entry_info {
    fn from(info: &EntryInfo) -> Self {
        warm_entry_info {
            struct_size: 0,
            kind: match info.kind {
                Kind::Checkpoint => WARM_KIND_CHECKPOINT,
                Kind::Final => WARM_KIND_FINAL,
            },
            source: match info.source {
                Source::Exact => WARM_SOURCE_EXACT,
                Source::Preloaded => WARM_SOURCE_PRELOADED,
                Source::Seed(_) => WARM_SOURCE_SEED,
            },
            has_objective: i32::from(info.objective.is_some()),
            has_iteration: i32::from(info.iteration.is_some()),
            written_nanos: i32::try_from(info.written_nanos).unwrap_or(i32::MAX),
            objective: info.objective.unwrap_or(0.0),
            iteration: info.iteration.unwrap_or(0),
            written_unix_secs: info.written_unix_secs,
            payload_bytes: count(info.payload_bytes),
        }
    }
}

impl From<&StoreStats> for warm_store_stats {
    fn from(s: &StoreStats) -> Self {
        warm_store_stats {
            struct_size: 0,
            reserved: 0,
            keys: s.keys,
            entries: s.entries,
            files: s.files,
            bytes: s.bytes,
            aside_files: s.aside_files,
            aside_bytes: s.aside_bytes,
            memory_bytes: s.memory_bytes,
            hits: count(s.hits),
            misses: count(s.misses),
            saves: count(s.saves),
            bytes_written: count(s.bytes_written),
            evictions: count(s.evictions),
            expirations: count(s.expirations),
            damaged: count(s.damaged),
            foreign: count(s.foreign),
            save_seconds: s.save_seconds,
        }
    }
}

impl From<&StartStats> for warm_start_stats {
    fn from(s: &StartStats) -> Self {
        warm_start_stats {
            struct_size: 0,
            seed_level: s.level.map_or(-1, i32::from),
            seeds_offered: count(s.seeds_offered),
            seeds_taken: count(s.seeds_taken),
            seeds_refused: count(s.seeds_refused),
            iterations_saved: s.iterations_saved,
            passed_over: count(s.passed_over),
        }
    }
}

impl From<&Miss> for warm_miss_info {
    fn from(m: &Miss) -> Self {
        let of = |state| count(m.difference.count(state) as u64);
        warm_miss_info {
            struct_size: 0,
            reserved: 0,
            equal: of(FieldState::Equal),
            differing: of(FieldState::Differs),
            only_here: of(FieldState::OnlyHere),
            only_there: of(FieldState::OnlyThere),
            keys_compared: count(m.keys_compared),
            keys_listed: count(m.keys_listed),
        }
    }
}

impl From<&Field> for warm_field {
    fn from(f: &Field) -> Self {
        warm_field {
            struct_size: 0,
            state: match f.state {
                FieldState::Equal => WARM_FIELD_EQUAL,
                FieldState::Differs => WARM_FIELD_DIFFERS,
                FieldState::OnlyHere => WARM_FIELD_ONLY_HERE,
                FieldState::OnlyThere => WARM_FIELD_ONLY_THERE,
            },
        }
    }
}

/// The start stats a caller wants.
///
/// # Safety
/// As for [`Output::new`].
pub(crate) unsafe fn start_stats(
    at: *mut warm_start_stats,
) -> Result<Output<warm_start_stats>, Error> {
    // SAFETY: the caller's promise.
    let stats = unsafe { Output::new("stats", at, size_of::<warm_start_stats>())? };
    required("stats", stats)
}

impl From<&CheckReport> for warm_check_report {
    fn from(r: &CheckReport) -> Self {
        warm_check_report {
            struct_size: 0,
            complete: i32::from(r.complete),
            keys: count(r.keys),
            intact: count(r.intact),
            superseded: count(r.superseded),
            damaged: count(r.damaged),
            half_present: count(r.half_present),
            foreign: count(r.foreign),
            unreadable: count(r.unreadable),
            leavings: count(r.leavings),
            unpublished: count(r.unpublished),
            payload_bytes: count(r.payload_bytes),
            moved_aside: count(r.moved_aside),
            removed: count(r.removed),
            waiting: count(r.waiting),
            failed: count(r.failed),
            expired: count(r.expired),
            evicted: count(r.evicted),
        }
    }
}

impl From<&Finding> for warm_finding {
    fn from(f: &Finding) -> Self {
        warm_finding {
            struct_size: 0,
            problem: match f.problem {
                Problem::Metadata => WARM_PROBLEM_METADATA,
                Problem::Payload => WARM_PROBLEM_PAYLOAD,
                Problem::PayloadMissing => WARM_PROBLEM_PAYLOAD_MISSING,
                Problem::MetadataMissing => WARM_PROBLEM_METADATA_MISSING,
                Problem::Unreadable => WARM_PROBLEM_UNREADABLE,
                Problem::Leaving => WARM_PROBLEM_LEAVING,
                Problem::Totals => WARM_PROBLEM_TOTALS,
                Problem::Record => WARM_PROBLEM_RECORD,
                Problem::Expired => WARM_PROBLEM_EXPIRED,
                Problem::OverBudget => WARM_PROBLEM_OVER_BUDGET,
            },
            action: match f.action {
                Action::Nothing => WARM_ACTION_NOTHING,
                Action::Waits => WARM_ACTION_WAITS,
                Action::MovedAside => WARM_ACTION_MOVED_ASIDE,
                Action::Removed => WARM_ACTION_REMOVED,
                Action::Rebuilt => WARM_ACTION_REBUILT,
                Action::Failed => WARM_ACTION_FAILED,
            },
            has_key: i32::from(f.key.is_some()),
        }
    }
}

impl From<&Task> for warm_task_progress {
    fn from(t: &Task) -> Self {
        let p = t.progress();
        warm_task_progress {
            struct_size: 0,
            cancelled: i32::from(p.is_cancelled()),
            keys_done: count(p.keys_done()),
            keys_total: count(p.keys_total()),
            entries_done: count(p.entries_done()),
            bytes_done: count(p.bytes_done()),
            bytes_total: count(p.bytes_total()),
            seconds: t.elapsed().as_secs_f64(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[repr(C)]
    struct Grown {
        known: [u32; 3],
        beyond: u32,
    }

    #[test]
    fn the_size_and_what_lies_beyond_the_librarys_knowledge_are_left_alone() {
        let mut caller = Grown {
            known: [16, 7, 7],
            beyond: 7,
        };
        let at = std::ptr::addr_of_mut!(caller).cast::<[u32; 3]>();
        // SAFETY: `caller` begins with its size and has that many bytes.
        let out = unsafe { Output::new("info", at, 12) }.unwrap().unwrap();
        out.write([0, 1, 2]);
        assert_eq!((caller.known, caller.beyond), ([16, 1, 2], 7));
    }

    #[test]
    fn an_older_callers_struct_is_not_overrun() {
        let mut caller = Grown {
            known: [12, 7, 7],
            beyond: 7,
        };
        let at = std::ptr::addr_of_mut!(caller);
        // SAFETY: as above.
        let out = unsafe { Output::new("info", at, 8) }.unwrap().unwrap();
        out.write(Grown {
            known: [0, 1, 2],
            beyond: 3,
        });
        assert_eq!((caller.known, caller.beyond), ([12, 1, 2], 7));
    }

    #[test]
    fn a_size_below_the_first_releases_is_refused() {
        let mut caller = [11u32, 0, 0];
        // SAFETY: as above.
        let e = unsafe { Output::new("info", &mut caller, 12) }
            .err()
            .unwrap();
        assert!(e.to_string().contains("struct_size is 11"), "{e}");
    }
}
