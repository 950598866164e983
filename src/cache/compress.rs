//! How payloads lie on disk: as they are, or compressed where that pays.

use super::zstd;
use crate::error::{Error, ErrorKind, Result};
use crate::store::Encoding;

/// Smaller payloads take a block of the file system anyway.
const LEAST: usize = 1024;

/// A sample is so many pieces of so many bytes, spread over the payload.
const PIECES: usize = 3;
const PIECE: usize = 8 * 1024;

/// The sizes of numbers whose bytes are tried apart; 0 is none.
const SHUFFLES: [u8; 3] = [0, 8, 4];

/// Content types that are compressed already; those that end in a slash stand for all below them.
const COMPRESSED: [&str; 13] = [
    "image/",
    "video/",
    "audio/",
    "application/zip",
    "application/x-zip-compressed",
    "application/gzip",
    "application/x-gzip",
    "application/brotli",
    "application/x-brotli",
    "application/zstd",
    "application/x-zstd",
    "application/x-7z-compressed",
    "application/x-xz",
];
/// The exceptions.
const NOT_COMPRESSED: [&str; 6] = [
    "image/svg+xml",
    "image/svg",
    "audio/wav",
    "audio/x-wav",
    "audio/wave",
    "audio/vnd.wave",
];

/// The compressed form of `payload`; none where it is to be stored as it is: because it is short, of a
/// content type that is compressed already, not smaller than 95 % of it, or for want of memory.
pub(crate) fn encode(payload: &[u8], content_type: Option<&str>) -> Option<(Encoding, Vec<u8>)> {
    if payload.len() < LEAST || content_type.is_some_and(is_compressed) {
        return None;
    }
    let most = payload.len() - payload.len() / 20 - 1;
    let Some(sample) = sample(payload) else {
        return smallest(payload, most);
    };
    // The sample pays for its tables alone, the payload has several blocks for each.
    let (Encoding::Zstd { shuffle }, _) = smallest(&sample, sample.len() / 100 * 98)? else {
        return None;
    };
    let bytes = frame(payload, shuffle, most)?;
    Some((Encoding::Zstd { shuffle }, bytes))
}

/// The smallest of the frames that take at most so many bytes.
fn smallest(bytes: &[u8], most: usize) -> Option<(Encoding, Vec<u8>)> {
    let frames = SHUFFLES.into_iter().filter_map(|shuffle| {
        let frame = frame(bytes, shuffle, most)?;
        Some((Encoding::Zstd { shuffle }, frame))
    });
    frames.min_by_key(|(_, frame)| frame.len())
}

fn frame(payload: &[u8], shuffle: u8, most: usize) -> Option<Vec<u8>> {
    if shuffle == 0 {
        return zstd::encode(payload, usize::MAX, most);
    }
    let mut shuffled = Vec::new();
    shuffled.try_reserve_exact(payload.len()).ok()?;
    shuffled.resize(payload.len(), 0);
    apart(payload, &mut shuffled, shuffle);
    zstd::encode(&shuffled, payload.len() / usize::from(shuffle), most)
}

