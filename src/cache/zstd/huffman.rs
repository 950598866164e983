//! Huffman codes for literals, at most eleven bits long.

use super::bits::{Backward, Writer};
use super::fse;

const MOST_BITS: u32 = 11;

/// What eleven bits begin with: the symbol, and in the upper half the length of its code.
#[derive(Debug, Clone)]
pub(super) struct Decoder {
    bits: u32,
    table: Box<[u16; 1 << MOST_BITS]>,
}

/// Visits each symbol that has a weight, with that and its place in the table: the longest codes come
/// first, those of one length by their symbols, and one of weight w fills `1 << (w - 1)` places.
fn places(weights: &[u8], mut visit: impl FnMut(u8, usize, u32)) {
    let mut next = [0; MOST_BITS as usize + 2];
    for weight in weights {
        // Counted one further on: the sums up to there are where each weight begins.
        next[usize::from(*weight) + 1] += (1 << weight) >> 1;
    }
    for weight in 1..next.len() {
        next[weight] += next[weight - 1];
    }
    for (symbol, weight) in weights.iter().enumerate().filter(|(_, w)| **w > 0) {
        let next = &mut next[usize::from(*weight)];
        visit(symbol as u8, *next, u32::from(*weight));
        *next += 1 << (weight - 1);
    }
}

impl Decoder {
    /// Reads a description; returns the bytes it took.
    pub fn read(bytes: &[u8]) -> Result<(Self, usize), &'static str> {
        const SHORT: &str = "a Huffman table is cut short";
        let (first, rest) = bytes.split_first().ok_or(SHORT)?;
        let first = usize::from(*first);
        let mut weights = Vec::with_capacity(256);
        let used = if first < 128 {
            let coded = rest.get(..first).ok_or(SHORT)?;
            read_coded(coded, &mut weights)?;
            first
        } else {
            let count = first - 127;
            let pairs = rest.get(..count.div_ceil(2)).ok_or(SHORT)?;
            weights.extend(pairs.iter().flat_map(|pair| [pair >> 4, pair & 15]));
            weights.truncate(count);
            pairs.len()
        };
        // The last weight is what makes the table full.
        let mut sum = 0u32;
        for weight in &weights {
            if u32::from(*weight) > MOST_BITS {
                return Err("a Huffman code is too long");
            }
            sum += (1 << weight) >> 1;
        }
        let bits = sum.checked_ilog2().ok_or("a Huffman table is empty")? + 1;
        let last = (1u32 << bits) - sum;
        if bits > MOST_BITS || !last.is_power_of_two() || weights.len() > 255 {
            return Err("a Huffman table is not full");
        }
        weights.push(last.ilog2() as u8 + 1);

        let mut table = Box::new([0; 1 << MOST_BITS]);
        places(&weights, |symbol, at, weight| {
            let entry = u16::from(symbol) | ((bits + 1 - weight) as u16) << 8;
            table[at..at + (1 << (weight - 1))].fill(entry);
        });
        Ok((Decoder { bits, table }, used + 1))
    }

    #[inline(always)]
    fn symbol(&self, from: &mut Backward) -> u8 {
        let entry = self.table[from.peek(self.bits) as usize & ((1 << MOST_BITS) - 1)];
        from.skip(u32::from(entry >> 8));
        entry as u8
    }

    /// Fills `out` from one stream, which must hold just that.
    pub fn decode(&self, stream: &[u8], out: &mut [u8]) -> Option<()> {
        self.finish(Backward::new(stream)?, out)
    }

    fn finish(&self, mut from: Backward, out: &mut [u8]) -> Option<()> {
        for few in out.chunks_mut(5) {
            from.refill();
            for to in few {
                *to = self.symbol(&mut from);
            }
        }
        (from.left() == 0).then_some(())
    }

    /// Fills `out` from four streams of a quarter each, at the same time: each waits for itself only.
    pub fn decode_four(&self, coded: &[u8], out: &mut [u8]) -> Option<()> {
        let (sizes, mut rest) = coded.split_at_checked(6)?;
        let mut streams = [&[][..]; 4];
        for (stream, size) in streams.iter_mut().zip(sizes.chunks_exact(2)) {
            let size = usize::from(size[0]) | usize::from(size[1]) << 8;
            (*stream, rest) = rest.split_at_checked(size)?;
        }
        streams[3] = rest;
        let quarter = out.len().div_ceil(4);
        let (a, rest) = out.split_at_mut_checked(quarter)?;
        let (b, rest) = rest.split_at_mut_checked(quarter)?;
        let (c, d) = rest.split_at_mut_checked(quarter)?;

        let [first, second, third, fourth] = streams;
        let mut w = Backward::new(first)?;
        let mut x = Backward::new(second)?;
        let mut y = Backward::new(third)?;
        let mut z = Backward::new(fourth)?;
        let together = d.len() / 5 * 5;
        let fives = a[..together]
            .chunks_exact_mut(5)
            .zip(b[..together].chunks_exact_mut(5))
            .zip(c[..together].chunks_exact_mut(5))
            .zip(d[..together].chunks_exact_mut(5));
        for (((a, b), c), d) in fives {
            w.refill();
            x.refill();
            y.refill();
            z.refill();
            for i in 0..5 {
                a[i] = self.symbol(&mut w);
                b[i] = self.symbol(&mut x);
                c[i] = self.symbol(&mut y);
                d[i] = self.symbol(&mut z);
            }
        }
        self.finish(w, &mut a[together..])?;
        self.finish(x, &mut b[together..])?;
        self.finish(y, &mut c[together..])?;
        self.finish(z, &mut d[together..])
    }
}

