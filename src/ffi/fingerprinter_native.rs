//! Fingerprinting native data of R, Julia and data frames in C: values of which some are missing.

use std::ffi::c_char;

use crate::error::{Error, ErrorKind};
use crate::ffi::args;
use crate::ffi::fingerprinter::{absorb, shape, warm_fingerprinter};
use crate::key::{Fingerprinter, Order};

/// It lies in memory row after row, the last index the fastest (C, NumPy's default).
pub const WARM_ORDER_ROW_MAJOR: i32 = 0;
/// It lies in memory column after column, the first index the fastest (Fortran, R, Julia).
pub const WARM_ORDER_COLUMN_MAJOR: i32 = 1;

/// Absorbs `n` 32-bit integers, some of which may be missing. (R's `NA_integer_` is for `valid` to
/// say.)
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_absorb_i32_slice(
    f: *mut warm_fingerprinter,
    tag: *const c_char,
    tag_len: i64,
    values: *const i32,
    valid: *const u8,
    n: i64,
) -> i32 {
    let name = "warm_fingerprinter_absorb_i32_slice";
    let method = Fingerprinter::absorb_i32_slice;
    // SAFETY: the caller keeps what the documentation of `warm_fingerprinter` asks for.
    unsafe { absorb_nullable(name, f, tag, tag_len, values, valid, n, method) }
}

/// Absorbs `n` 64-bit integers, some of which may be missing.
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_absorb_i64_slice(
    f: *mut warm_fingerprinter,
    tag: *const c_char,
    tag_len: i64,
    values: *const i64,
    valid: *const u8,
    n: i64,
) -> i32 {
    let name = "warm_fingerprinter_absorb_i64_slice";
    let method = Fingerprinter::absorb_i64_slice;
    // SAFETY: the caller keeps what the documentation of `warm_fingerprinter` asks for.
    unsafe { absorb_nullable(name, f, tag, tag_len, values, valid, n, method) }
}

/// Absorbs `n` single-precision numbers, some of which may be missing.
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_absorb_f32_slice(
    f: *mut warm_fingerprinter,
    tag: *const c_char,
    tag_len: i64,
    values: *const f32,
    valid: *const u8,
    n: i64,
) -> i32 {
    let name = "warm_fingerprinter_absorb_f32_slice";
    let method = Fingerprinter::absorb_f32_slice;
    // SAFETY: the caller keeps what the documentation of `warm_fingerprinter` asks for.
    unsafe { absorb_nullable(name, f, tag, tag_len, values, valid, n, method) }
}

/// Absorbs `n` logical values, some of which may be missing: one byte each, 0 for false and
/// anything else for true.
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_absorb_bool_slice(
    f: *mut warm_fingerprinter,
    tag: *const c_char,
    tag_len: i64,
    values: *const u8,
    valid: *const u8,
    n: i64,
) -> i32 {
    let name = "warm_fingerprinter_absorb_bool_slice";
    let method = Fingerprinter::absorb_bool_bytes;
    // SAFETY: the caller keeps what the documentation of `warm_fingerprinter` asks for.
    unsafe { absorb_nullable(name, f, tag, tag_len, values, valid, n, method) }
}

/// Absorbs `n` numbers, some of which may be missing. (R's `NA_real_` is a NaN and for `valid` to
/// say.)
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_absorb_f64_na_slice(
    f: *mut warm_fingerprinter,
    tag: *const c_char,
    tag_len: i64,
    values: *const f64,
    valid: *const u8,
    n: i64,
) -> i32 {
    let name = "warm_fingerprinter_absorb_f64_na_slice";
    let method = Fingerprinter::absorb_f64_na_slice;
    // SAFETY: the caller keeps what the documentation of `warm_fingerprinter` asks for.
    unsafe { absorb_nullable(name, f, tag, tag_len, values, valid, n, method) }
}

