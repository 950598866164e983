//! Options of a remote tier in C.

use crate::error::Error;
use crate::ffi::args;
use crate::ffi::guard::{call, OK};
use crate::ffi::plain::Plain;
use crate::ffi::status::{
    WARM_UPLOADS_ALL, WARM_UPLOADS_BEST, WARM_UPLOADS_FINAL, WARM_UPLOADS_NOTHING,
};
use crate::remote::{RemoteOptions, Uploads};

/// How a store is attached to a remote tier. What is not set has its default.
///
/// Threads: one at a time. Plain memory. Free it with `warm_remote_options_free`, at the earliest when
/// `warm_store_attach_remote` has returned.
pub struct warm_remote_options(pub(crate) Plain<RemoteOptions>);

/// # Safety
/// `o` is NULL or a live handle.
unsafe fn set(
    name: &'static str,
    o: *mut warm_remote_options,
    body: impl FnOnce(&mut RemoteOptions) -> Result<(), Error>,
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
pub unsafe extern "C" fn warm_remote_options_new(out: *mut *mut warm_remote_options) -> i32 {
    call("warm_remote_options_new", || {
        // SAFETY: the caller passes room for a pointer.
        unsafe {
            args::null_out(out)?;
            args::give(out, warm_remote_options(Plain::new(RemoteOptions::new())))
        }
    })
}

/// Which entries are uploaded: `WARM_UPLOADS_FINAL` (the default), `WARM_UPLOADS_BEST`,
/// `WARM_UPLOADS_ALL` or `WARM_UPLOADS_NOTHING`.
///
/// `WARM_ERR_INVALID`: any other number.
#[no_mangle]
pub unsafe extern "C" fn warm_remote_options_set_uploads(
    o: *mut warm_remote_options,
    which: i32,
) -> i32 {
    let known = match which {
        WARM_UPLOADS_FINAL => Some(Uploads::Final),
        WARM_UPLOADS_BEST => Some(Uploads::Best),
        WARM_UPLOADS_ALL => Some(Uploads::All),
        WARM_UPLOADS_NOTHING => Some(Uploads::Nothing),
        _ => None,
    };
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_remote_options_set_uploads", o, |o| {
            o.uploads(args::constant("which", "WARM_UPLOADS", which, known)?);
            Ok(())
        })
    }
}

/// 1 (the default): a lookup that finds nothing here asks the remote tier; 0: only
/// `warm_remote_fetch` does.
///
/// `WARM_ERR_INVALID`: neither 0 nor 1.
#[no_mangle]
pub unsafe extern "C" fn warm_remote_options_set_lookup(
    o: *mut warm_remote_options,
    on: i32,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_remote_options_set_lookup", o, |o| {
            o.lookup(args::switch("on", on)?);
            Ok(())
        })
    }
}

/// The longest that such a lookup waits, in seconds; default 5.
///
/// `WARM_ERR_INVALID`: negative or NaN.
#[no_mangle]
pub unsafe extern "C" fn warm_remote_options_set_deadline_seconds(
    o: *mut warm_remote_options,
    seconds: f64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_remote_options_set_deadline_seconds", o, |o| {
            o.deadline(args::timeout(seconds)?);
            Ok(())
        })
    }
}

/// Longest payload that is uploaded or fetched, in bytes; default 1 GiB, at most 5 GiB. Nothing longer
/// is allocated, whatever a server says.
///
/// `WARM_ERR_INVALID`: not positive, or more.
#[no_mangle]
pub unsafe extern "C" fn warm_remote_options_set_payload_limit(
    o: *mut warm_remote_options,
    bytes: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_remote_options_set_payload_limit", o, |o| {
            o.most_payload(bytes).map(drop)
        })
    }
}

/// Most runs whose upload waits in memory; others wait as empty files in the root. Default 1024.
///
/// `WARM_ERR_INVALID`: not positive.
#[no_mangle]
pub unsafe extern "C" fn warm_remote_options_set_queue_limit(
    o: *mut warm_remote_options,
    runs: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_remote_options_set_queue_limit", o, |o| {
            o.queue(runs).map(drop)
        })
    }
}

/// Frees options and nulls the caller's pointer; NULL and pointer to NULL are legal.
#[no_mangle]
pub unsafe extern "C" fn warm_remote_options_free(o: *mut *mut warm_remote_options) {
    // SAFETY: the caller passes NULL, or a pointer to NULL or a live handle.
    unsafe { args::free(o) }
}
