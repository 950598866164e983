//! Two machines are two roots; the bucket lies in memory or in a directory.

mod requests;
mod warm;

use super::*;
use crate::error::ErrorKind;
use crate::key::{Fingerprinter, Key};
use crate::session::{Session, SessionOptions};
use crate::store::{Durability, Kind, Lookup, Source, Store, StoreOptions};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const LONG: Duration = Duration::from_secs(60);

fn key(n: u8) -> Key {
    Key::from_bytes([n; 32])
}

/// A root of its own, attached to `url`.
struct Machine {
    remote: Option<Remote>,
    store: Store,
    dir: TempDir,
}

fn options(uploads: Uploads) -> RemoteOptions {
    let mut options = RemoteOptions::new();
    options.uploads(uploads).deadline(LONG);
    options
}

impl Machine {
    fn new(url: &str, options: &RemoteOptions) -> Machine {
        let dir = tempfile::tempdir().unwrap();
        let mut of_store = StoreOptions::new();
        of_store.durability(Durability::Process);
        let store = Store::open(Some(dir.path()), &of_store).unwrap();
        let remote = Some(store.attach_remote(url, options).unwrap());
        Machine { remote, store, dir }
    }

    fn finals(url: &str) -> Machine {
        Machine::new(url, &options(Uploads::Final))
    }

    fn remote(&self) -> &Remote {
        self.remote.as_ref().unwrap()
    }

    fn save(&self, key: Key, payload: &[u8], objective: f64) -> String {
        let saved = self
            .store
            .save(key, payload, Some(objective), Some(7), Kind::Final);
        saved.unwrap()
    }

    fn upload(&self) {
        assert!(self.remote().flush(Reach::Remote, LONG).unwrap());
    }

    fn marks(&self, prefix: &str) -> usize {
        let aux = self.dir.path().join(".warmstart");
        let listed = std::fs::read_dir(aux).unwrap();
        let names = listed.map(|e| e.unwrap().file_name().into_string().unwrap());
        names
            .filter(|n| n.starts_with(prefix) && n.ends_with(".mark"))
            .count()
    }
}

/// A bucket in a directory, so that it can be looked into and damaged.
struct Bucket(TempDir);

impl Bucket {
    fn new() -> Bucket {
        Bucket(tempfile::tempdir().unwrap())
    }

    fn url(&self) -> String {
        format!("file://{}/deep/er", self.0.path().display())
    }

    fn objects(&self) -> Vec<PathBuf> {
        fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(dir).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, found);
                } else {
                    found.push(path);
                }
            }
        }
        let mut found = Vec::new();
        walk(self.0.path(), &mut found);
        found.sort();
        found
    }

    fn with_suffix(&self, suffix: &str) -> Vec<PathBuf> {
        let mut objects = self.objects();
        objects.retain(|p| p.to_str().unwrap().ends_with(suffix));
        objects
    }
}

#[test]
fn a_fit_finished_on_one_machine_is_found_bit_for_bit_on_another() {
    let (a, b) = (
        Machine::finals("memory://bits/p"),
        Machine::finals("memory://bits/p"),
    );
    let run = a.save(key(1), b"the state", f64::from_bits(0x3ff3_c083_1f7d_0d4f));
    a.upload();
    let there = a.store.lookup(key(1), Lookup::Best).unwrap().unwrap();
    let here = b.store.lookup(key(1), Lookup::Best).unwrap().unwrap();
    assert_eq!(here.payload(), b"the state");
    assert_eq!((here.run_id(), here.info()), (run.as_str(), there.info()));
    assert_eq!(here.info().source, Source::Exact);
    assert_eq!(
        (a.remote().stats().uploads, b.remote().stats().brought),
        (1, 1)
    );
    // Nothing that was brought is uploaded again, and it is here from now on.
    b.upload();
    assert_eq!(b.remote().stats().uploads, 0);
    drop(b.store.lookup(key(1), Lookup::Latest).unwrap().unwrap());
    assert_eq!(b.remote().stats().fetches, 1);
    assert!(b.store.lookup(key(2), Lookup::Best).unwrap().is_none());
    assert_eq!(b.remote().stats().missing, 1);
}

