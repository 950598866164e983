//! Reading a slot back, hot and for the first time, and what a background checkpoint costs its
//! caller.

use crate::child;
use crate::measure::{self, Effort, Payloads, Samples, Settler, Timed};
use crate::replacement::{add, ratio, row, table, Row, PASSES, SHARE};
use crate::report::{self, Report};
use crate::site::{Places, Site};
use crate::{ours, plain, Bench, Result, SIZES};
use std::path::Path;
use std::time::Duration;

/// Longer than a directory must have been left alone before lookups are answered from memory.
const QUIET: Duration = Duration::from_millis(50);

/// Hot lookups, then queued checkpoints, at one size.
pub fn measure(
    bench: &mut Bench,
    site: &Site,
    payload: &mut [u8],
    reads: &mut Vec<Row>,
    queued: &mut Vec<Row>,
) -> Result<()> {
    let effort = Effort {
        in_a_row: 4,
        ..bench.effort(0.3 * SHARE)
    };
    std::thread::sleep(QUIET);
    let mut readers = site.hot_readers()?;
    let random = &mut bench.random;
    let timed = measure::rounds(&mut readers, effort, payload, Payloads::Same, random, None)?;
    for (operation, timed) in readers.iter().zip(timed) {
        add(reads, site.size, operation.id, operation.title, timed);
    }

    let mut settler = Settler::new(&site.places.0)?;
    let mut operations = ours::queued(site)?;
    operations.push(plain::copying(site.size));
    operations.push(plain::copying_after_sleep(site.size));
    let effort = Effort {
        in_a_row: 8,
        ..effort
    };
    let timed = measure::rounds(
        &mut operations,
        effort,
        payload,
        Payloads::Fresh,
        random,
        Some(&mut settler),
    )?;
    for (operation, timed) in operations.iter().zip(timed) {
        add(queued, site.size, operation.id, operation.title, timed);
    }
    drop(operations);
    let mut once = ours::until_durable(site)?;
    let effort = Effort {
        fewest: bench.few(20),
        warm_ups: 1,
        ..bench.effort(0.1 * SHARE)
    };
    let unasked = Timed {
        whole: measure::alone(effort, || {
            bench.random.fill(payload);
            once(payload)
        })?,
        blocking: None,
    };
    let title = "from the call until it is durable, nobody waiting";
    add(queued, site.size, "unasked", title, unasked);
    drop(once);
    site.store.flush(Duration::from_secs(60))?;
    site.c_store.flush()
}

/// What a fresh process may be asked to read first.
const FIRST: [(&str, &str); 7] = [
    ("ours", "libwarmstart"),
    ("file", "open + read + SHA-256"),
    ("pair", "listing + two files + SHA-256"),
    ("sqlite", "SQLite, unverified"),
    ("lmdb", "LMDB, unverified"),
    ("redb", "redb, unverified"),
    ("cacache", "cacache, verified"),
];

/// First lookups, each in a process of its own, of what a site that is closed by now holds.
pub fn measure_first(
    bench: &mut Bench,
    dir: &Path,
    size: usize,
    rows: &mut Vec<Row>,
) -> Result<()> {
    let mut micros: Vec<[Vec<f64>; 2]> = FIRST.iter().map(|_| Default::default()).collect();
    let mut order: Vec<usize> = (0..FIRST.len()).collect();
    for _ in 0..bench.few(100 / PASSES) {
        bench.random.shuffle(&mut order);
        for &i in &order {
            let words = child::ask(&["first", FIRST[i].0, &dir.to_string_lossy()])?;
            micros[i][0].push(child::number(&words, 0)?);
            micros[i][1].push(child::number(&words, 1)?);
        }
    }
    for ((id, title), [whole, lookup]) in FIRST.into_iter().zip(micros) {
        let timed = |micros| Timed {
            whole: Samples::new(micros),
            blocking: None,
        };
        let is_opened = !matches!(id, "file" | "pair");
        if is_opened {
            add(
                rows,
                size,
                &format!("{id}-opened"),
                &format!("{title}, opened before"),
                timed(lookup),
            );
        }
        let title = if is_opened {
            format!("{title}, with opening")
        } else {
            title.to_owned()
        };
        add(rows, size, id, &title, timed(whole));
    }
    Ok(())
}

