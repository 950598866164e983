//! What there is to warm: at most 150 bytes an entry where there are many, each of a run of its own.
//!
//! What the selection reads lies apart from the rest, so that it passes over 24 bytes an entry. Keys that
//! are known as somebody's parent only have a row as well, which is not listed.

use super::names::Names;
use super::rows::{Rows, CHUNK};
use super::score::{Traits, Weights};
use super::select::{Ranked, Selection};
use super::table::Table;
use super::told::PrefetchEntry;
use crate::cache::Seeded;
use crate::key::Key;
use std::hash::BuildHasher;

pub(super) const NONE: u32 = u32::MAX;

/// Not somebody's parent only.
const LISTED: u8 = 1;
/// A local tier had it when last asked.
const RESIDENT: u8 = 2;
/// Being fetched for the worker.
const BUSY: u8 = 4;
/// Larger than a cycle may fetch.
const TOO_LARGE: u8 = 8;
/// The worker fetched it and nobody asked for it yet.
const UNASKED: u8 = 16;
/// Somebody asked for it while it was being fetched for the worker.
const ASKED: u8 = 32;

/// What the selection reads.
struct Hot {
    last_access_ms: i64,
    /// The tick until which it is left alone.
    quiet_until: u32,
    model: u32,
    sequence: u32,
    namespace: u16,
    failures: u8,
    flags: u8,
}

/// Aligned to four bytes, so the payload's size is no `u64`.
pub(super) struct Cold {
    pub key: Key,
    pub parent: u32,
    pub first_child: u32,
    pub next: u32,
    pub previous: u32,
    run: u32,
    payload_bytes: [u8; 8],
}

/// What is the same for all entries of one selection.
pub(super) struct Moment {
    pub now_ms: i64,
    /// Tenths of a second since the index was made.
    pub tick: u32,
    pub weights: Weights,
}

/// What a scan met.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub scored: u64,
    pub resident: u64,
    pub in_back_off: u64,
}

/// What became of bytes that the worker fetched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Worth {
    pub useful: u64,
    pub wasted: u64,
    pub unasked: u64,
}

pub(super) struct Index {
    hot: Rows<Hot>,
    cold: Rows<Cold>,
    table: Table,
    hasher: Seeded,
    /// The first row that can be used again; the next is its `next`.
    free: u32,
    runs: Names,
    models: Names,
    namespaces: Names,
    active: [u8; 32],
    /// Most bytes of a payload that is guessed.
    most_bytes: u64,
    listed: usize,
    resident: usize,
    removed: usize,
    worth: Worth,
}

const NO_MODEL: [u8; 32] = [0; 32];

impl Index {
    pub fn new(most_bytes: u64) -> Index {
        Index {
            hot: Rows::new(),
            cold: Rows::new(),
            table: Table::default(),
            hasher: Seeded::default(),
            free: NONE,
            runs: Names::default(),
            models: Names::default(),
            namespaces: Names::default(),
            active: NO_MODEL,
            most_bytes,
            listed: 0,
            resident: 0,
            removed: 0,
            worth: Worth::default(),
        }
    }

    pub fn len(&self) -> usize {
        self.listed
    }

    pub fn resident(&self) -> usize {
        self.resident
    }

    pub fn worth(&self) -> Worth {
        self.worth
    }

    pub fn set_active(&mut self, model: [u8; 32]) {
        self.active = model;
    }

    /// Bytes of memory it occupies.
    pub fn bytes(&self) -> usize {
        let names = [&self.runs, &self.models, &self.namespaces];
        let names: usize = names.iter().map(|n| n.bytes()).sum();
        self.hot.bytes() + self.cold.bytes() + self.table.bytes() + names + size_of::<Index>()
    }

    pub(super) fn cold(&self, row: u32) -> &Cold {
        &self.cold[row]
    }

    pub(super) fn sequence(&self, row: u32) -> u32 {
        self.hot[row].sequence
    }

    fn is(&self, row: u32, flag: u8) -> bool {
        self.hot[row].flags & flag != 0
    }

    pub(super) fn is_listed(&self, row: u32) -> bool {
        self.is(row, LISTED)
    }

    /// The row of a key, listed or not.
    pub(super) fn row(&self, key: &Key) -> Option<u32> {
        let hash = self.hasher.hash_one(key.as_bytes());
        self.table.find(hash, |row| self.cold[row].key == *key)
    }

    fn listed_row(&self, key: &Key) -> Option<u32> {
        self.row(key).filter(|row| self.is_listed(*row))
    }

