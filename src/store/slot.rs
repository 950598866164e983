//! What a writer knows of the slot it replaces, and how it lets go of it.

use super::metadata::Durability;
use super::names::{slot_name, Stem};
use super::private::{self, read_areas, Private, A_MOMENT, LONG};
use super::remove::{stems_of_run, unlink, unlink_run};
use super::scan::{is_foreign, Scan};
use super::totals::Totals;
use super::Inner;
use crate::error::{Error, ErrorKind, Result};
use crate::fs::{self, Dir, Timestamp};
use crate::key::Key;
use std::io;
use std::ops::RangeBounds;
use std::sync::Arc;

/// A generation whose files are visible.
#[derive(Debug, Clone)]
pub(super) struct Visible {
    pub stem: Stem,
    pub durability: Durability,
    pub metadata_len: u64,
    pub payload_len: u64,
}

/// What a writer knows of the slot it replaces.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(super) key: Key,
    pub(super) run_id: String,
    /// A run that is saved once keeps its plain name.
    pub(super) once: bool,
    pub(super) generation: u64,
    pub(super) last_written: Timestamp,
    pub(super) visible: Vec<Visible>,
    /// Where it is replaced in place, once it has been replaced at all.
    pub(super) private: Option<Private>,
    /// There may be a private file that somebody is at work on, and publishes from.
    pub(super) beside: bool,
    /// Something of it is stored, as far as its writer knows.
    pub(super) stored: bool,
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
            private: None,
            beside: false,
            stored: false,
        }
    }

    /// The same for a run that will be saved once.
    pub fn once(key: Key, run_id: String) -> Slot {
        Slot {
            once: true,
            ..Slot::fresh(key, run_id)
        }
    }

    /// What is linked to a run written then.
    pub(super) fn linked(key: Key, run_id: String, written: Timestamp) -> Slot {
        Slot {
            last_written: written,
            ..Slot::fresh(key, run_id)
        }
    }

    /// A slot as found on the disk; `generation` is the newest that any file of it shows.
    pub(super) fn found(
        key: Key,
        run_id: String,
        generation: u64,
        last_written: Timestamp,
        visible: Vec<Visible>,
        private: Option<Private>,
    ) -> Slot {
        Slot {
            key,
            run_id,
            once: false,
            generation,
            last_written,
            stored: generation > 0 || !visible.is_empty(),
            visible,
            private,
            beside: false,
        }
    }

    /// Whether anything of this slot is visible, as far as its writer knows.
    pub fn is_stored(&self) -> bool {
        self.stored
    }

    pub(super) fn next_stem(&self, durability: Durability) -> Result<Stem> {
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

impl Inner {
    /// Removes the generations that the one just published supersedes. At
    /// [`Durability::Process`] that one may still be lost, so those written at
    /// [`Durability::Full`] stay beside it.
    pub(super) fn retire_superseded(&self, dir: &dyn Dir, slot: &mut Slot, change: &mut Totals) {
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
        if !slot.stored {
            return Ok(());
        }
        let failed = |e| {
            let (run_id, key) = (&slot.run_id, slot.key);
            Error::from_io(format!("removing run {run_id} under key {key}"), e)
        };
        let mut change = Totals::default();
        if let Some(dir) = self.open_key_dir(slot.key)? {
            if durably {
                unlink_run(dir.as_ref(), &slot.run_id, &mut change).map_err(failed)?;
                if self.settings.durability == Durability::Full {
                    fs::synced(|| dir.sync()).map_err(failed)?;
                }
            } else {
                clear(dir.as_ref(), slot, &mut change).map_err(failed)?;
            }
            change.entries -= 1;
        }
        if durably {
            slot.private = None;
        }
        slot.visible.clear();
        slot.stored = false;
        self.account(change, None);
        Ok(())
    }

    /// The newest generation of the slot is a pair from now on.
    pub(crate) fn export_slot(self: &Arc<Self>, slot: &Slot) -> Result<()> {
        if slot.private.is_none() {
            return Ok(());
        }
        self.export(slot.key, &slot.run_id, false)
    }

    /// The slot is not replaced any more: its newest generation becomes a pair, and its private file
    /// goes; now, or soon.
    pub(crate) fn release_slot(self: &Arc<Self>, slot: &mut Slot, now: bool) -> Result<()> {
        if slot.private.is_none() {
            return Ok(());
        }
        if now {
            self.export(slot.key, &slot.run_id, true)?;
        } else {
            self.export_soon(slot.key, &slot.run_id, true);
        }
        slot.private = None;
        Ok(())
    }
}

/// Unlinks the pairs of a run that were listed, of our schema and of these generations.
fn unlink_pairs(
    dir: &dyn Dir,
    scan: &Scan,
    run_id: &str,
    generations: impl RangeBounds<u64>,
    change: &mut Totals,
) -> io::Result<()> {
    for stem in stems_of_run(scan, run_id) {
        if !generations.contains(&stem.generation) || is_foreign(dir, scan, &stem) {
            continue;
        }
        for name in [stem.metadata(), stem.payload(), stem.reused()] {
            unlink(dir, &name, change)?;
        }
    }
    Ok(())
}

/// Removes the pairs of a slot and empties its private file, which is kept for what comes. Where there
/// is none, its writer knows all of its pairs.
fn clear(dir: &dyn Dir, slot: &Slot, change: &mut Totals) -> io::Result<()> {
    private::with_locked(dir, &slot.run_id, LONG, |locked| match locked {
        Some((file, stat)) => {
            let run_id = &slot.run_id;
            let areas = read_areas(file, &stat, run_id)?;
            let newest = areas.first();
            let scan = Scan::read(dir)?;
            // Older generations first: none is to be found again.
            let in_place = newest.map_or(0, |a| a.stem.generation);
            unlink_pairs(dir, &scan, run_id, ..in_place, change)?;
            private::empty(file, &stat, newest)?;
            unlink_pairs(dir, &scan, run_id, in_place.., change)?;
            fs::retry(|| dir.touch())
        }
        None => {
            let mut pairs = slot.visible.iter();
            pairs.try_for_each(|v| remove_pair(dir, v, change))
        }
    })?
}

/// Removes what the pair `by` supersedes: older pairs, which may have been published from the private
/// file meanwhile, and that file, unless it holds a generation as new. Nothing where the pair has been
/// removed already: what is there then was saved since.
pub(super) fn retire_in_place(dir: &dyn Dir, by: &Stem, change: &mut Totals) -> io::Result<()> {
    let run_id = by.run_id();
    private::with_locked(dir, run_id, A_MOMENT, |locked| {
        let Some((file, stat)) = locked else {
            return Ok(());
        };
        // Removals wait for the lock.
        match fs::retry(|| dir.stat_at(&by.metadata())) {
            Err(e) if fs::is_missing(&e) => return Ok(()),
            seen => seen?,
        };
        unlink_pairs(dir, &Scan::read(dir)?, run_id, ..by.generation, change)?;
        // Nothing is published from there once it has no name.
        let areas = read_areas(file, &stat, run_id)?;
        if areas.iter().all(|a| a.stem.generation < by.generation) {
            unlink(dir, &slot_name(run_id), change)?;
        }
        Ok(())
    })?
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
