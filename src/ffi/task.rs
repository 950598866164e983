//! Long work in C.

use crate::error::{Error, ErrorKind};
use crate::ffi::args;
use crate::ffi::cursor::{warm_cursor, List};
use crate::ffi::guard::{call, OK};
use crate::ffi::info::{required, warm_check_report, warm_task_progress, Output};
use crate::ffi::shared::{self, Shared};
use crate::ffi::status::{WARM_CANCELLED, WARM_TIMEOUT};
use crate::ffi::store::warm_store;
use crate::store::{CheckReport, Task, Work};
use std::mem::offset_of;

/// A verification, repair, sweep or copy in progress, on a thread of its own; it keeps its store or cache alive. Wait for
/// it in steps as short as the host likes, so that an interrupt is noticed and a progress bar moves.
///
/// Threads: any number at once, freeing excepted. In the child of a fork every function answers
/// `WARM_ERR_FORKED`. Free it with `warm_task_free`, which cancels what still runs.
pub struct warm_task(Shared<Task>);

/// # Safety
/// `s` is NULL or a live handle, `out` NULL or room for a pointer.
unsafe fn start(s: *mut warm_store, work: Work, out: *mut *mut warm_task) -> Result<i32, Error> {
    // SAFETY: the caller's promise.
    unsafe {
        args::null_out(out)?;
        args::handle("s", s)?
            .0
            .with(|s| give_task(out, Task::start(s, work)?))
    }
}

/// Hands a new task to the caller.
///
/// # Safety
/// A non-NULL `out` points to room for a pointer.
pub(crate) unsafe fn give_task(out: *mut *mut warm_task, task: Task) -> Result<i32, Error> {
    // SAFETY: the caller's promise.
    unsafe { args::give(out, warm_task(Shared::new(task))) }
}

/// Starts to read and check everything below the root; nothing is changed. Damage is no error: look
/// at the report. The caller frees `*out` with `warm_task_free`; it is NULL unless `WARM_OK`.
///
/// `WARM_ERR_IO`: no thread can be started.
#[no_mangle]
pub unsafe extern "C" fn warm_store_start_verify(
    s: *mut warm_store,
    out: *mut *mut warm_task,
) -> i32 {
    call("warm_store_start_verify", || {
        // SAFETY: the caller passes a live handle and room for a pointer.
        unsafe { start(s, Work::Verify, out) }
    })
}

/// The same, and moves damage aside, removes what dead writers left, and rebuilds the shared
/// totals. Nothing intact is lost: nothing expires, nothing is evicted. Files that changed within
/// the last ten minutes, or that a living writer holds, are left for a later repair. What is moved
/// aside lies below `.warmstart/aside` in the root, with the reason beside it, counts in the budget
/// and is evicted before any entry.
///
/// `WARM_ERR_IO`: no thread can be started. A store opened read-only fails with
/// `WARM_ERR_PERMISSION` when it is waited for.
#[no_mangle]
pub unsafe extern "C" fn warm_store_start_repair(
    s: *mut warm_store,
    out: *mut *mut warm_task,
) -> i32 {
    call("warm_store_start_repair", || {
        // SAFETY: the caller passes a live handle and room for a pointer.
        unsafe { start(s, Work::Repair, out) }
    })
}

/// Starts a sweep: what expired goes, what exceeds the budget is evicted, what dead writers left is
/// removed, old damage is set aside, and the totals are counted anew. Every payload is read. Of the runs
/// that go each is a finding, `WARM_PROBLEM_EXPIRED` or `WARM_PROBLEM_OVER_BUDGET`.
///
/// `WARM_ERR_IO`: no thread can be started. A store opened read-only fails with
/// `WARM_ERR_PERMISSION` when it is waited for.
#[no_mangle]
pub unsafe extern "C" fn warm_store_start_sweep(
    s: *mut warm_store,
    out: *mut *mut warm_task,
) -> i32 {
    call("warm_store_start_sweep", || {
        // SAFETY: the caller passes a live handle and room for a pointer.
        unsafe { start(s, Work::Sweep, out) }
    })
}

/// Starts to find out which runs a sweep would expire and evict at this moment: each is a finding, as of
/// `warm_store_start_sweep`. Nothing is changed, so it works on a store opened read-only.
///
/// `WARM_ERR_IO`: no thread can be started. `WARM_ERR_TOO_LARGE` when it is waited for: some 16 000 runs
/// or more would be evicted.
#[no_mangle]
pub unsafe extern "C" fn warm_store_start_sweep_plan(
    s: *mut warm_store,
    out: *mut *mut warm_task,
) -> i32 {
    call("warm_store_start_sweep_plan", || {
        // SAFETY: the caller passes a live handle and room for a pointer.
        unsafe { start(s, Work::PlanSweep, out) }
    })
}

