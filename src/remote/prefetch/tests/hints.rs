//! What the engine says beats what is guessed.

use super::world::Fate;
use super::*;
use crate::remote::prefetch::{ChainDirection, FetchOutcome, PrefetchWait};

/// A worker that makes one cycle at its start and then none for a long time.
fn sleepy(world: &Arc<World>) -> Prefetch {
    let mut options = PrefetchOptions::new();
    options.interval_seconds(1e6).unwrap();
    let prefetch = Prefetch::new(world.clone(), &options);
    prefetch.start().unwrap();
    until("the first cycle", || prefetch.stats().cycles == 1);
    prefetch
}

#[test]
fn a_hint_wakes_the_worker_at_once() {
    let world = Arc::new(World::default());
    let prefetch = sleepy(&world);
    world.add(&prefetch, 7);
    assert_eq!(prefetch.hint(&[key(7), key(8)]), 2);
    // One that the index does not know as well.
    until("the hints", || world.has(7) && world.has(8));
    assert_eq!(prefetch.stats().cycles, 1);
}

#[test]
fn hints_go_before_guesses_and_are_not_kept_waiting_by_them() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 100);
    (0..8).for_each(|n| d.world.set(n, Fate::Waits));
    d.prefetch.hint(&[key(90)]);
    d.crew.turn();
    until("nine fetches", || d.world.begun() == 9);
    d.turns("the hint", |p| p.stats().hints_fetched == 1);
    // All guesses are still on their way.
    d.prefetch.hint(&[key(91)]);
    d.turns("another", |p| p.stats().hints_fetched == 2);
    assert_eq!(d.prefetch.stats().cycles, 0);
}

#[test]
fn a_hint_is_tried_though_the_key_failed_not_long_ago() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 1);
    d.world.set(0, Fate::Fails);
    d.cycle();
    d.world.set(0, Fate::Good);
    d.prefetch.hint(&[key(0)]);
    d.turns("the hint", |p| p.stats().hints_fetched == 1);
}

#[test]
fn no_more_hints_wait_than_can() {
    let d = Driven::new(&PrefetchOptions::new());
    let keys: Vec<Key> = (0..5000).map(key).collect();
    assert_eq!(d.prefetch.hint(&keys), 4096);
    assert_eq!(d.prefetch.hint(&keys[..10]), 10, "they wait already");
    let stats = d.prefetch.stats();
    assert_eq!((stats.hints, stats.hints_dropped), (4096, 904));
}

/// A full fit, and ten folds made from it.
fn folds(d: &Driven) {
    d.world.add(&d.prefetch, 100);
    for n in 1..=10 {
        let mut fold = world::entry(n);
        (fold.parent, fold.sequence) = (Some(key(100)), n);
        d.prefetch.note(&fold, false);
    }
}

#[test]
fn the_next_folds_are_fetched_forwards_and_backwards() {
    let mut d = Driven::new(&PrefetchOptions::new());
    folds(&d);
    let steps = |n, most, direction| {
        let shared = d.prefetch.here().unwrap();
        let index = shared.index();
        index.steps(&key(n), most, direction)
    };
    let keys = |ns: &[u32]| ns.iter().map(|n| key(*n)).collect::<Vec<_>>();
    use ChainDirection::{Backward, Forward};
    assert_eq!(steps(100, 3, Forward), keys(&[1, 2, 3]));
    assert_eq!(steps(4, 3, Forward), keys(&[5, 6, 7]));
    assert_eq!(steps(9, 3, Forward), keys(&[10]));
    assert_eq!(steps(3, 9, Backward), keys(&[2, 1, 100]));
    assert_eq!(steps(77, 3, Forward), []);
    assert_eq!(d.prefetch.hint_chain(&key(4), 2, Forward), 2);
    d.turns("two folds", |p| p.stats().hints_fetched == 2);
    assert!(d.world.has(5) && d.world.has(6));
}

