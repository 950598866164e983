//! System calls and heap allocations per operation, and where the time of a save goes.

use crate::allocations::{self, Counted};
use crate::child;
use crate::measure::{self, Samples, Settler};
use crate::operation::{Operation, Whose};
use crate::random::Random;
use crate::replacement::{row, Row};
use crate::report::{self, Report, Table};
use crate::site::{check, Site, KEY};
use crate::tracer::{self, Call, Calls, Traced};
use crate::{ours, Bench, Result, SIZES};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use warmstart::{Key, Lookup, Store, StoreOptions};

const SIZE: usize = 4 << 10;

/// What is counted; those of the first part have targets.
const COUNTED: [&str; 17] = [
    "lookup",
    "lookup-c",
    "into",
    "lookup-disk",
    "should",
    "queued-loop",
    "queued-sleep",
    "queued-idle",
    "session",
    "save",
    "background",
    "process",
    "sqlite-full",
    "lmdb",
    "redb",
    "durable-file",
    "overwrite",
];

/// Readers, which are handed what they have to find.
const READERS: [&str; 4] = ["lookup", "lookup-c", "into", "lookup-disk"];

/// Every operation, with something to be read.
fn operations(site: &Site) -> Result<Vec<Operation<'_>>> {
    let mut every = site.writers()?;
    let payload = stored(site.size);
    find(&mut every, "save")?.whole(&payload)?;
    // Until lookups are answered from memory.
    std::thread::sleep(Duration::from_millis(50));
    site.c_store.lookup(KEY, |_| Ok(()))?;
    every.extend(ours::readers(site));
    every.extend(ours::queued(site)?);
    let mut session = site
        .c_store
        .session(Key::from_bytes([20; 32]), false, 3600.0)?;
    session.checkpoint(&payload)?;
    let poll = move |_: &[u8]| {
        session.should_checkpoint(&1.0);
        Ok(())
    };
    let title = "`warm_session_should_checkpoint`";
    every.push(Operation::new(Whose::Ours, "should", title, poll));
    let mut options = StoreOptions::new();
    options.memory_budget(0)?;
    let forgetful = Store::open(Some(&site.places.store()), &options)?;
    let read = move |expected: &[u8]| {
        let found = forgetful.lookup(KEY, Lookup::Best)?;
        check(found.as_ref().map(|e| e.payload()), expected)
    };
    let title = "`Store::lookup`, nothing kept in memory";
    every.push(Operation::new(Whose::Ours, "lookup-disk", title, read));
    Ok(every)
}

/// What readers find.
fn stored(size: usize) -> Vec<u8> {
    let mut payload = vec![0; size];
    Random::new(1).fill(&mut payload);
    payload
}

fn find<'a, 'b>(every: &'a mut [Operation<'b>], name: &str) -> Result<&'a mut Operation<'b>> {
    let found = every.iter_mut().find(|o| o.id == name);
    found.ok_or_else(|| format!("there is no operation {name:?}").into())
}

/// In a child that may be traced: performs so many operations of one name between marks, and
/// answers the median of what they took, in microseconds.
pub fn perform(name: &str, dir: &Path, size: usize, count: u64) -> Result<f64> {
    const WARM_UPS: u64 = 8;
    let site = Site::new(dir, size)?;
    let mut every = operations(&site)?;
    let operation = find(&mut every, name)?;
    let mut random = Random::new(2);
    let mut payload = stored(size);
    let mut micros = Vec::new();
    // Nor does what setting up left delay anything.
    Settler::new(dir)?.settle(true)?;
    tracer::calibrate();
    for done in 0..WARM_UPS + count {
        if !READERS.contains(&name) {
            random.fill(&mut payload);
        }
        if done < WARM_UPS {
            operation.whole(&payload)?;
            continue;
        }
        tracer::mark();
        let (_, took) = measure::time(|| (operation.run)(&payload))?;
        tracer::mark();
        micros.push(took / f64::from(operation.calls));
        operation.after.as_mut().map_or(Ok(()), |after| after())?;
    }
    drop(every);
    site.c_store.flush()?;
    Ok(Samples::new(micros).median())
}

fn words(dir: &Path, name: &str, size: usize, count: u64) -> (PathBuf, [String; 5]) {
    let place = dir.join(format!("performed-{name}-{size}"));
    let path = place.to_string_lossy().into_owned();
    let words = ["operations".to_owned(), name.to_owned(), path];
    let [role, name, path] = words;
    (
        place,
        [role, name, path, size.to_string(), count.to_string()],
    )
}

