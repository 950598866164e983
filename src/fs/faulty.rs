//! A disk that fails on demand, for tests: counts calls, fails the nth of a kind, shifts the clock.

use super::simulated::{SimulatedDir, SimulatedFile};
use super::{Counters, Dir, File, FileSystem, Names, NodeKind, Posix, Stat, Timestamp};
use std::any::Any;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The call does nothing and gives this error.
    Error(i32),
    /// The call does its work and gives this error all the same, as when a server's reply is lost.
    Done(i32),
    /// A read or write stops half-way, which is no error. Other calls work.
    Short,
    /// A sync fails, and with it what it was to cover is given up: later ones report success and do
    /// not cover it. Other calls work.
    Sync(i32),
}

/// The failure to come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Counted from the moment the plan is set; 0 is the next call.
    pub at: u64,
    /// How many calls fail from there on.
    pub times: u64,
    pub fault: Fault,
}

impl Plan {
    pub fn once(at: u64, errno: i32) -> Plan {
        Plan {
            at,
            times: 1,
            fault: Fault::Error(errno),
        }
    }

    pub fn for_ever(at: u64, errno: i32) -> Plan {
        Plan {
            times: u64::MAX,
            ..Plan::once(at, errno)
        }
    }
}

struct Shared {
    inner: Arc<dyn FileSystem>,
    calls: AtomicU64,
    plan: Mutex<Option<Plan>>,
    fired: AtomicBool,
    clock_shift: AtomicI64,
    short_writes: AtomicBool,
    without_unnamed: AtomicBool,
    pairs_only: AtomicBool,
    log: Mutex<Vec<String>>,
}

/// A disk, with a saboteur in between.
#[derive(Clone)]
pub(crate) struct Faulty(Arc<Shared>);

impl Default for Faulty {
    /// The real disk.
    fn default() -> Faulty {
        Faulty::on(Arc::new(Posix))
    }
}

/// What a call has to do besides its work.
#[derive(Clone, Copy)]
struct Order {
    fails_after: Option<i32>,
    short: bool,
}

impl Order {
    fn after<T>(self, done: io::Result<T>) -> io::Result<T> {
        match self.fails_after {
            Some(errno) => done.and(Err(io::Error::from_raw_os_error(errno))),
            None => done,
        }
    }
}

impl Faulty {
    pub fn on(inner: Arc<dyn FileSystem>) -> Faulty {
        Faulty(Arc::new(Shared {
            inner,
            calls: AtomicU64::new(0),
            plan: Mutex::new(None),
            fired: AtomicBool::new(false),
            clock_shift: AtomicI64::new(0),
            short_writes: AtomicBool::new(false),
            without_unnamed: AtomicBool::new(false),
            pairs_only: AtomicBool::new(false),
            log: Mutex::new(Vec::new()),
        }))
    }

    /// Forgets earlier calls and sets what is to fail.
    pub fn plan(&self, plan: Option<Plan>) {
        self.0.calls.store(0, Ordering::SeqCst);
        self.0.fired.store(false, Ordering::SeqCst);
        self.0.log.lock().unwrap().clear();
        *self.0.plan.lock().unwrap() = plan;
    }

    pub fn has_fired(&self) -> bool {
        self.0.fired.load(Ordering::SeqCst)
    }

    /// The calls since the last plan, in order.
    pub fn log(&self) -> Vec<String> {
        self.0.log.lock().unwrap().clone()
    }

    /// Lets this many seconds pass.
    pub fn advance(&self, seconds: i64) {
        self.0.clock_shift.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn short_writes(&self, on: bool) {
        self.0.short_writes.store(on, Ordering::SeqCst);
    }

    /// Slots are replaced pair by pair.
    pub fn pairs_only(&self) {
        self.0.pairs_only.store(true, Ordering::SeqCst);
    }

    pub fn without_unnamed_files(&self) {
        self.0.without_unnamed.store(true, Ordering::SeqCst);
    }

    fn call(&self, what: &str, on: &str) -> io::Result<Order> {
        let n = self.0.calls.fetch_add(1, Ordering::SeqCst);
        let name = on.rsplit('/').next().unwrap_or(on);
        self.0.log.lock().unwrap().push(format!("{what} {name}"));
        let mut order = Order {
            fails_after: None,
            short: false,
        };
        let plan = *self.0.plan.lock().unwrap();
        let Some(plan) = plan.filter(|p| n >= p.at && n - p.at < p.times) else {
            return Ok(order);
        };
        let fired = match plan.fault {
            Fault::Error(_) => true,
            Fault::Done(errno) => {
                order.fails_after = Some(errno);
                true
            }
            Fault::Short => {
                order.short = matches!(what, "read" | "write");
                order.short
            }
            Fault::Sync(_) => what.starts_with("sync"),
        };
        self.0.fired.fetch_or(fired, Ordering::SeqCst);
        match plan.fault {
            Fault::Error(errno) => Err(io::Error::from_raw_os_error(errno)),
            Fault::Sync(errno) if fired => Err(io::Error::from_raw_os_error(errno)),
            _ => Ok(order),
        }
    }

    fn gives_up_on_failed_sync(&self) -> bool {
        let plan = *self.0.plan.lock().unwrap();
        plan.is_some_and(|p| matches!(p.fault, Fault::Sync(_)))
    }

    fn dir(&self, inner: Arc<dyn Dir>) -> Arc<dyn Dir> {
        Arc::new(FaultyDir {
            inner,
            disk: self.clone(),
        })
    }

    fn file(&self, inner: Box<dyn File>, name: &str) -> Box<dyn File> {
        Box::new(FaultyFile {
            inner,
            disk: self.clone(),
            name: name.to_owned(),
        })
    }
}

impl FileSystem for Faulty {
    fn open_root(&self, path: &Path) -> io::Result<Arc<dyn Dir>> {
        let order = self.call("open_root", &path.to_string_lossy())?;
        order.after(self.0.inner.open_root(path).map(|d| self.dir(d)))
    }

