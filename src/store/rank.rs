//! Which of several entries is the best, and which the latest.

use super::metadata::Kind;
use crate::fs::Timestamp;
use std::cmp::Ordering;

/// Objectives this close are taken for equal.
pub(crate) const OBJECTIVE_TOLERANCE: f64 = 1e-12;

/// Which of a key's entries a lookup answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Lookup {
    /// The lowest objective; within 1e-12 of it a Final before a Checkpoint, then the newer, then
    /// the larger name. Entries without objective come after all others: the newest, then Final,
    /// then the larger name.
    #[default]
    Best,
    /// The newest, then Final, then the larger name; objectives are ignored. For related fits,
    /// whose objectives are not on one scale.
    Latest,
}

/// What ranking looks at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rank<'a> {
    pub objective: Option<f64>,
    pub kind: Kind,
    pub written: Timestamp,
    pub stem: &'a str,
}

pub(super) fn newest(a: &Rank<'_>, b: &Rank<'_>) -> Ordering {
    (a.written, a.kind, a.stem).cmp(&(b.written, b.kind, b.stem))
}

pub(super) fn among_ties(a: &Rank<'_>, b: &Rank<'_>) -> Ordering {
    (a.kind, a.written, a.stem).cmp(&(b.kind, b.written, b.stem))
}

/// The position of the winner.
pub(super) fn choose(mode: Lookup, entries: &[Rank<'_>]) -> Option<usize> {
    let lowest = entries
        .iter()
        .filter_map(|e| e.objective)
        .min_by(f64::total_cmp)
        .filter(|_| mode == Lookup::Best);
    let positions = entries.iter().enumerate();
    match lowest {
        // Measured from the lowest, so that the answer does not depend on the order of entries.
        Some(m) => positions
            .filter(|(_, e)| e.objective.is_some_and(|o| o - m <= OBJECTIVE_TOLERANCE))
            .max_by(|(_, a), (_, b)| among_ties(a, b)),
        None => positions.max_by(|(_, a), (_, b)| newest(a, b)),
    }
    .map(|(i, _)| i)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(objective: Option<f64>, kind: Kind, secs: i64, stem: &str) -> Rank<'_> {
        Rank {
            objective,
            kind,
            written: Timestamp { secs, nanos: 0 },
            stem,
        }
    }

    use Kind::{Checkpoint, Final};

    #[test]
    fn three_objectives_seven_tenths_of_the_tolerance_apart_give_one_answer_in_any_order() {
        let e = [
            entry(Some(1.0), Checkpoint, 1, "a"),
            entry(Some(1.0 + 0.7e-12), Checkpoint, 2, "b"),
            entry(Some(1.0 + 1.4e-12), Final, 3, "c"),
        ];
        for order in [
            [0, 1, 2],
            [0, 2, 1],
            [1, 0, 2],
            [1, 2, 0],
            [2, 0, 1],
            [2, 1, 0],
        ] {
            let shuffled = order.map(|i| e[i]);
            let winner = choose(Lookup::Best, &shuffled).unwrap();
            assert_eq!(shuffled[winner].stem, "b", "{order:?}");
        }
    }

    #[test]
    fn a_final_wins_ties_and_any_objective_beats_none() {
        let e = [
            entry(Some(2.0), Final, 1, "old"),
            entry(Some(2.0), Checkpoint, 9, "new"),
            entry(None, Final, 10, "none"),
        ];
        assert_eq!(choose(Lookup::Best, &e), Some(0));
        assert_eq!(choose(Lookup::Latest, &e), Some(2));
    }

    #[test]
    fn without_objectives_the_newest_wins_then_final_then_the_larger_name() {
        let e = [
            entry(None, Checkpoint, 5, "b"),
            entry(None, Final, 5, "a"),
            entry(None, Final, 4, "z"),
        ];
        assert_eq!(choose(Lookup::Best, &e), Some(1));
        let same = [entry(None, Final, 5, "a"), entry(None, Final, 5, "b")];
        assert_eq!(choose(Lookup::Best, &same), Some(1));
        assert_eq!(choose(Lookup::Best, &[]), None);
    }

    proptest! {
        #[test]
        fn the_answer_does_not_depend_on_the_order_of_entries(
            values in prop::collection::vec((prop::option::of(-3i32..3), any::<bool>(), 0i64..3), 1..8),
            rotate: usize,
        ) {
            let names: Vec<String> = (0..values.len()).map(|i| format!("s{i}")).collect();
            let entries: Vec<Rank<'_>> = values
                .iter()
                .zip(&names)
                .map(|((o, f, t), n)| {
                    let kind = if *f { Final } else { Checkpoint };
                    entry(o.map(|o| f64::from(o) * 0.6e-12), kind, *t, n)
                })
                .collect();
            let mut turned = entries.clone();
            turned.rotate_left(rotate % entries.len());
            turned.reverse();
            for mode in [Lookup::Best, Lookup::Latest] {
                let a = entries[choose(mode, &entries).unwrap()].stem;
                let b = turned[choose(mode, &turned).unwrap()].stem;
                prop_assert_eq!(a, b);
            }
        }
    }
}
