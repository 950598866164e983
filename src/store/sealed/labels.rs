//! Labels of sealed entries: an empty file for each put that has one, in a directory of the label.

use super::CacheFields;
use crate::error::{shown, Error, Result};
use crate::fs::{self, Dir, NodeKind, Timestamp};
use crate::key::{Fingerprinter, Key};
use crate::store::auxiliary::{auxiliary, auxiliary_or_create, open_or_create_dir};
use crate::store::names::{
    directory_of, key_of_directory, label_name, parse_label_name, AUXILIARY, GONE, LABELS,
};
use crate::store::publish::DIRECTORY_ATTEMPTS;
use crate::store::totals::Totals;
use crate::store::Inner;
use crate::sync::{without_signals, MutexGuard};
use std::cell::Cell;
use std::collections::HashSet;
use std::io;
use std::sync::{Arc, PoisonError};
use std::thread;

/// How many threads make the labels of one put durable: enough for the system to do it as one.
const SYNC_THREADS: usize = 16;

/// What an entry can be invalidated by, besides its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LabelKind {
    Tag,
    Dependency,
}

/// The id of a label. A tag and a dependency of the same text are two labels.
pub(crate) fn label_id(kind: LabelKind, text: &str) -> Key {
    let mut f = Fingerprinter::new();
    f.write_str("libwarmstart label 1");
    f.write_u8(match kind {
        LabelKind::Tag => 0,
        LabelKind::Dependency => 1,
    });
    f.write_str(text);
    f.finish()
}

/// A directory below the auxiliary one; `None` where there is none.
pub(super) fn below_auxiliary(root: &dyn Dir, name: &str) -> io::Result<Option<Arc<dyn Dir>>> {
    let Some(own) = auxiliary(root)? else {
        return Ok(None);
    };
    match fs::retry(|| own.open_dir(name)) {
        Ok(dir) => Ok(Some(dir)),
        Err(e) if fs::is_missing(&e) || e.raw_os_error() == Some(libc::ELOOP) => Ok(None),
        Err(e) => Err(e),
    }
}

/// The files of one put's labels, made and not yet durable.
pub(super) struct Labelled {
    root: Arc<dyn Dir>,
    labels: Option<Arc<dyn Dir>>,
    /// Each with its name.
    dirs: Vec<(Arc<dyn Dir>, Key)>,
    file: String,
    synced: Cell<bool>,
}

impl Labelled {
    /// Makes a file for each label of the put.
    pub fn make(store: &Inner, key: Key, fields: &CacheFields) -> io::Result<Labelled> {
        let root = store.root();
        let mut made = Labelled {
            root: Arc::clone(&root),
            labels: None,
            dirs: Vec::new(),
            file: label_name(key, fields.nonce),
            synced: Cell::new(false),
        };
        for id in fields.label_ids() {
            match make_one(root.as_ref(), &mut made.labels, id, &made.file) {
                Ok(dir) => made.dirs.push((dir, id)),
                Err(e) => {
                    made.discard();
                    return Err(e);
                }
            }
        }
        Ok(made)
    }

    /// Whether they lie below the root that is open now.
    pub fn is_below(&self, root: &Arc<dyn Dir>) -> bool {
        Arc::ptr_eq(&self.root, root)
    }

    pub fn count(&self) -> usize {
        self.dirs.len()
    }

