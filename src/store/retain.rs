//! Keeping the last and the best runs of a key, and no others.

use super::evict::{Evictable, PRIORITY};
use super::liveness::{belongs_to, living};
use super::lookup::newest_generations;
use super::metadata::{Durability, Kind};
use super::private::open_existing;
use super::progress::Progress;
use super::rank::{among_ties, choose, newest, Lookup, Rank};
use super::scan::{
    check_payload, read_metadata, read_payload, snapshot_private, Known, Place, Read, Scan,
};
use super::Inner;
use crate::error::{shown, Error, Result};
use crate::fs::{self, Dir, Timestamp};
use crate::key::Key;
use std::cmp::Ordering;
use std::sync::Arc;

/// How many runs of a key to keep: all that are among the last or among the best. 0 for both keeps all;
/// else the last and the best are kept in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Keep {
    pub last: u64,
    pub best: u64,
}

impl Keep {
    /// Whether anything may have to go.
    pub fn is_limited(self) -> bool {
        self != Keep::default()
    }

    /// The positions of those to be kept, as lookups rank them.
    pub(super) fn choose(self, ranks: &[Rank<'_>]) -> Vec<usize> {
        let most = |n: u64| usize::try_from(n.max(1)).unwrap_or(usize::MAX);
        let mut last: Vec<usize> = (0..ranks.len()).collect();
        last.sort_by(|&a, &b| newest(&ranks[b], &ranks[a]));
        // The one a lookup answers first: values within the tolerance are equal to it.
        let first = choose(Lookup::Best, ranks);
        let mut best: Vec<usize> = (0..ranks.len()).filter(|i| Some(*i) != first).collect();
        best.sort_by(|&a, &b| better(&ranks[a], &ranks[b]));
        best.truncate(most(self.best) - 1);
        last.truncate(most(self.last));
        last.extend(first.into_iter().chain(best));
        last
    }
}

/// The better one first.
fn better(a: &Rank<'_>, b: &Rank<'_>) -> Ordering {
    match (a.objective, b.objective) {
        (Some(x), Some(y)) => x.total_cmp(&y).then_with(|| among_ties(b, a)),
        (None, None) => newest(b, a),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
    }
}

impl Keep {
    /// The same of checkpoints in the order they were written, the oldest first.
    pub fn choose_in_order(self, objectives: &[Option<f64>]) -> Vec<usize> {
        let ranks: Vec<Rank<'_>> = (0i64..)
            .zip(objectives)
            .map(|(secs, objective)| Rank {
                objective: *objective,
                kind: Kind::Checkpoint,
                written: Timestamp { secs, nanos: 0 },
                stem: "",
            })
            .collect();
        self.choose(&ranks)
    }
}

impl Inner {
    /// Removes the runs under `key` that are neither among the last nor among the best: durably, but for
    /// pinned ones and those of living sessions; says how many. Nothing goes on account of an entry that
    /// fails its checks.
    pub(crate) fn retain(self: &Arc<Self>, key: Key, keep: Keep) -> Result<u64> {
        let attempt = || format!("keeping the last and best runs under key {key}");
        self.check_writable(attempt)?;
        if !keep.is_limited() {
            return Ok(0);
        }
        let Some((dir, scan)) = self.scan_key(key)? else {
            return Ok(0);
        };
        let dir = dir.as_ref();
        let failed = |e| Error::from_io(format!("{} in {}", attempt(), shown(dir.path())), e);
        // Something changed while it was read: the next time will do.
        let Some(known) = self.whole_runs(dir, &scan)? else {
            return Ok(0);
        };
        let root = self.root();
        let now = self.server_now(root.as_ref()).map_err(failed)?;
        let full = self.settings.durability == Durability::Full;
        if full {
            // Nothing goes on account of what may not be there after a power cut.
            fs::synced(|| dir.sync()).map_err(failed)?;
        }
        let going = self.going(dir, key, &known, keep);
        if going.is_empty() {
            return Ok(0);
        }
        let living = living(root.as_ref(), now);
        let mut removed = 0;
        for k in going {
            let run_id = k.stem.run_id();
            if scan.pins.contains(run_id) || belongs_to(run_id, &living) {
                continue;
            }
            let taken = self.take_run(
                root.as_ref(),
                &Evictable {
                    protected: false,
                    fits: true,
                    priority: PRIORITY,
                    last_activity: k.last_activity,
                    key,
                    newest: k.stem.clone(),
                    last_used: k.last_activity,
                },
            );
            if let Some((change, taken)) = taken.map_err(failed)? {
                removed += u64::from(taken);
                self.account(change, None);
            }
        }
        if removed > 0 && full {
            match fs::synced(|| dir.sync()) {
                // Another engine removed the directory, which was empty.
                Err(e) if fs::is_absent(&e) => {}
                done => done.map_err(failed)?,
            }
        }
        Ok(removed)
    }

