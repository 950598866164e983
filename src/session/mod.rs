//! The session: one fit in progress under one key.

mod options;
mod policy;

use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::store::{Alive, Description, Entry, Inner, Kind, Lookup, Slot, Source, Store};
use policy::Policy;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use options::SessionOptions;

/// What became of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Written, and durable to the level the store was opened with.
    Written,
    /// The rate limit held it back; nothing was written.
    Throttled,
}

/// One fit in progress under one key. It keeps its best and its latest checkpoint apart, so that a
/// worse iterate never replaces the best, and needs no lock against other sessions on the same key.
///
/// Any number of threads may use one session at once.
pub struct Session {
    store: Arc<Inner>,
    key: Key,
    run_id: String,
    options: SessionOptions,
    policy: Policy,
    finished: AtomicBool,
    state: Mutex<State>,
}

/// The session's own slots. Best and latest are one entry while they are the same checkpoint.
struct State {
    /// Where the answer goes: the best checkpoint lies here too until there is one.
    answer: Slot,
    /// Where the best goes once `answer` holds a Final.
    best_after_final: Option<Slot>,
    latest: Slot,
    /// Checkpoints that a Final supersedes and that could not be removed yet.
    superseded: Vec<Slot>,
    /// Finals written so far.
    finals: u64,
    preloaded: Option<Entry>,
    alive: Option<Alive>,
}

