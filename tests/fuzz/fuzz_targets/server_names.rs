//! Names that a server lists: one that is not written exactly as ours is none of ours, and no part of one
//! that is leads out of its directory.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::path::{Component, Path};
use warmstart::fuzzing::is_run_id;
use warmstart::remote_fuzzing::Listed;
use warmstart::Key;

fuzz_target!(|bytes: &[u8]| {
    // What a server says is text of any kind.
    check(&String::from_utf8_lossy(bytes));

    // One of ours, with a run id of the input; then the same name bent at one place.
    let (head, rest) = bytes.split_at(bytes.len().min(12));
    let byte = |at: usize| head.get(at).copied().unwrap_or(0);
    let run_id = String::from_utf8_lossy(rest);
    let key = |n: u8| Key::from_bytes([n; 32]);
    let ours = if byte(0) & 1 == 0 {
        Listed::Upload {
            key: key(byte(1)),
            run_id: run_id.into_owned(),
            generation: u64::from(byte(2)) << (byte(3) % 57),
            checksum: key(byte(4)),
            nonce: u64::from(byte(5)) << (byte(6) % 57),
            digest: (byte(7) & 1 == 0).then(|| key(byte(8))),
        }
    } else {
        Listed::Link {
            seed: key(byte(1)),
            key: key(byte(2)),
            run_id: run_id.into_owned(),
        }
    };
    let name = ours.name();
    let found: Vec<Listed> = Listed::parse(&name).into_iter().flatten().collect();
    if is_run_id(ours.run_id()) {
        assert_eq!(found, [ours]);
    } else {
        assert!(found.is_empty(), "{name:?}");
    }
    let mut bent: Vec<char> = name.chars().collect();
    let at = usize::from(byte(9)) * bent.len() / 256;
    match byte(10) % 3 {
        0 => bent[at] = char::from(byte(11)),
        1 => bent.insert(at, char::from(byte(11))),
        _ => drop(bent.remove(at)),
    }
    check(&bent.into_iter().collect::<String>());
});

/// What is taken for ours reads back as itself and stays where it belongs.
fn check(name: &str) {
    let found: Vec<Listed> = Listed::parse(name).into_iter().flatten().collect();
    assert!(found.len() < 2, "{name:?} is two things");
    for listed in found {
        assert_eq!(listed.name(), name, "another way to write it");
        assert!(is_run_id(listed.run_id()), "{name:?}");
        let is_plain = |c| matches!(c, Component::Normal(_));
        assert!(Path::new(name).components().all(is_plain), "{name:?}");
        assert_eq!(name.split('/').count(), 4, "{name:?}");
        assert!(name.split('/').all(|n| (1..=255).contains(&n.len())));
        assert!(!name.contains(|c: char| c.is_control() || c == '\\'));
    }
}
