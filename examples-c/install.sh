#!/usr/bin/env bash
# Builds libwarmstart for release and installs it: libraries, headers, Fortran source, pkg-config file, CMake package, licences.
#
#   install.sh [--prefix DIR] [--libdir DIR] [--uninstall]
#
#   --prefix DIR   where it will be used from; default /usr/local
#   --libdir DIR   for the libraries, absolute or below the prefix; default lib
#   --uninstall    removes what an installation with the same options put there
#
# DESTDIR is put before every path that is written, and into no file: for packages. CARGO names another cargo. Needs Rust, and a C
# compiler as linker; nothing is downloaded but the crates in Cargo.lock.
set -euo pipefail

fail() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }

prefix=/usr/local libdir=lib uninstall=0
while [ $# -gt 0 ]; do
    case $1 in
    --prefix=*) prefix=${1#*=} ;;
    --libdir=*) libdir=${1#*=} ;;
    --prefix | --libdir)
        [ $# -gt 1 ] || fail "$1 needs a directory"
        if [ "$1" = --prefix ]; then prefix=$2; else libdir=$2; fi
        shift
        ;;
    --uninstall) uninstall=1 ;;
    *)
        sed -n '2,12s/^# \{0,1\}//p' "$0"
        [ "$1" = --help ] || exit 2
        exit 0
        ;;
    esac
    shift
