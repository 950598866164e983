#!/usr/bin/env bash
# Installs what the full suite needs, where it may, and passes it.
#
#   tests/run.sh           everything
#   tests/run.sh --quick   without Valgrind and the long loops
#
# WARM_TEST_ONLY=REGEX runs only the steps whose title matches; WARM_TEST_KILLS=N kills N times in each campaign. A missing
# tool is a failure where CI=true, and elsewhere a step left out that says so. The last line is "N passed, N failed, N skipped".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

quick=0
case "${1:-}" in
--quick) quick=1 ;;
'') ;;
*)
    sed -n '2,8s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
[ "$quick" = 0 ] || export WARM_TEST_ROUNDS="${WARM_TEST_ROUNDS:-30}"
# Half of what the tests look at by themselves: more of it is for whoever has changed the order of writing.
export WARM_CRASH_STATES="${WARM_CRASH_STATES:-256}"
export CARGO_BUILD_JOBS="${CARGO_BUILD_JOBS:-2}"
only="${WARM_TEST_ONLY:-.}"
target="${CARGO_TARGET_DIR:-target}"
case "$target" in /*) ;; *) target="$PWD/$target" ;; esac

work=$(mktemp -d)
chmod 711 "$work" # some tests become another user, who has to get here
trap 'chmod -R u+rwX "$work" 2>/dev/null || true; rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/lib" "$work/scratch"
chmod 711 "$work/scratch"

passed=0 failed=0 skipped=0 failures=()

# ---- steps ----

have() { command -v "$1" >/dev/null 2>&1; }

# Within a step: leave it out, and say why.
skip() {
    echo "$*"
    exit 77
}

# Within a step: what cannot be left out where all tools are promised.
need() {
    local tool
    for tool in "$@"; do
        if ! have "$tool"; then
            echo "$tool is not installed"
            [ "${CI:-}" = true ] && exit 1
            exit 77
        fi
    done
}

# step TITLE COMMAND...
step() {
    local title=$1 status=0 log="$work/log${lane:+.$lane}" began=$SECONDS
    shift
    [[ $title =~ $only ]] || return 0
    printf '\n== %s\n' "$title"
    # A subshell that is no condition: there `set -e` holds.
    set +e
    (
        set -e
        "$@"
    ) >"$log" 2>&1 </dev/null
    status=$?
    set -e
    printf '%d\t%s\n' "$((SECONDS - began))" "$title" >>"$work/seconds"
    case $status in
    0)
        # Who asked for a few steps wants to see what they say.
        if [ "$only" = . ]; then tail -n 4 "$log"; else cat "$log"; fi
        echo "PASS $title"
        passed=$((passed + 1))
        ;;
    77)
        echo "SKIP $title: $(tail -n 1 "$log")"
        skipped=$((skipped + 1))
        ;;
    *)
        cat "$log"
        echo "FAIL $title (exit status $status)"
        failed=$((failed + 1))
        failures+=("$title")
        ;;
    esac
}

# beside COMMAND...: steps that do not need what others are doing, while this goes on; `join` waits for them, and shows and counts
# what they came to. Where only some steps are wanted, they come one after the other.
beside() {
    if [ "$only" != . ]; then
        "$@"
        return
    fi
    (
        lane=beside passed=0 failed=0 skipped=0 failures=()
        "$@"
        {
            echo "$passed $failed $skipped"
            [ "$failed" = 0 ] || printf '%s\n' "${failures[@]}"
        } >"$work/counts"
    ) >"$work/beside" 2>&1 &
    beside_id=$!
}

join() {
    [ -n "${beside_id:-}" ] || return 0
    local status=0 p f s failure
    wait "$beside_id" || status=$?
    cat "$work/beside"
    if [ "$status" != 0 ] || [ ! -s "$work/counts" ]; then
        failed=$((failed + 1))
        failures+=("what ran beside ended with status $status")
        return 0
    fi
    {
        read -r p f s
        while read -r failure; do failures+=("$failure"); done
    } <"$work/counts"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

# ---- tools ----

install_tools() {
    local missing=() as_root=()
    have gcc || missing+=(gcc libc6-dev binutils)
    have g++ || missing+=(g++)
    have python3 || missing+=(python3)
    have gfortran || missing+=(gfortran)
    have abidw || missing+=(abigail-tools)
    have cmake || missing+=(cmake)
    have pkg-config || missing+=(pkg-config)
    [ -e /usr/include/ceres/ceres.h ] || missing+=(libceres-dev)
    [ -e /usr/include/nlopt.hpp ] || missing+=(libnlopt-dev libnlopt-cxx-dev)
    [ -e /usr/share/doc/liblbfgsb-dev ] || missing+=(liblbfgsb-dev)
    if [ "$quick" = 0 ]; then
        have valgrind || missing+=(valgrind libc6-dbg)
    fi
    # shellcheck disable=SC2207
    missing+=($(scripting_packages))
    if [ ${#missing[@]} = 0 ]; then
        echo "nothing is missing"
        return 0
    fi
    have apt-get || skip "missing: ${missing[*]}; there is no apt-get to install them with"
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || skip "missing: ${missing[*]}; installing them takes root"
        as_root=(sudo -n)
    fi
    echo "installing ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# ---- Rust ----

documentation() {
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --locked
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --locked --all-features
}

# Threads under a scheduler that chooses at every lock, atomic and disk operation who runs next. One test at a
# time: a static of the library is one to all schedulers.
model_threads() {
    RUSTFLAGS="--cfg warmstart_model -D warnings" cargo test --locked --lib --target-dir "$target/model" model_ -- --nocapture --test-threads 1 2>&1 |
        tee "$work/model"
    # A filter that matches nothing passes as well.
    grep -q '^test result: ok\. [1-9]' "$work/model"
    grep ' schedules$' "$work/model" | sed 's/.*\.\.\. //' | sort -u
}

dependencies() {
    if ! cargo deny --version >/dev/null 2>&1; then
        [ "${CI:-}" = true ] && [ "$quick" = 0 ] || skip "cargo-deny is not installed, and takes minutes to build"
        cargo install cargo-deny --locked
    fi
    cargo deny check bans licenses sources
}

# ---- C ----

strict=(-pedantic -Wall -Wextra -Wconversion -Werror -g -O1 -pthread -Iinclude)
c_strict=("${strict[@]}" -Wstrict-prototypes)
programs=(abi_core header_twice fingerprints store model damage hostile repair limits fixtures session policy stop seeds restarts records cache regions remote prefetch misuse badroots faults_real fulldisk fork threads processes campaign quiet copies carry)

built() { [ -e "$work/lib/libwarmstart.so.0" ] || skip "the library was not built"; }

build_library() {
    cargo build --release --locked
    cp "$target/release/libwarmstart.so" "$work/lib/libwarmstart.so.0"
    ln -s libwarmstart.so.0 "$work/lib/libwarmstart.so"
    # Of a directory of its own: a linker that finds both kinds takes the shared one.
    mkdir "$work/static"
    cp "$target/release/libwarmstart.a" "$work/static/"
    ls -l "$work/lib" "$work/static"
}

compile_one() {
    gcc -std=c99 "${c_strict[@]}" -o "$work/bin/$1" "tests/c/$1.c" -L"$work/lib" -lwarmstart -Wl,-rpath,"$work/lib" -lm -ldl
}

compile_c() {
    need gcc
    built
    local p
    for p in "${programs[@]}"; do compile_one "$p"; done
    for p in abi_core header_twice; do
        gcc -std=c11 "${c_strict[@]}" -fsyntax-only "tests/c/$p.c"
    done
    echo "${#programs[@]} programs"
}

# compiled PROGRAM: where WARM_TEST_ONLY left out the steps that compile it, it is done now
compiled() {
    [ ! -x "$work/bin/$1" ] || return 0
    [ "$only" != . ] && [ -z "${sysroot:-}" ] || skip "$1 was not compiled"
    need gcc
    [ -e "$work/lib/libwarmstart.so.0" ] || build_library
    compile_one "$1"
}

compile_cpp() {
    need g++
    built
    g++ -std=c++17 "${strict[@]}" -o "$work/bin/header_cpp" tests/c/header.cpp -L"$work/lib" -lwarmstart -Wl,-rpath,"$work/lib"
    "$work/bin/header_cpp"
}

# run PROGRAM [ARGUMENT...]: in a scratch directory of its own, which is handed to it first
run() {
    local p=$1 scratch
    shift
    compiled "$p"
    scratch="$work/scratch/${scratch_prefix:-}${as:-$p}"
    rm -rf "$scratch"
    mkdir -m 711 "$scratch"
    timeout 900 ${under:-} "$work/bin/$p" "$scratch" "$@"
}

checksums() { (cd "$1" && find . -type f -exec sha256sum {} + | LC_ALL=C sort && find . -mindepth 1 -type d | LC_ALL=C sort); }

fixtures() {
    compiled fixtures
    local scratch="$work/scratch/${scratch_prefix:-}fixtures"
    rm -rf "$scratch"
    mkdir "$scratch"
    cp -r tests/data/vectors/store-v1/root "$scratch/root"
    checksums "$scratch/root" >"$scratch.before"
    timeout 900 ${under:-} "$work/bin/fixtures" "$scratch" tests/c/fixtures.txt
    checksums "$scratch/root" >"$scratch.after"
    # What was there is there, byte for byte, and no key's directory has gained anything. (Records of ours may stand beside.)
    if LC_ALL=C comm -23 <(sort "$scratch.before") <(sort "$scratch.after") | grep .; then
        echo "these files were changed or removed"
        return 1
    fi
    if LC_ALL=C comm -13 <(sort "$scratch.before") <(sort "$scratch.after") | grep -E '\./[0-9a-f]{64}/'; then
        echo "these files were added by looking"
        return 1
    fi
}

fixtures_table() {
    need python3
    python3 tests/c/fixtures.py tests/data/vectors/store-v1/expected.json | diff -u tests/c/fixtures.txt -
}

# What a version-1 engine would make of what our writers left behind.
version_1() {
    need python3
    local roots=() r
    for r in threads/threads processes/processes processes/ping-pong campaign-2/campaign-full campaign-2/campaign-process campaign-8/campaign-full campaign-8/campaign-process session/finalize session/best-kept session/refit store/slots store/doubles; do
        [ ! -d "$work/scratch/$r" ] || roots+=("$work/scratch/$r")
    done
    [ ${#roots[@]} != 0 ] || skip "no store was written"
    python3 tests/c/version1.py "${roots[@]}"
}

# kills PROCESSES: the short version; by hand with WARM_TEST_KILLS=1000 or more
kills() {
    local n=60
    [ "$quick" = 0 ] || n=24
    n="${WARM_TEST_KILLS:-$n}"
    as="campaign-$1" run campaign "$n" "$1"
}

# on_small_disk MOUNT-OPTIONS: nobody else sees the mount, and it goes with the process
on_small_disk() {
    compiled fulldisk
    local disk="$work/disk" namespace
    mkdir -p "$disk"
    for namespace in "unshare -m" "unshare -rm"; do
        if $namespace mount -t tmpfs -o "$1" none "$disk" >/dev/null 2>&1; then
            rm -rf "$work/scratch/fulldisk"
            mkdir -m 711 "$work/scratch/fulldisk"
            # shellcheck disable=SC2016
            $namespace bash -c 'mount -t tmpfs -o "$1" none "$2" && shift 2 && exec timeout 900 "$@"' - \
                "$1" "$disk" "$work/bin/fulldisk" "$work/scratch/fulldisk" "$disk"
            return
        fi
    done
    skip "mounting a small file system is not permitted here"
}

# on_mount KIND PROGRAM [ARGUMENT...]: the same for a program that is told KIND and the mount. A tmpfs, or an ext4 in a file.
on_mount() {
    local kind=$1 p=$2 disk="$work/disk" image="$work/image" namespace try
    shift 2
    compiled "$p"
    mkdir -p "$disk"
    case $kind in
    tmpfs) try='mount -t tmpfs -o size=16m none "$1"' ;;
    ext4)
        have mkfs.ext4 || skip "mkfs.ext4 is not installed"
        rm -f "$image"
        truncate -s 16M "$image"
        mkfs.ext4 -q -F "$image"
        try='mount -t ext4 -o loop,errors=remount-ro "$2" "$1"'
        ;;
    esac
    for namespace in "unshare -m" "unshare -rm"; do
        if $namespace bash -c "$try" - "$disk" "$image" >/dev/null 2>&1; then
            rm -rf "$work/scratch/$kind-$p"
            mkdir -m 711 "$work/scratch/$kind-$p"
            # shellcheck disable=SC2016
            $namespace bash -c "$try"' && shift 2 && exec timeout 900 "$@"' - "$disk" "$image" \
                "$work/bin/$p" "$work/scratch/$kind-$p" "$@" "$disk"
            return
        fi
    done
    skip "mounting a $kind is not permitted here"
}

silence() {
    compiled quiet
    run quiet >"$work/out" 2>"$work/err" || {
        cat "$work/out" "$work/err"
        return 1
    }
    if [ -s "$work/out" ] || [ -s "$work/err" ]; then
        echo "the library printed:"
        cat "$work/out" "$work/err"
        return 1
    fi
    echo "not a byte"
}

two_copies() {
    built
    cp "$work/lib/libwarmstart.so.0" "$work/lib/another-copy.so"
    run copies "$work/lib/another-copy.so"
}

static_link() {
    need gcc
    built
    local p libs
    # What the standard library needs; that nothing else does is seen when this is linked.
    : >"$work/empty.rs"
    libs=$(rustc --crate-type staticlib --print native-static-libs --out-dir "$work" "$work/empty.rs" 2>&1 |
        sed -n 's/^note: native-static-libs: //p' | tail -n 1)
    [ -n "$libs" ] || {
        echo "rustc named no native libraries"
        return 1
    }
    echo "native libraries: $libs"
    for p in store abi_core; do
        # shellcheck disable=SC2086
        gcc -std=c99 "${c_strict[@]}" -o "$work/bin/static_$p" "tests/c/$p.c" "$work/static/libwarmstart.a" $libs -lm
        if readelf -d "$work/bin/static_$p" | grep -q libwarmstart; then
            echo "static_$p needs the shared library"
            return 1
        fi
        run "static_$p"
    done
}

exported_symbols() {
    need nm readelf gcc
    built
    LC_ALL=C sort -c tests/c/exports.txt
    nm -D --defined-only "$work/lib/libwarmstart.so.0" | awk '{print $3}' | sed 's/@.*//' | LC_ALL=C sort -u >"$work/exported"
    echo "committed list (-) against the library (+):"
    diff -u tests/c/exports.txt "$work/exported"
    gcc -E -P include/warmstart.h | grep -oE '\bwarm_[a-z0-9_]+ *\(' | tr -d ' (' | LC_ALL=C sort -u >"$work/declared"
    echo "library (-) against the header (+):"
    diff -u "$work/exported" "$work/declared"
    readelf -d "$work/lib/libwarmstart.so.0" >"$work/dynamic"
    grep -q 'SONAME.*\[libwarmstart\.so\.0\]' "$work/dynamic" || { cat "$work/dynamic"; echo "the soname is not libwarmstart.so.0"; return 1; }
    grep -q 'FLAGS_1.*NODELETE' "$work/dynamic" || { cat "$work/dynamic"; echo "NODELETE is not set"; return 1; }
    echo "$(wc -l <"$work/exported") symbols, each declared; soname and NODELETE are set"
}

