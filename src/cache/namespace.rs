//! What a process knows of one namespace.

use super::filter::Filter;
use super::generations::{over, Generations, Place};
use super::hasher::Seeded;
use super::index::Index;
use super::keys::Keys;
use super::resident::Resident;
use super::root;
use super::statistics::{Counters, Event};
use super::time::Time;
use crate::key::Key;
use crate::store::{LabelledPut, Store};
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use crate::sync::{Mutex, RwLock};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, Weak};

/// A namespace: its name, its store once it was opened, and what was learnt of its contents.
pub(crate) struct Namespace {
    pub(super) name: Arc<str>,
    pub(super) flushes: Place,
    pub(super) arrivals: Place,
    pub(super) time: Arc<Time>,
    pub(super) counters: Counters,
    pub(super) store: RwLock<Option<Opened>>,
    filter: RwLock<Option<Arc<Known>>>,
    makes_filter: AtomicBool,
    /// What lies on disk is being looked at for when it ends, or was.
    pub(super) learns: AtomicBool,
    pub(super) keys: Keys,
    /// Where there is no disk: which keys have which labels.
    pub(super) index: Option<Index>,
    /// Where there is a disk: entries in memory that have labels, by their ids.
    labelled: Mutex<HashMap<Key, Weak<Resident>, Seeded>>,
}

/// A namespace's store, and how often the namespace had been flushed before it was opened.
pub(super) struct Opened {
    pub store: Store,
    pub flushes: u64,
}

/// A filter, and how many arrivals it accounts for: while nobody else's came, it knows all keys.
pub(super) struct Known {
    pub filter: Filter,
    arrivals: AtomicU64,
    flushes: u64,
}

/// How many keys had come to a namespace, and how often it had been flushed. To be asked before its directory
/// is opened: what is listed then holds for as long as these are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub arrivals: u64,
    pub flushes: u64,
}

impl Known {
    /// Of what was listed in a directory that was opened after this was `seen`.
    pub fn new(filter: Filter, seen: Seen) -> Known {
        Known {
            filter,
            arrivals: AtomicU64::new(seen.arrivals),
            flushes: seen.flushes,
        }
    }

    /// False where a key may have come of which this does not know, or too many have for it to be of use.
    /// `seen` is asked for what is the case now.
    pub fn is_complete(&self, seen: impl FnOnce() -> Seen) -> bool {
        // First, what is accounted for: one of this process's that comes between the two would else make up
        // for one of another's.
        let arrivals = self.arrivals.load(Ordering::Acquire);
        let now = seen();
        !self.filter.is_full() && now.arrivals == arrivals && now.flushes == self.flushes
    }
}

/// What a place in the map of labelled entries takes, at most: a power of two of them with a byte each, more than
/// seven sixteenths in use.
const LABELLED_BYTES: usize = (size_of::<(Key, Weak<Resident>)>() + 1) * 16 / 7;

impl Namespace {
    /// `alone` is its number where there is no disk: no other has the same, so that what is flushed in one
    /// is not missed in another. With a disk, that costs a read.
    pub fn new(name: Arc<str>, time: Arc<Time>, alone: Option<usize>) -> Namespace {
        let id = root::id_of(&name);
        let flushes = match alone {
            Some(number) => Generations::flushes_alone(number),
            None => Generations::flushes(&id),
        };
        Namespace {
            name,
            flushes,
            arrivals: Generations::arrivals(&id),
            time,
            counters: Counters::default(),
            store: RwLock::new(None),
            filter: RwLock::new(None),
            makes_filter: AtomicBool::new(false),
            learns: AtomicBool::new(false),
            keys: Keys::default(),
            index: alone.map(|_| Index::default()),
            labelled: Mutex::default(),
        }
    }

    /// Lets go of the store: who needs it opens what is named then.
    pub fn close(&self) {
        let mut opened = self.store.write().unwrap_or_else(PoisonError::into_inner);
        let closed = opened.take();
        drop(opened);
        if let Some(closed) = closed {
            self.counters
                .add(Event::DiskEviction, closed.store.stats().evictions);
        }
    }

    pub fn known(&self) -> Option<Arc<Known>> {
        let known = self.filter.read().unwrap_or_else(PoisonError::into_inner);
        known.clone()
    }

