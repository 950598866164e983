//! What time does: expiry, reuse, leavings, damage set aside.

use super::*;
use crate::store::sweep::Depth;

fn aside(world: &World) -> Vec<String> {
    names_in(&world.root().join(".warmstart/aside").join(KEY.to_hex()))
}

#[test]
fn expiry_hides_on_lookup_and_removes_on_sweep() {
    let world = World::new();
    let store = world.open(&ttl(60.0));
    slot(&store, b"x", 1.0).unwrap();
    world.disk.advance(59);
    assert!(best(&world.open(&ttl(3600.0))).is_some());
    world.disk.advance(3660);
    let store = world.open(&ttl(60.0));
    assert_eq!(best(&store), None);
    assert_eq!(world.names().len(), 2, "a lookup deletes nothing");
    store.sweep().unwrap();
    assert_eq!(world.names().len(), 0);
    assert_eq!(store.stats().expirations, 1);
    assert_eq!(store.stats().files, 2, "the record and the totals");
}

#[test]
fn an_entry_used_daily_by_short_processes_lives_on() {
    let world = World::new();
    slot(&world.open(&ttl(30.0 * DAY as f64)), b"x", 1.0).unwrap();
    for day in 0..90 {
        world.disk.advance(DAY + 60);
        let store = world.store();
        assert_eq!(best(&store).as_deref(), Some(&b"x"[..]), "day {day}");
        store.sweep().unwrap();
    }
    world.disk.advance(31 * DAY);
    assert_eq!(best(&world.store()), None);
}

#[test]
fn reuse_of_what_another_engine_owns_is_noted_beside_it() {
    let world = World::new();
    let store = world.open(&ttl(30.0 * DAY as f64));
    slot(&store, b"x", 1.0).unwrap();
    // As a version-1 engine leaves it: its own name, no field of ours.
    let dir = world.root().join(KEY.to_hex());
    let pair = world.names();
    let text = std::fs::read_to_string(dir.join(&pair[1])).unwrap();
    let theirs: String = text
        .lines()
        .filter(|l| !l.contains("metadata_digest_hex"))
        .collect::<Vec<_>>()
        .join("\n")
        .replace("\"accessed_nanos\": 0,", "\"accessed_nanos\": 0");
    std::fs::rename(dir.join(&pair[0]), dir.join("theirs.bin")).unwrap();
    std::fs::remove_file(dir.join(&pair[1])).unwrap();
    std::fs::write(dir.join("theirs.json"), &theirs).unwrap();

    world.disk.advance(2 * DAY);
    assert_eq!(best(&world.store()).unwrap(), b"x");
    assert_eq!(
        world.names(),
        ["theirs.bin", "theirs.json", "theirs.reused"]
    );
    assert_eq!(
        std::fs::read_to_string(dir.join("theirs.json")).unwrap(),
        theirs
    );
}

#[test]
fn clocks_that_differ_do_not_expire_what_comes_from_the_future() {
    let world = World::new();
    world.disk.advance(10 * DAY);
    slot(&world.open(&ttl(60.0)), b"x", 1.0).unwrap();
    world.disk.advance(-10 * DAY);
    let store = world.open(&ttl(60.0));
    assert_eq!(best(&store).unwrap(), b"x");
    store.sweep().unwrap();
    assert_eq!(best(&store).unwrap(), b"x");
    // And the slot's next generation is still the newer one.
    slot(&store, b"y", 1.0).unwrap();
    let latest = store.lookup(KEY, Lookup::Latest).unwrap().unwrap();
    assert_eq!(latest.payload(), b"y");
}

#[test]
fn damage_is_set_aside_after_ten_minutes_and_no_sooner() {
    for suffix in [".bin", ".json"] {
        let world = World::new();
        let store = world.open(&ttl(0.0));
        slot(&store, b"some payload", 1.0).unwrap();
        damage(&world, suffix);
        store.sweep().unwrap();
        assert_eq!(world.names().len(), 2, "{suffix}: too early");
        world.disk.advance(601);
        store.sweep().unwrap();
        assert_eq!(world.names().len(), 0, "{suffix}");
        let names = aside(&world);
        assert_eq!(names.len(), 3, "{suffix}: {names:?}");
        assert!(!names
            .iter()
            .any(|n| n.ends_with(".json") || n.contains(".tmp.")));
        let stats = store.stats();
        assert_eq!((stats.aside_files, stats.entries, stats.files), (3, 0, 5));
    }
}

