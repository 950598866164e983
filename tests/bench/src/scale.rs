//! The same operations with a hundred keys and with a hundred thousand, and with as many runs under
//! one key.

use crate::allocations;
use crate::child;
use crate::measure::{self, Effort, Payloads, Samples, Settler};
use crate::operation::{Operation, Whose};
use crate::plot::{Curve, Panel, Style};
use crate::random::Random;
use crate::report::{self, Report, Table};
use crate::rivals::Sqlite;
use crate::{Bench, Result};
use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use warmstart::{Durability, Key, Kind, Lookup, Store, StoreOptions};

const SIZE: usize = 1 << 10;
const RUN_ID: &str = "bench";
/// Keys whose slots are replaced.
const FEW: usize = 4;

/// What is done to each store, and its rival.
const ROWS: [(&str, &str); 6] = [
    ("save", "save: replace one of four slots, FULL"),
    ("new", "save under a new key, FULL"),
    ("read", "lookup from the disk"),
    ("hot", "lookup again"),
    ("sqlite-save", "SQLite WAL FULL, replace one of four"),
    ("sqlite-read", "SQLite, read"),
];

fn key(n: usize) -> Key {
    let mut bytes = [0; 32];
    Random::new(n as u64).fill(&mut bytes);
    Key::from_bytes(bytes)
}

fn options(durability: Durability, memory: Option<i64>) -> Result<StoreOptions> {
    let mut options = StoreOptions::new();
    options
        .durability(durability)
        .size_budget(0)?
        .file_budget(0)?;
    if let Some(bytes) = memory {
        options.memory_budget(bytes)?;
    }
    Ok(options)
}

fn open(dir: &Path, durability: Durability, memory: Option<i64>) -> Result<Store> {
    Ok(Store::open(Some(dir), &options(durability, memory)?)?)
}

fn save(store: &Store, key: Key, run_id: &str, payload: &[u8], n: usize) -> Result<()> {
    let objective = Some(-(n as f64));
    store.save_slot(key, run_id, payload, objective, None, Kind::Checkpoint)?;
    Ok(())
}

/// One entry under each of so many keys.
fn fill(dir: &Path, keys: usize) -> Result<()> {
    let store = open(dir, Durability::Process, Some(0))?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let some = |first: usize| {
        let mut payload = vec![0; SIZE];
        (first..keys).step_by(threads).try_for_each(|n| {
            Random::new(n as u64).fill(&mut payload);
            save(&store, key(n), RUN_ID, &payload, 0).map_err(|e| e.to_string())
        })
    };
    std::thread::scope(|scope| {
        let every: Vec<_> = (0..threads)
            .map(|first| scope.spawn(move || some(first)))
            .collect();
        every.into_iter().try_for_each(|thread| {
            let done = thread.join().map_err(|_| "a filling thread panicked")?;
            Ok(done?)
        })
    })
}

fn fill_sqlite(path: &Path, keys: usize) -> Result<Sqlite> {
    let database = Sqlite::open(path, "FULL")?;
    let mut payload = vec![0; SIZE];
    database.0.execute_batch("BEGIN")?;
    {
        let mut upsert = database.upserting()?;
        for n in 0..keys {
            Random::new(n as u64).fill(&mut payload);
            upsert(key(n).as_bytes(), &payload)?;
        }
    }
    database.0.execute_batch("COMMIT")?;
    database.checkpoint()?;
    Ok(database)
}

/// A store of so many keys and its rival.
struct Level {
    keys: usize,
    root: PathBuf,
    full: Store,
    /// Keeps nothing in memory.
    forgetful: Store,
    sqlite: Sqlite,
}

impl Level {
    fn new(dir: &Path, keys: usize) -> Result<Level> {
        let root = dir.join(format!("keys-{keys}"));
        fill(&root, keys)?;
        Ok(Level {
            keys,
            full: open(&root, Durability::Full, None)?,
            forgetful: open(&root, Durability::Full, Some(0))?,
            sqlite: fill_sqlite(&dir.join(format!("sqlite-{keys}")), keys)?,
            root,
        })
    }

