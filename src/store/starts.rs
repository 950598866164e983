//! How fits began, counted.

use super::Inner;
use crate::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// How a session's fit began, or those of all sessions of a store's handle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StartStats {
    /// Which seed key the session's last load answered from, 0 for the nearest; `None` when it did not, and
    /// for a store.
    pub level: Option<u8>,
    /// Times an entry was answered that lies under another key: a seed's, or one that was preloaded.
    pub seeds_offered: u64,
    /// Of these, those the guard said to use.
    pub seeds_taken: u64,
    /// And those the guard said not to use.
    pub seeds_refused: u64,
    /// What the caller reported, in all; negative when seeds cost more than they saved.
    pub iterations_saved: i64,
    /// Checkpoints that were passed over because too many restarts from them had failed.
    pub passed_over: u64,
}

/// The same, as threads add to it.
#[derive(Default)]
pub(crate) struct StartCounters {
    offered: AtomicU64,
    taken: AtomicU64,
    refused: AtomicU64,
    saved: AtomicI64,
    passed_over: AtomicU64,
}

impl StartCounters {
    pub fn offered(&self) {
        self.offered.fetch_add(1, Ordering::Relaxed);
    }

    /// What the guard said: whether to use the seed; `before` if it has said something about this one.
    pub fn judged(&self, used: bool, before: Option<bool>) {
        let counter = |used| if used { &self.taken } else { &self.refused };
        if let Some(before) = before {
            counter(before).fetch_sub(1, Ordering::Relaxed);
        }
        counter(used).fetch_add(1, Ordering::Relaxed);
    }

    pub fn saved(&self, iterations: i64) {
        let add = |sum: i64| Some(sum.saturating_add(iterations));
        let _ = self
            .saved
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    pub fn passed_over(&self, count: u64) {
        self.passed_over.fetch_add(count, Ordering::Relaxed);
    }

    pub fn read(&self, level: Option<u8>) -> StartStats {
        StartStats {
            level,
            seeds_offered: self.offered.load(Ordering::Relaxed),
            seeds_taken: self.taken.load(Ordering::Relaxed),
            seeds_refused: self.refused.load(Ordering::Relaxed),
            iterations_saved: self.saved.load(Ordering::Relaxed),
            passed_over: self.passed_over.load(Ordering::Relaxed),
        }
    }
}

impl Inner {
    /// Counted for all sessions of this handle.
    pub(crate) fn starts(&self) -> &StartCounters {
        &self.starts
    }
}
