//! Every crash of every operation, on a disk that may lose whatever was not synced.

mod mutants;
mod operations;

use super::*;
use crate::fs::simulated::{History, Image, Op, Simulated};
use crate::fs::{self, Dir, FileSystem};
use crate::session::{Outcome, Session, SessionOptions};
use crate::store::{Durability, Turn};
use operations::*;
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

/// What a key's two lookups answer, and what is found under a seed key.
type Answer = [Option<Vec<u8>>; 3];

fn answer(store: &Store) -> Answer {
    let payload = |e: crate::Entry| e.payload().to_vec();
    let [best, latest] = [Lookup::Best, Lookup::Latest].map(|mode| {
        let entry = store.lookup(KEY, mode).unwrap();
        entry.map(payload)
    });
    [best, latest, seeded(store, SEED_KEY).map(payload)]
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
    run_on(Simulated::new(), prepare, steps)
}

fn run_on(disk: Simulated, prepare: &[Step], steps: &[Step]) -> Run {
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
    let left = report.superseded + report.unpublished + report.leavings;
    if report.damaged + report.half_present + report.unreadable + left > 0 {
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

#[test]
fn power_loss_after_an_unsynced_save_costs_nothing_that_was_synced_in_place() {
    let disk = Simulated::new();
    let store = open_on(&disk);
    replaced_thrice().iter().for_each(|s| s(&store));
    let unsynced = Store::open_on(
        Arc::new(disk.clone()),
        Some(root()),
        &options(Durability::Process),
    )
    .unwrap();
    let save = || slot(&unsynced, b"unsynced", 6.0).unwrap();
    let run = record(disk, &store, &[&save]);
    let mut kept = BTreeSet::new();
    for crash in 0..=run.history.log.len() {
        for image in run.history.crash_states(crash, MOST_STATES, SEED).0 {
            let found = open_on(&run.disk.found_later(image, 2 * HOUR));
            for mode in &answer(&found)[..2] {
                kept.insert(mode.clone().unwrap());
            }
        }
    }
    let expected: BTreeSet<Vec<u8>> = [b"third".to_vec(), b"unsynced".to_vec()].into();
    assert_eq!(kept, expected);
}

#[test]
fn power_loss_after_an_unsynced_handle_published_what_was_synced_in_place_costs_nothing() {
    let disk = Simulated::new();
    let store = open_on(&disk);
    replaced_thrice().iter().for_each(|s| s(&store));
    let unsynced = Store::open_on(
        Arc::new(disk.clone()),
        Some(root()),
        &options(Durability::Process),
    )
    .unwrap();
    let release = || unsynced.inner().export(KEY, "run", true).unwrap();
    let run = record(disk, &store, &[&release]);
    for crash in 0..=run.history.log.len() {
        for image in run.history.crash_states(crash, MOST_STATES, SEED).0 {
            let found = open_on(&run.disk.found_later(image, 2 * HOUR));
            for mode in &answer(&found)[..2] {
                assert_eq!(
                    mode.as_deref(),
                    Some(&b"third"[..]),
                    "before change {crash}"
                );
            }
        }
    }
}

/// Everything that is ever done to a disk.
fn everything() -> Vec<(&'static str, Run)> {
    let mut all = operations();
    all.extend(in_place_operations());
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

/// What is found under other keys, kept, and tried again.
fn links_and_restarts() -> Vec<(&'static str, Run)> {
    vec![
        ("answer found under seed keys", linked_run()),
        ("answer removed with its links", unlinked_run()),
        ("checkpoints kept one by one", history_run()),
        ("retain", retain_run()),
        ("restarts", restart_run()),
    ]
}

#[test]
fn no_crash_loses_a_link_or_costs_an_entry_that_is_kept() {
    for (name, run) in &links_and_restarts() {
        let tally = check(name, run, &run.history);
        assert!(tally.violations.is_empty(), "{:#?}", tally.violations);
        report(name, &tally);
    }
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
            for found in &answer(&store)[..2] {
                let found = found.as_ref().expect("the durable one at least");
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
    all.push(("answer found under seed keys", linked_run()));
    all.push(("answer removed with its links", unlinked_run()));
    all.push(("checkpoints kept one by one", history_run()));
    all.push(("retain", retain_run()));
    all.push(("restarts", restart_run()));
    all.push(("renew the access stamp", reuse_run()));
    for (name, run) in &all {
        let violations = look_at_every_step(run, &run.history);
        assert!(violations.is_empty(), "{name}: {violations:#?}");
    }
}
