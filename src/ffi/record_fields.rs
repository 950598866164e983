//! The fields of records in C.

use crate::error::Error;
use crate::ffi::args;
use crate::ffi::guard::{call, OK};
use crate::ffi::record::warm_record;
use crate::ffi::status::{
    WARM_NOT_FOUND, WARM_VALUE_INTEGER, WARM_VALUE_INTEGERS, WARM_VALUE_NUMBER, WARM_VALUE_NUMBERS,
    WARM_VALUE_TEXT,
};
use crate::payload::{Field, FieldType, Record};
use std::ffi::c_char;

/// No field has a longer name.
const NAME_BYTES: usize = 255;

/// # Safety
/// `r` is NULL or a live handle, `field` text of that length.
unsafe fn named<'a>(
    r: *const warm_record,
    field: *const c_char,
    field_len: i64,
) -> Result<(&'a warm_record, &'a str), Error> {
    // SAFETY: the caller's promise.
    unsafe {
        Ok((
            args::handle("r", r)?,
            args::name("field", field, field_len, NAME_BYTES)?,
        ))
    }
}

fn place(index: i64) -> Result<usize, Error> {
    usize::try_from(index).map_err(|_| {
        Error::invalid(
            "reading argument `index`",
            format!("{index} is negative"),
            "Items are counted from 0",
        )
    })
}

/// # Safety
/// As for [`named`].
unsafe fn set(
    name: &'static str,
    r: *mut warm_record,
    field: *const c_char,
    field_len: i64,
    index: i64,
    write: impl FnOnce(&mut Record, &str, usize) -> Result<(), Error>,
) -> i32 {
    call(name, || {
        // SAFETY: the caller's promise.
        let (r, field) = unsafe { named(r, field, field_len)? };
        let index = place(index)?;
        r.0.with(|r| write(r, field, index).map(|()| OK))
    })
}

/// # Safety
/// As for [`named`].
unsafe fn get(
    name: &'static str,
    r: *const warm_record,
    field: *const c_char,
    field_len: i64,
    index: i64,
    read: impl FnOnce(Field<'_>, &str) -> Result<Option<i32>, Error>,
) -> i32 {
    call(name, || {
        // SAFETY: the caller's promise.
        let (r, field) = unsafe { named(r, field, field_len)? };
        let index = place(index)?;
        r.0.with(|r| {
            let status = r.get(field, index, |f| read(f, field))?;
            Ok(status.unwrap_or(WARM_NOT_FOUND))
        })
    })
}

/// What a field holds, one of `WARM_VALUE`, and how many of it there are: 1, or one per block or term.
/// Either output may be NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_record_describe(
    r: *const warm_record,
    field: *const c_char,
    field_len: i64,
    holds: *mut i32,
    count: *mut i64,
) -> i32 {
    call("warm_record_describe", || {
        // SAFETY: the caller passes a live handle and readable text of that length.
        let (r, field) = unsafe { named(r, field, field_len)? };
        r.0.with(|r| {
            let (known, n) = r.describe(field)?;
            let known = match known {
                FieldType::Text => WARM_VALUE_TEXT,
                FieldType::Integer => WARM_VALUE_INTEGER,
                FieldType::Number => WARM_VALUE_NUMBER,
                FieldType::Integers => WARM_VALUE_INTEGERS,
                FieldType::Numbers => WARM_VALUE_NUMBERS,
            };
            // SAFETY: the caller passes NULL, or room for each.
            unsafe {
                if !holds.is_null() {
                    args::out("holds", holds)?.write(known);
                }
                if !count.is_null() {
                    args::out("count", count)?.write(n as i64);
                }
            }
            Ok(OK)
        })
    })
}

/// Sets a text.
///
/// `WARM_ERR_INVALID`: also a `terms.identity` that is not 64 hexadecimal digits, a `terms.role` that is
/// none, and a `terms.provenance` other than `projected`, or of a term without `terms.source`.
#[no_mangle]
pub unsafe extern "C" fn warm_record_set_text(
    r: *mut warm_record,
    field: *const c_char,
    field_len: i64,
    index: i64,
    text: *const c_char,
    len: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle and readable texts of those lengths.
    unsafe {
        let name = "warm_record_set_text";
        set(name, r, field, field_len, index, |r, field, at| {
            let text = args::text("text", text, len)?;
            r.set(field, at, |f| f.set_text(field, text))
        })
    }
}

/// Reads a text.
///
/// `WARM_NOT_FOUND`: it is absent. `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its
/// NUL.
#[no_mangle]
pub unsafe extern "C" fn warm_record_get_text(
    r: *const warm_record,
    field: *const c_char,
    field_len: i64,
    index: i64,
    buf: *mut c_char,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    let name = "warm_record_get_text";
    // SAFETY: the caller passes a live handle, readable text of that length, a buffer of that
    // capacity and room for a length.
    unsafe {
        get(name, r, field, field_len, index, |f, field| {
            args::check_buffer("buf", "cap", buf.cast(), cap)?;
            let text = f.text(field)?;
            text.map(|t| args::give_text(&t, buf, cap, needed))
                .transpose()
        })
    }
}

/// Sets an integer, or a flag to 0 or 1.
///
/// `WARM_ERR_INVALID`: also negative ones, and other flags.
#[no_mangle]
pub unsafe extern "C" fn warm_record_set_integer(
    r: *mut warm_record,
    field: *const c_char,
    field_len: i64,
    index: i64,
    value: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle and readable text of that length.
    unsafe {
        let name = "warm_record_set_integer";
        set(name, r, field, field_len, index, |r, field, at| {
            r.set(field, at, |f| f.set_integer(field, value))
        })
    }
}

