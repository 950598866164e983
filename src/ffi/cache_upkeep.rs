//! What keeps a cache in order, in C.

use crate::ffi::args;
use crate::ffi::cache::{namespace_of, some_namespace, warm_cache};
use crate::ffi::cache_stats::warm_cache_stats;
use crate::ffi::guard::{call, OK};
use crate::ffi::info::{required, Output};
use crate::ffi::status::WARM_TIMEOUT;
use crate::ffi::store::PATH_BYTES;
use crate::ffi::task::{give_task, warm_task};
use crate::store::Task;
use std::ffi::c_char;
use std::path::PathBuf;

/// Forgets everything in the namespace `ns`, at once, however much there is: its files are removed later.
/// As durable as a put, and seen by other processes. What is put afterwards may have any version.
///
/// A namespace that does not exist is no error.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_flush(
    c: *mut warm_cache,
    ns: *const c_char,
    ns_len: i64,
) -> i32 {
    call("warm_cache_flush", || {
        // SAFETY: the caller passes a live handle and readable text.
        let (c, ns) = unsafe { (args::handle("c", c)?, namespace_of(ns, ns_len)?) };
        c.0.with(|c| c.flush(ns).map(|()| OK))
    })
}

/// Most bytes that the namespace `ns` may take on disk: its own entries are evicted for it, and no
/// other's. 0: no limit of its own.
///
/// `WARM_ERR_INVALID`: also negative. `WARM_ERR_UNSUPPORTED`: the cache lies in memory only.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_set_quota(
    c: *mut warm_cache,
    ns: *const c_char,
    ns_len: i64,
    bytes: i64,
) -> i32 {
    call("warm_cache_set_quota", || {
        // SAFETY: the caller passes a live handle and readable text.
        let (c, ns) = unsafe { (args::handle("c", c)?, namespace_of(ns, ns_len)?) };
        args::not_negative("bytes", bytes)?;
        c.0.with(|c| c.set_quota(ns, bytes).map(|()| OK))
    })
}

/// Fills `*stats` with the figures of the namespace `ns`, or with NULL and 0 of the whole cache. Of a
/// namespace that does not exist there is nothing but the budgets.
///
/// `WARM_ERR_INVALID`: also a `struct_size` that is too small.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_get_stats(
    c: *const warm_cache,
    ns: *const c_char,
    ns_len: i64,
    stats: *mut warm_cache_stats,
) -> i32 {
    call("warm_cache_get_stats", || {
        // SAFETY: the caller passes a live handle, readable text and a struct with its size set.
        let (c, ns, stats) = unsafe {
            let size = size_of::<warm_cache_stats>();
            (
                args::handle("c", c)?,
                some_namespace(ns, ns_len)?,
                required("stats", Output::new("stats", stats, size)?)?,
            )
        };
        c.0.with(|c| {
            stats.write((&c.stats(ns)?).into());
            Ok(OK)
        })
    })
}

/// Starts to read and check everything below the root; nothing is changed. Damage is no error: look at
/// the report. Everything that a `warm_task` offers is as for `warm_store_start_verify`. The task keeps
/// the cache alive. The caller frees `*out` with `warm_task_free`; it is NULL unless `WARM_OK`.
///
/// `WARM_ERR_IO`: no thread can be started.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_start_verify(
    c: *mut warm_cache,
    out: *mut *mut warm_task,
) -> i32 {
    call("warm_cache_start_verify", || {
        // SAFETY: the caller passes a live handle and room for a pointer.
        unsafe {
            args::null_out(out)?;
            args::handle("c", c)?.0.with(|c| {
                let c = c.clone();
                give_task(out, Task::of(move |progress| c.verify(progress))?)
            })
        }
    })
}

/// Removes what is dead, what was flushed, what budgets and quotas do not allow, and what dead writers
/// left: now.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_sweep(c: *mut warm_cache) -> i32 {
    call("warm_cache_sweep", || {
        // SAFETY: the caller passes a live handle.
        unsafe { args::handle("c", c)? }
            .0
            .with(|c| c.sweep().map(|()| OK))
    })
}

/// Starts to copy the live entries, each as of one moment, to a cache in another directory, which must be
/// empty or not exist; the cache goes on working meanwhile. `intact` of the report says how many were copied,
/// `payload_bytes` what they take. Everything that a `warm_task` offers is as for `warm_store_start_verify`. Until
/// all are there the directory opens as no cache, and copying that is cancelled, or fails, empties it again. The
/// task keeps the cache alive. The caller frees `*out` with `warm_task_free`; it is NULL unless `WARM_OK`.
///
/// `WARM_ERR_INVALID`: NULL, or not a path. `WARM_ERR_IO`: no thread can be started. When it is waited for,
/// `WARM_ERR_INVALID`: there is something in `root` already; `WARM_ERR_UNSUPPORTED`: the cache lies in memory
/// only.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_start_copy(
    c: *mut warm_cache,
    root: *const c_char,
    root_len: i64,
    out: *mut *mut warm_task,
) -> i32 {
    call("warm_cache_start_copy", || {
        // SAFETY: the caller passes a live handle, readable text and room for a pointer.
        unsafe {
            args::null_out(out)?;
            let c = args::handle("c", c)?;
            let root = args::name("root", root, root_len, PATH_BYTES)?;
            c.0.with(|c| {
                let (c, root) = (c.clone(), PathBuf::from(root));
                give_task(out, Task::of(move |progress| c.copy_to(&root, progress))?)
            })
        }
    })
}

/// Waits until no work of the cache's waits for its background thread any more, promotions for one; at
/// most `timeout_seconds`; 0 polls. Nothing has to be waited for to be durable.
///
/// `WARM_TIMEOUT`: the time ran out first. `WARM_ERR_INVALID`: also a negative or NaN timeout.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_drain(c: *mut warm_cache, timeout_seconds: f64) -> i32 {
    call("warm_cache_drain", || {
        let timeout = args::timeout(timeout_seconds)?;
        // SAFETY: the caller passes a live handle.
        unsafe { args::handle("c", c)? }.0.with(|c| {
            Ok(match c.drain(timeout)? {
                true => OK,
                false => WARM_TIMEOUT,
            })
        })
    })
}