/// Waits for the end, at most `timeout_seconds`; 0 polls. `WARM_OK` when the work is done, again
/// and again.
///
/// `WARM_TIMEOUT`: it goes on. `WARM_CANCELLED`: it was cancelled before its end. An error: the
/// work failed. `WARM_ERR_INVALID`: NULL, or a negative or NaN timeout.
#[no_mangle]
pub unsafe extern "C" fn warm_task_wait(t: *mut warm_task, timeout_seconds: f64) -> i32 {
    call("warm_task_wait", || {
        let timeout = args::timeout(timeout_seconds)?;
        // SAFETY: the caller passes a live handle.
        unsafe { args::handle("t", t)? }.0.with(|t| {
            t.wait(timeout);
            t.outcome(|outcome| match outcome {
                None => Ok(WARM_TIMEOUT),
                Some(Ok(report)) if report.complete => Ok(OK),
                Some(Ok(_)) => Ok(WARM_CANCELLED),
                Some(Err(e)) => Err(e.clone()),
            })
        })
    })
}

/// Asks the work to stop, and does not wait for it: it ends before its next file, or in the middle
/// of a large one. What a repair has done stays done. Work that has ended is not affected.
///
/// `WARM_ERR_INVALID`: NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_task_cancel(t: *mut warm_task) -> i32 {
    call("warm_task_cancel", || {
        // SAFETY: the caller passes a live handle.
        unsafe { args::handle("t", t)? }.0.with(|t| {
            t.progress().cancel();
            Ok(OK)
        })
    })
}

/// How far the work has come. Takes no lock that the work holds.
///
/// `WARM_ERR_INVALID`: NULL, or a `struct_size` that is too small.
#[no_mangle]
pub unsafe extern "C" fn warm_task_get_progress(
    t: *const warm_task,
    progress: *mut warm_task_progress,
) -> i32 {
    call("warm_task_get_progress", || {
        // SAFETY: the caller passes a live handle and a struct with its size set.
        let (t, out) = unsafe {
            let t = args::handle("t", t)?;
            let out = Output::new("progress", progress, size_of::<warm_task_progress>())?;
            (t, required("progress", out)?)
        };
        t.0.with(|t| {
            out.write(t.into());
            Ok(OK)
        })
    })
}

fn report_of<T>(t: &Task, read: impl FnOnce(&CheckReport) -> T) -> Result<T, Error> {
    t.outcome(|outcome| match outcome {
        Some(Ok(report)) => Ok(read(report)),
        Some(Err(e)) => Err(e.clone()),
        None => Err(Error::new(
            ErrorKind::Invalid,
            "asking for a task's outcome",
            "it has not ended",
            "Wait for it with warm_task_wait, or cancel it, first",
        )),
    })
}

/// What was found, and what a repair did about it; after a cancellation, as far as it came.
///
/// `WARM_ERR_INVALID`: NULL, a `struct_size` that is too small, or the work has not ended. The error
/// of work that failed.
#[no_mangle]
pub unsafe extern "C" fn warm_task_get_report(
    t: *const warm_task,
    report: *mut warm_check_report,
) -> i32 {
    call("warm_task_get_report", || {
        // SAFETY: the caller passes a live handle and a struct with its size set.
        let (t, out) = unsafe {
            let t = args::handle("t", t)?;
            let out = Output::new("report", report, offset_of!(warm_check_report, expired))?;
            (t, required("report", out)?)
        };
        t.0.with(|t| {
            out.write(report_of(t, |r| r.into())?);
            Ok(OK)
        })
    })
}

/// What is wrong, one by one, in the order it was found; the first 10 000. Of each item there are
/// `warm_cursor_finding`, `warm_cursor_key`, `warm_cursor_run_id` and `warm_cursor_text`. The caller
/// frees `*out` with `warm_cursor_free`; it is NULL unless `WARM_OK`.
///
/// `WARM_ERR_INVALID`: NULL, or the work has not ended. The error of work that failed.
#[no_mangle]
pub unsafe extern "C" fn warm_task_findings(
    t: *const warm_task,
    out: *mut *mut warm_cursor,
) -> i32 {
    call("warm_task_findings", || {
        // SAFETY: the caller passes a live handle and room for a pointer.
        unsafe {
            args::null_out(out)?;
            args::handle("t", t)?.0.with(|t| {
                let findings = report_of(t, |r| r.findings.clone())?;
                args::give(out, warm_cursor::new(List::Findings(findings)))
            })
        }
    })
}

/// Frees a task and nulls the caller's pointer; NULL and pointer to NULL are legal. Work that still
/// runs is cancelled, and not waited for.
#[no_mangle]
pub unsafe extern "C" fn warm_task_free(t: *mut *mut warm_task) {
    // SAFETY: the caller passes NULL, or a pointer to NULL or a live handle.
    unsafe { shared::free(t, |t| t.0.must_leak()) }
}