    /// The row of a key, a new one that is not listed if it has none; `None` when no number is left.
    fn row_of(&mut self, key: Key) -> Option<u32> {
        if let Some(row) = self.row(&key) {
            return Some(row);
        }
        let hot = Hot {
            last_access_ms: 0,
            quiet_until: 0,
            model: 0,
            sequence: 0,
            namespace: 0,
            failures: 0,
            flags: 0,
        };
        let cold = Cold {
            key,
            parent: NONE,
            first_child: NONE,
            next: NONE,
            previous: NONE,
            run: NONE,
            payload_bytes: [0; 8],
        };
        let row = if self.free == NONE {
            let row = u32::try_from(self.cold.len()).ok().filter(|r| *r != NONE)?;
            self.hot.push(hot);
            self.cold.push(cold);
            row
        } else {
            let row = self.free;
            self.free = self.cold[row].next;
            (self.hot[row], self.cold[row]) = (hot, cold);
            row
        };
        let hash_of = |r| self.hasher.hash_one(self.cold[r].key.as_bytes());
        self.table.insert(hash_of(row), row, hash_of);
        Some(row)
    }

    /// Takes in what a listing says. What is known already stays: its stamp, size and sequence are
    /// newer than the listing's. False when it could not be taken in.
    pub fn merge(&mut self, entry: &PrefetchEntry<'_>) -> bool {
        let Some(row) = self.listed_row(&entry.key) else {
            return self.set(entry);
        };
        if self.payload_bytes(row) == 0 {
            self.set_size(row, entry.payload_bytes);
        }
        if self.hot[row].last_access_ms == 0 {
            self.hot[row].last_access_ms = entry.last_access_ms;
        }
        if self.runs.get(self.cold[row].run).is_empty() {
            if let Some(run) = self.runs.number(entry.run.as_bytes()) {
                self.cold[row].run = run;
            }
        }
        if *self.models.get(self.hot[row].model) == NO_MODEL {
            match self.models.number(&entry.model) {
                Some(model) => self.hot[row].model = model,
                None => return false,
            }
        }
        true
    }

    /// Takes in what has just been stored or found: it replaces what was known, and a stamp only grows.
    pub fn replace(&mut self, entry: &PrefetchEntry<'_>) -> bool {
        self.set(entry)
    }

    /// The same of what somebody knows a part of: an empty run and a size of 0 leave what is known.
    pub fn describe(&mut self, entry: &PrefetchEntry<'_>) -> bool {
        let known = self.get(&entry.key);
        let run = known.map_or(String::new(), |known| known.run.to_owned());
        let bytes = known.map_or(0, |known| known.payload_bytes);
        let mut whole = *entry;
        if whole.run.is_empty() {
            whole.run = &run;
        }
        if whole.payload_bytes == 0 {
            whole.payload_bytes = bytes;
        }
        self.set(&whole)
    }

    fn set(&mut self, entry: &PrefetchEntry<'_>) -> bool {
        let Some(model) = self.models.number(&entry.model) else {
            return false;
        };
        let namespace = self.namespaces.number(entry.namespace.as_bytes());
        let Some(namespace) = namespace.and_then(|n| u16::try_from(n).ok()) else {
            return false;
        };
        let Some(run) = self.runs.number(entry.run.as_bytes()) else {
            return false;
        };
        let Some(row) = self.row_of(entry.key) else {
            return false;
        };
        // One that is its own parent has none.
        let parent = match entry.parent.filter(|p| *p != entry.key) {
            Some(parent) => self.row_of(parent).unwrap_or(NONE),
            None => NONE,
        };
        if self.cold[row].parent != parent {
            self.unlink(row);
            self.link(row, parent);
        }
        let hot = &mut self.hot[row];
        if hot.flags & LISTED == 0 {
            hot.flags |= LISTED;
            hot.last_access_ms = entry.last_access_ms;
            self.listed += 1;
        }
        hot.last_access_ms = hot.last_access_ms.max(entry.last_access_ms);
        hot.model = model;
        hot.namespace = namespace;
        hot.sequence = entry.sequence;
        self.cold[row].run = run;
        self.set_size(row, entry.payload_bytes);
        true
    }

    /// It was stored here just now. What else is known of it stays.
    pub fn note_stored(&mut self, key: Key, run: &str, now_ms: i64) {
        match self.listed_row(&key) {
            Some(row) => {
                if let Some(run) = self.runs.number(run.as_bytes()) {
                    self.cold[row].run = run;
                }
                let hot = &mut self.hot[row];
                hot.last_access_ms = hot.last_access_ms.max(now_ms);
            }
            None => {
                self.set(&PrefetchEntry {
                    key,
                    run,
                    parent: None,
                    sequence: 0,
                    payload_bytes: 0,
                    last_access_ms: now_ms,
                    model: NO_MODEL,
                    namespace: "",
                });
            }
        }
        self.note_resident(&key, true);
    }

