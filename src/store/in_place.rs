//! Replacing a slot in place: when, and in which file.

use super::metadata::{Description, Durability, Kind};
use super::private::{private_area_len, Generation, Private, Replaced, MOST_PAYLOAD};
use super::publish::DIRECTORY_ATTEMPTS;
use super::slot::Slot;
use super::totals::Totals;
use super::Inner;
use crate::error::{Error, Result};
use crate::fs;
use std::sync::Arc;

/// The most of the size budget that a private file may take.
const SHARE_OF_BUDGET: u64 = 16;
/// None is made from this share of a budget on.
const ROOM: f64 = 0.8;

impl Inner {
    /// Writes the next generation over the older one in the slot's private file, which is made when
    /// a slot is replaced for the first time; returns the bytes written. `None` where a pair has to
    /// be published instead: a slot's first generation and its answer, which other engines are to
    /// find at once; what is large; and where the file system is shared with other hosts or another
    /// writer is quicker.
    pub(super) fn publish_in_place(
        self: &Arc<Self>,
        slot: &mut Slot,
        payload: &[u8],
        kind: Kind,
        description: &Description,
    ) -> Result<Option<u64>> {
        let is_first = slot.generation == 0 && slot.private.is_none();
        if slot.once
            || is_first
            || kind != Kind::Checkpoint
            || self.settings.durability != Durability::Full
            || payload.len() as u64 > MOST_PAYLOAD
            || !self.root().is_local()
            || !self.fs.allows_in_place()
        {
            return Ok(None);
        }
        let failed = |store: &Inner, key, e| Error::from_io(store.saving(key), e);
        for _ in 0..DIRECTORY_ATTEMPTS {
            let stem = slot.next_stem(Durability::Full)?;
            let (metadata, metadata_len) = self.describe(slot, payload, kind, description)?;
            let next = Generation {
                stem: &stem,
                metadata: &metadata,
                metadata_len,
                payload,
            };
            let key = slot.key;
            let outcome = match &mut slot.private {
                Some(private) => private.replace(&next).map_err(|e| failed(self, key, e))?,
                None => self.make_private(slot, &next)?,
            };
            match outcome {
                Replaced::Done => {
                    slot.generation = stem.generation;
                    slot.last_written = metadata.written();
                    if !slot.stored {
                        let change = Totals {
                            entries: 1,
                            ..Totals::default()
                        };
                        self.account(change, Some((key, &slot.run_id)));
                    }
                    self.durable_in_place.note(key, &stem);
                    self.export_soon(key, &slot.run_id, false);
                    return Ok(Some(metadata_len + payload.len() as u64));
                }
                Replaced::Newer(generation, written) => {
                    slot.generation = generation.max(slot.generation);
                    slot.last_written = written.max(slot.last_written);
                }
                Replaced::Unfit if slot.private.take().is_some() => {
                    *slot = self.find_slot(key, &slot.run_id)?;
                    // Nothing of it is left, or it has become too small: then it is made anew.
                    slot.private = None;
                    slot.beside = true;
                    if slot.generation == 0 {
                        return Ok(None);
                    }
                }
                Replaced::Unfit => {
                    slot.beside = true;
                    return Ok(None);
                }
            }
        }
        Ok(None)
    }

    /// Makes the private file of a slot, with its next generation.
    fn make_private(self: &Arc<Self>, slot: &mut Slot, first: &Generation<'_>) -> Result<Replaced> {
        let len = 2 * private_area_len(first.metadata_len, first.payload.len() as u64);
        let budget = self.settings.size_budget.unwrap_or(u64::MAX);
        if len > budget / SHARE_OF_BUDGET {
            return Ok(Replaced::Unfit);
        }
        // Room is made by removing such files first.
        let mut totals = self.ledger.read(self.root().as_ref()).unwrap_or_default();
        totals.add_file(len);
        if self.settings.is_beyond(ROOM, &totals) {
            return Ok(Replaced::Unfit);
        }
        let failed = |e| Error::from_io(self.saving(slot.key), e);
        let Some(dir) = self.open_key_dir(slot.key)? else {
            return Ok(Replaced::Unfit);
        };
        let mut change = Totals::default();
        let made = match Private::create(&dir, first, &mut change) {
            Ok(Some(made)) => made,
            Ok(None) => return Ok(Replaced::Unfit),
            Err(e) if fs::is_absent(&e) => return Ok(Replaced::Unfit),
            Err(e) => return Err(failed(e)),
        };
        self.sync_names(dir.as_ref()).map_err(failed)?;
        slot.private = Some(made);
        self.account(change, Some((slot.key, &slot.run_id)));
        Ok(Replaced::Done)
    }
}
