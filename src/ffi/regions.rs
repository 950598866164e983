//! What is in a payload of regions, in C, without a session.

use crate::error::Error;
use crate::ffi::args;
use crate::ffi::cursor::{warm_cursor, List};
use crate::ffi::entry::{entry_of, warm_entry};
use crate::ffi::fingerprinter_native::{WARM_ORDER_COLUMN_MAJOR, WARM_ORDER_ROW_MAJOR};
use crate::ffi::guard::{call, OK};
use crate::ffi::info::{required, Output};
use crate::ffi::status::WARM_NOT_FOUND;
use crate::key::Order;
use crate::payload::{ElementType, RegionFile, StoredRegion, REGION_NAME_BYTES};
use std::ffi::{c_char, c_void};

/// 64-bit floating point, IEEE 754 binary64.
pub const WARM_TYPE_F64: i32 = 1;
/// 32-bit floating point, IEEE 754 binary32.
pub const WARM_TYPE_F32: i32 = 2;
/// 16-bit floating point, IEEE 754 binary16.
pub const WARM_TYPE_F16: i32 = 3;
/// 16-bit floating point with the exponent of binary32.
pub const WARM_TYPE_BF16: i32 = 4;
/// 64-bit signed integer.
pub const WARM_TYPE_I64: i32 = 5;
/// 32-bit signed integer.
pub const WARM_TYPE_I32: i32 = 6;
/// 16-bit signed integer.
pub const WARM_TYPE_I16: i32 = 7;
/// 8-bit signed integer.
pub const WARM_TYPE_I8: i32 = 8;
/// 64-bit unsigned integer.
pub const WARM_TYPE_U64: i32 = 9;
/// 32-bit unsigned integer.
pub const WARM_TYPE_U32: i32 = 10;
/// 16-bit unsigned integer.
pub const WARM_TYPE_U16: i32 = 11;
/// 8-bit unsigned integer: bytes, and text in UTF-8.
pub const WARM_TYPE_U8: i32 = 12;
/// One byte, 0 or 1.
pub const WARM_TYPE_BOOL: i32 = 13;
/// Complex number of two binary64, the real part first; in the file, a last dimension of 2 and a note.
pub const WARM_TYPE_C128: i32 = 14;
/// Complex number of two binary32, the real part first; in the file, a last dimension of 2 and a note.
pub const WARM_TYPE_C64: i32 = 15;
/// 8-bit floating point with 4 bits of exponent.
pub const WARM_TYPE_F8_E4M3: i32 = 16;
/// 8-bit floating point with 5 bits of exponent.
pub const WARM_TYPE_F8_E5M2: i32 = 17;
/// 8-bit power of two.
pub const WARM_TYPE_F8_E8M0: i32 = 18;
/// 8-bit floating point with 4 bits of exponent, without infinities and negative zero.
pub const WARM_TYPE_F8_E4M3FNUZ: i32 = 19;
/// 8-bit floating point with 5 bits of exponent, without infinities and negative zero.
pub const WARM_TYPE_F8_E5M2FNUZ: i32 = 20;
/// 6-bit floating point with 2 bits of exponent, four in three bytes.
pub const WARM_TYPE_F6_E2M3: i32 = 21;
/// 6-bit floating point with 3 bits of exponent, four in three bytes.
pub const WARM_TYPE_F6_E3M2: i32 = 22;
/// 4-bit floating point, two in a byte.
pub const WARM_TYPE_F4: i32 = 23;

/// Room for every region's name, with its NUL.
pub const WARM_REGION_NAME_MAX: i32 = 256;
/// Most dimensions of a region.
pub const WARM_RANK_MAX: i32 = 64;

/// The element type a caller names.
pub(crate) fn element_type(number: i32) -> Result<ElementType, Error> {
    let at = usize::try_from(number).unwrap_or(0).wrapping_sub(1);
    args::constant("type", "WARM_TYPE", number, ElementType::all().nth(at))
}

/// What a region is. Zero it and set `struct_size` to its `sizeof` before it is filled.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct warm_region_info {
    /// Set by the caller; never changed by the library.
    pub struct_size: u32,
    /// One of the `WARM_TYPE` constants.
    pub r#type: i32,
    /// `WARM_ORDER_ROW_MAJOR` or `WARM_ORDER_COLUMN_MAJOR`; the former below two dimensions.
    pub order: i32,
    /// How many dimensions it has, 0 for a scalar.
    pub rank: i32,
    /// How many elements it has, the product of its dimensions; a complex number is one.
    pub elements: i64,
    /// How many bytes it takes.
    pub bytes: i64,
}

