//! Sessions that decide by the clock, on a disk whose time passes as told; and what a crash leaves of
//! their traces.

use super::*;
use crate::fs::simulated::Simulated;
use crate::session::{IntervalFormula, Outcome, Session, SessionOptions};
use crate::store::{Trace, Turn};
use proptest::prelude::*;
use std::time::Duration;

fn root() -> &'static Path {
    Path::new("/root")
}

fn open_on(disk: &Simulated) -> Store {
    Store::open_on(Arc::new(disk.clone()), Some(root()), &ttl(0.0)).unwrap()
}

/// What a caller, the clock and the store's thread do.
#[derive(Debug, Clone)]
enum Step {
    Pass(i64),
    Better,
    Worse,
    Turn,
    Flush,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (1i64..200).prop_map(Step::Pass),
        8 => Just(Step::Better),
        2 => Just(Step::Worse),
        8 => Just(Step::Turn),
        1 => Just(Step::Flush),
    ];
    prop::collection::vec(step, 1..150)
}

/// Takes the turns that the store's thread would, until nothing is left to do; how many wrote.
fn take_turns(session: &Session) -> u64 {
    let mut done = 0;
    while session.turn() == Turn::Done {
        done += 1;
    }
    done
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The thread's own writes keep within the share, whoever else is made to write; what a flush was
    /// told is durable, and the best is never lost.
    #[test]
    fn background_writes_keep_within_the_share_and_a_flush_within_nothing(
        steps in steps(),
        share in 0.001..0.2f64,
    ) {
        let disk = Simulated::new();
        let store = open_on(&disk);
        let mut options = SessionOptions::new();
        options.background(true).max_share(share).unwrap();
        let session = Session::open(&store, KEY, &options).unwrap().without_thread();
        session.checkpoint(b"first", Some(0.0), None).unwrap();
        prop_assert_eq!(take_turns(&session), 1);
        let (mut best, mut durable) = (0f64, 0f64);
        // What flushes made be written is charged, but not held back.
        let (mut forced, mut exempt) = (0.0, session.progress().written_seconds);
        for (n, step) in steps.iter().enumerate() {
            let before = session.progress();
            match step {
                Step::Pass(seconds) => disk.advance(*seconds),
                Step::Better => {
                    best -= 1.0;
                    let payload = best.to_le_bytes();
                    let outcome = session.checkpoint(&payload, Some(best), Some(n as u64)).unwrap();
                    prop_assert_eq!(outcome, Outcome::Queued);
                }
                Step::Worse => {
                    let outcome = session.checkpoint(b"worse", Some(best + 0.5), Some(n as u64)).unwrap();
                    prop_assert!(outcome != Outcome::Written);
                }
                Step::Turn => {
                    take_turns(&session);
                }
                Step::Flush => {
                    // Nobody writes meanwhile: it has to be waited for.
                    let done = session.flush(Duration::ZERO).unwrap();
                    prop_assert_eq!(done, before.waiting == 0);
                    prop_assert_eq!(take_turns(&session), before.waiting);
                    prop_assert!(session.flush(Duration::ZERO).unwrap());
                    durable = best;
                }
            }
            let after = session.progress();
            let spent = after.written_seconds - before.written_seconds;
            if matches!(step, Step::Flush) {
                forced += spent;
            } else if after.writes <= 10 {
                exempt += spent;
            }
            // One write may take longer than those before it did.
            let own = after.written_seconds - forced - exempt;
            prop_assert!(own <= share * after.elapsed_seconds + 2.0, "{own} s at {n}");
            let found = store.lookup(KEY, Lookup::Best).unwrap();
            let found = found.unwrap().info().objective.unwrap();
            prop_assert!(found <= durable && found >= best, "{found}: {durable}, {best}");
            durable = durable.min(found);
        }
    }
}

#[test]
fn an_optimal_interval_is_that_of_the_cost_measured_and_holds_improvements_in_the_background() {
    let disk = Simulated::new();
    let store = open_on(&disk);
    let mut options = SessionOptions::new();
    options
        .background(true)
        .mean_time_between_failures(86_400.0, IntervalFormula::Young)
        .unwrap();
    let session = Session::open(&store, KEY, &options)
        .unwrap()
        .without_thread();
    let improve = |i: u64| {
        let outcome = session
            .checkpoint(b"x", Some(-(i as f64)), Some(i))
            .unwrap();
        assert_eq!(outcome, Outcome::Queued);
    };
    improve(0);
    assert_eq!(take_turns(&session), 1);
    let cost = session.progress().write_seconds.unwrap();
    let interval = (2.0 * cost * 86_400.0).sqrt();
    disk.advance(interval as i64 - 1);
    improve(1);
    assert_eq!(take_turns(&session), 0, "held in memory");
    assert_eq!(session.progress().waiting, 1);
    disk.advance(2);
    assert_eq!(take_turns(&session), 1);
    // Another session goes on from it, and knows what a checkpoint takes.
    let next = Session::open(&store, KEY, &options).unwrap();
    assert_eq!(next.load().unwrap().unwrap().info().iteration, Some(1));
    let due = next.progress().next_due_seconds.unwrap();
    assert!((due - interval).abs() < 5.0, "{due} for {interval}");
}

