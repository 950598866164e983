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

# ---- Fortran ----

fortran_strict=(-std=f2018 -Wall -Wextra -pedantic -Werror -g)

fortran_module() {
    need gfortran
    built
    mkdir -p "$work/fortran"
    local level
    for level in 0 2; do
        gfortran "${fortran_strict[@]}" "-O$level" -J"$work/fortran" -c -o "$work/fortran/warmstart.o" include/warmstart.f90
    done
    # Each function of the library is bound, but for those that Fortran has another way for.
    grep -oE "bind\(c, name='warm_[a-z0-9_]+'" include/warmstart.f90 | sed "s/.*'\(.*\)'/\1/" | LC_ALL=C sort -u >"$work/fortran/bound"
    diff <(grep -vxE 'warm_store_lookup_into|warm_cache_get_into' tests/c/exports.txt) "$work/fortran/bound"
    echo "$(wc -l <"$work/fortran/bound") functions bound"
}

# fortran PROGRAM SOURCE...: with the module, strictly
fortran() {
    local program=$1
    shift
    need gfortran
    built
    [ -e "$work/fortran/warmstart.o" ] || fortran_module
    mkdir -p "$work/fortran/$program"
    # shellcheck disable=SC2086
    gfortran "${fortran_strict[@]}" -O1 ${fortran_flags:-} -I"$work/fortran" -J"$work/fortran/$program" -o "$work/bin/$program" \
        "$work/fortran/warmstart.o" "$@" -L"$work/lib" -lwarmstart -Wl,-rpath,"$work/lib" ${fortran_libraries:-}
}

fortran_tables() {
    need python3
    local kind
    for kind in layout constants; do
        mkdir -p "$work/fortran"
        python3 tests/fortran/tables.py "$kind" "tests/abi/$kind.txt" >"$work/fortran/$kind.f90"
        fortran "fortran_$kind" "$work/fortran/$kind.f90"
        "$work/bin/fortran_$kind" | diff -u "tests/abi/$kind.txt" -
    done
    wc -l tests/abi/layout.txt tests/abi/constants.txt
}

# fortran_test PROGRAM [ARGUMENT...]: comparing what was stored with what comes back is what tests do
fortran_test() {
    local program=$1
    shift
    fortran_flags="-fcheck=all,no-array-temps -fopenmp -Wno-compare-reals -Wno-function-elimination" \
        fortran "fortran_$program" tests/fortran/checks.f90 "tests/fortran/$program.f90"
    run "fortran_$program" "$@"
    # OpenMP keeps its threads, and what they hold, to the end: Valgrind takes that for a leak.
    if [ "$quick" = 0 ] && [ "$program" != threads ] && have valgrind; then
        memcheck "fortran_$program" "$@"
    fi
}

# The number of the last iterate in a log, which may end in the middle of it; 0 before the first.
last_iterate() { tail -n 2 "$1" | awk 'NF > 1 { n = $1 } END { print n + 0 }'; }

# in_pieces PROGRAM KILLS TOTAL: runs PROGRAM ROOT LOG and kills it with SIGKILL at random iterates, KILLS times, and then to
# its end. Leaves the last run's output in $work/pieces/out, and each run's log in $work/pieces/log.N.
in_pieces() {
    local attempt
    for attempt in 1 2 3; do
        if pieces "$@"; then return 0; fi
        # On a busy machine a kill may come too late; anything else is a failure.
        [ -e "$work/pieces/too-late" ] || return 1
        echo "attempt $attempt: too late"
    done
    return 1
}

