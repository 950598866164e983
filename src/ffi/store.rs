//! Stores in C.

use crate::error::Error;
use crate::ffi::args;
use crate::ffi::cursor::{warm_cursor, List};
use crate::ffi::entry::{give_entry, warm_entry};
use crate::ffi::guard::{call, OK};
use crate::ffi::info::{
    entry_info, required, start_stats, warm_entry_info, warm_start_stats, warm_store_limits,
    warm_store_stats, Output,
};
use crate::ffi::key::warm_key;
use crate::ffi::session::in_time;
use crate::ffi::session_options::lookup_mode;
use crate::ffi::shared::{self, Shared};
use crate::ffi::status::{WARM_ERR_BUFFER, WARM_KIND_CHECKPOINT, WARM_KIND_FINAL, WARM_NOT_FOUND};
use crate::ffi::store_options::warm_store_options;
use crate::key::Key;
use crate::store::{Description, Kind, Store, StoreOptions, RUN_ID_BYTES};
use std::ffi::{c_char, c_void};
use std::path::Path;

/// A directory of entries, private to the user, in a format that other engines share. Any number of
/// processes may have it open at once.
///
/// Guarantees: a reader finds for each slot the previous entry whole or the new one whole, also
/// after a crash at any instant; what was acknowledged at `WARM_DURABILITY_FULL` survives power
/// loss; damage is passed over, and nothing is lost by reading.
///
/// Limits: payloads are read into memory whole; on file systems shared between hosts, changes of
/// other hosts are seen after the client's attribute cache times out.
///
/// Threads: any number at once, freeing excepted. In the child of a fork every function answers
/// `WARM_ERR_FORKED`; open another there. Free it with `warm_store_free`; sessions and entries keep
/// what they need of it.
///
/// Besides what each function names, all of them answer `WARM_ERR_INVALID` for NULL handles and
/// pointers, `WARM_ERR_POISONED` after a `WARM_ERR_PANIC`, and what the file system reports:
/// `WARM_ERR_IO`, `WARM_ERR_PERMISSION`, and for writes `WARM_ERR_NO_SPACE`.
pub struct warm_store(pub(crate) Shared<Store>);

/// No file system takes longer paths.
pub(crate) const PATH_BYTES: usize = 65_536;

fn found(found: bool) -> i32 {
    if found {
        OK
    } else {
        WARM_NOT_FOUND
    }
}

fn kind_of(kind: i32) -> Result<Kind, Error> {
    let known = match kind {
        WARM_KIND_CHECKPOINT => Some(Kind::Checkpoint),
        WARM_KIND_FINAL => Some(Kind::Final),
        _ => None,
    };
    args::constant("kind", "WARM_KIND", kind, known)
}

/// # Safety
/// `key` is NULL or points to a key.
pub(crate) unsafe fn key_of(key: *const warm_key) -> Result<Key, Error> {
    // SAFETY: the caller's promise.
    Ok(Key::from(*unsafe { args::input("key", key)? }))
}

/// Opens the directory `root`, creating it (and what is missing above it) with mode 0700 unless the
/// options say read-only. `root` is UTF-8, taken literally, relative to the working directory of
/// this moment; NULL or empty: `WARMSTART_DIR`, else `warmstart` in the user's cache directory
/// (`XDG_CACHE_HOME`, else `~/.cache`). `options` may be NULL for the defaults. The caller frees
/// `*out` with `warm_store_free`; it is NULL unless `WARM_OK`.
///
/// A directory that can only be read opens and answers lookups.
///
/// `WARM_ERR_INVALID`: the root is a file, its name is too long or has a NUL inside, or there is no
/// default. `WARM_ERR_PERMISSION`: it may not be read, or not be made. `WARM_ERR_INCOMPATIBLE`: a
/// newer library wrote it.
#[no_mangle]
pub unsafe extern "C" fn warm_store_open(
    root: *const c_char,
    root_len: i64,
    options: *const warm_store_options,
    out: *mut *mut warm_store,
) -> i32 {
    call("warm_store_open", || {
        // SAFETY: the caller passes room for a pointer, and readable text of that length.
        let root = unsafe {
            args::null_out(out)?;
            args::name("root", root, root_len, PATH_BYTES)?
        };
        let root = Some(Path::new(root)).filter(|_| !root.is_empty());
        let open = |options: &StoreOptions| {
            let store = Store::open(root, options)?;
            // SAFETY: the caller passes room for a pointer.
            unsafe { args::give(out, warm_store(Shared::new(store))) }
        };
        if options.is_null() {
            return open(&StoreOptions::new());
        }
        // SAFETY: the caller passes NULL or a live handle.
        unsafe { args::handle("options", options)? }
            .0
            .with(|o| open(o))
    })
}

