#!/usr/bin/env bash
# Builds the library and a C program that fits a NIST problem, kills the fit
# with SIGKILL half way, starts it again, and checks everything it claims.
# Needs Rust (cargo) and a C compiler; takes no arguments. CC and CFLAGS are
# honoured. Leaves behind target/ and examples-c/build/, nothing else.
set -euo pipefail

fail() { printf 'demo: %s\n' "$*" >&2; exit 1; }

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
repo=$(dirname "$here")
build=$here/build
data=$here/data/Bennett5.dat
cc=${CC:-cc}

# ---- build -----------------------------------------------------------------

command -v cargo >/dev/null || fail "cargo not found: install Rust (https://rustup.rs)"
# CC may be more than a word, such as "ccache gcc": unquoted on purpose.
# shellcheck disable=SC2086
command -v ${cc%% *} >/dev/null || fail "no C compiler: install gcc or clang, or set CC"

echo "Building the library ..."
cd "$repo"
cargo build --release || fail "the library does not build"
target=${CARGO_TARGET_DIR:-target}
case $target in /*) ;; *) target=$repo/$target ;; esac
library=$target/release/libwarmstart.so
[ -f "$library" ] || fail "cargo made no $library (this demonstration is for Linux)"
[ -f include/warmstart.h ] || fail "there is no include/warmstart.h"

# Cargo does not make the name a program looks for at run time, so we do. The
# programs find it beside themselves.
mkdir -p "$build"
ln -sf "$library" "$build/libwarmstart.so"
ln -sf libwarmstart.so "$build/libwarmstart.so.0"
compile() {
    local program=$1
    shift
    # shellcheck disable=SC2086
    $cc -std=c99 -O2 -pedantic -Wall -Wextra -Wconversion -Wstrict-prototypes ${CFLAGS:-} \
        -I"$repo/include" -o "$build/$program" "$@" \
        -L"$build" -lwarmstart -lm -Wl,-rpath,'$ORIGIN' || fail "$program does not compile"
}
compile ten_lines "$here/ten_lines.c"
compile nist_fit "$here/nist_fit.c" "$here/nist_data.c"
compile basis_cache "$here/basis_cache.c"

# ---- tools -----------------------------------------------------------------

work=$(mktemp -d)
pid=
cleanup() {
    if [ -n "$pid" ]; then kill -9 "$pid" 2>/dev/null || true; fi
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
began=$SECONDS

# field FILE WORD N: the N-th word of the line that begins with WORD.
field() { awk -v word="$2" -v n="$3" '$1 == word { print $n; exit }' "$1"; }

# The generations a fit reported, whole lines only.
path() { awk '$1 == "at" && NF == 6' "$1"; }
generation() { path "$1" | tail -n 1 | awk '{ g = $2 } END { print g + 0 }'; }

# fit OUT ROOT [DATA]: runs to the end.
fit() {
    "$build/nist_fit" "${3:-$data}" "$2" >"$1" || fail "the fit failed ($(tail -n 1 "$1"))"
    [ "$(field "$1" saves 6)" = 0 ] || fail "a checkpoint could not be written"
}

fit_in_background() {
    : >"$1"
    "$build/nist_fit" "${3:-$data}" "$2" >"$1" &
    pid=$!
}

# Kills the fit in the background; it must have died from that and nothing else.
kill_it() {
    local status=0
    kill -9 "$pid" 2>/dev/null || fail "the fit ended before it could be killed"
    { wait "$pid"; } 2>/dev/null || status=$?
    pid=
    [ "$status" = 137 ] || fail "the fit ended with status $status instead of being killed"
}

# probe ROOT [DATA]: starts a fit, kills it once it has done something, and sets
# begins to the generation it went on from.
probe() {
    local out=$work/probe.out
    fit_in_background "$out" "$1" "${2:-$data}"
    for _ in $(seq 3000); do
        if [ "$(generation "$out")" != 0 ]; then break; fi
        sleep 0.01
    done
    kill_it
    begins=$(path "$out" | awk 'NR == 1 { print $2 - 1 }')
    [ "$begins" ] || fail "a fit did nothing within half a minute"
    [ "$begins" = "$(awk '$1 == "resumed" || $1 == "started" { print $3 }' "$out")" ] ||
        fail "a fit says it began elsewhere than it did"
}

# flip FILE AT: changes one bit of a file
flip() {
    local byte
    byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
    # shellcheck disable=SC2059
    printf "\\$(printf %03o $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

same_answer() { cmp -s <(grep -E '^(b[0-9]+|rss|trail) ' "$1") <(grep -E '^(b[0-9]+|rss|trail) ' "$2"); }

# ---- 1: cold, not interrupted ----------------------------------------------

echo "Fitting without interruption ..."
cold=$work/cold.out
fit "$cold" "$work/cold"
[ "$(sed -n 2p "$cold")" = "started at 0" ] || fail "the first fit did not start from nothing"
total=$(field "$cold" converged 3)
state=$(field "$cold" problem 8)
key=$(field "$cold" problem 11)

# ---- 2: killed -------------------------------------------------------------

victim=$((total * (40 + RANDOM % 21) / 100))
echo "Fitting again elsewhere, to be killed once generation $victim is done ..."
killed=$work/killed.out
root=$work/root
fit_in_background "$killed" "$root"
while [ "$(generation "$killed")" -lt "$victim" ]; do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.02
done
kill_it
[ "$(sed -n 2p "$killed")" = "started at 0" ] || fail "the fit to be killed did not start from nothing"
died=$(generation "$killed")
[ "$died" -ge "$victim" ] && [ "$died" -lt "$total" ] || fail "the fit was not killed half way"
files=$(find "$root" -type f | wc -l | tr -d ' ')
bytes=$(find "$root" -type f -exec cat {} + | wc -c | tr -d ' ')

# ---- 3: does it read what the killed run wrote? ----------------------------

echo "Trying copies of what it left on disk ..."
cp -Rp "$root" "$work/copy"
probe "$work/copy"
in_copy=$begins

cp -Rp "$root" "$work/without"
find "$work/without" -depth -type d -name "$key" -exec rm -r {} \;
probe "$work/without"
in_without=$begins
[ "$in_without" = 0 ] || fail "without its files the fit still began from generation $in_without"

cp -Rp "$root" "$work/damaged"
flipped=0
while IFS= read -r file; do
    size=$(wc -c <"$file")
    case $file in
    *.slot) # a slot being replaced: two generations, half the file each
        flip "$file" $((size / 4))
        flip "$file" $((size / 4 * 3))
        ;;
    *) flip "$file" $((size / 2)) ;;
    esac
    flipped=$((flipped + 1))
done < <(find "$work/damaged" -type f -size +"$((state - 1))"c)
[ "$flipped" -gt 0 ] || fail "the killed fit left no file that could hold its state"
probe "$work/damaged"
in_damaged=$begins
[ "$in_damaged" = 0 ] || fail "a damaged checkpoint was taken, from generation $in_damaged"

# ---- 4: resumed ------------------------------------------------------------

echo "Starting the killed fit again ..."
resumed=$work/resumed.out
fit "$resumed" "$root"
[ "$(field "$resumed" resumed 3)" ] || fail "the second run did not resume"
from=$(field "$resumed" resumed 3)
repeated=$((died - from))
[ "$(field "$resumed" resumed 6)" = checkpoint ] || fail "the second run did not resume from a checkpoint"
[ "$in_copy" = "$from" ] || fail "a copy began from generation $in_copy, the original from $from"
[ "$from" -gt 0 ] && [ "$repeated" -ge 0 ] || fail "resumed at generation $from although killed at $died"
[ $((repeated * 10)) -le "$died" ] || fail "$repeated of $died generations had to be repeated"
[ "$(field "$resumed" converged 3)" = "$total" ] || fail "the resumed run took another number of generations"
[ "$(field "$resumed" converged 5)" = $((total - from)) ] || fail "the resumed run's generations do not add up"
# Each line carries a hash of all iterates up to there.
cmp -s <(path "$cold" | awk -v n="$died" '$2 <= n') <(path "$killed") ||
    fail "the killed run took another path than the uninterrupted one"
cmp -s <(path "$cold" | awk -v n="$from" '$2 > n') <(path "$resumed") ||
    fail "the resumed run took another path than the uninterrupted one"
same_answer "$cold" "$resumed" || fail "the resumed run ended at other bits than the uninterrupted one"
awk '/^b[0-9]+ / { n++; if ($6 < 6) bad = 1 } END { exit bad || n == 0 }' "$resumed" ||
    fail "a parameter has fewer than six certified digits"

# ---- 5: fitted before ------------------------------------------------------

echo "Fitting the same data once more, and data with one digit changed ..."
refit=$work/refit.out
fit "$refit" "$root"
[ "$(field "$refit" resumed 6)" = final ] || fail "the refit did not find the final entry"
[ "$(field "$refit" converged 5)" = 0 ] || fail "the refit computed something"
same_answer "$resumed" "$refit" || fail "the refit answers something else"

other=$work/other.dat
sed 's/-34\.834702E0/-34.834703E0/' "$data" >"$other"
if cmp -s "$data" "$other"; then fail "the data to be changed are not there"; fi
probe "$root" "$other"
in_other=$begins
[ "$in_other" = 0 ] || fail "a fit of other data began from generation $in_other"

ten=$("$build/ten_lines" "$work/ten")
ten_again=$("$build/ten_lines" "$work/ten")
case $ten in *", 0 iterations done before, "[1-9]*" now") ;; *) fail "ten_lines: $ten" ;; esac
case $ten_again in *" done before, 0 now") ;; *) fail "ten_lines, run again: $ten_again" ;; esac
[ "${ten%%,*}" = "${ten_again%%,*}" ] || fail "ten_lines, run again, has another answer"

# A basis and a Cholesky factor in the cache: found again, and invalidated when the data are others.
smooth=$("$build/basis_cache" "$work/cache")
smooth_again=$("$build/basis_cache" "$work/cache")
smooth_other=$("$build/basis_cache" "$work/cache" 2)
rss() { sed -n 's/^fit *//p' <<<"$1"; }
factor() { sed -n '/^factor/p' <<<"$1"; }
case $(factor "$smooth") in *computed*) ;; *) fail "basis_cache: $smooth" ;; esac
case $(factor "$smooth_again") in *" from the disk"*) ;; *) fail "basis_cache, run again: $smooth_again" ;; esac
[ "$(rss "$smooth")" = "$(rss "$smooth_again")" ] || fail "basis_cache, run again, has another answer"
case $smooth_other in *"2 blobs invalidated"*) ;; *) fail "basis_cache, of other data: $smooth_other" ;; esac
[ "$(rss "$smooth")" != "$(rss "$smooth_other")" ] || fail "basis_cache, of other data, has the old answer"

