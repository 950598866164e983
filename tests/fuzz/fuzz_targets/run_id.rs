//! Run ids, stems and file names: what is accepted stays in its directory and reads back as itself.

#![no_main]

use libfuzzer_sys::fuzz_target;
use warmstart::fuzzing::{is_run_id, new_run_id, role_of, Name, Role};

fuzz_target!(|bytes: &[u8]| {
    let (head, text) = bytes.split_at(bytes.len().min(9));
    let text = String::from_utf8_lossy(text);
    let text = text.as_ref();
    let mut number = [0; 8];
    number[..head.len().min(8)].copy_from_slice(&head[..head.len().min(8)]);
    let number = u64::from_le_bytes(number);
    let durable = head.len() > 8 && head[8] & 1 == 1;

    // The rule, as it is documented.
    let legal = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let expected = (1..=128).contains(&text.len())
        && text.chars().all(legal)
        && !text.starts_with('.')
        && !text.contains(".tmp");
    assert_eq!(is_run_id(text), expected, "{text:?}");

    if expected {
        let plain = Name::parse(text).expect("every run id is a stem");
        assert_eq!((plain.run_id.as_str(), plain.generation), (text, 0));
        assert_eq!(plain.durable, None);
        check_files(&plain);
        check_lengths(&plain);
        let fresh = Name::fresh(text, number, durable).expect("random bytes");
        assert_eq!((fresh.run_id.as_str(), fresh.generation), (text, number));
        assert_eq!(fresh.durable, Some(durable));
        assert_ne!(fresh.stem, text);
        check_files(&fresh);
        check_lengths(&fresh);
        assert_ne!(Name::fresh(text, number, durable), Some(fresh), "random");
        assert_eq!(role_of(&format!("{text}.pin")), Role::Pin(text.into()));
    }
    if let Some(name) = Name::parse(text) {
        assert_eq!(name.stem, text);
        assert!(text.starts_with(&name.run_id));
        // What other engines call their runs is theirs; names with a generation are ours.
        if name.run_id != text {
            assert!(is_run_id(&name.run_id));
        }
        // As names in a directory: no slash, no NUL; and with a suffix, nothing that looks unfinished.
        if !text.contains(['/', '\0']) && !text.ends_with(".tmp") {
            check_files(&name);
        }
    }
    match role_of(text) {
        Role::Metadata(name) => {
            assert_eq!(name.files().map(|f| f[0].clone()).as_deref(), Some(text))
        }
        Role::Payload(name) => {
            assert_eq!(name.files().map(|f| f[1].clone()).as_deref(), Some(text))
        }
        Role::Pin(run_id) => assert_eq!(format!("{run_id}.pin"), text),
        Role::Slot(run_id) => assert_eq!(format!("{run_id}.slot"), text),
        Role::Reused(stem) => assert_eq!(format!("{stem}.reused"), text),
        Role::Restart(stem) => assert!(text.starts_with(&stem) && text.ends_with(".restart")),
        Role::Link(name) => assert_eq!(name, text),
        Role::Unfinished | Role::Unknown => {}
    }

    let secs = number as i64;
    let generated = new_run_id(secs, number as u32 % 1_000_000_000).expect("random bytes");
    assert!(
        is_run_id(&generated) && is_run_id(&format!("ckpt-{generated}")),
        "{generated}"
    );
});

fn check_files(name: &Name) {
    let files = name.files().expect("a stem parses again");
    let [metadata, payload, reused] = &files;
    for file in &files {
        assert!(!file.contains('/') && file != "." && file != "..");
        assert!(!file.starts_with('.') && !file.contains(".tmp."), "{file}");
    }
    assert_eq!(role_of(metadata), Role::Metadata(name.clone()));
    assert_eq!(role_of(payload), Role::Payload(name.clone()));
    assert_eq!(role_of(reused), Role::Reused(name.stem.clone()));
}

/// Every name that this library gives fits a directory.
fn check_lengths(name: &Name) {
    let files = name.files().expect("a stem parses again");
    assert!(files.iter().all(|f| f.len() <= 255), "{files:?}");
}
