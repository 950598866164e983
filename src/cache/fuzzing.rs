//! What the fuzz targets in `tests/fuzz` need and no user does.

#![allow(missing_docs)]

use super::{compress, zstd};
use crate::store::Encoding;

/// The order of the bytes, and the frame.
pub fn compress(payload: &[u8]) -> Option<(u8, Vec<u8>)> {
    match compress::encode(payload, None)? {
        (Encoding::Zstd { shuffle }, bytes) => Some((shuffle, bytes)),
        (Encoding::Raw, _) => None,
    }
}

pub fn decompress(shuffle: u8, bytes: &[u8], len: u64, limit: u64) -> Option<Vec<u8>> {
    compress::decode(Encoding::Zstd { shuffle }, bytes, len, limit).ok()
}

/// A frame, whether or not it is smaller.
pub fn frame(contents: &[u8], stride: usize) -> Option<Vec<u8>> {
    zstd::encode(contents, stride, 2 * contents.len() + 1000)
}
