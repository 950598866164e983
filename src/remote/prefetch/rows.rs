//! A list that grows without being copied and has no more than one chunk to spare.

use std::ops::{Index, IndexMut};

/// A power of two, as vectors grow.
pub(super) const CHUNK: usize = 4096;

pub(super) struct Rows<T>(Vec<Vec<T>>);

impl<T> Rows<T> {
    pub fn new() -> Rows<T> {
        Rows(Vec::new())
    }

    pub fn len(&self) -> usize {
        let full = self.0.len().saturating_sub(1) * CHUNK;
        full + self.0.last().map_or(0, Vec::len)
    }

    pub fn push(&mut self, row: T) {
        match self.0.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push(row),
            // The first grows as it is needed: most indexes are small.
            None => self.0.push(vec![row]),
            Some(_) => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(row);
                self.0.push(chunk);
            }
        }
    }

    pub fn chunk(&self, n: usize) -> Option<&[T]> {
        self.0.get(n).map(Vec::as_slice)
    }

    pub fn bytes(&self) -> usize {
        let rows: usize = self.0.iter().map(Vec::capacity).sum();
        rows * size_of::<T>() + self.0.capacity() * size_of::<Vec<T>>()
    }
}

impl<T> Index<u32> for Rows<T> {
    type Output = T;

    fn index(&self, at: u32) -> &T {
        &self.0[at as usize / CHUNK][at as usize % CHUNK]
    }
}

impl<T> IndexMut<u32> for Rows<T> {
    fn index_mut(&mut self, at: u32) -> &mut T {
        &mut self.0[at as usize / CHUNK][at as usize % CHUNK]
    }
}
