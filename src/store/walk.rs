//! Walking all keys: what sweeping, verifying and repairing have in common.

use super::aside::{set_aside, Aside};
use super::auxiliary::auxiliary;
use super::check::{Action, CheckReport, Problem};
use super::evict::{Candidates, Evictable, PRIORITY};
use super::export::is_published;
use super::links::links_of_known;
use super::liveness::{belongs_to, is_locked, is_young, living, seemingly_living};
use super::lookup::newest_generations;
use super::metadata::Durability;
use super::names::{
    directory_of, key_of_directory, pin_name, slot_name, FileRole, Link, Stem, GONE, LABELS,
    SESSION_PREFIX,
};
use super::options::Settings;
use super::private::LONG;
use super::progress::Progress;
use super::record;
use super::remove::{stems_of_run, unlink, unlink_run};
use super::scan::{check_payload, read_metadata, read_payload, read_private, Known, Read, Scan};
use super::sweep::{count_beside_keys, count_directory, Depth};
use super::totals::Totals;
use super::Inner;
use crate::error::{shown, Error, Result};
use crate::fs::{self, Dir, NodeKind, Timestamp};
use crate::key::Key;
use crate::sync::atomic::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::sync::PoisonError;

/// Damage and halves of pairs are left alone until unchanged for this long.
pub(super) const DAMAGE_GRACE_SECONDS: f64 = 600.0;
/// A private file replaced less than this ago is its writer's business: it publishes the pair.
const PRIVATE_IDLE_SECONDS: f64 = 5.0;

/// What a walk is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Everything a sweep does, the limits too.
    Sweep(Depth),
    /// What concerns damage and leavings.
    Repair,
    /// Nothing is changed.
    Verify,
    /// What a shallow sweep would expire and evict; nothing is changed.
    Plan,
}

/// What one walk needs throughout.
pub(super) struct Walk<'a> {
    pub store: &'a Inner,
    pub purpose: Purpose,
    /// As the root has them recorded now, but for what this handle's opener named.
    pub settings: Settings,
    /// By the file server's clock.
    pub now: Timestamp,
    living: Vec<String>,
    suspects: HashSet<(Key, String)>,
    pub just_written: Option<(Key, &'a str)>,
    pub progress: &'a Progress,
    /// Of the key being walked: when each run was last replaced in place; `None` where that cannot
    /// be told.
    in_place: HashMap<String, Option<Timestamp>>,
    /// Sealed entries have labels, as far as the root tells.
    pub has_labels: bool,
    /// Of the sealed generations that were seen.
    pub nonces: HashSet<u64>,
    /// A key could not be read.
    unseen: bool,
    pub totals: Totals,
    pub candidates: Candidates,
    /// What is protected is not evicted before another walk has looked for what is not.
    pub spares_protected: bool,
    /// What would have gone by now, where nothing is changed.
    pub planned: Totals,
    pub report: CheckReport,
}

/// What a walk found in one key's directory.
#[derive(Default)]
struct Contents {
    runs: BTreeMap<String, Vec<Known>>,
    damaged: Vec<Damage>,
    /// Of another schema.
    foreign: Vec<Stem>,
}

struct Damage {
    stem: Stem,
    problem: Problem,
    why: String,
}

/// All files of a run but what is beside nothing without it.
pub(super) fn weigh(dir: &dyn Dir, scan: &Scan, run_id: &str) -> Totals {
    let mut weight = Totals::default();
    let stems = stems_of_run(scan, run_id);
    let names = stems.iter().flat_map(|s| [s.metadata(), s.payload()]);
    for name in names.chain([slot_name(run_id)]) {
        if let Ok(s) = dir.stat_at(&name) {
            weight.add_file(s.len);
        }
    }
    weight
}

/// Hands each key that has a directory to `each`, until it answers false; none is collected.
pub(super) fn each_key(root: &dyn Dir, each: &mut dyn FnMut(Key) -> bool) -> io::Result<()> {
    let mut begun = false;
    let mut last = None;
    let done = fs::retry(|| {
        if begun {
            // Nothing is handed over twice.
            return Ok(());
        }
        let listed = root.each_name(&mut |name, kind| {
            begun = true;
            let is_directory = matches!(kind, None | Some(NodeKind::Directory));
            match key_of_directory(name).filter(|_| is_directory) {
                Some(key) => each(key),
                None => true,
            }
        });
        match listed {
            Err(e) if begun => {
                last = Some(e);
                Ok(())
            }
            listed => listed,
        }
    });
    last.map_or(done, Err)
}

