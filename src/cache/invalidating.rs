//! Removing: by key, by prefix, by label, by namespace.

use super::blob::BlobLabels;
use super::cache::{check_name, Disk, Inner, LabelKind};
use super::generations::Generations;
use super::held::Held;
use super::name::Named;
use super::namespace::Namespace;
use super::reading::remaining;
use super::resident::Resident;
use super::root::{self, id_of_entry};
use super::statistics::Event;
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::store::{label_id, Gone, Label, LabelledPut, SealedEntry};
use std::sync::Arc;

fn has_any(labels: &BlobLabels, kind: LabelKind, any: &[&str]) -> bool {
    let of_kind = match kind {
        LabelKind::Tag => &labels.tags,
        LabelKind::Dependency => &labels.dependencies,
    };
    of_kind.iter().any(|l| any.contains(&l.as_str()))
}

impl Inner {
    pub fn check_writable(&self, attempt: &'static str) -> Result<()> {
        if !self.options.read_only {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Permission,
            attempt,
            "the cache was opened read-only",
            "Open it for writing",
        ))
    }

    pub fn remove(self: &Arc<Self>, namespace: &str, key: &str) -> Result<bool> {
        check_name("removing a blob", namespace, Some(key))?;
        self.check_writable("removing a blob")?;
        let Some(namespace) = self.namespace(namespace)? else {
            return Ok(false);
        };
        let removed = self.remove_one(&namespace, key)?;
        namespace
            .counters
            .add(Event::Invalidation, u64::from(removed));
        Ok(removed)
    }

    /// Whether there was one alive.
    fn remove_one(&self, namespace: &Arc<Namespace>, key: &str) -> Result<bool> {
        let now_ms = self.time.now_ms();
        let named: &dyn Named = &(&*namespace.name, key);
        let Some(disk) = &self.disk else {
            return Ok(self.remove_from_memory(named, |r| self.is_alive(r, now_ms)));
        };
        let mut was_alive = false;
        let change = self
            .generations
            .begin(Generations::entry(&id_of_entry(&namespace.name, key)));
        while let Some(store) = self.store_of(disk, namespace, false)? {
            let id = id_of_entry(&namespace.name, key);
            let mut judge = |entry: Option<&SealedEntry>| {
                was_alive = entry.is_some_and(|e| remaining(e, now_ms).is_ok());
                Ok(())
            };
            match store.unseal(id, Some(&mut judge)) {
                Ok(removed) if removed || store.is_in_place() => break,
                Err(e) if store.is_in_place() => return Err(e),
                _ => {}
            }
            was_alive = false;
            self.moved(namespace);
        }
        drop(change);
        self.remove_from_memory(named, |_| true);
        Ok(was_alive)
    }

    fn is_alive(&self, resident: &Resident, now_ms: i64) -> bool {
        self.holds(resident) && !resident.is_dead(now_ms)
    }

    /// Takes what is under the name out of memory, and says whether `was` was true of it.
    fn remove_from_memory(&self, named: &dyn Named, was: impl Fn(&Resident) -> bool) -> bool {
        let mut it_was = false;
        // While it is there: what comes later, such as a flush, says nothing of it.
        let judge = |r: &Held| {
            it_was = was(r);
            true
        };
        if let Some(resident) = self.memory.remove_if(named, judge) {
            resident.namespace.forget(named.parts().1, &resident);
        }
        it_was
    }

    pub fn invalidate_prefix(self: &Arc<Self>, namespace: &str, prefix: &str) -> Result<u64> {
        check_name("invalidating by prefix", namespace, None)?;
        self.check_writable("invalidating by prefix")?;
        let Some(namespace) = self.namespace(namespace)? else {
            return Ok(0);
        };
        let mut count = 0;
        for key in self.keys_beginning(&namespace, prefix)? {
            count += u64::from(self.remove_one(&namespace, &key)?);
        }
        namespace.counters.add(Event::Invalidation, count);
        Ok(count)
    }

    /// The keys that begin so, in order; some may be dead.
    pub fn keys_beginning(&self, namespace: &Namespace, prefix: &str) -> Result<Vec<Box<str>>> {
        match (&self.disk, &namespace.index) {
            (Some(disk), _) => self.keys_on_disk(disk, namespace, prefix),
            (None, Some(index)) => Ok(index.beginning(prefix)),
            (None, None) => Ok(Vec::new()),
        }
    }

    pub fn invalidate(
        self: &Arc<Self>,
        namespace: Option<&str>,
        kind: LabelKind,
        labels: &[&str],
    ) -> Result<u64> {
        let attempt = match kind {
            LabelKind::Tag => "invalidating by tag",
            LabelKind::Dependency => "invalidating by dependency",
        };
        self.check_writable(attempt)?;
        let namespaces = match namespace {
            Some(name) => {
                check_name(attempt, name, None)?;
                self.namespace(name)?.into_iter().collect()
            }
            None => self.all_namespaces()?,
        };
        if labels.is_empty() {
            return Ok(0);
        }
        let mut count = 0;
        for namespace in namespaces {
            let of_it = match &self.disk {
                Some(disk) => self.invalidate_on_disk(disk, &namespace, kind, labels)?,
                None => self.invalidate_in_memory(&namespace, kind, labels),
            };
            namespace.counters.add(Event::Invalidation, of_it);
            count += of_it;
        }
        Ok(count)
    }

    fn invalidate_in_memory(&self, namespace: &Namespace, kind: LabelKind, labels: &[&str]) -> u64 {
        let now_ms = self.time.now_ms();
        let keys = namespace
            .index
            .iter()
            .flat_map(|i| i.labelled(kind, labels));
        let one = |key: Box<str>| {
            let named: &dyn Named = &(&*namespace.name, &*key);
            // Another may have taken its place since.
            let mut was_alive = false;
            let has = |r: &Held| {
                let has = has_any(&r.labels, kind, labels);
                was_alive = has && self.is_alive(r, now_ms);
                has
            };
            if let Some(resident) = self.memory.remove_if(named, has) {
                namespace.forget(&key, &resident);
            }
            was_alive
        };
        keys.map(one).filter(|was_alive| *was_alive).count() as u64
    }

    fn invalidate_on_disk(
        self: &Arc<Self>,
        disk: &Disk,
        namespace: &Arc<Namespace>,
        kind: LabelKind,
        labels: &[&str],
    ) -> Result<u64> {
        let Some(store) = self.store_of(disk, namespace, false)? else {
            return Ok(0);
        };
        let now_ms = self.time.now_ms();
        let ids: Vec<Key> = labels.iter().map(|l| label_id(kind.into(), l)).collect();
        // Which entries it is about is known only when they are invalid. Another that invalidates the same
        // at once finds nothing left to do, and must not return while anybody has them in memory.
        let change = self.generations.begin(namespace.flushes);
        let mut count = 0;
        let mut unknown = Vec::new();
        let mut seen = |puts: &[LabelledPut]| {
            let of_each = puts.chunk_by(|a, b| a.0 == b.0);
            namespace.find_labelled(of_each, |of_key: &[LabelledPut], resident| {
                match resident.filter(|r| self.is_current(r)) {
                    Some(r) if of_key.iter().any(|put| put.1 == r.nonce) => {
                        count += u64::from(!r.is_dead(now_ms));
                    }
                    _ => unknown.extend_from_slice(of_key),
                }
                self.generations.count(Generations::entry(&of_key[0].0));
            });
        };
        let moved = match store.invalidate_labels(&ids, &mut seen) {
            Ok(moved) => moved,
            // Flushed meanwhile.
            Err(_) if !store.is_in_place() => return Ok(0),
            Err(e) => return Err(e),
        };
        change.end_uncounted();
        for of_put in unknown.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let (id, nonce, _) = of_put[0];
            let labels: Vec<Key> = of_put.iter().map(|put| put.2).collect();
            // It is invalid now, so that it has to be judged as it was before.
            if let Some(entry) = store.sealed_without(id, &labels)? {
                let is_it = nonce == entry.fields.nonce;
                count += u64::from(is_it && remaining(&entry, now_ms).is_ok());
            }
        }
        if !moved.is_empty() {
            let gone = store.clone();
            self.background.always(move || {
                // A walk does what this does not.
                let _ = gone.collect_gone(Gone::Moved(&moved));
            });
        }
        Ok(count)
    }

    /// Whether it is what was stored last, while this thread has the namespace under way.
    fn is_current(&self, resident: &Resident) -> bool {
        self.moment_of(resident)
            .is_unchanged_entry(&resident.moment)
    }

    pub fn flush(self: &Arc<Self>, namespace: &str) -> Result<()> {
        check_name("flushing a namespace", namespace, None)?;
        self.check_writable("flushing a namespace")?;
        let Some(namespace) = self.namespace(namespace)? else {
            return Ok(());
        };
        // Without a disk, counting is all there is to it.
        let change = self
            .disk
            .is_some()
            .then(|| self.generations.begin(namespace.flushes));
        if let Some(disk) = &self.disk {
            root::flush(disk.root.as_ref(), &namespace.name).map_err(|e| {
                let attempt = format!("flushing the namespace {:?}", namespace.name);
                Error::from_io(attempt, e)
            })?;
        }
        // From here on memory does not hold what was there, in any process.
        match change {
            Some(change) => drop(change),
            None => drop(self.generations.count(namespace.flushes)),
        }
        namespace.counters.count(Event::Flush);
        namespace.close();
        let cache = Arc::clone(self);
        self.background.always(move || {
            cache.forget_flushed(&namespace);
            cache.remove_what_was_flushed();
        });
        Ok(())
    }

    /// A namespace was flushed by someone who may not have come to count it.
    pub fn moved(&self, namespace: &Namespace) {
        self.generations.count(namespace.flushes);
        namespace.close();
    }

    /// Takes what does not hold any more of a namespace out of memory.
    fn forget_flushed(&self, namespace: &Arc<Namespace>) {
        let mut gone = Vec::new();
        self.memory.for_each(|name, resident| {
            if Arc::ptr_eq(&resident.namespace, namespace) && !self.holds(resident) {
                gone.push((name.key.clone(), Arc::clone(resident)));
            }
        });
        for (key, resident) in gone {
            let named: &dyn Named = &(&*namespace.name, &*key);
            self.drop_from_memory(named, &resident);
        }
    }

    /// Removes flushed namespaces from the disk. What fails is left to the next one.
    pub fn remove_what_was_flushed(&self) {
        if let Some(disk) = self.disk.as_ref().filter(|_| !self.options.read_only) {
            let _ = root::remove_gone(disk.fs.as_ref(), disk.root.as_ref());
        }
    }

    /// The namespaces that exist, here and on disk.
    pub fn all_namespaces(&self) -> Result<Vec<Arc<Namespace>>> {
        match &self.disk {
            Some(_) => Ok(self.names()?.iter().map(|n| self.adopt(n)).collect()),
            None => Ok(self.known()),
        }
    }

    pub fn names(&self) -> Result<Vec<String>> {
        let Some(disk) = &self.disk else {
            let mut names: Vec<String> = self.known().iter().map(|n| n.name.to_string()).collect();
            names.sort_unstable();
            return Ok(names);
        };
        root::namespaces(disk.root.as_ref()).map_err(|e| {
            let path = crate::error::shown(&disk.path);
            Error::from_io(format!("listing the namespaces of {path}"), e)
        })
    }
}

impl From<LabelKind> for Label {
    fn from(kind: LabelKind) -> Label {
        match kind {
            LabelKind::Tag => Label::Tag,
            LabelKind::Dependency => Label::Dependency,
        }
    }
}
