//! How a fit begins: from what its key holds, else from the nearest relative; and what came of it.

use super::Session;
use crate::error::{Error, Result};
use crate::key::Key;
use crate::store::{Attempt, Entry, Inner, Lookup, Miss, Source, StartCounters, StartStats};
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, MutexGuard};
use std::collections::HashSet;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// What a session knows of its beginning.
pub(super) struct Start {
    /// From near to far.
    seeds: Vec<Key>,
    most_failed: u64,
    counters: StartCounters,
    now: Mutex<Now>,
    /// There is an attempt that has come no further yet.
    is_attempt: AtomicBool,
}

/// Since the last load.
#[derive(Default)]
struct Now {
    attempt: Option<Attempt>,
    level: Option<u8>,
    /// What was loaded lies under another key.
    is_seed: bool,
    /// What the guard said of it.
    verdict: Option<bool>,
    /// The session is finished: what it still loads begins no fit that could fail.
    ended: bool,
}

/// Whether a fit should begin from a seed rather than cold. A value that is no number, or infinite, says
/// that nothing can begin there; where neither can, or both are as good, the fit begins cold.
fn is_better(at_seed: Option<f64>, at_cold: Option<f64>) -> bool {
    let finite = |o: Option<f64>| o.filter(|o| o.is_finite());
    match (finite(at_seed), finite(at_cold)) {
        (Some(seed), Some(cold)) => seed < cold,
        (seed, None) => seed.is_some(),
        (None, Some(_)) => false,
    }
}

impl Start {
    pub fn new(seeds: Vec<Key>, most_failed: u64) -> Start {
        Start {
            seeds,
            most_failed,
            counters: StartCounters::default(),
            now: Mutex::default(),
            is_attempt: AtomicBool::new(false),
        }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `key` holds, else what its seed keys do, and how many checkpoints were passed over. Seeds that
    /// do not fit are passed over as well, and what of the key is `refused`, stems.
    pub fn find(
        &self,
        store: &Inner,
        key: Key,
        mode: Lookup,
        seed_fits: &dyn Fn(&Entry) -> bool,
        refused: HashSet<String>,
    ) -> Result<(Option<Entry>, u64)> {
        let (exact, mut passed_over) = store.lookup_sound(key, mode, self.most_failed, refused)?;
        if exact.is_some() {
            return Ok((exact, passed_over));
        }
        for (level, &seed) in (0u8..).zip(&self.seeds) {
            if seed == key {
                continue;
            }
            let look = || {
                let (direct, passed) = store.lookup_sound_here(seed, self.most_failed)?;
                let found = store.lookup_seed((level, seed), key, direct, seed_fits)?;
                Ok((found, passed))
            };
            let (mut found, mut passed) = look()?;
            // Only then: a seed that is linked here costs no question elsewhere.
            if found.is_none() && store.is_brought(seed) {
                (found, passed) = look()?;
            }
            passed_over += passed;
            if found.is_some() {
                return Ok((found, passed_over));
            }
        }
        Ok((None, passed_over))
    }

    /// Notes that the fit begins from `entry`, or cold.
    pub fn begin(&self, store: &Arc<Inner>, entry: Option<&Entry>, passed_over: u64) {
        let mut now = self.now();
        let source = entry.map(|e| e.source);
        now.level = match source {
            Some(Source::Seed(level)) => Some(level),
            _ => None,
        };
        now.is_seed = source.is_some_and(|s| s != Source::Exact);
        now.verdict = None;
        for counters in [&self.counters, store.starts()] {
            counters.passed_over(passed_over);
            if now.is_seed {
                counters.offered();
            }
        }
        let most = if now.ended { 0 } else { self.most_failed };
        let counts = |e: &&Entry| most > 0 && e.source != Source::Preloaded;
        let Some(entry) = entry.filter(counts) else {
            return;
        };
        if !now.attempt.as_ref().is_some_and(|a| a.is_from(entry)) {
            now.attempt = store.attempt(entry);
            self.is_attempt
                .store(now.attempt.is_some(), Ordering::Release);
        }
    }

    /// The fit has come further than where it began.
    pub fn progressed(&self) {
        if self.is_attempt.load(Ordering::Relaxed) {
            if let Some(attempt) = self.take_attempt() {
                attempt.succeed();
            }
        }
    }

    /// The session ends in order: it has not failed, whether or not it came any further.
    pub fn ended(&self) {
        let mut now = self.now();
        now.ended = true;
        drop(self.attempt_of(&mut now));
    }

    fn take_attempt(&self) -> Option<Attempt> {
        self.attempt_of(&mut self.now())
    }

    fn attempt_of(&self, now: &mut Now) -> Option<Attempt> {
        self.is_attempt.store(false, Ordering::Release);
        now.attempt.take()
    }

    fn judge(&self, store: &Inner, at_seed: Option<f64>, at_cold: Option<f64>) -> Result<bool> {
        let mut now = self.now();
        if !now.is_seed {
            return Err(Error::invalid(
                "comparing a seed with the cold start",
                "the session's last load answered no seed",
                "Ask only when the entry's source is a seed or was preloaded",
            ));
        }
        let used = is_better(at_seed, at_cold);
        for counters in [&self.counters, store.starts()] {
            counters.judged(used, now.verdict);
        }
        now.verdict = Some(used);
        Ok(used)
    }

    fn stats(&self) -> StartStats {
        self.counters.read(self.now().level)
    }
}

impl Session {
    /// Whether the fit should begin from the seed that the last load answered, or cold: compares the
    /// objective at the seed with the one at the cold start, both computed by the caller on its own data.
    /// The lower wins. A non-finite value loses, none is non-finite; at equal values, or when
    /// both are non-finite, the fit begins cold. So a seed never makes a fit begin worse.
    ///
    /// # Errors
    ///
    /// `Invalid` when the last load answered neither a seed nor a preloaded entry.
    pub fn should_use_seed(&self, at_seed: Option<f64>, at_cold: Option<f64>) -> Result<bool> {
        self.start.judge(&self.store, at_seed, at_cold)
    }

