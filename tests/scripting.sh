# R, Julia and Python over the C ABI, and one store for all languages. tests/run.sh reads this file; its helpers are used here.
#
# shellcheck shell=bash

scripting_packages() {
    # The interpreter that Debian's packages of NumPy and SciPy belong to.
    /usr/bin/python3 -c 'import numpy, scipy' 2>/dev/null || echo python3 python3-numpy python3-scipy
    # Stock packages from PyPI go into a place of their own.
    python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
    have Rscript || echo r-base-core
    have make || echo make
    have xz || echo xz-utils
    have file || echo file
    Rscript -e 'library(lme4)' >/dev/null 2>&1 || echo r-cran-lme4
    Rscript -e 'library(mgcv)' >/dev/null 2>&1 || echo r-cran-mgcv
}

# ---- Python ----

python_module() {
    built
    local python=/usr/bin/python3
    "$python" -c 'import numpy' 2>/dev/null || python=python3 # the module itself needs neither
    need "$python"
    WARMSTART_LIBRARY="$work/lib/libwarmstart.so.0" PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=examples-c/python \
        timeout 300 "$python" tests/python/test_warmstart.py
}

python_scipy() {
    built
    /usr/bin/python3 -c 'import scipy' 2>/dev/null || absent "SciPy is not installed"
    WARMSTART_LIBRARY="$work/lib/libwarmstart.so.0" PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=examples-c/python \
        timeout 300 /usr/bin/python3 tests/python/test_scipy.py
}

# ---- R ----

# Bundles the package, builds it, and passes R's own check with the static library.
r_package() {
    need R Rscript make xz cargo
    local package="$work/r/warmstart" size
    rm -rf "$work/r"
    mkdir "$work/r"
    cp -R examples-c/r/warmstart "$package"
    examples-c/r/bundle.sh "$package" | tee "$work/r/bundle.log"
    size=$(sed -n 's/.* \([0-9]*\) bytes compressed$/\1/p' "$work/r/bundle.log")
    [ "$size" -lt 3000000 ] || {
        echo "the bundle is to stay below 3 MB"
        return 1
    }
    if grep -iE '^name = "(cbindgen|proptest|tempfile|shuttle)"' "$package/src/rust/Cargo.lock"; then
        echo "what only tests and the header's generation need is in the bundle"
        return 1
    fi
    grep -q '^serde_json 1.*MIT' "$package/inst/AUTHORS"
    (
        cd "$work/r" || exit
        # Offline, without LaTeX; everything else is as CRAN checks it.
        export _R_CHECK_CRAN_INCOMING_=false _R_CHECK_SYSTEM_CLOCK_=0 LC_ALL=C.UTF-8
        R CMD build warmstart
        timeout 900 R CMD check --as-cran --no-manual warmstart_0.1.0.tar.gz
    )
    # What may be said without being ours: one script that this R would like to have.
    if grep -E '^\* checking .*\.\.\..* (NOTE|WARNING|ERROR|FAILED)$' "$work/r/warmstart.Rcheck/00check.log" >"$work/r/said"; then
        if ! have checkbashisms; then sed -i '/^\* checking top-level files/d' "$work/r/said"; fi
        if [ -s "$work/r/said" ]; then
            cat "$work/r/warmstart.Rcheck/00check.log" "$work/r/warmstart.Rcheck/00install.out"
            return 1
        fi
    fi
    # The build says which compiler it was, wrote nothing elsewhere, and exports one symbol.
    grep -q '^rustc 1' "$work/r/warmstart.Rcheck/00install.out"
    nm -D --defined-only "$work/r/warmstart.Rcheck/warmstart/libs/warmstart.so" | awk '{ print $3 }' >"$work/r/exported"
    echo R_init_warmstart | diff -u - "$work/r/exported"
    if readelf -SW "$work/r/warmstart.Rcheck/warmstart/libs/warmstart.so" | grep -F .debug_info; then
        echo "debug information was left in"
        return 1
    fi
    ls -l "$work/r/warmstart.Rcheck/warmstart/libs/warmstart.so"
}

