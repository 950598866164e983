//! Random operations against a simple model, with fresh handles, other handles and pauses between
//! them: whatever happened before, every lookup answers what the rules say.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use std::collections::BTreeMap;
use warmstart::{Key, Kind, Lookup, Store, StoreOptions};

const TOLERANCE: f64 = 1e-12;

#[derive(Debug, Clone)]
enum Step {
    Save {
        key: u8,
        objective: Option<i8>,
        is_final: bool,
    },
    Slot {
        key: u8,
        slot: u8,
        objective: Option<i8>,
        is_final: bool,
    },
    RemoveKey {
        key: u8,
    },
    RemoveSlot {
        key: u8,
        slot: u8,
    },
    Sweep,
    Reopen,
    OtherHandle,
    Settle,
}

fn step() -> impl Strategy<Value = Step> {
    let objective = || prop::option::of(-2i8..3);
    prop_oneof![
        3 => (0u8..2, objective(), any::<bool>())
            .prop_map(|(key, objective, is_final)| Step::Save { key, objective, is_final }),
        6 => (0u8..2, 0u8..2, objective(), any::<bool>())
            .prop_map(|(key, slot, objective, is_final)| Step::Slot { key, slot, objective, is_final }),
        1 => (0u8..2).prop_map(|key| Step::RemoveKey { key }),
        1 => (0u8..2, 0u8..2).prop_map(|(key, slot)| Step::RemoveSlot { key, slot }),
        1 => Just(Step::Sweep),
        1 => Just(Step::Reopen),
        2 => Just(Step::OtherHandle),
        1 => Just(Step::Settle),
    ]
}

#[derive(Debug, Clone)]
struct Saved {
    objective: Option<f64>,
    is_final: bool,
    /// Stands for the time of writing.
    order: u32,
}

/// Run id to what it holds, for each key.
type Model = [BTreeMap<String, Saved>; 2];

fn latest(runs: &BTreeMap<String, Saved>) -> Option<u32> {
    runs.values().map(|s| s.order).max()
}

fn best(runs: &BTreeMap<String, Saved>) -> Option<u32> {
    let lowest = runs
        .values()
        .filter_map(|s| s.objective)
        .min_by(f64::total_cmp);
    let Some(lowest) = lowest else {
        return latest(runs);
    };
    let ties = runs
        .values()
        .filter(|s| s.objective.is_some_and(|o| o - lowest <= TOLERANCE));
    ties.max_by_key(|s| (s.is_final, s.order)).map(|s| s.order)
}

fn key(n: u8) -> Key {
    Key::from_bytes([n + 1; 32])
}

fn kind(is_final: bool) -> Kind {
    if is_final {
        Kind::Final
    } else {
        Kind::Checkpoint
    }
}

fn value(objective: Option<i8>) -> Option<f64> {
    // Some ties are within the tolerance without being equal.
    objective.map(|o| f64::from(o / 2) + f64::from(o % 2) * 0.4e-12)
}

/// Files in the keys' directories whose names end so.
fn count(root: &std::path::Path, end: &str) -> usize {
    let keys = std::fs::read_dir(root).unwrap();
    let names = keys.flat_map(|key| std::fs::read_dir(key.unwrap().path()).into_iter().flatten());
    names
        .filter(|n| {
            n.as_ref()
                .unwrap()
                .file_name()
                .to_str()
                .unwrap()
                .ends_with(end)
        })
        .count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_lookup_answers_what_the_rules_say(steps in prop::collection::vec(step(), 1..40)) {
        let tmp = tempfile::tempdir().unwrap();
        let open = || Store::open(Some(tmp.path()), &StoreOptions::new()).unwrap();
        let mut handles = [open(), open()];
        let mut active = 0;
        let mut model: Model = [BTreeMap::new(), BTreeMap::new()];
        for (order, step) in steps.iter().enumerate() {
            let order = order as u32;
            let store = &handles[active];
            let payload = order.to_le_bytes();
            match step {
                Step::Save { key: k, objective, is_final } => {
                    let objective = value(*objective);
                    let run_id = store.save(key(*k), &payload, objective, None, kind(*is_final)).unwrap();
                    model[*k as usize].insert(run_id, Saved { objective, is_final: *is_final, order });
                }
                Step::Slot { key: k, slot, objective, is_final } => {
                    let objective = value(*objective);
                    let run_id = format!("slot{slot}");
                    store.save_slot(key(*k), &run_id, &payload, objective, None, kind(*is_final)).unwrap();
                    model[*k as usize].insert(run_id, Saved { objective, is_final: *is_final, order });
                }
                Step::RemoveKey { key: k } => {
                    let had = !model[*k as usize].is_empty();
                    prop_assert_eq!(store.remove(key(*k)).unwrap(), had);
                    model[*k as usize].clear();
                }
                Step::RemoveSlot { key: k, slot } => {
                    let run_id = format!("slot{slot}");
                    let had = model[*k as usize].remove(&run_id).is_some();
                    prop_assert_eq!(store.remove_entry(key(*k), &run_id).unwrap(), had);
                }
                Step::Sweep => store.sweep().unwrap(),
                Step::Reopen => handles[active] = open(),
                Step::OtherHandle => active = 1 - active,
                Step::Settle => std::thread::sleep(std::time::Duration::from_millis(25)),
            }
            for handle in &handles {
                for (k, runs) in model.iter().enumerate() {
                    for (mode, expected) in [(Lookup::Best, best(runs)), (Lookup::Latest, latest(runs))] {
                        let found = handle.lookup(key(k as u8), mode).unwrap();
                        let found = found.map(|e| u32::from_le_bytes(e.payload().try_into().unwrap()));
                        prop_assert_eq!(found, expected, "{:?} of key {} after {:?}", mode, k, &steps[..=order as usize]);
                    }
                    let mut listed: Vec<String> =
                        handle.entries(key(k as u8)).unwrap().into_iter().map(|r| r.run_id).collect();
                    listed.sort();
                    prop_assert_eq!(listed, runs.keys().cloned().collect::<Vec<_>>());
                }
            }
        }
        for handle in &handles {
            prop_assert!(handle.flush(std::time::Duration::from_secs(60)).unwrap());
        }
        let store = &handles[0];
        store.sweep().unwrap();
        let stats = store.stats();
        let entries: usize = model.iter().map(BTreeMap::len).sum();
        prop_assert_eq!(stats.entries, entries as i64);
        let (pairs, private) = (count(tmp.path(), ".json") as i64, count(tmp.path(), ".slot") as i64);
        prop_assert_eq!(pairs, entries as i64);
        prop_assert_eq!(stats.files, 2 * pairs + private + 1, "with the totals");
        prop_assert_eq!(stats.keys, model.iter().filter(|runs| !runs.is_empty()).count() as i64);
    }
}
