//! Writers, readers and sweeps under a budget that holds a few entries only, in threads and processes:
//! nothing fails for another reason than its own, nothing torn is answered, what is protected stays while
//! something unprotected is there, the newest stays while something older is there, and when all is
//! quiet the budget holds and the totals are what a fresh count gives.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use warmstart::{
    Durability, Entry, ErrorKind, Key, Kind, Lookup, Session, SessionOptions, Store, StoreOptions,
};

const KEYS: u64 = 3;
const PAGE: u64 = 4096;
/// One page of metadata, one of payload.
const PAIR: u64 = 2 * PAGE;
const WRITERS: u64 = 3;

/// What the root may hold.
#[derive(Clone, Copy, Debug)]
struct Budget {
    bytes: u64,
    files: u64,
}

const BY_BYTES: Budget = Budget {
    bytes: 40 * PAIR,
    files: 0,
};
const BY_FILES: Budget = Budget {
    bytes: 0,
    files: 80,
};
/// Pairs that the budgets above hold, after eviction down to 90 %.
const PAIRS: u64 = 36;

fn rounds(full: u64) -> u64 {
    let number = |name| -> Option<u64> { std::env::var(name).ok()?.parse().ok() };
    match number("WARM_TEST_TIMES") {
        Some(times) => full * times,
        None => number("WARM_TEST_ROUNDS").map_or(full, |most| full.min(most)),
    }
}

fn key(n: u64) -> Key {
    Key::from_bytes([n as u8 + 1; 32])
}

fn open(root: &Path, budget: Budget, durability: Durability) -> Store {
    let mut options = StoreOptions::new();
    options
        .size_budget(budget.bytes as i64)
        .and_then(|o| o.file_budget(budget.files as i64))
        .and_then(|o| o.ttl_seconds(0.0))
        .unwrap()
        .durability(durability);
    Store::open(Some(root), &options).unwrap()
}

/// Says who wrote it and as which of his; of any length up to a page.
fn payload(writer: u64, n: u64) -> Vec<u8> {
    let words = 2 + n * 37 % 500;
    let word = |i| match i {
        0 => writer,
        1 => n,
        i => (writer << 40 ^ n << 20 ^ i).wrapping_mul(0x9E37_79B9_7F4A_7C15),
    };
    (0..words).flat_map(|i| word(i).to_le_bytes()).collect()
}

fn whole(entry: &Entry) -> (u64, u64) {
    let number = |at: usize| u64::from_le_bytes(entry.payload()[at..at + 8].try_into().unwrap());
    let (writer, n) = (number(0), number(8));
    assert!(entry.payload() == payload(writer, n), "torn: {entry:?}");
    assert_eq!(entry.info().iteration, Some(n as i64));
    (writer, n)
}

/// Bytes, by whole pages, and files below `dir`, by a walk that knows nothing of the library.
fn count(dir: &Path) -> (u64, u64) {
    let (mut bytes, mut files) = (0, 0);
    for item in std::fs::read_dir(dir).unwrap() {
        let item = item.unwrap();
        if item.file_type().unwrap().is_dir() {
            let below = count(&item.path());
            bytes += below.0;
            files += below.1;
        } else {
            bytes += item.metadata().unwrap().len().div_ceil(PAGE) * PAGE;
            files += 1;
        }
    }
    (bytes, files)
}

fn is_within(budget: Budget, (bytes, files): (u64, u64)) -> bool {
    (budget.bytes == 0 || bytes <= budget.bytes) && (budget.files == 0 || files <= budget.files)
}

fn save(store: &Store, k: u64, slot: Option<&str>, writer: u64, n: u64) -> String {
    let (bytes, objective) = (payload(writer, n), Some(-(n as f64)));
    match slot {
        None => store
            .save(key(k), &bytes, objective, Some(n), Kind::Checkpoint)
            .unwrap(),
        Some(slot) => {
            store
                .save_slot(key(k), slot, &bytes, objective, Some(n), Kind::Final)
                .unwrap();
            slot.to_owned()
        }
    }
}

