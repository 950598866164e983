//! Walking the whole root: expiry, eviction, what the dead left, damage, and the true totals.
//!
//! Nothing a living writer holds is touched, nothing intact is lost but to expiry and the budget,
//! and any number of processes may sweep at once: every step is safe without a lock, and a step
//! that finds its file gone has nothing to do.

use super::aside::{drop_aside, list_aside, set_aside, Aside};
use super::auxiliary::{auxiliary, auxiliary_or_create};
use super::liveness::{belongs_to, is_locked, is_young, living};
use super::lookup::newest_generations;
use super::metadata::Durability;
use super::names::{key_of_directory, pin_name, Stem};
use super::options::Settings;
use super::record;
use super::remove::{stems_of_run, unlink, unlink_run};
use super::scan::{read_metadata, read_payload, Known, Read, Scan};
use super::totals::{count_plain_files, Totals};
use super::{directory_of, Inner};
use crate::error::{shown, Error, Result};
use crate::fs::{self, Dir, NodeKind, Timestamp};
use crate::key::Key;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::io;
use std::sync::atomic::Ordering;
use std::sync::PoisonError;

/// Eviction stops at this share of each budget, so that it is rare.
const EVICT_TO: f64 = 0.9;
/// Damage and halves of pairs are left alone until unchanged for this long.
const DAMAGE_GRACE_SECONDS: f64 = 600.0;
const STAMP_FILE: &str = "sweep";

/// How closely a sweep looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Names, lengths and metadata, and the payloads that a lookup found damaged.
    Shallow,
    /// Every payload as well.
    Thorough,
}

/// A run that may be evicted.
struct Evictable {
    /// Just written: counted, and not evicted.
    spared: bool,
    /// False sorts first: nothing speaks for keeping it.
    protected: bool,
    /// False sorts first: one generation alone exceeds the budget, so no room is made for it.
    fits: bool,
    last_activity: Timestamp,
    key: Key,
    run_id: String,
    /// The newest when the walk came by.
    newest: Stem,
    files: i64,
    bytes: i64,
}

/// What one walk needs throughout.
struct Walk<'a> {
    store: &'a Inner,
    /// As the root has them recorded now, but for what this handle's opener named.
    settings: Settings,
    depth: Depth,
    /// By the file server's clock.
    now: Timestamp,
    living: Vec<String>,
    suspects: HashSet<(Key, String)>,
    just_written: Option<(Key, &'a str)>,
    totals: Totals,
    evictable: Vec<Evictable>,
}

impl Inner {
    /// Sweeps the root. `just_written` is not evicted whatever the budget says.
    pub(super) fn sweep(&self, depth: Depth, just_written: Option<(Key, &str)>) -> Result<()> {
        self.check_writable(|| format!("sweeping {}", shown(&self.path)))?;
        let root = self.root();
        let failed = |e| Error::from_io(format!("sweeping {}", shown(&self.path)), e);
        let before = self.ledger.read(root.as_ref()).unwrap_or_default();
        let now = self.server_now(root.as_ref()).map_err(failed)?;
        let suspects =
            std::mem::take(&mut *self.suspects.lock().unwrap_or_else(PoisonError::into_inner));
        let mut walk = Walk {
            store: self,
            settings: self.options.resolve(&record::read(root.as_ref())?),
            depth,
            now,
            living: living(root.as_ref(), now),
            suspects,
            just_written,
            totals: Totals::default(),
            evictable: Vec::new(),
        };
        for item in fs::retry(|| root.list()).map_err(failed)? {
            let Some(key) = key_of_directory(&item.name) else {
                continue;
            };
            if matches!(item.kind, None | Some(NodeKind::Directory)) {
                // One directory that cannot be read does not keep the others from being swept.
                let _ = walk.key(root.as_ref(), key);
            }
        }
        let aside = list_aside(root.as_ref());
        count_beside_keys(root.as_ref(), &aside, &mut walk.totals);
        walk.evict(root.as_ref(), aside);
        let mut totals = walk.totals;
        totals.walked_unix_secs = self.fs.now().secs;
        self.ledger.correct(root.as_ref(), before, totals);
        Ok(())
    }

