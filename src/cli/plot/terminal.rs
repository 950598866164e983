//! Curves in dots of Braille, two by four to a character.

use super::super::output::{number, styled, Output, FAINT};
use super::super::Result;
use super::Chart;
use anstyle::{AnsiColor, Style};

const COLUMNS: usize = 72;
const ROWS: usize = 18;
const COLORS: [AnsiColor; 6] = [
    AnsiColor::Cyan,
    AnsiColor::Yellow,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Blue,
    AnsiColor::Red,
];

/// Dots, and whose was drawn last in each character.
struct Canvas {
    dots: Vec<[u8; COLUMNS]>,
    owners: Vec<[Option<usize>; COLUMNS]>,
}

impl Canvas {
    fn new() -> Canvas {
        Canvas {
            dots: vec![[0; COLUMNS]; ROWS],
            owners: vec![[None; COLUMNS]; ROWS],
        }
    }

    /// In dots, from the lower left.
    fn set(&mut self, x: usize, y: usize, owner: usize) {
        // Unicode numbers the dots of a character down its columns, and the lowest row last.
        const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
        let (column, from_top) = (x / 2, (ROWS * 4 - 1).saturating_sub(y));
        if let Some(cell) = self
            .dots
            .get_mut(from_top / 4)
            .and_then(|r| r.get_mut(column))
        {
            *cell |= BITS[x % 2][from_top % 4];
            self.owners[from_top / 4][column] = Some(owner);
        }
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64), owner: usize) {
        let steps = (to.0 - from.0)
            .abs()
            .max((to.1 - from.1).abs())
            .ceil()
            .max(1.0);
        for i in 0..=steps as usize {
            let share = i as f64 / steps;
            let at = |a: f64, b: f64| (a + (b - a) * share).round() as usize;
            self.set(at(from.0, to.0), at(from.1, to.1), owner);
        }
    }

    fn row(&self, row: usize) -> String {
        let cells = self.dots[row].iter().zip(&self.owners[row]);
        let mut text = String::new();
        for (dots, owner) in cells {
            let glyph = char::from_u32(0x2800 + u32::from(*dots)).unwrap_or(' ');
            match owner {
                Some(owner) => text.push_str(&styled(color(*owner), glyph)),
                None => text.push(' '),
            }
        }
        text
    }
}

fn color(owner: usize) -> Style {
    COLORS[owner % COLORS.len()].on_default()
}

pub fn draw(chart: &Chart, out: &mut Output) -> Result<()> {
    let (x, y) = chart.extent();
    let scale = |v: f64| if chart.log { v.log10() } else { v };
    let (low, high) = (scale(y.0), scale(y.1));
    let place = |p: &(f64, f64)| {
        let across = (p.0 - x.0) / (x.1 - x.0) * (COLUMNS * 2 - 1) as f64;
        let up = (scale(p.1) - low) / (high - low) * (ROWS * 4 - 1) as f64;
        (across, up)
    };
    let mut canvas = Canvas::new();
    for (i, series) in chart.series.iter().enumerate() {
        let mut last = None;
        for point in series.points.iter().map(place) {
            canvas.line(last.unwrap_or(point), point, i);
            last = Some(point);
        }
    }
    let label = |v: f64| format!("{:>12}", number(Some(rounded(v))));
    out.line(styled(FAINT, format!("{:>12} {}", "", chart.y)))?;
    for row in 0..ROWS {
        let edge = match row {
            0 => label(y.1),
            r if r + 1 == ROWS => label(y.0),
            _ => " ".repeat(12),
        };
        out.line(format!("{edge} \u{2502}{}", canvas.row(row).trim_end()))?;
    }
    let axis = "\u{2500}".repeat(COLUMNS);
    out.line(format!("{:>12} \u{2514}{axis}", ""))?;
    let (left, right) = (number(Some(rounded(x.0))), number(Some(rounded(x.1))));
    let between = COLUMNS.saturating_sub(left.len() + right.len());
    out.line(format!("{:>14}{left}{:^between$}{right}", "", chart.x))?;
    for (i, series) in chart.series.iter().enumerate() {
        let mark = styled(color(i), "\u{25cf}");
        let last = series.points.last().map(|p| p.1);
        out.line(format!(
            "{:>14}{mark} {}: {}",
            "",
            series.name,
            number(last)
        ))?;
    }
    Ok(())
}

/// Five digits are enough beside an axis.
fn rounded(value: f64) -> f64 {
    format!("{value:.4e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rising_line_goes_from_the_lower_left_to_the_upper_right() {
        let mut canvas = Canvas::new();
        let (right, top) = ((COLUMNS * 2 - 1) as f64, (ROWS * 4 - 1) as f64);
        canvas.line((0.0, 0.0), (right, top), 0);
        assert_eq!(canvas.dots[ROWS - 1][0] & 0x40, 0x40);
        assert_eq!(canvas.dots[0][COLUMNS - 1] & 0x08, 0x08);
        assert_eq!(canvas.dots[0][0], 0);
        let drawn = canvas.dots.iter().flatten().filter(|d| **d != 0).count();
        assert!((COLUMNS..=COLUMNS + ROWS + 2).contains(&drawn), "{drawn}");
    }
}
