//! Publishing a generation of a sealed entry, or a tombstone.
//!
//! 1. The labels' files are made, the file is written without a name, and all of that is synced.
//! 2. The directory is listed and the newest generation judged; it is held by its file's lock, the directory
//!    where there is none, and if it is the newest still, the file is named as the next one, exclusively.
//! 3. The directory is listed again. A higher generation, a directory or root that was moved away, or
//!    too much time since the listing that was judged: then the name goes, and everything but the file
//!    begins again.
//! 4. The directory is synced, and the root when the directory is new.
//! 5. Only then do older generations go. Their removal need not be durable: they are outranked.

use super::labels::Labelled;
use super::read::{list_if_there, open_sealed, Found, View};
use super::{CacheFields, Judge, Sealed, SealedRead};
use crate::error::{Error, ErrorKind, Result};
use crate::fs::{self, Dir, Guard};
use crate::key::Key;
use crate::store::auxiliary::open_or_create_dir;
use crate::store::checksum::checksum_beside;
use crate::store::front::{front, header, payload_offset};
use crate::store::metadata::{Description, Metadata};
use crate::store::names::{directory_of, random_u64, sealed_name};
use crate::store::private::LONG;
use crate::store::publish::{is_unsupported, Written};
use crate::store::scan::Read;
use crate::store::totals::{rounded, Totals};
use crate::store::{Durability, Inner, Kind};
use crate::sync::atomic::Ordering;
use crate::sync::MutexGuard;
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

/// How long what a listing showed may be acted upon. Tombstones stay for longer.
const LISTING_SECONDS: i64 = 20;
/// From this age on, a listing is taken again before anything is named by it.
const FRESH_SECONDS: i64 = 5;
/// How often a writer begins again because others were quicker.
pub(super) const ATTEMPTS: u32 = 10_000;
/// Smaller payloads are written together with what is before them.
const AT_ONCE: usize = 64 * 1024;
/// How much of a larger one the disk is told of at a time.
const PIECE: usize = 2 << 20;

/// Of so many keys a handle knows at most that their directories are durable.
const MOST_DURABLE: usize = 4096;

const SECOND: i64 = 1_000_000_000;

/// A file that is complete and synced but for the header, which says what was judged.
struct Complete {
    written: Written,
    /// The directory it was made in: a part name is one there.
    dir: Arc<dyn Dir>,
    /// What the header says: the generation, and the nonce of the one before.
    of: (u64, u64),
}

impl Complete {
    /// Whether a name stands for this file.
    fn is_named(&self, dir: &dyn Dir, name: &str) -> bool {
        let own = fs::retry(|| self.written.file.stat());
        own.is_ok_and(|own| dir.stat_at(name).is_ok_and(|s| s.inode == own.inode))
    }
}

/// What becomes of a generation that was just named.
pub(super) enum Standing {
    Stands,
    /// Another was quicker, or its place is gone: begin again.
    Again,
    /// The root was renamed away, and everything in it with it.
    Moved,
}

/// How naming ended.
enum Named {
    Done,
    Taken,
    /// The directory was removed.
    NoDirectory,
    /// The file went with it, or cannot be given a name here.
    Lost,
}

/// What is the same in each attempt.
struct Put<'a> {
    key: Key,
    fields: &'a CacheFields,
    stored: &'a [u8],
    metadata: Metadata,
    metadata_bytes: Option<Vec<u8>>,
    /// Where the payload begins: checksums are of one length, and so is the metadata.
    payload_at: u64,
}

impl Put<'_> {
    fn file_bytes(&self) -> u64 {
        self.payload_at + self.stored.len() as u64
    }

    /// Writes the file; the checksum is computed meanwhile.
    fn write(&mut self, file: &dyn fs::File, of: (u64, u64), full: bool) -> io::Result<()> {
        let stored = self.stored;
        let payload_len = stored.len() as u64;
        if let Some(metadata) = &self.metadata_bytes {
            // Written before, to another file.
            let front = front(&header(of.0, of.1, payload_len, metadata), metadata);
            fs::write_all(file, &front)?;
            return fs::write_all_at(file, stored, front.len() as u64);
        }
        let start = self.payload_at;
        let beside = stored.len() > AT_ONCE;
        let (written, checksum) = checksum_beside(stored, || -> io::Result<()> {
            let mut at = start;
            for piece in stored.chunks(PIECE).filter(|_| beside) {
                fs::write_all_at(file, piece, at)?;
                if full {
                    file.start_writeback();
                }
                at += piece.len() as u64;
            }
            Ok(())
        });
        written?;
        self.metadata = self.metadata.clone().with_checksum(checksum);
        let metadata = self.metadata.to_bytes().map_err(io::Error::other)?;
        let mut bytes = front(&header(of.0, of.1, payload_len, &metadata), &metadata);
        if bytes.len() as u64 != start {
            return Err(io::Error::other("the metadata has changed its length"));
        }
        if !beside {
            bytes.extend_from_slice(stored);
        }
        fs::write_all(file, &bytes)?;
        self.metadata_bytes = Some(metadata);
        Ok(())
    }
}

