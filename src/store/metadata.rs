//! The metadata beside each payload: version 1 JSON and the few fields of our own.

use super::sealed::CacheFields;
use super::trace::Trace;
use crate::error::{Error, ErrorKind, Result};
use crate::fs::Timestamp;
use crate::key::{Fingerprinter, Frame, Key};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The schema written, and the only one read.
const SCHEMA_VERSION: u64 = 1;
/// Larger metadata is damage, and is never written.
pub(crate) const METADATA_BYTES: usize = 64 * 1024;
/// Deeper nesting is damage. What is known needs three levels, newer engines may need a few more.
const DEEPEST: usize = 32;
/// Longest label, in bytes.
pub const LABEL_BYTES: usize = 1024;

/// Whether an entry is on the way or the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// Progress: the fit was not finished when this was stored.
    Checkpoint,
    /// The fit's answer.
    Final,
}

/// How much a save survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// Power loss, once the call has returned.
    #[default]
    Full,
    /// The death of the process. Nothing is synced: power loss may cost what was written so.
    Process,
}

/// The fields of version 1 in their order, then ours. Whatever else a file holds is ignored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Record {
    schema_version: u64,
    written_unix_secs: u64,
    #[serde(default)]
    written_nanos: u32,
    #[serde(default)]
    objective: Option<f64>,
    #[serde(default)]
    iteration: Option<u64>,
    kind: Kind,
    checksum_hex: String,
    payload_bytes: u64,
    #[serde(default)]
    accessed: bool,
    #[serde(default)]
    accessed_unix_secs: u64,
    #[serde(default)]
    accessed_nanos: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    durability: Option<Durability>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key_fields: Option<Vec<(String, String)>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trace: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seed_keys: Option<Vec<String>>,
    /// Of a sealed entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cache: Option<Box<CacheFields>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata_digest_hex: Option<String>,
}

/// Only what decides whether the rest is ours to read.
#[derive(Deserialize)]
struct SchemaOnly {
    schema_version: u64,
}

/// What a caller says about a payload.
#[derive(Debug, Clone, Default)]
pub(crate) struct Description {
    pub objective: Option<f64>,
    pub iteration: Option<u64>,
    pub about: Arc<About>,
    /// How the run went until now, as it is stored.
    pub trace: Option<Arc<str>>,
}

/// What is the same for all checkpoints of a session.
#[derive(Debug, Clone, Default)]
pub(crate) struct About {
    pub label: Option<String>,
    pub key_fields: Vec<(String, String)>,
    /// From near to far.
    pub seed_keys: Vec<Key>,
}

impl Description {
    pub fn new(objective: Option<f64>, iteration: Option<u64>) -> Self {
        Description::with(objective, iteration, Arc::default())
    }

    /// Non-finite objectives are none.
    pub fn with(objective: Option<f64>, iteration: Option<u64>, about: Arc<About>) -> Self {
        Description {
            objective: objective.filter(|o| o.is_finite()),
            iteration,
            about,
            trace: None,
        }
    }

    /// The same with a trace.
    pub fn traced(&self, trace: String) -> Description {
        Description {
            trace: Some(trace.into()),
            ..self.clone()
        }
    }
}

/// The tag and digest of each frame of a key, as stored for comparing keys field by field; none
/// when there are more than the metadata has room for.
pub(crate) fn key_fields(frames: &[Frame]) -> Vec<(String, String)> {
    // Two texts in quotes and brackets on lines of their own, the digest 32 digits.
    let size = |f: &Frame| f.tag().len() + 64;
    if frames.iter().map(size).sum::<usize>() > METADATA_BYTES {
        return Vec::new();
    }
    frames
        .iter()
        .map(|f| (f.tag().to_owned(), hex(f.digest())))
        .collect()
}

/// Metadata that was read, or is about to be written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Metadata(Record);

/// What a metadata file holds.
#[derive(Debug)]
pub(super) enum Parsed {
    Valid(Metadata),
    /// Of another schema: not ours to judge.
    Foreign(u64),
    /// With the reason.
    Damaged(String),
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut s, b| {
            // Writing to a string cannot fail.
            let _ = write!(s, "{b:02x}");
            s
        })
}

impl Metadata {
    pub fn new(
        written: Timestamp,
        kind: Kind,
        description: &Description,
        durability: Durability,
        checksum: [u8; 32],
        payload_bytes: u64,
    ) -> Metadata {
        Metadata(Record {
            schema_version: SCHEMA_VERSION,
            written_unix_secs: written.secs.max(0) as u64,
            written_nanos: written.nanos,
            objective: description.objective,
            iteration: description.iteration,
            kind,
            checksum_hex: hex(&checksum),
            payload_bytes,
            accessed: false,
            accessed_unix_secs: 0,
            accessed_nanos: 0,
            durability: Some(durability).filter(|d| *d != Durability::Full),
            label: description.about.label.clone(),
            key_fields: Some(description.about.key_fields.clone()).filter(|f| !f.is_empty()),
            trace: description.trace.clone(),
            seed_keys: Some(&description.about.seed_keys)
                .filter(|keys| kind == Kind::Final && !keys.is_empty())
                .map(|keys| keys.iter().map(Key::to_hex).collect()),
            cache: None,
            metadata_digest_hex: None,
        })
    }

