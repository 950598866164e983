//! Entries that leave one store and are taken in by another, on this machine or elsewhere.
//!
//! What leaves is a run's newest intact generation: its payload, and its metadata as the file has it but for
//! the stamp of the last access. What is taken in has the run id, objective, iteration, kind and stamps it
//! was written with, under a name that was never used here before.

use super::checksum::checksum;
use super::entry::{Entry, Source};
use super::links::SEED_KEYS;
use super::lookup::Wanted;
use super::metadata::{Metadata, Parsed};
use super::names::{check_run_id, Stem};
use super::publish::Contents;
use super::slot::Slot;
use super::totals::Totals;
use super::{Inner, Store};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use std::io::Read;
use std::sync::Arc;

/// Read at once. Nothing is allocated for bytes that do not come.
const STEP: usize = 1 << 20;

/// A run as another store takes it in, see [`Store::export_entry`].
#[derive(Debug, Clone)]
pub struct ExportedEntry {
    metadata: Vec<u8>,
    entry: Entry,
}

impl ExportedEntry {
    /// Its metadata: JSON, at most 64 KiB.
    pub fn metadata(&self) -> &[u8] {
        &self.metadata
    }

    /// The entry itself, with its payload, key and run id.
    pub fn entry(&self) -> &Entry {
        &self.entry
    }
}

/// What became of an entry that was to be taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Imported {
    /// It was written.
    Written,
    /// The very same is here already.
    Known,
    /// A newer generation of the run is here, and stays.
    Superseded,
    /// It was written longer ago than this store keeps anything; it would be gone with the next sweep.
    Expired,
}

impl Store {
    /// The newest intact generation of the run `run_id` under `key`, as [`Store::import_entry`] of another
    /// store takes it in. Not a use of it. `None` where there is none.
    ///
    /// # Errors
    ///
    /// `Corrupt` when the run is there and fails its checks; `Incompatible` when another schema wrote it;
    /// `Invalid` for a run id that is none.
    pub fn export_entry(&self, key: Key, run_id: &str) -> Result<Option<ExportedEntry>> {
        check_run_id(run_id)?;
        let Some(stored) = self.inner.find(key, Wanted::Run(run_id))? else {
            return Ok(None);
        };
        Ok(Some(ExportedEntry {
            metadata: stored.metadata.without_access().to_bytes()?,
            entry: Entry {
                stored,
                source: Source::Exact,
            },
        }))
    }

    /// Takes in a run that [`Store::export_entry`] gave, under the key and run id it had. Nothing of it is
    /// trusted: the metadata is checked, `payload` is read only where it is wanted, no longer than the
    /// metadata says and no longer than the store's size budget allows, and written once its length and
    /// SHA-256 have been found right. Durable on return to the level the store was opened with. What is
    /// here stays unless it is an older generation of the same run.
    ///
    /// # Errors
    ///
    /// `Corrupt` when metadata or payload fail their checks; `Incompatible` for another schema;
    /// `Invalid` for a run id that is none, and for an entry of a cache; `TooLarge`; those of reading
    /// `payload`, and of a save. Nothing is written then.
    pub fn import_entry(
        &self,
        key: Key,
        run_id: &str,
        metadata: &[u8],
        payload: impl Read,
    ) -> Result<Imported> {
        check_run_id(run_id)?;
        let attempt = || importing(key, run_id);
        self.inner.check_writable(attempt)?;
        let metadata = parse(key, run_id, metadata)?;
        let here = match self.inner.find(key, Wanted::Run(run_id)) {
            // What comes may be what mends it.
            Err(e) if matches!(e.kind(), ErrorKind::Corrupt | ErrorKind::Incompatible) => None,
            found => found?,
        };
        if let Some(here) = &here {
            let of = |m: &Metadata| (m.written(), m.checksum(), m.kind());
            if of(&here.metadata) == of(&metadata) {
                return Ok(Imported::Known);
            }
            if here.metadata.written() >= metadata.written() {
                return Ok(Imported::Superseded);
            }
        }
        let settings = &self.inner.settings;
        if settings.is_expired(metadata.written(), self.inner.now()) {
            return Ok(Imported::Expired);
        }
        let len = metadata.payload_bytes();
        let lengths = [metadata.to_bytes()?.len() as u64, len];
        self.inner.check_budget(key, lengths)?;
        let payload = read(payload, len, &attempt)?;
        if checksum(&payload) != metadata.checksum() {
            return Err(damaged(
                key,
                run_id,
                "its payload does not match its SHA-256",
            ));
        }
        let generation = here.map_or(0, |h| h.stem.generation).saturating_add(1);
        let elsewhere = self.inner.elsewhere();
        if let Some(elsewhere) = &elsewhere {
            elsewhere.publishing(key, run_id, metadata.kind());
        }
        let done = self
            .inner
            .write_copy(key, run_id, generation, &metadata, &payload);
        if let Some(elsewhere) = &elsewhere {
            elsewhere.published(key, run_id, metadata.kind());
        }
        done.map(|()| Imported::Written)
    }
}