impl Inner {
    pub(super) fn seal(
        self: &Arc<Inner>,
        key: Key,
        fields: &mut CacheFields,
        stored: &[u8],
        mut judge: Option<Judge<'_>>,
        arrives: &mut dyn FnMut(),
    ) -> Result<Option<Sealed>> {
        let started = Instant::now();
        self.check_writable(|| format!("putting key {key}"))?;
        fields.nonce = random_u64()?;
        let durability = self.settings.durability;
        let len = stored.len() as u64;
        let description = Description::default();
        let metadata = Metadata::new(
            self.stamp(),
            Kind::Final,
            &description,
            durability,
            [0; 32],
            len,
        )
        .with_cache(fields);
        let mut put = Put {
            key,
            fields,
            stored,
            payload_at: payload_offset(metadata.to_bytes()?.len() as u64),
            metadata,
            metadata_bytes: None,
        };
        let file_bytes = put.file_bytes();
        self.check_fits(key, file_bytes)?;
        let mut labelled = None;
        let mut complete = None;
        let mut change = Totals::default();
        let published = self.publish_sealed(
            &mut put,
            &mut labelled,
            &mut complete,
            &mut judge,
            arrives,
            &mut change,
        );
        let (generation, replaced) = match published {
            Ok(Some(published)) => published,
            failed => {
                if let Some(Complete { written, dir, .. }) = complete {
                    written.discard(dir.as_ref());
                }
                if let Some(labelled) = labelled {
                    labelled.discard();
                }
                if change != Totals::default() {
                    self.ledger.add(self.root().as_ref(), change);
                }
                // A root that was renamed away may be removed at any time.
                return match failed {
                    Err(_) if matches!(self.is_in_place(), Ok(false)) => Ok(None),
                    failed => failed.map(|_| None),
                };
            }
        };
        let labels = labelled.map_or(0, |l| l.count());
        let invalidated = labels > 0 && !self.has_its_labels(key, put.fields)?;
        change.add_file(file_bytes);
        (0..labels).for_each(|_| change.add_file(0));
        self.account(change, Some((key, "")));
        let counters = &self.counters;
        counters.saves.fetch_add(1, Ordering::Relaxed);
        counters
            .bytes_written
            .fetch_add(file_bytes, Ordering::Relaxed);
        let nanos = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        counters.save_nanos.fetch_add(nanos, Ordering::Relaxed);
        Ok(Some(Sealed {
            generation,
            replaced,
            file_bytes,
            invalidated,
        }))
    }

    fn check_fits(&self, key: Key, file_bytes: u64) -> Result<()> {
        match self.settings.size_budget {
            Some(budget) if rounded(file_bytes) > budget => Err(Error::new(
                ErrorKind::TooLarge,
                self.saving(key),
                format!(
                    "the entry takes {} bytes, and the size budget is {budget}",
                    rounded(file_bytes)
                ),
                "Raise the quota or store less; what was stored before is intact",
            )),
            _ => Ok(()),
        }
    }

