//! What a caller may ask of a session.

use super::deadline::Deadline;
use super::interval::{check_mean_time, IntervalFormula};
use super::policy::{nanoseconds, Schedule};
use super::seeds::Start;
use super::SEED_KEYS;
use crate::error::{Error, ErrorKind, Result};
use crate::key::{Fingerprinter, Key};
use crate::store::{key_fields, About, Keep, Lookup, LABEL_BYTES};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

const MIN_INTERVAL_SECONDS: f64 = 2.0;
const FINISH_TIMEOUT_SECONDS: f64 = 60.0;
const MAX_SHARE: f64 = 0.01;
const STOP_MARGIN_SECONDS: f64 = 1.0;
const FAILED_RESTARTS: u64 = 3;

/// How a session behaves.
#[derive(Debug, Clone)]
pub struct SessionOptions {
    min_interval: Duration,
    finish_timeout: Duration,
    lookup: Lookup,
    background: bool,
    keep: Keep,
    most_failed_restarts: u64,
    about: Arc<About>,
    every: u64,
    max_share: Option<f64>,
    optimal: Option<(IntervalFormula, f64)>,
    deadlines: Vec<Deadline>,
    asks_scheduler: bool,
    halt_file: Option<PathBuf>,
    stop_margin: Duration,
}

impl Default for SessionOptions {
    fn default() -> Self {
        SessionOptions {
            min_interval: Duration::from_secs_f64(MIN_INTERVAL_SECONDS),
            finish_timeout: Duration::from_secs_f64(FINISH_TIMEOUT_SECONDS),
            lookup: Lookup::Best,
            background: false,
            keep: Keep::default(),
            most_failed_restarts: FAILED_RESTARTS,
            about: Arc::default(),
            every: 0,
            max_share: None,
            optimal: None,
            deadlines: Vec::new(),
            asks_scheduler: true,
            halt_file: None,
            stop_margin: Duration::from_secs_f64(STOP_MARGIN_SECONDS),
        }
    }
}

/// Seconds as a duration; what is longer than any process lives is as good as for ever.
fn seconds(what: &'static str, value: f64) -> Result<Duration> {
    if value >= 0.0 {
        return Ok(Duration::try_from_secs_f64(value).unwrap_or(Duration::MAX));
    }
    Err(Error::invalid(
        format!("setting the {what}"),
        format!("{value} seconds is negative or not a number"),
        "Give a positive number of seconds, or 0",
    ))
}

