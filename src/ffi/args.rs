//! Taking arguments from C and giving results to it.

use crate::error::Error;
use crate::ffi::status::{WARM_ERR_BUFFER, WARM_OK};
use std::ffi::{c_char, c_void, CStr};
use std::mem::MaybeUninit;
use std::time::Duration;

fn wrong(name: &'static str, reason: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::invalid(
        format!("reading argument `{name}`"),
        reason,
        "See its description in warmstart.h",
    )
}

fn length(name: &'static str, len: i64, element: usize) -> Result<usize, Error> {
    let n =
        usize::try_from(len).map_err(|_| wrong(name, format!("its length {len} is negative")))?;
    // No object is larger than isize::MAX bytes.
    n.checked_mul(element)
        .filter(|bytes| isize::try_from(*bytes).is_ok())
        .map(|_| n)
        .ok_or_else(|| wrong(name, format!("its length {len} exceeds the address space")))
}

/// # Safety
/// A non-NULL `p` is aligned and points to `n` readable elements that stay as they are for `'a`.
pub(crate) unsafe fn slice<'a, T>(
    name: &'static str,
    p: *const T,
    n: i64,
) -> Result<&'a [T], Error> {
    let n = length(name, n, size_of::<T>())?;
    if n == 0 {
        return Ok(&[]);
    }
    check(name, p)?;
    // SAFETY: checked as far as it can be; the rest is the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts(p, n) })
}

/// # Safety
/// As for [`slice`].
pub(crate) unsafe fn bytes<'a>(
    name: &'static str,
    p: *const c_void,
    len: i64,
) -> Result<&'a [u8], Error> {
    // SAFETY: the caller's promise.
    unsafe { slice(name, p.cast(), len) }
}

/// UTF-8 of `len` bytes, or NUL-terminated when `len` is -1. An inner NUL is legal.
///
/// # Safety
/// As for [`slice`], and NUL-terminated when `len` is -1.
pub(crate) unsafe fn text<'a>(
    name: &'static str,
    p: *const c_char,
    len: i64,
) -> Result<&'a str, Error> {
    let bytes = if len == -1 {
        check(name, p)?;
        // SAFETY: the caller's promise.
        unsafe { CStr::from_ptr(p) }.to_bytes()
    } else {
        // SAFETY: the caller's promise.
        unsafe { slice(name, p.cast(), len)? }
    };
    std::str::from_utf8(bytes).map_err(|e| {
        wrong(
            name,
            format!("it is not UTF-8 from byte {} on", e.valid_up_to()),
        )
    })
}

/// A name or path of at most `most` bytes: [`text`] without an inner NUL. A length beyond that is
/// refused before anything is read.
///
/// # Safety
/// As for [`text`].
pub(crate) unsafe fn name<'a>(
    name: &'static str,
    p: *const c_char,
    len: i64,
    most: usize,
) -> Result<&'a str, Error> {
    bounded(name, len, most)?;
    // SAFETY: the caller's promise.
    let text = unsafe { text(name, p, len)? };
    if text.contains('\0') {
        return Err(wrong(name, "it contains a NUL"));
    }
    Ok(text)
}

/// Refuses a length above `most`.
pub(crate) fn bounded(name: &'static str, len: i64, most: usize) -> Result<(), Error> {
    if usize::try_from(len).is_ok_and(|n| n > most) {
        return Err(wrong(
            name,
            format!("its length {len} exceeds the {most} bytes allowed"),
        ));
    }
    Ok(())
}

fn check<T>(name: &'static str, p: *const T) -> Result<(), Error> {
    if p.is_null() {
        return Err(wrong(name, "it is NULL"));
    }
    if p.align_offset(align_of::<T>()) != 0 {
        return Err(wrong(name, "it is not aligned for its type"));
    }
    Ok(())
}

/// # Safety
/// A non-NULL `p` points to a live `T`.
pub(crate) unsafe fn input<'a, T>(name: &'static str, p: *const T) -> Result<&'a T, Error> {
    check(name, p)?;
    // SAFETY: the caller's promise.
    Ok(unsafe { &*p })
}

/// # Safety
/// A non-NULL `p` points to a readable `T`.
pub(crate) unsafe fn optional<T: Copy>(
    name: &'static str,
    p: *const T,
) -> Result<Option<T>, Error> {
    if p.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    unsafe { input(name, p) }.map(|v| Some(*v))
}

/// # Safety
/// A non-NULL `p` points to room for a `T` that nobody else uses meanwhile.
pub(crate) unsafe fn out<'a, T>(
    name: &'static str,
    p: *mut T,
) -> Result<&'a mut MaybeUninit<T>, Error> {
    check(name, p)?;
    // SAFETY: the caller's promise; nothing is read from it.
    Ok(unsafe { &mut *p.cast() })
}

/// Room for a count that the caller may not want.
///
/// # Safety
/// A non-NULL `p` points to room for a number.
pub(crate) unsafe fn wanted<'a>(
    name: &'static str,
    p: *mut i64,
) -> Result<Option<&'a mut MaybeUninit<i64>>, Error> {
    if p.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    unsafe { out(name, p) }.map(Some)
}

