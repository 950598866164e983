//! A blob in memory.

use super::blob::{BlobInfo, BlobLabels};
use super::expiry::{Life, Verdict};
use super::generations::{Moment, Place};
use super::held::Held;
use super::namespace::Namespace;
use crate::key::Key;
use crate::store::Bytes;
use crate::sync::atomic::{AtomicI64, Ordering};
use std::sync::Arc;

/// An entry as it was put, with what tells whether it still holds.
///
/// In this order, and aligned so: what each hit reads follows the count in the next cache line, and shares none
/// with what lies behind.
#[repr(C, align(64))]
pub(crate) struct Resident {
    /// Before it was read or written: it holds for as long as nothing was counted since.
    pub(super) moment: Moment,
    pub(super) entry: Place,
    pub(super) namespace: Arc<Namespace>,
    pub(super) payload: Arc<Bytes>,
    pub(super) life: Life,
    /// The last get, in Unix milliseconds; kept only where idleness ends the entry.
    pub(super) accessed: AtomicI64,
    /// The last get that the disk knows of.
    pub(super) noted: AtomicI64,
    pub(super) version: Option<u64>,
    pub(super) priority: u8,
    pub(super) written_unix_ms: i64,
    /// On disk; without one, all zeros.
    pub(super) id: Key,
    pub(super) generation: u64,
    pub(super) nonce: u64,
    pub(super) labels: BlobLabels,
}

impl Resident {
    pub fn judge(&self, now_ms: i64) -> Verdict {
        let accessed = match self.life.idle_ms {
            Some(_) => self.accessed.load(Ordering::Relaxed),
            None => now_ms,
        };
        self.life.judge(now_ms, accessed)
    }

    pub fn is_dead(&self, now_ms: i64) -> bool {
        matches!(self.judge(now_ms), Verdict::Dead(_))
    }

    /// The same bytes with another life, which begins now.
    pub fn with_life(&self, life: Life, now_ms: i64) -> Resident {
        Resident {
            namespace: Arc::clone(&self.namespace),
            payload: Arc::clone(&self.payload),
            labels: self.labels.clone(),
            life,
            accessed: AtomicI64::new(now_ms),
            noted: AtomicI64::new(now_ms),
            ..*self
        }
    }

    /// What is known of it now, but for how it was answered.
    pub fn info(&self) -> BlobInfo {
        let remaining_ms = match self.judge(self.namespace.time.now_ms()) {
            Verdict::Live { remaining_ms } => remaining_ms,
            Verdict::Stale { remaining_ms } => Some(remaining_ms),
            Verdict::Dead(_) => Some(0),
        };
        BlobInfo {
            version: self.version,
            payload_bytes: self.payload.len() as u64,
            written_unix_ms: self.written_unix_ms,
            remaining_ms,
            is_stale: false,
            from_memory: false,
            priority: self.priority,
        }
    }

    /// What it occupies besides the handle to it, together with a key of this length.
    pub fn occupies(&self, key: &str) -> usize {
        let texts = |list: &Vec<String>| -> usize {
            list.iter().map(String::capacity).sum::<usize>() + list.capacity() * size_of::<String>()
        };
        let l = &self.labels;
        let pairs = l.pairs.iter().map(|(a, b)| a.capacity() + b.capacity());
        let pairs = pairs.sum::<usize>() + l.pairs.capacity() * size_of::<(String, String)>();
        // Its counts take a whole cache line.
        size_of::<Resident>()
            + align_of::<Resident>()
            + key.len()
            // Its allocation, too.
            + 2 * size_of::<usize>()
            + size_of::<Bytes>()
            + self.payload.occupies()
            + texts(&l.tags)
            + texts(&l.dependencies)
            + pairs
            + l.content_type.as_ref().map_or(0, String::capacity)
            + self.namespace.index_bytes(self, key)
            + Held::bytes()
    }
}
