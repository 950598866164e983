/* libwarmstart: crash-safe checkpoints and warm starts for fitting engines.
 *
 * Generated from the Rust sources: do not edit.
 *
 * Read first:
 *
 * - Every function that can fail returns a status: 0 is success, positive values are outcomes that
 *   are no errors, negative values are errors. warm_last_error says in words what was attempted, why
 *   it failed and what to do. Functions named _should_ return 1 for yes, 0 for no, negative for error.
 * - Handles are opaque. warm_x_free(&x) accepts NULL and pointer to NULL, nulls the pointer, cannot
 *   fail, and may run in any order. Handle outputs are NULL on every return but WARM_OK; other
 *   outputs are written on WARM_OK only, *needed excepted.
 * - Text goes in as UTF-8 pointer and length, -1 for NUL-terminated; NULL with length 0 is empty.
 *   Bytes go in as pointer and length; NULL with length 0 is legal.
 * - Bytes and text come out in the caller's buffer (buf, cap, needed). Too small: WARM_ERR_BUFFER,
 *   *needed is set, nothing else happens; NULL with cap 0 asks for the size; needed may be NULL. Text
 *   ends with a NUL, which *needed counts. Nothing the library returns is released with free().
 * - Optional inputs are NULL pointers. Sizes are int64_t, times are seconds.
 * - Nothing unwinds, prints, aborts, calls back, or starts a thread at load. A store starts threads of
 *   its own, of whose work a caller need not know: one that writes background checkpoints and publishes
 *   for other engines what was replaced in place, with the first of either; one for the daily walk of
 *   the root; one for each task. A remote tier has one that waits for the network, from its first use on,
 *   and a few for files and names.
 *   A cache starts one when there is work for the background: promotions, and removing what was flushed.
 * - After fork, stores, sessions and caches answer WARM_ERR_FORKED in the child; freeing them there is safe.
 *
 * The guide explains, ten minutes a page: src/guide beside this in the sources, warmstart::guide in `cargo doc`.
 *
 * The whole of it:
 *
 *     warm_store *store = NULL; warm_session *fit = NULL; warm_entry_info at = {0};
 *     const int64_t size = n * (int64_t)sizeof *x;
 *     at.struct_size = sizeof at;
 *     warm_store_open(NULL, 0, NULL, &store);
 *     warm_session_open(store, &key, NULL, &fit);
 *     if (warm_session_resume(fit, x, size, &at) == WARM_OK) {
 *         it = at.iteration + 1; converged = at.kind == WARM_KIND_FINAL;
 *     }
 *     for (; !converged; ++it) {
 *         f = step(x, &converged);
 *         if (converged) warm_session_finalize(fit, x, size, &f, &it);
 *         else           warm_session_checkpoint(fit, x, size, &f, &it);
 *     }
 *     warm_session_free(&fit); warm_store_free(&store);
 */

#ifndef WARMSTART_H
#define WARMSTART_H

#include <stdint.h>

/**
 * Done.
 */
#define WARM_OK 0

/**
 * Nothing valid is stored under that key; the end of a list.
 */
#define WARM_NOT_FOUND 1

/**
 * The session's rate limit held this checkpoint back; nothing was written.
 */
#define WARM_THROTTLED 2

/**
 * Copied and accepted by the background writer; not durable yet.
 */
#define WARM_QUEUED 3

/**
 * The wait ended first.
 */
#define WARM_TIMEOUT 4

/**
 * The work was cancelled before its end.
 */
#define WARM_CANCELLED 5

/**
 * Put off: not now, and nothing is wrong.
 */
#define WARM_DEFERRED 6

/**
 * NULL, out of range, not UTF-8, or malformed.
 */
#define WARM_ERR_INVALID -1

/**
 * The caller's buffer is too small; `*needed` is set.
 */
#define WARM_ERR_BUFFER -2

/**
 * The operating system refused or failed an operation.
 */
#define WARM_ERR_IO -3

/**
 * The disk or a quota is full; what was stored before is intact.
 */
#define WARM_ERR_NO_SPACE -4

/**
 * Over a documented limit.
 */
#define WARM_ERR_TOO_LARGE -5

/**
 * Asked for one particular entry, and it fails its checks.
 */
#define WARM_ERR_CORRUPT -6

/**
 * Intact, but does not fit what the caller described; the reason is in the last error.
 */
#define WARM_ERR_INCOMPATIBLE -7

/**
 * A newer version is stored.
 */
#define WARM_ERR_CONFLICT -8

/**
 * An earlier failure left this handle unusable: free it.
 */
#define WARM_ERR_POISONED -9

/**
 * The handle was made before a fork and is used in the child: open a new one there.
 */
#define WARM_ERR_FORKED -10

/**
 * Built without that feature, or the platform lacks it.
 */
#define WARM_ERR_UNSUPPORTED -11

/**
 * The remote tier failed.
 */
#define WARM_ERR_REMOTE -12

/**
 * The operating system denies access.
 */
#define WARM_ERR_PERMISSION -13

/**
 * An allocation sized by the caller or by a file failed; nothing was changed.
 */
#define WARM_ERR_NO_MEMORY -14

/**
 * A defect of the library: the handle it happened on is unusable, everything else goes on.
 */
#define WARM_ERR_PANIC -99

/**
 * Room for every text of `warm_last_error`, with its NUL.
 */
#define WARM_ERROR_TEXT_MAX 1024

/**
 * Room for every run id, with its NUL.
 */
#define WARM_RUN_ID_MAX 129

/**
 * Progress: the fit was not finished when this was stored.
 */
#define WARM_KIND_CHECKPOINT 0

/**
 * The fit's answer.
 */
#define WARM_KIND_FINAL 1

/**
 * The lowest objective; within 1e-12 of it a Final before a Checkpoint, then the newer. Entries
 * without objective come after all others, the newest first.
 */
#define WARM_LOOKUP_BEST 0

/**
 * The newest, whatever its objective.
 */
#define WARM_LOOKUP_LATEST 1

/**
 * Stored under this very key.
 */
#define WARM_SOURCE_EXACT 0

/**
 * Handed in by the caller.
 */
#define WARM_SOURCE_PRELOADED 1

/**
 * Found under one of the session's seed keys.
 */
#define WARM_SOURCE_SEED 2

/**
 * The same tag, type and value in both keys.
 */
#define WARM_FIELD_EQUAL 0

/**
 * The same tag, another type or value.
 */
#define WARM_FIELD_DIFFERS 1

/**
 * Only the session's key has the tag.
 */
#define WARM_FIELD_ONLY_HERE 2

/**
 * Only the stored key has the tag.
 */
#define WARM_FIELD_ONLY_THERE 3

/**
 * Most seed keys of a session.
 */
#define WARM_SEED_KEYS_MAX 16

/**
 * Survives power loss once the call returned `WARM_OK`: the default.
 */
#define WARM_DURABILITY_FULL 0

/**
 * Survives the death of the process; no fsync, so power loss may cost what was written at this
 * level.
 */
#define WARM_DURABILITY_PROCESS 1

/**
 * Answers of fits are uploaded.
 */
#define WARM_UPLOADS_FINAL 0

/**
 * Answers, and the checkpoint that a lookup of the best answers when its turn comes.
 */
#define WARM_UPLOADS_BEST 1

/**
 * Each run's newest generation.
 */
#define WARM_UPLOADS_ALL 2

/**
 * Nothing is uploaded.
 */
#define WARM_UPLOADS_NOTHING 3

/**
 * Durable on this machine.
 */
#define WARM_REACH_LOCAL 0

/**
 * Uploaded, too.
 */
#define WARM_REACH_REMOTE 1

/**
 * To what was made from it, and to later siblings.
 */
#define WARM_CHAIN_FORWARD 0

/**
 * To earlier siblings, and to what it was made from.
 */
#define WARM_CHAIN_BACKWARD 1

/**
 * Young's interval between checkpoints: sqrt(2 d M) for a checkpoint that takes d and a mean time between
 * failures M (J. W. Young, Communications of the ACM 17, 1974). Good where d is far below M.
 */
#define WARM_INTERVAL_YOUNG 0

/**
 * Daly's: sqrt(2 d M) (1 + sqrt(d / 2M) / 3 + (d / 2M) / 9) - d, or M where d is 2M or more (J. T. Daly, Future
 * Generation Computer Systems 22, 2006).
 */
#define WARM_INTERVAL_DALY 1

/**
 * The session may go on.
 */
#define WARM_STOP_NONE 0

/**
 * Its time is up but for one more iteration and checkpoint.
 */
#define WARM_STOP_DEADLINE 1

/**
 * The halt file exists.
 */
#define WARM_STOP_HALT_FILE 2

/**
 * A signal was noted.
 */
#define WARM_STOP_SIGNAL 3

/**
 * No deadline is known.
 */
#define WARM_DEADLINE_NONE 0

/**
 * Set by the session's options.
 */
#define WARM_DEADLINE_CALLER 1

/**
 * `WARMSTART_DEADLINE`, Unix seconds: what a job script can set under any scheduler.
 */
#define WARM_DEADLINE_ENVIRONMENT 2

/**
 * Slurm: `SLURM_JOB_END_TIME`.
 */
#define WARM_DEADLINE_SLURM 3

/**
 * Cobalt: `COBALT_ENDTIME`.
 */
#define WARM_DEADLINE_COBALT 4

/**
 * OAR: `OAR_JOB_WALLTIME_SECONDS` after `OAR_NODE_FILE` was written.
 */
#define WARM_DEADLINE_OAR 5

/**
 * Metadata that is no JSON of its schema, or fails its digest.
 */
#define WARM_PROBLEM_METADATA 0

/**
 * A payload of another length or checksum than its metadata says.
 */
#define WARM_PROBLEM_PAYLOAD 1

/**
 * Metadata without payload.
 */
#define WARM_PROBLEM_PAYLOAD_MISSING 2

/**
 * A payload without metadata.
 */
#define WARM_PROBLEM_METADATA_MISSING 3

/**
 * The system would not let it be read.
 */
#define WARM_PROBLEM_UNREADABLE 4

/**
 * A file that a dead writer, pin or entry left behind.
 */
#define WARM_PROBLEM_LEAVING 5

/**
 * The shared totals cannot be understood; they are counted anew.
 */
#define WARM_PROBLEM_TOTALS 6

/**
 * The record of the root's limits cannot be understood; until they are named anew, nothing expires.
 */
#define WARM_PROBLEM_RECORD 7

/**
 * A run that nobody used for longer than the root keeps them; nothing is wrong with it.
 */
#define WARM_PROBLEM_EXPIRED 8

/**
 * A run for which the root's budget has no room; nothing is wrong with it.
 */
#define WARM_PROBLEM_OVER_BUDGET 9

/**
 * Left as it is.
 */
#define WARM_ACTION_NOTHING 0

/**
 * Changed within the last ten minutes, or held by a living writer: left for a later repair.
 */
#define WARM_ACTION_WAITS 1

/**
 * Moved below `.warmstart/aside`, with the reason beside it.
 */
#define WARM_ACTION_MOVED_ASIDE 2

/**
 * Unlinked.
 */
#define WARM_ACTION_REMOVED 3

/**
 * Written anew.
 */
#define WARM_ACTION_REBUILT 4

/**
 * The system would not let it be done.
 */
#define WARM_ACTION_FAILED 5

/**
 * The entry was written.
 */
#define WARM_IMPORTED_WRITTEN 0

/**
 * The very same is here already.
 */
#define WARM_IMPORTED_KNOWN 1

/**
 * A newer generation of the run is here, and stays.
 */
#define WARM_IMPORTED_SUPERSEDED 2

/**
 * It was written longer ago than the store keeps anything.
 */
#define WARM_IMPORTED_EXPIRED 3

/**
 * Where the inner solver of a fit stood: a warm-start record.
 */
#define WARM_RECORD_WARM_START 0

/**
 * Where a fit of several blocks of coefficients stood: a block record.
 */
#define WARM_RECORD_BLOCKS 1

/**
 * What a finished fit can teach its relatives: a fit artifact.
 */
#define WARM_RECORD_ARTIFACT 2

/**
 * UTF-8.
 */
#define WARM_VALUE_TEXT 0

/**
 * Not negative; a flag is 0 or 1.
 */
#define WARM_VALUE_INTEGER 1

/**
 * A finite double.
 */
#define WARM_VALUE_NUMBER 2

/**
 * A list of integers.
 */
#define WARM_VALUE_INTEGERS 3

/**
 * A list of numbers.
 */
#define WARM_VALUE_NUMBERS 4

/**
 * The role that the block's name says.
 */
#define WARM_ROLE_FROM_NAME -1

/**
 * Of the mean, or location.
 */
#define WARM_ROLE_MEAN 0

/**
 * Of the scale or dispersion, or of a slope on the log scale.
 */
#define WARM_ROLE_LOG_SLOPE 1

/**
 * Of anything else.
 */
#define WARM_ROLE_GENERIC 2

/**
 * Keys of warm-start and block records.
 */
#define WARM_KEYSPACE_RECORD 0

/**
 * Keys of the outer iterates of sessions.
 */
#define WARM_KEYSPACE_OUTER_ITERATE 1

/**
 * Soname number times 65 536 plus revision. A binding needs an equal soname number and a revision
 * at least its own.
 */
#define WARM_ABI_VERSION 3

/**
 * It lies in memory row after row, the last index the fastest (C, NumPy's default).
 */
#define WARM_ORDER_ROW_MAJOR 0

/**
 * It lies in memory column after column, the first index the fastest (Fortran, R, Julia).
 */
#define WARM_ORDER_COLUMN_MAJOR 1

/**
 * Longest metadata of an entry, in bytes.
 */
#define WARM_METADATA_MAX 65536

/**
 * 64-bit floating point, IEEE 754 binary64.
 */
#define WARM_TYPE_F64 1

/**
 * 32-bit floating point, IEEE 754 binary32.
 */
#define WARM_TYPE_F32 2

/**
 * 16-bit floating point, IEEE 754 binary16.
 */
#define WARM_TYPE_F16 3

/**
 * 16-bit floating point with the exponent of binary32.
 */
#define WARM_TYPE_BF16 4

/**
 * 64-bit signed integer.
 */
#define WARM_TYPE_I64 5

/**
 * 32-bit signed integer.
 */
#define WARM_TYPE_I32 6

/**
 * 16-bit signed integer.
 */
#define WARM_TYPE_I16 7

/**
 * 8-bit signed integer.
 */
#define WARM_TYPE_I8 8

/**
 * 64-bit unsigned integer.
 */
#define WARM_TYPE_U64 9

/**
 * 32-bit unsigned integer.
 */
#define WARM_TYPE_U32 10

/**
 * 16-bit unsigned integer.
 */
#define WARM_TYPE_U16 11

/**
 * 8-bit unsigned integer: bytes, and text in UTF-8.
 */
#define WARM_TYPE_U8 12

/**
 * One byte, 0 or 1.
 */
#define WARM_TYPE_BOOL 13

/**
 * Complex number of two binary64, the real part first; in the file, a last dimension of 2 and a note.
 */
#define WARM_TYPE_C128 14

/**
 * Complex number of two binary32, the real part first; in the file, a last dimension of 2 and a note.
 */
#define WARM_TYPE_C64 15

/**
 * 8-bit floating point with 4 bits of exponent.
 */
#define WARM_TYPE_F8_E4M3 16

/**
 * 8-bit floating point with 5 bits of exponent.
 */
#define WARM_TYPE_F8_E5M2 17

/**
 * 8-bit power of two.
 */
#define WARM_TYPE_F8_E8M0 18

/**
 * 8-bit floating point with 4 bits of exponent, without infinities and negative zero.
 */
#define WARM_TYPE_F8_E4M3FNUZ 19

/**
 * 8-bit floating point with 5 bits of exponent, without infinities and negative zero.
 */
#define WARM_TYPE_F8_E5M2FNUZ 20

/**
 * 6-bit floating point with 2 bits of exponent, four in three bytes.
 */
#define WARM_TYPE_F6_E2M3 21

/**
 * 6-bit floating point with 3 bits of exponent, four in three bytes.
 */
#define WARM_TYPE_F6_E3M2 22

/**
 * 4-bit floating point, two in a byte.
 */
#define WARM_TYPE_F4 23

/**
 * Room for every region's name, with its NUL.
 */
#define WARM_REGION_NAME_MAX 256

/**
 * Most dimensions of a region.
 */
#define WARM_RANK_MAX 64

/**
 * What a get reads from the disk is kept in memory when it is read for the first time: the default.
 */
#define WARM_PROMOTION_IMMEDIATE 0

/**
 * When it is read for the second time: what is read once, as by a scan, leaves memory alone.
 */
#define WARM_PROMOTION_SECOND_HIT 1

/**
 * Memory takes it where there is room; but what is larger than a 64th of the memory budget only once
 * it was asked for. The default.
 */
#define WARM_ADMISSION_AUTO 0

/**
 * Memory takes it where there is room.
 */
#define WARM_ADMISSION_ALWAYS 1

/**
 * Memory does not take it, and what it holds of other entries is left alone.
 */
#define WARM_ADMISSION_NEVER 2

/**
 * Room for every namespace's name, with its NUL.
 */
#define WARM_CACHE_NAMESPACE_MAX 129

/**
 * Room for every key of a cache, with its NUL.
 */
#define WARM_CACHE_KEY_MAX 1025

/**
 * Room for every tag, dependency and content type, with its NUL.
 */
#define WARM_CACHE_LABEL_MAX 257

/**
 * Most namespaces of a cache.
 */
#define WARM_CACHE_NAMESPACES_MAX 256

/**
 * Most tags of an entry, and most dependencies.
 */
#define WARM_CACHE_LABELS_MAX 64

/**
 * Most metadata pairs of an entry.
 */
#define WARM_CACHE_PAIRS_MAX 32

/**
 * Most bytes of all metadata pairs of an entry, names and values, without NULs.
 */
#define WARM_CACHE_PAIRS_BYTES_MAX 4096

/**
 * The priority of what names none.
 */
#define WARM_CACHE_PRIORITY_DEFAULT 128

/**
 * There is certainly no live entry.
 */
#define WARM_EXISTENCE_ABSENT 0

/**
 * There is a live entry.
 */
#define WARM_EXISTENCE_PRESENT 1

/**
 * There may be one: it takes a read to tell.
 */
#define WARM_EXISTENCE_MAYBE 2

/**
 * An entry of a cache: its bytes, and what was put with them. Independent of the cache, which may be
 * freed, replace the entry or evict it meanwhile: the bytes stay as they are, and in memory, until the
 * blob is freed.
 *
 * Threads: immutable, so any number at once, freeing excepted. Stays readable in the child of a fork.
 * Free it with `warm_blob_free`.
 */
typedef struct warm_blob warm_blob;

/**
 * A cache of blobs, for what an engine recomputes too often: bytes under a namespace and a key, with
 * labels by which they are invalidated; in memory and, below it, in a directory that any number of
 * processes may have open at once.
 *
 * Guarantees: a put, an invalidation or a flush that returned `WARM_OK` survives what the cache's
 * durability level says; a get answers the bytes of one put, whole, or nothing; puts, invalidations and
 * flushes of other processes on the same host are seen by the next get. It is a cache: entries may be
 * evicted for room at any time. What has died is removed soon after by a thread of the cache's, which starts
 * with the first entry that ends by itself.
 *
 * Limits: namespaces' names have at most 128 bytes, keys 1 024, tags and dependencies 256 (the
 * `WARM_CACHE` constants), all of them UTF-8 without a NUL; a blob is read into memory whole.
 *
 * Threads: any number at once, freeing excepted. In the child of a fork every function answers
 * `WARM_ERR_FORKED`; open another there. Free it with `warm_cache_free`; blobs, lists and tasks keep what
 * they need of it.
 *
 * Besides what each function names, all of them answer `WARM_ERR_INVALID` for NULL handles and pointers
 * and for names and keys that are empty, too long, not UTF-8 or have a NUL inside;
 * `WARM_ERR_POISONED` after a `WARM_ERR_PANIC`; and what the file system reports: `WARM_ERR_IO`,
 * `WARM_ERR_PERMISSION`, and for writes `WARM_ERR_NO_SPACE`.
 */
typedef struct warm_cache warm_cache;

/**
 * A list of a cache's namespaces, or of the entries of one, gone through item by item: a copy made when
 * the cursor was, so that nothing done to the cache meanwhile disturbs it.
 *
 * Threads: one at a time. It is plain memory and stays usable in the child of a fork. Free it with
 * `warm_cache_cursor_free`.
 */
typedef struct warm_cache_cursor warm_cache_cursor;

/**
 * How a cache is opened.
 *
 * Threads: one at a time. Plain memory. Free it with `warm_cache_options_free`, at the earliest when
 * the function that opens the cache has returned.
 */
typedef struct warm_cache_options warm_cache_options;

/**
 * A list, gone through item by item: a copy made when the cursor was, so that nothing done to the
 * store meanwhile disturbs it. Only what `warm_store_stream_keys` gives is no copy, but reads on.
 *
 * Threads: one at a time. A copy is plain memory and stays usable in the child of a fork. Free it with
 * `warm_cursor_free`.
 */
typedef struct warm_cursor warm_cursor;

/**
 * A verified entry: payload, key, run and what is known about it. Independent of the store and
 * session it came from, which may be freed before it.
 *
 * Threads: immutable, so any number at once, freeing excepted. Stays readable in the child of a
 * fork. Free it with `warm_entry_free`.
 */
typedef struct warm_entry warm_entry;

/**
 * Makes a `warm_key` out of data and a specification.
 *
 * `warm_fingerprinter_absorb_*` add a frame: a type, a tag and a value, so that the same bytes
 * under another tag, as another type or in other portions give another key.
 * `warm_fingerprinter_write_*` append bare bytes. The same calls give the same key in every
 * release, on every platform and from every language.
 *
 * Tags and texts are UTF-8 and not normalised; their length is in bytes, or -1 when they are
 * NUL-terminated. Tags are shorter than 4 GiB. A pointer may be NULL where the length or count is
 * 0. Nothing that is passed in is kept.
 *
 * Where a function takes `valid`, it is one byte per element, 0 for missing and anything else for
 * present, or NULL when nothing is missing (the same key as all present). What the slots of
 * missing elements hold does not matter. These functions are for data from R, Julia and data
 * frames; in them -0.0 is +0.0 and every NaN is the same NaN. A NaN is a value, not a missing one.
 *
 * Every function answers `WARM_ERR_INVALID` for a NULL pointer, a negative length or count, or
 * text that is not UTF-8, `WARM_ERR_NO_MEMORY` when a tag cannot be kept, and `WARM_ERR_POISONED`
 * after a `WARM_ERR_PANIC`. A call that fails with another status than `WARM_ERR_PANIC` has
 * changed nothing.
 *
 * Threads: one at a time. It is plain memory and stays usable in the child of a fork. Free it with
 * `warm_fingerprinter_free`.
 */
typedef struct warm_fingerprinter warm_fingerprinter;

