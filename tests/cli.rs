//! The command, run as a person would.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};
use warmstart::{
    ElementType, Fingerprinter, Key, Kind, Order, RegionSpec, Regions, Session, SessionOptions,
    Store, StoreOptions,
};

const FOUND_NOTHING: i32 = 1;
const MAKES_NO_SENSE: i32 = 2;
const FAILED: i32 = 3;

fn command(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_warmstart"));
    command.arg("--root").arg(root).args(arguments);
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

fn run(root: &Path, arguments: &[&str]) -> Output {
    command(root, arguments).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What it prints when it ends well.
fn says(root: &Path, arguments: &[&str]) -> String {
    let output = run(root, arguments);
    let errors = text(&output.stderr);
    assert_eq!(code(&output), 0, "{arguments:?}: {errors}");
    assert_eq!(errors, "", "{arguments:?}");
    text(&output.stdout)
}

fn documents(root: &Path, arguments: &[&str]) -> Vec<serde_json::Value> {
    let mut all = arguments.to_vec();
    all.push("--json");
    let lines = says(root, &all);
    lines
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect()
}

fn fingerprint(y: f64) -> Fingerprinter {
    let mut f = Fingerprinter::new();
    f.absorb_str("model", "logit").unwrap();
    f.absorb_f64_slice("y", &[y]).unwrap();
    f
}

struct Sample {
    tmp: tempfile::TempDir,
    /// One fit with regions, a trace and a label; another of the same model with other data.
    first: Key,
    second: Key,
}

impl Sample {
    fn root(&self) -> &Path {
        self.tmp.path()
    }

    fn key(&self) -> String {
        self.first.to_hex()
    }
}

const BETA: [f64; 3] = [0.5, -0.0, f64::MIN_POSITIVE];

fn beta() -> Vec<u8> {
    BETA.iter().flat_map(|b| b.to_le_bytes()).collect()
}

fn sample() -> Sample {
    let tmp = tempfile::tempdir().unwrap();
    let store = Store::open(Some(tmp.path()), &StoreOptions::new()).unwrap();
    let mut keys = Vec::new();
    for (y, label) in [(1.0, "spline, 20 knots"), (2.0, "the other")] {
        let f = fingerprint(y);
        let mut options = SessionOptions::new();
        options.fingerprint(&f).label(label).unwrap();
        let fit = Session::open(&store, f.finish(), &options).unwrap();
        let mut state = Regions::new();
        let spec = RegionSpec::new("beta", ElementType::F64, &[3], Order::RowMajor).unwrap();
        state.insert(spec).unwrap();
        for i in 0..20u64 {
            let objective = y + 100.0 / (i + 1) as f64;
            let data = beta();
            fit.checkpoint_regions(&state, &[&data], Some(objective), Some(i))
                .unwrap();
        }
        assert!(fit.finish().unwrap());
        keys.push(fit.key());
    }
    assert!(store.flush(Duration::from_secs(60)).unwrap());
    Sample {
        tmp,
        first: keys[0],
        second: keys[1],
    }
}

/// Every file and directory below a root, with what would tell that it was touched.
fn picture(root: &Path) -> BTreeMap<PathBuf, (u64, SystemTime)> {
    let mut picture = BTreeMap::new();
    let mut left = vec![root.to_owned()];
    while let Some(path) = left.pop() {
        let stat = fs::symlink_metadata(&path).unwrap();
        if stat.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|i| i.unwrap().path()));
        }
        picture.insert(path, (stat.len(), stat.modified().unwrap()));
    }
    picture
}

#[test]
fn keys_are_listed_with_their_labels_filtered_and_sorted() {
    let s = sample();
    let all = documents(s.root(), &["ls"]);
    assert_eq!(all.len(), 2);
    let first = all.iter().find(|d| d["key"] == s.key()).unwrap();
    assert_eq!(first["label"], "spline, 20 knots");
    assert_eq!(first["objective"], 6.0);
    assert_eq!(first["iteration"], 19);
    assert_eq!(first["kind"], "checkpoint");
    let by_objective = documents(s.root(), &["ls", "--sort", "objective"]);
    assert_eq!(by_objective[0]["key"], s.key());
    let reversed = documents(
        s.root(),
        &["ls", "--sort", "objective", "--reverse", "-n", "1"],
    );
    assert_eq!(reversed.len(), 1);
    assert_eq!(reversed[0]["key"], s.second.to_hex());
    let labelled = says(s.root(), &["ls", "--label", "other"]);
    assert!(labelled.contains("the other") && !labelled.contains("spline"));
    for nothing in [
        ["ls", "--label", "nobody"],
        ["ls", "--older-than", "1d"],
        ["ls", "--larger-than", "1G"],
        ["ls", "--kind", "final"],
    ] {
        let output = run(s.root(), &nothing);
        assert_eq!(code(&output), FOUND_NOTHING, "{nothing:?}");
        assert!(output.stdout.is_empty());
    }
    let runs = documents(s.root(), &["ls", &s.key()[..8]]);
    assert!(!runs.is_empty() && runs.iter().all(|r| r["run"].is_string()));
}

