//! Listing keys, and the runs under one.

use super::args::{KindArg, Ls, Sort};
use super::output::{age, age_of, fit, number, size, styled, Output, FAINT, GOOD, HEADING};
use super::{find, Ended, Result};
use serde::Serialize;
use std::cmp::Ordering;
use warmstart::{Durability, Key, Kind, Run, Store};

/// Digits of a key that are shown.
const SHOWN_DIGITS: usize = 12;

/// A line: a key with all its runs, or one run.
#[derive(Serialize)]
struct Line {
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<String>,
    label: Option<String>,
    entries: u64,
    /// The lowest.
    objective: Option<f64>,
    /// Where that was.
    iteration: Option<i64>,
    kind: &'static str,
    /// The newest.
    written_unix_secs: i64,
    last_used_unix_secs: i64,
    payload_bytes: u64,
    pinned: bool,
    durable: bool,
}

pub fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Final => "final",
        Kind::Checkpoint => "checkpoint",
    }
}

/// What a person would call the best of these: the lowest objective, then an answer, then the newest.
fn best(a: &Run, b: &Run) -> Ordering {
    let objective = |r: &Run| r.info.objective.unwrap_or(f64::INFINITY);
    let rank = |r: &Run| (r.info.kind != Kind::Final, -r.info.written_unix_secs);
    objective(a)
        .total_cmp(&objective(b))
        .then_with(|| rank(a).cmp(&rank(b)))
}

impl Line {
    fn of_key(key: Key, runs: &[Run]) -> Option<Line> {
        let first = runs.iter().min_by(|a, b| best(a, b))?;
        let newest = runs.iter().max_by_key(|r| r.info.written_unix_secs)?;
        let has_answer = runs.iter().any(|r| r.info.kind == Kind::Final);
        let used = runs.iter().map(|r| r.last_used_unix_secs).max();
        Some(Line {
            key: key.to_hex(),
            run: None,
            label: newest.label.clone().or_else(|| first.label.clone()),
            entries: runs.len() as u64,
            objective: first.info.objective,
            iteration: first.info.iteration,
            kind: kind(if has_answer {
                Kind::Final
            } else {
                Kind::Checkpoint
            }),
            written_unix_secs: newest.info.written_unix_secs,
            last_used_unix_secs: used.unwrap_or_default(),
            payload_bytes: runs.iter().map(|r| r.info.payload_bytes).sum(),
            pinned: runs.iter().any(|r| r.is_pinned),
            durable: runs.iter().all(|r| r.durability == Durability::Full),
        })
    }

    fn of_run(key: Key, run: &Run) -> Line {
        Line {
            key: key.to_hex(),
            run: Some(run.run_id.clone()),
            label: run.label.clone(),
            entries: 1,
            objective: run.info.objective,
            iteration: run.info.iteration,
            kind: kind(run.info.kind),
            written_unix_secs: run.info.written_unix_secs,
            last_used_unix_secs: run.last_used_unix_secs,
            payload_bytes: run.info.payload_bytes,
            pinned: run.is_pinned,
            durable: run.durability == Durability::Full,
        }
    }

    fn passes(&self, a: &Ls) -> bool {
        let labelled = |wanted: &String| self.label.as_ref().is_some_and(|l| l.contains(wanted));
        let of_kind = |k: KindArg| match k {
            KindArg::Final => self.kind == kind(Kind::Final),
            KindArg::Checkpoint => self.kind == kind(Kind::Checkpoint),
        };
        let age = age_of(self.written_unix_secs);
        a.label.as_ref().map_or(true, labelled)
            && a.kind.map_or(true, of_kind)
            && a.older_than.map_or(true, |limit| age > limit)
            && a.newer_than.map_or(true, |limit| age < limit)
            && a.larger_than
                .map_or(true, |limit| self.payload_bytes >= limit)
    }

