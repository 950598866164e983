//! Every crash of every operation, on a disk that may lose whatever was not synced.

use super::*;
use crate::fs::simulated::{History, Image, Op, Simulated};
use crate::fs::{self, Dir, FileSystem};
use crate::session::{Outcome, Session, SessionOptions};
use crate::store::{Durability, Turn};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

/// States looked at for one crash point; where there are more, a sample.
const MOST_STATES: u64 = 512;
const SEED: u64 = 0x5EED_0001;

/// `WARM_CRASH_STATES` sets another limit than [`MOST_STATES`].
fn most_states() -> u64 {
    let wanted = std::env::var("WARM_CRASH_STATES");
    wanted.map_or(MOST_STATES, |n| n.parse().unwrap())
}

fn root() -> &'static Path {
    Path::new("/root")
}

fn options(durability: Durability) -> StoreOptions {
    let mut options = ttl(0.0);
    options.durability(durability);
    options
}

fn open_on(disk: &Simulated) -> Store {
    open_on_with(disk, &options(Durability::Full))
}

fn open_on_with(disk: &Simulated, options: &StoreOptions) -> Store {
    Store::open_on(Arc::new(disk.clone()), Some(root()), options).unwrap()
}

/// What a key's two lookups answer.
type Answer = [Option<Vec<u8>>; 2];

fn answer(store: &Store) -> Answer {
    [Lookup::Best, Lookup::Latest].map(|mode| {
        let entry = store.lookup(KEY, mode).unwrap();
        entry.map(|e| e.payload().to_vec())
    })
}

/// An operation as it ran: the answers after each of its steps, and where in the log each step was
/// acknowledged.
struct Run {
    disk: Simulated,
    history: History,
    answers: Vec<Answer>,
    acknowledged: Vec<usize>,
}

/// Runs `steps` on a disk that has settled, with `reader` looking on.
fn record(disk: Simulated, reader: &Store, steps: &[&dyn Fn()]) -> Run {
    record_with(disk, &|| answer(reader), steps)
}

fn record_with(disk: Simulated, answer: &dyn Fn() -> Answer, steps: &[&dyn Fn()]) -> Run {
    disk.settle();
    let mut answers = vec![answer()];
    let mut acknowledged = Vec::new();
    for step in steps {
        step();
        acknowledged.push(disk.len());
        answers.push(answer());
    }
    let history = disk.history();
    Run {
        disk,
        history,
        answers,
        acknowledged,
    }
}

type Step = Box<dyn Fn(&Store)>;

fn step(f: impl Fn(&Store) + 'static) -> Step {
    Box::new(f)
}

fn run(prepare: &[Step], steps: &[Step]) -> Run {
    let disk = Simulated::new();
    let store = open_on(&disk);
    prepare.iter().for_each(|s| s(&store));
    let steps: Vec<Box<dyn Fn() + '_>> = steps
        .iter()
        .map(|s| Box::new(|| s(&store)) as Box<dyn Fn()>)
        .collect();
    let steps: Vec<&dyn Fn()> = steps.iter().map(AsRef::as_ref).collect();
    record(disk, &store, &steps)
}

#[derive(Default)]
struct Tally {
    points: u64,
    states: u64,
    possible: u128,
    /// The first few, in words.
    violations: Vec<String>,
}

/// Looks at what every crash may leave. Answers must be those before or after the step under way,
/// each lookup for itself.
fn check(name: &str, run: &Run, history: &History) -> Tally {
    let mut tally = Tally::default();
    for crash in 0..=history.log.len() {
        let done = run.acknowledged.iter().filter(|at| **at <= crash).count();
        let allowed = &run.answers[done..(done + 2).min(run.answers.len())];
        let (states, possible) = history.crash_states(crash, most_states(), SEED);
        tally.points += 1;
        tally.possible = tally.possible.saturating_add(possible);
        for (n, image) in states.into_iter().enumerate() {
            tally.states += 1;
            let tidy = [Tidy::Sweep, Tidy::Repair][(n / 2 + crash) % 2];
            if let Err(why) = check_state(run, image, allowed, tidy, n % 16 == 0) {
                if tally.violations.len() < 5 {
                    tally.violations.push(format!(
                        "{name}, crash before operation {crash}, state {n}: {why}"
                    ));
                }
            }
        }
    }
    tally
}

