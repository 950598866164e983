//! Which keys of a namespace there are, in order, and which have which labels: of a cache that lies in
//! memory alone. On disk, directories are the index.

use super::blob::BlobLabels;
use super::cache::LabelKind;
use crate::sync::{Mutex, MutexGuard};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::PoisonError;

/// How many entries in memory a key stands for: two while one replaces the other.
type Keys = BTreeMap<Box<str>, u32>;
/// Of labels, and of each the keys, in one map: one for each label would take a node for each.
type Labels = BTreeMap<(Box<str>, Box<str>), u32>;
type Ends = BTreeMap<(i64, Box<str>), u32>;

#[derive(Default)]
struct Indexed {
    keys: Keys,
    tags: Labels,
    dependencies: Labels,
    /// Keys by when their entries end.
    ends: Ends,
}

/// Never lacks an entry that can be found; may have one that is about to come or has just gone.
#[derive(Default)]
pub(super) struct Index(Mutex<Indexed>);

/// What a map of these takes for an entry: nodes of eleven that are half full, as they are where keys come in
/// order, and what leads to them.
const fn in_order<K>() -> usize {
    5 * (size_of::<K>() + size_of::<u32>()) / 2
}

fn add<K: Ord>(map: &mut BTreeMap<K, u32>, key: K) {
    *map.entry(key).or_default() += 1;
}

fn remove<K: Ord>(map: &mut BTreeMap<K, u32>, key: &K) {
    if let Some(count) = map.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            map.remove(key);
        }
    }
}

impl Index {
    fn lock(&self) -> MutexGuard<'_, Indexed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it takes for one entry: a key in an ordered map, for each label too, with the label, and for its end.
    pub fn bytes(labels: &BlobLabels, end_ms: Option<i64>, key: &str) -> usize {
        let texts = labels.tags.iter().chain(&labels.dependencies);
        let of_labels = texts.map(|t| t.len() + key.len() + in_order::<(Box<str>, Box<str>)>());
        let of_end = end_ms.map_or(0, |_| key.len() + in_order::<(i64, Box<str>)>());
        key.len() + in_order::<Box<str>>() + of_labels.sum::<usize>() + of_end
    }

    pub fn add(&self, key: &str, labels: &BlobLabels, end_ms: Option<i64>) {
        let mut indexed = self.lock();
        add(&mut indexed.keys, key.into());
        for tag in &labels.tags {
            add(&mut indexed.tags, (tag.as_str().into(), key.into()));
        }
        for dependency in &labels.dependencies {
            let of_it = (dependency.as_str().into(), key.into());
            add(&mut indexed.dependencies, of_it);
        }
        if let Some(at_ms) = end_ms {
            add(&mut indexed.ends, (at_ms, key.into()));
        }
    }

    pub fn remove(&self, key: &str, labels: &BlobLabels, end_ms: Option<i64>) {
        let mut indexed = self.lock();
        remove(&mut indexed.keys, &key.into());
        for tag in &labels.tags {
            remove(&mut indexed.tags, &(tag.as_str().into(), key.into()));
        }
        for dependency in &labels.dependencies {
            let of_it = (dependency.as_str().into(), key.into());
            remove(&mut indexed.dependencies, &of_it);
        }
        if let Some(at_ms) = end_ms {
            remove(&mut indexed.ends, &(at_ms, key.into()));
        }
    }

    /// The keys that have any of the labels, each once.
    pub fn labelled(&self, kind: LabelKind, labels: &[&str]) -> Vec<Box<str>> {
        let indexed = self.lock();
        let map = match kind {
            LabelKind::Tag => &indexed.tags,
            LabelKind::Dependency => &indexed.dependencies,
        };
        let of_one = |label: &&str| {
            let label: Box<str> = (*label).into();
            let from = map
                .range((label.clone(), Box::default())..)
                .map(|(of, _)| of);
            from.take_while(move |(of, _)| *of == label)
        };
        let keys = labels.iter().flat_map(of_one);
        let mut keys: Vec<Box<str>> = keys.map(|(_, key)| key.clone()).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// At most so many keys of entries that have ended, first what ended first.
    pub fn ended(&self, now_ms: i64, most: usize) -> Vec<Box<str>> {
        let indexed = self.lock();
        let ends = indexed.ends.keys().take_while(|(at, _)| *at <= now_ms);
        ends.take(most).map(|(_, key)| key.clone()).collect()
    }

    /// When the next one ends.
    pub fn next_end_ms(&self) -> Option<i64> {
        let indexed = self.lock();
        indexed.ends.first_key_value().map(|((at, _), _)| *at)
    }

    /// The keys that begin so, in order.
    pub fn beginning(&self, prefix: &str) -> Vec<Box<str>> {
        let indexed = self.lock();
        let from: (Bound<&str>, Bound<&str>) = (Bound::Included(prefix), Bound::Unbounded);
        let keys = indexed.keys.range::<str, _>(from);
        keys.map(|(key, _)| key)
            .take_while(|key| key.starts_with(prefix))
            .cloned()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(tags: &[&str]) -> BlobLabels {
        BlobLabels {
            tags: tags.iter().map(|t| t.to_string()).collect(),
            ..BlobLabels::default()
        }
    }

    #[test]
    fn a_key_stays_until_the_last_entry_of_it_went() {
        let index = Index::default();
        index.add("k", &labels(&["a", "b"]), None);
        index.add("k", &labels(&["b"]), None);
        index.remove("k", &labels(&["a", "b"]), None);
        assert_eq!(index.labelled(LabelKind::Tag, &["a"]), []);
        assert_eq!(index.labelled(LabelKind::Tag, &["a", "b"]), ["k".into()]);
        assert_eq!(index.labelled(LabelKind::Dependency, &["b"]), []);
        index.remove("k", &labels(&["b"]), None);
        assert!(index.beginning("").is_empty());
    }

    #[test]
    fn keys_that_begin_so_come_in_order_and_no_others() {
        let index = Index::default();
        for key in ["b", "ab", "aa", "a", "ä"] {
            index.add(key, &labels(&[]), None);
        }
        assert_eq!(index.beginning("a"), ["a".into(), "aa".into(), "ab".into()]);
        assert_eq!(index.beginning("").len(), 5);
    }
}
