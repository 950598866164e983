//! Lists of a cache in C.

use crate::cache::ListedBlob;
use crate::error::Error;
use crate::ffi::args;
use crate::ffi::blob::{blob_info, warm_blob_info};
use crate::ffi::cache::{namespace_of, warm_cache};
use crate::ffi::guard::{call, OK};
use crate::ffi::info::required;
use crate::ffi::plain::Plain;
use crate::ffi::put::short_text;
use crate::ffi::status::WARM_NOT_FOUND;
use std::ffi::c_char;

enum List {
    Namespaces(Vec<String>),
    Blobs(Vec<ListedBlob>),
}

pub(crate) struct Cursor {
    list: List,
    /// None before the first step.
    at: Option<usize>,
}

/// A list of a cache's namespaces, or of the entries of one, gone through item by item: a copy made when
/// the cursor was, so that nothing done to the cache meanwhile disturbs it.
///
/// Threads: one at a time. It is plain memory and stays usable in the child of a fork. Free it with
/// `warm_cache_cursor_free`.
pub struct warm_cache_cursor(Plain<Cursor>);

impl warm_cache_cursor {
    fn new(list: List) -> Self {
        warm_cache_cursor(Plain::new(Cursor { list, at: None }))
    }
}

fn lacks(reason: &'static str, instead: &'static str) -> Error {
    Error::invalid("reading a cache cursor's item", reason, instead)
}

impl Cursor {
    fn len(&self) -> usize {
        match &self.list {
            List::Namespaces(names) => names.len(),
            List::Blobs(blobs) => blobs.len(),
        }
    }

    fn position(&self) -> Result<usize, Error> {
        let next =
            "Call warm_cache_cursor_next first, and read the item only when it answered WARM_OK";
        match self.at {
            Some(at) if at < self.len() => Ok(at),
            Some(_) => Err(lacks("the cursor is past its last item", next)),
            None => Err(lacks(
                "the cursor has not been moved to its first item",
                next,
            )),
        }
    }

    fn key(&self) -> Result<&str, Error> {
        let at = self.position()?;
        Ok(match &self.list {
            List::Namespaces(names) => &names[at],
            List::Blobs(blobs) => &blobs[at].key,
        })
    }

    fn blob(&self) -> Result<&ListedBlob, Error> {
        let at = self.position()?;
        match &self.list {
            List::Blobs(blobs) => Ok(&blobs[at]),
            List::Namespaces(_) => Err(lacks(
                "a list of namespaces has no blob info",
                "Ask warm_cache_get_stats about a namespace",
            )),
        }
    }
}

/// The namespaces that are registered: of each item there is `warm_cache_cursor_key`. The caller frees `*out` with `warm_cache_cursor_free`; it is NULL unless `WARM_OK`.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_list_namespaces(
    c: *mut warm_cache,
    out: *mut *mut warm_cache_cursor,
) -> i32 {
    call("warm_cache_list_namespaces", || {
        // SAFETY: the caller passes a live handle and room for a pointer.
        unsafe {
            args::null_out(out)?;
            args::handle("c", c)?.0.with(|c| {
                let list = List::Namespaces(c.namespaces()?);
                args::give(out, warm_cache_cursor::new(list))
            })
        }
    })
}

/// The live entries of the namespace `ns` whose keys begin with `prefix`, empty for all of them: of each item there are `warm_cache_cursor_key` and `warm_cache_cursor_info`. It is no access.
/// The caller frees `*out` with `warm_cache_cursor_free`; it is NULL unless `WARM_OK`.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_list(
    c: *mut warm_cache,
    ns: *const c_char,
    ns_len: i64,
    prefix: *const c_char,
    prefix_len: i64,
    out: *mut *mut warm_cache_cursor,
) -> i32 {
    call("warm_cache_list", || {
        // SAFETY: the caller passes a live handle, readable texts and room for a pointer.
        unsafe {
            args::null_out(out)?;
            let c = args::handle("c", c)?;
            let ns = namespace_of(ns, ns_len)?;
            let most = crate::cache::CACHE_KEY_BYTES;
            let prefix = short_text("prefix", prefix, prefix_len, most)?;
            c.0.with(|c| {
                let list = List::Blobs(c.list(ns, prefix)?);
                args::give(out, warm_cache_cursor::new(list))
            })
        }
    })
}

/// Moves to the next item; the first call to the first. `WARM_NOT_FOUND` at the end, again and again.
///
/// `WARM_ERR_INVALID`: `k` is NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_cursor_next(k: *mut warm_cache_cursor) -> i32 {
    call("warm_cache_cursor_next", || {
        // SAFETY: the caller passes a live handle.
        unsafe { args::handle("k", k)? }.0.with(|k| {
            let next = k.at.map_or(0, |at| at + 1).min(k.len());
            k.at = Some(next);
            Ok(if next < k.len() { OK } else { WARM_NOT_FOUND })
        })
    })
}

/// The item's key, for which `WARM_CACHE_KEY_MAX` bytes suffice; of a list of namespaces, the
/// namespace's name, for which `WARM_CACHE_NAMESPACE_MAX` do.
///
/// `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL. `WARM_ERR_INVALID`: NULL, or
/// the cursor is not on an item.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_cursor_key(
    k: *const warm_cache_cursor,
    buf: *mut c_char,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    call("warm_cache_cursor_key", || {
        // SAFETY: the caller passes a live handle, a buffer of that capacity, room for a length.
        unsafe {
            args::handle("k", k)?
                .0
                .with(|k| args::give_text(k.key()?, buf, cap, needed))
        }
    })
}

/// What is known of the item; of a list of entries.
///
/// `WARM_ERR_INVALID`: NULL, a `struct_size` that is too small, the cursor is not on an item, or its
/// list is of namespaces.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_cursor_info(
    k: *const warm_cache_cursor,
    info: *mut warm_blob_info,
) -> i32 {
    call("warm_cache_cursor_info", || {
        // SAFETY: the caller passes a live handle and a struct with its size set.
        let (k, info) = unsafe { (args::handle("k", k)?, required("info", blob_info(info)?)?) };
        k.0.with(|k| {
            info.write((&k.blob()?.info).into());
            Ok(OK)
        })
    })
}

/// Frees a cursor and nulls the caller's pointer; NULL and pointer to NULL are legal.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_cursor_free(k: *mut *mut warm_cache_cursor) {
    // SAFETY: the caller passes NULL, or a pointer to NULL or a live handle.
    unsafe { args::free(k) }
}
