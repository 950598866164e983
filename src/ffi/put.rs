//! What is said of a blob when it is put, in C.

use crate::cache::{
    Admission, ExpiryPolicy, PutOptions, Receipt, CACHE_CONTENT_TYPE_BYTES, CACHE_DEFAULT_PRIORITY,
    CACHE_KEY_BYTES, CACHE_LABELS, CACHE_LABEL_BYTES, CACHE_NAMESPACES, CACHE_NAMESPACE_BYTES,
    CACHE_PAIRS, CACHE_PAIRS_BYTES,
};
use crate::error::Error;
use crate::ffi::args;
use crate::ffi::guard::{call, OK};
use crate::ffi::info::count;
use crate::ffi::plain::Plain;
use std::ffi::c_char;

/// Memory takes it where there is room; but what is larger than a 64th of the memory budget only once
/// it was asked for. The default.
pub const WARM_ADMISSION_AUTO: i32 = 0;
/// Memory takes it where there is room.
pub const WARM_ADMISSION_ALWAYS: i32 = 1;
/// Memory does not take it, and what it holds of other entries is left alone.
pub const WARM_ADMISSION_NEVER: i32 = 2;

/// Room for every namespace's name, with its NUL.
pub const WARM_CACHE_NAMESPACE_MAX: i32 = 129;
/// Room for every key of a cache, with its NUL.
pub const WARM_CACHE_KEY_MAX: i32 = 1025;
/// Room for every tag, dependency and content type, with its NUL.
pub const WARM_CACHE_LABEL_MAX: i32 = 257;
/// Most namespaces of a cache.
pub const WARM_CACHE_NAMESPACES_MAX: i32 = 256;
/// Most tags of an entry, and most dependencies.
pub const WARM_CACHE_LABELS_MAX: i32 = 64;
/// Most metadata pairs of an entry.
pub const WARM_CACHE_PAIRS_MAX: i32 = 32;
/// Most bytes of all metadata pairs of an entry, names and values, without NULs.
pub const WARM_CACHE_PAIRS_BYTES_MAX: i32 = 4096;
/// The priority of what names none.
pub const WARM_CACHE_PRIORITY_DEFAULT: i32 = 128;

const _: () = assert!(WARM_CACHE_NAMESPACE_MAX as usize == CACHE_NAMESPACE_BYTES + 1);
const _: () = assert!(WARM_CACHE_KEY_MAX as usize == CACHE_KEY_BYTES + 1);
const _: () = assert!(WARM_CACHE_LABEL_MAX as usize == CACHE_LABEL_BYTES + 1);
const _: () = assert!(WARM_CACHE_NAMESPACES_MAX as usize == CACHE_NAMESPACES);
const _: () = assert!(WARM_CACHE_LABELS_MAX as usize == CACHE_LABELS);
const _: () = assert!(WARM_CACHE_PAIRS_MAX as usize == CACHE_PAIRS);
const _: () = assert!(WARM_CACHE_PAIRS_BYTES_MAX as usize == CACHE_PAIRS_BYTES);
const _: () = assert!(WARM_CACHE_PRIORITY_DEFAULT as usize == CACHE_DEFAULT_PRIORITY as usize);

/// What goes with the bytes of a put: version, labels, metadata and life. Nothing set: none of them, and
/// the default priority. It may serve any number of puts, which copy what they need of it.
///
/// Threads: one at a time, puts that use it included. Plain memory, usable in the child of a fork. Free
/// it with `warm_put_free`.
pub struct warm_put(pub(crate) Plain<Put>);

/// The life is kept beside the options, so that each of its settings can be changed by itself.
#[derive(Default)]
pub(crate) struct Put {
    pub options: PutOptions,
    pub life: ExpiryPolicy,
}

/// What a put did. Zero it and set `struct_size` to its `sizeof` before it is filled.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct warm_put_receipt {
    /// Set by the caller; never changed by the library.
    pub struct_size: u32,
    /// 1 when memory took it, else 0.
    pub in_memory: i32,
    /// 1 when the disk took it, at the cache's level of durability, else 0.
    pub on_disk: i32,
    /// 1 when a live entry was replaced, else 0.
    pub replaced: i32,
    /// Entries evicted from memory to make room for it.
    pub evicted_from_memory: i64,
    /// Entries evicted from the disk to make room for it.
    pub evicted_from_disk: i64,
    /// Bytes its file took; 0 without one.
    pub stored_bytes: i64,
}

