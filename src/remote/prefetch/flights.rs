//! One fetch of a key at a time, on a thread of its own, shared by all who want the key.
//!
//! Whoever wants a key boards its flight, or starts one, and waits as long as it likes. A flight is called
//! off when the last one left it. Should its thread not come back even so, it is let go: it holds the source
//! and this list, and what it brings is dropped.
//!
//! These flights are of one handle: they bound its threads and give each of its callers a deadline. Those who
//! ask a remote tier without it, as lookups do, share transfers with it by the tier's own flights, which each
//! thread here waits for.

use super::bell::Bell;
use super::clock::{nanoseconds, Clock};
use super::source::{CancelSignal, PrefetchSource};
use super::told::FetchOutcome;
use crate::error::{caught, Error, ErrorKind};
use crate::key::Key;
use crate::sync::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// How long a key waits for a fetch of it that was called off, before another may begin.
const GRACE: Duration = Duration::from_secs(1);

/// Fetches that were called off and have not come back: more are not added to them.
const MOST_HANGING: usize = 64;

/// On whose behalf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Somebody waits for the answer.
    Demand,
    Prefetch,
}

struct Flight {
    key: Key,
    passengers: usize,
    /// A demand has been aboard.
    demanded: bool,
    called_off_at: Option<i64>,
    outcome: Option<FetchOutcome>,
    cancel: Arc<CancelSignal>,
}

#[derive(Default)]
struct Board {
    flights: HashMap<u64, Flight>,
    /// The latest flight of a key, until it came back.
    by_key: HashMap<Key, u64>,
    last: u64,
    hanging: usize,
}

struct Shared {
    source: Arc<dyn PrefetchSource>,
    clock: Arc<dyn Clock>,
    bell: Arc<Bell>,
    board: Mutex<Board>,
}

/// The list of what is being fetched.
#[derive(Clone)]
pub(super) struct Flights(Arc<Shared>);

/// Why nobody may board now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// A fetch of this key was called off and has not come back; by then it is given up.
    Until(i64),
    /// Too many have not come back.
    Hanging,
}

/// A place on a flight; dropping it is leaving.
pub(super) struct Passenger {
    shared: Arc<Shared>,
    flight: u64,
    /// Nobody was aboard before.
    pub started: bool,
}

/// What a flight brought.
pub(super) struct Landing {
    pub outcome: FetchOutcome,
    /// A demand was aboard.
    pub demanded: bool,
}

#[cfg(not(all(test, warmstart_model)))]
use crate::sync::spawn as launch;

/// A thread of the scheduler's.
#[cfg(all(test, warmstart_model))]
fn launch(_: &str, body: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    drop(shuttle::thread::spawn(body));
    Ok(())
}

impl Shared {
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fly(&self, number: u64, key: &Key, cancel: &CancelSignal) {
        let outcome = caught(|| self.source.fetch(key, cancel));
        self.land(number, outcome.unwrap_or_else(|why| panicked(key, why)));
    }

    fn land(&self, number: u64, outcome: FetchOutcome) {
        let mut board = self.board();
        if let Some(flight) = board.flights.get_mut(&number) {
            flight.outcome = Some(outcome);
            let (key, passengers) = (flight.key, flight.passengers);
            let was_called_off = flight.called_off_at.is_some();
            if was_called_off {
                board.hanging -= 1;
            }
            if board.by_key.get(&key) == Some(&number) {
                board.by_key.remove(&key);
            }
            if passengers == 0 {
                board.flights.remove(&number);
            }
        }
        drop(board);
        self.bell.ring();
    }
}

fn panicked(key: &Key, why: String) -> FetchOutcome {
    FetchOutcome::Panicked(Error::new(
        ErrorKind::Poisoned,
        format!("fetching {key}"),
        why,
        "This is a defect of the remote tier: nothing was stored, and the fetch is tried again later",
    ))
}

impl Flights {
    pub fn new(source: Arc<dyn PrefetchSource>, clock: Arc<dyn Clock>, bell: Arc<Bell>) -> Flights {
        Flights(Arc::new(Shared {
            source,
            clock,
            bell,
            board: Mutex::default(),
        }))
    }

