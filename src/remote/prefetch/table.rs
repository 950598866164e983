//! Numbers found by the hash of what they stand for: four bytes a place.

const FREE: u32 = u32::MAX;
const SMALLEST: usize = 16;

/// Open addressing with linear probing. What a number stands for, and its hash, is the owner's to know.
#[derive(Default)]
pub(super) struct Table {
    places: Vec<u32>,
    used: usize,
}

impl Table {
    fn mask(&self) -> usize {
        self.places.len().wrapping_sub(1)
    }

    /// The number with this hash that `is` the one.
    pub fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        if self.places.is_empty() {
            return None;
        }
        let mut at = hash as usize & self.mask();
        loop {
            match self.places[at] {
                FREE => return None,
                number if is(number) => return Some(number),
                _ => at = (at + 1) & self.mask(),
            }
        }
    }

    /// Adds a number that is not there. Four places of five are used at most.
    pub fn insert(&mut self, hash: u64, number: u32, hash_of: impl Fn(u32) -> u64) {
        if (self.used + 1) * 5 > self.places.len() * 4 {
            let wider = (self.places.len() * 2).max(SMALLEST);
            let before = std::mem::replace(&mut self.places, vec![FREE; wider]);
            for number in before.into_iter().filter(|n| *n != FREE) {
                self.put(hash_of(number), number);
            }
        }
        self.put(hash, number);
        self.used += 1;
    }

    fn put(&mut self, hash: u64, number: u32) {
        let mask = self.mask();
        let mut at = hash as usize & mask;
        while self.places[at] != FREE {
            at = (at + 1) & mask;
        }
        self.places[at] = number;
    }

    /// Removes a number; those behind it move up, so that no probe ends at the gap.
    pub fn remove(&mut self, hash: u64, number: u32, hash_of: impl Fn(u32) -> u64) {
        if self.find(hash, |n| n == number).is_none() {
            return;
        }
        let mask = self.mask();
        let mut gap = hash as usize & mask;
        while self.places[gap] != number {
            gap = (gap + 1) & mask;
        }
        let mut next = (gap + 1) & mask;
        while self.places[next] != FREE {
            let home = hash_of(self.places[next]) as usize & mask;
            // Only as far as its home.
            if next.wrapping_sub(home) & mask >= next.wrapping_sub(gap) & mask {
                self.places[gap] = self.places[next];
                gap = next;
            }
            next = (next + 1) & mask;
        }
        self.places[gap] = FREE;
        self.used -= 1;
    }

    pub fn bytes(&self) -> usize {
        self.places.capacity() * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        #[test]
        fn it_holds_what_a_set_holds_however_hashes_collide(
            steps in prop::collection::vec((any::<bool>(), 0u32..60), 0..400),
            spread in 1u64..40,
        ) {
            let hash = |n: u32| u64::from(n) % spread;
            let (mut table, mut set) = (Table::default(), HashSet::new());
            for (adds, n) in steps {
                if adds && set.insert(n) {
                    table.insert(hash(n), n, hash);
                } else if !adds {
                    set.remove(&n);
                    table.remove(hash(n), n, hash);
                }
                for n in 0..60 {
                    let found = table.find(hash(n), |m| m == n);
                    prop_assert_eq!(found.is_some(), set.contains(&n));
                }
            }
        }
    }
}
