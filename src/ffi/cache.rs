//! Caches of blobs in C.

use crate::cache::{
    Cache, CacheOptions, Existence, PutOptions, CACHE_KEY_BYTES, CACHE_NAMESPACE_BYTES,
};
use crate::error::Error;
use crate::ffi::args;
use crate::ffi::blob::{blob_info, into_handle, warm_blob, warm_blob_info};
use crate::ffi::cache_options::warm_cache_options;
use crate::ffi::guard::{call, OK};
use crate::ffi::info::{required, Output};
use crate::ffi::put::{short_text, warm_put, warm_put_receipt};
use crate::ffi::shared::{self, Shared};
use crate::ffi::status::WARM_NOT_FOUND;
use crate::ffi::store::PATH_BYTES;
use std::ffi::{c_char, c_void};
use std::path::Path;

/// There is certainly no live entry.
pub const WARM_EXISTENCE_ABSENT: i32 = 0;
/// There is a live entry.
pub const WARM_EXISTENCE_PRESENT: i32 = 1;
/// There may be one: it takes a read to tell.
pub const WARM_EXISTENCE_MAYBE: i32 = 2;

/// A cache of blobs, for what an engine recomputes too often: bytes under a namespace and a key, with
/// labels by which they are invalidated; in memory and, below it, in a directory that any number of
/// processes may have open at once.
///
/// Guarantees: a put, an invalidation or a flush that returned `WARM_OK` survives what the cache's
/// durability level says; a get answers the bytes of one put, whole, or nothing; puts, invalidations and
/// flushes of other processes on the same host are seen by the next get. It is a cache: entries may be
/// evicted for room at any time. What has died is removed soon after by a thread of the cache's, which starts
/// with the first entry that ends by itself.
///
/// Limits: namespaces' names have at most 128 bytes, keys 1 024, tags and dependencies 256 (the
/// `WARM_CACHE` constants), all of them UTF-8 without a NUL; a blob is read into memory whole.
///
/// Threads: any number at once, freeing excepted. In the child of a fork every function answers
/// `WARM_ERR_FORKED`; open another there. Free it with `warm_cache_free`; blobs, lists and tasks keep what
/// they need of it.
///
/// Besides what each function names, all of them answer `WARM_ERR_INVALID` for NULL handles and pointers
/// and for names and keys that are empty, too long, not UTF-8 or have a NUL inside;
/// `WARM_ERR_POISONED` after a `WARM_ERR_PANIC`; and what the file system reports: `WARM_ERR_IO`,
/// `WARM_ERR_PERMISSION`, and for writes `WARM_ERR_NO_SPACE`.
pub struct warm_cache(pub(crate) Shared<Cache>);

/// # Safety
/// As for [`args::name`].
pub(crate) unsafe fn namespace_of<'a>(p: *const c_char, len: i64) -> Result<&'a str, Error> {
    // SAFETY: the caller's promise.
    unsafe { short_text("ns", p, len, CACHE_NAMESPACE_BYTES) }
}

/// A namespace, or with NULL and 0 all of them.
///
/// # Safety
/// As for [`args::name`].
pub(crate) unsafe fn some_namespace<'a>(
    p: *const c_char,
    len: i64,
) -> Result<Option<&'a str>, Error> {
    if p.is_null() && len == 0 {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    unsafe { namespace_of(p, len) }.map(Some)
}

/// # Safety
/// As for [`args::name`].
unsafe fn key_of<'a>(p: *const c_char, len: i64) -> Result<&'a str, Error> {
    // SAFETY: the caller's promise.
    unsafe { short_text("key", p, len, CACHE_KEY_BYTES) }
}

/// Runs `body` with the options that a caller gave, or with none set.
///
/// # Safety
/// `put` is NULL or a live handle.
pub(crate) unsafe fn with_put(
    put: *const warm_put,
    body: impl FnOnce(&PutOptions) -> Result<i32, Error>,
) -> Result<i32, Error> {
    if put.is_null() {
        return body(&PutOptions::new());
    }
    // SAFETY: the caller's promise.
    unsafe { args::handle("put", put)? }
        .0
        .with(|p| body(&p.options))
}

/// The outcome of a question about one entry.
pub(crate) fn found(found: bool) -> i32 {
    if found {
        OK
    } else {
        WARM_NOT_FOUND
    }
}

