//! When to stop: early enough for one more checkpoint to become durable.

use super::deadline::{from_environment, Deadline, DeadlineSource};
use super::options::SessionOptions;
use super::policy::nanoseconds;
use crate::signals;
use crate::store::Inner;
use crate::sync::atomic::{AtomicI32, AtomicI64, Ordering};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

const SECOND: i64 = 1_000_000_000;
/// Between looks at what takes system calls.
const LOOK_INTERVAL: i64 = SECOND;
/// The longest time between two polls is forgotten by one in so many of the time that passes: an inner
/// loop that polls often does not make it forget its outer one.
const GAP_DECAY: i64 = 16;
/// No clock says so.
const NEVER: i64 = i64::MIN;
const NO_DEADLINE: i64 = i64::MAX;

/// Why a session is to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StopReason {
    /// Its time is up but for one more iteration and checkpoint.
    Deadline,
    /// The halt file exists.
    HaltFile,
    /// This signal was noted.
    Signal(i32),
}

/// What is known of a session's end.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct StopInfo {
    /// `None`: the session may go on.
    pub reason: Option<StopReason>,
    /// Who set the deadline; `None` when there is none.
    pub deadline: Option<DeadlineSource>,
    /// Until the deadline, negative when it has passed; infinite when there is none.
    pub seconds_left: f64,
    /// So many before the deadline the session is to stop.
    pub reserve_seconds: f64,
}

/// A deadline by the clock that it was given in.
#[derive(Clone, Copy)]
enum Due {
    Monotonic(i64),
    Unix(i64),
}

// What `verdict` says.
const GO_ON: i32 = 0;
const DEADLINE: i32 = 1;
const HALT_FILE: i32 = 2;

pub(super) struct Stop {
    deadlines: Vec<(Due, DeadlineSource)>,
    halt_file: Option<PathBuf>,
    margin: i64,
    /// How many checkpoints may have to be written.
    checkpoints: i64,
    /// The earliest deadline, by the monotonic clock.
    at: AtomicI64,
    verdict: AtomicI32,
    look_at: AtomicI64,
    last_poll: AtomicI64,
    longest_gap: AtomicI64,
}

/// The clocks it reads.
pub(super) trait Clocks {
    fn coarse_monotonic(&self) -> i64;
    /// Nanoseconds since 1970.
    fn unix_nanos(&self) -> i64;
}

impl Clocks for Inner {
    fn coarse_monotonic(&self) -> i64 {
        self.coarse_monotonic()
    }

    fn unix_nanos(&self) -> i64 {
        let now = self.now();
        now.secs
            .saturating_mul(SECOND)
            .saturating_add(i64::from(now.nanos))
    }
}

impl Stop {
    pub fn new(options: &SessionOptions, clocks: &impl Clocks) -> Stop {
        let now = clocks.coarse_monotonic();
        let caller = options.deadlines().iter().map(|d| {
            let due = match d {
                Deadline::After(d) => {
                    Due::Monotonic(now.saturating_add(nanoseconds(d.as_secs_f64())))
                }
                Deadline::Unix(at) => Due::Unix(*at),
            };
            (due, DeadlineSource::Caller)
        });
        let mut deadlines: Vec<_> = caller.collect();
        if options.asks_scheduler() {
            let variable = |name: &str| std::env::var(name).ok();
            let unix = clocks.unix_nanos() / SECOND;
            let found = from_environment(variable, modified, unix);
            deadlines.extend(found.map(|(at, source)| (Due::Unix(at), source)));
        }
        let stop = Stop {
            deadlines,
            halt_file: options
                .get_halt_file()
                .map(|p| std::path::absolute(p).unwrap_or_else(|_| p.to_owned())),
            margin: nanoseconds(options.stop_margin().as_secs_f64()),
            // In the background, one may be being written, and best and latest be waiting.
            checkpoints: if options.is_background() { 3 } else { 2 },
            at: AtomicI64::new(NO_DEADLINE),
            verdict: AtomicI32::new(GO_ON),
            look_at: AtomicI64::new(i64::MIN),
            last_poll: AtomicI64::new(NEVER),
            longest_gap: AtomicI64::new(0),
        };
        stop.set_deadline(now, clocks);
        stop
    }

    /// The clock that is set may have been.
    fn set_deadline(&self, now: i64, clocks: &impl Clocks) -> Option<DeadlineSource> {
        let earliest = self
            .deadlines
            .iter()
            .map(|(due, source)| {
                let at = match *due {
                    Due::Monotonic(at) => at,
                    Due::Unix(at) => {
                        let left = at
                            .saturating_mul(SECOND)
                            .saturating_sub(clocks.unix_nanos());
                        now.saturating_add(left)
                    }
                };
                (at, *source)
            })
            .min_by_key(|(at, _)| *at);
        let at = earliest.map_or(NO_DEADLINE, |(at, _)| at);
        self.at.store(at, Ordering::Relaxed);
        earliest.map(|(_, source)| source)
    }