/**
 * Why a session's key missed: the nearest stored key, and how the two differ.
 *
 * Threads: one at a time. It is plain memory and stays usable in the child of a fork. Free it with
 * `warm_miss_free`.
 */
typedef struct warm_miss warm_miss;

/**
 * A worker that brings what lies in a remote tier to this machine before anybody asks for it. It knows what
 * the tier lists and what it is told by `warm_prefetch_note`; every interval a cycle fetches the best of what
 * is not here. What is hinted is fetched at once and before anything that is guessed; what a lookup asks for
 * while it is being fetched is not fetched twice. What a caller removed or refused is not brought, and
 * being brought does not make an entry look used.
 *
 * `WARM_ERR_UNSUPPORTED` from attaching means that this library has no remote tier, and so no worker.
 *
 * Threads: any number at once, freeing excepted; it has threads of its own. In the child of a fork every
 * function answers `WARM_ERR_FORKED`. It does not keep its attachment: once that is freed, the worker stops
 * and the handle stays usable. Free it with `warm_prefetch_free`.
 */
typedef struct warm_prefetch warm_prefetch;

/**
 * How a prefetch worker chooses, and how much it may do. What is not set has its default.
 *
 * Threads: one at a time. Plain memory. Free it with `warm_prefetch_options_free`, at the earliest when
 * `warm_remote_start_prefetch` has returned.
 */
typedef struct warm_prefetch_options warm_prefetch_options;

/**
 * What goes with the bytes of a put: version, labels, metadata and life. Nothing set: none of them, and
 * the default priority. It may serve any number of puts, which copy what they need of it.
 *
 * Threads: one at a time, puts that use it included. Plain memory, usable in the child of a fork. Free
 * it with `warm_put_free`.
 */
typedef struct warm_put warm_put;

/**
 * A typed record: where a fit stood (`WARM_RECORD_WARM_START`, `WARM_RECORD_BLOCKS`), or what a
 * finished fit can teach its relatives (`WARM_RECORD_ARTIFACT`). It is JSON on the disk, of at most
 * 16 MiB.
 *
 * Fields are set and read by their names there, with one pair of functions per type: text, integer
 * (flags are 0 or 1), number, integers, numbers. Those of which there is one per block or per term
 * take an `index`, counted from 0; all others take 0. Setting a field of blocks at the end of its
 * list appends to it. What is not set is absent (`WARM_NOT_FOUND`) where it is optional, else empty
 * or 0. Everything is copied. Only finite numbers can be set, stored or read.
 *
 * Of warm-start and block records: integer `version` (1), text `key` (the caller's, for "this data,
 * this specification"), text `package_version` (the caller's package; never compared), integers
 * `created_unix_secs`, `updated_unix_secs` (set by storing), `n_rows`; numbers `rho` (logarithms of
 * the smoothing parameters).
 *
 * Of warm-start records besides: integer `n_cols`, numbers `beta`; optional: numbers `prev_rho`,
 * `prev_beta`, integers `last_inner_iters`, `last_inner_converged`, number `last_pirls_lm_lambda`,
 * `last_ift_prediction_residual`, `last_pirls_accept_rho`.
 *
 * Of block records besides: integers `block_dims`; per block text `block_names`, numbers
 * `block_beta`, integers `active_sets` (absent where the block has none); optional as a whole
 * (`inner`): number `inner.log_likelihood`, `inner.penalty_value`, `inner.block_logdet_h`,
 * `inner.block_logdet_s`, integer `inner.cycles`, `inner.converged`.
 *
 * Of artifacts: integer `schema` (1), `created_unix_secs`, `global.converged`, `global.n_rows`, number
 * `global.outer_objective` (needed to be stored); text `descriptor.family_kind`,
 * `descriptor.response_signature.family_kind`, integer
 * `descriptor.response_signature.n_response_channels`; optional as a whole
 * (`descriptor.row_population`): integer `descriptor.row_population.n_rows`, text
 * `descriptor.row_population.label`; per term, each made by `warm_record_add_term`: text
 * `descriptor.term_identities`, `terms.identity` (64 digits), `terms.role` (`Mean`, `LogSlope`,
 * `Generic`), `terms.basis_meta.kind`, numbers `terms.raw_beta`, `terms.rho_for_term`; optional:
 * integer `terms.basis_meta.degree`, `terms.basis_meta.num_knots`, `terms.basis_meta.n_centers`,
 * `terms.basis_meta.nullspace_order`, `terms.basis_meta.periodic`, number
 * `terms.basis_meta.matern_nu`, and as a whole (`terms.joint_null_rotation`) integers
 * `terms.joint_null_rotation.nrows`, `terms.joint_null_rotation.ncols`, numbers
 * `terms.joint_null_rotation.data` (row by row). Worked out, not stored: text `descriptor_key` (64
 * digits), and after `warm_record_transfer` text `terms.provenance`, integer `terms.source`.
 *
 * Threads: one at a time. Plain memory, usable in the child of a fork. Free it with
 * `warm_record_free`.
 *
 * Besides what each function names, all of them answer `WARM_ERR_INVALID` for NULL handles and
 * pointers, unknown fields, fields of another type and indices beyond the list, and
 * `WARM_ERR_NO_MEMORY`. What fails changes nothing.
 */
typedef struct warm_record warm_record;

/**
 * A store's attachment to a remote tier: an object store that machines share. Saves are uploaded in the
 * background, and a lookup that finds nothing here asks there, within its deadline. The network being
 * away fails or delays no save and no hit.
 *
 * What comes from there has been checked, length and SHA-256, before it is written here or answered.
 * What a killed process had yet to upload is uploaded by the next one that attaches to that URL.
 *
 * The library has this only if it was built with the cargo feature `remote`; else
 * `warm_store_attach_remote` answers `WARM_ERR_UNSUPPORTED`, and there is no handle to call the others
 * with.
 *
 * Threads: any number at once, freeing excepted; it has threads of its own from the first upload or
 * question on. In the child of a fork every function answers `WARM_ERR_FORKED`. It keeps its store alive.
 * Free it with `warm_remote_free`.
 */
typedef struct warm_remote warm_remote;

/**
 * How a store is attached to a remote tier. What is not set has its default.
 *
 * Threads: one at a time. Plain memory. Free it with `warm_remote_options_free`, at the earliest when
 * `warm_store_attach_remote` has returned.
 */
typedef struct warm_remote_options warm_remote_options;

/**
 * One fit in progress under one key. It keeps its best and its latest checkpoint apart, so that a
 * worse iterate never replaces the best. Sessions on the same key, in any process, need no lock
 * against each other: each has slots of its own.
 *
 * Threads: any number at once, freeing excepted. In the child of a fork every function answers
 * `WARM_ERR_FORKED`. Free it with `warm_session_free`; it keeps its store alive.
 *
 * Besides what each function names, all of them answer `WARM_ERR_INVALID` for NULL handles and
 * pointers, negative lengths and iterations, `WARM_ERR_POISONED` after a `WARM_ERR_PANIC`, and what
 * the file system reports: `WARM_ERR_IO`, `WARM_ERR_PERMISSION`, and for writes
 * `WARM_ERR_NO_SPACE`. After `warm_session_finish`, writing answers `WARM_ERR_INVALID`.
 */
typedef struct warm_session warm_session;

/**
 * How a session behaves.
 *
 * Threads: one at a time. Plain memory. Free it with `warm_session_options_free`, at the earliest
 * when `warm_session_open` has returned.
 */
typedef struct warm_session_options warm_session_options;

/**
 * A directory of entries, private to the user, in a format that other engines share. Any number of
 * processes may have it open at once.
 *
 * Guarantees: a reader finds for each slot the previous entry whole or the new one whole, also
 * after a crash at any instant; what was acknowledged at `WARM_DURABILITY_FULL` survives power
 * loss; damage is passed over, and nothing is lost by reading.
 *
 * Limits: payloads are read into memory whole; on file systems shared between hosts, changes of
 * other hosts are seen after the client's attribute cache times out.
 *
 * Threads: any number at once, freeing excepted. In the child of a fork every function answers
 * `WARM_ERR_FORKED`; open another there. Free it with `warm_store_free`; sessions and entries keep
 * what they need of it.
 *
 * Besides what each function names, all of them answer `WARM_ERR_INVALID` for NULL handles and
 * pointers, `WARM_ERR_POISONED` after a `WARM_ERR_PANIC`, and what the file system reports:
 * `WARM_ERR_IO`, `WARM_ERR_PERMISSION`, and for writes `WARM_ERR_NO_SPACE`.
 */
typedef struct warm_store warm_store;

/**
 * How a store is opened. What is not set is inherited from what the root recorded, else the
 * default.
 *
 * Threads: one at a time. Plain memory. Free it with `warm_store_options_free`, at the earliest
 * when `warm_store_open` has returned.
 */
typedef struct warm_store_options warm_store_options;

/**
 * A verification, repair, sweep or copy in progress, on a thread of its own; it keeps its store or cache alive. Wait for
 * it in steps as short as the host likes, so that an interrupt is noticed and a progress bar moves.
 *
 * Threads: any number at once, freeing excepted. In the child of a fork every function answers
 * `WARM_ERR_FORKED`. Free it with `warm_task_free`, which cancels what still runs.
 */
typedef struct warm_task warm_task;

/**
 * What a fit is stored under: 256 bits that stand for "this data, this specification".
 *
 * A plain value: copy it, compare its bytes with `memcmp`, use it on any thread. A
 * `warm_fingerprinter` makes one; any 32 bytes with little chance of collision will do.
 */
typedef struct warm_key {
  /**
   * The key, most significant byte of its hexadecimal text first.
   */
  uint8_t bytes[32];
} warm_key;

/**
 * What is known of an entry besides its bytes. Zero it and set `struct_size` to its `sizeof`
 * before it is filled.
 */
typedef struct warm_entry_info {
  /**
   * Set by the caller; never changed by the library.
   */
  uint32_t struct_size;
  /**
   * `WARM_KIND_CHECKPOINT` or `WARM_KIND_FINAL`.
   */
  int32_t kind;
  /**
   * `WARM_SOURCE_EXACT`, `WARM_SOURCE_PRELOADED` or `WARM_SOURCE_SEED`.
   */
  int32_t source;
  /**
   * 1 when `objective` says something, else 0.
   */
  int32_t has_objective;
  /**
   * 1 when `iteration` says something, else 0.
   */
  int32_t has_iteration;
  /**
   * Nanoseconds beside `written_unix_secs`.
   */
  int32_t written_nanos;
  /**
   * Finite; 0 when there is none.
   */
  double objective;
  /**
   * Not negative; 0 when there is none.
   */
  int64_t iteration;
  /**
   * When it was written: seconds since 1970-01-01 UTC.
   */
  int64_t written_unix_secs;
  /**
   * Length of the payload in bytes.
   */
  int64_t payload_bytes;
} warm_entry_info;

/**
 * What is known of a listed run beside `warm_entry_info`. Zero it and set `struct_size` to its `sizeof`
 * before it is filled.
 */
typedef struct warm_run_info {
  /**
   * Set by the caller; never changed by the library.
   */
  uint32_t struct_size;
  /**
   * `WARM_DURABILITY_FULL` or `WARM_DURABILITY_PROCESS`: whether it was synced before its save
   * returned.
   */
  int32_t durability;
  /**
   * 1 when it is pinned, else 0.
   */
  int32_t is_pinned;
  /**
   * 1 when its session was labelled, else 0; `warm_cursor_text` gives the label.
   */
  int32_t has_label;
  /**
   * When it was last written or, as far as that is noted, used: seconds since 1970-01-01 UTC.
   */
  int64_t last_used_unix_secs;
  /**
   * Under how many seed keys it is found as well.
   */
  int64_t seed_keys;
  /**
   * How many fields of what its key was made from are recorded.
   */
  int64_t key_fields;
} warm_run_info;

/**
 * One thing that is wrong. Zero it and set `struct_size` to its `sizeof` before it is filled.
 */
typedef struct warm_finding {
  /**
   * Set by the caller; never changed by the library.
   */
  uint32_t struct_size;
  /**
   * One of `WARM_PROBLEM_...`.
   */
  int32_t problem;
  /**
   * What a repair did about it, one of `WARM_ACTION_...`; a verification does nothing.
   */
  int32_t action;
  /**
   * 1 when it lies under a key, 0 when it belongs to the whole root.
   */
  int32_t has_key;
} warm_finding;

/**
 * A field of two keys that are compared. Zero it and set `struct_size` to its `sizeof` before it is
 * filled.
 */
typedef struct warm_field {
  /**
   * Set by the caller; never changed by the library.
   */
  uint32_t struct_size;
  /**
   * One of `WARM_FIELD_...`.
   */
  int32_t state;
} warm_field;

/**
 * What may lie below a root, and for how long. Zero it and set `struct_size` to its `sizeof` before it is
 * filled.
 */
typedef struct warm_store_limits {
  /**
   * Set by the caller; never changed by the library.
   */
  uint32_t struct_size;
  /**
   * Always 0.
   */
  int32_t reserved;
  /**
   * Bytes, each file's length rounded up to 4 096; 0 where there is no limit.
   */
  int64_t size_budget;
  /**
   * Files; 0 where there is no limit.
   */
  int64_t file_budget;
  /**
   * Seconds from an entry's last use on; 0 where nothing expires.
   */
  double ttl_seconds;
} warm_store_limits;

/**
 * Figures of a store. Zero it and set `struct_size` to its `sizeof` before it is filled.
 */
typedef struct warm_store_stats {
  /**
   * Set by the caller; never changed by the library.
   */
  uint32_t struct_size;
  /**
   * Always 0.
   */
  int32_t reserved;
  /**
   * Keys with something stored. This and the next five are of the root, as last known.
   */
  int64_t keys;
  /**
   * Runs under all keys.
   */
  int64_t entries;
  /**
   * Files that count in the file budget.
   */
  int64_t files;
  /**
   * Their lengths, each rounded up to 4 096.
   */
  int64_t bytes;
  /**
   * Files of damage that was set aside; part of `files`.
   */
  int64_t aside_files;
  /**
   * Their lengths, rounded up; part of `bytes`.
   */
  int64_t aside_bytes;
  /**
   * Bytes this handle keeps in memory.
   */
  int64_t memory_bytes;
  /**
   * Lookups answered. This and all below are by this handle.
   */
  int64_t hits;
  /**
   * Lookups that found nothing.
   */
  int64_t misses;
  /**
   * Saves that succeeded.
   */
  int64_t saves;
  /**
   * Bytes of payload and metadata written by these.
   */
  int64_t bytes_written;
  /**
   * Runs evicted for a budget.
   */
  int64_t evictions;
  /**
   * Runs removed after their time to live.
   */
  int64_t expirations;
  /**
   * Times a damaged pair was passed over.
   */
  int64_t damaged;
  /**
   * Times an entry of another schema was passed over.
   */
  int64_t foreign;
  /**
   * Seconds spent in saves.
   */
  double save_seconds;
} warm_store_stats;

/**
 * How a session's fit began, or those of all sessions of a store's handle. Zero it and set `struct_size`
 * to its `sizeof` before it is filled.
 */
typedef struct warm_start_stats {
  /**
   * Set by the caller; never changed by the library.
   */
  uint32_t struct_size;
  /**
   * Which seed key the session's last load answered from, 0 for the nearest; -1 when it did not, and
   * for a store.
   */
  int32_t seed_level;
  /**
   * Times an entry was loaded that lies under another key: a seed's, or one that was preloaded.
   */
  int64_t seeds_offered;
  /**
   * Of these, those that `warm_session_should_use_seed` said to use.
   */
  int64_t seeds_taken;
  /**
   * And those it said not to use.
   */
  int64_t seeds_refused;
  /**
   * What was reported by `warm_session_note_iterations_saved`, in all; negative when seeds cost more
   * than they saved.
   */
  int64_t iterations_saved;
  /**
   * Checkpoints passed over by loads because too many restarts from them had failed.
   */
  int64_t passed_over;
} warm_start_stats;

/**
 * How far a task has come. Zero it and set `struct_size` to its `sizeof` before it is filled.
 */
typedef struct warm_task_progress {
  /**
   * Set by the caller; never changed by the library.
   */
  uint32_t struct_size;
  /**
   * 1 once the work was asked to stop, else 0.
   */
  int32_t cancelled;
  /**
   * Keys gone through.
   */
  int64_t keys_done;
  /**
   * Keys to go through; 0 until they are listed.
   */
  int64_t keys_total;
  /**
   * Entries looked at.
   */
  int64_t entries_done;
  /**
   * Bytes of payload read.
   */
  int64_t bytes_done;
  /**
   * Bytes to read, an estimate from the store's totals; 0 when they are not known.
   */
  int64_t bytes_total;
  /**
   * Seconds since the start.
   */
  double seconds;
} warm_task_progress;

/**
 * What a verification or repair found. Counts are of pairs of payload and metadata unless said
 * otherwise. Zero it and set `struct_size` to its `sizeof` before it is filled.
 */
typedef struct warm_check_report {
  /**
   * Set by the caller; never changed by the library.
   */
  uint32_t struct_size;
  /**
   * 1 when everything was looked at, 0 after a cancellation.
   */
  int32_t complete;
  /**
   * Keys that have a directory.
   */
  int64_t keys;
  /**
   * Pairs that pass every check.
   */
  int64_t intact;
  /**
   * Intact pairs that a newer generation of the same run supersedes; part of `intact`.
   */
  int64_t superseded;
  /**
   * Pairs that fail a check.
   */
  int64_t damaged;
  /**
   * Payloads without metadata and metadata without payload.
   */
  int64_t half_present;
  /**
   * Pairs of another schema: not checked.
   */
  int64_t foreign;
  /**
   * Files or directories that could not be read.
   */
  int64_t unreadable;
  /**
   * Files that dead writers left behind.
   */
  int64_t leavings;
  /**
   * Generations that lie in a slot's private file, and not yet in a pair as well; not in `intact`.
   */
  int64_t unpublished;
  /**
   * Bytes of intact payloads.
   */
  int64_t payload_bytes;
  /**
   * Pairs and halves that were moved aside.
   */
  int64_t moved_aside;
  /**
   * Files that were removed: leavings, and generations that were superseded.
   */
  int64_t removed;
  /**
   * Problems left for later, because the files changed within the last ten minutes or are held
   * by a living writer.
   */
  int64_t waiting;
  /**
   * Problems that could not be dealt with.
   */
  int64_t failed;
  /**
   * Runs that expired, or would: of a sweep or its plan.
   */
  int64_t expired;
  /**
   * Runs that were evicted for a budget, or would be: of a sweep or its plan.
   */
  int64_t evicted;
} warm_check_report;

/**
 * What a retention found and did; with `dry_run`, would do. Zero it and set `struct_size` to its `sizeof`
 * before it is filled.
 */
typedef struct warm_retention_report {
  /**
   * Set by the caller; never changed by the library.
   */
  uint32_t struct_size;
  /**
   * Always 0.
   */
  int32_t reserved;
  /**
   * Entries found.
   */
  int64_t entries;
  /**
   * Bytes of all objects found.
   */
  int64_t bytes;
  /**
   * Entries that went.
   */
  int64_t removed_entries;
  /**
   * Payloads that went.
   */
  int64_t removed_payloads;
  /**
   * Bytes of all objects that went.
   */
  int64_t removed_bytes;
  /**
   * Payloads without metadata that are younger than a day, those of entries that went now among them.
   * They stay: they may be uploads in progress.
   */
  int64_t waiting_payloads;
  /**
   * Names that are none of this library's. They stay.
   */
  int64_t foreign;
} warm_retention_report;

/**
 * Figures of an attachment since it was made. Zero it and set `struct_size` to its `sizeof` before it is
 * filled.
 */
typedef struct warm_remote_stats {
  /**
   * Set by the caller; never changed by the library.
   */
  uint32_t struct_size;
  /**
   * Always 0.
   */
  int32_t reserved;
  /**
   * Entries uploaded.
   */
  int64_t uploads;
  /**
   * Bytes of these.
   */
  int64_t uploaded_bytes;
  /**
   * Entries found uploaded already.
   */
  int64_t uploads_known;
  /**
   * Attempts to upload that failed; each is made again.
   */
  int64_t upload_failures;
  /**
   * Runs whose upload waits, in memory.
   */
  int64_t uploads_waiting;
  /**
   * Uploads given up: what was to be uploaded is gone, or longer than allowed.
   */
  int64_t uploads_dropped;
  /**
   * Times the remote tier was asked for a key.
   */
  int64_t fetches;
  /**
   * Entries brought from there.
   */
  int64_t brought;
  /**
   * Bytes of these.
   */
  int64_t brought_bytes;
  /**
   * Times it had nothing that could be brought.
   */
  int64_t missing;
  /**
   * Times it could not be asked, or failed.
   */
  int64_t fetch_failures;
  /**
   * Times nobody waited for the answer any longer.
   */
  int64_t fetch_timeouts;
  /**
   * Times it was not asked because a caller had removed the key, or had refused the run.
   */
  int64_t refused;
  /**
   * Times it was not asked because it had just failed.
   */
  int64_t skipped;
  /**
   * Objects that fail their checks, and were set aside.
   */
  int64_t corrupt;
  /**
   * Names listed that are none of this library's.
   */
  int64_t foreign;
} warm_remote_stats;

/**
 * Figures of a prefetch worker since it was made, and how things stand. Zero it and set `struct_size` to its
 * `sizeof` before it is filled.
 */
typedef struct warm_prefetch_stats {
  /**
   * Set by the caller; never changed by the library.
   */
  uint32_t struct_size;
  /**
   * 1 while the worker is to run, 0 once it was stopped or its remote tier was let go of.
   */
  int32_t is_running;
  /**
   * Cycles that ended.
   */
  int64_t cycles;
  /**
   * Sum over cycles of the entries looked at.
   */
  int64_t scored;
  /**
   * Sum over cycles of the entries found resident.
   */
  int64_t resident_met;
  /**
   * Sum over cycles of the entries chosen.
   */
  int64_t selected;
  /**
   * Chosen entries left for another cycle: the budget of bytes was spent.
   */
  int64_t over_budget;
  /**
   * Entries fetched, on hints and otherwise.
   */
  int64_t fetched;
  /**
   * Bytes transferred for these.
   */
  int64_t bytes;
  /**
   * Fetches of what was not there any more, or was removed or refused here.
   */
  int64_t not_found;
  /**
   * Fetches that failed.
   */
  int64_t failed;
  /**
   * Fetches ended by a deadline, by a call or by stopping.
   */
  int64_t cancelled;
  /**
   * Fetches put off: the server had just failed, or too many fetches do not come back.
   */
  int64_t deferred;
  /**
   * Entries that failed their checks.
   */
  int64_t corrupt;
  /**
   * Defects that were contained.
   */
  int64_t panics;
  /**
   * Hints that were accepted.
   */
  int64_t hints;
  /**
   * Hints refused because too many wait.
   */
  int64_t hints_dropped;
  /**
   * Fetches on hints that succeeded.
   */
  int64_t hints_fetched;
  /**
   * Listings of the remote tier that were complete.
   */
  int64_t listings;
  /**
   * Listings that failed.
   */
  int64_t listings_failed;
  /**
   * Bytes of payload that the worker fetched and that were asked for later.
   */
  int64_t useful_bytes;
  /**
   * Bytes of payload that the worker fetched and that left this machine unasked for.
   */
  int64_t wasted_bytes;
  /**
   * Bytes of payload that the worker fetched and that nobody has asked for yet.
   */
  int64_t unasked_bytes;
  /**
   * Entries that the worker knows of now.
   */
  int64_t entries;
  /**
   * Of these, on this machine, as far as known.
   */
  int64_t resident;
  /**
   * Bytes of memory that its knowledge takes.
   */
  int64_t index_bytes;
  /**
   * Fetches that were cancelled and have not come back.
   */
  int64_t hanging;
  /**
   * Seconds that cycles took in all.
   */
  double busy_seconds;
} warm_prefetch_stats;

