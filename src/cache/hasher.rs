//! A hash quicker than the standard library's for short keys.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Hashes by multiplying pairs of words to twice their width and folding the halves together.
///
/// Every word is mixed with a secret before it is multiplied: who does not know the secrets, which each
/// of these draws from the system's randomness through the standard library, cannot choose keys that
/// collide. It is no keyed hash in the cryptographic sense: hashes are not to be shown to anyone.
#[derive(Clone)]
pub(crate) struct Seeded([u64; 3]);

impl Default for Seeded {
    fn default() -> Self {
        let random = RandomState::new();
        Seeded([1u8, 2, 3].map(|n| random.hash_one(n)))
    }
}

impl BuildHasher for Seeded {
    type Hasher = Folding;

    fn build_hasher(&self) -> Folding {
        let [first, second, state] = self.0;
        Folding {
            secrets: [first, second],
            state,
        }
    }
}

pub(crate) struct Folding {
    secrets: [u64; 2],
    state: u64,
}

fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

impl Folding {
    fn mix(&mut self, a: u64, b: u64) {
        let [first, second] = self.secrets;
        // Rotated and not lost should one of the factors be zero.
        self.state = fold(a ^ first ^ self.state, b ^ second) ^ self.state.rotate_left(23);
    }
}

impl Hasher for Folding {
    fn write(&mut self, bytes: &[u8]) {
        let word = |bytes: &[u8]| {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            u64::from_le_bytes(word)
        };
        let mut pairs = bytes.chunks_exact(16);
        for pair in &mut pairs {
            let (a, b) = pair.split_at(8);
            self.mix(word(a), word(b));
        }
        let (a, b) = pairs.remainder().split_at(pairs.remainder().len().min(8));
        self.mix(word(a), word(b) ^ (bytes.len() as u64).rotate_left(56));
    }

    fn write_u64(&mut self, word: u64) {
        self.mix(word, 0);
    }

    fn write_usize(&mut self, word: usize) {
        self.mix(word as u64, 0);
    }

    fn write_u8(&mut self, byte: u8) {
        self.mix(u64::from(byte), 0);
    }

    fn finish(&self) -> u64 {
        fold(self.state ^ self.secrets[1], self.secrets[0] | 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// Keys that differ little: numbers, lengths of nothing but zeros, one bit.
    fn alike() -> Vec<Vec<u8>> {
        let numbers = (0..20_000u64).map(|n| n.to_le_bytes().to_vec());
        let names = (0..20_000u32).map(|n| format!("namespace/basis-{n}").into_bytes());
        let zeros = (0..200).map(|n| vec![0; n]);
        let bits = (0..8 * 40).map(|bit| {
            let mut bytes = vec![0xff; 40];
            bytes[bit / 8] ^= 1 << (bit % 8);
            bytes
        });
        let every: HashSet<_> = numbers.chain(names).chain(zeros).chain(bits).collect();
        every.into_iter().collect()
    }

    #[test]
    fn keys_that_differ_little_differ_in_the_parts_of_the_hash_that_are_used() {
        let hasher = Seeded::default();
        let keys = alike();
        let hashes: Vec<u64> = keys.iter().map(|key| hasher.hash_one(&key[..])).collect();
        let all: HashSet<_> = hashes.iter().collect();
        assert_eq!(all.len(), keys.len());
        let zeros: HashSet<_> = (0..200).map(|n| hasher.hash_one("\0".repeat(n))).collect();
        assert_eq!(zeros.len(), 200);
        // Shards, buckets and the bits that tell entries of a bucket apart.
        for shift in [32, 0, 57] {
            let mut counts = [0usize; 64];
            for hash in &hashes {
                counts[(hash >> shift) as usize % 64] += 1;
            }
            let fair = keys.len() / 64;
            let used = counts.iter().filter(|n| **n > 0);
            let (least, most) = (used.clone().min(), used.max());
            assert!(least > Some(&(fair / 2)), "{counts:?}");
            assert!(most < Some(&(fair * 3)), "{counts:?}");
        }
    }

    #[test]
    fn every_bit_of_a_key_changes_about_half_of_the_hash() {
        let hasher = Seeded::default();
        for len in [1, 8, 15, 16, 24, 33] {
            let key = vec![0u8; len];
            let before = hasher.hash_one(&key[..]);
            let mut changed = 0;
            for bit in 0..8 * len {
                let mut other = key.clone();
                other[bit / 8] ^= 1 << (bit % 8);
                changed += (hasher.hash_one(&other[..]) ^ before).count_ones();
            }
            let mean = f64::from(changed) / (8 * len) as f64;
            assert!((22.0..42.0).contains(&mean), "{mean} bits of {len} bytes");
        }
    }

    #[test]
    fn each_has_secrets_of_its_own() {
        let hash = |_| Seeded::default().hash_one("a key");
        let hashes: HashSet<u64> = (0..100).map(hash).collect();
        assert_eq!(hashes.len(), 100);
        let one = Seeded::default();
        assert_eq!(one.hash_one("a key"), one.clone().hash_one("a key"));
    }
}
