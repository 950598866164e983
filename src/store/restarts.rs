//! Restarts that came to nothing: a checkpoint that kills whoever begins from it is not tried for ever.
//!
//! A session that begins from a checkpoint leaves an empty file beside it, named after the very generation,
//! and holds its lock until it has come further, is finished or is freed; then the file goes. When the
//! process dies before, the lock goes with it, and the file stays: one failed restart. Nothing is synced:
//! after a power cut the count may be too low, and an entry is tried once more. No other engine reads
//! the files, no entry is touched, and whoever comes further clears the count.
//!
//! Where locks do not work, or do not reach across hosts, a file's age decides whether its session is dead.

use super::entry::{Entry, Stored};
use super::liveness::{is_locked, is_young};
use super::lookup::Wanted;
use super::metadata::Kind;
use super::names::{check_run_id, part_name, restart_name, Stem};
use super::rank::Lookup;
use super::remove::unlink;
use super::scan::Scan;
use super::totals::Totals;
use super::Inner;
use crate::error::{shown, Error, Result};
use crate::fs::{self, Dir, File, Guard};
use crate::key::Key;
use std::collections::HashSet;
use std::io;
use std::sync::Arc;

/// A session that began from a checkpoint and has come no further yet. Dropped, it has not failed.
pub(crate) struct Attempt {
    store: Arc<Inner>,
    dir: Arc<dyn Dir>,
    name: String,
    from: Arc<Stored>,
    /// Locked for as long as the session lives, where there are locks.
    _lock: Option<Guard<Box<dyn File>>>,
}

impl Attempt {
    /// Whether it is about this very generation.
    pub fn is_from(&self, entry: &Entry) -> bool {
        self.from.key == entry.stored.key && self.from.stem == entry.stored.stem
    }

    /// The checkpoint proved good: nothing that failed before counts any more.
    pub fn succeed(self) {
        let mut change = Totals::default();
        if let Ok(scan) = Scan::read(self.dir.as_ref()) {
            for name in scan.restarts_from(&self.from.stem) {
                if *name != self.name && !is_locked(self.dir.as_ref(), name) {
                    let _ = unlink(self.dir.as_ref(), name, &mut change);
                }
            }
        }
        self.store.ledger.add(self.store.root().as_ref(), change);
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let mut change = Totals::default();
        if unlink(self.dir.as_ref(), &self.name, &mut change).is_ok_and(|gone| gone) {
            self.store.ledger.add(self.store.root().as_ref(), change);
        }
    }
}

impl Inner {
    /// The best or latest entry under `key` but for checkpoints from which `most` restarts have failed, and
    /// how many of these were passed over; 0 passes over none. What is `refused`, stems, is passed over too,
    /// and not counted.
    pub(crate) fn lookup_sound(
        &self,
        key: Key,
        mode: Lookup,
        most: u64,
        refused: HashSet<String>,
    ) -> Result<(Option<Entry>, u64)> {
        let found = self.lookup_beside(key, mode, &refused)?;
        self.sound(found, mode, most, refused)
    }

    /// The same of what is here, for the latest: nobody else is asked.
    pub(crate) fn lookup_sound_here(&self, key: Key, most: u64) -> Result<(Option<Entry>, u64)> {
        let found = self.lookup_here(key, Lookup::Latest)?;
        self.sound(found, Lookup::Latest, most, HashSet::new())
    }

    /// What was found, or the next that not too many restarts have failed from.
    fn sound(
        &self,
        mut found: Option<Entry>,
        mode: Lookup,
        most: u64,
        mut not: HashSet<String>,
    ) -> Result<(Option<Entry>, u64)> {
        let before = not.len();
        while let Some(entry) = found.as_ref().filter(|e| most > 0 && is_checkpoint(e)) {
            let stem = &entry.stored.stem;
            if self.failed_from(&entry.stored) < most || !not.insert(stem.as_str().to_owned()) {
                break;
            }
            let next = self.find(entry.stored.key, Wanted::AllBut(mode, &not))?;
            found = next.map(|stored| self.hand_out(stored));
        }
        Ok((found, (not.len() - before) as u64))
    }

