//! A real S3 server on this host, and in front of it a network that fails as it is told to.
//!
//! Both are started once for all tests of a process: an engine finds its server by its environment, which
//! a process has only one of. Each test has a bucket of its own, and tells the network what becomes of
//! requests for that bucket.

mod machine;
mod proxy;
mod server;

pub use machine::{key, open, options, Machine};
pub use proxy::Fault;
// What a C program that is linked with this calls.
pub use warmstart::ffi;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

pub const ACCESS_KEY: &str = "ACCESSKEYTHATNOBODYSEES";
pub const SECRET_KEY: &str = "secret-that-nobody-sees-either";
/// For what ends sooner or later, and is not measured.
pub const LONG: Duration = Duration::from_secs(120);

/// Names in one answer to a listing: few, so that pages have to be turned.
const PAGE: usize = 7;
/// The same of S3's.
const PAGE_OF_S3: usize = 1000;

struct World {
    network: Arc<proxy::Network>,
    root: PathBuf,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let root = tempfile::tempdir().unwrap().keep();
        let server = server::start(&root, PAGE);
        let network = proxy::start(server);
        for (name, value) in environment(&format!("http://{}", network.address)) {
            std::env::set_var(name, value);
        }
        World { network, root }
    })
}

/// A server for a program of another process, with one bucket, and networks to it that delay each request.
pub struct Served {
    networks: Vec<(Duration, Arc<proxy::Network>)>,
    _root: tempfile::TempDir,
}

impl Served {
    pub fn start(bucket: &str, delays: &[Duration]) -> Served {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join(bucket)).unwrap();
        let server = server::start(root.path(), PAGE_OF_S3);
        let network = |delay: &Duration| {
            let network = proxy::start(server);
            network.set(bucket, Fault::Latency(*delay));
            (*delay, network)
        };
        Served {
            networks: delays.iter().map(network).collect(),
            _root: root,
        }
    }

    /// What such a program finds its server by, without the endpoint.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let mut all = environment("");
        all.retain(|(name, _)| *name != "AWS_ENDPOINT");
        all
    }

    /// Each network's delay and endpoint.
    pub fn endpoints(&self) -> impl Iterator<Item = (Duration, String)> + '_ {
        let of = |(delay, n): &(Duration, Arc<proxy::Network>)| {
            (*delay, format!("http://{}", n.address))
        };
        self.networks.iter().map(of)
    }

    /// Requests so far for the bucket, through all networks.
    pub fn requests(&self, bucket: &str) -> usize {
        self.networks
            .iter()
            .map(|(_, n)| n.count(bucket, &[]))
            .sum()
    }
}

fn environment(endpoint: &str) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY.into()),
        ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.into()),
        ("AWS_ENDPOINT", endpoint.into()),
        ("AWS_REGION", "us-east-1".into()),
        ("AWS_ALLOW_HTTP", "true".into()),
        ("NO_PROXY", "127.0.0.1".into()),
        ("no_proxy", "127.0.0.1".into()),
    ]
}

/// A bucket of a test's own.
pub struct Bucket {
    name: String,
    dir: PathBuf,
}

impl Bucket {
    pub fn new(name: &str) -> Bucket {
        let dir = world().root.join(name);
        std::fs::create_dir(&dir).unwrap();
        Bucket {
            name: name.into(),
            dir,
        }
    }

    pub fn url(&self) -> String {
        format!("s3://{}/shared/starts", self.name)
    }

    /// What becomes of requests for this bucket from now on.
    pub fn network(&self, fault: Fault) {
        world().network.set(&self.name, fault);
    }

    /// Requests so far whose first line holds all of `words`.
    pub fn requests(&self, words: &[&str]) -> usize {
        world().network.count(&self.name, words)
    }

    /// The objects in it whose names end so, as the server's files.
    pub fn objects(&self, suffix: &str) -> Vec<PathBuf> {
        fn walk(dir: &Path, suffix: &str, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    walk(&path, suffix, found);
                } else if path.to_string_lossy().ends_with(suffix) {
                    found.push(path);
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.dir.join("shared/starts/v1"), suffix, &mut found);
        found.sort();
        found
    }

    /// Metadata whose payload is missing.
    pub fn dangling(&self) -> Vec<PathBuf> {
        // In the order in which they must not go.
        let mut metadata = self.objects(".json");
        let payloads = self.objects(".bin");
        metadata.retain(|m| {
            let name = m.to_str().unwrap();
            let stem = &name[..name.rfind('-').unwrap()];
            !payloads
                .iter()
                .any(|p| p.to_str().unwrap() == format!("{stem}.bin"))
        });
        metadata
    }
}

/// Waits for what happens in the background.
pub fn poll<T>(mut done: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(done) = done() {
            return done;
        }
        assert!(begun.elapsed() < LONG, "waited too long");
        std::thread::sleep(Duration::from_millis(10));
    }
}