memcheck() {
    need valgrind
    local p=$1 leaks=full
    shift
    # A forked child leaks what it may not touch, by design, and what only a thread of its parent's refers to; for such
    # programs memory errors count here, and leaks where the sanitizers look for them.
    case $p in badroots | cache | campaign | carry | damage | fork | limits | misuse | policy | processes | records | regions | session | store) leaks=no ;; esac
    export WARM_TEST_ROUNDS=5 WARM_TEST_LINGER=3 scratch_prefix=valgrind-
    under="valgrind -q --error-exitcode=99 --leak-check=$leaks --show-leak-kinds=definite,indirect --errors-for-leak-kinds=definite,indirect --num-callers=30"
    if [ "$p" = fixtures ]; then fixtures; else run "$p" "$@"; fi
}

# Near-match seeds on real data; by hand examples-c/seed_study.sh, which takes more repetitions
seed_study() {
    need gcc
    built
    WARMSTART_LIB="$work/lib" examples-c/seed_study.sh --plot "$work/seed_study.svg" 2
}

# A real S3 server, and a network that fails; then the same tier from C, C++ and Fortran.
remote_tier() {
    need gcc g++ gfortran
    [ -e "$work/lib/libwarmstart.so.0" ] || build_library
    CARGO_TARGET_DIR="$target/remote" cargo build --locked --manifest-path tests/remote/Cargo.toml
    CARGO_TARGET_DIR="$target/remote" cargo test --locked --manifest-path tests/remote/Cargo.toml
    local library="$target/remote/debug/libwarmstart_remote_tests.a" libraries=(-lm -ldl -lpthread) p
    for p in remote prefetch; do
        gcc -std=c99 "${c_strict[@]}" -o "$work/bin/$p" "tests/c/$p.c" "$library" "${libraries[@]}"
    done
    g++ -std=c++17 "${strict[@]}" -o "$work/bin/cpp_remote" tests/cpp/remote.cpp "$library" "${libraries[@]}"
    # What is linked first is what is called.
    fortran_flags="-Wno-compare-reals -Wno-function-elimination" fortran_libraries="${libraries[*]}" \
        fortran fortran_remote tests/fortran/checks.f90 tests/fortran/remote.f90 "$library"
    for p in remote prefetch cpp_remote fortran_remote; do as=remote_tier run "$p"; done | tee "$work/remote-tier"
    if grep -q 'built without' "$work/remote-tier"; then
        echo "a program was linked with another library"
        return 1
    fi
    compile_one remote
    compile_one prefetch
}

