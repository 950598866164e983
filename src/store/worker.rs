//! The store's own thread: what need not keep a caller waiting is done here.
//!
//! Waking a sleeping thread costs the waker more than copying a small payload, so nobody wakes this
//! one for a checkpoint: while there is anything to look after, it looks by itself, at intervals
//! short after work and longer when idle. Only those who wait wake it.

use crate::error::{caught, Error, Result};
use crate::sync::spawn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Between looks, shortly after there was work and when there has been none for a second.
const BUSY_INTERVAL: Duration = Duration::from_millis(5);
const IDLE_INTERVAL: Duration = Duration::from_millis(50);
const BUSY_FOR: Duration = Duration::from_secs(1);

/// How a look at a chore ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Something was done; there may be more.
    Done,
    /// Nothing waits.
    Idle,
    /// Nothing waits, and nothing will: it need not be looked at again.
    Over,
}

/// Something the thread looks after.
pub(crate) trait Chore: Send + Sync {
    /// Does what waits first. Called by one thread only.
    fn turn(&self) -> Turn;
    /// Waits until everything accepted so far is done, at most until `deadline` (`None`: for ever);
    /// false when the wait ended first. Reports what failed, once.
    fn settle(&self, deadline: Option<Instant>) -> Result<bool>;
    /// What is to be told about a defect in a turn; the work is not looked at again.
    fn fail(&self, why: &str);
}

/// What callers and the thread share. The thread holds nothing else, and ends with the store.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    chores: Vec<Arc<dyn Chore>>,
    is_running: bool,
    hurry: bool,
    closing: bool,
}

/// The owner's side; none of it runs before the first [`Worker::look_after`].
#[derive(Default)]
pub(crate) struct Worker {
    shared: Arc<Shared>,
    has_thread: AtomicBool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Worker {
    /// Looks after `chore` from now on.
    ///
    /// # Errors
    ///
    /// `Io` when no thread can be started.
    pub fn look_after(&self, chore: Arc<dyn Chore>) -> Result<()> {
        let mut state = self.shared.state();
        if !state.is_running {
            let shared = Arc::clone(&self.shared);
            spawn("warmstart-writer", move || run(&shared))
                .map_err(|e| Error::from_io("starting the store's background thread", e))?;
            state.is_running = true;
            self.has_thread.store(true, Ordering::Release);
        }
        state.chores.push(chore);
        // The thread may be waiting for work without limit.
        state.hurry = true;
        self.shared.wake.notify_one();
        Ok(())
    }

    /// Has the thread look at once.
    pub fn hurry(&self) {
        self.shared.state().hurry = true;
        self.shared.wake.notify_one();
    }

    /// [`Chore::settle`] for all there are.
    pub fn settle(&self, deadline: Option<Instant>) -> Result<bool> {
        if !self.has_thread.load(Ordering::Acquire) {
            return Ok(true);
        }
        let chores = self.shared.state().chores.clone();
        let mut in_time = true;
        let mut failure = None;
        for chore in chores {
            match chore.settle(deadline) {
                Ok(done) => in_time &= done,
                Err(e) => failure = failure.or(Some(e)),
            }
        }
        failure.map_or(Ok(in_time), Err)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if self.has_thread.load(Ordering::Acquire) {
            self.shared.state().closing = true;
            self.shared.wake.notify_one();
        }
    }
}

fn run(shared: &Shared) {
    let mut last_done = Instant::now();
    loop {
        let chores = shared.state().chores.clone();
        let mut any = false;
        for chore in &chores {
            let turn = caught(|| chore.turn()).unwrap_or_else(|why| {
                chore.fail(&why);
                Turn::Over
            });
            any |= turn == Turn::Done;
            if turn == Turn::Over {
                shared
                    .state()
                    .chores
                    .retain(|kept| !Arc::ptr_eq(kept, chore));
            }
        }
        // The last reference to a store may be among these: it goes before the wait.
        drop(chores);
        if any {
            last_done = Instant::now();
            continue;
        }
        let mut state = shared.state();
        if state.chores.is_empty() {
            if state.closing {
                state.is_running = false;
                return;
            }
            let waits = |s: &mut State| !s.hurry && !s.closing;
            state = shared
                .wake
                .wait_while(state, waits)
                .unwrap_or_else(PoisonError::into_inner);
        } else {
            let pause = if last_done.elapsed() < BUSY_FOR {
                BUSY_INTERVAL
            } else {
                IDLE_INTERVAL
            };
            (state, _) = shared
                .wake
                .wait_timeout_while(state, pause, |s| !s.hurry)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.hurry = false;
    }
}
