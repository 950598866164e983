//! When sessions write and stop, what they say of themselves, traces and signals.

use crate::arguments::Input;
use crate::{call, keep, sentinel, World};
use warmstart::ffi::*;

/// What nobody sends here, what cannot be watched, and no signals.
const SIGNALS: &[i32] = &[12, 24, 24, 9, 11, 0, -1, 64, i32::MAX];

impl World {
    pub fn policy_step(&mut self, i: &mut Input<'_>) {
        let (at, s) = i.at(&self.sessions);
        match i.byte() % 16 {
            0..=2 => self.when_step(i),
            3 => {
                // 1 is yes.
                call!(warm_session_should_stop(s), &[0, 1]);
            }
            4 => {
                let mut stop = i.record::<warm_session_stop>();
                let status = call!(warm_session_get_stop(s, stop.ptr()), &[WARM_OK]);
                stop.check(status);
                if let (WARM_OK, Some(x)) = (status, stop.get()) {
                    assert!((WARM_STOP_NONE..=WARM_STOP_SIGNAL).contains(&x.reason));
                    assert!((WARM_DEADLINE_NONE..=WARM_DEADLINE_OAR).contains(&x.deadline));
                    assert!(x.seconds_left.is_finite() && x.reserve_seconds >= 0.0);
                }
            }
            5 => {
                let mut out = i.room(false);
                let status = call!(
                    warm_session_stop_text(s, out.buf(), out.cap, out.needed()),
                    &[0, -2]
                );
                // The time that is left takes now more, now fewer digits.
                if status == WARM_OK {
                    out.check(status);
                }
            }
            6 | 7 => {
                let objective = i.objective().unwrap_or(f64::NAN);
                let tolerance = i.of(&[0.0, 1e-12, 1.0, 1e300, f64::INFINITY, -1.0, f64::NAN]);
                let status = call!(
                    warm_session_confirm(s, objective, tolerance),
                    &[WARM_OK, WARM_NOT_FOUND, WARM_ERR_INCOMPATIBLE]
                );
                self.model.fits[at].has_refused |= status == WARM_ERR_INCOMPATIBLE;
            }
            8 | 9 => {
                let mut progress = i.record::<warm_session_progress>();
                let status = call!(warm_session_get_progress(s, progress.ptr()), &[WARM_OK]);
                progress.check(status);
                if let (WARM_OK, Some(p)) = (status, progress.get()) {
                    let counts = [p.iteration, p.writes, p.failed, p.throttled, p.waiting];
                    assert!(counts.iter().all(|c| *c >= 0), "{counts:?}");
                    assert!(
                        p.waiting <= 3 && p.elapsed_seconds >= 0.0 && p.next_due_seconds >= 0.0
                    );
                    assert!(p.best_objective.is_finite() && p.iterations_per_second >= 0.0);
                }
            }
            10 | 11 => {
                let place = usize::from(i.byte()) % 2;
                let mut out = sentinel();
                let status = if i.one_in(2) {
                    call!(warm_session_trace(s, &mut out), &[WARM_OK])
                } else {
                    let store = i.of(&self.stores);
                    let (key, run) = (i.key(), i.text(&crate::model::RUNS, true));
                    call!(
                        warm_store_trace(store, key.ptr(), run.ptr(), run.len, &mut out),
                        &[WARM_OK, WARM_NOT_FOUND]
                    )
                };
                keep(status, out, &mut self.cursors[place], warm_cursor_free);
            }
            12 => {
                let c = i.of(&self.cursors);
                let mut point = i.record::<warm_trace_point>();
                let status = call!(warm_cursor_trace_point(c, point.ptr()), &[WARM_OK]);
                point.check(status);
                if let (WARM_OK, Some(p)) = (status, point.get()) {
                    assert!(p.objective.is_finite() && p.iteration >= 0 && p.seconds >= 0.0);
                }
            }
            13 => {
                let mut seconds = -7.0;
                let (cost, mean) = (i.seconds(), i.seconds());
                let status = call!(
                    warm_interval_seconds(i.choice(), cost, mean, &mut seconds),
                    &[WARM_OK]
                );
                assert!(if status == WARM_OK {
                    seconds >= 0.0
                } else {
                    seconds == -7.0
                });
            }
            14 => {
                let (signal, chain) = (i.of(SIGNALS), i.choice());
                call!(warm_signals_watch(signal, chain), &[WARM_OK]);
            }
            _ => {
                let signal = i.of(SIGNALS);
                let outcomes = &[WARM_OK, WARM_NOT_FOUND];
                match i.byte() % 3 {
                    0 => call!(warm_signals_unwatch(signal), outcomes),
                    1 => call!(warm_signals_forget(signal), outcomes),
                    // Nobody sent it.
                    _ => call!(warm_signals_noted(signal), &[0]),
                };
            }
        }
    }

    fn when_step(&mut self, i: &mut Input<'_>) {
        let o = i.of(&self.session_options);
        let seconds = i.seconds();
        let _ = match i.byte() % 8 {
            0 => call!(warm_session_options_set_every(o, i.number()), &[0]),
            1 => {
                let share = i.of(&[0.01, 1e-9, 1.0, 0.0, 1.1, f64::NAN]);
                call!(warm_session_options_set_max_share(o, share), &[0])
            }
            2 => call!(
                warm_session_options_set_mean_time_between_failures(o, seconds, i.choice()),
                &[0]
            ),
            3 => call!(warm_session_options_set_deadline_seconds(o, seconds), &[0]),
            4 => call!(warm_session_options_set_deadline_unix(o, i.number()), &[0]),
            5 => call!(warm_session_options_set_scheduler(o, i.choice()), &[0]),
            6 => {
                let path = i.text(&[b"", b"/", b"/no/such/file", b"halt"], true);
                call!(
                    warm_session_options_set_halt_file(o, path.ptr(), path.len),
                    &[0]
                )
            }
            _ => call!(
                warm_session_options_set_stop_margin_seconds(o, seconds),
                &[0]
            ),
        };
    }

    /// What was watched is watched no more.
    pub fn unwatch_all(&mut self) {
        for signal in [12, 24] {
            while warm_signals_unwatch(signal) == WARM_OK {}
        }
    }
}
