//! The sessions that are running, once or again and again.

use super::args::Top;
use super::output::{age, age_of, fit, number, styled, Output, BAD, HEADING};
use super::{Ended, Result};
use serde::Serialize;
use std::env;
use std::thread::sleep;
use std::time::Duration;
use terminal_size::{terminal_size, Height, Width};
use warmstart::{LiveSession, Store};

/// Where a terminal does not say.
const ROWS: usize = 24;
const COLUMNS: usize = 160;
/// Moves to the upper left; the first time, clears the screen.
const CLEAR: &[u8] = b"\x1b[H\x1b[2J";
const HOME: &[u8] = b"\x1b[H";
const CLEAR_LINE: &[u8] = b"\x1b[K";
const CLEAR_BELOW: &[u8] = b"\x1b[J";

#[derive(Serialize)]
struct Document<'a> {
    key: String,
    run: &'a str,
    label: Option<&'a str>,
    host: &'a str,
    process_id: u32,
    opened_unix_seconds: f64,
    reported_unix_seconds: f64,
    iteration: Option<u64>,
    iterations_per_second: Option<f64>,
    objective: Option<f64>,
    /// As of the report.
    elapsed_seconds: f64,
    /// As of now.
    durable_age_seconds: Option<f64>,
    overhead: Option<f64>,
    write_seconds: Option<f64>,
    next_due_seconds: Option<f64>,
    writes: u64,
    failed: u64,
    throttled: u64,
    waiting: u64,
}

/// Since then; no clock of another host makes it negative.
fn since(unix_seconds: f64) -> f64 {
    let whole = unix_seconds.floor();
    (age_of(whole as i64) - (unix_seconds - whole)).max(0.0)
}

/// The share of the session's time that its fit waited for checkpoints.
fn overhead(s: &LiveSession) -> Option<f64> {
    let elapsed = s.progress.elapsed_seconds;
    (elapsed > 0.0).then(|| (s.progress.blocked_seconds / elapsed).min(1.0))
}

fn durable_age(s: &LiveSession) -> Option<f64> {
    let then = s.progress.durable_age_seconds?;
    Some(then + since(s.reported_unix_seconds))
}

fn document(s: &LiveSession) -> Document<'_> {
    let p = &s.progress;
    Document {
        key: s.key.to_hex(),
        run: &s.run_id,
        label: s.label.as_deref(),
        host: &s.host,
        process_id: s.process_id,
        opened_unix_seconds: s.opened_unix_seconds,
        reported_unix_seconds: s.reported_unix_seconds,
        iteration: p.iteration,
        iterations_per_second: p.iterations_per_second,
        objective: p.best_objective,
        elapsed_seconds: p.elapsed_seconds,
        durable_age_seconds: durable_age(s),
        overhead: overhead(s),
        write_seconds: p.write_seconds,
        next_due_seconds: p.next_due_seconds,
        writes: p.writes,
        failed: p.failed,
        throttled: p.throttled,
        waiting: p.waiting,
    }
}

/// Three significant digits.
fn rate(value: Option<f64>) -> String {
    match value {
        None => "-".into(),
        Some(v) if v >= 1e6 => format!("{v:.1e}"),
        Some(v) if v >= 99.95 => format!("{v:.0}"),
        Some(v) if v >= 9.995 => format!("{v:.1}"),
        Some(v) if v >= 0.01 => format!("{v:.2}"),
        Some(v) => format!("{v:.1e}"),
    }
}

fn heading() -> String {
    format!(
        "{:12} {:>10} {:>8} {:>22} {:>8} {:>8} {:>8} {:>8}  {:20} LABEL",
        "KEY",
        "ITERATION",
        "RATE",
        "OBJECTIVE",
        "DURABLE",
        "OVERHEAD",
        "WRITES",
        "REPORTED",
        "PROCESS"
    )
}

