//! Verification and repair: what they say, what they do, and what they leave alone.

use super::*;
use crate::store::check::{Action, CheckReport, Problem};
use crate::store::sweep::Depth;

/// Files that no writer is at work on any more.
fn put(world: &World, files: &[(&str, &[u8])]) {
    let dir = world.root().join(KEY.to_hex());
    std::fs::create_dir_all(&dir).unwrap();
    for (name, contents) in files {
        std::fs::write(dir.join(name), contents).unwrap();
    }
}

fn verify(store: &Store) -> CheckReport {
    store.verify(&Progress::new()).unwrap()
}

fn repair(store: &Store) -> CheckReport {
    store.repair(&Progress::new()).unwrap()
}

fn kinds(report: &CheckReport) -> Vec<(Problem, Action)> {
    let mut kinds: Vec<_> = report
        .findings
        .iter()
        .map(|f| (f.problem, f.action))
        .collect();
    kinds.sort_by_key(|(p, _)| *p as u8);
    kinds
}

/// A store with one of everything that can be wrong, and two entries with which nothing is.
fn broken_world() -> (World, Store) {
    let world = World::new();
    let store = world.open(&ttl(0.0));
    slot(&store, b"damaged payload", 1.0).unwrap();
    damage(&world, ".bin");
    store
        .save(KEY, b"sound", Some(2.0), None, Kind::Checkpoint)
        .unwrap();
    let other = Key::from_bytes([7; 32]);
    store
        .save(other, b"sound too", None, None, Kind::Final)
        .unwrap();
    let other = world.root().join(other.to_hex());
    let names = names_in(&other);
    let name = names.iter().find(|n| n.ends_with(".json")).unwrap();
    let metadata = std::fs::read(other.join(name)).unwrap();
    put(
        &world,
        &[
            ("broken.json", b"{"),
            ("broken.bin", b"p"),
            ("orphan.bin", b"p"),
            ("half.json", &metadata),
            (".part~00", b"unfinished"),
            ("gone.pin", b""),
        ],
    );
    let aux = world.root().join(".warmstart");
    std::fs::write(aux.join(".part~01"), b"unfinished").unwrap();
    (world, store)
}

#[test]
fn verification_names_every_problem_and_changes_nothing() {
    let (world, store) = broken_world();
    world.disk.advance(2 * HOUR);
    let before = world.names();
    let report = verify(&store);
    use Problem::*;
    assert_eq!(
        kinds(&report),
        [
            Metadata,
            Payload,
            PayloadMissing,
            MetadataMissing,
            Leaving,
            Leaving,
            Leaving
        ]
        .map(|p| (p, Action::Nothing))
    );
    assert_eq!((report.keys, report.intact), (2, 2));
    assert_eq!(
        (report.damaged, report.half_present, report.leavings),
        (2, 2, 3)
    );
    assert_eq!(report.payload_bytes, 14);
    assert!(report.complete);
    for f in &report.findings {
        let named = before.iter().any(|n| f.text.contains(n.as_str()));
        assert!(
            named || f.text.contains(".part~01") || f.text.contains("half.bin"),
            "{}",
            f.text
        );
    }
    assert_eq!(world.names(), before);
}

#[test]
fn repair_waits_ten_minutes_then_moves_aside_and_removes_and_keeps_what_is_intact() {
    let (world, store) = broken_world();
    let early = repair(&store);
    assert_eq!((early.waiting, early.moved_aside, early.removed), (4, 0, 0));
    assert_eq!(
        early.leavings, 0,
        "leavings this young may be a living writer's"
    );
    world.disk.advance(2 * HOUR);
    let report = repair(&store);
    assert_eq!(
        (
            report.moved_aside,
            report.removed,
            report.waiting,
            report.failed
        ),
        (4, 3, 0, 0)
    );
    assert_eq!(report.intact, 2);
    let clean = verify(&store);
    assert_eq!(clean.findings, []);
    assert_eq!(clean.intact, 2);
    assert_eq!(best(&store).unwrap(), b"sound");
    let stats = store.stats();
    assert_eq!((stats.keys, stats.entries), (2, 2));
    assert!(stats.aside_files >= 4 + 2);
}

#[test]
fn repair_neither_expires_nor_evicts() {
    let world = World::new();
    let mut options = ttl(60.0);
    slot(&world.open(&options), b"kept", 1.0).unwrap();
    world.disk.advance(2 * DAY);
    let store = world.open(options.size_budget(1).unwrap());
    repair(&store);
    assert_eq!(world.names().len(), 2);
    store.sweep().unwrap();
    assert_eq!(world.names().len(), 0);
}