    /// The present by the clock that file stamps are taken from.
    fn server_now(&self, root: &dyn Dir) -> io::Result<Timestamp> {
        if root.is_local() {
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
        for item in fs::retry(|| root.list())? {
            let Some(dir) =
                key_of_directory(&item.name).and_then(|_| root.open_dir(&item.name).ok())
            else {
                continue;
            };
            let scan = Scan::read(dir.as_ref())?;
            let runs = count_directory(dir.as_ref(), &scan, &mut totals);
            totals.entries += runs;
            totals.keys += i64::from(runs > 0);
        }
        count_beside_keys(root.as_ref(), &list_aside(root.as_ref()), &mut totals);
        Ok(totals)
    }
}

/// Adds what lies below the root and under no key: files of ours, of nobody, and set aside.
fn count_beside_keys(root: &dyn Dir, aside: &[Aside], totals: &mut Totals) {
    count_plain_files(root, totals);
    if let Ok(Some(own)) = auxiliary(root) {
        count_plain_files(own.as_ref(), totals);
    }
    for a in aside {
        totals.add_file(a.len);
        totals.aside_file(a.len);
    }
}

/// Adds the files of a key's directory; returns how many runs have both halves of a pair.
fn count_directory(dir: &dyn Dir, scan: &Scan, totals: &mut Totals) -> i64 {
    let names = scan
        .metadata
        .iter()
        .map(Stem::metadata)
        .chain(scan.payloads.iter().map(Stem::payload))
        .chain(scan.pins.iter().map(|r| pin_name(r)))
        .chain(scan.reused.iter().map(|s| Stem::plain(s).reused()))
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
    runs.len() as i64
}

/// What a walk found in one key's directory.
#[derive(Default)]
struct Contents {
    runs: BTreeMap<String, Vec<Known>>,
    /// Each with the reason.
    damaged: Vec<(Stem, String)>,
    /// Of another schema.
    foreign: Vec<Stem>,
}

impl Walk<'_> {
    fn key(&mut self, root: &dyn Dir, key: Key) -> Result<()> {
        let name = directory_of(key);
        let failed = |e| Error::from_io(format!("sweeping key {key}"), e);
        let dir = fs::retry(|| root.open_dir(name.as_str())).map_err(failed)?;
        let dir = dir.as_ref();
        let scan = Scan::read(dir).map_err(failed)?;
        // Removals change the totals counted below, so they need not be accounted for here.
        let mut ignored = Totals::default();
        for unfinished in &scan.unfinished {
            if self.is_abandoned(dir, unfinished) {
                let _ = unlink(dir, unfinished, &mut ignored);
            }
        }
        let contents = self.read_runs(dir, key, &scan)?;
        for (stem, why) in contents.damaged {
            self.try_aside(root, dir, key, &stem, &why);
        }
        self.orphans(root, dir, key, &scan);
        for stem in contents.foreign {
            if !contents.runs.contains_key(stem.run_id()) {
                self.foreign(dir, key, &scan, &stem);
            }
        }
        let mut runs = 0;
        for known in contents.runs.into_values() {
            runs += i64::from(self.run(dir, key, &scan, known));
        }
        self.beside_nothing(dir, &scan);

        let scan = Scan::read(dir).map_err(failed)?;
        if scan.is_empty() {
            // Someone may be about to write here: then the directory is made again.
            let _ = root.remove_dir(name.as_str());
        }
        count_directory(dir, &scan, &mut self.totals);
        self.totals.entries += runs;
        self.totals.keys += i64::from(runs > 0);
        Ok(())
    }

