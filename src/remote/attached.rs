//! A store's attachment to a remote tier.

use super::driver::{Cancel, Driver, Unfinished};
use super::engine::Engine;
use super::flights::Flights;
use super::options::{Fetched, Reach, RemoteOptions, RemoteStats, Retention, RetentionReport};
use super::outbox::Outbox;
use super::prefetch::Follower;
use super::{fetch, marks, retain, upload};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::store::{check_run_id, random_u64, Alive, Elsewhere, Inner, Kind, Store};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// After a failure, lookups do not ask for so long, doubled each time.
const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(30);

#[derive(Default)]
pub(super) struct Figures {
    pub uploads: AtomicU64,
    pub uploaded_bytes: AtomicU64,
    pub uploads_known: AtomicU64,
    pub upload_failures: AtomicU64,
    pub uploads_dropped: AtomicU64,
    pub fetches: AtomicU64,
    pub brought: AtomicU64,
    pub brought_bytes: AtomicU64,
    pub missing: AtomicU64,
    pub fetch_failures: AtomicU64,
    pub fetch_timeouts: AtomicU64,
    pub refused: AtomicU64,
    pub skipped: AtomicU64,
    pub corrupt: AtomicU64,
    pub foreign: AtomicU64,
}

/// A server that failed is left alone for a while by those who did not ask for it.
#[derive(Default)]
struct Rest {
    failures: u32,
    until: Option<Instant>,
}

/// What the handle and the background share.
pub(super) struct Shared {
    me: Weak<Shared>,
    store: Arc<Inner>,
    closed: AtomicBool,
    pub engine: Engine,
    pub options: RemoteOptions,
    /// Tells this attachment's marks from others'.
    pub token: u64,
    alive: Alive,
    pub driver: Driver,
    flights: Flights,
    pub outbox: Outbox,
    /// There may be something to upload.
    pub wake: Arc<Notify>,
    is_uploading: AtomicBool,
    pub figures: Figures,
    rest: Mutex<Rest>,
    failure: Mutex<Option<Error>>,
    /// The prefetch worker, which is told what happens to entries.
    pub follower: RwLock<Option<Follower>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// The store, while anyone wants anything from it.
    pub fn store(&self) -> Option<Arc<Inner>> {
        (!self.closed.load(Ordering::Acquire)).then(|| Arc::clone(&self.store))
    }

    pub(super) fn tell(&self, tell: impl FnOnce(&Follower)) {
        let follower = self.follower.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(follower) = &*follower {
            tell(follower);
        }
    }

    pub fn heartbeat(&self) {
        self.alive.heartbeat();
    }

    pub fn note_failure(&self, e: &Error) {
        *locked(&self.failure) = Some(e.clone());
    }

    /// Has what waits uploaded, from now on.
    fn upload(&self) {
        if !self.is_uploading.swap(true, Ordering::AcqRel)
            && self.driver.start(upload::run(self.me.clone())).is_err()
        {
            // No thread can be started: what waits is marked, and the next save tries again.
            self.is_uploading.store(false, Ordering::Release);
        }
        self.wake.notify_one();
    }

    pub fn is_resting(&self) -> bool {
        locked(&self.rest).until.is_some_and(|u| Instant::now() < u)
    }

    fn note_answer(&self, failed: bool) {
        let mut rest = locked(&self.rest);
        if failed {
            // What was asked before it began to rest fails for the same reason.
            if rest.until.is_some_and(|u| Instant::now() < u) {
                return;
            }
            let longer = FIRST_REST.saturating_mul(1 << rest.failures.min(8));
            rest.until = Some(Instant::now() + longer.min(LONGEST_REST));
            rest.failures = rest.failures.saturating_add(1);
        } else {
            *rest = Rest::default();
        }
    }