impl From<&StoredRegion> for warm_region_info {
    fn from(region: &StoredRegion) -> Self {
        let spec = region.spec();
        warm_region_info {
            struct_size: 0,
            r#type: spec.element() as i32 + 1,
            order: match spec.order() {
                Order::RowMajor => WARM_ORDER_ROW_MAJOR,
                Order::ColumnMajor => WARM_ORDER_COLUMN_MAJOR,
            },
            rank: spec.dims().len() as i32,
            elements: spec.elements() as i64,
            bytes: spec.bytes() as i64,
        }
    }
}

/// # Safety
/// `e` is NULL or a live handle, `out` NULL or room for a pointer.
unsafe fn list(
    name: &'static str,
    e: *const warm_entry,
    out: *mut *mut warm_cursor,
    body: impl FnOnce(&crate::store::Entry, RegionFile) -> List,
) -> i32 {
    call(name, || {
        // SAFETY: the caller's promise.
        unsafe {
            args::null_out(out)?;
            let e = entry_of("e", e)?;
            let file = RegionFile::parse(e.payload())
                .map_err(|err| err.during(&format!("run {} under key {}", e.run_id(), e.key())))?;
            args::give(out, warm_cursor::new(body(&e, file)))
        }
    })
}

/// The regions that an entry's payload has, in the order that they lie in, whoever wrote it. Of each
/// item there are `warm_cursor_name`, `warm_cursor_region`, `warm_cursor_dims`, `warm_cursor_data` and
/// `warm_cursor_copy_data`, and the entry's `warm_cursor_key` and `warm_cursor_run_id`;
/// `warm_cursor_find` goes to one by its name. The cursor keeps the entry's bytes alive. The caller
/// frees `*out` with `warm_cursor_free`; it is NULL unless `WARM_OK`.
///
/// `WARM_ERR_INCOMPATIBLE`: the payload is no safetensors file, or one that says what cannot be: the
/// last error says why.
#[no_mangle]
pub unsafe extern "C" fn warm_entry_list_regions(
    e: *const warm_entry,
    out: *mut *mut warm_cursor,
) -> i32 {
    let all = |e: &crate::store::Entry, file| List::Regions(e.clone(), file);
    // SAFETY: the caller passes a live handle and room for a pointer.
    unsafe { list("warm_entry_list_regions", e, out, all) }
}

/// The notes beside the regions: of each item there are `warm_cursor_name`, its key, and
/// `warm_cursor_text`, what it says; `warm_cursor_find` goes to one by its key. Besides the caller's
/// there are `libwarmstart` (the version that wrote the file), `objective`, `iteration`, `order.<name>`
/// (`F`: column-major) and `complex.<name>`. The caller frees `*out` with `warm_cursor_free`; it is NULL
/// unless `WARM_OK`.
///
/// `WARM_ERR_INCOMPATIBLE`: as `warm_entry_list_regions`.
#[no_mangle]
pub unsafe extern "C" fn warm_entry_list_notes(
    e: *const warm_entry,
    out: *mut *mut warm_cursor,
) -> i32 {
    let all = |_: &crate::store::Entry, file: RegionFile| List::Notes(file.into_notes());
    // SAFETY: the caller passes a live handle and room for a pointer.
    unsafe { list("warm_entry_list_notes", e, out, all) }
}

/// Moves to the item of that name; of a list of regions or notes.
///
/// `WARM_NOT_FOUND`: there is none; the cursor stays where it is. `WARM_ERR_INVALID`: NULL, not UTF-8,
/// or its list is of something else.
#[no_mangle]
pub unsafe extern "C" fn warm_cursor_find(
    c: *mut warm_cursor,
    name: *const c_char,
    name_len: i64,
) -> i32 {
    call("warm_cursor_find", || {
        // SAFETY: the caller passes a live handle and text of that length.
        let (c, name) = unsafe {
            (
                args::handle("c", c)?,
                args::name("name", name, name_len, isize::MAX as usize)?,
            )
        };
        c.0.with(|c| Ok(if c.find(name)? { OK } else { WARM_NOT_FOUND }))
    })
}

/// The item's name: of a list of regions, for which `WARM_REGION_NAME_MAX` bytes suffice, or of notes; of a
/// list of sessions, the name of the host it runs on, empty where the host does not say.
///
/// `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL. `WARM_ERR_INVALID`: NULL,
/// the cursor is not on an item, or its list is of something else.
#[no_mangle]
pub unsafe extern "C" fn warm_cursor_name(
    c: *const warm_cursor,
    buf: *mut c_char,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    call("warm_cursor_name", || {
        // SAFETY: the caller passes a live handle, a buffer of that capacity, room for a length.
        unsafe {
            args::handle("c", c)?
                .0
                .with(|c| args::give_text(c.name()?, buf, cap, needed))
        }
    })
}

