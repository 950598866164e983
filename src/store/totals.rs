//! What lies below a root, counted incrementally and shared between processes.
//!
//! A small file is read, changed and written back under an advisory lock. The figures are advice:
//! they decide when to walk the root, and every walk corrects them; so the file is never synced,
//! a change that finds the lock taken waits for the next, and a file that makes no sense counts as
//! absent.

use super::auxiliary::{auxiliary, auxiliary_or_create};
use super::names::{AUXILIARY, GONE, LABELS};
use crate::fs::{self, Dir, File, Guard, NodeKind};
use crate::sync::Mutex;
use sha2::{Digest, Sha256};
use std::io;
use std::path::PathBuf;
use std::sync::PoisonError;

const NAME: &str = "totals";
const FIELDS: usize = 8;
const BYTES: usize = FIELDS * 8 + 8;

pub(super) fn path(root: &dyn Dir) -> PathBuf {
    root.path().join(AUXILIARY).join(NAME)
}

/// A file's share of the size budget: its length in whole pages.
pub(super) fn rounded(len: u64) -> u64 {
    len.saturating_add(4095) / 4096 * 4096
}

/// The same as a figure: a hole may be longer than all that can be counted.
fn share(len: u64) -> i64 {
    i64::try_from(rounded(len)).unwrap_or(i64::MAX)
}

/// What lies below a root, or a change of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub keys: i64,
    pub entries: i64,
    pub files: i64,
    /// Lengths rounded up to 4 096.
    pub bytes: i64,
    pub aside_files: i64,
    pub aside_bytes: i64,
    /// When a walk last counted everything; 0 for never.
    pub walked_unix_secs: i64,
    /// How many walks have corrected the figures.
    pub walks: i64,
}

impl Totals {
    /// Files and bytes of one more file of this length.
    pub fn add_file(&mut self, len: u64) {
        self.files = self.files.saturating_add(1);
        self.bytes = self.bytes.saturating_add(share(len));
    }

    pub fn remove_file(&mut self, len: u64) {
        self.files = self.files.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(share(len));
    }

    pub fn aside_file(&mut self, len: u64) {
        self.aside_files = self.aside_files.saturating_add(1);
        self.aside_bytes = self.aside_bytes.saturating_add(share(len));
    }

    /// The sum, with no figure below zero; the later walk counts.
    pub fn plus(self, change: Totals) -> Totals {
        let add = |a: i64, b: i64| a.saturating_add(b).max(0);
        Totals {
            keys: add(self.keys, change.keys),
            entries: add(self.entries, change.entries),
            files: add(self.files, change.files),
            bytes: add(self.bytes, change.bytes),
            aside_files: add(self.aside_files, change.aside_files),
            aside_bytes: add(self.aside_bytes, change.aside_bytes),
            walked_unix_secs: self.walked_unix_secs.max(change.walked_unix_secs),
            walks: add(self.walks, change.walks),
        }
    }

    /// The sum without a floor, for changes.
    pub fn and(self, other: Totals) -> Totals {
        Totals {
            keys: self.keys.saturating_add(other.keys),
            entries: self.entries.saturating_add(other.entries),
            files: self.files.saturating_add(other.files),
            bytes: self.bytes.saturating_add(other.bytes),
            aside_files: self.aside_files.saturating_add(other.aside_files),
            aside_bytes: self.aside_bytes.saturating_add(other.aside_bytes),
            walked_unix_secs: self.walked_unix_secs.max(other.walked_unix_secs),
            walks: self.walks.saturating_add(other.walks),
        }
    }

    /// What has to be added to `before` to get `self`.
    pub fn minus(self, before: Totals) -> Totals {
        Totals {
            keys: self.keys.saturating_sub(before.keys),
            entries: self.entries.saturating_sub(before.entries),
            files: self.files.saturating_sub(before.files),
            bytes: self.bytes.saturating_sub(before.bytes),
            aside_files: self.aside_files.saturating_sub(before.aside_files),
            aside_bytes: self.aside_bytes.saturating_sub(before.aside_bytes),
            walked_unix_secs: 0,
            walks: self.walks.saturating_sub(before.walks),
        }
    }

    fn to_bytes(self) -> [u8; BYTES] {
        let fields = [
            self.keys,
            self.entries,
            self.files,
            self.bytes,
            self.aside_files,
            self.aside_bytes,
            self.walked_unix_secs,
            self.walks,
        ];
        let mut bytes = [0; BYTES];
        for (to, field) in bytes.chunks_exact_mut(8).zip(fields) {
            to.copy_from_slice(&field.to_le_bytes());
        }
        let sum = checksum(&bytes[..FIELDS * 8]);
        bytes[FIELDS * 8..].copy_from_slice(&sum);
        bytes
    }

