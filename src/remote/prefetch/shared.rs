//! What callers, the worker and its threads hold together. No lock is held while another is taken, or
//! while the source is called.

use super::bell::Bell;
use super::clock::{nanoseconds, Clock};
use super::control::Control;
use super::flights::Flights;
use super::index::{Index, Moment};
use super::options::PrefetchOptions;
use super::score::Weights;
use super::source::PrefetchSource;
use super::told::FetchOutcome;
use crate::error::caught;
use crate::key::Key;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, MutexGuard};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// Nanoseconds of a tick, by which pauses are counted.
const TICK: i64 = 100_000_000;

pub(super) struct Shared {
    pub source: Arc<dyn PrefetchSource>,
    pub options: PrefetchOptions,
    pub clock: Arc<dyn Clock>,
    pub bell: Arc<Bell>,
    pub flights: Flights,
    /// The handle was dropped.
    pub over: AtomicBool,
    index: Mutex<Index>,
    control: Mutex<Control>,
    began: i64,
}

/// At least one.
fn ticks(duration: Duration) -> u32 {
    let ticks = nanoseconds(duration).saturating_add(TICK - 1) / TICK;
    u32::try_from(ticks).unwrap_or(u32::MAX)
}

impl Shared {
    pub fn new(
        source: Arc<dyn PrefetchSource>,
        options: &PrefetchOptions,
        clock: Arc<dyn Clock>,
    ) -> Shared {
        let bell = Arc::new(Bell::new(Arc::clone(&clock)));
        let most_bytes = match options.cycle_bytes {
            0 => u64::MAX,
            bytes => bytes,
        };
        Shared {
            flights: Flights::new(Arc::clone(&source), Arc::clone(&clock), Arc::clone(&bell)),
            index: Mutex::new(Index::new(most_bytes)),
            control: Mutex::default(),
            over: AtomicBool::new(false),
            began: clock.monotonic(),
            options: options.clone(),
            source,
            clock,
            bell,
        }
    }

    pub fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The worker is to leave.
    pub fn stop(&self) {
        self.control().wanted = false;
        self.bell.ring();
    }

    /// Nobody holds the handle any more.
    pub fn end(&self) {
        self.over.store(true, Ordering::Release);
        self.stop();
    }

    pub fn touch(&self, key: &Key) {
        let now = self.clock.unix_ms();
        self.index().touch(key, now);
    }

    /// Calls off a hint, and the worker's fetch.
    pub fn cancel(&self, key: &Key) {
        {
            let mut control = self.control();
            if control.unhint(key) {
                control.totals.counts.note(&FetchOutcome::Cancelled);
                control.tell(key, &FetchOutcome::Cancelled);
            }
            if control.wanted {
                control.cancels.push(*key);
            }
        }
        self.bell.ring();
    }

    pub fn forget(&self, key: &Key) {
        self.index().remove(key);
        self.cancel(key);
    }

    fn tick(&self) -> u32 {
        let since = self.clock.monotonic().saturating_sub(self.began);
        u32::try_from(since.max(0) / TICK).unwrap_or(u32::MAX)
    }

    pub fn moment(&self) -> Moment {
        Moment {
            now_ms: self.clock.unix_ms(),
            tick: self.tick(),
            weights: Weights::of(&self.options),
        }
    }

    /// Asks the source; `None` if it panicked, for which the key is left alone for a while.
    pub fn ask_resident(&self, key: &Key) -> Option<bool> {
        // Of what is listed the entry itself is wanted.
        let is_listed = self.index().get(key).is_some();
        let asked = || self.source.is_resident(key) || !is_listed && self.source.is_linked(key);
        let answer = caught(asked).ok();
        if answer.is_none() {
            self.back_off(key, false);
            self.control().totals.counts.panics += 1;
        }
        answer
    }

    pub fn back_off(&self, key: &Key, excused: bool) {
        let options = &self.options;
        let pauses = (
            ticks(options.first_back_off),
            ticks(options.longest_back_off),
        );
        let tick = self.tick();
        // Begun tenths are not counted.
        self.index()
            .back_off(key, tick.saturating_add(1), pauses, excused);
    }

    /// What becomes of a key whose fetch failed, or was called off before its deadline.
    pub fn note_failure(&self, key: &Key, outcome: &FetchOutcome, called_off: bool) {
        match outcome {
            FetchOutcome::Fetched { .. } => {}
            FetchOutcome::NotFound => drop(self.index().remove(key)),
            FetchOutcome::Deferred => self.back_off(key, true),
            _ => self.back_off(key, called_off),
        }
    }
}
