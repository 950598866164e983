//! A root with anything in it, on a disk in memory: nothing panics, nothing intact is lost, nothing else
//! is served, and a save beside it all is found.
//!
//! The input is read from its front as a list of files, directories and ready-made pairs, then the
//! number of seconds that pass before the store is opened.

#![no_main]

use arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use warmstart::fuzzing::{parse_metadata, role_of, Disk, Meta, Name, Role, Verdict};
use warmstart::{Action, CheckReport, ErrorKind, Key, Kind, Lookup, Problem, Progress};
use warmstart::{Store, StoreOptions};

const ROOT: &str = "/root";
const KEYS: [[u8; 32]; 3] = [[0; 32], [0xAB; 32], [0xFF; 32]];

fuzz_target!(|bytes: &[u8]| {
    let disk = Disk::default();
    let mut u = Unstructured::new(bytes);
    let setting = u.arbitrary::<u8>().unwrap_or(0);
    // What has no input left reads zeros.
    while !u.is_empty() {
        let more = u.arbitrary::<u8>().unwrap_or(0);
        if fill(&mut u, &disk, more).is_err() {
            break;
        }
    }
    // Mostly long enough ago for damage to be set aside, for nothing to be waited for.
    disk.advance([3, 700, 4_000, 90_000][usize::from(setting & 3)]);
    Case::new(disk, setting).run();
});

fn key(at: usize) -> Key {
    Key::from_bytes(KEYS[at % KEYS.len()])
}

/// Where things are put.
fn place(u: &mut Unstructured<'_>) -> Result<PathBuf> {
    let root = Path::new(ROOT);
    let choice = u.arbitrary::<u8>()?;
    let of_key = key(usize::from(choice >> 4)).to_hex();
    Ok(match choice & 15 {
        0..=9 => root.join(of_key),
        10 | 11 => root.join(".warmstart"),
        12 => root.join(".warmstart/aside"),
        13 => root.join(".warmstart/aside").join(of_key),
        14 => root.to_path_buf(),
        _ => PathBuf::from("/"),
    })
}

/// A name that a directory may hold.
fn name(u: &mut Unstructured<'_>) -> Result<String> {
    let choice = u.arbitrary::<u8>()?;
    let run = ["a", "r1-2", "ckpt-r1-2"][usize::from(choice >> 6) % 3];
    Ok(match choice & 31 {
        0 => format!("{run}.json"),
        1 => format!("{run}.bin"),
        2 => format!("{run}~{}~00ff.json", u.arbitrary::<u8>()?),
        3 => format!("{run}~{}~00ff.bin", u.arbitrary::<u8>()?),
        4 => format!("{run}~{}~ff.json", u64::MAX),
        5 => format!("{run}.pin"),
        6 => format!("{run}.reused"),
        7 => format!("{run}.bin.tmp.77.1"),
        8 => ".part~00ff".into(),
        9 => "record".into(),
        10 => "totals".into(),
        11 => "aside".into(),
        12 => format!("alive~{run}"),
        13 => "sweep".into(),
        14 => ".warmstart".into(),
        15 => key(usize::from(choice >> 6)).to_hex(),
        16 => "root".into(),
        _ => {
            let len = u.arbitrary::<u8>()?;
            let raw = u.bytes(usize::from(len).min(u.len()))?;
            let text: String = String::from_utf8_lossy(raw).replace(['/', '\0'], "_");
            let mut text = text;
            while text.len() > 255 {
                text.pop();
            }
            if text.is_empty() || text == "." || text == ".." {
                "x".into()
            } else {
                text
            }
        }
    })
}