/// What puts things in order after a crash.
#[derive(Debug, Clone, Copy)]
enum Tidy {
    Sweep,
    Repair,
}

fn check_state(
    run: &Run,
    image: Image,
    allowed: &[Answer],
    tidy: Tidy,
    nested: bool,
) -> Result<(), String> {
    let found = run.disk.found_later(image.clone(), 2 * HOUR);
    let store = open_on(&found);
    let now = answer(&store);
    for (mode, found) in now.iter().enumerate() {
        if !allowed.iter().any(|a| a[mode] == *found) {
            return Err(format!(
                "lookup {mode} answers {found:?} and not one of {allowed:?}"
            ));
        }
    }
    let done = match tidy {
        Tidy::Sweep => store.sweep(),
        Tidy::Repair => store.repair(&Progress::new()).map(|_| ()),
    };
    done.map_err(|e| e.to_string())?;
    if answer(&store) != now {
        return Err(format!("a {tidy:?} changed the answers"));
    }
    let report = store.verify(&Progress::new()).map_err(|e| e.to_string())?;
    if report.damaged + report.half_present + report.unreadable + report.superseded > 0 {
        return Err(format!("a {tidy:?} leaves {report:?}"));
    }
    let stats = store.stats();
    if stats.entries as u64 != report.intact {
        return Err(format!(
            "{} entries are counted, {} are there",
            stats.entries, report.intact
        ));
    }
    if nested {
        // A crash of the opening, the first lookup or the first sweep or repair after the crash.
        let history = found.history();
        for crash in 0..=history.log.len() {
            for again in history.crash_states(crash, 4, SEED).0 {
                let later = open_on(&found.found_later(again, 2 * HOUR));
                if answer(&later) != now {
                    return Err(format!(
                        "a crash of the {tidy:?} at {crash} changed the answers"
                    ));
                }
            }
        }
    }
    Ok(())
}

fn saved(payload: &'static [u8], objective: f64) -> Step {
    step(move |s| slot(s, payload, objective).unwrap())
}

fn operations() -> Vec<(&'static str, Run)> {
    let long: &'static [u8] = &[7; 1100];
    let session = |steps: fn(&Session)| {
        step(move |s: &Store| {
            let mut options = SessionOptions::new();
            options.min_interval_seconds(0.0).unwrap();
            let session = Session::open(s, KEY, &options).unwrap();
            steps(&session);
            // Its mark stays, as a killed process leaves it.
            static KILLED: Mutex<Vec<Session>> = Mutex::new(Vec::new());
            KILLED.lock().unwrap().push(session);
        })
    };
    vec![
        ("first entry", run(&[], &[saved(b"new", 1.0)])),
        (
            "save",
            run(
                &[saved(b"old", 1.0)],
                &[step(|s| {
                    s.save(KEY, b"new", Some(0.5), Some(3), Kind::Final)
                        .unwrap();
                })],
            ),
        ),
        (
            "replace",
            run(
                &[saved(b"older", 3.0), saved(b"old", 2.0)],
                &[saved(b"new", 1.0)],
            ),
        ),
        (
            "replace by a longer one",
            run(&[saved(b"old", 2.0)], &[saved(long, 1.0)]),
        ),
        (
            "replace twice",
            run(
                &[saved(b"old", 3.0)],
                &[saved(b"new", 2.0), saved(b"newer", 1.0)],
            ),
        ),
        (
            "remove a key",
            run(
                &[saved(b"older", 2.0), saved(b"old", 1.0)],
                &[step(|s| assert!(s.remove(KEY).unwrap()))],
            ),
        ),
        (
            "replace, then remove the run",
            run(
                &[saved(b"older", 2.0)],
                &[
                    saved(b"old", 1.0),
                    step(|s| assert!(s.remove_entry(KEY, "run").unwrap())),
                ],
            ),
        ),
        (
            "pin",
            run(
                &[saved(b"old", 1.0)],
                &[step(|s| assert!(s.pin(KEY, "run", true).unwrap()))],
            ),
        ),
        (
            "sweep",
            run(&[saved(b"old", 1.0)], &[step(|s| s.sweep().unwrap())]),
        ),
        (
            "a session's first checkpoint",
            run(
                &[],
                &[session(|s| {
                    s.checkpoint(b"best", Some(1.0), Some(1)).unwrap();
                })],
            ),
        ),
        ("two writers on one slot", two_writers()),
    ]
}

