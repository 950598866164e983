//! Answering: from memory, from the disk.

use super::blob::{Blob, BlobInfo, BlobLabels, Existence, ListedBlob, Seen};
use super::cache::{check_name, Disk, Inner};
use super::compress;
use super::expiry::{should_refresh, Life, Verdict, Why};
use super::filter::Filter;
use super::generations::{is_quiet, over, Generations, Moment};
use super::held::{Handle, Held};
use super::name::{Name, Named};
use super::namespace::{Known, Namespace, Opened};
use super::options::Promotion;
use super::resident::Resident;
use super::root::{self, id_of_entry};
use super::statistics::Event;
use super::step::Fate;
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::store::{Bytes, CacheFields, Encoding, SealedEntry, SealedRead, Store, StoreOptions};
use crate::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError};

/// What memory says of a name.
enum Answer {
    Blob(Blob),
    /// Somebody is changing it, or something in its namespace.
    Changing,
    /// Superseded, or dead.
    Gone(Arc<Resident>, Option<Why>),
}

/// The life that the disk knows.
pub(super) fn life_of(fields: &CacheFields) -> Life {
    Life {
        deadline_ms: fields.deadline_unix_ms,
        idle_ms: fields.idle_ms,
        stale_ms: fields.stale_ms,
    }
}

/// What is left of an entry of the disk; none when it is dead.
pub(super) fn remaining(entry: &SealedEntry, now_ms: i64) -> Result<(Option<u64>, bool), Why> {
    match life_of(&entry.fields).judge(now_ms, entry.accessed_unix_ms) {
        Verdict::Live { remaining_ms } => Ok((remaining_ms, false)),
        Verdict::Stale { remaining_ms } => Ok((Some(remaining_ms), true)),
        Verdict::Dead(why) => Err(why),
    }
}

fn listed(entry: SealedEntry, now_ms: i64) -> Option<ListedBlob> {
    let (remaining_ms, is_stale) = remaining(&entry, now_ms).ok()?;
    let info = BlobInfo {
        version: entry.fields.version,
        payload_bytes: entry.fields.plain_bytes,
        written_unix_ms: entry.written_unix_ms,
        remaining_ms,
        is_stale,
        from_memory: false,
        priority: entry.fields.priority,
    };
    let key = entry.fields.key;
    Some(ListedBlob { key, info })
}

impl Inner {
    pub fn get(self: &Arc<Self>, namespace: &str, key: &str) -> Result<Option<Blob>> {
        let now_ms = self.time.now_ms();
        let named: &dyn Named = &(namespace, key);
        let answer = self.memory.get_with(named, |r| {
            let now = self.moment_of(r);
            if now != r.moment {
                return match now.is_unchanged(&r.moment) {
                    true => Answer::Changing,
                    false => Answer::Gone(Arc::clone(r), None),
                };
            }
            let is_stale = match r.judge(now_ms) {
                Verdict::Live { .. } => false,
                Verdict::Stale { .. } => true,
                Verdict::Dead(why) => return Answer::Gone(Arc::clone(r), Some(why)),
            };
            let seen = Seen {
                is_stale,
                from_memory: true,
            };
            let shared = r.handle();
            Answer::Blob(Blob { shared, seen })
        });
        match answer {
            Some(Answer::Blob(blob)) if self.is_confirmed(&blob.shared)? => {
                let counters = &blob.shared.namespace.counters;
                counters.memory_hits.count();
                if blob.seen.is_stale {
                    counters.stale_serves.count();
                }
                self.accessed(&blob.shared, now_ms);
                return Ok(Some(blob));
            }
            Some(Answer::Blob(blob)) => {
                self.drop_from_memory(named, &blob.shared);
            }
            Some(Answer::Gone(resident, why)) => {
                let was_there = self.drop_from_memory(named, &resident);
                // The disk may know of a use, or another life: what it says counts.
                if let Some(why) = why.filter(|_| was_there && self.disk.is_none()) {
                    self.met_dead(&resident.namespace, resident.id, why);
                }
            }
            Some(Answer::Changing) => {}
            None => check_name("getting a blob", namespace, Some(key))?,
        }
        self.get_from_disk(namespace, key, now_ms)
    }

