//! Publishing a generation of a slot.
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
use super::metadata::{Description, Durability, Kind, Metadata, METADATA_BYTES};
use super::names::{directory_of, part_name, Stem};
use super::totals::{rounded, Totals};
use super::Inner;
use crate::error::{shown, Error, ErrorKind, Result};
use crate::fs::{self, Dir, File, Guard, Timestamp};
use crate::key::Key;
use crate::sync::atomic::{AtomicBool, Ordering};
use sha2::{Digest, Sha256};
use std::io;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

/// How often a directory that another engine removed while it was empty is made again.
const DIRECTORY_ATTEMPTS: u32 = 100;

/// A generation whose files are visible.
#[derive(Debug, Clone)]
pub(super) struct Visible {
    pub stem: Stem,
    pub durability: Durability,
    pub metadata_len: u64,
    pub payload_len: u64,
}

/// What a writer knows of the slot it replaces.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    key: Key,
    run_id: String,
    /// A run that is saved once keeps its plain name.
    once: bool,
    generation: u64,
    last_written: Timestamp,
    visible: Vec<Visible>,
}

impl Slot {
    /// A slot nothing was stored in yet, under a run id never used before.
    pub fn fresh(key: Key, run_id: String) -> Slot {
        Slot {
            key,
            run_id,
            once: false,
            generation: 0,
            last_written: Timestamp::default(),
            visible: Vec::new(),
        }
    }

    /// The same for a run that will be saved once.
    pub fn once(key: Key, run_id: String) -> Slot {
        Slot {
            once: true,
            ..Slot::fresh(key, run_id)
        }
    }

    /// A slot as found on the disk.
    pub(super) fn found(
        key: Key,
        run_id: String,
        last_written: Timestamp,
        visible: Vec<Visible>,
    ) -> Slot {
        Slot {
            key,
            run_id,
            once: false,
            generation: visible.iter().map(|v| v.stem.generation).max().unwrap_or(0),
            last_written,
            visible,
        }
    }

    /// Whether anything of this slot is visible, as far as its writer knows.
    pub fn is_stored(&self) -> bool {
        !self.visible.is_empty()
    }

    fn next_stem(&self, durability: Durability) -> Result<Stem> {
        if self.once {
            return Ok(Stem::plain(&self.run_id));
        }
        // Nobody saves that often: a name someone made up.
        let next = self.generation.checked_add(1).ok_or_else(|| {
            Error::new(
                ErrorKind::TooLarge,
                format!("saving run {} under key {}", self.run_id, self.key),
                format!("its last generation, {}, is taken", self.generation),
                "Save under another run id, or remove this run",
            )
        })?;
        Stem::fresh(&self.run_id, next, durability)
    }
}

/// A complete file without its final name.
struct Written {
    file: Box<dyn File>,
    /// The name it has meanwhile, where it needs one.
    part: Option<String>,
}

impl Written {
    fn create(dir: &dyn Dir, contents: &[u8], unnamed: &AtomicBool) -> io::Result<Written> {
        let file = if unnamed.load(Ordering::Relaxed) {
            fs::retry(|| dir.create_unnamed())?
        } else {
            None
        };
        let written = match file {
            Some(file) => Written { file, part: None },
            None => {
                unnamed.store(false, Ordering::Relaxed);
                let part = part_name().map_err(io::Error::other)?;
                Written {
                    file: fs::retry(|| dir.create_new(&part))?,
                    part: Some(part),
                }
            }
        };
        match fs::write_all(written.file.as_ref(), contents) {
            Ok(()) => Ok(written),
            Err(e) => {
                written.discard(dir);
                Err(e)
            }
        }
    }

    fn publish(&self, dir: &dyn Dir, name: &str) -> io::Result<()> {
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

    fn discard(&self, dir: &dyn Dir) {
        if let Some(part) = &self.part {
            let _ = dir.unlink(part);
        }
    }
}

fn is_unsupported(e: &io::Error) -> bool {
    matches!(
        e.raw_os_error(),
        Some(libc::EPERM | libc::EOPNOTSUPP | libc::ENOSYS | libc::EMLINK)
    )
}

/// What is to be written.
struct Contents<'a> {
    payload: &'a [u8],
    metadata: Metadata,
    checksum: Option<[u8; 32]>,
}

