//! Demands share fetches with the worker and come first.

use super::world::{brisk, Fate, BYTES};
use super::*;
use crate::remote::prefetch::FetchOutcome;
use std::sync::atomic::Ordering;

fn is_fetched(outcome: &FetchOutcome) -> bool {
    matches!(outcome, FetchOutcome::Fetched { .. })
}

#[test]
fn eight_threads_and_the_worker_share_one_fetch() {
    let world = Arc::new(World::default());
    let prefetch = Prefetch::new(world.clone(), &brisk());
    world.set(0, Fate::Waits);
    world.add(&prefetch, 0);
    prefetch.start().unwrap();
    std::thread::scope(|scope| {
        let asking: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| prefetch.demand(&key(0), PATIENCE)))
            .collect();
        until("a fetch", || world.begun() >= 1);
        world.set(0, Fate::Good);
        for thread in asking {
            assert!(is_fetched(&thread.join().unwrap()));
        }
    });
    assert_eq!(world.begun(), 1);
    assert_eq!(world.most_of_a_key.load(Ordering::SeqCst), 1);
}

#[test]
fn one_fetch_of_a_key_goes_on_at_a_time_under_many_demands_and_hints() {
    let world = Arc::new(World::default());
    let prefetch = Prefetch::new(world.clone(), &brisk());
    prefetch.start().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8u32 {
            let (world, prefetch) = (&world, &prefetch);
            scope.spawn(move || {
                for i in 0..200u32 {
                    let n = (i * 7 + thread) % 5;
                    match (i + thread) % 4 {
                        0 => drop(prefetch.hint(&[key(n)])),
                        1 => {
                            world.evict_locally(n);
                            prefetch.note_evicted(&key(n));
                        }
                        2 if thread == 0 => prefetch.cancel(&key(n)),
                        _ => assert!(is_fetched(&prefetch.demand(&key(n), PATIENCE))),
                    }
                }
            });
        }
    });
    assert!(prefetch.stop(PATIENCE));
    assert_eq!(world.most_of_a_key.load(Ordering::SeqCst), 1);
}

#[test]
fn a_demand_that_joined_outlives_the_workers_deadline() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 1);
    d.world.set(0, Fate::Waits);
    d.crew.turn();
    until("the fetch", || d.world.begun() == 1);
    std::thread::scope(|scope| {
        let prefetch = &d.prefetch;
        let flights = &prefetch.here().unwrap().flights;
        let asking = scope.spawn(|| prefetch.demand(&key(0), Duration::from_secs(100)));
        // The worker's own place is left at its deadline, and by a call.
        until("the demand to join", || flights.passengers(&key(0)) == 2);
        d.clock.advance(Duration::from_secs(6));
        d.crew.turn();
        prefetch.cancel(&key(0));
        d.crew.turn();
        assert_eq!(prefetch.stats().counts.cancelled, 1);
        d.world.set(0, Fate::Good);
        assert!(is_fetched(&asking.join().unwrap()));
    });
    assert_eq!(d.world.begun(), 1);
}

#[test]
fn what_was_put_off_for_the_worker_is_asked_for_again_by_a_demand() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 1);
    d.world.set(0, Fate::Waits);
    d.crew.turn();
    until("the fetch", || d.world.begun() == 1);
    std::thread::scope(|scope| {
        let prefetch = &d.prefetch;
        let flights = &prefetch.here().unwrap().flights;
        let asking = scope.spawn(|| prefetch.demand(&key(0), PATIENCE));
        until("the demand to join", || flights.passengers(&key(0)) == 2);
        d.world.set(0, Fate::Defers);
        let own = asking.join().unwrap();
        assert!(matches!(own, FetchOutcome::Deferred), "{own:?}");
    });
    assert_eq!(d.world.begun(), 2);
}

#[test]
fn a_demand_costs_its_deadline_at_most_whatever_the_source_does() {
    let world = Arc::new(World::default());
    let prefetch = Prefetch::new(world.clone(), &brisk());
    world.set(0, Fate::Hangs);
    let timed_out = prefetch.demand(&key(0), Duration::from_millis(20));
    assert!(
        matches!(timed_out, FetchOutcome::Cancelled),
        "{timed_out:?}"
    );
    // Another waits a while for the one that hangs, then asks anew.
    assert!(matches!(
        prefetch.demand(&key(0), Duration::from_millis(20)),
        FetchOutcome::Cancelled
    ));
    assert_eq!(world.begun(), 1);
    world.set(0, Fate::Good);
    assert!(is_fetched(&prefetch.demand(&key(0), PATIENCE)));
    assert_eq!(world.begun(), 2);
    world.let_go(true);
    until("the first to come back", || prefetch.stats().hanging == 0);
}

#[test]
fn failures_reach_who_asked_and_are_the_workers_business_too() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 3);
    d.world.set(0, Fate::Corrupt);
    d.world.set(1, Fate::Missing);
    d.world.set(2, Fate::Panics);
    let asked = [0, 1, 2].map(|n| d.prefetch.demand(&key(n), PATIENCE));
    assert!(matches!(asked[0], FetchOutcome::Corrupt(_)), "{asked:?}");
    assert!(matches!(asked[1], FetchOutcome::NotFound), "{asked:?}");
    assert!(matches!(asked[2], FetchOutcome::Panicked(_)), "{asked:?}");
    assert!(!d.world.has(0), "a corrupt one is not served");
    let cycle = d.cycle();
    assert_eq!((cycle.scored, cycle.in_back_off, cycle.selected), (2, 2, 0));
}

#[test]
fn bytes_are_useful_once_asked_for_and_wasted_when_they_leave_unasked_for() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 4);
    d.cycle();
    let worth = |d: &Driven| {
        let s = d.prefetch.stats();
        [s.useful_bytes, s.wasted_bytes, s.unasked_bytes].map(|b| b / BYTES)
    };
    assert_eq!(worth(&d), [0, 0, 4]);
    d.prefetch.touch(&key(0));
    d.prefetch.touch(&key(0));
    assert!(is_fetched(&d.prefetch.demand(&key(1), PATIENCE)));
    assert_eq!(worth(&d), [2, 0, 2]);
    d.prefetch.note_evicted(&key(0));
    d.prefetch.note_evicted(&key(2));
    assert_eq!(worth(&d), [2, 1, 1]);
    d.prefetch.forget(&key(3));
    assert_eq!(worth(&d), [2, 2, 0]);
}

#[test]
fn what_was_asked_for_while_it_was_fetched_is_useful() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 1);
    d.world.set(0, Fate::Waits);
    d.crew.turn();
    std::thread::scope(|scope| {
        let prefetch = &d.prefetch;
        let flights = &prefetch.here().unwrap().flights;
        let asking = scope.spawn(|| prefetch.demand(&key(0), PATIENCE));
        until("the demand to join", || flights.passengers(&key(0)) == 2);
        d.world.set(0, Fate::Good);
        assert!(is_fetched(&asking.join().unwrap()));
    });
    d.turns("the cycle", |p| p.stats().cycles == 1);
    let stats = d.prefetch.stats();
    assert_eq!((stats.useful_bytes, stats.unasked_bytes), (BYTES, 0));
}
