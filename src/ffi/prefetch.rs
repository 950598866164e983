//! The prefetch worker in C.

use crate::cache::CACHE_NAMESPACE_BYTES;
use crate::error::{Error, ErrorKind};
use crate::ffi::args;
use crate::ffi::cursor::{warm_cursor, List};
use crate::ffi::guard::{call, OK};
use crate::ffi::info::{count, required, Output};
use crate::ffi::key::warm_key;
use crate::ffi::prefetch_options::warm_prefetch_options;
use crate::ffi::prefetch_stats::{warm_prefetch_cycle, warm_prefetch_stats};
use crate::ffi::put::short_text;
use crate::ffi::remote::warm_remote;
use crate::ffi::shared::{self, Shared};
use crate::ffi::status::{
    WARM_CANCELLED, WARM_CHAIN_BACKWARD, WARM_CHAIN_FORWARD, WARM_DEFERRED, WARM_NOT_FOUND,
    WARM_TIMEOUT,
};
use crate::ffi::store::key_of;
use crate::key::Key;
use crate::remote::prefetch::{
    ChainDirection, FetchOutcome, Prefetch, PrefetchEntry, PrefetchOptions, PrefetchWait,
};
use crate::remote::Remote;
use crate::store::{check_run_id, RUN_ID_BYTES};
use std::ffi::c_char;

/// Keys that are copied at once for a hint.
const HINTED_AT_ONCE: usize = 256;

/// A worker that brings what lies in a remote tier to this machine before anybody asks for it. It knows what
/// the tier lists and what it is told by `warm_prefetch_note`; every interval a cycle fetches the best of what
/// is not here. What is hinted is fetched at once and before anything that is guessed; what a lookup asks for
/// while it is being fetched is not fetched twice. What a caller removed or refused is not brought, and
/// being brought does not make an entry look used.
///
/// `WARM_ERR_UNSUPPORTED` from attaching means that this library has no remote tier, and so no worker.
///
/// Threads: any number at once, freeing excepted; it has threads of its own. In the child of a fork every
/// function answers `WARM_ERR_FORKED`. It does not keep its attachment: once that is freed, the worker stops
/// and the handle stays usable. Free it with `warm_prefetch_free`.
pub struct warm_prefetch(Shared<Prefetch>);

/// Starts a worker that warms this machine from a remote tier; it begins by listing what is there. `options`
/// may be NULL. An attachment has one worker at a time. The caller frees `*out` with `warm_prefetch_free`; it
/// is NULL unless `WARM_OK`.
///
/// `WARM_ERR_INVALID`: NULL, or the attachment has a worker. `WARM_ERR_IO`: no thread can be started.
#[no_mangle]
pub unsafe extern "C" fn warm_remote_start_prefetch(
    r: *mut warm_remote,
    options: *const warm_prefetch_options,
    out: *mut *mut warm_prefetch,
) -> i32 {
    call("warm_remote_start_prefetch", || {
        // SAFETY: the caller passes room for a pointer and a live handle.
        let r = unsafe {
            args::null_out(out)?;
            args::handle("r", r)?
        };
        let start = |r: &Remote, options: &PrefetchOptions| {
            let prefetch = r.prefetch(options)?;
            prefetch.start()?;
            // SAFETY: as above.
            unsafe { args::give(out, warm_prefetch(Shared::new(prefetch))) }
        };
        r.0.with(|r| {
            if options.is_null() {
                return start(r, &PrefetchOptions::new());
            }
            // SAFETY: the caller passes NULL or a live handle.
            unsafe { args::handle("options", options)? }
                .0
                .with(|o| start(r, o))
        })
    })
}

/// # Safety
/// `p` is NULL or a live handle.
unsafe fn with(
    name: &'static str,
    p: *const warm_prefetch,
    body: impl FnOnce(&Prefetch) -> Result<i32, Error>,
) -> i32 {
    call(name, || {
        // SAFETY: the caller's promise.
        unsafe { args::handle("p", p)? }.0.with(body)
    })
}

/// Starts a worker again that was stopped; it knows what it knew, and lists what is there once more. Does
/// nothing if it runs.
///
/// `WARM_ERR_INVALID`: NULL. `WARM_ERR_IO`: no thread can be started.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_start(p: *mut warm_prefetch) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        with("warm_prefetch_start", p, |p| {
            p.start()?;
            Ok(OK)
        })
    }
}

