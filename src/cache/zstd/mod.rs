//! Zstandard frames (RFC 8878), as far as the cache needs them: what is written is an ordinary frame that
//! every decoder reads, and what is read is any frame of known length without a dictionary.
//!
//! Written for blobs of numbers: one pass, one hash table, Huffman codes for the literals of each block.
//! Reading allocates the length that the caller knows, whatever the frame claims.

mod bits;
mod checksum;
mod decode;
mod encode;
mod fse;
mod huffman;
mod lengths;
mod matches;
#[cfg(test)]
mod tests;

pub(super) use decode::decode;
pub(super) use encode::encode;

const MAGIC: [u8; 4] = 0xFD2F_B528u32.to_le_bytes();

/// What a block holds at most, by the format.
const BLOCK: usize = 128 * 1024;

/// A table of literal lengths, offsets or match lengths has so many cells at most, as a power of two.
const LITERAL_LENGTH_LOG: u32 = 9;
const OFFSET_LOG: u32 = 8;
const MATCH_LENGTH_LOG: u32 = 9;

/// The offsets that a frame starts with as recent ones.
const RECENT: [u32; 3] = [1, 4, 8];

/// Makes `value` the latest of the recent offsets, where the code says which of them it was; three and
/// more: none.
fn remember(recent: &mut [u32; 3], which: usize, value: u32) {
    match which {
        0 => {}
        1 => *recent = [value, recent[0], recent[2]],
        _ => *recent = [value, recent[0], recent[1]],
    }
}