/// What was found out.
struct Tally {
    /// Pairs that anyone has begun to save.
    begun: AtomicU64,
    /// Lookups of what is protected; all found it.
    protected: AtomicU64,
    evicted: AtomicU64,
    /// The fewest pairs begun between a save and when it was found evicted.
    youngest: AtomicU64,
}

impl Tally {
    fn new() -> Tally {
        Tally {
            begun: AtomicU64::new(0),
            protected: AtomicU64::new(0),
            evicted: AtomicU64::new(0),
            youngest: AtomicU64::new(u64::MAX),
        }
    }

    fn begin(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::SeqCst)
    }
}

/// A fresh run that its writer did not remove.
struct Kept {
    key: u64,
    run: String,
    n: u64,
    begun: u64,
}

/// What one writer does: a session's checkpoints, fresh runs, a slot replaced, a pinned run; lookups,
/// removals and sweeps.
fn write(store: &Store, writer: u64, turns: u64, tally: &Tally) {
    let own = writer % KEYS;
    let session = Session::open(store, key(own), &SessionOptions::new()).unwrap();
    let latest = session.run_id().strip_prefix("ckpt-").unwrap().to_owned();
    let pinned = format!("pinned{writer}");
    let is_there = |run: &str, n: u64| {
        let entry = store.lookup_run(key(own), run).unwrap();
        let entry = entry.unwrap_or_else(|| panic!("{run} of writer {writer} is gone"));
        assert_eq!(whole(&entry), (writer, n));
        tally.protected.fetch_add(1, Ordering::Relaxed);
    };
    save(store, own, Some(&pinned), writer, 0);
    assert!(store.pin(key(own), &pinned, true).unwrap());
    let mut kept: Vec<Kept> = Vec::new();
    for n in 1..=turns {
        let k = (writer + n) % KEYS;
        kept.push(Kept {
            key: k,
            begun: tally.begin(),
            run: save(store, k, None, writer, n),
            n,
        });
        tally.begin();
        save(store, k, Some(&format!("slot{writer}")), writer, n);
        tally.begin();
        // Every other checkpoint improves; the others are the latest and not the best.
        let improves = n % 2 == 0;
        let objective = if improves { -(n as f64) } else { n as f64 };
        session
            .checkpoint_now(&payload(writer, n), Some(objective), Some(n))
            .unwrap();
        is_there(session.run_id(), if improves || n == 1 { n } else { n - 1 });
        if !improves && n > 1 {
            is_there(&latest, n);
        }
        is_there(&pinned, 0);
        kept.retain(
            |kept| match store.lookup_run(key(kept.key), &kept.run).unwrap() {
                Some(entry) => {
                    assert_eq!(whole(&entry), (writer, kept.n));
                    true
                }
                None => {
                    let since = tally.begun.load(Ordering::SeqCst) - kept.begun;
                    tally.evicted.fetch_add(1, Ordering::Relaxed);
                    tally.youngest.fetch_min(since, Ordering::Relaxed);
                    false
                }
            },
        );
        for mode in [Lookup::Best, Lookup::Latest] {
            // This writer's pinned run, if nothing else, is under its key.
            whole(&store.lookup(key(own), mode).unwrap().unwrap());
            if let Some(entry) = store.lookup(key(k), mode).unwrap() {
                whole(&entry);
            }
        }
        match n % 7 {
            0 => store.sweep().unwrap(),
            3 if !kept.is_empty() => {
                let Kept { key: k, run, .. } = kept.swap_remove(0);
                store.remove_entry(key(k), &run).unwrap();
                assert!(store.lookup_run(key(k), &run).unwrap().is_none());
            }
            _ => {}
        }
    }
    session
        .finalize(&payload(writer, 7), None, Some(7))
        .unwrap();
    is_there(session.run_id(), 7);
    assert!(store.pin(key(own), &pinned, false).unwrap());
}

