//! This library and engines of version 1 in one directory, in turns, in threads and in processes:
//! each reads what the other wrote, and nothing that was acknowledged is lost or torn by the other.
#![allow(clippy::unwrap_used)]

#[path = "version1/engine.rs"]
mod engine;

use engine::{Engine, Facts, Pair};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;
use warmstart::{
    Cache, CacheOptions, Durability, Entry, ErrorKind, Key, Kind, LabelKind, Lookup, PutOptions,
    Session, SessionOptions, Store, StoreOptions,
};

/// How many files there are of pairs: private ones are none of a version-1 engine's business.
fn pair_files(root: &Path) -> usize {
    let is_private = |path: &PathBuf| path.extension().is_some_and(|e| e == "slot");
    files(root).keys().filter(|f| !is_private(f)).count()
}

/// A save that engines of version 1 see as well: within a second, or at a flush.
trait SaveForAll {
    fn save_for_all(
        &self,
        key: Key,
        run_id: &str,
        payload: &[u8],
        objective: Option<f64>,
        iteration: Option<u64>,
        kind: Kind,
    ) -> warmstart::Result<()>;
}

impl SaveForAll for Store {
    fn save_for_all(
        &self,
        key: Key,
        run_id: &str,
        payload: &[u8],
        objective: Option<f64>,
        iteration: Option<u64>,
        kind: Kind,
    ) -> warmstart::Result<()> {
        self.save_slot(key, run_id, payload, objective, iteration, kind)?;
        assert!(self.flush(Duration::from_secs(60))?);
        Ok(())
    }
}

/// No process has it: temporary files under it belong to nobody here.
const ANOTHER_PID: u32 = u32::MAX;
const MODES: [Lookup; 2] = [Lookup::Best, Lookup::Latest];

fn key(n: u8) -> Key {
    Key::from_bytes([n + 1; 32])
}

fn open(root: &Path) -> Store {
    Store::open(Some(root), &StoreOptions::new()).unwrap()
}

fn open_with_ttl(root: &Path, seconds: f64) -> Store {
    let mut options = StoreOptions::new();
    options.ttl_seconds(seconds).unwrap();
    Store::open(Some(root), &options).unwrap()
}

/// Replaces without syncing: many more replacements in the same time.
fn open_unsynced(root: &Path) -> Store {
    let mut options = StoreOptions::new();
    options.durability(Durability::Process);
    Store::open(Some(root), &options).unwrap()
}

fn facts(objective: Option<f64>, iteration: Option<u64>, kind: Kind) -> Facts {
    Facts {
        objective,
        iteration,
        is_final: kind == Kind::Final,
    }
}

fn pattern(run: u64, sequence: u64, at: usize) -> u8 {
    let mixed = (run << 32 ^ sequence ^ (at as u64) << 17).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 56) as u8
}

/// Bytes that tell which run they belong to and which of its saves they are, and whether they are
/// whole. Their length varies.
fn payload(run: u64, sequence: u64) -> Vec<u8> {
    let mut bytes = [run.to_le_bytes(), sequence.to_le_bytes()].concat();
    let len = 64 + (sequence as usize * 37) % 400;
    bytes.extend((16..len).map(|at| pattern(run, sequence, at)));
    bytes
}

/// The run and the sequence number of a payload, which must be whole.
fn whole(bytes: &[u8]) -> (u64, u64) {
    let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    let (run, sequence) = (number(0), number(8));
    assert!(bytes == payload(run, sequence), "torn: {bytes:?}");
    (run, sequence)
}

/// Every file below `root` that is not our own bookkeeping.
fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for key in std::fs::read_dir(root).unwrap() {
        let key = key.unwrap();
        if key.file_name() == ".warmstart" {
            continue;
        }
        for file in std::fs::read_dir(key.path()).unwrap() {
            let path = file.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            found.insert(path, bytes);
        }
    }
    found
}

fn agree(ours: &Entry, theirs: &Pair) {
    let info = ours.info();
    assert_eq!(ours.payload(), theirs.payload);
    assert_eq!(ours.run_id(), theirs.run_id());
    assert_eq!(
        info.objective.map(f64::to_bits),
        theirs.objective.map(f64::to_bits)
    );
    assert_eq!(
        info.iteration,
        theirs.iteration.and_then(|i| i64::try_from(i).ok())
    );
    assert_eq!(info.kind == Kind::Final, theirs.is_final);
    assert_eq!(
        (info.written_unix_secs as u64, u64::from(info.written_nanos)),
        theirs.written
    );
}

/// What a writer has begun to write, and what it has acknowledged. One writer, many readers.
#[derive(Default)]
struct Progress {
    begun: AtomicU64,
    acknowledged: AtomicU64,
}

impl Progress {
    /// The next save, with its sequence number.
    fn save(&self, save: impl FnOnce(u64)) {
        let sequence = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        save(sequence);
        self.acknowledged.store(sequence, Ordering::SeqCst);
    }

    fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::SeqCst)
    }

    fn begun(&self) -> u64 {
        self.begun.load(Ordering::SeqCst)
    }

    /// A whole payload that a lookup begun after `acknowledged` may have answered.
    fn check(&self, acknowledged: u64, sequence: u64) {
        assert!(
            (acknowledged..=self.begun()).contains(&sequence),
            "{sequence} was answered, {acknowledged} had been acknowledged, {} begun",
            self.begun()
        );
    }
}

/// Raises a flag when dropped, so that a failing thread lets the others end.
struct RaiseAtEnd<'a>(&'a AtomicUsize);

impl Drop for RaiseAtEnd<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Every acknowledged run of `key` is found whole by both readers, once, at its last save.
fn is_found_by_both(store: &Store, engine: &Engine, key: Key, runs: &[(String, Vec<u8>)]) {
    let pairs = engine.read(&key.to_hex());
    for (run_id, payload) in runs {
        let ours = store.lookup_run(key, run_id).unwrap().unwrap();
        assert!(ours.payload() == payload, "{run_id}");
        let theirs: Vec<&Pair> = pairs.iter().filter(|p| p.run_id() == run_id).collect();
        let stems: Vec<&str> = theirs.iter().map(|p| p.stem.as_str()).collect();
        assert_eq!(theirs.len(), 1, "{run_id}: {stems:?}");
        agree(&ours, theirs[0]);
    }
}

// In turns.

#[test]
fn each_engine_reads_what_the_other_wrote_bit_for_bit() {
    let tmp = tempfile::tempdir().unwrap();
    let (store, engine) = (open(tmp.path()), Engine::new(tmp.path()));
    let samples = [
        (Some(0.1 + 0.2), Some(0), Kind::Checkpoint),
        (Some(-0.0), None, Kind::Final),
        (Some(f64::MIN_POSITIVE / 3.0), Some(7), Kind::Checkpoint),
        (Some(-1.797_693_134_862_315_7e308), Some(1), Kind::Final),
        (None, Some(i64::MAX as u64), Kind::Checkpoint),
        (Some(f64::NAN), Some(u64::MAX), Kind::Final),
        (Some(f64::INFINITY), None, Kind::Checkpoint),
    ];
    for (n, (objective, iteration, kind)) in (0u8..).zip(samples) {
        let bytes = payload(u64::from(n), 1);
        let theirs = key(2 * n);
        let name = theirs.to_hex();
        let run_id = engine.save(&name, &bytes, facts(objective, iteration, kind));
        for mode in MODES {
            let entry = store.lookup(theirs, mode).unwrap().unwrap();
            assert_eq!(entry.payload(), bytes);
            agree(&entry, &engine.read(&name)[0]);
        }
        assert!(store.lookup_run(theirs, &run_id).unwrap().is_some());

        let ours = key(2 * n + 1);
        let run_id = store
            .save(ours, &bytes, objective, iteration, kind)
            .unwrap();
        let found = engine.lookup(&ours.to_hex()).unwrap();
        assert_eq!(found.stem, run_id);
        assert_eq!(found.payload, bytes);
        assert_eq!(found.iteration, iteration);
        assert_eq!(
            found.objective.map(f64::to_bits),
            objective.filter(|o| o.is_finite()).map(f64::to_bits)
        );
        for mode in MODES {
            agree(&store.lookup(ours, mode).unwrap().unwrap(), &found);
        }
    }
    assert_eq!(store.keys().unwrap().len(), 2 * samples.len());
    assert_eq!(engine.displeased(), 0);
}

