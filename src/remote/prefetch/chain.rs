//! Who comes before and after whom.
//!
//! Two shapes are one here: steps each made from the one before (a continuation, a refinement), and
//! siblings made from the same parent and numbered (the folds of a cross-validation).

use super::index::{Index, NONE};
use super::told::ChainDirection;
use crate::key::Key;
use std::collections::HashSet;

impl Index {
    /// At most `most` keys that follow `key` in its chain, the nearest first. Forwards, the step after an
    /// entry is what was made from it with the lowest sequence, else its next sibling; backwards the
    /// other way round.
    pub fn steps(&self, key: &Key, most: usize, direction: ChainDirection) -> Vec<Key> {
        let mut steps = Vec::new();
        let Some(mut at) = self.row(key) else {
            return steps;
        };
        // Chains that others made may run in circles.
        let mut met = HashSet::from([at]);
        let mut siblings = Siblings::default();
        while steps.len() < most {
            let next = match direction {
                ChainDirection::Forward => self
                    .first_child(at)
                    .or_else(|| siblings.beside(self, at, direction)),
                ChainDirection::Backward => siblings
                    .beside(self, at, direction)
                    .or_else(|| Some(self.cold(at).parent).filter(|p| *p != NONE)),
            };
            let Some(next) = next.filter(|n| met.insert(*n)) else {
                break;
            };
            if self.is_listed(next) {
                steps.push(self.cold(next).key);
            }
            at = next;
        }
        steps
    }

    fn children(&self, parent: u32) -> impl Iterator<Item = u32> + '_ {
        let mut next = self.cold(parent).first_child;
        std::iter::from_fn(move || {
            let child = next;
            if child == NONE {
                return None;
            }
            next = self.cold(child).next;
            Some(child)
        })
    }

    fn first_child(&self, parent: u32) -> Option<u32> {
        let place = |row: &u32| (self.sequence(*row), self.cold(*row).key);
        self.children(parent).min_by_key(place)
    }
}

/// The children of one parent in order: made once for all steps among them.
#[derive(Default)]
struct Siblings {
    parent: Option<u32>,
    in_order: Vec<(u32, u32)>,
}

impl Siblings {
    fn beside(&mut self, index: &Index, row: u32, direction: ChainDirection) -> Option<u32> {
        let parent = index.cold(row).parent;
        if parent == NONE {
            return None;
        }
        if self.parent != Some(parent) {
            self.parent = Some(parent);
            let placed = |row| (index.sequence(row), row);
            self.in_order = index.children(parent).map(placed).collect();
            self.in_order.sort_unstable();
        }
        let own = index.sequence(row);
        let list = &self.in_order;
        let found = match direction {
            ChainDirection::Forward => list.get(list.partition_point(|s| s.0 <= own)),
            ChainDirection::Backward => {
                let before = list.partition_point(|s| s.0 < own).checked_sub(1);
                before.and_then(|at| list.get(at))
            }
        };
        found.map(|(_, row)| *row)
    }
}
