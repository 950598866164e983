//! Which keys certainly are not there: asked before the disk is.

use crate::error::{Error, ErrorKind, Result};
use crate::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Bits for each entry. At capacity this gives about 0.6 % false positives.
const BITS_PER_ENTRY: usize = 12;

const BLOCK_BITS: usize = 512;

/// One cache line: a query reads no other.
#[repr(align(64))]
struct Block([AtomicU64; 8]);

/// A set of hashes that may claim to hold others, and never denies one that it holds.
///
/// A Bloom filter in blocks: the hash chooses a block, and one bit in each of its eight words. Threads
/// insert and ask at the same time without locks. Nothing can be taken out, and a filter does not grow:
/// whoever owns it builds another one when [`Filter::is_full`], or when much in it is gone.
pub(crate) struct Filter {
    blocks: Box<[Block]>,
    /// Insertions that were new. Two threads at the same hash may count it twice.
    entries: AtomicUsize,
}

impl Filter {
    /// A filter for at least `entries`, in 12 bits each.
    pub fn for_entries(entries: usize) -> Result<Self> {
        let bits = entries.saturating_mul(BITS_PER_ENTRY);
        let count = bits.div_ceil(BLOCK_BITS).max(1);
        let mut blocks = Vec::new();
        blocks.try_reserve_exact(count).map_err(|_| {
            Error::new(
                ErrorKind::NoMemory,
                format!("making a filter for {entries} cache entries"),
                format!("{} bytes are not to be had", count.saturating_mul(64)),
                "Free memory; the cache works without the filter, reading more",
            )
        })?;
        blocks.resize_with(count, || Block(std::array::from_fn(|_| AtomicU64::new(0))));
        Ok(Filter {
            blocks: blocks.into_boxed_slice(),
            entries: AtomicUsize::new(0),
        })
    }

    /// The hash of what has a digest already.
    pub fn hash_of(digest: &[u8; 32]) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = *digest;
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    pub fn insert(&self, hash: u64) {
        let (block, mut bits) = self.place(hash);
        let mut new = false;
        for word in &block.0 {
            let bit = 1 << (bits & 63);
            bits >>= 6;
            // Whoever sees the entry elsewhere must see it here: hence not relaxed.
            new |= word.load(Ordering::Acquire) & bit == 0
                && word.fetch_or(bit, Ordering::AcqRel) & bit == 0;
        }
        if new {
            self.entries.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// False only when `hash` was never inserted.
    pub fn may_contain(&self, hash: u64) -> bool {
        let (block, mut bits) = self.place(hash);
        block.0.iter().all(|word| {
            let bit = 1 << (bits & 63);
            bits >>= 6;
            word.load(Ordering::Acquire) & bit != 0
        })
    }

    /// How many entries it holds within its rate of false positives.
    pub fn capacity(&self) -> usize {
        self.blocks.len() * BLOCK_BITS / BITS_PER_ENTRY
    }

    /// Whether more entries would give more false positives than promised.
    pub fn is_full(&self) -> bool {
        self.entries.load(Ordering::Relaxed) >= self.capacity()
    }

    /// What it occupies.
    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.blocks.len() * size_of::<Block>()
    }

    /// The block, and eight times six bits. Callers' hashes may be no better than counters.
    fn place(&self, hash: u64) -> (&Block, u64) {
        let hash = mix(hash);
        let index = (u128::from(hash) * self.blocks.len() as u128) >> 64;
        (&self.blocks[index as usize], mix(hash))
    }
}

/// Steele, Lea and Flood's finaliser (OOPSLA '14): each bit of the argument changes each of the result.
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn random_hash(i: u64) -> u64 {
        use sha2::{Digest, Sha256};
        Filter::hash_of(&Sha256::digest(i.to_le_bytes()).into())
    }

