//! A disk in memory that can lose power, for tests.
//!
//! The model is that of ALICE (Pillai et al., OSDI '14) for a file system that promises no more than
//! POSIX does. Every change goes to a log. At a crash, what a sync covered is there; of everything
//! else any part may be there, in any combination:
//!
//! * each 512-byte sector of a write, and apart from them the length it gave the file: data may be
//!   there without the length and the length without data; then the gap reads as zeros, or as bytes
//!   that lay on the disk before (data=writeback, or no journal), or as what the file held there;
//! * each change of a name: a name made, or removed. A rename is atomic to whoever looks, but a crash
//!   may leave both names, either one, or neither: journals make it one change, ext2 and the protocols
//!   of file servers do not. A name that is replaced stands for the old file or the new one.
//!
//! Names are kept apart from what they stand for: syncing a file covers its contents and length, not
//! its name (not even of a file linked only after it was synced), and no later rename or link;
//! syncing a directory covers the names in it, not what they stand for, and no other directory, so
//! that a removal in one may be there without an earlier link in another. Contents that were
//! synced are found under whichever of the file's names is there. Changes of one name keep their order,
//! and so do changes of one sector; nothing else does. A file whose last name is gone is gone, as is
//! one that never had any.
//!
//! A sync that fails covers nothing, and gives up what it should have covered: a later sync of the
//! same file or directory reports success and still does not cover it (fsync marks pages clean).
//!
//! What that leaves out: a name for an inode that was never written, which a check of the file system
//! removes, so that it equals the name's loss; stamps, which are those of the crash, as if all were
//! lost or none (only the ages of leavings depend on them); and devices that lie about a sync.
//!
//! ext4, XFS and Btrfs lose much less: their journals order names, and syncing a new file keeps its
//! name. tmpfs loses everything. An NFS server makes names durable before it answers. A store that
//! survives this disk survives those.

#![allow(clippy::unwrap_used)]
#![cfg_attr(fuzzing, allow(dead_code))]

use super::{Counters, Dir, File, FileSystem, Names, NodeKind, Stat, Timestamp};
use crate::sync::{Mutex, MutexGuard};
use std::any::Any;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const SECTOR: usize = 512;
/// What lay on the disk before.
const STALE: u8 = 0xE5;
/// The inode of "/".
const TOP: usize = 0;

fn errno(code: i32) -> io::Error {
    io::Error::from_raw_os_error(code)
}

/// One change, or one sync.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Op {
    Create {
        inode: usize,
        is_dir: bool,
    },
    Write {
        inode: usize,
        at: usize,
        data: Vec<u8>,
    },
    Name {
        dir: usize,
        name: String,
        inode: usize,
    },
    Unname {
        dir: usize,
        name: String,
    },
    Rename {
        from: usize,
        name: String,
        to: usize,
        new: String,
        inode: usize,
    },
    SyncFile {
        inode: usize,
    },
    SyncDir {
        dir: usize,
    },
    /// A failed sync of a file or directory.
    FailedSync {
        inode: usize,
    },
}

impl Op {
    pub fn changes_a_name(&self) -> bool {
        matches!(
            self,
            Op::Name { .. } | Op::Unname { .. } | Op::Rename { .. }
        )
    }
}

#[derive(Debug, Clone)]
enum Node {
    File {
        data: Vec<u8>,
        stamp: i64,
    },
    Dir {
        names: BTreeMap<String, usize>,
        stamp: i64,
    },
}

/// What lies on a disk.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    nodes: Vec<Option<Node>>,
}

/// What reaches the disk as one: an operation, or a part of one.
#[derive(Debug, Clone, Copy)]
enum Unit {
    Whole(usize),
    /// The length a write gave the file, with old bytes of the disk in it: only ever in a crash.
    Stale(usize),
    Length(usize),
    Sector(usize, usize),
    /// A rename's new name, and the end of its old one.
    Arrival(usize),
    Departure(usize),
}

