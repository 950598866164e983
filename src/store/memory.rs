//! What a store keeps in memory of its keys: answers, what ranks the pairs under a key, and open
//! directories to tell by one call whether an answer still holds.

use super::entry::Stored;
use super::index::Index;
use super::rank::Lookup;
use crate::cache::Tier;
use crate::fs::{most_open_files, Dir, Stat, Timestamp};
use crate::key::Key;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

/// Most directories that a store keeps open.
const OPEN_DIRECTORIES: usize = 64;
/// The share of the files a process may have open that the directories of all its stores may take.
const SHARE_OF_OPEN_FILES: usize = 8;

/// Directories kept open by all stores of this process. Of the standard library even under a scheduler of
/// tests, of which several may run at once.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// What is known of a key.
pub(super) struct Resident {
    /// Inode and stamps of the directory that the answers are from; none where a change might not show.
    pub seen: Option<(u64, Timestamp, Timestamp)>,
    pub best: Option<Arc<Stored>>,
    pub latest: Option<Arc<Stored>>,
    /// Holds whatever the stamps.
    pub index: Option<Arc<Index>>,
}

impl Resident {
    pub fn answer(&self, mode: Lookup) -> Option<&Arc<Stored>> {
        match mode {
            Lookup::Best => self.best.as_ref(),
            Lookup::Latest => self.latest.as_ref(),
        }
    }

    /// Whether the directory is as it was when the answers were read.
    pub fn is_current(&self, now: &Stat) -> bool {
        now.links > 0 && self.seen == Some((now.inode, now.modified, now.changed))
    }

    fn weight(&self) -> usize {
        let one = |s: &Option<Arc<Stored>>| s.as_ref().map_or(0, |s| s.occupies());
        let answers = match (&self.best, &self.latest) {
            (Some(a), Some(b)) if Arc::ptr_eq(a, b) => one(&self.best),
            _ => one(&self.best) + one(&self.latest),
        };
        let index = self.index.as_ref().map_or(0, |i| i.occupies());
        // Its allocation has two counters.
        size_of::<Resident>() + 2 * size_of::<usize>() + answers + index
    }
}

/// A directory kept open.
pub(super) struct OpenDir {
    pub dir: Arc<dyn Dir>,
    inode: u64,
}

impl OpenDir {
    /// `None` when the process has enough of them.
    fn new(dir: &Arc<dyn Dir>, inode: u64) -> Option<OpenDir> {
        let most = most_open_files() / SHARE_OF_OPEN_FILES;
        let take = |n: usize| (n < most).then_some(n + 1);
        OPEN.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .ok()?;
        let dir = Arc::clone(dir);
        Some(OpenDir { dir, inode })
    }
}

impl Drop for OpenDir {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The memory of one store.
///
/// Directories of the keys asked for are kept open: at most 64 per store, and an eighth of the files
/// this process may have open over all its stores; for other keys the directory is looked up by name,
/// which takes twice as long. They are closed with the store. A forked child, where the store cannot
/// be used, inherits the descriptors until it calls exec or ends: nothing is locked through them, and
/// nothing but the space of a removed, empty directory is held.
pub(super) struct Memory {
    keys: Tier<Key, Arc<Resident>>,
    directories: Tier<Key, Arc<OpenDir>>,
}

impl Memory {
    pub fn new(budget: usize) -> Memory {
        let directories = if budget == 0 { 0 } else { OPEN_DIRECTORIES };
        Memory {
            keys: Tier::new(budget),
            directories: Tier::new(directories * Tier::<Key, Arc<OpenDir>>::ENTRY_BYTES),
        }
    }

    pub fn get(&self, key: Key) -> Option<Arc<Resident>> {
        self.keys.get(&key)
    }

    pub fn insert(&self, key: Key, resident: Resident) {
        let weight = resident.weight();
        self.keys.insert(key, Arc::new(resident), weight);
    }

    pub fn remove(&self, key: &Key) {
        self.keys.remove(key);
        self.directories.remove(key);
    }

    /// The directory of `key`, if it is kept open.
    pub fn directory(&self, key: Key) -> Option<Arc<OpenDir>> {
        self.directories.get(&key)
    }

    /// Keeps a directory open, in place of others if need be.
    pub fn keep_directory(&self, key: Key, dir: &Arc<dyn Dir>, inode: u64) {
        if self.directory(key).is_some_and(|d| d.inode == inode) {
            return;
        }
        if let Some(open) = OpenDir::new(dir, inode) {
            self.directories.insert(key, Arc::new(open), 0);
        }
    }

    pub fn close_directory(&self, key: Key) {
        self.directories.remove(&key);
    }

    /// The bytes that the answers and indexes occupy.
    pub fn weight(&self) -> usize {
        self.keys.weight()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::{FileSystem, Posix};

    #[test]
    fn open_directories_are_bounded_and_closed_with_the_store() {
        let tmp = tempfile::tempdir().unwrap();
        let dir = Posix.open_root(tmp.path()).unwrap();
        let memory = Memory::new(1 << 20);
        let key = |n: u8| Key::from_hex(&format!("{n:064x}")).unwrap();
        for n in 0..200 {
            memory.keep_directory(key(n), &dir, u64::from(n));
        }
        let kept = (0..200).filter(|n| memory.directory(key(*n)).is_some());
        assert_eq!(kept.count(), OPEN_DIRECTORIES.min(most_open_files() / 8));
        drop(memory);
        assert_eq!(Arc::strong_count(&dir), 1);
    }

    #[test]
    fn nothing_is_kept_without_memory() {
        let tmp = tempfile::tempdir().unwrap();
        let dir = Posix.open_root(tmp.path()).unwrap();
        let memory = Memory::new(0);
        let key = Key::from_hex(&"0".repeat(64)).unwrap();
        memory.keep_directory(key, &dir, 1);
        assert!(memory.directory(key).is_none());
    }
}
