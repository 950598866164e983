//! System calls and heap allocations per operation, and where the time of a save goes.

use crate::allocations::{self, Counted};
use crate::child;
use crate::operation::{Operation, Whose};
use crate::replacement::{row, Row};
use crate::report::{self, Report, Table};
use crate::site::{Site, KEY};
use crate::tracer::{self, Call, Calls, Traced};
use crate::{ours, Bench, Result, SIZES};
use std::collections::BTreeSet;
use std::path::Path;
use warmstart::Key;

const SIZE: usize = 4 << 10;

/// What is counted; those of the first part have targets.
const COUNTED: [&str; 14] = [
    "lookup",
    "lookup-c",
    "into",
    "should",
    "queued-loop",
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

/// Every operation, each once per run.
fn operations(site: &Site) -> Result<Vec<Operation<'_>>> {
    let mut every = site.writers()?;
    let mut payload = vec![0; site.size];
    crate::random::Random::new(1).fill(&mut payload);
    every.iter_mut().try_for_each(|o| o.whole(&payload))?;
    // Until lookups are answered from memory.
    std::thread::sleep(std::time::Duration::from_millis(50));
    site.c_store.lookup(KEY, |_| Ok(()))?;
    every.extend(ours::readers(site));
    every.extend(ours::queued(site)?);
    let mut session = site
        .c_store
        .session(Key::from_bytes([20; 32]), true, 3600.0)?;
    session.queue(&payload)?;
    session.flush()?;
    let poll = move |_: &[u8]| {
        session.should_checkpoint(&1.0);
        Ok(())
    };
    let title = "`warm_session_should_checkpoint`";
    every.push(Operation::new(Whose::Ours, "should", title, poll));
    Ok(every)
}

fn find<'a, 'b>(every: &'a mut [Operation<'b>], name: &str) -> Result<&'a mut Operation<'b>> {
    let found = every.iter_mut().find(|o| o.id == name);
    found.ok_or_else(|| format!("there is no operation {name:?}").into())
}

/// In a child that may be traced: performs so many operations of one name between marks.
pub fn perform(name: &str, dir: &Path, size: usize, count: u64) -> Result<()> {
    const WARM_UPS: u64 = 5;
    let site = Site::new(dir, size)?;
    let mut every = operations(&site)?;
    let operation = find(&mut every, name)?;
    let mut random = crate::random::Random::new(1);
    let mut payload = vec![0; size];
    random.fill(&mut payload);
    let writes = !["lookup", "lookup-c", "into"].contains(&name);
    tracer::calibrate();
    for done in 0..WARM_UPS + count {
        if writes {
            random.fill(&mut payload);
        }
        if done < WARM_UPS {
            operation.whole(&payload)?;
            continue;
        }
        tracer::mark();
        (operation.run)(&payload)?;
        tracer::mark();
        operation.after.as_mut().map_or(Ok(()), |after| after())?;
    }
    drop(every);
    site.c_store.flush()
}

fn traced(dir: &Path, name: &str, size: usize, count: u64) -> Result<Traced> {
    let place = dir.join(format!("traced-{name}-{size}"));
    let (size, count) = (size.to_string(), count.to_string());
    let words = ["operations", name, &place.to_string_lossy(), &size, &count];
    let traced = tracer::trace(&mut child::command(&words)?);
    let _ = std::fs::remove_dir_all(place);
    traced
}

fn sum(calls: &Calls) -> u64 {
    calls.values().map(|c| c.count).sum()
}

fn list(calls: &Calls, per: u64) -> String {
    let mut every: Vec<(&u64, &Call)> = calls.iter().collect();
    every.sort_by_key(|(_, c)| std::cmp::Reverse(c.count));
    let one = |(number, call): (&u64, &Call)| {
        let count = call.count as f64 / per as f64;
        // Once in a while is not what an operation does.
        (count >= 0.05).then(|| format!("{} {}", tracer::name(*number), per_operation(count)))
    };
    let text: Vec<String> = every.into_iter().filter_map(one).collect();
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
    operation.whole(payload)?;
    let runs = || (0..RUNS).try_for_each(|_| (operation.run)(payload).map(drop));
    let (done, counted) = allocations::count(runs);
    done?;
    Ok((counted, f64::from(RUNS * operation.calls)))
}

