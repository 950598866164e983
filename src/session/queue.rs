//! What background checkpoints wait in: at most the best and the latest of a session.
//!
//! A newer latest replaces one that waits; the best is replaced only by a better one, which is the
//! latest too. Buffers are used again, so that a copy goes into memory that is warm.

use crate::error::{Error, ErrorKind, Result};
use crate::store::Description;
use std::time::{Duration, Instant};

/// One being written, one best, one latest.
const BUFFERS: usize = 3;
const FIRST_RETRY: Duration = Duration::from_millis(500);
const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// A checkpoint that was accepted.
pub(super) struct Queued {
    pub payload: Vec<u8>,
    pub description: Description,
    pub is_best: bool,
    /// In order of acceptance.
    pub number: u64,
}

#[derive(Default)]
pub(super) struct Queue {
    best: Option<Queued>,
    latest: Option<Queued>,
    buffers: Vec<Vec<u8>>,
    accepted: u64,
    /// The number of one that was taken and is being written.
    writing: Option<u64>,
    /// Somebody waits for those accepted until this one: they are written whatever the schedule says.
    urgent: u64,
    /// Of the last write that failed and was not reported.
    failure: Option<Error>,
    failures: u32,
    retry_at: Option<Instant>,
    /// The session's handle is gone: nothing more will come.
    pub closed: bool,
}

impl Queue {
    /// A buffer that was used before, or an empty one.
    pub fn buffer(&mut self) -> Vec<u8> {
        self.buffers.pop().unwrap_or_default()
    }

    pub fn give_back(&mut self, buffer: Vec<u8>) {
        if self.buffers.len() < BUFFERS {
            self.buffers.push(buffer);
        }
    }

    fn drop_queued(&mut self, queued: Option<Queued>) {
        if let Some(q) = queued {
            self.give_back(q.payload);
        }
    }

    pub fn push(&mut self, payload: Vec<u8>, description: Description, is_best: bool) {
        self.accepted += 1;
        let queued = Queued {
            payload,
            description,
            is_best,
            number: self.accepted,
        };
        let latest = self.latest.take();
        let best = if is_best {
            self.best.replace(queued)
        } else {
            self.latest = Some(queued);
            None
        };
        let replaced = latest.as_ref().into_iter().chain(&best);
        if let Some(first) = replaced.map(|q| q.number).min() {
            self.wait_on(first);
        }
        self.drop_queued(latest);
        self.drop_queued(best);
        // Whoever gives more wants to know soon whether it can be stored now.
        if self.failures > 0 {
            self.retry_at = self.retry_at.map(|t| t.min(Instant::now() + FIRST_RETRY));
        }
    }

    /// Whoever waits for what is replaced waits for what takes its place.
    fn wait_on(&mut self, replaced: u64) {
        if replaced <= self.urgent {
            self.urgent = self.accepted;
        }
    }

    /// What is to be written next: the best before the latest, which is newer. Only what somebody waits
    /// for, unless `on_schedule` or nothing more will come.
    pub fn take(&mut self, on_schedule: bool) -> Option<Queued> {
        if self.retry_at.is_some_and(|at| Instant::now() < at) {
            return None;
        }
        let all = on_schedule || self.closed;
        let urgent = self.urgent;
        let is_next = |q: &mut Queued| all || q.number <= urgent;
        let next = self.best.take_if(is_next);
        let next = next.or_else(|| self.latest.take_if(is_next));
        self.writing = next.as_ref().map(|q| q.number);
        next
    }

    /// Has everything accepted until now written at once.
    pub fn make_urgent(&mut self) {
        self.urgent = self.accepted;
        self.retry_at = None;
    }

    /// Whether something that somebody waits for is not written yet.
    pub fn is_urgent(&self) -> bool {
        let number = |q: &Option<Queued>| q.as_ref().map_or(u64::MAX, |q| q.number);
        let writing = self.writing.unwrap_or(u64::MAX);
        let first = number(&self.best).min(number(&self.latest)).min(writing);
        first <= self.urgent
    }

    /// How many checkpoints are waiting or being written.
    pub fn len(&self) -> usize {
        let waiting = self.best.iter().chain(&self.latest).count();
        waiting + usize::from(self.writing.is_some())
    }

    pub fn written(&mut self, queued: Queued) {
        self.writing = None;
        self.failures = 0;
        self.retry_at = None;
        self.give_back(queued.payload);
    }

