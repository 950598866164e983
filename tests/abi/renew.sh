#!/usr/bin/env bash
# Renews, on purpose, what the library's interface is held against: run it when something was appended, look at the difference, and
# commit it together with a new WARM_ABI_VERSION. Needs gcc, python3, cargo and libabigail's abidw.
#
#   tests/abi/renew.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

target=${CARGO_TARGET_DIR:-target}
for kind in layout constants; do
    python3 tests/abi/tables.py "$kind" include/warmstart.h >"tests/abi/$kind.txt.new"
    mv "tests/abi/$kind.txt.new" "tests/abi/$kind.txt"
done
# The development build has full debug information; with less, changes are not seen.
cargo build --locked --target-dir "$target/abi"
python3 tests/abi/dump.py "$target/abi/debug/libwarmstart.so" >tests/abi/libwarmstart.abi.new
mv tests/abi/libwarmstart.abi.new tests/abi/libwarmstart.abi
git --no-pager diff --stat -- tests/abi
