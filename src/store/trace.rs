//! The trace of a run: how its objective came down. It lies in the metadata of what the run stored, as
//! one text that other engines ignore, so that it is there when the run is dead, is replaced with the
//! entry, and costs no file and no sync of its own.
//!
//! ```text
//! <when the session was opened, Unix seconds> <seconds a checkpoint takes, or ->
//! ;<seconds since then> <iteration, or -> <objective, or ->      for each point, oldest first
//! #<the first 16 hex digits of the SHA-256 of all before the #>
//! ```
//!
//! on one line. Numbers read back bit for bit, but for the points' seconds, which are rounded to
//! milliseconds. A text that fails its digest is no trace, and damages nothing else.

use super::lookup::newest_generations;
use super::{Inner, Store};
use crate::error::Result;
use crate::key::Key;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Most points of a trace that is stored.
pub(crate) const STORED_POINTS: usize = 64;
/// More are not read.
const MOST_POINTS: usize = 4096;
const DIGEST_DIGITS: usize = 16;
/// Time and random digits of a generated run id.
const SESSION_ID: usize = 32;

/// One point of a trace.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct TracePoint {
    /// Seconds since the session was opened.
    pub seconds: f64,
    /// As the caller counted, or none.
    pub iteration: Option<u64>,
    /// Finite, or none.
    pub objective: Option<f64>,
}

impl TracePoint {
    pub(crate) fn new(seconds: f64, iteration: Option<u64>, objective: Option<f64>) -> TracePoint {
        TracePoint {
            seconds,
            iteration,
            objective,
        }
    }

    /// As it is stored.
    pub(crate) fn text(&self) -> String {
        let mut text = String::with_capacity(48);
        // Writing to a string cannot fail.
        let _ = write!(text, ";{:.3}", self.seconds);
        let _ = match self.iteration {
            Some(i) => write!(text, " {i}"),
            None => write!(text, " -"),
        };
        optional(self.objective, &mut text);
        text
    }
}

/// The record of one run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Trace {
    /// When its session was opened: Unix seconds.
    pub opened_unix_seconds: f64,
    /// What a durable checkpoint took on average, in seconds; none before the first.
    pub write_seconds: Option<f64>,
    /// From the first to the last checkpoint the session was given, thinned.
    pub points: Vec<TracePoint>,
}

fn optional(value: Option<impl std::fmt::LowerExp>, text: &mut String) {
    // Writing to a string cannot fail.
    let _ = match value {
        Some(v) => write!(text, " {v:e}"),
        None => write!(text, " -"),
    };
}

fn digest(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    let hex = hash.iter().take(DIGEST_DIGITS / 2);
    hex.fold(String::new(), |mut s, b| {
        let _ = write!(s, "{b:02x}");
        s
    })
}

/// `None` for "-"; refuses what is no finite number.
fn number(word: &str) -> Option<Option<f64>> {
    if word == "-" {
        return Some(None);
    }
    let value: f64 = word.parse().ok()?;
    value.is_finite().then_some(Some(value))
}

impl Trace {
    pub(crate) fn new(
        opened_unix_seconds: f64,
        write_seconds: Option<f64>,
        points: Vec<TracePoint>,
    ) -> Trace {
        Trace {
            opened_unix_seconds,
            write_seconds,
            points,
        }
    }

    /// As it is stored, of points as they are.
    pub(crate) fn text_of<'a>(
        opened_unix_seconds: f64,
        write_seconds: Option<f64>,
        points: impl Iterator<Item = &'a str>,
    ) -> String {
        let mut text = String::with_capacity(64 + 48 * STORED_POINTS);
        let _ = write!(text, "{opened_unix_seconds:.3}");
        optional(write_seconds, &mut text);
        points.for_each(|p| text.push_str(p));
        let digest = digest(&text);
        text.push('#');
        text.push_str(&digest);
        text
    }

    #[cfg(test)]
    pub(crate) fn to_text(&self) -> String {
        let points: Vec<String> = self.points.iter().map(TracePoint::text).collect();
        let points = points.iter().map(String::as_str);
        Trace::text_of(self.opened_unix_seconds, self.write_seconds, points)
    }

    pub(crate) fn from_text(text: &str) -> Option<Trace> {
        let (body, found) = text.rsplit_once('#')?;
        if found != digest(body) {
            return None;
        }
        let mut parts = body.split(';');
        let (opened, cost) = parts.next()?.split_once(' ')?;
        let cost = number(cost)?;
        if cost.is_some_and(|seconds| seconds < 0.0) {
            return None;
        }
        let mut trace = Trace::new(number(opened)??, cost, Vec::new());
        for part in parts.take(MOST_POINTS) {
            let mut words = part.split(' ');
            let seconds = number(words.next()?)??;
            let iteration = match words.next()? {
                "-" => None,
                word => Some(word.parse().ok()?),
            };
            let objective = number(words.next()?)?;
            trace.points.push(TracePoint {
                seconds,
                iteration,
                objective,
            });
        }
        Some(trace)
    }
}

