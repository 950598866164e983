//! What a checkpoint costs, from those that were written.

/// Seconds a durable checkpoint takes: mean and mean deviation, weighted towards the recent ones as
/// round-trip times are in TCP (Jacobson, SIGCOMM '88; RFC 6298).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Cost {
    mean: f64,
    deviation: f64,
    is_known: bool,
}

impl Cost {
    /// As an earlier run measured it.
    pub fn of(seconds: f64) -> Cost {
        let mut cost = Cost::default();
        cost.note(seconds);
        cost
    }

    pub fn note(&mut self, seconds: f64) {
        if !self.is_known {
            *self = Cost {
                mean: seconds,
                deviation: seconds / 2.0,
                is_known: true,
            };
            return;
        }
        self.deviation += ((seconds - self.mean).abs() - self.deviation) / 4.0;
        self.mean += (seconds - self.mean) / 8.0;
    }

    pub fn mean(&self) -> Option<f64> {
        self.is_known.then_some(self.mean)
    }

    /// What hardly any checkpoint exceeds.
    pub fn upper(&self) -> Option<f64> {
        self.is_known.then_some(self.mean + 4.0 * self.deviation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steady_costs_are_learnt_and_a_slow_one_widens_the_margin_for_a_while() {
        let mut cost = Cost::default();
        assert_eq!((cost.mean(), cost.upper()), (None, None));
        for _ in 0..100 {
            cost.note(2.0);
        }
        let steady = cost.upper().unwrap();
        assert!((cost.mean().unwrap() - 2.0).abs() < 1e-9 && steady < 2.001);
        cost.note(10.0);
        assert!(cost.mean().unwrap() < 3.1 && cost.upper().unwrap() > 10.0);
        for _ in 0..100 {
            cost.note(2.0);
        }
        assert!(cost.upper().unwrap() < 2.1);
    }
}
