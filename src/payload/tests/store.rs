//! Records on the disk.

use super::{artifact, json_of, warm_start};
use crate::error::ErrorKind;
use crate::payload::{BlockRecord, FitArtifact, Record, RecordKind, RECORD_BYTES};
use crate::store::{Kind, Lookup, Store, StoreOptions};
use std::path::Path;

fn open(root: &Path) -> Store {
    Store::open_records(Some(root)).unwrap()
}

fn loaded(store: &Store, like: &Record) -> Option<Record> {
    store.load_record(like).unwrap()
}

#[test]
fn a_record_is_stored_once_per_key_and_the_newest_is_answered() {
    let tmp = tempfile::tempdir().unwrap();
    let store = open(tmp.path());
    let mut made = Record::from(warm_start());
    assert_eq!(loaded(&store, &made), None);
    store.save_record(&made).unwrap();
    let Some(Record::WarmStart(first)) = loaded(&store, &made) else {
        panic!("not found");
    };
    assert!(first.created_unix_secs > 1_700_000_000);
    assert_eq!(first.created_unix_secs, first.updated_unix_secs);
    let Record::WarmStart(r) = &mut made else {
        panic!("another kind")
    };
    (r.beta[0], r.created_unix_secs) = (7.0, 5);
    store.save_record(&made).unwrap();
    let Some(Record::WarmStart(second)) = loaded(&store, &made) else {
        panic!("not found");
    };
    assert_eq!((second.beta[0], second.created_unix_secs), (7.0, 5));
    assert!(second.updated_unix_secs >= first.updated_unix_secs);
    let key = made.store_key().unwrap();
    let entries = store.entries(key).unwrap();
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert_eq!(
        (entries[0].info.kind, entries[0].info.objective),
        (Kind::Checkpoint, None)
    );
    assert!(made.check(&Record::WarmStart(second)).is_ok());
}

#[test]
fn a_record_that_is_too_large_leaves_the_earlier_one_and_is_never_read_back() {
    let tmp = tempfile::tempdir().unwrap();
    let store = open(tmp.path());
    let small = Record::from(warm_start());
    store.save_record(&small).unwrap();
    let mut large = warm_start();
    large.n_cols = 1 << 20;
    large.beta = vec![-1.2345678901234567e-300; 1 << 20];
    let e = store.save_record(&Record::from(large)).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::TooLarge, "{e}");
    let Some(Record::WarmStart(found)) = loaded(&store, &small) else {
        panic!("the earlier one is gone");
    };
    assert_eq!(found.beta, warm_start().beta);
    // Of another engine, and newer.
    let key = small.store_key().unwrap();
    let mut bytes = json_of(warm_start()).into_bytes();
    bytes.resize(RECORD_BYTES + 1, b' ');
    store
        .save(key, &bytes, None, None, Kind::Checkpoint)
        .unwrap();
    assert!(
        loaded(&store, &small).is_some(),
        "the earlier one is answered"
    );
    store.remove_entry(key, "record").unwrap();
    let e = store.load_record(&small).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::TooLarge, "{e}");
}

#[test]
fn what_is_no_record_is_passed_over_and_the_reason_is_that_of_the_newest() {
    let tmp = tempfile::tempdir().unwrap();
    let store = open(tmp.path());
    let like = Record::from(warm_start());
    let key = like.store_key().unwrap();
    store
        .save(key, b"{\"n_rows\":", None, None, Kind::Checkpoint)
        .unwrap();
    let e = store.load_record(&like).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Incompatible);
    assert!(e.to_string().contains("EOF while parsing"), "{e}");
    store.save_record(&like).unwrap();
    store
        .save(key, b"noise", Some(-1.0), None, Kind::Final)
        .unwrap();
    assert!(loaded(&store, &like).is_some());
}

#[test]
fn records_of_two_kinds_under_one_key_do_not_replace_each_other() {
    let tmp = tempfile::tempdir().unwrap();
    let store = open(tmp.path());
    let first = Record::from(warm_start());
    let second = Record::from(BlockRecord::new("y ~ s(x)", 100));
    assert_eq!(first.store_key().unwrap(), second.store_key().unwrap());
    for _ in 0..2 {
        store.save_record(&first).unwrap();
        store.save_record(&second).unwrap();
    }
    assert!(loaded(&store, &first).unwrap().check(&first).is_ok());
    assert!(loaded(&store, &second).unwrap().check(&second).is_ok());
    assert_eq!(store.entries(first.store_key().unwrap()).unwrap().len(), 2);
}

