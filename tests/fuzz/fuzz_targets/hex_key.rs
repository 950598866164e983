//! Keys as hexadecimal text, through Rust and through C, against the rule itself.

#![no_main]

use libfuzzer_sys::fuzz_target;
use warmstart::ffi::{warm_key, warm_key_from_hex, warm_key_to_hex, WARM_ERR_INVALID, WARM_OK};
use warmstart::Key;

fuzz_target!(|bytes: &[u8]| {
    let is_key = bytes.len() == 64 && bytes.iter().all(u8::is_ascii_hexdigit);

    let text = std::str::from_utf8(bytes);
    if let Ok(text) = text {
        let read = Key::from_hex(text);
        assert_eq!(read.is_ok(), is_key);
        match read {
            Ok(key) => {
                assert_eq!(key.to_hex(), text.to_ascii_lowercase());
                assert_eq!(Key::from_hex(&key.to_hex()).ok(), Some(key));
            }
            Err(e) => assert!(!e.to_string().is_empty()),
        }
    }

    let untouched = [0xA5; 32];
    let mut key = warm_key { bytes: untouched };
    // SAFETY: the text is as long as it is said to be, and there is room for a key.
    let status = unsafe { warm_key_from_hex(bytes.as_ptr().cast(), bytes.len() as i64, &mut key) };
    assert_eq!(status, if is_key { WARM_OK } else { WARM_ERR_INVALID });
    if is_key {
        let mut hex = [1u8; 66];
        // SAFETY: there is room for 65 bytes.
        assert_eq!(
            unsafe { warm_key_to_hex(&key, hex.as_mut_ptr().cast()) },
            WARM_OK
        );
        assert_eq!(hex[..64], bytes.to_ascii_lowercase());
        assert_eq!(hex[64..], [0, 1], "a NUL, and nothing behind it");
    } else {
        assert_eq!(key.bytes, untouched);
    }

    // Up to the first NUL, where the text is said to end there.
    let mut terminated = bytes.to_vec();
    terminated.push(0);
    let end = terminated.iter().position(|b| *b == 0).unwrap_or(0);
    let is_key = end == 64 && terminated[..64].iter().all(u8::is_ascii_hexdigit);
    // SAFETY: the text ends with a NUL.
    let status = unsafe { warm_key_from_hex(terminated.as_ptr().cast(), -1, &mut key) };
    assert_eq!(status, if is_key { WARM_OK } else { WARM_ERR_INVALID });
});
