use super::*;
use crate::sync::model::explore;
use shuttle::thread;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::sync::Arc;

const ONE: usize = Sieve::<u8, (u8, u8)>::ENTRY_BYTES;

#[test]
fn model_the_tier_stays_bounded_and_whole_whoever_runs_when() {
    explore("memory tier", 2000, || {
        let hasher = BuildHasherDefault::<DefaultHasher>::default();
        let tier = Arc::new(Tier::with_shards(3 * ONE, 2, hasher));
        let users: Vec<_> = (0..3u8)
            .map(|user| {
                let tier = Arc::clone(&tier);
                thread::spawn(move || {
                    // One key is this user's alone: what it finds there it put there last.
                    let own = 10 + user;
                    for round in 0..3u8 {
                        tier.insert(own, (own, round), 0);
                        assert!(tier.get(&own).map_or(true, |v| v == (own, round)));
                        tier.insert(round, (round, user), 0);
                        assert!(tier.get(&round).map_or(true, |v| v.0 == round));
                        assert!(tier.weight() <= 3 * ONE);
                        if round == user {
                            tier.remove(&own);
                            assert_eq!(tier.get(&own), None);
                        }
                    }
                })
            })
            .collect();
        users.into_iter().for_each(|u| u.join().unwrap());
        let kept = (0..20u8).filter(|k| tier.get(k).is_some()).count();
        assert_eq!(tier.weight(), kept * ONE);
    });
}

/// Every step adds one: none is lost, and nobody sees the count go back, whatever is evicted for it.
#[test]
fn model_steps_at_one_key_are_atomic_and_readers_see_them_in_order() {
    explore("steps in the memory tier", 2000, || {
        let hasher = BuildHasherDefault::<DefaultHasher>::default();
        let each = Tier::<u8, u8>::charge(0, 1);
        // The count is of higher priority than what else there is.
        let limit = Tier::<u8, u8>::charge(0, 2) + 2 * each;
        let tier = Arc::new(Tier::with_locks(limit, 2, 2, hasher));
        let users: Vec<_> = (0..3u8)
            .map(|user| {
                let tier = Arc::clone(&tier);
                thread::spawn(move || {
                    let mut last = 0;
                    for round in 0..2u8 {
                        let add = |value: Option<&u8>| Decision::Put {
                            value: value.map_or(1, |value| value + 1),
                            weight: 0,
                            priority: 2,
                        };
                        let evicted = |key, _| assert!(key > 0);
                        // Others may hold all the room at first; in its own place there always is room.
                        let outcome = loop {
                            let outcome = tier.entry(0, add, evicted);
                            if outcome.fate == Fate::Kept {
                                break outcome;
                            }
                            assert_eq!((round, outcome.previous), (0, None));
                            thread::yield_now();
                        };
                        let now = tier.get_with(&0, |value| *value).unwrap();
                        assert!(now > last && now > outcome.previous.unwrap_or(0));
                        last = now;
                        let other = 1 + 2 * user + round;
                        let outcome = tier.put(other, other, 0, 1, |key, _| assert!(key > 0));
                        assert!(matches!(
                            outcome.fate,
                            Fate::Kept | Fate::Outranked | Fate::NoRoom
                        ));
                        assert!(tier.weight() <= limit);
                        tier.remove_if(&other, |value| *value == other && round == 0);
                    }
                })
            })
            .collect();
        users.into_iter().for_each(|u| u.join().unwrap());
        assert_eq!(tier.get(&0), Some(6));
        let rest = tier.len() - 1;
        assert_eq!(tier.weight(), limit - 2 * each + rest * each);
    });
}
