//! What an array is made of.

/// The type of a region's elements: those of the safetensors format, and complex numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ElementType {
    /// 64-bit floating point.
    F64,
    /// 32-bit floating point.
    F32,
    /// 16-bit floating point, IEEE 754 binary16.
    F16,
    /// 16-bit floating point with the exponent of `F32`.
    BF16,
    /// 64-bit signed integer.
    I64,
    /// 32-bit signed integer.
    I32,
    /// 16-bit signed integer.
    I16,
    /// 8-bit signed integer.
    I8,
    /// 64-bit unsigned integer.
    U64,
    /// 32-bit unsigned integer.
    U32,
    /// 16-bit unsigned integer.
    U16,
    /// 8-bit unsigned integer: bytes, and text in UTF-8.
    U8,
    /// One byte, 0 or 1.
    Bool,
    /// Complex number of two `F64`, the real part first.
    C128,
    /// Complex number of two `F32`, the real part first.
    C64,
    /// 8-bit floating point with 4 bits of exponent.
    F8E4M3,
    /// 8-bit floating point with 5 bits of exponent.
    F8E5M2,
    /// 8-bit power of two.
    F8E8M0,
    /// `F8E4M3` without infinities and negative zero.
    F8E4M3Fnuz,
    /// `F8E5M2` without infinities and negative zero.
    F8E5M2Fnuz,
    /// 6-bit floating point with 2 bits of exponent, four in three bytes.
    F6E2M3,
    /// 6-bit floating point with 3 bits of exponent, four in three bytes.
    F6E3M2,
    /// 4-bit floating point, two in a byte.
    F4,
}

use ElementType::{
    Bool, F8E4M3Fnuz, F8E5M2Fnuz, BF16, C128, C64, F16, F32, F4, F64, F6E2M3, F6E3M2, F8E4M3,
    F8E5M2, F8E8M0, I16, I32, I64, I8, U16, U32, U64, U8,
};

/// Type, the format's name for it, bits.
const TABLE: [(ElementType, &str, u64); 23] = [
    (F64, "F64", 64),
    (F32, "F32", 32),
    (F16, "F16", 16),
    (BF16, "BF16", 16),
    (I64, "I64", 64),
    (I32, "I32", 32),
    (I16, "I16", 16),
    (I8, "I8", 8),
    (U64, "U64", 64),
    (U32, "U32", 32),
    (U16, "U16", 16),
    (U8, "U8", 8),
    (Bool, "BOOL", 8),
    (C128, "C128", 128),
    (C64, "C64", 64),
    (F8E4M3, "F8_E4M3", 8),
    (F8E5M2, "F8_E5M2", 8),
    (F8E8M0, "F8_E8M0", 8),
    (F8E4M3Fnuz, "F8_E4M3FNUZ", 8),
    (F8E5M2Fnuz, "F8_E5M2FNUZ", 8),
    (F6E2M3, "F6_E2M3", 6),
    (F6E3M2, "F6_E3M2", 6),
    (F4, "F4", 4),
];

impl ElementType {
    /// All of them, in the order of the C ABI's numbers, which begin with 1.
    pub fn all() -> impl ExactSizeIterator<Item = ElementType> {
        TABLE.iter().map(|(t, _, _)| *t)
    }

    fn row(self) -> &'static (ElementType, &'static str, u64) {
        &TABLE[self as usize]
    }

    /// The name that safetensors files use; `C128` is of the same manner.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Bits of one element.
    pub fn bits(self) -> u64 {
        self.row().2
    }

    /// The type of that name.
    pub fn from_name(name: &str) -> Option<ElementType> {
        TABLE.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// Of a complex number, the type of its parts.
    pub(super) fn part(self) -> Option<ElementType> {
        match self {
            C128 => Some(F64),
            C64 => Some(F32),
            _ => None,
        }
    }

    /// The complex number of two such parts.
    pub(super) fn complex(self) -> Option<ElementType> {
        match self {
            F64 => Some(C128),
            F32 => Some(C64),
            _ => None,
        }
    }
}

impl std::fmt::Display for ElementType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_types() {
        for (i, t) in ElementType::all().enumerate() {
            assert_eq!(t as usize, i);
            assert_eq!(ElementType::from_name(t.name()), Some(t));
        }
        assert_eq!(ElementType::from_name("F128"), None);
        assert_eq!(C64.part().and_then(ElementType::complex), Some(C64));
        assert_eq!(I64.part().or(I64.complex()), None);
    }
}
