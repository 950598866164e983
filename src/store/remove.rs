//! Finding, removing and pinning what lies under a key.

use super::metadata::Durability;
use super::names::{
    check_run_id, directory_of, key_of_directory, pin_name, slot_name, FileRole, Stem,
};
use super::private::{self, read_areas, Private, LONG};
use super::scan::{read_metadata, Read, Scan};
use super::slot::{Slot, Visible};
use super::totals::Totals;
use super::Inner;
use crate::error::{shown, Error, Result};
use crate::fs::{self, Dir, File, Listed, NodeKind, Stat, Timestamp};
use crate::key::Key;
use std::io;
use std::sync::Arc;

/// How often a removal looks again for what was replaced under it.
const REMOVAL_ATTEMPTS: u32 = 64;

/// Unlinks one file and accounts for it; false when it was gone already.
pub(super) fn unlink(dir: &dyn Dir, name: &str, change: &mut Totals) -> io::Result<bool> {
    let len = dir.stat_at(name).map(|s| s.len);
    match fs::retry(|| dir.unlink(name)) {
        Ok(()) => {
            change.remove_file(len.unwrap_or(0));
            Ok(true)
        }
        Err(e) if fs::is_missing(&e) => Ok(false),
        Err(e) => Err(e),
    }
}

/// Unlinks what there is of one run, pairs and private file. Older generations go first, and durably
/// when any may ever have existed: one whose removal was not durable must not come back in place of
/// the newest. True when it was this call that took the newest: it was neither removed nor replaced
/// meanwhile.
pub(super) fn unlink_run(dir: &dyn Dir, run_id: &str, change: &mut Totals) -> io::Result<bool> {
    private::with_locked(dir, run_id, LONG, |private| {
        unlink_with(dir, run_id, private, change)
    })?
}

/// The same with the private file held.
fn unlink_with(
    dir: &dyn Dir,
    run_id: &str,
    private: Option<(&dyn File, Stat)>,
    change: &mut Totals,
) -> io::Result<bool> {
    let scan = Scan::read(dir)?;
    let mut found: Vec<(u64, Timestamp, Option<Stem>)> = Vec::new();
    for stem in stems_of_run(&scan, run_id) {
        // As lookups rank them: two writers may have published the same generation at once.
        let written = match read_metadata(dir, &Scan::default(), &stem) {
            Ok(Read::Is(known)) => known.metadata.written(),
            _ => Timestamp::default(),
        };
        found.push((stem.generation, written, Some(stem)));
    }
    let mut had_any = !found.is_empty();
    if let Some((file, stat)) = &private {
        let areas = read_areas(*file, stat, run_id)?;
        had_any |= !areas.is_empty();
        let newest = areas.first();
        let generation = newest.map_or(0, |a| a.stem.generation);
        let written = newest.map_or(Timestamp::default(), |a| a.metadata.written());
        found.push((generation, written, None));
    }
    found.sort_by(|a, b| (a.0, a.1, &a.2).cmp(&(b.0, b.1, &b.2)));
    let mut unlink_one = |stem: &Option<Stem>| -> io::Result<bool> {
        let Some(stem) = stem else {
            return unlink(dir, &slot_name(run_id), change);
        };
        let taken = unlink(dir, &stem.metadata(), change)?;
        unlink(dir, &stem.payload(), change)?;
        // A version-1 lookup may have put back the metadata it had read.
        unlink(dir, &stem.metadata(), change)?;
        unlink(dir, &stem.reused(), change)?;
        for restart in scan.restarts_from(stem) {
            unlink(dir, restart, change)?;
        }
        Ok(taken)
    };
    let Some(((generation, _, newest), older)) = found.split_last() else {
        return Ok(false);
    };
    for (_, _, stem) in older {
        unlink_one(stem)?;
    }
    if *generation > 1 || !older.is_empty() {
        fs::synced(|| dir.sync())?;
    }
    Ok(unlink_one(newest)? && had_any)
}

/// The stems of one run that are visible. A payload alone is no entry: its writer may be about to
/// complete it, and if not, a sweep sets it aside.
pub(super) fn stems_of_run(scan: &Scan, run_id: &str) -> Vec<Stem> {
    let of_run = scan.metadata.iter().filter(|s| s.run_id() == run_id);
    of_run.cloned().collect()
}

/// Failures that say nothing of other directories.
fn of_one_directory(e: &Error) -> bool {
    matches!(
        e.os_error(),
        Some(libc::EIO | libc::EACCES | libc::ENOENT | libc::ENOTDIR)
    )
}

