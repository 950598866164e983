//! Payload bytes in memory, aligned for whatever an engine keeps in them.

use crate::error::{Error, ErrorKind, Result};
use std::ops::Deref;

/// Alignment of every payload handed out: a cache line, and enough for any vector type.
pub const ALIGNMENT: usize = 64;

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

    /// Whether so many bytes could be allocated.
    pub fn could_hold(len: usize) -> Result<()> {
        Bytes::room(len).map(drop)
    }

    /// `len` zero bytes; an allocation that fails is an error.
    pub fn zeroed(len: usize) -> Result<Bytes> {
        let mut storage = Bytes::room(len)?;
        let start = storage.as_ptr().align_offset(ALIGNMENT);
        storage.resize(start + len, 0);
        Ok(Bytes {
            storage,
            start,
            len,
        })
    }

    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.storage[self.start..]
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

    #[test]
    fn every_length_is_aligned_and_never_null() {
        for len in [0, 1, 63, 64, 65, 4096, 1 << 20] {
            let mut b = Bytes::zeroed(len).unwrap();
            b.as_mut_slice().fill(7);
            assert_eq!(b.as_ptr() as usize % ALIGNMENT, 0);
            assert!(b.len() == len && b.iter().all(|x| *x == 7));
        }
    }

    #[test]
    fn an_absurd_length_is_an_error() {
        let e = Bytes::zeroed(usize::MAX - 100).err().unwrap();
        assert_eq!(e.kind(), ErrorKind::NoMemory);
    }
}