    /// In the order of [`ROWS`].
    fn operations(&self) -> Result<Vec<Operation<'_>>> {
        let picks = || {
            let mut random = Random::new(self.keys as u64);
            move || key(random.below(self.keys))
        };
        // A fit replaces its own slot over and over.
        let same_few = || {
            let mut random = Random::new(self.keys as u64);
            move || key(random.below(FEW) * (self.keys / FEW))
        };
        let (mut pick, mut saves) = (same_few(), 0);
        let replace = move |payload: &[u8]| {
            saves += 1;
            save(&self.full, pick(), RUN_ID, payload, saves)
        };
        let added = Rc::new(Cell::new(1 << 40));
        let adding = Rc::clone(&added);
        let add = move |payload: &[u8]| {
            adding.set(adding.get() + 1);
            save(&self.full, key(adding.get()), RUN_ID, payload, 0)
        };
        let remove = move || {
            self.full.remove(key(added.get()))?;
            Ok(())
        };
        let found = |store: &Store, key| match store.lookup(key, Lookup::Best)? {
            Some(entry) if entry.payload().len() == SIZE => Ok(()),
            _ => Err("nothing was found".into()),
        };
        let mut pick = picks();
        let read = move |_: &[u8]| found(&self.forgetful, pick());
        let hot = move |_: &[u8]| found(&self.full, key(self.keys / 2));
        let (mut pick, mut upsert) = (same_few(), self.sqlite.upserting()?);
        let upsert = move |payload: &[u8]| upsert(pick().as_bytes(), payload);
        let (mut pick, mut select) = (picks(), self.sqlite.reading()?);
        let select = move |_: &[u8]| select(pick().as_bytes()).map(drop);
        let (_, hot_title) = ROWS[3];
        let [ours, rivals] = [Whose::Ours, Whose::Rivals];
        Ok(vec![
            Operation::new(ours, ROWS[0].0, ROWS[0].1, replace),
            Operation::new(ours, ROWS[1].0, ROWS[1].1, add).followed_by(remove),
            Operation::new(ours, ROWS[2].0, ROWS[2].1, read),
            Operation::batch(Whose::Ours, "hot", hot_title, 64, hot),
            Operation::new(rivals, ROWS[4].0, ROWS[4].1, upsert),
            Operation::new(rivals, ROWS[5].0, ROWS[5].1, select),
        ])
    }
}

/// Medians by number of keys, in the order of [`ROWS`].
pub struct Medians {
    keys: Vec<usize>,
    rows: Vec<Vec<f64>>,
}

pub fn measure(bench: &mut Bench, dir: &Path, report: &mut Report) -> Result<Medians> {
    let keys = bench.scale();
    let mut levels = Vec::new();
    for &keys in &keys {
        eprintln!("bench: {keys} keys ...");
        levels.push(Level::new(dir, keys)?);
    }
    let mut settler = Settler::new(dir)?;
    // What filling left is written back now.
    settler.settle(true)?;
    let mut operations = Vec::new();
    for level in &levels {
        operations.extend(level.operations()?);
    }
    let mut payload = vec![0; SIZE];
    let timed = measure::rounds(
        &mut operations,
        Effort {
            in_a_row: 2,
            ..bench.effort(2.0)
        },
        &mut payload,
        Payloads::Fresh,
        &mut bench.random,
        Some(&mut settler),
    )?;
    drop(operations);
    let by_row = |row: usize| timed.iter().skip(row).step_by(ROWS.len()).map(|t| &t.whole);

    report.heading("Scale");
    report.paragraph(
        "One entry of 1 KiB under each of so many keys: microseconds, median / 99th percentile. All \
         stores are measured in the same rounds.",
    );
    let mut head = vec!["keys".to_owned()];
    head.extend(keys.iter().map(|n| report::figure(*n as f64)));
    let mut table = Table::with_head(head.clone());
    for (row, (_, title)) in ROWS.iter().enumerate() {
        let mut cells = vec![(*title).to_owned()];
        cells.extend(by_row(row).map(report::samples));
        table.row(cells);
    }
    let medians = Medians {
        rows: (0..ROWS.len())
            .map(|row| by_row(row).map(Samples::median).collect())
            .collect(),
        keys: keys.clone(),
    };
    let most = keys.last().copied().unwrap_or_default();
    for ((_, title), row) in ROWS[..4].iter().zip(&medians.rows) {
        if let [first, .., last] = row[..] {
            let what = format!("{title}: with {most} keys, times that with 100");
            report.target(what, last / first, 1.2, "");
        }
    }
    whole_store(bench, &levels, &mut table)?;
    memory(&levels, &mut table)?;
    report.table(&table);
    report.paragraph(NOTES);
    drop(levels);
    runs(bench, dir, report)?;
    Ok(medians)
}

