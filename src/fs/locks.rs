//! Advisory locks and the list of their descriptors.
//!
//! A forked child shares its parent's open files and with them their locks: unless the child closes
//! those descriptors, a lock outlives the process that took it for as long as any child runs.

use super::File;
use std::io;
use std::ops::Deref;
use std::sync::atomic::{AtomicI32, Ordering};

const SLOTS: usize = 256;
const FREE: i32 = -1;

static HELD: [AtomicI32; SLOTS] = [const { AtomicI32::new(FREE) }; SLOTS];

fn register(descriptor: i32) -> Option<usize> {
    HELD.iter().position(|slot| {
        slot.compare_exchange(FREE, descriptor, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    })
}

/// Closes every inherited lock descriptor. To be called in a forked child, before anything else
/// opens a file there; only calls what is safe between `fork` and `exec`.
#[cfg(feature = "capi")]
pub(crate) fn close_inherited(close: impl Fn(i32)) {
    for slot in &HELD {
        let descriptor = slot.swap(FREE, Ordering::AcqRel);
        if descriptor != FREE {
            close(descriptor);
        }
    }
}

/// An exclusive lock held on an open file, owned or borrowed, until dropped.
pub(crate) struct Guard<F: Deref<Target = dyn File>> {
    file: F,
    slot: Option<usize>,
    process: u32,
}

impl<F: Deref<Target = dyn File>> Guard<F> {
    /// Takes the lock without waiting; `None` when another holds it.
    pub fn try_new(file: F) -> io::Result<Option<Self>> {
        if !super::retry(|| file.try_lock())? {
            return Ok(None);
        }
        let slot = file.descriptor().and_then(register);
        Ok(Some(Guard {
            file,
            slot,
            process: super::process_id(),
        }))
    }

    pub fn file(&self) -> &dyn File {
        &*self.file
    }
}

impl<F: Deref<Target = dyn File>> Drop for Guard<F> {
    fn drop(&mut self) {
        // In a forked child the descriptor is closed already and its number may be another file's;
        // handles are leaked there, so this only guards against misuse from Rust.
        if self.process != super::process_id() {
            return;
        }
        if let Some(slot) = self.slot {
            HELD[slot].store(FREE, Ordering::Release);
        }
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::{FileSystem, Posix};

    #[test]
    fn a_second_open_of_a_locked_file_is_refused_until_the_guard_goes() {
        let tmp = tempfile::tempdir().unwrap();
        let dir = Posix.open_root(tmp.path()).unwrap();
        let guard = Guard::try_new(dir.open_or_create("lock").unwrap())
            .unwrap()
            .unwrap();
        assert!(!dir.open_or_create("lock").unwrap().try_lock().unwrap());
        drop(guard);
        assert!(dir.open_or_create("lock").unwrap().try_lock().unwrap());
    }

    #[test]
    fn held_descriptors_are_listed_for_a_forked_child() {
        let tmp = tempfile::tempdir().unwrap();
        let dir = Posix.open_root(tmp.path()).unwrap();
        let guard = Guard::try_new(dir.open_or_create("lock").unwrap())
            .unwrap()
            .unwrap();
        let fd = guard.file().descriptor().unwrap();
        assert!(HELD.iter().any(|s| s.load(Ordering::Acquire) == fd));
        drop(guard);
        assert!(HELD.iter().all(|s| s.load(Ordering::Acquire) != fd));
    }
}
