//! Status codes and constants.

use crate::error::ErrorKind;
use std::ffi::{c_char, CStr};

/// Done.
pub const WARM_OK: i32 = 0;
/// Nothing valid is stored under that key; the end of a list.
pub const WARM_NOT_FOUND: i32 = 1;
/// The session's rate limit held this checkpoint back; nothing was written.
pub const WARM_THROTTLED: i32 = 2;
/// Copied and accepted by the background writer; not durable yet.
pub const WARM_QUEUED: i32 = 3;
/// The wait ended first.
pub const WARM_TIMEOUT: i32 = 4;
/// The work was cancelled before its end.
pub const WARM_CANCELLED: i32 = 5;
/// Put off: not now, and nothing is wrong.
pub const WARM_DEFERRED: i32 = 6;
/// NULL, out of range, not UTF-8, or malformed.
pub const WARM_ERR_INVALID: i32 = -1;
/// The caller's buffer is too small; `*needed` is set.
pub const WARM_ERR_BUFFER: i32 = -2;
/// The operating system refused or failed an operation.
pub const WARM_ERR_IO: i32 = -3;
/// The disk or a quota is full; what was stored before is intact.
pub const WARM_ERR_NO_SPACE: i32 = -4;
/// Over a documented limit.
pub const WARM_ERR_TOO_LARGE: i32 = -5;
/// Asked for one particular entry, and it fails its checks.
pub const WARM_ERR_CORRUPT: i32 = -6;
/// Intact, but does not fit what the caller described; the reason is in the last error.
pub const WARM_ERR_INCOMPATIBLE: i32 = -7;
/// A newer version is stored.
pub const WARM_ERR_CONFLICT: i32 = -8;
/// An earlier failure left this handle unusable: free it.
pub const WARM_ERR_POISONED: i32 = -9;
/// The handle was made before a fork and is used in the child: open a new one there.
pub const WARM_ERR_FORKED: i32 = -10;
/// Built without that feature, or the platform lacks it.
pub const WARM_ERR_UNSUPPORTED: i32 = -11;
/// The remote tier failed.
pub const WARM_ERR_REMOTE: i32 = -12;
/// The operating system denies access.
pub const WARM_ERR_PERMISSION: i32 = -13;
/// An allocation sized by the caller or by a file failed; nothing was changed.
pub const WARM_ERR_NO_MEMORY: i32 = -14;
/// A defect of the library: the handle it happened on is unusable, everything else goes on.
pub const WARM_ERR_PANIC: i32 = -99;

/// Room for every text of `warm_last_error`, with its NUL.
pub const WARM_ERROR_TEXT_MAX: i32 = 1024;
/// Room for every run id, with its NUL.
pub const WARM_RUN_ID_MAX: i32 = 129;

/// Progress: the fit was not finished when this was stored.
pub const WARM_KIND_CHECKPOINT: i32 = 0;
/// The fit's answer.
pub const WARM_KIND_FINAL: i32 = 1;
/// The lowest objective; within 1e-12 of it a Final before a Checkpoint, then the newer. Entries
/// without objective come after all others, the newest first.
pub const WARM_LOOKUP_BEST: i32 = 0;
/// The newest, whatever its objective.
pub const WARM_LOOKUP_LATEST: i32 = 1;
/// Stored under this very key.
pub const WARM_SOURCE_EXACT: i32 = 0;
/// Handed in by the caller.
pub const WARM_SOURCE_PRELOADED: i32 = 1;
/// Found under one of the session's seed keys.
pub const WARM_SOURCE_SEED: i32 = 2;
/// The same tag, type and value in both keys.
pub const WARM_FIELD_EQUAL: i32 = 0;
/// The same tag, another type or value.
pub const WARM_FIELD_DIFFERS: i32 = 1;
/// Only the session's key has the tag.
pub const WARM_FIELD_ONLY_HERE: i32 = 2;
/// Only the stored key has the tag.
pub const WARM_FIELD_ONLY_THERE: i32 = 3;
/// Most seed keys of a session.
pub const WARM_SEED_KEYS_MAX: i32 = 16;
/// Survives power loss once the call returned `WARM_OK`: the default.
pub const WARM_DURABILITY_FULL: i32 = 0;
/// Survives the death of the process; no fsync, so power loss may cost what was written at this
/// level.
pub const WARM_DURABILITY_PROCESS: i32 = 1;