/// # Safety
/// `options` is NULL or a live handle, `out` room for a pointer.
unsafe fn open(
    options: *const warm_cache_options,
    out: *mut *mut warm_cache,
    make: impl FnOnce(&CacheOptions) -> Result<Cache, Error>,
) -> Result<i32, Error> {
    let give = |options: &CacheOptions| {
        let cache = make(options)?;
        // SAFETY: the caller's promise.
        unsafe { args::give(out, warm_cache(Shared::new(cache))) }
    };
    if options.is_null() {
        return give(&CacheOptions::new());
    }
    // SAFETY: the caller's promise.
    unsafe { args::handle("options", options)? }
        .0
        .with(|o| give(o))
}

/// Opens a cache in the directory `root`, creating it (and what is missing above it) with mode 0700
/// unless the options say read-only. `root` is UTF-8, taken literally, relative to the working directory
/// of this moment; NULL or empty: what `warm_store_open` takes, with "-cache" appended to the directory's
/// name (`~/.cache/warmstart-cache`). `options` may be NULL for the defaults. The caller frees `*out`
/// with `warm_cache_free`; it is NULL unless `WARM_OK`.
///
/// `WARM_ERR_INVALID`: the root is a file, its name is too long or has a NUL inside, or there is no
/// default. `WARM_ERR_PERMISSION`: it may not be read, or not be made. `WARM_ERR_INCOMPATIBLE`: a newer
/// library wrote it. `WARM_ERR_CORRUPT`: what it says of its namespaces cannot be understood.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_open(
    root: *const c_char,
    root_len: i64,
    options: *const warm_cache_options,
    out: *mut *mut warm_cache,
) -> i32 {
    call("warm_cache_open", || {
        // SAFETY: the caller passes room for a pointer, readable text of that length, and NULL or a
        // live handle.
        unsafe {
            args::null_out(out)?;
            let root = args::name("root", root, root_len, PATH_BYTES)?;
            let root = Some(Path::new(root)).filter(|_| !root.is_empty());
            open(options, out, |options| Cache::open(root, options))
        }
    })
}

/// Opens a cache that lies in memory only, within the options' memory budget, and ends with its handle;
/// options that concern the disk are of no account. `options` may be NULL for the defaults. The caller
/// frees `*out` with `warm_cache_free`; it is NULL unless `WARM_OK`.
///
/// `WARM_ERR_INVALID`: `out` is NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_open_in_memory(
    options: *const warm_cache_options,
    out: *mut *mut warm_cache,
) -> i32 {
    call("warm_cache_open_in_memory", || {
        // SAFETY: the caller passes room for a pointer, and NULL or a live handle.
        unsafe {
            args::null_out(out)?;
            open(options, out, Cache::in_memory)
        }
    })
}

/// The directory the cache lies in, absolute.
///
/// `WARM_NOT_FOUND`: it lies in memory only. `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes
/// with its NUL.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_root(
    c: *const warm_cache,
    buf: *mut c_char,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    call("warm_cache_root", || {
        // SAFETY: the caller passes a live handle.
        unsafe { args::handle("c", c)? }.0.with(|c| {
            args::check_buffer("buf", "cap", buf.cast(), cap)?;
            let Some(root) = c.root() else {
                return Ok(WARM_NOT_FOUND);
            };
            // SAFETY: the caller passes a buffer of that capacity and room for a length.
            unsafe { args::give_text(&root.to_string_lossy(), buf, cap, needed) }
        })
    })
}

