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
        run(root, &["top", "--once"]);
        let archive = tmp.path().join(format!("{}.tar", before.len()));
        run(root, &["export", &key, "--to", archive.to_str().unwrap()]);
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
        "unpin", "export", "import", "top", "bench",
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

/// The names in an archive, as tar(1) sees them.
fn members(archive: &Path) -> Vec<String> {
    let listed = Command::new("tar").arg("tf").arg(archive).output().unwrap();
    assert!(listed.status.success(), "{}", text(&listed.stderr));
    text(&listed.stdout).lines().map(str::to_owned).collect()
}

/// What a store answers for a key: everything that came with it.
fn answer(root: &Path, key: Key) -> (Vec<u8>, String, warmstart::EntryInfo, Option<String>) {
    let store = Store::open(Some(root), &StoreOptions::new()).unwrap();
    let entry = store.lookup(key, warmstart::Lookup::Best).unwrap().unwrap();
    (
        entry.payload().to_vec(),
        entry.run_id().to_owned(),
        entry.info(),
        entry.label().map(str::to_owned),
    )
}

#[test]
fn entries_travel_to_another_root_as_they_were_and_arrive_once() {
    let s = sample();
    let tmp = tempfile::tempdir().unwrap();
    let archive = tmp.path().join("both.tar");
    let (file, other) = (archive.to_str().unwrap(), tmp.path().join("other"));
    let exported = says(
        s.root(),
        &[
            "export",
            &s.key(),
            &s.second.to_hex(),
            &s.key()[..8],
            "--to",
            file,
        ],
    );
    let runs = |root: &Path| -> usize {
        let keys = documents(root, &["ls"]);
        keys.iter()
            .map(|k| k["entries"].as_u64().unwrap() as usize)
            .sum()
    };
    // Named twice, it is in there once.
    assert_eq!(exported.lines().count(), runs(s.root()));
    let names = members(&archive);
    assert_eq!(names.len(), 2 * runs(s.root()));
    for half in ["json", "bin"] {
        let best = answer(s.root(), s.first).1;
        assert!(
            names.contains(&format!("{}/{best}.{half}", s.key())),
            "{names:?}"
        );
    }
    let again = run(s.root(), &["export", &s.key(), "--to", file]);
    assert_eq!(code(&again), FAILED, "a file was overwritten");
    let taken_in = says(&other, &["import", file]);
    assert!(
        taken_in.lines().all(|l| l.starts_with("imported ")),
        "{taken_in}"
    );
    for key in [s.first, s.second] {
        assert_eq!(answer(&other, key), answer(s.root(), key));
    }
    assert_eq!(runs(&other), runs(s.root()));
    let before = picture(&other);
    let twice = documents(&other, &["import", file]);
    assert!(
        twice.iter().all(|d| d["action"] == "already there"),
        "{twice:?}"
    );
    assert_eq!(picture(&other), before);
    assert!(says(&other, &["verify"]).contains("no damage"));
    let nothing = run(s.root(), &["export", &"0".repeat(64), "--to", "never.tar"]);
    assert_eq!(code(&nothing), FOUND_NOTHING);
    assert!(!Path::new("never.tar").exists());
}

#[test]
fn a_directory_takes_an_archive_for_each_entry_and_a_pipe_takes_one() {
    let s = sample();
    let tmp = tempfile::tempdir().unwrap();
    let out = tmp.path().join("archives");
    fs::create_dir(&out).unwrap();
    let out_name = out.to_str().unwrap();
    let documents_of = documents(s.root(), &["export", &s.key(), "--to", out_name]);
    assert_eq!(fs::read_dir(&out).unwrap().count(), documents_of.len());
    for d in &documents_of {
        assert_eq!(members(Path::new(d["file"].as_str().unwrap())).len(), 2);
    }
    let other = tmp.path().join("by directory");
    says(&other, &["import", out_name]);
    assert_eq!(answer(&other, s.first), answer(s.root(), s.first));
    // As between machines.
    let piped = run(s.root(), &["export", &s.key(), "--to", "-"]);
    assert_eq!(code(&piped), 0);
    let other = tmp.path().join("by pipe");
    let mut child = command(&other, &["import", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), &piped.stdout).unwrap();
    assert_eq!(code(&child.wait_with_output().unwrap()), 0);
    assert_eq!(answer(&other, s.first), answer(s.root(), s.first));
    let shown = on_terminal(s.root(), &format!("export {} --to -", s.key()), &[]);
    assert!(shown.contains("Pipe it"), "{shown}");
    // Unpacked and packed again by another tool, in another order.
    let shell = "mkdir u && tar xf \"$1\" -C u && cd u && tar --sort=name -cf ../again.tar .";
    let mut repack = Command::new("sh");
    let archive = tmp.path().join("piped.tar");
    fs::write(&archive, &piped.stdout).unwrap();
    repack
        .args(["-ec", shell, "sh"])
        .arg(&archive)
        .current_dir(tmp.path());
    assert!(repack.status().unwrap().success());
    let other = tmp.path().join("repacked");
    says(
        &other,
        &["import", tmp.path().join("again.tar").to_str().unwrap()],
    );
    assert_eq!(answer(&other, s.first), answer(s.root(), s.first));
}

