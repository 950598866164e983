//! Session options in C.

use crate::error::Error;
use crate::ffi::args;
use crate::ffi::fingerprinter::warm_fingerprinter;
use crate::ffi::guard::{call, OK};
use crate::ffi::interval::interval_formula;
use crate::ffi::key::warm_key;
use crate::ffi::plain::Plain;
use crate::ffi::status::{WARM_LOOKUP_BEST, WARM_LOOKUP_LATEST};
use crate::ffi::store::key_of;
use crate::ffi::store::PATH_BYTES;
use crate::session::SessionOptions;
use crate::store::{Lookup, LABEL_BYTES};
use std::ffi::c_char;
use std::path::Path;

/// How a session behaves.
///
/// Threads: one at a time. Plain memory. Free it with `warm_session_options_free`, at the earliest
/// when `warm_session_open` has returned.
pub struct warm_session_options(pub(crate) Plain<SessionOptions>);

/// The lookup mode a caller names.
pub(crate) fn lookup_mode(mode: i32) -> Result<Lookup, Error> {
    let known = match mode {
        WARM_LOOKUP_BEST => Some(Lookup::Best),
        WARM_LOOKUP_LATEST => Some(Lookup::Latest),
        _ => None,
    };
    args::constant("mode", "WARM_LOOKUP", mode, known)
}

/// # Safety
/// `o` is NULL or a live handle.
unsafe fn set(
    name: &'static str,
    o: *mut warm_session_options,
    body: impl FnOnce(&mut SessionOptions) -> Result<(), Error>,
) -> i32 {
    call(name, || {
        // SAFETY: the caller's promise.
        unsafe { args::handle("o", o)? }
            .0
            .with(|o| body(o).map(|()| OK))
    })
}

/// Makes options with the defaults. The caller frees `*out`; it is NULL unless `WARM_OK`.
///
/// `WARM_ERR_INVALID`: `out` is NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_new(out: *mut *mut warm_session_options) -> i32 {
    call("warm_session_options_new", || {
        // SAFETY: the caller passes room for a pointer.
        unsafe {
            args::null_out(out)?;
            args::give(out, warm_session_options(Plain::new(SessionOptions::new())))
        }
    })
}

/// Seconds between checkpoints that do not improve the objective; default 2, 0: no limit, by the default
/// share of run time neither.
///
/// `WARM_ERR_INVALID`: negative or NaN.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_set_min_interval_seconds(
    o: *mut warm_session_options,
    seconds: f64,
) -> i32 {
    let name = "warm_session_options_set_min_interval_seconds";
    // SAFETY: the caller passes a live handle.
    unsafe { set(name, o, |o| o.min_interval_seconds(seconds).map(drop)) }
}

/// 1: checkpoints are copied, answered with `WARM_QUEUED` and published by a thread of the store's,
/// which starts with the first of them; default 0: they are published in the caller's thread.
///
/// `WARM_ERR_INVALID`: neither 0 nor 1.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_set_background(
    o: *mut warm_session_options,
    on: i32,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_session_options_set_background", o, |o| {
            o.background(args::switch("on", on)?);
            Ok(())
        })
    }
}

/// Also makes every `calls`-th call of `warm_session_checkpoint` or `warm_session_should_checkpoint` since
/// the last write due, whatever the minimum interval; 0, the default, does not. Calls of several threads
/// at the same instant may count as one.
///
/// `WARM_ERR_INVALID`: negative.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_set_every(
    o: *mut warm_session_options,
    calls: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_session_options_set_every", o, |o| {
            o.every(u64::try_from(calls).map_err(|_| negative("calls", calls))?);
            Ok(())
        })
    }
}

fn negative(name: &'static str, value: i64) -> Error {
    Error::invalid(
        format!("reading argument `{name}`"),
        format!("{value} is negative"),
        "See its description in warmstart.h",
    )
}

/// Most of the run time since the session was opened that writing checkpoints may take, as measured; 1: no
/// limit. Default 0.01, and no limit where the minimum interval is 0 or a mean time between failures is
/// given. The first ten writes are exempt, and what was not used in the last ten minutes may be used now.
/// It holds back what does not improve the objective. With background writing it holds back improvements
/// too: they are answered with `WARM_QUEUED` and kept in memory, where a better one takes the place of the
/// last, until the share allows a write or somebody flushes; so that a stream of small improvements costs
/// no more than the share, and the death of the process no more than what was computed since.
///
/// `WARM_ERR_INVALID`: not above 0, above 1, or NaN.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_set_max_share(
    o: *mut warm_session_options,
    share: f64,
) -> i32 {
    let name = "warm_session_options_set_max_share";
    // SAFETY: the caller passes a live handle.
    unsafe { set(name, o, |o| o.max_share(share).map(drop)) }
}

