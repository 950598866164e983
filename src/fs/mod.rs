//! The seam to the file system.
//!
//! Everything the store does to a disk goes through these traits, so that a simulated, failing or
//! crashing disk can stand in for the real one. Names are single path components relative to an
//! open directory: nothing below the root is reached by path, and no symbolic link is followed.
//!
//! The traits are as thin as system calls: a write may be short and a call may be interrupted; the
//! helpers here repeat both.

mod counters;
mod locks;
mod posix;

#[cfg(test)]
pub(crate) mod faulty;
#[cfg(any(test, fuzzing))]
pub(crate) mod simulated;
#[cfg(test)]
pub(crate) mod turns;

use std::any::Any;
use std::io;
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub(crate) use counters::Counters;
#[cfg(feature = "capi")]
pub(crate) use locks::close_inherited;
pub(crate) use locks::Guard;
pub(crate) use posix::{
    host_name, most_open_files, prefer_huge_pages, process_id, random_bytes, Posix,
};

/// Seconds and nanoseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Timestamp {
    pub secs: i64,
    pub nanos: u32,
}

impl Timestamp {
    /// Seconds from `earlier` to `self`; negative when `self` is the earlier one.
    pub fn seconds_since(self, earlier: Timestamp) -> f64 {
        (self.secs.saturating_sub(earlier.secs)) as f64
            + (f64::from(self.nanos) - f64::from(earlier.nanos)) * 1e-9
    }

    /// The next representable instant.
    pub fn successor(self) -> Timestamp {
        if self.nanos >= 999_999_999 {
            Timestamp {
                secs: self.secs.saturating_add(1),
                nanos: 0,
            }
        } else {
            Timestamp {
                secs: self.secs,
                nanos: self.nanos + 1,
            }
        }
    }
}

/// What kind of thing a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NodeKind {
    File,
    Directory,
    /// A symbolic link, device, pipe or socket: never opened.
    Other,
}

/// The attributes the store relies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    pub kind: NodeKind,
    pub len: u64,
    pub device: u64,
    pub inode: u64,
    pub links: u64,
    pub modified: Timestamp,
    pub changed: Timestamp,
}

/// Two changes closer than this may carry one stamp: stamps come from a clock that ticks slowly. The
/// coarsest tick of a kernel, twice.
const STAMP_RESOLUTION_SECONDS: f64 = 0.02;

impl Stat {
    /// True when any change after `coarse_now`, the coarse clock of before this was read, is sure to
    /// show in the stamps.
    pub fn is_settled(&self, coarse_now: Timestamp) -> bool {
        let last = self.modified.max(self.changed);
        coarse_now.seconds_since(last) > STAMP_RESOLUTION_SECONDS
    }
}

/// One name of a directory listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub name: String,
    /// `None` where the file system does not tell without a further call.
    pub kind: Option<NodeKind>,
}

/// Where directories come from, and what time it is.
pub(crate) trait FileSystem: Send + Sync {
    /// Opens the directory `path`, following links.
    fn open_root(&self, path: &Path) -> io::Result<Arc<dyn Dir>>;
    /// Attributes of `path`, following links.
    fn stat_root(&self, path: &Path) -> io::Result<Stat>;
    /// Creates the directory `path`, private to the user. Its parent must exist.
    fn create_root(&self, path: &Path) -> io::Result<()>;
    /// The wall clock.
    fn now(&self) -> Timestamp;
    /// The wall clock as file stamps are taken from: cheaper, and late by up to one tick.
    fn coarse_now(&self) -> Timestamp;
    /// Nanoseconds of a clock that nobody sets: for measuring.
    fn monotonic(&self) -> i64 {
        posix::monotonic()
    }
    /// The same clock, which costs 4 ns rather than 23 and is late by up to one tick.
    fn coarse_monotonic(&self) -> i64 {
        posix::coarse_monotonic()
    }
    /// Whether work may be put off to a thread of the store's. Not where each step is looked at.
    fn allows_background(&self) -> bool {
        true
    }
    /// Whether a slot may be replaced in place. Not where replacing pairs is to be looked at.
    fn allows_in_place(&self) -> bool {
        true
    }
}

