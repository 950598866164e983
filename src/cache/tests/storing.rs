//! Putting, getting, and what others see of it.

use super::*;
use crate::error::ErrorKind;

#[test]
fn what_was_put_is_got_with_all_that_was_said_of_it() {
    for cache in both() {
        let mut put = tagged(&["basis"]);
        put.dependency("data:17").unwrap();
        put.pair("knots", "12").unwrap();
        put.version(3)
            .priority(7)
            .content_type("application/octet-stream")
            .unwrap();
        let receipt = cache.put("n", "k", b"bytes", &put).unwrap();
        assert!(receipt.in_memory && !receipt.replaced);
        assert_eq!(receipt.on_disk, cache.root().is_some());
        let blob = cache.get("n", "k").unwrap().unwrap();
        assert_eq!(blob.payload(), b"bytes");
        assert_eq!(blob.payload().as_ptr() as usize % 64, 0);
        let info = blob.info();
        assert_eq!(
            (info.version, info.priority, info.payload_bytes),
            (Some(3), 7, 5)
        );
        assert!(info.from_memory && !info.is_stale && info.remaining_ms.is_none());
        assert_eq!(blob.labels().tags, ["basis"]);
        assert_eq!(blob.labels().dependencies, ["data:17"]);
        assert_eq!(blob.labels().pairs, [("knots".into(), "12".into())]);
        assert!(cache.put("n", "k", b"", &super::put()).unwrap().replaced);
        let empty = cache.get("n", "k").unwrap().unwrap();
        assert_eq!((empty.payload(), empty.info().version), (&b""[..], None));
        assert_eq!(blob.payload(), b"bytes", "what is held stays");
    }
}

#[test]
fn namespaces_are_apart_and_so_are_the_counters() {
    for cache in both() {
        cache.put("a", "k", b"1", &put()).unwrap();
        cache.put("b", "k", b"2", &put()).unwrap();
        assert_eq!(got(&cache, "a", "k").unwrap(), b"1");
        assert_eq!(got(&cache, "b", "k").unwrap(), b"2");
        assert_eq!(got(&cache, "a", "other"), None);
        assert_eq!(got(&cache, "c", "k"), None);
        let of = |namespace| {
            let s = cache.stats(Some(namespace)).unwrap();
            (s.puts, s.memory_hits, s.misses, s.memory_entries)
        };
        assert_eq!(of("a"), (1, 1, 1, 1));
        assert_eq!(of("b"), (1, 1, 0, 1));
        let all = stats(&cache);
        assert_eq!((all.puts, all.memory_hits, all.misses), (2, 2, 2));
        assert_eq!(cache.namespaces().unwrap(), ["a", "b"]);
    }
}

#[test]
fn a_reopened_cache_has_values_labels_versions_and_lives() {
    let world = World::new();
    let mut put = tagged(&["t"]);
    put.version(9).priority(1).pair("a", "b").unwrap();
    put.life(ExpiryPolicy {
        ttl_ms: Some(60_000),
        ..ExpiryPolicy::default()
    });
    world.cache().put("n", "k", &[5; 3000], &put).unwrap();
    let cache = world.cache();
    let blob = cache.get("n", "k").unwrap().unwrap();
    assert_eq!(blob.payload(), [5; 3000]);
    let info = blob.info();
    assert_eq!(
        (info.version, info.priority, info.from_memory),
        (Some(9), 1, false)
    );
    let remaining = info.remaining_ms.unwrap();
    assert!((50_000..=60_000).contains(&remaining), "{remaining}");
    assert_eq!(blob.labels().tags, ["t"]);
    assert!(cache.get("n", "k").unwrap().unwrap().info().from_memory);
    assert_eq!(
        cache.invalidate(Some("n"), LabelKind::Tag, &["t"]).unwrap(),
        1
    );
    assert_eq!(got(&world.cache(), "n", "k"), None, "as durable as the put");
}

#[test]
fn what_another_process_puts_removes_or_flushes_is_seen_by_the_next_get() {
    let world = World::new();
    let (a, b) = (world.cache(), world.cache());
    a.put("n", "k", b"1", &put()).unwrap();
    assert_eq!(got(&b, "n", "k").unwrap(), b"1");
    b.put("n", "k", b"2", &put()).unwrap();
    assert_eq!(got(&a, "n", "k").unwrap(), b"2");
    assert!(a.remove("n", "k").unwrap());
    assert_eq!(got(&b, "n", "k"), None);
    assert!(!b.remove("n", "k").unwrap());
    b.put("n", "k", b"3", &tagged(&["t"])).unwrap();
    assert_eq!(got(&a, "n", "k").unwrap(), b"3");
    b.flush("n").unwrap();
    assert_eq!(got(&a, "n", "k"), None);
    a.put("n", "k", b"4", &tagged(&["t"])).unwrap();
    assert_eq!(got(&b, "n", "k").unwrap(), b"4");
    assert_eq!(got(&a, "n", "k").unwrap(), b"4");
    assert_eq!(b.invalidate(None, LabelKind::Tag, &["t"]).unwrap(), 1);
    assert_eq!(got(&a, "n", "k"), None);
}