#[test]
fn best_and_latest_are_the_same_to_both_engines() {
    let tmp = tempfile::tempdir().unwrap();
    let (store, engine) = (open(tmp.path()), Engine::new(tmp.path()));
    let name = key(0).to_hex();
    let check = || {
        agree(
            &store.lookup(key(0), Lookup::Best).unwrap().unwrap(),
            &engine.lookup(&name).unwrap(),
        );
        agree(
            &store.lookup(key(0), Lookup::Latest).unwrap().unwrap(),
            &engine.latest(&name).unwrap(),
        );
    };
    let objectives = [None, Some(3.0), Some(2.0), Some(5.0), Some(2.0), Some(-1.0)];
    for (n, objective) in (0..).zip(objectives) {
        let kind = [Kind::Checkpoint, Kind::Final][n as usize % 2];
        store
            .save(key(0), &payload(1, n), objective, Some(n), kind)
            .unwrap();
        check();
        engine.save(&name, &payload(2, n), facts(objective, Some(n), kind));
        check();
        store
            .save_for_all(key(0), "slot", &payload(3, n), objective, Some(n), kind)
            .unwrap();
        check();
        engine.save_overwrite(
            &name,
            "run",
            &payload(4, n),
            facts(objective, Some(n), kind),
        );
        check();
    }
    assert_eq!(engine.displeased(), 0);
}

#[test]
fn entries_whose_metadata_a_version_1_lookup_rewrote_are_answered_and_replaced() {
    let tmp = tempfile::tempdir().unwrap();
    let (store, mut engine) = (open(tmp.path()), Engine::new(tmp.path()));
    engine.stamps_all = true;
    let name = key(0).to_hex();
    let mut options = SessionOptions::new();
    options.label("a fit").unwrap();
    let session = Session::open(&store, key(0), &options).unwrap();
    let once = store
        .save(key(0), &payload(1, 0), Some(9.0), None, Kind::Final)
        .unwrap();
    for sequence in 1..6 {
        let objective = Some(10.0 - sequence as f64);
        session
            .checkpoint_now(&payload(2, sequence), objective, Some(sequence))
            .unwrap();
        store
            .save_for_all(
                key(0),
                "slot",
                &payload(3, sequence),
                objective,
                None,
                Kind::Checkpoint,
            )
            .unwrap();
        let ours = [
            (once.clone(), payload(1, 0)),
            (session.run_id().to_owned(), payload(2, sequence)),
            ("slot".to_owned(), payload(3, sequence)),
        ];
        is_found_by_both(&store, &engine, key(0), &ours);
        engine.lookup(&name);
        engine.sweep();
        // Nothing of ours is left in the metadata.
        for (path, text) in files(tmp.path()) {
            if path.extension().is_some_and(|e| e == "json") {
                let text = String::from_utf8(text).unwrap();
                assert!(text.contains("\"accessed\": true"), "{text}");
                assert!(
                    !text.contains("digest") && !text.contains("label"),
                    "{text}"
                );
            }
        }
        is_found_by_both(&store, &engine, key(0), &ours);
        is_found_by_both(&open(tmp.path()), &engine, key(0), &ours);
        assert_eq!(pair_files(tmp.path()), 6, "three pairs");
    }
    session.finalize(b"the answer", Some(0.5), None).unwrap();
    engine.lookup(&name);
    store.sweep().unwrap();
    assert_eq!(session.load().unwrap().unwrap().payload(), b"the answer");
    assert_eq!(pair_files(tmp.path()), 6);
    assert_eq!(engine.displeased(), 0);
    let report = store.verify(&warmstart::Progress::new()).unwrap();
    assert_eq!((report.damaged, report.half_present), (0, 0), "{report:?}");
}

/// The removal of a superseded generation need not be durable, so it may come back after a crash.
#[test]
fn generations_still_rank_after_a_version_1_lookup_rewrote_them_all() {
    let tmp = tempfile::tempdir().unwrap();
    let (store, mut engine) = (open(tmp.path()), Engine::new(tmp.path()));
    engine.stamps_all = true;
    let name = key(0).to_hex();
    let mut superseded = BTreeMap::new();
    for sequence in 1..=12u64 {
        // The older, the better: only the generation can tell.
        store
            .save_for_all(
                key(0),
                "slot",
                &payload(1, sequence),
                Some(sequence as f64),
                None,
                Kind::Checkpoint,
            )
            .unwrap();
        superseded.extend(files(tmp.path()));
    }
    for (path, bytes) in &superseded {
        std::fs::write(path, bytes).unwrap();
    }
    engine.lookup(&name);
    engine.lookup(&name);
    let pairs = engine.read(&name);
    assert_eq!(pairs.len(), 12);
    assert!(pairs.iter().all(|p| p.accessed.is_some()));
    let newest = pairs.iter().max_by_key(|p| p.generation()).unwrap();
    assert_eq!(whole(&newest.payload), (1, 12));
    for store in [&store, &open(tmp.path())] {
        for mode in MODES {
            agree(&store.lookup(key(0), mode).unwrap().unwrap(), newest);
        }
        agree(&store.lookup_run(key(0), "slot").unwrap().unwrap(), newest);
        assert_eq!(store.entries(key(0)).unwrap().len(), 1);
    }
    store.sweep().unwrap();
    is_found_by_both(
        &store,
        &engine,
        key(0),
        &[("slot".to_owned(), payload(1, 12))],
    );
    engine.lookup(&name);
    for (path, bytes) in &superseded {
        std::fs::write(path, bytes).unwrap();
    }
    engine.lookup(&name);
    store
        .save_for_all(key(0), "slot", &payload(1, 13), None, None, Kind::Final)
        .unwrap();
    let replaced = [("slot".to_owned(), payload(1, 13))];
    is_found_by_both(&store, &engine, key(0), &replaced);
    assert_eq!(engine.displeased(), 0);
}

#[test]
fn a_replaced_slot_is_one_pair_to_a_version_1_engine_and_the_newest() {
    let tmp = tempfile::tempdir().unwrap();
    let (store, engine) = (open(tmp.path()), Engine::new(tmp.path()));
    let name = key(0).to_hex();
    let mut generation = 0;
    for sequence in 0..20 {
        store
            .save_for_all(
                key(0),
                "slot",
                &payload(1, sequence),
                Some(sequence as f64),
                None,
                Kind::Checkpoint,
            )
            .unwrap();
        let pairs = engine.read(&name);
        assert_eq!(pairs.len(), 1);
        assert_eq!(whole(&pairs[0].payload), (1, sequence));
        assert!(pairs[0].generation() > generation);
        generation = pairs[0].generation();
        if sequence % 3 == 0 {
            assert_eq!(engine.lookup(&name).unwrap().payload, pairs[0].payload);
        }
    }
}

/// A version-1 lookup that read a generation before it was replaced puts half of it back.
#[test]
fn metadata_put_back_after_its_slot_was_replaced_costs_nothing() {
    let tmp = tempfile::tempdir().unwrap();
    let (store, engine) = (open(tmp.path()), Engine::new(tmp.path()));
    let name = key(0).to_hex();
    let save = |sequence| {
        store
            .save_for_all(
                key(0),
                "slot",
                &payload(1, sequence),
                Some(sequence as f64),
                None,
                Kind::Checkpoint,
            )
            .unwrap();
    };
    save(1);
    let read_before: Vec<_> = files(tmp.path())
        .into_iter()
        .filter(|(path, _)| path.extension().is_some_and(|e| e == "json"))
        .collect();
    save(2);
    for (path, bytes) in &read_before {
        std::fs::write(path, bytes).unwrap();
    }
    let found = || whole(store.lookup_run(key(0), "slot").unwrap().unwrap().payload());
    for mode in MODES {
        let entry = store.lookup(key(0), mode).unwrap().unwrap();
        assert_eq!(whole(entry.payload()), (1, 2));
    }
    assert_eq!(found(), (1, 2));
    store.sweep().unwrap();
    assert_eq!(found(), (1, 2));
    save(3);
    assert_eq!(found(), (1, 3));
    engine.lookup(&name);
    assert_eq!(found(), (1, 3));
    assert_eq!(pair_files(tmp.path()), 2, "one pair");
}