    fn read_runs(&self, dir: &dyn Dir, key: Key, scan: &Scan) -> Result<Contents> {
        let mut contents = Contents::default();
        for stem in &scan.metadata {
            match read_metadata(dir, scan, stem)? {
                Read::Is(known) => match self.check_payload(dir, key, known)? {
                    Ok(known) => contents
                        .runs
                        .entry(stem.run_id().to_owned())
                        .or_default()
                        .push(known),
                    Err(why) => contents.damaged.push((stem.clone(), why)),
                },
                Read::Damaged(why) => contents.damaged.push((stem.clone(), why)),
                Read::Foreign(_) => contents.foreign.push(stem.clone()),
                // Nothing is known of these, so nothing is done to them.
                Read::Gone | Read::Unreadable(_) => {}
            }
        }
        Ok(contents)
    }

    /// Checks the payload as closely as this walk looks.
    fn check_payload(
        &self,
        dir: &dyn Dir,
        key: Key,
        known: Known,
    ) -> Result<std::result::Result<Known, String>> {
        let suspect = || {
            self.suspects
                .contains(&(key, known.stem.as_str().to_owned()))
        };
        if self.depth == Depth::Thorough || suspect() {
            return Ok(match read_payload(dir, key, known.clone())? {
                Read::Damaged(why) => Err(why),
                Read::Gone => Err("its payload is missing".into()),
                _ => Ok(known),
            });
        }
        Ok(match dir.stat_at(&known.stem.payload()) {
            Ok(s) if s.kind == NodeKind::File && s.len == known.metadata.payload_bytes() => {
                Ok(known)
            }
            Ok(_) => Err("its payload has another length than its metadata says".into()),
            Err(e) if fs::is_absent(&e) => Err("its payload is missing".into()),
            Err(_) => Ok(known),
        })
    }

    fn is_abandoned(&self, dir: &dyn Dir, name: &str) -> bool {
        dir.stat_at(name).is_ok_and(|s| {
            s.kind == NodeKind::File && !is_young(dir, &s, self.now) && !is_locked(dir, name)
        })
    }

    /// Sets a damaged pair aside if both files have been left alone for long enough.
    fn try_aside(&self, root: &dyn Dir, dir: &dyn Dir, key: Key, stem: &Stem, why: &str) {
        let names = [stem.metadata(), stem.payload()];
        let settled = |name: &String| match dir.stat_at(name) {
            Ok(s) => {
                let changed = s.changed.max(s.modified);
                self.now.seconds_since(changed) >= DAMAGE_GRACE_SECONDS && !is_locked(dir, name)
            }
            Err(e) => fs::is_absent(&e),
        };
        if names.iter().all(settled) {
            let _ = set_aside(root, dir, key, stem, why);
        }
    }

    /// Payloads without metadata.
    fn orphans(&self, root: &dyn Dir, dir: &dyn Dir, key: Key, scan: &Scan) {
        let visible: HashSet<&str> = scan.metadata.iter().map(Stem::as_str).collect();
        for stem in &scan.payloads {
            if !visible.contains(stem.as_str()) {
                self.try_aside(root, dir, key, stem, "its metadata is missing");
            }
        }
    }

    /// Pins and stamps whose entry is gone.
    fn beside_nothing(&self, dir: &dyn Dir, scan: &Scan) {
        let mut ignored = Totals::default();
        let settled = |name: &str| {
            dir.stat_at(name)
                .is_ok_and(|s| self.now.seconds_since(s.changed) >= DAMAGE_GRACE_SECONDS)
        };
        let runs: HashSet<&str> = scan.metadata.iter().map(Stem::run_id).collect();
        let stems: HashSet<&str> = scan.metadata.iter().map(Stem::as_str).collect();
        let pins = scan.pins.iter().filter(|r| !runs.contains(r.as_str()));
        let stamps = scan.reused.iter().filter(|s| !stems.contains(s.as_str()));
        for name in pins
            .map(|r| pin_name(r))
            .chain(stamps.map(|s| Stem::plain(s).reused()))
        {
            if settled(&name) {
                let _ = unlink(dir, &name, &mut ignored);
            }
        }
    }

