//! Starting, stopping, and threads that do not come back.

use super::world::{brisk, Fate};
use super::*;
use std::sync::atomic::Ordering;

/// The names of this process's threads that are workers.
fn workers() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names
        .filter(|name| name.starts_with("warmstart-prefe"))
        .collect()
}

#[test]
fn the_worker_stops_on_an_empty_index_and_with_a_long_interval() {
    for interval in [0.001, 1e9] {
        let mut options = brisk();
        options.interval_seconds(interval).unwrap();
        let world = Arc::new(World::default());
        let prefetch = Prefetch::new(world.clone(), &options);
        assert!(prefetch.stop(Duration::ZERO), "it never ran");
        prefetch.start().unwrap();
        prefetch.start().unwrap();
        until("a cycle", || prefetch.stats().cycles >= 1);
        until("a listing", || world.listings.load(Ordering::SeqCst) == 1);
        assert!(!workers().is_empty());
        assert!(prefetch.stop(PATIENCE) && prefetch.stop(Duration::ZERO));
        // It can be started again, and lists again.
        prefetch.start().unwrap();
        until("another", || world.listings.load(Ordering::SeqCst) == 2);
        assert!(prefetch.stop(PATIENCE));
    }
}

#[test]
fn it_stops_with_a_fetch_in_flight_that_is_cancelled() {
    let world = Arc::new(World::default());
    let mut options = brisk();
    // No deadline ends it.
    options.fetch_deadline_seconds(1e9).unwrap();
    options.cycle_seconds(1e9).unwrap();
    let prefetch = Prefetch::new(world.clone(), &options);
    world.add(&prefetch, 0);
    world.set(0, Fate::Waits);
    prefetch.start().unwrap();
    until("the fetch", || world.begun() == 1);
    assert!(prefetch.stop(PATIENCE));
    until("its return", || prefetch.stats().hanging == 0);
    assert_eq!(prefetch.stats().counts.cancelled, 1);
    assert!(!world.has(0));
}

#[test]
fn it_stops_with_a_fetch_and_a_listing_that_never_return() {
    let world = Arc::new(World::default());
    let prefetch = Prefetch::new(world.clone(), &brisk());
    world.set_listing(Fate::Hangs);
    world.list(5, 1000);
    (0..2).for_each(|n| world.add(&prefetch, n));
    (0..2).for_each(|n| world.set(n, Fate::Hangs));
    prefetch.start().unwrap();
    until("the fetches", || world.begun() == 2);
    until("the listing", || world.listings.load(Ordering::SeqCst) == 1);
    assert!(prefetch.stop(PATIENCE));
    let stats = prefetch.stats();
    assert_eq!((stats.counts.cancelled, stats.hanging), (2, 2));
    // What comes back late changes nothing here.
    world.let_go(true);
    until("their return", || prefetch.stats().hanging == 0);
    until("what they did", || world.local() == 2);
    let after = prefetch.stats();
    assert_eq!(
        (after.counts, after.entries, after.resident),
        (stats.counts, 2, 0)
    );
    // The source's own answer counts when the worker runs again.
    prefetch.start().unwrap();
    until("both to be found", || prefetch.stats().resident == 3);
    assert!(prefetch.stop(PATIENCE));
}

#[test]
fn stop_returns_though_the_source_holds_up_the_worker_itself() {
    let world = Arc::new(World::default());
    let prefetch = Prefetch::new(world.clone(), &brisk());
    world.add(&prefetch, 0);
    world.hold_up_residency(true);
    prefetch.start().unwrap();
    until("the question", || {
        world.questions.load(Ordering::SeqCst) > 0
    });
    assert!(!prefetch.stop(Duration::from_millis(20)));
    world.let_go(true);
    assert!(prefetch.stop(PATIENCE));
    assert_eq!(world.local(), 0, "nothing begins after stopping");
}

#[test]
fn a_dropped_handle_leaves_no_thread_for_long() {
    let world = Arc::new(World::default());
    let prefetch = Prefetch::new(world.clone(), &brisk());
    prefetch.start().unwrap();
    until("a cycle", || prefetch.stats().cycles >= 1);
    drop(prefetch);
    until("the source to be let go of", || {
        Arc::strong_count(&world) == 1
    });
}

#[test]
fn fetches_that_hang_do_not_pile_up() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 200);
    (0..200).for_each(|n| d.world.set(n, Fate::Hangs));
    for _ in 0..12 {
        d.turns("fetches", |_| true);
        d.clock.advance(Duration::from_secs(6));
        d.turns("the end", |_| true);
    }
    let stats = d.prefetch.stats();
    assert_eq!(stats.hanging, 64);
    assert!(stats.counts.deferred > 0, "{stats:?}");
    d.world.let_go(true);
    d.turns("their return", |p| p.stats().hanging == 0);
    d.clock.advance(Duration::from_secs(600));
    assert_eq!(d.cycle().counts.fetched, 8);
}

#[test]
fn a_handle_does_not_hang_in_the_child_of_a_fork() {
    let world = Arc::new(World::default());
    let prefetch = Prefetch::new(world.clone(), &brisk());
    world.add(&prefetch, 0);
    prefetch.start().unwrap();
    until("a cycle", || prefetch.stats().cycles >= 1);
    let shared = prefetch.here().unwrap();
    // The locks are held by a thread that does not exist in the child.
    let (index, control) = (shared.index(), shared.control());
    // SAFETY: the child calls nothing but what is tested, which takes no lock, and `_exit`.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let entry = world::entry(3);
        let refused = prefetch.start().is_err()
            && prefetch.stop(PATIENCE)
            && prefetch.hint(&[key(1)]) == 0
            && matches!(
                prefetch.wait(&key(1), PATIENCE),
                crate::PrefetchWait::Stopped
            )
            && matches!(
                prefetch.demand(&key(1), PATIENCE),
                crate::FetchOutcome::Failed(_)
            )
            && !prefetch.note(&entry, false)
            && prefetch.stats() == crate::PrefetchStats::default();
        prefetch.touch(&key(0));
        prefetch.forget(&key(0));
        prefetch.refresh();
        // SAFETY: ends the process at once.
        unsafe { libc::_exit(if refused { 0 } else { 1 }) };
    }
    drop((index, control));
    let mut status = -1;
    until("the child's end", || {
        // SAFETY: `status` outlives the call.
        unsafe { libc::waitpid(child, &mut status, libc::WNOHANG) == child }
    });
    assert_eq!(status, 0);
    assert!(prefetch.stop(PATIENCE));
}
