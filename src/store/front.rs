//! The beginning of a generation that lies in one file with its payload.
//!
//! Private files (see `private`) and sealed ones (see `sealed`) share it:
//!
//! ```text
//! offset length
//!      0      8  "WARMSLT1"; zeros in an area that holds nothing
//!      8      8  generation
//!     16      8  in a private file the random part of its stem; in a sealed one the nonce of the
//!                generation it was judged against
//!     24      8  length of the payload
//!     32      4  length of the metadata
//!     36     12  zeros
//!     48     32  SHA-256 of the first 48 bytes and the metadata
//!     80         metadata, as JSON; then the payload, aligned to 64 bytes
//! ```
//!
//! with numbers little-endian; the payload is covered by the checksum in the metadata. Nothing that
//! does not prove whole is believed.

use super::metadata::{Metadata, Parsed, METADATA_BYTES};
use crate::fs::{self, File};
use sha2::{Digest, Sha256};
use std::io;

const MAGIC: &[u8; 8] = b"WARMSLT1";
pub(super) const HEADER: usize = 80;
const DIGESTED: usize = 48;
const ALIGN: u64 = 64;

/// What covers the rest of the front by a digest.
pub(super) type Header = [u8; HEADER];

/// What was read.
pub(super) struct Front {
    pub generation: u64,
    pub random: u64,
    pub metadata: Metadata,
    /// From the beginning of the front.
    pub payload_at: u64,
}

/// Where the payload begins behind metadata of this length.
pub(super) fn payload_offset(metadata_len: u64) -> u64 {
    (HEADER as u64 + metadata_len).div_ceil(ALIGN) * ALIGN
}

fn digest(header: &[u8], metadata: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(header)
        .chain_update(metadata)
        .finalize()
        .into()
}

/// The header of a front with this metadata.
pub(super) fn header(generation: u64, random: u64, payload_len: u64, metadata: &[u8]) -> Header {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(MAGIC);
    header[8..16].copy_from_slice(&generation.to_le_bytes());
    header[16..24].copy_from_slice(&random.to_le_bytes());
    header[24..32].copy_from_slice(&payload_len.to_le_bytes());
    header[32..36].copy_from_slice(&(metadata.len() as u32).to_le_bytes());
    let digest = digest(&header[..DIGESTED], metadata);
    header[DIGESTED..].copy_from_slice(&digest);
    header
}

/// Everything before the payload.
pub(super) fn front(header: &Header, metadata: &[u8]) -> Vec<u8> {
    let len = payload_offset(metadata.len() as u64) as usize;
    let mut front = Vec::with_capacity(len);
    front.extend_from_slice(header);
    front.extend_from_slice(metadata);
    front.resize(len, 0);
    front
}

/// Reads the front at `start`, behind which there are `room` bytes for it and its payload; `AT_ONCE`
/// bytes of it with the first read. `None` where nothing whole is there.
pub(super) fn read_front<const AT_ONCE: usize>(
    file: &dyn File,
    start: u64,
    room: u64,
) -> io::Result<Option<Front>> {
    let mut small = [0; AT_ONCE];
    // No further: where a file ends, another read would have to tell.
    let most = usize::try_from(room).map_or(AT_ONCE, |room| room.min(AT_ONCE));
    let n = fs::read_full_at(file, &mut small[..most], start)?;
    if n < HEADER {
        return Ok(None);
    }
    let header = &small[..HEADER];
    let number = |at: usize| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&header[at..at + 8]);
        u64::from_le_bytes(bytes)
    };
    let metadata_len = number(32) & 0xffff_ffff;
    let payload_len = number(24);
    let payload_at = payload_offset(metadata_len);
    let fits = metadata_len <= METADATA_BYTES as u64
        && payload_at
            .checked_add(payload_len)
            .is_some_and(|end| end <= room);
    if &header[..8] != MAGIC || !fits {
        return Ok(None);
    }
    let mut large;
    let end = HEADER + metadata_len as usize;
    let bytes = if end <= n {
        &small[HEADER..end]
    } else {
        large = vec![0; metadata_len as usize];
        if fs::read_full_at(file, &mut large, start + HEADER as u64)? < large.len() {
            return Ok(None);
        }
        &large[..]
    };
    if digest(&header[..DIGESTED], bytes)[..] != header[DIGESTED..] {
        return Ok(None);
    }
    Ok(match Metadata::parse(bytes) {
        Parsed::Valid(metadata) if metadata.payload_bytes() == payload_len => Some(Front {
            generation: number(8),
            random: number(16),
            metadata,
            payload_at,
        }),
        _ => None,
    })
}
