//! The store: entries under keys, on disk, in the format other engines share.

mod aside;
mod auxiliary;
mod bytes;
mod check;
mod checksum;
#[cfg(feature = "remote")]
mod copies;
mod elsewhere;
mod entry;
mod evict;
mod export;
mod front;
#[cfg(fuzzing)]
pub mod fuzzing;
mod import;
mod in_place;
mod index;
mod links;
mod liveness;
mod lookup;
#[cfg(feature = "remote")]
mod marks;
mod memory;
mod metadata;
mod names;
mod nearest;
mod open;
mod options;
mod private;
mod progress;
mod publish;
mod rank;
mod record;
mod remove;
mod reports;
mod restarts;
mod retain;
mod reuse;
mod scan;
mod sealed;
mod slot;
mod starts;
mod statistics;
mod stream;
mod sweep;
mod task;
mod totals;
mod trace;
mod walk;
mod worker;

#[cfg(test)]
mod tests;

use crate::error::{shown, Error, ErrorKind, Result};
use crate::fs::{Dir, FileSystem, Timestamp};
use crate::key::Key;
use crate::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use crate::sync::{Mutex, RwLock};
use memory::Memory;
use names::generate_run_id;
use options::Settings;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};
use totals::{Ledger, Totals};

pub(crate) use bytes::Bytes;
pub use bytes::ALIGNMENT;
pub use check::{Action, CheckReport, Finding, Problem};
#[cfg(feature = "remote")]
pub(crate) use copies::{Incoming, Outgoing, COPY_METADATA_BYTES};
#[cfg(feature = "remote")]
pub(crate) use elsewhere::Elsewhere;
#[cfg(any(feature = "capi", feature = "remote"))]
pub(crate) use entry::Stored;
pub use entry::{Entry, EntryInfo, Run, Source};
pub use import::{ExportedEntry, Imported};
pub use links::SEED_KEYS;
#[cfg(feature = "capi")]
pub(crate) use metadata::METADATA_BYTES;
pub use metadata::{Durability, Kind, LABEL_BYTES};
pub use names::RUN_ID_BYTES;
pub use nearest::Miss;
pub use options::{Limits, StoreOptions};
pub use progress::Progress;
pub use rank::Lookup;
pub use starts::StartStats;
pub use statistics::StoreStats;
pub use stream::KeyStream;
pub use task::{Task, Work};
pub use trace::{Trace, TracePoint};

pub(crate) use liveness::Alive;
pub(crate) use metadata::{key_fields, About, Description};
pub(crate) use names::{check_run_id, random_u64};
pub(crate) use open::{default_root_beside, open_root};
pub(crate) use rank::OBJECTIVE_TOLERANCE;
pub(crate) use reports::REPORT_BYTES;
pub(crate) use restarts::Attempt;
pub(crate) use retain::Keep;
pub(crate) use sealed::{
    label_id, CacheFields, Encoding, End, Ended, Gone, LabelKind as Label, LabelledPut, Life,
    SealedEntry, SealedRead,
};
pub(crate) use slot::Slot;
pub(crate) use starts::StartCounters;
pub(crate) use trace::STORED_POINTS;
pub(crate) use worker::{Chore, Turn};

/// A directory of entries. Clones share everything; any number of threads may use one at once, and
/// any number of processes may open the same root.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

/// What the clones of a [`Store`], and the sessions on it, share.
pub(crate) struct Inner {
    fs: Arc<dyn FileSystem>,
    /// As opened, made absolute.
    path: PathBuf,
    root: RwLock<Arc<dyn Dir>>,
    options: StoreOptions,
    settings: Settings,
    memory: Memory,
    ledger: Ledger,
    counters: statistics::Counters,
    starts: starts::StartCounters,
    /// Inode and stamps of the root when all names in it were known to be durable.
    durable_root: Mutex<Option<(u64, Timestamp, Timestamp)>>,
    root_is_durable: AtomicBool,
    /// The same for the directory of labels.
    durable_labels: Mutex<Option<(u64, Timestamp, Timestamp)>>,
    /// Nonces of sealed entries, by their keys, whose names this handle made durable, all the way up.
    durable_sealed: Mutex<HashMap<Key, u64>>,
    /// Files of superseded generations, to be written over.
    spares: sealed::Spares,
    /// Who is told of what leaves, and is not there when it does.
    leaves: OnceLock<Leaves>,
    /// Who shares the entries with other machines.
    elsewhere: RwLock<Option<Weak<dyn elsewhere::Elsewhere>>>,
    /// False once the file system was found to have no files without a name.
    unnamed_files: AtomicBool,
    /// Pairs that a lookup found damaged: what a sweep looks at first.
    suspects: Mutex<HashSet<(Key, String)>>,
    /// The last stamp given, in nanoseconds.
    last_stamp: AtomicI64,
    /// Work of ours is going on in the background.
    walking: AtomicBool,
    /// What goes when a budget is crossed.
    chosen: Mutex<Option<evict::Chosen>>,
    worker: worker::Worker,
    exporter: Arc<export::Exporter>,
    /// Synced in a private file.
    durable_in_place: private::Generations,
    /// Published as a pair from a private file.
    exported: private::Generations,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.exporter.close();
        self.drop_spares();
    }
}