impl Contents<'_> {
    fn metadata_bytes(&mut self) -> Result<Vec<u8>> {
        let checksum = *self
            .checksum
            .get_or_insert_with(|| Sha256::digest(self.payload).into());
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
        let stem = slot.next_stem(self.settings.durability)?;
        let mut written = self.stamp();
        if written <= slot.last_written {
            written = slot.last_written.successor();
        }
        let durability = self.settings.durability;
        let metadata = Metadata::new(
            written,
            kind,
            description,
            durability,
            // The checksum is computed while the payload is being written.
            [0; 32],
            payload.len() as u64,
        );
        let lengths = [metadata.to_bytes()?.len() as u64, payload.len() as u64];
        self.check_budget(slot.key, lengths)?;

        let mut contents = Contents {
            payload,
            metadata,
            checksum: None,
        };
        let mut created_key = false;
        let mut attempts = 0;
        let dir = loop {
            match self.try_publish(slot.key, &stem, &mut contents, &mut created_key)? {
                Outcome::Published(dir) => break dir,
                _ if attempts < DIRECTORY_ATTEMPTS => {
                    fs::back_off(attempts);
                    attempts += 1;
                }
                _ => {
                    return Err(Error::from_io(
                        self.saving(slot.key),
                        io::Error::from_raw_os_error(libc::ENOENT),
                    ))
                }
            }
        };

        let mut change = Totals {
            keys: i64::from(created_key),
            entries: i64::from(slot.visible.is_empty()),
            ..Totals::default()
        };
        lengths.iter().for_each(|&len| change.add_file(len));
        slot.generation = stem.generation;
        slot.last_written = written;
        self.retire_superseded(dir.as_ref(), slot, &mut change);
        slot.visible.push(Visible {
            stem,
            durability,
            metadata_len: lengths[0],
            payload_len: lengths[1],
        });

        self.counters.saves.fetch_add(1, Ordering::Relaxed);
        self.counters
            .bytes_written
            .fetch_add(lengths[0] + lengths[1], Ordering::Relaxed);
        self.account(change, Some((slot.key, &slot.run_id)));
        let nanos = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.counters.save_nanos.fetch_add(nanos, Ordering::Relaxed);
        Ok(())
    }

    fn saving(&self, key: Key) -> String {
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

    fn check_budget(&self, key: Key, lengths: [u64; 2]) -> Result<()> {
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
        let full = self.settings.durability == Durability::Full;

        let mut dir = dir;
        let payload = match Written::create(dir.as_ref(), contents.payload, &self.unnamed_files) {
            Ok(payload) => payload,
            Err(e) if fs::is_absent(&e) => return Ok(Outcome::Again),
            Err(e) => return Err(failed(e)),
        };
        if full {
            // The payload is hashed while the disk takes it.
            payload.file.start_writeback();
        }
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
            match self.make_visible(&dir, key, stem, &payload, &metadata)? {
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
        if self.settings.durability == Durability::Full {
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
    fn sync_names(&self, dir: &dyn Dir) -> io::Result<()> {
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

    fn sync_root(&self) -> io::Result<()> {
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
    fn create_key_dir(&self, key: Key) -> Result<(Arc<dyn Dir>, bool)> {
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

    /// Removes the generations that the one just published supersedes. At
    /// [`Durability::Process`] that one may still be lost, so those written at
    /// [`Durability::Full`] stay beside it.
    fn retire_superseded(&self, dir: &dyn Dir, slot: &mut Slot, change: &mut Totals) {
        let full = self.settings.durability == Durability::Full;
        let (kept, superseded): (Vec<_>, Vec<_>) = std::mem::take(&mut slot.visible)
            .into_iter()
            .partition(|v| !full && v.durability == Durability::Full);
        slot.visible = kept;
        for v in superseded {
            if remove_pair(dir, &v, change).is_err() {
                slot.visible.push(v);
            }
        }
    }

    /// Removes what `slot` holds; `durably` where it must not come back. What could not be removed
    /// stays in `slot`, so that the call can be repeated.
    pub(crate) fn clear_slot(self: &Arc<Self>, slot: &mut Slot, durably: bool) -> Result<()> {
        if slot.visible.is_empty() {
            return Ok(());
        }
        let failed = |e| {
            let (run_id, key) = (&slot.run_id, slot.key);
            Error::from_io(format!("removing run {run_id} under key {key}"), e)
        };
        let mut change = Totals::default();
        if let Some(dir) = self.open_key_dir(slot.key)? {
            for v in &slot.visible {
                remove_pair(dir.as_ref(), v, &mut change).map_err(failed)?;
            }
            if durably && self.settings.durability == Durability::Full {
                fs::synced(|| dir.sync()).map_err(failed)?;
            }
        }
        slot.visible.clear();
        change.entries -= 1;
        self.account(change, None);
        Ok(())
    }
}

/// Unlinks a pair, metadata first. Files that are gone already are no failure.
fn remove_pair(dir: &dyn Dir, v: &Visible, change: &mut Totals) -> io::Result<()> {
    let files = [
        (v.stem.metadata(), v.metadata_len),
        (v.stem.payload(), v.payload_len),
    ];
    for (name, len) in files {
        match fs::retry(|| dir.unlink(&name)) {
            Ok(()) => change.remove_file(len),
            Err(e) if fs::is_missing(&e) => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}
