//! What no writer of this library leaves behind, and fuzzing or a hostile hand does.

use super::super::names::AUXILIARY;
use super::*;
use crate::error::ErrorKind;
use sha2::{Digest, Sha256};
use std::fs;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Writes a version-1 pair whose payload is a hole of `len` bytes; one that takes too long to hash has
/// a wrong checksum.
fn hole(w: &World, stem: &str, len: u64, objective: f64) {
    let sum = if len <= 4 << 20 {
        Sha256::digest(vec![0; len as usize]).into()
    } else {
        [7; 32]
    };
    let dir = w.root().join(KEY.to_hex());
    fs::create_dir_all(&dir).unwrap();
    let text = format!(
        r#"{{"schema_version": 1, "written_unix_secs": 4102444800, "objective": {objective:?},
           "kind": "Final", "checksum_hex": "{}", "payload_bytes": {len}}}"#,
        hex(&sum)
    );
    fs::write(dir.join(format!("{stem}.json")), text).unwrap();
    let file = fs::File::create(dir.join(format!("{stem}.bin"))).unwrap();
    file.set_len(len).unwrap();
}

fn totals_file(w: &World, fields: [i64; 8]) {
    let mut bytes: Vec<u8> = fields.iter().flat_map(|f| f.to_le_bytes()).collect();
    let sum = Sha256::digest(&bytes);
    bytes.extend(&sum[..8]);
    fs::create_dir_all(w.root().join(AUXILIARY)).unwrap();
    fs::write(w.root().join(AUXILIARY).join("totals"), bytes).unwrap();
}

#[test]
fn a_run_whose_generations_are_used_up_is_refused_and_kept() {
    let w = World::new();
    let store = w.store();
    slot(&store, b"last", 1.0).unwrap();
    let dir = w.root().join(KEY.to_hex());
    for name in w.names() {
        let (_, suffix) = name.split_once('.').unwrap();
        let last = format!("run~{}~ff.{suffix}", u64::MAX);
        fs::rename(dir.join(&name), dir.join(last)).unwrap();
    }
    let store = w.store();
    assert_eq!(
        slot(&store, b"next", 0.5).unwrap_err().kind(),
        ErrorKind::TooLarge
    );
    assert_eq!(best(&store), Some(b"last".to_vec()));
}

#[test]
fn figures_at_the_end_of_their_range_are_borne_and_corrected() {
    for extreme in [i64::MAX, i64::MIN] {
        let w = World::new();
        totals_file(&w, [extreme; 8]);
        let store = w.store();
        slot(&store, b"x", 1.0).unwrap();
        store.sweep().unwrap();
        slot(&store, b"y", 0.5).unwrap();
        store.sweep().unwrap();
        assert_eq!(best(&store), Some(b"y".to_vec()));
        let stats = store.stats();
        assert_eq!((stats.keys, stats.entries), (1, 1), "{stats:?}");
        assert!((2..10).contains(&stats.files), "{stats:?}");
    }
}

#[test]
fn lengths_that_exceed_all_counting_are_counted_as_the_most_there_is() {
    let w = World::new();
    let mut t = super::super::totals::Totals::default();
    for _ in 0..3 {
        t.add_file(u64::MAX);
        t.add_file(i64::MAX as u64);
        t.aside_file(u64::MAX);
    }
    assert_eq!((t.bytes, t.aside_bytes), (i64::MAX, i64::MAX));
    // So they are over any budget, and what is asked for is refused or made room for, not lost.
    totals_file(&w, [1, 1, 1, i64::MAX, 0, 0, i64::MAX, 1]);
    let store = w.store();
    slot(&store, b"x", 1.0).unwrap();
    assert_eq!(best(&store), Some(b"x".to_vec()));
}

