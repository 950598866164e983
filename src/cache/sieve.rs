//! Queues of entries, one for each priority in use, that evict by SIEVE (Zhang et al., NSDI '24).
//!
//! A queue is in order of insertion, newest at the head, and a new entry is unvisited. A hit only
//! sets the entry's visited bit, so hits share a lock. To make room, the hand of the lowest priority's
//! queue moves from the tail towards the head, clears the bits it passes and evicts the first entry
//! without one; it stays where it stopped, and starts again at the tail when it has passed the head.
//! A queue goes with its last entry, so that none of the others is ever empty.
//!
//! Entries of all queues lie one after the other in a vector, and the last takes the place of one that goes, so that
//! the vector can shrink. They are found by a map from hash to position; entries of one hash are
//! chained.

use crate::sync::atomic::{AtomicBool, Ordering};
use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// No position.
const NONE: u32 = u32::MAX;

/// What the map of positions occupies for each entry, at most: buckets of 16 bytes and a control byte
/// each, a power of two of them, more than three eighths of seven eighths of them in use.
const INDEX_BYTES: usize = 56;

/// What a queue occupies, at most: their vector is at least half full.
pub(super) const QUEUE_BYTES: usize = 2 * size_of::<Queue>();

/// A vector of fewer queues than this is not worth giving back.
const FEW_QUEUES: usize = 4;

struct Node<K, V> {
    key: K,
    value: V,
    hash: u64,
    weight: usize,
    /// Towards the head.
    newer: u32,
    /// Towards the tail.
    older: u32,
    /// The next of the same hash.
    next: u32,
    visited: AtomicBool,
    priority: u8,
}

#[derive(Clone, Copy)]
struct Queue {
    priority: u8,
    head: u32,
    tail: u32,
    /// Where to look next; nowhere: at the tail.
    hand: u32,
}

/// An entry that was taken out.
pub(super) struct Taken<K, V> {
    pub key: K,
    pub value: V,
    pub weight: usize,
}

/// What an attempt to evict one entry came to.
pub(super) enum Room<K, V> {
    Made(Taken<K, V>),
    /// The hand has passed the head: what was visited is so no longer.
    Passed,
    /// All entries here are of higher priority.
    Outranked,
    Empty,
}

/// A hash is one already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes
            .iter()
            .for_each(|b| self.0 = self.0 << 8 | u64::from(*b));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

pub(super) struct Sieve<K, V> {
    nodes: Vec<Node<K, V>>,
    /// The first position of each hash.
    index: HashMap<u64, u32, BuildHasherDefault<Hashed>>,
    /// By priority, the lowest first.
    queues: Vec<Queue>,
}

impl<K, V> Sieve<K, V> {
    /// What an entry occupies here, at most, its queue aside. The vector is at least half full.
    pub const ENTRY_BYTES: usize = 2 * size_of::<Node<K, V>>() + INDEX_BYTES;

