//! A slot's private file: replaced in place, with one sync.
//!
//! Publishing a pair takes two files, three syncs and a directory; writing over allocated blocks
//! takes one sync. So a slot that is replaced again and again gets a file of its own beside its pairs,
//! `<run id>.slot`, under a name no other engine consumes. Within a second its newest generation is
//! published as a pair too (see `export`), which is what other engines find.
//!
//! The file holds two areas of equal length, and the newest two generations. A generation is written
//! over the older one, so that at every instant, and after a crash at any instant, the newer one is
//! whole. An area is a front (see `front`), whose metadata is as the pair will have it, and the payload.
//!
//! Writers take the file's lock, and look at both areas under it: another one may have been here.
//! An area written by someone who may have died before the sync is synced before the other one is
//! written over: otherwise a crash could take both.

use super::checksum::{checksum_beside, Checksum};
use super::front::{front, header, payload_offset, read_front, Header, HEADER};
use super::metadata::Metadata;
use super::names::{part_name, slot_name, Stem};
use super::scan::is_irregular;
use super::totals::Totals;
use crate::fs::{self, Dir, File, Guard, NodeKind, Stat, Timestamp};
use crate::key::Key;
use crate::sync::Mutex;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, PoisonError};

/// Larger payloads are published as pairs at once: two more copies of them take too much room.
pub(super) const MOST_PAYLOAD: u64 = 32 << 20;
/// Of longer payloads the disk is told before they are synced.
const SYNCED_AT_ONCE: usize = 64 * 1024;
/// How much of a longer one the disk is told of at a time.
const PIECE: usize = 2 << 20;
const PAGE: u64 = 4096;
/// What is read of a front at once.
const AT_ONCE: usize = 1024;
/// Room for metadata that grows: numbers get longer, and the trace does.
const SPARE_METADATA: u64 = 3072;
/// How often a writer tries a lock that another holds, with longer and longer pauses: some tens of
/// milliseconds in all. Then it publishes a pair instead.
pub(super) const A_MOMENT: u32 = 20;
/// The same for who has no other way: ten seconds in all.
pub(super) const LONG: u32 = 2000;

/// One generation as it lies in a private file.
pub(super) struct Area {
    /// 0 or 1.
    index: u64,
    pub stem: Stem,
    pub metadata: Metadata,
    /// From the start of the file.
    pub payload_at: u64,
}

impl Area {
    /// Whether the payload is what the metadata says.
    fn is_whole(&self, file: &dyn File) -> io::Result<bool> {
        let mut hash = Sha256::new();
        let mut piece = vec![0; PIECE.min(self.metadata.payload_bytes() as usize)];
        let mut left = self.metadata.payload_bytes();
        while left > 0 {
            let part = &mut piece[..(left as usize).min(PIECE)];
            let at = self.payload_at + self.metadata.payload_bytes() - left;
            if fs::read_full_at(file, part, at)? < part.len() {
                return Ok(false);
            }
            hash.update(&*part);
            left -= part.len() as u64;
        }
        Ok(hash.finalize()[..] == self.metadata.checksum())
    }
}

/// The length of each area of a file made for such a generation.
pub(super) fn private_area_len(metadata_len: u64, payload_len: u64) -> u64 {
    let wanted = payload_offset(metadata_len + SPARE_METADATA) + payload_len;
    wanted.div_ceil(PAGE) * PAGE
}

/// The area length of a file of this length, if it can be a private file.
fn area_len(file_len: u64) -> Option<u64> {
    (file_len > 0 && file_len % (2 * PAGE) == 0).then_some(file_len / 2)
}

/// The generation in an area; `None` where there is none, or one being written, torn or damaged.
fn read_area(file: &dyn File, run_id: &str, len: u64, index: u64) -> io::Result<Option<Area>> {
    let start = index * len;
    let front = read_front::<AT_ONCE>(file, start, len)?;
    Ok(front.map(|front| Area {
        index,
        stem: Stem::synced(run_id, front.generation, front.random),
        metadata: front.metadata,
        payload_at: start + front.payload_at,
    }))
}

/// How often areas that change while they are read are read again.
const READ_ATTEMPTS: u32 = 16;

/// Both generations of an open private file, the newer one first, as they were at one instant: what
/// one area held may be long superseded by the time the other is read.
pub(super) fn read_areas(file: &dyn File, stat: &Stat, run_id: &str) -> io::Result<Vec<Area>> {
    let Some(len) = area_len(stat.len) else {
        return Ok(Vec::new());
    };
    let area = |index| read_area(file, run_id, len, index);
    let stem = |a: &Option<Area>| a.as_ref().map(|a| a.stem.clone());
    let mut first = area(0)?;
    let mut second = area(1)?;
    for _ in 0..READ_ATTEMPTS {
        let again = area(0)?;
        let held_still = stem(&again) == stem(&first);
        first = again;
        if held_still {
            break;
        }
        second = area(1)?;
    }
    let mut areas: Vec<Area> = first.into_iter().chain(second).collect();
    areas.sort_by_key(|a| std::cmp::Reverse(a.stem.generation));
    Ok(areas)
}