impl Image {
    fn empty() -> Image {
        Image {
            nodes: vec![Some(Node::Dir {
                names: BTreeMap::new(),
                stamp: 0,
            })],
        }
    }

    fn put(&mut self, inode: usize, node: Node) {
        if self.nodes.len() <= inode {
            self.nodes.resize(inode + 1, None);
        }
        self.nodes[inode] = Some(node);
    }

    fn names(&mut self, dir: usize) -> Option<&mut BTreeMap<String, usize>> {
        match self.nodes.get_mut(dir) {
            Some(Some(Node::Dir { names, .. })) => Some(names),
            _ => None,
        }
    }

    fn data(&mut self, inode: usize) -> Option<&mut Vec<u8>> {
        match self.nodes.get_mut(inode) {
            Some(Some(Node::File { data, .. })) => Some(data),
            _ => None,
        }
    }

    fn touch(&mut self, inode: usize, now: i64) {
        let node = self.nodes.get_mut(inode).and_then(Option::as_mut);
        if let Some(Node::File { stamp, .. } | Node::Dir { stamp, .. }) = node {
            *stamp = now;
        }
    }

    fn apply(&mut self, op: &Op, now: i64) {
        match op {
            Op::Create { inode, is_dir } => {
                let node = if *is_dir {
                    Node::Dir {
                        names: BTreeMap::new(),
                        stamp: now,
                    }
                } else {
                    Node::File {
                        data: Vec::new(),
                        stamp: now,
                    }
                };
                self.put(*inode, node);
            }
            Op::Write { inode, at, data } => {
                self.extend(*inode, at + data.len(), 0);
                self.overwrite(*inode, *at, data);
                self.touch(*inode, now);
            }
            Op::Name { dir, name, inode } => {
                self.bind(*dir, name, *inode);
                self.touch(*dir, now);
            }
            Op::Unname { dir, name } => {
                if let Some(names) = self.names(*dir) {
                    names.remove(name);
                }
                self.touch(*dir, now);
            }
            Op::Rename {
                from,
                name,
                to,
                new,
                inode,
            } => {
                self.bind(*to, new, *inode);
                self.unbind(*from, name, *inode);
                self.touch(*from, now);
                self.touch(*to, now);
            }
            Op::SyncFile { .. } | Op::SyncDir { .. } | Op::FailedSync { .. } => {}
        }
    }

    fn bind(&mut self, dir: usize, name: &str, inode: usize) {
        if let Some(names) = self.names(dir) {
            names.insert(name.to_owned(), inode);
        }
    }

    /// Ends the name of a file that was moved away.
    fn unbind(&mut self, dir: usize, name: &str, inode: usize) {
        if let Some(names) = self.names(dir) {
            if names.get(name) == Some(&inode) {
                names.remove(name);
            }
        }
    }

    fn extend(&mut self, inode: usize, len: usize, fill: u8) {
        if let Some(data) = self.data(inode) {
            if data.len() < len {
                data.resize(len, fill);
            }
        }
    }

    /// Writes what lies within the file's length.
    fn overwrite(&mut self, inode: usize, at: usize, bytes: &[u8]) {
        if let Some(data) = self.data(inode) {
            let end = (at + bytes.len()).min(data.len());
            if at < end {
                data[at..end].copy_from_slice(&bytes[..end - at]);
            }
        }
    }

    fn apply_unit(&mut self, log: &[Op], unit: Unit) {
        match (unit, &log[of_op(unit)]) {
            (Unit::Whole(_), op) => self.apply(op, 0),
            (Unit::Stale(_), Op::Write { inode, at, data }) => {
                self.extend(*inode, at + data.len(), STALE);
            }
            (Unit::Length(_), Op::Write { inode, at, data }) => {
                self.extend(*inode, at + data.len(), 0);
            }
            (Unit::Sector(_, sector), Op::Write { inode, at, data }) => {
                let start = (sector * SECTOR).max(*at);
                let end = ((sector + 1) * SECTOR).min(at + data.len());
                self.overwrite(*inode, start, &data[start - at..end - at]);
            }
            (Unit::Arrival(_), Op::Rename { to, new, inode, .. }) => self.bind(*to, new, *inode),
            (
                Unit::Departure(_),
                Op::Rename {
                    from, name, inode, ..
                },
            ) => self.unbind(*from, name, *inode),
            (unit, op) => unreachable!("{unit:?} of {op:?}"),
        }
    }
}