/// The payload `bytes` that were stored as `stored`, which was `decoded_len` bytes long. More than `limit`
/// is refused before anything is allocated; a payload of another length is never returned.
pub(crate) fn decode(
    stored: Encoding,
    bytes: &[u8],
    decoded_len: u64,
    limit: u64,
) -> Result<Vec<u8>> {
    const ATTEMPT: &str = "decompressing a cached payload";
    let damaged = |reason: &'static str| {
        Error::new(
            ErrorKind::Corrupt,
            ATTEMPT,
            reason,
            "Compute it anew; if this recurs, check the disk",
        )
    };
    let refused = |kind, reason: String| {
        let advice = "Free memory or raise the limit; what is stored was not changed";
        Error::new(kind, ATTEMPT, reason, advice)
    };
    if decoded_len > limit {
        let reason = format!("it has {decoded_len} bytes, the limit is {limit}");
        return Err(refused(ErrorKind::TooLarge, reason));
    }
    let room = || {
        let mut room = Vec::new();
        let length = usize::try_from(decoded_len).ok();
        let reserved = length.filter(|length| room.try_reserve_exact(*length).is_ok());
        match reserved {
            Some(length) => Ok((length, room)),
            None => {
                let reason = format!("{decoded_len} bytes are not to be had");
                Err(refused(ErrorKind::NoMemory, reason))
            }
        }
    };
    let shuffle = match stored {
        Encoding::Raw => {
            if bytes.len() as u64 != decoded_len {
                return Err(damaged("it has another length than was stored"));
            }
            let (_, mut out) = room()?;
            out.extend_from_slice(bytes);
            return Ok(out);
        }
        Encoding::Zstd { shuffle } => shuffle,
    };
    if !SHUFFLES.contains(&shuffle) {
        return Err(damaged("its bytes are in no known order"));
    }
    let (length, mut out) = room()?;
    zstd::decode(bytes, length, &mut out).map_err(damaged)?;
    if shuffle == 0 {
        return Ok(out);
    }
    let (_, mut ordered) = room()?;
    ordered.resize(length, 0);
    together(&out, &mut ordered, shuffle);
    Ok(ordered)
}

/// Parameters such as a character set do not matter, nor does case.
fn is_compressed(content_type: &str) -> bool {
    let name = content_type.split(';').next().unwrap_or_default().trim();
    let is = |listed: &&str| match name.get(..listed.len()) {
        Some(start) if listed.ends_with('/') => start.eq_ignore_ascii_case(listed),
        _ => name.eq_ignore_ascii_case(listed),
    };
    COMPRESSED.iter().any(is) && !NOT_COMPRESSED.iter().any(is)
}

/// Pieces from the beginning, the middle and the end; none of what is not much longer.
fn sample(payload: &[u8]) -> Option<Vec<u8>> {
    if payload.len() <= PIECES * PIECE {
        return None;
    }
    let mut sample = Vec::with_capacity(PIECES * PIECE);
    for i in 0..PIECES {
        let start = (payload.len() - PIECE) / (PIECES - 1) * i;
        // At whole numbers, as the payload.
        let start = start & !15;
        sample.extend_from_slice(&payload[start..start + PIECE]);
    }
    Some(sample)
}

/// Sorts bytes by their place in numbers of `size` bytes. What is left over at the end stays there.
fn apart(from: &[u8], to: &mut [u8], size: u8) {
    match size {
        4 => apart_by::<4>(from, to),
        _ => apart_by::<8>(from, to),
    }
}

/// The inverse of [`apart`].
fn together(from: &[u8], to: &mut [u8], size: u8) {
    match size {
        4 => together_by::<4>(from, to),
        _ => together_by::<8>(from, to),
    }
}

/// So many numbers are handled at once, so that each plane is written a cache line at a time: planes are
/// often a power of two apart, and then only few lines of them fit into the cache together.
const GROUP: usize = 64;

/// Words handled alike: as many as fill a vector register.
const LANES: usize = 2;

/// Eight numbers each, in `SIZE` words: word i has number i, or the numbers i and i + 4 if they are short.
/// Afterwards word i has the bytes i of all eight. Done twice, everything is where it was.
#[inline(always)]
fn transpose<const SIZE: usize>(words: &mut [[u64; LANES]; SIZE]) {
    let mut half = SIZE / 2;
    while half > 0 {
        let shift = half * 8;
        let lower = u64::MAX / ((1 << shift) + 1);
        for i in (0..SIZE).filter(|i| i & half == 0) {
            let (mut one, mut other) = (words[i], words[i + half]);
            for (a, b) in one.iter_mut().zip(&mut other) {
                let change = ((*a >> shift) ^ *b) & lower;
                *a ^= change << shift;
                *b ^= change;
            }
            (words[i], words[i + half]) = (one, other);
        }
        half /= 2;
    }
}

/// Where in eight numbers the bytes of word `i` are, in parts of `SIZE`.
#[inline(always)]
fn parts<const SIZE: usize>(i: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..8 / SIZE).map(move |part| ((i + part * SIZE) * SIZE, part * SIZE))
}

