//! Every call of every operation on sealed entries fails once.

use super::*;

const ERRORS: [(i32, ErrorKind); 4] = [
    (libc::EIO, ErrorKind::Io),
    (libc::ENOSPC, ErrorKind::NoSpace),
    (libc::EACCES, ErrorKind::Permission),
    (libc::EMFILE, ErrorKind::Io),
];

type Operation = fn(&Store) -> crate::Result<()>;

/// What can be done to an entry that is "old", and what may be found afterwards if it succeeded.
const OPERATIONS: [(&str, Operation, Option<&[u8]>); 5] = [
    (
        "replace",
        |s| {
            s.seal(KEY, &mut fields(None, &["t", "u"]), b"new", None)
                .map(drop)
        },
        Some(b"new"),
    ),
    ("remove", |s| s.unseal(KEY, None).map(drop), None),
    (
        "invalidate",
        |s| s.invalidate_labels(&[tag("t")], &mut |_| {}).map(drop),
        None,
    ),
    (
        "set a life",
        |s| s.set_life(KEY, 3, Life::default()).map(drop),
        Some(b"old"),
    ),
    ("sweep", |s| s.sweep(), Some(b"old")),
];

fn prepared() -> (World, Store) {
    let world = World::new();
    let store = open(&world);
    // The second was superseded by one that supersedes: its file is kept to be written over.
    for text in ["oldest", "older", "old"] {
        put(&store, KEY, text.as_bytes(), &["t"]);
    }
    (world, store)
}

fn calls_of(operation: Operation) -> u64 {
    let (world, store) = prepared();
    world.disk.plan(None);
    operation(&store).unwrap();
    world.disk.log().len() as u64
}

#[test]
fn one_failing_call_loses_nothing_and_the_handle_stays_usable() {
    for (name, operation, done) in OPERATIONS {
        for at in 0..calls_of(operation) {
            for (errno, kind) in ERRORS {
                let (world, store) = prepared();
                world.disk.plan(Some(Plan::once(at, errno)));
                let result = operation(&store);
                world.disk.plan(None);
                let found = get(&open(&world), KEY);
                let what = format!("{name}, call {at} fails with {errno}: {result:?}");
                match result {
                    Ok(()) => assert_eq!(found.as_deref(), done, "{what}"),
                    Err(e) => {
                        assert_eq!(e.kind(), kind, "{what}");
                        let whole = [Some(&b"old"[..]), done];
                        assert!(whole.contains(&found.as_deref()), "{what}: {found:?}");
                    }
                }
                put(&store, KEY, b"after", &["t"]);
                assert_eq!(
                    get(&open(&world), KEY).as_deref(),
                    Some(&b"after"[..]),
                    "{what}"
                );
            }
        }
    }
}

/// A process that dies at a call is one all of whose later calls fail.
#[test]
fn dying_at_any_call_leaves_the_old_entry_or_the_new_one_and_nothing_else_in_time() {
    for unnamed in [true, false] {
        for (name, operation, done) in OPERATIONS {
            for at in 0..calls_of(operation) {
                let (world, store) = prepared();
                if !unnamed {
                    world.disk.without_unnamed_files();
                }
                world.disk.plan(Some(Plan::for_ever(at, libc::EIO)));
                let result = operation(&store);
                world.disk.plan(None);
                // Who dies tidies nothing up.
                std::mem::forget(store);
                let found = get(&open(&world), KEY);
                let whole = [Some(&b"old"[..]), done];
                let what = format!("{name}, dead at call {at}: {result:?}");
                assert!(whole.contains(&found.as_deref()), "{what}: {found:?}");
                if result.is_ok() {
                    assert_eq!(found.as_deref(), done, "{what}");
                }
                world.disk.advance(2 * HOUR);
                let store = open(&world);
                store.sweep().unwrap();
                store.sweep().unwrap();
                assert_eq!(get(&store, KEY), found, "{what}");
                let report = store.verify(&Progress::new()).unwrap();
                let left = report.damaged + report.leavings + report.superseded;
                assert_eq!(left, 0, "{what}: {report:?}");
                let names = world.names();
                let parts = names.iter().filter(|n| n.starts_with('.')).count();
                assert!(parts == 0 && names.len() <= 2, "{what}: {names:?}");
                let counted = store.inner().count_files().unwrap();
                assert_eq!(store.stats().files, counted.files, "{what}");
            }
        }
    }
}

#[test]
fn without_hard_links_or_proc_an_entry_is_put_all_the_same() {
    for (unnamed, errno) in [(false, libc::EPERM), (true, libc::ENOENT)] {
        let world = World::new();
        if !unnamed {
            world.disk.without_unnamed_files();
        }
        let store = open(&world);
        put(&store, KEY, b"old", &[]);
        world.disk.plan(None);
        put(&store, KEY, b"older", &[]);
        let link = if unnamed { "link_unnamed" } else { "link " };
        let log = world.disk.log();
        let at = log.iter().position(|c| c.starts_with(link)).unwrap() as u64;
        world.disk.plan(Some(Plan::once(at, errno)));
        put(&store, KEY, b"new", &[]);
        assert!(world.disk.has_fired());
        world.disk.plan(None);
        assert_eq!(get(&open(&world), KEY).as_deref(), Some(&b"new"[..]));
        drop(store);
        assert_eq!(world.names(), ["3.sealed"]);
    }
}
