//! The real disk: POSIX calls relative to open directories.

use super::{Counters, Dir, File, FileSystem, Names, NodeKind, Stat, Timestamp};
use nix::errno::Errno;
use nix::fcntl::{openat, AtFlags, OFlag, AT_FDCWD};
use nix::sys::stat::{fstat, fstatat, futimens, mkdirat, stat, FileStat, Mode, SFlag};
use nix::sys::time::TimeSpec;
use nix::time::{clock_gettime, ClockId};
use nix::unistd::{fdatasync, fsync, linkat, unlinkat, UnlinkatFlags};
use std::any::Any;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

const PRIVATE_FILE: Mode = Mode::S_IRUSR.union(Mode::S_IWUSR);
const PRIVATE_DIR: Mode = Mode::S_IRWXU;
const DIR_FLAGS: OFlag = OFlag::O_RDONLY
    .union(OFlag::O_DIRECTORY)
    .union(OFlag::O_CLOEXEC);
/// O_NONBLOCK: opening a pipe that lies where a file should be must not wait for its other end.
const FILE_FLAGS: OFlag = OFlag::O_CLOEXEC
    .union(OFlag::O_NOFOLLOW)
    .union(OFlag::O_NONBLOCK)
    .union(OFlag::O_NOCTTY);

/// This process's id.
pub(crate) fn process_id() -> u32 {
    std::process::id()
}

/// What this host calls itself; empty where it does not say.
pub(crate) fn host_name() -> String {
    nix::unistd::gethostname().map_or_else(|_| String::new(), |n| n.to_string_lossy().into_owned())
}

/// Asks for few large pages where memory is about to be filled: a hint.
pub(crate) fn prefer_huge_pages(memory: &mut [MaybeUninit<u8>]) {
    #[cfg(target_os = "linux")]
    {
        const PAGE: usize = 4096;
        let skip = memory.as_ptr().align_offset(PAGE);
        let Some(whole) = memory.get_mut(skip..) else {
            return;
        };
        let len = whole.len() / PAGE * PAGE;
        // SAFETY: within `memory`, and what it holds stays what it is.
        unsafe {
            libc::madvise(whole.as_mut_ptr().cast(), len, libc::MADV_HUGEPAGE);
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = memory;
}

/// How many files this process may have open; 0 where that cannot be told.
pub(crate) fn most_open_files() -> usize {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the system writes to the struct it is given.
    match unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) } {
        0 => usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX),
        _ => 0,
    }
}

/// Random bytes of the operating system.
pub(crate) fn random_bytes<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0u8; N];
    let mut at = 0;
    while at < N {
        #[cfg(target_os = "linux")]
        // SAFETY: the pointer and length describe the unfilled tail of `bytes`.
        let n = unsafe { libc::getrandom(bytes[at..].as_mut_ptr().cast(), N - at, 0) };
        #[cfg(not(target_os = "linux"))]
        // SAFETY: the pointer and length describe the unfilled tail of `bytes`, below 256 bytes.
        let n = match unsafe { libc::getentropy(bytes[at..].as_mut_ptr().cast(), N - at) } {
            0 => (N - at) as isize,
            _ => -1,
        };
        match n {
            n if n > 0 => at += n as usize,
            _ => {
                let e = io::Error::last_os_error();
                if e.kind() != io::ErrorKind::Interrupted {
                    return Err(e);
                }
            }
        }
    }
    Ok(bytes)
}

/// The operating system's file systems.
pub(crate) struct Posix;

impl FileSystem for Posix {
    fn open_root(&self, path: &Path) -> io::Result<Arc<dyn Dir>> {
        let fd = openat(AT_FDCWD, path, DIR_FLAGS, Mode::empty())?;
        let local = is_local(&fd);
        Ok(Arc::new(PosixDir::new(fd, path.to_path_buf(), local)))
    }

    fn stat_root(&self, path: &Path) -> io::Result<Stat> {
        Ok(convert(stat(path)?))
    }

    fn create_root(&self, path: &Path) -> io::Result<()> {
        Ok(mkdirat(AT_FDCWD, path, PRIVATE_DIR)?)
    }

    fn now(&self) -> Timestamp {
        clock(ClockId::CLOCK_REALTIME)
    }

