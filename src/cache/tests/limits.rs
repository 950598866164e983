//! Limits, and what goes for them.

use super::*;
use crate::error::ErrorKind;

#[test]
fn each_refusal_names_limit_and_size_and_loses_nothing() {
    for cache in both() {
        cache.put("n", "k", b"1", &put()).unwrap();
        let mut largest = put();
        largest.largest(10);
        let e = cache.put("n", "k", &[0; 11], &largest).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::TooLarge);
        let said = e.to_string();
        assert!(
            said.contains("11 bytes") && said.contains("is 10"),
            "{said}"
        );
        assert_eq!(got(&cache, "n", "k").unwrap(), b"1");
        assert_eq!(stats(&cache).refusals, 1);
        for (namespace, key) in [("", "k"), ("n", ""), (&"x".repeat(129), "k")] {
            let e = cache.put(namespace, key, b"", &put()).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Invalid);
            assert!(cache.get(namespace, key).is_err());
        }
    }
}

#[test]
fn pairs_and_labels_have_their_limits() {
    let mut put = put();
    for n in 0..CACHE_PAIRS {
        put.pair(&n.to_string(), "v").unwrap();
    }
    put.pair("0", "another value").unwrap();
    assert_eq!(
        put.pair("more", "v").unwrap_err().kind(),
        ErrorKind::TooLarge
    );
    let mut put = super::put();
    put.pair("k", &"v".repeat(CACHE_PAIRS_BYTES - 1)).unwrap();
    assert_eq!(put.pair("l", "").unwrap_err().kind(), ErrorKind::TooLarge);
    assert!(put.pair("", "v").is_err());
    for n in 0..CACHE_LABELS {
        put.tag(&n.to_string()).unwrap();
    }
    put.tag("0").unwrap();
    assert_eq!(put.tag("more").unwrap_err().kind(), ErrorKind::TooLarge);
    put.dependency("more").unwrap();
    put.content_type(&"x".repeat(CACHE_CONTENT_TYPE_BYTES))
        .unwrap();
    let long = "x".repeat(CACHE_CONTENT_TYPE_BYTES + 1);
    let said = put.content_type(&long).unwrap_err().to_string();
    assert!(said.contains("257 bytes") && said.contains("256"), "{said}");
    assert!(put.dependency(&"x".repeat(CACHE_LABEL_BYTES + 1)).is_err());
}

#[test]
fn the_namespace_after_the_last_is_refused() {
    let cache = Cache::in_memory(&CacheOptions::new()).unwrap();
    for n in 0..CACHE_NAMESPACES {
        cache.put(&n.to_string(), "k", b"", &put()).unwrap();
    }
    let e = cache.put("one more", "k", b"", &put()).unwrap_err();
    assert!(e.to_string().contains("256"), "{e}");
    cache.put("7", "another", b"", &put()).unwrap();
    assert_eq!(cache.get("one more", "k").unwrap().map(|_| ()), None);
}

#[test]
fn memory_stays_within_its_budget_and_keeps_the_newest() {
    let mut options = CacheOptions::new();
    options.memory_budget(200_000).unwrap();
    let world = World::new();
    for cache in [Cache::in_memory(&options).unwrap(), world.open(&options)] {
        let mut always = put();
        always.admission(Admission::Always);
        for n in 0..100 {
            cache.put("n", &n.to_string(), &[n; 8000], &always).unwrap();
            let s = stats(&cache);
            assert!(s.memory_bytes <= 200_000);
        }
        let s = stats(&cache);
        assert!(s.memory_evictions > 70 && s.memory_entries > 15, "{s:?}");
        let blob = cache.get("n", "99").unwrap().unwrap();
        assert!(blob.info().from_memory);
        let oldest = got(&cache, "n", "0");
        assert_eq!(oldest.is_some(), cache.root().is_some(), "the disk has it");
    }
}

#[test]
fn admission_is_as_asked_for() {
    let mut options = CacheOptions::new();
    options.memory_budget(640_000).unwrap();
    let world = World::new();
    let cache = world.open(&options);
    let mut put = put();
    let mut in_memory = |key: &str, len: usize, admission| {
        put.admission(admission);
        cache.put("n", key, &vec![1; len], &put).unwrap().in_memory
    };
    assert!(in_memory("always", 20_000, Admission::Always));
    assert!(!in_memory("never", 1, Admission::Never));
    assert!(in_memory("small", 1000, Admission::Auto));
    assert!(!in_memory("large", 20_000, Admission::Auto));
    assert!(!in_memory("asked", 20_000, Admission::Auto));
    cache.get("n", "asked").unwrap();
    assert!(in_memory("asked", 20_000, Admission::Auto));
    assert!(got(&cache, "n", "never").is_some());
}

