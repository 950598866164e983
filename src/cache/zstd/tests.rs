use super::*;
use proptest::collection::vec;
use proptest::prelude::*;
use std::io::Read;

/// What `tests/data/zstd` was made of, by the format's own implementation: numbers as text, and much that
/// was there before.
fn contents(len: usize) -> Vec<u8> {
    let mut state = 1u64;
    let mut out: Vec<u8> = Vec::new();
    while out.len() < len {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let r = (state >> 40) as usize;
        if r % 4 == 0 || out.is_empty() {
            out.extend_from_slice(format!("{}\n", r % 997).as_bytes());
        } else {
            let back = 1 + (r >> 2) % out.len();
            for _ in 0..r % 700 {
                out.push(out[out.len() - back]);
            }
        }
    }
    out.truncate(len);
    out
}

const REFERENCE: [(&str, usize, &[u8]); 5] = [
    (
        "-1 --no-check",
        150_000,
        include_bytes!("../../../tests/data/zstd/fast.zst"),
    ),
    (
        "--ultra -22",
        400_000,
        include_bytes!("../../../tests/data/zstd/best.zst"),
    ),
    (
        "-19",
        900,
        include_bytes!("../../../tests/data/zstd/small.zst"),
    ),
    (
        "-1, stored",
        5,
        include_bytes!("../../../tests/data/zstd/tiny.zst"),
    ),
    (
        "-1, empty",
        0,
        include_bytes!("../../../tests/data/zstd/empty.zst"),
    ),
];

fn read(frame: &[u8], len: usize) -> Result<Vec<u8>, &'static str> {
    let mut out = Vec::with_capacity(len);
    let room = out.capacity();
    let read = decode(frame, len, &mut out);
    assert_eq!(
        out.capacity(),
        room,
        "it took more memory than it was given"
    );
    read.map(|()| out)
}

fn write(contents: &[u8], stride: usize) -> Vec<u8> {
    encode(contents, stride, 2 * contents.len() + 1000).unwrap()
}

fn read_elsewhere(frame: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut decoder = ruzstd::decoding::StreamingDecoder::new(frame).unwrap();
    decoder.read_to_end(&mut out).unwrap();
    out
}

#[test]
fn frames_of_the_formats_own_implementation_are_read() {
    for (how, len, frame) in REFERENCE {
        let read = read(frame, len);
        assert!(read == Ok(contents(len)), "{how}");
    }
}