    fn set_size(&mut self, row: u32, bytes: u64) {
        let before = self.payload_bytes(row);
        self.cold[row].payload_bytes = bytes.to_le_bytes();
        let hot = &mut self.hot[row];
        hot.flags &= !TOO_LARGE;
        if bytes > self.most_bytes {
            hot.flags |= TOO_LARGE;
        }
        if hot.flags & UNASKED != 0 {
            self.worth.unasked = self.worth.unasked.saturating_sub(before) + bytes;
        }
    }

    fn link(&mut self, row: u32, parent: u32) {
        self.cold[row].parent = parent;
        if parent == NONE {
            return;
        }
        let first = std::mem::replace(&mut self.cold[parent].first_child, row);
        self.cold[row].next = first;
        if first != NONE {
            self.cold[first].previous = row;
        }
    }

    fn unlink(&mut self, row: u32) {
        let Cold {
            parent,
            next,
            previous,
            ..
        } = self.cold[row];
        let cold = &mut self.cold[row];
        (cold.parent, cold.next, cold.previous) = (NONE, NONE, NONE);
        if next != NONE {
            self.cold[next].previous = previous;
        }
        if previous != NONE {
            self.cold[previous].next = next;
        } else if parent != NONE {
            self.cold[parent].first_child = next;
        }
        if parent != NONE {
            self.free_if_useless(parent);
        }
    }

    /// Neither listed nor anybody's parent.
    fn free_if_useless(&mut self, row: u32) {
        if self.is_listed(row) || self.cold[row].first_child != NONE {
            return;
        }
        let key = self.cold[row].key;
        let hash_of = |r: u32| self.hasher.hash_one(self.cold[r].key.as_bytes());
        let hash = self.hasher.hash_one(key.as_bytes());
        self.table.remove(hash, row, hash_of);
        self.hot[row].flags = 0;
        self.cold[row].next = self.free;
        self.free = row;
    }

    /// It is not there any more; true if it was listed.
    pub fn remove(&mut self, key: &Key) -> bool {
        let Some(row) = self.listed_row(key) else {
            return false;
        };
        self.set_resident(row, false);
        self.hot[row].flags = 0;
        self.hot[row].failures = 0;
        self.listed -= 1;
        self.unlink(row);
        self.free_if_useless(row);
        self.removed += 1;
        if self.removed > self.listed / 2 + 1024 {
            self.forget_names();
        }
        true
    }

    /// Names that no entry has any more are dropped.
    fn forget_names(&mut self) {
        self.removed = 0;
        let before = [&mut self.runs, &mut self.models, &mut self.namespaces].map(std::mem::take);
        let [runs, models, namespaces] = before;
        for row in 0..self.hot.len() as u32 {
            if !self.is_listed(row) {
                continue;
            }
            // As many as there were at most: there are numbers enough.
            let (hot, cold) = (&mut self.hot[row], &mut self.cold[row]);
            cold.run = self.runs.number(runs.get(cold.run)).unwrap_or(0);
            hot.model = self.models.number(models.get(hot.model)).unwrap_or(0);
            let namespace = namespaces.get(u32::from(hot.namespace));
            let namespace = self.namespaces.number(namespace).unwrap_or(0);
            hot.namespace = u16::try_from(namespace).unwrap_or(0);
        }
    }

    fn payload_bytes(&self, row: u32) -> u64 {
        u64::from_le_bytes(self.cold[row].payload_bytes)
    }

    /// Bytes of its payload, as far as known.
    pub fn bytes_of(&self, key: &Key) -> u64 {
        self.listed_row(key)
            .map_or(0, |row| self.payload_bytes(row))
    }

