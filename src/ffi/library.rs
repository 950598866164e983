//! The library as a whole: its version, and this thread's last failure.

use crate::ffi::guard::call;
use crate::ffi::{args, last_error};
use std::ffi::c_char;

/// Soname number times 65 536 plus revision. A binding needs an equal soname number and a revision
/// at least its own.
pub const WARM_ABI_VERSION: u32 = 3;

/// The library's `WARM_ABI_VERSION`, to be compared with the header's. Any thread.
#[no_mangle]
pub extern "C" fn warm_abi_version() -> u32 {
    WARM_ABI_VERSION
}

/// The library's version, such as "0.1.0": static text, never NULL. Any thread.
#[no_mangle]
pub extern "C" fn warm_version_string() -> *const c_char {
    const TEXT: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    TEXT.as_ptr().cast()
}

/// Version, cargo features, panic mode and target, on one line, into `buf`. Any thread.
///
/// `WARM_ERR_BUFFER`: `*needed` says how many bytes the text takes with its NUL.
#[no_mangle]
pub unsafe extern "C" fn warm_build_info(buf: *mut c_char, cap: i64, needed: *mut i64) -> i32 {
    call("warm_build_info", || {
        let panic = if cfg!(panic = "unwind") {
            "unwind"
        } else {
            "abort"
        };
        let text = format!(
            "libwarmstart {} features: {}; panic: {panic}; target: {}",
            env!("CARGO_PKG_VERSION"),
            env!("WARM_FEATURES"),
            env!("WARM_TARGET"),
        );
        // SAFETY: the caller passes a buffer of that capacity and room for a length.
        unsafe { args::give_text(&text, buf, cap, needed) }
    })
}

/// This thread's last failure in words: what was attempted, on which file or key, the system's
/// reason, and what to do. Set by every negative return but `WARM_ERR_BUFFER`, never cleared by
/// success; empty when nothing has failed. At most `WARM_ERROR_TEXT_MAX` bytes with its NUL.
///
/// `WARM_ERR_BUFFER`: `*needed` says how many bytes the text takes with its NUL.
#[no_mangle]
pub unsafe extern "C" fn warm_last_error(buf: *mut c_char, cap: i64, needed: *mut i64) -> i32 {
    call("warm_last_error", || {
        // SAFETY: the caller passes a buffer of that capacity and room for a length.
        last_error::with(|text| unsafe { args::give_text(text, buf, cap, needed) })
    })
}
