//! Several processes writing to one root at once, and to one SQLite database.

use crate::child;
use crate::measure::Samples;
use crate::random::Random;
use crate::report::{self, Report, Table};
use crate::rivals::Sqlite;
use crate::{Bench, Result};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, Instant};
use warmstart::{Key, Kind, Session, SessionOptions, Store, StoreOptions};

const SIZE: usize = 4 << 10;
const WRITERS: [usize; 4] = [1, 2, 4, 8];

/// Which keys the processes write under.
#[derive(Clone, Copy, PartialEq)]
pub enum Keys {
    Distinct,
    /// One key; the library's sessions keep slots of their own under it.
    One,
    /// One key and one slot, found anew for each save.
    OneSlot,
}

impl Keys {
    const EVERY: [Keys; 3] = [Keys::Distinct, Keys::One, Keys::OneSlot];

    fn name(self) -> &'static str {
        match self {
            Keys::Distinct => "distinct",
            Keys::One => "one",
            Keys::OneSlot => "one-slot",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Keys::Distinct => "distinct keys",
            Keys::One => "one key",
            Keys::OneSlot => "one key, one slot",
        }
    }

    pub fn named(name: &str) -> Result<Keys> {
        let found = Keys::EVERY.into_iter().find(|k| k.name() == name);
        found.ok_or_else(|| format!("there are no keys {name:?}").into())
    }
}

/// One writer: says when it is ready, writes from when it is told to until its time is over, and
/// then says what each took.
pub fn write(engine: &str, keys: Keys, dir: &Path, index: u8, seconds: f64) -> Result<()> {
    let key = match keys {
        Keys::Distinct => Key::from_bytes([index + 1; 32]),
        _ => Key::from_bytes([100; 32]),
    };
    match engine {
        "ours" => {
            let store = Store::open(Some(dir), &StoreOptions::new())?;
            if keys == Keys::OneSlot {
                return timed(index, seconds, |payload, n| {
                    let objective = Some(-(n as f64));
                    store.save_slot(
                        key,
                        "shared",
                        payload,
                        objective,
                        Some(n),
                        Kind::Checkpoint,
                    )?;
                    Ok(())
                });
            }
            let session = Session::open(&store, key, &SessionOptions::new())?;
            timed(index, seconds, |payload, n| {
                Ok(session.checkpoint_now(payload, Some(-(n as f64)), Some(n))?)
            })
        }
        "sqlite" => {
            let database = Sqlite::open(dir, "FULL")?;
            let mut upsert = database.upserting()?;
            timed(index, seconds, |payload, _| upsert(key.as_bytes(), payload))
        }
        _ => Err(format!("there is no engine {engine:?}").into()),
    }
}

fn timed(index: u8, seconds: f64, mut save: impl FnMut(&[u8], u64) -> Result<()>) -> Result<()> {
    let mut random = Random::new(u64::from(index) + 1);
    let mut payload = vec![0; SIZE];
    let mut n = 0;
    let mut once = || {
        random.fill(&mut payload);
        n += 1;
        let start = Instant::now();
        save(&payload, n)?;
        Ok::<_, crate::Error>(start.elapsed().as_secs_f64() * 1e6)
    };
    for _ in 0..3 {
        once()?;
    }
    println!("ready");
    std::io::stdin().lock().read_line(&mut String::new())?;
    let mut micros = Vec::new();
    let limit = Duration::from_secs_f64(seconds);
    let start = Instant::now();
    while start.elapsed() < limit {
        micros.push(once()?);
    }
    let took = start.elapsed().as_secs_f64();
    let text: Vec<String> = micros.iter().map(|m| format!("{m:.1}")).collect();
    println!("{took} {}", text.join(" "));
    Ok(())
}

struct Writer {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Writer {
    fn start(words: &[&str]) -> Result<Writer> {
        let mut child = child::command(words)?
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let said = child.stdout.take().ok_or("a writer has no output")?;
        Ok(Writer {
            child,
            said: BufReader::new(said),
        })
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let mut line = String::new();
        self.said.read_line(&mut line)?;
        if line == "ready\n" {
            return Ok(());
        }
        Err("a writer did not get ready".into())
    }

    fn go(&mut self) -> Result<()> {
        let input = self.child.stdin.as_mut().ok_or("a writer has no input")?;
        Ok(input.write_all(b"go\n")?)
    }