/// A look at names and lengths alone must not take it for whole.
#[test]
fn a_damaged_generation_costs_nobody_the_one_it_superseded() {
    let world = World::of_pairs();
    let store = world.open(&ttl(0.0));
    let dir = world.root().join(KEY.to_hex());
    slot(&store, b"older", 2.0).unwrap();
    let read = |n: String| (std::fs::read(dir.join(&n)).unwrap(), n);
    let older: Vec<_> = world.names().into_iter().map(read).collect();
    slot(&store, b"newer", 1.0).unwrap();
    damage(&world, ".bin");
    for (contents, name) in older {
        std::fs::write(dir.join(name), contents).unwrap();
    }
    world.disk.advance(2 * HOUR);
    store.inner.sweep(Depth::Shallow, None).unwrap();
    assert_eq!(best(&store).unwrap(), b"older");
    assert_eq!(repair(&store).moved_aside, 1);
    assert_eq!(best(&store).unwrap(), b"older");
    assert_eq!(verify(&store).findings, []);
}

#[test]
fn repair_writes_the_shared_figures_and_the_record_anew() {
    let world = World::new();
    let store = world.open(&ttl(77.0));
    slot(&store, b"x", 1.0).unwrap();
    let aux = world.root().join(".warmstart");
    std::fs::write(aux.join("totals"), b"nonsense").unwrap();
    std::fs::write(aux.join("record"), b"nonsense").unwrap();
    use Problem::*;
    let inherits = world.store();
    assert_eq!(
        kinds(&verify(&inherits)),
        [Totals, Record].map(|p| (p, Action::Nothing))
    );
    assert_eq!(
        kinds(&repair(&inherits)),
        [Totals, Record].map(|p| (p, Action::Rebuilt))
    );
    assert_eq!(kinds(&verify(&inherits)), []);
    assert_eq!((inherits.stats().entries, inherits.stats().files), (1, 4));
    // What a record that cannot be understood is taken for: nothing expires.
    world.disk.advance(DAY);
    let store = world.store();
    store.sweep().unwrap();
    assert_eq!(best(&store).unwrap(), b"x");
}

#[test]
fn cancelled_work_says_so_and_a_cancelled_repair_does_nothing_more() {
    let (world, store) = broken_world();
    world.disk.advance(2 * HOUR);
    let before = world.names();
    let progress = Progress::new();
    progress.cancel();
    for report in [
        store.verify(&progress).unwrap(),
        store.repair(&progress).unwrap(),
    ] {
        assert!(!report.complete);
        assert_eq!((report.intact, report.moved_aside), (0, 0));
    }
    assert_eq!(world.names(), before);
    assert_eq!((progress.keys_done(), progress.keys_total()), (0, 2));
}

#[test]
fn progress_ends_where_it_said_it_would() {
    let (_world, store) = broken_world();
    let progress = Progress::new();
    store.verify(&progress).unwrap();
    assert_eq!((progress.keys_done(), progress.keys_total()), (2, 2));
    assert_eq!(progress.entries_done(), 5);
    // All payloads of whole pairs of the right length: what cannot match is not read.
    assert_eq!(progress.bytes_done(), 15 + 5 + 9);
    assert!(progress.bytes_total() >= 29);
}

#[test]
fn a_store_opened_read_only_is_verified_and_not_repaired() {
    let (world, _store) = broken_world();
    let mut options = StoreOptions::new();
    options.read_only(true);
    let reader = world.open(&options);
    assert_eq!(verify(&reader).intact, 2);
    let refused = reader.repair(&Progress::new()).unwrap_err();
    assert_eq!(refused.kind(), crate::ErrorKind::Permission);
}

#[test]
fn the_mark_of_a_dead_session_protects_nothing_and_goes() {
    let world = World::new();
    let store = world.store();
    let dir = world.root().join(".warmstart");
    std::fs::create_dir_all(&dir).unwrap();
    // As a killed process leaves it: there, young, and locked by nobody.
    std::fs::write(dir.join("alive~ckpt-r1-2"), b"").unwrap();
    let session = crate::Session::open(&store, KEY, &crate::SessionOptions::new()).unwrap();
    session.checkpoint(b"x", None, None).unwrap();
    store.sweep().unwrap();
    let marks: Vec<String> = names_in(&dir)
        .into_iter()
        .filter(|n| n.starts_with("alive~"))
        .collect();
    assert_eq!(marks, [format!("alive~{}", session.run_id())]);
}
