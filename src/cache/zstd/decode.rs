//! Reading a frame.

use super::bits::Backward;
use super::checksum::checksum;
use super::lengths::{self, LITERAL, MATCH};
use super::{fse, huffman, remember};
use super::{BLOCK, LITERAL_LENGTH_LOG, MAGIC, MATCH_LENGTH_LOG, OFFSET_LOG, RECENT};

/// The reason, for the reader of an error.
type Damage = &'static str;

const SHORT: Damage = "the frame is cut short";
const LONG: Damage = "the frame holds more than it should";

/// Larger windows are for those who ask for them, and nobody here does.
const MOST_WINDOW_LOG: u32 = 27;

/// Appends to `out` the contents of `frame`, which must be `length` bytes and the only ones in it. `out`
/// has room for them: nothing of a length that the frame claims is allocated.
pub(in super::super) fn decode(
    frame: &[u8],
    length: usize,
    out: &mut Vec<u8>,
) -> Result<(), Damage> {
    let mut rest = frame;
    let checked = header(&mut rest, length)?;
    let start = out.len();
    let mut state = State {
        start,
        end: start + length,
        literals: Vec::new(),
        huffman: None,
        literal_lengths: fse::Decoder::default(),
        offsets: fse::Decoder::default(),
        match_lengths: fse::Decoder::default(),
        recent: RECENT,
    };
    loop {
        let head = take(&mut rest, 3)?;
        let head = u32::from_le_bytes([head[0], head[1], head[2], 0]);
        let size = (head >> 3) as usize;
        if size > BLOCK {
            return Err("a block is too large");
        }
        match (head >> 1) & 3 {
            0 => {
                let bytes = take(&mut rest, size)?;
                state.check_room(out, size)?;
                out.extend_from_slice(bytes);
            }
            1 => {
                let byte = take(&mut rest, 1)?[0];
                state.check_room(out, size)?;
                out.resize(out.len() + size, byte);
            }
            2 => state.block(take(&mut rest, size)?, out)?,
            _ => return Err("a block is of no known kind"),
        }
        if head & 1 == 1 {
            break;
        }
    }
    if out.len() != state.end {
        return Err("the frame holds less than it should");
    }
    if checked && take(&mut rest, 4)? != checksum(&out[start..]) {
        return Err("the checksum of the frame is another one");
    }
    match rest {
        [] => Ok(()),
        _ => Err("something follows the frame"),
    }
}

/// Reads the header of a frame of `length` bytes; whether a checksum ends it.
fn header(rest: &mut &[u8], length: usize) -> Result<bool, Damage> {
    if take(rest, 4)? != MAGIC {
        return Err("this is no zstd frame");
    }
    let flags = take(rest, 1)?[0];
    let single = flags & 0x20 != 0;
    if flags & 0x08 != 0 {
        return Err("the frame is of a later format");
    }
    if flags & 0x03 != 0 {
        return Err("the frame needs a dictionary");
    }
    if !single && 10 + u32::from(take(rest, 1)?[0] >> 3) > MOST_WINDOW_LOG {
        return Err("the frame needs too large a window");
    }
    let (bytes, more) = match flags >> 6 {
        0 => (usize::from(single), 0),
        1 => (2, 256),
        2 => (4, 0),
        _ => (8, 0),
    };
    if bytes > 0 {
        let mut size = [0; 8];
        size[..bytes].copy_from_slice(take(rest, bytes)?);
        if u64::from_le_bytes(size).checked_add(more) != Some(length as u64) {
            return Err("the frame says another length");
        }
    }
    Ok(flags & 0x04 != 0)
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Result<&'a [u8], Damage> {
    let (taken, left) = rest.split_at_checked(count).ok_or(SHORT)?;
    *rest = left;
    Ok(taken)
}

/// What one block leaves to the next.
struct State {
    /// Where the contents of the frame begin and end in the output.
    start: usize,
    end: usize,
    literals: Vec<u8>,
    huffman: Option<huffman::Decoder>,
    literal_lengths: fse::Decoder,
    offsets: fse::Decoder,
    match_lengths: fse::Decoder,
    recent: [u32; 3],
}

impl State {
    fn check_room(&self, out: &[u8], more: usize) -> Result<(), Damage> {
        if more > self.end - out.len() {
            return Err(LONG);
        }
        Ok(())
    }

    fn block(&mut self, mut rest: &[u8], out: &mut Vec<u8>) -> Result<(), Damage> {
        self.read_literals(&mut rest)?;
        let count = match take(&mut rest, 1)?[0] {
            255 => {
                let more = take(&mut rest, 2)?;
                usize::from(more[0]) + (usize::from(more[1]) << 8) + 0x7F00
            }
            few @ 0..=127 => usize::from(few),
            many => (usize::from(many - 128) << 8) + usize::from(take(&mut rest, 1)?[0]),
        };
        if count == 0 {
            if !rest.is_empty() {
                return Err("something follows a block");
            }
            self.check_room(out, self.literals.len())?;
            out.extend_from_slice(&self.literals);
            return Ok(());
        }
        let modes = take(&mut rest, 1)?[0];
        if modes & 3 != 0 {
            return Err("a block is of a later format");
        }
        let kinds = [
            (
                &mut self.literal_lengths,
                &lengths::LITERAL_DEFAULT[..],
                lengths::LITERAL_DEFAULT_LOG,
                LITERAL.len() - 1,
                LITERAL_LENGTH_LOG,
            ),
            (
                &mut self.offsets,
                &lengths::OFFSET_DEFAULT,
                lengths::OFFSET_DEFAULT_LOG,
                lengths::OFFSET_MOST,
                OFFSET_LOG,
            ),
            (
                &mut self.match_lengths,
                &lengths::MATCH_DEFAULT,
                lengths::MATCH_DEFAULT_LOG,
                MATCH.len() - 1,
                MATCH_LENGTH_LOG,
            ),
        ];
        for (i, (table, default, default_log, most, most_log)) in kinds.into_iter().enumerate() {
            match (modes >> (6 - 2 * i)) & 3 {
                0 => *table = fse::Decoder::new(default, default_log),
                1 => {
                    let symbol = take(&mut rest, 1)?[0];
                    if usize::from(symbol) > most {
                        return Err("a code is unknown");
                    }
                    *table = fse::Decoder::constant(symbol);
                }
                2 => {
                    let (read, used) = fse::Decoder::read(rest, most, most_log)?;
                    take(&mut rest, used)?;
                    *table = read;
                }
                _ if table.is_empty() => return Err("a table is missing"),
                _ => {}
            }
        }
        self.sequences(count, rest, out)
    }

