//! Keys made of a caller's own text, one space of them per purpose, so that they never alias.

use crate::error::Result;
use crate::key::{Fingerprinter, Key};

/// What a text stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Keyspace {
    /// A warm-start or block record of that key.
    Record,
    /// The outer iterates of a session opened by that key.
    OuterIterate,
}

impl Keyspace {
    fn tag(self) -> &'static str {
        match self {
            Keyspace::Record => "warm-start-key",
            Keyspace::OuterIterate => "outer-iterate-key",
        }
    }

    /// The store key of `text` in this space: the fingerprint of one text absorbed under the space's
    /// tag.
    pub fn key(self, text: &str) -> Result<Key> {
        let mut f = Fingerprinter::new();
        f.absorb_str(self.tag(), text)?;
        Ok(f.finish())
    }
}
