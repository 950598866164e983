//! Background writing on a disk that fails.

use super::*;
use crate::session::{Contents, Outcome, Session, SessionOptions};
use crate::ErrorKind;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

fn session(store: &Store) -> Session {
    let mut options = SessionOptions::new();
    options.min_interval_seconds(0.0).unwrap().background(true);
    Session::open(store, KEY, &options).unwrap()
}

fn queue(s: &Session, payload: &[u8], objective: Option<f64>) -> crate::Result<()> {
    let outcome = s.checkpoint(payload, objective, None)?;
    assert_eq!(outcome, Outcome::Queued);
    Ok(())
}

fn latest(store: &Store) -> Option<Vec<u8>> {
    let found = store.lookup(KEY, Lookup::Latest).unwrap();
    found.map(|e| e.payload().to_vec())
}

fn fail(world: &World, errno: i32) {
    world.disk.plan(Some(Plan::for_ever(0, errno)));
}

#[test]
fn a_failure_is_told_once_and_what_was_accepted_is_written_when_the_disk_is_well_again() {
    let world = World::new();
    let store = world.open(&ttl(0.0));
    let s = session(&store);
    queue(&s, b"best", Some(1.0)).unwrap();
    assert!(s.flush(LONG).unwrap());

    fail(&world, libc::ENOSPC);
    queue(&s, b"better", Some(0.5)).unwrap();
    let e = s.flush(LONG).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::NoSpace);
    assert!(e.to_string().contains("in the background"), "{e}");
    // The next call's own payload is accepted, whatever it says of earlier ones.
    let told = s.checkpoint(b"worse", Some(2.0), None);
    if let Err(e) = &told {
        assert_eq!(e.kind(), ErrorKind::NoSpace);
    }
    world.disk.plan(None);
    let mut tries = 0;
    while !s.flush(LONG).is_ok_and(|done| done) {
        tries += 1;
        assert!(tries < 5, "a failure is told once");
    }
    assert_eq!(best(&store).unwrap(), b"better");
    assert_eq!(latest(&store).unwrap(), b"worse");
}

