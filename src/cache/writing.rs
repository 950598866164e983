//! Putting: to the disk, to memory.

use super::blob::{BlobLabels, Receipt};
use super::cache::{check_name, Disk, Inner};
use super::compress;
use super::expiry::Life;
use super::filter::Filter;
use super::generations::{written, Generations, Moment};
use super::held::Held;
use super::name::{Name, Named};
use super::namespace::Namespace;
use super::put::{Admission, Condition, PutOptions};
use super::reading::{evicted, remaining};
use super::resident::Resident;
use super::root::id_of_entry;
use super::statistics::Event;
use super::step::{Decision, Fate};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::store::{Bytes, CacheFields, Encoding, SealedEntry};
use crate::sync::atomic::AtomicI64;
use std::borrow::Cow;
use std::sync::Arc;

/// What a file is rounded up to.
const PAGE: u64 = 4096;
/// Larger than this part of the memory budget is large.
const LARGE_PART: u64 = 64;

/// What one put is about.
struct Putting<'a> {
    namespace: &'a Arc<Namespace>,
    key: &'a str,
    bytes: &'a [u8],
    options: &'a PutOptions,
    life: Life,
    now_ms: i64,
}

fn conflict(key: &str, wanted: &str, live: Option<Option<u64>>) -> Error {
    let found = match live {
        None => "there is none".to_owned(),
        Some(None) => "the live one has none".to_owned(),
        Some(Some(version)) => format!("the live one is {version}"),
    };
    Error::new(
        ErrorKind::Conflict,
        format!("putting the blob {key:?}"),
        format!("{wanted}, and {found}"),
        "Get the entry that is stored, and decide anew; it was not changed",
    )
}

fn too_large(key: &str, len: u64, what: &str, most: u64) -> Error {
    Error::new(
        ErrorKind::TooLarge,
        format!("putting the blob {key:?}"),
        format!("it has {len} bytes, and {what} is {most}"),
        "Raise the limit, or put it in parts; what was stored before is intact",
    )
}

impl Condition {
    /// Whether what is live, by its version, lets a put with `version` pass.
    fn check(self, key: &str, version: Option<u64>, live: Option<Option<u64>>) -> Result<()> {
        match (self, live) {
            (Condition::Newer, Some(Some(there))) if version <= Some(there) => {
                let wanted = format!("version {} is to be newer", version.unwrap_or_default());
                Err(conflict(key, &wanted, live))
            }
            (Condition::Expected(expected), live) if live != expected.map(Some) => {
                let wanted = match expected {
                    Some(version) => format!("version {version} was expected"),
                    None => "no live entry was expected".to_owned(),
                };
                Err(conflict(key, &wanted, live))
            }
            _ => Ok(()),
        }
    }
}

impl Inner {
    pub fn is_large(&self, len: usize) -> bool {
        len as u64 > self.options.memory_budget / LARGE_PART
    }

    pub fn put(
        self: &Arc<Self>,
        namespace: &str,
        key: &str,
        bytes: &[u8],
        options: &PutOptions,
    ) -> Result<Receipt> {
        check_name("putting a blob", namespace, Some(key))?;
        let namespace = &self.register(namespace)?;
        let put = || {
            self.check_size(key, bytes.len() as u64, options)?;
            let now_ms = self.time.now_ms();
            let life = options
                .life
                .resolve(&namespace.name, key.as_bytes(), now_ms);
            let putting = Putting {
                namespace,
                key,
                bytes,
                options,
                life,
                now_ms,
            };
            match &self.disk {
                Some(disk) => self.put_on_disk(disk, &putting),
                None => self.put_in_memory(&putting),
            }
        };
        let done = put();
        namespace.counters.count(match &done {
            Ok(_) => Event::Put,
            Err(e) if e.kind() == ErrorKind::Conflict => Event::Conflict,
            Err(e) if e.kind() == ErrorKind::TooLarge => Event::Refusal,
            Err(_) => return done,
        });
        done
    }

