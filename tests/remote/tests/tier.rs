//! The remote tier through a real S3 server and a network that fails.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};
use warmstart::{
    ErrorKind, Fetched, Reach, RemoteOptions, Retention, Session, SessionOptions, Uploads,
};
use warmstart_remote_tests::{
    key, open, options, poll, Bucket, Fault, Machine, ACCESS_KEY, LONG, SECRET_KEY,
};

#[test]
fn a_fit_finished_on_one_machine_seeds_another() {
    let bucket = Bucket::new("two-machines");
    let (a, b) = (Machine::new(&bucket), Machine::new(&bucket));
    let fit = Session::open(&a.store, key(1), &SessionOptions::new()).unwrap();
    fit.checkpoint(b"half", Some(2.0), Some(4)).unwrap();
    fit.finalize(b"done", Some(0.1 + 0.2), Some(5)).unwrap();
    a.upload();
    let again = Session::open(&b.store, key(1), &SessionOptions::new()).unwrap();
    let (here, there) = (again.load().unwrap().unwrap(), fit.peek().unwrap().unwrap());
    assert_eq!(here.payload(), b"done");
    assert_eq!((here.run_id(), here.info()), (there.run_id(), there.info()));
    let mut seeds = SessionOptions::new();
    seeds.seed_key(key(1)).unwrap();
    let c = Machine::new(&bucket);
    let fold = Session::open(&c.store, key(2), &seeds).unwrap();
    assert_eq!(fold.load().unwrap().unwrap().payload(), b"done");
    // What is empty, and what is larger than a piece of anything.
    for (n, len) in [(3, 0), (4, 3 << 20)] {
        let payload: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
        a.save(n, &payload);
        a.upload();
        assert_eq!(b.found(n), Some(payload));
    }
}

#[test]
fn uploads_survive_throttling_errors_and_resets() {
    let bucket = Bucket::new("tries-again");
    let m = Machine::new(&bucket);
    for (n, fault) in [
        (1, Fault::Status(503, 5)),
        (2, Fault::Status(500, 5)),
        (3, Fault::Status(429, 5)),
        (4, Fault::Reset(5)),
        (5, Fault::Latency(Duration::from_millis(50))),
    ] {
        bucket.network(fault);
        m.save(n, &vec![n; 1000]);
        m.upload();
        assert_eq!(bucket.objects(".json").len(), usize::from(n));
    }
    bucket.network(Fault::None);
    assert_eq!(bucket.dangling(), [] as [PathBuf; 0]);
    let other = Machine::new(&bucket);
    for n in 1..=5 {
        assert_eq!(other.found(n), Some(vec![n; 1000]));
    }
}

#[test]
fn a_fetch_survives_what_passes() {
    let bucket = Bucket::new("passes");
    let a = Machine::new(&bucket);
    a.save(1, &vec![7; 50_000]);
    a.upload();
    for fault in [
        Fault::Status(500, 1),
        Fault::Status(503, 2),
        Fault::Reset(1),
        Fault::Truncated(1),
        Fault::Corrupted(1),
        Fault::Shorter(1),
        Fault::Latency(Duration::from_millis(50)),
    ] {
        let b = Machine::new(&bucket);
        bucket.network(fault.clone());
        assert_eq!(b.found(1), Some(vec![7; 50_000]), "{fault:?}");
        assert_eq!(b.remote.stats().corrupt, 0, "{fault:?}");
        bucket.network(Fault::None);
    }
}

#[test]
fn a_corrupt_object_is_not_served_and_read_at_most_twice() {
    for (name, fault) in [
        ("bit", Fault::Corrupted(usize::MAX)),
        ("length", Fault::Shorter(usize::MAX)),
    ] {
        let bucket = Bucket::new(name);
        let (a, b) = (Machine::new(&bucket), Machine::new(&bucket));
        a.save(1, b"the state");
        a.upload();
        bucket.network(fault);
        assert_eq!(b.found(1), None);
        let reads = bucket.requests(&["GET", ".json"]) + bucket.requests(&["GET", ".bin"]);
        assert_eq!(reads, 2);
        assert_eq!(b.remote.stats().corrupt, 1);
        for _ in 0..3 {
            assert_eq!(b.found(1), None);
            let e = b.remote.fetch(key(1), LONG).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Corrupt, "{e}");
        }
        // Another process on that machine remembers it, too.
        drop(b.remote);
        let again = b.store.attach_remote(&bucket.url(), &options()).unwrap();
        assert!(again.fetch(key(1), LONG).is_err());
        let after = bucket.requests(&["GET", ".json"]) + bucket.requests(&["GET", ".bin"]);
        assert_eq!(after, reads);
    }
}