/// Opens a store made for records: `root` as for `warm_store_open`; NULL or empty: what that takes,
/// with "-records" appended to the directory's name (`~/.cache/warmstart-records`). Its size budget is
/// 256 MiB and its expiry ten years, recorded in the root. It is a store like any other; but a process
/// that opens one root twice so has one store behind both handles. The caller frees `*out` with
/// `warm_store_free`; it is NULL unless `WARM_OK`.
///
/// Errors are those of `warm_store_open`.
#[no_mangle]
pub unsafe extern "C" fn warm_store_open_records(
    root: *const c_char,
    root_len: i64,
    out: *mut *mut warm_store,
) -> i32 {
    call("warm_store_open_records", || {
        // SAFETY: the caller passes room for a pointer, and readable text of that length.
        let root = unsafe {
            args::null_out(out)?;
            args::name("root", root, root_len, PATH_BYTES)?
        };
        let store = Store::open_records(Some(Path::new(root)).filter(|_| !root.is_empty()))?;
        // SAFETY: as above.
        unsafe { args::give(out, warm_store(Shared::new(store))) }
    })
}

/// The directory the store lies in, absolute.
///
/// `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL.
#[no_mangle]
pub unsafe extern "C" fn warm_store_root(
    s: *const warm_store,
    buf: *mut c_char,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    call("warm_store_root", || {
        // SAFETY: the caller passes a live handle, a buffer of that capacity, room for a length.
        unsafe { args::handle("s", s)? }.0.with(|s| {
            let root = s.root().to_string_lossy();
            // SAFETY: as above.
            unsafe { args::give_text(&root, buf, cap, needed) }
        })
    })
}

/// Saves `len` bytes under `key` as a new run. When it returns `WARM_OK`, the entry survives what
/// the store's durability level says, and the run id is in `run_id`; NULL with capacity 0: not
/// wanted. `objective` and `iteration` may be NULL for none; a non-finite objective is none.
///
/// `WARM_ERR_BUFFER`: `run_id` is too small, `*run_id_needed` is set, and nothing was saved;
/// `WARM_RUN_ID_MAX` bytes always suffice. `WARM_ERR_TOO_LARGE`: the entry exceeds the size budget.
/// `WARM_ERR_NO_SPACE`, `WARM_ERR_PERMISSION`. After any error what was stored before is intact.
#[no_mangle]
pub unsafe extern "C" fn warm_store_save(
    s: *mut warm_store,
    key: *const warm_key,
    payload: *const c_void,
    len: i64,
    objective: *const f64,
    iteration: *const i64,
    kind: i32,
    run_id: *mut c_char,
    run_id_cap: i64,
    run_id_needed: *mut i64,
) -> i32 {
    call("warm_store_save", || {
        // SAFETY: the caller passes what the description asks for.
        let (s, key, payload, objective, iteration) = unsafe {
            (
                args::handle("s", s)?,
                key_of(key)?,
                args::bytes("payload", payload, len)?,
                args::objective(objective)?,
                args::iteration(iteration)?,
            )
        };
        let kind = kind_of(kind)?;
        let wanted = !run_id.is_null() || run_id_cap != 0;
        s.0.with(|s| {
            let id = s.new_run_id()?;
            if wanted {
                let (name, cap_name) = ("run_id", "run_id_cap");
                // SAFETY: the caller passes a buffer of that capacity and room for a length.
                let fits =
                    unsafe { args::fits(name, cap_name, &id, run_id, run_id_cap, run_id_needed)? };
                if !fits {
                    return Ok(WARM_ERR_BUFFER);
                }
            }
            s.save_once(
                key,
                &id,
                payload,
                Description::new(objective, iteration),
                kind,
            )?;
            // SAFETY: as above, and it fits if it is wanted.
            unsafe {
                if wanted {
                    args::give_text(&id, run_id, run_id_cap, run_id_needed)
                } else {
                    args::give_length(id.len() + 1, run_id_needed).map(|()| OK)
                }
            }
        })
    })
}