#[test]
fn a_session_on_another_machine_begins_from_the_answer_and_from_its_relatives() {
    let (a, b) = (
        Machine::finals("memory://session"),
        Machine::finals("memory://session"),
    );
    let mut f = Fingerprinter::new();
    f.absorb_str("rows", "all").unwrap();
    let (whole, fold) = (f.finish(), key(9));
    let fit = Session::open(&a.store, whole, &SessionOptions::new()).unwrap();
    fit.checkpoint(b"half", Some(2.0), Some(1)).unwrap();
    fit.finalize(b"done", Some(1.0), Some(2)).unwrap();
    a.upload();
    let again = Session::open(&b.store, whole, &SessionOptions::new()).unwrap();
    let found = again.load().unwrap().unwrap();
    assert_eq!(
        (found.payload(), found.info().kind),
        (&b"done"[..], Kind::Final)
    );
    // Found under a seed key of the answer, too, which nothing lies under itself.
    let mut found_too = SessionOptions::new();
    found_too.seed_key(key(8)).unwrap();
    let linked = Session::open(&a.store, key(7), &found_too).unwrap();
    linked.finalize(b"linked", Some(1.0), Some(2)).unwrap();
    a.upload();
    let d = Machine::finals("memory://session");
    let relative = Session::open(&d.store, key(6), &found_too).unwrap();
    let found = relative.load().unwrap().unwrap();
    assert_eq!((found.payload(), found.key()), (&b"linked"[..], key(7)));
    assert_eq!(found.info().source, Source::Seed(0));
    // The next one finds it here, and asks for its own key only.
    let fetches = d.remote().stats().fetches;
    let sibling = Session::open(&d.store, key(5), &found_too).unwrap();
    let found = sibling.load().unwrap().unwrap();
    assert_eq!(found.info().source, Source::Seed(0));
    assert_eq!(d.remote().stats().fetches, fetches + 1);
    let c = Machine::finals("memory://session");
    let mut seeds = SessionOptions::new();
    seeds.seed_key(whole).unwrap();
    let relative = Session::open(&c.store, fold, &seeds).unwrap();
    let found = relative.load().unwrap().unwrap();
    assert_eq!(
        (found.payload(), found.info().source),
        (&b"done"[..], Source::Seed(0))
    );
}

#[test]
fn best_and_latest_are_answered_as_where_they_were_written() {
    let (a, b) = (
        Machine::new("memory://modes", &options(Uploads::All)),
        Machine::finals("memory://modes"),
    );
    for (payload, objective) in [(b"x", 3.0), (b"y", 1.0), (b"z", 2.0)] {
        let saved = a
            .store
            .save(key(1), payload, Some(objective), None, Kind::Checkpoint);
        saved.unwrap();
    }
    a.upload();
    for mode in [Lookup::Latest, Lookup::Best] {
        let there = a.store.lookup(key(1), mode).unwrap().unwrap();
        let here = b.store.lookup(key(1), mode).unwrap().unwrap();
        assert_eq!(
            (here.run_id(), here.payload()),
            (there.run_id(), there.payload())
        );
    }
    assert_eq!(b.remote().stats().brought, 2);
}

#[test]
fn only_what_was_asked_for_is_uploaded() {
    let checkpoint = |m: &Machine, key, objective| {
        let saved = m
            .store
            .save(key, b"c", Some(objective), None, Kind::Checkpoint);
        saved.unwrap();
    };
    for (uploads, expected) in [
        (Uploads::Final, 1),
        (Uploads::Best, 2),
        (Uploads::All, 3),
        (Uploads::Nothing, 0),
    ] {
        let bucket = Bucket::new();
        let m = Machine::new(&bucket.url(), &options(uploads));
        m.save(key(1), b"f", 1.0);
        checkpoint(&m, key(2), 1.0);
        checkpoint(&m, key(2), 2.0);
        m.upload();
        assert_eq!(bucket.with_suffix(".json").len(), expected, "{uploads:?}");
        assert_eq!(m.marks("upload~"), 0);
    }
}