    /// Whether memory may answer without asking the disk, or the disk agrees.
    fn is_confirmed(&self, resident: &Resident) -> Result<bool> {
        let Some(disk) = self.disk.as_ref().filter(|d| !d.shared) else {
            return Ok(true);
        };
        let Some(store) = self.store_of(disk, &resident.namespace, false)? else {
            return Ok(false);
        };
        let namespace = &resident.namespace;
        let front = self.read(disk, namespace, store, resident.id, SealedRead::Front)?;
        Ok(front.is_some_and(|e| e.fields.nonce == resident.nonce))
    }

    /// Takes this very entry out of memory; whether it was there.
    pub fn drop_from_memory(&self, named: &dyn Named, resident: &Resident) -> bool {
        let is_it = |r: &Held| std::ptr::eq(Arc::as_ptr(r), resident);
        let dropped = self.memory.remove_if(named, is_it).is_some();
        if dropped {
            resident.namespace.forget(named.parts().1, resident);
        }
        dropped
    }

    /// Notes a get, where idleness ends the entry.
    fn accessed(&self, resident: &Resident, now_ms: i64) {
        let Some(idle_ms) = resident.life.idle_ms else {
            return;
        };
        resident.accessed.fetch_max(now_ms, Ordering::Relaxed);
        let noted = resident.noted.load(Ordering::Relaxed);
        let Some(disk) = self.disk.as_ref().filter(|_| !self.options.read_only) else {
            return;
        };
        if !should_refresh(noted, now_ms, idle_ms) {
            return;
        }
        let swapped =
            resident
                .noted
                .compare_exchange(noted, now_ms, Ordering::Relaxed, Ordering::Relaxed);
        if swapped.is_ok() {
            // For want of it the entry dies early, and nothing else.
            if let Ok(Some(store)) = self.store_of(disk, &resident.namespace, false) {
                let _ = store.touch_sealed(resident.id, resident.generation);
            }
        }
    }

    fn get_from_disk(
        self: &Arc<Self>,
        namespace: &str,
        key: &str,
        now_ms: i64,
    ) -> Result<Option<Blob>> {
        let Some(namespace) = self.namespace(namespace)? else {
            self.strangers.count(Event::MemoryMiss);
            self.strangers.count(Event::Miss);
            return Ok(None);
        };
        let counters = &namespace.counters;
        counters.count(Event::MemoryMiss);
        let found = match &self.disk {
            Some(disk) => self.read_blob(disk, &namespace, key, now_ms)?,
            None => None,
        };
        counters.count(match found {
            Some(_) => Event::DiskHit,
            None => Event::Miss,
        });
        Ok(found)
    }

    fn read_blob(
        self: &Arc<Self>,
        disk: &Disk,
        namespace: &Arc<Namespace>,
        key: &str,
        now_ms: i64,
    ) -> Result<Option<Blob>> {
        let counters = &namespace.counters;
        let id = id_of_entry(&namespace.name, key);
        let entry_place = Generations::entry(&id);
        let moment = self.generations.moment(entry_place, namespace.flushes);
        if !moment.is_quiet() {
            self.generations.settle(entry_place);
            self.generations.settle(namespace.flushes);
        }
        let Some(store) = self.store_of(disk, namespace, false)? else {
            return Ok(None);
        };
        if self.is_absent(disk, namespace, &id) {
            counters.count(Event::FilterSkip);
            return Ok(None);
        }
        let Some(entry) = self.read(disk, namespace, store, id, SealedRead::Payload)? else {
            if namespace.known().is_some() {
                counters.count(Event::FilterFalsePositive);
            }
            self.asked.note(Filter::hash_of(id.as_bytes()));
            return Ok(None);
        };
        let is_stale = match remaining(&entry, now_ms) {
            Ok((_, is_stale)) => is_stale,
            Err(why) => {
                self.met_dead(namespace, id, why);
                return Ok(None);
            }
        };
        if is_stale {
            counters.stale_serves.count();
        }
        if let Some(ends) = entry.ends_unix_ms() {
            self.ends(namespace, id, Some(ends));
        }
        let resident = Arc::new(self.resident(namespace, entry, id, moment, now_ms)?);
        self.accessed(&resident, now_ms);
        self.promote(key, &resident);
        let seen = Seen {
            is_stale,
            from_memory: false,
        };
        Ok(Some(Blob {
            shared: Handle::First(resident),
            seen,
        }))
    }

