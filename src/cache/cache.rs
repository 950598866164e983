//! The cache.

use super::background::Background;
use super::blob::{Blob, Existence, ListedBlob, Receipt};
use super::expiry::ExpiryPolicy;
use super::generations::{Generations, Moment, COUNTERS};
use super::hasher::Seeded;
use super::held::Held;
use super::name::Name;
use super::namespace::Namespace;
use super::options::CacheOptions;
use super::put::{PutOptions, CACHE_KEY_BYTES, CACHE_NAMESPACES, CACHE_NAMESPACE_BYTES};
use super::resident::Resident;
use super::root;
use super::statistics::{CacheStats, Counters, Event};
use super::tier::{Tier, DEFAULT_SHARDS};
use super::time::Time;
use crate::error::{shown, Error, ErrorKind, Result};
use crate::fs::{self, Dir, FileSystem, Posix};
use crate::store::{default_root_beside, open_root, CheckReport, Progress};
use crate::sync::atomic::AtomicU64;
use crate::sync::{Mutex, RwLock};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// A cache of named blobs, in memory and, below it, on disk: what engines recompute too often, such as
/// basis matrices, quadrature nodes, factorisations and neighbour lists. Clones share everything; any
/// number of threads may use one at once, and any number of processes may open the same root.
///
/// A key is UTF-8 text of 1 to 1 024 bytes in a namespace, UTF-8 text of 1 to 128 bytes. A namespace
/// begins with its first put; there are at most 256.
///
/// What has died is removed soon after by a thread of the cache's, which starts with the first entry that ends
/// by itself, and sleeps until then. It keeps in mind when 131 072 entries on disk end, those that end first,
/// in 32 MiB at most, beyond the memory budget.
#[derive(Clone)]
pub struct Cache {
    inner: Arc<Inner>,
}

/// What the clones of a [`Cache`] share.
pub(super) struct Inner {
    pub options: CacheOptions,
    pub memory: Tier<Name, Held, Seeded>,
    pub disk: Option<Disk>,
    pub generations: Generations,
    pub namespaces: RwLock<HashMap<Arc<str>, Arc<Namespace>>>,
    /// Of calls that name no namespace that exists.
    pub strangers: Counters,
    pub time: Arc<Time>,
    pub asked: super::asked::Asked,
    pub background: Background,
    pub deadlines: super::deadlines::Deadlines,
}

/// The disk tier.
pub(super) struct Disk {
    pub fs: Arc<dyn FileSystem>,
    pub path: PathBuf,
    pub root: Arc<dyn Dir>,
    /// Whether every process that has this root counts changes with the same counters.
    pub shared: bool,
    pub counters: Arc<fs::Counters>,
    /// Bytes below the root as last summed up, and written by this process since.
    pub known_bytes: AtomicU64,
    pub since: AtomicU64,
    /// One thread makes room at a time.
    pub making_room: Mutex<()>,
}

/// Tags or dependencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelKind {
    /// What the entry is about.
    Tag,
    /// What it was computed from.
    Dependency,
}

impl Cache {
    /// Opens the cache in `root`, or in the default root with `-cache` appended to its name; makes it if
    /// there is none, unless the options say read-only.
    ///
    /// # Errors
    ///
    /// `Incompatible` when the directory holds something else, or a cache of a newer format; `Invalid`
    /// when the root is no directory, or no default can be found; `Permission`; `Io`.
    pub fn open(root: Option<&Path>, options: &CacheOptions) -> Result<Cache> {
        Cache::open_on(Arc::new(Posix), root, options)
    }

    /// The same on another file system.
    pub(super) fn open_on(
        fs: Arc<dyn FileSystem>,
        root: Option<&Path>,
        options: &CacheOptions,
    ) -> Result<Cache> {
        let cache = Cache::open_checked(fs, root, options, &root::check)?;
        if !options.read_only {
            cache.inner.remove_what_was_flushed();
        }
        Ok(cache)
    }