/**
 * One cycle: what was chosen, and what became of it. Hints are not among it. Zero it and set `struct_size`
 * to its `sizeof` before it is filled.
 */
typedef struct warm_prefetch_cycle {
  /**
   * Set by the caller; never changed by the library.
   */
  uint32_t struct_size;
  /**
   * Always 0.
   */
  int32_t reserved;
  /**
   * 1 for the first.
   */
  int64_t number;
  /**
   * Entries looked at; 0 when all are resident and none has to be.
   */
  int64_t scored;
  /**
   * Of these, on this machine.
   */
  int64_t resident;
  /**
   * Of these, left alone because they failed not long ago.
   */
  int64_t in_back_off;
  /**
   * Entries chosen.
   */
  int64_t selected;
  /**
   * Of these, left for another cycle: the budget of bytes was spent.
   */
  int64_t over_budget;
  /**
   * Entries fetched.
   */
  int64_t fetched;
  /**
   * Bytes transferred for these.
   */
  int64_t bytes;
  /**
   * What was not there any more, or was removed or refused here.
   */
  int64_t not_found;
  /**
   * Fetches that failed.
   */
  int64_t failed;
  /**
   * Fetches ended by a deadline, by a call or by stopping.
   */
  int64_t cancelled;
  /**
   * Fetches put off.
   */
  int64_t deferred;
  /**
   * Entries that failed their checks.
   */
  int64_t corrupt;
  /**
   * Defects that were contained.
   */
  int64_t panics;
  /**
   * Seconds that choosing took.
   */
  double selecting_seconds;
  /**
   * Seconds that the cycle took.
   */
  double elapsed_seconds;
} warm_prefetch_cycle;

/**
 * Why a session is to stop, and how much time is left. Zero it and set `struct_size` to its `sizeof`
 * before it is filled.
 */
typedef struct warm_session_stop {
  /**
   * Set by the caller; never changed by the library.
   */
  uint32_t struct_size;
  /**
   * One of `WARM_STOP_...`: why; `WARM_STOP_NONE` when the session may go on.
   */
  int32_t reason;
  /**
   * The signal that was noted; 0 unless `reason` is `WARM_STOP_SIGNAL`.
   */
  int32_t signal;
  /**
   * One of `WARM_DEADLINE_...`: who set the deadline; `WARM_DEADLINE_NONE` when there is none.
   */
  int32_t deadline;
  /**
   * Until the deadline, negative when it has passed; 0 when there is none.
   */
  double seconds_left;
  /**
   * So many before the deadline the session is to stop: the longest time between two polls lately,
   * what two checkpoints hardly exceed (three with background writing), and the margin.
   */
  double reserve_seconds;
} warm_session_stop;

/**
 * How a session is getting on, for a progress bar. Zero it and set `struct_size` to its `sizeof` before
 * it is filled. A number whose `has_` field is 0 is not known, and 0.
 */
typedef struct warm_session_progress {
  /**
   * Set by the caller; never changed by the library.
   */
  uint32_t struct_size;
  /**
   * 1 when `iteration` says something, else 0.
   */
  int32_t has_iteration;
  /**
   * 1 when `iterations_per_second` says something, else 0.
   */
  int32_t has_rate;
  /**
   * 1 when `best_objective` says something, else 0.
   */
  int32_t has_objective;
  /**
   * 1 when `durable_age_seconds` and `write_seconds` say something, else 0.
   */
  int32_t has_durable;
  /**
   * 1 when `next_due_seconds` says something, 0: never by the clock alone.
   */
  int32_t has_next_due;
  /**
   * Of the last checkpoint the session was given, written or not.
   */
  int64_t iteration;
  /**
   * Lately: over the newest quarter of the trace.
   */
  double iterations_per_second;
  /**
   * The lowest that was accepted.
   */
  double best_objective;
  /**
   * Since the session was opened.
   */
  double elapsed_seconds;
  /**
   * Since the last checkpoint became durable.
   */
  double durable_age_seconds;
  /**
   * Until a checkpoint is due that does not improve the objective; 0: now.
   */
  double next_due_seconds;
  /**
   * What one durable checkpoint takes on average, lately.
   */
  double write_seconds;
  /**
   * What all of them took, by whichever thread.
   */
  double written_seconds;
  /**
   * What callers waited for writing and copying: over `elapsed_seconds`, the overhead so far.
   */
  double blocked_seconds;
  /**
   * Checkpoints and answers written.
   */
  int64_t writes;
  /**
   * Writes that failed.
   */
  int64_t failed;
  /**
   * Checkpoints that were held back: `WARM_THROTTLED`.
   */
  int64_t throttled;
  /**
   * Checkpoints accepted and not durable yet.
   */
  int64_t waiting;
} warm_session_progress;

/**
 * A session that is running, in this process or another one, as it said itself. Zero it and set
 * `struct_size` to its `sizeof` before it is filled.
 */
typedef struct warm_live_session {
  /**
   * Set by the caller; never changed by the library.
   */
  uint32_t struct_size;
  /**
   * 1 when it was labelled, else 0; `warm_cursor_text` gives the label.
   */
  int32_t has_label;
  /**
   * Of the process it runs in, on its host.
   */
  int64_t process_id;
  /**
   * When it was opened: seconds since 1970-01-01 UTC, by its host's clock.
   */
  double opened_unix_seconds;
  /**
   * When it said all of this, likewise.
   */
  double reported_unix_seconds;
} warm_live_session;

/**
 * One point of a trace. Zero it and set `struct_size` to its `sizeof` before it is filled.
 */
typedef struct warm_trace_point {
  /**
   * Set by the caller; never changed by the library.
   */
  uint32_t struct_size;
  /**
   * 1 when `iteration` says something, else 0.
   */
  int32_t has_iteration;
  /**
   * 1 when `objective` says something, else 0.
   */
  int32_t has_objective;
  /**
   * Always 0.
   */
  int32_t reserved;
  /**
   * Since the session was opened.
   */
  double seconds;
  /**
   * Since 1970-01-01 UTC.
   */
  double unix_seconds;
  /**
   * Not negative; 0 when there is none.
   */
  int64_t iteration;
  /**
   * Finite; 0 when there is none.
   */
  double objective;
} warm_trace_point;

/**
 * How a key that missed differs from the nearest stored one. Zero it and set `struct_size` to its
 * `sizeof` before it is filled.
 */
typedef struct warm_miss_info {
  /**
   * Set by the caller; never changed by the library.
   */
  uint32_t struct_size;
  /**
   * Always 0.
   */
  int32_t reserved;
  /**
   * Fields with the same tag, type and value in both keys.
   */
  int64_t equal;
  /**
   * Fields with the same tag and another type or value.
   */
  int64_t differing;
  /**
   * Fields that only the session's key has.
   */
  int64_t only_here;
  /**
   * Fields that only the stored key has.
   */
  int64_t only_there;
  /**
   * Stored keys whose fields were compared.
   */
  int64_t keys_compared;
  /**
   * Stored keys that were listed.
   */
  int64_t keys_listed;
} warm_miss_info;

/**
 * What a region is. Zero it and set `struct_size` to its `sizeof` before it is filled.
 */
typedef struct warm_region_info {
  /**
   * Set by the caller; never changed by the library.
   */
  uint32_t struct_size;
  /**
   * One of the `WARM_TYPE` constants.
   */
  int32_t type;
  /**
   * `WARM_ORDER_ROW_MAJOR` or `WARM_ORDER_COLUMN_MAJOR`; the former below two dimensions.
   */
  int32_t order;
  /**
   * How many dimensions it has, 0 for a scalar.
   */
  int32_t rank;
  /**
   * How many elements it has, the product of its dimensions; a complex number is one.
   */
  int64_t elements;
  /**
   * How many bytes it takes.
   */
  int64_t bytes;
} warm_region_info;

/**
 * What is known of an entry besides its bytes. Zero it and set `struct_size` to its `sizeof` before it
 * is filled.
 */
typedef struct warm_blob_info {
  /**
   * Set by the caller; never changed by the library.
   */
  uint32_t struct_size;
  /**
   * 1 when `version` says something, else 0.
   */
  int32_t has_version;
  /**
   * As it was put; 0 when there is none.
   */
  uint64_t version;
  /**
   * Length in bytes.
   */
  int64_t payload_bytes;
  /**
   * When it was put: milliseconds since 1970-01-01 UTC.
   */
  int64_t written_unix_ms;
  /**
   * 1 when `remaining_seconds` says something, else 0: it lives until it is evicted.
   */
  int32_t has_remaining;
  /**
   * 1 when it is past its deadline and within its stale window, else 0.
   */
  int32_t is_stale;
  /**
   * Seconds until it dies or goes stale; of a stale one, until its window ends.
   */
  double remaining_seconds;
  /**
   * 1 when memory answered, else 0.
   */
  int32_t from_memory;
  /**
   * 0 to 255.
   */
  int32_t priority;
} warm_blob_info;

/**
 * What a put did. Zero it and set `struct_size` to its `sizeof` before it is filled.
 */
typedef struct warm_put_receipt {
  /**
   * Set by the caller; never changed by the library.
   */
  uint32_t struct_size;
  /**
   * 1 when memory took it, else 0.
   */
  int32_t in_memory;
  /**
   * 1 when the disk took it, at the cache's level of durability, else 0.
   */
  int32_t on_disk;
  /**
   * 1 when a live entry was replaced, else 0.
   */
  int32_t replaced;
  /**
   * Entries evicted from memory to make room for it.
   */
  int64_t evicted_from_memory;
  /**
   * Entries evicted from the disk to make room for it.
   */
  int64_t evicted_from_disk;
  /**
   * Bytes its file took; 0 without one.
   */
  int64_t stored_bytes;
} warm_put_receipt;

/**
 * Figures of a cache, or of one of its namespaces: counts of what was done through this handle;
 * entries and bytes as they are now. Zero it and set `struct_size` to its `sizeof` before it is filled.
 */
typedef struct warm_cache_stats {
  /**
   * Set by the caller; never changed by the library.
   */
  uint32_t struct_size;
  /**
   * Always 0.
   */
  int32_t reserved;
  /**
   * Gets that memory answered.
   */
  int64_t memory_hits;
  /**
   * Gets that memory did not answer.
   */
  int64_t memory_misses;
  /**
   * Gets that the disk answered.
   */
  int64_t disk_hits;
  /**
   * Gets that nothing answered.
   */
  int64_t misses;
  /**
   * Puts that were accepted.
   */
  int64_t puts;
  /**
   * Entries that memory took.
   */
  int64_t insertions;
  /**
   * Entries evicted from memory for room.
   */
  int64_t memory_evictions;
  /**
   * Entries evicted from the disk for room; they leave memory, too, in every process.
   */
  int64_t disk_evictions;
  /**
   * Entries found dead after their deadline, by a get or to be removed; each once.
   */
  int64_t expirations;
  /**
   * Entries found dead for idleness; each once.
   */
  int64_t idle_deaths;
  /**
   * Keys invalidated: by key, prefix, tag or dependency.
   */
  int64_t invalidations;
  /**
   * Flushes of namespaces.
   */
  int64_t flushes;
  /**
   * Puts refused because of a version.
   */
  int64_t version_conflicts;
  /**
   * Puts refused because of a limit.
   */
  int64_t refusals;
  /**
   * Times that an entry's front was read from the disk.
   */
  int64_t metadata_reads;
  /**
   * Questions that the filter answered without reading.
   */
  int64_t filter_skips;
  /**
   * Reads that the filter did not avert, and that found nothing.
   */
  int64_t filter_false_positives;
  /**
   * Promotions handed to the background.
   */
  int64_t promotions_queued;
  /**
   * Promotions dropped because too many waited.
   */
  int64_t promotions_dropped;
  /**
   * Entries promoted from the disk.
   */
  int64_t promotions_done;
  /**
   * Promotions that wait now.
   */
  int64_t promotions_waiting;
  /**
   * Gets answered after the deadline, within the stale window.
   */
  int64_t stale_serves;
  /**
   * Payloads stored as they are because compressing does not make them smaller, or is not worth it.
   */
  int64_t compression_skipped;
  /**
   * Bytes of payloads that were compressed.
   */
  int64_t compressed_from_bytes;
  /**
   * Bytes these took compressed.
   */
  int64_t compressed_to_bytes;
  /**
   * Entries in memory.
   */
  int64_t memory_entries;
  /**
   * Bytes they occupy.
   */
  int64_t memory_bytes;
  /**
   * Bytes they may occupy.
   */
  int64_t memory_budget;
  /**
   * Entries on disk, as last known.
   */
  int64_t disk_entries;
  /**
   * Bytes below the root, as last known.
   */
  int64_t disk_bytes;
  /**
   * Bytes that may be there; 0 for unlimited.
   */
  int64_t disk_budget;
} warm_cache_stats;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * What a status means, in a few words: static text, never NULL, also for unknown numbers. Any
 * thread.
 */
const char *warm_status_string(int32_t status);

/**
 * The library's `WARM_ABI_VERSION`, to be compared with the header's. Any thread.
 */
uint32_t warm_abi_version(void);

/**
 * The library's version, such as "0.1.0": static text, never NULL. Any thread.
 */
const char *warm_version_string(void);

/**
 * Version, cargo features, panic mode and target, on one line, into `buf`. Any thread.
 *
 * `WARM_ERR_BUFFER`: `*needed` says how many bytes the text takes with its NUL.
 */
int32_t warm_build_info(char *buf, int64_t cap, int64_t *needed);

/**
 * This thread's last failure in words: what was attempted, on which file or key, the system's
 * reason, and what to do. Set by every negative return but `WARM_ERR_BUFFER`, never cleared by
 * success; empty when nothing has failed. At most `WARM_ERROR_TEXT_MAX` bytes with its NUL.
 *
 * `WARM_ERR_BUFFER`: `*needed` says how many bytes the text takes with its NUL.
 */
int32_t warm_last_error(char *buf, int64_t cap, int64_t *needed);

/**
 * Writes `key` as 64 lower-case hexadecimal digits and a NUL: 65 bytes at `hex65`.
 *
 * `WARM_ERR_INVALID`: a pointer is NULL.
 */
int32_t warm_key_to_hex(const struct warm_key *key, char *hex65);

/**
 * Reads a key from exactly 64 hexadecimal digits of either case. `len` is 64, or -1 when `hex` is
 * NUL-terminated. `*out` is written on `WARM_OK` only.
 *
 * `WARM_ERR_INVALID`: anything but 64 digits, or a pointer is NULL.
 */
int32_t warm_key_from_hex(const char *hex, int64_t len, struct warm_key *out);

/**
 * The store key of a caller's own text: with `WARM_KEYSPACE_OUTER_ITERATE` what a session that is
 * opened by a text lies under, with `WARM_KEYSPACE_RECORD` what a record of that `key` does. One
 * text has different keys in the two, so that outer iterates and records never meet. `*out` is
 * written on `WARM_OK` only.
 *
 * `WARM_ERR_INVALID`: a pointer is NULL, the text is not UTF-8, or the keyspace is none.
 */
int32_t warm_key_from_text(int32_t keyspace, const char *text, int64_t len, struct warm_key *out);

/**
 * Makes a fingerprinter that has seen nothing. The caller frees `*out` with
 * `warm_fingerprinter_free`; it is NULL unless `WARM_OK`.
 */
int32_t warm_fingerprinter_new(struct warm_fingerprinter **out);

/**
 * Makes an independent copy of `f`, for keys with a common beginning. The caller frees `*out` with
 * `warm_fingerprinter_free`; it is NULL unless `WARM_OK`.
 *
 * `WARM_ERR_NO_MEMORY`: no room for the copy.
 */
int32_t warm_fingerprinter_clone(const struct warm_fingerprinter *f,
                                 struct warm_fingerprinter **out);

/**
 * Absorbs a bare tag: a separator, or a flag.
 */
int32_t warm_fingerprinter_absorb_tag(struct warm_fingerprinter *f,
                                      const char *tag,
                                      int64_t tag_len);

/**
 * Absorbs `len` bytes.
 */
int32_t warm_fingerprinter_absorb_bytes(struct warm_fingerprinter *f,
                                        const char *tag,
                                        int64_t tag_len,
                                        const void *data,
                                        int64_t len);

/**
 * Absorbs a text of `len` bytes; -1: NUL-terminated.
 */
int32_t warm_fingerprinter_absorb_str(struct warm_fingerprinter *f,
                                      const char *tag,
                                      int64_t tag_len,
                                      const char *text,
                                      int64_t len);

/**
 * Absorbs an unsigned integer.
 */
int32_t warm_fingerprinter_absorb_u64(struct warm_fingerprinter *f,
                                      const char *tag,
                                      int64_t tag_len,
                                      uint64_t value);

/**
 * Absorbs the bits of a number: -0.0 differs from +0.0, and NaNs with unequal payloads differ.
 */
int32_t warm_fingerprinter_absorb_f64(struct warm_fingerprinter *f,
                                      const char *tag,
                                      int64_t tag_len,
                                      double value);

/**
 * Absorbs `n` numbers, bit by bit as `warm_fingerprinter_absorb_f64`.
 */
int32_t warm_fingerprinter_absorb_f64_slice(struct warm_fingerprinter *f,
                                            const char *tag,
                                            int64_t tag_len,
                                            const double *values,
                                            int64_t n);

/**
 * Absorbs a matrix of `rows` * `cols` numbers as they lie in memory, bit by bit. The key does not
 * tell in which order that is; `warm_fingerprinter_absorb_f64_matrix` has one key for either
 * order.
 *
 * `WARM_ERR_INVALID`: also when `rows` * `cols` overflows.
 */
int32_t warm_fingerprinter_absorb_f64_2d(struct warm_fingerprinter *f,
                                         const char *tag,
                                         int64_t tag_len,
                                         int64_t rows,
                                         int64_t cols,
                                         const double *values);

/**
 * Writes `len` bytes, without their length.
 */
int32_t warm_fingerprinter_write_bytes(struct warm_fingerprinter *f, const void *data, int64_t len);

/**
 * Writes one byte. For a logical value, pass 0 or 1.
 */
int32_t warm_fingerprinter_write_u8(struct warm_fingerprinter *f, uint8_t value);

/**
 * Writes eight bytes, little-endian on every platform. Sizes are written so, too.
 */
int32_t warm_fingerprinter_write_u64(struct warm_fingerprinter *f, uint64_t value);

/**
 * Writes the bits of a number, -0.0 as +0.0; NaNs keep theirs.
 */
int32_t warm_fingerprinter_write_f64(struct warm_fingerprinter *f, double value);

/**
 * Writes the length of a text in bytes, as `warm_fingerprinter_write_u64`, then the text. `len` is
 * in bytes; -1: NUL-terminated.
 */
int32_t warm_fingerprinter_write_str(struct warm_fingerprinter *f, const char *text, int64_t len);

/**
 * Writes the count `n`, as `warm_fingerprinter_write_u64`, then each number, as
 * `warm_fingerprinter_write_f64`.
 */
int32_t warm_fingerprinter_write_f64_slice(struct warm_fingerprinter *f,
                                           const double *values,
                                           int64_t n);

/**
 * Writes the key of everything so far to `*out` (on `WARM_OK` only). `f` stays as it is, and more
 * may follow.
 */
int32_t warm_fingerprinter_finish(const struct warm_fingerprinter *f, struct warm_key *out);

/**
 * Writes the first eight bytes of the key, as a little-endian number, to `*out` (on `WARM_OK`
 * only). `f` stays as it is. Printed as `%016x` it is the short form that engines show.
 */
int32_t warm_fingerprinter_finish_u64(const struct warm_fingerprinter *f, uint64_t *out);

/**
 * Frees `*f` and sets it to NULL. NULL and a pointer to NULL are fine.
 */
void warm_fingerprinter_free(struct warm_fingerprinter **f);

/**
 * Absorbs `n` 32-bit integers, some of which may be missing. (R's `NA_integer_` is for `valid` to
 * say.)
 */
int32_t warm_fingerprinter_absorb_i32_slice(struct warm_fingerprinter *f,
                                            const char *tag,
                                            int64_t tag_len,
                                            const int32_t *values,
                                            const uint8_t *valid,
                                            int64_t n);

/**
 * Absorbs `n` 64-bit integers, some of which may be missing.
 */
int32_t warm_fingerprinter_absorb_i64_slice(struct warm_fingerprinter *f,
                                            const char *tag,
                                            int64_t tag_len,
                                            const int64_t *values,
                                            const uint8_t *valid,
                                            int64_t n);

/**
 * Absorbs `n` single-precision numbers, some of which may be missing.
 */
int32_t warm_fingerprinter_absorb_f32_slice(struct warm_fingerprinter *f,
                                            const char *tag,
                                            int64_t tag_len,
                                            const float *values,
                                            const uint8_t *valid,
                                            int64_t n);

/**
 * Absorbs `n` logical values, some of which may be missing: one byte each, 0 for false and
 * anything else for true.
 */
int32_t warm_fingerprinter_absorb_bool_slice(struct warm_fingerprinter *f,
                                             const char *tag,
                                             int64_t tag_len,
                                             const uint8_t *values,
                                             const uint8_t *valid,
                                             int64_t n);

/**
 * Absorbs `n` numbers, some of which may be missing. (R's `NA_real_` is a NaN and for `valid` to
 * say.)
 */
int32_t warm_fingerprinter_absorb_f64_na_slice(struct warm_fingerprinter *f,
                                               const char *tag,
                                               int64_t tag_len,
                                               const double *values,
                                               const uint8_t *valid,
                                               int64_t n);

/**
 * Absorbs `n` dates, some of which may be missing: days since 1970-01-01.
 */
int32_t warm_fingerprinter_absorb_date_slice(struct warm_fingerprinter *f,
                                             const char *tag,
                                             int64_t tag_len,
                                             const int64_t *days,
                                             const uint8_t *valid,
                                             int64_t n);

