//! What a call asks of the disk.

use super::*;
use crate::fs::faulty::Faulty;

/// The calls that `work` makes.
fn calls(disk: &Faulty, work: impl FnOnce()) -> Vec<String> {
    let before = disk.log().len();
    work();
    disk.log().split_off(before)
}

fn count(calls: &[String], what: &str) -> usize {
    calls.iter().filter(|c| c.starts_with(what)).count()
}

#[test]
fn a_replacing_put_syncs_its_file_and_its_directory_and_a_hit_asks_nothing() {
    let tmp = tempfile::tempdir().unwrap();
    let disk = Faulty::default();
    let fs: Arc<dyn FileSystem> = Arc::new(disk.clone());
    let cache = Cache::open_on(fs, Some(tmp.path()), &CacheOptions::new()).unwrap();
    for _ in 0..2 {
        cache.put("n", "k", &[1; 1024], &put()).unwrap();
    }
    assert!(cache.drain(std::time::Duration::from_secs(60)).unwrap());
    // From when on stamps tell that nothing was named in the root.
    std::thread::sleep(std::time::Duration::from_millis(60));
    cache.put("n", "k", &[1; 1024], &put()).unwrap();
    let replacing = calls(&disk, || {
        cache.put("n", "k", &[2; 1024], &put()).unwrap();
    });
    assert_eq!(count(&replacing, "sync"), 2, "{replacing:#?}");
    let counting = count(&replacing, "write totals");
    assert_eq!(count(&replacing, "write") - counting, 1, "{replacing:#?}");
    let hit = calls(&disk, || {
        assert!(cache.get("n", "k").unwrap().unwrap().info().from_memory);
    });
    assert_eq!(hit, Vec::<String>::new());
    let flushed = calls(&disk, || cache.flush("n").unwrap());
    assert!(count(&flushed, "sync") <= 1 + 1, "{flushed:#?}");
}
