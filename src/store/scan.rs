//! Reading one key's directory: its names, its metadata, its payloads.

use super::bytes::{Bytes, Reading};
use super::entry::Stored;
use super::metadata::{Durability, Metadata, Parsed, METADATA_BYTES};
use super::names::{slot_name, FileRole, Link, Stem};
use super::private::{read_areas, Area};
use super::progress::Progress;
use crate::error::{shown, Error, ErrorKind, Result};
use crate::fs::{self, Dir, FileSystem, NodeKind, Stat, Timestamp};
use crate::key::Key;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::io;

/// Directories this small are listed by one system call, which no change can fall into.
const LISTED_AT_ONCE: usize = 200;
/// What is read at once of a payload that is only checked.
const PIECE: usize = 256 * 1024;

/// The names in a key's directory, by what they are.
#[derive(Default)]
pub(super) struct Scan {
    pub metadata: Vec<Stem>,
    pub payloads: Vec<Stem>,
    pub pins: HashSet<String>,
    /// Runs whose slots have a private file.
    pub slots: HashSet<String>,
    /// Stems with a reuse stamp beside them.
    pub reused: HashSet<String>,
    /// Restarts from a generation: its stem, and the file's name.
    pub restarts: Vec<(String, String)>,
    /// Runs of other keys that are found here.
    pub links: Vec<Link>,
    /// Generations of a sealed entry.
    pub sealed: Vec<u64>,
    /// Those with a life of their own beside them.
    pub lives: Vec<u64>,
    pub unfinished: Vec<String>,
    pub unknown: Vec<String>,
}

impl Scan {
    pub fn is_empty(&self) -> bool {
        self.metadata.is_empty()
            && self.payloads.is_empty()
            && self.pins.is_empty()
            && self.slots.is_empty()
            && self.reused.is_empty()
            && self.restarts.is_empty()
            && self.links.is_empty()
            && self.sealed.is_empty()
            && self.lives.is_empty()
            && self.unfinished.is_empty()
            && self.unknown.is_empty()
    }

    /// The names of restarts from a generation.
    pub fn restarts_from<'a>(&'a self, stem: &'a Stem) -> impl Iterator<Item = &'a String> {
        let of_it = self
            .restarts
            .iter()
            .filter(|(s, _)| stem.is_of_generation(s));
        of_it.map(|(_, name)| name)
    }

    pub fn has_run(&self, run_id: &str) -> bool {
        self.slots.contains(run_id) || self.metadata.iter().any(|s| s.run_id() == run_id)
    }

    /// Whether there may be something of the run to be answered: both halves of a pair, or a private file.
    pub fn has_whole_run(&self, run_id: &str) -> bool {
        let mut pairs = self.metadata.iter().filter(|s| s.run_id() == run_id);
        self.slots.contains(run_id) || pairs.any(|s| self.payloads.contains(s))
    }

    /// The runs something is visible of.
    pub fn runs(&self) -> BTreeSet<String> {
        let pairs = self.metadata.iter().map(|s| s.run_id().to_owned());
        pairs.chain(self.slots.iter().cloned()).collect()
    }

    /// Lists the directory as it was at one instant, as far as the file system allows.
    pub fn read(dir: &dyn Dir) -> io::Result<Scan> {
        Scan::read_after(dir, None)
    }

    /// The same after a look at its stamps, which may tell that nothing changed meanwhile.
    pub fn read_after(dir: &dyn Dir, seen: Option<&Seen>) -> io::Result<Scan> {
        let hasher = RandomState::new();
        let (mut scan, mut listed) = Scan::list(dir, &hasher)?;
        if listed.count <= LISTED_AT_ONCE && dir.is_local() {
            return Ok(scan);
        }
        if seen.is_some_and(|s| s.is_unchanged(dir)) {
            return Ok(scan);
        }
        // While a long listing runs, a slot's next generation may appear behind its position and
        // the old one vanish before it: agreement of two listings excludes that.
        for _ in 0..4 {
            let again = Tally::of(dir, &hasher)?;
            if again == listed {
                break;
            }
            (scan, listed) = Scan::list(dir, &hasher)?;
            if again == listed {
                break;
            }
        }
        Ok(scan)
    }

