use super::*;
use proptest::prelude::*;

const S: i64 = 1_000_000_000;

fn options(f: impl FnOnce(&mut SessionOptions)) -> SessionOptions {
    let mut o = SessionOptions::new();
    f(&mut o);
    o
}

fn interval(seconds: f64) -> Policy {
    let options = options(|o| {
        o.min_interval_seconds(seconds).unwrap();
    });
    Policy::new(&options, 0)
}

fn due(p: &Policy, objective: Option<f64>, now: i64) -> bool {
    p.is_due(objective, || now)
}

fn write(p: &Policy, objective: Option<f64>, now: i64) {
    p.note_written(S / 1000, now);
    p.note_accepted(objective, now);
}

#[test]
fn the_first_checkpoint_and_every_improvement_are_due() {
    let p = interval(3600.0);
    assert!(due(&p, None, 0) && due(&p, Some(1e300), 0));
    write(&p, None, 0);
    assert!(!due(&p, None, 1));
    assert!(due(&p, Some(5.0), 1), "a first finite objective improves");
    write(&p, Some(5.0), 1);
    assert!(!due(&p, Some(5.0), 2) && !due(&p, Some(6.0), 2) && !due(&p, None, 2));
    assert!(!due(&p, Some(5.0 - 0.9e-12), 2), "within the tolerance");
    assert!(due(&p, Some(5.0 - 3e-12), 2));
}

#[test]
fn a_worse_write_does_not_move_the_best() {
    let p = interval(0.0);
    write(&p, Some(1.0), 0);
    write(&p, Some(2.0), 0);
    assert!(!p.improves(Some(1.5)) && !p.is_best(Some(1.5)));
    assert!(p.is_best(Some(1.0)) && !p.is_best(None));
    assert!(due(&p, Some(9.0), 0), "no interval: always due");
}

#[test]
fn a_worse_one_noted_at_the_same_time_does_not_raise_the_best() {
    let p = interval(0.0);
    let both = std::sync::Barrier::new(2);
    std::thread::scope(|scope| {
        for of in 0..2 {
            let (p, both) = (&p, &both);
            scope.spawn(move || {
                both.wait();
                for _ in 0..1_000_000 {
                    let objective = p.best().map_or(0.0, |best| best - 1.0 - f64::from(of));
                    p.note_accepted(Some(objective), 0);
                    assert!(p.best().is_some_and(|best| best <= objective));
                }
            });
        }
    });
}

#[test]
fn an_endless_interval_never_passes() {
    let p = interval(f64::INFINITY);
    write(&p, Some(1.0), 0);
    assert!(!due(&p, Some(1.0), i64::MAX - 1));
    assert_eq!(p.next_due(5), None);
}

#[test]
fn a_count_makes_due_whatever_the_clock_says_and_begins_anew_with_a_write() {
    let options = options(|o| {
        o.min_interval_seconds(f64::INFINITY).unwrap().every(3);
    });
    let p = Policy::new(&options, 0);
    for _ in 0..5 {
        assert!(due(&p, None, 0));
        write(&p, None, 0);
        assert!(!due(&p, None, 0) && !due(&p, None, 0));
        assert!(due(&p, None, 0) && due(&p, None, 0), "until it is written");
    }
}

#[test]
fn beyond_the_share_only_improvements_are_due() {
    let options = options(|o| {
        o.min_interval_seconds(0.001)
            .unwrap()
            .max_share(0.1)
            .unwrap();
    });
    let p = Policy::new(&options, 0);
    let mut now = 0;
    for _ in 0..10 {
        now += S;
        assert!(due(&p, None, now), "the first ten are exempt");
        now += S;
        p.note_written(S, now);
        p.note_accepted(None, now);
        assert!(p.may_publish(now + 11 * S));
    }
    // At 20 s, nothing is charged: the eleventh second may be spent.
    assert!(due(&p, None, now + S) && p.may_publish(now));
    p.note_written(S, now);
    p.note_accepted(None, now);
    assert!(due(&p, None, 21 * S));
    p.note_written(S, 21 * S);
    p.note_accepted(None, 21 * S);
    assert!(!due(&p, None, 29 * S) && !p.may_publish(29 * S));
    assert!(
        due(&p, Some(1.0), 29 * S),
        "an improvement is not held back"
    );
    assert_eq!(p.next_due(22 * S), Some(30 * S));
    assert!(due(&p, None, 30 * S) && p.may_publish(30 * S));
}