#[test]
fn an_entry_is_shown_with_its_regions_and_its_bytes_come_out_as_they_went_in() {
    let s = sample();
    let shown = says(s.root(), &["show", &s.key(), "--payload"]);
    for part in [
        "spline, 20 knots",
        "beta",
        "F64",
        "[3]",
        "model, y",
        "points over",
    ] {
        assert!(shown.contains(part), "{part} is missing in {shown}");
    }
    let document = &documents(s.root(), &["show", &s.key(), "--payload"])[0];
    assert_eq!(
        document["payload"]["regions"][0]["shape"],
        serde_json::json!([3])
    );
    assert_eq!(document["trace"]["points"].as_array().unwrap().len(), 20);
    let region = run(s.root(), &["cat", &s.key(), "--region", "beta"]);
    assert_eq!(region.stdout, beta());
    let whole = run(s.root(), &["cat", &s.key()]).stdout;
    let store = Store::open(Some(s.root()), &StoreOptions::new()).unwrap();
    let entry = store.lookup(s.first, warmstart::Lookup::Best).unwrap();
    assert_eq!(whole, entry.unwrap().payload());
    let out = s.root().join("out.bin");
    let out_name = out.to_str().unwrap();
    says(s.root(), &["cat", &s.key(), "--out", out_name]);
    assert_eq!(fs::read(&out).unwrap(), whole);
    let again = run(s.root(), &["cat", &s.key(), "--out", out_name]);
    assert_eq!(code(&again), FAILED, "a file was overwritten");
    let wrong = run(s.root(), &["cat", &s.key(), "--region", "gamma"]);
    assert!(code(&wrong) == FAILED && text(&wrong.stderr).contains("beta"));
}

#[test]
fn whoever_looks_changes_nothing_in_a_store_of_ours_or_of_another_engine() {
    let s = sample();
    let tmp = tempfile::tempdir().unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/vectors/store-v1/root");
    let mut copy = Command::new("cp");
    copy.arg("-a").arg(&fixture).arg(tmp.path());
    assert!(copy.status().unwrap().success());
    let other = tmp.path().join("root");
    for root in [s.root(), &other] {
        let before = picture(root);
        let key = documents(root, &["ls"])[0]["key"]
            .as_str()
            .unwrap()
            .to_owned();
        says(root, &["ls", "--sort", "size"]);
        says(root, &["show", &key, "--payload"]);
        run(root, &["cat", &key]);
        run(root, &["why", &key]);
        run(root, &["plot", &key]);
        says(root, &["stats"]);
        run(root, &["verify"]);
        run(root, &["gc", "--dry-run"]);
        says(root, &["rm", "--dry-run", &key]);
        assert_eq!(picture(root), before);
    }
    // Of the other engine's, some are damaged.
    assert_eq!(code(&run(&other, &["verify"])), FOUND_NOTHING);
}

#[test]
fn damage_is_found_and_left_alone_while_someone_may_be_at_work_on_it() {
    let s = sample();
    assert!(says(s.root(), &["verify"]).contains("no damage"));
    assert_eq!(says(s.root(), &["verify", "--quiet"]), "");
    let dir = s.root().join(s.key());
    let payloads = fs::read_dir(&dir).unwrap().map(|f| f.unwrap().path());
    let payload = payloads
        .filter(|p| p.extension().is_some_and(|e| e == "bin"))
        .last()
        .unwrap();
    let mut bytes = fs::read(&payload).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&payload, bytes).unwrap();
    let found = run(s.root(), &["verify"]);
    assert_eq!(code(&found), FOUND_NOTHING);
    assert!(text(&found.stdout).contains("payload") && text(&found.stdout).contains("1 damaged"));
    // It changed a moment ago: someone may be at work on it.
    let waits = says(s.root(), &["repair"]);
    assert!(waits.contains("1 left for a later repair"), "{waits}");
}

