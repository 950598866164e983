//! Sealed entries: one immutable file for each generation of a key, for the blob cache.
//!
//! ```text
//! <root>/<key>/<generation>.sealed    a front (see `front`) and the payload; empty: removed
//! <root>/<key>/<generation>.life      how long it lives, where that was changed since
//! <root>/.warmstart/labels/<label>/<key>~<nonce>
//! <root>/.warmstart/gone/<label>~<random>/<key>~<nonce>
//! ```
//!
//! The highest generation is the entry. Its name is given exclusively, once the file is complete and
//! synced, so that of two writers who judged the same generation one is second, and judges again.
//! Numbers never begin anew under a writer: a removal is a generation, too, a tombstone, and only a
//! tombstone that is old and alone is removed. A writer that was held up between looking and naming
//! finds that more time has passed than any tombstone is younger than, or a higher generation, and
//! begins again. Older generations go once the newer one is durable; they are outranked if they come back.
//! The file of the last one may be kept to be written over, see `spares`.
//!
//! An entry with labels is alive only while each of them has a file for its nonce, which no other put
//! has. A label is invalidated by moving its directory away: one change, however many entries.

mod across;
mod ended;
mod gone;
mod labels;
mod life;
mod publish;
mod read;
mod remove;
mod spares;
mod walk;

pub(crate) use ended::{End, Ended};
pub(crate) use gone::{Gone, LabelledPut};
pub(crate) use labels::{label_id, LabelKind};
pub(crate) use life::Life;

pub(super) use labels::count_labels;
pub(super) use spares::Spares;

use super::bytes::Bytes;
use super::Store;
use crate::error::Result;
use crate::fs::Timestamp;
use crate::key::{Fingerprinter, Key};
use serde::{Deserialize, Serialize};

/// Milliseconds of a stamp since 1970.
fn unix_ms(at: Timestamp) -> i64 {
    let ms = i64::from(at.nanos / 1_000_000);
    at.secs.saturating_mul(1000).saturating_add(ms)
}

/// How the payload of a sealed entry lies on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Encoding {
    /// As it was given.
    Raw,
    /// Compressed, its bytes shuffled by this element size first unless that is 0 or 1.
    Zstd { shuffle: u8 },
}

/// What is stored with a sealed entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CacheFields {
    /// As its user names it.
    pub key: String,
    /// Random, of this put and no other.
    pub nonce: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    pub priority: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_unix_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_ms: Option<u64>,
    #[serde(default)]
    pub stale_ms: u64,
    pub encoding: Encoding,
    /// Length of what was given.
    pub plain_bytes: u64,
}

impl CacheFields {
    /// Everything, framed as in the fingerprint protocol.
    pub(super) fn write_to(&self, f: &mut Fingerprinter) {
        f.write_str("cache 1");
        f.write_str(&self.key);
        f.write_u64(self.nonce);
        f.write_bool(self.version.is_some());
        f.write_u64(self.version.unwrap_or(0));
        for labels in [&self.tags, &self.dependencies] {
            f.write_u64(labels.len() as u64);
            labels.iter().for_each(|l| f.write_str(l));
        }
        f.write_u64(self.pairs.len() as u64);
        for (name, value) in &self.pairs {
            f.write_str(name);
            f.write_str(value);
        }
        f.write_bool(self.content_type.is_some());
        f.write_str(self.content_type.as_deref().unwrap_or(""));
        f.write_u8(self.priority);
        self.life().write_to(f);
        let (encoding, shuffle) = match self.encoding {
            Encoding::Raw => (0, 0),
            Encoding::Zstd { shuffle } => (1, shuffle),
        };
        f.write_u8(encoding);
        f.write_u8(shuffle);
        f.write_u64(self.plain_bytes);
    }

    pub(crate) fn life(&self) -> Life {
        Life {
            deadline_unix_ms: self.deadline_unix_ms,
            idle_ms: self.idle_ms,
            stale_ms: self.stale_ms,
        }
    }

    fn set_life(&mut self, life: Life) {
        self.deadline_unix_ms = life.deadline_unix_ms;
        self.idle_ms = life.idle_ms;
        self.stale_ms = life.stale_ms;
    }

    /// The labels' ids, each once.
    fn label_ids(&self) -> Vec<Key> {
        let tags = self.tags.iter().map(|t| label_id(LabelKind::Tag, t));
        let dependencies = self.dependencies.iter();
        let dependencies = dependencies.map(|d| label_id(LabelKind::Dependency, d));
        let mut ids: Vec<Key> = tags.chain(dependencies).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

/// Whether an entry is past its deadline and the time it may be served stale, or idle for too long.
pub(crate) fn is_dead(fields: &CacheFields, accessed_unix_ms: i64, now_unix_ms: i64) -> bool {
    let stale = i64::try_from(fields.stale_ms).unwrap_or(i64::MAX);
    let past = fields.deadline_unix_ms;
    let past = past.is_some_and(|d| now_unix_ms >= d.saturating_add(stale));
    let idle = now_unix_ms.saturating_sub(accessed_unix_ms);
    past || fields
        .idle_ms
        .is_some_and(|most| u64::try_from(idle).is_ok_and(|idle| idle > most))
}

/// What is read of a sealed entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SealedRead {
    /// All but the payload.
    Front,
    /// The payload, too, verified.
    Payload,
}

/// A sealed generation.
pub(crate) struct SealedEntry {
    pub generation: u64,
    pub written_unix_ms: i64,
    /// The last access that was noted, or the writing.
    pub accessed_unix_ms: i64,
    /// With the life that is in force.
    pub fields: CacheFields,
    /// Length of the payload as it lies on the disk.
    pub stored_bytes: u64,
    pub file_bytes: u64,
    /// As it lies on the disk; only where it was asked for.
    pub payload: Option<Bytes>,
}

/// What a put came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub generation: u64,
    /// An entry that was alive, but for its life, is superseded.
    pub replaced: bool,
    pub file_bytes: u64,
    /// One of its labels was invalidated before this returned: nobody will find the entry.
    pub invalidated: bool,
}

