//! Eviction: down to the budget, what is least worth keeping first.
//!
//! A walk of many entries does not keep all of them: of those that may be evicted, only the least worth
//! keeping, as many as an eviction usually takes. Where that is not enough, there is another walk.
//!
//! Nor does a save wait for a walk, where many files are below the root: what a walk has chosen and not
//! evicted is kept for the next time, and when much of a budget is used and nothing has been chosen, or
//! most of it is gone, a walk in the background chooses. Once a budget is crossed, the save evicts as
//! much as it has added, and the rest, down to 90 %, goes in the background. Whatever was written since
//! the walk is to be kept longer than what it chose; and each run is looked at again before it goes:
//! what was replaced, used or pinned since stays.

use super::aside::{drop_aside, Aside};
use super::check::{Action, Problem};
use super::links::links_of_known;
use super::names::{directory_of, pin_name, sealed_name, slot_name, Stem};
use super::options::Settings;
use super::private::A_MOMENT;
use super::record;
use super::remove::{stems_of_run, unlink, unlink_run};
use super::scan::{read_metadata, read_private, Read, Scan};
use super::sweep::Depth;
use super::totals::Totals;
use super::walk::{weigh, Walk};
use super::Inner;
use crate::error::{caught, Error, ErrorKind, Result};
use crate::fs::{self, Dir, Timestamp};
use crate::key::Key;
use crate::sync::atomic::Ordering;
use crate::sync::{spawn, MutexGuard};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::sync::{Arc, PoisonError};

/// Eviction stops at this share of each budget, so that it is rare.
const EVICT_TO: f64 = 0.9;
/// From this share of a budget on, what would be evicted is chosen in the background.
const CHOOSE_FROM: f64 = 0.8;
/// Fewer files than these are walked in no time.
const WORTH_CHOOSING: i64 = 400;
/// Most candidates that are kept, some 200 bytes each: what 10 % of the default file budget holds.
const MOST: usize = if cfg!(test) { 100 } else { 16_384 };

/// What is not sealed has no priority of its own.
pub(super) const PRIORITY: u8 = 128;

/// A run that may be evicted; less than another that is to be kept longer.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Evictable {
    /// False sorts first: nothing speaks for keeping it.
    pub protected: bool,
    /// False sorts first: one generation alone exceeds the budget, so no room is made for it.
    pub fits: bool,
    /// Lower goes first, whenever it was used; the same for all but sealed entries.
    pub priority: u8,
    pub last_activity: Timestamp,
    pub key: Key,
    /// The newest when the walk came by.
    pub newest: Stem,
    /// When that one was last used, by its own stamps.
    pub last_used: Timestamp,
}

/// A private file, which what it holds does not need: a pair takes less room. By last activity.
type Spare = (Timestamp, Key, String);

/// What goes when a budget is crossed.
pub(super) struct Chosen {
    /// Before any run; the oldest last.
    spares: Vec<Spare>,
    /// The one to go first last.
    runs: Vec<Evictable>,
    /// How many there were.
    most: usize,
}

impl Chosen {
    fn new(spares: Vec<Spare>, runs: Vec<Evictable>) -> Chosen {
        Chosen {
            spares,
            most: runs.len(),
            runs,
        }
    }

    fn is_nearly_used_up(&self) -> bool {
        self.runs.len() < self.most / 4
    }
}

/// The runs of a walk that may be evicted: all of them as sums, one by one those least worth keeping.
#[derive(Default)]
pub(super) struct Candidates {
    heap: BinaryHeap<Evictable>,
    spares: Vec<Spare>,
    /// Files and bytes of all.
    sum: Totals,
    /// Some were left out.
    is_partial: bool,
}

impl Candidates {
    /// Counts a run that lies under `weight`.
    pub fn count(&mut self, weight: Totals) {
        self.sum = self.sum.plus(weight);
    }

    pub fn add(&mut self, e: Evictable) {
        self.heap.push(e);
        if self.heap.len() > MOST {
            self.heap.pop();
            self.is_partial = true;
        }
    }

    pub fn add_spare(&mut self, last_activity: Timestamp, key: Key, run_id: &str) {
        if self.spares.len() < MOST {
            self.spares.push((last_activity, key, run_id.to_owned()));
        }
    }

    /// What goes first last.
    fn into_last_first(mut self) -> (Vec<Spare>, Vec<Evictable>) {
        self.spares.sort_by(|a, b| b.cmp(a));
        let mut runs = self.heap.into_sorted_vec();
        runs.reverse();
        (self.spares, runs)
    }
}

/// What another walk is needed for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    No,
    /// Not all that may be evicted was kept in mind.
    ForMore,
    /// All that nothing speaks for keeping is gone, of what the walk saw.
    ForUnprotected,
}

