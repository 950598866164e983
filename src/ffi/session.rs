//! Sessions in C.

use crate::error::Error;
use crate::ffi::args;
use crate::ffi::entry::{entry_of, give_entry, warm_entry};
use crate::ffi::guard::{call, OK};
use crate::ffi::info::{entry_info, start_stats, warm_entry_info, warm_start_stats};
use crate::ffi::key::warm_key;
use crate::ffi::miss::warm_miss;
use crate::ffi::protected::Protected;
use crate::ffi::session_options::warm_session_options;
use crate::ffi::shared::{self, Shared};
use crate::ffi::status::{WARM_NOT_FOUND, WARM_QUEUED, WARM_THROTTLED, WARM_TIMEOUT};
use crate::ffi::store::warm_store;
use crate::key::Key;
use crate::session::{Outcome, Session, SessionOptions};
use crate::store::Entry;
use std::ffi::{c_char, c_void};

/// One fit in progress under one key. It keeps its best and its latest checkpoint apart, so that a
/// worse iterate never replaces the best. Sessions on the same key, in any process, need no lock
/// against each other: each has slots of its own.
///
/// Threads: any number at once, freeing excepted. In the child of a fork every function answers
/// `WARM_ERR_FORKED`. Free it with `warm_session_free`; it keeps its store alive.
///
/// Besides what each function names, all of them answer `WARM_ERR_INVALID` for NULL handles and
/// pointers, negative lengths and iterations, `WARM_ERR_POISONED` after a `WARM_ERR_PANIC`, and what
/// the file system reports: `WARM_ERR_IO`, `WARM_ERR_PERMISSION`, and for writes
/// `WARM_ERR_NO_SPACE`. After `warm_session_finish`, writing answers `WARM_ERR_INVALID`.
pub struct warm_session(pub(crate) Shared<Session>, pub(crate) Protected);

/// Payload, objective and iteration of a write.
type Write<'a> = (&'a [u8], Option<f64>, Option<u64>);

