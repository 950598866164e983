//! Session options in C.

use crate::error::Error;
use crate::ffi::args;
use crate::ffi::fingerprinter::warm_fingerprinter;
use crate::ffi::guard::{call, OK};
use crate::ffi::plain::Plain;
use crate::ffi::status::{WARM_LOOKUP_BEST, WARM_LOOKUP_LATEST};
use crate::session::SessionOptions;
use crate::store::{Lookup, LABEL_BYTES};
use std::ffi::c_char;

/// How a session behaves.
///
/// Threads: one at a time. Plain memory. Free it with `warm_session_options_free`, at the earliest
/// when `warm_session_open` has returned.
pub struct warm_session_options(pub(crate) Plain<SessionOptions>);

/// The lookup mode a caller names.
pub(crate) fn lookup_mode(mode: i32) -> Result<Lookup, Error> {
    let known = match mode {
        WARM_LOOKUP_BEST => Some(Lookup::Best),
        WARM_LOOKUP_LATEST => Some(Lookup::Latest),
        _ => None,
    };
    args::constant("mode", "WARM_LOOKUP", mode, known)
}

/// # Safety
/// `o` is NULL or a live handle.
unsafe fn set(
    name: &'static str,
    o: *mut warm_session_options,
    body: impl FnOnce(&mut SessionOptions) -> Result<(), Error>,
) -> i32 {
    call(name, || {
        // SAFETY: the caller's promise.
        unsafe { args::handle("o", o)? }
            .0
            .with(|o| body(o).map(|()| OK))
    })
}

/// Makes options with the defaults. The caller frees `*out`; it is NULL unless `WARM_OK`.
///
/// `WARM_ERR_INVALID`: `out` is NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_new(out: *mut *mut warm_session_options) -> i32 {
    call("warm_session_options_new", || {
        // SAFETY: the caller passes room for a pointer.
        unsafe {
            args::null_out(out)?;
            args::give(out, warm_session_options(Plain::new(SessionOptions::new())))
        }
    })
}

/// Seconds between checkpoints that do not improve the objective; default 2, 0: no limit.
///
/// `WARM_ERR_INVALID`: negative or NaN.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_set_min_interval_seconds(
    o: *mut warm_session_options,
    seconds: f64,
) -> i32 {
    let name = "warm_session_options_set_min_interval_seconds";
    // SAFETY: the caller passes a live handle.
    unsafe { set(name, o, |o| o.min_interval_seconds(seconds).map(drop)) }
}

/// 1: checkpoints are copied, answered with `WARM_QUEUED` and published by a thread of the store's,
/// which starts with the first of them; default 0: they are published in the caller's thread.
///
/// `WARM_ERR_INVALID`: neither 0 nor 1.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_set_background(
    o: *mut warm_session_options,
    on: i32,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_session_options_set_background", o, |o| {
            o.background(args::switch("on", on)?);
            Ok(())
        })
    }
}

/// Which of the key's entries load, peek and resume answer: `WARM_LOOKUP_BEST` (the default) or
/// `WARM_LOOKUP_LATEST`.
///
/// `WARM_ERR_INVALID`: any other number.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_set_lookup(
    o: *mut warm_session_options,
    mode: i32,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_session_options_set_lookup", o, |o| {
            o.lookup(lookup_mode(mode)?);
            Ok(())
        })
    }
}

/// Longest wait of `warm_session_finish` in seconds; default 60.
///
/// `WARM_ERR_INVALID`: negative or NaN.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_set_finish_timeout_seconds(
    o: *mut warm_session_options,
    seconds: f64,
) -> i32 {
    let name = "warm_session_options_set_finish_timeout_seconds";
    // SAFETY: the caller passes a live handle.
    unsafe { set(name, o, |o| o.finish_timeout_seconds(seconds).map(drop)) }
}

/// Copies tag and digest of every frame that `f` absorbed: they are stored beside each entry as far
/// as there is room, so that two keys can be compared field by field. `f` may be freed afterwards.
///
/// `WARM_ERR_INVALID`: a pointer is NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_set_fingerprint(
    o: *mut warm_session_options,
    f: *const warm_fingerprinter,
) -> i32 {
    // SAFETY: the caller passes live handles.
    unsafe {
        set("warm_session_options_set_fingerprint", o, |o| {
            let copy = |f: &mut crate::key::Fingerprinter| {
                o.fingerprint(f);
                Ok(OK)
            };
            args::handle("f", f)?.0.with(copy).map(drop)
        })
    }
}

/// A name for people, stored beside each entry: UTF-8, at most 1 024 bytes; empty for none.
///
/// `WARM_ERR_TOO_LARGE`: longer. `WARM_ERR_INVALID`: not UTF-8, or a NUL inside.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_set_label(
    o: *mut warm_session_options,
    text: *const c_char,
    len: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle and readable text of that length.
    unsafe {
        set("warm_session_options_set_label", o, |o| {
            if usize::try_from(len).is_ok_and(|n| n > LABEL_BYTES) {
                return Err(SessionOptions::label_too_long(len as usize));
            }
            let text = args::name("text", text, len, LABEL_BYTES)?;
            o.label(text).map(drop)
        })
    }
}

/// Frees options and nulls the caller's pointer; NULL and pointer to NULL are legal.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_free(o: *mut *mut warm_session_options) {
    // SAFETY: the caller passes NULL, or a pointer to NULL or a live handle.
    unsafe { args::free(o) }
}
