//! A bounded record of how a session went: when it is full, every other point goes.

use crate::store::{TracePoint, STORED_POINTS};

/// Most points kept.
const MOST: usize = 256;

/// What [`TracePoint`] says, small.
#[derive(Debug, Clone, Copy)]
struct Point {
    nanos: i64,
    iteration: Option<u64>,
    objective: f64,
}

/// Points at the calls 0, n, 2n ... where n is a power of two, and the last.
#[derive(Debug, Clone)]
pub(super) struct Recorder {
    points: Vec<Point>,
    /// The latest call, whether it is among the points or not.
    last: Option<Point>,
    calls: u64,
    every: u64,
    /// What was stored last, by the number of the call: numbers take long to write.
    texts: Vec<(u64, String)>,
}

impl Recorder {
    pub fn new() -> Recorder {
        Recorder {
            points: Vec::with_capacity(MOST),
            last: None,
            calls: 0,
            every: 1,
            texts: Vec::new(),
        }
    }

    /// Notes a call `nanos` after the session was opened. Allocates nothing.
    pub fn note(&mut self, nanos: i64, iteration: Option<u64>, objective: Option<f64>) {
        let point = Point {
            nanos,
            iteration,
            objective: objective.unwrap_or(f64::NAN),
        };
        self.last = Some(point);
        if self.calls % self.every == 0 {
            if self.points.len() == MOST {
                let mut index = 0;
                self.points.retain(|_| {
                    index += 1;
                    index % 2 == 1
                });
                self.every *= 2;
            }
            // After thinning, a call that was due by the closer spacing may not be by the wider.
            if self.calls % self.every == 0 {
                self.points.push(point);
            }
        }
        self.calls += 1;
    }

    /// The last call's iteration and when it was noted.
    pub fn last_iteration(&self) -> Option<(i64, u64)> {
        self.last.and_then(|p| Some((p.nanos, p.iteration?)))
    }

    /// Iterations a second over the newest quarter of what is kept; `None` while unknown.
    pub fn rate(&self) -> Option<f64> {
        let (end, last) = self.last_iteration()?;
        let from = self.points.len() - (self.points.len() / 4).max(1).min(self.points.len());
        let first = self.points.get(from.saturating_sub(1))?;
        let seconds = (end - first.nanos) as f64 * 1e-9;
        let done = last.checked_sub(first.iteration?)?;
        (seconds > 0.0).then(|| done as f64 / seconds)
    }

    /// Every so many of the points, and the last, with the numbers of their calls.
    fn spaced(&self, every: usize) -> impl Iterator<Item = (u64, Point)> + '_ {
        let number = |(i, p): (usize, &Point)| (i as u64 * self.every, *p);
        let kept = self.points.iter().enumerate().step_by(every).map(number);
        let last = self.last.map(|p| (self.calls - 1, p)).filter(|(call, _)| {
            // Not twice.
            let newest = (self.points.len() - 1) as u64 * self.every;
            *call != newest || (self.points.len() - 1) % every != 0
        });
        kept.chain(last)
    }

    /// All points kept, the oldest first.
    pub fn points(&self) -> Vec<TracePoint> {
        self.spaced(1).map(|(_, p)| p.told()).collect()
    }

    /// As many as are stored, as they are stored.
    pub fn texts_to_store(&mut self) -> impl Iterator<Item = &str> {
        let every = self.points.len().div_ceil(STORED_POINTS - 1).max(1);
        let mut before = std::mem::take(&mut self.texts).into_iter().peekable();
        let texts = self.spaced(every).map(|(call, point)| {
            while before.next_if(|(c, _)| *c < call).is_some() {}
            let known = before.next_if(|(c, _)| *c == call);
            known.unwrap_or_else(|| (call, point.told().text()))
        });
        self.texts = texts.collect();
        self.texts.iter().map(|(_, text)| text.as_str())
    }
}

impl Point {
    fn told(self) -> TracePoint {
        let objective = Some(self.objective).filter(|o| o.is_finite());
        TracePoint::new(self.nanos as f64 * 1e-9, self.iteration, objective)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Trace;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_bounded_ordered_evenly_spaced_and_keeps_the_first_and_the_last(calls in 1u64..20_000) {
            let mut recorder = Recorder::new();
            for i in 0..calls {
                recorder.note(i as i64 * 1_000_000_000, Some(i), Some(-(i as f64)));
            }
            let text = Trace::text_of(0.0, None, recorder.texts_to_store());
            let stored = Trace::from_text(&text).unwrap().points;
            for (points, most) in [(recorder.points(), MOST + 1), (stored, STORED_POINTS)] {
                prop_assert!(points.len() <= most && points.len() as u64 <= calls);
                prop_assert!(calls < 2 * most as u64 || points.len() > most / 4);
                let at: Vec<u64> = points.iter().map(|p| p.iteration.unwrap()).collect();
                prop_assert_eq!((at[0], at[at.len() - 1]), (0, calls - 1));
                let gaps: Vec<u64> = at.windows(2).map(|w| w[1] - w[0]).collect();
                prop_assert!(gaps.iter().all(|g| *g > 0 && *g <= gaps[0]));
                prop_assert!(gaps.iter().rev().skip(1).all(|g| *g == gaps[0]));
            }
        }
    }

    #[test]
    fn what_was_stored_before_changes_nothing_of_what_is_stored() {
        let mut often = Recorder::new();
        for i in 0..3_000u64 {
            let mut once = often.clone();
            once.texts.clear();
            let note =
                |r: &mut Recorder| r.note(i as i64 * 7_000_000, Some(i * 3), Some(1.0 / i as f64));
            note(&mut once);
            note(&mut often);
            if i % 7 < 3 || i > 2_900 {
                let all: Vec<String> = often.texts_to_store().map(String::from).collect();
                assert!(
                    once.texts_to_store().eq(all.iter().map(String::as_str)),
                    "{i}"
                );
            }
        }
    }

    #[test]
    fn the_rate_is_the_recent_one() {
        let mut recorder = Recorder::new();
        assert_eq!(recorder.rate(), None);
        let (mut now, mut i) = (0, 0);
        for (calls, nanos) in [(1000, 1_000_000_000), (1000, 100_000_000)] {
            for _ in 0..calls {
                recorder.note(now, Some(i), None);
                now += nanos;
                i += 1;
            }
        }
        let rate = recorder.rate().unwrap();
        assert!((rate - 10.0).abs() < 0.5, "{rate}");
    }

    #[test]
    fn a_count_that_goes_back_or_is_missing_has_no_rate() {
        let mut recorder = Recorder::new();
        recorder.note(0, Some(10), None);
        recorder.note(1_000_000_000, Some(2), None);
        assert_eq!(recorder.rate(), None);
        let mut recorder = Recorder::new();
        recorder.note(0, None, Some(1.0));
        recorder.note(1_000_000_000, None, Some(0.5));
        assert_eq!((recorder.rate(), recorder.points().len()), (None, 2));
    }
}
