//! Every crash of every operation on sealed entries, on a disk that may lose whatever was not synced.

use super::*;
use crate::fs::faulty::Fault;
use crate::fs::simulated::{History, Image, Simulated};
use crate::fs::FileSystem;

const SEED: u64 = 0x5EED_0007;
/// States looked at for one crash point; where there are more, a sample.
const STATES: u64 = 96;

fn most_states() -> u64 {
    let wanted = std::env::var("WARM_CRASH_STATES");
    wanted.map_or(STATES, |n| n.parse().unwrap())
}

pub(super) fn open_on(disk: Arc<dyn FileSystem>) -> Store {
    Store::open_on(disk, Some(Path::new("/root")), &ttl(0.0)).unwrap()
}

fn keys() -> [Key; 2] {
    [key(1), key(2)]
}

/// Payload and deadline of each key.
type Answer = [Option<(String, Option<i64>)>; 2];

fn answer(store: &Store) -> Answer {
    keys().map(|key| {
        let entry = store.sealed(key, SealedRead::Payload).unwrap()?;
        let payload = entry.payload.unwrap();
        let text = String::from_utf8_lossy(&payload).into_owned();
        Some((text, entry.fields.deadline_unix_ms))
    })
}

#[derive(Clone, Copy)]
enum Step {
    Put(u8, &'static str, &'static [&'static str]),
    Remove(u8),
    Invalidate(&'static [&'static str]),
    Life(u8, i64),
    Collect,
    /// After a while.
    Sweep,
    /// What comes back costs nothing: no step of its own.
    Evict(u8),
}

use Step::*;

fn perform(store: &Store, disk: &Simulated, step: Step) -> crate::Result<()> {
    match step {
        Put(n, text, labels) => {
            let mut given = fields(None, labels);
            store
                .seal(key(n), &mut given, text.as_bytes(), None)
                .map(drop)
        }
        Remove(n) => store.unseal(key(n), None).map(drop),
        Invalidate(labels) => {
            let labels: Vec<Key> = labels.iter().map(|l| tag(l)).collect();
            store.invalidate_labels(&labels, &mut |_| {}).map(drop)
        }
        Life(n, deadline) => {
            let Some(entry) = store.sealed(key(n), SealedRead::Front)? else {
                return Ok(());
            };
            let life = crate::store::Life {
                deadline_unix_ms: Some(deadline),
                ..Default::default()
            };
            store.set_life(key(n), entry.generation, life).map(drop)
        }
        Collect => store.collect_gone(crate::store::Gone::All),
        Sweep => {
            disk.advance(120);
            store.sweep()
        }
        Evict(n) => {
            let root = store.inner().root();
            let change = store.inner().evict_one(root.as_ref(), key(n))?;
            store.inner().account(change, None);
            Ok(())
        }
    }
}

struct Run {
    disk: Simulated,
    history: History,
    /// After each step that is acknowledged as durable.
    answers: Vec<Answer>,
    acknowledged: Vec<usize>,
    /// Other answers that are right from the step of this number on, until it is acknowledged.
    between: Vec<(usize, Answer)>,
}

fn run(prepare: &[Step], steps: &[Step]) -> Run {
    let disk = Simulated::new();
    let store = open_on(Arc::new(disk.clone()));
    for step in prepare {
        perform(&store, &disk, *step).unwrap();
    }
    disk.settle();
    let mut run = Run {
        disk: disk.clone(),
        history: disk.history(),
        answers: vec![answer(&store)],
        acknowledged: Vec::new(),
        between: Vec::new(),
    };
    for step in steps {
        perform(&store, &disk, *step).unwrap();
        let now = answer(&store);
        if matches!(step, Evict(_)) {
            run.between.push((run.acknowledged.len(), now));
        } else {
            run.acknowledged.push(disk.len());
            run.answers.push(now);
        }
    }
    run.history = disk.history();
    run
}

impl Run {
    /// What may be answered when the log has come to `at`.
    fn allowed(&self, at: usize) -> Vec<&Answer> {
        let done = self.acknowledged.iter().filter(|a| **a <= at).count();
        let known = self.answers[done..(done + 2).min(self.answers.len())].iter();
        let between = self.between.iter().filter(|(step, _)| *step == done);
        known.chain(between.map(|(_, a)| a)).collect()
    }
}

fn judge(now: &Answer, allowed: &[&Answer]) -> Result<(), String> {
    for n in 0..2 {
        if !allowed.iter().any(|a| a[n] == now[n]) {
            return Err(format!(
                "key {n} is answered {:?}, and not as in one of {allowed:?}",
                now[n]
            ));
        }
    }
    Ok(())
}

fn check_state(run: &Run, image: Image, allowed: &[&Answer], nested: bool) -> Result<(), String> {
    let found = run.disk.found_later(image, 30);
    let store = open_on(Arc::new(found.clone()));
    let now = answer(&store);
    judge(&now, allowed)?;
    // Nothing comes back, and nothing goes, while what is left is tidied up.
    store
        .collect_gone(crate::store::Gone::All)
        .map_err(|e| e.to_string())?;
    if answer(&store) != now {
        return Err("collecting changed the answers".into());
    }
    // What a dead writer kept to write over is left alone for an hour.
    for wait in [0, 700, 700, 3600] {
        found.advance(wait);
        store.sweep().map_err(|e| e.to_string())?;
        if answer(&store) != now {
            return Err(format!("a sweep changed {now:?}"));
        }
    }
    let report = store.verify(&Progress::new()).map_err(|e| e.to_string())?;
    let left = report.damaged + report.superseded + report.leavings + report.unreadable;
    if left > 0 {
        return Err(format!("a sweep leaves {report:?}"));
    }
    let living = now.iter().flatten().count();
    if store.stats().entries != living as i64 {
        return Err(format!("{:?} for {living} entries", store.stats()));
    }
    if nested {
        let history = found.history();
        for crash in 0..=history.log.len() {
            for again in history.crash_states(crash, 4, SEED).0 {
                let later = open_on(Arc::new(found.found_later(again, 30)));
                if answer(&later) != now {
                    return Err(format!("a crash of the tidying at {crash} changed {now:?}"));
                }
            }
        }
    }
    // What is put afterwards is found, whatever was there.
    put(&store, key(1), b"afterwards", &["t"]);
    let after = open_on(Arc::new(found));
    if get(&after, key(1)).as_deref() != Some(b"afterwards") {
        return Err("what is put afterwards is not found".into());
    }
    Ok(())
}

const LABELS: &[&str] = &["t", "u"];

fn histories() -> Vec<(&'static str, Vec<Step>, Vec<Step>)> {
    vec![
        ("put", vec![], vec![Put(1, "new", &[])]),
        ("put with labels", vec![], vec![Put(1, "new", LABELS)]),
        (
            "replace",
            vec![Put(1, "older", &[]), Put(1, "old", LABELS)],
            vec![Put(1, "new", LABELS), Put(1, "newer", &["u"])],
        ),
        (
            "write over what was superseded",
            vec![
                Put(1, "oldest", &[]),
                Put(1, "older", &["t"]),
                Put(1, "old", LABELS),
            ],
            vec![
                Put(1, "new", LABELS),
                Put(1, "newer", &[]),
                Remove(1),
                Put(1, "again", &["u"]),
                Put(1, "and again", &[]),
            ],
        ),
        (
            "remove",
            vec![Put(1, "older", &[]), Put(1, "old", LABELS)],
            vec![Remove(1), Remove(1), Put(1, "new", &[])],
        ),
        (
            "invalidate",
            vec![Put(1, "one", LABELS), Put(2, "two", &["t"])],
            vec![
                Invalidate(LABELS),
                Collect,
                Put(1, "again", LABELS),
                Invalidate(&["u"]),
            ],
        ),
        (
            "invalidate and put at once",
            vec![Put(1, "older", LABELS), Put(1, "one", LABELS)],
            vec![Invalidate(&["t"]), Put(1, "again", &["t"]), Collect, Sweep],
        ),
        (
            "change a life",
            vec![Put(1, "one", &[])],
            vec![
                Life(1, 1 << 60),
                Life(1, 1 << 61),
                Put(1, "two", &[]),
                Life(1, 1 << 62),
                Remove(1),
            ],
        ),
        (
            "remove and forget",
            vec![Put(1, "older", &[]), Put(1, "old", &[])],
            vec![Remove(1), Sweep, Put(1, "new", &["t"]), Remove(1), Sweep],
        ),
        (
            "evict",
            vec![],
            vec![
                Put(1, "older", &[]),
                Put(1, "old", &[]),
                Evict(1),
                Put(1, "new", &[]),
            ],
        ),
        (
            "evict and remove",
            vec![Put(1, "older", &["t"])],
            vec![Put(1, "old", &["t"]), Evict(1), Remove(1), Sweep],
        ),
        (
            "evict, forget and put",
            vec![Put(1, "older", &["t"])],
            vec![
                Put(1, "old", &["t"]),
                Life(1, 1 << 60),
                Evict(1),
                Sweep,
                Put(1, "new", &[]),
            ],
        ),
    ]
}

#[test]
fn no_crash_loses_what_was_acknowledged_or_brings_back_what_was_removed() {
    let only = only("WARM_CRASH_OF");
    let (mut points, mut looked) = (0, 0);
    for (name, prepare, steps) in histories() {
        if !name.contains(&only) {
            continue;
        }
        let run = run(&prepare, &steps);
        let mut wrong = Vec::new();
        for crash in 0..=run.history.log.len() {
            let allowed = run.allowed(crash);
            points += 1;
            for (n, image) in run
                .history
                .crash_states(crash, most_states(), SEED)
                .0
                .into_iter()
                .enumerate()
            {
                looked += 1;
                if let Err(why) = check_state(&run, image, &allowed, n % 16 == 0) {
                    wrong.push(format!(
                        "{name}, crash before operation {crash}, state {n}: {why}"
                    ));
                }
            }
        }
        let few: Vec<&String> = wrong.iter().take(5).collect();
        assert!(wrong.is_empty(), "{} are wrong: {few:#?}", wrong.len());
    }
    say(&format!("{points} crash points, {looked} states"));
}

#[test]
fn no_step_of_any_operation_shows_a_reader_what_is_neither_old_nor_new() {
    for (name, prepare, steps) in histories() {
        let run = run(&prepare, &steps);
        for at in 0..=run.history.log.len() {
            let found = run.disk.found_later(run.history.seen(at), 1);
            let now = answer(&open_on(Arc::new(found)));
            if let Err(why) = judge(&now, &run.allowed(at)) {
                panic!("{name}, before operation {at}: {why}");
            }
        }
    }
}

/// A sync that fails gives up what it was to cover: what is acknowledged after that must not depend on it.
#[test]
fn what_is_acknowledged_after_a_failed_sync_survives_a_crash() {
    let mut failed_once = 0;
    for (name, prepare, steps) in histories() {
        for index in 0..steps.len() {
            let step = steps[index];
            if matches!(step, Evict(_) | Sweep | Collect) {
                continue;
            }
            let mut calls = 1;
            for at in 0.. {
                if at >= calls {
                    break;
                }
                let disk = Simulated::new();
                let faulty = Faulty::on(Arc::new(disk.clone()));
                let store = open_on(Arc::new(faulty.clone()));
                // Where labels lie is durable: nothing makes good a failed sync of a directory that has
                // other names in it.
                put(&store, key(3), b"other", &["other"]);
                for step in prepare.iter().chain(&steps[..index]) {
                    perform(&store, &disk, *step).unwrap();
                }
                disk.settle();
                let before = answer(&store);
                faulty.plan(Some(Plan {
                    at,
                    times: 1,
                    fault: Fault::Sync(libc::EIO),
                }));
                let result = perform(&store, &disk, step);
                calls = calls.max(faulty.log().len() as u64);
                if !faulty.has_fired() {
                    continue;
                }
                faulty.plan(None);
                let seen = answer(&store);
                if result.is_err() {
                    failed_once += 1;
                    perform(&store, &disk, step).unwrap();
                }
                let done = answer(&store);
                judge(&seen, &[&before, &done]).unwrap();
                let history = disk.history();
                for image in history.crash_states(history.log.len(), 16, SEED).0 {
                    let found = disk.found_later(image, 30);
                    let found = answer(&open_on(Arc::new(found)));
                    assert_eq!(found, done, "{name}, step {index}, call {at}: {result:?}");
                }
            }
        }
    }
    assert!(failed_once > 30, "{failed_once}");
}
