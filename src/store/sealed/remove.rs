//! Removing a sealed entry: a tombstone is published like a generation, then what it is over goes.

use super::life::{read_life, Beside};
use super::publish::{next, Standing, ATTEMPTS};
use super::read::{durability_of, list_if_there, State, View};
use super::{unix_ms, Judge, SealedEntry, SealedRead};
use crate::error::{Error, Result};
use crate::fs::{self, Dir};
use crate::key::Key;
use crate::store::names::{directory_of, life_name, sealed_name};
use crate::store::publish::DIRECTORY_ATTEMPTS;
use crate::store::totals::Totals;
use crate::store::{Durability, Inner};
use std::io;
use std::sync::Arc;

/// Where a tombstone is to stand.
struct Grave<'a> {
    dir: &'a Arc<dyn Dir>,
    key: Key,
    /// What was seen, and when it was looked at.
    view: &'a View,
    listed_at: i64,
    /// Whether it is for what was seen alone, with the life it had then.
    of_its_life: bool,
}

impl Inner {
    /// Removes what a new generation supersedes. One that may still be lost supersedes only its like. Where it is
    /// to be written over, the file of what was the entry is kept for the next one.
    pub(super) fn retire(
        &self,
        dir: &dyn Dir,
        key: Key,
        view: &View,
        full: bool,
        recycles: bool,
        change: &mut Totals,
    ) {
        let mut kept = Vec::new();
        for &generation in &view.names.sealed {
            if !full && durability_of(dir, generation) == Some(Durability::Full) {
                kept.push(generation);
                continue;
            }
            match view.entry().filter(|e| e.generation == generation) {
                Some(entry) if recycles => {
                    self.recycle(dir, key, generation, entry.file_bytes, change);
                }
                Some(entry) => {
                    unlink_of(dir, generation, entry.file_bytes, change);
                }
                None => {
                    unlink_sealed(dir, generation, change);
                }
            }
        }
        for &generation in view.names.lives.iter().filter(|g| !kept.contains(*g)) {
            unlink_life(dir, generation, change);
        }
        if let Some(entry) = view.entry().filter(|e| !kept.contains(&e.generation)) {
            self.drop_labels(self.root().as_ref(), key, &entry.fields, change);
        }
    }