#[test]
fn a_newer_generation_replaces_an_older_and_never_the_other_way_round() {
    let [from, to, archives] = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let key = fingerprint(1.0).finish();
    let store = Store::open(Some(from.path()), &StoreOptions::new()).unwrap();
    let mut files = Vec::new();
    for state in [b"older", b"newer"] {
        store
            .save_slot(key, "run", state, Some(1.0), None, Kind::Checkpoint)
            .unwrap();
        let file = archives.path().join(format!("{}.tar", files.len()));
        let name = file.to_str().unwrap().to_owned();
        says(from.path(), &["export", &key.to_hex(), "--to", &name]);
        files.push(name);
    }
    let actions = |file: &str| documents(to.path(), &["import", file])[0]["action"].to_string();
    assert_eq!(actions(&files[0]), "\"imported\"");
    assert_eq!(actions(&files[1]), "\"imported\"");
    assert_eq!(answer(to.path(), key).0, b"newer");
    assert_eq!(actions(&files[0]), "\"older than what is there\"");
    assert_eq!(answer(to.path(), key).0, b"newer");
    // What a store would remove at once is not let in.
    let mut options = StoreOptions::new();
    options.ttl_seconds(0.05).unwrap();
    let brief = tempfile::tempdir().unwrap();
    drop(Store::open(Some(brief.path()), &options).unwrap());
    std::thread::sleep(Duration::from_millis(1_200));
    let late = run(brief.path(), &["import", &files[1]]);
    assert_eq!(code(&late), FOUND_NOTHING);
    assert!(
        text(&late.stdout).contains("too old"),
        "{}",
        text(&late.stdout)
    );
}

/// A tar archive of members with these names, kinds, claimed lengths and bytes.
fn tar_of(members: &[(&str, u8, u64, &[u8])]) -> Vec<u8> {
    let mut archive = Vec::new();
    for (name, kind, len, bytes) in members {
        let mut header = [0u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..107].copy_from_slice(b"0000600");
        if *len < 1 << 33 {
            header[124..135].copy_from_slice(format!("{len:011o}").as_bytes());
        } else {
            header[124] = 0x80;
            header[128..136].copy_from_slice(&len.to_be_bytes());
        }
        header[136..147].copy_from_slice(b"00000000000");
        header[156] = *kind;
        header[257..263].copy_from_slice(b"ustar\0");
        header[263..265].copy_from_slice(b"00");
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        archive.extend_from_slice(&header);
        archive.extend_from_slice(bytes);
        archive.resize(archive.len().div_ceil(512) * 512, 0);
    }
    archive.resize(archive.len() + 1024, 0);
    archive
}

