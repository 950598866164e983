"""Fits NIST's Bennett5 with scipy.optimize.minimize; killed and started again, it goes on.

    python3 fit_scipy.py STORE DATA METHOD [KILL_AFTER]

Prints one line: where the fit began, evaluations of this process, the parameters in hexadecimal, the sum of squares. With KILL_AFTER,
the process kills itself with SIGKILL in its n-th callback, without any warning to the module.
"""

import os
import signal
import sys

import numpy
import scipy.optimize
import warmstart

root, data, method = sys.argv[1:4]
kill_after = int(sys.argv[4]) if len(sys.argv) > 4 else None

with open(data) as lines:
    table = numpy.array([[float(v) for v in line.split()] for line in list(lines)[60:214]])
y, x = table.T
start = numpy.array([-1500.0, 45.0, 0.85])  # NIST's second starting point
evaluations = callbacks = 0


def sum_of_squares(b):
    """The residual sum of squares and its gradient, in parameters scaled by the start."""
    global evaluations
    evaluations += 1
    b1, b2, b3 = b * start
    base = numpy.maximum(b2 + x, 1e-8)
    power = base ** (-1.0 / b3)
    r = b1 * power - y
    d1, d2, d3 = power, -b1 / b3 * power / base, b1 * power * numpy.log(base) / b3**2
    gradient = 2.0 * numpy.array([r @ d1, r @ d2, r @ d3]) * start
    return float(r @ r), gradient


key = warmstart.Fingerprinter().absorb_str("model", "y = b1 (b2 + x)^(-1/b3)").absorb_str("method", method)
key.absorb("y", y).absorb("x", x).absorb("start", start)

with warmstart.Store(root) as store, store.session(key.finish(), fingerprint=key, min_interval_seconds=0) as fit:
    b = numpy.ones(3)
    info = fit.resume(b)
    began = -1 if info is None else info.iteration

    def callback(now):
        global callbacks
        callbacks += 1
        fit.checkpoint(now, sum_of_squares(now)[0], max(began, 0) + callbacks)
        if callbacks == kill_after:
            os.kill(os.getpid(), signal.SIGKILL)

    if info is None or info.kind is not warmstart.Kind.FINAL:
        options = {"BFGS": {"maxiter": 5000, "gtol": 1e-13}, "L-BFGS-B": {"maxiter": 5000, "maxfun": 50000, "ftol": 1e-16, "gtol": 1e-14}}
        found = scipy.optimize.minimize(sum_of_squares, b, jac=True, method=method, callback=callback, options=options[method])
        b = found.x
        fit.finalize(b, found.fun, max(began, 0) + callbacks)

print(began, evaluations, callbacks, *(float(v).hex() for v in b * start), sum_of_squares(b)[0])
