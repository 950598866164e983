#!/usr/bin/env bash
# Puts libwarmstart's sources, with everything they need to be built offline, into an R package:
#
#   bundle.sh PACKAGE
#
#   PACKAGE/src/rust/                 the crate: a manifest trimmed to what the library is built from, its lock file, src, build.rs
#   PACKAGE/src/rust/include/         warmstart.h, as committed: nothing generates it
#   PACKAGE/src/rust/vendor.tar.xz    the crates it depends on
#   PACKAGE/tools/build-rust.sh       builds src/rust/libwarmstart.a by CRAN's rules for cargo
#   PACKAGE/inst/AUTHORS              who wrote these crates, and their licences
#
# What is left for the package to do is in README.md. The crates come from cargo's cache where it has them, else over the network.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
crate=$(cd "$here/../.." && pwd)
[ $# = 1 ] && [ -d "$1" ] || { sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 2; }
package=$(cd "$1" && pwd)
rust="$package/src/rust"

rm -rf "$rust"
mkdir -p "$rust/include" "$package/tools" "$package/inst"
cp -R "$crate/src" "$crate/build.rs" "$crate/Cargo.lock" "$rust/"
cp "$crate/include/warmstart.h" "$rust/include/"
# Plain `cargo vendor` takes along what tests, benchmarks, the command, the remote tier and the generation of the header need: they are
# cut out of the manifest, and so out of the lock file. No version moves.
rm -rf "$rust/src/cli"
awk '
    /^\[/ { cut = /^\[(target\..*\.)?(dev|build)-dependencies/ || /^\[\[bin\]\]/ }
    /^(readme|exclude) / { next }
    /^(cli|generate-header|remote) / { print $1 " = []"; next }
    /optional = true/ { next }
    !cut { print }
' "$crate/Cargo.toml" >"$rust/Cargo.toml"
printf '\n[workspace]\n' >>"$rust/Cargo.toml"

(cd "$rust" && cargo vendor --quiet --versioned-dirs vendor >/dev/null)
packages() { awk -F'"' '/^name = /{ name = $2 } /^version = "/{ print name, $2 }' "$1" | LC_ALL=C sort; }
if LC_ALL=C comm -13 <(packages "$crate/Cargo.lock") <(packages "$rust/Cargo.lock") | grep .; then
    echo "these are not the versions that the library is tested with" >&2
    exit 1
fi

{
    echo "The Rust crates in src/rust/vendor.tar.xz, their authors and licences, as their manifests name them:"
    for manifest in "$rust"/vendor/*/Cargo.toml; do
        awk '
            function text(line) { sub(/^[^"]*"/, "", line); sub(/".*/, "", line); return line }
            /^\[/ { package = ($0 == "[package]"); listing = 0 }
            !package { next }
            /^name = / { name = text($0) }
            /^version = / { version = text($0) }
            /^license = / { license = text($0) }
            /^authors = / { listing = 1 }
            listing { rest = $0
                while (match(rest, /"[^"]*"/)) { authors = authors (authors == "" ? "" : ", ") substr(rest, RSTART + 1, RLENGTH - 2); rest = substr(rest, RSTART + RLENGTH) }
                if ($0 ~ /\]/) listing = 0
            }
            END { printf "\n%s %s (%s)\n  %s\n", name, version, license, authors == "" ? "The " name " authors" : authors }
        ' "$manifest"
    done
} >"$package/inst/AUTHORS"

tar -C "$rust" --sort=name --mtime='2000-01-01 00:00Z' --owner=0 --group=0 --numeric-owner -cf - vendor | xz -9e >"$rust/vendor.tar.xz"
rm -rf "$rust/vendor"
[ "$package/tools" -ef "$here/warmstart/tools" ] || cp "$here/warmstart/tools/build-rust.sh" "$package/tools/"
size=$(tar -C "$package/src" -cf - rust | xz -9 | wc -c)
echo "$(grep -c '^name = ' "$rust/Cargo.lock") crates, $size bytes compressed"
