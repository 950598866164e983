//! A copy of a cache that goes on working meanwhile.

use super::cache::{Cache, Disk, Inner};
use super::generations::Generations;
use super::reading::remaining;
use super::root;
use crate::error::{shown, Error, ErrorKind, Result};
use crate::key::Key;
use crate::store::{CheckReport, Progress, SealedEntry, SealedRead};
use std::path::Path;
use std::sync::Arc;

impl Inner {
    pub fn copy_to(&self, path: &Path, progress: &Progress) -> Result<CheckReport> {
        let Some(disk) = &self.disk else {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "copying a cache",
                "it lies in memory alone",
                "Open it with a root",
            ));
        };
        let mut options = self.options.clone();
        options.read_only = false;
        options.disk_budget = 0;
        let fs = Arc::clone(&disk.fs);
        let copy = Cache::open_checked(fs, Some(path), &options, &|dir, path, _| {
            root::check_empty(dir, path)
        })?;
        let Some(to) = &copy.shared().disk else {
            return Ok(CheckReport::default());
        };
        // What marks it as a cache comes last: whatever ends the copying before leaves none.
        let copied = self.copy_entries(disk, &copy, progress).and_then(|report| {
            if report.complete {
                mark(to)?;
            }
            Ok(report)
        });
        if !copied.as_ref().is_ok_and(|report| report.complete) {
            let emptied = root::empty(to.root.as_ref());
            copied.as_ref().map_err(Error::clone)?;
            emptied.map_err(|e| {
                let attempt = format!("removing a part of a copy from {}", shown(&to.path));
                Error::from_io(attempt, e)
            })?;
        }
        copied
    }

    fn copy_entries(&self, disk: &Disk, copy: &Cache, progress: &Progress) -> Result<CheckReport> {
        let mut report = CheckReport::default();
        let mut all = Vec::new();
        for (namespace, store) in self.stores(disk)? {
            let mut ids = Vec::new();
            store.sealed_keys(&mut |id| {
                ids.push(id);
                true
            })?;
            report.keys += ids.len() as u64;
            all.push((namespace, store, ids));
        }
        let bytes = all
            .iter()
            .map(|(_, store, _)| store.bytes_on_disk().max(0) as u64);
        progress.begin(report.keys, bytes.sum());
        for (namespace, store, ids) in all {
            for id in ids {
                if progress.is_cancelled() {
                    return Ok(report);
                }
                let entry = store.sealed(id, SealedRead::Payload)?;
                let now_ms = self.time.now_ms();
                if let Some(entry) = entry.filter(|e| remaining(e, now_ms).is_ok()) {
                    let bytes = entry.stored_bytes;
                    copy.put_as_it_lies(&namespace.name, id, entry)?;
                    report.intact += 1;
                    report.payload_bytes += bytes;
                    progress.entry_done();
                    progress.bytes_read(bytes);
                }
                progress.key_done();
            }
        }
        report.complete = true;
        Ok(report)
    }
}

fn mark(to: &Disk) -> Result<()> {
    let attempt = || format!("copying a cache to {}", shown(&to.path));
    let failed = |e| Error::from_io(attempt(), e);
    if root::is_marked(to.root.as_ref()).map_err(failed)? {
        return Err(Error::invalid(
            attempt(),
            "another made it a cache meanwhile",
            "Name another directory",
        ));
    }
    root::mark(to.root.as_ref()).map_err(failed)
}

impl Cache {
    /// Stores an entry of another cache as it lies there.
    fn put_as_it_lies(&self, namespace: &str, id: Key, mut entry: SealedEntry) -> Result<()> {
        let cache = self.shared();
        let Some(disk) = &cache.disk else {
            return Ok(());
        };
        let namespace = cache.register(namespace)?;
        let stored = entry.payload.as_deref().unwrap_or_default();
        loop {
            let Some(store) = cache.store_of(disk, &namespace, true)? else {
                continue;
            };
            let key = entry.fields.key.clone();
            let mut arrives = || namespace.arrived(&key, &id, &cache.generations);
            let change = cache.generations.begin(Generations::entry(&id));
            let sealed = store.seal_arriving(id, &mut entry.fields, stored, None, &mut arrives)?;
            drop(change);
            if sealed.is_some() {
                return Ok(());
            }
            cache.moved(&namespace);
        }
    }
}