impl Inner {
    pub(super) fn scan_key(&self, key: Key) -> Result<Option<(Arc<dyn Dir>, Scan)>> {
        let Some(dir) = self.open_key_dir(key)? else {
            return Ok(None);
        };
        match Scan::read(dir.as_ref()) {
            Ok(scan) => Ok(Some((dir, scan))),
            Err(e) if fs::is_missing(&e) => Ok(None),
            Err(e) => Err(Error::from_io(format!("listing {}", shown(dir.path())), e)),
        }
    }

    /// The slot `run_id` as it lies on the disk.
    pub(super) fn find_slot(&self, key: Key, run_id: &str) -> Result<Slot> {
        let Some((dir, scan)) = self.scan_key(key)? else {
            return Ok(Slot::fresh(key, run_id.to_owned()));
        };
        let mut visible = Vec::new();
        let mut last_written = Timestamp::default();
        let mut generation = 0;
        for stem in stems_of_run(&scan, run_id) {
            let len = |name: &str| dir.stat_at(name).map_or(0, |s| s.len);
            let mut found = Visible {
                metadata_len: len(&stem.metadata()),
                payload_len: len(&stem.payload()),
                durability: stem.durability().unwrap_or_default(),
                stem,
            };
            match read_metadata(dir.as_ref(), &scan, &found.stem)? {
                Read::Is(known) => {
                    found.durability = known.durability();
                    last_written = last_written.max(known.metadata.written());
                }
                // Another schema is not ours to supersede.
                Read::Foreign(_) => continue,
                Read::Gone | Read::Damaged(_) | Read::Unreadable(_) => {}
            }
            generation = generation.max(found.stem.generation);
            visible.push(found);
        }
        let mut private = None;
        if scan.slots.contains(run_id) {
            let known = self.durable_in_place.get(key, run_id);
            private = Private::open(&dir, run_id, known);
            for area in private.iter().flat_map(|p| p.areas(run_id)) {
                generation = generation.max(area.stem.generation);
                last_written = last_written.max(area.metadata.written());
            }
        }
        Ok(Slot::found(
            key,
            run_id.to_owned(),
            generation,
            last_written,
            visible,
            private,
        ))
    }

    pub(super) fn remove_run(self: &Arc<Self>, key: Key, run_id: &str) -> Result<bool> {
        check_run_id(run_id)?;
        self.check_writable(|| format!("removing run {run_id} under key {key}"))?;
        let mut found = self.scan_key(key)?;
        for attempt in 0..REMOVAL_ATTEMPTS {
            let Some((dir, scan)) = found else {
                return Ok(false);
            };
            let failed = |e| {
                let path = shown(dir.path());
                Error::from_io(format!("removing run {run_id} in {path}"), e)
            };
            if !scan.has_run(run_id) {
                self.settle_removal(key, dir.as_ref()).map_err(failed)?;
                return Ok(false);
            }
            let mut change = Totals::default();
            let links = self.links_to(dir.as_ref(), &scan, key, run_id);
            let taken = unlink_run(dir.as_ref(), run_id, &mut change).map_err(failed)?;
            if taken {
                change.entries -= 1;
                self.unlink_all(self.root().as_ref(), &links, &mut change);
                unlink(dir.as_ref(), &pin_name(run_id), &mut change).map_err(failed)?;
            }
            self.finish_removal(key, dir.as_ref(), change, failed)?;
            if taken {
                return Ok(true);
            }
            // Replaced or removed by another since it was listed: only the disk knows which.
            fs::back_off(attempt);
            found = self.scan_key(key)?;
        }
        Ok(true)
    }

    pub(super) fn remove_key(self: &Arc<Self>, key: Key) -> Result<bool> {
        self.check_writable(|| format!("removing key {key}"))?;
        let mut found = self.scan_key(key)?;
        for attempt in 0..REMOVAL_ATTEMPTS {
            let Some((dir, scan)) = found else {
                return Ok(false);
            };
            let failed = |e| Error::from_io(format!("removing {}", shown(dir.path())), e);
            let runs = scan.runs();
            let mut change = Totals::default();
            let mut taken = false;
            for run_id in &runs {
                let links = self.links_to(dir.as_ref(), &scan, key, run_id);
                if unlink_run(dir.as_ref(), run_id, &mut change).map_err(failed)? {
                    taken = true;
                    change.entries -= 1;
                    self.unlink_all(self.root().as_ref(), &links, &mut change);
                }
            }
            for link in &scan.links {
                taken |= unlink(dir.as_ref(), &link.name(), &mut change).map_err(failed)?;
            }
            for name in scan
                .pins
                .iter()
                .map(|run_id| pin_name(run_id))
                .chain(scan.reused.iter().map(|stem| Stem::plain(stem).reused()))
                .chain(scan.restarts.iter().map(|(_, name)| name.clone()))
            {
                unlink(dir.as_ref(), &name, &mut change).map_err(failed)?;
            }
            if runs.is_empty() && !taken {
                self.settle_removal(key, dir.as_ref()).map_err(&failed)?;
            }
            self.finish_removal(key, dir.as_ref(), change, failed)?;
            if taken || runs.is_empty() {
                return Ok(taken);
            }
            fs::back_off(attempt);
            found = self.scan_key(key)?;
        }
        Ok(true)
    }

