//! A session's protected arrays in C.

use crate::error::Error;
use crate::ffi::args;
use crate::ffi::fingerprinter_native::order_of;
use crate::ffi::guard::{call, OK};
use crate::ffi::info::{entry_info, warm_entry_info};
use crate::ffi::regions::element_type;
use crate::ffi::session::warm_session;
use crate::ffi::status::{WARM_NOT_FOUND, WARM_QUEUED, WARM_THROTTLED};
use crate::payload::{RegionSpec, Regions, MOST_DIMENSIONS, REGION_NAME_BYTES};
use crate::session::{Contents, Outcome, Session};
use crate::sync::{Mutex, MutexGuard};
use std::ffi::{c_char, c_void};
use std::sync::PoisonError;

/// What a session's caller has protected. Its lock is held while arrays are read or filled, so that
/// none is forgotten, and then freed, in between.
#[derive(Default)]
pub(crate) struct Protected(Mutex<Arrays>);

#[derive(Default)]
struct Arrays {
    regions: Regions,
    /// Where each of `regions` lies.
    at: Vec<*mut u8>,
}

// SAFETY: the addresses are used only within calls that the caller makes, of whose threads he has
// promised that the memory may be used there.
unsafe impl Send for Arrays {}

impl Protected {
    fn arrays(&self) -> MutexGuard<'_, Arrays> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Arrays {
    fn write(
        &self,
        objective: Option<f64>,
        iteration: Option<u64>,
        buffer: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let bytes = |i: usize| match self.regions.specs()[i].bytes() {
            0 => &[],
            // SAFETY: as the caller has promised, that many bytes are readable there until the array
            // is forgotten, for which the lock is needed that is held here.
            len => unsafe { std::slice::from_raw_parts(self.at[i].cast_const(), len) },
        };
        self.regions.write(bytes, objective, iteration, buffer)
    }
}

/// # Safety
/// `s` is NULL or a live handle.
unsafe fn with_arrays(
    name: &'static str,
    s: *const warm_session,
    body: impl FnOnce(&mut Arrays) -> Result<i32, Error>,
) -> i32 {
    call(name, || {
        // SAFETY: the caller's promise.
        let s = unsafe { args::handle("s", s)? };
        s.0.with(|_| body(&mut s.1.arrays()))
    })
}

