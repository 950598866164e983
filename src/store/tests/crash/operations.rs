//! What is done to the disk: each operation, run once and written down.

use super::*;

pub(super) fn saved(payload: &'static [u8], objective: f64) -> Step {
    step(move |s| slot(s, payload, objective).unwrap())
}

pub(super) fn operations() -> Vec<(&'static str, Run)> {
    let long: &'static [u8] = &[7; 1100];
    let session = |steps: fn(&Session)| {
        step(move |s: &Store| {
            let mut options = SessionOptions::new();
            options.min_interval_seconds(0.0).unwrap();
            let session = Session::open(s, KEY, &options).unwrap();
            steps(&session);
            // Its mark stays, as a killed process leaves it.
            static KILLED: Mutex<Vec<Session>> = Mutex::new(Vec::new());
            KILLED.lock().unwrap().push(session);
        })
    };
    vec![
        ("first entry", run(&[], &[saved(b"new", 1.0)])),
        (
            "save",
            run(
                &[saved(b"old", 1.0)],
                &[step(|s| {
                    s.save(KEY, b"new", Some(0.5), Some(3), Kind::Final)
                        .unwrap();
                })],
            ),
        ),
        (
            "replace",
            run(
                &[saved(b"older", 3.0), saved(b"old", 2.0)],
                &[saved(b"new", 1.0)],
            ),
        ),
        (
            "replace by a longer one",
            run(&[saved(b"old", 2.0)], &[saved(long, 1.0)]),
        ),
        (
            "replace twice",
            run(
                &[saved(b"old", 3.0)],
                &[saved(b"new", 2.0), saved(b"newer", 1.0)],
            ),
        ),
        (
            "remove a key",
            run(
                &[saved(b"older", 2.0), saved(b"old", 1.0)],
                &[step(|s| assert!(s.remove(KEY).unwrap()))],
            ),
        ),
        (
            "replace, then remove the run",
            run(
                &[saved(b"older", 2.0)],
                &[
                    saved(b"old", 1.0),
                    step(|s| assert!(s.remove_entry(KEY, "run").unwrap())),
                ],
            ),
        ),
        (
            "pin",
            run(
                &[saved(b"old", 1.0)],
                &[step(|s| assert!(s.pin(KEY, "run", true).unwrap()))],
            ),
        ),
        (
            "sweep",
            run(&[saved(b"old", 1.0)], &[step(|s| s.sweep().unwrap())]),
        ),
        (
            "a session's first checkpoint",
            run(
                &[],
                &[session(|s| {
                    s.checkpoint(b"best", Some(1.0), Some(1)).unwrap();
                })],
            ),
        ),
        ("two writers on one slot", two_writers()),
    ]
}

pub(super) fn two_writers() -> Run {
    let disk = Simulated::new();
    let (a, b) = (open_on(&disk), open_on(&disk));
    slot(&a, b"old", 9.0).unwrap();
    record(
        disk,
        &a,
        &[
            &|| slot(&a, b"from a", 3.0).unwrap(),
            &|| slot(&b, b"from b", 2.0).unwrap(),
            &|| slot(&a, b"once a", 1.0).unwrap(),
        ],
    )
}

/// A lookup that renews the access stamp.
pub(super) fn reuse_run() -> Run {
    let disk = Simulated::new();
    let reader = open_on(&disk);
    slot(&reader, b"old", 1.0).unwrap();
    disk.advance(3 * DAY);
    let month = ttl(30.0 * DAY as f64);
    let ages = Store::open_on(Arc::new(disk.clone()), Some(root()), &month).unwrap();
    let reuse = record(disk, &reader, &[&|| drop(answer(&ages))]);
    let touched = |op: &Op| matches!(op, Op::Rename { new, .. } if new.ends_with(".json"));
    assert!(reuse.history.log.iter().any(touched));
    reuse
}

/// A sweep that sets damage aside and reclaims leavings.
pub(super) fn tidy_run() -> Run {
    let disk = Simulated::new();
    let store = open_on(&disk);
    slot(&store, b"old", 1.0).unwrap();
    let dir = disk.open_root(&root().join(KEY.to_hex())).unwrap();
    for name in [
        "broken.json",
        "broken.bin",
        "orphan.bin",
        ".part~00",
        "r.bin.tmp.1.x",
    ] {
        let file = dir.create_new(name).unwrap();
        fs::write_all(file.as_ref(), b"{").unwrap();
    }
    disk.advance(2 * HOUR);
    let tidy = record(disk, &store, &[&|| store.sweep().unwrap()]);
    let moved = |op: &Op| matches!(op, Op::Rename { new, .. } if new.ends_with(".metadata"));
    assert!(tidy.history.log.iter().any(moved));
    tidy
}