    fn list(dir: &dyn Dir, hasher: &RandomState) -> io::Result<(Scan, Tally)> {
        fs::retry(|| {
            let mut scan = Scan::default();
            let mut tally = Tally::default();
            dir.each_name(&mut |name, kind| {
                tally.add(name, hasher);
                scan.add(name, kind);
                true
            })?;
            Ok((scan, tally))
        })
    }

    fn add(&mut self, name: &str, kind: Option<NodeKind>) {
        if !matches!(kind, None | Some(NodeKind::File)) {
            self.unknown.push(name.to_owned());
            return;
        }
        match FileRole::of(name) {
            FileRole::Metadata(stem) => self.metadata.push(stem),
            FileRole::Payload(stem) => self.payloads.push(stem),
            FileRole::Pin(run_id) => {
                self.pins.insert(run_id);
            }
            FileRole::Reused(stem) => {
                self.reused.insert(stem);
            }
            FileRole::Slot(run_id) => {
                self.slots.insert(run_id);
            }
            FileRole::Restart(stem) => self.restarts.push((stem, name.to_owned())),
            FileRole::Link(link) => self.links.push(link),
            FileRole::Sealed(generation) => self.sealed.push(generation),
            FileRole::Life(generation) => self.lives.push(generation),
            FileRole::Unfinished => self.unfinished.push(name.to_owned()),
            FileRole::Unknown => self.unknown.push(name.to_owned()),
        }
    }
}

/// How many names there are, and the sum of their hashes: equal where the names are, whatever their
/// order.
#[derive(Default, PartialEq, Eq)]
struct Tally {
    count: usize,
    sum: u64,
}

impl Tally {
    fn of(dir: &dyn Dir, hasher: &RandomState) -> io::Result<Tally> {
        fs::retry(|| {
            let mut tally = Tally::default();
            dir.each_name(&mut |name, _| {
                tally.add(name, hasher);
                true
            })?;
            Ok(tally)
        })
    }

    fn add(&mut self, name: &str, hasher: &RandomState) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(hasher.hash_one(name));
    }
}

/// A directory's stamps, and the clock they are taken from, before it was read.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    pub stat: Stat,
    pub read_at: Timestamp,
}

impl Seen {
    pub fn now(fs: &dyn FileSystem, dir: &dyn Dir) -> Option<Seen> {
        let read_at = fs.coarse_now();
        let stat = dir.stat().ok()?;
        Some(Seen { stat, read_at })
    }

    /// Whether any change since is sure to show. Hosts that share a file system share no clock.
    pub fn is_settled(&self, dir: &dyn Dir) -> bool {
        dir.is_local() && self.stat.is_settled(self.read_at)
    }

    /// Whether nothing has changed since, for sure.
    pub fn is_unchanged(&self, dir: &dyn Dir) -> bool {
        let stamps = |s: &Stat| (s.inode, s.modified, s.changed);
        self.is_settled(dir) && dir.stat().is_ok_and(|s| stamps(&s) == stamps(&self.stat))
    }
}

/// What became of an attempt to read something a listing named.
pub(super) enum Read<T> {
    Is(T),
    /// It vanished since: look again.
    Gone,
    /// Of another schema.
    Foreign(u64),
    /// With the reason.
    Damaged(String),
    /// The system would not let this one file be read, or memory does not hold it.
    Unreadable(Error),
}

impl<T> Read<T> {
    /// Passes everything but success on to the next stage.
    fn and_then<U>(self, next: impl FnOnce(T) -> Result<Read<U>>) -> Result<Read<U>> {
        Ok(match self {
            Read::Is(value) => return next(value),
            Read::Gone => Read::Gone,
            Read::Foreign(version) => Read::Foreign(version),
            Read::Damaged(why) => Read::Damaged(why),
            Read::Unreadable(e) => Read::Unreadable(e),
        })
    }
}

/// Failures that concern one file are passed over; all others concern the whole lookup.
pub(super) fn failed<T>(dir: &dyn Dir, name: &str, e: io::Error) -> Result<Read<T>> {
    let of_this_file = matches!(e.raw_os_error(), Some(libc::EIO) | Some(libc::EACCES));
    let e = Error::from_io(format!("reading {}", shown(&dir.path().join(name))), e);
    if of_this_file {
        Ok(Read::Unreadable(e))
    } else {
        Err(e)
    }
}