/// Replaces the minimum interval by the one that costs the least time where failures (of a machine, or a
/// job that is killed) come at random, every `seconds` on average: computed by `formula`,
/// `WARM_INTERVAL_DALY` or `WARM_INTERVAL_YOUNG`, from what a durable checkpoint is measured to take.
/// Improvements are written at once as ever, or, with background writing, when the interval has passed. A
/// session that has loaded a checkpoint begins with what the run before it measured.
///
/// `WARM_ERR_INVALID`: not above 0, NaN, or another formula.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_set_mean_time_between_failures(
    o: *mut warm_session_options,
    seconds: f64,
    formula: i32,
) -> i32 {
    let name = "warm_session_options_set_mean_time_between_failures";
    // SAFETY: the caller passes a live handle.
    unsafe {
        set(name, o, |o| {
            let formula = interval_formula(formula)?;
            o.mean_time_between_failures(seconds, formula).map(drop)
        })
    }
}

/// When the session has to have stopped, in seconds after it is opened; `warm_session_should_stop` answers 1
/// early enough before. Default: no deadline but the scheduler's. Of several, the earliest counts.
///
/// `WARM_ERR_INVALID`: negative or NaN.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_set_deadline_seconds(
    o: *mut warm_session_options,
    seconds: f64,
) -> i32 {
    let name = "warm_session_options_set_deadline_seconds";
    // SAFETY: the caller passes a live handle.
    unsafe { set(name, o, |o| o.deadline_seconds(seconds).map(drop)) }
}

/// The same in seconds since 1970-01-01 UTC.
///
/// `WARM_ERR_INVALID`: negative.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_set_deadline_unix(
    o: *mut warm_session_options,
    unix_secs: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_session_options_set_deadline_unix", o, |o| {
            if unix_secs < 0 {
                return Err(negative("unix_secs", unix_secs));
            }
            o.deadline_unix(unix_secs);
            Ok(())
        })
    }
}

/// 1, the default: a session's deadline is also taken from the environment it is opened in; 0: it is not.
///
/// Understood are `WARMSTART_DEADLINE` (Unix seconds: for job scripts under any scheduler, as in
/// `export WARMSTART_DEADLINE=$(($(date +%s) + 3600))`), Slurm's `SLURM_JOB_END_TIME`, Cobalt's
/// `COBALT_ENDTIME`, and OAR's `OAR_JOB_WALLTIME_SECONDS` counted from when `OAR_NODE_FILE` was written. What a
/// scheduler says has passed already is another job's, and ignored. PBS, Torque, Grid Engine, LSF,
/// HTCondor and Flux tell no end by the environment: there, use `WARMSTART_DEADLINE`, or
/// `warm_signals_watch` for the signal they can be asked to send before the end.
///
/// `WARM_ERR_INVALID`: neither 0 nor 1.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_set_scheduler(
    o: *mut warm_session_options,
    on: i32,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_session_options_set_scheduler", o, |o| {
            o.scheduler(args::switch("on", on)?);
            Ok(())
        })
    }
}

/// A file that, once it exists, makes `warm_session_should_stop` answer 1: for stopping a fit by hand. It is
/// looked for at most once a second. A path, UTF-8, relative to the working directory when the session is
/// opened; empty, the default, for none.
///
/// `WARM_ERR_INVALID`: not UTF-8, a NUL inside, or longer than 65 536 bytes.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_set_halt_file(
    o: *mut warm_session_options,
    path: *const c_char,
    len: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle and readable text of that length.
    unsafe {
        set("warm_session_options_set_halt_file", o, |o| {
            o.halt_file(Path::new(args::name("path", path, len, PATH_BYTES)?));
            Ok(())
        })
    }
}

/// Seconds to spare before a deadline, besides what one more iteration and the checkpoints take; default 1.
///
/// `WARM_ERR_INVALID`: negative or NaN.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_set_stop_margin_seconds(
    o: *mut warm_session_options,
    seconds: f64,
) -> i32 {
    let name = "warm_session_options_set_stop_margin_seconds";
    // SAFETY: the caller passes a live handle.
    unsafe { set(name, o, |o| o.stop_margin_seconds(seconds).map(drop)) }
}

/// Which of the key's entries load, peek and resume answer: `WARM_LOOKUP_BEST` (the default) or
/// `WARM_LOOKUP_LATEST`.
///
/// `WARM_ERR_INVALID`: any other number.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_set_lookup(
    o: *mut warm_session_options,
    mode: i32,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_session_options_set_lookup", o, |o| {
            o.lookup(lookup_mode(mode)?);
            Ok(())
        })
    }
}