/**
 * Absorbs `n` time stamps, some of which may be missing: nanoseconds since 1970-01-01 00:00 UTC.
 */
int32_t warm_fingerprinter_absorb_timestamp_slice(struct warm_fingerprinter *f,
                                                  const char *tag,
                                                  int64_t tag_len,
                                                  const int64_t *nanoseconds,
                                                  const uint8_t *valid,
                                                  int64_t n);

/**
 * Absorbs `n` texts, some of which may be missing. `lens[i]` is the length of `texts[i]` in bytes,
 * or -1 when it is NUL-terminated; `lens` NULL: all are. `texts[i]` may be NULL, and neither it
 * nor `lens[i]` is looked at, where element `i` is missing. A missing text is not an empty one.
 *
 * `WARM_ERR_NO_MEMORY`: also when there is no room for 16 bytes per text.
 */
int32_t warm_fingerprinter_absorb_str_list(struct warm_fingerprinter *f,
                                           const char *tag,
                                           int64_t tag_len,
                                           const char *const *texts,
                                           const int64_t *lens,
                                           const uint8_t *valid,
                                           int64_t n);

/**
 * Absorbs a factor of `n` elements: the texts of its `n_levels` levels, given as in
 * `warm_fingerprinter_absorb_str_list`, and for each element the number of its level, counted from
 * 0. (R counts from 1.) Elements may be missing, and so may levels.
 *
 * `WARM_ERR_INVALID`: also when the code of a present element is not in 0 .. `n_levels` - 1.
 * `WARM_ERR_NO_MEMORY`: also when there is no room for 16 bytes per level.
 */
int32_t warm_fingerprinter_absorb_factor(struct warm_fingerprinter *f,
                                         const char *tag,
                                         int64_t tag_len,
                                         const char *const *levels,
                                         const int64_t *level_lens,
                                         const uint8_t *levels_valid,
                                         int64_t n_levels,
                                         const int64_t *codes,
                                         const uint8_t *valid,
                                         int64_t n);

/**
 * Absorbs a matrix of `rows` * `cols` numbers, some of which may be missing. `values` and `valid`
 * both lie in `order`, `WARM_ORDER_ROW_MAJOR` or `WARM_ORDER_COLUMN_MAJOR`; the same matrix has
 * the same key in either.
 *
 * `WARM_ERR_INVALID`: also for another order, and when `rows` * `cols` overflows.
 */
int32_t warm_fingerprinter_absorb_f64_matrix(struct warm_fingerprinter *f,
                                             const char *tag,
                                             int64_t tag_len,
                                             int64_t rows,
                                             int64_t cols,
                                             const double *values,
                                             const uint8_t *valid,
                                             int32_t order);

/**
 * The payload where it lies: `*data` is aligned to 64 bytes, never NULL, and valid until the entry
 * is freed; `*len` is its length in bytes.
 *
 * `WARM_ERR_INVALID`: a pointer is NULL.
 */
int32_t warm_entry_payload(const struct warm_entry *e, const void **data, int64_t *len);

/**
 * Copies the payload into `buf`.
 *
 * `WARM_ERR_BUFFER`: `*needed` says its length. `WARM_ERR_INVALID`: a NULL or negative argument.
 */
int32_t warm_entry_copy(const struct warm_entry *e, void *buf, int64_t cap, int64_t *needed);

/**
 * Fills `*info`.
 *
 * `WARM_ERR_INVALID`: a NULL pointer or a `struct_size` that is too small.
 */
int32_t warm_entry_get_info(const struct warm_entry *e, struct warm_entry_info *info);

/**
 * The key the entry lies under.
 *
 * `WARM_ERR_INVALID`: a pointer is NULL.
 */
int32_t warm_entry_key(const struct warm_entry *e, struct warm_key *out);

/**
 * Which of the session's seed keys the entry was found under: 0 for the nearest, then 1 and so on;
 * -1 when its source is not `WARM_SOURCE_SEED`.
 *
 * `WARM_ERR_INVALID`: a pointer is NULL.
 */
int32_t warm_entry_seed_level(const struct warm_entry *e, int32_t *level);

/**
 * The run that wrote the entry; `WARM_RUN_ID_MAX` bytes suffice for every run id of this library,
 * another engine's may be longer.
 *
 * `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL.
 */
int32_t warm_entry_run_id(const struct warm_entry *e, char *buf, int64_t cap, int64_t *needed);

/**
 * What the session that wrote the entry was labelled with.
 *
 * `WARM_NOT_FOUND`: with nothing, or another engine wrote or rewrote it. `WARM_ERR_BUFFER`: `*needed` says
 * how many bytes it takes with its NUL.
 */
int32_t warm_entry_label(const struct warm_entry *e,
                         char *buf,
                         int64_t cap,
                         int64_t *needed);

/**
 * Frees an entry and nulls the caller's pointer; NULL and pointer to NULL are legal. Pointers from
 * `warm_entry_payload` end here.
 */
void warm_entry_free(struct warm_entry **e);

/**
 * Moves to the next item; the first call to the first. `WARM_NOT_FOUND` at the end, again and again. Only
 * what `warm_store_stream_keys` gave can fail to be read on.
 *
 * `WARM_ERR_INVALID`: `c` is NULL.
 */
int32_t warm_cursor_next(struct warm_cursor *c);

/**
 * The item's key; of a list of keys, entries, findings, regions, planned fetches or sessions.
 *
 * `WARM_ERR_INVALID`: NULL, the cursor is not on an item, the item is a finding without key, or its
 * list is of something else.
 */
int32_t warm_cursor_key(const struct warm_cursor *c, struct warm_key *out);

/**
 * What is known of the item; of a list of entries.
 *
 * `WARM_ERR_INVALID`: NULL, a `struct_size` that is too small, the cursor is not on an item, or
 * its list is of something else.
 */
int32_t warm_cursor_info(const struct warm_cursor *c, struct warm_entry_info *info);

/**
 * The item's run id; of a list of entries, regions, sessions or findings (empty for a finding
 * that belongs to no run). `WARM_RUN_ID_MAX` bytes suffice for every run
 * id of this library.
 *
 * `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL. `WARM_ERR_INVALID`: NULL,
 * the cursor is not on an item, or its list is of something else.
 */
int32_t warm_cursor_run_id(const struct warm_cursor *c, char *buf, int64_t cap, int64_t *needed);

/**
 * What else is known of the item; of a list of entries.
 *
 * `WARM_ERR_INVALID`: NULL, a `struct_size` that is too small, the cursor is not on an item, or
 * its list is of something else.
 */
int32_t warm_cursor_run(const struct warm_cursor *c, struct warm_run_info *run);

/**
 * The item in words: of a list of entries, the label of the session that wrote it, empty where it has
 * none; of a list of sessions, its label, likewise; of a list of findings, which file and what is wrong
 * with it; of a list of fields, the tag; of a list of notes, what the note says.
 *
 * `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL. `WARM_ERR_INVALID`: NULL,
 * the cursor is not on an item, or its list is of something else.
 */
int32_t warm_cursor_text(const struct warm_cursor *c,
                         char *buf,
                         int64_t cap,
                         int64_t *needed);

/**
 * What kind of thing is wrong, and what was done about it; of a list of findings.
 *
 * `WARM_ERR_INVALID`: NULL, a `struct_size` that is too small, the cursor is not on an item, or
 * its list is of something else.
 */
int32_t warm_cursor_finding(const struct warm_cursor *c, struct warm_finding *finding);

/**
 * What the two keys have in common in the item; of a list of fields.
 *
 * `WARM_ERR_INVALID`: NULL, a `struct_size` that is too small, the cursor is not on an item, or
 * its list is of something else.
 */
int32_t warm_cursor_field(const struct warm_cursor *c, struct warm_field *field);

/**
 * Frees a cursor and nulls the caller's pointer; NULL and pointer to NULL are legal.
 */
void warm_cursor_free(struct warm_cursor **c);

/**
 * Makes options with nothing set. The caller frees `*out`; it is NULL unless `WARM_OK`.
 *
 * `WARM_ERR_INVALID`: `out` is NULL.
 */
int32_t warm_store_options_new(struct warm_store_options **out);

/**
 * Most bytes below the root, each file rounded up to 4 096; 0: unlimited; default 1 GiB. Recorded
 * in the root for later openers that name none.
 *
 * `WARM_ERR_INVALID`: negative.
 */
int32_t warm_store_options_set_size_budget(struct warm_store_options *o, int64_t bytes);

/**
 * Most files below the root; 0: unlimited; default 200 000. Recorded in the root for later openers
 * that name none.
 *
 * `WARM_ERR_INVALID`: negative.
 */
int32_t warm_store_options_set_file_budget(struct warm_store_options *o, int64_t files);

/**
 * Most bytes this handle keeps in memory to answer lookups without reading files; 0: none; default
 * 256 MiB.
 *
 * `WARM_ERR_INVALID`: negative.
 */
int32_t warm_store_options_set_memory_budget(struct warm_store_options *o, int64_t bytes);

/**
 * Seconds after which an entry neither written nor reused expires; 0: never; default 30 days.
 * Recorded in the root for later openers that name none.
 *
 * `WARM_ERR_INVALID`: negative or not finite.
 */
int32_t warm_store_options_set_ttl_seconds(struct warm_store_options *o, double seconds);

/**
 * What an acknowledged save survives: `WARM_DURABILITY_FULL` (the default) or
 * `WARM_DURABILITY_PROCESS`.
 *
 * `WARM_ERR_INVALID`: any other number.
 */
int32_t warm_store_options_set_durability(struct warm_store_options *o, int32_t level);

/**
 * 1: the root must exist, and every write through the handle answers `WARM_ERR_PERMISSION`;
 * default 0.
 *
 * `WARM_ERR_INVALID`: neither 0 nor 1.
 */
int32_t warm_store_options_set_read_only(struct warm_store_options *o, int32_t on);

/**
 * Frees options and nulls the caller's pointer; NULL and pointer to NULL are legal.
 */
void warm_store_options_free(struct warm_store_options **o);

/**
 * Opens the directory `root`, creating it (and what is missing above it) with mode 0700 unless the
 * options say read-only. `root` is UTF-8, taken literally, relative to the working directory of
 * this moment; NULL or empty: `WARMSTART_DIR`, else `warmstart` in the user's cache directory
 * (`XDG_CACHE_HOME`, else `~/.cache`). `options` may be NULL for the defaults. The caller frees
 * `*out` with `warm_store_free`; it is NULL unless `WARM_OK`.
 *
 * A directory that can only be read opens and answers lookups.
 *
 * `WARM_ERR_INVALID`: the root is a file, its name is too long or has a NUL inside, or there is no
 * default. `WARM_ERR_PERMISSION`: it may not be read, or not be made. `WARM_ERR_INCOMPATIBLE`: a
 * newer library wrote it.
 */
int32_t warm_store_open(const char *root,
                        int64_t root_len,
                        const struct warm_store_options *options,
                        struct warm_store **out);

/**
 * Opens a store made for records: `root` as for `warm_store_open`; NULL or empty: what that takes,
 * with "-records" appended to the directory's name (`~/.cache/warmstart-records`). Its size budget is
 * 256 MiB and its expiry ten years, recorded in the root. It is a store like any other; but a process
 * that opens one root twice so has one store behind both handles. The caller frees `*out` with
 * `warm_store_free`; it is NULL unless `WARM_OK`.
 *
 * Errors are those of `warm_store_open`.
 */
int32_t warm_store_open_records(const char *root,
                                int64_t root_len,
                                struct warm_store **out);

/**
 * The directory the store lies in, absolute.
 *
 * `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL.
 */
int32_t warm_store_root(const struct warm_store *s, char *buf, int64_t cap, int64_t *needed);

/**
 * Saves `len` bytes under `key` as a new run. When it returns `WARM_OK`, the entry survives what
 * the store's durability level says, and the run id is in `run_id`; NULL with capacity 0: not
 * wanted. `objective` and `iteration` may be NULL for none; a non-finite objective is none.
 *
 * `WARM_ERR_BUFFER`: `run_id` is too small, `*run_id_needed` is set, and nothing was saved;
 * `WARM_RUN_ID_MAX` bytes always suffice. `WARM_ERR_TOO_LARGE`: the entry exceeds the size budget.
 * `WARM_ERR_NO_SPACE`, `WARM_ERR_PERMISSION`. After any error what was stored before is intact.
 */
int32_t warm_store_save(struct warm_store *s,
                        const struct warm_key *key,
                        const void *payload,
                        int64_t len,
                        const double *objective,
                        const int64_t *iteration,
                        int32_t kind,
                        char *run_id,
                        int64_t run_id_cap,
                        int64_t *run_id_needed);

/**
 * Saves `len` bytes as the next generation of the slot `run_id` under `key`: readers find the
 * generation before whole until this one is complete. Run ids are 1 to 128 of `A-Z a-z 0-9 . _ -`,
 * do not start with a dot and do not contain ".tmp". Otherwise as `warm_store_save`.
 */
int32_t warm_store_save_slot(struct warm_store *s,
                             const struct warm_key *key,
                             const char *run_id,
                             int64_t run_id_len,
                             const void *payload,
                             int64_t len,
                             const double *objective,
                             const int64_t *iteration,
                             int32_t kind);

/**
 * The best or latest entry under `key`, verified: `mode` is `WARM_LOOKUP_BEST` or
 * `WARM_LOOKUP_LATEST`. Damaged, foreign and expired entries are passed over and the next best is
 * answered; nothing is moved or deleted. The caller frees `*out` with `warm_entry_free`; it is
 * NULL unless `WARM_OK`.
 *
 * `WARM_NOT_FOUND`: nothing valid. `WARM_ERR_NO_MEMORY`: the payload does not fit in memory.
 */
int32_t warm_store_lookup(struct warm_store *s,
                          const struct warm_key *key,
                          int32_t mode,
                          struct warm_entry **out);

/**
 * `warm_store_lookup` into the caller's buffer: the payload goes to `buf`, what is known of it to
 * `*info`, which may be NULL.
 *
 * `WARM_NOT_FOUND`: nothing valid. `WARM_ERR_BUFFER`: `*needed` says the payload's length.
 */
int32_t warm_store_lookup_into(struct warm_store *s,
                               const struct warm_key *key,
                               int32_t mode,
                               void *buf,
                               int64_t cap,
                               int64_t *needed,
                               struct warm_entry_info *info);

/**
 * The newest intact generation of one run. The caller frees `*out` with `warm_entry_free`; it is
 * NULL unless `WARM_OK`.
 *
 * `WARM_NOT_FOUND`: no such run. `WARM_ERR_CORRUPT`: it is there, and fails its checks.
 * `WARM_ERR_INCOMPATIBLE`: another schema wrote it. `WARM_ERR_INVALID`: not a run id.
 */
int32_t warm_store_lookup_run(struct warm_store *s,
                              const struct warm_key *key,
                              const char *run_id,
                              int64_t run_id_len,
                              struct warm_entry **out);

/**
 * Removes everything under `key`; as durable as a save.
 *
 * `WARM_NOT_FOUND`: there was nothing.
 */
int32_t warm_store_remove(struct warm_store *s, const struct warm_key *key);

/**
 * Removes one run under `key`; as durable as a save.
 *
 * `WARM_NOT_FOUND`: there was no such run. `WARM_ERR_INVALID`: not a run id.
 */
int32_t warm_store_remove_entry(struct warm_store *s,
                                const struct warm_key *key,
                                const char *run_id,
                                int64_t run_id_len);

/**
 * Pins (`on` 1) or unpins (0) a run: pinned runs do not expire, and are evicted only when nothing
 * else is left. As durable as a save.
 *
 * `WARM_NOT_FOUND`: there is no such run. `WARM_ERR_INVALID`: not a run id, or another number.
 */
int32_t warm_store_pin(struct warm_store *s,
                       const struct warm_key *key,
                       const char *run_id,
                       int64_t run_id_len,
                       int32_t on);

/**
 * Expires, evicts, reclaims what dead writers left, sets old damage aside and corrects the totals,
 * now. Reads every payload. What living writers hold is left alone.
 */
int32_t warm_store_sweep(struct warm_store *s);

/**
 * Waits until everything accepted by any of the store's sessions is durable, at most
 * `timeout_seconds`; 0 polls.
 *
 * `WARM_TIMEOUT`: the wait ended first. `WARM_ERR_INVALID`: a negative or NaN timeout. What failed
 * in the background, in any of the sessions, is returned once.
 */
int32_t warm_store_flush(struct warm_store *s, double timeout_seconds);

/**
 * The keys something is stored under, in order. The caller frees `*out` with `warm_cursor_free`;
 * it is NULL unless `WARM_OK`.
 */
int32_t warm_store_list_keys(struct warm_store *s, struct warm_cursor **out);

/**
 * The runs under `key`, newest first; none when there are none. Payloads are not read, so damage in
 * one shows only when it is looked up. The caller frees `*out` with `warm_cursor_free`; it is NULL
 * unless `WARM_OK`.
 */
int32_t warm_store_list_entries(struct warm_store *s,
                                const struct warm_key *key,
                                struct warm_cursor **out);

/**
 * Fills `*limits` with those in force for this handle: what its options named, else the root's, else the
 * defaults.
 *
 * `WARM_ERR_INVALID`: a NULL pointer or a `struct_size` that is too small.
 */
int32_t warm_store_get_limits(const struct warm_store *s,
                              struct warm_store_limits *limits);

/**
 * Fills `*stats`.
 *
 * `WARM_ERR_INVALID`: a NULL pointer or a `struct_size` that is too small.
 */
int32_t warm_store_get_stats(const struct warm_store *s, struct warm_store_stats *stats);

/**
 * Removes the runs under `key` that are neither among the `last` written nor among the `best` by their
 * objectives: durably, but for pinned ones and those of living sessions. The last and the best one stay in
 * any case, and nothing goes on account of an entry that is damaged. `*removed`, which may be
 * NULL, says how many went.
 *
 * `WARM_ERR_INVALID`: a number is negative, or both are 0.
 */
int32_t warm_store_retain(struct warm_store *s,
                          const struct warm_key *key,
                          int64_t last,
                          int64_t best,
                          int64_t *removed);

/**
 * How many restarts from the checkpoints of a run, or with NULL and 0 of all runs under `key`, have
 * failed: sessions that loaded one and whose process died before they wrote anything, were finished or
 * freed. 0 when there are none.
 *
 * `WARM_ERR_INVALID`: not a run id.
 */
int32_t warm_store_failed_restarts(struct warm_store *s,
                                   const struct warm_key *key,
                                   const char *run_id,
                                   int64_t run_id_len,
                                   int64_t *count);

/**
 * Forgets the failed restarts from a run's checkpoints, or with NULL and 0 from those of all runs under
 * `key`, so that they are loaded again.
 *
 * `WARM_NOT_FOUND`: there were none. `WARM_ERR_INVALID`: not a run id.
 */
int32_t warm_store_reset_restarts(struct warm_store *s,
                                  const struct warm_key *key,
                                  const char *run_id,
                                  int64_t run_id_len);

/**
 * Fills `*stats` with how the fits of all this handle's sessions began.
 *
 * `WARM_ERR_INVALID`: a NULL pointer or a `struct_size` that is too small.
 */
int32_t warm_store_get_start_stats(const struct warm_store *s, struct warm_start_stats *stats);

/**
 * Frees a store and nulls the caller's pointer; NULL and pointer to NULL are legal. Its sessions and
 * entries stay usable.
 */
void warm_store_free(struct warm_store **s);

/**
 * The keys something is stored under as they are found, in no order: the first comes at once and memory is
 * bounded, however many there are. Of each item there is `warm_cursor_key`. A key that nothing is stored
 * under any more may be among them, and so may one that is made or removed meanwhile; all others are,
 * once. Works on a store opened read-only. The caller frees `*out` with `warm_cursor_free`; it is NULL
 * unless `WARM_OK`.
 *
 * It holds a directory open and neither the store nor a lock. In the child of a fork `warm_cursor_next`
 * answers `WARM_ERR_FORKED` for it. `warm_cursor_next` answers the error, again and again, where the root
 * cannot be read on.
 *
 * `WARM_ERR_PERMISSION`, `WARM_ERR_IO`: the root cannot be listed.
 */
int32_t warm_store_stream_keys(struct warm_store *s,
                               struct warm_cursor **out);

/**
 * The newest intact generation of the run `run_id` under `key`, as `warm_store_import_entry` of another store,
 * here or on another machine, takes it in: its metadata, which is JSON, in the buffer; and the entry, whose
 * payload goes with it. It is not a use of it. `WARM_METADATA_MAX` bytes suffice for the metadata. The
 * caller frees `*out` with `warm_entry_free`; it is NULL unless `WARM_OK`.
 *
 * `WARM_NOT_FOUND`: no such run. `WARM_ERR_BUFFER`: `*metadata_needed` says how many bytes the metadata
 * takes. `WARM_ERR_CORRUPT`: the run is there, and fails its checks. `WARM_ERR_INCOMPATIBLE`: another
 * schema wrote it. `WARM_ERR_INVALID`: not a run id.
 */
int32_t warm_store_export_entry(struct warm_store *s,
                                const struct warm_key *key,
                                const char *run_id,
                                int64_t run_id_len,
                                void *metadata,
                                int64_t metadata_cap,
                                int64_t *metadata_needed,
                                struct warm_entry **out);

/**
 * Takes in a run that `warm_store_export_entry` gave, under the key and run id it had. Nothing of it is
 * trusted: the metadata is checked, and the payload is written once its length and SHA-256 have been found to
 * be what the metadata says. It keeps its run id, objective, iteration, kind and stamps, and is as
 * durable on return as a save. What is here already stays, unless it is damaged or an older generation of
 * the same run. `*imported`, which may be NULL, says what became of it: `WARM_IMPORTED_...`.
 *
 * After any error nothing of it was written, and what was stored before is intact. `WARM_ERR_CORRUPT`:
 * metadata or payload fail their checks. `WARM_ERR_INCOMPATIBLE`: another schema. `WARM_ERR_INVALID`: not
 * a run id, or an entry of a cache. `WARM_ERR_TOO_LARGE`: it exceeds the size budget.
 * `WARM_ERR_PERMISSION`: among others, the store was opened read-only. `WARM_ERR_NO_SPACE`,
 * `WARM_ERR_NO_MEMORY`.
 */
int32_t warm_store_import_entry(struct warm_store *s,
                                const struct warm_key *key,
                                const char *run_id,
                                int64_t run_id_len,
                                const void *metadata,
                                int64_t metadata_len,
                                const void *payload,
                                int64_t len,
                                int32_t *imported);

/**
 * Makes an empty record of one of the `WARM_RECORD` kinds. The caller frees `*out`; it is NULL
 * unless `WARM_OK`.
 */
int32_t warm_record_new(int32_t kind, struct warm_record **out);

