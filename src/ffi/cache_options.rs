//! Cache options in C.

use crate::cache::{CacheOptions, Promotion};
use crate::error::Error;
use crate::ffi::args;
use crate::ffi::guard::{call, OK};
use crate::ffi::plain::Plain;
use crate::ffi::status::{WARM_DURABILITY_FULL, WARM_DURABILITY_PROCESS};
use crate::store::Durability;

/// What a get reads from the disk is kept in memory when it is read for the first time: the default.
pub const WARM_PROMOTION_IMMEDIATE: i32 = 0;
/// When it is read for the second time: what is read once, as by a scan, leaves memory alone.
pub const WARM_PROMOTION_SECOND_HIT: i32 = 1;

/// How a cache is opened.
///
/// Threads: one at a time. Plain memory. Free it with `warm_cache_options_free`, at the earliest when
/// the function that opens the cache has returned.
pub struct warm_cache_options(pub(crate) Plain<CacheOptions>);

/// # Safety
/// `o` is NULL or a live handle.
unsafe fn set(
    name: &'static str,
    o: *mut warm_cache_options,
    body: impl FnOnce(&mut CacheOptions) -> Result<(), Error>,
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
pub unsafe extern "C" fn warm_cache_options_new(out: *mut *mut warm_cache_options) -> i32 {
    call("warm_cache_options_new", || {
        // SAFETY: the caller passes room for a pointer.
        unsafe {
            args::null_out(out)?;
            args::give(out, warm_cache_options(Plain::new(CacheOptions::new())))
        }
    })
}

/// Most bytes that entries occupy in memory, with their keys, labels and places in the index; 0: none;
/// default 256 MiB.
///
/// `WARM_ERR_INVALID`: negative.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_options_set_memory_budget(
    o: *mut warm_cache_options,
    bytes: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_cache_options_set_memory_budget", o, |o| {
            o.memory_budget(bytes).map(drop)
        })
    }
}

/// Most bytes below the root, over all namespaces; 0: unlimited; default 4 GiB.
///
/// `WARM_ERR_INVALID`: negative.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_options_set_disk_budget(
    o: *mut warm_cache_options,
    bytes: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_cache_options_set_disk_budget", o, |o| {
            o.disk_budget(bytes).map(drop)
        })
    }
}

/// What a put, an invalidation or a flush survives once it returned: `WARM_DURABILITY_FULL` (the
/// default) or `WARM_DURABILITY_PROCESS`.
///
/// `WARM_ERR_INVALID`: any other number.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_options_set_durability(
    o: *mut warm_cache_options,
    level: i32,
) -> i32 {
    let known = match level {
        WARM_DURABILITY_FULL => Some(Durability::Full),
        WARM_DURABILITY_PROCESS => Some(Durability::Process),
        _ => None,
    };
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_cache_options_set_durability", o, |o| {
            o.durability(args::constant("level", "WARM_DURABILITY", level, known)?);
            Ok(())
        })
    }
}

/// 1: the root must exist, nothing on disk is changed, and what would change it answers
/// `WARM_ERR_PERMISSION`; default 0.
///
/// `WARM_ERR_INVALID`: neither 0 nor 1.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_options_set_read_only(
    o: *mut warm_cache_options,
    on: i32,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_cache_options_set_read_only", o, |o| {
            o.read_only(args::switch("on", on)?);
            Ok(())
        })
    }
}

/// When what a get reads from the disk is kept in memory: `WARM_PROMOTION_IMMEDIATE` (the default) or
/// `WARM_PROMOTION_SECOND_HIT`.
///
/// `WARM_ERR_INVALID`: any other number.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_options_set_promotion(
    o: *mut warm_cache_options,
    when: i32,
) -> i32 {
    let known = match when {
        WARM_PROMOTION_IMMEDIATE => Some(Promotion::Immediate),
        WARM_PROMOTION_SECOND_HIT => Some(Promotion::SecondHit),
        _ => None,
    };
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_cache_options_set_promotion", o, |o| {
            o.promotion(args::constant("when", "WARM_PROMOTION", when, known)?);
            Ok(())
        })
    }
}

/// 1: a thread of the cache's keeps in memory what gets read from the disk, so that no get waits for
/// it; at most `most` wait for it, and what comes beyond is dropped and counted. Default 0. `most` is
/// of no account when `on` is 0.
///
/// `WARM_ERR_INVALID`: `on` is neither 0 nor 1, or `most` is negative.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_options_set_background_promotion(
    o: *mut warm_cache_options,
    on: i32,
    most: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_cache_options_set_background_promotion", o, |o| {
            o.background_promotion(args::switch("on", on)?, most)
                .map(drop)
        })
    }
}

/// 0: payloads are stored as they are; 1, the default: they are compressed on disk where that makes
/// them smaller.
///
/// `WARM_ERR_INVALID`: neither 0 nor 1.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_options_set_compression(
    o: *mut warm_cache_options,
    on: i32,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_cache_options_set_compression", o, |o| {
            o.compression(args::switch("on", on)?);
            Ok(())
        })
    }
}

/// Frees options and nulls the caller's pointer; NULL and pointer to NULL are legal.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_options_free(o: *mut *mut warm_cache_options) {
    // SAFETY: the caller passes NULL, or a pointer to NULL or a live handle.
    unsafe { args::free(o) }
}