/// How durable an entry is is said in a field that version-1 lookups drop.
#[test]
fn a_slot_written_unsynced_is_replaced_after_a_version_1_lookup_rewrote_it() {
    let tmp = tempfile::tempdir().unwrap();
    let (store, engine) = (open_unsynced(tmp.path()), Engine::new(tmp.path()));
    for sequence in 1..=10 {
        // The older, the better: a superseded generation that stays would be the other engine's
        // answer.
        let (bytes, objective) = (payload(1, sequence), Some(sequence as f64));
        store
            .save_for_all(key(0), "slot", &bytes, objective, None, Kind::Checkpoint)
            .unwrap();
        let found = engine.lookup(&key(0).to_hex()).unwrap();
        assert_eq!(whole(&found.payload), (1, sequence));
        is_found_by_both(&store, &engine, key(0), &[("slot".to_owned(), bytes)]);
    }
}

/// The same field decides what supersedes what: an entry that power loss may take is not the reason
/// to remove one that it may not.
#[test]
fn an_unsynced_generation_supersedes_no_synced_one_after_a_version_1_lookup_rewrote_both() {
    let tmp = tempfile::tempdir().unwrap();
    let mut engine = Engine::new(tmp.path());
    engine.stamps_all = true;
    let name = key(0).to_hex();
    let save = |store: &Store, sequence| {
        store
            .save_for_all(
                key(0),
                "slot",
                &payload(1, sequence),
                None,
                None,
                Kind::Checkpoint,
            )
            .unwrap();
    };
    let (synced, unsynced) = (open(tmp.path()), open_unsynced(tmp.path()));
    let generations = || {
        let mut found: Vec<u64> = engine.read(&name).iter().map(Pair::generation).collect();
        found.sort_unstable();
        found
    };
    save(&synced, 1);
    save(&unsynced, 2);
    assert_eq!(generations(), [1, 2]);
    engine.lookup(&name);
    synced.sweep().unwrap();
    assert_eq!(generations(), [1, 2]);
    save(&unsynced, 3);
    assert_eq!(generations(), [1, 3]);
    engine.lookup(&name);
    for mode in MODES {
        let found = unsynced.lookup(key(0), mode).unwrap().unwrap();
        assert_eq!(whole(found.payload()), (1, 3));
    }
    save(&synced, 4);
    assert_eq!(generations(), [4]);
}

// In threads.

/// Looks up and sweeps as two processes of version 1 until `done`, and at least `rounds` times.
fn hammer(engine: &Engine, keys: &[String], rounds: u64, done: impl Fn() -> bool) {
    let mut round = 0;
    while round < rounds || !done() {
        let name = &keys[round as usize % keys.len()];
        if let Some(pair) = engine.lookup(name) {
            whole(&pair.payload);
        }
        if round % 3 == 0 {
            engine.sweep();
        }
        round += 1;
    }
}

#[test]
fn acknowledged_saves_survive_version_1_lookups_and_sweeps_on_the_same_keys() {
    const WRITERS: u64 = 3;
    const REPLACEMENTS: u64 = 120;
    let tmp = tempfile::tempdir().unwrap();
    let keys: Vec<String> = (0..2).map(|n| key(n).to_hex()).collect();
    let mut stamping = Engine::in_process(tmp.path(), ANOTHER_PID);
    stamping.stamps_all = true;
    let mut slow = Engine::new(tmp.path());
    slow.stamp_pause = Duration::from_micros(400);
    let engines = [stamping, slow];
    let store = open(tmp.path());
    let ended = AtomicUsize::new(0);

    // One writer's work on one key: what it acknowledged last, by run.
    let write = |writer: u64| -> (Key, Vec<(String, Vec<u8>)>) {
        let _end = RaiseAtEnd(&ended);
        let store = match writer {
            0 => open_unsynced(tmp.path()),
            _ => store.clone(),
        };
        let key = key((writer % 2) as u8);
        let session = Session::open(&store, key, &SessionOptions::new()).unwrap();
        let slot = format!("slot{writer}");
        let mut kept = Vec::new();
        for sequence in 1..=REPLACEMENTS {
            let bytes = payload(writer, sequence);
            let objective = Some(1000.0 - sequence as f64);
            store
                .save_for_all(key, &slot, &bytes, objective, None, Kind::Checkpoint)
                .unwrap();
            let entry = store.lookup_run(key, &slot).unwrap().unwrap();
            assert_eq!(whole(entry.payload()), (writer, sequence));
            // Every other one improves.
            let objective = [-1.0, 1.0][sequence as usize % 2] * sequence as f64;
            session
                .checkpoint_now(&bytes, Some(objective), Some(sequence))
                .unwrap();
            if sequence % 10 == 0 {
                let run_id = store.save(key, &bytes, None, None, Kind::Final).unwrap();
                kept.push((run_id, bytes));
            }
            if sequence % 40 == 0 {
                let finished = Session::open(&store, key, &SessionOptions::new()).unwrap();
                let bytes = payload(writer + 10, sequence);
                finished.checkpoint_now(&bytes, None, None).unwrap();
                finished.finalize(&bytes, None, None).unwrap();
                kept.push((finished.run_id().to_owned(), bytes));
            }
        }
        kept.push((slot, payload(writer, REPLACEMENTS)));
        // The last is the best as well, and REPLACEMENTS - 1 is neither.
        kept.push((session.run_id().to_owned(), payload(writer, REPLACEMENTS)));
        session
            .checkpoint_now(&payload(writer, 0), Some(0.0), None)
            .unwrap();
        let latest = session.run_id().strip_prefix("ckpt-").unwrap();
        kept.push((latest.to_owned(), payload(writer, 0)));
        (key, kept)
    };
    let kept: Vec<_> = thread::scope(|s| {
        let writers: Vec<_> = (0..WRITERS).map(|w| s.spawn(move || write(w))).collect();
        for engine in &engines {
            let done = || ended.load(Ordering::SeqCst) as u64 == WRITERS;
            let keys = &keys;
            s.spawn(move || hammer(engine, keys, 1500, done));
        }
        writers.into_iter().map(|w| w.join().unwrap()).collect()
    });

    for engine in &engines {
        assert_eq!(engine.displeased(), 0, "everything of ours pleases");
        for (key, runs) in &kept {
            is_found_by_both(&store, engine, *key, runs);
        }
    }
    store.sweep().unwrap();
    for (key, runs) in &kept {
        is_found_by_both(&open(tmp.path()), &engines[0], *key, runs);
    }
}

#[test]
fn no_save_fails_because_a_version_1_engine_removed_an_empty_directory() {
    let tmp = tempfile::tempdir().unwrap();
    let ended = AtomicUsize::new(0);
    let engine = Engine::in_process(tmp.path(), ANOTHER_PID);
    let write = |writer: u8, store: Store| {
        let _end = RaiseAtEnd(&ended);
        for sequence in 0..60 {
            // The directory is new each time, or has just become empty.
            let key = key(writer);
            let bytes = payload(u64::from(writer), sequence);
            match sequence % 3 {
                0 => {
                    store
                        .save(key, &bytes, None, None, Kind::Checkpoint)
                        .map(drop)
                        .unwrap();
                }
                1 => store
                    .save_for_all(key, "slot", &bytes, None, None, Kind::Final)
                    .unwrap(),
                _ => {
                    let session = Session::open(&store, key, &SessionOptions::new()).unwrap();
                    session.checkpoint_now(&bytes, None, None).unwrap();
                    session.finalize(&bytes, None, None).unwrap();
                }
            }
            let found = store.lookup(key, Lookup::Best).unwrap().unwrap();
            assert_eq!(whole(found.payload()), (u64::from(writer), sequence));
            assert!(store.remove(key).unwrap());
            if sequence % 20 == 0 {
                store.sweep().unwrap();
            }
        }
    };
    thread::scope(|s| {
        s.spawn(|| write(0, open(tmp.path())));
        s.spawn(|| write(1, open_unsynced(tmp.path())));
        for _ in 0..2 {
            s.spawn(|| {
                while ended.load(Ordering::SeqCst) < 2 {
                    engine.sweep();
                }
            });
        }
    });
    engine.sweep();
    assert!(files(tmp.path()).is_empty());
}

