//! Fingerprinters in C.

use std::ffi::{c_char, c_void};

use crate::error::Error;
use crate::ffi::args;
use crate::ffi::guard::{call, OK};
use crate::ffi::key::warm_key;
use crate::ffi::plain::Plain;
use crate::key::Fingerprinter;

/// Makes a `warm_key` out of data and a specification.
///
/// `warm_fingerprinter_absorb_*` add a frame: a type, a tag and a value, so that the same bytes
/// under another tag, as another type or in other portions give another key.
/// `warm_fingerprinter_write_*` append bare bytes. The same calls give the same key in every
/// release, on every platform and from every language.
///
/// Tags and texts are UTF-8 and not normalised; their length is in bytes, or -1 when they are
/// NUL-terminated. Tags are shorter than 4 GiB. A pointer may be NULL where the length or count is
/// 0. Nothing that is passed in is kept.
///
/// Where a function takes `valid`, it is one byte per element, 0 for missing and anything else for
/// present, or NULL when nothing is missing (the same key as all present). What the slots of
/// missing elements hold does not matter. These functions are for data from R, Julia and data
/// frames; in them -0.0 is +0.0 and every NaN is the same NaN. A NaN is a value, not a missing one.
///
/// Every function answers `WARM_ERR_INVALID` for a NULL pointer, a negative length or count, or
/// text that is not UTF-8, `WARM_ERR_NO_MEMORY` when a tag cannot be kept, and `WARM_ERR_POISONED`
/// after a `WARM_ERR_PANIC`. A call that fails with another status than `WARM_ERR_PANIC` has
/// changed nothing.
///
/// Threads: one at a time. It is plain memory and stays usable in the child of a fork. Free it with
/// `warm_fingerprinter_free`.
pub struct warm_fingerprinter(pub(crate) Plain<Fingerprinter>);

/// Makes a fingerprinter that has seen nothing. The caller frees `*out` with
/// `warm_fingerprinter_free`; it is NULL unless `WARM_OK`.
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_new(out: *mut *mut warm_fingerprinter) -> i32 {
    call("warm_fingerprinter_new", || {
        // SAFETY: the caller passes room for a pointer.
        unsafe {
            args::null_out(out)?;
            args::give(out, warm_fingerprinter(Plain::new(Fingerprinter::new())))
        }
    })
}

/// Makes an independent copy of `f`, for keys with a common beginning. The caller frees `*out` with
/// `warm_fingerprinter_free`; it is NULL unless `WARM_OK`.
///
/// `WARM_ERR_NO_MEMORY`: no room for the copy.
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_clone(
    f: *const warm_fingerprinter,
    out: *mut *mut warm_fingerprinter,
) -> i32 {
    call("warm_fingerprinter_clone", || {
        // SAFETY: the caller passes a live handle and room for a pointer.
        unsafe {
            args::null_out(out)?;
            let copy = |f: &mut Fingerprinter| {
                args::give(out, warm_fingerprinter(Plain::new(f.try_clone()?)))
            };
            args::handle("f", f)?.0.with(copy)
        }
    })
}

/// Absorbs a bare tag: a separator, or a flag.
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_absorb_tag(
    f: *mut warm_fingerprinter,
    tag: *const c_char,
    tag_len: i64,
) -> i32 {
    let name = "warm_fingerprinter_absorb_tag";
    // SAFETY: the caller keeps what the documentation of `warm_fingerprinter` asks for.
    unsafe { absorb(name, f, tag, tag_len, |f, tag| f.absorb_tag(tag)) }
}

/// Absorbs `len` bytes.
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_absorb_bytes(
    f: *mut warm_fingerprinter,
    tag: *const c_char,
    tag_len: i64,
    data: *const c_void,
    len: i64,
) -> i32 {
    let name = "warm_fingerprinter_absorb_bytes";
    // SAFETY: the caller keeps what the documentation of `warm_fingerprinter` asks for.
    unsafe {
        absorb(name, f, tag, tag_len, |f, tag| {
            f.absorb_bytes(tag, args::bytes("data", data, len)?)
        })
    }
}

