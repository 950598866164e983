//! What only a failing disk or a moved clock can show.

mod ageing;
mod background;
mod crash;
mod faults;
mod hostile;
mod interleave;
mod matrix;
#[cfg(warmstart_model)]
mod model;
mod order;
mod repair;
mod room;

use super::{Kind, Lookup, Progress, Store, StoreOptions};
use crate::fs::faulty::{Faulty, Plan};
use crate::key::Key;
use std::path::Path;
use std::sync::Arc;

const KEY: Key = Key::from_bytes([0xab; 32]);
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

struct World {
    tmp: tempfile::TempDir,
    disk: Faulty,
}

impl World {
    fn new() -> World {
        World {
            tmp: tempfile::tempdir().unwrap(),
            disk: Faulty::default(),
        }
    }

    /// One on which slots are replaced pair by pair.
    fn of_pairs() -> World {
        let world = World::new();
        world.disk.pairs_only();
        world
    }

    fn root(&self) -> &Path {
        self.tmp.path()
    }

    fn open(&self, options: &StoreOptions) -> Store {
        Store::open_on(Arc::new(self.disk.clone()), Some(self.root()), options).unwrap()
    }

    fn store(&self) -> Store {
        self.open(&StoreOptions::new())
    }

    /// The names in the key's directory.
    fn names(&self) -> Vec<String> {
        names_in(&self.root().join(KEY.to_hex()))
    }
}

/// Flips a bit in the first file of the key's whose name ends so.
fn damage(world: &World, suffix: &str) {
    let name = world
        .names()
        .into_iter()
        .find(|n| n.ends_with(suffix))
        .unwrap();
    let path = world.root().join(KEY.to_hex()).join(name);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

fn names_in(dir: &Path) -> Vec<String> {
    let Ok(listed) = std::fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut names: Vec<String> = listed
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn ttl(seconds: f64) -> StoreOptions {
    let mut options = StoreOptions::new();
    options.ttl_seconds(seconds).unwrap();
    options
}

fn slot(store: &Store, payload: &[u8], objective: f64) -> crate::Result<()> {
    store.save_slot(KEY, "run", payload, Some(objective), None, Kind::Checkpoint)
}

fn best(store: &Store) -> Option<Vec<u8>> {
    store
        .lookup(KEY, Lookup::Best)
        .unwrap()
        .map(|e| e.payload().to_vec())
}

/// For whoever runs the tests with `--nocapture`.
#[allow(clippy::print_stderr)]
fn say(text: &str) {
    eprintln!("{text}");
}
