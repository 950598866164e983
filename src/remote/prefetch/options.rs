//! What a caller may ask of the worker, and the defaults.

use crate::error::{Error, Result};
use std::time::Duration;

const RECENCY_WEIGHT: f64 = 1.0;
const HEAD_WEIGHT: f64 = 0.3;
const MODEL_WEIGHT: f64 = 0.2;
const HALF_LIFE: Duration = Duration::from_secs(600);
const INTERVAL: Duration = Duration::from_millis(500);
const PARALLEL: usize = 8;
const MOST_PARALLEL: i64 = 64;
const CYCLE_BYTES: u64 = 256 << 20;
const CYCLE_TIME: Duration = Duration::from_secs(10);
const FETCH_DEADLINE: Duration = Duration::from_secs(5);
const LISTING_DEADLINE: Duration = Duration::from_secs(60);
const FIRST_BACK_OFF: Duration = Duration::from_secs(1);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(600);

/// How the worker chooses and how much it may do.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "remote"), allow(dead_code))] // Nothing is warmed then.
pub struct PrefetchOptions {
    pub(super) recency_weight: f64,
    pub(super) head_weight: f64,
    pub(super) model_weight: f64,
    pub(super) half_life: Duration,
    pub(super) interval: Duration,
    pub(super) parallel: usize,
    pub(super) cycle_bytes: u64,
    pub(super) cycle_time: Duration,
    pub(super) fetch_deadline: Duration,
    pub(super) listing_deadline: Duration,
    pub(super) first_back_off: Duration,
    pub(super) longest_back_off: Duration,
    pub(super) dry_run: bool,
}

impl Default for PrefetchOptions {
    fn default() -> Self {
        PrefetchOptions {
            recency_weight: RECENCY_WEIGHT,
            head_weight: HEAD_WEIGHT,
            model_weight: MODEL_WEIGHT,
            half_life: HALF_LIFE,
            interval: INTERVAL,
            parallel: PARALLEL,
            cycle_bytes: CYCLE_BYTES,
            cycle_time: CYCLE_TIME,
            fetch_deadline: FETCH_DEADLINE,
            listing_deadline: LISTING_DEADLINE,
            first_back_off: FIRST_BACK_OFF,
            longest_back_off: LONGEST_BACK_OFF,
            dry_run: false,
        }
    }
}

/// A duration of more than nothing; what is longer than any process lives is as good as for ever.
fn positive(what: &'static str, seconds: f64) -> Result<Duration> {
    let duration = if seconds > 0.0 {
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    } else {
        Duration::ZERO
    };
    // A millisecond is the least anything here can be told apart by.
    if duration >= Duration::from_millis(1) {
        return Ok(duration);
    }
    Err(Error::invalid(
        format!("setting the {what}"),
        format!("{seconds} seconds is less than a millisecond or not a number"),
        "Give 0.001 seconds or more",
    ))
}

fn weight(what: &'static str, value: f64) -> Result<f64> {
    if value >= 0.0 && value.is_finite() {
        return Ok(value);
    }
    Err(Error::invalid(
        format!("setting the weight of {what}"),
        format!("{value} is negative or not finite"),
        "Give a positive number, or 0 to leave it out of the score",
    ))
}

