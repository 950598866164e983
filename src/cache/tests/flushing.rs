//! Flushing while others are at work.

use super::*;
use crate::fs::turns::{Schedule, Turns};
use crate::store::Durability;
use std::sync::mpsc::channel;
use std::time::Duration;

/// What a get finds while the namespace is flushed and removed, and how many calls each of the two made.
fn got_while_flushed(schedule: &Schedule) -> (String, [usize; 2]) {
    let world = World::new();
    let durable = world.cache();
    for _ in 0..9 {
        durable.put("n", "k", b"old", &put()).unwrap();
    }
    // What may still be lost leaves the durable one beside it, whose name comes later.
    let mut unsynced = CacheOptions::new();
    unsynced.durability(Durability::Process);
    let unsynced = world.open(&unsynced);
    unsynced.put("n", "k", b"new", &put()).unwrap();

    let turns = Turns::on(Arc::new(world.0.clone()));
    let open = || {
        let fs: Arc<dyn FileSystem> = Arc::new(turns.clone());
        Cache::open_on(fs, Some(Path::new("/root")), &CacheOptions::new()).unwrap()
    };
    let (reader, flusher) = (open(), open());
    for cache in [&reader, &flusher] {
        assert_eq!(got(cache, "n", "another"), None);
        assert!(cache.drain(Duration::from_secs(60)).unwrap());
    }
    // What was flushed is removed in turns, too.
    let (go, wait) = channel::<()>();
    flusher.shared().background.always(move || {
        let _ = wait.recv();
    });
    let ended = turns.run(
        [
            Box::new(move || {
                let found = got(&reader, "n", "k").unwrap_or_default();
                String::from_utf8_lossy(&found).into_owned()
            }),
            Box::new(move || {
                flusher.flush("n").unwrap();
                flusher.shared().remove_what_was_flushed();
                drop(go);
                String::new()
            }),
        ],
        schedule,
        || 0,
    );
    let calls = [0, 1].map(|who| ended.taken.iter().filter(|t| **t == who).count());
    let [found, _] = ended.told;
    (found, calls)
}

#[test]
fn a_get_during_a_flush_does_not_find_what_was_superseded_before() {
    let (found, [reads, flushes]) = got_while_flushed(&Schedule::default());
    assert_eq!(found, "new");
    for i in 0..=reads {
        for j in 0..=flushes {
            let (found, _) = got_while_flushed(&Schedule::interrupted(0, i, j));
            assert!(["new", ""].contains(&found.as_str()), "{found}: {i}, {j}");
        }
    }
}
