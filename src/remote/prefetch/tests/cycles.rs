//! What a cycle takes.

use super::world::{entry, Fate, BEGIN_MS, BYTES};
use super::*;
use crate::remote::prefetch::score::{Traits, Weights};
use proptest::prelude::*;
use std::collections::HashSet;
use std::sync::atomic::Ordering;

#[test]
fn the_best_are_taken_in_order_and_no_more_than_asked_for() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 100);
    let plan = d.prefetch.plan(8);
    let keys: Vec<Key> = plan.iter().map(|p| p.0).collect();
    assert_eq!(keys, (0..8).map(key).collect::<Vec<_>>());
    assert!(plan.windows(2).all(|p| p[0].1 > p[1].1));
    let cycle = d.cycle();
    assert_eq!((cycle.scored, cycle.selected, cycle.resident), (100, 8, 0));
    assert_eq!((cycle.counts.fetched, cycle.counts.bytes), (8, 8 * BYTES));
    let fetched: HashSet<Key> = d.world.fetched().into_iter().collect();
    assert_eq!(fetched, keys.into_iter().collect());
}

#[test]
fn each_cycle_warms_the_next_until_all_are_resident() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 100);
    for n in 1..=13u32 {
        let cycle = d.cycle();
        assert_eq!(cycle.number, u64::from(n));
        assert_eq!(d.world.local(), 100.min(8 * n as usize));
        assert!((0..100.min(8 * n)).all(|i| d.world.has(i)));
    }
    let cycle = d.cycle();
    assert_eq!((cycle.selected, cycle.scored, cycle.resident), (0, 0, 100));
    let stats = d.prefetch.stats();
    assert_eq!((stats.counts.fetched, stats.cycles), (100, 14));
    assert_eq!((stats.resident, stats.entries), (100, 100));
}

#[test]
fn residents_nobody_told_of_do_not_keep_the_rest_from_being_warmed() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 1000);
    (0..990).for_each(|n| d.world.put_locally(n));
    let cycle = d.cycle();
    assert_eq!((cycle.selected, cycle.counts.fetched), (8, 8));
    assert!((990..998).all(|n| d.world.has(n)));
    assert_eq!(cycle.resident, 990);
    // Each was asked about once, and none below those that were taken.
    assert!(d.world.questions.load(Ordering::SeqCst) <= 998);
    let asked = d.world.questions.swap(0, Ordering::SeqCst);
    assert_eq!(d.cycle().counts.fetched, 2);
    assert!(
        d.world.questions.load(Ordering::SeqCst) < 100,
        "after {asked}"
    );
}

#[test]
fn a_cycle_asks_about_a_bounded_number_and_the_next_goes_on_from_there() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 10_001);
    (0..10_000).for_each(|n| d.world.put_locally(n));
    let mut cycles = 0;
    while !d.world.has(10_000) {
        d.world.questions.store(0, Ordering::SeqCst);
        d.cycle();
        assert!(d.world.questions.load(Ordering::SeqCst) <= 4096 + 64);
        cycles += 1;
        assert!(cycles < 10);
    }
}

#[test]
fn what_a_local_tier_evicted_is_warmed_again_whether_it_tells_or_not() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 200);
    while d.world.local() < 200 {
        d.cycle();
    }
    d.world.evict_locally(70);
    d.world.evict_locally(150);
    d.prefetch.note_evicted(&key(70));
    d.cycle();
    assert!(d.world.has(70));
    // A few are asked about again in each cycle.
    let mut cycles = 0;
    while !d.world.has(150) {
        d.cycle();
        cycles += 1;
        assert!(cycles < 10);
    }
}

#[test]
fn prefetch_does_not_make_an_entry_look_used_and_a_demand_does() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 3);
    d.cycle();
    let stamp = |d: &Driven| d.prefetch.with_entry(&key(2), |e| e.last_access_ms);
    assert_eq!(stamp(&d), Some(BEGIN_MS - 2000));
    d.clock.advance(Duration::from_secs(100));
    d.prefetch.touch(&key(2));
    assert_eq!(stamp(&d), Some(BEGIN_MS + 100_500));
}

