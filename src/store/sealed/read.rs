//! Reading a sealed entry: the highest generation that is whole.

use super::life::{read_life, Beside};
use super::{unix_ms, SealedEntry, SealedRead};
use crate::error::{shown, Error, Result};
use crate::fs::{self, Dir, File, NodeKind, Stat};
use crate::key::Key;
use crate::store::bytes::Reading;
use crate::store::front::{read_front, Front};
use crate::store::metadata::{Durability, Metadata};
use crate::store::names::{sealed_name, FileRole};
use crate::store::scan::{failed, open, read_hashed, Read};
use crate::store::walk::each_key;
use crate::store::Inner;
use crate::sync::atomic::Ordering;
use std::io;

/// What is read of a front at once: usually all of it.
const AT_ONCE: usize = 4096;
/// How often a directory that changes while it is read is read again.
const ATTEMPTS: u32 = 64;
/// Directories this small are listed by one system call, which no change can fall into.
const LISTED_AT_ONCE: usize = 200;
/// How often what a file server calls stale is looked up again from the root.
const STALE_ATTEMPTS: u32 = 4;

/// The generations in a key's directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// Highest first.
    pub sealed: Vec<u64>,
    pub lives: Vec<u64>,
    count: usize,
}

impl Names {
    /// Whether nothing but this generation is there.
    pub fn is_only(&self, generation: u64) -> bool {
        self.count == 1 && self.sealed == [generation]
    }

    /// 0 where there is none.
    pub fn highest(&self) -> u64 {
        self.sealed.first().copied().unwrap_or(0)
    }
}

/// Lists the generations as they were at one instant, as far as the file system allows.
pub(super) fn list(dir: &dyn Dir) -> io::Result<Names> {
    let mut names = list_once(dir)?;
    for _ in 0..4 {
        if names.count <= LISTED_AT_ONCE && dir.is_local() {
            break;
        }
        let again = list_once(dir)?;
        if again == names {
            break;
        }
        names = again;
    }
    Ok(names)
}

/// The same; none in a directory that was removed.
pub(super) fn list_if_there(dir: &dyn Dir) -> io::Result<Names> {
    match list(dir) {
        Err(e) if fs::is_missing(&e) => Ok(Names::default()),
        names => names,
    }
}

fn list_once(dir: &dyn Dir) -> io::Result<Names> {
    fs::retry(|| {
        let mut names = Names::default();
        dir.each_name(&mut |name, kind| {
            names.count += 1;
            if matches!(kind, None | Some(NodeKind::File)) {
                match FileRole::of(name) {
                    FileRole::Sealed(generation) => names.sealed.push(generation),
                    FileRole::Life(generation) => names.lives.push(generation),
                    _ => {}
                }
            }
            true
        })?;
        names.sealed.sort_unstable_by(|a, b| b.cmp(a));
        names.lives.sort_unstable();
        Ok(names)
    })
}

/// What the highest generation says.
pub(super) enum State {
    /// There is none, or none that is whole.
    Nothing,
    /// A tombstone.
    Removed,
    /// One of its labels was invalidated.
    Dead(Box<SealedEntry>),
    Alive(Box<SealedEntry>),
}

/// A key's directory as it was at one instant.
pub(super) struct View {
    pub names: Names,
    pub state: State,
    /// Higher generations that are damaged, and why.
    pub damaged: Vec<(u64, String)>,
}

impl View {
    /// Of a directory that is not there.
    pub fn empty() -> View {
        View {
            names: Names::default(),
            state: State::Nothing,
            damaged: Vec::new(),
        }
    }

    pub fn alive(&self) -> Option<&SealedEntry> {
        match &self.state {
            State::Alive(entry) => Some(entry),
            _ => None,
        }
    }

    pub fn entry(&self) -> Option<&SealedEntry> {
        match &self.state {
            State::Alive(entry) | State::Dead(entry) => Some(entry),
            _ => None,
        }
    }

    /// Whether the highest generation holds something, alive or not, whole or not.
    pub fn holds_something(&self) -> bool {
        self.entry().is_some() || !self.damaged.is_empty()
    }
}

/// A file of a sealed generation.
pub(super) struct Opened {
    pub file: Box<dyn File>,
    pub stat: Stat,
    pub front: Front,
}

/// What a name stands for.
pub(super) enum Found {
    Tombstone,
    Generation(Box<Opened>),
}