pub(super) fn files_in(dir: &dyn Dir) -> Vec<(String, Vec<u8>)> {
    let names = dir.list().unwrap().into_iter().map(|l| l.name);
    names
        .map(|n| (n.clone(), read_file(dir, &n).unwrap()))
        .collect()
}

/// A writer that died before its new generation's names were durable and the older one removed, then
/// a repair: whatever else it finds, it leaves one of the two.
pub(super) fn repair_after_writer_run() -> Run {
    let key = root().join(KEY.to_hex());
    let disks = [Simulated::pairs_only(), Simulated::pairs_only()];
    let stores = disks.each_ref().map(open_on);
    for store in &stores {
        slot(store, b"older", 3.0).unwrap();
        slot(store, b"old", 2.0).unwrap();
    }
    slot(&stores[1], b"new", 1.0).unwrap();
    let newer = files_in(disks[1].open_root(&key).unwrap().as_ref());
    let [disk, _] = disks;
    let dir = disk.open_root(&key).unwrap();
    let step = || {
        for (name, bytes) in newer.iter().rev() {
            let file = dir.create_new(name).unwrap();
            fs::write_all(file.as_ref(), bytes).unwrap();
            file.sync().unwrap();
        }
        let report = stores[0].repair(&Progress::new()).unwrap();
        assert_eq!((report.superseded, report.removed), (1, 2));
    };
    record(disk.clone(), &stores[0], &[&step])
}

/// A repair that sets damage aside, reclaims leavings and what was superseded, and writes totals and
/// record anew.
pub(super) fn repair_run() -> Run {
    let disk = Simulated::pairs_only();
    let store = open_on(&disk);
    slot(&store, b"older", 2.0).unwrap();
    let dir = disk.open_root(&root().join(KEY.to_hex())).unwrap();
    let kept = files_in(dir.as_ref());
    slot(&store, b"old", 1.0).unwrap();
    let left: [(&str, &[u8]); 6] = [
        ("broken.json", b"{"),
        ("broken.bin", b"{"),
        ("orphan.bin", b"{"),
        (".part~00", b"{"),
        ("r.bin.tmp.1.x", b"{"),
        ("gone.pin", b""),
    ];
    let kept = kept.iter().map(|(name, bytes)| (name.as_str(), &bytes[..]));
    for (name, bytes) in left.into_iter().chain(kept) {
        fs::write_all(dir.create_new(name).unwrap().as_ref(), bytes).unwrap();
    }
    super::matrix::break_record_and_totals(&disk);
    disk.advance(2 * HOUR);
    // Without limits of its own, so that it is the repair that writes the record.
    let inherits = open_on_with(&disk, &StoreOptions::new());
    let repair = || {
        let report = inherits.repair(&Progress::new()).unwrap();
        assert_eq!((report.moved_aside, report.failed), (2, 0));
        assert_eq!((report.superseded, report.removed), (1, 3 + 2));
    };
    let run = record(disk, &store, &[&repair]);
    let moved = |op: &Op| matches!(op, Op::Rename { new, .. } if new.ends_with(".metadata"));
    assert!(run.history.log.iter().any(moved));
    run
}

