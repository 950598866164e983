//! Processes that are killed at any moment, on a root they share with one that goes on.
//!
//! Each says on a pipe what it begins and what it was answered. What was acknowledged stays as it was
//! acknowledged, what was under way when its caller died happened or did not, and everybody agrees on
//! which; counters that are incremented by compare-and-swap have counted each acknowledged step once.

use crate::history::{judge, monotonic, Caller, Condition, Did, Event, Notes};
use crate::{number, Random};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use warmstart::{Cache, CacheOptions, Durability, Progress};

const ROOT: &str = "WARMSTART_TEST_CACHE_ROOT";
const CALLER: &str = "WARMSTART_TEST_CACHE_CALLER";
const EPOCH: &str = "WARMSTART_TEST_CACHE_EPOCH";
/// At once.
const PROCESSES: u64 = 3;
/// In one epoch, after which other keys are used.
const KILLS: u64 = 6;

/// Never flushed, and common to all epochs.
const APART: &str = "apart";
const COUNTER: &str = "counter";
const LATEST: &str = "latest";

fn names(epoch: u64) -> Vec<(&'static str, String)> {
    vec![
        ("flushed", format!("{epoch:06}a")),
        ("flushed", format!("{epoch:06}b")),
        ("labelled", format!("{epoch:06}c")),
    ]
}

fn open(root: &Path, caller: u64) -> Cache {
    let mut options = CacheOptions::new();
    options
        .durability([Durability::Full, Durability::Process][(caller % 3 == 1) as usize])
        .background_promotion(caller % 2 == 1, 16)
        .unwrap();
    Cache::open(Some(root), &options).unwrap()
}

/// Tells the parent.
struct Pipe(std::io::Stdout);

impl Pipe {
    fn tell(&mut self, mark: &str, event: &Event) {
        let line = format!("{mark}{}\n", serde_json::to_string(event).unwrap());
        self.0.write_all(line.as_bytes()).unwrap();
    }
}

impl Notes for Pipe {
    fn begun(&mut self, event: &Event) {
        self.tell("\n>", event);
    }

    fn ended(&mut self, event: &Event) {
        self.tell("<", event);
    }
}

/// What each process of the test below does until it is killed; nothing when called by the test runner.
#[test]
fn role_of_a_caller() {
    let Ok(root) = std::env::var(ROOT) else {
        return;
    };
    let caller = number(CALLER).unwrap();
    let names = names(number(EPOCH).unwrap());
    let names: Vec<(&str, &str)> = names.iter().map(|(n, k)| (*n, k.as_str())).collect();
    let cache = open(Path::new(&root), caller);
    let mut random = Random::new(caller * 7919);
    let mut pipe = Pipe(std::io::stdout());
    let mut caller = Caller {
        cache: &cache,
        id: caller,
        next: 0,
        clock: &monotonic,
        notes: &mut pipe,
    };
    loop {
        match random.below(10) {
            0 => {
                let version = caller.get(APART, COUNTER).and_then(|l| l.version);
                let next = Some(version.unwrap_or(0) + 1);
                caller.put(APART, COUNTER, next, Condition::Expected(version), 0);
            }
            1 => {
                caller.put(APART, LATEST, Some(monotonic()), Condition::Newer, 1);
            }
            2 => drop(caller.get(APART, [COUNTER, LATEST][random.below(2) as usize])),
            _ => caller.any(&mut random, &names, true),
        }
    }
}

/// A process, and the thread that listens to it.
struct Running {
    child: Child,
    listener: JoinHandle<Vec<Event>>,
}