#[test]
fn pairs_overwritten_in_place_are_never_served_torn_and_never_lost() {
    const RUNS: u64 = 3;
    const OVERWRITES: u64 = 150;
    let tmp = tempfile::tempdir().unwrap();
    let store = open(tmp.path());
    // An entry of ours under the same key, never the best nor the latest for long.
    store
        .save(key(0), &payload(99, 1), Some(1e9), None, Kind::Checkpoint)
        .unwrap();
    let progress: Vec<Progress> = (0..RUNS).map(|_| Progress::default()).collect();
    let ended = AtomicUsize::new(0);
    let done = || ended.load(Ordering::SeqCst) as u64 == RUNS;
    let name = key(0).to_hex();
    let write = |run: u64| -> u64 {
        let _end = RaiseAtEnd(&ended);
        let mut engine = Engine::new(tmp.path());
        for n in 0..OVERWRITES {
            // Most pauses are as long as a sync takes; some outlast a reader's patience.
            let micros = [0, 300, 1000, 2500][n as usize % 4];
            engine.overwrite_pause =
                Duration::from_micros(if n % 40 == 39 { 60_000 } else { micros });
            progress[run as usize].save(|sequence| {
                let objective = Some(1000.0 - sequence as f64);
                engine.save_overwrite(
                    &name,
                    &format!("run{run}"),
                    &payload(run, sequence),
                    facts(objective, Some(sequence), Kind::Checkpoint),
                );
            });
        }
        engine.attempts_undone()
    };
    let check = |entry: &Entry, acknowledged: &[u64]| {
        let (run, sequence) = whole(entry.payload());
        if run == 99 {
            return;
        }
        progress[run as usize].check(acknowledged[run as usize], sequence);
        assert_eq!(entry.run_id(), format!("run{run}"));
        assert_eq!(entry.info().iteration, Some(sequence as i64));
        assert_eq!(entry.info().objective, Some(1000.0 - sequence as f64));
    };
    let read = |store: Store, seed: usize| {
        let mut round = seed;
        while !done() {
            let acknowledged: Vec<u64> = progress.iter().map(Progress::acknowledged).collect();
            if round % 3 < 2 {
                // There is an entry of ours: something intact is always found.
                let entry = store.lookup(key(0), MODES[round % 3]).unwrap().unwrap();
                check(&entry, &acknowledged);
            } else {
                let run_id = format!("run{}", round % RUNS as usize);
                match store.lookup_run(key(0), &run_id) {
                    Ok(found) => found.iter().for_each(|e| check(e, &acknowledged)),
                    Err(e) => assert_eq!(e.kind(), ErrorKind::Corrupt, "{e}"),
                }
            }
            round += 1;
        }
    };
    thread::scope(|s| {
        let writers: Vec<_> = (0..RUNS).map(|run| s.spawn(move || write(run))).collect();
        s.spawn(|| read(store.clone(), 0));
        s.spawn(|| read(open(tmp.path()), 1));
        s.spawn(|| {
            while !done() {
                store.sweep().unwrap();
                store.verify(&warmstart::Progress::new()).unwrap();
                store.entries(key(0)).unwrap();
                thread::sleep(Duration::from_millis(1));
            }
        });
        for writer in writers {
            assert_eq!(writer.join().unwrap(), 0, "something of its was removed");
        }
    });

    let engine = Engine::new(tmp.path());
    let last: Vec<_> = (0..RUNS)
        .map(|run| (format!("run{run}"), payload(run, OVERWRITES)))
        .collect();
    is_found_by_both(&store, &engine, key(0), &last);
    store.sweep().unwrap();
    is_found_by_both(&open(tmp.path()), &engine, key(0), &last);
    assert_eq!(store.stats().aside_files, 0, "nothing was moved aside");
}

/// Both files stay in the torn window for as long as the test likes.
#[test]
fn a_pair_in_the_torn_window_is_passed_over_and_neither_deleted_nor_moved() {
    let tmp = tempfile::tempdir().unwrap();
    let (store, engine) = (open(tmp.path()), Engine::new(tmp.path()));
    let name = key(0).to_hex();
    let torn = |sequence: u64| {
        let before = engine.read(&name);
        let pair = before.iter().find(|p| p.stem == "run").unwrap();
        let path = tmp.path().join(&name).join("run.bin");
        std::fs::write(path.with_extension("new"), payload(1, sequence)).unwrap();
        std::fs::rename(path.with_extension("new"), &path).unwrap();
        pair.clone()
    };
    let low = |sequence| facts(Some(-(sequence as f64)), None, Kind::Checkpoint);
    engine.save_overwrite(&name, "run", &payload(1, 1), low(1));
    torn(2);
    let before = files(tmp.path());
    for mode in MODES {
        assert!(store.lookup(key(0), mode).unwrap().is_none());
    }
    let refusal = store.lookup_run(key(0), "run").unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::Corrupt, "{refusal}");
    store.sweep().unwrap();
    assert!(files(tmp.path()) == before);
    engine.save_overwrite(&name, "run", &payload(1, 2), low(2));
    is_found_by_both(
        &store,
        &engine,
        key(0),
        &[("run".to_owned(), payload(1, 2))],
    );

    let other = store
        .save(key(0), &payload(2, 1), Some(1e9), None, Kind::Checkpoint)
        .unwrap();
    torn(3);
    let before = files(tmp.path());
    for mode in MODES {
        let entry = store.lookup(key(0), mode).unwrap().unwrap();
        assert_eq!(entry.run_id(), other);
    }
    store.sweep().unwrap();
    assert!(files(tmp.path()) == before);
    engine.save_overwrite(&name, "run", &payload(1, 3), low(3));
    for mode in MODES {
        let entry = store.lookup(key(0), mode).unwrap().unwrap();
        assert_eq!(whole(entry.payload()), (1, 3));
    }
    assert_eq!(store.stats().aside_files, 0);
}

/// A save that fails there costs the entry it was to replace, and nothing else.
#[test]
fn what_a_failed_version_1_save_leaves_is_passed_over_until_the_next() {
    let tmp = tempfile::tempdir().unwrap();
    let (store, engine) = (open(tmp.path()), Engine::new(tmp.path()));
    let name = key(0).to_hex();
    let low = facts(Some(-1.0), None, Kind::Checkpoint);
    engine.save_overwrite(&name, "run", &payload(1, 1), low);
    let other = store
        .save(key(0), &payload(2, 1), Some(1e9), None, Kind::Checkpoint)
        .unwrap();
    store
        .save_for_all(key(0), "slot", &payload(3, 1), Some(1e8), None, Kind::Final)
        .unwrap();
    engine.fail_to_overwrite(&name, "run", &payload(1, 2));
    let before = files(tmp.path());
    assert_eq!(before.len(), 5, "a name without payload");
    for store in [&store, &open(tmp.path())] {
        for mode in MODES {
            let entry = store.lookup(key(0), mode).unwrap().unwrap();
            assert_eq!(whole(entry.payload()), (3, 1));
        }
        let refusal = store.lookup_run(key(0), "run").unwrap_err();
        assert_eq!(refusal.kind(), ErrorKind::Corrupt, "{refusal}");
        store.sweep().unwrap();
        assert!(files(tmp.path()) == before);
    }
    let mut ours = vec![(other, payload(2, 1)), ("slot".to_owned(), payload(3, 1))];
    is_found_by_both(&store, &engine, key(0), &ours);
    engine.save_overwrite(&name, "run", &payload(1, 3), low);
    ours.push(("run".to_owned(), payload(1, 3)));
    is_found_by_both(&store, &engine, key(0), &ours);
    // Half a pair that nobody completes is deleted by their next lookup, and is nothing to ours.
    engine.fail_to_overwrite(&name, "run", &payload(1, 4));
    ours.pop();
    engine.lookup(&name);
    assert!(store.lookup_run(key(0), "run").unwrap().is_none());
    is_found_by_both(&store, &engine, key(0), &ours);
}