fn contents(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let len = u.arbitrary::<u16>()?;
    // Long files of one byte cost little input.
    if len >= 0xF000 {
        return Ok(vec![u.arbitrary()?; usize::from(len & 0xFFF) * 64]);
    }
    Ok(u.bytes(usize::from(len).min(u.len()))?.to_vec())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// One thing more on the disk.
fn fill(u: &mut Unstructured<'_>, disk: &Disk, what: u8) -> Result<()> {
    let at = place(u)?;
    match what % 8 {
        0 | 1 => {
            let name = name(u)?;
            disk.create_file(&at.join(name), &contents(u)?);
        }
        2 => {
            let name = name(u)?;
            disk.create_dir(&at.join(name));
        }
        // A pair of ours, intact.
        3 | 4 => {
            let choice = u.arbitrary::<u8>()?;
            let run = ["a", "r1-2", "ckpt-r1-2"][usize::from(choice >> 6) % 3];
            let generation = u64::from(choice & 7);
            let stem = match (generation, choice & 8) {
                (0, _) => run.to_owned(),
                (7, _) => format!("{run}~{}~0{}", u64::MAX, choice >> 4),
                (_, 0) => format!("{run}~{generation}~0{}", choice >> 4),
                _ => format!("{run}~{generation}~u0{}", choice >> 4),
            };
            let payload = contents(u)?;
            let written = (i64::from(u.arbitrary::<u32>()?), u.arbitrary::<u32>()?);
            let objective = u.arbitrary::<Option<f64>>()?;
            let meta = Meta::new(
                written,
                choice & 16 != 0,
                objective,
                u.arbitrary()?,
                Sha256::digest(&payload).into(),
                payload.len() as u64,
            );
            if let Ok(text) = meta.to_bytes() {
                disk.create_file(&at.join(format!("{stem}.json")), &text);
            }
            disk.create_file(&at.join(format!("{stem}.bin")), &payload);
        }
        // A version-1 pair whose fields are the input's text.
        5 => {
            let stem = name(u)?;
            let stem = stem.trim_end_matches(".json").to_owned();
            let payload = contents(u)?;
            let fields = contents(u)?;
            let mut text = format!(
                "{{\"schema_version\":1,\"checksum_hex\":\"{}\",\"payload_bytes\":{},",
                hex(&Sha256::digest(&payload)),
                payload.len(),
            )
            .into_bytes();
            text.extend(fields);
            disk.create_file(&at.join(format!("{stem}.json")), &text);
            disk.create_file(&at.join(format!("{stem}.bin")), &payload);
        }
        // Totals whose checksum is right.
        6 => {
            let mut bytes = Vec::new();
            for _ in 0..8 {
                let n = u.arbitrary::<i8>()?;
                let field = match n {
                    i8::MAX => i64::MAX,
                    i8::MIN => i64::MIN,
                    n => i64::from(n) << (n & 31),
                };
                bytes.extend(field.to_le_bytes());
            }
            let sum = Sha256::digest(&bytes);
            bytes.extend(&sum[..8]);
            disk.create_file(&Path::new(ROOT).join(".warmstart/totals"), &bytes);
        }
        // A record of limits.
        _ => {
            let (size, files, ttl) = (
                u.arbitrary::<u16>()?,
                u.arbitrary::<u8>()?,
                u.arbitrary::<f64>()?,
            );
            let text = format!(
                "{{\"format\":1,\"size_budget\":{},\"file_budget\":{files},\"ttl_seconds\":{ttl:?}}}",
                u64::from(size) << 10,
            );
            disk.create_file(&Path::new(ROOT).join(".warmstart/record"), text.as_bytes());
        }
    }
    Ok(())
}

/// An intact pair, found without the store.
#[derive(Clone)]
struct Pair {
    name: Name,
    meta: Meta,
    payload: Vec<u8>,
}

impl Pair {
    fn is_durable(&self) -> bool {
        self.name.durable.unwrap_or(self.meta.is_durable())
    }

    fn age(&self) -> (u64, (i64, u32), &str) {
        (self.name.generation, self.meta.written(), &self.name.stem)
    }
}

type Files = BTreeMap<PathBuf, Vec<u8>>;

fn pairs_in(files: &Files, dir: &Path) -> Vec<Pair> {
    let of_key = files.iter().filter(|(p, _)| p.parent() == Some(dir));
    of_key
        .filter_map(|(path, bytes)| {
            let Role::Metadata(name) = role_of(path.file_name()?.to_str()?) else {
                return None;
            };
            let Verdict::Valid(meta) = parse_metadata(bytes) else {
                return None;
            };
            let payload = files.get(&dir.join(&name.files()?[1]))?;
            let sum: [u8; 32] = Sha256::digest(payload).into();
            let whole = payload.len() as u64 == meta.payload_bytes() && sum == meta.checksum();
            whole.then(|| Pair {
                name,
                meta,
                payload: payload.clone(),
            })
        })
        .collect()
}

/// The newest intact generation of each run.
fn newest(pairs: &[Pair]) -> HashMap<&str, &Pair> {
    let mut newest: HashMap<&str, &Pair> = HashMap::new();
    for pair in pairs {
        let kept = newest.entry(&pair.name.run_id).or_insert(pair);
        if pair.age() > kept.age() {
            *kept = pair;
        }
    }
    newest
}

fn verify(store: &Store) -> CheckReport {
    let report = store.verify(&Progress::new());
    report.expect("damage is no error of verify")
}

fn repair(store: &Store) -> CheckReport {
    let report = store.repair(&Progress::new());
    report.expect("damage is no error of a repair")
}

struct Case {
    disk: Disk,
    /// Nothing may expire or be evicted.
    unlimited: bool,
    slot: &'static str,
    at: Key,
    /// Before the sweep rather than after it.
    repairs_first: bool,
}

impl Case {
    fn new(disk: Disk, setting: u8) -> Case {
        Case {
            disk,
            unlimited: setting & 4 == 0,
            slot: ["a", "r1-2", "fresh"][usize::from(setting >> 3) % 3],
            at: key(usize::from(setting >> 5)),
            repairs_first: setting & 8 == 0,
        }
    }

    fn files(&self) -> Files {
        self.disk.files(Path::new(ROOT)).into_iter().collect()
    }

    fn dir(&self, key: Key) -> PathBuf {
        Path::new(ROOT).join(key.to_hex())
    }

    fn run(&self) {
        let mut options = StoreOptions::new();
        if self.unlimited {
            for done in [
                options.ttl_seconds(0.0).is_ok(),
                options.size_budget(0).is_ok(),
                options.file_budget(0).is_ok(),
            ] {
                assert!(done);
            }
        }
        let before = self.files();
        let store = match self.disk.open(Path::new(ROOT), &options) {
            Ok(store) => store,
            Err(e) => {
                assert!(!e.to_string().is_empty());
                // A file in the way, or a record that a newer library wrote.
                assert!(matches!(
                    e.kind(),
                    ErrorKind::Invalid | ErrorKind::Incompatible | ErrorKind::Io
                ));
                assert_eq!(self.files().len(), before.len());
                return;
            }
        };
        for at in 0..KEYS.len() {
            self.look(&store, key(at));
        }
        let listed = store.keys().map(|k| k.len());
        assert!(listed.is_ok_and(|n| n <= KEYS.len() + before.len()));
        let seen = self.files();
        let report = verify(&store);
        let intact = self.intact(&before);
        assert!(report.complete && self.files() == seen);
        if self.unlimited {
            assert_eq!(report.intact as usize, intact);
        }
        let _ = store.stats();
        self.check_kept(&before, None);
        if self.repairs_first {
            self.repair(&store);
        }

        let swept = store.sweep();
        if self.unlimited {
            swept.expect("nothing here keeps a sweep from its work");
        }
        self.check_kept(&before, None);
        self.check_aside(&before);
        for at in 0..KEYS.len() {
            self.look(&store, key(at));
        }

        if !self.repairs_first {
            self.repair(&store);
        }

        self.save(&store, &before);
        store.sweep().ok();
        // Another handle, another sweep.
        if let Ok(again) = self.disk.open(Path::new(ROOT), &options) {
            for at in 0..KEYS.len() {
                self.look(&again, key(at));
            }
        }
        if self.unlimited {
            let t = store.stats();
            assert!(t.files >= 0 && t.bytes >= 0 && t.entries >= 0 && t.keys >= 0);
        }
    }

    /// What lookups answer is stored and intact, and when something intact is stored they answer.
    fn look(&self, store: &Store, key: Key) {
        let files = self.files();
        let pairs = pairs_in(&files, &self.dir(key));
        for mode in [Lookup::Best, Lookup::Latest] {
            let found = store
                .lookup(key, mode)
                .expect("damage is no error of a lookup");
            match found {
                Some(entry) => assert!(pairs.iter().any(|p| p.name.run_id == entry.run_id()
                    && p.payload == entry.payload()
                    && p.meta.objective().map(f64::to_bits)
                        == entry.info().objective.map(f64::to_bits))),
                None => assert!(
                    !self.unlimited || pairs.is_empty(),
                    "an intact entry is not found"
                ),
            }
        }
        let listed = store.entries(key).expect("damage is no error of a list");
        let runs: BTreeSet<&str> = listed.iter().map(|r| r.run_id.as_str()).collect();
        assert_eq!(runs.len(), listed.len(), "a run is listed once");
        for (run, pair) in newest(&pairs) {
            if self.unlimited {
                assert!(runs.contains(run));
            }
            match store.lookup_run(key, run) {
                Ok(Some(entry)) => assert_eq!(entry.payload(), pair.payload),
                Ok(None) => assert!(!self.unlimited),
                // Run ids of other engines need not be legal here.
                Err(e) if e.kind() == ErrorKind::Invalid => {
                    assert!(!warmstart::fuzzing::is_run_id(run));
                }
                // Its intact generations have expired.
                Err(e) => assert!(!self.unlimited && e.kind() == ErrorKind::Corrupt, "{e}"),
            }
        }
    }

    /// How many pairs are intact.
    fn intact(&self, files: &Files) -> usize {
        let of_key = |at| pairs_in(files, &self.dir(key(at))).len();
        (0..KEYS.len()).map(of_key).sum()
    }

    /// What lookups answer, each by what was asked.
    fn answers(&self, store: &Store) -> BTreeMap<(usize, String), (Vec<u8>, Option<u64>)> {
        let files = self.files();
        let mut answers = BTreeMap::new();
        for at in 0..KEYS.len() {
            let mut answer = |asked: &str, found: warmstart::Result<Option<warmstart::Entry>>| {
                if let Ok(Some(e)) = found {
                    let objective = e.info().objective.map(f64::to_bits);
                    answers.insert((at, asked.to_owned()), (e.payload().to_vec(), objective));
                }
            };
            for (asked, mode) in [("/best", Lookup::Best), ("/latest", Lookup::Latest)] {
                answer(asked, store.lookup(key(at), mode));
            }
            for run in newest(&pairs_in(&files, &self.dir(key(at)))).keys() {
                answer(run, store.lookup_run(key(at), run));
            }
        }
        answers
    }

    /// Whatever the limits, a repair costs nothing that is intact and changes no answer.
    fn repair(&self, store: &Store) {
        let before = self.files();
        let answers = self.answers(store);
        let done = repair(store);
        assert!(done.complete);
        assert_eq!(done.intact as usize, self.intact(&before));
        assert_eq!(self.answers(store), answers, "a repair changed an answer");
        self.check_all_kept(&before, None);
        self.check_nothing_gone(&before);

        let after = verify(store);
        assert!(after.damaged + after.half_present <= done.waiting + done.failed);
        assert!(after.superseded <= done.superseded);
        let files = self.files();
        let has_totals = files.contains_key(&Path::new(ROOT).join(".warmstart/totals"));
        let rebuilt =
            |f: &warmstart::Finding| f.problem != Problem::Totals || f.action == Action::Rebuilt;
        if has_totals && done.findings.iter().all(rebuilt) {
            let runs = |at| newest(&pairs_in(&files, &self.dir(key(at)))).len() as i64;
            let entries: i64 = (0..KEYS.len()).map(runs).sum();
            assert_eq!(store.stats().entries, entries);
        }
        let again = repair(store);
        assert!(again.moved_aside == 0 || done.failed > 0);
        assert_eq!(
            self.answers(store),
            answers,
            "the next one changed an answer"
        );
    }

    /// The newest intact generation of every run is there as it was, and so is everything nobody knows.
    fn check_kept(&self, before: &Files, replaced: Option<(Key, &str)>) {
        if self.unlimited {
            self.check_all_kept(before, replaced);
        }
    }

    fn check_all_kept(&self, before: &Files, replaced: Option<(Key, &str)>) {
        let now = self.files();
        for at in 0..KEYS.len() {
            let dir = self.dir(key(at));
            let (old, new) = (pairs_in(before, &dir), pairs_in(&now, &dir));
            let new = newest(&new);
            for (run, pair) in newest(&old) {
                if replaced == Some((key(at), run)) {
                    continue;
                }
                let kept = new.get(run).expect("an intact run is lost");
                assert_eq!(kept.name, pair.name);
                assert_eq!(kept.payload, pair.payload);
                assert_eq!(kept.meta.written(), pair.meta.written());
            }
            // One written without syncing supersedes only its like.
            for pair in old.iter().filter(|p| p.is_durable()) {
                let latest = new.get(pair.name.run_id.as_str());
                if replaced != Some((key(at), &pair.name.run_id))
                    && latest.is_some_and(|l| !l.is_durable())
                {
                    assert!(now.contains_key(&dir.join(format!("{}.json", pair.name.stem))));
                }
            }
        }
        let aux = Path::new(ROOT).join(".warmstart");
        for (path, bytes) in before {
            let name = path
                .file_name()
                .and_then(|n| n.to_str())
                .unwrap_or_default();
            let is_of_key = path
                .parent()
                .is_some_and(|p| (0..KEYS.len()).any(|at| p == self.dir(key(at))));
            if !path.starts_with(&aux) && (!is_of_key || role_of(name) == Role::Unknown) {
                assert_eq!(
                    now.get(path),
                    Some(bytes),
                    "not ours, and touched: {path:?}"
                );
            }
        }
    }

    /// What vanished was superseded, or lies aside.
    fn check_aside(&self, before: &Files) {
        if self.unlimited {
            self.check_nothing_gone(before);
        }
    }

    fn check_nothing_gone(&self, before: &Files) {
        let now = self.files();
        let aside: Vec<&Vec<u8>> = now
            .iter()
            .filter(|(p, _)| p.starts_with(Path::new(ROOT).join(".warmstart/aside")))
            .map(|(_, bytes)| bytes)
            .collect();
        for at in 0..KEYS.len() {
            let dir = self.dir(key(at));
            let intact: BTreeSet<String> = pairs_in(before, &dir)
                .into_iter()
                .map(|p| p.name.stem)
                .collect();
            for (path, bytes) in before.iter().filter(|(p, _)| p.parent() == Some(&dir)) {
                let name = path
                    .file_name()
                    .and_then(|n| n.to_str())
                    .unwrap_or_default();
                let stem = match role_of(name) {
                    Role::Metadata(n) | Role::Payload(n) => n.stem,
                    _ => continue,
                };
                if !now.contains_key(path) && !intact.contains(&stem) {
                    assert!(aside.contains(&bytes), "gone, and not aside: {path:?}");
                }
            }
        }
    }

    /// A save beside it all, and one into a slot that may hold anything.
    fn save(&self, store: &Store, before: &Files) {
        let payload = b"saved by the fuzz target";
        let blocked = self.files().contains_key(&self.dir(self.at));
        match store.save(self.at, payload, Some(f64::MIN), Some(1), Kind::Final) {
            Ok(run) => {
                let found = store.lookup_run(self.at, &run).expect("it was just saved");
                let expired = !self.unlimited && found.is_none();
                assert!(expired || found.is_some_and(|e| e.payload() == payload));
                if self.unlimited {
                    let best = store.lookup(self.at, Lookup::Best).expect("as above");
                    assert!(best.is_some_and(|e| e.info().objective == Some(f64::MIN)));
                }
            }
            Err(e) => assert!(
                blocked || (!self.unlimited && e.kind() == ErrorKind::TooLarge),
                "{e}"
            ),
        }
        self.check_kept(before, None);
        match store.save_slot(
            self.at,
            self.slot,
            b"replaced",
            None,
            None,
            Kind::Checkpoint,
        ) {
            Ok(()) => {
                let found = store
                    .lookup_run(self.at, self.slot)
                    .expect("it was just saved");
                let expired = !self.unlimited && found.is_none();
                assert!(expired || found.is_some_and(|e| e.payload() == b"replaced"));
                self.check_kept(before, Some((self.at, self.slot)));
            }
            Err(e) => {
                assert!(blocked || e.kind() == ErrorKind::TooLarge, "{e}");
                self.check_kept(before, None);
            }
        }
    }
}
