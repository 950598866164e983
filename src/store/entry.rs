//! What a lookup answers.

use super::bytes::{Bytes, ALIGNMENT};
use super::metadata::{Kind, Metadata};
use super::names::Stem;
use crate::fs::Timestamp;
use crate::key::Key;
use std::sync::Arc;

/// Where an entry came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Stored under the very key that was asked for.
    Exact,
    /// Handed in by the caller.
    Preloaded,
    /// Found under one of the session's seed keys.
    Seed,
}

/// What is known of an entry besides its bytes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct EntryInfo {
    /// Checkpoint or Final.
    pub kind: Kind,
    /// Where it came from.
    pub source: Source,
    /// Finite, or none.
    pub objective: Option<f64>,
    /// Not negative, or none.
    pub iteration: Option<i64>,
    /// When it was written: Unix seconds.
    pub written_unix_secs: i64,
    /// When it was written: nanoseconds beside the seconds.
    pub written_nanos: u32,
    /// Length of the payload in bytes.
    pub payload_bytes: u64,
}

impl EntryInfo {
    pub(super) fn new(metadata: &Metadata, source: Source) -> EntryInfo {
        let written = metadata.written();
        EntryInfo {
            kind: metadata.kind(),
            source,
            objective: metadata.objective(),
            iteration: metadata.iteration(),
            written_unix_secs: written.secs,
            written_nanos: written.nanos,
            payload_bytes: metadata.payload_bytes(),
        }
    }
}

/// A verified pair in memory, shared by everyone who holds it.
pub(crate) struct Stored {
    pub key: Key,
    pub(super) stem: Stem,
    pub(super) metadata: Metadata,
    pub bytes: Bytes,
    /// The activity known of when it was read, from the metadata or beside it.
    pub(super) last_activity: Timestamp,
}

impl Stored {
    /// The bytes it takes in memory, with an allocation's two counters.
    pub(super) fn occupies(&self) -> usize {
        size_of::<Stored>()
            + 2 * size_of::<usize>()
            + self.bytes.len()
            + ALIGNMENT
            + self.stem.as_str().len()
            + self.metadata.allocated()
    }
}

/// An entry: immutable, verified, independent of the store it came from. Any number of threads
/// may use it at once.
#[derive(Clone)]
pub struct Entry {
    pub(crate) stored: Arc<Stored>,
    pub(crate) source: Source,
}

impl Entry {
    /// The payload, byte for byte as it was saved, at an address divisible by 64.
    pub fn payload(&self) -> &[u8] {
        &self.stored.bytes
    }

    /// The key it lies under.
    pub fn key(&self) -> Key {
        self.stored.key
    }

    /// The run that wrote it.
    pub fn run_id(&self) -> &str {
        self.stored.stem.run_id()
    }

    /// Everything else.
    pub fn info(&self) -> EntryInfo {
        EntryInfo::new(&self.stored.metadata, self.source)
    }

    /// The same entry with another source.
    pub(crate) fn with_source(&self, source: Source) -> Entry {
        Entry {
            stored: Arc::clone(&self.stored),
            source,
        }
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry")
            .field("key", &self.key())
            .field("run_id", &self.run_id())
            .field("info", &self.info())
            .finish()
    }
}