/// Puts `len` bytes under `key` in the namespace `ns`, which the first put registers. `put` says what
/// goes with them, and may be NULL for nothing; `receipt`, which may be NULL, what was done. When it
/// returns `WARM_OK`, the entry survives what the cache's durability level says. What was under the key
/// before is replaced, its labels and life included. The bytes are copied.
///
/// `WARM_ERR_CONFLICT`: a version forbids it, see `warm_put_set_version` and `warm_put_set_swap`.
/// `WARM_ERR_TOO_LARGE`: one namespace too many, or more bytes than `warm_put_set_largest`, the
/// namespace's quota or the budgets allow: the last error names limit and size. After any error what was
/// there before is intact.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_put(
    c: *mut warm_cache,
    ns: *const c_char,
    ns_len: i64,
    key: *const c_char,
    key_len: i64,
    payload: *const c_void,
    len: i64,
    put: *const warm_put,
    receipt: *mut warm_put_receipt,
) -> i32 {
    call("warm_cache_put", || {
        // SAFETY: the caller passes what the description asks for.
        let (c, ns, key, payload, receipt) = unsafe {
            (
                args::handle("c", c)?,
                namespace_of(ns, ns_len)?,
                key_of(key, key_len)?,
                args::bytes("payload", payload, len)?,
                Output::new("receipt", receipt, size_of::<warm_put_receipt>())?,
            )
        };
        c.0.with(|c| {
            // SAFETY: the caller passes NULL or a live handle.
            unsafe {
                with_put(put, |put| {
                    let done = c.put(ns, key, payload, put)?;
                    if let Some(receipt) = receipt {
                        receipt.write((&done).into());
                    }
                    Ok(OK)
                })
            }
        })
    })
}

/// The entry under `key` in the namespace `ns`. The caller frees `*out` with `warm_blob_free`; it is NULL
/// unless `WARM_OK`. What memory answers is not copied; a small handle is allocated.
///
/// `WARM_NOT_FOUND`: nothing live is there; a namespace that does not exist is no error.
/// `WARM_ERR_NO_MEMORY`: the payload does not fit in memory.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_get(
    c: *mut warm_cache,
    ns: *const c_char,
    ns_len: i64,
    key: *const c_char,
    key_len: i64,
    out: *mut *mut warm_blob,
) -> i32 {
    call("warm_cache_get", || {
        // SAFETY: the caller passes room for a pointer, a live handle and readable texts.
        let (c, ns, key) = unsafe {
            args::null_out(out)?;
            (
                args::handle("c", c)?,
                namespace_of(ns, ns_len)?,
                key_of(key, key_len)?,
            )
        };
        c.0.with(|c| match c.get(ns, key)? {
            Some(blob) => {
                // SAFETY: as above.
                unsafe { args::out("out", out)? }.write(into_handle(blob));
                Ok(OK)
            }
            None => Ok(WARM_NOT_FOUND),
        })
    })
}

/// `warm_cache_get` into the caller's buffer: the payload goes to `buf`, what is known of it to `*info`,
/// which may be NULL. What memory answers allocates nothing. A call that answers `WARM_ERR_BUFFER` is a
/// get, and counts as one.
///
/// `WARM_NOT_FOUND`: nothing live is there. `WARM_ERR_BUFFER`: `*needed` says the payload's length.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_get_into(
    c: *mut warm_cache,
    ns: *const c_char,
    ns_len: i64,
    key: *const c_char,
    key_len: i64,
    buf: *mut c_void,
    cap: i64,
    needed: *mut i64,
    info: *mut warm_blob_info,
) -> i32 {
    call("warm_cache_get_into", || {
        // SAFETY: the caller passes a live handle, readable texts, and a struct with its size set.
        let (c, ns, key, info) = unsafe {
            (
                args::handle("c", c)?,
                namespace_of(ns, ns_len)?,
                key_of(key, key_len)?,
                blob_info(info)?,
            )
        };
        args::check_buffer("buf", "cap", buf, cap)?;
        c.0.with(|c| {
            let Some(blob) = c.get(ns, key)? else {
                return Ok(WARM_NOT_FOUND);
            };
            // SAFETY: the caller passes a buffer of that capacity and room for a length.
            let status = unsafe { args::give_bytes(blob.payload(), buf, cap, needed)? };
            if let Some(info) = info.filter(|_| status == OK) {
                info.write((&blob.info()).into());
            }
            Ok(status)
        })
    })
}

/// What is known of `key` without reading a file: `*existence` is one of the `WARM_EXISTENCE` constants.
/// It is no access, and counts as none.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_existence(
    c: *mut warm_cache,
    ns: *const c_char,
    ns_len: i64,
    key: *const c_char,
    key_len: i64,
    existence: *mut i32,
) -> i32 {
    call("warm_cache_existence", || {
        // SAFETY: the caller passes a live handle, readable texts and room for a number.
        let (c, ns, key, out) = unsafe {
            (
                args::handle("c", c)?,
                namespace_of(ns, ns_len)?,
                key_of(key, key_len)?,
                args::out("existence", existence)?,
            )
        };
        c.0.with(|c| {
            out.write(match c.existence(ns, key)? {
                Existence::Absent => WARM_EXISTENCE_ABSENT,
                Existence::Present => WARM_EXISTENCE_PRESENT,
                Existence::Maybe => WARM_EXISTENCE_MAYBE,
            });
            Ok(OK)
        })
    })
}

