//! Compressed payloads: frames and blocks of any bytes, and payloads there and back.

#![no_main]

use libfuzzer_sys::fuzz_target;
use warmstart::cache_fuzzing::{compress, decompress, frame};

/// A window of 4 MiB, no length, no checksum.
const HEADER: [u8; 6] = [0x28, 0xB5, 0x2F, 0xFD, 0, 0x60];

fuzz_target!(|bytes: &[u8]| {
    let Some((&[kind, low, high, how], rest)) = bytes.split_first_chunk::<4>() else {
        return;
    };
    let number = u16::from_le_bytes([low, high]);
    // Most frames that are whole are of no more.
    let len = u64::from(number) * (1 + u64::from(how >> 4));
    let shuffle = [0, 4, 8, how][usize::from(how & 3)];
    match kind % 4 {
        0 => read(shuffle, rest, len),
        1 => read(shuffle, &[&HEADER, rest].concat(), len),
        2 => {
            let head = 1 | 2 << 1 | (rest.len() as u32) << 3;
            read(
                shuffle,
                &[&HEADER, &head.to_le_bytes()[..3], rest].concat(),
                len,
            );
        }
        _ => {
            let payload = rest.repeat(1 + usize::from(how));
            let len = payload.len() as u64;
            if let Some((shuffle, bytes)) = compress(&payload) {
                assert!(bytes.len() * 100 < payload.len() * 95);
                assert!(decompress(shuffle, &bytes, len, len).as_ref() == Some(&payload));
            }
            let frame = frame(&payload, usize::from(number)).expect("there is room");
            assert!(decompress(0, &frame, len, len).as_ref() == Some(&payload));
            assert!(decompress(0, &frame, len + 1, len + 1).is_none());
            assert!(len == 0 || decompress(0, &frame, len - 1, len).is_none());
        }
    }
});

fn read(shuffle: u8, frame: &[u8], len: u64) {
    const LIMIT: u64 = 1 << 19;
    if let Some(read) = decompress(shuffle, frame, len, LIMIT) {
        assert_eq!(read.len() as u64, len);
        assert!(len <= LIMIT);
    }
}
