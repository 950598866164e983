//! Records in C.

use crate::error::Error;
use crate::ffi::args;
use crate::ffi::fingerprinter_native::{text_list, validity};
use crate::ffi::guard::{call, OK};
use crate::ffi::key::warm_key;
use crate::ffi::plain::Plain;
use crate::ffi::status::{
    WARM_NOT_FOUND, WARM_RECORD_ARTIFACT, WARM_RECORD_BLOCKS, WARM_RECORD_WARM_START,
    WARM_ROLE_FROM_NAME, WARM_ROLE_GENERIC, WARM_ROLE_LOG_SLOPE, WARM_ROLE_MEAN,
};
use crate::ffi::store::warm_store;
use crate::payload::{Record, RecordKind, Role, TermShape};
use std::ffi::{c_char, c_void};

/// A typed record: where a fit stood (`WARM_RECORD_WARM_START`, `WARM_RECORD_BLOCKS`), or what a
/// finished fit can teach its relatives (`WARM_RECORD_ARTIFACT`). It is JSON on the disk, of at most
/// 16 MiB.
///
/// Fields are set and read by their names there, with one pair of functions per type: text, integer
/// (flags are 0 or 1), number, integers, numbers. Those of which there is one per block or per term
/// take an `index`, counted from 0; all others take 0. Setting a field of blocks at the end of its
/// list appends to it. What is not set is absent (`WARM_NOT_FOUND`) where it is optional, else empty
/// or 0. Everything is copied. Only finite numbers can be set, stored or read.
///
/// Of warm-start and block records: integer `version` (1), text `key` (the caller's, for "this data,
/// this specification"), text `package_version` (the caller's package; never compared), integers
/// `created_unix_secs`, `updated_unix_secs` (set by storing), `n_rows`; numbers `rho` (logarithms of
/// the smoothing parameters).
///
/// Of warm-start records besides: integer `n_cols`, numbers `beta`; optional: numbers `prev_rho`,
/// `prev_beta`, integers `last_inner_iters`, `last_inner_converged`, number `last_pirls_lm_lambda`,
/// `last_ift_prediction_residual`, `last_pirls_accept_rho`.
///
/// Of block records besides: integers `block_dims`; per block text `block_names`, numbers
/// `block_beta`, integers `active_sets` (absent where the block has none); optional as a whole
/// (`inner`): number `inner.log_likelihood`, `inner.penalty_value`, `inner.block_logdet_h`,
/// `inner.block_logdet_s`, integer `inner.cycles`, `inner.converged`.
///
/// Of artifacts: integer `schema` (1), `created_unix_secs`, `global.converged`, `global.n_rows`, number
/// `global.outer_objective` (needed to be stored); text `descriptor.family_kind`,
/// `descriptor.response_signature.family_kind`, integer
/// `descriptor.response_signature.n_response_channels`; optional as a whole
/// (`descriptor.row_population`): integer `descriptor.row_population.n_rows`, text
/// `descriptor.row_population.label`; per term, each made by `warm_record_add_term`: text
/// `descriptor.term_identities`, `terms.identity` (64 digits), `terms.role` (`Mean`, `LogSlope`,
/// `Generic`), `terms.basis_meta.kind`, numbers `terms.raw_beta`, `terms.rho_for_term`; optional:
/// integer `terms.basis_meta.degree`, `terms.basis_meta.num_knots`, `terms.basis_meta.n_centers`,
/// `terms.basis_meta.nullspace_order`, `terms.basis_meta.periodic`, number
/// `terms.basis_meta.matern_nu`, and as a whole (`terms.joint_null_rotation`) integers
/// `terms.joint_null_rotation.nrows`, `terms.joint_null_rotation.ncols`, numbers
/// `terms.joint_null_rotation.data` (row by row). Worked out, not stored: text `descriptor_key` (64
/// digits), and after `warm_record_transfer` text `terms.provenance`, integer `terms.source`.
///
/// Threads: one at a time. Plain memory, usable in the child of a fork. Free it with
/// `warm_record_free`.
///
/// Besides what each function names, all of them answer `WARM_ERR_INVALID` for NULL handles and
/// pointers, unknown fields, fields of another type and indices beyond the list, and
/// `WARM_ERR_NO_MEMORY`. What fails changes nothing.
pub struct warm_record(pub(crate) Plain<Record>);

