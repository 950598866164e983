//! The remote tier in C.

use crate::error::Error;
use crate::ffi::args;
use crate::ffi::guard::{call, OK};
use crate::ffi::info::{count, required, Output};
use crate::ffi::key::warm_key;
use crate::ffi::remote_options::warm_remote_options;
use crate::ffi::shared::{self, Shared};
use crate::ffi::status::{WARM_NOT_FOUND, WARM_REACH_LOCAL, WARM_REACH_REMOTE, WARM_TIMEOUT};
use crate::ffi::store::{key_of, warm_store, PATH_BYTES};
use crate::remote::{
    Fetched, Reach, Remote, RemoteOptions, RemoteStats, Retention, RetentionReport,
};
use crate::store::{Store, RUN_ID_BYTES};
use std::ffi::c_char;
use std::time::Duration;

/// A store's attachment to a remote tier: an object store that machines share. Saves are uploaded in the
/// background, and a lookup that finds nothing here asks there, within its deadline. The network being
/// away fails or delays no save and no hit.
///
/// What comes from there has been checked, length and SHA-256, before it is written here or answered.
/// What a killed process had yet to upload is uploaded by the next one that attaches to that URL.
///
/// The library has this only if it was built with the cargo feature `remote`; else
/// `warm_store_attach_remote` answers `WARM_ERR_UNSUPPORTED`, and there is no handle to call the others
/// with.
///
/// Threads: any number at once, freeing excepted; it has threads of its own from the first upload or
/// question on. In the child of a fork every function answers `WARM_ERR_FORKED`. It keeps its store alive.
/// Free it with `warm_remote_free`.
pub struct warm_remote(pub(crate) Shared<Remote>);

/// Figures of an attachment since it was made. Zero it and set `struct_size` to its `sizeof` before it is
/// filled.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct warm_remote_stats {
    /// Set by the caller; never changed by the library.
    pub struct_size: u32,
    /// Always 0.
    pub reserved: i32,
    /// Entries uploaded.
    pub uploads: i64,
    /// Bytes of these.
    pub uploaded_bytes: i64,
    /// Entries found uploaded already.
    pub uploads_known: i64,
    /// Attempts to upload that failed; each is made again.
    pub upload_failures: i64,
    /// Runs whose upload waits, in memory.
    pub uploads_waiting: i64,
    /// Uploads given up: what was to be uploaded is gone, or longer than allowed.
    pub uploads_dropped: i64,
    /// Times the remote tier was asked for a key.
    pub fetches: i64,
    /// Entries brought from there.
    pub brought: i64,
    /// Bytes of these.
    pub brought_bytes: i64,
    /// Times it had nothing that could be brought.
    pub missing: i64,
    /// Times it could not be asked, or failed.
    pub fetch_failures: i64,
    /// Times nobody waited for the answer any longer.
    pub fetch_timeouts: i64,
    /// Times it was not asked because a caller had removed the key, or had refused the run.
    pub refused: i64,
    /// Times it was not asked because it had just failed.
    pub skipped: i64,
    /// Objects that fail their checks, and were set aside.
    pub corrupt: i64,
    /// Names listed that are none of this library's.
    pub foreign: i64,
}

/// What a retention found and did; with `dry_run`, would do. Zero it and set `struct_size` to its `sizeof`
/// before it is filled.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct warm_retention_report {
    /// Set by the caller; never changed by the library.
    pub struct_size: u32,
    /// Always 0.
    pub reserved: i32,
    /// Entries found.
    pub entries: i64,
    /// Bytes of all objects found.
    pub bytes: i64,
    /// Entries that went.
    pub removed_entries: i64,
    /// Payloads that went.
    pub removed_payloads: i64,
    /// Bytes of all objects that went.
    pub removed_bytes: i64,
    /// Payloads without metadata that are younger than a day, those of entries that went now among them.
    /// They stay: they may be uploads in progress.
    pub waiting_payloads: i64,
    /// Names that are none of this library's. They stay.
    pub foreign: i64,
}

