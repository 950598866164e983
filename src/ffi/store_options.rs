//! Store options in C.

use crate::error::Error;
use crate::ffi::args;
use crate::ffi::guard::{call, OK};
use crate::ffi::plain::Plain;
use crate::ffi::status::{WARM_DURABILITY_FULL, WARM_DURABILITY_PROCESS};
use crate::store::{Durability, StoreOptions};

/// How a store is opened. What is not set is inherited from what the root recorded, else the
/// default.
///
/// Threads: one at a time. Plain memory. Free it with `warm_store_options_free`, at the earliest
/// when `warm_store_open` has returned.
pub struct warm_store_options(pub(crate) Plain<StoreOptions>);

/// # Safety
/// `o` is NULL or a live handle.
unsafe fn set(
    name: &'static str,
    o: *mut warm_store_options,
    body: impl FnOnce(&mut StoreOptions) -> Result<(), Error>,
) -> i32 {
    call(name, || {
        // SAFETY: the caller's promise.
        unsafe { args::handle("o", o)? }
            .0
            .with(|o| body(o).map(|()| OK))
    })
}

/// Makes options with nothing set. The caller frees `*out`; it is NULL unless `WARM_OK`.
///
/// `WARM_ERR_INVALID`: `out` is NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_store_options_new(out: *mut *mut warm_store_options) -> i32 {
    call("warm_store_options_new", || {
        // SAFETY: the caller passes room for a pointer.
        unsafe {
            args::null_out(out)?;
            args::give(out, warm_store_options(Plain::new(StoreOptions::new())))
        }
    })
}

/// Most bytes below the root, each file rounded up to 4 096; 0: unlimited; default 1 GiB. Recorded
/// in the root for later openers that name none.
///
/// `WARM_ERR_INVALID`: negative.
#[no_mangle]
pub unsafe extern "C" fn warm_store_options_set_size_budget(
    o: *mut warm_store_options,
    bytes: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_store_options_set_size_budget", o, |o| {
            o.size_budget(bytes).map(drop)
        })
    }
}

/// Most files below the root; 0: unlimited; default 200 000. Recorded in the root for later openers
/// that name none.
///
/// `WARM_ERR_INVALID`: negative.
#[no_mangle]
pub unsafe extern "C" fn warm_store_options_set_file_budget(
    o: *mut warm_store_options,
    files: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_store_options_set_file_budget", o, |o| {
            o.file_budget(files).map(drop)
        })
    }
}

/// Most bytes this handle keeps in memory to answer lookups without reading files; 0: none; default
/// 256 MiB.
///
/// `WARM_ERR_INVALID`: negative.
#[no_mangle]
pub unsafe extern "C" fn warm_store_options_set_memory_budget(
    o: *mut warm_store_options,
    bytes: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_store_options_set_memory_budget", o, |o| {
            o.memory_budget(bytes).map(drop)
        })
    }
}

/// Seconds after which an entry neither written nor reused expires; 0: never; default 30 days.
/// Recorded in the root for later openers that name none.
///
/// `WARM_ERR_INVALID`: negative or not finite.
#[no_mangle]
pub unsafe extern "C" fn warm_store_options_set_ttl_seconds(
    o: *mut warm_store_options,
    seconds: f64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_store_options_set_ttl_seconds", o, |o| {
            o.ttl_seconds(seconds).map(drop)
        })
    }
}

/// What an acknowledged save survives: `WARM_DURABILITY_FULL` (the default) or
/// `WARM_DURABILITY_PROCESS`.
///
/// `WARM_ERR_INVALID`: any other number.
#[no_mangle]
pub unsafe extern "C" fn warm_store_options_set_durability(
    o: *mut warm_store_options,
    level: i32,
) -> i32 {
    let known = match level {
        WARM_DURABILITY_FULL => Some(Durability::Full),
        WARM_DURABILITY_PROCESS => Some(Durability::Process),
        _ => None,
    };
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_store_options_set_durability", o, |o| {
            o.durability(args::constant("level", "WARM_DURABILITY", level, known)?);
            Ok(())
        })
    }
}

/// 1: the root must exist, and every write through the handle answers `WARM_ERR_PERMISSION`;
/// default 0.
///
/// `WARM_ERR_INVALID`: neither 0 nor 1.
#[no_mangle]
pub unsafe extern "C" fn warm_store_options_set_read_only(
    o: *mut warm_store_options,
    on: i32,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_store_options_set_read_only", o, |o| {
            o.read_only(args::switch("on", on)?);
            Ok(())
        })
    }
}

/// Frees options and nulls the caller's pointer; NULL and pointer to NULL are legal.
#[no_mangle]
pub unsafe extern "C" fn warm_store_options_free(o: *mut *mut warm_store_options) {
    // SAFETY: the caller passes NULL, or a pointer to NULL or a live handle.
    unsafe { args::free(o) }
}