impl From<&Receipt> for warm_put_receipt {
    fn from(r: &Receipt) -> Self {
        warm_put_receipt {
            struct_size: 0,
            in_memory: i32::from(r.in_memory),
            on_disk: i32::from(r.on_disk),
            replaced: i32::from(r.replaced),
            evicted_from_memory: count(r.evicted_from_memory),
            evicted_from_disk: count(r.evicted_from_disk),
            stored_bytes: count(r.stored_bytes),
        }
    }
}

/// # Safety
/// `p` is NULL or a live handle.
unsafe fn set(
    name: &'static str,
    p: *mut warm_put,
    body: impl FnOnce(&mut PutOptions) -> Result<(), Error>,
) -> i32 {
    call(name, || {
        // SAFETY: the caller's promise.
        unsafe { args::handle("p", p)? }
            .0
            .with(|p| body(&mut p.options).map(|()| OK))
    })
}

/// # Safety
/// `p` is NULL or a live handle.
unsafe fn set_life(
    name: &'static str,
    p: *mut warm_put,
    body: impl FnOnce(&mut ExpiryPolicy) -> Result<(), Error>,
) -> i32 {
    call(name, || {
        // SAFETY: the caller's promise.
        unsafe { args::handle("p", p)? }.0.with(|p| {
            body(&mut p.life)?;
            p.options.life(p.life);
            Ok(OK)
        })
    })
}

fn refused(name: &'static str, reason: String) -> Error {
    Error::invalid(
        format!("reading argument `{name}`"),
        reason,
        "See its description in warmstart.h",
    )
}

/// Whole milliseconds, rounded up, so that what is short is not taken for nothing.
fn milliseconds(seconds: f64) -> Result<u64, Error> {
    if seconds.is_finite() && seconds >= 0.0 {
        // What does not fit is longer than any process lives: the cast saturates.
        return Ok((seconds * 1000.0).ceil() as u64);
    }
    Err(refused(
        "seconds",
        format!("{seconds} is negative or not finite"),
    ))
}

/// A text of at most `most` bytes without a NUL, however its length is said.
///
/// # Safety
/// As for [`args::name`].
pub(crate) unsafe fn short_text<'a>(
    name: &'static str,
    p: *const c_char,
    len: i64,
    most: usize,
) -> Result<&'a str, Error> {
    // SAFETY: the caller's promise.
    let text = unsafe { args::name(name, p, len, most)? };
    args::bounded(name, i64::try_from(text.len()).unwrap_or(i64::MAX), most)?;
    Ok(text)
}

/// Makes one with nothing set. The caller frees `*out`; it is NULL unless `WARM_OK`.
///
/// `WARM_ERR_INVALID`: `out` is NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_put_new(out: *mut *mut warm_put) -> i32 {
    call("warm_put_new", || {
        // SAFETY: the caller passes room for a pointer.
        unsafe {
            args::null_out(out)?;
            args::give(out, warm_put(Plain::new(Put::default())))
        }
    })
}

/// Gives the entry a version, any number of 64 bits: the put answers `WARM_ERR_CONFLICT` when a live
/// entry, in whichever tier or process, has this version or a higher one. A live entry without a version
/// never conflicts. Takes back `warm_put_set_swap`.
///
/// `WARM_ERR_INVALID`: NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_put_set_version(p: *mut warm_put, version: u64) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_put_set_version", p, |p| {
            p.version(version);
            Ok(())
        })
    }
}

/// Compare and swap: gives the entry `version`, and the put answers `WARM_ERR_CONFLICT` unless the live
/// entry's version is exactly `expected`; or, with `has_expected` 0, unless there is no live entry
/// (`expected` is of no account then). Takes back `warm_put_set_version`.
///
/// `WARM_ERR_INVALID`: NULL, or `has_expected` is neither 0 nor 1.
#[no_mangle]
pub unsafe extern "C" fn warm_put_set_swap(
    p: *mut warm_put,
    has_expected: i32,
    expected: u64,
    version: u64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_put_set_swap", p, |p| {
            let has_expected = args::switch("has_expected", has_expected)?;
            p.swap(has_expected.then_some(expected), version);
            Ok(())
        })
    }
}