fn kind_of(kind: i32) -> Result<RecordKind, Error> {
    let known = match kind {
        WARM_RECORD_WARM_START => Some(RecordKind::WarmStart),
        WARM_RECORD_BLOCKS => Some(RecordKind::Blocks),
        WARM_RECORD_ARTIFACT => Some(RecordKind::Artifact),
        _ => None,
    };
    args::constant("kind", "WARM_RECORD", kind, known)
}

/// Makes an empty record of one of the `WARM_RECORD` kinds. The caller frees `*out`; it is NULL
/// unless `WARM_OK`.
#[no_mangle]
pub unsafe extern "C" fn warm_record_new(kind: i32, out: *mut *mut warm_record) -> i32 {
    call("warm_record_new", || {
        // SAFETY: the caller passes room for a pointer.
        unsafe {
            args::null_out(out)?;
            args::give(out, warm_record(Plain::new(Record::new(kind_of(kind)?))))
        }
    })
}

/// Reads a record of that kind from `len` bytes of JSON, such as a session's payload. Fields it does
/// not know are passed over; doubles come back bit for bit. The caller frees `*out`; it is NULL
/// unless `WARM_OK`.
///
/// `WARM_ERR_INCOMPATIBLE`: no JSON of such a record, a number that is not finite among it; the
/// reason is in the last error. `WARM_ERR_TOO_LARGE`: more than 16 MiB.
#[no_mangle]
pub unsafe extern "C" fn warm_record_from_json(
    kind: i32,
    data: *const c_void,
    len: i64,
    out: *mut *mut warm_record,
) -> i32 {
    call("warm_record_from_json", || {
        // SAFETY: the caller passes room for a pointer and readable bytes of that length.
        let bytes = unsafe {
            args::null_out(out)?;
            args::bytes("data", data, len)?
        };
        let record = Record::from_json(kind_of(kind)?, bytes)?;
        // SAFETY: as above.
        unsafe { args::give(out, warm_record(Plain::new(record))) }
    })
}

/// The record's JSON, without a NUL: to be a session's payload, or for tools.
///
/// `WARM_ERR_BUFFER`: `*needed` says its length. `WARM_ERR_INVALID`: an artifact's objective, or part
/// of `inner`, is not set. `WARM_ERR_TOO_LARGE`: more than 16 MiB.
#[no_mangle]
pub unsafe extern "C" fn warm_record_to_json(
    r: *const warm_record,
    buf: *mut c_void,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    call("warm_record_to_json", || {
        args::check_buffer("buf", "cap", buf, cap)?;
        // SAFETY: the caller passes a live handle, a buffer of that capacity, room for a length.
        unsafe {
            args::handle("r", r)?
                .0
                .with(|r| args::give_bytes(&r.to_json()?, buf, cap, needed))
        }
    })
}

/// What the record is stored under: of `WARM_KEYSPACE_RECORD` and its `key`; an artifact's of its
/// descriptor, in which neither rows nor the order of terms count.
#[no_mangle]
pub unsafe extern "C" fn warm_record_key(r: *const warm_record, out: *mut warm_key) -> i32 {
    call("warm_record_key", || {
        // SAFETY: the caller passes a live handle and room for a key.
        let (r, out) = unsafe { (args::handle("r", r)?, args::out("out", out)?) };
        r.0.with(|r| {
            out.write(r.store_key()?.into());
            Ok(OK)
        })
    })
}

/// Whether the fit that `like` describes may start from `r`. Of a warm-start record `like` says key,
/// n_rows and n_cols; of a block record key, n_rows, block_names, block_dims and the length of rho;
/// of an artifact descriptor.family_kind and the terms. All other fields of `like` are left aside.
///
/// `WARM_ERR_INCOMPATIBLE`: no; the last error says which condition fails, and with which numbers.
/// `WARM_ERR_INVALID`: the two are of different kinds.
#[no_mangle]
pub unsafe extern "C" fn warm_record_check(r: *const warm_record, like: *const warm_record) -> i32 {
    call("warm_record_check", || {
        // SAFETY: the caller passes live handles.
        let (this, other) = unsafe { (args::handle("r", r)?, args::handle("like", like)?) };
        this.0.with(|this| {
            if std::ptr::eq(r, like) {
                return this.check(this).map(|()| OK);
            }
            other.0.with(|like| this.check(like).map(|()| OK))
        })
    })
}