#[test]
fn hostile_archives_are_refused_whole_and_cost_nothing() {
    let tmp = tempfile::tempdir().unwrap();
    let source = tempfile::tempdir().unwrap();
    let store = Store::open(Some(source.path()), &StoreOptions::new()).unwrap();
    let key = fingerprint(1.0).finish();
    store
        .save_slot(key, "r", b"state", Some(1.0), None, Kind::Final)
        .unwrap();
    let exported = store.export_entry(key, "r").unwrap().unwrap();
    let (metadata, payload) = (exported.metadata(), exported.entry().payload());
    let hex = key.to_hex();
    let name = |run: &str, half: &str| format!("{hex}/{run}.{half}");
    let json = (name("r", "json"), b'0', metadata.len() as u64, metadata);
    let bin = (name("r", "bin"), b'0', payload.len() as u64, payload);
    type Member<'a> = (String, u8, u64, &'a [u8]);
    let tar = |members: &[&Member<'_>]| {
        let borrowed: Vec<_> = members
            .iter()
            .map(|m| (m.0.as_str(), m.1, m.2, m.3))
            .collect();
        tar_of(&borrowed)
    };
    let named = |name: &str| -> Member<'static> { (name.to_owned(), b'0', 1, b"x") };
    let whole = tar(&[&json, &bin]);
    let target = tmp.path().join("store");
    let import = |bytes: &[u8]| {
        let archive = tmp.path().join("a.tar");
        fs::write(&archive, bytes).unwrap();
        run(&target, &["import", archive.to_str().unwrap()])
    };
    fs::create_dir(&target).unwrap();
    let untouched = |what: &str| {
        let left: Vec<_> = fs::read_dir(&target)
            .unwrap()
            .map(|i| i.unwrap().file_name())
            .collect();
        assert!(
            left.iter().all(|n| n == ".warmstart"),
            "{what} left {left:?}"
        );
        let beside = fs::read_dir(tmp.path()).unwrap().count();
        assert_eq!(beside, 2, "{what} wrote outside of the store");
    };
    let mut refused: Vec<(String, Vec<u8>)> = Vec::new();
    for bad in [
        "../../escaped.json".to_owned(),
        "/tmp/escaped.json".to_owned(),
        format!("{hex}/../escaped.json"),
        format!("{hex}/a/b.json"),
        format!("{hex}/.hidden.json"),
        format!("{hex}/.json"),
        format!("{}/r.json", hex.to_uppercase()),
        format!("{}/r.json", &hex[1..]),
        "readme".to_owned(),
    ] {
        // A sound entry before it is not taken in either.
        refused.push((bad.clone(), tar(&[&json, &bin, &named(&bad)])));
    }
    for (what, kind) in [
        ("symbolic link", b'2'),
        ("hard link", b'1'),
        ("device", b'3'),
    ] {
        let link: Member<'_> = (name("l", "json"), kind, 0, b"");
        refused.push((what.into(), tar(&[&json, &bin, &link])));
    }
    for len in [1u64 << 20, 1 << 40, u64::MAX >> 1, u64::MAX] {
        let absurd: Member<'_> = (name("r", "bin"), b'0', len, payload);
        refused.push((format!("{len} bytes"), tar(&[&json, &absurd])));
        let absurd: Member<'_> = ("././@LongLink".into(), b'L', len, payload);
        refused.push((
            format!("a name of {len} bytes"),
            tar(&[&json, &bin, &absurd]),
        ));
    }
    let long = vec![b'a'; 1 << 20];
    let long_name: Member<'_> = ("././@LongLink".into(), b'L', long.len() as u64, &long);
    refused.push(("a long name".into(), tar(&[&long_name, &json, &bin])));
    let long_metadata: Member<'_> = (name("r", "json"), b'0', long.len() as u64, &long);
    refused.push(("long metadata".into(), tar(&[&long_metadata, &bin])));
    refused.push(("half an entry".into(), tar(&[&json])));
    refused.push(("the other half".into(), tar(&[&bin])));
    refused.push(("an entry twice".into(), tar(&[&json, &bin, &json])));
    refused.push((
        "two archives".into(),
        [whole.clone(), whole.clone()].concat(),
    ));
    refused.push(("no archive".into(), b"{}".to_vec()));
    refused.push(("nothing".into(), Vec::new()));
    // The last zeros say nothing.
    for cut in (0..whole.len() - 1024).step_by(97) {
        refused.push((format!("cut at {cut}"), whole[..cut].to_vec()));
    }
    for (what, bytes) in &refused {
        let output = import(bytes);
        assert_eq!(code(&output), FAILED, "{what}: {}", text(&output.stdout));
        assert!(
            text(&output.stderr).contains("a.tar"),
            "{what}: {}",
            text(&output.stderr)
        );
        untouched(what);
    }
    // Whole as an archive, and its entry is not: that one is refused alone.
    let mut flipped = payload.to_vec();
    flipped[0] ^= 1;
    let forged = text(metadata).replace("\"objective\": 1.0", "\"objective\": 0.5");
    assert_ne!(forged.as_bytes(), metadata);
    let damaged: [(&str, Member<'_>, Member<'_>); 5] = [
        (
            "payload",
            json.clone(),
            (bin.0.clone(), b'0', bin.2, &flipped),
        ),
        (
            "shorter",
            json.clone(),
            (bin.0.clone(), b'0', bin.2 - 1, &payload[1..]),
        ),
        (
            "longer",
            json.clone(),
            (bin.0.clone(), b'0', bin.2 + 1, b"states"),
        ),
        (
            "forged",
            (json.0.clone(), b'0', forged.len() as u64, forged.as_bytes()),
            bin.clone(),
        ),
        ("no metadata", (json.0.clone(), b'0', 2, b"{}"), bin.clone()),
    ];
    for (what, json, bin) in &damaged {
        let output = import(&tar(&[json, bin]));
        assert_eq!(code(&output), FOUND_NOTHING, "{what}");
        assert!(text(&output.stdout).contains("refused"), "{what}");
        untouched(what);
    }
    let (_, bad_json, bad_bin) = &damaged[0];
    let good_json = (name("s", "json"), b'0', json.2, metadata);
    let good_bin = (name("s", "bin"), b'0', bin.2, payload);
    let mixed = import(&tar(&[bad_json, bad_bin, &good_json, &good_bin]));
    assert_eq!(code(&mixed), FOUND_NOTHING);
    assert_eq!(answer(&target, key).1, "s");
    let illegal = ("~".repeat(20), "a.tmp.b".to_owned());
    for run in [illegal.0, illegal.1] {
        let json = (name(&run, "json"), b'0', json.2, metadata);
        let bin = (name(&run, "bin"), b'0', bin.2, payload);
        assert_eq!(code(&import(&tar(&[&json, &bin]))), FOUND_NOTHING, "{run}");
    }
    assert_eq!(documents(&target, &["ls", &hex]).len(), 1);
    assert_eq!(code(&import(&whole)), 0);
    assert_eq!(documents(&target, &["ls", &hex]).len(), 2);
}