/// Absorbs a text of `len` bytes; -1: NUL-terminated.
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_absorb_str(
    f: *mut warm_fingerprinter,
    tag: *const c_char,
    tag_len: i64,
    text: *const c_char,
    len: i64,
) -> i32 {
    let name = "warm_fingerprinter_absorb_str";
    // SAFETY: the caller keeps what the documentation of `warm_fingerprinter` asks for.
    unsafe {
        absorb(name, f, tag, tag_len, |f, tag| {
            f.absorb_str(tag, args::text("text", text, len)?)
        })
    }
}

/// Absorbs an unsigned integer.
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_absorb_u64(
    f: *mut warm_fingerprinter,
    tag: *const c_char,
    tag_len: i64,
    value: u64,
) -> i32 {
    let name = "warm_fingerprinter_absorb_u64";
    // SAFETY: the caller keeps what the documentation of `warm_fingerprinter` asks for.
    unsafe { absorb(name, f, tag, tag_len, |f, tag| f.absorb_u64(tag, value)) }
}

/// Absorbs the bits of a number: -0.0 differs from +0.0, and NaNs with unequal payloads differ.
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_absorb_f64(
    f: *mut warm_fingerprinter,
    tag: *const c_char,
    tag_len: i64,
    value: f64,
) -> i32 {
    let name = "warm_fingerprinter_absorb_f64";
    // SAFETY: the caller keeps what the documentation of `warm_fingerprinter` asks for.
    unsafe { absorb(name, f, tag, tag_len, |f, tag| f.absorb_f64(tag, value)) }
}

/// Absorbs `n` numbers, bit by bit as `warm_fingerprinter_absorb_f64`.
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_absorb_f64_slice(
    f: *mut warm_fingerprinter,
    tag: *const c_char,
    tag_len: i64,
    values: *const f64,
    n: i64,
) -> i32 {
    let name = "warm_fingerprinter_absorb_f64_slice";
    // SAFETY: the caller keeps what the documentation of `warm_fingerprinter` asks for.
    unsafe {
        absorb(name, f, tag, tag_len, |f, tag| {
            f.absorb_f64_slice(tag, args::slice("values", values, n)?)
        })
    }
}

/// Absorbs a matrix of `rows` * `cols` numbers as they lie in memory, bit by bit. The key does not
/// tell in which order that is; `warm_fingerprinter_absorb_f64_matrix` has one key for either
/// order.
///
/// `WARM_ERR_INVALID`: also when `rows` * `cols` overflows.
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_absorb_f64_2d(
    f: *mut warm_fingerprinter,
    tag: *const c_char,
    tag_len: i64,
    rows: i64,
    cols: i64,
    values: *const f64,
) -> i32 {
    let name = "warm_fingerprinter_absorb_f64_2d";
    // SAFETY: the caller keeps what the documentation of `warm_fingerprinter` asks for.
    unsafe {
        absorb(name, f, tag, tag_len, |f, tag| {
            let (rows, cols, n) = shape(rows, cols)?;
            f.absorb_f64_2d(tag, rows, cols, args::slice("values", values, n)?)
        })
    }
}

/// Writes `len` bytes, without their length.
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_write_bytes(
    f: *mut warm_fingerprinter,
    data: *const c_void,
    len: i64,
) -> i32 {
    let name = "warm_fingerprinter_write_bytes";
    // SAFETY: the caller keeps what the documentation of `warm_fingerprinter` asks for.
    unsafe {
        change(name, f, |f| {
            f.write_bytes(args::bytes("data", data, len)?);
            Ok(())
        })
    }
}

