//! What the caller's thread must not take from the heap: in an inner loop, a lookup that is answered from
//! memory, a poll, and a checkpoint that is queued or held back. And what a cache says it takes from it.
#![cfg(feature = "capi")]
#![allow(clippy::unwrap_used)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::ptr::{null, null_mut};
use std::time::Duration;
use warmstart::ffi::*;
use warmstart::{Admission, Cache, CacheOptions, Durability, ExpiryPolicy, PutOptions};

thread_local! {
    static TAKEN: Cell<u64> = const { Cell::new(0) };
    /// Bytes, less those given back by this thread.
    static HELD: Cell<i64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is handed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        TAKEN.set(TAKEN.get() + 1);
        HELD.set(HELD.get() + layout.size() as i64);
        // SAFETY: the caller keeps this function's contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        HELD.set(HELD.get() - layout.size() as i64);
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

        let mut array = [1.5f64; 512];
        let dims = 512;
        let (name, rows) = (c"x".as_ptr(), WARM_ORDER_ROW_MAJOR);
        let at = array.as_mut_ptr().cast();
        assert_eq!(
            warm_session_protect(session, name, -1, WARM_TYPE_F64, rows, 1, &dims, at),
            0
        );
        let regions = || {
            let status = warm_session_checkpoint_regions(session, &objective, null());
            assert_eq!(status, WARM_THROTTLED);
        };
        assert_eq!(taken(regions), 0, "by regions that are held back");

        warm_session_options_free(&mut options);
        warm_session_free(&mut session);
        warm_store_free(&mut store);
    }
}

#[test]
fn a_hit_in_the_memory_of_a_cache_takes_nothing_from_the_heap() {
    let tmp = tempfile::tempdir().unwrap();
    let root = CString::new(tmp.path().as_os_str().as_bytes()).unwrap();
    let payload = [7u8; 1024];
    let (mut cache, mut put) = (null_mut(), null_mut());
    let (n, k) = (c"n".as_ptr(), c"k".as_ptr());
    // SAFETY: live handles, and buffers of the lengths given with them.
    unsafe {
        assert_eq!(warm_cache_open(root.as_ptr(), -1, null(), &mut cache), 0);
        assert_eq!(warm_put_new(&mut put), 0);
        assert_eq!(warm_put_add_tag(put, c"tag".as_ptr(), -1), 0);
        assert_eq!(warm_put_set_idle_seconds(put, 3600.0), 0);
        let at = payload.as_ptr().cast();
        let len = payload.len() as i64;
        let stored = warm_cache_put(cache, n, -1, k, -1, at, len, put, null_mut());
        assert_eq!(stored, 0);
        let get = || {
            let mut blob = null_mut();
            assert_eq!(warm_cache_get(cache, n, -1, k, -1, &mut blob), 0);
            warm_blob_free(&mut blob);
        };
        assert_eq!(taken(get), 0, "by a get and a free");
        let mut buffer = payload;
        let into = || {
            let (buf, cap) = (buffer.as_mut_ptr().cast(), buffer.len() as i64);
            let done = warm_cache_get_into(cache, n, -1, k, -1, buf, cap, null_mut(), null_mut());
            assert_eq!(done, 0);
        };
        assert_eq!(taken(into), 0, "by a get into a buffer");
        warm_put_free(&mut put);
        warm_cache_free(&mut cache);
    }
}

/// What an entry is to be like.
struct Shape {
    name: &'static str,
    payload: usize,
    key: usize,
    labels: usize,
    pairs: usize,
    lives: bool,
}

const PLAIN: Shape = Shape {
    name: "tiny",
    payload: 8,
    key: 10,
    labels: 0,
    pairs: 0,
    lives: false,
};

const SHAPES: [Shape; 7] = [
    PLAIN,
    Shape {
        name: "1 KiB",
        payload: 1024,
        ..PLAIN
    },
    Shape {
        name: "a long key",
        key: 1000,
        ..PLAIN
    },
    Shape {
        name: "one label",
        labels: 1,
        ..PLAIN
    },
    Shape {
        name: "64 labels",
        labels: 64,
        ..PLAIN
    },
    Shape {
        name: "32 pairs",
        pairs: 32,
        ..PLAIN
    },
    Shape {
        name: "a life",
        lives: true,
        ..PLAIN
    },
];

fn described(shape: &Shape, n: usize) -> PutOptions {
    let mut put = PutOptions::new();
    put.admission(Admission::Always);
    for label in 0..shape.labels {
        // Of its own, or of many.
        let of = if label % 2 == 0 { n } else { n % 10 };
        put.tag(&format!("tag {label} of {of}")).unwrap();
    }
    for pair in 0..shape.pairs {
        put.pair(&format!("name {pair}"), "value").unwrap();
    }
    if shape.lives {
        put.life(ExpiryPolicy {
            ttl_ms: Some(3_600_000),
            ..ExpiryPolicy::default()
        });
    }
    put
}

/// Puts entries, and compares what they are charged with what the heap gave for them, at several times: vectors
/// and maps grow in steps.
fn charges(cache: &Cache, shape: &Shape, most: usize) {
    let payload = vec![1u8; shape.payload];
    let put = |n: usize| {
        let key = format!("{n:0width$}", width = shape.key);
        cache
            .put("n", &key, &payload, &described(shape, n))
            .unwrap();
    };
    put(0);
    assert!(cache.drain(Duration::from_secs(60)).unwrap());
    let charged = || cache.stats(None).unwrap().memory_bytes as i64;
    let before = (charged(), HELD.get());
    for n in 1..most {
        put(n);
        // From when on vectors that begin with room for four matter less.
        if n >= 200 && n % (most / 5) == 0 {
            let (charged, held) = (charged() - before.0, HELD.get() - before.1);
            let each = held / n as i64;
            let name = shape.name;
            assert!(
                charged >= held,
                "{name}, {n}: {charged} of {held} charged, {each} each"
            );
            assert!(
                charged * 10 <= held * 13,
                "{name}, {n}: {charged} for {held} charged, {each} each"
            );
        }
    }
    assert_eq!(cache.stats(None).unwrap().memory_evictions, 0);
}

#[test]
fn what_the_cache_charges_is_what_the_heap_gave() {
    for shape in &SHAPES {
        let most = if shape.labels > 1 { 600 } else { 2500 };
        let cache = Cache::in_memory(&CacheOptions::new()).unwrap();
        charges(&cache, shape, most);
        let tmp = tempfile::tempdir().unwrap();
        let mut options = CacheOptions::new();
        options.durability(Durability::Process);
        let on_disk = Cache::open(Some(tmp.path()), &options).unwrap();
        if !shape.lives {
            charges(&on_disk, shape, 251);
        }
    }
}
