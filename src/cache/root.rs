//! A cache's root: one directory for each namespace, each the root of a store.
//!
//! ```text
//! <root>/cache                    says that this is a cache, and of which format
//! <root>/generations              counters that tell living processes of changes
//! <root>/n-<hash>/                a namespace: the root of a store
//! <root>/n-<hash>/namespace       its name
//! <root>/gone-<random>/           a namespace that was flushed, until it is removed
//! <root>/new-<random>/            one that is being made
//! ```
//!
//! Flushing renames a namespace's directory: one step for the disk and for every process, whatever lies
//! in it.

use super::cache::Disk;
use crate::error::{shown, Error, ErrorKind, Result};
use crate::fs::{self, Dir, FileSystem, NodeKind};
use crate::key::{Fingerprinter, Key};
use crate::store::{random_u64, Store, StoreOptions};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;
use std::sync::Arc;

const CONTROL: &str = "cache";
pub(super) const GENERATIONS: &str = "generations";
const NAME: &str = "namespace";
const NAMESPACE: &str = "n-";
const GONE: &str = "gone-";
/// Never taken for one that was flushed: whoever removes those may have opened it when it gets its name.
const FRESH: &str = "new-";
const FORMAT: u64 = 1;
/// Larger is not ours.
const MOST_BYTES: usize = 4096;

#[derive(Serialize, Deserialize)]
struct Control {
    format: u64,
}

#[derive(Serialize, Deserialize)]
struct Named {
    name: String,
}

/// The id of a namespace.
pub(super) fn id_of(namespace: &str) -> Key {
    let mut f = Fingerprinter::new();
    f.write_str("libwarmstart cache namespace 1");
    f.write_str(namespace);
    f.finish()
}

/// The id of an entry, under which it is stored.
pub(super) fn id_of_entry(namespace: &str, key: &str) -> Key {
    let mut f = Fingerprinter::new();
    f.write_str("libwarmstart cache entry 1");
    f.write_str(namespace);
    f.write_str(key);
    f.finish()
}

/// The directory of a namespace.
pub(super) fn directory_of(namespace: &str) -> String {
    format!("{NAMESPACE}{}", &id_of(namespace).to_hex()[..32])
}

fn read_small(dir: &dyn Dir, name: &str) -> io::Result<Option<Vec<u8>>> {
    let file = match fs::retry(|| dir.open_read(name)) {
        Ok(file) => file,
        Err(e) if fs::is_missing(&e) => return Ok(None),
        Err(e) => return Err(e),
    };
    let mut bytes = vec![0; MOST_BYTES];
    let n = fs::read_full(file.as_ref(), &mut bytes)?;
    bytes.truncate(n);
    Ok(Some(bytes))
}

fn write_small(dir: &dyn Dir, name: &str, contents: &[u8]) -> io::Result<()> {
    let part = format!(".part-{:016x}", random_u64().map_err(io::Error::other)?);
    let file = fs::retry(|| dir.create_new(&part))?;
    let done = fs::write_all(file.as_ref(), contents)
        .and_then(|()| fs::synced(|| file.sync()))
        .and_then(|()| fs::retry(|| dir.rename(&part, dir, name)));
    if done.is_err() {
        let _ = dir.unlink(&part);
    }
    done?;
    fs::synced(|| dir.sync())
}

/// Checks that `root` is a cache, making it one if it is empty.
pub(super) fn check(root: &dyn Dir, path: &Path, read_only: bool) -> Result<()> {
    let attempt = || format!("opening the cache {}", shown(path));
    let failed = |e| Error::from_io(attempt(), e);
    let foreign = |reason: String| {
        Error::new(
            ErrorKind::Incompatible,
            attempt(),
            reason,
            "Name another root, or restore that file; nothing was changed",
        )
    };
    if let Some(bytes) = read_small(root, CONTROL).map_err(failed)? {
        return match serde_json::from_slice(&bytes) {
            Ok(Control { format: FORMAT }) => Ok(()),
            Ok(Control { format }) => Err(foreign(format!(
                "it is of format {format}, and this library knows format {FORMAT}"
            ))),
            Err(_) => Err(foreign(format!(
                "its file \"{CONTROL}\" is not what this library writes"
            ))),
        };
    }
    let names = root.list().map_err(failed)?;
    if let Some(found) = names.iter().find(|n| !n.name.starts_with(".part-")) {
        // Another may be making it a cache at this very moment.
        if read_small(root, CONTROL).map_err(failed)?.is_some() {
            return check(root, path, read_only);
        }
        return Err(foreign(format!(
            "it has no file \"{CONTROL}\", and is not empty: it holds \"{}\"",
            found.name
        )));
    }
    if read_only {
        return Ok(());
    }
    mark(root).map_err(failed)
}

