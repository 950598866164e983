//! A counter that threads raise without meeting.

use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::thread_number;

const STRIPES: usize = 8;

/// A stripe has cache lines of its own.
#[derive(Default)]
#[repr(align(128))]
struct Stripe(AtomicU64);

/// Each thread raises one of several parts; the figure is their sum.
#[derive(Default)]
pub(super) struct Striped([Stripe; STRIPES]);

impl Striped {
    pub fn count(&self) {
        self.0[thread_number() % STRIPES]
            .0
            .fetch_add(1, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.iter().map(|s| s.0.load(Ordering::Relaxed)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_count_of_any_thread_is_lost() {
        let striped = Striped::default();
        std::thread::scope(|scope| {
            for _ in 0..2 * STRIPES {
                scope.spawn(|| (0..1000).for_each(|_| striped.count()));
            }
        });
        assert_eq!(striped.get(), 2 * STRIPES as u64 * 1000);
    }
}
