//! What a figure depends on besides the code: enough to judge it by, nothing to find the machine by.

use crate::Result;
use std::fs;
use std::path::Path;

fn first_line(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    text.lines().next().map(|l| l.trim().to_owned())
}

fn cpu_model() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|l| l.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The type of the file system that `dir` lies on.
pub fn file_system(dir: &Path) -> Option<String> {
    let dir = dir.canonicalize().ok()?;
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let mut deepest = None;
    for line in mounts.lines() {
        let (fields, kind) = line.split_once(" - ")?;
        let at = Path::new(fields.split(' ').nth(4)?);
        let depth = at.components().count();
        // Of two mounts on one place, the later one is seen.
        if dir.starts_with(at) && deepest.as_ref().is_none_or(|(d, _)| *d <= depth) {
            deepest = Some((depth, kind.split(' ').next()?.to_owned()));
        }
    }
    deepest.map(|(_, kind)| kind)
}

/// One, five and fifteen minutes.
pub fn load() -> String {
    let line = first_line("/proc/loadavg").unwrap_or_default();
    let figures: Vec<&str> = line.split(' ').take(3).collect();
    figures.join(" ")
}

struct Machine {
    date: String,
    kernel: String,
    processor: String,
    cores: String,
    file_system: String,
}

fn look(dir: &Path) -> Result<Machine> {
    let unknown = || "unknown".to_owned();
    let clock = rusqlite::Connection::open_in_memory()?;
    let release = first_line("/proc/sys/kernel/osrelease").unwrap_or_else(unknown);
    // What follows the version tells who built it.
    let version = release.split('-').next().unwrap_or_default();
    Ok(Machine {
        date: clock.query_row("SELECT datetime('now')", [], |row| row.get(0))?,
        kernel: format!("{} {version}", std::env::consts::OS),
        processor: cpu_model().unwrap_or_else(unknown),
        cores: std::thread::available_parallelism().map_or_else(|_| unknown(), |n| n.to_string()),
        file_system: file_system(dir).unwrap_or_else(unknown),
    })
}

pub fn describe(dir: &Path) -> Result<String> {
    let m = look(dir)?;
    Ok(format!(
        "- date: {} UTC\n- kernel: {}\n- processor: {}, {} cores\n- file system: {}\n- SQLite {}\n- load before: {}",
        m.date,
        m.kernel,
        m.processor,
        m.cores,
        m.file_system,
        rusqlite::version(),
        load(),
    ))
}

/// What a picture has room for.
pub fn in_a_line(dir: &Path) -> Result<String> {
    let m = look(dir)?;
    let day = m.date.split(' ').next().unwrap_or_default();
    Ok(format!(
        "Medians of one run: {}, {} cores, {}, {}, {day}",
        m.processor, m.cores, m.kernel, m.file_system
    ))
}
