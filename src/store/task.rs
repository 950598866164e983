//! Long work on a thread of its own, waited for in bounded steps.

use super::check::CheckReport;
use super::progress::Progress;
use super::sweep::Depth;
use super::Store;
use crate::error::{caught, Error, Result};
use crate::sync::spawn;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What a [`Task`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Work {
    /// [`Store::verify`].
    Verify,
    /// [`Store::repair`].
    Repair,
    /// [`Store::sweep`], with every payload read, and a finding for each run that goes.
    Sweep,
    /// [`Store::plan_sweep`].
    PlanSweep,
}

enum State {
    Running,
    Done(Box<Result<CheckReport>>),
    /// The thread panicked, with this text.
    Panicked(String),
}

struct Shared {
    progress: Progress,
    state: Mutex<State>,
    ended: Condvar,
}

/// Verification, repair or copying in progress. Any number of threads may use it at once. Dropping it
/// cancels the work, and does not wait for it.
pub struct Task {
    shared: Arc<Shared>,
    started: Instant,
}

impl Task {
    /// Starts the work on a thread of its own.
    ///
    /// # Errors
    ///
    /// `Io` when no thread can be started.
    pub fn start(store: &Store, work: Work) -> Result<Task> {
        let store = store.clone();
        Task::of(move |progress| match work {
            Work::Verify => store.verify(progress),
            Work::Repair => store.repair(progress),
            Work::Sweep => store.inner.sweep_watched(Depth::Thorough, None, progress),
            Work::PlanSweep => store.plan_sweep(progress),
        })
    }

    /// The same for other work, which lets go of what it holds when it ends.
    pub(crate) fn of(
        work: impl FnOnce(&Progress) -> Result<CheckReport> + Send + 'static,
    ) -> Result<Task> {
        let shared = Arc::new(Shared {
            progress: Progress::new(),
            state: Mutex::new(State::Running),
            ended: Condvar::new(),
        });
        let of_thread = Arc::clone(&shared);
        let run = move || {
            // Whoever sees the end may count on the store being let go of: the work takes it along.
            let done = caught(|| work(&of_thread.progress));
            *of_thread.state() = match done {
                Ok(result) => State::Done(Box::new(result)),
                Err(text) => State::Panicked(text),
            };
            of_thread.ended.notify_all();
        };
        spawn("warmstart-task", run)
            .map_err(|e| Error::from_io("starting a thread for long work", e))?;
        Ok(Task {
            shared,
            started: Instant::now(),
        })
    }

    /// How far it has come.
    pub fn progress(&self) -> &Progress {
        &self.shared.progress
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Waits for the end, at most `timeout`; true when the work has ended.
    pub fn wait(&self, timeout: Duration) -> bool {
        let state = self.shared.state();
        let running = |s: &mut State| matches!(s, State::Running);
        let waited = self
            .shared
            .ended
            .wait_timeout_while(state, timeout, running);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !matches!(*state, State::Running)
    }

    /// Hands the outcome to `read`: `None` while the work goes on.
    ///
    /// # Panics
    ///
    /// When the work did, with its text.
    #[allow(clippy::panic)] // Passes a panic of the thread on to whoever asks.
    pub fn outcome<T>(&self, read: impl FnOnce(Option<&Result<CheckReport>>) -> T) -> T {
        match &*self.shared.state() {
            State::Running => read(None),
            State::Done(result) => read(Some(result)),
            State::Panicked(text) => panic!("{text}"),
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.shared.progress.cancel();
    }
}
