//! Streams of bits, the lowest of each byte first. What is coded is written forwards and read backwards.

/// Reads forwards: descriptions of tables.
pub(super) struct Forward<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Forward<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Forward { bytes, at: 0 }
    }

    /// The next `count` bits, 16 at most; zeros beyond the end.
    pub fn peek(&self, count: u32) -> u32 {
        let mut word = [0; 4];
        let rest = self.bytes.get(self.at / 8..).unwrap_or_default();
        for (to, from) in word.iter_mut().zip(rest) {
            *to = *from;
        }
        (u32::from_le_bytes(word) >> (self.at % 8)) & ((1 << count) - 1)
    }

    pub fn skip(&mut self, count: u32) {
        self.at += count as usize;
    }

    /// The bytes begun so far; none if reading went beyond the end.
    pub fn used(&self) -> Option<usize> {
        let used = self.at.div_ceil(8);
        (used <= self.bytes.len()).then_some(used)
    }
}

/// Reads backwards from the last bit that is set, which is not part of the data.
pub(super) struct Backward<'a> {
    bytes: &'a [u8],
    /// Bits not yet taken; negative when more were taken than there are.
    left: isize,
    /// The next bits, from the highest on.
    word: u64,
}

impl<'a> Backward<'a> {
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        let last = bytes.last()?.checked_ilog2()?;
        let mut stream = Backward {
            bytes,
            left: (bytes.len() as isize - 1) * 8 + last as isize,
            word: 0,
        };
        stream.refill();
        Some(stream)
    }

    /// Makes the next 57 bits available; zeros beyond the end.
    #[inline(always)]
    pub fn refill(&mut self) {
        if self.left <= 0 {
            self.word = 0;
            return;
        }
        let left = self.left as usize;
        let end = left.div_ceil(8);
        let mut word = [0; 8];
        match end.checked_sub(8) {
            Some(start) => word.copy_from_slice(&self.bytes[start..end]),
            None => word[8 - end..].copy_from_slice(&self.bytes[..end]),
        }
        self.word = u64::from_le_bytes(word) << (end * 8 - left);
    }

    /// The next `count` bits, of those available; 0 to 63.
    #[inline(always)]
    pub fn peek(&self, count: u32) -> u64 {
        (self.word >> 1) >> (63 - count)
    }

    #[inline(always)]
    pub fn skip(&mut self, count: u32) {
        self.word <<= count;
        self.left -= count as isize;
    }

    #[inline(always)]
    pub fn take(&mut self, count: u32) -> u64 {
        let bits = self.peek(count);
        self.skip(count);
        bits
    }

    pub fn left(&self) -> isize {
        self.left
    }
}

/// Writes forwards, behind what `out` holds.
pub(super) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    word: u64,
    count: u32,
}

impl<'a> Writer<'a> {
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Writer {
            out,
            word: 0,
            count: 0,
        }
    }

    /// Adds the `count` bits of `value`, which has no others; up to 56 fit between two flushes.
    #[inline(always)]
    pub fn put(&mut self, value: u64, count: u32) {
        self.word |= value << self.count;
        self.count += count;
    }

    /// Leaves at most seven bits unwritten.
    #[inline(always)]
    pub fn flush(&mut self) {
        let whole = self.count / 8;
        let len = self.out.len() + whole as usize;
        self.out.extend_from_slice(&self.word.to_le_bytes());
        self.out.truncate(len);
        self.word >>= whole * 8;
        self.count %= 8;
    }

    /// Fills the last byte up with zeros.
    pub fn pad(mut self) {
        self.count = self.count.next_multiple_of(8);
        self.flush();
    }

    /// Ends a stream that is read backwards.
    pub fn end(mut self) {
        self.put(1, 1);
        self.pad();
    }
}
