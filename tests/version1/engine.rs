//! An imitation of the engines of version 1 that share directories with this library, written from
//! the description of the format alone. It is as rude as they are: it overwrites pairs in place,
//! deletes what it dislikes, takes temporary files of other processes for leavings and every empty
//! directory for litter. The one thing it does not imitate is syncing.

use serde_json::{json, Map, Value};
use sha2::{Digest, Sha256};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// All it knows; what else a file holds is lost when it rewrites the file.
const FIELDS: [&str; 11] = [
    "schema_version",
    "written_unix_secs",
    "written_nanos",
    "objective",
    "iteration",
    "kind",
    "checksum_hex",
    "payload_bytes",
    "accessed",
    "accessed_unix_secs",
    "accessed_nanos",
];

/// What is saved with a payload.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts {
    pub objective: Option<f64>,
    pub iteration: Option<u64>,
    pub is_final: bool,
}

/// A pair that pleased it.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    pub stem: String,
    pub objective: Option<f64>,
    pub iteration: Option<u64>,
    pub is_final: bool,
    pub written: (u64, u64),
    /// None: never reused.
    pub accessed: Option<(u64, u64)>,
    pub payload: Vec<u8>,
    metadata: Map<String, Value>,
}

impl Pair {
    /// The run of this library that the stem belongs to, or its own.
    pub fn run_id(&self) -> &str {
        self.stem.split('~').next().unwrap_or_default()
    }

    pub fn generation(&self) -> u64 {
        let part = self.stem.split('~').nth(1);
        part.map_or(0, |g| g.parse().unwrap())
    }

    fn last_activity(&self) -> (u64, u64) {
        self.accessed.map_or(self.written, |a| a.max(self.written))
    }
}

enum Judged {
    Pleases(Box<Pair>),
    Displeases,
    HasNoPayload,
    Vanished,
}

pub struct Engine {
    root: PathBuf,
    /// Stands in its temporary names; those with another are leavings to it.
    pid: u32,
    /// Between the payload and the metadata of an overwrite: the sync of the metadata.
    pub overwrite_pause: Duration,
    /// Between reading a pair and putting its metadata back.
    pub stamp_pause: Duration,
    /// Stamps every pair a lookup reads instead of the one it answers.
    pub stamps_all: bool,
    /// Seconds; None: nothing expires.
    pub ttl: Option<u64>,
    /// As the older of these engines: reuse keeps nothing alive.
    pub expires_by_writing: bool,
    /// Bytes of visible pairs; None: nothing is evicted.
    pub budget: Option<u64>,
    nonce: AtomicU64,
    displeased: AtomicU64,
    attempts_undone: AtomicU64,
}