/**
 * Reads a record of that kind from `len` bytes of JSON, such as a session's payload. Fields it does
 * not know are passed over; doubles come back bit for bit. The caller frees `*out`; it is NULL
 * unless `WARM_OK`.
 *
 * `WARM_ERR_INCOMPATIBLE`: no JSON of such a record, a number that is not finite among it; the
 * reason is in the last error. `WARM_ERR_TOO_LARGE`: more than 16 MiB.
 */
int32_t warm_record_from_json(int32_t kind,
                              const void *data,
                              int64_t len,
                              struct warm_record **out);

/**
 * The record's JSON, without a NUL: to be a session's payload, or for tools.
 *
 * `WARM_ERR_BUFFER`: `*needed` says its length. `WARM_ERR_INVALID`: an artifact's objective, or part
 * of `inner`, is not set. `WARM_ERR_TOO_LARGE`: more than 16 MiB.
 */
int32_t warm_record_to_json(const struct warm_record *r,
                            void *buf,
                            int64_t cap,
                            int64_t *needed);

/**
 * What the record is stored under: of `WARM_KEYSPACE_RECORD` and its `key`; an artifact's of its
 * descriptor, in which neither rows nor the order of terms count.
 */
int32_t warm_record_key(const struct warm_record *r, struct warm_key *out);

/**
 * Whether the fit that `like` describes may start from `r`. Of a warm-start record `like` says key,
 * n_rows and n_cols; of a block record key, n_rows, block_names, block_dims and the length of rho;
 * of an artifact descriptor.family_kind and the terms. All other fields of `like` are left aside.
 *
 * `WARM_ERR_INCOMPATIBLE`: no; the last error says which condition fails, and with which numbers.
 * `WARM_ERR_INVALID`: the two are of different kinds.
 */
int32_t warm_record_check(const struct warm_record *r, const struct warm_record *like);

/**
 * Appends a term to an artifact and to its descriptor. Its identity is the fingerprint of all that
 * is given here: the block's name, the role (one of `WARM_ROLE`), for each of `n_penalties` its label
 * (`labels` and `label_lens` as in `warm_fingerprinter_absorb_str_list`; one byte 0 in `labels_valid`
 * where there is none, NULL: all have one), the dimensions of the penalties' null spaces, and the
 * number of coefficients once constraints are absorbed. With `WARM_ROLE_FROM_NAME`, ASCII case
 * folded, a name with `logslope`, `log_slope`, `scale`, `sigma` or `disp` in it is `LogSlope`, else
 * one with `mean`, `loc` or `marginal` is `Mean`, else it is `Generic`.
 *
 * `WARM_ERR_INVALID`: `r` is no artifact, a count is negative, or the role is none.
 */
int32_t warm_record_add_term(struct warm_record *r,
                             const char *block_name,
                             int64_t block_name_len,
                             int32_t role,
                             const char *const *labels,
                             const int64_t *label_lens,
                             const uint8_t *labels_valid,
                             int64_t n_penalties,
                             const int64_t *nullspace_dims,
                             int64_t n_nullspaces,
                             int64_t reduced_width);

/**
 * Gives `to`, an artifact whose terms hold their cold starting values, what the artifact `from` can
 * teach it. A term takes from the term of equal identity and equally many rho (the n-th of an
 * identity from the n-th of it): each rho of a magnitude below 9, clamped to [-8, 8]; one that
 * reaches 9 lies at the optimiser's box and is left as it is in `to`.
 *
 * Afterwards `terms.provenance` says what each term of `to` got: `cold`, `rho_only`, or `projected`
 * once the caller has projected the coefficients of term `terms.source` of `from` into its own basis
 * and has set it so. `terms.source` is absent where no term of `from` suits.
 *
 * `WARM_ERR_INCOMPATIBLE`: the descriptors' keys differ, or `from` is not usable; the reason is in the
 * last error, and `to` is as it was. `WARM_ERR_INVALID`: one is no artifact, or both are one.
 */
int32_t warm_record_transfer(struct warm_record *to,
                             const struct warm_record *from);

/**
 * Stores a record under its own key (`warm_record_key`), as a Checkpoint without objective, in the
 * place of the one before. The stored one's `updated_unix_secs` is now, `created_unix_secs` as well
 * where it is 0; `r` is as it was. Any store takes records; `warm_store_open_records` opens one made
 * for them.
 *
 * `WARM_ERR_TOO_LARGE`: more than 16 MiB of JSON. `WARM_ERR_INVALID`: it could never be answered,
 * since it lacks an objective, say, or `beta` has not `n_cols` numbers; the reason is in the last
 * error. After any error what was stored before is intact. Otherwise as `warm_store_save_slot`.
 */
int32_t warm_store_save_record(struct warm_store *s,
                               const struct warm_record *r);

/**
 * The newest record of `like`'s kind under `like`'s key: its `key`, or for an artifact
 * `descriptor.family_kind` and the terms. What is stored there and is no such record, or larger
 * than 16 MiB, is passed over. `warm_record_check` says whether it suits. The caller frees `*out`; it is
 * NULL unless `WARM_OK`.
 *
 * `WARM_NOT_FOUND`: nothing is stored. `WARM_ERR_INCOMPATIBLE`, `WARM_ERR_TOO_LARGE`: all that is
 * stored had to be passed over; the last error says why the newest was.
 */
int32_t warm_store_load_record(struct warm_store *s,
                               const struct warm_record *like,
                               struct warm_record **out);

/**
 * Frees a record and nulls the caller's pointer; NULL and pointer to NULL are legal.
 */
void warm_record_free(struct warm_record **r);

/**
 * What a field holds, one of `WARM_VALUE`, and how many of it there are: 1, or one per block or term.
 * Either output may be NULL.
 */
int32_t warm_record_describe(const struct warm_record *r,
                             const char *field,
                             int64_t field_len,
                             int32_t *holds,
                             int64_t *count);

/**
 * Sets a text.
 *
 * `WARM_ERR_INVALID`: also a `terms.identity` that is not 64 hexadecimal digits, a `terms.role` that is
 * none, and a `terms.provenance` other than `projected`, or of a term without `terms.source`.
 */
int32_t warm_record_set_text(struct warm_record *r,
                             const char *field,
                             int64_t field_len,
                             int64_t index,
                             const char *text,
                             int64_t len);

/**
 * Reads a text.
 *
 * `WARM_NOT_FOUND`: it is absent. `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its
 * NUL.
 */
int32_t warm_record_get_text(const struct warm_record *r,
                             const char *field,
                             int64_t field_len,
                             int64_t index,
                             char *buf,
                             int64_t cap,
                             int64_t *needed);

/**
 * Sets an integer, or a flag to 0 or 1.
 *
 * `WARM_ERR_INVALID`: also negative ones, and other flags.
 */
int32_t warm_record_set_integer(struct warm_record *r,
                                const char *field,
                                int64_t field_len,
                                int64_t index,
                                int64_t value);

/**
 * Reads an integer or a flag.
 *
 * `WARM_NOT_FOUND`: it is absent.
 */
int32_t warm_record_get_integer(const struct warm_record *r,
                                const char *field,
                                int64_t field_len,
                                int64_t index,
                                int64_t *out);

/**
 * Sets a number.
 *
 * `WARM_ERR_INVALID`: also one that is not finite.
 */
int32_t warm_record_set_number(struct warm_record *r,
                               const char *field,
                               int64_t field_len,
                               int64_t index,
                               double value);

/**
 * Reads a number, bit for bit as it was set or stored.
 *
 * `WARM_NOT_FOUND`: it is absent.
 */
int32_t warm_record_get_number(const struct warm_record *r,
                               const char *field,
                               int64_t field_len,
                               int64_t index,
                               double *out);

/**
 * Sets a list of `n` integers.
 *
 * `WARM_ERR_INVALID`: also negative ones.
 */
int32_t warm_record_set_integers(struct warm_record *r,
                                 const char *field,
                                 int64_t field_len,
                                 int64_t index,
                                 const int64_t *values,
                                 int64_t n);

/**
 * Reads a list of integers into `buf`, which has room for `cap` of them.
 *
 * `WARM_NOT_FOUND`: it is absent. `WARM_ERR_BUFFER`: `*needed` says how many there are.
 */
int32_t warm_record_get_integers(const struct warm_record *r,
                                 const char *field,
                                 int64_t field_len,
                                 int64_t index,
                                 int64_t *buf,
                                 int64_t cap,
                                 int64_t *needed);

/**
 * Sets a list of `n` numbers.
 *
 * `WARM_ERR_INVALID`: also numbers that are not finite.
 */
int32_t warm_record_set_numbers(struct warm_record *r,
                                const char *field,
                                int64_t field_len,
                                int64_t index,
                                const double *values,
                                int64_t n);

/**
 * Reads a list of numbers into `buf`, which has room for `cap` of them, bit for bit as they were set
 * or stored.
 *
 * `WARM_NOT_FOUND`: it is absent. `WARM_ERR_BUFFER`: `*needed` says how many there are.
 */
int32_t warm_record_get_numbers(const struct warm_record *r,
                                const char *field,
                                int64_t field_len,
                                int64_t index,
                                double *buf,
                                int64_t cap,
                                int64_t *needed);

/**
 * Makes an optional field absent, or a part that is optional as a whole (`inner`,
 * `descriptor.row_population`, `terms.joint_null_rotation`). `active_sets` at the end of its list is
 * appended, absent.
 *
 * `WARM_ERR_INVALID`: also a field that is not optional.
 */
int32_t warm_record_clear(struct warm_record *r,
                          const char *field,
                          int64_t field_len,
                          int64_t index);

/**
 * Starts to read and check everything below the root; nothing is changed. Damage is no error: look
 * at the report. The caller frees `*out` with `warm_task_free`; it is NULL unless `WARM_OK`.
 *
 * `WARM_ERR_IO`: no thread can be started.
 */
int32_t warm_store_start_verify(struct warm_store *s, struct warm_task **out);

/**
 * The same, and moves damage aside, removes what dead writers left, and rebuilds the shared
 * totals. Nothing intact is lost: nothing expires, nothing is evicted. Files that changed within
 * the last ten minutes, or that a living writer holds, are left for a later repair. What is moved
 * aside lies below `.warmstart/aside` in the root, with the reason beside it, counts in the budget
 * and is evicted before any entry.
 *
 * `WARM_ERR_IO`: no thread can be started. A store opened read-only fails with
 * `WARM_ERR_PERMISSION` when it is waited for.
 */
int32_t warm_store_start_repair(struct warm_store *s, struct warm_task **out);

/**
 * Starts a sweep: what expired goes, what exceeds the budget is evicted, what dead writers left is
 * removed, old damage is set aside, and the totals are counted anew. Every payload is read. Of the runs
 * that go each is a finding, `WARM_PROBLEM_EXPIRED` or `WARM_PROBLEM_OVER_BUDGET`.
 *
 * `WARM_ERR_IO`: no thread can be started. A store opened read-only fails with
 * `WARM_ERR_PERMISSION` when it is waited for.
 */
int32_t warm_store_start_sweep(struct warm_store *s,
                               struct warm_task **out);

/**
 * Starts to find out which runs a sweep would expire and evict at this moment: each is a finding, as of
 * `warm_store_start_sweep`. Nothing is changed, so it works on a store opened read-only.
 *
 * `WARM_ERR_IO`: no thread can be started. `WARM_ERR_TOO_LARGE` when it is waited for: some 16 000 runs
 * or more would be evicted.
 */
int32_t warm_store_start_sweep_plan(struct warm_store *s,
                                    struct warm_task **out);

/**
 * Waits for the end, at most `timeout_seconds`; 0 polls. `WARM_OK` when the work is done, again
 * and again.
 *
 * `WARM_TIMEOUT`: it goes on. `WARM_CANCELLED`: it was cancelled before its end. An error: the
 * work failed. `WARM_ERR_INVALID`: NULL, or a negative or NaN timeout.
 */
int32_t warm_task_wait(struct warm_task *t, double timeout_seconds);

/**
 * Asks the work to stop, and does not wait for it: it ends before its next file, or in the middle
 * of a large one. What a repair has done stays done. Work that has ended is not affected.
 *
 * `WARM_ERR_INVALID`: NULL.
 */
int32_t warm_task_cancel(struct warm_task *t);

/**
 * How far the work has come. Takes no lock that the work holds.
 *
 * `WARM_ERR_INVALID`: NULL, or a `struct_size` that is too small.
 */
int32_t warm_task_get_progress(const struct warm_task *t, struct warm_task_progress *progress);

/**
 * What was found, and what a repair did about it; after a cancellation, as far as it came.
 *
 * `WARM_ERR_INVALID`: NULL, a `struct_size` that is too small, or the work has not ended. The error
 * of work that failed.
 */
int32_t warm_task_get_report(const struct warm_task *t, struct warm_check_report *report);

/**
 * What is wrong, one by one, in the order it was found; the first 10 000. Of each item there are
 * `warm_cursor_finding`, `warm_cursor_key`, `warm_cursor_run_id` and `warm_cursor_text`. The caller
 * frees `*out` with `warm_cursor_free`; it is NULL unless `WARM_OK`.
 *
 * `WARM_ERR_INVALID`: NULL, or the work has not ended. The error of work that failed.
 */
int32_t warm_task_findings(const struct warm_task *t, struct warm_cursor **out);

/**
 * Frees a task and nulls the caller's pointer; NULL and pointer to NULL are legal. Work that still
 * runs is cancelled, and not waited for.
 */
void warm_task_free(struct warm_task **t);

/**
 * Makes options with nothing set. The caller frees `*out`; it is NULL unless `WARM_OK`.
 *
 * `WARM_ERR_INVALID`: `out` is NULL.
 */
int32_t warm_remote_options_new(struct warm_remote_options **out);

/**
 * Which entries are uploaded: `WARM_UPLOADS_FINAL` (the default), `WARM_UPLOADS_BEST`,
 * `WARM_UPLOADS_ALL` or `WARM_UPLOADS_NOTHING`.
 *
 * `WARM_ERR_INVALID`: any other number.
 */
int32_t warm_remote_options_set_uploads(struct warm_remote_options *o, int32_t which);

/**
 * 1 (the default): a lookup that finds nothing here asks the remote tier; 0: only
 * `warm_remote_fetch` does.
 *
 * `WARM_ERR_INVALID`: neither 0 nor 1.
 */
int32_t warm_remote_options_set_lookup(struct warm_remote_options *o, int32_t on);

/**
 * The longest that such a lookup waits, in seconds; default 5.
 *
 * `WARM_ERR_INVALID`: negative or NaN.
 */
int32_t warm_remote_options_set_deadline_seconds(struct warm_remote_options *o, double seconds);

/**
 * Longest payload that is uploaded or fetched, in bytes; default 1 GiB, at most 5 GiB. Nothing longer
 * is allocated, whatever a server says.
 *
 * `WARM_ERR_INVALID`: not positive, or more.
 */
int32_t warm_remote_options_set_payload_limit(struct warm_remote_options *o,
                                              int64_t bytes);

/**
 * Most runs whose upload waits in memory; others wait as empty files in the root. Default 1024.
 *
 * `WARM_ERR_INVALID`: not positive.
 */
int32_t warm_remote_options_set_queue_limit(struct warm_remote_options *o, int64_t runs);

/**
 * Frees options and nulls the caller's pointer; NULL and pointer to NULL are legal.
 */
void warm_remote_options_free(struct warm_remote_options **o);

/**
 * Attaches a remote tier by its URL: `s3://bucket/prefix`, `az://container/prefix`,
 * `gs://bucket/prefix`, `file:///directory`, or `memory://name` for trying it out. Credentials come from
 * the engine's customary environment (`AWS_*`, `AZURE_*`, `GOOGLE_*`), and are never told; the URL holds
 * none. `options` may be NULL. Nothing is asked of a server yet. A store has one attachment at a time.
 * The caller frees `*out` with `warm_remote_free`; it is NULL unless `WARM_OK`.
 *
 * `WARM_ERR_UNSUPPORTED`: built without the feature `remote`. `WARM_ERR_INVALID`: a URL that is not
 * understood or holds credentials, an environment that does not suit, or the store has an attachment.
 * `WARM_ERR_PERMISSION`: the store was opened read-only.
 */
int32_t warm_store_attach_remote(struct warm_store *s,
                                 const char *url,
                                 int64_t url_len,
                                 const struct warm_remote_options *options,
                                 struct warm_remote **out);

/**
 * Where it is attached to.
 *
 * `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL.
 */
int32_t warm_remote_url(const struct warm_remote *r, char *buf, int64_t cap, int64_t *needed);

/**
 * Brings what a lookup under `key` would answer, for at most `timeout_seconds`, whether or not there is
 * anything here. Callers that ask for one key at once wait for one and the same transfer.
 *
 * `WARM_NOT_FOUND`: nothing there that could be brought, or a caller removed or refused it.
 * `WARM_ERR_REMOTE`: the network or the server fails, or the time is over. `WARM_ERR_CORRUPT`: what lies
 * there fails its checks, and was set aside. `WARM_ERR_INVALID`: NULL, or a negative or NaN timeout.
 */
int32_t warm_remote_fetch(struct warm_remote *r,
                          const struct warm_key *key,
                          double timeout_seconds);

/**
 * Waits until everything that was accepted has come so far: `WARM_REACH_LOCAL`, durable on this machine,
 * or `WARM_REACH_REMOTE`, uploaded, too.
 *
 * `WARM_TIMEOUT`: the wait ended first. `WARM_ERR_REMOTE`: it did, and the last attempt to upload had
 * failed; it goes on being tried. `WARM_ERR_INVALID`: NULL, another reach, or a negative or NaN timeout.
 */
int32_t warm_remote_flush(struct warm_remote *r,
                          int32_t reach,
                          double timeout_seconds);

/**
 * Has what is stored here of the run `run_id` under `key` uploaded in the background, whenever it was saved:
 * the attachment uploads by itself only what is saved while it is there. `warm_remote_flush` waits for it.
 * What is uploaded already is not again. With `WARM_UPLOADS_BEST` only what a lookup of the best answers is.
 * A run that is not there is dropped, which the figures tell.
 *
 * `WARM_ERR_INVALID`: NULL, an illegal run id, or the store was attached to upload nothing.
 */
int32_t warm_remote_upload(struct warm_remote *r,
                           const struct warm_key *key,
                           const char *run_id,
                           int64_t run_id_len);

/**
 * Removes everything that is stored here under `key`, or the run `run_id` of it (NULL with length 0: all),
 * and notes that it is not to be brought again: until the next save under the key, or until an entry of
 * now would expire. With `remotely` 1 it is removed there, too, for at most `timeout_seconds`.
 *
 * `WARM_NOT_FOUND`: there was nothing. `WARM_ERR_REMOTE`: removing it there failed. `WARM_ERR_INVALID`:
 * NULL, an illegal run id, neither 0 nor 1, or a negative or NaN timeout.
 */
int32_t warm_remote_remove(struct warm_remote *r,
                           const struct warm_key *key,
                           const char *run_id,
                           int64_t run_id_len,
                           int32_t remotely,
                           double timeout_seconds);

/**
 * Removes from the remote tier what is beyond a limit; NULL is none. `max_bytes`: of all objects, the oldest
 * entries go first. `max_age_seconds`: since an entry was uploaded. `keep_per_key`: runs under one key,
 * the last uploaded. With `dry_run` 1 it only says what would go. Safe beside other machines: what is being
 * uploaded stays. Nothing else ever removes anything there, but `warm_remote_remove`.
 *
 * `WARM_ERR_REMOTE`: the network or the server fails, or `timeout_seconds` are over; what went is gone, and
 * the call can be repeated. `WARM_ERR_INVALID`: NULL, something negative or NaN, a `dry_run` that is
 * neither 0 nor 1, or a `struct_size` that is too small.
 */
int32_t warm_remote_retain(struct warm_remote *r,
                           const int64_t *max_bytes,
                           const double *max_age_seconds,
                           const int64_t *keep_per_key,
                           int32_t dry_run,
                           double timeout_seconds,
                           struct warm_retention_report *report);

/**
 * Figures since it was attached.
 *
 * `WARM_ERR_INVALID`: NULL, or a `struct_size` that is too small.
 */
int32_t warm_remote_get_stats(const struct warm_remote *r, struct warm_remote_stats *stats);

/**
 * The last failure of an upload or a fetch in words, whoever caused it, without anything that could be
 * secret; empty when nothing has failed. At most `WARM_ERROR_TEXT_MAX` bytes with its NUL suffice.
 *
 * `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL.
 */
int32_t warm_remote_last_failure(const struct warm_remote *r,
                                 char *buf,
                                 int64_t cap,
                                 int64_t *needed);

/**
 * Ends an attachment and nulls the caller's pointer, at once, whatever the network does; NULL and pointer to
 * NULL are legal. What is not uploaded yet is uploaded by the next one: `warm_remote_flush` waits for it.
 */
void warm_remote_free(struct warm_remote **r);

/**
 * Makes options with nothing set. The caller frees `*out`; it is NULL unless `WARM_OK`.
 *
 * `WARM_ERR_INVALID`: `out` is NULL.
 */
int32_t warm_prefetch_options_new(struct warm_prefetch_options **out);

/**
 * What recency, being the head of a chain, and belonging to the active model add to an entry's score at
 * most; default 1.0, 0.3 and 0.2. The score is
 * `recency * 2^(-age / half-life) + head * (sequence is 0) + model * (model is the active one)`.
 *
 * `WARM_ERR_INVALID`: negative or not finite.
 */
int32_t warm_prefetch_options_set_weights(struct warm_prefetch_options *o,
                                          double recency,
                                          double head,
                                          double model);

/**
 * Seconds after which recency counts half; default 600.
 *
 * `WARM_ERR_INVALID`: less than a millisecond, or NaN.
 */
int32_t warm_prefetch_options_set_half_life_seconds(struct warm_prefetch_options *o,
                                                    double seconds);

/**
 * Seconds between the beginnings of cycles; default 0.5. Hints do not wait for a cycle.
 *
 * `WARM_ERR_INVALID`: less than a millisecond, or NaN.
 */
int32_t warm_prefetch_options_set_interval_seconds(struct warm_prefetch_options *o, double seconds);

/**
 * How many entries a cycle takes, and fetches at once; hints may be as many again. 1 to 64, default 8.
 *
 * `WARM_ERR_INVALID`: any other number.
 */
int32_t warm_prefetch_options_set_parallel(struct warm_prefetch_options *o,
                                           int64_t fetches);

/**
 * Bytes of payload that a cycle fetches at most, 0 for unlimited; default 256 MiB. What is larger alone is
 * fetched on a hint or a lookup only.
 *
 * `WARM_ERR_INVALID`: negative.
 */
int32_t warm_prefetch_options_set_cycle_bytes(struct warm_prefetch_options *o,
                                              int64_t bytes);

/**
 * Seconds after which a cycle's fetches are cancelled, whatever their own deadline; default 10.
 *
 * `WARM_ERR_INVALID`: less than a millisecond, or NaN.
 */
int32_t warm_prefetch_options_set_cycle_seconds(struct warm_prefetch_options *o, double seconds);

