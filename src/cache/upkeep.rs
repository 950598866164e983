//! Limits, figures and checks.

use super::cache::{check_name, Disk, Inner};
use super::expiry::{ExpiryPolicy, Life as Expiry};
use super::generations::Generations;
use super::held::Held;
use super::name::{Name, Named};
use super::namespace::Namespace;
use super::reading::{evicted, remaining};
use super::root::{self, id_of_entry};
use super::statistics::CacheStats;
use super::step::{Decision, Fate};
use crate::error::{Error, ErrorKind, Result};
use crate::store::{CacheFields, CheckReport, Life, Progress, SealedRead, Store, StoreOptions};
use crate::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

/// A part of the disk budget that a process may write before it looks again at what others wrote.
const LOOK_AFTER: u64 = 100;

impl Disk {
    pub fn written(&self, bytes: u64) {
        self.since.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Inner {
    /// Makes room for so many more bytes on disk, if it is short; how many entries went for it.
    pub fn make_disk_room(&self, disk: &Disk, bytes: u64) -> Result<u64> {
        let budget = self.options.disk_budget;
        if budget == 0 {
            return Ok(0);
        }
        let since = disk.since.load(Ordering::Relaxed);
        let known = disk.known_bytes.load(Ordering::Relaxed);
        let is_fine = since < budget / LOOK_AFTER
            && known.saturating_add(since).saturating_add(bytes) <= budget;
        if is_fine {
            return Ok(0);
        }
        let _one = disk
            .making_room
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        disk.since.store(0, Ordering::Relaxed);
        let stores = self.stores(disk)?;
        let sum = || {
            stores
                .iter()
                .map(|(_, s)| s.bytes_on_disk().max(0) as u64)
                .sum::<u64>()
        };
        let now = sum();
        let mut evicted = 0;
        if now.saturating_add(bytes) > budget {
            let all: Vec<Store> = stores.iter().map(|(_, s)| s.clone()).collect();
            let most = budget.saturating_sub(bytes);
            let in_memory = |store: usize, fields: &CacheFields| {
                let named: &dyn Named = &(&*stores[store].0.name, &*fields.key);
                let is_it = |r: &Held| r.nonce == fields.nonce;
                self.memory.peek_with(named, is_it) == Some(true)
            };
            evicted = Store::evict_sealed_across(&all, most, self.time.now_ms(), &in_memory)?.0;
        }
        disk.known_bytes.store(sum(), Ordering::Relaxed);
        Ok(evicted)
    }

    /// The stores of all namespaces.
    pub fn stores(&self, disk: &Disk) -> Result<Vec<(Arc<Namespace>, Store)>> {
        let mut stores = Vec::new();
        for namespace in self.all_namespaces()? {
            if let Some(store) = self.store_of(disk, &namespace, false)? {
                stores.push((namespace, store));
            }
        }
        Ok(stores)
    }

    pub fn set_quota(&self, namespace: &str, bytes: i64) -> Result<()> {
        check_name("limiting a namespace", namespace, None)?;
        self.check_writable("limiting a namespace")?;
        let Some(disk) = &self.disk else {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "limiting a namespace",
                "the cache lies in memory alone, whose budget is common",
                "Open a cache with a root, or one for each namespace",
            ));
        };
        let namespace = self.register(namespace)?;
        let mut options = StoreOptions::new();
        options
            .size_budget(bytes)?
            .memory_budget(0)?
            .durability(self.options.durability);
        let path = disk.path.join(root::directory_of(&namespace.name));
        // Its limits are recorded as it is opened, and inherited by whoever opens it next.
        loop {
            if self.store_of(disk, &namespace, true)?.is_none() {
                continue;
            }
            let fs = Arc::clone(&disk.fs);
            match Store::open_existing_on(
                fs,
                &path,
                &options,
                Box::new(|_, removal: &mut dyn FnMut()| removal()),
            ) {
                // Flushed meanwhile.
                Err(e) if e.os_error() == Some(libc::ENOENT) => {}
                opened => {
                    opened?;
                    break;
                }
            }
        }
        namespace.close();
        // Other processes open it anew, too.
        self.generations.count(namespace.flushes);
        Ok(())
    }

