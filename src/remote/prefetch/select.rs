//! The best so many of a stream, without sorting it.

use crate::key::Key;
use std::cmp::Ordering;

/// What the selection compares. Of equal scores the more recent comes first, then the lower key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ranked {
    pub score: f64,
    pub last_access_ms: i64,
    pub key: Key,
}

impl Ranked {
    /// The best first.
    pub fn order(&self, other: &Ranked) -> Ordering {
        other
            .score
            .total_cmp(&self.score)
            .then_with(|| other.last_access_ms.cmp(&self.last_access_ms))
            .then_with(|| self.key.cmp(&other.key))
    }
}

/// Keeps twice as many as are wanted at most, and halves them when they are: each of N offers costs
/// O(1) on average, in whatever order they come.
pub(super) struct Selection {
    most: usize,
    kept: Vec<Ranked>,
    /// What is worse was found worse than `most` others.
    least: f64,
}

impl Selection {
    pub fn of(most: usize) -> Selection {
        Selection {
            most,
            kept: Vec::with_capacity(2 * most),
            least: f64::NEG_INFINITY,
        }
    }

    /// Whether an entry of this score may be among the best.
    pub fn may_take(&self, score: f64) -> bool {
        score >= self.least
    }

    pub fn offer(&mut self, entry: Ranked) {
        if self.most == 0 || !self.may_take(entry.score) {
            return;
        }
        if self.kept.len() == 2 * self.most {
            self.halve();
            if !self.may_take(entry.score) {
                return;
            }
        }
        self.kept.push(entry);
    }

    fn halve(&mut self) {
        let (_, last, _) = self
            .kept
            .select_nth_unstable_by(self.most - 1, Ranked::order);
        self.least = last.score;
        self.kept.truncate(self.most);
    }

    /// The best, in order.
    pub fn finish(mut self) -> Vec<Ranked> {
        if self.most > 0 && self.kept.len() > self.most {
            self.halve();
        }
        self.kept.sort_unstable_by(Ranked::order);
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_best_are_taken_in_order_as_by_sorting(
            entries in prop::collection::vec((0u8..6, 0i64..4, 0u8..=255), 0..300),
            most in 0usize..40,
        ) {
            let mut entries: Vec<Ranked> = entries
                .into_iter()
                .map(|(score, last_access_ms, key)| Ranked {
                    score: f64::from(score) / 5.0,
                    last_access_ms,
                    key: Key::from_bytes([key; 32]),
                })
                .collect();
            let mut selection = Selection::of(most);
            entries.iter().for_each(|e| selection.offer(*e));
            let told = |e: &Ranked| (e.score.to_bits(), e.last_access_ms, e.key);
            let taken: Vec<_> = selection.finish().iter().map(told).collect();
            entries.sort_by(Ranked::order);
            let expected: Vec<_> = entries.iter().take(most).map(told).collect();
            prop_assert_eq!(taken, expected);
        }
    }
}
