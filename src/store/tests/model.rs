//! Threads of one process on a simulated disk, each step of which is a point where another may run.

#[path = "../../../tests/linear/checker.rs"]
mod checker;
#[path = "../../../tests/linear/contract.rs"]
mod contract;

use super::KEY;
use crate::fs::simulated::Simulated;
use crate::fs::{FileSystem, Posix};
use crate::session::{Session, SessionOptions};
use crate::store::totals::{Ledger, Totals};
use crate::sync::model::explore;
use crate::{Entry, Key, Kind, Lookup, Store, StoreOptions};
use contract::{judge, perform, Call, Event};
use shuttle::thread;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

fn open(disk: &Simulated) -> Store {
    let root = Path::new("/root");
    Store::open_on(Arc::new(disk.clone()), Some(root), &StoreOptions::new()).unwrap()
}

/// Runs a thread for each list of calls, on handles in turn, and judges what they were answered.
fn judged(handles: usize, todo: &'static [&'static [Call<'static>]]) {
    let disk = Simulated::new();
    let stores: Vec<Store> = (0..handles).map(|_| open(&disk)).collect();
    let time = Arc::new(AtomicU64::new(0));
    let work = move |caller: u64,
                     store: &Store,
                     disk: &Simulated,
                     time: &AtomicU64,
                     calls: &[Call<'_>]| {
        let wall = || {
            let now = disk.now();
            contract::stamp(now.secs, now.nanos)
        };
        let mut events = Vec::new();
        for (n, call) in (0..).zip(calls) {
            let before = wall();
            let invoked = time.fetch_add(1, Ordering::SeqCst);
            let did = perform(store, KEY, *call, caller << 32 | n);
            let returned = time.fetch_add(1, Ordering::SeqCst);
            events.push(Event {
                invoked,
                returned,
                wall: (before, wall()),
                did,
            });
        }
        events
    };
    let callers: Vec<_> = (1u64..)
        .zip(todo)
        .map(|(caller, calls)| {
            let (store, disk, time) = (
                stores[caller as usize % handles].clone(),
                disk.clone(),
                Arc::clone(&time),
            );
            thread::spawn(move || work(caller, &store, &disk, &time, calls))
        })
        .collect();
    let mut events: Vec<Event> = callers
        .into_iter()
        .flat_map(|c| c.join().unwrap())
        .collect();
    let after = [
        Call::List,
        Call::LookupRun("a"),
        Call::Lookup(Lookup::Best),
        Call::Lookup(Lookup::Latest),
    ];
    events.extend(work(99, &open(&disk), &disk, &time, &after));
    if let Err(why) = judge(&events) {
        panic!("{why}");
    }
}

const BEST: Call<'static> = Call::Lookup(Lookup::Best);
const LATEST: Call<'static> = Call::Lookup(Lookup::Latest);
const SAVE_A: Call<'static> = Call::SaveSlot("a");
const SAVE_B: Call<'static> = Call::SaveSlot("b");
const FIND_A: Call<'static> = Call::LookupRun("a");
const REMOVE_A: Call<'static> = Call::Remove("a");

#[test]
fn model_one_writer_and_readers_with_memory() {
    explore("one writer", 600, || {
        judged(
            1,
            &[
                &[SAVE_A, SAVE_A, SAVE_A],
                &[BEST, BEST, LATEST, FIND_A],
                &[LATEST, Call::List, BEST],
            ],
        );
    });
}

#[test]
fn model_two_handles_replace_and_remove() {
    explore("two handles", 600, || {
        judged(
            2,
            &[
                &[SAVE_A, SAVE_A, BEST],
                &[SAVE_B, REMOVE_A, LATEST, Call::List],
                &[BEST, REMOVE_A, FIND_A, BEST],
            ],
        );
    });
}

#[test]
fn model_two_writers_of_one_slot() {
    explore("one slot", 600, || {
        judged(
            2,
            &[
                &[SAVE_A, SAVE_A, FIND_A],
                &[SAVE_A, FIND_A, SAVE_A],
                &[FIND_A, REMOVE_A, FIND_A, FIND_A],
            ],
        );
    });
}

#[test]
fn model_a_whole_key_goes() {
    explore("whole key", 600, || {
        judged(
            2,
            &[
                &[SAVE_A, Call::Save, SAVE_A, FIND_A],
                &[Call::RemoveAll, FIND_A, Call::Save, BEST],
                &[BEST, Call::RemoveAll, Call::List],
            ],
        );
    });
}

#[test]
fn model_stamps_are_unique_and_grow() {
    explore("stamps", 1000, || {
        let store = open(&Simulated::new());
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let store = store.clone();
                thread::spawn(move || [(); 4].map(|()| store.inner().stamp()))
            })
            .collect();
        let mut all = Vec::new();
        for thread in threads {
            let stamps = thread.join().unwrap();
            assert!(stamps.windows(2).all(|w| w[0] < w[1]));
            all.extend(stamps);
        }
        all.sort();
        assert!(all.windows(2).all(|w| w[0] < w[1]), "two are equal");
    });
}

#[test]
fn model_totals_lose_no_change() {
    explore("totals", 300, || {
        let tmp = tempfile::tempdir().unwrap();
        let dir = Posix.open_root(tmp.path()).unwrap();
        let ledgers = [Arc::new(Ledger::new()), Arc::new(Ledger::new())];
        let mut one = Totals::default();
        one.add_file(1);
        let threads: Vec<_> = (0..3)
            .map(|i| {
                let (ledger, dir) = (Arc::clone(&ledgers[i % 2]), Arc::clone(&dir));
                thread::spawn(move || {
                    for _ in 0..3 {
                        ledger.add(dir.as_ref(), one);
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|t| t.join().unwrap());
        // What could not be shared at the time waits for the next change.
        let sums = ledgers
            .each_ref()
            .map(|l| l.add(dir.as_ref(), Totals::default()));
        assert_eq!(sums[1].unwrap().files, 10, "with its own");
    });
}

#[test]
fn model_a_session_of_two_threads_keeps_its_best() {
    explore("session", 400, || {
        let store = open(&Simulated::new());
        let mut options = SessionOptions::new();
        options.min_interval_seconds(0.0).unwrap();
        let session = Arc::new(Session::open(&store, KEY, &options).unwrap());
        let threads: Vec<_> = [[3.0, 1.0, 5.0f64], [2.0, 4.0, 0.5]]
            .into_iter()
            .map(|objectives| {
                let session = Arc::clone(&session);
                thread::spawn(move || {
                    for o in objectives {
                        session.checkpoint(&o.to_le_bytes(), Some(o), None).unwrap();
                        let best = session.load().unwrap().unwrap().info().objective.unwrap();
                        assert!(best <= o, "{best} is worse than {o}");
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|t| t.join().unwrap());
        let best = session.load().unwrap().unwrap();
        assert_eq!(best.payload(), 0.5f64.to_le_bytes());
        assert!(store.entries(KEY).unwrap().len() <= 2);
        session.finalize(b"answer", None, None).unwrap();
        let left = store.entries(KEY).unwrap();
        assert_eq!((left.len(), left[0].info.kind), (1, Kind::Final));
    });
}
