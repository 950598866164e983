use super::*;
use crate::cache::hasher::Seeded;
use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, DefaultHasher, Hasher};
use std::sync::Arc;

/// What the benchmarks compare with other policies' hits.
#[path = "../../../tests/bench/src/policies.rs"]
#[allow(dead_code)]
mod policies;

/// Every entry has one weight: its place.
const ONE: usize = Sieve::<u8, u8>::ENTRY_BYTES;

fn one_shard<S: BuildHasher>(entries: usize, hasher: S) -> Tier<u8, u8, S> {
    Tier::with_shards(entries * ONE, 1, hasher)
}

/// SIEVE as published, on a plain list: index 0 is the tail.
#[derive(Default)]
struct Model {
    list: Vec<(u8, bool)>,
    hand: Option<u8>,
}

impl Model {
    fn get(&mut self, key: u8) -> bool {
        let hit = self.list.iter_mut().find(|e| e.0 == key);
        hit.map(|e| e.1 = true).is_some()
    }

    fn remove(&mut self, key: u8) {
        if let Some(i) = self.list.iter().position(|e| e.0 == key) {
            if self.hand == Some(key) {
                self.hand = self.list.get(i + 1).map(|e| e.0);
            }
            self.list.remove(i);
        }
    }

    fn evict(&mut self) -> u8 {
        let at_hand = |h| self.list.iter().position(|e| e.0 == h);
        let mut i = self.hand.and_then(at_hand).unwrap_or(0);
        while std::mem::take(&mut self.list[i].1) {
            i = (i + 1) % self.list.len();
        }
        let victim = self.list[i].0;
        self.hand = Some(victim);
        self.remove(victim);
        victim
    }

    fn insert(&mut self, key: u8, capacity: usize) {
        self.remove(key);
        while self.list.len() >= capacity {
            self.evict();
        }
        self.list.push((key, false));
    }
}

/// One queue for each priority, of which the lowest goes first.
#[derive(Default)]
struct Ranked {
    queues: BTreeMap<u8, Model>,
    charges: HashMap<u8, usize>,
}

impl Ranked {
    fn remove(&mut self, key: u8) -> bool {
        self.queues.values_mut().for_each(|queue| queue.remove(key));
        self.queues.retain(|_, queue| !queue.list.is_empty());
        self.charges.remove(&key).is_some()
    }

    fn put(&mut self, key: u8, charge: usize, priority: u8, limit: usize) -> (Fate, Vec<u8>) {
        self.remove(key);
        let mut evicted = Vec::new();
        while self.charges.values().sum::<usize>() + charge > limit {
            let Some(mut queue) = self.queues.first_entry().filter(|_| charge <= limit) else {
                return (Fate::TooHeavy, evicted);
            };
            if *queue.key() > priority {
                return (Fate::Outranked, evicted);
            }
            evicted.push(queue.get_mut().evict());
            self.remove(evicted[evicted.len() - 1]);
        }
        let queue = self.queues.entry(priority).or_default();
        queue.list.push((key, false));
        self.charges.insert(key, charge);
        (Fate::Kept, evicted)
    }
}

#[derive(Debug, Clone)]
enum Call {
    Put(u8, usize, u8),
    Get(u8),
    Peek(u8),
    Remove(u8),
    RemoveIf(u8, bool),
    Look(u8),
    Drop(u8),
}

fn call() -> impl Strategy<Value = Call> {
    let key = 0u8..12;
    // The default and others, and few enough for queues to have several entries.
    let priority = prop::sample::select(vec![0u8, 3, 127, 128, 129, 255]);
    let put = (key.clone(), 0..5 * ONE, priority);
    prop_oneof![
        6 => put.prop_map(|(key, weight, priority)| Call::Put(key, weight, priority)),
        4 => key.clone().prop_map(Call::Get),
        1 => key.clone().prop_map(Call::Peek),
        1 => key.clone().prop_map(Call::Remove),
        1 => (key.clone(), any::<bool>()).prop_map(|(key, holds)| Call::RemoveIf(key, holds)),
        1 => key.clone().prop_map(Call::Look),
        1 => key.prop_map(Call::Drop),
    ]
}

/// CLOCK: new entries are visited, and one that goes is replaced where it was.
#[derive(Default)]
struct Clock {
    slots: Vec<(u8, bool)>,
    hand: usize,
}

