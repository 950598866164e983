//! Two processes at work on one sealed entry, their calls interleaved one by one.

use super::crash::open_on;
use super::*;
use crate::fs::simulated::Simulated;
use crate::fs::turns::{Schedule, Turns};
use crate::fs::FileSystem;

const SEED: u64 = 0x5EED_0008;
/// Schedules of each kind for one pair.
const SCHEDULES: usize = 80;

type Task = Box<dyn FnOnce() -> String + Send>;

/// How a pair ended, or came to a point of it.
struct Seen<'a> {
    told: &'a [String; 2],
    done: [bool; 2],
    found: Option<&'a str>,
}

struct Pair {
    name: &'static str,
    prepare: fn(&Simulated, &Store),
    tasks: fn(&Turns) -> [Task; 2],
    judge: fn(&Seen<'_>) -> bool,
}

fn handle(disk: &Turns) -> Store {
    open_on(Arc::new(disk.clone()))
}

fn word<T>(result: crate::Result<T>, done: &str) -> String {
    match result {
        Ok(_) => done.to_owned(),
        Err(e) if e.kind() == ErrorKind::Conflict => "conflict".into(),
        Err(e) => e.to_string(),
    }
}

fn plain(disk: &Turns, text: &'static str, labels: &'static [&'static str]) -> Task {
    let store = handle(disk);
    Box::new(move || {
        let mut given = fields(None, labels);
        word(store.seal(KEY, &mut given, text.as_bytes(), None), "put")
    })
}

/// Each step puts its version, if the one before is there.
fn swaps(disk: &Turns, text: &'static str, steps: &'static [(u64, u64)]) -> Task {
    let store = handle(disk);
    Box::new(move || {
        let told = steps.iter().map(|(before, version)| {
            let mut judge = expect(Some(*before));
            let mut given = fields(Some(*version), &["t"]);
            word(
                store.seal(KEY, &mut given, text.as_bytes(), Some(&mut judge)),
                "put",
            )
        });
        told.collect::<Vec<_>>().join(" ")
    })
}

fn remove(disk: &Turns) -> Task {
    let store = handle(disk);
    Box::new(move || {
        store
            .unseal(KEY, None)
            .map_or_else(|e| e.to_string(), |b| b.to_string())
    })
}

/// Puts where nothing is, and removes what is there then.
fn first_put_and_remove(disk: &Turns, text: &'static str) -> Task {
    let (put, remove) = (first_put(disk, text), remove(disk));
    Box::new(move || format!("{} {}", put(), remove()))
}

/// Puts where nothing is.
fn first_put(disk: &Turns, text: &'static str) -> Task {
    let store = handle(disk);
    Box::new(move || {
        let mut judge = expect(None);
        let mut given = fields(Some(1), &["t"]);
        let put = store.seal(KEY, &mut given, text.as_bytes(), Some(&mut judge));
        word(put, "put")
    })
}

/// Replaces the first version, by what has no labels.
fn unlabelled_swap(disk: &Turns, text: &'static str) -> Task {
    let store = handle(disk);
    Box::new(move || {
        let mut judge = expect(Some(1));
        let mut given = fields(Some(2), &[]);
        let put = store.seal(KEY, &mut given, text.as_bytes(), Some(&mut judge));
        word(put, "put")
    })
}

/// Replaces what is there by each of them: from the third on, in files of what they superseded.
fn again_and_again(disk: &Turns, texts: &'static [&'static str]) -> Task {
    let store = handle(disk);
    Box::new(move || {
        let put = |text: &&str| {
            let put = store.seal(KEY, &mut fields(None, &[]), text.as_bytes(), None);
            word(put, "put")
        };
        let told: Vec<String> = texts.iter().map(put).collect();
        told.join(" ")
    })
}

/// Says what is there, three times.
fn read(disk: &Turns) -> Task {
    let store = handle(disk);
    Box::new(move || {
        let found = (0..3).map(|_| get(&store, KEY).unwrap_or_default());
        let found: Vec<String> = found
            .map(|f| String::from_utf8_lossy(&f).into_owned())
            .collect();
        let damaged = store.stats().damaged;
        format!("{} {damaged}", found.join(" "))
    })
}

fn sweep(disk: &Turns) -> Task {
    let store = handle(disk);
    Box::new(move || word(store.sweep(), "swept"))
}

fn invalidate(disk: &Turns) -> Task {
    let store = handle(disk);
    Box::new(move || {
        let gone = store.invalidate_labels(&[tag("t")], &mut |_| {});
        let collected = store.collect_gone(crate::store::Gone::All);
        word(gone.and(collected), "invalidated")
    })
}

/// Says what is there afterwards.
fn invalidate_and_look(disk: &Turns) -> Task {
    let store = handle(disk);
    Box::new(move || {
        store.invalidate_labels(&[tag("t")], &mut |_| {}).unwrap();
        let found = get(&store, KEY).unwrap_or_default();
        String::from_utf8_lossy(&found).into_owned()
    })
}

/// Says what is there, and then moves the root away and removes what lies under the key.
fn look_and_move_away(disk: &Turns) -> Task {
    let (store, disk) = (handle(disk), disk.clone());
    Box::new(move || {
        let found = get(&store, KEY).unwrap_or_default();
        let top = disk.open_root(Path::new("/")).unwrap();
        top.rename("root", top.as_ref(), "gone").unwrap();
        let gone = top.open_dir("gone").unwrap();
        if let Ok(dir) = gone.open_dir(&KEY.to_hex()) {
            for listed in dir.list().unwrap() {
                let _ = dir.unlink(&listed.name);
            }
        }
        let _ = gone.remove_dir(&KEY.to_hex());
        String::from_utf8_lossy(&found).into_owned()
    })
}

/// Says whether it was put, or the root was not there any more.
fn put_if_in_place(disk: &Turns, text: &'static str) -> Task {
    let store = handle(disk);
    Box::new(move || {
        let put = store.seal(KEY, &mut fields(None, &[]), text.as_bytes(), None);
        match put {
            Ok(None) => "moved".into(),
            put => word(put, "put"),
        }
    })
}

fn live_on(disk: &Turns) -> Task {
    let store = handle(disk);
    let generation = store.sealed(KEY, SealedRead::Front).unwrap().unwrap();
    let generation = generation.generation;
    Box::new(move || {
        let changed = store.set_life(KEY, generation, Life::default());
        changed.map_or_else(|e| e.to_string(), |b| b.to_string())
    })
}

fn remove_ended(disk: &Turns) -> Task {
    let store = handle(disk);
    Box::new(move || word(store.remove_ended(KEY, 1000), "looked"))
}

fn versioned(store: &Store) {
    let mut given = fields(Some(1), &["t"]);
    store.seal(KEY, &mut given, b"old", None).unwrap();
}

fn told(seen: &Seen<'_>, a: &str, b: &str) -> bool {
    seen.told[0] == a && seen.told[1] == b
}

fn pairs() -> Vec<Pair> {
    vec![
        Pair {
            name: "swap and swap",
            prepare: |_, s| versioned(s),
            tasks: |d| [swaps(d, "one", &[(1, 2)]), swaps(d, "two", &[(1, 2)])],
            judge: |s| {
                let one = told(s, "put", "conflict");
                let winner = if one { "one" } else { "two" };
                let finished = s.done[usize::from(!one)];
                (one || told(s, "conflict", "put"))
                    && (s.found == Some(winner) || (!finished && s.found == Some("old")))
            },
        },
        Pair {
            name: "swap and two swaps",
            prepare: |_, s| versioned(s),
            tasks: |d| {
                [
                    swaps(d, "one", &[(1, 9)]),
                    swaps(d, "two", &[(1, 2), (2, 3)]),
                ]
            },
            judge: |s| {
                let one = told(s, "put", "conflict conflict");
                let winner = if one { "one" } else { "two" };
                let finished = s.done[usize::from(!one)];
                (one || told(s, "conflict", "put put"))
                    && (s.found == Some(winner) || (!finished && s.found == Some("old")))
            },
        },
        Pair {
            name: "swap and the swap after it",
            prepare: |_, s| versioned(s),
            tasks: |d| [swaps(d, "one", &[(1, 2)]), swaps(d, "two", &[(2, 3)])],
            judge: |s| {
                let second = s.told[1] == "put";
                s.told[0] == "put"
                    && (second || s.told[1] == "conflict")
                    && match s.done {
                        [_, true] if second => s.found == Some("two"),
                        [true, true] => s.found == Some("one"),
                        [true, false] => s.found != Some("old"),
                        _ => s.found.is_some(),
                    }
            },
        },
        Pair {
            name: "put and put",
            prepare: |_, s| versioned(s),
            tasks: |d| [plain(d, "one", &["t"]), plain(d, "two", &[])],
            judge: |s| {
                told(s, "put", "put")
                    && s.found.is_some()
                    && (s.done == [false; 2] || s.found != Some("old"))
            },
        },
        Pair {
            name: "puts over what was superseded, and reads",
            prepare: |_, s| versioned(s),
            tasks: |d| [again_and_again(d, &["a", "b", "c", "d"]), read(d)],
            judge: |s| {
                let read: Vec<&str> = s.told[1].split(' ').collect();
                let known = ["old", "a", "b", "c", "d"];
                let at = |text| known.iter().position(|k| *k == text);
                // In order, too, and nothing of it is called damaged.
                s.told[0] == "put put put put"
                    && read[..3].iter().all(|r| at(*r).is_some())
                    && read[..3].windows(2).all(|w| at(w[0]) <= at(w[1]))
                    && read[3] == "0"
                    && (!s.done[0] || s.found == Some("d"))
            },
        },
        Pair {
            name: "puts over what was superseded, and the same again",
            prepare: |_, s| versioned(s),
            tasks: |d| {
                [
                    again_and_again(d, &["a", "b", "c", "d"]),
                    again_and_again(d, &["e", "f", "g", "h"]),
                ]
            },
            judge: |s| {
                told(s, "put put put put", "put put put put")
                    && s.found.is_some()
                    && (s.done != [true; 2] || matches!(s.found, Some("d" | "h")))
            },
        },
        Pair {
            name: "puts over what was superseded, and a removal",
            prepare: |_, s| versioned(s),
            tasks: |d| [again_and_again(d, &["a", "b", "c", "d"]), remove(d)],
            judge: |s| {
                told(s, "put put put put", "true")
                    && (s.done != [true; 2] || matches!(s.found, None | Some("b" | "c" | "d")))
                    && (s.done == [false; 2] || s.found != Some("old"))
            },
        },
        Pair {
            name: "first put and first put",
            prepare: |_, _| {},
            tasks: |d| [plain(d, "one", &["t"]), plain(d, "two", &["t"])],
            judge: |s| told(s, "put", "put") && (s.done == [false; 2] || s.found.is_some()),
        },
        Pair {
            name: "first swap, and first swap and removal",
            prepare: |_, _| {},
            tasks: |d| [first_put(d, "one"), first_put_and_remove(d, "two")],
            judge: |s| {
                let second = told(s, "put", "put true");
                let first = told(s, "put", "conflict true") || told(s, "conflict", "put true");
                (first || second) && (s.done != [true; 2] || s.found == second.then_some("one"))
            },
        },
        Pair {
            name: "swap, and invalidate and look",
            prepare: |_, s| versioned(s),
            tasks: |d| [unlabelled_swap(d, "one"), invalidate_and_look(d)],
            judge: |s| {
                let swapped = told(s, "put", "one");
                (swapped || told(s, "conflict", ""))
                    && (s.done != [true; 2] || s.found == swapped.then_some("one"))
            },
        },
        Pair {
            name: "put, and look and move away",
            prepare: |_, _| {},
            tasks: |d| [put_if_in_place(d, "one"), look_and_move_away(d)],
            judge: |s| match s.told[1].as_str() {
                "one" => s.told[0] == "put",
                _ => s.told[0] == "put" || s.told[0] == "moved",
            },
        },
        Pair {
            name: "remove, and look and move away",
            prepare: |_, s| versioned(s),
            tasks: |d| [remove(d), look_and_move_away(d)],
            judge: |s| match s.told[1].as_str() {
                "" => s.told[0] == "true",
                _ => s.told[0] == "true" || s.told[0] == "false",
            },
        },
        Pair {
            name: "put and remove",
            prepare: |_, s| versioned(s),
            tasks: |d| [plain(d, "one", &["t"]), remove(d)],
            judge: |s| {
                s.told[0] == "put"
                    && s.told[1] == "true"
                    && (s.done == [false; 2] || s.found != Some("old"))
            },
        },
        Pair {
            name: "remove and remove",
            prepare: |_, s| versioned(s),
            tasks: |d| [remove(d), remove(d)],
            judge: |s| {
                (told(s, "true", "false") || told(s, "false", "true"))
                    && (s.done == [false; 2] || s.found.is_none())
            },
        },
        Pair {
            name: "put and a sweep that forgets",
            prepare: |disk, s| {
                versioned(s);
                s.unseal(KEY, None).unwrap();
                disk.advance(120);
            },
            tasks: |d| [plain(d, "one", &["t"]), sweep(d)],
            judge: |s| told(s, "put", "swept") && (!s.done[0] || s.found == Some("one")),
        },
        Pair {
            name: "put and a sweep that expires",
            prepare: |_, s| {
                let mut given = fields(None, &["t"]);
                given.deadline_unix_ms = Some(1);
                s.seal(KEY, &mut given, b"old", None).unwrap();
            },
            tasks: |d| [plain(d, "one", &["t"]), sweep(d)],
            judge: |s| told(s, "put", "swept") && (!s.done[0] || s.found == Some("one")),
        },
        Pair {
            name: "another life and a removal of what has ended",
            prepare: |_, s| {
                let mut given = fields(None, &["t"]);
                given.deadline_unix_ms = Some(1);
                s.seal(KEY, &mut given, b"old", None).unwrap();
            },
            tasks: |d| [live_on(d), remove_ended(d)],
            judge: |s| {
                let lives_on = told(s, "true", "looked");
                (lives_on || told(s, "false", "looked"))
                    && (!lives_on || s.done != [true; 2] || s.found == Some("old"))
            },
        },
        Pair {
            name: "put and a removal of what has ended",
            prepare: |_, s| {
                let mut given = fields(None, &["t"]);
                given.deadline_unix_ms = Some(1);
                s.seal(KEY, &mut given, b"old", None).unwrap();
            },
            tasks: |d| [plain(d, "one", &["t"]), remove_ended(d)],
            judge: |s| told(s, "put", "looked") && (!s.done[0] || s.found == Some("one")),
        },
        Pair {
            name: "unlabelled put and invalidate",
            prepare: |_, s| versioned(s),
            tasks: |d| [plain(d, "one", &[]), invalidate(d)],
            judge: |s| {
                told(s, "put", "invalidated")
                    && (!s.done[0] || s.found == Some("one"))
                    && (!s.done[1] || s.found != Some("old"))
            },
        },
        Pair {
            name: "labelled put and invalidate",
            prepare: |_, s| versioned(s),
            tasks: |d| [plain(d, "one", &["t"]), invalidate(d)],
            judge: |s| {
                told(s, "put", "invalidated")
                    && (!s.done[1] || s.found != Some("old"))
                    && (s.done[1]
                        || s.done[0]
                        || s.found.map_or(true, |f| ["old", "one"].contains(&f)))
            },
        },
        Pair {
            name: "invalidate and invalidate",
            prepare: |_, s| versioned(s),
            tasks: |d| [invalidate(d), invalidate(d)],
            judge: |s| {
                told(s, "invalidated", "invalidated") && (s.done == [false; 2] || s.found.is_none())
            },
        },
    ]
}

fn run(pair: &Pair, schedule: &Schedule, wrong: &mut Vec<String>) -> Vec<usize> {
    let disk = Simulated::new();
    (pair.prepare)(&disk, &open_on(Arc::new(disk.clone())));
    let turns = Turns::on(Arc::new(disk.clone()));
    let tasks = (pair.tasks)(&turns);
    disk.settle();
    let ended = turns.run(tasks, schedule, || disk.len());
    let history = disk.history();
    let mut look = |at: usize, image, how: &str| {
        let later = disk.found_later(image, 10);
        let found = get(&open_on(Arc::new(later)), KEY);
        let found = found.map(|f| String::from_utf8_lossy(&f).into_owned());
        let seen = Seen {
            told: &ended.told,
            done: [0, 1].map(|who| ended.at[who] <= at),
            found: found.as_deref(),
        };
        if !(pair.judge)(&seen) {
            let (told, done) = (&ended.told, seen.done);
            wrong.push(format!(
                "{}, {schedule:?}, {how} before change {at}: told {told:?}, ended {done:?}, found {found:?}",
                pair.name
            ));
        }
    };
    for at in 0..=history.log.len() {
        if at == 0 || history.log[at - 1].changes_a_name() {
            look(at, history.seen(at), "seen");
        }
    }
    let len = history.log.len();
    for at in [len, len / 2, len / 3 * 2] {
        for image in history.crash_states(at, 3, SEED + at as u64).0 {
            look(at, image, "crash");
        }
    }
    ended.taken
}

#[test]
fn of_two_that_expect_the_same_exactly_one_wins_whatever_the_order_of_their_calls() {
    let only = only("WARM_INTERLEAVINGS_OF");
    let most = std::env::var("WARM_INTERLEAVINGS");
    let most: usize = most.map_or(SCHEDULES, |n| n.parse().unwrap());
    let mut total = 0;
    for pair in pairs() {
        if !pair.name.contains(&only) {
            continue;
        }
        let mut wrong = Vec::new();
        let taken = run(&pair, &Schedule::default(), &mut wrong);
        let lengths = [0, 1].map(|who| taken.iter().filter(|t| **t == who).count());
        let mut all = Vec::new();
        for first in [0, 1] {
            for i in 0..=lengths[first] {
                all.extend((0..=lengths[1 - first]).map(|j| Schedule::interrupted(first, i, j)));
            }
        }
        let chosen = all.len().min(most);
        for n in 0..chosen {
            run(&pair, &all[n * all.len() / chosen], &mut wrong);
        }
        for first in [0, 1] {
            for i in 0..=lengths[first] {
                let schedule = Schedule::interrupted(first, i, usize::MAX / 2);
                run(&pair, &schedule, &mut wrong);
            }
        }
        for n in 0..(most / 4) as u64 {
            run(&pair, &Schedule::random(SEED + n), &mut wrong);
        }
        total += chosen + lengths[0] + lengths[1] + most / 4;
        let few: Vec<&String> = wrong.iter().take(5).collect();
        assert!(wrong.is_empty(), "{} are wrong: {few:#?}", wrong.len());
    }
    say(&format!("{total} schedules (seed {SEED:#x})"));
}
