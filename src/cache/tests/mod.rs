//! The cache as its users see it.

mod costs;
mod ending;
mod expiring;
mod flushing;
mod labels;
mod limits;
mod many;
mod orders;
mod storing;
mod versions;

use super::*;
use crate::fs::simulated::Simulated;
use crate::fs::FileSystem;
use std::path::Path;
use std::sync::Arc;

/// A disk, and caches on it: each stands for a process.
struct World(Simulated);

impl World {
    fn new() -> World {
        World(Simulated::new())
    }

    fn open(&self, options: &CacheOptions) -> Cache {
        let fs: Arc<dyn FileSystem> = Arc::new(self.0.clone());
        Cache::open_on(fs, Some(Path::new("/root")), options).unwrap()
    }

    fn cache(&self) -> Cache {
        self.open(&CacheOptions::new())
    }
}

/// On a disk, and in memory alone.
fn both() -> [Cache; 2] {
    let in_memory = Cache::in_memory(&CacheOptions::new()).unwrap();
    [World::new().cache(), in_memory]
}

fn put() -> PutOptions {
    PutOptions::new()
}

fn tagged(tags: &[&str]) -> PutOptions {
    let mut put = PutOptions::new();
    for tag in tags {
        put.tag(tag).unwrap();
    }
    put
}

fn got(cache: &Cache, namespace: &str, key: &str) -> Option<Vec<u8>> {
    let blob = cache.get(namespace, key).unwrap();
    blob.map(|b| b.payload().to_vec())
}

fn stats(cache: &Cache) -> CacheStats {
    cache.stats(None).unwrap()
}