/// Sees the newest entry that is alive, but for its life, and may refuse.
pub(crate) type Judge<'a> = &'a mut dyn FnMut(Option<&SealedEntry>) -> Result<()>;

impl Store {
    /// The newest generation under `key`, if it is whole and none of its labels was invalidated. Whether
    /// it has expired is not judged, nor whether the root is still in place. Damage is passed over.
    pub(crate) fn sealed(&self, key: Key, what: SealedRead) -> Result<Option<SealedEntry>> {
        self.inner().sealed(key, what)
    }

    /// [`Store::seal_arriving`] where nobody counts arrivals.
    #[cfg(test)]
    pub(crate) fn seal(
        &self,
        key: Key,
        fields: &mut CacheFields,
        stored: &[u8],
        judge: Option<Judge<'_>>,
    ) -> Result<Option<Sealed>> {
        self.inner().seal(key, fields, stored, judge, &mut || {})
    }

    /// Puts `stored` under `key` as the next generation: durable on return to the level the store was
    /// opened with. Sets the nonce of `fields`. What the judge saw is exactly what is superseded; it is
    /// asked again where another writer was quicker. None where the root was renamed away before: then
    /// nothing was stored.
    ///
    /// Calls `arrives` before the entry can be found where nothing was, not even something removed; its
    /// directory is there by then. More than once where it has to begin again.
    pub(crate) fn seal_arriving(
        &self,
        key: Key,
        fields: &mut CacheFields,
        stored: &[u8],
        judge: Option<Judge<'_>>,
        arrives: &mut dyn FnMut(),
    ) -> Result<Option<Sealed>> {
        self.inner().seal(key, fields, stored, judge, arrives)
    }

    /// Removes what is under `key`, as durably as a put; true when there was one alive, but for its life.
    /// False also where the root was renamed away: see [`Store::is_in_place`].
    pub(crate) fn unseal(&self, key: Key, judge: Option<Judge<'_>>) -> Result<bool> {
        self.inner().unseal(key, judge)
    }

    /// Changes how long a generation lives; false when it is not the newest that is alive.
    pub(crate) fn set_life(&self, key: Key, generation: u64, life: Life) -> Result<bool> {
        self.inner().set_life(key, generation, life)
    }

    /// Removes what is under `key` if it has ended by now: what that is, is judged under the protocol of
    /// removing, so that another life given meanwhile counts. Not durable: where it comes back, nothing is
    /// lost.
    pub(crate) fn remove_ended(&self, key: Key, now_unix_ms: i64) -> Result<Ended> {
        self.inner().remove_ended(key, now_unix_ms)
    }

    /// Notes that a generation was used now.
    pub(crate) fn touch_sealed(&self, key: Key, generation: u64) -> Result<()> {
        self.inner().touch_sealed(key, generation)
    }

    /// Invalidates labels, durably: nothing put with one of them before is found any more. Shows `seen` what
    /// that is about, in order, while it is being made durable. Returns where the lists of it are, until they are
    /// collected.
    pub(crate) fn invalidate_labels(
        &self,
        labels: &[Key],
        seen: &mut dyn FnMut(&[LabelledPut]),
    ) -> Result<Vec<String>> {
        self.inner().invalidate_labels(labels, seen)
    }

    /// The newest generation under `key` as it was before these labels were invalidated.
    pub(crate) fn sealed_without(&self, key: Key, labels: &[Key]) -> Result<Option<SealedEntry>> {
        self.inner().sealed_without(key, labels)
    }

    /// Removes what was invalidated from the disk.
    pub(crate) fn collect_gone(&self, which: Gone<'_>) -> Result<()> {
        self.inner().collect_gone(which)
    }

    /// Hands over the keys that have a directory, until `each` answers false; some may have been removed.
    pub(crate) fn sealed_keys(&self, each: &mut dyn FnMut(Key) -> bool) -> Result<()> {
        self.inner().sealed_keys(each)
    }

    /// Whether the root's path still names the directory that is open.
    pub(crate) fn is_in_place(&self) -> bool {
        self.inner().is_in_place().unwrap_or(false)
    }

    /// Bytes below the root as last known, each file rounded up to 4 096.
    pub(crate) fn bytes_on_disk(&self) -> i64 {
        self.inner().stats().bytes
    }

    /// Removes entries of any of `stores` until all of them together hold at most 90 % of `most_bytes`,
    /// unless they hold no more than that: what is dead, then by priority, lowest first, then what is not in
    /// memory, then what was not used for longest. Returns how many went, and their bytes.
    pub(crate) fn evict_sealed_across(
        stores: &[Store],
        most_bytes: u64,
        now_unix_ms: i64,
        in_memory: across::InMemory<'_>,
    ) -> Result<(u64, u64)> {
        across::evict(stores, most_bytes, now_unix_ms, in_memory)
    }
}
