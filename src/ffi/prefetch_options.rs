//! Options of a prefetch worker in C.

use crate::error::Error;
use crate::ffi::args;
use crate::ffi::guard::{call, OK};
use crate::ffi::plain::Plain;
use crate::remote::prefetch::PrefetchOptions;

/// How a prefetch worker chooses, and how much it may do. What is not set has its default.
///
/// Threads: one at a time. Plain memory. Free it with `warm_prefetch_options_free`, at the earliest when
/// `warm_remote_start_prefetch` has returned.
pub struct warm_prefetch_options(pub(crate) Plain<PrefetchOptions>);

/// # Safety
/// `o` is NULL or a live handle.
unsafe fn set(
    name: &'static str,
    o: *mut warm_prefetch_options,
    body: impl FnOnce(&mut PrefetchOptions) -> Result<&mut PrefetchOptions, Error>,
) -> i32 {
    call(name, || {
        // SAFETY: the caller's promise.
        unsafe { args::handle("o", o)? }
            .0
            .with(|o| body(o).map(|_| OK))
    })
}

/// Makes options with nothing set. The caller frees `*out`; it is NULL unless `WARM_OK`.
///
/// `WARM_ERR_INVALID`: `out` is NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_options_new(out: *mut *mut warm_prefetch_options) -> i32 {
    call("warm_prefetch_options_new", || {
        // SAFETY: the caller passes room for a pointer.
        unsafe {
            args::null_out(out)?;
            args::give(
                out,
                warm_prefetch_options(Plain::new(PrefetchOptions::new())),
            )
        }
    })
}

/// What recency, being the head of a chain, and belonging to the active model add to an entry's score at
/// most; default 1.0, 0.3 and 0.2. The score is
/// `recency * 2^(-age / half-life) + head * (sequence is 0) + model * (model is the active one)`.
///
/// `WARM_ERR_INVALID`: negative or not finite.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_options_set_weights(
    o: *mut warm_prefetch_options,
    recency: f64,
    head: f64,
    model: f64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_prefetch_options_set_weights", o, |o| {
            o.weights(recency, head, model)
        })
    }
}

/// Seconds after which recency counts half; default 600.
///
/// `WARM_ERR_INVALID`: less than a millisecond, or NaN.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_options_set_half_life_seconds(
    o: *mut warm_prefetch_options,
    seconds: f64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_prefetch_options_set_half_life_seconds", o, |o| {
            o.half_life_seconds(seconds)
        })
    }
}

/// Seconds between the beginnings of cycles; default 0.5. Hints do not wait for a cycle.
///
/// `WARM_ERR_INVALID`: less than a millisecond, or NaN.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_options_set_interval_seconds(
    o: *mut warm_prefetch_options,
    seconds: f64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_prefetch_options_set_interval_seconds", o, |o| {
            o.interval_seconds(seconds)
        })
    }
}

/// How many entries a cycle takes, and fetches at once; hints may be as many again. 1 to 64, default 8.
///
/// `WARM_ERR_INVALID`: any other number.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_options_set_parallel(
    o: *mut warm_prefetch_options,
    fetches: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_prefetch_options_set_parallel", o, |o| {
            o.parallel(fetches)
        })
    }
}

/// Bytes of payload that a cycle fetches at most, 0 for unlimited; default 256 MiB. What is larger alone is
/// fetched on a hint or a lookup only.
///
/// `WARM_ERR_INVALID`: negative.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_options_set_cycle_bytes(
    o: *mut warm_prefetch_options,
    bytes: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_prefetch_options_set_cycle_bytes", o, |o| {
            o.cycle_bytes(bytes)
        })
    }
}

/// Seconds after which a cycle's fetches are cancelled, whatever their own deadline; default 10.
///
/// `WARM_ERR_INVALID`: less than a millisecond, or NaN.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_options_set_cycle_seconds(
    o: *mut warm_prefetch_options,
    seconds: f64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_prefetch_options_set_cycle_seconds", o, |o| {
            o.cycle_seconds(seconds)
        })
    }
}

/// Seconds that one fetch may take; default 5.
///
/// `WARM_ERR_INVALID`: less than a millisecond, or NaN.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_options_set_fetch_deadline_seconds(
    o: *mut warm_prefetch_options,
    seconds: f64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_prefetch_options_set_fetch_deadline_seconds", o, |o| {
            o.fetch_deadline_seconds(seconds)
        })
    }
}

/// Seconds that a listing of the remote tier may take; default 60.
///
/// `WARM_ERR_INVALID`: less than a millisecond, or NaN.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_options_set_listing_deadline_seconds(
    o: *mut warm_prefetch_options,
    seconds: f64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set(
            "warm_prefetch_options_set_listing_deadline_seconds",
            o,
            |o| o.listing_deadline_seconds(seconds),
        )
    }
}

/// Seconds for which a key whose fetch failed is left alone: `first` the first time, twice as long each
/// further time in a row, `longest` at most; default 1 and 600. Counted in tenths.
///
/// `WARM_ERR_INVALID`: less than a millisecond, or NaN.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_options_set_back_off_seconds(
    o: *mut warm_prefetch_options,
    first: f64,
    longest: f64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_prefetch_options_set_back_off_seconds", o, |o| {
            o.back_off_seconds(first, longest)
        })
    }
}

/// 1: it plans and reports, and fetches nothing, not even on a hint; 0 (the default): it fetches.
///
/// `WARM_ERR_INVALID`: neither 0 nor 1.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_options_set_dry_run(
    o: *mut warm_prefetch_options,
    on: i32,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_prefetch_options_set_dry_run", o, |o| {
            Ok(o.dry_run(args::switch("on", on)?))
        })
    }
}

/// Frees options and nulls the caller's pointer; NULL and pointer to NULL are legal.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_options_free(o: *mut *mut warm_prefetch_options) {
    // SAFETY: the caller passes NULL, or a pointer to NULL or a live handle.
    unsafe { args::free(o) }
}
