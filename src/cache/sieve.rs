//! A map bounded by weight that evicts by SIEVE.
//!
//! SIEVE (Zhang et al., NSDI '24): one queue in order of insertion, newest at the head. A hit only
//! sets the entry's visited bit, so hits share a lock. To make room, a hand moves from the tail
//! towards the head, clears the bits it passes and evicts the first entry without one; it stays
//! where it stopped, and starts again at the tail when it has passed the head.

use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::PoisonError;

const NONE: usize = usize::MAX;

struct Node<K, V> {
    key: K,
    value: V,
    weight: usize,
    visited: AtomicBool,
    /// Towards the head.
    newer: usize,
    /// Towards the tail.
    older: usize,
}

struct Queue<K, V> {
    index: HashMap<K, usize>,
    nodes: Vec<Option<Node<K, V>>>,
    free: Vec<usize>,
    head: usize,
    tail: usize,
    hand: usize,
    weight: usize,
}

/// A concurrent map of at most `capacity` weight.
pub(crate) struct Sieve<K, V> {
    queue: RwLock<Queue<K, V>>,
    capacity: usize,
}

impl<K: Copy + Eq + Hash, V: Clone> Sieve<K, V> {
    pub fn new(capacity: usize) -> Self {
        Sieve {
            queue: RwLock::new(Queue {
                index: HashMap::new(),
                nodes: Vec::new(),
                free: Vec::new(),
                head: NONE,
                tail: NONE,
                hand: NONE,
                weight: 0,
            }),
            capacity,
        }
    }

    // Every critical section leaves the queue consistent before anything can panic.
    fn read(&self) -> RwLockReadGuard<'_, Queue<K, V>> {
        self.queue.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Queue<K, V>> {
        self.queue.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, key: &K) -> Option<V> {
        let queue = self.read();
        let node = queue.nodes[*queue.index.get(key)?].as_ref()?;
        // Reading first keeps a popular entry's cache line shared.
        if !node.visited.load(Ordering::Relaxed) {
            node.visited.store(true, Ordering::Relaxed);
        }
        Some(node.value.clone())
    }

    /// Stores `value`, making room first. What is heavier than the whole map is not stored.
    pub fn insert(&self, key: K, value: V, weight: usize) {
        let mut queue = self.write();
        queue.remove(&key);
        if weight > self.capacity {
            return;
        }
        while queue.weight + weight > self.capacity && queue.evict() {}
        queue.push(key, value, weight);
    }

    pub fn remove(&self, key: &K) {
        self.write().remove(key);
    }

    /// The weight in use.
    pub fn weight(&self) -> usize {
        self.read().weight
    }
}

impl<K: Copy + Eq + Hash, V> Queue<K, V> {
    fn push(&mut self, key: K, value: V, weight: usize) {
        let node = Node {
            key,
            value,
            weight,
            visited: AtomicBool::new(false),
            newer: NONE,
            older: self.head,
        };
        let at = match self.free.pop() {
            Some(at) => {
                self.nodes[at] = Some(node);
                at
            }
            None => {
                self.nodes.push(Some(node));
                self.nodes.len() - 1
            }
        };
        self.link_newer(self.head, at);
        self.head = at;
        if self.tail == NONE {
            self.tail = at;
        }
        self.weight += weight;
        self.index.insert(key, at);
    }

    fn link_newer(&mut self, at: usize, newer: usize) {
        if let Some(node) = self.nodes.get_mut(at).and_then(Option::as_mut) {
            node.newer = newer;
        }
    }

    fn link_older(&mut self, at: usize, older: usize) {
        if let Some(node) = self.nodes.get_mut(at).and_then(Option::as_mut) {
            node.older = older;
        }
    }

    fn remove(&mut self, key: &K) {
        let Some(at) = self.index.remove(key) else {
            return;
        };
        let Some(node) = self.nodes[at].take() else {
            return;
        };
        if self.hand == at {
            self.hand = node.newer;
        }
        if self.head == at {
            self.head = node.older;
        }
        if self.tail == at {
            self.tail = node.newer;
        }
        self.link_newer(node.older, node.newer);
        self.link_older(node.newer, node.older);
        self.weight -= node.weight;
        self.free.push(at);
    }