/// A log on top of what was durable before it.
#[derive(Debug, Clone)]
pub(crate) struct History {
    pub base: Image,
    pub log: Vec<Op>,
}

impl History {
    /// What a process that looks before operation `at` sees: everything, synced or not.
    pub fn seen(&self, at: usize) -> Image {
        let mut image = self.base.clone();
        self.log[..at].iter().for_each(|op| image.apply(op, 0));
        image
    }

    /// What the log up to `crash` consists of, in order, and whether it is sure to be there.
    fn units(&self, crash: usize) -> Vec<(Unit, bool)> {
        // Whether a sync that ends before `crash` covers what was done to an inode at `i`.
        let covered = |i: usize, node: usize| {
            let of_node = |op: &&Op| match op {
                Op::SyncFile { inode } | Op::FailedSync { inode } => *inode == node,
                Op::SyncDir { dir } => *dir == node,
                _ => false,
            };
            let first = self.log[i + 1..crash].iter().find(of_node);
            first.is_some_and(|op| !matches!(op, Op::FailedSync { .. }))
        };
        let mut units = Vec::new();
        for (i, op) in self.log[..crash].iter().enumerate() {
            match op {
                Op::Create { .. } => units.push((Unit::Whole(i), true)),
                Op::SyncFile { .. } | Op::SyncDir { .. } | Op::FailedSync { .. } => {}
                Op::Write { inode, at, data } => {
                    let sure = covered(i, *inode);
                    if !sure {
                        units.push((Unit::Stale(i), false));
                    }
                    units.push((Unit::Length(i), sure));
                    let sectors = at / SECTOR..(at + data.len()).div_ceil(SECTOR);
                    units.extend(sectors.map(|s| (Unit::Sector(i, s), sure)));
                }
                Op::Name { dir, .. } | Op::Unname { dir, .. } => {
                    units.push((Unit::Whole(i), covered(i, *dir)));
                }
                Op::Rename { from, to, .. } => {
                    units.push((Unit::Arrival(i), covered(i, *to)));
                    units.push((Unit::Departure(i), covered(i, *from)));
                }
            }
        }
        units
    }

    /// Every state the disk may be in after a crash before operation `crash`, or `most` of them,
    /// chosen by `seed`, where there are more. Says how many there are.
    pub fn crash_states(&self, crash: usize, most: u64, seed: u64) -> (Vec<Image>, u128) {
        let units = self.units(crash);
        let uncertain = units.iter().filter(|(_, sure)| !sure).count();
        let all = 1u128 << uncertain.min(127);
        let mut states = Vec::new();
        let mut random = seed | 1;
        for n in 0..all.min(u128::from(most)) {
            let choice = if all <= u128::from(most) {
                n
            } else {
                // Nothing and everything first, then xorshift64*.
                let mut next = || {
                    random ^= random >> 12;
                    random ^= random << 25;
                    random ^= random >> 27;
                    u128::from(random.wrapping_mul(0x2545_F491_4F6C_DD1D))
                };
                match n {
                    0 => 0,
                    1 => u128::MAX,
                    _ => next() | next() << 64,
                }
            };
            states.push(self.state(&units, choice));
        }
        (states, all)
    }

    fn state(&self, units: &[(Unit, bool)], choice: u128) -> Image {
        let mut image = self.base.clone();
        let mut bit = 0;
        for (unit, sure) in units {
            // Beyond 128 of them, what is not chosen is not there.
            let chosen = bit < 128 && choice >> bit & 1 == 1;
            bit += u32::from(!sure);
            if *sure || chosen {
                image.apply_unit(&self.log, *unit);
            }
        }
        image
    }
}