    /// Reads an entry of a namespace, whose store this was a moment ago, and counts it.
    pub fn read(
        &self,
        disk: &Disk,
        namespace: &Namespace,
        mut store: Store,
        id: Key,
        what: SealedRead,
    ) -> Result<Option<SealedEntry>> {
        loop {
            let entry = store.sealed(id, what);
            // What was flushed is removed file by file, perhaps what superseded another before that.
            match self.store_of(disk, namespace, false)? {
                Some(now) if now.is(&store) => {
                    if matches!(entry, Ok(Some(_))) {
                        namespace.counters.count(Event::MetadataRead);
                    }
                    return entry;
                }
                Some(now) => store = now,
                None => return Ok(None),
            }
        }
    }

    fn resident(
        &self,
        namespace: &Arc<Namespace>,
        entry: SealedEntry,
        id: Key,
        moment: Moment,
        now_ms: i64,
    ) -> Result<Resident> {
        let fields = entry.fields;
        let payload = match (entry.payload, fields.encoding) {
            (Some(payload), Encoding::Raw) => payload,
            (payload, encoding) => {
                let stored = payload.as_deref().unwrap_or_default();
                let most = match self.options.disk_budget {
                    0 => u64::MAX,
                    budget => budget.max(self.options.memory_budget),
                };
                Bytes::copy_of(&compress::decode(
                    encoding,
                    stored,
                    fields.plain_bytes,
                    most,
                )?)?
            }
        };
        Ok(Resident {
            life: life_of(&fields),
            namespace: Arc::clone(namespace),
            payload: Arc::new(payload),
            version: fields.version,
            priority: fields.priority,
            written_unix_ms: entry.written_unix_ms,
            accessed: AtomicI64::new(now_ms),
            noted: AtomicI64::new(entry.accessed_unix_ms),
            id,
            generation: entry.generation,
            nonce: fields.nonce,
            entry: Generations::entry(&id),
            moment,
            labels: BlobLabels {
                tags: fields.tags,
                dependencies: fields.dependencies,
                pairs: fields.pairs,
                content_type: fields.content_type,
            },
        })
    }

    /// Keeps in memory what was read from the disk, now or in the background, if it is time to.
    fn promote(self: &Arc<Self>, key: &str, resident: &Arc<Resident>) {
        if !resident.moment.is_quiet() {
            return;
        }
        let asked_before = self.asked.note(Filter::hash_of(resident.id.as_bytes()));
        let waits =
            self.options.promotion == Promotion::SecondHit || self.is_large(resident.payload.len());
        if waits && !asked_before {
            return;
        }
        if !self.options.background_promotion {
            self.install(key, resident);
            return;
        }
        let counters = &resident.namespace.counters;
        let (cache, key) = (Arc::clone(self), key.to_owned());
        let promoted = Arc::clone(resident);
        counters.waiting.fetch_add(1, Ordering::Relaxed);
        let accepted = self.background.accept(move || {
            // What was replaced meanwhile does not hold any more.
            if cache.holds(&promoted) {
                cache.install(&key, &promoted);
            }
            let waiting = &promoted.namespace.counters.waiting;
            waiting.fetch_sub(1, Ordering::Relaxed);
        });
        if accepted {
            counters.count(Event::PromotionQueued);
        } else {
            counters.waiting.fetch_sub(1, Ordering::Relaxed);
            counters.count(Event::PromotionDropped);
        }
    }

    fn install(&self, key: &str, resident: &Arc<Resident>) {
        if self.keep(key, resident).0 == Fate::Kept {
            resident.namespace.counters.count(Event::PromotionDone);
        }
    }

