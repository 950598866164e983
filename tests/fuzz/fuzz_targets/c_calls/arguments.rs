//! Arguments, right and wrong, out of the input.

use std::ffi::{c_char, c_void};
use std::ptr::{null, null_mut};
use warmstart::ffi::*;

/// The input, read from its front; zeros when it is used up.
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Input(bytes)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    pub fn word(&mut self) -> u64 {
        (0..8).fold(0, |n, _| n << 8 | u64::from(self.byte()))
    }

    /// Seldom for most inputs: a byte of zero says no.
    pub fn one_in(&mut self, n: u8) -> bool {
        self.byte() % n == n - 1
    }

    pub fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.byte()) % choices.len()]
    }

    pub fn at<T: Copy>(&mut self, table: &[T]) -> (usize, T) {
        let at = usize::from(self.byte()) % table.len();
        (at, table[at])
    }

    pub fn key(&mut self) -> KeyArgument {
        let n = self.byte();
        KeyArgument {
            key: warm_key { bytes: [n % 3; 32] },
            null: n >= 240,
        }
    }

    /// A text of the choices, or one that no function takes. Where the function knows a longest
    /// text, a length beyond it is refused before the text is read.
    pub fn text(&mut self, choices: &[&[u8]], bounded: bool) -> Text {
        let n = self.byte();
        let valid = |bytes: &[u8]| bytes.to_vec();
        let (mut bytes, null, len) = match n {
            0..=199 => (valid(choices[usize::from(n) % choices.len()]), false, None),
            200..=207 => (Vec::new(), true, Some(0)),
            208..=215 => (Vec::new(), true, Some(-1)),
            216..=219 => (Vec::new(), true, Some(5)),
            220..=223 => (valid(b"bad \xff\xfe"), false, None),
            224..=227 => (valid(b"inner\0nul"), false, None),
            228..=231 => (valid(choices[0]), false, Some(-2)),
            232..=235 => (valid(choices[0]), false, Some(i64::MIN)),
            236..=239 if bounded => (valid(choices[0]), false, Some(i64::MAX)),
            240..=243 => (vec![b'x'; 70_000], false, None),
            _ => (valid("\u{e4}\u{20ac}".as_bytes()), false, None),
        };
        let inner = bytes.len() as i64;
        bytes.push(0);
        let len = len.unwrap_or(if n & 1 == 0 { inner } else { -1 });
        Text { bytes, null, len }
    }

    /// Room for bytes or text.
    pub fn room(&mut self, large: bool) -> Room {
        let n = self.byte();
        let cap = match n % 16 {
            0..=5 => 2048,
            6 if large => 100_000,
            6 => 129,
            7 => 0,
            8 => 1,
            9 => 7,
            10 => 65,
            11 => -1,
            12 => i64::MIN,
            _ => 300,
        };
        Room {
            bytes: vec![0xEE; usize::try_from(cap).unwrap_or(0) + 16],
            null: n >= 216,
            cap,
            needed: -77,
            wants_needed: n & 64 == 0,
        }
    }

    pub fn payload(&mut self, count: u64) -> Payload {
        let n = self.byte();
        let len = [0, 1, 7, 8, 100, 4095, 4096, 5000, 70_000][usize::from(n & 15) % 9];
        let mut bytes: Vec<u8> = (0..len).map(|i| (i as u8) ^ n).collect();
        // Long ones differ from all others.
        if len > 8 {
            bytes[..8].copy_from_slice(&count.to_le_bytes());
        }
        let (null, len) = match n >> 4 {
            13 => (true, len as i64),
            14 => (false, -1),
            15 => (len == 0, i64::MIN),
            _ => (len == 0 && n & 32 != 0, len as i64),
        };
        Payload { bytes, null, len }
    }

    pub fn objective(&mut self) -> Option<f64> {
        let n = self.byte();
        match n {
            0..=99 => Some(f64::from(n) / 8.0),
            100 => Some(f64::NAN),
            101 => Some(f64::INFINITY),
            102 => Some(f64::NEG_INFINITY),
            103 => Some(-0.0),
            104 => Some(f64::MIN_POSITIVE / 3.0),
            105..=120 => Some(f64::from_bits(self.word())),
            121..=140 => Some(1.0 + f64::from(n) * 1e-13),
            _ => None,
        }
    }

    pub fn iteration(&mut self) -> Option<i64> {
        let n = self.byte();
        match n {
            0..=119 => Some(i64::from(n)),
            120 => Some(-1),
            121 => Some(i64::MIN),
            122 => Some(i64::MAX),
            _ => None,
        }
    }

    pub fn seconds(&mut self) -> f64 {
        self.of(&[
            0.0,
            60.0,
            1e-9,
            1e9,
            -1.0,
            f64::NAN,
            f64::INFINITY,
            -0.0,
            1e300,
            f64::NEG_INFINITY,
        ])
    }

    pub fn number(&mut self) -> i64 {
        self.of(&[0, 1 << 20, 1 << 13, 40, 1, -1, i64::MAX, i64::MIN, 1 << 30])
    }

    pub fn choice(&mut self) -> i32 {
        self.of(&[0, 1, 0, 1, 0, 1, 2, -1, i32::MAX, i32::MIN])
    }

    pub fn record<T>(&mut self) -> Record<T> {
        let n = self.byte();
        let size = size_of::<T>() as u32;
        let mut record = Record {
            words: [0xEEEE_EEEE_EEEE_EEEE; 48],
            size: match n % 16 {
                0..=8 => size,
                9 => 0,
                10 => size - 1,
                11 => size + 8,
                12 => 4,
                13 => u32::MAX,
                _ => size,
            },
            null: n >= 224,
            kind: std::marker::PhantomData,
        };
        record.words[0] = record.words[0] & !0xFFFF_FFFF | u64::from(record.size);
        record
    }
}

