//! Writing over what was superseded.

use super::*;

/// What is made and what is written over by a put.
fn calls_of_put(world: &World, store: &Store, key: Key, bytes: &[u8]) -> (usize, usize) {
    world.disk.plan(None);
    put(store, key, bytes, &[]);
    let log = world.disk.log();
    let count = |what: &str| log.iter().filter(|c| c.starts_with(what)).count();
    (count("create_unnamed"), count("open_write"))
}

fn parts(world: &World) -> Vec<String> {
    let names = world.names().into_iter();
    names.filter(|n| n.starts_with(".part")).collect()
}

#[test]
fn a_key_that_is_replaced_again_and_again_takes_two_files_in_turn() {
    let world = World::new();
    let store = open(&world);
    for text in ["one", "two", "three"] {
        assert_eq!(calls_of_put(&world, &store, KEY, text.as_bytes()), (1, 0));
    }
    for text in ["four", "five", "six"] {
        assert_eq!(calls_of_put(&world, &store, KEY, text.as_bytes()), (0, 1));
        assert_eq!(
            get(&open(&world), KEY).as_deref(),
            Some(text.as_bytes()),
            "{text}"
        );
        assert_eq!(
            store.stats().files,
            store.inner().count_files().unwrap().files
        );
        assert_eq!(
            store.stats().bytes,
            store.inner().count_files().unwrap().bytes
        );
    }
    // One of another size is not written into.
    let large = vec![7; 20_000];
    assert_eq!(calls_of_put(&world, &store, KEY, &large), (1, 0));
    assert_eq!(get(&open(&world), KEY), Some(large));
    assert_eq!(
        store.stats().files,
        store.inner().count_files().unwrap().files
    );
    drop(store);
    assert!(parts(&world).is_empty());
}

#[test]
fn a_shorter_entry_in_a_longer_file_is_read_as_it_was_put() {
    let world = World::new();
    let store = open(&world);
    for len in [2000, 2000, 2000, 3, 2000, 1, 0] {
        let bytes = vec![len as u8; len];
        put(&store, KEY, &bytes, &["a label"]);
        assert_eq!(get(&open(&world), KEY), Some(bytes), "{len}");
        let report = store.verify(&Progress::new()).unwrap();
        assert_eq!((report.intact, report.damaged), (1, 0), "{len}");
    }
    let whole = store.inner().count_files().unwrap();
    assert_eq!(store.stats().bytes, whole.bytes);
}

#[test]
fn what_was_kept_and_is_gone_or_has_another_name_is_not_written_to() {
    let world = World::new();
    let store = open(&world);
    let kept = || {
        for text in ["one", "two", "three", "four"] {
            put(&store, KEY, text.as_bytes(), &[]);
        }
        parts(&world).pop().unwrap()
    };
    put(&store, KEY, b"zero", &[]);
    let dir = store.inner().open_key_dir(KEY).unwrap().unwrap();
    // A walk of another process took it for a leaving.
    dir.unlink(&kept()).unwrap();
    put(&store, KEY, b"after", &[]);
    assert_eq!(get(&open(&world), KEY).as_deref(), Some(&b"after"[..]));
    // A child that was forked took it.
    dir.rename(&kept(), dir.as_ref(), ".part~0000000000000001")
        .unwrap();
    put(&store, KEY, b"after", &[]);
    assert_eq!(get(&open(&world), KEY).as_deref(), Some(&b"after"[..]));
    dir.unlink(".part~0000000000000001").unwrap();
    // A crash left it another name.
    dir.link(&kept(), "0.other").unwrap();
    let before = dir.stat_at("0.other").unwrap();
    put(&store, KEY, b"after", &[]);
    assert_eq!(get(&open(&world), KEY).as_deref(), Some(&b"after"[..]));
    let other = dir.stat_at("0.other").unwrap();
    assert_eq!((other.modified, other.len), (before.modified, before.len));
}

#[test]
fn what_a_forked_child_knows_of_too_is_written_to_by_one_of_the_two() {
    let world = World::new();
    let (store, child) = (open(&world), open(&world));
    for text in ["one", "two", "three"] {
        put(&store, KEY, text.as_bytes(), &[]);
    }
    child.inner().inherit_spares(store.inner());
    let dir = store.inner().open_key_dir(KEY).unwrap().unwrap();
    assert!(child.inner().takes_spare(dir.as_ref(), KEY, 1000));
    assert!(!store.inner().takes_spare(dir.as_ref(), KEY, 1000));
    put(&store, KEY, b"four", &[]);
    assert_eq!(get(&child, KEY).as_deref(), Some(&b"four"[..]));
}

#[test]
fn what_is_kept_is_bounded_and_goes_before_any_entry_and_with_its_key() {
    let world = World::new();
    let store = open(&world);
    let all: Vec<Key> = (1..=40).map(key).collect();
    for key in &all {
        put(&store, *key, b"in turn", &[]);
    }
    let none = store.inner().count_files().unwrap().files;
    let kept = |store: &Store| {
        let lost = 40 - store.stats().entries;
        store.inner().count_files().unwrap().files - none + lost
    };
    for _ in 0..3 {
        for key in &all {
            put(&store, *key, b"in turn", &[]);
        }
    }
    assert_eq!(kept(&store), 0, "more keys in turn than are remembered");
    for key in &all[..20] {
        for _ in 0..3 {
            put(&store, *key, b"again", &[]);
        }
    }
    assert_eq!(kept(&store), 16);
    assert!(store.unseal(all[19], None).unwrap());
    assert_eq!(kept(&store), 15);
    let most = store.stats().bytes as u64 - 10 * 0x1000;
    let (gone, _) =
        Store::evict_sealed_across(std::slice::from_ref(&store), most, 0, &|_, _| false).unwrap();
    assert_eq!((kept(&store), gone), (0, 0), "room is made of what is kept");
    assert_eq!(
        store.stats().bytes,
        store.inner().count_files().unwrap().bytes
    );
}