/// Opening and sweeping.
fn whole_store(bench: &Bench, levels: &[Level], table: &mut Table) -> Result<()> {
    let mut opens = vec!["opening the store".to_owned()];
    let mut sweeps = vec!["a sweep, ms".to_owned()];
    let mut per_entry = vec!["a sweep, µs per entry".to_owned()];
    let mut peaks = vec!["a sweep's peak memory beyond the process, MiB".to_owned()];
    for level in levels {
        let opened = measure::alone(bench.effort(0.1), || {
            let open = || open(&level.root, Durability::Full, None);
            measure::time(open).map(|(_, micros)| micros)
        })?;
        opens.push(report::samples(&opened));
        let words = child::ask(&["sweep", &level.root.to_string_lossy()])?;
        let micros = child::number(&words, 0)?;
        sweeps.push(report::figure(micros / 1e3));
        per_entry.push(report::figure(micros / level.keys as f64));
        peaks.push(report::figure(child::number(&words, 1)? / 1024.0));
    }
    for row in [opens, sweeps, per_entry, peaks] {
        table.row(row);
    }
    Ok(())
}

/// In a child: microseconds of a sweep, and KiB by which it raised the process's peak of resident
/// memory.
pub fn sweep(dir: &Path) -> Result<String> {
    let store = open(dir, Durability::Full, None)?;
    let before = resident_peak()?;
    let ((), micros) = measure::time(|| Ok(store.sweep()?))?;
    Ok(format!("{micros} {}", resident_peak()? - before))
}

fn resident_peak() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"));
    let word = line.and_then(|l| l.split_whitespace().nth(1));
    Ok(word
        .ok_or("the system does not tell a process's peak")?
        .parse()?)
}

/// What a handle keeps on the heap for each entry that it has met; answers the most for what it may
/// answer from memory.
fn memory(levels: &[Level], table: &mut Table) -> Result<()> {
    const WAYS: [(&str, &str); 3] = [
        (
            "tier",
            "heap per entry whose payload is kept, beyond that, B",
        ),
        ("no-tier", "the same with no memory for payloads, B"),
        ("saved", "heap per entry saved, B"),
    ];
    for (how, title) in WAYS {
        let mut cells = vec![title.to_owned()];
        for level in levels {
            let (root, keys) = (level.root.to_string_lossy(), level.keys.to_string());
            let words = child::ask(&["known", how, &root, &keys])?;
            cells.push(report::figure(child::number(&words, 0)?));
        }
        table.row(cells);
    }
    Ok(())
}

/// In a child: heap bytes kept per entry.
pub fn known(how: &str, dir: &Path, keys: usize) -> Result<f64> {
    /// Enough to divide by.
    const MOST_SAVED: usize = 2_000;
    let (keys, memory) = match how {
        "tier" => (keys, Some(1 << 30)),
        "no-tier" => (keys, Some(0)),
        "saved" => (keys.min(MOST_SAVED), Some(0)),
        _ => return Err(format!("there is no way {how:?} to know an entry").into()),
    };
    let store = open(dir, Durability::Process, memory)?;
    let payload = vec![1; SIZE];
    let all = || -> Result<()> {
        for n in 0..keys {
            if how == "saved" {
                save(&store, key(n), RUN_ID, &payload, n)?;
            } else {
                store
                    .lookup(key(n), Lookup::Best)?
                    .ok_or("nothing was found")?;
            }
        }
        Ok(())
    };
    let (done, counted) = allocations::count(all);
    done?;
    let held = if how == "tier" { SIZE } else { 0 };
    Ok(counted.kept as f64 / keys as f64 - held as f64)
}