/// What is to be written.
pub(super) struct Generation<'a> {
    pub stem: &'a Stem,
    /// Without its checksum.
    pub metadata: &'a Metadata,
    /// Its length as it will be.
    pub metadata_len: u64,
    pub payload: &'a [u8],
}

impl Generation<'_> {
    fn payload_offset(&self) -> u64 {
        payload_offset(self.metadata_len)
    }

    fn len(&self) -> u64 {
        self.payload_offset() + self.payload.len() as u64
    }

    /// The header, and everything before the payload.
    fn front(&self, checksum: Checksum) -> io::Result<(Header, Vec<u8>)> {
        let metadata = self.metadata.clone().with_checksum(checksum);
        let metadata = metadata.to_bytes().map_err(io::Error::other)?;
        let payload_len = self.payload.len() as u64;
        let (generation, random) = (self.stem.generation, self.stem.random());
        let header = header(generation, random, payload_len, &metadata);
        let mut front = front(&header, &metadata);
        front.resize(self.payload_offset() as usize, 0);
        Ok((header, front))
    }

    /// Writes the payload, then its front, of which the header is returned: after a kill, what has a front
    /// has its payload. (After a power cut, only the checksum tells.)
    fn write(&self, file: &dyn File, start: u64) -> io::Result<Header> {
        let (written, checksum) = checksum_beside(self.payload, || -> io::Result<()> {
            let mut at = start + self.payload_offset();
            for piece in self.payload.chunks(PIECE) {
                fs::write_all_at(file, piece, at)?;
                if self.payload.len() > SYNCED_AT_ONCE {
                    file.start_writeback();
                }
                at += piece.len() as u64;
            }
            Ok(())
        });
        written?;
        let (header, front) = self.front(checksum)?;
        fs::write_all_at(file, &front, start)?;
        Ok(header)
    }
}

/// A generation of one run of each key, of those last used: what this handle has seen to itself, so
/// that it need not be done again. Numbers begin anew once a run was removed, so it is the random part of
/// its stem that is remembered.
#[derive(Default)]
pub(super) struct Generations(Mutex<HashMap<Key, (String, u64)>>);

/// Most keys that are remembered.
const REMEMBERED: usize = 1024;

impl Generations {
    pub fn note(&self, key: Key, stem: &Stem) {
        let run_id = stem.run_id();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get_mut(&key).filter(|(run, _)| run == run_id) {
            Some((_, known)) => *known = stem.random(),
            None => {
                if known.len() >= REMEMBERED {
                    known.clear();
                }
                known.insert(key, (run_id.to_owned(), stem.random()));
            }
        }
    }

    /// The random part of the stem that was noted.
    pub fn get(&self, key: Key, run_id: &str) -> Option<u64> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_run = known.get(&key).filter(|(run, _)| run == run_id);
        of_run.map(|(_, random)| *random)
    }
}

/// A private file held open by its slot's writer.
pub(crate) struct Private {
    dir: Arc<dyn Dir>,
    file: Arc<dyn File>,
    id: FileId,
    area_len: u64,
    /// The newest generation that is known to be whole and durable, by the random part of its stem.
    durable: Option<u64>,
    /// What this writer left, once it has written here.
    left: Option<Left>,
}

/// Both areas as their writer left them. While their headers are the same, nobody else was here.
#[derive(Clone, Copy)]
struct Left {
    headers: [Header; 2],
    newest: u64,
    generation: u64,
}

impl std::fmt::Debug for Private {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Private")
            .field("durable", &self.durable)
            .finish()
    }
}

/// How an attempt to replace in place ended.
pub(super) enum Replaced {
    Done,
    /// Another writer was here meanwhile: its newest generation, and when it was written.
    Newer(u64, Timestamp),
    /// The file is gone, too small, or held by another: another way has to be taken.
    Unfit,
}

type OpenFile = dyn File + 'static;

/// Device and inode.
type FileId = (u64, u64);

fn id_of(stat: &Stat) -> FileId {
    (stat.device, stat.inode)
}

/// Whether the private file of a run is this one. That it has links does not tell: a maker who was killed
/// may have left it a second name.
fn has_name(dir: &dyn Dir, run_id: &str, id: FileId) -> io::Result<bool> {
    match fs::retry(|| dir.stat_at(&slot_name(run_id))) {
        Ok(named) => Ok(id_of(&named) == id),
        Err(e) if fs::is_missing(&e) => Ok(false),
        Err(e) => Err(e),
    }
}