fn importing(key: Key, run_id: &str) -> String {
    format!("importing run {run_id} under key {key}")
}

fn damaged(key: Key, run_id: &str, why: impl Into<String>) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        importing(key, run_id),
        why.into(),
        "Export it again and copy it whole; nothing of it was written",
    )
}

fn parse(key: Key, run_id: &str, bytes: &[u8]) -> Result<Metadata> {
    let metadata = match Metadata::parse(bytes) {
        Parsed::Valid(metadata) => metadata,
        Parsed::Foreign(version) => {
            return Err(Error::new(
                ErrorKind::Incompatible,
                importing(key, run_id),
                format!("its schema is version {version}"),
                "Use the library that wrote it",
            ))
        }
        Parsed::Damaged(why) => return Err(damaged(key, run_id, why)),
    };
    if metadata.cache().is_some() {
        return Err(Error::invalid(
            importing(key, run_id),
            "it is an entry of a cache",
            "Put it into a cache instead",
        ));
    }
    // Each is a name that will be made in another key's directory.
    if metadata.seed_keys().len() > SEED_KEYS {
        let why = format!("it names more than {SEED_KEYS} seed keys");
        return Err(damaged(key, run_id, why));
    }
    Ok(metadata)
}

/// Exactly `len` bytes.
fn read(mut from: impl Read, len: u64, attempt: &impl Fn() -> String) -> Result<Vec<u8>> {
    let mut bytes: Vec<u8> = Vec::new();
    let mut left = len;
    loop {
        let step = left.min(STEP as u64) as usize;
        // One more, which must not be there.
        let wanted = step + usize::from(left == step as u64);
        if bytes.try_reserve(wanted).is_err() {
            return Err(Error::new(
                ErrorKind::NoMemory,
                attempt(),
                format!("{} bytes could not be allocated", bytes.len() + wanted),
                "Free memory, then try again; nothing was changed",
            ));
        }
        let mut part = (&mut from).take(wanted as u64);
        let n = part
            .read_to_end(&mut bytes)
            .map_err(|e| Error::from_io(attempt(), e))?;
        if n != step {
            let is = if n > step { "longer" } else { "shorter" };
            return Err(Error::new(
                ErrorKind::Corrupt,
                attempt(),
                format!("its payload is {is} than the {len} bytes its metadata says"),
                "Export it again and copy it whole; nothing of it was written",
            ));
        }
        if wanted > step {
            return Ok(bytes);
        }
        left -= step as u64;
    }
}

impl Inner {
    /// Writes a generation whose payload was checked, with its metadata as it is.
    pub(super) fn write_copy(
        self: &Arc<Self>,
        key: Key,
        run_id: &str,
        generation: u64,
        metadata: &Metadata,
        payload: &[u8],
    ) -> Result<()> {
        let had_run = self
            .scan_key(key)?
            .is_some_and(|(_, scan)| scan.has_run(run_id));
        let durability = self.settings.durability;
        let stem = Stem::fresh(run_id, generation, durability)?;
        let mut contents = Contents::brought(payload, metadata.clone(), durability);
        let mut change = Totals {
            entries: i64::from(!had_run),
            ..Totals::default()
        };
        self.check_budget(
            key,
            [metadata.to_bytes()?.len() as u64, payload.len() as u64],
        )?;
        self.publish_files(key, &stem, &mut contents, &mut change)?;
        self.account(change, Some((key, run_id)));
        let seeds = metadata.seed_keys();
        if !seeds.is_empty() {
            let slot = Slot::linked(key, run_id.to_owned(), metadata.written());
            // The entry itself is here.
            let _ = self.link_slot(&slot, &seeds);
        }
        Ok(())
    }
}