    /// Whether a filter should be made, by the one who is told so: not while one is being made.
    pub fn begin_filter(&self) -> bool {
        !self.makes_filter.swap(true, Ordering::AcqRel)
    }

    /// The filter that was made, if it could be.
    pub fn end_filter(&self, known: Option<Known>) {
        let mut current = self.filter.write().unwrap_or_else(PoisonError::into_inner);
        *current = known.map(Arc::new);
        drop(current);
        self.makes_filter.store(false, Ordering::Release);
    }

    pub fn seen(&self, generations: &Generations) -> Seen {
        Seen {
            arrivals: generations.get(self.arrivals),
            flushes: over(generations.get(self.flushes)),
        }
    }

    /// Notes that this process is about to store a key that is not there. Its directory must be there: who
    /// learns from now on which there are finds that.
    pub fn arrived(&self, key: &str, id: &Key, generations: &Generations) {
        let known = self.known();
        if let Some(known) = &known {
            known.filter.insert(Filter::hash_of(id.as_bytes()));
        }
        self.keys.arrived(key, id, || {
            generations.count(self.arrivals);
        });
        if let Some(known) = known {
            known.arrivals.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// What the indices take for an entry.
    pub fn index_bytes(&self, resident: &Resident, key: &str) -> usize {
        match &self.index {
            Some(_) => Index::bytes(&resident.labels, resident.life.end_ms(), key),
            None if has_labels(resident) => LABELLED_BYTES,
            None => 0,
        }
    }

    /// An entry came to memory. To be called before anyone can find it there.
    pub fn remember(&self, key: &str, resident: &Arc<Resident>) {
        let occupies = resident.occupies(key) as u64;
        self.counters.memory_entries.fetch_add(1, Ordering::Relaxed);
        self.counters
            .memory_bytes
            .fetch_add(occupies, Ordering::Relaxed);
        match &self.index {
            Some(index) => index.add(key, &resident.labels, resident.life.end_ms()),
            None if has_labels(resident) => {
                self.labelled()
                    .insert(resident.id, Arc::downgrade(resident));
            }
            None => {}
        }
    }

    /// An entry left memory, or did not come after all.
    pub fn forget(&self, key: &str, resident: &Resident) {
        let occupies = resident.occupies(key) as u64;
        self.counters.memory_entries.fetch_sub(1, Ordering::Relaxed);
        self.counters
            .memory_bytes
            .fetch_sub(occupies, Ordering::Relaxed);
        match &self.index {
            Some(index) => index.remove(key, &resident.labels, resident.life.end_ms()),
            None if has_labels(resident) => {
                let mut labelled = self.labelled();
                // Another may have taken its place.
                let is_it = |w: &Weak<Resident>| std::ptr::eq(w.as_ptr(), resident);
                if labelled.get(&resident.id).is_some_and(is_it) {
                    labelled.remove(&resident.id);
                }
            }
            None => {}
        }
    }

    /// Hands over, with what is known of each key, the entry in memory of its id, if that has labels.
    pub fn find_labelled<'a>(
        &self,
        of_each: impl Iterator<Item = &'a [LabelledPut]>,
        mut found: impl FnMut(&'a [LabelledPut], Option<&Resident>),
    ) {
        let labelled = self.labelled();
        for of_key in of_each {
            let resident = labelled.get(&of_key[0].0).and_then(Weak::upgrade);
            found(of_key, resident.as_deref());
        }
    }

    fn labelled(&self) -> crate::sync::MutexGuard<'_, HashMap<Key, Weak<Resident>, Seeded>> {
        self.labelled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn has_labels(resident: &Resident) -> bool {
    !resident.labels.tags.is_empty() || !resident.labels.dependencies.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_arrives_here_does_not_make_up_for_one_of_another_process() {
        let seen = |arrivals| Seen {
            arrivals,
            flushes: 0,
        };
        let known = Known::new(Filter::for_entries(8).unwrap(), seen(0));
        assert!(known.is_complete(|| seen(0)));
        // Another process's is counted as the first, and this one's as the second once that was seen.
        let one_of_each = || {
            known.arrivals.fetch_add(1, Ordering::AcqRel);
            seen(1)
        };
        assert!(!known.is_complete(one_of_each));
        assert!(!known.is_complete(|| seen(2)));
    }
}