#[test]
fn a_walk_dated_in_the_future_does_not_put_off_the_next_for_ever() {
    let w = World::new();
    totals_file(&w, [0, 0, 1, 4096, 0, 0, i64::MAX, 1]);
    let store = w.store();
    slot(&store, b"x", 1.0).unwrap();
    for _ in 0..2_000 {
        let inner = store.inner();
        let totals = inner.ledger.read(inner.root().as_ref()).unwrap();
        if totals.walked_unix_secs < i64::MAX {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("no walk corrected the date");
}

fn size_budget(bytes: i64) -> StoreOptions {
    let mut options = StoreOptions::new();
    options.size_budget(bytes).unwrap();
    options
}

#[test]
fn an_entry_larger_than_the_budget_goes_before_any_that_fit() {
    let w = World::new();
    let store = w.open(&size_budget(1 << 20));
    slot(&store, b"fits", 1.0).unwrap();
    hole(&w, "huge", 4 << 20, -1.0);
    store.sweep().unwrap();
    assert_eq!(best(&store), Some(b"fits".to_vec()));
    assert!(!w.names().contains(&"huge.bin".into()), "{:?}", w.names());
}

#[test]
fn what_cannot_be_evicted_costs_no_entry_its_place() {
    let w = World::new();
    let store = w.open(&size_budget(1 << 20));
    slot(&store, b"fits", 1.0).unwrap();
    // Damage too young to be set aside, and a file of nobody.
    hole(&w, "huge", 4 << 20, -1.0);
    let dir = w.root().join(KEY.to_hex());
    fs::remove_file(dir.join("huge.json")).unwrap();
    let core = fs::File::create(dir.join("core")).unwrap();
    core.set_len(1 << 33).unwrap();
    store.sweep().unwrap();
    assert_eq!(best(&store), Some(b"fits".to_vec()));
    // The entries by themselves are still held to the budget.
    for i in 0..20 {
        store
            .save(KEY, &[i; 100_000], None, None, Kind::Checkpoint)
            .unwrap();
    }
    let kept = store.entries(KEY).unwrap().len();
    assert!((3..=10).contains(&kept), "{kept}");
}

#[test]
fn a_payload_that_no_memory_holds_is_passed_over_and_stops_no_walk() {
    let w = World::new();
    // Some file systems have no files as long as that, and then there is nothing to show.
    hole(&w, "huge", 8 << 40, -1.0);
    let store = w.open(&size_budget(0));
    slot(&store, b"fits", 1.0).unwrap();
    assert_eq!(best(&store), Some(b"fits".to_vec()));
    let report = store.verify(&Progress::new()).unwrap();
    assert_eq!((report.intact, report.unreadable), (1, 1), "{report:?}");
    store.sweep().unwrap();
    assert_eq!(best(&store), Some(b"fits".to_vec()));
    assert_eq!(
        store.lookup_run(KEY, "huge").unwrap_err().kind(),
        ErrorKind::NoMemory
    );
    store.remove_entry(KEY, "run").unwrap();
    let alone = store.lookup(KEY, Lookup::Best).unwrap_err();
    assert_eq!(alone.kind(), ErrorKind::NoMemory);
}

#[test]
fn metadata_that_is_full_is_not_written_anew_and_so_not_lost() {
    let w = World::new();
    let day = ttl(10.0 * DAY as f64);
    let store = w.open(&day);
    slot(&store, b"kept", 1.0).unwrap();
    let dir = w.root().join(KEY.to_hex());
    let json = dir.join(w.names().iter().find(|n| n.ends_with(".json")).unwrap());
    let text = fs::read_to_string(&json).unwrap();
    // No digest, and a label that leaves no room for one.
    let head = text
        .split("\"metadata_digest_hex\"")
        .next()
        .unwrap()
        .trim_end();
    let room = 64 * 1024 - head.len() - "\"label\":\"\"}".len();
    let full = format!("{head}\"label\":\"{}\"}}", "l".repeat(room));
    assert_eq!(full.len(), 64 * 1024);
    fs::write(&json, &full).unwrap();
    w.disk.advance(DAY);
    let store = w.open(&day);
    for _ in 0..2 {
        assert_eq!(best(&store), Some(b"kept".to_vec()));
    }
    assert_eq!(fs::read_to_string(&json).unwrap(), full);
}

#[test]
fn a_record_that_is_no_file_counts_as_one_that_cannot_be_understood() {
    use std::os::unix::fs::symlink;
    for case in ["directory", "link", "pipe", "socket"] {
        let w = World::new();
        let aux = w.root().join(AUXILIARY);
        fs::create_dir(&aux).unwrap();
        let record = aux.join("record");
        let mut _listening = None;
        match case {
            "directory" => fs::create_dir(&record).unwrap(),
            "link" => symlink("/dev/zero", &record).unwrap(),
            "pipe" => {
                nix::unistd::mkfifo(&record, nix::sys::stat::Mode::S_IRUSR).unwrap();
            }
            _ => _listening = Some(std::os::unix::net::UnixListener::bind(&record).unwrap()),
        }
        let store = w.store();
        slot(&store, b"x", 1.0).unwrap();
        w.disk.advance(1000 * DAY);
        store.sweep().unwrap();
        assert_eq!(best(&store), Some(b"x".to_vec()), "{case}: nothing expires");
    }
}

/// Where a slot's private file should be.
#[test]
fn whatever_has_a_private_files_name_costs_no_save_and_no_answer() {
    type Put = fn(&Path);
    let put: [(&str, Put); 6] = [
        ("directory", |at| std::fs::create_dir(at).unwrap()),
        ("link", |at| {
            std::os::unix::fs::symlink("/etc/passwd", at).unwrap()
        }),
        ("dangling link", |at| {
            std::os::unix::fs::symlink("nowhere", at).unwrap()
        }),
        ("pipe", |at| {
            nix::unistd::mkfifo(at, nix::sys::stat::Mode::S_IRWXU).unwrap();
        }),
        ("garbage", |at| {
            std::fs::write(at, vec![0x57; 16_384]).unwrap()
        }),
        ("hole", |at| {
            let file = std::fs::File::create(at).unwrap();
            file.set_len(1 << 42).unwrap();
        }),
    ];
    for (name, put) in put {
        let world = World::new();
        let store = world.open(&ttl(0.0));
        slot(&store, b"first", 9.0).unwrap();
        put(&world.root().join(KEY.to_hex()).join("run.slot"));
        assert_eq!(best(&world.store()).unwrap(), b"first", "{name}");
        for (payload, objective) in [(b"second", 8.0), (b"third!", 7.0), (b"fourth", 6.0)] {
            slot(&store, payload, objective).unwrap();
            assert_eq!(best(&world.store()).unwrap(), payload, "{name}");
        }
        store.sweep().unwrap();
        store.inner().export(KEY, "run", false).unwrap();
        assert_eq!(best(&world.store()).unwrap(), b"fourth", "{name}");
        assert!(store.remove_entry(KEY, "run").unwrap(), "{name}");
        assert_eq!(best(&world.store()), None, "{name}");
        assert!(!store.remove_entry(KEY, "run").unwrap(), "{name}");
    }
}
