//! When a checkpoint is worth writing. The polls take no lock: the answer must be cheap in an inner
//! loop. Times are nanoseconds of the store's monotonic clock.

use super::cost::Cost;
use super::interval::IntervalFormula;
use super::options::SessionOptions;
use crate::store::OBJECTIVE_TOLERANCE;
use crate::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use crate::sync::{Mutex, MutexGuard};
use std::sync::PoisonError;

/// Nothing written yet.
const NEVER: i64 = i64::MIN;
const SECOND: f64 = 1e9;
/// The first writes are not charged to the share: there is nothing to judge it by, and a fit should be
/// on the disk soon.
const EXEMPT_WRITES: u64 = 10;
/// What was not spent is saved up, but not for longer: a burst of writes ends.
const LONGEST_CREDIT: i64 = 600_000_000_000;

/// Taken for the cost of a checkpoint until one was written.
const UNMEASURED: i64 = 1_000_000_000;

/// What the caller wants.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schedule {
    /// Between checkpoints that do not improve the objective.
    pub min_interval: i64,
    /// Every so many calls; 0: not by count.
    pub every: u64,
    /// Of the run time, for writing.
    pub share: Option<f64>,
    /// With the mean time between failures in seconds.
    pub optimal: Option<(IntervalFormula, f64)>,
}

pub(super) fn nanoseconds(seconds: f64) -> i64 {
    // Saturates.
    (seconds * SECOND) as i64
}

/// What writing has cost so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spent {
    pub cost: Cost,
    pub writes: u64,
    /// Until when the run time of the session's share is used up.
    paid: i64,
    /// By whoever wrote, in nanoseconds.
    pub nanos: i64,
    /// When the last write was done.
    pub last_write: Option<i64>,
}

pub(super) struct Policy {
    schedule: Schedule,
    /// When the session was opened.
    pub started: i64,
    /// Bits of the lowest objective accepted; infinity when there is none.
    best: AtomicU64,
    /// The last checkpoint written or accepted.
    last_accepted: AtomicI64,
    /// Since then, where it matters.
    calls: AtomicU64,
    /// Between checkpoints that do not improve the objective, as now known.
    interval: AtomicI64,
    /// No earlier than this does another write keep within the share.
    affordable_at: AtomicI64,
    /// No earlier than this does a waiting checkpoint have to be published.
    publish_at: AtomicI64,
    /// What hardly any write exceeds.
    upper: AtomicI64,
    spent: Mutex<Spent>,
}

impl Policy {
    pub fn new(options: &SessionOptions, now: i64) -> Policy {
        let schedule = options.schedule();
        Policy {
            schedule,
            started: now,
            best: AtomicU64::new(f64::INFINITY.to_bits()),
            last_accepted: AtomicI64::new(NEVER),
            calls: AtomicU64::new(0),
            interval: AtomicI64::new(schedule.min_interval),
            affordable_at: AtomicI64::new(NEVER),
            publish_at: AtomicI64::new(NEVER),
            upper: AtomicI64::new(UNMEASURED),
            spent: Mutex::new(Spent {
                paid: now,
                ..Spent::default()
            }),
        }
    }

