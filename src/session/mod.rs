//! The session: one fit in progress under one key.

mod confirm;
mod contents;
mod cost;
mod deadline;
mod history;
mod interval;
mod live;
mod options;
mod policy;
mod progress;
mod queue;
mod regions;
mod seeds;
mod slots;
mod stop;
mod trace;
mod writer;

use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::store::{Chore, Description, Entry, Inner, Lookup, Source, Store, Trace};
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, MutexGuard};
use confirm::Taken;
pub(crate) use contents::Contents;
use policy::Policy;
use seeds::Start;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use stop::Stop;
use writer::Writer;

pub use crate::store::SEED_KEYS;
pub use deadline::DeadlineSource;
pub use interval::IntervalFormula;
pub use live::LiveSession;
pub use options::SessionOptions;
pub use progress::SessionProgress;
pub use stop::{StopInfo, StopReason};
pub use writer::Outcome;

/// One fit in progress under one key. It keeps its best and its latest checkpoint apart, so that a
/// worse iterate never replaces the best, and needs no lock against other sessions on the same key.
///
/// Any number of threads may use one session at once.
pub struct Session {
    store: Arc<Inner>,
    key: Key,
    run_id: String,
    options: SessionOptions,
    writer: Arc<Writer>,
    finished: AtomicBool,
    preloaded: Mutex<Option<Entry>>,
    stop: Stop,
    taken: Taken,
    start: Start,
}

impl Session {
    /// Opens a session on `key`. Nothing is read or written yet.
    pub fn open(store: &Store, key: Key, options: &SessionOptions) -> Result<Session> {
        let store = Arc::clone(store.inner());
        let run_id = store.new_session_run_id()?;
        let policy = Policy::new(options, store.coarse_monotonic());
        Ok(Session {
            stop: Stop::new(options, store.as_ref()),
            taken: Taken::default(),
            writer: Arc::new(Writer::new(
                Arc::clone(&store),
                key,
                &run_id,
                policy,
                options.keep(),
            )),
            store,
            key,
            run_id,
            options: options.clone(),
            finished: AtomicBool::new(false),
            preloaded: Mutex::new(None),
            start: options.start(),
        })
    }

    /// The run that this session's answer is stored under, and its best checkpoint unless its options say how
    /// many to keep.
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// The key this session was opened on.
    pub fn key(&self) -> Key {
        self.key
    }

    fn preloaded(&self) -> MutexGuard<'_, Option<Entry>> {
        self.preloaded
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn check_unfinished(&self, attempt: &'static str) -> Result<()> {
        if !self.finished.load(Ordering::Acquire) {
            return Ok(());
        }
        Err(Error::invalid(
            attempt,
            "this session is finished",
            "Open a new session to go on writing under this key",
        ))
    }

    /// Writes the payload if the objective improves on the best this session has seen by more than
    /// 1e-12, or if the minimum interval has passed since the last write and another one keeps within
    /// the share of run time. A non-finite objective is none. A write that fails does not count as
    /// written.
    ///
    /// With background writing, copies it for the store's thread instead, which writes it when the share
    /// allows it. A failure there is reported by the next call, whose own payload is accepted all the
    /// same.
    pub fn checkpoint(
        &self,
        payload: &[u8],
        objective: Option<f64>,
        iteration: Option<u64>,
    ) -> Result<Outcome> {
        self.checkpoint_contents(Contents::Bytes(payload), objective, iteration)
    }

    pub(crate) fn checkpoint_contents(
        &self,
        contents: Contents<'_>,
        objective: Option<f64>,
        iteration: Option<u64>,
    ) -> Result<Outcome> {
        self.check_unfinished("writing a checkpoint")?;
        let description = self.describe(objective, iteration);
        let outcome = if self.options.is_background() {
            self.writer.queue_checkpoint(contents, description)
        } else {
            self.writer.checkpoint(contents, &description)
        }?;
        if outcome != Outcome::Throttled {
            self.start.progressed();
        }
        Ok(outcome)
    }

