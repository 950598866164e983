//! Asking the source what there is.

use super::clock::{after, nanoseconds, NEVER};
use super::shared::Shared;
use super::source::CancelSignal;
use crate::error::caught;
use crate::sync::atomic::{AtomicU8, Ordering};
use std::sync::Arc;

const GOING: u8 = 0;
const COMPLETE: u8 = 1;
const FAILED: u8 = 2;
const PANICKED: u8 = 3;

struct Going {
    cancel: Arc<CancelSignal>,
    state: Arc<AtomicU8>,
    deadline: i64,
}

/// One at a time, on a thread of its own. One that is not back at its deadline is left, and what it hands
/// over after that is not taken.
#[derive(Default)]
pub(super) struct Listing {
    going: Option<Going>,
    /// When one that failed is tried again, and how often in a row it failed.
    again: Option<i64>,
    failures: u32,
}

impl Listing {
    /// Answers when to look at it again.
    pub fn turn(&mut self, shared: &Arc<Shared>) -> i64 {
        let now = shared.clock.monotonic();
        if let Some(going) = &self.going {
            let state = going.state.load(Ordering::Acquire);
            if state == GOING && now < going.deadline {
                return going.deadline;
            }
            self.end(shared, state, now);
        }
        let is_due = self.again.is_some_and(|at| now >= at);
        let is_asked = std::mem::take(&mut shared.control().list);
        if !is_due && !is_asked {
            return self.again.unwrap_or(NEVER);
        }
        self.again = None;
        self.begin(shared);
        self.going.as_ref().map_or(NEVER, |g| g.deadline)
    }

    fn end(&mut self, shared: &Shared, state: u8, now: i64) {
        self.cancel();
        let mut control = shared.control();
        if state == COMPLETE {
            control.totals.listings += 1;
            self.failures = 0;
            return;
        }
        control.totals.listings_failed += 1;
        if state == PANICKED {
            control.totals.counts.panics += 1;
        }
        let options = &shared.options;
        let doubled = 1u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        let pause = options.first_back_off.saturating_mul(doubled);
        let pause = nanoseconds(pause.min(options.longest_back_off));
        self.failures = self.failures.saturating_add(1);
        self.again = Some(now.saturating_add(pause));
    }

    fn begin(&mut self, shared: &Arc<Shared>) {
        let deadline = after(&*shared.clock, shared.options.listing_deadline);
        let cancel = Arc::new(CancelSignal::new(deadline, Arc::clone(&shared.clock)));
        let state = Arc::new(AtomicU8::new(GOING));
        self.going = Some(Going {
            cancel: Arc::clone(&cancel),
            state: Arc::clone(&state),
            deadline,
        });
        let body = {
            let (shared, state) = (Arc::clone(shared), Arc::clone(&state));
            move || {
                let ended = caught(|| list(&shared, &cancel));
                state.store(ended.unwrap_or(PANICKED), Ordering::Release);
                shared.bell.ring();
            }
        };
        if crate::sync::spawn("warmstart-list", body).is_err() {
            state.store(FAILED, Ordering::Release);
            shared.bell.ring();
        }
    }

    pub fn cancel(&mut self) {
        if let Some(going) = self.going.take() {
            going.cancel.call_off();
        }
    }
}

fn list(shared: &Shared, cancel: &CancelSignal) -> u8 {
    let listed = shared.source.list(cancel, &mut |entry| {
        if cancel.is_cancelled() {
            return false;
        }
        shared.index().merge(entry);
        true
    });
    match listed {
        Ok(()) if !cancel.is_cancelled() => COMPLETE,
        _ => FAILED,
    }
}