pieces() {
    local program=$1 kills=$2 total=$3 at=0 before=0 piece victim pid status began
    rm -rf "$work/pieces"
    mkdir "$work/pieces"
    for piece in $(seq "$kills"); do
        victim=$((at + 1 + RANDOM % ((total - at) / (kills - piece + 2))))
        : >"$work/pieces/log.$piece"
        "$program" "$work/pieces/root" "$work/pieces/log.$piece" >"$work/pieces/out" &
        pid=$!
        began=$SECONDS
        while [ "$(last_iterate "$work/pieces/log.$piece")" -lt "$victim" ]; do
            if [ $((SECONDS - began)) -gt 100 ] || ! kill -0 "$pid" 2>/dev/null; then break; fi
            sleep 0.01
        done
        status=0
        kill -KILL "$pid" 2>/dev/null || true
        { wait "$pid"; } 2>/dev/null || status=$?
        if [ "$status" != 137 ]; then
            echo "piece $piece ended with status $status before it was killed at $victim"
            [ "$status" != 0 ] || touch "$work/pieces/too-late"
            return 1
        fi
        began=$(sed -n 's/^begins after iteration //p' "$work/pieces/out")
        at=$(last_iterate "$work/pieces/log.$piece")
        echo "piece $piece: began after $began, killed after $at"
        # What is logged is saved next: only the last may be missing.
        [ "$began" -ge $((before - 1)) ] && [ "$began" -le "$before" ] || return 1
        before=$at
    done
    timeout 120 "$program" "$work/pieces/root" "$work/pieces/log.last" >"$work/pieces/out" || return 1
    began=$(sed -n 's/^begins after iteration //p' "$work/pieces/out")
    echo "last piece: began after $began"
    [ "$began" -ge $((before - 1)) ] && [ "$began" -le "$before" ]
}

lbfgsb_compile() {
    [ -e /usr/lib/x86_64-linux-gnu/liblbfgsb.so ] || gfortran -print-file-name=liblbfgsb.so | grep -q / || absent "liblbfgsb-dev is not installed"
    fortran_libraries=-llbfgsb fortran "$@"
}

# L-BFGS-B, killed and resumed, takes the uninterrupted run's path to the last bit.
lbfgsb_killed() {
    local kills=5 total piece
    [ "$quick" = 0 ] || kills=2
    lbfgsb_compile lbfgsb examples-c/fortran/lbfgsb.f90
    "$work/bin/lbfgsb" "$work/scratch/lbfgsb" "$work/lbfgsb.whole" >"$work/lbfgsb.out"
    total=$(last_iterate "$work/lbfgsb.whole")
    echo "$total iterates uninterrupted"
    [ "$total" -gt 500 ]
    in_pieces "$work/bin/lbfgsb" "$kills" "$total"
    [ "$(last_iterate "$work/pieces/log.last")" = "$total" ]
    for piece in "$work"/pieces/log.*; do
        # Whole lines only; each of them is a line of the uninterrupted run.
        head -n "$(wc -l <"$piece")" "$piece" >"$piece.whole"
        [ -s "$piece.whole" ]
        cmp <(sed -n "$(awk 'NR == 1 { print $1 }' "$piece.whole"),$(last_iterate "$piece.whole")p" "$work/lbfgsb.whole") "$piece.whole"
    done
    # Objective and number of iterations at the end, bit for bit.
    cmp <(sed -n 's/, now [0-9]*//; /^iterations/p' "$work/lbfgsb.out") <(sed -n 's/, now [0-9]*//; /^iterations/p' "$work/pieces/out")
    timeout 60 "$work/bin/lbfgsb" "$work/pieces/root" | grep ', now 0,'
    # It is the workspace that does it: without part of it, a resumed run goes another way.
    sed '/state%part(wa)/d' examples-c/fortran/lbfgsb.f90 >"$work/forgetful.f90"
    lbfgsb_compile forgetful "$work/forgetful.f90"
    in_pieces "$work/bin/forgetful" 1 "$total"
    if cmp -s <(sed -n "$(awk 'NR == 1 { print $1 }' "$work/pieces/log.last"),\$p" "$work/lbfgsb.whole") "$work/pieces/log.last"; then
        echo "a run that forgot its workspace was not noticed"
        return 1
    fi
    echo "all iterates are the uninterrupted run's, bit for bit; those of a run that forgets part of its workspace are not"
}

