//! What a prefetch worker did, in C.

use crate::ffi::info::count;
use crate::remote::prefetch::{PrefetchCycle, PrefetchStats};

/// Figures of a prefetch worker since it was made, and how things stand. Zero it and set `struct_size` to its
/// `sizeof` before it is filled.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct warm_prefetch_stats {
    /// Set by the caller; never changed by the library.
    pub struct_size: u32,
    /// 1 while the worker is to run, 0 once it was stopped or its remote tier was let go of.
    pub is_running: i32,
    /// Cycles that ended.
    pub cycles: i64,
    /// Sum over cycles of the entries looked at.
    pub scored: i64,
    /// Sum over cycles of the entries found resident.
    pub resident_met: i64,
    /// Sum over cycles of the entries chosen.
    pub selected: i64,
    /// Chosen entries left for another cycle: the budget of bytes was spent.
    pub over_budget: i64,
    /// Entries fetched, on hints and otherwise.
    pub fetched: i64,
    /// Bytes transferred for these.
    pub bytes: i64,
    /// Fetches of what was not there any more, or was removed or refused here.
    pub not_found: i64,
    /// Fetches that failed.
    pub failed: i64,
    /// Fetches ended by a deadline, by a call or by stopping.
    pub cancelled: i64,
    /// Fetches put off: the server had just failed, or too many fetches do not come back.
    pub deferred: i64,
    /// Entries that failed their checks.
    pub corrupt: i64,
    /// Defects that were contained.
    pub panics: i64,
    /// Hints that were accepted.
    pub hints: i64,
    /// Hints refused because too many wait.
    pub hints_dropped: i64,
    /// Fetches on hints that succeeded.
    pub hints_fetched: i64,
    /// Listings of the remote tier that were complete.
    pub listings: i64,
    /// Listings that failed.
    pub listings_failed: i64,
    /// Bytes of payload that the worker fetched and that were asked for later.
    pub useful_bytes: i64,
    /// Bytes of payload that the worker fetched and that left this machine unasked for.
    pub wasted_bytes: i64,
    /// Bytes of payload that the worker fetched and that nobody has asked for yet.
    pub unasked_bytes: i64,
    /// Entries that the worker knows of now.
    pub entries: i64,
    /// Of these, on this machine, as far as known.
    pub resident: i64,
    /// Bytes of memory that its knowledge takes.
    pub index_bytes: i64,
    /// Fetches that were cancelled and have not come back.
    pub hanging: i64,
    /// Seconds that cycles took in all.
    pub busy_seconds: f64,
}

/// One cycle: what was chosen, and what became of it. Hints are not among it. Zero it and set `struct_size`
/// to its `sizeof` before it is filled.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct warm_prefetch_cycle {
    /// Set by the caller; never changed by the library.
    pub struct_size: u32,
    /// Always 0.
    pub reserved: i32,
    /// 1 for the first.
    pub number: i64,
    /// Entries looked at; 0 when all are resident and none has to be.
    pub scored: i64,
    /// Of these, on this machine.
    pub resident: i64,
    /// Of these, left alone because they failed not long ago.
    pub in_back_off: i64,
    /// Entries chosen.
    pub selected: i64,
    /// Of these, left for another cycle: the budget of bytes was spent.
    pub over_budget: i64,
    /// Entries fetched.
    pub fetched: i64,
    /// Bytes transferred for these.
    pub bytes: i64,
    /// What was not there any more, or was removed or refused here.
    pub not_found: i64,
    /// Fetches that failed.
    pub failed: i64,
    /// Fetches ended by a deadline, by a call or by stopping.
    pub cancelled: i64,
    /// Fetches put off.
    pub deferred: i64,
    /// Entries that failed their checks.
    pub corrupt: i64,
    /// Defects that were contained.
    pub panics: i64,
    /// Seconds that choosing took.
    pub selecting_seconds: f64,
    /// Seconds that the cycle took.
    pub elapsed_seconds: f64,
}

impl From<&PrefetchStats> for warm_prefetch_stats {
    fn from(s: &PrefetchStats) -> Self {
        warm_prefetch_stats {
            struct_size: 0,
            is_running: i32::from(s.running),
            cycles: count(s.cycles),
            scored: count(s.scored),
            resident_met: count(s.resident_met),
            selected: count(s.selected),
            over_budget: count(s.over_budget),
            fetched: count(s.counts.fetched),
            bytes: count(s.counts.bytes),
            not_found: count(s.counts.not_found),
            failed: count(s.counts.failed),
            cancelled: count(s.counts.cancelled),
            deferred: count(s.counts.deferred),
            corrupt: count(s.counts.corrupt),
            panics: count(s.counts.panics),
            hints: count(s.hints),
            hints_dropped: count(s.hints_dropped),
            hints_fetched: count(s.hints_fetched),
            listings: count(s.listings),
            listings_failed: count(s.listings_failed),
            useful_bytes: count(s.useful_bytes),
            wasted_bytes: count(s.wasted_bytes),
            unasked_bytes: count(s.unasked_bytes),
            entries: count(s.entries),
            resident: count(s.resident),
            index_bytes: count(s.index_bytes),
            hanging: count(s.hanging),
            busy_seconds: s.busy.as_secs_f64(),
        }
    }
}

impl From<&PrefetchCycle> for warm_prefetch_cycle {
    fn from(c: &PrefetchCycle) -> Self {
        warm_prefetch_cycle {
            struct_size: 0,
            reserved: 0,
            number: count(c.number),
            scored: count(c.scored),
            resident: count(c.resident),
            in_back_off: count(c.in_back_off),
            selected: count(c.selected),
            over_budget: count(c.over_budget),
            fetched: count(c.counts.fetched),
            bytes: count(c.counts.bytes),
            not_found: count(c.counts.not_found),
            failed: count(c.counts.failed),
            cancelled: count(c.counts.cancelled),
            deferred: count(c.counts.deferred),
            corrupt: count(c.counts.corrupt),
            panics: count(c.counts.panics),
            selecting_seconds: c.selecting.as_secs_f64(),
            elapsed_seconds: c.elapsed.as_secs_f64(),
        }
    }
}