impl<'a> Walk<'a> {
    pub fn new(
        store: &'a Inner,
        root: &dyn Dir,
        purpose: Purpose,
        just_written: Option<(Key, &'a str)>,
        progress: &'a Progress,
    ) -> Result<Walk<'a>> {
        let settings = store.options.resolve(&record::read(root)?);
        let (now, living, suspects) = if purpose == Purpose::Verify {
            (store.fs.now(), Vec::new(), HashSet::new())
        } else if purpose == Purpose::Plan {
            let now = store.fs.now();
            (now, seemingly_living(root, now), HashSet::new())
        } else {
            let failed = |e| Error::from_io(format!("sweeping {}", shown(&store.path)), e);
            let now = store.server_now(root).map_err(failed)?;
            let mut suspects = store
                .suspects
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            (now, living(root, now), std::mem::take(&mut *suspects))
        };
        Ok(Walk {
            store,
            purpose,
            settings,
            now,
            living,
            suspects,
            just_written,
            progress,
            in_place: HashMap::new(),
            has_labels: false,
            nonces: HashSet::new(),
            unseen: false,
            totals: Totals::default(),
            candidates: Candidates::default(),
            spares_protected: false,
            planned: Totals::default(),
            report: CheckReport::default(),
        })
    }

    pub fn acts(&self) -> bool {
        !matches!(self.purpose, Purpose::Verify | Purpose::Plan)
    }

    pub fn has_limits(&self) -> bool {
        matches!(self.purpose, Purpose::Sweep(_) | Purpose::Plan)
    }

    /// Every payload is read, not only what a lookup found damaged.
    pub fn looks_at_payloads(&self) -> bool {
        !matches!(self.purpose, Purpose::Sweep(Depth::Shallow) | Purpose::Plan)
    }

    /// Walks all keys; false when it was cancelled.
    pub fn keys(&mut self, root: &dyn Dir) -> Result<bool> {
        let listing = |e| Error::from_io(format!("listing {}", shown(&self.store.path)), e);
        let known = self.store.ledger.read(root).unwrap_or_default();
        let keys = if self.has_limits() {
            known.keys.max(0) as u64
        } else {
            // Someone watches.
            let mut keys = 0;
            each_key(root, &mut |_| {
                keys += 1;
                true
            })
            .map_err(listing)?;
            keys
        };
        self.progress.begin(keys, known.bytes.max(0) as u64);
        self.leavings_of_root(root);
        if self.has_labels && self.has_limits() && self.acts() {
            self.store.collect_gone_quietly(root, self.now);
        }
        each_key(root, &mut |key| {
            if self.progress.is_cancelled() {
                return false;
            }
            // One directory that cannot be read does not keep the others from being walked.
            match self.key(root, key) {
                Err(e) if !self.progress.is_cancelled() => {
                    self.unseen = true;
                    self.report
                        .note(Some(key), "", Problem::Unreadable, Action::Nothing, || {
                            e.to_string()
                        })
                }
                _ => {}
            }
            self.progress.key_done();
            true
        })
        .map_err(listing)?;
        let complete = !self.progress.is_cancelled();
        let is_sweep = self.has_limits() && self.acts();
        if complete && self.has_labels && is_sweep && !self.unseen {
            self.stray_labels(root);
        }
        Ok(complete)
    }

    /// Adds what lies beside the keys to the totals, and returns them.
    pub fn count_the_rest(&mut self, root: &dyn Dir, aside: &[Aside]) -> Totals {
        count_beside_keys(root, aside, &mut self.totals);
        self.totals.walked_unix_secs = self.store.fs.now().secs;
        self.totals
    }

    /// Files that dead writers left among those of the whole root.
    fn leavings_of_root(&mut self, root: &dyn Dir) {
        let Ok(Some(dir)) = auxiliary(root) else {
            return;
        };
        for item in dir.list().unwrap_or_default() {
            self.has_labels |= item.name == LABELS || item.name == GONE;
            if FileRole::of(&item.name) == FileRole::Unfinished {
                self.leaving(dir.as_ref(), None, &item.name);
            }
        }
    }