    /// How many restarts from this generation have failed, as far as can be told.
    fn failed_from(&self, stored: &Stored) -> u64 {
        let Ok(Some((dir, scan))) = self.scan_key(stored.key) else {
            return 0;
        };
        let names = scan.restarts_from(&stored.stem);
        let written = stored.metadata.written();
        // Another engine may have stored something else under the same name since.
        let is_of_this = |name: &str| {
            let made = || dir.stat_at(name).ok().map(|s| s.modified);
            stored.stem.is_ours() || made() >= Some(written)
        };
        let failed = names.filter(|name| is_of_this(name) && self.has_failed(dir.as_ref(), name));
        failed.count() as u64
    }

    /// Whether the session that left this behind is dead.
    fn has_failed(&self, dir: &dyn Dir, name: &str) -> bool {
        if dir.is_local() {
            return !is_locked(dir, name);
        }
        let now = self.server_now(self.root().as_ref());
        let stat = fs::retry(|| dir.stat_at(name));
        matches!((stat, now), (Ok(stat), Ok(now)) if !is_young(dir, &stat, now))
    }

    /// Notes that a session begins from `entry`; `None` where there is nothing to note, or no way to.
    pub(crate) fn attempt(self: &Arc<Inner>, entry: &Entry) -> Option<Attempt> {
        if !is_checkpoint(entry) || self.settings.read_only {
            return None;
        }
        let from = Arc::clone(&entry.stored);
        let name = restart_name(from.stem.as_str()).ok()??;
        let dir = self.open_key_dir(from.key).ok()??;
        let lock = leave(dir.as_ref(), &name).ok()?;
        let mut change = Totals::default();
        change.add_file(0);
        self.ledger.add(self.root().as_ref(), change);
        Some(Attempt {
            store: Arc::clone(self),
            dir,
            name,
            from,
            _lock: lock,
        })
    }

    /// How many restarts from the checkpoints of a run, or of all, have failed.
    pub(super) fn count_restarts(&self, key: Key, run_id: Option<&str>) -> Result<u64> {
        run_id.map_or(Ok(()), check_run_id)?;
        let Some((dir, scan)) = self.scan_key(key)? else {
            return Ok(0);
        };
        let names = restarts_of(&scan, run_id);
        let failed = names.filter(|name| self.has_failed(dir.as_ref(), name));
        Ok(failed.count() as u64)
    }

    /// Forgets the restarts that failed; false when there were none.
    pub(super) fn reset_restarts(self: &Arc<Self>, key: Key, run_id: Option<&str>) -> Result<bool> {
        run_id.map_or(Ok(()), check_run_id)?;
        let attempt = || format!("forgetting failed restarts under key {key}");
        self.check_writable(attempt)?;
        let Some((dir, scan)) = self.scan_key(key)? else {
            return Ok(false);
        };
        let mut change = Totals::default();
        let mut any = false;
        for name in restarts_of(&scan, run_id) {
            if self.has_failed(dir.as_ref(), name) {
                any |= unlink(dir.as_ref(), name, &mut change).map_err(|e| {
                    Error::from_io(format!("{} in {}", attempt(), shown(dir.path())), e)
                })?;
            }
        }
        self.account(change, None);
        Ok(any)
    }
}

fn is_checkpoint(entry: &Entry) -> bool {
    entry.stored.metadata.kind() == Kind::Checkpoint
}

fn restarts_of<'a>(
    scan: &'a Scan,
    run_id: Option<&'a str>,
) -> impl Iterator<Item = &'a String> + 'a {
    let wanted = move |stem: &str| {
        run_id.map_or(true, |r| Stem::parse(stem).is_some_and(|s| s.run_id() == r))
    };
    let of_run = scan.restarts.iter().filter(move |(stem, _)| wanted(stem));
    of_run.map(|(_, name)| name)
}

/// Makes a locked file that has its name only once it is locked, so that nobody finds it without.
fn leave(dir: &dyn Dir, name: &str) -> io::Result<Option<Guard<Box<dyn File>>>> {
    let part = part_name().map_err(io::Error::other)?;
    let file = fs::retry(|| dir.create_new(&part))?;
    // Without locks, its age has to do.
    let lock = Guard::try_new(file).ok().flatten();
    if let Err(e) = fs::retry(|| dir.rename(&part, dir, name)) {
        let _ = dir.unlink(&part);
        return Err(e);
    }
    Ok(lock)
}