fn two_writers() -> Run {
    let disk = Simulated::new();
    let (a, b) = (open_on(&disk), open_on(&disk));
    slot(&a, b"old", 9.0).unwrap();
    record(
        disk,
        &a,
        &[
            &|| slot(&a, b"from a", 3.0).unwrap(),
            &|| slot(&b, b"from b", 2.0).unwrap(),
            &|| slot(&a, b"once a", 1.0).unwrap(),
        ],
    )
}

/// A lookup that renews the access stamp.
fn reuse_run() -> Run {
    let disk = Simulated::new();
    let reader = open_on(&disk);
    slot(&reader, b"old", 1.0).unwrap();
    disk.advance(3 * DAY);
    let month = ttl(30.0 * DAY as f64);
    let ages = Store::open_on(Arc::new(disk.clone()), Some(root()), &month).unwrap();
    let reuse = record(disk, &reader, &[&|| drop(answer(&ages))]);
    let touched = |op: &Op| matches!(op, Op::Rename { new, .. } if new.ends_with(".json"));
    assert!(reuse.history.log.iter().any(touched));
    reuse
}

/// A sweep that sets damage aside and reclaims leavings.
fn tidy_run() -> Run {
    let disk = Simulated::new();
    let store = open_on(&disk);
    slot(&store, b"old", 1.0).unwrap();
    let dir = disk.open_root(&root().join(KEY.to_hex())).unwrap();
    for name in [
        "broken.json",
        "broken.bin",
        "orphan.bin",
        ".part~00",
        "r.bin.tmp.1.x",
    ] {
        let file = dir.create_new(name).unwrap();
        fs::write_all(file.as_ref(), b"{").unwrap();
    }
    disk.advance(2 * HOUR);
    let tidy = record(disk, &store, &[&|| store.sweep().unwrap()]);
    let moved = |op: &Op| matches!(op, Op::Rename { new, .. } if new.ends_with(".metadata"));
    assert!(tidy.history.log.iter().any(moved));
    tidy
}

fn files_in(dir: &dyn Dir) -> Vec<(String, Vec<u8>)> {
    let names = dir.list().unwrap().into_iter().map(|l| l.name);
    names
        .map(|n| (n.clone(), read_file(dir, &n).unwrap()))
        .collect()
}

/// A writer that died before its new generation's names were durable and the older one removed, then
/// a repair: whatever else it finds, it leaves one of the two.
fn repair_after_writer_run() -> Run {
    let key = root().join(KEY.to_hex());
    let disks = [Simulated::new(), Simulated::new()];
    let stores = disks.each_ref().map(open_on);
    for store in &stores {
        slot(store, b"older", 3.0).unwrap();
        slot(store, b"old", 2.0).unwrap();
    }
    slot(&stores[1], b"new", 1.0).unwrap();
    let newer = files_in(disks[1].open_root(&key).unwrap().as_ref());
    let [disk, _] = disks;
    let dir = disk.open_root(&key).unwrap();
    let step = || {
        for (name, bytes) in newer.iter().rev() {
            let file = dir.create_new(name).unwrap();
            fs::write_all(file.as_ref(), bytes).unwrap();
            file.sync().unwrap();
        }
        let report = stores[0].repair(&Progress::new()).unwrap();
        assert_eq!((report.superseded, report.removed), (1, 2));
    };
    record(disk.clone(), &stores[0], &[&step])
}

/// A repair that sets damage aside, reclaims leavings and what was superseded, and writes totals and
/// record anew.
fn repair_run() -> Run {
    let disk = Simulated::new();
    let store = open_on(&disk);
    slot(&store, b"older", 2.0).unwrap();
    let dir = disk.open_root(&root().join(KEY.to_hex())).unwrap();
    let kept = files_in(dir.as_ref());
    slot(&store, b"old", 1.0).unwrap();
    let left: [(&str, &[u8]); 6] = [
        ("broken.json", b"{"),
        ("broken.bin", b"{"),
        ("orphan.bin", b"{"),
        (".part~00", b"{"),
        ("r.bin.tmp.1.x", b"{"),
        ("gone.pin", b""),
    ];
    let kept = kept.iter().map(|(name, bytes)| (name.as_str(), &bytes[..]));
    for (name, bytes) in left.into_iter().chain(kept) {
        fs::write_all(dir.create_new(name).unwrap().as_ref(), bytes).unwrap();
    }
    super::matrix::break_record_and_totals(&disk);
    disk.advance(2 * HOUR);
    // Without limits of its own, so that it is the repair that writes the record.
    let inherits = open_on_with(&disk, &StoreOptions::new());
    let repair = || {
        let report = inherits.repair(&Progress::new()).unwrap();
        assert_eq!((report.moved_aside, report.failed), (2, 0));
        assert_eq!((report.superseded, report.removed), (1, 3 + 2));
    };
    let run = record(disk, &store, &[&repair]);
    let moved = |op: &Op| matches!(op, Op::Rename { new, .. } if new.ends_with(".metadata"));
    assert!(run.history.log.iter().any(moved));
    run
}