# ---- C++ ----

cpp_compilers() {
    local compiler
    # Valgrind reads the debug information of the last.
    for compiler in clang++ g++; do
        if have "$compiler"; then echo "$compiler"; fi
    done
}

# cpp_test PROGRAM [ARGUMENT...]: as C++17 and as C++20; by clang, where it is installed, as C++17
cpp_test() {
    local program=$1 compiler standard flags=()
    shift
    need g++
    built
    [ "$program" != no_exceptions ] || flags=(-fno-exceptions -fno-rtti)
    for compiler in $(cpp_compilers); do
        for standard in 17 20; do
            [ "$compiler $standard" != "clang++ 20" ] || continue
            "$compiler" "-std=c++$standard" "${strict[@]}" "${flags[@]}" -o "$work/bin/cpp_$program" "tests/cpp/$program.cpp" \
                -L"$work/lib" -lwarmstart -Wl,-rpath,"$work/lib"
            echo "$compiler, C++$standard:"
            run "cpp_$program" "$@"
        done
    done
    if [ "$quick" = 0 ] && have valgrind; then
        memcheck "cpp_$program" "$@"
    fi
}

# Each function of the library is used in the header.
cpp_complete() {
    LC_ALL=C comm -23 tests/c/exports.txt <(grep -oE '\bwarm_[a-z0-9_]+' include/warmstart.hpp | LC_ALL=C sort -u) >"$work/missing"
    if [ -s "$work/missing" ]; then
        echo "warmstart.hpp has nothing for:"
        cat "$work/missing"
        return 1
    fi
    wc -l <tests/c/exports.txt
}

# Each piece of misuse is an error of the compiler, and the file without any is none.
cpp_misuse() {
    need g++
    local number=0 said
    while true; do
        if said=$(g++ -std=c++17 "${strict[@]}" "-DMISUSE=$number" -fsyntax-only tests/cpp/must_not_compile.cpp 2>&1); then
            [ "$number" = 0 ] || { echo "the compiler takes misuse $number"; return 1; }
        elif [[ $said == *"no more misuse"* ]]; then
            break
        elif [ "$number" = 0 ] || [[ $said != *must_not_compile.cpp* ]]; then
            echo "$said"
            return 1
        fi
        number=$((number + 1))
    done
    [ "$number" -gt 15 ]
    echo "$((number - 1)) pieces of misuse do not compile"
}

# killed_cpp PROGRAM DATA LIBRARY...: killed and resumed, it goes on from its best iterate to the certified answer
killed_cpp() {
    local program=$1 data=$2 kills=3 total piece last_line saved
    shift 2
    [ "$quick" = 0 ] || kills=1
    need g++ gcc
    built
    gcc -std=c99 "${c_strict[@]}" -c -o "$work/nist_data.o" examples-c/nist_data.c
    if ! echo "#include <${program%_nist}$([ "$program" = ceres_nist ] && echo /ceres.h || echo .hpp)>" |
        g++ -std=c++17 -isystem /usr/include/eigen3 -fsyntax-only -x c++ - 2>/dev/null; then
        absent "the headers for $program are not installed"
    fi
    g++ -std=c++17 "${strict[@]}" -isystem /usr/include/eigen3 -o "$work/bin/$program" "examples-c/cpp/$program.cpp" "$work/nist_data.o" \
        -L"$work/lib" -lwarmstart -Wl,-rpath,"$work/lib" "$@"
    # in_pieces runs a program with a root and a log.
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$work/bin/$program" "$PWD/examples-c/data/$data" >"$work/bin/$program.sh"
    chmod +x "$work/bin/$program.sh"
    timeout 120 "$work/bin/$program.sh" "$work/scratch/$program" "$work/$program.whole" >"$work/out"
    cat "$work/out"
    certified "$work/out"
    total=$(last_iterate "$work/$program.whole")
    echo "$total iterates uninterrupted"
    [ "$total" -gt 100 ]
    in_pieces "$work/bin/$program.sh" "$kills" "$total"
    cat "$work/pieces/out"
    certified "$work/pieces/out"
    # Where it began: at the iterate that the last piece before it had logged as its best, with the same objective, and the model
    # gives that objective there.
    saved=$(sed -n 's/^cost there \([0-9a-f]*\), saved with it \([0-9a-f]*\)$/\1 \2/p' "$work/pieces/out")
    [ "${saved% *}" = "${saved#* }" ]
    piece=$(sed -n 's/^begins after iteration //p' "$work/pieces/out")
    last_line=$(cat "$work"/pieces/log.[0-9]* | awk -v n="$piece" '$1 == n { f = $2 } END { print f }')
    [ "$last_line" = "${saved#* }" ]
    echo "went on from iterate $piece, its best"
    # Fitted before: the answer is there.
    timeout 60 "$work/bin/$program.sh" "$work/pieces/root" | grep ', now 0$'
}

