//! The prefetch worker through a real S3 server and a network that fails.

use std::time::{Duration, Instant};
use warmstart::{Prefetch, PrefetchOptions};
use warmstart_remote_tests::{key, poll, Bucket, Fault, Machine, LONG};

fn brisk() -> PrefetchOptions {
    let mut options = PrefetchOptions::new();
    options.interval_seconds(0.05).unwrap();
    options.fetch_deadline_seconds(LONG.as_secs_f64()).unwrap();
    options.cycle_seconds(LONG.as_secs_f64()).unwrap();
    options
}

fn warming(machine: &Machine, options: &PrefetchOptions) -> Prefetch {
    let prefetch = machine.remote.prefetch(options).unwrap();
    prefetch.start().unwrap();
    prefetch
}

/// Entries of a machine that is gone.
fn uploaded(bucket: &Bucket, keys: u8) {
    let a = Machine::new(bucket);
    for n in 1..=keys {
        a.save(n, &vec![n; 5000]);
    }
    a.upload();
}

#[test]
fn a_cycle_fetches_as_many_as_it_may_of_many_at_once_and_the_next_goes_on() {
    let bucket = Bucket::new("many");
    uploaded(&bucket, 40);
    let b = Machine::new(&bucket);
    let prefetch = b.remote.prefetch(&brisk()).unwrap();
    bucket.network(Fault::Latency(Duration::from_millis(50)));
    prefetch.start().unwrap();
    let first = poll(|| prefetch.last_cycle().filter(|c| c.selected > 0));
    // Others may have ended before it was looked at.
    assert!(first.selected <= 8 && first.counts.fetched == first.selected);
    poll(|| (prefetch.stats().resident == 40).then_some(()));
    let stats = poll(|| Some(prefetch.stats()).filter(|s| s.counts.fetched == 40));
    assert_eq!(stats.selected, 40, "{stats:?}");
    assert_eq!(bucket.requests(&["GET", ".bin HTTP"]), 40);
    for n in 1..=40 {
        assert_eq!(b.found(n), Some(vec![n; 5000]));
    }
    assert_eq!(bucket.requests(&["GET", ".bin HTTP"]), 40);
    assert_eq!(prefetch.stats().useful_bytes, 40 * 5000);
}

#[test]
fn a_lookup_joins_what_is_being_fetched_ahead_of_it() {
    let bucket = Bucket::new("joined");
    uploaded(&bucket, 1);
    let b = Machine::new(&bucket);
    bucket.network(Fault::Silence);
    let prefetch = warming(&b, &brisk());
    prefetch.hint(&[key(1)]);
    poll(|| (b.remote.stats().fetches == 1).then_some(()));
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| b.found(1));
        poll(|| (b.remote.stats().fetches == 2).then_some(()));
        bucket.network(Fault::Latency(Duration::from_millis(100)));
        assert_eq!(asking.join().unwrap(), Some(vec![1; 5000]));
    });
    for object in [".json HTTP", ".bin HTTP"] {
        assert_eq!(bucket.requests(&["GET", object]), 1);
    }
    assert_eq!(b.remote.stats().brought, 1);
    poll(|| (prefetch.stats().hints_fetched == 1).then_some(()));
}

#[test]
fn a_worker_stops_though_the_server_never_answers() {
    let bucket = Bucket::new("never");
    uploaded(&bucket, 1);
    let b = Machine::new(&bucket);
    bucket.network(Fault::Silence);
    let prefetch = warming(&b, &brisk());
    prefetch.hint(&[key(1)]);
    // The upload has looked there once.
    poll(|| (bucket.requests(&["list-type", "v1%2F0101"]) > 1).then_some(()));
    let begun = Instant::now();
    assert!(prefetch.stop(LONG));
    assert!(begun.elapsed() < LONG / 4);
    assert_eq!(prefetch.stats().counts.cancelled, 1);
    // Threads come back, too.
    poll(|| (prefetch.stats().hanging == 0).then_some(()));
    bucket.network(Fault::None);
    assert_eq!(b.found(1), Some(vec![1; 5000]));
}

#[test]
fn what_would_be_fetched_from_a_server_that_just_failed_is_deferred() {
    let bucket = Bucket::new("deferred");
    uploaded(&bucket, 30);
    let b = Machine::new(&bucket);
    bucket.network(Fault::Down);
    let mut one = brisk();
    one.parallel(1).unwrap();
    let prefetch = warming(&b, &one);
    let keys: Vec<_> = (1..=30).map(key).collect();
    assert_eq!(prefetch.hint(&keys), 30);
    let counts = poll(|| {
        let counts = prefetch.stats().counts;
        (counts.failed + counts.deferred == 30).then_some(counts)
    });
    assert!(counts.failed > 0 && counts.deferred > counts.failed);
    assert_eq!(b.remote.stats().fetches, counts.failed);
    bucket.network(Fault::None);
    prefetch.refresh();
    poll(|| (prefetch.stats().resident == 30).then_some(()));
}
