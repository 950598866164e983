//! A slot's private file: replaced in place, with one sync.
//!
//! Publishing a pair takes two files, three syncs and a directory; writing over allocated blocks
//! takes one sync. So a slot that is replaced again and again gets a file of its own beside its pairs,
//! `<run id>.slot`, under a name no other engine consumes. Within a second its newest generation is
//! published as a pair too (see `export`), which is what other engines find.
//!
//! The file holds two areas of equal length, and the newest two generations. A generation is written
//! over the older one, so that at every instant, and after a crash at any instant, the newer one is
//! whole. An area is
//!
//! ```text
//! offset length
//!      0      8  "WARMSLT1"; zeros in an area that holds nothing
//!      8      8  generation
//!     16      8  the random part of its stem
//!     24      8  length of the payload
//!     32      4  length of the metadata
//!     36     12  zeros
//!     48     32  SHA-256 of the first 48 bytes and the metadata
//!     80         metadata, as the pair will have it; then the payload, aligned to 64 bytes
//! ```
//!
//! with numbers little-endian; the payload is covered by the checksum in the metadata. Nothing in an
//! area that does not prove whole is believed.
//!
//! Writers take the file's lock, and look at both areas under it: another one may have been here.
//! An area written by someone who may have died before the sync is synced before the other one is
//! written over: otherwise a crash could take both.

use super::checksum::{checksum, checksum_beside, Checksum};
use super::metadata::{Metadata, Parsed, METADATA_BYTES};
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
/// Payloads up to this length are written together with their metadata.
const WRITTEN_AT_ONCE: usize = 64 * 1024;
/// How much of a longer one the disk is told of at a time.
const PIECE: usize = 2 << 20;
const MAGIC: &[u8; 8] = b"WARMSLT1";
const HEADER: usize = 80;
const DIGESTED: usize = 48;
const PAGE: u64 = 4096;
const ALIGN: u64 = 64;
/// Room for metadata that grows: numbers get longer.
const SPARE_METADATA: u64 = 512;
/// How often a writer tries a lock that another holds, with longer and longer pauses: some tens of
/// milliseconds in all. Then it publishes a pair instead.
pub(super) const A_MOMENT: u32 = 20;
/// The same for who has no other way: ten seconds in all.
pub(super) const LONG: u32 = 2000;

fn payload_offset(metadata_len: u64) -> u64 {
    (HEADER as u64 + metadata_len).div_ceil(ALIGN) * ALIGN
}

/// One generation as it lies in a private file.
pub(super) struct Area {
    /// 0 or 1.
    index: u64,
    pub stem: Stem,
    pub metadata: Metadata,
    /// From the start of the file.
    pub payload_at: u64,
}

/// The length of each area of a file made for such a generation.
pub(super) fn private_area_len(metadata_len: u64, payload_len: u64) -> u64 {
    let wanted = payload_offset(metadata_len + SPARE_METADATA) + payload_len;
    wanted.div_ceil(PAGE) * PAGE
}

/// What an area holds.
enum Content {
    Nothing,
    Generation(Box<Area>),
    /// Being written, or torn by a crash, or damaged.
    NotWhole,
}

/// The area length of a file of this length, if it can be a private file.
fn area_len(file_len: u64) -> Option<u64> {
    (file_len > 0 && file_len % (2 * PAGE) == 0).then_some(file_len / 2)
}

fn read_area(file: &dyn File, run_id: &str, len: u64, index: u64) -> io::Result<Content> {
    let start = index * len;
    let mut small = [0; 1024];
    let n = fs::read_full_at(file, &mut small, start)?;
    if n < HEADER {
        return Ok(Content::NotWhole);
    }
    let header = &small[..HEADER];
    if header.iter().all(|b| *b == 0) {
        return Ok(Content::Nothing);
    }
    let number = |at: usize| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&header[at..at + 8]);
        u64::from_le_bytes(bytes)
    };
    let metadata_len = number(32) & 0xffff_ffff;
    let payload_len = number(24);
    let payload_at = payload_offset(metadata_len);
    let fits = metadata_len <= METADATA_BYTES as u64
        && payload_at
            .checked_add(payload_len)
            .is_some_and(|end| end <= len);
    if &header[..8] != MAGIC || !fits {
        return Ok(Content::NotWhole);
    }
    let mut large;
    let end = HEADER + metadata_len as usize;
    let bytes = if end <= small.len() {
        &small[HEADER..end]
    } else {
        large = vec![0; metadata_len as usize];
        if fs::read_full_at(file, &mut large, start + HEADER as u64)? < large.len() {
            return Ok(Content::NotWhole);
        }
        &large[..]
    };
    if digest(&header[..DIGESTED], bytes)[..] != header[DIGESTED..] {
        return Ok(Content::NotWhole);
    }
    Ok(match Metadata::parse(bytes) {
        Parsed::Valid(metadata) if metadata.payload_bytes() == payload_len => {
            Content::Generation(Box::new(Area {
                index,
                stem: Stem::synced(run_id, number(8), number(16)),
                metadata,
                payload_at: start + payload_at,
            }))
        }
        _ => Content::NotWhole,
    })
}

