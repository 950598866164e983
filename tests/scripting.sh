# R, Julia and Python over the C ABI, and one store for all languages. tests/run.sh reads this file; its helpers are used here.
#
# shellcheck shell=bash

scripting_packages() {
    # The interpreter that Debian's packages of NumPy and SciPy belong to.
    /usr/bin/python3 -c 'import numpy, scipy' 2>/dev/null || echo python3 python3-numpy python3-scipy
}

# ---- Python ----

python_module() {
    built
    local python=/usr/bin/python3
    "$python" -c 'import numpy' 2>/dev/null || python=python3 # the module itself needs neither
    need "$python"
    WARMSTART_LIBRARY="$work/lib/libwarmstart.so.0" PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=examples-c/python \
        timeout 300 "$python" tests/python/test_warmstart.py
}

python_scipy() {
    built
    /usr/bin/python3 -c 'import scipy' 2>/dev/null || absent "SciPy is not installed"
    WARMSTART_LIBRARY="$work/lib/libwarmstart.so.0" PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=examples-c/python \
        timeout 300 /usr/bin/python3 tests/python/test_scipy.py
}