    fn check_size(&self, key: &str, len: u64, options: &PutOptions) -> Result<()> {
        match options.largest {
            Some(largest) if len > largest => Err(too_large(
                key,
                len,
                "the largest allowed by the put",
                largest,
            )),
            _ if self.disk.is_none() && len > self.options.memory_budget => Err(too_large(
                key,
                len,
                "the memory budget",
                self.options.memory_budget,
            )),
            _ => Ok(()),
        }
    }

    /// Makes room on disk for so many bytes; how many entries went for it.
    fn make_room(&self, disk: &Disk, key: &str, stored: usize) -> Result<u64> {
        // What is before the payload takes a page at most, as a rule.
        let takes = (stored as u64).div_ceil(PAGE) * PAGE + PAGE;
        let budget = self.options.disk_budget;
        if budget != 0 && takes > budget {
            return Err(too_large(key, takes, "the disk budget", budget));
        }
        self.make_disk_room(disk, takes)
    }

    fn new_resident(
        &self,
        put: &Putting<'_>,
        of_disk: Option<(Key, u64, u64)>,
        moment: Moment,
    ) -> Result<Resident> {
        let o = put.options;
        let (id, generation, nonce) = of_disk.unwrap_or((Key::from_bytes([0; 32]), 0, 0));
        Ok(Resident {
            namespace: Arc::clone(put.namespace),
            payload: Arc::new(Bytes::copy_of(put.bytes)?),
            labels: BlobLabels {
                tags: o.tags.clone(),
                dependencies: o.dependencies.clone(),
                pairs: o.pairs.clone(),
                content_type: o.content_type.clone(),
            },
            version: o.version,
            priority: o.priority,
            written_unix_ms: put.now_ms,
            life: put.life,
            accessed: AtomicI64::new(put.now_ms),
            noted: AtomicI64::new(put.now_ms),
            entry: Generations::entry(&id),
            id,
            generation,
            nonce,
            moment,
        })
    }

    fn put_in_memory(self: &Arc<Self>, put: &Putting<'_>) -> Result<Receipt> {
        let namespace = put.namespace;
        let entry = Generations::entry(&Key::from_bytes([0; 32]));
        let moment = self.generations.moment(entry, namespace.flushes);
        let resident = Arc::new(self.new_resident(put, None, moment)?);
        let weight = resident.occupies(put.key);
        let name = Name {
            namespace: Arc::clone(&namespace.name),
            key: put.key.into(),
        };
        namespace.remember(put.key, &resident);
        let (mut refused, mut replaced, mut flushed) = (None, false, false);
        let decide = |current: Option<&Held>| {
            // It would not hold, and what it replaced was perhaps put after the flush.
            flushed = !self.holds(&resident);
            if flushed {
                return Decision::Leave;
            }
            let live = current.filter(|r| self.holds(r) && !r.is_dead(put.now_ms));
            let version = live.map(|r| r.version);
            replaced = live.is_some();
            match put
                .options
                .condition
                .check(put.key, put.options.version, version)
            {
                // There is nowhere else to keep it.
                Ok(()) if put.options.admission == Admission::Never => Decision::Remove,
                Ok(()) => Decision::Put {
                    value: Held::new(Arc::clone(&resident)),
                    weight,
                    priority: resident.priority,
                },
                Err(e) => {
                    refused = Some(e);
                    Decision::Leave
                }
            }
        };
        let outcome = self.memory.entry(name, decide, evicted);
        if let Some(previous) = outcome.previous {
            previous.namespace.forget(put.key, &previous);
        }
        if outcome.fate != Fate::Kept {
            namespace.forget(put.key, &resident);
        }
        if flushed {
            return self.put_in_memory(put);
        }
        if let Some(e) = refused {
            return Err(e);
        }
        let in_memory = outcome.fate == Fate::Kept;
        if in_memory {
            namespace.counters.count(Event::Insertion);
            if let Some(at_ms) = put.life.end_ms() {
                self.ring_at(at_ms);
            }
        }
        Ok(Receipt {
            in_memory,
            replaced,
            evicted_from_memory: outcome.evicted as u64,
            ..Receipt::default()
        })
    }

