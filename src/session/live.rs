//! Sessions that are running, in any process, as they say themselves.

use super::progress::SessionProgress;
use crate::error::Result;
use crate::fs::{host_name, process_id, Timestamp};
use crate::key::Key;
use crate::store::{Store, REPORT_BYTES};
use serde::{Deserialize, Serialize};

const FORMAT: u64 = 1;
/// Longest label that is told, in characters.
const LABEL_CHARACTERS: usize = 200;

/// A session that is running, in this process or another one, and how it was getting on when it last said
/// so: with a checkpoint it wrote or failed to write, at most once a second.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LiveSession {
    /// The key it was opened on.
    pub key: Key,
    /// Its run.
    pub run_id: String,
    /// What it was labelled with; a long one is cut.
    pub label: Option<String>,
    /// Of the process it runs in, on its host.
    pub process_id: u32,
    /// The name of the host it runs on.
    pub host: String,
    /// When it was opened: Unix seconds, by its host's clock.
    pub opened_unix_seconds: f64,
    /// When it said all of this: Unix seconds, by its host's clock.
    pub reported_unix_seconds: f64,
    /// What it said, as of then.
    pub progress: SessionProgress,
}

/// As it is stored.
#[derive(Serialize, Deserialize)]
struct Report {
    format: u64,
    key: String,
    label: Option<String>,
    process_id: u32,
    host: String,
    opened: f64,
    reported: f64,
    progress: SessionProgress,
}

/// What is the same in all reports of a session.
pub(super) struct Reporter {
    key: Key,
    opened: f64,
}

fn seconds(t: Timestamp) -> f64 {
    t.secs as f64 + f64::from(t.nanos) * 1e-9
}

impl Reporter {
    pub fn new(key: Key, opened: Timestamp) -> Reporter {
        Reporter {
            key,
            opened: seconds(opened),
        }
    }

    /// When the session was opened: Unix seconds.
    pub fn opened(&self) -> f64 {
        self.opened
    }

    /// One line; `None` where there is no room for it.
    pub fn line(
        &self,
        label: Option<&str>,
        progress: SessionProgress,
        now: Timestamp,
    ) -> Option<String> {
        let report = Report {
            format: FORMAT,
            key: self.key.to_hex(),
            label: label.map(|l| l.chars().take(LABEL_CHARACTERS).collect()),
            process_id: process_id(),
            host: host_name(),
            opened: self.opened,
            reported: seconds(now),
            progress,
        };
        let line = serde_json::to_string(&report).ok()?;
        (line.len() <= REPORT_BYTES).then_some(line)
    }
}

fn parse(run_id: String, line: &str) -> Option<LiveSession> {
    let report: Report = serde_json::from_str(line).ok()?;
    if report.format != FORMAT {
        return None;
    }
    Some(LiveSession {
        key: Key::from_hex(&report.key).ok()?,
        run_id,
        label: report.label,
        process_id: report.process_id,
        host: report.host,
        opened_unix_seconds: report.opened,
        reported_unix_seconds: report.reported,
        progress: report.progress,
    })
}