/// Stops a worker, and waits `timeout_seconds` at most until it has left: what is being fetched for it is
/// cancelled, and who waits for that is told. Lookups are not affected.
///
/// `WARM_TIMEOUT`: something holds it up; it leaves by itself. `WARM_ERR_INVALID`: NULL, or a negative or
/// NaN timeout.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_stop(p: *mut warm_prefetch, timeout_seconds: f64) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        with("warm_prefetch_stop", p, |p| {
            let timeout = args::timeout(timeout_seconds)?;
            Ok(if p.stop(timeout) { OK } else { WARM_TIMEOUT })
        })
    }
}

/// Has `n` keys fetched at once, in this order and before anything that is guessed, whether or not the worker
/// knows them. It returns without waiting. `*accepted`, which may be NULL, says how many were taken: 4096
/// may wait.
///
/// `WARM_ERR_INVALID`: NULL, or a negative number.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_hint(
    p: *mut warm_prefetch,
    keys: *const warm_key,
    n: i64,
    accepted: *mut i64,
) -> i32 {
    // SAFETY: the caller passes a live handle, `n` readable keys, and NULL or room for a number.
    unsafe {
        with("warm_prefetch_hint", p, |p| {
            let keys = args::slice("keys", keys, n)?;
            let out = args::wanted("accepted", accepted)?;
            let mut taken = 0;
            for some in keys.chunks(HINTED_AT_ONCE) {
                let some: Vec<Key> = some.iter().map(|key| Key::from(*key)).collect();
                taken += p.hint(&some);
            }
            out.map(|out| out.write(count(taken as u64)));
            Ok(OK)
        })
    }
}

/// Hints the next steps, `most` at most, of the chain that `key` is in: with `WARM_CHAIN_FORWARD` what was made
/// from it, or the siblings of a higher sequence; with `WARM_CHAIN_BACKWARD` the siblings of a lower one, then
/// what it was made from. `*accepted`, which may be NULL, says how many were taken. Who comes after whom the
/// worker knows by `warm_prefetch_note` only.
///
/// `WARM_ERR_INVALID`: NULL, a negative number, or another direction.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_hint_chain(
    p: *mut warm_prefetch,
    key: *const warm_key,
    most: i64,
    direction: i32,
    accepted: *mut i64,
) -> i32 {
    let known = match direction {
        WARM_CHAIN_FORWARD => Some(ChainDirection::Forward),
        WARM_CHAIN_BACKWARD => Some(ChainDirection::Backward),
        _ => None,
    };
    // SAFETY: the caller passes a live handle, a readable key, and NULL or room for a number.
    unsafe {
        with("warm_prefetch_hint_chain", p, |p| {
            let key = key_of(key)?;
            let most = args::not_negative("most", most)?;
            let direction = args::constant("direction", "WARM_CHAIN", direction, known)?;
            let out = args::wanted("accepted", accepted)?;
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            let taken = p.hint_chain(&key, most, direction);
            out.map(|out| out.write(count(taken as u64)));
            Ok(OK)
        })
    }
}

/// Hints a key, unless it is hinted or being fetched, and waits `timeout_seconds` at most until it is on this
/// machine; 0 polls. Then the next lookup needs no network.
///
/// `WARM_NOT_FOUND`: it is not there, or was removed or refused here. `WARM_TIMEOUT`: the wait ended first; the
/// fetch goes on. `WARM_CANCELLED`: its fetch was called off or met its own deadline, or the worker does
/// not run. `WARM_DEFERRED`: not now; the server has just failed, too many fetches do not come back, or it is a
/// dry run. `WARM_ERR_REMOTE`: the network or the server fails. `WARM_ERR_CORRUPT`: what lies there fails its
/// checks, and was set aside. What the disk refuses: as of a save. `WARM_ERR_INVALID`: NULL, or a negative or
/// NaN timeout.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_wait(
    p: *mut warm_prefetch,
    key: *const warm_key,
    timeout_seconds: f64,
) -> i32 {
    // SAFETY: the caller passes a live handle and a readable key.
    unsafe {
        with("warm_prefetch_wait", p, |p| {
            let key = key_of(key)?;
            let timeout = args::timeout(timeout_seconds)?;
            match p.wait(&key, timeout) {
                PrefetchWait::Resident => Ok(OK),
                PrefetchWait::Ended(outcome) => ended(outcome),
                PrefetchWait::TimedOut => Ok(WARM_TIMEOUT),
                PrefetchWait::Stopped => Ok(WARM_CANCELLED),
            }
        })
    }
}