/// A session whose checkpoints are queued and published by turns; each turn is a step.
fn background_run() -> Run {
    let disk = Simulated::new();
    let store = open_on(&disk);
    let mut options = SessionOptions::new();
    options.min_interval_seconds(0.0).unwrap().background(true);
    let s = Session::open(&store, KEY, &options)
        .unwrap()
        .without_thread();
    let queue = |payload: &[u8], objective| {
        let outcome = s.checkpoint(payload, objective, None).unwrap();
        assert_eq!(outcome, Outcome::Queued);
    };
    let turn = || assert_eq!(s.turn(), Turn::Done);
    let flushed = || {
        assert_eq!(s.turn(), Turn::Idle);
        assert!(s.flush(Duration::ZERO).unwrap());
    };
    let run = record(
        disk,
        &store,
        &[
            &|| queue(b"first", Some(5.0)),
            &|| {
                turn();
                flushed();
            },
            &|| {
                queue(b"replaced", Some(6.0));
                queue(b"replaced too", Some(4.5));
                queue(b"best", Some(4.0));
                queue(b"worse", Some(7.0));
                queue(b"worst", Some(8.0));
            },
            &turn,
            &turn,
            &flushed,
            &|| {
                queue(b"superseded", Some(3.0));
                s.finalize(b"answer", Some(3.5), None).unwrap();
                flushed();
            },
            &|| {
                queue(b"refined", None);
                turn();
            },
            &|| assert!(s.finish().unwrap()),
        ],
    );
    assert_eq!(
        run.answers[6],
        [&b"best"[..], b"worst"].map(|p| Some(p.to_vec()))
    );
    run
}

/// A session's steps, each acknowledged on its own.
fn session_run() -> Run {
    let disk = Simulated::new();
    let store = open_on(&disk);
    let mut options = SessionOptions::new();
    options.min_interval_seconds(0.0).unwrap();
    let s = Session::open(&store, KEY, &options).unwrap();
    let write = |payload: &[u8], objective| s.checkpoint_now(payload, objective, Some(1)).unwrap();
    write(b"first", Some(5.0));
    record(
        disk,
        &store,
        &[
            &|| write(b"worse", Some(6.0)),
            &|| write(b"worst", Some(7.0)),
            &|| write(b"best", Some(4.0)),
            &|| write(b"no objective", None),
            &|| s.finalize(b"answer", Some(4.5), Some(6)).unwrap(),
        ],
    )
}

/// A root that is not there yet, opened, recorded, written into.
fn open_run() -> Run {
    let disk = Simulated::new();
    let reader = Simulated::new();
    let reader = open_on_with(&reader, &ttl(0.0));
    let opened = std::sync::Mutex::new(None);
    record_with(
        disk.clone(),
        &|| match &*opened.lock().unwrap() {
            Some(store) => answer(store),
            None => answer(&reader),
        },
        &[&|| *opened.lock().unwrap() = Some(open_on(&disk)), &|| {
            slot(opened.lock().unwrap().as_ref().unwrap(), b"first", 1.0).unwrap()
        }],
    )
}

/// Limits that are named when a root is opened again.
fn limits_run() -> Run {
    let disk = Simulated::new();
    let store = open_on(&disk);
    slot(&store, b"old", 1.0).unwrap();
    let again = || {
        let mut options = ttl(0.0);
        options.file_budget(1_000).unwrap();
        open_on_with(&disk, &options);
    };
    record(disk.clone(), &store, &[&again])
}

