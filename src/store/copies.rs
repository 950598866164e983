//! Entries on their way to other machines, and from there.
//!
//! A copy is a generation of a run: its payload, and its metadata as the file has it, but for the stamp of
//! the last access, which says nothing to others. What comes back has the run id, generation, objective,
//! iteration, kind and stamps it was written with; only the random part of its name is new, so that no
//! name is ever used twice in a directory.

use super::entry::Stored;
use super::lookup::Wanted;
use super::metadata::{Kind, Metadata, Parsed};
use super::names::check_run_id;
use super::rank::{choose, Lookup, Rank};
use super::Inner;
use crate::error::{ErrorKind, Result};
use crate::fs::Timestamp;
use crate::key::Key;
use std::sync::Arc;

/// Longest metadata of a copy, in bytes.
pub(crate) const COPY_METADATA_BYTES: usize = super::metadata::METADATA_BYTES;

/// A generation to be copied.
pub(crate) struct Outgoing {
    pub run_id: String,
    pub generation: u64,
    pub checksum: [u8; 32],
    pub metadata: Vec<u8>,
    /// Under which it is found as well.
    pub seed_keys: Vec<Key>,
    pub stored: Arc<Stored>,
}

/// The metadata of a copy, checked.
#[derive(Clone)]
pub(crate) struct Incoming {
    key: Key,
    run_id: String,
    generation: u64,
    metadata: Metadata,
}

impl Incoming {
    /// Reads what came as metadata of a generation; the reason where it is none.
    pub fn parse(
        key: Key,
        run_id: &str,
        generation: u64,
        bytes: &[u8],
    ) -> Result<Incoming, String> {
        let metadata = match Metadata::parse(bytes) {
            Parsed::Valid(metadata) => metadata,
            Parsed::Foreign(version) => return Err(format!("its schema is version {version}")),
            Parsed::Damaged(why) => return Err(why),
        };
        if check_run_id(run_id).is_err() {
            return Err("its run id is not legal".into());
        }
        if metadata.cache().is_some() {
            return Err("it is an entry of a cache".into());
        }
        Ok(Incoming {
            key,
            run_id: run_id.to_owned(),
            generation,
            metadata,
        })
    }

    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    pub fn payload_bytes(&self) -> u64 {
        self.metadata.payload_bytes()
    }

    pub fn checksum(&self) -> [u8; 32] {
        self.metadata.checksum()
    }

    fn rank(&self) -> Rank<'_> {
        Rank {
            objective: self.metadata.objective(),
            kind: self.metadata.kind(),
            written: self.metadata.written(),
            stem: &self.run_id,
        }
    }

    /// The position of the one that a lookup would answer.
    pub fn choose<'a>(mode: Lookup, all: impl Iterator<Item = &'a Incoming>) -> Option<usize> {
        let ranks: Vec<Rank<'_>> = all.map(Incoming::rank).collect();
        choose(mode, &ranks)
    }
}

impl Inner {
    /// The newest intact generation of a run as it is to be copied; `None` where there is none. Not a use
    /// of it.
    pub(crate) fn copy_of(&self, key: Key, run_id: &str) -> Result<Option<Outgoing>> {
        check_run_id(run_id)?;
        let stored = match self.find(key, Wanted::Run(run_id)) {
            Ok(Some(stored)) => stored,
            Ok(None) => return Ok(None),
            // Nothing that another machine could begin from.
            Err(e) if matches!(e.kind(), ErrorKind::Corrupt | ErrorKind::Incompatible) => {
                return Ok(None)
            }
            Err(e) => return Err(e),
        };
        Ok(Some(Outgoing {
            run_id: run_id.to_owned(),
            generation: stored.stem.generation,
            checksum: stored.metadata.checksum(),
            metadata: stored.metadata.without_access().to_bytes()?,
            seed_keys: stored.metadata.seed_keys(),
            stored,
        }))
    }

    /// Whether a copy is what a lookup answers as best, or an answer.
    pub(crate) fn is_best(&self, key: Key, copy: &Outgoing) -> Result<bool> {
        if copy.stored.metadata.kind() == Kind::Final {
            return Ok(true);
        }
        let best = self.find(key, Wanted::Ranked(Lookup::Best))?;
        Ok(best.is_some_and(|b| b.stem.run_id() == copy.run_id))
    }

    /// Whether what comes would be found: it may be older than the store's time to live.
    pub(crate) fn would_find(&self, incoming: &Incoming) -> bool {
        !self
            .settings
            .is_expired(incoming.metadata.written(), self.now())
    }

    /// Whether anything is stored under the key, by its directory's names alone; no use of it.
    pub(crate) fn has_any(&self, key: Key) -> bool {
        let scanned = self.scan_key(key).ok().flatten();
        scanned.is_some_and(|(_, scan)| !scan.runs().is_empty())
    }

    /// Seconds after which what is noted about a key is forgotten; `None`: never.
    pub(crate) fn ttl_seconds(&self) -> Option<f64> {
        self.settings.ttl_seconds
    }

    /// Whether that generation, or a newer one of its run, is here and intact.
    pub(crate) fn has(&self, incoming: &Incoming) -> Result<bool> {
        let here = match self.find(incoming.key, Wanted::Run(&incoming.run_id)) {
            Err(e) if matches!(e.kind(), ErrorKind::Corrupt | ErrorKind::Incompatible) => None,
            found => found?,
        };
        Ok(here.is_some_and(|s| s.stem.generation >= incoming.generation))
    }

    /// Writes a copy, whose payload was checked, as it was written elsewhere; false when it is here
    /// already, see [`Inner::has`].
    pub(crate) fn bring(self: &Arc<Self>, incoming: &Incoming, payload: &[u8]) -> Result<bool> {
        let Incoming {
            key,
            run_id,
            generation,
            metadata,
        } = incoming;
        self.check_writable(|| format!("bringing run {run_id} under key {key}"))?;
        if self.has(incoming)? {
            return Ok(false);
        }
        self.write_copy(*key, run_id, *generation, metadata, payload)?;
        Ok(true)
    }

    /// Seconds since `then`, by this host's clock.
    pub(crate) fn seconds_since(&self, then: Timestamp) -> f64 {
        self.now().seconds_since(then)
    }
}
