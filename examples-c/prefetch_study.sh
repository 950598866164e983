#!/usr/bin/env bash
# What prefetching is worth, measured: builds the library with its remote tier, starts an S3 server
# on loopback with networks in front of it that delay each request by 0, 10, 50 and 200 ms, has one
# "machine" upload yesterday's fits, and another, whose store is empty, begin today's from them: a
# new process and directory each time, prefetch off and on in turn. Prints the table, and checks
# what is claimed of it but for the timings. Needs Rust (cargo) and a C compiler.
#
#   examples-c/prefetch_study.sh [--quick] [--plot FILE.svg] [REPETITIONS]
#
# Five repetitions unless said otherwise; --quick: once, with 0 and 10 ms. CC, CFLAGS and
# CARGO_TARGET_DIR are honoured; WARMSTART_REMOTE names a directory with a
# libwarmstart_remote_tests.a and its server, serve, to use instead of building them.
set -euo pipefail

fail() { printf 'prefetch_study: %s\n' "$*" >&2; exit 1; }

plot= repetitions=5 delays=(0 10 50 200)
while [ $# -gt 0 ]; do
    case $1 in
    --quick) repetitions=1 delays=(0 10) ;;
    --plot)
        plot=${2:?--plot takes a file name}
        shift
        ;;
    [1-9]*) repetitions=$1 ;;
    *) fail "unknown argument $1" ;;
    esac
    shift
done
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
repo=$(dirname "$here")
remote=${WARMSTART_REMOTE:-}
data="$here/data/Hahn1.dat"
work=$(mktemp -d)
trap '[ -z "${server:-}" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

if [ -z "$remote" ]; then
    command -v cargo >/dev/null || fail "cargo not found: install Rust (https://rustup.rs)"
    target=${CARGO_TARGET_DIR:-$repo/target}/remote
    CARGO_TARGET_DIR="$target" cargo build --release --locked --manifest-path "$repo/tests/remote/Cargo.toml" || fail "the library does not build"
    remote="$target/release"
fi
# CC may be more than a word: unquoted on purpose.
# shellcheck disable=SC2086
${CC:-cc} -std=c99 -O2 -pedantic -Wall -Wextra -Wconversion -Wstrict-prototypes ${CFLAGS:-} -I"$repo/include" \
    -o "$work/prefetch_study" "$here/prefetch_study.c" "$here/nist_data.c" "$remote/libwarmstart_remote_tests.a" -lm -ldl -lpthread ||
    fail "prefetch_study.c does not compile"

coproc SERVE { exec "$remote/serve" study "${delays[@]}"; }
server=$SERVE_PID
# A coprocess's own descriptors are closed in subshells.
exec 3<&"${SERVE[0]}" 4>&"${SERVE[1]}"
declare -A endpoint
while IFS= read -r line <&3 && [ -n "$line" ]; do
    case $line in
    *=*) export "${line?}" ;;
    *) endpoint[${line% *}]=${line#* } ;;
    esac
done
[ ${#endpoint[@]} = ${#delays[@]} ] || fail "the server does not start"
requests() {
    local so_far
    echo >&4
    read -r so_far <&3
    echo "$so_far"
}

# Sizes of the fit by the rows that are taken: all, and every fifth.
for every in 1 5; do
    AWS_ENDPOINT=${endpoint[0]} "$work/prefetch_study" fit "$every" "$data" "$work/yesterday-$every" s3://study/fits ||
        fail "yesterday's fits were not uploaded"
done
for every in 1 5; do
    for delay in "${delays[@]}"; do
        for ((repetition = 0; repetition < repetitions; repetition++)); do
            for mode in off on; do
                root="$work/today-$every-$delay-$repetition-$mode"
                before=$(requests)
                figures=$(AWS_ENDPOINT=${endpoint[$delay]} "$work/prefetch_study" cv "$mode" "$every" "$data" "$root" s3://study/fits) ||
                    fail "prefetch $mode at $delay ms ended with an error"
                echo "$delay $figures $(($(requests) - before))"
            done
        done
    done
done >"$work/lines"
"$work/prefetch_study" table "$work/lines" ${plot:+"$plot"} || fail "the figures do not bear out what is claimed"
if [ -n "$plot" ]; then
    grep -q '</svg>' "$plot" || fail "the plot is not complete"
fi
echo
echo "Of $repetitions repetitions the medians. That every fold found its seed, and the answer of its cold fit, was checked."
