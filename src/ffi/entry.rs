//! Entries in C.

use crate::ffi::args;
use crate::ffi::guard::{call, OK};
use crate::ffi::info::{entry_info, required, warm_entry_info};
use crate::ffi::key::warm_key;
use crate::store::Entry;
use std::ffi::{c_char, c_void};

/// A verified entry: payload, key, run and what is known about it. Independent of the store and
/// session it came from, which may be freed before it.
///
/// Threads: immutable, so any number at once, freeing excepted. Stays readable in the child of a
/// fork. Free it with `warm_entry_free`.
pub struct warm_entry(pub(crate) Entry);

/// The payload where it lies: `*data` is aligned to 64 bytes, never NULL, and valid until the entry
/// is freed; `*len` is its length in bytes.
///
/// `WARM_ERR_INVALID`: a pointer is NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_entry_payload(
    e: *const warm_entry,
    data: *mut *const c_void,
    len: *mut i64,
) -> i32 {
    call("warm_entry_payload", || {
        // SAFETY: the caller passes a live handle and room for both outputs.
        let (e, data, len) = unsafe {
            (
                args::handle("e", e)?,
                args::out("data", data)?,
                args::out("len", len)?,
            )
        };
        let payload = e.0.payload();
        data.write(payload.as_ptr().cast());
        len.write(payload.len() as i64);
        Ok(OK)
    })
}

/// Copies the payload into `buf`.
///
/// `WARM_ERR_BUFFER`: `*needed` says its length. `WARM_ERR_INVALID`: a NULL or negative argument.
#[no_mangle]
pub unsafe extern "C" fn warm_entry_copy(
    e: *const warm_entry,
    buf: *mut c_void,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    call("warm_entry_copy", || {
        // SAFETY: the caller passes a live handle, a buffer of that capacity, room for a length.
        unsafe { args::give_bytes(args::handle("e", e)?.0.payload(), buf, cap, needed) }
    })
}

/// Fills `*info`.
///
/// `WARM_ERR_INVALID`: a NULL pointer or a `struct_size` that is too small.
#[no_mangle]
pub unsafe extern "C" fn warm_entry_get_info(
    e: *const warm_entry,
    info: *mut warm_entry_info,
) -> i32 {
    call("warm_entry_get_info", || {
        // SAFETY: the caller passes a live handle and a struct with its size set.
        let (e, info) = unsafe { (args::handle("e", e)?, required("info", entry_info(info)?)?) };
        info.write((&e.0.info()).into());
        Ok(OK)
    })
}

/// The key the entry lies under.
///
/// `WARM_ERR_INVALID`: a pointer is NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_entry_key(e: *const warm_entry, out: *mut warm_key) -> i32 {
    call("warm_entry_key", || {
        // SAFETY: the caller passes a live handle and room for a key.
        let (e, out) = unsafe { (args::handle("e", e)?, args::out("out", out)?) };
        out.write(e.0.key().into());
        Ok(OK)
    })
}

/// The run that wrote the entry; `WARM_RUN_ID_MAX` bytes suffice for every run id of this library,
/// another engine's may be longer.
///
/// `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL.
#[no_mangle]
pub unsafe extern "C" fn warm_entry_run_id(
    e: *const warm_entry,
    buf: *mut c_char,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    call("warm_entry_run_id", || {
        // SAFETY: the caller passes a live handle, a buffer of that capacity, room for a length.
        unsafe { args::give_text(args::handle("e", e)?.0.run_id(), buf, cap, needed) }
    })
}

/// Frees an entry and nulls the caller's pointer; NULL and pointer to NULL are legal. Pointers from
/// `warm_entry_payload` end here.
#[no_mangle]
pub unsafe extern "C" fn warm_entry_free(e: *mut *mut warm_entry) {
    // SAFETY: the caller passes NULL, or a pointer to NULL or a live handle.
    unsafe { args::free(e) }
}