    /// Which runs go: those that are not kept once each of the kept has been checked. What fails takes the
    /// place of none.
    fn going<'a>(&self, dir: &dyn Dir, key: Key, known: &'a [Known], keep: Keep) -> Vec<&'a Known> {
        let mut sound: Vec<&Known> = known.iter().collect();
        loop {
            let ranks: Vec<Rank<'_>> = sound
                .iter()
                .map(|k| Rank {
                    objective: k.metadata.objective(),
                    kind: k.metadata.kind(),
                    written: k.metadata.written(),
                    stem: k.stem.as_str(),
                })
                .collect();
            let mut kept = keep.choose(&ranks);
            // What was written without syncing takes the place of nothing that was.
            let durable = (0..sound.len()).filter(|&i| sound[i].durability() == Durability::Full);
            let durable: Vec<usize> = durable.collect();
            let of_durable: Vec<Rank<'_>> = durable.iter().map(|&i| ranks[i]).collect();
            kept.extend(keep.choose(&of_durable).into_iter().map(|i| durable[i]));
            if (0..sound.len()).all(|i| kept.contains(&i)) {
                return Vec::new();
            }
            let progress = Progress::new();
            let is_damaged = |k: &Known| match k.place {
                Place::Pair => !matches!(check_payload(dir, k, &progress), Ok(Read::Is(()))),
                Place::Private(_) => !self.is_sure_in_place(dir, key, k),
            };
            let damaged = kept.iter().copied().find(|&i| is_damaged(sound[i]));
            match damaged {
                // It stays where it is, and another is kept besides.
                Some(i) => drop(sound.swap_remove(i)),
                None => {
                    let gone = |i: &usize| !kept.contains(i);
                    return (0..sound.len()).filter(gone).map(|i| sound[i]).collect();
                }
            }
        }
    }

    /// Whether a generation in a private file is whole, and, where this store is durable, sure to be there
    /// after a power cut: its writer may not have synced it yet.
    fn is_sure_in_place(&self, dir: &dyn Dir, key: Key, k: &Known) -> bool {
        let synced = || match open_existing(dir, k.stem.run_id()) {
            Ok(Some((file, _))) => fs::synced(|| file.sync()).is_ok(),
            _ => false,
        };
        (self.settings.durability != Durability::Full || synced())
            && matches!(read_payload(dir, key, k.clone()), Ok(Read::Is(_)))
    }

    /// The newest generation of each run that has its payload.
    fn whole_runs(&self, dir: &dyn Dir, scan: &Scan) -> Result<Option<Vec<Known>>> {
        let mut known = Vec::new();
        for stem in &scan.metadata {
            match read_metadata(dir, scan, stem)? {
                Read::Is(k) if scan.payloads.contains(stem) => known.push(k),
                Read::Gone => return Ok(None),
                Read::Unreadable(e) => return Err(e),
                _ => {}
            }
        }
        let Some(private) = snapshot_private(dir, scan, None)? else {
            return Ok(None);
        };
        known.extend(private);
        let newest = newest_generations(&known);
        Ok(Some(newest.into_iter().map(|i| known[i].clone()).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_last_and_the_best_are_kept_and_nothing_else(
            runs in prop::collection::vec((prop::option::of(0i32..6), any::<bool>()), 0..12),
            last in 0u64..5, best in 0u64..5,
        ) {
            let names: Vec<String> = (0..runs.len()).map(|i| format!("r{i:02}")).collect();
            let ranks: Vec<Rank<'_>> = runs.iter().zip(&names).enumerate().map(|(i, ((o, f), n))| Rank {
                objective: o.map(f64::from),
                kind: if *f { Kind::Final } else { Kind::Checkpoint },
                written: Timestamp { secs: i as i64, nanos: 0 },
                stem: n,
            }).collect();
            let mut kept = Keep { last, best }.choose(&ranks);
            kept.sort_unstable();
            kept.dedup();
            // A model: what lookups answer, again and again.
            let answers = |mode, most: u64| {
                let mut left: Vec<usize> = (0..ranks.len()).collect();
                let mut answered = Vec::new();
                while (answered.len() as u64) < most.max(1) && !left.is_empty() {
                    let of_left: Vec<Rank<'_>> = left.iter().map(|&i| ranks[i]).collect();
                    answered.push(left.swap_remove(choose(mode, &of_left).unwrap()));
                }
                answered
            };
            let mut by_time = answers(Lookup::Latest, last);
            let by_value = answers(Lookup::Best, best);
            by_time.extend(by_value);
            by_time.sort_unstable();
            by_time.dedup();
            prop_assert_eq!(kept, by_time);
        }
    }
}
