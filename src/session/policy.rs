//! When a checkpoint is worth writing. Lock-free: the answer must be cheap in an inner loop.

use crate::store::OBJECTIVE_TOLERANCE;
use crate::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use nix::time::{clock_gettime, ClockId};
use std::time::Duration;

/// Nothing written yet.
const NEVER: i64 = i64::MIN;

pub(super) struct Policy {
    min_interval_nanos: i64,
    /// Bits of the lowest objective written; infinity when there is none.
    best: AtomicU64,
    /// Of the coarse monotonic clock, in nanoseconds.
    last_write: AtomicI64,
}

/// The monotonic clock that costs 4 ns rather than 23, late by up to one tick.
fn coarse_nanos() -> i64 {
    #[cfg(target_os = "linux")]
    const CLOCK: ClockId = ClockId::CLOCK_MONOTONIC_COARSE;
    #[cfg(not(target_os = "linux"))]
    const CLOCK: ClockId = ClockId::CLOCK_MONOTONIC;
    clock_gettime(CLOCK).map_or(0, |t| {
        // The widths of these fields differ between platforms.
        #[allow(clippy::unnecessary_cast)]
        (t.tv_sec() as i64)
            .saturating_mul(1_000_000_000)
            .saturating_add(t.tv_nsec() as i64)
    })
}

impl Policy {
    pub fn new(min_interval: Duration) -> Policy {
        Policy {
            min_interval_nanos: i64::try_from(min_interval.as_nanos()).unwrap_or(i64::MAX),
            best: AtomicU64::new(f64::INFINITY.to_bits()),
            last_write: AtomicI64::new(NEVER),
        }
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

    pub fn is_due(&self, objective: Option<f64>) -> bool {
        if self.improves(objective) {
            return true;
        }
        match self.last_write.load(Ordering::Relaxed) {
            NEVER => true,
            last => coarse_nanos().saturating_sub(last) >= self.min_interval_nanos,
        }
    }

    /// To be called under the session's lock, after a write has succeeded.
    pub fn note_written(&self, objective: Option<f64>) {
        let best = f64::from_bits(self.best.load(Ordering::Relaxed));
        if let Some(o) = objective.filter(|o| *o < best) {
            self.best.store(o.to_bits(), Ordering::Relaxed);
        }
        self.last_write.store(coarse_nanos(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[test]
    fn the_first_checkpoint_and_every_improvement_are_due() {
        let p = Policy::new(LONG);
        assert!(p.is_due(None) && p.is_due(Some(1e300)));
        p.note_written(None);
        assert!(!p.is_due(None));
        assert!(p.is_due(Some(5.0)), "a first finite objective improves");
        p.note_written(Some(5.0));
        assert!(!p.is_due(Some(5.0)) && !p.is_due(Some(6.0)) && !p.is_due(None));
        assert!(!p.is_due(Some(5.0 - 0.9e-12)), "within the tolerance");
        assert!(p.is_due(Some(5.0 - 3e-12)));
    }

    #[test]
    fn a_worse_write_does_not_move_the_best() {
        let p = Policy::new(Duration::ZERO);
        p.note_written(Some(1.0));
        p.note_written(Some(2.0));
        assert!(!p.improves(Some(1.5)) && !p.is_best(Some(1.5)));
        assert!(p.is_best(Some(1.0)) && !p.is_best(None));
        assert!(p.is_due(Some(9.0)), "no interval: always due");
    }

    #[test]
    fn an_endless_interval_never_passes() {
        let p = Policy::new(Duration::MAX);
        p.note_written(Some(1.0));
        assert!(!p.is_due(Some(1.0)));
    }
}
