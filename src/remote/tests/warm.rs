//! The prefetch worker on the tier.

use super::*;
use crate::remote::prefetch::{Prefetch, PrefetchOptions, PrefetchStats, PrefetchWait};

fn brisk() -> PrefetchOptions {
    let mut options = PrefetchOptions::new();
    options.interval_seconds(0.01).unwrap();
    options
}

fn warming(machine: &Machine, options: &PrefetchOptions) -> Prefetch {
    let prefetch = machine.remote().prefetch(options).unwrap();
    prefetch.start().unwrap();
    prefetch
}

fn until(prefetch: &Prefetch, is_so: impl Fn(&PrefetchStats) -> bool) -> PrefetchStats {
    let begun = Instant::now();
    loop {
        let stats = prefetch.stats();
        if is_so(&stats) {
            return stats;
        }
        assert!(begun.elapsed() < LONG, "waited too long: {stats:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What was uploaded by a machine that is gone.
fn uploaded(url: &str, keys: u8) {
    let a = Machine::finals(url);
    for n in 0..keys {
        a.save(key(n), &[n; 100], 1.0);
    }
    a.upload();
}

fn is_here(machine: &Machine, n: u8) -> bool {
    machine.dir.path().join(key(n).to_hex()).exists()
}

#[test]
fn what_one_machine_uploaded_is_warmed_on_another_that_did_not_ask() {
    let bucket = Bucket::new();
    for url in ["memory://warmed", &bucket.url()] {
        uploaded(url, 20);
        let b = Machine::finals(url);
        let prefetch = warming(&b, &brisk());
        let stats = until(&prefetch, |s| s.unasked_bytes == 2000);
        assert_eq!((stats.entries, stats.resident), (20, 20));
        let asked = b.remote().stats().fetches;
        assert_eq!((stats.counts.fetched, asked), (20, 20));
        for n in 0..5 {
            let found = b.store.lookup(key(n), Lookup::Best).unwrap().unwrap();
            assert_eq!(found.payload(), [n; 100]);
        }
        assert_eq!(b.remote().stats().fetches, asked);
        let stats = prefetch.stats();
        assert_eq!((stats.useful_bytes, stats.unasked_bytes), (500, 1500));
        assert!(prefetch.stop(LONG));
    }
}

#[test]
fn what_was_removed_or_refused_here_is_not_warmed() {
    let url = "memory://not-wanted";
    uploaded(url, 3);
    let b = Machine::finals(url);
    let found = b.store.lookup(key(1), Lookup::Best).unwrap().unwrap();
    b.store.inner().refuse(key(1), found.run_id());
    drop(found);
    std::fs::remove_dir_all(b.dir.path().join(key(1).to_hex())).unwrap();
    b.remote().remove(key(0), None, false, LONG).unwrap();
    let prefetch = warming(&b, &brisk());
    let stats = until(&prefetch, |s| s.counts.not_found == 2 && s.resident == 1);
    assert_eq!((stats.entries, stats.counts.fetched), (1, 1));
    assert_eq!([0, 1, 2].map(|n| is_here(&b, n)), [false, false, true]);
    // And when that happens while it is known.
    b.store.remove(key(2)).unwrap();
    assert_eq!(prefetch.stats().entries, 0);
    prefetch.refresh();
    until(&prefetch, |s| s.counts.not_found == 5 && s.entries == 0);
    assert!(!is_here(&b, 2));
}

/// A fold's answer is found by a seed key, which no listing knows of.
#[test]
fn a_seed_is_warmed_by_a_hint_and_counts_as_useful_once_a_session_begins_from_it() {
    let url = "memory://warm-seed";
    let a = Machine::finals(url);
    let mut seeds = SessionOptions::new();
    seeds.seed_key(key(9)).unwrap();
    let yesterday = Session::open(&a.store, key(1), &seeds).unwrap();
    yesterday.finalize(b"answer", Some(1.0), Some(2)).unwrap();
    a.upload();

    let b = Machine::finals(url);
    let mut by_hints = PrefetchOptions::new();
    by_hints.interval_seconds(3600.0).unwrap();
    let prefetch = warming(&b, &by_hints);
    until(&prefetch, |s| s.listings == 1);
    assert_eq!(prefetch.hint(&[key(9)]), 1);
    until(&prefetch, |s| s.hints_fetched == 1 && s.unasked_bytes == 6);
    let asked = b.remote().stats().fetches;
    let waited = prefetch.wait(&key(9), LONG);
    assert!(matches!(waited, PrefetchWait::Resident), "{waited:?}");
    assert_eq!(b.remote().stats().fetches, asked);

    let today = Session::open(&b.store, key(2), &seeds).unwrap();
    let found = today.load().unwrap().unwrap();
    assert_eq!((found.payload(), found.key()), (&b"answer"[..], key(1)));
    // For the session's own key.
    assert_eq!(b.remote().stats().fetches, asked + 1);
    let stats = prefetch.stats();
    assert_eq!((stats.useful_bytes, stats.unasked_bytes), (6, 0));
    assert_eq!((stats.entries, stats.resident), (1, 1));

    // What it led to is gone: it is fetched again.
    std::fs::remove_dir_all(b.dir.path().join(key(1).to_hex())).unwrap();
    let waited = prefetch.wait(&key(9), LONG);
    assert!(!matches!(waited, PrefetchWait::Resident), "{waited:?}");
    assert!(is_here(&b, 1));
}

#[test]
fn a_dry_run_brings_nothing() {
    let url = "memory://dry";
    uploaded(url, 3);
    let b = Machine::finals(url);
    let mut dry = brisk();
    dry.dry_run(true);
    let prefetch = warming(&b, &dry);
    let stats = until(&prefetch, |s| s.selected >= 6);
    assert_eq!((stats.entries, stats.counts.fetched), (3, 0));
    assert!((0..3).all(|n| !is_here(&b, n)));
    assert_eq!(b.remote().stats().fetches, 0);
}

#[test]
fn what_is_saved_is_known_and_warmed_again_once_it_was_evicted() {
    let b = Machine::finals("memory://again");
    let prefetch = warming(&b, &brisk());
    b.save(key(1), b"p", 1.0);
    b.upload();
    let stats = prefetch.stats();
    assert_eq!((stats.entries, stats.resident), (1, 1));
    std::fs::remove_dir_all(b.dir.path().join(key(1).to_hex())).unwrap();
    until(&prefetch, |s| s.counts.fetched == 1);
    assert!(is_here(&b, 1));
}

#[test]
fn what_is_warmed_is_checked_like_what_is_asked_for() {
    let bucket = Bucket::new();
    uploaded(&bucket.url(), 1);
    for object in bucket.with_suffix(".bin") {
        std::fs::write(object, [1; 100]).unwrap();
    }
    let b = Machine::finals(&bucket.url());
    let prefetch = warming(&b, &brisk());
    until(&prefetch, |s| s.counts.corrupt > 0);
    assert!(!is_here(&b, 0));
    assert_eq!(b.remote().stats().corrupt, 1);
}

#[test]
fn a_tier_has_one_worker_which_ends_with_it() {
    let url = "memory://one-worker";
    let mut m = Machine::finals(url);
    let prefetch = warming(&m, &brisk());
    let second = m.remote().prefetch(&brisk());
    assert_eq!(second.map(drop).unwrap_err().kind(), ErrorKind::Invalid);
    drop(prefetch);
    let prefetch = warming(&m, &brisk());
    m.remote = None;
    let waited = prefetch.wait(&key(1), LONG);
    assert!(matches!(waited, PrefetchWait::Stopped), "{waited:?}");
    assert!(prefetch.stop(LONG));
    // Nor does it keep the store from another attachment.
    let again = m.store.attach_remote(url, &RemoteOptions::new()).unwrap();
    assert!(again.prefetch(&brisk()).is_ok());
}
