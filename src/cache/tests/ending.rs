//! Removing the dead without being asked.

use super::*;
use crate::cache::root::id_of_entry;
use crate::fs::faulty::Faulty;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

fn for_ms(ttl_ms: u64) -> PutOptions {
    let mut put = PutOptions::new();
    put.life(ExpiryPolicy {
        ttl_ms: Some(ttl_ms),
        ..ExpiryPolicy::default()
    });
    put
}

/// Whose thread does nothing by itself, so that the test says when.
fn still(cache: Cache) -> Cache {
    cache.shared().background.close();
    cache
}

fn remove_dead(cache: &Cache) {
    while cache.shared().remove_some_dead() > 0 {}
}

fn learn_all(cache: &Cache) {
    let deadlines = &cache.shared().deadlines;
    while deadlines.has_to_learn() {
        cache.shared().learn_some();
    }
}

fn on_disk(cache: &Cache) -> u64 {
    stats(cache).disk_entries
}

#[test]
fn upkeep_removes_what_died_and_reads_nothing_else() {
    let world = World::new();
    let disk = Faulty::on(Arc::new(world.0.clone()));
    let fs: Arc<dyn FileSystem> = Arc::new(disk.clone());
    let cache = Cache::open_on(fs, Some(Path::new("/root")), &CacheOptions::new()).unwrap();
    let cache = still(cache);
    // Each call takes some of this disk's time.
    for n in 0..40 {
        let life = if n % 4 == 0 { 1_000_000 } else { 9_000_000 };
        cache.put("n", &n.to_string(), b"1", &for_ms(life)).unwrap();
    }
    cache.put("n", "lasts", b"1", &put()).unwrap();
    // What was replaced by something longer-lived, or has another life now, is no business of that instant.
    cache.put("n", "0", b"2", &put()).unwrap();
    cache.put("n", "4", b"2", &for_ms(9_000_000)).unwrap();
    let longer = ExpiryPolicy {
        ttl_ms: Some(9_000_000),
        ..ExpiryPolicy::default()
    };
    assert!(cache.set_life("n", "8", &longer).unwrap());
    let dead: BTreeSet<String> = (12..40)
        .filter(|n| n % 4 == 0)
        .map(|n| id_of_entry("n", &n.to_string()).to_hex())
        .collect();
    cache.shared().time.advance(500_000);
    disk.plan(None);
    remove_dead(&cache);
    assert_eq!(disk.log(), Vec::<String>::new(), "nothing is dead");
    assert_eq!(on_disk(&cache), 41);
    cache.shared().time.advance(600_000);
    disk.plan(None);
    remove_dead(&cache);
    let opened = disk.log().into_iter();
    let opened = opened.filter_map(|c| c.strip_prefix("open_dir ").map(str::to_owned));
    let opened: BTreeSet<String> = opened.filter(|name| name.len() == 64).collect();
    assert_eq!(opened, dead);
    assert_eq!(on_disk(&cache), 34);
    let s = stats(&cache);
    assert_eq!((s.expirations, s.memory_entries), (7, 34));
    for n in 0..40 {
        let stays = n % 4 != 0 || n < 12;
        assert_eq!(got(&cache, "n", &n.to_string()).is_some(), stays, "{n}");
    }
    assert_eq!(stats(&cache).expirations, 7, "each death is counted once");
}

#[test]
fn what_lay_there_before_is_removed_once_it_was_looked_at() {
    let world = World::new();
    let writer = world.cache();
    for n in 0..150 {
        let life = if n < 100 { 1_000_000 } else { 5_000_000 };
        writer
            .put("n", &n.to_string(), b"1", &for_ms(life))
            .unwrap();
    }
    drop(writer);
    let cache = still(world.cache());
    assert!(got(&cache, "n", "149").is_some());
    learn_all(&cache);
    // No more is kept in mind than there is room for.
    assert!(cache.shared().deadlines.len() <= 100);
    cache.shared().time.advance(2_000_000);
    remove_dead(&cache);
    assert_eq!(on_disk(&cache), 50);
    // What there was no room for is looked at again when it may be next.
    learn_all(&cache);
    cache.shared().time.advance(5_000_000);
    remove_dead(&cache);
    assert_eq!(on_disk(&cache), 0);
}