/// Answers of fits are uploaded.
pub const WARM_UPLOADS_FINAL: i32 = 0;
/// Answers, and the checkpoint that a lookup of the best answers when its turn comes.
pub const WARM_UPLOADS_BEST: i32 = 1;
/// Each run's newest generation.
pub const WARM_UPLOADS_ALL: i32 = 2;
/// Nothing is uploaded.
pub const WARM_UPLOADS_NOTHING: i32 = 3;
/// Durable on this machine.
pub const WARM_REACH_LOCAL: i32 = 0;
/// Uploaded, too.
pub const WARM_REACH_REMOTE: i32 = 1;
/// To what was made from it, and to later siblings.
pub const WARM_CHAIN_FORWARD: i32 = 0;
/// To earlier siblings, and to what it was made from.
pub const WARM_CHAIN_BACKWARD: i32 = 1;

/// Young's interval between checkpoints: sqrt(2 d M) for a checkpoint that takes d and a mean time between
/// failures M (J. W. Young, Communications of the ACM 17, 1974). Good where d is far below M.
pub const WARM_INTERVAL_YOUNG: i32 = 0;
/// Daly's: sqrt(2 d M) (1 + sqrt(d / 2M) / 3 + (d / 2M) / 9) - d, or M where d is 2M or more (J. T. Daly, Future
/// Generation Computer Systems 22, 2006).
pub const WARM_INTERVAL_DALY: i32 = 1;
/// The session may go on.
pub const WARM_STOP_NONE: i32 = 0;
/// Its time is up but for one more iteration and checkpoint.
pub const WARM_STOP_DEADLINE: i32 = 1;
/// The halt file exists.
pub const WARM_STOP_HALT_FILE: i32 = 2;
/// A signal was noted.
pub const WARM_STOP_SIGNAL: i32 = 3;
/// No deadline is known.
pub const WARM_DEADLINE_NONE: i32 = 0;
/// Set by the session's options.
pub const WARM_DEADLINE_CALLER: i32 = 1;
/// `WARMSTART_DEADLINE`, Unix seconds: what a job script can set under any scheduler.
pub const WARM_DEADLINE_ENVIRONMENT: i32 = 2;
/// Slurm: `SLURM_JOB_END_TIME`.
pub const WARM_DEADLINE_SLURM: i32 = 3;
/// Cobalt: `COBALT_ENDTIME`.
pub const WARM_DEADLINE_COBALT: i32 = 4;
/// OAR: `OAR_JOB_WALLTIME_SECONDS` after `OAR_NODE_FILE` was written.
pub const WARM_DEADLINE_OAR: i32 = 5;

/// Metadata that is no JSON of its schema, or fails its digest.
pub const WARM_PROBLEM_METADATA: i32 = 0;
/// A payload of another length or checksum than its metadata says.
pub const WARM_PROBLEM_PAYLOAD: i32 = 1;
/// Metadata without payload.
pub const WARM_PROBLEM_PAYLOAD_MISSING: i32 = 2;
/// A payload without metadata.
pub const WARM_PROBLEM_METADATA_MISSING: i32 = 3;
/// The system would not let it be read.
pub const WARM_PROBLEM_UNREADABLE: i32 = 4;
/// A file that a dead writer, pin or entry left behind.
pub const WARM_PROBLEM_LEAVING: i32 = 5;
/// The shared totals cannot be understood; they are counted anew.
pub const WARM_PROBLEM_TOTALS: i32 = 6;
/// The record of the root's limits cannot be understood; until they are named anew, nothing expires.
pub const WARM_PROBLEM_RECORD: i32 = 7;
/// A run that nobody used for longer than the root keeps them; nothing is wrong with it.
pub const WARM_PROBLEM_EXPIRED: i32 = 8;
/// A run for which the root's budget has no room; nothing is wrong with it.
pub const WARM_PROBLEM_OVER_BUDGET: i32 = 9;
/// Left as it is.
pub const WARM_ACTION_NOTHING: i32 = 0;
/// Changed within the last ten minutes, or held by a living writer: left for a later repair.
pub const WARM_ACTION_WAITS: i32 = 1;
/// Moved below `.warmstart/aside`, with the reason beside it.
pub const WARM_ACTION_MOVED_ASIDE: i32 = 2;
/// Unlinked.
pub const WARM_ACTION_REMOVED: i32 = 3;
/// Written anew.
pub const WARM_ACTION_REBUILT: i32 = 4;
/// The system would not let it be done.
pub const WARM_ACTION_FAILED: i32 = 5;

/// The entry was written.
pub const WARM_IMPORTED_WRITTEN: i32 = 0;
/// The very same is here already.
pub const WARM_IMPORTED_KNOWN: i32 = 1;
/// A newer generation of the run is here, and stays.
pub const WARM_IMPORTED_SUPERSEDED: i32 = 2;
/// It was written longer ago than the store keeps anything.
pub const WARM_IMPORTED_EXPIRED: i32 = 3;

