//! What time it is for a cache.

use super::expiry::Clock;
use crate::fs::FileSystem;
use crate::sync::atomic::{AtomicI64, Ordering};
use std::sync::Arc;

/// The wall clock of when the cache was opened, aged by the clock that nobody sets.
pub(super) struct Time {
    clock: Clock,
    fs: Arc<dyn FileSystem>,
    /// How far tests are ahead.
    ahead_ms: AtomicI64,
}

impl Time {
    /// Both clocks by the same tick, so that one who opens later is never behind one who opened before.
    pub fn new(fs: Arc<dyn FileSystem>) -> Time {
        let mut ticks = fs.coarse_monotonic();
        let mut unix = fs.coarse_now();
        // A tick between the readings is rare. Where the clocks are finer than that, some error is no matter.
        for _ in 0..8 {
            let before = std::mem::replace(&mut ticks, fs.coarse_monotonic());
            if before == ticks {
                break;
            }
            unix = fs.coarse_now();
        }
        Time {
            clock: Clock::new(unix, ticks),
            fs,
            ahead_ms: AtomicI64::new(0),
        }
    }

    /// Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        let now = self.clock.now_ms(self.fs.coarse_monotonic());
        now.saturating_add(self.ahead_ms.load(Ordering::Relaxed))
    }

    #[cfg(test)]
    pub fn advance(&self, ms: i64) {
        self.ahead_ms.fetch_add(ms, Ordering::Relaxed);
    }
}
