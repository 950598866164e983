//! Publishing a generation of a slot: as a pair, or in place (see `private`).
//!
//! A reader finds the previous generation whole or the new one whole at every instant, and so does
//! whoever opens the root after a crash at any instant:
//!
//! 1. Payload and metadata are written to files without a name (or under names nobody reads, where
//!    the file system has none without) and synced.
//! 2. The payload gets its name, then the metadata: names never used before, so that nothing
//!    visible ever changes. The metadata's name makes the entry visible.
//! 3. The directory is synced, and the root when the directory is new.
//! 4. Only then do the slot's older generations go, metadata first. Their removal need not be
//!    durable: a generation that reappears is older than the one that was acknowledged.

use super::auxiliary::open_or_create_dir;
use super::checksum::{checksum, checksum_beside, Checksum};
use super::entry::Stored;
use super::metadata::{Description, Durability, Kind, Metadata, METADATA_BYTES};
use super::names::{directory_of, part_name, Stem};
use super::slot::{retire_in_place, Slot, Visible};
use super::totals::{rounded, Totals};
use super::Inner;
use crate::error::{shown, Error, ErrorKind, Result};
use crate::fs::{self, Dir, File, Guard};
use crate::key::Key;
use crate::sync::atomic::{AtomicBool, Ordering};
use std::io;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

/// How often a directory that another engine removed while it was empty is made again.
pub(super) const DIRECTORY_ATTEMPTS: u32 = 100;

/// A complete file without its final name.
pub(super) struct Written {
    pub file: Box<dyn File>,
    /// The name it has meanwhile, where it needs one.
    pub part: Option<String>,
}

impl Written {
    fn create(dir: &dyn Dir, contents: &[u8], unnamed: &AtomicBool) -> io::Result<Written> {
        let written = Written::begin(dir, unnamed)?;
        match fs::write_all(written.file.as_ref(), contents) {
            Ok(()) => Ok(written),
            Err(e) => {
                written.discard(dir);
                Err(e)
            }
        }
    }

    /// An empty file without its final name.
    pub fn begin(dir: &dyn Dir, unnamed: &AtomicBool) -> io::Result<Written> {
        let file = if unnamed.load(Ordering::Relaxed) {
            fs::retry(|| dir.create_unnamed())?
        } else {
            None
        };
        Ok(match file {
            Some(file) => Written { file, part: None },
            None => {
                unnamed.store(false, Ordering::Relaxed);
                let part = part_name().map_err(io::Error::other)?;
                Written {
                    file: fs::retry(|| dir.create_new(&part))?,
                    part: Some(part),
                }
            }
        })
    }

    pub fn publish(&self, dir: &dyn Dir, name: &str) -> io::Result<()> {
        match &self.part {
            None => fs::retry(|| dir.link_unnamed(self.file.as_ref(), name)),
            Some(part) => match fs::retry(|| dir.link(part, name)) {
                Ok(()) => {
                    // Its other name is a leaving at worst.
                    let _ = dir.unlink(part);
                    Ok(())
                }
                // File systems without hard links. Nothing has this name: it is random.
                Err(e) if is_unsupported(&e) => fs::retry(|| dir.rename(part, dir, name)),
                Err(e) => Err(e),
            },
        }
    }

    pub fn discard(&self, dir: &dyn Dir) {
        if let Some(part) = &self.part {
            let _ = dir.unlink(part);
        }
    }
}

pub(super) fn is_unsupported(e: &io::Error) -> bool {
    matches!(
        e.raw_os_error(),
        Some(libc::EPERM | libc::EOPNOTSUPP | libc::ENOSYS | libc::EMLINK)
    )
}

/// What is to be written.
pub(super) struct Contents<'a> {
    payload: &'a [u8],
    metadata: Metadata,
    checksum: Option<Checksum>,
    durability: Durability,
}