/**
 * Seconds that one fetch may take; default 5.
 *
 * `WARM_ERR_INVALID`: less than a millisecond, or NaN.
 */
int32_t warm_prefetch_options_set_fetch_deadline_seconds(struct warm_prefetch_options *o,
                                                         double seconds);

/**
 * Seconds that a listing of the remote tier may take; default 60.
 *
 * `WARM_ERR_INVALID`: less than a millisecond, or NaN.
 */
int32_t warm_prefetch_options_set_listing_deadline_seconds(struct warm_prefetch_options *o,
                                                           double seconds);

/**
 * Seconds for which a key whose fetch failed is left alone: `first` the first time, twice as long each
 * further time in a row, `longest` at most; default 1 and 600. Counted in tenths.
 *
 * `WARM_ERR_INVALID`: less than a millisecond, or NaN.
 */
int32_t warm_prefetch_options_set_back_off_seconds(struct warm_prefetch_options *o,
                                                   double first,
                                                   double longest);

/**
 * 1: it plans and reports, and fetches nothing, not even on a hint; 0 (the default): it fetches.
 *
 * `WARM_ERR_INVALID`: neither 0 nor 1.
 */
int32_t warm_prefetch_options_set_dry_run(struct warm_prefetch_options *o, int32_t on);

/**
 * Frees options and nulls the caller's pointer; NULL and pointer to NULL are legal.
 */
void warm_prefetch_options_free(struct warm_prefetch_options **o);

/**
 * Starts a worker that warms this machine from a remote tier; it begins by listing what is there. `options`
 * may be NULL. An attachment has one worker at a time. The caller frees `*out` with `warm_prefetch_free`; it
 * is NULL unless `WARM_OK`.
 *
 * `WARM_ERR_INVALID`: NULL, or the attachment has a worker. `WARM_ERR_IO`: no thread can be started.
 */
int32_t warm_remote_start_prefetch(struct warm_remote *r,
                                   const struct warm_prefetch_options *options,
                                   struct warm_prefetch **out);

/**
 * Starts a worker again that was stopped; it knows what it knew, and lists what is there once more. Does
 * nothing if it runs.
 *
 * `WARM_ERR_INVALID`: NULL. `WARM_ERR_IO`: no thread can be started.
 */
int32_t warm_prefetch_start(struct warm_prefetch *p);

/**
 * Stops a worker, and waits `timeout_seconds` at most until it has left: what is being fetched for it is
 * cancelled, and who waits for that is told. Lookups are not affected.
 *
 * `WARM_TIMEOUT`: something holds it up; it leaves by itself. `WARM_ERR_INVALID`: NULL, or a negative or
 * NaN timeout.
 */
int32_t warm_prefetch_stop(struct warm_prefetch *p,
                           double timeout_seconds);

/**
 * Has `n` keys fetched at once, in this order and before anything that is guessed, whether or not the worker
 * knows them. It returns without waiting. `*accepted`, which may be NULL, says how many were taken: 4096
 * may wait.
 *
 * `WARM_ERR_INVALID`: NULL, or a negative number.
 */
int32_t warm_prefetch_hint(struct warm_prefetch *p,
                           const struct warm_key *keys,
                           int64_t n,
                           int64_t *accepted);

/**
 * Hints the next steps, `most` at most, of the chain that `key` is in: with `WARM_CHAIN_FORWARD` what was made
 * from it, or the siblings of a higher sequence; with `WARM_CHAIN_BACKWARD` the siblings of a lower one, then
 * what it was made from. `*accepted`, which may be NULL, says how many were taken. Who comes after whom the
 * worker knows by `warm_prefetch_note` only.
 *
 * `WARM_ERR_INVALID`: NULL, a negative number, or another direction.
 */
int32_t warm_prefetch_hint_chain(struct warm_prefetch *p,
                                 const struct warm_key *key,
                                 int64_t most,
                                 int32_t direction,
                                 int64_t *accepted);

/**
 * Hints a key, unless it is hinted or being fetched, and waits `timeout_seconds` at most until it is on this
 * machine; 0 polls. Then the next lookup needs no network.
 *
 * `WARM_NOT_FOUND`: it is not there, or was removed or refused here. `WARM_TIMEOUT`: the wait ended first; the
 * fetch goes on. `WARM_CANCELLED`: its fetch was called off or met its own deadline, or the worker does
 * not run. `WARM_DEFERRED`: not now; the server has just failed, too many fetches do not come back, or it is a
 * dry run. `WARM_ERR_REMOTE`: the network or the server fails. `WARM_ERR_CORRUPT`: what lies there fails its
 * checks, and was set aside. What the disk refuses: as of a save. `WARM_ERR_INVALID`: NULL, or a negative or
 * NaN timeout.
 */
int32_t warm_prefetch_wait(struct warm_prefetch *p,
                           const struct warm_key *key,
                           double timeout_seconds);

/**
 * Calls off the hint and the worker's fetch of a key; who waits for it is told. A lookup that waits for the
 * same transfer goes on. It may be chosen again by a later cycle.
 *
 * `WARM_ERR_INVALID`: NULL.
 */
int32_t warm_prefetch_cancel(struct warm_prefetch *p,
                             const struct warm_key *key);

/**
 * Has the worker list once more what is in the remote tier; it returns without waiting. What is known already
 * stays as it is.
 *
 * `WARM_ERR_INVALID`: NULL.
 */
int32_t warm_prefetch_refresh(struct warm_prefetch *p);

/**
 * Tells the worker what no listing says of an entry, whether it knows the entry or not. `parent`: the key of
 * what it was made from, the fit that a fold or a step starts from; NULL for a first. `sequence`: its place in
 * the chain, or among what was made from the same parent, the number of a fold, a continuation step or a
 * refinement; 0 is the head. `model`: a digest of the model it belongs to, see
 * `warm_prefetch_set_active_model`; NULL for none. `ns` (empty or NULL with 0 for none): the namespace it is
 * counted to. These four replace what was known. `run_id` (NULL with 0), `payload_bytes` and
 * `last_access_unix_secs` (NULL each) may be left out, and then stay as they are known; a stamp only grows.
 *
 * `WARM_ERR_INVALID`: NULL for the handle or the key, an illegal run id, a sequence that is not from 0 to
 * 2^32 - 1, something negative, or a namespace of more than 128 bytes or with a NUL. `WARM_ERR_TOO_LARGE`: it
 * knows 65 536 namespaces, or 4 GiB of run ids.
 */
int32_t warm_prefetch_note(struct warm_prefetch *p,
                           const struct warm_key *key,
                           const char *run_id,
                           int64_t run_id_len,
                           const struct warm_key *parent,
                           int64_t sequence,
                           const int64_t *payload_bytes,
                           const int64_t *last_access_unix_secs,
                           const struct warm_key *model,
                           const char *ns,
                           int64_t ns_len);

/**
 * Names the model whose entries are likelier, by the digest that `warm_prefetch_note` was given; NULL for
 * none.
 *
 * `WARM_ERR_INVALID`: `p` is NULL.
 */
int32_t warm_prefetch_set_active_model(struct warm_prefetch *p,
                                       const struct warm_key *model);

/**
 * What a cycle that takes `most`, 2048 at most, would fetch now, the best first; nothing is fetched. Of each
 * item there are `warm_cursor_key` and `warm_cursor_score`. The caller frees `*out` with `warm_cursor_free`;
 * it is NULL unless `WARM_OK`.
 *
 * `WARM_ERR_INVALID`: NULL, or a negative number.
 */
int32_t warm_prefetch_plan(struct warm_prefetch *p,
                           int64_t most,
                           struct warm_cursor **out);

/**
 * The item's score, the higher the likelier to be asked for; of a list of planned fetches.
 *
 * `WARM_ERR_INVALID`: NULL, the cursor is not on an item, or its list is of something else.
 */
int32_t warm_cursor_score(const struct warm_cursor *c, double *score);

/**
 * Figures since the worker was made, and how things stand.
 *
 * `WARM_ERR_INVALID`: NULL, or a `struct_size` that is too small.
 */
int32_t warm_prefetch_get_stats(const struct warm_prefetch *p, struct warm_prefetch_stats *stats);

/**
 * The latest cycle that ended.
 *
 * `WARM_NOT_FOUND`: none has. `WARM_ERR_INVALID`: NULL, or a `struct_size` that is too small.
 */
int32_t warm_prefetch_get_last_cycle(const struct warm_prefetch *p,
                                     struct warm_prefetch_cycle *cycle);

/**
 * Ends a worker and nulls the caller's pointer, at once, whatever the network does; NULL and pointer to NULL
 * are legal. What is being fetched for it is cancelled.
 */
void warm_prefetch_free(struct warm_prefetch **p);

/**
 * Makes options with the defaults. The caller frees `*out`; it is NULL unless `WARM_OK`.
 *
 * `WARM_ERR_INVALID`: `out` is NULL.
 */
int32_t warm_session_options_new(struct warm_session_options **out);

/**
 * Seconds between checkpoints that do not improve the objective; default 2, 0: no limit, by the default
 * share of run time neither.
 *
 * `WARM_ERR_INVALID`: negative or NaN.
 */
int32_t warm_session_options_set_min_interval_seconds(struct warm_session_options *o,
                                                      double seconds);

/**
 * 1: checkpoints are copied, answered with `WARM_QUEUED` and published by a thread of the store's,
 * which starts with the first of them; default 0: they are published in the caller's thread.
 *
 * `WARM_ERR_INVALID`: neither 0 nor 1.
 */
int32_t warm_session_options_set_background(struct warm_session_options *o, int32_t on);

/**
 * Also makes every `calls`-th call of `warm_session_checkpoint` or `warm_session_should_checkpoint` since
 * the last write due, whatever the minimum interval; 0, the default, does not. Calls of several threads
 * at the same instant may count as one.
 *
 * `WARM_ERR_INVALID`: negative.
 */
int32_t warm_session_options_set_every(struct warm_session_options *o,
                                       int64_t calls);

/**
 * Most of the run time since the session was opened that writing checkpoints may take, as measured; 1: no
 * limit. Default 0.01, and no limit where the minimum interval is 0 or a mean time between failures is
 * given. The first ten writes are exempt, and what was not used in the last ten minutes may be used now.
 * It holds back what does not improve the objective. With background writing it holds back improvements
 * too: they are answered with `WARM_QUEUED` and kept in memory, where a better one takes the place of the
 * last, until the share allows a write or somebody flushes; so that a stream of small improvements costs
 * no more than the share, and the death of the process no more than what was computed since.
 *
 * `WARM_ERR_INVALID`: not above 0, above 1, or NaN.
 */
int32_t warm_session_options_set_max_share(struct warm_session_options *o,
                                           double share);

/**
 * Replaces the minimum interval by the one that costs the least time where failures (of a machine, or a
 * job that is killed) come at random, every `seconds` on average: computed by `formula`,
 * `WARM_INTERVAL_DALY` or `WARM_INTERVAL_YOUNG`, from what a durable checkpoint is measured to take.
 * Improvements are written at once as ever, or, with background writing, when the interval has passed. A
 * session that has loaded a checkpoint begins with what the run before it measured.
 *
 * `WARM_ERR_INVALID`: not above 0, NaN, or another formula.
 */
int32_t warm_session_options_set_mean_time_between_failures(struct warm_session_options *o,
                                                            double seconds,
                                                            int32_t formula);

/**
 * When the session has to have stopped, in seconds after it is opened; `warm_session_should_stop` answers 1
 * early enough before. Default: no deadline but the scheduler's. Of several, the earliest counts.
 *
 * `WARM_ERR_INVALID`: negative or NaN.
 */
int32_t warm_session_options_set_deadline_seconds(struct warm_session_options *o,
                                                  double seconds);

/**
 * The same in seconds since 1970-01-01 UTC.
 *
 * `WARM_ERR_INVALID`: negative.
 */
int32_t warm_session_options_set_deadline_unix(struct warm_session_options *o, int64_t unix_secs);

/**
 * 1, the default: a session's deadline is also taken from the environment it is opened in; 0: it is not.
 *
 * Understood are `WARMSTART_DEADLINE` (Unix seconds: for job scripts under any scheduler, as in
 * `export WARMSTART_DEADLINE=$(($(date +%s) + 3600))`), Slurm's `SLURM_JOB_END_TIME`, Cobalt's
 * `COBALT_ENDTIME`, and OAR's `OAR_JOB_WALLTIME_SECONDS` counted from when `OAR_NODE_FILE` was written. What a
 * scheduler says has passed already is another job's, and ignored. PBS, Torque, Grid Engine, LSF,
 * HTCondor and Flux tell no end by the environment: there, use `WARMSTART_DEADLINE`, or
 * `warm_signals_watch` for the signal they can be asked to send before the end.
 *
 * `WARM_ERR_INVALID`: neither 0 nor 1.
 */
int32_t warm_session_options_set_scheduler(struct warm_session_options *o,
                                           int32_t on);

/**
 * A file that, once it exists, makes `warm_session_should_stop` answer 1: for stopping a fit by hand. It is
 * looked for at most once a second. A path, UTF-8, relative to the working directory when the session is
 * opened; empty, the default, for none.
 *
 * `WARM_ERR_INVALID`: not UTF-8, a NUL inside, or longer than 65 536 bytes.
 */
int32_t warm_session_options_set_halt_file(struct warm_session_options *o,
                                           const char *path,
                                           int64_t len);

/**
 * Seconds to spare before a deadline, besides what one more iteration and the checkpoints take; default 1.
 *
 * `WARM_ERR_INVALID`: negative or NaN.
 */
int32_t warm_session_options_set_stop_margin_seconds(struct warm_session_options *o,
                                                     double seconds);

/**
 * Which of the key's entries load, peek and resume answer: `WARM_LOOKUP_BEST` (the default) or
 * `WARM_LOOKUP_LATEST`.
 *
 * `WARM_ERR_INVALID`: any other number.
 */
int32_t warm_session_options_set_lookup(struct warm_session_options *o, int32_t mode);

/**
 * Longest wait of `warm_session_finish` in seconds; default 60.
 *
 * `WARM_ERR_INVALID`: negative or NaN.
 */
int32_t warm_session_options_set_finish_timeout_seconds(struct warm_session_options *o,
                                                        double seconds);

/**
 * Copies tag and digest of every frame that `f` absorbed: they are stored beside each entry as far
 * as there is room, so that two keys can be compared field by field. `f` may be freed afterwards.
 *
 * `WARM_ERR_INVALID`: a pointer is NULL.
 */
int32_t warm_session_options_set_fingerprint(struct warm_session_options *o,
                                             const struct warm_fingerprinter *f);

/**
 * A name for people, stored beside each entry: UTF-8, at most 1 024 bytes; empty for none.
 *
 * `WARM_ERR_TOO_LARGE`: longer. `WARM_ERR_INVALID`: not UTF-8, or a NUL inside.
 */
int32_t warm_session_options_set_label(struct warm_session_options *o,
                                       const char *text,
                                       int64_t len);

/**
 * Names a seed key, a relative's: the nearest first (the same model on other rows), then farther ones (the
 * same terms in another family). Where nothing is stored under the session's own key, load, peek and
 * resume answer the latest entry of the nearest seed key that has one, source `WARM_SOURCE_SEED`; and
 * `warm_session_finalize` makes the answer, which is written once, findable under each of them. So fits
 * that name a seed key in common find each other. Checkpoints are not found so.
 *
 * At most `WARM_SEED_KEYS_MAX`: `WARM_ERR_TOO_LARGE`. One that was named before is the same.
 */
int32_t warm_session_options_add_seed_key(struct warm_session_options *o,
                                          const struct warm_key *key);

/**
 * Keeps the last `count` entries of the key, and the best: when this session writes its first checkpoint
 * and each answer, all others are removed, but for pinned ones and those of other living sessions, and
 * never on account of an entry that is damaged. Of this session's own checkpoints the last `count` stay,
 * each as an entry of its own, until an answer supersedes them. Default 0: nothing is
 * removed, and a session keeps its best and its latest checkpoint.
 *
 * `WARM_ERR_INVALID`: negative.
 */
int32_t warm_session_options_set_keep_last(struct warm_session_options *o,
                                           int64_t count);

/**
 * The same for the best `count`, by their objectives; with `warm_session_options_set_keep_last`, what is
 * among either stays. The latest is kept in any case. Default 0: nothing is removed.
 *
 * `WARM_ERR_INVALID`: negative.
 */
int32_t warm_session_options_set_keep_best(struct warm_session_options *o,
                                           int64_t count);

/**
 * After `count` restarts that failed, a checkpoint is passed over by load, peek and resume; default 3, 0:
 * never. A restart has failed when a session loaded the checkpoint and its process died before the
 * session wrote anything, was finished or was freed. Answers are never passed over.
 * `warm_store_reset_restarts` has them tried again.
 *
 * `WARM_ERR_INVALID`: negative.
 */
int32_t warm_session_options_set_max_failed_restarts(struct warm_session_options *o,
                                                     int64_t count);

/**
 * Frees options and nulls the caller's pointer; NULL and pointer to NULL are legal.
 */
void warm_session_options_free(struct warm_session_options **o);

/**
 * Opens a session on `key`; nothing is read or written yet. `options` may be NULL for the defaults.
 * The caller frees `*out` with `warm_session_free`; it is NULL unless `WARM_OK`.
 */
int32_t warm_session_open(struct warm_store *s,
                          const struct warm_key *key,
                          const struct warm_session_options *options,
                          struct warm_session **out);

/**
 * Fills `buf` with the entry that `warm_session_load` would answer, if its payload has exactly
 * `len` bytes, and takes it; `*info`, which may be NULL, says what it is. Seeds of another length are
 * passed over.
 *
 * `WARM_NOT_FOUND`: nothing to resume from. `WARM_ERR_INCOMPATIBLE`: another length; `buf` is
 * untouched and nothing is taken.
 */
int32_t warm_session_resume(struct warm_session *s,
                            void *buf,
                            int64_t len,
                            struct warm_entry_info *info);

/**
 * Writes `len` bytes if the objective improves on the best this session has written by more than
 * 1e-12 (a first finite objective does), or if the minimum interval has passed since its last
 * write and another one keeps within the share of run time for writing (one percent unless the options
 * say otherwise). `objective` and `iteration` may be NULL for none; a non-finite objective is none. The
 * buffer may be reused at once.
 *
 * `WARM_OK`: written, durable to the store's level. `WARM_THROTTLED`: held back, nothing was
 * written. `WARM_ERR_TOO_LARGE`: the entry exceeds the size budget. A write that fails does not
 * count as written, and what was stored before is intact.
 *
 * With background writing: `WARM_QUEUED`: copied, and published by the store's thread, as a rule
 * within 50 ms, beyond the share of run time when that allows it again or somebody flushes. Until then a newer checkpoint takes its place, but never a worse one that of the
 * best; so at most three payloads are kept in memory. What could not be written there is tried
 * again, and the failure is returned once by the next checkpoint, finalize, flush or finish, which
 * has still accepted its own payload. (Where no thread can be started, it is written at once:
 * `WARM_OK`.)
 */
int32_t warm_session_checkpoint(struct warm_session *s,
                                const void *payload,
                                int64_t len,
                                const double *objective,
                                const int64_t *iteration);

/**
 * `warm_session_checkpoint` without the rate limit: `WARM_OK` means written and durable.
 */
int32_t warm_session_checkpoint_now(struct warm_session *s,
                                    const void *payload,
                                    int64_t len,
                                    const double *objective,
                                    const int64_t *iteration);

/**
 * 1: `warm_session_checkpoint` with this objective would write now; 0: it would be held back;
 * negative: error. Takes tens of nanoseconds. `objective` may be NULL for none.
 */
int32_t warm_session_should_checkpoint(struct warm_session *s, const double *objective);

/**
 * Writes the fit's answer, as Final, whatever the rate limit, makes it findable under the session's seed
 * keys, and removes this session's checkpoints, which it supersedes. All durable on return to the store's
 * level. The session may go on. Otherwise as `warm_session_checkpoint`.
 */
int32_t warm_session_finalize(struct warm_session *s,
                              const void *payload,
                              int64_t len,
                              const double *objective,
                              const int64_t *iteration);

/**
 * Hands in an entry, from a related key for instance: the next load or resume answers it first,
 * once. `entry` may be freed afterwards. A later call replaces it.
 */
int32_t warm_session_preload(struct warm_session *s, const struct warm_entry *entry);

/**
 * The preloaded entry, once; else what lies under the session's key, best or latest as its options
 * say, but for checkpoints that too many restarts from have failed; else the latest of what lies under the
 * nearest of its seed keys that has anything. Its info says the source. The caller frees `*out` with `warm_entry_free`; it is NULL unless
 * `WARM_OK`. Works after `warm_session_finish`.
 *
 * `WARM_NOT_FOUND`: nothing valid.
 */
int32_t warm_session_load(struct warm_session *s,
                          struct warm_entry **out);

/**
 * What `warm_session_load` would answer; takes and counts nothing. The caller frees `*out` with
 * `warm_entry_free`; it is NULL unless `WARM_OK`. Works after `warm_session_finish`.
 *
 * `WARM_NOT_FOUND`: nothing valid.
 */
int32_t warm_session_peek(struct warm_session *s, struct warm_entry **out);

/**
 * 1: begin from the seed that the last load or resume answered; 0: begin cold; negative: error. Compares
 * the objective at the seed with that at the cold start, both computed by the caller on its own data: the
 * lower wins. NULL and non-finite values lose; at equal values, and when both are non-finite,
 * the fit begins cold. So a seed never makes a fit begin worse.
 *
 * `WARM_ERR_INVALID`: the last load answered neither a seed nor a preloaded entry.
 */
int32_t warm_session_should_use_seed(struct warm_session *s,
                                     const double *at_seed,
                                     const double *at_cold);

/**
 * Adds what a seed saved this fit, by the caller's reckoning, to the session's and its store's start
 * stats; negative when the fit took longer.
 */
int32_t warm_session_note_iterations_saved(struct warm_session *s,
                                           int64_t iterations);

/**
 * Fills `*stats` with how the session's fits began.
 *
 * `WARM_ERR_INVALID`: a NULL pointer or a `struct_size` that is too small.
 */
int32_t warm_session_get_start_stats(const struct warm_session *s, struct warm_start_stats *stats);

/**
 * Why the session's key missed: finds the stored key that has most fields in common with it, and which
 * fields differ. Needs `warm_session_options_set_fingerprint` here and in the sessions that wrote. Of
 * several equally near keys, the one changed last. It takes one listing of the root, a call for each key,
 * and reads the metadata of at most 10 000 keys, those changed last; after about `timeout_seconds` it
 * answers from what it has seen. Nothing else ever does any of this. The caller frees `*out` with
 * `warm_miss_free`; it is NULL unless `WARM_OK`.
 *
 * `WARM_NOT_FOUND`: no other key has a field in common. `WARM_ERR_INVALID`: the session has no
 * fingerprint; a negative or NaN timeout.
 */