    fn stat_root(&self, path: &Path) -> io::Result<Stat> {
        let order = self.call("stat_root", &path.to_string_lossy())?;
        order.after(self.0.inner.stat_root(path))
    }

    fn create_root(&self, path: &Path) -> io::Result<()> {
        let order = self.call("create_root", &path.to_string_lossy())?;
        order.after(self.0.inner.create_root(path))
    }

    fn now(&self) -> Timestamp {
        let mut now = self.0.inner.now();
        now.secs += self.0.clock_shift.load(Ordering::SeqCst);
        now
    }

    fn monotonic(&self) -> i64 {
        self.0.inner.monotonic()
    }

    fn coarse_monotonic(&self) -> i64 {
        self.0.inner.coarse_monotonic()
    }

    fn allows_background(&self) -> bool {
        false
    }

    fn allows_in_place(&self) -> bool {
        !self.0.pairs_only.load(Ordering::SeqCst)
    }

    fn coarse_now(&self) -> Timestamp {
        self.0.inner.coarse_now()
    }
}

struct FaultyNames {
    disk: Faulty,
    names: Box<dyn Names>,
}

impl Names for FaultyNames {
    fn next(&mut self) -> io::Result<Option<(&str, Option<NodeKind>)>> {
        self.disk.call("list on", "")?;
        self.names.next()
    }
}

struct FaultyDir {
    inner: Arc<dyn Dir>,
    disk: Faulty,
}

impl Dir for FaultyDir {
    fn path(&self) -> &Path {
        self.inner.path()
    }

    fn is_local(&self) -> bool {
        self.inner.is_local()
    }

    fn open_dir(&self, name: &str) -> io::Result<Arc<dyn Dir>> {
        let order = self.disk.call("open_dir", name)?;
        order.after(self.inner.open_dir(name).map(|d| self.disk.dir(d)))
    }

    fn create_dir(&self, name: &str) -> io::Result<()> {
        let order = self.disk.call("create_dir", name)?;
        order.after(self.inner.create_dir(name))
    }

    fn remove_dir(&self, name: &str) -> io::Result<()> {
        let order = self.disk.call("remove_dir", name)?;
        order.after(self.inner.remove_dir(name))
    }

    fn open_read(&self, name: &str) -> io::Result<Box<dyn File>> {
        let order = self.disk.call("open_read", name)?;
        order.after(self.inner.open_read(name).map(|f| self.disk.file(f, name)))
    }

    fn open_write(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.disk.call("open_write", name)?;
        let file = self.inner.open_write(name)?;
        Ok(self.disk.file(file, name))
    }

    fn open_or_create(&self, name: &str) -> io::Result<Box<dyn File>> {
        let order = self.disk.call("open_or_create", name)?;
        let file = self.inner.open_or_create(name)?;
        order.after(Ok(self.disk.file(file, name)))
    }

    fn create_unnamed(&self) -> io::Result<Option<Box<dyn File>>> {
        let order = self.disk.call("create_unnamed", "")?;
        if self.disk.0.without_unnamed.load(Ordering::SeqCst) {
            return Ok(None);
        }
        let file = self.inner.create_unnamed()?;
        order.after(Ok(file.map(|f| self.disk.file(f, "unnamed"))))
    }

    fn create_new(&self, name: &str) -> io::Result<Box<dyn File>> {
        let order = self.disk.call("create_new", name)?;
        order.after(self.inner.create_new(name).map(|f| self.disk.file(f, name)))
    }