    /// The same as that of a sealed entry.
    pub fn with_cache(mut self, fields: &CacheFields) -> Metadata {
        self.0.cache = Some(Box::new(fields.clone()));
        self
    }

    /// What a sealed entry is described by; nothing else has any.
    pub fn into_cache(self) -> Option<CacheFields> {
        self.0.cache.map(|fields| *fields)
    }

    /// The same, borrowed.
    pub fn cache(&self) -> Option<&CacheFields> {
        self.0.cache.as_deref()
    }

    /// The file's contents, complete with the digest. A trace and key fields that would make the file
    /// too large are left out: they explain, and nothing depends on them. What is too large without
    /// them, as only metadata of another writer can be, is refused.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut record = self.0.clone();
        loop {
            record.metadata_digest_hex = Some(digest(&record));
            let bytes = serde_json::to_vec_pretty(&record).map_err(|e| {
                Error::new(
                    ErrorKind::Invalid,
                    "writing an entry's metadata as JSON",
                    e.to_string(),
                    "Please report this: it should not happen",
                )
            })?;
            if bytes.len() <= METADATA_BYTES {
                return Ok(bytes);
            }
            if record.trace.take().is_none() && record.key_fields.take().is_none() {
                return Err(Error::new(
                    ErrorKind::TooLarge,
                    "writing an entry's metadata",
                    format!(
                        "it takes {} bytes, and {METADATA_BYTES} are the most",
                        bytes.len()
                    ),
                    "Shorten what describes the entry",
                ));
            }
        }
    }

    pub fn parse(bytes: &[u8]) -> Parsed {
        if bytes.len() > METADATA_BYTES {
            return Parsed::Damaged(format!(
                "its metadata has {} bytes, and {METADATA_BYTES} are the most",
                bytes.len()
            ));
        }
        if is_deeper_than(bytes, DEEPEST) {
            return Parsed::Damaged(format!(
                "its metadata is nested deeper than {DEEPEST} levels"
            ));
        }
        let record: Record = match serde_json::from_slice(bytes) {
            Ok(record) => record,
            // Another schema need not have our fields.
            Err(e) => {
                return match serde_json::from_slice::<SchemaOnly>(bytes) {
                    Ok(SchemaOnly { schema_version }) if schema_version != SCHEMA_VERSION => {
                        Parsed::Foreign(schema_version)
                    }
                    _ => Parsed::Damaged(format!("its metadata cannot be read: {e}")),
                }
            }
        };
        if record.schema_version != SCHEMA_VERSION {
            return Parsed::Foreign(record.schema_version);
        }
        if Key::from_hex(&record.checksum_hex).is_err() {
            return Parsed::Damaged("its checksum is not 64 hex digits".into());
        }
        if let Some(found) = &record.metadata_digest_hex {
            if *found != digest(&record) {
                return Parsed::Damaged("its metadata does not match its own digest".into());
            }
        }
        Parsed::Valid(Metadata(record))
    }

    pub fn written(&self) -> Timestamp {
        stamp(self.0.written_unix_secs, self.0.written_nanos)
    }

    /// When it was last written or, as far as the metadata tells, reused.
    pub fn last_activity(&self) -> Timestamp {
        if self.0.accessed {
            self.written()
                .max(stamp(self.0.accessed_unix_secs, self.0.accessed_nanos))
        } else {
            self.written()
        }
    }

    pub fn objective(&self) -> Option<f64> {
        self.0.objective
    }

    /// None above 2^63 - 1.
    pub fn iteration(&self) -> Option<i64> {
        self.0.iteration.and_then(|i| i64::try_from(i).ok())
    }

    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    pub fn label(&self) -> Option<&str> {
        self.0.label.as_deref()
    }

    /// How the run went; `None` where none was stored, or another engine dropped it.
    pub fn trace(&self) -> Option<Trace> {
        Trace::from_text(self.0.trace.as_deref()?)
    }

    /// The same without a trace; `None` if it has none.
    pub fn without_trace(&self) -> Option<Metadata> {
        self.0.trace.as_ref()?;
        let mut record = self.0.clone();
        record.trace = None;
        Some(Metadata(record))
    }

    pub fn durability(&self) -> Durability {
        self.0.durability.unwrap_or_default()
    }

    pub fn payload_bytes(&self) -> u64 {
        self.0.payload_bytes
    }

    pub fn checksum(&self) -> [u8; 32] {
        // Checked when it was parsed.
        Key::from_hex(&self.0.checksum_hex)
            .map(|k| *k.as_bytes())
            .unwrap_or_default()
    }

    /// The keys under which the entry is found as well.
    pub fn seed_keys(&self) -> Vec<Key> {
        let keys = self.0.seed_keys.iter().flatten();
        keys.filter_map(|k| Key::from_hex(k).ok()).collect()
    }

    /// Tag and digest of each frame of the key, where they were recorded.
    pub fn key_fields(&self) -> &[(String, String)] {
        self.0.key_fields.as_deref().unwrap_or_default()
    }

    /// The bytes its texts take in memory.
    pub fn allocated(&self) -> usize {
        let r = &self.0;
        let text = |t: &Option<String>| t.as_ref().map_or(0, String::len);
        let fields = r.key_fields.iter().flatten();
        let keys = r.seed_keys.iter().flatten();
        let keys = keys.map(|k| k.len() + size_of::<String>());
        let fields = fields.map(|(a, b)| a.len() + b.len() + size_of::<(String, String)>());
        r.checksum_hex.len()
            + text(&r.label)
            + text(&r.metadata_digest_hex)
            + r.trace.as_ref().map_or(0, |t| t.len())
            + keys.sum::<usize>()
            + fields.sum::<usize>()
    }

    /// True when this library wrote the file last: other engines drop the digest.
    pub fn is_ours(&self) -> bool {
        self.0.metadata_digest_hex.is_some()
    }

    /// The same for a payload of this checksum.
    pub fn with_checksum(mut self, checksum: [u8; 32]) -> Metadata {
        self.0.checksum_hex = hex(&checksum);
        self
    }

    /// The same without a stamp of the last access.
    pub fn without_access(&self) -> Metadata {
        let mut record = self.0.clone();
        record.accessed = false;
        record.accessed_unix_secs = 0;
        record.accessed_nanos = 0;
        Metadata(record)
    }

    /// The same with the access stamp set.
    pub fn with_access(&self, at: Timestamp) -> Metadata {
        let mut record = self.0.clone();
        record.accessed = true;
        record.accessed_unix_secs = at.secs.max(0) as u64;
        record.accessed_nanos = at.nanos;
        Metadata(record)
    }
}