# The answer has the certified residual sum of squares to eight digits, and the parameters to five.
certified() {
    awk '/^rss / { sub(",", "", $4); d = $2 / $4 - 1; good = d < 1e-8 && d > -1e-8 && $6 >= 5 } END { exit !good }' "$1" ||
        { echo "that is not the certified answer"; return 1; }
}

# ---- installation ----

# ten_lines_twice PROGRAM: solves, and started again answers at once
ten_lines_twice() {
    local root first second
    root=$(mktemp -d -p "$work/scratch")
    first=$("$1" "$root")
    second=$("$1" "$root")
    case $first in "x = 0.7390851332151"*", 0 iterations done before, "[1-9]*" now") ;; *) echo "$1: $first"; return 1 ;; esac
    case $second in "x = 0.7390851332151"*" iterations done before, 0 now") ;; *) echo "$1, again: $second"; return 1 ;; esac
}

# needs_library PROGRAM yes|no
needs_library() {
    local found=no
    if readelf -d "$1" | grep -q 'NEEDED.*libwarmstart\.so\.0'; then found=yes; fi
    [ "$found" = "$2" ] || { echo "$1: needs the shared library: $found"; return 1; }
}

# DESTDIR, prefix and libdir are honoured, nothing names the machine, and nothing is left after uninstalling.
install_tree() {
    need cargo readelf
    local dest="$work/dest" so
    DESTDIR="$dest" bash examples-c/install.sh --prefix /opt/warm --libdir lib64/warm
    (cd "$dest" && find . -type f -o -type l) | sed 's/^\.//' | LC_ALL=C sort >"$work/installed"
    diff <(LC_ALL=C sort "$dest/opt/warm/share/warmstart/installed-files.txt") "$work/installed"
    for so in libwarmstart.so libwarmstart.so.0; do
        [ "$(readlink -f "$dest/opt/warm/lib64/warm/$so")" = "$dest/opt/warm/lib64/warm/libwarmstart.so.0.1.0" ]
    done
    readelf -d "$dest/opt/warm/lib64/warm/libwarmstart.so.0.1.0" | grep -q 'SONAME.*\[libwarmstart\.so\.0\]'
    if grep -rIl -e "$dest" -e "$PWD" "$dest"; then
        echo "these name the directories of the build"
        return 1
    fi
    grep -qx 'prefix=/opt/warm' "$dest/opt/warm/lib64/warm/pkgconfig/warmstart.pc"
    # shellcheck disable=SC2016
    grep -qx 'libdir=${prefix}/lib64/warm' "$dest/opt/warm/lib64/warm/pkgconfig/warmstart.pc"
    wc -l <"$work/installed"
    DESTDIR="$dest" bash examples-c/install.sh --prefix /opt/warm --libdir lib64/warm --uninstall
    if find "$dest" -type f -o -type l | grep .; then
        echo "these are left after uninstalling"
        return 1
    fi
    # What the next steps use.
    bash examples-c/install.sh --prefix "$work/tree" >/dev/null
}