#[test]
fn what_another_process_gave_a_longer_life_stays() {
    let world = World::new();
    let (a, b) = (still(world.cache()), still(world.cache()));
    a.put("n", "k", b"1", &for_ms(1_000_000)).unwrap();
    a.put("n", "replaced", b"1", &for_ms(1_000_000)).unwrap();
    let longer = ExpiryPolicy {
        ttl_ms: Some(9_000_000),
        ..ExpiryPolicy::default()
    };
    assert!(b.set_life("n", "k", &longer).unwrap());
    b.put("n", "replaced", b"2", &put()).unwrap();
    a.shared().time.advance(2_000_000);
    remove_dead(&a);
    assert_eq!(got(&a, "n", "k").unwrap(), b"1");
    assert_eq!(got(&a, "n", "replaced").unwrap(), b"2");
    a.shared().time.advance(9_000_000);
    remove_dead(&a);
    assert_eq!(on_disk(&a), 1);
    assert_eq!(stats(&a).expirations, 1);
}

#[test]
fn an_idle_entry_goes_when_nobody_used_it_in_any_process() {
    let world = World::new();
    let idle = |ms| {
        let mut put = PutOptions::new();
        put.life(ExpiryPolicy {
            idle_ms: Some(ms),
            ..ExpiryPolicy::default()
        });
        put
    };
    let (a, b) = (still(world.cache()), still(world.cache()));
    a.put("n", "used", b"1", &idle(1_000_000)).unwrap();
    a.put("n", "unused", b"1", &idle(1_000_000)).unwrap();
    for _ in 0..3 {
        world.0.advance(600);
        assert!(got(&b, "n", "used").is_some());
        remove_dead(&a);
    }
    assert_eq!((on_disk(&a), stats(&a).idle_deaths), (1, 1));
    assert!(got(&a, "n", "used").is_some());
    world.0.advance(1300);
    remove_dead(&a);
    assert_eq!((on_disk(&a), stats(&a).idle_deaths), (0, 2));
}

#[test]
fn a_death_that_gets_met_is_counted_once_and_removed() {
    let world = World::new();
    world.cache().put("n", "k", b"1", &for_ms(10_000)).unwrap();
    let cache = still(world.cache());
    cache.shared().time.advance(20_000);
    assert_eq!(got(&cache, "n", "k"), None);
    assert_eq!(got(&cache, "n", "k"), None);
    assert_eq!(on_disk(&cache), 1);
    remove_dead(&cache);
    assert_eq!((on_disk(&cache), stats(&cache).expirations), (0, 1));
    // A reader removes nothing.
    cache.put("n", "k", b"1", &for_ms(10_000)).unwrap();
    let mut options = CacheOptions::new();
    let reader = world.open(options.read_only(true));
    reader.shared().time.advance(50_000);
    assert_eq!(got(&reader, "n", "k"), None);
    remove_dead(&reader);
    assert_eq!(on_disk(&cache), 1);
}

#[test]
fn the_dead_leave_a_cache_in_memory_too() {
    let cache = still(Cache::in_memory(&CacheOptions::new()).unwrap());
    for n in 0..30 {
        let life = if n % 3 == 0 { 10_000 } else { 1_000_000 };
        cache.put("n", &n.to_string(), b"1", &for_ms(life)).unwrap();
    }
    cache.put("n", "0", b"2", &put()).unwrap();
    cache.shared().time.advance(20_000);
    remove_dead(&cache);
    let s = stats(&cache);
    assert_eq!((s.memory_entries, s.expirations), (21, 9));
    assert!(got(&cache, "n", "0").is_some());
    cache.remove("n", "0").unwrap();
    cache.shared().time.advance(1_000_000);
    remove_dead(&cache);
    assert_eq!(
        (stats(&cache).memory_entries, stats(&cache).memory_bytes),
        (0, 0)
    );
}

#[test]
fn nobody_has_to_ask_for_the_dead_to_be_removed() {
    let tmp = tempfile::tempdir().unwrap();
    let open = || Cache::open(Some(tmp.path()), &CacheOptions::new()).unwrap();
    let before = open();
    before.put("n", "before", b"1", &for_ms(1)).unwrap();
    before.put("n", "stays", b"1", &put()).unwrap();
    drop(before);
    let cache = open();
    cache.put("n", "k", b"1", &for_ms(20)).unwrap();
    let in_memory = Cache::in_memory(&CacheOptions::new()).unwrap();
    in_memory.put("n", "k", b"1", &for_ms(1)).unwrap();
    let began = Instant::now();
    while on_disk(&cache) > 1 || stats(&in_memory).memory_entries > 0 {
        assert!(
            began.elapsed() < Duration::from_secs(120),
            "they are still there"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(got(&cache, "n", "stays").unwrap(), b"1");
}
