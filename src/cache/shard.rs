//! A shard: queues and index under a lock of which every group of threads shares a part of its own.
//!
//! Threads that share a lock count themselves in and out, and two at a time pass its cache line to and
//! fro at each hit. So there are several locks, and a reader takes only the one of its thread's group,
//! which others seldom touch, while a writer takes all. Each lock guards a reference to the same
//! queues; having them all, a writer keeps one, which is then the only one, and may change what it
//! leads to.

use super::sieve::Sieve;
use crate::sync::atomic::{AtomicU16, Ordering};
use crate::sync::{thread_number, RwLock, RwLockWriteGuard};
use std::sync::{Arc, PoisonError};

/// The most locks that a shard has.
pub(super) const MOST_LOCKS: usize = 4;

/// Above every priority.
const NO_PRIORITY: u16 = u16::MAX;

type Shared<K, V> = Option<Arc<Sieve<K, V>>>;
type Guard<'a, K, V> = RwLockWriteGuard<'a, Shared<K, V>>;

/// A lock of its own cache lines. What it guards is absent only while a writer has it.
#[repr(align(128))]
struct Part<K, V>(RwLock<Shared<K, V>>);

pub(super) struct Shard<K, V> {
    parts: Box<[Part<K, V>]>,
    /// The lowest priority in use, so that who may not evict from here need not take the locks.
    lowest: AtomicU16,
}

/// All parts of a shard, locked.
struct Exclusive<'a, K, V> {
    first: Guard<'a, K, V>,
    others: [Option<Guard<'a, K, V>>; MOST_LOCKS - 1],
}

impl<'a, K, V> Exclusive<'a, K, V> {
    fn lock(parts: &'a [Part<K, V>]) -> Option<Self> {
        let mut parts = parts.iter().map(|part| {
            let guard = part.0.write();
            guard.unwrap_or_else(PoisonError::into_inner)
        });
        let first = parts.next()?;
        let others = std::array::from_fn(|_| {
            let mut guard = parts.next();
            if let Some(guard) = &mut guard {
                **guard = None;
            }
            guard
        });
        Some(Exclusive { first, others })
    }

    fn queues(&mut self) -> Option<&mut Sieve<K, V>> {
        Arc::get_mut(self.first.as_mut()?)
    }
}

impl<K, V> Drop for Exclusive<'_, K, V> {
    fn drop(&mut self) {
        for other in self.others.iter_mut().flatten() {
            other.clone_from(&self.first);
        }
    }
}

impl<K, V> Shard<K, V> {
    /// With so many locks, a power of two up to [`MOST_LOCKS`].
    pub fn new(locks: usize) -> Self {
        let queues = Arc::new(Sieve::new());
        let part = |_| Part(RwLock::new(Some(Arc::clone(&queues))));
        Shard {
            parts: (0..locks.next_power_of_two().min(MOST_LOCKS))
                .map(part)
                .collect(),
            lowest: AtomicU16::new(NO_PRIORITY),
        }
    }

    /// Does `look` while nobody changes anything here.
    pub fn read<R>(&self, look: impl FnOnce(&Sieve<K, V>) -> R) -> Option<R> {
        let part = &self.parts[thread_number() & (self.parts.len() - 1)];
        let guard = part.0.read().unwrap_or_else(PoisonError::into_inner);
        guard.as_deref().map(look)
    }

    /// Does `change` while nobody else is here. What it takes out it has to return: a value may be the
    /// last reference to much, and goes outside the locks.
    ///
    /// Every change leaves the queues consistent before anything can panic.
    pub fn write<R>(&self, change: impl FnOnce(&mut Sieve<K, V>) -> R) -> Option<R> {
        let mut exclusive = Exclusive::lock(&self.parts)?;
        let queues = exclusive.queues()?;
        let changed = change(queues);
        let lowest = queues.lowest().map_or(NO_PRIORITY, u16::from);
        // Other shards' share the cache line.
        if self.lowest.load(Ordering::Relaxed) != lowest {
            self.lowest.store(lowest, Ordering::Relaxed);
        }
        Some(changed)
    }

    /// The lowest priority in use, a moment ago.
    pub fn lowest(&self) -> Option<u8> {
        u8::try_from(self.lowest.load(Ordering::Relaxed)).ok()
    }

    #[cfg(test)]
    pub fn is_locked(&self) -> bool {
        self.parts.iter().any(|part| part.0.try_write().is_err())
    }
}
