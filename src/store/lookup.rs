//! Finding the entry a key is asked for: passing over damage, never changing anything.

use super::entry::{Entry, EntryInfo, Source, Stored};
use super::metadata::Metadata;
use super::names::{check_run_id, directory_of, Stem};
use super::rank::{choose, Lookup, Rank};
use super::scan::{
    last_change, read_metadata, read_payload, read_private, snapshot_private, Known, Place, Read,
    Scan,
};
use super::Inner;
use crate::error::{shown, Error, ErrorKind, Result};
use crate::fs::{self, Dir, Stat, Timestamp};
use crate::key::Key;
use crate::sync::atomic::Ordering;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// How often a directory that changes while it is read is read again.
const ATTEMPTS: u32 = 64;
/// How often what a file server calls stale is looked up again from the root.
const STALE_ATTEMPTS: u32 = 4;
/// A mismatch in files changed less than this ago may be another engine overwriting a pair.
const SETTLING_SECONDS: f64 = 2.0;
/// How often such a pair is looked at again, a millisecond longer each time.
const SETTLING_ATTEMPTS: u32 = 6;
/// What an entry in memory weighs besides its payload.
const OVERHEAD: usize = 1024;

/// Which of a key's entries are wanted.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'a> {
    Ranked(Lookup),
    Run(&'a str),
}

/// Answers kept in memory, with the directory as it was when they were read.
pub(super) struct Resident {
    inode: u64,
    modified: Timestamp,
    changed: Timestamp,
    best: Option<Arc<Stored>>,
    latest: Option<Arc<Stored>>,
}

impl Resident {
    fn answer(&self, mode: Lookup) -> Option<&Arc<Stored>> {
        match mode {
            Lookup::Best => self.best.as_ref(),
            Lookup::Latest => self.latest.as_ref(),
        }
    }

    /// Stamps alone do not prove that nothing changed; see [`Inner::remember`].
    fn is_current(&self, now: &Stat) -> bool {
        (self.inode, self.modified, self.changed) == (now.inode, now.modified, now.changed)
    }

    fn weight(&self) -> usize {
        let one = |s: &Option<Arc<Stored>>| s.as_ref().map_or(0, |s| s.bytes.len() + OVERHEAD);
        match (&self.best, &self.latest) {
            (Some(a), Some(b)) if Arc::ptr_eq(a, b) => one(&self.best),
            _ => one(&self.best) + one(&self.latest),
        }
    }
}

/// The outcome of reading a directory once.
enum Found {
    Entry(Arc<Stored>),
    Nothing,
    /// For a run that was asked for by name: why none of its generations will do.
    Refused(Error),
    /// Something vanished or is being overwritten: read again after this long.
    Again(Duration),
}

impl Inner {
    /// The best or latest entry under `key`.
    pub(crate) fn lookup(&self, key: Key, mode: Lookup) -> Result<Option<Entry>> {
        let found = match self.recall(key, mode) {
            Some(stored) => Some(stored),
            None => self.find(key, Wanted::Ranked(mode))?,
        };
        self.count_lookup(found.is_some());
        Ok(found.map(|stored| self.hand_out(stored)))
    }

    /// The newest intact generation of one run; `Corrupt` when there are some and none is intact.
    pub(super) fn lookup_run(&self, key: Key, run_id: &str) -> Result<Option<Entry>> {
        check_run_id(run_id)?;
        let found = self.find(key, Wanted::Run(run_id))?;
        self.count_lookup(found.is_some());
        Ok(found.map(|stored| self.hand_out(stored)))
    }

