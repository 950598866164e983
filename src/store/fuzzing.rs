//! What the fuzz targets in `tests/fuzz` need and no user does: the parsers by themselves, and a store
//! on a disk in memory.

#![allow(missing_docs)]

use super::metadata::{Description, Durability, Kind, Metadata, Parsed};
use super::names::{check_run_id, generate_run_id, FileRole, Stem};
use super::options::StoreOptions;
use super::Store;
use crate::error::Result;
use crate::fs::simulated::Simulated;
use crate::fs::{self, Dir, FileSystem, NodeKind, Timestamp};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a metadata file holds.
pub enum Verdict {
    /// Metadata of ours or of a version-1 engine.
    Valid(Meta),
    /// Of another schema.
    Foreign,
    /// With the reason.
    Damaged(String),
}

/// Metadata that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Meta(Metadata);

/// Reads the contents of a metadata file.
pub fn parse_metadata(bytes: &[u8]) -> Verdict {
    match Metadata::parse(bytes) {
        Parsed::Valid(m) => Verdict::Valid(Meta(m)),
        Parsed::Foreign(_) => Verdict::Foreign,
        Parsed::Damaged(why) => Verdict::Damaged(why),
    }
}

impl Meta {
    /// What this library writes for a payload.
    pub fn new(
        written: (i64, u32),
        is_final: bool,
        objective: Option<f64>,
        iteration: Option<u64>,
        checksum: [u8; 32],
        payload_bytes: u64,
    ) -> Meta {
        let kind = if is_final {
            Kind::Final
        } else {
            Kind::Checkpoint
        };
        let written = Timestamp {
            secs: written.0,
            nanos: written.1,
        };
        let description = Description::new(objective, iteration);
        Meta(Metadata::new(
            written,
            kind,
            &description,
            Durability::Full,
            checksum,
            payload_bytes,
        ))
    }

    /// The file's contents when this library writes it anew.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        self.0.to_bytes()
    }

    /// The same with an access stamp, as a lookup renews it.
    pub fn with_access(&self, secs: i64, nanos: u32) -> Meta {
        Meta(self.0.with_access(Timestamp { secs, nanos }))
    }

    pub fn written(&self) -> (i64, u32) {
        let t = self.0.written();
        (t.secs, t.nanos)
    }

    pub fn last_activity(&self) -> (i64, u32) {
        let t = self.0.last_activity();
        (t.secs, t.nanos)
    }

    pub fn objective(&self) -> Option<f64> {
        self.0.objective()
    }

    pub fn iteration(&self) -> Option<i64> {
        self.0.iteration()
    }

    pub fn is_final(&self) -> bool {
        self.0.kind() == Kind::Final
    }

    pub fn is_durable(&self) -> bool {
        self.0.durability() == Durability::Full
    }

    pub fn checksum(&self) -> [u8; 32] {
        self.0.checksum()
    }

    pub fn payload_bytes(&self) -> u64 {
        self.0.payload_bytes()
    }
}

/// What a file in a key's directory is by its name.
#[derive(Debug, Clone, PartialEq)]
pub enum Role {
    Metadata(Name),
    Payload(Name),
    Pin(String),
    Reused(String),
    Slot(String),
    /// A restart from the generation of this stem.
    Restart(String),
    /// A link, by its name.
    Link(String),
    Unfinished,
    Unknown,
}

/// A stem, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    pub stem: String,
    pub run_id: String,
    pub generation: u64,
    /// What the name says of the durability.
    pub durable: Option<bool>,
}

impl Name {
    fn of(stem: Stem) -> Name {
        Name {
            stem: stem.as_str().to_owned(),
            run_id: stem.run_id().to_owned(),
            generation: stem.generation,
            durable: stem.durability().map(|d| d == Durability::Full),
        }
    }

    pub fn parse(text: &str) -> Option<Name> {
        Stem::parse(text).map(Name::of)
    }

