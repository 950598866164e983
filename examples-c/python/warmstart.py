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

**Threads.** Stores, sessions, entries and tasks may be used from any number of threads at once; the interpreter
goes on in the meantime. Closing an object while another thread is in a call of it is safe: the library's side of
it goes when that call returns. Fingerprinters and listings take turns.

**Fork** (multiprocessing's default on Linux up to Python 3.13): in the child, stores, sessions and tasks of the
parent raise ForkedError; open a new store there. Entries stay readable, and dropping any object is safe.

**Ctrl-C.** Waits (flush, finish, wait) are cut into tenths of a second, so KeyboardInterrupt is raised in
between; what was accepted is still published.
"""

from __future__ import annotations

import array
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
    "AccessError", "Action", "CheckReport", "ConflictError", "CorruptError", "Durability", "Entry", "EntryInfo", "Error", "Finding",
    "Fingerprinter", "ForkedError", "IncompatibleError", "InvalidError", "IoError", "Key", "Kind", "Listed", "Lookup",
    "NoMemoryError", "NoSpaceError", "Order", "PanicError", "PoisonedError", "Problem", "RemoteError", "Session", "Source", "Status",
    "Store", "StoreStatistics", "Task", "TaskProgress", "TooLargeError", "TooSmallError", "UnsupportedError", "abi_version",
    "build_info", "fingerprint", "version",
]

_ABI_VERSION = 1  # WARM_ABI_VERSION of the header this file was written for


# ---- constants ----


class Status(enum.IntEnum):
    """Outcomes that are no errors."""

    OK = 0
    NOT_FOUND = 1
    THROTTLED = 2  #: the rate limit held this checkpoint back; nothing was written
    QUEUED = 3  #: copied and accepted by the background writer; not durable yet
    TIMEOUT = 4  #: the wait ended first
    CANCELLED = 5  #: the work was cancelled before its end


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


class Problem(enum.IntEnum):
    """What a verification found."""

    METADATA = 0
    PAYLOAD = 1
    PAYLOAD_MISSING = 2
    METADATA_MISSING = 3
    UNREADABLE = 4
    LEAVING = 5
    TOTALS = 6
    RECORD = 7


class Action(enum.IntEnum):
    """What a repair did about it."""

    NOTHING = 0
    WAITS = 1
    MOVED_ASIDE = 2
    REMOVED = 3
    REBUILT = 4
    FAILED = 5


# ---- errors ----


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


class _Finding(_Sized):
    _fields_ = [("struct_size", c_uint32), ("problem", c_int32), ("action", c_int32), ("has_key", c_int32)]


class _StoreStats(_Sized):
    _fields_ = [("struct_size", c_uint32), ("reserved", c_int32)] + [
        (name, c_int64)
        for name in (
            "keys", "entries", "files", "bytes", "aside_files", "aside_bytes", "memory_bytes", "hits", "misses", "saves",
            "bytes_written", "evictions", "expirations", "damaged", "foreign",
        )
    ] + [("save_seconds", c_double)]


class _TaskProgress(_Sized):
    _fields_ = [("struct_size", c_uint32), ("cancelled", c_int32)] + [
        (name, c_int64) for name in ("keys_done", "keys_total", "entries_done", "bytes_done", "bytes_total")
    ] + [("seconds", c_double)]


class _CheckReport(_Sized):
    _fields_ = [("struct_size", c_uint32), ("complete", c_int32)] + [
        (name, c_int64)
        for name in (
            "keys", "intact", "superseded", "damaged", "half_present", "foreign", "unreadable", "leavings", "unpublished", "payload_bytes",
            "moved_aside", "removed", "waiting", "failed",
        )
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
    "cursor_next": [_handle],
    "cursor_key": [_handle, _key],
    "cursor_info": [_handle, POINTER(_EntryInfo)],
    "cursor_run_id": [_handle] + _text_out,
    "cursor_text": [_handle] + _text_out,
    "cursor_finding": [_handle, POINTER(_Finding)],
    "store_options_new": [_out],
    "store_options_set_size_budget": [_handle, c_int64],
    "store_options_set_file_budget": [_handle, c_int64],
    "store_options_set_memory_budget": [_handle, c_int64],
    "store_options_set_ttl_seconds": [_handle, c_double],
    "store_options_set_durability": [_handle, c_int32],
    "store_options_set_read_only": [_handle, c_int32],
    "store_open": _text + [_handle, _out],
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
    "store_list_entries": [_handle, _key, _out],
    "store_get_stats": [_handle, POINTER(_StoreStats)],
    "store_start_verify": [_handle, _out],
    "store_start_repair": [_handle, _out],
    "task_wait": [_handle, c_double],
    "task_cancel": [_handle],
    "task_get_progress": [_handle, POINTER(_TaskProgress)],
    "task_get_report": [_handle, POINTER(_CheckReport)],
    "task_findings": [_handle, _out],
    "session_options_new": [_out],
    "session_options_set_min_interval_seconds": [_handle, c_double],
    "session_options_set_background": [_handle, c_int32],
    "session_options_set_lookup": [_handle, c_int32],
    "session_options_set_finish_timeout_seconds": [_handle, c_double],
    "session_options_set_fingerprint": [_handle, _handle],
    "session_options_set_label": [_handle] + _text,
    "session_open": [_handle, _key, _handle, _out],
    "session_resume": [_handle] + _bytes_in + [POINTER(_EntryInfo)],
    "session_checkpoint": [_handle] + _bytes_in + _progress,
    "session_checkpoint_now": [_handle] + _bytes_in + _progress,
    "session_should_checkpoint": [_handle, POINTER(c_double)],
    "session_finalize": [_handle] + _bytes_in + _progress,
    "session_preload": [_handle, _handle],
    "session_load": [_handle, _out],
    "session_peek": [_handle, _out],
    "session_run_id": [_handle] + _text_out,
    "session_flush": [_handle, c_double],
    "session_finish": [_handle],
}
for _column in ("i32", "i64", "f32", "bool", "f64_na", "date", "timestamp"):
    _SIGNATURES["fingerprinter_absorb_%s_slice" % _column] = [_handle] + _text + [c_void_p, c_void_p, c_int64]
_FREED = ("fingerprinter", "entry", "cursor", "store_options", "store", "task", "session_options", "session")
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


def _poll(step: Callable[[float], int], timeout: Optional[float]) -> int:
    """Waits in steps of at most a tenth of a second, between which signals are handled."""
    if timeout is not None and not timeout >= 0:
        raise InvalidError("a timeout is not negative")
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        left = 0.1 if end is None else max(0.0, end - time.monotonic())
        status = _check(step(min(left, 0.1)))
        if status != Status.TIMEOUT or left <= 0.0:
            return status


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


class TaskProgress(NamedTuple):
    """How far a task has come."""

    cancelled: bool
    keys_done: int
    keys_total: int
    entries_done: int
    bytes_done: int
    bytes_total: int
    seconds: float


class CheckReport(NamedTuple):
    """What a verification or repair found; counts are of pairs of payload and metadata unless said otherwise."""

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


class Finding(NamedTuple):
    """One thing that is wrong."""

    problem: Problem
    action: Action
    key: Optional[Key]
    run_id: str
    text: str


class Listed(NamedTuple):
    """One run in a listing."""

    key: Key
    run_id: str
    info: EntryInfo


_T = TypeVar("_T")


def _filled(kind: Type[_T], c: Any) -> _T:
    """A named tuple out of the struct's fields of the same names."""
    booleans, names = ("cancelled", "complete"), getattr(kind, "_fields")
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


class Entry(_Object):
    """A verified entry: payload, key, run and what is known about it.

    Independent of the store or session it came from. Immutable; may be used after a fork.
    """

    def __init__(self, held: _Handle) -> None:
        self._held = held

    @property
    def payload(self) -> memoryview:
        """The payload where it lies: read-only, aligned to 64 bytes. It lives on when the entry is closed."""
        held = self._h
        data, size = c_void_p(), c_int64()
        _check(_lib.entry_payload(held, byref(data), byref(size)))
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
            _with_needed(_lib.entry_copy(self._h, at, size, byref(needed)), needed)
        return int(needed.value)

    def __bytes__(self) -> bytes:
        return self.payload.tobytes()

    def __len__(self) -> int:
        return self.info.payload_bytes

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


def _with_needed(status: int, needed: c_int64) -> int:
    try:
        return _check(status)
    except TooSmallError as small:
        small.needed = int(needed.value)
        raise


def _entry(call: Callable[..., int], *arguments: Any) -> Optional[Entry]:
    held = _Handle("entry")
    return Entry(held) if _check(call(*arguments, held.out)) == Status.OK else None


# ---- stores ----


class _Listing(Generic[_T]):
    """A cursor as an iterator: a copy of the list as it was when it was asked for."""

    def __init__(self, held: _Handle, item: Callable[[_Handle], _T]) -> None:
        self._held, self._item, self._turn = held, item, threading.Lock()

    def __iter__(self) -> Iterator[_T]:
        return self

    def __next__(self) -> _T:
        with self._turn:
            if _check(_lib.cursor_next(self._held)) == Status.NOT_FOUND:
                raise StopIteration
            return self._item(self._held)


def _cursor_key(held: _Handle) -> Key:
    out = _Key()
    _check(_lib.cursor_key(held, byref(out)))
    return Key._from(out)


def _cursor_listed(held: _Handle) -> Listed:
    c = _EntryInfo.fresh()
    _check(_lib.cursor_info(held, byref(c)))
    return Listed(_cursor_key(held), _read_text(_lib.cursor_run_id, held), EntryInfo._from(c))


def _cursor_found(held: _Handle) -> Finding:
    c = _Finding.fresh()
    _check(_lib.cursor_finding(held, byref(c)))
    return Finding(
        Problem(c.problem), Action(c.action), _cursor_key(held) if c.has_key else None,
        _read_text(_lib.cursor_run_id, held), _read_text(_lib.cursor_text, held),
    )


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

    def entries(self, key: KeyLike) -> Iterator[Listed]:
        """The runs under a key, newest first; payloads are not read."""
        held = _Handle("cursor")
        _check(_lib.store_list_entries(self._h, _key_of(key), held.out))
        return _Listing(held, _cursor_listed)

    def statistics(self) -> StoreStatistics:
        """Figures of the root and of this object."""
        c = _StoreStats.fresh()
        _check(_lib.store_get_stats(self._h, byref(c)))
        return _filled(StoreStatistics, c)

    def start_verify(self) -> Task:
        """Starts to read and check everything; nothing is changed."""
        return Task(self._h, _lib.store_start_verify)

    def start_repair(self) -> Task:
        """The same, and moves damage aside, removes what dead writers left, and loses nothing intact."""
        return Task(self._h, _lib.store_start_repair)


class Task(_Object):
    """A verification or repair in progress, on a thread of its own. Closing it cancels what still runs."""

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


# ---- sessions ----


class Session(_Object):
    """One fit in progress under one key. It keeps its best and its latest checkpoint apart.

    min_interval_seconds: between checkpoints that do not improve the objective; default 2, 0: no limit.
    background: checkpoints are copied and answered with Status.QUEUED, and written by a thread of the store's.
    lookup: which of the key's entries load, peek and resume answer.
    fingerprint: a Fingerprinter whose frames are stored beside each entry.
    label: a name for people.

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
    ) -> None:
        options = _options("session_options", {
            "min_interval_seconds": min_interval_seconds, "background": 1 if background else None, "lookup": lookup,
            "fingerprint": None if fingerprint is None else fingerprint._h, "label": None if label is None else _utf8(label),
            "finish_timeout_seconds": 0.1,  # finish() waits in steps of this
        })
        held = _Handle("session")
        _check(_lib.session_open(store._h, _key_of(key), options, held.out))
        self._held = held

    def resume(self, buffer: Any) -> Optional[EntryInfo]:
        """Fills a writable buffer with what load() would answer; None where there is nothing to resume from.

        IncompatibleError where it has another length: the buffer is untouched, and nothing is taken.
        """
        c = _EntryInfo.fresh()
        with _Buffer(buffer, writable=True) as (at, size):
            status = _check(_lib.session_resume(self._h, at, size, byref(c)))
        return EntryInfo._from(c) if status == Status.OK else None

    def load(self) -> Optional[Entry]:
        """The preloaded entry, once; else what lies under the key; else None."""
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