#[test]
fn caches_on_different_roots_do_not_invalidate_each_other() {
    let (a, b) = (World::new().cache(), World::new().cache());
    for cache in [&a, &b] {
        cache.put("n", "k", b"1", &tagged(&["t"])).unwrap();
    }
    a.invalidate(None, LabelKind::Tag, &["t"]).unwrap();
    a.flush("n").unwrap();
    assert_eq!(got(&b, "n", "k").unwrap(), b"1");
}

#[test]
fn a_flushed_namespace_takes_lower_versions_and_keeps_them() {
    let world = World::new();
    for cache in [
        world.cache(),
        Cache::in_memory(&CacheOptions::new()).unwrap(),
    ] {
        let mut put = tagged(&[]);
        cache.put("n", "k", b"1", put.version(9)).unwrap();
        cache.put("n", "other", b"1", &super::put()).unwrap();
        cache.flush("n").unwrap();
        assert_eq!(got(&cache, "n", "k"), None);
        cache.put("n", "k", b"2", put.version(1)).unwrap();
        assert_eq!(got(&cache, "n", "k").unwrap(), b"2");
    }
    let again = world.cache();
    assert_eq!(got(&again, "n", "k").unwrap(), b"2");
    assert_eq!(got(&again, "n", "other"), None);
}

#[test]
fn existence_costs_no_read_and_no_life() {
    for cache in both() {
        cache.put("n", "k", b"1", &put()).unwrap();
        assert_eq!(cache.existence("n", "k").unwrap(), Existence::Present);
        assert!(cache.contains("n", "k").unwrap());
        assert!(!cache.contains("n", "x").unwrap());
        assert_eq!(stats(&cache).memory_hits, 0);
        let absent = cache.existence("n", "x").unwrap();
        assert_ne!(absent, Existence::Present);
    }
}

#[test]
fn keys_are_listed_in_order_by_prefix() {
    for cache in both() {
        for key in ["b/1", "a/2", "a/1", "c"] {
            cache.put("n", key, key.as_bytes(), &put()).unwrap();
        }
        let keys = |prefix| -> Vec<String> {
            let listed = cache.list("n", prefix).unwrap();
            listed.into_iter().map(|l| l.key).collect()
        };
        assert_eq!(keys(""), ["a/1", "a/2", "b/1", "c"]);
        assert_eq!(keys("a/"), ["a/1", "a/2"]);
        assert_eq!(cache.invalidate_prefix("n", "a/").unwrap(), 2);
        assert_eq!(cache.invalidate_prefix("n", "a/").unwrap(), 0);
        assert_eq!(keys(""), ["b/1", "c"]);
    }
}

#[test]
fn several_keys_have_a_result_each() {
    for cache in both() {
        let long = "x".repeat(2000);
        let items: [(&str, &[u8]); 3] = [("a", b"1"), (&long, b"2"), ("b", b"3")];
        let done = cache.put_many("n", &items, &put());
        assert!(done[0].is_ok() && done[2].is_ok());
        assert_eq!(done[1].as_ref().unwrap_err().kind(), ErrorKind::Invalid);
        let found = cache.get_many("n", &["b", "c", "a"]);
        let found: Vec<bool> = found.into_iter().map(|f| f.unwrap().is_some()).collect();
        assert_eq!(found, [true, false, true]);
    }
}

#[test]
fn a_copy_has_the_live_entries_and_is_independent() {
    let world = World::new();
    let cache = world.cache();
    for n in 0..20 {
        cache
            .put("n", &n.to_string(), &[n; 2000], &tagged(&["t"]))
            .unwrap();
    }
    cache.remove("n", "3").unwrap();
    cache.put("m", "k", b"1", &put()).unwrap();
    let copied = cache.copy_to(Path::new("/copy"), &crate::Progress::new());
    let copied = copied.unwrap();
    assert_eq!((copied.intact, copied.complete), (20, true));
    let fs: Arc<dyn FileSystem> = Arc::new(world.0.clone());
    let copy = Cache::open_on(fs, Some(Path::new("/copy")), &CacheOptions::new()).unwrap();
    assert_eq!(copy.invalidate(None, LabelKind::Tag, &["t"]).unwrap(), 19);
    assert_eq!(got(&copy, "m", "k").unwrap(), b"1");
    assert_eq!(got(&cache, "n", "7").unwrap(), [7; 2000]);
    assert!(cache
        .copy_to(Path::new("/copy"), &crate::Progress::new())
        .is_err());
}