# Prefetch on against off on real data, with the library and the server of the step above; by hand examples-c/prefetch_study.sh,
# which takes more delays and repetitions
prefetch_study() {
    need gcc
    CARGO_TARGET_DIR="$target/remote" cargo build --locked --manifest-path tests/remote/Cargo.toml
    WARMSTART_REMOTE="$target/remote/debug" examples-c/prefetch_study.sh --quick --plot "$work/prefetch_study.svg"
}

# shellcheck source=tests/sanitize.sh
source tests/sanitize.sh
# shellcheck source=tests/bench/smoke.sh
source tests/bench/smoke.sh
# shellcheck source=tests/native.sh
source tests/native.sh
# shellcheck source=tests/scripting.sh
source tests/scripting.sh
# Coverage-guided fuzzing on the committed corpus, for long enough to notice what broke; by hand: tests/fuzz/run.sh SECONDS
fuzz_smoke() {
    need g++
    local seconds=5 name
    [ "$quick" = 0 ] || seconds=2
    while read -r name; do
        grep -rqw "$name" tests/fuzz/fuzz_targets/c_calls || {
            echo "no sequence of calls has $name in it"
            return 1
        }
    done <tests/c/exports.txt
    CARGO_TARGET_DIR="$target/fuzz" bash tests/fuzz/run.sh "$seconds"
}

