//! Linearizability: threads and processes work on one key at once, and what each was answered is held
//! against the sequential contract in `linear/contract.rs`.
//!
//! `WARM_TEST_TIMES=50 cargo test --release --test linear -- --nocapture` does fifty times as much.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

#[path = "linear/checker.rs"]
mod checker;
#[path = "linear/contract.rs"]
mod contract;

use contract::{judge, perform, Answer, Call, Did, Event};
use nix::time::{clock_gettime, ClockId};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;
use warmstart::{Durability, Entry, Key, Kind, Lookup, Store, StoreOptions};

/// What a test does `full` times, or fewer where the environment says so, or more by hand.
fn rounds(full: u64) -> u64 {
    let number = |name| -> Option<u64> { std::env::var(name).ok()?.parse().ok() };
    match number("WARM_TEST_TIMES") {
        Some(times) => full * times,
        None => number("WARM_TEST_ROUNDS").map_or(full, |most| full.min(most)),
    }
}

fn key(n: u64) -> Key {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&n.to_le_bytes());
    Key::from_bytes(bytes)
}

fn open(root: &Path, durability: Durability) -> Store {
    let mut options = StoreOptions::new();
    options.durability(durability);
    Store::open(Some(root), &options).unwrap()
}

fn nanoseconds(clock: ClockId) -> i64 {
    let now = clock_gettime(clock).unwrap();
    contract::stamp(now.tv_sec(), now.tv_nsec() as u32)
}

fn monotonic() -> u64 {
    nanoseconds(ClockId::CLOCK_MONOTONIC) as u64
}

struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

const SLOTS: [&str; 4] = ["slot-a", "slot-b", "slot-c", "slot-d"];
/// Longer than stamps of files need to tell changes apart: afterwards answers come from memory.
const SETTLED: Duration = Duration::from_millis(25);

/// Who calls, what, and how often.
#[derive(Clone, Copy)]
struct Work {
    caller: u64,
    seed: u64,
    calls: u64,
    slots: Slots,
    /// Whether it removes the whole key now and then.
    removes_all: bool,
}

/// Which slots a caller saves into. All are looked up and removed by all.
#[derive(Clone, Copy, PartialEq)]
enum Slots {
    /// Two, that all others save into as well.
    Shared,
    /// One that no other saves into.
    Own,
}

impl Slots {
    fn of(self, caller: u64) -> &'static [&'static str] {
        match self {
            Slots::Shared => &SLOTS[..2],
            Slots::Own => std::slice::from_ref(&SLOTS[caller as usize % SLOTS.len()]),
        }
    }

    fn all(self) -> &'static [&'static str] {
        match self {
            Slots::Shared => &SLOTS[..2],
            Slots::Own => &SLOTS,
        }
    }
}

