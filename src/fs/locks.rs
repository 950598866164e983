//! Advisory locks and the list of their descriptors.
//!
//! A forked child shares its parent's open files and with them their locks: unless the child closes
//! those descriptors, a lock outlives the process that took it for as long as any child runs.

use super::File;
use crate::sync::atomic::{AtomicI32, Ordering};
use std::io;
use std::ops::Deref;

const SLOTS: usize = 256;
const FREE: i32 = -1;

/// Numbers of open files, shared by threads.
struct Descriptors<const N: usize>([AtomicI32; N]);

static HELD: Descriptors<SLOTS> = Descriptors::new();

impl<const N: usize> Descriptors<N> {
    const fn new() -> Self {
        Descriptors([const { AtomicI32::new(FREE) }; N])
    }

    /// Where it was listed; `None` when there is no room.
    fn list(&self, descriptor: i32) -> Option<usize> {
        self.0.iter().position(|slot| {
            slot.compare_exchange(FREE, descriptor, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
        })
    }

    fn release(&self, slot: usize) {
        self.0[slot].store(FREE, Ordering::Release);
    }

    #[cfg(feature = "capi")]
    fn take_all(&self, each: impl Fn(i32)) {
        for slot in &self.0 {
            let descriptor = slot.swap(FREE, Ordering::AcqRel);
            if descriptor != FREE {
                each(descriptor);
            }
        }
    }
}

/// Closes every inherited lock descriptor. To be called in a forked child, before anything else
/// opens a file there; only calls what is safe between `fork` and `exec`.
#[cfg(feature = "capi")]
pub(crate) fn close_inherited(close: impl Fn(i32)) {
    HELD.take_all(close);
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
        let slot = file.descriptor().and_then(|d| HELD.list(d));
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
            HELD.release(slot);
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
        assert!(HELD.0.iter().any(|s| s.load(Ordering::Acquire) == fd));
        drop(guard);
        assert!(HELD.0.iter().all(|s| s.load(Ordering::Acquire) != fd));
    }
}

#[cfg(all(test, warmstart_model))]
mod model {
    use super::*;
    use crate::sync::model::explore;
    use shuttle::thread;
    use std::sync::Arc;

    #[test]
    fn model_no_two_locks_share_a_place_in_the_list() {
        explore("lock list", 3000, || {
            let list = Arc::new(Descriptors::<2>::new());
            let holders: Vec<_> = (0..3)
                .map(|descriptor| {
                    let list = Arc::clone(&list);
                    thread::spawn(move || {
                        for _ in 0..2 {
                            let Some(slot) = list.list(descriptor) else {
                                continue;
                            };
                            thread::yield_now();
                            assert_eq!(list.0[slot].load(Ordering::Acquire), descriptor);
                            list.release(slot);
                        }
                    })
                })
                .collect();
            holders.into_iter().for_each(|h| h.join().unwrap());
            assert!(list.0.iter().all(|s| s.load(Ordering::Acquire) == FREE));
        });
    }
}
