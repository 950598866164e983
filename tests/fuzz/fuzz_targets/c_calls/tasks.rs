//! Verification, repair and sweeps on threads of their own, and the lists of what they find.

use crate::arguments::Input;
use crate::{call, free, keep, sentinel, World};
use std::ptr::null_mut;
use warmstart::ffi::*;

/// A task's place, and what was so when it was started.
pub struct Task {
    pub handle: *mut warm_task,
    root: usize,
    work: Work,
    /// Of [`World::changes`].
    started_at: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Work {
    Verify,
    Repair,
    Sweep,
    PlanSweep,
}

impl Work {
    fn writes(self) -> bool {
        matches!(self, Work::Repair | Work::Sweep)
    }
}

impl Default for Task {
    fn default() -> Self {
        Task {
            handle: null_mut(),
            root: 0,
            work: Work::Verify,
            started_at: 0,
        }
    }
}

impl World {
    pub fn task_step(&mut self, i: &mut Input<'_>) {
        let at = usize::from(i.byte()) % self.tasks.len();
        let t = self.tasks[at].handle;
        match i.byte() % 16 {
            0 | 1 => self.start(at, Work::Verify, i),
            2 => self.start(at, Work::PlanSweep, i),
            3 | 4 => self.start(at, Work::Repair, i),
            5 => self.start(at, Work::Sweep, i),
            6..=8 => {
                let seconds = if i.one_in(3) {
                    i.seconds()
                } else {
                    i.of(&[0.0, 0.001, 0.005, 0.02])
                };
                call!(
                    warm_task_wait(t, seconds),
                    &[WARM_OK, WARM_TIMEOUT, WARM_CANCELLED, WARM_ERR_PERMISSION]
                );
            }
            9 => {
                call!(warm_task_cancel(t), &[WARM_OK]);
            }
            10 => {
                let mut progress = i.record::<warm_task_progress>();
                let status = call!(warm_task_get_progress(t, progress.ptr()), &[WARM_OK]);
                progress.check(status);
                if let (WARM_OK, Some(p)) = (status, progress.get()) {
                    let counts = [p.keys_done, p.keys_total, p.entries_done];
                    assert!(counts.iter().all(|c| *c >= 0), "{counts:?}");
                    assert!(p.keys_done <= p.keys_total && p.bytes_done >= 0);
                    assert!(p.bytes_total >= 0 && p.seconds >= 0.0);
                    assert!(matches!(p.cancelled, 0 | 1));
                }
            }
            11 | 12 => self.report(at, i),
            13 => {
                let place = usize::from(i.byte()) % 2;
                let mut out = sentinel();
                let status = call!(warm_task_findings(t, &mut out), &[0, WARM_ERR_PERMISSION]);
                keep(status, out, &mut self.cursors[place], warm_cursor_free);
            }
            14 => {
                let c = i.of(&self.cursors);
                let mut finding = i.record::<warm_finding>();
                let status = call!(warm_cursor_finding(c, finding.ptr()), &[WARM_OK]);
                finding.check(status);
                if let (WARM_OK, Some(f)) = (status, finding.get()) {
                    assert!((WARM_PROBLEM_METADATA..=WARM_PROBLEM_OVER_BUDGET).contains(&f.problem));
                    assert!((WARM_ACTION_NOTHING..=WARM_ACTION_FAILED).contains(&f.action));
                    let mut key = warm_key { bytes: [0xEE; 32] };
                    let status = call!(warm_cursor_key(c, &mut key), &[WARM_OK]);
                    assert_eq!(status == WARM_OK, f.has_key == 1);
                }
            }
            _ => free(&mut self.tasks[at].handle, warm_task_free),
        }
    }

    fn start(&mut self, at: usize, work: Work, i: &mut Input<'_>) {
        let (store, s) = i.at(&self.stores);
        let mut out = sentinel();
        let to = if i.one_in(16) {
            null_mut()
        } else {
            &mut out as *mut _
        };
        let status = match work {
            Work::Verify => call!(warm_store_start_verify(s, to), &[WARM_OK]),
            Work::Repair => call!(warm_store_start_repair(s, to), &[WARM_OK]),
            Work::Sweep => call!(warm_store_start_sweep(s, to), &[WARM_OK]),
            Work::PlanSweep => call!(warm_store_start_sweep_plan(s, to), &[WARM_OK]),
        };
        if to.is_null() {
            return assert_eq!(status, WARM_ERR_INVALID);
        }
        // One that is replaced here is freed, and may still run.
        keep(status, out, &mut self.tasks[at].handle, warm_task_free);
        if status == WARM_OK {
            self.changes += u64::from(work.writes());
            self.tasks[at] = Task {
                handle: out,
                root: self.model.roots[store],
                work,
                started_at: self.changes,
            };
        }
    }

    fn report(&mut self, at: usize, i: &mut Input<'_>) {
        let task = &self.tasks[at];
        let mut report = i.record::<warm_check_report>();
        let status = call!(
            warm_task_get_report(task.handle, report.ptr()),
            &[WARM_OK, WARM_ERR_PERMISSION]
        );
        report.check_from(status, std::mem::offset_of!(warm_check_report, expired));
        let is_whole = report.is_whole();
        assert!(status != WARM_ERR_PERMISSION || task.work.writes());
        let (WARM_OK, Some(r)) = (status, report.get()) else {
            return;
        };
        assert!(r.intact >= r.superseded && matches!(r.complete, 0 | 1));
        // Damage this young may be half of what another engine is writing.
        assert_eq!(r.moved_aside, 0);
        assert!(task.work.writes() || r.removed + r.waiting + r.failed == 0);
        let tidies = matches!(task.work, Work::Sweep | Work::PlanSweep);
        assert!(!is_whole || tidies || r.expired + r.evicted == 0);
        if self.model.tampered[task.root] {
            return;
        }
        assert_eq!((r.damaged, r.unreadable, r.foreign), (0, 0, 0));
        // A plan reads no payload, and a sweep may remove what it has counted.
        if tidies {
            return;
        }
        // While others write, a pair may be seen half named.
        if task.started_at == self.changes && !self.has_background {
            assert_eq!((r.half_present, r.failed), (0, 0));
            if r.complete == 1 && !self.model.lossy[task.root] {
                let known = self.model.runs_in(task.root) as i64;
                assert!(r.intact - r.superseded >= known, "{known} runs were saved");
            }
        }
    }
}
