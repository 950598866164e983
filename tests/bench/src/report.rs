//! The document that a run ends with: Markdown whose source lines up.

use crate::measure::Samples;
use std::fmt::Write;

/// A target, what was measured of it, and how that was reached.
struct Target {
    what: String,
    limit: f64,
    measured: f64,
    unit: &'static str,
}

/// Collects a run's findings.
#[derive(Default)]
pub struct Report {
    text: String,
    targets: Vec<Target>,
}

impl Report {
    pub fn heading(&mut self, title: &str) {
        let _ = write!(self.text, "## {title}\n\n");
    }

    pub fn paragraph(&mut self, text: &str) {
        let _ = write!(self.text, "{text}\n\n");
    }

    pub fn table(&mut self, table: &Table) {
        let _ = writeln!(self.text, "{}", table.markdown());
    }

    /// `measured` should not exceed `limit`. It is shown, and nothing fails.
    pub fn target(
        &mut self,
        what: impl Into<String>,
        measured: f64,
        limit: f64,
        unit: &'static str,
    ) {
        self.targets.push(Target {
            what: what.into(),
            limit,
            measured,
            unit,
        });
    }

    /// Everything, the targets first.
    pub fn document(&self, introduction: &str) -> String {
        let mut table = Table::new(&["target", "at most", "measured", ""]);
        for t in &self.targets {
            table.row(vec![
                t.what.clone(),
                format!("{}{}", figure(t.limit), t.unit),
                format!("{}{}", figure(t.measured), t.unit),
                if t.measured <= t.limit {
                    "met"
                } else {
                    "missed"
                }
                .to_owned(),
            ]);
        }
        format!(
            "{introduction}\n\n## Targets\n\n{}\n{}",
            table.markdown(),
            self.text
        )
    }
}

pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(head: &[&str]) -> Table {
        Table::with_head(head.iter().map(|s| (*s).to_owned()).collect())
    }

    pub fn with_head(head: Vec<String>) -> Table {
        Table { rows: vec![head] }
    }

    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    fn markdown(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |c: usize| {
            let cells = self.rows.iter().filter_map(|r| r.get(c));
            cells.map(|s| s.chars().count()).max().unwrap_or(0).max(1)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for (i, row) in self.rows.iter().enumerate() {
            let cell = |(c, &w): (usize, &usize)| {
                let cell = row.get(c).map_or("", String::as_str);
                match c {
                    0 => format!("{cell:<w$}"),
                    _ => format!("{cell:>w$}"),
                }
            };
            let line: Vec<String> = widths.iter().enumerate().map(cell).collect();
            let _ = writeln!(text, "| {} |", line.join(" | "));
            if i == 0 {
                let rule = |(c, &w): (usize, &usize)| match c {
                    0 => "-".repeat(w + 2),
                    _ => format!("{}:", "-".repeat(w + 1)),
                };
                let rules: Vec<String> = widths.iter().enumerate().map(rule).collect();
                let _ = writeln!(text, "|{}|", rules.join("|"));
            }
        }
        text
    }
}

/// Median / 99th percentile.
pub fn samples(samples: &Samples) -> String {
    format!("{} / {}", figure(samples.median()), figure(samples.p99()))
}

/// Three significant digits, more for whole numbers.
pub fn figure(x: f64) -> String {
    match x.abs() {
        _ if x.is_nan() => "–".to_owned(),
        0.0 => "0".to_owned(),
        a if a < 0.0995 => format!("{x:.3}"),
        a if a < 9.995 => format!("{x:.2}"),
        a if a < 99.95 => format!("{x:.1}"),
        _ => thousands(x),
    }
}

/// A whole number with its digits in threes.
fn thousands(x: f64) -> String {
    let digits = format!("{x:.0}");
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        let left = digits.len() - i;
        if i > 0 && left % 3 == 0 && digits.len() > 4 && !text.ends_with('-') {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

pub fn bytes(n: usize) -> String {
    match n {
        n if n >= 1 << 20 && n % (1 << 20) == 0 => format!("{} MiB", n >> 20),
        n if n >= 1 << 10 && n % (1 << 10) == 0 => format!("{} KiB", n >> 10),
        n => format!("{n} B"),
    }
}