    /// Puts an entry into memory, in whose place it comes; what became of it, and how many others went.
    pub fn keep(&self, key: &str, resident: &Arc<Resident>) -> (Fate, u64) {
        let name = Name {
            namespace: Arc::clone(&resident.namespace.name),
            key: key.into(),
        };
        let weight = resident.occupies(key);
        resident.namespace.remember(key, resident);
        let outcome = self.memory.put(
            name,
            Held::new(Arc::clone(resident)),
            weight,
            resident.priority,
            evicted,
        );
        if let Some(previous) = outcome.previous {
            previous.namespace.forget(key, &previous);
        }
        match outcome.fate {
            Fate::Kept => resident.namespace.counters.count(Event::Insertion),
            _ => resident.namespace.forget(key, resident),
        }
        (outcome.fate, outcome.evicted as u64)
    }

    /// The store of a namespace as it is named now; none when there is no such directory, or, where it is to
    /// be made, not any more.
    pub fn store_of(
        &self,
        disk: &Disk,
        namespace: &Namespace,
        make: bool,
    ) -> Result<Option<Store>> {
        // Before it is opened: a flush meanwhile shows.
        let flushes = self.generations.get(namespace.flushes);
        let opened = namespace
            .store
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = opened.as_ref() {
            // While it is being flushed, nobody knows whether that has come to pass.
            let is_told = disk.shared && is_quiet(flushes);
            if over(opened.flushes) == over(flushes) && (is_told || opened.store.is_in_place()) {
                return Ok(Some(opened.store.clone()));
            }
        }
        drop(opened);
        let root = disk.root.as_ref();
        let failed = |e| {
            let attempt = format!("opening the namespace {:?}", namespace.name);
            Error::from_io(attempt, e)
        };
        if !root::has(root, &namespace.name).map_err(failed)? {
            if !make {
                return Ok(None);
            }
            root::make(disk, &namespace.name)?;
        }
        let mut options = StoreOptions::new();
        options
            .memory_budget(0)?
            .durability(self.options.durability)
            .read_only(self.options.read_only);
        let path = disk.path.join(root::directory_of(&namespace.name));
        // What leaves here, another process may have in memory, or have invalidated and died: nobody answers
        // from memory what nobody could invalidate any more.
        let generations = Generations::new(Arc::clone(&disk.counters));
        let leaves = Box::new(move |id: Key, removal: &mut dyn FnMut()| {
            let change = generations.begin(Generations::entry(&id));
            removal();
            drop(change);
        });
        let fs = Arc::clone(&disk.fs);
        let store = match Store::open_existing_on(fs, &path, &options, leaves) {
            Ok(store) => store,
            // Flushed since: a directory made here would have no name.
            Err(e) if e.os_error() == Some(libc::ENOENT) => return Ok(None),
            Err(e) => return Err(e),
        };
        namespace.close();
        let mut opened = namespace
            .store
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *opened = Some(Opened {
            store: store.clone(),
            flushes,
        });
        Ok(Some(store))
    }

    /// Whether there is certainly nothing under this id, without reading.
    fn is_absent(self: &Arc<Self>, disk: &Disk, namespace: &Arc<Namespace>, id: &Key) -> bool {
        if !disk.shared {
            return false;
        }
        if let Some(known) = namespace.known() {
            if known.is_complete(|| namespace.seen(&self.generations)) {
                return !known.filter.may_contain(Filter::hash_of(id.as_bytes()));
            }
        }
        self.learn(namespace);
        if namespace.begin_filter() {
            let (cache, namespace) = (Arc::clone(self), Arc::clone(namespace));
            self.background.always(move || {
                let made = cache.make_filter(&namespace);
                namespace.end_filter(made.unwrap_or_default());
            });
        }
        false
    }

    fn make_filter(&self, namespace: &Arc<Namespace>) -> Result<Option<Known>> {
        let Some(disk) = &self.disk else {
            return Ok(None);
        };
        let seen = namespace.seen(&self.generations);
        let Some(store) = self.store_of(disk, namespace, false)? else {
            return Ok(None);
        };
        let mut count = 0;
        store.sealed_keys(&mut |_| {
            count += 1;
            true
        })?;
        let filter = Filter::for_entries(2 * count + 1024)?;
        let known = Known::new(filter, seen);
        store.sealed_keys(&mut |id| {
            known.filter.insert(Filter::hash_of(id.as_bytes()));
            true
        })?;
        Ok(Some(known))
    }

