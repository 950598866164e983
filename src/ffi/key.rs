//! Keys in C.

use std::ffi::c_char;

use crate::ffi::args;
use crate::ffi::guard::{call, OK};
use crate::ffi::status::{WARM_KEYSPACE_OUTER_ITERATE, WARM_KEYSPACE_RECORD};
use crate::key::Key;
use crate::payload::Keyspace;

/// What a fit is stored under: 256 bits that stand for "this data, this specification".
///
/// A plain value: copy it, compare its bytes with `memcmp`, use it on any thread. A
/// `warm_fingerprinter` makes one; any 32 bytes with little chance of collision will do.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct warm_key {
    /// The key, most significant byte of its hexadecimal text first.
    pub bytes: [u8; 32],
}

impl From<Key> for warm_key {
    fn from(key: Key) -> Self {
        warm_key {
            bytes: *key.as_bytes(),
        }
    }
}

impl From<warm_key> for Key {
    fn from(key: warm_key) -> Self {
        Key::from_bytes(key.bytes)
    }
}

/// Writes `key` as 64 lower-case hexadecimal digits and a NUL: 65 bytes at `hex65`.
///
/// `WARM_ERR_INVALID`: a pointer is NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_key_to_hex(key: *const warm_key, hex65: *mut c_char) -> i32 {
    call("warm_key_to_hex", || {
        // SAFETY: the caller passes a key and 65 writable bytes.
        let (key, text) = unsafe {
            let text = hex65.cast::<[u8; Key::HEX_DIGITS + 1]>();
            (args::input("key", key)?, args::out("hex65", text)?)
        };
        let mut digits = [0; Key::HEX_DIGITS + 1];
        digits[..Key::HEX_DIGITS].copy_from_slice(&Key::from(*key).hex_digits());
        text.write(digits);
        Ok(OK)
    })
}

/// Reads a key from exactly 64 hexadecimal digits of either case. `len` is 64, or -1 when `hex` is
/// NUL-terminated. `*out` is written on `WARM_OK` only.
///
/// `WARM_ERR_INVALID`: anything but 64 digits, or a pointer is NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_key_from_hex(
    hex: *const c_char,
    len: i64,
    out: *mut warm_key,
) -> i32 {
    call("warm_key_from_hex", || {
        // Longer is wrong whatever it says, and need not be readable.
        args::bounded("hex", len, Key::HEX_DIGITS)?;
        // SAFETY: the caller passes readable text of that length and room for a key.
        let (text, out) = unsafe { (args::text("hex", hex, len)?, args::out("out", out)?) };
        out.write(Key::from_hex(text)?.into());
        Ok(OK)
    })
}

/// The store key of a caller's own text: with `WARM_KEYSPACE_OUTER_ITERATE` what a session that is
/// opened by a text lies under, with `WARM_KEYSPACE_RECORD` what a record of that `key` does. One
/// text has different keys in the two, so that outer iterates and records never meet. `*out` is
/// written on `WARM_OK` only.
///
/// `WARM_ERR_INVALID`: a pointer is NULL, the text is not UTF-8, or the keyspace is none.
#[no_mangle]
pub unsafe extern "C" fn warm_key_from_text(
    keyspace: i32,
    text: *const c_char,
    len: i64,
    out: *mut warm_key,
) -> i32 {
    call("warm_key_from_text", || {
        let known = match keyspace {
            WARM_KEYSPACE_RECORD => Some(Keyspace::Record),
            WARM_KEYSPACE_OUTER_ITERATE => Some(Keyspace::OuterIterate),
            _ => None,
        };
        let keyspace = args::constant("keyspace", "WARM_KEYSPACE", keyspace, known)?;
        // SAFETY: the caller passes readable text of that length and room for a key.
        let (text, out) = unsafe { (args::text("text", text, len)?, args::out("out", out)?) };
        out.write(keyspace.key(text)?.into());
        Ok(OK)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr::{null, null_mut};

    const HEX: &str = "00FF10a5000000000000000000000000000000000000000000000000000000e9";

    #[test]
    fn keys_go_to_text_and_back() {
        let mut key = warm_key { bytes: [7; 32] };
        let mut text = [1u8; 66];
        // SAFETY: all pointers are to live locals of the documented sizes.
        unsafe {
            assert_eq!(warm_key_from_hex(HEX.as_ptr().cast(), 64, &mut key), OK);
            assert_eq!(warm_key_to_hex(&key, text.as_mut_ptr().cast()), OK);
        }
        assert_eq!(&text[..64], HEX.to_lowercase().as_bytes());
        assert_eq!(text[64..], [0, 1]);
        let terminated = std::ffi::CString::new(HEX).unwrap();
        let mut again = warm_key { bytes: [7; 32] };
        // SAFETY: as above; the text is NUL-terminated.
        unsafe { assert_eq!(warm_key_from_hex(terminated.as_ptr(), -1, &mut again), OK) };
        assert_eq!(again.bytes, key.bytes);
    }

    #[test]
    fn refusals_write_nothing() {
        let mut key = warm_key { bytes: [7; 32] };
        let mut text = [1u8; 65];
        let hex = HEX.as_ptr().cast();
        // SAFETY: every pointer is NULL or to a live local of the documented size.
        unsafe {
            for len in [0, 63, -2, i64::MIN] {
                assert_eq!(warm_key_from_hex(hex, len, &mut key), -1);
            }
            assert_eq!(warm_key_from_hex(null(), 0, &mut key), -1);
            assert_eq!(warm_key_from_hex(null(), -1, &mut key), -1);
            assert_eq!(warm_key_from_hex(hex, 64, null_mut()), -1);
            assert_eq!(warm_key_to_hex(null(), text.as_mut_ptr().cast()), -1);
            assert_eq!(warm_key_to_hex(&key, null_mut()), -1);
        }
        assert_eq!(key.bytes, [7; 32]);
        assert_eq!(text, [1; 65]);
    }
}