/// An open directory.
pub(crate) trait Dir: Send + Sync {
    /// For error texts only.
    fn path(&self) -> &Path;
    /// True where other hosts cannot change what lies here, locks work and stamps are this host's.
    fn is_local(&self) -> bool;
    fn open_dir(&self, name: &str) -> io::Result<Arc<dyn Dir>>;
    fn create_dir(&self, name: &str) -> io::Result<()>;
    fn remove_dir(&self, name: &str) -> io::Result<()>;
    /// Opens an existing file for reading.
    fn open_read(&self, name: &str) -> io::Result<Box<dyn File>>;
    /// Opens an existing file for reading and writing.
    fn open_write(&self, name: &str) -> io::Result<Box<dyn File>>;
    /// Opens a file for reading and writing, creating it when absent.
    fn open_or_create(&self, name: &str) -> io::Result<Box<dyn File>>;
    /// A file without a name, which vanishes unless linked; `None` where that does not exist.
    fn create_unnamed(&self) -> io::Result<Option<Box<dyn File>>>;
    /// A new file; fails when the name is taken.
    fn create_new(&self, name: &str) -> io::Result<Box<dyn File>>;
    /// Gives an unnamed file its name; fails when the name is taken.
    fn link_unnamed(&self, file: &dyn File, name: &str) -> io::Result<()>;
    /// A second name in this directory for the same file; fails when the name is taken.
    fn link(&self, from: &str, to: &str) -> io::Result<()>;
    /// Renames into `to_dir` (of the same file system), replacing what is there.
    fn rename(&self, from: &str, to_dir: &dyn Dir, to: &str) -> io::Result<()>;
    fn unlink(&self, name: &str) -> io::Result<()>;
    /// Attributes of a name, of a link itself if it is one.
    fn stat_at(&self, name: &str) -> io::Result<Stat>;
    fn stat(&self) -> io::Result<Stat>;
    /// Hands each name to `each`, until it answers false. What is made or removed meanwhile may be
    /// among them or not; all else is, once. Nothing is collected.
    fn each_name(&self, each: &mut dyn FnMut(&str, Option<NodeKind>) -> bool) -> io::Result<()>;
    /// The same names, one after the other as they are asked for.
    fn names(&self) -> io::Result<Box<dyn Names>>;
    fn list(&self) -> io::Result<Vec<Listed>> {
        let mut names = Vec::new();
        self.each_name(&mut |name, kind| {
            let name = name.to_owned();
            names.push(Listed { name, kind });
            true
        })?;
        Ok(names)
    }
    /// Sets the directory's stamps to the present: a file in it was changed in place.
    fn touch(&self) -> io::Result<()>;
    /// The counters in the file `name`, made when there is none; `None` where processes cannot share
    /// memory by a file of this directory. Not durable.
    fn share_counters(&self, name: &str, count: usize) -> io::Result<Option<Arc<Counters>>>;
    /// Makes the names in this directory durable.
    fn sync(&self) -> io::Result<()>;
    /// The directory itself, to be locked.
    fn to_lock(&self) -> io::Result<Box<dyn File>>;
    fn as_any(&self) -> &dyn Any;
}

/// A directory that is being listed.
pub(crate) trait Names: Send {
    /// The next name, but for the dots; none at the end. May be tried again after an error.
    fn next(&mut self) -> io::Result<Option<(&str, Option<NodeKind>)>>;
}

