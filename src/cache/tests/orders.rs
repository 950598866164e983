//! Calls of several processes at once: each pair, one wholly inside the other at every call to the disk, and
//! some with a third inside. What they are answered must have an order.

#[path = "../../../tests/linear/checker.rs"]
mod checker;

use super::*;
use crate::error::ErrorKind;
use crate::fs::turns::{at_each_call, At, Turns};
use crate::store::Durability;
use checker::{check, Model, Timed};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::rc::Rc;

/// Who is refused a lock so often waits for one that is held by who waits for him.
const REFUSALS: u32 = 300;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    Put,
    Labelled,
    Newer(u64),
    /// The version that is expected, and the one it is put with.
    Swap(Option<u64>, u64),
    Get,
    Peek,
    Remove,
    Clear,
    Invalidate,
    Flush,
    Live,
    Sweep,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Live {
    value: u64,
    version: Option<u64>,
    labelled: bool,
}

#[derive(Debug, Clone, Copy)]
enum Answer {
    Put(Live, bool),
    Got(Option<u64>),
    Seen(Option<Option<u64>>),
    /// Whether there was one.
    Had(bool),
    Done,
}

#[derive(Debug, Clone)]
struct Did {
    #[allow(dead_code)]
    by: usize,
    call: Call,
    answer: Answer,
    /// Its label was invalidated while it was put: then it may fall with what was there before.
    may_fall: bool,
}

/// One key.
struct OneKey;

impl Model for OneKey {
    type State = Option<Live>;
    type Operation = Did;

    fn initial(&self) -> Self::State {
        None
    }

    fn step(&self, state: &Self::State, did: &Did) -> Vec<Self::State> {
        let only_if = |holds: bool, next: Self::State| if holds { vec![next] } else { Vec::new() };
        match did.answer {
            Answer::Put(live, accepted) => {
                let there = state.map(|s| s.version);
                let passes = match did.call {
                    Call::Newer(version) => there.flatten().map_or(true, |t| t < version),
                    Call::Swap(expected, _) => there == expected.map(Some),
                    _ => true,
                };
                match (passes == accepted, accepted) {
                    (false, _) => Vec::new(),
                    (_, false) => vec![*state],
                    _ if did.may_fall => vec![Some(live), None],
                    _ => vec![Some(live)],
                }
            }
            Answer::Got(value) => only_if(value == state.map(|s| s.value), *state),
            Answer::Seen(version) => only_if(version == state.map(|s| s.version), *state),
            Answer::Had(had) if did.call == Call::Live => only_if(had == state.is_some(), *state),
            Answer::Had(had) => only_if(had == state.is_some(), None),
            Answer::Done => vec![match did.call {
                Call::Invalidate => state.filter(|s| !s.labelled),
                Call::Sweep => *state,
                _ => None,
            }],
        }
    }

    fn changes_nothing(did: &Did) -> bool {
        match did.answer {
            Answer::Put(_, accepted) => !accepted,
            Answer::Got(_) | Answer::Seen(_) => true,
            Answer::Had(had) => !had || did.call == Call::Live,
            Answer::Done => did.call == Call::Sweep,
        }
    }
}

/// A call of a process, and what others do at calls to the disk of it.
#[derive(Debug, Clone)]
struct Nest {
    by: usize,
    call: Call,
    inside: Vec<(usize, Nest)>,
}

impl Nest {
    fn of((by, call): (usize, Call), inside: Vec<(usize, Nest)>) -> Nest {
        Nest { by, call, inside }
    }
}

/// Someone waits for one who waits for him.
struct Blocked;

struct Processes {
    caches: Vec<Cache>,
    disk: Turns,
    events: RefCell<Vec<Timed<Did>>>,
    time: Cell<u64>,
}

const LEVELS: [Durability; 3] = [Durability::Full, Durability::Process, Durability::Full];

fn open(disk: &Turns, durability: Durability) -> Cache {
    let mut options = CacheOptions::new();
    options.durability(durability);
    let disk: Arc<dyn FileSystem> = Arc::new(disk.clone());
    let cache = Cache::open_on(disk, Some(Path::new("/root")), &options).unwrap();
    cache.shared().background.start_none();
    cache
}

impl Processes {
    fn new() -> Rc<Processes> {
        let disk = Turns::on(Arc::new(Simulated::new()));
        let caches: Vec<Cache> = LEVELS.iter().map(|d| open(&disk, *d)).collect();
        caches[0].put("n", "another", b"1", &put()).unwrap();
        for cache in &caches {
            cache.get("n", "another").unwrap();
        }
        Rc::new(Processes {
            caches,
            disk,
            events: RefCell::default(),
            time: Cell::new(0),
        })
    }

