//! The metadata parser, and what it makes of metadata that it writes anew.

#![no_main]

use libfuzzer_sys::fuzz_target;
use warmstart::fuzzing::{parse_metadata, Meta, Verdict};

const MOST_BYTES: usize = 64 * 1024;
const DEEPEST: usize = 32;

fuzz_target!(|bytes: &[u8]| {
    let meta = match parse_metadata(bytes) {
        Verdict::Valid(meta) => meta,
        Verdict::Foreign => {
            assert!(bytes.len() <= MOST_BYTES && depth(bytes) <= DEEPEST);
            return;
        }
        Verdict::Damaged(why) => {
            assert!(!why.is_empty());
            return;
        }
    };
    assert!(bytes.len() <= MOST_BYTES, "too large and accepted");
    assert!(depth(bytes) <= DEEPEST, "too deep and accepted");
    assert!(meta.objective().is_none_or(f64::is_finite));
    assert!(meta.iteration().is_none_or(|i| i >= 0));
    assert!(meta.last_activity() >= meta.written());

    let Some(once) = rewrite(&meta) else {
        // Only what fills the limit already may have no room for the digest.
        assert!(bytes.len() > MOST_BYTES - 4096);
        return;
    };
    let (bytes, read) = once;
    assert_same(&meta, &read);
    assert_eq!(read.last_activity(), meta.last_activity());
    let (again, second) = rewrite(&read).expect("what was written once can be written again");
    assert_eq!(again, bytes, "rewriting changes nothing more");
    assert_eq!(second, read);

    let (secs, nanos) = meta.written();
    let now = (secs.saturating_add(7), nanos);
    if let Some((_, used)) = rewrite(&meta.with_access(now.0, now.1)) {
        assert_same(&meta, &used);
        assert_eq!(used.last_activity(), now);
    }
});

/// Written and read back; `None` when it is refused for its size.
fn rewrite(meta: &Meta) -> Option<(Vec<u8>, Meta)> {
    let bytes = meta.to_bytes().ok()?;
    assert!(bytes.len() <= MOST_BYTES, "{} bytes written", bytes.len());
    match parse_metadata(&bytes) {
        Verdict::Valid(read) => Some((bytes, read)),
        Verdict::Foreign => panic!("our own metadata is foreign"),
        Verdict::Damaged(why) => panic!("our own metadata is damage: {why}"),
    }
}

fn assert_same(a: &Meta, b: &Meta) {
    assert_eq!(a.written(), b.written());
    assert_eq!(
        a.objective().map(f64::to_bits),
        b.objective().map(f64::to_bits)
    );
    assert_eq!(a.iteration(), b.iteration());
    assert_eq!(a.is_final(), b.is_final());
    assert_eq!(a.is_durable(), b.is_durable());
    assert_eq!(a.checksum(), b.checksum());
    assert_eq!(a.payload_bytes(), b.payload_bytes());
}

/// The nesting of JSON that is known to be well-formed.
fn depth(json: &[u8]) -> usize {
    let (mut deepest, mut depth, mut at) = (0, 0usize, 0);
    while at < json.len() {
        match json[at] {
            b'"' => {
                at += 1;
                while at < json.len() && json[at] != b'"' {
                    at += 1 + usize::from(json[at] == b'\\');
                }
            }
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    deepest
}