/// Bytes of a small alphabet, repetitions near and far, and runs, as the parts of one input.
fn structured() -> impl Strategy<Value = Vec<u8>> {
    let part = (any::<u8>(), 1..=255u8, any::<u32>(), 0..3000usize);
    vec(part, 0..40).prop_map(|parts| {
        let mut out: Vec<u8> = Vec::new();
        for (kind, alphabet, seed, len) in parts {
            match kind % 4 {
                0 => out.resize(out.len() + len * 3, alphabet),
                1 | 2 if !out.is_empty() => {
                    let offset = 1 + seed as usize % out.len();
                    for _ in 0..len * usize::from(kind) / 16 {
                        out.push(out[out.len() - offset]);
                    }
                }
                _ => {
                    let mut state = u64::from(seed) | 1;
                    out.extend((0..len).map(|_| {
                        state ^= state << 13;
                        state ^= state >> 7;
                        state ^= state << 17;
                        (state % u64::from(alphabet)) as u8
                    }));
                }
            }
        }
        out
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_written_is_read_here_and_elsewhere(
        contents in structured(), stride in prop_oneof![Just(usize::MAX), 100..20_000usize],
    ) {
        let frame = write(&contents, stride);
        prop_assert!(read(&frame, contents.len()).as_ref() == Ok(&contents));
        prop_assert!(read_elsewhere(&frame) == contents);
        let tight = encode(&contents, stride, frame.len());
        prop_assert!(tight.as_ref() == Some(&frame));
        prop_assert!(encode(&contents, stride, frame.len() - 1).is_none());
    }

    /// Without a checksum, so that damage gets as far as it can.
    #[test]
    fn a_damaged_frame_is_an_error_or_has_its_length(
        contents in structured(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        end in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let mut frames = vec![write(&contents, usize::MAX)];
        frames.extend(REFERENCE.iter().map(|(_, _, frame)| frame.to_vec()));
        for (mut frame, len) in frames.into_iter().zip([contents.len(), 150_000, 400_000, 900, 5, 0]) {
            if frame[4] & 4 != 0 {
                frame[4] &= !4;
                frame.truncate(frame.len() - 4);
            }
            prop_assert!(read(&frame, len).is_ok());
            for (at, byte) in &changes {
                let at = at.index(frame.len());
                frame[at] ^= byte;
            }
            if cut {
                frame.truncate(end.index(frame.len() + 1));
            }
            if let Ok(read) = read(&frame, len) {
                prop_assert_eq!(read.len(), len);
            }
        }
    }

    #[test]
    fn blocks_of_any_bytes_are_errors_or_have_their_length(
        bytes in vec(any::<u8>(), 0..300), len in 0..100_000usize,
    ) {
        let mut frame = MAGIC.to_vec();
        frame.extend_from_slice(&[0, 0x60]);
        let head = 1 | 2 << 1 | (bytes.len() as u32) << 3;
        frame.extend_from_slice(&head.to_le_bytes()[..3]);
        frame.extend_from_slice(&bytes);
        if let Ok(read) = read(&frame, len) {
            prop_assert_eq!(read.len(), len);
        }
    }
}

/// A frame of one block: so many times the byte x, and as often as can be said at once once more. Each takes
/// two bytes here, and stands for 131 075 there.
fn bomb(sequences: u8) -> Vec<u8> {
    let mut block = Vec::new();
    // Literals of one byte, so many of them.
    block.extend_from_slice(&(1 | 1 << 2 | u16::from(sequences) << 4).to_le_bytes());
    block.extend_from_slice(&[b'x', sequences]);
    // All tables constant: one literal, the latest offset, the longest match.
    block.extend_from_slice(&[0b0101_0100, 1, 0, 52]);
    // The last code has 16 further bits.
    block.extend((0..sequences).flat_map(|_| [0xFF, 0xFF]));
    block.push(1);
    let mut frame = MAGIC.to_vec();
    frame.extend_from_slice(&[0, 0x60]);
    let head = 1 | 2 << 1 | (block.len() as u32) << 3;
    frame.extend_from_slice(&head.to_le_bytes()[..3]);
    frame.extend_from_slice(&block);
    frame
}

#[test]
fn a_bomb_goes_no_further_than_the_length_that_was_said() {
    let whole = 100 * 131_075;
    assert!(read(&bomb(100), whole) == Ok(vec![b'x'; whole]));
    for len in [0, 1, 100, 131_075, whole - 1] {
        let read = read(&bomb(100), len);
        assert_eq!(read, Err("the frame holds more than it should"));
    }
    assert!(read(&bomb(100), whole + 1).is_err());

    let zeros = write(&vec![0; 1 << 20], usize::MAX);
    assert!(zeros.len() < 100);
    for len in [0, 1, 1000, 131_072, (1 << 20) - 1] {
        assert!(read(&zeros, len).is_err());
    }
}

#[test]
fn a_frame_that_claims_what_it_should_not_is_refused() {
    let contents = contents(10_000);
    let frame = write(&contents, usize::MAX);
    let changed = |at: usize, byte: u8| {
        let mut frame = frame.clone();
        frame[at] = byte;
        read(&frame, contents.len())
    };
    assert_eq!(changed(0, 0), Err("this is no zstd frame"));
    assert_eq!(changed(4, 0x84 | 1), Err("the frame needs a dictionary"));
    assert_eq!(changed(4, 0x84 | 8), Err("the frame is of a later format"));
    assert_eq!(changed(5, 0xFF), Err("the frame needs too large a window"));
    assert_eq!(changed(9, 0xFF), Err("the frame says another length"));
    let last = frame.len() - 1;
    let other = frame[last] ^ 1;
    let wrong = "the checksum of the frame is another one";
    assert_eq!(changed(last, other), Err(wrong));

    for len in 0..frame.len() {
        assert!(read(&frame[..len], contents.len()).is_err());
    }
    let twice = [&frame[..], &frame[..]].concat();
    for longer in [&twice[..=frame.len()], &twice] {
        let read = read(longer, contents.len());
        assert_eq!(read, Err("something follows the frame"));
    }
    assert!(read(&frame, contents.len() + 1).is_err());
    assert!(read(&frame, contents.len() - 1).is_err());
}
