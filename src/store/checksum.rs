//! A payload's checksum, computed while something else is done with it.

use crate::sync::without_signals;
use sha2::{Digest, Sha256};
use std::thread;

pub(super) type Checksum = [u8; 32];

/// From this length on, hashing takes longer than starting a thread for it.
const BESIDE: usize = 512 * 1024;

pub(super) fn checksum(payload: &[u8]) -> Checksum {
    Sha256::digest(payload).into()
}

/// Does `work`, and hashes `payload` meanwhile: on another thread where that is worth it.
pub(super) fn checksum_beside<T>(payload: &[u8], work: impl FnOnce() -> T) -> (T, Checksum) {
    if payload.len() < BESIDE {
        return (work(), checksum(payload));
    }
    thread::scope(|scope| {
        let hash = without_signals(|| {
            thread::Builder::new()
                .name("warmstart-hash".into())
                .spawn_scoped(scope, || checksum(payload))
        });
        let done = work();
        // No thread is to be had, or it came to nothing: then here.
        let hashed = hash.ok().and_then(|h| h.join().ok());
        (done, hashed.unwrap_or_else(|| checksum(payload)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_is_the_same_beside_other_work_at_every_length() {
        for len in [0, 1, BESIDE - 1, BESIDE, BESIDE + 1] {
            let payload: Vec<u8> = (0..len).map(|i| (i * 7) as u8).collect();
            let (done, hashed) = checksum_beside(&payload, || payload.len());
            assert_eq!((done, hashed), (len, checksum(&payload)));
        }
    }
}
