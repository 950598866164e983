//! Several entries of a cache in one call, in C.

use crate::cache::{LabelKind, CACHE_KEY_BYTES, CACHE_LABEL_BYTES};
use crate::error::{Error, ErrorKind};
use crate::ffi::blob::{into_handle, warm_blob};
use crate::ffi::cache::{namespace_of, some_namespace, warm_cache, with_put};
use crate::ffi::guard::{call, OK};
use crate::ffi::info::count;
use crate::ffi::put::{short_text, warm_put};
use crate::ffi::status::{of_kind, WARM_ERR_PANIC, WARM_NOT_FOUND};
use crate::ffi::{args, last_error};
use std::ffi::{c_char, c_void};

fn room<T>(name: &'static str, n: usize) -> Result<Vec<T>, Error> {
    let mut list = Vec::new();
    list.try_reserve_exact(n).map_err(|_| {
        Error::new(
            ErrorKind::NoMemory,
            format!("reading argument `{name}`"),
            format!("there is no memory for a list of {n}"),
            "Free memory and try again; nothing was changed",
        )
    })?;
    Ok(list)
}

/// `n` short texts; `lens` NULL: all of them are NUL-terminated.
///
/// # Safety
/// The arrays have `n` elements, and each text is as [`args::name`] asks.
unsafe fn short_texts<'a>(
    name: &'static str,
    texts: *const *const c_char,
    lens_name: &'static str,
    lens: *const i64,
    n: i64,
    most: usize,
) -> Result<Vec<&'a str>, Error> {
    // SAFETY: the caller's promise.
    let (texts, lens) = unsafe {
        let lens = (!lens.is_null()).then(|| args::slice(lens_name, lens, n));
        (args::slice(name, texts, n)?, lens.transpose()?)
    };
    let mut list = room(name, texts.len())?;
    for (at, text) in texts.iter().enumerate() {
        let len = lens.map_or(-1, |lens| lens[at]);
        // SAFETY: the caller's promise.
        let text = unsafe { short_text(name, *text, len, most) };
        list.push(text.map_err(|e| e.during(&format!("element {at}")))?);
    }
    Ok(list)
}

/// Writes each answer's status and, of the first one that is an error, the words for this thread.
fn tell<T>(
    name: &'static str,
    keys: &[&str],
    answers: Vec<Result<T, Error>>,
    statuses: &mut [std::mem::MaybeUninit<i32>],
    mut each: impl FnMut(usize, T) -> i32,
) {
    let mut told = false;
    let mut answers = answers.into_iter();
    for (i, status) in statuses.iter_mut().enumerate() {
        status.write(match answers.next() {
            Some(Ok(answer)) => each(i, answer),
            Some(Err(e)) => {
                if !std::mem::replace(&mut told, true) {
                    last_error::set(format_args!("{name}: key {:?}: {e}", keys[i]));
                }
                of_kind(e.kind())
            }
            // Every key has its answer; were it not so, this says whose fault that is.
            None => WARM_ERR_PANIC,
        });
    }
}

/// # Safety
/// A non-NULL `p` points to room for `n` elements that nobody else uses meanwhile.
unsafe fn outputs<'a, T>(
    name: &'static str,
    p: *mut T,
    n: i64,
) -> Result<&'a mut [std::mem::MaybeUninit<T>], Error> {
    args::check_items(name, "n", p, n)?;
    if n == 0 {
        return Ok(&mut []);
    }
    // SAFETY: it is not NULL, and has room by the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts_mut(p.cast(), n as usize) })
}

/// Puts `n` blobs into the namespace `ns`, one after the other: `payloads[i]`, of `lens[i]` bytes, under
/// `keys[i]`, of `key_lens[i]` bytes (-1: NUL-terminated; `key_lens` NULL: all are). `put`, which may be
/// NULL, goes with each of them. `statuses[i]` is what `warm_cache_put` would have returned for each; one
/// that fails keeps no other from being put.
///
/// `WARM_OK`: every blob has its status; when any of them is an error, the last error is about the first
/// of these. On any other return nothing was put, and the statuses are as they were.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_put_many(
    c: *mut warm_cache,
    ns: *const c_char,
    ns_len: i64,
    keys: *const *const c_char,
    key_lens: *const i64,
    payloads: *const *const c_void,
    lens: *const i64,
    n: i64,
    put: *const warm_put,
    statuses: *mut i32,
) -> i32 {
    const NAME: &str = "warm_cache_put_many";
    call(NAME, || {
        // SAFETY: the caller passes a live handle, readable texts and arrays of that count.
        let (c, ns, keys, payloads, lens, statuses) = unsafe {
            (
                args::handle("c", c)?,
                namespace_of(ns, ns_len)?,
                short_texts("keys", keys, "key_lens", key_lens, n, CACHE_KEY_BYTES)?,
                args::slice("payloads", payloads, n)?,
                args::slice("lens", lens, n)?,
                outputs("statuses", statuses, n)?,
            )
        };
        let mut items = room("payloads", keys.len())?;
        for ((key, payload), len) in keys.iter().zip(payloads).zip(lens) {
            // SAFETY: the caller passes readable bytes of that length.
            items.push((*key, unsafe { args::bytes("payloads", *payload, *len)? }));
        }
        c.0.with(|c| {
            // SAFETY: the caller passes NULL or a live handle.
            unsafe {
                with_put(put, |put| {
                    let answers = c.put_many(ns, &items, put);
                    tell(NAME, &keys, answers, statuses, |_, _| OK);
                    Ok(OK)
                })
            }
        })
    })
}

