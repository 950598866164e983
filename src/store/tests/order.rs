//! The order in which a disk sees a publication: durability is a matter of order.

use super::*;
use crate::store::Durability;

/// Until a change made now is sure to show in stamps.
fn pause() {
    std::thread::sleep(std::time::Duration::from_millis(60));
}

/// The calls that change or sync anything, with random parts of names cut off.
fn steps(disk: &Faulty) -> Vec<String> {
    let relevant = [
        "create_dir",
        "create_unnamed",
        "create_new",
        "write",
        "sync",
        "sync_dir",
        "link_unnamed",
        "link",
        "rename",
        "unlink",
        "remove_dir",
    ];
    disk.log()
        .into_iter()
        .filter(|c| relevant.contains(&c.split(' ').next().unwrap()))
        .filter(|c| !c.ends_with("totals"))
        .map(|c| match c.rsplit_once('.') {
            Some((head, tail)) if tail == "bin" || tail == "json" => {
                let generation = head.split('~').nth(1).unwrap_or("0").to_owned();
                format!("{} {generation}.{tail}", c.split(' ').next().unwrap())
            }
            _ => c,
        })
        .collect()
}

#[test]
fn a_first_entry_syncs_contents_then_names_then_the_new_directorys_name() {
    let world = World::of_pairs();
    let store = world.store();
    world.disk.plan(None);
    slot(&store, b"x", 1.0).unwrap();
    let root = world
        .root()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    let above = world
        .root()
        .parent()
        .unwrap()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    let key = KEY.to_hex();
    let expected = [
        format!("create_dir {key}"),
        "create_unnamed ".into(),
        "write unnamed".into(),
        "create_unnamed ".into(),
        "write unnamed".into(),
        "sync unnamed".into(),
        "sync unnamed".into(),
        "link_unnamed 1.bin".into(),
        "link_unnamed 1.json".into(),
        format!("sync_dir {key}"),
        format!("sync_dir {root}"),
        format!("sync_dir {above}"),
    ];
    assert_eq!(steps(&world.disk), expected);
}

#[test]
fn a_replacement_removes_the_older_generation_only_when_the_newer_one_is_durable() {
    let world = World::of_pairs();
    let store = world.store();
    slot(&store, b"w", 2.0).unwrap();
    pause();
    slot(&store, b"x", 1.0).unwrap();
    world.disk.plan(None);
    slot(&store, b"y", 0.5).unwrap();
    let key = KEY.to_hex();
    let expected = [
        "create_unnamed ",
        "write unnamed",
        "create_unnamed ",
        "write unnamed",
        "sync unnamed",
        "sync unnamed",
        "link_unnamed 3.bin",
        "link_unnamed 3.json",
        &format!("sync_dir {key}"),
        "unlink 2.json",
        "unlink 2.bin",
    ];
    assert_eq!(steps(&world.disk), expected);
    assert_eq!(world.names().len(), 2, "replacing a slot leaves one pair");
}

#[test]
fn another_handle_makes_an_inherited_directory_durable_too() {
    let world = World::of_pairs();
    slot(&world.store(), b"x", 1.0).unwrap();
    let second = world.store();
    world.disk.plan(None);
    slot(&second, b"y", 0.5).unwrap();
    let root = world.root().file_name().unwrap().to_str().unwrap();
    assert!(steps(&world.disk).contains(&format!("sync_dir {root}")));
}

/// Directories come and go, and so do their inodes' numbers.
#[test]
fn a_directory_made_again_by_another_handle_is_made_durable_again() {
    let world = World::of_pairs();
    let (store, other) = (world.store(), world.store());
    slot(&store, b"w", 2.0).unwrap();
    pause();
    slot(&store, b"x", 1.0).unwrap();
    other.remove(KEY).unwrap();
    slot(&other, b"y", 1.0).unwrap();
    world.disk.plan(None);
    slot(&store, b"z", 0.5).unwrap();
    let root = world.root().file_name().unwrap().to_str().unwrap();
    assert!(steps(&world.disk).contains(&format!("sync_dir {root}")));
}

#[test]
fn without_unnamed_files_nothing_is_left_and_the_order_is_the_same() {
    let world = World::of_pairs();
    world.disk.without_unnamed_files();
    let store = world.store();
    slot(&store, b"w", 2.0).unwrap();
    pause();
    slot(&store, b"x", 1.0).unwrap();
    world.disk.plan(None);
    slot(&store, b"y", 0.5).unwrap();
    let order: Vec<String> = steps(&world.disk)
        .iter()
        .map(|s| s.split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        order,
        [
            "create_new",
            "write",
            "create_new",
            "write",
            "sync",
            "sync",
            "link",
            "unlink",
            "link",
            "unlink",
            "sync_dir",
            "unlink",
            "unlink"
        ]
    );
    assert_eq!(world.names().len(), 2);
    assert_eq!(best(&store).unwrap(), b"y");
}