/// Starts a process; tells `begun` when it makes its first call.
fn start(root: &Path, epoch: u64, caller: u64, begun: mpsc::Sender<()>) -> Running {
    let program = std::env::current_exe().unwrap();
    let mut child = Command::new(program)
        .args(["--exact", "kills::role_of_a_caller", "--nocapture"])
        .env(ROOT, root)
        .env(EPOCH, epoch.to_string())
        .env(CALLER, caller.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let listener = thread::spawn(move || {
        let mut events = Vec::new();
        let mut under_way = None;
        for line in lines {
            let line = line.unwrap();
            // The last line may have been cut short.
            let event = |text: &str| serde_json::from_str::<Event>(text).ok();
            if let Some(text) = line.strip_prefix('>') {
                under_way = event(text);
                let _ = begun.send(());
            } else if let Some(ended) = line.strip_prefix('<').and_then(event) {
                events.push(ended);
                under_way = None;
            }
        }
        events.extend(under_way);
        events
    });
    Running { child, listener }
}

/// The versions that were answered, or stored, never go back.
fn never_goes_back(events: &[Event], key: &str) -> usize {
    let mut seen: Vec<(u64, u64, u64)> = events
        .iter()
        .filter(|e| e.key.as_deref() == Some(key) && e.was_answered())
        .filter_map(|e| {
            let version = match e.did {
                Did::Got { answer } => answer??.version?,
                Did::Put {
                    live,
                    answer: Some(true),
                    ..
                } => live.version?,
                _ => return None,
            };
            Some((e.invoked, e.returned, version))
        })
        .collect();
    seen.sort_unstable();
    let mut ended: Vec<(u64, u64)> = seen.iter().map(|s| (s.1, s.2)).collect();
    ended.sort_unstable();
    let (mut highest, mut next) = (0, 0);
    for (invoked, _, version) in &seen {
        while ended.get(next).is_some_and(|e| e.0 < *invoked) {
            highest = highest.max(ended[next].1);
            next += 1;
        }
        assert!(
            *version >= highest,
            "{key}: {version} was answered after {highest}"
        );
    }
    seen.len()
}

/// Each acknowledged step was counted once, and none that nobody took.
fn counted_each_once(events: &[Event]) -> (usize, usize) {
    let mut acknowledged = BTreeSet::new();
    let mut perhaps = BTreeSet::new();
    let mut found = 0;
    for event in events.iter().filter(|e| e.key.as_deref() == Some(COUNTER)) {
        match event.did {
            Did::Put { live, answer, .. } => {
                let step = live.version.unwrap();
                match answer {
                    Some(true) => assert!(acknowledged.insert(step), "step {step} was taken twice"),
                    None => drop(perhaps.insert((step, live.value))),
                    Some(false) => {}
                }
            }
            Did::Got {
                answer: Some(Some(live)),
            } => found = found.max(live.version.unwrap()),
            _ => {}
        }
    }
    for step in 1..=found {
        let taken = perhaps.range((step, 0)..=(step, u64::MAX)).next().is_some();
        assert!(
            taken || acknowledged.contains(&step),
            "nobody took step {step} of {found}"
        );
    }
    let last = acknowledged.last().copied().unwrap_or(0);
    assert!(found >= last, "{found} was found, and {last} acknowledged");
    (acknowledged.len(), perhaps.len())
}

#[test]
fn what_was_acknowledged_outlives_kill_9() {
    let tmp = tempfile::tempdir().unwrap();
    let most = number("WARM_TEST_KILLS").unwrap_or(48);
    let mut random =
        Random::new(number("WARM_TEST_SEED").unwrap_or_else(|| u64::from(std::process::id())));
    // It is there all the while: what it has in memory has to follow.
    let observer = open(tmp.path(), 0);
    let (mut kills, mut callers) = (0, 100);
    let (mut operations, mut acknowledged) = (0, 0);
    let mut apart: Vec<Event> = Vec::new();
    for epoch in 1.. {
        if kills >= most {
            break;
        }
        let names = names(epoch);
        let names: Vec<(&str, &str)> = names.iter().map(|(n, k)| (*n, k.as_str())).collect();
        let (sender, begun) = mpsc::channel();
        let mut launch = || {
            callers += 1;
            start(tmp.path(), epoch, callers, sender.clone())
        };
        let is_over = AtomicBool::new(false);
        let mut events = thread::scope(|s| {
            let observing = s.spawn(|| {
                let mut notes = Vec::new();
                let mut caller = Caller {
                    cache: &observer,
                    id: 1,
                    next: 0,
                    clock: &monotonic,
                    notes: &mut notes,
                };
                while !is_over.load(Ordering::Relaxed) {
                    for (namespace, key) in &names {
                        caller.get(namespace, key);
                    }
                    caller.get(APART, COUNTER);
                    caller.get(APART, LATEST);
                    thread::sleep(Duration::from_micros(400));
                }
                notes
            });
            let mut running: Vec<Running> = (0..PROCESSES).map(|_| launch()).collect();
            let mut ended = Vec::new();
            let mut launched = PROCESSES;
            // Somebody is at work.
            begun.recv().unwrap();
            while !running.is_empty() {
                thread::sleep(Duration::from_micros(2_000 + random.below(60_000)));
                let victim = random.below(running.len() as u64) as usize;
                let mut victim = running.swap_remove(victim);
                let died = victim.child.try_wait().unwrap();
                assert!(died.is_none(), "a process failed: {died:?}");
                victim.child.kill().unwrap();
                victim.child.wait().unwrap();
                kills += 1;
                ended.push(victim.listener);
                if launched < KILLS {
                    launched += 1;
                    running.push(launch());
                }
            }
            is_over.store(true, Ordering::Relaxed);
            let mut events = observing.join().unwrap();
            events.extend(ended.into_iter().flat_map(|l| l.join().unwrap()));
            events
        });
        // Both the one that was there all the while and one that was not.
        let fresh = open(tmp.path(), 0);
        for (id, cache) in [(1, &observer), (2, &fresh)] {
            let mut caller = Caller {
                cache,
                id,
                next: epoch << 8,
                clock: &monotonic,
                notes: &mut events,
            };
            let all = names
                .iter()
                .copied()
                .chain([(APART, COUNTER), (APART, LATEST)]);
            for (namespace, key) in all {
                caller.peek(namespace, key);
                caller.get(namespace, key);
            }
        }
        // Whatever the dead left behind, others go on.
        for (id, cache) in [(1, &observer), (2, &fresh)] {
            let mut caller = Caller {
                cache,
                id,
                next: epoch << 8 | 128,
                clock: &monotonic,
                notes: &mut events,
            };
            for label in 0..3 {
                caller.invalidate("labelled", label);
            }
            caller.get(names[2].0, names[2].1);
            for (namespace, key) in &names {
                caller.put(namespace, key, None, Condition::Nothing, 1);
                caller.get(namespace, key);
            }
            caller.remove(names[0].0, names[0].1);
            caller.flush(names[1].0);
        }
        for (namespace, key) in &names {
            caller_get(&observer, &mut events, namespace, key);
            match judge(&events, namespace, key) {
                Ok(count) => operations += count,
                Err(why) => panic!("epoch {epoch}: {why}"),
            }
        }
        acknowledged += events
            .iter()
            .filter(|e| e.was_answered() && e.caller > 100)
            .count();
        apart.extend(events.into_iter().filter(|e| e.namespace == APART));
        let (counter, latest) = (
            never_goes_back(&apart, COUNTER),
            never_goes_back(&apart, LATEST),
        );
        let (steps, perhaps) = counted_each_once(&apart);
        if epoch % 20 == 0 || kills >= most {
            println!(
                "{kills} kills, {acknowledged} acknowledgements of the killed, {operations} operations \
                 linearizable, {steps} steps counted and {perhaps} perhaps, {counter} and {latest} \
                 versions in order"
            );
        }
    }
    let report = observer.verify(&Progress::new()).unwrap();
    assert_eq!(
        (report.damaged, report.unreadable, report.failed),
        (0, 0, 0),
        "{report:?}"
    );
}

fn caller_get(cache: &Cache, events: &mut Vec<Event>, namespace: &str, key: &str) {
    let mut caller = Caller {
        cache,
        id: 3,
        next: 0,
        clock: &monotonic,
        notes: events,
    };
    caller.get(namespace, key);
}
