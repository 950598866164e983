//! Numbers in memory that all processes of a host share, by a small file that each of them maps.
//!
//! Of the library's files this one alone is mapped. It has all its length before it has its name, its
//! blocks are written, and nothing ever shortens it, so that touching it cannot fail; what it holds need
//! not survive anything, for it only tells living processes that something changed.

use std::io;
use std::ops::Deref;
use std::os::fd::AsRawFd;
use std::sync::atomic::AtomicU64;

/// Counters, all of them 0 when they were made.
pub(crate) struct Counters(Memory);

enum Memory {
    Own(Box<[AtomicU64]>),
    Mapped { start: *const AtomicU64, len: usize },
}

// SAFETY: atomics in memory that stays where it is until the last owner drops it.
unsafe impl Send for Counters {}
// SAFETY: as above.
unsafe impl Sync for Counters {}

impl Counters {
    /// Of this process alone.
    pub fn own(count: usize) -> Counters {
        Counters(Memory::Own((0..count).map(|_| AtomicU64::new(0)).collect()))
    }

    /// Of everyone who maps this file, which is at least so long.
    pub(super) fn map(file: &impl AsRawFd, count: usize) -> io::Result<Counters> {
        let bytes = count * size_of::<AtomicU64>();
        // SAFETY: a new mapping, at an address of the system's choice.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                bytes,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Counters(Memory::Mapped {
            start: start.cast_const().cast(),
            len: count,
        }))
    }
}

impl Deref for Counters {
    type Target = [AtomicU64];

    fn deref(&self) -> &[AtomicU64] {
        match &self.0 {
            Memory::Own(all) => all,
            // SAFETY: page-aligned, of this length, and mapped until this is dropped; every bit pattern is
            // a number.
            Memory::Mapped { start, len } => unsafe { std::slice::from_raw_parts(*start, *len) },
        }
    }
}

impl Drop for Counters {
    fn drop(&mut self) {
        if let Memory::Mapped { start, len } = self.0 {
            // SAFETY: mapped with this length, and nobody has it any more.
            unsafe {
                libc::munmap(start.cast_mut().cast(), len * size_of::<AtomicU64>());
            }
        }
    }
}
