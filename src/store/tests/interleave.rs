//! Two processes at work on one store, their calls interleaved one by one: schedules in which each is
//! interrupted once, evenly chosen where there are many, all in which one runs wholly between two calls of
//! the other, and a sample of the rest. After each, and at
//! each change on the way, what readers find; and what a crash would leave.
//!
//! `WARM_INTERLEAVINGS_OF=sweep` runs the pairs whose names contain that; `WARM_INTERLEAVINGS=10000` runs all of the first kind, and 500 of the other, for each pair.

use super::*;
use crate::fs::simulated::{Image, Simulated};
use crate::fs::turns::{Schedule, Turns};
use crate::fs::{self, FileSystem};
use crate::session::{Session, SessionOptions};
use crate::store::check::{Action, Finding, Problem};
use std::collections::BTreeSet;

const SEED: u64 = 0x5EED_0003;
/// Schedules of each kind for one pair, and crash points and states looked at after each of all.
const SCHEDULES: usize = 200;
const CRASH_POINTS: u64 = 2;
const CRASH_STATES: u64 = 3;

fn root() -> &'static Path {
    Path::new("/root")
}

fn at_once(disk: Arc<dyn FileSystem>, options: &StoreOptions) -> Store {
    Store::open_on(disk, Some(root()), options).unwrap()
}

/// What a process does, on its own handle; answers what it was told.
type Task = Box<dyn FnOnce() -> String + Send>;

/// What is found: runs and payloads, and the two answers.
#[derive(Debug, Clone, PartialEq)]
struct Found {
    entries: BTreeSet<String>,
    best: Option<String>,
    latest: Option<String>,
    /// What a relative begins from.
    seed: Option<String>,
}

impl Found {
    fn has(&self, payload: &str) -> bool {
        self.entries.contains(payload)
    }

    fn only(&self, payloads: &[&str]) -> bool {
        self.entries.iter().all(|e| payloads.contains(&e.as_str()))
    }
}

fn found_on(disk: &Simulated, image: Image) -> (Simulated, Found) {
    let disk = disk.found_later(image, 10);
    let store = at_once(Arc::new(disk.clone()), &StoreOptions::new());
    let text = |e: crate::Entry| String::from_utf8_lossy(e.payload()).into_owned();
    let answer = |mode| store.lookup(KEY, mode).unwrap().map(text);
    let runs = store.entries(KEY).unwrap();
    let entries = runs
        .iter()
        .filter_map(|r| store.lookup_run(KEY, &r.run_id).unwrap())
        .map(text);
    let found = Found {
        entries: entries.collect(),
        best: answer(Lookup::Best),
        latest: answer(Lookup::Latest),
        seed: seeded(&store, SEED_KEY).map(text),
    };
    (disk, found)
}

/// Whether what is found is right, given which of the two have been told that they succeeded.
type Judge = fn([bool; 2], &Found) -> bool;

struct Pair {
    name: &'static str,
    /// Brings a disk to where both begin, and says what they do.
    prepare: fn(&Simulated, &Turns) -> [Task; 2],
    judge: Judge,
    /// What each may be told.
    told: fn(&[String; 2]) -> bool,
    /// Whether a crash is judged too. (Not where one of the two is not durable by design.)
    durable: bool,
}

fn handle(disk: &Turns) -> Store {
    at_once(Arc::new(disk.clone()), &ttl(0.0))
}

fn save(store: Store, payload: &'static [u8], objective: f64) -> Task {
    Box::new(move || {
        let saved = store.save(KEY, payload, Some(objective), None, Kind::Final);
        saved.map_or_else(|e| e.to_string(), |_| "saved".into())
    })
}

fn replace(store: Store, payload: &'static [u8], objective: f64) -> Task {
    Box::new(move || {
        let saved = slot(&store, payload, objective);
        saved.map_or_else(|e| e.to_string(), |()| "saved".into())
    })
}

/// Replaces by what other engines are to find at once.
fn answer(store: Store, payload: &'static [u8], objective: f64) -> Task {
    Box::new(move || {
        let saved = store.save_slot(KEY, "run", payload, Some(objective), None, Kind::Final);
        saved.map_or_else(|e| e.to_string(), |()| "saved".into())
    })
}

fn sweep(store: Store) -> Task {
    Box::new(move || {
        let swept = store.sweep();
        swept.map_or_else(|e| e.to_string(), |()| "swept".into())
    })
}