#[test]
fn an_automatic_sweep_sets_aside_what_a_lookup_found_damaged() {
    let world = World::new();
    let store = world.open(&ttl(0.0));
    slot(&store, b"some payload", 1.0).unwrap();
    damage(&world, ".bin");
    world.disk.advance(601);
    store.inner().sweep(Depth::Shallow, None).unwrap();
    assert_eq!(world.names().len(), 2, "a shallow sweep reads no payloads");
    assert_eq!(best(&store), None);
    store.inner().sweep(Depth::Shallow, None).unwrap();
    assert_eq!(world.names().len(), 0);
}

#[test]
fn an_intact_generation_is_answered_when_a_newer_one_is_damaged() {
    let world = World::new();
    let mut options = ttl(0.0);
    options.durability(crate::store::Durability::Full);
    slot(&world.open(&options), b"whole", 2.0).unwrap();
    options.durability(crate::store::Durability::Process);
    slot(&world.open(&options), b"newer", 1.0).unwrap();
    let newer = world
        .names()
        .into_iter()
        .find(|n| n.contains("~2~") && n.ends_with(".bin"));
    std::fs::write(
        world.root().join(KEY.to_hex()).join(newer.unwrap()),
        b"NEWER",
    )
    .unwrap();
    assert_eq!(best(&world.open(&options)).unwrap(), b"whole");
}

#[test]
fn leavings_of_the_dead_go_and_those_of_the_living_stay() {
    let world = World::new();
    let store = world.open(&ttl(0.0));
    slot(&store, b"x", 1.0).unwrap();
    let dir = world.root().join(KEY.to_hex());
    let leavings = [
        ".part~00ff",
        "r1-2.bin.tmp.99.abc",
        "..tmp..",
        "odd.json.tmp.",
        "orphan.bin",
    ];
    for name in leavings {
        std::fs::write(dir.join(name), b"left").unwrap();
    }
    store.sweep().unwrap();
    assert_eq!(
        world.names().len(),
        2 + leavings.len(),
        "all young enough to be alive"
    );
    world.disk.advance(2 * HOUR);
    let locked = std::fs::File::open(dir.join(".part~00ff")).unwrap();
    locked.lock().unwrap();
    store.sweep().unwrap();
    assert_eq!(
        world
            .names()
            .iter()
            .filter(|n| n.starts_with('.'))
            .collect::<Vec<_>>(),
        [".part~00ff"],
        "its writer lives"
    );
    drop(locked);
    store.sweep().unwrap();
    assert_eq!(world.names().len(), 2, "{:?}", world.names());
    assert_eq!(best(&store).unwrap(), b"x");
}

#[test]
fn files_of_nobody_survive_every_sweep() {
    let world = World::new();
    let store = world.open(&ttl(0.0));
    slot(&store, b"x", 1.0).unwrap();
    let dir = world.root().join(KEY.to_hex());
    std::fs::write(dir.join("README.txt"), b"mine").unwrap();
    std::fs::create_dir(dir.join("sub")).unwrap();
    std::fs::write(world.root().join("notes"), b"mine").unwrap();
    std::os::unix::fs::symlink("/etc", dir.join("link.json")).unwrap();
    world.disk.advance(400 * DAY);
    store.sweep().unwrap();
    for kept in ["README.txt", "sub", "link.json"] {
        assert!(world.names().contains(&kept.to_owned()), "{kept}");
    }
    assert!(world.root().join("notes").exists());
    assert_eq!(best(&store).unwrap(), b"x");
}

#[test]
fn what_a_dead_writer_did_not_retire_is_reclaimed_once_the_newer_one_is_sure() {
    let world = World::of_pairs();
    let store = world.open(&ttl(0.0));
    slot(&store, b"old", 2.0).unwrap();
    let dir = world.root().join(KEY.to_hex());
    let keep: Vec<(String, Vec<u8>)> = world
        .names()
        .into_iter()
        .map(|n| (n.clone(), std::fs::read(dir.join(&n)).unwrap()))
        .collect();
    slot(&store, b"new", 1.0).unwrap();
    for (name, bytes) in keep {
        std::fs::write(dir.join(name), bytes).unwrap();
    }
    assert_eq!(world.names().len(), 4);
    assert_eq!(best(&store).unwrap(), b"new");
    store.sweep().unwrap();
    assert_eq!(world.names().len(), 2);
    assert_eq!(best(&store).unwrap(), b"new");
}