/// # Safety
/// The pointers are NULL or as the writing functions describe them.
unsafe fn write(
    name: &'static str,
    s: *mut warm_session,
    payload: *const c_void,
    len: i64,
    objective: *const f64,
    iteration: *const i64,
    body: impl FnOnce(&Session, Write<'_>) -> Result<i32, Error>,
) -> i32 {
    call(name, || {
        // SAFETY: the caller's promise.
        let (s, write) = unsafe {
            (
                args::handle("s", s)?,
                (
                    args::bytes("payload", payload, len)?,
                    args::objective(objective)?,
                    args::iteration(iteration)?,
                ),
            )
        };
        s.0.with(|s| body(s, write))
    })
}

pub(crate) fn in_time(in_time: bool) -> i32 {
    if in_time {
        OK
    } else {
        WARM_TIMEOUT
    }
}

/// Opens a session on `key`; nothing is read or written yet. `options` may be NULL for the defaults.
/// The caller frees `*out` with `warm_session_free`; it is NULL unless `WARM_OK`.
#[no_mangle]
pub unsafe extern "C" fn warm_session_open(
    s: *mut warm_store,
    key: *const warm_key,
    options: *const warm_session_options,
    out: *mut *mut warm_session,
) -> i32 {
    call("warm_session_open", || {
        // SAFETY: the caller passes room for a pointer, a live handle and a key.
        let (s, key) = unsafe {
            args::null_out(out)?;
            (args::handle("s", s)?, Key::from(*args::input("key", key)?))
        };
        let open = |options: &SessionOptions| {
            s.0.with(|s| {
                let session = Session::open(s, key, options)?;
                let session = warm_session(Shared::new(session), Protected::default());
                // SAFETY: as above.
                unsafe { args::give(out, session) }
            })
        };
        if options.is_null() {
            return open(&SessionOptions::new());
        }
        // SAFETY: the caller passes NULL or a live handle.
        unsafe { args::handle("options", options)? }
            .0
            .with(|o| open(o))
    })
}

/// Fills `buf` with the entry that `warm_session_load` would answer, if its payload has exactly
/// `len` bytes, and takes it; `*info`, which may be NULL, says what it is. Seeds of another length are
/// passed over.
///
/// `WARM_NOT_FOUND`: nothing to resume from. `WARM_ERR_INCOMPATIBLE`: another length; `buf` is
/// untouched and nothing is taken.
#[no_mangle]
pub unsafe extern "C" fn warm_session_resume(
    s: *mut warm_session,
    buf: *mut c_void,
    len: i64,
    info: *mut warm_entry_info,
) -> i32 {
    call("warm_session_resume", || {
        // SAFETY: the caller passes a live handle, a buffer of that length, and a struct with its
        // size set.
        let (s, info) = unsafe { (args::handle("s", s)?, entry_info(info)?) };
        args::check_buffer("buf", "len", buf, len)?;
        s.0.with(|s| {
            let Some(entry) = s.resume(len as usize)? else {
                return Ok(WARM_NOT_FOUND);
            };
            // SAFETY: as above; the payload has `len` bytes.
            unsafe { args::give_bytes(entry.payload(), buf, len, std::ptr::null_mut())? };
            if let Some(info) = info {
                info.write((&entry.info()).into());
            }
            Ok(OK)
        })
    })
}

/// Writes `len` bytes if the objective improves on the best this session has written by more than
/// 1e-12 (a first finite objective does), or if the minimum interval has passed since its last
/// write and another one keeps within the share of run time for writing (one percent unless the options
/// say otherwise). `objective` and `iteration` may be NULL for none; a non-finite objective is none. The
/// buffer may be reused at once.
///
/// `WARM_OK`: written, durable to the store's level. `WARM_THROTTLED`: held back, nothing was
/// written. `WARM_ERR_TOO_LARGE`: the entry exceeds the size budget. A write that fails does not
/// count as written, and what was stored before is intact.
///
/// With background writing: `WARM_QUEUED`: copied, and published by the store's thread, as a rule
/// within 50 ms, beyond the share of run time when that allows it again or somebody flushes. Until then a newer checkpoint takes its place, but never a worse one that of the
/// best; so at most three payloads are kept in memory. What could not be written there is tried
/// again, and the failure is returned once by the next checkpoint, finalize, flush or finish, which
/// has still accepted its own payload. (Where no thread can be started, it is written at once:
/// `WARM_OK`.)
#[no_mangle]
pub unsafe extern "C" fn warm_session_checkpoint(
    s: *mut warm_session,
    payload: *const c_void,
    len: i64,
    objective: *const f64,
    iteration: *const i64,
) -> i32 {
    let name = "warm_session_checkpoint";
    // SAFETY: the caller passes what the description asks for.
    unsafe {
        write(
            name,
            s,
            payload,
            len,
            objective,
            iteration,
            |s, (payload, objective, iteration)| {
                Ok(match s.checkpoint(payload, objective, iteration)? {
                    Outcome::Written => OK,
                    Outcome::Queued => WARM_QUEUED,
                    Outcome::Throttled => WARM_THROTTLED,
                })
            },
        )
    }
}

/// `warm_session_checkpoint` without the rate limit: `WARM_OK` means written and durable.
#[no_mangle]
pub unsafe extern "C" fn warm_session_checkpoint_now(
    s: *mut warm_session,
    payload: *const c_void,
    len: i64,
    objective: *const f64,
    iteration: *const i64,
) -> i32 {
    let name = "warm_session_checkpoint_now";
    // SAFETY: the caller passes what the description asks for.
    unsafe {
        write(
            name,
            s,
            payload,
            len,
            objective,
            iteration,
            |s, (payload, objective, iteration)| {
                s.checkpoint_now(payload, objective, iteration).map(|()| OK)
            },
        )
    }
}

/// 1: `warm_session_checkpoint` with this objective would write now; 0: it would be held back;
/// negative: error. Takes tens of nanoseconds. `objective` may be NULL for none.
#[no_mangle]
pub unsafe extern "C" fn warm_session_should_checkpoint(
    s: *mut warm_session,
    objective: *const f64,
) -> i32 {
    call("warm_session_should_checkpoint", || {
        // SAFETY: the caller passes a live handle, and NULL or a number.
        let (s, objective) = unsafe { (args::handle("s", s)?, args::objective(objective)?) };
        s.0.with(|s| s.should_checkpoint(objective).map(i32::from))
    })
}

/// Writes the fit's answer, as Final, whatever the rate limit, makes it findable under the session's seed
/// keys, and removes this session's checkpoints, which it supersedes. All durable on return to the store's
/// level. The session may go on. Otherwise as `warm_session_checkpoint`.
#[no_mangle]
pub unsafe extern "C" fn warm_session_finalize(
    s: *mut warm_session,
    payload: *const c_void,
    len: i64,
    objective: *const f64,
    iteration: *const i64,
) -> i32 {
    let name = "warm_session_finalize";
    // SAFETY: the caller passes what the description asks for.
    unsafe {
        write(
            name,
            s,
            payload,
            len,
            objective,
            iteration,
            |s, (payload, objective, iteration)| {
                s.finalize(payload, objective, iteration).map(|()| OK)
            },
        )
    }
}

/// Hands in an entry, from a related key for instance: the next load or resume answers it first,
/// once. `entry` may be freed afterwards. A later call replaces it.
#[no_mangle]
pub unsafe extern "C" fn warm_session_preload(
    s: *mut warm_session,
    entry: *const warm_entry,
) -> i32 {
    call("warm_session_preload", || {
        // SAFETY: the caller passes live handles.
        let (s, entry) = unsafe { (args::handle("s", s)?, entry_of("entry", entry)?) };
        s.0.with(|s| {
            s.preload(&entry);
            Ok(OK)
        })
    })
}

/// # Safety
/// `s` is NULL or a live handle, `out` NULL or room for a pointer.
unsafe fn entry_from(
    name: &'static str,
    s: *mut warm_session,
    out: *mut *mut warm_entry,
    body: impl FnOnce(&Session) -> Result<Option<Entry>, Error>,
) -> i32 {
    call(name, || {
        // SAFETY: the caller's promise.
        let s = unsafe {
            args::null_out(out)?;
            args::handle("s", s)?
        };
        s.0.with(|s| match body(s)? {
            // SAFETY: the caller's promise.
            Some(entry) => unsafe { give_entry(out, entry) },
            None => Ok(WARM_NOT_FOUND),
        })
    })
}

/// The preloaded entry, once; else what lies under the session's key, best or latest as its options
/// say, but for checkpoints that too many restarts from have failed; else the latest of what lies under the
/// nearest of its seed keys that has anything. Its info says the source. The caller frees `*out` with `warm_entry_free`; it is NULL unless
/// `WARM_OK`. Works after `warm_session_finish`.
///
/// `WARM_NOT_FOUND`: nothing valid.
#[no_mangle]
pub unsafe extern "C" fn warm_session_load(s: *mut warm_session, out: *mut *mut warm_entry) -> i32 {
    // SAFETY: the caller passes a live handle and room for a pointer.
    unsafe { entry_from("warm_session_load", s, out, Session::load) }
}

/// What `warm_session_load` would answer; takes and counts nothing. The caller frees `*out` with
/// `warm_entry_free`; it is NULL unless `WARM_OK`. Works after `warm_session_finish`.
///
/// `WARM_NOT_FOUND`: nothing valid.
#[no_mangle]
pub unsafe extern "C" fn warm_session_peek(s: *mut warm_session, out: *mut *mut warm_entry) -> i32 {
    // SAFETY: the caller passes a live handle and room for a pointer.
    unsafe { entry_from("warm_session_peek", s, out, Session::peek) }
}

/// 1: begin from the seed that the last load or resume answered; 0: begin cold; negative: error. Compares
/// the objective at the seed with that at the cold start, both computed by the caller on its own data: the
/// lower wins. NULL and non-finite values lose; at equal values, and when both are non-finite,
/// the fit begins cold. So a seed never makes a fit begin worse.
///
/// `WARM_ERR_INVALID`: the last load answered neither a seed nor a preloaded entry.
#[no_mangle]
pub unsafe extern "C" fn warm_session_should_use_seed(
    s: *mut warm_session,
    at_seed: *const f64,
    at_cold: *const f64,
) -> i32 {
    call("warm_session_should_use_seed", || {
        // SAFETY: the caller passes a live handle, and NULL or a number for each.
        let (s, at_seed, at_cold) = unsafe {
            (
                args::handle("s", s)?,
                args::objective(at_seed)?,
                args::objective(at_cold)?,
            )
        };
        s.0.with(|s| s.should_use_seed(at_seed, at_cold).map(i32::from))
    })
}

/// Adds what a seed saved this fit, by the caller's reckoning, to the session's and its store's start
/// stats; negative when the fit took longer.
#[no_mangle]
pub unsafe extern "C" fn warm_session_note_iterations_saved(
    s: *mut warm_session,
    iterations: i64,
) -> i32 {
    call("warm_session_note_iterations_saved", || {
        // SAFETY: the caller passes a live handle.
        unsafe { args::handle("s", s)? }.0.with(|s| {
            s.note_iterations_saved(iterations);
            Ok(OK)
        })
    })
}

/// Fills `*stats` with how the session's fits began.
///
/// `WARM_ERR_INVALID`: a NULL pointer or a `struct_size` that is too small.
#[no_mangle]
pub unsafe extern "C" fn warm_session_get_start_stats(
    s: *const warm_session,
    stats: *mut warm_start_stats,
) -> i32 {
    call("warm_session_get_start_stats", || {
        // SAFETY: the caller passes a live handle and a struct with its size set.
        let (s, stats) = unsafe { (args::handle("s", s)?, start_stats(stats)?) };
        s.0.with(|s| {
            stats.write((&s.start_stats()).into());
            Ok(OK)
        })
    })
}

/// Why the session's key missed: finds the stored key that has most fields in common with it, and which
/// fields differ. Needs `warm_session_options_set_fingerprint` here and in the sessions that wrote. Of
/// several equally near keys, the one changed last. It takes one listing of the root, a call for each key,
/// and reads the metadata of at most 10 000 keys, those changed last; after about `timeout_seconds` it
/// answers from what it has seen. Nothing else ever does any of this. The caller frees `*out` with
/// `warm_miss_free`; it is NULL unless `WARM_OK`.
///
/// `WARM_NOT_FOUND`: no other key has a field in common. `WARM_ERR_INVALID`: the session has no
/// fingerprint; a negative or NaN timeout.
#[no_mangle]
pub unsafe extern "C" fn warm_session_explain_miss(
    s: *mut warm_session,
    timeout_seconds: f64,
    out: *mut *mut warm_miss,
) -> i32 {
    call("warm_session_explain_miss", || {
        // SAFETY: the caller passes room for a pointer and a live handle.
        let s = unsafe {
            args::null_out(out)?;
            args::handle("s", s)?
        };
        let timeout = args::timeout(timeout_seconds)?;
        s.0.with(|s| match s.explain_miss(timeout)? {
            // SAFETY: as above.
            Some(miss) => unsafe { args::give(out, warm_miss::new(miss)) },
            None => Ok(WARM_NOT_FOUND),
        })
    })
}

/// The run that the session's answer is stored under, and its best checkpoint unless its options say how
/// many to keep; `WARM_RUN_ID_MAX` bytes always suffice. Works after `warm_session_finish`.
///
/// `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL.
#[no_mangle]
pub unsafe extern "C" fn warm_session_run_id(
    s: *const warm_session,
    buf: *mut c_char,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    call("warm_session_run_id", || {
        // SAFETY: the caller passes a live handle, a buffer of that capacity, room for a length.
        unsafe {
            args::handle("s", s)?
                .0
                .with(|s| args::give_text(s.run_id(), buf, cap, needed))
        }
    })
}

/// Waits until everything accepted so far is durable, at most `timeout_seconds`; 0 polls.
///
/// `WARM_TIMEOUT`: the wait ended first. `WARM_ERR_INVALID`: a negative or NaN timeout. What failed
/// in the background is returned once.
#[no_mangle]
pub unsafe extern "C" fn warm_session_flush(s: *mut warm_session, timeout_seconds: f64) -> i32 {
    call("warm_session_flush", || {
        let timeout = args::timeout(timeout_seconds)?;
        // SAFETY: the caller passes a live handle.
        unsafe { args::handle("s", s)? }
            .0
            .with(|s| s.flush(timeout).map(in_time))
    })
}

/// Ends the writing half of the session, flushes for at most the option's timeout and reports what
/// failed in the background. When all is durable, repeated calls do nothing.
///
/// `WARM_TIMEOUT`: the wait ended first; call it again to wait on.
#[no_mangle]
pub unsafe extern "C" fn warm_session_finish(s: *mut warm_session) -> i32 {
    call("warm_session_finish", || {
        // SAFETY: the caller passes a live handle.
        unsafe { args::handle("s", s)? }
            .0
            .with(|s| s.finish().map(in_time))
    })
}

/// Frees a session at once and nulls the caller's pointer; NULL and pointer to NULL are legal. What
/// was accepted is still published while the process lives: finish it first to be sure.
#[no_mangle]
pub unsafe extern "C" fn warm_session_free(s: *mut *mut warm_session) {
    // SAFETY: the caller passes NULL, or a pointer to NULL or a live handle.
    unsafe { shared::free(s, |s| s.0.must_leak()) }
}
