//! What waits to be uploaded, here and as marks in the root.
//!
//! The mark of a run is there before the run is published, and goes when its newest generation is uploaded;
//! so whatever a killed process had yet to upload, whoever attaches next finds. Memory holds at most as
//! many as the options say: others wait as marks alone, and are read again when there is room.

use super::marks;
use super::options::Uploads;
use super::Shared;
use crate::error::{Error, Result};
use crate::key::Key;
use crate::store::{random_u64, Inner, Kind};
use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// After a save, before its upload: what is superseded within that time is not uploaded.
const LINGER: Duration = Duration::from_millis(100);
/// Between attempts, doubled each time, give or take a half.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

pub(super) type Run = (Key, String);

/// A run that waits.
struct Waiting {
    /// Of the first save that is not uploaded, and of the last.
    first: u64,
    last: u64,
    /// Saves of it that are going on.
    announced: u32,
    due: Instant,
    attempts: u32,
    marks: Vec<String>,
    failure: Option<Error>,
}

#[derive(Default)]
struct State {
    waiting: HashMap<Run, Waiting>,
    saves: u64,
    /// Marks were left for which there was no room here.
    more: bool,
    /// How often one was.
    left: u64,
    /// Saves that are going on of runs that do not wait here.
    saving: HashMap<Run, u32>,
    busy: Option<Busy>,
}

struct Busy {
    run: Run,
    last: u64,
    /// It was removed since.
    undo: bool,
}

/// What is to be done next.
pub(super) enum Next {
    Upload(Run),
    /// Something may be due then.
    Wait(Instant),
    Nothing,
}

#[derive(Default)]
pub(super) struct Outbox {
    state: Mutex<State>,
    changed: Condvar,
}

impl Outbox {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn len(&self) -> usize {
        self.state().waiting.len()
    }

    /// A save of this run begins.
    pub fn announce(&self, shared: &Shared, store: &Inner, key: Key, run_id: &str) {
        let mut state = self.state();
        if let Some(waiting) = state.waiting.get_mut(&(key, run_id.to_owned())) {
            waiting.announced += 1;
            return;
        }
        let mark = marks::upload(shared.token, key, run_id);
        // Without a mark it is uploaded by this process, or not at all.
        let _ = store.mark(&mark);
        let saves = state.saves;
        if state.waiting.len() >= shared.options.queue {
            state.more = true;
            state.left += 1;
            *state.saving.entry((key, run_id.to_owned())).or_default() += 1;
            return;
        }
        let others = state.saving.remove(&(key, run_id.to_owned()));
        let waiting = Waiting {
            first: saves,
            last: saves,
            announced: 1 + others.unwrap_or(0),
            due: Instant::now(),
            attempts: 0,
            marks: vec![mark],
            failure: None,
        };
        state.waiting.insert((key, run_id.to_owned()), waiting);
    }

    /// It has ended, well or not: then what is there is looked at.
    pub fn accept(&self, key: Key, run_id: &str) {
        let mut state = self.state();
        state.saves += 1;
        let saves = state.saves;
        let run = (key, run_id.to_owned());
        if let Some(waiting) = state.waiting.get_mut(&run) {
            waiting.announced = waiting.announced.saturating_sub(1);
            waiting.last = saves;
            waiting.due = waiting.due.max(Instant::now() + LINGER);
        } else if let Some(others) = state.saving.get_mut(&run) {
            *others -= 1;
            if *others == 0 {
                state.saving.remove(&run);
            }
        }
    }

    /// Takes over what the dead left to be uploaded, and what there was no room for; true when anything
    /// waits.
    pub fn collect(&self, shared: &Shared, store: &Inner) -> Result<bool> {
        let left = self.state().left;
        let marks = store.marks(marks::uploads_prefix())?;
        let living = if marks.is_empty() {
            Vec::new()
        } else {
            store.alive()
        };
        let mut state = self.state();
        // One that was left meanwhile may not be among these.
        state.more = state.left != left;
        for mark in marks {
            let Some((token, key, run_id)) = marks::parse_upload(&mark) else {
                continue;
            };
            if token != shared.token && living.contains(&marks::alive(token)) {
                continue;
            }
            let saves = state.saves;
            let room = state.waiting.len() < shared.options.queue;
            match state.waiting.get_mut(&(key, run_id.clone())) {
                Some(waiting) if waiting.marks.contains(&mark) => {}
                Some(waiting) => waiting.marks.push(mark),
                None if room => {
                    // What is being saved is not there yet.
                    let announced = state.saving.remove(&(key, run_id.clone()));
                    let waiting = Waiting {
                        first: saves,
                        last: saves,
                        announced: announced.unwrap_or(0),
                        due: Instant::now(),
                        attempts: 0,
                        marks: vec![mark],
                        failure: None,
                    };
                    state.waiting.insert((key, run_id), waiting);
                }
                None => state.more = true,
            }
        }
        let any = !state.waiting.is_empty();
        drop(state);
        // Who waits for what was left may have nothing to wait for.
        self.changed.notify_all();
        Ok(any)
    }

    /// Whether marks have to be read again, now that there is room.
    pub fn wants_more(&self, most: usize) -> bool {
        let state = self.state();
        state.more && state.waiting.len() <= most / 2
    }