# The same package against a shared library that lies elsewhere.
r_shared() {
    need R Rscript make
    built
    local prefix="$work/r-prefix"
    mkdir -p "$prefix/include" "$prefix/lib" "$work/r-shared"
    cp include/warmstart.h "$prefix/include/"
    cp -P "$work"/lib/libwarmstart.so* "$prefix/lib/"
    cp -R examples-c/r/warmstart "$work/r-shared-source"
    R CMD INSTALL --library="$work/r-shared" --configure-args="--with-system-libwarmstart=$prefix" "$work/r-shared-source"
    readelf -d "$work/r-shared/warmstart/libs/warmstart.so" | grep 'NEEDED.*libwarmstart\.so\.0'
    R_LIBS="$work/r-shared" timeout 120 Rscript --vanilla examples-c/r/warmstart/tests/basic.R
    R_LIBS="$work/r-shared" timeout 120 Rscript --vanilla examples-c/r/warmstart/tests/fork.R
    R_LIBS="$work/r-shared" timeout 120 Rscript --vanilla examples-c/r/warmstart/tests/records.R
    R_LIBS="$work/r-shared" timeout 120 Rscript --vanilla examples-c/r/warmstart/tests/cache.R
    R_LIBS="$work/r-shared" timeout 120 Rscript --vanilla examples-c/r/warmstart/tests/carry.R
    R_LIBS="$work/r-shared" timeout 120 Rscript --vanilla examples-c/r/warmstart/tests/remote.R
}

# Sets R_LIBS to where the package is.
with_r_package() {
    need Rscript
    [ -d "$work/r-shared/warmstart" ] || r_shared >/dev/null
    export R_LIBS="$work/r-shared"
}

# The shims compiled as strictly as everything else.
r_strict() {
    need R gcc
    local source
    for source in examples-c/r/warmstart/src/*.c; do
        # shellcheck disable=SC2046
        gcc -std=gnu99 "${c_strict[@]}" $(R CMD config --cppflags) -fsyntax-only "$source"
    done
    # Every function is in reach from R, but for those that fill a caller's buffer, which R's values are not, or use one later.
    while read -r source; do
        grep -qw "$source" examples-c/r/warmstart/src/*.c || echo "$source"
    done <tests/c/exports.txt >"$work/r-left-out"
    printf '%s\n' warm_blob_copy warm_cache_get_into warm_cursor_data warm_entry_copy warm_session_restore warm_session_resume \
        warm_session_unprotect warm_store_lookup_into | diff -u - "$work/r-left-out"
}

r_optim() {
    with_r_package
    timeout 300 Rscript --vanilla tests/r/optim.R
}

r_torture() {
    with_r_package
    timeout 300 Rscript --vanilla tests/r/torture.R
}

r_lme4() {
    with_r_package
    Rscript --vanilla -e 'library(lme4)' >/dev/null 2>&1 || absent "R's package lme4 is not installed"
    timeout 300 Rscript --vanilla tests/r/lme4.R
}

# Each fold of an additive mixed model seeded from the fit of all data: fewer iterations, and the same answers.
r_leave_one_out() {
    with_r_package
    Rscript --vanilla -e 'library(mgcv)' >/dev/null 2>&1 || absent "R's package mgcv is not installed"
    local root="$work/scratch/leave-one-out" said="$work/leave-one-out" first
    rm -rf "$root"
    for first in stored found; do
        timeout 600 Rscript --vanilla examples-c/r/leave_one_out.R "$root" >"$said"
        cat "$said"
        grep -q "^the fit of all data was $first" "$said"
        # What it says of each fold adds up to what it says of all, and that is less.
        # The answers agree to the tolerance of mgcv's outer iteration, 1e-6 of the criterion.
        awk '/^without / { folds++; cold += $6; seeded += $8; if ($NF > 1e-5) bad++; if ($8 + 0 > $6 + 0) slower++ }
            /^all folds: / { said = $3 == cold && $6 == seeded }
            END { exit !(folds == 10 && said && !bad && !slower && seeded < 0.6 * cold) }' "$said"
    done
}

# ---- Julia ----

# Sets `julia` to a command: the one that is installed, else Debian 11's, unpacked below target. No current Julia is in Debian.
find_julia() {
    julia=(julia)
    if have julia; then return; fi
    local root="$target/julia-1.5.3" site sites library
    if [ ! -e "$root/complete" ]; then
        [ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] || absent "julia is not installed, and its packages are pinned for Debian on amd64"
        # Debian's archive is where this machine's apt finds it.
        sites=$(apt-get --print-uris update 2>/dev/null | sed -n "s|^'\\(http[^']*\\)/dists/.*|\\1|p" | sort -u)
        rm -rf "$root"
        mkdir -p "$root/packages"
        for site in $sites; do
            if julia_packages "$site" "$root/packages" 1; then break; fi
            site=
        done
        [ -n "${site:-}" ] || absent "julia is not installed, and none of apt's archives has Debian 11's packages of it"
        julia_packages "$site" "$root/packages" 100
        for library in "$root"/packages/*.deb; do dpkg-deb -x "$library" "$root/tree"; done
        rm -rf "$root/packages"
        touch "$root/complete"
    fi
    library="$root/tree/usr/lib/x86_64-linux-gnu"
    julia=(env "LD_LIBRARY_PATH=$library:$root/tree/lib/x86_64-linux-gnu:$library/julia" "$root/tree/usr/bin/julia")
}

# julia_packages SITE DIRECTORY HOW-MANY: downloads what is not there; apt's helper checks the hashes
julia_packages() {
    local hash path
    grep -v '^#' tests/julia/packages.txt | head -n "$3" | while read -r hash path; do
        [ -e "$2/${path##*/}" ] || echo "$1/$path $2/${path##*/} SHA256:$hash"
    done | xargs -r -P 4 -n 3 /usr/lib/apt/apt-helper -qq -o APT::Sandbox::User=root download-file
}