impl PrefetchOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// What recency, being the head of a chain and belonging to the active model add to the score at
    /// most; default 1.0, 0.3 and 0.2.
    pub fn weights(&mut self, recency: f64, head: f64, model: f64) -> Result<&mut Self> {
        let recency = weight("recency", recency)?;
        let head = weight("the head of a chain", head)?;
        self.model_weight = weight("the active model", model)?;
        (self.recency_weight, self.head_weight) = (recency, head);
        Ok(self)
    }

    /// Seconds after which recency counts half; default 600.
    pub fn half_life_seconds(&mut self, value: f64) -> Result<&mut Self> {
        self.half_life = positive("half-life of recency", value)?;
        Ok(self)
    }

    /// Seconds between the beginnings of cycles; default 0.5.
    pub fn interval_seconds(&mut self, value: f64) -> Result<&mut Self> {
        self.interval = positive("interval between prefetch cycles", value)?;
        Ok(self)
    }

    /// How many entries a cycle takes, and fetches at once; hints may be as many again. 1 to 64,
    /// default 8.
    pub fn parallel(&mut self, k: i64) -> Result<&mut Self> {
        if !(1..=MOST_PARALLEL).contains(&k) {
            return Err(Error::invalid(
                "setting how many entries a prefetch cycle takes",
                format!("{k} is not from 1 to {MOST_PARALLEL}"),
                "Give a number in that range",
            ));
        }
        self.parallel = usize::try_from(k).unwrap_or(PARALLEL);
        Ok(self)
    }

    /// Bytes of payload that a cycle fetches at most, 0 for unlimited; default 256 MiB. What is larger
    /// alone is fetched on a hint or a demand only.
    pub fn cycle_bytes(&mut self, bytes: i64) -> Result<&mut Self> {
        self.cycle_bytes = u64::try_from(bytes).map_err(|_| {
            Error::invalid(
                "setting the byte budget of a prefetch cycle",
                format!("{bytes} is negative"),
                "Give a positive number, or 0 for unlimited",
            )
        })?;
        Ok(self)
    }

    /// Seconds after which a cycle's fetches are cancelled, whatever their own deadline; default 10.
    pub fn cycle_seconds(&mut self, value: f64) -> Result<&mut Self> {
        self.cycle_time = positive("time budget of a prefetch cycle", value)?;
        Ok(self)
    }

    /// Seconds that a fetch may take; default 5.
    pub fn fetch_deadline_seconds(&mut self, value: f64) -> Result<&mut Self> {
        self.fetch_deadline = positive("deadline of a fetch", value)?;
        Ok(self)
    }

    /// Seconds that a listing may take; default 60.
    pub fn listing_deadline_seconds(&mut self, value: f64) -> Result<&mut Self> {
        self.listing_deadline = positive("deadline of a listing", value)?;
        Ok(self)
    }

    /// Seconds for which a key that failed is left alone: `first` the first time, twice as long each
    /// further time in a row, `longest` at most; default 1 and 600. Counted in tenths.
    pub fn back_off_seconds(&mut self, first: f64, longest: f64) -> Result<&mut Self> {
        let first = positive("first back-off", first)?;
        self.longest_back_off = positive("longest back-off", longest)?.max(first);
        self.first_back_off = first;
        Ok(self)
    }

    /// Whether to plan and report only, and to fetch nothing but on demand; default no.
    pub fn dry_run(&mut self, on: bool) -> &mut Self {
        self.dry_run = on;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn what_makes_no_sense_is_refused_and_changes_nothing() {
        let mut o = PrefetchOptions::new();
        let before = format!("{o:?}");
        let mut refused = Vec::new();
        for bad in [f64::NAN, -1.0, f64::INFINITY] {
            refused.push(o.weights(1.0, 1.0, bad).map(drop));
            refused.push(o.weights(bad, 1.0, 1.0).map(drop));
        }
        for bad in [f64::NAN, -1.0, 0.0] {
            refused.push(o.half_life_seconds(bad).map(drop));
            refused.push(o.interval_seconds(bad).map(drop));
            refused.push(o.cycle_seconds(bad).map(drop));
            refused.push(o.fetch_deadline_seconds(bad).map(drop));
            refused.push(o.listing_deadline_seconds(bad).map(drop));
            refused.push(o.back_off_seconds(bad, 1.0).map(drop));
            refused.push(o.back_off_seconds(1.0, bad).map(drop));
        }
        for bad in [0, -1, 65] {
            refused.push(o.parallel(bad).map(drop));
        }
        refused.push(o.cycle_bytes(-1).map(drop));
        for r in refused {
            assert_eq!(r.unwrap_err().kind(), ErrorKind::Invalid);
        }
        assert_eq!(format!("{o:?}"), before);
        o.interval_seconds(f64::INFINITY).unwrap();
        assert_eq!(o.interval, Duration::MAX);
    }
}