/// How often a root is walked though no limit is crossed: once a day.
const WALK_INTERVAL_SECONDS: u64 = 86_400;
/// Longest list of damaged pairs to remember.
const SUSPECTS: usize = 4096;

/// What is called with a key of which something is removed, and with that removal, which it calls.
pub(crate) type Leaves = Box<dyn Fn(Key, &mut dyn FnMut()) + Send + Sync>;

impl Store {
    /// Opens `root`, or the default root, creating it unless the options say read-only. A path is
    /// taken literally, relative to the working directory of this moment.
    ///
    /// # Errors
    ///
    /// `Invalid` when the root is no directory or no default can be found; `Permission` when it may
    /// not be read or created; `Incompatible` when a newer library wrote it; `Io`.
    pub fn open(root: Option<&Path>, options: &StoreOptions) -> Result<Store> {
        Store::open_on(Arc::new(crate::fs::Posix), root, options)
    }

    /// The same on another file system.
    pub(crate) fn open_on(
        fs: Arc<dyn FileSystem>,
        root: Option<&Path>,
        options: &StoreOptions,
    ) -> Result<Store> {
        Ok(Store {
            inner: Arc::new(open::open(fs, root, options, true)?),
        })
    }

    /// Opens what is there, and makes nothing where nothing is. Whatever nobody asked this handle to remove and it
    /// removes all the same, for room or because it has ended, is removed by way of `leaves`.
    pub(crate) fn open_existing_on(
        fs: Arc<dyn FileSystem>,
        root: &Path,
        options: &StoreOptions,
        leaves: Leaves,
    ) -> Result<Store> {
        let inner = open::open(fs, Some(root), options, false)?;
        let _ = inner.leaves.set(leaves);
        Ok(Store {
            inner: Arc::new(inner),
        })
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }

    /// Whether both are clones of one.
    pub(crate) fn is(&self, other: &Store) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// The directory this store lies in, absolute.
    pub fn root(&self) -> &Path {
        &self.inner.path
    }

    /// Saves `payload` under `key` as a new run and returns its run id. Durable on return to the
    /// level the store was opened with. A non-finite objective is none.
    pub fn save(
        &self,
        key: Key,
        payload: &[u8],
        objective: Option<f64>,
        iteration: Option<u64>,
        kind: Kind,
    ) -> Result<String> {
        let run_id = self.new_run_id()?;
        self.save_once(
            key,
            &run_id,
            payload,
            Description::new(objective, iteration),
            kind,
        )?;
        Ok(run_id)
    }

    /// A run id never used before.
    pub(crate) fn new_run_id(&self) -> Result<String> {
        generate_run_id(self.inner.fs.now())
    }

    /// [`Store::save`] under a run id that [`Store::new_run_id`] gave.
    pub(crate) fn save_once(
        &self,
        key: Key,
        run_id: &str,
        payload: &[u8],
        description: Description,
        kind: Kind,
    ) -> Result<()> {
        let mut slot = Slot::once(key, run_id.to_owned());
        self.inner.publish(&mut slot, payload, kind, &description)
    }

    /// Saves `payload` as the next generation of the slot `run_id` under `key`; the generation
    /// before is answered until this one is complete and durable.
    pub fn save_slot(
        &self,
        key: Key,
        run_id: &str,
        payload: &[u8],
        objective: Option<f64>,
        iteration: Option<u64>,
        kind: Kind,
    ) -> Result<()> {
        check_run_id(run_id)?;
        let mut slot = self.inner.find_slot(key, run_id)?;
        let description = Description::new(objective, iteration);
        self.inner.publish(&mut slot, payload, kind, &description)
    }

    /// The best or the latest entry under `key`, verified. Damage is passed over, nothing is moved
    /// or deleted.
    pub fn lookup(&self, key: Key, mode: Lookup) -> Result<Option<Entry>> {
        self.inner.lookup(key, mode)
    }

    /// The newest intact generation of the run `run_id` under `key`.
    ///
    /// # Errors
    ///
    /// `Corrupt` when the run is there and fails its checks; `Incompatible` when another schema
    /// wrote it.
    pub fn lookup_run(&self, key: Key, run_id: &str) -> Result<Option<Entry>> {
        self.inner.lookup_run(key, run_id)
    }

