//! Link arguments, build information and, on request, the C header.

use std::env;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    let target = env::var("TARGET").unwrap_or_default();
    println!("cargo:rustc-env=WARM_TARGET={target}");
    let known = [
        ("capi", "CARGO_FEATURE_CAPI"),
        ("remote", "CARGO_FEATURE_REMOTE"),
    ];
    let features: Vec<&str> = known
        .into_iter()
        .filter(|(_, variable)| env::var_os(variable).is_some())
        .map(|(name, _)| name)
        .collect();
    println!("cargo:rustc-env=WARM_FEATURES={}", features.join(","));

    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        // Code of ours may be registered with the C library (fork handlers, thread-local storage),
        // so the library is never unmapped.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libwarmstart.so.0,-z,nodelete");
    }

    #[cfg(feature = "generate-header")]
    header::generate()?;
    Ok(())
}

#[cfg(feature = "generate-header")]
mod header {
    use cbindgen::{Builder, Config, DocumentationStyle, Language, Style};
    use std::env;
    use std::path::PathBuf;

    const INTRODUCTION: &str = r#"/* libwarmstart: crash-safe checkpoints and warm starts for fitting engines.
 *
 * Generated from the Rust sources: do not edit.
 *
 * Read first:
 *
 * - Every function that can fail returns a status: 0 is success, positive values are outcomes that
 *   are no errors, negative values are errors. warm_last_error says in words what was attempted, why
 *   it failed and what to do. Functions named _should_ return 1 for yes, 0 for no, negative for error.
 * - Handles are opaque. warm_x_free(&x) accepts NULL and pointer to NULL, nulls the pointer, cannot
 *   fail, and may run in any order. Handle outputs are NULL on every return but WARM_OK; other
 *   outputs are written on WARM_OK only, *needed excepted.
 * - Text goes in as UTF-8 pointer and length, -1 for NUL-terminated; NULL with length 0 is empty.
 *   Bytes go in as pointer and length; NULL with length 0 is legal.
 * - Bytes and text come out in the caller's buffer (buf, cap, needed). Too small: WARM_ERR_BUFFER,
 *   *needed is set, nothing else happens; NULL with cap 0 asks for the size; needed may be NULL. Text
 *   ends with a NUL, which *needed counts. Nothing the library returns is released with free().
 * - Optional inputs are NULL pointers. Sizes are int64_t, times are seconds.
 * - Nothing unwinds, prints, aborts, calls back, or starts a thread at load. A store starts threads of
 *   its own, of whose work a caller need not know: one that writes background checkpoints and publishes
 *   for other engines what was replaced in place, with the first of either; one for the daily walk of
 *   the root; one for each task. A remote tier has one that waits for the network, from its first use on,
 *   and a few for files and names.
 *   A cache starts one when there is work for the background: promotions, and removing what was flushed.
 * - After fork, stores, sessions and caches answer WARM_ERR_FORKED in the child; freeing them there is safe.
 *
 * The guide explains, ten minutes a page: src/guide beside this in the sources, warmstart::guide in `cargo doc`.
 *
 * The whole of it:
 *
 *     warm_store *store = NULL; warm_session *fit = NULL; warm_entry_info at = {0};
 *     const int64_t size = n * (int64_t)sizeof *x;
 *     at.struct_size = sizeof at;
 *     warm_store_open(NULL, 0, NULL, &store);
 *     warm_session_open(store, &key, NULL, &fit);
 *     if (warm_session_resume(fit, x, size, &at) == WARM_OK) {
 *         it = at.iteration + 1; converged = at.kind == WARM_KIND_FINAL;
 *     }
 *     for (; !converged; ++it) {
 *         f = step(x, &converged);
 *         if (converged) warm_session_finalize(fit, x, size, &f, &it);
 *         else           warm_session_checkpoint(fit, x, size, &f, &it);
 *     }
 *     warm_session_free(&fit); warm_store_free(&store);
 */"#;

    /// Writes the header into the build directory and tells the tests where it is.
    pub fn generate() -> Result<(), Box<dyn std::error::Error>> {
        println!("cargo:rerun-if-changed=src/ffi");
        let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
        let out = PathBuf::from(env::var("OUT_DIR")?).join("warmstart.h");
        let config = Config {
            language: Language::C,
            cpp_compat: true,
            include_guard: Some("WARMSTART_H".into()),
            header: Some(INTRODUCTION.into()),
            documentation_style: DocumentationStyle::Doxy,
            style: Style::Both,
            no_includes: true,
            sys_includes: vec!["stdint.h".into()],
            line_length: 100,
            ..Config::default()
        };
        Builder::new()
            .with_config(config)
            .with_src(root.join("src/ffi/status.rs"))
            .with_src(root.join("src/ffi/library.rs"))
            .with_src(root.join("src/ffi/key.rs"))
            .with_src(root.join("src/ffi/fingerprinter.rs"))
            .with_src(root.join("src/ffi/fingerprinter_native.rs"))
            .with_src(root.join("src/ffi/info.rs"))
            .with_src(root.join("src/ffi/entry.rs"))
            .with_src(root.join("src/ffi/cursor.rs"))
            .with_src(root.join("src/ffi/store_options.rs"))
            .with_src(root.join("src/ffi/store.rs"))
            .with_src(root.join("src/ffi/stream.rs"))
            .with_src(root.join("src/ffi/import.rs"))
            .with_src(root.join("src/ffi/record.rs"))
            .with_src(root.join("src/ffi/record_fields.rs"))
            .with_src(root.join("src/ffi/task.rs"))
            .with_src(root.join("src/ffi/remote_options.rs"))
            .with_src(root.join("src/ffi/remote.rs"))
            .with_src(root.join("src/ffi/prefetch_options.rs"))
            .with_src(root.join("src/ffi/prefetch_stats.rs"))
            .with_src(root.join("src/ffi/prefetch.rs"))
            .with_src(root.join("src/ffi/session_options.rs"))
            .with_src(root.join("src/ffi/session.rs"))
            .with_src(root.join("src/ffi/session_stop.rs"))
            .with_src(root.join("src/ffi/session_progress.rs"))
            .with_src(root.join("src/ffi/live.rs"))
            .with_src(root.join("src/ffi/trace.rs"))
            .with_src(root.join("src/ffi/signals.rs"))
            .with_src(root.join("src/ffi/interval.rs"))
            .with_src(root.join("src/ffi/miss.rs"))
            .with_src(root.join("src/ffi/protected.rs"))
            .with_src(root.join("src/ffi/regions.rs"))
            .with_src(root.join("src/ffi/cache_options.rs"))
            .with_src(root.join("src/ffi/put.rs"))
            .with_src(root.join("src/ffi/blob.rs"))
            .with_src(root.join("src/ffi/cache_stats.rs"))
            .with_src(root.join("src/ffi/cache_cursor.rs"))
            .with_src(root.join("src/ffi/cache.rs"))
            .with_src(root.join("src/ffi/cache_many.rs"))
            .with_src(root.join("src/ffi/cache_upkeep.rs"))
            .generate()?
            .write_to_file(&out);
        println!("cargo:rustc-env=WARM_GENERATED_HEADER={}", out.display());
        Ok(())
    }
}