    pub(super) fn unseal(
        self: &Arc<Inner>,
        key: Key,
        mut judge: Option<Judge<'_>>,
    ) -> Result<bool> {
        self.check_writable(|| format!("removing key {key}"))?;
        let failed = |e| Error::from_io(format!("removing key {key}"), e);
        let full = self.settings.durability == Durability::Full;
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                fs::back_off(attempt.min(6));
            }
            let listed_at = self.coarse_monotonic();
            let Some(dir) = self.open_key_dir(key)? else {
                if let Some(judge) = &mut judge {
                    judge(None)?;
                }
                return Ok(false);
            };
            let view = self.view(dir.as_ref(), key, SealedRead::Front)?;
            if let Some(judge) = &mut judge {
                judge(view.alive())?;
            }
            if !view.holds_something() {
                // Whoever removed it may have died before that was durable.
                if full && !view.names.sealed.is_empty() {
                    self.sync_names(dir.as_ref()).map_err(failed)?;
                }
                return Ok(false);
            }
            let mut change = Totals::default();
            let grave = Grave {
                dir: &dir,
                key,
                view: &view,
                listed_at,
                of_its_life: false,
            };
            let buried = self.bury_in(&grave, full, &mut change, &mut |_| {});
            if buried.map_err(failed)? {
                self.account(change, None);
                return Ok(view.alive().is_some());
            }
            if !self.is_in_place().map_err(failed)? {
                return Ok(false);
            }
        }
        Err(failed(io::Error::from_raw_os_error(libc::EBUSY)))
    }

    /// Removes what lies under `key` if `is_to_go`, without making that durable: where it comes back,
    /// nothing is lost. Says what that changes in the totals; `None` where it stays.
    pub(super) fn bury(
        &self,
        root: &dyn Dir,
        key: Key,
        is_to_go: impl Fn(&View) -> bool,
    ) -> Result<Option<Totals>> {
        self.bury_with(root, key, is_to_go, &mut |_| {})
    }

    /// The same; does `last` in the directory before anything is removed there.
    pub(super) fn bury_with(
        &self,
        root: &dyn Dir,
        key: Key,
        is_to_go: impl Fn(&View) -> bool,
        last: &mut dyn FnMut(&dyn Dir),
    ) -> Result<Option<Totals>> {
        let failed = |e| Error::from_io(format!("removing key {key}"), e);
        let name = directory_of(key);
        for attempt in 0..DIRECTORY_ATTEMPTS {
            if attempt > 0 {
                fs::back_off(attempt.min(6));
            }
            let listed_at = self.coarse_monotonic();
            let dir = match fs::retry(|| root.open_dir(name.as_str())) {
                Err(e) if fs::is_missing(&e) => return Ok(None),
                dir => dir.map_err(failed)?,
            };
            let view = self.view(dir.as_ref(), key, SealedRead::Front)?;
            if !view.holds_something() || !is_to_go(&view) {
                return Ok(None);
            }
            let mut change = Totals::default();
            let grave = Grave {
                dir: &dir,
                key,
                view: &view,
                listed_at,
                of_its_life: true,
            };
            let mut buried = Ok(false);
            self.leave(key, &mut || {
                buried = self.bury_in(&grave, false, &mut change, &mut *last);
            });
            if buried.map_err(failed)? {
                return Ok(Some(change));
            }
        }
        Ok(None)
    }

    /// Does `removal`, by which something under `key` leaves, by way of who is to be told.
    pub(super) fn leave(&self, key: Key, removal: &mut dyn FnMut()) {
        match self.leaves.get() {
            Some(leaves) => leaves(key, removal),
            None => removal(),
        }
    }

    /// Publishes a tombstone over what was seen; false where another was quicker.
    fn bury_in(
        &self,
        grave: &Grave<'_>,
        durably: bool,
        change: &mut Totals,
        last: &mut dyn FnMut(&dyn Dir),
    ) -> io::Result<bool> {
        let Grave { dir, key, view, .. } = *grave;
        let before = view.names.highest();
        let generation = next(key, before).map_err(io::Error::other)?;
        // One that was superseded, and whose removal is not durable, must not come back in place of what
        // goes now; nor may that come back with the life it had first.
        let has_a_past = before > 1 || !view.names.lives.is_empty();
        if has_a_past && !durably {
            fs::synced(|| dir.sync())?;
        }
        let held = self.hold(dir.as_ref(), before);
        if list_if_there(dir.as_ref())?.highest() != before || !self.is_in_place()? {
            return Ok(false);
        }
        // Who gives it another life holds it, too. A tombstone that has been seen is not taken back: others
        // answer by it, put over it, and remove what it is over.
        if grave.of_its_life && !has_its_life(dir.as_ref(), view)? {
            return Ok(false);
        }
        if self.is_late(grave.listed_at) {
            return Ok(false);
        }
        let name = sealed_name(generation);
        match fs::retry(|| dir.create_new(&name)) {
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists || fs::is_absent(&e) => {
                return Ok(false)
            }
            Err(e) => return Err(e),
        }
        let is_sure = self.is_sure(held.as_ref());
        let nonce = (!is_sure).then_some(0);
        let mut standing = self.standing(dir, key, generation, nonce, grave.listed_at);
        drop(held);
        // Where it could not be held, who gives it another life looks for a tombstone afterwards: one of the
        // two sees the other.
        if matches!(standing, Ok(Standing::Stands)) && grave.of_its_life && !is_sure {
            match has_its_life(dir.as_ref(), view) {
                Ok(true) => {}
                Ok(false) => {
                    let _ = dir.unlink(&name);
                    // The other life may be durable, and this with it.
                    fs::synced(|| dir.sync())?;
                    return Ok(false);
                }
                Err(e) => standing = Err(e),
            }
        }
        match standing {
            Ok(Standing::Stands) => {}
            // It was in place a moment ago, and some may have seen the tombstone.
            Ok(Standing::Moved) => return Ok(true),
            undone => {
                let _ = dir.unlink(&name);
                return undone.map(|_| false);
            }
        }
        if durably || !view.names.lives.is_empty() {
            if let Err(e) = self.sync_names(dir.as_ref()) {
                let _ = dir.unlink(&name);
                return Err(e);
            }
        }
        change.entries -= 1;
        change.keys -= 1;
        last(dir.as_ref());
        self.retire(dir.as_ref(), key, view, true, false, change);
        self.drop_spare(dir.as_ref(), key, change);
        Ok(true)
    }

    /// Evicts whatever lies under a key.
    #[cfg(test)]
    pub(in crate::store) fn evict_one(&self, root: &dyn Dir, key: Key) -> Result<Totals> {
        Ok(self.bury(root, key, |_| true)?.unwrap_or_default())
    }

    /// Evicts a generation unless it was replaced or used since it was chosen.
    pub(in crate::store) fn take_sealed(
        &self,
        root: &dyn Dir,
        key: Key,
        generation: u64,
        last_used: fs::Timestamp,
    ) -> io::Result<Option<Totals>> {
        let last_used = unix_ms(last_used);
        let unused =
            |e: &SealedEntry| e.generation == generation && e.accessed_unix_ms <= last_used;
        let is_to_go = |view: &View| match &view.state {
            State::Alive(e) | State::Dead(e) => unused(e),
            State::Nothing => view.names.highest() == generation,
            State::Removed => false,
        };
        let taken = self.bury(root, key, is_to_go);
        taken.map_err(|e| match e.os_error() {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::other(e.to_string()),
        })
    }
}

/// Whether what was seen has the life still that it was seen with.
fn has_its_life(dir: &dyn Dir, view: &View) -> io::Result<bool> {
    if list_if_there(dir)?.lives != view.names.lives {
        return Ok(false);
    }
    let Some(entry) = view.entry() else {
        return Ok(true);
    };
    if !view.names.lives.contains(&entry.generation) {
        return Ok(true);
    }
    Ok(
        match read_life(dir, entry.generation, entry.fields.nonce)? {
            Beside::Life(life) => life == entry.fields.life(),
            Beside::Nothing => true,
            Beside::Gone | Beside::Damaged => false,
        },
    )
}

/// Unlinks a generation. A tombstone counts nowhere.
pub(super) fn unlink_sealed(dir: &dyn Dir, generation: u64, change: &mut Totals) -> bool {
    let len = dir.stat_at(&sealed_name(generation)).map_or(0, |s| s.len);
    unlink_of(dir, generation, len, change)
}

/// The same of one that is so long.
pub(super) fn unlink_of(dir: &dyn Dir, generation: u64, len: u64, change: &mut Totals) -> bool {
    let gone = fs::retry(|| dir.unlink(&sealed_name(generation))).is_ok();
    if gone && len > 0 {
        change.remove_file(len);
    }
    gone
}

pub(super) fn unlink_life(dir: &dyn Dir, generation: u64, change: &mut Totals) {
    let _ = crate::store::remove::unlink(dir, &life_name(generation), change);
}