/// What the item is; of a list of regions.
///
/// `WARM_ERR_INVALID`: NULL, a `struct_size` that is too small, the cursor is not on an item, or its
/// list is of something else.
#[no_mangle]
pub unsafe extern "C" fn warm_cursor_region(
    c: *const warm_cursor,
    info: *mut warm_region_info,
) -> i32 {
    call("warm_cursor_region", || {
        // SAFETY: the caller passes a live handle and a struct with its size set.
        let (c, out) = unsafe {
            let c = args::handle("c", c)?;
            let out = Output::new("info", info, size_of::<warm_region_info>())?;
            (c, required("info", out)?)
        };
        c.0.with(|c| {
            out.write(c.region()?.0.into());
            Ok(OK)
        })
    })
}

/// The item's extents, as the array is indexed: of a list of regions. `cap` and `*needed` count
/// numbers, of which there are `rank`; `WARM_RANK_MAX` always suffice.
///
/// `WARM_ERR_BUFFER`: `*needed` says how many there are. `WARM_ERR_INVALID`: NULL, the cursor is not on
/// an item, or its list is of something else.
#[no_mangle]
pub unsafe extern "C" fn warm_cursor_dims(
    c: *const warm_cursor,
    dims: *mut i64,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    call("warm_cursor_dims", || {
        // SAFETY: the caller passes a live handle, a buffer of that capacity, room for a length.
        unsafe {
            args::handle("c", c)?.0.with(|c| {
                let extents = c.region()?.0.spec().dims().iter();
                args::give_numbers(extents.map(|n| *n as i64), dims, cap, needed)
            })
        }
    })
}

/// The item's bytes where they lie: of a list of regions. `*data` is never NULL, aligned for the
/// item's type if this library wrote the file, and valid until the cursor is freed; `*len` is their
/// number.
///
/// `WARM_ERR_INVALID`: NULL, the cursor is not on an item, or its list is of something else.
#[no_mangle]
pub unsafe extern "C" fn warm_cursor_data(
    c: *const warm_cursor,
    data: *mut *const c_void,
    len: *mut i64,
) -> i32 {
    call("warm_cursor_data", || {
        // SAFETY: the caller passes a live handle and room for both outputs.
        let (c, data, len) = unsafe {
            (
                args::handle("c", c)?,
                args::out("data", data)?,
                args::out("len", len)?,
            )
        };
        c.0.with(|c| {
            let (_, bytes) = c.region()?;
            data.write(bytes.as_ptr().cast());
            len.write(bytes.len() as i64);
            Ok(OK)
        })
    })
}

/// Copies the item's bytes into `buf`; of a list of regions.
///
/// `WARM_ERR_BUFFER`: `*needed` says their number. `WARM_ERR_INVALID`: NULL, the cursor is not on an
/// item, or its list is of something else.
#[no_mangle]
pub unsafe extern "C" fn warm_cursor_copy_data(
    c: *const warm_cursor,
    buf: *mut c_void,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    call("warm_cursor_copy_data", || {
        // SAFETY: the caller passes a live handle, a buffer of that capacity, room for a length.
        unsafe {
            args::handle("c", c)?
                .0
                .with(|c| args::give_bytes(c.region()?.1, buf, cap, needed))
        }
    })
}

const _: () = assert!(WARM_REGION_NAME_MAX as usize == REGION_NAME_BYTES + 1);
const _: () = assert!(WARM_RANK_MAX as usize == crate::payload::MOST_DIMENSIONS);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_the_types_are_those_of_the_header() {
        for (number, name) in [
            (WARM_TYPE_F64, "F64"),
            (WARM_TYPE_F32, "F32"),
            (WARM_TYPE_F16, "F16"),
            (WARM_TYPE_BF16, "BF16"),
            (WARM_TYPE_I64, "I64"),
            (WARM_TYPE_I32, "I32"),
            (WARM_TYPE_I16, "I16"),
            (WARM_TYPE_I8, "I8"),
            (WARM_TYPE_U64, "U64"),
            (WARM_TYPE_U32, "U32"),
            (WARM_TYPE_U16, "U16"),
            (WARM_TYPE_U8, "U8"),
            (WARM_TYPE_BOOL, "BOOL"),
            (WARM_TYPE_C128, "C128"),
            (WARM_TYPE_C64, "C64"),
            (WARM_TYPE_F8_E4M3, "F8_E4M3"),
            (WARM_TYPE_F8_E5M2, "F8_E5M2"),
            (WARM_TYPE_F8_E8M0, "F8_E8M0"),
            (WARM_TYPE_F8_E4M3FNUZ, "F8_E4M3FNUZ"),
            (WARM_TYPE_F8_E5M2FNUZ, "F8_E5M2FNUZ"),
            (WARM_TYPE_F6_E2M3, "F6_E2M3"),
            (WARM_TYPE_F6_E3M2, "F6_E3M2"),
            (WARM_TYPE_F4, "F4"),
        ] {
            assert_eq!(element_type(number).unwrap().name(), name);
        }
        for number in [i32::MIN, -1, 0, 24, i32::MAX] {
            assert!(element_type(number).is_err(), "{number}");
        }
    }
}
