//! Tags and dependencies.

use super::*;

fn depends(on: &[&str]) -> PutOptions {
    let mut put = PutOptions::new();
    for dependency in on {
        put.dependency(dependency).unwrap();
    }
    put
}

#[test]
fn any_of_the_labels_invalidates_and_two_on_one_key_count_once() {
    for cache in both() {
        cache.put("n", "ab", b"1", &tagged(&["a", "b"])).unwrap();
        cache.put("n", "a", b"1", &tagged(&["a"])).unwrap();
        cache.put("n", "c", b"1", &tagged(&["c"])).unwrap();
        cache
            .put("n", "dependency", b"1", &depends(&["a"]))
            .unwrap();
        cache.put("m", "a", b"1", &tagged(&["a"])).unwrap();
        assert_eq!(cache.invalidate(Some("n"), LabelKind::Tag, &[]).unwrap(), 0);
        let of = |tags: &[&str]| cache.invalidate(Some("n"), LabelKind::Tag, tags).unwrap();
        assert_eq!(of(&["a", "b", "a"]), 2);
        assert_eq!(of(&["a", "b"]), 0);
        assert_eq!(got(&cache, "n", "ab"), None);
        assert!(got(&cache, "n", "c").is_some() && got(&cache, "n", "dependency").is_some());
        assert!(got(&cache, "m", "a").is_some());
        let all = cache
            .invalidate(None, LabelKind::Dependency, &["a"])
            .unwrap();
        assert_eq!(all, 1);
        assert_eq!(
            cache.invalidate(None, LabelKind::Tag, &["a", "c"]).unwrap(),
            2
        );
        assert_eq!(stats(&cache).invalidations, 5);
    }
}

#[test]
fn what_has_left_memory_or_was_never_in_it_is_invalidated_too() {
    let world = World::new();
    let mut small = CacheOptions::new();
    small.memory_budget(0).unwrap();
    let writer = world.cache();
    for n in 0..30 {
        let tag = if n % 3 == 0 { "t" } else { "u" };
        writer
            .put("n", &n.to_string(), b"1", &tagged(&[tag]))
            .unwrap();
    }
    let cache = world.open(&small);
    assert_eq!(
        cache.invalidate(Some("n"), LabelKind::Tag, &["t"]).unwrap(),
        10
    );
    for cache in [&writer, &cache, &world.cache()] {
        let alive = (0..30).filter(|n| got(cache, "n", &n.to_string()).is_some());
        assert_eq!(alive.count(), 20);
    }
}

#[test]
fn labels_of_what_was_replaced_do_not_invalidate_what_replaced_it() {
    for cache in both() {
        cache.put("n", "k", b"1", &tagged(&["a"])).unwrap();
        cache.put("n", "k", b"2", &tagged(&["b"])).unwrap();
        assert_eq!(cache.invalidate(None, LabelKind::Tag, &["a"]).unwrap(), 0);
        assert_eq!(got(&cache, "n", "k").unwrap(), b"2");
        assert_eq!(cache.invalidate(None, LabelKind::Tag, &["b"]).unwrap(), 1);
        cache.put("n", "k", b"3", &tagged(&["b"])).unwrap();
        assert_eq!(got(&cache, "n", "k").unwrap(), b"3");
    }
}

#[test]
fn the_dead_are_not_counted() {
    for cache in both() {
        let mut put = tagged(&["t"]);
        put.life(ExpiryPolicy {
            ttl_ms: Some(1000),
            ..ExpiryPolicy::default()
        });
        cache.put("n", "k", b"1", &put).unwrap();
        cache.put("n", "l", b"1", &tagged(&["t"])).unwrap();
        cache.shared().time.advance(2000);
        assert_eq!(cache.invalidate(None, LabelKind::Tag, &["t"]).unwrap(), 1);
    }
}