/// Saves `len` bytes as the next generation of the slot `run_id` under `key`: readers find the
/// generation before whole until this one is complete. Run ids are 1 to 128 of `A-Z a-z 0-9 . _ -`,
/// do not start with a dot and do not contain ".tmp". Otherwise as `warm_store_save`.
#[no_mangle]
pub unsafe extern "C" fn warm_store_save_slot(
    s: *mut warm_store,
    key: *const warm_key,
    run_id: *const c_char,
    run_id_len: i64,
    payload: *const c_void,
    len: i64,
    objective: *const f64,
    iteration: *const i64,
    kind: i32,
) -> i32 {
    call("warm_store_save_slot", || {
        // SAFETY: the caller passes what the description asks for.
        let (s, key, run_id, payload, objective, iteration) = unsafe {
            (
                args::handle("s", s)?,
                key_of(key)?,
                args::name("run_id", run_id, run_id_len, RUN_ID_BYTES)?,
                args::bytes("payload", payload, len)?,
                args::objective(objective)?,
                args::iteration(iteration)?,
            )
        };
        let kind = kind_of(kind)?;
        s.0.with(|s| {
            s.save_slot(key, run_id, payload, objective, iteration, kind)
                .map(|()| OK)
        })
    })
}

/// The best or latest entry under `key`, verified: `mode` is `WARM_LOOKUP_BEST` or
/// `WARM_LOOKUP_LATEST`. Damaged, foreign and expired entries are passed over and the next best is
/// answered; nothing is moved or deleted. The caller frees `*out` with `warm_entry_free`; it is
/// NULL unless `WARM_OK`.
///
/// `WARM_NOT_FOUND`: nothing valid. `WARM_ERR_NO_MEMORY`: the payload does not fit in memory.
#[no_mangle]
pub unsafe extern "C" fn warm_store_lookup(
    s: *mut warm_store,
    key: *const warm_key,
    mode: i32,
    out: *mut *mut warm_entry,
) -> i32 {
    call("warm_store_lookup", || {
        // SAFETY: the caller passes room for a pointer, a live handle and a key.
        let (s, key) = unsafe {
            args::null_out(out)?;
            (args::handle("s", s)?, key_of(key)?)
        };
        let mode = lookup_mode(mode)?;
        s.0.with(|s| match s.lookup(key, mode)? {
            // SAFETY: as above.
            Some(entry) => unsafe { give_entry(out, entry) },
            None => Ok(WARM_NOT_FOUND),
        })
    })
}

/// `warm_store_lookup` into the caller's buffer: the payload goes to `buf`, what is known of it to
/// `*info`, which may be NULL.
///
/// `WARM_NOT_FOUND`: nothing valid. `WARM_ERR_BUFFER`: `*needed` says the payload's length.
#[no_mangle]
pub unsafe extern "C" fn warm_store_lookup_into(
    s: *mut warm_store,
    key: *const warm_key,
    mode: i32,
    buf: *mut c_void,
    cap: i64,
    needed: *mut i64,
    info: *mut warm_entry_info,
) -> i32 {
    call("warm_store_lookup_into", || {
        // SAFETY: the caller passes a live handle, a key, and a struct with its size set.
        let (s, key, info) = unsafe { (args::handle("s", s)?, key_of(key)?, entry_info(info)?) };
        let mode = lookup_mode(mode)?;
        args::check_buffer("buf", "cap", buf, cap)?;
        s.0.with(|s| {
            let Some(entry) = s.lookup(key, mode)? else {
                return Ok(WARM_NOT_FOUND);
            };
            // SAFETY: the caller passes a buffer of that capacity and room for a length.
            let status = unsafe { args::give_bytes(entry.payload(), buf, cap, needed)? };
            if let Some(info) = info.filter(|_| status == OK) {
                info.write((&entry.info()).into());
            }
            Ok(status)
        })
    })
}