/// A sweep that evicts other keys' entries, and one that expires them.
fn eviction_run() -> Run {
    let disk = Simulated::new();
    let mut options = ttl(0.0);
    options.file_budget(12).unwrap();
    let store = open_on(&disk);
    fill(&store);
    slot(&store, b"old", 1.0).unwrap();
    let tight = open_on_with(&disk, &options);
    let run = record(disk, &store, &[&|| tight.sweep().unwrap()]);
    assert!(tight.stats().evictions > 0);
    run
}

fn expiry_run() -> Run {
    let disk = Simulated::new();
    let store = open_on_with(&disk, &ttl(HOUR as f64));
    fill(&store);
    disk.advance(2 * HOUR);
    slot(&store, b"old", 1.0).unwrap();
    let run = record(disk, &store, &[&|| store.sweep().unwrap()]);
    assert!(store.stats().expirations > 0);
    run
}

fn fill(store: &Store) {
    for i in 1..8 {
        let key = Key::from_bytes([i; 32]);
        store.save(key, b"other", None, None, Kind::Final).unwrap();
    }
}

/// A session with both checkpoints, which is finished, then freed.
fn free_run() -> Run {
    let disk = Simulated::new();
    let store = open_on(&disk);
    let session = Session::open(&store, KEY, &SessionOptions::new()).unwrap();
    session.checkpoint_now(b"best", Some(1.0), None).unwrap();
    session.checkpoint_now(b"worse", Some(2.0), None).unwrap();
    let session = std::sync::Mutex::new(Some(session));
    let free = || drop(session.lock().unwrap().take());
    record(disk, &store, &[&|| {}, &free])
}

/// A Final without objective, over a best checkpoint and a later, worse one.
fn final_run() -> Run {
    let disk = Simulated::new();
    let store = open_on(&disk);
    let session = Session::open(&store, KEY, &SessionOptions::new()).unwrap();
    session.checkpoint_now(b"best", Some(1.0), None).unwrap();
    session.checkpoint_now(b"worse", Some(2.0), None).unwrap();
    let run = record(
        disk,
        &store,
        &[&|| session.finalize(b"answer", None, None).unwrap()],
    );
    std::mem::forget(session);
    run
}

/// Everything that is ever done to a disk.
fn everything() -> Vec<(&'static str, Run)> {
    let mut all = operations();
    all.push(("open a new root", open_run()));
    all.push(("record limits", limits_run()));
    all.push(("evict", eviction_run()));
    all.push(("expire", expiry_run()));
    all.push(("free a session", free_run()));
    all.push(("finalize without objective", final_run()));
    all.push(("session", session_run()));
    all.push(("renew the access stamp", reuse_run()));
    all.push(("set damage aside", tidy_run()));
    all.push(("repair", repair_run()));
    all.push(("repair after a writer's death", repair_after_writer_run()));
    all.push(("session with background writing", background_run()));
    all
}

#[test]
fn no_crash_of_any_operation_loses_what_was_acknowledged_or_serves_what_is_torn() {
    let mut total = Tally::default();
    for (name, run) in &everything() {
        let tally = check(name, run, &run.history);
        assert!(tally.violations.is_empty(), "{:#?}", tally.violations);
        report(name, &tally);
        total.points += tally.points;
        total.states += tally.states;
        total.possible = total.possible.saturating_add(tally.possible);
    }
    say(&format!("crash points: {}", total.points));
    say(&format!(
        "states checked: {} of {}",
        total.states, total.possible
    ));
    assert!(total.states > 10_000);
}

fn report(name: &str, tally: &Tally) {
    say(&format!(
        "{name}: {} crash points, {} disk states checked of {} possible (seed {SEED:#x})",
        tally.points, tally.states, tally.possible
    ));
}

/// What was written without syncing may be lost, but is never served torn, and never costs what was
/// written durably.
#[test]
fn power_loss_at_process_durability_costs_no_durable_entry() {
    let disk = Simulated::new();
    slot(&open_on(&disk), b"durable", 5.0).unwrap();
    disk.settle();
    let fast = Store::open_on(
        Arc::new(disk.clone()),
        Some(root()),
        &options(Durability::Process),
    )
    .unwrap();
    let written: [&[u8]; 3] = [b"fast 1", b"fast 2", b"fast 3"];
    for (i, payload) in written.iter().enumerate() {
        slot(&fast, payload, 4.0 - i as f64).unwrap();
    }
    // The newest is whole, and yet supersedes nothing durable.
    fast.sweep().unwrap();
    fast.repair(&Progress::new()).unwrap();
    let whole: BTreeSet<&[u8]> = written.into_iter().chain([&b"durable"[..]]).collect();
    let history = disk.history();
    let mut states = 0;
    for crash in 0..=history.log.len() {
        for image in history.crash_states(crash, MOST_STATES, SEED).0 {
            let store = open_on(&disk.found_later(image, 60));
            for found in answer(&store) {
                let found = found.expect("the durable one at least");
                assert!(whole.contains(&found[..]), "{found:?}");
            }
            states += 1;
        }
    }
    assert!(states > 1000);
}