    pub fn new() -> Self {
        Sieve {
            nodes: Vec::new(),
            index: HashMap::default(),
            queues: Vec::new(),
        }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The lowest priority in use.
    pub fn lowest(&self) -> Option<u8> {
        self.queues.first().map(|q| q.priority)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.nodes.iter().map(|node| (&node.key, &node.value))
    }

    fn at(&self, position: u32) -> Option<&Node<K, V>> {
        self.nodes.get(position as usize)
    }

    fn at_mut(&mut self, position: u32) -> Option<&mut Node<K, V>> {
        self.nodes.get_mut(position as usize)
    }

    fn find<Q: Eq + ?Sized>(&self, hash: u64, key: &Q) -> Option<u32>
    where
        K: Borrow<Q>,
    {
        let mut position = *self.index.get(&hash)?;
        loop {
            let node = self.at(position)?;
            if node.key.borrow() == key {
                return Some(position);
            }
            position = node.next;
        }
    }

    /// A look that leaves no mark: value and weight.
    pub fn peek<Q: Eq + ?Sized>(&self, hash: u64, key: &Q) -> Option<(&V, usize)>
    where
        K: Borrow<Q>,
    {
        let node = self.at(self.find(hash, key)?)?;
        Some((&node.value, node.weight))
    }

    /// A hit only marks: it needs no exclusive access.
    pub fn get<Q: Eq + ?Sized>(&self, hash: u64, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let node = self.at(self.find(hash, key)?)?;
        // Reading first keeps a popular entry's cache line shared.
        if !node.visited.load(Ordering::Relaxed) {
            node.visited.store(true, Ordering::Relaxed);
        }
        Some(&node.value)
    }

    /// Puts an entry at its queue's head; there must be none of this key. Gives it back where there is no
    /// room for another position.
    pub fn push(&mut self, hash: u64, entry: Taken<K, V>, priority: u8) -> Result<(), Taken<K, V>> {
        let position = match u32::try_from(self.nodes.len()) {
            Ok(position) if position != NONE => position,
            _ => return Err(entry),
        };
        let next = self.index.insert(hash, position).unwrap_or(NONE);
        let older = match self.queues.binary_search_by_key(&priority, |q| q.priority) {
            Ok(at) => std::mem::replace(&mut self.queues[at].head, position),
            Err(at) => {
                let queue = Queue {
                    priority,
                    head: position,
                    tail: position,
                    hand: NONE,
                };
                self.queues.insert(at, queue);
                NONE
            }
        };
        if let Some(node) = self.at_mut(older) {
            node.newer = position;
        }
        self.nodes.push(Node {
            key: entry.key,
            value: entry.value,
            hash,
            weight: entry.weight,
            newer: NONE,
            older,
            next,
            visited: AtomicBool::new(false),
            priority,
        });
        Ok(())
    }

    pub fn remove<Q: Eq + ?Sized>(&mut self, hash: u64, key: &Q) -> Option<Taken<K, V>>
    where
        K: Borrow<Q>,
    {
        let position = self.find(hash, key)?;
        self.take(position)
    }

    /// Moves the hand of the lowest priority's queue until it has evicted one entry, or has passed the
    /// head. Nothing goes that is of higher priority than `priority`, nor the entry `spared`, which is
    /// about to be replaced.
    pub fn evict<Q: Eq + ?Sized>(&mut self, priority: u8, spared: Option<(u64, &Q)>) -> Room<K, V>
    where
        K: Borrow<Q>,
    {
        let spared = spared.and_then(|(hash, key)| self.find(hash, key));
        let spared = spared.unwrap_or(NONE);
        let others = |q: &Queue| q.head != spared || q.tail != spared;
        let Some(at) = self.queues.iter().position(others) else {
            return Room::Empty;
        };
        let queue = self.queues[at];
        if queue.priority > priority {
            return Room::Outranked;
        }
        let mut position = if queue.hand == NONE {
            queue.tail
        } else {
            queue.hand
        };
        loop {
            let Some(node) = self.at_mut(position) else {
                self.queues[at].hand = NONE;
                return Room::Passed;
            };
            if position != spared && !std::mem::take(node.visited.get_mut()) {
                self.queues[at].hand = position;
                return self.take(position).map_or(Room::Empty, Room::Made);
            }
            position = node.newer;
        }
    }

    fn take(&mut self, position: u32) -> Option<Taken<K, V>> {
        let (hash, newer, older, next, priority) = {
            let node = self.at(position)?;
            (node.hash, node.newer, node.older, node.next, node.priority)
        };
        let queue = self.queue(priority)?;
        if queue.hand == position {
            queue.hand = newer;
        }
        if newer == NONE {
            queue.head = older;
        }
        if older == NONE {
            queue.tail = newer;
        }
        let last = queue.head == NONE;
        if let Some(node) = self.at_mut(newer) {
            node.older = older;
        }
        if let Some(node) = self.at_mut(older) {
            node.newer = newer;
        }
        if last {
            self.queues.retain(|q| q.priority != priority);
        }
        self.relink_hash(hash, position, next);
        let taken = self.nodes.swap_remove(position as usize);
        self.moved(position);
        self.shrink();
        Some(Taken {
            key: taken.key,
            value: taken.value,
            weight: taken.weight,
        })
    }

    fn queue(&mut self, priority: u8) -> Option<&mut Queue> {
        let at = self.queues.binary_search_by_key(&priority, |q| q.priority);
        self.queues.get_mut(at.ok()?)
    }

    /// What led to `from` by its hash leads to `to` from now on.
    fn relink_hash(&mut self, hash: u64, from: u32, to: u32) {
        let Some(first) = self.index.get_mut(&hash) else {
            return;
        };
        if *first == from {
            if to == NONE {
                self.index.remove(&hash);
            } else {
                *first = to;
            }
            return;
        }
        let mut position = *first;
        while let Some(node) = self.at_mut(position) {
            if node.next == from {
                node.next = to;
                return;
            }
            position = node.next;
        }
    }

    /// The last entry, if any was behind it, lies at `to` now.
    fn moved(&mut self, to: u32) {
        let from = self.nodes.len() as u32;
        let Some(node) = self.at(to) else {
            return;
        };
        let (hash, newer, older) = (node.hash, node.newer, node.older);
        let priority = node.priority;
        if let Some(queue) = self.queue(priority) {
            for end in [&mut queue.head, &mut queue.tail, &mut queue.hand] {
                if *end == from {
                    *end = to;
                }
            }
        }
        if let Some(node) = self.at_mut(newer) {
            node.older = to;
        }
        if let Some(node) = self.at_mut(older) {
            node.newer = to;
        }
        self.relink_hash(hash, from, to);
    }

    /// Gives back what is not half full; a third of the entries come or go before it happens again.
    fn shrink(&mut self) {
        let len = self.nodes.len();
        let room = len + len / 3;
        if len < self.nodes.capacity() / 2 {
            self.nodes.shrink_to(room);
        }
        if len < self.index.capacity() / 2 {
            self.index.shrink_to(room);
        }
        let queues = self.queues.len();
        if queues < self.queues.capacity() / 2 && self.queues.capacity() > FEW_QUEUES {
            self.queues.shrink_to((queues + queues / 3).max(FEW_QUEUES));
        }
    }

    /// What is allocated here for entries and for queues, apart from what the values hold.
    #[cfg(test)]
    pub fn allocated(&self) -> (usize, usize) {
        let buckets = match self.index.capacity() {
            0 => 0,
            n => (n * 8).div_ceil(7).next_power_of_two(),
        };
        let entries = self.nodes.capacity() * size_of::<Node<K, V>>() + buckets * 17;
        (entries, self.queues.capacity() * size_of::<Queue>())
    }
}