    /// The same where `check`, given the root, its path and whether it is for reading only, says that it may be.
    pub(super) fn open_checked(
        fs: Arc<dyn FileSystem>,
        root: Option<&Path>,
        options: &CacheOptions,
        check: &dyn Fn(&dyn Dir, &Path, bool) -> Result<()>,
    ) -> Result<Cache> {
        let path = match root {
            Some(path) => path.to_path_buf(),
            None => default_root_beside("-cache")?,
        };
        let path = std::path::absolute(&path)
            .map_err(|e| Error::from_io(format!("finding {}", shown(&path)), e))?;
        let read_only = options.read_only;
        let (dir, _) = open_root(fs.as_ref(), "cache", &path, !read_only)?;
        check(dir.as_ref(), &path, read_only)?;
        // Without them, every answer of memory is confirmed on disk.
        let counters = match read_only {
            true => None,
            false => dir
                .share_counters(root::GENERATIONS, COUNTERS)
                .map_err(|e| Error::from_io(format!("opening the cache {}", shown(&path)), e))?,
        };
        let shared = counters.is_some();
        let counters = counters.unwrap_or_else(|| Arc::new(fs::Counters::own(COUNTERS)));
        let disk = Disk {
            fs: Arc::clone(&fs),
            path,
            root: dir,
            shared,
            counters: Arc::clone(&counters),
            known_bytes: AtomicU64::new(0),
            since: AtomicU64::new(u64::MAX / 2),
            making_room: Mutex::new(()),
        };
        Ok(Cache::with(fs, Some(disk), counters, options))
    }

    /// A cache that lies in memory alone, and is gone with its last clone.
    ///
    /// # Errors
    ///
    /// `Invalid` when the options leave it no memory.
    pub fn in_memory(options: &CacheOptions) -> Result<Cache> {
        if options.memory_budget == 0 {
            return Err(Error::invalid(
                "opening a cache in memory",
                "its memory budget is 0",
                "Give it memory, or a root",
            ));
        }
        // Nobody else can change what lies in this memory.
        let counters = Arc::new(fs::Counters::own(COUNTERS));
        Ok(Cache::with(Arc::new(Posix), None, counters, options))
    }

    fn with(
        fs: Arc<dyn FileSystem>,
        disk: Option<Disk>,
        counters: Arc<fs::Counters>,
        options: &CacheOptions,
    ) -> Cache {
        let budget = usize::try_from(options.memory_budget).unwrap_or(usize::MAX);
        let inner = Arc::new(Inner {
            options: options.clone(),
            memory: Tier::for_many_threads(budget, DEFAULT_SHARDS, Seeded::default()),
            disk,
            generations: Generations::new(counters),
            namespaces: RwLock::default(),
            strangers: Counters::default(),
            time: Arc::new(Time::new(fs)),
            asked: super::asked::Asked::default(),
            background: Background::new(options.promotion_queue),
            deadlines: super::deadlines::Deadlines::default(),
        });
        Cache { inner }
    }

    pub(super) fn shared(&self) -> &Arc<Inner> {
        &self.inner
    }

    /// The directory it lies in, absolute; none for one in memory.
    pub fn root(&self) -> Option<&Path> {
        self.inner.disk.as_ref().map(|d| d.path.as_path())
    }

    /// Stores `bytes` under `key`. Durable on return to the cache's level.
    ///
    /// # Errors
    ///
    /// `Conflict` when the version asked for does not go with the live entry's; `TooLarge` when the bytes
    /// or what describes them are over a limit, or there are 256 namespaces already; `Invalid` for a
    /// namespace or key of illegal length; and those of writing. In each case the entry before stays.
    pub fn put(
        &self,
        namespace: &str,
        key: &str,
        bytes: &[u8],
        put: &PutOptions,
    ) -> Result<Receipt> {
        self.inner.put(namespace, key, bytes, put)
    }