/// The newest intact generation of one run. The caller frees `*out` with `warm_entry_free`; it is
/// NULL unless `WARM_OK`.
///
/// `WARM_NOT_FOUND`: no such run. `WARM_ERR_CORRUPT`: it is there, and fails its checks.
/// `WARM_ERR_INCOMPATIBLE`: another schema wrote it. `WARM_ERR_INVALID`: not a run id.
#[no_mangle]
pub unsafe extern "C" fn warm_store_lookup_run(
    s: *mut warm_store,
    key: *const warm_key,
    run_id: *const c_char,
    run_id_len: i64,
    out: *mut *mut warm_entry,
) -> i32 {
    call("warm_store_lookup_run", || {
        // SAFETY: the caller passes room for a pointer, a live handle, a key and readable text.
        let (s, key, run_id) = unsafe {
            args::null_out(out)?;
            (
                args::handle("s", s)?,
                key_of(key)?,
                args::name("run_id", run_id, run_id_len, RUN_ID_BYTES)?,
            )
        };
        s.0.with(|s| match s.lookup_run(key, run_id)? {
            // SAFETY: as above.
            Some(entry) => unsafe { give_entry(out, entry) },
            None => Ok(WARM_NOT_FOUND),
        })
    })
}

/// Removes everything under `key`; as durable as a save.
///
/// `WARM_NOT_FOUND`: there was nothing.
#[no_mangle]
pub unsafe extern "C" fn warm_store_remove(s: *mut warm_store, key: *const warm_key) -> i32 {
    call("warm_store_remove", || {
        // SAFETY: the caller passes a live handle and a key.
        let (s, key) = unsafe { (args::handle("s", s)?, key_of(key)?) };
        s.0.with(|s| s.remove(key).map(found))
    })
}

/// Removes one run under `key`; as durable as a save.
///
/// `WARM_NOT_FOUND`: there was no such run. `WARM_ERR_INVALID`: not a run id.
#[no_mangle]
pub unsafe extern "C" fn warm_store_remove_entry(
    s: *mut warm_store,
    key: *const warm_key,
    run_id: *const c_char,
    run_id_len: i64,
) -> i32 {
    call("warm_store_remove_entry", || {
        // SAFETY: the caller passes a live handle, a key and readable text of that length.
        let (s, key, run_id) = unsafe {
            (
                args::handle("s", s)?,
                key_of(key)?,
                args::name("run_id", run_id, run_id_len, RUN_ID_BYTES)?,
            )
        };
        s.0.with(|s| s.remove_entry(key, run_id).map(found))
    })
}

/// Pins (`on` 1) or unpins (0) a run: pinned runs do not expire, and are evicted only when nothing
/// else is left. As durable as a save.
///
/// `WARM_NOT_FOUND`: there is no such run. `WARM_ERR_INVALID`: not a run id, or another number.
#[no_mangle]
pub unsafe extern "C" fn warm_store_pin(
    s: *mut warm_store,
    key: *const warm_key,
    run_id: *const c_char,
    run_id_len: i64,
    on: i32,
) -> i32 {
    call("warm_store_pin", || {
        // SAFETY: the caller passes a live handle, a key and readable text of that length.
        let (s, key, run_id) = unsafe {
            (
                args::handle("s", s)?,
                key_of(key)?,
                args::name("run_id", run_id, run_id_len, RUN_ID_BYTES)?,
            )
        };
        let on = args::switch("on", on)?;
        s.0.with(|s| s.pin(key, run_id, on).map(found))
    })
}

/// Expires, evicts, reclaims what dead writers left, sets old damage aside and corrects the totals,
/// now. Reads every payload. What living writers hold is left alone.
#[no_mangle]
pub unsafe extern "C" fn warm_store_sweep(s: *mut warm_store) -> i32 {
    call("warm_store_sweep", || {
        // SAFETY: the caller passes a live handle.
        unsafe { args::handle("s", s)? }
            .0
            .with(|s| s.sweep().map(|()| OK))
    })
}

