//! What the worker warms from, as far as it knows it.

use super::clock::Clock;
use super::told::{FetchOutcome, PrefetchEntry};
use crate::error::{caught, Error};
use crate::key::Key;
use crate::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use crate::sync::Mutex;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// Where entries come from. Any number of threads call it at once.
///
/// Nothing here is relied on for an answer in time: a call that outlasts its [`CancelSignal`] is left alone on
/// its thread. What such a call does when it goes on later must therefore do no harm: store what is whole
/// and verified, or nothing.
pub trait PrefetchSource: Send + Sync {
    /// Hands each entry there is to `each`, until that answers false.
    ///
    /// # Errors
    ///
    /// When the listing is not complete; what was handed over counts.
    fn list(
        &self,
        cancel: &CancelSignal,
        each: &mut dyn FnMut(&PrefetchEntry<'_>) -> bool,
    ) -> Result<(), Error>;

    /// Whether a local tier has it. Is asked often, and to answer from memory or with a look at the disk.
    fn is_resident(&self, key: &Key) -> bool;

    /// Whether an entry of a local tier is found by this key without lying under it. Asked like
    /// [`PrefetchSource::is_resident`], of keys that no listing has.
    fn is_linked(&self, _key: &Key) -> bool {
        false
    }

    /// Brings an entry into the local tiers, and is to give up once `cancel` says so. Never called for
    /// a key that it is at work on already, but for one that was cancelled a while ago.
    fn fetch(&self, key: &Key, cancel: &CancelSignal) -> FetchOutcome;
}

type Then = Box<dyn FnOnce() + Send>;

/// Tells a call that nobody waits for it any more: its deadline passed, or it was called off.
pub struct CancelSignal {
    called_off: AtomicBool,
    /// By the monotonic clock; later when somebody comes who waits longer.
    deadline: AtomicI64,
    then: Mutex<Vec<Then>>,
    clock: Arc<dyn Clock>,
}

impl CancelSignal {
    pub(super) fn new(deadline: i64, clock: Arc<dyn Clock>) -> CancelSignal {
        CancelSignal {
            called_off: AtomicBool::new(false),
            deadline: AtomicI64::new(deadline),
            then: Mutex::new(Vec::new()),
            clock,
        }
    }

    /// Whether to give up.
    pub fn is_cancelled(&self) -> bool {
        self.called_off.load(Ordering::Acquire) || self.remaining().is_zero()
    }

    /// How long until the deadline, which moves on when somebody joins who waits longer.
    pub fn remaining(&self) -> Duration {
        let left = self
            .deadline
            .load(Ordering::Acquire)
            .saturating_sub(self.clock.monotonic());
        Duration::from_nanos(left.max(0).unsigned_abs())
    }

    /// Has `then` run once this is called off, at once if it was: to wake what waits on a network. It is
    /// not run for a deadline that passes before anyone noticed.
    pub fn on_cancel(&self, then: impl FnOnce() + Send + 'static) {
        let mut list = self.then.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.called_off.load(Ordering::Acquire) {
            list.push(Box::new(then));
            return;
        }
        drop(list);
        then();
    }

    pub(super) fn extend(&self, deadline: i64) {
        self.deadline.fetch_max(deadline, Ordering::AcqRel);
    }

    pub(super) fn call_off(&self) {
        let list = {
            let mut list = self.then.lock().unwrap_or_else(PoisonError::into_inner);
            self.called_off.store(true, Ordering::Release);
            std::mem::take(&mut *list)
        };
        for then in list {
            // What one of them panics with is not the next one's business.
            let _ = caught(then);
        }
    }
}
