//! The handle that engines and the remote tier hold.

use super::clock::{after, Clock, SystemClock};
use super::crew;
use super::options::PrefetchOptions;
use super::report::{PrefetchCycle, PrefetchStats};
use super::shared::Shared;
use super::source::PrefetchSource;
use super::told::{ChainDirection, FetchOutcome, PrefetchEntry, PrefetchWait};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::sync::spawn;
use std::sync::Arc;
use std::time::Duration;

/// Warms the local tiers from a [`PrefetchSource`] before anybody asks, and answers those who ask.
///
/// An index of what there is is kept in memory. Every interval a cycle takes the best entries of it that
/// no local tier has, and fetches them. An entry is the better the more recently it was asked for; heads
/// of chains and entries of the active model are better still. Hints go before guesses, and demands before
/// both. What is asked for while it is being fetched is not fetched twice.
///
/// Any number of threads may use one at once. No thread is started before [`Prefetch::start`] or the
/// first demand. In the child of a fork nothing is fetched or waited for, and every call returns at once.
pub struct Prefetch {
    /// There until it is dropped.
    shared: Option<Arc<Shared>>,
    process: u32,
}

impl Prefetch {
    /// A worker that does not run yet, with an empty index.
    pub fn new(source: Arc<dyn PrefetchSource>, options: &PrefetchOptions) -> Prefetch {
        Prefetch::with_clock(source, options, Arc::new(SystemClock::new()))
    }

    pub(super) fn with_clock(
        source: Arc<dyn PrefetchSource>,
        options: &PrefetchOptions,
        clock: Arc<dyn Clock>,
    ) -> Prefetch {
        Prefetch {
            shared: Some(Arc::new(Shared::new(source, options, clock))),
            process: std::process::id(),
        }
    }

    /// What is shared, unless this is the child of a fork, where locks may be held by threads that do
    /// not exist there.
    pub(super) fn here(&self) -> Option<&Arc<Shared>> {
        let shared = self.shared.as_ref();
        shared.filter(|_| self.process == std::process::id())
    }

    /// Starts the worker's thread, which begins by having the source list what there is. Does nothing if
    /// it runs. It can be started again after it was stopped, and keeps what it knew.
    ///
    /// # Errors
    ///
    /// `Io` when no thread can be started, `Forked` in the child of a fork.
    pub fn start(&self) -> Result<()> {
        let Some(shared) = self.here() else {
            return Err(forked("starting the prefetch worker"));
        };
        let mut control = shared.control();
        if control.wanted {
            return Ok(());
        }
        control.generation += 1;
        let generation = control.generation;
        let theirs = Arc::clone(shared);
        spawn("warmstart-prefetch", move || crew::run(&theirs, generation))
            .map_err(|e| Error::from_io("starting the prefetch worker's thread", e))?;
        control.wanted = true;
        control.list = true;
        control.running.push(generation);
        Ok(())
    }

    /// Stops the worker: what is being fetched for it is cancelled. True once its thread has left; false
    /// when `timeout` ended first, because the source holds that thread up, and then it leaves by itself.
    /// Demands are not affected.
    pub fn stop(&self, timeout: Duration) -> bool {
        let Some(shared) = self.here() else {
            return true;
        };
        let deadline = after(&*shared.clock, timeout);
        shared.stop();
        loop {
            let heard = shared.bell.heard();
            if shared.control().running.is_empty() {
                return true;
            }
            if !shared.bell.wait(heard, deadline) {
                return shared.control().running.is_empty();
            }
        }
    }

    /// Has keys fetched at once, in this order and before anything that is guessed, whether the index
    /// has them or not. Answers how many were accepted: 4096 may wait.
    pub fn hint(&self, keys: &[Key]) -> usize {
        let Some(shared) = self.here() else {
            return 0;
        };
        let accepted = {
            let mut control = shared.control();
            keys.iter().filter(|key| control.hint(**key)).count()
        };
        shared.bell.ring();
        accepted
    }

    /// Hints the next steps, `most` at most, of the chain that `key` is in: forwards what was made from
    /// it, or the siblings of a higher sequence; backwards the siblings of a lower one, then what it was
    /// made from. Answers how many were accepted.
    pub fn hint_chain(&self, key: &Key, most: usize, direction: ChainDirection) -> usize {
        let Some(shared) = self.here() else {
            return 0;
        };
        let steps = shared.index().steps(key, most, direction);
        self.hint(&steps)
    }

    /// Hints a key, unless it is hinted or being fetched, and waits until it is resident or its fetch has
    /// ended, at most for `timeout`; a zero timeout does not wait. Who asks again within a minute goes on
    /// with the same fetch, and learns how it ended.
    pub fn wait(&self, key: &Key, timeout: Duration) -> PrefetchWait {
        let Some(shared) = self.here() else {
            return PrefetchWait::Stopped;
        };
        let deadline = after(&*shared.clock, timeout);
        if shared.ask_resident(key) == Some(true) {
            return PrefetchWait::Resident;
        }
        let ticket = {
            let mut control = shared.control();
            if !control.wanted {
                return PrefetchWait::Stopped;
            }
            control.begin_wait(*key, shared.clock.monotonic())
        };
        shared.bell.ring();
        let ended = || {
            let control = shared.control();
            match control.waited_for(ticket) {
                Some(outcome) => Some(PrefetchWait::Ended(outcome.clone())),
                None => (!control.wanted).then_some(PrefetchWait::Stopped),
            }
        };
        let answer = loop {
            let heard = shared.bell.heard();
            if let Some(answer) = ended() {
                break answer;
            }
            if !shared.bell.wait(heard, deadline) {
                break ended().unwrap_or(PrefetchWait::TimedOut);
            }
        };
        let mut control = shared.control();
        if matches!(answer, PrefetchWait::TimedOut) {
            control.leave_wait(ticket, shared.clock.monotonic());
        } else {
            control.end_wait(ticket);
        }
        drop(control);
        answer
    }