    fn now(&self) -> u64 {
        let now = self.time.get() + 1;
        self.time.set(now);
        now
    }

    fn call(&self, by: usize, cache: &Cache, call: Call) {
        let invoked = self.now();
        let answer = answer(cache, call, invoked);
        let returned = self.now();
        let did = Did {
            by,
            call,
            answer,
            may_fall: false,
        };
        self.events.borrow_mut().push(Timed {
            invoked,
            returned,
            operation: did,
        });
    }

    /// How many calls to the disk the outermost made.
    fn perform(self: &Rc<Self>, nest: &Nest) -> usize {
        let calls = Rc::new(Cell::new(0));
        let refusals = Cell::new(0);
        let (this, at, inside) = (Rc::clone(self), Rc::clone(&calls), nest.inside.clone());
        let then = move |reached| {
            if std::thread::panicking() {
                return;
            }
            if reached == At::Refusal {
                refusals.set(refusals.get() + 1);
                if refusals.get() > REFUSALS {
                    resume_unwind(Box::new(Blocked));
                }
                return;
            }
            let n = at.replace(at.get() + 1);
            for (_, inner) in inside.iter().filter(|(when, _)| *when == n) {
                this.perform(inner);
            }
        };
        at_each_call(Rc::new(then), || {
            self.call(nest.by, &self.caches[nest.by], nest.call);
        });
        calls.get()
    }

    fn judge(&self) -> Result<(), String> {
        for (by, cache) in self.caches.iter().enumerate() {
            self.call(by, cache, Call::Peek);
            self.call(by, cache, Call::Get);
        }
        self.call(9, &open(&self.disk, Durability::Full), Call::Get);
        let mut history = self.events.borrow().clone();
        let invalidations: Vec<(u64, u64)> = history
            .iter()
            .filter(|e| e.operation.call == Call::Invalidate)
            .map(|e| (e.invoked, e.returned))
            .collect();
        for event in &mut history {
            let at_once = |i: &(u64, u64)| i.0 <= event.returned && event.invoked <= i.1;
            event.operation.may_fall =
                event.operation.call == Call::Labelled && invalidations.iter().any(at_once);
        }
        check(&OneKey, history)
    }
}

fn answer(cache: &Cache, call: Call, value: u64) -> Answer {
    let mut options = put();
    let mut live = Live {
        value,
        version: None,
        labelled: call == Call::Labelled,
    };
    match call {
        Call::Labelled => drop(options.tag("t").unwrap()),
        Call::Newer(version) => {
            live.version = Some(version);
            options.version(version);
        }
        Call::Swap(expected, version) => {
            live.version = Some(version);
            options.swap(expected, version);
        }
        _ => {}
    }
    match call {
        Call::Put | Call::Labelled | Call::Newer(_) | Call::Swap(..) => {
            match cache.put("n", "k", &value.to_le_bytes(), &options) {
                Ok(_) => Answer::Put(live, true),
                Err(e) if e.kind() == ErrorKind::Conflict => Answer::Put(live, false),
                Err(e) => panic!("{e}"),
            }
        }
        Call::Get => {
            let found = cache.get("n", "k").unwrap();
            let value = |b: Blob| u64::from_le_bytes(b.payload().try_into().unwrap());
            Answer::Got(found.map(value))
        }
        Call::Peek => Answer::Seen(cache.peek("n", "k").unwrap().map(|s| s.info.version)),
        Call::Remove => Answer::Had(cache.remove("n", "k").unwrap()),
        Call::Clear => {
            cache.invalidate_prefix("n", "k").unwrap();
            Answer::Done
        }
        Call::Invalidate => {
            cache.invalidate(Some("n"), LabelKind::Tag, &["t"]).unwrap();
            Answer::Done
        }
        Call::Flush => {
            cache.flush("n").unwrap();
            Answer::Done
        }
        Call::Live => {
            let life = ExpiryPolicy {
                idle_ms: Some(86_400_000),
                ..ExpiryPolicy::default()
            };
            Answer::Had(cache.set_life("n", "k", &life).unwrap())
        }
        Call::Sweep => {
            cache.sweep().unwrap();
            Answer::Done
        }
    }
}

/// The calls that the outermost made; none where somebody would have to wait.
fn run(start: &[(usize, Call)], nest: &Nest) -> Option<usize> {
    let processes = Processes::new();
    for &(by, call) in start {
        processes.call(by, &processes.caches[by], call);
    }
    let done = catch_unwind(AssertUnwindSafe(|| processes.perform(nest)));
    match done {
        Ok(calls) => {
            if let Err(why) = processes.judge() {
                panic!("after {start:?}, {nest:?}: {why}");
            }
            Some(calls)
        }
        Err(why) if is_blocked(&*why) => None,
        Err(why) => resume_unwind(why),
    }
}