    fn link_unnamed(&self, file: &dyn File, name: &str) -> io::Result<()> {
        let order = self.disk.call("link_unnamed", name)?;
        let file: &FaultyFile = file.as_any().downcast_ref().unwrap();
        order.after(self.inner.link_unnamed(file.inner.as_ref(), name))
    }

    fn link(&self, from: &str, to: &str) -> io::Result<()> {
        let order = self.disk.call("link", to)?;
        order.after(self.inner.link(from, to))
    }

    fn rename(&self, from: &str, to_dir: &dyn Dir, to: &str) -> io::Result<()> {
        let order = self.disk.call("rename", to)?;
        let to_dir: &FaultyDir = to_dir.as_any().downcast_ref().unwrap();
        order.after(self.inner.rename(from, to_dir.inner.as_ref(), to))
    }

    fn unlink(&self, name: &str) -> io::Result<()> {
        let order = self.disk.call("unlink", name)?;
        order.after(self.inner.unlink(name))
    }

    fn stat_at(&self, name: &str) -> io::Result<Stat> {
        let order = self.disk.call("stat_at", name)?;
        order.after(self.inner.stat_at(name))
    }

    fn stat(&self) -> io::Result<Stat> {
        let order = self.disk.call("stat", "")?;
        order.after(self.inner.stat())
    }

    fn each_name(&self, each: &mut dyn FnMut(&str, Option<NodeKind>) -> bool) -> io::Result<()> {
        let order = self.disk.call("list", "")?;
        order.after(self.inner.each_name(each))
    }

    fn names(&self) -> io::Result<Box<dyn Names>> {
        let order = self.disk.call("list", "")?;
        let names = order.after(self.inner.names())?;
        let disk = self.disk.clone();
        Ok(Box::new(FaultyNames { disk, names }))
    }

    fn touch(&self) -> io::Result<()> {
        self.disk.call("touch", "directory")?;
        self.inner.touch()
    }

    fn share_counters(&self, name: &str, count: usize) -> io::Result<Option<Arc<Counters>>> {
        self.disk.call("share", name)?;
        self.inner.share_counters(name, count)
    }

    fn sync(&self) -> io::Result<()> {
        let path = self.path().to_string_lossy();
        let called = self.disk.call("sync_dir", &path);
        if called.is_err() && self.disk.gives_up_on_failed_sync() {
            if let Some(dir) = self.inner.as_any().downcast_ref::<SimulatedDir>() {
                dir.sync_failed();
            }
        }
        called?.after(self.inner.sync())
    }

    fn to_lock(&self) -> io::Result<Box<dyn File>> {
        let path = self.path().to_string_lossy();
        let order = self.disk.call("open_dir", &path)?;
        order.after(self.inner.to_lock().map(|f| self.disk.file(f, &path)))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct FaultyFile {
    inner: Box<dyn File>,
    disk: Faulty,
    name: String,
}

impl File for FaultyFile {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let order = self.disk.call("read", &self.name)?;
        let most = if order.short {
            buf.len().div_ceil(2)
        } else {
            buf.len()
        };
        order.after(self.inner.read_at(&mut buf[..most], offset))
    }

    fn write_at(&self, buf: &[u8], offset: u64) -> io::Result<usize> {
        let order = self.disk.call("write", &self.name)?;
        let short = order.short || self.disk.0.short_writes.load(Ordering::SeqCst);
        let most = if short {
            buf.len().div_ceil(2)
        } else {
            buf.len()
        };
        order.after(self.inner.write_at(&buf[..most], offset))
    }

    fn start_writeback(&self) {
        self.inner.start_writeback();
    }

    fn sync(&self) -> io::Result<()> {
        let called = self.disk.call("sync", &self.name);
        if called.is_err() && self.disk.gives_up_on_failed_sync() {
            if let Some(file) = self.inner.as_any().downcast_ref::<SimulatedFile>() {
                file.sync_failed();
            }
        }
        called?.after(self.inner.sync())
    }

    fn stat(&self) -> io::Result<Stat> {
        let order = self.disk.call("fstat", &self.name)?;
        order.after(self.inner.stat())
    }

    fn touch(&self) -> io::Result<()> {
        let order = self.disk.call("touch", &self.name)?;
        order.after(self.inner.touch())
    }

    fn try_lock(&self) -> io::Result<bool> {
        let order = self.disk.call("lock", &self.name)?;
        order.after(self.inner.try_lock())
    }

    fn unlock(&self) -> io::Result<()> {
        let order = self.disk.call("unlock", &self.name)?;
        order.after(self.inner.unlock())
    }

    fn descriptor(&self) -> Option<i32> {
        self.inner.descriptor()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