/// Longest wait of `warm_session_finish` in seconds; default 60.
///
/// `WARM_ERR_INVALID`: negative or NaN.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_set_finish_timeout_seconds(
    o: *mut warm_session_options,
    seconds: f64,
) -> i32 {
    let name = "warm_session_options_set_finish_timeout_seconds";
    // SAFETY: the caller passes a live handle.
    unsafe { set(name, o, |o| o.finish_timeout_seconds(seconds).map(drop)) }
}

/// Copies tag and digest of every frame that `f` absorbed: they are stored beside each entry as far
/// as there is room, so that two keys can be compared field by field. `f` may be freed afterwards.
///
/// `WARM_ERR_INVALID`: a pointer is NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_set_fingerprint(
    o: *mut warm_session_options,
    f: *const warm_fingerprinter,
) -> i32 {
    // SAFETY: the caller passes live handles.
    unsafe {
        set("warm_session_options_set_fingerprint", o, |o| {
            let copy = |f: &mut crate::key::Fingerprinter| {
                o.fingerprint(f);
                Ok(OK)
            };
            args::handle("f", f)?.0.with(copy).map(drop)
        })
    }
}

/// A name for people, stored beside each entry: UTF-8, at most 1 024 bytes; empty for none.
///
/// `WARM_ERR_TOO_LARGE`: longer. `WARM_ERR_INVALID`: not UTF-8, or a NUL inside.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_set_label(
    o: *mut warm_session_options,
    text: *const c_char,
    len: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle and readable text of that length.
    unsafe {
        set("warm_session_options_set_label", o, |o| {
            if usize::try_from(len).is_ok_and(|n| n > LABEL_BYTES) {
                return Err(SessionOptions::label_too_long(len as usize));
            }
            let text = args::name("text", text, len, LABEL_BYTES)?;
            o.label(text).map(drop)
        })
    }
}

/// Names a seed key, a relative's: the nearest first (the same model on other rows), then farther ones (the
/// same terms in another family). Where nothing is stored under the session's own key, load, peek and
/// resume answer the latest entry of the nearest seed key that has one, source `WARM_SOURCE_SEED`; and
/// `warm_session_finalize` makes the answer, which is written once, findable under each of them. So fits
/// that name a seed key in common find each other. Checkpoints are not found so.
///
/// At most `WARM_SEED_KEYS_MAX`: `WARM_ERR_TOO_LARGE`. One that was named before is the same.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_add_seed_key(
    o: *mut warm_session_options,
    key: *const warm_key,
) -> i32 {
    // SAFETY: the caller passes a live handle and a key.
    unsafe {
        set("warm_session_options_add_seed_key", o, |o| {
            o.seed_key(key_of(key)?).map(drop)
        })
    }
}

/// Keeps the last `count` entries of the key, and the best: when this session writes its first checkpoint
/// and each answer, all others are removed, but for pinned ones and those of other living sessions, and
/// never on account of an entry that is damaged. Of this session's own checkpoints the last `count` stay,
/// each as an entry of its own, until an answer supersedes them. Default 0: nothing is
/// removed, and a session keeps its best and its latest checkpoint.
///
/// `WARM_ERR_INVALID`: negative.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_set_keep_last(
    o: *mut warm_session_options,
    count: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_session_options_set_keep_last", o, |o| {
            o.keep_last(args::not_negative("count", count)?);
            Ok(())
        })
    }
}

/// The same for the best `count`, by their objectives; with `warm_session_options_set_keep_last`, what is
/// among either stays. The latest is kept in any case. Default 0: nothing is removed.
///
/// `WARM_ERR_INVALID`: negative.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_set_keep_best(
    o: *mut warm_session_options,
    count: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_session_options_set_keep_best", o, |o| {
            o.keep_best(args::not_negative("count", count)?);
            Ok(())
        })
    }
}

/// After `count` restarts that failed, a checkpoint is passed over by load, peek and resume; default 3, 0:
/// never. A restart has failed when a session loaded the checkpoint and its process died before the
/// session wrote anything, was finished or was freed. Answers are never passed over.
/// `warm_store_reset_restarts` has them tried again.
///
/// `WARM_ERR_INVALID`: negative.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_set_max_failed_restarts(
    o: *mut warm_session_options,
    count: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        set("warm_session_options_set_max_failed_restarts", o, |o| {
            o.most_failed_restarts(args::not_negative("count", count)?);
            Ok(())
        })
    }
}

/// Frees options and nulls the caller's pointer; NULL and pointer to NULL are legal.
#[no_mangle]
pub unsafe extern "C" fn warm_session_options_free(o: *mut *mut warm_session_options) {
    // SAFETY: the caller passes NULL, or a pointer to NULL or a live handle.
    unsafe { args::free(o) }
}