/// A session whose checkpoints are queued and published by turns; each turn is a step.
pub(super) fn background_run() -> Run {
    let disk = Simulated::new();
    let store = open_on(&disk);
    let mut options = SessionOptions::new();
    options.min_interval_seconds(0.0).unwrap().background(true);
    let s = Session::open(&store, KEY, &options)
        .unwrap()
        .without_thread();
    let queue = |payload: &[u8], objective| {
        let outcome = s.checkpoint(payload, objective, None).unwrap();
        assert_eq!(outcome, Outcome::Queued);
    };
    let turn = || assert_eq!(s.turn(), Turn::Done);
    let flushed = || {
        assert_eq!(s.turn(), Turn::Idle);
        assert!(s.flush(Duration::ZERO).unwrap());
    };
    let run = record(
        disk,
        &store,
        &[
            &|| queue(b"first", Some(5.0)),
            &|| {
                turn();
                flushed();
            },
            &|| {
                queue(b"replaced", Some(6.0));
                queue(b"replaced too", Some(4.5));
                queue(b"best", Some(4.0));
                queue(b"worse", Some(7.0));
                queue(b"worst", Some(8.0));
            },
            &turn,
            &turn,
            &flushed,
            &|| {
                queue(b"superseded", Some(3.0));
                s.finalize(b"answer", Some(3.5), None).unwrap();
                flushed();
            },
            &|| {
                queue(b"refined", None);
                turn();
            },
            &|| assert!(s.finish().unwrap()),
        ],
    );
    assert_eq!(
        run.answers[6][..2],
        [&b"best"[..], b"worst"].map(|p| Some(p.to_vec()))
    );
    run
}

/// A session's steps, each acknowledged on its own.
pub(super) fn session_run() -> Run {
    let disk = Simulated::new();
    let store = open_on(&disk);
    let mut options = SessionOptions::new();
    options.min_interval_seconds(0.0).unwrap();
    let s = Session::open(&store, KEY, &options).unwrap();
    let write = |payload: &[u8], objective| s.checkpoint_now(payload, objective, Some(1)).unwrap();
    write(b"first", Some(5.0));
    record(
        disk,
        &store,
        &[
            &|| write(b"worse", Some(6.0)),
            &|| write(b"worst", Some(7.0)),
            &|| write(b"best", Some(4.0)),
            &|| write(b"no objective", None),
            &|| s.finalize(b"answer", Some(4.5), Some(6)).unwrap(),
        ],
    )
}

/// A root that is not there yet, opened, recorded, written into.
pub(super) fn open_run() -> Run {
    let disk = Simulated::new();
    let reader = Simulated::new();
    let reader = open_on_with(&reader, &ttl(0.0));
    let opened = std::sync::Mutex::new(None);
    record_with(
        disk.clone(),
        &|| match &*opened.lock().unwrap() {
            Some(store) => answer(store),
            None => answer(&reader),
        },
        &[&|| *opened.lock().unwrap() = Some(open_on(&disk)), &|| {
            slot(opened.lock().unwrap().as_ref().unwrap(), b"first", 1.0).unwrap()
        }],
    )
}

/// Limits that are named when a root is opened again.
pub(super) fn limits_run() -> Run {
    let disk = Simulated::new();
    let store = open_on(&disk);
    slot(&store, b"old", 1.0).unwrap();
    let again = || {
        let mut options = ttl(0.0);
        options.file_budget(1_000).unwrap();
        open_on_with(&disk, &options);
    };
    record(disk.clone(), &store, &[&again])
}

/// A sweep that evicts other keys' entries, and one that expires them.
pub(super) fn eviction_run() -> Run {
    let disk = Simulated::new();
    let mut options = ttl(0.0);
    options.file_budget(12).unwrap();
    let store = open_on(&disk);
    fill(&store);
    slot(&store, b"old", 1.0).unwrap();
    let tight = open_on_with(&disk, &options);
    let run = record(disk, &store, &[&|| tight.sweep().unwrap()]);
    assert!(tight.stats().evictions > 0);
    run
}

pub(super) fn expiry_run() -> Run {
    let disk = Simulated::new();
    let store = open_on_with(&disk, &ttl(HOUR as f64));
    fill(&store);
    disk.advance(2 * HOUR);
    slot(&store, b"old", 1.0).unwrap();
    let run = record(disk, &store, &[&|| store.sweep().unwrap()]);
    assert!(store.stats().expirations > 0);
    run
}

pub(super) fn fill(store: &Store) {
    for i in 1..8 {
        let key = Key::from_bytes([i; 32]);
        store.save(key, b"other", None, None, Kind::Final).unwrap();
    }
}

/// A session with both checkpoints, which is finished, then freed.
pub(super) fn free_run() -> Run {
    let disk = Simulated::new();
    let store = open_on(&disk);
    let session = Session::open(&store, KEY, &SessionOptions::new()).unwrap();
    session.checkpoint_now(b"best", Some(1.0), None).unwrap();
    session.checkpoint_now(b"worse", Some(2.0), None).unwrap();
    let session = std::sync::Mutex::new(Some(session));
    let free = || drop(session.lock().unwrap().take());
    record(disk, &store, &[&|| {}, &free])
}