    /// The run that has been due for longest, from now on being uploaded.
    pub fn next(&self) -> Next {
        let mut state = self.state();
        let now = Instant::now();
        let idle = state.waiting.iter().filter(|(_, w)| w.announced == 0);
        let first = idle.min_by_key(|(_, w)| w.due);
        let Some((run, waiting)) = first else {
            return Next::Nothing;
        };
        if waiting.due > now {
            return Next::Wait(waiting.due);
        }
        let run = run.clone();
        state.busy = Some(Busy {
            run: run.clone(),
            last: waiting.last,
            undo: false,
        });
        Next::Upload(run)
    }

    /// What [`Outbox::next`] gave is uploaded, or there is nothing to upload; true when it was removed
    /// meanwhile.
    pub fn done(&self, store: &Inner) -> bool {
        let mut state = self.state();
        let Some(busy) = state.busy.take() else {
            return false;
        };
        let saves = state.saves;
        if let Some(waiting) = state.waiting.get_mut(&busy.run) {
            if waiting.last == busy.last && waiting.announced == 0 {
                // Under the lock, so that the mark of the next save is not taken for this one's.
                for mark in &waiting.marks {
                    let _ = store.unmark(mark);
                }
                state.waiting.remove(&busy.run);
            } else {
                waiting.first = saves;
                waiting.attempts = 0;
                waiting.failure = None;
            }
        }
        drop(state);
        self.changed.notify_all();
        busy.undo
    }

    /// It could not be uploaded: later again.
    pub fn failed(&self, e: Error) {
        let mut state = self.state();
        let Some(busy) = state.busy.take() else {
            return;
        };
        if let Some(waiting) = state.waiting.get_mut(&busy.run) {
            waiting.due = Instant::now() + pause(waiting.attempts);
            waiting.attempts = waiting.attempts.saturating_add(1);
            waiting.failure = Some(e);
        }
        drop(state);
        self.changed.notify_all();
    }

    /// A caller removed a key, or a run: it is not uploaded any more.
    pub fn remove(&self, store: &Inner, key: Key, run_id: Option<&str>) {
        let mut state = self.state();
        let is_removed = |run: &Run| run.0 == key && run_id.map_or(true, |r| run.1 == r);
        if let Some(busy) = state.busy.as_mut().filter(|b| is_removed(&b.run)) {
            busy.undo = true;
        }
        state.waiting.retain(|run, waiting| {
            // What is being saved meanwhile is not what was removed.
            if !is_removed(run) || waiting.announced > 0 {
                return true;
            }
            for mark in &waiting.marks {
                let _ = store.unmark(mark);
            }
            false
        });
        drop(state);
        self.changed.notify_all();
    }

    /// Everything is due now, and what has failed after the shortest pause: a wait that is made of many
    /// short ones neither presses the server nor loses sight of the failure.
    pub fn hurry(&self) {
        let mut state = self.state();
        let now = Instant::now();
        for waiting in state.waiting.values_mut() {
            let soon = waiting.failure.as_ref().map_or(now, |_| now + FIRST_PAUSE);
            waiting.due = waiting.due.min(soon);
            waiting.attempts = 0;
        }
    }

    /// Waits until what was saved before is uploaded; false when the wait ended first.
    ///
    /// # Errors
    ///
    /// Why the last attempt failed, when the wait ended first.
    pub fn settle(&self, until: Option<Instant>) -> Result<bool> {
        let mut state = self.state();
        let saves = state.saves;
        loop {
            let behind = |w: &&Waiting| w.first <= saves;
            let mut waiting = state.waiting.values().filter(behind).peekable();
            if waiting.peek().is_none() && !state.more {
                return Ok(true);
            }
            let left = until.map(|u| u.saturating_duration_since(Instant::now()));
            if left.is_some_and(|l| l.is_zero()) {
                let failure = waiting.find_map(|w| w.failure.clone());
                return failure.map_or(Ok(false), Err);
            }
            let wait = left.unwrap_or(LONGEST_PAUSE);
            let waited = self.changed.wait_timeout(state, wait);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Between attempts: longer each time, and not the same for all who met the same failure.
fn pause(attempts: u32) -> Duration {
    let longest = FIRST_PAUSE
        .saturating_mul(1 << attempts.min(16))
        .min(LONGEST_PAUSE);
    let random = random_u64().unwrap_or(0) as f64 / u64::MAX as f64;
    longest.mul_f64(0.5 + random)
}

impl Uploads {
    /// Whether a generation of this kind may have to be uploaded.
    pub(super) fn may_want(self, kind: Kind) -> bool {
        match self {
            Uploads::Nothing => false,
            Uploads::Final => kind == Kind::Final,
            Uploads::Best | Uploads::All => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_differ() {
        let mut last = Duration::ZERO;
        for attempts in 0..40 {
            let longest = (FIRST_PAUSE * (1 << attempts.min(7))).min(LONGEST_PAUSE);
            let p = pause(attempts);
            assert!(
                p >= longest / 2 && p <= longest.mul_f64(1.5),
                "{attempts}: {p:?}"
            );
            assert_ne!(p, last);
            last = p;
        }
    }
}