/// Whether there is a live entry under `key`, exactly: it may read a file, and is no access.
///
/// `WARM_OK`: there is. `WARM_NOT_FOUND`: there is none.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_contains(
    c: *mut warm_cache,
    ns: *const c_char,
    ns_len: i64,
    key: *const c_char,
    key_len: i64,
) -> i32 {
    call("warm_cache_contains", || {
        // SAFETY: the caller passes a live handle and readable texts.
        let (c, ns, key) = unsafe {
            (
                args::handle("c", c)?,
                namespace_of(ns, ns_len)?,
                key_of(key, key_len)?,
            )
        };
        c.0.with(|c| c.contains(ns, key).map(found))
    })
}

/// Removes the entry under `key`; as durable as a put.
///
/// `WARM_NOT_FOUND`: nothing live was there.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_remove(
    c: *mut warm_cache,
    ns: *const c_char,
    ns_len: i64,
    key: *const c_char,
    key_len: i64,
) -> i32 {
    call("warm_cache_remove", || {
        // SAFETY: the caller passes a live handle and readable texts.
        let (c, ns, key) = unsafe {
            (
                args::handle("c", c)?,
                namespace_of(ns, ns_len)?,
                key_of(key, key_len)?,
            )
        };
        c.0.with(|c| c.remove(ns, key).map(found))
    })
}

/// What is known of the live entry under `key`, its remaining life for one. It is no access, and counts
/// as none.
///
/// `WARM_NOT_FOUND`: nothing live is there. `WARM_ERR_INVALID`: also a `struct_size` that is too small.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_peek(
    c: *mut warm_cache,
    ns: *const c_char,
    ns_len: i64,
    key: *const c_char,
    key_len: i64,
    info: *mut warm_blob_info,
) -> i32 {
    call("warm_cache_peek", || {
        // SAFETY: the caller passes a live handle, readable texts and a struct with its size set.
        let (c, ns, key, info) = unsafe {
            (
                args::handle("c", c)?,
                namespace_of(ns, ns_len)?,
                key_of(key, key_len)?,
                required("info", blob_info(info)?)?,
            )
        };
        c.0.with(|c| match c.peek(ns, key)? {
            Some(listed) => {
                info.write((&listed.info).into());
                Ok(OK)
            }
            None => Ok(WARM_NOT_FOUND),
        })
    })
}

/// Gives the live entry under `key` another life, from now on, without writing its bytes again: the
/// seconds, deadline, jitter, idle and stale seconds of `put`; its other settings are of no account. With
/// a NULL `put` the entry lives until it is evicted. As durable as a put.
///
/// `WARM_NOT_FOUND`: nothing live is there.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_set_life(
    c: *mut warm_cache,
    ns: *const c_char,
    ns_len: i64,
    key: *const c_char,
    key_len: i64,
    put: *const warm_put,
) -> i32 {
    call("warm_cache_set_life", || {
        // SAFETY: the caller passes a live handle and readable texts.
        let (c, ns, key) = unsafe {
            (
                args::handle("c", c)?,
                namespace_of(ns, ns_len)?,
                key_of(key, key_len)?,
            )
        };
        let mut life = Default::default();
        if !put.is_null() {
            // SAFETY: the caller passes NULL or a live handle.
            unsafe { args::handle("put", put)? }.0.with(|p| {
                life = p.life;
                Ok(OK)
            })?;
        }
        c.0.with(|c| c.set_life(ns, key, &life).map(found))
    })
}

/// Frees a cache and nulls the caller's pointer; NULL and pointer to NULL are legal. Its blobs, lists and
/// tasks stay usable.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_free(c: *mut *mut warm_cache) {
    // SAFETY: the caller passes NULL, or a pointer to NULL or a live handle.
    unsafe { shared::free(c, |c| c.0.must_leak()) }
}
