"""Crash-safe checkpoints and warm starts for fitting engines: libwarmstart from Python.

One file over ctypes, nothing to compile: copy it into a project, or put its directory on the path.

    import numpy, scipy.optimize, warmstart

    key = warmstart.fingerprint(model="logistic, ridge 1", X=X, y=y)
    with warmstart.Store() as store, store.session(key) as fit:
        x = numpy.zeros(p)
        done = fit.resume(x)                       # killed earlier, or fitted before
        if done is None or done.kind is not warmstart.Kind.FINAL:
            found = scipy.optimize.minimize(f, x, callback=lambda x: fit.checkpoint(x, f(x)))
            fit.finalize(found.x, found.fun)

**The library** is looked for where the environment's WARMSTART_LIBRARY says, else beside this file, else
where the system's linker looks. Any Python from 3.8 on that is CPython will do; NumPy is used where it is
and needed nowhere.

**Payloads** are whatever has a contiguous buffer: bytes, array.array, memoryview, a NumPy array in C order.
They are handed over without a copy, as they lie in memory, and come out as a read-only memoryview of the
entry's own memory, which lives for as long as any view of it.

**Errors** are exceptions by status, all of them derived from Error; what is no error is an answer: None where
nothing is stored, a Status where there are several outcomes.

**Threads.** Stores, caches, remotes, prefetch workers, sessions, entries, blobs and tasks may be used from any number of threads at once; the interpreter
goes on in the meantime. Closing an object while another thread is in a call of it is safe: the library's side of
it goes when that call returns. Fingerprinters and listings take turns.

**Fork** (multiprocessing's default on Linux up to Python 3.13): in the child, stores, caches, remotes, sessions and tasks of
the parent raise ForkedError; open a new one there. Entries and blobs stay readable, and dropping any object is safe.

**Ctrl-C.** Waits (flush, finish, wait) are cut into tenths of a second, so KeyboardInterrupt is raised in
between; what was accepted is still published. What asks a remote tier (fetch, remove, retain) is not cut: give it a timeout
that can be waited for.
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import ctypes.util
import datetime
import enum
import os
import sys
import threading
import time
from ctypes import POINTER, Structure, byref, c_char_p, c_double, c_int32, c_int64, c_uint8, c_uint32, c_uint64, c_void_p
from typing import Any, Callable, Dict, Generic, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Type, TypeVar, Union

__all__ = [
    "AccessError", "Action", "Admission", "Blob", "BlobInfo", "Cache", "CacheStatistics", "Chain",
    "CheckReport", "ConflictError", "CorruptError", "Deadline", "Durability", "ElementType", "Entry",
    "EntryInfo", "Error", "Existence", "Exported", "FieldType", "Finding", "Fingerprinter", "ForkedError", "Imported",
    "IncompatibleError", "Interval", "InvalidError", "IoError", "Key", "Keyspace", "Kind", "Listed", "LiveSession",
    "ListedBlob", "Lookup", "NoMemoryError", "NoSpaceError", "Order", "PanicError", "Planned", "PoisonedError",
    "Prefetch", "PrefetchCycle", "PrefetchStatistics", "Problem", "Promotion", "PutReceipt", "Reach", "Record",
    "RecordKind", "Region", "Remote", "RemoteError", "RemoteStatistics", "RetentionReport", "Role", "Session",
    "SessionProgress", "SignalWatch", "Source", "Status", "Stop", "StopInfo", "Store", "StoreLimits",
    "StoreStatistics", "Task", "TaskProgress", "TooLargeError", "TooSmallError", "TracePoint",
    "UnsupportedError", "Uploads", "abi_version", "build_info", "fingerprint", "interval_seconds", "version",
]

_ABI_VERSION = 3  # WARM_ABI_VERSION of the header this file was written for


# ---- constants ----


class Status(enum.IntEnum):
    """Outcomes that are no errors."""

    OK = 0
    NOT_FOUND = 1
    THROTTLED = 2  #: the rate limit held this checkpoint back; nothing was written
    QUEUED = 3  #: copied and accepted by the background writer; not durable yet
    TIMEOUT = 4  #: the wait ended first
    CANCELLED = 5  #: the work was cancelled before its end
    DEFERRED = 6  #: put off: not now, and nothing is wrong


class Kind(enum.IntEnum):
    """Progress, or the fit's answer."""

    CHECKPOINT = 0
    FINAL = 1


class Lookup(enum.IntEnum):
    """Which of a key's entries is answered."""

    BEST = 0  #: the lowest objective; within 1e-12 of it a final before a checkpoint, then the newer
    LATEST = 1  #: the newest, whatever its objective


class Source(enum.IntEnum):
    """Where an entry was found."""

    EXACT = 0
    PRELOADED = 1
    SEED = 2


class Durability(enum.IntEnum):
    """What an acknowledged save survives."""

    FULL = 0  #: power loss
    PROCESS = 1  #: the death of the process; nothing is synced


class Order(enum.IntEnum):
    """How a matrix lies in memory."""

    ROW_MAJOR = 0
    COLUMN_MAJOR = 1


class ElementType(enum.IntEnum):
    """The type of a region's elements."""

    F64 = 1
    F32 = 2
    F16 = 3
    BF16 = 4
    I64 = 5
    I32 = 6
    I16 = 7
    I8 = 8
    U64 = 9
    U32 = 10
    U16 = 11
    U8 = 12
    BOOL = 13
    C128 = 14
    C64 = 15
    F8_E4M3 = 16
    F8_E5M2 = 17
    F8_E8M0 = 18
    F8_E4M3FNUZ = 19
    F8_E5M2FNUZ = 20
    F6_E2M3 = 21
    F6_E3M2 = 22
    F4 = 23


class Problem(enum.IntEnum):
    """What a verification found, or why a sweep removed a run."""

    METADATA = 0
    PAYLOAD = 1
    PAYLOAD_MISSING = 2
    METADATA_MISSING = 3
    UNREADABLE = 4
    LEAVING = 5
    TOTALS = 6
    RECORD = 7
    EXPIRED = 8  #: nothing is wrong with it
    OVER_BUDGET = 9  #: nor with this


class Imported(enum.IntEnum):
    """What became of an entry that was to be taken in."""

    WRITTEN = 0
    KNOWN = 1  #: the very same is here already
    SUPERSEDED = 2  #: a newer generation of the run is here, and stays
    EXPIRED = 3  #: written longer ago than the store keeps anything


class Action(enum.IntEnum):
    """What a repair did about it."""

    NOTHING = 0
    WAITS = 1
    MOVED_ASIDE = 2
    REMOVED = 3
    REBUILT = 4
    FAILED = 5


class Interval(enum.IntEnum):
    """By whom the interval between checkpoints is reckoned."""

    YOUNG = 0
    DALY = 1


class Stop(enum.IntEnum):
    """Why a session is to stop."""

    NONE = 0
    DEADLINE = 1
    HALT_FILE = 2
    SIGNAL = 3


class Deadline(enum.IntEnum):
    """Who set a session's deadline."""

    NONE = 0
    CALLER = 1
    ENVIRONMENT = 2  #: WARMSTART_DEADLINE
    SLURM = 3
    COBALT = 4
    OAR = 5


class Keyspace(enum.IntEnum):
    """What a text of the caller's stands for."""

    RECORD = 0
    OUTER_ITERATE = 1


class RecordKind(enum.IntEnum):
    """What a record is of."""

    WARM_START = 0  #: where the inner solver of a fit stood
    BLOCKS = 1  #: where a fit of several blocks of coefficients stood
    ARTIFACT = 2  #: what a finished fit can teach its relatives


class FieldType(enum.IntEnum):
    """What a record's field holds."""

    TEXT = 0
    INTEGER = 1
    NUMBER = 2
    INTEGERS = 3
    NUMBERS = 4


class Role(enum.IntEnum):
    """Which parameter of the response's distribution a term belongs to."""

    FROM_NAME = -1
    MEAN = 0
    LOG_SLOPE = 1
    GENERIC = 2


class Promotion(enum.IntEnum):
    """When what a get reads from the disk is kept in memory."""

    IMMEDIATE = 0
    SECOND_HIT = 1  #: what is read once, as by a scan, leaves memory alone


class Admission(enum.IntEnum):
    """Whether memory takes what is put."""

    AUTO = 0  #: by size, and by whether it was asked for before
    ALWAYS = 1
    NEVER = 2


class Existence(enum.IntEnum):
    """What is known of a key without reading."""

    ABSENT = 0
    PRESENT = 1
    MAYBE = 2


class Uploads(enum.IntEnum):
    """Which entries a remote tier gets."""

    FINAL = 0  #: answers of fits
    BEST = 1  #: these, and the checkpoint that a lookup of the best answers when its turn comes
    ALL = 2  #: each run's newest generation
    NOTHING = 3


class Reach(enum.IntEnum):
    """How far what was saved is to have come."""

    LOCAL = 0  #: durable on this machine
    REMOTE = 1  #: uploaded, too


class Chain(enum.IntEnum):
    """Which way along a chain of entries."""

    FORWARD = 0  #: to what was made from it, and to later siblings
    BACKWARD = 1  #: to earlier siblings, and to what it was made from


# ---- errors ----


class FieldState(enum.IntEnum):
    """What two keys have in common in a field."""

    EQUAL = 0
    DIFFERS = 1
    ONLY_HERE = 2
    ONLY_THERE = 3


class Error(Exception):
    """A failure of the library: `status` is its number, str() its words."""

    status = 0


class InvalidError(Error, ValueError):
    """An argument is out of range, or malformed, or the session is finished."""

    status = -1


class TooSmallError(Error, BufferError):
    """The buffer is too small; `needed` says how many bytes it takes."""

    status = -2
    needed = 0


class IoError(Error, OSError):
    """The operating system refused or failed an operation."""

    status = -3


class NoSpaceError(IoError):
    """The disk or a quota is full; what was stored before is intact."""

    status = -4


class TooLargeError(Error, ValueError):
    """Over a documented limit."""

    status = -5


class CorruptError(Error):
    """The one entry asked for is there, and fails its checks."""

    status = -6


class IncompatibleError(Error, ValueError):
    """Intact, but not what was described."""

    status = -7


class ConflictError(Error):
    """A newer version is stored."""

    status = -8


class PoisonedError(Error):
    """An earlier failure left this object unusable."""

    status = -9


class ForkedError(Error):
    """The object was made before a fork and is used in the child: open a new one there."""

    status = -10


class UnsupportedError(Error, NotImplementedError):
    """The library was built without that feature, or the platform lacks it."""

    status = -11


class RemoteError(Error):
    """The remote tier failed."""

    status = -12


class AccessError(IoError, PermissionError):
    """The operating system denies access."""

    status = -13


class NoMemoryError(Error, MemoryError):
    """An allocation failed; nothing was changed."""

    status = -14


class PanicError(Error):
    """A defect of the library; the object it happened on is unusable."""

    status = -99


_ERRORS: Dict[int, Type[Error]] = {
    kind.status: kind
    for kind in (
        InvalidError, TooSmallError, IoError, NoSpaceError, TooLargeError, CorruptError, IncompatibleError, ConflictError,
        PoisonedError, ForkedError, UnsupportedError, RemoteError, AccessError, NoMemoryError, PanicError,
    )
}


# ---- the library ----


class _Key(Structure):
    _fields_ = [("bytes", c_uint8 * 32)]


class _Sized(Structure):
    """An output struct: the library fills what its first field says there is room for."""

    struct_size: int

    @classmethod
    def fresh(cls) -> Any:
        made = cls()
        made.struct_size = ctypes.sizeof(cls)
        return made


class _EntryInfo(_Sized):
    _fields_ = [
        ("struct_size", c_uint32), ("kind", c_int32), ("source", c_int32), ("has_objective", c_int32),
        ("has_iteration", c_int32), ("written_nanos", c_int32), ("objective", c_double), ("iteration", c_int64),
        ("written_unix_secs", c_int64), ("payload_bytes", c_int64),
    ]


class _RunInfo(_Sized):
    _fields_ = [
        ("struct_size", c_uint32), ("durability", c_int32), ("is_pinned", c_int32), ("has_label", c_int32), ("last_used_unix_secs", c_int64),
        ("seed_keys", c_int64), ("key_fields", c_int64),
    ]


class _Finding(_Sized):
    _fields_ = [("struct_size", c_uint32), ("problem", c_int32), ("action", c_int32), ("has_key", c_int32)]


class _RegionInfo(_Sized):
    _fields_ = [
        ("struct_size", c_uint32), ("type", c_int32), ("order", c_int32), ("rank", c_int32), ("elements", c_int64), ("bytes", c_int64),
    ]


class _StoreStats(_Sized):
    _fields_ = [("struct_size", c_uint32), ("reserved", c_int32)] + [
        (name, c_int64)
        for name in (
            "keys", "entries", "files", "bytes", "aside_files", "aside_bytes", "memory_bytes", "hits", "misses", "saves",
            "bytes_written", "evictions", "expirations", "damaged", "foreign",
        )
    ] + [("save_seconds", c_double)]


class _StoreLimits(_Sized):
    _fields_ = [
        ("struct_size", c_uint32), ("reserved", c_int32), ("size_budget", c_int64), ("file_budget", c_int64), ("ttl_seconds", c_double),
    ]


class _StartStats(_Sized):
    _fields_ = [("struct_size", c_uint32), ("seed_level", c_int32)] + [
        (name, c_int64) for name in ("seeds_offered", "seeds_taken", "seeds_refused", "iterations_saved", "passed_over")
    ]


class _MissInfo(_Sized):
    _fields_ = [("struct_size", c_uint32), ("reserved", c_int32)] + [
        (name, c_int64) for name in ("equal", "differing", "only_here", "only_there", "keys_compared", "keys_listed")
    ]


class _Field(_Sized):
    _fields_ = [("struct_size", c_uint32), ("state", c_int32)]


class _TaskProgress(_Sized):
    _fields_ = [("struct_size", c_uint32), ("cancelled", c_int32)] + [
        (name, c_int64) for name in ("keys_done", "keys_total", "entries_done", "bytes_done", "bytes_total")
    ] + [("seconds", c_double)]


class _SessionStop(_Sized):
    _fields_ = [
        ("struct_size", c_uint32), ("reason", c_int32), ("signal", c_int32), ("deadline", c_int32), ("seconds_left", c_double),
        ("reserve_seconds", c_double),
    ]


class _SessionProgress(_Sized):
    _fields_ = [("struct_size", c_uint32)] + [
        (name, c_int32) for name in ("has_iteration", "has_rate", "has_objective", "has_durable", "has_next_due")
    ] + [("iteration", c_int64)] + [
        (name, c_double)
        for name in (
            "iterations_per_second", "best_objective", "elapsed_seconds", "durable_age_seconds", "next_due_seconds", "write_seconds",
            "written_seconds", "blocked_seconds",
        )
    ] + [(name, c_int64) for name in ("writes", "failed", "throttled", "waiting")]


class _LiveSession(_Sized):
    _fields_ = [
        ("struct_size", c_uint32), ("has_label", c_int32), ("process_id", c_int64), ("opened_unix_seconds", c_double),
        ("reported_unix_seconds", c_double),
    ]


class _TracePoint(_Sized):
    _fields_ = [
        ("struct_size", c_uint32), ("has_iteration", c_int32), ("has_objective", c_int32), ("reserved", c_int32), ("seconds", c_double),
        ("unix_seconds", c_double), ("iteration", c_int64), ("objective", c_double),
    ]


class _CheckReport(_Sized):
    _fields_ = [("struct_size", c_uint32), ("complete", c_int32)] + [
        (name, c_int64)
        for name in (
            "keys", "intact", "superseded", "damaged", "half_present", "foreign", "unreadable", "leavings", "unpublished", "payload_bytes",
            "moved_aside", "removed", "waiting", "failed", "expired", "evicted",
        )
    ]


class _BlobInfo(_Sized):
    _fields_ = [
        ("struct_size", c_uint32), ("has_version", c_int32), ("version", c_uint64), ("payload_bytes", c_int64), ("written_unix_ms", c_int64),
        ("has_remaining", c_int32), ("is_stale", c_int32), ("remaining_seconds", c_double), ("from_memory", c_int32), ("priority", c_int32),
    ]


class _PutReceipt(_Sized):
    _fields_ = [
        ("struct_size", c_uint32), ("in_memory", c_int32), ("on_disk", c_int32), ("replaced", c_int32), ("evicted_from_memory", c_int64),
        ("evicted_from_disk", c_int64), ("stored_bytes", c_int64),
    ]


class _CacheStats(_Sized):
    _fields_ = [("struct_size", c_uint32), ("reserved", c_int32)] + [
        (name, c_int64)
        for name in (
            "memory_hits", "memory_misses", "disk_hits", "misses", "puts", "insertions", "memory_evictions", "disk_evictions",
            "expirations", "idle_deaths", "invalidations", "flushes", "version_conflicts", "refusals", "metadata_reads", "filter_skips",
            "filter_false_positives", "promotions_queued", "promotions_dropped", "promotions_done", "promotions_waiting",
            "stale_serves", "compression_skipped", "compressed_from_bytes", "compressed_to_bytes", "memory_entries", "memory_bytes",
            "memory_budget", "disk_entries", "disk_bytes", "disk_budget",
        )
    ]


class _RemoteStats(_Sized):
    _fields_ = [("struct_size", c_uint32), ("reserved", c_int32)] + [
        (name, c_int64)
        for name in (
            "uploads", "uploaded_bytes", "uploads_known", "upload_failures", "uploads_waiting", "uploads_dropped", "fetches", "brought",
            "brought_bytes", "missing", "fetch_failures", "fetch_timeouts", "refused", "skipped", "corrupt", "foreign",
        )
    ]


class _PrefetchStats(_Sized):
    _fields_ = [("struct_size", c_uint32), ("is_running", c_int32)] + [
        (name, c_int64)
        for name in (
            "cycles", "scored", "resident_met", "selected", "over_budget", "fetched", "bytes", "not_found", "failed",
            "cancelled", "deferred", "corrupt", "panics", "hints", "hints_dropped", "hints_fetched", "listings",
            "listings_failed", "useful_bytes", "wasted_bytes", "unasked_bytes", "entries", "resident", "index_bytes",
            "hanging",
        )
    ] + [("busy_seconds", c_double)]


class _PrefetchCycle(_Sized):
    _fields_ = [("struct_size", c_uint32), ("reserved", c_int32)] + [
        (name, c_int64)
        for name in (
            "number", "scored", "resident", "in_back_off", "selected", "over_budget", "fetched", "bytes", "not_found",
            "failed", "cancelled", "deferred", "corrupt", "panics",
        )
    ] + [("selecting_seconds", c_double), ("elapsed_seconds", c_double)]