/// A Final without objective, over a best checkpoint and a later, worse one.
pub(super) fn final_run() -> Run {
    let disk = Simulated::new();
    let store = open_on(&disk);
    let session = Session::open(&store, KEY, &SessionOptions::new()).unwrap();
    session.checkpoint_now(b"best", Some(1.0), None).unwrap();
    session.checkpoint_now(b"worse", Some(2.0), None).unwrap();
    let run = record(
        disk,
        &store,
        &[&|| session.finalize(b"answer", None, None).unwrap()],
    );
    std::mem::forget(session);
    run
}

pub(super) fn replaced_thrice() -> Vec<Step> {
    vec![
        saved(b"first", 9.0),
        saved(b"second", 8.0),
        saved(b"third", 7.0),
    ]
}

pub(super) fn exported(release: bool) -> Step {
    step(move |s| s.inner().export(KEY, "run", release).unwrap())
}

/// What replacing a slot in place adds to what is done to a disk.
pub(super) fn in_place_operations() -> Vec<(&'static str, Run)> {
    let long: &'static [u8] = &[7; 1100];
    let longer: &'static [u8] = &[8; 9000];
    let prepared = |steps: &[Step]| run(&replaced_thrice(), steps);
    let final_ = |s: &Store| {
        s.save_slot(KEY, "run", b"answer", Some(1.0), None, Kind::Final)
            .unwrap();
    };
    vec![
        (
            "replace in place",
            prepared(&[saved(b"a", 6.0), saved(b"b", 5.0), saved(b"c", 4.0)]),
        ),
        (
            "grow in place",
            prepared(&[saved(long, 6.0), saved(longer, 5.0), saved(b"c", 4.0)]),
        ),
        (
            "publish what is in place",
            prepared(&[exported(false), saved(b"a", 6.0), exported(false)]),
        ),
        (
            "release what is in place",
            prepared(&[saved(b"a", 6.0), exported(true), saved(b"b", 5.0)]),
        ),
        (
            "answer over what is in place",
            prepared(&[saved(b"a", 6.0), step(final_)]),
        ),
        (
            "remove what is in place",
            prepared(&[
                saved(b"a", 6.0),
                step(|s| assert!(s.remove_entry(KEY, "run").unwrap())),
            ]),
        ),
        (
            "remove a key with what is in place",
            prepared(&[exported(false), step(|s| assert!(s.remove(KEY).unwrap()))]),
        ),
        ("two writers in place", two_writers_in_place()),
        ("a long session", long_session_run()),
    ]
}

pub(super) fn two_writers_in_place() -> Run {
    let disk = Simulated::new();
    let (a, b) = (open_on(&disk), open_on(&disk));
    replaced_thrice().iter().for_each(|s| s(&a));
    record(
        disk,
        &a,
        &[
            &|| slot(&b, b"from b", 6.0).unwrap(),
            &|| slot(&a, b"from a", 5.0).unwrap(),
            &|| slot(&a, b"a again", 4.0).unwrap(),
            &|| slot(&b, b"b again", 3.0).unwrap(),
        ],
    )
}

/// Best and latest checkpoints in turn, so that the latest's private file is emptied and filled again.
pub(super) fn long_session_run() -> Run {
    let disk = Simulated::new();
    let store = open_on(&disk);
    let mut options = SessionOptions::new();
    options.min_interval_seconds(0.0).unwrap();
    let s = Session::open(&store, KEY, &options).unwrap();
    let write = |payload: &[u8], objective: f64| {
        s.checkpoint_now(payload, Some(objective), Some(1)).unwrap();
    };
    for i in 0..4 {
        write(b"early best", 50.0 - f64::from(i));
        write(b"early latest", 60.0);
        write(b"later latest", 60.0);
    }
    let run = record(
        disk,
        &store,
        &[
            &|| write(b"best", 10.0),
            &|| write(b"latest", 11.0),
            &|| write(b"later", 12.0),
            &|| assert!(s.flush(std::time::Duration::ZERO).unwrap()),
            &|| write(b"better", 9.0),
            &|| write(b"last", 13.0),
            &|| assert!(s.finish().unwrap()),
        ],
    );
    std::mem::forget(s);
    run
}

