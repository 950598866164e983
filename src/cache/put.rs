//! What is said of a blob when it is put.

use super::expiry::ExpiryPolicy;
use crate::error::{Error, ErrorKind, Result};

/// Most bytes of a namespace's name.
pub const CACHE_NAMESPACE_BYTES: usize = 128;
/// Most namespaces of a cache.
pub const CACHE_NAMESPACES: usize = 256;
/// Most bytes of a key.
pub const CACHE_KEY_BYTES: usize = 1024;
/// Most tags of an entry, and most dependencies.
pub const CACHE_LABELS: usize = 64;
/// Most bytes of a tag or dependency.
pub const CACHE_LABEL_BYTES: usize = 256;
/// Most metadata pairs of an entry.
pub const CACHE_PAIRS: usize = 32;
/// Most bytes of all metadata pairs of an entry, names and values.
pub const CACHE_PAIRS_BYTES: usize = 4096;
/// Most bytes of a content type.
pub const CACHE_CONTENT_TYPE_BYTES: usize = 256;
/// The priority of what names none.
pub const CACHE_DEFAULT_PRIORITY: u8 = 128;

/// Whether a put goes to memory too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Admission {
    /// By size, and by whether it was asked for before: what is larger than a 64th of the memory budget
    /// is kept in memory once it was asked for.
    #[default]
    Auto,
    /// Always, where there is room for it.
    Always,
    /// Never: what memory holds of other entries is left alone.
    Never,
}

/// What version a put asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Condition {
    #[default]
    None,
    /// No live entry has the put's version or a higher one.
    Newer,
    /// The live entry has exactly this version; `None`: there is no live entry.
    Expected(Option<u64>),
}

/// What goes with the bytes of a put. Nothing set: no version, no labels, no expiry.
#[derive(Debug, Clone)]
pub struct PutOptions {
    pub(super) version: Option<u64>,
    pub(super) condition: Condition,
    pub(super) tags: Vec<String>,
    pub(super) dependencies: Vec<String>,
    pub(super) pairs: Vec<(String, String)>,
    pub(super) content_type: Option<String>,
    pub(super) priority: u8,
    pub(super) admission: Admission,
    pub(super) life: ExpiryPolicy,
    pub(super) largest: Option<u64>,
}

impl Default for PutOptions {
    fn default() -> Self {
        PutOptions {
            version: None,
            condition: Condition::None,
            tags: Vec::new(),
            dependencies: Vec::new(),
            pairs: Vec::new(),
            content_type: None,
            priority: CACHE_DEFAULT_PRIORITY,
            admission: Admission::Auto,
            life: ExpiryPolicy::default(),
            largest: None,
        }
    }
}

fn label(to: &mut Vec<String>, what: &'static str, text: &str) -> Result<()> {
    let attempt = || format!("adding a {what} to a put");
    if text.is_empty() || text.len() > CACHE_LABEL_BYTES {
        return Err(Error::invalid(
            attempt(),
            format!("it has {} bytes", text.len()),
            format!("Use 1 to {CACHE_LABEL_BYTES} bytes"),
        ));
    }
    if to.iter().any(|t| t == text) {
        return Ok(());
    }
    if to.len() >= CACHE_LABELS {
        return Err(Error::new(
            ErrorKind::TooLarge,
            attempt(),
            format!("there are {CACHE_LABELS} already, which are the most"),
            "Use fewer, coarser ones",
        ));
    }
    to.push(text.to_owned());
    Ok(())
}

impl PutOptions {
    /// Nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the entry a version; the put is refused with `Conflict` when a live entry has this version
    /// or a higher one. A live entry without a version never conflicts.
    pub fn version(&mut self, version: u64) -> &mut Self {
        self.version = Some(version);
        self.condition = Condition::Newer;
        self
    }

    /// Compare and swap: gives the entry `version`, and the put is refused with `Conflict` unless the
    /// live entry's version is exactly `expected`; `None` asks that there be no live entry.
    pub fn swap(&mut self, expected: Option<u64>, version: u64) -> &mut Self {
        self.version = Some(version);
        self.condition = Condition::Expected(expected);
        self
    }

    /// Adds a tag: at most 64 of at most 256 bytes. One that is there already is not added again.
    pub fn tag(&mut self, text: &str) -> Result<&mut Self> {
        label(&mut self.tags, "tag", text)?;
        Ok(self)
    }

    /// Adds a dependency: the name of what the bytes were computed from. At most 64 of at most 256 bytes.
    pub fn dependency(&mut self, text: &str) -> Result<&mut Self> {
        label(&mut self.dependencies, "dependency", text)?;
        Ok(self)
    }

    /// Adds a metadata pair: at most 32, and 4 096 bytes in all. A name that is there gets the new value.
    pub fn pair(&mut self, name: &str, value: &str) -> Result<&mut Self> {
        let attempt = || format!("adding the metadata pair {name:?} to a put");
        if name.is_empty() {
            return Err(Error::invalid(
                attempt(),
                "its name is empty",
                "Give it a name",
            ));
        }
        let others = || self.pairs.iter().filter(|(n, _)| n != name);
        let bytes: usize = others().map(|(n, v)| n.len() + v.len()).sum();
        let bytes = bytes + name.len() + value.len();
        if bytes > CACHE_PAIRS_BYTES {
            return Err(Error::new(
                ErrorKind::TooLarge,
                attempt(),
                format!("all pairs would take {bytes} bytes, and {CACHE_PAIRS_BYTES} are the most"),
                "Keep large values in the payload",
            ));
        }
        if others().count() >= CACHE_PAIRS {
            return Err(Error::new(
                ErrorKind::TooLarge,
                attempt(),
                format!("there are {CACHE_PAIRS} already, which are the most"),
                "Keep more in the payload",
            ));
        }
        self.pairs.retain(|(n, _)| n != name);
        self.pairs.push((name.to_owned(), value.to_owned()));
        Ok(self)
    }

    /// What kind of bytes these are, as a media type, so that what is compressed already is not compressed
    /// again. At most 256 bytes.
    pub fn content_type(&mut self, media_type: &str) -> Result<&mut Self> {
        if media_type.len() > CACHE_CONTENT_TYPE_BYTES {
            return Err(Error::invalid(
                "giving a put a content type",
                format!("it has {} bytes", media_type.len()),
                format!("Use at most {CACHE_CONTENT_TYPE_BYTES} bytes"),
            ));
        }
        self.content_type = Some(media_type.to_owned());
        Ok(self)
    }

    /// 0 to 255: the lowest go first when room is needed, however recently used; default 128.
    pub fn priority(&mut self, priority: u8) -> &mut Self {
        self.priority = priority;
        self
    }

    /// Whether the bytes are kept in memory too.
    pub fn admission(&mut self, admission: Admission) -> &mut Self {
        self.admission = admission;
        self
    }

    /// When the entry dies: see [`ExpiryPolicy`].
    pub fn life(&mut self, life: ExpiryPolicy) -> &mut Self {
        self.life = life;
        self
    }

    /// Most bytes that the blob may have; without it what the budgets allow.
    pub fn largest(&mut self, bytes: u64) -> &mut Self {
        self.largest = Some(bytes);
        self
    }
}
