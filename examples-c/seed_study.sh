#!/usr/bin/env bash
# What near-match seeds are worth, measured: builds the library and seed_study.c,
# fits six NIST problems cold and from seeds, prints the table, and checks what
# is claimed of it. Needs Rust (cargo) and a C compiler.
#
#   examples-c/seed_study.sh [--plot FILE.svg] [REPETITIONS]
#
# Twenty repetitions unless said otherwise. CC, CFLAGS and CARGO_TARGET_DIR are
# honoured; WARMSTART_LIB names a directory with a libwarmstart.so to use instead
# of building one.
set -euo pipefail

fail() { printf 'seed_study: %s\n' "$*" >&2; exit 1; }

plot=
if [ "${1:-}" = --plot ]; then
    plot=${2:?--plot takes a file name}
    shift 2
fi
repetitions=${1:-20}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
repo=$(dirname "$here")
library=${WARMSTART_LIB:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ -z "$library" ]; then
    command -v cargo >/dev/null || fail "cargo not found: install Rust (https://rustup.rs)"
    target=${CARGO_TARGET_DIR:-$repo/target}
    (cd "$repo" && cargo build --release) || fail "the library does not build"
    mkdir "$work/lib"
    library=$work/lib
    cp "$target/release/libwarmstart.so" "$library/libwarmstart.so.0"
    ln -s libwarmstart.so.0 "$library/libwarmstart.so"
fi
# CC may be more than a word: unquoted on purpose.
# shellcheck disable=SC2086
${CC:-cc} -std=c99 -O2 -pedantic -Wall -Wextra -Wconversion -Wstrict-prototypes ${CFLAGS:-} -I"$repo/include" \
    -o "$work/seed_study" "$here/seed_study.c" "$here/nist_data.c" -L"$library" -lwarmstart -lm -Wl,-rpath,"$library" ||
    fail "seed_study.c does not compile"
mkdir "$work/store"
"$work/seed_study" "$here/data" "$work/store" "$repetitions" ${plot:+"$plot"} | tee "$work/table"

# Columns from the end: failed, worse, better, equal, refused, offered; the fits,
# iterations and shares before them are counted from the end, too, as the setting has blanks.
awk -v repetitions="$repetitions" '
function wrong(why) { print "not as claimed: " why ": " $0; bad = 1 }
NR == 1 { next }
{
    failed = $NF; worse = $(NF-1); better = $(NF-2); equal = $(NF-3); refused = $(NF-4); offered = $(NF-5)
    seed = $(NF-10); cold = $(NF-11); fits = $(NF-12)
    rows++
    if (equal + better + worse + failed != fits || refused > offered || failed > 0) wrong("every fit has an answer")
    # Each fit is offered a seed, but for the first of each cross-validation.
    if (offered != ($0 ~ /10-fold/ ? fits * 9 / 10 : fits)) wrong("every fit with a relative is offered it")
    if ($1 != "ENSO" && equal != fits) wrong("where there is one minimum the answers are equal")
    # In ENSO there are several minima, in Bennett5 a valley as long as the way from the far start.
    if ($1 !~ /ENSO|Bennett/ && $0 !~ /guess/ && seed >= cold || $1 == "Bennett5" && $0 ~ /10-fold/ && seed >= cold) wrong("a seed saves iterations")
    if ($0 ~ /guess/ && refused == 0) wrong("a seed worse than a good guess is refused")
    all_cold += fits * cold; all_seed += fits * seed; all_offered += offered; all_refused += refused
    all_worse += worse; all_better += better; all_fits += fits
}
END {
    if (rows != 26) { print "not as claimed: 26 rows, and not " rows; bad = 1 }
    printf "\nAll: %d fits, %.1f %% of the iterations of the cold starts; %d seeds offered, %d (%.1f %%) refused; ended lower %d, higher %d.\n",
        all_fits, 100 * all_seed / all_cold, all_offered, all_refused, 100 * all_refused / all_offered, all_better, all_worse
    if (all_seed >= 0.8 * all_cold) { print "not as claimed: a fifth of the iterations is saved"; bad = 1 }
    exit bad
}' "$work/table" || fail "the table does not bear out what is claimed"
if [ -n "$plot" ]; then
    grep -q '</svg>' "$plot" || fail "the plot is not complete"
fi
echo "All of this was checked."
