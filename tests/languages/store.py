"""Python's program of README.md."""

import array
import datetime
import struct
import sys

import warmstart
from warmstart import Fingerprinter, Kind, Lookup

UTC = datetime.timezone.utc
nan, inf = float("nan"), float("inf")


def plain():
    """The data as Python has it."""
    yield "doubles", lambda f, tag: f.absorb(tag, [1.5, -2.0, 0.0, None, nan, inf, -inf, 1e-300, -0.0])
    yield "integers", lambda f, tag: f.absorb(tag, array.array("i", [1, 0, -(2**31) + 1, 2**31 - 1]), [1, 0, 1, 1])
    yield "long_integers", lambda f, tag: f.absorb(tag, [1, -5, None, 2**53 + 1])
    yield "singles", lambda f, tag: f.absorb_f32_slice(tag, [0.1, -0.0, None, 16777216.0])
    yield "logicals", lambda f, tag: f.absorb(tag, [True, False, None])
    yield "texts", lambda f, tag: f.absorb(tag, ["a", "", None, "na\u00efve", "\u65e5\u672c", "e\u0301"])
    yield "factor", lambda f, tag: f.absorb_factor(tag, ["lo", "hi", "unused"], [1, None, 0, 0])
    yield "dates", lambda f, tag: f.absorb(tag, [datetime.date(1970, 1, 1), datetime.date(2026, 11, 21), None, datetime.date(1600, 2, 29)])
    yield "instants", lambda f, tag: f.absorb(tag, [
        datetime.datetime(1970, 1, 1, tzinfo=UTC), datetime.datetime(2026, 11, 21, 14, 0, 0, 250000, UTC), None,
        datetime.datetime(1969, 12, 31, 23, 59, 59, 999000, UTC),
    ])
    yield "matrix", lambda f, tag: f.absorb_f64_matrix(tag, [[1.0, 2.5], [3.0, None], [-5.0, 6.0]])
    yield "bytes", lambda f, tag: f.absorb(tag, b"\x00\xff\x41")
    yield "model", lambda f, tag: f.absorb_str(tag, "y ~ x, Gamma(log)")
    yield "rows", lambda f, tag: f.absorb_u64(tag, 1234567890123)
    yield "tolerance", lambda f, tag: f.absorb_f64(tag, 1e-8)
    yield "start", lambda f, tag: f.absorb_f64_slice(tag, [0.1, -0.0])


def numpy_too():
    """The same as NumPy has it, where that is different."""
    import numpy
    import numpy.ma

    stamps = ["1970-01-01", "2026-11-21T14:00:00.250", "NaT", "1969-12-31T23:59:59.999"]
    matrix = numpy.array([[1.0, 2.5], [3.0, 0.0], [-5.0, 6.0]])
    here = numpy.array([[1, 1], [1, 0], [1, 1]], dtype=bool)
    yield "doubles", numpy.ma.array([1.5, -2, 0, 7, nan, inf, -inf, 1e-300, -0.0], mask=[0, 0, 0, 1, 0, 0, 0, 0, 0]), None
    yield "integers", numpy.ma.array([1, 0, -(2**31) + 1, 2**31 - 1], mask=[0, 1, 0, 0], dtype="int32"), None
    yield "long_integers", numpy.array([1, -5, 9, 2**53 + 1]), [1, 1, 0, 1]
    yield "singles", numpy.array([0.1, -0.0, 5, 16777216], dtype="float32"), numpy.array([True, True, False, True])
    yield "logicals", numpy.ma.array([True, False, True], mask=[0, 0, 1]), None
    yield "texts", numpy.array(["a", "", None, "na\u00efve", "\u65e5\u672c", "e\u0301"], dtype=object), None
    yield "dates", numpy.array(["1970-01-01", "2026-11-21", "NaT", "1600-02-29"], dtype="datetime64[D]"), None
    yield "instants", numpy.array(stamps, dtype="datetime64[ms]"), None
    yield "instants", numpy.array(stamps, dtype="datetime64[ns]"), None
    for order in "CF":
        yield "matrix", numpy.array(matrix, order=order), numpy.array(here, order=order)
    yield "matrix", numpy.ma.array(matrix, mask=~here), None
    yield "bytes", numpy.array([0, 255, 65], dtype="uint8"), None