impl From<&RemoteStats> for warm_remote_stats {
    fn from(s: &RemoteStats) -> Self {
        warm_remote_stats {
            struct_size: 0,
            reserved: 0,
            uploads: count(s.uploads),
            uploaded_bytes: count(s.uploaded_bytes),
            uploads_known: count(s.uploads_known),
            upload_failures: count(s.upload_failures),
            uploads_waiting: count(s.uploads_waiting),
            uploads_dropped: count(s.uploads_dropped),
            fetches: count(s.fetches),
            brought: count(s.brought),
            brought_bytes: count(s.brought_bytes),
            missing: count(s.missing),
            fetch_failures: count(s.fetch_failures),
            fetch_timeouts: count(s.fetch_timeouts),
            refused: count(s.refused),
            skipped: count(s.skipped),
            corrupt: count(s.corrupt),
            foreign: count(s.foreign),
        }
    }
}

impl From<&RetentionReport> for warm_retention_report {
    fn from(r: &RetentionReport) -> Self {
        warm_retention_report {
            struct_size: 0,
            reserved: 0,
            entries: count(r.entries),
            bytes: count(r.bytes),
            removed_entries: count(r.removed_entries),
            removed_payloads: count(r.removed_payloads),
            removed_bytes: count(r.removed_bytes),
            waiting_payloads: count(r.waiting_payloads),
            foreign: count(r.foreign),
        }
    }
}

/// Attaches a remote tier by its URL: `s3://bucket/prefix`, `az://container/prefix`,
/// `gs://bucket/prefix`, `file:///directory`, or `memory://name` for trying it out. Credentials come from
/// the engine's customary environment (`AWS_*`, `AZURE_*`, `GOOGLE_*`), and are never told; the URL holds
/// none. `options` may be NULL. Nothing is asked of a server yet. A store has one attachment at a time.
/// The caller frees `*out` with `warm_remote_free`; it is NULL unless `WARM_OK`.
///
/// `WARM_ERR_UNSUPPORTED`: built without the feature `remote`. `WARM_ERR_INVALID`: a URL that is not
/// understood or holds credentials, an environment that does not suit, or the store has an attachment.
/// `WARM_ERR_PERMISSION`: the store was opened read-only.
#[no_mangle]
pub unsafe extern "C" fn warm_store_attach_remote(
    s: *mut warm_store,
    url: *const c_char,
    url_len: i64,
    options: *const warm_remote_options,
    out: *mut *mut warm_remote,
) -> i32 {
    call("warm_store_attach_remote", || {
        // SAFETY: the caller passes room for a pointer, a live handle, and readable text of that length.
        let (s, url) = unsafe {
            args::null_out(out)?;
            let s = args::handle("s", s)?;
            (s, args::name("url", url, url_len, PATH_BYTES)?)
        };
        let attach = |s: &Store, options: &RemoteOptions| {
            let remote = s.attach_remote(url, options)?;
            // SAFETY: as above.
            unsafe { args::give(out, warm_remote(Shared::new(remote))) }
        };
        s.0.with(|s| {
            if options.is_null() {
                return attach(s, &RemoteOptions::new());
            }
            // SAFETY: the caller passes NULL or a live handle.
            unsafe { args::handle("options", options)? }
                .0
                .with(|o| attach(s, o))
        })
    })
}

/// Where it is attached to.
///
/// `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL.
#[no_mangle]
pub unsafe extern "C" fn warm_remote_url(
    r: *const warm_remote,
    buf: *mut c_char,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    call("warm_remote_url", || {
        // SAFETY: the caller passes a live handle, a buffer of that capacity, room for a length.
        unsafe { args::handle("r", r)? }
            .0
            .with(|r| unsafe { args::give_text(r.url(), buf, cap, needed) })
    })
}

/// Brings what a lookup under `key` would answer, for at most `timeout_seconds`, whether or not there is
/// anything here. Callers that ask for one key at once wait for one and the same transfer.
///
/// `WARM_NOT_FOUND`: nothing there that could be brought, or a caller removed or refused it.
/// `WARM_ERR_REMOTE`: the network or the server fails, or the time is over. `WARM_ERR_CORRUPT`: what lies
/// there fails its checks, and was set aside. `WARM_ERR_INVALID`: NULL, or a negative or NaN timeout.
#[no_mangle]
pub unsafe extern "C" fn warm_remote_fetch(
    r: *mut warm_remote,
    key: *const warm_key,
    timeout_seconds: f64,
) -> i32 {
    call("warm_remote_fetch", || {
        // SAFETY: the caller passes a live handle and a readable key.
        let (r, key) = unsafe { (args::handle("r", r)?, key_of(key)?) };
        let timeout = args::timeout(timeout_seconds)?;
        r.0.with(|r| {
            Ok(match r.fetch(key, timeout)? {
                Fetched::Brought(_) | Fetched::Known => OK,
                Fetched::Missing | Fetched::Refused => WARM_NOT_FOUND,
            })
        })
    })
}