    fn from_bytes(bytes: &[u8; BYTES]) -> Option<Totals> {
        if checksum(&bytes[..FIELDS * 8]) != bytes[FIELDS * 8..] {
            return None;
        }
        let mut fields = bytes.chunks_exact(8).map(|c| {
            let mut field = [0; 8];
            field.copy_from_slice(c);
            i64::from_le_bytes(field)
        });
        let mut next = || fields.next();
        Some(Totals {
            keys: next()?,
            entries: next()?,
            files: next()?,
            bytes: next()?,
            aside_files: next()?,
            aside_bytes: next()?,
            walked_unix_secs: next()?,
            walks: next()?,
        })
    }
}

/// Adds the files that lie in `dir` itself; true when there are directories of labels beside them.
pub(super) fn count_plain_files(dir: &dyn Dir, totals: &mut Totals) -> bool {
    let mut has_labels = false;
    for item in dir.list().unwrap_or_default() {
        has_labels |= item.name == LABELS || item.name == GONE;
        match dir.stat_at(&item.name) {
            Ok(stat) if stat.kind == NodeKind::File => totals.add_file(stat.len),
            _ => {}
        }
    }
    has_labels
}

fn checksum(bytes: &[u8]) -> [u8; 8] {
    let mut sum = [0; 8];
    sum.copy_from_slice(&Sha256::digest(bytes)[..8]);
    sum
}

fn read_from(file: &dyn File) -> io::Result<Option<Totals>> {
    let mut bytes = [0; BYTES];
    let n = fs::read_full(file, &mut bytes)?;
    Ok(Some(&bytes)
        .filter(|_| n == BYTES)
        .and_then(Totals::from_bytes))
}

/// This handle's view of the shared figures, and changes that could not be shared yet.
pub(super) struct Ledger {
    pending: Mutex<Totals>,
}

impl Ledger {
    pub fn new() -> Ledger {
        Ledger {
            pending: Mutex::new(Totals::default()),
        }
    }

    /// The figures as last known; `None` when nobody has counted.
    pub fn read(&self, root: &dyn Dir) -> Option<Totals> {
        let dir = auxiliary(root).ok()??;
        let file = fs::retry(|| dir.open_read(NAME)).ok()?;
        let pending = *self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        Some(read_from(file.as_ref()).ok()??.plus(pending))
    }

    /// True when there is a file, and it makes no sense.
    pub fn is_broken(&self, root: &dyn Dir) -> bool {
        let Ok(Some(dir)) = auxiliary(root) else {
            return false;
        };
        fs::retry(|| dir.open_read(NAME))
            .is_ok_and(|file| matches!(read_from(file.as_ref()), Ok(None)))
    }

    /// Adds a change and returns the sum; `None` while it cannot be shared.
    pub fn add(&self, root: &dyn Dir, change: Totals) -> Option<Totals> {
        self.update(root, |before, pending| before.plus(pending.and(change)))
            .or_else(|| {
                let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
                *pending = pending.and(change);
                None
            })
    }

    /// Corrects the figures by what a walk counted. Others may have changed something since `before`, the figures when it began, and the walk came by before or after: a
    /// figure that agrees with the count either way stays; any other is taken to have been counted
    /// before. Of walks that overlap, the first to end counts.
    pub fn correct(&self, root: &dyn Dir, before: Totals, walked: Totals) -> Option<Totals> {
        self.update(root, |now, pending| {
            let now = now.plus(pending);
            if now.walks != before.walks {
                return now;
            }
            let corrected = walked.plus(now.minus(before));
            let agree = |now: i64, walked: i64, corrected: i64| {
                let range = walked.min(corrected)..=walked.max(corrected);
                if range.contains(&now) {
                    now
                } else {
                    corrected
                }
            };
            let field = |of: fn(&Totals) -> i64| agree(of(&now), of(&walked), of(&corrected));
            Totals {
                keys: field(|t| t.keys),
                entries: field(|t| t.entries),
                files: field(|t| t.files),
                bytes: field(|t| t.bytes),
                aside_files: field(|t| t.aside_files),
                aside_bytes: field(|t| t.aside_bytes),
                walked_unix_secs: corrected.walked_unix_secs,
                walks: now.walks.saturating_add(1),
            }
        })
    }