/// Where a generation lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Pair,
    /// In the slot's private file, its payload at this offset.
    Private(u64),
}

/// Metadata, and when the entry was last used.
#[derive(Clone)]
pub(super) struct Known {
    pub place: Place,
    pub stem: Stem,
    pub metadata: Metadata,
    pub last_activity: Timestamp,
    /// The file of a pair's metadata, as it was read.
    pub file: Option<Stat>,
}

impl Known {
    pub fn durability(&self) -> Durability {
        let by_name = self.stem.durability();
        by_name.unwrap_or_else(|| self.metadata.durability())
    }
}

/// How links, sockets and devices without a driver refuse to be opened.
pub(super) fn is_irregular(e: &io::Error) -> bool {
    matches!(
        e.raw_os_error(),
        Some(libc::ELOOP | libc::ENXIO | libc::ENODEV)
    )
}

pub(super) fn open(dir: &dyn Dir, name: &str) -> Result<Read<(Box<dyn fs::File>, Stat)>> {
    let irregular = || Ok(Read::Damaged(format!("{name} is not a regular file")));
    let file = match fs::retry(|| dir.open_read(name)) {
        Ok(file) => file,
        Err(e) if fs::is_missing(&e) => return Ok(Read::Gone),
        Err(e) if is_irregular(&e) => return irregular(),
        Err(e) => return failed(dir, name, e),
    };
    match fs::retry(|| file.stat()) {
        Ok(stat) if stat.kind == NodeKind::File => Ok(Read::Is((file, stat))),
        Ok(_) => irregular(),
        Err(e) => failed(dir, name, e),
    }
}

/// Reads the metadata of `stem`.
pub(super) fn read_metadata(dir: &dyn Dir, scan: &Scan, stem: &Stem) -> Result<Read<Known>> {
    let name = stem.metadata();
    open(dir, &name)?.and_then(|(file, stat)| {
        if stat.len > METADATA_BYTES as u64 {
            return Ok(Read::Damaged(format!(
                "its metadata has {} bytes, and {METADATA_BYTES} are the most",
                stat.len
            )));
        }
        // Room for more than there should be, so that a file that grew is noticed.
        let mut small = [0; 1024];
        let mut large = Vec::new();
        let buffer = if (stat.len as usize) < small.len() {
            &mut small[..]
        } else {
            large.resize(stat.len as usize + 1, 0);
            &mut large[..]
        };
        let n = match read_all(file.as_ref(), buffer, stat.len as usize) {
            Ok(n) => n,
            Err(e) => return failed(dir, &name, e),
        };
        Ok(match Metadata::parse(&buffer[..n]) {
            Parsed::Foreign(version) => Read::Foreign(version),
            Parsed::Damaged(why) => Read::Damaged(why),
            Parsed::Valid(metadata) => {
                let last_activity = metadata.last_activity().max(reused(dir, scan, stem));
                Read::Is(Known {
                    place: Place::Pair,
                    stem: stem.clone(),
                    metadata,
                    last_activity,
                    file: Some(stat),
                })
            }
        })
    })
}

/// Reads the `len` bytes of a file, and more if it has grown and `buf` has room.
fn read_all(file: &dyn fs::File, buf: &mut [u8], len: usize) -> io::Result<usize> {
    let mut at = 0;
    while at < len {
        match fs::retry(|| file.read_at(&mut buf[at..], at as u64))? {
            0 => break,
            n => at += n,
        }
    }
    Ok(at)
}

/// Opens the payload that belongs to `known`; its length is right.
fn open_payload(dir: &dyn Dir, known: &Known) -> Result<Read<Box<dyn fs::File>>> {
    open(dir, &known.stem.payload())?.and_then(|(file, stat)| {
        let expected = known.metadata.payload_bytes();
        Ok(if stat.len == expected {
            Read::Is(file)
        } else {
            Read::Damaged(format!(
                "its payload has {} bytes, and its metadata says {expected}",
                stat.len
            ))
        })
    })
}