#[test]
fn what_a_dry_run_says_is_what_goes_then() {
    let tmp = tempfile::tempdir().unwrap();
    let mut options = StoreOptions::new();
    options.size_budget(0).unwrap().ttl_seconds(0.0).unwrap();
    let store = Store::open(Some(tmp.path()), &options).unwrap();
    let key = |i: u8| Key::from_hex(&format!("{i:02x}").repeat(32)).unwrap();
    for i in 0..20 {
        let kind = Kind::Checkpoint;
        store.save(key(i), &[i; 10_000], None, None, kind).unwrap();
    }
    drop(store);
    // Ten times 12 KiB of payload and 4 KiB of metadata.
    options.size_budget(163_840).unwrap();
    drop(Store::open(Some(tmp.path()), &options).unwrap());
    let planned = documents(tmp.path(), &["gc", "--dry-run"]);
    let (summary, runs) = planned.split_last().unwrap();
    assert_eq!(summary["evicted"], runs.len());
    assert!(runs.len() >= 10 && runs.len() < 20, "{}", runs.len());
    assert_eq!(documents(tmp.path(), &["ls"]).len(), 20);
    let done = documents(tmp.path(), &["gc"]);
    let named = |all: &[serde_json::Value]| -> Vec<String> {
        let evicted = all.iter().filter(|d| d["problem"] == "over budget");
        let mut names: Vec<String> = evicted.map(|d| d["run"].to_string()).collect();
        names.sort();
        names
    };
    assert_eq!(named(&done), named(&planned));
    assert_eq!(documents(tmp.path(), &["ls"]).len(), 20 - runs.len());
}

#[test]
fn what_has_expired_goes_unless_it_is_pinned() {
    let s = sample();
    says(s.root(), &["pin", &s.key()]);
    let mut options = StoreOptions::new();
    options.ttl_seconds(0.05).unwrap();
    drop(Store::open(Some(s.root()), &options).unwrap());
    std::thread::sleep(Duration::from_millis(1_200));
    let planned = says(s.root(), &["gc", "--dry-run"]);
    assert!(
        planned.contains("expired") && planned.contains("days ago"),
        "{planned}"
    );
    assert!(!planned.contains(&s.key()[..12]));
    // Whoever looks sees what has expired, until it goes.
    assert_eq!(documents(s.root(), &["ls"]).len(), 2);
    says(s.root(), &["gc"]);
    let left = documents(s.root(), &["ls"]);
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["key"], s.key());
    assert_eq!(left[0]["pinned"], true);
    says(s.root(), &["unpin", &s.key()]);
    says(s.root(), &["gc"]);
    assert_eq!(code(&run(s.root(), &["ls"])), FOUND_NOTHING);
}

#[test]
fn removing_takes_what_was_named_and_a_slip_takes_nothing() {
    let s = sample();
    let slip = run(s.root(), &["rm", &s.key(), "0123456789"]);
    assert_eq!(code(&slip), FAILED);
    assert_eq!(documents(s.root(), &["ls"]).len(), 2);
    let would = says(s.root(), &["rm", "--dry-run", &s.key()]);
    assert!(would.contains("would remove"));
    assert_eq!(documents(s.root(), &["ls"]).len(), 2);
    says(s.root(), &["rm", &s.key()]);
    let left = documents(s.root(), &["ls"]);
    assert_eq!(left.len(), 1);
    let second = s.second.to_hex();
    let runs = documents(s.root(), &["ls", &second]);
    let entry = format!("{}/{}", &second[..10], runs[0]["run"].as_str().unwrap());
    says(s.root(), &["rm", &entry]);
    let after = run(s.root(), &["ls", &second]);
    assert_eq!(code(&after), if runs.len() > 1 { 0 } else { FOUND_NOTHING });
}

#[test]
fn why_names_the_field_that_differs() {
    let s = sample();
    let said = says(s.root(), &["why", &s.key()]);
    assert!(said.contains(&s.second.to_hex()), "{said}");
    assert!(
        said.contains("y differs") && said.contains("model equal"),
        "{said}"
    );
}

#[test]
fn a_plot_is_drawn_in_the_terminal_and_into_files_that_were_not_there() {
    let s = sample();
    let keys = [s.key(), s.second.to_hex()];
    let drawn = says(s.root(), &["plot", &keys[0], &keys[1]]);
    let dots = drawn
        .chars()
        .filter(|c| ('\u{2801}'..='\u{28ff}').contains(c));
    assert!(dots.count() > 50, "{drawn}");
    assert!(drawn.contains("spline, 20 knots") && drawn.contains("iteration"));
    let logarithmic = says(s.root(), &["plot", &keys[0], "--log", "--time"]);
    assert!(logarithmic.contains("objective above 6") && logarithmic.contains("seconds"));
    let svg = s.root().join("fit.svg");
    says(
        s.root(),
        &["plot", &keys[0], "--out", svg.to_str().unwrap()],
    );
    let written = fs::read_to_string(&svg).unwrap();
    assert!(written.contains("polyline") && written.contains("spline, 20 knots"));
    let again = run(
        s.root(),
        &["plot", &keys[0], "--out", svg.to_str().unwrap()],
    );
    assert_eq!(code(&again), FAILED, "a file was overwritten");
    let png = s.root().join("fit.png");
    says(
        s.root(),
        &["plot", &keys[0], "--out", png.to_str().unwrap()],
    );
    assert!(fs::read(&png).unwrap().starts_with(b"\x89PNG"));
    let store = Store::open(Some(s.root()), &StoreOptions::new()).unwrap();
    let key = fingerprint(3.0).finish();
    store.save(key, b"x", None, None, Kind::Final).unwrap();
    let without = run(s.root(), &["plot", &key.to_hex()]);
    assert_eq!(code(&without), FOUND_NOTHING);
}

