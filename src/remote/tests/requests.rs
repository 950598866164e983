//! How often a bucket is asked: the first table of `guide::scale` is what is counted here.

use super::super::engine::Engine;
use super::*;
use futures_util::stream::{BoxStream, StreamExt};
use object_store::path::Path as Location;
use object_store::{
    GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult,
};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

/// Names in one answer to a listing of S3's.
const PAGE: usize = 1000;

const LIST: usize = 0;
const PUT: usize = 1;
const GET: usize = 2;
const HEAD: usize = 3;
const DELETE: usize = 4;

type Result<T> = object_store::Result<T>;
type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// A bucket that counts what it is asked. What is never asked of it is not answered.
#[derive(Debug)]
struct Counting {
    inner: Arc<dyn ObjectStore>,
    counts: Arc<[AtomicUsize; 5]>,
}

impl Counting {
    fn count(&self, what: usize) {
        self.counts[what].fetch_add(1, Ordering::SeqCst);
    }
}

impl fmt::Display for Counting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a counting bucket")
    }
}

impl ObjectStore for Counting {
    fn put_opts<'a, 'b, 'c>(
        &'a self,
        location: &'b Location,
        payload: PutPayload,
        options: PutOptions,
    ) -> Answer<'c, PutResult>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        self.count(PUT);
        self.inner.put_opts(location, payload, options)
    }

    fn put_multipart_opts<'a, 'b, 'c>(
        &'a self,
        _: &'b Location,
        _: PutMultipartOptions,
    ) -> Answer<'c, Box<dyn MultipartUpload>>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        unreachable!("an object is one request")
    }

    fn get_opts<'a, 'b, 'c>(
        &'a self,
        location: &'b Location,
        options: GetOptions,
    ) -> Answer<'c, GetResult>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        self.count(if options.head { HEAD } else { GET });
        self.inner.get_opts(location, options)
    }

    fn delete<'a, 'b, 'c>(&'a self, location: &'b Location) -> Answer<'c, ()>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        self.count(DELETE);
        self.inner.delete(location)
    }

    fn list(&self, prefix: Option<&Location>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.count(LIST);
        let counts = Arc::clone(&self.counts);
        let pages = self.inner.list(prefix).enumerate().map(move |(i, item)| {
            if i > 0 && i % PAGE == 0 {
                counts[LIST].fetch_add(1, Ordering::SeqCst);
            }
            item
        });
        pages.boxed()
    }

    fn list_with_delimiter<'a, 'b, 'c>(&'a self, _: Option<&'b Location>) -> Answer<'c, ListResult>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        unreachable!("names are listed with all below them")
    }

    fn copy<'a, 'b, 'd, 'c>(&'a self, _: &'b Location, _: &'d Location) -> Answer<'c, ()>
    where
        'a: 'c,
        'b: 'c,
        'd: 'c,
        Self: 'c,
    {
        unreachable!("nothing is copied there")
    }

    fn copy_if_not_exists<'a, 'b, 'd, 'c>(
        &'a self,
        _: &'b Location,
        _: &'d Location,
    ) -> Answer<'c, ()>
    where
        'a: 'c,
        'b: 'c,
        'd: 'c,
        Self: 'c,
    {
        unreachable!("nothing is copied there")
    }
}

/// A machine whose requests are counted; the bucket of this name is other machines', too.
struct Counted {
    machine: Machine,
    counts: Arc<[AtomicUsize; 5]>,
}

impl Counted {
    fn on(bucket: &str) -> Counted {
        let counts = Arc::<[AtomicUsize; 5]>::default();
        let mut engine = Engine::open(&format!("memory://{bucket}/study")).unwrap();
        engine.store = Arc::new(Counting {
            inner: engine.store,
            counts: Arc::clone(&counts),
        });
        let dir = tempfile::tempdir().unwrap();
        let mut of_store = StoreOptions::new();
        of_store.durability(Durability::Process);
        let store = Store::open(Some(dir.path()), &of_store).unwrap();
        let remote = Some(store.attach_engine(engine, &options(Uploads::Final)));
        let remote = remote.map(|r| r.unwrap());
        Counted {
            machine: Machine { remote, store, dir },
            counts,
        }
    }

    /// What `work`, and the uploads that it causes, ask.
    fn asks(&self, work: impl FnOnce(&Machine)) -> [usize; 5] {
        let now = || {
            let counts = self.counts.iter().map(|c| c.load(Ordering::SeqCst));
            counts.collect::<Vec<_>>()
        };
        let before = now();
        work(&self.machine);
        self.machine.upload();
        let after = now();
        std::array::from_fn(|i| after[i] - before[i])
    }
}

fn fit(m: &Machine, of: Key, seeds: &[Key]) -> Session {
    let mut options = SessionOptions::new();
    for seed in seeds {
        options.seed_key(*seed).unwrap();
    }
    Session::open(&m.store, of, &options).unwrap()
}