pub struct KeyArgument {
    pub key: warm_key,
    null: bool,
}

impl KeyArgument {
    pub fn ptr(&self) -> *const warm_key {
        if self.null {
            null()
        } else {
            &self.key
        }
    }
}

pub struct Text {
    bytes: Vec<u8>,
    null: bool,
    pub len: i64,
}

impl Text {
    pub fn of(bytes: &[u8]) -> Text {
        let mut bytes = bytes.to_vec();
        bytes.push(0);
        Text {
            len: bytes.len() as i64 - 1,
            bytes,
            null: false,
        }
    }

    pub fn ptr(&self) -> *const c_char {
        if self.null {
            null()
        } else {
            self.bytes.as_ptr().cast()
        }
    }

    /// A path that is legal, and not below a directory of the fuzzer's.
    pub fn is_relative(&self) -> bool {
        let end = if self.len == -1 {
            self.bytes.iter().position(|b| *b == 0)
        } else {
            None
        };
        let read = &self.bytes[..end.unwrap_or(self.bytes.len() - 1)];
        let legal = self.len >= -1 && std::str::from_utf8(read).is_ok_and(|t| !t.contains('\0'));
        !self.null && legal && !read.is_empty() && read[0] != b'/'
    }

    /// What a function that took it has read.
    pub fn read(&self) -> &str {
        let bytes = if self.null {
            &[]
        } else {
            &self.bytes[..self.bytes.len() - 1]
        };
        // Without a length it ends at the first NUL.
        let end = bytes.iter().position(|b| *b == 0 && self.len == -1);
        let bytes = &bytes[..end.unwrap_or(bytes.len())];
        std::str::from_utf8(bytes).expect("a text that was accepted is UTF-8")
    }
}

pub struct Payload {
    pub bytes: Vec<u8>,
    null: bool,
    pub len: i64,
}

impl Payload {
    pub fn ptr(&self) -> *const c_void {
        if self.null {
            null()
        } else {
            self.bytes.as_ptr().cast()
        }
    }
}

/// NULL, or where the value is.
pub fn optional<T>(value: &Option<T>) -> *const T {
    value.as_ref().map_or(null(), |v| v)
}

/// Room for bytes, and what may be written there.
pub struct Room {
    pub bytes: Vec<u8>,
    null: bool,
    pub cap: i64,
    needed: i64,
    wants_needed: bool,
}

impl Room {
    pub fn buf<T>(&mut self) -> *mut T {
        if self.null {
            null_mut()
        } else {
            self.bytes.as_mut_ptr().cast()
        }
    }

    pub fn needed(&mut self) -> *mut i64 {
        if self.wants_needed {
            &mut self.needed
        } else {
            null_mut()
        }
    }