    /// Calls off the hint and the worker's fetch of a key. A demand for it goes on.
    pub fn cancel(&self, key: &Key) {
        if let Some(shared) = self.here() {
            shared.cancel(key);
        }
    }

    /// Has an entry that no local tier had fetched for somebody who waits: joins the worker's fetch of it
    /// if there is one. Costs `timeout` at most, whatever the source does. Makes the entry look used.
    pub fn demand(&self, key: &Key, timeout: Duration) -> FetchOutcome {
        let Some(shared) = self.here() else {
            return FetchOutcome::Failed(forked("fetching an entry"));
        };
        let deadline = after(&*shared.clock, timeout);
        if shared.ask_resident(key) == Some(true) {
            // The worker was quicker.
            self.touch(key);
            return FetchOutcome::Fetched { bytes: 0 };
        }
        shared.index().note_resident(key, false);
        let (outcome, started) = shared.flights.demand(*key, deadline);
        if let FetchOutcome::Fetched { .. } = outcome {
            shared.index().note_resident(key, true);
            self.touch(key);
        } else if started {
            shared.note_failure(key, &outcome, false);
        }
        outcome
    }

    /// Notes that somebody asked for an entry and a local tier had it.
    pub fn touch(&self, key: &Key) {
        if let Some(shared) = self.here() {
            shared.touch(key);
        }
    }

    /// Takes in an entry that was just stored or found: it replaces what the index knew, but a stamp only
    /// grows. `resident` says whether a local tier has it. False when the index is full: 65536
    /// namespaces, or 4 GiB of run identifiers.
    pub fn note(&self, entry: &PrefetchEntry<'_>, resident: bool) -> bool {
        let Some(shared) = self.here() else {
            return false;
        };
        let mut index = shared.index();
        let taken = index.replace(entry);
        index.note_resident(&entry.key, resident);
        taken
    }

    /// Takes in what somebody knows of an entry that a listing does not: who it comes after, which model it
    /// belongs to, when it was last asked for. An empty run and a size of 0 leave those that are known, and a stamp
    /// only grows. Whether a local tier has it is as known, and else asked before it is fetched. False
    /// as of [`Prefetch::note`].
    pub fn describe(&self, entry: &PrefetchEntry<'_>) -> bool {
        self.here()
            .is_some_and(|shared| shared.index().describe(entry))
    }

    /// What `look` makes of what the index knows of a key; `None` if it does not have it. The index is
    /// locked meanwhile: `look` must be short and not call this handle.
    pub fn with_entry<T>(
        &self,
        key: &Key,
        look: impl FnOnce(&PrefetchEntry<'_>) -> T,
    ) -> Option<T> {
        let shared = self.here()?;
        let index = shared.index();
        index.get(key).map(|entry| look(&entry))
    }

    /// Notes that the local tiers evicted an entry.
    pub fn note_evicted(&self, key: &Key) {
        if let Some(shared) = self.here() {
            shared.index().note_resident(key, false);
        }
    }

    /// Takes an entry that was removed or refused out of the index, and calls off its fetch.
    pub fn forget(&self, key: &Key) {
        if let Some(shared) = self.here() {
            shared.forget(key);
        }
    }

    /// Names the model whose entries are likelier; all zero for none.
    pub fn set_active_model(&self, model: [u8; 32]) {
        if let Some(shared) = self.here() {
            shared.index().set_active(model);
        }
    }

    /// Has the worker ask the source once more what there is. What is known already stays as it is.
    pub fn refresh(&self) {
        if let Some(shared) = self.here() {
            shared.control().list = true;
            shared.bell.ring();
        }
    }

    /// What a cycle that takes `most`, 2048 at most, would take now: keys and scores, the best first.
    pub fn plan(&self, most: usize) -> Vec<(Key, f64)> {
        let Some(shared) = self.here() else {
            return Vec::new();
        };
        let plan = shared.plan(most, || true);
        plan.taken.iter().map(|t| (t.key, t.score)).collect()
    }

    /// Everything until now.
    pub fn stats(&self) -> PrefetchStats {
        let Some(shared) = self.here() else {
            return PrefetchStats::default();
        };
        let mut stats = {
            let control = shared.control();
            let mut stats = control.totals.clone();
            stats.running = control.wanted;
            stats
        };
        {
            let index = shared.index();
            let worth = index.worth();
            stats.useful_bytes = worth.useful;
            stats.wasted_bytes = worth.wasted;
            stats.unasked_bytes = worth.unasked;
            stats.entries = index.len() as u64;
            stats.resident = index.resident() as u64;
            stats.index_bytes = index.bytes() as u64;
        }
        stats.hanging = shared.flights.hanging() as u64;
        stats
    }

    /// The latest cycle that ended.
    pub fn last_cycle(&self) -> Option<PrefetchCycle> {
        self.here().and_then(|shared| shared.control().last.clone())
    }
}

impl Drop for Prefetch {
    fn drop(&mut self) {
        let is_inherited = self.here().is_none();
        let Some(shared) = self.shared.take() else {
            return;
        };
        if is_inherited {
            // Threads and connections of the source's are the parent's.
            std::mem::forget(shared);
            return;
        }
        shared.end();
    }
}

fn forked(attempt: &'static str) -> Error {
    Error::new(
        ErrorKind::Forked,
        attempt,
        "the prefetch worker was made before this process was forked",
        "Open a new store in the child; the parent's goes on working in the parent",
    )
}