#[test]
fn what_a_process_did_not_upload_the_next_one_does() {
    let bucket = Bucket::new();
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(Some(dir.path()), &StoreOptions::new()).unwrap();
    // Nothing can be uploaded where a file lies in the way.
    let url = format!("file://{}/in/the/way", bucket.0.path().display());
    std::fs::write(bucket.0.path().join("in"), b"").unwrap();
    let remote = store.attach_remote(&url, &options(Uploads::Final)).unwrap();
    store.save(key(1), b"p", None, None, Kind::Final).unwrap();
    let e = remote
        .flush(Reach::Remote, Duration::from_secs(1))
        .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Remote);
    assert!(remote.flush(Reach::Local, LONG).unwrap());
    assert!(remote.stats().upload_failures > 0 && remote.last_failure().is_some());
    drop(remote);
    std::fs::remove_file(bucket.0.path().join("in")).unwrap();
    let next = store.attach_remote(&url, &options(Uploads::Final)).unwrap();
    assert!(next.flush(Reach::Remote, LONG).unwrap());
    assert_eq!(next.stats().uploads, 1);
    assert_eq!(bucket.with_suffix(".json").len(), 1);
}

#[test]
fn a_wait_in_short_steps_tells_the_failure_and_does_not_press_the_server() {
    let bucket = Bucket::new();
    let url = format!("file://{}/in/the/way", bucket.0.path().display());
    std::fs::write(bucket.0.path().join("in"), b"").unwrap();
    let m = Machine::new(&url, &options(Uploads::Final));
    m.save(key(1), b"p", 1.0);
    let begun = Instant::now();
    let step = || {
        std::thread::sleep(Duration::from_millis(1));
        m.remote().flush(Reach::Remote, Duration::ZERO)
    };
    let told = loop {
        match step() {
            Err(e) => break e,
            Ok(done) => assert!(!done && begun.elapsed() < LONG),
        }
    };
    assert_eq!(told.kind(), ErrorKind::Remote);
    for _ in 0..500 {
        assert!(step().is_err());
    }
    // The shortest pause is a quarter of a second.
    let most = begun.elapsed().as_millis() / 250 + 1;
    let failures = m.remote().stats().upload_failures;
    assert!(u128::from(failures) <= most, "{failures} in {most} pauses");
}

#[test]
fn what_waits_beyond_the_bound_is_uploaded_all_the_same() {
    let bucket = Bucket::new();
    let mut few = options(Uploads::Final);
    few.queue(2).unwrap();
    let m = Machine::new(&bucket.url(), &few);
    for n in 0..20 {
        m.save(key(n), &[n], 1.0);
        assert!(m.remote().stats().uploads_waiting <= 2);
    }
    m.upload();
    assert_eq!(bucket.with_suffix(".json").len(), 20);
    assert_eq!(m.marks("upload~"), 0);
}

#[test]
fn a_corrupt_object_is_not_served_and_read_again_at_most_once() {
    for (suffix, damage) in [
        (".bin", b"not what was saved".as_slice()),
        (".bin", b"the statf"),
        (".bin", b""),
        (".json", b"{}"),
    ] {
        let bucket = Bucket::new();
        let (a, b) = (
            Machine::finals(&bucket.url()),
            Machine::finals(&bucket.url()),
        );
        a.save(key(1), b"the state", 1.0);
        a.upload();
        for object in bucket.with_suffix(suffix) {
            std::fs::write(object, damage).unwrap();
        }
        assert!(b.store.lookup(key(1), Lookup::Best).unwrap().is_none());
        // A payload of another length is no upload of that entry at all, or is seen by its digest.
        let e = b.remote().fetch(key(1), LONG).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Corrupt, "{e}");
        assert!(b.store.lookup(key(1), Lookup::Best).unwrap().is_none());
        assert_eq!((b.remote().stats().corrupt, b.marks("bad~")), (1, 1));
        // Another upload of it is another object.
        a.store.remove(key(1)).unwrap();
        a.save(key(1), b"the state", 1.0);
        a.upload();
        let found = b.store.lookup(key(1), Lookup::Best).unwrap().unwrap();
        assert_eq!(found.payload(), b"the state");
    }
}

