//! Entries that leave a store and are taken in by another, in C.

use crate::ffi::args;
use crate::ffi::entry::{give_entry, warm_entry};
use crate::ffi::guard::{call, OK};
use crate::ffi::key::warm_key;
use crate::ffi::status::{
    WARM_IMPORTED_EXPIRED, WARM_IMPORTED_KNOWN, WARM_IMPORTED_SUPERSEDED, WARM_IMPORTED_WRITTEN,
    WARM_NOT_FOUND,
};
use crate::ffi::store::{key_of, warm_store};
use crate::store::{Imported, METADATA_BYTES, RUN_ID_BYTES};
use std::ffi::{c_char, c_void};

/// Longest metadata of an entry, in bytes.
pub const WARM_METADATA_MAX: i32 = 65536;
const _: () = assert!(WARM_METADATA_MAX as usize == METADATA_BYTES);

/// The newest intact generation of the run `run_id` under `key`, as `warm_store_import_entry` of another store,
/// here or on another machine, takes it in: its metadata, which is JSON, in the buffer; and the entry, whose
/// payload goes with it. It is not a use of it. `WARM_METADATA_MAX` bytes suffice for the metadata. The
/// caller frees `*out` with `warm_entry_free`; it is NULL unless `WARM_OK`.
///
/// `WARM_NOT_FOUND`: no such run. `WARM_ERR_BUFFER`: `*metadata_needed` says how many bytes the metadata
/// takes. `WARM_ERR_CORRUPT`: the run is there, and fails its checks. `WARM_ERR_INCOMPATIBLE`: another
/// schema wrote it. `WARM_ERR_INVALID`: not a run id.
#[no_mangle]
pub unsafe extern "C" fn warm_store_export_entry(
    s: *mut warm_store,
    key: *const warm_key,
    run_id: *const c_char,
    run_id_len: i64,
    metadata: *mut c_void,
    metadata_cap: i64,
    metadata_needed: *mut i64,
    out: *mut *mut warm_entry,
) -> i32 {
    call("warm_store_export_entry", || {
        // SAFETY: the caller passes room for a pointer, a live handle, a key and readable text.
        let (s, key, run_id) = unsafe {
            args::null_out(out)?;
            (
                args::handle("s", s)?,
                key_of(key)?,
                args::name("run_id", run_id, run_id_len, RUN_ID_BYTES)?,
            )
        };
        args::check_buffer("metadata", "metadata_cap", metadata, metadata_cap)?;
        s.0.with(|s| {
            let Some(exported) = s.export_entry(key, run_id)? else {
                return Ok(WARM_NOT_FOUND);
            };
            // SAFETY: the caller passes a buffer of that capacity, room for a length and for a pointer.
            unsafe {
                let json = exported.metadata();
                match args::give_bytes(json, metadata, metadata_cap, metadata_needed)? {
                    OK => give_entry(out, exported.entry().clone()),
                    too_small => Ok(too_small),
                }
            }
        })
    })
}

/// Takes in a run that `warm_store_export_entry` gave, under the key and run id it had. Nothing of it is
/// trusted: the metadata is checked, and the payload is written once its length and SHA-256 have been found to
/// be what the metadata says. It keeps its run id, objective, iteration, kind and stamps, and is as
/// durable on return as a save. What is here already stays, unless it is damaged or an older generation of
/// the same run. `*imported`, which may be NULL, says what became of it: `WARM_IMPORTED_...`.
///
/// After any error nothing of it was written, and what was stored before is intact. `WARM_ERR_CORRUPT`:
/// metadata or payload fail their checks. `WARM_ERR_INCOMPATIBLE`: another schema. `WARM_ERR_INVALID`: not
/// a run id, or an entry of a cache. `WARM_ERR_TOO_LARGE`: it exceeds the size budget.
/// `WARM_ERR_PERMISSION`: among others, the store was opened read-only. `WARM_ERR_NO_SPACE`,
/// `WARM_ERR_NO_MEMORY`.
#[no_mangle]
pub unsafe extern "C" fn warm_store_import_entry(
    s: *mut warm_store,
    key: *const warm_key,
    run_id: *const c_char,
    run_id_len: i64,
    metadata: *const c_void,
    metadata_len: i64,
    payload: *const c_void,
    len: i64,
    imported: *mut i32,
) -> i32 {
    call("warm_store_import_entry", || {
        // SAFETY: the caller passes a live handle, a key, readable text and bytes of those lengths.
        let (s, key, run_id, metadata, payload) = unsafe {
            (
                args::handle("s", s)?,
                key_of(key)?,
                args::name("run_id", run_id, run_id_len, RUN_ID_BYTES)?,
                args::bytes("metadata", metadata, metadata_len)?,
                args::bytes("payload", payload, len)?,
            )
        };
        let out = if imported.is_null() {
            None
        } else {
            // SAFETY: the caller passes room for a number.
            Some(unsafe { args::out("imported", imported)? })
        };
        s.0.with(|s| {
            let became = s.import_entry(key, run_id, metadata, payload)?;
            if let Some(out) = out {
                out.write(match became {
                    Imported::Written => WARM_IMPORTED_WRITTEN,
                    Imported::Known => WARM_IMPORTED_KNOWN,
                    Imported::Superseded => WARM_IMPORTED_SUPERSEDED,
                    Imported::Expired => WARM_IMPORTED_EXPIRED,
                });
            }
            Ok(OK)
        })
    })
}