    /// Nothing is written but what fits, and `needed` only where that is documented.
    pub fn check(&self, status: i32) {
        let written = self
            .bytes
            .iter()
            .rposition(|b| *b != 0xEE)
            .map_or(0, |at| at + 1);
        match status {
            WARM_OK => {
                assert!(self.cap >= 0 && written as i64 <= self.cap);
                if self.wants_needed {
                    assert!(self.needed >= written as i64 && self.needed <= self.cap);
                }
            }
            WARM_ERR_BUFFER => {
                assert_eq!(written, 0, "too small, and written to");
                assert!(!self.wants_needed || self.needed > self.cap);
            }
            _ => assert_eq!((written, self.needed), (0, -77), "status {status}"),
        }
    }

    /// The same where `needed` stays as it is on success.
    pub fn check_run_id(&self, status: i32) {
        if status != WARM_OK {
            return self.check(status);
        }
        assert!(self.needed == -77 || self.needed > 0);
    }

    /// The text that was written.
    pub fn text(&self) -> Option<String> {
        let end = self.bytes.iter().position(|b| *b == 0)?;
        (!self.null).then(|| String::from_utf8(self.bytes[..end].to_vec()).expect("UTF-8"))
    }

    /// The bytes that were written, where their number is known.
    pub fn contents(&self) -> Option<&[u8]> {
        let n = usize::try_from(self.needed)
            .ok()
            .filter(|_| self.wants_needed)?;
        self.bytes.get(..n).filter(|_| !self.null)
    }
}

/// An output struct, with memory behind it.
pub struct Record<T> {
    words: [u64; 48],
    size: u32,
    null: bool,
    kind: std::marker::PhantomData<T>,
}

impl<T: Copy> Record<T> {
    pub fn ptr(&mut self) -> *mut T {
        assert!(size_of::<T>() + 8 < 48 * 8);
        // The library writes no further than it knows, whatever size the caller claims.
        if self.null {
            null_mut()
        } else {
            self.words.as_mut_ptr().cast()
        }
    }

    pub fn check(&self, status: i32) {
        self.check_from(status, size_of::<T>());
    }

    /// Whether what a newer release appended is there, too.
    pub fn is_whole(&self) -> bool {
        self.size as usize >= size_of::<T>()
    }

    /// `first`: what it takes at least.
    pub fn check_from(&self, status: i32, first: usize) {
        assert_eq!(
            self.words[0] as u32, self.size,
            "struct_size is the caller's"
        );
        let known = size_of::<T>().div_ceil(8);
        let untouched = |words: &[u64]| words.iter().all(|w| *w == 0xEEEE_EEEE_EEEE_EEEE);
        assert!(untouched(&self.words[known..]), "written beyond the struct");
        if status != WARM_OK {
            assert!(untouched(&self.words[1..]), "written by a call that failed");
        } else {
            assert!(self.null || self.size as usize >= first);
        }
    }

    pub fn get(&self) -> Option<T> {
        // SAFETY: all its fields are numbers, and the words are aligned as they are.
        (!self.null).then(|| unsafe { self.words.as_ptr().cast::<T>().read() })
    }
}

pub fn last_error() -> String {
    let mut text = [0u8; WARM_ERROR_TEXT_MAX as usize];
    let mut needed = 0;
    // SAFETY: room of that size.
    let status =
        unsafe { warm_last_error(text.as_mut_ptr().cast(), text.len() as i64, &mut needed) };
    assert_eq!(status, WARM_OK, "every text fits");
    let n = needed as usize;
    assert_eq!(text[n - 1], 0);
    String::from_utf8(text[..n - 1].to_vec()).expect("the last error is UTF-8")
}

/// INVALID is documented for all; nothing else is but what `outcomes` says.
pub fn check_status(function: &str, status: i32, outcomes: &[i32]) {
    let documented = status == WARM_ERR_INVALID || outcomes.contains(&status);
    assert!(documented, "{function} answered {status}: {}", last_error());
    if status < 0 && status != WARM_ERR_BUFFER {
        let text = last_error();
        let said = text
            .strip_prefix(function)
            .and_then(|t| t.strip_prefix(": "));
        assert!(
            said.is_some_and(|t| t.len() > 20),
            "{function} answered {status}: {text:?}"
        );
    }
}