#[test]
fn the_next_checkpoint_reports_the_failure_and_is_accepted_itself() {
    let world = World::new();
    let store = world.open(&ttl(0.0));
    let s = session(&store);
    queue(&s, b"first", Some(9.0)).unwrap();
    assert!(s.flush(LONG).unwrap());
    fail(&world, libc::EIO);
    queue(&s, b"second", Some(8.0)).unwrap();
    while !world.disk.has_fired() {
        std::thread::sleep(Duration::from_millis(1));
    }
    // The failure becomes known a moment after the call that failed.
    let mut told = 0;
    for i in 0..400 {
        let payload = format!("{i}");
        if let Err(e) = s.checkpoint(payload.as_bytes(), Some(7.0 - f64::from(i)), None) {
            assert_eq!(e.kind(), ErrorKind::Io);
            told += 1;
            world.disk.plan(None);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!((1..=2).contains(&told), "{told}");
    let _ = s.flush(LONG);
    assert!(s.finish().unwrap());
    assert_eq!(best(&store).unwrap(), b"399");
}

#[test]
fn an_answer_supersedes_what_waits_and_nothing_comes_after_it() {
    let world = World::new();
    let store = world.open(&ttl(0.0));
    for round in 0..50 {
        let s = session(&store);
        for i in 0..5 {
            queue(&s, b"on the way", Some(f64::from(10 - i))).unwrap();
        }
        if round % 2 == 0 {
            s.checkpoint_now(b"by hand", Some(11.0), None).unwrap();
        }
        s.finalize(b"answer", Some(10.5), None).unwrap();
        drop(s);
        assert!(store.flush(LONG).unwrap());
        assert_eq!(store.entries(KEY).unwrap().len(), 1, "round {round}");
        assert_eq!(best(&store).unwrap(), b"answer");
        assert!(store.remove(KEY).unwrap());
    }
}

#[test]
fn what_waits_and_is_the_best_survives_a_worse_one_written_at_once() {
    let world = World::new();
    let store = world.open(&ttl(0.0));
    for _ in 0..50 {
        let s = session(&store);
        queue(&s, b"best", Some(1.0)).unwrap();
        queue(&s, b"in between", Some(3.0)).unwrap();
        s.checkpoint_now(b"worse", Some(2.0), None).unwrap();
        assert_eq!(best(&store).unwrap(), b"best");
        assert_eq!(latest(&store).unwrap(), b"worse");
        drop(s);
        assert!(store.flush(LONG).unwrap());
        assert_eq!(latest(&store).unwrap(), b"worse", "what waited is older");
        store.remove(KEY).unwrap();
    }
}

#[test]
fn what_was_accepted_is_written_though_session_and_store_are_gone() {
    let world = World::new();
    for round in 0..20u8 {
        let store = world.open(&ttl(0.0));
        let s = session(&store);
        queue(&s, &[round; 5000], Some(-f64::from(round))).unwrap();
        drop(s);
        drop(store);
        let reader = world.store();
        let mut tries = 0;
        while best(&reader).is_none_or(|found| found[0] != round) {
            tries += 1;
            assert!(tries < 10_000, "round {round}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[test]
fn a_payload_over_the_budget_is_refused_at_once() {
    let world = World::new();
    let mut options = ttl(0.0);
    let store = world.open(options.size_budget(100_000).unwrap());
    let s = session(&store);
    let e = s.checkpoint(&[0; 200_000], None, None).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::TooLarge);
    queue(&s, b"small", None).unwrap();
    assert!(s.finish().unwrap());
    assert_eq!(best(&store).unwrap(), b"small");
}

/// What was accepted would be tried again and again.
#[test]
fn a_payload_that_only_its_metadata_puts_over_the_budget_is_refused_at_once() {
    let world = World::new();
    let mut options = ttl(0.0);
    let store = world.open(options.size_budget(16_384).unwrap());
    let s = session(&store);
    let e = s.checkpoint(&[0; 16_000], None, None).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::TooLarge);
    queue(&s, &[0; 12_288], None).unwrap();
    assert!(s.finish().unwrap());
    assert_eq!(best(&store).unwrap().len(), 12_288);
}

/// Accepted while something better is being written, before that is known to be written.
#[test]
fn what_waits_does_not_take_the_place_of_something_better_written_meanwhile() {
    let world = World::new();
    let store = world.open(&ttl(0.0));
    let s = session(&store).without_thread();
    let mut build = |buffer: &mut Vec<u8>| {
        buffer.clear();
        buffer.extend_from_slice(b"best");
        queue(&s, b"worse", Some(1.0))
    };
    s.checkpoint_contents_now(Contents::Built(&mut build), Some(0.5), None)
        .unwrap();
    s.turn();
    assert_eq!(best(&store).unwrap(), b"best");
    assert_eq!(latest(&store).unwrap(), b"worse");
    // And not when it is written first by one that is worse still.
    let mut build = |buffer: &mut Vec<u8>| {
        buffer.clear();
        buffer.extend_from_slice(b"better");
        queue(&s, b"again worse", Some(0.3))
    };
    s.checkpoint_contents_now(Contents::Built(&mut build), Some(0.2), None)
        .unwrap();
    s.checkpoint_now(b"worst", Some(2.0), None).unwrap();
    assert_eq!(best(&store).unwrap(), b"better");
}

#[test]
fn who_waits_for_a_best_is_woken_when_another_caller_has_written_it_and_failed_itself() {
    let world = World::new();
    let store = world.open(&ttl(0.0));
    let s = session(&store).without_thread();
    queue(&s, b"best", Some(1.0)).unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let flushed = s.flush(2 * LONG);
            tell.send(flushed).unwrap();
        });
        // Until it waits.
        std::thread::sleep(Duration::from_millis(100));
        let mut build = |_: &mut Vec<u8>| {
            Err(crate::Error::invalid(
                "making it",
                "it is wrong",
                "Do it right",
            ))
        };
        let failed = s.checkpoint_contents_now(Contents::Built(&mut build), Some(2.0), None);
        assert!(failed.is_err());
        assert!(told.recv_timeout(LONG).unwrap().unwrap());
    });
    assert_eq!(best(&store).unwrap(), b"best");
}