fn apart_by<const SIZE: usize>(from: &[u8], to: &mut [u8]) {
    let count = from.len() / SIZE;
    let (numbers, rest) = from.split_at(count * SIZE);
    let (planes, left_over) = to.split_at_mut(count * SIZE);
    left_over.copy_from_slice(rest);
    let mut groups = numbers.chunks_exact(SIZE * GROUP);
    let mut at = 0;
    for group in &mut groups {
        let mut columns = [[0; GROUP]; SIZE];
        for (step, numbers) in group.chunks_exact(SIZE * 8 * LANES).enumerate() {
            let mut words = [[0; LANES]; SIZE];
            for (i, word) in words.iter_mut().enumerate() {
                for (lane, word) in word.iter_mut().enumerate() {
                    let numbers = &numbers[lane * SIZE * 8..][..SIZE * 8];
                    let mut bytes = [0; 8];
                    for (number, part) in parts::<SIZE>(i) {
                        bytes[part..part + SIZE].copy_from_slice(&numbers[number..number + SIZE]);
                    }
                    *word = u64::from_le_bytes(bytes);
                }
            }
            transpose(&mut words);
            for (column, word) in columns.iter_mut().zip(words) {
                for (lane, word) in word.iter().enumerate() {
                    column[(step * LANES + lane) * 8..][..8].copy_from_slice(&word.to_le_bytes());
                }
            }
        }
        for (place, column) in columns.iter().enumerate() {
            planes[place * count + at..][..GROUP].copy_from_slice(column);
        }
        at += GROUP;
    }
    for (i, number) in groups.remainder().chunks_exact(SIZE).enumerate() {
        for (place, byte) in number.iter().enumerate() {
            planes[place * count + at + i] = *byte;
        }
    }
}

