//! Opening a root: finding it, making it, reading what it remembers.

use super::auxiliary::auxiliary;
use super::memory::Memory;
use super::names::AUXILIARY;
use super::options::StoreOptions;
use super::private::Generations;
use super::totals::{count_plain_files, Ledger, Totals};
use super::worker::Worker;
use super::{record, starts, statistics, Inner};
use crate::error::{shown, Error, ErrorKind, Result};
use crate::fs::{self, Dir, FileSystem};
use crate::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use crate::sync::{Mutex, RwLock};
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError};

/// The user's cache directory: `WARMSTART_DIR`, else `warmstart` in `XDG_CACHE_HOME`, in
/// `~/Library/Caches` on macOS, or in `~/.cache`. Never a directory shared with other users.
fn default_root(variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Result<PathBuf> {
    let path = |name| variable(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(own) = path("WARMSTART_DIR") {
        return Ok(own);
    }
    // The XDG base directory specification: a relative path is to be ignored.
    let cache = path("XDG_CACHE_HOME")
        .filter(|p| p.is_absolute())
        .or_else(|| {
            let below_home = if cfg!(target_os = "macos") {
                "Library/Caches"
            } else {
                ".cache"
            };
            path("HOME")
                .filter(|p| p.is_absolute())
                .map(|h| h.join(below_home))
        });
    cache.map(|c| c.join("warmstart")).ok_or_else(|| {
        Error::invalid(
            "finding the default root",
            "none of WARMSTART_DIR, XDG_CACHE_HOME and HOME names a directory",
            "Set WARMSTART_DIR, or name the root",
        )
    })
}

/// The default root in the environment of this moment.
pub(crate) fn default_root_of_user() -> Result<PathBuf> {
    default_root(|name| std::env::var_os(name))
}

/// The directory beside the default root that is named like it, with `suffix` appended.
pub(crate) fn default_root_beside(suffix: &str) -> Result<PathBuf> {
    let root = default_root_of_user()?;
    let mut name = root.file_name().unwrap_or("warmstart".as_ref()).to_owned();
    name.push(suffix);
    Ok(root.parent().unwrap_or(&root).join(name))
}

/// How often a root is made that something removes before it can be opened.
const OPEN_ATTEMPTS: u32 = 5;

pub(super) fn open(
    fs: Arc<dyn FileSystem>,
    root: Option<&Path>,
    options: &StoreOptions,
    may_create: bool,
) -> Result<Inner> {
    let path = match root {
        Some(path) => path.to_path_buf(),
        None => default_root_of_user()?,
    };
    let path = std::path::absolute(&path)
        .map_err(|e| Error::from_io(format!("finding {}", shown(&path)), e))?;
    let read_only = options.resolve(&record::Recorded::default()).read_only;
    let (dir, created) = open_root(fs.as_ref(), "store", &path, may_create && !read_only)?;
    let before = record::read(dir.as_ref())?;
    let mut recorded = Totals::default();
    if options.has_limits() && !read_only {
        let after = options.record_over(&before);
        if after != before {
            match record::write(dir.as_ref(), &after) {
                Ok(change) => recorded = change,
                // A root that can only be read opens all the same.
                Err(e) if e.kind() == ErrorKind::Permission => {}
                Err(e) => return Err(e),
            }
        }
    }
    let settings = options.resolve(&before);
    let inner = Inner {
        memory: Memory::new(settings.memory_budget),
        fs,
        path,
        root: RwLock::new(dir),
        options: options.clone(),
        settings,
        ledger: Ledger::new(),
        counters: statistics::Counters::default(),
        starts: starts::StartCounters::default(),
        durable_root: Mutex::new(None),
        root_is_durable: AtomicBool::new(false),
        durable_labels: Mutex::new(None),
        durable_sealed: Mutex::default(),
        spares: super::sealed::Spares::default(),
        leaves: OnceLock::new(),
        elsewhere: RwLock::new(None),
        unnamed_files: AtomicBool::new(true),
        suspects: Mutex::new(HashSet::new()),
        last_stamp: AtomicI64::new(0),
        walking: AtomicBool::new(false),
        chosen: Mutex::new(None),
        worker: Worker::default(),
        exporter: Arc::default(),
        durable_in_place: Generations::default(),
        exported: Generations::default(),
    };
    if created || (!read_only && inner.is_uncounted_and_empty()) {
        inner.start_counting();
    } else if recorded != Totals::default() {
        inner.ledger.add(inner.root().as_ref(), recorded);
    }
    Ok(inner)
}

/// Opens the directory `path` as the root of a `what`, making it and what is missing above it if it may;
/// true when this call made it.
pub(crate) fn open_root(
    fs: &dyn FileSystem,
    what: &str,
    path: &Path,
    create: bool,
) -> Result<(Arc<dyn Dir>, bool)> {
    let failed = |e: io::Error| match e.raw_os_error() {
        Some(libc::ENOTDIR) => Error::invalid(
            format!("opening the {what} {}", shown(path)),
            "it, or a part of its path, is a file",
            "Name a directory, or move the file away",
        ),
        Some(libc::ENOENT) if !create => {
            Error::from_io(format!("opening the {what} {} read-only", shown(path)), e)
        }
        _ => Error::from_io(format!("opening the {what} {}", shown(path)), e),
    };
    let mut created = false;
    let mut attempts = 0;
    loop {
        match fs::retry(|| fs.open_root(path)) {
            Ok(dir) => return Ok((dir, created)),
            // Also when it was removed as soon as it was made.
            Err(e)
                if create && attempts < OPEN_ATTEMPTS && e.raw_os_error() == Some(libc::ENOENT) => {
            }
            Err(e) => return Err(failed(e)),
        }
        created = create_with_parents(fs, path).map_err(failed)?;
        attempts += 1;
    }
}

/// Makes `path` and what is missing above it, each name durable before anything is put below it.
fn create_with_parents(fs: &dyn FileSystem, path: &Path) -> io::Result<bool> {
    let parent = path.parent();
    match fs::retry(|| fs.create_root(path)) {
        Ok(()) => {}
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        Err(e) if e.raw_os_error() == Some(libc::ENOENT) => {
            let Some(parent) = parent else {
                return Err(e);
            };
            create_with_parents(fs, parent)?;
            match fs::retry(|| fs.create_root(path)) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
                done => done?,
            }
        }
        Err(e) => return Err(e),
    }
    if let Some(parent) = parent {
        let parent = fs::retry(|| fs.open_root(parent))?;
        if let Err(e) = fs::synced(|| parent.sync()) {
            // What a failed sync leaves behind is not trusted.
            if let Some(name) = path.file_name().and_then(|n| n.to_str()) {
                let _ = parent.remove_dir(name);
            }
            return Err(e);
        }
    }
    Ok(true)
}

impl Inner {
    /// Makes the root again after something removed it, and forgets what was known of it.
    pub(super) fn recreate_root(&self) -> io::Result<()> {
        let mut root = self.root.write().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have been here first; and a root that still exists is not made again.
        match fs::retry(|| root.stat()) {
            Ok(stat) if stat.links > 0 => {
                return fs::retry(|| self.fs.open_root(&self.path)).map(drop);
            }
            Err(e) if !fs::is_stale(&e) => return Err(e),
            _ => {}
        }
        // Until it is known again: this may fail between making the root and making it durable.
        self.root_is_durable.store(false, Ordering::Release);
        let created = create_with_parents(self.fs.as_ref(), &self.path)?;
        *root = fs::retry(|| self.fs.open_root(&self.path))?;
        drop(root);
        if created {
            self.start_counting();
        }
        Ok(())
    }

    /// Whether the root's path still names the directory that is open.
    pub(super) fn is_in_place(&self) -> io::Result<bool> {
        let root = self.root();
        let id = |stat: fs::Stat| (stat.device, stat.inode);
        let named = fs::retry(|| match root.is_local() {
            true => self.fs.stat_root(&self.path),
            // Of a file server, only opening asks for what is there now.
            false => self.fs.open_root(&self.path)?.stat(),
        });
        match named {
            Ok(named) => Ok(id(named) == id(fs::retry(|| root.stat())?)),
            Err(e) if fs::is_missing(&e) => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// Opens the root again where a file server has forgotten the handle.
    pub(super) fn reopen_root(&self) {
        if let Ok(dir) = fs::retry(|| self.fs.open_root(&self.path)) {
            *self.root.write().unwrap_or_else(PoisonError::into_inner) = dir;
        }
    }

    fn is_uncounted_and_empty(&self) -> bool {
        let root = self.root();
        self.ledger.read(root.as_ref()).is_none()
            && root
                .list()
                .is_ok_and(|names| names.iter().all(|n| n.name == AUXILIARY))
    }

    /// Notes that a new root has been counted: it is empty but for our own files.
    fn start_counting(&self) {
        let mut counted = Totals {
            walked_unix_secs: self.fs.now().secs,
            ..Totals::default()
        };
        if let Ok(Some(dir)) = auxiliary(self.root().as_ref()) {
            count_plain_files(dir.as_ref(), &mut counted);
        }
        self.ledger.add(self.root().as_ref(), counted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(vars: &[(&str, &str)]) -> Result<PathBuf> {
        default_root(|n| {
            vars.iter()
                .find(|(k, _)| *k == n)
                .map(|(_, v)| std::ffi::OsString::from(v))
        })
    }

    #[test]
    fn the_default_root_is_the_users_own() {
        let all = [
            ("WARMSTART_DIR", "w"),
            ("XDG_CACHE_HOME", "/x"),
            ("HOME", "/h"),
        ];
        assert_eq!(with(&all).unwrap(), PathBuf::from("w"));
        assert_eq!(with(&all[1..]).unwrap(), PathBuf::from("/x/warmstart"));
        let relative = [
            ("XDG_CACHE_HOME", "x"),
            ("HOME", "/h"),
            ("WARMSTART_DIR", ""),
        ];
        if cfg!(target_os = "linux") {
            assert_eq!(
                with(&relative).unwrap(),
                PathBuf::from("/h/.cache/warmstart")
            );
        }
        let e = with(&[]).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Invalid);
        assert!(e.to_string().contains("WARMSTART_DIR"), "{e}");
    }
}