// ---- What others see while it happens ----

fn read_file(dir: &dyn Dir, name: &str) -> Option<Vec<u8>> {
    let file = dir.open_read(name).ok()?;
    let mut bytes = vec![0; file.stat().ok()?.len as usize];
    fs::read_full(file.as_ref(), &mut bytes).unwrap();
    Some(bytes)
}

/// What a version-1 reader would delete of what is whole, but for a payload that is gone: metadata it
/// cannot parse, and pairs that do not match.
pub(super) fn torn_for_version_1(disk: &Simulated) -> Vec<String> {
    let mut disliked = disliked_by_version_1(disk);
    disliked.retain(|d| !d.ends_with("no payload"));
    disliked
}

/// What a version-1 reader would delete: metadata without payload, metadata it cannot parse, and
/// pairs that do not match.
fn disliked_by_version_1(disk: &Simulated) -> Vec<String> {
    let dir = match disk.open_root(&root().join(KEY.to_hex())) {
        Ok(dir) => dir,
        Err(_) => return Vec::new(),
    };
    let mut disliked = Vec::new();
    for item in dir.list().unwrap() {
        let Some(stem) = item.name.strip_suffix(".json") else {
            continue;
        };
        if item.name.contains(".tmp.") {
            continue;
        }
        let text = read_file(dir.as_ref(), &item.name).unwrap();
        let Ok(json) = serde_json::from_slice::<serde_json::Value>(&text) else {
            disliked.push(format!("{stem}: not JSON"));
            continue;
        };
        match read_file(dir.as_ref(), &format!("{stem}.bin")) {
            None => disliked.push(format!("{stem}: no payload")),
            Some(payload) => {
                let sum: String = Sha256::digest(&payload)
                    .iter()
                    .map(|b| format!("{b:02x}"))
                    .collect();
                if json["checksum_hex"] != sum.as_str() {
                    disliked.push(format!("{stem}: another payload"));
                }
            }
        }
    }
    disliked
}

/// Looks at every step of an operation with both readers' eyes.
fn look_at_every_step(run: &Run, history: &History) -> Vec<String> {
    let mut violations = Vec::new();
    for at in 0..=history.log.len() {
        let disk = run.disk.found_later(history.seen(at), 0);
        let done = run.acknowledged.iter().filter(|a| **a <= at).count();
        let allowed = &run.answers[done..(done + 2).min(run.answers.len())];
        let now = answer(&open_on(&disk));
        for (mode, found) in now.iter().enumerate() {
            if !allowed.iter().any(|a| a[mode] == *found) {
                violations.push(format!("step {at}: lookup {mode} answers {found:?}"));
            }
        }
        let disliked = disliked_by_version_1(&disk);
        if !disliked.is_empty() {
            violations.push(format!("step {at}: version 1 deletes {disliked:?}"));
        }
    }
    violations
}

#[test]
fn no_step_of_any_operation_shows_a_reader_of_either_version_what_is_torn() {
    let mut all = operations();
    all.push(("session", session_run()));
    all.push(("session with background writing", background_run()));
    all.push(("renew the access stamp", reuse_run()));
    for (name, run) in &all {
        let violations = look_at_every_step(run, &run.history);
        assert!(violations.is_empty(), "{name}: {violations:#?}");
    }
}

fn position(history: &History, is_it: impl Fn(&Op) -> bool) -> usize {
    history.log.iter().position(is_it).unwrap()
}

fn names(op: &Op, suffix: &str) -> bool {
    matches!(op, Op::Name { name, .. } if name.ends_with(suffix))
}

#[test]
fn metadata_visible_before_its_payload_is_noticed() {
    let run = replace_run();
    let mut history = run.history.clone();
    let payload = position(&history, |op| names(op, ".bin"));
    let metadata = position(&history, |op| names(op, ".json"));
    history.log.swap(payload, metadata);
    assert!(!look_at_every_step(&run, &history).is_empty());
    say("noticed: metadata before payload");
}