/// Protects an array: from now on it is part of what `warm_session_checkpoint_regions` writes and
/// `warm_session_restore` fills. Nothing is read or copied yet.
///
/// `name` is 1 to 255 bytes of UTF-8, and not `__metadata__`; `type` is one of the `WARM_TYPE`
/// constants; `order` is `WARM_ORDER_ROW_MAJOR` or `WARM_ORDER_COLUMN_MAJOR`, and of no account below
/// two dimensions; `dims` are `rank` extents, at most `WARM_RANK_MAX`, as the array is indexed; NULL
/// with `rank` 0 is a scalar. `data` may be NULL when there are no elements. A complex number's type
/// counts it as one element. A name that is protected already is given this array instead: do that
/// when an array was moved.
///
/// Ownership: `data` stays the caller's. It has to stay where it is until the name is protected anew,
/// `warm_session_unprotect` returned, or the session is freed. It is read only within calls that write
/// regions, and written only within `warm_session_restore`, always on the calling thread.
///
/// `WARM_ERR_INVALID`: NULL, a name, type, order or extent that cannot be, elements of less than a byte
/// that do not fill their last byte. `WARM_ERR_TOO_LARGE`: more bytes than an address space has; names
/// and notes above 16 MiB.
#[no_mangle]
pub unsafe extern "C" fn warm_session_protect(
    s: *mut warm_session,
    name: *const c_char,
    name_len: i64,
    r#type: i32,
    order: i32,
    rank: i64,
    dims: *const i64,
    data: *mut c_void,
) -> i32 {
    let body = |arrays: &mut Arrays| {
        args::bounded("rank", rank, MOST_DIMENSIONS)?;
        // SAFETY: the caller passes text and extents of those lengths.
        let (name, dims) = unsafe {
            (
                args::name("name", name, name_len, REGION_NAME_BYTES)?,
                args::slice("dims", dims, rank)?,
            )
        };
        let extents = dims.iter().map(|n| args::extent("dims", *n));
        let extents = extents.collect::<Result<Vec<u64>, Error>>()?;
        let spec = RegionSpec::new(name, element_type(r#type)?, &extents, order_of(order)?)?;
        if spec.bytes() > 0 {
            args::not_null("data", data)?;
        }
        let i = arrays.regions.insert(spec)?;
        if i == arrays.at.len() {
            arrays.at.push(data.cast());
        } else {
            arrays.at[i] = data.cast();
        }
        Ok(OK)
    };
    // SAFETY: the caller passes a live handle.
    unsafe { with_arrays("warm_session_protect", s, body) }
}

/// Forgets an array. Once this has returned its memory is not used any more, and may be freed: it waits
/// for a call that is reading or filling it on another thread.
///
/// `WARM_NOT_FOUND`: no array of that name is protected. `WARM_ERR_INVALID`: as for
/// `warm_session_protect`.
#[no_mangle]
pub unsafe extern "C" fn warm_session_unprotect(
    s: *mut warm_session,
    name: *const c_char,
    name_len: i64,
) -> i32 {
    let body = |arrays: &mut Arrays| {
        // SAFETY: the caller passes text of that length.
        let name = unsafe { args::name("name", name, name_len, REGION_NAME_BYTES)? };
        Ok(match arrays.regions.remove(name) {
            Some(i) => {
                arrays.at.remove(i);
                OK
            }
            None => WARM_NOT_FOUND,
        })
    };
    // SAFETY: the caller passes a live handle.
    unsafe { with_arrays("warm_session_unprotect", s, body) }
}

/// Forgets all arrays, as `warm_session_unprotect` does one; notes stay.
#[no_mangle]
pub unsafe extern "C" fn warm_session_unprotect_all(s: *mut warm_session) -> i32 {
    let body = |arrays: &mut Arrays| {
        arrays.regions.clear();
        arrays.at.clear();
        Ok(OK)
    };
    // SAFETY: the caller passes a live handle.
    unsafe { with_arrays("warm_session_unprotect_all", s, body) }
}

/// Makes a note that is written with the regions from now on, or replaces the one of that key:
/// `warm_entry_list_notes` answers it. `key` is 1 to 255 bytes of UTF-8, and `value` any UTF-8. The
/// library's own notes are `libwarmstart` (its version), `objective`, `iteration`, and what begins with
/// `order.` or `complex.`. The text is copied.
///
/// `WARM_ERR_INVALID`: a key that cannot be, or that is the library's. `WARM_ERR_TOO_LARGE`: names and
/// notes above 16 MiB.
#[no_mangle]
pub unsafe extern "C" fn warm_session_set_note(
    s: *mut warm_session,
    key: *const c_char,
    key_len: i64,
    value: *const c_char,
    value_len: i64,
) -> i32 {
    let body = |arrays: &mut Arrays| {
        // SAFETY: the caller passes texts of those lengths.
        let (key, value) = unsafe {
            (
                args::name("key", key, key_len, REGION_NAME_BYTES)?,
                args::text("value", value, value_len)?,
            )
        };
        arrays.regions.set_note(key, value)?;
        Ok(OK)
    };
    // SAFETY: the caller passes a live handle.
    unsafe { with_arrays("warm_session_set_note", s, body) }
}

/// Takes a note back.
///
/// `WARM_NOT_FOUND`: there is none of that key. `WARM_ERR_INVALID`: as for `warm_session_set_note`.
#[no_mangle]
pub unsafe extern "C" fn warm_session_remove_note(
    s: *mut warm_session,
    key: *const c_char,
    key_len: i64,
) -> i32 {
    let body = |arrays: &mut Arrays| {
        // SAFETY: the caller passes text of that length.
        let key = unsafe { args::name("key", key, key_len, REGION_NAME_BYTES)? };
        Ok(if arrays.regions.remove_note(key) {
            OK
        } else {
            WARM_NOT_FOUND
        })
    };
    // SAFETY: the caller passes a live handle.
    unsafe { with_arrays("warm_session_remove_note", s, body) }
}

/// # Safety
/// The pointers are NULL or as the writing functions describe them.
unsafe fn write(
    name: &'static str,
    s: *mut warm_session,
    objective: *const f64,
    iteration: *const i64,
    body: impl FnOnce(&Session, Contents<'_>, Option<f64>, Option<u64>) -> Result<i32, Error>,
) -> i32 {
    call(name, || {
        // SAFETY: the caller's promise.
        let (s, objective, iteration) = unsafe {
            (
                args::handle("s", s)?,
                args::objective(objective)?,
                args::iteration(iteration)?,
            )
        };
        s.0.with(|session| {
            s.1.arrays().regions.check_any("writing regions")?;
            // Read when it is known to be written, and not before.
            let mut build = |buffer: &mut Vec<u8>| s.1.arrays().write(objective, iteration, buffer);
            body(session, Contents::Built(&mut build), objective, iteration)
        })
    })
}

/// `warm_session_checkpoint` of the protected arrays, together with the notes, as a safetensors file.
/// They are copied on the calling thread before this returns, once, also with background writing; what
/// the rate limit holds back is not read. In synchronous mode the session keeps the memory of the copy
/// for the next. `objective` and `iteration` may be NULL for none.
///
/// `WARM_ERR_INVALID`: no array is protected. `WARM_ERR_NO_MEMORY`: so many bytes cannot be allocated.
/// Everything else as `warm_session_checkpoint`.
#[no_mangle]
pub unsafe extern "C" fn warm_session_checkpoint_regions(
    s: *mut warm_session,
    objective: *const f64,
    iteration: *const i64,
) -> i32 {
    let name = "warm_session_checkpoint_regions";
    // SAFETY: the caller passes what the description asks for.
    unsafe {
        write(name, s, objective, iteration, |s, made, objective, i| {
            Ok(match s.checkpoint_contents(made, objective, i)? {
                Outcome::Written => OK,
                Outcome::Queued => WARM_QUEUED,
                Outcome::Throttled => WARM_THROTTLED,
            })
        })
    }
}

/// `warm_session_checkpoint_regions` without the rate limit: `WARM_OK` means written and durable.
#[no_mangle]
pub unsafe extern "C" fn warm_session_checkpoint_regions_now(
    s: *mut warm_session,
    objective: *const f64,
    iteration: *const i64,
) -> i32 {
    let name = "warm_session_checkpoint_regions_now";
    // SAFETY: the caller passes what the description asks for.
    unsafe {
        write(name, s, objective, iteration, |s, made, objective, i| {
            s.checkpoint_contents_now(made, objective, i).map(|()| OK)
        })
    }
}

/// `warm_session_finalize` of the protected arrays; otherwise as `warm_session_checkpoint_regions`.
#[no_mangle]
pub unsafe extern "C" fn warm_session_finalize_regions(
    s: *mut warm_session,
    objective: *const f64,
    iteration: *const i64,
) -> i32 {
    let name = "warm_session_finalize_regions";
    // SAFETY: the caller passes what the description asks for.
    unsafe {
        write(name, s, objective, iteration, |s, made, objective, i| {
            s.finalize_contents(made, objective, i).map(|()| OK)
        })
    }
}

/// Fills all protected arrays, bit for bit, with the entry that `warm_session_load` would answer, and
/// takes it; `*info`, which may be NULL, says what it is. Everything is checked first: the entry has to
/// have these regions and no others, each of the type and dimensions that are protected, and at two
/// dimensions and more in the same order. Any safetensors file will do, whoever wrote it.
///
/// `WARM_NOT_FOUND`: nothing to resume from. `WARM_ERR_INCOMPATIBLE`: the last error says which region
/// differs, and how; no array is touched and nothing is taken. `WARM_ERR_INVALID`: no array is
/// protected, or a `struct_size` that is too small.
#[no_mangle]
pub unsafe extern "C" fn warm_session_restore(
    s: *mut warm_session,
    info: *mut warm_entry_info,
) -> i32 {
    call("warm_session_restore", || {
        // SAFETY: the caller passes a live handle, and a struct with its size set.
        let (s, info) = unsafe { (args::handle("s", s)?, entry_info(info)?) };
        s.0.with(|session| {
            let arrays = s.1.arrays();
            arrays.regions.check_any("restoring regions")?;
            let Some((entry, places)) = session.load_regions(&arrays.regions)? else {
                return Ok(WARM_NOT_FOUND);
            };
            for (to, from) in arrays.at.iter().zip(places) {
                let from = &entry.payload()[from];
                if !from.is_empty() {
                    // SAFETY: as the caller has promised, there is room for that many bytes.
                    unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), *to, from.len()) };
                }
            }
            if let Some(info) = info {
                info.write((&entry.info()).into());
            }
            Ok(OK)
        })
    })
}
