//! Replacing one slot: the library and its rivals, by payload size.

use crate::measure::{self, Effort, Payloads, Samples, Settler, Timed};
use crate::plot::{Curve, Panel, Style};
use crate::report::{self, Report, Table};
use crate::{lookups, site::Site, Bench, Result, SIZES};
use std::path::Path;

/// Each size has its turn so often, so that what else the machine does in the meantime hits all.
pub const PASSES: usize = 3;
/// Of the time, in each pass.
pub const SHARE: f64 = 1.0 / PASSES as f64;

/// One operation at each size.
pub struct Row {
    pub id: String,
    pub title: String,
    pub by_size: Vec<Samples>,
}

pub fn row<'a>(rows: &'a [Row], id: &str) -> Result<&'a Row> {
    let found = rows.iter().find(|r| r.id == id);
    found.ok_or_else(|| format!("nothing was measured of {id}").into())
}

/// Adds what was measured at one size. What blocks its caller for a part of its time makes a row of
/// its own.
pub fn add(rows: &mut Vec<Row>, size: usize, id: &str, title: &str, timed: Timed) {
    let at = position(size);
    let mut add = |id: String, title: String, samples: Samples| {
        let row = match rows.iter_mut().position(|r| r.id == id) {
            Some(row) => &mut rows[row],
            None => {
                let by_size = vec![Samples::default(); SIZES.len()];
                rows.push(Row { id, title, by_size });
                let last = rows.len() - 1;
                &mut rows[last]
            }
        };
        row.by_size[at] = row.by_size[at].with(samples);
    };
    if let Some(blocking) = timed.blocking {
        let title = title.replace("until flushed", "time of the call");
        add(format!("{id}-blocking"), title, blocking);
    }
    add(id.to_owned(), title.to_owned(), timed.whole);
}

fn position(size: usize) -> usize {
    SIZES.iter().position(|s| *s == size).unwrap_or(0)
}

pub fn size_head(title: &str) -> Vec<String> {
    let sizes = SIZES.iter().map(|s| report::bytes(*s));
    std::iter::once(title.to_owned()).chain(sizes).collect()
}

/// Everything at one size: replacements, then lookups of what was written last.
pub fn measure(
    bench: &mut Bench,
    dir: &Path,
    size: usize,
    saves: &mut Vec<Row>,
    reads: &mut Vec<Row>,
    queued: &mut Vec<Row>,
) -> Result<()> {
    let site = Site::new(dir, size)?;
    let mut payload = vec![0; size];
    let mut settler = Settler::new(dir)?;
    let mut writers = site.writers()?;
    let effort = Effort {
        in_a_row: 4,
        fewest: bench.few(8),
        ..bench.effort(SHARE)
    };
    let timed = measure::rounds(
        &mut writers,
        effort,
        &mut payload,
        Payloads::Fresh,
        &mut bench.random,
        Some(&mut settler),
    )?;
    for (operation, timed) in writers.iter().zip(timed) {
        add(saves, size, operation.id, operation.title, timed);
    }
    // What readers are to find is the last payload, everywhere.
    bench.random.fill(&mut payload);
    for writer in &mut writers {
        writer.whole(&payload)?;
    }
    drop(writers);
    lookups::measure(bench, &site, &mut payload, reads, queued)?;
    Ok(())
}

/// The medians' ratio, size by size.
pub fn ratio(a: &Row, b: &Row, size: usize) -> f64 {
    let at = position(size);
    a.by_size[at].median() / b.by_size[at].median()
}

pub fn table(title: &str, rows: &[Row]) -> Table {
    let mut table = Table::with_head(size_head(title));
    for row in rows {
        let mut cells = vec![row.title.clone()];
        cells.extend(row.by_size.iter().map(report::samples));
        table.row(cells);
    }
    table
}