installed_tree() {
    [ -e "$work/tree/lib/libwarmstart.so" ] || install_tree >/dev/null
    # Sources away from the repository: what is missing in the tree is not found beside it.
    rm -rf "$work/consumer"
    cp -r tests/abi/consumer "$work/consumer"
    cp examples-c/ten_lines.c examples-c/cpp/ten_lines.cpp examples-c/fortran/ten_lines.f90 "$work/consumer/"
    cd "$work/consumer" || return 1
}

installed_pkg_config() {
    need gcc g++ gfortran pkg-config readelf
    installed_tree
    export PKG_CONFIG_PATH="$work/tree/lib/pkgconfig"
    local cflags libs static libdir module kind
    cflags=$(pkg-config --cflags warmstart)
    libdir=$(pkg-config --variable=libdir warmstart)
    module=$(pkg-config --variable=fortrandir warmstart)/warmstart.f90
    for kind in shared static; do
        if [ "$kind" = shared ]; then
            libs="$(pkg-config --libs warmstart) -Wl,-rpath,$libdir"
        else
            # Where both kinds lie side by side, a linker takes the shared one unless the archive is named.
            libs=$(pkg-config --static --libs warmstart | sed 's/-lwarmstart\b/-l:libwarmstart.a/')
        fi
        # shellcheck disable=SC2086
        gcc -std=c99 -pedantic -Wall -Wextra -Werror $cflags -o "c_$kind" ten_lines.c $libs -lm
        # shellcheck disable=SC2086
        g++ -std=c++17 -pedantic -Wall -Wextra -Werror $cflags -o "cpp_$kind" ten_lines.cpp $libs
        # shellcheck disable=SC2086
        gfortran "${fortran_strict[@]}" -o "fortran_$kind" "$module" ten_lines.f90 $libs
        for static in c cpp fortran; do
            needs_library "./${static}_$kind" "$([ "$kind" = shared ] && echo yes || echo no)"
            ten_lines_twice "./${static}_$kind"
        done
        echo "$kind: $libs"
    done
}

installed_cmake() {
    need cmake gcc g++ gfortran readelf
    installed_tree
    local kind language
    cmake -S . -B build -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$work/tree" -DEXPECTED_VERSION=0.1.0 >cmake.log 2>&1 ||
        { cat cmake.log; return 1; }
    cmake --build build >build.log 2>&1 || { cat build.log; return 1; }
    for kind in warmstart static; do
        for language in c cpp fortran; do
            needs_library "build/${language}_$kind" "$([ "$kind" = warmstart ] && echo yes || echo no)"
            ten_lines_twice "build/${language}_$kind"
        done
    done
    # A tree that was moved as a whole is found where it is.
    cp -r "$work/tree" "$work/moved"
    cmake -S . -B moved -DCMAKE_PREFIX_PATH="$work/moved" -DEXPECTED_VERSION=0.1.0 >cmake.log 2>&1 || { cat cmake.log; return 1; }
    cmake --build moved --target cpp_warmstart --verbose >build.log 2>&1
    if grep -F "$work/tree" build.log; then
        echo "that is not the tree that was asked for"
        return 1
    fi
    echo "three languages, shared and static"
}

# ---- the binary interface ----

# abi_same OLD NEW: whether abidiff finds no difference
abi_same() { abidiff --no-added-syms "$1" "$2" >"$work/abidiff" 2>&1; }

# must_differ TITLE OLD NEW PATTERN: abidiff says so, and what
must_differ() {
    if abi_same "$2" "$3"; then
        echo "not noticed: $1"
        return 1
    fi
    grep -qE "$4" "$work/abidiff" || { cat "$work/abidiff"; echo "noticed, but not said: $1"; return 1; }
    echo "noticed: $1"
}