fn digest(header: &[u8], metadata: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(header)
        .chain_update(metadata)
        .finalize()
        .into()
}

/// How often areas that change while they are read are read again.
const READ_ATTEMPTS: u32 = 16;

/// Both generations of an open private file, the newer one first, as they were at one instant: what
/// one area held may be long superseded by the time the other is read.
pub(super) fn read_areas(file: &dyn File, stat: &Stat, run_id: &str) -> io::Result<Vec<Area>> {
    let Some(len) = area_len(stat.len) else {
        return Ok(Vec::new());
    };
    let area = |index| -> io::Result<Option<Area>> {
        Ok(match read_area(file, run_id, len, index)? {
            Content::Generation(area) => Some(*area),
            _ => None,
        })
    };
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

    /// Everything before the payload.
    fn front(&self, checksum: Checksum) -> io::Result<Vec<u8>> {
        let metadata = self.metadata.clone().with_checksum(checksum);
        let metadata = metadata.to_bytes().map_err(io::Error::other)?;
        let mut front = vec![0; HEADER];
        front[..8].copy_from_slice(MAGIC);
        front[8..16].copy_from_slice(&self.stem.generation.to_le_bytes());
        front[16..24].copy_from_slice(&self.stem.random().to_le_bytes());
        front[24..32].copy_from_slice(&(self.payload.len() as u64).to_le_bytes());
        front[32..36].copy_from_slice(&(metadata.len() as u32).to_le_bytes());
        let digest = digest(&front[..DIGESTED], &metadata);
        front[DIGESTED..].copy_from_slice(&digest);
        front.extend_from_slice(&metadata);
        front.resize(self.payload_offset() as usize, 0);
        Ok(front)
    }

    fn write(&self, file: &dyn File, start: u64) -> io::Result<()> {
        if self.payload.len() <= WRITTEN_AT_ONCE {
            let mut all = self.front(checksum(self.payload))?;
            all.extend_from_slice(self.payload);
            return fs::write_all_at(file, &all, start);
        }
        let (written, checksum) = checksum_beside(self.payload, || {
            let mut at = start + self.payload_offset();
            for piece in self.payload.chunks(PIECE) {
                fs::write_all_at(file, piece, at)?;
                file.start_writeback();
                at += piece.len() as u64;
            }
            Ok(())
        });
        written.and_then(|()| fs::write_all_at(file, &self.front(checksum)?, start))
    }
}

/// A generation of one run of each key, of those last used: what this handle has seen to itself, so
/// that it need not be done again.
#[derive(Default)]
pub(super) struct Generations(Mutex<HashMap<Key, (String, u64)>>);

/// Most keys that are remembered.
const REMEMBERED: usize = 1024;

impl Generations {
    pub fn note(&self, key: Key, run_id: &str, generation: u64) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get_mut(&key).filter(|(run, _)| run == run_id) {
            Some((_, known)) => *known = generation,
            None => {
                if known.len() >= REMEMBERED {
                    known.clear();
                }
                known.insert(key, (run_id.to_owned(), generation));
            }
        }
    }

    /// 0 for none.
    pub fn get(&self, key: Key, run_id: &str) -> u64 {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_run = known.get(&key).filter(|(run, _)| run == run_id);
        of_run.map_or(0, |(_, generation)| *generation)
    }
}

/// A private file held open by its slot's writer.
pub(crate) struct Private {
    dir: Arc<dyn Dir>,
    file: Arc<dyn File>,
    area_len: u64,
    /// The newest generation that is known to be durable.
    durable: u64,
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
        if stat.links > 0 {
            return Ok(work(Some((guard.file(), stat))));
        }
    }
}