/// Waits until everything that was accepted has come so far: `WARM_REACH_LOCAL`, durable on this machine,
/// or `WARM_REACH_REMOTE`, uploaded, too.
///
/// `WARM_TIMEOUT`: the wait ended first. `WARM_ERR_REMOTE`: it did, and the last attempt to upload had
/// failed; it goes on being tried. `WARM_ERR_INVALID`: NULL, another reach, or a negative or NaN timeout.
#[no_mangle]
pub unsafe extern "C" fn warm_remote_flush(
    r: *mut warm_remote,
    reach: i32,
    timeout_seconds: f64,
) -> i32 {
    let known = match reach {
        WARM_REACH_LOCAL => Some(Reach::Local),
        WARM_REACH_REMOTE => Some(Reach::Remote),
        _ => None,
    };
    call("warm_remote_flush", || {
        let reach = args::constant("reach", "WARM_REACH", reach, known)?;
        let timeout = args::timeout(timeout_seconds)?;
        // SAFETY: the caller passes a live handle.
        unsafe { args::handle("r", r)? }.0.with(|r| {
            Ok(if r.flush(reach, timeout)? {
                OK
            } else {
                WARM_TIMEOUT
            })
        })
    })
}

/// Has what is stored here of the run `run_id` under `key` uploaded in the background, whenever it was saved:
/// the attachment uploads by itself only what is saved while it is there. `warm_remote_flush` waits for it.
/// What is uploaded already is not again. With `WARM_UPLOADS_BEST` only what a lookup of the best answers is.
/// A run that is not there is dropped, which the figures tell.
///
/// `WARM_ERR_INVALID`: NULL, an illegal run id, or the store was attached to upload nothing.
#[no_mangle]
pub unsafe extern "C" fn warm_remote_upload(
    r: *mut warm_remote,
    key: *const warm_key,
    run_id: *const c_char,
    run_id_len: i64,
) -> i32 {
    call("warm_remote_upload", || {
        // SAFETY: the caller passes a live handle, a readable key, and readable text of that length.
        let (r, key, run_id) = unsafe {
            (
                args::handle("r", r)?,
                key_of(key)?,
                args::name("run_id", run_id, run_id_len, RUN_ID_BYTES)?,
            )
        };
        r.0.with(|r| r.upload(key, run_id).map(|()| OK))
    })
}

/// Removes everything that is stored here under `key`, or the run `run_id` of it (NULL with length 0: all),
/// and notes that it is not to be brought again: until the next save under the key, or until an entry of
/// now would expire. With `remotely` 1 it is removed there, too, for at most `timeout_seconds`.
///
/// `WARM_NOT_FOUND`: there was nothing. `WARM_ERR_REMOTE`: removing it there failed. `WARM_ERR_INVALID`:
/// NULL, an illegal run id, neither 0 nor 1, or a negative or NaN timeout.
#[no_mangle]
pub unsafe extern "C" fn warm_remote_remove(
    r: *mut warm_remote,
    key: *const warm_key,
    run_id: *const c_char,
    run_id_len: i64,
    remotely: i32,
    timeout_seconds: f64,
) -> i32 {
    call("warm_remote_remove", || {
        // SAFETY: the caller passes a live handle, a readable key, and readable text of that length.
        let (r, key, run_id) = unsafe {
            (
                args::handle("r", r)?,
                key_of(key)?,
                args::name("run_id", run_id, run_id_len, RUN_ID_BYTES)?,
            )
        };
        let remotely = args::switch("remotely", remotely)?;
        let timeout = args::timeout(timeout_seconds)?;
        let run_id = Some(run_id).filter(|id| !id.is_empty());
        r.0.with(|r| {
            Ok(if r.remove(key, run_id, remotely, timeout)? {
                OK
            } else {
                WARM_NOT_FOUND
            })
        })
    })
}