    fn key(&mut self, root: &dyn Dir, key: Key) -> Result<()> {
        let name = directory_of(key);
        let failed = |e| Error::from_io(format!("walking key {key}"), e);
        let dir = match fs::retry(|| root.open_dir(name.as_str())) {
            Ok(dir) => dir,
            Err(e) if fs::is_missing(&e) => return Ok(()),
            Err(e) => return Err(failed(e)),
        };
        let dir = dir.as_ref();
        self.report.keys += 1;
        let scan = Scan::read(dir).map_err(failed)?;
        let scan = if self.private_files(dir, key, &scan)? {
            Scan::read(dir).map_err(failed)?
        } else {
            scan
        };
        for unfinished in &scan.unfinished {
            self.leaving(dir, Some(key), unfinished);
        }
        let contents = self.read_runs(dir, key, &scan)?;
        for damage in contents.damaged {
            self.damage(root, dir, key, damage);
        }
        self.orphans(root, dir, key, &scan);
        self.report.foreign += contents.foreign.len() as u64;
        for stem in contents.foreign {
            if !contents.runs.contains_key(stem.run_id()) {
                self.foreign(dir, key, &scan, &stem);
            }
        }
        let in_place_only = |run: &&String| !contents.runs.contains_key(run.as_str());
        let mut runs = self.in_place.keys().filter(in_place_only).count() as i64;
        for known in contents.runs.into_values() {
            runs += i64::from(self.run(root, dir, key, &scan, known));
        }
        if !scan.sealed.is_empty() || !scan.lives.is_empty() {
            runs += i64::from(self.sealed_key(root, dir, key)?);
        }
        self.beside_nothing(root, dir, key, &scan);
        if self.purpose == Purpose::Verify {
            return Ok(());
        }
        let scan = Scan::read(dir).map_err(failed)?;
        if scan.is_empty() && self.acts() {
            // Someone may be about to write here: then the directory is made again.
            let _ = root.remove_dir(name.as_str());
        }
        count_directory(dir, &scan, &mut self.totals);
        self.totals.entries += runs;
        self.totals.keys += i64::from(runs > 0);
        Ok(())
    }

    fn read_runs(&mut self, dir: &dyn Dir, key: Key, scan: &Scan) -> Result<Contents> {
        let mut contents = Contents::default();
        for stem in &scan.metadata {
            if self.progress.is_cancelled() {
                break;
            }
            match self.read_pair(dir, key, scan, stem)? {
                Ok(Read::Is(known)) => {
                    let runs = &mut contents.runs;
                    runs.entry(stem.run_id().to_owned())
                        .or_default()
                        .push(known);
                }
                Ok(Read::Foreign(_)) => contents.foreign.push(stem.clone()),
                Ok(Read::Unreadable(e)) => {
                    let run_id = stem.run_id();
                    self.report.note(
                        Some(key),
                        run_id,
                        Problem::Unreadable,
                        Action::Nothing,
                        || e.to_string(),
                    );
                }
                Ok(Read::Gone | Read::Damaged(_)) => {}
                Err(damage) => contents.damaged.push(damage),
            }
            self.progress.entry_done();
        }
        Ok(contents)
    }

    /// Reads one pair as closely as this walk looks; damage that is settled is the error.
    fn read_pair(
        &self,
        dir: &dyn Dir,
        key: Key,
        scan: &Scan,
        stem: &Stem,
    ) -> Result<std::result::Result<Read<Known>, Damage>> {
        let mut attempt = 0;
        loop {
            let found = match read_metadata(dir, scan, stem)? {
                Read::Is(known) => self.judge_payload(dir, key, known)?,
                Read::Damaged(why) => Err((Problem::Metadata, why)),
                other => Ok(other),
            };
            let (problem, why) = match found {
                Ok(read) => return Ok(Ok(read)),
                Err(damage) => damage,
            };
            let Some(pause) = self.store.may_settle(dir, stem, &mut attempt) else {
                // Removed while it was read: then nothing is damaged.
                if dir
                    .stat_at(&stem.metadata())
                    .is_err_and(|e| fs::is_missing(&e))
                {
                    return Ok(Ok(Read::Gone));
                }
                let stem = stem.clone();
                return Ok(Err(Damage { stem, problem, why }));
            };
            std::thread::sleep(pause);
        }
    }