#[test]
fn the_disk_stays_within_its_budget_and_low_priorities_go_first() {
    let world = World::new();
    let mut options = CacheOptions::new();
    options
        .disk_budget(1_000_000)
        .unwrap()
        .memory_budget(0)
        .unwrap();
    options.compression(false);
    let cache = world.open(&options);
    let mut important = put();
    important.priority(200);
    for n in 0..20 {
        cache
            .put("m", &n.to_string(), &[1; 10_000], &important)
            .unwrap();
    }
    for n in 0..200 {
        cache
            .put("n", &n.to_string(), &[1; 10_000], &put())
            .unwrap();
        assert!(stats(&cache).disk_bytes <= 1_100_000);
    }
    let alive = (0..20).filter(|n| got(&cache, "m", &n.to_string()).is_some());
    assert_eq!(alive.count(), 20);
    let s = stats(&cache);
    assert!(s.disk_evictions > 100, "{s:?}");
    assert!(got(&cache, "n", "199").is_some() && got(&cache, "n", "0").is_none());
    let e = cache.put("n", "k", &[0; 1_000_001], &put()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::TooLarge);
}

#[test]
fn a_quota_holds_for_its_namespace_alone_and_is_remembered() {
    let world = World::new();
    let mut options = CacheOptions::new();
    let cache = world.open(options.compression(false));
    cache.set_quota("n", 200_000).unwrap();
    cache.set_quota("m", 0).unwrap();
    for cache in [cache, world.open(&options)] {
        for n in 0..60 {
            for namespace in ["n", "m"] {
                cache
                    .put(namespace, &n.to_string(), &[1; 10_000], &put())
                    .unwrap();
            }
        }
        let bytes = |namespace| cache.stats(Some(namespace)).unwrap().disk_bytes;
        assert!(bytes("n") <= 220_000, "{}", bytes("n"));
        assert!(bytes("m") > 600_000, "{}", bytes("m"));
    }
}

/// A cache on whose disk hardly anything has room, another on the same root, and entries that both have in
/// memory and that had to leave the disk since.
fn evicted_from_disk(world: &World) -> [Cache; 2] {
    let mut options = CacheOptions::new();
    options.disk_budget(200_000).unwrap();
    options.compression(false);
    let caches = [world.open(&options), world.open(&options)];
    for n in 0..4 {
        let key = format!("key {n}");
        caches[0]
            .put("n", &key, &[n; 1000], &tagged(&["t"]))
            .unwrap();
        assert!(got(&caches[1], "n", &key).is_some());
        assert!(got(&caches[1], "n", &key).is_some());
    }
    for n in 0..60 {
        let key = format!("later {n}");
        caches[0].put("n", &key, &[1; 10_000], &put()).unwrap();
    }
    assert!(stats(&caches[0]).disk_evictions > 0);
    caches
}

#[test]
fn what_left_the_disk_for_room_is_not_answered_by_memory_after_it_was_invalidated_or_removed() {
    let cached = |c: &Cache, n: u32| got(c, "n", &format!("key {n}")).is_some();
    type Ends = fn(&Cache) -> crate::Result<()>;
    let ends: [(&str, Ends); 4] = [
        ("by tag", |c| {
            c.invalidate(Some("n"), LabelKind::Tag, &["t"]).map(drop)
        }),
        ("by prefix", |c| c.invalidate_prefix("n", "key").map(drop)),
        ("by key", |c| {
            (0..4).try_for_each(|n| c.remove("n", &format!("key {n}")).map(drop))
        }),
        ("flushed", |c| c.flush("n")),
    ];
    for (how, end) in ends {
        let world = World::new();
        let caches = evicted_from_disk(&world);
        end(&caches[0]).unwrap();
        for (which, cache) in caches.iter().enumerate() {
            for n in 0..4 {
                assert!(!cached(cache, n), "{how}, cache {which}, key {n}");
            }
        }
    }
}

#[test]
fn a_removal_says_that_there_was_an_entry_whenever_a_get_before_it_answered() {
    let world = World::new();
    let caches = evicted_from_disk(&world);
    for cache in &caches {
        for n in 0..4 {
            let key = format!("key {n}");
            let there = got(cache, "n", &key).is_some();
            assert_eq!(
                cache.existence("n", &key).unwrap() == Existence::Present,
                there
            );
            assert_eq!(cache.remove("n", &key).unwrap(), there, "{key}");
        }
    }
}

#[test]
fn what_memory_answers_again_and_again_is_not_evicted_from_disk_for_what_nobody_asks_for() {
    let world = World::new();
    let mut options = CacheOptions::new();
    options.disk_budget(300_000).unwrap();
    options.memory_budget(60_000).unwrap().compression(false);
    let cache = world.open(&options);
    cache.put("n", "hot", &[7; 900], &put()).unwrap();
    for n in 0..300 {
        assert!(got(&cache, "n", "hot").is_some(), "after {n}");
        cache.put("n", &n.to_string(), &[1; 900], &put()).unwrap();
    }
    let s = stats(&cache);
    assert!(s.disk_evictions > 50 && s.memory_evictions > 50, "{s:?}");
    assert_eq!(s.misses, 0);
    assert!(got(&world.open(&options), "n", "hot").is_some());
}