fn repair(store: Store) -> Task {
    Box::new(move || {
        let report = match store.repair(&Progress::new()) {
            Ok(report) => report,
            Err(e) => return e.to_string(),
        };
        // Who is stopped while it holds the lock on the totals keeps everyone from writing them.
        let held = |f: &Finding| f.problem == Problem::Totals || f.action != Action::Failed;
        if report.complete && report.findings.iter().all(held) {
            "repaired".into()
        } else {
            format!("{report:?}")
        }
    })
}

/// Files left in the key's directory, long enough ago to be dealt with.
fn damage(disk: &Simulated, names: &[&str]) {
    let dir = disk.open_root(&root().join(KEY.to_hex())).unwrap();
    for name in names {
        let file = dir.create_new(name).unwrap();
        fs::write_all(file.as_ref(), b"{").unwrap();
    }
    disk.advance(2 * HOUR);
}

fn both_checkpoints(store: &Store) -> Session {
    let mut options = SessionOptions::new();
    options.min_interval_seconds(0.0).unwrap();
    let session = Session::open(store, KEY, &options).unwrap();
    session.checkpoint_now(b"best", Some(1.0), None).unwrap();
    session.checkpoint_now(b"worse", Some(2.0), None).unwrap();
    session
}

/// A session whose latest is the third in place, and the second a pair.
fn latest_in_place(store: &Store) -> (Session, String) {
    let session = both_checkpoints(store);
    let latest = session.run_id().trim_start_matches("ckpt-").to_owned();
    for worse in [b"worse 2", b"worse 3"] {
        session.checkpoint_now(worse, Some(2.0), None).unwrap();
        if worse == b"worse 2" {
            store.inner().export(KEY, &latest, false).unwrap();
        }
    }
    (session, latest)
}

fn finalize(session: Session) -> Task {
    Box::new(move || match session.finalize(b"answer", None, None) {
        Ok(()) => "done".into(),
        Err(e) => e.to_string(),
    })
}

/// Of [`both_checkpoints`] and [`finalize`], beside something that changes no entry.
fn finalized(done: [bool; 2], found: &Found) -> bool {
    let before = found.best.as_deref() == Some("best");
    let after = found.best.as_deref() == Some("answer");
    let late = matches!(found.latest.as_deref(), Some("worse" | "answer"));
    (after || !done[0] && before)
        && late
        && (!done[0] || found.entries.len() == 1 && found.has("answer"))
}

/// Of two that replace "old" by "a" and by "b".
fn one_of_both(done: [bool; 2], found: &Found) -> bool {
    let old = !done[0] && !done[1];
    found.entries.len() == 1 && (found.has("a") || found.has("b") || old && found.has("old"))
}

/// Of one that replaces "old" by "new".
fn new_or_old(done: bool, found: &Found) -> bool {
    found.entries.len() == 1 && (found.has("new") || !done && found.has("old"))
}

fn look(store: Store) -> Task {
    Box::new(move || match store.lookup(KEY, Lookup::Best) {
        Ok(found) => found.map_or("nothing".into(), |e| {
            String::from_utf8_lossy(e.payload()).into_owned()
        }),
        Err(e) => e.to_string(),
    })
}

/// A slot that holds "old", made an hour ago and more.
fn old_slot(disk: &Simulated, turns: &Turns) -> [Store; 2] {
    let stores = [handle(turns), handle(turns)];
    slot(&stores[0], b"older", 9.0).unwrap();
    slot(&stores[0], b"old", 8.0).unwrap();
    disk.advance(2 * HOUR);
    stores
}

