//! Finding the entry a key is asked for: passing over damage, never changing anything.

use super::entry::{Entry, Run, Source, Stored};
use super::index::{Finder, Index, Remembered, WORTH_IT};
use super::memory::Resident;
use super::metadata::Kind;
use super::names::{check_run_id, directory_of, Stem};
use super::rank::{choose, Lookup, Rank};
use super::scan::{
    last_change, read_metadata, read_payload, read_private, snapshot_private, Known, Place, Read,
    Scan, Seen,
};
use super::Inner;
use crate::error::{shown, Error, ErrorKind, Result};
use crate::fs::{self, Dir, Timestamp};
use crate::key::Key;
use crate::sync::atomic::Ordering;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
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

/// Which of a key's entries are wanted.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'a> {
    Ranked(Lookup),
    /// But for the runs whose newest generation is one of these stems.
    AllBut(Lookup, &'a HashSet<String>),
    Run(&'a str),
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
        self.lookup_beside(key, mode, &HashSet::new())
    }

    /// The same, passing over the runs whose newest generation is one of `refused`, stems.
    pub(crate) fn lookup_beside(
        &self,
        key: Key,
        mode: Lookup,
        refused: &HashSet<String>,
    ) -> Result<Option<Entry>> {
        let mut found = self.stored_beside(key, mode, refused)?;
        if found.is_none() && self.is_brought(key) {
            found = self.find_beside(key, mode, refused)?;
        }
        self.count_lookup(found.is_some());
        Ok(found.map(|stored| self.hand_out(stored)))
    }

    /// The same of what is here: nobody else is asked.
    pub(super) fn lookup_here(&self, key: Key, mode: Lookup) -> Result<Option<Entry>> {
        let found = self.stored_beside(key, mode, &HashSet::new())?;
        self.count_lookup(found.is_some());
        Ok(found.map(|stored| self.hand_out(stored)))
    }

    fn stored_beside(
        &self,
        key: Key,
        mode: Lookup,
        refused: &HashSet<String>,
    ) -> Result<Option<Arc<Stored>>> {
        match self.recall(key, mode) {
            Some(stored) if !refused.contains(stored.stem.as_str()) => Ok(Some(stored)),
            _ => self.find_beside(key, mode, refused),
        }
    }

    fn find_beside(
        &self,
        key: Key,
        mode: Lookup,
        refused: &HashSet<String>,
    ) -> Result<Option<Arc<Stored>>> {
        if refused.is_empty() {
            self.find(key, Wanted::Ranked(mode))
        } else {
            self.find(key, Wanted::AllBut(mode, refused))
        }
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

    pub(super) fn hand_out(&self, stored: Arc<Stored>) -> Entry {
        self.note_reuse(&stored);
        self.tell_used(stored.key);
        Entry {
            stored,
            source: Source::Exact,
        }
    }

    /// An answer from memory, if the directory is as it was: one system call tells.
    ///
    /// A directory that was removed, renamed or replaced since it was opened is not as it was: names had
    /// to go from it first, or its own stamps changed.
    fn recall(&self, key: Key, mode: Lookup) -> Option<Arc<Stored>> {
        let resident = self.memory.get(key)?;
        let stored = resident.answer(mode)?;
        let now = match self.memory.directory(key) {
            Some(open) => open.dir.stat().ok()?,
            None => self.root().stat_at(directory_of(key).as_str()).ok()?,
        };
        if now.links == 0 {
            self.memory.close_directory(key);
        }
        (resident.is_current(&now) && !self.is_expired(stored.last_activity))
            .then(|| Arc::clone(stored))
    }

    /// Keeps in memory what is sure to be known for outdated later: an answer, if a change is sure to
    /// show in the directory's stamps, and what ranks the pairs.
    fn remember(
        &self,
        key: Key,
        mode: Lookup,
        dir: &Arc<dyn Dir>,
        seen: Option<Seen>,
        stored: Option<&Arc<Stored>>,
        index: Option<Arc<Index>>,
    ) {
        let mut resident = Resident {
            seen: None,
            best: None,
            latest: None,
            index,
        };
        match (seen.filter(|s| s.is_settled(dir.as_ref())), stored) {
            (Some(Seen { stat, .. }), Some(stored)) => {
                if let Some(known) = self.memory.get(key).filter(|r| r.is_current(&stat)) {
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
                resident.seen = Some((stat.inode, stat.modified, stat.changed));
                self.memory.keep_directory(key, dir, stat.inode);
            }
            _ if resident.index.is_none() => return,
            _ => {}
        }
        self.memory.insert(key, resident);
    }

    fn is_expired(&self, last_activity: Timestamp) -> bool {
        self.settings.ttl_seconds.is_some()
            && self.settings.is_expired(last_activity, self.fs.now())
    }

    /// Reads the disk until the directory holds still for long enough to answer.
    pub(super) fn find(&self, key: Key, wanted: Wanted<'_>) -> Result<Option<Arc<Stored>>> {
        let mut settling = 0;
        let mut index = match wanted {
            Wanted::Ranked(_) => self.memory.get(key).and_then(|r| r.index.clone()),
            Wanted::AllBut(..) | Wanted::Run(_) => None,
        };
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
            let seen = Seen::now(self.fs.as_ref(), dir.as_ref());
            let look = Look {
                store: self,
                dir: dir.as_ref(),
                key,
                wanted,
                last,
                seen,
                now: self.fs.now(),
            };
            let found = match look.find(&mut settling, &mut index) {
                // Another host removed the directory, perhaps to make it again.
                Err(e) if e.os_error() == Some(libc::ESTALE) && attempt < STALE_ATTEMPTS => {
                    continue
                }
                found => found?,
            };
            let answer = match found {
                Found::Entry(stored) => Some(stored),
                Found::Nothing => None,
                Found::Refused(e) => return Err(e),
                Found::Again(pause) => {
                    crate::sync::sleep(pause);
                    continue;
                }
            };
            if let Wanted::Ranked(mode) = wanted {
                self.remember(key, mode, &dir, seen, answer.as_ref(), index);
            }
            return Ok(answer);
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
    pub(crate) fn list_runs(&self, key: Key) -> Result<Vec<Run>> {
        let known = self.list_known(key)?;
        let pins = self.pins(key)?;
        let mut newest: Vec<&Known> = newest_generations(&known)
            .into_iter()
            .map(|i| &known[i])
            .collect();
        newest.sort_by(|a, b| {
            (b.metadata.written(), b.stem.as_str()).cmp(&(a.metadata.written(), a.stem.as_str()))
        });
        Ok(newest
            .into_iter()
            .map(|k| Run::new(k, pins.contains(k.stem.run_id())))
            .collect())
    }

    /// The run ids that are pinned under `key`.
    fn pins(&self, key: Key) -> Result<HashSet<String>> {
        let Some(dir) = self.open_key_dir(key)? else {
            return Ok(HashSet::new());
        };
        match Scan::read(dir.as_ref()) {
            Ok(scan) => Ok(scan.pins),
            Err(e) if fs::is_missing(&e) => Ok(HashSet::new()),
            Err(e) => Err(Error::from_io(format!("listing {}", shown(dir.path())), e)),
        }
    }

    /// All whole and unexpired generations under `key`. Payloads are not read.
    pub(super) fn list_known(&self, key: Key) -> Result<Vec<Known>> {
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
        Ok(known)
    }

    /// Adds the whole and unexpired pairs in `dir`; false when something listed vanished since.
    fn list_in(&self, dir: &dyn Dir, known: &mut Vec<Known>) -> Result<bool> {
        let scan = match Scan::read(dir) {
            Ok(scan) => scan,
            Err(e) if fs::is_missing(&e) => return Ok(true),
            Err(e) => return Err(Error::from_io(format!("listing {}", shown(dir.path())), e)),
        };
        let is_over =
            |k: &Known| self.is_expired(k.last_activity) && !scan.pins.contains(k.stem.run_id());
        let mut all_there = true;
        for stem in &scan.metadata {
            match read_metadata(dir, &scan, stem)? {
                Read::Is(k) => match fs::retry(|| dir.stat_at(&stem.payload())) {
                    Ok(s) => {
                        let whole = s.len == k.metadata.payload_bytes();
                        if whole && !is_over(&k) {
                            known.push(k);
                        }
                    }
                    Err(e) if fs::is_missing(&e) => {
                        all_there &= !scan.payloads.contains(stem);
                    }
                    // What cannot be looked at may be whole.
                    Err(_) if is_over(&k) => {}
                    Err(_) => known.push(k),
                },
                Read::Gone => all_there = false,
                _ => {}
            }
        }
        match snapshot_private(dir, &scan, None)? {
            Some(found) => {
                known.extend(found.into_iter().filter(|k| !is_over(k)));
            }
            None => all_there = false,
        }
        Ok(all_there)
    }
}

/// One reading of a key's directory.
struct Look<'a> {
    store: &'a Inner,
    dir: &'a dyn Dir,
    key: Key,
    wanted: Wanted<'a>,
    /// Then what changes meanwhile is passed over.
    last: bool,
    /// The directory before it was read.
    seen: Option<Seen>,
    now: Timestamp,
}

/// A generation that may be the answer.
struct Candidate<'a> {
    stem: Cow<'a, Stem>,
    place: Place,
    objective: Option<f64>,
    kind: Kind,
    written: Timestamp,
    last_activity: Timestamp,
    /// What was read; `None` for what is remembered.
    known: Option<Box<Known>>,
    /// What may be remembered.
    remembered: Option<Cow<'a, Remembered>>,
}

impl<'a> Candidate<'a> {
    fn of(stem: Cow<'a, Stem>, known: Known, remembered: Option<Remembered>) -> Candidate<'a> {
        Candidate {
            stem,
            place: known.place,
            objective: known.metadata.objective(),
            kind: known.metadata.kind(),
            written: known.metadata.written(),
            last_activity: known.last_activity,
            known: Some(Box::new(known)),
            remembered: remembered.map(Cow::Owned),
        }
    }

    fn remembered(stem: &'a Stem, r: &'a Remembered) -> Candidate<'a> {
        Candidate {
            stem: Cow::Borrowed(stem),
            place: Place::Pair,
            objective: r.objective,
            kind: r.kind,
            written: r.written,
            last_activity: r.last_activity,
            known: None,
            remembered: Some(Cow::Borrowed(r)),
        }
    }

    fn rank(&self) -> Rank<'_> {
        Rank {
            objective: self.objective,
            kind: self.kind,
            written: self.written,
            stem: self.stem.as_str(),
        }
    }
}

