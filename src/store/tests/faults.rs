//! Every call of every operation fails once, with every error that file systems give.

use super::*;
use crate::error::{Error, ErrorKind};

const ERRORS: [(i32, ErrorKind); 6] = [
    (libc::EIO, ErrorKind::Io),
    (libc::ENOSPC, ErrorKind::NoSpace),
    (libc::EDQUOT, ErrorKind::NoSpace),
    (libc::EACCES, ErrorKind::Permission),
    (libc::EROFS, ErrorKind::Permission),
    (libc::EMFILE, ErrorKind::Io),
];

type Operation = fn(&Store) -> crate::Result<()>;

/// What can be done to a slot that holds "old", and what may be found afterwards if it succeeded.
const OPERATIONS: [(&str, Operation, Option<&[u8]>); 6] = [
    ("replace", |s| slot(s, b"new", 0.5), Some(b"new")),
    (
        "save",
        |s| s.save(KEY, b"new", Some(0.5), None, Kind::Final).map(drop),
        Some(b"new"),
    ),
    ("remove", |s| s.remove(KEY).map(drop), None),
    (
        "remove_entry",
        |s| s.remove_entry(KEY, "run").map(drop),
        None,
    ),
    ("pin", |s| s.pin(KEY, "run", true).map(drop), Some(b"old")),
    ("sweep", |s| s.sweep(), Some(b"old")),
];

fn prepared() -> (World, Store) {
    let world = World::of_pairs();
    let store = world.store();
    slot(&store, b"older", 2.0).unwrap();
    slot(&store, b"old", 1.0).unwrap();
    (world, store)
}

fn calls_of(operation: Operation) -> u64 {
    let (world, store) = prepared();
    world.disk.plan(None);
    operation(&store).unwrap();
    world.disk.log().len() as u64
}

fn check(
    name: &str,
    at: u64,
    world: &World,
    result: Result<(), Error>,
    kind: Option<ErrorKind>,
    done: Option<&[u8]>,
) {
    world.disk.plan(None);
    let found = best(&world.store());
    let whole = [Some(&b"old"[..]), done];
    assert!(
        whole.contains(&found.as_deref()),
        "{name} with call {at} failing: found {found:?}"
    );
    match result {
        Ok(()) => assert_eq!(found.as_deref(), done, "{name}, call {at}: acknowledged"),
        Err(e) => {
            if let Some(kind) = kind {
                assert_eq!(e.kind(), kind, "{name}, call {at}: {e}");
            }
            assert!(e.to_string().len() > 40, "{e}");
        }
    }
}

#[test]
fn one_failing_call_loses_nothing_and_the_handle_stays_usable() {
    let mut injected = 0;
    for (name, operation, done) in OPERATIONS {
        for at in 0..calls_of(operation) {
            for (errno, kind) in ERRORS {
                let (world, store) = prepared();
                world.disk.plan(Some(Plan::once(at, errno)));
                let result = operation(&store);
                // Whether the root's names need a sync depends on the clock.
                injected += u64::from(world.disk.has_fired());
                check(name, at, &world, result, Some(kind), done);
                slot(&store, b"after", 0.1).unwrap();
                assert_eq!(best(&store).unwrap(), b"after", "{name}, call {at}");
            }
        }
    }
    assert!(injected > 300, "{injected}");
}

/// A process that dies at a call is one all of whose later calls fail.
#[test]
fn dying_at_any_call_leaves_the_old_entry_or_the_new_one_whole() {
    for (name, operation, done) in OPERATIONS {
        for at in 0..calls_of(operation) {
            let (world, store) = prepared();
            world.disk.plan(Some(Plan::for_ever(at, libc::EIO)));
            let result = operation(&store);
            check(name, at, &world, result, None, done);
            drop(store);

            // Whatever is left is invisible, and reclaimed in time.
            world.disk.advance(2 * HOUR);
            let store = world.open(&ttl(0.0));
            let found = best(&store);
            store.sweep().unwrap();
            assert_eq!(best(&store), found, "{name}, call {at}");
            let report = store.verify(&Progress::new()).unwrap();
            let faults = report.damaged + report.half_present + report.unreadable;
            assert_eq!(faults, 0, "{name}, call {at}: {report:?}");
            let pairs = world
                .names()
                .iter()
                .filter(|n| n.ends_with(".json") || n.ends_with(".bin"))
                .count();
            assert_eq!(pairs % 2, 0, "{name}, call {at}: {:?}", world.names());
            assert!(
                !world.names().iter().any(|n| n.starts_with('.')),
                "{name}, call {at}: {:?}",
                world.names()
            );
        }
    }
}

#[test]
fn the_same_without_unnamed_files() {
    for at in 0..40 {
        let world = World::of_pairs();
        world.disk.without_unnamed_files();
        let store = world.store();
        slot(&store, b"old", 1.0).unwrap();
        world.disk.plan(Some(Plan::for_ever(at, libc::EIO)));
        let result = slot(&store, b"new", 0.5);
        check("replace", at, &world, result, None, Some(b"new"));
        world.disk.advance(2 * HOUR);
        let store = world.open(&ttl(0.0));
        store.sweep().unwrap();
        assert!(world.names().len() % 2 == 0 && !world.names().iter().any(|n| n.starts_with('.')));
    }
}