fn seeded_options() -> SessionOptions {
    let mut options = SessionOptions::new();
    options.min_interval_seconds(0.0).unwrap();
    options.seed_key(SEED_KEY).unwrap();
    options.seed_key(Key::from_bytes([0x5f; 32])).unwrap();
    options
}

/// An answer that is found under seed keys, which another fit has been found under before; then again.
pub(super) fn linked_run() -> Run {
    let disk = Simulated::new();
    let store = open_on(&disk);
    let earlier = Session::open(&store, Key::from_bytes([1; 32]), &seeded_options()).unwrap();
    earlier.finalize(b"earlier", Some(9.0), None).unwrap();
    let session = Session::open(&store, KEY, &seeded_options()).unwrap();
    session.checkpoint_now(b"best", Some(1.0), None).unwrap();
    let answer = |payload: &[u8]| session.finalize(payload, Some(0.5), None).unwrap();
    let run = record(disk, &store, &[&|| answer(b"answer"), &|| answer(b"again")]);
    assert_eq!(run.answers[2][2].as_deref(), Some(&b"again"[..]));
    std::mem::forget((earlier, session));
    run
}

/// The first answer that is found under a seed key at all, removed again.
pub(super) fn unlinked_run() -> Run {
    let disk = Simulated::new();
    let store = open_on(&disk);
    let session = Session::open(&store, KEY, &seeded_options()).unwrap();
    let run = record(
        disk,
        &store,
        &[
            &|| session.finalize(b"answer", None, None).unwrap(),
            // Something that makes no directory's name durable.
            &|| assert!(!store.remove_entry(KEY, "nobody").unwrap()),
            &|| assert!(store.remove_entry(KEY, session.run_id()).unwrap()),
        ],
    );
    assert_eq!(run.answers[1][2].as_deref(), Some(&b"answer"[..]));
    std::mem::forget(session);
    run
}

/// Checkpoints that are kept one by one, and an answer that supersedes them.
pub(super) fn history_run() -> Run {
    let disk = Simulated::new();
    let store = open_on(&disk);
    for (payload, objective) in [(&b"worst"[..], 9.0), (b"bad", 8.0), (b"fair", 7.0)] {
        store
            .save(KEY, payload, Some(objective), None, Kind::Final)
            .unwrap();
    }
    let mut options = SessionOptions::new();
    options.min_interval_seconds(0.0).unwrap().keep_last(2);
    let s = Session::open(&store, KEY, &options).unwrap();
    let write = |payload: &[u8], objective| s.checkpoint_now(payload, objective, None).unwrap();
    let run = record(
        disk,
        &store,
        &[
            &|| write(b"first", Some(5.0)),
            &|| write(b"best", Some(4.0)),
            &|| write(b"worse", Some(6.0)),
            &|| write(b"no objective", None),
            &|| s.finalize(b"answer", None, None).unwrap(),
        ],
    );
    std::mem::forget(s);
    run
}

/// The last and the best runs of a key.
pub(super) fn retain_run() -> Run {
    let disk = Simulated::new();
    let store = open_on(&disk);
    for (i, objective) in [3.0, 1.0, 4.0, 2.0, 5.0].into_iter().enumerate() {
        store
            .save(KEY, &[b'a' + i as u8], Some(objective), None, Kind::Final)
            .unwrap();
    }
    let retain = || assert_eq!(store.retain(KEY, 2, 1).unwrap(), 2);
    record(disk, &store, &[&retain])
}

/// A restart that comes further, and one that is freed.
pub(super) fn restart_run() -> Run {
    let disk = Simulated::new();
    let store = open_on(&disk);
    slot(&store, b"old", 3.0).unwrap();
    let open = || Session::open(&store, KEY, &SessionOptions::new()).unwrap();
    let (first, second) = (open(), open());
    let run = record(
        disk,
        &store,
        &[
            &|| drop(first.load().unwrap().unwrap()),
            &|| drop(second.load().unwrap().unwrap()),
            &|| first.checkpoint_now(b"further", Some(1.0), None).unwrap(),
            &|| assert!(second.finish().unwrap()),
        ],
    );
    std::mem::forget((first, second));
    run
}