    fn locked(&self) -> MutexGuard<'_, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn spent(&self) -> Spent {
        *self.locked()
    }

    /// The lowest objective accepted.
    pub fn best(&self) -> Option<f64> {
        Some(f64::from_bits(self.best.load(Ordering::Relaxed))).filter(|b| b.is_finite())
    }

    /// True when the objective is lower than the best by more than the tolerance; the first finite
    /// one always is.
    pub fn improves(&self, objective: Option<f64>) -> bool {
        let best = f64::from_bits(self.best.load(Ordering::Relaxed));
        // Infinity minus a finite number exceeds every tolerance.
        objective.is_some_and(|o| best - o > OBJECTIVE_TOLERANCE)
    }

    /// True when nothing better was written: such a checkpoint may take the best one's place.
    pub fn is_best(&self, objective: Option<f64>) -> bool {
        let best = f64::from_bits(self.best.load(Ordering::Relaxed));
        objective.is_some_and(|o| o <= best)
    }

    /// Whether a checkpoint is due; counts the call.
    pub fn is_due(&self, objective: Option<f64>, now: impl FnOnce() -> i64) -> bool {
        if self.schedule.every > 0 {
            // No addition under a lock, which costs more than all else here: threads that call at once may
            // count as one.
            let calls = self.calls.load(Ordering::Relaxed);
            self.calls.store(calls.saturating_add(1), Ordering::Relaxed);
        }
        self.is_still_due(objective, now)
    }

    /// Whether a checkpoint is due.
    pub fn is_still_due(&self, objective: Option<f64>, now: impl FnOnce() -> i64) -> bool {
        if self.improves(objective) {
            return true;
        }
        let last = self.last_accepted.load(Ordering::Relaxed);
        if last == NEVER {
            return true;
        }
        let now = now();
        let every = self.schedule.every;
        let is_time = now.saturating_sub(last) >= self.interval.load(Ordering::Relaxed)
            || (every > 0 && self.calls.load(Ordering::Relaxed) >= every);
        is_time && now >= self.affordable_at.load(Ordering::Relaxed)
    }

    /// When the clock alone makes a checkpoint due; `None`: never.
    pub fn next_due(&self, now: i64) -> Option<i64> {
        let last = self.last_accepted.load(Ordering::Relaxed);
        if last == NEVER {
            return Some(now);
        }
        let interval = self.interval.load(Ordering::Relaxed);
        if interval == i64::MAX {
            return None;
        }
        let at = last.saturating_add(interval);
        Some(at.max(self.affordable_at.load(Ordering::Relaxed)).max(now))
    }

    /// Whether a checkpoint that was queued is to be written now. Later ones may take its place until
    /// then, so that improvements cost no more than the schedule allows.
    pub fn may_publish(&self, now: i64) -> bool {
        now >= self.publish_at.load(Ordering::Relaxed)
    }

    /// To be called when a checkpoint has been written or queued.
    pub fn note_accepted(&self, objective: Option<f64>, now: i64) {
        if let Some(o) = objective {
            let lower = |best| (o < f64::from_bits(best)).then_some(o.to_bits());
            let _ = self
                .best
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, lower);
        }
        self.last_accepted.store(now, Ordering::Relaxed);
        self.calls.store(0, Ordering::Relaxed);
    }

    /// To be called when a write has succeeded that took `nanos` and ended `now`.
    pub fn note_written(&self, nanos: i64, now: i64) {
        let mut spent = self.locked();
        let seconds = nanos.max(0) as f64 / SECOND;
        spent.cost.note(seconds);
        spent.writes += 1;
        spent.nanos = spent.nanos.saturating_add(nanos.max(0));
        spent.last_write = Some(now);
        self.note_upper(&spent.cost);
        let mut publish_at = NEVER;
        if let Some(share) = self.schedule.share {
            if spent.writes > EXEMPT_WRITES {
                let from = spent.paid.max(now.saturating_sub(LONGEST_CREDIT));
                spent.paid = from.saturating_add(nanoseconds(seconds / share));
            }
            if spent.writes >= EXEMPT_WRITES {
                // The next one has to be earned before it is written.
                let next = spent.cost.mean().unwrap_or(seconds);
                publish_at = spent.paid.saturating_add(nanoseconds(next / share));
                self.affordable_at.store(publish_at, Ordering::Relaxed);
            }
        }
        if let Some(at) = self.plan(&spent.cost, now) {
            publish_at = publish_at.max(at);
        }
        self.publish_at.store(publish_at, Ordering::Relaxed);
    }

    fn note_upper(&self, cost: &Cost) {
        let upper = cost.upper().map_or(UNMEASURED, nanoseconds);
        self.upper.store(upper, Ordering::Relaxed);
    }

    /// Nanoseconds that hardly any write exceeds.
    pub fn upper(&self) -> i64 {
        self.upper.load(Ordering::Relaxed)
    }

    /// Sets the optimal interval, where one is wanted, and says when it is over.
    fn plan(&self, cost: &Cost, now: i64) -> Option<i64> {
        let (formula, mean_time) = self.schedule.optimal?;
        let interval = nanoseconds(formula.interval(cost.mean()?, mean_time));
        self.interval.store(interval, Ordering::Relaxed);
        Some(now.saturating_add(interval))
    }

    /// What was resumed from is durable, and an earlier run's writes took `seconds`: the optimal
    /// interval begins.
    pub fn note_resumed(&self, seconds: f64, now: i64) {
        let mut spent = self.locked();
        if spent.writes > 0 {
            return;
        }
        spent.cost = Cost::of(seconds);
        self.note_upper(&spent.cost);
        if let Some(at) = self.plan(&spent.cost, now) {
            self.publish_at.store(at, Ordering::Relaxed);
            self.last_accepted.store(now, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests;