impl Clock {
    fn hit_or_insert(&mut self, key: u8, capacity: usize) -> bool {
        if let Some(e) = self.slots.iter_mut().find(|e| e.0 == key) {
            e.1 = true;
            return true;
        }
        if self.slots.len() < capacity {
            self.slots.push((key, true));
            return false;
        }
        while std::mem::take(&mut self.slots[self.hand].1) {
            self.hand = (self.hand + 1) % capacity;
        }
        self.slots[self.hand] = (key, true);
        self.hand = (self.hand + 1) % capacity;
        false
    }
}

/// All keys have one hash.
#[derive(Default)]
struct Same;

impl Hasher for Same {
    fn finish(&self) -> u64 {
        7
    }

    fn write(&mut self, _: &[u8]) {}
}

fn agrees_with_the_model<S: BuildHasher>(
    tier: Tier<u8, u8, S>,
    ops: &[(u8, u8)],
) -> Result<(), TestCaseError> {
    let mut model = Model::default();
    for &(op, key) in ops {
        match op {
            0 => {
                tier.insert(key, key, 0);
                model.insert(key, 5);
            }
            1 => prop_assert_eq!(tier.get(&key).is_some(), model.get(key)),
            _ => {
                tier.remove(&key);
                model.remove(key);
            }
        }
        prop_assert_eq!(tier.weight(), model.list.len() * ONE);
    }
    for key in 0..12 {
        let kept = tier.get(&key);
        prop_assert_eq!(kept.is_some(), model.list.iter().any(|e| e.0 == key));
        prop_assert!(kept.map_or(true, |value| value == key));
    }
    Ok(())
}