    /// Evicts one entry; false when there is none.
    fn evict(&mut self) -> bool {
        let mut at = if self.hand == NONE {
            self.tail
        } else {
            self.hand
        };
        loop {
            let Some(node) = self.nodes.get_mut(at).and_then(Option::as_mut) else {
                return false;
            };
            if !std::mem::take(node.visited.get_mut()) {
                let key = node.key;
                self.hand = at;
                self.remove(&key);
                return true;
            }
            at = if node.newer == NONE {
                self.tail
            } else {
                node.newer
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The paper's algorithm on a plain list: index 0 is the tail.
    #[derive(Default)]
    struct Model {
        list: Vec<(u8, bool)>,
        hand: Option<u8>,
    }

    impl Model {
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
                let mut i = self
                    .hand
                    .and_then(|h| self.list.iter().position(|e| e.0 == h))
                    .unwrap_or(0);
                while self.list[i].1 {
                    self.list[i].1 = false;
                    i = (i + 1) % self.list.len();
                }
                self.hand = Some(self.list[i].0);
                self.remove(self.list[i].0);
            }
            self.list.push((key, false));
        }
    }

    proptest! {
        #[test]
        fn it_evicts_what_the_paper_evicts(ops in prop::collection::vec((0u8..3, 0u8..12), 1..200)) {
            let sieve = Sieve::new(5);
            let mut model = Model::default();
            for (op, key) in ops {
                match op {
                    0 => {
                        sieve.insert(key, key, 1);
                        model.insert(key, 5);
                    }
                    1 => {
                        let hit = model.list.iter_mut().find(|e| e.0 == key);
                        prop_assert_eq!(sieve.get(&key).is_some(), hit.is_some());
                        if let Some(e) = hit {
                            e.1 = true;
                        }
                    }
                    _ => {
                        sieve.remove(&key);
                        model.remove(key);
                    }
                }
                prop_assert_eq!(sieve.weight(), model.list.len());
            }
            for key in 0..12 {
                prop_assert_eq!(sieve.get(&key).is_some(), model.list.iter().any(|e| e.0 == key));
            }
        }

        #[test]
        fn the_weight_is_bounded_and_exact(ops in prop::collection::vec((0u8..9, 0usize..70), 1..100)) {
            let sieve = Sieve::new(100);
            let mut weights = HashMap::new();
            for (key, weight) in ops {
                sieve.insert(key, weight, weight);
                weights.insert(key, weight);
                let kept: usize = weights.keys().filter_map(|k| sieve.get(k)).sum();
                prop_assert_eq!(sieve.weight(), kept);
                prop_assert!(kept <= 100);
            }
        }
    }

    #[test]
    fn what_is_heavier_than_the_map_drops_the_older_value_too() {
        let sieve = Sieve::new(10);
        sieve.insert(1, "small", 5);
        sieve.insert(1, "large", 11);
        assert_eq!(sieve.get(&1), None);
        assert_eq!(sieve.weight(), 0);
    }
}

#[cfg(all(test, warmstart_model))]
mod model {
    use super::*;
    use crate::sync::model::explore;
    use shuttle::thread;
    use std::sync::Arc;

    #[test]
    fn model_the_map_stays_bounded_and_whole_whoever_runs_when() {
        explore("memory tier", 2000, || {
            let sieve = Arc::new(Sieve::new(3));
            let users: Vec<_> = (0..3u8)
                .map(|user| {
                    let sieve = Arc::clone(&sieve);
                    thread::spawn(move || {
                        // One key is this user's alone: what it finds there it put there last.
                        let own = 10 + user;
                        for round in 0..3u8 {
                            sieve.insert(own, (own, round), 1);
                            assert!(sieve.get(&own).map_or(true, |v| v == (own, round)));
                            sieve.insert(round, (round, user), 1);
                            assert!(sieve.get(&round).map_or(true, |v| v.0 == round));
                            assert!(sieve.weight() <= 3);
                            if round == user {
                                sieve.remove(&own);
                                assert_eq!(sieve.get(&own), None);
                            }
                        }
                    })
                })
                .collect();
            users.into_iter().for_each(|u| u.join().unwrap());
            let kept = (0..20).filter(|k| sieve.get(k).is_some()).count();
            assert_eq!(sieve.weight(), kept);
        });
    }
}