# Julia with the library, a depot of its own, and two threads.
with_julia() {
    WARMSTART_LIBRARY="$work/lib/libwarmstart.so.0" JULIA_DEPOT_PATH="$target/julia-depot" JULIA_NUM_THREADS=2 \
        timeout 300 "${julia[@]}" --startup-file=no "$@"
}

julia_module() {
    built
    find_julia
    with_julia -e 'println("Julia ", VERSION)'
    mkdir -p "$work/scratch/julia"
    with_julia tests/julia/runtests.jl "$work/scratch/julia"
    # Precompiled, as a module on the load path is: addresses are found when it is loaded, not when it is compiled.
    with_julia -e 'push!(LOAD_PATH, "examples-c/julia"); using WarmStart; using WarmStart: version; println(version(), " ", fingerprint("a" => 1))'
}

# ---- what they have in common ----

# interrupted NAME COMMAND...: with a disk that does not answer
interrupted() {
    need gcc
    local name=$1
    shift
    gcc -shared -fPIC -O1 -Wall -Wextra -Werror -o "$work/lib/slow_sync.so" tests/languages/slow_sync.c
    rm -f "$work/gate"
    SLOW_SYNC="$work/gate" LD_PRELOAD="$work/lib/slow_sync.so" timeout 120 "$@" "$work/scratch/interrupt-$name"
}

interrupt_python() {
    built
    need python3
    WARMSTART_LIBRARY="$work/lib/libwarmstart.so.0" PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=examples-c/python \
        interrupted python python3 tests/languages/interrupt.py
}

interrupt_r() {
    built
    with_r_package
    interrupted r Rscript --vanilla tests/languages/interrupt.R
}

interrupt_julia() {
    built
    find_julia
    JULIA_NUM_THREADS=1 JULIA_DEPOT_PATH="$target/julia-depot" WARMSTART_LIBRARY="$work/lib/libwarmstart.so.0" \
        interrupted julia "${julia[@]}" --startup-file=no tests/languages/interrupt.jl
}