    /// Consumes what is pending when it succeeds.
    fn update(&self, root: &dyn Dir, new: impl Fn(Totals, Totals) -> Totals) -> Option<Totals> {
        // Also keeps this handle's threads from finding the lock taken by each other.
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let dir = auxiliary_or_create(root).ok()?;
        for attempt in 0..20 {
            let open = || fs::retry(|| dir.open_or_create(NAME)).ok();
            let rewrite = |file: &dyn File| {
                let is_new = file.stat().ok()?.len == 0;
                let read = read_from(file).ok()?;
                let before = read.unwrap_or_else(|| {
                    let mut own = Totals::default();
                    // A file that makes no sense has been counted.
                    if is_new {
                        own.add_file(BYTES as u64);
                    }
                    own
                });
                let sum = new(before, *pending);
                if read != Some(sum) {
                    fs::write_all(file, &sum.to_bytes()).ok()?;
                }
                Some(sum)
            };
            let sum = match Guard::try_new(open()?) {
                Ok(Some(guard)) => Some(rewrite(guard.file())?),
                Ok(None) => None,
                // Where there are no locks, a lost change is made good by the next walk.
                Err(_) => Some(rewrite(open()?.as_ref())?),
            };
            if let Some(sum) = sum {
                *pending = Totals::default();
                return Some(sum);
            }
            fs::back_off(attempt.min(5));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::{FileSystem, Posix};

    #[test]
    fn two_handles_count_together_across_threads() {
        let tmp = tempfile::tempdir().unwrap();
        let dir = Posix.open_root(tmp.path()).unwrap();
        let ledgers = [Ledger::new(), Ledger::new()];
        std::thread::scope(|s| {
            for i in 0..4 {
                let (ledger, dir) = (&ledgers[i % 2], &dir);
                s.spawn(move || {
                    for _ in 0..200 {
                        let mut one = Totals::default();
                        one.add_file(1);
                        ledger.add(dir.as_ref(), one);
                    }
                });
            }
        });
        for ledger in &ledgers {
            ledger.add(dir.as_ref(), Totals::default());
        }
        let sum = ledgers[0].read(dir.as_ref()).unwrap();
        assert_eq!((sum.files, sum.bytes), (801, 801 * 4096), "with its own");
    }

    #[test]
    fn a_torn_file_counts_as_absent() {
        let tmp = tempfile::tempdir().unwrap();
        let dir = Posix.open_root(tmp.path()).unwrap();
        let ledger = Ledger::new();
        let mut one = Totals::default();
        one.add_file(5000);
        ledger.add(dir.as_ref(), one);
        let path = tmp.path().join(super::super::names::AUXILIARY).join(NAME);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[17] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(ledger.read(dir.as_ref()), None);
        assert_eq!(ledger.add(dir.as_ref(), one).unwrap().bytes, 8192);
    }

    #[test]
    fn a_walk_keeps_what_others_changed_meanwhile() {
        let tmp = tempfile::tempdir().unwrap();
        let dir = Posix.open_root(tmp.path()).unwrap();
        let ledger = Ledger::new();
        let mut one = Totals::default();
        one.add_file(1);
        let before = ledger.add(dir.as_ref(), one).unwrap();
        ledger.add(dir.as_ref(), one);
        let mut walked = Totals::default();
        for _ in 0..10 {
            walked.add_file(1);
        }
        walked.walked_unix_secs = 99;
        let after = ledger.correct(dir.as_ref(), before, walked).unwrap();
        assert_eq!((after.files, after.walked_unix_secs), (11, 99));
        // A walk that began as early and ends later adds nothing.
        let late = ledger.correct(dir.as_ref(), before, walked).unwrap();
        assert_eq!(late, after);
    }

    #[test]
    fn what_was_saved_during_a_walk_is_not_counted_twice() {
        let tmp = tempfile::tempdir().unwrap();
        let dir = Posix.open_root(tmp.path()).unwrap();
        let ledger = Ledger::new();
        let files = |files| Totals {
            files,
            ..Totals::default()
        };
        let before = ledger.add(dir.as_ref(), files(10)).unwrap();
        let now = ledger.add(dir.as_ref(), files(4)).unwrap();
        // Of the four new ones it saw three.
        let walked = files(before.files + 3);
        let after = ledger.correct(dir.as_ref(), before, walked).unwrap();
        assert_eq!(after.files, now.files);
        // Two that nobody counted are noticed, and then what is sure to be enough.
        let before = after;
        ledger.add(dir.as_ref(), files(1));
        let walked = files(before.files + 2 + 1);
        let after = ledger.correct(dir.as_ref(), before, walked).unwrap();
        assert_eq!(after.files, before.files + 4);
    }
}
