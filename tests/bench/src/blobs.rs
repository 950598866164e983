//! The blob cache: gets from memory by one thread and two, puts, invalidation by tag, flushes.

use crate::allocations;
use crate::measure::Samples;
use crate::random::Random;
use crate::report::{self, Report, Table};
use crate::rivals::Sqlite;
use crate::{Bench, Result};
use std::hint::black_box;
use std::path::Path;
use std::sync::Barrier;
use std::time::Instant;
use warmstart::{Cache, CacheOptions, LabelKind, PutOptions};

const NAMESPACE: &str = "bench";
/// Entries that are got.
const KEYS: usize = 1000;

fn key(n: usize) -> String {
    format!("basis/{n:06}")
}

fn micros(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1e6
}

/// Microseconds of one get of 1 KiB, by each of so many threads at once.
fn gets(cache: &Cache, threads: usize, keys: &[String], times: usize) -> Result<f64> {
    let barrier = Barrier::new(threads);
    let one = || -> Result<f64> {
        barrier.wait();
        let began = Instant::now();
        for n in 0..times {
            let blob = cache.get(NAMESPACE, &keys[n * 7 % keys.len()])?;
            black_box(blob.ok_or("what was put is not there")?.payload());
        }
        Ok(micros(began) / times as f64)
    };
    let all = std::thread::scope(|scope| {
        let started: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| one().map_err(|e| e.to_string())))
            .collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, _>| thread.join();
        started.into_iter().map(join).collect::<Vec<_>>()
    });
    let mut sum = 0.0;
    for one in all {
        sum += one.map_err(|_| "a thread panicked")??;
    }
    Ok(sum / threads as f64)
}

fn samples(times: usize, mut one: impl FnMut(usize) -> Result<f64>) -> Result<Samples> {
    let all: Result<Vec<f64>> = (0..times).map(&mut one).collect();
    Ok(Samples::new(all?))
}

fn in_nanoseconds(micros: f64) -> String {
    format!("{} ns", report::figure(micros * 1e3))
}

pub fn measure(bench: &mut Bench, dir: &Path, report: &mut Report) -> Result<()> {
    report.heading("The blob cache");
    let mut table = Table::new(&["operation", "median", "99 %", "target"]);
    let root = dir.join("blobs");
    let cache = Cache::open(Some(&root), &CacheOptions::new())?;
    let in_memory = Cache::in_memory(&CacheOptions::new())?;
    let mut kib = vec![0; 1 << 10];
    bench.random.fill(&mut kib);
    let keys: Vec<String> = (0..KEYS).map(key).collect();
    for key in &keys {
        in_memory.put(NAMESPACE, key, &kib, &PutOptions::new())?;
    }
    let few = bench.few(64).min(keys.len());
    for key in &keys[..few] {
        cache.put(NAMESPACE, key, &kib, &PutOptions::new())?;
    }

    let times = bench.few(200_000) * 5;
    let rounds = bench.few(9);
    for (title, cache, keys) in [
        ("get 1 KiB from memory", &cache, &keys[..few]),
        ("get 1 KiB, a cache in memory alone", &in_memory, &keys[..]),
    ] {
        for threads in [1, 2] {
            gets(cache, threads, keys, times)?;
            let took = samples(rounds, |_| gets(cache, threads, keys, times))?;
            let target = match threads {
                1 => "100 ns",
                _ => "as one thread",
            };
            table.row(vec![
                format!(
                    "{title}, {threads} thread{}",
                    if threads == 1 { "" } else { "s, each" }
                ),
                in_nanoseconds(took.median()),
                in_nanoseconds(took.p99()),
                target.to_owned(),
            ]);
        }
    }
    let (_, counted) = allocations::count(|| cache.get(NAMESPACE, &keys[0]).map(|b| b.is_some()));

    let plain = PutOptions::new();
    let puts = bench.few(20_000);
    let took = samples(puts, |n| {
        let began = Instant::now();
        in_memory.put(NAMESPACE, &keys[n % KEYS], &kib, &plain)?;
        Ok(micros(began))
    })?;
    row(&mut table, "put 1 KiB in memory alone", &took, "1 µs");

    durable(bench, &cache, dir, &mut table)?;
    invalidation(bench, dir, &kib, &mut table)?;
    flushes(bench, &cache, &kib, &mut table)?;
    first_read(bench, &root, &mut table)?;
    report.paragraph(
        "Random bytes, which are not compressed. Puts of the two are in turn. A tag is invalidated that 250 of 1 000 \
         entries in memory and on disk have; a flush is of a namespace with 1 000. Both are durable.",
    );
    report.table(&table);
    report.paragraph(&format!(
        "A get from memory allocates {} times.",
        counted.calls_here
    ));
    Ok(())
}