    /// What is known of a key.
    pub fn get(&self, key: &Key) -> Option<PrefetchEntry<'_>> {
        let row = self.listed_row(key)?;
        let (hot, cold) = (&self.hot[row], &self.cold[row]);
        let text = |names| std::str::from_utf8(names).unwrap_or("");
        Some(PrefetchEntry {
            key: *key,
            run: text(self.runs.get(cold.run)),
            parent: (cold.parent != NONE).then(|| self.cold[cold.parent].key),
            sequence: hot.sequence,
            payload_bytes: self.payload_bytes(row),
            last_access_ms: hot.last_access_ms,
            model: self.models.get(hot.model).try_into().unwrap_or(NO_MODEL),
            namespace: text(self.namespaces.get(u32::from(hot.namespace))),
        })
    }

    /// Somebody asked for it.
    pub fn touch(&mut self, key: &Key, now_ms: i64) {
        let Some(row) = self.listed_row(key) else {
            return;
        };
        let bytes = self.payload_bytes(row);
        let hot = &mut self.hot[row];
        hot.last_access_ms = hot.last_access_ms.max(now_ms);
        if hot.flags & UNASKED != 0 {
            hot.flags &= !UNASKED;
            self.worth.unasked = self.worth.unasked.saturating_sub(bytes);
            self.worth.useful += bytes;
        } else if hot.flags & BUSY != 0 {
            hot.flags |= ASKED;
        }
    }

    /// The worker begins, or no longer has to do with it.
    pub fn set_busy(&mut self, key: &Key, busy: bool) {
        if let Some(row) = self.listed_row(key) {
            let hot = &mut self.hot[row];
            // Who asked is told by how it ends.
            hot.flags = if busy {
                hot.flags & !ASKED | BUSY
            } else {
                hot.flags & !BUSY
            };
        }
    }

    /// A local tier has it, or has it no more.
    pub fn note_resident(&mut self, key: &Key, resident: bool) {
        if let Some(row) = self.listed_row(key) {
            self.set_resident(row, resident);
        }
    }

    fn set_resident(&mut self, row: u32, resident: bool) {
        let bytes = self.payload_bytes(row);
        let hot = &mut self.hot[row];
        let was = hot.flags & RESIDENT != 0;
        if resident {
            hot.flags |= RESIDENT;
            hot.failures = 0;
            hot.quiet_until = 0;
        } else {
            hot.flags &= !RESIDENT;
            if hot.flags & UNASKED != 0 {
                hot.flags &= !UNASKED;
                self.worth.unasked = self.worth.unasked.saturating_sub(bytes);
                self.worth.wasted += bytes;
            }
        }
        self.resident = self.resident + usize::from(resident) - usize::from(was);
    }

    /// The worker fetched it; somebody has asked for it in the meantime or not.
    pub fn note_warmed(&mut self, key: &Key, transferred: u64, is_asked_for: bool) {
        let Some(row) = self.listed_row(key) else {
            return;
        };
        self.set_resident(row, true);
        // Somebody else had brought it.
        if transferred == 0 {
            return;
        }
        if self.payload_bytes(row) == 0 {
            self.set_size(row, transferred);
        }
        let bytes = self.payload_bytes(row);
        if is_asked_for || self.is(row, ASKED) {
            self.worth.useful += bytes;
        } else if !self.is(row, UNASKED) {
            self.hot[row].flags |= UNASKED;
            self.worth.unasked += bytes;
        }
    }

    /// It could not be had: it is left alone for `first` ticks, twice as many each further time in a
    /// row, `longest` at most. What is `excused` does not count towards the next time.
    pub fn back_off(&mut self, key: &Key, tick: u32, (first, longest): (u32, u32), excused: bool) {
        let Some(row) = self.listed_row(key) else {
            return;
        };
        let hot = &mut self.hot[row];
        let pause = if excused {
            first
        } else {
            let times = hot.failures;
            hot.failures = times.saturating_add(1);
            let doubled = first.checked_mul(1u32.checked_shl(times.into()).unwrap_or(u32::MAX));
            doubled.unwrap_or(longest)
        };
        hot.quiet_until = tick.saturating_add(pause.min(longest));
    }

    /// Offers what may be warmed of one chunk of rows; false after the last.
    pub fn scan(&self, chunk: usize, m: &Moment, best: &mut Selection, tally: &mut Tally) -> bool {
        let Some(rows) = self.hot.chunk(chunk) else {
            return false;
        };
        let active = if self.active == NO_MODEL {
            NONE
        } else {
            // What no entry belongs to has no number.
            self.models.find(&self.active).unwrap_or(NONE)
        };
        let first = chunk * CHUNK;
        for (row, hot) in (first as u32..).zip(rows) {
            if hot.flags & LISTED == 0 {
                continue;
            }
            tally.scored += 1;
            if hot.flags & RESIDENT != 0 {
                tally.resident += 1;
                continue;
            }
            if hot.quiet_until > m.tick {
                tally.in_back_off += 1;
                continue;
            }
            if hot.flags & (BUSY | TOO_LARGE) != 0 {
                continue;
            }
            let traits = Traits {
                last_access_ms: hot.last_access_ms,
                is_head: hot.sequence == 0,
                is_active: hot.model == active,
            };
            let score = m.weights.score(traits, m.now_ms);
            if best.may_take(score) {
                best.offer(Ranked {
                    score,
                    last_access_ms: hot.last_access_ms,
                    key: self.cold[row].key,
                });
            }
        }
        true
    }

    /// At most `most` resident keys from row `from` on, and the row to go on from: a part of the index only.
    pub fn residents(&self, from: usize, most: usize) -> (Vec<Key>, usize) {
        let rows = self.hot.len();
        let mut found = Vec::new();
        if self.resident == 0 {
            return (found, 0);
        }
        let begin = if from < rows { from } else { 0 };
        let end = rows.min(begin + 16 * CHUNK);
        for row in begin..end {
            if found.len() == most {
                return (found, row);
            }
            if self.is(row as u32, RESIDENT) {
                found.push(self.cold[row as u32].key);
            }
        }
        (found, end)
    }
}
