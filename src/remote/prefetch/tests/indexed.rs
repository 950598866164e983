//! What the index knows, however entries come and go.

use super::world::{entry, BEGIN_MS, BYTES};
use super::*;
use crate::remote::prefetch::index::Index;
use crate::remote::prefetch::PrefetchEntry;
use proptest::prelude::*;
use std::collections::HashMap;

#[test]
fn a_listing_resets_neither_stamp_nor_size_nor_sequence() {
    let mut d = Driven::new(&PrefetchOptions::new());
    let mut known = entry(0);
    known.last_access_ms = BEGIN_MS;
    known.sequence = 9;
    known.payload_bytes = 77;
    d.prefetch.note(&known, true);
    d.world.put_locally(0);
    d.world.list(0, 5);
    d.world.list(0, BEGIN_MS + 999_999);
    d.world.list(1, 6);
    for listings in 1..=2 {
        d.prefetch.refresh();
        d.turns("a listing", |p| p.stats().listings == listings);
    }
    let told = d
        .prefetch
        .with_entry(&key(0), |e| (e.last_access_ms, e.sequence, e.payload_bytes));
    assert_eq!(told, Some((BEGIN_MS, 9, 77)));
    let stamp = d.prefetch.with_entry(&key(1), |e| e.last_access_ms);
    assert_eq!(stamp, Some(6));
    let stats = d.prefetch.stats();
    assert_eq!(stats.entries, 2);
}

#[test]
fn a_listing_fills_in_what_was_not_known() {
    let mut index = Index::new(1500);
    let mut vague = entry(0);
    (vague.payload_bytes, vague.model) = (0, [0; 32]);
    assert!(index.replace(&vague) && index.merge(&entry(0)));
    assert_eq!(index.get(&key(0)), Some(entry(0)));
}

#[test]
fn what_is_described_leaves_what_is_not_said_and_a_listing_fills_in_the_rest() {
    let mut index = Index::new(u64::MAX);
    let mut said = entry(0);
    (said.run, said.payload_bytes, said.last_access_ms) = ("", 0, 0);
    (said.parent, said.sequence) = (Some(key(9)), 3);
    let mut whole = entry(0);
    (whole.parent, whole.sequence) = (Some(key(9)), 3);
    // Before a listing, and after it.
    assert!(index.describe(&said));
    assert_eq!(index.get(&key(0)), Some(said));
    assert!(index.merge(&entry(0)));
    assert_eq!(index.get(&key(0)), Some(whole));
    (said.sequence, whole.sequence) = (4, 4);
    assert!(index.describe(&said));
    assert_eq!(index.get(&key(0)), Some(whole));
    // What is said counts, and a stamp grows.
    (said.run, said.payload_bytes, said.last_access_ms) = ("another", 5, BEGIN_MS + 1);
    assert!(index.describe(&said));
    assert_eq!(index.get(&key(0)), Some(said));
}

#[test]
fn what_is_asked_for_while_it_is_fetched_is_useful() {
    let mut index = Index::new(u64::MAX);
    for n in [0, 1] {
        assert!(index.replace(&entry(n)));
        index.set_busy(&key(n), true);
    }
    index.touch(&key(0), BEGIN_MS);
    for n in [0, 1] {
        index.set_busy(&key(n), false);
        index.note_warmed(&key(n), BYTES, false);
    }
    let worth = index.worth();
    assert_eq!((worth.useful, worth.unasked), (BYTES, BYTES));
    // Once, not for ever.
    index.note_resident(&key(0), false);
    index.set_busy(&key(0), true);
    index.note_warmed(&key(0), BYTES, false);
    assert_eq!(index.worth().unasked, 2 * BYTES);
}

#[test]
fn a_save_leaves_what_is_known_of_an_entry() {
    let mut index = Index::new(u64::MAX);
    assert!(index.replace(&entry(0)));
    index.note_stored(key(0), "later", BEGIN_MS);
    let known = PrefetchEntry {
        run: "later",
        last_access_ms: BEGIN_MS,
        ..entry(0)
    };
    assert_eq!(index.get(&key(0)), Some(known));
    index.note_stored(key(1), "new", BEGIN_MS);
    assert_eq!((index.len(), index.resident()), (2, 2));
}

#[test]
fn everything_that_was_told_of_an_entry_is_told_back() {
    let d = Driven::new(&PrefetchOptions::new());
    let mut e = entry(3);
    e.run = "another run";
    e.parent = Some(key(99));
    e.namespace = "elsewhere";
    d.prefetch.note(&e, false);
    d.prefetch
        .with_entry(&key(3), |told| assert_eq!(*told, e))
        .unwrap();
    // The parent is not there for being somebody's parent.
    assert!(d.prefetch.with_entry(&key(99), |_| ()).is_none());
    assert_eq!(d.prefetch.plan(9).len(), 1);
    e.last_access_ms -= 1000;
    e.payload_bytes = 5;
    e.parent = Some(key(3));
    d.prefetch.note(&e, false);
    e.last_access_ms += 1000;
    e.parent = None;
    d.prefetch
        .with_entry(&key(3), |told| assert_eq!(*told, e))
        .unwrap();
}

#[test]
fn names_of_entries_that_are_gone_do_not_pile_up() {
    let mut index = Index::new(u64::MAX);
    let mut most = 0;
    for n in 0..20_000u32 {
        let run = format!("a run of its own, number {n}");
        let e = PrefetchEntry {
            run: &run,
            ..entry(n)
        };
        assert!(index.replace(&e));
        if n >= 100 {
            assert!(index.remove(&key(n - 100)));
        }
        if n == 4000 {
            most = index.bytes();
        }
    }
    assert_eq!(index.len(), 100);
    assert!(index.bytes() <= 2 * most, "{} of {most}", index.bytes());
    let run = index.get(&key(19_990)).map(|e| e.run.to_owned());
    assert_eq!(run.as_deref(), Some("a run of its own, number 19990"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn entries_and_their_chains_are_those_of_a_plain_map(
        steps in prop::collection::vec((0u8..3, 0u32..12, prop::option::of(0u32..12), 0u32..4), 0..200),
    ) {
        let mut index = Index::new(u64::MAX);
        let mut model: HashMap<u32, (Option<u32>, u32)> = HashMap::new();
        for (what, n, parent, sequence) in steps {
            let parent = parent.filter(|p| *p != n);
            let e = PrefetchEntry { parent: parent.map(key), sequence, ..entry(n) };
            match what {
                0 => {
                    let was = model.remove(&n).is_some();
                    prop_assert_eq!(index.remove(&key(n)), was);
                }
                1 => {
                    index.merge(&e);
                    model.entry(n).or_insert((parent, sequence));
                }
                _ => {
                    index.replace(&e);
                    model.insert(n, (parent, sequence));
                }
            }
            prop_assert_eq!(index.len(), model.len());
            for n in 0..12 {
                let told = index.get(&key(n)).map(|e| (e.parent, e.sequence));
                let expected = model.get(&n).map(|(p, s)| (p.map(key), *s));
                prop_assert_eq!(told, expected);
                // The first step forwards is the child of the lowest sequence.
                let children = model.iter().filter(|(_, m)| m.0 == Some(n));
                let lowest = children.map(|(c, m)| (m.1, key(*c))).min();
                let steps = index.steps(&key(n), 1, crate::ChainDirection::Forward);
                if let Some((_, child)) = lowest {
                    prop_assert_eq!(steps, vec![child]);
                }
            }
        }
    }
}
