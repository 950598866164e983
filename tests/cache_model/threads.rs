//! Threads at once, under two handles that stand for two processes.

use crate::history::{judge, payload, Caller, Condition, Did, Event, Live};
use crate::{rounds, Random};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Barrier;
use std::thread;
use warmstart::{Cache, CacheOptions, Durability};

fn handle(root: Option<&std::path::Path>, durability: Durability, background: bool) -> Cache {
    let mut options = CacheOptions::new();
    options
        .durability(durability)
        .background_promotion(background, 8)
        .unwrap();
    match root {
        Some(root) => Cache::open(Some(root), &options).unwrap(),
        None => Cache::in_memory(&options).unwrap(),
    }
}

/// Threads call, each through its handle; then everybody looks.
fn histories(
    of: &str,
    handles: &[Cache],
    fresh: Option<&dyn Fn() -> Cache>,
    count: u64,
    calls: u64,
) {
    let time = AtomicU64::new(1);
    let clock = || time.fetch_add(1, Ordering::SeqCst);
    let mut operations = 0;
    for seed in 1..=count {
        let names = [
            ("p", format!("{seed:06}a")),
            ("p", format!("{seed:06}b")),
            ("q", format!("{seed:06}c")),
        ];
        let names: Vec<(&str, &str)> = names.iter().map(|(n, k)| (*n, k.as_str())).collect();
        // Fewer keys, more of a crowd.
        let names = &names[..1 + seed as usize % 3];
        let start = Barrier::new(handles.len());
        let mut events: Vec<Event> = thread::scope(|s| {
            let callers: Vec<_> = (1..)
                .zip(handles)
                .map(|(id, cache)| {
                    let (start, clock) = (&start, &clock);
                    s.spawn(move || {
                        let mut random = Random::new(seed * 31 + id);
                        let mut notes = Vec::new();
                        let mut caller = Caller {
                            cache,
                            id,
                            next: 0,
                            clock,
                            notes: &mut notes,
                        };
                        start.wait();
                        for _ in 0..calls {
                            caller.any(&mut random, names, seed % 2 == 0);
                        }
                        notes
                    })
                })
                .collect();
            callers
                .into_iter()
                .flat_map(|c| c.join().unwrap())
                .collect()
        });
        let opened = fresh.map(|open| open());
        for cache in handles.iter().chain(&opened) {
            let mut caller = Caller {
                cache,
                id: 99,
                next: 0,
                clock: &clock,
                notes: &mut events,
            };
            for (namespace, key) in names {
                caller.peek(namespace, key);
                caller.get(namespace, key);
            }
        }
        for (namespace, key) in names {
            match judge(&events, namespace, key) {
                Ok(count) => operations += count,
                Err(why) => panic!("{of}, history {seed}: {why}"),
            }
        }
    }
    println!("{of}: {count} histories of {operations} operations are linearizable");
}

#[test]
fn threads_on_a_cache_in_memory_are_linearizable() {
    let cache = handle(None, Durability::Full, false);
    let handles = vec![cache; 3];
    histories("in memory", &handles, None, rounds(200), 40);
}

#[test]
fn threads_under_two_handles_are_linearizable() {
    let tmp = tempfile::tempdir().unwrap();
    let open = |durability, background| handle(Some(tmp.path()), durability, background);
    let (one, two) = (
        open(Durability::Full, false),
        open(Durability::Process, true),
    );
    let handles = [one.clone(), one, two.clone(), two];
    let fresh = || open(Durability::Full, false);
    histories("two handles", &handles, Some(&fresh), rounds(40), 30);
}

#[test]
fn threads_under_handles_that_never_wait_are_linearizable() {
    let tmp = tempfile::tempdir().unwrap();
    let open = || handle(Some(tmp.path()), Durability::Process, false);
    let handles = [open(), open(), open()];
    histories(
        "three handles, unsynced",
        &handles,
        Some(&open),
        rounds(60),
        40,
    );
}

// That the judge bites.

fn event(invoked: u64, returned: u64, did: Did) -> Event {
    Event {
        namespace: "n".into(),
        key: Some("k".into()),
        invoked,
        returned,
        caller: 0,
        did,
    }
}

fn live(value: u64) -> Live {
    Live {
        value,
        version: Some(value),
        labels: 1,
    }
}

fn put(
    invoked: u64,
    returned: u64,
    value: u64,
    condition: Condition,
    answer: Option<bool>,
) -> Event {
    let did = Did::Put {
        live: live(value),
        condition,
        answer,
    };
    event(invoked, returned, did)
}

fn got(invoked: u64, value: Option<u64>) -> Event {
    let answer = Some(value.map(live));
    event(invoked, invoked + 1, Did::Got { answer })
}

#[test]
fn right_histories_are_accepted_and_wrong_ones_refused() {
    use Condition::{Expected, Newer, Nothing};
    let killed = |value| put(10, u64::MAX, value, Nothing, None);
    let invalidated = |answer: Option<()>| {
        let returned = if answer.is_some() { 11 } else { u64::MAX };
        event(10, returned, Did::Invalidated { labels: 1, answer })
    };
    let first = || put(0, 1, 1, Nothing, Some(true));
    let swap = |at, from, to| put(at, at + 1, to, Expected(Some(from)), Some(true));
    let right = [
        vec![
            first(),
            killed(2),
            got(12, Some(1)),
            got(14, Some(2)),
            got(16, Some(2)),
        ],
        vec![first(), killed(2), got(12, Some(1)), got(14, Some(1))],
        vec![first(), invalidated(None), got(12, Some(1)), got(14, None)],
        vec![
            first(),
            swap(2, 1, 2),
            put(4, 5, 2, Newer, Some(false)),
            got(6, Some(2)),
        ],
    ];
    for history in &right {
        judge(history, "n", "k").unwrap();
    }
    let wrong = [
        vec![first(), killed(2), got(12, Some(2)), got(14, Some(1))],
        vec![first(), got(2, None)],
        vec![first(), invalidated(Some(())), got(12, Some(1))],
        vec![first(), invalidated(None), got(12, None), got(14, Some(1))],
        vec![first(), swap(2, 1, 2), swap(4, 1, 3)],
        vec![first(), put(2, 3, 1, Newer, Some(true))],
        vec![first(), put(2, 3, 2, Newer, Some(false))],
        vec![got(0, Some(1))],
    ];
    for history in &wrong {
        judge(history, "n", "k").unwrap_err();
    }
    assert_ne!(payload("n", "k", 1), payload("n", "l", 1));
}