fn of_op(unit: Unit) -> usize {
    match unit {
        Unit::Whole(i)
        | Unit::Stale(i)
        | Unit::Length(i)
        | Unit::Sector(i, _)
        | Unit::Arrival(i)
        | Unit::Departure(i) => i,
    }
}

struct World {
    image: Image,
    history: History,
    /// Nanoseconds; moves at each change, so that stamps differ.
    now: i64,
    /// Which open file holds the lock of an inode.
    locks: BTreeMap<usize, u64>,
    opened: u64,
    in_place: bool,
    /// By directory and name; no files of theirs are shown.
    counters: BTreeMap<(usize, String), Arc<Counters>>,
}

/// A disk that works until it is asked what a crash would leave.
#[derive(Clone)]
pub(crate) struct Simulated(Arc<Mutex<World>>);

const SECOND: i64 = 1_000_000_000;
/// Some day in 2026.
const BEGINNING: i64 = 1_795_000_000 * SECOND;

impl Simulated {
    /// An empty disk.
    pub fn new() -> Simulated {
        Simulated::holding(Image::empty(), BEGINNING)
    }

    /// A disk on which `image` is durable.
    fn holding(image: Image, now: i64) -> Simulated {
        let history = History {
            base: image.clone(),
            log: Vec::new(),
        };
        Simulated(Arc::new(Mutex::new(World {
            image,
            history,
            now,
            locks: BTreeMap::new(),
            opened: 0,
            in_place: true,
            counters: BTreeMap::new(),
        })))
    }

    /// An empty disk on which slots are replaced pair by pair.
    pub fn pairs_only() -> Simulated {
        let disk = Simulated::new();
        disk.world().in_place = false;
        disk
    }

    /// The disk that someone finds `seconds` after a crash left `image`.
    pub fn found_later(&self, image: Image, seconds: i64) -> Simulated {
        let now = self.world().now;
        let mut image = image;
        for inode in 0..image.nodes.len() {
            image.touch(inode, now);
        }
        Simulated::holding(image, now + seconds * SECOND)
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    /// Lets time pass.
    pub fn advance(&self, seconds: i64) {
        self.world().now += seconds * SECOND;
    }

    /// Makes everything durable and begins a new history.
    pub fn settle(&self) {
        let mut world = self.world();
        world.history = History {
            base: world.image.clone(),
            log: Vec::new(),
        };
    }

    /// Operations so far.
    pub fn len(&self) -> usize {
        self.world().history.log.len()
    }

    pub fn history(&self) -> History {
        self.world().history.clone()
    }

    fn dir(&self, inode: usize, path: PathBuf) -> Arc<dyn Dir> {
        Arc::new(SimulatedDir {
            disk: self.clone(),
            inode,
            path,
        })
    }

    fn file(&self, inode: usize) -> Box<dyn File> {
        let mut world = self.world();
        world.opened += 1;
        Box::new(SimulatedFile {
            disk: self.clone(),
            inode,
            opened: world.opened,
        })
    }

    fn find(&self, path: &Path) -> io::Result<usize> {
        let mut world = self.world();
        let mut at = TOP;
        for part in path.iter().skip(1) {
            let name = part.to_str().unwrap();
            at = world.lookup(at, name)?;
        }
        world.image.names(at).ok_or_else(|| errno(libc::ENOTDIR))?;
        Ok(at)
    }
}

impl World {
    fn log(&mut self, op: Op) {
        // Slow enough for stamps to tell changes apart.
        self.now += 30_000_000;
        let now = self.now;
        self.image.apply(&op, now);
        self.history.log.push(op);
    }

    fn create(&mut self, is_dir: bool) -> usize {
        let inode = self.image.nodes.len();
        self.log(Op::Create { inode, is_dir });
        inode
    }

    fn lookup(&mut self, dir: usize, name: &str) -> io::Result<usize> {
        let names = self.image.names(dir).ok_or_else(|| errno(libc::ENOTDIR))?;
        names.get(name).copied().ok_or_else(|| errno(libc::ENOENT))
    }

