//! Writing a frame.

use super::bits::Writer;
use super::checksum::checksum;
use super::lengths::{self, LITERAL, MATCH};
use super::matches::{Matcher, Sequence, WINDOW_LOG};
use super::{fse, huffman};
use super::{BLOCK, LITERAL_LENGTH_LOG, MAGIC, MATCH_LENGTH_LOG, OFFSET_LOG};

/// A block of its own may need a table of its own, which fewer bytes do not pay for.
const LEAST_STRIDE: usize = 128;

/// Fewer literals do not pay for a table.
const LEAST_LITERALS: usize = 64;

/// So many literals are coded in four streams.
const FOUR_STREAMS: usize = 256;

/// The frame of `contents`; none where it would take more than `most` bytes, or memory is short. What
/// changes its nature every `stride` bytes is divided there.
pub(in super::super) fn encode(contents: &[u8], stride: usize, most: usize) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    // A block is written before it is found to be too much.
    let block = contents.len().min(BLOCK) + 64;
    out.try_reserve_exact(most.checked_add(block)?).ok()?;
    out.extend_from_slice(&MAGIC);
    let window_log = contents.len().max(2).next_power_of_two().ilog2();
    let window = (window_log.clamp(10, WINDOW_LOG) - 10) << 3;
    match u32::try_from(contents.len()) {
        Ok(length) => {
            out.extend_from_slice(&[0x84, window as u8]);
            out.extend_from_slice(&length.to_le_bytes());
        }
        Err(_) => {
            out.extend_from_slice(&[0xC4, window as u8]);
            out.extend_from_slice(&(contents.len() as u64).to_le_bytes());
        }
    }
    let mut blocks = Blocks {
        matcher: Matcher::new(contents.len()),
        literals: Vec::new(),
        sequences: Vec::new(),
    };
    let stride = if stride < LEAST_STRIDE {
        usize::MAX
    } else {
        stride
    };
    let mut start = 0;
    loop {
        let to_stride = stride - start % stride;
        let end = start + BLOCK.min(to_stride).min(contents.len() - start);
        let last = end == contents.len();
        blocks.write(contents, start, end, last, &mut out);
        if out.len() > most {
            return None;
        }
        if last {
            break;
        }
        start = end;
    }
    out.extend_from_slice(&checksum(contents));
    (out.len() <= most).then_some(out)
}

struct Blocks {
    matcher: Matcher,
    literals: Vec<u8>,
    sequences: Vec<Sequence>,
}

impl Blocks {
    fn write(&mut self, bytes: &[u8], start: usize, end: usize, last: bool, out: &mut Vec<u8>) {
        let block = &bytes[start..end];
        let header = |kind: u32, size: usize| {
            let [a, b, c, _] = (u32::from(last) | kind << 1 | (size as u32) << 3).to_le_bytes();
            [a, b, c]
        };
        if let Some((first, rest)) = block.split_first() {
            if block.len() > 1 && rest.iter().all(|byte| byte == first) {
                out.extend_from_slice(&header(1, block.len()));
                out.push(*first);
                return;
            }
        }
        let recent = self.matcher.recent;
        self.literals.clear();
        self.sequences.clear();
        self.matcher
            .divide(bytes, start, end, &mut self.literals, &mut self.sequences);
        let at = out.len();
        out.extend_from_slice(&[0; 3]);
        write_literals(&self.literals, out);
        write_sequences(&self.sequences, out);
        let size = out.len() - at - 3;
        if size < block.len() {
            out[at..at + 3].copy_from_slice(&header(2, size));
        } else {
            // The reader will not see those sequences.
            self.matcher.recent = recent;
            out.truncate(at);
            out.extend_from_slice(&header(0, block.len()));
            out.extend_from_slice(block);
        }
    }
}