proptest! {
    #[test]
    fn one_shard_evicts_what_the_paper_evicts(ops in prop::collection::vec((0u8..3, 0u8..12), 1..200)) {
        agrees_with_the_model(one_shard(5, RandomState::new()), &ops)?;
    }

    #[test]
    fn it_hits_when_the_benchmarks_sieve_does(
        requests in prop::collection::vec(0u8..30, 1..400),
        capacity in 1usize..20,
    ) {
        use policies::Policy;
        let tier = one_shard(capacity, Seeded::default());
        let mut simulated = policies::Sieve::new(30, capacity);
        for key in requests {
            let hit = tier.get(&key).is_some();
            if !hit {
                tier.insert(key, key, 0);
            }
            prop_assert_eq!(hit, simulated.ask(key.into()));
        }
    }

    #[test]
    fn so_does_one_in_which_all_hashes_collide(ops in prop::collection::vec((0u8..3, 0u8..12), 1..200)) {
        agrees_with_the_model(one_shard(5, BuildHasherDefault::<Same>::default()), &ops)?;
    }

    #[test]
    fn the_weight_is_bounded_and_exact_over_all_shards(
        ops in prop::collection::vec((0u8..40, 0usize..2000), 1..100),
        shards in 1usize..9,
    ) {
        let limit = 2000 + Sieve::<u8, usize>::ENTRY_BYTES;
        let tier = Tier::with_shards(limit, shards, RandomState::new());
        let mut weights = HashMap::new();
        for (key, weight) in ops {
            tier.insert(key, weight, weight);
            weights.insert(key, weight);
            let kept = weights.keys().filter_map(|k| tier.get(k));
            let kept: usize = kept.map(|w| w + Sieve::<u8, usize>::ENTRY_BYTES).sum();
            prop_assert_eq!(tier.weight(), kept);
            prop_assert!(kept <= limit);
            // There is always room for the newest.
            prop_assert_eq!(tier.get(&key), Some(weight));
        }
    }

    #[test]
    fn what_queues_and_index_occupy_is_charged(
        ops in prop::collection::vec((any::<bool>(), 0u16..400, any::<u8>()), 1..1500),
        ranked in any::<bool>(),
    ) {
        let tier = Tier::<u16, u64, _>::with_shards(usize::MAX, 2, RandomState::new());
        // Empty tables of a few buckets, and of a few queues, are beyond the charge.
        let spare = 2 * (4 * size_of::<[u64; 6]>() + 8 * 17);
        let spare_queues = 2 * 4 * 16;
        let mut charges = HashMap::new();
        for (insert, key, priority) in ops {
            let priority = if ranked { priority } else { DEFAULT_PRIORITY };
            if insert {
                tier.put(key, 1, 0, priority, |_, _| {});
                charges.insert(key, Tier::<u16, u64>::charge(0, priority));
            } else {
                tier.remove(&key);
                charges.remove(&key);
            }
            let (bytes, queues, entries) = tier.allocated();
            prop_assert_eq!(entries, charges.len());
            prop_assert_eq!(tier.weight(), charges.values().sum::<usize>());
            let charged = entries * Tier::<u16, u64>::ENTRY_BYTES;
            prop_assert!(bytes <= charged + spare, "{} for {}", bytes, entries);
            let charged = tier.weight() - charged;
            prop_assert!(queues <= charged + spare_queues, "{} for {}", queues, charged);
        }
    }

    #[test]
    fn one_shard_with_priorities_does_what_was_modelled(
        calls in prop::collection::vec(call(), 1..200),
        limit in 0..10 * ONE,
        locks in 1usize..5,
    ) {
        let tier = Tier::<u8, u8, _>::with_locks(limit, 1, locks, Seeded::default());
        let mut model = Ranked::default();
        for call in calls {
            match call {
                Call::Put(key, weight, priority) => {
                    let charge = Tier::<u8, u8>::charge(weight, priority);
                    let before = model.charges.clone();
                    let mut evicted = Vec::new();
                    let outcome = tier.put(key, key, weight, priority, |key, value| {
                        evicted.push(key);
                        assert_eq!(key, value);
                    });
                    let expected = model.put(key, charge, priority, limit);
                    prop_assert_eq!((outcome.fate, evicted), expected.clone());
                    prop_assert_eq!(outcome.evicted, expected.1.len());
                    let previous = before.contains_key(&key).then_some(key);
                    prop_assert_eq!(outcome.previous, previous);
                }
                Call::Get(key) => {
                    let found = model.queues.values_mut().any(|queue| queue.get(key));
                    prop_assert_eq!(tier.get(&key), found.then_some(key));
                }
                Call::Peek(key) => {
                    let found = model.charges.contains_key(&key).then_some(key);
                    prop_assert_eq!(tier.peek_with(&key, |value| *value), found);
                }
                Call::Remove(key) => {
                    prop_assert_eq!(tier.remove(&key), model.remove(key).then_some(key));
                }
                Call::RemoveIf(key, holds) => {
                    let removed = tier.remove_if(&key, |value| *value == key && holds);
                    prop_assert_eq!(removed, (holds && model.remove(key)).then_some(key));
                }
                Call::Look(key) => {
                    let mut seen = None;
                    let look = |value: Option<&u8>| {
                        seen = value.copied();
                        Decision::Leave
                    };
                    let outcome = tier.entry(key, look, |_, _| unreachable!());
                    prop_assert_eq!((outcome.fate, outcome.previous), (Fate::Left, None));
                    prop_assert_eq!(seen, model.charges.contains_key(&key).then_some(key));
                }
                Call::Drop(key) => {
                    let outcome = tier.entry(key, |_| Decision::Remove, |_, _| unreachable!());
                    let removed = model.remove(key).then_some(key);
                    prop_assert_eq!((outcome.fate, outcome.previous), (Fate::Removed, removed));
                }
            }
            prop_assert_eq!(tier.weight(), model.charges.values().sum::<usize>());
            prop_assert_eq!(tier.len(), model.charges.len());
            let mut keys = Vec::new();
            tier.for_each(|key, _| keys.push(*key));
            keys.sort_unstable();
            prop_assert!(keys.iter().all(|key| model.charges.contains_key(key)));
            prop_assert_eq!(keys.len(), model.charges.len());
        }
    }

    /// Whatever the number of shards: nothing goes for what is of lower priority.
    #[test]
    fn what_is_evicted_is_of_no_higher_priority_than_what_it_makes_room_for(
        puts in prop::collection::vec((0u8..40, 0..2 * ONE, any::<u8>()), 1..100),
        shards in 1usize..9,
    ) {
        let limit = 8 * ONE;
        let tier = Tier::<u8, u8, _>::with_locks(limit, shards, 2, RandomState::new());
        let mut priorities = HashMap::new();
        for (key, weight, priority) in puts {
            let mut evicted = Vec::new();
            let outcome = tier.put(key, key, weight, priority, |key, _| evicted.push(key));
            priorities.remove(&key);
            for key in evicted {
                prop_assert!(priorities.remove(&key).is_some_and(|it| it <= priority));
            }
            if outcome.fate == Fate::Kept {
                priorities.insert(key, priority);
            } else {
                prop_assert_eq!(outcome.fate, Fate::Outranked);
                prop_assert!(priorities.values().all(|it| *it > priority));
            }
            prop_assert_eq!(tier.len(), priorities.len());
            prop_assert!(tier.weight() <= limit);
        }
    }
}