/// How much may be left below the root.
struct Target {
    bytes: f64,
    files: f64,
}

impl Target {
    /// 90 % of each budget, of a root that holds `totals`, of which all runs take `runs`.
    ///
    /// Where what cannot be evicted exceeds a budget by itself (damage not yet set aside, files of
    /// nobody, however long a hole), evicting everything would not help: then the runs have that
    /// budget to themselves.
    fn of(settings: &Settings, totals: &Totals, runs: Totals, aside: &[Aside]) -> Target {
        let share = |budget: Option<u64>| budget.map_or(f64::INFINITY, |b| b as f64 * EVICT_TO);
        let mut target = Target {
            bytes: share(settings.size_budget),
            files: share(settings.file_budget),
        };
        let mut fixed = *totals;
        fixed.bytes = fixed.bytes.saturating_sub(runs.bytes);
        fixed.files = fixed.files.saturating_sub(runs.files);
        aside.iter().for_each(|a| fixed.remove_file(a.len));
        if settings.is_exceeded_by(&fixed) {
            target.bytes += fixed.bytes as f64;
            target.files += fixed.files as f64;
        }
        target
    }

    fn is_met(&self, totals: &Totals) -> bool {
        totals.bytes as f64 <= self.bytes && totals.files as f64 <= self.files
    }
}

impl Walk<'_> {
    /// Evicts down to 90 % of each budget that is exceeded: first private files, which are spares; then
    /// what was set aside, oldest first; then runs, least recently used first, those of living sessions
    /// and pinned ones last. `before` is what was shared when the walk began. Answers what another walk
    /// is needed for.
    ///
    /// How much is left is read from what all processes share, which this walk has corrected: who
    /// evicts at the same time counts there, too, and what both have chosen is not made up for twice.
    pub(super) fn evict(&mut self, root: &dyn Dir, before: Totals, aside: Vec<Aside>) -> Again {
        let candidates = std::mem::take(&mut self.candidates);
        let is_partial = candidates.is_partial;
        let target = Target::of(&self.settings, &self.totals, candidates.sum, &aside);
        let (mut spares, mut runs) = candidates.into_last_first();
        let shared = self.store.ledger.correct(root, before, self.totals);
        self.totals = shared.unwrap_or(self.totals);
        let again = if !self.settings.is_exceeded_by(&self.totals) {
            Again::No
        } else if self.release_spares(root, &target, &mut spares) {
            // What they held lies elsewhere now, so that what was chosen may not.
            match target.is_met(&self.totals) {
                true => Again::No,
                false => Again::ForMore,
            }
        } else {
            self.drop_aside(root, &target, aside);
            self.evict_runs(root, &target, &mut runs, is_partial)
        };
        let keep = self.store.is_worth_choosing(&self.settings, &self.totals);
        *self.store.chosen() = keep.then(|| Chosen::new(spares, runs));
        again
    }

    /// What [`Walk::evict`] would do, noted.
    pub(super) fn plan_eviction(&mut self, root: &dyn Dir, mut aside: Vec<Aside>) -> Result<()> {
        self.totals = self.totals.minus(self.planned);
        let candidates = std::mem::take(&mut self.candidates);
        let is_partial = candidates.is_partial;
        let target = Target::of(&self.settings, &self.totals, candidates.sum, &aside);
        if !self.settings.is_exceeded_by(&self.totals) {
            return Ok(());
        }
        let (spares, mut runs) = candidates.into_last_first();
        for (_, key, run_id) in spares.iter().rev() {
            if target.is_met(&self.totals) {
                break;
            }
            let dir = root.open_dir(directory_of(*key).as_str());
            if let Ok(stat) = dir.and_then(|d| d.stat_at(&slot_name(run_id))) {
                self.totals.remove_file(stat.len);
            }
        }
        aside.sort_by_key(|a| Reverse(a.changed));
        while !target.is_met(&self.totals) {
            let Some(oldest) = aside.pop() else {
                break;
            };
            self.totals.remove_file(oldest.len);
        }
        while !target.is_met(&self.totals) {
            let Some(e) = runs.pop() else {
                break;
            };
            let weight = weight_of(root, &e).unwrap_or_default();
            self.totals = self.totals.minus(weight);
            self.over_budget(&e, Action::Nothing, weight.bytes);
        }
        if !target.is_met(&self.totals) && is_partial {
            return Err(Error::new(
                ErrorKind::TooLarge,
                "planning a sweep",
                format!("more than {MOST} runs would be evicted, which are not all kept in mind"),
                "Sweep, or raise the budget, and plan again",
            ));
        }
        Ok(())
    }

    /// Releases private files, the one to go first last; true when any went.
    fn release_spares(&mut self, root: &dyn Dir, target: &Target, spares: &mut Vec<Spare>) -> bool {
        let mut any = false;
        while !target.is_met(&self.totals) {
            let Some(spare) = spares.pop() else {
                break;
            };
            let change = self.store.release_spare(&spare);
            any |= change != Totals::default();
            self.changed(root, change);
        }
        any
    }

    fn drop_aside(&mut self, root: &dyn Dir, target: &Target, mut aside: Vec<Aside>) {
        aside.sort_by_key(|a| Reverse(a.changed));
        while !target.is_met(&self.totals) {
            let Some(oldest) = aside.pop() else {
                return;
            };
            if drop_aside(root, &oldest) {
                let mut one = Totals::default();
                one.add_file(oldest.len);
                one.aside_file(oldest.len);
                self.changed(root, Totals::default().minus(one));
            }
        }
    }

    /// Evicts runs, the one to go first last, of which some may have been left out.
    fn evict_runs(
        &mut self,
        root: &dyn Dir,
        target: &Target,
        runs: &mut Vec<Evictable>,
        is_partial: bool,
    ) -> Again {
        let mut any = false;
        let unprotected = runs.last().is_some_and(|e| !e.protected);
        while !target.is_met(&self.totals) {
            let Some(e) = runs.pop() else {
                return match any && is_partial {
                    true => Again::ForMore,
                    false => Again::No,
                };
            };
            if e.protected && unprotected && self.spares_protected {
                // Before it goes what was written since.
                runs.push(e);
                return Again::ForUnprotected;
            }
            if let Some(change) = self.store.evict_run(root, &e) {
                self.changed(root, change);
                any = true;
                self.over_budget(&e, Action::Removed, -change.bytes);
            }
        }
        Again::No
    }

    fn over_budget(&mut self, e: &Evictable, action: Action, bytes: i64) {
        let run_id = Some(&e.newest).filter(|s| !s.is_sealed());
        let run_id = run_id.map_or("", Stem::run_id);
        self.report
            .note(Some(e.key), run_id, Problem::OverBudget, action, || {
                format!("{bytes} bytes on disk")
            });
    }

    fn changed(&mut self, root: &dyn Dir, change: Totals) {
        let shared = self.store.ledger.add(root, change);
        self.totals = shared.unwrap_or_else(|| self.totals.plus(change));
    }
}

