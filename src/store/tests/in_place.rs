//! What killed writers and busy ones leave of private files.

use super::*;
use crate::fs::turns::{at_each_call, At, Turns};
use crate::fs::{FileSystem, Guard, Posix};
use crate::session::{Session, SessionOptions};
use std::cell::Cell;
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

fn path_of(world: &World, name: &str) -> PathBuf {
    world.root().join(KEY.to_hex()).join(name)
}

/// Flips a bit of what stands in a file.
fn tear(world: &World, name: &str, payload: &[u8]) {
    let path = path_of(world, name);
    let mut bytes = fs::read(&path).unwrap();
    let mut windows = bytes.windows(payload.len());
    let at = windows.position(|w| w == payload).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

fn replaced(store: &Store) {
    slot(store, b"the first payload", 9.0).unwrap();
    slot(store, b"the second payload", 8.0).unwrap();
    slot(store, b"the third payload", 7.0).unwrap();
}

#[test]
fn the_generation_before_a_torn_one_is_answered_and_never_written_over() {
    let world = World::new();
    replaced(&world.store());
    tear(&world, "run.slot", b"the third payload");
    let second = Some(b"the second payload".to_vec());
    assert_eq!(best(&world.store()), second);
    let run = world.store().lookup_run(KEY, "run").unwrap().unwrap();
    assert_eq!(run.payload(), b"the second payload");
    // Another writer takes the torn area for the next.
    slot(&world.store(), b"the fourth payload", 6.0).unwrap();
    assert_eq!(best(&world.store()), Some(b"the fourth payload".to_vec()));
    tear(&world, "run.slot", b"the fourth payload");
    assert_eq!(best(&world.store()), second);
}

#[test]
fn a_torn_generation_counts_as_no_damage_and_its_file_goes_once_the_whole_one_is_a_pair() {
    let world = World::new();
    let store = world.store();
    replaced(&store);
    tear(&world, "run.slot", b"the third payload");
    assert!(best(&store).is_some());
    assert_eq!(store.stats().damaged, 0);
    store.inner().export(KEY, "run", true).unwrap();
    assert_eq!(world.names().len(), 2, "{:?}", world.names());
    assert_eq!(best(&world.store()), Some(b"the second payload".to_vec()));
}

#[test]
fn a_file_of_which_nothing_is_whole_stays_where_it_is() {
    let world = World::new();
    let store = world.store();
    replaced(&store);
    tear(&world, "run.slot", b"the second payload");
    tear(&world, "run.slot", b"the third payload");
    let before = fs::read(path_of(&world, "run.slot")).unwrap();
    let _ = store.inner().export(KEY, "run", true);
    assert_eq!(fs::read(path_of(&world, "run.slot")).unwrap(), before);
}

#[test]
fn a_pair_published_beside_a_busy_file_is_the_only_one_once_it_is_caught_up_with() {
    let world = World::new();
    let store = world.store();
    replaced(&store);
    store.inner().export(KEY, "run", false).unwrap();
    let published: Vec<(PathBuf, Vec<u8>)> = world
        .names()
        .iter()
        .filter(|n| n.contains('~'))
        .map(|n| path_of(&world, n))
        .map(|p| (p.clone(), fs::read(p).unwrap()))
        .collect();
    assert_eq!(published.len(), 2);
    let dir = Posix.open_root(&world.root().join(KEY.to_hex())).unwrap();
    let file = dir.open_write("run.slot").unwrap();
    let busy = Guard::try_new(file.as_ref()).unwrap().unwrap();
    slot(&store, b"beside", 6.0).unwrap();
    // Who was busy publishes what it had begun to.
    for (path, contents) in &published {
        fs::write(path, contents).unwrap();
    }
    drop(busy);
    assert_eq!(best(&world.store()), Some(b"beside".to_vec()));
    store.inner().export(KEY, "run", false).unwrap();
    let names = world.names();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.iter().all(|n| n.contains("~4~")), "{names:?}");
    assert_eq!(best(&world.store()), Some(b"beside".to_vec()));
}