pub fn describe(report: &mut Report, rows: &[Row]) -> Result<()> {
    let [ours, sqlite] = [row(rows, "session")?, row(rows, "sqlite-full")?];
    let [overwrite, hash] = [row(rows, "overwrite")?, row(rows, "sha256")?];
    for (size, limit) in [(4 << 10, 1.0), (1 << 20, 0.6)] {
        let what = format!(
            "durable replacement, {}: times SQLite WAL FULL",
            report::bytes(size)
        );
        report.target(what, ratio(ours, sqlite, size), limit, "");
    }
    let size = 16 << 20;
    let slower = ratio(ours, overwrite, size).min(ratio(ours, hash, size));
    let what = "durable replacement, 16 MiB: times the larger of SHA-256 and overwrite + fdatasync";
    report.target(what, slower, 1.25, "");

    let regions = ratio(row(rows, "regions")?, ours, size);
    report.target(
        "regions, 16 MiB: times the same bytes as one payload",
        regions,
        1.3,
        "",
    );

    report.heading("Replacing one slot");
    report.paragraph("Microseconds, median / 99th percentile.");
    let mut table = table("replacement", rows);
    let mut runs = vec!["runs of each".to_owned()];
    runs.extend(ours.by_size.iter().map(|s| s.len().to_string()));
    table.row(runs);
    report.table(&table);

    let mut table = Table::with_head(size_head("median, times that of a session's checkpoint"));
    for other in rows.iter().filter(|r| r.id != "session") {
        let mut cells = vec![other.title.clone()];
        cells.extend(SIZES.map(|s| report::figure(ratio(other, ours, s))));
        table.row(cells);
    }
    report.table(&table);
    report.paragraph(NOTES);
    Ok(())
}

/// Durable replacements by size; what is not durable is in the table.
pub fn panel(rows: &[Row]) -> Panel {
    let shown = [
        ("session", "libwarmstart, durable", Style::Ours(0)),
        (
            "background-blocking",
            "libwarmstart, background: the call",
            Style::Ours(1),
        ),
        ("sqlite-full", "SQLite WAL FULL", Style::Rival(0)),
        ("lmdb", "LMDB", Style::Rival(1)),
        ("redb", "redb", Style::Rival(2)),
        (
            "durable-file",
            "write+fsync+rename+fsync(dir)",
            Style::Rival(3),
        ),
        ("overwrite", "overwrite + fdatasync", Style::Yardstick(0)),
        ("sha256", "SHA-256 alone", Style::Yardstick(1)),
    ];
    let curve = |(id, title, style): (&str, &str, Style)| {
        let row = rows.iter().find(|r| r.id == id)?;
        let medians = row.by_size.iter().map(Samples::median);
        let points = SIZES.iter().map(|s| *s as f64).zip(medians).collect();
        Some(Curve {
            title: title.to_owned(),
            style,
            points,
        })
    };
    Panel {
        title: "Replacing one entry durably".to_owned(),
        across: "payload".to_owned(),
        bytes_across: true,
        curves: shown.into_iter().filter_map(curve).collect(),
    }
}

const NOTES: &str = "\
Each size has its turn three times, in rounds of four runs in a row of each operation, in an order
drawn anew for each round, every payload random and new. After each operation's turn a commit of the
file system (after one that leaves unsynced data, a `syncfs`) is waited for outside the timing, so
that nobody pays for another's data.

- A session's checkpoint knows its slot; `save_slot` finds it by its name on the disk each time.
- Regions: four arrays, copied into one safetensors payload, which the session's next one reuses.
- Background: the time of the call is what the solver waits. Until flushed is the call and a flush at
  once, after which other engines, too, find what was written; how long it takes until a checkpoint
  is durable when nobody asks is with the lookups below.
- SQLite: an upsert of one row in its own transaction, default page size, cache and automatic
  checkpoints, the statement kept. No checksum of the payload.
- LMDB: a map of 1 GiB, default flags. redb: default durability. Neither verifies the payload.
- cacache: its synchronous calls; it hashes the payload and syncs nothing. The superseded contents
  are removed outside the timing.
- write + fsync + rename + fsync(dir): no checksum, no metadata, the directory kept open.
- _Yardsticks_, no rivals: overwriting in place loses both payloads in a crash; SHA-256 and memcpy
  touch no disk.";
