//! Codes for lengths: each a base and so many further bits (RFC 8878, 3.1.1.3.2.1.1).

/// What a code stands for: a base, and the number of bits to add to it.
type Code = (u32, u8);

pub(super) const LITERAL: [Code; 36] = [
    (0, 0),
    (1, 0),
    (2, 0),
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 0),
    (9, 0),
    (10, 0),
    (11, 0),
    (12, 0),
    (13, 0),
    (14, 0),
    (15, 0),
    (16, 1),
    (18, 1),
    (20, 1),
    (22, 1),
    (24, 2),
    (28, 2),
    (32, 3),
    (40, 3),
    (48, 4),
    (64, 6),
    (128, 7),
    (256, 8),
    (512, 9),
    (1024, 10),
    (2048, 11),
    (4096, 12),
    (8192, 13),
    (16384, 14),
    (32768, 15),
    (65536, 16),
];

pub(super) const MATCH: [Code; 53] = {
    let mut codes = [(0, 0); 53];
    let bits = [
        1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
    ];
    let mut base = SHORTEST;
    let mut i = 0;
    while i < codes.len() {
        let more = if i < 32 { 0 } else { bits[i - 32] };
        codes[i] = (base, more);
        base += 1 << more;
        i += 1;
    }
    codes
};

/// No match is shorter.
pub(super) const SHORTEST: u32 = 3;

/// The distributions that need no description; -1 is a cell at the end of the table.
pub(super) const LITERAL_DEFAULT: [i16; 36] = [
    4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1,
    -1, -1, -1, -1,
];
pub(super) const LITERAL_DEFAULT_LOG: u32 = 6;

pub(super) const MATCH_DEFAULT: [i16; 53] = [
    1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
];
pub(super) const MATCH_DEFAULT_LOG: u32 = 6;

pub(super) const OFFSET_DEFAULT: [i16; 29] = [
    1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1,
];
pub(super) const OFFSET_DEFAULT_LOG: u32 = 5;

/// No offset has a larger code, which is also the number of its further bits.
pub(super) const OFFSET_MOST: usize = 31;

/// The code for `length`, which is below what the last code reaches.
pub(super) fn code(of: &[Code], length: u32) -> u8 {
    (of.partition_point(|(base, _)| *base <= length) - 1) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_follow_one_another_without_gaps() {
        for (codes, first, last) in [(&LITERAL[..], 0, 131_071), (&MATCH[..], 3, 131_074)] {
            let mut next = first;
            for (base, bits) in codes {
                assert_eq!(*base, next);
                next += 1 << bits;
            }
            assert_eq!(next, last + 1);
            assert_eq!(code(codes, first), 0);
            assert_eq!(usize::from(code(codes, last)), codes.len() - 1);
        }
        assert_eq!(
            (MATCH[31], MATCH[32], MATCH[43]),
            ((34, 0), (35, 1), (131, 7))
        );
    }

    #[test]
    fn distributions_fill_their_tables() {
        let sum = |of: &[i16]| of.iter().map(|p| p.unsigned_abs()).sum::<u16>();
        assert_eq!(sum(&LITERAL_DEFAULT), 1 << LITERAL_DEFAULT_LOG);
        assert_eq!(sum(&MATCH_DEFAULT), 1 << MATCH_DEFAULT_LOG);
        assert_eq!(sum(&OFFSET_DEFAULT), 1 << OFFSET_DEFAULT_LOG);
    }
}