fn ended(outcome: FetchOutcome) -> Result<i32, Error> {
    match outcome {
        FetchOutcome::Fetched { .. } => Ok(OK),
        FetchOutcome::NotFound => Ok(WARM_NOT_FOUND),
        FetchOutcome::Cancelled => Ok(WARM_CANCELLED),
        FetchOutcome::Deferred => Ok(WARM_DEFERRED),
        FetchOutcome::Failed(e) | FetchOutcome::Corrupt(e) => Err(e),
        // It was contained: this handle is as good as before.
        FetchOutcome::Panicked(e) => Err(Error::new(
            ErrorKind::Remote,
            "waiting for a fetch",
            e.to_string(),
            "The worker goes on",
        )),
    }
}

/// Calls off the hint and the worker's fetch of a key; who waits for it is told. A lookup that waits for the
/// same transfer goes on. It may be chosen again by a later cycle.
///
/// `WARM_ERR_INVALID`: NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_cancel(p: *mut warm_prefetch, key: *const warm_key) -> i32 {
    // SAFETY: the caller passes a live handle and a readable key.
    unsafe {
        with("warm_prefetch_cancel", p, |p| {
            p.cancel(&key_of(key)?);
            Ok(OK)
        })
    }
}

/// Has the worker list once more what is in the remote tier; it returns without waiting. What is known already
/// stays as it is.
///
/// `WARM_ERR_INVALID`: NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_refresh(p: *mut warm_prefetch) -> i32 {
    // SAFETY: the caller passes a live handle.
    unsafe {
        with("warm_prefetch_refresh", p, |p| {
            p.refresh();
            Ok(OK)
        })
    }
}

/// Tells the worker what no listing says of an entry, whether it knows the entry or not. `parent`: the key of
/// what it was made from, the fit that a fold or a step starts from; NULL for a first. `sequence`: its place in
/// the chain, or among what was made from the same parent, the number of a fold, a continuation step or a
/// refinement; 0 is the head. `model`: a digest of the model it belongs to, see
/// `warm_prefetch_set_active_model`; NULL for none. `ns` (empty or NULL with 0 for none): the namespace it is
/// counted to. These four replace what was known. `run_id` (NULL with 0), `payload_bytes` and
/// `last_access_unix_secs` (NULL each) may be left out, and then stay as they are known; a stamp only grows.
///
/// `WARM_ERR_INVALID`: NULL for the handle or the key, an illegal run id, a sequence that is not from 0 to
/// 2^32 - 1, something negative, or a namespace of more than 128 bytes or with a NUL. `WARM_ERR_TOO_LARGE`: it
/// knows 65 536 namespaces, or 4 GiB of run ids.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_note(
    p: *mut warm_prefetch,
    key: *const warm_key,
    run_id: *const c_char,
    run_id_len: i64,
    parent: *const warm_key,
    sequence: i64,
    payload_bytes: *const i64,
    last_access_unix_secs: *const i64,
    model: *const warm_key,
    ns: *const c_char,
    ns_len: i64,
) -> i32 {
    // SAFETY: the caller passes a live handle, readable texts of those lengths, a readable key, and for
    // each other pointer NULL or something readable.
    unsafe {
        with("warm_prefetch_note", p, |p| {
            let run = args::name("run_id", run_id, run_id_len, RUN_ID_BYTES)?;
            if !run.is_empty() {
                check_run_id(run)?;
            }
            let size = args::optional("payload_bytes", payload_bytes)?.unwrap_or(0);
            let accessed = args::optional("last_access_unix_secs", last_access_unix_secs)?;
            let accessed = accessed.unwrap_or(0);
            args::not_negative("last_access_unix_secs", accessed)?;
            let model = args::optional("model", model)?;
            let taken = p.describe(&PrefetchEntry {
                key: key_of(key)?,
                run,
                parent: args::optional("parent", parent)?.map(Key::from),
                sequence: place(sequence)?,
                payload_bytes: args::not_negative("payload_bytes", size)?,
                last_access_ms: accessed.saturating_mul(1000),
                model: model.map_or([0; 32], |m| m.bytes),
                namespace: short_text("ns", ns, ns_len, CACHE_NAMESPACE_BYTES)?,
            });
            if taken {
                return Ok(OK);
            }
            Err(Error::new(
                ErrorKind::TooLarge,
                "noting an entry for the prefetch worker",
                "it knows as many namespaces, or as long run ids, as it can",
                "Use fewer namespaces; the entry is fetched on a hint or a lookup all the same",
            ))
        })
    }
}

