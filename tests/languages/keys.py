"""Makes keys.txt, apart from the library: the data of README.md as operations, through tests/data/native_fingerprints.py.

    python3 keys.py > keys.txt
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "data"))
from native_fingerprints import f32, f64, ints, marks, replay  # noqa: E402

nan = float("nan")
inf = float("inf")
OPERATIONS = [
    ["absorb_f64_na_slice", "doubles", f64(1.5, -2.0, 0.0, 0.0, nan, inf, -inf, 1e-300, -0.0), marks(9, 3)],
    ["absorb_i32_slice", "integers", ints(1, 0, -(2**31) + 1, 2**31 - 1), marks(4, 1)],
    ["absorb_i64_slice", "long_integers", ints(1, -5, 0, 2**53 + 1), marks(4, 2)],
    ["absorb_f32_slice", "singles", f32(0.1, -0.0, 0.0, 16777216.0), marks(4, 2)],
    ["absorb_bool_slice", "logicals", "010000", marks(3, 2)],
    ["absorb_str_list", "texts", ["a", "", None, "na\u00efve", "\u65e5\u672c", "e\u0301"], marks(6, 2)],
    ["absorb_factor", "factor", ["lo", "hi", "unused"], None, ints(1, 0, 0, 0), marks(4, 1)],
    ["absorb_date_slice", "dates", ints(0, 20778, 0, -135081), marks(4, 2)],
    ["absorb_timestamp_slice", "instants", ints(0, 1795269600250000000, 0, -1000000), marks(4, 2)],
    ["absorb_f64_matrix", "matrix", "3", "2", f64(1.0, 2.5, 3.0, 0.0, -5.0, 6.0), marks(6, 3), "row_major"],
    ["absorb_bytes", "bytes", "00ff41"],
    ["absorb_str", "model", "y ~ x, Gamma(log)"],
    ["absorb_u64", "rows", "1234567890123"],
    ["absorb_f64", "tolerance", f64(1e-8)[0]],
    ["absorb_f64_slice", "start", f64(0.1, -0.0)],
]

for operation in OPERATIONS:
    print(operation[1], replay([operation])[0].hex())
print("everything", replay(OPERATIONS)[0].hex())