/// Whether JSON is nested deeper than `most`; the parser skips unknown fields of any depth.
fn is_deeper_than(json: &[u8], most: usize) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth += 1;
                if depth > most {
                    return true;
                }
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

fn stamp(secs: u64, nanos: u32) -> Timestamp {
    Timestamp {
        secs: i64::try_from(secs).unwrap_or(i64::MAX),
        nanos,
    }
}

/// SHA-256 over every field but itself and the trace, which has a digest of its own; framed as in the
/// fingerprint protocol.
fn digest(r: &Record) -> String {
    let mut f = Fingerprinter::new();
    f.write_str("libwarmstart metadata 1");
    f.write_u64(r.schema_version);
    f.write_u64(r.written_unix_secs);
    f.write_u64(u64::from(r.written_nanos));
    // write_f64 would take -0.0 for 0.0.
    let mut optional = |v: Option<u64>| {
        f.write_bool(v.is_some());
        f.write_u64(v.unwrap_or(0));
    };
    optional(r.objective.map(f64::to_bits));
    optional(r.iteration);
    f.write_u8(r.kind as u8);
    f.write_str(&r.checksum_hex);
    f.write_u64(r.payload_bytes);
    f.write_bool(r.accessed);
    f.write_u64(r.accessed_unix_secs);
    f.write_u64(u64::from(r.accessed_nanos));
    f.write_u8(r.durability.unwrap_or_default() as u8);
    f.write_bool(r.label.is_some());
    f.write_str(r.label.as_deref().unwrap_or(""));
    let fields = r.key_fields.as_deref().unwrap_or(&[]);
    f.write_u64(fields.len() as u64);
    for (tag, digest) in fields {
        f.write_str(tag);
        f.write_str(digest);
    }
    if let Some(keys) = &r.seed_keys {
        f.write_u64(keys.len() as u64);
        keys.iter().for_each(|k| f.write_str(k));
    }
    if let Some(cache) = &r.cache {
        cache.write_to(&mut f);
    }
    f.finish().to_hex()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(objective: Option<f64>) -> Metadata {
        Metadata::new(
            Timestamp {
                secs: 1_795_170_572,
                nanos: 5,
            },
            Kind::Checkpoint,
            &Description::new(objective, Some(3)),
            Durability::Full,
            [7; 32],
            9,
        )
    }

    fn valid(bytes: &[u8]) -> Metadata {
        match Metadata::parse(bytes) {
            Parsed::Valid(m) => m,
            other => panic!("{other:?}: {}", String::from_utf8_lossy(bytes)),
        }
    }

    proptest! {
        #[test]
        fn objectives_read_back_bit_for_bit(bits: u64) {
            let objective = f64::from_bits(bits);
            let read = valid(&sample(Some(objective)).to_bytes().unwrap()).objective();
            prop_assert_eq!(
                read.map(f64::to_bits),
                Some(objective).filter(|o| o.is_finite()).map(f64::to_bits)
            );
        }

        #[test]
        fn no_change_of_one_byte_is_read_as_a_different_entry(at: prop::sample::Index, with: u8) {
            let original = sample(Some(1.5));
            let mut bytes = original.to_bytes().unwrap();
            let at = at.index(bytes.len());
            bytes[at] = with;
            // White space, letter case of a checksum, a number written otherwise, or the digest's
            // own name may change without changing what is said.
            if let Parsed::Valid(read) = Metadata::parse(&bytes) {
                prop_assert_eq!(read.objective(), original.objective());
                prop_assert_eq!(read.written(), original.written());
                prop_assert_eq!(read.checksum(), original.checksum());
                prop_assert_eq!(read.payload_bytes(), original.payload_bytes());
            }
        }
    }

    #[test]
    fn metadata_of_version_1_engines_is_read_without_our_fields() {
        let m = valid(
            br#"{"schema_version":1,"written_unix_secs":5,"kind":"Final","unknown":{"a":[1]},
               "checksum_hex":"0000000000000000000000000000000000000000000000000000000000000000",
               "payload_bytes":0,"iteration":18446744073709551615}"#,
        );
        assert_eq!(
            (m.kind(), m.objective(), m.iteration()),
            (Kind::Final, None, None)
        );
        assert_eq!(m.last_activity(), Timestamp { secs: 5, nanos: 0 });
        assert!(!m.is_ours());
    }

    #[test]
    fn another_schema_is_foreign_whatever_its_fields() {
        for text in [
            "{\"schema_version\":2}",
            "{\"schema_version\":99,\"kind\":7}",
        ] {
            assert!(
                matches!(Metadata::parse(text.as_bytes()), Parsed::Foreign(_)),
                "{text}"
            );
        }
    }

    #[test]
    fn hostile_metadata_is_damage() {
        let deep = "[".repeat(60_000);
        let ours = String::from_utf8(sample(Some(1.0)).to_bytes().unwrap()).unwrap();
        let nested = format!("\"note\": {}{},", "[".repeat(16_000), "]".repeat(16_000));
        let hidden = ours.replacen('{', &format!("{{{nested}"), 1);
        let duplicate = ours.replacen(
            "\"objective\": 1.0",
            "\"objective\": 1.0, \"objective\": 2.0",
            1,
        );
        let huge = format!("{ours}{}", " ".repeat(METADATA_BYTES));
        let surrogate = ours.replacen("\"kind\": \"Checkpoint\"", "\"kind\": \"\\ud800\"", 1);
        for text in [
            "", "{", "null", "{}", "\0\0\0", &deep, &hidden, &duplicate, &huge, &surrogate,
        ] {
            assert!(
                matches!(Metadata::parse(text.as_bytes()), Parsed::Damaged(_)),
                "{:.60}",
                text
            );
        }
    }

    #[test]
    fn an_access_stamp_keeps_everything_else_and_its_digest() {
        let before = valid(&sample(Some(0.1)).to_bytes().unwrap());
        let at = Timestamp {
            secs: 1_795_999_999,
            nanos: 1,
        };
        let after = valid(&before.with_access(at).to_bytes().unwrap());
        assert_eq!(after.last_activity(), at);
        assert_eq!(after.written(), before.written());
        assert_eq!(after.objective(), before.objective());
        assert!(after.is_ours());
    }

    #[test]
    fn key_fields_that_do_not_fit_are_left_out_rather_than_failing_the_save() {
        let mut description = Description::new(Some(1.0), None);
        description.about = Arc::new(About {
            label: Some("model 3".into()),
            key_fields: (0..5000)
                .map(|i| (format!("tag{i}"), "00".repeat(16)))
                .collect(),
            seed_keys: vec![Key::from_bytes([0xab; 32])],
        });
        let written = Timestamp { secs: 1, nanos: 0 };
        let m = Metadata::new(
            written,
            Kind::Final,
            &description,
            Durability::Process,
            [0; 32],
            0,
        );
        let read = valid(&m.to_bytes().unwrap());
        assert_eq!(read.0.key_fields, None);
        assert_eq!(read.0.label.as_deref(), Some("model 3"));
        assert_eq!(read.durability(), Durability::Process);
    }
}