/// Waits until everything accepted by any of the store's sessions is durable, at most
/// `timeout_seconds`; 0 polls.
///
/// `WARM_TIMEOUT`: the wait ended first. `WARM_ERR_INVALID`: a negative or NaN timeout. What failed
/// in the background, in any of the sessions, is returned once.
#[no_mangle]
pub unsafe extern "C" fn warm_store_flush(s: *mut warm_store, timeout_seconds: f64) -> i32 {
    call("warm_store_flush", || {
        let timeout = args::timeout(timeout_seconds)?;
        // SAFETY: the caller passes a live handle.
        unsafe { args::handle("s", s)? }
            .0
            .with(|s| s.flush(timeout).map(in_time))
    })
}

/// The keys something is stored under, in order. The caller frees `*out` with `warm_cursor_free`;
/// it is NULL unless `WARM_OK`.
#[no_mangle]
pub unsafe extern "C" fn warm_store_list_keys(
    s: *mut warm_store,
    out: *mut *mut warm_cursor,
) -> i32 {
    call("warm_store_list_keys", || {
        // SAFETY: the caller passes room for a pointer and a live handle.
        let s = unsafe {
            args::null_out(out)?;
            args::handle("s", s)?
        };
        s.0.with(|s| {
            let keys = s.keys()?;
            // SAFETY: as above.
            unsafe { args::give(out, warm_cursor::new(List::Keys(keys))) }
        })
    })
}

/// The runs under `key`, newest first; none when there are none. Payloads are not read, so damage in
/// one shows only when it is looked up. The caller frees `*out` with `warm_cursor_free`; it is NULL
/// unless `WARM_OK`.
#[no_mangle]
pub unsafe extern "C" fn warm_store_list_entries(
    s: *mut warm_store,
    key: *const warm_key,
    out: *mut *mut warm_cursor,
) -> i32 {
    call("warm_store_list_entries", || {
        // SAFETY: the caller passes room for a pointer, a live handle and a key.
        let (s, key) = unsafe {
            args::null_out(out)?;
            (args::handle("s", s)?, key_of(key)?)
        };
        s.0.with(|s| {
            let entries = s.entries(key)?;
            // SAFETY: as above.
            unsafe { args::give(out, warm_cursor::new(List::Entries(key, entries))) }
        })
    })
}

/// Fills `*limits` with those in force for this handle: what its options named, else the root's, else the
/// defaults.
///
/// `WARM_ERR_INVALID`: a NULL pointer or a `struct_size` that is too small.
#[no_mangle]
pub unsafe extern "C" fn warm_store_get_limits(
    s: *const warm_store,
    limits: *mut warm_store_limits,
) -> i32 {
    call("warm_store_get_limits", || {
        // SAFETY: the caller passes a live handle and a struct with its size set.
        let (s, limits) = unsafe {
            let size = size_of::<warm_store_limits>();
            (
                args::handle("s", s)?,
                required("limits", Output::new("limits", limits, size)?)?,
            )
        };
        s.0.with(|s| {
            limits.write(s.limits().into());
            Ok(OK)
        })
    })
}

/// Fills `*stats`.
///
/// `WARM_ERR_INVALID`: a NULL pointer or a `struct_size` that is too small.
#[no_mangle]
pub unsafe extern "C" fn warm_store_get_stats(
    s: *const warm_store,
    stats: *mut warm_store_stats,
) -> i32 {
    call("warm_store_get_stats", || {
        // SAFETY: the caller passes a live handle and a struct with its size set.
        let (s, stats) = unsafe {
            let size = size_of::<warm_store_stats>();
            (
                args::handle("s", s)?,
                required("stats", Output::new("stats", stats, size)?)?,
            )
        };
        s.0.with(|s| {
            stats.write((&s.stats()).into());
            Ok(OK)
        })
    })
}