def everything():
    f = Fingerprinter()
    for name, absorb in plain():
        absorb(f, name)
    return f.finish()


def keys():
    made = {}
    for name, absorb in plain():
        made[name] = absorb(Fingerprinter(), name).finish().hex()
        print(name, made[name])
    try:
        others = list(numpy_too())
    except ImportError:
        others = []
    for name, value, valid in others:
        if Fingerprinter().absorb(name, value, valid).finish().hex() != made[name]:
            sys.exit("%r of NumPy has another key" % name)
    print("everything", everything().hex())


def write(root, kind, objective, iteration, run=None):
    value = None if objective == "none" else float(objective)
    payload = struct.pack("<dd", int(iteration), -0.0) + struct.pack("<Q", 0x7FF8000000000042) + struct.pack("<dd", 5e-324, value or 0.0)
    with warmstart.Store(root) as store:
        known = Kind[kind.upper()]
        if run is None:
            run = store.save(everything(), payload, value, int(iteration), known)
        else:
            store.save_slot(everything(), run, payload, value, int(iteration), known)
    print(run)


def read(root):
    with warmstart.Store(root) as store:
        key = everything()
        lines = []
        for run in store.entries(key):
            entry = store.lookup_run(key, run.run_id)
            objective = "none" if entry.objective is None else struct.pack(">d", entry.objective).hex()
            lines.append("%s %s %s %d %s" % (run.run_id, entry.kind.name.lower(), objective, entry.iteration, entry.payload.hex()))
        print("\n".join(sorted(lines)))
        print("best", store.lookup(key).run_id)
        print("latest", store.lookup(key, Lookup.LATEST).run_id)


def state():
    """README.md's table: what NumPy has it as."""
    import numpy

    i, j, l = numpy.ogrid[1:3, 1:4, 1:3]
    return {
        "beta": numpy.array([1 << 63, 0x7FF8000000000042, 1, 0x3FB999999999999A], dtype="u8").view("f8"),
        "scale": numpy.array(-2.5),
        "X": numpy.asfortranarray((10.0 * i + j)[:, :, 0]),
        "rows": (i + 10 * j + 100 * l).astype("f4"),
        "z": numpy.asfortranarray((i - 1j * j)[:, :2, 0]),
        "count": numpy.array([-5, 2**53 + 1]),
        "k": numpy.array([-(2**31), 0, 7], dtype="i4"),
        "text": numpy.frombuffer("naïve".encode(), dtype="u1").copy(),
    }


def regions(root, iteration):
    iteration, want, own = int(iteration), state(), state()
    with warmstart.Store(root) as store, store.session(everything()) as fit:
        for name, array in own.items():
            fit.protect(name, array)
        if iteration > 0:
            for array in own.values():
                array[...] = 1
            at = fit.restore()
            if at is None or at.iteration != iteration - 1:
                sys.exit("there is no such iteration")
            for name, array in own.items():
                if array.tobytes("A") != want[name].tobytes("A"):
                    sys.exit("%s that was restored is not what was stored" % name)
        fit.checkpoint_regions_now(iteration=iteration)


def copy(root, path):
    """The payload that is latest, as a file."""
    with warmstart.Store(root) as store, open(path, "wb") as out:
        out.write(bytes(store.lookup(everything(), Lookup.LATEST)))


def save(root, path):
    """A file as a payload, the latest."""
    with warmstart.Store(root) as store, open(path, "rb") as given:
        store.save(everything(), given.read(), None, 0)


{"keys": keys, "write": write, "read": read, "regions": regions, "copy": copy, "save": save}[sys.argv[1]](*sys.argv[2:])
