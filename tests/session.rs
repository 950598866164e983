//! The session through the public interface: what it writes, what it keeps, what it answers.
#![allow(clippy::unwrap_used)]

use warmstart::{
    ErrorKind, Key, Kind, Lookup, Outcome, Session, SessionOptions, Source, Store, StoreOptions,
};

const KEY: Key = Key::from_bytes([9; 32]);

fn world() -> (tempfile::TempDir, Store) {
    let tmp = tempfile::tempdir().unwrap();
    let store = Store::open(Some(tmp.path()), &StoreOptions::new()).unwrap();
    (tmp, store)
}

fn session(store: &Store, min_interval: f64) -> Session {
    let mut options = SessionOptions::new();
    options.min_interval_seconds(min_interval).unwrap();
    Session::open(store, KEY, &options).unwrap()
}

fn payload(store: &Store, mode: Lookup) -> Vec<u8> {
    store.lookup(KEY, mode).unwrap().unwrap().payload().to_vec()
}

#[test]
fn a_worse_later_checkpoint_does_not_cost_the_best() {
    let (_tmp, store) = world();
    let s = session(&store, 0.0);
    for (text, objective) in [
        ("first", 3.0),
        ("best", 1.0),
        ("worse", 2.0),
        ("worst", 9.0),
    ] {
        assert_eq!(
            s.checkpoint(text.as_bytes(), Some(objective), None)
                .unwrap(),
            Outcome::Written
        );
    }
    assert_eq!(payload(&store, Lookup::Best), b"best");
    assert_eq!(payload(&store, Lookup::Latest), b"worst");
    assert_eq!(store.entries(KEY).unwrap().len(), 2);
    s.checkpoint(b"better", Some(0.5), None).unwrap();
    assert_eq!(payload(&store, Lookup::Latest), b"better");
    assert_eq!(
        store.entries(KEY).unwrap().len(),
        1,
        "the same checkpoint is stored once"
    );
}

/// Steps too small to count as improvements add up.
#[test]
fn small_improvements_are_not_lost_to_a_worse_checkpoint() {
    let (_tmp, store) = world();
    let s = session(&store, 0.0);
    let mut objective = 1.0;
    for _ in 0..100 {
        objective -= 0.9e-12;
        s.checkpoint(b"creeping", Some(objective), None).unwrap();
    }
    s.checkpoint(b"worse", Some(2.0), None).unwrap();
    let best = store.lookup(KEY, Lookup::Best).unwrap().unwrap();
    assert_eq!(best.info().objective, Some(objective));
}

#[test]
fn improvement_bypasses_the_limit_and_all_else_is_throttled() {
    let (_tmp, store) = world();
    let s = session(&store, 3600.0);
    let write = |o: Option<f64>| s.checkpoint(b"x", o, None).unwrap();
    assert!(s.should_checkpoint(Some(5.0)).unwrap());
    assert_eq!(write(Some(5.0)), Outcome::Written);
    for held_back in [
        Some(5.0),
        Some(6.0),
        Some(5.0 - 5e-13),
        Some(f64::NAN),
        Some(f64::NEG_INFINITY),
        None,
    ] {
        assert!(!s.should_checkpoint(held_back).unwrap(), "{held_back:?}");
        assert_eq!(write(held_back), Outcome::Throttled, "{held_back:?}");
    }
    assert_eq!(
        write(Some(4.0)),
        Outcome::Written,
        "NaN did not poison the best"
    );
    s.checkpoint_now(b"y", Some(7.0), None).unwrap();
    assert_eq!(payload(&store, Lookup::Latest), b"y");
    assert_eq!(store.stats().saves, 3);
}

#[test]
fn a_final_supersedes_its_own_sessions_checkpoints_whatever_its_objective() {
    for objective in [None, Some(1.0 + 1e-9), Some(0.5)] {
        let (_tmp, store) = world();
        let s = session(&store, 0.0);
        s.checkpoint(b"best", Some(1.0), Some(1)).unwrap();
        s.checkpoint(b"latest", Some(1.5), Some(2)).unwrap();
        s.finalize(b"answer", objective, Some(3)).unwrap();
        for mode in [Lookup::Best, Lookup::Latest] {
            let entry = store.lookup(KEY, mode).unwrap().unwrap();
            assert_eq!(entry.payload(), b"answer");
            assert_eq!(entry.info().kind, Kind::Final);
            assert_eq!(entry.run_id(), s.run_id());
        }
        assert_eq!(store.entries(KEY).unwrap().len(), 1);
    }
}

#[test]
fn a_session_that_goes_on_after_its_final_keeps_the_final() {
    let (_tmp, store) = world();
    let s = session(&store, 0.0);
    s.finalize(b"answer", Some(1.0), None).unwrap();
    s.checkpoint(b"worse", Some(2.0), None).unwrap();
    assert_eq!(payload(&store, Lookup::Best), b"answer");
    s.checkpoint(b"polished", Some(0.5), None).unwrap();
    assert_eq!(payload(&store, Lookup::Best), b"polished");
    assert_eq!(
        store
            .lookup_run(KEY, s.run_id())
            .unwrap()
            .unwrap()
            .payload(),
        b"answer"
    );
    s.finalize(b"new answer", Some(0.4), None).unwrap();
    assert_eq!(store.entries(KEY).unwrap().len(), 1);
    assert_eq!(payload(&store, Lookup::Best), b"new answer");
}

