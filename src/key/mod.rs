//! Keys, and the fingerprinter that makes them out of data and a specification.

mod difference;
mod fingerprint;
mod native;

use std::fmt;

use crate::error::{Error, Result};

pub use difference::{Difference, Field, FieldState};
pub use fingerprint::{Fingerprinter, Frame};
pub use native::Order;

pub(crate) use difference::KeyField;

/// What a fit is stored under: 256 bits that stand for "this data, this specification".
///
/// Keys order like their bytes, which is also the order of their hexadecimal texts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// The number of hexadecimal digits of a key.
    pub const HEX_DIGITS: usize = 64;

    /// The key with these 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Key(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 lower-case hexadecimal digits, the first byte first.
    pub fn to_hex(&self) -> String {
        self.hex_digits().iter().map(|&d| char::from(d)).collect()
    }

    /// The digits of [`Key::to_hex`] in ASCII, without an allocation.
    pub(crate) fn hex_digits(&self) -> [u8; Key::HEX_DIGITS] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; Key::HEX_DIGITS];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        text
    }

    /// The key that `text`, exactly 64 hexadecimal digits of either case, stands for.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::error::ErrorKind::Invalid) for any other text.
    pub fn from_hex(text: &str) -> Result<Self> {
        let wrong = |reason: String| {
            Error::invalid(
                "reading a key from hexadecimal",
                reason,
                "Pass exactly 64 digits 0-9, a-f or A-F, without prefix, blanks or separators",
            )
        };
        if text.len() != Key::HEX_DIGITS {
            return Err(wrong(format!(
                "the text is {} bytes long, a key has 64 digits",
                text.len()
            )));
        }
        Key::from_digits(text.as_bytes()).ok_or_else(|| {
            let mut digits = text.char_indices();
            let (at, digit) = digits
                .find(|(_, digit)| !digit.is_ascii_hexdigit())
                .unwrap_or_default();
            wrong(format!(
                "{digit:?} at position {} is no hexadecimal digit",
                at + 1
            ))
        })
    }

    /// The same of 64 digits, or nothing: names by the hundred thousand are read so.
    pub(crate) fn from_digits(digits: &[u8]) -> Option<Self> {
        let digits: &[u8; Key::HEX_DIGITS] = digits.try_into().ok()?;
        let mut bytes = [0; 32];
        let mut all = 0;
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let (high, low) = (VALUES[pair[0] as usize], VALUES[pair[1] as usize]);
            all |= high | low;
            *byte = high << 4 | low & 15;
        }
        (all < 16).then_some(Key(bytes))
    }
}

/// What each byte is worth as a hexadecimal digit; 16 and more for none.
const VALUES: [u8; 256] = {
    let mut values = [16; 256];
    let mut digit = 0;
    while digit < 16 {
        values[b"0123456789abcdef"[digit] as usize] = digit as u8;
        values[b"0123456789ABCDEF"[digit] as usize] = digit as u8;
        digit += 1;
    }
    values
};

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_hex())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.to_hex())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use proptest::prelude::*;

    const HEX: &str = "00ff10a5000000000000000000000000000000000000000000000000000000e9";

    #[test]
    fn hexadecimal_is_lower_case_with_the_first_byte_first() {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&[0, 0xff, 0x10, 0xa5]);
        bytes[31] = 0xe9;
        let key = Key::from_bytes(bytes);
        assert_eq!(key.to_hex(), HEX);
        assert_eq!(key.to_string(), HEX);
        assert_eq!(format!("{key:?}"), format!("Key({HEX})"));
        assert_eq!(Key::from_hex(HEX).unwrap(), key);
        assert_eq!(Key::from_hex(&HEX.to_uppercase()).unwrap(), key);
    }

    #[test]
    fn anything_but_64_digits_is_refused_with_a_sentence() {
        let refused = |text: &str| {
            let e = Key::from_hex(text).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Invalid);
            let sentence = e.to_string();
            assert!(sentence.starts_with("reading a key from hexadecimal: "));
            sentence
        };
        assert!(refused("").contains("0 bytes"));
        assert!(refused(&HEX[1..]).contains("63 bytes"));
        assert!(refused(&format!("{HEX}0")).contains("65 bytes"));
        assert!(refused(&HEX.replace("a5", "g5")).contains("'g' at position 7"));
        assert!(refused(&HEX.replacen("00", "0x", 1)).contains("'x' at position 2"));
        assert!(refused(&HEX.replacen("00", " 0", 1)).contains("' ' at position 1"));
        assert!(refused(&HEX.replacen("00", "+0", 1)).contains("'+' at position 1"));
        // 64 bytes, but fewer characters; full-width digits are digits to Unicode only.
        assert!(refused(&HEX.replacen("00", "é", 1)).contains("'é' at position 1"));
        assert!(refused(&HEX.replacen("00f", "０", 1)).contains("at position 1"));
    }

    proptest! {
        #[test]
        fn texts_round_trip_and_order_as_the_bytes_do(a: [u8; 32], b: [u8; 32]) {
            let (a, b) = (Key::from_bytes(a), Key::from_bytes(b));
            prop_assert_eq!(Key::from_hex(&a.to_hex()).unwrap(), a);
            prop_assert_eq!(a.cmp(&b), a.to_hex().cmp(&b.to_hex()));
            prop_assert_eq!(a.cmp(&b), a.as_bytes().cmp(b.as_bytes()));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,70}") {
            let _ = Key::from_hex(&text);
        }
    }
}