/// When nobody does anything any more.
fn is_in_order(root: &Path, budget: Budget) {
    let store = open(root, budget, Durability::Full);
    let left = count(root);
    assert!(is_within(budget, left), "{left:?} of {budget:?}");
    store.sweep().unwrap();
    let left = count(root);
    assert!(is_within(budget, left), "{left:?} of {budget:?}");
    let stats = store.stats();
    assert_eq!((stats.bytes as u64, stats.files as u64), left);
    let keys = store.keys().unwrap();
    let entries: usize = keys.iter().map(|k| store.entries(*k).unwrap().len()).sum();
    assert_eq!(
        (stats.keys, stats.entries),
        (keys.len() as i64, entries as i64)
    );
    let report = store.verify(&warmstart::Progress::new()).unwrap();
    assert_eq!((report.damaged, report.half_present), (0, 0), "{report:?}");
    assert_eq!(stats.aside_files, 0);
}

/// At most as many pairs are protected at once, with both generations of those being replaced; and three
/// private files of each writer, each as large as a pair, which go before any run unless in use.
const PROTECTED: u64 = WRITERS * 9;
/// Two of three saves replace something, so that what is stored grows by one pair in three saves. No
/// run goes before the room that is not protected was filled by what is newer.
const SPARED: u64 = PAIRS - PROTECTED;

fn in_threads(budget: Budget, durability: Durability) {
    let tmp = tempfile::tempdir().unwrap();
    let tally = Tally::new();
    let shared = open(tmp.path(), budget, durability);
    let stores = [shared.clone(), shared, open(tmp.path(), budget, durability)];
    thread::scope(|s| {
        for (writer, store) in (0..).zip(&stores) {
            let tally = &tally;
            s.spawn(move || write(store, writer, rounds(80), tally));
        }
    });
    let [protected, evicted, youngest] =
        [&tally.protected, &tally.evicted, &tally.youngest].map(|n| n.load(Ordering::Relaxed));
    println!(
        "{budget:?}: {protected} lookups of what is protected, {evicted} runs evicted, the youngest after {youngest} \
         later saves"
    );
    assert!(evicted > 0, "the budget was never felt");
    assert!(youngest >= SPARED, "the newest went before older ones");
    is_in_order(tmp.path(), budget);
}

#[test]
fn a_few_entries_by_bytes() {
    in_threads(BY_BYTES, Durability::Full);
}

#[test]
fn a_few_entries_by_files() {
    in_threads(BY_FILES, Durability::Process);
}

/// Alone, a save is there when it returns, however little room there is.
#[test]
fn a_save_is_not_evicted_for_itself() {
    let tmp = tempfile::tempdir().unwrap();
    // One pair and what the root keeps for itself.
    let budget = Budget {
        bytes: PAIR + 2 * PAGE,
        files: 0,
    };
    let store = open(tmp.path(), budget, Durability::Full);
    let pinned = save(&store, 0, Some("pinned"), 0, 0);
    assert!(store.pin(key(0), &pinned, true).unwrap());
    for n in 1..=rounds(60) {
        let run = save(&store, n % KEYS, (n % 3 == 0).then_some("slot"), 1, n);
        let entry = store.lookup_run(key(n % KEYS), &run).unwrap();
        assert_eq!(whole(&entry.unwrap()), (1, n));
        let left = count(tmp.path());
        assert!(is_within(budget, left), "{left:?}");
    }
    let too_much = vec![0; 3 * PAIR as usize];
    let refused = store.save(key(0), &too_much, None, None, Kind::Final);
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::TooLarge);
    is_in_order(tmp.path(), budget);
}

const ROOT: &str = "WARMSTART_TEST_ROOT";
const WRITER: &str = "WARMSTART_TEST_WRITER";

/// What each process of the test below does; nothing when called by the test runner.
#[test]
fn role_of_a_process() {
    let Some(root) = std::env::var_os(ROOT) else {
        return;
    };
    let writer: u64 = std::env::var(WRITER).unwrap().parse().unwrap();
    let store = open(Path::new(&root), BY_BYTES, Durability::Full);
    write(&store, writer, rounds(80), &Tally::new());
}

#[test]
fn a_few_entries_in_processes() {
    let tmp = tempfile::tempdir().unwrap();
    let program = std::env::current_exe().unwrap();
    let children: Vec<_> = (0..WRITERS)
        .map(|writer| {
            Command::new(&program)
                .args(["--exact", "role_of_a_process", "--nocapture"])
                .env(ROOT, tmp.path())
                .env(WRITER, writer.to_string())
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    is_in_order(tmp.path(), BY_BYTES);
}
