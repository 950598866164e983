//! Where everybody keeps one payload of one size.

use crate::cabi;
use crate::operation::Operation;
use crate::rivals::{Cacache, Lmdb, Redb, Sqlite};
use crate::{ours, plain, Result};
use std::fs;
use std::path::{Path, PathBuf};
use warmstart::{Durability, Key, Store, StoreOptions};

/// What readers look up.
pub const KEY: Key = Key::from_bytes([1; 32]);

/// A directory that goes when the run ends.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn below(root: &Path) -> Result<Scratch> {
        let path = root.join(format!("warmstart-bench-{}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Scratch(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Where each lies below a site's directory.
pub struct Places(pub PathBuf);

impl Places {
    pub fn store(&self) -> PathBuf {
        self.0.join("store")
    }

    pub fn process(&self) -> PathBuf {
        self.0.join("process")
    }

    pub fn sqlite(&self) -> PathBuf {
        self.0.join("sqlite")
    }

    pub fn lmdb(&self) -> PathBuf {
        self.0.join("lmdb")
    }

    pub fn redb(&self) -> PathBuf {
        self.0.join("redb")
    }

    pub fn cacache(&self) -> PathBuf {
        self.0.join("cacache")
    }

    pub fn files(&self) -> PathBuf {
        self.0.join("files")
    }
}

pub struct Site {
    pub places: Places,
    pub size: usize,
    pub store: Store,
    /// At the durability that survives the process only.
    pub process: Store,
    pub c_store: cabi::Store,
    pub sqlite: Sqlite,
    pub sqlite_normal: Sqlite,
    pub lmdb: Lmdb,
    pub redb: Redb,
    pub cacache: Cacache,
}

impl Site {
    pub fn new(dir: &Path, size: usize) -> Result<Site> {
        fs::create_dir(dir)?;
        let places = Places(dir.to_owned());
        fs::create_dir(places.files())?;
        let mut process = StoreOptions::new();
        process.durability(Durability::Process);
        Ok(Site {
            size,
            store: Store::open(Some(&places.store()), &StoreOptions::new())?,
            process: Store::open(Some(&places.process()), &process)?,
            c_store: cabi::Store::open(&places.store())?,
            sqlite: Sqlite::open(&places.sqlite(), "FULL")?,
            sqlite_normal: Sqlite::open(&places.0.join("sqlite-normal"), "NORMAL")?,
            lmdb: Lmdb::open(&places.lmdb())?,
            redb: Redb::open(&places.redb())?,
            cacache: Cacache(places.cacache()),
            places,
        })
    }

    /// Replacements of one payload; the library's own come first.
    pub fn writers(&self) -> Result<Vec<Operation<'_>>> {
        let mut every = ours::writers(self)?;
        every.push(self.sqlite.upsert("sqlite-full", "SQLite WAL FULL")?);
        let normal = self
            .sqlite_normal
            .upsert("sqlite-normal", "SQLite WAL NORMAL (not durable)")?;
        every.push(normal.leaving_data());
        every.push(self.lmdb.put());
        every.push(self.redb.insert());
        every.push(self.cacache.write());
        every.extend(plain::writers(&self.places.files(), self.size)?);
        Ok(every)
    }

    /// Lookups by handles that have answered before; the library's own come first.
    pub fn hot_readers(&self) -> Result<Vec<Operation<'_>>> {
        let mut every = ours::readers(self);
        every.push(self.sqlite.select()?);
        every.push(self.lmdb.get());
        every.push(self.redb.get());
        every.push(self.cacache.read());
        every.extend(plain::readers(&self.places.files(), self.size));
        Ok(every)
    }
}

/// How often to do in one timed run what takes so long with a payload of this size: short ones are
/// lost in the clock's own time.
pub fn batch(size: usize) -> u32 {
    match size {
        s if s <= 16 << 10 => 64,
        s if s <= 256 << 10 => 8,
        _ => 1,
    }
}

/// Nobody is timed on a wrong answer. Both ends of random bytes tell as much as all of them, and
/// cost next to nothing.
pub fn check(found: Option<&[u8]>, expected: &[u8]) -> Result<()> {
    let ends = |bytes: &[u8]| {
        let (first, last) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>());
        (bytes.len(), first.copied(), last.copied())
    };
    match found {
        Some(found) if ends(found) == ends(expected) => Ok(()),
        Some(_) => Err("what was read is not what was written".into()),
        None => Err("nothing was found".into()),
    }
}
