//! How a session is getting on, for people.

use super::policy::Policy;
use super::trace::Recorder;
use crate::sync::atomic::{AtomicU64, Ordering};
use serde::{Deserialize, Serialize};

const SECOND: f64 = 1e9;

/// Counted beside what the policy needs.
#[derive(Default)]
pub(super) struct Figures {
    throttled: AtomicU64,
    failed: AtomicU64,
    blocked_nanos: AtomicU64,
}

impl Figures {
    pub fn note_throttled(&self) {
        self.throttled.fetch_add(1, Ordering::Relaxed);
    }

    pub fn note_failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    /// A caller waited so long for a write or a copy.
    pub fn note_blocked(&self, nanos: i64) {
        let nanos = u64::try_from(nanos).unwrap_or(0);
        self.blocked_nanos.fetch_add(nanos, Ordering::Relaxed);
    }
}

/// How a session is getting on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionProgress {
    /// Of the last checkpoint it was given, written or not.
    pub iteration: Option<u64>,
    /// Iterations a second, lately; none while unknown.
    pub iterations_per_second: Option<f64>,
    /// The lowest it has accepted.
    pub best_objective: Option<f64>,
    /// Since it was opened.
    pub elapsed_seconds: f64,
    /// Since the last checkpoint became durable; none before the first.
    pub durable_age_seconds: Option<f64>,
    /// Until a checkpoint is due though it does not improve the objective, 0 for now; none for never.
    pub next_due_seconds: Option<f64>,
    /// What one durable checkpoint takes on average; none before the first.
    pub write_seconds: Option<f64>,
    /// What all of them took, by whichever thread.
    pub written_seconds: f64,
    /// What callers waited for writing and copying.
    pub blocked_seconds: f64,
    /// Checkpoints and answers written.
    pub writes: u64,
    /// Writes that failed.
    pub failed: u64,
    /// Checkpoints held back by the rate limit.
    pub throttled: u64,
    /// Checkpoints accepted and not durable yet.
    pub waiting: u64,
}

impl SessionProgress {
    pub(super) fn new(
        policy: &Policy,
        figures: &Figures,
        recorder: &Recorder,
        waiting: usize,
        now: i64,
    ) -> SessionProgress {
        let spent = policy.spent();
        let seconds = |nanos: i64| nanos.max(0) as f64 / SECOND;
        let count = |n: &AtomicU64| n.load(Ordering::Relaxed);
        SessionProgress {
            iteration: recorder.last_iteration().map(|(_, i)| i),
            iterations_per_second: recorder.rate(),
            best_objective: policy.best(),
            elapsed_seconds: seconds(now.saturating_sub(policy.started)),
            durable_age_seconds: spent.last_write.map(|at| seconds(now.saturating_sub(at))),
            next_due_seconds: policy
                .next_due(now)
                .map(|at| seconds(at.saturating_sub(now))),
            // What an earlier run measured is none of this one's.
            write_seconds: spent.last_write.and(spent.cost.mean()),
            written_seconds: seconds(spent.nanos),
            blocked_seconds: count(&figures.blocked_nanos) as f64 / SECOND,
            writes: spent.writes,
            failed: count(&figures.failed),
            throttled: count(&figures.throttled),
            waiting: waiting as u64,
        }
    }
}