#[test]
fn steps_made_from_each_other_are_followed_and_circles_end() {
    let d = Driven::new(&PrefetchOptions::new());
    for n in 0..6u32 {
        let mut step = world::entry(n);
        step.sequence = n;
        // The first was made from the last.
        step.parent = Some(key((n + 5) % 6));
        d.prefetch.note(&step, false);
    }
    let index = d.prefetch.here().unwrap().index();
    let keys = |ns: &[u32]| ns.iter().map(|n| key(*n)).collect::<Vec<_>>();
    use ChainDirection::{Backward, Forward};
    assert_eq!(index.steps(&key(2), 2, Forward), keys(&[3, 4]));
    assert_eq!(index.steps(&key(2), 99, Forward), keys(&[3, 4, 5, 0, 1]));
    assert_eq!(index.steps(&key(2), 2, Backward), keys(&[1, 0]));
}

#[test]
fn a_wait_ends_when_the_key_is_there_or_cannot_be() {
    let world = Arc::new(World::default());
    let prefetch = sleepy(&world);
    world.set(1, Fate::Missing);
    world.set(2, Fate::Waits);
    world.set(5, Fate::Waits);
    world.put_locally(3);
    let fetched = prefetch.wait(&key(0), PATIENCE);
    let ended = |outcome: &str, wait: PrefetchWait| {
        assert!(format!("{wait:?}").starts_with(outcome), "{wait:?}");
    };
    ended("Ended(Fetched", fetched);
    ended("Ended(NotFound", prefetch.wait(&key(1), PATIENCE));
    ended("TimedOut", prefetch.wait(&key(2), Duration::ZERO));
    ended("TimedOut", prefetch.wait(&key(2), Duration::from_millis(5)));
    ended("Resident", prefetch.wait(&key(3), Duration::ZERO));
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| prefetch.wait(&key(5), PATIENCE));
        until("the fetch", || world.fetched().contains(&key(5)));
        prefetch.cancel(&key(5));
        ended("Ended(Cancelled", waits.join().unwrap());
    });
    world.set(4, Fate::Waits);
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| prefetch.wait(&key(4), PATIENCE));
        until("the fetch", || world.fetched().contains(&key(4)));
        assert!(prefetch.stop(PATIENCE));
        let answer = waits.join().unwrap();
        let text = format!("{answer:?}");
        assert!(text == "Stopped" || text == "Ended(Cancelled)", "{text}");
    });
    ended("Stopped", prefetch.wait(&key(2), PATIENCE));
}

#[test]
fn what_is_called_off_is_not_fetched_and_does_not_hold_up_the_cycle() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 2);
    d.world.set(0, Fate::Waits);
    d.prefetch.hint(&[key(50)]);
    d.prefetch.cancel(&key(50));
    d.crew.turn();
    until("the fetches", || d.world.begun() == 2);
    d.prefetch.cancel(&key(0));
    d.turns("the cycle", |p| p.stats().cycles == 1);
    let counts = d.prefetch.stats().counts;
    assert_eq!((counts.cancelled, counts.fetched), (2, 1));
    assert!(!d.world.has(50));
}

#[test]
fn an_entry_that_was_forgotten_is_not_warmed() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 2);
    d.world.set(0, Fate::Waits);
    d.crew.turn();
    until("the fetches", || d.world.begun() == 2);
    d.prefetch.forget(&key(0));
    d.turns("the cycle", |p| p.stats().cycles == 1);
    d.clock.advance(Duration::from_secs(100));
    d.cycle();
    assert_eq!((d.world.has(0), d.world.begun()), (false, 2));
    assert!(matches!(
        d.prefetch.demand(&key(1), PATIENCE),
        FetchOutcome::Fetched { bytes: 0 }
    ));
}

#[test]
fn polling_learns_how_a_fetch_ended_and_fetches_once() {
    let world = Arc::new(World::default());
    world.set(3, Fate::Missing);
    let prefetch = sleepy(&world);
    until("an answer", || {
        match prefetch.wait(&key(3), Duration::ZERO) {
            PrefetchWait::TimedOut => false,
            PrefetchWait::Ended(FetchOutcome::NotFound) => true,
            other => panic!("{other:?}"),
        }
    });
    assert_eq!((world.begun(), prefetch.stats().hints), (1, 1));
    // Who asks after that wants to know anew.
    world.set(3, Fate::Good);
    let waited = prefetch.wait(&key(3), PATIENCE);
    assert!(matches!(
        waited,
        PrefetchWait::Ended(FetchOutcome::Fetched { .. })
    ));
}
