//! The committed header is what the sources generate. Run with `--features generate-header`;
//! `WARM_UPDATE_HEADER=1` rewrites it.
#![cfg(feature = "generate-header")]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn committed() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("include/warmstart.h")
}

fn generated() -> String {
    fs::read_to_string(env!("WARM_GENERATED_HEADER")).unwrap()
}

#[test]
fn the_committed_header_is_not_stale() {
    if std::env::var_os("WARM_UPDATE_HEADER").is_some() {
        fs::create_dir_all(committed().parent().unwrap()).unwrap();
        fs::write(committed(), generated()).unwrap();
    }
    let committed = fs::read_to_string(committed()).unwrap_or_default();
    assert!(
        committed == generated(),
        "include/warmstart.h is stale: WARM_UPDATE_HEADER=1 cargo test --features generate-header --test header"
    );
}

/// A conditional attribute would make the generator leave functions out without a word.
#[test]
fn every_exported_function_is_declared_once() {
    let header = generated();
    let mut exported = Vec::new();
    let ffi = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ffi");
    for file in fs::read_dir(ffi).unwrap() {
        let source = fs::read_to_string(file.unwrap().path()).unwrap();
        let lines: Vec<&str> = source.lines().map(str::trim).collect();
        for (i, line) in lines.iter().enumerate() {
            if *line == "#[no_mangle]" {
                let declaration = lines[i..].iter().find(|l| l.starts_with("pub ")).unwrap();
                let rest = declaration.split("fn ").nth(1).unwrap();
                exported.push(rest.split('(').next().unwrap().to_owned());
            }
        }
    }
    assert!(exported.len() > 80, "{}", exported.len());
    let distinct: BTreeSet<&String> = exported.iter().collect();
    assert_eq!(distinct.len(), exported.len());
    for name in &exported {
        let declared = header
            .lines()
            .filter(|l| !l.starts_with(" *") && l.contains(&format!("{name}(")))
            .count();
        assert_eq!(declared, 1, "{name}");
    }
}