    pub fn set_life(
        self: &Arc<Self>,
        namespace: &str,
        key: &str,
        life: &ExpiryPolicy,
    ) -> Result<bool> {
        check_name("changing the life of a blob", namespace, Some(key))?;
        self.check_writable("changing the life of a blob")?;
        let now_ms = self.time.now_ms();
        let Some(namespace) = self.namespace(namespace)? else {
            return Ok(false);
        };
        let life = life.resolve(&namespace.name, key.as_bytes(), now_ms);
        let Some(disk) = &self.disk else {
            return Ok(self.set_life_in_memory(&namespace, key, life, now_ms));
        };
        let id = id_of_entry(&namespace.name, key);
        loop {
            let Some(store) = self.store_of(disk, &namespace, false)? else {
                return Ok(false);
            };
            let front = self.read(disk, &namespace, store.clone(), id, SealedRead::Front)?;
            let Some(entry) = front.filter(|e| remaining(e, now_ms).is_ok()) else {
                return Ok(false);
            };
            let changed = Life {
                deadline_unix_ms: life.deadline_ms,
                idle_ms: life.idle_ms,
                stale_ms: life.stale_ms,
            };
            // Where it was replaced since it was read, what replaced it gets the life.
            let change = self.generations.begin(Generations::entry(&id));
            if store.set_life(id, entry.generation, changed)? {
                let _ = store.touch_sealed(id, entry.generation);
                self.ends(&namespace, id, changed.ends_unix_ms(now_ms));
                return Ok(true);
            }
            change.end_uncounted();
        }
    }

    fn set_life_in_memory(
        self: &Arc<Self>,
        namespace: &Arc<Namespace>,
        key: &str,
        life: Expiry,
        now_ms: i64,
    ) -> bool {
        let name = Name {
            namespace: Arc::clone(&namespace.name),
            key: key.into(),
        };
        let mut changed = None;
        let decide = |current: Option<&Held>| {
            let live = current.filter(|r| self.holds(r) && !r.is_dead(now_ms));
            let Some(live) = live else {
                return Decision::Leave;
            };
            let other = Arc::new(live.with_life(life, now_ms));
            let value = Arc::clone(changed.insert(other));
            Decision::Put {
                weight: value.occupies(key),
                priority: value.priority,
                value: Held::new(value),
            }
        };
        let outcome = self.memory.entry(name, decide, evicted);
        let Some(changed) = changed else {
            return false;
        };
        if outcome.fate == Fate::Kept {
            namespace.remember(key, &changed);
            if let Some(at_ms) = life.end_ms() {
                self.ring_at(at_ms);
            }
        }
        if let Some(previous) = outcome.previous {
            namespace.forget(key, &previous);
        }
        outcome.fate == Fate::Kept
    }

    pub fn stats(&self, namespace: Option<&str>) -> Result<CacheStats> {
        let mut sum = CacheStats::default();
        let namespaces = match namespace {
            Some(name) => {
                check_name("getting figures", name, None)?;
                self.namespace(name)?.into_iter().collect()
            }
            None => {
                self.strangers.add_to(&mut sum);
                // Those on disk, and those that were there before they were flushed.
                self.all_namespaces()?;
                self.known()
            }
        };
        for namespace in &namespaces {
            namespace.counters.add_to(&mut sum);
            if let Some(disk) = &self.disk {
                if let Some(store) = self.store_of(disk, namespace, false)? {
                    let of_it = store.stats();
                    sum.disk_entries += of_it.entries.max(0) as u64;
                    sum.disk_bytes += of_it.bytes.max(0) as u64;
                    sum.disk_evictions += of_it.evictions;
                }
            }
        }
        if namespace.is_none() {
            sum.memory_bytes = self.memory.weight() as u64;
        }
        sum.memory_budget = self.options.memory_budget;
        sum.disk_budget = self.disk.as_ref().map_or(0, |_| self.options.disk_budget);
        Ok(sum)
    }

    pub fn verify(&self, progress: &Progress) -> Result<CheckReport> {
        let mut report = CheckReport {
            complete: true,
            ..CheckReport::default()
        };
        if let Some(disk) = &self.disk {
            for (_, store) in self.stores(disk)? {
                report.absorb(store.verify(progress)?);
            }
        }
        Ok(report)
    }

    pub fn sweep(&self) -> Result<()> {
        self.check_writable("sweeping a cache")?;
        if let Some(disk) = &self.disk {
            for (_, store) in self.stores(disk)? {
                store.sweep()?;
            }
            self.remove_what_was_flushed();
            disk.since.store(u64::MAX / 2, Ordering::Relaxed);
            self.make_disk_room(disk, 0)?;
        }
        Ok(())
    }
}