impl Store {
    /// The sessions that are running on this store in any process, those opened first before the others. A
    /// session appears when it first writes a checkpoint, and goes when it is finished or dropped or
    /// its process dies; where other hosts share the file system, one that died may stay for a day.
    /// Works on a store opened read-only, and changes nothing.
    ///
    /// # Errors
    ///
    /// `Permission` and `Io` when the root cannot be read.
    pub fn sessions(&self) -> Result<Vec<LiveSession>> {
        let reports = self.inner().reports()?;
        let parsed = reports
            .into_iter()
            .filter_map(|(run, line)| parse(run, &line));
        let mut sessions: Vec<LiveSession> = parsed.collect();
        sessions.sort_by(|a, b| {
            let opened = a.opened_unix_seconds.total_cmp(&b.opened_unix_seconds);
            opened.then_with(|| a.run_id.cmp(&b.run_id))
        });
        Ok(sessions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Session, SessionOptions};
    use crate::store::StoreOptions;
    use std::time::{Duration, Instant};

    const KEY: Key = Key::from_bytes([7; 32]);

    fn store() -> (tempfile::TempDir, Store) {
        let tmp = tempfile::tempdir().unwrap();
        let store = Store::open(Some(tmp.path()), &StoreOptions::new()).unwrap();
        (tmp, store)
    }

    #[test]
    fn a_running_session_is_seen_from_a_store_that_can_only_read_until_it_ends() {
        let (tmp, store) = store();
        let mut options = SessionOptions::new();
        options.label("spline").unwrap();
        options.min_interval_seconds(3600.0).unwrap();
        let fit = Session::open(&store, KEY, &options).unwrap();
        let other = Store::open(Some(tmp.path()), StoreOptions::new().read_only(true)).unwrap();
        assert!(
            other.sessions().unwrap().is_empty(),
            "it has written nothing"
        );
        let begun = Instant::now();
        fit.checkpoint(b"x", Some(2.0), Some(41)).unwrap();
        let seen = other.sessions().unwrap();
        assert_eq!(seen.len(), 1);
        let first = &seen[0];
        assert_eq!((first.key, first.run_id.as_str()), (KEY, fit.run_id()));
        assert_eq!(first.label.as_deref(), Some("spline"));
        assert_eq!(first.process_id, std::process::id());
        assert!(!first.host.is_empty());
        let p = first.progress;
        assert_eq!((p.iteration, p.writes, p.failed), (Some(41), 1, 0));
        assert_eq!(p.best_objective, Some(2.0));
        assert!(p.durable_age_seconds.unwrap() < 60.0);
        assert!(first.reported_unix_seconds >= first.opened_unix_seconds);
        // Within the second nothing more is said, written or not.
        fit.checkpoint(b"y", Some(1.0), Some(42)).unwrap();
        fit.checkpoint(b"y", Some(1.0), Some(43)).unwrap();
        let meanwhile = other.sessions().unwrap();
        assert!(meanwhile == seen || begun.elapsed() > Duration::from_secs(1));
        std::thread::sleep(Duration::from_millis(1_100));
        fit.checkpoint(b"y", Some(1.0), Some(44)).unwrap();
        assert_eq!(other.sessions().unwrap(), meanwhile, "it was not written");
        fit.checkpoint(b"z", Some(0.5), Some(45)).unwrap();
        let later = other.sessions().unwrap()[0].progress;
        assert_eq!((later.iteration, later.throttled), (Some(45), 2));
        assert!(fit.finish().unwrap());
        assert!(other.sessions().unwrap().is_empty());
    }

    #[test]
    fn a_dead_sessions_report_is_passed_over_and_goes_with_a_sweep() {
        let (tmp, store) = store();
        let fit = Session::open(&store, KEY, &SessionOptions::new()).unwrap();
        fit.checkpoint(b"x", Some(2.0), Some(1)).unwrap();
        let own = tmp.path().join(".warmstart");
        let mark = own.join(format!("alive~{}", fit.run_id()));
        // What a killed process leaves: the report without its lock.
        let dead = own.join("alive~ckpt-r1-2");
        std::fs::copy(&mark, &dead).unwrap();
        // Garbage whose writer lives hides no other.
        assert_eq!(store.sessions().unwrap().len(), 1);
        store.sweep().unwrap();
        assert!(!dead.exists() && mark.exists());
        let before = store.stats();
        drop(fit);
        assert!(!mark.exists());
        let after = store.stats();
        assert_eq!(before.files - after.files, 1);
        assert_eq!(before.bytes - after.bytes, 4096);
    }

    #[test]
    fn the_longest_report_fits_and_reads_back() {
        let (_tmp, store) = store();
        let fit = Session::open(&store, KEY, &SessionOptions::new()).unwrap();
        let mut progress = fit.progress();
        let f = -1.234_567_890_123_456_7e-300;
        progress.iteration = Some(u64::MAX);
        (progress.writes, progress.failed) = (u64::MAX, u64::MAX);
        (progress.throttled, progress.waiting) = (u64::MAX, u64::MAX);
        progress.iterations_per_second = Some(f);
        progress.best_objective = Some(f);
        progress.durable_age_seconds = Some(f);
        progress.next_due_seconds = Some(f);
        progress.write_seconds = Some(f);
        (progress.elapsed_seconds, progress.written_seconds) = (f, f);
        progress.blocked_seconds = f;
        let now = Timestamp {
            secs: 1 << 40,
            nanos: 123_456_789,
        };
        let reporter = Reporter::new(KEY, now);
        // The first is written with six characters for each.
        for label in ["\u{1}".repeat(1024), "\u{1f600}".repeat(256)] {
            let line = reporter.line(Some(&label), progress, now).unwrap();
            assert!(line.len() <= REPORT_BYTES);
            let read = parse("r1".into(), &line).unwrap();
            assert_eq!(read.progress, progress);
            assert_eq!(read.label.map(|l| l.chars().count()), Some(200));
        }
    }
}