fn row(s: &LiveSession) -> String {
    let p = &s.progress;
    let dash = || "-".to_owned();
    let writes = if p.failed > 0 {
        format!("{}!{}", p.writes, p.failed)
    } else {
        p.writes.to_string()
    };
    let process = format!("{}:{}", fit(&s.host, 13), s.process_id);
    format!(
        "{:.12} {:>10} {:>8} {:>22} {:>8} {:>8} {:>8} {:>8}  {:20} {}",
        s.key.to_hex(),
        p.iteration.map_or_else(dash, |i| i.to_string()),
        rate(p.iterations_per_second),
        number(p.best_objective),
        durable_age(s).map_or_else(dash, age),
        overhead(s).map_or_else(dash, |o| format!("{:.2} %", o * 100.0)),
        writes,
        age(since(s.reported_unix_seconds)),
        process,
        fit(s.label.as_deref().unwrap_or(""), 40)
    )
}

/// A line and whether something in it is wrong; at most `rows` of `columns` characters.
fn table(sessions: &[LiveSession], rows: usize, columns: usize) -> Vec<(String, bool)> {
    let room = rows.saturating_sub(2).max(1);
    let mut lines: Vec<(String, bool)> = sessions
        .iter()
        .take(room)
        .map(|s| (fit(&row(s), columns), s.progress.failed > 0))
        .collect();
    if let Some(more) = sessions.len().checked_sub(room).filter(|n| *n > 0) {
        if let Some(last) = lines.last_mut() {
            *last = (format!("... and {} more", more + 1), false);
        }
    }
    lines
}

/// Prints all there are; on a terminal that is looked at again and again, over what was there.
fn print(
    store: &Store,
    sessions: &[LiveSession],
    screen: Option<&[u8]>,
    out: &mut Output,
) -> Result<()> {
    if out.json {
        return sessions.iter().try_for_each(|s| out.document(&document(s)));
    }
    let (rows, columns) = match (screen, terminal_size()) {
        (Some(_), Some((Width(columns), Height(rows)))) => (rows.into(), columns.into()),
        (Some(_), None) => (ROWS, COLUMNS),
        (None, _) => (usize::MAX, usize::MAX),
    };
    let end_line = |out: &mut Output| match screen {
        Some(_) => out.bytes(CLEAR_LINE),
        None => Ok(()),
    };
    if let Some(begin) = screen {
        out.bytes(begin)?;
    }
    if sessions.is_empty() {
        let root = store.root().display();
        end_line(out)?;
        out.line(fit(&format!("no session is running in {root}"), columns))?;
    } else {
        end_line(out)?;
        out.line(styled(HEADING, fit(&heading(), columns)))?;
    }
    for (line, is_bad) in table(sessions, rows, columns) {
        end_line(out)?;
        out.line(if is_bad { styled(BAD, line) } else { line })?;
    }
    if screen.is_some() {
        out.bytes(CLEAR_BELOW)?;
    }
    Ok(())
}

pub fn run(store: &Store, asked: &Top, out: &mut Output) -> Result<Ended> {
    if asked.once {
        let sessions = store.sessions()?;
        if sessions.is_empty() {
            let root = store.root().display();
            anstream::eprintln!("warmstart: no session is running in {root}");
            return Ok(Ended::Badly);
        }
        print(store, &sessions, None, out)?;
        return Ok(Ended::Well);
    }
    let is_dumb = env::var_os("TERM").map_or(true, |t| t.is_empty() || t == "dumb");
    let has_screen = out.is_terminal && !out.json && !is_dumb;
    let mut begin = CLEAR;
    loop {
        print(store, &store.sessions()?, has_screen.then_some(begin), out)?;
        out.finish()?;
        begin = HOME;
        sleep(Duration::from_secs_f64(asked.interval));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_three_digits() {
        for (value, text) in [
            (0.000_123, "1.2e-4"),
            (0.0123, "0.01"),
            (1.0, "1.00"),
            (9.999, "10.0"),
            (99.97, "100"),
            (123_456.0, "123456"),
            (1.5e7, "1.5e7"),
        ] {
            assert_eq!(rate(Some(value)), text);
        }
        assert_eq!(rate(None), "-");
    }
}