# The library under Valgrind and the sanitizers: what they look at is built, and runs, on its own.
instrumented() {
    local program kind sanitizer programs_of_kind arguments
    for program in abi_core session policy seeds records cache regions carry misuse store model damage repair limits fixtures badroots fork threads processes; do
        step "Valgrind: $program" memcheck "$program"
    done
    step "Valgrind: campaign" memcheck campaign 10 2
    step "Valgrind: fingerprints" memcheck fingerprints tests/data/fingerprints.txt
    for kind in address thread; do
        sanitizer="${kind^}Sanitizer"
        programs_of_kind="${kind}_programs[@]"
        step "$sanitizer: build" sanitize_build "$kind"
        step "$sanitizer: seeded defects" sanitize_bites "$kind"
        for program in "${!programs_of_kind}"; do
            arguments=()
            case $program in
            fingerprints) arguments=(tests/data/fingerprints.txt) ;;
            campaign) arguments=(10 2) ;;
            esac
            step "$sanitizer: $program" sanitized "$kind" "$program" "${arguments[@]}"
        done
        step "$sanitizer: Rust tests" sanitize_rust "$kind"
    done
    step "Miri" miri
}

# ---- all of it ----

step "tools" install_tools
step "cargo fmt" cargo fmt --check
# Features add to what is built, and take nothing away but the remote tier's absence, which all programs below meet.
step "clippy" cargo clippy --all-targets --locked --all-features -- -D warnings
step "clippy without the C ABI" cargo clippy --all-targets --locked --no-default-features -- -D warnings
step "cargo test" cargo test --locked --all-features
step "model-checked threads" model_threads
step "documentation" documentation
step "dependencies" dependencies
step "header is fresh" cargo test --locked --all-features --test header
step "release build" build_library
step "C programs compile" compile_c
[ "$quick" = 1 ] || beside instrumented
step "C++ header" compile_cpp
step "exported symbols" exported_symbols
step "layout and constants" abi_tables
step "ABI dump" abi_dump
step "C: abi_core" run abi_core
step "C: header_twice" run header_twice
step "C: fingerprints" run fingerprints tests/data/fingerprints.txt
step "C: store" run store
step "C: model" run model
step "C: damage" run damage
step "C: repair" run repair
step "C: hostile" run hostile
step "C: limits" run limits
step "fixtures table" fixtures_table
step "C: fixtures" fixtures
step "C: session" run session
step "C: policy" run policy
step "C: stop" run stop
step "C: seeds" run seeds
step "C: restarts" run restarts
step "seed study" seed_study
step "C: records" run records
step "C: blob cache" run cache
step "C: regions" run regions
step "C: remote" run remote
step "C: prefetch" run prefetch
step "C: carried entries" run carry
step "C: misuse" run misuse
step "C: badroots" run badroots
step "C: real faults: full disk" on_small_disk size=4m
step "C: real faults: no inode left" on_small_disk size=64m,nr_inodes=60
step "C: real faults: full ext4" on_mount ext4 fulldisk
step "C: real faults: roots and limits" run faults_real
step "C: real faults: a mount" on_mount tmpfs faults_real tmpfs
step "C: real faults: an ext4" on_mount ext4 faults_real ext4
step "C: fork" run fork
step "C: threads" run threads
step "C: processes" run processes
step "C: kill -9, 2 processes" kills 2
step "C: kill -9, 8 processes" kills 8
step "version-1 view" version_1
step "no output" silence
step "two copies" two_copies
step "fuzz smoke" fuzz_smoke
step "remote tier" remote_tier
step "prefetch study" prefetch_study
step "static link" static_link
step "benchmarks run" benchmarks
step "C++: every function" cpp_complete
step "C++: objects" cpp_test objects
step "C++: records" cpp_test records
step "C++: blob cache" cpp_test cache
step "C++: remote" cpp_test remote
step "C++: without exceptions" cpp_test no_exceptions
step "C++: golden fingerprints" cpp_test golden tests/data/fingerprints.txt
step "C++: misuse does not compile" cpp_misuse
step "C++: Ceres killed and resumed" killed_cpp ceres_nist Bennett5.dat -lceres -lglog
step "C++: NLopt killed and resumed" killed_cpp nlopt_nist Rat43.dat -lnlopt_cxx -lnlopt
step "Fortran: module" fortran_module
step "Fortran: layout and constants" fortran_tables
step "Fortran: golden fingerprints" fortran_test golden tests/data/fingerprints.txt
step "Fortran: objects" fortran_test objects
step "Fortran: records" fortran_test records
step "Fortran: blob cache" fortran_test cache
step "Fortran: remote" fortran_test remote
step "Fortran: threads" fortran_test threads
step "Fortran: L-BFGS-B killed and resumed" lbfgsb_killed
step "Python: module" python_module
step "Python: SciPy, killed and resumed" python_scipy
step "R: shims" r_strict
step "R: package" r_package
step "R: shared library" r_shared
step "R: optim, killed and resumed" r_optim
step "R: lme4" r_lme4
step "R: leave one group out" r_leave_one_out
step "R: garbage collected at every allocation" r_torture
step "Julia: module" julia_module
step "Python: interrupted waits" interrupt_python
step "R: interrupted waits" interrupt_r
step "Julia: interrupted waits" interrupt_julia
step "all languages: keys of native data" native_keys
step "all languages: one store" one_store
step "all languages: identities" identities
step "all languages: records" records_of_all
step "all languages: blobs" blobs_of_all
step "all languages: regions passed on" pass_regions
step "all languages: the stock safetensors package" stock_safetensors
step "README: R, Julia, Python" readme_snippets
step "documentation snippets" documentation_snippets
step "installation: a tree" install_tree
step "installation: pkg-config" installed_pkg_config
step "installation: CMake" installed_cmake
join
if [ -e examples-c/demo.sh ]; then
    step "demo" bash examples-c/demo.sh
else
    step "demo" skip "there is no examples-c/demo.sh"
fi

if [ -e "$work/seconds" ]; then
    printf '\nseconds, of %d in all\n' "$SECONDS"
    sort -rn "$work/seconds" | sed -n 1,40p
fi
[ "$failed" = 0 ] || printf 'failed: %s\n' "${failures[@]}"
printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" = 0 ]