    /// `left`: how long the caller still waits.
    pub fn fetch(&self, key: Key, left: &dyn Fn() -> Duration, cancel: &Cancel) -> Result<Fetched> {
        let count = |c: &AtomicU64| {
            c.fetch_add(1, Ordering::Relaxed);
        };
        let figures = &self.figures;
        let Some(me) = self.me.upgrade() else {
            return Ok(Fetched::Missing);
        };
        if marks::is_gone(&self.store, key, None) {
            count(&figures.refused);
            return Ok(Fetched::Refused);
        }
        count(&figures.fetches);
        let begin = || fetch::fetch(me, key);
        let begun = Instant::now();
        let outcome = self.flights.join(&self.driver, key, left, cancel, begin);
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(ended) => {
                // A wait much shorter than a lookup's says nothing about the server.
                let was_long = begun.elapsed() >= self.options.deadline / 2;
                if ended == Unfinished::TimedOut && was_long {
                    self.note_answer(true);
                }
                count(&figures.fetch_timeouts);
                let from = self.engine.shown();
                let e = ended.error(&format!("fetching key {key} from {from}"));
                self.note_failure(&e);
                return Err(e);
            }
        };
        match &outcome {
            Ok(fetched) => {
                match fetched {
                    Fetched::Missing => count(&figures.missing),
                    Fetched::Refused => count(&figures.refused),
                    Fetched::Brought(_) | Fetched::Known => {}
                }
                self.note_answer(false);
            }
            Err(e) => {
                // Corrupt objects are counted one by one.
                if e.kind() != ErrorKind::Corrupt {
                    count(&figures.fetch_failures);
                    self.note_answer(e.kind() == ErrorKind::Remote);
                }
                self.note_failure(e);
            }
        }
        outcome
    }
}

impl Elsewhere for Shared {
    fn is_over(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    fn publishing(&self, key: Key, run_id: &str, kind: Kind) {
        if self.options.uploads.may_want(kind) {
            self.outbox.announce(self, &self.store, key, run_id);
        }
    }

    fn published(&self, key: Key, run_id: &str, kind: Kind) {
        marks::note_saved(&self.store, key, run_id);
        if self.options.uploads.may_want(kind) {
            self.outbox.accept(key, run_id);
            self.upload();
            // Should the save have failed, the worker finds out when it asks again what is here.
            self.tell(|follower| follower.stored(key, run_id));
        }
    }

    fn removed(&self, key: Key, run_id: Option<&str>) {
        marks::note_gone(&self.store, key, run_id);
        self.outbox.remove(&self.store, key, run_id);
        self.tell(|follower| follower.gone(&key));
    }

    fn refused(&self, key: Key, run_id: &str) {
        marks::note_gone(&self.store, key, Some(run_id));
        self.tell(|follower| follower.gone(&key));
    }

    fn used(&self, key: Key) {
        self.tell(|follower| follower.used(&key));
    }

    fn missed(&self, key: Key) -> bool {
        if !self.options.lookup {
            return false;
        }
        if self.is_resting() {
            self.figures.skipped.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        let until = Instant::now() + self.options.deadline;
        matches!(
            self.fetch(key, &left_until(until), &Cancel::new()),
            // Also what another thread's question brought meanwhile.
            Ok(Fetched::Brought(_) | Fetched::Known)
        )
    }
}

/// A store's attachment to a remote tier. Any number of threads may use it at once. It keeps its store
/// alive; dropping it ends the attachment at once, whatever the network does, and what is not uploaded
/// then is uploaded by the next one.
pub struct Remote {
    pub(super) shared: Arc<Shared>,
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Remote").field(&self.url()).finish()
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::Release);
        self.shared.tell(Follower::stop);
        self.shared.driver.stop();
    }
}

