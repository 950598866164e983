//! Threads, promotions, filters.

use super::*;
use std::time::Duration;

fn without_memory_of(world: &World, options: &mut CacheOptions) -> Cache {
    world.open(options)
}

#[test]
fn what_is_read_once_leaves_memory_alone_where_a_second_hit_promotes() {
    let world = World::new();
    world.cache().put("n", "k", b"1", &put()).unwrap();
    let mut options = CacheOptions::new();
    let cache = without_memory_of(&world, options.promotion(Promotion::SecondHit));
    let from_memory = || cache.get("n", "k").unwrap().unwrap().info().from_memory;
    assert!(!from_memory() && !from_memory() && from_memory());
    let s = stats(&cache);
    assert_eq!((s.promotions_done, s.disk_hits, s.memory_hits), (1, 2, 1));
}

#[test]
fn promotions_in_the_background_are_counted_and_drained() {
    let world = World::new();
    let writer = world.cache();
    for n in 0..50 {
        writer.put("n", &n.to_string(), &[n; 100], &put()).unwrap();
    }
    let mut options = CacheOptions::new();
    options.background_promotion(true, 8).unwrap();
    let cache = world.open(&options);
    for n in 0..50 {
        assert_eq!(got(&cache, "n", &n.to_string()).unwrap(), [n; 100]);
    }
    assert!(cache.drain(Duration::from_secs(60)).unwrap());
    let s = stats(&cache);
    assert_eq!(s.promotions_queued + s.promotions_dropped, 50);
    assert_eq!(
        (s.promotions_done, s.promotions_waiting),
        (s.promotions_queued, 0)
    );
}