    fn count_lookup(&self, hit: bool) {
        let counter = if hit {
            &self.counters.hits
        } else {
            &self.counters.misses
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    fn hand_out(&self, stored: Arc<Stored>) -> Entry {
        self.note_reuse(&stored);
        Entry {
            stored,
            source: Source::Exact,
        }
    }

    /// An answer from memory, if the directory is as it was.
    fn recall(&self, key: Key, mode: Lookup) -> Option<Arc<Stored>> {
        let resident = self.memory.get(&key)?;
        let stored = resident.answer(mode)?;
        let now = self.root().stat_at(directory_of(key).as_str()).ok()?;
        (resident.is_current(&now) && !self.is_expired(stored.last_activity))
            .then(|| Arc::clone(stored))
    }

    /// Keeps an answer in memory, if a later change is sure to show in the directory's stamps.
    /// Hosts that share a file system share no clock, so nothing is kept there.
    fn remember(
        &self,
        key: Key,
        mode: Lookup,
        dir: &dyn Dir,
        at: Option<Seen>,
        stored: &Arc<Stored>,
    ) {
        let Some(Seen { stat, read_at }) = at.filter(|_| dir.is_local()) else {
            return;
        };
        if !stat.is_settled(read_at) {
            return;
        }
        let mut resident = Resident {
            inode: stat.inode,
            modified: stat.modified,
            changed: stat.changed,
            best: None,
            latest: None,
        };
        if let Some(known) = self.memory.get(&key).filter(|r| r.is_current(&stat)) {
            resident.best.clone_from(&known.best);
            resident.latest.clone_from(&known.latest);
        }
        let same = |s: &Option<Arc<Stored>>| {
            s.clone()
                .filter(|s| s.stem == stored.stem && s.metadata == stored.metadata)
        };
        let (mine, other) = match mode {
            Lookup::Best => (&mut resident.best, &resident.latest),
            Lookup::Latest => (&mut resident.latest, &resident.best),
        };
        *mine = Some(same(other).unwrap_or_else(|| Arc::clone(stored)));
        let weight = resident.weight();
        self.memory.insert(key, Arc::new(resident), weight);
    }

    fn is_expired(&self, last_activity: Timestamp) -> bool {
        self.settings.is_expired(last_activity, self.fs.now())
    }

    /// Reads the disk until the directory holds still for long enough to answer.
    fn find(&self, key: Key, wanted: Wanted<'_>) -> Result<Option<Arc<Stored>>> {
        let mut settling = 0;
        for attempt in 1..=ATTEMPTS {
            let last = attempt == ATTEMPTS;
            let dir = match self.open_key_dir(key) {
                Ok(Some(dir)) => dir,
                Ok(None) => return Ok(None),
                Err(e) if e.os_error() == Some(libc::ESTALE) && attempt < STALE_ATTEMPTS => {
                    self.reopen_root();
                    continue;
                }
                Err(e) => return Err(e),
            };
            let seen = Seen::now(self, dir.as_ref());
            let found = match self.find_in(dir.as_ref(), key, wanted, last, &mut settling) {
                // Another host removed the directory, perhaps to make it again.
                Err(e) if e.os_error() == Some(libc::ESTALE) && attempt < STALE_ATTEMPTS => {
                    continue
                }
                found => found?,
            };
            match found {
                Found::Entry(stored) => {
                    if let Wanted::Ranked(mode) = wanted {
                        self.remember(key, mode, dir.as_ref(), seen, &stored);
                    }
                    return Ok(Some(stored));
                }
                Found::Nothing => return Ok(None),
                Found::Refused(e) => return Err(e),
                Found::Again(pause) => crate::sync::sleep(pause),
            }
        }
        Ok(None)
    }

    /// The directory of `key`, if there is one.
    pub(super) fn open_key_dir(&self, key: Key) -> Result<Option<Arc<dyn Dir>>> {
        let root = self.root();
        let name = directory_of(key);
        match fs::retry(|| root.open_dir(name.as_str())) {
            Ok(dir) => Ok(Some(dir)),
            // A link or file where the directory should be is none of ours.
            Err(e) if fs::is_missing(&e) || e.raw_os_error() == Some(libc::ELOOP) => Ok(None),
            Err(e) => {
                let path = root.path().join(name.as_str());
                Err(Error::from_io(format!("opening {}", shown(&path)), e))
            }
        }
    }

    fn find_in(
        &self,
        dir: &dyn Dir,
        key: Key,
        wanted: Wanted<'_>,
        last: bool,
        settling: &mut u32,
    ) -> Result<Found> {
        let listing = |e| Error::from_io(format!("listing {}", shown(dir.path())), e);
        let scan = match Scan::read(dir) {
            Ok(scan) => scan,
            Err(e) if fs::is_missing(&e) => return Ok(Found::Nothing),
            Err(e) => return Err(listing(e)),
        };
        let mut candidates = Vec::new();
        let mut refusals = Refusals::default();
        for stem in &scan.metadata {
            if matches!(wanted, Wanted::Run(run) if stem.run_id() != run) {
                continue;
            }
            match read_metadata(dir, &scan, stem)? {
                Read::Is(known) => candidates.push(known),
                Read::Gone if last => {}
                Read::Gone => return Ok(Found::Again(Duration::ZERO)),
                Read::Foreign(version) => {
                    self.counters.foreign.fetch_add(1, Ordering::Relaxed);
                    refusals.foreign = Some(version);
                }
                Read::Damaged(why) => {
                    if let Some(pause) = self.may_settle(dir, stem, settling) {
                        return Ok(Found::Again(pause));
                    }
                    self.note_damage(key, stem);
                    refusals.damaged = Some(why);
                }
                Read::Unreadable(e) => refusals.unreadable = Some(e),
            }
        }
        match wanted {
            Wanted::Ranked(_) => match snapshot_private(dir, &scan)? {
                Some(known) => candidates.extend(known),
                None if !last => return Ok(Found::Again(Duration::ZERO)),
                None => {}
            },
            Wanted::Run(run_id) if !scan.slots.contains(run_id) => {}
            Wanted::Run(run_id) => match read_private(dir, &scan, run_id)? {
                Read::Is(known) => candidates.extend(known),
                Read::Gone if last => {}
                Read::Gone => return Ok(Found::Again(Duration::ZERO)),
                Read::Unreadable(e) => refusals.unreadable = Some(e),
                // None of ours, whatever it is called.
                Read::Foreign(_) | Read::Damaged(_) => {}
            },
        }
        while let Some(position) = pick(wanted, &candidates, |k| self.is_expired(k.last_activity)) {
            let known = candidates.swap_remove(position);
            let (stem, place) = (known.stem.clone(), known.place);
            match read_payload(dir, key, known)? {
                Read::Is(stored) => return Ok(Found::Entry(Arc::new(stored))),
                // Listed and gone: replaced meanwhile, whatever its metadata's name holds now, for
                // a version-1 lookup may put metadata back. Not even listed: half a pair.
                Read::Gone => {
                    if !last && (place != Place::Pair || scan.payloads.contains(&stem)) {
                        return Ok(Found::Again(Duration::ZERO));
                    }
                    if let Some(pause) = self.may_settle(dir, &stem, settling) {
                        return Ok(Found::Again(pause));
                    }
                    self.note_damage(key, &stem);
                    refusals.damaged = Some("its payload is missing".into());
                }
                Read::Foreign(version) => refusals.foreign = Some(version),
                Read::Unreadable(e) => refusals.unreadable = Some(e),
                Read::Damaged(why) => {
                    if let Some(pause) = self.may_settle(dir, &stem, settling) {
                        return Ok(Found::Again(pause));
                    }
                    self.note_damage(key, &stem);
                    refusals.damaged = Some(why);
                }
            }
        }
        if let Some(e) = refusals.unreadable {
            return Err(e);
        }
        Ok(match wanted {
            Wanted::Run(run_id) => refusals
                .into_error(dir, run_id)
                .map_or(Found::Nothing, Found::Refused),
            Wanted::Ranked(_) => Found::Nothing,
        })
    }

    /// How long to wait before looking again at a pair that does not match: another engine replaces
    /// a pair's files one after the other.
    pub(super) fn may_settle(
        &self,
        dir: &dyn Dir,
        stem: &Stem,
        settling: &mut u32,
    ) -> Option<Duration> {
        // Names with a generation are written once, complete, by this library.
        if stem.is_ours() || *settling >= SETTLING_ATTEMPTS {
            return None;
        }
        let age = self.fs.now().seconds_since(last_change(dir, stem)?);
        (age < SETTLING_SECONDS).then(|| {
            *settling += 1;
            Duration::from_millis(u64::from(*settling))
        })
    }

    fn note_damage(&self, key: Key, stem: &Stem) {
        self.counters.damaged.fetch_add(1, Ordering::Relaxed);
        self.suspect(key, stem.as_str());
    }

    /// Every run under `key`, its newest readable and unexpired generation, newest run first.
    /// Payloads are not read.
    pub(super) fn list_entries(&self, key: Key) -> Result<Vec<(String, EntryInfo)>> {
        let mut known = Vec::new();
        for attempt in 1..=ATTEMPTS {
            let Some(dir) = self.open_key_dir(key)? else {
                return Ok(Vec::new());
            };
            known.clear();
            // What vanished was replaced or removed: only another listing tells which.
            if self.list_in(dir.as_ref(), &mut known)? || attempt == ATTEMPTS {
                break;
            }
        }
        let mut newest: Vec<&Known> = newest_generations(&known)
            .into_iter()
            .map(|i| &known[i])
            .collect();
        newest.sort_by(|a, b| {
            (b.metadata.written(), b.stem.as_str()).cmp(&(a.metadata.written(), a.stem.as_str()))
        });
        Ok(newest
            .into_iter()
            .map(|k| {
                (
                    k.stem.run_id().to_owned(),
                    EntryInfo::new(&k.metadata, Source::Exact),
                )
            })
            .collect())
    }

    /// Adds the whole and unexpired pairs in `dir`; false when something listed vanished since.
    fn list_in(&self, dir: &dyn Dir, known: &mut Vec<Known>) -> Result<bool> {
        let scan = match Scan::read(dir) {
            Ok(scan) => scan,
            Err(e) if fs::is_missing(&e) => return Ok(true),
            Err(e) => return Err(Error::from_io(format!("listing {}", shown(dir.path())), e)),
        };
        let mut all_there = true;
        for stem in &scan.metadata {
            match read_metadata(dir, &scan, stem)? {
                Read::Is(k) => match fs::retry(|| dir.stat_at(&stem.payload())) {
                    Ok(s) => {
                        let whole = s.len == k.metadata.payload_bytes();
                        if whole && !self.is_expired(k.last_activity) {
                            known.push(k);
                        }
                    }
                    Err(e) if fs::is_missing(&e) => {
                        all_there &= !scan.payloads.contains(stem);
                    }
                    // What cannot be looked at may be whole.
                    Err(_) if self.is_expired(k.last_activity) => {}
                    Err(_) => known.push(k),
                },
                Read::Gone => all_there = false,
                _ => {}
            }
        }
        match snapshot_private(dir, &scan)? {
            Some(found) => {
                known.extend(
                    found
                        .into_iter()
                        .filter(|k| !self.is_expired(k.last_activity)),
                );
            }
            None => all_there = false,
        }
        Ok(all_there)
    }
}

/// A directory's stamps, and the clock they are taken from, before it was read.
#[derive(Clone, Copy)]
struct Seen {
    stat: Stat,
    read_at: Timestamp,
}

impl Seen {
    fn now(store: &Inner, dir: &dyn Dir) -> Option<Seen> {
        let read_at = store.fs.coarse_now();
        let stat = dir.stat().ok()?;
        Some(Seen { stat, read_at })
    }
}

#[derive(Default)]
struct Refusals {
    damaged: Option<String>,
    foreign: Option<u64>,
    unreadable: Option<Error>,
}

impl Refusals {
    fn into_error(self, dir: &dyn Dir, run_id: &str) -> Option<Error> {
        let attempt = format!("reading run {run_id} in {}", shown(dir.path()));
        if let Some(why) = self.damaged {
            return Some(Error::new(
                ErrorKind::Corrupt,
                attempt,
                why,
                "Start from another run, or from the beginning; a sweep sets old damage aside",
            ));
        }
        self.foreign.map(|version| {
            Error::new(
                ErrorKind::Incompatible,
                attempt,
                format!("its metadata is of schema {version}, and this library reads schema 1"),
                "Read it with the engine that wrote it",
            )
        })
    }
}

/// The position of each run's newest generation. Two writers may have published the same
/// generation at once: the later stamp counts, then the larger name.
pub(super) fn newest_generations(known: &[Known]) -> Vec<usize> {
    fn age(k: &Known) -> (u64, Timestamp, &str) {
        (k.stem.generation, k.metadata.written(), k.stem.as_str())
    }
    let mut order: Vec<usize> = (0..known.len()).collect();
    order.sort_by(|&a, &b| age(&known[b]).cmp(&age(&known[a])));
    let mut runs = HashSet::new();
    order.retain(|&i| runs.insert(known[i].stem.run_id()));
    order
}

fn pick(wanted: Wanted<'_>, known: &[Known], expired: impl Fn(&Known) -> bool) -> Option<usize> {
    let newest: Vec<usize> = newest_generations(known)
        .into_iter()
        .filter(|&i| !expired(&known[i]))
        .collect();
    let ranks: Vec<Rank<'_>> = newest
        .iter()
        .map(|&i| rank(&known[i].stem, &known[i].metadata))
        .collect();
    let mode = match wanted {
        Wanted::Ranked(mode) => mode,
        Wanted::Run(_) => Lookup::Latest,
    };
    choose(mode, &ranks).map(|i| newest[i])
}

fn rank<'a>(stem: &'a Stem, metadata: &Metadata) -> Rank<'a> {
    Rank {
        objective: metadata.objective(),
        kind: metadata.kind(),
        written: metadata.written(),
        stem: stem.as_str(),
    }
}
