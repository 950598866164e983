//! Eviction: down to the budget, what is least worth keeping first.

use super::aside::{drop_aside, Aside};
use super::names::{directory_of, pin_name, Stem};
use super::remove::{stems_of_run, unlink, unlink_run};
use super::scan::{read_private, Read, Scan};
use super::totals::Totals;
use super::walk::Walk;
use crate::fs::{self, Dir, Timestamp};
use crate::key::Key;
use crate::sync::atomic::Ordering;
use std::cmp::Reverse;

/// Eviction stops at this share of each budget, so that it is rare.
const EVICT_TO: f64 = 0.9;

/// A run that may be evicted.
pub(super) struct Evictable {
    /// Just written: counted, and not evicted.
    pub spared: bool,
    /// False sorts first: nothing speaks for keeping it.
    pub protected: bool,
    /// False sorts first: one generation alone exceeds the budget, so no room is made for it.
    pub fits: bool,
    pub last_activity: Timestamp,
    pub key: Key,
    pub run_id: String,
    /// The newest when the walk came by.
    pub newest: Stem,
    pub files: i64,
    pub bytes: i64,
}

impl Walk<'_> {
    /// Evicts down to 90 % of each budget that is exceeded: what was set aside first, oldest first;
    /// then runs, least recently used first, those of living sessions and pinned ones last.
    ///
    /// Where what cannot be evicted exceeds a budget by itself (damage not yet set aside, files of
    /// nobody, however long a hole), evicting everything would not help: then the runs have that
    /// budget to themselves.
    pub(super) fn evict(&mut self, root: &dyn Dir, mut aside: Vec<Aside>) {
        if !self.settings.is_exceeded_by(&self.totals) {
            return;
        }
        let target = |budget: Option<u64>| budget.map_or(f64::INFINITY, |b| b as f64 * EVICT_TO);
        let mut fixed = self.totals;
        for e in &self.evictable {
            fixed.bytes = fixed.bytes.saturating_sub(e.bytes);
            fixed.files -= e.files;
        }
        for a in &aside {
            fixed.remove_file(a.len);
        }
        let mut bytes = target(self.settings.size_budget);
        let mut files = target(self.settings.file_budget);
        if self.settings.is_exceeded_by(&fixed) {
            bytes += fixed.bytes as f64;
            files += fixed.files as f64;
        }
        let is_enough = |t: &Totals| t.bytes as f64 <= bytes && t.files as f64 <= files;

        aside.sort_by_key(|a| Reverse(a.changed));
        while !is_enough(&self.totals) {
            let Some(oldest) = aside.pop() else {
                break;
            };
            if drop_aside(root, &oldest) {
                self.totals.remove_file(oldest.len);
                let mut one = Totals::default();
                one.aside_file(oldest.len);
                self.totals.aside_files -= one.aside_files;
                self.totals.aside_bytes = self.totals.aside_bytes.saturating_sub(one.aside_bytes);
            }
        }

        let mut evictable = std::mem::take(&mut self.evictable);
        evictable.sort_by_key(|e| (e.protected, e.fits, e.last_activity));
        for e in evictable.into_iter().filter(|e| !e.spared) {
            if is_enough(&self.totals) {
                return;
            }
            self.evict_run(root, &e);
        }
    }

    fn evict_run(&mut self, root: &dyn Dir, e: &Evictable) {
        let name = directory_of(e.key);
        let Ok(dir) = fs::retry(|| root.open_dir(name.as_str())) else {
            return;
        };
        let Ok(scan) = Scan::read(dir.as_ref()) else {
            return;
        };
        let stems = stems_of_run(&scan, &e.run_id);
        let is_newer = |s: &Stem| s.generation > e.newest.generation;
        // What cannot be read may be newer than all that can.
        let in_place = scan.slots.contains(&e.run_id)
            && match read_private(dir.as_ref(), &scan, &e.run_id) {
                Ok(Read::Is(known)) => known.iter().any(|k| is_newer(&k.stem)),
                _ => true,
            };
        let replaced = !stems.is_empty() && !stems.contains(&e.newest);
        if in_place || replaced || stems.iter().any(is_newer) {
            // Replaced since the walk came by: now it is among the last that were used.
            return;
        }
        let mut change = Totals::default();
        let gone = unlink_run(dir.as_ref(), &e.run_id, &mut change).and_then(|taken| {
            unlink(dir.as_ref(), &pin_name(&e.run_id), &mut change).map(|_| taken)
        });
        let Ok(taken) = gone else {
            return;
        };
        let evictions = &self.store.counters.evictions;
        evictions.fetch_add(u64::from(taken), Ordering::Relaxed);
        self.store.memory.remove(&e.key);
        self.totals.files -= e.files;
        self.totals.bytes = self.totals.bytes.saturating_sub(e.bytes);
        self.totals.entries -= 1;
        if root.remove_dir(name.as_str()).is_ok() {
            self.totals.keys -= 1;
        }
    }
}