done
case $prefix in /*) ;; *) fail "the prefix has to be absolute: $prefix" ;; esac
prefix=${prefix%/}
case $libdir in /*) ;; *) libdir=$prefix/$libdir ;; esac
libdir=${libdir%/}
root=${DESTDIR:-}
data=$prefix/share/warmstart
list=$data/installed-files.txt

if [ "$uninstall" = 1 ]; then
    [ -e "$root$list" ] || fail "there is no $root$list: nothing was installed there"
    # Directories that are empty by then go too, the deepest first.
    while IFS= read -r file; do rm -f "$root$file"; done < <(tac "$root$list")
    for dir in "$libdir/cmake/warmstart" "$libdir/cmake" "$libdir/pkgconfig" "$prefix/share/licenses/warmstart" \
        "$prefix/share/licenses" "$data"; do
        rmdir "$root$dir" 2>/dev/null || true
    done
    echo "uninstalled from $root$prefix"
    exit 0
fi

# ---- build ----

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$repo"
cargo=${CARGO:-cargo}
command -v "$cargo" >/dev/null || fail "cargo not found: install Rust (https://rustup.rs)"
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
target=${CARGO_TARGET_DIR:-target}
"$cargo" build --release --locked
# What a program has to be linked with beside the static library, in rustc's own words: what the standard library needs, for no
# dependency has native libraries of its own. So an empty crate tells, without building everything a second time.
empty=$(mktemp -d)
trap 'rm -rf "$empty"' EXIT
: >"$empty/empty.rs"
told=$("${RUSTC:-rustc}" --crate-type staticlib --print native-static-libs --out-dir "$empty" "$empty/empty.rs" 2>&1) || fail "$told"
private=$(sed -n 's/^note: native-static-libs: //p' <<<"$told" | tail -n 1)
[ -n "$private" ] || fail "rustc names no native libraries: $told"
shared=$target/release/libwarmstart.so
archive=$target/release/libwarmstart.a
if [ ! -f "$shared" ] || [ ! -f "$archive" ]; then fail "cargo made no $shared and $archive (this script is for Linux)"; fi

# ---- install ----

written=()
# put MODE SOURCE DESTINATION
put() {
    mkdir -p "$(dirname "$root$3")"
    # In place of what is there, not into it: programs may run on the old library.
    rm -f "$root$3"
    cp "$2" "$root$3"
    chmod "$1" "$root$3"
    written+=("$3")
}
# link TARGET DESTINATION
link() {
    ln -sfn "$1" "$root$2"
    written+=("$2")
}
# text DESTINATION: from the standard input
text() {
    mkdir -p "$(dirname "$root$1")"
    rm -f "$root$1"
    cat >"$root$1"
    chmod 644 "$root$1"
    written+=("$1")
}

umask 022
put 755 "$shared" "$libdir/libwarmstart.so.$version"
link "libwarmstart.so.$version" "$libdir/libwarmstart.so.0"
link libwarmstart.so.0 "$libdir/libwarmstart.so"
put 644 "$archive" "$libdir/libwarmstart.a"
for header in warmstart.h warmstart.hpp; do put 644 "include/$header" "$prefix/include/$header"; done
# Module files do not suit another compiler, so Fortran is installed as source.
put 644 include/warmstart.f90 "$data/warmstart.f90"
for licence in LICENSE-MIT LICENSE-APACHE; do put 644 "$licence" "$prefix/share/licenses/warmstart/$licence"; done

# Files that are used from where they lie name the prefix relative to themselves where they can.
case $libdir in
"$prefix"/*) pc_libdir="\${prefix}/${libdir#"$prefix"/}" ;;
*) pc_libdir=$libdir ;;
esac
text "$libdir/pkgconfig/warmstart.pc" <<END
prefix=$prefix
libdir=$pc_libdir
includedir=\${prefix}/include
fortrandir=\${prefix}/share/warmstart

Name: warmstart
Description: Crash-safe checkpoints and warm starts for fitting engines
Version: $version
Libs: -L\${libdir} -lwarmstart
Libs.private: $private
Cflags: -I\${includedir}
END

text "$libdir/cmake/warmstart/warmstart-config.cmake" <<END
# Targets: warmstart::warmstart (shared) and warmstart::static. WARMSTART_FORTRAN_SOURCE is the Fortran module's file.
if(NOT TARGET warmstart::warmstart)
  get_filename_component(_warmstart_libdir "\${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
END
# With the libraries below the prefix, the tree may be moved as a whole.
case $libdir in
"$prefix"/*)
    up=$(sed 's|[^/]\{1,\}|..|g' <<<"${libdir#"$prefix"/}")
    prefix_of="get_filename_component(_warmstart_prefix \"\${_warmstart_libdir}/$up\" ABSOLUTE)"
    ;;
*) prefix_of="set(_warmstart_prefix \"$prefix\")" ;;
esac
cat >>"$root$libdir/cmake/warmstart/warmstart-config.cmake" <<END
  $prefix_of
  add_library(warmstart::warmstart SHARED IMPORTED)
  set_target_properties(warmstart::warmstart PROPERTIES
    IMPORTED_LOCATION "\${_warmstart_libdir}/libwarmstart.so.$version"
    IMPORTED_SONAME "libwarmstart.so.0"
    INTERFACE_INCLUDE_DIRECTORIES "\${_warmstart_prefix}/include")
  add_library(warmstart::static STATIC IMPORTED)
  set_target_properties(warmstart::static PROPERTIES
    IMPORTED_LOCATION "\${_warmstart_libdir}/libwarmstart.a"
    INTERFACE_INCLUDE_DIRECTORIES "\${_warmstart_prefix}/include"
    INTERFACE_LINK_LIBRARIES "$private")
  set(WARMSTART_FORTRAN_SOURCE "\${_warmstart_prefix}/share/warmstart/warmstart.f90")
  unset(_warmstart_libdir)
  unset(_warmstart_prefix)
endif()
END

# Before 1.0 a minor version may change what the interface is.
text "$libdir/cmake/warmstart/warmstart-config-version.cmake" <<END
set(PACKAGE_VERSION "$version")
set(PACKAGE_VERSION_COMPATIBLE FALSE)
if(PACKAGE_FIND_VERSION_MAJOR EQUAL ${version%%.*} AND PACKAGE_FIND_VERSION_MINOR EQUAL $(cut -d. -f2 <<<"$version")
   AND NOT PACKAGE_FIND_VERSION VERSION_GREATER PACKAGE_VERSION)
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
if(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)
  set(PACKAGE_VERSION_EXACT TRUE)
endif()
if(NOT CMAKE_SIZEOF_VOID_P STREQUAL "" AND NOT CMAKE_SIZEOF_VOID_P STREQUAL "$(getconf LONG_BIT | awk '{ print $1 / 8 }')")
  set(PACKAGE_VERSION_UNSUITABLE TRUE)
endif()
END

written+=("$list")
mkdir -p "$root$data"
printf '%s\n' "${written[@]}" >"$root$list"
chmod 644 "$root$list"

echo "installed below $root$prefix:"
sed 's/^/  /' "$root$list"
if [ -z "$root" ] && [ "$(id -u)" = 0 ] && command -v ldconfig >/dev/null; then
    ldconfig || true
fi