fn is_blocked(why: &(dyn Any + Send)) -> bool {
    why.is::<Blocked>()
}

const STARTS: [&[(usize, Call)]; 6] = [
    &[],
    &[(0, Call::Newer(1))],
    &[(0, Call::Labelled), (1, Call::Get)],
    &[(0, Call::Put), (1, Call::Newer(1))],
    &[(0, Call::Put), (0, Call::Remove)],
    &[(0, Call::Newer(1)), (1, Call::Live)],
];

const CALLS: [Call; 12] = [
    Call::Put,
    Call::Labelled,
    Call::Newer(2),
    Call::Swap(Some(1), 2),
    Call::Swap(None, 1),
    Call::Get,
    Call::Remove,
    Call::Clear,
    Call::Invalidate,
    Call::Flush,
    Call::Live,
    Call::Sweep,
];

/// For whoever runs the tests with `--nocapture`.
#[allow(clippy::print_stderr)]
fn say(runs: usize, blocked: usize) {
    eprintln!("{runs} orders, and {blocked} in which one would wait for the other");
}

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |n| n.parse().unwrap())
}

#[test]
fn of_two_calls_one_inside_the_other_the_answers_have_an_order() {
    // From a different call on for each pair; `WARM_ORDERS_STRIDE=1` is all of them.
    let stride = number("WARM_ORDERS_STRIDE", 97);
    let (mut runs, mut blocked, mut pair) = (0, 0, 0);
    for start in STARTS {
        for outer in CALLS {
            let calls = run(start, &Nest::of((0, outer), Vec::new())).unwrap();
            for inner in CALLS {
                for (a, b) in [(0, 1), (1, 0), (0, 2)] {
                    pair += 1;
                    for at in (pair % stride..calls).step_by(stride) {
                        let inside = vec![(at, Nest::of((b, inner), Vec::new()))];
                        match run(start, &Nest::of((a, outer), inside)) {
                            Some(_) => runs += 1,
                            None => blocked += 1,
                        }
                    }
                }
            }
        }
    }
    say(runs, blocked);
}

#[test]
fn of_three_calls_the_second_and_third_inside_the_first_the_answers_have_an_order() {
    let seed = number("WARM_ORDERS_SEED", 1);
    let mut random = Random::new(seed as u64);
    let (mut runs, mut blocked) = (0, 0);
    for _ in 0..number("WARM_ORDERS", 250) {
        let start = STARTS[random.below(STARTS.len())];
        let mut by = [0, 1, 2];
        by.swap(0, random.below(3));
        by.swap(1, 1 + random.below(2));
        let call = |by| (by, CALLS[random.below(CALLS.len())]);
        let [first, second, third] = by.map(call);
        let calls = run(start, &Nest::of(first, Vec::new())).unwrap();
        let (i, j) = (random.below(calls.max(1)), random.below(calls.max(1)));
        let third = Nest::of(third, Vec::new());
        let inside = match random.below(3) {
            // The third inside the second, too.
            0 => vec![(i, Nest::of(second, vec![(random.below(60), third)]))],
            // The third looks on.
            1 => {
                let mut inside = vec![(i, Nest::of(second, Vec::new()))];
                inside.extend(looks(third.by, i));
                inside
            }
            _ => vec![(i.min(j), Nest::of(second, Vec::new())), (i.max(j), third)],
        };
        match run(start, &Nest::of(first, inside)) {
            Some(_) => runs += 1,
            None => blocked += 1,
        }
    }
    say(runs, blocked);
}

/// One who looks at each call from this one on, further than there are any.
fn looks(by: usize, from: usize) -> impl Iterator<Item = (usize, Nest)> {
    (from..from + 300).map(move |at| (at, Nest::of((by, Call::Get), Vec::new())))
}

struct Random(u64);

impl Random {
    fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n
    }
}

/// Somebody gives another life to what another removes without waiting for the disk, and a third looks on.
#[test]
fn a_removal_that_was_seen_is_not_taken_back_for_another_life() {
    let start = STARTS[1];
    let removal = (1, Call::Remove);
    let calls = run(start, &Nest::of(removal, Vec::new())).unwrap();
    for at in 0..calls {
        let mut inside = vec![(at, Nest::of((0, Call::Live), Vec::new()))];
        inside.extend(looks(2, at));
        run(start, &Nest::of(removal, inside));
    }
}
