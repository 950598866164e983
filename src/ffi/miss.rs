//! Why a key missed, in C.

use crate::ffi::args;
use crate::ffi::cursor::{warm_cursor, List};
use crate::ffi::guard::{call, OK};
use crate::ffi::info::{required, warm_miss_info, Output};
use crate::ffi::key::warm_key;
use crate::ffi::plain::Plain;
use crate::ffi::status::WARM_NOT_FOUND;
use crate::ffi::store::warm_store;
use crate::key::Key;
use crate::store::Miss;
use std::ffi::c_char;

/// Why a session's key missed: the nearest stored key, and how the two differ.
///
/// Threads: one at a time. It is plain memory and stays usable in the child of a fork. Free it with
/// `warm_miss_free`.
pub struct warm_miss(Plain<Miss>);

impl warm_miss {
    pub(crate) fn new(miss: Miss) -> Self {
        warm_miss(Plain::new(miss))
    }
}

/// Fills `*info`.
///
/// `WARM_ERR_INVALID`: a NULL pointer or a `struct_size` that is too small.
#[no_mangle]
pub unsafe extern "C" fn warm_miss_get_info(m: *const warm_miss, info: *mut warm_miss_info) -> i32 {
    call("warm_miss_get_info", || {
        // SAFETY: the caller passes a live handle and a struct with its size set.
        let (m, info) = unsafe {
            let m = args::handle("m", m)?;
            let info = Output::new("info", info, size_of::<warm_miss_info>())?;
            (m, required("info", info)?)
        };
        m.0.with(|m| {
            info.write((&*m).into());
            Ok(OK)
        })
    })
}

/// Which stored key is nearest to the stored key `key`, and how the two differ, from what the sessions that
/// wrote under them recorded of their fingerprints. Otherwise as `warm_session_explain_miss`.
///
/// `WARM_NOT_FOUND`: no other key has a field in common. `WARM_ERR_INVALID`: nothing under `key` says what
/// the key was made from; a negative or NaN timeout.
#[no_mangle]
pub unsafe extern "C" fn warm_store_explain(
    s: *mut warm_store,
    key: *const warm_key,
    timeout_seconds: f64,
    out: *mut *mut warm_miss,
) -> i32 {
    call("warm_store_explain", || {
        // SAFETY: the caller passes a live handle, a key and room for a pointer.
        let (s, key) = unsafe {
            args::null_out(out)?;
            (args::handle("s", s)?, Key::from(*args::input("key", key)?))
        };
        let timeout = args::timeout(timeout_seconds)?;
        s.0.with(|s| match s.explain(key, timeout)? {
            // SAFETY: as above.
            Some(miss) => unsafe { args::give(out, warm_miss::new(miss)) },
            None => Ok(WARM_NOT_FOUND),
        })
    })
}

/// The nearest stored key.
///
/// `WARM_ERR_INVALID`: a pointer is NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_miss_key(m: *const warm_miss, out: *mut warm_key) -> i32 {
    call("warm_miss_key", || {
        // SAFETY: the caller passes a live handle and room for a key.
        let (m, out) = unsafe { (args::handle("m", m)?, args::out("out", out)?) };
        m.0.with(|m| {
            out.write(m.key.into());
            Ok(OK)
        })
    })
}

/// The difference in words, such as "y differs; x, family, link equal". At most 20 fields of a kind are
/// named.
///
/// `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL.
#[no_mangle]
pub unsafe extern "C" fn warm_miss_text(
    m: *const warm_miss,
    buf: *mut c_char,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    call("warm_miss_text", || {
        // SAFETY: the caller passes a live handle, a buffer of that capacity, room for a length.
        unsafe {
            args::handle("m", m)?
                .0
                .with(|m| args::give_text(&m.difference.to_string(), buf, cap, needed))
        }
    })
}

/// The fields one by one: those of the session's key in the order they were absorbed, then those that only
/// the stored key has. `warm_cursor_text` gives an item's tag, `warm_cursor_field` its state. The caller
/// frees `*out` with `warm_cursor_free`; it is NULL unless `WARM_OK`.
#[no_mangle]
pub unsafe extern "C" fn warm_miss_list_fields(
    m: *const warm_miss,
    out: *mut *mut warm_cursor,
) -> i32 {
    call("warm_miss_list_fields", || {
        // SAFETY: the caller passes room for a pointer and a live handle.
        let m = unsafe {
            args::null_out(out)?;
            args::handle("m", m)?
        };
        m.0.with(|m| {
            let fields = m.difference.fields().to_vec();
            // SAFETY: as above.
            unsafe { args::give(out, warm_cursor::new(List::Fields(fields))) }
        })
    })
}

/// Frees it and nulls the caller's pointer; NULL and pointer to NULL are legal.
#[no_mangle]
pub unsafe extern "C" fn warm_miss_free(m: *mut *mut warm_miss) {
    // SAFETY: the caller passes NULL, or a pointer to NULL or a live handle.
    unsafe { args::free(m) }
}