fn mismatch<T>() -> Read<T> {
    Read::Damaged("its payload does not match its checksum".into())
}

/// The generations in the private file of a run's slot, newest first.
pub(super) fn read_private(dir: &dyn Dir, scan: &Scan, run_id: &str) -> Result<Read<Vec<Known>>> {
    let name = slot_name(run_id);
    open(dir, &name)?.and_then(|(file, stat)| {
        let areas = match read_areas(file.as_ref(), &stat, run_id) {
            Ok(areas) => areas,
            Err(e) => return failed(dir, &name, e),
        };
        let known = areas.into_iter().map(|a| Known {
            place: Place::Private(a.payload_at),
            last_activity: a.metadata.last_activity().max(reused(dir, scan, &a.stem)),
            stem: a.stem,
            metadata: a.metadata,
            file: None,
        });
        Ok(Read::Is(known.collect()))
    })
}

/// The generations in all private files that the listing names, as they were at one instant with it:
/// what is replaced in place does not show in the names. `None` when something changed meanwhile.
pub(super) fn snapshot_private(
    dir: &dyn Dir,
    scan: &Scan,
    seen: Option<&Seen>,
) -> Result<Option<Vec<Known>>> {
    let listing = |e| Error::from_io(format!("listing {}", shown(dir.path())), e);
    let collect = || -> Result<Vec<Known>> {
        let mut all = Vec::new();
        for run_id in &scan.slots {
            // Nothing else that has the name is ours.
            if let Read::Is(known) = read_private(dir, scan, run_id)? {
                all.extend(known);
            }
        }
        Ok(all)
    };
    if scan.slots.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let first = collect()?;
    // Who replaces in place touches the directory before it is acknowledged.
    if seen.is_some_and(|s| s.is_unchanged(dir)) {
        return Ok(Some(first));
    }
    let again = Scan::read(dir).map_err(listing)?;
    let second = collect()?;
    let stems = |known: &[Known]| known.iter().map(|k| k.stem.clone()).collect::<Vec<_>>();
    let same = stems(&first) == stems(&second)
        && again.slots == scan.slots
        && sorted(&again.metadata) == sorted(&scan.metadata)
        && sorted(&again.payloads) == sorted(&scan.payloads);
    Ok(same.then_some(second))
}

fn sorted(stems: &[Stem]) -> BTreeSet<&str> {
    stems.iter().map(Stem::as_str).collect()
}

/// When the entry was last reused, as far as a stamp beside it tells.
fn reused(dir: &dyn Dir, scan: &Scan, stem: &Stem) -> Timestamp {
    if !scan.reused.contains(stem.as_str()) {
        return Timestamp::default();
    }
    let stamp = dir.stat_at(&stem.reused());
    stamp.map_or(Timestamp::default(), |s| s.modified)
}

/// Reads and verifies the payload of a generation in a private file.
pub(super) fn read_private_payload(
    dir: &dyn Dir,
    key: Key,
    file: &dyn fs::File,
    area: Area,
) -> Result<Read<Stored>> {
    let known = Known {
        place: Place::Private(area.payload_at),
        last_activity: area.metadata.last_activity(),
        stem: area.stem,
        metadata: area.metadata,
        file: None,
    };
    read_bytes(dir, key, file, area.payload_at, known)
}

/// Reads and verifies the payload that belongs to `known`.
pub(super) fn read_payload(dir: &dyn Dir, key: Key, known: Known) -> Result<Read<Stored>> {
    if let Place::Private(offset) = known.place {
        let name = slot_name(known.stem.run_id());
        return open(dir, &name)?.and_then(|(file, stat)| {
            let stem = known.stem.clone();
            let read = read_bytes(dir, key, file.as_ref(), offset, known)?;
            let Read::Damaged(why) = read else {
                return Ok(read);
            };
            // Torn by a crash, or just being written and not acknowledged: the newest area is written
            // over only once it is known not to be whole. Any other has been written over meanwhile.
            let areas = match read_areas(file.as_ref(), &stat, stem.run_id()) {
                Ok(areas) => areas,
                Err(e) => return failed(dir, &name, e),
            };
            let is_newest = areas.first().is_some_and(|a| a.stem == stem);
            Ok(if is_newest {
                Read::Damaged(why)
            } else {
                Read::Gone
            })
        });
    }
    open_payload(dir, &known)?.and_then(|file| read_bytes(dir, key, file.as_ref(), 0, known))
}