/// Opens a generation and reads its front.
pub(super) fn open_sealed(dir: &dyn Dir, generation: u64) -> Result<Read<Found>> {
    let name = sealed_name(generation);
    let (file, stat) = match open(dir, &name)? {
        Read::Is(opened) => opened,
        Read::Gone => return Ok(Read::Gone),
        Read::Foreign(version) => return Ok(Read::Foreign(version)),
        Read::Damaged(why) => return Ok(Read::Damaged(why)),
        Read::Unreadable(e) => return Ok(Read::Unreadable(e)),
    };
    if stat.len == 0 {
        return Ok(Read::Is(Found::Tombstone));
    }
    let front = match read_front::<AT_ONCE>(file.as_ref(), 0, stat.len) {
        Ok(front) => front,
        Err(e) => return failed(dir, &name, e),
    };
    Ok(match front {
        Some(front) if front.generation == generation && front.metadata.cache().is_some() => {
            Read::Is(Found::Generation(Box::new(Opened { file, stat, front })))
        }
        _ => Read::Damaged("its front is not whole".into()),
    })
}

/// How durably a generation was written; `None` for a tombstone, and for what cannot be read.
pub(super) fn durability_of(dir: &dyn Dir, generation: u64) -> Option<Durability> {
    match open_sealed(dir, generation) {
        Ok(Read::Is(Found::Generation(opened))) => Some(opened.front.metadata.durability()),
        _ => None,
    }
}

/// Reads a payload and verifies it: the bytes, or why there are none.
fn read_payload(opened: &Opened) -> io::Result<Result<crate::store::Bytes, ReadFailure>> {
    let metadata = &opened.front.metadata;
    let len = usize::try_from(metadata.payload_bytes()).unwrap_or(usize::MAX);
    let mut reading = match Reading::new(len) {
        Ok(reading) => reading,
        Err(e) => return Ok(Err(ReadFailure::NoMemory(e))),
    };
    let found = read_hashed(opened.file.as_ref(), opened.front.payload_at, &mut reading)?;
    Ok(match reading.finish() {
        Some(bytes) if found == metadata.checksum() => Ok(bytes),
        _ => Err(ReadFailure::Mismatch),
    })
}

enum ReadFailure {
    NoMemory(Error),
    Mismatch,
}

fn entry(metadata: Metadata, generation: u64, stat: &Stat) -> Option<SealedEntry> {
    Some(SealedEntry {
        generation,
        written_unix_ms: unix_ms(metadata.written()),
        accessed_unix_ms: unix_ms(stat.modified),
        stored_bytes: metadata.payload_bytes(),
        file_bytes: stat.len,
        fields: metadata.into_cache()?,
        payload: None,
    })
}

/// One attempt at one generation.
enum Looked {
    Entry(Box<SealedEntry>),
    Tombstone,
    Gone,
    Damaged(String),
}

impl Inner {
    pub(super) fn sealed(&self, key: Key, what: SealedRead) -> Result<Option<SealedEntry>> {
        let mut attempt = 1;
        loop {
            let looked = match self.open_key_dir(key) {
                Ok(None) => return Ok(None),
                Ok(Some(dir)) => self.view(dir.as_ref(), key, what),
                Err(e) => Err(e),
            };
            match looked {
                Err(e) if e.os_error() == Some(libc::ESTALE) && attempt < STALE_ATTEMPTS => {
                    self.reopen_root();
                    attempt += 1;
                }
                Err(e) => return Err(e),
                Ok(view) => {
                    let damaged = &self.counters.damaged;
                    damaged.fetch_add(view.damaged.len() as u64, Ordering::Relaxed);
                    return Ok(match view.state {
                        State::Alive(entry) => Some(*entry),
                        _ => None,
                    });
                }
            }
        }
    }

    /// Looks at a key's directory until it holds still.
    pub(super) fn view(&self, dir: &dyn Dir, key: Key, what: SealedRead) -> Result<View> {
        self.view_but(dir, key, what, &[])
    }

