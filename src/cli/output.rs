//! Text for people, JSON for programs.

use super::args::{Color, Common};
use super::{failed, Result};
use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Lines wait for each other no longer than this.
const FLUSH_AFTER: Duration = Duration::from_millis(50);

/// Standard output.
pub struct Output {
    out: BufWriter<Box<dyn Write>>,
    flushed: Instant,
    closed: bool,
    pub json: bool,
    pub is_terminal: bool,
}

pub const HEADING: Style = Style::new().bold();
pub const GOOD: Style = AnsiColor::Green.on_default();
pub const BAD: Style = AnsiColor::Red.on_default();
pub const FAINT: Style = Style::new().dimmed();

impl Output {
    pub fn new(common: &Common) -> Output {
        let stdout = io::stdout();
        let choice = match common.color {
            Color::Auto => AutoStream::choice(&stdout),
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        let is_terminal = stdout.is_terminal();
        Output {
            out: BufWriter::new(Box::new(AutoStream::new(stdout, choice))),
            flushed: Instant::now(),
            closed: false,
            json: common.json,
            is_terminal,
        }
    }

    fn done(&mut self, done: io::Result<()>) -> Result<()> {
        done.map_err(|e| {
            self.closed |= e.kind() == io::ErrorKind::BrokenPipe;
            failed("writing to standard output", e)
        })
    }

    /// Whoever read has gone away.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    pub fn line(&mut self, text: impl std::fmt::Display) -> Result<()> {
        let done = writeln!(self.out, "{text}");
        self.done(done)?;
        if self.flushed.elapsed() >= FLUSH_AFTER {
            self.finish()?;
        }
        Ok(())
    }

    /// One document.
    pub fn document(&mut self, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string(value)
            .map_err(|e| failed("writing JSON", io::Error::other(e)))?;
        self.line(text)
    }

    /// As they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.finish()?;
        // Not through what takes colours out.
        let done = io::stdout().lock().write_all(bytes);
        self.done(done)
    }

    pub fn finish(&mut self) -> Result<()> {
        let done = self.out.flush();
        self.flushed = Instant::now();
        self.done(done)
    }
}

/// A bar for long work, where standard error is a terminal.
pub fn bar(verb: &'static str, template: &str, len: u64) -> ProgressBar {
    let bar = if io::stderr().is_terminal() {
        ProgressBar::new(len)
    } else {
        ProgressBar::hidden()
    };
    bar.set_style(
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar.set_message(verb);
    bar
}

/// The same for bytes that are read or written.
pub fn bytes_bar(verb: &'static str, len: u64) -> ProgressBar {
    let template = "{msg} {wide_bar} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left";
    bar(verb, template, len)
}

/// `text` in a style.
pub fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// 1234567 as 1.2M.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["", "k", "M", "G", "T", "P"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit > 0 && value < 9.95 {
        format!("{value:.1}{}", UNITS[unit])
    } else {
        format!("{value:.0}{}", UNITS[unit])
    }
}

/// Seconds as 12 s, 3 m, 5 h, 7 d.
pub fn age(seconds: f64) -> String {
    let seconds = seconds.max(0.0);
    for (unit, name) in [(86_400.0, "d"), (3_600.0, "h"), (60.0, "m")] {
        if seconds >= unit {
            let value = seconds / unit;
            let digits = usize::from(value < 9.95);
            return format!("{value:.digits$} {name}");
        }
    }
    format!("{seconds:.0} s")
}

/// Since then; negative for what is dated in the future.
pub fn age_of(unix_secs: i64) -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0.0, |n| n.as_secs_f64()) - unix_secs as f64
}

/// Shortest digits that read back, exponents where they help.
pub fn number(value: Option<f64>) -> String {
    match value {
        None => "-".into(),
        Some(v) if v != 0.0 && !(1e-4..1e7).contains(&v.abs()) => format!("{v:e}"),
        Some(v) => format!("{v}"),
    }
}

/// To so many characters; what is cut is marked.
pub fn fit(text: &str, width: usize) -> String {
    // Whoever labels must not move the cursor.
    let clean: String = text
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if clean.chars().count() <= width {
        return clean;
    }
    let mut cut: String = clean.chars().take(width.saturating_sub(1)).collect();
    cut.push('\u{2026}');
    cut
}

/// 90, 30m, 12h, 7d in seconds.
pub fn parse_age(text: &str) -> std::result::Result<f64, String> {
    let units = [
        ("s", 1.0),
        ("m", 60.0),
        ("h", 3_600.0),
        ("d", 86_400.0),
        ("w", 604_800.0),
    ];
    scaled(text, &units).ok_or_else(|| "not an age: write 90, 30m, 12h, 7d or 2w".into())
}

/// 4096, 64k, 10M, 1G in bytes.
pub fn parse_size(text: &str) -> std::result::Result<u64, String> {
    const KIB: f64 = 1024.0;
    let units = [
        ("k", KIB),
        ("M", KIB * KIB),
        ("G", KIB * KIB * KIB),
        ("T", KIB * KIB * KIB * KIB),
    ];
    let bytes = scaled(text, &units).map(|n| n as u64);
    bytes.ok_or_else(|| "not a size: write 4096, 64k, 10M or 1G".into())
}

fn scaled(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let text = text.trim();
    let of = |(suffix, factor): &(&str, f64)| Some((text.strip_suffix(suffix)?, *factor));
    let (digits, factor) = units.iter().find_map(of).unwrap_or((text, 1.0));
    let value: f64 = digits.trim().parse().ok()?;
    (value.is_finite() && value >= 0.0).then_some(value * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_ages_are_short_and_right() {
        for (bytes, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1.0k"),
            (1024, "1.0k"),
            (10 << 10, "10k"),
            (1_048_575, "1.0M"),
            (5 << 30, "5.0G"),
            (u64::MAX, "16384P"),
        ] {
            assert_eq!(size(bytes), text, "{bytes}");
        }
        for (seconds, text) in [
            (-3.0, "0 s"),
            (59.0, "59 s"),
            (60.0, "1.0 m"),
            (36_000.0, "10 h"),
            (1e6, "12 d"),
        ] {
            assert_eq!(age(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn what_people_write_for_ages_and_sizes_is_understood_or_refused() {
        assert_eq!(parse_age("90"), Ok(90.0));
        assert_eq!(parse_age("1.5h"), Ok(5400.0));
        assert_eq!(parse_age(" 7 d "), Ok(604_800.0));
        assert_eq!(parse_size("64k"), Ok(65_536));
        assert_eq!(parse_size("1G"), Ok(1 << 30));
        for bad in ["", "d", "-1d", "nan", "1y", "1e400"] {
            assert!(parse_age(bad).is_err(), "{bad}");
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_label_cannot_send_control_characters_to_the_terminal() {
        assert_eq!(fit("a\u{1b}[2Jb", 20), "a\u{fffd}[2Jb");
        assert_eq!(fit("abcdef", 4), "abc\u{2026}");
        assert_eq!(fit("abcd", 4), "abcd");
    }
}
