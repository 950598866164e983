//! One queue of entries that evicts by SIEVE (Zhang et al., NSDI '24).
//!
//! The queue is in order of insertion, newest at the head, and a new entry is unvisited. A hit only
//! sets the entry's visited bit, so hits share a lock. To make room, a hand moves from the tail
//! towards the head, clears the bits it passes and evicts the first entry without one; it stays
//! where it stopped, and starts again at the tail when it has passed the head.
//!
//! Entries lie one after the other in a vector, and the last takes the place of one that goes, so that
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
    head: u32,
    tail: u32,
    /// Where to look next; nowhere: at the tail.
    hand: u32,
}

impl<K, V> Sieve<K, V> {
    /// What an entry occupies here, at most. The vector is at least half full.
    pub const ENTRY_BYTES: usize = 2 * size_of::<Node<K, V>>() + INDEX_BYTES;

    pub fn new() -> Self {
        Sieve {
            nodes: Vec::new(),
            index: HashMap::default(),
            head: NONE,
            tail: NONE,
            hand: NONE,
        }
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

    /// Puts an entry at the head; there must be none of this key. Gives the value back where there is no
    /// room for another position.
    pub fn push(&mut self, hash: u64, key: K, value: V, weight: usize) -> Result<(), V> {
        let position = match u32::try_from(self.nodes.len()) {
            Ok(position) if position != NONE => position,
            _ => return Err(value),
        };
        let next = self.index.insert(hash, position).unwrap_or(NONE);
        let older = self.head;
        self.nodes.push(Node {
            key,
            value,
            hash,
            weight,
            newer: NONE,
            older,
            next,
            visited: AtomicBool::new(false),
        });
        match self.at_mut(older) {
            Some(node) => node.newer = position,
            None => self.tail = position,
        }
        self.head = position;
        Ok(())
    }

    /// Takes an entry out: its value and weight.
    pub fn remove<Q: Eq + ?Sized>(&mut self, hash: u64, key: &Q) -> Option<(V, usize)>
    where
        K: Borrow<Q>,
    {
        let position = self.find(hash, key)?;
        self.take(position)
    }

    /// Moves the hand until it has evicted one entry, or has passed the head.
    pub fn evict(&mut self) -> Option<(V, usize)> {
        let mut position = if self.hand == NONE {
            self.tail
        } else {
            self.hand
        };
        loop {
            let Some(node) = self.at_mut(position) else {
                self.hand = NONE;
                return None;
            };
            if !std::mem::take(node.visited.get_mut()) {
                self.hand = position;
                return self.take(position);
            }
            position = node.newer;
        }
    }

    fn take(&mut self, position: u32) -> Option<(V, usize)> {
        let (hash, newer, older, next) = {
            let node = self.at(position)?;
            (node.hash, node.newer, node.older, node.next)
        };
        if self.hand == position {
            self.hand = newer;
        }
        match self.at_mut(newer) {
            Some(node) => node.older = older,
            None => self.head = older,
        }
        match self.at_mut(older) {
            Some(node) => node.newer = newer,
            None => self.tail = newer,
        }
        self.relink_hash(hash, position, next);
        let taken = self.nodes.swap_remove(position as usize);
        self.moved(position);
        self.shrink();
        Some((taken.value, taken.weight))
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
        match self.at_mut(newer) {
            Some(node) => node.older = to,
            None => self.head = to,
        }
        match self.at_mut(older) {
            Some(node) => node.newer = to,
            None => self.tail = to,
        }
        if self.hand == from {
            self.hand = to;
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
    }

    /// What is allocated here, apart from what the values hold.
    #[cfg(test)]
    pub fn allocated(&self) -> usize {
        let buckets = match self.index.capacity() {
            0 => 0,
            n => (n * 8).div_ceil(7).next_power_of_two(),
        };
        self.nodes.capacity() * size_of::<Node<K, V>>() + buckets * 17
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }
}