    fn links(&self, inode: usize) -> u64 {
        let named = |node: &Option<Node>| match node {
            Some(Node::Dir { names, .. }) => names.values().filter(|i| **i == inode).count() as u64,
            _ => 0,
        };
        self.image.nodes.iter().map(named).sum::<u64>() + u64::from(inode == TOP)
    }

    fn check_free(&mut self, dir: usize, name: &str) -> io::Result<()> {
        if self.links(dir) == 0 {
            return Err(errno(libc::ENOENT));
        }
        match self.lookup(dir, name) {
            Ok(_) => Err(errno(libc::EEXIST)),
            Err(_) => Ok(()),
        }
    }

    fn stat(&self, inode: usize) -> io::Result<Stat> {
        let (kind, len, stamp) = match self.image.nodes.get(inode) {
            Some(Some(Node::File { data, stamp })) => (NodeKind::File, data.len() as u64, *stamp),
            Some(Some(Node::Dir { stamp, .. })) => (NodeKind::Directory, 4096, *stamp),
            _ => return Err(errno(libc::ENOENT)),
        };
        let at = timestamp(stamp);
        Ok(Stat {
            kind,
            len,
            device: 1,
            inode: inode as u64,
            links: self.links(inode),
            modified: at,
            changed: at,
        })
    }
}

fn timestamp(nanos: i64) -> Timestamp {
    Timestamp {
        secs: nanos.div_euclid(SECOND),
        nanos: nanos.rem_euclid(SECOND) as u32,
    }
}

impl FileSystem for Simulated {
    fn open_root(&self, path: &Path) -> io::Result<Arc<dyn Dir>> {
        self.find(path)
            .map(|inode| self.dir(inode, path.to_path_buf()))
    }

    fn stat_root(&self, path: &Path) -> io::Result<Stat> {
        let inode = self.find(path)?;
        self.world().stat(inode)
    }

    fn create_root(&self, path: &Path) -> io::Result<()> {
        let parent = self.find(path.parent().unwrap())?;
        let name = path.file_name().unwrap().to_str().unwrap();
        self.dir(parent, PathBuf::new()).create_dir(name)
    }

    fn now(&self) -> Timestamp {
        timestamp(self.world().now)
    }

    fn coarse_now(&self) -> Timestamp {
        self.now()
    }

    fn monotonic(&self) -> i64 {
        self.world().now
    }

    fn coarse_monotonic(&self) -> i64 {
        self.world().now
    }

    fn allows_background(&self) -> bool {
        false
    }

    fn allows_in_place(&self) -> bool {
        self.world().in_place
    }
}

pub(super) struct SimulatedDir {
    disk: Simulated,
    inode: usize,
    path: PathBuf,
}

impl SimulatedDir {
    /// The names not yet durable never will be.
    pub fn sync_failed(&self) {
        let inode = self.inode;
        self.disk.world().log(Op::FailedSync { inode });
    }

    fn listed(&self) -> io::Result<Vec<(String, NodeKind)>> {
        let mut world = self.disk.world();
        let names = world.image.names(self.inode);
        let names = names.ok_or_else(|| errno(libc::ENOTDIR))?.clone();
        let mut listed = Vec::with_capacity(names.len());
        for (name, inode) in names {
            let kind = if is_dir(&mut world, inode) {
                NodeKind::Directory
            } else {
                NodeKind::File
            };
            listed.push((name, kind));
        }
        Ok(listed)
    }
}

struct SimulatedNames {
    left: std::vec::IntoIter<(String, NodeKind)>,
    last: Option<(String, NodeKind)>,
}

impl Names for SimulatedNames {
    fn next(&mut self) -> io::Result<Option<(&str, Option<NodeKind>)>> {
        self.last = self.left.next();
        let last = self.last.as_ref();
        Ok(last.map(|(name, kind)| (name.as_str(), Some(*kind))))
    }
}

fn is_dir(world: &mut World, inode: usize) -> bool {
    world.image.names(inode).is_some()
}

impl Dir for SimulatedDir {
    fn path(&self) -> &Path {
        &self.path
    }