/// Adds a tag: something the entry is about, by which it can be invalidated. 1 to 256 bytes of UTF-8
/// without a NUL, at most `WARM_CACHE_LABELS_MAX` of them. One that is there already is not added again.
///
/// `WARM_ERR_INVALID`: NULL, empty, too long, not UTF-8. `WARM_ERR_TOO_LARGE`: one too many.
#[no_mangle]
pub unsafe extern "C" fn warm_put_add_tag(p: *mut warm_put, text: *const c_char, len: i64) -> i32 {
    // SAFETY: the caller passes a live handle and readable text of that length.
    unsafe {
        set("warm_put_add_tag", p, |p| {
            p.tag(short_text("text", text, len, CACHE_LABEL_BYTES)?)
                .map(drop)
        })
    }
}

/// Adds a dependency: the name, or fingerprint, of what the bytes were computed from. Otherwise as
/// `warm_put_add_tag`.
///
/// `WARM_ERR_INVALID`: NULL, empty, too long, not UTF-8. `WARM_ERR_TOO_LARGE`: one too many.
#[no_mangle]
pub unsafe extern "C" fn warm_put_add_dependency(
    p: *mut warm_put,
    text: *const c_char,
    len: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle and readable text of that length.
    unsafe {
        set("warm_put_add_dependency", p, |p| {
            p.dependency(short_text("text", text, len, CACHE_LABEL_BYTES)?)
                .map(drop)
        })
    }
}

/// Adds a metadata pair, which gets answer with the bytes: at most `WARM_CACHE_PAIRS_MAX`, and
/// `WARM_CACHE_PAIRS_BYTES_MAX` bytes in all. UTF-8 without a NUL; the name is not empty. A name that is
/// there gets the new value.
///
/// `WARM_ERR_INVALID`: NULL, an empty name, longer than all pairs may be, not UTF-8.
/// `WARM_ERR_TOO_LARGE`: one too many, or too many bytes with the others.
#[no_mangle]
pub unsafe extern "C" fn warm_put_set_pair(
    p: *mut warm_put,
    name: *const c_char,
    name_len: i64,
    value: *const c_char,
    value_len: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle and readable texts of those lengths.
    unsafe {
        set("warm_put_set_pair", p, |p| {
            let name = short_text("name", name, name_len, CACHE_PAIRS_BYTES)?;
            let value = short_text("value", value, value_len, CACHE_PAIRS_BYTES)?;
            p.pair(name, value).map(drop)
        })
    }
}

/// What kind of bytes these are, as a media type such as "image/png": what is compressed already is not
/// compressed again. At most 256 bytes of UTF-8 without a NUL.
///
/// `WARM_ERR_INVALID`: NULL, too long, not UTF-8.
#[no_mangle]
pub unsafe extern "C" fn warm_put_set_content_type(
    p: *mut warm_put,
    media_type: *const c_char,
    len: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle and readable text of that length.
    unsafe {
        set("warm_put_set_content_type", p, |p| {
            p.content_type(short_text(
                "media_type",
                media_type,
                len,
                CACHE_CONTENT_TYPE_BYTES,
            )?)
            .map(drop)
        })
    }
}

/// 0 to 255: the lowest go first when room is needed, however recently used; default
/// `WARM_CACHE_PRIORITY_DEFAULT`.
///
/// `WARM_ERR_INVALID`: NULL, or another number.
#[no_mangle]
pub unsafe extern "C" fn warm_put_set_priority(p: *mut warm_put, priority: i32) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_put_set_priority", p, |p| {
            p.priority(u8::try_from(priority).map_err(|_| {
                refused("priority", format!("{priority} is not between 0 and 255"))
            })?);
            Ok(())
        })
    }
}

/// Whether memory takes it too: one of the `WARM_ADMISSION` constants; default `WARM_ADMISSION_AUTO`.
///
/// `WARM_ERR_INVALID`: NULL, or another number.
#[no_mangle]
pub unsafe extern "C" fn warm_put_set_admission(p: *mut warm_put, admission: i32) -> i32 {
    let known = match admission {
        WARM_ADMISSION_AUTO => Some(Admission::Auto),
        WARM_ADMISSION_ALWAYS => Some(Admission::Always),
        WARM_ADMISSION_NEVER => Some(Admission::Never),
        _ => None,
    };
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_put_set_admission", p, |p| {
            let group = "WARM_ADMISSION";
            p.admission(args::constant("admission", group, admission, known)?);
            Ok(())
        })
    }
}

/// Seconds from the put on after which the entry dies, or goes stale; rounded up to milliseconds; 0, the
/// default: never. With `warm_put_set_deadline_unix_ms` the earlier one counts.
///
/// `WARM_ERR_INVALID`: NULL, negative or not finite.
#[no_mangle]
pub unsafe extern "C" fn warm_put_set_ttl_seconds(p: *mut warm_put, seconds: f64) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set_life("warm_put_set_ttl_seconds", p, |life| {
            life.ttl_ms = Some(milliseconds(seconds)?).filter(|ms| *ms > 0);
            Ok(())
        })
    }
}