    /// Keeps what could not be written, unless something newer has taken its place.
    pub fn failed(&mut self, queued: Queued, e: Error) {
        self.writing = None;
        self.failure = Some(in_background(e));
        self.retry_at = Some(
            Instant::now()
                + FIRST_RETRY
                    .saturating_mul(1 << self.failures.min(6))
                    .min(LONGEST_RETRY),
        );
        self.failures += 1;
        self.put_back(queued);
    }

    /// A defect: nothing of it is tried again.
    pub fn abandon(&mut self, why: &str) {
        self.writing = None;
        (self.best, self.latest) = (None, None);
        self.failure = Some(Error::new(
            ErrorKind::Io,
            "writing a checkpoint in the background",
            format!("a defect in libwarmstart: {why}"),
            "Use another session; please report this text",
        ));
        self.closed = true;
    }

    /// Not written after all.
    pub fn put_back(&mut self, queued: Queued) {
        self.writing = None;
        let newer_best = self.best.as_ref().is_some_and(|b| b.number > queued.number);
        let place = if queued.is_best {
            &mut self.best
        } else {
            &mut self.latest
        };
        let replaced = place.is_some() || newer_best;
        if replaced {
            self.wait_on(queued.number);
            self.give_back(queued.payload);
        } else {
            *place = Some(queued);
        }
    }

    /// The number of the last checkpoint accepted.
    pub fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Takes the waiting best if it was accepted by then; whoever waits for it waits on until it is
    /// written or put back.
    pub fn take_best(&mut self, by: u64) -> Option<Queued> {
        let best = self.best.take_if(|b| b.number <= by);
        self.writing = self.writing.or(best.as_ref().map(|b| b.number));
        best
    }

    /// Drops what waits and was accepted by then: something newer or better has been written.
    pub fn drop_until(&mut self, number: u64) {
        let best = self.best.take_if(|b| b.number <= number);
        self.drop_queued(best);
        let latest = self.latest.take_if(|l| l.number <= number);
        self.drop_queued(latest);
    }

    pub fn is_empty(&self) -> bool {
        self.best.is_none() && self.latest.is_none() && self.writing.is_none()
    }

    pub fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// The failure nobody was told of yet.
    pub fn report(&mut self) -> Result<()> {
        self.failure.take().map_or(Ok(()), Err)
    }

    /// How often in a row writing has failed.
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

fn in_background(e: Error) -> Error {
    e.during("writing an earlier checkpoint in the background")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting() -> Queue {
        let mut queue = Queue::default();
        queue.push(vec![1], Description::new(Some(1.0), None), true);
        queue
    }

    #[test]
    fn a_best_that_a_caller_is_writing_is_not_durable_yet() {
        let mut queue = waiting();
        let best = queue.take_best(queue.accepted()).unwrap();
        assert!(!queue.is_empty(), "a flush would not wait for it");
        queue.written(best);
        assert!(queue.is_empty());
    }

    #[test]
    fn a_best_that_a_caller_could_not_write_waits_on() {
        let mut queue = waiting();
        let best = queue.take_best(queue.accepted()).unwrap();
        queue.put_back(best);
        assert!(!queue.is_empty());
        let best = queue.take(true).unwrap();
        assert_eq!(best.payload, [1]);
        queue.written(best);
        assert!(queue.is_empty());
    }

    #[test]
    fn what_is_not_due_waits_until_somebody_waits_for_it() {
        let mut queue = waiting();
        assert!(queue.take(false).is_none() && !queue.is_urgent());
        queue.make_urgent();
        assert!(queue.is_urgent());
        // Its place is taken: that is waited for instead.
        queue.push(vec![2], Description::new(Some(0.5), None), true);
        assert!(queue.is_urgent());
        let best = queue.take(false).unwrap();
        assert!(queue.is_urgent(), "being written is not written");
        queue.push(vec![3], Description::new(Some(0.1), None), true);
        queue.written(best);
        assert!(!queue.is_urgent(), "accepted after the wait began");
        assert!(queue.take(false).is_none());
    }

    #[test]
    fn who_waits_for_what_could_not_be_written_waits_for_what_took_its_place() {
        let mut queue = waiting();
        queue.make_urgent();
        let best = queue.take(false).unwrap();
        queue.push(vec![2], Description::new(Some(0.5), None), true);
        queue.failed(
            best,
            Error::invalid("writing", "the disk is full", "Make room"),
        );
        // Told to somebody else.
        queue.report().unwrap_err();
        assert!(queue.is_urgent(), "nothing of it is durable");
    }

    #[test]
    fn what_a_session_leaves_behind_is_written_without_waiting() {
        let mut queue = waiting();
        queue.closed = true;
        let best = queue.take(false).unwrap();
        queue.written(best);
        assert!(queue.is_empty());
    }
}