#[test]
fn mistakes_are_explained_and_nothing_is_made() {
    let tmp = tempfile::tempdir().unwrap();
    let missing = tmp.path().join("store");
    for arguments in [vec!["ls"], vec!["gc"], vec!["repair"], vec!["rm", "abcdef"]] {
        let output = run(&missing, &arguments);
        assert_eq!(code(&output), FAILED, "{arguments:?}");
        assert!(text(&output.stderr).starts_with("warmstart: "));
        assert!(!missing.exists(), "{arguments:?} made the store");
    }
    let s = sample();
    for (wrong, word) in [
        ("ab", "fewer than 4"),
        ("xyzw", "hexadecimal"),
        ("0000", "no key"),
    ] {
        let output = run(s.root(), &["show", wrong]);
        assert_eq!(code(&output), FAILED);
        assert!(
            text(&output.stderr).contains(word),
            "{wrong}: {}",
            text(&output.stderr)
        );
    }
    let output = run(s.root(), &["ls", "--older-than", "soon"]);
    assert_eq!(code(&output), MAKES_NO_SENSE);
    assert!(text(&output.stderr).contains("12h"));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let tmp = tempfile::tempdir().unwrap();
    let store = Store::open(Some(tmp.path()), &StoreOptions::new()).unwrap();
    for i in 0..300u64 {
        let mut f = Fingerprinter::new();
        f.absorb_u64("i", i).unwrap();
        let kind = Kind::Checkpoint;
        store.save(f.finish(), b"x", None, None, kind).unwrap();
    }
    let mut child = command(tmp.path(), &["ls"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), text(&output.stderr)), (0, String::new()));
}

/// Runs it on a terminal of its own, and gives what that was sent.
fn on_terminal(root: &Path, arguments: &str, environment: &[(&str, &str)]) -> String {
    let line = format!(
        "{} --root {} {arguments}",
        env!("CARGO_BIN_EXE_warmstart"),
        root.display()
    );
    let mut script = Command::new("script");
    script
        .args(["-qec", &line, "/dev/null"])
        .stdin(Stdio::null());
    script.env_remove("NO_COLOR").env("TERM", "xterm-256color");
    script.envs(environment.iter().copied());
    text(&script.output().unwrap().stdout)
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let s = sample();
    assert!(on_terminal(s.root(), "ls", &[]).contains("\u{1b}[1m"));
    assert!(!on_terminal(s.root(), "ls", &[("NO_COLOR", "1")]).contains('\u{1b}'));
    assert!(!says(s.root(), &["ls"]).contains('\u{1b}'));
    assert!(says(s.root(), &["ls", "--color", "always"]).contains("\u{1b}[1m"));
    let bytes = on_terminal(s.root(), &format!("cat {}", s.key()), &[]);
    assert!(bytes.contains("standard output is a terminal"), "{bytes}");
}

#[test]
fn the_manual_and_completions_name_every_command() {
    let tmp = tempfile::tempdir().unwrap();
    let manual = says(tmp.path(), &["man"]);
    let completions = says(tmp.path(), &["completions", "bash"]);
    says(
        tmp.path(),
        &["man", "--directory", tmp.path().to_str().unwrap()],
    );
    for name in [
        "ls", "show", "cat", "plot", "why", "stats", "verify", "repair", "gc", "rm", "pin",
        "unpin", "bench",
    ] {
        assert!(manual.contains(name), "{name} is not in the manual");
        assert!(completions.contains(name), "{name} is not completed");
        let page = tmp.path().join(format!("warmstart-{name}.1"));
        assert!(page.exists(), "{} is missing", page.display());
    }
}

#[test]
fn a_checkpoint_is_measured_and_nothing_is_left() {
    let tmp = tempfile::tempdir().unwrap();
    let directory = tmp.path().to_str().unwrap();
    let measured = documents(tmp.path(), &["bench", "--rounds", "2", directory]);
    assert_eq!(measured.len(), 5);
    assert!(measured[..4]
        .iter()
        .all(|m| m["checkpoint_median_seconds"].as_f64().unwrap() > 0.0));
    assert!(measured[4]["sync_looks_honest"].is_boolean());
    assert_eq!(fs::read_dir(tmp.path()).unwrap().count(), 0);
}