/// A handle: the same as [`input`], with words that say so.
///
/// # Safety
/// A non-NULL `p` was given by this library and not freed.
pub(crate) unsafe fn handle<'a, H>(name: &'static str, p: *const H) -> Result<&'a H, Error> {
    if p.is_null() {
        return Err(Error::invalid(
            format!("reading argument `{name}`"),
            "the handle is NULL",
            "Check what the function that makes it returned, and that it was not freed",
        ));
    }
    // SAFETY: the caller's promise.
    unsafe { input(name, p) }
}

/// A count, which is not negative.
pub(crate) fn not_negative(name: &'static str, n: i64) -> Result<u64, Error> {
    u64::try_from(n).map_err(|_| wrong(name, format!("{n} is negative")))
}

/// Sets a handle output to NULL before anything can fail.
///
/// # Safety
/// A non-NULL `out` points to room for a pointer.
pub(crate) unsafe fn null_out<H>(out: *mut *mut H) -> Result<(), Error> {
    check("out", out)?;
    // SAFETY: the caller's promise.
    unsafe { out.write(std::ptr::null_mut()) };
    Ok(())
}

/// Hands a new handle to the caller.
///
/// # Safety
/// As for [`null_out`].
pub(crate) unsafe fn give<H>(out: *mut *mut H, handle: H) -> Result<i32, Error> {
    check("out", out)?;
    // SAFETY: the caller's promise.
    unsafe { out.write(Box::into_raw(Box::new(handle))) };
    Ok(WARM_OK)
}

/// Takes a handle back and nulls the caller's pointer; `None` for NULL and pointer to NULL.
///
/// # Safety
/// A non-NULL `*pp` was given by [`give`] and not freed.
pub(crate) unsafe fn take<H>(pp: *mut *mut H) -> Option<Box<H>> {
    // SAFETY: the caller's promise; it came from Box::into_raw and is not freed twice, because the
    // pointer is nulled.
    unsafe { take_pointer(pp).map(|p| Box::from_raw(p)) }
}

/// The same for what [`give`] did not make.
///
/// # Safety
/// A non-NULL `pp` points to a pointer.
pub(crate) unsafe fn take_pointer<H>(pp: *mut *mut H) -> Option<*mut H> {
    if pp.is_null() || pp.align_offset(align_of::<*mut H>()) != 0 {
        return None;
    }
    // SAFETY: the caller's promise.
    let p = unsafe { pp.replace(std::ptr::null_mut()) };
    (!p.is_null()).then_some(p)
}

/// Frees a handle that is plain memory.
///
/// # Safety
/// As for [`take`].
pub(crate) unsafe fn free<H>(pp: *mut *mut H) {
    // SAFETY: the caller's promise.
    crate::ffi::guard::quietly(|| drop(unsafe { take(pp) }));
}

/// Checks what [`give_bytes`] will be given, before anything is looked up for it.
pub(crate) fn check_buffer(
    name: &'static str,
    cap_name: &'static str,
    buf: *mut c_void,
    cap: i64,
) -> Result<(), Error> {
    check_items(name, cap_name, buf.cast::<u8>(), cap)
}

/// The same for [`give_items`].
pub(crate) fn check_items<T>(
    name: &'static str,
    cap_name: &'static str,
    buf: *mut T,
    cap: i64,
) -> Result<(), Error> {
    if length(cap_name, cap, size_of::<T>())? > 0 {
        check(name, buf)?;
    }
    Ok(())
}

/// A buffer of the caller for `needed` items; `None` when it is too small, which a size query is.
/// `*needed` is set either way.
///
/// # Safety
/// A non-NULL `buf` has room for `cap` items, a non-NULL `needed` for a length.
unsafe fn buffer<'a, T>(
    len: usize,
    buf: *mut T,
    cap: i64,
    needed: *mut i64,
) -> Result<Option<&'a mut [MaybeUninit<T>]>, Error> {
    check_items("buf", "cap", buf, cap)?;
    // SAFETY: the caller's promise.
    unsafe { give_length(len, needed)? };
    if (cap as usize) < len {
        return Ok(None);
    }
    if len == 0 {
        return Ok(Some(&mut []));
    }
    // SAFETY: `buf` is not NULL, since `cap` is at least `len`, and has room by the caller's promise.
    Ok(Some(unsafe {
        std::slice::from_raw_parts_mut(buf.cast(), len)
    }))
}

/// # Safety
/// As for [`buffer`]; `data` does not overlap `buf`.
pub(crate) unsafe fn give_bytes(
    data: &[u8],
    buf: *mut c_void,
    cap: i64,
    needed: *mut i64,
) -> Result<i32, Error> {
    // SAFETY: the caller's promise.
    unsafe { give_items(data, buf.cast(), cap, needed) }
}