/// Weights in two interleaved streams of states, until there are no bits to go on with.
fn read_coded(coded: &[u8], weights: &mut Vec<u8>) -> Result<(), &'static str> {
    const WRONG: &str = "the weights of a Huffman table are malformed";
    let (table, used) = fse::Decoder::read(coded, MOST_BITS as usize + 1, 6)?;
    let mut from = Backward::new(&coded[used..]).ok_or(WRONG)?;
    let mut state = table.start(&mut from);
    let mut other = table.start(&mut from);
    if from.left() < 0 {
        return Err(WRONG);
    }
    loop {
        weights.push(table.symbol(state));
        if weights.len() > 255 {
            return Err(WRONG);
        }
        if table.bits(state) as isize > from.left() {
            break;
        }
        from.refill();
        state = table.step(state, &mut from);
        std::mem::swap(&mut state, &mut other);
    }
    weights.push(table.symbol(other));
    if from.left() != 0 {
        return Err(WRONG);
    }
    Ok(())
}

pub(super) struct Encoder {
    /// The code of each symbol, and in the upper half its length.
    codes: [u32; 256],
    description: Vec<u8>,
    /// What the symbols it was made for take, in bits.
    cost: u64,
}

impl Encoder {
    /// Codes for symbols that occur `counts` times; none where fewer than two do, or where their
    /// description is not to be written.
    pub fn for_counts(counts: &[u32; 256]) -> Option<Self> {
        let lengths = lengths(counts)?;
        let bits = u32::from(*lengths.iter().max()?);
        let weight = |length: &u8| match length {
            0 => 0,
            length => bits as u8 + 1 - length,
        };
        let weights: Vec<u8> = lengths.iter().map(weight).collect();
        let mut codes = [0; 256];
        places(&weights, |symbol, at, weight| {
            codes[usize::from(symbol)] = (at >> (weight - 1)) as u32 | (bits + 1 - weight) << 16;
        });
        let last = weights.iter().rposition(|w| *w != 0)?;
        let cost = |(count, length): (&u32, &u8)| u64::from(*count) * u64::from(*length);
        Some(Encoder {
            codes,
            description: describe(&weights[..last])?,
            cost: counts.iter().zip(&lengths).map(cost).sum(),
        })
    }

    /// About the bytes that description and symbols take.
    pub fn cost(&self) -> usize {
        self.description.len() + (self.cost / 8) as usize
    }

    /// Appends description and streams: one, or four with their sizes.
    pub fn encode(&self, literals: &[u8], four: bool, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.description);
        if !four {
            return self.stream(literals, out);
        }
        let sizes = out.len();
        out.extend_from_slice(&[0; 6]);
        for (i, quarter) in literals.chunks(literals.len().div_ceil(4)).enumerate() {
            let start = out.len();
            self.stream(quarter, out);
            if i < 3 {
                let size = (out.len() - start) as u16;
                out[sizes + 2 * i..][..2].copy_from_slice(&size.to_le_bytes());
            }
        }
    }

    fn stream(&self, literals: &[u8], out: &mut Vec<u8>) {
        let mut to = Writer::new(out);
        for few in literals.rchunks(4) {
            for literal in few.iter().rev() {
                let code = self.codes[usize::from(*literal)];
                to.put(u64::from(code & 0xFFFF), code >> 16);
            }
            to.flush();
        }
        to.end();
    }
}

