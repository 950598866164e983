//! When an entry dies: the one place that decides it.

use crate::fs::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// How long an entry may live, as its writer says it: relative to the time of the put.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct ExpiryPolicy {
    /// Milliseconds from the put on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_ms: Option<u64>,
    /// In Unix milliseconds. Of this and the ttl, what comes first counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_unix_ms: Option<i64>,
    /// How much is added to the ttl at most, in percent of it: what many processes put at once then does
    /// not die at once.
    #[serde(default, serialize_with = "clamped")]
    pub jitter_percent: f64,
    /// An entry that nobody reads for longer is dead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_ms: Option<u64>,
    /// How long after the deadline an entry is still served, with a mark.
    #[serde(default)]
    pub stale_ms: u64,
}

/// JSON knows neither NaN nor infinity.
fn clamped<S: Serializer>(percent: &f64, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(clamp(*percent))
}

fn clamp(percent: f64) -> f64 {
    if percent.is_nan() {
        return 0.0;
    }
    percent.clamp(0.0, 100.0)
}

impl ExpiryPolicy {
    /// What the policy means for an entry put at `now_ms`, in Unix milliseconds.
    pub(crate) fn resolve(&self, namespace: &str, key: &[u8], now_ms: i64) -> Life {
        let of_ttl = self.ttl_ms.map(|ttl| {
            let jitter = self.jitter(ttl, namespace, key, now_ms);
            now_ms
                .saturating_add_unsigned(ttl)
                .saturating_add_unsigned(jitter)
        });
        Life {
            deadline_ms: match (of_ttl, self.deadline_unix_ms) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            },
            idle_ms: self.idle_ms,
            stale_ms: self.stale_ms,
        }
    }

    /// The same for the same put everywhere, and any fraction of the allowed range alike.
    fn jitter(&self, ttl: u64, namespace: &str, key: &[u8], now_ms: i64) -> u64 {
        let percent = clamp(self.jitter_percent);
        if percent == 0.0 {
            return 0;
        }
        let mut hash = Sha256::new();
        hash.update((namespace.len() as u64).to_le_bytes());
        hash.update(namespace);
        hash.update(now_ms.to_le_bytes());
        hash.update(key);
        let digest: [u8; 32] = hash.finalize().into();
        let [a, b, c, d, e, f, g, h, ..] = digest;
        let bits = u64::from_le_bytes([a, b, c, d, e, f, g, h]) >> 11;
        let fraction = bits as f64 / (1u64 << 53) as f64;
        // Rounding may go beyond a ttl that has more than 53 bits.
        ((ttl as f64 * (percent / 100.0) * fraction) as u64).min(ttl)
    }
}

/// When an entry dies, in Unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Life {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_ms: Option<u64>,
    #[serde(default)]
    pub stale_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// With the time to the deadline, where there is one; idleness is not in it, for each get restarts
    /// that.
    Live { remaining_ms: Option<u64> },
    /// Past the deadline and still to be served, for so long.
    Stale { remaining_ms: u64 },
    /// Not to be served.
    Dead(Why),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// The deadline and the stale window after it are over.
    Deadline,
    /// Nobody read it for too long.
    Idle,
}

impl Life {
    /// When it is dead whether it is read or not, its stale window included.
    pub fn end_ms(&self) -> Option<i64> {
        let deadline = self.deadline_ms?;
        Some(deadline.saturating_add_unsigned(self.stale_ms))
    }

    /// The state at `now_ms` of an entry that was last read, or put, at `last_access_ms`.
    ///
    /// Idleness kills in the stale window too: nobody waits for what nobody reads. An entry that is dead
    /// for both reasons died of its deadline, which no access could have put off.
    pub fn judge(&self, now_ms: i64, last_access_ms: i64) -> Verdict {
        let past_deadline = self.deadline_ms.filter(|deadline| now_ms >= *deadline);
        let stale_left = match past_deadline {
            None => None,
            Some(deadline) => match self.stale_ms.checked_sub(now_ms.abs_diff(deadline)) {
                None | Some(0) => return Verdict::Dead(Why::Deadline),
                left => left,
            },
        };
        if self
            .idle_ms
            .is_some_and(|idle| age(last_access_ms, now_ms) > idle)
        {
            return Verdict::Dead(Why::Idle);
        }
        match stale_left {
            Some(remaining_ms) => Verdict::Stale { remaining_ms },
            None => Verdict::Live {
                remaining_ms: self.deadline_ms.map(|deadline| deadline.abs_diff(now_ms)),
            },
        }
    }
}

/// Never negative: a clock that went backwards ages nothing.
fn age(from_ms: i64, now_ms: i64) -> u64 {
    if now_ms < from_ms {
        return 0;
    }
    now_ms.abs_diff(from_ms)
}

