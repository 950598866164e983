//! Versions, in memory, on disk and after a reopening.

use super::*;
use crate::error::ErrorKind;

fn versioned(version: u64) -> PutOptions {
    let mut put = PutOptions::new();
    put.version(version);
    put
}

fn swapping(expected: Option<u64>, version: u64) -> PutOptions {
    let mut put = PutOptions::new();
    put.swap(expected, version);
    put
}

/// The same calls, in whichever tier or process the live entry lies.
fn settings() -> Vec<Box<dyn Fn() -> Cache>> {
    let in_memory = Cache::in_memory(&CacheOptions::new()).unwrap();
    let (one, many, small) = (World::new(), World::new(), World::new());
    let opened = one.cache();
    let mut without_memory = CacheOptions::new();
    without_memory.memory_budget(0).unwrap();
    vec![
        Box::new(move || in_memory.clone()),
        Box::new(move || opened.clone()),
        Box::new(move || many.cache()),
        Box::new(move || small.open(&without_memory)),
    ]
}

#[test]
fn equal_and_lower_versions_conflict_wherever_the_live_entry_lies() {
    for cache in settings() {
        let put = |bytes: &[u8], put: &PutOptions| cache().put("n", "k", bytes, put);
        put(b"5", &versioned(5)).unwrap();
        for version in [0, 4, 5] {
            let e = put(b"x", &versioned(version)).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Conflict);
            assert!(e.to_string().contains("the live one is 5"), "{e}");
        }
        assert_eq!(got(&cache(), "n", "k").unwrap(), b"5");
        put(b"6", &versioned(6)).unwrap();
        put(b"none", &super::put()).unwrap();
        let live = cache().get("n", "k").unwrap().unwrap();
        assert_eq!((live.payload(), live.info().version), (&b"none"[..], None));
        put(b"1", &versioned(1)).unwrap();
        assert!(put(b"x", &versioned(1)).is_err());
        cache().remove("n", "k").unwrap();
        put(b"0", &versioned(0)).unwrap();
        put(b"max", &versioned(u64::MAX)).unwrap();
        assert!(put(b"x", &versioned(u64::MAX)).is_err());
    }
}

#[test]
fn a_swap_asks_for_exactly_the_version() {
    for cache in settings() {
        let put = |bytes: &[u8], put: &PutOptions| cache().put("n", "k", bytes, put);
        assert!(put(b"x", &swapping(Some(1), 2)).is_err(), "there is none");
        put(b"1", &swapping(None, 1)).unwrap();
        assert!(put(b"x", &swapping(None, 2)).is_err());
        assert!(put(b"x", &swapping(Some(2), 3)).is_err());
        put(b"7", &swapping(Some(1), 7)).unwrap();
        put(b"3", &swapping(Some(7), 3)).unwrap();
        assert_eq!(got(&cache(), "n", "k").unwrap(), b"3");
        put(b"none", &super::put()).unwrap();
        assert!(put(b"x", &swapping(None, 1)).is_err(), "there is one");
        assert!(put(b"x", &swapping(Some(3), 1)).is_err());
    }
}

#[test]
fn what_was_invalidated_or_has_died_conflicts_with_nothing() {
    for cache in both() {
        let mut put = versioned(5);
        put.tag("t").unwrap();
        cache.put("n", "k", b"5", &put).unwrap();
        cache.invalidate(None, LabelKind::Tag, &["t"]).unwrap();
        put.life(ExpiryPolicy {
            ttl_ms: Some(100_000),
            ..ExpiryPolicy::default()
        });
        cache.put("n", "k", b"1", put.version(1)).unwrap();
        assert!(cache.put("n", "k", b"x", &versioned(1)).is_err());
        cache.shared().time.advance(100_000);
        cache.put("n", "k", b"1 again", &versioned(1)).unwrap();
        assert_eq!(got(&cache, "n", "k").unwrap(), b"1 again");
    }
}

#[test]
fn of_threads_that_swap_each_step_is_one_s_alone() {
    for cache in both() {
        cache.put("n", "k", b"0", &swapping(None, 0)).unwrap();
        let steps = 25;
        let won: u64 = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let mut won = 0;
                        while won < steps {
                            let blob = cache.get("n", "k").unwrap().unwrap();
                            let version = blob.info().version.unwrap();
                            let next = swapping(Some(version), version + 1);
                            let text = (version + 1).to_string();
                            won += u64::from(cache.put("n", "k", text.as_bytes(), &next).is_ok());
                        }
                        won
                    })
                })
                .collect();
            threads.into_iter().map(|t| t.join().unwrap()).sum()
        });
        assert_eq!(won, 4 * steps);
        let blob = cache.get("n", "k").unwrap().unwrap();
        assert_eq!(blob.info().version, Some(4 * steps));
        assert_eq!(blob.payload(), (4 * steps).to_string().as_bytes());
    }
}
