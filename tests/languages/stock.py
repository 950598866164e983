"""The stock package `safetensors` on a file of README.md's table.

    stock.py OURS THEIRS    checks the arrays of OURS, and writes them anew, with the notes
"""

import sys

import numpy
import safetensors
import safetensors.numpy


def main(ours, theirs):
    i, j, l = numpy.ogrid[1:3, 1:4, 1:3]
    z = (i - 1j * j)[:, :2, 0]
    # Column-major arrays have their dimensions reversed; complex ones a last dimension of 2.
    want = {
        "beta": numpy.array([1 << 63, 0x7FF8000000000042, 1, 0x3FB999999999999A], dtype="u8").view("f8"),
        "scale": numpy.array(-2.5),
        "X": numpy.ascontiguousarray((10.0 * i + j)[:, :, 0].T),
        "rows": (i + 10 * j + 100 * l).astype("f4"),
        "z": numpy.ascontiguousarray(z.T).view("f8").reshape(2, 2, 2),
        "count": numpy.array([-5, 2**53 + 1]),
        "k": numpy.array([-(2**31), 0, 7], dtype="i4"),
        "text": numpy.frombuffer("naïve".encode(), dtype="u1"),
    }
    with safetensors.safe_open(ours, "numpy") as file:
        notes = file.metadata()
        if set(file.keys()) != set(want):
            sys.exit("it has %s" % sorted(file.keys()))
        for name, array in want.items():
            found = file.get_tensor(name)
            if (found.dtype, found.shape, found.tobytes()) != (array.dtype, array.shape, array.tobytes()):
                sys.exit("%s is %r" % (name, found))
    expected = {"iteration": "0", "order.X": "F", "order.z": "F", "complex.z": "true"}
    if {key: notes.get(key) for key in expected} != expected or "order.rows" in notes or "libwarmstart" not in notes:
        sys.exit("its notes are %r" % notes)
    safetensors.numpy.save_file(want, theirs, {key: text for key, text in notes.items() if "." in key})


main(*sys.argv[1:])
