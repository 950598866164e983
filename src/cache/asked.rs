//! Which names were asked for lately, in vain or of the disk: what decides whether something large, or
//! read for the first time, is worth memory.

use crate::sync::atomic::{AtomicU32, Ordering};

const PLACES: usize = 1 << 13;

/// A hash for each place; the last one that came stays. 32 KiB.
pub(super) struct Asked(Box<[AtomicU32]>);

impl Default for Asked {
    fn default() -> Self {
        Asked((0..PLACES).map(|_| AtomicU32::new(0)).collect())
    }
}

impl Asked {
    fn place(&self, hash: u64) -> (&AtomicU32, u32) {
        // Zero is nobody's.
        (&self.0[hash as usize % PLACES], (hash >> 32) as u32 | 1)
    }

    /// Notes that it was asked for; whether it had been before.
    pub fn note(&self, hash: u64) -> bool {
        let (place, mark) = self.place(hash);
        place.swap(mark, Ordering::Relaxed) == mark
    }

    /// Whether it was asked for.
    pub fn was(&self, hash: u64) -> bool {
        let (place, mark) = self.place(hash);
        place.load(Ordering::Relaxed) == mark
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_is_known_until_another_takes_its_place() {
        let asked = Asked::default();
        assert!(!asked.was(7 << 32));
        assert!(!asked.note(7 << 32) && asked.note(7 << 32) && asked.was(7 << 32));
        assert!(!asked.note(9 << 32 | PLACES as u64));
        assert!(!asked.was(7 << 32));
    }
}
