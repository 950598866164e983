//! Traces in C.

use crate::error::Error;
use crate::ffi::args;
use crate::ffi::cursor::{warm_cursor, List};
use crate::ffi::guard::{call, OK};
use crate::ffi::info::{required, Output};
use crate::ffi::key::warm_key;
use crate::ffi::session::warm_session;
use crate::ffi::status::WARM_NOT_FOUND;
use crate::ffi::store::warm_store;
use crate::key::Key;
use crate::store::{Trace, TracePoint, RUN_ID_BYTES};
use std::ffi::c_char;

/// One point of a trace. Zero it and set `struct_size` to its `sizeof` before it is filled.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct warm_trace_point {
    /// Set by the caller; never changed by the library.
    pub struct_size: u32,
    /// 1 when `iteration` says something, else 0.
    pub has_iteration: i32,
    /// 1 when `objective` says something, else 0.
    pub has_objective: i32,
    /// Always 0.
    pub reserved: i32,
    /// Since the session was opened.
    pub seconds: f64,
    /// Since 1970-01-01 UTC.
    pub unix_seconds: f64,
    /// Not negative; 0 when there is none.
    pub iteration: i64,
    /// Finite; 0 when there is none.
    pub objective: f64,
}

impl warm_trace_point {
    pub(crate) fn new(trace: &Trace, p: &TracePoint) -> Self {
        let iteration = p.iteration.and_then(|i| i64::try_from(i).ok());
        warm_trace_point {
            struct_size: 0,
            has_iteration: i32::from(iteration.is_some()),
            has_objective: i32::from(p.objective.is_some()),
            reserved: 0,
            seconds: p.seconds,
            unix_seconds: trace.opened_unix_seconds + p.seconds,
            iteration: iteration.unwrap_or(0),
            objective: p.objective.unwrap_or(0.0),
        }
    }
}

/// The session's trace: time, iteration and objective of the checkpoints it was given, written or not,
/// the oldest first. Thinned, when there are more than 257, to the first, every 2nd (4th, 8th ...) and the
/// last. Of each item there is `warm_cursor_trace_point`. The caller frees `*out` with
/// `warm_cursor_free`; it is NULL unless `WARM_OK`. Works after `warm_session_finish`.
#[no_mangle]
pub unsafe extern "C" fn warm_session_trace(
    s: *const warm_session,
    out: *mut *mut warm_cursor,
) -> i32 {
    call("warm_session_trace", || {
        // SAFETY: the caller passes a live handle and room for a pointer.
        unsafe {
            args::null_out(out)?;
            args::handle("s", s)?
                .0
                .with(|s| args::give(out, warm_cursor::new(List::Trace(s.trace()))))
        }
    })
}

/// The trace of the session that wrote the run `run_id` under `key`, of this process or another, alive or
/// dead: as of its last durable checkpoint, thinned to at most 64 points, times rounded to milliseconds.
/// Empty where none was stored, or another engine has dropped it. Payloads are not read. Otherwise as
/// `warm_session_trace`.
///
/// `WARM_NOT_FOUND`: no such run. `WARM_ERR_INVALID`: no legal run id.
#[no_mangle]
pub unsafe extern "C" fn warm_store_trace(
    s: *mut warm_store,
    key: *const warm_key,
    run_id: *const c_char,
    run_id_len: i64,
    out: *mut *mut warm_cursor,
) -> i32 {
    call("warm_store_trace", || {
        // SAFETY: the caller passes a live handle, a key, readable text of that length and room for a
        // pointer.
        let (s, key, run_id) = unsafe {
            args::null_out(out)?;
            (
                args::handle("s", s)?,
                Key::from(*args::input("key", key)?),
                args::name("run_id", run_id, run_id_len, RUN_ID_BYTES)?,
            )
        };
        s.0.with(|s| match s.trace(key, run_id)? {
            // SAFETY: as above.
            Some(trace) => unsafe { args::give(out, warm_cursor::new(List::Trace(trace))) },
            None => Ok(WARM_NOT_FOUND),
        })
    })
}

/// One point; of a trace.
///
/// `WARM_ERR_INVALID`: NULL, a `struct_size` that is too small, the cursor is not on an item, or
/// its list is of something else.
#[no_mangle]
pub unsafe extern "C" fn warm_cursor_trace_point(
    c: *const warm_cursor,
    point: *mut warm_trace_point,
) -> i32 {
    call("warm_cursor_trace_point", || {
        // SAFETY: the caller passes a live handle and a struct with its size set.
        let (c, out) = unsafe {
            let c = args::handle("c", c)?;
            let out = Output::new("point", point, size_of::<warm_trace_point>())?;
            (c, required("point", out)?)
        };
        c.with_trace(|trace, p| -> Result<i32, Error> {
            out.write(warm_trace_point::new(trace, p));
            Ok(OK)
        })
    })
}