    fn put_on_disk(self: &Arc<Self>, disk: &Disk, put: &Putting<'_>) -> Result<Receipt> {
        let namespace = put.namespace;
        let counters = &namespace.counters;
        let o = put.options;
        let (encoding, stored) = self.encoded(put);
        let mut fields = CacheFields {
            key: put.key.to_owned(),
            nonce: 0,
            version: o.version,
            tags: o.tags.clone(),
            dependencies: o.dependencies.clone(),
            pairs: o.pairs.clone(),
            content_type: o.content_type.clone(),
            priority: o.priority,
            deadline_unix_ms: put.life.deadline_ms,
            idle_ms: put.life.idle_ms,
            stale_ms: put.life.stale_ms,
            encoding,
            plain_bytes: put.bytes.len() as u64,
        };
        let evicted_from_disk = self.make_room(disk, put.key, stored.len())?;
        let id = id_of_entry(&namespace.name, put.key);
        let (entry, flushes) = (Generations::entry(&id), namespace.flushes);
        let named: &dyn Named = &(&*namespace.name, put.key);
        let mut replaced = false;
        let mut judge = |alive: Option<&SealedEntry>| {
            let live = alive.filter(|e| remaining(e, put.now_ms).is_ok());
            replaced = live.is_some();
            o.condition
                .check(put.key, o.version, live.map(|e| e.fields.version))
        };
        let (sealed, moment) = loop {
            let before = self.generations.moment(entry, flushes);
            let change = self.generations.begin(entry);
            let Some(store) = self.store_of(disk, namespace, true)? else {
                continue;
            };
            let mut arrives = || namespace.arrived(put.key, &id, &self.generations);
            let sealed =
                store.seal_arriving(id, &mut fields, &stored, Some(&mut judge), &mut arrives);
            // What was evicted from the disk may still lie in memory: who is refused and asks again is to be
            // told what the put was judged by.
            if let Some(sealed) = sealed.inspect_err(|_| self.forget_name(named))? {
                let moment = written(change.end(), before);
                // A flush from here on is counted after this put.
                let stands = !sealed.invalidated && store.is_in_place();
                break (sealed, moment.filter(|_| stands));
            }
            // Flushed meanwhile: it goes where the namespace is now.
            self.moved(namespace);
        };
        disk.written(sealed.file_bytes);
        self.ends(namespace, id, fields.life().ends_unix_ms(put.now_ms));
        let is_wanted = match o.admission {
            Admission::Always => true,
            Admission::Never => false,
            Admission::Auto => {
                !self.is_large(put.bytes.len()) || self.asked.was(Filter::hash_of(id.as_bytes()))
            }
        };
        let mut receipt = Receipt {
            on_disk: true,
            replaced,
            evicted_from_disk,
            stored_bytes: sealed.file_bytes,
            ..Receipt::default()
        };
        match moment.filter(|_| is_wanted && self.options.memory_budget > 0) {
            Some(moment) => {
                let of_disk = Some((id, sealed.generation, fields.nonce));
                // It is stored: for want of memory it is not kept there.
                match self.new_resident(put, of_disk, moment) {
                    Ok(resident) => {
                        let (fate, evicted) = self.keep(put.key, &Arc::new(resident));
                        receipt.in_memory = fate == Fate::Kept;
                        receipt.evicted_from_memory = evicted;
                    }
                    Err(_) => self.forget_name(named),
                }
            }
            None => self.forget_name(named),
        }
        if encoding == Encoding::Raw {
            counters.count(Event::CompressionSkipped);
        } else {
            counters.add(Event::CompressedFrom, put.bytes.len() as u64);
            counters.add(Event::CompressedTo, stored.len() as u64);
        }
        Ok(receipt)
    }

    /// Takes what is under a name out of memory.
    fn forget_name(&self, named: &dyn Named) {
        if let Some(previous) = self.memory.remove(named) {
            previous.namespace.forget(named.parts().1, &previous);
        }
    }

    fn encoded<'a>(&self, put: &Putting<'a>) -> (Encoding, Cow<'a, [u8]>) {
        let content_type = put.options.content_type.as_deref();
        let encoded = self
            .options
            .compression
            .then(|| compress::encode(put.bytes, content_type));
        match encoded.flatten() {
            Some((encoding, bytes)) => (encoding, Cow::Owned(bytes)),
            None => (Encoding::Raw, Cow::Borrowed(put.bytes)),
        }
    }
}
