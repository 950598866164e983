//! The writing half of a session: in the caller's thread, or in the store's.

use super::policy::Policy;
use super::queue::Queue;
use super::slots::Slots;
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::store::{Chore, Description, Inner, Turn};
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Condvar, Mutex, MutexGuard};
use std::sync::{Arc, PoisonError};
use std::time::Instant;

/// A session that nobody holds any more gives up after so many failures in a row: with the pauses
/// between them, after some minutes.
const LAST_FAILURE: u32 = 12;

/// What became of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Written, and durable to the level the store was opened with.
    Written,
    /// Copied and accepted by the background writer; not durable yet.
    Queued,
    /// The rate limit held it back; nothing was written.
    Throttled,
}

/// Shared by the session's handle and, with background writing, the store's thread. Locks are taken
/// in the order slots, queue; the queue's is never held while anything is written.
pub(super) struct Writer {
    pub store: Arc<Inner>,
    key: Key,
    pub policy: Policy,
    slots: Mutex<Slots>,
    queue: Mutex<Queue>,
    /// Something was written, or could not be.
    settled: Condvar,
    /// A failure waits to be reported.
    has_failed: AtomicBool,
    /// The store's thread looks after this.
    is_looked_after: AtomicBool,
}

impl Writer {
    pub fn new(store: Arc<Inner>, key: Key, run_id: &str, policy: Policy) -> Writer {
        Writer {
            store,
            key,
            policy,
            slots: Mutex::new(Slots::new(key, run_id)),
            queue: Mutex::default(),
            settled: Condvar::new(),
            has_failed: AtomicBool::new(false),
            is_looked_after: AtomicBool::new(false),
        }
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes now if it is due.
    pub fn checkpoint(&self, payload: &[u8], description: &Description) -> Result<Outcome> {
        if !self.policy.is_due(description.objective) {
            return Ok(Outcome::Throttled);
        }
        let mut slots = self.slots();
        // Another thread may have written while this one waited.
        if !self.policy.is_due(description.objective) {
            return Ok(Outcome::Throttled);
        }
        self.write(&mut slots, payload, description)?;
        Ok(Outcome::Written)
    }

    fn write(&self, slots: &mut Slots, payload: &[u8], description: &Description) -> Result<()> {
        let is_best = self.policy.is_best(description.objective);
        slots.checkpoint(&self.store, payload, description, is_best)?;
        self.policy.note_written(description.objective);
        Ok(())
    }

    /// Copies it for the store's thread if it is due. A failure of an earlier one is reported, and
    /// this one accepted all the same.
    pub fn queue_checkpoint(
        self: &Arc<Self>,
        payload: &[u8],
        description: Description,
    ) -> Result<Outcome> {
        if !self.policy.is_due(description.objective) {
            return self.report().map(|()| Outcome::Throttled);
        }
        self.store
            .check_acceptable(self.key, payload.len() as u64, &description)?;
        if !self.is_looked_after.load(Ordering::Acquire) && self.be_looked_after().is_err() {
            // No thread can be started: then this one writes.
            return self.checkpoint(payload, &description);
        }
        let mut buffer = self.queue().buffer();
        copy(&mut buffer, payload)?;
        let mut queue = self.queue();
        if queue.closed {
            // The store's thread met a defect here, and looks after it no more.
            return Err(abandoned());
        }
        if !self.policy.is_due(description.objective) {
            queue.give_back(buffer);
            return Ok(Outcome::Throttled);
        }
        let objective = description.objective;
        queue.push(buffer, description, self.policy.is_best(objective));
        self.policy.note_written(objective);
        drop(queue);
        self.report().map(|()| Outcome::Queued)
    }

    fn be_looked_after(self: &Arc<Self>) -> Result<()> {
        let _one_at_a_time = self.queue();
        if !self.is_looked_after.load(Ordering::Acquire) {
            self.store
                .worker()
                .look_after(Arc::clone(self) as Arc<dyn Chore>)?;
            self.is_looked_after.store(true, Ordering::Release);
        }
        Ok(())
    }

    fn report(&self) -> Result<()> {
        if !self.has_failed.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut queue = self.queue();
        self.has_failed.store(false, Ordering::Release);
        queue.report()
    }

    /// Writes at once, durably, after a best that waits.
    pub fn checkpoint_now(&self, payload: &[u8], description: &Description) -> Result<()> {
        let mut slots = self.slots();
        let (by, waiting) = {
            let mut queue = self.queue();
            let by = queue.accepted();
            let better = !self.policy.is_best(description.objective);
            (by, if better { queue.take_best(by) } else { None })
        };
        if let Some(best) = waiting {
            let done = slots.checkpoint(&self.store, &best.payload, &best.description, true);
            let mut queue = self.queue();
            match done {
                Ok(()) => queue.written(best),
                Err(e) => {
                    queue.put_back(best);
                    return Err(e);
                }
            }
        }
        self.write(&mut slots, payload, description)?;
        // What waited is older and no better.
        self.queue().drop_until(by);
        drop(slots);
        self.settled.notify_all();
        self.report()
    }

    /// Writes the answer; what waits is superseded by it.
    pub fn finalize(&self, payload: &[u8], description: &Description) -> Result<()> {
        let mut slots = self.slots();
        let by = self.queue().accepted();
        slots.finalize(&self.store, payload, description)?;
        self.policy.note_written(description.objective);
        self.queue().drop_until(by);
        drop(slots);
        self.settled.notify_all();
        self.report()
    }

    /// No thread is started for the queue.
    #[cfg(test)]
    pub fn leave_to_caller(&self) {
        self.is_looked_after.store(true, Ordering::Release);
    }

    /// Other engines find everything that is durable; false when the wait ended first.
    pub fn export(&self, deadline: Option<Instant>) -> Result<bool> {
        if self.store.publishes_behind() {
            return self.store.catch_up(Some(self.key), deadline);
        }
        self.slots().export(&self.store)?;
        Ok(true)
    }

    /// The handle writes no more, and nothing waits; false when the wait ended first.
    pub fn end(&self, deadline: Option<Instant>) -> Result<bool> {
        let behind = self.store.publishes_behind();
        self.slots().end(&self.store, !behind)?;
        if behind {
            return self.store.catch_up(Some(self.key), deadline);
        }
        Ok(true)
    }

    /// The handle is gone: what was accepted is still written.
    pub fn close(&self) {
        if self.is_looked_after.load(Ordering::Acquire) {
            self.queue().closed = true;
            self.store.worker().hurry();
        } else {
            let _ = self.slots().end(&self.store, false);
        }
    }
}

fn abandoned() -> Error {
    Error::new(
        ErrorKind::Poisoned,
        "queueing a checkpoint",
        "an earlier one met a defect of libwarmstart in the background",
        "Use another session",
    )
}

fn copy(buffer: &mut Vec<u8>, payload: &[u8]) -> Result<()> {
    buffer.clear();
    buffer.try_reserve_exact(payload.len()).map_err(|_| {
        Error::new(
            ErrorKind::NoMemory,
            "copying a checkpoint for the background writer",
            format!("{} bytes could not be allocated", payload.len()),
            "Free memory, or turn background writing off; nothing was changed",
        )
    })?;
    buffer.extend_from_slice(payload);
    Ok(())
}

impl Chore for Writer {
    fn turn(&self) -> Turn {
        // First, so that nothing is taken that an answer being written supersedes.
        let mut slots = self.slots();
        let mut queue = self.queue();
        let Some(next) = queue.take() else {
            let over = queue.closed && (queue.is_empty() || queue.failures() > LAST_FAILURE);
            if !over {
                return Turn::Idle;
            }
            let _ = slots.end(&self.store, false);
            return Turn::Over;
        };
        drop(queue);
        let done = slots.checkpoint(&self.store, &next.payload, &next.description, next.is_best);
        let mut queue = self.queue();
        match done {
            Ok(()) => queue.written(next),
            Err(e) => {
                queue.failed(next, e);
                self.has_failed.store(true, Ordering::Release);
            }
        }
        drop(queue);
        self.settled.notify_all();
        Turn::Done
    }

    fn settle(&self, deadline: Option<Instant>) -> Result<bool> {
        let mut queue = self.queue();
        queue.try_now();
        let failures = queue.failures();
        if !queue.is_empty() {
            self.store.worker().hurry();
        }
        // A failure while this waits ends the wait.
        while !queue.is_empty() && (queue.failures() <= failures || !queue.has_failed()) {
            let left = deadline.map(|d| d.saturating_duration_since(Instant::now()));
            match left {
                Some(left) if left.is_zero() => break,
                Some(left) => {
                    let waited = self.settled.wait_timeout(queue, left);
                    queue = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
                None => {
                    let waited = self.settled.wait(queue);
                    queue = waited.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
        self.has_failed.store(false, Ordering::Release);
        queue.report()?;
        Ok(queue.is_empty())
    }

    fn fail(&self, why: &str) {
        self.queue().abandon(why);
        self.has_failed.store(true, Ordering::Release);
        self.settled.notify_all();
    }
}