impl Private {
    /// Makes the file with its first generation, in place of one that is too small; `None` when
    /// another writer was quicker. The file is durable, its name is not yet.
    pub fn create(
        dir: &Arc<dyn Dir>,
        first: &Generation<'_>,
        change: &mut Totals,
    ) -> io::Result<Option<Private>> {
        let name = slot_name(first.stem.run_id());
        let old = open_existing(dir.as_ref(), first.stem.run_id())?;
        // Whoever waits for the old one's lock sees afterwards that it has no name any more.
        let _held = match &old {
            None => None,
            Some((old, _)) => {
                let Some(guard) = lock(old.as_ref(), A_MOMENT)? else {
                    return Ok(None);
                };
                let stat = fs::retry(|| old.stat())?;
                let areas = read_areas(old.as_ref(), &stat, first.stem.run_id())?;
                let newer = |a: &Area| a.stem.generation >= first.stem.generation;
                if stat.links == 0 || areas.iter().any(newer) {
                    return Ok(None);
                }
                change.remove_file(stat.len);
                Some(guard)
            }
        };
        let area_len = private_area_len(first.metadata_len, first.payload.len() as u64);
        let part = part_name().map_err(io::Error::other)?;
        let file: Arc<dyn File> = Arc::from(fs::retry(|| dir.create_new(&part))?);
        let written = || -> io::Result<bool> {
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
                return Ok(true);
            }
            match fs::retry(|| dir.link(&part, &name)) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
                done => done?,
            }
            // Its other name is a leaving at worst.
            let _ = dir.unlink(&part);
            Ok(true)
        };
        match written() {
            Ok(true) => {}
            failed => {
                let _ = dir.unlink(&part);
                return failed.map(|_| None);
            }
        }
        change.add_file(2 * area_len);
        Ok(Some(Private {
            dir: Arc::clone(dir),
            file,
            area_len,
            durable: first.stem.generation,
        }))
    }

    /// Opens the private file of a run; `None` when there is none that can be used.
    pub fn open(dir: &Arc<dyn Dir>, run_id: &str, durable: u64) -> Option<Private> {
        let (file, stat) = open_existing(dir.as_ref(), run_id).ok()??;
        Some(Private {
            dir: Arc::clone(dir),
            file: Arc::from(file),
            area_len: area_len(stat.len)?,
            durable,
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
        if fs::retry(|| file.stat())?.links == 0 {
            return Ok(Replaced::Unfit);
        }
        let run_id = next.stem.run_id();
        let mut newest: Option<Box<Area>> = None;
        for index in [0, 1] {
            if let Content::Generation(area) = read_area(file, run_id, self.area_len, index)? {
                match &newest {
                    Some(n) if n.stem.generation >= area.stem.generation => {}
                    _ => newest = Some(area),
                }
            }
        }
        if let Some(newest) = &newest {
            if newest.stem.generation >= next.stem.generation {
                return Ok(Replaced::Newer(
                    newest.stem.generation,
                    newest.metadata.written(),
                ));
            }
            if newest.stem.generation != self.durable {
                // Nor may the file's name be durable yet.
                fs::synced(|| file.sync())?;
                fs::synced(|| self.dir.sync())?;
                self.durable = newest.stem.generation;
            }
        }
        let target = newest.map_or(0, |n| 1 - n.index) * self.area_len;
        // The directory's stamps tell readers that keep answers in memory.
        let written = next
            .write(file, target)
            .and_then(|()| fs::retry(|| self.dir.touch()))
            .and_then(|()| fs::synced(|| file.sync()));
        if let Err(e) = written {
            // What may not be on the disk must not look as if it were: the next writer would write
            // over the other area.
            let _ = fs::write_all_at(file, &[0; HEADER], target);
            let _ = self.dir.touch();
            return Err(e);
        }
        self.durable = next.stem.generation;
        Ok(Replaced::Done)
    }

    /// Empties both areas, with `besides` done under the same lock. Not durable; nothing is lost if
    /// the generations come back, for they are older than what is stored elsewhere.
    pub fn clear<T>(&self, besides: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let Some(guard) = lock(self.file.as_ref(), LONG)? else {
            return Err(io::Error::from_raw_os_error(libc::EAGAIN));
        };
        for index in [0, 1] {
            fs::write_all_at(guard.file(), &[0; HEADER], index * self.area_len)?;
        }
        let done = besides()?;
        fs::retry(|| self.dir.touch())?;
        Ok(done)
    }
}