impl Store {
    /// Attaches a remote tier: `s3://bucket/prefix`, `az://container/prefix`, `gs://bucket/prefix`,
    /// `file:///directory` or `memory://name`. Credentials come from the engine's customary environment
    /// (`AWS_*`, `AZURE_*`, `GOOGLE_*`). Nothing is asked of a server yet. What a killed process left to be
    /// uploaded is uploaded in the background, if anything is.
    ///
    /// A store has one attachment at a time.
    ///
    /// # Errors
    ///
    /// `Invalid` for a URL that is not understood or holds credentials, for an environment that does not
    /// suit, and when there is an attachment already; `Permission` for a store opened read-only; `Io`.
    pub fn attach_remote(&self, url: &str, options: &RemoteOptions) -> Result<Remote> {
        self.attach_engine(Engine::open(url)?, options)
    }

    pub(super) fn attach_engine(&self, engine: Engine, options: &RemoteOptions) -> Result<Remote> {
        let store = Arc::clone(self.inner());
        let token = random_u64()?;
        let alive = store.mark_alive(&marks::alive(token))?;
        let shared = Arc::new_cyclic(|me: &Weak<Shared>| Shared {
            me: me.clone(),
            store,
            closed: AtomicBool::new(false),
            engine,
            options: options.clone(),
            token,
            alive,
            driver: Driver::new(),
            flights: Flights::default(),
            outbox: Outbox::default(),
            wake: Arc::new(Notify::new()),
            is_uploading: AtomicBool::new(false),
            figures: Figures::default(),
            rest: Mutex::default(),
            failure: Mutex::default(),
            follower: RwLock::default(),
        });
        let of_store = Arc::clone(&shared) as Arc<dyn Elsewhere>;
        if !shared.store.attach(Arc::downgrade(&of_store)) {
            return Err(Error::invalid(
                "attaching a remote tier",
                "the store has one already",
                "Let go of that one first, or open the store again",
            ));
        }
        drop(of_store);
        let remote = Remote { shared };
        let shared = &remote.shared;
        marks::clean(&shared.store);
        if options.uploads != super::Uploads::Nothing
            && shared.outbox.collect(shared, &shared.store)?
        {
            shared.upload();
        }
        Ok(remote)
    }
}

impl Remote {
    /// Where it is attached to, without anything that could be secret.
    pub fn url(&self) -> &str {
        self.shared.engine.shown()
    }

    /// Brings what a lookup under `key` would answer, for at most `timeout`, whether or not there is
    /// anything here. Threads that ask for one key at once wait for one and the same transfer.
    ///
    /// # Errors
    ///
    /// `Remote` when the network or the server fails, or the time is over; `Corrupt` when what lies there
    /// fails its checks and nothing else does; those of a save.
    pub fn fetch(&self, key: Key, timeout: Duration) -> Result<Fetched> {
        self.fetch_until(key, deadline(timeout), &Cancel::new())
    }

    /// The same until then, or until it is cancelled.
    pub fn fetch_until(&self, key: Key, until: Instant, cancel: &Cancel) -> Result<Fetched> {
        self.shared.fetch(key, &left_until(until), cancel)
    }

    /// Waits until everything that was accepted is durable here, or uploaded, too; false when the wait
    /// ended first.
    ///
    /// # Errors
    ///
    /// What failed in the background here; `Remote` with the last failure of what could not be uploaded
    /// in time. It goes on being tried.
    pub fn flush(&self, reach: Reach, timeout: Duration) -> Result<bool> {
        let until = Instant::now().checked_add(timeout);
        let here = Store::from(Arc::clone(&self.shared.store)).flush(timeout)?;
        if reach == Reach::Local {
            return Ok(here);
        }
        self.shared.outbox.hurry();
        if self.shared.outbox.len() > 0 {
            self.shared.upload();
        }
        Ok(self.shared.outbox.settle(until)? && here)
    }

