//! What the worker did: of one cycle, and in total.

#[cfg(feature = "remote")]
use super::told::FetchOutcome;
use std::time::Duration;

/// How fetches for the worker ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PrefetchCounts {
    /// Entries fetched.
    pub fetched: u64,
    /// Bytes transferred for these.
    pub bytes: u64,
    /// Entries that were not there any more.
    pub not_found: u64,
    /// Fetches that failed.
    pub failed: u64,
    /// Fetches ended by a deadline, by a call or by stopping.
    pub cancelled: u64,
    /// Fetches put off.
    pub deferred: u64,
    /// Entries that failed their checks.
    pub corrupt: u64,
    /// Defects that were contained: in fetches, in answers about residency, in listings and in cycles.
    pub panics: u64,
}

#[cfg(feature = "remote")]
impl PrefetchCounts {
    pub(super) fn note(&mut self, outcome: &FetchOutcome) {
        match outcome {
            FetchOutcome::Fetched { bytes } => {
                self.fetched += 1;
                self.bytes += bytes;
            }
            FetchOutcome::NotFound => self.not_found += 1,
            FetchOutcome::Failed(_) => self.failed += 1,
            FetchOutcome::Cancelled => self.cancelled += 1,
            FetchOutcome::Deferred => self.deferred += 1,
            FetchOutcome::Corrupt(_) => self.corrupt += 1,
            FetchOutcome::Panicked(_) => self.panics += 1,
        }
    }
}

/// One cycle: what was chosen, and what became of it. Hints are not among it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PrefetchCycle {
    /// 1 for the first.
    pub number: u64,
    /// Entries that were looked at; 0 when all are resident and none has to be.
    pub scored: u64,
    /// Entries among these that a local tier has, as far as known, and those found there in this cycle.
    pub resident: u64,
    /// Entries among these left alone because they failed not long ago.
    pub in_back_off: u64,
    /// Entries taken to be fetched.
    pub selected: u64,
    /// Of these, left for another cycle: the budget of bytes was spent.
    pub over_budget: u64,
    /// What became of the rest.
    pub counts: PrefetchCounts,
    /// How long choosing took.
    pub selecting: Duration,
    /// How long the cycle took.
    pub elapsed: Duration,
}

/// All cycles and hints since the handle was made, and how things stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PrefetchStats {
    /// The worker is to run: it was started, and neither stopped nor left by its tier.
    pub running: bool,
    /// Cycles that ended.
    pub cycles: u64,
    /// Sum over cycles of the entries looked at.
    pub scored: u64,
    /// Sum over cycles of the entries found resident.
    pub resident_met: u64,
    /// Entries taken.
    pub selected: u64,
    /// Taken entries left because of the budget of bytes.
    pub over_budget: u64,
    /// How fetches ended, hints included.
    pub counts: PrefetchCounts,
    /// Sum of what cycles took.
    pub busy: Duration,
    /// Hints that were accepted.
    pub hints: u64,
    /// Hints refused because too many wait.
    pub hints_dropped: u64,
    /// Fetches on hints that succeeded.
    pub hints_fetched: u64,
    /// Listings that were complete.
    pub listings: u64,
    /// Listings that failed.
    pub listings_failed: u64,
    /// Fetches by the worker that were asked for later: bytes of payload.
    pub useful_bytes: u64,
    /// Fetches by the worker that left the local tiers unasked for: bytes of payload.
    pub wasted_bytes: u64,
    /// Fetches by the worker that nobody has asked for yet: bytes of payload.
    pub unasked_bytes: u64,
    /// Entries in the index now.
    pub entries: u64,
    /// Of these, in a local tier, as far as known.
    pub resident: u64,
    /// Bytes of memory the index occupies.
    pub index_bytes: u64,
    /// Fetches that were cancelled and whose threads have not come back.
    pub hanging: u64,
}

#[cfg(feature = "remote")]
impl PrefetchStats {
    pub(super) fn note_cycle(&mut self, cycle: &PrefetchCycle) {
        self.cycles += 1;
        self.scored += cycle.scored;
        self.resident_met += cycle.resident;
        self.selected += cycle.selected;
        self.over_budget += cycle.over_budget;
        self.busy += cycle.elapsed;
    }
}
