//! Reading one key's directory: its names, its metadata, its payloads.

use super::bytes::Bytes;
use super::entry::Stored;
use super::metadata::{Durability, Metadata, Parsed, METADATA_BYTES};
use super::names::{FileRole, Stem};
use super::progress::Progress;
use crate::error::{shown, Error, ErrorKind, Result};
use crate::fs::{self, Dir, Listed, NodeKind, Stat, Timestamp};
use crate::key::Key;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
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
    /// Stems with a reuse stamp beside them.
    pub reused: HashSet<String>,
    pub unfinished: Vec<String>,
    pub unknown: Vec<String>,
}

impl Scan {
    pub fn is_empty(&self) -> bool {
        self.metadata.is_empty()
            && self.payloads.is_empty()
            && self.pins.is_empty()
            && self.reused.is_empty()
            && self.unfinished.is_empty()
            && self.unknown.is_empty()
    }

    /// Lists the directory as it was at one instant, as far as the file system allows.
    pub fn read(dir: &dyn Dir) -> io::Result<Scan> {
        let mut listed = fs::retry(|| dir.list())?;
        // While a long listing runs, a slot's next generation may appear behind its position and
        // the old one vanish before it: agreement of two listings excludes that.
        for _ in 0..8 {
            if listed.len() <= LISTED_AT_ONCE && dir.is_local() {
                break;
            }
            let again = fs::retry(|| dir.list())?;
            let same = names(&again) == names(&listed);
            listed = again;
            if same {
                break;
            }
        }
        let mut scan = Scan::default();
        for item in listed {
            if !matches!(item.kind, None | Some(NodeKind::File)) {
                scan.unknown.push(item.name);
                continue;
            }
            match FileRole::of(&item.name) {
                FileRole::Metadata(stem) => scan.metadata.push(stem),
                FileRole::Payload(stem) => scan.payloads.push(stem),
                FileRole::Pin(run_id) => {
                    scan.pins.insert(run_id);
                }
                FileRole::Reused(stem) => {
                    scan.reused.insert(stem);
                }
                FileRole::Unfinished => scan.unfinished.push(item.name),
                FileRole::Unknown => scan.unknown.push(item.name),
            }
        }
        Ok(scan)
    }
}

fn names(listed: &[Listed]) -> HashSet<&str> {
    listed.iter().map(|l| l.name.as_str()).collect()
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
fn failed<T>(dir: &dyn Dir, name: &str, e: io::Error) -> Result<Read<T>> {
    let of_this_file = matches!(e.raw_os_error(), Some(libc::EIO) | Some(libc::EACCES));
    let e = Error::from_io(format!("reading {}", shown(&dir.path().join(name))), e);
    if of_this_file {
        Ok(Read::Unreadable(e))
    } else {
        Err(e)
    }
}

/// Metadata, and when the entry was last used.
#[derive(Clone)]
pub(super) struct Known {
    pub stem: Stem,
    pub metadata: Metadata,
    pub last_activity: Timestamp,
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

fn open(dir: &dyn Dir, name: &str) -> Result<Read<(Box<dyn fs::File>, Stat)>> {
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
        let n = match fs::read_full(file.as_ref(), buffer) {
            Ok(n) => n,
            Err(e) => return failed(dir, &name, e),
        };
        Ok(match Metadata::parse(&buffer[..n]) {
            Parsed::Foreign(version) => Read::Foreign(version),
            Parsed::Damaged(why) => Read::Damaged(why),
            Parsed::Valid(metadata) => {
                let mut last_activity = metadata.last_activity();
                if scan.reused.contains(stem.as_str()) {
                    if let Ok(stamp) = dir.stat_at(&stem.reused()) {
                        last_activity = last_activity.max(stamp.modified);
                    }
                }
                Read::Is(Known {
                    stem: stem.clone(),
                    metadata,
                    last_activity,
                })
            }
        })
    })
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

/// Reads and verifies the payload that belongs to `known`.
pub(super) fn read_payload(dir: &dyn Dir, key: Key, known: Known) -> Result<Read<Stored>> {
    open_payload(dir, &known)?.and_then(|file| {
        let len = usize::try_from(known.metadata.payload_bytes()).unwrap_or(usize::MAX);
        let mut bytes = match Bytes::zeroed(len) {
            Ok(bytes) => bytes,
            // Another entry may fit, and a walk has more to look at.
            Err(e) => return Ok(Read::Unreadable(e)),
        };
        let read = match fs::read_full(file.as_ref(), bytes.as_mut_slice()) {
            Ok(n) => n,
            Err(e) => return failed(dir, &known.stem.payload(), e),
        };
        let found: [u8; 32] = Sha256::digest(&bytes[..]).into();
        if read != len || found != known.metadata.checksum() {
            return Ok(mismatch());
        }
        Ok(Read::Is(Stored {
            key,
            stem: known.stem,
            metadata: known.metadata,
            bytes,
            last_activity: known.last_activity,
        }))
    })
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
        let mut piece = vec![0; PIECE];
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

/// The younger of the last changes of a pair's files.
pub(super) fn last_change(dir: &dyn Dir, stem: &Stem) -> Option<Timestamp> {
    let changed = |name: &str| dir.stat_at(name).ok().map(|s| s.changed.max(s.modified));
    changed(&stem.metadata()).max(changed(&stem.payload()))
}