/// How often each byte occurs. Four counters each, for equal ones that follow one another would wait.
fn count(bytes: &[u8]) -> [u32; 256] {
    let mut counts = [[0u32; 256]; 4];
    let mut fours = bytes.chunks_exact(4);
    for four in &mut fours {
        for (counts, byte) in counts.iter_mut().zip(four) {
            counts[usize::from(*byte)] += 1;
        }
    }
    let [mut sum, b, c, d] = counts;
    for byte in fours.remainder() {
        sum[usize::from(*byte)] += 1;
    }
    for (i, sum) in sum.iter_mut().enumerate() {
        *sum += b[i] + c[i] + d[i];
    }
    sum
}

/// The bytes that no code for symbols that occur `counts` times goes below. Cheaper than their entropy, and
/// never above it: that of the chance that two of them are equal.
fn least_cost(counts: &[u32; 256], len: usize) -> usize {
    let squares: u64 = counts.iter().map(|c| u64::from(*c) * u64::from(*c)).sum();
    let bits = 2.0 * (len as f32).log2() - (squares as f32).log2();
    (bits * len as f32 / 8.0) as usize
}

/// The bytes that no description of a code for these symbols goes much below: it says of each symbol up to
/// the last one at least whether it is there.
fn least_description(counts: &[u32; 256]) -> usize {
    let last = counts.iter().rposition(|c| *c > 0).unwrap_or(0);
    let there = counts[..last].iter().filter(|c| **c > 0).count();
    let part = |of: usize| match of {
        0 => 0.0,
        of => of as f32 * (last as f32 / of as f32).log2(),
    };
    ((part(there) + part(last - there)) / 8.0) as usize
}

fn write_literals(literals: &[u8], out: &mut Vec<u8>) {
    let len = literals.len();
    let plain = |kind: u32, out: &mut Vec<u8>| {
        let (head, bytes) = match len as u32 {
            few @ 0..=31 => (kind | few << 3, 1),
            some @ 32..=4095 => (kind | 1 << 2 | some << 4, 2),
            many => (kind | 3 << 2 | many << 4, 3),
        };
        out.extend_from_slice(&head.to_le_bytes()[..bytes]);
    };
    if len > 1 && literals.iter().all(|byte| *byte == literals[0]) {
        plain(1, out);
        out.push(literals[0]);
        return;
    }
    // Decoding what saves next to nothing does not pay.
    let most = (len - len / 32).saturating_sub(12);
    let table = (len >= LEAST_LITERALS).then(|| {
        let counts = count(literals);
        let promising = least_cost(&counts, len) + least_description(&counts) < most;
        let table = promising.then(|| huffman::Encoder::for_counts(&counts));
        table.flatten().filter(|table| table.cost() < most)
    });
    let table = table.flatten();
    let Some(table) = table else {
        plain(0, out);
        out.extend_from_slice(literals);
        return;
    };
    let four = len >= FOUR_STREAMS;
    let (format, bits) = match len {
        ..FOUR_STREAMS => (0, 10),
        FOUR_STREAMS..=1023 => (1, 10),
        1024..=16383 => (2, 14),
        _ => (3, 18),
    };
    let at = out.len();
    let bytes = (4 + 2 * bits) / 8;
    out.resize(at + bytes, 0);
    table.encode(literals, four, out);
    let coded = out.len() - at - bytes;
    let head = 2 | format << 2 | (len as u64) << 4 | (coded as u64) << (4 + bits);
    out[at..at + bytes].copy_from_slice(&head.to_le_bytes()[..bytes]);
}

/// One of the three codes of all sequences.
struct Coded {
    codes: Vec<u8>,
    /// Where the table is constant there is nothing to write.
    table: Option<fse::Encoder>,
}