#[test]
fn a_dry_run_plans_and_reports_and_fetches_nothing() {
    let mut options = PrefetchOptions::new();
    options.dry_run(true);
    let mut d = Driven::with_entries(&options, 20);
    d.prefetch.hint(&[key(19)]);
    for _ in 0..3 {
        let cycle = d.cycle();
        assert_eq!((cycle.selected, cycle.scored), (8, 20));
        assert_eq!(cycle.counts.fetched, 0);
    }
    assert_eq!((d.world.local(), d.world.begun()), (0, 0));
}

#[test]
fn a_plan_of_more_than_there_is_takes_all() {
    let d = Driven::with_entries(&PrefetchOptions::new(), 3);
    assert_eq!(d.prefetch.plan(usize::MAX).len(), 3);
    assert_eq!(d.prefetch.plan(0), []);
}

#[test]
fn an_empty_index_has_cycles_too() {
    let mut d = Driven::new(&PrefetchOptions::new());
    let cycle = d.cycle();
    assert_eq!((cycle.scored, cycle.selected), (0, 0));
    assert_eq!(d.cycle().number, 2);
}

#[test]
fn the_active_model_outranks_others_and_none_ranks_all_alike() {
    let d = Driven::new(&PrefetchOptions::new());
    for n in 0..4 {
        let mut e = entry(n);
        e.last_access_ms = BEGIN_MS;
        e.model = [n as u8; 32];
        d.prefetch.note(&e, false);
    }
    let first = |d: &Driven| d.prefetch.plan(1)[0];
    d.prefetch.set_active_model([2; 32]);
    assert_eq!(first(&d).0, key(2));
    // Entry 0 has the zero model: it is no better for it.
    d.prefetch.set_active_model([0; 32]);
    let scores: HashSet<u64> = d.prefetch.plan(4).iter().map(|p| p.1.to_bits()).collect();
    assert_eq!(scores.len(), 1);
    d.prefetch.set_active_model([99; 32]);
    let scores: HashSet<u64> = d.prefetch.plan(4).iter().map(|p| p.1.to_bits()).collect();
    assert_eq!(scores.len(), 1);
}

#[test]
fn fetches_are_on_threads_that_are_named_and_handle_no_signal() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 1);
    d.cycle();
    assert_eq!(d.world.threads(), [("warmstart-fetch".to_owned(), true)]);
}

#[test]
fn what_hints_fetch_already_is_not_fetched_twice() {
    let mut d = Driven::with_entries(&PrefetchOptions::new(), 2);
    d.world.set(0, Fate::Waits);
    d.prefetch.hint(&[key(0)]);
    let cycle = d.cycle();
    assert_eq!(cycle.selected, 1);
    until("both", || d.world.begun() == 2);
    d.world.set(0, Fate::Good);
    d.turns("the hint", |p| p.stats().hints_fetched == 1);
    assert_eq!(d.world.most_of_a_key.load(Ordering::SeqCst), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_plan_is_what_filtering_and_sorting_gives(
        entries in prop::collection::vec((0i64..5, 0u32..3, 0u8..3, any::<bool>(), any::<bool>()), 0..120),
        active in 0u8..3,
        k in 1usize..30,
    ) {
        let options = PrefetchOptions::new();
        let d = Driven::new(&options);
        d.prefetch.set_active_model([active; 32]);
        let weights = Weights::of(&options);
        let mut expected = Vec::new();
        for (n, (age, sequence, model, resident, failed)) in (0..).zip(entries) {
            let mut e = entry(n);
            e.last_access_ms = BEGIN_MS - 100_000 * age;
            (e.sequence, e.model) = (sequence, [model; 32]);
            d.prefetch.note(&e, false);
            if resident {
                d.world.put_locally(n);
            }
            if failed {
                d.prefetch.here().unwrap().back_off(&key(n), false);
            }
            if resident || failed {
                continue;
            }
            let traits = Traits {
                last_access_ms: e.last_access_ms,
                is_head: sequence == 0,
                is_active: active != 0 && model == active,
            };
            let score = weights.score(traits, BEGIN_MS);
            expected.push((score, e.last_access_ms, key(n)));
        }
        expected.sort_by(|a, b| {
            b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)).then(a.2.cmp(&b.2))
        });
        let expected: Vec<_> = expected.iter().take(k).map(|e| (e.2, e.0)).collect();
        prop_assert_eq!(d.prefetch.plan(k), expected);
    }
}
