//! What is kept in memory of a key, and what has to be read again.

use super::*;
use crate::fs::Posix;
use crate::store::metadata::{Description, Metadata};
use crate::store::Durability;
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Longer than stamps need to tell changes apart.
fn pause() {
    std::thread::sleep(Duration::from_millis(30));
}

fn save(store: &Store, payload: &[u8], objective: f64) -> String {
    store
        .save(KEY, payload, Some(objective), None, Kind::Checkpoint)
        .unwrap()
}

/// A pair as a version-1 engine writes it: by renames, in place of one of the same name.
fn save_as_version_1(dir: &Path, run_id: &str, payload: &[u8], objective: f64) {
    let metadata = Metadata::new(
        crate::fs::FileSystem::now(&Posix),
        Kind::Checkpoint,
        &Description::new(Some(objective), None),
        Durability::Full,
        Sha256::digest(payload).into(),
        payload.len() as u64,
    );
    let text = String::from_utf8(metadata.to_bytes().unwrap()).unwrap();
    let fields = text.lines().filter(|l| !l.contains("metadata_digest_hex"));
    let text = fields.collect::<Vec<_>>().join("\n");
    let text = text.replace("\"accessed_nanos\": 0,", "\"accessed_nanos\": 0");
    std::fs::create_dir_all(dir).unwrap();
    for (suffix, contents) in [("bin", payload), ("json", text.as_bytes())] {
        let unfinished = dir.join(format!("{run_id}.{suffix}.tmp.1.2"));
        std::fs::write(&unfinished, contents).unwrap();
        std::fs::rename(unfinished, dir.join(format!("{run_id}.{suffix}"))).unwrap();
    }
}

/// The metadata files that were opened since the log was emptied.
fn metadata_read(world: &World) -> usize {
    let log = world.disk.log();
    let opened = |c: &&String| c.starts_with("open_read") && c.ends_with(".json");
    log.iter().filter(opened).count()
}

#[test]
fn a_directory_replaced_while_it_is_kept_open_is_noticed() {
    let tmp = tempfile::tempdir().unwrap();
    let root = tmp.path().join("root");
    let other_root = tmp.path().join("other");
    let open = |root: &Path| Store::open(Some(root), &StoreOptions::new()).unwrap();
    let (store, same, other) = (open(&root), open(&root), open(&other_root));
    save(&store, b"first", 1.0);
    save(&other, b"other", 1.0);
    let is_hot = || {
        pause();
        best(&store);
        store.inner().memory.directory(KEY).is_some()
    };
    assert!(is_hot());
    assert_eq!(best(&store).unwrap(), b"first");

    assert!(same.remove(KEY).unwrap());
    assert_eq!(best(&store), None, "removed");
    save(&same, b"second", 1.0);
    assert_eq!(best(&store).unwrap(), b"second", "made anew");

    assert!(is_hot());
    let (here, away) = (root.join(KEY.to_hex()), tmp.path().join("away"));
    std::fs::rename(&here, &away).unwrap();
    assert_eq!(best(&store), None, "renamed");
    std::fs::rename(&away, &here).unwrap();
    assert_eq!(best(&store).unwrap(), b"second", "put back");

    assert!(is_hot());
    std::fs::rename(&here, &away).unwrap();
    std::fs::rename(other_root.join(KEY.to_hex()), &here).unwrap();
    assert_eq!(best(&store).unwrap(), b"other", "in its place");

    assert!(is_hot());
    std::fs::remove_dir_all(&root).unwrap();
    assert_eq!(best(&store), None, "with its root");
    save(&store, b"third", 1.0);
    assert_eq!(best(&store).unwrap(), b"third", "in a root made anew");
}

#[test]
fn after_a_save_only_its_metadata_and_the_winners_are_read() {
    let world = World::of_pairs();
    let (store, other) = (world.store(), world.store());
    for n in 0..40 {
        save(&store, &[n], f64::from(n) + 10.0);
    }
    assert_eq!(best(&store).unwrap(), [0]);
    for (n, writer) in [&store, &other, &other].into_iter().enumerate() {
        save(writer, b"better", 9.0 - n as f64);
        save(writer, b"worse", 100.0);
        world.disk.plan(None);
        assert_eq!(best(&store).unwrap(), b"better");
        assert_eq!(metadata_read(&world), 2, "{:?}", world.disk.log());
        world.disk.plan(None);
        store.lookup(KEY, Lookup::Latest).unwrap();
        assert!(metadata_read(&world) <= 1);
    }
}

#[test]
fn what_another_engine_replaces_in_place_is_read_again() {
    let world = World::of_pairs();
    let store = world.store();
    let dir = world.root().join(KEY.to_hex());
    for n in 0..20 {
        save_as_version_1(&dir, &format!("run{n}"), &[n], f64::from(n) + 10.0);
    }
    pause();
    assert_eq!(best(&store).unwrap(), [0]);
    save_as_version_1(&dir, "new", b"worse", 99.0);
    world.disk.plan(None);
    assert_eq!(best(&store).unwrap(), [0]);
    assert_eq!(metadata_read(&world), 2, "{:?}", world.disk.log());
    // Twice, so that an inode may be used again; with the same length.
    for objective in [51.0, 50.0] {
        save_as_version_1(&dir, "run0", b"!", objective);
    }
    assert_eq!(best(&store).unwrap(), [1]);
    pause();
    best(&store);
    save_as_version_1(&dir, "run7", b"?", 11.0 - 0.5);
    assert_eq!(best(&store).unwrap(), b"?");
}