    /// Has what is stored here of a run uploaded in the background, whenever it was saved; see
    /// [`Remote::flush`] for waiting. What is uploaded already is not again. With [`Uploads::Best`]
    /// only what a lookup of the best answers is.
    ///
    /// # Errors
    ///
    /// `Invalid` for a run id that is none, and where the attachment uploads nothing.
    ///
    /// [`Uploads::Best`]: super::Uploads::Best
    pub fn upload(&self, key: Key, run_id: &str) -> Result<()> {
        check_run_id(run_id)?;
        let shared = &self.shared;
        if shared.options.uploads == super::Uploads::Nothing {
            return Err(Error::invalid(
                format!("uploading run {run_id} under key {key} to {}", self.url()),
                "the store was attached to upload nothing",
                "Attach it with other options",
            ));
        }
        shared.outbox.announce(shared, &shared.store, key, run_id);
        shared.outbox.accept(key, run_id);
        shared.upload();
        Ok(())
    }

    /// Removes all that is stored here under `key`, or one run of it, and leaves a note that it is not to
    /// be brought again; `remotely`, removes it there as well, for at most `timeout`. False when there
    /// was nothing.
    ///
    /// # Errors
    ///
    /// Those of removing it here; `Remote`.
    pub fn remove(
        &self,
        key: Key,
        run_id: Option<&str>,
        remotely: bool,
        timeout: Duration,
    ) -> Result<bool> {
        let until = deadline(timeout);
        let store = Store::from(Arc::clone(&self.shared.store));
        let here = match run_id {
            Some(run_id) => {
                check_run_id(run_id)?;
                store.remove_entry(key, run_id)?
            }
            None => store.remove(key)?,
        };
        if !remotely {
            return Ok(here);
        }
        let attempt = format!("removing key {key} from {}", self.url());
        let work = retain::remove(self.shared.engine.clone(), key, run_id.map(str::to_owned));
        let driver = &self.shared.driver;
        let there = driver.wait_for(&attempt, Some(until), &Cancel::new(), work)?;
        Ok(here || there)
    }

    /// Removes there what `keep` does not keep, for at most `timeout`. Safe beside other writers: metadata
    /// goes first, and payloads without metadata when they are a day old by the server's clock, which an
    /// empty object is written to learn.
    ///
    /// # Errors
    ///
    /// `Remote` when the network or the server fails, or the time is over: what went is gone, and the
    /// call can be repeated.
    pub fn retain(&self, keep: &Retention, timeout: Duration) -> Result<RetentionReport> {
        let attempt = format!("keeping the size of {}", self.url());
        let work = retain::retain(self.shared.engine.clone(), *keep);
        let driver = &self.shared.driver;
        driver.wait_for(&attempt, Some(deadline(timeout)), &Cancel::new(), work)
    }

    /// Figures since it was attached.
    pub fn stats(&self) -> RemoteStats {
        let of = |c: &AtomicU64| c.load(Ordering::Relaxed);
        let f = &self.shared.figures;
        RemoteStats {
            uploads: of(&f.uploads),
            uploaded_bytes: of(&f.uploaded_bytes),
            uploads_known: of(&f.uploads_known),
            upload_failures: of(&f.upload_failures),
            uploads_waiting: self.shared.outbox.len() as u64,
            uploads_dropped: of(&f.uploads_dropped),
            fetches: of(&f.fetches),
            brought: of(&f.brought),
            brought_bytes: of(&f.brought_bytes),
            missing: of(&f.missing),
            fetch_failures: of(&f.fetch_failures),
            fetch_timeouts: of(&f.fetch_timeouts),
            refused: of(&f.refused),
            skipped: of(&f.skipped),
            corrupt: of(&f.corrupt),
            foreign: of(&f.foreign),
        }
    }

    /// The last failure of an upload or a fetch, whoever caused it.
    pub fn last_failure(&self) -> Option<Error> {
        locked(&self.shared.failure).clone()
    }
}

fn left_until(until: Instant) -> impl Fn() -> Duration {
    move || until.saturating_duration_since(Instant::now())
}

/// Then, or in a year.
pub(super) fn deadline(timeout: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 86_400);
    Instant::now() + timeout.min(YEAR)
}