    fn text(&self) -> String {
        let flags = match (self.pinned, self.durable) {
            (true, true) => " pinned",
            (true, false) => " pinned, unsynced",
            (false, true) => "",
            (false, false) => " unsynced",
        };
        let name = match &self.run {
            None => format!("{:.SHOWN_DIGITS$} {:>7}", self.key, self.entries),
            Some(run) => format!("{:<44}", fit(run, 44)),
        };
        let iteration = self.iteration.map_or_else(|| "-".into(), |i| i.to_string());
        // Padded first: what styles a text counts as width.
        let kind = format!("{:<10}", self.kind);
        let kind = if self.kind == "final" {
            styled(GOOD, kind)
        } else {
            kind
        };
        let label = fit(self.label.as_deref().unwrap_or(""), 40);
        format!(
            "{name} {:>22} {iteration:>9} {kind} {:>7} {:>7}  {label}{}",
            number(self.objective),
            age(age_of(self.written_unix_secs)),
            size(self.payload_bytes),
            styled(FAINT, flags)
        )
    }
}

fn order(sort: Sort, a: &Line, b: &Line) -> Ordering {
    let objective = |l: &Line| l.objective.unwrap_or(f64::INFINITY);
    match sort {
        Sort::Age => b.written_unix_secs.cmp(&a.written_unix_secs),
        Sort::Size => b.payload_bytes.cmp(&a.payload_bytes),
        Sort::Objective => objective(a).total_cmp(&objective(b)),
        Sort::Entries => b.entries.cmp(&a.entries),
        Sort::Label => a.label.cmp(&b.label),
    }
}

/// Takes lines, and prints them now or, where they are to be sorted, in the end.
struct Printer<'a> {
    asked: &'a Ls,
    out: &'a mut Output,
    heading: String,
    waiting: Vec<Line>,
    printed: usize,
}

impl Printer<'_> {
    fn is_full(&self) -> bool {
        self.asked.limit.is_some_and(|n| self.printed >= n)
    }

    fn take(&mut self, line: Line) -> Result<()> {
        if !line.passes(self.asked) {
            return Ok(());
        }
        if self.asked.sort.is_some() {
            self.waiting.push(line);
            return Ok(());
        }
        self.print(&line)
    }

    fn print(&mut self, line: &Line) -> Result<()> {
        if self.is_full() {
            return Ok(());
        }
        if self.out.json {
            self.out.document(line)?;
        } else {
            if self.printed == 0 {
                self.out.line(styled(HEADING, &self.heading))?;
            }
            self.out.line(line.text())?;
        }
        self.printed += 1;
        if self.printed == 1 {
            // Somebody waits for the first.
            self.out.finish()?;
        }
        Ok(())
    }

    fn end(mut self) -> Result<Ended> {
        if let Some(sort) = self.asked.sort {
            let mut lines = std::mem::take(&mut self.waiting);
            lines.sort_by(|a, b| order(sort, a, b));
            if self.asked.reverse {
                lines.reverse();
            }
            for line in &lines {
                self.print(line)?;
            }
        }
        Ok(if self.printed > 0 {
            Ended::Well
        } else {
            Ended::Badly
        })
    }
}

const COLUMNS: &str = "              OBJECTIVE ITERATION KIND           AGE    SIZE  LABEL";

pub fn run(store: &Store, asked: &Ls, out: &mut Output) -> Result<Ended> {
    let name = match &asked.key {
        None => format!("{:SHOWN_DIGITS$} ENTRIES", "KEY"),
        Some(_) => format!("{:<44}", "RUN"),
    };
    let mut printer = Printer {
        asked,
        out,
        heading: format!("{name}{COLUMNS}"),
        waiting: Vec::new(),
        printed: 0,
    };
    if let Some(text) = &asked.key {
        let key = find::key(store, text)?;
        for run in store.entries(key)? {
            printer.take(Line::of_run(key, &run))?;
        }
        return printer.end();
    }
    for key in store.stream_keys()? {
        let key = key?;
        // One that cannot be read does not hide the others.
        let runs = match store.entries(key) {
            Ok(runs) => runs,
            Err(e) => {
                anstream::eprintln!("warmstart: {e}");
                continue;
            }
        };
        if let Some(line) = Line::of_key(key, &runs) {
            printer.take(line)?;
        }
        if asked.sort.is_none() && printer.is_full() {
            break;
        }
    }
    printer.end()
}