impl Coded {
    /// Appends the description of the table, if it needs one, and returns how it is described.
    fn new(codes: Vec<u8>, default: (&[i16], u32), most_log: u32, out: &mut Vec<u8>) -> (Self, u8) {
        let mut counts = [0u32; 64];
        for code in &codes {
            counts[usize::from(*code)] += 1;
        }
        let usual = fse::Encoder::new(default.0.to_vec(), default.1);
        let usual_cost = usual.cost(&counts);
        if counts.iter().filter(|c| **c > 0).count() == 1 {
            if usual_cost.is_none() || codes.len() > 4 {
                out.push(codes[0]);
                return (Coded { codes, table: None }, 1);
            }
            let table = Some(usual);
            return (Coded { codes, table }, 0);
        }
        let own = fse::Encoder::for_counts(&counts, most_log);
        let mut description = Vec::new();
        own.write(&mut description);
        let own_cost = own.cost(&counts).map(|c| c + 64 * description.len() as u64);
        let (table, mode) = match (usual_cost, own_cost) {
            (Some(usual_cost), Some(own_cost)) if usual_cost <= own_cost => (usual, 0),
            _ => {
                out.extend_from_slice(&description);
                (own, 2)
            }
        };
        let table = Some(table);
        (Coded { codes, table }, mode)
    }

    fn start(&self, last: usize) -> u32 {
        self.table.as_ref().map_or(0, |t| t.start(self.codes[last]))
    }

    #[inline(always)]
    fn step(&self, state: &mut u32, i: usize, to: &mut Writer) {
        if let Some(table) = &self.table {
            *state = table.step(*state, self.codes[i], to);
        }
    }

    fn end(&self, state: u32, to: &mut Writer) {
        if let Some(table) = &self.table {
            table.end(state, to);
        }
    }
}

fn write_sequences(sequences: &[Sequence], out: &mut Vec<u8>) {
    let count = sequences.len();
    match count {
        0..=127 => out.push(count as u8),
        128..=0x7EFF => out.extend_from_slice(&[(count >> 8) as u8 + 128, count as u8]),
        _ => {
            let [low, high] = ((count - 0x7F00) as u16).to_le_bytes();
            out.extend_from_slice(&[255, low, high]);
        }
    }
    let Some(last) = count.checked_sub(1) else {
        return;
    };
    let modes_at = out.len();
    out.push(0);
    let codes = |code: fn(&Sequence) -> u8| sequences.iter().map(code).collect::<Vec<_>>();
    let (literals, literal_mode) = Coded::new(
        codes(|s| lengths::code(&LITERAL, s.literals)),
        (&lengths::LITERAL_DEFAULT, lengths::LITERAL_DEFAULT_LOG),
        LITERAL_LENGTH_LOG,
        out,
    );
    let (offsets, offset_mode) = Coded::new(
        codes(|s| s.offset.ilog2() as u8),
        (&lengths::OFFSET_DEFAULT, lengths::OFFSET_DEFAULT_LOG),
        OFFSET_LOG,
        out,
    );
    let (matches, match_mode) = Coded::new(
        codes(|s| lengths::code(&MATCH, s.length)),
        (&lengths::MATCH_DEFAULT, lengths::MATCH_DEFAULT_LOG),
        MATCH_LENGTH_LOG,
        out,
    );
    out[modes_at] = literal_mode << 6 | offset_mode << 4 | match_mode << 2;

    // Backwards, and each sequence in the reverse order of reading it.
    let mut literal_state = literals.start(last);
    let mut offset_state = offsets.start(last);
    let mut match_state = matches.start(last);
    let mut to = Writer::new(out);
    for (i, sequence) in sequences.iter().enumerate().rev() {
        if i < last {
            offsets.step(&mut offset_state, i, &mut to);
            matches.step(&mut match_state, i, &mut to);
            literals.step(&mut literal_state, i, &mut to);
            to.flush();
        }
        let (base, bits) = LITERAL[usize::from(literals.codes[i])];
        to.put(u64::from(sequence.literals - base), u32::from(bits));
        let (base, bits) = MATCH[usize::from(matches.codes[i])];
        to.put(u64::from(sequence.length - base), u32::from(bits));
        let bits = u32::from(offsets.codes[i]);
        to.put(u64::from(sequence.offset - (1 << bits)), bits);
        to.flush();
    }
    matches.end(match_state, &mut to);
    offsets.end(offset_state, &mut to);
    literals.end(literal_state, &mut to);
    to.flush();
    to.end();
}