/// Whether the access that is noted on disk is to be noted anew by a get at `now_ms`: when it is an eighth
/// of the idle time old, so that hits rarely write and no process sees much idleness that was none.
///
/// An access noted further ahead than the idle time is one of a wrong clock. Noting it anew lets the entry
/// age again.
pub(crate) fn should_refresh(last_persisted_ms: i64, now_ms: i64, idle_ms: u64) -> bool {
    let old = age(last_persisted_ms, now_ms);
    let ahead = age(now_ms, last_persisted_ms);
    (old > 0 && old >= idle_ms / 8) || ahead > idle_ms
}

/// Unix time as the process had it when it opened the cache, aged by a monotonic clock: whoever sets the
/// wall clock meanwhile kills nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    unix_ms: i64,
    /// What was read beyond the whole millisecond.
    rest_ns: u64,
    monotonic_ns: i64,
}

impl Clock {
    /// From both clocks, read at the same time.
    pub fn new(unix: Timestamp, monotonic_ns: i64) -> Self {
        Clock {
            unix_ms: unix
                .secs
                .saturating_mul(1000)
                .saturating_add(i64::from(unix.nanos / 1_000_000)),
            rest_ns: u64::from(unix.nanos % 1_000_000),
            monotonic_ns,
        }
    }

    /// Unix milliseconds at a later reading of the monotonic clock.
    pub fn now_ms(&self, monotonic_ns: i64) -> i64 {
        let elapsed = age(self.monotonic_ns, monotonic_ns).saturating_add(self.rest_ns);
        self.unix_ms.saturating_add_unsigned(elapsed / 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: i64 = 1_700_000_000_000;

    /// The rules once more, where nothing can overflow.
    fn reference(life: &Life, now: i64, access: i64) -> Verdict {
        let now = i128::from(now);
        let end = life.deadline_ms.map(i128::from);
        let stale = i128::from(life.stale_ms);
        let idle = life.idle_ms.map(i128::from);
        match end {
            Some(end) if now >= end + stale => Verdict::Dead(Why::Deadline),
            _ if idle.is_some_and(|i| now - i128::from(access) > i) => Verdict::Dead(Why::Idle),
            Some(end) if now >= end => Verdict::Stale {
                remaining_ms: (end + stale - now) as u64,
            },
            _ => Verdict::Live {
                remaining_ms: end.map(|end| (end - now) as u64),
            },
        }
    }

    fn live(remaining_ms: u64) -> Verdict {
        Verdict::Live {
            remaining_ms: Some(remaining_ms),
        }
    }

    /// Times close to one another, and the ends of the range.
    fn time() -> impl Strategy<Value = i64> {
        prop_oneof![
            4 => NOW - 40..NOW + 40,
            1 => any::<i64>(),
            1 => prop_oneof![Just(i64::MIN), Just(i64::MAX)],
        ]
    }

    fn span() -> impl Strategy<Value = u64> {
        prop_oneof![4 => 0..40u64, 1 => any::<u64>(), 1 => Just(u64::MAX)]
    }

    fn policy() -> impl Strategy<Value = ExpiryPolicy> {
        let jitter = prop_oneof![Just(0.0), 0.0..100.0, any::<f64>()];
        use proptest::option::of;
        (of(span()), of(time()), jitter, of(span()), span()).prop_map(
            |(ttl_ms, deadline_unix_ms, jitter_percent, idle_ms, stale_ms)| ExpiryPolicy {
                ttl_ms,
                deadline_unix_ms,
                jitter_percent,
                idle_ms,
                stale_ms,
            },
        )
    }

    proptest! {
        #[test]
        fn every_verdict_is_that_of_the_rules(
            policy in policy(), put in time(), now in time(), access in time(),
        ) {
            let life = policy.resolve("n", b"k", put);
            prop_assert_eq!(life.judge(now, access), reference(&life, now, access));
        }

        #[test]
        fn the_deadline_is_the_earlier_one_and_jitter_stays_within_its_percentage(
            policy in policy(), put in time(), key in any::<[u8; 4]>(),
        ) {
            let life = policy.resolve("n", &key, put);
            prop_assert_eq!(policy.resolve("n", &key, put), life);
            let Some(end) = life.deadline_ms else {
                prop_assert!(policy.ttl_ms.is_none() && policy.deadline_unix_ms.is_none());
                return Ok(());
            };
            let percent = if policy.jitter_percent.is_nan() {
                0.0
            } else {
                policy.jitter_percent.clamp(0.0, 100.0)
            };
            let absolute = policy.deadline_unix_ms.map_or(i128::MAX, i128::from);
            let earliest = policy.ttl_ms.map(|ttl| i128::from(put) + i128::from(ttl));
            let latest = policy.ttl_ms.map(|ttl| {
                i128::from(put) + i128::from(ttl) + (ttl as f64 * percent / 100.0) as i128 + 1
            });
            let within = |at: Option<i128>| at.map_or(absolute, |at| at.min(absolute));
            let most = i128::from(i64::MAX);
            prop_assert!(i128::from(end) >= within(earliest).min(most));
            prop_assert!(i128::from(end) <= within(latest).min(most));
        }

        #[test]
        fn what_lies_in_the_metadata_says_the_same(policy in policy(), put in time()) {
            let text = serde_json::to_string(&policy).unwrap();
            let read: ExpiryPolicy = serde_json::from_str(&text).unwrap();
            let life = policy.resolve("n", b"k", put);
            prop_assert_eq!(read.resolve("n", b"k", put), life);
            let text = serde_json::to_string(&life).unwrap();
            prop_assert_eq!(serde_json::from_str::<Life>(&text).unwrap(), life);
        }

        #[test]
        fn a_clock_that_goes_backwards_kills_nothing(
            policy in policy(), now in time(), access in time(), back in span(),
        ) {
            let life = policy.resolve("n", b"k", NOW);
            let before = now.saturating_sub_unsigned(back);
            if !matches!(life.judge(now, access), Verdict::Dead(_)) {
                prop_assert!(!matches!(life.judge(before, access), Verdict::Dead(_)));
            }
        }
    }

    #[test]
    fn ttl_and_absolute_time_end_life_to_the_millisecond() {
        let ttl = ExpiryPolicy {
            ttl_ms: Some(100),
            ..ExpiryPolicy::default()
        };
        let absolute = ExpiryPolicy {
            deadline_unix_ms: Some(NOW + 100),
            ..ExpiryPolicy::default()
        };
        let ttl_first = ExpiryPolicy {
            deadline_unix_ms: Some(NOW + 500),
            ..ttl
        };
        let absolute_first = ExpiryPolicy {
            ttl_ms: Some(500),
            ..absolute
        };
        for policy in [ttl, absolute, ttl_first, absolute_first] {
            let life = policy.resolve("n", b"k", NOW);
            assert_eq!(life.judge(NOW + 99, NOW), live(1));
            assert_eq!(life.judge(NOW + 100, NOW), Verdict::Dead(Why::Deadline));
            assert_eq!(life.judge(NOW + 101, NOW), Verdict::Dead(Why::Deadline));
        }
        let past = ExpiryPolicy {
            deadline_unix_ms: Some(NOW - 1),
            ..ttl
        };
        let life = past.resolve("n", b"k", NOW);
        assert_eq!(life.judge(NOW, NOW), Verdict::Dead(Why::Deadline));
    }

    #[test]
    fn the_stale_window_tells_what_remains_of_it_and_ends_to_the_millisecond() {
        let policy = ExpiryPolicy {
            ttl_ms: Some(100),
            stale_ms: 50,
            ..ExpiryPolicy::default()
        };
        let life = policy.resolve("n", b"k", NOW);
        assert_eq!(life.judge(NOW + 99, NOW), live(1));
        for (at, remaining_ms) in [(100, 50), (101, 49), (149, 1)] {
            let stale = Verdict::Stale { remaining_ms };
            assert_eq!(life.judge(NOW + at, NOW), stale);
        }
        assert_eq!(life.judge(NOW + 150, NOW), Verdict::Dead(Why::Deadline));
    }

    #[test]
    fn idleness_kills_after_its_time_and_an_access_restarts_it() {
        let policy = ExpiryPolicy {
            idle_ms: Some(10),
            ..ExpiryPolicy::default()
        };
        let life = policy.resolve("n", b"k", NOW);
        let forever = Verdict::Live { remaining_ms: None };
        assert_eq!(life.judge(NOW + 10, NOW), forever);
        assert_eq!(life.judge(NOW + 11, NOW), Verdict::Dead(Why::Idle));
        assert_eq!(life.judge(NOW + 20, NOW + 10), forever);
        assert_eq!(life.judge(NOW + 21, NOW + 10), Verdict::Dead(Why::Idle));

        let stale = ExpiryPolicy {
            ttl_ms: Some(5),
            stale_ms: 100,
            ..policy
        };
        let life = stale.resolve("n", b"k", NOW);
        assert_eq!(
            life.judge(NOW + 10, NOW),
            Verdict::Stale { remaining_ms: 95 }
        );
        assert_eq!(life.judge(NOW + 11, NOW), Verdict::Dead(Why::Idle));
        assert_eq!(life.judge(NOW + 105, NOW), Verdict::Dead(Why::Deadline));
    }

    #[test]
    fn with_extended_expiry_off_an_entry_lives_to_its_deadline_and_no_longer() {
        let forever = ExpiryPolicy::default().resolve("n", b"k", NOW);
        let verdict = Verdict::Live { remaining_ms: None };
        assert_eq!(forever.judge(i64::MAX, NOW), verdict);
        assert_eq!(forever.judge(i64::MIN, NOW), verdict);

        let plain = ExpiryPolicy {
            ttl_ms: Some(1000),
            ..ExpiryPolicy::default()
        };
        for key in 0..100u8 {
            let life = plain.resolve("n", &[key], NOW);
            assert_eq!(life.deadline_ms, Some(NOW + 1000));
            // Nobody read it in all that time.
            assert_eq!(life.judge(NOW + 999, NOW), live(1));
            assert_eq!(life.judge(NOW + 1000, NOW), Verdict::Dead(Why::Deadline));
        }
    }

    #[test]
    fn jitter_spreads_evenly_and_not_in_whole_percents() {
        let policy = ExpiryPolicy {
            ttl_ms: Some(1_000_000),
            jitter_percent: 20.0,
            ..ExpiryPolicy::default()
        };
        let jitter = |namespace: &str, key: u32, at: i64| {
            let life = policy.resolve(namespace, &key.to_le_bytes(), at);
            life.deadline_ms.unwrap() - at - 1_000_000
        };
        let all: Vec<i64> = (0..2000).map(|key| jitter("n", key, NOW)).collect();
        assert!(all.iter().all(|j| (0..=200_000).contains(j)));
        let mut tenths = [0; 10];
        for j in &all {
            tenths[(*j as usize / 20_000).min(9)] += 1;
        }
        assert!(tenths.iter().all(|n| (120..280).contains(n)), "{tenths:?}");
        let whole = all.iter().filter(|j| **j % 10_000 == 0).count();
        assert!(whole < 10, "{whole} of 2000 are whole percents");

        // Another put, another jitter, whichever of the three differs.
        assert_ne!(jitter("n", 1, NOW), jitter("n", 2, NOW));
        assert_ne!(jitter("n", 1, NOW), jitter("m", 1, NOW));
        assert_ne!(jitter("n", 1, NOW), jitter("n", 1, NOW + 1));
    }

    #[test]
    fn a_percentage_beyond_its_range_is_the_nearest_one_in_it() {
        let deadline = |jitter_percent| {
            let policy = ExpiryPolicy {
                ttl_ms: Some(1_000_000),
                jitter_percent,
                ..ExpiryPolicy::default()
            };
            policy.resolve("n", b"k", NOW).deadline_ms
        };
        assert_eq!(deadline(f64::NAN), Some(NOW + 1_000_000));
        assert_eq!(deadline(-5.0), Some(NOW + 1_000_000));
        assert_eq!(deadline(f64::INFINITY), deadline(100.0));
        assert_eq!(deadline(1e9), deadline(100.0));
        assert_ne!(deadline(100.0), deadline(50.0));
    }

    #[test]
    fn the_noted_access_is_renewed_at_an_eighth_of_the_idle_time() {
        assert!(!should_refresh(NOW, NOW + 99, 800));
        assert!(should_refresh(NOW, NOW + 100, 800));
        // A short idle time does not make every get in one millisecond write.
        assert!(!should_refresh(NOW, NOW, 3));
        assert!(should_refresh(NOW, NOW + 1, 3));
        // Clocks that differ a little do not either, and a wrong one is put right.
        assert!(!should_refresh(NOW + 800, NOW, 800));
        assert!(should_refresh(NOW + 801, NOW, 800));
        assert!(!should_refresh(i64::MIN, i64::MIN, u64::MAX));
        assert!(should_refresh(i64::MIN, i64::MAX, u64::MAX));
    }

    #[test]
    fn a_clock_ages_by_the_monotonic_reading_alone() {
        let at = |secs, nanos| Timestamp { secs, nanos };
        let clock = Clock::new(at(NOW / 1000, 0), 5_000_000_000);
        assert_eq!(clock.now_ms(5_000_000_000), NOW);
        assert_eq!(clock.now_ms(5_000_999_999), NOW);
        assert_eq!(clock.now_ms(5_001_000_000), NOW + 1);
        assert_eq!(clock.now_ms(4_000_000_000), NOW);
        // Two that were opened at different parts of a millisecond agree on when the next one begins.
        let later = Clock::new(at(NOW / 1000, 999_999), 5_000_999_999);
        assert_eq!(later.now_ms(5_000_999_999), NOW);
        assert_eq!(later.now_ms(5_001_000_000), NOW + 1);
        assert_eq!(Clock::new(at(i64::MAX, 0), 0).now_ms(i64::MAX), i64::MAX);
        let widest = Clock::new(at(0, 0), i64::MIN).now_ms(i64::MAX);
        assert_eq!(widest, (u64::MAX / 1_000_000) as i64);
    }
}