#[test]
fn an_entry_in_use_that_an_older_engine_expires_is_absent_and_no_failure() {
    let tmp = tempfile::tempdir().unwrap();
    let store = open_with_ttl(tmp.path(), 1000.0);
    let mut engine = Engine::new(tmp.path());
    engine.ttl = Some(1000);
    let save = |sequence| {
        let bytes = payload(1, sequence);
        store.save_for_all(key(0), "slot", &bytes, None, None, Kind::Final)
    };
    save(1).unwrap();
    engine.backdate(&key(0).to_hex(), 2000);
    engine.lookup(&key(0).to_hex());
    assert_eq!(engine.expire(), 0, "just reused");
    assert!(store.lookup(key(0), Lookup::Best).unwrap().is_some());
    engine.expires_by_writing = true;
    assert_eq!(engine.expire(), 1);
    engine.sweep();
    assert!(store.lookup(key(0), Lookup::Best).unwrap().is_none());
    assert!(store.lookup_run(key(0), "slot").unwrap().is_none());
    save(2).unwrap();
    let again = [("slot".to_owned(), payload(1, 2))];
    is_found_by_both(&store, &engine, key(0), &again);
}

/// Links and the marks of restarts are files that they neither read nor delete, and directories with
/// nothing but links are not empty. What they delete themselves leaves links that lead nowhere.
#[test]
fn version_1_engines_leave_links_and_marks_of_restarts_alone() {
    let tmp = tempfile::tempdir().unwrap();
    let store = open_with_ttl(tmp.path(), 0.0);
    let mut engine = Engine::in_process(tmp.path(), ANOTHER_PID);
    let begin = |n: u8| {
        let mut options = SessionOptions::new();
        options.seed_key(key(9)).unwrap();
        Session::open(&store, key(n), &options).unwrap()
    };
    begin(0).finalize(b"older", Some(1.0), None).unwrap();
    begin(1).finalize(b"newer", Some(1.0), None).unwrap();
    store
        .save(key(2), b"on the way", Some(2.0), None, Kind::Checkpoint)
        .unwrap();
    let restarting = begin(2);
    restarting.load().unwrap().unwrap();
    let before = files(tmp.path());
    engine.sweep();
    for n in [0, 1, 2, 9] {
        engine.lookup(&key(n).to_hex());
    }
    let names = |files: &BTreeMap<PathBuf, _>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&files(tmp.path())), names(&before));
    assert_eq!(engine.displeased(), 0);
    assert!(engine.read(&key(9).to_hex()).is_empty());
    let seed = |n: u8| begin(n).load().unwrap().map(|e| e.payload().to_vec());
    assert_eq!(seed(5).as_deref(), Some(&b"newer"[..]));
    engine.budget = Some(0);
    assert_eq!(engine.evict(), 3);
    engine.sweep();
    assert_eq!(seed(5), None);
    drop(restarting);
    assert_eq!(store.failed_restarts(key(2), None).unwrap(), 0);
}

#[test]
fn version_1_expiry_and_eviction_fail_no_save_and_tear_no_answer() {
    let tmp = tempfile::tempdir().unwrap();
    let ended = AtomicUsize::new(0);
    let mut engine = Engine::in_process(tmp.path(), ANOTHER_PID);
    engine.budget = Some(600);
    engine.ttl = Some(0);
    let evicted = AtomicUsize::new(0);
    let write = |writer: u64, store: Store| {
        let _end = RaiseAtEnd(&ended);
        let session = Session::open(&store, key(0), &SessionOptions::new()).unwrap();
        for sequence in 0..120 {
            let bytes = payload(writer, sequence);
            let save = |slot| store.save_for_all(key(0), slot, &bytes, None, None, Kind::Final);
            save(&format!("slot{writer}")).unwrap();
            session
                .checkpoint_now(&bytes, Some(-(sequence as f64)), None)
                .unwrap();
            store
                .save(key(0), &bytes, None, None, Kind::Checkpoint)
                .unwrap();
            for mode in MODES {
                if let Some(entry) = store.lookup(key(0), mode).unwrap() {
                    whole(entry.payload());
                }
            }
            if sequence % 10 == 0 {
                store.sweep().unwrap();
            }
        }
        session.finalize(&payload(writer, 0), None, None).unwrap();
    };
    thread::scope(|s| {
        s.spawn(|| write(0, open(tmp.path())));
        s.spawn(|| write(1, open_unsynced(tmp.path())));
        s.spawn(|| {
            while ended.load(Ordering::SeqCst) < 2 {
                evicted.fetch_add(engine.evict() + engine.expire(), Ordering::SeqCst);
                engine.sweep();
            }
        });
    });
    assert!(evicted.into_inner() > 0);
    // What it leaves alone is there.
    let store = open(tmp.path());
    let run_id = store
        .save(key(0), &payload(5, 1), Some(-1e9), None, Kind::Final)
        .unwrap();
    is_found_by_both(&store, &engine, key(0), &[(run_id, payload(5, 1))]);
}

#[test]
fn no_lookup_is_older_than_what_was_acknowledged_before_it_began() {
    const SLOTS: usize = 3;
    const EVENTS: u64 = 400;
    // The first state, and every seventh event: there is nothing.
    let is_removal = |event: u64| event % 7 == 0;
    let tmp = tempfile::tempdir().unwrap();
    let progress: Vec<Progress> = (0..SLOTS).map(|_| Progress::default()).collect();
    let ended = AtomicUsize::new(0);
    let done = || ended.load(Ordering::SeqCst) == SLOTS;
    let run_id = |slot: usize| format!("slot{slot}");
    let write = |slot: usize, store: Store| {
        let _end = RaiseAtEnd(&ended);
        for _ in 0..EVENTS {
            progress[slot].save(|event| {
                if is_removal(event) {
                    assert!(store.remove_entry(key(0), &run_id(slot)).unwrap());
                } else {
                    let bytes = payload(slot as u64, event);
                    let objective = Some(event as f64);
                    store
                        .save_for_all(key(0), &run_id(slot), &bytes, objective, None, Kind::Final)
                        .unwrap();
                }
            });
        }
    };
    let check = |slot: usize, acknowledged: u64, found: Option<&Entry>| match found {
        Some(entry) => {
            let (run, event) = whole(entry.payload());
            assert_eq!(run, slot as u64);
            progress[slot].check(acknowledged, event);
        }
        None => {
            let begun = progress[slot].begun();
            assert!(
                (acknowledged..=begun).any(is_removal),
                "nothing was answered between {acknowledged} and {begun}"
            );
        }
    };
    let read = |store: Store, seed: usize| {
        let mut round = seed;
        while !done() {
            let acknowledged: Vec<u64> = progress.iter().map(Progress::acknowledged).collect();
            let slot = round % SLOTS;
            if round % 2 == 0 {
                let found = store.lookup_run(key(0), &run_id(slot)).unwrap();
                check(slot, acknowledged[slot], found.as_ref());
            } else if let Some(entry) = store.lookup(key(0), MODES[round % 4 / 2]).unwrap() {
                let slot = whole(entry.payload()).0 as usize;
                check(slot, acknowledged[slot], Some(&entry));
            } else {
                // Each was gone at some time, though not all at the same.
                (0..SLOTS).for_each(|slot| check(slot, acknowledged[slot], None));
            }
            round += 1;
        }
    };
    let (shared, unsynced) = (open(tmp.path()), open_unsynced(tmp.path()));
    thread::scope(|s| {
        s.spawn(|| write(0, shared.clone()));
        s.spawn(|| write(1, unsynced.clone()));
        s.spawn(|| write(2, unsynced.clone()));
        s.spawn(|| read(shared.clone(), 0));
        s.spawn(|| read(open(tmp.path()), 1));
        s.spawn(|| {
            while !done() {
                shared.sweep().unwrap();
                thread::sleep(Duration::from_millis(2));
            }
        });
    });
    for slot in 0..SLOTS {
        let found = shared.lookup_run(key(0), &run_id(slot)).unwrap().unwrap();
        assert_eq!(whole(found.payload()), (slot as u64, EVENTS));
    }
}