impl Session {
    /// Opens a session on `key`. Nothing is read or written yet.
    pub fn open(store: &Store, key: Key, options: &SessionOptions) -> Result<Session> {
        let run_id = store.inner().new_session_run_id()?;
        let state = State {
            answer: Slot::fresh(key, run_id.clone()),
            best_after_final: None,
            latest: Slot::fresh(key, latest_run_id(&run_id)),
            superseded: Vec::new(),
            finals: 0,
            preloaded: None,
            alive: None,
        };
        Ok(Session {
            store: Arc::clone(store.inner()),
            key,
            run_id,
            policy: Policy::new(options.min_interval()),
            options: options.clone(),
            finished: AtomicBool::new(false),
            state: Mutex::new(state),
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

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
    pub fn checkpoint(
        &self,
        payload: &[u8],
        objective: Option<f64>,
        iteration: Option<u64>,
    ) -> Result<Outcome> {
        self.check_unfinished("writing a checkpoint")?;
        let description = self.describe(objective, iteration);
        if !self.policy.is_due(description.objective) {
            return Ok(Outcome::Throttled);
        }
        let mut state = self.state();
        // Another thread may have written while this one waited.
        if !self.policy.is_due(description.objective) {
            return Ok(Outcome::Throttled);
        }
        self.write_checkpoint(&mut state, payload, &description)?;
        Ok(Outcome::Written)
    }

    /// The same without the rate limit.
    pub fn checkpoint_now(
        &self,
        payload: &[u8],
        objective: Option<f64>,
        iteration: Option<u64>,
    ) -> Result<()> {
        self.check_unfinished("writing a checkpoint")?;
        let description = self.describe(objective, iteration);
        self.write_checkpoint(&mut self.state(), payload, &description)
    }

    /// Whether [`Session::checkpoint`] with this objective would write now. Takes tens of
    /// nanoseconds.
    pub fn should_checkpoint(&self, objective: Option<f64>) -> Result<bool> {
        self.check_unfinished("asking whether a checkpoint is due")?;
        Ok(self.policy.is_due(objective.filter(|o| o.is_finite())))
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
        let mut state = self.state();
        let state = &mut *state;
        self.mark_alive(state);
        if state.best_after_final.is_none() && state.latest.is_stored() {
            // The answer takes the best checkpoint's place. Before that it takes the latest one's, or that
            // would be what a crash in between leaves to be answered, worse as it is.
            self.store
                .publish(&mut state.latest, payload, Kind::Final, &description)?;
        }
        self.store
            .publish(&mut state.answer, payload, Kind::Final, &description)?;
        self.policy.note_written(description.objective);
        state.superseded.extend(state.best_after_final.take());
        state.finals += 1;
        let next = format!("{}{:02x}", self.run_id, state.finals);
        state.superseded.push(std::mem::replace(
            &mut state.latest,
            Slot::fresh(self.key, latest_run_id(&next)),
        ));
        state.best_after_final = Some(Slot::fresh(self.key, next));
        while let Some(slot) = state.superseded.last_mut() {
            self.store.clear_slot(slot, true)?;
            state.superseded.pop();
        }
        Ok(())
    }

    fn describe(&self, objective: Option<f64>, iteration: Option<u64>) -> Description {
        let mut description = Description::new(objective, iteration);
        self.options.describe(&mut description);
        description
    }

    fn mark_alive(&self, state: &mut State) {
        match &state.alive {
            Some(alive) => alive.heartbeat(),
            // Without a mark the session's entries are merely evicted like any other's.
            None => state.alive = Alive::mark(&self.store, &self.run_id).ok(),
        }
    }

    fn write_checkpoint(
        &self,
        state: &mut State,
        payload: &[u8],
        description: &Description,
    ) -> Result<()> {
        self.mark_alive(state);
        let is_best = self.policy.is_best(description.objective);
        let best = state.best_after_final.as_mut().unwrap_or(&mut state.answer);
        let slot = if is_best { best } else { &mut state.latest };
        self.store
            .publish(slot, payload, Kind::Checkpoint, description)?;
        self.policy.note_written(description.objective);
        if is_best {
            // The best is the latest too. What is left, or comes back after a crash, is older and no
            // better, and goes with the next.
            let _ = self.store.clear_slot(&mut state.latest, false);
        }
        Ok(())
    }

    /// Hands in an entry, from a related key for instance: the next [`Session::load`] answers it.
    pub fn preload(&self, entry: &Entry) {
        self.state().preloaded = Some(entry.with_source(Source::Preloaded));
    }

    /// The preloaded entry, once; else what lies under the session's key.
    pub fn load(&self) -> Result<Option<Entry>> {
        if let Some(entry) = self.state().preloaded.take() {
            return Ok(Some(entry));
        }
        self.stored()
    }

    /// What [`Session::load`] would answer; takes nothing.
    pub fn peek(&self) -> Result<Option<Entry>> {
        if let Some(entry) = &self.state().preloaded {
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
        let mut state = self.state();
        let preloaded = state.preloaded.is_some();
        let entry = match &state.preloaded {
            Some(entry) => entry.clone(),
            None => {
                drop(state);
                let Some(entry) = self.stored()? else {
                    return Ok(None);
                };
                state = self.state();
                entry
            }
        };
        if entry.payload().len() != len {
            return Err(Error::new(
                ErrorKind::Incompatible,
                format!("resuming from run {} under key {}", entry.run_id(), entry.key()),
                format!(
                    "the stored payload has {} bytes, and {len} were asked for",
                    entry.payload().len(),
                ),
                "Make the key depend on everything that shapes the state, or load the entry and convert it",
            ));
        }
        if preloaded {
            state.preloaded = None;
        }
        Ok(Some(entry))
    }

    fn stored(&self) -> Result<Option<Entry>> {
        let mode: Lookup = self.options.lookup_mode();
        self.store.lookup(self.key, mode)
    }

    /// Waits until everything accepted is durable. Every checkpoint is durable when it returns, so
    /// there is nothing to wait for.
    pub fn flush(&self) {}

    /// Ends the writing half of the session; repeated calls do nothing.
    pub fn finish(&self) {
        self.finished.store(true, Ordering::Release);
        self.state().alive = None;
    }
}

/// The run id that the latest checkpoint of the session `run_id` is stored under.
fn latest_run_id(run_id: &str) -> String {
    run_id.strip_prefix("ckpt-").unwrap_or(run_id).to_owned()
}
