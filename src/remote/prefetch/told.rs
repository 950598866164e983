//! What callers and the worker tell each other, in any build.

use crate::error::Error;
use crate::key::Key;

/// What the index knows of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrefetchEntry<'a> {
    /// The key it lies under.
    pub key: Key,
    /// The run that wrote it.
    pub run: &'a str,
    /// The key of what it was made from: the fit a fold or a step starts from. `None` for a first.
    pub parent: Option<Key>,
    /// Its place in the chain, or among what was made from the same parent: the number of a fold, a
    /// continuation step or a refinement. 0 is the head of the chain.
    pub sequence: u32,
    /// Bytes of its payload; 0 when unknown.
    pub payload_bytes: u64,
    /// When it was last asked for, or written: milliseconds since 1970.
    pub last_access_ms: i64,
    /// Digest of the model it belongs to; all zero for none.
    pub model: [u8; 32],
    /// The namespace it lies in.
    pub namespace: &'a str,
}

/// How a fetch ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum FetchOutcome {
    /// The entry is intact and lies in the local tiers now.
    Fetched {
        /// Bytes that were transferred; 0 when a local tier had it by then.
        bytes: u64,
    },
    /// There is no such entry there.
    NotFound,
    /// It could not be asked for or not be stored.
    Failed(Error),
    /// The deadline came first, or somebody called it off.
    Cancelled,
    /// Not now: the source, or too many fetches that do not come back, are in the way.
    Deferred,
    /// What was received fails its checks; nothing of it was stored.
    Corrupt(Error),
    /// The source met a defect of its own, contained here.
    Panicked(Error),
}

/// How a wait for a key ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum PrefetchWait {
    /// A local tier has it.
    Resident,
    /// It was fetched, or why not.
    Ended(FetchOutcome),
    /// The wait ended first.
    TimedOut,
    /// No worker runs.
    Stopped,
}

/// Which way along a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainDirection {
    /// To what was made from it, and to later siblings.
    Forward,
    /// To earlier siblings, and to what it was made from.
    Backward,
}
