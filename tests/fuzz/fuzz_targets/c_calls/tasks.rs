//! Verification and repair on threads of their own, and the lists of what they find.

use crate::arguments::Input;
use crate::{call, free, keep, sentinel, World};
use std::ptr::null_mut;
use warmstart::ffi::*;

/// A task's place, and what was so when it was started.
pub struct Task {
    pub handle: *mut warm_task,
    root: usize,
    repairs: bool,
    /// Of [`World::changes`].
    started_at: u64,
}

impl Default for Task {
    fn default() -> Self {
        Task {
            handle: null_mut(),
            root: 0,
            repairs: false,
            started_at: 0,
        }
    }
}

impl World {
    pub fn task_step(&mut self, i: &mut Input<'_>) {
        let at = usize::from(i.byte()) % self.tasks.len();
        let t = self.tasks[at].handle;
        match i.byte() % 16 {
            n @ 0..=5 => self.start(at, n >= 3, i),
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
                    assert!((WARM_PROBLEM_METADATA..=WARM_PROBLEM_RECORD).contains(&f.problem));
                    assert!((WARM_ACTION_NOTHING..=WARM_ACTION_FAILED).contains(&f.action));
                    let mut key = warm_key { bytes: [0xEE; 32] };
                    let status = call!(warm_cursor_key(c, &mut key), &[WARM_OK]);
                    assert_eq!(status == WARM_OK, f.has_key == 1);
                }
            }
            _ => free(&mut self.tasks[at].handle, warm_task_free),
        }
    }

    fn start(&mut self, at: usize, repairs: bool, i: &mut Input<'_>) {
        let (store, s) = i.at(&self.stores);
        let mut out = sentinel();
        let to = if i.one_in(16) {
            null_mut()
        } else {
            &mut out as *mut _
        };
        let status = if repairs {
            call!(warm_store_start_repair(s, to), &[WARM_OK])
        } else {
            call!(warm_store_start_verify(s, to), &[WARM_OK])
        };
        if to.is_null() {
            return assert_eq!(status, WARM_ERR_INVALID);
        }
        // One that is replaced here is freed, and may still run.
        keep(status, out, &mut self.tasks[at].handle, warm_task_free);
        if status == WARM_OK {
            self.changes += u64::from(repairs);
            self.tasks[at] = Task {
                handle: out,
                root: self.model.roots[store],
                repairs,
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
        report.check(status);
        assert!(status != WARM_ERR_PERMISSION || task.repairs);
        let (WARM_OK, Some(r)) = (status, report.get()) else {
            return;
        };
        assert!(r.intact >= r.superseded && matches!(r.complete, 0 | 1));
        // Damage this young may be half of what another engine is writing.
        assert_eq!(r.moved_aside, 0);
        assert!(task.repairs || r.removed + r.waiting + r.failed == 0);
        if self.model.tampered[task.root] {
            return;
        }
        assert_eq!((r.damaged, r.unreadable, r.foreign), (0, 0, 0));
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
