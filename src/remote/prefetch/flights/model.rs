//! Flights under many orders of their threads.

use super::*;
use crate::remote::prefetch::clock::NEVER;
use crate::remote::prefetch::PrefetchEntry;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::model::explore;
use shuttle::thread;

/// Time stands still: nothing is given up for being late.
struct Still;

impl Clock for Still {
    fn monotonic(&self) -> i64 {
        0
    }

    fn unix_ms(&self) -> i64 {
        0
    }
}

#[derive(Default)]
struct Counting {
    aloft: AtomicUsize,
    fetches: AtomicUsize,
    cancelled: AtomicUsize,
}

impl PrefetchSource for Counting {
    fn list(
        &self,
        _: &CancelSignal,
        _: &mut dyn FnMut(&PrefetchEntry<'_>) -> bool,
    ) -> Result<(), Error> {
        Ok(())
    }

    fn is_resident(&self, _: &Key) -> bool {
        false
    }

    fn fetch(&self, _: &Key, cancel: &CancelSignal) -> FetchOutcome {
        assert_eq!(self.aloft.fetch_add(1, Ordering::SeqCst), 0, "two at once");
        self.fetches.fetch_add(1, Ordering::SeqCst);
        thread::yield_now();
        let outcome = if cancel.is_cancelled() {
            self.cancelled.fetch_add(1, Ordering::SeqCst);
            FetchOutcome::Cancelled
        } else {
            FetchOutcome::Fetched { bytes: 1 }
        };
        self.aloft.fetch_sub(1, Ordering::SeqCst);
        outcome
    }
}

fn flights() -> (Flights, Arc<Counting>) {
    let source = Arc::new(Counting::default());
    let clock: Arc<dyn Clock> = Arc::new(Still);
    let bell = Arc::new(Bell::new(Arc::clone(&clock)));
    (Flights::new(source.clone(), clock, bell), source)
}

const KEY: Key = Key::from_bytes([1; 32]);

fn is_empty(flights: &Flights) -> bool {
    let board = flights.0.board();
    board.flights.is_empty() && board.by_key.is_empty() && board.hanging == 0
}

#[test]
fn model_demands_are_answered_whoever_leaves_a_flight() {
    explore("flights left", 2000, || {
        let (flights, source) = flights();
        let demands: Vec<_> = (0..2)
            .map(|_| {
                let flights = flights.clone();
                thread::spawn(move || {
                    let (outcome, _) = flights.demand(KEY, NEVER);
                    assert!(matches!(outcome, FetchOutcome::Fetched { .. }));
                })
            })
            .collect();
        let leaves = {
            let flights = flights.clone();
            thread::spawn(move || drop(flights.board(KEY, NEVER, Class::Prefetch)))
        };
        demands.into_iter().for_each(|t| t.join().unwrap());
        leaves.join().unwrap();
        while !is_empty(&flights) {
            thread::yield_now();
        }
        let [fetches, cancelled] =
            [&source.fetches, &source.cancelled].map(|n| n.load(Ordering::SeqCst));
        assert!(fetches <= 3 && cancelled <= 1, "{fetches} {cancelled}");
    });
}

#[test]
fn model_a_worker_sees_every_flight_come_back() {
    explore("flights watched", 1000, || {
        let (flights, _) = flights();
        let bell = Arc::clone(&flights.0.bell);
        let demand = {
            let flights = flights.clone();
            thread::spawn(move || flights.demand(KEY, NEVER).0)
        };
        let passenger = flights.board(KEY, NEVER, Class::Prefetch).ok().unwrap();
        loop {
            let heard = bell.heard();
            if passenger.landed().is_some() {
                break;
            }
            bell.wait(heard, NEVER);
        }
        drop(passenger);
        let outcome = demand.join().unwrap();
        assert!(matches!(outcome, FetchOutcome::Fetched { .. }));
        while !is_empty(&flights) {
            thread::yield_now();
        }
    });
}