/// The same beside version-1 lookups, which put metadata back that was superseded meanwhile.
#[test]
fn no_lookup_is_stale_beside_version_1_lookups() {
    const REPLACEMENTS: u64 = 250;
    let tmp = tempfile::tempdir().unwrap();
    let progress = Progress::default();
    let ended = AtomicUsize::new(0);
    let done = || ended.load(Ordering::SeqCst) == 1;
    let store = open(tmp.path());
    let mut engine = Engine::new(tmp.path());
    engine.stamp_pause = Duration::from_micros(200);
    thread::scope(|s| {
        s.spawn(|| {
            let _end = RaiseAtEnd(&ended);
            for _ in 0..REPLACEMENTS {
                progress.save(|n| {
                    // The older, the better: what comes back would win if it counted.
                    let (bytes, objective) = (payload(0, n), Some(n as f64));
                    store
                        .save_for_all(key(0), "slot", &bytes, objective, None, Kind::Checkpoint)
                        .unwrap();
                });
            }
        });
        s.spawn(|| hammer(&engine, &[key(0).to_hex()], 500, done));
        for reader in [store.clone(), open(tmp.path())] {
            let progress = &progress;
            s.spawn(move || {
                let mut round = 0;
                while !done() {
                    let acknowledged = progress.acknowledged();
                    let found = match round % 3 {
                        2 => reader.lookup_run(key(0), "slot").unwrap(),
                        n => reader.lookup(key(0), MODES[n]).unwrap(),
                    };
                    match found {
                        Some(e) => progress.check(acknowledged, whole(e.payload()).1),
                        None => assert_eq!(acknowledged, 0),
                    }
                    round += 1;
                }
            });
        }
    });
    assert_eq!(engine.displeased(), 0);
    is_found_by_both(
        &store,
        &engine,
        key(0),
        &[("slot".to_owned(), payload(0, REPLACEMENTS))],
    );
}

// Reuse.

#[test]
fn a_lookup_keeps_an_own_entry_alive_by_a_stamp_that_version_1_engines_read() {
    const TTL: u64 = 1000;
    let tmp = tempfile::tempdir().unwrap();
    let store = open_with_ttl(tmp.path(), TTL as f64);
    let mut engine = Engine::new(tmp.path());
    engine.ttl = Some(TTL);
    for n in [0, 1] {
        store
            .save_for_all(key(n), "slot", &payload(1, 1), None, None, Kind::Final)
            .unwrap();
        engine.backdate(&key(n).to_hex(), TTL / 2);
    }
    let (used, unused) = (key(0).to_hex(), key(1).to_hex());
    assert!(store.lookup(key(0), Lookup::Best).unwrap().is_some());
    let stamped = &engine.read(&used)[0];
    assert!(stamped.accessed.unwrap().0 >= stamped.written.0 + TTL / 2);
    assert_eq!(engine.read(&unused)[0].accessed, None);
    // Stamping it again is not due.
    let before = files(tmp.path());
    assert!(store.lookup(key(0), Lookup::Latest).unwrap().is_some());
    assert!(files(tmp.path()) == before);

    for n in [0, 1] {
        engine.backdate(&key(n).to_hex(), 2 * TTL);
    }
    for store in [&store, &open(tmp.path())] {
        let found = store.lookup(key(0), Lookup::Best).unwrap().unwrap();
        assert_eq!(whole(found.payload()), (1, 1));
        assert!(store.lookup(key(1), Lookup::Best).unwrap().is_none());
    }
    assert_eq!(engine.expire(), 1, "the unused one");
    store.sweep().unwrap();
    is_found_by_both(
        &store,
        &engine,
        key(0),
        &[("slot".to_owned(), payload(1, 1))],
    );
    assert!(engine.read(&unused).is_empty());
}

#[test]
fn a_stamp_of_ours_leaves_the_rest_of_our_metadata_as_it_was() {
    let tmp = tempfile::tempdir().unwrap();
    // Due after a quarter of a second.
    let store = open_with_ttl(tmp.path(), 8.0);
    let name = key(0).to_hex();
    let engine = Engine::new(tmp.path());
    let run_id = store
        .save(key(0), &payload(1, 1), Some(0.1), Some(3), Kind::Final)
        .unwrap();
    let path = tmp.path().join(&name).join(format!("{run_id}.json"));
    let read =
        || -> serde_json::Value { serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap() };
    let before = read();
    assert_eq!(before["accessed"], false);
    thread::sleep(Duration::from_millis(300));
    assert!(store.lookup(key(0), Lookup::Best).unwrap().is_some());
    let mut after = read();
    assert_eq!(after["accessed"], true);
    assert!(after["metadata_digest_hex"].is_string());
    assert!(engine.read(&name)[0].accessed.is_some());
    for field in [
        "accessed",
        "accessed_unix_secs",
        "accessed_nanos",
        "metadata_digest_hex",
    ] {
        after[field] = before[field].clone();
    }
    assert_eq!(after, before);
    assert_eq!(files(tmp.path()).len(), 2);
}

#[test]
fn a_lookup_never_rewrites_metadata_that_a_version_1_engine_owns() {
    const TTL: u64 = 1000;
    let tmp = tempfile::tempdir().unwrap();
    let store = open_with_ttl(tmp.path(), TTL as f64);
    let mut engine = Engine::new(tmp.path());
    engine.ttl = Some(TTL);
    let name = key(0).to_hex();
    engine.save_overwrite(&name, "run", &payload(1, 1), Facts::default());
    // Ours until a lookup of theirs has rewritten it under a name they might use.
    let adopted = store
        .save(key(1), &payload(2, 1), None, None, Kind::Final)
        .unwrap();
    engine.lookup(&key(1).to_hex());
    let runs = [(0, "run", payload(1, 1)), (1, &adopted, payload(2, 1))];
    for age in [TTL / 2, 2 * TTL] {
        for (n, run_id, bytes) in &runs {
            let dir = key(*n).to_hex();
            engine.backdate(&dir, age);
            let path = tmp.path().join(&dir).join(format!("{run_id}.json"));
            let before = (std::fs::read(&path).unwrap(), identity(&path));
            for store in [&store, &open(tmp.path())] {
                for mode in MODES {
                    let found = store.lookup(key(*n), mode).unwrap().unwrap();
                    assert_eq!(found.payload(), bytes);
                }
                assert!(store.lookup_run(key(*n), run_id).unwrap().is_some());
            }
            let after = (std::fs::read(&path).unwrap(), identity(&path));
            assert!(after == before, "{run_id}");
        }
    }
    // What keeps it alive lies beside it, and means nothing to the other engine.
    engine.sweep();
    store.sweep().unwrap();
    assert_eq!(engine.read(&name).len(), 1);
    assert_eq!(engine.lookup(&name).unwrap().payload, payload(1, 1));
    engine.save_overwrite(&name, "run", &payload(1, 2), Facts::default());
    is_found_by_both(
        &store,
        &engine,
        key(0),
        &[("run".to_owned(), payload(1, 2))],
    );
}

/// What tells one file from another that took its name, or changed.
fn identity(path: &Path) -> (u64, std::time::SystemTime) {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).unwrap();
    (metadata.ino(), metadata.modified().unwrap())
}

/// Stamping races the overwriting engine for the name of the metadata if anything does.
#[test]
fn stamps_of_reuse_cost_a_version_1_engine_no_overwrite() {
    const TTL: u64 = 1000;
    let tmp = tempfile::tempdir().unwrap();
    let store = open_with_ttl(tmp.path(), TTL as f64);
    let name = key(0).to_hex();
    let mut engine = Engine::new(tmp.path());
    engine.overwrite_pause = Duration::from_micros(500);
    let progress = Progress::default();
    let ended = AtomicUsize::new(0);
    thread::scope(|s| {
        s.spawn(|| {
            let _end = RaiseAtEnd(&ended);
            for _ in 0..100 {
                progress.save(|n| {
                    engine.save_overwrite(&name, "run", &payload(1, n), Facts::default());
                    engine.backdate(&name, TTL / 2);
                });
            }
        });
        for _ in 0..2 {
            s.spawn(|| {
                let reader = open(tmp.path());
                while ended.load(Ordering::SeqCst) == 0 {
                    let acknowledged = progress.acknowledged();
                    if let Some(entry) = reader.lookup(key(0), Lookup::Latest).unwrap() {
                        progress.check(acknowledged, whole(entry.payload()).1);
                    }
                }
            });
        }
    });
    is_found_by_both(
        &store,
        &engine,
        key(0),
        &[("run".to_owned(), payload(1, 100))],
    );
    assert_eq!(engine.displeased() + engine.attempts_undone(), 0);
}