#[test]
fn an_entry_under_a_key_takes_no_more_than_is_said() {
    assert_eq!(
        Tier::<crate::key::Key, std::sync::Arc<u8>>::ENTRY_BYTES,
        200
    );
}

/// Four keys used again and again between keys used once: SIEVE keeps the four, CLOCK does not.
#[test]
fn what_is_used_once_does_not_drive_out_what_is_used_often() {
    let tier = one_shard(6, RandomState::new());
    let mut clock = Clock::default();
    let (mut sieve_hits, mut clock_hits, mut popular) = (0, 0, 0);
    let mut ask = |key: u8, counts: bool| {
        let hit = tier.get(&key).is_some();
        if !hit {
            tier.insert(key, key, 0);
        }
        let clock_hit = clock.hit_or_insert(key, 6);
        if counts {
            popular += 1;
            sieve_hits += i32::from(hit);
            clock_hits += i32::from(clock_hit);
        }
    };
    (0..4).for_each(|key| ask(key, false));
    for round in 0..60u8 {
        (0..4).for_each(|key| ask(key, true));
        (0..3).for_each(|i| ask(10 + 3 * round + i, false));
    }
    assert_eq!((popular, sieve_hits), (240, 240));
    assert!(clock_hits < 200, "{clock_hits}");
}

#[test]
fn entries_in_use_are_spared_once_whichever_shard_they_are_in() {
    let tier = Tier::with_shards(40 * ONE, 8, BuildHasherDefault::<DefaultHasher>::default());
    (0..40u8).for_each(|key| tier.insert(key, key, 0));
    let used = |key: u8| key % 4 == 0;
    for key in (0..40).filter(|k| used(*k)) {
        assert_eq!(tier.get(&key), Some(key));
    }
    // Thirty unvisited ones make room before any that was used.
    (100..130u8).for_each(|key| tier.insert(key, key, 0));
    let kept = (0..40)
        .filter(|k| used(*k) && tier.get(k).is_some())
        .count();
    assert!(kept >= 6, "{kept} of 10");
}

#[test]
fn what_is_heavier_than_the_tier_is_not_kept_and_drops_the_older_value() {
    let tier = one_shard(2, RandomState::new());
    tier.insert(1, 1, 0);
    tier.insert(1, 2, 2 * ONE);
    assert_eq!((tier.get(&1), tier.weight()), (None, 0));
    let nothing = one_shard(0, RandomState::new());
    nothing.insert(1, 1, 0);
    assert_eq!((nothing.get(&1), nothing.weight()), (None, 0));
}

#[test]
fn one_large_entry_takes_the_place_of_many_small_ones() {
    let tier = Tier::with_shards(100 * ONE, 8, RandomState::new());
    (0..100u8).for_each(|key| tier.insert(key, key, 0));
    tier.insert(200, 1, 99 * ONE);
    assert_eq!((tier.get(&200), tier.weight()), (Some(1), 100 * ONE));
}

#[test]
fn keys_are_found_by_what_they_borrow() {
    let tier = Tier::<String, u8>::new(10_000);
    tier.insert("name".into(), 1, 4);
    assert_eq!(tier.get("name"), Some(1));
    tier.remove("name");
    assert_eq!(tier.get("name"), None);
}

#[test]
fn a_limit_of_bytes_keeps_the_newest() {
    let tier = one_shard(4, RandomState::new());
    (0..20u8).for_each(|key| tier.insert(key, key, 0));
    let kept: Vec<u8> = (0..20).filter(|key| tier.get(key).is_some()).collect();
    assert_eq!(kept, [16, 17, 18, 19]);
}

#[test]
fn the_lowest_priority_goes_first_even_if_it_is_in_use() {
    let each = Tier::<u8, u8>::charge(0, 7);
    let tier = Tier::<u8, u8, _>::with_shards(3 * each, 1, RandomState::new());
    for (key, priority) in [(1, 7), (2, 9), (3, 8)] {
        tier.put(key, key, 0, priority, |_, _| {});
    }
    assert_eq!(tier.get(&1), Some(1));
    let mut evicted = Vec::new();
    for key in 4..7 {
        tier.put(key, key, 0, 200, |key, _| evicted.push(key));
    }
    assert_eq!(evicted, [1, 3, 2]);
}