/// Reads an integer or a flag.
///
/// `WARM_NOT_FOUND`: it is absent.
#[no_mangle]
pub unsafe extern "C" fn warm_record_get_integer(
    r: *const warm_record,
    field: *const c_char,
    field_len: i64,
    index: i64,
    out: *mut i64,
) -> i32 {
    // SAFETY: the caller passes a live handle, readable text of that length and room for a number.
    unsafe {
        let name = "warm_record_get_integer";
        get(name, r, field, field_len, index, |f, field| {
            let out = args::out("out", out)?;
            Ok(f.integer(field)?.map(|value| {
                out.write(value);
                OK
            }))
        })
    }
}

/// Sets a number.
///
/// `WARM_ERR_INVALID`: also one that is not finite.
#[no_mangle]
pub unsafe extern "C" fn warm_record_set_number(
    r: *mut warm_record,
    field: *const c_char,
    field_len: i64,
    index: i64,
    value: f64,
) -> i32 {
    // SAFETY: the caller passes a live handle and readable text of that length.
    unsafe {
        let name = "warm_record_set_number";
        set(name, r, field, field_len, index, |r, field, at| {
            r.set(field, at, |f| f.set_number(field, value))
        })
    }
}

/// Reads a number, bit for bit as it was set or stored.
///
/// `WARM_NOT_FOUND`: it is absent.
#[no_mangle]
pub unsafe extern "C" fn warm_record_get_number(
    r: *const warm_record,
    field: *const c_char,
    field_len: i64,
    index: i64,
    out: *mut f64,
) -> i32 {
    // SAFETY: the caller passes a live handle, readable text of that length and room for a number.
    unsafe {
        let name = "warm_record_get_number";
        get(name, r, field, field_len, index, |f, field| {
            let out = args::out("out", out)?;
            Ok(f.number(field)?.map(|value| {
                out.write(value);
                OK
            }))
        })
    }
}

/// Sets a list of `n` integers.
///
/// `WARM_ERR_INVALID`: also negative ones.
#[no_mangle]
pub unsafe extern "C" fn warm_record_set_integers(
    r: *mut warm_record,
    field: *const c_char,
    field_len: i64,
    index: i64,
    values: *const i64,
    n: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle, readable text of that length and `n` numbers.
    unsafe {
        let name = "warm_record_set_integers";
        set(name, r, field, field_len, index, |r, field, at| {
            let values = args::slice("values", values, n)?;
            r.set(field, at, |f| f.set_integers(field, values))
        })
    }
}

/// Reads a list of integers into `buf`, which has room for `cap` of them.
///
/// `WARM_NOT_FOUND`: it is absent. `WARM_ERR_BUFFER`: `*needed` says how many there are.
#[no_mangle]
pub unsafe extern "C" fn warm_record_get_integers(
    r: *const warm_record,
    field: *const c_char,
    field_len: i64,
    index: i64,
    buf: *mut i64,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    let name = "warm_record_get_integers";
    // SAFETY: the caller passes a live handle, readable text of that length, a buffer of that
    // capacity and room for a length.
    unsafe {
        get(name, r, field, field_len, index, |f, field| {
            let values = f.integers(field)?;
            args::check_items("buf", "cap", buf, cap)?;
            values
                .map(|v| args::give_items(&v, buf, cap, needed))
                .transpose()
        })
    }
}

/// Sets a list of `n` numbers.
///
/// `WARM_ERR_INVALID`: also numbers that are not finite.
#[no_mangle]
pub unsafe extern "C" fn warm_record_set_numbers(
    r: *mut warm_record,
    field: *const c_char,
    field_len: i64,
    index: i64,
    values: *const f64,
    n: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle, readable text of that length and `n` numbers.
    unsafe {
        let name = "warm_record_set_numbers";
        set(name, r, field, field_len, index, |r, field, at| {
            let values = args::slice("values", values, n)?;
            r.set(field, at, |f| f.set_numbers(field, values))
        })
    }
}

/// Reads a list of numbers into `buf`, which has room for `cap` of them, bit for bit as they were set
/// or stored.
///
/// `WARM_NOT_FOUND`: it is absent. `WARM_ERR_BUFFER`: `*needed` says how many there are.
#[no_mangle]
pub unsafe extern "C" fn warm_record_get_numbers(
    r: *const warm_record,
    field: *const c_char,
    field_len: i64,
    index: i64,
    buf: *mut f64,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    let name = "warm_record_get_numbers";
    // SAFETY: the caller passes a live handle, readable text of that length, a buffer of that
    // capacity and room for a length.
    unsafe {
        get(name, r, field, field_len, index, |f, field| {
            let values = f.numbers(field)?;
            args::check_items("buf", "cap", buf, cap)?;
            values
                .map(|v| args::give_items(v, buf, cap, needed))
                .transpose()
        })
    }
}

/// Makes an optional field absent, or a part that is optional as a whole (`inner`,
/// `descriptor.row_population`, `terms.joint_null_rotation`). `active_sets` at the end of its list is
/// appended, absent.
///
/// `WARM_ERR_INVALID`: also a field that is not optional.
#[no_mangle]
pub unsafe extern "C" fn warm_record_clear(
    r: *mut warm_record,
    field: *const c_char,
    field_len: i64,
    index: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle and readable text of that length.
    unsafe {
        let name = "warm_record_clear";
        set(name, r, field, field_len, index, |r, field, at| {
            r.clear(field, at)
        })
    }
}