    /// Removes everything under `key`, durably; false when there was nothing.
    pub fn remove(&self, key: Key) -> Result<bool> {
        self.inner.tell_removed(key, None);
        self.inner.remove_key(key)
    }

    /// Removes one run under `key`, durably; false when there was none.
    pub fn remove_entry(&self, key: Key, run_id: &str) -> Result<bool> {
        check_run_id(run_id)?;
        self.inner.tell_removed(key, Some(run_id));
        self.inner.remove_run(key, run_id)
    }

    /// Pins or unpins a run: pinned runs do not expire, and are evicted only when nothing else is
    /// left. False when there is no such run.
    pub fn pin(&self, key: Key, run_id: &str, on: bool) -> Result<bool> {
        self.inner.pin(key, run_id, on)
    }

    /// Expires, evicts, reclaims what dead writers left and sets old damage aside, now.
    pub fn sweep(&self) -> Result<()> {
        self.inner.sweep(sweep::Depth::Thorough, None)
    }

    /// Says what a sweep would expire and evict at this moment; changes nothing. Each run that would go is
    /// a [`Finding`]: [`Problem::Expired`] or [`Problem::OverBudget`].
    ///
    /// # Errors
    ///
    /// `TooLarge` when more runs would be evicted than are kept in mind, some 16 000.
    pub fn plan_sweep(&self, progress: &Progress) -> Result<CheckReport> {
        self.inner.plan_sweep(progress)
    }

    /// The keys something is stored under, in order.
    pub fn keys(&self) -> Result<Vec<Key>> {
        self.inner.list_keys()
    }

    /// The same keys one after the other as they are found, in no order: the first comes at once, and memory
    /// is bounded, however many there are. A key that nothing is stored under any more may be among them; so
    /// may one that is made or removed meanwhile. All others are, once. Holds a directory open, and neither
    /// the store nor a lock: what is done to the store meanwhile, it does not delay.
    ///
    /// # Errors
    ///
    /// `Permission` and `Io` when the root cannot be listed; the stream gives them when that shows later,
    /// and then ends.
    pub fn stream_keys(&self) -> Result<KeyStream> {
        KeyStream::of(self.inner.root().as_ref(), &self.inner.path)
    }

    /// The runs under `key`, newest first. Payloads are not read, so damage in one shows only when it is
    /// looked up.
    pub fn entries(&self, key: Key) -> Result<Vec<Run>> {
        self.inner.list_runs(key)
    }

    /// Which stored key is nearest to `key`, and how the two differ, from what the sessions that wrote
    /// under them recorded of their fingerprints. `None` where no other key has a field in common.
    ///
    /// # Errors
    ///
    /// `Invalid` when nothing under `key` recorded what the key was made from.
    pub fn explain(&self, key: Key, timeout: Duration) -> Result<Option<Miss>> {
        self.inner.explain(key, Instant::now().checked_add(timeout))
    }

    /// Reads and checks everything; changes nothing. See [`Task`] for doing it on another thread.
    pub fn verify(&self, progress: &Progress) -> Result<CheckReport> {
        self.inner.verify(progress)
    }

    /// Reads and checks everything, moves damage aside, removes what dead writers left and rebuilds
    /// the totals. Nothing intact is lost: nothing expires, nothing is evicted. Files that changed
    /// within the last ten minutes, or that a living writer holds, are left for a later repair.
    pub fn repair(&self, progress: &Progress) -> Result<CheckReport> {
        self.inner.repair(progress)
    }

    /// Waits until everything that any of the store's sessions accepted is durable; false when the
    /// wait ended first. Reports what failed in the background, once.
    pub fn flush(&self, timeout: Duration) -> Result<bool> {
        let deadline = Instant::now().checked_add(timeout);
        let in_time = self.inner.worker.settle(deadline)?;
        Ok(self.inner.catch_up(None, deadline)? && in_time)
    }

    /// Removes the runs under `key` that are neither among the `last` written nor among the `best`, by
    /// their objectives: durably, but for pinned ones and those of living sessions. Says how many. The
    /// last and the best one are kept in any case, and damage takes no one's place.
    ///
    /// # Errors
    ///
    /// `Invalid` when both are 0.
    pub fn retain(&self, key: Key, last: u64, best: u64) -> Result<u64> {
        let keep = Keep { last, best };
        if !keep.is_limited() {
            return Err(Error::invalid(
                format!("keeping the last and best runs under key {key}"),
                "0 of both are asked for",
                "Ask for at least one of either, or remove the key",
            ));
        }
        self.inner.retain(key, keep)
    }

