//! Counts what Rust code takes from the heap. LMDB's and SQLite's own allocations are made in C and
//! not seen.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

static COUNTING: AtomicBool = AtomicBool::new(false);
static CALLS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
/// Bytes taken less bytes given back while counting.
static KEPT: AtomicI64 = AtomicI64::new(0);

thread_local! {
    static CALLS_HERE: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator. While nothing is being counted it costs one load more.
pub struct Counting;

fn note(taken: usize, given_back: usize) {
    if COUNTING.load(Ordering::Relaxed) {
        if taken > 0 {
            CALLS.fetch_add(1, Ordering::Relaxed);
            BYTES.fetch_add(taken as u64, Ordering::Relaxed);
            CALLS_HERE.set(CALLS_HERE.get() + 1);
        }
        KEPT.fetch_add(taken as i64 - given_back as i64, Ordering::Relaxed);
    }
}

// SAFETY: every call is handed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size(), 0);
        // SAFETY: the caller keeps this function's contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    // Not the default, which would clear memory that the system hands out cleared.
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size(), 0);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size, layout.size());
        // SAFETY: as above.
        unsafe { System.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        note(0, layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}

/// What was counted. A reallocation counts as one.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    /// By the thread that asked.
    pub calls_here: u64,
    /// By every thread.
    pub calls: u64,
    pub bytes: u64,
    /// Not given back.
    pub kept: i64,
}

pub fn count<T>(work: impl FnOnce() -> T) -> (T, Counted) {
    let read = || Counted {
        calls_here: CALLS_HERE.get(),
        calls: CALLS.load(Ordering::Relaxed),
        bytes: BYTES.load(Ordering::Relaxed),
        kept: KEPT.load(Ordering::Relaxed),
    };
    let before = read();
    COUNTING.store(true, Ordering::Relaxed);
    let done = work();
    COUNTING.store(false, Ordering::Relaxed);
    let after = read();
    let counted = Counted {
        calls_here: after.calls_here - before.calls_here,
        calls: after.calls - before.calls,
        bytes: after.bytes - before.bytes,
        kept: after.kept - before.kept,
    };
    (done, counted)
}