/// Removes from the remote tier what is beyond a limit; NULL is none. `max_bytes`: of all objects, the oldest
/// entries go first. `max_age_seconds`: since an entry was uploaded. `keep_per_key`: runs under one key,
/// the last uploaded. With `dry_run` 1 it only says what would go. Safe beside other machines: what is being
/// uploaded stays. Nothing else ever removes anything there, but `warm_remote_remove`.
///
/// `WARM_ERR_REMOTE`: the network or the server fails, or `timeout_seconds` are over; what went is gone, and
/// the call can be repeated. `WARM_ERR_INVALID`: NULL, something negative or NaN, a `dry_run` that is
/// neither 0 nor 1, or a `struct_size` that is too small.
#[no_mangle]
pub unsafe extern "C" fn warm_remote_retain(
    r: *mut warm_remote,
    max_bytes: *const i64,
    max_age_seconds: *const f64,
    keep_per_key: *const i64,
    dry_run: i32,
    timeout_seconds: f64,
    report: *mut warm_retention_report,
) -> i32 {
    call("warm_remote_retain", || {
        // SAFETY: the caller passes a live handle, each number or NULL, and a struct with its size set.
        let (r, max_bytes, max_age, keep_per_key, report) = unsafe {
            (
                args::handle("r", r)?,
                limit("max_bytes", max_bytes)?,
                args::optional("max_age_seconds", max_age_seconds)?,
                limit("keep_per_key", keep_per_key)?,
                Output::new("report", report, size_of::<warm_retention_report>())?,
            )
        };
        let report = required("report", report)?;
        let keep = Retention {
            max_bytes,
            max_age: max_age.map(args::timeout).transpose()?,
            keep_per_key,
            dry_run: args::switch("dry_run", dry_run)?,
        };
        let timeout: Duration = args::timeout(timeout_seconds)?;
        r.0.with(|r| {
            report.write((&r.retain(&keep, timeout)?).into());
            Ok(OK)
        })
    })
}

/// # Safety
/// A non-NULL `p` points to a readable number.
unsafe fn limit(name: &'static str, p: *const i64) -> Result<Option<u64>, Error> {
    // SAFETY: the caller's promise.
    let n = unsafe { args::optional(name, p)? };
    n.map(|n| args::not_negative(name, n)).transpose()
}

/// Figures since it was attached.
///
/// `WARM_ERR_INVALID`: NULL, or a `struct_size` that is too small.
#[no_mangle]
pub unsafe extern "C" fn warm_remote_get_stats(
    r: *const warm_remote,
    stats: *mut warm_remote_stats,
) -> i32 {
    call("warm_remote_get_stats", || {
        // SAFETY: the caller passes a live handle and a struct with its size set.
        let (r, out) = unsafe {
            let r = args::handle("r", r)?;
            let out = Output::new("stats", stats, size_of::<warm_remote_stats>())?;
            (r, required("stats", out)?)
        };
        r.0.with(|r| {
            out.write((&r.stats()).into());
            Ok(OK)
        })
    })
}

/// The last failure of an upload or a fetch in words, whoever caused it, without anything that could be
/// secret; empty when nothing has failed. At most `WARM_ERROR_TEXT_MAX` bytes with its NUL suffice.
///
/// `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL.
#[no_mangle]
pub unsafe extern "C" fn warm_remote_last_failure(
    r: *const warm_remote,
    buf: *mut c_char,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    call("warm_remote_last_failure", || {
        // SAFETY: the caller passes a live handle, a buffer of that capacity, room for a length.
        unsafe { args::handle("r", r)? }.0.with(|r| {
            let text = r.last_failure().map(|e| e.to_string());
            // SAFETY: as above.
            unsafe { args::give_text(&text.unwrap_or_default(), buf, cap, needed) }
        })
    })
}

/// Ends an attachment and nulls the caller's pointer, at once, whatever the network does; NULL and pointer to
/// NULL are legal. What is not uploaded yet is uploaded by the next one: `warm_remote_flush` waits for it.
#[no_mangle]
pub unsafe extern "C" fn warm_remote_free(r: *mut *mut warm_remote) {
    // SAFETY: the caller passes NULL, or a pointer to NULL or a live handle.
    unsafe { shared::free(r, |r| r.0.must_leak()) }
}