    /// The same, whatever became of some labels.
    fn view_but(&self, dir: &dyn Dir, key: Key, what: SealedRead, but: &[Key]) -> Result<View> {
        let listing = |e| Error::from_io(format!("listing {}", shown(dir.path())), e);
        let mut attempt = 0;
        'again: loop {
            attempt += 1;
            let names = match list(dir) {
                Ok(names) => names,
                Err(e) if fs::is_missing(&e) => Names::default(),
                Err(e) => return Err(listing(e)),
            };
            let mut damaged = Vec::new();
            let mut state = State::Nothing;
            for &generation in &names.sealed {
                match self.look(dir, generation, &names, what)? {
                    Looked::Entry(entry) if self.has_its_labels_but(key, &entry.fields, but)? => {
                        state = State::Alive(entry);
                    }
                    Looked::Entry(entry) => {
                        // Labels go with what was superseded, too; and who judged it while it had them holds
                        // it until the next one is named.
                        drop(self.hold(dir, generation));
                        let now = list_if_there(dir).map_err(listing)?;
                        if attempt < ATTEMPTS && now != names {
                            continue 'again;
                        }
                        state = State::Dead(entry);
                    }
                    Looked::Tombstone => state = State::Removed,
                    // Superseded or removed: only another listing tells which.
                    Looked::Gone if attempt < ATTEMPTS => continue 'again,
                    Looked::Gone => {}
                    Looked::Damaged(why) => {
                        // What was superseded while it was looked at may have been written over.
                        let now = list_if_there(dir).map_err(listing)?;
                        if attempt < ATTEMPTS && now != names {
                            continue 'again;
                        }
                        damaged.push((generation, why));
                        continue;
                    }
                }
                break;
            }
            return Ok(View {
                names,
                state,
                damaged,
            });
        }
    }

    fn look(
        &self,
        dir: &dyn Dir,
        generation: u64,
        names: &Names,
        what: SealedRead,
    ) -> Result<Looked> {
        let opened = match open_sealed(dir, generation)? {
            Read::Is(Found::Generation(opened)) => opened,
            Read::Is(Found::Tombstone) => return Ok(Looked::Tombstone),
            Read::Gone => return Ok(Looked::Gone),
            Read::Damaged(why) => return Ok(Looked::Damaged(why)),
            Read::Foreign(_) => return Ok(Looked::Damaged("it is of another schema".into())),
            Read::Unreadable(e) => return Ok(Looked::Damaged(e.to_string())),
        };
        let name = sealed_name(generation);
        let payload = match what {
            SealedRead::Front => None,
            SealedRead::Payload => match read_payload(&opened) {
                Ok(Ok(bytes)) => Some(bytes),
                Ok(Err(ReadFailure::NoMemory(e))) => return Err(e),
                Ok(Err(ReadFailure::Mismatch)) => {
                    return Ok(Looked::Damaged(
                        "its payload does not match its checksum".into(),
                    ))
                }
                Err(e) => {
                    return Ok(match failed::<()>(dir, &name, e)? {
                        Read::Unreadable(e) => Looked::Damaged(e.to_string()),
                        _ => Looked::Gone,
                    })
                }
            },
        };
        let Opened { stat, front, .. } = *opened;
        let Some(mut entry) = entry(front.metadata, generation, &stat) else {
            return Ok(Looked::Damaged("it is none of a cache".into()));
        };
        entry.payload = payload;
        if names.lives.contains(&generation) {
            match read_life(dir, generation, entry.fields.nonce) {
                Ok(Beside::Life(life)) => entry.fields.set_life(life),
                Ok(Beside::Nothing) => {}
                Ok(Beside::Gone) => return Ok(Looked::Gone),
                // It may have been shortened.
                Ok(Beside::Damaged) => {
                    return Ok(Looked::Damaged("the file of its life is not whole".into()))
                }
                Err(e) => {
                    return Err(Error::from_io(
                        format!("reading the life of {}", shown(&dir.path().join(name))),
                        e,
                    ))
                }
            }
        }
        Ok(Looked::Entry(Box::new(entry)))
    }

    pub(super) fn sealed_without(&self, key: Key, labels: &[Key]) -> Result<Option<SealedEntry>> {
        let Some(dir) = self.open_key_dir(key)? else {
            return Ok(None);
        };
        let view = self.view_but(dir.as_ref(), key, SealedRead::Front, labels)?;
        Ok(match view.state {
            State::Alive(entry) => Some(*entry),
            _ => None,
        })
    }

    pub(super) fn sealed_keys(&self, each: &mut dyn FnMut(Key) -> bool) -> Result<()> {
        each_key(self.root().as_ref(), each)
            .map_err(|e| Error::from_io(format!("listing {}", shown(&self.path)), e))
    }
}