    /// Publishes the next generation; returns its number, and whether it superseded one that was alive; none
    /// where the root was renamed away.
    fn publish_sealed(
        &self,
        put: &mut Put<'_>,
        labelled: &mut Option<Labelled>,
        complete: &mut Option<Complete>,
        judge: &mut Option<Judge<'_>>,
        arrives: &mut dyn FnMut(),
        change: &mut Totals,
    ) -> Result<Option<(u64, bool)>> {
        let key = put.key;
        let failed = |e| Error::from_io(self.saving(key), e);
        let full = self.settings.durability == Durability::Full;
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                fs::back_off(attempt.min(6));
            }
            let listed_at = self.coarse_monotonic();
            let existing = self.open_key_dir(key)?;
            let view = match &existing {
                Some(dir) => self.view(dir.as_ref(), key, SealedRead::Front)?,
                None => View::empty(),
            };
            // Who is refused has written nothing.
            if let Some(judge) = judge {
                judge(view.alive())?;
            }
            let dir = match existing {
                Some(dir) => dir,
                None => self.make_sealed_dir(key)?,
            };
            if view.names.sealed.is_empty() {
                arrives();
            }
            let root = self.root();
            if !labelled.as_ref().is_some_and(|l| l.is_below(&root)) {
                *labelled = Some(Labelled::make(self, key, put.fields).map_err(failed)?);
            }
            let before = view.names.highest();
            let generation = next(key, before)?;
            let of = (generation, view.entry().map_or(0, |e| e.fields.nonce));
            let made = match labelled.as_ref().filter(|_| full) {
                Some(labelled) => {
                    let work = || self.complete(put, &dir, of, complete, change);
                    let (made, synced) = labelled.sync_beside(self, work);
                    synced.map_err(failed)?;
                    made
                }
                None => self.complete(put, &dir, of, complete, change),
            };
            match made {
                Ok(()) => {}
                // The directory was removed.
                Err(e) if fs::is_absent(&e) => {
                    *complete = None;
                    continue;
                }
                Err(e) => return Err(failed(e)),
            }
            let Some(done) = complete.as_ref() else {
                continue;
            };
            if self.coarse_monotonic() - listed_at > FRESH_SECONDS * SECOND {
                // Writing took long: look again, with the file ready.
                continue;
            }
            let held = self.hold(dir.as_ref(), before);
            let names = list_if_there(dir.as_ref()).map_err(failed)?;
            if names.highest() != before || !self.is_as_judged(&view, judge, key)? {
                continue;
            }
            // What was named too late is taken back, and others may have seen it.
            if self.is_late(listed_at) {
                continue;
            }
            if !self.is_in_place().map_err(failed)? {
                return Ok(None);
            }
            match self.name(&dir, done, generation).map_err(failed)? {
                Named::Done => {}
                Named::Taken | Named::NoDirectory => continue,
                Named::Lost => {
                    *complete = None;
                    continue;
                }
            }
            let name = sealed_name(generation);
            let nonce = (!self.is_sure(held.as_ref())).then_some(put.fields.nonce);
            let standing = self.standing(&dir, key, generation, nonce, listed_at);
            drop(held);
            match standing {
                Ok(Standing::Stands) => {}
                // It was in place a moment ago: what was put has gone with all that was there, and some
                // may have seen it.
                Ok(Standing::Moved) => {
                    *complete = None;
                    return Ok(Some((generation, view.alive().is_some())));
                }
                Ok(Standing::Again) => {
                    let _ = dir.unlink(&name);
                    // A second name for a file that had one is not given to every file.
                    *complete = None;
                    continue;
                }
                Err(e) => {
                    let _ = dir.unlink(&name);
                    return Err(failed(e));
                }
            }
            if full {
                let before = view.entry().map(|e| e.fields.nonce);
                if let Err(e) = self.sync_sealed(dir.as_ref(), key, before, put.fields.nonce) {
                    // What a failed sync leaves behind is not trusted.
                    let _ = dir.unlink(&name);
                    let _ = self.root().remove_dir(directory_of(key).as_str());
                    return Err(failed(e));
                }
            }
            *complete = None;
            let fresh = !view.holds_something();
            change.entries += i64::from(fresh);
            change.keys += i64::from(fresh);
            self.retire(dir.as_ref(), key, &view, full, full, change);
            return Ok(Some((generation, view.alive().is_some())));
        }
        Err(failed(io::Error::from_raw_os_error(libc::EBUSY)))
    }

    /// Makes the names in a key's directory durable, and that of the directory itself, unless it is known to
    /// be by what is superseded: its nonce is `before`, and this handle once did the same for it. Nobody
    /// else has that nonce, and nothing is moved from one directory to another, so it is that directory.
    fn sync_sealed(
        &self,
        dir: &dyn Dir,
        key: Key,
        before: Option<u64>,
        nonce: u64,
    ) -> io::Result<()> {
        let is_known = before.is_some() && self.durable_sealed().get(&key).copied() == before;
        if is_known && dir.is_local() {
            fs::synced(|| dir.sync())?;
        } else {
            self.sync_names(dir)?;
        }
        let mut durable = self.durable_sealed();
        if durable.len() >= MOST_DURABLE && !durable.contains_key(&key) {
            durable.clear();
        }
        durable.insert(key, nonce);
        Ok(())
    }

    fn durable_sealed(&self) -> MutexGuard<'_, HashMap<Key, u64>> {
        self.durable_sealed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what was judged has not been invalidated since.
    fn is_as_judged(&self, view: &View, judge: &Option<Judge<'_>>, key: Key) -> Result<bool> {
        match view.alive().filter(|_| judge.is_some()) {
            Some(entry) => self.has_its_labels(key, &entry.fields),
            None => Ok(true),
        }
    }

    /// The directory of a key in this root and no other: who renamed it away may be making a new one.
    fn make_sealed_dir(&self, key: Key) -> Result<Arc<dyn Dir>> {
        let made = open_or_create_dir(self.root().as_ref(), directory_of(key).as_str());
        made.map(|(dir, _)| dir)
            .map_err(|e| Error::from_io(self.saving(key), e))
    }

    /// Makes the file, or has its header say what was judged now; synced.
    fn complete(
        &self,
        put: &mut Put<'_>,
        dir: &Arc<dyn Dir>,
        of: (u64, u64),
        complete: &mut Option<Complete>,
        change: &mut Totals,
    ) -> io::Result<()> {
        let full = self.settings.durability == Durability::Full;
        let same = |done: &Complete| done.written.part.is_none() || is_same(&done.dir, dir);
        if let Some(done) = complete.take_if(|done| !same(done)) {
            done.written.discard(done.dir.as_ref());
        }
        if let Some(done) = complete {
            if done.of == of {
                return Ok(());
            }
            let metadata = put.metadata_bytes.as_deref().unwrap_or_default();
            let header = header(of.0, of.1, put.stored.len() as u64, metadata);
            let file = done.written.file.as_ref();
            fs::write_all(file, &header)?;
            if full {
                fs::synced(|| file.sync())?;
            }
            done.of = of;
            return Ok(());
        }
        let spare = match full {
            true => self.take_spare(dir.as_ref(), put.key, put.file_bytes(), change),
            false => None,
        };
        let written = match spare {
            Some((file, part)) => Written {
                file,
                part: Some(part),
            },
            None => Written::begin(dir.as_ref(), &self.unnamed_files)?,
        };
        let file = written.file.as_ref();
        let made = put.write(file, of, full).and_then(|()| match full {
            true => fs::synced(|| file.sync()),
            false => Ok(()),
        });
        match made {
            Ok(()) => {
                *complete = Some(Complete {
                    written,
                    dir: Arc::clone(dir),
                    of,
                });
                Ok(())
            }
            Err(e) => {
                written.discard(dir.as_ref());
                Err(e)
            }
        }
    }

    /// Gives the file its name, unless it is taken.
    fn name(&self, dir: &Arc<dyn Dir>, done: &Complete, generation: u64) -> io::Result<Named> {
        let name = sealed_name(generation);
        let written = &done.written;
        let result = match &written.part {
            None => fs::retry(|| dir.link_unnamed(written.file.as_ref(), &name)),
            Some(part) => match fs::retry(|| dir.link(part, &name)) {
                Ok(()) => {
                    // Its other name is a leaving at worst.
                    let _ = dir.unlink(part);
                    Ok(())
                }
                // File systems without hard links promise less: two writers may both find the name free.
                Err(e) if is_unsupported(&e) => match dir.stat_at(&name) {
                    Err(e) if fs::is_missing(&e) => {
                        fs::retry(|| dir.rename(part, dir.as_ref(), &name))
                    }
                    Err(e) => Err(e),
                    Ok(_) => Err(io::Error::from_raw_os_error(libc::EEXIST)),
                },
                Err(e) => Err(e),
            },
        };
        match result {
            Ok(()) => Ok(Named::Done),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                // A file server that was asked twice says of its own doing that the name is taken.
                Ok(match done.is_named(dir.as_ref(), &name) {
                    true => Named::Done,
                    false => Named::Taken,
                })
            }
            Err(e) if fs::is_absent(&e) => {
                if written.part.is_some() {
                    return Ok(Named::Lost);
                }
                if dir.stat().is_ok_and(|s| s.links == 0) {
                    return Ok(Named::NoDirectory);
                }
                // Names are given by way of /proc, which need not be there.
                self.unnamed_files.store(false, Ordering::Relaxed);
                Ok(Named::Lost)
            }
            Err(e) => {
                // Also the name that is said not to have been given.
                if done.is_named(dir.as_ref(), &name) {
                    let _ = dir.unlink(&name);
                }
                Err(e)
            }
        }
    }

    /// Whether the generation that was just named is what it was judged to be: the next one, in its place.
    /// Without a `nonce`, what it supersedes is held (see [`Inner::hold`]), so that it was the next one.
    pub(super) fn standing(
        &self,
        dir: &Arc<dyn Dir>,
        key: Key,
        generation: u64,
        nonce: Option<u64>,
        listed_at: i64,
    ) -> io::Result<Standing> {
        let names = list_if_there(dir.as_ref())?;
        let highest = names.highest();
        if highest > generation {
            let judged = match nonce {
                Some(nonce) => self.was_judged(dir.as_ref(), generation, nonce, highest)?,
                None => true,
            };
            return Ok(match judged {
                true => Standing::Stands,
                false => Standing::Again,
            });
        }
        let stands = !self.is_late(listed_at)
            && highest == generation
            && self.is_key_dir(dir.as_ref(), key)?;
        // After all that was looked at: in a root that was moved away, names go at any time, and some may
        // have seen this one before.
        Ok(match self.is_in_place()? {
            false => Standing::Moved,
            true if stands => Standing::Stands,
            true => Standing::Again,
        })
    }

    /// Whether too much time has passed since a listing to act upon it.
    pub(super) fn is_late(&self, listed_at: i64) -> bool {
        self.coarse_monotonic() - listed_at > LISTING_SECONDS * SECOND
    }

    /// Whether this is the directory of the key, not one that was removed.
    fn is_key_dir(&self, dir: &dyn Dir, key: Key) -> io::Result<bool> {
        let inode = fs::retry(|| dir.stat())?.inode;
        let root = self.root();
        match fs::retry(|| root.stat_at(directory_of(key).as_str())) {
            Ok(named) => Ok(named.inode == inode),
            Err(e) if fs::is_missing(&e) => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// Whether a higher generation superseded this one, in which case to begin again would do it twice; or
    /// was there before, so that this one came too late and nobody saw it.
    fn was_judged(
        &self,
        dir: &dyn Dir,
        generation: u64,
        nonce: u64,
        highest: u64,
    ) -> io::Result<bool> {
        if highest == generation + 1 {
            if let Ok(Read::Is(Found::Generation(opened))) = open_sealed(dir, highest) {
                // Tombstones have none: it may have been another's.
                if nonce != 0 || opened.front.random != nonce {
                    return Ok(opened.front.random == nonce);
                }
            }
        }
        let own = match fs::retry(|| dir.stat_at(&sealed_name(generation))) {
            Ok(stat) => stat,
            // Who removes a generation has superseded it.
            Err(e) if fs::is_missing(&e) => return Ok(true),
            Err(e) => return Err(e),
        };
        match fs::retry(|| dir.stat_at(&sealed_name(highest))) {
            // A moment before it was named there was none higher: that two came and one went in between is
            // less likely than that one came since.
            Ok(higher) => Ok(own.changed <= higher.changed),
            Err(e) if fs::is_missing(&e) => Ok(true),
            Err(e) => Err(e),
        }
    }
}

/// The generation that is to be superseded, held by the lock of its file; the directory of a key's first.
pub(super) struct Held {
    _guard: Guard<Box<dyn fs::File>>,
    since: i64,
}

/// No other goes on without the lock before it was held for longer than this.
const SURE_SECONDS: i64 = 5;

impl Inner {
    /// Holds the generation that is to be superseded, or the directory where there is none: while it is held,
    /// no other who judged it names the next one, and that name does not become free again. `None` where it
    /// is superseded already, where locks do not work, or another holds it for ten seconds: then it is told
    /// afterwards who was first, by nonces and stamps, which is exact but where a writer is held up for as
    /// long as two others take.
    pub(super) fn hold(&self, dir: &dyn Dir, generation: u64) -> Option<Held> {
        let name = sealed_name(generation);
        let open = || match generation {
            0 => dir.to_lock(),
            _ => dir.open_read(&name),
        };
        for attempt in 0..LONG {
            let file = fs::retry(open).ok()?;
            let since = self.coarse_monotonic();
            match Guard::try_new(file) {
                Ok(None) => fs::back_off(attempt),
                held => {
                    return Some(Held {
                        _guard: held.ok()??,
                        since,
                    })
                }
            }
        }
        None
    }

    /// Whether nobody can have named what this one was to name before it came to it.
    pub(super) fn is_sure(&self, held: Option<&Held>) -> bool {
        held.is_some_and(|h| self.coarse_monotonic() - h.since < SURE_SECONDS * SECOND)
    }
}

fn is_same(a: &Arc<dyn Dir>, b: &Arc<dyn Dir>) -> bool {
    let id = |dir: &Arc<dyn Dir>| dir.stat().ok().map(|s| (s.device, s.inode));
    id(a).is_some() && id(a) == id(b)
}

pub(super) fn next(key: Key, before: u64) -> Result<u64> {
    // Nobody puts that often: a name someone made up.
    before.checked_add(1).ok_or_else(|| {
        Error::new(
            ErrorKind::TooLarge,
            format!("putting key {key}"),
            format!("its last generation, {before}, is taken"),
            "Flush the namespace, or put under another key",
        )
    })
}