    /// Saves per second, and the microseconds of each.
    fn end(mut self) -> Result<(f64, Vec<f64>)> {
        let mut text = String::new();
        self.said.read_to_string(&mut text)?;
        if !self.child.wait()?.success() {
            return Err("a writer failed".into());
        }
        let mut numbers = text.split_whitespace().map(str::parse::<f64>);
        let took = numbers.next().ok_or("a writer said nothing")??;
        let micros = numbers.collect::<std::result::Result<Vec<f64>, _>>()?;
        Ok((micros.len() as f64 / took, micros))
    }
}

#[derive(Default)]
struct Cell {
    per_second: Vec<f64>,
    micros: Vec<f64>,
}

impl Cell {
    fn show(self) -> (f64, String) {
        let throughput = self.per_second.iter().sum::<f64>() / self.per_second.len() as f64;
        let samples = Samples::new(self.micros);
        let text = format!(
            "{} · {}",
            report::figure(throughput),
            report::samples(&samples)
        );
        (throughput, text)
    }
}

pub fn measure(bench: &mut Bench, dir: &Path, report: &mut Report) -> Result<()> {
    const ENGINES: [(&str, &str); 2] =
        [("ours", "libwarmstart FULL"), ("sqlite", "SQLite WAL FULL")];
    let seconds = bench.seconds(0.15);
    let rounds = bench.few(3);
    report.heading("Many processes");
    report.paragraph(
        "Durable replacements of 4 KiB by so many processes at once: saves per second of all together · \
         median / 99th percentile of one, in microseconds.",
    );
    let mut head = vec!["writers".to_owned()];
    head.extend(WRITERS.map(|n| n.to_string()));
    let mut table = Table::with_head(head);
    for keys in Keys::EVERY {
        let mut cells: Vec<[Cell; 2]> = WRITERS.iter().map(|_| Default::default()).collect();
        // The rival has no slots below a key.
        let engines = if keys == Keys::OneSlot {
            &ENGINES[..1]
        } else {
            &ENGINES
        };
        for round in 0..rounds {
            for (writers, cells) in WRITERS.iter().zip(&mut cells) {
                for ((engine, _), cell) in engines.iter().zip(cells) {
                    let place = dir.join(format!("{engine}-{}-{writers}-{round}", keys.name()));
                    let (per_second, micros) = together(engine, keys, &place, *writers, seconds)?;
                    cell.per_second.push(per_second);
                    cell.micros.extend(micros);
                }
            }
        }
        let title = |title| vec![format!("{title}, {}", keys.title())];
        let mut rows: Vec<_> = engines.iter().map(|(_, t)| title(t)).collect();
        let mut first_and_last = Vec::new();
        for cells in cells {
            for (i, cell) in cells.into_iter().enumerate().take(engines.len()) {
                let (throughput, text) = cell.show();
                rows[i].push(text);
                if i == 0 {
                    first_and_last.push(throughput);
                }
            }
        }
        rows.into_iter().for_each(|row| table.row(row));
        if let [one, .., eight] = first_and_last[..] {
            let what = format!(
                "8 writers, {}: throughput of 1, times that of 8",
                keys.title()
            );
            report.target(what, one / eight, 1.0, "");
        }
    }
    report.table(&table);
    Ok(())
}

fn together(
    engine: &str,
    keys: Keys,
    place: &Path,
    writers: usize,
    seconds: f64,
) -> Result<(f64, Vec<f64>)> {
    if engine == "sqlite" {
        // Two that make it at once are in each other's way.
        Sqlite::open(place, "FULL")?;
    }
    let path = place.to_string_lossy();
    let mut every = Vec::new();
    for index in 0..writers {
        let (index, seconds) = (index.to_string(), seconds.to_string());
        let words = ["write", engine, keys.name(), &path, &index, &seconds];
        every.push(Writer::start(&words)?);
    }
    every.iter_mut().try_for_each(Writer::wait_until_ready)?;
    every.iter_mut().try_for_each(Writer::go)?;
    let mut per_second = 0.0;
    let mut micros = Vec::new();
    for writer in every {
        let (throughput, taken) = writer.end()?;
        per_second += throughput;
        micros.extend(taken);
    }
    Ok((per_second, micros))
}
