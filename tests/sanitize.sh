# The sanitizers, over the C and the Rust tests. tests/run.sh reads this file; its helpers are used here.
#
# How the stable toolchain does it. It ships the run-time libraries (librustc-stable_rt.asan.a, which holds LeakSanitizer and the
# handlers of UBSan, too, and librustc-stable_rt.tsan.a), but guards -Zsanitizer; RUSTC_BOOTSTRAP=1 lifts the guard. The library that
# is shipped is never built so: everything here lies below target/sanitize.
#
# The standard library comes uninstrumented and without its source. Left so, ThreadSanitizer does not see a lock taken where threads
# contend for it, nor a channel, and reports what they order; AddressSanitizer does not see what std reads and writes. But its objects
# carry their LLVM bitcode, and the toolchain ships the linker of the same LLVM, which runs any pass over bitcode: so std is
# instrumented here, into a sysroot of its own.
#
# One thing is left that ThreadSanitizer does not understand, the fence with which the last owner of an Arc acquires what the others
# released: sanitize_link makes every 64-bit fetch_sub acquire and release. There are no suppressions.
#
# The C side is compiled with gcc's instrumentation (its calls are those of LLVM's run time) and linked with the toolchain's run time,
# so that a process holds one run time, for both languages.
#
# shellcheck shell=bash

sanitize_triple=x86_64-unknown-linux-gnu
# Optimised, but with the assertions of std and of arithmetic.
sanitize_profile=(
    RUSTC_BOOTSTRAP=1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=2
    CARGO_PROFILE_RELEASE_DEBUG=line-tables-only CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS=true CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS=true
)

# Like `need`, for what is no command.
absent() {
    echo "$*"
    [ "${CI:-}" = true ] && exit 1
    exit 77
}

# Sets what a kind of sanitizer (address, thread) needs; to be called in a step.
sanitize_as() {
    kind=$1
    need gcc ar objcopy
    [[ $(rustc -vV) == *"host: $sanitize_triple"* ]] || skip "the sanitizers are set up for $sanitize_triple only"
    local base="$target/sanitize/$kind"
    toolchain="$(rustc --print sysroot)/lib/rustlib/$sanitize_triple"
    sysroot="$base/sysroot"
    case $kind in
    address) runtime=librustc-stable_rt.asan.a c_flags=(-fsanitize=address,undefined -fno-sanitize-recover=all) ;;
    thread) runtime=librustc-stable_rt.tsan.a c_flags=(-fsanitize=thread) ;;
    esac
    runtime="$toolchain/lib/$runtime"
    [ -e "$runtime" ] || absent "this Rust toolchain has no $(basename "$runtime")"
    [ -x "$toolchain/bin/rust-lld" ] || absent "this Rust toolchain has no rust-lld"
    rust_flags="-Zsanitizer=$kind -Cforce-frame-pointers=yes -Cunsafe-allow-abi-mismatch=sanitizer --sysroot $sysroot"
    [ "$kind" = address ] || rust_flags+=" -Clink-arg=$base/fetch_sub.o -Clink-arg=-Wl,--wrap=__tsan_atomic64_fetch_sub"
    # Some tests ask for more memory than there is, and want to be told so.
    export ASAN_OPTIONS="exitcode=99:detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1:allocator_may_return_null=1:allow_addr2line=1"
    export UBSAN_OPTIONS="print_stacktrace=1:allow_addr2line=1"
    export TSAN_OPTIONS="exitcode=99:allocator_may_return_null=1:die_after_fork=0:second_deadlock_stack=1:history_size=7:allow_addr2line=1"
    export LSAN_OPTIONS="exitcode=99:use_tls=1"
    # The programs and their scratch directories are the step's own kind's.
    work="$work/$kind"
    mkdir -p "$work/bin" "$work/lib" "$work/scratch"
    chmod 711 "$work" "$work/scratch"
}

sanitize_cargo() {
    local verb=$1
    shift
    env "${sanitize_profile[@]}" RUSTFLAGS="$rust_flags" cargo "$verb" --release --locked --target "$sanitize_triple" \
        --target-dir "$target/sanitize/$kind" "$@"
}