/// Removes the runs under `key` that are neither among the `last` written nor among the `best` by their
/// objectives: durably, but for pinned ones and those of living sessions. The last and the best one stay in
/// any case, and nothing goes on account of an entry that is damaged. `*removed`, which may be
/// NULL, says how many went.
///
/// `WARM_ERR_INVALID`: a number is negative, or both are 0.
#[no_mangle]
pub unsafe extern "C" fn warm_store_retain(
    s: *mut warm_store,
    key: *const warm_key,
    last: i64,
    best: i64,
    removed: *mut i64,
) -> i32 {
    call("warm_store_retain", || {
        // SAFETY: the caller passes a live handle and a key.
        let (s, key) = unsafe { (args::handle("s", s)?, key_of(key)?) };
        let last = args::not_negative("last", last)?;
        let best = args::not_negative("best", best)?;
        let removed = if removed.is_null() {
            None
        } else {
            // SAFETY: the caller passes room for a number.
            Some(unsafe { args::out("removed", removed)? })
        };
        s.0.with(|s| {
            let count = s.retain(key, last, best)?;
            if let Some(removed) = removed {
                removed.write(i64::try_from(count).unwrap_or(i64::MAX));
            }
            Ok(OK)
        })
    })
}

/// # Safety
/// `run_id` is NULL or readable text of that length.
unsafe fn some_run<'a>(run_id: *const c_char, len: i64) -> Result<Option<&'a str>, Error> {
    if run_id.is_null() && len == 0 {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    unsafe { args::name("run_id", run_id, len, RUN_ID_BYTES) }.map(Some)
}

/// How many restarts from the checkpoints of a run, or with NULL and 0 of all runs under `key`, have
/// failed: sessions that loaded one and whose process died before they wrote anything, were finished or
/// freed. 0 when there are none.
///
/// `WARM_ERR_INVALID`: not a run id.
#[no_mangle]
pub unsafe extern "C" fn warm_store_failed_restarts(
    s: *mut warm_store,
    key: *const warm_key,
    run_id: *const c_char,
    run_id_len: i64,
    count: *mut i64,
) -> i32 {
    call("warm_store_failed_restarts", || {
        // SAFETY: the caller passes a live handle, a key, readable text or NULL, and room for a number.
        let (s, key, run_id, out) = unsafe {
            (
                args::handle("s", s)?,
                key_of(key)?,
                some_run(run_id, run_id_len)?,
                args::out("count", count)?,
            )
        };
        s.0.with(|s| {
            let failed = s.failed_restarts(key, run_id)?;
            out.write(i64::try_from(failed).unwrap_or(i64::MAX));
            Ok(OK)
        })
    })
}

/// Forgets the failed restarts from a run's checkpoints, or with NULL and 0 from those of all runs under
/// `key`, so that they are loaded again.
///
/// `WARM_NOT_FOUND`: there were none. `WARM_ERR_INVALID`: not a run id.
#[no_mangle]
pub unsafe extern "C" fn warm_store_reset_restarts(
    s: *mut warm_store,
    key: *const warm_key,
    run_id: *const c_char,
    run_id_len: i64,
) -> i32 {
    call("warm_store_reset_restarts", || {
        // SAFETY: the caller passes a live handle, a key, and readable text or NULL.
        let (s, key, run_id) = unsafe {
            (
                args::handle("s", s)?,
                key_of(key)?,
                some_run(run_id, run_id_len)?,
            )
        };
        s.0.with(|s| s.reset_restarts(key, run_id).map(found))
    })
}

/// Fills `*stats` with how the fits of all this handle's sessions began.
///
/// `WARM_ERR_INVALID`: a NULL pointer or a `struct_size` that is too small.
#[no_mangle]
pub unsafe extern "C" fn warm_store_get_start_stats(
    s: *const warm_store,
    stats: *mut warm_start_stats,
) -> i32 {
    call("warm_store_get_start_stats", || {
        // SAFETY: the caller passes a live handle and a struct with its size set.
        let (s, stats) = unsafe { (args::handle("s", s)?, start_stats(stats)?) };
        s.0.with(|s| {
            stats.write((&s.start_stats()).into());
            Ok(OK)
        })
    })
}

/// Frees a store and nulls the caller's pointer; NULL and pointer to NULL are legal. Its sessions and
/// entries stay usable.
#[no_mangle]
pub unsafe extern "C" fn warm_store_free(s: *mut *mut warm_store) {
    // SAFETY: the caller passes NULL, or a pointer to NULL or a live handle.
    unsafe { shared::free(s, |s| s.0.must_leak()) }
}
