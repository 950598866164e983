//! The writing half of a session: in the caller's thread, or in the store's.

use super::contents::Contents;
use super::live::Reporter;
use super::policy::Policy;
use super::progress::{Figures, SessionProgress};
use super::queue::Queue;
use super::slots::Slots;
use super::trace::Recorder;
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::store::{Chore, Description, Inner, Keep, Trace, Turn};
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
    pub figures: Figures,
    reporter: Reporter,
    recorder: Mutex<Recorder>,
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
    pub fn new(store: Arc<Inner>, key: Key, run_id: &str, policy: Policy, keep: Keep) -> Writer {
        let reporter = Reporter::new(key, store.now());
        Writer {
            store,
            key,
            policy,
            figures: Figures::default(),
            reporter,
            recorder: Mutex::new(Recorder::new()),
            slots: Mutex::new(Slots::new(key, run_id, keep)),
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

    pub fn recorder(&self) -> MutexGuard<'_, Recorder> {
        self.recorder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> i64 {
        self.store.coarse_monotonic()
    }

    /// Whether a checkpoint with this objective would be accepted now.
    pub fn is_due(&self, objective: Option<f64>) -> bool {
        self.policy.is_due(objective, || self.now())
    }

    fn is_still_due(&self, description: &Description) -> bool {
        let due = self
            .policy
            .is_still_due(description.objective, || self.now());
        if !due {
            self.figures.note_throttled();
        }
        due
    }

    /// Notes in the trace what the caller has come to.
    fn note(&self, description: &Description) {
        let since = self.now().saturating_sub(self.policy.started);
        let (iteration, objective) = (description.iteration, description.objective);
        self.recorder().note(since, iteration, objective);
    }

    /// How many checkpoints wait for the store's thread.
    fn waiting(&self) -> usize {
        self.queue().len()
    }

    /// How the session went until now.
    pub fn trace(&self) -> Trace {
        let cost = self.policy.spent().cost.mean();
        Trace::new(self.reporter.opened(), cost, self.recorder().points())
    }

    /// The same as it is stored.
    fn traced(&self, description: &Description) -> Description {
        let cost = self.policy.spent().cost.mean();
        let mut recorder = self.recorder();
        description.traced(Trace::text_of(
            self.reporter.opened(),
            cost,
            recorder.texts_to_store(),
        ))
    }

    /// Writes now if it is due.
    pub fn checkpoint(&self, contents: Contents<'_>, description: &Description) -> Result<Outcome> {
        self.note(description);
        if !self.is_due(description.objective) {
            self.figures.note_throttled();
            return Ok(Outcome::Throttled);
        }
        self.write_if_due(contents, description)
    }

    fn write_if_due(&self, contents: Contents<'_>, description: &Description) -> Result<Outcome> {
        let mut slots = self.slots();
        // Another thread may have written while this one waited.
        if !self.is_still_due(description) {
            return Ok(Outcome::Throttled);
        }
        self.made(contents, |payload| {
            self.write(&mut slots, payload, description)
        })?;
        Ok(Outcome::Written)
    }

    /// Hands over the payload, made in a buffer that is kept for the next where it is not there yet.
    fn made<T>(&self, contents: Contents<'_>, body: impl FnOnce(&[u8]) -> Result<T>) -> Result<T> {
        match contents {
            Contents::Bytes(payload) => body(payload),
            Contents::Built(build) => {
                let mut buffer = self.queue().buffer();
                let done = build(&mut buffer).and_then(|()| body(&buffer));
                self.queue().give_back(buffer);
                done
            }
        }
    }

    /// In the caller's thread.
    fn write(&self, slots: &mut Slots, payload: &[u8], description: &Description) -> Result<()> {
        let nanos = self.publish(slots, payload, description)?;
        self.figures.note_blocked(nanos);
        self.policy.note_accepted(description.objective, self.now());
        Ok(())
    }

    /// Writes, and measures what that takes, in nanoseconds.
    fn publish(&self, slots: &mut Slots, payload: &[u8], description: &Description) -> Result<i64> {
        // Asked now: since one that waited was accepted, a caller may have written something better.
        let is_best = self.policy.is_best(description.objective);
        let description = self.traced(description);
        let done = self.measured(|| slots.checkpoint(&self.store, payload, &description, is_best));
        self.report(slots, &description, done.is_ok());
        done
    }

    /// How the session is getting on `now`, by the monotonic clock.
    pub fn progress(&self, now: i64) -> SessionProgress {
        let waiting = self.waiting();
        let recorder = self.recorder();
        SessionProgress::new(&self.policy, &self.figures, &recorder, waiting, now)
    }

    /// Tells whoever watches, from any process. Only beside a write, and not beside each, so that it costs
    /// next to nothing.
    fn report(&self, slots: &mut Slots, description: &Description, is_written: bool) {
        if !self.store.publishes_behind() {
            // Each step is looked at there, with whatever a crash leaves of it: one more that nothing
            // depends on would only multiply them.
            return;
        }
        slots.report(self.now(), |now| {
            let label = description.about.label.as_deref();
            let mut progress = self.progress(now);
            if let (true, Some(objective)) = (is_written, description.objective) {
                // It is accepted only when this is over.
                let best = progress.best_objective.unwrap_or(objective);
                progress.best_objective = Some(best.min(objective));
            }
            self.reporter.line(label, progress, self.store.now())
        });
    }

    fn measured(&self, write: impl FnOnce() -> Result<()>) -> Result<i64> {
        let begun = self.store.monotonic();
        let done = write();
        let ended = self.store.monotonic();
        match &done {
            Ok(()) => self.policy.note_written(ended.saturating_sub(begun), ended),
            Err(_) => self.figures.note_failed(),
        }
        done.map(|()| ended.saturating_sub(begun))
    }

    /// Copies it for the store's thread if it is due, or has it made there. A failure of an earlier
    /// one is reported, and this one accepted all the same.
    pub fn queue_checkpoint(
        self: &Arc<Self>,
        contents: Contents<'_>,
        description: Description,
    ) -> Result<Outcome> {
        self.note(&description);
        if !self.is_due(description.objective) {
            self.figures.note_throttled();
            return self.report_failure().map(|()| Outcome::Throttled);
        }
        let check = |len: usize| {
            self.store
                .check_acceptable(self.key, len as u64, &description)
        };
        if let Contents::Bytes(payload) = contents {
            check(payload.len())?;
        }
        if !self.is_looked_after.load(Ordering::Acquire) && self.be_looked_after().is_err() {
            // No thread can be started: then this one writes.
            return self.write_if_due(contents, &description);
        }
        let begun = self.store.monotonic();
        let mut buffer = self.queue().buffer();
        let made = match contents {
            Contents::Bytes(payload) => copy(&mut buffer, payload),
            Contents::Built(build) => build(&mut buffer).and_then(|()| check(buffer.len())),
        };
        let mut queue = self.queue();
        if let Err(e) = made {
            queue.give_back(buffer);
            return Err(e);
        }
        if queue.closed {
            // The store's thread met a defect here, and looks after it no more.
            return Err(abandoned());
        }
        if !self.is_still_due(&description) {
            queue.give_back(buffer);
            return Ok(Outcome::Throttled);
        }
        let objective = description.objective;
        queue.push(buffer, description, self.policy.is_best(objective));
        self.policy.note_accepted(objective, self.now());
        drop(queue);
        let nanos = self.store.monotonic().saturating_sub(begun);
        self.figures.note_blocked(nanos);
        self.report_failure().map(|()| Outcome::Queued)
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

    fn report_failure(&self) -> Result<()> {
        if !self.has_failed.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut queue = self.queue();
        self.has_failed.store(false, Ordering::Release);
        queue.report()
    }

    /// Writes at once, durably, after a best that waits.
    pub fn checkpoint_now(&self, contents: Contents<'_>, description: &Description) -> Result<()> {
        self.note(description);
        let mut slots = self.slots();
        let (by, waiting) = {
            let mut queue = self.queue();
            let by = queue.accepted();
            let better = !self.policy.is_best(description.objective);
            (by, if better { queue.take_best(by) } else { None })
        };
        if let Some(best) = waiting {
            let done = self.publish(&mut slots, &best.payload, &best.description);
            let mut queue = self.queue();
            match done {
                Ok(nanos) => {
                    self.figures.note_blocked(nanos);
                    queue.written(best);
                    // Whatever becomes of this caller's own.
                    self.settled.notify_all();
                }
                Err(e) => {
                    queue.put_back(best);
                    return Err(e);
                }
            }
        }
        self.made(contents, |payload| {
            self.write(&mut slots, payload, description)
        })?;
        // What waited is older and no better.
        self.queue().drop_until(by);
        drop(slots);
        self.settled.notify_all();
        self.report_failure()
    }

    /// Writes the answer; what waits is superseded by it.
    pub fn finalize(&self, contents: Contents<'_>, description: &Description) -> Result<()> {
        self.note(description);
        let mut slots = self.slots();
        let by = self.queue().accepted();
        let traced = self.traced(description);
        let nanos = self.made(contents, |payload| {
            let done = self.measured(|| slots.finalize(&self.store, payload, &traced));
            self.report(&mut slots, description, done.is_ok());
            done
        })?;
        self.figures.note_blocked(nanos);
        self.policy.note_accepted(description.objective, self.now());
        self.queue().drop_until(by);
        drop(slots);
        self.settled.notify_all();
        self.report_failure()
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
        let on_schedule = self.policy.may_publish(self.now());
        let Some(next) = queue.take(on_schedule) else {
            let over = queue.closed && (queue.is_empty() || queue.failures() > LAST_FAILURE);
            if !over {
                return Turn::Idle;
            }
            let _ = slots.end(&self.store, false);
            return Turn::Over;
        };
        drop(queue);
        let done = self.publish(&mut slots, &next.payload, &next.description);
        let mut queue = self.queue();
        match done {
            Ok(_) => queue.written(next),
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
        queue.make_urgent();
        let failures = queue.failures();
        if queue.is_urgent() {
            self.store.worker().hurry();
        }
        // A failure while this waits ends the wait.
        while queue.is_urgent() && (queue.failures() <= failures || !queue.has_failed()) {
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
        Ok(!queue.is_urgent())
    }

    fn fail(&self, why: &str) {
        self.queue().abandon(why);
        self.has_failed.store(true, Ordering::Release);
        self.settled.notify_all();
    }
}
