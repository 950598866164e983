//! libwarmstart beside its rivals: durable replacement and lookup, in one run on one disk.
//!
//! Run by hand, on a machine with nothing else to do:
//!
//! ```text
//! cargo run --release --manifest-path tests/bench/Cargo.toml
//! ```
//!
//! Nothing here is asserted of time: what is printed are ratios, to be judged beside the machine
//! they were measured on.

mod allocations;
mod machine;
mod measure;
mod operations;
mod random;
mod table;

use measure::{Payloads, Samples};
use operations::{Operation, Site};
use random::Random;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use table::Table;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

const SIZES: [usize; 4] = [4 << 10, 64 << 10, 1 << 20, 16 << 20];
const SECONDS: f64 = 10.0;
/// Longer than a directory must have been left alone before lookups are answered from memory.
const QUIET: Duration = Duration::from_millis(50);
const COUNTED_RUNS: u64 = 10;
/// Few enough for drift to hit all alike, and enough for the median to be of an operation that
/// follows its like.
const IN_A_ROW: usize = 16;

const USAGE: &str = "\
usage: bench [--root DIR] [--seconds N]
       bench --trace-ops NAME [--count N] [--size BYTES] [--root DIR]

  --root DIR        where to write; default: beside the executable. What is written is removed.
  --seconds N       time for each of the 24 groups of timings, of which there are two for each
                    size and kind of operation; default 10
  --trace-ops NAME  perform only N operations of one name, for strace(1):
                    save, session, sqlite-save, file-save, overwrite,
                    lookup, lookup-copy, sqlite-read, file-read,
                    lookup-cold, file-cold, sqlite-cold
  --count N         default 1000
  --size BYTES      default 4096";

struct Arguments {
    root: PathBuf,
    limit: Duration,
    trace: Option<String>,
    count: u64,
    size: usize,
}

impl Arguments {
    /// `None` when help was asked for.
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Arguments>> {
        let executable = std::env::current_exe()?;
        let mut arguments = Arguments {
            root: executable.parent().unwrap_or(Path::new(".")).to_owned(),
            limit: Duration::from_secs_f64(SECONDS),
            trace: None,
            count: 1000,
            size: SIZES[0],
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                "--root" => arguments.root = value()?.into(),
                "--seconds" => arguments.limit = Duration::try_from_secs_f64(value()?.parse()?)?,
                "--trace-ops" => arguments.trace = Some(value()?),
                "--count" => arguments.count = value()?.parse()?,
                "--size" => arguments.size = value()?.parse()?,
                "--help" | "-h" => return Ok(None),
                _ => return Err(format!("what is {word:?}?\n{USAGE}").into()),
            }
        }
        Ok(Some(arguments))
    }
}

/// A directory that goes when the run ends.
struct Scratch(PathBuf);