# The library's debug information against the committed dump. The development build has it in full; with less, differences are
# not seen. That they are is proved by copies that were changed: of the sources, built, and of the dump.
abi_dump() {
    need abidw abidiff python3
    [[ $(rustc -vV) == *"host: x86_64-"* ]] || skip "the dump is of x86_64, where char has a sign"
    local mutant="$work/mutant" old=tests/abi/libwarmstart.abi
    cargo build --locked --target-dir "$target/abi"
    python3 tests/abi/dump.py "$target/abi/debug/libwarmstart.so" >"$work/fresh.abi"
    abidiff "$old" "$work/fresh.abi" || { echo "an intended change: tests/abi/renew.sh, and a new WARM_ABI_VERSION"; return 1; }
    # Functions that were added, types that nothing uses yet: the files are equal, too.
    cmp "$old" "$work/fresh.abi" || { echo "the dump is stale: tests/abi/renew.sh"; return 1; }
    grep -c '<elf-symbol ' "$old"

    sed '/<function-decl name="warm_entry_copy"/,/<\/function-decl>/s/name="cap"/name="cap_"/' "$old" >"$work/other.abi"
    abi_same "$old" "$work/other.abi" || { cat "$work/abidiff"; echo "a parameter's name is no difference"; return 1; }

    local i32 i64
    i32=$(sed -n 's/.*<type-decl name="i32".* id="\([^"]*\)".*/\1/p' "$old")
    i64=$(sed -n 's/.*<type-decl name="i64".* id="\([^"]*\)".*/\1/p' "$old")
    sed "s/<var-decl name=\"kind\" type-id=\"$i32\"/<var-decl name=\"kind\" type-id=\"$i64\"/" "$old" >"$work/other.abi"
    must_differ "a field of another type" "$old" "$work/other.abi" "type of 'i32 kind' changed"
    sed "/<function-decl name=\"warm_entry_copy\"/,/<\/function-decl>/s/type-id=\"$i64\" name=\"cap\"/type-id=\"$i32\" name=\"cap\"/" \
        "$old" >"$work/other.abi"
    must_differ "a parameter of another type" "$old" "$work/other.abi" "parameter 3 of type 'i64' changed"
    sed -e '/<function-decl name="warm_task_cancel"/,/<\/function-decl>/d' -e '/<elf-symbol name="warm_task_cancel"/d' "$old" >"$work/other.abi"
    must_differ "a function that is gone" "$old" "$work/other.abi" "warm_task_cancel"

    # Two fields of one type that change places, one more parameter: what debug information says of a library that is built so.
    mkdir "$mutant"
    cp -r Cargo.toml Cargo.lock build.rs README.md src "$mutant/"
    sed -i -e '/^pub struct warm_entry_info {/,/^}/{s/pub iteration: i64,/pub swapped_: i64,/;s/pub written_unix_secs: i64,/pub iteration: i64,/;s/pub swapped_: i64,/pub written_unix_secs: i64,/}' \
        "$mutant/src/ffi/info.rs"
    ! cmp -s src/ffi/info.rs "$mutant/src/ffi/info.rs"
    sed -i 's/fn warm_task_cancel(t: \*mut warm_task)/fn warm_task_cancel(t: *mut warm_task, _more: i32)/' "$mutant/src/ffi/task.rs"
    ! cmp -s src/ffi/task.rs "$mutant/src/ffi/task.rs"
    # In the same directory: what it depends on is built.
    (cd "$mutant" && cargo build --locked --lib --target-dir "$target/abi")
    python3 tests/abi/dump.py "$target/abi/debug/libwarmstart.so" >"$work/other.abi"
    must_differ "two fields that changed places" "$old" "$work/other.abi" "warm_entry_info"
    must_differ "one more parameter" "$old" "$work/other.abi" "warm_task_cancel"
}