#[test]
fn a_pair_saved_while_an_older_one_is_being_published_is_the_only_one_once_it_is_caught_up_with() {
    let last = b"the last payload";
    let mut places = 0;
    loop {
        let tmp = tempfile::tempdir().unwrap();
        let open = |disk: Arc<dyn FileSystem>| {
            Store::open_on(disk, Some(tmp.path()), &StoreOptions::new()).unwrap()
        };
        let writer = open(Arc::new(Posix));
        let exporter = open(Arc::new(Turns::on(Arc::new(Posix))));
        replaced(&writer);
        // Nothing of the writer's is left to be done that would put it right.
        assert!(writer.flush(Duration::from_secs(60)).unwrap());
        let calls = Rc::new(Cell::new(0));
        let at_calls = {
            let (calls, writer) = (Rc::clone(&calls), writer.clone());
            Rc::new(move |at| {
                if at == At::Call {
                    calls.set(calls.get() + 1);
                    if calls.get() == places + 1 {
                        slot(&writer, last, 1.0).unwrap();
                    }
                }
            })
        };
        at_each_call(at_calls, || {
            exporter.inner().export(KEY, "run", false).unwrap()
        });
        if calls.get() <= places {
            break;
        }
        assert!(writer.flush(Duration::from_secs(60)).unwrap());
        let names = names_in(&tmp.path().join(KEY.to_hex()));
        let pairs = names.iter().filter(|n| n.ends_with(".json")).count();
        assert_eq!(pairs, 1, "at {places}: {names:?}");
        assert_eq!(best(&writer), Some(last.to_vec()), "at {places}");
        places += 1;
    }
    assert!(places > 20, "{places}");
}

#[test]
fn a_writer_whose_file_was_removed_notices_although_a_killed_maker_left_it_a_second_name() {
    let world = World::new();
    let store = world.store();
    let mut options = SessionOptions::new();
    options.min_interval_seconds(0.0).unwrap();
    let session = Session::open(&store, KEY, &options).unwrap();
    for (payload, objective) in [(b"a", 9.0), (b"b", 8.0), (b"c", 7.0)] {
        let saved = session.checkpoint_now(payload, Some(objective), None);
        saved.unwrap();
    }
    let name = format!("{}.slot", session.run_id());
    fs::hard_link(path_of(&world, &name), path_of(&world, ".part~0")).unwrap();
    assert!(world.store().remove_entry(KEY, session.run_id()).unwrap());
    session.checkpoint_now(b"d", Some(6.0), None).unwrap();
    assert_eq!(best(&world.store()), Some(b"d".to_vec()));
}

#[test]
fn the_second_name_of_a_file_in_use_is_reclaimed_however_often_it_is_written_to() {
    let world = World::new();
    let store = world.store();
    replaced(&store);
    fs::hard_link(path_of(&world, "run.slot"), path_of(&world, ".part~0")).unwrap();
    store.sweep().unwrap();
    assert!(!world.names().contains(&".part~0".to_owned()));
    slot(&store, b"the fourth payload", 6.0).unwrap();
    assert_eq!(best(&world.store()), Some(b"the fourth payload".to_vec()));
}

#[test]
fn numbers_that_begin_anew_after_a_removal_are_not_taken_for_those_before() {
    let world = World::new();
    let first = world.store();
    replaced(&first);
    assert!(world.store().remove_entry(KEY, "run").unwrap());
    replaced(&world.store());
    // The third generation is another's now, and may not be durable: it is synced first.
    world.disk.plan(None);
    slot(&first, b"the fourth payload", 6.0).unwrap();
    let log = world.disk.log();
    let at = |call: &str| log.iter().position(|c| c == call).unwrap();
    assert!(at("sync run.slot") < at("write run.slot"), "{log:?}");
}