fn read_bytes(
    dir: &dyn Dir,
    key: Key,
    file: &dyn fs::File,
    offset: u64,
    known: Known,
) -> Result<Read<Stored>> {
    let len = usize::try_from(known.metadata.payload_bytes()).unwrap_or(usize::MAX);
    let mut reading = match Reading::new(len) {
        Ok(reading) => reading,
        // Another entry may fit, and a walk has more to look at.
        Err(e) => return Ok(Read::Unreadable(e)),
    };
    let found = match read_hashed(file, offset, &mut reading) {
        Ok(found) => found,
        Err(e) => return failed(dir, &known.stem.payload(), e),
    };
    let bytes = match reading.finish() {
        Some(bytes) if found == known.metadata.checksum() => bytes,
        _ => return Ok(mismatch()),
    };
    Ok(Read::Is(Stored {
        key,
        stem: known.stem,
        metadata: known.metadata,
        bytes,
        last_activity: known.last_activity,
    }))
}

/// Reads what is wanted from `offset` on; returns its checksum.
pub(super) fn read_hashed(
    file: &dyn fs::File,
    offset: u64,
    reading: &mut Reading,
) -> io::Result<[u8; 32]> {
    // Each piece is hashed while it is in the processor's cache.
    let mut hash = Sha256::new();
    let mut stale = 0;
    loop {
        let at = offset.saturating_add(reading.len() as u64);
        match reading.next(PIECE, |buf| file.read_into(buf, at)) {
            Ok([]) => return Ok(hash.finalize().into()),
            Ok(piece) => hash.update(piece),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) if fs::is_stale(&e) && stale < 3 => stale += 1,
            Err(e) => return Err(e),
        }
    }
}

/// Verifies the payload that belongs to `known` piece by piece, however large it is. An error when
/// the work is cancelled meanwhile.
pub(super) fn check_payload(dir: &dyn Dir, known: &Known, progress: &Progress) -> Result<Read<()>> {
    open_payload(dir, known)?.and_then(|file| {
        // What no lookup could ever answer, a hole as long as it likes, is not read through.
        let len = usize::try_from(known.metadata.payload_bytes()).unwrap_or(usize::MAX);
        if let Err(e) = Bytes::could_hold(len) {
            return Ok(Read::Unreadable(e));
        }
        let mut piece = vec![0; len.saturating_add(1).min(PIECE)];
        let mut hash = Sha256::new();
        let mut at = 0;
        loop {
            if progress.is_cancelled() {
                return Err(Error::new(
                    ErrorKind::Io,
                    format!("checking {}", shown(&dir.path().join(known.stem.payload()))),
                    "it was cancelled",
                    "Start again; what was done stays done",
                ));
            }
            let n = match fs::retry(|| file.read_at(&mut piece, at)) {
                Ok(n) => n,
                Err(e) => return failed(dir, &known.stem.payload(), e),
            };
            if n == 0 {
                break;
            }
            at += n as u64;
            hash.update(&piece[..n]);
            progress.bytes_read(n as u64);
        }
        let found: [u8; 32] = hash.finalize().into();
        let whole = at == known.metadata.payload_bytes() && found == known.metadata.checksum();
        Ok(if whole { Read::Is(()) } else { mismatch() })
    })
}

/// Another schema is not ours to supersede.
pub(super) fn is_foreign(dir: &dyn Dir, scan: &Scan, stem: &Stem) -> bool {
    matches!(read_metadata(dir, scan, stem), Ok(Read::Foreign(_)))
}

/// The younger of the last changes of a pair's files.
pub(super) fn last_change(dir: &dyn Dir, stem: &Stem) -> Option<Timestamp> {
    let changed = |name: &str| dir.stat_at(name).ok().map(|s| s.changed.max(s.modified));
    changed(&stem.metadata()).max(changed(&stem.payload()))
}