fn row(table: &mut Table, title: &str, took: &Samples, target: &str) {
    table.row(vec![
        title.to_owned(),
        format!("{} µs", report::figure(took.median())),
        format!("{} µs", report::figure(took.p99())),
        target.to_owned(),
    ]);
}

fn durable(bench: &mut Bench, cache: &Cache, dir: &Path, table: &mut Table) -> Result<()> {
    let sqlite = Sqlite::open(&dir.join("blobs.db"), "FULL")?;
    let mut upsert = sqlite.upserting()?;
    for (size, title, target) in [(1 << 10, "1 KiB", "350 µs"), (1 << 20, "1 MiB", "1 500 µs")] {
        let mut bytes = vec![0; size];
        let (mut ours, mut theirs, mut new) = (Vec::new(), Vec::new(), Vec::new());
        for n in 0..bench.few(300) + 4 {
            bench.random.fill(&mut bytes);
            let began = Instant::now();
            cache.put(
                NAMESPACE,
                &format!("replaced {}", n % 4),
                &bytes,
                &PutOptions::new(),
            )?;
            ours.push(micros(began));
            let began = Instant::now();
            upsert(&[n as u8 % 4], &bytes)?;
            theirs.push(micros(began));
            let began = Instant::now();
            cache.put(
                NAMESPACE,
                &format!("new {size} {n}"),
                &bytes,
                &PutOptions::new(),
            )?;
            new.push(micros(began));
        }
        let ours = Samples::new(ours.split_off(4));
        let theirs = Samples::new(theirs.split_off(4));
        row(
            table,
            &format!("put {title}, replacing, durable"),
            &ours,
            target,
        );
        row(
            table,
            &format!("_SQLite WAL FULL, upsert of {title}_"),
            &theirs,
            "",
        );
        row(
            table,
            &format!("put {title} under a new key, durable"),
            &Samples::new(new),
            "1 000 µs at 1 KiB",
        );
    }
    Ok(())
}

/// In memory and on disk; and where nothing of it is in memory.
fn invalidation(bench: &Bench, dir: &Path, bytes: &[u8], table: &mut Table) -> Result<()> {
    let (all, part) = if bench.quick { (8, 2) } else { (1000, 250) };
    let mut tagged = PutOptions::new();
    tagged.tag("invalidated")?;
    let mut others = PutOptions::new();
    others.tag("kept")?;
    let mut disk_alone = CacheOptions::new();
    disk_alone.memory_budget(0)?;
    for (options, name, place, target) in [
        (CacheOptions::new(), "tags", "", "270 µs"),
        (disk_alone, "tags-disk", ", none in memory", ""),
    ] {
        let cache = Cache::open(Some(&dir.join(name)), &options)?;
        for n in part..all {
            cache.put("tags", &key(n), bytes, &others)?;
        }
        let took = samples(bench.few(15), |_| {
            for n in 0..part {
                cache.put("tags", &key(n), bytes, &tagged)?;
            }
            cache.drain(std::time::Duration::from_secs(60))?;
            let began = Instant::now();
            let count = cache.invalidate(Some("tags"), LabelKind::Tag, &["invalidated"])?;
            let took = micros(began);
            cache.drain(std::time::Duration::from_secs(60))?;
            match count == part as u64 {
                true => Ok(took),
                false => Err(format!("{count} of {part} were invalidated").into()),
            }
        })?;
        let title = format!("invalidate {part} of {all} by tag, durable{place}");
        row(table, &title, &took, target);
    }
    Ok(())
}

fn flushes(bench: &Bench, cache: &Cache, bytes: &[u8], table: &mut Table) -> Result<()> {
    for all in [10, if bench.quick { 20 } else { 1000 }] {
        let took = samples(bench.few(3), |_| {
            for n in 0..all {
                cache.put("flushed", &key(n), bytes, &PutOptions::new())?;
            }
            let began = Instant::now();
            cache.flush("flushed")?;
            Ok(micros(began))
        })?;
        row(
            table,
            &format!("flush {all} entries, durable"),
            &took,
            "O(1)",
        );
    }
    Ok(())
}

/// Of a cache that was opened anew.
fn first_read(bench: &mut Bench, root: &Path, table: &mut Table) -> Result<()> {
    let mut bytes = vec![0; 5 << 20];
    Random::new(3).fill(&mut bytes);
    let writer = Cache::open(Some(root), &CacheOptions::new())?;
    writer.put("first", "k", &bytes, &PutOptions::new())?;
    let took = samples(bench.few(9), |_| {
        let cache = Cache::open(Some(root), &CacheOptions::new())?;
        let began = Instant::now();
        let blob = cache.get("first", "k")?.ok_or("it is not there")?;
        let took = micros(began);
        black_box(blob.payload());
        Ok(took)
    })?;
    row(table, "first get of 5 MiB after opening", &took, "5 900 µs");
    Ok(())
}
