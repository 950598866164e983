//! Eviction of many: in bounded memory, and without a walk that a save would wait for.

use super::*;
use crate::fs::simulated::Simulated;
use crate::fs::turns::{at_each_call, At, Turns};
use crate::fs::{FileSystem, Guard, Posix};
use crate::store::Durability;
use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

fn key(n: u64) -> Key {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&n.to_le_bytes());
    Key::from_bytes(bytes)
}

fn open(root: &Path, files: i64) -> Store {
    let mut options = StoreOptions::new();
    options.file_budget(files).unwrap();
    options.durability(Durability::Process);
    Store::open_on(Arc::new(Posix), Some(root), &options).unwrap()
}

fn save(store: &Store, n: u64) {
    let payload = n.to_le_bytes();
    store
        .save(key(n), &payload, None, None, Kind::Checkpoint)
        .unwrap();
}

fn is_there(store: &Store, n: u64) -> bool {
    store.lookup(key(n), Lookup::Best).unwrap().is_some()
}

fn wait_for(store: &Store, what: impl Fn(&Store) -> bool) {
    let begun = Instant::now();
    while !what(store)
        || store
            .inner()
            .walking
            .load(crate::sync::atomic::Ordering::Acquire)
    {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn walks(store: &Store) -> i64 {
    let inner = store.inner();
    inner.ledger.read(inner.root().as_ref()).unwrap().walks
}

#[test]
fn a_sweep_that_evicts_more_than_it_can_choose_at_once_takes_the_oldest_all_the_same() {
    let tmp = tempfile::tempdir().unwrap();
    let store = open(tmp.path(), 0);
    (0..450).for_each(|n| save(&store, n));
    drop(store);
    let store = open(tmp.path(), 220);
    store.sweep().unwrap();
    let kept: Vec<u64> = (0..450).filter(|n| is_there(&store, *n)).collect();
    // The record and the totals are files, too: 196 others are within 90 %.
    let expected: Vec<u64> = (352..450).collect();
    assert_eq!(kept, expected);
    assert_eq!(store.stats().evictions, 352);
    assert!(store.stats().files <= 198);
}

#[test]
fn a_save_that_crosses_the_budget_evicts_what_was_chosen_and_walks_nothing() {
    let tmp = tempfile::tempdir().unwrap();
    let budget = 1000;
    let store = open(tmp.path(), budget);
    (0..450).for_each(|n| save(&store, n));
    wait_for(&store, |s| s.inner().chosen.lock().unwrap().is_some());
    let before = walks(&store);
    // Used, replaced and pinned since: none of these is what it was when it was chosen.
    let runs = |n| store.entries(key(n)).unwrap().remove(0).run_id;
    let pinned = runs(1);
    assert!(store.pin(key(1), &pinned, true).unwrap());
    store
        .save_slot(key(2), &runs(2), b"again", None, None, Kind::Checkpoint)
        .unwrap();
    let dir = tmp.path().join(key(3).to_hex());
    let metadata = names_in(&dir).into_iter().find(|n| n.ends_with(".json"));
    let metadata = dir.join(metadata.unwrap());
    let inner = store.inner();
    let found = inner.lookup(key(3), Lookup::Best).unwrap().unwrap();
    let used = found.stored.metadata.with_access(inner.fs.now());
    std::fs::write(metadata, used.to_bytes().unwrap()).unwrap();

    for n in 450..520 {
        save(&store, n);
        assert!(store.stats().files <= budget, "{:?}", store.stats());
    }
    wait_for(&store, |s| s.stats().files < budget * 95 / 100);
    assert_eq!(walks(&store), before, "nobody walked");
    assert!(store.stats().evictions > 0);
    assert!([1, 2, 3].iter().all(|n| is_there(&store, *n)));
    assert!(!is_there(&store, 0) && !is_there(&store, 4));
    assert!((450..520).all(|n| is_there(&store, n)), "the newest stay");
    let counted = store.inner().count_files().unwrap();
    let stats = store.stats();
    assert_eq!(
        (stats.files, stats.entries),
        (counted.files, counted.entries)
    );
}

#[test]
fn what_was_set_aside_since_goes_before_what_was_chosen() {
    let tmp = tempfile::tempdir().unwrap();
    let store = open(tmp.path(), 1000);
    (0..450).for_each(|n| save(&store, n));
    wait_for(&store, |s| s.inner().chosen.lock().unwrap().is_some());
    let aside = tmp.path().join(".warmstart/aside").join(key(0).to_hex());
    std::fs::create_dir_all(&aside).unwrap();
    (0..60).for_each(|n| std::fs::write(aside.join(format!("{n}.payload")), b"x").unwrap());
    // As the process that set it aside counts it.
    let mut change = super::super::totals::Totals::default();
    for _ in 0..60 {
        change.add_file(1);
        change.aside_file(1);
    }
    let inner = store.inner();
    inner.ledger.add(inner.root().as_ref(), change);
    (450..480).for_each(|n| save(&store, n));
    assert_eq!(names_in(&aside).len(), 0);
    assert!(store.stats().files <= 1000);
}

#[test]
fn private_files_go_before_any_run_and_what_they_hold_stays() {
    let tmp = tempfile::tempdir().unwrap();
    let open = |bytes: i64| {
        let mut options = StoreOptions::new();
        options.size_budget(bytes).unwrap();
        Store::open_on(Arc::new(Faulty::default()), Some(tmp.path()), &options).unwrap()
    };
    let store = open(1 << 20);
    save(&store, 0);
    for n in 0..6u8 {
        for run in ["a", "b"] {
            let saved = store.save_slot(key(1), run, &[n; 5000], None, None, Kind::Checkpoint);
            saved.unwrap();
        }
    }
    let names = || {
        let names = std::fs::read_dir(tmp.path().join(key(1).to_hex())).unwrap();
        let name = |n: std::io::Result<std::fs::DirEntry>| n.unwrap().file_name();
        names
            .map(|n| name(n).into_string().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(names().iter().filter(|n| n.ends_with(".slot")).count(), 2);
    assert!(store.flush(Duration::from_secs(60)).unwrap());
    drop(store);
    // Room for three pairs and what the root keeps, and not for two private files more.
    let store = open(44 * 1024);
    store.sweep().unwrap();
    assert_eq!(names().iter().filter(|n| n.ends_with(".slot")).count(), 0);
    assert_eq!(store.stats().evictions, 0);
    assert!(is_there(&store, 0));
    for run in ["a", "b"] {
        let entry = store.lookup_run(key(1), run).unwrap().unwrap();
        assert_eq!(entry.payload(), [5; 5000]);
    }
}

const PINNED: u64 = 4;
const OLD: u64 = 20;

/// A disk with a root of pinned runs and of old ones, far more than 40 files.
fn crowded() -> Simulated {
    let disk = Simulated::new();
    let store = tight(Arc::new(disk.clone()), 0);
    for n in 0..PINNED {
        save(&store, n);
        let run = store.entries(key(n)).unwrap().remove(0).run_id;
        assert!(store.pin(key(n), &run, true).unwrap());
    }
    (PINNED..PINNED + OLD).for_each(|n| save(&store, n));
    disk
}

fn tight(disk: Arc<dyn FileSystem>, files: i64) -> Store {
    let mut options = StoreOptions::new();
    options.file_budget(files).unwrap();
    options.durability(Durability::Process);
    Store::open_on(disk, Some(Path::new("/root")), &options).unwrap()
}

/// What is left when a sweep is interrupted at one of its calls by `then` on another handle; `None` when
/// there were not as many calls.
fn left_after(crowded: &Simulated, place: usize, then: fn(&Store)) -> Option<Vec<u64>> {
    let history = crowded.history();
    let disk = crowded.found_later(history.seen(history.log.len()), 10);
    let other = tight(Arc::new(disk.clone()), 40);
    let store = tight(Arc::new(Turns::on(Arc::new(disk))), 40);
    let done = sweep_and_at(place, &store, &other, then);
    done.then(|| kept(&other))
}

/// Nobody is writing the totals.
fn totals_are_free(store: &Store) -> bool {
    let root = store.inner().root();
    let own = crate::store::auxiliary::auxiliary(root.as_ref()).unwrap();
    let file = own.unwrap().open_or_create("totals").unwrap();
    Guard::try_new(file).unwrap().is_some()
}

/// Sweeps, and at one of the calls does `then` by `other`; false when there were not as many calls. Not
/// while the totals are being written: whoever waits for them in vain goes by what he counted himself.
fn sweep_and_at(place: usize, store: &Store, other: &Store, then: fn(&Store)) -> bool {
    let calls = Cell::new(0);
    let done = Rc::new(Cell::new(false));
    let at_calls = {
        let (done, other) = (Rc::clone(&done), other.clone());
        Rc::new(move |at: At| {
            let n = calls.get();
            calls.set(n + usize::from(at == At::Call));
            if n >= place && !done.get() && totals_are_free(&other) {
                done.set(true);
                then(&other);
            }
        })
    };
    at_each_call(at_calls, || store.sweep().unwrap());
    done.get()
}

fn kept(store: &Store) -> Vec<u64> {
    let kept = store.keys().unwrap();
    let number = |k: &Key| u64::from_le_bytes(k.as_bytes()[..8].try_into().unwrap());
    let mut kept: Vec<u64> = kept.iter().map(number).collect();
    kept.sort_unstable();
    kept
}

#[test]
fn sweeps_at_once_evict_what_one_alone_would() {
    let crowded = crowded();
    let alone = left_after(&crowded, 0, |_| ()).unwrap();
    assert!(alone.len() > PINNED as usize + 2 && alone.len() < OLD as usize);
    let mut places = 0;
    let sweep = |other: &Store| other.sweep().unwrap();
    while let Some(left) = left_after(&crowded, places, sweep) {
        // What one has removed and not yet taken off the totals, the other may have counted or not.
        assert!(
            left.len().abs_diff(alone.len()) <= 1 && (0..PINNED).all(|n| left.contains(&n)),
            "at {places}: {left:?}, alone {alone:?}"
        );
        places += 1;
    }
    assert!(places > 100, "{places}");
}

#[test]
fn what_is_protected_stays_while_a_walk_is_overtaken_by_saves_and_removals() {
    let crowded = crowded();
    let mut places = 0;
    let then = |other: &Store| {
        // All that the walk knows of goes, and as much comes that it does not.
        for n in 0..OLD {
            other.remove(key(PINNED + n)).unwrap();
            save(other, 1000 + n);
        }
    };
    while let Some(left) = left_after(&crowded, places, then) {
        assert!(
            (0..PINNED).all(|n| left.contains(&n)),
            "at {places}: {left:?}"
        );
        places += 1;
    }
    assert!(places > 100, "{places}");
}
