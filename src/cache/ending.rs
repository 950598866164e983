//! Removing the dead soon after they died: on the background's thread, which sleeps until then.
//!
//! Deadlines are in an index from the put, or the read, on; ends by idleness, too, of entries on disk, where
//! one that was used meanwhile is looked at once in each idle time. Of a cache in memory alone, idle entries go
//! when room is needed, which takes what nobody used first, or when a get meets them.

use super::background::Alarm;
use super::cache::Inner;
use super::deadlines::Learning;
use super::expiry::Why;
use super::name::Named;
use super::namespace::Namespace;
use super::statistics::Event;
use crate::error::Result;
use crate::key::Key;
use crate::store::{End, Ended, SealedRead};
use crate::sync::atomic::Ordering;
use std::sync::Arc;
use std::time::Duration;

/// How many are removed, or looked at, before others get their turn on the thread.
const BATCH: usize = 64;
/// How long the dead may wait for others to go with them.
const GATHERS_MS: i64 = 1000;
/// Nothing sleeps for longer.
const LONGEST: Duration = Duration::from_secs(3600);
/// Between one batch that is looked at and the next: so it takes little of a processor, and nothing of a
/// process that ends soon.
const PAUSE: Duration = Duration::from_millis(50);

impl Inner {
    /// Notes when an entry on disk ends; none for one that does not by itself.
    pub fn ends(self: &Arc<Self>, namespace: &Arc<Namespace>, id: Key, ends_ms: Option<i64>) {
        if self.options.read_only {
            return;
        }
        self.deadlines.note(namespace, id, ends_ms, false);
        if let Some(at_ms) = ends_ms {
            self.ring_at(at_ms);
            self.learn(namespace);
        }
    }

    /// A get met a dead entry: it is counted once, however many meet it, and removed.
    pub fn met_dead(self: &Arc<Self>, namespace: &Arc<Namespace>, id: Key, why: Why) {
        if self.disk.is_some() && !self.options.read_only {
            let now_ms = self.time.now_ms();
            let is_first = self.deadlines.met(namespace, id, now_ms);
            self.ring_at(now_ms);
            if !is_first {
                return;
            }
        }
        count(namespace, why);
    }

    /// Has the thread remove the dead then, or soon after.
    pub fn ring_at(self: &Arc<Self>, at_ms: i64) {
        if !self.deadlines.should_ring(at_ms) {
            return;
        }
        let in_ms = at_ms.saturating_sub(self.time.now_ms()).max(0);
        self.ring_after(Duration::from_millis(
            in_ms.saturating_add(GATHERS_MS) as u64
        ));
    }

    fn ring_after(self: &Arc<Self>, after: Duration) {
        let weak = Arc::downgrade(self);
        self.background
            .set(Alarm::Deaths, after.min(LONGEST), move || {
                if let Some(cache) = weak.upgrade() {
                    cache.has_rung();
                }
            });
    }

    fn has_rung(self: &Arc<Self>) {
        self.deadlines.has_rung();
        let looked_at = self.remove_some_dead();
        match self.next_end_ms() {
            // There are more, and others had their turn.
            Some(next) if looked_at >= BATCH && self.deadlines.should_ring(next) => {
                self.ring_after(Duration::ZERO);
            }
            Some(next) => self.ring_at(next),
            None => {}
        }
    }

    fn next_end_ms(&self) -> Option<i64> {
        if self.disk.is_some() {
            return self.deadlines.next_ms();
        }
        let known = self.known();
        let of_each = known.iter().filter_map(|n| n.index.as_ref()?.next_end_ms());
        of_each.min()
    }

    /// Removes one batch of those that are dead now; how many were looked at.
    pub fn remove_some_dead(self: &Arc<Self>) -> usize {
        let now_ms = self.time.now_ms();
        if self.disk.is_none() {
            return self.remove_dead_from_memory(now_ms);
        }
        let due = self.deadlines.take_due(now_ms, BATCH);
        let looked_at = due.len();
        for (id, due) in due {
            // What fails is left to the next walk.
            if let Ok(Ended::Lives(ends)) = self.remove_if_ended(&due, id, now_ms) {
                let counted = due.counted;
                self.deadlines.note(&due.namespace, id, ends, counted);
            }
        }
        if self.deadlines.lacks_next() {
            for namespace in self.known() {
                namespace.learns.store(false, Ordering::Relaxed);
                self.learn(&namespace);
            }
        }
        looked_at
    }