    /// How many of 100 000 hashes that are not in a filter of as many it claims to hold.
    fn false_positives(hash: impl Fn(u64) -> u64) -> usize {
        const N: u64 = 100_000;
        let filter = Filter::for_entries(N as usize).unwrap();
        assert!(!(0..N).any(|i| filter.may_contain(hash(i))));
        for i in 0..N {
            filter.insert(hash(i));
        }
        assert!((0..N).all(|i| filter.may_contain(hash(i))), "one is denied");
        (N..2 * N).filter(|i| filter.may_contain(hash(*i))).count()
    }

    #[test]
    fn of_100_000_none_is_denied_and_of_others_fewer_than_one_in_a_hundred_is_claimed() {
        for (kind, found) in [
            ("digests", false_positives(random_hash)),
            ("counters", false_positives(|i| i)),
            ("high bits only", false_positives(|i| i << 40)),
        ] {
            assert!(found < 1000, "{kind}: {found} of 100 000");
            assert!(found > 0, "{kind}: a filter this small must err");
        }
    }

    #[test]
    fn it_is_full_at_its_capacity_and_repeated_entries_do_not_fill_it() {
        for entries in [0, 1, 42, 43, 1000] {
            let filter = Filter::for_entries(entries).unwrap();
            assert!(filter.capacity() >= entries);
            for _ in 0..2 * filter.capacity() {
                filter.insert(7);
            }
            assert!(!filter.is_full());
            let most = 2 * filter.capacity() as u64;
            let full = (0..most).find(|i| {
                filter.insert(random_hash(*i));
                filter.is_full()
            });
            let full = full.unwrap() as usize;
            assert!(full + 2 >= filter.capacity(), "full at {full}");
            assert!(full * 10 < filter.capacity() * 11 + 30, "full at {full}");
        }
    }

    #[test]
    fn its_memory_is_twelve_bits_an_entry() {
        let filter = Filter::for_entries(100_000).unwrap();
        assert_eq!(filter.bytes(), 2344 * 64 + size_of::<Filter>());
        assert_eq!(filter.blocks.as_ptr() as usize % 64, 0);
        let refused = Filter::for_entries(usize::MAX).err().unwrap();
        assert_eq!(refused.kind(), ErrorKind::NoMemory);
    }

    proptest! {
        #[test]
        fn what_was_inserted_is_never_denied(
            hashes in proptest::collection::vec(any::<u64>(), 0..300), entries in 0..50usize,
        ) {
            let filter = Filter::for_entries(entries).unwrap();
            let mut held = HashSet::new();
            for hash in hashes {
                filter.insert(hash);
                held.insert(hash);
                prop_assert!(held.iter().all(|h| filter.may_contain(*h)));
            }
        }
    }

    #[test]
    fn insertions_of_several_threads_are_all_kept() {
        const EACH: u64 = 25_000;
        let filter = Filter::for_entries(100_000).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let filter = &filter;
                scope.spawn(move || {
                    for i in thread * EACH..(thread + 1) * EACH {
                        filter.insert(random_hash(i));
                        assert!(filter.may_contain(random_hash(i)));
                    }
                });
            }
        });
        assert!((0..4 * EACH).all(|i| filter.may_contain(random_hash(i))));
    }
}

#[cfg(all(test, warmstart_model))]
mod model {
    use super::*;
    use crate::sync::model::explore;
    use shuttle::thread;
    use std::sync::Arc;

    #[test]
    fn model_insertions_of_several_threads_are_all_kept() {
        explore("filter", 400, || {
            let filter = Arc::new(Filter::for_entries(1).unwrap());
            let inserting = (0..3u64).map(|i| {
                let filter = filter.clone();
                thread::spawn(move || {
                    filter.insert(i);
                    assert!(filter.may_contain(i));
                })
            });
            let inserting: Vec<_> = inserting.collect();
            inserting.into_iter().for_each(|t| t.join().unwrap());
            assert!((0..3).all(|i| filter.may_contain(i)));
        });
    }
}