#[test]
fn refitting_from_a_final_ten_times_still_finds_it() {
    let (_tmp, store) = world();
    session(&store, 2.0)
        .finalize(b"answer", Some(1.0), Some(7))
        .unwrap();
    for _ in 0..10 {
        let s = session(&store, 2.0);
        let entry = s.resume(6).unwrap().unwrap();
        assert_eq!(
            (entry.payload(), entry.info().kind),
            (&b"answer"[..], Kind::Final)
        );
        s.checkpoint(b"again!", Some(1.0 + 1e-6), None).unwrap();
    }
    assert_eq!(payload(&store, Lookup::Best), b"answer");
}

#[test]
fn a_preloaded_entry_comes_first_and_once() {
    let (_tmp, store) = world();
    let other = Key::from_bytes([1; 32]);
    store
        .save(other, b"related", Some(0.0), Some(4), Kind::Final)
        .unwrap();
    store
        .save(KEY, b"exact", Some(0.0), None, Kind::Checkpoint)
        .unwrap();
    let related = store.lookup(other, Lookup::Latest).unwrap().unwrap();
    let s = session(&store, 0.0);
    s.preload(&related);
    for _ in 0..2 {
        let peeked = s.peek().unwrap().unwrap();
        assert_eq!(
            (peeked.payload(), peeked.info().source),
            (&b"related"[..], Source::Preloaded)
        );
    }
    // Of another length than the caller's state: nothing is taken.
    assert_eq!(s.resume(5).unwrap_err().kind(), ErrorKind::Incompatible);
    assert_eq!(s.load().unwrap().unwrap().key(), other);
    let exact = s.load().unwrap().unwrap();
    assert_eq!(
        (exact.payload(), exact.info().source),
        (&b"exact"[..], Source::Exact)
    );
    s.preload(&related);
    assert_eq!(s.resume(7).unwrap().unwrap().payload(), b"related");
    assert_eq!(s.resume(5).unwrap().unwrap().payload(), b"exact");
}

#[test]
fn a_finished_session_reads_and_does_not_write() {
    let (_tmp, store) = world();
    let s = session(&store, 0.0);
    s.checkpoint(b"x", None, None).unwrap();
    assert!(s.finish().unwrap());
    assert!(s.finish().unwrap());
    for e in [
        s.checkpoint(b"y", None, None).unwrap_err(),
        s.checkpoint_now(b"y", None, None).unwrap_err(),
        s.should_checkpoint(None).unwrap_err(),
        s.finalize(b"y", None, None).unwrap_err(),
    ] {
        assert_eq!(e.kind(), ErrorKind::Invalid);
        assert!(e.to_string().contains("finished"), "{e}");
    }
    assert_eq!(s.load().unwrap().unwrap().payload(), b"x");
    assert_eq!(s.peek().unwrap().unwrap().payload(), b"x");
}

#[test]
fn the_latest_is_what_a_session_resumes_from_when_it_asks_for_it() {
    let (_tmp, store) = world();
    let s = session(&store, 0.0);
    s.checkpoint(b"best", Some(1.0), None).unwrap();
    s.checkpoint(b"last", Some(2.0), None).unwrap();
    let mut options = SessionOptions::new();
    options.lookup(Lookup::Latest);
    let second = Session::open(&store, KEY, &options).unwrap();
    assert_eq!(second.load().unwrap().unwrap().payload(), b"last");
    assert_eq!(
        session(&store, 0.0).load().unwrap().unwrap().payload(),
        b"best"
    );
}

#[test]
fn a_failing_disk_is_reported_and_does_not_count_as_written() {
    let (_tmp, store) = world();
    let mut options = StoreOptions::new();
    options.size_budget(16_384).unwrap();
    let small = Store::open(Some(store.root()), &options).unwrap();
    let s = session(&small, 3600.0);
    let e = s.checkpoint(&[0; 20_000], Some(1.0), None).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::TooLarge);
    assert!(e.to_string().contains("16384"), "{e}");
    assert!(s.should_checkpoint(Some(1.0)).unwrap());
    assert_eq!(
        s.checkpoint(b"fits", Some(1.0), None).unwrap(),
        Outcome::Written
    );
}

#[test]
fn label_and_key_fields_lie_beside_the_entry_for_people() {
    let (tmp, store) = world();
    let mut f = warmstart::Fingerprinter::new();
    f.absorb_str("family", "binomial").unwrap();
    let mut options = SessionOptions::new();
    options.fingerprint(&f).label("model 3").unwrap();
    let s = Session::open(&store, f.finish(), &options).unwrap();
    s.finalize(b"x", None, None).unwrap();
    let dir = tmp.path().join(f.finish().to_hex());
    let json = std::fs::read_dir(dir)
        .unwrap()
        .map(|e| e.unwrap().path())
        .find(|p| p.extension().is_some_and(|e| e == "json"))
        .unwrap();
    let text = std::fs::read_to_string(json).unwrap();
    assert!(
        text.contains("\"label\": \"model 3\"") && text.contains("\"family\""),
        "{text}"
    );
}