impl SessionOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Seconds between checkpoints that do not improve the objective; default 2. After 0, all are
    /// written: the default share limits nothing then.
    pub fn min_interval_seconds(&mut self, value: f64) -> Result<&mut Self> {
        self.min_interval = seconds("minimum interval", value)?;
        Ok(self)
    }

    /// Longest wait of finish, in seconds; default 60.
    pub fn finish_timeout_seconds(&mut self, value: f64) -> Result<&mut Self> {
        self.finish_timeout = seconds("finish timeout", value)?;
        Ok(self)
    }

    /// Whether checkpoints are copied and published by a thread of the store's; default off.
    pub fn background(&mut self, on: bool) -> &mut Self {
        self.background = on;
        self
    }

    /// Which of the key's entries load, peek and resume answer; default the best.
    pub fn lookup(&mut self, mode: Lookup) -> &mut Self {
        self.lookup = mode;
        self
    }

    /// Stores the tags and digests of what the key was made from beside each entry, so that a
    /// person can see which part of a key differs. At most as much as the metadata has room for.
    pub fn fingerprint(&mut self, fingerprinter: &Fingerprinter) -> &mut Self {
        Arc::make_mut(&mut self.about).key_fields = key_fields(fingerprinter.frames());
        self
    }

    /// Names a seed key; those named before are nearer. Where nothing is stored under the session's own
    /// key, load answers the latest of what lies under the nearest seed key that has anything; and the
    /// session's answer is found under each of them. At most 16; one that was named before is the same.
    ///
    /// # Errors
    ///
    /// `TooLarge` for the 17th.
    pub fn seed_key(&mut self, key: Key) -> Result<&mut Self> {
        let seeds = &self.about.seed_keys;
        if seeds.contains(&key) {
            return Ok(self);
        }
        if seeds.len() >= SEED_KEYS {
            return Err(Error::new(
                ErrorKind::TooLarge,
                "naming a seed key of a session",
                format!("it has {SEED_KEYS} already, and that is the most"),
                "Name the nearest only",
            ));
        }
        Arc::make_mut(&mut self.about).seed_keys.push(key);
        Ok(self)
    }

    /// Keeps the last `count` runs of the key, besides the best: others are removed when an answer is
    /// written; and of this session's checkpoints the last `count`, each as an entry of its own, until there
    /// is an answer. 0, the default, removes none. At least the last and the best run are kept in any
    /// case, and pinned ones and those of other living sessions are not touched.
    pub fn keep_last(&mut self, count: u64) -> &mut Self {
        self.keep.last = count;
        self
    }

    /// The same for the best `count`, by their objectives.
    pub fn keep_best(&mut self, count: u64) -> &mut Self {
        self.keep.best = count;
        self
    }

    /// After so many restarts that came to nothing, a checkpoint is passed over by load; default 3, 0:
    /// never.
    pub fn most_failed_restarts(&mut self, count: u64) -> &mut Self {
        self.most_failed_restarts = count;
        self
    }

    /// A name for people, stored beside each entry: at most 1 024 bytes; empty for none.
    pub fn label(&mut self, text: &str) -> Result<&mut Self> {
        if text.len() > LABEL_BYTES {
            return Err(Self::label_too_long(text.len()));
        }
        Arc::make_mut(&mut self.about).label = Some(text.to_owned()).filter(|t| !t.is_empty());
        Ok(self)
    }

    /// Also makes every `calls`-th call of checkpoint or should-checkpoint since the last write due;
    /// 0, the default, does not.
    pub fn every(&mut self, calls: u64) -> &mut Self {
        self.every = calls;
        self
    }

    /// Most of the run time that checkpoints may take, from what they took so far; default 0.01, and
    /// none where [`SessionOptions::min_interval_seconds`] is 0 or
    /// [`SessionOptions::mean_time_between_failures`] is given. The first ten are exempt. It holds back what
    /// does not improve the objective; with background writing, improvements too: they are kept in memory
    /// and the best of them is written when the share allows it, or at flush.
    pub fn max_share(&mut self, share: f64) -> Result<&mut Self> {
        if !(share > 0.0 && share <= 1.0) {
            return Err(Error::invalid(
                "setting the share of run time for checkpoints",
                format!("{share} is not above 0 and at most 1"),
                "Give a share such as 0.01; 1 for no limit",
            ));
        }
        self.max_share = Some(share);
        Ok(self)
    }

    /// Replaces the minimum interval by the one that costs the least time when failures happen at
    /// random, every `seconds` on average: from what checkpoints are measured to take.
    pub fn mean_time_between_failures(
        &mut self,
        seconds: f64,
        formula: IntervalFormula,
    ) -> Result<&mut Self> {
        check_mean_time(seconds)?;
        self.optimal = Some((formula, seconds));
        Ok(self)
    }

    /// When the session has to have stopped: seconds after it is opened.
    pub fn deadline_seconds(&mut self, value: f64) -> Result<&mut Self> {
        let after = seconds("deadline", value)?;
        self.deadlines.retain(|d| !matches!(d, Deadline::After(_)));
        self.deadlines.push(Deadline::After(after));
        Ok(self)
    }

    /// The same in seconds since 1970-01-01 UTC. Of both, the earlier counts.
    pub fn deadline_unix(&mut self, unix_secs: i64) -> &mut Self {
        self.deadlines.retain(|d| !matches!(d, Deadline::Unix(_)));
        self.deadlines.push(Deadline::Unix(unix_secs));
        self
    }

    /// Whether a deadline is taken from the environment, too; default on.
    pub fn scheduler(&mut self, on: bool) -> &mut Self {
        self.asks_scheduler = on;
        self
    }

    /// A file whose existence asks the session to stop; looked at once a second at most. Relative to
    /// the working directory when the session is opened; empty for none.
    pub fn halt_file(&mut self, path: &Path) -> &mut Self {
        self.halt_file = Some(path.to_owned()).filter(|p| !p.as_os_str().is_empty());
        self
    }

    /// Seconds to spare before a deadline, besides what one more checkpoint and one more iteration
    /// take; default 1.
    pub fn stop_margin_seconds(&mut self, value: f64) -> Result<&mut Self> {
        self.stop_margin = seconds("stop margin", value)?;
        Ok(self)
    }

    pub(crate) fn label_too_long(len: usize) -> Error {
        Error::new(
            ErrorKind::TooLarge,
            "setting a session's label",
            format!("it has {len} bytes, and {LABEL_BYTES} are allowed"),
            "Use a shorter label",
        )
    }

    pub(super) fn schedule(&self) -> Schedule {
        let wants_all = self.min_interval.is_zero();
        let default = (!wants_all && self.optimal.is_none()).then_some(MAX_SHARE);
        Schedule {
            min_interval: nanoseconds(self.min_interval.as_secs_f64()),
            every: self.every,
            share: self.max_share.or(default).filter(|s| *s < 1.0),
            optimal: self.optimal,
        }
    }

    pub(super) fn deadlines(&self) -> &[Deadline] {
        &self.deadlines
    }

    pub(super) fn asks_scheduler(&self) -> bool {
        self.asks_scheduler
    }

    pub(super) fn get_halt_file(&self) -> Option<&Path> {
        self.halt_file.as_deref()
    }

    pub(super) fn stop_margin(&self) -> Duration {
        self.stop_margin
    }

    pub(super) fn lookup_mode(&self) -> Lookup {
        self.lookup
    }

    pub(super) fn finish_timeout(&self) -> Duration {
        self.finish_timeout
    }

    pub(super) fn keep(&self) -> Keep {
        self.keep
    }

    pub(super) fn start(&self) -> Start {
        Start::new(self.about.seed_keys.clone(), self.most_failed_restarts)
    }

    pub(super) fn is_background(&self) -> bool {
        self.background
    }

    pub(super) fn about(&self) -> Arc<About> {
        Arc::clone(&self.about)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_and_nan_seconds_are_refused_and_huge_ones_are_for_ever() {
        let mut o = SessionOptions::new();
        assert!(o.min_interval_seconds(-1.0).is_err());
        assert!(o.finish_timeout_seconds(f64::NAN).is_err());
        assert!(o.min_interval_seconds(f64::INFINITY).is_ok());
        assert_eq!(o.schedule().min_interval, i64::MAX);
        assert!(o.deadline_seconds(-1.0).is_err() && o.stop_margin_seconds(-1.0).is_err());
        assert!(o
            .mean_time_between_failures(0.0, IntervalFormula::Daly)
            .is_err());
        for share in [0.0, -0.1, 1.1, f64::NAN] {
            assert!(o.max_share(share).is_err(), "{share}");
        }
    }

    #[test]
    fn one_percent_limits_unless_all_checkpoints_are_wanted_or_an_optimum_is() {
        let share = |o: &SessionOptions| o.schedule().share;
        let mut o = SessionOptions::new();
        assert_eq!(share(&o), Some(0.01));
        o.min_interval_seconds(0.0).unwrap();
        assert_eq!(share(&o), None);
        o.max_share(0.2).unwrap();
        assert_eq!(share(&o), Some(0.2));
        let mut o = SessionOptions::new();
        o.mean_time_between_failures(60.0, IntervalFormula::Young)
            .unwrap();
        assert_eq!(share(&o), None);
    }

    #[test]
    fn a_label_too_long_is_refused_with_its_limit() {
        let e = SessionOptions::new().label(&"x".repeat(1025)).unwrap_err();
        assert!(e.to_string().contains("1024"), "{e}");
    }
}