pub fn count(bench: &Bench, dir: &Path, report: &mut Report) -> Result<()> {
    let count = bench.few(200) as u64;
    let site = Site::new(&dir.join("counted"), SIZE)?;
    let mut every = operations(&site)?;
    let payload = vec![3; SIZE];
    let titles = [
        "operation, 4 KiB",
        "allocations by the caller",
        "by other threads",
        "bytes",
        "system calls by the caller",
        "by other threads",
        "which",
    ];
    let mut table = Table::new(&titles);
    let mut failure = None;
    for name in COUNTED {
        let operation = find(&mut every, name)?;
        // Readers are to find what they expect.
        let lookup = ["lookup", "lookup-c", "into"].contains(&name);
        let found = lookup.then(|| {
            let mut bytes = vec![0; SIZE];
            site.c_store.lookup_into(KEY, &mut bytes).map(|()| bytes)
        });
        let payload = found.transpose()?.unwrap_or_else(|| payload.clone());
        let (heap, runs) = allocations_of(operation, &payload)?;
        let others = (heap.calls - heap.calls_here) as f64 / runs;
        let allocations = heap.calls_here as f64 / runs;
        let mut cells = vec![
            operation.title.to_owned(),
            per_operation(allocations),
            per_operation(others),
            report::figure(heap.bytes as f64 / runs),
        ];
        let calls = operation.calls;
        match traced(dir, name, SIZE, count) {
            Ok(traced) => {
                let per = count * u64::from(calls);
                let here = sum(&traced.caller) as f64 / per as f64;
                cells.push(per_operation(here));
                cells.push(per_operation(sum(&traced.others) as f64 / per as f64));
                let mut which = list(&traced.caller, per);
                let elsewhere = list(&traced.others, per);
                if !elsewhere.is_empty() {
                    which = format!("{which}; elsewhere {elsewhere}");
                }
                cells.push(which);
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
    if let Some(e) = failure {
        report.paragraph(&format!("System calls could not be traced here: {e}."));
    }
    drop(every);
    site.c_store.flush()
}

fn targets(report: &mut Report, name: &str, title: &str, allocations: f64, calls: f64) {
    let mut target = |what: &str, measured, limit| {
        report.target(format!("{title}: {what}"), measured, limit, "");
    };
    match name {
        "lookup" | "into" => {
            target("allocations", allocations, 0.0);
            target("system calls", calls, 1.0);
        }
        "lookup-c" => target("system calls", calls, 1.0),
        "queued-loop" => {
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
    let mut every = Vec::new();
    for size in SIZES {
        let count = bench.few(if size > 4 << 20 { 20 } else { 100 }) as u64;
        match traced(dir, "session", size, count) {
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
    let of = |traced: &'_ Traced, caller: bool| -> Calls {
        if caller {
            &traced.caller
        } else {
            &traced.others
        }
        .clone()
    };
    let mut spent = vec![0.0; every.len()];
    for caller in [true, false] {
        let numbers: BTreeSet<u64> = every
            .iter()
            .flat_map(|(t, _)| of(t, caller).into_keys())
            .collect();
        let mut rows: Vec<(f64, Vec<String>)> = Vec::new();
        for number in numbers {
            let thread = if caller { "" } else { ", another thread" };
            let mut cells = vec![format!("`{}`{thread}", tracer::name(number))];
            let mut most: f64 = 0.0;
            for (i, (traced, count)) in every.iter().enumerate() {
                let call = of(traced, caller).get(&number).copied().unwrap_or_default();
                let (times, micros) = (call.count as f64, call.micros / *count as f64);
                let times = times / *count as f64;
                most = most.max(times);
                spent[i] += if caller { micros } else { 0.0 };
                cells.push(match times {
                    t if t < 0.05 => "–".to_owned(),
                    t => format!("{} in {}", report::figure(micros), per_operation(t)),
                });
            }
            if most >= 0.05 {
                rows.push((most, cells));
            }
        }
        rows.into_iter().for_each(|(_, cells)| table.row(cells));
    }
    let whole = row(saves, "session")?;
    let medians = |row: &Row| row.by_size.iter().map(|s| s.median()).collect::<Vec<f64>>();
    let mut line = |title: &str, figures: Vec<f64>| {
        let mut cells = vec![title.to_owned()];
        cells.extend(figures.into_iter().map(report::figure));
        table.row(cells);
    };
    line("all system calls of the caller", spent.clone());
    line("SHA-256 alone", medians(row(saves, "sha256")?));
    line(
        "overwrite + fdatasync alone",
        medians(row(saves, "overwrite")?),
    );
    line("**the whole, untraced median**", medians(whole));
    let rest = medians(whole).into_iter().zip(&spent).map(|(w, s)| w - s);
    line("the whole less the caller's system calls", rest.collect());
    report.heading("Where the time of a durable save goes");
    report.paragraph(
        "Microseconds per save in each system call, and the number of such calls: mean, less what \
         tracing an empty call costs. Traced, while no other process of this run writes. The whole \
         is the median of the first table; what the hash takes beside the calls is in the last line.",
    );
    report.table(&table);
    Ok(())
}
