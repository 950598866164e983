#!/bin/sh
# Builds src/rust/libwarmstart.a from the sources in this package, by CRAN's rules: offline, at most two jobs, nothing written outside
# of the package, the compiler's version in the log. To be called in src.
set -eu
cd rust
PATH="$PATH:${HOME:-/nonexistent}/.cargo/bin"
export PATH
if ! command -v cargo >/dev/null 2>&1; then
    echo "*** cargo is missing: install Rust (Debian: cargo; Fedora: cargo; macOS: brew install rust; or https://rustup.rs)" >&2
    exit 1
fi
rustc --version
cargo --version
CARGO_HOME="$PWD/cargo-home"
CARGO_TARGET_DIR="$PWD/target"
export CARGO_HOME CARGO_TARGET_DIR
xz -dc vendor.tar.xz | tar -xf -
mkdir -p "$CARGO_HOME"
cat >"$CARGO_HOME/config.toml" <<END
[source.crates-io]
replace-with = "vendored-sources"
[source.vendored-sources]
directory = "$PWD/vendor"
END
cargo rustc -j 2 --offline --locked --release --lib --crate-type staticlib
cp target/release/libwarmstart.a libwarmstart.a
rm -rf vendor target "$CARGO_HOME"