    /// The same without the rate limit, durable on return.
    pub fn checkpoint_now(
        &self,
        payload: &[u8],
        objective: Option<f64>,
        iteration: Option<u64>,
    ) -> Result<()> {
        self.checkpoint_contents_now(Contents::Bytes(payload), objective, iteration)
    }

    pub(crate) fn checkpoint_contents_now(
        &self,
        contents: Contents<'_>,
        objective: Option<f64>,
        iteration: Option<u64>,
    ) -> Result<()> {
        self.check_unfinished("writing a checkpoint")?;
        let description = self.describe(objective, iteration);
        self.writer.checkpoint_now(contents, &description)?;
        self.start.progressed();
        Ok(())
    }

    /// Whether [`Session::checkpoint`] with this objective would write now. Takes tens of
    /// nanoseconds.
    pub fn should_checkpoint(&self, objective: Option<f64>) -> Result<bool> {
        self.check_unfinished("asking whether a checkpoint is due")?;
        let objective = objective.filter(|o| o.is_finite());
        Ok(self.writer.is_due(objective))
    }

    /// Whether to stop now: because of a deadline, early enough for one more iteration and a
    /// checkpoint to become durable; of the halt file; or of a signal that was noted. Takes tens of
    /// nanoseconds, and once a second a few system calls.
    pub fn should_stop(&self) -> bool {
        self.stop
            .poll(self.writer.policy.upper(), self.store.as_ref())
    }

    /// Why to stop, and how much time is left.
    pub fn stop_info(&self) -> StopInfo {
        self.stop
            .info(self.writer.policy.upper(), self.store.as_ref())
    }

    /// The same in words.
    pub fn stop_words(&self) -> String {
        self.stop.words(&self.stop_info())
    }

    /// How the session is getting on.
    pub fn progress(&self) -> SessionProgress {
        self.writer.progress(self.store.coarse_monotonic())
    }

    /// What the session was told by its checkpoints, thinned; see [`Store::trace`] for other runs'.
    pub fn trace(&self) -> Trace {
        self.writer.trace()
    }

    /// Writes the fit's answer, as Final, and removes this session's checkpoints, which it
    /// supersedes. Both are durable on return. The session may go on.
    pub fn finalize(
        &self,
        payload: &[u8],
        objective: Option<f64>,
        iteration: Option<u64>,
    ) -> Result<()> {
        self.finalize_contents(Contents::Bytes(payload), objective, iteration)
    }

    pub(crate) fn finalize_contents(
        &self,
        contents: Contents<'_>,
        objective: Option<f64>,
        iteration: Option<u64>,
    ) -> Result<()> {
        self.check_unfinished("writing the answer")?;
        let description = self.describe(objective, iteration);
        self.writer.finalize(contents, &description)?;
        self.start.progressed();
        Ok(())
    }

    fn describe(&self, objective: Option<f64>, iteration: Option<u64>) -> Description {
        Description::with(objective, iteration, self.options.about())
    }

    /// Hands in an entry, from a related key for instance: the next [`Session::load`] answers it.
    pub fn preload(&self, entry: &Entry) {
        *self.preloaded() = Some(entry.with_source(Source::Preloaded));
    }

    /// The preloaded entry, once; else what lies under the session's key, but for checkpoints from which too
    /// many restarts have failed; else the latest of what lies under the nearest seed key that has
    /// anything.
    pub fn load(&self) -> Result<Option<Entry>> {
        let preloaded = self.preloaded().take();
        let (found, passed_over) = match preloaded {
            Some(entry) => (Some(entry), 0),
            None => self.stored(&|_| true)?,
        };
        Ok(self.begin_from(found, passed_over))
    }

    /// Notes what the fit begins from.
    fn begin_from(&self, found: Option<Entry>, passed_over: u64) -> Option<Entry> {
        self.start.begin(&self.store, found.as_ref(), passed_over);
        let entry = found.as_ref()?;
        self.taken.note(entry);
        if let Some(seconds) = entry.trace().and_then(|t| t.write_seconds) {
            let now = self.store.coarse_monotonic();
            self.writer.policy.note_resumed(seconds, now);
        }
        found
    }