/// The same for items of another type.
///
/// # Safety
/// As for [`buffer`]; `data` does not overlap `buf`.
pub(crate) unsafe fn give_items<T: Copy>(
    data: &[T],
    buf: *mut T,
    cap: i64,
    needed: *mut i64,
) -> Result<i32, Error> {
    // SAFETY: the caller's promise.
    let Some(room) = (unsafe { buffer(data.len(), buf, cap, needed)? }) else {
        return Ok(WARM_ERR_BUFFER);
    };
    if !data.is_empty() {
        // SAFETY: both are `data.len()` items long and do not overlap.
        unsafe {
            std::ptr::copy_nonoverlapping(data.as_ptr(), room.as_mut_ptr().cast(), data.len())
        };
    }
    Ok(WARM_OK)
}

/// Text with a NUL, which `*needed` counts.
///
/// # Safety
/// As for [`give_bytes`].
pub(crate) unsafe fn give_text(
    text: &str,
    buf: *mut c_char,
    cap: i64,
    needed: *mut i64,
) -> Result<i32, Error> {
    // SAFETY: the caller's promise.
    let Some(room) = (unsafe { buffer(text.len() + 1, buf.cast::<u8>(), cap, needed)? }) else {
        return Ok(WARM_ERR_BUFFER);
    };
    for (to, from) in room.iter_mut().zip(text.bytes().chain([0])) {
        to.write(from);
    }
    Ok(WARM_OK)
}

/// Numbers; `cap` and `*needed` count them.
///
/// # Safety
/// A non-NULL `buf` has room for `cap` numbers, a non-NULL `needed` for a length.
pub(crate) unsafe fn give_numbers(
    numbers: impl ExactSizeIterator<Item = i64>,
    buf: *mut i64,
    cap: i64,
    needed: *mut i64,
) -> Result<i32, Error> {
    let room = length("cap", cap, size_of::<i64>())?;
    if room > 0 {
        check("buf", buf)?;
    }
    let len = numbers.len();
    // SAFETY: the caller's promise.
    unsafe { give_length(len, needed)? };
    if room < len {
        return Ok(WARM_ERR_BUFFER);
    }
    for (i, n) in numbers.enumerate().take(len) {
        // SAFETY: within `cap`; not NULL, since `cap` is at least `len`.
        unsafe { buf.add(i).write(n) };
    }
    Ok(WARM_OK)
}

/// Whether [`give_text`] would fit, before anything is done that cannot be undone. `*needed` is set
/// only when it would not.
///
/// # Safety
/// As for [`buffer`].
pub(crate) unsafe fn fits(
    name: &'static str,
    cap_name: &'static str,
    text: &str,
    buf: *mut c_char,
    cap: i64,
    needed: *mut i64,
) -> Result<bool, Error> {
    check_buffer(name, cap_name, buf.cast(), cap)?;
    let fits = cap as usize > text.len();
    if !fits {
        // SAFETY: the caller's promise.
        unsafe { give_length(text.len() + 1, needed)? };
    }
    Ok(fits)
}

/// Sets `*needed`, which may be NULL.
///
/// # Safety
/// A non-NULL `needed` has room for a length.
pub(crate) unsafe fn give_length(len: usize, needed: *mut i64) -> Result<(), Error> {
    if !needed.is_null() {
        check("needed", needed)?;
        // SAFETY: the caller's promise.
        unsafe { needed.write(i64::try_from(len).unwrap_or(i64::MAX)) };
    }
    Ok(())
}

/// An objective that may be absent.
///
/// # Safety
/// As for [`optional`].
pub(crate) unsafe fn objective(p: *const f64) -> Result<Option<f64>, Error> {
    // SAFETY: the caller's promise.
    unsafe { optional("objective", p) }
}

/// An iteration that may be absent.
///
/// # Safety
/// As for [`optional`].
pub(crate) unsafe fn iteration(p: *const i64) -> Result<Option<u64>, Error> {
    // SAFETY: the caller's promise.
    match unsafe { optional("iteration", p)? } {
        None => Ok(None),
        Some(i) => u64::try_from(i)
            .map(Some)
            .map_err(|_| wrong("iteration", format!("{i} is negative"))),
    }
}

/// An extent of an array.
pub(crate) fn extent(name: &'static str, n: i64) -> Result<u64, Error> {
    u64::try_from(n).map_err(|_| wrong(name, format!("extent {n} is negative")))
}

/// An address that is only remembered.
pub(crate) fn not_null(name: &'static str, p: *const c_void) -> Result<(), Error> {
    check(name, p.cast::<u8>())
}

/// A switch: 0 or 1.
pub(crate) fn switch(name: &'static str, on: i32) -> Result<bool, Error> {
    match on {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(wrong(name, format!("{on} is neither 0 nor 1"))),
    }
}

/// A timeout in seconds.
pub(crate) fn timeout(seconds: f64) -> Result<Duration, Error> {
    if seconds >= 0.0 {
        // What is longer than any process lives is as good as for ever.
        return Ok(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
    }
    Err(wrong(
        "timeout_seconds",
        format!("{seconds} is negative or not a number"),
    ))
}

/// One of a group of constants.
pub(crate) fn constant<T>(
    name: &'static str,
    group: &'static str,
    value: i32,
    known: Option<T>,
) -> Result<T, Error> {
    known.ok_or_else(|| wrong(name, format!("{value} is none of the {group} constants")))
}
