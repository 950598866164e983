//! Bytes, time and deadlines.

use super::world::{entry, Fate, BYTES};
use super::*;
use std::sync::atomic::Ordering;

#[test]
fn a_cycle_keeps_within_its_bytes_and_the_next_takes_what_was_left() {
    let mut options = PrefetchOptions::new();
    options.cycle_bytes(3 * BYTES as i64 + 1).unwrap();
    let mut d = Driven::with_entries(&options, 8);
    let cycle = d.cycle();
    assert_eq!((cycle.selected, cycle.over_budget), (8, 5));
    assert_eq!(cycle.counts.bytes, 3 * BYTES);
    assert!((0..3).all(|n| d.world.has(n)) && d.world.local() == 3);
    d.cycle();
    d.cycle();
    assert_eq!(d.world.local(), 8);
}

#[test]
fn what_is_larger_than_any_cycle_may_fetch_is_not_in_the_way() {
    let mut options = PrefetchOptions::new();
    options.cycle_bytes(2 * BYTES as i64).unwrap();
    options.parallel(2).unwrap();
    let mut d = Driven::new(&options);
    for n in 0..20 {
        let mut e = entry(n);
        e.payload_bytes = if n < 10 { 2 * BYTES + 1 } else { BYTES };
        d.prefetch.note(&e, false);
    }
    for _ in 0..5 {
        d.cycle();
    }
    assert!((10..20).all(|n| d.world.has(n)) && d.world.local() == 10);
    d.prefetch.hint(&[key(3)]);
    d.turns("the hint", |p| p.stats().hints_fetched == 1);
    assert!(d.world.has(3));
}

#[test]
fn no_more_than_asked_for_are_fetched_at_once() {
    let mut options = PrefetchOptions::new();
    options.parallel(3).unwrap();
    let mut d = Driven::with_entries(&options, 30);
    for _ in 0..10 {
        d.cycle();
    }
    assert_eq!(d.world.local(), 30);
    assert!(d.world.most_at_once.load(Ordering::SeqCst) <= 3);
}

#[test]
fn a_fetch_is_cancelled_at_its_deadline() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 2);
    d.world.set(0, Fate::Waits);
    d.turns("the fetches", |p| p.stats().counts.fetched == 1);
    d.clock.advance(Duration::from_millis(4999));
    d.crew.turn();
    assert_eq!(d.prefetch.stats().counts.cancelled, 0);
    d.clock.advance(Duration::from_millis(1));
    d.turns("the end", |p| p.stats().counts.cancelled == 1);
    assert_eq!(d.prefetch.last_cycle().unwrap().counts.cancelled, 1);
    d.turns("its return", |p| p.stats().hanging == 0);
    assert!(!d.world.has(0));
}

#[test]
fn a_cycle_is_over_when_its_time_is() {
    let mut options = PrefetchOptions::new();
    options.cycle_seconds(2.0).unwrap();
    let mut d = Driven::with_entries(&options, 2);
    (0..2).for_each(|n| d.world.set(n, Fate::Waits));
    d.turns("the fetches", |_| true);
    d.clock.advance(Duration::from_secs(2));
    d.turns("the end", |p| p.stats().cycles == 1);
    let cycle = d.prefetch.last_cycle().unwrap();
    assert_eq!(cycle.counts.cancelled, 2);
    assert_eq!(cycle.elapsed, Duration::from_secs(2));
}