/// What the page says, in the order of its columns.
fn said(title: &str) -> [usize; 5] {
    let page = include_str!("../../guide/scale.md");
    let row = page
        .lines()
        .find(|l| l.starts_with(&format!("| {title} |")));
    let cells: Vec<&str> = row
        .unwrap_or_else(|| panic!("no row {title:?}"))
        .split('|')
        .collect();
    std::array::from_fn(|i| cells[i + 2].trim().parse().unwrap())
}

#[test]
fn what_is_asked_of_a_bucket_is_what_the_guide_says() {
    let (a, b) = (Counted::on("requests"), Counted::on("requests"));
    let seeds = [key(101), key(102), key(103)];
    let lookup = |m: &Machine, k| m.store.lookup(k, Lookup::Best).unwrap();
    let mut rows = Vec::new();
    let mut row = |title: &'static str, asked: [usize; 5]| rows.push((title, asked));

    row(
        "saves an answer, no seed keys",
        a.asks(|m| drop(m.save(key(1), b"p", 1.0))),
    );
    row(
        "saves an answer, 3 seed keys",
        a.asks(|m| {
            let fit = fit(m, key(2), &seeds);
            fit.finalize(b"p", Some(1.0), None).unwrap();
        }),
    );
    row(
        "saves a checkpoint (default: finals are uploaded)",
        a.asks(|m| {
            let saved = m.store.save(key(3), b"c", None, None, Kind::Checkpoint);
            saved.unwrap();
        }),
    );
    row(
        "looks up what is here",
        a.asks(|m| assert!(lookup(m, key(1)).is_some())),
    );
    row(
        "looks up what only the bucket has, 1 run",
        b.asks(|m| assert!(lookup(m, key(1)).is_some())),
    );
    for n in 0..8 {
        // The first is the best, the last the latest.
        a.machine.save(key(4), &[n], f64::from(n));
    }
    a.machine.upload();
    row(
        "looks up what only the bucket has, 8 runs",
        b.asks(|m| assert!(lookup(m, key(4)).is_some())),
    );
    for _ in 0..2 {
        row(
            "looks up what nobody has",
            b.asks(|m| assert!(lookup(m, key(5)).is_none())),
        );
    }
    row(
        "begins from the nearest of 3 seed keys",
        b.asks(|m| {
            let found = fit(m, key(6), &seeds).load().unwrap().unwrap();
            assert_eq!(found.info().source, Source::Seed(0));
        }),
    );
    row(
        "begins from a seed that is here",
        b.asks(|m| {
            let found = fit(m, key(9), &seeds).load().unwrap().unwrap();
            assert_eq!(found.info().source, Source::Seed(0));
        }),
    );
    row(
        "begins with 3 seed keys, nothing anywhere",
        b.asks(|m| {
            let nobodys = [key(111), key(112), key(113)];
            assert!(fit(m, key(7), &nobodys).load().unwrap().is_none());
        }),
    );
    let run = a.machine.save(key(8), b"p", 1.0);
    a.machine.upload();
    row(
        "removes a run there, too",
        a.asks(|m| {
            let removed = m.remote().remove(key(8), Some(&run), true, LONG);
            assert!(removed.unwrap());
        }),
    );

    let c = Counted::on("requests-retention");
    c.machine.save(key(1), b"p", 1.0);
    c.machine.save(key(1), b"q", 2.0);
    c.machine.upload();
    row(
        "a prefetch worker's start, 2 runs there",
        c.asks(|m| {
            let worker = m.remote().prefetch(&crate::PrefetchOptions::new()).unwrap();
            worker.start().unwrap();
            let begun = Instant::now();
            while worker.stats().listings < 1 {
                assert!(begun.elapsed() < LONG);
                std::thread::sleep(Duration::from_millis(1));
            }
            worker.stop(LONG);
        }),
    );
    row(
        "retention that removes 1 of 2 runs, both fresh",
        c.asks(|m| {
            let keep = Retention {
                keep_per_key: Some(1),
                ..Retention::default()
            };
            assert_eq!(m.remote().retain(&keep, LONG).unwrap().removed_entries, 1);
        }),
    );
    for (title, asked) in rows {
        assert_eq!(asked, said(title), "{title}");
    }
}

/// A page of names is a request, however they are read.
#[test]
fn a_listing_asks_once_for_a_thousand_names() {
    let c = Counted::on("requests-pages");
    for n in 0..501u32 {
        let mut f = Fingerprinter::new();
        f.absorb_u64("n", n.into()).unwrap();
        c.machine.save(f.finish(), b"p", 1.0);
    }
    c.machine.upload();
    let asked = c.asks(|m| {
        let until = Instant::now() + LONG;
        let listed = m.remote().list(usize::MAX, until, &Cancel::new()).unwrap();
        assert_eq!(listed.len(), 501);
    });
    assert_eq!(asked, [2, 0, 0, 0, 0]);
}