/// Does `work` on `key` and notes what came of it.
fn work(store: &Store, key: Key, work: Work, clock: &dyn Fn() -> u64) -> Vec<Event> {
    let mut random = Random(work.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut events = Vec::new();
    for n in 0..work.calls {
        let call = match random.below(100) {
            0..=7 => Call::Save,
            8..=29 => Call::SaveSlot(random.of(work.slots.of(work.caller))),
            30..=44 => Call::LookupRun(random.of(work.slots.all())),
            45..=60 => Call::Lookup(Lookup::Best),
            61..=76 => Call::Lookup(Lookup::Latest),
            77..=84 => Call::List,
            85..=93 => Call::Remove(random.of(work.slots.all())),
            94..=97 if work.removes_all => Call::RemoveAll,
            94..=97 => Call::Save,
            _ => {
                thread::sleep(SETTLED);
                Call::Lookup(random.of(&[Lookup::Best, Lookup::Latest]))
            }
        };
        let value = work.caller << 32 | n;
        note(&mut events, clock, || perform(store, key, call, value));
    }
    events
}

fn note(events: &mut Vec<Event>, clock: &dyn Fn() -> u64, call: impl FnOnce() -> Did) {
    let before = nanoseconds(ClockId::CLOCK_REALTIME);
    let invoked = clock();
    let did = call();
    let returned = clock();
    events.push(Event {
        invoked,
        returned,
        wall: (before, nanoseconds(ClockId::CLOCK_REALTIME)),
        did,
    });
}

/// What lies there in the end, looked at by a handle that was not there before.
fn look(store: &Store, key: Key, clock: &dyn Fn() -> u64) -> Vec<Event> {
    let mut events = Vec::new();
    let calls = [
        Call::List,
        Call::Lookup(Lookup::Best),
        Call::Lookup(Lookup::Latest),
    ];
    for call in calls.into_iter().chain(SLOTS.map(Call::LookupRun)) {
        note(&mut events, clock, || perform(store, key, call, 0));
    }
    events
}

#[derive(Default)]
struct Tally {
    histories: u64,
    operations: usize,
}

impl Tally {
    fn judge(&mut self, seed: u64, events: &[Event]) {
        self.histories += 1;
        self.operations += events.len();
        if let Err(why) = judge(events) {
            panic!("history {seed} of {} operations: {why}", events.len());
        }
    }

    fn report(&self, of: &str) {
        let Tally {
            histories,
            operations,
        } = self;
        println!("{of}: {histories} histories of {operations} operations are linearizable");
    }
}

/// Histories of threads that share `handles`.
fn threads(of: &str, slots: Slots, handles: &[(Durability, usize)], histories: u64) {
    let tmp = tempfile::tempdir().unwrap();
    let mut stores = Vec::new();
    for (durability, threads) in handles {
        let store = open(tmp.path(), *durability);
        stores.extend((0..*threads).map(|_| store.clone()));
    }
    let time = AtomicU64::new(0);
    let clock = || time.fetch_add(1, Ordering::SeqCst);
    let mut tally = Tally::default();
    for seed in 1..=histories {
        let start = Barrier::new(stores.len());
        let mut events: Vec<Event> = thread::scope(|s| {
            let callers: Vec<_> = (1..)
                .zip(&stores)
                .map(|(caller, store)| {
                    let (start, clock) = (&start, &clock);
                    let todo = Work {
                        caller,
                        seed: seed * 31 + caller,
                        calls: 25,
                        slots,
                        removes_all: seed % 3 == 0,
                    };
                    s.spawn(move || {
                        start.wait();
                        work(store, key(seed), todo, clock)
                    })
                })
                .collect();
            callers
                .into_iter()
                .flat_map(|c| c.join().unwrap())
                .collect()
        });
        let other = open(tmp.path(), Durability::Full);
        events.extend(look(&other, key(seed), &clock));
        tally.judge(seed, &events);
    }
    tally.report(of);
}

#[test]
fn threads_on_one_handle_are_linearizable() {
    let handle = [(Durability::Full, 4)];
    threads("one handle", Slots::Own, &handle, rounds(15));
    threads(
        "one handle, slots shared",
        Slots::Shared,
        &handle,
        rounds(15),
    );
}

#[test]
fn threads_on_two_handles_are_linearizable() {
    let handles = [(Durability::Full, 2), (Durability::Process, 2)];
    threads("two handles", Slots::Own, &handles, rounds(20));
    threads(
        "two handles, slots shared",
        Slots::Shared,
        &handles,
        rounds(20),
    );
}

#[test]
fn threads_that_never_wait_for_the_disk_are_linearizable() {
    let handle = [(Durability::Process, 4)];
    threads("unsynced", Slots::Own, &handle, rounds(30));
    threads("unsynced, slots shared", Slots::Shared, &handle, rounds(30));
}

// Processes.

const ROOT: &str = "WARMSTART_TEST_ROOT";
const CALLER: &str = "WARMSTART_TEST_CALLER";
const NOTES: &str = "WARMSTART_TEST_NOTES";
const PROCESSES: u64 = 3;

fn slots_in(history: u64) -> Slots {
    [Slots::Own, Slots::Shared][history as usize % 2]
}

/// What each process of the test below does, a history whenever it is told; nothing when called by the
/// test runner.
#[test]
fn role_of_a_process() {
    let Ok(root) = std::env::var(ROOT) else {
        return;
    };
    let caller: u64 = std::env::var(CALLER).unwrap().parse().unwrap();
    let mut notes = std::fs::File::create(std::env::var_os(NOTES).unwrap()).unwrap();
    let durability = [Durability::Full, Durability::Process][caller as usize % 2];
    let store = open(Path::new(&root), durability);
    for line in std::io::stdin().lock().lines() {
        let seed: u64 = line.unwrap().parse().unwrap();
        let todo = |caller| Work {
            caller,
            seed: seed * 31 + caller,
            calls: 15,
            slots: slots_in(seed),
            removes_all: seed % 3 == 0,
        };
        let events: Vec<Event> = thread::scope(|s| {
            let other = s.spawn(|| work(&store, key(seed), todo(caller + PROCESSES), &monotonic));
            let mine = work(&store, key(seed), todo(caller), &monotonic);
            mine.into_iter().chain(other.join().unwrap()).collect()
        });
        writeln!(notes, "{}", serde_json::to_string(&events).unwrap()).unwrap();
        // The test runner of this process writes to its standard output as well.
        println!("\ndone {seed}");
    }
}

#[test]
fn processes_are_linearizable() {
    let (tmp, notes) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let program = std::env::current_exe().unwrap();
    let mut children: Vec<_> = (0..PROCESSES)
        .map(|caller| {
            Command::new(&program)
                .args(["--exact", "role_of_a_process", "--nocapture"])
                .env(ROOT, tmp.path())
                .env(CALLER, caller.to_string())
                .env(NOTES, notes.path().join(caller.to_string()))
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let mut answers: Vec<_> = children
        .iter_mut()
        .map(|c| BufReader::new(c.stdout.take().unwrap()).lines())
        .collect();
    let histories = rounds(30);
    let mut ends = Vec::new();
    for seed in 1..=histories {
        for child in &mut children {
            writeln!(child.stdin.as_mut().unwrap(), "{seed}").unwrap();
        }
        for lines in &mut answers {
            let done = format!("done {seed}");
            assert!(lines.any(|line| line.unwrap() == done), "a process failed");
        }
        let store = open(tmp.path(), Durability::Full);
        ends.push(look(&store, key(seed), &monotonic));
    }
    for child in &mut children {
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
    }
    let mut noted: Vec<_> = (0..PROCESSES)
        .map(|caller| {
            let file = std::fs::File::open(notes.path().join(caller.to_string())).unwrap();
            BufReader::new(file).lines()
        })
        .collect();
    let mut tally = Tally::default();
    for (seed, mut events) in (1..).zip(ends) {
        for lines in &mut noted {
            let line = lines.next().unwrap().unwrap();
            events.extend(serde_json::from_str::<Vec<Event>>(&line).unwrap());
        }
        tally.judge(seed, &events);
    }
    tally.report("processes of two threads");
}

// That the judge bites.

fn event(invoked: u64, returned: u64, did: Did) -> Event {
    Event {
        invoked,
        returned,
        wall: (0, i64::MAX),
        did,
    }
}

fn saved(invoked: u64, returned: u64, run: &str, value: u64) -> Event {
    let run = run.to_owned();
    event(invoked, returned, Did::Saved { run, value })
}

fn answer(run: &str, value: u64) -> Option<Answer> {
    Some(Answer {
        run: run.to_owned(),
        value,
        written: value as i64,
    })
}

fn found(invoked: u64, returned: u64, run: &str, value: Option<u64>) -> Event {
    let answer = value.and_then(|v| answer(run, v));
    let run = run.to_owned();
    event(invoked, returned, Did::FoundRun { run, answer })
}

fn removed(invoked: u64, returned: u64, run: &str, had: bool) -> Event {
    let run = run.to_owned();
    event(invoked, returned, Did::Removed { run, had })
}

#[test]
fn right_histories_are_accepted_and_wrong_ones_refused() {
    let best = |at, value| {
        let answer = answer(["a", "b"][value as usize % 2], value);
        event(at, at + 1, Did::FoundBest { answer })
    };
    let latest = |at, value| {
        let answer = answer(["a", "b"][value as usize % 2], value);
        event(at, at + 1, Did::FoundLatest { answer })
    };
    let removed_all = |at, had| event(at, at + 1, Did::RemovedAll { had });
    // Of runs "a" (even values) and "b" (odd ones).
    let with = |of: u64, objective| {
        let mut values = (2..1000).filter(|v| v % 2 == of);
        values
            .find(|v| contract::objective(*v) == objective)
            .unwrap()
    };
    let (low, high) = (with(0, Some(-1.0)), with(1, Some(1.0)));
    let right = [
        // While a save is under way, the old and the new.
        vec![
            saved(0, 1, "a", 2),
            saved(2, 9, "a", 4),
            found(3, 4, "a", Some(2)),
            found(5, 6, "a", Some(4)),
        ],
        // Of two removals at once, one finds something.
        vec![
            saved(0, 1, "a", 2),
            removed(2, 5, "a", true),
            removed(3, 4, "a", false),
        ],
        // The winner is removed, the loser stays.
        vec![
            saved(0, 6, "a", 2),
            saved(1, 3, "a", 4),
            found(4, 5, "a", Some(4)),
            removed(2, 8, "a", true),
            found(9, 10, "a", Some(2)),
        ],
        vec![
            saved(0, 1, "a", low),
            saved(2, 3, "b", high),
            best(4, low),
            latest(6, low.max(high)),
            removed_all(8, true),
            found(10, 11, "a", None),
        ],
    ];
    for history in &right {
        judge(history).unwrap();
    }
    let wrong = [
        // Stale: the save was acknowledged.
        vec![
            saved(0, 1, "a", 2),
            saved(2, 3, "a", 4),
            found(4, 5, "a", Some(2)),
        ],
        // Back to the old after the new was seen.
        vec![
            saved(0, 1, "a", 2),
            saved(2, 9, "a", 4),
            found(3, 4, "a", Some(4)),
            found(5, 6, "a", Some(2)),
        ],
        // Lost.
        vec![saved(0, 1, "a", 2), found(2, 3, "a", None)],
        // Answered before it was saved.
        vec![found(0, 1, "a", Some(2)), saved(2, 3, "a", 2)],
        vec![found(0, 1, "a", Some(2))],
        // Removed twice.
        vec![
            saved(0, 1, "a", 2),
            removed(2, 5, "a", true),
            removed(3, 4, "a", true),
        ],
        // Back after its removal, and nobody else was saving.
        vec![
            saved(0, 1, "a", 2),
            removed(2, 3, "a", true),
            found(4, 5, "a", Some(2)),
        ],
        vec![
            saved(0, 1, "a", 2),
            removed_all(2, true),
            found(4, 5, "a", Some(2)),
        ],
        vec![saved(0, 1, "a", 2), removed_all(2, false)],
        // Not the best.
        vec![
            saved(0, 1, "a", low),
            saved(2, 3, "b", high),
            best(4, high),
            best(6, low),
        ],
        // Not the latest.
        vec![
            saved(0, 1, "a", 2),
            saved(2, 3, "b", 3),
            latest(4, 3),
            latest(6, 2),
        ],
        // One of two is missing from a listing.
        vec![
            saved(0, 1, "a", 2),
            saved(2, 3, "b", 3),
            event(
                4,
                5,
                Did::Listed {
                    answers: answer("b", 3).into_iter().collect(),
                },
            ),
        ],
    ];
    for history in &wrong {
        judge(history).unwrap_err();
    }
}

/// A cache that does not look whether its answer still holds, beside threads that do.
#[test]
fn an_answer_from_before_an_acknowledged_save_is_noticed() {
    let tmp = tempfile::tempdir().unwrap();
    let store = open(tmp.path(), Durability::Process);
    let time = AtomicU64::new(0);
    let clock = || time.fetch_add(1, Ordering::SeqCst);
    for seed in 1..=rounds(8) {
        let key = key(seed);
        let mut mine = Vec::new();
        let others: Vec<Event> = thread::scope(|s| {
            let (store, clock) = (&store, &clock);
            let callers = [1, 2].map(|caller| {
                let todo = Work {
                    caller,
                    seed: seed * 31 + caller,
                    calls: 20,
                    slots: Slots::Own,
                    removes_all: false,
                };
                s.spawn(move || work(store, key, todo, clock))
            });
            for call in [
                Call::SaveSlot("mine"),
                Call::LookupRun("mine"),
                Call::SaveSlot("mine"),
                Call::LookupRun("mine"),
            ] {
                let value = 9 << 32 | mine.len() as u64;
                note(&mut mine, clock, || perform(store, key, call, value));
            }
            callers
                .into_iter()
                .flat_map(|c| c.join().unwrap())
                .collect()
        });
        let judge_with = |last: &Did| {
            let mut events = [others.as_slice(), mine.as_slice()].concat();
            events.last_mut().unwrap().did = last.clone();
            judge(&events)
        };
        judge_with(&mine[3].did).unwrap();
        judge_with(&mine[1].did).unwrap_err();
    }
}