/// Absorbs `n` dates, some of which may be missing: days since 1970-01-01.
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_absorb_date_slice(
    f: *mut warm_fingerprinter,
    tag: *const c_char,
    tag_len: i64,
    days: *const i64,
    valid: *const u8,
    n: i64,
) -> i32 {
    let name = "warm_fingerprinter_absorb_date_slice";
    let method = Fingerprinter::absorb_date_slice;
    // SAFETY: the caller keeps what the documentation of `warm_fingerprinter` asks for.
    unsafe { absorb_nullable(name, f, tag, tag_len, days, valid, n, method) }
}

/// Absorbs `n` time stamps, some of which may be missing: nanoseconds since 1970-01-01 00:00 UTC.
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_absorb_timestamp_slice(
    f: *mut warm_fingerprinter,
    tag: *const c_char,
    tag_len: i64,
    nanoseconds: *const i64,
    valid: *const u8,
    n: i64,
) -> i32 {
    let name = "warm_fingerprinter_absorb_timestamp_slice";
    let method = Fingerprinter::absorb_timestamp_slice;
    // SAFETY: the caller keeps what the documentation of `warm_fingerprinter` asks for.
    unsafe { absorb_nullable(name, f, tag, tag_len, nanoseconds, valid, n, method) }
}

/// Absorbs `n` texts, some of which may be missing. `lens[i]` is the length of `texts[i]` in bytes,
/// or -1 when it is NUL-terminated; `lens` NULL: all are. `texts[i]` may be NULL, and neither it
/// nor `lens[i]` is looked at, where element `i` is missing. A missing text is not an empty one.
///
/// `WARM_ERR_NO_MEMORY`: also when there is no room for 16 bytes per text.
#[no_mangle]
#[allow(clippy::too_many_arguments)]
pub unsafe extern "C" fn warm_fingerprinter_absorb_str_list(
    f: *mut warm_fingerprinter,
    tag: *const c_char,
    tag_len: i64,
    texts: *const *const c_char,
    lens: *const i64,
    valid: *const u8,
    n: i64,
) -> i32 {
    let name = "warm_fingerprinter_absorb_str_list";
    // SAFETY: the caller keeps what the documentation of `warm_fingerprinter` asks for.
    unsafe {
        absorb(name, f, tag, tag_len, |f, tag| {
            let valid = validity("valid", valid, n)?;
            let texts = text_list("texts", texts, "lens", lens, valid, n)?;
            f.absorb_str_list(tag, &texts, valid)
        })
    }
}

/// Absorbs a factor of `n` elements: the texts of its `n_levels` levels, given as in
/// `warm_fingerprinter_absorb_str_list`, and for each element the number of its level, counted from
/// 0. (R counts from 1.) Elements may be missing, and so may levels.
///
/// `WARM_ERR_INVALID`: also when the code of a present element is not in 0 .. `n_levels` - 1.
/// `WARM_ERR_NO_MEMORY`: also when there is no room for 16 bytes per level.
#[no_mangle]
#[allow(clippy::too_many_arguments)]
pub unsafe extern "C" fn warm_fingerprinter_absorb_factor(
    f: *mut warm_fingerprinter,
    tag: *const c_char,
    tag_len: i64,
    levels: *const *const c_char,
    level_lens: *const i64,
    levels_valid: *const u8,
    n_levels: i64,
    codes: *const i64,
    valid: *const u8,
    n: i64,
) -> i32 {
    let name = "warm_fingerprinter_absorb_factor";
    // SAFETY: the caller keeps what the documentation of `warm_fingerprinter` asks for.
    unsafe {
        absorb(name, f, tag, tag_len, |f, tag| {
            let levels_valid = validity("levels_valid", levels_valid, n_levels)?;
            let (valid, codes) = (
                validity("valid", valid, n)?,
                args::slice("codes", codes, n)?,
            );
            let levels = text_list(
                "levels",
                levels,
                "level_lens",
                level_lens,
                levels_valid,
                n_levels,
            )?;
            f.absorb_factor(tag, &levels, levels_valid, codes, valid)
        })
    }
}

/// The order a caller names.
pub(crate) fn order_of(order: i32) -> Result<Order, Error> {
    let known = match order {
        WARM_ORDER_ROW_MAJOR => Some(Order::RowMajor),
        WARM_ORDER_COLUMN_MAJOR => Some(Order::ColumnMajor),
        _ => None,
    };
    args::constant("order", "WARM_ORDER", order, known)
}

