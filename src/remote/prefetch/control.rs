//! What callers tell the worker, and what it tells them.

use super::report::{PrefetchCycle, PrefetchStats};
use super::told::FetchOutcome;
use crate::key::Key;
use std::collections::{HashSet, VecDeque};

/// Hints that may wait.
const MOST_HINTS: usize = 4096;
/// Waits that ended before their answer was there, and whose answer is kept.
const MOST_LEFT: usize = 1024;
/// Nanoseconds for which it is.
const KEPT: i64 = 60_000_000_000;

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
    /// The hint for it was taken.
    hinted: bool,
    /// Nobody waits now; whoever asks for the key again until then goes on with it.
    left_until: Option<i64>,
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

    /// Hints a key for somebody who waits for it. Who waited before and asks again goes on with the same
    /// fetch: so polling learns how it ended, and does not fetch anew what was found missing.
    pub fn begin_wait(&mut self, key: Key, now: i64) -> u64 {
        self.waits
            .retain(|w| !w.left_until.is_some_and(|until| until <= now));
        let goes_on = |w: &Wait| {
            let is_stale = matches!(w.outcome, Some(FetchOutcome::Fetched { .. }));
            w.key == key && w.left_until.is_some() && !is_stale
        };
        if let Some(at) = self.waits.iter().position(goes_on) {
            let is_hinted = self.waits[at].hinted || self.hint(key);
            let wait = &mut self.waits[at];
            (wait.hinted, wait.left_until) = (is_hinted, None);
            return wait.ticket;
        }
        let hinted = self.hint(key);
        self.tickets += 1;
        self.waits.push(Wait {
            ticket: self.tickets,
            key,
            hinted,
            left_until: None,
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

    /// The time was over before the fetch had ended.
    pub fn leave_wait(&mut self, ticket: u64, now: i64) {
        if let Some(wait) = self.waits.iter_mut().find(|w| w.ticket == ticket) {
            wait.left_until = Some(now.saturating_add(KEPT));
        }
        let is_left = |w: &Wait| w.left_until.is_some();
        if self.waits.iter().filter(|w| is_left(w)).count() > MOST_LEFT {
            let oldest = self.waits.iter().position(is_left);
            oldest.map(|at| self.waits.remove(at));
        }
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
