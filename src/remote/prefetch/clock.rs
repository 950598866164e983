//! What time it is: of the system, or as a test says.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Nanoseconds of the monotonic clock that no deadline reaches.
pub(super) const NEVER: i64 = i64::MAX;

/// Deadlines are of the monotonic clock; what is compared over machines and restarts is Unix time.
pub(crate) trait Clock: Send + Sync {
    /// Nanoseconds from some moment; never goes back.
    fn monotonic(&self) -> i64;
    /// Milliseconds since 1970; may be set back.
    fn unix_ms(&self) -> i64;
    /// How long a thread may sleep for `left` of this clock's time before it looks at it again.
    fn nap(&self, left: Duration) -> Duration {
        left
    }
}

pub(super) struct SystemClock(Instant);

impl SystemClock {
    pub fn new() -> SystemClock {
        SystemClock(Instant::now())
    }
}

impl Clock for SystemClock {
    fn monotonic(&self) -> i64 {
        nanoseconds(self.0.elapsed())
    }

    fn unix_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
    }
}

/// What is longer than any process lives is as good as for ever.
pub(super) fn nanoseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(NEVER)
}

/// The deadline a duration from now.
pub(super) fn after(clock: &dyn Clock, duration: Duration) -> i64 {
    clock.monotonic().saturating_add(nanoseconds(duration))
}
