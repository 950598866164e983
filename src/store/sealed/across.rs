//! Evicting across stores: one limit for all of them.

use super::read::{State, View};
use super::{is_dead, CacheFields, SealedRead};
use crate::error::Result;
use crate::key::Key;
use crate::store::totals::Totals;
use crate::store::Store;
use crate::sync::atomic::Ordering;
use std::collections::BinaryHeap;

/// Eviction stops at this share of the limit, so that it is rare.
const EVICT_TO: f64 = 0.9;
/// Most candidates that are kept at a time.
const MOST: usize = if cfg!(test) { 100 } else { 16_384 };

/// An entry that may be evicted; less than another that is to be kept longer.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    priority: u8,
    /// In memory it may be used again and again, and nothing of that shows here.
    in_memory: bool,
    accessed_unix_ms: i64,
    store: usize,
    key: Key,
    generation: u64,
}

/// What has been removed, and how much there is.
struct Progress {
    bytes: f64,
    entries: u64,
    freed: u64,
}

impl Progress {
    fn note(&mut self, store: &Store, change: Totals) {
        self.bytes += change.bytes as f64;
        self.entries += 1;
        self.freed = self
            .freed
            .saturating_add(u64::try_from(-change.bytes).unwrap_or(0));
        let inner = store.inner();
        inner.counters.evictions.fetch_add(1, Ordering::Relaxed);
        inner.account(change, None);
    }
}

/// Whether memory has an entry of the store of this number.
pub(super) type InMemory<'a> = &'a dyn Fn(usize, &CacheFields) -> bool;

pub(super) fn evict(
    stores: &[Store],
    most_bytes: u64,
    now_unix_ms: i64,
    in_memory: InMemory<'_>,
) -> Result<(u64, u64)> {
    let sum = || stores.iter().map(Store::bytes_on_disk).sum::<i64>();
    let mut bytes = sum();
    if bytes as f64 > most_bytes as f64 && drop_spares(stores) {
        bytes = sum();
    }
    let mut progress = Progress {
        bytes: bytes as f64,
        entries: 0,
        freed: 0,
    };
    if progress.bytes <= most_bytes as f64 {
        return Ok((0, 0));
    }
    let target = most_bytes as f64 * EVICT_TO;
    loop {
        let before = progress.entries;
        let (candidates, is_partial) = choose(stores, now_unix_ms, in_memory, &mut progress)?;
        for c in candidates {
            if progress.bytes <= target {
                break;
            }
            let store = &stores[c.store];
            let unused = |view: &View| {
                let same = |e: &super::SealedEntry| {
                    e.generation == c.generation && e.accessed_unix_ms <= c.accessed_unix_ms
                };
                view.entry().is_some_and(same)
            };
            let inner = store.inner();
            if let Some(change) = inner.bury(inner.root().as_ref(), c.key, unused)? {
                progress.note(store, change);
            }
        }
        if progress.bytes <= target || !is_partial || progress.entries == before {
            return Ok((progress.entries, progress.freed));
        }
    }
}

/// Removes what is kept to be written over; whether there was any.
fn drop_spares(stores: &[Store]) -> bool {
    let dropped = stores.iter().filter(|s| s.inner().drop_spares());
    dropped.count() > 0
}

/// Removes the dead, and chooses what is least worth keeping, first what goes first; true when there is
/// more.
fn choose(
    stores: &[Store],
    now_unix_ms: i64,
    in_memory: InMemory<'_>,
    progress: &mut Progress,
) -> Result<(Vec<Candidate>, bool)> {
    let mut heap = BinaryHeap::new();
    let mut is_partial = false;
    for (index, store) in stores.iter().enumerate() {
        let inner = store.inner();
        let root = inner.root();
        store.sealed_keys(&mut |key| {
            let Ok(Some(dir)) = inner.open_key_dir(key) else {
                return true;
            };
            let Ok(view) = inner.view(dir.as_ref(), key, SealedRead::Front) else {
                return true;
            };
            let ended = |view: &View| match &view.state {
                State::Dead(_) => true,
                State::Alive(e) => is_dead(&e.fields, e.accessed_unix_ms, now_unix_ms),
                _ => false,
            };
            if ended(&view) {
                if let Ok(Some(change)) = inner.bury(root.as_ref(), key, ended) {
                    progress.note(store, change);
                }
            } else if let Some(entry) = view.alive() {
                heap.push(Candidate {
                    priority: entry.fields.priority,
                    in_memory: in_memory(index, &entry.fields),
                    accessed_unix_ms: entry.accessed_unix_ms,
                    store: index,
                    key,
                    generation: entry.generation,
                });
                if heap.len() > MOST {
                    heap.pop();
                    is_partial = true;
                }
            }
            true
        })?;
    }
    Ok((heap.into_sorted_vec(), is_partial))
}
