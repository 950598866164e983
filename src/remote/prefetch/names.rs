//! Texts and digests that many entries share, each once, under a number.

use super::table::Table;
use crate::cache::Seeded;
use std::hash::BuildHasher;

/// Grown by an eighth at a time: doubling would leave up to half of it unused.
fn make_room<T>(list: &mut Vec<T>, more: usize) {
    if list.capacity() - list.len() < more {
        list.reserve_exact(more.max(list.len() / 8 + 16));
    }
}

#[derive(Default)]
pub(super) struct Names {
    text: Vec<u8>,
    ends: Vec<u32>,
    table: Table,
    hasher: Seeded,
}

impl Names {
    pub fn get(&self, number: u32) -> &[u8] {
        let at = number as usize;
        let begin = match at.checked_sub(1) {
            Some(before) => self.ends.get(before).copied().unwrap_or(0),
            None => 0,
        };
        let end = self.ends.get(at).copied().unwrap_or(begin);
        &self.text[begin as usize..end as usize]
    }

    pub fn find(&self, name: &[u8]) -> Option<u32> {
        let hash = self.hasher.hash_one(name);
        self.table.find(hash, |n| self.get(n) == name)
    }

    /// The number of a name, a new one if it has none; `None` when there is no number left.
    pub fn number(&mut self, name: &[u8]) -> Option<u32> {
        if let Some(number) = self.find(name) {
            return Some(number);
        }
        let number = u32::try_from(self.ends.len()).ok()?;
        let end = u32::try_from(self.text.len() + name.len()).ok()?;
        make_room(&mut self.text, name.len());
        self.text.extend_from_slice(name);
        make_room(&mut self.ends, 1);
        self.ends.push(end);
        let mut table = std::mem::take(&mut self.table);
        table.insert(self.hasher.hash_one(name), number, |n| {
            self.hasher.hash_one(self.get(n))
        });
        self.table = table;
        Some(number)
    }

    pub fn bytes(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * size_of::<u32>() + self.table.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_number_and_a_number_its_name() {
        let mut names = Names::default();
        let all: Vec<String> = (0..500)
            .map(|i| "x".repeat(i % 7) + &i.to_string())
            .collect();
        for (number, name) in (0..).zip(&all) {
            assert_eq!(names.number(name.as_bytes()), Some(number));
        }
        assert_eq!(names.number(b""), Some(500));
        for (number, name) in (0..).zip(&all) {
            assert_eq!(names.number(name.as_bytes()), Some(number));
            assert_eq!(names.get(number), name.as_bytes());
        }
        assert_eq!(names.find(b"none"), None);
        assert_eq!(names.get(500), b"");
    }
}