/// Many runs under one key.
fn runs(bench: &mut Bench, dir: &Path, report: &mut Report) -> Result<()> {
    let many: Vec<usize> = bench.scale().into_iter().filter(|n| *n <= 10_000).collect();
    let mut head = vec!["runs under one key".to_owned()];
    head.extend(many.iter().map(|n| report::figure(*n as f64)));
    let mut table = Table::with_head(head);
    let mut rows = [
        vec!["lookup after the same process replaced one".to_owned()],
        vec!["lookup after the same process added one".to_owned()],
        vec!["lookup again".to_owned()],
        vec!["first lookup of a fresh handle".to_owned()],
    ];
    let mut known = vec!["heap per run that a handle knows, B".to_owned()];
    let mut most_known: f64 = 0.0;
    let mut after_a_change = Vec::new();
    for runs in many {
        eprintln!("bench: {runs} runs under one key ...");
        let root = dir.join(format!("runs-{runs}"));
        let store = open(&root, Durability::Process, None)?;
        let payload = vec![7; SIZE];
        for n in 0..runs {
            save(&store, key(0), &format!("run-{n}"), &payload, n)?;
        }
        let saves = RefCell::new(runs);
        let look = |store: &Store| match store.lookup(key(0), Lookup::Best)? {
            Some(_) => Ok(()),
            None => Err("nothing was found".into()),
        };
        let after = |same: bool| {
            let mut n = saves.borrow_mut();
            *n += 1;
            let run_id = if same {
                "run-0".to_owned()
            } else {
                format!("run-{n}")
            };
            save(&store, key(0), &run_id, &payload, *n)
        };
        let effort = Effort {
            fewest: bench.few(5),
            warm_ups: 1,
            ..bench.effort(0.2)
        };
        let timed = [
            measure::alone(effort, || {
                after(true)?;
                measure::time(|| look(&store)).map(|t| t.1)
            })?,
            measure::alone(effort, || {
                after(false)?;
                measure::time(|| look(&store)).map(|t| t.1)
            })?,
            {
                // Until the directory's stamps tell that nothing changed since it was read.
                std::thread::sleep(std::time::Duration::from_millis(50));
                measure::alone(effort, || measure::time(|| look(&store)).map(|t| t.1))?
            },
            measure::alone(effort, || {
                let fresh = open(&root, Durability::Process, None)?;
                measure::time(|| look(&fresh)).map(|t| t.1)
            })?,
        ];
        let fresh = open(&root, Durability::Process, None)?;
        let (done, counted) = allocations::count(|| look(&fresh));
        done?;
        let of_each = (counted.kept as f64 - SIZE as f64) / saves.borrow().to_owned() as f64;
        if runs >= 1000 {
            most_known = most_known.max(of_each);
        }
        known.push(report::figure(of_each));
        after_a_change.push(timed[0].median());
        for (row, samples) in rows.iter_mut().zip(&timed) {
            row.push(report::samples(samples));
        }
    }
    rows.into_iter().for_each(|row| table.row(row));
    table.row(known);
    report.target("memory per known entry", most_known, 200.0, " B");
    if let [few, .., many] = after_a_change[..] {
        let what = "many runs under one key: lookup after a change, with most times that with 100";
        report.target(what, many / few, 1.2, "");
    }
    report.paragraph("Microseconds, median / 99th percentile, with many runs under one key:");
    report.table(&table);
    Ok(())
}

pub fn panel(medians: &Medians) -> Panel {
    let shown = [
        (0, "libwarmstart: save (replace)", Style::Ours(0)),
        (2, "libwarmstart: lookup from the disk", Style::Ours(2)),
        (3, "libwarmstart: lookup again", Style::Ours(1)),
        (4, "SQLite WAL FULL: replace", Style::Rival(0)),
        (5, "SQLite: read", Style::Rival(1)),
    ];
    let curve = |(row, title, style): (usize, &str, Style)| {
        let across = medians.keys.iter().map(|n| *n as f64);
        Curve {
            title: title.to_owned(),
            style,
            points: across.zip(medians.rows[row].iter().copied()).collect(),
        }
    };
    Panel {
        title: "With many keys, 1 KiB each".to_owned(),
        across: "keys in the store".to_owned(),
        bytes_across: false,
        curves: shown.into_iter().map(curve).collect(),
    }
}

const NOTES: &str = "\
Four slots are replaced, in any order; reading picks from all keys at random. \"From the disk\" is a handle that keeps nothing in memory,
the pages in the system's cache. A sweep, in a process of its own, looks at every entry; a save pays
a part of one only when a limit is crossed, or a day has passed, and then off its caller's thread.
Heap: Rust's, by a process that met every entry once (at most 2 000 of them saved).";
