//! Payload bytes in memory, aligned for whatever an engine keeps in them.

use crate::error::{Error, ErrorKind, Result};
use crate::fs;
use std::io;
use std::mem::MaybeUninit;
use std::ops::Deref;

/// Alignment of every payload handed out: a cache line, and enough for any vector type.
pub const ALIGNMENT: usize = 64;

/// From this length on, most of the time that reading takes may be that of one page fault for every
/// 4 096 bytes.
const WORTH_HUGE_PAGES: usize = 4 << 20;

/// Immutable bytes at an address divisible by [`ALIGNMENT`], also when there are none.
pub(crate) struct Bytes {
    /// Never grown, so that the aligned part stays where it is.
    storage: Vec<u8>,
    start: usize,
    len: usize,
}

impl Bytes {
    /// Room for `len` bytes and their alignment.
    fn room(len: usize) -> Result<Vec<u8>> {
        let mut storage: Vec<u8> = Vec::new();
        let wanted = len.checked_add(ALIGNMENT);
        if wanted.is_some_and(|n| storage.try_reserve_exact(n).is_ok()) {
            return Ok(storage);
        }
        Err(Error::new(
            ErrorKind::NoMemory,
            "reading a payload into memory",
            format!("{len} bytes could not be allocated"),
            "Free memory, then try again; nothing was changed",
        ))
    }

    /// A copy; an allocation that fails is an error.
    pub fn copy_of(bytes: &[u8]) -> Result<Bytes> {
        let mut storage = Bytes::room(bytes.len())?;
        let start = storage.as_ptr().align_offset(ALIGNMENT);
        storage.resize(start, 0);
        storage.extend_from_slice(bytes);
        Ok(Bytes {
            storage,
            start,
            len: bytes.len(),
        })
    }

    /// What it has allocated.
    pub fn occupies(&self) -> usize {
        self.storage.capacity()
    }

    /// Whether so many bytes could be allocated.
    pub fn could_hold(len: usize) -> Result<()> {
        Bytes::room(len).map(drop)
    }
}

/// Bytes being read, into memory that is written to only once.
pub(super) struct Reading {
    storage: Vec<u8>,
    start: usize,
    wanted: usize,
}

impl Reading {
    /// Room for `len` bytes; an allocation that fails is an error.
    pub fn new(len: usize) -> Result<Reading> {
        let mut storage = Bytes::room(len)?;
        let start = storage.as_ptr().align_offset(ALIGNMENT);
        storage.resize(start, 0);
        if len >= WORTH_HUGE_PAGES {
            fs::prefer_huge_pages(storage.spare_capacity_mut());
        }
        Ok(Reading {
            storage,
            start,
            wanted: len,
        })
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.storage.len() - self.start
    }

    /// Has `read` fill the beginning of at most `most` further bytes; returns what it read, nothing
    /// when all is there.
    pub fn next(
        &mut self,
        most: usize,
        read: impl FnOnce(&mut [MaybeUninit<u8>]) -> io::Result<&[u8]>,
    ) -> io::Result<&[u8]> {
        let room = (self.wanted - self.len()).min(most);
        if room == 0 {
            return Ok(&[]);
        }
        let before = self.storage.len();
        let buf = &mut self.storage.spare_capacity_mut()[..room];
        let start = buf.as_ptr().cast();
        let part = read(buf)?;
        let n = part.len();
        if part.as_ptr() != start || n > room {
            return Err(io::Error::from_raw_os_error(libc::EFAULT));
        }
        // SAFETY: within the capacity, and `part`, which is the bytes up to there, was initialized.
        unsafe { self.storage.set_len(before + n) };
        Ok(&self.storage[before..])
    }

    /// What was read, if it is all that was wanted.
    pub fn finish(self) -> Option<Bytes> {
        (self.len() == self.wanted).then_some(Bytes {
            storage: self.storage,
            start: self.start,
            len: self.wanted,
        })
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.storage[self.start..self.start + self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sevens(buf: &mut [MaybeUninit<u8>]) -> io::Result<&[u8]> {
        // As much as a signal lets through.
        let n = buf.len().div_ceil(2);
        buf[..n].fill(MaybeUninit::new(7));
        // SAFETY: just written.
        Ok(unsafe { &*(std::ptr::from_ref(&buf[..n]) as *const [u8]) })
    }

    #[test]
    fn every_length_is_aligned_and_never_null() {
        for len in [0, 1, 63, 64, 65, 4096, 1 << 20] {
            let mut reading = Reading::new(len).unwrap();
            while !reading.next(1000, sevens).unwrap().is_empty() {}
            let b = reading.finish().unwrap();
            assert_eq!(b.as_ptr() as usize % ALIGNMENT, 0);
            assert!(b.len() == len && b.iter().all(|x| *x == 7));
        }
    }

    #[test]
    fn what_ends_early_is_no_payload() {
        let mut reading = Reading::new(10).unwrap();
        reading.next(4, sevens).unwrap();
        assert!(reading
            .next(4, |buf| Ok(&sevens(buf)?[..0]))
            .unwrap()
            .is_empty());
        assert_eq!(reading.len(), 2);
        assert!(reading.finish().is_none());
    }

    #[test]
    fn an_absurd_length_is_an_error() {
        let e = Reading::new(usize::MAX - 100).err().unwrap();
        assert_eq!(e.kind(), ErrorKind::NoMemory);
    }
}
