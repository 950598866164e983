# shellcheck shell=bash
# Sourced by tests/run.sh: the benchmarks run, and their table names every rival. No time is looked at.

benchmarks() {
    need gcc
    local table="$work/bench.md" rival
    cargo run --locked --manifest-path tests/bench/Cargo.toml --profile smoke --target-dir "$target/bench" -- \
        --quick --root "$work" --markdown "$table" --svg "$work/bench.svg" >"$work/bench.out"
    for rival in libwarmstart "SQLite WAL FULL" "SQLite WAL NORMAL" LMDB redb cacache "write + rename" \
        "write + fsync + rename + fsync(dir)" "overwrite in place + fdatasync" SHA-256 memcpy saveRDS "The blob cache" SIEVE; do
        grep -qF "$rival" "$table" || {
            echo "the benchmarks' table says nothing of $rival"
            return 1
        }
    done
    grep -q '<polyline' "$work/bench.svg"
    echo "$(grep -c '^|' "$table") lines of tables"
}