    /// Stores several, each with the same options; each has a result of its own.
    pub fn put_many(
        &self,
        namespace: &str,
        items: &[(&str, &[u8])],
        put: &PutOptions,
    ) -> Vec<Result<Receipt>> {
        let one = |(key, bytes): &(&str, &[u8])| self.put(namespace, key, bytes, put);
        items.iter().map(one).collect()
    }

    /// The live entry under `key`. Damage on disk is passed over, as if nothing were there.
    pub fn get(&self, namespace: &str, key: &str) -> Result<Option<Blob>> {
        self.inner.get(namespace, key)
    }

    /// Several, each with a result of its own.
    pub fn get_many(&self, namespace: &str, keys: &[&str]) -> Vec<Result<Option<Blob>>> {
        keys.iter().map(|key| self.get(namespace, key)).collect()
    }

    /// What is known of a key without reading. No side effects.
    pub fn existence(&self, namespace: &str, key: &str) -> Result<Existence> {
        self.inner.existence(namespace, key)
    }

    /// Whether there is a live entry. May read; no side effects.
    pub fn contains(&self, namespace: &str, key: &str) -> Result<bool> {
        Ok(self.peek(namespace, key)?.is_some())
    }

    /// What is known of the live entry under `key`. No access: it goes on idling.
    pub fn peek(&self, namespace: &str, key: &str) -> Result<Option<ListedBlob>> {
        self.inner.peek(namespace, key)
    }

    /// The live entries of a namespace whose keys begin with `prefix`, in order.
    pub fn list(&self, namespace: &str, prefix: &str) -> Result<Vec<ListedBlob>> {
        self.inner.list(namespace, prefix)
    }

    /// Removes the entry under `key`, durably; false when there was none alive.
    pub fn remove(&self, namespace: &str, key: &str) -> Result<bool> {
        self.inner.remove(namespace, key)
    }

    /// Removes the entries whose keys begin with `prefix`, durably, and says how many were alive.
    pub fn invalidate_prefix(&self, namespace: &str, prefix: &str) -> Result<u64> {
        self.inner.invalidate_prefix(namespace, prefix)
    }

    /// Removes the entries that have any of the labels, durably, in one namespace or in all; says how many
    /// keys were alive.
    pub fn invalidate(
        &self,
        namespace: Option<&str>,
        kind: LabelKind,
        labels: &[&str],
    ) -> Result<u64> {
        self.inner.invalidate(namespace, kind, labels)
    }

    /// Empties a namespace, durably, in one step whatever it holds. What is put afterwards is found.
    pub fn flush(&self, namespace: &str) -> Result<()> {
        self.inner.flush(namespace)
    }

    /// The namespaces there are, in order.
    pub fn namespaces(&self) -> Result<Vec<String>> {
        self.inner.names()
    }

    /// Limits what a namespace may take on disk; 0 for no limit of its own. Remembered by the namespace
    /// until it is flushed.
    pub fn set_quota(&self, namespace: &str, bytes: i64) -> Result<()> {
        self.inner.set_quota(namespace, bytes)
    }

    /// Gives the live entry another life, from now on, without writing its bytes again; false when there
    /// is none.
    pub fn set_life(&self, namespace: &str, key: &str, life: &ExpiryPolicy) -> Result<bool> {
        self.inner.set_life(namespace, key, life)
    }

    /// Figures of the whole cache, or of one namespace.
    pub fn stats(&self, namespace: Option<&str>) -> Result<CacheStats> {
        self.inner.stats(namespace)
    }

    /// Reads and checks everything on disk; changes nothing.
    pub fn verify(&self, progress: &Progress) -> Result<CheckReport> {
        self.inner.verify(progress)
    }

    /// Removes what is dead, what was invalidated or flushed, and what dead writers left; makes room where a
    /// limit is crossed: now.
    pub fn sweep(&self) -> Result<()> {
        self.inner.sweep()
    }