    /// A name never used before for this generation.
    pub fn fresh(run_id: &str, generation: u64, durable: bool) -> Option<Name> {
        let durability = if durable {
            Durability::Full
        } else {
            Durability::Process
        };
        Stem::fresh(run_id, generation, durability)
            .ok()
            .map(Name::of)
    }

    /// The names of its metadata, its payload and its reuse stamp.
    pub fn files(&self) -> Option<[String; 3]> {
        let stem = Stem::parse(&self.stem)?;
        Some([stem.metadata(), stem.payload(), stem.reused()])
    }
}

pub fn role_of(file: &str) -> Role {
    match FileRole::of(file) {
        FileRole::Metadata(stem) => Role::Metadata(Name::of(stem)),
        FileRole::Payload(stem) => Role::Payload(Name::of(stem)),
        FileRole::Pin(run_id) => Role::Pin(run_id),
        FileRole::Reused(stem) => Role::Reused(stem),
        FileRole::Slot(run_id) => Role::Slot(run_id),
        FileRole::Restart(stem) => Role::Restart(stem),
        FileRole::Link(link) => Role::Link(link.name()),
        FileRole::Sealed(_) | FileRole::Life(_) => Role::Unknown,
        FileRole::Unfinished => Role::Unfinished,
        FileRole::Unknown => Role::Unknown,
    }
}

pub fn is_run_id(text: &str) -> bool {
    check_run_id(text).is_ok()
}

pub fn new_run_id(secs: i64, nanos: u32) -> Result<String> {
    generate_run_id(Timestamp { secs, nanos })
}

/// A disk in memory, on which slots are replaced by pairs, which a target can tell by their names.
pub struct Disk(Simulated);

impl Default for Disk {
    fn default() -> Self {
        Disk(Simulated::pairs_only())
    }
}

impl Disk {
    fn open_dir(&self, path: &Path) -> io::Result<Arc<dyn Dir>> {
        self.0.open_root(path)
    }

    /// Makes a directory and what is missing above it; false where a file is in the way.
    pub fn create_dir(&self, path: &Path) -> bool {
        self.open_dir(path).is_ok()
            || path.parent().is_some_and(|p| self.create_dir(p)) && self.0.create_root(path).is_ok()
    }

    /// Writes a new file; false where the name is taken or its directory cannot be made.
    pub fn create_file(&self, path: &Path, contents: &[u8]) -> bool {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name().and_then(|n| n.to_str()))
        else {
            return false;
        };
        self.create_dir(parent)
            && self
                .open_dir(parent)
                .and_then(|dir| dir.create_new(name))
                .and_then(|file| fs::write_all(file.as_ref(), contents))
                .is_ok()
    }

    /// Lets time pass.
    pub fn advance(&self, seconds: i64) {
        self.0.advance(seconds);
    }

    /// Unix seconds.
    pub fn now(&self) -> i64 {
        self.0.now().secs
    }

    pub fn open(&self, root: &Path, options: &StoreOptions) -> Result<Store> {
        Store::open_on(Arc::new(self.0.clone()), Some(root), options)
    }

    /// Every file below `dir`, with its contents.
    pub fn files(&self, dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        if let Ok(dir) = self.open_dir(dir) {
            collect(dir.as_ref(), &mut found);
        }
        found
    }
}

fn collect(dir: &dyn Dir, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    for item in dir.list().unwrap_or_default() {
        if item.kind == Some(NodeKind::Directory) {
            if let Ok(below) = dir.open_dir(&item.name) {
                collect(below.as_ref(), found);
            }
        } else if let Ok(file) = dir.open_read(&item.name) {
            let mut contents = vec![0; file.stat().map_or(0, |s| s.len as usize)];
            let n = fs::read_full(file.as_ref(), &mut contents).unwrap_or(0);
            contents.truncate(n);
            found.push((dir.path().join(&item.name), contents));
        }
    }
}