/// Says, durably, that this is a cache.
pub(super) fn mark(root: &dyn Dir) -> io::Result<()> {
    let contents = serde_json::to_vec(&Control { format: FORMAT })?;
    write_small(root, CONTROL, &contents)
}

/// Whether it is marked so.
pub(super) fn is_marked(root: &dyn Dir) -> io::Result<bool> {
    Ok(read_small(root, CONTROL)?.is_some())
}

/// Checks that nothing is in `root`, into which a cache is to be copied.
pub(super) fn check_empty(root: &dyn Dir, path: &Path) -> Result<()> {
    let attempt = || format!("copying a cache to {}", shown(path));
    let names = root.list().map_err(|e| Error::from_io(attempt(), e))?;
    match names.first() {
        None => Ok(()),
        Some(found) => Err(Error::invalid(
            attempt(),
            format!("it is not empty: it holds \"{}\"", found.name),
            "Name a directory that does not exist, or is empty; nothing was changed",
        )),
    }
}

/// Removes everything in `root`.
pub(super) fn empty(root: &dyn Dir) -> io::Result<()> {
    remove_all(root, 0)
}

/// The names of all namespaces, in order. One whose name cannot be read is an error.
pub(super) fn namespaces(root: &dyn Dir) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for listed in root.list()? {
        if !listed.name.starts_with(NAMESPACE) {
            continue;
        }
        let dir = match fs::retry(|| root.open_dir(&listed.name)) {
            Ok(dir) => dir,
            Err(e) if fs::is_missing(&e) => continue,
            Err(e) => return Err(e),
        };
        match read_small(dir.as_ref(), NAME) {
            Ok(Some(bytes)) => {
                let named: Named = serde_json::from_slice(&bytes)?;
                names.push(named.name);
            }
            // Flushed since it was listed.
            _ if dir_was_renamed(root, &listed.name, dir.as_ref()) => {}
            Ok(None) => return Err(io::Error::from(io::ErrorKind::InvalidData)),
            Err(e) => return Err(e),
        }
    }
    names.sort();
    Ok(names)
}

fn dir_was_renamed(parent: &dyn Dir, name: &str, dir: &dyn Dir) -> bool {
    match (fs::retry(|| parent.stat_at(name)), fs::retry(|| dir.stat())) {
        (Ok(named), Ok(open)) => (named.device, named.inode) != (open.device, open.inode),
        (Err(e), _) => fs::is_missing(&e),
        _ => false,
    }
}

/// How many namespaces there are.
pub(super) fn count_namespaces(root: &dyn Dir) -> io::Result<usize> {
    let mut count = 0;
    root.each_name(&mut |name, _| {
        count += usize::from(name.starts_with(NAMESPACE));
        true
    })?;
    Ok(count)
}

/// Whether there is a directory of that namespace.
pub(super) fn has(root: &dyn Dir, namespace: &str) -> io::Result<bool> {
    match fs::retry(|| root.stat_at(&directory_of(namespace))) {
        Ok(stat) => Ok(stat.kind == NodeKind::Directory),
        Err(e) if fs::is_missing(&e) => Ok(false),
        Err(e) => Err(e),
    }
}

