//! What the store promises of one key, as a sequential object, and how calls on a real store are noted
//! down to be held against it.
//!
//! * A key is a map from run ids to entries. `save` and `save_slot` put one entry, `remove_entry` takes
//!   one, `lookup_run` reads one, `lookup` reads the best or the latest of all, `entries` reads all: each
//!   at one instant between call and return. A save that ends later than another of the same run but
//!   loses against it took effect just before it.
//! * `remove` takes each run at an instant of its own: a run saved before the call began is gone when it
//!   returns, one that is saved meanwhile may be gone or stay, and a lookup may see some gone and
//!   others not. It answers whether it took any. So a history with such calls is judged run by run:
//!   each run by itself is linearizable, and what a lookup of all answered was there.
//! * Where several writers save one run at the same time and one of them loses, a removal of that run
//!   at the same time may take the winner and leave the loser: the one exception to the first rule, and
//!   none where each run has one writer.
//! * "Latest" and ties go by the stamp of writing that an entry carries, which lies between call and
//!   return of its save; it is not the instant of taking effect.

use super::checker::{check, Model, Timed};
use super::{Entry, Key, Kind, Lookup, Store};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

const TOLERANCE: f64 = 1e-12;

/// All that is saved with a payload follows from its number.
pub fn objective(value: u64) -> Option<f64> {
    [
        None,
        Some(0.0),
        Some(0.7e-12),
        Some(1.4e-12),
        Some(1.0),
        Some(-1.0),
    ][(mixed(value) % 6) as usize]
}

fn is_final(value: u64) -> bool {
    mixed(value) >> 8 & 1 == 1
}

fn kind(value: u64) -> Kind {
    if is_final(value) {
        Kind::Final
    } else {
        Kind::Checkpoint
    }
}

fn mixed(value: u64) -> u64 {
    let x = (value ^ value >> 31).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x ^ x >> 29
}

fn payload(value: u64) -> Vec<u8> {
    let words = 1 + mixed(value) % 90;
    (0..words)
        .flat_map(|i| (value ^ i << 56).to_le_bytes())
        .collect()
}

/// What a lookup answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    pub run: String,
    pub value: u64,
    /// Nanoseconds.
    pub written: i64,
}

impl Answer {
    /// Of an entry that must be whole and carry what was saved with it.
    fn of(entry: &Entry) -> Answer {
        let info = entry.info();
        let value = u64::from_le_bytes(entry.payload()[..8].try_into().unwrap());
        assert!(entry.payload() == payload(value), "torn: {entry:?}");
        assert_eq!(info.iteration, i64::try_from(value).ok());
        assert_eq!(
            info.objective.map(f64::to_bits),
            objective(value).map(f64::to_bits)
        );
        assert_eq!(info.kind, kind(value));
        Answer {
            run: entry.run_id().to_owned(),
            value,
            written: stamp(info.written_unix_secs, info.written_nanos),
        }
    }
}

pub fn stamp(secs: i64, nanos: u32) -> i64 {
    secs * 1_000_000_000 + i64::from(nanos)
}

/// What a call did or answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Did {
    Saved { run: String, value: u64 },
    FoundRun { run: String, answer: Option<Answer> },
    FoundBest { answer: Option<Answer> },
    FoundLatest { answer: Option<Answer> },
    Listed { answers: Vec<Answer> },
    Removed { run: String, had: bool },
    RemovedAll { had: bool },
}

/// A call that returned.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    pub invoked: u64,
    pub returned: u64,
    /// The clock that stamps of writing are taken from, before and after.
    pub wall: (i64, i64),
    pub did: Did,
}