    fn is_local(&self) -> bool {
        true
    }

    fn open_dir(&self, name: &str) -> io::Result<Arc<dyn Dir>> {
        let mut world = self.disk.world();
        let inode = world.lookup(self.inode, name)?;
        if !is_dir(&mut world, inode) {
            return Err(errno(libc::ENOTDIR));
        }
        drop(world);
        Ok(self.disk.dir(inode, self.path.join(name)))
    }

    fn create_dir(&self, name: &str) -> io::Result<()> {
        let mut world = self.disk.world();
        world.check_free(self.inode, name)?;
        let inode = world.create(true);
        world.log(Op::Name {
            dir: self.inode,
            name: name.to_owned(),
            inode,
        });
        Ok(())
    }

    fn remove_dir(&self, name: &str) -> io::Result<()> {
        let mut world = self.disk.world();
        let inode = world.lookup(self.inode, name)?;
        match world.image.names(inode) {
            None => return Err(errno(libc::ENOTDIR)),
            Some(names) if !names.is_empty() => return Err(errno(libc::ENOTEMPTY)),
            Some(_) => {}
        }
        world.log(Op::Unname {
            dir: self.inode,
            name: name.to_owned(),
        });
        Ok(())
    }

    fn open_read(&self, name: &str) -> io::Result<Box<dyn File>> {
        let inode = self.disk.world().lookup(self.inode, name)?;
        Ok(self.disk.file(inode))
    }

    fn open_write(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.open_read(name)
    }

    fn open_or_create(&self, name: &str) -> io::Result<Box<dyn File>> {
        match self.open_read(name) {
            Err(e) if e.raw_os_error() == Some(libc::ENOENT) => self.create_new(name),
            opened => opened,
        }
    }

    fn create_unnamed(&self) -> io::Result<Option<Box<dyn File>>> {
        let mut world = self.disk.world();
        if world.links(self.inode) == 0 {
            return Err(errno(libc::ENOENT));
        }
        let inode = world.create(false);
        drop(world);
        Ok(Some(self.disk.file(inode)))
    }

    fn create_new(&self, name: &str) -> io::Result<Box<dyn File>> {
        let mut world = self.disk.world();
        world.check_free(self.inode, name)?;
        let inode = world.create(false);
        world.log(Op::Name {
            dir: self.inode,
            name: name.to_owned(),
            inode,
        });
        drop(world);
        Ok(self.disk.file(inode))
    }

    fn link_unnamed(&self, file: &dyn File, name: &str) -> io::Result<()> {
        let file: &SimulatedFile = file.as_any().downcast_ref().unwrap();
        let mut world = self.disk.world();
        world.check_free(self.inode, name)?;
        world.log(Op::Name {
            dir: self.inode,
            name: name.to_owned(),
            inode: file.inode,
        });
        Ok(())
    }

    fn link(&self, from: &str, to: &str) -> io::Result<()> {
        let mut world = self.disk.world();
        let inode = world.lookup(self.inode, from)?;
        world.check_free(self.inode, to)?;
        world.log(Op::Name {
            dir: self.inode,
            name: to.to_owned(),
            inode,
        });
        Ok(())
    }

    fn rename(&self, from: &str, to_dir: &dyn Dir, to: &str) -> io::Result<()> {
        let to_dir: &SimulatedDir = to_dir.as_any().downcast_ref().unwrap();
        let mut world = self.disk.world();
        let inode = world.lookup(self.inode, from)?;
        if world.links(to_dir.inode) == 0 {
            return Err(errno(libc::ENOENT));
        }
        if let Ok(there) = world.lookup(to_dir.inode, to) {
            let names = world.image.names(there);
            if names.is_some_and(|names| !names.is_empty()) {
                return Err(errno(libc::ENOTEMPTY));
            }
        }
        world.log(Op::Rename {
            from: self.inode,
            name: from.to_owned(),
            to: to_dir.inode,
            new: to.to_owned(),
            inode,
        });
        Ok(())
    }

