//! Random calls on two handles, against a map.

use super::crash::open_on;
use super::*;
use crate::fs::simulated::Simulated;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const LABELS: [&str; 3] = ["a", "b", "c"];

#[derive(Debug, Clone)]
enum Call {
    Put {
        key: u8,
        labels: u8,
        len: usize,
    },
    /// Only if the version is the one in the map, or one that is not.
    Swap {
        key: u8,
        right: bool,
    },
    Remove(u8),
    Invalidate(u8),
    Life(u8),
    Collect,
    Evict(u8),
    Sweep(i64),
    Repair,
}

fn call() -> impl Strategy<Value = Call> {
    let key = 0..4u8;
    prop_oneof![
        4 => (key.clone(), 0..8u8, 0..9000usize)
            .prop_map(|(key, labels, len)| Call::Put { key, labels, len }),
        3 => (key.clone(), any::<bool>()).prop_map(|(key, right)| Call::Swap { key, right }),
        2 => key.clone().prop_map(Call::Remove),
        2 => (0..8u8).prop_map(Call::Invalidate),
        1 => key.clone().prop_map(Call::Life),
        1 => Just(Call::Collect),
        1 => key.prop_map(Call::Evict),
        2 => prop_oneof![Just(0), Just(61), Just(700)].prop_map(Call::Sweep),
        1 => Just(Call::Repair),
    ]
}

#[derive(Debug, Clone, PartialEq)]
struct Known {
    bytes: Vec<u8>,
    labels: Vec<&'static str>,
    version: u64,
    deadline: Option<i64>,
}

fn chosen(mask: u8) -> Vec<&'static str> {
    let of = |i: usize| mask >> i & 1 == 1;
    (0..3).filter(|i| of(*i)).map(|i| LABELS[i]).collect()
}

fn judged(store: &Store, key: Key, known: &Known, expected: Option<u64>) -> bool {
    let mut judge = expect(expected);
    let mut given = fields(Some(known.version), &known.labels);
    match store.seal(key, &mut given, &known.bytes, Some(&mut judge)) {
        Ok(_) => true,
        Err(e) if e.kind() == ErrorKind::Conflict => false,
        Err(e) => panic!("{e}"),
    }
}

fn check(calls: &[(bool, Call)]) {
    let disk = Simulated::new();
    let stores = [0, 1].map(|_| open_on(Arc::new(disk.clone())));
    let mut map: BTreeMap<u8, Known> = BTreeMap::new();
    for (n, (which, call)) in calls.iter().enumerate() {
        let store = &stores[usize::from(*which)];
        let next = n as u64 + 1;
        match *call {
            Call::Put {
                key: k,
                labels,
                len,
            } => {
                let known = Known {
                    bytes: vec![n as u8; len],
                    labels: chosen(labels),
                    version: next,
                    deadline: None,
                };
                let mut given = fields(Some(next), &known.labels);
                let put = store.seal(key(k), &mut given, &known.bytes, None).unwrap();
                assert_eq!(put.unwrap().replaced, map.insert(k, known).is_some());
            }
            Call::Swap { key: k, right } => {
                let version = map.get(&k).map(|m| m.version);
                let expected = if right { version } else { Some(u64::MAX) };
                let known = Known {
                    bytes: vec![n as u8; 3],
                    labels: chosen(n as u8),
                    version: next,
                    deadline: None,
                };
                assert_eq!(judged(store, key(k), &known, expected), right);
                if right {
                    map.insert(k, known);
                }
            }
            Call::Remove(k) => {
                assert_eq!(
                    store.unseal(key(k), None).unwrap(),
                    map.remove(&k).is_some()
                );
            }
            Call::Invalidate(mask) => {
                let labels = chosen(mask);
                let ids: Vec<Key> = labels.iter().map(|l| tag(l)).collect();
                // What was invalidated by another label, and not collected yet, is named again.
                let is_exact = mask & 1 == 0;
                if is_exact {
                    store.collect_gone(crate::store::Gone::All).unwrap();
                }
                let gone: BTreeSet<Key> = invalidate(store, &ids)
                    .into_iter()
                    .map(|(key, _)| key)
                    .collect();
                let has = |m: &Known| m.labels.iter().any(|l| labels.contains(l));
                let expected: BTreeSet<Key> = map
                    .iter()
                    .filter(|(_, m)| has(m))
                    .map(|(k, _)| key(*k))
                    .collect();
                assert!(expected.is_subset(&gone));
                assert!(!is_exact || gone == expected);
                map.retain(|_, m| !has(m));
            }
            Call::Life(k) => {
                let entry = store.sealed(key(k), SealedRead::Front).unwrap();
                let life = Life {
                    deadline_unix_ms: Some(i64::MAX - n as i64),
                    ..Life::default()
                };
                if let Some(entry) = entry {
                    assert!(store.set_life(key(k), entry.generation, life).unwrap());
                    map.get_mut(&k).unwrap().deadline = life.deadline_unix_ms;
                }
            }
            Call::Collect => store.collect_gone(crate::store::Gone::All).unwrap(),
            Call::Evict(k) => {
                let root = store.inner().root();
                let change = store.inner().evict_one(root.as_ref(), key(k)).unwrap();
                store.inner().account(change, None);
                map.remove(&k);
            }
            Call::Sweep(seconds) => {
                disk.advance(seconds);
                store.sweep().unwrap();
            }
            Call::Repair => {
                let report = store.repair(&Progress::new()).unwrap();
                assert_eq!(report.damaged + report.leavings, 0, "{report:?}");
            }
        }
        for store in &stores {
            let found: BTreeMap<u8, Known> = (0..4)
                .filter_map(|k| {
                    let entry = store.sealed(key(k), SealedRead::Payload).unwrap()?;
                    let known = Known {
                        bytes: entry.payload.unwrap().to_vec(),
                        labels: LABELS
                            .into_iter()
                            .filter(|l| entry.fields.tags.iter().any(|t| t == l))
                            .collect(),
                        version: entry.fields.version.unwrap(),
                        deadline: entry.fields.deadline_unix_ms,
                    };
                    Some((k, known))
                })
                .collect();
            assert_eq!(found, map, "after call {n}");
        }
        let counted = store.inner().count_files().unwrap();
        let stats = store.stats();
        assert_eq!(
            (stats.files, stats.bytes, stats.entries, stats.keys),
            (counted.files, counted.bytes, counted.entries, counted.keys),
            "after call {n}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]
    #[test]
    fn any_calls_by_two_handles_are_answered_as_by_a_map(
        calls in prop::collection::vec((any::<bool>(), call()), 1..40)
    ) {
        check(&calls);
    }
}
