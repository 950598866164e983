//! What callers tell the worker, and what it tells them.

use super::report::{PrefetchCycle, PrefetchStats};
use super::source::FetchOutcome;
use crate::key::Key;
use std::collections::{HashSet, VecDeque};

/// Hints that may wait.
const MOST_HINTS: usize = 4096;

/// How a wait for a key ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum PrefetchWait {
    /// A local tier has it.
    Resident,
    /// It was fetched, or why not.
    Ended(FetchOutcome),
    /// The wait ended first.
    TimedOut,
    /// No worker runs.
    Stopped,
}

#[derive(Default)]
pub(super) struct Control {
    /// Of the worker that is to run; an earlier one leaves.
    pub generation: u64,
    /// It is to run.
    pub wanted: bool,
    /// The generations of the threads that have not left.
    pub running: Vec<u64>,
    /// A listing is asked for.
    pub list: bool,
    pub cancels: Vec<Key>,
    pub totals: PrefetchStats,
    pub last: Option<PrefetchCycle>,
    hints: VecDeque<Key>,
    hinted: HashSet<Key>,
    waits: Vec<Wait>,
    tickets: u64,
}

struct Wait {
    ticket: u64,
    key: Key,
    outcome: Option<FetchOutcome>,
}

impl Control {
    /// Takes a hint; false if too many wait.
    pub fn hint(&mut self, key: Key) -> bool {
        if self.hinted.contains(&key) {
            return true;
        }
        if self.hints.len() >= MOST_HINTS {
            self.totals.hints_dropped += 1;
            return false;
        }
        self.totals.hints += 1;
        self.hints.push_back(key);
        self.hinted.insert(key)
    }

    pub fn next_hint(&mut self) -> Option<Key> {
        let key = self.hints.pop_front()?;
        self.hinted.remove(&key);
        Some(key)
    }

    /// Takes a hint back; true if it waited.
    pub fn unhint(&mut self, key: &Key) -> bool {
        let waited = self.hinted.remove(key);
        if waited {
            self.hints.retain(|k| k != key);
        }
        waited
    }

    pub fn begin_wait(&mut self, key: Key) -> u64 {
        self.tickets += 1;
        self.waits.push(Wait {
            ticket: self.tickets,
            key,
            outcome: None,
        });
        self.tickets
    }

    pub fn waited_for(&self, ticket: u64) -> Option<&FetchOutcome> {
        let wait = self.waits.iter().find(|w| w.ticket == ticket)?;
        wait.outcome.as_ref()
    }

    pub fn end_wait(&mut self, ticket: u64) {
        self.waits.retain(|w| w.ticket != ticket);
    }

    /// Tells those who wait for a key how its fetch ended.
    pub fn tell(&mut self, key: &Key, outcome: &FetchOutcome) {
        for wait in self.waits.iter_mut().filter(|w| w.key == *key) {
            wait.outcome.get_or_insert_with(|| outcome.clone());
        }
    }

    /// Whether the worker of this generation is to go on.
    pub fn goes_on(&self, generation: u64) -> bool {
        self.wanted && self.generation == generation
    }
}