impl Look<'_> {
    fn is_expired(&self, last_activity: Timestamp) -> bool {
        self.store.settings.is_expired(last_activity, self.now)
    }

    /// Answers from what is listed, reading only the metadata that `index` does not prove; replaces
    /// `index` by what is known now.
    fn find(&self, settling: &mut u32, index: &mut Option<Arc<Index>>) -> Result<Found> {
        let dir = self.dir;
        let scan = match Scan::read_after(dir, self.seen.as_ref()) {
            Ok(scan) => scan,
            Err(e) if fs::is_missing(&e) => return Ok(Found::Nothing),
            Err(e) => return Err(Error::from_io(format!("listing {}", shown(dir.path())), e)),
        };
        let mut refusals = Refusals::default();
        let before = index.clone();
        let mut candidates = Vec::with_capacity(scan.metadata.len());
        let again = self.pairs(
            &scan,
            before.as_deref(),
            &mut candidates,
            settling,
            &mut refusals,
        )?;
        if let Wanted::Ranked(_) = self.wanted {
            renew(index, &candidates);
        }
        if let Some(again) = again {
            return Ok(again);
        }
        if let Some(again) = self.private(&scan, &mut candidates, &mut refusals)? {
            return Ok(again);
        }
        let is_over = |stem: &Stem, last_activity| {
            self.is_expired(last_activity) && !scan.pins.contains(stem.run_id())
        };
        let passed_over = |c: &Candidate<'_>| {
            let refused =
                matches!(self.wanted, Wanted::AllBut(_, not) if not.contains(c.stem.as_str()));
            refused || is_over(&c.stem, c.last_activity)
        };
        while let Some(position) = pick(self.wanted, &candidates, passed_over) {
            let candidate = candidates.swap_remove(position);
            let stem = candidate.stem.clone();
            let known = match candidate.known {
                Some(known) => *known,
                // When it was last used may have been forgotten, or noted since.
                None => match self.read(&scan, &stem, settling, &mut refusals)? {
                    Ok(known) => {
                        let same = candidate.remembered.is_some_and(|r| r.ranks_as(&known));
                        if !same {
                            *index = None;
                        }
                        if !same || is_over(&stem, known.last_activity) {
                            candidates.push(Candidate::of(stem, known, None));
                            continue;
                        }
                        known
                    }
                    Err(Some(again)) => return Ok(again),
                    Err(None) => continue,
                },
            };
            match read_payload(dir, self.key, known)? {
                Read::Is(stored) => return Ok(Found::Entry(Arc::new(stored))),
                // Listed and gone: replaced meanwhile, whatever its metadata's name holds now, for
                // a version-1 lookup may put metadata back. Not even listed: half a pair.
                Read::Gone => {
                    let listed = || scan.payloads.contains(&stem);
                    if !self.last && (candidate.place != Place::Pair || listed()) {
                        return Ok(Found::Again(Duration::ZERO));
                    }
                    let why = "its payload is missing".into();
                    if let Some(again) = self.damaged(&stem, why, settling, &mut refusals) {
                        return Ok(again);
                    }
                }
                Read::Foreign(version) => refusals.foreign = Some(version),
                Read::Unreadable(e) => refusals.unreadable = Some(e),
                // Never acknowledged: the generation before is the answer.
                Read::Damaged(_) if candidate.place != Place::Pair => {}
                Read::Damaged(why) => {
                    if let Some(again) = self.damaged(&stem, why, settling, &mut refusals) {
                        return Ok(again);
                    }
                }
            }
        }
        if let Some(e) = refusals.unreadable {
            return Err(e);
        }
        Ok(match self.wanted {
            Wanted::Run(run_id) => refusals
                .into_error(dir, run_id)
                .map_or(Found::Nothing, Found::Refused),
            Wanted::Ranked(_) | Wanted::AllBut(..) => Found::Nothing,
        })
    }

    /// Adds the pairs listed; what has to be read again first is returned.
    fn pairs<'s>(
        &self,
        scan: &'s Scan,
        index: Option<&'s Index>,
        candidates: &mut Vec<Candidate<'s>>,
        settling: &mut u32,
        refusals: &mut Refusals,
    ) -> Result<Option<Found>> {
        let mut finder = Finder::new(index);
        for stem in &scan.metadata {
            if matches!(self.wanted, Wanted::Run(run) if stem.run_id() != run) {
                continue;
            }
            // What seems to have expired may have been used since.
            let fresh = |r: &&Remembered| !self.is_expired(r.last_activity);
            if let Some(remembered) = finder.find(self.dir, stem).filter(fresh) {
                candidates.push(Candidate::remembered(stem, remembered));
                continue;
            }
            match self.read(scan, stem, settling, refusals)? {
                Ok(known) => {
                    let remembered = Remembered::of(self.dir, &known, self.seen.as_ref());
                    candidates.push(Candidate::of(Cow::Borrowed(stem), known, remembered));
                }
                Err(Some(again)) => return Ok(Some(again)),
                Err(None) => {}
            }
        }
        Ok(None)
    }

    /// Adds what lies in private files.
    fn private(
        &self,
        scan: &Scan,
        candidates: &mut Vec<Candidate<'_>>,
        refusals: &mut Refusals,
    ) -> Result<Option<Found>> {
        let again = || (!self.last).then_some(Found::Again(Duration::ZERO));
        let found = match self.wanted {
            Wanted::Ranked(_) | Wanted::AllBut(..) => {
                match snapshot_private(self.dir, scan, self.seen.as_ref())? {
                    Some(found) => found,
                    None => return Ok(again()),
                }
            }
            Wanted::Run(run_id) if !scan.slots.contains(run_id) => Vec::new(),
            Wanted::Run(run_id) => match read_private(self.dir, scan, run_id)? {
                Read::Is(found) => found,
                Read::Gone => return Ok(again()),
                Read::Unreadable(e) => {
                    refusals.unreadable = Some(e);
                    Vec::new()
                }
                // None of ours, whatever it is called.
                Read::Foreign(_) | Read::Damaged(_) => Vec::new(),
            },
        };
        let candidate = |k: Known| Candidate::of(Cow::Owned(k.stem.clone()), k, None);
        candidates.extend(found.into_iter().map(candidate));
        Ok(None)
    }

    /// Reads the metadata of a pair; otherwise says whether to look again, or notes what is wrong.
    fn read(
        &self,
        scan: &Scan,
        stem: &Stem,
        settling: &mut u32,
        refusals: &mut Refusals,
    ) -> Result<std::result::Result<Known, Option<Found>>> {
        Ok(Err(match read_metadata(self.dir, scan, stem)? {
            Read::Is(known) => return Ok(Ok(known)),
            Read::Gone => (!self.last).then_some(Found::Again(Duration::ZERO)),
            Read::Foreign(version) => {
                let foreign = &self.store.counters.foreign;
                foreign.fetch_add(1, Ordering::Relaxed);
                refusals.foreign = Some(version);
                None
            }
            Read::Damaged(why) => self.damaged(stem, why, settling, refusals),
            Read::Unreadable(e) => {
                refusals.unreadable = Some(e);
                None
            }
        }))
    }

    /// Notes damage, unless it may be another engine at work.
    fn damaged(
        &self,
        stem: &Stem,
        why: String,
        settling: &mut u32,
        refusals: &mut Refusals,
    ) -> Option<Found> {
        let pause = self.store.may_settle(self.dir, stem, settling);
        if pause.is_none() {
            self.store.note_damage(self.key, stem);
            refusals.damaged = Some(why);
        }
        pause.map(Found::Again)
    }
}

