//! What a lookup answers.

use super::bytes::{Bytes, ALIGNMENT};
use super::metadata::{Durability, Kind, Metadata};
use super::names::Stem;
use super::scan::Known;
use super::trace::Trace;
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
    /// Found under one of the session's seed keys, the one at this place: 0 for the nearest.
    Seed(u8),
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

/// What is known of a run without its payload being read.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Run {
    /// What it is called under its key.
    pub run_id: String,
    /// Kind, objective, iteration, when it was written, length.
    pub info: EntryInfo,
    /// What its session was labelled with; none where another engine wrote or rewrote it.
    pub label: Option<String>,
    /// Whether it was synced before its save returned.
    pub durability: Durability,
    /// It does not expire, and is evicted last.
    pub is_pinned: bool,
    /// When it was last written or, as far as that is noted, used: Unix seconds.
    pub last_used_unix_secs: i64,
    /// The other keys it is found under, from near to far.
    pub seed_keys: Vec<Key>,
    /// The tags of what its key was made from, where its session knew.
    pub key_fields: Vec<String>,
}

impl Run {
    pub(super) fn new(known: &Known, is_pinned: bool) -> Run {
        let fields = known.metadata.key_fields().iter();
        Run {
            run_id: known.stem.run_id().to_owned(),
            info: EntryInfo::new(&known.metadata, Source::Exact),
            label: known.metadata.label().map(str::to_owned),
            durability: known.durability(),
            is_pinned,
            last_used_unix_secs: known.last_activity.secs,
            seed_keys: known.metadata.seed_keys(),
            key_fields: fields.map(|(tag, _)| tag.clone()).collect(),
        }
    }
}

/// A verified pair in memory, shared by everyone who holds it. Its address leaves room for the source
/// in an entry's handle.
#[repr(align(32))]
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

    /// What tells this generation from all others under its key.
    pub(crate) fn stem(&self) -> &str {
        self.stored.stem.as_str()
    }

    /// How the run went until this was stored, if it says so.
    pub fn trace(&self) -> Option<Trace> {
        self.stored.metadata.trace()
    }

    /// What its session was labelled with.
    pub fn label(&self) -> Option<&str> {
        self.stored.metadata.label()
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