# A copy of the toolchain's target libraries, their bitcode instrumented.
sanitize_std() {
    local from=$toolchain to passes archive name object parts
    to="$sysroot/lib/rustlib/$sanitize_triple"
    if [ "$(cat "$sysroot/made-from" 2>/dev/null)" = "$(rustc -vV)" ]; then
        return
    fi
    case $kind in
    address) passes='forceattrs,asan' ;;
    thread) passes='forceattrs,tsan-module,function(tsan)' ;;
    esac
    rm -rf "$sysroot"
    mkdir -p "$to/lib"
    ln -s "$from"/lib/* "$to/lib/"
    ln -s "$from/bin" "$to/bin"
    parts=$(mktemp -d -p "$work")
    for archive in "$from"/lib/*.rlib; do
        name=$(basename "$archive")
        case $name in
        # What instrumented code itself calls, and what runs within the compiler.
        libcompiler_builtins-* | libprofiler_builtins-* | libproc_macro-*) continue ;;
        esac
        rm -f "$parts"/*
        (cd "$parts" && ar x "$archive")
        for object in "$parts"/*.o; do
            [ -e "$object" ] || continue 2
            objcopy -O binary --only-section=.llvmbc --set-section-flags .llvmbc=alloc "$object" "$parts/bitcode"
            [ -s "$parts/bitcode" ] || {
                echo "$name has no bitcode"
                return 1
            }
            "$from/bin/rust-lld" -flavor gnu -m elf_x86_64 -r -o "$object" "$parts/bitcode" \
                --lto-newpm-passes="$passes" -mllvm -force-attribute="sanitize_$kind" -mllvm -force-attribute=frame-pointer=all
        done
        rm "$to/lib/$name"
        ar crs "$to/lib/$name" "$parts"/lib.rmeta "$parts"/*.o
    done
    rustc -vV >"$sysroot/made-from"
    echo "the standard library is instrumented"
}

# See above. The wrapper ends in a jump, so reports name its caller.
sanitize_link() {
    [ "$kind" = thread ] || return 0
    gcc -O2 -fPIC -fvisibility=hidden -x c -c -o "$target/sanitize/thread/fetch_sub.o" - <<'END'
long __real___tsan_atomic64_fetch_sub(volatile long *at, long by, int order);
long __wrap___tsan_atomic64_fetch_sub(volatile long *at, long by, int order)
{
    (void)order;
    return __real___tsan_atomic64_fetch_sub(at, by, __ATOMIC_ACQ_REL);
}
END
}

# Programs that sanitizers look at; what is not here has no code of ours that these do not run.
address_programs=(abi_core header_twice fingerprints store model damage repair hostile limits fixtures session policy stop seeds restarts records cache regions carry misuse badroots fork threads processes campaign)
thread_programs=(store repair session policy stop seeds regions fork threads processes campaign)

sanitize_build() {
    sanitize_as "$1"
    local -n list="$1_programs"
    local p
    mkdir -p "$target/sanitize/$kind"
    sanitize_std
    sanitize_link
    sanitize_cargo rustc --lib --crate-type cdylib
    cp "$target/sanitize/$kind/$sanitize_triple/release/libwarmstart.so" "$work/lib/libwarmstart.so.0"
    ln -sf libwarmstart.so.0 "$work/lib/libwarmstart.so"
    for p in "${list[@]}" seeded_defects; do
        gcc -std=c99 "${c_strict[@]}" -fno-omit-frame-pointer "${c_flags[@]}" -c -o "$work/$p.o" "tests/c/$p.c"
        gcc -rdynamic -pthread -o "$work/bin/$p" "$work/$p.o" -Wl,--whole-archive "$runtime" -Wl,--no-whole-archive \
            -L"$work/lib" -lwarmstart -Wl,-rpath,"$work/lib" -lm -ldl -lrt
    done
    # shellcheck disable=SC2086
    env RUSTC_BOOTSTRAP=1 rustc --edition 2021 -O -g -Dwarnings --target "$sanitize_triple" $rust_flags -o "$work/bin/seeded_std" tests/c/seeded_std.rs
    echo "${#list[@]} programs"
}

# reports TITLE PROGRAM-AND-ARGUMENTS...: it ends in a report of that title, in which `frame` (if set) is named
reports() {
    local title=$1 status=0
    shift
    run "$@" >"$work/report" 2>&1 || status=$?
    if [ "$status" = 0 ] || ! grep -q "$title" "$work/report" || ! grep -q "${frame:-.}" "$work/report"; then
        echo "$*: no report of \"$title\"${frame:+ in $frame} (exit status $status):"
        cat "$work/report"
        return 1
    fi
    echo "$*: $(sed -n 's/^SUMMARY: //p; s/.*runtime error: /UndefinedBehaviorSanitizer: /p' "$work/report" | head -n 1)"
}

# The same calls without a defect are passed in silence, and each defect is reported.
sanitize_bites() {
    sanitize_as "$1"
    run seeded_defects clean
    run seeded_std clean
    case $kind in
    address)
        frame=warm_store_save reports heap-buffer-overflow seeded_defects read-past-payload
        frame=warm_store_lookup_into reports heap-buffer-overflow seeded_defects write-past-buffer
        frame=warm_key_to_hex reports stack-buffer-overflow seeded_defects write-past-local
        frame=warm_entry_free reports heap-use-after-free seeded_defects read-after-free
        frame=warm_entry_free reports heap-use-after-free seeded_defects free-twice
        frame=warm_store_lookup reports "detected memory leaks" seeded_defects leak-entry
        frame=warm_session_open reports "detected memory leaks" seeded_defects leak-session
        reports "signed integer overflow" seeded_defects overflow-integer
        frame=from_utf8 reports heap-buffer-overflow seeded_std read-past-text
        reports "detected memory leaks" seeded_std leak
        ;;
    thread)
        frame=warm_fingerprinter_absorb_u64 reports "data race" seeded_defects race-fingerprinter
        frame=warm_store_save_slot reports "data race" seeded_defects race-payload
        frame=warm_entry_copy reports "data race" seeded_defects race-free
        reports "data race" seeded_std race
        ;;
    esac
}

# sanitized KIND PROGRAM [ARGUMENT...]
sanitized() {
    sanitize_as "$1"
    local p=$2
    shift 2
    export WARM_TEST_ROUNDS=10 WARM_TEST_UNBOUNDED=1
    # A forked child leaks what it may not touch, by design.
    [ "$p" != fork ] || ASAN_OPTIONS+=:detect_leaks=0
    if [ "$p" = fixtures ]; then fixtures; else run "$p" "$@"; fi
}

# The tests of crashes, faults and interleavings on the simulated disk are left out: they take few paths through the library, each some
# ten thousand times, and one thread at a time.
sanitize_rust() {
    sanitize_as "$1"
    [ -e "$sysroot/made-from" ] || skip "the standard library was not instrumented"
    sanitize_cargo test --tests --no-fail-fast -- --skip store::tests::crash --skip store::tests::matrix \
        --skip store::tests::interleave --skip store::tests::sealed::crash --skip store::tests::sealed::interleave \
        --skip store::tests::sealed::faults --skip cache::zstd 2>&1 | tee "$work/tests"
    sed -n 's/^test result: ok\. \([0-9]*\) passed.*/\1/p' "$work/tests" | awk '{n += $1} END {print n " tests"; exit n == 0}'
}

# Miri takes the modules of plain memory; the others make system calls that it does not know.
miri() {
    cargo miri --version >/dev/null 2>&1 ||
        skip "this toolchain has no Miri: it comes with nightly ones, by rustup, and no registry has it (rustup +nightly component add miri)"
    MIRIFLAGS="-Zmiri-disable-isolation -Zmiri-strict-provenance" PROPTEST_CASES=4 cargo miri test --locked --lib -- \
        cache:: key:: error:: ffi::fingerprinter ffi::guard ffi::info ffi::key ffi::last_error ffi::plain ffi::status \
        session::options session::policy store::bytes store::metadata store::names store::options store::rank
}