/// Where the inner solver of a fit stood: a warm-start record.
pub const WARM_RECORD_WARM_START: i32 = 0;
/// Where a fit of several blocks of coefficients stood: a block record.
pub const WARM_RECORD_BLOCKS: i32 = 1;
/// What a finished fit can teach its relatives: a fit artifact.
pub const WARM_RECORD_ARTIFACT: i32 = 2;
/// UTF-8.
pub const WARM_VALUE_TEXT: i32 = 0;
/// Not negative; a flag is 0 or 1.
pub const WARM_VALUE_INTEGER: i32 = 1;
/// A finite double.
pub const WARM_VALUE_NUMBER: i32 = 2;
/// A list of integers.
pub const WARM_VALUE_INTEGERS: i32 = 3;
/// A list of numbers.
pub const WARM_VALUE_NUMBERS: i32 = 4;
/// The role that the block's name says.
pub const WARM_ROLE_FROM_NAME: i32 = -1;
/// Of the mean, or location.
pub const WARM_ROLE_MEAN: i32 = 0;
/// Of the scale or dispersion, or of a slope on the log scale.
pub const WARM_ROLE_LOG_SLOPE: i32 = 1;
/// Of anything else.
pub const WARM_ROLE_GENERIC: i32 = 2;
/// Keys of warm-start and block records.
pub const WARM_KEYSPACE_RECORD: i32 = 0;
/// Keys of the outer iterates of sessions.
pub const WARM_KEYSPACE_OUTER_ITERATE: i32 = 1;

pub(crate) fn of_kind(kind: ErrorKind) -> i32 {
    match kind {
        ErrorKind::Invalid => WARM_ERR_INVALID,
        ErrorKind::Io => WARM_ERR_IO,
        ErrorKind::NoSpace => WARM_ERR_NO_SPACE,
        ErrorKind::TooLarge => WARM_ERR_TOO_LARGE,
        ErrorKind::Corrupt => WARM_ERR_CORRUPT,
        ErrorKind::Incompatible => WARM_ERR_INCOMPATIBLE,
        ErrorKind::Conflict => WARM_ERR_CONFLICT,
        ErrorKind::Poisoned => WARM_ERR_POISONED,
        ErrorKind::Forked => WARM_ERR_FORKED,
        ErrorKind::Unsupported => WARM_ERR_UNSUPPORTED,
        ErrorKind::Remote => WARM_ERR_REMOTE,
        ErrorKind::Permission => WARM_ERR_PERMISSION,
        ErrorKind::NoMemory => WARM_ERR_NO_MEMORY,
    }
}

/// What a status means, in a few words: static text, never NULL, also for unknown numbers. Any
/// thread.
#[no_mangle]
pub extern "C" fn warm_status_string(status: i32) -> *const c_char {
    let text: &CStr = match status {
        WARM_OK => c"done",
        WARM_NOT_FOUND => c"nothing valid is stored there",
        WARM_THROTTLED => c"held back by the rate limit; nothing was written",
        WARM_QUEUED => c"accepted by the background writer; not durable yet",
        WARM_TIMEOUT => c"the wait ended first",
        WARM_CANCELLED => c"cancelled before its end",
        WARM_DEFERRED => c"put off; try again later",
        WARM_ERR_INVALID => c"an argument is NULL, out of range, malformed or not UTF-8",
        WARM_ERR_BUFFER => c"the caller's buffer is too small",
        WARM_ERR_IO => c"the operating system failed an operation",
        WARM_ERR_NO_SPACE => c"the disk or a quota is full; what was stored before is intact",
        WARM_ERR_TOO_LARGE => c"over a documented limit",
        WARM_ERR_CORRUPT => c"the entry asked for fails its checks",
        WARM_ERR_INCOMPATIBLE => c"intact, but does not fit what the caller described",
        WARM_ERR_CONFLICT => c"a newer version is stored",
        WARM_ERR_POISONED => c"an earlier failure left this handle unusable",
        WARM_ERR_FORKED => c"this handle was made before a fork",
        WARM_ERR_UNSUPPORTED => c"built without that feature, or the platform lacks it",
        WARM_ERR_REMOTE => c"the remote tier failed",
        WARM_ERR_PERMISSION => c"the operating system denies access",
        WARM_ERR_NO_MEMORY => c"an allocation failed; nothing was changed",
        WARM_ERR_PANIC => c"a defect in the library; this handle is unusable",
        _ => c"unknown status",
    };
    text.as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_words_and_unknown_ones_do_too() {
        for status in (-14..=6).chain([-99]) {
            // SAFETY: static text.
            let text = unsafe { CStr::from_ptr(warm_status_string(status)) };
            assert_ne!(text, c"unknown status", "{status}");
        }
        for status in [7, -15, i32::MIN, i32::MAX] {
            // SAFETY: static text.
            let text = unsafe { CStr::from_ptr(warm_status_string(status)) };
            assert_eq!(text, c"unknown status");
        }
    }
}