class _RetentionReport(_Sized):
    _fields_ = [("struct_size", c_uint32), ("reserved", c_int32)] + [
        (name, c_int64)
        for name in ("entries", "bytes", "removed_entries", "removed_payloads", "removed_bytes", "waiting_payloads", "foreign")
    ]


_handle, _out = c_void_p, POINTER(c_void_p)
_text = [c_char_p, c_int64]
_bytes_in = [c_void_p, c_int64]
_text_out = [c_void_p, c_int64, POINTER(c_int64)]
_key = POINTER(_Key)
_progress = [POINTER(c_double), POINTER(c_int64)]  # objective, iteration

#: Arguments of every exported function; what is not listed in _RESULTS answers a status.
_SIGNATURES: Dict[str, List[Any]] = {
    "abi_version": [],
    "version_string": [],
    "status_string": [c_int32],
    "build_info": _text_out,
    "last_error": _text_out,
    "key_to_hex": [_key, c_void_p],
    "key_from_hex": _text + [_key],
    "key_from_text": [c_int32] + _text + [_key],
    "fingerprinter_new": [_out],
    "fingerprinter_clone": [_handle, _out],
    "fingerprinter_absorb_tag": [_handle] + _text,
    "fingerprinter_absorb_bytes": [_handle] + _text + _bytes_in,
    "fingerprinter_absorb_str": [_handle] + _text + _text,
    "fingerprinter_absorb_u64": [_handle] + _text + [c_uint64],
    "fingerprinter_absorb_f64": [_handle] + _text + [c_double],
    "fingerprinter_absorb_f64_slice": [_handle] + _text + _bytes_in,
    "fingerprinter_absorb_f64_2d": [_handle] + _text + [c_int64, c_int64, c_void_p],
    "fingerprinter_absorb_str_list": [_handle] + _text + [c_void_p, c_void_p, c_void_p, c_int64],
    "fingerprinter_absorb_factor": [_handle] + _text + [c_void_p, c_void_p, c_void_p, c_int64, c_void_p, c_void_p, c_int64],
    "fingerprinter_absorb_f64_matrix": [_handle] + _text + [c_int64, c_int64, c_void_p, c_void_p, c_int32],
    "fingerprinter_write_bytes": [_handle] + _bytes_in,
    "fingerprinter_write_u8": [_handle, c_uint8],
    "fingerprinter_write_u64": [_handle, c_uint64],
    "fingerprinter_write_f64": [_handle, c_double],
    "fingerprinter_write_str": [_handle] + _text,
    "fingerprinter_write_f64_slice": [_handle] + _bytes_in,
    "fingerprinter_finish": [_handle, _key],
    "fingerprinter_finish_u64": [_handle, POINTER(c_uint64)],
    "entry_payload": [_handle, POINTER(c_void_p), POINTER(c_int64)],
    "entry_copy": [_handle] + _text_out,
    "entry_get_info": [_handle, POINTER(_EntryInfo)],
    "entry_key": [_handle, _key],
    "entry_run_id": [_handle] + _text_out,
    "entry_label": [_handle] + _text_out,
    "entry_seed_level": [_handle, POINTER(c_int32)],
    "cursor_next": [_handle],
    "cursor_key": [_handle, _key],
    "cursor_info": [_handle, POINTER(_EntryInfo)],
    "cursor_run": [_handle, POINTER(_RunInfo)],
    "cursor_run_id": [_handle] + _text_out,
    "cursor_text": [_handle] + _text_out,
    "cursor_finding": [_handle, POINTER(_Finding)],
    "cursor_field": [_handle, POINTER(_Field)],
    "cursor_session": [_handle, POINTER(_LiveSession)],
    "cursor_progress": [_handle, POINTER(_SessionProgress)],
    "miss_get_info": [_handle, POINTER(_MissInfo)],
    "miss_key": [_handle, _key],
    "miss_text": [_handle] + _text_out,
    "miss_list_fields": [_handle, _out],
    "cursor_find": [_handle] + _text,
    "cursor_name": [_handle] + _text_out,
    "cursor_region": [_handle, POINTER(_RegionInfo)],
    "cursor_dims": [_handle, c_void_p, c_int64, POINTER(c_int64)],
    "cursor_data": [_handle, POINTER(c_void_p), POINTER(c_int64)],
    "cursor_copy_data": [_handle] + _text_out,
    "entry_list_regions": [_handle, _out],
    "entry_list_notes": [_handle, _out],
    "store_options_new": [_out],
    "store_options_set_size_budget": [_handle, c_int64],
    "store_options_set_file_budget": [_handle, c_int64],
    "store_options_set_memory_budget": [_handle, c_int64],
    "store_options_set_ttl_seconds": [_handle, c_double],
    "store_options_set_durability": [_handle, c_int32],
    "store_options_set_read_only": [_handle, c_int32],
    "store_open": _text + [_handle, _out],
    "store_open_records": _text + [_out],
    "store_save_record": [_handle, _handle],
    "store_load_record": [_handle, _handle, _out],
    "store_root": [_handle] + _text_out,
    "store_save": [_handle, _key] + _bytes_in + _progress + [c_int32] + _text_out,
    "store_save_slot": [_handle, _key] + _text + _bytes_in + _progress + [c_int32],
    "store_lookup": [_handle, _key, c_int32, _out],
    "store_lookup_into": [_handle, _key, c_int32] + _text_out + [POINTER(_EntryInfo)],
    "store_lookup_run": [_handle, _key] + _text + [_out],
    "store_remove": [_handle, _key],
    "store_remove_entry": [_handle, _key] + _text,
    "store_pin": [_handle, _key] + _text + [c_int32],
    "store_sweep": [_handle],
    "store_flush": [_handle, c_double],
    "store_list_keys": [_handle, _out],
    "store_stream_keys": [_handle, _out],
    "store_list_sessions": [_handle, _out],
    "store_export_entry": [_handle, _key] + _text + _text_out + [_out],
    "store_import_entry": [_handle, _key] + _text + _bytes_in + _bytes_in + [POINTER(c_int32)],
    "store_list_entries": [_handle, _key, _out],
    "store_get_stats": [_handle, POINTER(_StoreStats)],
    "store_get_limits": [_handle, POINTER(_StoreLimits)],
    "store_retain": [_handle, _key, c_int64, c_int64, POINTER(c_int64)],
    "store_failed_restarts": [_handle, _key] + _text + [POINTER(c_int64)],
    "store_reset_restarts": [_handle, _key] + _text,
    "store_get_start_stats": [_handle, POINTER(_StartStats)],
    "store_start_verify": [_handle, _out],
    "store_start_repair": [_handle, _out],
    "store_start_sweep": [_handle, _out],
    "store_start_sweep_plan": [_handle, _out],
    "task_wait": [_handle, c_double],
    "task_cancel": [_handle],
    "task_get_progress": [_handle, POINTER(_TaskProgress)],
    "task_get_report": [_handle, POINTER(_CheckReport)],
    "task_findings": [_handle, _out],
    "record_new": [c_int32, _out],
    "record_from_json": [c_int32] + _bytes_in + [_out],
    "record_to_json": [_handle] + _text_out,
    "record_key": [_handle, _key],
    "record_check": [_handle, _handle],
    "record_add_term": [_handle] + _text + [c_int32, c_void_p, c_void_p, c_void_p, c_int64, c_void_p, c_int64, c_int64],
    "record_transfer": [_handle, _handle],
    "record_describe": [_handle] + _text + [POINTER(c_int32), POINTER(c_int64)],
    "record_set_text": [_handle] + _text + [c_int64] + _text,
    "record_get_text": [_handle] + _text + [c_int64] + _text_out,
    "record_set_integer": [_handle] + _text + [c_int64, c_int64],
    "record_get_integer": [_handle] + _text + [c_int64, POINTER(c_int64)],
    "record_set_number": [_handle] + _text + [c_int64, c_double],
    "record_get_number": [_handle] + _text + [c_int64, POINTER(c_double)],
    "record_set_integers": [_handle] + _text + [c_int64, c_void_p, c_int64],
    "record_get_integers": [_handle] + _text + [c_int64] + _text_out,
    "record_set_numbers": [_handle] + _text + [c_int64, c_void_p, c_int64],
    "record_get_numbers": [_handle] + _text + [c_int64] + _text_out,
    "record_clear": [_handle] + _text + [c_int64],
    "session_options_new": [_out],
    "session_options_set_min_interval_seconds": [_handle, c_double],
    "session_options_set_background": [_handle, c_int32],
    "session_options_set_lookup": [_handle, c_int32],
    "session_options_set_finish_timeout_seconds": [_handle, c_double],
    "session_options_set_fingerprint": [_handle, _handle],
    "session_options_set_label": [_handle] + _text,
    "session_options_set_every": [_handle, c_int64],
    "session_options_set_max_share": [_handle, c_double],
    "session_options_set_mean_time_between_failures": [_handle, c_double, c_int32],
    "session_options_set_deadline_seconds": [_handle, c_double],
    "session_options_set_deadline_unix": [_handle, c_int64],
    "session_options_set_scheduler": [_handle, c_int32],
    "session_options_set_halt_file": [_handle] + _text,
    "session_options_set_stop_margin_seconds": [_handle, c_double],
    "session_options_add_seed_key": [_handle, _key],
    "session_options_set_keep_last": [_handle, c_int64],
    "session_options_set_keep_best": [_handle, c_int64],
    "session_options_set_max_failed_restarts": [_handle, c_int64],
    "session_open": [_handle, _key, _handle, _out],
    "session_resume": [_handle] + _bytes_in + [POINTER(_EntryInfo)],
    "session_checkpoint": [_handle] + _bytes_in + _progress,
    "session_checkpoint_now": [_handle] + _bytes_in + _progress,
    "session_should_checkpoint": [_handle, POINTER(c_double)],
    "session_finalize": [_handle] + _bytes_in + _progress,
    "session_preload": [_handle, _handle],
    "session_load": [_handle, _out],
    "session_peek": [_handle, _out],
    "session_should_use_seed": [_handle, POINTER(c_double), POINTER(c_double)],
    "session_note_iterations_saved": [_handle, c_int64],
    "session_get_start_stats": [_handle, POINTER(_StartStats)],
    "session_explain_miss": [_handle, c_double, _out],
    "store_explain": [_handle, _key, c_double, _out],
    "session_protect": [_handle] + _text + [c_int32, c_int32, c_int64, c_void_p, c_void_p],
    "session_unprotect": [_handle] + _text,
    "session_unprotect_all": [_handle],
    "session_set_note": [_handle] + _text + _text,
    "session_remove_note": [_handle] + _text,
    "session_checkpoint_regions": [_handle] + _progress,
    "session_checkpoint_regions_now": [_handle] + _progress,
    "session_finalize_regions": [_handle] + _progress,
    "session_restore": [_handle, POINTER(_EntryInfo)],
    "session_run_id": [_handle] + _text_out,
    "session_flush": [_handle, c_double],
    "session_finish": [_handle],
    "session_should_stop": [_handle],
    "session_get_stop": [_handle, POINTER(_SessionStop)],
    "session_stop_text": [_handle] + _text_out,
    "session_confirm": [_handle, c_double, c_double],
    "session_get_progress": [_handle, POINTER(_SessionProgress)],
    "session_trace": [_handle, _out],
    "store_trace": [_handle, _key] + _text + [_out],
    "cursor_trace_point": [_handle, POINTER(_TracePoint)],
    "interval_seconds": [c_int32, c_double, c_double, POINTER(c_double)],
    "signals_watch": [c_int32, c_int32],
    "signals_unwatch": [c_int32],
    "signals_noted": [c_int32],
    "signals_forget": [c_int32],
    "cache_options_new": [_out],
    "cache_options_set_memory_budget": [_handle, c_int64],
    "cache_options_set_disk_budget": [_handle, c_int64],
    "cache_options_set_durability": [_handle, c_int32],
    "cache_options_set_read_only": [_handle, c_int32],
    "cache_options_set_promotion": [_handle, c_int32],
    "cache_options_set_background_promotion": [_handle, c_int32, c_int64],
    "cache_options_set_compression": [_handle, c_int32],
    "put_new": [_out],
    "put_set_version": [_handle, c_uint64],
    "put_set_swap": [_handle, c_int32, c_uint64, c_uint64],
    "put_add_tag": [_handle] + _text,
    "put_add_dependency": [_handle] + _text,
    "put_set_pair": [_handle] + _text + _text,
    "put_set_content_type": [_handle] + _text,
    "put_set_priority": [_handle, c_int32],
    "put_set_admission": [_handle, c_int32],
    "put_set_ttl_seconds": [_handle, c_double],
    "put_set_deadline_unix_ms": [_handle, c_int64],
    "put_set_jitter_percent": [_handle, c_double],
    "put_set_idle_seconds": [_handle, c_double],
    "put_set_stale_seconds": [_handle, c_double],
    "put_set_largest": [_handle, c_int64],
    "blob_payload": [_handle, POINTER(c_void_p), POINTER(c_int64)],
    "blob_copy": [_handle] + _text_out,
    "blob_get_info": [_handle, POINTER(_BlobInfo)],
    "blob_tag_count": [_handle, POINTER(c_int64)],
    "blob_tag": [_handle, c_int64] + _text_out,
    "blob_dependency_count": [_handle, POINTER(c_int64)],
    "blob_dependency": [_handle, c_int64] + _text_out,
    "blob_pair_count": [_handle, POINTER(c_int64)],
    "blob_pair_name": [_handle, c_int64] + _text_out,
    "blob_pair_value": [_handle, c_int64] + _text_out,
    "blob_content_type": [_handle] + _text_out,
    "cache_open": _text + [_handle, _out],
    "cache_open_in_memory": [_handle, _out],
    "cache_root": [_handle] + _text_out,
    "cache_put": [_handle] + _text + _text + _bytes_in + [_handle, POINTER(_PutReceipt)],
    "cache_put_many": [_handle] + _text + [c_void_p, c_void_p, c_void_p, c_void_p, c_int64, _handle, POINTER(c_int32)],
    "cache_get": [_handle] + _text + _text + [_out],
    "cache_get_into": [_handle] + _text + _text + _text_out + [POINTER(_BlobInfo)],
    "cache_get_many": [_handle] + _text + [c_void_p, c_void_p, c_int64, c_void_p, POINTER(c_int32)],
    "cache_existence": [_handle] + _text + _text + [POINTER(c_int32)],
    "cache_contains": [_handle] + _text + _text,
    "cache_remove": [_handle] + _text + _text,
    "cache_peek": [_handle] + _text + _text + [POINTER(_BlobInfo)],
    "cache_set_life": [_handle] + _text + _text + [_handle],
    "cache_invalidate_prefix": [_handle] + _text + _text + [POINTER(c_int64)],
    "cache_invalidate_tags": [_handle] + _text + [c_void_p, c_void_p, c_int64, POINTER(c_int64)],
    "cache_invalidate_dependencies": [_handle] + _text + [c_void_p, c_void_p, c_int64, POINTER(c_int64)],
    "cache_flush": [_handle] + _text,
    "cache_set_quota": [_handle] + _text + [c_int64],
    "cache_get_stats": [_handle] + _text + [POINTER(_CacheStats)],
    "cache_start_verify": [_handle, _out],
    "cache_sweep": [_handle],
    "cache_start_copy": [_handle] + _text + [_out],
    "cache_drain": [_handle, c_double],
    "cache_list_namespaces": [_handle, _out],
    "cache_list": [_handle] + _text + _text + [_out],
    "cache_cursor_next": [_handle],
    "cache_cursor_key": [_handle] + _text_out,
    "cache_cursor_info": [_handle, POINTER(_BlobInfo)],
    "remote_options_new": [_out],
    "remote_options_set_uploads": [_handle, c_int32],
    "remote_options_set_lookup": [_handle, c_int32],
    "remote_options_set_deadline_seconds": [_handle, c_double],
    "remote_options_set_payload_limit": [_handle, c_int64],
    "remote_options_set_queue_limit": [_handle, c_int64],
    "store_attach_remote": [_handle] + _text + [_handle, _out],
    "remote_url": [_handle] + _text_out,
    "remote_fetch": [_handle, _key, c_double],
    "remote_flush": [_handle, c_int32, c_double],
    "remote_upload": [_handle, _key] + _text,
    "remote_remove": [_handle, _key] + _text + [c_int32, c_double],
    "remote_retain": [_handle, POINTER(c_int64), POINTER(c_double), POINTER(c_int64), c_int32, c_double, POINTER(_RetentionReport)],
    "remote_get_stats": [_handle, POINTER(_RemoteStats)],
    "remote_last_failure": [_handle] + _text_out,
    "prefetch_options_new": [_out],
    "prefetch_options_set_weights": [_handle, c_double, c_double, c_double],
    "prefetch_options_set_half_life_seconds": [_handle, c_double],
    "prefetch_options_set_interval_seconds": [_handle, c_double],
    "prefetch_options_set_parallel": [_handle, c_int64],
    "prefetch_options_set_cycle_bytes": [_handle, c_int64],
    "prefetch_options_set_cycle_seconds": [_handle, c_double],
    "prefetch_options_set_fetch_deadline_seconds": [_handle, c_double],
    "prefetch_options_set_listing_deadline_seconds": [_handle, c_double],
    "prefetch_options_set_back_off_seconds": [_handle, c_double, c_double],
    "prefetch_options_set_dry_run": [_handle, c_int32],
    "remote_start_prefetch": [_handle, _handle, _out],
    "prefetch_start": [_handle],
    "prefetch_stop": [_handle, c_double],
    "prefetch_hint": [_handle, c_void_p, c_int64, POINTER(c_int64)],
    "prefetch_hint_chain": [_handle, _key, c_int64, c_int32, POINTER(c_int64)],
    "prefetch_wait": [_handle, _key, c_double],
    "prefetch_cancel": [_handle, _key],
    "prefetch_refresh": [_handle],
    "prefetch_note": [_handle, _key] + _text + [_key, c_int64, POINTER(c_int64), POINTER(c_int64), _key] + _text,
    "prefetch_set_active_model": [_handle, _key],
    "prefetch_plan": [_handle, c_int64, _out],
    "cursor_score": [_handle, POINTER(c_double)],
    "prefetch_get_stats": [_handle, POINTER(_PrefetchStats)],
    "prefetch_get_last_cycle": [_handle, POINTER(_PrefetchCycle)],
}
for _column in ("i32", "i64", "f32", "bool", "f64_na", "date", "timestamp"):
    _SIGNATURES["fingerprinter_absorb_%s_slice" % _column] = [_handle] + _text + [c_void_p, c_void_p, c_int64]