    /// Nanoseconds that one more iteration and `upper` for each checkpoint may take.
    fn reserve(&self, upper: i64) -> i64 {
        let gap = self.longest_gap.load(Ordering::Relaxed);
        upper
            .saturating_mul(self.checkpoints)
            .saturating_add(self.margin)
            .saturating_add(gap)
    }

    /// Whether to stop now. `upper` nanoseconds are what hardly any checkpoint exceeds.
    pub fn poll(&self, upper: i64, clocks: &impl Clocks) -> bool {
        if self.verdict.load(Ordering::Relaxed) != GO_ON || signals::any().is_some() {
            return true;
        }
        if self.deadlines.is_empty() && self.halt_file.is_none() {
            return false;
        }
        let now = clocks.coarse_monotonic();
        let last = self.last_poll.load(Ordering::Relaxed);
        // The clock has not ticked since.
        if now == last {
            return false;
        }
        // No exchange, which costs more than all else here: threads that poll at once are as one.
        self.last_poll.store(now, Ordering::Relaxed);
        // What came before the first is no iteration.
        let gap = if last == NEVER {
            0
        } else {
            now.saturating_sub(last)
        };
        let longest = self.longest_gap.load(Ordering::Relaxed);
        let kept = gap.max(longest - gap / GAP_DECAY);
        if kept != longest {
            self.longest_gap.store(kept, Ordering::Relaxed);
        }
        self.look(now, clocks);
        self.judge(now, upper);
        self.verdict.load(Ordering::Relaxed) != GO_ON
    }

    /// What takes system calls, at most once a second.
    fn look(&self, now: i64, clocks: &impl Clocks) {
        let due = self.look_at.load(Ordering::Relaxed);
        if now < due {
            return;
        }
        let next = now.saturating_add(LOOK_INTERVAL);
        let mine = self
            .look_at
            .compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed);
        if mine.is_err() {
            return;
        }
        self.set_deadline(now, clocks);
        if self.halt_file.as_deref().is_some_and(Path::exists) {
            self.verdict.store(HALT_FILE, Ordering::Relaxed);
        }
    }

    fn judge(&self, now: i64, upper: i64) {
        let at = self.at.load(Ordering::Relaxed);
        if at != NO_DEADLINE && now.saturating_add(self.reserve(upper)) >= at {
            let _ = self.verdict.compare_exchange(
                GO_ON,
                DEADLINE,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
        }
    }

    /// Everything that is known.
    pub fn info(&self, upper: i64, clocks: &impl Clocks) -> StopInfo {
        let now = clocks.coarse_monotonic();
        let deadline = self.set_deadline(now, clocks);
        self.judge(now, upper);
        let reason = match self.verdict.load(Ordering::Relaxed) {
            DEADLINE => Some(StopReason::Deadline),
            HALT_FILE => Some(StopReason::HaltFile),
            _ => None,
        };
        let at = self.at.load(Ordering::Relaxed);
        StopInfo {
            reason: signals::any().map(StopReason::Signal).or(reason),
            deadline,
            seconds_left: match deadline {
                Some(_) => at.saturating_sub(now) as f64 / SECOND as f64,
                None => f64::INFINITY,
            },
            reserve_seconds: self.reserve(upper) as f64 / SECOND as f64,
        }
    }

    /// The same in words.
    pub fn words(&self, info: &StopInfo) -> String {
        let left = info.seconds_left;
        let time = || {
            let by = info.deadline.map_or("", DeadlineSource::name);
            let reserve = info.reserve_seconds;
            format!("{left:.1} s are left by {by}, and {reserve:.1} s are kept for one more iteration and checkpoint")
        };
        match (info.reason, &self.halt_file) {
            (Some(StopReason::Signal(s)), _) => format!("stop: signal {s} was noted"),
            (Some(StopReason::HaltFile), Some(path)) => {
                format!("stop: the halt file {} exists", path.display())
            }
            (Some(_), _) => format!("stop: {}", time()),
            (None, _) if info.deadline.is_some() => format!("go on: {}", time()),
            (None, _) => "go on: no deadline is known".into(),
        }
    }
}

