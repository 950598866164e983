//! The shards of the memory tier, and their common limit.

use super::sieve::Sieve;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::RwLock;
use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::PoisonError;

/// How many queues there are by default, each with its lock.
const SHARDS: usize = 64;

/// A shard of its own cache lines, so that threads at different shards do not meet.
#[repr(align(128))]
struct Shard<K, V>(RwLock<Sieve<K, V>>);

/// A concurrent map of at most `capacity` bytes. Which entries stay is SIEVE's choice.
///
/// Keys are spread over shards by their hash, each a queue with a lock that hits share. The limit is
/// global: room is made before anything is inserted, by the shards in turn, one entry each; where the
/// hand of one passes its head, the next shard's goes on. So every visited entry is spared once,
/// whichever shard it is in, and with one shard this is SIEVE as published. All operations take
/// constant time, amortised.
///
/// An entry is charged what the caller says that key and value occupy besides their own size, and
/// [`Tier::ENTRY_BYTES`]: what its place in queue and index takes at most (200 bytes for a key of 32
/// bytes and a pointer). Beyond what is charged there are the shards themselves, 8 KiB, and, while one
/// grows, its previous queue.
pub(crate) struct Tier<K, V, S = RandomState> {
    shards: Box<[Shard<K, V>]>,
    hasher: S,
    capacity: usize,
    used: AtomicUsize,
    /// The shard that makes room next.
    turn: AtomicUsize,
}

impl<K: Eq + Hash, V: Clone> Tier<K, V> {
    pub fn new(capacity: usize) -> Self {
        Tier::with_shards(capacity, SHARDS, RandomState::new())
    }
}

impl<K: Eq + Hash, V: Clone, S: BuildHasher> Tier<K, V, S> {
    /// What an entry is charged besides what the caller says.
    pub const ENTRY_BYTES: usize = Sieve::<K, V>::ENTRY_BYTES;

    pub fn with_shards(capacity: usize, shards: usize, hasher: S) -> Self {
        let shard = |_| Shard(RwLock::new(Sieve::new()));
        Tier {
            shards: (0..shards.max(1)).map(shard).collect(),
            hasher,
            capacity,
            used: AtomicUsize::new(0),
            turn: AtomicUsize::new(0),
        }
    }