#[test]
fn a_get_does_not_wait_for_slow_promotions_whose_overflow_counts_and_which_outlive_the_cache() {
    let world = World::new();
    for n in 0..10 {
        world
            .cache()
            .put("n", &n.to_string(), b"1", &put())
            .unwrap();
    }
    let mut options = CacheOptions::new();
    options.background_promotion(true, 4).unwrap();
    let cache = world.open(&options);
    let (go, wait) = std::sync::mpsc::channel::<()>();
    cache
        .shared()
        .background
        .always(move || wait.recv().unwrap());
    for n in 0..10 {
        assert!(got(&cache, "n", &n.to_string()).is_some());
    }
    let s = stats(&cache);
    assert!(
        s.promotions_queued > 0 && s.promotions_dropped >= 6,
        "{s:?}"
    );
    assert_eq!(s.promotions_queued + s.promotions_dropped, 10);
    let not_yet = (s.promotions_waiting, s.promotions_done, s.memory_entries);
    assert_eq!(not_yet, (s.promotions_queued, 0, 0));
    assert!(!cache.drain(Duration::ZERO).unwrap());
    let namespace = cache.shared().known().remove(0);
    let shared = Arc::downgrade(cache.shared());
    drop(cache);
    go.send(()).unwrap();
    let began = std::time::Instant::now();
    while shared.upgrade().is_some() {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "it is still there"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
    let mut done = CacheStats::default();
    namespace.counters.add_to(&mut done);
    assert_eq!(
        (done.promotions_done, done.promotions_waiting),
        (s.promotions_queued, 0)
    );
}

#[test]
fn a_promotion_installs_nothing_that_was_replaced_meanwhile() {
    let world = World::new();
    let (a, b) = (world.cache(), world.cache());
    let mut options = CacheOptions::new();
    options.background_promotion(true, 8).unwrap();
    let cache = world.open(&options);
    for n in 0..100u8 {
        a.put("n", "k", &[n], &put()).unwrap();
        assert_eq!(got(&cache, "n", "k").unwrap(), [n]);
        b.put("n", "k", &[n, n], &put()).unwrap();
        assert_eq!(got(&cache, "n", "k").unwrap(), [n, n]);
        b.remove("n", "k").unwrap();
        assert_eq!(got(&cache, "n", "k"), None);
    }
}

#[test]
fn a_filter_averts_reads_and_never_hides_anything() {
    let world = World::new();
    let writer = world.cache();
    for n in 0..200 {
        writer.put("n", &n.to_string(), b"1", &put()).unwrap();
    }
    let cache = world.cache();
    assert_eq!(got(&cache, "n", "absent"), None);
    assert!(cache.drain(Duration::from_secs(60)).unwrap());
    for n in 0..200 {
        assert!(got(&cache, "n", &n.to_string()).is_some());
    }
    let before = stats(&cache).filter_skips;
    for n in 1000..1500 {
        assert_eq!(got(&cache, "n", &n.to_string()), None);
    }
    let skipped = stats(&cache).filter_skips - before;
    assert!(skipped > 480, "{skipped}");
    assert_eq!(cache.existence("n", "absent").unwrap(), Existence::Absent);
    // Own and foreign arrivals are known at once.
    cache.put("n", "1000", b"1", &put()).unwrap();
    writer.put("n", "1001", b"1", &put()).unwrap();
    assert!(got(&cache, "n", "1000").is_some() && got(&cache, "n", "1001").is_some());
    writer.flush("n").unwrap();
    writer.put("n", "1002", b"1", &put()).unwrap();
    assert!(got(&cache, "n", "1002").is_some());
}

#[test]
fn what_the_filter_denies_is_not_looked_for_and_what_it_wrongly_does_not_costs_one_look() {
    use crate::fs::faulty::Faulty;
    let world = World::new();
    let writer = world.cache();
    let mut short = put();
    short.life(ExpiryPolicy {
        ttl_ms: Some(1_000_000),
        ..ExpiryPolicy::default()
    });
    for n in 0..20 {
        writer.put("n", &n.to_string(), b"1", &put()).unwrap();
    }
    writer.put("n", "dies", b"1", &short).unwrap();
    drop(writer);
    let disk = Faulty::on(Arc::new(world.0.clone()));
    let fs: Arc<dyn FileSystem> = Arc::new(disk.clone());
    let cache = Cache::open_on(fs, Some(Path::new("/root")), &CacheOptions::new()).unwrap();
    // What is not asked for here does not come in between.
    cache.shared().background.close();
    // It is made anew in the background, after the first question.
    assert_eq!(got(&cache, "n", "absent"), None);
    assert!(cache.drain(Duration::from_secs(60)).unwrap());
    // Calls, looks into keys' directories, and what was counted.
    let ask = |key: &str| {
        let before = stats(&cache);
        disk.plan(None);
        assert_eq!(got(&cache, "n", key), None);
        let calls = disk.log();
        let looks = calls
            .iter()
            .filter(|c| c.strip_prefix("open_dir ").is_some_and(|n| n.len() == 64));
        let looks = looks.count();
        let s = stats(&cache);
        let skips = s.filter_skips - before.filter_skips;
        let wrong = s.filter_false_positives - before.filter_false_positives;
        (calls.len(), looks, skips, wrong)
    };
    assert_eq!(ask("absent"), (0, 0, 1, 0));
    assert!(cache.remove("n", "3").unwrap());
    let (_, looks, skips, wrong) = ask("3");
    assert_eq!((looks, skips, wrong), (1, 0, 1), "removed");
    cache.shared().time.advance(2_000_000);
    let (_, looks, skips, _) = ask("dies");
    assert_eq!((looks, skips), (1, 0), "dead");
    while cache.shared().remove_some_dead() > 0 {}
    let (_, looks, skips, wrong) = ask("dies");
    assert_eq!(
        (looks, skips, wrong),
        (1, 0, 1),
        "removed because it was dead"
    );
    for n in (0..20).filter(|n| *n != 3) {
        assert!(got(&cache, "n", &n.to_string()).is_some());
    }
}

#[test]
fn threads_of_mixed_calls_lose_no_count_and_no_value() {
    for cache in both() {
        std::thread::scope(|scope| {
            for t in 0..8u8 {
                let cache = &cache;
                scope.spawn(move || {
                    for i in 0..40u8 {
                        let key = format!("{t}/{}", i % 5);
                        cache.put("n", &key, &[t, i], &tagged(&[&key])).unwrap();
                        assert_eq!(got(cache, "n", &key).unwrap(), [t, i]);
                        match i % 4 {
                            0 => assert!(cache.remove("n", &key).unwrap()),
                            1 => {
                                let n = cache.invalidate(Some("n"), LabelKind::Tag, &[&key]);
                                assert_eq!(n.unwrap(), 1);
                            }
                            _ => continue,
                        }
                        assert_eq!(got(cache, "n", &key), None);
                    }
                });
            }
        });
        let s = stats(&cache);
        assert_eq!((s.puts, s.invalidations), (320, 160));
        assert_eq!((s.memory_hits + s.disk_hits, s.misses), (320, 160));
        assert_eq!(s.memory_hits + s.memory_misses, 480);
        let listed = cache.list("n", "").unwrap();
        // What was put while another invalidated comes to memory with the next get.
        for blob in &listed {
            assert!(got(&cache, "n", &blob.key).is_some());
        }
        assert_eq!(stats(&cache).memory_entries, listed.len() as u64);
    }
}

#[test]
fn a_blob_that_any_thread_got_outlives_its_entry_and_the_cache_and_is_let_go_with_the_last_handle()
{
    let world = World::new();
    let cache = world.cache();
    cache.put("n", "k", &[7; 1000], &put()).unwrap();
    let resident = {
        let blob = cache.get("n", "k").unwrap().unwrap();
        Arc::downgrade(&blob.shared.resident())
    };
    // Of each group of threads, whichever numbers these get.
    let blobs: Vec<crate::Blob> = std::thread::scope(|scope| {
        let get = || cache.get("n", "k").unwrap().unwrap();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(get)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert!(blobs.iter().all(|b| b.info().from_memory));
    cache.put("n", "k", b"other", &put()).unwrap();
    drop(cache);
    for blob in blobs {
        assert_eq!(blob.payload(), [7; 1000]);
        assert!(resident.upgrade().is_some());
    }
    assert!(resident.upgrade().is_none());
}