#[test]
fn an_answer_that_breaks_off_is_the_networks_fault_and_nothing_is_set_aside() {
    let bucket = Bucket::new("breaks-off");
    let (a, b) = (Machine::new(&bucket), Machine::new(&bucket));
    a.save(1, &vec![7; 50_000]);
    a.upload();
    bucket.network(Fault::Truncated(usize::MAX));
    assert_eq!(b.found(1), None);
    let e = b.remote.fetch(key(1), LONG).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Remote, "{e}");
    assert_eq!(b.remote.stats().corrupt, 0);
    bucket.network(Fault::None);
    assert!(matches!(
        b.remote.fetch(key(1), LONG),
        Ok(Fetched::Brought(_))
    ));
    assert_eq!(b.found(1), Some(vec![7; 50_000]));
}

#[test]
fn with_the_remote_down_local_work_goes_on_and_a_miss_ends_at_its_deadline() {
    for (name, fault) in [
        ("down", Fault::Down),
        ("silent", Fault::Silence),
        ("broken", Fault::Status(500, usize::MAX)),
    ] {
        let bucket = Bucket::new(name);
        bucket.network(fault);
        let mut options = RemoteOptions::new();
        options.deadline(Duration::from_millis(300));
        let m = Machine::with(&bucket, &options);
        // Were any of these to wait for the network, it would wait for ever.
        let begun = Instant::now();
        for n in 1..50 {
            m.save(n, b"p");
            assert_eq!(m.found(n).unwrap(), b"p");
        }
        assert!(m.remote.flush(Reach::Local, LONG).unwrap());
        assert_eq!(m.found(100), None);
        assert_eq!(m.found(101), None);
        assert!(begun.elapsed() < LONG / 4, "{:?}", begun.elapsed());
        let stats = m.remote.stats();
        // One that failed keeps the next from asking, for a while.
        assert_eq!(stats.fetches + stats.skipped, 2, "{name}: {stats:?}");
        let flushed = m.remote.flush(Reach::Remote, Duration::from_millis(500));
        assert!(!matches!(flushed, Ok(true)));
        // What waited is uploaded once it is back.
        bucket.network(Fault::None);
        poll(|| {
            m.remote
                .flush(Reach::Remote, Duration::from_secs(20))
                .ok()?
                .then_some(())
        });
        assert_eq!(bucket.objects(".json").len(), 49);
    }
}

#[test]
fn an_attachment_ends_at_once_whatever_the_network_does() {
    let bucket = Bucket::new("ends");
    bucket.network(Fault::Silence);
    let m = Machine::new(&bucket);
    m.save(1, b"p");
    poll(|| (bucket.requests(&["v1"]) > 0).then_some(()));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| m.remote.fetch(key(9), Duration::from_secs(1)));
        assert_eq!(
            waiting.join().unwrap().unwrap_err().kind(),
            ErrorKind::Remote
        );
    });
    let begun = Instant::now();
    drop(m.remote);
    assert!(begun.elapsed() < LONG / 4);
}

#[test]
fn what_a_killed_process_had_yet_to_upload_the_next_one_uploads() {
    let bucket = Bucket::new("killed");
    let dir = tempfile::tempdir().unwrap();
    let mut saved = BTreeSet::new();
    for (saves, latency) in [(5, 200), (40, 20), (12, 50)] {
        bucket.network(Fault::Latency(Duration::from_millis(latency)));
        let mut child = Command::new(env!("CARGO_BIN_EXE_fit"))
            .arg(dir.path())
            .arg(bucket.url())
            .arg("20000")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for line in lines.take(saves) {
            saved.insert(line.unwrap().parse::<u8>().unwrap());
        }
        // Without a chance to do anything.
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(bucket.objects(".json").len() < saved.len());
    bucket.network(Fault::None);
    let store = open(dir.path());
    let remote = store.attach_remote(&bucket.url(), &options()).unwrap();
    assert!(remote.stats().uploads_waiting > 0);
    assert!(remote.flush(Reach::Remote, LONG).unwrap());
    assert_eq!(bucket.dangling(), [] as [PathBuf; 0]);
    let other = Machine::new(&bucket);
    for n in saved {
        assert_eq!(other.found(n), Some(vec![n; 20_000]), "{n}");
    }
    let marks = std::fs::read_dir(dir.path().join(".warmstart")).unwrap();
    let names = marks.map(|e| e.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|n| n.starts_with("upload~")).count(), 0);
}

