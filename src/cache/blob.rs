//! What a get answers.

use super::held::Handle;

/// What is known of an entry besides its bytes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BlobInfo {
    /// As it was put.
    pub version: Option<u64>,
    /// Length in bytes.
    pub payload_bytes: u64,
    /// When it was put: Unix milliseconds.
    pub written_unix_ms: i64,
    /// Milliseconds until it dies, or goes stale; none for one that lives until it is evicted.
    pub remaining_ms: Option<u64>,
    /// Past its deadline, and within its stale window: `remaining_ms` is what is left of that.
    pub is_stale: bool,
    /// Whether memory answered.
    pub from_memory: bool,
    /// 0 to 255.
    pub priority: u8,
}

/// An entry's labels and pairs, as they were put.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlobLabels {
    /// Tags.
    pub tags: Vec<String>,
    /// Dependencies.
    pub dependencies: Vec<String>,
    /// Metadata pairs.
    pub pairs: Vec<(String, String)>,
    /// The media type, where one was given.
    pub content_type: Option<String>,
}

/// What a put did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// Memory took it.
    pub in_memory: bool,
    /// The disk took it, durably to the cache's level.
    pub on_disk: bool,
    /// A live entry was replaced.
    pub replaced: bool,
    /// Entries evicted from memory to make room for it.
    pub evicted_from_memory: u64,
    /// Entries evicted from the disk to make room for it.
    pub evicted_from_disk: u64,
    /// Bytes that the file took; 0 without one.
    pub stored_bytes: u64,
}

/// What is known of a key without reading anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existence {
    /// There is a live entry.
    Present,
    /// There is certainly none.
    Absent,
    /// There may be one: it takes a read to tell.
    Maybe,
}

/// One entry of a listing.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ListedBlob {
    /// Its key.
    pub key: String,
    /// What is known of it.
    pub info: BlobInfo,
}

/// An entry: its bytes stay valid for as long as this is held, whatever happens to the cache.
#[derive(Clone)]
pub struct Blob {
    pub(super) shared: Handle,
    pub(super) seen: Seen,
}

/// How an entry was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub is_stale: bool,
    pub from_memory: bool,
}

impl Blob {
    /// The bytes, aligned to 64.
    pub fn payload(&self) -> &[u8] {
        &self.shared.payload
    }

    /// What is known of it; what remains of its life, as of now.
    pub fn info(&self) -> BlobInfo {
        BlobInfo {
            is_stale: self.seen.is_stale,
            from_memory: self.seen.from_memory,
            ..self.shared.info()
        }
    }

    /// Tags, dependencies and pairs, shared with the cache.
    pub fn labels(&self) -> &BlobLabels {
        &self.shared.labels
    }
}

#[cfg(feature = "capi")]
impl Blob {
    /// For a handle that takes no memory of its own: what is shared, and two bits.
    pub(crate) fn into_parts(self) -> (Handle, u8) {
        let bits = u8::from(self.seen.is_stale) | u8::from(self.seen.from_memory) << 1;
        (self.shared, bits)
    }

    pub(crate) fn from_parts(shared: Handle, bits: u8) -> Blob {
        let seen = Seen {
            is_stale: bits & 1 != 0,
            from_memory: bits & 2 != 0,
        };
        Blob { shared, seen }
    }
}

impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blob").field("info", &self.info()).finish()
    }
}