/// What to call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Call<'a> {
    Save,
    SaveSlot(&'a str),
    LookupRun(&'a str),
    Lookup(Lookup),
    List,
    Remove(&'a str),
    RemoveAll,
}

/// Calls `store`; a save stores `value`, which must be new.
pub fn perform(store: &Store, key: Key, call: Call<'_>, value: u64) -> Did {
    let answer = |entry: Option<Entry>| entry.as_ref().map(Answer::of);
    let description = || (payload(value), objective(value), Some(value), kind(value));
    match call {
        Call::Save => {
            let (bytes, objective, iteration, kind) = description();
            let saved = store.save(key, &bytes, objective, iteration, kind);
            let run = saved.unwrap();
            Did::Saved { run, value }
        }
        Call::SaveSlot(run) => {
            let (bytes, objective, iteration, kind) = description();
            let saved = store.save_slot(key, run, &bytes, objective, iteration, kind);
            saved.unwrap();
            let run = run.to_owned();
            Did::Saved { run, value }
        }
        Call::LookupRun(run) => Did::FoundRun {
            run: run.to_owned(),
            answer: answer(store.lookup_run(key, run).unwrap()),
        },
        Call::Lookup(mode) => {
            let answer = answer(store.lookup(key, mode).unwrap());
            match mode {
                Lookup::Best => Did::FoundBest { answer },
                Lookup::Latest => Did::FoundLatest { answer },
            }
        }
        Call::List => {
            let listed = store.entries(key).unwrap();
            let answers = listed.into_iter().map(|r| Answer {
                run: r.run_id,
                value: r.info.iteration.unwrap() as u64,
                written: stamp(r.info.written_unix_secs, r.info.written_nanos),
            });
            Did::Listed {
                answers: answers.collect(),
            }
        }
        Call::Remove(run) => Did::Removed {
            run: run.to_owned(),
            had: store.remove_entry(key, run).unwrap(),
        },
        Call::RemoveAll => Did::RemovedAll {
            had: store.remove(key).unwrap(),
        },
    }
}

/// What is known of a value.
#[derive(Debug)]
struct Fact {
    run: usize,
    wall: (i64, i64),
    /// `None` when no call ever answered it: then nothing speaks against the earliest possible.
    written: Option<i64>,
}

impl Fact {
    /// The order among ties, and among all without objectives.
    fn stamp(&self) -> i64 {
        self.written.unwrap_or(self.wall.0)
    }
}

/// One step of the sequential object.
#[derive(Debug)]
enum Operation {
    Put {
        run: usize,
        value: u64,
    },
    Run {
        run: usize,
        answer: Option<u64>,
    },
    Best(Option<u64>),
    Latest(Option<u64>),
    All(Vec<(usize, u64)>),
    /// Whether it took any is not known of one run's share of a removal of many.
    Take {
        run: usize,
        had: Option<bool>,
        losers: Vec<u64>,
    },
}

/// The entries by run.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
struct State(Vec<(usize, u64)>);

impl State {
    fn get(&self, run: usize) -> Option<u64> {
        self.0.iter().find(|e| e.0 == run).map(|e| e.1)
    }

    fn take(&mut self, run: usize) {
        self.0.retain(|e| e.0 != run);
    }

    fn put(&mut self, run: usize, value: u64) {
        self.take(run);
        self.0.push((run, value));
        self.0.sort_unstable();
    }
}

struct OneKey {
    facts: HashMap<u64, Fact>,
}

impl OneKey {
    /// Whether `answer` is the latest or best of `entries`.
    fn is_chosen(&self, entries: &[(usize, u64)], answer: Option<u64>, best: bool) -> bool {
        let values = || entries.iter().map(|e| e.1);
        let Some(answer) = answer else {
            return entries.is_empty();
        };
        if !values().any(|v| v == answer) {
            return false;
        }
        let lowest = values()
            .filter_map(objective)
            .min_by(f64::total_cmp)
            .filter(|_| best);
        let is_candidate = |v: u64| match lowest {
            Some(m) => objective(v).is_some_and(|o| o - m <= TOLERANCE),
            None => true,
        };
        let order = |v: u64| {
            let stamp = self.facts[&v].stamp();
            match lowest {
                Some(_) => (i64::from(is_final(v)), stamp),
                None => (stamp, i64::from(is_final(v))),
            }
        };
        // With equal stamps the name decides, which is not known here.
        is_candidate(answer)
            && values()
                .filter(|v| is_candidate(*v))
                .all(|v| order(v) <= order(answer))
    }
}

impl Model for OneKey {
    type State = State;
    type Operation = Operation;

    fn initial(&self) -> State {
        State::default()
    }

    fn step(&self, state: &State, operation: &Operation) -> Vec<State> {
        let mut next = state.clone();
        let is_right = match operation {
            Operation::Put { run, value } => {
                next.put(*run, *value);
                true
            }
            Operation::Run { run, answer } => state.get(*run) == *answer,
            Operation::Best(answer) => self.is_chosen(&state.0, *answer, true),
            Operation::Latest(answer) => self.is_chosen(&state.0, *answer, false),
            Operation::All(entries) => state.0 == *entries,
            Operation::Take { run, had, losers } => {
                let taken = state.get(*run);
                next.take(*run);
                let is_right = had.map_or(true, |had| had == taken.is_some());
                if is_right && taken.is_some() {
                    let left = losers.iter().filter(|l| taken != Some(**l)).map(|l| {
                        let mut left = next.clone();
                        left.put(*run, *l);
                        left
                    });
                    return left.chain([next.clone()]).collect();
                }
                is_right
            }
        };
        is_right.then_some(next).into_iter().collect()
    }

    fn changes_nothing(operation: &Operation) -> bool {
        match operation {
            Operation::Put { .. } => false,
            Operation::Take { had, .. } => *had == Some(false),
            _ => true,
        }
    }
}

/// Names runs by numbers.
#[derive(Default)]
struct Runs(HashMap<String, usize>);

impl Runs {
    fn number(&mut self, run: &str) -> usize {
        let next = self.0.len();
        *self.0.entry(run.to_owned()).or_insert(next)
    }
}

/// Holds a history of one key against the contract.
pub fn judge(events: &[Event]) -> Result<(), String> {
    let mut runs = Runs::default();
    let model = OneKey {
        facts: facts(events, &mut runs)?,
    };
    let by_run = events
        .iter()
        .any(|e| matches!(e.did, Did::RemovedAll { .. }));
    let mut of_runs: BTreeMap<usize, Vec<Timed<Operation>>> = BTreeMap::new();
    let mut of_all = Vec::new();
    let names: Vec<(String, usize)> = runs.0.iter().map(|(r, n)| (r.clone(), *n)).collect();
    for event in events {
        let timed = |operation| Timed {
            invoked: event.invoked,
            returned: event.returned,
            operation,
        };
        let mut add = |run: usize, operation| {
            if by_run {
                of_runs.entry(run).or_default().push(timed(operation));
            } else {
                of_all.push(timed(operation));
            }
        };
        let value = |answer: &Option<Answer>| answer.as_ref().map(|a| a.value);
        match &event.did {
            Did::Saved { run, value } => {
                let (run, value) = (runs.number(run), *value);
                add(run, Operation::Put { run, value });
            }
            Did::FoundRun { run, answer } => {
                let (run, answer) = (runs.number(run), value(answer));
                add(run, Operation::Run { run, answer });
            }
            Did::Removed { run: name, had } => {
                let run = runs.number(name);
                let (had, losers) = (Some(*had), losers(events, name, event));
                add(run, Operation::Take { run, had, losers });
            }
            Did::RemovedAll { had } => {
                let there = possibly_there(events, event);
                if there.is_empty() && *had {
                    return Err(format!("nothing can have been there: {event:?}"));
                }
                for name in &there {
                    let run = runs.number(name);
                    let had = Some(*had).filter(|had| !had || there.len() == 1);
                    let losers = losers(events, name, event);
                    add(run, Operation::Take { run, had, losers });
                }
            }
            Did::FoundBest { answer } | Did::FoundLatest { answer } if by_run => match answer {
                Some(a) => {
                    let (run, answer) = (runs.number(&a.run), Some(a.value));
                    add(run, Operation::Run { run, answer });
                }
                // Each was gone at some time, though not all at the same.
                None => {
                    for &(_, run) in &names {
                        add(run, Operation::Run { run, answer: None });
                    }
                }
            },
            Did::Listed { answers } if by_run => {
                for (name, run) in &names {
                    let (run, answer) = (*run, answers.iter().find(|a| a.run == *name));
                    let answer = answer.map(|a| a.value);
                    add(run, Operation::Run { run, answer });
                }
            }
            Did::FoundBest { answer } => of_all.push(timed(Operation::Best(value(answer)))),
            Did::FoundLatest { answer } => of_all.push(timed(Operation::Latest(value(answer)))),
            Did::Listed { answers } => {
                if !answers.windows(2).all(|w| w[0].written >= w[1].written) {
                    return Err(format!("not newest first: {answers:?}"));
                }
                let mut entries: Vec<_> = answers
                    .iter()
                    .map(|a| (runs.number(&a.run), a.value))
                    .collect();
                entries.sort_unstable();
                of_all.push(timed(Operation::All(entries)));
            }
        }
    }
    for (run, history) in of_runs {
        check(&model, history).map_err(|why| format!("run {run}: {why}"))?;
    }
    check(&model, of_all)
}

fn facts(events: &[Event], runs: &mut Runs) -> Result<HashMap<u64, Fact>, String> {
    let mut facts = HashMap::new();
    for event in events {
        if let Did::Saved { run, value } = &event.did {
            let fact = Fact {
                run: runs.number(run),
                wall: event.wall,
                written: None,
            };
            assert!(facts.insert(*value, fact).is_none(), "saved twice");
        }
    }
    for event in events {
        let answers = match &event.did {
            Did::FoundRun { answer, .. }
            | Did::FoundBest { answer }
            | Did::FoundLatest { answer } => answer.as_slice(),
            Did::Listed { answers } => answers,
            _ => &[],
        };
        for answer in answers {
            let Some(fact) = facts.get_mut(&answer.value) else {
                return Err(format!("nobody saved that: {event:?}"));
            };
            let written = *fact.written.get_or_insert(answer.written);
            if fact.run != runs.number(&answer.run)
                || written != answer.written
                || !(fact.wall.0..=fact.wall.1).contains(&written)
            {
                return Err(format!("{answer:?}, and of its save {fact:?} is known"));
            }
        }
    }
    Ok(facts)
}

/// The runs that a removal of all may have found: those saved before it ended, but for what an earlier
/// removal must have taken.
fn possibly_there<'a>(events: &'a [Event], removal: &Event) -> BTreeSet<&'a str> {
    let is_gone = |run: &str, saved: u64| {
        events.iter().any(|e| {
            let takes = match &e.did {
                Did::RemovedAll { .. } => true,
                Did::Removed { run: taken, .. } => taken == run,
                _ => false,
            };
            takes && saved < e.invoked && e.returned < removal.invoked
        })
    };
    let saved = events.iter().filter_map(|e| match &e.did {
        Did::Saved { run, .. } if e.invoked <= removal.returned => Some((run, e.returned)),
        _ => None,
    });
    saved
        .filter(|(run, saved)| !is_gone(run, *saved))
        .map(|(run, _)| run.as_str())
        .collect()
}

/// The saves of `run` that a removal at the same time may leave though another save superseded them: those
/// that overlapped it, and another save of the same run.
fn losers(events: &[Event], run: &str, removal: &Event) -> Vec<u64> {
    let overlap = |a: &Event, b: &Event| a.invoked <= b.returned && b.invoked <= a.returned;
    let saves = || {
        events.iter().filter_map(|e| match &e.did {
            Did::Saved { run: saved, value } if saved == run => Some((e, *value)),
            _ => None,
        })
    };
    saves()
        .filter(|(save, value)| {
            overlap(save, removal) && saves().any(|(other, v)| v != *value && overlap(save, other))
        })
        .map(|(_, value)| value)
        .collect()
}