_FREED = ("fingerprinter", "entry", "cursor", "store_options", "store", "task", "record", "session_options", "session", "miss",
          "cache_options", "put", "blob", "cache", "cache_cursor", "remote_options", "remote",
          "prefetch_options", "prefetch")
for _freed in _FREED:
    _SIGNATURES[_freed + "_free"] = [_out]

_RESULTS: Dict[str, Any] = {"abi_version": c_uint32, "version_string": c_char_p, "status_string": c_char_p}
_RESULTS.update((name + "_free", None) for name in _FREED)


def _open_library() -> ctypes.CDLL:
    named = os.environ.get("WARMSTART_LIBRARY")
    beside = os.path.dirname(os.path.abspath(__file__))
    candidates: List[str] = [named] if named else []
    if not named:
        for name in ("libwarmstart.so.0", "libwarmstart.so", "libwarmstart.dylib"):
            path = os.path.join(beside, name)
            if os.path.exists(path):
                candidates.append(path)
        found = ctypes.util.find_library("warmstart")
        candidates += [found] if found else []
        candidates.append("libwarmstart.so.0")
    reasons = []
    for candidate in candidates:
        try:
            library = ctypes.CDLL(candidate)
            break
        except OSError as reason:
            reasons.append(str(reason))
    else:
        raise ImportError(
            "libwarmstart cannot be loaded (%s): set WARMSTART_LIBRARY to the path of libwarmstart.so" % "; ".join(reasons)
        )
    version_of = library.warm_abi_version
    version_of.restype, version_of.argtypes = c_uint32, []
    there = version_of()
    if there >> 16 != _ABI_VERSION >> 16 or there & 0xFFFF < _ABI_VERSION & 0xFFFF:
        raise ImportError("%s has ABI version %#x; this module needs %#x or a later revision of it" % (candidate, there, _ABI_VERSION))
    return library


class _Library:
    """The functions by their names without `warm_`."""

    def __init__(self, library: ctypes.CDLL) -> None:
        for name, arguments in _SIGNATURES.items():
            function = getattr(library, "warm_" + name)
            function.argtypes = arguments
            function.restype = _RESULTS.get(name, c_int32)
            setattr(self, name, function)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


_lib = _Library(_open_library())


def _check(status: int) -> int:
    """The status, where it is no error."""
    if status >= 0:
        return status
    text = ctypes.create_string_buffer(1024)
    words = ""
    if status != -2 and _lib.last_error(text, 1024, None) == 0:
        words = text.value.decode("utf-8", "replace")
    words = words or _lib.status_string(status).decode()
    failure = _ERRORS.get(status, Error)(words)
    failure.status = status
    raise failure


def _read_text(call: Callable[..., int], *handle: Any, room: int = 256) -> str:
    """What a function answers into (buf, cap, needed)."""
    needed = c_int64()
    while True:
        buffer = ctypes.create_string_buffer(room)
        status = call(*handle, buffer, room, byref(needed))
        if status != -2:
            _check(status)
            return buffer.value.decode("utf-8", "replace")
        room = needed.value


def _some_text(call: Callable[..., int], held: _Handle) -> Optional[str]:
    """Text that there may be none of."""
    if _check_found(call(held, None, 0, None)):
        return _read_text(call, held)
    return None


def _check_found(status: int) -> bool:
    """Whether there is something, by the answer to a question for its length."""
    return status == TooSmallError.status or _check(status) == Status.OK


def abi_version() -> int:
    """The library's WARM_ABI_VERSION."""
    return int(_lib.abi_version())


def version() -> str:
    """The library's version."""
    return str(_lib.version_string().decode())


def build_info() -> str:
    """Version, features, panic mode and target of the library, on one line."""
    return _read_text(_lib.build_info)


class _Handle:
    """Owns a pointer of the library's: freed with the last reference, so never under a call of another thread."""

    __slots__ = ("pointer", "_as_parameter_", "_free", "_byref")

    def __init__(self, kind: str) -> None:
        self.pointer = c_void_p()
        self._as_parameter_ = self.pointer
        self._free = getattr(_lib, kind + "_free")
        self._byref = byref

    @property
    def out(self) -> Any:
        return byref(self.pointer)

    def __del__(self) -> None:
        self._free(self._byref(self.pointer))


_Self = TypeVar("_Self", bound="_Object")


class _Object:
    """What is closed, or used in a `with` block, or just dropped."""

    _held: Optional[_Handle] = None

    @property
    def _h(self) -> _Handle:
        held = self._held
        if held is None:
            raise ValueError("this %s is closed" % type(self).__name__)
        return held

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._held is None

    def close(self) -> None:
        """Lets go of the library's object; again and again does nothing."""
        self._held = None

    def __enter__(self: _Self) -> _Self:
        self._h
        return self

    def __exit__(self, *failure: Any) -> None:
        self.close()


def _poll(step: Callable[[float], int], timeout: Optional[float], passing: int = Status.TIMEOUT) -> int:
    """Waits in steps of at most a tenth of a second, between which signals are handled; `passing` is a failure only at the end."""
    if timeout is not None and not timeout >= 0:
        raise InvalidError("a timeout is not negative")
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        left = 0.1 if end is None else max(0.0, end - time.monotonic())
        status = step(min(left, 0.1))
        if status not in (Status.TIMEOUT, passing) or left <= 0.0:
            return _check(status)


# ---- values in and out ----


class _PyBuffer(Structure):
    _fields_ = [
        ("buf", c_void_p), ("obj", c_void_p), ("len", ctypes.c_ssize_t), ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int), ("ndim", ctypes.c_int), ("format", c_char_p), ("shape", c_void_p),
        ("strides", c_void_p), ("suboffsets", c_void_p), ("internal", c_void_p),
    ]


_get_buffer = ctypes.pythonapi.PyObject_GetBuffer
_get_buffer.argtypes, _get_buffer.restype = [ctypes.py_object, POINTER(_PyBuffer), ctypes.c_int], ctypes.c_int
_release_buffer = ctypes.pythonapi.PyBuffer_Release
_release_buffer.argtypes, _release_buffer.restype = [POINTER(_PyBuffer)], None


class _Buffer:
    """Borrows the memory of anything with a contiguous buffer, for the length of a `with` block."""

    __slots__ = ("_view",)

    def __init__(self, thing: Any, writable: bool = False) -> None:
        self._view = _PyBuffer()
        try:
            _get_buffer(thing, byref(self._view), 1 if writable else 0)
        except (TypeError, ValueError, BufferError) as reason:
            what = "writable, contiguous buffer" if writable else "contiguous buffer, as bytes or a C-ordered array"
            raise type(reason)("%s; what is needed here is a %s" % (reason, what)) from None

    def __enter__(self) -> Tuple[Optional[int], int]:
        return self._view.buf, self._view.len

    def __exit__(self, *failure: Any) -> None:
        _release_buffer(byref(self._view))


def _utf8(text: str) -> Tuple[bytes, int]:
    encoded = text.encode("utf-8")
    return encoded, len(encoded)


def _objective(value: Optional[float]) -> Optional[c_double]:
    return None if value is None else c_double(value)


def _iteration(value: Optional[int]) -> Optional[c_int64]:
    if value is None:
        return None
    number = value.__index__()
    if not 0 <= number < 1 << 63:
        raise InvalidError("an iteration is not negative and below 2^63")
    return c_int64(number)


#: Types by the letter that the buffer protocol has for them, and the bytes of one element.
_TYPES: Dict[Tuple[str, int], ElementType] = {
    ("d", 8): ElementType.F64, ("f", 4): ElementType.F32, ("e", 2): ElementType.F16, ("?", 1): ElementType.BOOL, ("Zd", 16): ElementType.C128, ("Zf", 8): ElementType.C64,
    ("c", 1): ElementType.U8,
}
_TYPES.update(((letter, size), ElementType["%s%d" % (kind, 8 * size)])
              for letters, kind in (("bhilqn", "I"), ("BHILQN", "U")) for letter in letters for size in (1, 2, 4, 8))
#: What NumPy calls them.
_DTYPES = {
    ElementType.F64: "f8", ElementType.F32: "f4", ElementType.F16: "f2", ElementType.I64: "i8", ElementType.I32: "i4", ElementType.I16: "i2", ElementType.I8: "i1", ElementType.U64: "u8",
    ElementType.U32: "u4", ElementType.U16: "u2", ElementType.U8: "u1", ElementType.BOOL: "?", ElementType.C128: "c16", ElementType.C64: "c8",
}


class _Array:
    """Keeps the memory of an array that a session has protected where it is."""

    __slots__ = ("_view", "at", "type", "order", "dims")

    def __init__(self, thing: Any, of: Optional[ElementType], shape: Optional[Sequence[int]]) -> None:
        with memoryview(thing) as seen:
            layout = (seen.format, seen.itemsize, seen.ndim, tuple(seen.shape or ()), seen.c_contiguous, seen.f_contiguous)
        letter, size, rank, dims, is_c, is_fortran = layout
        if not (is_c or is_fortran):
            raise InvalidError("an array that is protected lies in one piece, in C or in Fortran order: protect a copy, as numpy.ascontiguousarray makes")
        if sys.byteorder == "big" or letter[:1] in (">", "!"):
            raise InvalidError("numbers are stored little-endian, and these are not")
        known = _TYPES.get((letter.lstrip("@=<"), size))
        if of is None and known is None:
            raise InvalidError("elements of format %r are of no type that a region can have: name one with `type`" % letter)
        self.type = ElementType(known if of is None else of)
        self.order = Order.ROW_MAJOR if is_c else Order.COLUMN_MAJOR
        self.dims = dims if shape is None else tuple(shape)
        self._view = _PyBuffer()
        # Writable, and as it lies: PyBUF_WRITABLE | PyBUF_ANY_CONTIGUOUS.
        _get_buffer(thing, byref(self._view), 1 | 0x80 | 0x10 | 0x08)
        self.at = self._view.buf
        room, found = _region_bytes(self.type, self.dims), self._view.len
        if room != found:
            self.at = None
            _release_buffer(byref(self._view))
            raise InvalidError("%s of %s take %d bytes, and the buffer has %d" % (self.dims, self.type.name, room, found))

    def __del__(self) -> None:
        if getattr(self, "at", None) is not None:
            _release_buffer(byref(self._view))


def _region_bytes(of: ElementType, dims: Sequence[int]) -> int:
    digits = "".join(letter for letter in of.name.split("_")[0] if letter.isdigit())
    n = int(digits or 8)
    for extent in dims:
        n *= extent
    return n // 8