    pub fn existence(self: &Arc<Self>, namespace: &str, key: &str) -> Result<Existence> {
        check_name("asking for a blob", namespace, Some(key))?;
        let now_ms = self.time.now_ms();
        let named: &dyn Named = &(namespace, key);
        let is_there = |r: &Held| self.holds(r) && !r.is_dead(now_ms);
        let in_memory = self.memory.peek_with(named, is_there) == Some(true);
        let disk = match &self.disk {
            _ if in_memory && self.disk.as_ref().map_or(true, |d| d.shared) => {
                return Ok(Existence::Present)
            }
            None => return Ok(Existence::Absent),
            Some(disk) => disk,
        };
        let known = self
            .namespaces
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(namespace) = known.get(namespace).cloned() else {
            return Ok(Existence::Maybe);
        };
        drop(known);
        let id = id_of_entry(&namespace.name, key);
        if self.is_absent(disk, &namespace, &id) {
            namespace.counters.count(Event::FilterSkip);
            return Ok(Existence::Absent);
        }
        Ok(Existence::Maybe)
    }

    pub fn peek(&self, namespace: &str, key: &str) -> Result<Option<ListedBlob>> {
        check_name("looking at a blob", namespace, Some(key))?;
        let now_ms = self.time.now_ms();
        let named: &dyn Named = &(namespace, key);
        let in_memory = self.memory.peek_with(named, |r| {
            let is_live = self.holds(r) && !r.is_dead(now_ms);
            is_live.then(|| Arc::clone(r))
        });
        if let Some(resident) = in_memory.flatten() {
            if self.is_confirmed(&resident)? {
                let is_stale = matches!(resident.judge(now_ms), Verdict::Stale { .. });
                let info = BlobInfo {
                    is_stale,
                    from_memory: true,
                    ..resident.info()
                };
                let key = key.to_owned();
                return Ok(Some(ListedBlob { key, info }));
            }
        }
        let (Some(disk), Some(namespace)) = (&self.disk, self.namespace(namespace)?) else {
            return Ok(None);
        };
        let Some(store) = self.store_of(disk, &namespace, false)? else {
            return Ok(None);
        };
        let id = id_of_entry(&namespace.name, key);
        let entry = self.read(disk, &namespace, store, id, SealedRead::Front)?;
        Ok(entry.and_then(|entry| listed(entry, now_ms)))
    }

    pub fn list(&self, namespace: &str, prefix: &str) -> Result<Vec<ListedBlob>> {
        check_name("listing blobs", namespace, None)?;
        let Some(namespace) = self.namespace(namespace)? else {
            return Ok(Vec::new());
        };
        let keys = self.keys_beginning(&namespace, prefix)?;
        let found = keys.iter().map(|key| self.peek(&namespace.name, key));
        found.filter_map(Result::transpose).collect()
    }

    /// The keys of a namespace on disk that begin so, in order; some may have been removed.
    pub fn keys_on_disk(
        &self,
        disk: &Disk,
        namespace: &Namespace,
        prefix: &str,
    ) -> Result<Vec<Box<str>>> {
        let Some(store) = self.store_of(disk, namespace, false)? else {
            return Ok(Vec::new());
        };
        let seen = || namespace.seen(&self.generations);
        // As it is named once that was seen.
        let ids = || {
            let mut ids = Vec::new();
            if let Some(store) = self.store_of(disk, namespace, false)? {
                store.sealed_keys(&mut |id| {
                    ids.push(id);
                    true
                })?;
            }
            Ok(ids)
        };
        let read = |id| match self.read(disk, namespace, store.clone(), id, SealedRead::Front) {
            Ok(entry) => Ok(entry.map(|e| e.fields.key.into())),
            // One that cannot be read does not hide the others.
            Err(e) if e.kind() == ErrorKind::Io => Ok(None),
            Err(e) => Err(e),
        };
        let keys = &namespace.keys;
        keys.beginning(prefix, disk.shared, seen, ids, read)
    }
}

/// An entry goes from memory to make room.
pub(super) fn evicted(name: Name, resident: Held) {
    resident.namespace.counters.count(Event::MemoryEviction);
    resident.namespace.forget(&name.key, &resident);
}