    fn judge_payload(
        &self,
        dir: &dyn Dir,
        key: Key,
        known: Known,
    ) -> Result<std::result::Result<Read<Known>, (Problem, String)>> {
        let suspect = || {
            let name = (key, known.stem.as_str().to_owned());
            self.suspects.contains(&name)
        };
        let missing = || (Problem::PayloadMissing, "its payload is missing".into());
        if self.looks_at_payloads() || suspect() {
            return Ok(match check_payload(dir, &known, self.progress)? {
                Read::Is(()) => Ok(Read::Is(known)),
                Read::Damaged(why) => Err((Problem::Payload, why)),
                Read::Gone => Err(missing()),
                Read::Foreign(version) => Ok(Read::Foreign(version)),
                // For the limits an entry counts all the same.
                Read::Unreadable(_) if self.has_limits() => Ok(Read::Is(known)),
                Read::Unreadable(e) => Ok(Read::Unreadable(e)),
            });
        }
        Ok(match dir.stat_at(&known.stem.payload()) {
            Ok(s) if s.kind == NodeKind::File && s.len == known.metadata.payload_bytes() => {
                Ok(Read::Is(known))
            }
            Ok(_) => Err((
                Problem::Payload,
                "its payload has another length than its metadata says".into(),
            )),
            Err(e) if fs::is_missing(&e) => Err(missing()),
            Err(_) => Ok(Read::Is(known)),
        })
    }

    /// A file being written by someone, or left behind by someone dead.
    fn leaving(&mut self, dir: &dyn Dir, key: Option<Key>, name: &str) {
        let abandoned = dir.stat_at(name).is_ok_and(|s| {
            // One that has its final name, too, is complete: its writer was about to remove this one.
            let complete = s.links > 1;
            s.kind == NodeKind::File
                && (complete || !is_young(dir, &s, self.now) && !is_locked(dir, name))
        });
        if abandoned {
            self.remove_leaving(dir, key, name, "a dead writer left it behind");
        }
    }

    fn remove_leaving(&mut self, dir: &dyn Dir, key: Option<Key>, name: &str, why: &str) {
        // Removals change the totals counted afterwards, so they need not be accounted for here.
        let action = if !self.acts() {
            Action::Nothing
        } else if unlink(dir, name, &mut Totals::default()).is_ok() {
            Action::Removed
        } else {
            Action::Failed
        };
        self.report.note(key, "", Problem::Leaving, action, || {
            format!("{}: {why}", shown(&dir.path().join(name)))
        });
    }

    /// Private files that nobody is at work on any more: what they hold becomes a pair, and they go.
    /// True when anything was changed.
    fn private_files(&mut self, dir: &dyn Dir, key: Key, scan: &Scan) -> Result<bool> {
        let mut changed = false;
        self.in_place.clear();
        for run_id in &scan.slots {
            self.in_place.insert(run_id.clone(), None);
            let name = slot_name(run_id);
            let stat = match fs::retry(|| dir.stat_at(&name)) {
                Ok(stat) => stat,
                Err(e) if fs::is_missing(&e) => {
                    self.in_place.remove(run_id);
                    continue;
                }
                Err(_) => continue,
            };
            let idle = self.now.seconds_since(stat.modified) >= PRIVATE_IDLE_SECONDS;
            let found = match read_private(dir, scan, run_id) {
                Ok(Read::Is(found)) => found,
                Ok(Read::Gone) => {
                    self.in_place.remove(run_id);
                    continue;
                }
                _ => continue,
            };
            match found.iter().map(|k| k.last_activity).max() {
                Some(activity) => self.in_place.insert(run_id.clone(), Some(activity)),
                None => self.in_place.remove(run_id),
            };
            let has_pair = |k: &Known| is_published(dir, scan, k);
            if !self.acts() {
                let whole = |k: &&Known| !has_pair(k) && self.is_whole(dir, key, k);
                self.report.unpublished += found.iter().take(1).filter(whole).count() as u64;
                continue;
            }
            let session_is_dead =
                run_id.starts_with(SESSION_PREFIX) && !belongs_to(run_id, &self.living);
            let abandoned = idle && (session_is_dead || !is_young(dir, &stat, self.now));
            if abandoned || (idle && found.first().is_some_and(|k| !has_pair(k))) {
                // The next walk tries again where this fails.
                let done = self.store.export_held(key, run_id, abandoned, LONG).is_ok();
                if done && abandoned {
                    self.in_place.remove(run_id);
                }
                changed |= done;
            }
        }
        Ok(changed)
    }

    fn is_whole(&self, dir: &dyn Dir, key: Key, known: &Known) -> bool {
        matches!(read_payload(dir, key, known.clone()), Ok(Read::Is(_)))
    }