#[test]
fn the_recorded_time_to_live_guards_what_another_opener_meant_to_keep() {
    let world = World::new();
    slot(&world.open(&ttl(0.0)), b"keep", 1.0).unwrap();
    world.disk.advance(400 * DAY);
    let inherits = world.store();
    inherits.sweep().unwrap();
    assert_eq!(best(&inherits).unwrap(), b"keep");
    let names_it = world.open(&ttl(DAY as f64));
    names_it.sweep().unwrap();
    assert_eq!(best(&names_it), None);
}

#[test]
fn a_handle_opened_before_a_longer_time_to_live_was_recorded_respects_it() {
    let world = World::new();
    let old_handle = world.store();
    slot(&old_handle, b"keep", 1.0).unwrap();
    drop(world.open(&ttl(0.0)));
    world.disk.advance(400 * DAY);
    old_handle.sweep().unwrap();
    assert_eq!(best(&world.store()).unwrap(), b"keep");
}

#[test]
fn a_vanished_root_is_made_again_for_a_fit_that_goes_on() {
    let world = World::new();
    let root = world.root().join("a/b");
    let store = Store::open_on(
        Arc::new(world.disk.clone()),
        Some(&root),
        &StoreOptions::new(),
    )
    .unwrap();
    slot(&store, b"x", 1.0).unwrap();
    std::fs::remove_dir_all(world.root().join("a")).unwrap();
    assert_eq!(best(&store), None);
    slot(&store, b"y", 1.0).unwrap();
    assert_eq!(best(&store).unwrap(), b"y");
}

#[test]
fn a_pinned_run_is_answered_and_listed_however_long_nobody_used_it() {
    for world in [World::new(), World::of_pairs()] {
        let store = world.open(&ttl(DAY as f64));
        let pinned = store
            .save(KEY, b"kept", Some(2.0), None, Kind::Final)
            .unwrap();
        store
            .save(KEY, b"better", Some(1.0), None, Kind::Final)
            .unwrap();
        assert!(store.pin(KEY, &pinned, true).unwrap());
        assert_eq!(best(&store).unwrap(), b"better");
        world.disk.advance(100 * DAY);
        for handle in [&store, &world.store()] {
            assert_eq!(best(handle).unwrap(), b"kept");
            assert_eq!(handle.entries(KEY).unwrap().len(), 1);
            assert!(handle.lookup_run(KEY, &pinned).unwrap().is_some());
        }
        let plan = store.plan_sweep(&Progress::new()).unwrap();
        assert_eq!((plan.expired, plan.findings.len()), (1, 1));
        store.sweep().unwrap();
        assert_eq!(best(&store).unwrap(), b"kept");
        assert!(store.pin(KEY, &pinned, false).unwrap());
        // Whoever was answered has used it.
        world.disk.advance(100 * DAY);
        assert_eq!(best(&store), None);
        assert_eq!(store.plan_sweep(&Progress::new()).unwrap().expired, 1);
    }
}

#[test]
fn a_living_sessions_entries_and_pinned_ones_are_evicted_last() {
    use crate::session::{Session, SessionOptions};
    let world = World::new();
    let mut options = ttl(0.0);
    options.size_budget(20 * 8192).unwrap();
    let store = world.open(&options);
    let session_key = Key::from_bytes([1; 32]);
    let session = Session::open(&store, session_key, &SessionOptions::new()).unwrap();
    session.checkpoint_now(b"alive", Some(1.0), None).unwrap();
    let pinned_key = Key::from_bytes([2; 32]);
    let pinned = store
        .save(pinned_key, b"pinned", None, None, Kind::Final)
        .unwrap();
    assert!(store.pin(pinned_key, &pinned, true).unwrap());
    for i in 0..60u8 {
        store
            .save(
                Key::from_bytes([100 + i; 32]),
                b"filler",
                None,
                None,
                Kind::Final,
            )
            .unwrap();
        assert!(store.stats().bytes <= 20 * 8192, "after {i}");
    }
    assert!(store.stats().evictions > 30);
    assert!(store.lookup(session_key, Lookup::Best).unwrap().is_some());
    assert!(store.lookup(pinned_key, Lookup::Best).unwrap().is_some());
    let last = store
        .lookup(Key::from_bytes([159; 32]), Lookup::Best)
        .unwrap();
    assert!(last.is_some(), "the entry just written stays");
}