#[test]
fn a_payload_named_before_it_is_written_is_noticed() {
    let run = replace_run();
    let mut history = run.history.clone();
    let inode = inode_of(&history, b"new");
    let write = position(
        &history,
        |op| matches!(op, Op::Write { inode: i, .. } if *i == inode),
    );
    let op = history.log.remove(write);
    let metadata = position(&history, |op| names(op, ".json"));
    history.log.insert(metadata + 1, op);
    assert!(!look_at_every_step(&run, &history).is_empty());
    say("noticed: named before written");
}

// ---- Does the checker bite? ----

/// The same log with one fault of a careless writer in it; must be noticed.
fn must_bite(name: &str, run: &Run, fault: impl Fn(&mut History)) {
    let mut history = run.history.clone();
    fault(&mut history);
    assert!(
        history.log != run.history.log,
        "{name}: nothing was changed"
    );
    let tally = check(name, run, &history);
    assert!(!tally.violations.is_empty(), "{name} was not noticed");
    say(&format!("noticed: {name}"));
}

/// Takes operations out by turning them into syncs of nothing, so that positions stay.
fn drop_ops(history: &mut History, mut is_dropped: impl FnMut(&Op) -> bool) {
    for op in &mut history.log {
        if is_dropped(op) {
            *op = Op::SyncDir { dir: usize::MAX };
        }
    }
}

fn replace_run() -> Run {
    run(&[saved(b"old", 2.0)], &[saved(b"new", 1.0)])
}

fn inode_of(history: &History, contents: &[u8]) -> usize {
    let written = history.log.iter().find_map(|op| match op {
        Op::Write { inode, data, .. } if data.starts_with(contents) => Some(*inode),
        _ => None,
    });
    written.unwrap()
}

#[test]
fn a_missing_directory_sync_is_noticed() {
    must_bite("no directory sync", &replace_run(), |h| {
        drop_ops(h, |op| matches!(op, Op::SyncDir { .. }));
    });
}

#[test]
fn a_missing_sync_of_the_new_directorys_name_is_noticed() {
    let first = run(&[], &[saved(b"new", 1.0)]);
    let key_dir = first.history.log.iter().rev().find_map(|op| match op {
        Op::Name { dir, name, .. } if name.ends_with(".json") => Some(*dir),
        _ => None,
    });
    must_bite("no sync of the root", &first, |h| {
        drop_ops(
            h,
            |op| matches!(op, Op::SyncDir { dir } if Some(*dir) != key_dir),
        );
    });
}

#[test]
fn an_unsynced_payload_is_noticed() {
    must_bite("payload not synced", &replace_run(), |h| {
        let payload = inode_of(h, b"new");
        drop_ops(h, |op| *op == Op::SyncFile { inode: payload });
    });
}

#[test]
fn a_swallowed_failure_of_the_metadata_sync_is_noticed() {
    must_bite("metadata not synced", &replace_run(), |h| {
        let metadata = inode_of(h, b"{");
        drop_ops(h, |op| *op == Op::SyncFile { inode: metadata });
    });
}

/// As if the failure of the sync had been swallowed, and the next one believed.
#[test]
fn a_failed_sync_that_is_repeated_and_believed_is_noticed() {
    for (of, contents) in [("payload", &b"new"[..]), ("metadata", b"{")] {
        must_bite(&format!("failed {of} sync believed"), &replace_run(), |h| {
            let inode = inode_of(h, contents);
            let sync = Op::SyncFile { inode };
            let at = position(h, |op| *op == sync);
            h.log.insert(at, Op::FailedSync { inode });
        });
    }
    must_bite("failed directory sync believed", &replace_run(), |h| {
        let at = position(h, |op| matches!(op, Op::SyncDir { .. }));
        if let Op::SyncDir { dir } = h.log[at] {
            h.log.insert(at, Op::FailedSync { inode: dir });
        }
    });
}

/// The names are durable before the contents are.
#[test]
fn contents_synced_only_after_the_older_generation_went_are_noticed() {
    must_bite("synced too late", &replace_run(), |h| {
        let is_sync = |op: &Op| matches!(op, Op::SyncFile { .. });
        let (syncs, mut rest): (Vec<Op>, Vec<Op>) = h.log.drain(..).partition(is_sync);
        rest.extend(syncs);
        h.log = rest;
    });
}

