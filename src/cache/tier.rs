//! The shards of the memory tier, and their common limit.

use super::shard::{Shard, MOST_LOCKS};
use super::sieve::{Room, Sieve, Taken, QUEUE_BYTES};
use super::step::{Decision, Fate, Outcome, DEFAULT_PRIORITY};
use crate::sync::atomic::{AtomicUsize, Ordering};
use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash, RandomState};

/// How many shards there are by default.
pub(crate) const DEFAULT_SHARDS: usize = 64;

/// What every insertion writes, apart from what every hit reads.
#[repr(align(128))]
struct Account {
    used: AtomicUsize,
    /// The shard that makes room next.
    turn: AtomicUsize,
}

/// What is charged to the tier and not yet to an entry; given back when it is not used.
struct Reserved<'a> {
    used: &'a AtomicUsize,
    bytes: usize,
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.used.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

/// What came of deciding once.
enum Attempt<K, V> {
    Done(Fate, Option<Taken<K, V>>),
    /// So much has to be made room for, for something of this priority, before deciding again.
    Needs(K, usize, u8),
}

/// A concurrent map of at most `capacity` bytes. Which entries stay is SIEVE's choice among those of the
/// lowest priority.
///
/// Keys are spread over shards by their hash, each with a queue per priority and a lock that hits share.
/// The limit is global: room is made before anything is inserted, by the shards in turn, one entry
/// each; where the hand of one passes its head, the next shard's goes on. So every visited entry is
/// spared once, whichever shard it is in, and with one shard and priority this is SIEVE as published.
/// Within a shard nothing goes before what is of lower priority, used or not, and nowhere does anything
/// make room for what is of lower priority than itself. All operations take constant time, amortised.
///
/// An entry is charged what the caller says that key and value occupy besides their own size, and
/// [`Tier::ENTRY_BYTES`]: what its place in queue and index takes at most (200 bytes for a key of 32
/// bytes and a pointer); and 32 bytes for a queue unless its priority is the default. Beyond what is
/// charged there are the shards themselves, 16 KiB if they are 64, or 40 KiB for many threads, and,
/// while one grows, its previous vector.
///
/// Values are handles that are cheap to clone. The functions given by callers run under a shard's lock
/// where that is said: they must be brief, and must not use the tier.
pub(crate) struct Tier<K, V, S = RandomState> {
    shards: Box<[Shard<K, V>]>,
    hasher: S,
    capacity: usize,
    account: Account,
}

impl<K: Eq + Hash, V: Clone> Tier<K, V> {
    pub fn new(capacity: usize) -> Self {
        Tier::with_shards(capacity, DEFAULT_SHARDS, RandomState::new())
    }
}

impl<K: Eq + Hash, V: Clone, S: BuildHasher> Tier<K, V, S> {
    /// What an entry of the default priority is charged besides what the caller says.
    pub const ENTRY_BYTES: usize = Sieve::<K, V>::ENTRY_BYTES;

    /// For hits by several threads at once, which it lets pass without meeting each other.
    pub fn for_many_threads(capacity: usize, shards: usize, hasher: S) -> Self {
        Tier::with_locks(capacity, shards, MOST_LOCKS, hasher)
    }

    pub fn with_shards(capacity: usize, shards: usize, hasher: S) -> Self {
        Tier::with_locks(capacity, shards, 1, hasher)
    }

    fn with_locks(capacity: usize, shards: usize, locks: usize, hasher: S) -> Self {
        Tier {
            shards: (0..shards.max(1)).map(|_| Shard::new(locks)).collect(),
            hasher,
            capacity,
            account: Account {
                used: AtomicUsize::new(0),
                turn: AtomicUsize::new(0),
            },
        }
    }

    /// The upper half of the hash: the queue's index uses the rest.
    fn shard(&self, hash: u64) -> &Shard<K, V> {
        &self.shards[(hash >> 32) as usize % self.shards.len()]
    }

