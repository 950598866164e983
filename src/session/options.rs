//! What a caller may ask of a session.

use crate::error::{Error, ErrorKind, Result};
use crate::key::Fingerprinter;
use crate::store::{key_fields, About, Lookup, LABEL_BYTES};
use std::sync::Arc;
use std::time::Duration;

const MIN_INTERVAL_SECONDS: f64 = 2.0;
const FINISH_TIMEOUT_SECONDS: f64 = 60.0;

/// How a session behaves.
#[derive(Debug, Clone)]
pub struct SessionOptions {
    min_interval: Duration,
    finish_timeout: Duration,
    lookup: Lookup,
    background: bool,
    about: Arc<About>,
}

impl Default for SessionOptions {
    fn default() -> Self {
        SessionOptions {
            min_interval: Duration::from_secs_f64(MIN_INTERVAL_SECONDS),
            finish_timeout: Duration::from_secs_f64(FINISH_TIMEOUT_SECONDS),
            lookup: Lookup::Best,
            background: false,
            about: Arc::default(),
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

    /// Seconds between checkpoints that do not improve the objective; default 2.
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

    /// A name for people, stored beside each entry: at most 1 024 bytes; empty for none.
    pub fn label(&mut self, text: &str) -> Result<&mut Self> {
        if text.len() > LABEL_BYTES {
            return Err(Self::label_too_long(text.len()));
        }
        Arc::make_mut(&mut self.about).label = Some(text.to_owned()).filter(|t| !t.is_empty());
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

    pub(super) fn min_interval(&self) -> Duration {
        self.min_interval
    }

    pub(super) fn lookup_mode(&self) -> Lookup {
        self.lookup
    }

    pub(super) fn finish_timeout(&self) -> Duration {
        self.finish_timeout
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
        assert_eq!(o.min_interval(), Duration::MAX);
    }

    #[test]
    fn a_label_too_long_is_refused_with_its_limit() {
        let e = SessionOptions::new().label(&"x".repeat(1025)).unwrap_err();
        assert!(e.to_string().contains("1024"), "{e}");
    }
}
