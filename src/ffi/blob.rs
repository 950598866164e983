//! Blobs in C.

use crate::cache::{Blob, BlobInfo, Handle, Resident, Share};
use crate::error::Error;
use crate::ffi::args;
use crate::ffi::guard::{call, quietly, OK};
use crate::ffi::info::{count, required, Output};
use crate::ffi::status::WARM_NOT_FOUND;
use std::ffi::{c_char, c_void};
use std::mem::ManuallyDrop;
use std::sync::Arc;

/// An entry of a cache: its bytes, and what was put with them. Independent of the cache, which may be
/// freed, replace the entry or evict it meanwhile: the bytes stay as they are, and in memory, until the
/// blob is freed.
///
/// Threads: immutable, so any number at once, freeing excepted. Stays readable in the child of a fork.
/// Free it with `warm_blob_free`.
pub struct warm_blob {
    /// A handle is the address of what the cache shares, and how it was answered in the lowest bits of it: so
    /// a get that memory answers allocates nothing.
    _opaque: [u8; 0],
}

/// What the lowest bits of a handle may say.
const ANSWERED: usize = 3;
/// And that it is a count that leads to what is shared.
const IS_SHARE: usize = 4;
const BITS: usize = ANSWERED | IS_SHARE;
const _: () = assert!(align_of::<Resident>() > BITS && align_of::<Share>() > BITS);

/// A new handle, which is the caller's.
pub(crate) fn into_handle(blob: Blob) -> *mut warm_blob {
    let (shared, bits) = blob.into_parts();
    let (shared, is_share) = match shared {
        Handle::First(resident) => (Arc::into_raw(resident).cast::<warm_blob>(), 0),
        Handle::Share(share) => (Arc::into_raw(share).cast(), IS_SHARE),
    };
    let bits = usize::from(bits) | is_share;
    shared.wrapping_byte_add(bits).cast_mut()
}

/// # Safety
/// `b` came from [`into_handle`], and its blob is not dropped twice.
unsafe fn from_handle(b: *const warm_blob) -> Blob {
    let bits = b as usize & BITS;
    let shared = b.wrapping_byte_sub(bits);
    // SAFETY: the caller's promise; what it leads to is what the bits say.
    let shared = unsafe {
        match bits & IS_SHARE {
            0 => Handle::First(Arc::from_raw(shared.cast::<Resident>())),
            _ => Handle::Share(Arc::from_raw(shared.cast::<Share>())),
        }
    };
    Blob::from_parts(shared, (bits & ANSWERED) as u8)
}

/// The blob behind a handle, which stays the caller's.
///
/// # Safety
/// A non-NULL `b` is a live handle.
unsafe fn blob_of(b: *const warm_blob) -> Result<ManuallyDrop<Blob>, Error> {
    // SAFETY: the caller's promise.
    unsafe { args::handle("b", b)? };
    // SAFETY: the same; it is not dropped.
    Ok(ManuallyDrop::new(unsafe { from_handle(b) }))
}

/// What is known of an entry besides its bytes. Zero it and set `struct_size` to its `sizeof` before it
/// is filled.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct warm_blob_info {
    /// Set by the caller; never changed by the library.
    pub struct_size: u32,
    /// 1 when `version` says something, else 0.
    pub has_version: i32,
    /// As it was put; 0 when there is none.
    pub version: u64,
    /// Length in bytes.
    pub payload_bytes: i64,
    /// When it was put: milliseconds since 1970-01-01 UTC.
    pub written_unix_ms: i64,
    /// 1 when `remaining_seconds` says something, else 0: it lives until it is evicted.
    pub has_remaining: i32,
    /// 1 when it is past its deadline and within its stale window, else 0.
    pub is_stale: i32,
    /// Seconds until it dies or goes stale; of a stale one, until its window ends.
    pub remaining_seconds: f64,
    /// 1 when memory answered, else 0.
    pub from_memory: i32,
    /// 0 to 255.
    pub priority: i32,
}

impl From<&BlobInfo> for warm_blob_info {
    fn from(i: &BlobInfo) -> Self {
        warm_blob_info {
            struct_size: 0,
            has_version: i32::from(i.version.is_some()),
            version: i.version.unwrap_or(0),
            payload_bytes: count(i.payload_bytes),
            written_unix_ms: i.written_unix_ms,
            has_remaining: i32::from(i.remaining_ms.is_some()),
            is_stale: i32::from(i.is_stale),
            remaining_seconds: i.remaining_ms.map_or(0.0, |ms| ms as f64 / 1000.0),
            from_memory: i32::from(i.from_memory),
            priority: i32::from(i.priority),
        }
    }
}

