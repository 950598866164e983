//! Sweeping: expiry, eviction, what the dead left, damage, and the true totals.
//!
//! Nothing a living writer holds is touched, nothing intact is lost but to expiry and the budget,
//! and any number of processes may sweep at once: every step is safe without a lock, and a step
//! that finds its file gone has nothing to do.

use super::aside::{list_aside, Aside};
use super::auxiliary::{auxiliary, auxiliary_or_create};
use super::check::CheckReport;
use super::evict::Again;
use super::names::{directory_of, life_name, pin_name, sealed_name, slot_name, Link, Stem};
use super::progress::Progress;
use super::scan::Scan;
use super::sealed::count_labels;
use super::totals::{count_plain_files, Totals};
use super::walk::{each_key, Purpose, Walk};
use super::Inner;
use crate::error::{shown, Result};
use crate::fs::{self, Dir, NodeKind, Timestamp};
use crate::key::Key;
use std::collections::HashSet;
use std::io;

const STAMP_FILE: &str = "sweep";
/// Writers faster than walks must not keep a sweep for ever.
const MOST_FOR_UNPROTECTED: u32 = 3;

/// How closely a sweep looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Names, lengths and metadata, and the payloads that a lookup found damaged.
    Shallow,
    /// Every payload as well.
    Thorough,
}

impl Inner {
    /// Sweeps the root. `just_written` is not evicted whatever the budget says.
    pub(super) fn sweep(&self, depth: Depth, just_written: Option<(Key, &str)>) -> Result<()> {
        self.sweep_watched(depth, just_written, &Progress::new())
            .map(drop)
    }

    /// The same for someone who watches, and may cancel: what was done until then stays done.
    pub(super) fn sweep_watched(
        &self,
        depth: Depth,
        just_written: Option<(Key, &str)>,
        progress: &Progress,
    ) -> Result<CheckReport> {
        self.check_writable(|| format!("sweeping {}", shown(&self.path)))?;
        let root = self.root();
        let root = root.as_ref();
        let purpose = Purpose::Sweep(depth);
        let mut report = CheckReport::default();
        let mut walks_for_unprotected = 0;
        loop {
            let before = self.ledger.read(root).unwrap_or_default();
            let mut walk = Walk::new(self, root, purpose, just_written, progress)?;
            walk.spares_protected = walks_for_unprotected < MOST_FOR_UNPROTECTED;
            let complete = walk.keys(root)?;
            walk.report.complete = complete;
            if !complete {
                return Ok(walk.report.after(report));
            }
            let aside = list_aside(root);
            walk.count_the_rest(root, &aside);
            let again = walk.evict(root, before, aside);
            report = walk.report.after(report);
            match again {
                Again::No => return Ok(report),
                Again::ForMore => {}
                Again::ForUnprotected => walks_for_unprotected += 1,
            }
        }
    }

    /// Says what a sweep would expire and evict now, and changes nothing. Of what expires and of what is
    /// evicted each run is a finding.
    pub(super) fn plan_sweep(&self, progress: &Progress) -> Result<CheckReport> {
        let root = self.root();
        let root = root.as_ref();
        let mut walk = Walk::new(self, root, Purpose::Plan, None, progress)?;
        walk.report.complete = walk.keys(root)?;
        if walk.report.complete {
            let aside = list_aside(root);
            walk.count_the_rest(root, &aside);
            walk.plan_eviction(root, aside)?;
        }
        Ok(walk.report)
    }

    /// The present by the clock that file stamps are taken from.
    pub(super) fn server_now(&self, root: &dyn Dir) -> io::Result<Timestamp> {
        if root.is_local() || self.settings.read_only {
            return Ok(self.fs.now());
        }
        let dir = auxiliary_or_create(root)?;
        let file = fs::retry(|| dir.open_or_create(STAMP_FILE))?;
        file.touch()?;
        Ok(file.stat()?.modified)
    }

    /// Counts keys, entries and files without reading any.
    pub(super) fn count_files(&self) -> io::Result<Totals> {
        let root = self.root();
        let mut totals = Totals::default();
        let mut failed = None;
        each_key(root.as_ref(), &mut |key| {
            let Ok(dir) = root.open_dir(directory_of(key).as_str()) else {
                return true;
            };
            let scan = match Scan::read(dir.as_ref()) {
                Ok(scan) => scan,
                Err(e) => {
                    failed = Some(e);
                    return false;
                }
            };
            let runs = count_directory(dir.as_ref(), &scan, &mut totals);
            totals.entries += runs;
            totals.keys += i64::from(runs > 0);
            true
        })?;
        if let Some(e) = failed {
            return Err(e);
        }
        count_beside_keys(root.as_ref(), &list_aside(root.as_ref()), &mut totals);
        Ok(totals)
    }
}

/// Adds what lies below the root and under no key: files of ours, of nobody, and set aside.
pub(super) fn count_beside_keys(root: &dyn Dir, aside: &[Aside], totals: &mut Totals) {
    count_plain_files(root, totals);
    if let Ok(Some(own)) = auxiliary(root) {
        if count_plain_files(own.as_ref(), totals) {
            count_labels(own.as_ref(), totals);
        }
    }
    for a in aside {
        totals.add_file(a.len);
        totals.aside_file(a.len);
    }
}

/// Adds the files of a key's directory; returns how many runs have both halves of a pair.
pub(super) fn count_directory(dir: &dyn Dir, scan: &Scan, totals: &mut Totals) -> i64 {
    let names = scan
        .metadata
        .iter()
        .map(Stem::metadata)
        .chain(scan.payloads.iter().map(Stem::payload))
        .chain(scan.pins.iter().map(|r| pin_name(r)))
        .chain(scan.slots.iter().map(|r| slot_name(r)))
        .chain(scan.reused.iter().map(|s| Stem::plain(s).reused()))
        .chain(scan.restarts.iter().map(|(_, name)| name.clone()))
        .chain(scan.links.iter().map(Link::name))
        .chain(scan.lives.iter().map(|g| life_name(*g)))
        .chain(scan.unfinished.iter().cloned())
        .chain(scan.unknown.iter().cloned());
    for name in names {
        match dir.stat_at(&name) {
            Ok(stat) if stat.kind == NodeKind::File => totals.add_file(stat.len),
            _ => {}
        }
    }
    let payloads: HashSet<&str> = scan.payloads.iter().map(Stem::as_str).collect();
    let runs: HashSet<&str> = scan
        .metadata
        .iter()
        .filter(|s| payloads.contains(s.as_str()))
        .map(Stem::run_id)
        .collect();
    let sealed = count_sealed(dir, &scan.sealed, totals);
    runs.len() as i64 + i64::from(sealed)
}

/// Adds the generations of a sealed entry; true when the highest is none of a removal. Tombstones, which
/// are empty, count nowhere: evicting an entry leaves one for a while.
fn count_sealed(dir: &dyn Dir, generations: &[u64], totals: &mut Totals) -> bool {
    let highest = generations.iter().max();
    let mut holds_something = false;
    for generation in generations {
        match dir.stat_at(&sealed_name(*generation)) {
            Ok(s) if s.kind == NodeKind::File && s.len > 0 => {
                totals.add_file(s.len);
                holds_something |= highest == Some(generation);
            }
            _ => {}
        }
    }
    holds_something
}