/// # Safety
/// The pointers are as [`warm_record_add_term`] describes them.
unsafe fn dims(values: *const i64, n: i64) -> Result<Vec<u64>, Error> {
    // SAFETY: the caller's promise.
    let values = unsafe { args::slice("nullspace_dims", values, n)? };
    values.iter().map(|v| count("nullspace_dims", *v)).collect()
}

fn count(name: &'static str, n: i64) -> Result<u64, Error> {
    u64::try_from(n).map_err(|_| {
        Error::invalid(
            format!("reading argument `{name}`"),
            format!("{n} is negative"),
            "See its description in warmstart.h",
        )
    })
}

/// Appends a term to an artifact and to its descriptor. Its identity is the fingerprint of all that
/// is given here: the block's name, the role (one of `WARM_ROLE`), for each of `n_penalties` its label
/// (`labels` and `label_lens` as in `warm_fingerprinter_absorb_str_list`; one byte 0 in `labels_valid`
/// where there is none, NULL: all have one), the dimensions of the penalties' null spaces, and the
/// number of coefficients once constraints are absorbed. With `WARM_ROLE_FROM_NAME`, ASCII case
/// folded, a name with `logslope`, `log_slope`, `scale`, `sigma` or `disp` in it is `LogSlope`, else
/// one with `mean`, `loc` or `marginal` is `Mean`, else it is `Generic`.
///
/// `WARM_ERR_INVALID`: `r` is no artifact, a count is negative, or the role is none.
#[no_mangle]
#[allow(clippy::too_many_arguments)]
pub unsafe extern "C" fn warm_record_add_term(
    r: *mut warm_record,
    block_name: *const c_char,
    block_name_len: i64,
    role: i32,
    labels: *const *const c_char,
    label_lens: *const i64,
    labels_valid: *const u8,
    n_penalties: i64,
    nullspace_dims: *const i64,
    n_nullspaces: i64,
    reduced_width: i64,
) -> i32 {
    call("warm_record_add_term", || {
        // SAFETY: the caller passes a live handle, texts and arrays of the lengths that are said.
        let (r, name, dims, labels) = unsafe {
            let valid = validity("labels_valid", labels_valid, n_penalties)?;
            let (texts, lens) = (labels, label_lens);
            let texts = text_list("labels", texts, "label_lens", lens, valid, n_penalties)?;
            let missing = |at: usize| valid.is_some_and(|v| v[at] == 0);
            let labels: Vec<Option<&str>> = texts
                .into_iter()
                .enumerate()
                .map(|(at, text)| (!missing(at)).then_some(text))
                .collect();
            (
                args::handle("r", r)?,
                args::text("block_name", block_name, block_name_len)?,
                dims(nullspace_dims, n_nullspaces)?,
                labels,
            )
        };
        let known = match role {
            WARM_ROLE_FROM_NAME => Some(Role::from_block_name(name)),
            WARM_ROLE_MEAN => Some(Role::Mean),
            WARM_ROLE_LOG_SLOPE => Some(Role::LogSlope),
            WARM_ROLE_GENERIC => Some(Role::Generic),
            _ => None,
        };
        let shape = TermShape {
            block_name: name,
            role: args::constant("role", "WARM_ROLE", role, known)?,
            penalty_labels: &labels,
            nullspace_dims: &dims,
            reduced_width: count("reduced_width", reduced_width)?,
        };
        r.0.with(|r| match r {
            Record::Artifact(artifact) => artifact.add_term(&shape).map(|_| OK),
            _ => Err(Error::invalid(
                "adding a term",
                "only fit artifacts have terms",
                "Make the record with WARM_RECORD_ARTIFACT",
            )),
        })
    })
}