#[test]
fn eight_threads_cause_one_transfer() {
    let bucket = Bucket::new("one-flight");
    let (a, b) = (Machine::new(&bucket), Machine::new(&bucket));
    a.save(1, &vec![3; 300_000]);
    a.upload();
    bucket.network(Fault::Latency(Duration::from_millis(100)));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(b.found(1), Some(vec![3; 300_000])));
        }
    });
    assert_eq!(bucket.requests(&["GET", ".bin"]), 1);
}

#[test]
fn retention_never_removes_what_is_being_written() {
    let bucket = Bucket::new("retention");
    let mut all = options();
    all.uploads(Uploads::All);
    let (writer, keeper) = (Machine::with(&bucket, &all), Machine::new(&bucket));
    bucket.network(Fault::Latency(Duration::from_millis(5)));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let keeping = scope.spawn(|| {
            let mut removed = 0;
            while !done.load(Ordering::Acquire) {
                let keep = Retention {
                    keep_per_key: Some(1),
                    max_bytes: Some(20_000),
                    ..Retention::default()
                };
                removed += keeper.remote.retain(&keep, LONG).unwrap().removed_entries;
                assert_eq!(bucket.dangling(), [] as [PathBuf; 0]);
            }
            removed
        });
        for round in 0..15u8 {
            for n in 1..4 {
                writer.save(n, &vec![round; 10_000]);
            }
            if round % 5 == 0 {
                writer.upload();
            }
        }
        writer.upload();
        done.store(true, Ordering::Release);
        assert!(keeping.join().unwrap() > 0);
    });
    bucket.network(Fault::None);
    assert_eq!(bucket.dangling(), [] as [PathBuf; 0]);
    // Payloads of today stay; of yesterday, those that have metadata do.
    let before = bucket.objects(".bin").len();
    let entries = bucket.objects(".json").len();
    assert!(before > entries);
    for payload in bucket.objects(".bin") {
        let file = std::fs::File::options().write(true).open(payload).unwrap();
        let yesterday = SystemTime::now() - Duration::from_secs(86_400 + 60);
        file.set_modified(yesterday).unwrap();
    }
    let report = keeper.remote.retain(&Retention::default(), LONG).unwrap();
    assert_eq!(report.removed_payloads as usize, before - entries);
    assert_eq!(report.removed_entries, 0);
    assert_eq!(bucket.objects(".bin").len(), entries);
    assert_eq!(bucket.dangling(), [] as [PathBuf; 0]);
}

#[test]
fn removal_goes_as_far_as_it_is_asked_to() {
    let bucket = Bucket::new("removal");
    let (a, b) = (Machine::new(&bucket), Machine::new(&bucket));
    a.save(1, b"p");
    a.upload();
    assert_eq!(b.found(1).unwrap(), b"p");
    assert!(b.remote.remove(key(1), None, false, LONG).unwrap());
    assert_eq!(b.found(1), None);
    assert_eq!(bucket.objects("").len(), 2);
    assert!(b.remote.remove(key(1), None, true, LONG).unwrap());
    assert_eq!(bucket.objects("").len(), 0);
    assert!(!b.remote.remove(key(1), None, true, LONG).unwrap());
    assert_eq!(a.found(1).unwrap(), b"p");
}

#[test]
fn credentials_are_told_nowhere() {
    let bucket = Bucket::new("secrets");
    let m = Machine::new(&bucket);
    let mut told = vec![format!("{:?}", m.remote), m.remote.url().to_owned()];
    let mut note = |e: Option<warmstart::Error>| {
        let e = e.unwrap();
        told.push(format!("{e} {e:?}"));
        let source = std::error::Error::source(&e);
        told.push(format!("{source:?}"));
    };
    for status in [400, 401, 403, 404, 500, 503] {
        bucket.network(Fault::Status(status, usize::MAX));
        note(
            m.remote
                .fetch(key(1), LONG)
                .err()
                .or_else(|| m.remote.last_failure()),
        );
        note(m.remote.retain(&Retention::default(), LONG).err());
    }
    for fault in [Fault::Reset(usize::MAX), Fault::Down] {
        bucket.network(fault);
        note(m.remote.fetch(key(1), LONG).err());
    }
    m.save(2, b"p");
    note(m.remote.flush(Reach::Remote, Duration::from_secs(1)).err());
    // What the environment holds.
    let wrong = format!("s3://{ACCESS_KEY}:{SECRET_KEY}@bucket/p");
    note(m.store.attach_remote(&wrong, &options()).err());
    for text in told {
        for secret in [SECRET_KEY, ACCESS_KEY, "Signature", "Authorization", "AWS4"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    // Nor noted in the root.
    for entry in std::fs::read_dir(m.dir.path().join(".warmstart")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        assert!(!name.contains(ACCESS_KEY) && !name.contains(SECRET_KEY));
    }
}