/// What lies under a run that may be evicted.
fn weight_of(root: &dyn Dir, e: &Evictable) -> io::Result<Totals> {
    let dir = root.open_dir(directory_of(e.key).as_str())?;
    let dir = dir.as_ref();
    if e.newest.is_sealed() {
        let mut weight = Totals::default();
        weight.add_file(dir.stat_at(&sealed_name(e.newest.generation))?.len);
        return Ok(weight);
    }
    Ok(weigh(dir, &Scan::read(dir)?, e.newest.run_id()))
}

impl Inner {
    pub(super) fn chosen(&self) -> MutexGuard<'_, Option<Chosen>> {
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_worth_choosing(&self, settings: &Settings, totals: &Totals) -> bool {
        self.fs.allows_background()
            && totals.files >= WORTH_CHOOSING
            && settings.is_beyond(CHOOSE_FROM, totals)
    }

    /// Whether a walk should choose what goes when a budget is crossed.
    pub(super) fn should_choose(&self, totals: &Totals) -> bool {
        let is_low = |c: &Option<Chosen>| c.as_ref().map_or(true, Chosen::is_nearly_used_up);
        self.is_worth_choosing(&self.settings, totals) && is_low(&self.chosen())
    }

    /// A walk that nobody waits for.
    pub(super) fn walk_ahead(&self) {
        if self.sweep(Depth::Shallow, None).is_err() {
            // Not again at once: whoever crosses a budget walks.
            *self.chosen() = Some(Chosen::new(Vec::new(), Vec::new()));
        }
    }

    /// Evicts what was chosen before until `share` of each budget is not exceeded; false when that needs
    /// a walk.
    fn evict_chosen(
        &self,
        share: f64,
        mut totals: Totals,
        just_written: Option<(Key, &str)>,
    ) -> bool {
        let root = self.root();
        let root = root.as_ref();
        // What was set aside goes before any run.
        let recorded = record::read(root).ok().filter(|_| totals.aside_files == 0);
        let Some(recorded) = recorded.filter(|_| self.chosen().is_some()) else {
            return false;
        };
        let settings = self.options.resolve(&recorded);
        while settings.is_beyond(share, &totals) {
            let spare = self.chosen().as_mut().and_then(|c| c.spares.pop());
            if let Some(spare) = spare {
                if just_written != Some((spare.1, &spare.2)) {
                    let change = self.release_spare(&spare);
                    let sum = self.ledger.add(root, change);
                    totals = sum.unwrap_or_else(|| totals.plus(change));
                }
                continue;
            }
            let next = self.chosen().as_mut().and_then(|c| c.runs.pop());
            // Before what is protected goes what was written since.
            let Some(e) = next.filter(|e| !e.protected) else {
                *self.chosen() = None;
                return false;
            };
            if just_written == Some((e.key, e.newest.run_id())) {
                continue;
            }
            if let Some(change) = self.evict_run(root, &e) {
                let sum = self.ledger.add(root, change);
                totals = sum.unwrap_or_else(|| totals.plus(change));
            }
        }
        true
    }

