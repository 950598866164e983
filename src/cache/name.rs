//! An entry's name in memory, looked up without making one.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Namespace and key.
#[derive(Debug, Clone)]
pub(super) struct Name {
    pub namespace: Arc<str>,
    pub key: Box<str>,
}

/// What has a namespace and a key.
pub(super) trait Named {
    fn parts(&self) -> (&str, &str);
}

impl Named for Name {
    fn parts(&self) -> (&str, &str) {
        (&self.namespace, &self.key)
    }
}

impl Named for (&str, &str) {
    fn parts(&self) -> (&str, &str) {
        *self
    }
}

impl<'a> Borrow<dyn Named + 'a> for Name {
    fn borrow(&self) -> &(dyn Named + 'a) {
        self
    }
}

impl Hash for dyn Named + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let (namespace, key) = self.parts();
        state.write(namespace.as_bytes());
        // No UTF-8 text has this byte.
        state.write_u8(0xff);
        state.write(key.as_bytes());
    }
}

impl PartialEq for dyn Named + '_ {
    fn eq(&self, other: &Self) -> bool {
        // Keys differ more often than namespaces.
        let ((a, b), (c, d)) = (self.parts(), other.parts());
        b == d && a == c
    }
}

impl Eq for dyn Named + '_ {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let named: &dyn Named = self;
        named.hash(state);
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        let (a, b): (&dyn Named, &dyn Named) = (self, other);
        a == b
    }
}

impl Eq for Name {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::{BuildHasher, RandomState};

    #[test]
    fn a_name_is_found_by_its_parts_and_no_other_split_of_them_is_it() {
        let name = Name {
            namespace: "ab".into(),
            key: "c".into(),
        };
        let hasher = RandomState::new();
        let hash = |n: &dyn Named| hasher.hash_one(n);
        let same: &dyn Named = &("ab", "c");
        let other: &dyn Named = &("a", "bc");
        assert_eq!(hasher.hash_one(&name), hash(same));
        assert!(same == &name as &dyn Named && same != other);
        assert_ne!(hash(same), hash(other));
    }
}