    fn coarse_now(&self) -> Timestamp {
        #[cfg(target_os = "linux")]
        return clock(ClockId::CLOCK_REALTIME_COARSE);
        #[cfg(not(target_os = "linux"))]
        return clock(ClockId::CLOCK_REALTIME);
    }
}

pub(super) fn monotonic() -> i64 {
    nanoseconds(clock(ClockId::CLOCK_MONOTONIC))
}

pub(super) fn coarse_monotonic() -> i64 {
    #[cfg(target_os = "linux")]
    const COARSE: ClockId = ClockId::CLOCK_MONOTONIC_COARSE;
    #[cfg(not(target_os = "linux"))]
    const COARSE: ClockId = ClockId::CLOCK_MONOTONIC;
    nanoseconds(clock(COARSE))
}

fn nanoseconds(t: Timestamp) -> i64 {
    t.secs
        .saturating_mul(1_000_000_000)
        .saturating_add(i64::from(t.nanos))
}

fn clock(id: ClockId) -> Timestamp {
    // These clocks exist on every system this compiles for, so the call cannot fail; the epoch
    // would merely make everything look fresh.
    let t = clock_gettime(id).unwrap_or(TimeSpec::new(0, 0));
    Timestamp {
        secs: t.tv_sec() as i64,
        nanos: t.tv_nsec() as u32,
    }
}

/// File systems known to be this host's own. Whatever is not known counts as shared with others.
#[cfg(target_os = "linux")]
fn is_local(fd: &OwnedFd) -> bool {
    // The magic numbers of statfs(2): ext2/3/4, XFS, Btrfs, tmpfs, overlayfs, F2FS, ZFS, ramfs,
    // JFS, ReiserFS, bcachefs.
    const LOCAL: [u32; 11] = [
        0xEF53,
        0x5846_5342,
        0x9123_683E,
        0x0102_1994,
        0x794C_7630,
        0xF2F5_2010,
        0x2FC1_2FC1,
        0x8584_58F6,
        0x3153_464A,
        0x5265_4973,
        0xCA45_1A4E,
    ];
    nix::sys::statfs::fstatfs(fd)
        .map(|s| LOCAL.contains(&(s.filesystem_type().0 as u32)))
        .unwrap_or(false)
}

#[cfg(not(target_os = "linux"))]
fn is_local(_: &OwnedFd) -> bool {
    false
}

fn convert(s: FileStat) -> Stat {
    let kind = match SFlag::from_bits_truncate(s.st_mode) & SFlag::S_IFMT {
        SFlag::S_IFREG => NodeKind::File,
        SFlag::S_IFDIR => NodeKind::Directory,
        _ => NodeKind::Other,
    };
    // The widths of these fields differ between platforms.
    #[allow(clippy::unnecessary_cast)]
    Stat {
        kind,
        len: s.st_size.max(0) as u64,
        device: s.st_dev as u64,
        inode: s.st_ino as u64,
        links: s.st_nlink as u64,
        modified: Timestamp {
            secs: s.st_mtime as i64,
            nanos: s.st_mtime_nsec as u32,
        },
        changed: Timestamp {
            secs: s.st_ctime as i64,
            nanos: s.st_ctime_nsec as u32,
        },
    }
}

struct PosixDir {
    fd: OwnedFd,
    path: PathBuf,
    local: bool,
    /// Whether it has been listed by its own descriptor, whose position belongs to one listing at a time.
    listed: Mutex<bool>,
}

impl PosixDir {
    fn new(fd: OwnedFd, path: PathBuf, local: bool) -> PosixDir {
        PosixDir {
            fd,
            path,
            local,
            listed: Mutex::new(false),
        }
    }

    /// By a descriptor of the listing's own.
    fn listing(&self) -> io::Result<listing::Listing<OwnedFd>> {
        listing::Listing::of(openat(&self.fd, ".", DIR_FLAGS, Mode::empty())?)
    }

    /// Its own descriptor at the beginning of the directory, if nobody else lists by it. Where another host may
    /// change the directory, only a descriptor that was opened anew is sure to show that.
    #[cfg(target_os = "linux")]
    fn to_list(&self) -> io::Result<Option<(&OwnedFd, MutexGuard<'_, bool>)>> {
        let Some(mut listed) = self.listed.try_lock().ok().filter(|_| self.local) else {
            return Ok(None);
        };
        if *listed {
            nix::unistd::lseek(&self.fd, 0, nix::unistd::Whence::SeekSet)?;
        }
        *listed = true;
        Ok(Some((&self.fd, listed)))
    }

