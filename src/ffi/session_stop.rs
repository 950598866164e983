//! When a session is to stop, in C.

use crate::ffi::args;
use crate::ffi::guard::{call, OK};
use crate::ffi::info::{required, Output};
use crate::ffi::session::warm_session;
use crate::ffi::status::{
    WARM_DEADLINE_CALLER, WARM_DEADLINE_COBALT, WARM_DEADLINE_ENVIRONMENT, WARM_DEADLINE_NONE,
    WARM_DEADLINE_OAR, WARM_DEADLINE_SLURM, WARM_NOT_FOUND, WARM_STOP_DEADLINE,
    WARM_STOP_HALT_FILE, WARM_STOP_NONE, WARM_STOP_SIGNAL,
};
use crate::session::{DeadlineSource, StopInfo, StopReason};
use std::ffi::c_char;

/// Why a session is to stop, and how much time is left. Zero it and set `struct_size` to its `sizeof`
/// before it is filled.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct warm_session_stop {
    /// Set by the caller; never changed by the library.
    pub struct_size: u32,
    /// One of `WARM_STOP_...`: why; `WARM_STOP_NONE` when the session may go on.
    pub reason: i32,
    /// The signal that was noted; 0 unless `reason` is `WARM_STOP_SIGNAL`.
    pub signal: i32,
    /// One of `WARM_DEADLINE_...`: who set the deadline; `WARM_DEADLINE_NONE` when there is none.
    pub deadline: i32,
    /// Until the deadline, negative when it has passed; 0 when there is none.
    pub seconds_left: f64,
    /// So many before the deadline the session is to stop: the longest time between two polls lately,
    /// what two checkpoints hardly exceed (three with background writing), and the margin.
    pub reserve_seconds: f64,
}

impl From<StopInfo> for warm_session_stop {
    fn from(i: StopInfo) -> Self {
        let (reason, signal) = match i.reason {
            None => (WARM_STOP_NONE, 0),
            Some(StopReason::Deadline) => (WARM_STOP_DEADLINE, 0),
            Some(StopReason::HaltFile) => (WARM_STOP_HALT_FILE, 0),
            Some(StopReason::Signal(signal)) => (WARM_STOP_SIGNAL, signal),
        };
        warm_session_stop {
            struct_size: 0,
            reason,
            signal,
            deadline: match i.deadline {
                None => WARM_DEADLINE_NONE,
                Some(DeadlineSource::Caller) => WARM_DEADLINE_CALLER,
                Some(DeadlineSource::Environment) => WARM_DEADLINE_ENVIRONMENT,
                Some(DeadlineSource::Slurm) => WARM_DEADLINE_SLURM,
                Some(DeadlineSource::Cobalt) => WARM_DEADLINE_COBALT,
                Some(DeadlineSource::Oar) => WARM_DEADLINE_OAR,
            },
            seconds_left: if i.deadline.is_some() {
                i.seconds_left
            } else {
                0.0
            },
            reserve_seconds: i.reserve_seconds,
        }
    }
}

/// 1: stop now, after one more `warm_session_checkpoint_now`; 0: go on; negative: error. Because of a
/// deadline (an option's, or the scheduler's), early enough for one more iteration and for a checkpoint, as
/// long as they were measured to take, to become durable; because the halt file exists; or because a
/// signal was noted (`warm_signals_watch`). Call it once an iteration. Takes tens of nanoseconds, and once a
/// second, with a deadline or a halt file, a few system calls. Works after `warm_session_finish`.
///
/// It stays 1, but for a signal that is forgotten.
#[no_mangle]
pub unsafe extern "C" fn warm_session_should_stop(s: *mut warm_session) -> i32 {
    call("warm_session_should_stop", || {
        // SAFETY: the caller passes a live handle.
        unsafe { args::handle("s", s)? }
            .0
            .with(|s| Ok(i32::from(s.should_stop())))
    })
}

/// Why `warm_session_should_stop` answers what it does, and how much time is left. Works after
/// `warm_session_finish`.
///
/// `WARM_ERR_INVALID`: a NULL pointer or a `struct_size` that is too small.
#[no_mangle]
pub unsafe extern "C" fn warm_session_get_stop(
    s: *const warm_session,
    stop: *mut warm_session_stop,
) -> i32 {
    call("warm_session_get_stop", || {
        // SAFETY: the caller passes a live handle and a struct with its size set.
        let (s, out) = unsafe {
            let s = args::handle("s", s)?;
            let out = Output::new("stop", stop, size_of::<warm_session_stop>())?;
            (s, required("stop", out)?)
        };
        s.0.with(|s| {
            out.write(s.stop_info().into());
            Ok(OK)
        })
    })
}

/// The same in words, on one line, for a log. Works after `warm_session_finish`.
///
/// `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL.
#[no_mangle]
pub unsafe extern "C" fn warm_session_stop_text(
    s: *const warm_session,
    buf: *mut c_char,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    call("warm_session_stop_text", || {
        // SAFETY: the caller passes a live handle, a buffer of that capacity, room for a length.
        unsafe {
            args::handle("s", s)?
                .0
                .with(|s| args::give_text(&s.stop_words(), buf, cap, needed))
        }
    })
}

/// Compares `objective`, which the caller has evaluated again at the state that load or resume gave last,
/// with the one stored beside it. They agree when they differ by at most `tolerance` times the larger of
/// 1 and the stored one's size; an objective that is not finite agrees with none. `WARM_OK`: they do.
///
/// `WARM_ERR_INCOMPATIBLE`: they do not, with both numbers in the last error: the data or the code has
/// changed though the key has not. From now on this session's load, resume and peek answer the next
/// entry instead; the one refused stays stored. `WARM_NOT_FOUND`: nothing to compare: nothing was
/// loaded, it has no objective, or it comes from another key. `WARM_ERR_INVALID`: a negative or NaN
/// tolerance.
#[no_mangle]
pub unsafe extern "C" fn warm_session_confirm(
    s: *mut warm_session,
    objective: f64,
    tolerance: f64,
) -> i32 {
    call("warm_session_confirm", || {
        // SAFETY: the caller passes a live handle.
        unsafe { args::handle("s", s)? }.0.with(|s| {
            Ok(if s.confirm(objective, tolerance)? {
                OK
            } else {
                WARM_NOT_FOUND
            })
        })
    })
}
