# C++, Fortran, installation and the gates of the ABI. tests/run.sh reads this file; its helpers are used here.
#
# shellcheck shell=bash

# What the compiler makes of the header is what is committed. To renew on purpose: tests/abi/renew.sh
abi_tables() {
    need gcc python3
    local kind
    for kind in layout constants; do
        python3 tests/abi/tables.py "$kind" include/warmstart.h | diff -u "tests/abi/$kind.txt" -
    done
    # The gate bites: a field turned round in a copy of the header.
    sed 's/^  int32_t kind;$/  int64_t kind;/' include/warmstart.h >"$work/mutated.h"
    ! cmp -s include/warmstart.h "$work/mutated.h"
    if python3 tests/abi/tables.py layout "$work/mutated.h" | cmp -s tests/abi/layout.txt -; then
        echo "a wider field was not noticed"
        return 1
    fi
    wc -l tests/abi/layout.txt tests/abi/constants.txt
}