    /// Expires a run, or drops generations that are superseded and notes what may be evicted.
    /// True when the run stays.
    fn run(&mut self, dir: &dyn Dir, key: Key, scan: &Scan, known: Vec<Known>) -> bool {
        let Some(&newest) = newest_generations(&known).first() else {
            return false;
        };
        let newest = &known[newest];
        let stays = self.keep_or_expire(dir, key, scan, &newest.stem, newest.last_activity);
        if stays {
            self.drop_superseded(dir, key, &known, newest);
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
        let pinned = scan.pins.contains(run_id);
        let spared = self.just_written == Some((key, run_id));
        let mut stems = stems_of_run(scan, run_id);
        if !spared && !pinned && self.settings.is_expired(last_activity, self.now) {
            let gone = unlink_run(dir, &mut stems, &mut Totals::default()).is_ok();
            if gone {
                self.store
                    .counters
                    .expirations
                    .fetch_add(1, Ordering::Relaxed);
            }
            return !gone;
        }
        let mut weight = Totals::default();
        let mut fits = true;
        for stem in &stems {
            let mut pair = Totals::default();
            for name in [stem.metadata(), stem.payload()] {
                if let Ok(s) = dir.stat_at(&name) {
                    pair.add_file(s.len);
                }
            }
            fits &= !self.settings.is_exceeded_by(&pair);
            weight = weight.plus(pair);
        }
        self.evictable.push(Evictable {
            spared,
            fits,
            protected: pinned || belongs_to(run_id, &self.living),
            last_activity: last_activity.min(self.now),
            key,
            run_id: run_id.to_owned(),
            newest: newest.clone(),
            files: weight.files,
            bytes: weight.bytes,
        });
        true
    }

    /// Generations whose writer died before it removed them. The newest must be whole and durable
    /// first; one written without syncing supersedes only its like.
    fn drop_superseded(&self, dir: &dyn Dir, key: Key, known: &[Known], newest: &Known) {
        let older: Vec<&Known> = known
            .iter()
            .filter(|k| k.stem.generation < newest.stem.generation)
            .filter(|k| {
                newest.durability() == Durability::Full || k.durability() == Durability::Process
            })
            .collect();
        if older.is_empty() {
            return;
        }
        let whole = matches!(read_payload(dir, key, newest.clone()), Ok(Read::Is(_)));
        if !whole || fs::synced(|| dir.sync()).is_err() {
            return;
        }
        let mut ignored = Totals::default();
        for k in older {
            let _ = unlink(dir, &k.stem.metadata(), &mut ignored)
                .and_then(|_| unlink(dir, &k.stem.payload(), &mut ignored))
                .and_then(|_| unlink(dir, &k.stem.reused(), &mut ignored));
        }
    }

    /// Evicts down to 90 % of each budget that is exceeded: what was set aside first, oldest first;
    /// then runs, least recently used first, those of living sessions and pinned ones last.
    ///
    /// Where what cannot be evicted exceeds a budget by itself (damage not yet set aside, files of
    /// nobody, however long a hole), evicting everything would not help: then the runs have that
    /// budget to themselves.
    fn evict(&mut self, root: &dyn Dir, mut aside: Vec<Aside>) {
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
        let mut stems = stems_of_run(&scan, &e.run_id);
        let is_newer = |s: &Stem| s.generation > e.newest.generation;
        if stems.iter().any(is_newer) || (!stems.is_empty() && !stems.contains(&e.newest)) {
            // Replaced since the walk came by: now it is among the last that were used.
            return;
        }
        let mut change = Totals::default();
        let gone = unlink_run(dir.as_ref(), &mut stems, &mut change)
            .and_then(|()| unlink(dir.as_ref(), &pin_name(&e.run_id), &mut change));
        if gone.is_err() {
            return;
        }
        self.store
            .counters
            .evictions
            .fetch_add(1, Ordering::Relaxed);
        self.store.memory.remove(&e.key);
        self.totals.files -= e.files;
        self.totals.bytes = self.totals.bytes.saturating_sub(e.bytes);
        self.totals.entries -= 1;
        if root.remove_dir(name.as_str()).is_ok() {
            self.totals.keys -= 1;
        }
    }
}