    /// A place on the flight of `key`, which goes on until `deadline` at least.
    pub fn board(&self, key: Key, deadline: i64, class: Class) -> Result<Passenger, Refused> {
        let shared = &self.0;
        let demanded = class == Class::Demand;
        let place = |flight, started| Passenger {
            shared: Arc::clone(shared),
            flight,
            started,
        };
        let mut board = shared.board();
        if let Some(number) = board.by_key.get(&key).copied() {
            if let Some(flight) = board.flights.get_mut(&number) {
                let Some(at) = flight.called_off_at else {
                    flight.passengers += 1;
                    flight.demanded |= demanded;
                    flight.cancel.extend(deadline);
                    return Ok(place(number, false));
                };
                let given_up = at.saturating_add(nanoseconds(GRACE));
                if shared.clock.monotonic() < given_up {
                    return Err(Refused::Until(given_up));
                }
            }
        }
        if board.hanging >= MOST_HANGING {
            return Err(Refused::Hanging);
        }
        board.last += 1;
        let number = board.last;
        let cancel = Arc::new(CancelSignal::new(deadline, Arc::clone(&shared.clock)));
        let flight = Flight {
            key,
            passengers: 1,
            demanded,
            called_off_at: None,
            outcome: None,
            cancel: Arc::clone(&cancel),
        };
        board.flights.insert(number, flight);
        board.by_key.insert(key, number);
        drop(board);
        let passenger = place(number, true);
        let air = Arc::clone(shared);
        let started = launch("warmstart-fetch", move || air.fly(number, &key, &cancel));
        if let Err(e) = started {
            let failure = Error::from_io("starting a thread for a fetch", e);
            shared.land(number, FetchOutcome::Failed(failure));
        }
        Ok(passenger)
    }

    /// Fetches on demand; `started` says whether this was the first to want it. Costs no more than until
    /// the deadline, whatever the source does.
    pub fn demand(&self, key: Key, deadline: i64) -> (FetchOutcome, bool) {
        let bell = &self.0.bell;
        loop {
            let heard = bell.heard();
            let passenger = match self.board(key, deadline, Class::Demand) {
                Ok(passenger) => passenger,
                Err(Refused::Hanging) => return (FetchOutcome::Deferred, false),
                Err(Refused::Until(given_up)) => {
                    bell.wait(heard, deadline.min(given_up));
                    if self.0.clock.monotonic() >= deadline {
                        return (FetchOutcome::Cancelled, false);
                    }
                    continue;
                }
            };
            let started = passenger.started;
            let Some(landing) = passenger.wait(deadline) else {
                return (FetchOutcome::Cancelled, started);
            };
            // Called off or put off as one that nobody waited for: this one does.
            let was_for_another = !started
                && matches!(
                    landing.outcome,
                    FetchOutcome::Cancelled | FetchOutcome::Deferred
                );
            if !was_for_another {
                return (landing.outcome, started);
            }
        }
    }

    /// How many were called off and have not come back.
    pub fn hanging(&self) -> usize {
        self.0.board().hanging
    }

    /// How many wait for the flight of a key.
    #[cfg(test)]
    pub fn passengers(&self, key: &Key) -> usize {
        let board = self.0.board();
        let flight = board.by_key.get(key).and_then(|n| board.flights.get(n));
        flight.map_or(0, |f| f.passengers)
    }
}

impl Passenger {
    /// What the flight brought, if it has come back.
    pub fn landed(&self) -> Option<Landing> {
        let board = self.shared.board();
        let flight = board.flights.get(&self.flight)?;
        Some(Landing {
            outcome: flight.outcome.clone()?,
            demanded: flight.demanded,
        })
    }

    fn wait(&self, deadline: i64) -> Option<Landing> {
        loop {
            let heard = self.shared.bell.heard();
            if let Some(landing) = self.landed() {
                return Some(landing);
            }
            if !self.shared.bell.wait(heard, deadline) {
                // It may have come back while this one was not looking.
                return self.landed();
            }
        }
    }
}

impl Drop for Passenger {
    fn drop(&mut self) {
        let mut board = self.shared.board();
        let Some(flight) = board.flights.get_mut(&self.flight) else {
            return;
        };
        flight.passengers -= 1;
        if flight.passengers > 0 {
            return;
        }
        if flight.outcome.is_some() {
            board.flights.remove(&self.flight);
            return;
        }
        flight.called_off_at = Some(self.shared.clock.monotonic());
        let cancel = Arc::clone(&flight.cancel);
        board.hanging += 1;
        drop(board);
        cancel.call_off();
    }
}

#[cfg(all(test, warmstart_model))]
mod model;