/// Makes an index of what may be remembered, unless it is what `index` has.
fn renew(index: &mut Option<Arc<Index>>, candidates: &[Candidate<'_>]) {
    let all = candidates.iter().filter_map(|c| {
        let remembered = c.remembered.as_deref()?;
        Some((c.stem.as_ref(), remembered))
    });
    let count = all.clone().count();
    if count < WORTH_IT {
        *index = None;
        return;
    }
    let from_index = |c: &Candidate<'_>| matches!(c.remembered, Some(Cow::Borrowed(_)));
    let known = candidates.iter().filter(|c| from_index(c)).count();
    if index
        .as_ref()
        .is_some_and(|i| i.len() == known && known == count)
    {
        return;
    }
    *index = Some(Arc::new(Index::new(all)));
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
    let age = |k: &Known| (k.stem.generation, k.metadata.written());
    newest_of(known.len(), |i| &known[i].stem, |i| age(&known[i]))
}

fn newest_of<'a>(
    count: usize,
    stem: impl Fn(usize) -> &'a Stem,
    age: impl Fn(usize) -> (u64, Timestamp),
) -> Vec<usize> {
    let mut newest: HashMap<&str, usize> = HashMap::with_capacity(count);
    for i in 0..count {
        let of_run = newest.entry(stem(i).run_id()).or_insert(i);
        let full_age = |i: usize| (age(i), stem(i).as_str());
        if full_age(i) > full_age(*of_run) {
            *of_run = i;
        }
    }
    newest.into_values().collect()
}

fn pick(
    wanted: Wanted<'_>,
    candidates: &[Candidate<'_>],
    passed_over: impl Fn(&Candidate<'_>) -> bool,
) -> Option<usize> {
    let of = |c: &Candidate<'_>| (c.stem.generation, c.written);
    let newest = newest_of(
        candidates.len(),
        |i| &candidates[i].stem,
        |i| of(&candidates[i]),
    );
    let live: Vec<usize> = newest
        .into_iter()
        .filter(|&i| !passed_over(&candidates[i]))
        .collect();
    let ranks: Vec<Rank<'_>> = live.iter().map(|&i| candidates[i].rank()).collect();
    let mode = match wanted {
        Wanted::Ranked(mode) | Wanted::AllBut(mode, _) => mode,
        Wanted::Run(_) => Lookup::Latest,
    };
    choose(mode, &ranks).map(|i| live[i])
}