#[test]
fn a_pair_damaged_or_removed_since_it_was_remembered_is_passed_over() {
    let world = World::of_pairs();
    let store = world.store();
    for n in 0..20 {
        save(&store, &[n], f64::from(n));
    }
    let dir = world.root().join(KEY.to_hex());
    let winner = |store: &Store| {
        let entry = store.lookup(KEY, Lookup::Best).unwrap().unwrap();
        entry.run_id().to_owned()
    };
    std::fs::write(dir.join(format!("{}.bin", winner(&store))), b"?").unwrap();
    save(&store, b"worse", 99.0);
    assert_eq!(best(&store).unwrap(), [1]);
    std::fs::write(dir.join(format!("{}.json", winner(&store))), b"?").unwrap();
    save(&store, b"worse", 99.0);
    assert_eq!(best(&store).unwrap(), [2]);
    let run_id = winner(&store);
    world.store().remove_entry(KEY, &run_id).unwrap();
    assert_eq!(best(&store).unwrap(), [3]);
    // As a version-1 lookup leaves it that had read it before the removal.
    std::fs::write(dir.join(format!("{run_id}.json")), b"{}").unwrap();
    assert_eq!(best(&store).unwrap(), [3]);
}

#[test]
fn what_was_used_since_it_was_remembered_has_not_expired() {
    let world = World::of_pairs();
    let (store, other) = (world.open(&ttl(100.0)), world.open(&ttl(100.0)));
    for n in 0..20 {
        save(&store, &[n], f64::from(n));
    }
    assert_eq!(best(&store).unwrap(), [0]);
    world.disk.advance(60);
    assert_eq!(best(&other).unwrap(), [0]);
    world.disk.advance(60);
    assert_eq!(best(&store).unwrap(), [0]);
    let latest = store.lookup(KEY, Lookup::Latest).unwrap().unwrap();
    assert_eq!(latest.payload(), [0], "all others have expired");
    world.disk.advance(120);
    assert_eq!(best(&store), None);
}

#[derive(Debug, Clone)]
enum Op {
    Save(i8),
    Slot(u8, i8),
    Remove(usize),
    Version1(u8, i8),
    Lookup,
    Pause,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        4 => any::<i8>().prop_map(Op::Save),
        3 => (0u8..4, any::<i8>()).prop_map(|(run, o)| Op::Slot(run, o)),
        2 => any::<usize>().prop_map(Op::Remove),
        3 => (0u8..6, any::<i8>()).prop_map(|(run, o)| Op::Version1(run, o)),
        6 => Just(Op::Lookup),
        1 => Just(Op::Pause),
    ];
    prop::collection::vec(op, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_is_remembered_answers_as_what_is_read(ops in ops()) {
        let tmp = tempfile::tempdir().unwrap();
        let mut options = StoreOptions::new();
        options.durability(Durability::Process);
        let open = || Store::open(Some(tmp.path()), &options).unwrap();
        let (store, other) = (open(), open());
        let dir = tmp.path().join(KEY.to_hex());
        for n in 0..12 {
            save(&other, &[n], 200.0);
            save_as_version_1(&dir, &format!("theirs{n}"), &[n], 200.0);
        }
        pause();
        best(&store);
        for (n, op) in ops.into_iter().enumerate() {
            let payload = (n as u64).to_le_bytes();
            let writer = if n % 2 == 0 { &store } else { &other };
            match op {
                Op::Save(o) => drop(save(writer, &payload, f64::from(o))),
                Op::Slot(run, o) => writer
                    .save_slot(KEY, &format!("run{run}"), &payload, Some(f64::from(o)), None, Kind::Checkpoint)
                    .unwrap(),
                Op::Remove(which) => {
                    let runs = other.entries(KEY).unwrap();
                    let run = &runs[which % runs.len()].run_id;
                    prop_assert!(writer.remove_entry(KEY, run).unwrap());
                    if runs.len() == 1 {
                        save(writer, &payload, 200.0);
                    }
                }
                Op::Version1(run, o) => {
                    save_as_version_1(&dir, &format!("theirs{run}"), &payload, f64::from(o));
                }
                Op::Pause => pause(),
                Op::Lookup => {}
            }
            for mode in [Lookup::Best, Lookup::Latest] {
                let answer = |s: &Store| {
                    let entry = s.lookup(KEY, mode).unwrap();
                    entry.map(|e| (e.run_id().to_owned(), e.payload().to_vec(), e.info()))
                };
                prop_assert_eq!(answer(&store), answer(&open()));
            }
        }
    }
}