impl<'a> Contents<'a> {
    /// What was stored durably before, as it was, and no less durably.
    pub fn of(stored: &'a Stored) -> Contents<'a> {
        Contents {
            payload: &stored.bytes,
            metadata: stored.metadata.clone(),
            checksum: Some(stored.metadata.checksum()),
            durability: Durability::Full,
        }
    }

    /// What was written elsewhere.
    pub fn brought(payload: &'a [u8], metadata: Metadata, durability: Durability) -> Contents<'a> {
        let checksum = Some(metadata.checksum());
        Contents {
            payload,
            metadata,
            checksum,
            durability,
        }
    }

    fn metadata_bytes(&mut self) -> Result<Vec<u8>> {
        let checksum = *self.checksum.get_or_insert_with(|| checksum(self.payload));
        self.metadata.clone().with_checksum(checksum).to_bytes()
    }
}

/// How one attempt ended.
enum Outcome {
    /// Into this directory.
    Published(Arc<dyn Dir>),
    /// The directory was removed under us; the files are complete and have no name yet.
    NameElsewhere,
    /// The files went with their directory, or cannot be given a name here: write them again.
    Again,
}

/// Metadata is never longer.
const LONGEST_METADATA: u64 = METADATA_BYTES as u64;
/// Most that two lengths of the same stamp differ by.
const STAMP_DIGITS: u64 = 32;

impl Inner {
    /// Publishes the next generation of `slot` and retires the older ones.
    pub(crate) fn publish(
        self: &Arc<Self>,
        slot: &mut Slot,
        payload: &[u8],
        kind: Kind,
        description: &Description,
    ) -> Result<()> {
        let started = Instant::now();
        self.check_writable(|| format!("saving under key {}", slot.key))?;
        let elsewhere = self.elsewhere();
        if let Some(elsewhere) = &elsewhere {
            elsewhere.publishing(slot.key, &slot.run_id, kind);
        }
        let bytes = match self.publish_in_place(slot, payload, kind, description) {
            Ok(None) => self.publish_pair(slot, payload, kind, description),
            Ok(Some(bytes)) => Ok(bytes),
            Err(e) => Err(e),
        };
        if let Some(elsewhere) = &elsewhere {
            elsewhere.published(slot.key, &slot.run_id, kind);
        }
        let bytes = bytes?;
        slot.stored = true;
        self.counters.saves.fetch_add(1, Ordering::Relaxed);
        self.counters
            .bytes_written
            .fetch_add(bytes, Ordering::Relaxed);
        let nanos = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.counters.save_nanos.fetch_add(nanos, Ordering::Relaxed);
        Ok(())
    }

    /// A generation's metadata, but for the checksum, which is computed while the payload is being
    /// written; and its length as it will be.
    pub(super) fn describe(
        &self,
        slot: &Slot,
        payload: &[u8],
        kind: Kind,
        description: &Description,
    ) -> Result<(Metadata, u64)> {
        let mut written = self.stamp();
        if written <= slot.last_written {
            written = slot.last_written.successor();
        }
        let durability = self.settings.durability;
        let len = payload.len() as u64;
        let metadata = Metadata::new(written, kind, description, durability, [0; 32], len);
        let metadata_len = metadata.to_bytes()?.len() as u64;
        if self.check_budget(slot.key, [metadata_len, len]).is_err() {
            // No entry is refused for its trace.
            if let Some(bare) = metadata.without_trace() {
                let bare_len = bare.to_bytes()?.len() as u64;
                return Ok((bare, bare_len));
            }
        }
        Ok((metadata, metadata_len))
    }

    /// Publishes a pair; returns the bytes written.
    fn publish_pair(
        self: &Arc<Self>,
        slot: &mut Slot,
        payload: &[u8],
        kind: Kind,
        description: &Description,
    ) -> Result<u64> {
        let mut beside = std::mem::take(&mut slot.beside);
        if slot.private.take().is_some() {
            // What lay in the private file has been published since, or will have to go.
            *slot = self.find_slot(slot.key, &slot.run_id)?;
        }
        let stem = slot.next_stem(self.settings.durability)?;
        let (metadata, metadata_len) = self.describe(slot, payload, kind, description)?;
        let written = metadata.written();
        let lengths = [metadata_len, payload.len() as u64];
        self.check_budget(slot.key, lengths)?;
        let mut contents = Contents {
            payload,
            metadata,
            checksum: None,
            durability: self.settings.durability,
        };
        let mut change = Totals {
            entries: i64::from(!slot.stored),
            ..Totals::default()
        };
        let dir = self.publish_files(slot.key, &stem, &mut contents, &mut change)?;
        slot.generation = stem.generation;
        slot.last_written = written;
        self.retire_superseded(dir.as_ref(), slot, &mut change);
        beside |= slot.private.take().is_some();
        if beside
            && self.settings.durability == Durability::Full
            && retire_in_place(dir.as_ref(), &stem, &mut change).is_err()
        {
            // Someone is at work on it. What is older than the pair goes soon, if not now.
            self.export_soon(slot.key, &slot.run_id, true);
        }
        slot.visible.push(Visible {
            stem,
            durability: self.settings.durability,
            metadata_len: lengths[0],
            payload_len: lengths[1],
        });
        self.account(change, Some((slot.key, &slot.run_id)));
        Ok(lengths.iter().sum())
    }

    /// Publishes the files of a pair under `stem`, a name never used before, and notes them in
    /// `change`.
    pub(super) fn publish_files(
        &self,
        key: Key,
        stem: &Stem,
        contents: &mut Contents<'_>,
        change: &mut Totals,
    ) -> Result<Arc<dyn Dir>> {
        let mut created_key = false;
        let mut attempts = 0;
        let dir = loop {
            match self.try_publish(key, stem, contents, &mut created_key)? {
                Outcome::Published(dir) => break dir,
                _ if attempts < DIRECTORY_ATTEMPTS => {
                    fs::back_off(attempts);
                    attempts += 1;
                }
                _ => {
                    return Err(Error::from_io(
                        self.saving(key),
                        io::Error::from_raw_os_error(libc::ENOENT),
                    ))
                }
            }
        };
        change.keys += i64::from(created_key);
        change.add_file(contents.metadata_bytes()?.len() as u64);
        change.add_file(contents.payload.len() as u64);
        Ok(dir)
    }

    pub(super) fn saving(&self, key: Key) -> String {
        let name = directory_of(key);
        format!(
            "saving into {}",
            shown(&self.root().path().join(name.as_str()))
        )
    }

    /// What can be said of a payload before it is looked at.
    pub(crate) fn check_acceptable(
        &self,
        key: Key,
        len: u64,
        description: &Description,
    ) -> Result<()> {
        self.check_writable(|| format!("saving under key {key}"))?;
        if self.check_budget(key, [LONGEST_METADATA, len]).is_ok() {
            return Ok(());
        }
        // Near the budget it is the metadata that decides; its stamp may yet take more digits.
        let durability = self.settings.durability;
        let metadata = Metadata::new(
            self.fs.now(),
            Kind::Checkpoint,
            description,
            durability,
            [0; 32],
            len,
        );
        let longest = metadata.to_bytes()?.len() as u64 + STAMP_DIGITS;
        self.check_budget(key, [longest, len])
    }

    pub(super) fn check_budget(&self, key: Key, lengths: [u64; 2]) -> Result<()> {
        let pair = rounded(lengths[0]).saturating_add(rounded(lengths[1]));
        match self.settings.size_budget {
            Some(budget) if pair > budget => Err(Error::new(
                ErrorKind::TooLarge,
                self.saving(key),
                format!("the entry takes {pair} bytes, and the store's size budget is {budget}"),
                "Raise the size budget or store less; what was stored before is intact",
            )),
            _ => Ok(()),
        }
    }

    fn try_publish(
        &self,
        key: Key,
        stem: &Stem,
        contents: &mut Contents<'_>,
        created_key: &mut bool,
    ) -> Result<Outcome> {
        let failed = |e| Error::from_io(self.saving(key), e);
        let (dir, created) = self.create_key_dir(key)?;
        *created_key |= created;
        let full = contents.durability == Durability::Full;

        let mut dir = dir;
        let write = || {
            let payload = Written::create(dir.as_ref(), contents.payload, &self.unnamed_files)?;
            if full {
                payload.file.start_writeback();
            }
            Ok(payload)
        };
        let payload = if contents.checksum.is_some() {
            write()
        } else {
            let (payload, checksum) = checksum_beside(contents.payload, write);
            contents.checksum = Some(checksum);
            payload
        };
        let payload = match payload {
            Ok(payload) => payload,
            Err(e) if fs::is_absent(&e) => return Ok(Outcome::Again),
            Err(e) => return Err(failed(e)),
        };
        let bytes = match contents.metadata_bytes() {
            Ok(bytes) => bytes,
            Err(e) => {
                payload.discard(dir.as_ref());
                return Err(e);
            }
        };
        let mut attempt = 0;
        let metadata = loop {
            match Written::create(dir.as_ref(), &bytes, &self.unnamed_files) {
                Ok(metadata) => break metadata,
                // A payload without a name outlives the directory, which is empty to others.
                Err(e)
                    if fs::is_absent(&e)
                        && payload.part.is_none()
                        && attempt < DIRECTORY_ATTEMPTS =>
                {
                    fs::back_off(attempt);
                    attempt += 1;
                    let (again, created) = self.create_key_dir(key)?;
                    *created_key |= created;
                    dir = again;
                }
                Err(e) => {
                    payload.discard(dir.as_ref());
                    if fs::is_absent(&e) {
                        return Ok(Outcome::Again);
                    }
                    return Err(failed(e));
                }
            }
        };
        if full {
            // What both have to wait for is waited for once.
            metadata.file.start_writeback();
            let synced = fs::synced(|| payload.file.sync())
                .and_then(|()| fs::synced(|| metadata.file.sync()));
            if let Err(e) = synced {
                payload.discard(dir.as_ref());
                metadata.discard(dir.as_ref());
                return Err(failed(e));
            }
        }
        for attempt in 0..DIRECTORY_ATTEMPTS {
            match self.make_visible(&dir, key, stem, &payload, &metadata, full)? {
                // Complete files need only a directory to be named in.
                Outcome::NameElsewhere => {
                    fs::back_off(attempt);
                    let (again, created) = self.create_key_dir(key)?;
                    *created_key |= created;
                    dir = again;
                }
                done => return Ok(done),
            }
        }
        Ok(Outcome::Again)
    }

    /// Names both files and makes the names durable. On failure neither stays.
    fn make_visible(
        &self,
        dir: &Arc<dyn Dir>,
        key: Key,
        stem: &Stem,
        payload: &Written,
        metadata: &Written,
        full: bool,
    ) -> Result<Outcome> {
        let failed = |e| Error::from_io(self.saving(key), e);
        let names = [stem.payload(), stem.metadata()];
        // Half a pair looks abandoned: the lock tells a sweep that its writer lives.
        let living = dir
            .is_local()
            .then(|| Guard::try_new(payload.file.as_ref()));
        if let Err(e) = payload.publish(dir.as_ref(), &names[0]) {
            let absent = fs::is_absent(&e);
            if absent && payload.part.is_none() {
                if dir.stat().is_ok_and(|s| s.links == 0) {
                    return Ok(Outcome::NameElsewhere);
                }
                // Names are given by way of /proc, which need not be there.
                self.unnamed_files.store(false, Ordering::Relaxed);
            }
            payload.discard(dir.as_ref());
            metadata.discard(dir.as_ref());
            return if absent {
                Ok(Outcome::Again)
            } else {
                Err(failed(e))
            };
        }
        let visible = metadata.publish(dir.as_ref(), &names[1]);
        drop(living);
        if let Err(e) = visible {
            metadata.discard(dir.as_ref());
            // Also the name that is said not to have been given.
            let _ = dir.unlink(&names[1]);
            let _ = dir.unlink(&names[0]);
            if fs::is_absent(&e) {
                return Ok(Outcome::Again);
            }
            return Err(failed(e));
        }
        if full {
            if let Err(e) = self.sync_names(dir.as_ref()) {
                // What a failed sync leaves behind is not trusted: not the names, and not that of the
                // directory either, which is made again if nothing else is in it.
                let _ = dir.unlink(&names[1]);
                let _ = dir.unlink(&names[0]);
                let _ = self.root().remove_dir(directory_of(key).as_str());
                return Err(failed(e));
            }
        }
        Ok(Outcome::Published(Arc::clone(dir)))
    }

    /// Makes the names in `dir` durable, and the names in the root unless they are known to be.
    ///
    /// They are while the root's stamps are what they were before it was last synced: no key's
    /// directory was made or removed since, by whomever. As everywhere, a stamp proves this only
    /// once it is older than the clock's resolution.
    pub(super) fn sync_names(&self, dir: &dyn Dir) -> io::Result<()> {
        fs::synced(|| dir.sync())?;
        let root = self.root();
        let now = self.fs.coarse_now();
        let stat = fs::retry(|| root.stat())?;
        let stamps = (stat.inode, stat.modified, stat.changed);
        let durable = || {
            self.durable_root
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if root.is_local() && *durable() == Some(stamps) {
            return Ok(());
        }
        self.sync_root()?;
        if stat.is_settled(now) {
            *durable() = Some(stamps);
        }
        Ok(())
    }

    pub(super) fn sync_root(&self) -> io::Result<()> {
        fs::synced(|| self.root().sync())?;
        // Whoever created the root may have died before its name was durable.
        if !self.root_is_durable.load(Ordering::Acquire) {
            if let Some(parent) = self.path.parent() {
                match fs::retry(|| self.fs.open_root(parent)).and_then(|p| fs::synced(|| p.sync()))
                {
                    // A parent that may be searched but not read is not ours to sync.
                    Err(e) if e.raw_os_error() == Some(libc::EACCES) => {}
                    done => done?,
                }
            }
            self.root_is_durable.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// The directory of `key`, created when absent; true when this call created it.
    pub(super) fn create_key_dir(&self, key: Key) -> Result<(Arc<dyn Dir>, bool)> {
        let name = directory_of(key);
        let made = open_or_create_dir(self.root().as_ref(), name.as_str()).or_else(|e| {
            if e.raw_os_error() != Some(libc::ENOENT) && !fs::is_stale(&e) {
                return Err(e);
            }
            // The root itself is gone; a long fit outlives a cleaning of the cache directory.
            self.recreate_root()?;
            open_or_create_dir(self.root().as_ref(), name.as_str())
        });
        made.map_err(|e| {
            let path = self.root().path().join(name.as_str());
            Error::from_io(format!("making the directory {}", shown(&path)), e)
        })
    }
}
