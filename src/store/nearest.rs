//! Which stored key is nearest to one that was missed, by the fields both were made from.
//!
//! The root is listed once, and each key's directory looked at for when it was last changed; of those changed
//! last, as many as [`MOST`], the metadata of one entry is read, from the newest on, until one is found that
//! differs in a single field. So it takes one listing and one call per key, and at most [`MOST`] times
//! three more calls; and no longer than the caller wants to wait. Nothing is kept for it.

use super::names::{directory_of, key_of_directory};
use super::scan::{read_metadata, read_private, Known, Read, Scan};
use super::Inner;
use crate::error::{shown, Error, Result};
use crate::fs::{self, NodeKind, Timestamp};
use crate::key::{Difference, FieldState, Key, KeyField};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

/// Most keys whose fields are read.
const MOST: usize = if cfg!(test) { 50 } else { 10_000 };
/// Most entries of one key that are read in search of one whose fields were recorded.
const ENTRIES: usize = 3;

/// The stored key nearest to one that was missed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Miss {
    /// The nearest stored key.
    pub key: Key,
    /// What the two have in common and what not.
    pub difference: Difference,
    /// Keys of the store whose fields were compared.
    pub keys_compared: u64,
    /// Keys of the store, as far as they were listed.
    pub keys_listed: u64,
}

impl Inner {
    pub(super) fn explain(&self, key: Key, deadline: Option<Instant>) -> Result<Option<Miss>> {
        let Some(known) = self.with_fields(key) else {
            return Err(Error::invalid(
                format!("comparing key {key} with the others"),
                "nothing stored under it says what the key was made from",
                "Give the session's options the fingerprint, so that its checkpoints record it",
            ));
        };
        self.nearest(key, known.metadata.key_fields(), deadline)
    }

    /// The stored key that has most fields in common with `own`, which was made from `fields`. Of several,
    /// the one whose directory was changed last. `None` where no other key has a field in common.
    pub(crate) fn nearest(
        &self,
        own: Key,
        fields: &[KeyField],
        deadline: Option<Instant>,
    ) -> Result<Option<Miss>> {
        let in_time = || deadline.map_or(true, |d| Instant::now() < d);
        let root = self.root();
        let mut newest: BinaryHeap<Reverse<(Timestamp, Key)>> = BinaryHeap::new();
        let mut listed = 0;
        let each = |name: &str, kind: Option<NodeKind>| {
            let key = key_of_directory(name)
                .filter(|k| *k != own && matches!(kind, None | Some(NodeKind::Directory)));
            if let Some(key) = key {
                if let Ok(stat) = root.stat_at(name) {
                    listed += 1;
                    newest.push(Reverse((stat.modified, key)));
                    if newest.len() > MOST {
                        newest.pop();
                    }
                }
            }
            in_time()
        };
        let mut each = each;
        root.each_name(&mut each)
            .map_err(|e| Error::from_io(format!("listing {}", shown(&self.path)), e))?;
        let mut compared = 0;
        let mut nearest: Option<(usize, Key, Difference)> = None;
        for Reverse((_, key)) in newest.into_sorted_vec() {
            let Some(known) = self.with_fields(key) else {
                continue;
            };
            compared += 1;
            let difference = Difference::between(fields, known.metadata.key_fields());
            let distance = difference.distance();
            let is_nearer = nearest.as_ref().map_or(true, |(d, ..)| distance < *d);
            if is_nearer && difference.count(FieldState::Equal) > 0 {
                nearest = Some((distance, key, difference));
                if distance <= 1 {
                    break;
                }
            }
            if !in_time() {
                break;
            }
        }
        Ok(nearest.map(|(_, key, difference)| Miss {
            key,
            difference,
            keys_compared: compared,
            keys_listed: listed,
        }))
    }

    /// An entry under `key` whose fields were recorded. What cannot be read has none.
    fn with_fields(&self, key: Key) -> Option<Known> {
        let root = self.root();
        let dir = fs::retry(|| root.open_dir(directory_of(key).as_str())).ok()?;
        let dir = dir.as_ref();
        let scan = Scan::read(dir).ok()?;
        let pairs = scan.metadata.iter().take(ENTRIES);
        let pairs = pairs.filter_map(|stem| match read_metadata(dir, &scan, stem) {
            Ok(Read::Is(known)) => Some(known),
            _ => None,
        });
        let slots = scan.slots.iter().take(ENTRIES);
        let in_place = slots.filter_map(|run_id| match read_private(dir, &scan, run_id) {
            Ok(Read::Is(known)) => known.into_iter().next(),
            _ => None,
        });
        let mut known = pairs.chain(in_place);
        known.find(|k| !k.metadata.key_fields().is_empty())
    }
}