#[test]
fn at_process_durability_nothing_is_synced_and_a_durable_generation_is_kept() {
    let world = World::of_pairs();
    slot(&world.store(), b"durable", 3.0).unwrap();
    let mut options = StoreOptions::new();
    options.durability(Durability::Process);
    let store = world.open(&options);
    world.disk.plan(None);
    slot(&store, b"fast", 2.0).unwrap();
    slot(&store, b"faster", 1.0).unwrap();
    assert!(!world.disk.log().iter().any(|c| c.starts_with("sync")));
    assert_eq!(best(&store).unwrap(), b"faster");
    assert_eq!(world.names().len(), 4, "the durable pair and the newest");
    // A sweep does not take the durable one either.
    store.sweep().unwrap();
    assert_eq!(world.names().len(), 4);
    slot(&world.store(), b"durable again", 0.5).unwrap();
    assert_eq!(world.names().len(), 2);
}

#[test]
fn a_removal_is_synced_and_never_uncovers_an_older_generation() {
    let world = World::of_pairs();
    let store = world.store();
    slot(&store, b"x", 1.0).unwrap();
    slot(&store, b"y", 0.5).unwrap();
    world.disk.plan(None);
    assert!(store.remove_entry(KEY, "run").unwrap());
    let root = world.root().file_name().unwrap().to_str().unwrap();
    let key = KEY.to_hex();
    let expected = [
        // The unlinking of generation 1 may not be durable yet.
        format!("sync_dir {key}"),
        "unlink 2.json".into(),
        "unlink 2.bin".into(),
        // In case a version-1 lookup put it back.
        "unlink 2.json".into(),
        "unlink run~2".into(),
        "unlink run.pin".into(),
        format!("sync_dir {key}"),
        format!("remove_dir {key}"),
        // So that nothing in it comes back, whatever became of earlier syncs of it.
        format!("sync_dir {root}"),
    ];
    let steps: Vec<String> = steps(&world.disk)
        .into_iter()
        .map(|s| match s.strip_suffix(".reused") {
            Some(head) => head.rsplit_once('~').unwrap().0.to_owned(),
            None => s,
        })
        .collect();
    assert_eq!(steps, expected);
    assert_eq!(best(&store), None);
}

#[test]
fn a_lookup_of_a_fresh_entry_writes_nothing() {
    let world = World::of_pairs();
    let store = world.store();
    slot(&store, b"x", 1.0).unwrap();
    for _ in 0..2 {
        world.disk.plan(None);
        assert_eq!(best(&store).unwrap(), b"x");
        assert_eq!(steps(&world.disk), Vec::<String>::new());
    }
}

#[test]
fn a_hot_lookup_takes_one_call() {
    let world = World::of_pairs();
    let store = world.store();
    slot(&store, b"x", 1.0).unwrap();
    pause();
    best(&store);
    world.disk.plan(None);
    best(&store);
    assert_eq!(world.disk.log(), ["stat "]);
    // Where there are too many for its directory to be kept open, it is looked up by name.
    store.inner().memory.close_directory(KEY);
    world.disk.plan(None);
    best(&store);
    assert_eq!(world.disk.log(), [format!("stat_at {}", KEY.to_hex())]);
}

#[test]
fn a_slot_is_replaced_in_place_with_one_sync_and_no_change_of_names() {
    let world = World::new();
    let store = world.store();
    for objective in [9.0, 8.0, 7.0] {
        slot(&store, b"w", objective).unwrap();
    }
    let before = world.names();
    world.disk.plan(None);
    slot(&store, b"x", 6.0).unwrap();
    let payload_and_front = ["write run.slot", "write run.slot", "sync run.slot"];
    assert_eq!(steps(&world.disk), payload_and_front);
    assert_eq!(world.names(), before);
    // Another handle cannot know whether what it finds is durable.
    let other = world.store();
    world.disk.plan(None);
    slot(&other, b"y", 5.0).unwrap();
    let key = format!("sync_dir {}", KEY.to_hex());
    let steps = steps(&world.disk);
    assert_eq!(steps[..2], ["sync run.slot", &key]);
    assert_eq!(steps[2..], payload_and_front);
    assert_eq!(best(&world.store()).unwrap(), b"y");
}

#[test]
fn a_private_file_is_made_at_the_first_replacement_and_goes_when_it_is_released() {
    let world = World::new();
    let store = world.store();
    slot(&store, b"w", 9.0).unwrap();
    assert_eq!(world.names().len(), 2);
    slot(&store, b"x", 8.0).unwrap();
    assert_eq!(world.names().len(), 3, "{:?}", world.names());
    store.inner().export(KEY, "run", false).unwrap();
    assert_eq!(world.names().len(), 3, "one pair and the private file");
    let pair = world
        .names()
        .into_iter()
        .find(|n| n.ends_with(".bin"))
        .unwrap();
    assert!(pair.starts_with("run~2~"), "{pair}");
    store.inner().export(KEY, "run", true).unwrap();
    assert_eq!(world.names().len(), 2);
    assert_eq!(best(&world.store()).unwrap(), b"x");
    let stats = store.stats();
    assert_eq!((stats.entries, stats.files), (1, 3), "with the totals");
}
