//! Finite-state entropy codes: a table of cells, each a symbol and where to go next.

use super::bits::{Backward, Forward, Writer};

/// A cell of a table of `1 << log`: the symbol, and the next state as a base and so many bits to read.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    symbol: u8,
    bits: u8,
    base: u16,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Decoder {
    log: u32,
    cells: Vec<Cell>,
}

/// Which symbol each cell has. `shares` fill the table; -1 is one cell at its end.
fn spread(shares: &[i16], log: u32) -> Vec<u8> {
    let size = 1usize << log;
    let mut symbols = vec![0; size];
    let mut end = size;
    for (symbol, _) in shares.iter().enumerate().filter(|(_, s)| **s == -1) {
        end -= 1;
        symbols[end] = symbol as u8;
    }
    let step = (size >> 1) + (size >> 3) + 3;
    let mut at = 0;
    for (symbol, share) in shares.iter().enumerate() {
        for _ in 0..*share {
            symbols[at] = symbol as u8;
            at = (at + step) & (size - 1);
            while at >= end {
                at = (at + step) & (size - 1);
            }
        }
    }
    symbols
}

impl Decoder {
    /// `shares` must sum up to `1 << log`, by their absolute values.
    pub fn new(shares: &[i16], log: u32) -> Self {
        let mut next: Vec<u16> = shares.iter().map(|s| s.unsigned_abs()).collect();
        let cell = |symbol| {
            let state = next[usize::from(symbol)];
            next[usize::from(symbol)] += 1;
            let bits = log - state.ilog2();
            Cell {
                symbol,
                bits: bits as u8,
                base: ((u32::from(state) << bits) - (1 << log)) as u16,
            }
        };
        Decoder {
            log,
            cells: spread(shares, log).into_iter().map(cell).collect(),
        }
    }

    /// A table of which every cell is `symbol`.
    pub fn constant(symbol: u8) -> Self {
        Decoder {
            log: 0,
            cells: vec![Cell {
                symbol,
                ..Cell::default()
            }],
        }
    }

    /// Reads a description of symbols up to `most` in a table of at most `1 << most_log`; returns the bytes
    /// it took.
    pub fn read(bytes: &[u8], most: usize, most_log: u32) -> Result<(Self, usize), &'static str> {
        let mut from = Forward::new(bytes);
        let log = from.peek(4) + 5;
        from.skip(4);
        if log > most_log {
            return Err("a table is too large");
        }
        let mut left = 1i32 << log;
        let mut shares = Vec::with_capacity(most + 1);
        while left > 0 {
            if shares.len() > most {
                return Err("a table has too many symbols");
            }
            // Of the values up to left + 1 the first take one bit less than the others.
            let count = (left + 1).ilog2() + 1;
            let short = (1 << count) - 1 - (left as u32 + 1);
            let half = 1 << (count - 1);
            let value = from.peek(count);
            let value = if value & (half - 1) < short {
                from.skip(count - 1);
                value & (half - 1)
            } else {
                from.skip(count);
                value - if value >= half { short } else { 0 }
            };
            let share = value as i32 - 1;
            left -= share.abs();
            shares.push(share as i16);
            if share == 0 {
                loop {
                    let zeros = from.peek(2);
                    from.skip(2);
                    shares.extend((0..zeros).map(|_| 0));
                    if shares.len() > most {
                        return Err("a table has too many symbols");
                    }
                    if zeros < 3 {
                        break;
                    }
                }
            }
        }
        let used = from.used().ok_or("a table is cut short")?;
        Ok((Decoder::new(&shares, log), used))
    }

    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    pub fn start(&self, from: &mut Backward) -> usize {
        from.take(self.log) as usize
    }

    #[inline(always)]
    pub fn symbol(&self, state: usize) -> u8 {
        self.cells[state].symbol
    }

    /// How many bits the step from `state` takes.
    #[inline(always)]
    pub fn bits(&self, state: usize) -> u32 {
        u32::from(self.cells[state].bits)
    }

    #[inline(always)]
    pub fn step(&self, state: usize, from: &mut Backward) -> usize {
        let cell = self.cells[state];
        usize::from(cell.base) + from.take(u32::from(cell.bits)) as usize
    }
}

/// How a symbol changes the state: by writing its lowest bits until what is left is one of the symbol's.
#[derive(Debug, Clone, Copy, Default)]
struct Change {
    /// The share of the symbol.
    share: u16,
    bits: u8,
    /// From this state on `bits` are written, below one fewer.
    threshold: u32,
    /// Where its states are.
    start: u16,
}