    /// What [`Session::load`] would answer; takes and counts nothing.
    pub fn peek(&self) -> Result<Option<Entry>> {
        if let Some(entry) = &*self.preloaded() {
            return Ok(Some(entry.clone()));
        }
        Ok(self.stored(&|_| true)?.0)
    }

    /// [`Session::load`] of an entry whose payload has exactly `len` bytes; seeds of another length are
    /// passed over.
    ///
    /// # Errors
    ///
    /// `Incompatible` when the length differs otherwise: nothing is taken.
    pub fn resume(&self, len: usize) -> Result<Option<Entry>> {
        let fitting = self.load_fitting(|e| fitting(e, len))?;
        Ok(fitting.map(|(entry, ())| entry))
    }

    /// [`Session::load`] of an entry that `fits`, with what that gives; what does not fit is not
    /// taken.
    pub(crate) fn load_fitting<T>(
        &self,
        fits: impl Fn(&Entry) -> Result<T>,
    ) -> Result<Option<(Entry, T)>> {
        let mut preloaded = self.preloaded();
        let (found, passed_over) = match preloaded.clone() {
            Some(entry) => {
                let fit = fits(&entry)?;
                *preloaded = None;
                (Some((entry, fit)), 0)
            }
            None => {
                drop(preloaded);
                // Relatives that do not fit are passed over.
                let (found, passed_over) = self.stored(&|e| fits(e).is_ok())?;
                let fit = found.map(|e| fits(&e).map(|fit| (e, fit)));
                (fit.transpose()?, passed_over)
            }
        };
        let (entry, fit) = found.unzip();
        Ok(self.begin_from(entry, passed_over).zip(fit))
    }

    fn stored(&self, seed_fits: &dyn Fn(&Entry) -> bool) -> Result<(Option<Entry>, u64)> {
        let mode: Lookup = self.options.lookup_mode();
        let refused = self.taken.refused();
        let start = &self.start;
        start.find(&self.store, self.key, mode, seed_fits, refused)
    }

    /// Waits until everything accepted so far is durable; false when the wait ended first.
    ///
    /// # Errors
    ///
    /// What failed in the background, once.
    pub fn flush(&self, timeout: Duration) -> Result<bool> {
        let deadline = Instant::now().checked_add(timeout);
        // No lock is waited for that is held while a disk does not answer.
        Ok(self.writer.settle(deadline)? && self.writer.export(deadline)?)
    }

    /// Ends the writing half of the session and flushes, for at most the option's timeout; false
    /// when the wait ended first. It may be repeated.
    ///
    /// # Errors
    ///
    /// What failed in the background, once.
    pub fn finish(&self) -> Result<bool> {
        self.finished.store(true, Ordering::Release);
        self.start.ended();
        let deadline = Instant::now().checked_add(self.options.finish_timeout());
        Ok(self.writer.settle(deadline)? && self.writer.end(deadline)?)
    }
}

#[cfg(test)]
impl Session {
    /// Starts no thread for what is queued: who calls this takes the turns.
    pub(crate) fn without_thread(self) -> Session {
        self.writer.leave_to_caller();
        self
    }

    /// Writes what waits first, as the store's thread would.
    pub(crate) fn turn(&self) -> crate::store::Turn {
        self.writer.turn()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.writer.close();
    }
}

/// Whether the payload has exactly `len` bytes.
fn fitting(entry: &Entry, len: usize) -> Result<()> {
    let found = entry.payload().len();
    if found == len {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Incompatible,
        format!(
            "resuming from run {} under key {}",
            entry.run_id(),
            entry.key()
        ),
        format!("the stored payload has {found} bytes, and {len} were asked for"),
        "Make the key depend on everything that shapes the state, or load the entry and convert it",
    ))
}