    fn open_file(&self, name: &str, flags: OFlag) -> io::Result<Box<dyn File>> {
        let fd = openat(&self.fd, name, FILE_FLAGS | flags, PRIVATE_FILE)?;
        Ok(Box::new(PosixFile(std::fs::File::from(fd))))
    }
}

/// The same implementation behind both ends of a call, or the "crosses file systems" error.
fn posix_dir(dir: &dyn Dir) -> io::Result<&PosixDir> {
    dir.as_any()
        .downcast_ref()
        .ok_or_else(|| io::Error::from_raw_os_error(libc::EXDEV))
}

/// Hands names over until `each` answers false.
fn each_of(
    mut names: impl Names,
    each: &mut dyn FnMut(&str, Option<NodeKind>) -> bool,
) -> io::Result<()> {
    while let Some((name, kind)) = names.next()? {
        if !each(name, kind) {
            break;
        }
    }
    Ok(())
}

impl Dir for PosixDir {
    fn path(&self) -> &Path {
        &self.path
    }

    fn is_local(&self) -> bool {
        self.local
    }

    fn open_dir(&self, name: &str) -> io::Result<Arc<dyn Dir>> {
        let fd = openat(&self.fd, name, DIR_FLAGS | OFlag::O_NOFOLLOW, Mode::empty())?;
        Ok(Arc::new(PosixDir::new(
            fd,
            self.path.join(name),
            self.local,
        )))
    }

    fn create_dir(&self, name: &str) -> io::Result<()> {
        Ok(mkdirat(&self.fd, name, PRIVATE_DIR)?)
    }

    fn remove_dir(&self, name: &str) -> io::Result<()> {
        Ok(unlinkat(&self.fd, name, UnlinkatFlags::RemoveDir)?)
    }

    fn open_read(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.open_file(name, OFlag::O_RDONLY)
    }

    fn open_write(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.open_file(name, OFlag::O_RDWR | OFlag::O_NONBLOCK)
    }

    fn open_or_create(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.open_file(name, OFlag::O_RDWR | OFlag::O_CREAT)
    }

    fn create_unnamed(&self) -> io::Result<Option<Box<dyn File>>> {
        #[cfg(target_os = "linux")]
        match openat(
            &self.fd,
            ".",
            OFlag::O_TMPFILE | OFlag::O_RDWR | OFlag::O_CLOEXEC,
            PRIVATE_FILE,
        ) {
            Ok(fd) => Ok(Some(Box::new(PosixFile(std::fs::File::from(fd))))),
            // Kernels and file systems without unnamed files answer in any of these ways.
            Err(Errno::EOPNOTSUPP | Errno::EISDIR | Errno::EINVAL) => Ok(None),
            // What ext4 answers in a directory that was removed.
            Err(Errno::EPERM) if self.stat()?.links == 0 => Err(Errno::ENOENT.into()),
            Err(e) => Err(e.into()),
        }
        #[cfg(not(target_os = "linux"))]
        Ok(None)
    }

    fn create_new(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.open_file(name, OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL)
    }

    fn link_unnamed(&self, file: &dyn File, name: &str) -> io::Result<()> {
        let file: &PosixFile = file
            .as_any()
            .downcast_ref()
            .ok_or_else(|| io::Error::from_raw_os_error(libc::EXDEV))?;
        // Linking by descriptor alone needs a privilege; by way of /proc it does not.
        let source = format!("/proc/self/fd/{}", file.0.as_raw_fd());
        Ok(linkat(
            AT_FDCWD,
            source.as_str(),
            &self.fd,
            name,
            AtFlags::AT_SYMLINK_FOLLOW,
        )?)
    }

    fn link(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(linkat(&self.fd, from, &self.fd, to, AtFlags::empty())?)
    }

    fn rename(&self, from: &str, to_dir: &dyn Dir, to: &str) -> io::Result<()> {
        let to_dir = posix_dir(to_dir)?;
        Ok(nix::fcntl::renameat(&self.fd, from, &to_dir.fd, to)?)
    }

