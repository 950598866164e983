//! An entry in memory, with several counts of who has it.
//!
//! A handle counts itself in and out of what it leads to. Threads that get one entry at the same time would
//! pass the cache line of a single count to and fro, which takes longer than all else. So there are several, as
//! there are locks of a shard: threads of different groups have different ones, each of which keeps the entry.

use super::resident::Resident;
use crate::sync::thread_number;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// The most counts of an entry.
const MOST: usize = 4;

/// How many an entry has: as many as processors that could raise them at once; a power of two.
fn counts() -> usize {
    static COUNTS: OnceLock<usize> = OnceLock::new();
    *COUNTS.get_or_init(|| {
        let processors = std::thread::available_parallelism();
        processors.map_or(1, |n| n.get().next_power_of_two().min(MOST))
    })
}

/// Another count of an entry.
#[repr(C, align(8))]
pub(crate) struct Share {
    resident: Arc<Resident>,
    next: Option<Arc<Share>>,
    /// What lies behind it in memory is in another cache line than its count.
    _apart: [u64; 6],
}

/// What memory has of an entry.
#[derive(Clone)]
pub(super) struct Held {
    resident: Arc<Resident>,
    /// Of the second group of threads, and from there of the others.
    others: Option<Arc<Share>>,
}

impl Held {
    pub fn new(resident: Arc<Resident>) -> Held {
        let share = |next, _| {
            Some(Arc::new(Share {
                resident: Arc::clone(&resident),
                next,
                _apart: [0; 6],
            }))
        };
        Held {
            others: (1..counts()).fold(None, share),
            resident,
        }
    }

    /// What the counts take that the entry itself does not.
    pub fn bytes() -> usize {
        // The allocation of one has two counters.
        (counts() - 1) * (size_of::<Share>() + 2 * size_of::<usize>())
    }

    /// A handle by the count of this thread's group.
    pub fn handle(&self) -> Handle {
        let mut group = thread_number() & (counts() - 1);
        let mut share = self.others.as_ref().filter(|_| group > 0);
        while let Some(next) = share.filter(|_| group > 1).and_then(|s| s.next.as_ref()) {
            share = Some(next);
            group -= 1;
        }
        match share {
            None => Handle::First(Arc::clone(&self.resident)),
            Some(share) => Handle::Share(Arc::clone(share)),
        }
    }
}

impl Deref for Held {
    type Target = Arc<Resident>;

    fn deref(&self) -> &Arc<Resident> {
        &self.resident
    }
}

/// An entry, kept by one of its counts.
#[derive(Clone)]
pub(crate) enum Handle {
    First(Arc<Resident>),
    Share(Arc<Share>),
}

impl Deref for Handle {
    type Target = Resident;

    fn deref(&self) -> &Resident {
        match self {
            Handle::First(resident) => resident,
            Handle::Share(share) => &share.resident,
        }
    }
}

#[cfg(test)]
impl Handle {
    /// What the handle leads to, whatever it is counted by.
    pub fn resident(&self) -> Arc<Resident> {
        match self {
            Handle::First(resident) => Arc::clone(resident),
            Handle::Share(share) => Arc::clone(&share.resident),
        }
    }
}
