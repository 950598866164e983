//! The interval between checkpoints that costs the least time where failures happen at random.

use crate::error::{Error, Result};

/// How the interval follows from the cost of a checkpoint, d, and the mean time between failures, M.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum IntervalFormula {
    /// sqrt(2 d M): J. W. Young, "A first order approximation to the optimum checkpoint interval",
    /// Communications of the ACM 17 (1974). Good where d is far below M.
    Young,
    /// sqrt(2 d M) (1 + sqrt(d / 2M) / 3 + (d / 2M) / 9) - d for d below 2M, else M: J. T. Daly, "A
    /// higher order estimate of the optimum checkpoint interval for restart dumps", Future Generation
    /// Computer Systems 22 (2006).
    #[default]
    Daly,
}

impl IntervalFormula {
    /// Seconds of work between the end of a checkpoint and the next, for checkpoints that take
    /// `cost` seconds and failures every `mean_time_between_failures` seconds on average.
    ///
    /// # Errors
    ///
    /// `Invalid` unless the cost is finite and not negative, and the mean time positive.
    pub fn seconds(self, cost: f64, mean_time_between_failures: f64) -> Result<f64> {
        check_mean_time(mean_time_between_failures)?;
        if !(cost >= 0.0 && cost.is_finite()) {
            return Err(Error::invalid(
                "computing a checkpoint interval",
                format!("a cost of {cost} seconds is negative, infinite or not a number"),
                "Give the seconds that one durable checkpoint takes",
            ));
        }
        Ok(self.interval(cost, mean_time_between_failures))
    }

    /// The same of numbers that were checked.
    pub(super) fn interval(self, cost: f64, mean_time: f64) -> f64 {
        if mean_time.is_infinite() {
            return mean_time;
        }
        // Whatever is lost between failures was computed since the last: no longer interval helps.
        if self == IntervalFormula::Daly && cost >= 2.0 * mean_time {
            return mean_time;
        }
        let first_order = (2.0 * cost * mean_time).sqrt();
        match self {
            IntervalFormula::Young => first_order,
            IntervalFormula::Daly => {
                let ratio = cost / (2.0 * mean_time);
                first_order * (1.0 + ratio.sqrt() / 3.0 + ratio / 9.0) - cost
            }
        }
    }
}

pub(super) fn check_mean_time(seconds: f64) -> Result<()> {
    if seconds > 0.0 {
        return Ok(());
    }
    Err(Error::invalid(
        "setting the mean time between failures",
        format!("{seconds} seconds is not above 0, or not a number"),
        "Give a positive number of seconds",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use IntervalFormula::{Daly, Young};

    /// Expected seconds for one second of work when a checkpoint of `cost` follows every `interval`
    /// seconds of it and failures are exponential (Daly 2006, equation 13 without restarts).
    fn expected(interval: f64, cost: f64, mean_time: f64) -> f64 {
        mean_time * ((interval + cost) / mean_time).exp_m1() / interval
    }

    fn best_expected(cost: f64, mean_time: f64) -> f64 {
        // The minimum lies between; the function has one.
        let (mut low, mut high) = (1e-9 * mean_time, 2.0 * mean_time);
        for _ in 0..200 {
            let third = (high - low) / 3.0;
            let (a, b) = (low + third, high - third);
            if expected(a, cost, mean_time) < expected(b, cost, mean_time) {
                high = b;
            } else {
                low = a;
            }
        }
        expected(low, cost, mean_time)
    }

    #[test]
    fn dalys_interval_is_that_of_the_papers_figures() {
        // Figures 3 to 5: a dump of 5 minutes; failures every 24 h, 6 h, 15 min; optimum in minutes.
        for (mean_time, minutes, digits) in
            [(1440.0, 117.0, 0.5), (360.0, 57.0, 0.5), (15.0, 9.1, 0.05)]
        {
            let found = Daly.seconds(5.0, mean_time).unwrap();
            assert!((found - minutes).abs() < digits, "{found} for {mean_time}");
        }
    }

    #[test]
    fn the_expected_run_time_is_within_a_twentieth_of_the_optimum() {
        for exponent in -24..=4 {
            let cost = 10f64.powf(f64::from(exponent) / 4.0);
            for mean_time in [1.0, 60.0, 86_400.0] {
                let cost = cost * mean_time;
                let optimum = best_expected(cost, mean_time);
                let of = |f: IntervalFormula| {
                    expected(f.seconds(cost, mean_time).unwrap(), cost, mean_time) / optimum
                };
                assert!(of(Daly) < 1.05, "{} at {cost}/{mean_time}", of(Daly));
                if cost < 0.1 * mean_time {
                    assert!(of(Young) < 1.05, "{} at {cost}/{mean_time}", of(Young));
                }
            }
        }
    }

    #[test]
    fn nonsense_is_refused_and_extremes_are_not() {
        assert!(Young.seconds(-1.0, 1.0).is_err() && Young.seconds(f64::NAN, 1.0).is_err());
        assert!(Daly.seconds(1.0, 0.0).is_err() && Daly.seconds(1.0, f64::NAN).is_err());
        assert_eq!(Daly.seconds(0.0, 10.0).unwrap(), 0.0);
        assert_eq!(Daly.seconds(20.0, 10.0).unwrap(), 10.0);
        assert_eq!(Daly.seconds(1.0, f64::INFINITY).unwrap(), f64::INFINITY);
    }
}