#[test]
fn a_copy_that_was_cancelled_or_failed_leaves_nothing_that_opens_as_a_cache_with_entries() {
    use crate::fs::faulty::{Faulty, Plan};
    let world = World::new();
    for n in 0..3 {
        let key = n.to_string();
        world.cache().put("n", &key, b"1", &tagged(&["t"])).unwrap();
    }
    let disk = Faulty::on(Arc::new(world.0.clone()));
    let fs: Arc<dyn FileSystem> = Arc::new(disk.clone());
    let cache = Cache::open_on(fs, Some(Path::new("/root")), &CacheOptions::new()).unwrap();
    let to = Path::new("/copy");
    let opened = || {
        let fs: Arc<dyn FileSystem> = Arc::new(world.0.clone());
        let mut options = CacheOptions::new();
        Cache::open_on(fs, Some(to), options.read_only(true))
    };
    let cancelled = crate::Progress::new();
    cancelled.cancel();
    assert!(!cache.copy_to(to, &cancelled).unwrap().complete);
    assert_eq!(
        opened().unwrap().namespaces().unwrap(),
        Vec::<String>::new()
    );
    let mut failures = 0;
    for at in (0..).step_by(9) {
        // Whatever fails from some call on, taking away what was copied included.
        disk.plan(Some(Plan::for_ever(at, libc::EIO)));
        let copied = cache.copy_to(to, &crate::Progress::new());
        disk.plan(None);
        if copied.is_ok() {
            break;
        }
        failures += 1;
        match opened() {
            Ok(copy) => assert_eq!(copy.namespaces().unwrap(), Vec::<String>::new(), "{at}"),
            Err(e) => assert_eq!(e.kind(), ErrorKind::Incompatible, "{at}: {e}"),
        }
        if let Ok(dir) = world.0.open_root(to) {
            crate::cache::root::empty(dir.as_ref()).unwrap();
        }
    }
    assert!(failures > 5, "{failures}");
    let copy = opened().unwrap();
    assert!((0..3).all(|n| got(&copy, "n", &n.to_string()).is_some()));
}

#[test]
fn what_is_no_cache_is_an_error_and_never_an_empty_one() {
    use crate::fs::Posix;
    let open = |path: &Path| Cache::open_on(Arc::new(Posix), Some(path), &CacheOptions::new());
    let tmp = tempfile::tempdir().unwrap();
    let root = tmp.path().join("c");
    open(&root).unwrap().put("n", "k", b"1", &put()).unwrap();
    for broken in ["", "{}", "{\"format\": 2}", "null"] {
        std::fs::write(root.join("cache"), broken).unwrap();
        let e = open(&root).err().unwrap();
        assert_eq!(e.kind(), ErrorKind::Incompatible, "{e}");
    }
    std::fs::remove_file(root.join("cache")).unwrap();
    std::fs::create_dir(root.join("cache")).unwrap();
    assert!(open(&root).is_err(), "it cannot be read");
    std::fs::remove_dir(root.join("cache")).unwrap();
    assert_eq!(open(&root).err().unwrap().kind(), ErrorKind::Incompatible);
    std::fs::write(root.join("cache"), "{\"format\":1}").unwrap();
    assert_eq!(got(&open(&root).unwrap(), "n", "k").unwrap(), b"1");
    let other = tmp.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("notes"), "").unwrap();
    assert_eq!(open(&other).err().unwrap().kind(), ErrorKind::Incompatible);
}

#[test]
fn a_read_only_cache_answers_and_refuses_all_else() {
    let world = World::new();
    world.cache().put("n", "k", b"1", &put()).unwrap();
    let mut options = CacheOptions::new();
    let cache = world.open(options.read_only(true));
    assert_eq!(got(&cache, "n", "k").unwrap(), b"1");
    assert_eq!(got(&cache, "n", "k").unwrap(), b"1");
    let kinds = [
        cache.put("n", "k", b"2", &put()).err().unwrap().kind(),
        cache.remove("n", "k").err().unwrap().kind(),
        cache.flush("n").err().unwrap().kind(),
        cache.sweep().err().unwrap().kind(),
    ];
    assert_eq!(kinds, [ErrorKind::Permission; 4]);
    world.cache().put("n", "k", b"3", &put()).unwrap();
    assert_eq!(
        got(&cache, "n", "k").unwrap(),
        b"3",
        "it confirms what memory has"
    );
}