class Key:
    """What a fit is stored under: 32 bytes that stand for "this data, this specification".

    Made from 32 bytes, 64 hexadecimal digits of either case, or another key. A value: equal, hashable.
    """

    __slots__ = ("_struct",)

    def __init__(self, what: Union[bytes, bytearray, memoryview, str, Key]) -> None:
        self._struct = _Key()
        if isinstance(what, Key):
            what = bytes(what)
        if isinstance(what, str):
            _check(_lib.key_from_hex(*_utf8(what), byref(self._struct)))
        else:
            raw = bytes(memoryview(what))
            if len(raw) != 32:
                raise InvalidError("a key has 32 bytes, not %d" % len(raw))
            self._struct.bytes[:] = raw

    @classmethod
    def from_text(cls, keyspace: Keyspace, text: str) -> Key:
        """The key of a text; one text has different keys in the two keyspaces."""
        out = _Key()
        _check(_lib.key_from_text(keyspace, *_utf8(text), byref(out)))
        return cls._from(out)

    def hex(self) -> str:
        """64 lower-case digits."""
        digits = ctypes.create_string_buffer(65)
        _check(_lib.key_to_hex(byref(self._struct), digits))
        return digits.value.decode()

    def __bytes__(self) -> bytes:
        return bytes(self._struct.bytes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and bytes(self) == bytes(other)

    def __hash__(self) -> int:
        return hash(bytes(self))

    def __repr__(self) -> str:
        return "Key('%s')" % self.hex()

    __str__ = hex

    @classmethod
    def _from(cls, struct: _Key) -> Key:
        return cls(bytes(struct.bytes))


KeyLike = Union[Key, bytes, str]


def _key_of(key: KeyLike) -> Any:
    return byref((key if isinstance(key, Key) else Key(key))._struct)


class EntryInfo(NamedTuple):
    """What is known of an entry besides its bytes."""

    kind: Kind
    source: Source
    objective: Optional[float]  #: finite, or None
    iteration: Optional[int]
    written_ns: int  #: nanoseconds since 1970-01-01 UTC
    payload_bytes: int

    @classmethod
    def _from(cls, c: Any) -> EntryInfo:
        return cls(
            Kind(c.kind), Source(c.source), c.objective if c.has_objective else None, c.iteration if c.has_iteration else None,
            c.written_unix_secs * 10**9 + c.written_nanos, c.payload_bytes,
        )


class StoreStatistics(NamedTuple):
    """Figures: the first seven of the root, as last known; the others of this store object."""

    keys: int
    entries: int
    files: int
    bytes: int
    aside_files: int
    aside_bytes: int
    memory_bytes: int
    hits: int
    misses: int
    saves: int
    bytes_written: int
    evictions: int
    expirations: int
    damaged: int
    foreign: int
    save_seconds: float


class StoreLimits(NamedTuple):
    """What may lie below a store's root, and for how long; 0: no limit."""

    size_budget: int  #: bytes, each file's length rounded up to 4 096
    file_budget: int
    ttl_seconds: float  #: from an entry's last use on


class StartStatistics(NamedTuple):
    """How a session's fit began, or those of all sessions of a store object."""

    seed_level: int  #: which seed key the last load answered from, 0 for the nearest; -1 when it did not, and for a store
    seeds_offered: int
    seeds_taken: int
    seeds_refused: int
    iterations_saved: int
    passed_over: int  #: checkpoints that too many restarts from had failed


class Field(NamedTuple):
    """A field of two keys that are compared."""

    tag: str
    state: FieldState


class Miss(NamedTuple):
    """Why a key missed, or what a stored one has in common with the others: the nearest stored key, and how the two differ."""

    key: Key
    text: str  #: such as "y differs; x, family, link equal"
    fields: Tuple[Field, ...]
    keys_compared: int
    keys_listed: int


class TaskProgress(NamedTuple):
    """How far a task has come."""

    cancelled: bool
    keys_done: int
    keys_total: int
    entries_done: int
    bytes_done: int
    bytes_total: int
    seconds: float


class StopInfo(NamedTuple):
    """Why a session is to stop, and how much time is left."""

    reason: Stop
    signal: Optional[int]  #: that was noted
    deadline: Deadline  #: who set it
    seconds_left: Optional[float]  #: until the deadline; None when there is none
    reserve_seconds: float  #: so many before the deadline the session is to stop
    text: str  #: all of it in words


class SessionProgress(NamedTuple):
    """How a session is getting on; None for what is not known. Seconds, and counts."""

    iteration: Optional[int]  #: of the last checkpoint it was given, written or not
    iterations_per_second: Optional[float]
    best_objective: Optional[float]
    elapsed_seconds: float
    durable_age_seconds: Optional[float]  #: since the last checkpoint became durable
    next_due_seconds: Optional[float]  #: until one is due that does not improve the objective; None: never by the clock
    write_seconds: Optional[float]  #: what one takes on average
    written_seconds: float  #: what all of them took, by whichever thread
    blocked_seconds: float  #: what callers waited
    writes: int
    failed: int
    throttled: int
    waiting: int


class LiveSession(NamedTuple):
    """A session that is running, in this process or another one, as it said itself."""

    key: Key
    run_id: str
    label: Optional[str]  #: a long one is cut
    host: str  #: the name of the host it runs on; empty where it does not say
    process_id: int  #: on its host
    opened_unix_seconds: float  #: by its host's clock
    reported_unix_seconds: float  #: when it said all of this, likewise
    progress: SessionProgress  #: as of then


class TracePoint(NamedTuple):
    """How far a fit had come."""

    seconds: float  #: since its session was opened
    unix_seconds: float
    iteration: Optional[int]
    objective: Optional[float]


class CheckReport(NamedTuple):
    """What a verification, repair or sweep found; counts are of pairs of payload and metadata unless said otherwise."""

    complete: bool
    keys: int
    intact: int
    superseded: int
    damaged: int
    half_present: int
    foreign: int
    unreadable: int
    leavings: int
    unpublished: int
    payload_bytes: int
    moved_aside: int
    removed: int
    waiting: int
    failed: int
    expired: int  #: runs, of a sweep or its plan
    evicted: int  #: the same


class Finding(NamedTuple):
    """One thing that is wrong, or a run that a sweep removed or would."""

    problem: Problem
    action: Action
    key: Optional[Key]
    run_id: str
    text: str


class BlobInfo(NamedTuple):
    """What is known of an entry of a cache besides its bytes."""

    version: Optional[int]
    payload_bytes: int
    written_unix_ms: int  #: milliseconds since 1970-01-01 UTC
    remaining_seconds: Optional[float]  #: until it dies or goes stale, or, stale, until it dies; None: it lives until it is evicted
    is_stale: bool  #: past its deadline, and still answered
    from_memory: bool
    priority: int

    @classmethod
    def _from(cls, c: Any) -> BlobInfo:
        return cls(
            c.version if c.has_version else None, c.payload_bytes, c.written_unix_ms, c.remaining_seconds if c.has_remaining else None,
            bool(c.is_stale), bool(c.from_memory), c.priority,
        )


class ListedBlob(NamedTuple):
    """One entry of a cache in a listing."""

    key: str
    info: BlobInfo


class PutReceipt(NamedTuple):
    """What a put did."""

    in_memory: bool
    on_disk: bool
    replaced: bool
    evicted_from_memory: int
    evicted_from_disk: int
    stored_bytes: int  #: of its file


class CacheStatistics(NamedTuple):
    """Figures of a cache or one of its namespaces: counts of what was done through this object; entries and bytes as they are now."""

    memory_hits: int
    memory_misses: int
    disk_hits: int
    misses: int  #: that nothing answered
    puts: int
    insertions: int
    memory_evictions: int
    disk_evictions: int
    expirations: int
    idle_deaths: int
    invalidations: int
    flushes: int
    version_conflicts: int
    refusals: int
    metadata_reads: int
    filter_skips: int
    filter_false_positives: int
    promotions_queued: int
    promotions_dropped: int
    promotions_done: int
    promotions_waiting: int
    stale_serves: int
    compression_skipped: int
    compressed_from_bytes: int
    compressed_to_bytes: int
    memory_entries: int
    memory_bytes: int
    memory_budget: int
    disk_entries: int
    disk_bytes: int
    disk_budget: int


class RemoteStatistics(NamedTuple):
    """Figures of an attachment to a remote tier since it was made."""

    uploads: int  #: entries
    uploaded_bytes: int
    uploads_known: int  #: entries found uploaded already
    upload_failures: int  #: attempts; each is made again
    uploads_waiting: int  #: runs, in memory
    uploads_dropped: int  #: gone in the meantime, or longer than allowed
    fetches: int  #: times it was asked for a key
    brought: int  #: entries
    brought_bytes: int
    missing: int  #: it had nothing that could be brought
    fetch_failures: int
    fetch_timeouts: int  #: nobody waited for the answer any longer
    refused: int  #: not asked: a caller had removed the key, or had refused the run
    skipped: int  #: not asked: it had just failed
    corrupt: int  #: objects that fail their checks, and were set aside
    foreign: int  #: names listed that are none of the library's


class PrefetchStatistics(NamedTuple):
    """Figures of a prefetch worker since it was made, and how things stand."""

    is_running: bool
    cycles: int  #: that ended
    scored: int  #: sum over cycles of the entries looked at
    resident_met: int  #: of these, on this machine
    selected: int  #: chosen
    over_budget: int  #: of these, left for another cycle
    fetched: int  #: entries, on hints and otherwise
    bytes: int  #: transferred for these
    not_found: int
    failed: int
    cancelled: int  #: by a deadline, by a call or by stopping
    deferred: int  #: the server had just failed
    corrupt: int
    panics: int  #: defects that were contained
    hints: int  #: accepted
    hints_dropped: int  #: too many waited
    hints_fetched: int
    listings: int  #: complete
    listings_failed: int
    useful_bytes: int  #: of payload that was asked for later
    wasted_bytes: int  #: of payload that left this machine unasked for
    unasked_bytes: int  #: of payload that nobody has asked for yet
    entries: int  #: known now
    resident: int  #: of these, on this machine, as far as known
    index_bytes: int  #: of memory
    hanging: int  #: fetches that were cancelled and have not come back
    busy_seconds: float


class PrefetchCycle(NamedTuple):
    """One cycle of a prefetch worker: what was chosen, and what became of it; hints are not among it."""

    number: int  #: 1 for the first
    scored: int
    resident: int
    in_back_off: int  #: left alone because they failed not long ago
    selected: int
    over_budget: int
    fetched: int
    bytes: int
    not_found: int
    failed: int
    cancelled: int
    deferred: int
    corrupt: int
    panics: int
    selecting_seconds: float
    elapsed_seconds: float


class Planned(NamedTuple):
    """What a prefetch worker would fetch."""

    key: Key
    score: float  #: the higher the likelier to be asked for


class RetentionReport(NamedTuple):
    """What a retention found and removed, or, as a dry run, would remove."""

    entries: int  #: found
    bytes: int  #: of all objects found
    removed_entries: int
    removed_payloads: int
    removed_bytes: int
    waiting_payloads: int  #: without metadata and younger than a day; they stay: they may be uploads in progress
    foreign: int  #: names that are none of the library's; they stay


class Listed(NamedTuple):
    """One run in a listing."""

    key: Key
    run_id: str
    info: EntryInfo
    label: Optional[str]  #: what its session was labelled with
    is_pinned: bool
    durability: Durability  #: whether it was synced before its save returned
    last_used_unix_secs: int  #: written or, as far as that is noted, used
    seed_keys: int  #: under how many it is found as well
    key_fields: int  #: of what its key was made from, so many are recorded


class Exported(NamedTuple):
    """A run as another store takes it in: see Store.import_entry."""

    metadata: bytes  #: JSON
    entry: Entry


_T = TypeVar("_T")


def _filled(kind: Type[_T], c: Any) -> _T:
    """A named tuple out of the struct's fields of the same names."""
    booleans, names = ("cancelled", "complete", "in_memory", "on_disk", "replaced"), getattr(kind, "_fields")
    return kind(*(bool(getattr(c, name)) if name in booleans else getattr(c, name) for name in names))


# ---- fingerprints ----

_CODES = {"i32": "i", "i64": "q", "f32": "f", "f64": "d", "u8": "B"}
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def _mask_of(values: Any, valid: Any) -> Tuple[Any, Any]:
    """A NumPy masked array as its data and what is valid."""
    if valid is None and hasattr(values, "mask") and hasattr(values, "filled"):
        mask = values.mask
        data = values.data
        if getattr(mask, "shape", ()) == ():
            return data, [not mask] * len(values) if mask else None
        return data, ~mask
    return values, valid


def _memory(values: Any) -> Optional[memoryview]:
    try:
        return memoryview(values)
    except (TypeError, ValueError):
        return None


def _native(view: memoryview) -> Optional[str]:
    """Which of the element types a view holds."""
    form, size = view.format.lstrip("@=<" if sys.byteorder == "little" else "@=>"), view.itemsize
    if form in ("b", "h", "i", "l", "q"):
        return {1: "i8", 2: "i16", 4: "i32", 8: "i64"}[size]
    if form in ("B", "H", "I", "L", "Q"):
        return {1: "u8", 2: "u16", 4: "u32", 8: "u64"}[size]
    return {"?": "bool", "d": "f64", "f": "f32"}.get(form)


def _marks(valid: Any, count: int) -> Optional[bytes]:
    if valid is None:
        return None
    view = _memory(valid)
    if view is not None and view.ndim == 1 and _native(view) in ("bool", "u8"):
        marks = view.tobytes()
    else:
        marks = bytes(bytearray(1 if mark else 0 for mark in valid))
    if len(marks) != count:
        raise InvalidError("valid has %d elements for %d values" % (len(marks), count))
    return marks


def _elements(values: Any, kind: str, valid: Any) -> Tuple[Any, Optional[bytes], int]:
    """Memory with elements of one type, without a copy where it is that already, what is valid, and the count."""
    values, valid = _mask_of(values, valid)
    view = _memory(values)
    if view is not None and view.ndim == 1:
        same = _native(view) == kind or (kind == "u8" and _native(view) == "bool")
        if same and view.contiguous:
            return view, _marks(valid, len(view)), len(view)
        if same:
            return view.tobytes(), _marks(valid, len(view)), len(view)
    elif view is not None:
        raise InvalidError("one dimension is needed here, not %d" % view.ndim)
    listed = list(values)
    if valid is None and any(v is None for v in listed):
        valid = [v is not None for v in listed]
    marks = _marks(valid, len(listed))
    if marks is not None:
        listed = [v if here else 0 for v, here in zip(listed, marks)]
    if kind == "u8":
        return bytes(bytearray(1 if v else 0 for v in listed)), marks, len(listed)
    return array.array(_CODES[kind], listed), marks, len(listed)


def _texts(texts: Sequence[Optional[str]], valid: Any) -> Tuple[Any, Any, Optional[bytes], int, Any]:
    texts, valid = _mask_of(texts, valid)
    listed = list(texts)
    if valid is None and any(t is None for t in listed):
        valid = [t is not None for t in listed]
    marks = _marks(valid, len(listed))
    encoded = [b"" if marks is not None and not marks[i] else _text_bytes(t) for i, t in enumerate(listed)]
    pointers = (c_char_p * len(encoded))(*encoded)
    lengths = (c_int64 * len(encoded))(*map(len, encoded))
    return pointers, lengths, marks, len(encoded), encoded


def _text_bytes(text: Any) -> bytes:
    if not isinstance(text, str):
        raise TypeError("a text is needed, not %s" % type(text).__name__)
    return text.encode("utf-8")


def _days(values: Any, valid: Any) -> Tuple[Any, Any]:
    """Dates as days since 1970-01-01."""
    if getattr(getattr(values, "dtype", None), "kind", "") == "M":
        return _numpy_times(values, valid, "D")
    listed = list(values)
    first = datetime.date(1970, 1, 1).toordinal()
    return [v.toordinal() - first if isinstance(v, datetime.date) else v for v in listed], valid


def _nanoseconds(values: Any, valid: Any) -> Tuple[Any, Any]:
    """Time stamps as nanoseconds since 1970-01-01 UTC."""
    if getattr(getattr(values, "dtype", None), "kind", "") == "M":
        return _numpy_times(values, valid, "ns")
    return [_instant(v) if isinstance(v, datetime.datetime) else v for v in values], valid


def _instant(stamp: datetime.datetime) -> int:
    if stamp.tzinfo is None:
        raise InvalidError("%s has no time zone: say which it is in, as with tzinfo=datetime.timezone.utc" % stamp)
    passed = stamp - _EPOCH
    return (passed.days * 86400 + passed.seconds) * 10**9 + passed.microseconds * 1000


def _numpy_times(values: Any, valid: Any, unit: str) -> Tuple[Any, Any]:
    values, valid = _mask_of(values, valid)
    numbers = values.astype("datetime64[%s]" % unit).view("int64")
    if valid is None:
        there = numbers != -(1 << 63)
        valid = None if there.all() else there
    return numbers, valid


def _shape_of(values: Any, shape: Optional[Tuple[int, int]], order: Order, valid: Any) -> Tuple[Any, Any, int, int, Order]:
    """A matrix as a flat run of numbers: values, valid, rows, columns, order."""
    values, valid = _mask_of(values, valid)
    if shape is not None:
        return values, valid, shape[0], shape[1], order
    view = _memory(values)
    if view is not None:
        if view.ndim != 2 or view.shape is None:
            raise InvalidError("a matrix has two dimensions, not %d" % view.ndim)
        rows, columns = view.shape
        by_column = _native(view) == "f64" and view.f_contiguous and not view.c_contiguous
        if valid is not None:
            valid = valid.ravel("F" if by_column else "C") if hasattr(valid, "ravel") else [v for row in valid for v in row]
        if _native(view) == "f64" and rows * columns != 0:
            flat = memoryview(view.tobytes("F" if by_column else "C")) if not view.contiguous else _flat_view(values, by_column)
            return flat.cast("B").cast("d"), valid, rows, columns, Order.COLUMN_MAJOR if by_column else Order.ROW_MAJOR
        numbers: Any = view.tolist()
        return [float(v) for row in numbers for v in row], valid, rows, columns, Order.ROW_MAJOR
    listed = [list(row) for row in values]
    columns = len(listed[0]) if listed else 0
    if any(len(row) != columns for row in listed):
        raise InvalidError("the rows of a matrix have equal lengths")
    if valid is not None:
        valid = [v for row in valid for v in row]
    return [v for row in listed for v in row], valid, len(listed), columns, Order.ROW_MAJOR


def _flat_view(values: Any, by_column: bool) -> memoryview:
    """A contiguous matrix as it lies, without a copy where its object can show it so."""
    if by_column:
        return memoryview(values.T) if hasattr(values, "T") else memoryview(memoryview(values).tobytes("F"))
    return memoryview(values)


class Fingerprinter(_Object):
    """Makes a key out of data and a specification.

    absorb_* add a frame: a type, a tag and a value. write_* append bare bytes. The same calls give the same key in
    every release, on every platform and from every language. absorb() chooses the frame by the value's type; the
    others name it. All of them answer the fingerprinter, so that calls can be chained.

    In the columns (absorb_i32_slice to absorb_f64_matrix), an element is missing where it is None, masked, NaT, or
    where `valid` has something false at its place; a NaN is a value.

    | Python                                                 | frame                     |
    |--------------------------------------------------------|---------------------------|
    | float, list of floats, array of float64                | absorb_f64_na_slice       |
    | int, list of ints, array of int64 or uint32            | absorb_i64_slice          |
    | array of int32 and narrower integers                   | absorb_i32_slice          |
    | array of float32                                       | absorb_f32_slice          |
    | bool, list or array of bools                           | absorb_bool_slice         |
    | str, list of str                                       | absorb_str_list           |
    | categorical (has .categories and .codes)               | absorb_factor             |
    | datetime.date, datetime64[D]                           | absorb_date_slice         |
    | datetime.datetime, other datetime64                    | absorb_timestamp_slice    |
    | array of two dimensions                                | absorb_f64_matrix         |
    | bytes, bytearray, array of uint8                       | absorb_bytes              |
    | mapping, data frame                                    | absorb_u64 with the number of its items, then each |

    A value alone is a column of one.
    """

    def __init__(self) -> None:
        held = _Handle("fingerprinter")
        _check(_lib.fingerprinter_new(held.out))
        self._held = held
        self._turn = threading.Lock()

    def _do(self, name: str, *arguments: Any) -> Fingerprinter:
        with self._turn:
            _check(getattr(_lib, "fingerprinter_" + name)(self._h, *arguments))
        return self

    def clone(self) -> Fingerprinter:
        """An independent copy, for keys with a common beginning."""
        made = Fingerprinter()
        held = _Handle("fingerprinter")
        with self._turn:
            _check(_lib.fingerprinter_clone(self._h, held.out))
        made._held = held
        return made

    def finish(self) -> Key:
        """The key of everything so far; more may follow."""
        out = _Key()
        self._do("finish", byref(out))
        return Key._from(out)

    def finish_u64(self) -> int:
        """The first eight bytes of the key as a number; printed as %016x the short form that engines show."""
        out = c_uint64()
        self._do("finish_u64", byref(out))
        return int(out.value)

    # Frames of the core protocol.

    def absorb_tag(self, tag: str) -> Fingerprinter:
        """A bare tag: a separator, or a flag."""
        return self._do("absorb_tag", *_utf8(tag))

    def absorb_bytes(self, tag: str, data: Any) -> Fingerprinter:
        """Anything with a contiguous buffer, as it lies."""
        with _Buffer(data) as (at, size):
            return self._do("absorb_bytes", *_utf8(tag), at, size)

    def absorb_str(self, tag: str, text: str) -> Fingerprinter:
        """One text, as a specification has it."""
        return self._do("absorb_str", *_utf8(tag), *_utf8(text))

    def absorb_u64(self, tag: str, value: int) -> Fingerprinter:
        """An unsigned integer."""
        return self._do("absorb_u64", *_utf8(tag), _unsigned(value))

    def absorb_f64(self, tag: str, value: float) -> Fingerprinter:
        """The bits of a number: -0.0 differs from 0.0."""
        return self._do("absorb_f64", *_utf8(tag), value)

    def absorb_f64_slice(self, tag: str, values: Any) -> Fingerprinter:
        """Numbers, bit by bit."""
        memory, _, count = _elements(values, "f64", None)
        with _Buffer(memory) as (at, _size):
            return self._do("absorb_f64_slice", *_utf8(tag), at, count)

    def absorb_f64_2d(self, tag: str, rows: int, columns: int, values: Any) -> Fingerprinter:
        """rows * columns numbers as they lie in memory, bit by bit; absorb_f64_matrix has one key for either order."""
        memory, _, count = _elements(values, "f64", None)
        if rows * columns != count:
            raise InvalidError("%d values are no %d by %d matrix" % (count, rows, columns))
        with _Buffer(memory) as (at, _size):
            return self._do("absorb_f64_2d", *_utf8(tag), rows, columns, at)

    # Bare bytes.

    def write_bytes(self, data: Any) -> Fingerprinter:
        """Bytes, without their length."""
        with _Buffer(data) as (at, size):
            return self._do("write_bytes", at, size)

    def write_u8(self, value: int) -> Fingerprinter:
        """One byte; for a logical value 0 or 1."""
        if not 0 <= value < 256:
            raise InvalidError("a byte is 0 to 255")
        return self._do("write_u8", value)

    def write_u64(self, value: int) -> Fingerprinter:
        """Eight bytes, little-endian."""
        return self._do("write_u64", _unsigned(value))

    def write_f64(self, value: float) -> Fingerprinter:
        """The bits of a number, -0.0 as 0.0."""
        return self._do("write_f64", value)

    def write_str(self, text: str) -> Fingerprinter:
        """The length of a text, then the text."""
        return self._do("write_str", *_utf8(text))

    def write_f64_slice(self, values: Any) -> Fingerprinter:
        """The count, then each number as write_f64."""
        memory, _, count = _elements(values, "f64", None)
        with _Buffer(memory) as (at, _size):
            return self._do("write_f64_slice", at, count)

    # Columns.

    def _column(self, frame: str, kind: str, tag: str, values: Any, valid: Any) -> Fingerprinter:
        memory, marks, count = _elements(values, kind, valid)
        with _Buffer(memory) as (at, _size):
            return self._do("absorb_%s_slice" % frame, *_utf8(tag), at, marks, count)

    def absorb_i32_slice(self, tag: str, values: Any, valid: Any = None) -> Fingerprinter:
        """32-bit integers."""
        return self._column("i32", "i32", tag, values, valid)

    def absorb_i64_slice(self, tag: str, values: Any, valid: Any = None) -> Fingerprinter:
        """64-bit integers."""
        return self._column("i64", "i64", tag, values, valid)

    def absorb_f32_slice(self, tag: str, values: Any, valid: Any = None) -> Fingerprinter:
        """Single-precision numbers."""
        return self._column("f32", "f32", tag, values, valid)

    def absorb_f64_na_slice(self, tag: str, values: Any, valid: Any = None) -> Fingerprinter:
        """Numbers."""
        return self._column("f64_na", "f64", tag, values, valid)

    def absorb_bool_slice(self, tag: str, values: Any, valid: Any = None) -> Fingerprinter:
        """Logical values."""
        return self._column("bool", "u8", tag, values, valid)

    def absorb_date_slice(self, tag: str, values: Any, valid: Any = None) -> Fingerprinter:
        """Dates: datetime.date, datetime64, or days since 1970-01-01."""
        return self._column("date", "i64", tag, *_days(values, valid))

    def absorb_timestamp_slice(self, tag: str, values: Any, valid: Any = None) -> Fingerprinter:
        """Instants: datetime.datetime with a time zone, datetime64 (UTC), or nanoseconds since 1970-01-01 UTC."""
        return self._column("timestamp", "i64", tag, *_nanoseconds(values, valid))

    def absorb_str_list(self, tag: str, texts: Sequence[Optional[str]], valid: Any = None) -> Fingerprinter:
        """Texts; a missing one is not an empty one."""
        pointers, lengths, marks, count, _kept = _texts(texts, valid)
        return self._do("absorb_str_list", *_utf8(tag), pointers, lengths, marks, count)

    def absorb_factor(
        self, tag: str, levels: Sequence[Optional[str]], codes: Any, valid: Any = None, levels_valid: Any = None
    ) -> Fingerprinter:
        """A factor: its levels, and for each element the number of its level, counted from 0."""
        pointers, lengths, level_marks, level_count, _kept = _texts(levels, levels_valid)
        memory, marks, count = _elements(codes, "i64", valid)
        with _Buffer(memory) as (at, _size):
            return self._do("absorb_factor", *_utf8(tag), pointers, lengths, level_marks, level_count, at, marks, count)

    def absorb_f64_matrix(
        self, tag: str, values: Any, valid: Any = None, *, shape: Optional[Tuple[int, int]] = None, order: Order = Order.ROW_MAJOR
    ) -> Fingerprinter:
        """A matrix, with the same key in either order: something two-dimensional, or with `shape` (and `order`) a flat run."""
        flat, valid, rows, columns, order = _shape_of(values, shape, order, valid)
        memory, marks, count = _elements(flat, "f64", valid)
        if rows * columns != count:
            raise InvalidError("%d values are no %d by %d matrix" % (count, rows, columns))
        with _Buffer(memory) as (at, _size):
            return self._do("absorb_f64_matrix", *_utf8(tag), rows, columns, at, marks, order)

    # By type.

    def absorb(self, tag: str, value: Any, valid: Any = None) -> Fingerprinter:
        """A value as the frame that its type has in every language; see the table above."""
        if isinstance(value, (bytes, bytearray)):
            return self.absorb_bytes(tag, value)
        if isinstance(value, Mapping) or (hasattr(value, "columns") and hasattr(value, "items")):
            members = list(value.items())
            self.absorb_u64(tag, len(members))
            for name, member in members:
                self.absorb(str(name), member)
            return self
        if hasattr(value, "codes") and hasattr(value, "categories"):
            codes = [int(c) for c in value.codes]
            return self.absorb_factor(tag, list(value.categories), codes, [c >= 0 for c in codes] if min(codes, default=0) < 0 else None)
        kind = getattr(getattr(value, "dtype", None), "kind", "")
        if kind == "M":
            unit = str(value.dtype)
            value = value.ravel()
            return (self.absorb_date_slice if unit == "datetime64[D]" else self.absorb_timestamp_slice)(tag, value, valid)
        if kind == "U":
            return self.absorb_str_list(tag, [str(v) for v in value.ravel()], valid)
        if kind == "O" and hasattr(value, "tolist"):
            value = value.tolist()
        view = None if isinstance(value, (str, list, tuple)) else _memory(value)
        if view is not None:
            return self._absorb_memory(tag, value, view, valid)
        if isinstance(value, (str, bool, int, float, datetime.date)):
            value = [value]
        return self._absorb_list(tag, list(value), valid)

    def _absorb_memory(self, tag: str, value: Any, view: memoryview, valid: Any) -> Fingerprinter:
        element = _native(view)
        if view.ndim == 2 and element is not None:
            return self.absorb_f64_matrix(tag, value, valid)
        if view.ndim == 0:
            value = [view.tolist()]
        if element == "u8" and valid is None and view.ndim == 1:
            return self.absorb_bytes(tag, value)
        if element in ("i8", "i16", "i32", "u8", "u16"):
            return self.absorb_i32_slice(tag, value, valid)
        if element in ("i64", "u32", "u64"):
            return self.absorb_i64_slice(tag, value, valid)
        by_type = {"f64": self.absorb_f64_na_slice, "f32": self.absorb_f32_slice, "bool": self.absorb_bool_slice}
        if element not in by_type:
            raise TypeError("elements of format %r have no frame; use one of the absorb_* methods" % view.format)
        return by_type[element](tag, value, valid)

    def _absorb_list(self, tag: str, listed: List[Any], valid: Any) -> Fingerprinter:
        there = [v for v in listed if v is not None]
        choices: List[Tuple[Any, Callable[..., Fingerprinter]]] = [
            (bool, self.absorb_bool_slice), (int, self.absorb_i64_slice), ((int, float), self.absorb_f64_na_slice),
            (str, self.absorb_str_list), (datetime.datetime, self.absorb_timestamp_slice), (datetime.date, self.absorb_date_slice),
        ]
        for kinds, frame in choices:
            if there and all(isinstance(v, kinds) for v in there):
                return frame(tag, listed, valid)
        raise TypeError("what %r holds has no frame by itself; use one of the absorb_* methods" % tag)


def _unsigned(value: int) -> int:
    if not 0 <= value < 1 << 64:
        raise InvalidError("an unsigned integer of 64 bits is needed")
    return value


def fingerprint(**what: Any) -> Key:
    """The key of everything named, in the order given; each as Fingerprinter.absorb has it."""
    made = Fingerprinter()
    for tag, value in what.items():
        made.absorb(tag, value)
    return made.finish()


# ---- entries ----


class _Stored(_Object):
    """What has a payload of the library's."""

    _kind: str

    def __init__(self, held: _Handle) -> None:
        self._held = held

    @property
    def payload(self) -> memoryview:
        """The payload where it lies: read-only, aligned to 64 bytes. It lives on when this is closed."""
        held = self._h
        data, size = c_void_p(), c_int64()
        _check(getattr(_lib, self._kind + "_payload")(held, byref(data), byref(size)))
        if size.value == 0:
            return memoryview(b"")
        memory = (c_uint8 * size.value).from_address(data.value or 0)
        memory._entry = held  # type: ignore[attr-defined]  # the views' owner keeps what it shows
        return memoryview(memory).cast("B").toreadonly()

    def view(self, code: Any) -> Any:
        """The payload as elements of a type of the struct module, "d" for doubles; without a copy."""
        return self.payload.cast(code)

    def array(self, dtype: Any = "float64", shape: Any = None) -> Any:
        """The payload as a read-only NumPy array, without a copy."""
        import numpy

        made = numpy.frombuffer(self.payload, dtype=dtype)
        return made if shape is None else made.reshape(shape)

    def copy_into(self, buffer: Any) -> int:
        """Copies the payload into a writable buffer and answers its length; TooSmallError where it is too small."""
        needed = c_int64()
        with _Buffer(buffer, writable=True) as (at, size):
            _with_needed(getattr(_lib, self._kind + "_copy")(self._h, at, size, byref(needed)), needed)
        return int(needed.value)

    def __bytes__(self) -> bytes:
        return self.payload.tobytes()


class Entry(_Stored):
    """A verified entry: payload, key, run and what is known about it.

    Independent of the store or session it came from. Immutable; may be used after a fork.
    """

    _kind = "entry"

    def __len__(self) -> int:
        return self.info.payload_bytes

    @property
    def regions(self) -> Dict[str, Region]:
        """The regions of the payload by name, in the order that they lie in, whoever wrote it; IncompatibleError: it has none."""
        held, turn = _Handle("cursor"), threading.Lock()
        _check(_lib.entry_list_regions(self._h, held.out))
        return {region.name: region for region in _Listing(held, lambda held: _cursor_region(held, turn))}

    @property
    def notes(self) -> Dict[str, str]:
        """The notes beside the regions: the caller's, and libwarmstart, objective, iteration, order.<name>, complex.<name>."""
        held = _Handle("cursor")
        _check(_lib.entry_list_notes(self._h, held.out))
        return dict(_Listing(held, lambda held: (_read_text(_lib.cursor_name, held), _read_text(_lib.cursor_text, held))))

    @property
    def info(self) -> EntryInfo:
        """What is known besides the payload."""
        c = _EntryInfo.fresh()
        _check(_lib.entry_get_info(self._h, byref(c)))
        return EntryInfo._from(c)

    @property
    def key(self) -> Key:
        """The key it lies under."""
        out = _Key()
        _check(_lib.entry_key(self._h, byref(out)))
        return Key._from(out)

    @property
    def run_id(self) -> str:
        """The run that wrote it."""
        return _read_text(_lib.entry_run_id, self._h)

    @property
    def label(self) -> Optional[str]:
        """What its session was labelled with; None where it was not, or another engine wrote or rewrote it."""
        return _some_text(_lib.entry_label, self._h)

    @property
    def seed_level(self) -> Optional[int]:
        """Which of the session's seed keys it was found under, 0 for the nearest; None when it was not."""
        level = c_int32()
        _check(_lib.entry_seed_level(self._h, byref(level)))
        return level.value if level.value >= 0 else None

    @property
    def kind(self) -> Kind:
        """Checkpoint or final."""
        return self.info.kind

    @property
    def objective(self) -> Optional[float]:
        """Its objective, if it has one."""
        return self.info.objective

    @property
    def iteration(self) -> Optional[int]:
        """Its iteration, if it has one."""
        return self.info.iteration


class Region:
    """One array of an entry: name, type, order, dims (as the array is indexed). `bytes(region)` are its bytes; `array` is a copy
    for NumPy, which lies in memory as it is stored."""

    __slots__ = ("_cursor", "_turn", "name", "type", "order", "dims", "size")

    def __init__(
        self, cursor: _Handle, turn: threading.Lock, name: str, of: ElementType, order: Order, dims: Tuple[int, ...], size: int
    ) -> None:
        self._cursor, self._turn = cursor, turn
        self.name, self.type, self.order, self.dims, self.size = name, of, order, dims, size

    def __repr__(self) -> str:
        return "<Region %r: %s of %s>" % (self.name, list(self.dims), self.type.name)

    def copy_into(self, buffer: Any) -> None:
        """Copies its bytes into a writable buffer."""
        needed = c_int64()
        with _Buffer(buffer, writable=True) as (at, size), self._turn:
            _check(_lib.cursor_find(self._cursor, *_utf8(self.name)))
            _with_needed(_lib.cursor_copy_data(self._cursor, at, size, byref(needed)), needed)

    def __bytes__(self) -> bytes:
        room = bytearray(self.size)
        self.copy_into(room)
        return bytes(room)

    @property
    def array(self) -> Any:
        """A NumPy array of its own: complex, and in Fortran order, where the file says so."""
        import numpy

        if self.type not in _DTYPES:
            raise InvalidError("NumPy has no type for %s: take the bytes" % self.type.name)
        column_major = self.order == Order.COLUMN_MAJOR
        made = numpy.empty(self.dims[::-1] if column_major else self.dims, dtype="<" + _DTYPES[self.type])
        self.copy_into(made)
        return made.T if column_major else made


def _cursor_region(held: _Handle, turn: threading.Lock) -> Region:
    c, needed, dims, data = _RegionInfo.fresh(), c_int64(), (c_int64 * 64)(), c_void_p()
    _check(_lib.cursor_region(held, byref(c)))
    _check(_lib.cursor_dims(held, dims, 64, byref(needed)))
    _check(_lib.cursor_data(held, byref(data), byref(needed)))
    name, extents = _read_text(_lib.cursor_name, held), tuple(dims[: c.rank])
    return Region(held, turn, name, ElementType(c.type), Order(c.order), extents, int(needed.value))


def _with_needed(status: int, needed: c_int64) -> int:
    try:
        return _check(status)
    except TooSmallError as small:
        small.needed = int(needed.value)
        raise


def _entry(call: Callable[..., int], *arguments: Any) -> Optional[Entry]:
    held = _Handle("entry")
    return Entry(held) if _check(call(*arguments, held.out)) == Status.OK else None


# ---- records ----


_Place = Union[str, Tuple[str, int]]


def _place(key: _Place) -> Tuple[bytes, int, int]:
    field, index = key if isinstance(key, tuple) else (key, 0)
    return (*_utf8(field), index)


class Record(_Object):
    """Where a fit stood (RecordKind.WARM_START, BLOCKS), or what a finished fit can teach its relatives (ARTIFACT).

        record = warmstart.Record(RecordKind.WARM_START, key="y ~ s(x)", n_rows=n, n_cols=p, rho=rho, beta=beta)
        store.save_record(record)

    Fields go by the names that warm_record in warmstart.h lists: record["rho"]; those of blocks and terms by name and
    number, counted from 0: record["block_beta", 1]. What is absent reads as None, and is set to None; flags are integers;
    lists come out as array.array. A record belongs to one thread at a time.
    """

    def __init__(self, kind: RecordKind, **fields: Any) -> None:
        held = _Handle("record")
        _check(_lib.record_new(kind, held.out))
        self._held = held
        for field, value in fields.items():
            self[field] = value

    @classmethod
    def _of(cls, make: Callable[..., int], *arguments: Any) -> Optional[Record]:
        held = _Handle("record")
        if _check(make(*arguments, held.out)) != Status.OK:
            return None
        record = cls.__new__(cls)
        record._held = held
        return record

    @classmethod
    def from_json(cls, kind: RecordKind, json: Union[str, bytes]) -> Record:
        """Reads JSON, of a session's payload for instance; IncompatibleError where it is none of such a record."""
        with _Buffer(json.encode("utf-8") if isinstance(json, str) else json) as (at, size):
            record = cls._of(_lib.record_from_json, kind, at, size)
        assert record is not None
        return record

    def json(self) -> bytes:
        """The JSON, to be a session's payload or for tools."""
        needed = c_int64()
        _lib.record_to_json(self._h, None, 0, byref(needed))
        room = ctypes.create_string_buffer(max(1, needed.value))
        _check(_lib.record_to_json(self._h, room, needed.value, byref(needed)))
        return room.raw[: needed.value]

    def describe(self, field: str) -> Tuple[FieldType, int]:
        """What a field holds, and how many of it there are: 1, or one per block or term."""
        holds, count = c_int32(), c_int64()
        _check(_lib.record_describe(self._h, *_utf8(field), byref(holds), byref(count)))
        return FieldType(holds.value), count.value

    def __setitem__(self, key: _Place, value: Any) -> None:
        place = _place(key)
        holds = None if value is None else self.describe(place[0].decode())[0]
        if holds is None:
            _check(_lib.record_clear(self._h, *place))
        elif holds is FieldType.TEXT:
            _check(_lib.record_set_text(self._h, *place, *_utf8(value)))
        elif holds is FieldType.INTEGER:
            _check(_lib.record_set_integer(self._h, *place, _within(value)))
        elif holds is FieldType.NUMBER:
            _check(_lib.record_set_number(self._h, *place, value))
        elif holds is FieldType.INTEGERS:
            column = array.array("q", [_within(v) for v in value])
            _check(_lib.record_set_integers(self._h, *place, column.buffer_info()[0], len(column)))
        else:
            column = array.array("d", value)
            _check(_lib.record_set_numbers(self._h, *place, column.buffer_info()[0], len(column)))

    def __getitem__(self, key: _Place) -> Any:
        place = _place(key)
        holds = self.describe(place[0].decode())[0]
        if holds is FieldType.TEXT:
            return self._text(place)
        if holds is FieldType.INTEGER:
            whole = c_int64()
            return whole.value if _check(_lib.record_get_integer(self._h, *place, byref(whole))) == Status.OK else None
        if holds is FieldType.NUMBER:
            number = c_double()
            return number.value if _check(_lib.record_get_number(self._h, *place, byref(number))) == Status.OK else None
        get, code = (_lib.record_get_integers, "q") if holds is FieldType.INTEGERS else (_lib.record_get_numbers, "d")
        needed = c_int64()
        status = get(self._h, *place, None, 0, byref(needed))
        if status != -2 and _check(status) != Status.OK:
            return None
        column = array.array(code, bytes(8 * needed.value))
        _check(get(self._h, *place, column.buffer_info()[0], len(column), byref(needed)))
        return column

    def _text(self, place: Tuple[bytes, int, int]) -> Optional[str]:
        needed = c_int64()
        status = _lib.record_get_text(self._h, *place, None, 0, byref(needed))
        if status != -2 and _check(status) != Status.OK:
            return None
        room = ctypes.create_string_buffer(needed.value)
        _check(_lib.record_get_text(self._h, *place, room, needed.value, byref(needed)))
        return room.raw[: needed.value - 1].decode("utf-8")

    def add_term(
        self,
        block_name: str,
        role: Role = Role.FROM_NAME,
        penalty_labels: Sequence[Optional[str]] = (),
        nullspace_dims: Sequence[int] = (),
        reduced_width: int = 0,
        **fields: Any,
    ) -> int:
        """Appends a term to an artifact, sets fields of it (rho_for_term, raw_beta), and answers its number.

        Its identity is made of the arguments before: one label (or None) per penalty, the dimensions of the penalties'
        null spaces, the number of coefficients once constraints are absorbed.
        """
        encoded = [b"" if label is None else label.encode("utf-8") for label in penalty_labels]
        texts = (c_char_p * max(1, len(encoded)))(*encoded)
        lengths = array.array("q", map(len, encoded))
        valid = array.array("B", [label is not None for label in penalty_labels])
        dims = array.array("q", [_within(dim) for dim in nullspace_dims])
        _check(_lib.record_add_term(
            self._h, *_utf8(block_name), role, texts, lengths.buffer_info()[0], valid.buffer_info()[0] if valid else None, len(encoded),
            dims.buffer_info()[0], len(dims), _within(reduced_width),
        ))
        at = self.describe("terms.identity")[1] - 1
        for field, value in fields.items():
            self["terms." + field, at] = value
        return at

    @property
    def key(self) -> Key:
        """What it is stored under."""
        out = _Key()
        _check(_lib.record_key(self._h, byref(out)))
        return Key._from(out)

    def check(self, like: Record) -> None:
        """Raises IncompatibleError, which says why, where the fit that `like` describes may not start from here."""
        _check(_lib.record_check(self._h, like._h))

    def suits(self, like: Record) -> bool:
        """Whether the fit that `like` describes may start from here."""
        try:
            self.check(like)
        except IncompatibleError:
            return False
        return True

    def transfer_from(self, source: Record) -> None:
        """Takes over what the artifact `source` can teach this one: see terms.rho_for_term, terms.provenance, terms.source."""
        _check(_lib.record_transfer(self._h, source._h))


def _within(value: Any) -> int:
    number = int(value.__index__())
    if not -(1 << 63) <= number < 1 << 63:
        raise InvalidError("%d does not fit 64 bits" % number)
    return number


# ---- stores ----


class _Listing(Generic[_T]):
    """A cursor as an iterator: a copy of the list as it was when it was asked for, but for Store.stream_keys."""

    def __init__(self, held: _Handle, item: Callable[[_Handle], _T], step: Optional[Callable[[_Handle], int]] = None) -> None:
        self._held, self._item, self._turn = held, item, threading.Lock()
        self._step = step or _lib.cursor_next

    def __iter__(self) -> Iterator[_T]:
        return self

    def __next__(self) -> _T:
        with self._turn:
            if _check(self._step(self._held)) == Status.NOT_FOUND:
                raise StopIteration
            return self._item(self._held)


def _cursor_trace_point(held: _Handle) -> TracePoint:
    c = _TracePoint.fresh()
    _check(_lib.cursor_trace_point(held, byref(c)))
    return TracePoint(
        c.seconds, c.unix_seconds, c.iteration if c.has_iteration else None, c.objective if c.has_objective else None
    )


def _cursor_key(held: _Handle) -> Key:
    out = _Key()
    _check(_lib.cursor_key(held, byref(out)))
    return Key._from(out)


def _cursor_listed(held: _Handle) -> Listed:
    c = _EntryInfo.fresh()
    _check(_lib.cursor_info(held, byref(c)))
    run = _RunInfo.fresh()
    _check(_lib.cursor_run(held, byref(run)))
    return Listed(
        _cursor_key(held), _read_text(_lib.cursor_run_id, held), EntryInfo._from(c),
        _read_text(_lib.cursor_text, held) if run.has_label else None, bool(run.is_pinned), Durability(run.durability),
        run.last_used_unix_secs, run.seed_keys, run.key_fields,
    )


def _session_progress(call: Callable[..., int], of: _Handle) -> SessionProgress:
    c = _SessionProgress.fresh()
    _check(call(of, byref(c)))
    return SessionProgress(
        c.iteration if c.has_iteration else None, c.iterations_per_second if c.has_rate else None,
        c.best_objective if c.has_objective else None, c.elapsed_seconds, c.durable_age_seconds if c.has_durable else None,
        c.next_due_seconds if c.has_next_due else None, c.write_seconds if c.has_durable else None, c.written_seconds,
        c.blocked_seconds, c.writes, c.failed, c.throttled, c.waiting,
    )


def _cursor_session(held: _Handle) -> LiveSession:
    c = _LiveSession.fresh()
    _check(_lib.cursor_session(held, byref(c)))
    return LiveSession(
        _cursor_key(held), _read_text(_lib.cursor_run_id, held), _read_text(_lib.cursor_text, held) if c.has_label else None,
        _read_text(_lib.cursor_name, held), c.process_id, c.opened_unix_seconds, c.reported_unix_seconds,
        _session_progress(_lib.cursor_progress, held),
    )


def _cursor_found(held: _Handle) -> Finding:
    c = _Finding.fresh()
    _check(_lib.cursor_finding(held, byref(c)))
    return Finding(
        Problem(c.problem), Action(c.action), _cursor_key(held) if c.has_key else None,
        _read_text(_lib.cursor_run_id, held), _read_text(_lib.cursor_text, held),
    )


def _cursor_field(held: _Handle) -> Field:
    c = _Field.fresh()
    _check(_lib.cursor_field(held, byref(c)))
    return Field(_read_text(_lib.cursor_text, held), FieldState(c.state))


def _cursor_planned(held: _Handle) -> Planned:
    score = c_double()
    _check(_lib.cursor_score(held, byref(score)))
    return Planned(_cursor_key(held), score.value)


def _miss(call: Callable[..., int], *arguments: Any) -> Optional[Miss]:
    held, c, key = _Handle("miss"), _MissInfo.fresh(), _Key()
    if _check(call(*arguments, held.out)) != Status.OK:
        return None
    _check(_lib.miss_get_info(held, byref(c)))
    _check(_lib.miss_key(held, byref(key)))
    fields = _Handle("cursor")
    _check(_lib.miss_list_fields(held, fields.out))
    return Miss(
        Key._from(key), _read_text(_lib.miss_text, held), tuple(_Listing(fields, _cursor_field)), c.keys_compared, c.keys_listed
    )


def _start_statistics(call: Callable[..., int], of: _Handle) -> StartStatistics:
    c = _StartStats.fresh()
    _check(call(of, byref(c)))
    return _filled(StartStatistics, c)


def _run_of(run_id: Optional[str]) -> Tuple[Optional[bytes], int]:
    return (None, 0) if run_id is None else _utf8(run_id)


def _options(kind: str, settings: Mapping[str, Any]) -> Optional[_Handle]:
    """An options object with what is not None, or none at all."""
    wanted = {name: value for name, value in settings.items() if value is not None}
    if not wanted:
        return None
    held = _Handle(kind)
    _check(getattr(_lib, kind + "_new")(held.out))
    for name, value in wanted.items():
        arguments = value if isinstance(value, tuple) else (value,)
        _check(getattr(_lib, "%s_set_%s" % (kind, name))(held, *arguments))
    return held


class Store(_Object):
    """A directory of entries, private to the user. Any number of processes may have it open at once.

    `root` is the directory, made where it is missing; None: WARMSTART_DIR of the environment, else `warmstart` in the
    user's cache directory. What is None is inherited from what the root recorded, else the default: 1 GiB, 200 000
    files, 256 MiB of memory, 30 days without use (0: for ever), full durability.
    """

    def __init__(
        self,
        root: Union[str, os.PathLike[str], None] = None,
        *,
        size_budget: Optional[int] = None,
        file_budget: Optional[int] = None,
        memory_budget: Optional[int] = None,
        ttl_seconds: Optional[float] = None,
        durability: Optional[Durability] = None,
        read_only: bool = False,
    ) -> None:
        options = _options("store_options", {
            "size_budget": size_budget, "file_budget": file_budget, "memory_budget": memory_budget,
            "ttl_seconds": ttl_seconds, "durability": durability, "read_only": 1 if read_only else None,
        })
        held = _Handle("store")
        text = None if root is None else os.fspath(root).encode("utf-8")
        _check(_lib.store_open(text, 0 if text is None else len(text), options, held.out))
        self._held = held

    @classmethod
    def for_records(cls, root: Union[str, os.PathLike[str], None] = None) -> Store:
        """Opens a store made for records: 256 MiB, ten years, and one store however often a process opens the root.

        None: the default root with "-records" appended to its name.
        """
        held = _Handle("store")
        text = None if root is None else os.fspath(root).encode("utf-8")
        _check(_lib.store_open_records(text, 0 if text is None else len(text), held.out))
        store = cls.__new__(cls)
        store._held = held
        return store

    def save_record(self, record: Record) -> None:
        """Stores a record under its own key, in the place of the one before."""
        _check(_lib.store_save_record(self._h, record._h))

    def load_record(self, like: Record) -> Optional[Record]:
        """The newest record of `like`'s kind and key; whether it suits says its check()."""
        return Record._of(_lib.store_load_record, self._h, like._h)

    @property
    def root(self) -> str:
        """The directory, absolute."""
        return _read_text(_lib.store_root, self._h, room=1024)

    def session(self, key: KeyLike, **options: Any) -> Session:
        """A session on a key; for the options see Session."""
        return Session(self, key, **options)

    def save(
        self, key: KeyLike, payload: Any, objective: Optional[float] = None, iteration: Optional[int] = None, kind: Kind = Kind.CHECKPOINT
    ) -> str:
        """Saves a payload as a new run and answers its run id; durable on return."""
        run_id = ctypes.create_string_buffer(129)
        with _Buffer(payload) as (at, size):
            _check(_lib.store_save(
                self._h, _key_of(key), at, size, _objective(objective), _iteration(iteration), kind, run_id, 129, None,
            ))
        return run_id.value.decode()

    def save_slot(
        self, key: KeyLike, run_id: str, payload: Any, objective: Optional[float] = None, iteration: Optional[int] = None,
        kind: Kind = Kind.CHECKPOINT,
    ) -> None:
        """Saves a payload as the next generation of a run: readers find the one before until this one is complete."""
        with _Buffer(payload) as (at, size):
            _check(_lib.store_save_slot(
                self._h, _key_of(key), *_utf8(run_id), at, size, _objective(objective), _iteration(iteration), kind,
            ))

    def lookup(self, key: KeyLike, mode: Lookup = Lookup.BEST) -> Optional[Entry]:
        """The best or latest entry under a key, verified; None where nothing valid is stored."""
        return _entry(_lib.store_lookup, self._h, _key_of(key), mode)

    def lookup_into(self, key: KeyLike, buffer: Any, mode: Lookup = Lookup.BEST) -> Optional[EntryInfo]:
        """The same, into a writable buffer; TooSmallError where it is too small."""
        needed, c = c_int64(), _EntryInfo.fresh()
        with _Buffer(buffer, writable=True) as (at, size):
            status = _with_needed(
                _lib.store_lookup_into(self._h, _key_of(key), mode, at, size, byref(needed), byref(c)), needed
            )
        return EntryInfo._from(c) if status == Status.OK else None

    def lookup_run(self, key: KeyLike, run_id: str) -> Optional[Entry]:
        """The newest generation of one run; CorruptError where it fails its checks."""
        return _entry(_lib.store_lookup_run, self._h, _key_of(key), *_utf8(run_id))

    def remove(self, key: KeyLike) -> bool:
        """Removes everything under a key; False where there was nothing."""
        return _check(_lib.store_remove(self._h, _key_of(key))) == Status.OK

    def remove_entry(self, key: KeyLike, run_id: str) -> bool:
        """Removes one run; False where there was none."""
        return _check(_lib.store_remove_entry(self._h, _key_of(key), *_utf8(run_id))) == Status.OK

    def pin(self, key: KeyLike, run_id: str, on: bool = True) -> bool:
        """Keeps a run from expiry, and from eviction while anything else is left; False where there is no such run."""
        return _check(_lib.store_pin(self._h, _key_of(key), *_utf8(run_id), 1 if on else 0)) == Status.OK

    def sweep(self) -> None:
        """Expires, evicts, reclaims what dead writers left and sets old damage aside, now."""
        _check(_lib.store_sweep(self._h))

    def flush(self, timeout: Optional[float] = None) -> bool:
        """Waits until everything accepted by any session is durable; False when `timeout` seconds did not suffice."""
        held = self._h
        return _poll(lambda step: _lib.store_flush(held, step), timeout) == Status.OK

    def keys(self) -> Iterator[Key]:
        """The keys something is stored under, in order."""
        held = _Handle("cursor")
        _check(_lib.store_list_keys(self._h, held.out))
        return _Listing(held, _cursor_key)

    def stream_keys(self) -> Iterator[Key]:
        """The same keys as they are found, in no order: the first comes at once, and memory is bounded, however many there are.

        What is made or removed meanwhile may be among them, and so may a key that nothing is stored under any more. It reads on
        with each key, which can fail; in the child of a fork: ForkedError.
        """
        held = _Handle("cursor")
        _check(_lib.store_stream_keys(self._h, held.out))
        return _Listing(held, _cursor_key)

    def sessions(self) -> Iterator[LiveSession]:
        """The sessions that are running on this store in any process, those opened first before the others.

        One appears with its first checkpoint, and goes when it is finished or closed or its process dies; where other hosts share
        the file system, one that died may stay for a day.
        """
        held = _Handle("cursor")
        _check(_lib.store_list_sessions(self._h, held.out))
        return _Listing(held, _cursor_session)

    def export_entry(self, key: KeyLike, run_id: str) -> Optional[Exported]:
        """The newest intact generation of one run, for the import_entry of another store; None: no such run.

        CorruptError where it fails its checks.
        """
        held, needed, room = _Handle("entry"), c_int64(), ctypes.create_string_buffer(65536)
        status = _check(_lib.store_export_entry(self._h, _key_of(key), *_utf8(run_id), room, 65536, byref(needed), held.out))
        return Exported(room.raw[: needed.value], Entry(held)) if status == Status.OK else None

    def import_entry(self, key: KeyLike, run_id: str, metadata: Any, payload: Any) -> Imported:
        """Takes in what export_entry gave, under the key and run id it had: `payload` is its entry's.

        Nothing of it is trusted: CorruptError where it fails its checks, and nothing of it was written then. What is here stays
        unless it is damaged or an older generation of the run.
        """
        became = c_int32()
        with _Buffer(metadata) as (text, length), _Buffer(payload) as (at, size):
            _check(_lib.store_import_entry(self._h, _key_of(key), *_utf8(run_id), text, length, at, size, byref(became)))
        return Imported(became.value)

    def entries(self, key: KeyLike) -> Iterator[Listed]:
        """The runs under a key, newest first; payloads are not read."""
        held = _Handle("cursor")
        _check(_lib.store_list_entries(self._h, _key_of(key), held.out))
        return _Listing(held, _cursor_listed)

    def trace(self, key: KeyLike, run_id: str) -> Optional[Iterator[TracePoint]]:
        """The trace of the session that wrote a run, alive or dead, as of its last durable checkpoint; None: no such run."""
        held = _Handle("cursor")
        found = _check(_lib.store_trace(self._h, _key_of(key), *_utf8(run_id), held.out)) == Status.OK
        return _Listing(held, _cursor_trace_point) if found else None

    def statistics(self) -> StoreStatistics:
        """Figures of the root and of this object."""
        c = _StoreStats.fresh()
        _check(_lib.store_get_stats(self._h, byref(c)))
        return _filled(StoreStatistics, c)

    def limits(self) -> StoreLimits:
        """Those in force for this object: what its options named, else the root's, else the defaults."""
        c = _StoreLimits.fresh()
        _check(_lib.store_get_limits(self._h, byref(c)))
        return _filled(StoreLimits, c)

    def explain(self, key: KeyLike, timeout: float = 5.0) -> Optional[Miss]:
        """Which stored key is nearest to a stored one, and which fields differ; None where no other has a field in common.

        Needs a fingerprint in the options of the sessions that wrote: InvalidError where nothing under `key` says what it was
        made from.
        """
        return _miss(_lib.store_explain, self._h, _key_of(key), timeout)

    def start_statistics(self) -> StartStatistics:
        """How the fits of this object's sessions began."""
        return _start_statistics(_lib.store_get_start_stats, self._h)

    def retain(self, key: KeyLike, last: int = 0, best: int = 0) -> int:
        """Removes the runs that are neither among the last nor the best, but for pinned and living ones; answers how many.

        The last and the best are kept in any case, and damage takes no one's place.
        """
        removed = c_int64()
        _check(_lib.store_retain(self._h, _key_of(key), last, best, byref(removed)))
        return removed.value

    def failed_restarts(self, key: KeyLike, run_id: Optional[str] = None) -> int:
        """How many restarts from the checkpoints of a run, or of all, have failed."""
        count = c_int64()
        _check(_lib.store_failed_restarts(self._h, _key_of(key), *_run_of(run_id), byref(count)))
        return count.value

    def reset_restarts(self, key: KeyLike, run_id: Optional[str] = None) -> bool:
        """Forgets them, so that the checkpoints are loaded again; False where there were none."""
        return _check(_lib.store_reset_restarts(self._h, _key_of(key), *_run_of(run_id))) == Status.OK

    def start_verify(self) -> Task:
        """Starts to read and check everything; nothing is changed."""
        return Task(self._h, _lib.store_start_verify)

    def start_repair(self) -> Task:
        """The same, and moves damage aside, removes what dead writers left, and loses nothing intact."""
        return Task(self._h, _lib.store_start_repair)

    def start_sweep(self) -> Task:
        """Starts a sweep that also reads every payload; each run that goes is a finding, Problem.EXPIRED or OVER_BUDGET."""
        return Task(self._h, _lib.store_start_sweep)

    def start_sweep_plan(self) -> Task:
        """Starts to find out which runs a sweep would remove now: each is a finding, and nothing is changed."""
        return Task(self._h, _lib.store_start_sweep_plan)

    def attach_remote(self, url: str, **options: Any) -> Remote:
        """Shares entries with other machines through an object store; for the options see Remote."""
        return Remote(self, url, **options)


class Task(_Object):
    """A verification, repair, sweep or copy in progress, on a thread of its own. Closing it cancels what still runs."""

    def __init__(self, store: _Handle, start: Callable[..., int]) -> None:
        held = _Handle("task")
        _check(start(store, held.out))
        self._held = held

    def wait(self, timeout: Optional[float] = None) -> Status:
        """Waits for the end: Status.OK, CANCELLED, or TIMEOUT when `timeout` seconds did not suffice."""
        held = self._h
        return Status(_poll(lambda step: _lib.task_wait(held, step), timeout))

    def cancel(self) -> None:
        """Asks the work to stop, and does not wait for it."""
        _check(_lib.task_cancel(self._h))

    @property
    def progress(self) -> TaskProgress:
        """How far the work has come."""
        c = _TaskProgress.fresh()
        _check(_lib.task_get_progress(self._h, byref(c)))
        return _filled(TaskProgress, c)

    @property
    def report(self) -> CheckReport:
        """What was found, once the work has ended."""
        c = _CheckReport.fresh()
        _check(_lib.task_get_report(self._h, byref(c)))
        return _filled(CheckReport, c)

    def findings(self) -> Iterator[Finding]:
        """What is wrong, one by one; the first 10 000."""
        held = _Handle("cursor")
        _check(_lib.task_findings(self._h, held.out))
        return _Listing(held, _cursor_found)


# ---- caches ----


def _blob_info(call: Callable[..., int], *arguments: Any) -> Optional[BlobInfo]:
    c = _BlobInfo.fresh()
    return BlobInfo._from(c) if _check(call(*arguments, byref(c))) == Status.OK else None


class Blob(_Stored):
    """An entry of a cache: its bytes, and what was put with them.

    Independent of the cache, which may replace or evict it meanwhile. Immutable; may be used after a fork.
    """

    _kind = "blob"

    def __len__(self) -> int:
        return self.info.payload_bytes

    @property
    def info(self) -> BlobInfo:
        """What is known besides the bytes, as of the get."""
        found = _blob_info(_lib.blob_get_info, self._h)
        assert found is not None
        return found

    def _texts(self, kind: str, of: str) -> List[str]:
        held, count = self._h, c_int64()
        _check(getattr(_lib, "blob_%s_count" % kind)(held, byref(count)))
        return [_read_text(getattr(_lib, "blob_" + of), held, i) for i in range(count.value)]

    @property
    def tags(self) -> List[str]:
        """What it is about."""
        return self._texts("tag", "tag")

    @property
    def dependencies(self) -> List[str]:
        """What it was computed from."""
        return self._texts("dependency", "dependency")

    @property
    def pairs(self) -> Dict[str, str]:
        """Its metadata."""
        return dict(zip(self._texts("pair", "pair_name"), self._texts("pair", "pair_value")))

    @property
    def content_type(self) -> Optional[str]:
        """The media type it was put with."""
        return _some_text(_lib.blob_content_type, self._h)


def _text_array(texts: Sequence[str]) -> Tuple[Any, Any, int]:
    """Pointers and lengths, which keep what they point to."""
    if isinstance(texts, str):
        raise TypeError("a sequence of texts is needed, and one text is none")
    pointers, lengths, _, count, _ = _texts(texts, None)
    return pointers, lengths, count


def _put(
    *,
    version: Optional[int] = None,
    swap: Optional[Tuple[Optional[int], int]] = None,
    tags: Sequence[str] = (),
    dependencies: Sequence[str] = (),
    pairs: Mapping[str, str] = {},
    content_type: Optional[str] = None,
    priority: Optional[int] = None,
    admission: Optional[Admission] = None,
    ttl_seconds: Optional[float] = None,
    deadline_unix_ms: Optional[int] = None,
    jitter_percent: Optional[float] = None,
    idle_seconds: Optional[float] = None,
    stale_seconds: Optional[float] = None,
    largest: Optional[int] = None,
) -> Optional[_Handle]:
    """What goes with a put; None where nothing is set."""
    if version is not None and swap is not None:
        raise InvalidError("a put has a version or a swap, not both")
    if isinstance(tags, str) or isinstance(dependencies, str):
        raise TypeError("tags and dependencies are sequences of texts, and one text is none")
    if priority is not None and not 0 <= priority <= 255:
        raise InvalidError("a priority is between 0 and 255, and not %d" % priority)
    settings = {
        "version": None if version is None else _unsigned(version),
        "swap": None if swap is None else (0 if swap[0] is None else 1, _unsigned(swap[0] or 0), _unsigned(swap[1])),
        "content_type": None if content_type is None else _utf8(content_type),
        "priority": priority, "admission": admission, "ttl_seconds": ttl_seconds, "jitter_percent": jitter_percent,
        "deadline_unix_ms": None if deadline_unix_ms is None else _within(deadline_unix_ms),
        "idle_seconds": idle_seconds, "stale_seconds": stale_seconds, "largest": None if largest is None else _within(largest),
    }
    held = _options("put", settings)
    if held is None:
        if not (tags or dependencies or pairs):
            return None
        held = _Handle("put")
        _check(_lib.put_new(held.out))
    for tag in tags:
        _check(_lib.put_add_tag(held, *_utf8(tag)))
    for dependency in dependencies:
        _check(_lib.put_add_dependency(held, *_utf8(dependency)))
    for name, value in pairs.items():
        _check(_lib.put_set_pair(held, *_utf8(name), *_utf8(value)))
    return held


class Cache(_Object):
    """Blobs under namespaces and keys, for what is recomputed too often: in memory and, below it, in a directory.

        with warmstart.Cache() as cache:
            basis = cache.get("bases", key)
            if basis is None:
                cache.put("bases", key, made := compute(x), dependencies=[str(warmstart.fingerprint(x=x))])

    Any number of processes may have the directory open at once. `root` is made where it is missing; None: the default root
    of Store with "-cache" appended to its name. Defaults: 256 MiB of memory, 4 GiB of disk, full durability, compression.
    `background_promotion`: a thread keeps in memory what gets read from the disk, and at most so many wait for it.
    """

    def __init__(
        self,
        root: Union[str, os.PathLike[str], None] = None,
        *,
        memory_budget: Optional[int] = None,
        disk_budget: Optional[int] = None,
        durability: Optional[Durability] = None,
        read_only: bool = False,
        promotion: Optional[Promotion] = None,
        background_promotion: Optional[int] = None,
        compression: bool = True,
    ) -> None:
        options = self._settings(memory_budget, disk_budget, durability, read_only, promotion, background_promotion, compression)
        held = _Handle("cache")
        text = None if root is None else os.fspath(root).encode("utf-8")
        _check(_lib.cache_open(text, 0 if text is None else len(text), options, held.out))
        self._held = held

    @staticmethod
    def _settings(
        memory_budget: Optional[int],
        disk_budget: Optional[int] = None,
        durability: Optional[Durability] = None,
        read_only: bool = False,
        promotion: Optional[Promotion] = None,
        background_promotion: Optional[int] = None,
        compression: bool = True,
    ) -> Optional[_Handle]:
        return _options("cache_options", {
            "memory_budget": None if memory_budget is None else _within(memory_budget),
            "disk_budget": None if disk_budget is None else _within(disk_budget),
            "durability": durability, "read_only": 1 if read_only else None, "promotion": promotion,
            "background_promotion": None if background_promotion is None else (1, _within(background_promotion)),
            "compression": None if compression else 0,
        })

    @classmethod
    def in_memory(cls, *, memory_budget: Optional[int] = None) -> Cache:
        """A cache that lies in memory only, and ends with its object."""
        held = _Handle("cache")
        _check(_lib.cache_open_in_memory(cls._settings(memory_budget), held.out))
        cache = cls.__new__(cls)
        cache._held = held
        return cache

    @property
    def root(self) -> Optional[str]:
        """The directory; None where it lies in memory only."""
        return _some_text(_lib.cache_root, self._h)

    def put(self, namespace: str, key: str, payload: Any, **settings: Any) -> PutReceipt:
        """Puts bytes under a key, in the place of what was there; durable on return.

        Settings: version (ConflictError when a live entry has this one or a higher one) or swap=(expected, version) (ConflictError
        unless the live entry has exactly that one; None: unless there is none); tags, dependencies, pairs, content_type,
        priority (0 to 255, the lowest go first), admission, ttl_seconds, deadline_unix_ms, jitter_percent, idle_seconds,
        stale_seconds, largest.
        """
        c, put = _PutReceipt.fresh(), _put(**settings)
        with _Buffer(payload) as (at, size):
            _check(_lib.cache_put(self._h, *_utf8(namespace), *_utf8(key), at, size, put, byref(c)))
        return _filled(PutReceipt, c)

    def put_many(self, namespace: str, items: Mapping[str, Any], **settings: Any) -> Dict[str, Optional[Error]]:
        """Puts several, each with the same settings; what failed, by its key, and None where nothing did."""
        put, keys = _put(**settings), list(items)
        pointers, lengths, count = _text_array(keys)
        statuses = (c_int32 * count)()
        with contextlib.ExitStack() as borrowed:
            memory = [borrowed.enter_context(_Buffer(items[key])) for key in keys]
            payloads = (c_void_p * count)(*(at for at, _ in memory))
            sizes = (c_int64 * count)(*(size for _, size in memory))
            _check(_lib.cache_put_many(self._h, *_utf8(namespace), pointers, lengths, payloads, sizes, count, put, statuses))
            failures = self._failures(statuses)
        return dict(zip(keys, failures))

    @staticmethod
    def _failures(statuses: Any) -> List[Optional[Error]]:
        """The last error is about the first failure; of the others the status speaks."""
        failures: List[Optional[Error]] = []
        told = False
        for status in statuses:
            failure: Optional[Error] = None
            if status < 0:
                try:
                    _check(status)
                except Error as first:
                    failure = first if not told else type(first)(_lib.status_string(status).decode())
                    failure.status = status
                told = True
            failures.append(failure)
        return failures

    def get(self, namespace: str, key: str) -> Optional[Blob]:
        """The live entry under a key."""
        held = _Handle("blob")
        found = _check(_lib.cache_get(self._h, *_utf8(namespace), *_utf8(key), held.out)) == Status.OK
        return Blob(held) if found else None

    def get_into(self, namespace: str, key: str, buffer: Any) -> Optional[BlobInfo]:
        """The same into a writable buffer; TooSmallError, with `needed`, where it is too small."""
        c, needed = _BlobInfo.fresh(), c_int64()
        with _Buffer(buffer, writable=True) as (at, size):
            status = _lib.cache_get_into(self._h, *_utf8(namespace), *_utf8(key), at, size, byref(needed), byref(c))
            return BlobInfo._from(c) if _with_needed(status, needed) == Status.OK else None

    def get_many(self, namespace: str, keys: Sequence[str]) -> List[Optional[Blob]]:
        """One for each key, in their order; the first that fails is raised."""
        pointers, lengths, count = _text_array(keys)
        found, statuses = (c_void_p * count)(), (c_int32 * count)()
        held = [_Handle("blob") for _ in range(count)]
        _check(_lib.cache_get_many(self._h, *_utf8(namespace), pointers, lengths, count, found, statuses))
        for one, pointer in zip(held, found):
            one.pointer.value = pointer
        for status in statuses:
            _check(status)
        return [Blob(one) if one.pointer.value else None for one in held]

    def existence(self, namespace: str, key: str) -> Existence:
        """What is known without reading a file; no access."""
        out = c_int32()
        _check(_lib.cache_existence(self._h, *_utf8(namespace), *_utf8(key), byref(out)))
        return Existence(out.value)

    def contains(self, namespace: str, key: str) -> bool:
        """Whether there is a live entry, exactly; it may read a file, and is no access."""
        return _check(_lib.cache_contains(self._h, *_utf8(namespace), *_utf8(key))) == Status.OK

    def remove(self, namespace: str, key: str) -> bool:
        """Removes an entry; False where there was none."""
        return _check(_lib.cache_remove(self._h, *_utf8(namespace), *_utf8(key))) == Status.OK

    def peek(self, namespace: str, key: str) -> Optional[BlobInfo]:
        """What is known of the live entry, its remaining life for one; no access."""
        return _blob_info(_lib.cache_peek, self._h, *_utf8(namespace), *_utf8(key))

    def set_life(
        self,
        namespace: str,
        key: str,
        *,
        ttl_seconds: Optional[float] = None,
        deadline_unix_ms: Optional[int] = None,
        jitter_percent: Optional[float] = None,
        idle_seconds: Optional[float] = None,
        stale_seconds: Optional[float] = None,
    ) -> bool:
        """Gives the live entry another life from now on, nothing: until it is evicted; False where there is none."""
        put = _put(ttl_seconds=ttl_seconds, deadline_unix_ms=deadline_unix_ms, jitter_percent=jitter_percent, idle_seconds=idle_seconds,
                   stale_seconds=stale_seconds)
        return _check(_lib.cache_set_life(self._h, *_utf8(namespace), *_utf8(key), put)) == Status.OK

    def invalidate_prefix(self, namespace: str, prefix: str) -> int:
        """Removes the entries whose keys begin so, and answers how many."""
        count = c_int64()
        _check(_lib.cache_invalidate_prefix(self._h, *_utf8(namespace), *_utf8(prefix), byref(count)))
        return count.value

    def invalidate_tags(self, tags: Sequence[str], namespace: Optional[str] = None) -> int:
        """Removes the entries that have any of the tags, in one namespace or in all, and answers how many."""
        count = c_int64()
        _check(_lib.cache_invalidate_tags(self._h, *_run_of(namespace), *_text_array(tags), byref(count)))
        return count.value

    def invalidate_dependencies(self, dependencies: Sequence[str], namespace: Optional[str] = None) -> int:
        """Removes the entries that have any of the dependencies, in one namespace or in all, and answers how many."""
        count = c_int64()
        _check(_lib.cache_invalidate_dependencies(self._h, *_run_of(namespace), *_text_array(dependencies), byref(count)))
        return count.value

    def flush(self, namespace: str) -> None:
        """Forgets everything in a namespace, at once."""
        _check(_lib.cache_flush(self._h, *_utf8(namespace)))

    def namespaces(self) -> List[str]:
        """Those that are registered."""
        held = _Handle("cache_cursor")
        _check(_lib.cache_list_namespaces(self._h, held.out))
        return list(_Listing(held, lambda held: _read_text(_lib.cache_cursor_key, held), _lib.cache_cursor_next))

    def list(self, namespace: str, prefix: str = "") -> Iterator[ListedBlob]:
        """The live entries whose keys begin with `prefix`."""
        held = _Handle("cache_cursor")
        _check(_lib.cache_list(self._h, *_utf8(namespace), *_utf8(prefix), held.out))
        return _Listing(held, _cursor_blob, _lib.cache_cursor_next)

    def set_quota(self, namespace: str, bytes: int) -> None:
        """Most bytes that a namespace may take on disk; 0: no limit of its own."""
        _check(_lib.cache_set_quota(self._h, *_utf8(namespace), _within(bytes)))

    def statistics(self, namespace: Optional[str] = None) -> CacheStatistics:
        """Figures of the cache, or of one namespace."""
        c = _CacheStats.fresh()
        _check(_lib.cache_get_stats(self._h, *_run_of(namespace), byref(c)))
        return _filled(CacheStatistics, c)

    def start_verify(self) -> Task:
        """Starts to read and check everything; nothing is changed."""
        return Task(self._h, _lib.cache_start_verify)

    def sweep(self) -> None:
        """Removes what is dead, and what budgets and quotas do not allow, now."""
        _check(_lib.cache_sweep(self._h))

    def start_copy(self, root: Union[str, os.PathLike[str]]) -> Task:
        """Starts to copy the live entries to another directory, which must be empty or not exist; report.intact: how many."""
        to = _utf8(os.fspath(root))
        return Task(self._h, lambda held, out: _lib.cache_start_copy(held, *to, out))

    def drain(self, timeout: Optional[float] = None) -> bool:
        """Waits until nothing waits for the background any more; False when `timeout` seconds did not suffice."""
        held = self._h
        return _poll(lambda step: _lib.cache_drain(held, step), timeout) == Status.OK


def _cursor_blob(held: _Handle) -> ListedBlob:
    info = _blob_info(_lib.cache_cursor_info, held)
    assert info is not None
    return ListedBlob(_read_text(_lib.cache_cursor_key, held), info)


# ---- the remote tier ----


class Remote(_Object):
    """A store's attachment to an object store that machines share; UnsupportedError where the library was built without it.

        with store.attach_remote("s3://bucket/fits") as remote:
            ...                                    # saves are uploaded in the background, and lookups that miss ask there
            remote.flush(timeout=60.0)

    `url`: s3://bucket/prefix, az://container/prefix, gs://bucket/prefix, file:///directory, or memory://name for trying it out.
    It holds no credentials: they come from the engine's customary environment (AWS_*, AZURE_*, GOOGLE_*). Nothing is asked of a
    server yet, and the network being away fails or delays no save and no hit. A store has one attachment at a time.

    uploads: which entries; default Uploads.FINAL.
    lookup: whether a lookup that finds nothing here asks there; False: only fetch does.
    deadline_seconds: the longest that such a lookup waits; default 5.
    payload_limit: longest payload that is uploaded or fetched, in bytes; default 1 GiB, at most 5 GiB.
    queue_limit: most runs whose upload waits in memory, others wait as empty files in the root; default 1024.

    Closing it waits for nothing: what is not uploaded yet is uploaded by the next attachment to that URL.
    """

    def __init__(
        self,
        store: Store,
        url: str,
        *,
        uploads: Optional[Uploads] = None,
        lookup: bool = True,
        deadline_seconds: Optional[float] = None,
        payload_limit: Optional[int] = None,
        queue_limit: Optional[int] = None,
    ) -> None:
        options = _options("remote_options", {
            "uploads": uploads, "lookup": None if lookup else 0, "deadline_seconds": deadline_seconds,
            "payload_limit": None if payload_limit is None else _within(payload_limit),
            "queue_limit": None if queue_limit is None else _within(queue_limit),
        })
        held = _Handle("remote")
        _check(_lib.store_attach_remote(store._h, *_utf8(url), options, held.out))
        self._held = held

    @property
    def url(self) -> str:
        """Where it is attached to."""
        return _read_text(_lib.remote_url, self._h)

    def fetch(self, key: KeyLike, timeout: float = 30.0) -> bool:
        """Brings what a lookup under a key would answer, whether or not there is anything here; False where there is nothing to bring.

        RemoteError: the network or the server failed, or the time was over. CorruptError: it failed its checks, and was set aside.
        """
        return _check(_lib.remote_fetch(self._h, _key_of(key), timeout)) == Status.OK

    def flush(self, reach: Reach = Reach.REMOTE, timeout: Optional[float] = None) -> bool:
        """Waits until everything accepted has come so far; False when `timeout` seconds did not suffice.

        RemoteError when they did not, and the last attempt to upload had failed; it goes on being tried.
        """
        held = self._h
        return _poll(lambda step: _lib.remote_flush(held, reach, step), timeout, RemoteError.status) == Status.OK

    def upload(self, key: KeyLike, run_id: str) -> None:
        """Has what is stored here of a run uploaded in the background, whenever it was saved; flush() waits for it."""
        _check(_lib.remote_upload(self._h, _key_of(key), *_utf8(run_id)))

    def remove(self, key: KeyLike, run_id: Optional[str] = None, *, remotely: bool = False, timeout: float = 30.0) -> bool:
        """Removes what is stored here under a key, or one run of it, and does not bring it again; False where there was nothing.

        It is brought again after the next save under the key, or when an entry of now would have expired. With `remotely` it
        is removed there, too.
        """
        return _check(_lib.remote_remove(self._h, _key_of(key), *_run_of(run_id), 1 if remotely else 0, timeout)) == Status.OK

    def retain(
        self,
        *,
        max_bytes: Optional[int] = None,
        max_age_seconds: Optional[float] = None,
        keep_per_key: Optional[int] = None,
        dry_run: bool = False,
        timeout: float = 300.0,
    ) -> RetentionReport:
        """Removes there what is beyond a limit; None is none. A dry run only says what would go.

        max_bytes: of all objects, the oldest entries go first. max_age_seconds: since an entry was uploaded. keep_per_key: runs
        under one key, the last uploaded. What other machines are uploading stays. RemoteError: it failed, or the time was over;
        what went is gone, and the call can be repeated.
        """
        c = _RetentionReport.fresh()
        _check(_lib.remote_retain(
            self._h, None if max_bytes is None else c_int64(_within(max_bytes)), None if max_age_seconds is None else c_double(max_age_seconds),
            None if keep_per_key is None else c_int64(_within(keep_per_key)), 1 if dry_run else 0, timeout, byref(c),
        ))
        return _filled(RetentionReport, c)

    def statistics(self) -> RemoteStatistics:
        """Figures since it was attached."""
        c = _RemoteStats.fresh()
        _check(_lib.remote_get_stats(self._h, byref(c)))
        return _filled(RemoteStatistics, c)

    def start_prefetch(self, **options: Any) -> Prefetch:
        """Brings what lies there before anybody asks; for the options see Prefetch."""
        return Prefetch(self, **options)

    @property
    def last_failure(self) -> Optional[str]:
        """The last failure of an upload or a fetch in words, whoever caused it; None when nothing has failed."""
        return _read_text(_lib.remote_last_failure, self._h) or None


class Prefetch(_Object):
    """A worker that brings what lies in a remote tier to this machine before anybody asks for it.

        with remote.start_prefetch() as ahead:
            ahead.hint([next_fold])
            if ahead.wait(next_fold, 2.0) == Status.OK:
                ...                                # the next lookup needs no network

    weights: what recency, being the head of a chain, and belonging to the active model add to a score; default (1.0, 0.3, 0.2).
    half_life_seconds: after which recency counts half; default 600.
    interval_seconds: between the beginnings of cycles; default 0.5.
    parallel: entries that a cycle takes, and fetches at once; 1 to 64, default 8.
    cycle_bytes: of payload that a cycle fetches at most, 0 for unlimited; default 256 MiB.
    cycle_seconds, fetch_deadline_seconds, listing_deadline_seconds: after which these are cancelled; default 10, 5 and 60.
    back_off_seconds: for which what failed is left alone, the first time and at most; default (1.0, 600.0).
    dry_run: it plans and reports, and fetches nothing, not even on a hint.

    It does not keep its attachment: once that is closed, the worker stops. An attachment has one worker at a time. Closing it
    waits for nothing.
    """

    def __init__(
        self,
        remote: Remote,
        *,
        weights: Optional[Tuple[float, float, float]] = None,
        half_life_seconds: Optional[float] = None,
        interval_seconds: Optional[float] = None,
        parallel: Optional[int] = None,
        cycle_bytes: Optional[int] = None,
        cycle_seconds: Optional[float] = None,
        fetch_deadline_seconds: Optional[float] = None,
        listing_deadline_seconds: Optional[float] = None,
        back_off_seconds: Optional[Tuple[float, float]] = None,
        dry_run: bool = False,
    ) -> None:
        options = _options("prefetch_options", {
            "weights": None if weights is None else tuple(weights), "half_life_seconds": half_life_seconds,
            "interval_seconds": interval_seconds, "parallel": None if parallel is None else _within(parallel),
            "cycle_bytes": None if cycle_bytes is None else _within(cycle_bytes), "cycle_seconds": cycle_seconds,
            "fetch_deadline_seconds": fetch_deadline_seconds, "listing_deadline_seconds": listing_deadline_seconds,
            "back_off_seconds": None if back_off_seconds is None else tuple(back_off_seconds), "dry_run": 1 if dry_run else None,
        })
        held = _Handle("prefetch")
        _check(_lib.remote_start_prefetch(remote._h, options, held.out))
        self._held = held

    def start(self) -> None:
        """Starts it again after it was stopped; does nothing if it runs."""
        _check(_lib.prefetch_start(self._h))

    def stop(self, timeout: Optional[float] = None) -> bool:
        """Stops it: what is being fetched for it is cancelled. False when it had not left in time."""
        held = self._h
        return _poll(lambda step: _lib.prefetch_stop(held, step), timeout) == Status.OK

    def hint(self, keys: Sequence[KeyLike]) -> int:
        """Has keys fetched at once, in this order and before anything that is guessed; how many were taken: 4096 may wait."""
        structs = [(key if isinstance(key, Key) else Key(key))._struct for key in keys]
        accepted = c_int64()
        _check(_lib.prefetch_hint(self._h, (_Key * len(structs))(*structs), len(structs), byref(accepted)))
        return accepted.value

    def hint_chain(self, key: KeyLike, most: int = 1, direction: Chain = Chain.FORWARD) -> int:
        """Hints the next steps, so many at most, of the chain that a key is in, as note told; how many were taken."""
        accepted = c_int64()
        _check(_lib.prefetch_hint_chain(self._h, _key_of(key), _within(most), direction, byref(accepted)))
        return accepted.value

    def wait(self, key: KeyLike, timeout: Optional[float] = None) -> Status:
        """Hints a key and waits until it is here: Status.OK.

        NOT_FOUND: it is not there, or was removed here. TIMEOUT: the fetch goes on. CANCELLED: by a call, by its deadline, or
        because the worker does not run. DEFERRED: not now; the server has just failed, or it is a dry run. RemoteError,
        CorruptError: as of Remote.fetch.
        """
        held, wanted = self._h, _key_of(key)
        return Status(_poll(lambda step: _lib.prefetch_wait(held, wanted, step), timeout))

    def cancel(self, key: KeyLike) -> None:
        """Calls off the hint and the fetch of a key; a lookup that waits for the same transfer goes on."""
        _check(_lib.prefetch_cancel(self._h, _key_of(key)))

    def refresh(self) -> None:
        """Has it list once more what is there."""
        _check(_lib.prefetch_refresh(self._h))

    def note(
        self,
        key: KeyLike,
        *,
        parent: Optional[KeyLike] = None,
        sequence: int = 0,
        model: Optional[KeyLike] = None,
        namespace: str = "",
        payload_bytes: Optional[int] = None,
        last_access: Optional[float] = None,
        run_id: Optional[str] = None,
    ) -> None:
        """Tells it what no listing says of an entry.

        parent: the key of what it was made from. sequence: the number of a fold, a continuation step or a refinement; 0 is the
        head. model: a digest of the model it belongs to. These and the namespace replace what was known; what is None of the
        others stays. last_access: Unix seconds, and only grows.
        """
        size = None if payload_bytes is None else c_int64(_within(payload_bytes))
        accessed = None if last_access is None else c_int64(int(last_access))
        _check(_lib.prefetch_note(
            self._h, _key_of(key), *_run_of(run_id), None if parent is None else _key_of(parent), _within(sequence), size, accessed,
            None if model is None else _key_of(model), *_utf8(namespace),
        ))

    def set_active_model(self, model: Optional[KeyLike]) -> None:
        """Names the model whose entries are likelier; None for none."""
        _check(_lib.prefetch_set_active_model(self._h, None if model is None else _key_of(model)))

    def plan(self, most: int = 8) -> Iterator[Planned]:
        """What a cycle that takes so many, 2048 at most, would fetch now, the best first."""
        held = _Handle("cursor")
        _check(_lib.prefetch_plan(self._h, _within(most), held.out))
        return _Listing(held, _cursor_planned)

    def statistics(self) -> PrefetchStatistics:
        """Figures since it was made, and how things stand."""
        c = _PrefetchStats.fresh()
        _check(_lib.prefetch_get_stats(self._h, byref(c)))
        return PrefetchStatistics(bool(c.is_running), *(getattr(c, name) for name in PrefetchStatistics._fields[1:]))

    @property
    def last_cycle(self) -> Optional[PrefetchCycle]:
        """The latest cycle that ended; None before the first."""
        c = _PrefetchCycle.fresh()
        if _check(_lib.prefetch_get_last_cycle(self._h, byref(c))) == Status.NOT_FOUND:
            return None
        return PrefetchCycle(*(getattr(c, name) for name in PrefetchCycle._fields))


# ---- sessions ----


class Session(_Object):
    """One fit in progress under one key. It keeps its best and its latest checkpoint apart.

    min_interval_seconds: between checkpoints that do not improve the objective; default 2, 0: no limit.
    background: checkpoints are copied and answered with Status.QUEUED, and written by a thread of the store's.
    lookup: which of the key's entries load, peek and resume answer.
    fingerprint: a Fingerprinter whose frames are stored beside each entry.
    label: a name for people.
    every: also makes every so many calls of checkpoint and should_checkpoint since the last write due.
    max_share: most of the run time that checkpoints may take; default 0.01.
    mean_time_between_failures: seconds; replaces the minimum interval by the one that costs the least time, by `formula`.
    deadline_seconds, deadline_unix: when the session has to have stopped, after it is opened or as Unix time; should_stop() says
        when to stop before it.
    scheduler: whether a deadline is taken from the scheduler's environment, too.
    halt_file: a path; once it exists, should_stop() is true.
    stop_margin_seconds: to spare before a deadline; default 1.
    seed_keys: those of relatives, the nearest first: where nothing lies under the session's own key, load, peek and resume
        answer the latest entry of the nearest that has one; and the answer is found under each of them.
    keep_last, keep_best: entries of the key that stay when an answer is written, and checkpoints of this session until then.
    max_failed_restarts: after so many a checkpoint is passed over; default 3, 0: never.

    At the end of a `with` block the session is finished: what was accepted is durable, or an exception says why not.
    """

    def __init__(
        self,
        store: Store,
        key: KeyLike,
        *,
        min_interval_seconds: Optional[float] = None,
        background: bool = False,
        lookup: Optional[Lookup] = None,
        fingerprint: Optional[Fingerprinter] = None,
        label: Optional[str] = None,
        every: Optional[int] = None,
        max_share: Optional[float] = None,
        mean_time_between_failures: Optional[float] = None,
        formula: Interval = Interval.DALY,
        deadline_seconds: Optional[float] = None,
        deadline_unix: Optional[int] = None,
        scheduler: bool = True,
        halt_file: Union[str, os.PathLike[str], None] = None,
        stop_margin_seconds: Optional[float] = None,
        seed_keys: Sequence[KeyLike] = (),
        keep_last: Optional[int] = None,
        keep_best: Optional[int] = None,
        max_failed_restarts: Optional[int] = None,
    ) -> None:
        options = _options("session_options", {
            "every": every, "max_share": max_share, "deadline_seconds": deadline_seconds, "deadline_unix": deadline_unix,
            "scheduler": None if scheduler else 0, "stop_margin_seconds": stop_margin_seconds,
            "halt_file": None if halt_file is None else _utf8(os.fspath(halt_file)),
            "mean_time_between_failures": None if mean_time_between_failures is None else (mean_time_between_failures, formula),
            "keep_last": keep_last, "keep_best": keep_best, "max_failed_restarts": max_failed_restarts,
            "min_interval_seconds": min_interval_seconds, "background": 1 if background else None, "lookup": lookup,
            "fingerprint": None if fingerprint is None else fingerprint._h, "label": None if label is None else _utf8(label),
            "finish_timeout_seconds": 0.1,  # finish() waits in steps of this
        })
        for seed in seed_keys:
            _check(_lib.session_options_add_seed_key(options, _key_of(seed)))
        held = _Handle("session")
        _check(_lib.session_open(store._h, _key_of(key), options, held.out))
        self._held = held
        self._arrays: Dict[str, _Array] = {}

    def resume(self, buffer: Any) -> Optional[EntryInfo]:
        """Fills a writable buffer with what load() would answer; None where there is nothing to resume from.

        IncompatibleError where it has another length: the buffer is untouched, and nothing is taken.
        """
        c = _EntryInfo.fresh()
        with _Buffer(buffer, writable=True) as (at, size):
            status = _check(_lib.session_resume(self._h, at, size, byref(c)))
        return EntryInfo._from(c) if status == Status.OK else None

    def load(self) -> Optional[Entry]:
        """The preloaded entry, once; else what lies under the key; else under the nearest seed key; else None."""
        return _entry(_lib.session_load, self._h)

    def peek(self) -> Optional[Entry]:
        """What load() would answer; takes nothing."""
        return _entry(_lib.session_peek, self._h)

    def preload(self, entry: Entry) -> None:
        """Hands in an entry, from a related key for instance: the next load or resume answers it first, once."""
        _check(_lib.session_preload(self._h, entry._h))

    def checkpoint(self, payload: Any, objective: Optional[float] = None, iteration: Optional[int] = None) -> Status:
        """Writes when the objective improves or the interval has passed: Status.OK, THROTTLED, or QUEUED."""
        with _Buffer(payload) as (at, size):
            return Status(_check(_lib.session_checkpoint(self._h, at, size, _objective(objective), _iteration(iteration))))

    def checkpoint_now(self, payload: Any, objective: Optional[float] = None, iteration: Optional[int] = None) -> None:
        """Writes whatever the rate limit; durable on return."""
        with _Buffer(payload) as (at, size):
            _check(_lib.session_checkpoint_now(self._h, at, size, _objective(objective), _iteration(iteration)))

    def should_checkpoint(self, objective: Optional[float] = None) -> bool:
        """Whether a checkpoint with this objective would be written now."""
        return _check(_lib.session_should_checkpoint(self._h, _objective(objective))) == 1

    def finalize(self, payload: Any, objective: Optional[float] = None, iteration: Optional[int] = None) -> None:
        """Writes the fit's answer, which supersedes this session's checkpoints; durable on return."""
        with _Buffer(payload) as (at, size):
            _check(_lib.session_finalize(self._h, at, size, _objective(objective), _iteration(iteration)))

    def should_stop(self) -> bool:
        """Whether to stop now, after one more checkpoint_now(): a deadline, the halt file, or a signal."""
        return _check(_lib.session_should_stop(self._h)) == 1

    @property
    def stop_info(self) -> StopInfo:
        """Why should_stop() answers what it does, and how much time is left."""
        c = _SessionStop.fresh()
        _check(_lib.session_get_stop(self._h, byref(c)))
        by = Deadline(c.deadline)
        return StopInfo(
            Stop(c.reason), c.signal or None, by, None if by is Deadline.NONE else c.seconds_left, c.reserve_seconds,
            _read_text(_lib.session_stop_text, self._h),
        )

    def confirm(self, objective: float, tolerance: float) -> bool:
        """Compares the objective, evaluated again at what was loaded, with the one stored; False: there is nothing to compare.

        IncompatibleError where they do not agree: the data or the code has changed. Load again for the next entry then.
        """
        return _check(_lib.session_confirm(self._h, objective, tolerance)) == Status.OK

    @property
    def progress(self) -> SessionProgress:
        """How the session is getting on, for a progress bar."""
        return _session_progress(_lib.session_get_progress, self._h)

    def trace(self) -> Iterator[TracePoint]:
        """The checkpoints it was given, written or not, thinned; the oldest first."""
        held = _Handle("cursor")
        _check(_lib.session_trace(self._h, held.out))
        return _Listing(held, _cursor_trace_point)

    def should_use_seed(self, at_seed: Optional[float], at_cold: Optional[float]) -> bool:
        """Whether to begin from the seed that the last load answered: when the objective there is lower than at the cold
        start, both computed by the caller on its own data. None and values that are not finite lose.
        """
        return _check(_lib.session_should_use_seed(self._h, _objective(at_seed), _objective(at_cold))) == 1

    def note_iterations_saved(self, iterations: int) -> None:
        """Adds what a seed saved to the statistics; negative when the fit took longer."""
        _check(_lib.session_note_iterations_saved(self._h, iterations))

    def start_statistics(self) -> StartStatistics:
        """How the session's fits began."""
        return _start_statistics(_lib.session_get_start_stats, self._h)

    def explain_miss(self, timeout: float = 5.0) -> Optional[Miss]:
        """Why the key missed: the nearest stored key, and which fields differ; None where none has a field in common.

        Needs a fingerprint in this session's options and in those of the sessions that wrote.
        """
        return _miss(_lib.session_explain_miss, self._h, timeout)

    def protect(self, name: str, array: Any, *, type: Optional[ElementType] = None, dims: Optional[Sequence[int]] = None) -> None:
        """Makes an array part of what checkpoint_regions() writes and restore() fills, where it lies: anything with a writable
        buffer in one piece, such as a NumPy array in C or in Fortran order. It is kept until it is unprotected or the session is
        closed. `type` and `dims` say what bytes are. A name that is protected already is given this array instead.
        """
        held, kept = self._h, _Array(array, type, dims)
        extents = (c_int64 * max(1, len(kept.dims)))(*kept.dims)
        _check(_lib.session_protect(held, *_utf8(name), kept.type, kept.order, len(kept.dims), extents, kept.at))
        self._arrays[name] = kept

    def unprotect(self, name: Optional[str] = None) -> bool:
        """Forgets an array, or all of them; False where none of that name is protected."""
        if name is None:
            _check(_lib.session_unprotect_all(self._h))
            self._arrays.clear()
            return True
        found = _check(_lib.session_unprotect(self._h, *_utf8(name))) == Status.OK
        self._arrays.pop(name, None)
        return found

    def note(self, key: str, text: Optional[str]) -> bool:
        """Makes a note beside the regions from now on; None takes it back, and answers whether there was one."""
        if text is None:
            return _check(_lib.session_remove_note(self._h, *_utf8(key))) == Status.OK
        _check(_lib.session_set_note(self._h, *_utf8(key), *_utf8(text)))
        return True

    def checkpoint_regions(self, objective: Optional[float] = None, iteration: Optional[int] = None) -> Status:
        """As checkpoint(), of the protected arrays; what is held back is not read."""
        return Status(_check(_lib.session_checkpoint_regions(self._h, _objective(objective), _iteration(iteration))))

    def checkpoint_regions_now(self, objective: Optional[float] = None, iteration: Optional[int] = None) -> None:
        """Writes the protected arrays whatever the rate limit; durable on return."""
        _check(_lib.session_checkpoint_regions_now(self._h, _objective(objective), _iteration(iteration)))

    def finalize_regions(self, objective: Optional[float] = None, iteration: Optional[int] = None) -> None:
        """Writes the protected arrays as the fit's answer; durable on return."""
        _check(_lib.session_finalize_regions(self._h, _objective(objective), _iteration(iteration)))

    def restore(self) -> Optional[EntryInfo]:
        """Fills the protected arrays with what load() would answer; None where there is nothing to resume from.

        IncompatibleError says which region differs, and how: then no array is touched, and nothing is taken.
        """
        c = _EntryInfo.fresh()
        return EntryInfo._from(c) if _check(_lib.session_restore(self._h, byref(c))) == Status.OK else None

    def close(self) -> None:
        """Lets go of the library's session, and of the protected arrays."""
        super().close()
        self._arrays = {}

    @property
    def run_id(self) -> str:
        """The run that the session's best checkpoint and its answer are stored under."""
        return _read_text(_lib.session_run_id, self._h)

    def flush(self, timeout: Optional[float] = None) -> bool:
        """Waits until everything accepted is durable; False when `timeout` seconds did not suffice."""
        held = self._h
        return _poll(lambda step: _lib.session_flush(held, step), timeout) == Status.OK

    def finish(self, timeout: Optional[float] = 60.0) -> bool:
        """Ends the writing half and flushes; raises what failed in the background. False: call it again to wait on."""
        held = self._h
        return _poll(lambda _step: _lib.session_finish(held), timeout) == Status.OK

    def __exit__(self, *failure: Any) -> None:
        try:
            if not self.closed and not self.finish() and failure[0] is None:
                raise IoError("the session's checkpoints were not durable within a minute")
        except Error:
            if failure[0] is None:  # else the first failure is the one to be told
                raise
        finally:
            self.close()


# ---- signals, intervals ----


class SignalWatch:
    """Notes a signal until it is closed, or the `with` block ends: should_stop() is true in all sessions of this process.

    chain: what was installed before, such as Python's own handler, is called, too. Hosts that install a handler later have to chain.
    """

    def __init__(self, signal: int, *, chain: bool = False) -> None:
        self._signal: Optional[int] = None
        _check(_lib.signals_watch(signal, 1 if chain else 0))
        self._signal = int(signal)

    @property
    def noted(self) -> bool:
        """Whether the signal came."""
        return self._signal is not None and _check(_lib.signals_noted(self._signal)) == 1

    def forget(self) -> None:
        """Forgets that it came, so that sessions go on."""
        if self._signal is not None:
            _check(_lib.signals_forget(self._signal))

    def close(self) -> None:
        """Puts back what was there before."""
        signal, self._signal = self._signal, None
        if signal is not None:
            _check(_lib.signals_unwatch(signal))

    def __enter__(self) -> SignalWatch:
        return self

    def __exit__(self, *_failure: Any) -> None:
        self.close()


def interval_seconds(cost_seconds: float, mean_time_between_failures: float, formula: Interval = Interval.DALY) -> float:
    """Seconds of work between checkpoints that cost the least time."""
    out = c_double()
    _check(_lib.interval_seconds(formula, cost_seconds, mean_time_between_failures, byref(out)))
    return out.value
