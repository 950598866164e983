//! Which entries a cycle takes: the K best of those that are not resident and not in back-off.

use super::index::Tally;
use super::select::{Ranked, Selection};
use super::shared::Shared;
use crate::key::Key;
use std::collections::HashSet;

/// How many keys the source is asked about in one plan at most. What was learnt is kept: the next plan
/// goes on from there.
const MOST_QUESTIONS: usize = 4096;
/// By how much a round that met too many residents is followed by a wider one.
const WIDER: usize = 8;
/// How many entries found resident earlier are asked about again in each cycle: local tiers evict without
/// telling.
const RECHECKED: usize = 64;

pub(super) struct Plan {
    /// The best first.
    pub taken: Vec<Ranked>,
    pub tally: Tally,
}

impl Shared {
    /// The `most` best by what is known, in order. Callers with one entry in mind are let in between
    /// chunks.
    fn best(&self, most: usize) -> (Vec<Ranked>, Tally) {
        let moment = self.moment();
        let mut best = Selection::of(most);
        let mut tally = Tally::default();
        for chunk in 0.. {
            if !self.index().scan(chunk, &moment, &mut best, &mut tally) {
                break;
            }
        }
        (best.finish(), tally)
    }

    /// Takes the `k` best that are not resident: asks in order of score, and only until there are `k`,
    /// as long as it may ask.
    pub fn plan(&self, k: usize, may_ask: impl Fn() -> bool) -> Plan {
        let k = k.min(MOST_QUESTIONS / 2);
        let mut plan = Plan {
            taken: Vec::new(),
            tally: Tally::default(),
        };
        {
            let index = self.index();
            if index.resident() == index.len() {
                plan.tally.resident = index.resident() as u64;
                return plan;
            }
        }
        let mut absent: HashSet<Key> = HashSet::new();
        let mut questions = 0;
        let mut most = 2 * k;
        loop {
            let (candidates, tally) = self.best(most);
            plan.tally = tally;
            plan.taken.clear();
            let mut found = 0;
            for candidate in &candidates {
                if plan.taken.len() == k {
                    break;
                }
                if !absent.contains(&candidate.key) {
                    if questions == MOST_QUESTIONS || !may_ask() {
                        plan.tally.resident += found;
                        return plan;
                    }
                    questions += 1;
                    match self.ask_resident(&candidate.key) {
                        Some(true) => {
                            found += 1;
                            self.index().note_resident(&candidate.key, true);
                            continue;
                        }
                        Some(false) => drop(absent.insert(candidate.key)),
                        None => continue,
                    }
                }
                plan.taken.push(*candidate);
            }
            if plan.taken.len() == k || candidates.len() < most {
                plan.tally.resident += found;
                return plan;
            }
            // All of these that are resident are known to be now.
            most = (most * WIDER).min(MOST_QUESTIONS);
        }
    }

    /// Asks again about some that were resident, from a row on; answers the row to go on from.
    pub fn recheck(&self, from: usize, may_ask: impl Fn() -> bool) -> usize {
        let (keys, next) = self.index().residents(from, RECHECKED);
        for key in keys.iter().take_while(|_| may_ask()) {
            if self.ask_resident(key) == Some(false) {
                self.index().note_resident(key, false);
            }
        }
        next
    }
}
