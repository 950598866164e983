//! Finding, removing and pinning what lies under a key.

use super::metadata::Durability;
use super::names::{check_run_id, directory_of, key_of_directory, pin_name, FileRole, Stem};
use super::publish::{Slot, Visible};
use super::scan::{read_metadata, Read, Scan};
use super::totals::Totals;
use super::Inner;
use crate::error::{shown, Error, Result};
use crate::fs::{self, Dir, Listed, NodeKind, Timestamp};
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

/// Unlinks the pairs of one run. Its older generations go first, and durably when any may ever
/// have existed: one whose removal was not durable must not come back in place of the newest. True
/// when it was this call that took the newest: it was neither removed nor replaced meanwhile.
pub(super) fn unlink_run(
    dir: &dyn Dir,
    stems: &mut [Stem],
    change: &mut Totals,
) -> io::Result<bool> {
    if stems.len() > 1 {
        // As lookups rank them: two writers may have published the same generation at once.
        let written = |s: &Stem| match read_metadata(dir, &Scan::default(), s) {
            Ok(Read::Is(known)) => known.metadata.written(),
            _ => Timestamp::default(),
        };
        stems.sort_by_cached_key(|s| (s.generation, written(s), s.as_str().to_owned()));
    }
    let Some((newest, older)) = stems.split_last() else {
        return Ok(false);
    };
    let unlink_pair = |stem: &Stem, change: &mut Totals| -> io::Result<bool> {
        let taken = unlink(dir, &stem.metadata(), change)?;
        unlink(dir, &stem.payload(), change)?;
        // A version-1 lookup may have put back the metadata it had read.
        unlink(dir, &stem.metadata(), change)?;
        unlink(dir, &stem.reused(), change)?;
        Ok(taken)
    };
    for stem in older {
        unlink_pair(stem, change)?;
    }
    if newest.generation > 1 || !older.is_empty() {
        fs::synced(|| dir.sync())?;
    }
    unlink_pair(newest, change)
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
            visible.push(found);
        }
        Ok(Slot::found(key, run_id.to_owned(), last_written, visible))
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
            let mut stems = stems_of_run(&scan, run_id);
            if stems.is_empty() {
                self.settle_removal(key, dir.as_ref()).map_err(failed)?;
                return Ok(false);
            }
            let mut change = Totals::default();
            let taken = unlink_run(dir.as_ref(), &mut stems, &mut change).map_err(failed)?;
            if taken {
                change.entries -= 1;
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
            let mut runs: Vec<&str> = scan.metadata.iter().map(Stem::run_id).collect();
            runs.sort_unstable();
            runs.dedup();
            let mut change = Totals::default();
            let mut taken = false;
            for run_id in &runs {
                let mut stems = stems_of_run(&scan, run_id);
                if unlink_run(dir.as_ref(), &mut stems, &mut change).map_err(failed)? {
                    taken = true;
                    change.entries -= 1;
                }
            }
            for name in scan
                .pins
                .iter()
                .map(|run_id| pin_name(run_id))
                .chain(scan.reused.iter().map(|stem| Stem::plain(stem).reused()))
            {
                unlink(dir.as_ref(), &name, &mut change).map_err(failed)?;
            }
            if runs.is_empty() {
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
            fs::synced(|| dir.sync()).map_err(failed)?;
        }
        // An empty directory that comes back after a crash harms nobody.
        if self.root().remove_dir(directory_of(key).as_str()).is_ok() {
            change.keys -= 1;
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
        if !scan.metadata.iter().any(|s| s.run_id() == run_id) {
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
            let is_metadata = |n: &Listed| matches!(FileRole::of(&n.name), FileRole::Metadata(_));
            if names.iter().any(is_metadata) {
                keys.push(key);
            }
        }
        keys.sort_unstable();
        Ok(keys)
    }
}