# Sets `languages` to those that are here, and makes "$work/language/NAME", "$work/language/NAME-records" and
# "$work/language/NAME-blobs" of each: three programs, with the commands of tests/languages/README.md.
find_languages() {
    built
    local at="$work/language" name program end
    if [ -e "$at/found" ]; then
        mapfile -t languages <"$at/found"
        return
    fi
    rm -rf "$at"
    mkdir -p "$at"
    languages=()
    need gcc python3
    for program in store records blobs; do
        end=
        [ "$program" = store ] || end=-$program
        gcc -std=c99 "${c_strict[@]}" -o "$at/c$end" "tests/languages/$program.c" -L"$work/lib" -lwarmstart -Wl,-rpath,"$work/lib" -lm
        if have g++ && [ -e include/warmstart.hpp ]; then
            g++ -std=c++17 "${strict[@]}" -o "$at/cpp$end" "tests/languages/$program.cpp" -L"$work/lib" -lwarmstart -Wl,-rpath,"$work/lib"
        fi
        if have gfortran && [ -e include/warmstart.f90 ]; then
            gfortran -std=f2018 -g -O1 -J"$at" -o "$at/fortran$end" include/warmstart.f90 "tests/languages/$program.f90" \
                -L"$work/lib" -lwarmstart -Wl,-rpath,"$work/lib"
        fi
        # The interpreter that has NumPy, where there is one.
        name=/usr/bin/python3
        "$name" -c 'import numpy' 2>/dev/null || name=python3
        printf '#!/bin/sh\nWARMSTART_LIBRARY=%q PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=%q exec %q %q "$@"\n' \
            "$work/lib/libwarmstart.so.0" "$PWD/examples-c/python" "$name" "$PWD/tests/languages/$program.py" >"$at/python$end"
        if have Rscript; then
            (with_r_package)
            printf '#!/bin/sh\nR_LIBS=%q exec Rscript --vanilla %q "$@"\n' "$work/r-shared" "$PWD/tests/languages/$program.R" >"$at/r$end"
        fi
        if (find_julia); then
            find_julia
            printf '#!/bin/sh\nWARMSTART_LIBRARY=%q JULIA_DEPOT_PATH=%q exec %s --startup-file=no %q "$@"\n' \
                "$work/lib/libwarmstart.so.0" "$target/julia-depot" "$(printf '%q ' "${julia[@]}")" "$PWD/tests/languages/$program.jl" >"$at/julia$end"
        fi
    done
    for name in c cpp fortran r julia python; do
        if [ -e "$at/$name" ]; then
            chmod +x "$at/$name" "$at/$name-records" "$at/$name-blobs"
            languages+=("$name")
        elif { [ "$name" = cpp ] && [ ! -e include/warmstart.hpp ]; } || { [ "$name" = fortran ] && [ ! -e include/warmstart.f90 ]; }; then
            echo "there is no layer of ours for $name"
        elif [ "${CI:-}" = true ]; then
            echo "$name is missing"
            return 1
        fi
    done
    printf '%s\n' "${languages[@]}" >"$at/found"
}

# Identities of terms and keys of artifacts are what was worked out apart from the library; the tests of each language hold it
# against that.
identities() {
    need python3
    python3 tests/languages/identities.py | diff -u tests/languages/identities.txt -
    wc -l <tests/languages/identities.txt
}

# A record and an artifact of each language, read by every other: all print the same.
records_of_all() {
    find_languages
    local root="$work/scratch/records" writer reader
    for writer in "${languages[@]}"; do timeout 120 "$work/language/$writer-records" write "$root" "$writer"; done
    for writer in "${languages[@]}"; do
        rm -f "$work/record"
        for reader in "${languages[@]}"; do
            timeout 120 "$work/language/$reader-records" read "$root" "$writer" >"$work/record-$reader"
            [ -e "$work/record" ] || cp "$work/record-$reader" "$work/record"
            diff -u "$work/record" "$work/record-$reader" || {
                echo "$reader reads what $writer wrote otherwise than ${languages[0]}"
                return 1
            }
        done
        sed '/^key \|^package_version \|^descriptor_key /d' "$work/record" | diff -u tests/languages/records.txt -
    done
    echo "records and artifacts of ${languages[*]}, each read alike by all"
}