/// The entries under `n` keys of the namespace `ns`, given as in `warm_cache_put_many`. `out[i]` and
/// `statuses[i]` are what `warm_cache_get` would have given and returned for each: `WARM_OK` with a blob
/// that the caller frees with `warm_blob_free`, else NULL and `WARM_NOT_FOUND` or an error.
///
/// `WARM_OK`: every key has its status; when any of them is an error, the last error is about the first
/// of these. On any other return all of `out` is NULL, if it could be written to, and the statuses are
/// as they were.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_get_many(
    c: *mut warm_cache,
    ns: *const c_char,
    ns_len: i64,
    keys: *const *const c_char,
    key_lens: *const i64,
    n: i64,
    out: *mut *mut warm_blob,
    statuses: *mut i32,
) -> i32 {
    const NAME: &str = "warm_cache_get_many";
    call(NAME, || {
        // SAFETY: the caller passes room for that many pointers.
        let out = unsafe { outputs("out", out, n)? };
        for out in out.iter_mut() {
            out.write(std::ptr::null_mut());
        }
        // SAFETY: the caller passes a live handle, readable texts and arrays of that count.
        let (c, ns, keys, statuses) = unsafe {
            (
                args::handle("c", c)?,
                namespace_of(ns, ns_len)?,
                short_texts("keys", keys, "key_lens", key_lens, n, CACHE_KEY_BYTES)?,
                outputs("statuses", statuses, n)?,
            )
        };
        c.0.with(|c| {
            let answers = c.get_many(ns, &keys);
            tell(NAME, &keys, answers, statuses, |i, blob| match blob {
                Some(blob) => {
                    out[i].write(into_handle(blob));
                    OK
                }
                None => WARM_NOT_FOUND,
            });
            Ok(OK)
        })
    })
}

/// Removes the entries of the namespace `ns` whose keys begin with `prefix`, empty for all; as durable as
/// a put. `*invalidated`, which may be NULL, says how many live ones there were.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_invalidate_prefix(
    c: *mut warm_cache,
    ns: *const c_char,
    ns_len: i64,
    prefix: *const c_char,
    prefix_len: i64,
    invalidated: *mut i64,
) -> i32 {
    call("warm_cache_invalidate_prefix", || {
        // SAFETY: the caller passes a live handle, readable texts, and NULL or room for a number.
        let (c, ns, prefix, out) = unsafe {
            (
                args::handle("c", c)?,
                namespace_of(ns, ns_len)?,
                short_text("prefix", prefix, prefix_len, CACHE_KEY_BYTES)?,
                args::wanted("invalidated", invalidated)?,
            )
        };
        c.0.with(|c| {
            let n = c.invalidate_prefix(ns, prefix)?;
            out.map(|out| out.write(count(n)));
            Ok(OK)
        })
    })
}

/// # Safety
/// As [`warm_cache_invalidate_tags`] asks.
#[allow(clippy::too_many_arguments)]
unsafe fn invalidate(
    name: &'static str,
    c: *mut warm_cache,
    (ns, ns_len): (*const c_char, i64),
    kind: LabelKind,
    (labels, label_lens): (*const *const c_char, *const i64),
    n: i64,
    invalidated: *mut i64,
) -> i32 {
    call(name, || {
        let most = CACHE_LABEL_BYTES;
        // SAFETY: the caller's promise.
        let (c, ns, labels, out) = unsafe {
            (
                args::handle("c", c)?,
                some_namespace(ns, ns_len)?,
                short_texts("labels", labels, "label_lens", label_lens, n, most)?,
                args::wanted("invalidated", invalidated)?,
            )
        };
        c.0.with(|c| {
            let n = c.invalidate(ns, kind, &labels)?;
            out.map(|out| out.write(count(n)));
            Ok(OK)
        })
    })
}

/// Removes the entries that have any of `n` tags, in the namespace `ns`, or with NULL and 0 in all of
/// them, whether they are in memory or on disk only; as durable as a put. `labels[i]` has `label_lens[i]`
/// bytes (-1: NUL-terminated; `label_lens` NULL: all are). `*invalidated`, which may be NULL, says how
/// many live entries there were, each counted once. No tags: nothing is done, and the count is 0.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_invalidate_tags(
    c: *mut warm_cache,
    ns: *const c_char,
    ns_len: i64,
    labels: *const *const c_char,
    label_lens: *const i64,
    n: i64,
    invalidated: *mut i64,
) -> i32 {
    let name = "warm_cache_invalidate_tags";
    let (ns, labels) = ((ns, ns_len), (labels, label_lens));
    // SAFETY: the caller passes a live handle, readable texts, and NULL or room for a number.
    unsafe { invalidate(name, c, ns, LabelKind::Tag, labels, n, invalidated) }
}

/// Removes the entries that have any of `n` dependencies. Otherwise as `warm_cache_invalidate_tags`.
#[no_mangle]
pub unsafe extern "C" fn warm_cache_invalidate_dependencies(
    c: *mut warm_cache,
    ns: *const c_char,
    ns_len: i64,
    labels: *const *const c_char,
    label_lens: *const i64,
    n: i64,
    invalidated: *mut i64,
) -> i32 {
    let name = "warm_cache_invalidate_dependencies";
    let (ns, labels, kind) = ((ns, ns_len), (labels, label_lens), LabelKind::Dependency);
    // SAFETY: the caller passes a live handle, readable texts, and NULL or room for a number.
    unsafe { invalidate(name, c, ns, kind, labels, n, invalidated) }
}