#[test]
fn what_is_below_all_that_a_full_tier_holds_is_refused_and_what_it_replaces_goes() {
    let each = Tier::<u8, u8>::charge(0, 7);
    let tier = Tier::<u8, u8, _>::with_shards(2 * each, 1, RandomState::new());
    tier.put(1, 1, 0, 7, |_, _| {});
    // There is room: it need not drive anything out.
    assert_eq!(tier.put(2, 2, 0, 6, |_, _| {}).fate, Fate::Kept);
    assert_eq!(tier.put(3, 3, 0, 5, |_, _| {}).fate, Fate::Outranked);
    assert_eq!((tier.get(&3), tier.len()), (None, 2));
    // An equal may, and so it does.
    assert_eq!(tier.put(3, 3, 0, 6, |_, _| {}).evicted, 1);
    // In its own place there is room whatever the priority, but not for more than that.
    assert_eq!(tier.put(1, 4, 0, 0, |_, _| {}).fate, Fate::Kept);
    let outcome = tier.put(1, 5, 1, 0, |_, _| {});
    assert_eq!((outcome.fate, outcome.previous), (Fate::Outranked, Some(4)));
    assert_eq!((tier.get(&1), tier.weight()), (None, each));
}

#[test]
fn a_step_is_asked_again_when_room_was_made_and_its_own_entry_is_spared() {
    let tier = one_shard(3, RandomState::new());
    (0..3u8).for_each(|key| tier.insert(key, key, 0));
    let (mut shown, mut evicted) = (Vec::new(), Vec::new());
    let decide = |value: Option<&u8>| {
        shown.push(value.copied());
        Decision::Put {
            value: 9,
            weight: ONE,
            priority: DEFAULT_PRIORITY,
        }
    };
    let outcome = tier.entry(0, decide, |key, _| evicted.push(key));
    assert_eq!(shown, [Some(0), Some(0)]);
    assert_eq!((outcome.fate, outcome.previous), (Fate::Kept, Some(0)));
    assert_eq!(outcome.evicted, 1);
    assert_eq!((evicted, tier.weight()), (vec![1], 3 * ONE));
}

#[test]
fn steps_of_several_threads_at_one_key_are_done_one_after_the_other() {
    let tier = Tier::<u8, u64, _>::for_many_threads(10_000, 4, RandomState::new());
    let count = || {
        for _ in 0..500 {
            let add = |value: Option<&u64>| Decision::Put {
                value: value.map_or(1, |value| value + 1),
                weight: 0,
                priority: 3,
            };
            assert_eq!(tier.entry(1, add, |_, _| {}).fate, Fate::Kept);
        }
    };
    std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(count))));
    assert_eq!(tier.get(&1), Some(2000));
    assert_eq!(tier.weight(), Tier::<u8, u64>::charge(0, 3));
}

/// Notes whether any lock was held when it went.
struct Probe(Arc<ProbedTier>);

#[derive(Default)]
struct ProbedTier {
    tier: std::sync::OnceLock<Tier<u8, Arc<Probe>>>,
    dropped: AtomicUsize,
    under_a_lock: AtomicUsize,
}

impl Drop for Probe {
    fn drop(&mut self) {
        let shards = self.0.tier.get().map_or(&[][..], |tier| &tier.shards);
        let held = shards.iter().any(Shard::is_locked);
        self.0.dropped.fetch_add(1, Ordering::Relaxed);
        let held = usize::from(held);
        self.0.under_a_lock.fetch_add(held, Ordering::Relaxed);
    }
}