#[test]
fn running_sessions_are_shown_while_they_run() {
    let s = sample();
    let none = run(s.root(), &["top", "--once"]);
    assert_eq!(code(&none), FOUND_NOTHING);
    assert!(text(&none.stderr).contains("no session is running"));
    let store = Store::open(Some(s.root()), &StoreOptions::new()).unwrap();
    let mut options = SessionOptions::new();
    options.label("a long fit").unwrap();
    let fit = Session::open(&store, s.first, &options).unwrap();
    for i in 0..30u64 {
        fit.checkpoint(b"state", Some(100.0 - i as f64), Some(i))
            .unwrap();
        std::thread::sleep(Duration::from_millis(50));
    }
    let shown = says(s.root(), &["top", "--once"]);
    let row = shown.lines().nth(1).unwrap();
    assert!(
        row.starts_with(&s.key()[..12]) && row.ends_with("a long fit"),
        "{shown}"
    );
    assert!(row.contains(&format!(":{}", std::process::id())), "{shown}");
    let document = &documents(s.root(), &["top", "--once"])[0];
    assert_eq!(document["run"], fit.run_id());
    assert!(document["iteration"].as_u64().unwrap() >= 10);
    let rate = document["iterations_per_second"].as_f64().unwrap();
    assert!(rate > 1.0 && rate < 21.0, "{rate}");
    assert!(document["durable_age_seconds"].as_f64().unwrap() < 600.0);
    assert!((0.0..=1.0).contains(&document["overhead"].as_f64().unwrap()));
    assert_eq!(document["failed"], 0);
    // Again and again into a pipe, until whoever reads goes away.
    let mut child = command(s.root(), &["top", "--interval", "0.1", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    for _ in 0..3 {
        assert!(lines.next().unwrap().unwrap().contains("a long fit"));
    }
    drop(lines);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    // On a terminal the table stays where it is.
    let line = format!(
        "timeout 1.5 {} --root {} top --interval 0.2",
        env!("CARGO_BIN_EXE_warmstart"),
        s.root().display()
    );
    let mut script = Command::new("script");
    script
        .args(["-qec", &line, "/dev/null"])
        .stdin(Stdio::null());
    script.env("TERM", "xterm-256color").env_remove("NO_COLOR");
    let screen = text(&script.output().unwrap().stdout);
    assert_eq!(screen.matches("\u{1b}[2J").count(), 1, "{screen:?}");
    assert!(screen.matches("\u{1b}[H").count() >= 3, "{screen:?}");
    assert!(screen.matches("a long fit").count() >= 3);
    assert!(!on_terminal(s.root(), "top --once", &[]).contains("\u{1b}[H"));
    assert!(fit.finish().unwrap());
    assert_eq!(code(&run(s.root(), &["top", "--once"])), FOUND_NOTHING);
    let output = run(s.root(), &["top", "--interval", "0"]);
    assert_eq!(code(&output), MAKES_NO_SENSE);
}

/// `WARM_TEST_KEYS` keys, 100 000 unless it says otherwise: takes minutes.
#[test]
#[ignore = "makes 100 000 keys"]
#[allow(clippy::print_stdout)] // The figures are what it is run for.
fn many_keys_begin_to_be_listed_at_once_and_in_bounded_memory() {
    let wanted = std::env::var("WARM_TEST_KEYS").ok();
    let wanted: u64 = wanted.map_or(100_000, |n| n.parse().unwrap());
    let tmp = tempfile::tempdir().unwrap();
    let mut options = StoreOptions::new();
    options.durability(warmstart::Durability::Process);
    options.file_budget(0).unwrap().size_budget(0).unwrap();
    let store = Store::open(Some(tmp.path()), &options).unwrap();
    for i in 0..wanted {
        let mut f = Fingerprinter::new();
        f.absorb_u64("i", i).unwrap();
        let kind = Kind::Checkpoint;
        store
            .save(f.finish(), b"state", Some(i as f64), Some(1), kind)
            .unwrap();
    }
    drop(store);
    let begun = std::time::Instant::now();
    let mut child = command(tmp.path(), &["ls"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    // After the heading.
    lines.next().unwrap().unwrap();
    lines.next().unwrap().unwrap();
    let first = begun.elapsed();
    let mut peaks = Vec::new();
    let mut listed = 1;
    for line in lines {
        line.unwrap();
        listed += 1;
        if listed % 10_000 == 0 {
            let status = fs::read_to_string(&status).unwrap();
            let peak = status.lines().find(|l| l.starts_with("VmHWM"));
            peaks
                .extend(peak.map(|p| p.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()));
        }
    }
    let all = begun.elapsed();
    assert!(child.wait().unwrap().success());
    println!(
        "{listed} keys: first line after {first:?}, last after {all:?}; VmHWM in kB {peaks:?}"
    );
    assert_eq!(listed, wanted);
    assert!(first < Duration::from_millis(200));
    if let (Some(early), Some(late)) = (peaks.first(), peaks.last()) {
        assert!(late - early < 4_096, "it grows with the number of keys");
    }
}

#[cfg(feature = "remote")]
#[test]
fn entries_are_pushed_listed_pulled_and_limited_in_a_remote_tier() {
    let s = sample();
    let tmp = tempfile::tempdir().unwrap();
    let there = tmp.path().join("there");
    fs::create_dir(&there).unwrap();
    let url = format!("file://{}", there.display());
    let empty = run(s.root(), &["remote", "ls", &url]);
    assert_eq!(code(&empty), FOUND_NOTHING, "{}", text(&empty.stderr));
    let pushed = &documents(s.root(), &["remote", "push", &url, &s.key()])[0];
    let of_first = documents(s.root(), &["ls", &s.key()]).len();
    assert_eq!(pushed["uploaded"], of_first);
    let again = &documents(s.root(), &["remote", "push", &url])[0];
    assert_eq!(again["already_there"], of_first, "{again}");
    let listed = documents(s.root(), &["remote", "ls", &url]);
    let here: usize = [s.first, s.second]
        .iter()
        .map(|k| documents(s.root(), &["ls", &k.to_hex()]).len())
        .sum();
    assert_eq!(listed.len(), here);
    let stats = says(s.root(), &["remote", "stats", &url]);
    assert!(stats.contains("keys     2") && stats.contains(&format!("entries  {here}")));
    let none = run(s.root(), &["remote", "push", &url, "--finals"]);
    assert_eq!(code(&none), FOUND_NOTHING);

    let other = tmp.path().join("other");
    let brought = says(&other, &["remote", "pull", &url, &s.key()[..8]]);
    assert!(brought.starts_with("brought "), "{brought}");
    assert_eq!(answer(&other, s.first), answer(s.root(), s.first));
    let all = says(&other, &["remote", "pull", &url]);
    assert!(
        all.contains("already here") && all.contains("brought"),
        "{all}"
    );
    assert_eq!(answer(&other, s.second), answer(s.root(), s.second));
    let wrong = run(&other, &["remote", "pull", &url, "0000"]);
    assert!(code(&wrong) == FAILED && text(&wrong.stderr).contains("0000"));

    let planned = &documents(
        s.root(),
        &["remote", "retain", &url, "--max-bytes", "0", "--dry-run"],
    )[0];
    assert_eq!(planned["removed_entries"], here);
    assert_eq!(documents(s.root(), &["remote", "ls", &url]).len(), here);
    let nothing_named = run(s.root(), &["remote", "retain", &url]);
    assert_eq!(code(&nothing_named), MAKES_NO_SENSE);
    says(s.root(), &["remote", "retain", &url, "--max-bytes", "0"]);
    assert_eq!(code(&run(s.root(), &["remote", "ls", &url])), FOUND_NOTHING);

    let missing = tmp.path().join("missing");
    let output = run(&missing, &["remote", "ls", &url]);
    assert!(code(&output) == FAILED && !missing.exists());
    let nowhere = run(s.root(), &["remote", "ls", "ftp://nowhere"]);
    assert_eq!(code(&nowhere), FAILED);
    let pages = tmp.path().join("man");
    fs::create_dir(&pages).unwrap();
    says(s.root(), &["man", "--directory", pages.to_str().unwrap()]);
    assert!(pages.join("warmstart-remote-push.1").exists());
}

#[cfg(feature = "remote")]
#[test]
fn a_store_is_filled_before_a_job_asks_by_what_a_worker_would_bring() {
    let s = sample();
    let tmp = tempfile::tempdir().unwrap();
    let there = tmp.path().join("there");
    fs::create_dir(&there).unwrap();
    let url = format!("file://{}", there.display());
    let node = tmp.path().join("node");
    // Nothing there is nothing to bring.
    let empty = documents(&node, &["prefetch", "warm", &url]);
    assert_eq!(
        (&empty[0]["fetched"], &empty[0]["left"]),
        (&0.into(), &0.into())
    );
    assert_eq!(
        code(&run(&node, &["prefetch", "plan", &url])),
        FOUND_NOTHING
    );
    says(s.root(), &["remote", "push", &url]);

    let plan = documents(&node, &["prefetch", "plan", &url]);
    let mut keys: Vec<&str> = plan.iter().map(|p| p["key"].as_str().unwrap()).collect();
    keys.sort_unstable();
    let mut expected = [s.first.to_hex(), s.second.to_hex()];
    expected.sort_unstable();
    assert_eq!(keys, expected);
    assert!(plan.iter().all(|p| p["score"].as_f64().unwrap() > 0.0));
    assert!(plan
        .iter()
        .all(|p| p["payload_bytes"].as_u64().unwrap() > 0));
    assert_eq!(
        documents(&node, &["prefetch", "plan", &url, "-n", "1"]).len(),
        1
    );
    let table = says(&node, &["prefetch", "plan", &url]);
    assert!(
        table.starts_with("KEY ") && table.contains("SCORE"),
        "{table}"
    );
    // Looking brings nothing.
    assert_eq!(code(&run(&node, &["ls"])), FOUND_NOTHING);

    let one = says(&node, &["prefetch", "warm", &url, &s.key()[..8]]);
    assert!(
        one.starts_with("brought ") && one.contains("1 brought"),
        "{one}"
    );
    assert_eq!(answer(&node, s.first), answer(s.root(), s.first));
    assert_eq!(documents(&node, &["prefetch", "plan", &url]).len(), 1);
    let all = &documents(&node, &["prefetch", "warm", &url, "--parallel", "2"])[0];
    assert_eq!(
        (&all["fetched"], &all["left"]),
        (&1.into(), &0.into()),
        "{all}"
    );
    assert_eq!(answer(&node, s.second), answer(s.root(), s.second));
    let again = &documents(&node, &["prefetch", "warm", &url])[0];
    assert_eq!(again["fetched"], 0, "{again}");

    let absent = "00".repeat(32);
    let absent = run(&node, &["prefetch", "warm", &url, &absent]);
    assert_eq!(code(&absent), FOUND_NOTHING);
    assert!(text(&absent.stdout).starts_with("not there"));
    // A server that nobody is: it says why, in time.
    for what in ["plan", "warm"] {
        let away = command(&node, &["prefetch", what, "s3://bucket", "--timeout", "3"])
            .env("AWS_ENDPOINT", "http://127.0.0.1:1")
            .env("AWS_ALLOW_HTTP", "true")
            .env("AWS_ACCESS_KEY_ID", "none")
            .env("AWS_SECRET_ACCESS_KEY", "none")
            .output()
            .unwrap();
        let why = text(&away.stderr);
        assert!(
            code(&away) == FAILED && why.contains("s3://bucket"),
            "{why}"
        );
    }
    let many = run(&node, &["prefetch", "warm", &url, "--parallel", "65"]);
    assert_eq!(code(&many), MAKES_NO_SENSE);
}