/// The lengths of codes: Huffman's, where they are short enough.
fn lengths(counts: &[u32; 256]) -> Option<[u8; 256]> {
    let present = counts.iter().enumerate().filter(|(_, c)| **c > 0);
    let mut symbols: Vec<(u32, u8)> = present.map(|(s, c)| (*c, s as u8)).collect();
    symbols.sort_unstable();
    let n = symbols.len();
    if n < 2 {
        return None;
    }
    // Two queues, each sorted: leaves, and the nodes made of them.
    let mut weight: Vec<u64> = symbols.iter().map(|(c, _)| u64::from(*c)).collect();
    let mut parent = vec![0; 2 * n - 1];
    let (mut leaf, mut inner) = (0, n);
    for node in n..2 * n - 1 {
        let mut sum = 0;
        for _ in 0..2 {
            let lightest = if leaf < n && (inner >= node || weight[leaf] <= weight[inner]) {
                &mut leaf
            } else {
                &mut inner
            };
            sum += weight[*lightest];
            parent[*lightest] = node;
            *lightest += 1;
        }
        weight.push(sum);
    }
    let mut depth = vec![0u32; 2 * n - 1];
    for node in (0..2 * n - 2).rev() {
        depth[node] = depth[parent[node]] + 1;
    }
    // In units of the shortest share: what is cut off at the longest length is too much in sum, and has to
    // be saved by lengthening the rarest of the others; what that saves too much goes to the most frequent.
    let mut bits: Vec<u32> = depth[..n].iter().map(|d| (*d).min(MOST_BITS)).collect();
    let share = |bits: u32| 1usize << (MOST_BITS - bits);
    let mut sum: usize = bits.iter().map(|b| share(*b)).sum();
    while sum > share(0) {
        let longest = (0..n)
            .filter(|i| bits[*i] < MOST_BITS)
            .max_by_key(|i| (bits[*i], n - i))?;
        bits[longest] += 1;
        sum -= share(bits[longest]);
    }
    while sum < share(0) {
        let fits = (0..n).rev().find(|i| share(bits[*i]) <= share(0) - sum)?;
        sum += share(bits[fits]);
        bits[fits] -= 1;
    }
    let mut lengths = [0; 256];
    for ((_, symbol), bits) in symbols.iter().zip(&bits) {
        lengths[usize::from(*symbol)] = *bits as u8;
    }
    Some(lengths)
}

/// The shorter of the two ways to say all weights but the last.
fn describe(weights: &[u8]) -> Option<Vec<u8>> {
    let coded = describe_coded(weights);
    let plain = (1..=128).contains(&weights.len()) && {
        let len = weights.len().div_ceil(2);
        coded.as_ref().map_or(true, |coded| len < coded.len())
    };
    if !plain {
        return coded;
    }
    let mut out = vec![127 + weights.len() as u8];
    let pair = |pair: &[u8]| pair[0] << 4 | pair.get(1).copied().unwrap_or_default();
    out.extend(weights.chunks(2).map(pair));
    Some(out)
}

fn describe_coded(weights: &[u8]) -> Option<Vec<u8>> {
    let mut counts = [0; MOST_BITS as usize + 2];
    for weight in weights {
        counts[usize::from(*weight)] += 1;
    }
    if counts.iter().filter(|c| **c > 0).count() < 2 {
        return None;
    }
    let table = fse::Encoder::for_counts(&counts, 6);
    let mut out = vec![0];
    table.write(&mut out);
    // Two states take turns; the last symbol of each is where it starts.
    let (earlier, last) = weights.split_at(weights.len() - 2);
    let mut states = [table.start(last[0]), table.start(last[1])];
    if earlier.len() % 2 == 1 {
        states.swap(0, 1);
    }
    let mut to = Writer::new(&mut out);
    for (i, weight) in earlier.iter().enumerate().rev() {
        states[i % 2] = table.step(states[i % 2], *weight, &mut to);
        to.flush();
    }
    table.end(states[1], &mut to);
    table.end(states[0], &mut to);
    to.end();
    let len = out.len() - 1;
    out[0] = u8::try_from(len).ok().filter(|len| *len < 128)?;
    Some(out)
}