int32_t warm_session_explain_miss(struct warm_session *s,
                                  double timeout_seconds,
                                  struct warm_miss **out);

/**
 * The run that the session's answer is stored under, and its best checkpoint unless its options say how
 * many to keep; `WARM_RUN_ID_MAX` bytes always suffice. Works after `warm_session_finish`.
 *
 * `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL.
 */
int32_t warm_session_run_id(const struct warm_session *s,
                            char *buf,
                            int64_t cap,
                            int64_t *needed);

/**
 * Waits until everything accepted so far is durable, at most `timeout_seconds`; 0 polls.
 *
 * `WARM_TIMEOUT`: the wait ended first. `WARM_ERR_INVALID`: a negative or NaN timeout. What failed
 * in the background is returned once.
 */
int32_t warm_session_flush(struct warm_session *s, double timeout_seconds);

/**
 * Ends the writing half of the session, flushes for at most the option's timeout and reports what
 * failed in the background. When all is durable, repeated calls do nothing.
 *
 * `WARM_TIMEOUT`: the wait ended first; call it again to wait on.
 */
int32_t warm_session_finish(struct warm_session *s);

/**
 * Frees a session at once and nulls the caller's pointer; NULL and pointer to NULL are legal. What
 * was accepted is still published while the process lives: finish it first to be sure.
 */
void warm_session_free(struct warm_session **s);

/**
 * 1: stop now, after one more `warm_session_checkpoint_now`; 0: go on; negative: error. Because of a
 * deadline (an option's, or the scheduler's), early enough for one more iteration and for a checkpoint, as
 * long as they were measured to take, to become durable; because the halt file exists; or because a
 * signal was noted (`warm_signals_watch`). Call it once an iteration. Takes tens of nanoseconds, and once a
 * second, with a deadline or a halt file, a few system calls. Works after `warm_session_finish`.
 *
 * It stays 1, but for a signal that is forgotten.
 */
int32_t warm_session_should_stop(struct warm_session *s);

/**
 * Why `warm_session_should_stop` answers what it does, and how much time is left. Works after
 * `warm_session_finish`.
 *
 * `WARM_ERR_INVALID`: a NULL pointer or a `struct_size` that is too small.
 */
int32_t warm_session_get_stop(const struct warm_session *s, struct warm_session_stop *stop);

/**
 * The same in words, on one line, for a log. Works after `warm_session_finish`.
 *
 * `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL.
 */
int32_t warm_session_stop_text(const struct warm_session *s,
                               char *buf,
                               int64_t cap,
                               int64_t *needed);

/**
 * Compares `objective`, which the caller has evaluated again at the state that load or resume gave last,
 * with the one stored beside it. They agree when they differ by at most `tolerance` times the larger of
 * 1 and the stored one's size; an objective that is not finite agrees with none. `WARM_OK`: they do.
 *
 * `WARM_ERR_INCOMPATIBLE`: they do not, with both numbers in the last error: the data or the code has
 * changed though the key has not. From now on this session's load, resume and peek answer the next
 * entry instead; the one refused stays stored. `WARM_NOT_FOUND`: nothing to compare: nothing was
 * loaded, it has no objective, or it comes from another key. `WARM_ERR_INVALID`: a negative or NaN
 * tolerance.
 */
int32_t warm_session_confirm(struct warm_session *s,
                             double objective,
                             double tolerance);

/**
 * How the session is getting on. Waits for no disk; any thread. Works after `warm_session_finish`.
 *
 * `WARM_ERR_INVALID`: a NULL pointer or a `struct_size` that is too small.
 */
int32_t warm_session_get_progress(const struct warm_session *s,
                                  struct warm_session_progress *progress);

/**
 * The sessions that are running on this store in any process, those opened first before the others. Of each
 * item there are `warm_cursor_session`, `warm_cursor_progress`, `warm_cursor_key`, `warm_cursor_run_id`,
 * `warm_cursor_text`: its label, a long one cut, and `warm_cursor_name`: its host. A session
 * appears when it first writes a checkpoint, says how it is getting on at most once a second, with a
 * checkpoint that it writes or fails to write, and goes when it is finished or freed or its process dies;
 * where other hosts share the file system, one that died may stay for a day. Works on a store opened
 * read-only, and changes nothing. The caller frees `*out` with `warm_cursor_free`; it is NULL unless
 * `WARM_OK`.
 *
 * `WARM_ERR_PERMISSION`, `WARM_ERR_IO`: the root cannot be read.
 */
int32_t warm_store_list_sessions(struct warm_store *s,
                                 struct warm_cursor **out);

/**
 * Where and since when it runs; of a list of sessions.
 *
 * `WARM_ERR_INVALID`: NULL, a `struct_size` that is too small, the cursor is not on an item, or
 * its list is of something else.
 */
int32_t warm_cursor_session(const struct warm_cursor *c, struct warm_live_session *session);

/**
 * How it is getting on, as of `reported_unix_seconds`; of a list of sessions.
 *
 * `WARM_ERR_INVALID`: NULL, a `struct_size` that is too small, the cursor is not on an item, or
 * its list is of something else.
 */
int32_t warm_cursor_progress(const struct warm_cursor *c, struct warm_session_progress *progress);

/**
 * The session's trace: time, iteration and objective of the checkpoints it was given, written or not,
 * the oldest first. Thinned, when there are more than 257, to the first, every 2nd (4th, 8th ...) and the
 * last. Of each item there is `warm_cursor_trace_point`. The caller frees `*out` with
 * `warm_cursor_free`; it is NULL unless `WARM_OK`. Works after `warm_session_finish`.
 */
int32_t warm_session_trace(const struct warm_session *s,
                           struct warm_cursor **out);

/**
 * The trace of the session that wrote the run `run_id` under `key`, of this process or another, alive or
 * dead: as of its last durable checkpoint, thinned to at most 64 points, times rounded to milliseconds.
 * Empty where none was stored, or another engine has dropped it. Payloads are not read. Otherwise as
 * `warm_session_trace`.
 *
 * `WARM_NOT_FOUND`: no such run. `WARM_ERR_INVALID`: no legal run id.
 */
int32_t warm_store_trace(struct warm_store *s,
                         const struct warm_key *key,
                         const char *run_id,
                         int64_t run_id_len,
                         struct warm_cursor **out);

/**
 * One point; of a trace.
 *
 * `WARM_ERR_INVALID`: NULL, a `struct_size` that is too small, the cursor is not on an item, or
 * its list is of something else.
 */
int32_t warm_cursor_trace_point(const struct warm_cursor *c, struct warm_trace_point *point);

/**
 * Notes `signal` from now on, instead of its default action, which is to end the process:
 * `warm_session_should_stop` answers 1 in all sessions of this process. SIGHUP, SIGINT, SIGTERM, SIGUSR1,
 * SIGUSR2 or SIGXCPU, as in `signal.h`. `chain` 1: what was installed before is called, too (R's own
 * handler of SIGUSR1 saves and quits, for example); 0: it is not, until `warm_signals_unwatch`.
 *
 * Watches are counted: a second one for the same signal needs a second `warm_signals_unwatch`, and what
 * was there before is called if either wants it. A handler that others install meanwhile has to call
 * the one it found. In the child of a fork nothing is watched. System calls that the signal interrupts
 * are restarted unless the handler found was installed without `SA_RESTART`. Any thread.
 *
 * Hosts that block a signal and wait for it on a thread of their own, as Julia does with SIGTERM, SIGINT
 * and SIGUSR1, never deliver it to this.
 *
 * `WARM_ERR_INVALID`: another signal, or `chain` is neither 0 nor 1. `WARM_ERR_IO`: the system refuses.
 */
int32_t warm_signals_watch(int32_t signal,
                           int32_t chain);

/**
 * Undoes one `warm_signals_watch`. With the last of a signal, what was installed before is put back and
 * what was noted is forgotten. Where another handler was installed since, that stays, and the signal is
 * passed on as if it had never been watched. Any thread.
 *
 * `WARM_NOT_FOUND`: it is not watched. `WARM_ERR_INVALID`: a signal that cannot be.
 */
int32_t warm_signals_unwatch(int32_t signal);

/**
 * 1: the signal came since it is watched, or since it was forgotten; 0: it did not; negative: error.
 * Any thread.
 *
 * `WARM_ERR_INVALID`: a signal that cannot be watched.
 */
int32_t warm_signals_noted(int32_t signal);

/**
 * Forgets that the signal came, so that sessions go on; it stays watched. Any thread.
 *
 * `WARM_NOT_FOUND`: it had not come. `WARM_ERR_INVALID`: a signal that cannot be watched.
 */
int32_t warm_signals_forget(int32_t signal);

/**
 * Seconds of work between the end of a checkpoint and the next that cost the least time, where a durable
 * checkpoint takes `cost_seconds` and failures come at random, every `mean_time_between_failures` seconds
 * on average. `formula`: `WARM_INTERVAL_YOUNG` or `WARM_INTERVAL_DALY`. A session computes it from what
 * it measures: `warm_session_options_set_mean_time_between_failures`. Any thread.
 *
 * `WARM_ERR_INVALID`: NULL, another formula, a cost that is negative or not finite, or a mean time that
 * is not above 0.
 */
int32_t warm_interval_seconds(int32_t formula,
                              double cost_seconds,
                              double mean_time_between_failures,
                              double *seconds);

/**
 * Fills `*info`.
 *
 * `WARM_ERR_INVALID`: a NULL pointer or a `struct_size` that is too small.
 */
int32_t warm_miss_get_info(const struct warm_miss *m, struct warm_miss_info *info);

/**
 * Which stored key is nearest to the stored key `key`, and how the two differ, from what the sessions that
 * wrote under them recorded of their fingerprints. Otherwise as `warm_session_explain_miss`.
 *
 * `WARM_NOT_FOUND`: no other key has a field in common. `WARM_ERR_INVALID`: nothing under `key` says what
 * the key was made from; a negative or NaN timeout.
 */
int32_t warm_store_explain(struct warm_store *s,
                           const struct warm_key *key,
                           double timeout_seconds,
                           struct warm_miss **out);

/**
 * The nearest stored key.
 *
 * `WARM_ERR_INVALID`: a pointer is NULL.
 */
int32_t warm_miss_key(const struct warm_miss *m, struct warm_key *out);

/**
 * The difference in words, such as "y differs; x, family, link equal". At most 20 fields of a kind are
 * named.
 *
 * `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL.
 */
int32_t warm_miss_text(const struct warm_miss *m,
                       char *buf,
                       int64_t cap,
                       int64_t *needed);

/**
 * The fields one by one: those of the session's key in the order they were absorbed, then those that only
 * the stored key has. `warm_cursor_text` gives an item's tag, `warm_cursor_field` its state. The caller
 * frees `*out` with `warm_cursor_free`; it is NULL unless `WARM_OK`.
 */
int32_t warm_miss_list_fields(const struct warm_miss *m,
                              struct warm_cursor **out);

/**
 * Frees it and nulls the caller's pointer; NULL and pointer to NULL are legal.
 */
void warm_miss_free(struct warm_miss **m);

/**
 * Protects an array: from now on it is part of what `warm_session_checkpoint_regions` writes and
 * `warm_session_restore` fills. Nothing is read or copied yet.
 *
 * `name` is 1 to 255 bytes of UTF-8, and not `__metadata__`; `type` is one of the `WARM_TYPE`
 * constants; `order` is `WARM_ORDER_ROW_MAJOR` or `WARM_ORDER_COLUMN_MAJOR`, and of no account below
 * two dimensions; `dims` are `rank` extents, at most `WARM_RANK_MAX`, as the array is indexed; NULL
 * with `rank` 0 is a scalar. `data` may be NULL when there are no elements. A complex number's type
 * counts it as one element. A name that is protected already is given this array instead: do that
 * when an array was moved.
 *
 * Ownership: `data` stays the caller's. It has to stay where it is until the name is protected anew,
 * `warm_session_unprotect` returned, or the session is freed. It is read only within calls that write
 * regions, and written only within `warm_session_restore`, always on the calling thread.
 *
 * `WARM_ERR_INVALID`: NULL, a name, type, order or extent that cannot be, elements of less than a byte
 * that do not fill their last byte. `WARM_ERR_TOO_LARGE`: more bytes than an address space has; names
 * and notes above 16 MiB.
 */
int32_t warm_session_protect(struct warm_session *s,
                             const char *name,
                             int64_t name_len,
                             int32_t type,
                             int32_t order,
                             int64_t rank,
                             const int64_t *dims,
                             void *data);

/**
 * Forgets an array. Once this has returned its memory is not used any more, and may be freed: it waits
 * for a call that is reading or filling it on another thread.
 *
 * `WARM_NOT_FOUND`: no array of that name is protected. `WARM_ERR_INVALID`: as for
 * `warm_session_protect`.
 */
int32_t warm_session_unprotect(struct warm_session *s,
                               const char *name,
                               int64_t name_len);

/**
 * Forgets all arrays, as `warm_session_unprotect` does one; notes stay.
 */
int32_t warm_session_unprotect_all(struct warm_session *s);

/**
 * Makes a note that is written with the regions from now on, or replaces the one of that key:
 * `warm_entry_list_notes` answers it. `key` is 1 to 255 bytes of UTF-8, and `value` any UTF-8. The
 * library's own notes are `libwarmstart` (its version), `objective`, `iteration`, and what begins with
 * `order.` or `complex.`. The text is copied.
 *
 * `WARM_ERR_INVALID`: a key that cannot be, or that is the library's. `WARM_ERR_TOO_LARGE`: names and
 * notes above 16 MiB.
 */
int32_t warm_session_set_note(struct warm_session *s,
                              const char *key,
                              int64_t key_len,
                              const char *value,
                              int64_t value_len);

/**
 * Takes a note back.
 *
 * `WARM_NOT_FOUND`: there is none of that key. `WARM_ERR_INVALID`: as for `warm_session_set_note`.
 */
int32_t warm_session_remove_note(struct warm_session *s, const char *key, int64_t key_len);

/**
 * `warm_session_checkpoint` of the protected arrays, together with the notes, as a safetensors file.
 * They are copied on the calling thread before this returns, once, also with background writing; what
 * the rate limit holds back is not read. In synchronous mode the session keeps the memory of the copy
 * for the next. `objective` and `iteration` may be NULL for none.
 *
 * `WARM_ERR_INVALID`: no array is protected. `WARM_ERR_NO_MEMORY`: so many bytes cannot be allocated.
 * Everything else as `warm_session_checkpoint`.
 */
int32_t warm_session_checkpoint_regions(struct warm_session *s,
                                        const double *objective,
                                        const int64_t *iteration);

/**
 * `warm_session_checkpoint_regions` without the rate limit: `WARM_OK` means written and durable.
 */
int32_t warm_session_checkpoint_regions_now(struct warm_session *s,
                                            const double *objective,
                                            const int64_t *iteration);

/**
 * `warm_session_finalize` of the protected arrays; otherwise as `warm_session_checkpoint_regions`.
 */
int32_t warm_session_finalize_regions(struct warm_session *s,
                                      const double *objective,
                                      const int64_t *iteration);

/**
 * Fills all protected arrays, bit for bit, with the entry that `warm_session_load` would answer, and
 * takes it; `*info`, which may be NULL, says what it is. Everything is checked first: the entry has to
 * have these regions and no others, each of the type and dimensions that are protected, and at two
 * dimensions and more in the same order. Any safetensors file will do, whoever wrote it.
 *
 * `WARM_NOT_FOUND`: nothing to resume from. `WARM_ERR_INCOMPATIBLE`: the last error says which region
 * differs, and how; no array is touched and nothing is taken. `WARM_ERR_INVALID`: no array is
 * protected, or a `struct_size` that is too small.
 */
int32_t warm_session_restore(struct warm_session *s,
                             struct warm_entry_info *info);

/**
 * The regions that an entry's payload has, in the order that they lie in, whoever wrote it. Of each
 * item there are `warm_cursor_name`, `warm_cursor_region`, `warm_cursor_dims`, `warm_cursor_data` and
 * `warm_cursor_copy_data`, and the entry's `warm_cursor_key` and `warm_cursor_run_id`;
 * `warm_cursor_find` goes to one by its name. The cursor keeps the entry's bytes alive. The caller
 * frees `*out` with `warm_cursor_free`; it is NULL unless `WARM_OK`.
 *
 * `WARM_ERR_INCOMPATIBLE`: the payload is no safetensors file, or one that says what cannot be: the
 * last error says why.
 */
int32_t warm_entry_list_regions(const struct warm_entry *e,
                                struct warm_cursor **out);

/**
 * The notes beside the regions: of each item there are `warm_cursor_name`, its key, and
 * `warm_cursor_text`, what it says; `warm_cursor_find` goes to one by its key. Besides the caller's
 * there are `libwarmstart` (the version that wrote the file), `objective`, `iteration`, `order.<name>`
 * (`F`: column-major) and `complex.<name>`. The caller frees `*out` with `warm_cursor_free`; it is NULL
 * unless `WARM_OK`.
 *
 * `WARM_ERR_INCOMPATIBLE`: as `warm_entry_list_regions`.
 */
int32_t warm_entry_list_notes(const struct warm_entry *e,
                              struct warm_cursor **out);

/**
 * Moves to the item of that name; of a list of regions or notes.
 *
 * `WARM_NOT_FOUND`: there is none; the cursor stays where it is. `WARM_ERR_INVALID`: NULL, not UTF-8,
 * or its list is of something else.
 */
int32_t warm_cursor_find(struct warm_cursor *c,
                         const char *name,
                         int64_t name_len);

/**
 * The item's name: of a list of regions, for which `WARM_REGION_NAME_MAX` bytes suffice, or of notes; of a
 * list of sessions, the name of the host it runs on, empty where the host does not say.
 *
 * `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL. `WARM_ERR_INVALID`: NULL,
 * the cursor is not on an item, or its list is of something else.
 */
int32_t warm_cursor_name(const struct warm_cursor *c,
                         char *buf,
                         int64_t cap,
                         int64_t *needed);

/**
 * What the item is; of a list of regions.
 *
 * `WARM_ERR_INVALID`: NULL, a `struct_size` that is too small, the cursor is not on an item, or its
 * list is of something else.
 */
int32_t warm_cursor_region(const struct warm_cursor *c, struct warm_region_info *info);

/**
 * The item's extents, as the array is indexed: of a list of regions. `cap` and `*needed` count
 * numbers, of which there are `rank`; `WARM_RANK_MAX` always suffice.
 *
 * `WARM_ERR_BUFFER`: `*needed` says how many there are. `WARM_ERR_INVALID`: NULL, the cursor is not on
 * an item, or its list is of something else.
 */
int32_t warm_cursor_dims(const struct warm_cursor *c,
                         int64_t *dims,
                         int64_t cap,
                         int64_t *needed);

/**
 * The item's bytes where they lie: of a list of regions. `*data` is never NULL, aligned for the
 * item's type if this library wrote the file, and valid until the cursor is freed; `*len` is their
 * number.
 *
 * `WARM_ERR_INVALID`: NULL, the cursor is not on an item, or its list is of something else.
 */
int32_t warm_cursor_data(const struct warm_cursor *c, const void **data, int64_t *len);

/**
 * Copies the item's bytes into `buf`; of a list of regions.
 *
 * `WARM_ERR_BUFFER`: `*needed` says their number. `WARM_ERR_INVALID`: NULL, the cursor is not on an
 * item, or its list is of something else.
 */
int32_t warm_cursor_copy_data(const struct warm_cursor *c, void *buf, int64_t cap, int64_t *needed);

/**
 * Makes options with nothing set. The caller frees `*out`; it is NULL unless `WARM_OK`.
 *
 * `WARM_ERR_INVALID`: `out` is NULL.
 */
int32_t warm_cache_options_new(struct warm_cache_options **out);

/**
 * Most bytes that entries occupy in memory, with their keys, labels and places in the index; 0: none;
 * default 256 MiB.
 *
 * `WARM_ERR_INVALID`: negative.
 */
int32_t warm_cache_options_set_memory_budget(struct warm_cache_options *o,
                                             int64_t bytes);

/**
 * Most bytes below the root, over all namespaces; 0: unlimited; default 4 GiB.
 *
 * `WARM_ERR_INVALID`: negative.
 */
int32_t warm_cache_options_set_disk_budget(struct warm_cache_options *o, int64_t bytes);

/**
 * What a put, an invalidation or a flush survives once it returned: `WARM_DURABILITY_FULL` (the
 * default) or `WARM_DURABILITY_PROCESS`.
 *
 * `WARM_ERR_INVALID`: any other number.
 */
int32_t warm_cache_options_set_durability(struct warm_cache_options *o, int32_t level);

/**
 * 1: the root must exist, nothing on disk is changed, and what would change it answers
 * `WARM_ERR_PERMISSION`; default 0.
 *
 * `WARM_ERR_INVALID`: neither 0 nor 1.
 */
int32_t warm_cache_options_set_read_only(struct warm_cache_options *o, int32_t on);

/**
 * When what a get reads from the disk is kept in memory: `WARM_PROMOTION_IMMEDIATE` (the default) or
 * `WARM_PROMOTION_SECOND_HIT`.
 *
 * `WARM_ERR_INVALID`: any other number.
 */
int32_t warm_cache_options_set_promotion(struct warm_cache_options *o,
                                         int32_t when);

/**
 * 1: a thread of the cache's keeps in memory what gets read from the disk, so that no get waits for
 * it; at most `most` wait for it, and what comes beyond is dropped and counted. Default 0. `most` is
 * of no account when `on` is 0.
 *
 * `WARM_ERR_INVALID`: `on` is neither 0 nor 1, or `most` is negative.
 */
int32_t warm_cache_options_set_background_promotion(struct warm_cache_options *o,
                                                    int32_t on,
                                                    int64_t most);

/**
 * 0: payloads are stored as they are; 1, the default: they are compressed on disk where that makes
 * them smaller.
 *
 * `WARM_ERR_INVALID`: neither 0 nor 1.
 */
int32_t warm_cache_options_set_compression(struct warm_cache_options *o, int32_t on);

/**
 * Frees options and nulls the caller's pointer; NULL and pointer to NULL are legal.
 */
void warm_cache_options_free(struct warm_cache_options **o);

/**
 * Makes one with nothing set. The caller frees `*out`; it is NULL unless `WARM_OK`.
 *
 * `WARM_ERR_INVALID`: `out` is NULL.
 */
int32_t warm_put_new(struct warm_put **out);

/**
 * Gives the entry a version, any number of 64 bits: the put answers `WARM_ERR_CONFLICT` when a live
 * entry, in whichever tier or process, has this version or a higher one. A live entry without a version
 * never conflicts. Takes back `warm_put_set_swap`.
 *
 * `WARM_ERR_INVALID`: NULL.
 */
int32_t warm_put_set_version(struct warm_put *p,
                             uint64_t version);