    fn unlink(&self, name: &str) -> io::Result<()> {
        let mut world = self.disk.world();
        let inode = world.lookup(self.inode, name)?;
        if is_dir(&mut world, inode) {
            return Err(errno(libc::EISDIR));
        }
        world.log(Op::Unname {
            dir: self.inode,
            name: name.to_owned(),
        });
        Ok(())
    }

    fn stat_at(&self, name: &str) -> io::Result<Stat> {
        let mut world = self.disk.world();
        let inode = world.lookup(self.inode, name)?;
        world.stat(inode)
    }

    fn stat(&self) -> io::Result<Stat> {
        self.disk.world().stat(self.inode)
    }

    fn each_name(&self, each: &mut dyn FnMut(&str, Option<NodeKind>) -> bool) -> io::Result<()> {
        // The disk may be changed between one name and the next.
        for (name, kind) in self.listed()? {
            if !each(&name, Some(kind)) {
                break;
            }
        }
        Ok(())
    }

    fn names(&self) -> io::Result<Box<dyn Names>> {
        let left = self.listed()?.into_iter();
        Ok(Box::new(SimulatedNames { left, last: None }))
    }

    fn touch(&self) -> io::Result<()> {
        let mut world = self.disk.world();
        // Slow enough for stamps to tell changes apart.
        world.now += 30_000_000;
        let now = world.now;
        world.image.touch(self.inode, now);
        Ok(())
    }

    fn share_counters(&self, name: &str, count: usize) -> io::Result<Option<Arc<Counters>>> {
        let mut world = self.disk.world();
        let of_name = world.counters.entry((self.inode, name.to_owned()));
        let counters = of_name.or_insert_with(|| Arc::new(Counters::own(count)));
        Ok(Some(Arc::clone(counters)))
    }

    fn sync(&self) -> io::Result<()> {
        let op = Op::SyncDir { dir: self.inode };
        self.disk.world().log(op);
        Ok(())
    }

    fn to_lock(&self) -> io::Result<Box<dyn File>> {
        Ok(self.disk.file(self.inode))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

pub(super) struct SimulatedFile {
    disk: Simulated,
    inode: usize,
    opened: u64,
}

impl SimulatedFile {
    /// The contents not yet durable never will be.
    pub fn sync_failed(&self) {
        let inode = self.inode;
        self.disk.world().log(Op::FailedSync { inode });
    }
}

impl Drop for SimulatedFile {
    fn drop(&mut self) {
        let _ = self.unlock();
    }
}

impl File for SimulatedFile {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut world = self.disk.world();
        let data = world
            .image
            .data(self.inode)
            .ok_or_else(|| errno(libc::EISDIR))?;
        let rest = data.get(offset as usize..).unwrap_or(&[]);
        let n = rest.len().min(buf.len());
        buf[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }

    fn write_at(&self, buf: &[u8], offset: u64) -> io::Result<usize> {
        self.disk.world().log(Op::Write {
            inode: self.inode,
            at: offset as usize,
            data: buf.to_vec(),
        });
        Ok(buf.len())
    }

    fn start_writeback(&self) {}

    fn sync(&self) -> io::Result<()> {
        self.disk.world().log(Op::SyncFile { inode: self.inode });
        Ok(())
    }

    fn stat(&self) -> io::Result<Stat> {
        self.disk.world().stat(self.inode)
    }

    fn touch(&self) -> io::Result<()> {
        let mut world = self.disk.world();
        let now = world.now;
        world.image.touch(self.inode, now);
        Ok(())
    }

    fn try_lock(&self) -> io::Result<bool> {
        let mut world = self.disk.world();
        let holder = *world.locks.entry(self.inode).or_insert(self.opened);
        Ok(holder == self.opened)
    }

    fn unlock(&self) -> io::Result<()> {
        let mut world = self.disk.world();
        if world.locks.get(&self.inode) == Some(&self.opened) {
            world.locks.remove(&self.inode);
        }
        Ok(())
    }

    fn descriptor(&self) -> Option<i32> {
        None
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