/// A Final that takes the best checkpoint's place while a worse one is still there.
#[test]
fn an_answer_that_uncovers_a_worse_checkpoint_is_noticed() {
    let run = final_run();
    must_bite("answer uncovers", &run, |h| {
        // Without the first of the two publications: its names never come about.
        let first = position(h, |op| names(op, ".json"));
        let (Op::Name { name, .. }, stem) = (h.log[first].clone(), "") else {
            unreachable!()
        };
        let stem = name.strip_suffix(".json").map_or(stem, |s| s);
        drop_ops(
            h,
            |op| matches!(op, Op::Name { name, .. } if name.starts_with(stem)),
        );
        let older = name.split('~').next().unwrap().to_owned();
        // And what it superseded stays until the end.
        let stays = |op: &Op| matches!(op, Op::Unname { name, .. } if name.starts_with(&format!("{older}~1~")));
        let (late, mut rest): (Vec<Op>, Vec<Op>) = h.log.drain(..).partition(stays);
        rest.extend(late);
        h.log = rest;
    });
}

#[test]
fn an_older_generation_removed_too_early_is_noticed() {
    must_bite("removed too early", &replace_run(), |h| {
        let is_removal = |op: &Op| matches!(op, Op::Unname { name, .. } if name.contains("~1~"));
        let (removals, mut rest): (Vec<Op>, Vec<Op>) = h.log.drain(..).partition(is_removal);
        let sync = rest
            .iter()
            .position(|op| matches!(op, Op::SyncDir { .. }))
            .unwrap();
        rest.splice(sync..sync, removals);
        h.log = rest;
    });
}

/// A repair that removes the older generation before the names of the newer are known to be durable.
#[test]
fn a_repair_that_removes_what_is_superseded_without_a_sync_is_noticed() {
    must_bite("repair without a sync", &repair_after_writer_run(), |h| {
        drop_ops(h, |op| matches!(op, Op::SyncDir { .. }));
    });
}

/// A lookup that renews the stamp without syncing the metadata it renames could cost the entry.
#[test]
fn an_unsynced_access_stamp_is_noticed() {
    must_bite("stamp not synced", &reuse_run(), |h| {
        drop_ops(h, |op| matches!(op, Op::SyncFile { .. }));
    });
}

#[test]
fn an_unsynced_removal_is_noticed() {
    let removal = run(
        &[saved(b"old", 1.0)],
        &[step(|s| assert!(s.remove(KEY).unwrap()))],
    );
    must_bite("removal not synced", &removal, |h| {
        drop_ops(h, |op| matches!(op, Op::SyncDir { .. }));
    });
}

/// As version-1 engines replace a run: a new payload under the old name, then new metadata.
#[test]
fn replacing_a_visible_pair_in_place_is_noticed() {
    let disk = Simulated::new();
    let store = open_on(&disk);
    slot(&store, b"old", 2.0).unwrap();
    slot(&store, b"new", 1.0).unwrap();
    let key = root().join(KEY.to_hex());
    let dir = disk.open_root(&key).unwrap();
    let contents = |suffix: &str| {
        let name = dir
            .list()
            .unwrap()
            .into_iter()
            .find(|l| l.name.ends_with(suffix))
            .unwrap()
            .name;
        read_file(dir.as_ref(), &name).unwrap()
    };
    let new = [contents(".bin"), contents(".json")];
    store.remove(KEY).unwrap();
    slot(&store, b"old", 2.0).unwrap();
    let names: Vec<String> = {
        let dir = disk.open_root(&key).unwrap();
        let mut names: Vec<String> = dir.list().unwrap().into_iter().map(|l| l.name).collect();
        names.sort();
        names
    };
    let dir = disk.open_root(&key).unwrap();
    let overwrite = || {
        for (name, bytes) in names.iter().zip(&new) {
            let part = format!("{name}.tmp.1.x");
            let file = dir.create_new(&part).unwrap();
            fs::write_all(file.as_ref(), bytes).unwrap();
            file.sync().unwrap();
            dir.rename(&part, dir.as_ref(), name).unwrap();
            dir.sync().unwrap();
        }
    };
    let in_place = record(disk, &store, &[&overwrite]);
    let tally = check("in place", &in_place, &in_place.history);
    assert!(
        !tally.violations.is_empty(),
        "replacement in place was not noticed"
    );
    say("noticed: replaced in place");
}