    fn remove_if_ended(&self, due: &super::deadlines::Due, id: Key, now_ms: i64) -> Result<Ended> {
        let namespace = &due.namespace;
        let Some(disk) = &self.disk else {
            return Ok(Ended::Nothing);
        };
        let Some(store) = self.store_of(disk, namespace, false)? else {
            return Ok(Ended::Nothing);
        };
        let ended = store.remove_ended(id, now_ms)?;
        if let Ended::Removed(key, end) = &ended {
            match end {
                End::Deadline if !due.counted => count(namespace, Why::Deadline),
                End::Idle if !due.counted => count(namespace, Why::Idle),
                _ => {}
            }
            self.drop_dead(namespace, key, now_ms);
        }
        Ok(ended)
    }

    /// Takes what is under a key out of memory if it is dead; whether it was.
    fn drop_dead(&self, namespace: &Namespace, key: &str, now_ms: i64) -> bool {
        let named: &dyn Named = &(&*namespace.name, key);
        let dead = self.memory.remove_if(named, |r| r.is_dead(now_ms));
        if let Some(resident) = &dead {
            resident.namespace.forget(key, resident);
        }
        dead.is_some()
    }

    fn remove_dead_from_memory(&self, now_ms: i64) -> usize {
        let mut looked_at = 0;
        for namespace in self.known() {
            let index = namespace.index.as_ref();
            let dead = index.map(|i| i.ended(now_ms, BATCH)).unwrap_or_default();
            looked_at += dead.len();
            for key in dead {
                if self.drop_dead(&namespace, &key, now_ms) {
                    count(&namespace, Why::Deadline);
                }
            }
        }
        looked_at
    }

    /// Looks in the background at what lies in a namespace already, if nobody has.
    pub fn learn(self: &Arc<Self>, namespace: &Arc<Namespace>) {
        let is_to_be = self.disk.is_some() && !self.options.read_only;
        if !is_to_be || namespace.learns.swap(true, Ordering::Relaxed) {
            return;
        }
        let learning = Learning {
            namespace: Arc::clone(namespace),
            ids: None,
        };
        if self.deadlines.to_learn(learning) {
            self.learn_later();
        }
    }

    fn learn_later(self: &Arc<Self>) {
        let weak = Arc::downgrade(self);
        self.background.set(Alarm::Learning, PAUSE, move || {
            if let Some(cache) = weak.upgrade() {
                cache.learn_some();
                if cache.deadlines.has_to_learn() {
                    cache.learn_later();
                }
            }
        });
    }

    /// Looks at some entries that were there before; what cannot be read is left to walks.
    pub fn learn_some(self: &Arc<Self>) {
        let Some(learning) = self.deadlines.next_to_learn() else {
            return;
        };
        let namespace = learning.namespace;
        let Some(disk) = &self.disk else {
            return;
        };
        let Ok(Some(store)) = self.store_of(disk, &namespace, false) else {
            return;
        };
        let mut ids = learning.ids.unwrap_or_else(|| {
            let mut ids = Vec::new();
            let _ = store.sealed_keys(&mut |id| {
                ids.push(id);
                true
            });
            ids
        });
        let rest = ids.len().saturating_sub(BATCH);
        for id in ids.drain(rest..) {
            if let Ok(Some(entry)) = store.sealed(id, SealedRead::Front) {
                if let Some(at_ms) = entry.ends_unix_ms() {
                    self.deadlines.learn(&namespace, id, Some(at_ms));
                    self.ring_at(at_ms);
                }
            }
        }
        if !ids.is_empty() {
            let ids = Some(ids);
            self.deadlines.to_learn(Learning { namespace, ids });
        }
    }
}

fn count(namespace: &Namespace, why: Why) {
    namespace.counters.count(match why {
        Why::Deadline => Event::Expiration,
        Why::Idle => Event::IdleDeath,
    });
}
