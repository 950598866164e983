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
    /// One was taken and is being written.
    writing: bool,
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
        self.drop_queued(latest);
        if is_best {
            let best = self.best.replace(queued);
            self.drop_queued(best);
        } else {
            self.latest = Some(queued);
        }
        // Whoever gives more wants to know soon whether it can be stored now.
        if self.failures > 0 {
            self.retry_at = self.retry_at.map(|t| t.min(Instant::now() + FIRST_RETRY));
        }
    }

    /// What is to be written next: the best before the latest, which is newer.
    pub fn take(&mut self) -> Option<Queued> {
        if self.retry_at.is_some_and(|at| Instant::now() < at) {
            return None;
        }
        let next = self.best.take().or_else(|| self.latest.take());
        self.writing = next.is_some();
        next
    }

    pub fn written(&mut self, queued: Queued) {
        self.writing = false;
        self.failures = 0;
        self.retry_at = None;
        self.give_back(queued.payload);
    }

    /// Keeps what could not be written, unless something newer has taken its place.
    pub fn failed(&mut self, queued: Queued, e: Error) {
        self.writing = false;
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
        self.writing = false;
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
        self.writing = false;
        let newer_best = self.best.as_ref().is_some_and(|b| b.number > queued.number);
        let place = if queued.is_best {
            &mut self.best
        } else {
            &mut self.latest
        };
        let replaced = place.is_some() || newer_best;
        if replaced {
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
        self.writing |= best.is_some();
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
        self.best.is_none() && self.latest.is_none() && !self.writing
    }

    /// Has it tried again at once.
    pub fn try_now(&mut self) {
        self.retry_at = None;
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
        let best = queue.take().unwrap();
        assert_eq!(best.payload, [1]);
        queue.written(best);
        assert!(queue.is_empty());
    }
}