    fn read_literals(&mut self, rest: &mut &[u8]) -> Result<(), Damage> {
        let first = *rest.first().ok_or(SHORT)?;
        let (kind, format) = (first & 3, (first >> 2) & 3);
        let mut head = |bytes: usize| -> Result<u64, Damage> {
            let mut word = [0; 8];
            word[..bytes].copy_from_slice(take(rest, bytes)?);
            Ok(u64::from_le_bytes(word) >> 4)
        };
        let (count, coded) = match (kind, format) {
            (0 | 1, 1) => (head(2)?, 0),
            (0 | 1, 3) => (head(3)?, 0),
            (0 | 1, _) => (head(1)? << 1 | u64::from(format >> 1), 0),
            _ => {
                let bits = [10, 10, 14, 18][usize::from(format)];
                let sizes = head((4 + 2 * bits) / 8)?;
                (sizes & ((1 << bits) - 1), sizes >> bits)
            }
        };
        // Neither has more than 20 bits.
        let (count, coded) = (count as usize, coded as usize);
        if count > BLOCK {
            return Err("a block is too large");
        }
        match kind {
            0 => {
                self.literals.clear();
                self.literals.extend_from_slice(take(rest, count)?);
                return Ok(());
            }
            1 => {
                let byte = take(rest, 1)?[0];
                self.literals.clear();
                self.literals.resize(count, byte);
                return Ok(());
            }
            _ => {}
        }
        let mut coded = take(rest, coded)?;
        if kind == 2 {
            let (table, used) = huffman::Decoder::read(coded)?;
            take(&mut coded, used)?;
            self.huffman = Some(table);
        }
        let table = self.huffman.as_ref().ok_or("a table is missing")?;
        self.literals.resize(count, 0);
        let decoded = match format {
            0 => table.decode(coded, &mut self.literals),
            _ => table.decode_four(coded, &mut self.literals),
        };
        decoded.ok_or("the literals of a block are malformed")
    }

    fn sequences(&mut self, count: usize, rest: &[u8], out: &mut Vec<u8>) -> Result<(), Damage> {
        const WRONG: Damage = "the sequences of a block are malformed";
        let mut from = Backward::new(rest).ok_or(WRONG)?;
        let mut literal_state = self.literal_lengths.start(&mut from);
        let mut offset_state = self.offsets.start(&mut from);
        let mut match_state = self.match_lengths.start(&mut from);
        let mut literals = &self.literals[..];
        for left in (0..count).rev() {
            let offset_bits = u32::from(self.offsets.symbol(offset_state));
            let (match_base, match_bits) =
                MATCH[usize::from(self.match_lengths.symbol(match_state))];
            let (literal_base, literal_bits) =
                LITERAL[usize::from(self.literal_lengths.symbol(literal_state))];
            from.refill();
            let value = (1u64 << offset_bits) + from.take(offset_bits);
            // Offsets that large are rare.
            if offset_bits > 24 {
                from.refill();
            }
            let length = match_base as usize + from.take(u32::from(match_bits)) as usize;
            let before = literal_base as usize + from.take(u32::from(literal_bits)) as usize;
            if left > 0 {
                from.refill();
                literal_state = self.literal_lengths.step(literal_state, &mut from);
                match_state = self.match_lengths.step(match_state, &mut from);
                offset_state = self.offsets.step(offset_state, &mut from);
            }

            let which = value as usize - 1 + usize::from(before == 0);
            let offset = match value {
                // What comes next is an offset in itself.
                4.. => (value - 3) as u32,
                _ if which == 3 => self.recent[0] - 1,
                _ => self.recent[which],
            };
            remember(&mut self.recent, which, offset);

            let (copied, others) = literals.split_at_checked(before).ok_or(WRONG)?;
            literals = others;
            self.check_room(out, before + length)?;
            out.extend_from_slice(copied);
            let offset = offset as usize;
            if offset == 0 || offset > out.len() - self.start {
                return Err("a match lies outside the frame");
            }
            repeat(out, offset, length);
        }
        if from.left() != 0 {
            return Err(WRONG);
        }
        self.check_room(out, literals.len())?;
        out.extend_from_slice(literals);
        Ok(())
    }
}

/// Appends `length` bytes that lie `offset` before the end, which may be fewer than `length` bytes: then
/// they repeat.
#[inline(always)]
fn repeat(out: &mut Vec<u8>, offset: usize, length: usize) {
    let from = out.len() - offset;
    if offset == 1 {
        let byte = out[from];
        out.resize(out.len() + length, byte);
        return;
    }
    let mut left = length;
    while left > 0 {
        // Twice as many are there each time.
        let some = left.min(out.len() - from);
        out.extend_from_within(from..from + some);
        left -= some;
    }
}