    /// Removes a private file, once what it holds is a pair. One that is being written to stays.
    fn release_spare(&self, (_, key, run_id): &Spare) -> Totals {
        let released = self.export_held(*key, run_id, true, A_MOMENT);
        released.unwrap_or_default()
    }

    /// Makes room after a budget was crossed, without a walk; false when that needs one.
    pub(super) fn make_room(
        self: &Arc<Inner>,
        totals: Totals,
        just_written: Option<(Key, &str)>,
    ) -> bool {
        if !self.evict_chosen(1.0, totals, just_written) {
            return false;
        }
        self.in_background(|store| {
            if let Some(totals) = store.ledger.read(store.root().as_ref()) {
                store.evict_chosen(EVICT_TO, totals, None);
            }
        });
        true
    }

    /// Does `work` on a thread of its own. One at a time, and none where no thread can start.
    pub(super) fn in_background(self: &Arc<Inner>, work: impl FnOnce(&Inner) + Send + 'static) {
        if self.walking.swap(true, Ordering::AcqRel) {
            return;
        }
        let store = Arc::clone(self);
        let run = move || {
            let _ = caught(|| work(&store));
            store.walking.store(false, Ordering::Release);
        };
        if spawn("warmstart-walk", run).is_err() {
            self.walking.store(false, Ordering::Release);
        }
    }

    /// Evicts one run, unless it was replaced, used or pinned since it was chosen; says what that
    /// changes in the totals.
    fn evict_run(&self, root: &dyn Dir, e: &Evictable) -> Option<Totals> {
        let (change, taken) = self.take_run(root, e).ok()??;
        let evictions = &self.counters.evictions;
        evictions.fetch_add(u64::from(taken), Ordering::Relaxed);
        Some(change)
    }

    /// Removes one run; `None` where it was replaced, used or pinned since it was chosen. Says what that
    /// changes in the totals, and whether it was this call that took it.
    pub(super) fn take_run(
        &self,
        root: &dyn Dir,
        e: &Evictable,
    ) -> io::Result<Option<(Totals, bool)>> {
        if e.newest.is_sealed() {
            let taken = self.take_sealed(root, e.key, e.newest.generation, e.last_used)?;
            return Ok(taken.map(|change| (change, true)));
        }
        let name = directory_of(e.key);
        let run_id = e.newest.run_id();
        let dir = match fs::retry(|| root.open_dir(name.as_str())) {
            Err(e) if fs::is_missing(&e) => return Ok(None),
            dir => dir?,
        };
        let dir = dir.as_ref();
        let scan = Scan::read(dir)?;
        let stems = stems_of_run(&scan, run_id);
        let is_newer = |s: &Stem| s.generation > e.newest.generation;
        // What cannot be read may be newer than all that can.
        let in_place = scan.slots.contains(run_id)
            && match read_private(dir, &scan, run_id) {
                Ok(Read::Is(known)) => known.iter().any(|k| is_newer(&k.stem)),
                _ => true,
            };
        let replaced = !stems.is_empty() && !stems.contains(&e.newest);
        let pinned = !e.protected && scan.pins.contains(run_id);
        if in_place || replaced || pinned || stems.iter().any(is_newer) {
            // Replaced since the walk came by: now it is among the last that were used.
            return Ok(None);
        }
        let mut links = Vec::new();
        let last_used = match read_metadata(dir, &scan, &e.newest) {
            Ok(Read::Is(known)) => {
                links = links_of_known(e.key, &known);
                Some(known.last_activity)
            }
            Ok(Read::Foreign(_)) => dir.stat_at(&e.newest.metadata()).ok().map(|s| s.modified),
            _ => None,
        };
        if last_used > Some(e.last_used) {
            return Ok(None);
        }
        let mut change = Totals::default();
        let taken = unlink_run(dir, run_id, &mut change).and_then(|taken| {
            unlink(dir, &pin_name(run_id), &mut change)?;
            Ok(taken)
        });
        let taken = taken?;
        if taken {
            self.unlink_all(root, &links, &mut change);
        }
        self.memory.remove(&e.key);
        change.entries -= i64::from(taken);
        if root.remove_dir(name.as_str()).is_ok() {
            change.keys -= 1;
        }
        Ok(Some((change, taken)))
    }
}
