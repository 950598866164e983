//! When entries on disk end, in order: who removes the dead reads these and no others.

use super::namespace::Namespace;
use crate::key::Key;
use crate::sync::{Mutex, MutexGuard};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, PoisonError};

/// More are not kept in mind, but those that end first: 32 MiB at most.
const MOST: usize = if cfg!(test) { 100 } else { 1 << 17 };

/// An entry that ends.
pub(super) struct Due {
    at_ms: i64,
    pub namespace: Arc<Namespace>,
    /// A get that met it has counted its death.
    pub counted: bool,
}

/// A namespace whose entries are being looked at, and which are not yet.
#[derive(Clone)]
pub(super) struct Learning {
    pub namespace: Arc<Namespace>,
    pub ids: Option<Vec<Key>>,
}

#[derive(Default)]
struct State {
    in_order: BTreeSet<(i64, Key)>,
    of: HashMap<Key, Due>,
    /// Some of those that end then or later may be missing, for want of room.
    beyond: Option<i64>,
    /// When the alarm rings.
    rings_ms: Option<i64>,
    to_learn: VecDeque<Learning>,
}

/// Of entries that this process put or read, and of those that were there before once they were looked
/// at. It may know an end that is not the entry's any more: who acts upon it judges again.
#[derive(Default)]
pub(super) struct Deadlines(Mutex<State>);

impl State {
    fn take(&mut self, id: &Key) -> Option<Due> {
        let due = self.of.remove(id)?;
        self.in_order.remove(&(due.at_ms, *id));
        Some(due)
    }

    fn insert(&mut self, id: Key, due: Due) {
        self.take(&id);
        if self.in_order.len() >= MOST {
            match self.in_order.last().copied() {
                Some((last, of_it)) if last > due.at_ms => {
                    self.take(&of_it);
                    self.leave_out(last);
                }
                _ => return self.leave_out(due.at_ms),
            }
        }
        self.in_order.insert((due.at_ms, id));
        self.of.insert(id, due);
    }

    fn leave_out(&mut self, at_ms: i64) {
        let beyond = self.beyond.map_or(at_ms, |beyond| beyond.min(at_ms));
        self.beyond = Some(beyond);
    }
}

impl Deadlines {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes when an entry ends; none for one that does not by itself.
    pub fn note(&self, namespace: &Arc<Namespace>, id: Key, ends_ms: Option<i64>, counted: bool) {
        let mut state = self.lock();
        let Some(at_ms) = ends_ms else {
            state.take(&id);
            return;
        };
        let namespace = Arc::clone(namespace);
        let due = Due {
            at_ms,
            namespace,
            counted,
        };
        state.insert(id, due);
    }

    /// The same of what was read a while ago: what is known already is newer.
    pub fn learn(&self, namespace: &Arc<Namespace>, id: Key, ends_ms: Option<i64>) {
        let is_known = self.lock().of.contains_key(&id);
        if ends_ms.is_some() && !is_known {
            self.note(namespace, id, ends_ms, false);
        }
    }

    /// Notes that a get has met a dead entry; false when another has counted it before.
    pub fn met(&self, namespace: &Arc<Namespace>, id: Key, now_ms: i64) -> bool {
        let mut state = self.lock();
        let was_counted = state.of.get(&id).is_some_and(|due| due.counted);
        let namespace = Arc::clone(namespace);
        let due = Due {
            at_ms: now_ms,
            namespace,
            counted: true,
        };
        state.insert(id, due);
        !was_counted
    }

    /// Takes out at most so many that have ended, first what ended first.
    pub fn take_due(&self, now_ms: i64, most: usize) -> Vec<(Key, Due)> {
        let mut state = self.lock();
        let due = state.in_order.iter().take_while(|(at, _)| *at <= now_ms);
        let ids: Vec<Key> = due.take(most).map(|(_, id)| *id).collect();
        let taken = ids.into_iter().map(|id| (id, state.take(&id)));
        taken.filter_map(|(id, due)| Some((id, due?))).collect()
    }

    /// Whether what was left out may end next. Says so once: who is told looks at all entries anew.
    pub fn lacks_next(&self) -> bool {
        let mut state = self.lock();
        let next = state.in_order.first().map(|(at, _)| *at);
        let lacks = state
            .beyond
            .is_some_and(|beyond| next.map_or(true, |next| next >= beyond));
        if lacks {
            state.beyond = None;
        }
        lacks
    }

    /// When the next one ends.
    pub fn next_ms(&self) -> Option<i64> {
        self.lock().in_order.first().map(|(at, _)| *at)
    }

    /// Whether an alarm is to be set for then, by who is told so: not where one rings before.
    pub fn should_ring(&self, at_ms: i64) -> bool {
        let mut state = self.lock();
        let is_first = state.rings_ms.map_or(true, |rings| at_ms < rings);
        if is_first {
            state.rings_ms = Some(at_ms);
        }
        is_first
    }

    /// The alarm has rung.
    pub fn has_rung(&self) {
        self.lock().rings_ms = None;
    }

    /// A namespace whose entries are to be looked at, or the rest of one; true when nobody looks at any.
    pub fn to_learn(&self, learning: Learning) -> bool {
        let mut state = self.lock();
        let is_idle = state.to_learn.is_empty();
        match learning.ids {
            Some(_) => state.to_learn.push_front(learning),
            None => state.to_learn.push_back(learning),
        }
        is_idle
    }

    /// What is to be looked at next.
    pub fn next_to_learn(&self) -> Option<Learning> {
        self.lock().to_learn.pop_front()
    }

    pub fn has_to_learn(&self) -> bool {
        !self.lock().to_learn.is_empty()
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.lock().of.len()
    }
}