    /// Copies the live entries to a cache in `root`, which must not exist or be empty; `intact` of the report
    /// says how many. Each entry is copied whole, and none that was alive all the while is missed. Until all are
    /// there, `root` opens as no cache; where the work is cancelled or fails, it is emptied again.
    pub fn copy_to(&self, root: &Path, progress: &Progress) -> Result<CheckReport> {
        self.inner.copy_to(root, progress)
    }

    /// Waits until nothing waits for the background; false when the wait ended first.
    pub fn drain(&self, timeout: Duration) -> Result<bool> {
        Ok(self.inner.background.drain(timeout))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.background.close();
    }
}

/// Checks the lengths of a name.
pub(super) fn check_name(attempt: &'static str, namespace: &str, key: Option<&str>) -> Result<()> {
    let is_wrong = |text: &str, most: usize| text.is_empty() || text.len() > most;
    let (what, len, most) = if is_wrong(namespace, CACHE_NAMESPACE_BYTES) {
        ("namespace", namespace.len(), CACHE_NAMESPACE_BYTES)
    } else {
        match key {
            Some(key) if is_wrong(key, CACHE_KEY_BYTES) => ("key", key.len(), CACHE_KEY_BYTES),
            _ => return Ok(()),
        }
    };
    Err(Error::invalid(
        attempt,
        format!("the {what} has {len} bytes"),
        format!("Give it 1 to {most}"),
    ))
}

impl Inner {
    /// A namespace that exists, here or on disk.
    pub fn namespace(&self, name: &str) -> Result<Option<Arc<Namespace>>> {
        let known = self
            .namespaces
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(namespace) = known.get(name) {
            return Ok(Some(Arc::clone(namespace)));
        }
        drop(known);
        let Some(disk) = &self.disk else {
            return Ok(None);
        };
        let there = root::has(disk.root.as_ref(), name);
        let failed = |e| Error::from_io(format!("looking into {}", shown(&disk.path)), e);
        Ok(there.map_err(failed)?.then(|| self.adopt(name)))
    }

    /// The namespace of this name, whether it exists or not.
    pub fn adopt(&self, name: &str) -> Arc<Namespace> {
        let mut known = self
            .namespaces
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(namespace) = known.get(name) {
            return Arc::clone(namespace);
        }
        let alone = self.disk.is_none().then_some(known.len());
        let name: Arc<str> = name.into();
        let time = Arc::clone(&self.time);
        let namespace = Arc::new(Namespace::new(Arc::clone(&name), time, alone));
        known.insert(name, Arc::clone(&namespace));
        namespace
    }

    /// The namespace of this name, for a put.
    pub fn register(&self, name: &str) -> Result<Arc<Namespace>> {
        if let Some(namespace) = self.namespace(name)? {
            return Ok(namespace);
        }
        let there = match &self.disk {
            Some(disk) => root::count_namespaces(disk.root.as_ref())
                .map_err(|e| Error::from_io(format!("looking into {}", shown(&disk.path)), e))?,
            None => self.known().len(),
        };
        if there >= CACHE_NAMESPACES {
            self.strangers.count(Event::Refusal);
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!("beginning the namespace {name:?}"),
                format!("there are {there} already, and {CACHE_NAMESPACES} are the most"),
                "Put into one that exists, with a prefix to the key",
            ));
        }
        Ok(self.adopt(name))
    }

    /// The namespaces this process has met.
    pub fn known(&self) -> Vec<Arc<Namespace>> {
        let known = self
            .namespaces
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        known.values().cloned().collect()
    }

    /// Whether what lies in memory is what would be found now.
    pub fn holds(&self, resident: &Resident) -> bool {
        self.moment_of(resident) == resident.moment
    }

    /// The moment now, for a name that is in memory.
    pub fn moment_of(&self, resident: &Resident) -> Moment {
        self.generations
            .moment(resident.entry, resident.namespace.flushes)
    }
}