    /// Sets a damaged pair aside if both files have been left alone for long enough.
    fn damage(&mut self, root: &dyn Dir, dir: &dyn Dir, key: Key, damage: Damage) {
        let Damage { stem, problem, why } = damage;
        let names = [stem.metadata(), stem.payload()];
        let settled = |name: &String| match dir.stat_at(name) {
            Ok(s) => {
                let changed = s.changed.max(s.modified);
                self.now.seconds_since(changed) >= DAMAGE_GRACE_SECONDS && !is_locked(dir, name)
            }
            Err(e) => fs::is_missing(&e),
        };
        let gone = |name: &String| matches!(dir.stat_at(name), Err(e) if fs::is_missing(&e));
        if names.iter().all(gone) {
            // Removed since it was listed: then nothing is wrong.
            return;
        }
        let action = if !self.acts() {
            Action::Nothing
        } else if !names.iter().all(settled) {
            Action::Waits
        } else {
            match set_aside(root, dir, key, &stem, &why) {
                Ok(true) => Action::MovedAside,
                // Replaced while it was moved, and put back.
                Ok(false) => Action::Waits,
                Err(_) => Action::Failed,
            }
        };
        let at = match problem {
            Problem::Metadata => stem.metadata(),
            _ => stem.payload(),
        };
        self.report
            .note(Some(key), stem.run_id(), problem, action, || {
                format!("{}: {why}", shown(&dir.path().join(at)))
            });
    }

    /// Payloads without metadata.
    fn orphans(&mut self, root: &dyn Dir, dir: &dyn Dir, key: Key, scan: &Scan) {
        let visible: HashSet<&str> = scan.metadata.iter().map(Stem::as_str).collect();
        for stem in &scan.payloads {
            // Its metadata may have been named since.
            if visible.contains(stem.as_str()) || dir.stat_at(&stem.metadata()).is_ok() {
                continue;
            }
            let damage = Damage {
                stem: stem.clone(),
                problem: Problem::MetadataMissing,
                why: "its metadata is missing".into(),
            };
            self.damage(root, dir, key, damage);
        }
    }

    /// Pins, stamps, restarts and links whose entry is gone.
    fn beside_nothing(&mut self, root: &dyn Dir, dir: &dyn Dir, key: Key, scan: &Scan) {
        let stems: HashSet<&str> = scan.metadata.iter().map(Stem::as_str).collect();
        let pins = scan.pins.iter().filter(|r| !scan.has_run(r));
        let stamps = scan.reused.iter().filter(|s| !stems.contains(s.as_str()));
        let generations: HashSet<(&str, u64)> = scan
            .metadata
            .iter()
            .map(|s| (s.run_id(), s.generation))
            .collect();
        // What lies in a private file has no stem to go by.
        let restarts = scan.restarts.iter().filter(|(stem, _)| {
            !Stem::parse(stem).is_some_and(|s| {
                scan.slots.contains(s.run_id()) || generations.contains(&(s.run_id(), s.generation))
            })
        });
        let links = self.store.dead_links(root, &scan.links);
        for name in pins
            .map(|r| pin_name(r))
            .chain(stamps.map(|s| Stem::plain(s).reused()))
            .chain(restarts.map(|(_, name)| name.clone()))
            .chain(links.into_iter().map(Link::name))
        {
            let settled = dir
                .stat_at(&name)
                .is_ok_and(|s| self.now.seconds_since(s.changed) >= DAMAGE_GRACE_SECONDS);
            if settled && !is_locked(dir, &name) {
                self.remove_leaving(dir, Some(key), &name, "the entry it belongs to is gone");
            }
        }
    }

    /// Counts a run, expires it where limits are in force, and drops generations that are
    /// superseded. True when the run stays.
    fn run(
        &mut self,
        root: &dyn Dir,
        dir: &dyn Dir,
        key: Key,
        scan: &Scan,
        known: Vec<Known>,
    ) -> bool {
        let Some(&newest) = newest_generations(&known).first() else {
            return false;
        };
        self.report.intact += known.len() as u64;
        self.report.superseded += known.len() as u64 - 1;
        self.report.payload_bytes += known
            .iter()
            .map(|k| k.metadata.payload_bytes())
            .sum::<u64>();
        let newest = &known[newest];
        let stays = self.keep_or_expire(dir, key, scan, &newest.stem, newest.last_activity);
        if stays && self.acts() {
            self.drop_superseded(dir, scan, &known, newest);
        } else if !stays && self.acts() {
            let links = links_of_known(key, newest);
            self.store.unlink_all(root, &links, &mut Totals::default());
        }
        stays
    }