    /// What an entry is charged whose key and value occupy `weight` besides their own size.
    pub fn charge(weight: usize, priority: u8) -> usize {
        let queue = match priority {
            DEFAULT_PRIORITY => 0,
            _ => QUEUE_BYTES,
        };
        weight.saturating_add(Self::ENTRY_BYTES + queue)
    }

    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.get_with(key, V::clone)
    }

    /// What `read` makes of the value, under the shard's shared lock.
    pub fn get_with<Q: Eq + Hash + ?Sized, R>(
        &self,
        key: &Q,
        read: impl FnOnce(&V) -> R,
    ) -> Option<R>
    where
        K: Borrow<Q>,
    {
        let hash = self.hasher.hash_one(key);
        let shard = self.shard(hash);
        shard.read(|queues| queues.get(hash, key).map(read))?
    }

    /// The same, but for eviction it is no use of the entry.
    pub fn peek_with<Q: Eq + Hash + ?Sized, R>(
        &self,
        key: &Q,
        read: impl FnOnce(&V) -> R,
    ) -> Option<R>
    where
        K: Borrow<Q>,
    {
        let hash = self.hasher.hash_one(key);
        let shard = self.shard(hash);
        shard.read(|queues| queues.peek(hash, key).map(|(value, _)| read(value)))?
    }

    /// Stores `value` with the default priority, making room first; `weight` is what key and value occupy
    /// besides their own size. What is heavier than the whole tier is not kept, and what it replaces goes
    /// all the same.
    pub fn insert(&self, key: K, value: V, weight: usize) {
        self.put(key, value, weight, DEFAULT_PRIORITY, |_, _| {});
    }

    /// Stores `value`, making room first. What it replaces goes even if `value` cannot be kept.
    /// `evicted` is handed what else goes, outside of any lock.
    pub fn put(
        &self,
        key: K,
        value: V,
        weight: usize,
        priority: u8,
        evicted: impl FnMut(K, V),
    ) -> Outcome<V> {
        let decide = |_: Option<&V>| Decision::Put {
            value: value.clone(),
            weight,
            priority,
        };
        self.entry(key, decide, evicted)
    }

    /// One atomic step: `decide` is shown what is under `key`, which is no use of it, and the decision is
    /// carried out, all under the shard's exclusive lock. Where room has to be made in between, it is
    /// asked again, and only its last decision counts. What is under `key` does not go to make room for what
    /// is to replace it. `evicted` is handed what does, outside of any lock.
    pub fn entry(
        &self,
        mut key: K,
        mut decide: impl FnMut(Option<&V>) -> Decision<V>,
        mut evicted: impl FnMut(K, V),
    ) -> Outcome<V> {
        let hash = self.hasher.hash_one(&key);
        let mut reserved = Reserved {
            used: &self.account.used,
            bytes: 0,
        };
        let mut entries = 0;
        let mut refusal = None;
        loop {
            match self.attempt(hash, key, &mut decide, &mut reserved, refusal) {
                Attempt::Done(fate, previous) => {
                    return Outcome {
                        fate,
                        previous: previous.map(|taken| taken.value),
                        evicted: entries,
                    };
                }
                Attempt::Needs(back, needed, priority) => {
                    key = back;
                    let gone = |taken: Taken<K, V>| {
                        entries += 1;
                        evicted(taken.key, taken.value);
                    };
                    match self.make_room(needed, priority, (hash, &key), gone) {
                        Ok(()) => reserved.bytes += needed,
                        Err(fate) => refusal = Some(fate),
                    }
                }
            }
        }
    }

    /// Removes the entry of `key`, and returns its value.
    pub fn remove<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.remove_if(key, |_| true)
    }

    /// Removes the entry of `key` if `condition` holds of its value, asked under the shard's exclusive lock.
    pub fn remove_if<Q: Eq + Hash + ?Sized>(
        &self,
        key: &Q,
        condition: impl FnOnce(&V) -> bool,
    ) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let hash = self.hasher.hash_one(key);
        let taken = self.shard(hash).write(|queues| {
            let (value, _) = queues.peek(hash, key)?;
            match condition(value) {
                true => queues.remove(hash, key),
                false => None,
            }
        })??;
        self.release(taken.weight);
        Some(taken.value)
    }

    /// Shows every entry to `each`, in no order, one shard after the other under its shared lock: what
    /// comes or goes meanwhile may be shown or not.
    pub fn for_each(&self, mut each: impl FnMut(&K, &V)) {
        for shard in &self.shards {
            shard.read(|queues| queues.iter().for_each(|(key, value)| each(key, value)));
        }
    }

    /// The bytes charged.
    pub fn weight(&self) -> usize {
        self.account.used.load(Ordering::Relaxed)
    }

    /// The number of entries, if nobody else changes it.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.shards
            .iter()
            .filter_map(|shard| shard.read(Sieve::len))
            .sum()
    }

    fn release(&self, weight: usize) {
        self.account.used.fetch_sub(weight, Ordering::Relaxed);
    }

    /// Decides, and does it if there is room in what is reserved, what an entry of this key is charged
    /// already, and what is free. Where there is not, the entry goes if there is a `refusal` to give for it.
    fn attempt(
        &self,
        hash: u64,
        key: K,
        decide: &mut impl FnMut(Option<&V>) -> Decision<V>,
        reserved: &mut Reserved<'_>,
        refusal: Option<Fate>,
    ) -> Attempt<K, V> {
        let done = self.shard(hash).write(|queues| {
            let present = queues.peek(hash, &key);
            let charged = present.map_or(0, |(_, weight)| weight);
            let (value, weight, priority) = match decide(present.map(|(value, _)| value)) {
                Decision::Leave => return (Attempt::Done(Fate::Left, None), 0, None),
                Decision::Remove => {
                    let previous = queues.remove(hash, &key);
                    return (Attempt::Done(Fate::Removed, previous), charged, None);
                }
                Decision::Put {
                    value,
                    weight,
                    priority,
                } => (value, Self::charge(weight, priority), priority),
            };
            let has = charged + reserved.bytes;
            let needed = weight.saturating_sub(has);
            let fits = weight <= self.capacity && self.reserve(needed);
            let refusal = match (fits, refusal) {
                (true, _) => None,
                (false, _) if weight > self.capacity => Some(Fate::TooHeavy),
                (false, Some(refusal)) => Some(refusal),
                (false, None) => return (Attempt::Needs(key, needed, priority), 0, Some(value)),
            };
            let previous = queues.remove(hash, &key);
            if let Some(fate) = refusal {
                return (Attempt::Done(fate, previous), charged, Some(value));
            }
            reserved.bytes = 0;
            let entry = Taken { key, value, weight };
            match queues.push(hash, entry, priority) {
                Ok(()) => {
                    let surplus = has.saturating_sub(weight);
                    (Attempt::Done(Fate::Kept, previous), surplus, None)
                }
                Err(entry) => (
                    Attempt::Done(Fate::NoRoom, previous),
                    has + needed,
                    Some(entry.value),
                ),
            }
        });
        match done {
            Some((attempt, surplus, _)) => {
                if surplus > 0 {
                    self.release(surplus);
                }
                attempt
            }
            None => Attempt::Done(Fate::NoRoom, None),
        }
    }

    /// Charges `weight` if there is room for it.
    fn reserve(&self, weight: usize) -> bool {
        let sum = |used: usize| used.checked_add(weight).filter(|sum| *sum <= self.capacity);
        let used = &self.account.used;
        weight == 0
            || used
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, sum)
                .is_ok()
    }

    /// Charges `weight` once there is room for it.
    fn make_room(
        &self,
        weight: usize,
        priority: u8,
        spared: (u64, &K),
        mut gone: impl FnMut(Taken<K, V>),
    ) -> Result<(), Fate> {
        while !self.reserve(weight) {
            let taken = self.evict(priority, spared)?;
            self.release(taken.weight);
            gone(taken);
        }
        Ok(())
    }

    /// Takes one entry out that is not `spared`, and of no higher priority than `priority`.
    fn evict(&self, priority: u8, spared: (u64, &K)) -> Result<Taken<K, V>, Fate> {
        let (mut passed, mut outranked) = (false, false);
        let shards = self.shards.len();
        let first = self.account.turn.fetch_add(1, Ordering::Relaxed);
        // The first round may find nothing but visited entries; in both, others may be quicker to visit
        // them than the hands are to pass.
        for i in 0..2 * shards {
            if i == shards && outranked && !passed {
                return Err(Fate::Outranked);
            }
            let shard = &self.shards[first.wrapping_add(i) % shards];
            let room = match shard.lowest() {
                None => Room::Empty,
                Some(lowest) if lowest > priority => Room::Outranked,
                Some(_) => {
                    let room = shard.write(|queues| queues.evict(priority, Some(spared)));
                    room.unwrap_or(Room::Empty)
                }
            };
            match room {
                Room::Made(taken) => {
                    self.account.turn.fetch_add(i, Ordering::Relaxed);
                    return Ok(taken);
                }
                Room::Passed => passed = true,
                Room::Outranked => outranked = true,
                Room::Empty => {}
            }
        }
        Err(Fate::NoRoom)
    }

    /// What is allocated for entries and for queues, and how many entries there are.
    #[cfg(test)]
    fn allocated(&self) -> (usize, usize, usize) {
        let each = |shard: &Shard<K, V>| shard.read(|queues| (queues.allocated(), queues.len()));
        let each = self.shards.iter().filter_map(each);
        each.fold((0, 0, 0), |sum, ((entries, queues), len)| {
            (sum.0 + entries, sum.1 + queues, sum.2 + len)
        })
    }
}

#[cfg(all(test, warmstart_model))]
mod model;
#[cfg(test)]
mod tests;