/// An open file.
pub(crate) trait File: Send + Sync {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize>;
    /// The same into memory that nothing was written to yet: the part that was read.
    fn read_into<'a>(&self, buf: &'a mut [MaybeUninit<u8>], offset: u64) -> io::Result<&'a [u8]> {
        let buf = zeroed(buf);
        let n = self.read_at(buf, offset)?;
        Ok(&buf[..n])
    }
    fn write_at(&self, buf: &[u8], offset: u64) -> io::Result<usize>;
    /// Begins to write what was written to the disk, without waiting: a hint, so that other work can
    /// be done beside it before the sync.
    fn start_writeback(&self);
    /// Makes contents and length durable.
    fn sync(&self) -> io::Result<()>;
    fn stat(&self) -> io::Result<Stat>;
    /// Sets the modification time to the file server's present.
    fn touch(&self) -> io::Result<()>;
    /// Takes the exclusive advisory lock without waiting; false when another holds it.
    fn try_lock(&self) -> io::Result<bool>;
    fn unlock(&self) -> io::Result<()>;
    /// The descriptor number, where there is one, for the list a forked child closes.
    fn descriptor(&self) -> Option<i32>;
    fn as_any(&self) -> &dyn Any;
}

fn zeroed(buf: &mut [MaybeUninit<u8>]) -> &mut [u8] {
    buf.fill(MaybeUninit::new(0));
    // SAFETY: every byte was just written.
    unsafe { &mut *(std::ptr::from_mut(buf) as *mut [u8]) }
}

/// The one name of a directory that has several, by links or by dots.
pub(crate) fn canonical(path: &Path) -> io::Result<PathBuf> {
    std::fs::canonicalize(path)
}

/// Repeats a call that a signal interrupted or a file server answered with a stale handle.
pub(crate) fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let mut stale = 0;
    loop {
        match call() {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) if e.raw_os_error() == Some(libc::ESTALE) && stale < 3 => stale += 1,
            done => return done,
        }
    }
}

/// Waits before another attempt at what others undo: a directory that is being removed can be opened,
/// and nothing made in it, for as long as the removal waits for the journal.
pub(crate) fn back_off(attempt: u32) {
    // Where calls take turns, time is counted in calls.
    #[cfg(test)]
    if turns::takes_turns() {
        return;
    }
    crate::sync::sleep(Duration::from_micros(20 << attempt.min(8)));
}

/// Repeats a sync that a signal interrupted. Any other failure is final: what a failed sync leaves
/// behind may be marked clean without having been written, so a second one proves nothing.
pub(crate) fn synced(mut call: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    loop {
        match call() {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// Writes all of `data` from the start of the file.
pub(crate) fn write_all(file: &dyn File, data: &[u8]) -> io::Result<()> {
    write_all_at(file, data, 0)
}

/// Writes all of `data` at `offset`.
pub(crate) fn write_all_at(file: &dyn File, data: &[u8], offset: u64) -> io::Result<()> {
    let mut at = 0;
    while at < data.len() {
        match retry(|| file.write_at(&data[at..], offset + at as u64))? {
            0 => return Err(io::Error::from_raw_os_error(libc::EIO)),
            n => at += n,
        }
    }
    Ok(())
}

/// Reads until `buf` is full or the file ends; returns how much was read.
pub(crate) fn read_full(file: &dyn File, buf: &mut [u8]) -> io::Result<usize> {
    read_full_at(file, buf, 0)
}

/// The same from `offset`.
pub(crate) fn read_full_at(file: &dyn File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut at = 0;
    while at < buf.len() {
        match retry(|| file.read_at(&mut buf[at..], offset + at as u64))? {
            0 => break,
            n => at += n,
        }
    }
    Ok(at)
}

/// True for "there is no such name", as an answer to be relied upon.
pub(crate) fn is_missing(e: &io::Error) -> bool {
    matches!(e.raw_os_error(), Some(libc::ENOENT) | Some(libc::ENOTDIR))
}

/// True for a handle that the file server does not know any more.
pub(crate) fn is_stale(e: &io::Error) -> bool {
    e.raw_os_error() == Some(libc::ESTALE)
}

/// True where a writer finds that a name, or the directory it should be in, was removed, in every form
/// file systems report it. A reader must not take a stale handle for absence: see [`is_missing`].
pub(crate) fn is_absent(e: &io::Error) -> bool {
    matches!(
        e.raw_os_error(),
        Some(libc::ENOENT) | Some(libc::ESTALE) | Some(libc::ENOTDIR)
    )
}
