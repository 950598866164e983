//! What goes wrong is counted apart, and nothing stops for it.

use super::world::{brisk, Fate};
use super::*;
use crate::remote::prefetch::PrefetchCounts;
use std::sync::atomic::Ordering;

#[test]
fn each_failure_is_counted_under_its_own_name_and_the_rest_is_fetched() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 8);
    let fates = [
        Fate::Missing,
        Fate::Fails,
        Fate::Corrupt,
        Fate::Defers,
        Fate::Panics,
    ];
    (0..).zip(fates).for_each(|(n, fate)| d.world.set(n, fate));
    let counts = d.cycle().counts;
    let expected = PrefetchCounts {
        fetched: 3,
        bytes: 3000,
        not_found: 1,
        failed: 1,
        cancelled: 0,
        deferred: 1,
        corrupt: 1,
        panics: 1,
    };
    assert_eq!(counts, expected);
    assert_eq!(d.prefetch.stats().counts, expected);
    assert_eq!(d.world.local(), 3);
}

#[test]
fn what_failed_is_left_alone_for_longer_each_time() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 1);
    d.world.set(0, Fate::Fails);
    let mut pauses = Vec::new();
    let mut since = 0;
    while pauses.len() < 6 {
        let cycle = d.cycle();
        since += 1;
        if cycle.counts.failed == 1 {
            pauses.push(since);
            since = 0;
        } else {
            assert_eq!((cycle.in_back_off, cycle.selected), (1, 0));
        }
    }
    // In halves of seconds: 1, 2, 4, 8 and 16 seconds, begun tenths aside.
    assert_eq!(pauses, [1, 3, 5, 9, 17, 33]);
    d.world.set(0, Fate::Good);
    d.clock.advance(Duration::from_secs(600));
    assert_eq!(d.cycle().counts.fetched, 1);
    // Forgiven once it was fetched.
    d.world.evict_locally(0);
    d.world.set(0, Fate::Fails);
    d.clock.advance(Duration::from_secs(1));
    assert_eq!(d.cycle().counts.failed, 1);
    d.clock.advance(Duration::from_secs(1));
    assert_eq!(d.cycle().counts.failed, 1);
}

#[test]
fn a_pause_is_never_longer_than_the_longest() {
    let mut options = PrefetchOptions::new();
    options.back_off_seconds(1.0, 4.0).unwrap();
    let mut d = Driven::with_entries(&options, 1);
    d.world.set(0, Fate::Fails);
    for _ in 0..40 {
        d.clock.advance(Duration::from_secs(5));
        assert_eq!(d.cycle().counts.failed, 1);
    }
}

#[test]
fn what_was_put_off_is_tried_again_without_longer_and_longer_pauses() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 1);
    d.world.set(0, Fate::Defers);
    for _ in 0..20 {
        d.clock.advance(Duration::from_secs(1));
        assert_eq!(d.cycle().counts.deferred, 1);
    }
}

#[test]
fn what_is_not_there_leaves_the_index() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 10);
    (0..5).for_each(|n| d.world.set(n, Fate::Missing));
    d.cycle();
    assert_eq!(d.prefetch.stats().entries, 5);
    d.clock.advance(Duration::from_secs(1000));
    d.cycle();
    assert_eq!(d.world.begun(), 10, "none was asked for twice");
    assert_eq!(d.world.local(), 5);
}

#[test]
fn a_question_that_panics_is_contained_and_that_key_left_alone() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 20);
    d.world.answer_badly(0);
    let cycle = d.cycle();
    assert_eq!((cycle.selected, cycle.counts.fetched), (8, 8));
    assert_eq!(d.cycle().in_back_off, 1);
    assert_eq!(d.prefetch.stats().counts.panics, 1);
}

#[test]
fn after_a_defect_in_a_turn_the_worker_begins_afresh() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 10);
    (0..8).for_each(|n| d.world.set(n, Fate::Waits));
    d.crew.turn();
    // A thread that began later would find that it need not wait.
    until("their beginning", || d.world.begun() == 8);
    d.crew.recover();
    let stats = d.prefetch.stats();
    assert_eq!((stats.counts.panics, stats.counts.cancelled), (1, 8));
    assert_eq!(stats.cycles, 1);
    // Nothing is thought to be on its way any more.
    (0..8).for_each(|n| d.world.set(n, Fate::Good));
    d.clock.advance(Duration::from_secs(2));
    assert_eq!(d.cycle().counts.fetched, 8);
    assert_eq!(d.cycle().counts.fetched, 2);
}

#[test]
fn a_worker_whose_source_panics_everywhere_goes_on() {
    let world = Arc::new(World::default());
    let prefetch = Prefetch::new(world.clone(), &brisk());
    world.set_listing(Fate::Panics);
    world.add(&prefetch, 0);
    world.answer_badly(0);
    world.add(&prefetch, 1);
    world.set(1, Fate::Panics);
    prefetch.start().unwrap();
    until("three panics", || prefetch.stats().counts.panics >= 3);
    world.add(&prefetch, 2);
    until("the good one", || world.has(2));
    assert!(prefetch.stop(PATIENCE));
}

#[test]
fn a_listing_that_failed_is_tried_again_after_a_pause() {
    let mut d = Driven::new(&PrefetchOptions::new());
    d.world.set_listing(Fate::Fails);
    d.world.list(1, 1000);
    d.prefetch.refresh();
    d.turns("the first", |p| p.stats().listings_failed == 1);
    d.crew.turn();
    assert_eq!(d.world.listings.load(Ordering::SeqCst), 1);
    d.world.set_listing(Fate::Good);
    d.clock.advance(Duration::from_secs(1));
    d.turns("the second", |p| p.stats().listings == 1);
    assert_eq!(d.prefetch.stats().entries, 1);
}