#[test]
fn values_go_outside_of_any_lock_however_they_go() {
    let probed = Arc::new(ProbedTier::default());
    let each = Tier::<u8, Arc<Probe>>::charge(0, 5);
    let tier = probed
        .tier
        .get_or_init(|| Tier::for_many_threads(2 * each, 8, RandomState::new()));
    let new = || Arc::new(Probe(Arc::clone(&probed)));
    let put = |key, weight, priority| tier.put(key, new(), weight, priority, |_, _| {}).fate;
    // Replaced; removed; removed by a step; too heavy; evicted; refused.
    assert_eq!([put(1, 0, 5), put(1, 0, 5)], [Fate::Kept; 2]);
    tier.remove(&1);
    assert_eq!(put(1, 0, 5), Fate::Kept);
    tier.entry(1, |_| Decision::Remove, |_, _| {});
    assert_eq!(
        [put(1, 0, 5), put(1, 2 * each, 5)],
        [Fate::Kept, Fate::TooHeavy]
    );
    assert_eq!([put(1, 0, 5), put(2, 0, 5), put(3, 0, 5)], [Fate::Kept; 3]);
    assert_eq!(put(4, 0, 4), Fate::Outranked);
    // A step's values, to which nobody else refers: refused; too heavy; that found no room at first.
    for (weight, priority, fate) in [
        (0, 4, Fate::Outranked),
        (2 * each, 5, Fate::TooHeavy),
        (0, 5, Fate::Kept),
    ] {
        let decide = |_: Option<&_>| Decision::Put {
            value: new(),
            weight,
            priority,
        };
        assert_eq!(tier.entry(4, decide, |_, _| {}).fate, fate);
    }
    assert!(probed.dropped.load(Ordering::Relaxed) >= 12);
    assert_eq!(probed.under_a_lock.load(Ordering::Relaxed), 0);
    // The values hold what holds the tier.
    (0..5).for_each(|key| drop(tier.remove(&key)));
}

#[test]
fn a_hit_needs_no_exclusive_lock() {
    let tier = one_shard(2, RandomState::new());
    tier.insert(1, 7, 0);
    let other = || std::thread::scope(|scope| scope.spawn(|| tier.get(&1)).join().unwrap());
    assert_eq!(tier.get_with(&1, |_| other()), Some(Some(7)));
    let mut seen = 0;
    tier.for_each(|_, _| seen += u32::from(other() == Some(7)));
    assert_eq!(seen, 1);
}

#[test]
fn a_step_that_panics_leaves_nothing_charged_and_nothing_hidden() {
    let tier = Tier::<u8, u8, _>::with_locks(2 * ONE, 1, MOST_LOCKS, RandomState::new());
    tier.insert(1, 1, 0);
    tier.insert(2, 2, 0);
    let mut asked = 0;
    let decide = |_: Option<&u8>| {
        asked += 1;
        assert_eq!(asked, 1, "room was made");
        Decision::Put {
            value: 3,
            weight: 0,
            priority: DEFAULT_PRIORITY,
        }
    };
    let step = std::panic::AssertUnwindSafe(|| tier.entry(3, decide, |_, _| {}));
    assert!(std::panic::catch_unwind(step).is_err());
    assert_eq!((tier.len(), tier.weight()), (1, ONE));
    // Threads of every group still find what there is.
    let find = || assert_eq!(tier.get(&2), Some(2));
    for _ in 0..2 * MOST_LOCKS {
        std::thread::scope(|scope| scope.spawn(find).join().unwrap());
    }
    tier.insert(3, 3, 0);
    assert_eq!((tier.get(&3), tier.weight()), (Some(3), 2 * ONE));
}

#[test]
fn a_thread_of_any_group_finds_at_once_what_another_put() {
    let tier = Tier::<u8, u64, _>::for_many_threads(100_000, DEFAULT_SHARDS, Seeded::default());
    let turns = |own: u8| {
        let tier = &tier;
        move || {
            for round in 0..300 {
                tier.insert(own, round, 0);
                let other = std::thread::scope(|scope| scope.spawn(|| tier.get(&own)).join());
                assert_eq!(other.unwrap(), Some(round));
            }
        }
    };
    std::thread::scope(|scope| (0..4).for_each(|own| drop(scope.spawn(turns(own)))));
}

#[test]
fn what_many_queues_occupied_is_given_back_with_them() {
    let tier = Tier::<u16, u64, _>::with_shards(usize::MAX, 1, RandomState::new());
    for key in 0..256 {
        tier.put(key, 1, 0, key as u8, |_, _| {});
    }
    for key in 0..256 {
        tier.remove(&key);
        let (_, queues, entries) = tier.allocated();
        let charged = tier.weight() - entries * Tier::<u16, u64>::ENTRY_BYTES;
        assert!(queues <= charged + 4 * 16, "{queues} for {charged}");
    }
}