fn together_by<const SIZE: usize>(from: &[u8], to: &mut [u8]) {
    let count = from.len() / SIZE;
    let (planes, rest) = from.split_at(count * SIZE);
    let (numbers, left_over) = to.split_at_mut(count * SIZE);
    left_over.copy_from_slice(rest);
    let mut groups = numbers.chunks_exact_mut(SIZE * GROUP);
    let mut at = 0;
    for group in &mut groups {
        let mut columns = [[0; GROUP]; SIZE];
        for (place, column) in columns.iter_mut().enumerate() {
            column.copy_from_slice(&planes[place * count + at..][..GROUP]);
        }
        for (step, numbers) in group.chunks_exact_mut(SIZE * 8 * LANES).enumerate() {
            let mut words = [[0; LANES]; SIZE];
            for (column, word) in columns.iter().zip(&mut words) {
                for (lane, word) in word.iter_mut().enumerate() {
                    let mut bytes = [0; 8];
                    bytes.copy_from_slice(&column[(step * LANES + lane) * 8..][..8]);
                    *word = u64::from_le_bytes(bytes);
                }
            }
            transpose(&mut words);
            for (i, word) in words.iter().enumerate() {
                for (lane, word) in word.iter().enumerate() {
                    let numbers = &mut numbers[lane * SIZE * 8..][..SIZE * 8];
                    let bytes = word.to_le_bytes();
                    for (number, part) in parts::<SIZE>(i) {
                        numbers[number..number + SIZE].copy_from_slice(&bytes[part..part + SIZE]);
                    }
                }
            }
        }
        at += GROUP;
    }
    for (i, number) in groups.into_remainder().chunks_exact_mut(SIZE).enumerate() {
        for (place, byte) in number.iter_mut().enumerate() {
            *byte = planes[place * count + at + i];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NUMBERS: usize = 1 << 17;

    fn bytes_of(numbers: impl Iterator<Item = f64>) -> Vec<u8> {
        numbers.take(NUMBERS).flat_map(f64::to_le_bytes).collect()
    }

    fn noise() -> impl Iterator<Item = u64> {
        let mut state = 1u64;
        std::iter::repeat_with(move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        })
    }

    /// A smooth function of two variables, with every bit of its values in use.
    fn field() -> impl Iterator<Item = f64> {
        (0..).map(|i| {
            let (x, y) = (f64::from(i % 362) / 362.0, f64::from(i / 362) / 362.0);
            (3.0 * x).sin() * (2.0 * y).cos() + 0.5 * x * y
        })
    }

    /// How many times smaller `payload` becomes; 1 where it is stored as it is.
    fn ratio(payload: &[u8]) -> f64 {
        let Some((stored, bytes)) = encode(payload, None) else {
            return 1.0;
        };
        assert!(bytes.len() * 100 < payload.len() * 95);
        let len = payload.len() as u64;
        assert!(decode(stored, &bytes, len, len).unwrap() == payload);
        payload.len() as f64 / bytes.len() as f64
    }

    #[test]
    fn numbers_shrink_by_what_their_bytes_have_in_common() {
        let single = bytes_of(field().map(|x| f64::from(x as f32)));
        let grid = bytes_of((0..).map(|i| f64::from(i) * 0.25));
        let full = bytes_of(field());
        let (single, grid, full) = (ratio(&single), ratio(&grid), ratio(&full));
        assert!(single >= 3.0, "float32 values stored as f64: {single}");
        assert!(grid >= 3.0, "a uniform grid: {grid}");
        assert!(full >= 1.25, "a smooth field: {full}");

        // The leading bytes of single-precision numbers alone have something in common.
        let short = noise().flat_map(|r| ((r >> 40) as f32 / 1e6).to_le_bytes());
        let (stored, bytes) = encode(&short.collect_up_to(1 << 18), None).unwrap();
        assert_eq!(stored, Encoding::Zstd { shuffle: 4 });
        assert!(bytes.len() * 10 < (9 << 18), "{}", bytes.len());
    }

    trait CollectUpTo {
        fn collect_up_to(self, len: usize) -> Vec<u8>;
    }

    impl<I: Iterator<Item = u8>> CollectUpTo for I {
        fn collect_up_to(self, len: usize) -> Vec<u8> {
            self.take(len).collect()
        }
    }

    #[test]
    fn text_shrinks_and_in_its_own_order() {
        let text: Vec<u8> = noise()
            .flat_map(|r| format!("x[{}] = {};\n", r % 100, r % 7919).into_bytes())
            .collect_up_to(300_000);
        for len in [1024, 5000, 300_000] {
            let (stored, bytes) = encode(&text[..len], Some("text/plain; charset=utf-8")).unwrap();
            assert_eq!(stored, Encoding::Zstd { shuffle: 0 });
            assert!(bytes.len() * 3 < len * 2, "{len} as {}", bytes.len());
        }
        assert_eq!(encode(&text[..1023], None), None);
    }

    #[test]
    fn what_does_not_shrink_stays_as_it_is() {
        let noise: Vec<u8> = noise().flat_map(u64::to_le_bytes).collect_up_to(1 << 20);
        for len in [1024, 4096, 100_000, 1 << 20] {
            assert_eq!(encode(&noise[..len], None), None);
        }
        // It looks well where the sample is taken, and only there.
        let mut spotted = noise;
        let last = spotted.len() - PIECE;
        for at in [0, last / 2, last] {
            spotted[at..at + PIECE].fill(0);
        }
        assert!(smallest(&sample(&spotted).unwrap(), PIECE).is_some());
        assert_eq!(encode(&spotted, None), None);
    }

    #[test]
    fn compressed_content_types_are_left_alone() {
        let zeros = [0; 5000];
        for left_alone in [
            "image/png",
            "IMAGE/PNG",
            "image/jpeg; quality=3",
            "video/mp4",
            "audio/ogg",
            "application/zip",
            "Application/GZip",
            "application/x-gzip",
            "application/brotli",
            "application/zstd ; x",
        ] {
            assert_eq!(encode(&zeros, Some(left_alone)), None, "{left_alone}");
        }
        for compressed in [
            "image/svg+xml",
            "Image/SVG+XML; charset=utf-8",
            "audio/wav",
            "audio/x-wav",
            "application/json",
            "application/zipper",
            "imagery/x",
            "image",
            "",
            "\u{e9}\u{e9}\u{e9}\u{e9}",
        ] {
            assert!(encode(&zeros, Some(compressed)).is_some(), "{compressed}");
        }
    }

    /// Byte by byte, as the description says.
    fn apart_plainly(from: &[u8], size: usize) -> Vec<u8> {
        let count = from.len() / size;
        let mut to: Vec<u8> = (0..size)
            .flat_map(|place| (0..count).map(move |i| from[i * size + place]))
            .collect();
        to.extend_from_slice(&from[count * size..]);
        to
    }

    #[test]
    fn shuffling_is_what_it_says_and_is_undone_at_every_length() {
        let bytes: Vec<u8> = noise().flat_map(u64::to_le_bytes).collect_up_to(2500);
        for len in 0..bytes.len() {
            for size in [4, 8] {
                let (mut to, mut back) = (vec![0; len], vec![0; len]);
                apart(&bytes[..len], &mut to, size);
                assert!(
                    to == apart_plainly(&bytes[..len], size.into()),
                    "{len} {size}"
                );
                together(&to, &mut back, size);
                assert!(back == bytes[..len], "{len} {size}");
            }
        }
    }

    #[test]
    fn every_length_and_order_comes_back() {
        let some: Vec<u8> = noise()
            .flat_map(|r| (f64::from(r as u32 % 500) / 8.0).to_le_bytes())
            .collect_up_to(5000);
        for len in 0..5000 {
            let payload = &some[..len];
            for shuffle in SHUFFLES {
                let frame = frame(payload, shuffle, 10_000).unwrap();
                let stored = Encoding::Zstd { shuffle };
                let read = decode(stored, &frame, len as u64, 5000).unwrap();
                assert!(read == payload, "{len} {shuffle}");
            }
        }
    }

    #[test]
    fn a_payload_above_the_limit_is_refused_before_anything_is_allocated() {
        let stored = Encoding::Zstd { shuffle: 8 };
        let frame = frame(&[1; 4096], 8, 4096).unwrap();
        assert!(decode(stored, &frame, 4096, 4096).is_ok());
        let kind = |len, limit| decode(stored, &frame, len, limit).unwrap_err().kind();
        assert_eq!(kind(4096, 4095), ErrorKind::TooLarge);
        assert_eq!(kind(u64::MAX, u64::MAX), ErrorKind::NoMemory);
        assert_eq!(kind(4095, 1 << 20), ErrorKind::Corrupt);
        assert_eq!(kind(4097, 1 << 20), ErrorKind::Corrupt);
        let unknown = Encoding::Zstd { shuffle: 3 };
        let refused = decode(unknown, &frame, 4096, 4096).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Corrupt);
    }

    #[test]
    fn a_raw_payload_has_the_length_that_was_stored() {
        assert_eq!(decode(Encoding::Raw, b"abc", 3, 3).unwrap(), b"abc");
        for len in [2, 4] {
            let refused = decode(Encoding::Raw, b"abc", len, 10).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Corrupt);
        }
    }

    proptest! {
        #[test]
        fn whatever_is_stored_comes_back(
            pattern in proptest::collection::vec(any::<u8>(), 1..40),
            noisy in proptest::collection::vec(any::<u8>(), 0..3000),
            times in 1..2000usize,
        ) {
            let mut payload = pattern.repeat(times);
            payload.extend(noisy);
            let len = payload.len() as u64;
            if let Some((stored, bytes)) = encode(&payload, None) {
                prop_assert!(bytes.len() * 100 < payload.len() * 95);
                prop_assert!(decode(stored, &bytes, len, len).unwrap() == payload);
            }
        }

        #[test]
        fn what_was_damaged_is_an_error_or_has_its_length(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            len in 0..5000u64,
            shuffle in any::<u8>(),
        ) {
            let mut framed = 0xFD2F_B528u32.to_le_bytes().to_vec();
            framed.extend(&bytes);
            for bytes in [bytes, framed] {
                if let Ok(read) = decode(Encoding::Zstd { shuffle }, &bytes, len, 1 << 20) {
                    prop_assert_eq!(read.len() as u64, len);
                }
            }
        }
    }
}