/// What a caller and the clock do.
#[derive(Debug, Clone)]
enum Step {
    Pass(i64),
    Poll(Option<f64>),
    /// If it is due, written at this cost.
    Checkpoint(Option<f64>, i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let objective = || prop::option::of((0i32..40).prop_map(f64::from));
    let step = prop_oneof![
        (0i64..40 * S).prop_map(Step::Pass),
        objective().prop_map(Step::Poll),
        (objective(), 0i64..3 * S).prop_map(|(o, c)| Step::Checkpoint(o, c)),
    ];
    prop::collection::vec(step, 1..120)
}

/// The rules, from the whole history each time.
struct Model {
    interval: f64,
    every: usize,
    share: Option<f64>,
    best: f64,
    calls: usize,
    /// When each write was done, and its cost, in seconds.
    writes: Vec<(f64, f64)>,
}

impl Model {
    fn affordable_at(&self) -> f64 {
        let (Some(share), true) = (self.share, self.writes.len() >= 10) else {
            return f64::NEG_INFINITY;
        };
        let mut mean = self.writes[0].1;
        let mut paid = 0f64;
        for (i, (at, cost)) in self.writes.iter().enumerate() {
            if i > 0 {
                mean += (cost - mean) / 8.0;
            }
            if i >= 10 {
                paid = paid.max(at - 600.0) + cost / share;
            }
        }
        paid + mean / share
    }

    fn is_due(&self, objective: Option<f64>, now: f64) -> bool {
        if objective.is_some_and(|o| o < self.best - 1e-12) {
            return true;
        }
        let Some((last, _)) = self.writes.last() else {
            return true;
        };
        let is_time = now - last >= self.interval || (self.every > 0 && self.calls >= self.every);
        is_time && now >= self.affordable_at()
    }
}

proptest! {
    #[test]
    fn it_decides_as_the_rules_do_on_any_history(
        steps in steps(),
        min_interval in prop_oneof![Just(0.0), 0.5..60.0f64, Just(f64::INFINITY)],
        every in 0u64..5,
        share in prop::option::of(0.01..0.9f64),
    ) {
        let options = options(|o| {
            o.min_interval_seconds(min_interval).unwrap().every(every);
            if let Some(share) = share {
                o.max_share(share).unwrap();
            }
        });
        let policy = Policy::new(&options, 0);
        let default = (min_interval > 0.0).then_some(0.01);
        let mut model = Model {
            interval: min_interval,
            every: every as usize,
            share: share.or(default),
            best: f64::INFINITY,
            calls: 0,
            writes: Vec::new(),
        };
        let mut now = 0i64;
        let seconds = |nanos: i64| nanos as f64 / SECOND;
        for step in steps {
            let (objective, cost) = match step {
                Step::Pass(nanos) => {
                    now += nanos;
                    continue;
                }
                Step::Poll(objective) => (objective, None),
                Step::Checkpoint(objective, cost) => (objective, Some(cost)),
            };
            model.calls += 1;
            let expected = model.is_due(objective, seconds(now));
            // A microsecond either way is rounding.
            let edge = (seconds(now) - model.affordable_at()).abs() < 1e-6
                || model.writes.last().is_some_and(|(last, _)| {
                    (seconds(now) - last - model.interval).abs() < 1e-6
                });
            let found = due(&policy, objective, now);
            prop_assert!(found == expected || edge, "{found} at {now}");
            if let (Some(cost), true) = (cost, found) {
                now += cost;
                policy.note_written(cost, now);
                policy.note_accepted(objective, now);
                model.writes.push((seconds(now), seconds(cost)));
                model.best = model.best.min(objective.unwrap_or(f64::INFINITY));
                model.calls = 0;
            }
        }
    }

    #[test]
    fn a_stream_of_improvements_published_when_allowed_costs_no_more_than_the_share(
        share in 0.005..0.5f64,
        costs in prop::collection::vec(S / 1000..S, 1..8),
        gap in 1_000_000i64..S,
    ) {
        let options = options(|o| {
            o.max_share(share).unwrap();
        });
        let policy = Policy::new(&options, 0);
        let (mut now, mut charged, mut writes) = (0i64, 0i64, 0usize);
        for i in 0..3000 {
            now += gap;
            let objective = Some(-f64::from(i));
            prop_assert!(due(&policy, objective, now), "accepted at once");
            policy.note_accepted(objective, now);
            // In another thread, beside the work.
            if policy.may_publish(now) {
                let cost = costs[writes % costs.len()];
                policy.note_written(cost, now + cost);
                writes += 1;
                charged += if writes > 10 { cost } else { 0 };
            }
        }
        let most = share * now as f64 + costs.iter().max().copied().unwrap_or(0) as f64;
        prop_assert!(charged as f64 <= most, "{charged} of {now} in {writes}");
        prop_assert!(writes >= 10);
    }
}

/// SplitMix64 (Steele, Lea and Flood, OOPSLA '14).
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.uniform()).ln()
    }
}