#[test]
fn no_crash_tears_a_trace_or_loses_what_was_acknowledged_of_it() {
    for disk in [Simulated::new(), Simulated::pairs_only()] {
        let store = open_on(&disk);
        let mut options = SessionOptions::new();
        options.min_interval_seconds(0.0).unwrap();
        let session = Session::open(&store, KEY, &options).unwrap();
        let run_id = session.run_id().to_owned();
        let trace = |store: &Store| store.trace(KEY, &run_id).unwrap();
        disk.settle();
        let mut told: Vec<Option<Trace>> = vec![trace(&store)];
        let mut acknowledged = Vec::new();
        let written = |objective, iteration| {
            let done = session.checkpoint(b"state", Some(objective), Some(iteration));
            assert_eq!(done.unwrap(), Outcome::Written);
        };
        let steps: [&dyn Fn(); 5] = [
            &|| written(5.0, 1),
            &|| written(7.0, 2),
            &|| written(4.0, 3),
            &|| session.finalize(b"answer", Some(4.5), Some(4)).unwrap(),
            &|| written(3.0, 5),
        ];
        for (n, step) in steps.into_iter().enumerate() {
            step();
            acknowledged.push(disk.len());
            let now = trace(&store).unwrap();
            let iterations: Vec<_> = now.points.iter().map(|p| p.iteration.unwrap()).collect();
            assert_eq!(iterations, (1..=n as u64 + 1).collect::<Vec<_>>());
            told.push(Some(now));
        }
        let history = disk.history();
        for crash in 0..=history.log.len() {
            let done = acknowledged.iter().filter(|at| **at <= crash).count();
            let allowed = &told[done..(done + 2).min(told.len())];
            for image in history.crash_states(crash, 64, 0x5EED).0 {
                let found = trace(&open_on(&disk.found_later(image, 2 * HOUR)));
                assert!(
                    allowed.contains(&found),
                    "before change {crash}: {found:?} is none of {allowed:?}"
                );
            }
        }
    }
}

/// Within one millisecond, to which a trace's times are rounded.
#[test]
fn of_two_checkpoints_at_once_the_later_ones_trace_is_the_runs() {
    let store = World::new().store();
    let mut options = SessionOptions::new();
    options.min_interval_seconds(0.0).unwrap();
    let session = Session::open(&store, KEY, &options).unwrap();
    for i in 0..20u64 {
        // Now the best slot's, now the latest's.
        let objective = if i % 3 == 0 { -(i as f64) } else { 1.0 };
        session
            .checkpoint(b"state", Some(objective), Some(i))
            .unwrap();
        let trace = store.trace(KEY, session.run_id()).unwrap().unwrap();
        assert_eq!(trace.points.last().unwrap().iteration, Some(i));
    }
    // One without objective has no best.
    let session = Session::open(&store, KEY, &options).unwrap();
    assert_eq!(store.trace(KEY, session.run_id()).unwrap(), None);
    session.checkpoint(b"state", None, Some(7)).unwrap();
    let trace = store.trace(KEY, session.run_id()).unwrap().unwrap();
    assert_eq!(trace.points.last().unwrap().iteration, Some(7));
}

#[test]
fn an_entry_that_just_fits_the_budget_is_stored_without_its_trace() {
    let world = World::of_pairs();
    let mut options = StoreOptions::new();
    // A page of metadata and one of payload; the key fields fill the first.
    options.size_budget(8192).unwrap();
    let store = world.open(&options);
    let mut what = crate::Fingerprinter::new();
    for i in 0..24 {
        what.absorb_u64(&format!("a tag of the key, number {i}"), i)
            .unwrap();
    }
    let mut how = SessionOptions::new();
    how.min_interval_seconds(0.0).unwrap().fingerprint(&what);
    let session = Session::open(&store, KEY, &how).unwrap();
    for i in 0..200u64 {
        let objective = 1.0 / (i as f64 + 3.0);
        session
            .checkpoint(b"state", Some(objective), Some(i))
            .unwrap();
    }
    let trace = store.trace(KEY, session.run_id()).unwrap().unwrap();
    assert!(trace.points.is_empty(), "{}", trace.points.len());
    assert_eq!(session.trace().points.last().unwrap().iteration, Some(199));
}
