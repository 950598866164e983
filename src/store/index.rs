//! What ranks the pairs under one key, kept from one lookup to the next, so that only metadata that is
//! new is read.
//!
//! A name proves its metadata where only this library gives or gave it: with a generation, or with
//! our digest in the metadata, whose run id carries 64 random bits and is saved once. No such name ever
//! carries a second payload; when its metadata is rewritten, by an access stamp or by a version-1 engine
//! that puts back what it had read, nothing that ranks changes. Its last use does: so the winner's
//! metadata is read again before it is answered, and so is what seems to have expired.
//!
//! What another engine may replace in place is known again by the inode, length and stamps of its
//! metadata, where those are sure to show a change.

use super::metadata::Kind;
use super::names::Stem;
use super::scan::{Known, Seen};
use crate::fs::{Dir, Stat, Timestamp};
use std::collections::HashMap;

/// Keys with fewer pairs are read each time.
pub(super) const WORTH_IT: usize = 16;
/// How many names that are gone are passed over before the others are looked up one by one.
const LOOK_AHEAD: usize = 8;
/// What an allocation takes besides its contents.
const ALLOCATION: usize = 16;

/// What tells a file from another that has its name.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct FileId {
    inode: u64,
    len: u64,
    modified: Timestamp,
    changed: Timestamp,
}

impl FileId {
    fn of(stat: &Stat) -> FileId {
        FileId {
            inode: stat.inode,
            len: stat.len,
            modified: stat.modified,
            changed: stat.changed,
        }
    }
}

/// How a name is known again.
#[derive(Clone)]
pub(super) enum Proof {
    Name,
    /// The name and this file.
    File(Box<FileId>),
}

/// What ranks a pair.
#[derive(Clone)]
pub(super) struct Remembered {
    pub objective: Option<f64>,
    pub written: Timestamp,
    pub last_activity: Timestamp,
    name_at: u32,
    name_len: u16,
    pub kind: Kind,
    pub proof: Proof,
}

impl Remembered {
    /// What to remember of metadata that was just read; `None` where it could not be known again.
    pub fn of(dir: &dyn Dir, known: &Known, seen: Option<&Seen>) -> Option<Remembered> {
        let proof = if known.stem.is_ours() || known.metadata.is_ours() {
            Proof::Name
        } else {
            let stat = known.file.as_ref().filter(|_| dir.is_local())?;
            if !stat.is_settled(seen?.read_at) {
                return None;
            }
            Proof::File(Box::new(FileId::of(stat)))
        };
        Some(Remembered {
            objective: known.metadata.objective(),
            written: known.metadata.written(),
            last_activity: known.last_activity,
            name_at: 0,
            name_len: 0,
            kind: known.metadata.kind(),
            proof,
        })
    }

    fn is_still(&self, dir: &dyn Dir, stem: &Stem) -> bool {
        match &self.proof {
            Proof::Name => true,
            Proof::File(file) => dir
                .stat_at(&stem.metadata())
                .is_ok_and(|s| FileId::of(&s) == **file),
        }
    }

    /// Whether `known` ranks as this does.
    pub fn ranks_as(&self, known: &Known) -> bool {
        let m = &known.metadata;
        let objective = m.objective().map(f64::to_bits);
        (self.objective.map(f64::to_bits), self.written, self.kind)
            == (objective, m.written(), m.kind())
    }
}

/// The pairs of one key that are known, in the order they were listed in.
#[derive(Default)]
pub(super) struct Index {
    entries: Vec<Remembered>,
    /// Their stems, one after the other.
    names: String,
}

impl Index {
    /// `of` gives each listed stem that is known.
    pub fn new<'a>(of: impl Iterator<Item = (&'a Stem, &'a Remembered)> + Clone) -> Index {
        let mut index = Index {
            entries: Vec::with_capacity(of.clone().count()),
            names: String::with_capacity(of.clone().map(|(s, _)| s.as_str().len()).sum()),
        };
        for (stem, remembered) in of {
            let at = u32::try_from(index.names.len());
            let len = u16::try_from(stem.as_str().len());
            if let (Ok(name_at), Ok(name_len)) = (at, len) {
                index.names.push_str(stem.as_str());
                index.entries.push(Remembered {
                    name_at,
                    name_len,
                    ..remembered.clone()
                });
            }
        }
        index
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    fn name(&self, entry: &Remembered) -> &str {
        let at = entry.name_at as usize;
        let name = self.names.get(at..at + usize::from(entry.name_len));
        name.unwrap_or_default()
    }

    /// The bytes it takes: for an entry of ours 72 and the length of its stem, some 115 in all.
    pub fn occupies(&self) -> usize {
        let of_file = |r: &&Remembered| matches!(r.proof, Proof::File(_));
        let files = self.entries.iter().filter(of_file).count();
        size_of::<Index>()
            + self.entries.capacity() * size_of::<Remembered>()
            + self.names.capacity()
            + files * (size_of::<FileId>() + ALLOCATION)
            + 3 * ALLOCATION
    }
}

/// Finds stems in an index, quickly when they come in the order they came in before.
pub(super) struct Finder<'a> {
    index: Option<&'a Index>,
    next: usize,
    by_name: Option<HashMap<&'a str, &'a Remembered>>,
    /// How many were found.
    pub found: usize,
}

impl<'a> Finder<'a> {
    pub fn new(index: Option<&'a Index>) -> Finder<'a> {
        Finder {
            index,
            next: 0,
            by_name: None,
            found: 0,
        }
    }

    /// What is known of `stem` and still true.
    pub fn find(&mut self, dir: &dyn Dir, stem: &Stem) -> Option<&'a Remembered> {
        let found = self.find_name(stem.as_str())?;
        let still = found.is_still(dir, stem);
        self.found += usize::from(still);
        still.then_some(found)
    }

    fn find_name(&mut self, stem: &str) -> Option<&'a Remembered> {
        let index = self.index?;
        let ahead = index.entries.iter().enumerate().skip(self.next);
        for (i, entry) in ahead.take(LOOK_AHEAD) {
            if index.name(entry) == stem {
                self.next = i + 1;
                return Some(entry);
            }
        }
        let by_name = self.by_name.get_or_insert_with(|| {
            let named = |e: &'a Remembered| (index.name(e), e);
            index.entries.iter().map(named).collect()
        });
        by_name.get(stem).copied()
    }
}
