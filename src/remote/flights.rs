//! One fetch of a key at a time: whoever asks for it meanwhile waits for the same one. It ends when nobody
//! waits any longer.
//!
//! This is what keeps the server from being asked twice, whoever asks: lookups, callers and the prefetch
//! worker. The worker's own flights only bound its threads, and wait here like anyone else.

use super::driver::{defect, Cancel, Driver, Unfinished, LOOK};
use super::options::Fetched;
use crate::error::Result;
use crate::key::Key;
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::AbortHandle;

const ATTEMPT: &str = "fetching a key";

#[derive(Default)]
struct State {
    waiters: usize,
    outcome: Option<Result<Fetched>>,
    task: Option<AbortHandle>,
}

#[derive(Default)]
struct Flight {
    state: Mutex<State>,
    ended: Condvar,
}

impl Flight {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Locked before any flight's state.
#[derive(Default)]
pub(super) struct Flights(Arc<Mutex<HashMap<Key, Arc<Flight>>>>);

/// Tells the outcome, also of a flight that came to no end of its own.
struct Landing {
    key: Key,
    flight: Arc<Flight>,
    flights: Arc<Mutex<HashMap<Key, Arc<Flight>>>>,
    outcome: Option<Result<Fetched>>,
}

impl Drop for Landing {
    fn drop(&mut self) {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if flights
            .get(&self.key)
            .is_some_and(|f| Arc::ptr_eq(f, &self.flight))
        {
            flights.remove(&self.key);
        }
        let outcome = self.outcome.take().unwrap_or_else(|| Err(defect(ATTEMPT)));
        self.flight.state().outcome = Some(outcome);
        drop(flights);
        self.flight.ended.notify_all();
    }
}

impl Flights {
    /// Waits for the flight of `key`, which `begin` makes where there is none, for as long as `left` says:
    /// it is asked again and again, and may come to more.
    pub fn join<F>(
        &self,
        driver: &Driver,
        key: Key,
        left: &dyn Fn() -> Duration,
        cancel: &Cancel,
        begin: impl FnOnce() -> F,
    ) -> std::result::Result<Result<Fetched>, Unfinished>
    where
        F: Future<Output = Result<Fetched>> + Send + 'static,
    {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let flight = match flights.get(&key) {
            Some(flight) => Arc::clone(flight),
            None => {
                let flight = Arc::new(Flight::default());
                let landing = Landing {
                    key,
                    flight: Arc::clone(&flight),
                    flights: Arc::clone(&self.0),
                    outcome: None,
                };
                let work = begin();
                // Where no thread can be started, the landing is dropped with the work; it takes this lock.
                flights.insert(key, Arc::clone(&flight));
                drop(flights);
                let started = driver.start(async move {
                    // All of it, so that it lands however the work ends.
                    let mut landing = landing;
                    landing.outcome = Some(work.await);
                });
                match started {
                    Ok(task) => flight.state().task = Some(task),
                    Err(e) => return Ok(Err(e)),
                }
                flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                flight
            }
        };
        let mut state = flight.state();
        state.waiters += 1;
        drop(flights);
        let ended = loop {
            if let Some(outcome) = &state.outcome {
                break Ok(outcome.clone());
            }
            let left = left();
            // First, for whoever cancels once the time is over.
            if left.is_zero() {
                break Err(Unfinished::TimedOut);
            }
            if cancel.is_cancelled() {
                break Err(Unfinished::Cancelled);
            }
            let waited = flight.ended.wait_timeout(state, left.min(LOOK));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        };
        state.waiters -= 1;
        let abandoned = ended.is_err() && state.waiters == 0;
        let task = state.task.clone();
        drop(state);
        if abandoned {
            let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Someone may have joined since.
            if flight.state().waiters == 0 {
                if flights.get(&key).is_some_and(|f| Arc::ptr_eq(f, &flight)) {
                    flights.remove(&key);
                }
                drop(flights);
                if let Some(task) = task {
                    task.abort();
                }
            }
        }
        ended
    }
}
