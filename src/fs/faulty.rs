//! A disk that fails on demand, for tests: counts calls, fails the nth of a kind, shifts the clock.

use super::{Dir, File, FileSystem, Listed, Posix, Stat, Timestamp};
use std::any::Any;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// The failure to come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Counted from the moment the plan is set; 0 is the next call.
    pub at: u64,
    pub errno: i32,
    /// Every call from there on fails, rather than one.
    pub persistent: bool,
}

#[derive(Default)]
struct Shared {
    calls: AtomicU64,
    plan: Mutex<Option<Plan>>,
    fired: AtomicBool,
    clock_shift: AtomicI64,
    short_writes: AtomicBool,
    without_unnamed: AtomicBool,
    log: Mutex<Vec<String>>,
}

/// The real disk, with a saboteur in between.
#[derive(Clone, Default)]
pub(crate) struct Faulty(Arc<Shared>);

impl Faulty {
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

    pub fn without_unnamed_files(&self) {
        self.0.without_unnamed.store(true, Ordering::SeqCst);
    }

    fn call(&self, what: &str, on: &str) -> io::Result<()> {
        let n = self.0.calls.fetch_add(1, Ordering::SeqCst);
        let name = on.rsplit('/').next().unwrap_or(on);
        self.0.log.lock().unwrap().push(format!("{what} {name}"));
        match *self.0.plan.lock().unwrap() {
            Some(p) if n == p.at || (p.persistent && n > p.at) => {
                self.0.fired.store(true, Ordering::SeqCst);
                Err(io::Error::from_raw_os_error(p.errno))
            }
            _ => Ok(()),
        }
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
        self.call("open_root", &path.to_string_lossy())?;
        Posix.open_root(path).map(|d| self.dir(d))
    }

    fn create_root(&self, path: &Path) -> io::Result<()> {
        self.call("create_root", &path.to_string_lossy())?;
        Posix.create_root(path)
    }

    fn now(&self) -> Timestamp {
        let mut now = Posix.now();
        now.secs += self.0.clock_shift.load(Ordering::SeqCst);
        now
    }

    fn allows_background(&self) -> bool {
        false
    }

    fn coarse_now(&self) -> Timestamp {
        Posix.coarse_now()
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
        self.disk.call("open_dir", name)?;
        self.inner.open_dir(name).map(|d| self.disk.dir(d))
    }

    fn create_dir(&self, name: &str) -> io::Result<()> {
        self.disk.call("create_dir", name)?;
        self.inner.create_dir(name)
    }

    fn remove_dir(&self, name: &str) -> io::Result<()> {
        self.disk.call("remove_dir", name)?;
        self.inner.remove_dir(name)
    }

    fn open_read(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.disk.call("open_read", name)?;
        self.inner.open_read(name).map(|f| self.disk.file(f, name))
    }

    fn open_write(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.disk.call("open_write", name)?;
        let file = self.inner.open_write(name)?;
        Ok(self.disk.file(file, name))
    }

    fn open_or_create(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.disk.call("open_or_create", name)?;
        let file = self.inner.open_or_create(name)?;
        Ok(self.disk.file(file, name))
    }

    fn create_unnamed(&self) -> io::Result<Option<Box<dyn File>>> {
        self.disk.call("create_unnamed", "")?;
        if self.disk.0.without_unnamed.load(Ordering::SeqCst) {
            return Ok(None);
        }
        let file = self.inner.create_unnamed()?;
        Ok(file.map(|f| self.disk.file(f, "unnamed")))
    }

    fn create_new(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.disk.call("create_new", name)?;
        self.inner.create_new(name).map(|f| self.disk.file(f, name))
    }

    fn link_unnamed(&self, file: &dyn File, name: &str) -> io::Result<()> {
        self.disk.call("link_unnamed", name)?;
        let file: &FaultyFile = file.as_any().downcast_ref().unwrap();
        self.inner.link_unnamed(file.inner.as_ref(), name)
    }

    fn link(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk.call("link", to)?;
        self.inner.link(from, to)
    }

    fn rename(&self, from: &str, to_dir: &dyn Dir, to: &str) -> io::Result<()> {
        self.disk.call("rename", to)?;
        let to_dir: &FaultyDir = to_dir.as_any().downcast_ref().unwrap();
        self.inner.rename(from, to_dir.inner.as_ref(), to)
    }

    fn unlink(&self, name: &str) -> io::Result<()> {
        self.disk.call("unlink", name)?;
        self.inner.unlink(name)
    }

    fn stat_at(&self, name: &str) -> io::Result<Stat> {
        self.disk.call("stat_at", name)?;
        self.inner.stat_at(name)
    }

    fn stat(&self) -> io::Result<Stat> {
        self.disk.call("stat", "")?;
        self.inner.stat()
    }

    fn list(&self) -> io::Result<Vec<Listed>> {
        self.disk.call("list", "")?;
        self.inner.list()
    }

    fn touch(&self) -> io::Result<()> {
        self.disk.call("touch", "directory")?;
        self.inner.touch()
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.call("sync_dir", &self.path().to_string_lossy())?;
        self.inner.sync()
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
        self.disk.call("read", &self.name)?;
        self.inner.read_at(buf, offset)
    }

    fn write_at(&self, buf: &[u8], offset: u64) -> io::Result<usize> {
        self.disk.call("write", &self.name)?;
        if self.disk.0.short_writes.load(Ordering::SeqCst) && buf.len() > 1 {
            return self.inner.write_at(&buf[..buf.len() / 2], offset);
        }
        self.inner.write_at(buf, offset)
    }

    fn start_writeback(&self) {
        self.inner.start_writeback();
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.call("sync", &self.name)?;
        self.inner.sync()
    }

    fn stat(&self) -> io::Result<Stat> {
        self.disk.call("fstat", &self.name)?;
        self.inner.stat()
    }

    fn touch(&self) -> io::Result<()> {
        self.disk.call("touch", &self.name)?;
        self.inner.touch()
    }

    fn try_lock(&self) -> io::Result<bool> {
        self.disk.call("lock", &self.name)?;
        self.inner.try_lock()
    }

    fn unlock(&self) -> io::Result<()> {
        self.disk.call("unlock", &self.name)?;
        self.inner.unlock()
    }

    fn descriptor(&self) -> Option<i32> {
        self.inner.descriptor()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
