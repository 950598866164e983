//! Sessions that are running, in C.

use crate::ffi::args;
use crate::ffi::cursor::{warm_cursor, List};
use crate::ffi::guard::{call, OK};
use crate::ffi::info::{required, Output};
use crate::ffi::session_progress::warm_session_progress;
use crate::ffi::store::warm_store;
use crate::session::LiveSession;

/// A session that is running, in this process or another one, as it said itself. Zero it and set
/// `struct_size` to its `sizeof` before it is filled.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct warm_live_session {
    /// Set by the caller; never changed by the library.
    pub struct_size: u32,
    /// 1 when it was labelled, else 0; `warm_cursor_text` gives the label.
    pub has_label: i32,
    /// Of the process it runs in, on its host.
    pub process_id: i64,
    /// When it was opened: seconds since 1970-01-01 UTC, by its host's clock.
    pub opened_unix_seconds: f64,
    /// When it said all of this, likewise.
    pub reported_unix_seconds: f64,
}

impl From<&LiveSession> for warm_live_session {
    fn from(s: &LiveSession) -> Self {
        warm_live_session {
            struct_size: 0,
            has_label: i32::from(s.label.is_some()),
            process_id: i64::from(s.process_id),
            opened_unix_seconds: s.opened_unix_seconds,
            reported_unix_seconds: s.reported_unix_seconds,
        }
    }
}

/// The sessions that are running on this store in any process, those opened first before the others. Of each
/// item there are `warm_cursor_session`, `warm_cursor_progress`, `warm_cursor_key`, `warm_cursor_run_id`,
/// `warm_cursor_text`: its label, a long one cut, and `warm_cursor_name`: its host. A session
/// appears when it first writes a checkpoint, says how it is getting on at most once a second, with a
/// checkpoint that it writes or fails to write, and goes when it is finished or freed or its process dies;
/// where other hosts share the file system, one that died may stay for a day. Works on a store opened
/// read-only, and changes nothing. The caller frees `*out` with `warm_cursor_free`; it is NULL unless
/// `WARM_OK`.
///
/// `WARM_ERR_PERMISSION`, `WARM_ERR_IO`: the root cannot be read.
#[no_mangle]
pub unsafe extern "C" fn warm_store_list_sessions(
    s: *mut warm_store,
    out: *mut *mut warm_cursor,
) -> i32 {
    call("warm_store_list_sessions", || {
        // SAFETY: the caller passes room for a pointer and a live handle.
        let s = unsafe {
            args::null_out(out)?;
            args::handle("s", s)?
        };
        s.0.with(|s| {
            let list = List::Sessions(s.sessions()?);
            // SAFETY: as above.
            unsafe { args::give(out, warm_cursor::new(list)) }
        })
    })
}

/// Where and since when it runs; of a list of sessions.
///
/// `WARM_ERR_INVALID`: NULL, a `struct_size` that is too small, the cursor is not on an item, or
/// its list is of something else.
#[no_mangle]
pub unsafe extern "C" fn warm_cursor_session(
    c: *const warm_cursor,
    session: *mut warm_live_session,
) -> i32 {
    call("warm_cursor_session", || {
        // SAFETY: the caller passes a live handle and a struct with its size set.
        let (c, out) = unsafe {
            let c = args::handle("c", c)?;
            let out = Output::new("session", session, size_of::<warm_live_session>())?;
            (c, required("session", out)?)
        };
        c.0.with(|c| {
            out.write(c.session()?.into());
            Ok(OK)
        })
    })
}

/// How it is getting on, as of `reported_unix_seconds`; of a list of sessions.
///
/// `WARM_ERR_INVALID`: NULL, a `struct_size` that is too small, the cursor is not on an item, or
/// its list is of something else.
#[no_mangle]
pub unsafe extern "C" fn warm_cursor_progress(
    c: *const warm_cursor,
    progress: *mut warm_session_progress,
) -> i32 {
    call("warm_cursor_progress", || {
        // SAFETY: the caller passes a live handle and a struct with its size set.
        let (c, out) = unsafe {
            let c = args::handle("c", c)?;
            let out = Output::new("progress", progress, size_of::<warm_session_progress>())?;
            (c, required("progress", out)?)
        };
        c.0.with(|c| {
            out.write(c.session()?.progress.into());
            Ok(OK)
        })
    })
}
