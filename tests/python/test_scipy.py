"""scipy.optimize.minimize with checkpoints in its callback: killed with SIGKILL, resumed, the same answer.

    python3 tests/python/test_scipy.py
"""

import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parent.parent / "examples-c/data/Bennett5.dat"
CERTIFIED = (-2523.5058043, 46.736564644, 0.93218483193)
CERTIFIED_RSS = 5.2404744073e-4


def fit(root, method, *kill_after):
    done = subprocess.run(
        [sys.executable, str(HERE / "fit_scipy.py"), root, str(DATA), method, *map(str, kill_after)], stdout=subprocess.PIPE, timeout=120
    )
    if done.returncode != 0:
        return done.returncode
    began, evaluations, callbacks, b1, b2, b3, rss = done.stdout.decode().split()
    return int(began), int(evaluations), int(callbacks), tuple(map(float.fromhex, (b1, b2, b3))), float(rss)


class Minimize(unittest.TestCase):
    def killed_and_resumed(self, method):
        seed = int.from_bytes(os.urandom(4), "little")
        with tempfile.TemporaryDirectory() as scratch:
            began, cold, callbacks, answer, rss = fit(scratch + "/uninterrupted", method)
            self.assertEqual(began, -1)
            at = random.Random(seed).randrange(callbacks // 4, callbacks * 3 // 4)
            print("%s: %d evaluations and %d iterations; killed after %d (seed %d)" % (method, cold, callbacks, at, seed))
            self.assertEqual(fit(scratch + "/killed", method, at), -signal.SIGKILL)
            began, resumed, _, same, same_rss = fit(scratch + "/killed", method)
            print("%s: resumed from iteration %d with %d evaluations" % (method, began, resumed))
            # Every iterate of a descent method improves on the one before, so each was written.
            self.assertEqual(began, at)
            self.assertLess(resumed, cold)
            for one, two, certified in zip(answer, same, CERTIFIED):
                self.assertAlmostEqual(one / certified, 1.0, 5)
                self.assertAlmostEqual(two / certified, 1.0, 5)
            self.assertAlmostEqual(rss / CERTIFIED_RSS, 1.0, 8)
            self.assertAlmostEqual(same_rss / CERTIFIED_RSS, 1.0, 8)
            _, evaluations, callbacks, again, _ = fit(scratch + "/killed", method)
            self.assertEqual((evaluations, callbacks, again), (0, 0, same))

    def test_bfgs(self):
        self.killed_and_resumed("BFGS")

    def test_l_bfgs_b(self):
        self.killed_and_resumed("L-BFGS-B")


if __name__ == "__main__":
    unittest.main()