fn place(sequence: i64) -> Result<u32, Error> {
    u32::try_from(sequence).map_err(|_| {
        Error::invalid(
            "reading argument `sequence`",
            format!("{sequence} is not from 0 to {}", u32::MAX),
            "Number folds, steps or refinements from 0 on",
        )
    })
}

/// Names the model whose entries are likelier, by the digest that `warm_prefetch_note` was given; NULL for
/// none.
///
/// `WARM_ERR_INVALID`: `p` is NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_set_active_model(
    p: *mut warm_prefetch,
    model: *const warm_key,
) -> i32 {
    // SAFETY: the caller passes a live handle, and NULL or a readable digest.
    unsafe {
        with("warm_prefetch_set_active_model", p, |p| {
            let model = args::optional("model", model)?;
            p.set_active_model(model.map_or([0; 32], |m| m.bytes));
            Ok(OK)
        })
    }
}

/// What a cycle that takes `most`, 2048 at most, would fetch now, the best first; nothing is fetched. Of each
/// item there are `warm_cursor_key` and `warm_cursor_score`. The caller frees `*out` with `warm_cursor_free`;
/// it is NULL unless `WARM_OK`.
///
/// `WARM_ERR_INVALID`: NULL, or a negative number.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_plan(
    p: *mut warm_prefetch,
    most: i64,
    out: *mut *mut warm_cursor,
) -> i32 {
    call("warm_prefetch_plan", || {
        // SAFETY: the caller passes room for a pointer and a live handle.
        unsafe {
            args::null_out(out)?;
            let p = args::handle("p", p)?;
            let most = args::not_negative("most", most)?;
            p.0.with(|p| {
                let plan = p.plan(usize::try_from(most).unwrap_or(usize::MAX));
                args::give(out, warm_cursor::new(List::Plan(plan)))
            })
        }
    })
}

/// The item's score, the higher the likelier to be asked for; of a list of planned fetches.
///
/// `WARM_ERR_INVALID`: NULL, the cursor is not on an item, or its list is of something else.
#[no_mangle]
pub unsafe extern "C" fn warm_cursor_score(c: *const warm_cursor, score: *mut f64) -> i32 {
    call("warm_cursor_score", || {
        // SAFETY: the caller passes a live handle and room for a number.
        let (c, out) = unsafe { (args::handle("c", c)?, args::out("score", score)?) };
        c.0.with(|c| {
            out.write(c.score()?);
            Ok(OK)
        })
    })
}

/// Figures since the worker was made, and how things stand.
///
/// `WARM_ERR_INVALID`: NULL, or a `struct_size` that is too small.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_get_stats(
    p: *const warm_prefetch,
    stats: *mut warm_prefetch_stats,
) -> i32 {
    // SAFETY: the caller passes a live handle and a struct with its size set.
    unsafe {
        with("warm_prefetch_get_stats", p, |p| {
            let out = Output::new("stats", stats, size_of::<warm_prefetch_stats>())?;
            let out = required("stats", out)?;
            out.write((&p.stats()).into());
            Ok(OK)
        })
    }
}

/// The latest cycle that ended.
///
/// `WARM_NOT_FOUND`: none has. `WARM_ERR_INVALID`: NULL, or a `struct_size` that is too small.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_get_last_cycle(
    p: *const warm_prefetch,
    cycle: *mut warm_prefetch_cycle,
) -> i32 {
    // SAFETY: the caller passes a live handle and a struct with its size set.
    unsafe {
        with("warm_prefetch_get_last_cycle", p, |p| {
            let out = Output::new("cycle", cycle, size_of::<warm_prefetch_cycle>())?;
            let out = required("cycle", out)?;
            let Some(cycle) = p.last_cycle() else {
                return Ok(WARM_NOT_FOUND);
            };
            out.write((&cycle).into());
            Ok(OK)
        })
    }
}

/// Ends a worker and nulls the caller's pointer, at once, whatever the network does; NULL and pointer to NULL
/// are legal. What is being fetched for it is cancelled.
#[no_mangle]
pub unsafe extern "C" fn warm_prefetch_free(p: *mut *mut warm_prefetch) {
    // SAFETY: the caller passes NULL, or a pointer to NULL or a live handle.
    unsafe { shared::free(p, |p| p.0.must_leak()) }
}