/// Seconds that `work` seconds of work take, in steps of `step`, when failures come at random and each
/// run goes on from what the one before it stored, with a new session that knows what checkpoints took.
fn run_time(options: &SessionOptions, work: f64, step: f64, cost: f64, mean_time: f64) -> f64 {
    let mut random = Random(17);
    let (mut total, mut durable) = (0.0, 0.0);
    let mut measured = None;
    loop {
        let policy = Policy::new(options, 0);
        if let Some(seconds) = measured {
            policy.note_resumed(seconds, 0);
        }
        let failure = random.exponential(mean_time);
        let (mut elapsed, mut done) = (0.0, durable);
        loop {
            elapsed += step;
            done += step;
            if elapsed >= failure {
                break;
            }
            if done >= work {
                return total + elapsed;
            }
            if due(&policy, None, nanoseconds(elapsed)) {
                let cost = cost * (0.8 + 0.4 * random.uniform());
                elapsed += cost;
                if elapsed >= failure {
                    break;
                }
                policy.note_written(nanoseconds(cost), nanoseconds(elapsed));
                policy.note_accepted(None, nanoseconds(elapsed));
                durable = done;
                measured = policy.spent().cost.mean();
            }
        }
        total += failure;
    }
}

#[test]
fn with_a_mean_time_between_failures_the_run_time_is_within_a_twentieth_of_the_optimum() {
    // Expected seconds per second of work (Daly 2006), and their minimum over the interval.
    let expected = |interval: f64, cost: f64, mean_time: f64| {
        mean_time * ((interval + cost) / mean_time).exp_m1() / interval
    };
    for mean_time in [600.0, 86_400.0] {
        for ratio in [0.001, 0.01, 0.05, 0.2, 0.5] {
            let cost = ratio * mean_time;
            let candidates = (1..40_000).map(|i| f64::from(i) * 5e-5 * mean_time);
            let optimum = candidates
                .map(|interval| expected(interval, cost, mean_time))
                .fold(f64::INFINITY, f64::min);
            let options = options(|o| {
                o.mean_time_between_failures(mean_time, IntervalFormula::Daly)
                    .unwrap();
            });
            let work = 2000.0 * mean_time;
            let found = run_time(&options, work, mean_time / 2000.0, cost, mean_time) / work;
            let ratio_to_best = found / optimum;
            assert!(
                (0.95..1.05).contains(&ratio_to_best),
                "{found} for {optimum}: cost {cost}, failures every {mean_time}"
            );
        }
    }
}