fn both(wanted: [&'static str; 2]) -> impl Fn(&[String; 2]) -> bool {
    move |told| told[0] == wanted[0] && told[1] == wanted[1]
}

fn pairs() -> Vec<Pair> {
    vec![
        Pair {
            name: "replace and replace",
            prepare: |disk, turns| {
                let [a, b] = old_slot(disk, turns);
                [replace(a, b"a", 2.0), replace(b, b"b", 1.0)]
            },
            judge: one_of_both,
            told: |told| both(["saved", "saved"])(told),
            durable: true,
        },
        Pair {
            name: "first replacements",
            prepare: |disk, turns| {
                let [a, b] = [handle(turns), handle(turns)];
                slot(&a, b"old", 8.0).unwrap();
                disk.advance(2 * HOUR);
                [replace(a, b"a", 2.0), replace(b, b"b", 1.0)]
            },
            judge: one_of_both,
            told: |told| both(["saved", "saved"])(told),
            durable: true,
        },
        Pair {
            name: "replace and answer",
            prepare: |disk, turns| {
                let [a, b] = old_slot(disk, turns);
                [replace(a, b"a", 2.0), answer(b, b"b", 1.0)]
            },
            judge: one_of_both,
            told: |told| both(["saved", "saved"])(told),
            durable: true,
        },
        Pair {
            name: "answer, and remove and replace",
            prepare: |disk, turns| {
                let [a, b] = old_slot(disk, turns);
                let anew = move || match b.remove_entry(KEY, "run") {
                    // Twice, so that it is done in place.
                    Ok(_) => slot(&b, b"newer", 3.0)
                        .map_or_else(|e| e.to_string(), |()| replace(b, b"new", 1.0)()),
                    Err(e) => e.to_string(),
                };
                [answer(a, b"answer", 2.0), Box::new(anew)]
            },
            judge: |done, found| {
                found.only(&["old", "answer", "newer", "new"])
                    && !(done[1] && found.has("newer"))
                    && !((done[0] || done[1]) && found.has("old"))
                    && (found.entries.len() == 1 || !done[1] && found.entries.is_empty())
            },
            told: |told| both(["saved", "saved"])(told),
            durable: true,
        },
        Pair {
            name: "save and save under a new key",
            prepare: |_, turns| {
                let [a, b] = [handle(turns), handle(turns)];
                [save(a, b"a", 2.0), save(b, b"b", 1.0)]
            },
            judge: |done, found| {
                (!done[0] || found.has("a"))
                    && (!done[1] || found.has("b") && found.best.as_deref() == Some("b"))
                    && found.only(&["a", "b"])
            },
            told: |told| both(["saved", "saved"])(told),
            durable: true,
        },
        Pair {
            name: "replace and remove",
            prepare: |disk, turns| {
                let [a, b] = old_slot(disk, turns);
                let remove = move || match b.remove(KEY) {
                    Ok(_) => "removed".into(),
                    Err(e) => e.to_string(),
                };
                [replace(a, b"new", 1.0), Box::new(remove)]
            },
            judge: |done, found| {
                found.only(&["old", "new"])
                    && found.entries.len() <= 1
                    && !(done[0] && found.has("old"))
                    && !(done[1] && found.has("old"))
            },
            told: |told| both(["saved", "removed"])(told),
            durable: true,
        },
        Pair {
            name: "replace and sweep",
            prepare: |disk, turns| {
                let [a, b] = old_slot(disk, turns);
                [replace(a, b"new", 1.0), sweep(b)]
            },
            judge: |done, found| new_or_old(done[0], found),
            told: |told| both(["saved", "swept"])(told),
            durable: true,
        },
        Pair {
            name: "save and sweep at a tight budget",
            prepare: |disk, turns| {
                let [a, _] = old_slot(disk, turns);
                for payload in [&b"1"[..], b"2", b"3"] {
                    a.save(KEY, payload, Some(7.0), None, Kind::Final).unwrap();
                }
                disk.advance(60);
                let mut tight = ttl(0.0);
                tight.file_budget(8).unwrap();
                let sweeper = at_once(Arc::new(turns.clone()), &tight);
                [save(a, b"new", 1.0), sweep(sweeper)]
            },
            judge: |done, found| {
                (!done[0] || found.has("new")) && found.only(&["old", "1", "2", "3", "new"])
            },
            told: |told| both(["saved", "swept"])(told),
            durable: true,
        },
        Pair {
            name: "look up and replace",
            prepare: |disk, turns| {
                let [a, b] = old_slot(disk, turns);
                [look(a), replace(b, b"new", 1.0)]
            },
            judge: |done, found| new_or_old(done[1], found),
            told: |told| (told[0] == "old" || told[0] == "new") && told[1] == "saved",
            durable: true,
        },
        Pair {
            name: "look up, renewing the stamp, and replace",
            prepare: |disk, turns| {
                let [_, b] = old_slot(disk, turns);
                let month = at_once(Arc::new(turns.clone()), &ttl(30.0 * DAY as f64));
                disk.advance(3 * DAY);
                [look(month), replace(b, b"new", 1.0)]
            },
            judge: |done, found| new_or_old(done[1], found),
            told: |told| (told[0] == "old" || told[0] == "new") && told[1] == "saved",
            durable: true,
        },
        Pair {
            name: "look up and remove",
            prepare: |disk, turns| {
                let [a, b] = old_slot(disk, turns);
                let remove = move || match b.remove_entry(KEY, "run") {
                    Ok(_) => "removed".into(),
                    Err(e) => e.to_string(),
                };
                [look(a), Box::new(remove)]
            },
            judge: |done, found| found.only(&["old"]) && !(done[1] && found.has("old")),
            told: |told| (told[0] == "old" || told[0] == "nothing") && told[1] == "removed",
            durable: true,
        },
        Pair {
            name: "finalize and sweep",
            prepare: |disk, turns| {
                let [a, b] = [handle(turns), handle(turns)];
                let session = both_checkpoints(&a);
                disk.advance(2 * HOUR);
                [finalize(session), sweep(b)]
            },
            judge: finalized,
            told: |told| both(["done", "swept"])(told),
            durable: true,
        },
        Pair {
            name: "finalize with a seed key and sweep",
            prepare: |disk, turns| {
                let [a, b] = [handle(turns), handle(turns)];
                let mut options = SessionOptions::new();
                options.seed_key(SEED_KEY).unwrap();
                let session = Session::open(&a, KEY, &options).unwrap();
                session.checkpoint_now(b"best", Some(1.0), None).unwrap();
                disk.advance(2 * HOUR);
                [finalize(session), sweep(b)]
            },
            judge: |done, found| {
                let answered = found.has("answer") && found.seed.as_deref() == Some("answer");
                found.only(&["best", "answer"]) && (answered || !done[0])
            },
            told: |told| both(["done", "swept"])(told),
            durable: true,
        },
        Pair {
            name: "finalize with a seed key and remove that key",
            prepare: |disk, turns| {
                let [a, b] = [handle(turns), handle(turns)];
                let mut options = SessionOptions::new();
                options.seed_key(SEED_KEY).unwrap();
                let session = Session::open(&a, KEY, &options).unwrap();
                session.finalize(b"earlier", Some(1.0), None).unwrap();
                disk.advance(2 * HOUR);
                let remove = move || match b.remove(SEED_KEY) {
                    Ok(_) => "removed".into(),
                    Err(e) => e.to_string(),
                };
                [finalize(session), Box::new(remove)]
            },
            judge: |done, found| {
                found.only(&["earlier", "answer"])
                    && found.entries.len() == 1
                    && (!done[0] || found.has("answer"))
                    && found.seed.as_ref().map_or(true, |s| found.has(s))
            },
            told: |told| both(["done", "removed"])(told),
            durable: true,
        },
        Pair {
            name: "retain and replace",
            prepare: |disk, turns| {
                let [a, b] = old_slot(disk, turns);
                for (payload, objective) in [(&b"1"[..], 1.0), (b"2", 2.0), (b"3", 3.0)] {
                    let kind = Kind::Final;
                    a.save(KEY, payload, Some(objective), None, kind).unwrap();
                }
                disk.advance(60);
                let retain = move || match a.retain(KEY, 1, 1) {
                    Ok(_) => "retained".into(),
                    Err(e) => e.to_string(),
                };
                [Box::new(retain), replace(b, b"new", 0.5)]
            },
            judge: |done, found| {
                found.only(&["old", "1", "2", "3", "new"])
                    && (!done[1] || found.has("new"))
                    && (found.has("1") || found.has("new"))
            },
            told: |told| both(["retained", "saved"])(told),
            durable: true,
        },
        Pair {
            name: "save beside damage and set it aside",
            prepare: |disk, turns| {
                let [a, b] = old_slot(disk, turns);
                damage(
                    disk,
                    &["run~7~0.json", "run~7~0.bin", "orphan.bin", ".part~0"],
                );
                [replace(a, b"new", 1.0), sweep(b)]
            },
            judge: |done, found| new_or_old(done[0], found),
            told: |told| both(["saved", "swept"])(told),
            durable: true,
        },
        Pair {
            name: "save beside damage and repair",
            prepare: |disk, turns| {
                let [a, b] = old_slot(disk, turns);
                damage(
                    disk,
                    &["run~7~0.json", "run~7~0.bin", "orphan.bin", ".part~0"],
                );
                super::matrix::break_record_and_totals(disk);
                [replace(a, b"new", 1.0), repair(b)]
            },
            judge: |done, found| new_or_old(done[0], found),
            told: |told| both(["saved", "repaired"])(told),
            durable: true,
        },
        Pair {
            name: "finalize and repair",
            prepare: |disk, turns| {
                let [a, b] = [handle(turns), handle(turns)];
                let session = both_checkpoints(&a);
                disk.advance(2 * HOUR);
                [finalize(session), repair(b)]
            },
            judge: finalized,
            told: |told| both(["done", "repaired"])(told),
            durable: true,
        },
        Pair {
            name: "verify and replace",
            prepare: |disk, turns| {
                let [a, b] = old_slot(disk, turns);
                let verify = move || match a.verify(&Progress::new()) {
                    Ok(r) if r.damaged + r.unreadable == 0 => "nothing damaged".into(),
                    other => format!("{other:?}"),
                };
                [Box::new(verify), replace(b, b"new", 1.0)]
            },
            judge: |done, found| new_or_old(done[1], found),
            told: |told| both(["nothing damaged", "saved"])(told),
            durable: true,
        },
        Pair {
            name: "a better checkpoint, and look at the latest's run",
            prepare: |_, turns| {
                let [a, b] = [handle(turns), handle(turns)];
                let (session, latest) = latest_in_place(&a);
                let better = move || {
                    let saved = session.checkpoint_now(b"better", Some(0.5), None);
                    saved.map_or_else(|e| e.to_string(), |()| "saved".into())
                };
                let look = move || match b.lookup_run(KEY, &latest) {
                    Ok(found) => found.map_or("nothing".into(), |e| {
                        String::from_utf8_lossy(e.payload()).into_owned()
                    }),
                    Err(e) => e.to_string(),
                };
                [Box::new(better), Box::new(look)]
            },
            // The latest is never one that was superseded long ago.
            judge: |done, found| {
                let answer = if done[0] { "better" } else { "best" };
                found.only(&["best", "worse 3", "better"]) && found.has(answer)
                    || found.only(&["worse 3", "better"])
            },
            told: |told| told[0] == "saved" && (told[1] == "worse 3" || told[1] == "nothing"),
            // What comes back of the latest after a crash is older, and no better.
            durable: false,
        },
        Pair {
            name: "sweep and repair",
            prepare: |disk, turns| {
                let [a, b] = old_slot(disk, turns);
                damage(
                    disk,
                    &["broken.json", "broken.bin", "orphan.bin", ".part~0"],
                );
                [sweep(a), repair(b)]
            },
            judge: |_, found| found.entries.len() == 1 && found.has("old"),
            told: |told| both(["swept", "repaired"])(told),
            durable: true,
        },
        Pair {
            name: "sweep and sweep",
            prepare: |disk, turns| {
                let [a, b] = old_slot(disk, turns);
                damage(
                    disk,
                    &["broken.json", "broken.bin", "orphan.bin", ".part~0"],
                );
                [sweep(a), sweep(b)]
            },
            judge: |_, found| found.entries.len() == 1 && found.has("old"),
            told: |told| both(["swept", "swept"])(told),
            durable: true,
        },
    ]
}

#[derive(Default)]
struct Tally {
    schedules: u64,
    looks: u64,
    crashes: u64,
    wrong: Vec<String>,
}

/// How many calls each makes when it runs alone after the other.
fn lengths(pair: &Pair) -> [usize; 2] {
    let mut tally = Tally::default();
    let taken = run(pair, &Schedule::default(), 1, &mut tally);
    [0, 1].map(|who| taken.iter().filter(|t| **t == who).count())
}

/// Runs both as scheduled; returns whose each call was.
fn run(pair: &Pair, schedule: &Schedule, seed: u64, tally: &mut Tally) -> Vec<usize> {
    let disk = Simulated::new();
    let turns = Turns::on(Arc::new(disk.clone()));
    let tasks = (pair.prepare)(&disk, &turns);
    disk.settle();
    let ended = turns.run(tasks, schedule, || disk.len());
    let history = disk.history();
    let mut wrong = |why: String| {
        tally
            .wrong
            .push(format!("{}, {schedule:?}: {why}", pair.name));
    };
    if !(pair.told)(&ended.told) {
        wrong(format!("they are told {:?}", ended.told));
    }
    let done_at = |at: usize| [0, 1].map(|who| ended.at[who] <= at);
    // What readers find, whenever a name changed in a key's directory.
    for at in 0..=history.log.len() {
        if at != 0 && !history.log[at - 1].changes_a_name() {
            continue;
        }
        tally.looks += 1;
        let (disk, found) = found_on(&disk, history.seen(at));
        if !(pair.judge)(done_at(at), &found) {
            wrong(format!("before change {at} of {:?}: {found:?}", ended.at));
        }
        let torn = super::crash::torn_for_version_1(&disk);
        if !torn.is_empty() && !pair.name.contains("damage") && !pair.name.starts_with("sweep and")
        {
            wrong(format!("before change {at}: version 1 sees {torn:?}"));
        }
    }
    // What a crash leaves, at the end and at some points before it.
    let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for n in 0..=CRASH_POINTS {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let len = history.log.len();
        let at = if n == 0 {
            len
        } else {
            (random % (len as u64 + 1)) as usize
        };
        for image in history.crash_states(at, CRASH_STATES, random).0 {
            tally.crashes += 1;
            let (disk, found) = found_on(&disk, image);
            if pair.durable && !(pair.judge)(done_at(at), &found) {
                wrong(format!(
                    "crash before change {at} of {:?}: {found:?}",
                    ended.at
                ));
            }
            let later = disk.history();
            let later = disk.found_later(later.seen(later.log.len()), 2 * HOUR);
            let store = at_once(Arc::new(later), &ttl(0.0));
            store.sweep().unwrap();
            store.sweep().unwrap();
            let report = store.verify(&Progress::new()).unwrap();
            if report.damaged + report.half_present + report.unreadable + report.superseded > 0 {
                wrong(format!(
                    "crash before change {at}: a sweep leaves {report:?}"
                ));
            }
        }
    }
    tally.schedules += 1;
    ended.taken
}

#[test]
fn no_interleaving_of_two_operations_loses_what_either_acknowledged_or_shows_what_is_torn() {
    let most = std::env::var("WARM_INTERLEAVINGS");
    let most: usize = most.map_or(SCHEDULES, |n| n.parse().unwrap());
    let mut total = Tally::default();
    let only = only("WARM_INTERLEAVINGS_OF");
    for pair in pairs() {
        if !pair.name.contains(&only) {
            continue;
        }
        let mut tally = Tally::default();
        let lengths = lengths(&pair);
        // One runs up to a call, then the other to one of its own, then both to their ends.
        let mut all = Vec::new();
        for first in [0, 1] {
            let others = 0..=lengths[1 - first];
            let of_first = (0..=lengths[first]).flat_map(|i| others.clone().map(move |j| (i, j)));
            all.extend(of_first.map(|(i, j)| Schedule::interrupted(first, i, j)));
        }
        let chosen = all.len().min(most);
        for n in 0..chosen {
            let schedule = &all[n * all.len() / chosen];
            run(&pair, schedule, n as u64, &mut tally);
        }
        // One wholly between two calls of the other.
        for first in [0, 1] {
            for i in 0..=lengths[first] {
                let schedule = Schedule::interrupted(first, i, usize::MAX / 2);
                run(&pair, &schedule, i as u64, &mut tally);
            }
        }
        for n in 0..(most / 20) as u64 {
            run(&pair, &Schedule::random(SEED + n), n, &mut tally);
        }
        say(&format!(
            "{}: {lengths:?} calls, {} schedules ({chosen} of {} with one interruption each), {} looks, {} crash states",
            pair.name, tally.schedules, all.len(), tally.looks, tally.crashes
        ));
        let few: Vec<&String> = tally.wrong.iter().take(10).collect();
        assert!(few.is_empty(), "{} are wrong: {few:#?}", tally.wrong.len());
        total.schedules += tally.schedules;
        total.looks += tally.looks;
        total.crashes += tally.crashes;
    }
    say(&format!(
        "interleavings: {}, looks: {}, crash states: {} (seed {SEED:#x})",
        total.schedules, total.looks, total.crashes
    ));
    assert!(!only.is_empty() || total.schedules > 2_000);
}