    /// Makes durable that something is not there: whoever removed it may have failed, or died, before it
    /// did that.
    fn settle_removal(&self, key: Key, dir: &dyn Dir) -> io::Result<()> {
        if self.settings.durability != Durability::Full {
            return Ok(());
        }
        fs::synced(|| dir.sync())?;
        // A failed sync of the directory is not trusted to be made good by the next: if nothing is left
        // in it, it goes, durably.
        if self.root().remove_dir(directory_of(key).as_str()).is_ok() {
            fs::synced(|| self.root().sync())?;
        }
        Ok(())
    }

    /// Makes a removal durable and drops the directory if nothing is left in it.
    fn finish_removal(
        self: &Arc<Self>,
        key: Key,
        dir: &dyn Dir,
        mut change: Totals,
        failed: impl Fn(io::Error) -> Error,
    ) -> Result<()> {
        self.memory.remove(&key);
        if self.settings.durability == Durability::Full {
            fs::synced(|| dir.sync()).map_err(&failed)?;
        }
        if self.root().remove_dir(directory_of(key).as_str()).is_ok() {
            // Where there were links only, it was no key.
            change.keys -= i64::from(change.entries < 0);
            if self.settings.durability == Durability::Full {
                // Then nothing in it comes back either, whatever an earlier sync of it came to.
                fs::synced(|| self.root().sync()).map_err(failed)?;
            }
        }
        self.account(change, None);
        Ok(())
    }

    pub(super) fn pin(self: &Arc<Self>, key: Key, run_id: &str, on: bool) -> Result<bool> {
        check_run_id(run_id)?;
        let verb = if on { "pinning" } else { "unpinning" };
        self.check_writable(|| format!("{verb} run {run_id} under key {key}"))?;
        let Some((dir, scan)) = self.scan_key(key)? else {
            return Ok(false);
        };
        if !scan.has_run(run_id) {
            return Ok(false);
        }
        if scan.pins.contains(run_id) == on {
            return Ok(true);
        }
        let failed = |e| {
            let path = shown(dir.path());
            Error::from_io(format!("{verb} run {run_id} in {path}"), e)
        };
        let name = pin_name(run_id);
        let mut change = Totals::default();
        if on {
            fs::retry(|| dir.open_or_create(&name)).map_err(failed)?;
            change.add_file(0);
        } else {
            unlink(dir.as_ref(), &name, &mut change).map_err(failed)?;
        }
        if self.settings.durability == Durability::Full {
            fs::synced(|| dir.sync()).map_err(failed)?;
        }
        self.account(change, None);
        Ok(true)
    }

    pub(super) fn list_keys(&self) -> Result<Vec<Key>> {
        let root = self.root();
        let listed = fs::retry(|| root.list())
            .map_err(|e| Error::from_io(format!("listing {}", shown(&self.path)), e))?;
        let mut keys = Vec::new();
        for item in listed {
            let Some(key) = key_of_directory(&item.name) else {
                continue;
            };
            if !matches!(item.kind, None | Some(NodeKind::Directory)) {
                continue;
            }
            // A directory that vanished, or may not be read, has nothing to show.
            let names = match self.open_key_dir(key) {
                Ok(Some(dir)) => fs::retry(|| dir.list())
                    .map_err(|e| Error::from_io(format!("listing {}", shown(dir.path())), e)),
                Ok(None) => continue,
                Err(e) => Err(e),
            };
            let names = match names {
                Ok(names) => names,
                Err(e) if of_one_directory(&e) => continue,
                Err(e) => return Err(e),
            };
            let is_entry = |n: &Listed| {
                let role = FileRole::of(&n.name);
                matches!(role, FileRole::Metadata(_) | FileRole::Slot(_))
            };
            if names.iter().any(is_entry) {
                keys.push(key);
            }
        }
        keys.sort_unstable();
        Ok(keys)
    }
}