/// In the process: opens, looks up, and answers the microseconds of both and of the second.
pub fn first(name: &str, dir: &Path) -> Result<String> {
    use crate::cabi::Store;
    use crate::rivals::{Cacache, Lmdb, Redb, Sqlite};
    use crate::site::KEY;
    let places = Places(dir.to_owned());
    fn two<S>(
        open: impl FnOnce() -> Result<S>,
        look: impl FnOnce(&S) -> Result<()>,
    ) -> Result<String> {
        let (opened, opening) = measure::time(open)?;
        let ((), looking) = measure::time(|| look(&opened))?;
        Ok(format!("{} {looking}", opening + looking))
    }
    match name {
        "ours" => two(
            || Store::open(&places.store()),
            |store| store.lookup(KEY, |_| Ok(())),
        ),
        "file" => two(
            || Ok(()),
            |()| plain::read_verified(&places.files()).map(drop),
        ),
        "pair" => two(
            || Ok(()),
            |()| plain::read_verified_pair(&places.store().join(KEY.to_hex())).map(drop),
        ),
        "sqlite" => two(
            || Sqlite::open(&places.sqlite(), "FULL"),
            |sqlite| sqlite.read(KEY.as_bytes()).map(drop),
        ),
        "lmdb" => two(|| Lmdb::open_again(&places.lmdb()), |lmdb| lmdb.read()),
        "redb" => two(|| Redb::open(&places.redb()), |redb| redb.read().map(drop)),
        "cacache" => two(
            || Ok(Cacache(places.cacache())),
            |cacache| cacache.read_first().map(drop),
        ),
        _ => Err(format!("there is no first lookup {name:?}").into()),
    }
}

pub fn describe(report: &mut Report, reads: &[Row], first: &[Row], queued: &[Row]) -> Result<()> {
    let c = row(reads, "lookup-c")?;
    for (samples, size) in c.by_size.iter().zip(SIZES) {
        let what = format!("hot `warm_store_lookup` and free, {}", report::bytes(size));
        report.target(what, samples.median(), 1.0, " µs");
    }
    let size = 16 << 20;
    let what = "hot `warm_store_lookup_into`, 16 MiB: times memcpy";
    report.target(
        what,
        ratio(row(reads, "into")?, row(reads, "memcpy")?, size),
        1.1,
        "",
    );
    for size in SIZES {
        let what = format!(
            "first lookup in a process, {}: times open + read + SHA-256",
            report::bytes(size)
        );
        let times = ratio(row(first, "ours-opened")?, row(first, "file")?, size);
        report.target(what, times, 1.2, "");
    }
    for id in ["queued-loop", "queued-sleep", "queued-idle"] {
        let row = row(queued, id)?;
        let what = format!("{}, 4 KiB", row.title);
        report.target(what, row.by_size[0].median(), 3.0, " µs");
    }
    let what = "queued, the one before durable, 16 MiB: times memcpy into warm memory";
    let times = ratio(row(queued, "queued-idle")?, row(queued, "memcpy")?, size);
    report.target(what, times, 1.3, "");

    report.heading("Looking up");
    report.paragraph("Microseconds, median / 99th percentile.");
    report.table(&table("hot, by a handle that answered before", reads));
    report.paragraph(HOT_NOTES);
    report.table(&table(
        "first lookup in a process, pages in the system's cache",
        first,
    ));
    report.paragraph(FIRST_NOTES);
    report.heading("What a background checkpoint costs its caller");
    report.paragraph(
        "Microseconds, median / 99th percentile, of `warm_session_checkpoint` in C; in the \
         last line, until the store's thread has made it durable, looked at every 0.1 ms.",
    );
    report.table(&table("checkpoint", queued));
    Ok(())
}

const HOT_NOTES: &str = "\
Short lookups are timed in batches of up to 64. `warm_store_lookup` and `Store::lookup` lend the
verified payload, which the caller may keep for as long as it likes; `warm_store_lookup_into` copies
it. SQLite puts the payload together from its pages and lends it until the statement moves on; LMDB
lends the address in its map until the transaction ends, and no page of it was touched. The file is
read into a kept buffer. cacache hashes what it reads; nobody else verifies anything here.";

const FIRST_NOTES: &str = "\
Each figure is of a process that did nothing else. Only the library, the files and cacache verify the
payload. For LMDB one byte of each page is read. What the format asks of any reader, whatever it does
with them, is to list a directory and to read two files: metadata and payload, perhaps of another
engine. That is the second yardstick; the target is set by the first, which at 4 KiB nothing that
reads this format can meet.";
