//! What only a failing disk or a moved clock can show.

mod ageing;
mod background;
mod crash;
mod faults;
mod hostile;
mod in_place;
mod interleave;
mod many;
mod matrix;
#[cfg(warmstart_model)]
mod model;
mod order;
mod policy;
mod repair;
mod room;
mod sealed;
mod seeds;

use super::{Kind, Lookup, Progress, Store, StoreOptions};
use crate::fs::faulty::{Faulty, Plan};
use crate::key::Key;
use std::path::Path;
use std::sync::Arc;

const KEY: Key = Key::from_bytes([0xab; 32]);
/// Of the fits that have this in common.
const SEED_KEY: Key = Key::from_bytes([0x5e; 32]);
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

/// What a fit that misses begins from.
fn seeded(store: &Store, seed: Key) -> Option<crate::Entry> {
    let direct = store.lookup(seed, Lookup::Latest).unwrap();
    let own = Key::from_bytes([0; 32]);
    let found = store.inner().lookup_seed((0, seed), own, direct, |_| true);
    found.unwrap()
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

/// What a part of a long test is chosen by; nothing for all of it.
fn only(variable: &str) -> String {
    std::env::var(variable).unwrap_or_default()
}

/// For whoever runs the tests with `--nocapture`.
#[allow(clippy::print_stderr)]
fn say(text: &str) {
    eprintln!("{text}");
}