/// The run ids of one session's slots begin alike: its best, its latest, and what came after an answer.
/// Shorter ones are of a caller's choice.
fn is_of_one_session(a: &str, b: &str) -> bool {
    let bare = |id| str::strip_prefix(id, "ckpt-").unwrap_or(id);
    let (a, b) = (bare(a), bare(b));
    a.len().min(b.len()) >= SESSION_ID && (a.starts_with(b) || b.starts_with(a))
}

impl Store {
    /// The trace of the session that wrote the run `run_id` under `key`, alive or dead, as of its last
    /// durable checkpoint. Empty when it left none; `None` when there is no such run. Payloads are not
    /// read.
    pub fn trace(&self, key: Key, run_id: &str) -> Result<Option<Trace>> {
        self.inner().trace(key, run_id)
    }
}

impl Inner {
    fn trace(&self, key: Key, run_id: &str) -> Result<Option<Trace>> {
        super::names::check_run_id(run_id)?;
        let known = self.list_known(key)?;
        let newest = newest_generations(&known);
        let mut runs: Vec<_> = newest.into_iter().map(|i| &known[i]).collect();
        runs.retain(|k| {
            let id = k.stem.run_id();
            id == run_id || is_of_one_session(id, run_id)
        });
        if runs.is_empty() {
            return Ok(None);
        }
        let traces = runs
            .iter()
            .filter_map(|k| Some((k.metadata.written(), k.metadata.trace()?)));
        // Times in the trace are too coarse to tell.
        let newest = traces.max_by_key(|(written, _)| *written);
        let none = || Trace::new(0.0, None, Vec::new());
        Ok(Some(newest.map_or_else(none, |(_, trace)| trace)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point() -> impl Strategy<Value = TracePoint> {
        let number = prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO;
        (
            0u32..1_000_000_000,
            prop::option::of(any::<u64>()),
            prop::option::of(number),
        )
            .prop_map(|(millis, iteration, objective)| TracePoint {
                seconds: f64::from(millis) / 1000.0,
                iteration,
                objective,
            })
    }

    proptest! {
        #[test]
        fn a_trace_reads_back_bit_for_bit(
            points in prop::collection::vec(point(), 0..STORED_POINTS),
            write_seconds in prop::option::of(0.0..1e9f64),
        ) {
            let trace = Trace::new(1_795_170_572.125, write_seconds, points);
            let read = Trace::from_text(&trace.to_text()).unwrap();
            prop_assert_eq!(&read, &trace);
            let bits = |t: &Trace| -> Vec<_> {
                t.points.iter().map(|p| p.objective.map(f64::to_bits)).collect()
            };
            prop_assert_eq!(bits(&read), bits(&trace));
        }

        #[test]
        fn a_changed_text_is_no_trace(points in prop::collection::vec(point(), 1..5), at: prop::sample::Index, with in 32u8..127) {
            let text = Trace::new(1.0, None, points).to_text();
            let mut bytes = text.clone().into_bytes();
            let at = at.index(bytes.len());
            prop_assume!(bytes[at] != with);
            bytes[at] = with;
            prop_assert_eq!(Trace::from_text(std::str::from_utf8(&bytes).unwrap()), None);
        }

        #[test]
        fn nonsense_is_no_trace(text in ".*") {
            prop_assert_eq!(Trace::from_text(&text), None);
            // Not even with a digest.
            let text = format!("{text}#{}", digest(&text));
            let _ = Trace::from_text(&text);
        }
    }

    /// The optimal interval and the time kept before a deadline follow from it.
    #[test]
    fn a_trace_whose_writes_took_less_than_no_time_is_none() {
        for (cost, is_one) in [(-1e-9, false), (0.0, true), (1e-9, true)] {
            let text = Trace::new(1.0, Some(cost), Vec::new()).to_text();
            assert_eq!(Trace::from_text(&text).is_some(), is_one, "{cost}");
        }
    }

    #[test]
    fn the_runs_of_one_session_are_told_from_those_of_others() {
        let id = "r1f-18ea15d5cea83d5d67fe1412c9ad983d";
        let best = format!("ckpt-{id}");
        let after_answer = format!("{id}01");
        assert!(is_of_one_session(&best, id) && is_of_one_session(&after_answer, &best));
        let other = "r1f-18ea15d5cea83d5d67fe1412c9ad983e";
        for alien in [other, "r", "ckpt-r1f", "mine", ""] {
            assert!(!is_of_one_session(&best, alien), "{alien}");
        }
    }

    #[test]
    fn the_longest_that_is_stored_leaves_room_in_the_metadata() {
        let longest = TracePoint {
            seconds: 1e9,
            iteration: Some(u64::MAX),
            objective: Some(-f64::MIN_POSITIVE * 1.234_567_890_123_456_7),
        };
        let trace = Trace::new(1e10, Some(1e-300), vec![longest; STORED_POINTS]);
        assert!(trace.to_text().len() < super::super::metadata::METADATA_BYTES / 8);
    }
}
