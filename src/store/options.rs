//! What a caller may ask of a store, what the root remembers, and the defaults.

use super::metadata::Durability;
use super::record::Recorded;
use super::totals::Totals;
use crate::error::{Error, Result};
use crate::fs::Timestamp;

/// Bytes below one root: 1 GiB.
const SIZE_BUDGET: u64 = 1 << 30;
/// Files below one root.
const FILE_BUDGET: u64 = 200_000;
/// Bytes of payload kept in memory by one handle: 256 MiB.
const MEMORY_BUDGET: u64 = 256 << 20;
/// 30 days.
const TTL_SECONDS: f64 = 30.0 * 86_400.0;

/// How a store is opened. What is not set is inherited from the root's record, else the default.
#[derive(Debug, Clone, Default)]
pub struct StoreOptions {
    size_budget: Option<u64>,
    file_budget: Option<u64>,
    memory_budget: Option<u64>,
    ttl_seconds: Option<f64>,
    durability: Durability,
    read_only: bool,
}

fn budget(what: &'static str, value: i64) -> Result<u64> {
    u64::try_from(value).map_err(|_| {
        Error::invalid(
            format!("setting the {what} budget"),
            format!("{value} is negative"),
            "Give a positive number, or 0",
        )
    })
}

impl StoreOptions {
    /// Nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Most bytes below the root, 0 for unlimited; default 1 GiB. Remembered by the root.
    pub fn size_budget(&mut self, bytes: i64) -> Result<&mut Self> {
        self.size_budget = Some(budget("size", bytes)?);
        Ok(self)
    }

    /// Most files below the root, 0 for unlimited; default 200 000. Remembered by the root.
    pub fn file_budget(&mut self, files: i64) -> Result<&mut Self> {
        self.file_budget = Some(budget("file", files)?);
        Ok(self)
    }

    /// Most bytes this handle keeps in memory to answer lookups, 0 for none; default 256 MiB.
    pub fn memory_budget(&mut self, bytes: i64) -> Result<&mut Self> {
        self.memory_budget = Some(budget("memory", bytes)?);
        Ok(self)
    }

    /// Seconds after which an entry neither written nor reused expires, 0 for never; default 30
    /// days. Remembered by the root.
    pub fn ttl_seconds(&mut self, seconds: f64) -> Result<&mut Self> {
        if !(0.0..f64::INFINITY).contains(&seconds) {
            return Err(Error::invalid(
                "setting the time to live",
                format!("{seconds} seconds is negative or not finite"),
                "Give a positive number of seconds, or 0 for entries that never expire",
            ));
        }
        self.ttl_seconds = Some(seconds);
        Ok(self)
    }

    /// What an acknowledged save survives; default [`Durability::Full`].
    pub fn durability(&mut self, level: Durability) -> &mut Self {
        self.durability = level;
        self
    }

    /// Refuse every write through this handle; default off.
    pub fn read_only(&mut self, on: bool) -> &mut Self {
        self.read_only = on;
        self
    }

    /// True when something is set that the root has to remember.
    pub(super) fn has_limits(&self) -> bool {
        self.size_budget.is_some() || self.file_budget.is_some() || self.ttl_seconds.is_some()
    }

    /// What the root is to remember, given what it remembered before.
    pub(super) fn record_over(&self, before: &Recorded) -> Recorded {
        Recorded {
            size_budget: self.size_budget.or(before.size_budget),
            file_budget: self.file_budget.or(before.file_budget),
            ttl_seconds: self.ttl_seconds.or(before.ttl_seconds),
        }
    }

    pub(super) fn resolve(&self, recorded: &Recorded) -> Settings {
        let limits = self.record_over(recorded);
        let unlimited_if_zero = |n: u64| Some(n).filter(|n| *n > 0);
        Settings {
            size_budget: unlimited_if_zero(limits.size_budget.unwrap_or(SIZE_BUDGET)),
            file_budget: unlimited_if_zero(limits.file_budget.unwrap_or(FILE_BUDGET)),
            memory_budget: usize::try_from(self.memory_budget.unwrap_or(MEMORY_BUDGET))
                .unwrap_or(usize::MAX),
            ttl_seconds: Some(limits.ttl_seconds.unwrap_or(TTL_SECONDS)).filter(|t| *t > 0.0),
            durability: self.durability,
            read_only: self.read_only,
        }
    }
}

/// What may lie below a root, and for how long.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes, each file's length rounded up to 4 096; none where there is no limit.
    pub size_budget: Option<u64>,
    /// Files; none where there is no limit.
    pub file_budget: Option<u64>,
    /// Seconds from an entry's last use on; none where nothing expires.
    pub ttl_seconds: Option<f64>,
}

/// What is in force for one handle.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// None: unlimited.
    pub size_budget: Option<u64>,
    /// None: unlimited.
    pub file_budget: Option<u64>,
    pub memory_budget: usize,
    /// None: nothing expires.
    pub ttl_seconds: Option<f64>,
    pub durability: Durability,
    pub read_only: bool,
}

impl Settings {
    /// An entry from the future is as fresh as now.
    pub fn is_expired(&self, last_activity: Timestamp, now: Timestamp) -> bool {
        self.ttl_seconds
            .is_some_and(|ttl| now.seconds_since(last_activity) > ttl)
    }

    /// True when the root holds more than it may.
    pub fn is_exceeded_by(&self, totals: &Totals) -> bool {
        let over = |budget: Option<u64>, n: i64| budget.is_some_and(|b| n.max(0) as u64 > b);
        over(self.size_budget, totals.bytes) || over(self.file_budget, totals.files)
    }

    /// True when the root holds more than this share of what it may.
    pub fn is_beyond(&self, share: f64, totals: &Totals) -> bool {
        let over =
            |budget: Option<u64>, n: i64| budget.is_some_and(|b| n as f64 > b as f64 * share);
        over(self.size_budget, totals.bytes) || over(self.file_budget, totals.files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_is_inherited_and_what_is_set_is_remembered() {
        let mut named = StoreOptions::new();
        named.ttl_seconds(60.0).unwrap().size_budget(0).unwrap();
        let recorded = named.record_over(&Recorded::default());
        let inherited = StoreOptions::new().resolve(&recorded);
        assert_eq!(inherited.ttl_seconds, Some(60.0));
        assert_eq!(inherited.size_budget, None);
        assert_eq!(inherited.file_budget, Some(FILE_BUDGET));
        assert!(!StoreOptions::new().has_limits() && named.has_limits());
    }

    #[test]
    fn negative_or_nan_limits_are_refused() {
        let mut o = StoreOptions::new();
        assert!(o.size_budget(-1).is_err() && o.file_budget(i64::MIN).is_err());
        assert!(o.memory_budget(-1).is_err());
        for bad in [f64::NAN, -1.0, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(o.ttl_seconds(bad).is_err());
        }
        assert!(o.ttl_seconds(0.0).is_ok());
    }
}
