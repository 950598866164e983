//! Finding what was there before: one table of where six bytes like these were last.

use super::{lengths, remember, RECENT};

/// Matches reach so far back, as a power of two.
pub(super) const WINDOW_LOG: u32 = 22;

const MOST_TABLE_LOG: u32 = 15;

/// So many bytes are read at once.
const WORD: usize = 8;

/// Literals, and then bytes from further back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sequence {
    pub literals: u32,
    pub length: u32,
    /// One of the recent offsets in 1 to 3, or three more than the offset.
    pub offset: u32,
}

pub(super) struct Matcher {
    /// Positions, of which the upper bits are lost in contents of more than 4 GiB: what lies there is
    /// compared anyway.
    table: Vec<u32>,
    log: u32,
    pub recent: [u32; 3],
}

fn word(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; WORD];
    word.copy_from_slice(&bytes[at..at + WORD]);
    u64::from_le_bytes(word)
}

/// How many bytes from `at` on, and before `end`, are those that lie `offset` before them.
fn common(bytes: &[u8], at: usize, offset: usize, end: usize) -> usize {
    let mut i = at;
    while i + WORD <= end {
        let differ = word(bytes, i) ^ word(bytes, i - offset);
        if differ != 0 {
            return i - at + differ.trailing_zeros() as usize / 8;
        }
        i += WORD;
    }
    while i < end && bytes[i] == bytes[i - offset] {
        i += 1;
    }
    i - at
}

/// Shorter matches would take more bits than their bytes as literals: far offsets take many.
fn worthwhile(offset: usize) -> usize {
    if offset <= 4096 {
        6
    } else {
        7
    }
}

impl Matcher {
    pub fn new(length: usize) -> Self {
        let log = (length.max(2) - 1).ilog2().clamp(8, MOST_TABLE_LOG);
        Matcher {
            table: vec![0; 1 << log],
            log,
            recent: RECENT,
        }
    }

    fn hash(&self, word: u64) -> usize {
        ((word << 16).wrapping_mul(0x9FB2_1C65_1E98_DF25) >> (64 - self.log)) as usize
    }

    /// Divides `bytes[start..end]`; what lies before may be matched. Literals that no match follows are
    /// the last ones in `literals`.
    pub fn divide(
        &mut self,
        bytes: &[u8],
        start: usize,
        end: usize,
        literals: &mut Vec<u8>,
        sequences: &mut Vec<Sequence>,
    ) {
        let mut literal = start;
        let mut at = start;
        // A recent offset is tried one byte further on.
        while at + WORD < end {
            let here = word(bytes, at);
            let slot = self.hash(here);
            let distance = (at as u32).wrapping_sub(self.table[slot]) as usize;
            self.table[slot] = at as u32;
            let recent = self.recent[0] as usize;
            let (mut from, offset) = if recent <= at
                && (word(bytes, at + 1 - recent) ^ (here >> 8)) & 0xFFFF_FFFF == 0
            {
                (at + 1, recent)
            } else if distance.wrapping_sub(1) < at.min(1 << WINDOW_LOG)
                && (word(bytes, at - distance) ^ here) << 16 == 0
            {
                (at, distance)
            } else {
                // Where nothing matches for long, look less often.
                at += 1 + ((at - literal) >> 6);
                continue;
            };
            let after = from + common(bytes, from, offset, end);
            while from > literal && from > offset && bytes[from - 1] == bytes[from - 1 - offset] {
                from -= 1;
            }
            if after - from < worthwhile(offset) && offset != recent {
                at += 1;
                continue;
            }
            literals.extend_from_slice(&bytes[literal..from]);
            let before = (from - literal) as u32;
            sequences.push(Sequence {
                literals: before,
                length: (after - from) as u32,
                offset: self.name(offset as u32, before == 0),
            });
            // Also known from now on: a place inside, and one at the end.
            for inside in [at + 2, after - 2] {
                if inside > at && inside + WORD <= end {
                    let slot = self.hash(word(bytes, inside));
                    self.table[slot] = inside as u32;
                }
            }
            literal = after;
            at = after;
        }
        literals.extend_from_slice(&bytes[literal..end]);
    }

    /// What `offset` is called after the offsets before it.
    fn name(&mut self, offset: u32, no_literals: bool) -> u32 {
        let first = usize::from(no_literals);
        let known = (first..3).find(|i| self.recent[*i] == offset);
        remember(&mut self.recent, known.unwrap_or(3), offset);
        match known {
            Some(which) => (which - first) as u32 + 1,
            None => offset + lengths::SHORTEST,
        }
    }
}