# A blob of each language, read alike by every other; what one invalidates is gone for all, and nothing else.
blobs_of_all() {
    find_languages
    local root="$work/scratch/blobs" writer reader i n=${#languages[@]}
    for writer in "${languages[@]}"; do timeout 120 "$work/language/$writer-blobs" write "$root" "$writer"; done
    for writer in "${languages[@]}"; do
        sed "s/NAME/$writer/" tests/languages/blobs.txt >"$work/blob"
        for reader in "${languages[@]}"; do
            timeout 120 "$work/language/$reader-blobs" read "$root" "$writer" | diff -u "$work/blob" - || {
                echo "$reader reads what $writer put otherwise"
                return 1
            }
        done
    done
    echo absent >"$work/absent"
    for ((i = 0; i < n; i++)); do
        writer=${languages[i]}
        [ "$(timeout 120 "$work/language/${languages[(i + 1) % n]}-blobs" invalidate "$root" "$writer")" = 1 ]
        for reader in "${languages[@]}"; do
            timeout 120 "$work/language/$reader-blobs" read "$root" "$writer" | diff -u "$work/absent" - || {
                echo "$reader reads what ${languages[(i + 1) % n]} invalidated"
                return 1
            }
        done
        [ "$((i + 1))" = "$n" ] || timeout 120 "$work/language/$writer-blobs" read "$root" "${languages[i + 1]}" |
            diff -u <(sed "s/NAME/${languages[i + 1]}/" tests/languages/blobs.txt) -
    done
    echo "blobs of ${languages[*]}, each read and invalidated alike by all"
}

# Data that the languages hold in types of their own have one key in all of them, the one that was computed apart from the library.
native_keys() {
    find_languages
    python3 tests/languages/keys.py | diff -u tests/languages/keys.txt -
    local name
    for name in "${languages[@]}"; do
        timeout 120 "$work/language/$name" keys >"$work/keys"
        diff -u tests/languages/keys.txt "$work/keys" || {
            echo "$name makes other keys"
            return 1
        }
    done
    echo "$(wc -l <tests/languages/keys.txt) keys, the same in ${languages[*]}"
}

# Each writes, each reads what every other wrote, and all find the same best and latest.
one_store() {
    find_languages
    local root="$work/scratch/one-store" i=0 n=${#languages[@]} name
    declare -A run
    for name in "${languages[@]}"; do
        i=$((i + 1))
        run[$name]=$(write_as "$name" checkpoint "$((100 - i)).5" "$i")
    done
    all_read "${run[${languages[-1]}]}" "${run[${languages[-1]}]}"
    # A final within 1e-12 of the best goes before it, whoever wrote it.
    for name in "${languages[@]}"; do
        run[$name]=$(write_as "$name" final "$(python3 -c "print(repr($((100 - n)).5 + 2e-13))")" 50)
    done
    all_read "${run[${languages[-1]}]}" "${run[${languages[-1]}]}"
    # What has no objective is the latest, and not the best.
    for name in "${languages[@]}"; do
        run[without]=$(write_as "$name" checkpoint none 60)
    done
    all_read "${run[${languages[-1]}]}" "${run[without]}"
    # A slot goes from hand to hand: the next in the round sees one generation of it, the one just written.
    for ((i = 1; i <= n; i++)); do
        [ "$(write_as "${languages[i - 1]}" checkpoint "-$i" "$((70 + i))" hand-to-hand)" = hand-to-hand ]
        timeout 120 "$work/language/${languages[i % n]}" read "$root" >"$work/read"
        [ "$(grep -c '^hand-to-hand ' "$work/read")" = 1 ]
        grep -q "^hand-to-hand checkpoint [0-9a-f]* $((70 + i)) " "$work/read"
    done
    all_read hand-to-hand hand-to-hand
    [ "$(grep -c ' .* ' "$work/read")" = "$((3 * n + 1))" ]
    sed '/^best\|^latest/d' "$work/read" | cut -d ' ' -f 2-5 | sort | uniq -c
    echo "$((3 * n + 1)) entries of ${languages[*]}, read alike by all"
}

# A state of arrays goes from language to language, there and back and in random order, bit for bit: each checks what it restores.
pass_regions() {
    find_languages
    local root="$work/scratch/pass-regions" name i=0 order
    mapfile -t order < <(printf '%s\n' "${languages[@]}" && printf '%s\n' "${languages[@]}" | tac &&
        for _ in 1 2; do printf '%s\n' "${languages[@]}" | shuf; done)
    for name in "${order[@]}"; do
        timeout 120 "$work/language/$name" regions "$root" "$i" || {
            echo "after ${order[*]:0:$i}: $name"
            return 1
        }
        i=$((i + 1))
    done
    echo "${order[*]}"
}

# Sets `safetensors` to a Python that has the stock package, installed from PyPI into a place of its own.
find_safetensors() {
    local venv="$target/safetensors"
    safetensors="$venv/bin/python3"
    if "$safetensors" -c 'import numpy, safetensors.numpy' 2>/dev/null; then return; fi
    need python3
    rm -rf "$venv"
    if ! { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet numpy safetensors; }; then
        absent "the packages numpy and safetensors cannot be had from PyPI"
    fi
}

# The stock Python package opens what each language wrote, and each restores what the package wrote.
stock_safetensors() {
    find_languages
    find_safetensors
    local root="$work/scratch/stock-regions" name
    for name in "${languages[@]}"; do
        rm -rf "$root"
        timeout 120 "$work/language/$name" regions "$root" 0
        timeout 120 "$work/language/python" copy "$root" "$work/ours.safetensors"
        "$safetensors" tests/languages/stock.py "$work/ours.safetensors" "$work/theirs.safetensors"
        rm -rf "$root"
        timeout 120 "$work/language/python" save "$root" "$work/theirs.safetensors"
        timeout 120 "$work/language/$name" regions "$root" 1
        echo "$name: there and back"
    done
}

write_as() { timeout 120 "$work/language/$1" write "$root" "${@:2}"; }

# all_read BEST LATEST: every language prints the same, and these are what it finds
all_read() {
    local name
    rm -f "$work/read"
    for name in "${languages[@]}"; do
        timeout 120 "$work/language/$name" read "$root" >"$work/read-$name"
        [ -e "$work/read" ] || cp "$work/read-$name" "$work/read"
        diff -u "$work/read" "$work/read-$name" || {
            echo "$name reads something else than ${languages[0]}"
            return 1
        }
    done
    printf 'best %s\nlatest %s\n' "$1" "$2" | diff -u - <(tail -n 2 "$work/read")
}

# The lines that README.md shows run as they stand: the first time they fit, the second time the answer is there.
readme_snippets() {
    built
    local language file suffix at="$work/readme" first second
    for language in python r julia; do
        grep -q "^\`\`\`$language\$" README.md || skip "README.md has no lines of $language"
    done
    mkdir -p "$at"
    /usr/bin/python3 -c 'import scipy' 2>/dev/null || absent "SciPy is not installed"
    with_r_package
    find_julia
    for language in python:py r:R julia:jl; do
        suffix=${language#*:} language=${language%:*}
        file="$at/snippet.$suffix"
        awk -v fence="\`\`\`$language" '$0 == fence { inside = 1; next } /^```/ { if (inside) exit } inside' README.md >"$at/lines"
        awk -v lines="$at/lines" '$0 == "README" { while ((getline line <lines) > 0) print line; next } { print }' "tests/languages/readme.$suffix" >"$file"
        first=$(readme_run "$language" "$file") second=$(readme_run "$language" "$file")
        echo "$language: computed $first, then $second"
        [[ $first =~ ^[1-9][0-9]*\ T && $second =~ ^0\ T ]]
    done
}

readme_run() {
    export WARMSTART_DIR="$work/readme/store-$1" WARMSTART_LIBRARY="$work/lib/libwarmstart.so.0"
    case $1 in
    python) PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=examples-c/python timeout 120 /usr/bin/python3 "$2" ;;
    r) timeout 120 Rscript --vanilla "$2" ;;
    julia) with_julia -e "$(cat "$2")" ;;
    esac
}

# Every snippet of README.md and the guide, and what they name in passing.
documentation_snippets() {
    need python3 gcc g++ gfortran
    built
    if (find_julia >/dev/null 2>&1); then find_julia; else julia=(); fi
    JULIA_DEPOT_PATH="$target/julia-depot" python3 tests/languages/snippets.py "$work" "${julia[@]}"
}