    /// Does `work`, and makes the files durable beside it: what waits for the same journal, and for the same
    /// device to empty its cache, is waited for once.
    pub fn sync_beside<T>(&self, store: &Inner, work: impl FnOnce() -> T) -> (T, io::Result<()>) {
        let Some(labels) = self.labels.as_ref().filter(|_| !self.synced.get()) else {
            return (work(), Ok(()));
        };
        let sync = |dirs: &[(Arc<dyn Dir>, Key)]| {
            dirs.iter()
                .try_for_each(|(dir, _)| fs::synced(|| dir.sync()))
        };
        let (done, synced) = if store.fs.allows_background() {
            thread::scope(|scope| {
                let part = self.dirs.len().div_ceil(SYNC_THREADS);
                let threads: Vec<_> = self
                    .dirs
                    .chunks(part)
                    .map(|dirs| {
                        let thread = thread::Builder::new().name("warmstart-sync".into());
                        let work = move || sync(dirs);
                        (dirs, without_signals(|| thread.spawn_scoped(scope, work)))
                    })
                    .collect();
                let done = work();
                let mut synced = Ok(());
                for (dirs, thread) in threads {
                    let one = match thread {
                        Ok(thread) => thread
                            .join()
                            .unwrap_or_else(|_| Err(io::Error::other("a thread came to nothing"))),
                        // No thread is to be had: then here.
                        Err(_) => sync(dirs),
                    };
                    synced = synced.and(one);
                }
                (done, synced)
            })
        } else {
            (work(), sync(&self.dirs))
        };
        let synced = synced.and_then(|()| store.sync_labels(labels.as_ref()));
        self.synced.set(synced.is_ok());
        (done, synced)
    }

    /// Removes the files, and the directories that are empty then: after a failed sync their names are
    /// not trusted, and after the put has come to nothing they stand for nothing.
    pub fn discard(&self) {
        for (dir, id) in &self.dirs {
            let _ = dir.unlink(&self.file);
            if let Some(labels) = &self.labels {
                let _ = labels.remove_dir(directory_of(*id).as_str());
            }
        }
        if let Ok(Some(own)) = auxiliary(self.root.as_ref()) {
            let _ = own.remove_dir(LABELS);
        }
    }
}

/// Makes the file of one label in the directory of the label; `labels` is where that lies, once it is open.
fn make_one(
    root: &dyn Dir,
    labels: &mut Option<Arc<dyn Dir>>,
    id: Key,
    file: &str,
) -> io::Result<Arc<dyn Dir>> {
    let mut attempt = 0;
    loop {
        let mut made = || -> io::Result<Arc<dyn Dir>> {
            let labels = match labels {
                Some(labels) => labels,
                None => {
                    let own = auxiliary_or_create(root)?;
                    labels.insert(open_or_create_dir(own.as_ref(), LABELS)?.0)
                }
            };
            let (dir, _) = open_or_create_dir(labels.as_ref(), directory_of(id).as_str())?;
            match fs::retry(|| dir.create_new(file)) {
                // Of this put: the nonce is no other's.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                created => drop(created?),
            }
            Ok(dir)
        };
        match made() {
            // A directory was removed because it was empty.
            Err(e) if fs::is_absent(&e) && attempt < DIRECTORY_ATTEMPTS => {
                *labels = None;
                fs::back_off(attempt);
                attempt += 1;
            }
            done => return done,
        }
    }
}

impl Inner {
    pub(super) fn durable_labels(&self) -> MutexGuard<'_, Option<(u64, Timestamp, Timestamp)>> {
        self.durable_labels
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the names of all labels durable, unless they are known to be (see `sync_names`).
    fn sync_labels(&self, labels: &dyn Dir) -> io::Result<()> {
        let now = self.fs.coarse_now();
        let stat = fs::retry(|| labels.stat())?;
        let stamps = (stat.inode, stat.modified, stat.changed);
        let known = *self.durable_labels();
        if labels.is_local() && known == Some(stamps) {
            return Ok(());
        }
        fs::synced(|| labels.sync())?;
        if known.map(|k| k.0) != Some(stat.inode) {
            // Nor need its own name be durable.
            if let Some(own) = auxiliary(self.root().as_ref())? {
                fs::synced(|| own.sync())?;
            }
            self.sync_root()?;
        }
        // The inode is known to have a durable name, whatever the stamps prove.
        *self.durable_labels() = Some(if stat.is_settled(now) {
            stamps
        } else {
            (stat.inode, Timestamp::default(), Timestamp::default())
        });
        Ok(())
    }

    /// Whether none of the labels was invalidated since the put of these fields.
    pub(super) fn has_its_labels(&self, key: Key, fields: &CacheFields) -> Result<bool> {
        self.has_its_labels_but(key, fields, &[])
    }