#[test]
fn damage_does_not_hide_the_next_best() {
    let bucket = Bucket::new();
    let (a, b) = (
        Machine::finals(&bucket.url()),
        Machine::finals(&bucket.url()),
    );
    a.save(key(1), b"second best", 2.0);
    a.upload();
    let sound = bucket.with_suffix(".bin");
    a.save(key(1), b"best", 1.0);
    a.upload();
    for object in bucket.with_suffix(".bin") {
        if !sound.contains(&object) {
            std::fs::write(object, b"tseb").unwrap();
        }
    }
    let found = b.store.lookup(key(1), Lookup::Best).unwrap().unwrap();
    assert_eq!(found.payload(), b"second best");
}

#[test]
fn what_was_removed_or_refused_is_not_brought_back_until_the_next_save() {
    let bucket = Bucket::new();
    let (a, b) = (
        Machine::finals(&bucket.url()),
        Machine::finals(&bucket.url()),
    );
    let run = a.save(key(1), b"p", 1.0);
    a.upload();
    assert_eq!(
        b.remote().fetch(key(1), LONG).unwrap(),
        brought(&bucket, &run)
    );
    assert!(b.remote().remove(key(1), None, false, LONG).unwrap());
    assert!(b.store.lookup(key(1), Lookup::Best).unwrap().is_none());
    assert_eq!(b.remote().fetch(key(1), LONG).unwrap(), Fetched::Refused);
    assert_eq!(bucket.objects().len(), 2);
    let own = b.save(key(1), b"q", 2.0);
    b.upload();
    assert_eq!(
        b.remote().fetch(key(1), LONG).unwrap(),
        brought(&bucket, &run)
    );
    // One run, and there as well.
    assert!(b.remote().remove(key(1), Some(&run), true, LONG).unwrap());
    assert_eq!(bucket.with_suffix(&format!("/{run}")), [] as [PathBuf; 0]);
    assert_eq!(bucket.objects().len(), 2);
    let found = b.store.lookup(key(1), Lookup::Best).unwrap().unwrap();
    assert_eq!(found.run_id(), own);
    // What a fit refuses.
    let fit = Session::open(&a.store, key(3), &SessionOptions::new()).unwrap();
    a.save(key(3), b"s", 5.0);
    a.upload();
    fit.load().unwrap().unwrap();
    assert!(fit.confirm(6.0, 1e-8).is_err());
    assert!(fit.load().unwrap().is_none());
    assert_eq!(a.marks("gone~"), 1);
}

/// All there is of a run.
fn brought(bucket: &Bucket, run: &str) -> Fetched {
    let objects = bucket.objects();
    let of_run = objects.iter().filter(|p| p.to_string_lossy().contains(run));
    Fetched::Brought(of_run.map(|p| std::fs::metadata(p).unwrap().len()).sum())
}

#[test]
fn what_is_removed_before_it_is_uploaded_is_not_uploaded() {
    let bucket = Bucket::new();
    let m = Machine::finals(&bucket.url());
    for n in 0..8 {
        m.save(key(n), &vec![n; 100_000], 1.0);
        assert!(m.store.remove(key(n)).unwrap());
    }
    m.upload();
    assert_eq!(bucket.with_suffix(".json"), [] as [PathBuf; 0]);
    assert_eq!(m.marks("upload~"), 0);
}

#[test]
fn eviction_here_removes_nothing_there() {
    let bucket = Bucket::new();
    let m = Machine::finals(&bucket.url());
    m.save(key(1), b"p", 1.0);
    m.upload();
    // As an eviction does: without a word to a caller.
    std::fs::remove_dir_all(m.dir.path().join(key(1).to_hex())).unwrap();
    m.store.sweep().unwrap();
    assert_eq!(bucket.objects().len(), 2);
    let found = m.store.lookup(key(1), Lookup::Best).unwrap().unwrap();
    assert_eq!(found.payload(), b"p");
}

