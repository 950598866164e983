//! How a session is getting on, in C.

use crate::ffi::args;
use crate::ffi::guard::{call, OK};
use crate::ffi::info::{count, required, Output};
use crate::ffi::session::warm_session;
use crate::session::SessionProgress;

/// How a session is getting on, for a progress bar. Zero it and set `struct_size` to its `sizeof` before
/// it is filled. A number whose `has_` field is 0 is not known, and 0.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct warm_session_progress {
    /// Set by the caller; never changed by the library.
    pub struct_size: u32,
    /// 1 when `iteration` says something, else 0.
    pub has_iteration: i32,
    /// 1 when `iterations_per_second` says something, else 0.
    pub has_rate: i32,
    /// 1 when `best_objective` says something, else 0.
    pub has_objective: i32,
    /// 1 when `durable_age_seconds` and `write_seconds` say something, else 0.
    pub has_durable: i32,
    /// 1 when `next_due_seconds` says something, 0: never by the clock alone.
    pub has_next_due: i32,
    /// Of the last checkpoint the session was given, written or not.
    pub iteration: i64,
    /// Lately: over the newest quarter of the trace.
    pub iterations_per_second: f64,
    /// The lowest that was accepted.
    pub best_objective: f64,
    /// Since the session was opened.
    pub elapsed_seconds: f64,
    /// Since the last checkpoint became durable.
    pub durable_age_seconds: f64,
    /// Until a checkpoint is due that does not improve the objective; 0: now.
    pub next_due_seconds: f64,
    /// What one durable checkpoint takes on average, lately.
    pub write_seconds: f64,
    /// What all of them took, by whichever thread.
    pub written_seconds: f64,
    /// What callers waited for writing and copying: over `elapsed_seconds`, the overhead so far.
    pub blocked_seconds: f64,
    /// Checkpoints and answers written.
    pub writes: i64,
    /// Writes that failed.
    pub failed: i64,
    /// Checkpoints that were held back: `WARM_THROTTLED`.
    pub throttled: i64,
    /// Checkpoints accepted and not durable yet.
    pub waiting: i64,
}

impl From<SessionProgress> for warm_session_progress {
    fn from(p: SessionProgress) -> Self {
        let has = |v: Option<f64>| i32::from(v.is_some());
        let iteration = p.iteration.and_then(|i| i64::try_from(i).ok());
        warm_session_progress {
            struct_size: 0,
            has_iteration: i32::from(iteration.is_some()),
            has_rate: has(p.iterations_per_second),
            has_objective: has(p.best_objective),
            has_durable: has(p.durable_age_seconds),
            has_next_due: has(p.next_due_seconds),
            iteration: iteration.unwrap_or(0),
            iterations_per_second: p.iterations_per_second.unwrap_or(0.0),
            best_objective: p.best_objective.unwrap_or(0.0),
            elapsed_seconds: p.elapsed_seconds,
            durable_age_seconds: p.durable_age_seconds.unwrap_or(0.0),
            next_due_seconds: p.next_due_seconds.unwrap_or(0.0),
            write_seconds: p.write_seconds.unwrap_or(0.0),
            written_seconds: p.written_seconds,
            blocked_seconds: p.blocked_seconds,
            writes: count(p.writes),
            failed: count(p.failed),
            throttled: count(p.throttled),
            waiting: count(p.waiting),
        }
    }
}

/// How the session is getting on. Waits for no disk; any thread. Works after `warm_session_finish`.
///
/// `WARM_ERR_INVALID`: a NULL pointer or a `struct_size` that is too small.
#[no_mangle]
pub unsafe extern "C" fn warm_session_get_progress(
    s: *const warm_session,
    progress: *mut warm_session_progress,
) -> i32 {
    call("warm_session_get_progress", || {
        // SAFETY: the caller passes a live handle and a struct with its size set.
        let (s, out) = unsafe {
            let s = args::handle("s", s)?;
            let out = Output::new("progress", progress, size_of::<warm_session_progress>())?;
            (s, required("progress", out)?)
        };
        s.0.with(|s| {
            out.write(s.progress().into());
            Ok(OK)
        })
    })
}
