//! A machine: a root of its own, attached to a bucket that others share.

use crate::{Bucket, LONG};
use std::path::Path;
use tempfile::TempDir;
use warmstart::{Durability, Key, Kind, Lookup, Reach, Remote, RemoteOptions, Store, StoreOptions};

pub fn key(n: u8) -> Key {
    Key::from_bytes([n; 32])
}

pub fn open(root: &Path) -> Store {
    let mut options = StoreOptions::new();
    options.durability(Durability::Process);
    Store::open(Some(root), &options).unwrap()
}

pub fn options() -> RemoteOptions {
    let mut options = RemoteOptions::new();
    options.deadline(LONG);
    options
}

pub struct Machine {
    pub remote: Remote,
    pub store: Store,
    pub dir: TempDir,
}

impl Machine {
    pub fn with(bucket: &Bucket, options: &RemoteOptions) -> Machine {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        let remote = store.attach_remote(&bucket.url(), options).unwrap();
        Machine { remote, store, dir }
    }

    pub fn new(bucket: &Bucket) -> Machine {
        Machine::with(bucket, &options())
    }

    pub fn save(&self, n: u8, payload: &[u8]) -> String {
        let objective = Some(1.0 / f64::from(n));
        let saved = self
            .store
            .save(key(n), payload, objective, Some(3), Kind::Final);
        saved.unwrap()
    }

    pub fn upload(&self) {
        let flushed = self.remote.flush(Reach::Remote, LONG);
        assert!(flushed.unwrap(), "{:?}", self.remote.last_failure());
    }

    pub fn found(&self, n: u8) -> Option<Vec<u8>> {
        let found = self.store.lookup(key(n), Lookup::Best).unwrap();
        found.map(|e| e.payload().to_vec())
    }
}