# ---- what came out ---------------------------------------------------------

system=$(df --output=fstype "$work" 2>/dev/null | tail -n 1) || system=
seconds_saving() { awk '$1 == "saves" { printf "%.3f", $8 / 1000 }' "$1"; }
row() { printf '  %-27s %15s %15s %15s\n' "$@"; }

cat <<END

NIST $(field "$cold" problem 2) from start 1, $(field "$cold" problem 4) observations, differential evolution.
A checkpoint is the method's whole state, $state bytes, at most every 25th
generation, synced to the disk (${system:-file system unknown}).

END
row "generations" uninterrupted "kill -9" resumed
row "  from" 0 0 "$from"
row "  to" "$total" "$died" "$total"
row "  computed" "$total" "$died" $((total - from))
row "  not repeated" - - "$from"
row "  computed twice" - - "$repeated"
row "seconds" "$(field "$cold" converged 7)" - "$(field "$resumed" converged 7)"
row "  in checkpoints" "$(seconds_saving "$cold")" - "$(seconds_saving "$resumed")"
row "  share, %" "$(field "$cold" saves 11)" - "$(field "$resumed" saves 11)"
row "checkpoints written" "$(field "$cold" saves 2)" - "$(field "$resumed" saves 2)"
row "  held back by rate limit" "$(field "$cold" saves 4)" - "$(field "$resumed" saves 4)"
echo
printf '  %-10s %21s %21s %8s %11s\n' parameter certified resumed digits "same bits"
awk 'NR == FNR { bits[$1] = $8; next }
     /^b[0-9]+ / { same = bits[$1] == $8 ? "yes" : "no"
                   printf "  %-10s %21s %21s %8s %11s\n", $1, $4, $2, $6, same }
     /^rss / { printf "  %-10s %21s %21s\n", $1, $4, $2 }' "$cold" "$resumed"
cat <<END

  The killed run left $bytes bytes in $files file(s). The resumed one went on from a
  $(field "$resumed" resumed 6) (source: $(field "$resumed" resumed 5)) written $(field "$resumed" resumed 10) s before, objective $(field "$resumed" resumed 8).
  Each of its iterates equals the uninterrupted run's, bit for bit.

  A fit that finds                                        begins from generation
END
probed() { printf '    %-56s %19s\n' "$@"; }
probed "a copy of what the killed run left" "$in_copy"
probed "  without the key's directory" "$in_without"
probed "  with one bit changed in each state" "$in_damaged"
probed "what the resumed run left, one digit of the data changed" "$in_other"
probed "what the resumed run left, data unchanged (final entry)" "$(field "$refit" resumed 3)"
cat <<END
  The last computed $(field "$refit" converged 5) generations and took $(field "$refit" converged 7) s.

  ten_lines:   $ten
  once more:   $ten_again

  basis_cache: $(factor "$smooth")
  once more:   $(factor "$smooth_again")
  other data:  $(factor "$smooth_other")

All of this was checked, in $((SECONDS - began)) s.
END