    fn unlink(&self, name: &str) -> io::Result<()> {
        Ok(unlinkat(&self.fd, name, UnlinkatFlags::NoRemoveDir)?)
    }

    fn stat_at(&self, name: &str) -> io::Result<Stat> {
        Ok(convert(fstatat(
            &self.fd,
            name,
            AtFlags::AT_SYMLINK_NOFOLLOW,
        )?))
    }

    fn stat(&self) -> io::Result<Stat> {
        Ok(convert(fstat(&self.fd)?))
    }

    fn each_name(&self, each: &mut dyn FnMut(&str, Option<NodeKind>) -> bool) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        if let Some((fd, _alone)) = self.to_list()? {
            return each_of(listing::Listing::of(fd)?, each);
        }
        each_of(self.listing()?, each)
    }

    fn names(&self) -> io::Result<Box<dyn Names>> {
        Ok(Box::new(self.listing()?))
    }

    fn touch(&self) -> io::Result<()> {
        Ok(futimens(
            &self.fd,
            &TimeSpec::UTIME_NOW,
            &TimeSpec::UTIME_NOW,
        )?)
    }

    fn share_counters(&self, name: &str, count: usize) -> io::Result<Option<Arc<Counters>>> {
        if !self.local {
            return Ok(None);
        }
        let bytes = count * size_of::<u64>();
        loop {
            match openat(&self.fd, name, FILE_FLAGS | OFlag::O_RDWR, Mode::empty()) {
                Ok(file) => {
                    let stat = convert(fstat(&file)?);
                    if stat.kind != NodeKind::File || stat.len != bytes as u64 {
                        return Err(io::Error::from_raw_os_error(libc::EINVAL));
                    }
                    return Counters::map(&file, count).map(Arc::new).map(Some);
                }
                Err(Errno::ENOENT) => {}
                Err(e) => return Err(e.into()),
            }
            let Some(file) = self.create_unnamed()? else {
                return Ok(None);
            };
            super::write_all(file.as_ref(), &vec![0; bytes])?;
            // Blocks are found now rather than when memory is written to.
            file.sync()?;
            match self.link_unnamed(file.as_ref(), name) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                linked => linked?,
            }
        }
    }

    fn sync(&self) -> io::Result<()> {
        Ok(fsync(&self.fd)?)
    }

    fn to_lock(&self) -> io::Result<Box<dyn File>> {
        // A descriptor of its own: the lock belongs to the open file.
        self.open_file(".", OFlag::O_RDONLY | OFlag::O_DIRECTORY)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// By the system call: readdir(3) asks four more questions, and a key's directory holds one name or two.
#[cfg(target_os = "linux")]
mod listing {
    use super::{Names, NodeKind};
    use std::ffi::CStr;
    use std::io;
    use std::os::fd::{AsFd, AsRawFd};

    /// What is listed at once.
    const BYTES: usize = 32 * 1024;
    /// Where a record has its length, its kind and its name, which ends with a zero.
    const LENGTH_AT: usize = 16;
    const KIND_AT: usize = 18;
    const NAME_AT: usize = 19;

    pub struct Listing<D> {
        dir: D,
        records: Vec<u8>,
        /// Where the next record begins.
        at: usize,
    }

    impl<D: AsFd> Listing<D> {
        pub fn of(dir: D) -> io::Result<Listing<D>> {
            Ok(Listing {
                dir,
                records: Vec::with_capacity(BYTES),
                at: 0,
            })
        }

        /// Lists more; false at the end.
        fn refill(&mut self) -> io::Result<bool> {
            self.records.clear();
            self.at = 0;
            // SAFETY: the pointer and length describe the capacity, which the system only writes to.
            let n = unsafe {
                let to = self.records.as_mut_ptr();
                libc::syscall(
                    libc::SYS_getdents64,
                    self.dir.as_fd().as_raw_fd(),
                    to,
                    BYTES,
                )
            };
            let Ok(n) = usize::try_from(n) else {
                return match io::Error::last_os_error() {
                    // Of a directory that was removed: there is nothing in it.
                    e if e.raw_os_error() == Some(libc::ENOENT) => Ok(false),
                    e => Err(e),
                };
            };
            // SAFETY: the system wrote so many bytes, and no more than there is room for.
            unsafe { self.records.set_len(n) };
            Ok(n > 0)
        }
    }

    impl<D: AsFd + Send> Names for Listing<D> {
        fn next(&mut self) -> io::Result<Option<(&str, Option<NodeKind>)>> {
            loop {
                let Some(record) = first(&self.records[self.at..]) else {
                    if self.refill()? {
                        continue;
                    }
                    return Ok(None);
                };
                let (begin, end) = (self.at, self.at + record.len());
                self.at = end;
                let kind = match record[KIND_AT] {
                    libc::DT_UNKNOWN => None,
                    libc::DT_REG => Some(NodeKind::File),
                    libc::DT_DIR => Some(NodeKind::Directory),
                    _ => Some(NodeKind::Other),
                };
                // A name that is not UTF-8 is none of ours.
                if name_of(record).is_some_and(|name| name != "." && name != "..") {
                    let name = name_of(&self.records[begin..end]);
                    return Ok(name.map(|name| (name, kind)));
                }
            }
        }
    }

    fn name_of(record: &[u8]) -> Option<&str> {
        let name = CStr::from_bytes_until_nul(&record[NAME_AT..]).ok()?;
        name.to_str().ok()
    }

    /// The first record.
    fn first(records: &[u8]) -> Option<&[u8]> {
        let length = records.get(LENGTH_AT..KIND_AT)?;
        let length = usize::from(u16::from_ne_bytes([length[0], length[1]]));
        (length > NAME_AT).then(|| records.get(..length)).flatten()
    }
}

#[cfg(not(target_os = "linux"))]
mod listing {
    use super::{Names, NodeKind};
    use nix::dir::{Dir, OwningIter, Type};
    use std::io;
    use std::marker::PhantomData;
    use std::os::fd::OwnedFd;

    pub struct Listing<D> {
        entries: OwningIter,
        /// Of the last entry.
        name: String,
        dir: PhantomData<D>,
    }

    impl Listing<OwnedFd> {
        pub fn of(dir: OwnedFd) -> io::Result<Self> {
            Ok(Listing {
                entries: Dir::from_fd(dir)?.into_iter(),
                name: String::new(),
                dir: PhantomData,
            })
        }
    }

    impl Names for Listing<OwnedFd> {
        fn next(&mut self) -> io::Result<Option<(&str, Option<NodeKind>)>> {
            loop {
                let Some(entry) = self.entries.next().transpose()? else {
                    return Ok(None);
                };
                // A name that is not UTF-8 is none of ours.
                let Ok(name) = entry.file_name().to_str() else {
                    continue;
                };
                if name == "." || name == ".." {
                    continue;
                }
                let kind = entry.file_type().map(|t| match t {
                    Type::File => NodeKind::File,
                    Type::Directory => NodeKind::Directory,
                    _ => NodeKind::Other,
                });
                name.clone_into(&mut self.name);
                return Ok(Some((&self.name, kind)));
            }
        }
    }
}

struct PosixFile(std::fs::File);

impl File for PosixFile {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buf, offset)
    }

    fn read_into<'a>(&self, buf: &'a mut [MaybeUninit<u8>], offset: u64) -> io::Result<&'a [u8]> {
        let offset = libc::off_t::try_from(offset)
            .map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))?;
        // SAFETY: the pointer and length describe `buf`, which the system only writes to.
        let n = unsafe {
            let to = buf.as_mut_ptr().cast();
            libc::pread(self.0.as_raw_fd(), to, buf.len(), offset)
        };
        let n = usize::try_from(n).map_err(|_| io::Error::last_os_error())?;
        let read = &buf[..n];
        // SAFETY: the system wrote so many bytes.
        Ok(unsafe { &*(std::ptr::from_ref(read) as *const [u8]) })
    }

    fn write_at(&self, buf: &[u8], offset: u64) -> io::Result<usize> {
        self.0.write_at(buf, offset)
    }

    fn start_writeback(&self) {
        #[cfg(target_os = "linux")]
        // SAFETY: the descriptor is open for as long as `self` is; a length of 0 means to the end.
        unsafe {
            libc::sync_file_range(self.0.as_raw_fd(), 0, 0, libc::SYNC_FILE_RANGE_WRITE);
        }
    }

    fn sync(&self) -> io::Result<()> {
        Ok(fdatasync(self.0.as_fd())?)
    }

    fn stat(&self) -> io::Result<Stat> {
        Ok(convert(fstat(self.0.as_fd())?))
    }

    fn touch(&self) -> io::Result<()> {
        Ok(futimens(
            self.0.as_fd(),
            &TimeSpec::UTIME_NOW,
            &TimeSpec::UTIME_NOW,
        )?)
    }

    fn try_lock(&self) -> io::Result<bool> {
        // SAFETY: flock takes a descriptor, open for as long as `self` is, and plain flags.
        match unsafe { libc::flock(self.0.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) } {
            0 => Ok(true),
            _ => match io::Error::last_os_error() {
                e if e.raw_os_error() == Some(libc::EWOULDBLOCK) => Ok(false),
                e => Err(e),
            },
        }
    }

    fn unlock(&self) -> io::Result<()> {
        // SAFETY: as above.
        match unsafe { libc::flock(self.0.as_raw_fd(), libc::LOCK_UN) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    fn descriptor(&self) -> Option<i32> {
        Some(self.0.as_raw_fd())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::write_all;

    #[test]
    fn links_and_pipes_below_the_root_are_not_opened() {
        let tmp = tempfile::tempdir().unwrap();
        std::fs::write(tmp.path().join("real"), b"x").unwrap();
        std::os::unix::fs::symlink("real", tmp.path().join("link")).unwrap();
        std::os::unix::fs::symlink(".", tmp.path().join("dirlink")).unwrap();
        nix::unistd::mkfifo(&tmp.path().join("pipe"), PRIVATE_FILE).unwrap();
        let dir = Posix.open_root(tmp.path()).unwrap();
        assert!(dir.open_read("link").is_err());
        assert!(dir.open_dir("dirlink").is_err());
        assert_eq!(dir.stat_at("pipe").unwrap().kind, NodeKind::Other);
        // Opens without waiting for a writer; the caller sees that it is no regular file.
        let pipe = dir.open_read("pipe").unwrap();
        assert_eq!(pipe.stat().unwrap().kind, NodeKind::Other);
    }

    #[test]
    fn an_unnamed_file_appears_whole_and_never_replaces() {
        let tmp = tempfile::tempdir().unwrap();
        let dir = Posix.open_root(tmp.path()).unwrap();
        let Some(file) = dir.create_unnamed().unwrap() else {
            return;
        };
        write_all(file.as_ref(), b"whole").unwrap();
        assert!(dir.list().unwrap().is_empty());
        dir.link_unnamed(file.as_ref(), "name").unwrap();
        assert_eq!(std::fs::read(tmp.path().join("name")).unwrap(), b"whole");
        let second = dir.create_unnamed().unwrap().unwrap();
        assert!(dir.link_unnamed(second.as_ref(), "name").is_err());
    }

    #[test]
    fn a_removed_directory_is_absent_whatever_is_tried_in_it() {
        let tmp = tempfile::tempdir().unwrap();
        let root = Posix.open_root(tmp.path()).unwrap();
        root.create_dir("d").unwrap();
        let dir = root.open_dir("d").unwrap();
        root.remove_dir("d").unwrap();
        for failure in [
            dir.create_unnamed().map(drop),
            dir.create_new("f").map(drop),
            dir.open_or_create("f").map(drop),
        ] {
            assert!(crate::fs::is_absent(&failure.unwrap_err()));
        }
    }

    #[test]
    fn what_is_created_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let tmp = tempfile::tempdir().unwrap();
        let dir = Posix.open_root(tmp.path()).unwrap();
        dir.create_dir("d").unwrap();
        dir.create_new("f").unwrap();
        let mode = |n: &str| {
            std::fs::metadata(tmp.path().join(n))
                .unwrap()
                .permissions()
                .mode()
                & 0o7777
        };
        assert_eq!((mode("d"), mode("f")), (0o700, 0o600));
    }

    #[test]
    fn a_stamp_of_now_is_not_ahead_of_the_clock_by_more_than_a_tick() {
        let tmp = tempfile::tempdir().unwrap();
        let dir = Posix.open_root(tmp.path()).unwrap();
        let file = dir.create_new("f").unwrap();
        file.touch().unwrap();
        let age = Posix.now().seconds_since(file.stat().unwrap().modified);
        assert!((-0.02..60.0).contains(&age), "{age}");
    }
}
