//! What need not be waited for, and what is to be done later: one thread of the cache's, started with the first
//! such work.

use crate::error::caught;
use crate::sync::{spawn, Condvar, Mutex, MutexGuard};
use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// Keeps what it needs alive, so that a cache that is let go of still does what it accepted.
type Job = Box<dyn FnOnce() + Send>;

/// What is done when its time has come. One of each kind is set at a time; nobody waits for it, and it is given
/// up when the cache is let go of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alarm {
    /// Entries have died.
    Deaths,
    /// What lies on disk is to be looked at.
    Learning,
}

const ALARMS: usize = Alarm::Learning as usize + 1;

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    alarms: [Option<(Instant, Job)>; ALARMS],
    /// A thread is there.
    runs: bool,
    /// It is at work.
    busy: bool,
    closed: bool,
    /// None is to be started.
    #[cfg(test)]
    threadless: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

pub(super) struct Background {
    shared: Arc<Shared>,
    most: usize,
}

/// How long the thread waits for more before it ends.
const PATIENCE: Duration = Duration::from_secs(5);

impl State {
    fn rings_at(&self) -> Option<Instant> {
        let set = self.alarms.iter().flatten();
        set.map(|(at, _)| *at).min()
    }

    /// What is to be done now.
    fn next(&mut self, now: Instant) -> Option<Job> {
        if let Some(job) = self.waiting.pop_front() {
            return Some(job);
        }
        let is_due =
            |alarm: &&mut Option<(Instant, Job)>| alarm.as_ref().is_some_and(|(at, _)| *at <= now);
        let due = self.alarms.iter_mut().find(is_due)?.take();
        due.map(|(_, job)| job)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            if let Some(job) = state.next(now) {
                state.busy = true;
                drop(state);
                // What one job panics with is not the next one's business.
                let _ = caught(job);
                state = self.lock();
                state.busy = false;
                self.changed.notify_all();
                continue;
            }
            if state.closed {
                break;
            }
            let rings_at = state.rings_at();
            let wait = rings_at.map_or(PATIENCE, |at| at.saturating_duration_since(now));
            let waited = self.changed.wait_timeout(state, wait);
            let (after, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = after;
            let has_work = !state.waiting.is_empty() || state.rings_at().is_some();
            if timeout.timed_out() && !has_work {
                break;
            }
        }
        state.runs = false;
    }
}

impl Background {
    /// With at most so many that wait.
    pub fn new(most: usize) -> Background {
        Background {
            shared: Arc::default(),
            most,
        }
    }

    /// Accepts a job; false when too many wait, or no thread can be started.
    pub fn accept(&self, job: impl FnOnce() + Send + 'static) -> bool {
        self.push(Box::new(job), self.most)
    }

    /// Accepts a job however many wait.
    pub fn always(&self, job: impl FnOnce() + Send + 'static) -> bool {
        self.push(Box::new(job), usize::MAX)
    }

    /// Has a job done then, in place of the one that was set before.
    pub fn set(&self, alarm: Alarm, after: Duration, job: impl FnOnce() + Send + 'static) {
        let mut state = self.shared.lock();
        if state.closed || !self.has_thread(&mut state) {
            return;
        }
        let job: Job = Box::new(job);
        let at = Instant::now() + after;
        let before = state.alarms[alarm as usize].replace((at, job));
        drop(state);
        drop(before);
        self.shared.changed.notify_all();
    }

    /// What comes is dropped, as where no thread can be started.
    #[cfg(test)]
    pub fn start_none(&self) {
        self.shared.lock().threadless = true;
    }

    fn has_thread(&self, state: &mut State) -> bool {
        #[cfg(test)]
        if state.threadless {
            return false;
        }
        if !state.runs {
            let shared = Arc::clone(&self.shared);
            state.runs = spawn("warmstart-cache", move || shared.work()).is_ok();
        }
        state.runs
    }

    fn push(&self, job: Job, most: usize) -> bool {
        let mut state = self.shared.lock();
        if state.waiting.len() >= most || !self.has_thread(&mut state) {
            return false;
        }
        state.waiting.push_back(job);
        drop(state);
        self.shared.changed.notify_all();
        true
    }

    /// Waits until nothing waits; false when the time ran out first.
    pub fn drain(&self, timeout: Duration) -> bool {
        let deadline = Instant::now().checked_add(timeout);
        let mut state = self.shared.lock();
        while state.busy || !state.waiting.is_empty() {
            let left = match deadline {
                Some(deadline) => deadline.saturating_duration_since(Instant::now()),
                None => PATIENCE,
            };
            if left.is_zero() {
                return false;
            }
            let waited = self.shared.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// No more comes: the thread ends once it has done what it accepted.
    pub fn close(&self) {
        let mut state = self.shared.lock();
        state.closed = true;
        let given_up = std::mem::take(&mut state.alarms);
        drop(state);
        drop(given_up);
        self.shared.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc::channel;

    #[test]
    fn what_was_accepted_is_done_after_closing_and_too_much_is_refused() {
        let background = Background::new(2);
        let (go, wait) = channel::<()>();
        let (began, begins) = channel::<()>();
        let done = Arc::new(AtomicU32::new(0));
        assert!(background.accept(move || {
            began.send(()).unwrap();
            wait.recv().unwrap();
        }));
        begins.recv().unwrap();
        let one = || {
            let done = Arc::clone(&done);
            move || {
                done.fetch_add(1, Ordering::SeqCst);
            }
        };
        assert!(background.accept(one()) && background.accept(one()));
        assert!(!background.accept(one()), "two wait");
        assert!(background.always(one()));
        assert!(!background.drain(Duration::from_millis(1)));
        background.close();
        go.send(()).unwrap();
        assert!(background.drain(Duration::from_secs(60)));
        assert_eq!(done.load(Ordering::SeqCst), 3);
    }

    #[test]
    fn a_job_that_panics_keeps_none_of_the_next_from_being_done() {
        let background = Background::new(9);
        let (did, done) = channel();
        background.accept(|| panic!("one"));
        background.accept(move || did.send(()).unwrap());
        assert!(done.recv_timeout(Duration::from_secs(60)).is_ok());
    }
}