impl Scratch {
    fn below(root: &Path) -> Result<Scratch> {
        let path = root.join(format!("warmstart-bench-{}", std::process::id()));
        std::fs::create_dir(&path)?;
        Ok(Scratch(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn main() -> ExitCode {
    let done = Arguments::parse(std::env::args().skip(1)).and_then(|arguments| match arguments {
        None => {
            println!("{USAGE}");
            Ok(())
        }
        Some(arguments) => match &arguments.trace {
            Some(name) => trace(&arguments, name),
            None => compare(&arguments),
        },
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("bench: {e}");
            ExitCode::FAILURE
        }
    }
}

/// Performs operations of one name between two marks, and as little else as possible.
fn trace(arguments: &Arguments, name: &str) -> Result<()> {
    const WARM_UPS: u64 = 3;
    let scratch = Scratch::below(&arguments.root)?;
    let site = Site::new(&scratch.0.join("site"), arguments.size)?;
    let mut random = Random::new(1);
    let mut payload = vec![0; arguments.size];
    random.fill(&mut payload);

    let mut writers = site.writers()?;
    for writer in &mut writers {
        (writer.run)(&payload)?;
    }
    std::thread::sleep(QUIET);
    let mut readers = site.hot_readers()?;
    readers.extend(site.cold_readers()?);
    let writes = writers.iter().any(|o| o.id == name);
    let mut every = writers.iter_mut().chain(&mut readers);
    let Some(operation) = every.find(|o| o.id == name) else {
        return Err(format!("there is no operation {name:?}\n{USAGE}").into());
    };
    for done in 0..WARM_UPS + arguments.count {
        if writes {
            random.fill(&mut payload);
        }
        if done == WARM_UPS {
            mark("operations begin")?;
        }
        (operation.run)(&payload)?;
    }
    mark("operations end")
}

/// A line on the standard error by one system call, to be found among the others.
fn mark(text: &str) -> Result<()> {
    Ok(std::io::stderr().write_all(format!("bench: {text}\n").as_bytes())?)
}

/// What was found out about one operation at one size.
struct Cell {
    id: &'static str,
    title: &'static str,
    singly: Samples,
    in_a_row: Samples,
    /// Allocations and bytes per run, of the library's own.
    heap: Option<(u64, u64)>,
}

struct Bench {
    limit: Duration,
    random: Random,
}

impl Bench {
    fn run(
        &mut self,
        mut operations: Vec<Operation<'_>>,
        payload: &mut [u8],
        payloads: Payloads,
    ) -> Result<Vec<Cell>> {
        let mut measure = |in_a_row| {
            let random = &mut self.random;
            measure::rounds(
                &mut operations,
                in_a_row,
                payload,
                payloads,
                random,
                self.limit,
            )
        };
        let singly = measure(1)?;
        let in_a_row = measure(IN_A_ROW)?;
        let measured = singly.into_iter().zip(in_a_row);
        let mut cells: Vec<Cell> = operations
            .iter()
            .zip(measured)
            .map(|(operation, (singly, in_a_row))| Cell {
                id: operation.id,
                title: operation.title,
                singly,
                in_a_row,
                heap: None,
            })
            .collect();
        for (operation, cell) in operations.iter_mut().zip(&mut cells) {
            if operation.ours {
                cell.heap = Some(count_allocations(operation, payload)?);
            }
        }
        // What readers are to find is the last payload, everywhere.
        if payloads == Payloads::Fresh {
            self.random.fill(payload);
            for operation in &mut operations {
                (operation.run)(payload)?;
            }
        }
        Ok(cells)
    }
}

fn count_allocations(operation: &mut Operation<'_>, payload: &[u8]) -> Result<(u64, u64)> {
    let runs = || (0..COUNTED_RUNS).try_for_each(|_| (operation.run)(payload));
    let (done, calls, bytes) = allocations::count(runs);
    done?;
    Ok((calls / COUNTED_RUNS, bytes / COUNTED_RUNS))
}

/// The cells of one kind of operation, per size.
type Kind = Vec<Vec<Cell>>;

fn compare(arguments: &Arguments) -> Result<()> {
    let scratch = Scratch::below(&arguments.root)?;
    let clock = rusqlite::Connection::open_in_memory()?;
    let date: String = clock.query_row("SELECT datetime('now')", [], |row| row.get(0))?;
    let machine = machine::describe(&scratch.0, &date, rusqlite::version());

    let mut bench = Bench {
        limit: arguments.limit,
        random: Random::new(1),
    };
    let (mut saves, mut hot, mut cold) = (Kind::new(), Kind::new(), Kind::new());
    for size in SIZES {
        eprintln!("bench: {} ...", table::bytes(size));
        let dir = scratch.0.join(size.to_string());
        let site = Site::new(&dir, size)?;
        let mut payload = vec![0; size];
        saves.push(bench.run(site.writers()?, &mut payload, Payloads::Fresh)?);
        std::thread::sleep(QUIET);
        hot.push(bench.run(site.hot_readers()?, &mut payload, Payloads::Same)?);
        cold.push(bench.run(site.cold_readers()?, &mut payload, Payloads::Same)?);
        drop(site);
        std::fs::remove_dir_all(dir)?;
    }

    println!("# libwarmstart beside its rivals\n\n{machine}");
    println!("- load after: {}\n", machine::load());
    if machine::file_system(&scratch.0).is_some_and(|f| f == "tmpfs") {
        println!(
            "This root lies in memory: nothing is durable here, and no figure means anything."
        );
        println!("Name one on a disk with --root.\n");
    }
    println!("Microseconds: median / 99th percentile (median over that of the first row).\n");
    print_singly("durable replacement", &saves);
    print_singly("hot lookup", &hot);
    print_singly("first lookup of a fresh handle", &cold);
    println!("The same, each operation {IN_A_ROW} times in a row before the next: medians.\n");
    print_in_a_row("durable replacement", &saves);
    print_in_a_row("hot lookup", &hot);
    print_in_a_row("first lookup of a fresh handle", &cold);
    println!("Heap allocations per operation, and the bytes asked for.\n");
    print_heap(&[&saves, &hot, &cold]);
    println!("What is left of a replacement: medians in microseconds.\n");
    print_remainder(&saves);
    println!("{NOTES}");
    Ok(())
}

fn head(title: &str) -> Table {
    let mut cells = vec![title.to_owned()];
    cells.extend(SIZES.map(table::bytes));
    Table::new(cells)
}

/// One row per operation, one cell per size, made of the cell and the first row's.
fn rows(title: &str, kind: &Kind, show: impl Fn(&Cell, &Cell) -> String) -> Table {
    let mut table = head(title);
    let titles = kind.first().into_iter().flatten().map(|c| c.title);
    for (row, title) in titles.enumerate() {
        let mut cells = vec![title.to_owned()];
        cells.extend(kind.iter().map(|size| show(&size[row], &size[0])));
        table.row(cells);
    }
    table
}

fn print_singly(title: &str, kind: &Kind) {
    let mut table = rows(title, kind, |cell, first| {
        format!(
            "{} / {} ({})",
            table::figure(cell.singly.median()),
            table::figure(cell.singly.p99()),
            table::ratio(cell.singly.median() / first.singly.median()),
        )
    });
    let mut rounds = vec!["rounds".to_owned()];
    rounds.extend(kind.iter().map(|size| size[0].singly.len().to_string()));
    table.row(rounds);
    table.print();
}

fn print_in_a_row(title: &str, kind: &Kind) {
    let table = rows(title, kind, |cell, first| {
        format!(
            "{} ({})",
            table::figure(cell.in_a_row.median()),
            table::ratio(cell.in_a_row.median() / first.in_a_row.median()),
        )
    });
    table.print();
}

fn print_heap(kinds: &[&Kind]) {
    let mut table = head("allocations / bytes");
    for kind in kinds {
        let Some(first) = kind.first() else { continue };
        for (row, cell) in first.iter().enumerate().filter(|(_, c)| c.heap.is_some()) {
            let mut cells = vec![cell.title.to_owned()];
            cells.extend(kind.iter().map(|size| {
                let (calls, bytes) = size[row].heap.unwrap_or_default();
                format!("{calls} / {bytes}")
            }));
            table.row(cells);
        }
    }
    table.print();
}

fn print_remainder(saves: &Kind) {
    struct Medians {
        save: f64,
        session: f64,
        file: f64,
    }
    let medians = |size: &Vec<Cell>| {
        let median = |id| {
            let cell = size.iter().find(|c| c.id == id);
            cell.map_or(f64::NAN, |c| c.singly.median())
        };
        Medians {
            save: median("save"),
            session: median("session"),
            file: median("file-save"),
        }
    };
    let mut table = head("of `Store::save_slot`");
    let mut row = |title: &str, figure: fn(Medians) -> f64| {
        let mut cells = vec![title.to_owned()];
        cells.extend(saves.iter().map(|s| table::figure(figure(medians(s)))));
        table.row(cells);
    };
    row("the whole", |m| m.save);
    row("without write + fsync + rename + fsync(dir)", |m| {
        m.save - m.file
    });
    row("what finding the slot takes (the session need not)", |m| {
        m.save - m.session
    });
    table.print();
}

const NOTES: &str = "\
## What each figure consists of

Blocking and durable: every operation of the first table returns when the payload is durable, the
library's as the rivals'. Nothing is asynchronous today, so the durable time is the blocking time.

- `Store::save_slot`: the key's directory is listed and the slot's metadata read; the payload
  written to an unnamed file and hashed while the disk takes it; the metadata written to another;
  an fdatasync of each; two links; an fsync of the directory; the previous pair unlinked; the root's
  totals rewritten, unsynced.
- `Session::checkpoint_now`: the same without looking for the slot, which the session remembers.
- SQLite: an upsert of one row in its own transaction, default page size, cache and automatic
  checkpoints, the statement kept. No checksum of the payload. Above 4 MB every commit writes the
  payload twice, to the log and to the database.
- write + fsync + rename + fsync(dir): no checksum, no metadata, the directory kept open.
- _Yardsticks_, no rivals: overwriting in place loses both payloads in a crash; SHA-256 and memcpy
  touch no disk.
- Hot lookup: the library compares the stamps of the key's directory and hands out the verified
  payload in memory, which the caller may keep; \"copied\" adds a copy into a kept buffer. SQLite
  puts the payload together from its pages and lends it until the statement moves on. The plain
  file is opened and read into a kept buffer. Nobody's checksum is computed.
- First lookup of a fresh handle: opening, reading, verifying and closing, with the pages still in
  the system's cache. SQLite verifies nothing.

A negative figure under \"what is left\": the part named took longer, or the difference drowns in
noise.

How it was measured: in the first tables one operation of each row per round, in an order drawn
anew, writers with a payload never used before. All share one file system journal, so what one
leaves unsynced may be paid for by the next one's sync; and none finds the processor's caches as it
left them. The tables of operations in a row show what is left when each follows its like. With
fewer than 100 rounds the 99th percentile is the slowest round. Heap: Rust's allocations only,
SQLite's are made in C.

System calls per operation: run the following with --count 1000 and --count 0, and subtract.

    strace -f -c tests/bench/target/release/bench --trace-ops save --count 1000 --size 4096

Without -c, those of the operations lie between the marks that the program writes.";