#[test]
fn interrupted_calls_and_short_writes_are_repeated() {
    let world = World::of_pairs();
    let store = world.store();
    world.disk.short_writes(true);
    let payload: Vec<u8> = (0..10_000u32).map(|i| i as u8).collect();
    slot(&store, &payload, 1.0).unwrap();
    world.disk.short_writes(false);
    assert_eq!(best(&store).unwrap(), payload);
    for errno in [libc::EINTR, libc::ESTALE] {
        let mut acknowledged = 0u64;
        for at in 0..30 {
            world.disk.plan(Some(Plan::once(at, errno)));
            let saved = slot(&store, &at.to_le_bytes(), 1.0);
            let failed_in = world.disk.log().get(at as usize).cloned();
            let in_sync = failed_in.is_some_and(|c| c.starts_with("sync"));
            // A sync that failed is never tried again.
            assert_eq!(
                saved.is_err(),
                errno == libc::ESTALE && in_sync,
                "call {at}"
            );
            if saved.is_ok() {
                acknowledged = at;
            }
            assert_eq!(best(&store).unwrap(), acknowledged.to_le_bytes());
        }
    }
}

#[test]
fn without_hard_links_or_proc_an_entry_is_published_all_the_same() {
    // The publication's own calls, from its first link on.
    for (unnamed, errno) in [
        (false, libc::EPERM),
        (false, libc::EOPNOTSUPP),
        (true, libc::ENOENT),
    ] {
        let world = World::of_pairs();
        if !unnamed {
            world.disk.without_unnamed_files();
        }
        let store = world.store();
        slot(&store, b"old", 2.0).unwrap();
        world.disk.plan(None);
        slot(&store, b"older", 1.0).unwrap();
        let link = if unnamed { "link_unnamed" } else { "link " };
        let at = world
            .disk
            .log()
            .iter()
            .position(|c| c.starts_with(link))
            .unwrap() as u64;
        world.disk.plan(Some(Plan::once(at, errno)));
        slot(&store, b"new", 0.5).unwrap();
        assert!(world.disk.has_fired());
        assert_eq!(best(&world.store()).unwrap(), b"new");
        assert_eq!(world.names().len(), 2, "{:?}", world.names());
    }
}

#[test]
fn a_lookup_that_cannot_read_says_so_rather_than_answering_nothing() {
    let (world, store) = prepared();
    world.disk.plan(None);
    best(&store);
    for at in 0..world.disk.log().len() as u64 {
        for (errno, kind) in ERRORS {
            let fresh = world.store();
            world.disk.plan(Some(Plan::once(at, errno)));
            match fresh.lookup(KEY, Lookup::Best) {
                Ok(found) => assert_eq!(found.unwrap().payload(), b"old", "call {at}"),
                Err(e) => assert_eq!(e.kind(), kind, "call {at}: {e}"),
            }
        }
    }
}

#[test]
fn a_payload_no_memory_can_hold_is_an_error_and_not_a_crash() {
    let world = World::of_pairs();
    let store = world.store();
    slot(&store, b"x", 1.0).unwrap();
    let dir = world.root().join(KEY.to_hex());
    let huge = 1u64 << 62;
    std::fs::write(dir.join("big.bin"), b"").unwrap();
    // A file this long cannot be made on most file systems, so its length is damage.
    let text = format!(
        r#"{{"schema_version":1,"written_unix_secs":1,"objective":-1.0,"kind":"Final","checksum_hex":"{}","payload_bytes":{huge}}}"#,
        "0".repeat(64)
    );
    std::fs::write(dir.join("big.json"), text).unwrap();
    assert_eq!(best(&world.open(&ttl(0.0))).unwrap(), b"x");
}

/// A Final whose clearing up failed is cleared up by the next one: no checkpoint outranks it for good.
#[test]
fn a_finalize_that_failed_can_be_repeated_and_then_supersedes_every_checkpoint() {
    use crate::session::{Session, SessionOptions};
    for at in 0..60 {
        let world = World::of_pairs();
        let store = world.store();
        let session = Session::open(&store, KEY, &SessionOptions::new()).unwrap();
        session.checkpoint_now(b"best", Some(1.0), None).unwrap();
        session.checkpoint_now(b"worse", Some(2.0), None).unwrap();
        world.disk.plan(Some(Plan::once(at, libc::EIO)));
        let first = session.finalize(b"answer", None, None);
        world.disk.plan(None);
        let found = best(&world.store()).unwrap();
        assert!(first.is_err() || found == b"answer", "call {at}");
        assert!(
            found == b"best" || found == b"worse" || found == b"answer",
            "call {at}"
        );
        world.disk.plan(None);
        session.finalize(b"answer", None, None).unwrap();
        let entries = world.store().entries(KEY).unwrap();
        assert_eq!(entries.len(), 1, "call {at}: {entries:?}");
        assert_eq!(best(&world.store()).unwrap(), b"answer");
    }
}