/// The blob info a caller wants, if he wants it.
///
/// # Safety
/// As for [`Output::new`].
pub(crate) unsafe fn blob_info(
    at: *mut warm_blob_info,
) -> Result<Option<Output<warm_blob_info>>, Error> {
    // SAFETY: the caller's promise.
    unsafe { Output::new("info", at, size_of::<warm_blob_info>()) }
}

/// # Safety
/// `b` is NULL or a live handle; `of` is given to [`args::give_text`] with the rest.
unsafe fn text(
    name: &'static str,
    b: *const warm_blob,
    buf: *mut c_char,
    cap: i64,
    needed: *mut i64,
    of: impl for<'b> FnOnce(&'b Blob) -> Result<Option<&'b String>, Error>,
) -> i32 {
    call(name, || {
        // SAFETY: the caller's promise.
        let b = unsafe { blob_of(b)? };
        args::check_buffer("buf", "cap", buf.cast(), cap)?;
        match of(&b)? {
            // SAFETY: the caller's promise.
            Some(text) => unsafe { args::give_text(text, buf, cap, needed) },
            None => Ok(WARM_NOT_FOUND),
        }
    })
}

/// # Safety
/// `b` is NULL or a live handle, `out` NULL or room for a number.
unsafe fn how_many(
    name: &'static str,
    b: *const warm_blob,
    out: *mut i64,
    of: impl FnOnce(&Blob) -> usize,
) -> i32 {
    call(name, || {
        // SAFETY: the caller's promise.
        let (b, out) = unsafe { (blob_of(b)?, args::out("count", out)?) };
        out.write(count(of(&b) as u64));
        Ok(OK)
    })
}

fn position(index: i64) -> Result<usize, Error> {
    Ok(usize::try_from(args::not_negative("index", index)?).unwrap_or(usize::MAX))
}

/// The payload where it lies: `*data` is aligned to 64 bytes, never NULL, and valid until the blob is
/// freed; `*len` is its length in bytes.
///
/// `WARM_ERR_INVALID`: a pointer is NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_blob_payload(
    b: *const warm_blob,
    data: *mut *const c_void,
    len: *mut i64,
) -> i32 {
    call("warm_blob_payload", || {
        // SAFETY: the caller passes a live handle and room for both outputs.
        let (b, data, len) = unsafe {
            (
                blob_of(b)?,
                args::out("data", data)?,
                args::out("len", len)?,
            )
        };
        let payload = b.payload();
        data.write(payload.as_ptr().cast());
        len.write(payload.len() as i64);
        Ok(OK)
    })
}

/// Copies the payload into `buf`.
///
/// `WARM_ERR_BUFFER`: `*needed` says its length. `WARM_ERR_INVALID`: a NULL or negative argument.
#[no_mangle]
pub unsafe extern "C" fn warm_blob_copy(
    b: *const warm_blob,
    buf: *mut c_void,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    call("warm_blob_copy", || {
        // SAFETY: the caller passes a live handle, a buffer of that capacity, room for a length.
        unsafe { args::give_bytes(blob_of(b)?.payload(), buf, cap, needed) }
    })
}

/// Fills `*info`; what remains of its life, as of now.
///
/// `WARM_ERR_INVALID`: a NULL pointer or a `struct_size` that is too small.
#[no_mangle]
pub unsafe extern "C" fn warm_blob_get_info(b: *const warm_blob, info: *mut warm_blob_info) -> i32 {
    call("warm_blob_get_info", || {
        // SAFETY: the caller passes a live handle and a struct with its size set.
        let (b, info) = unsafe { (blob_of(b)?, required("info", blob_info(info)?)?) };
        info.write((&b.info()).into());
        Ok(OK)
    })
}

/// How many tags it has.
///
/// `WARM_ERR_INVALID`: a pointer is NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_blob_tag_count(b: *const warm_blob, count: *mut i64) -> i32 {
    // SAFETY: the caller passes a live handle and room for a number.
    unsafe { how_many("warm_blob_tag_count", b, count, |b| b.labels().tags.len()) }
}