    /// Notes what a seed has saved, by the caller's reckoning: negative when it took longer.
    pub fn note_iterations_saved(&self, iterations: i64) {
        for counters in [&self.start.counters, self.store.starts()] {
            counters.saved(iterations);
        }
    }

    /// How this session's fits began.
    pub fn start_stats(&self) -> StartStats {
        self.start.stats()
    }

    /// Why this session's key missed: the stored key that has most of the recorded fields in common, and
    /// which fields differ. Takes one listing of the root, a call for each key, and the metadata of at most
    /// 10 000 of those changed last; no longer than about `timeout`, when it answers from what it has seen.
    /// `None` where no other key's entries have a field in common.
    ///
    /// # Errors
    ///
    /// `Invalid` when the session's options were given no fingerprint.
    pub fn explain_miss(&self, timeout: Duration) -> Result<Option<Miss>> {
        let about = self.options.about();
        if about.key_fields.is_empty() {
            return Err(Error::invalid(
                format!("asking why key {} missed", self.key),
                "the session does not know what its key was made from",
                "Set the fingerprint in the session's options; it must not have absorbed more than some hundred fields",
            ));
        }
        let deadline = Instant::now().checked_add(timeout);
        self.store.nearest(self.key, &about.key_fields, deadline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_used_only_where_it_is_sure_to_begin_better() {
        let nan = f64::NAN;
        let inf = f64::INFINITY;
        for (at_seed, at_cold, used) in [
            (Some(1.0), Some(2.0), true),
            (Some(2.0), Some(1.0), false),
            (Some(1.0), Some(1.0), false),
            (Some(nan), Some(1.0), false),
            (Some(1.0), Some(nan), true),
            (Some(nan), Some(nan), false),
            (Some(-inf), Some(1.0), false),
            (Some(1.0), Some(inf), true),
            (None, Some(1.0), false),
            (Some(1.0), None, true),
            (None, None, false),
        ] {
            assert_eq!(is_better(at_seed, at_cold), used, "{at_seed:?} {at_cold:?}");
        }
    }
}