#[test]
fn what_could_never_be_answered_is_not_stored() {
    let tmp = tempfile::tempdir().unwrap();
    let store = open(tmp.path());
    let mut record = warm_start();
    record.beta.pop();
    let e = store.save_record(&Record::from(record)).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Invalid);
    assert!(
        e.to_string().contains("beta has 2 items, for 3 columns"),
        "{e}"
    );
    let e = store
        .save_record(&Record::from(FitArtifact::new("f")))
        .unwrap_err();
    assert!(e.to_string().contains("outer_objective is NaN"), "{e}");
    assert_eq!(store.keys().unwrap(), []);
}

#[test]
fn an_unusable_artifact_is_not_answered() {
    let tmp = tempfile::tempdir().unwrap();
    let store = open(tmp.path());
    let like = Record::from(artifact(&[("mu", &[1.0])]));
    let json = json_of(like.clone()).replace("\"schema\":1", "\"schema\":2");
    let key = like.store_key().unwrap();
    store
        .save(key, json.as_bytes(), None, None, Kind::Checkpoint)
        .unwrap();
    let e = store.load_record(&like).unwrap_err();
    assert!(e.to_string().contains("schema is 2"), "{e}");
    assert!(Record::from_json(RecordKind::Artifact, json.as_bytes()).is_ok());
}

#[test]
fn a_fold_finds_its_parent() {
    let tmp = tempfile::tempdir().unwrap();
    let store = open(tmp.path());
    let parent = artifact(&[("mu", &[1.0]), ("sigma", &[2.0])]);
    store.save_record(&Record::from(parent)).unwrap();
    let mut fold = artifact(&[("sigma", &[0.0]), ("mu", &[0.0])]);
    fold.global.n_rows = 90;
    fold.descriptor.response_signature.n_response_channels = 3;
    let mut fold = Record::from(fold);
    let found = loaded(&store, &fold).unwrap();
    found.check(&fold).unwrap();
    fold.transfer_from(&found).unwrap();
    let Record::Artifact(fold) = fold else {
        panic!("another kind")
    };
    assert_eq!(fold.terms[0].rho_for_term, [2.0]);
    let other = Record::from(artifact(&[("mu", &[1.0])]));
    assert_eq!(loaded(&store, &other), None);
}

#[test]
fn a_root_that_is_opened_twice_is_one_store_with_the_limits_of_records() {
    let tmp = tempfile::tempdir().unwrap();
    let root = tmp.path().join("records");
    let first = open(&root);
    std::os::unix::fs::symlink(&root, tmp.path().join("link")).unwrap();
    let second = open(&tmp.path().join("link"));
    assert!(std::sync::Arc::ptr_eq(first.inner(), second.inner()));
    let other = open(&tmp.path().join("other"));
    assert!(!std::sync::Arc::ptr_eq(first.inner(), other.inner()));
    let record = std::fs::read_to_string(root.join(".warmstart/record")).unwrap();
    assert!(record.contains("\"size_budget\": 268435456"), "{record}");
    assert!(record.contains("\"ttl_seconds\": 315576000.0"), "{record}");
    drop((first, second));
    // Gone with its last user: the next is another, on the same root.
    let third = open(&root);
    third.save_record(&Record::from(warm_start())).unwrap();
    let plain = Store::open(Some(&root), &StoreOptions::new()).unwrap();
    let key = Record::from(warm_start()).store_key().unwrap();
    assert!(plain.lookup(key, Lookup::Best).unwrap().is_some());
}

#[test]
fn threads_that_open_one_root_at_once_get_one_store() {
    let tmp = tempfile::tempdir().unwrap();
    let stores: Vec<Store> = std::thread::scope(|s| {
        let opening: Vec<_> = (0..8).map(|_| s.spawn(|| open(tmp.path()))).collect();
        opening.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let shared = |s: &Store| std::sync::Arc::ptr_eq(s.inner(), stores[0].inner());
    assert!(stores.iter().all(shared));
}