/// Its tag number `index`, counted from 0; `WARM_CACHE_LABEL_MAX` bytes suffice.
///
/// `WARM_NOT_FOUND`: there are not so many. `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes
/// with its NUL. `WARM_ERR_INVALID`: NULL, or a negative number.
#[no_mangle]
pub unsafe extern "C" fn warm_blob_tag(
    b: *const warm_blob,
    index: i64,
    buf: *mut c_char,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    // SAFETY: the caller passes a live handle, a buffer of that capacity, room for a length.
    unsafe {
        text("warm_blob_tag", b, buf, cap, needed, |b| {
            Ok(b.labels().tags.get(position(index)?))
        })
    }
}

/// How many dependencies it has.
///
/// `WARM_ERR_INVALID`: a pointer is NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_blob_dependency_count(b: *const warm_blob, count: *mut i64) -> i32 {
    // SAFETY: the caller passes a live handle and room for a number.
    unsafe {
        how_many("warm_blob_dependency_count", b, count, |b| {
            b.labels().dependencies.len()
        })
    }
}

/// Its dependency number `index`, counted from 0. Otherwise as `warm_blob_tag`.
///
/// `WARM_NOT_FOUND`: there are not so many. `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes
/// with its NUL. `WARM_ERR_INVALID`: NULL, or a negative number.
#[no_mangle]
pub unsafe extern "C" fn warm_blob_dependency(
    b: *const warm_blob,
    index: i64,
    buf: *mut c_char,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    // SAFETY: the caller passes a live handle, a buffer of that capacity, room for a length.
    unsafe {
        text("warm_blob_dependency", b, buf, cap, needed, |b| {
            Ok(b.labels().dependencies.get(position(index)?))
        })
    }
}

/// How many metadata pairs it has.
///
/// `WARM_ERR_INVALID`: a pointer is NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_blob_pair_count(b: *const warm_blob, count: *mut i64) -> i32 {
    // SAFETY: the caller passes a live handle and room for a number.
    unsafe { how_many("warm_blob_pair_count", b, count, |b| b.labels().pairs.len()) }
}

/// The name of its metadata pair number `index`, counted from 0.
///
/// `WARM_NOT_FOUND`: there are not so many. `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes
/// with its NUL. `WARM_ERR_INVALID`: NULL, or a negative number.
#[no_mangle]
pub unsafe extern "C" fn warm_blob_pair_name(
    b: *const warm_blob,
    index: i64,
    buf: *mut c_char,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    // SAFETY: the caller passes a live handle, a buffer of that capacity, room for a length.
    unsafe {
        text("warm_blob_pair_name", b, buf, cap, needed, |b| {
            Ok(b.labels().pairs.get(position(index)?).map(|(name, _)| name))
        })
    }
}

/// The value of its metadata pair number `index`. Otherwise as `warm_blob_pair_name`.
///
/// `WARM_NOT_FOUND`: there are not so many. `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes
/// with its NUL. `WARM_ERR_INVALID`: NULL, or a negative number.
#[no_mangle]
pub unsafe extern "C" fn warm_blob_pair_value(
    b: *const warm_blob,
    index: i64,
    buf: *mut c_char,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    // SAFETY: the caller passes a live handle, a buffer of that capacity, room for a length.
    unsafe {
        text("warm_blob_pair_value", b, buf, cap, needed, |b| {
            Ok(b.labels().pairs.get(position(index)?).map(|(_, v)| v))
        })
    }
}

/// The media type it was put with; `WARM_CACHE_LABEL_MAX` bytes suffice.
///
/// `WARM_NOT_FOUND`: none was given. `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its
/// NUL. `WARM_ERR_INVALID`: NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_blob_content_type(
    b: *const warm_blob,
    buf: *mut c_char,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    // SAFETY: the caller passes a live handle, a buffer of that capacity, room for a length.
    unsafe {
        text("warm_blob_content_type", b, buf, cap, needed, |b| {
            Ok(b.labels().content_type.as_ref())
        })
    }
}

/// Frees a blob and nulls the caller's pointer; NULL and pointer to NULL are legal. Pointers from
/// `warm_blob_payload` end here.
#[no_mangle]
pub unsafe extern "C" fn warm_blob_free(b: *mut *mut warm_blob) {
    // SAFETY: the caller passes NULL, or a pointer to NULL or a live handle, which is nulled.
    quietly(|| drop(unsafe { args::take_pointer(b).map(|b| from_handle(b)) }));
}