/// Opens what is there as the private file of a run, for reading and writing; `None` when there is
/// none, or something else has its name.
pub(super) fn open_existing(
    dir: &dyn Dir,
    run_id: &str,
) -> io::Result<Option<(Box<dyn File>, Stat)>> {
    let file = match fs::retry(|| dir.open_write(&slot_name(run_id))) {
        Ok(file) => file,
        Err(e) if fs::is_missing(&e) || is_irregular(&e) => return Ok(None),
        Err(e) if e.raw_os_error() == Some(libc::EISDIR) => return Ok(None),
        Err(e) => return Err(e),
    };
    let stat = fs::retry(|| file.stat())?;
    Ok((stat.kind == NodeKind::File).then_some((file, stat)))
}

/// Takes the lock of a private file, waiting for others for a moment.
fn lock(file: &OpenFile, attempts: u32) -> io::Result<Option<Guard<&OpenFile>>> {
    for attempt in 0..attempts {
        if let Some(guard) = Guard::try_new(file)? {
            return Ok(Some(guard));
        }
        fs::back_off(attempt);
    }
    Ok(None)
}

/// Does `work` on the private file that has its name and is locked, so that it is neither replaced
/// nor published from meanwhile; with `None` where there is no such file.
pub(super) fn with_locked<T>(
    dir: &dyn Dir,
    run_id: &str,
    attempts: u32,
    work: impl FnOnce(Option<(&dyn File, Stat)>) -> T,
) -> io::Result<T> {
    loop {
        let Some((file, _)) = open_existing(dir, run_id)? else {
            return Ok(work(None));
        };
        let Some(guard) = lock(file.as_ref(), attempts)? else {
            return Err(io::Error::from_raw_os_error(libc::EAGAIN));
        };
        let stat = fs::retry(|| guard.file().stat())?;
        // Another may have the name by now.
        if has_name(dir, run_id, id_of(&stat))? {
            return Ok(work(Some((guard.file(), stat))));
        }
    }
}

/// Empties both areas of a private file that is held, the newer one last. Not durable; nothing is lost
/// if the generations come back, for they are older than what is stored elsewhere.
pub(super) fn empty(file: &dyn File, stat: &Stat, newest: Option<&Area>) -> io::Result<()> {
    let Some(len) = area_len(stat.len) else {
        return Ok(());
    };
    let last = newest.map_or(1, |a| a.index);
    [1 - last, last]
        .into_iter()
        .try_for_each(|index| fs::write_all_at(file, &[0; HEADER], index * len))
}

