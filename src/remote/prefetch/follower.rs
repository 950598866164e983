//! Tells a handle what happens to entries, without keeping it: for those it was made by.

use super::handle::Prefetch;
use super::shared::Shared;
use super::told::PrefetchEntry;
use crate::key::Key;
use crate::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// What it says is lost once the handle is dropped, and in the child of a fork.
pub(in crate::remote) struct Follower {
    shared: Weak<Shared>,
    process: u32,
}

impl Prefetch {
    pub(in crate::remote) fn follower(&self) -> Follower {
        Follower {
            shared: self.here().map_or_else(Weak::new, Arc::downgrade),
            process: std::process::id(),
        }
    }
}

impl Follower {
    fn here(&self) -> Option<Arc<Shared>> {
        if self.process != std::process::id() {
            return None;
        }
        let shared = self.shared.upgrade()?;
        (!shared.over.load(Ordering::Acquire)).then_some(shared)
    }

    /// Whether the handle was dropped.
    pub fn is_over(&self) -> bool {
        self.here().is_none()
    }

    /// Somebody asked for an entry, and has it.
    pub fn used(&self, key: &Key) {
        if let Some(shared) = self.here() {
            shared.index().note_resident(key, true);
            shared.touch(key);
        }
    }

    /// An entry was stored here by its run.
    pub fn stored(&self, key: Key, run: &str) {
        if let Some(shared) = self.here() {
            let now = shared.clock.unix_ms();
            shared.index().note_stored(key, run, now);
        }
    }

    /// The worker fetched an entry by another key that it is found by, which took so long.
    pub fn warmed(&self, entry: &PrefetchEntry<'_>, took: Duration) {
        if let Some(shared) = self.here() {
            let took_ms = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
            let began_ms = shared.clock.unix_ms().saturating_sub(took_ms);
            let mut index = shared.index();
            // Who looked for it there meanwhile found it before this was told.
            let known = index.get(&entry.key);
            let is_asked_for = known.is_some_and(|known| known.last_access_ms >= began_ms);
            // No use of it.
            index.merge(entry);
            index.note_warmed(&entry.key, entry.payload_bytes, is_asked_for);
        }
    }

    /// An entry was removed or refused.
    pub fn gone(&self, key: &Key) {
        if let Some(shared) = self.here() {
            shared.forget(key);
        }
    }

    /// There is nothing to warm from any more.
    pub fn stop(&self) {
        if let Some(shared) = self.here() {
            shared.stop();
        }
    }
}