fn modified(path: &Path) -> Option<i64> {
    let at = std::fs::metadata(path).ok()?.modified().ok()?;
    i64::try_from(at.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[derive(Default)]
    struct Hands {
        monotonic: Cell<i64>,
        unix: Cell<i64>,
    }

    impl Hands {
        fn pass(&self, seconds: f64) {
            let nanos = nanoseconds(seconds);
            self.monotonic.set(self.monotonic.get() + nanos);
            self.unix.set(self.unix.get() + nanos);
        }
    }

    impl Clocks for Hands {
        fn coarse_monotonic(&self) -> i64 {
            self.monotonic.get()
        }
        fn unix_nanos(&self) -> i64 {
            self.unix.get()
        }
    }

    fn options() -> SessionOptions {
        let mut o = SessionOptions::new();
        o.scheduler(false);
        o
    }

    #[test]
    fn it_stops_when_one_more_iteration_and_two_checkpoints_would_not_fit() {
        let hands = Hands::default();
        let mut o = options();
        o.deadline_seconds(100.0).unwrap();
        let stop = Stop::new(&o, &hands);
        let upper = nanoseconds(3.0);
        let mut stopped_at = None;
        for i in 1..=20 {
            hands.pass(5.0);
            if stop.poll(upper, &hands) {
                stopped_at = Some(f64::from(i) * 5.0);
                break;
            }
        }
        // 5 s an iteration, 2 times 3 s, 1 s to spare: 12 s.
        assert_eq!(stopped_at, Some(90.0));
        let info = stop.info(upper, &hands);
        assert_eq!(info.reason, Some(StopReason::Deadline));
        assert_eq!((info.seconds_left, info.reserve_seconds), (10.0, 12.0));
        let words = stop.words(&info);
        assert!(
            words.contains("10.0 s are left") && words.contains("options"),
            "{words}"
        );
    }

    #[test]
    fn a_slow_iteration_is_reckoned_with_for_a_while() {
        let hands = Hands::default();
        let mut o = options();
        o.deadline_seconds(1000.0).unwrap();
        let stop = Stop::new(&o, &hands);
        assert!(!stop.poll(0, &hands));
        hands.pass(40.0);
        assert!(!stop.poll(0, &hands));
        assert_eq!(stop.info(0, &hands).reserve_seconds.floor(), 41.0);
        for _ in 0..650 {
            hands.pass(1.0);
            assert!(!stop.poll(0, &hands));
        }
        assert!(stop.info(0, &hands).reserve_seconds < 2.1);
    }

    #[test]
    fn setting_up_is_no_iteration_and_an_inner_loop_does_not_hide_the_outer_one() {
        let hands = Hands::default();
        let mut o = options();
        o.deadline_seconds(3600.0).unwrap();
        let stop = Stop::new(&o, &hands);
        hands.pass(1900.0);
        assert!(!stop.poll(0, &hands), "most of an hour is left");
        hands.pass(5.0);
        for _ in 0..50 {
            hands.pass(0.004);
            assert!(!stop.poll(0, &hands));
        }
        assert!(stop.info(0, &hands).reserve_seconds > 5.9);
    }

    #[test]
    fn a_unix_deadline_follows_the_wall_clock_when_that_is_set() {
        let hands = Hands::default();
        hands.unix.set(1_000 * SECOND);
        let mut o = options();
        o.deadline_unix(2_000);
        let stop = Stop::new(&o, &hands);
        hands.pass(5.0);
        assert!(!stop.poll(0, &hands));
        hands.unix.set(1_999 * SECOND);
        hands.pass(1.1);
        assert!(stop.poll(0, &hands), "the clock was set forward");
    }

    #[test]
    fn a_halt_file_is_noticed_and_stays_noticed() {
        let hands = Hands::default();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("halt");
        let mut o = options();
        o.halt_file(&path);
        let stop = Stop::new(&o, &hands);
        assert!(!stop.poll(0, &hands));
        std::fs::write(&path, "").unwrap();
        assert!(!stop.poll(0, &hands), "looked at once a second");
        hands.pass(1.5);
        assert!(stop.poll(0, &hands));
        std::fs::remove_file(&path).unwrap();
        hands.pass(1.5);
        assert!(stop.poll(0, &hands));
        let info = stop.info(0, &hands);
        assert_eq!(info.reason, Some(StopReason::HaltFile));
        assert!(stop.words(&info).contains("halt"));
    }

    #[test]
    fn without_anything_to_wait_for_it_goes_on() {
        let hands = Hands::default();
        let stop = Stop::new(&options(), &hands);
        hands.pass(1e6);
        assert!(!stop.poll(nanoseconds(1e6), &hands));
        let info = stop.info(0, &hands);
        assert_eq!((info.reason, info.deadline), (None, None));
        assert_eq!(info.seconds_left, f64::INFINITY);
    }
}
