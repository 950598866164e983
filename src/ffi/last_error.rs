//! This thread's last failure in words.

use crate::ffi::status::WARM_ERROR_TEXT_MAX;
use std::cell::Cell;
use std::fmt::{self, Write};

const CAPACITY: usize = WARM_ERROR_TEXT_MAX as usize;

/// Fixed size and without destructor: usable while a thread ends, and never a leak.
#[derive(Clone, Copy)]
struct Text {
    bytes: [u8; CAPACITY],
    len: usize,
}

thread_local! {
    static LAST: Cell<Text> = const { Cell::new(Text { bytes: [0; CAPACITY], len: 0 }) };
}

impl Text {
    const EMPTY: Text = Text {
        bytes: [0; CAPACITY],
        len: 0,
    };

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

impl Write for Text {
    /// Takes what fits, cut at a character, and leaves room for the NUL.
    fn write_str(&mut self, s: &str) -> fmt::Result {
        let room = CAPACITY - 1 - self.len;
        let mut n = s.len().min(room);
        while !s.is_char_boundary(n) {
            n -= 1;
        }
        // A NUL would end the text early for C.
        for (to, from) in self.bytes[self.len..].iter_mut().zip(&s.as_bytes()[..n]) {
            *to = if *from == 0 { b'?' } else { *from };
        }
        self.len += n;
        if n < s.len() {
            // Nothing that follows would make sense.
            return Err(fmt::Error);
        }
        Ok(())
    }
}

/// Replaces this thread's text.
pub(crate) fn set(text: fmt::Arguments<'_>) {
    let mut new = Text::EMPTY;
    // Only says that it was cut.
    let _ = new.write_fmt(text);
    LAST.set(new);
}

/// Lends this thread's text; empty when nothing has failed. Takes no memory, of which there may be
/// none left.
pub(crate) fn with<R>(read: impl FnOnce(&str) -> R) -> R {
    read(LAST.get().as_str())
}

#[cfg(test)]
pub(crate) fn get() -> String {
    with(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        set(format_args!("x{}", "é".repeat(2000)));
        let text = get();
        assert!(
            text.len() < CAPACITY && text.len() >= CAPACITY - 3,
            "{}",
            text.len()
        );
        assert!(text[1..].chars().all(|c| c == 'é'));
    }

    #[test]
    fn a_nul_does_not_end_the_text() {
        set(format_args!("a\0b"));
        assert_eq!(get(), "a?b");
    }

    #[test]
    fn each_thread_has_its_own() {
        set(format_args!("mine"));
        std::thread::spawn(|| assert_eq!(get(), "")).join().unwrap();
        assert_eq!(get(), "mine");
    }
}
