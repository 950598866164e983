//! A directory that a version-1 engine wrote, partly damaged by hand: every key answers what that
//! engine answered, or the undamaged entry, and nothing in the tree is lost by reading it.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use warmstart::{Entry, Key, Kind, Lookup, Progress, Store, StoreOptions};

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/vectors/store-v1")
}

fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for item in std::fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let target = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy_tree(&item.path(), &target);
        } else {
            std::fs::write(target, std::fs::read(item.path()).unwrap()).unwrap();
        }
    }
}

fn tree(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut pending = vec![root.to_path_buf()];
    while let Some(dir) = pending.pop() {
        for item in std::fs::read_dir(dir).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                files.insert(path, bytes);
            }
        }
    }
    files
}

fn check(name: &str, entry: &Entry, expected: &Value) {
    let info = entry.info();
    assert_eq!(
        entry.payload(),
        expected["payload"].as_str().unwrap().as_bytes(),
        "{name}"
    );
    assert_eq!(info.objective, expected["objective"].as_f64(), "{name}");
    if let Some(kind) = expected["kind"].as_str() {
        let found = match info.kind {
            Kind::Checkpoint => "Checkpoint",
            Kind::Final => "Final",
        };
        assert_eq!(found, kind, "{name}");
        assert_eq!(info.iteration, expected["iteration"].as_i64(), "{name}");
        assert_eq!(
            info.written_unix_secs,
            expected["written_unix_secs"].as_i64().unwrap(),
            "{name}"
        );
    }
}

#[test]
fn every_fixture_answers_as_expected_and_nothing_is_lost_by_reading() {
    let tmp = tempfile::tempdir().unwrap();
    copy_tree(&vectors().join("root"), tmp.path());
    let before = tree(tmp.path());
    let expected: Vec<Value> =
        serde_json::from_slice(&std::fs::read(vectors().join("expected.json")).unwrap()).unwrap();
    assert_eq!(expected.len(), 18);
    let mut options = StoreOptions::new();
    options.ttl_seconds(0.0).unwrap();
    for read_only in [true, false] {
        options.read_only(read_only);
        let store = Store::open(Some(tmp.path()), &options).unwrap();
        for fixture in &expected {
            let name = fixture["name"].as_str().unwrap();
            let key = Key::from_hex(fixture["key"].as_str().unwrap()).unwrap();
            for (mode, field) in [(Lookup::Best, "best"), (Lookup::Latest, "latest")] {
                let entry = store.lookup(key, mode).unwrap().unwrap();
                let answer = if fixture["damaged"] == true {
                    fixture
                } else {
                    &fixture[field]
                };
                check(name, &entry, answer);
            }
        }
        assert_eq!(store.keys().unwrap().len(), 18);
        let stats = store.stats();
        assert!(stats.damaged >= 10 && stats.foreign >= 2, "{stats:?}");
        assert_eq!(stats.hits, 36);
    }
    let mut after = tree(tmp.path());
    after.retain(|path, _| !path.starts_with(tmp.path().join(".warmstart")));
    assert!(before == after, "reading changed the tree");
}

/// A sweep may set old damage aside; what is intact, foreign or young stays.
#[test]
fn a_sweep_right_after_copying_moves_nothing() {
    let tmp = tempfile::tempdir().unwrap();
    copy_tree(&vectors().join("root"), tmp.path());
    let before = tree(tmp.path());
    let mut options = StoreOptions::new();
    options.ttl_seconds(0.0).unwrap();
    let store = Store::open(Some(tmp.path()), &options).unwrap();
    store.sweep().unwrap();
    let mut after = tree(tmp.path());
    after.retain(|path, _| !path.starts_with(tmp.path().join(".warmstart")));
    assert!(before == after);
    let report = store.verify(&Progress::new()).unwrap();
    assert_eq!((report.foreign, report.half_present), (1, 1), "{report:?}");
    assert_eq!(report.damaged, 4, "{report:?}");
    assert_eq!(report.findings.len(), 5);
    assert!(report
        .findings
        .iter()
        .all(|f| !f.text.is_empty() && !f.run_id.is_empty()));
}