    /// The same, whatever became of some of them.
    pub(super) fn has_its_labels_but(
        &self,
        key: Key,
        fields: &CacheFields,
        but: &[Key],
    ) -> Result<bool> {
        let mut ids = fields.label_ids();
        ids.retain(|id| !but.contains(id));
        if ids.is_empty() {
            return Ok(true);
        }
        let failed = |e| {
            let path = self.path.join(AUXILIARY).join(LABELS);
            Error::from_io(format!("looking for labels in {}", shown(&path)), e)
        };
        let root = self.root();
        let Some(labels) = below_auxiliary(root.as_ref(), LABELS).map_err(failed)? else {
            return Ok(false);
        };
        let name = label_name(key, fields.nonce);
        for id in ids {
            let found = fs::retry(|| labels.open_dir(directory_of(id).as_str()))
                .and_then(|dir| fs::retry(|| dir.stat_at(&name)));
            match found {
                Ok(_) => {}
                Err(e) if fs::is_missing(&e) || e.raw_os_error() == Some(libc::ELOOP) => {
                    return Ok(false)
                }
                Err(e) => return Err(failed(e)),
            }
        }
        Ok(true)
    }

    /// Removes the files of a put that was superseded. They stand for nothing: that they are there is no
    /// failure.
    pub(super) fn drop_labels(
        &self,
        root: &dyn Dir,
        key: Key,
        fields: &CacheFields,
        change: &mut Totals,
    ) {
        if fields.tags.is_empty() && fields.dependencies.is_empty() {
            return;
        }
        let Ok(Some(labels)) = below_auxiliary(root, LABELS) else {
            return;
        };
        let name = label_name(key, fields.nonce);
        for id in fields.label_ids() {
            let directory = directory_of(id);
            let Ok(dir) = labels.open_dir(directory.as_str()) else {
                continue;
            };
            if dir.unlink(&name).is_ok() {
                change.remove_file(0);
                let _ = labels.remove_dir(directory.as_str());
            }
        }
    }
}

/// Adds the files of labels, and of those that were invalidated.
pub(in crate::store) fn count_labels(own: &dyn Dir, totals: &mut Totals) {
    for name in [LABELS, GONE] {
        let Ok(parent) = own.open_dir(name) else {
            continue;
        };
        let counted = parent.each_name(&mut |name, _| {
            if let Ok(dir) = parent.open_dir(name) {
                let _ = dir.each_name(&mut |_, kind| {
                    if matches!(kind, None | Some(NodeKind::File)) {
                        totals.add_file(0);
                    }
                    true
                });
            }
            true
        });
        drop(counted);
    }
}

/// Removes files of labels that were made before `before` by puts that none of `nonces` is of: what
/// superseded, failed and crashed puts left.
pub(super) fn drop_strays(
    root: &dyn Dir,
    nonces: &HashSet<u64>,
    is_old: &dyn Fn(Timestamp) -> bool,
) -> io::Result<u64> {
    let Some(labels) = below_auxiliary(root, LABELS)? else {
        return Ok(0);
    };
    let mut removed = 0;
    let mut directories = Vec::new();
    labels.each_name(&mut |name, _| {
        directories.extend(key_of_directory(name));
        true
    })?;
    for id in directories {
        let id = directory_of(id);
        let Ok(dir) = labels.open_dir(id.as_str()) else {
            continue;
        };
        let mut strays = Vec::new();
        dir.each_name(&mut |name, _| {
            let of = parse_label_name(name);
            if of.is_some_and(|(_, nonce)| !nonces.contains(&nonce)) {
                strays.push(name.to_owned());
            }
            true
        })?;
        for name in strays {
            if dir.stat_at(&name).is_ok_and(|s| is_old(s.changed)) && dir.unlink(&name).is_ok() {
                removed += 1;
            }
        }
        let _ = labels.remove_dir(id.as_str());
    }
    Ok(removed)
}