    /// How many restarts from the checkpoints of `run_id`, or of all runs under `key`, have failed:
    /// sessions that began there and whose process died before they came any further.
    pub fn failed_restarts(&self, key: Key, run_id: Option<&str>) -> Result<u64> {
        self.inner.count_restarts(key, run_id)
    }

    /// Forgets them, so that the checkpoints are answered again; false when there were none.
    pub fn reset_restarts(&self, key: Key, run_id: Option<&str>) -> Result<bool> {
        self.inner.reset_restarts(key, run_id)
    }

    /// How the fits of this handle's sessions began.
    pub fn start_stats(&self) -> StartStats {
        self.inner.starts().read(None)
    }

    /// The limits in force for this handle: those its options named, else the root's, else the defaults.
    pub fn limits(&self) -> Limits {
        let s = &self.inner.settings;
        Limits {
            size_budget: s.size_budget,
            file_budget: s.file_budget,
            ttl_seconds: s.ttl_seconds,
        }
    }

    /// Figures of the root as last known, and of this handle.
    pub fn stats(&self) -> StoreStats {
        self.inner.stats()
    }
}

impl From<Arc<Inner>> for Store {
    fn from(inner: Arc<Inner>) -> Store {
        Store { inner }
    }
}

impl Inner {
    fn root(&self) -> Arc<dyn Dir> {
        Arc::clone(&self.root.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Nanoseconds of a clock that nobody sets.
    pub(crate) fn monotonic(&self) -> i64 {
        self.fs.monotonic()
    }

    /// The same, late by up to one tick, in some 4 ns.
    pub(crate) fn coarse_monotonic(&self) -> i64 {
        self.fs.coarse_monotonic()
    }

    /// The wall clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.fs.now()
    }

    pub(crate) fn worker(&self) -> &worker::Worker {
        &self.worker
    }

    fn check_writable(&self, attempt: impl FnOnce() -> String) -> Result<()> {
        if !self.settings.read_only {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Permission,
            attempt(),
            format!("the store {} was opened read-only", shown(&self.path)),
            "Open it without the read-only option to write",
        ))
    }

    /// A fresh run id of the form that sessions use.
    pub(crate) fn new_session_run_id(&self) -> Result<String> {
        Ok(format!("ckpt-{}", generate_run_id(self.fs.now())?))
    }

    /// The present, later than every stamp this handle gave before unless the clock was set back.
    fn stamp(&self) -> Timestamp {
        const SECOND: i64 = 1_000_000_000;
        let now = self.fs.now();
        let nanos = now
            .secs
            .saturating_mul(SECOND)
            .saturating_add(i64::from(now.nanos));
        let mut last = self.last_stamp.load(Ordering::Relaxed);
        loop {
            let set_back_or_equal = nanos <= last && last - nanos < SECOND;
            let next = if set_back_or_equal { last + 1 } else { nanos };
            match self.last_stamp.compare_exchange_weak(
                last,
                next,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => {
                    return Timestamp {
                        secs: next.div_euclid(SECOND),
                        nanos: next.rem_euclid(SECOND) as u32,
                    }
                }
                Err(now) => last = now,
            }
        }
    }

    fn suspect(&self, key: Key, stem: &str) {
        let mut suspects = self.suspects.lock().unwrap_or_else(PoisonError::into_inner);
        if suspects.len() < SUSPECTS {
            suspects.insert((key, stem.to_owned()));
        }
    }

    /// Shares a change of the totals. When a limit is crossed, room is made: by what was chosen before,
    /// else by walking the root. The root is walked in the background when the last walk is a day old, and
    /// to choose what goes next. `just_written` is never evicted.
    fn account(self: &Arc<Inner>, change: Totals, just_written: Option<(Key, &str)>) {
        let Some(mut totals) = self.ledger.add(self.root().as_ref(), change) else {
            return;
        };
        if self.settings.is_exceeded_by(&totals) && self.drop_spares() {
            totals = self.ledger.read(self.root().as_ref()).unwrap_or(totals);
        }
        if just_written.is_some() && self.settings.is_exceeded_by(&totals) {
            if !self.make_room(totals, just_written) {
                // The save it follows has succeeded; what cannot be evicted now is evicted next time.
                let _ = self.sweep(sweep::Depth::Shallow, just_written);
            }
        } else if self.fs.now().secs.abs_diff(totals.walked_unix_secs) >= WALK_INTERVAL_SECONDS
            || self.should_choose(&totals)
        {
            // A walk dated in the future would put off the next until then. Whatever becomes of this
            // one, the next is due in a day.
            self.in_background(Inner::walk_ahead);
        }
    }
}
