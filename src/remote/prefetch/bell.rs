//! One bell for all who wait: whoever changed anything rings, whoever waits looks at what it waits for.

use super::clock::{Clock, NEVER};
use crate::sync::{Condvar, Mutex, MutexGuard};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

pub(super) struct Bell {
    rung: Mutex<u64>,
    changed: Condvar,
    clock: Arc<dyn Clock>,
}

impl Bell {
    pub fn new(clock: Arc<dyn Clock>) -> Bell {
        Bell {
            rung: Mutex::new(0),
            changed: Condvar::new(),
            clock,
        }
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn ring(&self) {
        let mut rung = self.lock();
        *rung = rung.wrapping_add(1);
        drop(rung);
        self.changed.notify_all();
    }

    /// How often it rang. To be asked before looking: then no change is slept through.
    pub fn heard(&self) -> u64 {
        *self.lock()
    }

    /// Waits for a ring after `heard`, at most until `deadline`; false when that came first.
    pub fn wait(&self, heard: u64, deadline: i64) -> bool {
        let mut rung = self.lock();
        while *rung == heard {
            if deadline == NEVER {
                let waited = self.changed.wait(rung);
                rung = waited.unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let left = deadline.saturating_sub(self.clock.monotonic());
            if left <= 0 {
                return false;
            }
            let nap = self.clock.nap(Duration::from_nanos(left.unsigned_abs()));
            let waited = self.changed.wait_timeout(rung, nap);
            rung = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}