/// Makes the directory of a namespace, durably: with its name and its limits in it from its first moment
/// on. It has no limits of its own.
pub(super) fn make(disk: &Disk, namespace: &str) -> Result<()> {
    let failed = |e| Error::from_io(format!("making the namespace {namespace:?}"), e);
    let root = disk.root.as_ref();
    let fresh = format!("{FRESH}{:016x}", random_u64()?);
    fs::retry(|| root.create_dir(&fresh)).map_err(failed)?;
    let mut unlimited = StoreOptions::new();
    unlimited
        .size_budget(0)?
        .file_budget(0)?
        .ttl_seconds(0.0)?
        .memory_budget(0)?;
    Store::open_on(
        Arc::clone(&disk.fs),
        Some(&disk.path.join(&fresh)),
        &unlimited,
    )?;
    name(root, &fresh, namespace).map_err(failed)
}

fn name(root: &dyn Dir, fresh: &str, namespace: &str) -> io::Result<()> {
    let dir = fs::retry(|| root.open_dir(fresh))?;
    let named = Named {
        name: namespace.to_owned(),
    };
    write_small(dir.as_ref(), NAME, &serde_json::to_vec(&named)?)?;
    match fs::retry(|| root.rename(fresh, root, &directory_of(namespace))) {
        // Another was quicker.
        Err(e) if matches!(e.raw_os_error(), Some(libc::ENOTEMPTY | libc::EEXIST)) => {
            remove_all(dir.as_ref(), 0)?;
            let _ = root.remove_dir(fresh);
        }
        renamed => renamed?,
    }
    fs::synced(|| root.sync())
}

/// Takes a namespace away with all that lies in it, durably; false when there was none.
pub(super) fn flush(root: &dyn Dir, namespace: &str) -> io::Result<bool> {
    let gone = format!("{GONE}{:016x}", random_u64().map_err(io::Error::other)?);
    match fs::retry(|| root.rename(&directory_of(namespace), root, &gone)) {
        Ok(()) => {}
        Err(e) if fs::is_missing(&e) => return Ok(false),
        Err(e) => return Err(e),
    }
    fs::synced(|| root.sync())?;
    Ok(true)
}

/// How long a directory that is not yet a namespace is left alone: its maker may be at work on it.
const GRACE_SECONDS: f64 = 600.0;

/// Removes what was flushed, and what dead makers left.
pub(super) fn remove_gone(fs: &dyn FileSystem, root: &dyn Dir) -> io::Result<()> {
    for listed in root.list()? {
        let name = match &listed.name {
            name if name.starts_with(GONE) => name.clone(),
            name if name.starts_with(FRESH) && is_left(fs, root, name) => {
                // Its maker may come to name it all the same: only one of the two moves it.
                let gone = format!("{GONE}{:016x}", random_u64().map_err(io::Error::other)?);
                match fs::retry(|| root.rename(name, root, &gone)) {
                    Ok(()) => gone,
                    Err(e) if fs::is_missing(&e) => continue,
                    Err(e) => return Err(e),
                }
            }
            _ => continue,
        };
        let dir = match fs::retry(|| root.open_dir(&name)) {
            Ok(dir) => dir,
            Err(e) if fs::is_missing(&e) => continue,
            Err(e) => return Err(e),
        };
        remove_all(dir.as_ref(), 0)?;
        let _ = root.remove_dir(&name);
    }
    Ok(())
}

fn is_left(fs: &dyn FileSystem, root: &dyn Dir, name: &str) -> bool {
    let stat = fs::retry(|| root.stat_at(name));
    stat.is_ok_and(|s| fs.now().seconds_since(s.modified) >= GRACE_SECONDS)
}

/// Deeper than anything of ours lies.
const DEEPEST: u32 = 8;

fn remove_all(dir: &dyn Dir, depth: u32) -> io::Result<()> {
    for listed in dir.list()? {
        match fs::retry(|| dir.unlink(&listed.name)) {
            Ok(()) => continue,
            Err(e) if fs::is_missing(&e) => continue,
            Err(e) if matches!(e.raw_os_error(), Some(libc::EISDIR | libc::EPERM)) => {}
            Err(e) => return Err(e),
        }
        if depth == DEEPEST {
            return Err(io::Error::from_raw_os_error(libc::ELOOP));
        }
        let inner: Arc<dyn Dir> = fs::retry(|| dir.open_dir(&listed.name))?;
        remove_all(inner.as_ref(), depth + 1)?;
        let _ = dir.remove_dir(&listed.name);
    }
    Ok(())
}