/// The states of a writer are those of a reader, and `1 << log` more.
#[derive(Debug, Clone)]
pub(super) struct Encoder {
    log: u32,
    shares: Vec<i16>,
    changes: Vec<Change>,
    states: Vec<u16>,
}

impl Encoder {
    pub fn new(shares: Vec<i16>, log: u32) -> Self {
        let mut changes = Vec::with_capacity(shares.len());
        let mut start = 0;
        for share in &shares {
            let share = share.unsigned_abs();
            let bits = log - share.max(1).ilog2();
            changes.push(Change {
                share,
                bits: bits as u8,
                threshold: u32::from(share) << bits,
                start,
            });
            start += share;
        }
        let mut states = vec![0; 1 << log];
        let mut at: Vec<u16> = changes.iter().map(|c: &Change| c.start).collect();
        for (state, symbol) in spread(&shares, log).into_iter().enumerate() {
            let at = &mut at[usize::from(symbol)];
            states[usize::from(*at)] = (state + (1 << log)) as u16;
            *at += 1;
        }
        Encoder {
            log,
            shares,
            changes,
            states,
        }
    }

    /// Codes for symbols that occur `counts` times, at least two of them, in a table of at most
    /// `1 << most_log` cells.
    pub fn for_counts(counts: &[u32], most_log: u32) -> Self {
        let total: u32 = counts.iter().sum();
        let kinds = counts.iter().filter(|c| **c > 0).count() as u32;
        let log = total.ilog2().max(kinds.ilog2() + 2).clamp(5, most_log);
        let size = 1u64 << log;
        let share = |count: &u32| match count {
            0 => 0,
            _ => ((u64::from(*count) * size / u64::from(total)) as i16).max(1),
        };
        let mut shares: Vec<i16> = counts.iter().map(share).collect();
        // The largest share gives or takes what is missing: there it matters least.
        let mut left = size as i16 - shares.iter().sum::<i16>();
        while left != 0 {
            let Some(largest) = shares.iter_mut().max() else {
                break;
            };
            let change = if left > 0 { left } else { -1 };
            *largest += change;
            left -= change;
        }
        if let Some(used) = shares.iter().rposition(|s| *s != 0) {
            shares.truncate(used + 1);
        }
        Encoder::new(shares, log)
    }

    /// Appends the description that [`Decoder::read`] reads.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut to = Writer::new(out);
        to.put(u64::from(self.log - 5), 4);
        let mut left = 1i32 << self.log;
        let mut rest = self.shares.iter().peekable();
        while let Some(share) = rest.next() {
            let count = (left + 1).ilog2() + 1;
            let short = (1u32 << count) - 1 - (left as u32 + 1);
            let half = 1 << (count - 1);
            let value = (share + 1) as u32;
            if value < short {
                to.put(u64::from(value), count - 1);
            } else {
                let moved = value + if value >= half { short } else { 0 };
                to.put(u64::from(moved), count);
            }
            to.flush();
            left -= i32::from(share.abs());
            if *share == 0 {
                let mut zeros = 0u64;
                while rest.next_if(|s| **s == 0).is_some() {
                    zeros += 1;
                }
                for _ in 0..zeros / 3 {
                    to.put(3, 2);
                    to.flush();
                }
                to.put(zeros % 3, 2);
                to.flush();
            }
        }
        to.pad();
    }

    /// What `counts` symbols cost in eighths of a bit, none where one of them has no code.
    pub fn cost(&self, counts: &[u32]) -> Option<u64> {
        let mut sum = 0.0;
        for (symbol, count) in counts.iter().enumerate().filter(|(_, c)| **c > 0) {
            let share = self.shares.get(symbol).filter(|s| **s != 0)?;
            let bits = self.log as f32 - f32::from(share.abs()).log2();
            sum += *count as f32 * bits;
        }
        Some((sum * 8.0) as u64)
    }

    /// A state to start from, in which `symbol` is coded: that one of it which takes most bits to leave.
    #[inline(always)]
    pub fn start(&self, symbol: u8) -> u32 {
        let change = self.changes[usize::from(symbol)];
        u32::from(self.states[usize::from(change.start)])
    }

    #[inline(always)]
    pub fn step(&self, state: u32, symbol: u8, to: &mut Writer) -> u32 {
        let change = self.changes[usize::from(symbol)];
        let bits = u32::from(change.bits) - u32::from(state < change.threshold);
        to.put(u64::from(state & ((1 << bits) - 1)), bits);
        let at = u32::from(change.start) + (state >> bits) - u32::from(change.share);
        u32::from(self.states[at as usize])
    }

    /// Writes the state where reading starts.
    pub fn end(&self, state: u32, to: &mut Writer) {
        to.put(u64::from(state & ((1 << self.log) - 1)), self.log);
    }
}