    /// The upper half of the hash: the queue's index uses the rest.
    fn shard(&self, hash: u64) -> &RwLock<Sieve<K, V>> {
        &self.shards[(hash >> 32) as usize % self.shards.len()].0
    }

    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let hash = self.hasher.hash_one(key);
        // Every critical section leaves its queue consistent before anything can panic.
        let queue = self.shard(hash).read();
        let queue = queue.unwrap_or_else(PoisonError::into_inner);
        queue.get(hash, key).cloned()
    }

    /// Stores `value`, making room first; `weight` is what key and value occupy besides their own size.
    /// What is heavier than the whole tier is not kept, and what it replaces goes all the same.
    pub fn insert(&self, key: K, value: V, weight: usize) {
        let hash = self.hasher.hash_one(&key);
        self.remove_hashed(hash, &key);
        let weight = weight.saturating_add(Self::ENTRY_BYTES);
        if !self.reserve(weight) {
            return;
        }
        let (replaced, refused) = {
            let queue = self.shard(hash).write();
            let mut queue = queue.unwrap_or_else(PoisonError::into_inner);
            // Another thread may have been here meanwhile.
            let replaced = queue.remove(hash, &key);
            (replaced, queue.push(hash, key, value, weight).err())
        };
        // Values go outside the lock: one of them may be the last reference to much.
        if refused.is_some() {
            self.release(weight);
        }
        if let Some((_, weight)) = replaced {
            self.release(weight);
        }
    }

    pub fn remove<Q: Eq + Hash + ?Sized>(&self, key: &Q)
    where
        K: Borrow<Q>,
    {
        self.remove_hashed(self.hasher.hash_one(key), key);
    }

    /// The bytes charged.
    pub fn weight(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    fn remove_hashed<Q: Eq + ?Sized>(&self, hash: u64, key: &Q)
    where
        K: Borrow<Q>,
    {
        let removed = {
            let queue = self.shard(hash).write();
            let mut queue = queue.unwrap_or_else(PoisonError::into_inner);
            queue.remove(hash, key)
        };
        if let Some((_, weight)) = removed {
            self.release(weight);
        }
    }

    fn release(&self, weight: usize) {
        self.used.fetch_sub(weight, Ordering::Relaxed);
    }

    /// Charges `weight` once there is room for it; false where none can be made.
    fn reserve(&self, weight: usize) -> bool {
        if weight > self.capacity {
            return false;
        }
        let mut used = self.used.load(Ordering::Relaxed);
        loop {
            let sum = used.saturating_add(weight);
            if sum > self.capacity {
                if !self.evict() {
                    return false;
                }
                used = self.used.load(Ordering::Relaxed);
                continue;
            }
            let swapped =
                self.used
                    .compare_exchange_weak(used, sum, Ordering::Relaxed, Ordering::Relaxed);
            match swapped {
                Ok(_) => return true,
                Err(now) => used = now,
            }
        }
    }

    /// Evicts one entry; false when there is none, or others are quicker to visit them than the hands
    /// are to pass.
    fn evict(&self) -> bool {
        // The first round may find nothing but visited entries.
        for _ in 0..2 * self.shards.len() {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.shards.len();
            let evicted = {
                let queue = self.shards[turn].0.write();
                let mut queue = queue.unwrap_or_else(PoisonError::into_inner);
                queue.evict()
            };
            if let Some((_, weight)) = evicted {
                self.release(weight);
                return true;
            }
        }
        false
    }

    /// What the queues have allocated, and how many entries they hold.
    #[cfg(test)]
    fn allocated(&self) -> (usize, usize) {
        let each = self.shards.iter().map(|shard| {
            let queue = shard.0.read().unwrap();
            (queue.allocated(), queue.len())
        });
        each.fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;
    use std::hash::{BuildHasherDefault, DefaultHasher, Hasher};

    /// Every entry has one weight: its place.
    const ONE: usize = Sieve::<u8, u8>::ENTRY_BYTES;

    fn one_shard<S: BuildHasher>(entries: usize, hasher: S) -> Tier<u8, u8, S> {
        Tier::with_shards(entries * ONE, 1, hasher)
    }

    /// SIEVE as published, on a plain list: index 0 is the tail.
    #[derive(Default)]
    struct Model {
        list: Vec<(u8, bool)>,
        hand: Option<u8>,
    }

    impl Model {
        fn get(&mut self, key: u8) -> bool {
            let hit = self.list.iter_mut().find(|e| e.0 == key);
            hit.map(|e| e.1 = true).is_some()
        }

        fn remove(&mut self, key: u8) {
            if let Some(i) = self.list.iter().position(|e| e.0 == key) {
                if self.hand == Some(key) {
                    self.hand = self.list.get(i + 1).map(|e| e.0);
                }
                self.list.remove(i);
            }
        }

        fn insert(&mut self, key: u8, capacity: usize) {
            self.remove(key);
            while self.list.len() >= capacity {
                let at_hand = |h| self.list.iter().position(|e| e.0 == h);
                let mut i = self.hand.and_then(at_hand).unwrap_or(0);
                while std::mem::take(&mut self.list[i].1) {
                    i = (i + 1) % self.list.len();
                }
                self.hand = Some(self.list[i].0);
                self.remove(self.list[i].0);
            }
            self.list.push((key, false));
        }
    }

    /// CLOCK: new entries are visited, and one that goes is replaced where it was.
    #[derive(Default)]
    struct Clock {
        slots: Vec<(u8, bool)>,
        hand: usize,
    }

    impl Clock {
        fn hit_or_insert(&mut self, key: u8, capacity: usize) -> bool {
            if let Some(e) = self.slots.iter_mut().find(|e| e.0 == key) {
                e.1 = true;
                return true;
            }
            if self.slots.len() < capacity {
                self.slots.push((key, true));
                return false;
            }
            while std::mem::take(&mut self.slots[self.hand].1) {
                self.hand = (self.hand + 1) % capacity;
            }
            self.slots[self.hand] = (key, true);
            self.hand = (self.hand + 1) % capacity;
            false
        }
    }

    /// All keys have one hash.
    #[derive(Default)]
    struct Same;

    impl Hasher for Same {
        fn finish(&self) -> u64 {
            7
        }

        fn write(&mut self, _: &[u8]) {}
    }

    fn agrees_with_the_model<S: BuildHasher>(
        tier: Tier<u8, u8, S>,
        ops: &[(u8, u8)],
    ) -> Result<(), TestCaseError> {
        let mut model = Model::default();
        for &(op, key) in ops {
            match op {
                0 => {
                    tier.insert(key, key, 0);
                    model.insert(key, 5);
                }
                1 => prop_assert_eq!(tier.get(&key).is_some(), model.get(key)),
                _ => {
                    tier.remove(&key);
                    model.remove(key);
                }
            }
            prop_assert_eq!(tier.weight(), model.list.len() * ONE);
        }
        for key in 0..12 {
            let kept = tier.get(&key);
            prop_assert_eq!(kept.is_some(), model.list.iter().any(|e| e.0 == key));
            prop_assert!(kept.map_or(true, |value| value == key));
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn one_shard_evicts_what_the_paper_evicts(ops in prop::collection::vec((0u8..3, 0u8..12), 1..200)) {
            agrees_with_the_model(one_shard(5, RandomState::new()), &ops)?;
        }

        #[test]
        fn so_does_one_in_which_all_hashes_collide(ops in prop::collection::vec((0u8..3, 0u8..12), 1..200)) {
            agrees_with_the_model(one_shard(5, BuildHasherDefault::<Same>::default()), &ops)?;
        }

        #[test]
        fn the_weight_is_bounded_and_exact_over_all_shards(
            ops in prop::collection::vec((0u8..40, 0usize..2000), 1..100),
            shards in 1usize..9,
        ) {
            let limit = 2000 + Sieve::<u8, usize>::ENTRY_BYTES;
            let tier = Tier::with_shards(limit, shards, RandomState::new());
            let mut weights = HashMap::new();
            for (key, weight) in ops {
                tier.insert(key, weight, weight);
                weights.insert(key, weight);
                let kept = weights.keys().filter_map(|k| tier.get(k));
                let kept: usize = kept.map(|w| w + Sieve::<u8, usize>::ENTRY_BYTES).sum();
                prop_assert_eq!(tier.weight(), kept);
                prop_assert!(kept <= limit);
                // There is always room for the newest.
                prop_assert_eq!(tier.get(&key), Some(weight));
            }
        }

        #[test]
        fn what_queues_and_index_occupy_is_charged(
            ops in prop::collection::vec((any::<bool>(), 0u16..400), 1..1500),
        ) {
            let tier = Tier::<u16, u64, _>::with_shards(usize::MAX, 2, RandomState::new());
            // Empty tables of a few buckets are beyond the charge.
            let spare = 2 * (4 * size_of::<[u64; 6]>() + 8 * 17);
            for (insert, key) in ops {
                if insert {
                    tier.insert(key, 1, 0);
                } else {
                    tier.remove(&key);
                }
                let (bytes, entries) = tier.allocated();
                prop_assert_eq!(tier.weight(), entries * Tier::<u16, u64>::ENTRY_BYTES);
                prop_assert!(bytes <= tier.weight() + spare, "{} for {}", bytes, entries);
            }
        }
    }

    #[test]
    fn an_entry_under_a_key_takes_no_more_than_is_said() {
        assert_eq!(
            Tier::<crate::key::Key, std::sync::Arc<u8>>::ENTRY_BYTES,
            200
        );
    }

    /// Four keys used again and again between keys used once: SIEVE keeps the four, CLOCK does not.
    #[test]
    fn what_is_used_once_does_not_drive_out_what_is_used_often() {
        let tier = one_shard(6, RandomState::new());
        let mut clock = Clock::default();
        let (mut sieve_hits, mut clock_hits, mut popular) = (0, 0, 0);
        let mut ask = |key: u8, counts: bool| {
            let hit = tier.get(&key).is_some();
            if !hit {
                tier.insert(key, key, 0);
            }
            let clock_hit = clock.hit_or_insert(key, 6);
            if counts {
                popular += 1;
                sieve_hits += i32::from(hit);
                clock_hits += i32::from(clock_hit);
            }
        };
        (0..4).for_each(|key| ask(key, false));
        for round in 0..60u8 {
            (0..4).for_each(|key| ask(key, true));
            (0..3).for_each(|i| ask(10 + 3 * round + i, false));
        }
        assert_eq!((popular, sieve_hits), (240, 240));
        assert!(clock_hits < 200, "{clock_hits}");
    }

    #[test]
    fn entries_in_use_are_spared_once_whichever_shard_they_are_in() {
        let tier = Tier::with_shards(40 * ONE, 8, BuildHasherDefault::<DefaultHasher>::default());
        (0..40u8).for_each(|key| tier.insert(key, key, 0));
        let used = |key: u8| key % 4 == 0;
        for key in (0..40).filter(|k| used(*k)) {
            assert_eq!(tier.get(&key), Some(key));
        }
        // Thirty unvisited ones make room before any that was used.
        (100..130u8).for_each(|key| tier.insert(key, key, 0));
        let kept = (0..40)
            .filter(|k| used(*k) && tier.get(k).is_some())
            .count();
        assert!(kept >= 6, "{kept} of 10");
    }

    #[test]
    fn what_is_heavier_than_the_tier_is_not_kept_and_drops_the_older_value() {
        let tier = one_shard(2, RandomState::new());
        tier.insert(1, 1, 0);
        tier.insert(1, 2, 2 * ONE);
        assert_eq!((tier.get(&1), tier.weight()), (None, 0));
        let nothing = one_shard(0, RandomState::new());
        nothing.insert(1, 1, 0);
        assert_eq!((nothing.get(&1), nothing.weight()), (None, 0));
    }

    #[test]
    fn one_large_entry_takes_the_place_of_many_small_ones() {
        let tier = Tier::with_shards(100 * ONE, 8, RandomState::new());
        (0..100u8).for_each(|key| tier.insert(key, key, 0));
        tier.insert(200, 1, 99 * ONE);
        assert_eq!((tier.get(&200), tier.weight()), (Some(1), 100 * ONE));
    }

    #[test]
    fn keys_are_found_by_what_they_borrow() {
        let tier = Tier::<String, u8>::new(10_000);
        tier.insert("name".into(), 1, 4);
        assert_eq!(tier.get("name"), Some(1));
        tier.remove("name");
        assert_eq!(tier.get("name"), None);
    }
}

#[cfg(all(test, warmstart_model))]
mod model {
    use super::*;
    use crate::sync::model::explore;
    use shuttle::thread;
    use std::hash::{BuildHasherDefault, DefaultHasher};
    use std::sync::Arc;

    const ONE: usize = Sieve::<u8, (u8, u8)>::ENTRY_BYTES;

    #[test]
    fn model_the_tier_stays_bounded_and_whole_whoever_runs_when() {
        explore("memory tier", 2000, || {
            let hasher = BuildHasherDefault::<DefaultHasher>::default();
            let tier = Arc::new(Tier::with_shards(3 * ONE, 2, hasher));
            let users: Vec<_> = (0..3u8)
                .map(|user| {
                    let tier = Arc::clone(&tier);
                    thread::spawn(move || {
                        // One key is this user's alone: what it finds there it put there last.
                        let own = 10 + user;
                        for round in 0..3u8 {
                            tier.insert(own, (own, round), 0);
                            assert!(tier.get(&own).map_or(true, |v| v == (own, round)));
                            tier.insert(round, (round, user), 0);
                            assert!(tier.get(&round).map_or(true, |v| v.0 == round));
                            assert!(tier.weight() <= 3 * ONE);
                            if round == user {
                                tier.remove(&own);
                                assert_eq!(tier.get(&own), None);
                            }
                        }
                    })
                })
                .collect();
            users.into_iter().for_each(|u| u.join().unwrap());
            let kept = (0..20u8).filter(|k| tier.get(k).is_some()).count();
            assert_eq!(tier.weight(), kept * ONE);
        });
    }
}