/// Writes one byte. For a logical value, pass 0 or 1.
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_write_u8(f: *mut warm_fingerprinter, value: u8) -> i32 {
    let write = |f: &mut Fingerprinter| {
        f.write_u8(value);
        Ok(())
    };
    // SAFETY: the caller keeps what the documentation of `warm_fingerprinter` asks for.
    unsafe { change("warm_fingerprinter_write_u8", f, write) }
}

/// Writes eight bytes, little-endian on every platform. Sizes are written so, too.
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_write_u64(
    f: *mut warm_fingerprinter,
    value: u64,
) -> i32 {
    let write = |f: &mut Fingerprinter| {
        f.write_u64(value);
        Ok(())
    };
    // SAFETY: the caller keeps what the documentation of `warm_fingerprinter` asks for.
    unsafe { change("warm_fingerprinter_write_u64", f, write) }
}

/// Writes the bits of a number, -0.0 as +0.0; NaNs keep theirs.
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_write_f64(
    f: *mut warm_fingerprinter,
    value: f64,
) -> i32 {
    let write = |f: &mut Fingerprinter| {
        f.write_f64(value);
        Ok(())
    };
    // SAFETY: the caller keeps what the documentation of `warm_fingerprinter` asks for.
    unsafe { change("warm_fingerprinter_write_f64", f, write) }
}

/// Writes the length of a text in bytes, as `warm_fingerprinter_write_u64`, then the text. `len` is
/// in bytes; -1: NUL-terminated.
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_write_str(
    f: *mut warm_fingerprinter,
    text: *const c_char,
    len: i64,
) -> i32 {
    let name = "warm_fingerprinter_write_str";
    // SAFETY: the caller keeps what the documentation of `warm_fingerprinter` asks for.
    unsafe {
        change(name, f, |f| {
            f.write_str(args::text("text", text, len)?);
            Ok(())
        })
    }
}

/// Writes the count `n`, as `warm_fingerprinter_write_u64`, then each number, as
/// `warm_fingerprinter_write_f64`.
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_write_f64_slice(
    f: *mut warm_fingerprinter,
    values: *const f64,
    n: i64,
) -> i32 {
    let name = "warm_fingerprinter_write_f64_slice";
    // SAFETY: the caller keeps what the documentation of `warm_fingerprinter` asks for.
    unsafe {
        change(name, f, |f| {
            f.write_f64_slice(args::slice("values", values, n)?);
            Ok(())
        })
    }
}

/// Writes the key of everything so far to `*out` (on `WARM_OK` only). `f` stays as it is, and more
/// may follow.
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_finish(
    f: *const warm_fingerprinter,
    out: *mut warm_key,
) -> i32 {
    let name = "warm_fingerprinter_finish";
    // SAFETY: the caller passes a live handle and room for a key.
    unsafe {
        change(name, f, |f| {
            args::out("out", out)?.write(f.finish().into());
            Ok(())
        })
    }
}

/// Writes the first eight bytes of the key, as a little-endian number, to `*out` (on `WARM_OK`
/// only). `f` stays as it is. Printed as `%016x` it is the short form that engines show.
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_finish_u64(
    f: *const warm_fingerprinter,
    out: *mut u64,
) -> i32 {
    let name = "warm_fingerprinter_finish_u64";
    // SAFETY: the caller passes a live handle and room for a number.
    unsafe {
        change(name, f, |f| {
            args::out("out", out)?.write(f.finish_u64());
            Ok(())
        })
    }
}

/// Frees `*f` and sets it to NULL. NULL and a pointer to NULL are fine.
#[no_mangle]
pub unsafe extern "C" fn warm_fingerprinter_free(f: *mut *mut warm_fingerprinter) {
    // SAFETY: the caller passes NULL, or a pointer to NULL or to a live handle that nobody else
    // uses.
    unsafe { args::free(f) }
}