#[test]
fn names_that_are_none_of_ours_are_left_alone() {
    let bucket = Bucket::new();
    let (a, b) = (
        Machine::finals(&bucket.url()),
        Machine::finals(&bucket.url()),
    );
    a.save(key(1), b"p", 1.0);
    a.upload();
    let payload = bucket.with_suffix(".bin").remove(0);
    let strange = payload.with_file_name("7-strange.bin");
    std::fs::write(&strange, b"s").unwrap();
    std::fs::write(payload.parent().unwrap().with_file_name("x.json"), b"{}").unwrap();
    assert!(b.store.lookup(key(1), Lookup::Best).unwrap().is_some());
    assert_eq!(b.remote().stats().foreign, 2);
    let everything = Retention {
        max_bytes: Some(0),
        ..Retention::default()
    };
    let report = b.remote().retain(&everything, LONG).unwrap();
    assert_eq!((report.removed_entries, report.foreign), (1, 2));
    assert!(strange.exists() && payload.exists());
}

#[test]
fn retention_says_what_would_go_and_removes_metadata_first() {
    let bucket = Bucket::new();
    let m = Machine::finals(&bucket.url());
    for n in 0..5 {
        m.save(key(1), &[n; 10], f64::from(n));
    }
    m.upload();
    let mut keep = Retention {
        keep_per_key: Some(2),
        dry_run: true,
        ..Retention::default()
    };
    let would = m.remote().retain(&keep, LONG).unwrap();
    assert_eq!((would.entries, would.removed_entries), (5, 3));
    assert_eq!(bucket.objects().len(), 10);
    keep.dry_run = false;
    assert_eq!(m.remote().retain(&keep, LONG).unwrap(), would);
    // Payloads of this day may be someone's who is about to upload the metadata.
    let counts = (
        bucket.with_suffix(".json").len(),
        bucket.with_suffix(".bin").len(),
    );
    assert_eq!((counts, would.waiting_payloads), ((2, 5), 3));
    let yesterday = std::time::SystemTime::now() - Duration::from_secs(86_400 + 60);
    for payload in bucket.with_suffix(".bin") {
        let file = std::fs::File::options().write(true).open(payload).unwrap();
        file.set_modified(yesterday).unwrap();
    }
    let report = m.remote().retain(&keep, LONG).unwrap();
    assert_eq!((report.removed_entries, report.removed_payloads), (0, 3));
    assert_eq!(bucket.objects().len(), 4);
    let listed = m
        .remote()
        .list(100, Instant::now() + LONG, &Cancel::new())
        .unwrap();
    assert_eq!(listed.len(), 2);
}

#[test]
fn threads_that_ask_for_one_key_share_one_transfer() {
    let bucket = Bucket::new();
    let (a, b) = (
        Machine::finals(&bucket.url()),
        Machine::finals(&bucket.url()),
    );
    a.save(key(1), &vec![5; 1 << 20], 1.0);
    a.upload();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let found = b.store.lookup(key(1), Lookup::Best).unwrap().unwrap();
                assert_eq!(found.payload().len(), 1 << 20);
            });
        }
    });
    assert_eq!(b.remote().stats().brought, 1);
    let files = std::fs::read_dir(b.dir.path().join(key(1).to_hex())).unwrap();
    assert_eq!(files.count(), 2);
}

#[test]
fn a_cancelled_wait_ends_and_so_does_an_attachment() {
    let m = Machine::finals("memory://cancel");
    let cancel = Cancel::new();
    cancel.cancel();
    let e = m
        .remote()
        .fetch_until(key(1), Instant::now() + LONG, &cancel);
    assert!(e.is_err() || e.unwrap() == Fetched::Missing);
    let second = m
        .store
        .attach_remote("memory://cancel", &RemoteOptions::new());
    assert_eq!(second.unwrap_err().kind(), ErrorKind::Invalid);
    let mut m = m;
    m.remote = None;
    let again = m
        .store
        .attach_remote("memory://cancel", &RemoteOptions::new());
    m.remote = Some(again.unwrap());
    assert!(m.store.lookup(key(1), Lookup::Best).unwrap().is_none());
}

#[test]
fn a_store_that_is_only_read_is_not_attached() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = StoreOptions::new();
    options.read_only(true);
    let store = Store::open(Some(dir.path()), &options).unwrap();
    let e = store
        .attach_remote("memory://ro", &RemoteOptions::new())
        .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Permission);
}
