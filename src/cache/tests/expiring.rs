//! Lives, of entries in memory and on disk.

use super::*;

fn lives(ttl_ms: Option<u64>, idle_ms: Option<u64>, stale_ms: u64) -> PutOptions {
    let mut put = PutOptions::new();
    put.life(ExpiryPolicy {
        ttl_ms,
        idle_ms,
        stale_ms,
        ..ExpiryPolicy::default()
    });
    put
}

#[test]
fn an_entry_dies_at_its_deadline_and_not_before() {
    for cache in both() {
        cache
            .put("n", "k", b"1", &lives(Some(100_000), None, 0))
            .unwrap();
        cache.shared().time.advance(90_000);
        let remaining = cache.get("n", "k").unwrap().unwrap().info().remaining_ms;
        assert!(remaining.is_some_and(|r| (1..=10_000).contains(&r)));
        cache.shared().time.advance(10_000);
        assert_eq!(
            cache.existence("n", "k").ok(),
            cache.existence("n", "k").ok()
        );
        assert_eq!(got(&cache, "n", "k"), None);
        assert!(!cache.contains("n", "k").unwrap());
        let s = stats(&cache);
        assert_eq!((s.expirations, s.misses, s.memory_entries), (1, 1, 0));
    }
}

#[test]
fn what_is_stale_is_served_with_a_mark_and_asking_for_it_kills_nothing() {
    for cache in both() {
        cache
            .put("n", "k", b"1", &lives(Some(1000), None, 500_000))
            .unwrap();
        cache.shared().time.advance(2000);
        for _ in 0..3 {
            cache.existence("n", "k").unwrap();
            assert!(cache.contains("n", "k").unwrap());
        }
        let blob = cache.get("n", "k").unwrap().unwrap();
        let info = blob.info();
        assert!(info.is_stale && info.remaining_ms.is_some_and(|r| r < 500_000));
        assert_eq!(stats(&cache).stale_serves, 1);
        cache.shared().time.advance(499_000);
        assert_eq!(got(&cache, "n", "k"), None);
    }
}

#[test]
fn a_get_keeps_an_idle_entry_alive_and_a_look_does_not() {
    for cache in both() {
        cache
            .put("n", "k", b"1", &lives(None, Some(1_000_000), 0))
            .unwrap();
        cache
            .put("n", "unread", b"1", &lives(None, Some(1_000_000), 0))
            .unwrap();
        for _ in 0..3 {
            cache.shared().time.advance(600_000);
            assert!(got(&cache, "n", "k").is_some());
            cache.peek("n", "unread").unwrap();
        }
        assert_eq!(got(&cache, "n", "unread"), None);
        assert_eq!(stats(&cache).idle_deaths, 1);
    }
}

#[test]
fn a_life_is_changed_without_writing_the_bytes_again() {
    for cache in both() {
        cache
            .put("n", "k", b"bytes", &lives(Some(1000), None, 0))
            .unwrap();
        let longer = ExpiryPolicy {
            ttl_ms: Some(1_000_000),
            ..ExpiryPolicy::default()
        };
        assert!(cache.set_life("n", "k", &longer).unwrap());
        assert!(!cache.set_life("n", "other", &longer).unwrap());
        cache.shared().time.advance(2000);
        assert_eq!(got(&cache, "n", "k").unwrap(), b"bytes");
        let info = cache.peek("n", "k").unwrap().unwrap().info;
        assert!(info.remaining_ms.is_some_and(|r| r > 900_000));
        assert!(cache.set_life("n", "k", &ExpiryPolicy::default()).unwrap());
        cache.shared().time.advance(10_000_000);
        assert_eq!(got(&cache, "n", "k").unwrap(), b"bytes");
    }
}

#[test]
fn a_life_that_was_changed_is_that_of_every_process_and_of_the_next() {
    let world = World::new();
    let (a, b) = (world.cache(), world.cache());
    a.put("n", "k", b"1", &lives(Some(1_000_000), None, 0))
        .unwrap();
    assert!(got(&b, "n", "k").is_some());
    let dead = ExpiryPolicy {
        ttl_ms: Some(0),
        ..ExpiryPolicy::default()
    };
    a.set_life("n", "k", &dead).unwrap();
    assert_eq!(got(&b, "n", "k"), None);
    assert_eq!(got(&world.cache(), "n", "k"), None);
}
