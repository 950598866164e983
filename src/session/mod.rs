//! The session: one fit in progress under one key.

mod options;
mod policy;
mod queue;
mod slots;
mod writer;

use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::store::{Chore, Description, Entry, Inner, Lookup, Source, Store};
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, MutexGuard};
use policy::Policy;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use writer::Writer;

pub use options::SessionOptions;
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
}

impl Session {
    /// Opens a session on `key`. Nothing is read or written yet.
    pub fn open(store: &Store, key: Key, options: &SessionOptions) -> Result<Session> {
        let store = Arc::clone(store.inner());
        let run_id = store.new_session_run_id()?;
        let policy = Policy::new(options.min_interval());
        Ok(Session {
            writer: Arc::new(Writer::new(Arc::clone(&store), key, &run_id, policy)),
            store,
            key,
            run_id,
            options: options.clone(),
            finished: AtomicBool::new(false),
            preloaded: Mutex::new(None),
        })
    }

    /// The run that this session's best checkpoint and its answer are stored under.
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
    /// 1e-12, or if the minimum interval has passed since the last write. A non-finite objective is
    /// none. A write that fails does not count as written.
    ///
    /// With background writing, copies it for the store's thread instead. A failure there is
    /// reported by the next call, whose own payload is accepted all the same.
    pub fn checkpoint(
        &self,
        payload: &[u8],
        objective: Option<f64>,
        iteration: Option<u64>,
    ) -> Result<Outcome> {
        self.check_unfinished("writing a checkpoint")?;
        let description = self.describe(objective, iteration);
        if self.options.is_background() {
            self.writer.queue_checkpoint(payload, description)
        } else {
            self.writer.checkpoint(payload, &description)
        }
    }

    /// The same without the rate limit, durable on return.
    pub fn checkpoint_now(
        &self,
        payload: &[u8],
        objective: Option<f64>,
        iteration: Option<u64>,
    ) -> Result<()> {
        self.check_unfinished("writing a checkpoint")?;
        let description = self.describe(objective, iteration);
        self.writer.checkpoint_now(payload, &description)
    }

    /// Whether [`Session::checkpoint`] with this objective would write now. Takes tens of
    /// nanoseconds.
    pub fn should_checkpoint(&self, objective: Option<f64>) -> Result<bool> {
        self.check_unfinished("asking whether a checkpoint is due")?;
        let objective = objective.filter(|o| o.is_finite());
        Ok(self.writer.policy.is_due(objective))
    }

    /// Writes the fit's answer, as Final, and removes this session's checkpoints, which it
    /// supersedes. Both are durable on return. The session may go on.
    pub fn finalize(
        &self,
        payload: &[u8],
        objective: Option<f64>,
        iteration: Option<u64>,
    ) -> Result<()> {
        self.check_unfinished("writing the answer")?;
        let description = self.describe(objective, iteration);
        self.writer.finalize(payload, &description)
    }

    fn describe(&self, objective: Option<f64>, iteration: Option<u64>) -> Description {
        Description::with(objective, iteration, self.options.about())
    }

    /// Hands in an entry, from a related key for instance: the next [`Session::load`] answers it.
    pub fn preload(&self, entry: &Entry) {
        *self.preloaded() = Some(entry.with_source(Source::Preloaded));
    }

    /// The preloaded entry, once; else what lies under the session's key.
    pub fn load(&self) -> Result<Option<Entry>> {
        if let Some(entry) = self.preloaded().take() {
            return Ok(Some(entry));
        }
        self.stored()
    }

    /// What [`Session::load`] would answer; takes nothing.
    pub fn peek(&self) -> Result<Option<Entry>> {
        if let Some(entry) = &*self.preloaded() {
            return Ok(Some(entry.clone()));
        }
        self.stored()
    }

    /// [`Session::load`] of an entry whose payload has exactly `len` bytes.
    ///
    /// # Errors
    ///
    /// `Incompatible` when the length differs: nothing is taken.
    pub fn resume(&self, len: usize) -> Result<Option<Entry>> {
        let mut preloaded = self.preloaded();
        let entry = match &*preloaded {
            Some(entry) => entry.clone(),
            None => {
                drop(preloaded);
                return self
                    .stored()?
                    .map_or(Ok(None), |e| fitting(e, len).map(Some));
            }
        };
        let entry = fitting(entry, len)?;
        *preloaded = None;
        Ok(Some(entry))
    }

    fn stored(&self) -> Result<Option<Entry>> {
        let mode: Lookup = self.options.lookup_mode();
        self.store.lookup(self.key, mode)
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

/// The entry, if its payload has exactly `len` bytes.
fn fitting(entry: Entry, len: usize) -> Result<Entry> {
    let found = entry.payload().len();
    if found == len {
        return Ok(entry);
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
