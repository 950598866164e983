//! Counting.

use super::totals::Totals;
use super::Inner;
use crate::sync::atomic::{AtomicU64, Ordering};

#[derive(Default)]
pub(super) struct Counters {
    pub hits: AtomicU64,
    pub misses: AtomicU64,
    pub saves: AtomicU64,
    pub bytes_written: AtomicU64,
    pub evictions: AtomicU64,
    pub expirations: AtomicU64,
    pub damaged: AtomicU64,
    pub foreign: AtomicU64,
    pub save_nanos: AtomicU64,
}

/// Figures of a store.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct StoreStats {
    /// Keys with something stored. This and the next five are of the root, as last known.
    pub keys: i64,
    /// Runs under all keys.
    pub entries: i64,
    /// Files below the root that count in the file budget.
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
    pub hits: u64,
    /// Lookups that found nothing.
    pub misses: u64,
    /// Saves that succeeded.
    pub saves: u64,
    /// Bytes of payload and metadata written by these.
    pub bytes_written: u64,
    /// Runs evicted for a budget.
    pub evictions: u64,
    /// Runs removed after their time to live.
    pub expirations: u64,
    /// Times a damaged pair was passed over.
    pub damaged: u64,
    /// Times an entry of another schema was passed over.
    pub foreign: u64,
    /// Seconds spent in saves.
    pub save_seconds: f64,
}

impl Inner {
    pub(super) fn stats(&self) -> StoreStats {
        let root = self.root();
        let known = self
            .ledger
            .read(root.as_ref())
            .filter(|t| t.walked_unix_secs > 0);
        // A root that no walk of ours has counted: one that other engines wrote.
        let t = known.unwrap_or_else(|| self.count_files().unwrap_or_default());
        let of = |c: &AtomicU64| c.load(Ordering::Relaxed);
        let c = &self.counters;
        let Totals {
            keys,
            entries,
            files,
            bytes,
            aside_files,
            aside_bytes,
            ..
        } = t;
        StoreStats {
            keys,
            entries,
            files,
            bytes,
            aside_files,
            aside_bytes,
            memory_bytes: i64::try_from(self.memory.weight()).unwrap_or(i64::MAX),
            hits: of(&c.hits),
            misses: of(&c.misses),
            saves: of(&c.saves),
            bytes_written: of(&c.bytes_written),
            evictions: of(&c.evictions),
            expirations: of(&c.expirations),
            damaged: of(&c.damaged),
            foreign: of(&c.foreign),
            save_seconds: of(&c.save_nanos) as f64 * 1e-9,
        }
    }
}