fn traced(dir: &Path, name: &str, size: usize, count: u64) -> Result<Traced> {
    let (place, words) = words(dir, name, size, count);
    let mut command = child::command(&words.each_ref().map(String::as_str))?;
    let traced = tracer::trace(command.stdout(Stdio::null()));
    let _ = std::fs::remove_dir_all(place);
    traced
}

fn untraced(dir: &Path, name: &str, size: usize, count: u64) -> Result<f64> {
    let (place, words) = words(dir, name, size, count);
    let said = child::ask(&words.each_ref().map(String::as_str));
    let _ = std::fs::remove_dir_all(place);
    child::number(&said?, 0)
}

fn sum(calls: &Calls) -> u64 {
    calls.values().map(|c| c.count).sum()
}

const NONE: &str = "none";

fn list(calls: &Calls, per: u64) -> String {
    let mut every: Vec<(&u64, &Call)> = calls.iter().collect();
    every.sort_by_key(|(_, c)| std::cmp::Reverse(c.count));
    let one = |(number, call): (&u64, &Call)| {
        let count = call.count as f64 / per as f64;
        // Once in a while is not what an operation does.
        (count >= 0.05).then(|| format!("{} {}", tracer::name(*number), per_operation(count)))
    };
    let text: Vec<String> = every.into_iter().filter_map(one).collect();
    if text.is_empty() {
        return NONE.to_owned();
    }
    text.join(", ")
}

fn per_operation(count: f64) -> String {
    if (count - count.round()).abs() < 0.05 {
        format!("{count:.0}")
    } else {
        format!("{count:.1}")
    }
}

fn allocations_of(operation: &mut Operation<'_>, payload: &[u8]) -> Result<(Counted, f64)> {
    const RUNS: u32 = 16;
    // Until what is kept for the next is there: with time for other threads in between, and without.
    for _ in 0..4 {
        (0..RUNS).try_for_each(|_| operation.whole(payload))?;
        (0..RUNS).try_for_each(|_| (operation.run)(payload).map(drop))?;
    }
    let runs = || (0..RUNS).try_for_each(|_| (operation.run)(payload).map(drop));
    let (done, counted) = allocations::count(runs);
    done?;
    Ok((counted, f64::from(RUNS * operation.calls)))
}

pub fn count(bench: &Bench, dir: &Path, report: &mut Report) -> Result<()> {
    let count = bench.few(200) as u64;
    let site = Site::new(&dir.join("counted"), SIZE)?;
    let mut every = operations(&site)?;
    let titles = [
        "operation, 4 KiB",
        "allocations by the caller",
        "by other threads",
        "bytes",
        "system calls by the caller",
        "by other threads",
    ];
    let mut table = Table::new(&titles);
    let (mut which, mut failure) = (String::new(), None);
    for name in COUNTED {
        let operation = find(&mut every, name)?;
        let (heap, runs) = allocations_of(operation, &stored(SIZE))?;
        site.c_store.flush()?;
        let allocations = heap.calls_here as f64 / runs;
        let mut cells = vec![
            operation.title.to_owned(),
            per_operation(allocations),
            per_operation((heap.calls - heap.calls_here) as f64 / runs),
            report::figure((heap.bytes as f64 / runs).round()),
        ];
        match traced(dir, name, SIZE, count) {
            Ok(traced) => {
                let per = count * u64::from(operation.calls);
                let [here, elsewhere] =
                    [&traced.caller, &traced.others].map(|c| sum(c) as f64 / per as f64);
                cells.extend([here, elsewhere].map(per_operation));
                which += &format!("- {}: {}", operation.title, list(&traced.caller, per));
                let others = list(&traced.others, per);
                if others != NONE {
                    which += &format!("; by other threads: {others}");
                }
                which += "\n";
                targets(report, name, operation.title, allocations, here);
            }
            Err(e) => failure = Some(e.to_string()),
        }
        table.row(cells);
    }
    report.heading("System calls and heap allocations");
    report.paragraph(
        "Per operation. The heap is Rust's: what LMDB and SQLite allocate in C is not seen.",
    );
    report.table(&table);
    match failure {
        None => report.paragraph(&format!("Which calls:\n\n{}", which.trim_end())),
        Some(e) => report.paragraph(&format!("System calls could not be traced here: {e}.")),
    }
    drop(every);
    site.c_store.flush()
}

