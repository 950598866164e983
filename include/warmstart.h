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
 *   the root; one for each task.
 * - After fork, stores and sessions answer WARM_ERR_FORKED in the child; freeing them there is safe.
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
 * Survives power loss once the call returned `WARM_OK`: the default.
 */
#define WARM_DURABILITY_FULL 0

/**
 * Survives the death of the process; no fsync, so power loss may cost what was written at this
 * level.
 */
#define WARM_DURABILITY_PROCESS 1

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
 * Soname number times 65 536 plus revision. A binding needs an equal soname number and a revision
 * at least its own.
 */
#define WARM_ABI_VERSION 1

/**
 * The matrix lies in memory row after row (C, NumPy's default).
 */
#define WARM_ORDER_ROW_MAJOR 0

/**
 * The matrix lies in memory column after column (Fortran, R, Julia).
 */
#define WARM_ORDER_COLUMN_MAJOR 1

/**
 * A list, gone through item by item: a copy made when the cursor was, so that nothing done to the
 * store meanwhile disturbs it.
 *
 * Threads: one at a time. It is plain memory and stays usable in the child of a fork. Free it with
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
 * A verification or repair in progress, on a thread of its own; it keeps its store alive. Wait for
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
} warm_check_report;

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
 * The run that wrote the entry; `WARM_RUN_ID_MAX` bytes suffice for every run id of this library,
 * another engine's may be longer.
 *
 * `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL.
 */
int32_t warm_entry_run_id(const struct warm_entry *e, char *buf, int64_t cap, int64_t *needed);

/**
 * Frees an entry and nulls the caller's pointer; NULL and pointer to NULL are legal. Pointers from
 * `warm_entry_payload` end here.
 */
void warm_entry_free(struct warm_entry **e);

/**
 * Moves to the next item; the first call to the first. `WARM_NOT_FOUND` at the end, again and again.
 *
 * `WARM_ERR_INVALID`: `c` is NULL.
 */
int32_t warm_cursor_next(struct warm_cursor *c);

/**
 * The item's key; of any list.
 *
 * `WARM_ERR_INVALID`: NULL, the cursor is not on an item, or the item is a finding without key.
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
 * The item's run id; of a list of entries or findings (empty for a finding
 * that belongs to no run). `WARM_RUN_ID_MAX` bytes suffice for every run
 * id of this library.
 *
 * `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL. `WARM_ERR_INVALID`: NULL,
 * the cursor is not on an item, or its list is of keys.
 */
int32_t warm_cursor_run_id(const struct warm_cursor *c, char *buf, int64_t cap, int64_t *needed);

/**
 * The item in words: of a list of findings, which file and what is wrong with it.
 *
 * `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL. `WARM_ERR_INVALID`: NULL,
 * the cursor is not on an item, or its list is of something else.
 */
int32_t warm_cursor_text(const struct warm_cursor *c, char *buf, int64_t cap, int64_t *needed);

/**
 * What kind of thing is wrong, and what was done about it; of a list of findings.
 *
 * `WARM_ERR_INVALID`: NULL, a `struct_size` that is too small, the cursor is not on an item, or
 * its list is of something else.
 */
int32_t warm_cursor_finding(const struct warm_cursor *c, struct warm_finding *finding);

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
 * Fills `*stats`.
 *
 * `WARM_ERR_INVALID`: a NULL pointer or a `struct_size` that is too small.
 */
int32_t warm_store_get_stats(const struct warm_store *s, struct warm_store_stats *stats);

/**
 * Frees a store and nulls the caller's pointer; NULL and pointer to NULL are legal. Its sessions and
 * entries stay usable.
 */
void warm_store_free(struct warm_store **s);

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
 * Makes options with the defaults. The caller frees `*out`; it is NULL unless `WARM_OK`.
 *
 * `WARM_ERR_INVALID`: `out` is NULL.
 */
int32_t warm_session_options_new(struct warm_session_options **out);

/**
 * Seconds between checkpoints that do not improve the objective; default 2, 0: no limit.
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
 * `len` bytes, and takes it; `*info`, which may be NULL, says what it is.
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
 * write. `objective` and `iteration` may be NULL for none; a non-finite objective is none. The
 * buffer may be reused at once.
 *
 * `WARM_OK`: written, durable to the store's level. `WARM_THROTTLED`: held back, nothing was
 * written. `WARM_ERR_TOO_LARGE`: the entry exceeds the size budget. A write that fails does not
 * count as written, and what was stored before is intact.
 *
 * With background writing: `WARM_QUEUED`: copied, and published by the store's thread, as a rule
 * within 50 ms. Until then a newer checkpoint takes its place, but never a worse one that of the
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
 * Writes the fit's answer, as Final, whatever the rate limit, and removes this session's
 * checkpoints, which it supersedes. Durable on return to the store's level. The session may go on.
 * Otherwise as `warm_session_checkpoint`.
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
 * say. Its info says the source. The caller frees `*out` with `warm_entry_free`; it is NULL unless
 * `WARM_OK`. Works after `warm_session_finish`.
 *
 * `WARM_NOT_FOUND`: nothing valid.
 */
int32_t warm_session_load(struct warm_session *s, struct warm_entry **out);

/**
 * What `warm_session_load` would answer; takes nothing. The caller frees `*out` with
 * `warm_entry_free`; it is NULL unless `WARM_OK`. Works after `warm_session_finish`.
 *
 * `WARM_NOT_FOUND`: nothing valid.
 */
int32_t warm_session_peek(struct warm_session *s, struct warm_entry **out);

/**
 * The run that the session's best checkpoint and its answer are stored under; `WARM_RUN_ID_MAX`
 * bytes always suffice. Works after `warm_session_finish`.
 *
 * `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL.
 */
int32_t warm_session_run_id(const struct warm_session *s, char *buf, int64_t cap, int64_t *needed);

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

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* WARMSTART_H */