/// Gives `to`, an artifact whose terms hold their cold starting values, what the artifact `from` can
/// teach it. A term takes from the term of equal identity and equally many rho (the n-th of an
/// identity from the n-th of it): each rho of a magnitude below 9, clamped to [-8, 8]; one that
/// reaches 9 lies at the optimiser's box and is left as it is in `to`.
///
/// Afterwards `terms.provenance` says what each term of `to` got: `cold`, `rho_only`, or `projected`
/// once the caller has projected the coefficients of term `terms.source` of `from` into its own basis
/// and has set it so. `terms.source` is absent where no term of `from` suits.
///
/// `WARM_ERR_INCOMPATIBLE`: the descriptors' keys differ, or `from` is not usable; the reason is in the
/// last error, and `to` is as it was. `WARM_ERR_INVALID`: one is no artifact, or both are one.
#[no_mangle]
pub unsafe extern "C" fn warm_record_transfer(
    to: *mut warm_record,
    from: *const warm_record,
) -> i32 {
    call("warm_record_transfer", || {
        // SAFETY: the caller passes live handles.
        let (to, from) = unsafe { (args::handle("to", to)?, args::handle("from", from)?) };
        if std::ptr::eq(to, from) {
            return Err(Error::invalid(
                "transferring smoothing parameters",
                "`to` and `from` are two arguments of one call, and one record",
                "Pass the fit that learns and the fit it learns from",
            ));
        }
        to.0.with(|to| from.0.with(|from| to.transfer_from(from).map(|()| OK)))
    })
}

/// Stores a record under its own key (`warm_record_key`), as a Checkpoint without objective, in the
/// place of the one before. The stored one's `updated_unix_secs` is now, `created_unix_secs` as well
/// where it is 0; `r` is as it was. Any store takes records; `warm_store_open_records` opens one made
/// for them.
///
/// `WARM_ERR_TOO_LARGE`: more than 16 MiB of JSON. `WARM_ERR_INVALID`: it could never be answered,
/// since it lacks an objective, say, or `beta` has not `n_cols` numbers; the reason is in the last
/// error. After any error what was stored before is intact. Otherwise as `warm_store_save_slot`.
#[no_mangle]
pub unsafe extern "C" fn warm_store_save_record(s: *mut warm_store, r: *const warm_record) -> i32 {
    call("warm_store_save_record", || {
        // SAFETY: the caller passes live handles.
        let (s, r) = unsafe { (args::handle("s", s)?, args::handle("r", r)?) };
        s.0.with(|s| r.0.with(|r| s.save_record(r).map(|()| OK)))
    })
}

/// The newest record of `like`'s kind under `like`'s key: its `key`, or for an artifact
/// `descriptor.family_kind` and the terms. What is stored there and is no such record, or larger
/// than 16 MiB, is passed over. `warm_record_check` says whether it suits. The caller frees `*out`; it is
/// NULL unless `WARM_OK`.
///
/// `WARM_NOT_FOUND`: nothing is stored. `WARM_ERR_INCOMPATIBLE`, `WARM_ERR_TOO_LARGE`: all that is
/// stored had to be passed over; the last error says why the newest was.
#[no_mangle]
pub unsafe extern "C" fn warm_store_load_record(
    s: *mut warm_store,
    like: *const warm_record,
    out: *mut *mut warm_record,
) -> i32 {
    call("warm_store_load_record", || {
        // SAFETY: the caller passes room for a pointer and live handles.
        let (s, like) = unsafe {
            args::null_out(out)?;
            (args::handle("s", s)?, args::handle("like", like)?)
        };
        s.0.with(|s| {
            like.0.with(|like| match s.load_record(like)? {
                // SAFETY: as above.
                Some(record) => unsafe { args::give(out, warm_record(Plain::new(record))) },
                None => Ok(WARM_NOT_FOUND),
            })
        })
    })
}

/// Frees a record and nulls the caller's pointer; NULL and pointer to NULL are legal.
#[no_mangle]
pub unsafe extern "C" fn warm_record_free(r: *mut *mut warm_record) {
    // SAFETY: the caller passes NULL, or a pointer to NULL or a live handle.
    unsafe { args::free(r) }
}