// Answers from memory.

#[test]
fn a_warm_lookup_answers_the_next_version_1_write() {
    let tmp = tempfile::tempdir().unwrap();
    let (store, engine) = (open(tmp.path()), Engine::new(tmp.path()));
    let name = key(0).to_hex();
    for round in 0..240u64 {
        // Each is better than all before it.
        let facts = facts(Some(-(round as f64)), Some(round), Kind::Checkpoint);
        // With the pause, answers are kept in memory; without it, they are about to be.
        if round % 4 == 3 {
            thread::sleep(Duration::from_millis(30));
        }
        for mode in MODES {
            let warm = store.lookup(key(0), mode).unwrap();
            assert_eq!(warm.is_some(), round > 0);
        }
        let bytes = payload(round % 3, round);
        match round % 3 {
            0 if round % 30 == 0 => drop(engine.save(&name, &bytes, facts)),
            n => engine.save_overwrite(&name, &format!("run{n}"), &bytes, facts),
        }
        let modes = if round % 2 == 0 {
            MODES
        } else {
            [MODES[1], MODES[0]]
        };
        for mode in modes {
            let found = store.lookup(key(0), mode).unwrap().unwrap();
            assert_eq!(whole(found.payload()), (round % 3, round), "{mode:?}");
        }
        // Removing must show as well, and what they put back must not hide anything.
        if round % 50 == 49 {
            engine.lookup(&name);
        }
    }
}

#[test]
fn a_warm_lookup_forgets_what_a_version_1_engine_deleted() {
    let tmp = tempfile::tempdir().unwrap();
    let (store, mut engine) = (open(tmp.path()), Engine::new(tmp.path()));
    engine.budget = Some(0);
    for round in 0..40u64 {
        store
            .save_for_all(key(0), "slot", &payload(1, round), None, None, Kind::Final)
            .unwrap();
        if round % 4 == 3 {
            thread::sleep(Duration::from_millis(30));
        }
        assert!(store.lookup(key(0), Lookup::Best).unwrap().is_some());
        assert_eq!(engine.evict(), 1);
        if round % 2 == 0 {
            engine.sweep();
        }
        assert!(store.lookup(key(0), Lookup::Best).unwrap().is_none());
        assert!(store.lookup_run(key(0), "slot").unwrap().is_none());
    }
}

// In any order.

#[derive(Debug, Clone)]
enum Step {
    Save(bool, Written),
    /// Ours replaces a slot, theirs overwrites a run.
    Replace(bool, Written),
    Remove {
        key: u8,
        run: u8,
    },
    OurSweep,
    TheirLookup {
        key: u8,
        stamps_all: bool,
    },
    TheirSweep,
    TheirDeath {
        key: u8,
    },
    Reopen,
    Settle,
}

#[derive(Debug, Clone)]
struct Written {
    key: u8,
    run: u8,
    objective: Option<i8>,
    is_final: bool,
}

fn written() -> impl Strategy<Value = Written> {
    (0u8..2, 0u8..2, prop::option::of(-2i8..3), any::<bool>()).prop_map(
        |(key, run, objective, is_final)| Written {
            key,
            run,
            objective,
            is_final,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (any::<bool>(), written()).prop_map(|(ours, w)| Step::Save(ours, w)),
        8 => (any::<bool>(), written()).prop_map(|(ours, w)| Step::Replace(ours, w)),
        2 => (0u8..2, 0u8..2).prop_map(|(key, run)| Step::Remove { key, run }),
        1 => Just(Step::OurSweep),
        5 => (0u8..2, any::<bool>())
            .prop_map(|(key, stamps_all)| Step::TheirLookup { key, stamps_all }),
        2 => Just(Step::TheirSweep),
        1 => (0u8..2).prop_map(|key| Step::TheirDeath { key }),
        1 => Just(Step::Reopen),
        1 => Just(Step::Settle),
    ]
}

#[derive(Debug, Clone)]
struct Saved {
    objective: Option<f64>,
    is_final: bool,
    /// Stands for the time of writing.
    order: u64,
}

fn latest(runs: &BTreeMap<String, Saved>) -> Option<u64> {
    runs.values().map(|s| s.order).max()
}

fn best(runs: &BTreeMap<String, Saved>) -> Option<u64> {
    let lowest = runs
        .values()
        .filter_map(|s| s.objective)
        .min_by(f64::total_cmp);
    let Some(lowest) = lowest else {
        return latest(runs);
    };
    let ties = runs.values().filter(|s| s.objective == Some(lowest));
    ties.max_by_key(|s| (s.is_final, s.order)).map(|s| s.order)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn in_any_order_both_engines_find_what_either_acknowledged(
        steps in prop::collection::vec(step(), 1..40)
    ) {
        let tmp = tempfile::tempdir().unwrap();
        let mut handles = [open(tmp.path()), open(tmp.path())];
        let mut engine = Engine::in_process(tmp.path(), ANOTHER_PID);
        let dead = Engine::new(tmp.path());
        let mut model: [BTreeMap<String, Saved>; 2] = Default::default();
        for (order, step) in (1u64..).zip(&steps) {
            let store = handles[order as usize % 2].clone();
            let bytes = payload(0, order);
            match step {
                Step::Save(ours, w) | Step::Replace(ours, w) => {
                    let objective = w.objective.map(f64::from);
                    let kind = if w.is_final { Kind::Final } else { Kind::Checkpoint };
                    let name = key(w.key).to_hex();
                    let said = facts(objective, Some(order), kind);
                    let replaces = matches!(step, Step::Replace(..));
                    let run_id = match (ours, replaces) {
                        (true, false) => store.save(key(w.key), &bytes, objective, Some(order), kind).unwrap(),
                        (false, false) => engine.save(&name, &bytes, said),
                        (true, true) => {
                            let slot = format!("slot{}", w.run);
                            store.save_for_all(key(w.key), &slot, &bytes, objective, Some(order), kind).unwrap();
                            slot
                        }
                        (false, true) => {
                            let run = format!("run{}", w.run);
                            engine.save_overwrite(&name, &run, &bytes, said);
                            run
                        }
                    };
                    let saved = Saved { objective, is_final: w.is_final, order };
                    model[w.key as usize].insert(run_id, saved);
                }
                Step::Remove { key: k, run } => {
                    for run_id in [format!("slot{run}"), format!("run{run}")] {
                        let had = model[*k as usize].remove(&run_id).is_some();
                        prop_assert_eq!(store.remove_entry(key(*k), &run_id).unwrap(), had);
                    }
                }
                Step::OurSweep => store.sweep().unwrap(),
                Step::TheirLookup { key: k, stamps_all } => {
                    engine.stamps_all = *stamps_all;
                    let found = engine.lookup(&key(*k).to_hex()).map(|p| whole(&p.payload).1);
                    // Without any objective theirs prefers a Final to a newer Checkpoint.
                    let runs = &model[*k as usize];
                    if runs.values().any(|s| s.objective.is_some()) || runs.is_empty() {
                        prop_assert_eq!(found, best(runs));
                    }
                }
                Step::TheirSweep => engine.sweep(),
                Step::TheirDeath { key: k } => dead.die_while_saving(&key(*k).to_hex()),
                Step::Reopen => handles[order as usize % 2] = open(tmp.path()),
                Step::Settle => thread::sleep(Duration::from_millis(25)),
            }
            for (k, runs) in (0u8..).zip(&model) {
                let expected: BTreeMap<&str, u64> =
                    runs.iter().map(|(run, s)| (run.as_str(), s.order)).collect();
                let pairs = engine.read(&key(k).to_hex());
                let theirs: BTreeMap<&str, u64> =
                    pairs.iter().map(|p| (p.run_id(), whole(&p.payload).1)).collect();
                prop_assert_eq!(pairs.len(), expected.len());
                prop_assert_eq!(&theirs, &expected, "after {:?}", &steps[..order as usize]);
                for handle in &handles {
                    for (mode, expected) in [(Lookup::Best, best(runs)), (Lookup::Latest, latest(runs))] {
                        let found = handle.lookup(key(k), mode).unwrap();
                        let found = found.map(|e| whole(e.payload()).1);
                        prop_assert_eq!(found, expected, "{:?} of key {} after {:?}", mode, k, &steps[..order as usize]);
                    }
                    let listed = handle.entries(key(k)).unwrap();
                    let listed: BTreeMap<&str, u64> = listed
                        .iter()
                        .map(|r| (r.run_id.as_str(), r.info.iteration.unwrap() as u64))
                        .collect();
                    prop_assert_eq!(&listed, &expected);
                }
            }
        }
        prop_assert_eq!(engine.displeased() + engine.attempts_undone(), 0);
        let report = handles[0].verify(&warmstart::Progress::new()).unwrap();
        prop_assert_eq!((report.damaged, report.half_present), (0, 0), "{:?}", report.findings);
    }
}

// In processes.

/// Tells a copy of this program what to do, where, and where to note what it did.
const ROLE: &str = "WARMSTART_TEST_ROLE";
const ROOT: &str = "WARMSTART_TEST_ROOT";
const NOTES: &str = "WARMSTART_TEST_NOTES";
const PROCESS_KEYS: u8 = 2;

/// What the processes of the test below do; nothing when called by the test runner.
#[test]
fn role_of_a_process() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    let root = PathBuf::from(std::env::var_os(ROOT).unwrap());
    let number = u64::from(std::process::id());
    let acknowledged = match role.as_str() {
        "ours" => save_by_our_rules(&root, number),
        _ => save_by_theirs(&root, number),
    };
    std::fs::write(std::env::var_os(NOTES).unwrap(), acknowledged).unwrap();
}

