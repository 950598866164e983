//! What the caller's thread must not take from the heap: in an inner loop, a lookup that is answered from
//! memory, a poll, and a checkpoint that is queued or held back.
#![cfg(feature = "capi")]
#![allow(clippy::unwrap_used)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::ptr::{null, null_mut};
use std::time::Duration;
use warmstart::ffi::*;

thread_local! {
    static TAKEN: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is handed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        TAKEN.set(TAKEN.get() + 1);
        // SAFETY: the caller keeps this function's contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often `body` takes memory, once it has been done before.
fn taken(mut body: impl FnMut()) -> u64 {
    body();
    let before = TAKEN.get();
    (0..100).for_each(|_| body());
    TAKEN.get() - before
}

#[test]
fn an_inner_loop_takes_nothing_from_the_heap() {
    let tmp = tempfile::tempdir().unwrap();
    let root = CString::new(tmp.path().as_os_str().as_bytes()).unwrap();
    let key = warm_key { bytes: [3; 32] };
    let payload = [7u8; 4096];
    let (mut store, mut session, mut options) = (null_mut(), null_mut(), null_mut());
    // SAFETY: live handles, and buffers of the lengths given with them.
    unsafe {
        assert_eq!(warm_store_open(root.as_ptr(), -1, null(), &mut store), 0);
        let saved = warm_store_save(
            store,
            &key,
            payload.as_ptr().cast(),
            payload.len() as i64,
            null(),
            null(),
            WARM_KIND_FINAL,
            null_mut(),
            0,
            null_mut(),
        );
        assert_eq!(saved, 0);
        // Until what is read is known to hold still, it is not kept in memory.
        std::thread::sleep(Duration::from_millis(100));
        let lookup = || {
            let mut entry = null_mut();
            assert_eq!(
                warm_store_lookup(store, &key, WARM_LOOKUP_BEST, &mut entry),
                0
            );
            warm_entry_free(&mut entry);
            assert!(entry.is_null());
        };
        lookup();
        assert_eq!(taken(lookup), 0, "by a lookup and a free");

        let mut buffer = payload;
        let into = || {
            let (into, len) = (buffer.as_mut_ptr().cast(), buffer.len() as i64);
            let best = WARM_LOOKUP_BEST;
            let done = warm_store_lookup_into(store, &key, best, into, len, null_mut(), null_mut());
            assert_eq!(done, 0);
        };
        assert_eq!(taken(into), 0, "by a lookup into a buffer");

        assert_eq!(warm_session_options_new(&mut options), 0);
        assert_eq!(
            warm_session_options_set_min_interval_seconds(options, 3600.0),
            0
        );
        assert_eq!(warm_session_open(store, &key, options, &mut session), 0);
        let checkpoint = |objective: f64| {
            let (bytes, len) = (payload.as_ptr().cast(), payload.len() as i64);
            warm_session_checkpoint(session, bytes, len, &objective, null())
        };
        assert_eq!(checkpoint(1.0), 0);
        assert_eq!(
            taken(|| assert_eq!(checkpoint(2.0), WARM_THROTTLED)),
            0,
            "when held back"
        );
        let objective = 3.0;
        assert_eq!(
            taken(|| assert_eq!(warm_session_should_checkpoint(session, &objective), 0)),
            0
        );

        warm_session_options_free(&mut options);
        warm_session_free(&mut session);
        warm_store_free(&mut store);
    }
}
