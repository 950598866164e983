#!/usr/bin/env bash
# Builds the fuzz targets with the stable toolchain and runs each for a fixed time on the committed corpus.
#
#   tests/fuzz/run.sh [SECONDS-PER-TARGET] [TARGET...]     default: 60 seconds, all targets
#
# Prints executions, coverage and corpus size of each, and fails on any crash, leak, timeout or excess of memory; what
# caused it stays in tests/fuzz/artifacts/TARGET. Instrumentation and engine are those of cargo-fuzz: LLVM's coverage
# counters, which stable rustc can insert, and libFuzzer, which the crate libfuzzer-sys builds with a C++ compiler.
#
#   WARM_FUZZ_SANITIZER=address   adds AddressSanitizer and its leak check. rustc's option for it is unstable, so
#                                 RUSTC_BOOTSTRAP=1 admits it; the runtime library comes with the stable toolchain.
#   WARM_FUZZ_MINIMIZE=1          afterwards reduces corpus and findings to a small set that covers the same
#   WARM_FUZZ_RUNS=N              at most so many executions per target
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

seconds="${1:-60}"
[ $# = 0 ] || shift
case "$seconds" in '' | *[!0-9]*)
    sed -n '2,15s/^# \{0,1\}//p' run.sh
    exit 2
    ;;
esac
all=(metadata directory hex_key run_id server_names records regions compress c_calls)
targets=("$@")
[ ${#targets[@]} != 0 ] || targets=("${all[@]}")

if ! command -v g++ >/dev/null 2>&1 && ! command -v c++ >/dev/null 2>&1; then
    echo "libFuzzer needs a C++ compiler: install g++"
    exit 3
fi
host=$(rustc -vV | sed -n 's/^host: //p')
flags="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
flags+=" -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
flags+=" -Cllvm-args=-sanitizer-coverage-trace-compares -Cdebug-assertions -Ccodegen-units=1"
kind=plain
case "${WARM_FUZZ_SANITIZER:-none}" in
none) ;;
address)
    kind=address
    export RUSTC_BOOTSTRAP=1
    flags+=" -Zsanitizer=address"
    ;;
*)
    echo "WARM_FUZZ_SANITIZER: address or none"
    exit 2
    ;;
esac
build="${CARGO_TARGET_DIR:-target}/$kind"

bins=()
for t in "${targets[@]}"; do bins+=(--bin "$t"); done
# A target that is named keeps the flags away from build scripts.
RUSTFLAGS="$flags" CARGO_TARGET_DIR="$build" cargo build --release --locked --target "$host" "${bins[@]}"

# Everything the targets make on disk lies here, in memory where that can be had.
shm=/dev/shm
[ -d "$shm" ] && [ -w "$shm" ] || shm="${TMPDIR:-/tmp}"
work=$(mktemp -d --tmpdir="$shm")
trap 'chmod -R u+rwX "$work" 2>/dev/null || true; rm -rf "$work"' EXIT
export TMPDIR="$work/tmp" ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1}"
mkdir "$TMPDIR"

failed=0
printf '%-12s %12s %8s %8s %10s %8s\n' target executions cov features corpus seconds
for t in "${targets[@]}"; do
    program="$build/$host/release/$t"
    mkdir -p "artifacts/$t" "corpus/$t" "$work/$t"
    options=(-timeout=20 -rss_limit_mb=2048 -artifact_prefix="artifacts/$t/" -print_final_stats=1 -use_value_profile=1)
    [ ! -e "$t.dict" ] || options+=(-dict="$t.dict")
    [ "$t" = metadata ] && options+=(-max_len=70000)
    [ "$t" = directory ] || [ "$t" = c_calls ] && options+=(-max_len=4096)
    status=0
    # shellcheck disable=SC2086
    "$program" "${options[@]}" -max_total_time="$seconds" ${WARM_FUZZ_RUNS:+-runs="$WARM_FUZZ_RUNS"} \
        "$work/$t" "corpus/$t" >"$work/log" 2>&1 </dev/null || status=$?
    last=$(grep -aE '^#[0-9]+.*cov: ' "$work/log" | tail -n 1 || true)
    value() { sed -n "s/.* $1: \([0-9]*\).*/\1/p" <<<"$last"; }
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
    printf '%-12s %12s %8s %8s %10s %8s\n' "$t" "${executions:-?}" "$(value cov)" "$(value ft)" \
        "$(sed -n 's/.* corp: \([^ ]*\).*/\1/p' <<<"$last")" "$seconds"
    if [ "$status" != 0 ]; then
        failed=1
        tail -n 60 "$work/log"
        echo "FAILED $t (exit status $status): see tests/fuzz/artifacts/$t"
    elif [ -n "$(ls -A "$TMPDIR")" ]; then
        failed=1
        echo "FAILED $t: it left files behind: $(ls -A "$TMPDIR" | head -n 3)"
    fi
    rm -rf "$TMPDIR"
    mkdir "$TMPDIR"
    if [ "${WARM_FUZZ_MINIMIZE:-}" = 1 ] && [ "$status" = 0 ]; then
        mkdir "$work/minimal"
        # By what is covered, not how often: the rest helps a running search, which finds it again.
        "$program" -set_cover_merge=1 -use_counters=0 -timeout=20 "$work/minimal" "$work/$t" "corpus/$t" >"$work/log" 2>&1 || {
            tail -n 20 "$work/log"
            failed=1
        }
        rm -rf "corpus/$t"
        mv "$work/minimal" "corpus/$t"
    fi
done
exit $failed