/// One acknowledged run a line: key, sequence number, run id.
fn note(notes: &mut String, key: u8, sequence: u64, run_id: &str) {
    notes.push_str(&format!("{key} {sequence} {run_id}\n"));
}

fn save_by_our_rules(root: &Path, number: u64) -> String {
    let store = open(root);
    let mut notes = String::new();
    for k in 0..PROCESS_KEYS {
        let session = Session::open(&store, key(k), &SessionOptions::new()).unwrap();
        let slot = format!("slot{number}");
        for sequence in 1..=60 {
            let bytes = payload(number, sequence);
            let objective = Some(-(sequence as f64));
            store
                .save_for_all(key(k), &slot, &bytes, objective, None, Kind::Checkpoint)
                .unwrap();
            session.checkpoint_now(&bytes, objective, None).unwrap();
            let found = store.lookup_run(key(k), &slot).unwrap().unwrap();
            assert_eq!(whole(found.payload()), (number, sequence));
            for mode in MODES {
                whole(store.lookup(key(k), mode).unwrap().unwrap().payload());
            }
            if sequence % 15 == 0 {
                let run_id = store
                    .save(key(k), &bytes, objective, None, Kind::Final)
                    .unwrap();
                note(&mut notes, k, sequence, &run_id);
                store.sweep().unwrap();
            }
        }
        note(&mut notes, k, 60, &slot);
        session.finalize(&payload(number, 61), None, None).unwrap();
        note(&mut notes, k, 61, session.run_id());
    }
    notes
}

fn save_by_theirs(root: &Path, number: u64) -> String {
    let engine = Engine::new(root);
    let mut notes = String::new();
    for sequence in 1..=400 {
        let k = (sequence % u64::from(PROCESS_KEYS)) as u8;
        let name = key(k).to_hex();
        if sequence % 10 == 0 {
            let objective = Some(-(sequence as f64));
            let said = facts(objective, None, Kind::Checkpoint);
            let run_id = engine.save(&name, &payload(number, sequence), said);
            note(&mut notes, k, sequence, &run_id);
        }
        if let Some(pair) = engine.lookup(&name) {
            whole(&pair.payload);
        }
        engine.sweep();
    }
    assert_eq!(engine.displeased(), 0);
    notes
}

#[test]
fn processes_of_both_engines_lose_nothing_of_each_other() {
    let (tmp, notes) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let program = std::env::current_exe().unwrap();
    let start = |(n, role): (usize, &&str)| {
        let note = notes.path().join(n.to_string());
        let child = Command::new(&program)
            .args(["--exact", "role_of_a_process", "--nocapture"])
            .env(ROLE, role)
            .env(ROOT, tmp.path())
            .env(NOTES, &note)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        (child, note)
    };
    let roles = ["ours", "ours", "theirs", "theirs"];
    let children: Vec<_> = roles.iter().enumerate().map(start).collect();
    let mut acknowledged: BTreeMap<u8, Vec<(String, Vec<u8>)>> = BTreeMap::new();
    for (mut child, note) in children {
        let number = u64::from(child.id());
        assert!(child.wait().unwrap().success());
        for line in std::fs::read_to_string(note).unwrap().lines() {
            let mut words = line.split(' ');
            let mut word = || words.next().unwrap();
            let k: u8 = word().parse().unwrap();
            let sequence: u64 = word().parse().unwrap();
            let runs = acknowledged.entry(k).or_default();
            runs.push((word().to_owned(), payload(number, sequence)));
        }
    }
    let (store, engine) = (open(tmp.path()), Engine::new(tmp.path()));
    assert_eq!(
        acknowledged.values().map(Vec::len).sum::<usize>(),
        2 * 12 + 2 * 40
    );
    for (k, runs) in &acknowledged {
        is_found_by_both(&store, &engine, key(*k), runs);
        engine.lookup(&key(*k).to_hex());
    }
    store.sweep().unwrap();
    engine.sweep();
    for (k, runs) in &acknowledged {
        is_found_by_both(&store, &engine, key(*k), runs);
    }
}

#[test]
fn what_was_replaced_in_place_is_a_pair_to_a_version_1_engine_without_a_flush() {
    let tmp = tempfile::tempdir().unwrap();
    let (store, engine) = (open(tmp.path()), Engine::new(tmp.path()));
    for n in 0..5 {
        store
            .save_slot(key(0), "slot", &payload(1, n), None, None, Kind::Checkpoint)
            .unwrap();
    }
    // Within a second, but no test waits for a clock: as long as this takes on a busy machine.
    let name = key(0).to_hex();
    let mut waits = 0;
    while whole(&engine.lookup(&name).unwrap().payload) != (1, 4) {
        waits += 1;
        assert!(waits < 6000, "never");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_cache_is_nothing_to_a_version_1_engine_and_is_none_the_worse_for_it() {
    let root = tempfile::tempdir().unwrap();
    let cache = Cache::open(Some(root.path()), &CacheOptions::new()).unwrap();
    let mut tagged = PutOptions::new();
    tagged.tag("t").unwrap();
    let compressible = vec![b'a'; 5000];
    for n in 0..20 {
        let put = if n % 2 == 0 {
            &tagged
        } else {
            &PutOptions::new()
        };
        cache.put("n", &n.to_string(), &compressible, put).unwrap();
    }
    cache.remove("n", "0").unwrap();
    let directories = || {
        std::fs::read_dir(root.path())
            .unwrap()
            .map(|d| d.unwrap().path())
    };
    let namespace = directories()
        .find(|d| d.join("namespace").exists())
        .unwrap();
    for at in [root.path(), &namespace] {
        let engine = Engine::in_process(at, ANOTHER_PID);
        for entry in std::fs::read_dir(at).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert_eq!(engine.read(&name), [], "{name}");
            assert_eq!(engine.lookup(&name), None);
        }
        engine.sweep();
        assert_eq!(
            (engine.expire(), engine.evict(), engine.displeased()),
            (0, 0, 0)
        );
    }
    for cache in [
        &cache,
        &Cache::open(Some(root.path()), &CacheOptions::new()).unwrap(),
    ] {
        for n in 1..20 {
            let blob = cache.get("n", &n.to_string()).unwrap().unwrap();
            assert_eq!(blob.payload(), compressible);
        }
        assert!(cache.get("n", "0").unwrap().is_none());
    }
    assert_eq!(cache.invalidate(None, LabelKind::Tag, &["t"]).unwrap(), 9);
}