impl Private {
    /// Makes the file with its first generation, in place of one that is too small; `None` when
    /// another writer was quicker. The file is durable, its name is not yet.
    pub fn create(
        dir: &Arc<dyn Dir>,
        first: &Generation<'_>,
        change: &mut Totals,
    ) -> io::Result<Option<Private>> {
        let run_id = first.stem.run_id();
        let name = slot_name(run_id);
        let old = open_existing(dir.as_ref(), run_id)?;
        // Whoever waits for the old one's lock sees afterwards that it has no name any more.
        let _held = match &old {
            None => None,
            Some((old, _)) => {
                let Some(guard) = lock(old.as_ref(), A_MOMENT)? else {
                    return Ok(None);
                };
                let stat = fs::retry(|| old.stat())?;
                let areas = read_areas(old.as_ref(), &stat, run_id)?;
                let newer = |a: &Area| a.stem.generation >= first.stem.generation;
                if !has_name(dir.as_ref(), run_id, id_of(&stat))? || areas.iter().any(newer) {
                    return Ok(None);
                }
                change.remove_file(stat.len);
                Some(guard)
            }
        };
        let area_len = private_area_len(first.metadata_len, first.payload.len() as u64);
        let part = part_name().map_err(io::Error::other)?;
        let file: Arc<dyn File> = Arc::from(fs::retry(|| dir.create_new(&part))?);
        let written = || -> io::Result<Option<FileId>> {
            let id = id_of(&fs::retry(|| file.stat())?);
            first.write(file.as_ref(), 0)?;
            // Real zeros: blocks that were merely reserved would have to be noted when written.
            let mut at = first.len();
            let zeros = vec![0; PIECE.min((2 * area_len - at) as usize)];
            while at < 2 * area_len {
                let n = zeros.len().min((2 * area_len - at) as usize);
                fs::write_all_at(file.as_ref(), &zeros[..n], at)?;
                at += n as u64;
            }
            fs::synced(|| file.sync())?;
            if old.is_some() {
                fs::retry(|| dir.rename(&part, dir.as_ref(), &name))?;
                return Ok(Some(id));
            }
            match fs::retry(|| dir.link(&part, &name)) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => return Ok(None),
                done => done?,
            }
            // Its other name is a leaving at worst.
            let _ = dir.unlink(&part);
            Ok(Some(id))
        };
        let id = match written() {
            Ok(Some(id)) => id,
            failed => {
                let _ = dir.unlink(&part);
                return failed.map(|_| None);
            }
        };
        change.add_file(2 * area_len);
        Ok(Some(Private {
            dir: Arc::clone(dir),
            file,
            id,
            area_len,
            durable: Some(first.stem.random()),
            left: None,
        }))
    }

    /// Opens the private file of a run; `None` when there is none that can be used.
    /// `durable` is what this handle itself made durable of it, if anything.
    pub fn open(dir: &Arc<dyn Dir>, run_id: &str, durable: Option<u64>) -> Option<Private> {
        let (file, stat) = open_existing(dir.as_ref(), run_id).ok()??;
        Some(Private {
            dir: Arc::clone(dir),
            file: Arc::from(file),
            id: id_of(&stat),
            area_len: area_len(stat.len)?,
            durable,
            left: None,
        })
    }

    /// What it holds, as far as it can be read.
    pub fn areas(&self, run_id: &str) -> Vec<Area> {
        let stat = fs::retry(|| self.file.stat());
        stat.and_then(|s| read_areas(self.file.as_ref(), &s, run_id))
            .unwrap_or_default()
    }

    /// Writes the next generation over the older one and syncs it.
    pub fn replace(&mut self, next: &Generation<'_>) -> io::Result<Replaced> {
        if next.len() > self.area_len {
            return Ok(Replaced::Unfit);
        }
        let Ok(Some(guard)) = lock(self.file.as_ref(), A_MOMENT) else {
            return Ok(Replaced::Unfit);
        };
        let file = guard.file();
        let run_id = next.stem.run_id();
        if !has_name(self.dir.as_ref(), run_id, self.id)? {
            return Ok(Replaced::Unfit);
        }
        let mut headers = self.headers(file)?;
        let left = self.left.take();
        let left = left.filter(|l| l.headers == headers && l.generation < next.stem.generation);
        let newest = match left {
            Some(left) => Some(left.newest),
            None => {
                let newest = self.newest_whole(file, run_id)?;
                if let Some(newest) = &newest {
                    if newest.stem.generation >= next.stem.generation {
                        return Ok(Replaced::Newer(
                            newest.stem.generation,
                            newest.metadata.written(),
                        ));
                    }
                    if self.durable != Some(newest.stem.random()) {
                        // Nor may the file's name be durable yet.
                        fs::synced(|| file.sync())?;
                        fs::synced(|| self.dir.sync())?;
                        self.durable = Some(newest.stem.random());
                    }
                }
                newest.map(|n| n.index)
            }
        };
        let target = newest.map_or(0, |newest| 1 - newest);
        let start = target * self.area_len;
        // The directory's stamps tell readers that keep answers in memory.
        let written = next.write(file, start).and_then(|header| {
            fs::retry(|| self.dir.touch())?;
            fs::synced(|| file.sync())?;
            Ok(header)
        });
        let header = match written {
            Ok(header) => header,
            Err(e) => {
                // What may not be on the disk must not look as if it were: the next writer would write
                // over the other area.
                let _ = fs::write_all_at(file, &[0; HEADER], start);
                let _ = self.dir.touch();
                return Err(e);
            }
        };
        headers[target as usize] = header;
        self.durable = Some(next.stem.random());
        self.left = Some(Left {
            headers,
            newest: target,
            generation: next.stem.generation,
        });
        Ok(Replaced::Done)
    }

    fn headers(&self, file: &dyn File) -> io::Result<[Header; 2]> {
        let mut headers = [[0; HEADER]; 2];
        for (index, header) in (0..).zip(&mut headers) {
            fs::read_full_at(file, header, index * self.area_len)?;
        }
        Ok(headers)
    }

    /// The newest generation that is whole. A writer that was killed leaves the front of an area, and not
    /// all of its payload: the area that is written over then is that one.
    fn newest_whole(&self, file: &dyn File, run_id: &str) -> io::Result<Option<Area>> {
        let mut areas = Vec::with_capacity(2);
        for index in [0, 1] {
            areas.extend(read_area(file, run_id, self.area_len, index)?);
        }
        areas.sort_by_key(|a| std::cmp::Reverse(a.stem.generation));
        for area in areas {
            if self.durable == Some(area.stem.random()) || area.is_whole(file)? {
                return Ok(Some(area));
            }
        }
        Ok(None)
    }
}