/// When the entry dies, or goes stale: milliseconds since 1970-01-01 UTC. One that has passed is legal:
/// such an entry is never answered but within its stale window.
///
/// `WARM_ERR_INVALID`: NULL, or negative.
#[no_mangle]
pub unsafe extern "C" fn warm_put_set_deadline_unix_ms(p: *mut warm_put, unix_ms: i64) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set_life("warm_put_set_deadline_unix_ms", p, |life| {
            args::not_negative("unix_ms", unix_ms)?;
            life.deadline_unix_ms = Some(unix_ms);
            Ok(())
        })
    }
}

/// Lengthens the seconds of `warm_put_set_ttl_seconds` by 0 to this percentage of them, differently for
/// each key, so that what was put together does not die together. Above 100 is 100; default 0.
///
/// `WARM_ERR_INVALID`: NULL, negative or NaN.
#[no_mangle]
pub unsafe extern "C" fn warm_put_set_jitter_percent(p: *mut warm_put, percent: f64) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set_life("warm_put_set_jitter_percent", p, |life| {
            if percent.is_nan() || percent < 0.0 {
                let reason = format!("{percent} is negative or not a number");
                return Err(refused("percent", reason));
            }
            life.jitter_percent = percent.min(100.0);
            Ok(())
        })
    }
}

/// Seconds without a get after which the entry dies; each get begins them anew; rounded up to
/// milliseconds; 0, the default: never.
///
/// `WARM_ERR_INVALID`: NULL, negative or not finite.
#[no_mangle]
pub unsafe extern "C" fn warm_put_set_idle_seconds(p: *mut warm_put, seconds: f64) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set_life("warm_put_set_idle_seconds", p, |life| {
            life.idle_ms = Some(milliseconds(seconds)?).filter(|ms| *ms > 0);
            Ok(())
        })
    }
}

/// Seconds after its deadline for which the entry is still answered, marked as stale, so that its
/// caller can use it while he makes it anew; rounded up to milliseconds; default 0.
///
/// `WARM_ERR_INVALID`: NULL, negative or not finite.
#[no_mangle]
pub unsafe extern "C" fn warm_put_set_stale_seconds(p: *mut warm_put, seconds: f64) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set_life("warm_put_set_stale_seconds", p, |life| {
            life.stale_ms = milliseconds(seconds)?;
            Ok(())
        })
    }
}

/// Most bytes that the blob may have: a longer one is refused with `WARM_ERR_TOO_LARGE`. 0, the default:
/// what the budgets allow.
///
/// `WARM_ERR_INVALID`: NULL, or negative.
#[no_mangle]
pub unsafe extern "C" fn warm_put_set_largest(p: *mut warm_put, bytes: i64) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_put_set_largest", p, |p| {
            p.largest(match args::not_negative("bytes", bytes)? {
                0 => u64::MAX,
                bytes => bytes,
            });
            Ok(())
        })
    }
}

/// Frees one and nulls the caller's pointer; NULL and pointer to NULL are legal.
#[no_mangle]
pub unsafe extern "C" fn warm_put_free(p: *mut *mut warm_put) {
    // SAFETY: the caller passes NULL, or a pointer to NULL or a live handle.
    unsafe { args::free(p) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_time_is_not_taken_for_none() {
        assert_eq!(milliseconds(0.0).unwrap(), 0);
        assert_eq!(milliseconds(1e-9).unwrap(), 1);
        assert_eq!(milliseconds(1.5).unwrap(), 1500);
        assert_eq!(milliseconds(f64::MAX).unwrap(), u64::MAX);
        for seconds in [-1e-300, f64::NAN, f64::INFINITY] {
            assert!(milliseconds(seconds).is_err(), "{seconds}");
        }
    }

    #[test]
    fn a_text_is_held_to_its_limit_however_its_length_is_said() {
        for (text, len, legal) in [
            (c"abc", 3, true),
            (c"abc", -1, true),
            (c"abcd", 4, false),
            (c"abcd", -1, false),
        ] {
            // SAFETY: a NUL-terminated text of that length.
            let read = unsafe { short_text("text", text.as_ptr(), len, 3) };
            assert_eq!(read.is_ok(), legal, "{text:?} {len}");
        }
    }
}