/**
 * Compare and swap: gives the entry `version`, and the put answers `WARM_ERR_CONFLICT` unless the live
 * entry's version is exactly `expected`; or, with `has_expected` 0, unless there is no live entry
 * (`expected` is of no account then). Takes back `warm_put_set_version`.
 *
 * `WARM_ERR_INVALID`: NULL, or `has_expected` is neither 0 nor 1.
 */
int32_t warm_put_set_swap(struct warm_put *p,
                          int32_t has_expected,
                          uint64_t expected,
                          uint64_t version);

/**
 * Adds a tag: something the entry is about, by which it can be invalidated. 1 to 256 bytes of UTF-8
 * without a NUL, at most `WARM_CACHE_LABELS_MAX` of them. One that is there already is not added again.
 *
 * `WARM_ERR_INVALID`: NULL, empty, too long, not UTF-8. `WARM_ERR_TOO_LARGE`: one too many.
 */
int32_t warm_put_add_tag(struct warm_put *p,
                         const char *text,
                         int64_t len);

/**
 * Adds a dependency: the name, or fingerprint, of what the bytes were computed from. Otherwise as
 * `warm_put_add_tag`.
 *
 * `WARM_ERR_INVALID`: NULL, empty, too long, not UTF-8. `WARM_ERR_TOO_LARGE`: one too many.
 */
int32_t warm_put_add_dependency(struct warm_put *p, const char *text, int64_t len);

/**
 * Adds a metadata pair, which gets answer with the bytes: at most `WARM_CACHE_PAIRS_MAX`, and
 * `WARM_CACHE_PAIRS_BYTES_MAX` bytes in all. UTF-8 without a NUL; the name is not empty. A name that is
 * there gets the new value.
 *
 * `WARM_ERR_INVALID`: NULL, an empty name, longer than all pairs may be, not UTF-8.
 * `WARM_ERR_TOO_LARGE`: one too many, or too many bytes with the others.
 */
int32_t warm_put_set_pair(struct warm_put *p,
                          const char *name,
                          int64_t name_len,
                          const char *value,
                          int64_t value_len);

/**
 * What kind of bytes these are, as a media type such as "image/png": what is compressed already is not
 * compressed again. At most 256 bytes of UTF-8 without a NUL.
 *
 * `WARM_ERR_INVALID`: NULL, too long, not UTF-8.
 */
int32_t warm_put_set_content_type(struct warm_put *p,
                                  const char *media_type,
                                  int64_t len);

/**
 * 0 to 255: the lowest go first when room is needed, however recently used; default
 * `WARM_CACHE_PRIORITY_DEFAULT`.
 *
 * `WARM_ERR_INVALID`: NULL, or another number.
 */
int32_t warm_put_set_priority(struct warm_put *p, int32_t priority);

/**
 * Whether memory takes it too: one of the `WARM_ADMISSION` constants; default `WARM_ADMISSION_AUTO`.
 *
 * `WARM_ERR_INVALID`: NULL, or another number.
 */
int32_t warm_put_set_admission(struct warm_put *p,
                               int32_t admission);

/**
 * Seconds from the put on after which the entry dies, or goes stale; rounded up to milliseconds; 0, the
 * default: never. With `warm_put_set_deadline_unix_ms` the earlier one counts.
 *
 * `WARM_ERR_INVALID`: NULL, negative or not finite.
 */
int32_t warm_put_set_ttl_seconds(struct warm_put *p,
                                 double seconds);

/**
 * When the entry dies, or goes stale: milliseconds since 1970-01-01 UTC. One that has passed is legal:
 * such an entry is never answered but within its stale window.
 *
 * `WARM_ERR_INVALID`: NULL, or negative.
 */
int32_t warm_put_set_deadline_unix_ms(struct warm_put *p,
                                      int64_t unix_ms);

/**
 * Lengthens the seconds of `warm_put_set_ttl_seconds` by 0 to this percentage of them, differently for
 * each key, so that what was put together does not die together. Above 100 is 100; default 0.
 *
 * `WARM_ERR_INVALID`: NULL, negative or NaN.
 */
int32_t warm_put_set_jitter_percent(struct warm_put *p,
                                    double percent);

/**
 * Seconds without a get after which the entry dies; each get begins them anew; rounded up to
 * milliseconds; 0, the default: never.
 *
 * `WARM_ERR_INVALID`: NULL, negative or not finite.
 */
int32_t warm_put_set_idle_seconds(struct warm_put *p, double seconds);

/**
 * Seconds after its deadline for which the entry is still answered, marked as stale, so that its
 * caller can use it while he makes it anew; rounded up to milliseconds; default 0.
 *
 * `WARM_ERR_INVALID`: NULL, negative or not finite.
 */
int32_t warm_put_set_stale_seconds(struct warm_put *p, double seconds);

/**
 * Most bytes that the blob may have: a longer one is refused with `WARM_ERR_TOO_LARGE`. 0, the default:
 * what the budgets allow.
 *
 * `WARM_ERR_INVALID`: NULL, or negative.
 */
int32_t warm_put_set_largest(struct warm_put *p,
                             int64_t bytes);

/**
 * Frees one and nulls the caller's pointer; NULL and pointer to NULL are legal.
 */
void warm_put_free(struct warm_put **p);

/**
 * The payload where it lies: `*data` is aligned to 64 bytes, never NULL, and valid until the blob is
 * freed; `*len` is its length in bytes.
 *
 * `WARM_ERR_INVALID`: a pointer is NULL.
 */
int32_t warm_blob_payload(const struct warm_blob *b,
                          const void **data,
                          int64_t *len);

/**
 * Copies the payload into `buf`.
 *
 * `WARM_ERR_BUFFER`: `*needed` says its length. `WARM_ERR_INVALID`: a NULL or negative argument.
 */
int32_t warm_blob_copy(const struct warm_blob *b, void *buf, int64_t cap, int64_t *needed);

/**
 * Fills `*info`; what remains of its life, as of now.
 *
 * `WARM_ERR_INVALID`: a NULL pointer or a `struct_size` that is too small.
 */
int32_t warm_blob_get_info(const struct warm_blob *b, struct warm_blob_info *info);

/**
 * How many tags it has.
 *
 * `WARM_ERR_INVALID`: a pointer is NULL.
 */
int32_t warm_blob_tag_count(const struct warm_blob *b, int64_t *count);

/**
 * Its tag number `index`, counted from 0; `WARM_CACHE_LABEL_MAX` bytes suffice.
 *
 * `WARM_NOT_FOUND`: there are not so many. `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes
 * with its NUL. `WARM_ERR_INVALID`: NULL, or a negative number.
 */
int32_t warm_blob_tag(const struct warm_blob *b,
                      int64_t index,
                      char *buf,
                      int64_t cap,
                      int64_t *needed);

/**
 * How many dependencies it has.
 *
 * `WARM_ERR_INVALID`: a pointer is NULL.
 */
int32_t warm_blob_dependency_count(const struct warm_blob *b, int64_t *count);

/**
 * Its dependency number `index`, counted from 0. Otherwise as `warm_blob_tag`.
 *
 * `WARM_NOT_FOUND`: there are not so many. `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes
 * with its NUL. `WARM_ERR_INVALID`: NULL, or a negative number.
 */
int32_t warm_blob_dependency(const struct warm_blob *b,
                             int64_t index,
                             char *buf,
                             int64_t cap,
                             int64_t *needed);

/**
 * How many metadata pairs it has.
 *
 * `WARM_ERR_INVALID`: a pointer is NULL.
 */
int32_t warm_blob_pair_count(const struct warm_blob *b, int64_t *count);

/**
 * The name of its metadata pair number `index`, counted from 0.
 *
 * `WARM_NOT_FOUND`: there are not so many. `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes
 * with its NUL. `WARM_ERR_INVALID`: NULL, or a negative number.
 */
int32_t warm_blob_pair_name(const struct warm_blob *b,
                            int64_t index,
                            char *buf,
                            int64_t cap,
                            int64_t *needed);

/**
 * The value of its metadata pair number `index`. Otherwise as `warm_blob_pair_name`.
 *
 * `WARM_NOT_FOUND`: there are not so many. `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes
 * with its NUL. `WARM_ERR_INVALID`: NULL, or a negative number.
 */
int32_t warm_blob_pair_value(const struct warm_blob *b,
                             int64_t index,
                             char *buf,
                             int64_t cap,
                             int64_t *needed);

/**
 * The media type it was put with; `WARM_CACHE_LABEL_MAX` bytes suffice.
 *
 * `WARM_NOT_FOUND`: none was given. `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its
 * NUL. `WARM_ERR_INVALID`: NULL.
 */
int32_t warm_blob_content_type(const struct warm_blob *b,
                               char *buf,
                               int64_t cap,
                               int64_t *needed);

/**
 * Frees a blob and nulls the caller's pointer; NULL and pointer to NULL are legal. Pointers from
 * `warm_blob_payload` end here.
 */
void warm_blob_free(struct warm_blob **b);

/**
 * The namespaces that are registered: of each item there is `warm_cache_cursor_key`. The caller frees `*out` with `warm_cache_cursor_free`; it is NULL unless `WARM_OK`.
 */
int32_t warm_cache_list_namespaces(struct warm_cache *c,
                                   struct warm_cache_cursor **out);

/**
 * The live entries of the namespace `ns` whose keys begin with `prefix`, empty for all of them: of each item there are `warm_cache_cursor_key` and `warm_cache_cursor_info`. It is no access.
 * The caller frees `*out` with `warm_cache_cursor_free`; it is NULL unless `WARM_OK`.
 */
int32_t warm_cache_list(struct warm_cache *c,
                        const char *ns,
                        int64_t ns_len,
                        const char *prefix,
                        int64_t prefix_len,
                        struct warm_cache_cursor **out);

/**
 * Moves to the next item; the first call to the first. `WARM_NOT_FOUND` at the end, again and again.
 *
 * `WARM_ERR_INVALID`: `k` is NULL.
 */
int32_t warm_cache_cursor_next(struct warm_cache_cursor *k);

/**
 * The item's key, for which `WARM_CACHE_KEY_MAX` bytes suffice; of a list of namespaces, the
 * namespace's name, for which `WARM_CACHE_NAMESPACE_MAX` do.
 *
 * `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL. `WARM_ERR_INVALID`: NULL, or
 * the cursor is not on an item.
 */
int32_t warm_cache_cursor_key(const struct warm_cache_cursor *k,
                              char *buf,
                              int64_t cap,
                              int64_t *needed);

/**
 * What is known of the item; of a list of entries.
 *
 * `WARM_ERR_INVALID`: NULL, a `struct_size` that is too small, the cursor is not on an item, or its
 * list is of namespaces.
 */
int32_t warm_cache_cursor_info(const struct warm_cache_cursor *k, struct warm_blob_info *info);

/**
 * Frees a cursor and nulls the caller's pointer; NULL and pointer to NULL are legal.
 */
void warm_cache_cursor_free(struct warm_cache_cursor **k);

/**
 * Opens a cache in the directory `root`, creating it (and what is missing above it) with mode 0700
 * unless the options say read-only. `root` is UTF-8, taken literally, relative to the working directory
 * of this moment; NULL or empty: what `warm_store_open` takes, with "-cache" appended to the directory's
 * name (`~/.cache/warmstart-cache`). `options` may be NULL for the defaults. The caller frees `*out`
 * with `warm_cache_free`; it is NULL unless `WARM_OK`.
 *
 * `WARM_ERR_INVALID`: the root is a file, its name is too long or has a NUL inside, or there is no
 * default. `WARM_ERR_PERMISSION`: it may not be read, or not be made. `WARM_ERR_INCOMPATIBLE`: a newer
 * library wrote it. `WARM_ERR_CORRUPT`: what it says of its namespaces cannot be understood.
 */
int32_t warm_cache_open(const char *root,
                        int64_t root_len,
                        const struct warm_cache_options *options,
                        struct warm_cache **out);

/**
 * Opens a cache that lies in memory only, within the options' memory budget, and ends with its handle;
 * options that concern the disk are of no account. `options` may be NULL for the defaults. The caller
 * frees `*out` with `warm_cache_free`; it is NULL unless `WARM_OK`.
 *
 * `WARM_ERR_INVALID`: `out` is NULL.
 */
int32_t warm_cache_open_in_memory(const struct warm_cache_options *options,
                                  struct warm_cache **out);

/**
 * The directory the cache lies in, absolute.
 *
 * `WARM_NOT_FOUND`: it lies in memory only. `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes
 * with its NUL.
 */
int32_t warm_cache_root(const struct warm_cache *c,
                        char *buf,
                        int64_t cap,
                        int64_t *needed);

/**
 * Puts `len` bytes under `key` in the namespace `ns`, which the first put registers. `put` says what
 * goes with them, and may be NULL for nothing; `receipt`, which may be NULL, what was done. When it
 * returns `WARM_OK`, the entry survives what the cache's durability level says. What was under the key
 * before is replaced, its labels and life included. The bytes are copied.
 *
 * `WARM_ERR_CONFLICT`: a version forbids it, see `warm_put_set_version` and `warm_put_set_swap`.
 * `WARM_ERR_TOO_LARGE`: one namespace too many, or more bytes than `warm_put_set_largest`, the
 * namespace's quota or the budgets allow: the last error names limit and size. After any error what was
 * there before is intact.
 */
int32_t warm_cache_put(struct warm_cache *c,
                       const char *ns,
                       int64_t ns_len,
                       const char *key,
                       int64_t key_len,
                       const void *payload,
                       int64_t len,
                       const struct warm_put *put,
                       struct warm_put_receipt *receipt);

/**
 * The entry under `key` in the namespace `ns`. The caller frees `*out` with `warm_blob_free`; it is NULL
 * unless `WARM_OK`. What memory answers is not copied; a small handle is allocated.
 *
 * `WARM_NOT_FOUND`: nothing live is there; a namespace that does not exist is no error.
 * `WARM_ERR_NO_MEMORY`: the payload does not fit in memory.
 */
int32_t warm_cache_get(struct warm_cache *c,
                       const char *ns,
                       int64_t ns_len,
                       const char *key,
                       int64_t key_len,
                       struct warm_blob **out);

/**
 * `warm_cache_get` into the caller's buffer: the payload goes to `buf`, what is known of it to `*info`,
 * which may be NULL. What memory answers allocates nothing. A call that answers `WARM_ERR_BUFFER` is a
 * get, and counts as one.
 *
 * `WARM_NOT_FOUND`: nothing live is there. `WARM_ERR_BUFFER`: `*needed` says the payload's length.
 */
int32_t warm_cache_get_into(struct warm_cache *c,
                            const char *ns,
                            int64_t ns_len,
                            const char *key,
                            int64_t key_len,
                            void *buf,
                            int64_t cap,
                            int64_t *needed,
                            struct warm_blob_info *info);

/**
 * What is known of `key` without reading a file: `*existence` is one of the `WARM_EXISTENCE` constants.
 * It is no access, and counts as none.
 */
int32_t warm_cache_existence(struct warm_cache *c,
                             const char *ns,
                             int64_t ns_len,
                             const char *key,
                             int64_t key_len,
                             int32_t *existence);

/**
 * Whether there is a live entry under `key`, exactly: it may read a file, and is no access.
 *
 * `WARM_OK`: there is. `WARM_NOT_FOUND`: there is none.
 */
int32_t warm_cache_contains(struct warm_cache *c,
                            const char *ns,
                            int64_t ns_len,
                            const char *key,
                            int64_t key_len);

/**
 * Removes the entry under `key`; as durable as a put.
 *
 * `WARM_NOT_FOUND`: nothing live was there.
 */
int32_t warm_cache_remove(struct warm_cache *c,
                          const char *ns,
                          int64_t ns_len,
                          const char *key,
                          int64_t key_len);

/**
 * What is known of the live entry under `key`, its remaining life for one. It is no access, and counts
 * as none.
 *
 * `WARM_NOT_FOUND`: nothing live is there. `WARM_ERR_INVALID`: also a `struct_size` that is too small.
 */
int32_t warm_cache_peek(struct warm_cache *c,
                        const char *ns,
                        int64_t ns_len,
                        const char *key,
                        int64_t key_len,
                        struct warm_blob_info *info);

/**
 * Gives the live entry under `key` another life, from now on, without writing its bytes again: the
 * seconds, deadline, jitter, idle and stale seconds of `put`; its other settings are of no account. With
 * a NULL `put` the entry lives until it is evicted. As durable as a put.
 *
 * `WARM_NOT_FOUND`: nothing live is there.
 */
int32_t warm_cache_set_life(struct warm_cache *c,
                            const char *ns,
                            int64_t ns_len,
                            const char *key,
                            int64_t key_len,
                            const struct warm_put *put);

/**
 * Frees a cache and nulls the caller's pointer; NULL and pointer to NULL are legal. Its blobs, lists and
 * tasks stay usable.
 */
void warm_cache_free(struct warm_cache **c);

/**
 * Puts `n` blobs into the namespace `ns`, one after the other: `payloads[i]`, of `lens[i]` bytes, under
 * `keys[i]`, of `key_lens[i]` bytes (-1: NUL-terminated; `key_lens` NULL: all are). `put`, which may be
 * NULL, goes with each of them. `statuses[i]` is what `warm_cache_put` would have returned for each; one
 * that fails keeps no other from being put.
 *
 * `WARM_OK`: every blob has its status; when any of them is an error, the last error is about the first
 * of these. On any other return nothing was put, and the statuses are as they were.
 */
int32_t warm_cache_put_many(struct warm_cache *c,
                            const char *ns,
                            int64_t ns_len,
                            const char *const *keys,
                            const int64_t *key_lens,
                            const void *const *payloads,
                            const int64_t *lens,
                            int64_t n,
                            const struct warm_put *put,
                            int32_t *statuses);

/**
 * The entries under `n` keys of the namespace `ns`, given as in `warm_cache_put_many`. `out[i]` and
 * `statuses[i]` are what `warm_cache_get` would have given and returned for each: `WARM_OK` with a blob
 * that the caller frees with `warm_blob_free`, else NULL and `WARM_NOT_FOUND` or an error.
 *
 * `WARM_OK`: every key has its status; when any of them is an error, the last error is about the first
 * of these. On any other return all of `out` is NULL, if it could be written to, and the statuses are
 * as they were.
 */
int32_t warm_cache_get_many(struct warm_cache *c,
                            const char *ns,
                            int64_t ns_len,
                            const char *const *keys,
                            const int64_t *key_lens,
                            int64_t n,
                            struct warm_blob **out,
                            int32_t *statuses);

/**
 * Removes the entries of the namespace `ns` whose keys begin with `prefix`, empty for all; as durable as
 * a put. `*invalidated`, which may be NULL, says how many live ones there were.
 */
int32_t warm_cache_invalidate_prefix(struct warm_cache *c,
                                     const char *ns,
                                     int64_t ns_len,
                                     const char *prefix,
                                     int64_t prefix_len,
                                     int64_t *invalidated);

/**
 * Removes the entries that have any of `n` tags, in the namespace `ns`, or with NULL and 0 in all of
 * them, whether they are in memory or on disk only; as durable as a put. `labels[i]` has `label_lens[i]`
 * bytes (-1: NUL-terminated; `label_lens` NULL: all are). `*invalidated`, which may be NULL, says how
 * many live entries there were, each counted once. No tags: nothing is done, and the count is 0.
 */
int32_t warm_cache_invalidate_tags(struct warm_cache *c,
                                   const char *ns,
                                   int64_t ns_len,
                                   const char *const *labels,
                                   const int64_t *label_lens,
                                   int64_t n,
                                   int64_t *invalidated);

/**
 * Removes the entries that have any of `n` dependencies. Otherwise as `warm_cache_invalidate_tags`.
 */
int32_t warm_cache_invalidate_dependencies(struct warm_cache *c,
                                           const char *ns,
                                           int64_t ns_len,
                                           const char *const *labels,
                                           const int64_t *label_lens,
                                           int64_t n,
                                           int64_t *invalidated);

/**
 * Forgets everything in the namespace `ns`, at once, however much there is: its files are removed later.
 * As durable as a put, and seen by other processes. What is put afterwards may have any version.
 *
 * A namespace that does not exist is no error.
 */
int32_t warm_cache_flush(struct warm_cache *c,
                         const char *ns,
                         int64_t ns_len);

/**
 * Most bytes that the namespace `ns` may take on disk: its own entries are evicted for it, and no
 * other's. 0: no limit of its own.
 *
 * `WARM_ERR_INVALID`: also negative. `WARM_ERR_UNSUPPORTED`: the cache lies in memory only.
 */
int32_t warm_cache_set_quota(struct warm_cache *c, const char *ns, int64_t ns_len, int64_t bytes);

/**
 * Fills `*stats` with the figures of the namespace `ns`, or with NULL and 0 of the whole cache. Of a
 * namespace that does not exist there is nothing but the budgets.
 *
 * `WARM_ERR_INVALID`: also a `struct_size` that is too small.
 */
int32_t warm_cache_get_stats(const struct warm_cache *c,
                             const char *ns,
                             int64_t ns_len,
                             struct warm_cache_stats *stats);

/**
 * Starts to read and check everything below the root; nothing is changed. Damage is no error: look at
 * the report. Everything that a `warm_task` offers is as for `warm_store_start_verify`. The task keeps
 * the cache alive. The caller frees `*out` with `warm_task_free`; it is NULL unless `WARM_OK`.
 *
 * `WARM_ERR_IO`: no thread can be started.
 */
int32_t warm_cache_start_verify(struct warm_cache *c,
                                struct warm_task **out);

/**
 * Removes what is dead, what was flushed, what budgets and quotas do not allow, and what dead writers
 * left: now.
 */
int32_t warm_cache_sweep(struct warm_cache *c);

/**
 * Starts to copy the live entries, each as of one moment, to a cache in another directory, which must be
 * empty or not exist; the cache goes on working meanwhile. `intact` of the report says how many were copied,
 * `payload_bytes` what they take. Everything that a `warm_task` offers is as for `warm_store_start_verify`. Until
 * all are there the directory opens as no cache, and copying that is cancelled, or fails, empties it again. The
 * task keeps the cache alive. The caller frees `*out` with `warm_task_free`; it is NULL unless `WARM_OK`.
 *
 * `WARM_ERR_INVALID`: NULL, or not a path. `WARM_ERR_IO`: no thread can be started. When it is waited for,
 * `WARM_ERR_INVALID`: there is something in `root` already; `WARM_ERR_UNSUPPORTED`: the cache lies in memory
 * only.
 */
int32_t warm_cache_start_copy(struct warm_cache *c,
                              const char *root,
                              int64_t root_len,
                              struct warm_task **out);

/**
 * Waits until no work of the cache's waits for its background thread any more, promotions for one; at
 * most `timeout_seconds`; 0 polls. Nothing has to be waited for to be durable.
 *
 * `WARM_TIMEOUT`: the time ran out first. `WARM_ERR_INVALID`: also a negative or NaN timeout.
 */
int32_t warm_cache_drain(struct warm_cache *c,
                         double timeout_seconds);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* WARMSTART_H */