/// Absorbs a matrix of `rows` * `cols` numbers, some of which may be missing. `values` and `valid`
/// both lie in `order`, `WARM_ORDER_ROW_MAJOR` or `WARM_ORDER_COLUMN_MAJOR`; the same matrix has
/// the same key in either.
///
/// `WARM_ERR_INVALID`: also for another order, and when `rows` * `cols` overflows.
#[no_mangle]
#[allow(clippy::too_many_arguments)]
pub unsafe extern "C" fn warm_fingerprinter_absorb_f64_matrix(
    f: *mut warm_fingerprinter,
    tag: *const c_char,
    tag_len: i64,
    rows: i64,
    cols: i64,
    values: *const f64,
    valid: *const u8,
    order: i32,
) -> i32 {
    let name = "warm_fingerprinter_absorb_f64_matrix";
    // SAFETY: the caller keeps what the documentation of `warm_fingerprinter` asks for.
    unsafe {
        absorb(name, f, tag, tag_len, |f, tag| {
            let order = order_of(order)?;
            let (rows, cols, n) = shape(rows, cols)?;
            let valid = validity("valid", valid, n)?;
            let values = args::slice("values", values, n)?;
            f.absorb_f64_matrix(tag, rows, cols, values, valid, order)
        })
    }
}

/// Runs `body` on `n` values, some of which may be missing.
#[allow(clippy::too_many_arguments)]
unsafe fn absorb_nullable<T>(
    name: &'static str,
    f: *const warm_fingerprinter,
    tag: *const c_char,
    tag_len: i64,
    values: *const T,
    valid: *const u8,
    n: i64,
    body: impl FnOnce(&mut Fingerprinter, &str, &[T], Option<&[u8]>) -> Result<(), Error>,
) -> i32 {
    // SAFETY: the caller passes a live handle, a tag of that length and arrays of that count.
    unsafe {
        absorb(name, f, tag, tag_len, |f, tag| {
            let valid = validity("valid", valid, n)?;
            body(f, tag, args::slice("values", values, n)?, valid)
        })
    }
}

/// One byte per element; NULL: nothing is missing.
pub(crate) unsafe fn validity<'a>(
    name: &'static str,
    valid: *const u8,
    n: i64,
) -> Result<Option<&'a [u8]>, Error> {
    if valid.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller passes an array of that count.
    unsafe { args::slice(name, valid, n).map(Some) }
}

/// The texts of a list, empty for the missing ones. `valid` has been checked to have `n` bytes.
pub(crate) unsafe fn text_list<'a>(
    name: &'static str,
    texts: *const *const c_char,
    lens_name: &'static str,
    lens: *const i64,
    valid: Option<&[u8]>,
    n: i64,
) -> Result<Vec<&'a str>, Error> {
    // SAFETY: the caller passes arrays of that count.
    let (texts, lens) = unsafe {
        let lens = (!lens.is_null()).then(|| args::slice(lens_name, lens, n));
        (args::slice(name, texts, n)?, lens.transpose()?)
    };
    let mut list = Vec::new();
    list.try_reserve_exact(texts.len()).map_err(|_| {
        Error::new(
            ErrorKind::NoMemory,
            format!("reading {name}"),
            format!("there is no memory for a list of {n} texts"),
            "Free memory and try again; nothing was changed",
        )
    })?;
    for (at, text) in texts.iter().enumerate() {
        if valid.is_some_and(|valid| valid[at] == 0) {
            list.push("");
            continue;
        }
        let len = lens.map_or(-1, |lens| lens[at]);
        // SAFETY: the caller passes a text of that length for every element that is not missing.
        list.push(unsafe { args::text(name, *text, len) }.map_err(|e| {
            Error::new(
                e.kind(),
                format!("reading element {at} of {name}"),
                e.to_string(),
                "Elements without a text must be marked as not valid",
            )
        })?);
    }
    Ok(list)
}