fn targets(report: &mut Report, name: &str, title: &str, allocations: f64, calls: f64) {
    let mut target = |what: &str, measured, limit| {
        report.target(format!("{title}: {what}"), measured, limit, "");
    };
    match name {
        "lookup" | "lookup-c" | "into" => {
            target("allocations", allocations, 0.0);
            target("system calls", calls, 1.0);
        }
        "queued-loop" | "queued-sleep" | "queued-idle" => {
            target("allocations by the caller", allocations, 0.0);
            target("system calls by the caller (one wake-up)", calls, 1.0);
        }
        "should" => {
            target("allocations", allocations, 0.0);
            target("system calls", calls, 0.0);
        }
        _ => {}
    }
}

/// Where the time of a session's durable checkpoint goes.
pub fn break_down(bench: &Bench, dir: &Path, saves: &[Row], report: &mut Report) -> Result<()> {
    report.heading("Where the time of a durable save goes");
    let (mut every, mut wholes) = (Vec::new(), Vec::new());
    for size in SIZES {
        let count = bench.few(if size > 4 << 20 { 30 } else { 200 }) as u64;
        let before = untraced(dir, "session", size, count)?;
        let traced = traced(dir, "session", size, count);
        wholes.push(untraced(dir, "session", size, count)?.min(before));
        match traced {
            Ok(traced) => every.push((traced, count)),
            Err(e) => {
                report.paragraph(&format!("Saves could not be traced here: {e}."));
                return Ok(());
            }
        }
    }
    let mut head = crate::replacement::size_head("of a session's checkpoint, FULL");
    head[0] += ": µs";
    let mut table = Table::with_head(head);
    let mut spent = vec![0.0; every.len()];
    let callers = |t: &Traced| t.caller.clone();
    for (_, cells, micros) in calls_by_size(&every, callers, "") {
        for (sum, micros) in spent.iter_mut().zip(micros) {
            *sum += micros;
        }
        table.row(cells);
    }
    let others = |t: &Traced| t.others.clone();
    for (_, cells, _) in calls_by_size(&every, others, ", another thread") {
        table.row(cells);
    }
    let medians = |row: &Row| {
        row.by_size
            .iter()
            .map(Samples::median)
            .collect::<Vec<f64>>()
    };
    let mut line = |title: &str, figures: Vec<f64>| {
        let mut cells = vec![title.to_owned()];
        cells.extend(figures.into_iter().map(report::figure));
        table.row(cells);
    };
    let rest = wholes.iter().zip(&spent).map(|(w, s)| w - s).collect();
    line("**the whole, alone and not traced**", wholes);
    line("the caller's system calls", spent);
    line("the whole less these: hashing and all else", rest);
    line("_SHA-256 alone_", medians(row(saves, "sha256")?));
    let overwrite = medians(row(saves, "overwrite")?);
    line("_overwrite in place + fdatasync alone_", overwrite);
    report.paragraph(
        "Microseconds of each kind of system call in one save, and the number of such calls: medians, \
         less what tracing an empty call costs, while nothing else of this run writes. The whole is \
         the better of two processes of their own. What is hashed beside a call is in that call's time.",
    );
    report.table(&table);
    Ok(())
}

/// A row for each kind of call that is made at all, the dearest first: its cells, and the
/// microseconds by size.
fn calls_by_size(
    every: &[(Traced, u64)],
    side: impl Fn(&Traced) -> Calls,
    whose: &str,
) -> Vec<(f64, Vec<String>, Vec<f64>)> {
    let calls: Vec<(Calls, u64)> = every.iter().map(|(t, n)| (side(t), *n)).collect();
    let numbers: BTreeSet<u64> = calls.iter().flat_map(|(c, _)| c.keys().copied()).collect();
    let mut rows = Vec::new();
    for number in numbers {
        let mut cells = vec![format!("`{}`{whose}", tracer::name(number))];
        let mut micros = Vec::new();
        let mut is_regular = false;
        for (calls, count) in &calls {
            let call = calls.get(&number).cloned().unwrap_or_default();
            let times = call.count as f64 / *count as f64;
            let median = call.median(*count);
            micros.push(median);
            is_regular |= times >= 0.5;
            cells.push(match times {
                t if t < 0.05 => "–".to_owned(),
                t => format!("{} in {}", report::figure(median), per_operation(t)),
            });
        }
        if is_regular {
            rows.push((micros[0], cells, micros));
        }
    }
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    rows
}