fn now() -> (u64, u64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    (now.as_secs(), u64::from(now.subsec_nanos()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn is_absent(e: &io::Error) -> bool {
    e.kind() == io::ErrorKind::NotFound
}

fn remove(path: &Path) {
    // Whatever is gone is gone.
    let _ = fs::remove_file(path);
}

fn names(dir: &Path) -> Vec<String> {
    let Ok(listing) = fs::read_dir(dir) else {
        return Vec::new();
    };
    listing
        .flatten()
        .filter_map(|item| item.file_name().into_string().ok())
        .collect()
}

impl Engine {
    /// Without expiry, budget or pauses.
    pub fn new(root: &Path) -> Engine {
        Engine::in_process(root, std::process::id())
    }

    /// The same as if it ran in the process `pid`.
    pub fn in_process(root: &Path, pid: u32) -> Engine {
        Engine {
            root: root.to_path_buf(),
            pid,
            overwrite_pause: Duration::ZERO,
            stamp_pause: Duration::ZERO,
            stamps_all: false,
            ttl: None,
            expires_by_writing: false,
            budget: None,
            nonce: AtomicU64::new(0),
            displeased: AtomicU64::new(0),
            attempts_undone: AtomicU64::new(0),
        }
    }

    /// Pairs it deleted for their checksum, their JSON or their schema.
    pub fn displeased(&self) -> u64 {
        self.displeased.load(Ordering::Relaxed)
    }

    /// Writes it had to begin again because a file or directory of its own was removed under it.
    pub fn attempts_undone(&self) -> u64 {
        self.attempts_undone.load(Ordering::Relaxed)
    }

    fn dir(&self, key: &str) -> PathBuf {
        self.root.join(key)
    }

    fn path(&self, key: &str, stem: &str, suffix: &str) -> PathBuf {
        self.dir(key).join(format!("{stem}{suffix}"))
    }

    fn put(&self, key: &str, stem: &str, suffix: &str, contents: &[u8]) -> io::Result<()> {
        let nonce = self.nonce.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.path(key, stem, &format!("{suffix}.tmp.{}.{nonce}", self.pid));
        fs::write(&unfinished, contents)?;
        fs::rename(&unfinished, self.path(key, stem, suffix))
    }

    fn publish(&self, key: &str, stem: &str, payload: &[u8], facts: Facts, pause: Duration) {
        let (secs, nanos) = now();
        let metadata = json!({
            "schema_version": 1,
            "written_unix_secs": secs,
            "written_nanos": nanos,
            "objective": facts.objective,
            "iteration": facts.iteration,
            "kind": if facts.is_final { "Final" } else { "Checkpoint" },
            "checksum_hex": hex(&Sha256::digest(payload)),
            "payload_bytes": payload.len(),
            "accessed": false,
            "accessed_unix_secs": 0,
            "accessed_nanos": 0,
        });
        let metadata = serde_json::to_vec_pretty(&metadata).unwrap();
        let attempt = || {
            fs::create_dir_all(self.dir(key))?;
            self.put(key, stem, ".bin", payload)?;
            std::thread::sleep(pause);
            self.put(key, stem, ".json", &metadata)
        };
        while let Err(e) = attempt() {
            assert!(is_absent(&e), "{e}");
            self.attempts_undone.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Saves a new run; returns its id.
    pub fn save(&self, key: &str, payload: &[u8], facts: Facts) -> String {
        let (secs, nanos) = now();
        let nonce = self.nonce.fetch_add(1, Ordering::Relaxed);
        let run_id = format!("r{:x}-{secs:x}{nanos:08x}{nonce:x}", self.pid);
        self.publish(key, &run_id, payload, facts, Duration::ZERO);
        run_id
    }

    /// Saves over the pair of the run `stem`, in place.
    pub fn save_overwrite(&self, key: &str, stem: &str, payload: &[u8], facts: Facts) {
        self.publish(key, stem, payload, facts, self.overwrite_pause);
    }

    /// What remains of a save over the run `stem` whose metadata could not be written: the engine takes
    /// the payload back that had replaced the old one.
    pub fn fail_to_overwrite(&self, key: &str, stem: &str, payload: &[u8]) {
        fs::create_dir_all(self.dir(key)).unwrap();
        self.put(key, stem, ".bin", payload).unwrap();
        remove(&self.path(key, stem, ".bin"));
    }

    /// What a writer that died on the way leaves behind.
    pub fn die_while_saving(&self, key: &str) {
        let nonce = self.nonce.fetch_add(1, Ordering::Relaxed);
        let name = format!("rdead-{nonce:x}.bin.tmp.{}.{nonce}", self.pid);
        fs::create_dir_all(self.dir(key)).unwrap();
        fs::write(self.dir(key).join(name), b"half of").unwrap();
    }

    fn stems(&self, key: &str) -> Vec<String> {
        let consumed = names(&self.dir(key)).into_iter().filter_map(|name| {
            let stem = name.strip_suffix(".json")?;
            (!name.contains(".tmp.")).then(|| stem.to_owned())
        });
        consumed.collect()
    }

    fn judge(&self, key: &str, stem: &str) -> Judged {
        let text = match fs::read(self.path(key, stem, ".json")) {
            Ok(text) => text,
            Err(e) if is_absent(&e) => return Judged::Vanished,
            Err(_) => return Judged::Displeases,
        };
        let Ok(Value::Object(metadata)) = serde_json::from_slice(&text) else {
            return Judged::Displeases;
        };
        let payload = match fs::read(self.path(key, stem, ".bin")) {
            Ok(payload) => payload,
            Err(e) if is_absent(&e) => return Judged::HasNoPayload,
            Err(_) => return Judged::Displeases,
        };
        let number = |field: &str| metadata.get(field).and_then(Value::as_u64);
        let text = |field: &str| metadata.get(field).and_then(Value::as_str);
        let is_right = number("schema_version") == Some(1)
            && number("payload_bytes") == Some(payload.len() as u64)
            && text("checksum_hex") == Some(&hex(&Sha256::digest(&payload)));
        let kind = text("kind").filter(|k| ["Checkpoint", "Final"].contains(k));
        let (true, Some(kind), Some(secs)) = (is_right, kind, number("written_unix_secs")) else {
            return Judged::Displeases;
        };
        let nanos = |field: &str| number(field).unwrap_or(0);
        let accessed = metadata.get("accessed") == Some(&Value::Bool(true));
        Judged::Pleases(Box::new(Pair {
            stem: stem.to_owned(),
            objective: metadata.get("objective").and_then(Value::as_f64),
            iteration: number("iteration"),
            is_final: kind == "Final",
            written: (secs, nanos("written_nanos")),
            accessed: accessed.then(|| (nanos("accessed_unix_secs"), nanos("accessed_nanos"))),
            payload,
            metadata,
        }))
    }

    /// The pairs it would consume, deleting and writing nothing.
    pub fn read(&self, key: &str) -> Vec<Pair> {
        let judged = self.stems(key);
        let pairs = judged
            .iter()
            .filter_map(|stem| match self.judge(key, stem) {
                Judged::Pleases(pair) => Some(*pair),
                _ => None,
            });
        pairs.collect()
    }

    /// The one of [`Engine::read`] that was written last.
    pub fn latest(&self, key: &str) -> Option<Pair> {
        self.read(key).into_iter().max_by_key(|p| p.written)
    }

    /// The best under `key`. Deletes what does not please and stamps what does.
    pub fn lookup(&self, key: &str) -> Option<Pair> {
        let mut pairs = Vec::new();
        for stem in self.stems(key) {
            match self.judge(key, &stem) {
                Judged::Pleases(pair) => pairs.push(*pair),
                Judged::Vanished => {}
                Judged::HasNoPayload => remove(&self.path(key, &stem, ".json")),
                Judged::Displeases => {
                    self.displeased.fetch_add(1, Ordering::Relaxed);
                    self.delete(key, &stem);
                }
            }
        }
        std::thread::sleep(self.stamp_pause);
        if self.stamps_all {
            pairs.iter().for_each(|pair| self.stamp(key, pair));
        }
        let best = best(pairs)?;
        if !self.stamps_all {
            self.stamp(key, &best);
        }
        Some(best)
    }

    /// Puts back the metadata as it was read, stamped, whatever has become of the pair.
    fn stamp(&self, key: &str, pair: &Pair) {
        let (secs, nanos) = now();
        self.put_back(key, pair, |metadata| {
            metadata.insert("accessed".into(), true.into());
            metadata.insert("accessed_unix_secs".into(), secs.into());
            metadata.insert("accessed_nanos".into(), nanos.into());
        });
    }

    fn put_back(&self, key: &str, pair: &Pair, change: impl FnOnce(&mut Map<String, Value>)) {
        let mut metadata = pair.metadata.clone();
        metadata.retain(|field, _| FIELDS.contains(&field.as_str()));
        change(&mut metadata);
        let text = serde_json::to_vec_pretty(&metadata).unwrap();
        if let Err(e) = self.put(key, &pair.stem, ".json", &text) {
            assert!(is_absent(&e), "{e}");
        }
    }

    /// Rewrites every metadata of `key` as if the pair had been written `seconds` earlier.
    pub fn backdate(&self, key: &str, seconds: u64) {
        for pair in self.read(key) {
            self.put_back(key, &pair, |metadata| {
                let written = pair.written.0 - seconds;
                metadata.insert("written_unix_secs".into(), written.into());
            });
        }
    }

    fn delete(&self, key: &str, stem: &str) {
        remove(&self.path(key, stem, ".bin"));
        remove(&self.path(key, stem, ".json"));
    }

    /// Removes the temporary files of other processes and every empty directory.
    pub fn sweep(&self) {
        self.sweep_below(&self.root);
    }

    fn sweep_below(&self, dir: &Path) {
        for name in names(dir) {
            let path = dir.join(&name);
            if path.is_dir() {
                self.sweep_below(&path);
                // Fails where something is left.
                let _ = fs::remove_dir(&path);
            } else if let Some((_, owner)) = name.split_once(".tmp.") {
                let digits: String = owner.chars().take_while(char::is_ascii_digit).collect();
                if digits.parse() != Ok(self.pid) {
                    remove(&path);
                }
            }
        }
    }

    fn all(&self) -> Vec<(String, Pair)> {
        let keys = names(&self.root).into_iter();
        let pairs = keys.flat_map(|key| {
            let pairs = self.read(&key);
            pairs.into_iter().map(move |pair| (key.clone(), pair))
        });
        pairs.collect()
    }

    /// Deletes what is older than the time to live; returns how much.
    pub fn expire(&self) -> usize {
        let Some(ttl) = self.ttl else { return 0 };
        let mut old = self.all();
        let since = |pair: &Pair| match self.expires_by_writing {
            true => pair.written.0,
            false => pair.last_activity().0,
        };
        old.retain(|(_, pair)| since(pair) + ttl < now().0);
        for (key, pair) in &old {
            self.delete(key, &pair.stem);
        }
        old.len()
    }

    /// Deletes visible pairs, least recently used first, until they fit the budget; returns how
    /// many.
    pub fn evict(&self) -> usize {
        let Some(budget) = self.budget else { return 0 };
        let mut pairs = self.all();
        pairs.sort_by_key(|(_, pair)| pair.last_activity());
        let mut bytes: u64 = pairs.iter().map(|(_, p)| p.payload.len() as u64).sum();
        let mut evicted = 0;
        for (key, pair) in &pairs {
            if bytes <= budget {
                break;
            }
            self.delete(key, &pair.stem);
            bytes -= pair.payload.len() as u64;
            evicted += 1;
        }
        evicted
    }
}

/// The lowest objective, then Final, then the newest.
fn best(pairs: Vec<Pair>) -> Option<Pair> {
    pairs.into_iter().min_by(|a, b| {
        let objective = |p: &Pair| p.objective.unwrap_or(f64::INFINITY);
        objective(a)
            .total_cmp(&objective(b))
            .then(b.objective.is_some().cmp(&a.objective.is_some()))
            .then(b.is_final.cmp(&a.is_final))
            .then(b.written.cmp(&a.written))
    })
}