    /// An entry of another schema: nothing but its age and size is known.
    fn foreign(&mut self, dir: &dyn Dir, key: Key, scan: &Scan, stem: &Stem) {
        if let Ok(stat) = dir.stat_at(&stem.metadata()) {
            self.keep_or_expire(dir, key, scan, stem, stat.modified);
        }
    }

    fn keep_or_expire(
        &mut self,
        dir: &dyn Dir,
        key: Key,
        scan: &Scan,
        newest: &Stem,
        last_activity: Timestamp,
    ) -> bool {
        let run_id = newest.run_id();
        if !self.has_limits() {
            return true;
        }
        let last_used = last_activity;
        let (last_activity, unknown) = match self.in_place.get(run_id) {
            None => (last_activity, false),
            Some(Some(in_place)) => (last_activity.max(*in_place), false),
            Some(None) => (last_activity, true),
        };
        // What cannot be read may be newer than all that can.
        let spared = unknown || self.just_written == Some((key, run_id));
        let pinned = scan.pins.contains(run_id);
        if !spared && !pinned && self.settings.is_expired(last_activity, self.now) {
            let idle = self.now.seconds_since(last_activity);
            let text = || format!("last used {:.1} days ago", idle / 86_400.0);
            if !self.acts() {
                self.planned = self.planned.plus(weigh(dir, scan, run_id));
                self.report
                    .note(Some(key), run_id, Problem::Expired, Action::Nothing, text);
                return false;
            }
            let gone = unlink_run(dir, run_id, &mut Totals::default());
            let expirations = &self.store.counters.expirations;
            expirations.fetch_add(u64::from(matches!(gone, Ok(true))), Ordering::Relaxed);
            match &gone {
                Ok(true) => {
                    self.report
                        .note(Some(key), run_id, Problem::Expired, Action::Removed, text)
                }
                Ok(false) => {}
                Err(e) => {
                    let why = || format!("{}, and cannot be removed: {e}", text());
                    self.report
                        .note(Some(key), run_id, Problem::Expired, Action::Failed, why);
                }
            }
            return gone.is_err();
        }
        let mut weight = Totals::default();
        let mut fits = true;
        for stem in &stems_of_run(scan, run_id) {
            let mut pair = Totals::default();
            for name in [stem.metadata(), stem.payload()] {
                if let Ok(s) = dir.stat_at(&name) {
                    pair.add_file(s.len);
                }
            }
            fits &= !self.settings.is_exceeded_by(&pair);
            weight = weight.plus(pair);
        }
        // One that holds nothing is none of the run's, and may be a hole however long.
        if self.in_place.contains_key(run_id) {
            if let Ok(s) = dir.stat_at(&slot_name(run_id)) {
                weight.add_file(s.len);
                if !spared {
                    self.candidates.add_spare(last_activity, key, run_id);
                }
            }
        }
        self.candidates.count(weight);
        if !spared {
            self.candidates.add(Evictable {
                fits,
                priority: PRIORITY,
                protected: pinned || belongs_to(run_id, &self.living),
                last_activity: last_activity.min(self.now),
                key,
                newest: newest.clone(),
                last_used,
            });
        }
        true
    }

    /// Generations whose writer died before it removed them. The newest must be whole and durable
    /// first; one written without syncing supersedes only its like.
    fn drop_superseded(&mut self, dir: &dyn Dir, scan: &Scan, known: &[Known], newest: &Known) {
        let older: Vec<&Known> = known
            .iter()
            // Of one generation, too: two writers may have published it at once, or one again after a
            // failure.
            .filter(|k| k.stem != newest.stem && k.stem.generation <= newest.stem.generation)
            .filter(|k| {
                newest.durability() == Durability::Full || k.durability() == Durability::Process
            })
            .collect();
        if older.is_empty() {
            return;
        }
        let whole = matches!(check_payload(dir, newest, self.progress), Ok(Read::Is(())));
        if !whole || fs::synced(|| dir.sync()).is_err() {
            return;
        }
        for k in older {
            for name in [k.stem.metadata(), k.stem.payload(), k.stem.reused()] {
                match unlink(dir, &name, &mut Totals::default()) {
                    Ok(gone) => self.report.removed += u64::from(gone),
                    Err(_) => break,
                }
            }
            if k.stem.generation == newest.stem.generation {
                continue;
            }
            for name in scan.restarts_from(&k.stem) {
                let _ = unlink(dir, name, &mut Totals::default());
            }
        }
    }
}
