//! How likely an entry is to be asked for next.

use super::options::PrefetchOptions;

/// What of an entry the score depends on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traits {
    pub last_access_ms: i64,
    /// It is the head of its chain.
    pub is_head: bool,
    /// It belongs to the active model.
    pub is_active: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Weights {
    recency: f64,
    head: f64,
    model: f64,
    /// Halvings for each millisecond of age, negative.
    per_ms: f64,
}

impl Weights {
    pub fn of(options: &PrefetchOptions) -> Weights {
        Weights {
            recency: options.recency_weight,
            head: options.head_weight,
            model: options.model_weight,
            per_ms: -1.0 / (options.half_life.as_secs_f64() * 1000.0),
        }
    }

    /// The weight of recency halves with each half-life; a stamp from the future is as recent as now.
    pub fn score(&self, entry: Traits, now_ms: i64) -> f64 {
        let age = now_ms.saturating_sub(entry.last_access_ms).max(0) as f64;
        let mut score = self.recency * (age * self.per_ms).exp2();
        if entry.is_head {
            score += self.head;
        }
        if entry.is_active {
            score += self.model;
        }
        score
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    fn weights() -> Weights {
        Weights::of(&PrefetchOptions::new())
    }

    fn plain(last_access_ms: i64) -> Traits {
        Traits {
            last_access_ms,
            is_head: false,
            is_active: false,
        }
    }

    #[test]
    fn recency_falls_with_age_and_halves_at_the_half_life() {
        let w = weights();
        let aged = |ms: i64| w.score(plain(NOW - ms), NOW);
        assert_eq!(aged(0), 1.0);
        assert!((aged(600_000) - 0.5).abs() < 1e-12);
        assert!((aged(1_200_000) - 0.25).abs() < 1e-12);
        let ages = [0, 1, 1000, 60_000, 600_000, 86_400_000];
        assert!(ages.windows(2).all(|a| aged(a[0]) > aged(a[1])));
        // Older than a double tells apart from nothing, and older than there are milliseconds.
        assert_eq!(aged(100 * 86_400_000), 0.0);
        assert_eq!(w.score(plain(i64::MIN), i64::MAX), 0.0);
    }

    #[test]
    fn a_stamp_from_the_future_is_no_better_than_now() {
        let w = weights();
        assert_eq!(w.score(plain(NOW + 1_000_000), NOW), 1.0);
        assert_eq!(w.score(plain(i64::MAX), i64::MIN), 1.0);
    }

    #[test]
    fn the_head_of_a_chain_and_the_active_model_outrank_others() {
        let w = weights();
        let (mut head, mut active) = (plain(NOW), plain(NOW));
        head.is_head = true;
        active.is_active = true;
        assert!((w.score(head, NOW) - 1.3).abs() < 1e-12);
        assert!((w.score(active, NOW) - 1.2).abs() < 1e-12);
        // Neither makes up for any age.
        head.last_access_ms = NOW - 600_000;
        assert!(w.score(head, NOW) < w.score(plain(NOW), NOW));
    }

    #[test]
    fn weights_and_half_life_are_the_callers() {
        let mut options = PrefetchOptions::new();
        options.weights(2.0, 0.0, 5.0).unwrap();
        options.half_life_seconds(1.0).unwrap();
        let w = Weights::of(&options);
        let mut entry = plain(NOW - 1000);
        entry.is_head = true;
        assert!((w.score(entry, NOW) - 1.0).abs() < 1e-12);
        entry.is_active = true;
        assert!((w.score(entry, NOW) - 6.0).abs() < 1e-12);
    }
}