/// Runs `body` on the fingerprinter of a handle.
unsafe fn change(
    name: &'static str,
    f: *const warm_fingerprinter,
    body: impl FnOnce(&mut Fingerprinter) -> Result<(), Error>,
) -> i32 {
    call(name, || {
        // SAFETY: the caller passes a live handle.
        let f = unsafe { args::handle("f", f)? };
        f.0.with(|f| body(f).map(|()| OK))
    })
}

/// Runs `body` on the fingerprinter of a handle and a tag.
pub(super) unsafe fn absorb(
    name: &'static str,
    f: *const warm_fingerprinter,
    tag: *const c_char,
    tag_len: i64,
    body: impl FnOnce(&mut Fingerprinter, &str) -> Result<(), Error>,
) -> i32 {
    // SAFETY: the caller passes a live handle and a tag of that length.
    unsafe {
        change(name, f, |f| {
            args::bounded("tag", tag_len, u32::MAX as usize)?;
            body(f, args::text("tag", tag, tag_len)?)
        })
    }
}

/// Rows, columns and their product.
pub(super) fn shape(rows: i64, cols: i64) -> Result<(usize, usize, i64), Error> {
    match (
        usize::try_from(rows),
        usize::try_from(cols),
        rows.checked_mul(cols),
    ) {
        (Ok(r), Ok(c), Some(n)) => Ok((r, c, n)),
        _ => Err(Error::invalid(
            "absorbing a matrix",
            format!("{rows} rows of {cols} columns are no size of a matrix in memory"),
            "Pass the numbers of rows and columns, neither negative",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ffi::fingerprinter_native::*;
    use crate::key::{Key, Order};
    use std::ptr::{null, null_mut};

    const INVALID: i32 = -1;

    /// A handle that is freed at the end.
    struct Handle(*mut warm_fingerprinter);

    impl Handle {
        fn new() -> Self {
            let mut f = null_mut();
            // SAFETY: `f` has room for a pointer.
            assert_eq!(unsafe { warm_fingerprinter_new(&mut f) }, OK);
            assert!(!f.is_null());
            Handle(f)
        }

        fn key(&self) -> Key {
            let mut key = warm_key { bytes: [0; 32] };
            // SAFETY: the handle is live and `key` has room.
            assert_eq!(unsafe { warm_fingerprinter_finish(self.0, &mut key) }, OK);
            key.into()
        }
    }

    impl Drop for Handle {
        fn drop(&mut self) {
            // SAFETY: the handle is live, and NULL after the first call.
            unsafe {
                warm_fingerprinter_free(&mut self.0);
                assert!(self.0.is_null());
                warm_fingerprinter_free(&mut self.0);
                warm_fingerprinter_free(null_mut());
            }
        }
    }

    const TAG: *const c_char = c"x".as_ptr();

    #[test]
    fn every_call_reaches_its_method() {
        let (c, mut rust) = (Handle::new(), Fingerprinter::new());
        let f = c.0;
        let valid = [1u8, 0, 9];
        let (v, some) = (valid.as_ptr(), Some(&valid[..]));
        let f64s = [1.5, -0.0, f64::NAN];
        let i64s = [0i64, -7, 1];
        let texts = [c"a".as_ptr(), null(), c"\xc3\xa9z".as_ptr()];
        let lens = [-1i64, -99, 2];
        let mut step = 0;
        let mut same = |status: i32, rust: &mut Fingerprinter, result: Result<(), Error>| {
            step += 1;
            result.unwrap();
            assert_eq!(status, OK, "step {step}");
            assert_eq!(c.key(), rust.finish(), "step {step}");
        };
        macro_rules! both {
            ($function:ident($($c:expr),*), $method:ident($($r:expr),*)) => {{
                // SAFETY: all pointers are to live locals of the documented sizes.
                let status = unsafe { $function(f, $($c),*) };
                let result = rust.$method($($r),*);
                same(status, &mut rust, result);
            }};
        }
        both!(warm_fingerprinter_absorb_tag(TAG, 1), absorb_tag("x"));
        both!(warm_fingerprinter_absorb_tag(null(), 0), absorb_tag(""));
        both!(
            warm_fingerprinter_absorb_bytes(TAG, 1, v.cast(), 3),
            absorb_bytes("x", &valid)
        );
        both!(
            warm_fingerprinter_absorb_bytes(TAG, 1, null(), 0),
            absorb_bytes("x", &[])
        );
        both!(
            warm_fingerprinter_absorb_str(TAG, 1, TAG, -1),
            absorb_str("x", "x")
        );
        both!(warm_fingerprinter_absorb_u64(TAG, 1, 7), absorb_u64("x", 7));
        both!(
            warm_fingerprinter_absorb_f64(TAG, 1, -0.0),
            absorb_f64("x", -0.0)
        );
        both!(
            warm_fingerprinter_absorb_f64_slice(TAG, 1, f64s.as_ptr(), 3),
            absorb_f64_slice("x", &f64s)
        );
        both!(
            warm_fingerprinter_absorb_f64_2d(TAG, 1, 3, 1, f64s.as_ptr()),
            absorb_f64_2d("x", 3, 1, &f64s)
        );
        both!(
            warm_fingerprinter_absorb_i32_slice(TAG, 1, [1, 2, 3].as_ptr(), v, 3),
            absorb_i32_slice("x", &[1, 2, 3], some)
        );
        both!(
            warm_fingerprinter_absorb_i64_slice(TAG, 1, i64s.as_ptr(), v, 3),
            absorb_i64_slice("x", &i64s, some)
        );
        both!(
            warm_fingerprinter_absorb_f32_slice(TAG, 1, [1., 2., 3.].as_ptr(), null(), 3),
            absorb_f32_slice("x", &[1., 2., 3.], None)
        );
        both!(
            warm_fingerprinter_absorb_bool_slice(TAG, 1, valid.as_ptr(), null(), 3),
            absorb_bool_slice("x", &[true, false, true], None)
        );
        both!(
            warm_fingerprinter_absorb_f64_na_slice(TAG, 1, f64s.as_ptr(), v, 3),
            absorb_f64_na_slice("x", &f64s, some)
        );
        both!(
            warm_fingerprinter_absorb_f64_na_slice(TAG, 1, null(), null(), 0),
            absorb_f64_na_slice("x", &[], None)
        );
        both!(
            warm_fingerprinter_absorb_date_slice(TAG, 1, i64s.as_ptr(), v, 3),
            absorb_date_slice("x", &i64s, some)
        );
        both!(
            warm_fingerprinter_absorb_timestamp_slice(TAG, 1, i64s.as_ptr(), v, 3),
            absorb_timestamp_slice("x", &i64s, some)
        );
        both!(
            warm_fingerprinter_absorb_str_list(TAG, 1, texts.as_ptr(), lens.as_ptr(), v, 3),
            absorb_str_list("x", &["a", "", "é"], some)
        );
        both!(
            warm_fingerprinter_absorb_str_list(TAG, 1, texts.as_ptr(), null(), v, 3),
            absorb_str_list("x", &["a", "", "éz"], some)
        );
        both!(
            warm_fingerprinter_absorb_factor(
                TAG,
                1,
                texts.as_ptr(),
                lens.as_ptr(),
                v,
                3,
                i64s.as_ptr(),
                v,
                3
            ),
            absorb_factor("x", &["a", "", "é"], some, &i64s, some)
        );
        both!(
            warm_fingerprinter_absorb_f64_matrix(
                TAG,
                1,
                3,
                1,
                f64s.as_ptr(),
                v,
                WARM_ORDER_ROW_MAJOR
            ),
            absorb_f64_matrix("x", 3, 1, &f64s, some, Order::ColumnMajor)
        );
        macro_rules! both_write {
            ($function:ident($($c:expr),*), $method:ident($($r:expr),*)) => {{
                // SAFETY: all pointers are to live locals of the documented sizes.
                let status = unsafe { $function(f, $($c),*) };
                rust.$method($($r),*);
                same(status, &mut rust, Ok(()));
            }};
        }
        both_write!(
            warm_fingerprinter_write_bytes(v.cast(), 3),
            write_bytes(&valid)
        );
        both_write!(warm_fingerprinter_write_u8(1), write_bool(true));
        both_write!(warm_fingerprinter_write_u64(9), write_usize(9));
        both_write!(warm_fingerprinter_write_f64(-0.0), write_f64(0.0));
        both_write!(warm_fingerprinter_write_str(TAG, 1), write_str("x"));
        both_write!(
            warm_fingerprinter_write_f64_slice(f64s.as_ptr(), 3),
            write_f64_slice(&f64s)
        );

        let (mut copy, mut number) = (null_mut(), 0);
        // SAFETY: the handles are live and the outputs have room.
        unsafe {
            assert_eq!(warm_fingerprinter_clone(f, &mut copy), OK);
            let copy = Handle(copy);
            assert_eq!(copy.key(), c.key());
            assert_eq!(warm_fingerprinter_write_u8(copy.0, 0), OK);
            assert_ne!(copy.key(), c.key());
            assert_eq!(warm_fingerprinter_finish_u64(f, &mut number), OK);
        }
        assert_eq!(number, rust.finish_u64());
    }

    #[test]
    fn refusals_change_nothing() {
        let c = Handle::new();
        let (f, before) = (c.0, c.key());
        let (one, codes, text) = ([1.0f64], [1i64], [c"a".as_ptr()]);
        let (nothing, bad) = ([null::<c_char>()], [c"\xff".as_ptr()]);
        let p = one.as_ptr();
        let row = WARM_ORDER_ROW_MAJOR;
        let mut dangling = f;
        // SAFETY: every pointer is NULL or to a live local of the documented size.
        let refused = unsafe {
            [
                warm_fingerprinter_new(null_mut()),
                warm_fingerprinter_clone(null(), &mut dangling),
                warm_fingerprinter_clone(f, null_mut()),
                warm_fingerprinter_finish(f, null_mut()),
                warm_fingerprinter_finish_u64(f, null_mut()),
                warm_fingerprinter_absorb_tag(null_mut(), TAG, 1),
                warm_fingerprinter_absorb_tag(f, null(), 1),
                warm_fingerprinter_absorb_tag(f, TAG, -2),
                warm_fingerprinter_absorb_tag(f, bad[0], -1),
                warm_fingerprinter_absorb_f64_slice(f, TAG, 1, p, -1),
                warm_fingerprinter_absorb_f64_slice(f, TAG, 1, null(), 1),
                warm_fingerprinter_absorb_f64_slice(f, TAG, 1, p, i64::MAX),
                warm_fingerprinter_absorb_f64_2d(f, TAG, 1, -1, -1, p),
                warm_fingerprinter_absorb_f64_2d(f, TAG, 1, i64::MAX, 2, p),
                warm_fingerprinter_absorb_f64_matrix(f, TAG, 1, -1, -1, p, null(), row),
                warm_fingerprinter_absorb_f64_matrix(f, TAG, 1, 1, 1, p, null(), 2),
                warm_fingerprinter_absorb_str_list(f, TAG, 1, nothing.as_ptr(), null(), null(), 1),
                warm_fingerprinter_absorb_str_list(f, TAG, 1, bad.as_ptr(), null(), null(), 1),
                warm_fingerprinter_absorb_factor(
                    f,
                    TAG,
                    1,
                    text.as_ptr(),
                    null(),
                    null(),
                    1,
                    codes.as_ptr(),
                    null(),
                    1,
                ),
            ]
        };
        assert_eq!(refused, [INVALID; 19]);
        assert!(dangling.is_null());
        assert_eq!(c.key(), before);
    }
}
