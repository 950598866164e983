//! Entries in C.

use crate::error::Error;
use crate::ffi::args;
use crate::ffi::guard::{call, quietly, OK};
use crate::ffi::info::{entry_info, required, warm_entry_info};
use crate::ffi::key::warm_key;
use crate::ffi::status::WARM_NOT_FOUND;
use crate::session::SEED_KEYS;
use crate::store::{Entry, Source, Stored};
use std::ffi::{c_char, c_void};
use std::mem::ManuallyDrop;
use std::sync::Arc;

/// A verified entry: payload, key, run and what is known about it. Independent of the store and
/// session it came from, which may be freed before it.
///
/// Threads: immutable, so any number at once, freeing excepted. Stays readable in the child of a
/// fork. Free it with `warm_entry_free`.
pub struct warm_entry {
    /// A handle is the address of what is stored, which all entries of a pair share, and the entry's
    /// source in the lowest bits of it: so a lookup that is answered from memory allocates nothing.
    _opaque: [u8; 0],
}

/// What the lowest bits of a handle may say.
const SOURCE_BITS: usize = 31;
const _: () = assert!(align_of::<Stored>() > SOURCE_BITS && SEED_KEYS + 2 <= SOURCE_BITS);

fn into_handle(entry: Entry) -> *mut warm_entry {
    let source = match entry.source {
        Source::Exact => 0,
        Source::Preloaded => 1,
        Source::Seed(level) => 2 + usize::from(level),
    };
    let stored = Arc::into_raw(entry.stored).cast::<warm_entry>();
    stored.wrapping_byte_add(source).cast_mut()
}

/// # Safety
/// `e` came from [`into_handle`], and its entry is not dropped twice.
unsafe fn from_handle(e: *const warm_entry) -> Option<Entry> {
    let source = e as usize & SOURCE_BITS;
    Some(Entry {
        source: match source {
            0 => Source::Exact,
            1 => Source::Preloaded,
            _ if source < SEED_KEYS + 2 => Source::Seed((source - 2) as u8),
            _ => return None,
        },
        // SAFETY: the caller's promise.
        stored: unsafe { Arc::from_raw(e.wrapping_byte_sub(source).cast::<Stored>()) },
    })
}

/// The entry behind a handle, which stays the caller's.
///
/// # Safety
/// A non-NULL `e` is a live handle.
pub(crate) unsafe fn entry_of(
    name: &'static str,
    e: *const warm_entry,
) -> Result<ManuallyDrop<Entry>, Error> {
    // SAFETY: the caller's promise.
    unsafe { args::handle(name, e)? };
    // SAFETY: the same; it is not dropped.
    match unsafe { from_handle(e) } {
        Some(entry) => Ok(ManuallyDrop::new(entry)),
        None => Err(Error::invalid(
            format!("reading argument `{name}`"),
            "it is no handle of an entry",
            "Pass what a lookup gave, before it is freed",
        )),
    }
}

/// Hands a new entry to the caller.
///
/// # Safety
/// A non-NULL `out` points to room for a pointer.
pub(crate) unsafe fn give_entry(out: *mut *mut warm_entry, entry: Entry) -> Result<i32, Error> {
    // SAFETY: the caller's promise.
    let out = unsafe { args::out("out", out)? };
    out.write(into_handle(entry));
    Ok(OK)
}

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
                entry_of("e", e)?,
                args::out("data", data)?,
                args::out("len", len)?,
            )
        };
        let payload = e.payload();
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
        unsafe { args::give_bytes(entry_of("e", e)?.payload(), buf, cap, needed) }
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
        let (e, info) = unsafe { (entry_of("e", e)?, required("info", entry_info(info)?)?) };
        info.write((&e.info()).into());
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
        let (e, out) = unsafe { (entry_of("e", e)?, args::out("out", out)?) };
        out.write(e.key().into());
        Ok(OK)
    })
}

/// Which of the session's seed keys the entry was found under: 0 for the nearest, then 1 and so on;
/// -1 when its source is not `WARM_SOURCE_SEED`.
///
/// `WARM_ERR_INVALID`: a pointer is NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_entry_seed_level(e: *const warm_entry, level: *mut i32) -> i32 {
    call("warm_entry_seed_level", || {
        // SAFETY: the caller passes a live handle and room for a number.
        let (e, level) = unsafe { (entry_of("e", e)?, args::out("level", level)?) };
        level.write(match e.source {
            Source::Seed(level) => i32::from(level),
            Source::Exact | Source::Preloaded => -1,
        });
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
        unsafe { args::give_text(entry_of("e", e)?.run_id(), buf, cap, needed) }
    })
}

/// What the session that wrote the entry was labelled with.
///
/// `WARM_NOT_FOUND`: with nothing, or another engine wrote or rewrote it. `WARM_ERR_BUFFER`: `*needed` says
/// how many bytes it takes with its NUL.
#[no_mangle]
pub unsafe extern "C" fn warm_entry_label(
    e: *const warm_entry,
    buf: *mut c_char,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    call("warm_entry_label", || {
        // SAFETY: the caller passes a live handle, a buffer of that capacity, room for a length.
        unsafe {
            match entry_of("e", e)?.label() {
                Some(label) => args::give_text(label, buf, cap, needed),
                None => Ok(WARM_NOT_FOUND),
            }
        }
    })
}

/// Frees an entry and nulls the caller's pointer; NULL and pointer to NULL are legal. Pointers from
/// `warm_entry_payload` end here.
#[no_mangle]
pub unsafe extern "C" fn warm_entry_free(e: *mut *mut warm_entry) {
    // SAFETY: the caller passes NULL, or a pointer to NULL or a live handle, which is nulled.
    quietly(|| drop(unsafe { args::take_pointer(e).and_then(|e| from_handle(e)) }));
}
