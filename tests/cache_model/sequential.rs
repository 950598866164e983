//! Calls one after the other against a map: each answer is the model's, whichever handle gives it.

use crate::rounds;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use tempfile::TempDir;
use warmstart::{
    Admission, Cache, CacheOptions, Durability, ErrorKind, ExpiryPolicy, LabelKind, Promotion,
    PutOptions,
};

const NAMESPACES: [&str; 2] = ["n", "m"];
const KEYS: [&str; 4] = ["a", "ab", "abc", "b"];
const PREFIXES: [&str; 5] = ["", "a", "ab", "b", "x"];
/// Of tags and of dependencies: these are not the same.
const LABELS: [&str; 3] = ["x", "y", "z"];

/// When something dies; none of it while the test runs.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Life {
    Forever,
    Long,
    Stale,
    Dead,
}

impl Life {
    fn policy(self) -> ExpiryPolicy {
        let mut policy = ExpiryPolicy::default();
        match self {
            Life::Forever => {}
            Life::Long => {
                policy.ttl_ms = Some(3_600_000);
                policy.idle_ms = Some(3_600_000);
            }
            Life::Stale => {
                policy.deadline_unix_ms = Some(1);
                policy.stale_ms = u64::MAX;
            }
            Life::Dead => policy.deadline_unix_ms = Some(1),
        }
        policy
    }
}

#[derive(Debug, Clone, Copy)]
enum Asked {
    Nothing,
    Newer(u64),
    Expected(Option<u64>, u64),
    /// Of what the model has.
    Next,
}

#[derive(Debug, Clone)]
struct Put {
    asked: Asked,
    tags: u8,
    dependencies: u8,
    priority: u8,
    life: Life,
    admission: u8,
    len: usize,
    smooth: bool,
}

#[derive(Debug, Clone)]
enum Step {
    Put(Put),
    Get,
    Contains,
    Existence,
    Remove,
    Labels { kind: bool, labels: u8, all: bool },
    Prefix(usize),
    Flush,
    SetLife(Life),
    Sweep,
    Reopen,
    List(usize),
    LookAtAll,
}

#[derive(Debug, Clone)]
struct Call {
    handle: usize,
    namespace: usize,
    key: usize,
    step: Step,
}

fn life() -> impl Strategy<Value = Life> {
    prop_oneof![
        6 => Just(Life::Forever),
        2 => Just(Life::Long),
        1 => Just(Life::Stale),
        1 => Just(Life::Dead),
    ]
}

fn put() -> impl Strategy<Value = Step> {
    let asked = prop_oneof![
        4 => Just(Asked::Nothing),
        3 => (0u64..6).prop_map(Asked::Newer),
        1 => (prop::option::of(0u64..6), 0u64..6).prop_map(|(e, v)| Asked::Expected(e, v)),
        2 => Just(Asked::Next),
    ];
    let len = prop_oneof![
        1 => Just(0usize),
        4 => 1usize..200,
        2 => 1000usize..6000,
        1 => 60_000usize..200_000,
    ];
    (
        asked,
        0u8..8,
        0u8..8,
        any::<u8>(),
        life(),
        0u8..3,
        len,
        any::<bool>(),
    )
        .prop_map(
            |(asked, tags, dependencies, priority, life, admission, len, smooth)| {
                // Most have few labels.
                let (tags, dependencies) = (tags & dependencies, dependencies & priority);
                Step::Put(Put {
                    asked,
                    tags,
                    dependencies,
                    priority,
                    life,
                    admission,
                    len,
                    smooth,
                })
            },
        )
}

fn call(handles: usize) -> impl Strategy<Value = Call> {
    let step = prop_oneof![
        10 => put(),
        8 => Just(Step::Get),
        2 => Just(Step::Contains),
        2 => Just(Step::Existence),
        3 => Just(Step::Remove),
        3 => (any::<bool>(), 0u8..8, any::<bool>())
            .prop_map(|(kind, labels, all)| Step::Labels { kind, labels, all }),
        1 => (0..PREFIXES.len()).prop_map(Step::Prefix),
        1 => Just(Step::Flush),
        2 => life().prop_map(Step::SetLife),
        1 => Just(Step::Sweep),
        1 => Just(Step::Reopen),
        1 => (0..PREFIXES.len()).prop_map(Step::List),
        2 => Just(Step::LookAtAll),
    ];
    (0..handles, 0..NAMESPACES.len(), 0..KEYS.len(), step).prop_map(
        |(handle, namespace, key, step)| Call {
            handle,
            namespace,
            key,
            step,
        },
    )
}

/// How a handle is opened.
#[derive(Debug, Clone)]
struct Opening {
    full: bool,
    second_hit: bool,
    background: bool,
    compression: bool,
    little_memory: bool,
    no_memory: bool,
}

impl Opening {
    fn options(&self) -> CacheOptions {
        let mut options = CacheOptions::new();
        let promotion = match self.second_hit {
            true => Promotion::SecondHit,
            false => Promotion::Immediate,
        };
        let durability = match self.full {
            true => Durability::Full,
            false => Durability::Process,
        };
        let memory = match (self.no_memory, self.little_memory) {
            (true, _) => 0,
            (_, true) => 200_000,
            _ => 64 << 20,
        };
        options
            .promotion(promotion)
            .compression(self.compression)
            .durability(durability)
            .background_promotion(self.background, 16)
            .unwrap()
            .memory_budget(memory)
            .unwrap();
        options
    }
}

fn opening() -> impl Strategy<Value = Opening> {
    let full = prop::bool::weighted(0.3);
    let rarely = || prop::bool::weighted(0.25);
    (
        full,
        any::<bool>(),
        rarely(),
        any::<bool>(),
        rarely(),
        prop::bool::weighted(0.1),
    )
        .prop_map(
            |(full, second_hit, background, compression, little_memory, no_memory)| Opening {
                full,
                second_hit,
                background,
                compression,
                little_memory,
                no_memory,
            },
        )
}

#[derive(Debug, Clone)]
struct Entry {
    bytes: Vec<u8>,
    version: Option<u64>,
    tags: u8,
    dependencies: u8,
    priority: u8,
    life: Life,
}

impl Entry {
    fn is_alive(&self) -> bool {
        self.life != Life::Dead
    }

    fn has_any(&self, kind: LabelKind, labels: u8) -> bool {
        match kind {
            LabelKind::Tag => self.tags & labels != 0,
            LabelKind::Dependency => self.dependencies & labels != 0,
        }
    }
}

fn texts(labels: u8) -> Vec<&'static str> {
    let one = |i: usize| (labels >> i & 1 == 1).then_some(LABELS[i]);
    (0..LABELS.len()).filter_map(one).collect()
}

/// Never twice the same, and not too long.
fn payload(n: usize, put: &Put) -> Vec<u8> {
    let mut bytes = vec![0; put.len];
    let mut random = crate::Random::new(n as u64 + 1);
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = match put.smooth {
            true => (n + i / 64) as u8,
            false => random.below(256) as u8,
        };
    }
    bytes.extend_from_slice(&(n as u64).to_le_bytes()[..8.min(put.len)]);
    bytes
}

struct World {
    root: Option<TempDir>,
    openings: Vec<Opening>,
    handles: Vec<Cache>,
    entries: BTreeMap<(usize, usize), Entry>,
    /// Namespaces that may exist.
    met: BTreeSet<usize>,
}

type Checked = Result<(), TestCaseError>;

impl World {
    fn new(on_disk: bool, openings: Vec<Opening>) -> World {
        let mut world = World {
            root: on_disk.then(|| tempfile::tempdir().unwrap()),
            openings,
            handles: Vec::new(),
            entries: BTreeMap::new(),
            met: BTreeSet::new(),
        };
        for i in 0..world.openings.len() {
            let cache = world.open(i);
            world.handles.push(cache);
        }
        world
    }

    fn open(&self, handle: usize) -> Cache {
        match &self.root {
            Some(root) => Cache::open(Some(root.path()), &self.openings[handle].options()).unwrap(),
            None => Cache::in_memory(&CacheOptions::new()).unwrap(),
        }
    }

    fn live(&self, namespace: usize, key: usize) -> Option<&Entry> {
        let entry = self.entries.get(&(namespace, key));
        entry.filter(|e| e.is_alive())
    }

    /// Removes what is to go, and says how many of these were alive.
    fn remove(&mut self, goes: impl Fn(usize, usize, &Entry) -> bool) -> u64 {
        let mut alive = 0;
        self.entries.retain(|(namespace, key), entry| {
            let stays = !goes(*namespace, *key, entry);
            alive += u64::from(!stays && entry.is_alive());
            stays
        });
        alive
    }

    /// Gets one through a handle.
    fn get(&self, handle: usize, namespace: usize, key: usize) -> Checked {
        let found = self.handles[handle]
            .get(NAMESPACES[namespace], KEYS[key])
            .unwrap();
        let live = self.live(namespace, key);
        prop_assert_eq!(found.is_some(), live.is_some(), "get says otherwise");
        let (Some(found), Some(live)) = (found, live) else {
            return Ok(());
        };
        prop_assert!(found.payload() == live.bytes, "other bytes");
        let info = found.info();
        prop_assert_eq!(info.version, live.version);
        prop_assert_eq!(info.priority, live.priority);
        prop_assert_eq!(info.payload_bytes, live.bytes.len() as u64);
        prop_assert_eq!(info.is_stale, live.life == Life::Stale);
        prop_assert_eq!(info.remaining_ms.is_some(), live.life != Life::Forever);
        prop_assert_eq!(&found.labels().tags, &texts(live.tags));
        prop_assert_eq!(&found.labels().dependencies, &texts(live.dependencies));
        let name = [("name".to_owned(), live.bytes.len().to_string())];
        prop_assert_eq!(&found.labels().pairs[..], &name[..]);
        Ok(())
    }

    /// Without a read that memory may keep.
    fn peek(&self, handle: usize, namespace: usize, key: usize) -> Checked {
        let (cache, name) = (&self.handles[handle], NAMESPACES[namespace]);
        let seen = cache.peek(name, KEYS[key]).unwrap();
        let live = self.live(namespace, key);
        prop_assert_eq!(
            seen.map(|s| (s.info.version, s.info.payload_bytes, s.info.is_stale)),
            live.map(|l| (l.version, l.bytes.len() as u64, l.life == Life::Stale)),
            "handle {} sees otherwise",
            handle
        );
        Ok(())
    }

    fn put(&mut self, n: usize, call: &Call, put: &Put) -> Checked {
        let at = (call.namespace, call.key);
        let live = self.live(at.0, at.1);
        let there = live.map(|l| l.version);
        let mut options = PutOptions::new();
        let asked = match put.asked {
            Asked::Next => {
                let expected = there.flatten();
                Asked::Expected(expected, expected.map_or(1, |v| v + 1))
            }
            other => other,
        };
        let (version, passes) = match asked {
            Asked::Newer(v) => {
                options.version(v);
                (Some(v), !there.flatten().is_some_and(|t| t >= v))
            }
            Asked::Expected(expected, v) => {
                options.swap(expected, v);
                (Some(v), there == expected.map(Some))
            }
            _ => (None, true),
        };
        for tag in texts(put.tags) {
            options.tag(tag).unwrap();
        }
        for dependency in texts(put.dependencies) {
            options.dependency(dependency).unwrap();
        }
        let admission = match put.admission {
            0 => Admission::Auto,
            1 => Admission::Always,
            _ if self.root.is_none() => Admission::Always,
            _ => Admission::Never,
        };
        let bytes = payload(n, put);
        options
            .priority(put.priority)
            .admission(admission)
            .life(put.life.policy())
            .pair("name", &bytes.len().to_string())
            .unwrap();
        let had = live.is_some();
        let done = self.handles[call.handle].put(
            NAMESPACES[call.namespace],
            KEYS[call.key],
            &bytes,
            &options,
        );
        self.met.insert(call.namespace);
        match done {
            Ok(receipt) => {
                prop_assert!(passes, "a put was accepted over {:?}", there);
                prop_assert_eq!(receipt.replaced, had);
                prop_assert_eq!(receipt.on_disk, self.root.is_some());
                let entry = Entry {
                    bytes,
                    version,
                    tags: put.tags,
                    dependencies: put.dependencies,
                    priority: put.priority,
                    life: put.life,
                };
                self.entries.insert(at, entry);
            }
            Err(e) => {
                prop_assert_eq!(e.kind(), ErrorKind::Conflict, "{}", e);
                prop_assert!(!passes, "a put was refused: {}", e);
            }
        }
        Ok(())
    }

    fn step(&mut self, n: usize, call: &Call) -> Checked {
        let (namespace, key) = (NAMESPACES[call.namespace], KEYS[call.key]);
        let at = (call.namespace, call.key);
        let cache = self.handles[call.handle].clone();
        match &call.step {
            Step::Put(put) => self.put(n, call, put)?,
            Step::Get => self.get(call.handle, at.0, at.1)?,
            Step::Contains => {
                let has = cache.contains(namespace, key).unwrap();
                prop_assert_eq!(has, self.live(at.0, at.1).is_some());
            }
            Step::Existence => match cache.existence(namespace, key).unwrap() {
                warmstart::Existence::Present => prop_assert!(self.live(at.0, at.1).is_some()),
                warmstart::Existence::Absent => prop_assert!(self.live(at.0, at.1).is_none()),
                warmstart::Existence::Maybe => prop_assert!(self.root.is_some()),
            },
            Step::Remove => {
                let had = self.remove(|n, k, _| (n, k) == at) > 0;
                prop_assert_eq!(cache.remove(namespace, key).unwrap(), had);
            }
            Step::Labels { kind, labels, all } => {
                let kind = match kind {
                    true => LabelKind::Tag,
                    false => LabelKind::Dependency,
                };
                let of = (!all).then_some(namespace);
                let count = cache.invalidate(of, kind, &texts(*labels)).unwrap();
                let goes =
                    |n: usize, _: usize, e: &Entry| (*all || n == at.0) && e.has_any(kind, *labels);
                prop_assert_eq!(count, self.remove(goes));
            }
            Step::Prefix(i) => {
                let count = cache.invalidate_prefix(namespace, PREFIXES[*i]).unwrap();
                let goes = |n, k: usize, _: &Entry| n == at.0 && KEYS[k].starts_with(PREFIXES[*i]);
                prop_assert_eq!(count, self.remove(goes));
            }
            Step::Flush => {
                cache.flush(namespace).unwrap();
                self.remove(|n, _, _| n == at.0);
            }
            Step::SetLife(life) => {
                let had = cache.set_life(namespace, key, &life.policy()).unwrap();
                prop_assert_eq!(had, self.live(at.0, at.1).is_some());
                if had {
                    self.entries.get_mut(&at).unwrap().life = *life;
                }
            }
            Step::Sweep => cache.sweep().unwrap(),
            Step::Reopen if self.root.is_some() => {
                // The root is shared: another may be open meanwhile or not.
                drop(cache);
                self.handles[call.handle] = self.open(call.handle);
            }
            Step::Reopen => {}
            Step::List(i) => {
                let listed = cache.list(namespace, PREFIXES[*i]).unwrap();
                let listed: Vec<_> = listed
                    .into_iter()
                    .map(|l| (l.key, l.info.version, l.info.payload_bytes))
                    .collect();
                let wanted: Vec<_> = (0..KEYS.len())
                    .filter(|k| KEYS[*k].starts_with(PREFIXES[*i]))
                    .filter_map(|k| Some((k, self.live(at.0, k)?)))
                    .map(|(k, l)| (KEYS[k].to_owned(), l.version, l.bytes.len() as u64))
                    .collect();
                prop_assert_eq!(listed, wanted);
                for name in cache.namespaces().unwrap() {
                    let known = NAMESPACES.iter().position(|n| *n == name);
                    prop_assert!(known.is_some_and(|n| self.met.contains(&n)));
                }
            }
            Step::LookAtAll => self.look_at_all()?,
        }
        for handle in 0..self.handles.len() {
            self.peek(handle, at.0, at.1)?;
        }
        Ok(())
    }

    fn look_at_all(&self) -> Checked {
        for handle in 0..self.handles.len() {
            for namespace in 0..NAMESPACES.len() {
                for key in 0..KEYS.len() {
                    self.get(handle, namespace, key)?;
                }
            }
        }
        Ok(())
    }

    fn run(&mut self, calls: &[Call]) -> Checked {
        for (n, call) in calls.iter().enumerate() {
            let checked = self.step(n, call);
            checked.map_err(|e| TestCaseError::fail(format!("call {n}, {call:?}: {e}")))?;
        }
        self.look_at_all()?;
        // And what a handle finds that was not there before.
        if self.root.is_some() {
            self.handles.truncate(1);
            self.handles[0] = self.open(0);
            self.look_at_all()?;
            let report = self.handles[0].verify(&warmstart::Progress::new()).unwrap();
            prop_assert_eq!((report.damaged, report.failed), (0, 0));
        }
        Ok(())
    }
}

fn cases(full: u64) -> ProptestConfig {
    ProptestConfig {
        cases: rounds(full) as u32,
        max_shrink_iters: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases(200))]
    #[test]
    fn a_cache_in_memory_answers_as_a_map_does(calls in prop::collection::vec(call(1), 1..80)) {
        let opening = Opening {
            full: false,
            second_hit: false,
            background: false,
            compression: false,
            little_memory: false,
            no_memory: false,
        };
        World::new(false, vec![opening]).run(&calls)?;
    }
}

proptest! {
    #![proptest_config(cases(40))]
    #[test]
    fn a_cache_on_disk_answers_as_a_map_does(
        opening in opening(),
        calls in prop::collection::vec(call(1), 1..60),
    ) {
        World::new(true, vec![opening]).run(&calls)?;
    }

    #[test]
    fn two_handles_on_a_root_answer_as_one_map_does(
        openings in prop::collection::vec(opening(), 2),
        calls in prop::collection::vec(call(2), 1..60),
    ) {
        World::new(true, openings).run(&calls)?;
    }
}

#[test]
fn flushing_one_of_many_namespaces_in_memory_leaves_the_others() {
    let cache = Cache::in_memory(&CacheOptions::new()).unwrap();
    let names: Vec<String> = (0..256).map(|n| format!("namespace {n}")).collect();
    for name in &names {
        cache.put(name, "k", b"bytes", &PutOptions::new()).unwrap();
    }
    cache.flush(&names[0]).unwrap();
    let has = |name: &&String| cache.contains(name, "k").unwrap();
    assert_eq!(names.iter().filter(has).count(), 255);
}

#[test]
fn who_cannot_see_arrivals_counted_lists_them_all_the_same() {
    let root = tempfile::tempdir().unwrap();
    let writer = Cache::open(Some(root.path()), &CacheOptions::new()).unwrap();
    writer.put("n", "a", b"1", &PutOptions::new()).unwrap();
    let mut options = CacheOptions::new();
    options.read_only(true);
    let reader = Cache::open(Some(root.path()), &options).unwrap();
    assert_eq!(reader.list("n", "").unwrap().len(), 1);
    writer.put("n", "b", b"2", &PutOptions::new()).unwrap();
    assert_eq!(reader.list("n", "").unwrap().len(), 2);
}

/// Memory answers what the disk had to give up: whoever is refused because of that must be able to find
/// out, and not get the same answer for ever.
#[test]
fn a_swap_that_is_refused_because_of_an_eviction_passes_after_another_get() {
    let root = tempfile::tempdir().unwrap();
    let mut options = CacheOptions::new();
    options.disk_budget(2 << 20).unwrap().compression(false);
    let cache = Cache::open(Some(root.path()), &options).unwrap();
    let mut first = PutOptions::new();
    first.version(1).priority(0).admission(Admission::Always);
    cache.put("n", "counter", b"1", &first).unwrap();
    let mut other = PutOptions::new();
    other.admission(Admission::Never);
    for n in 0..16 {
        let key = format!("other {n}");
        cache.put("n", &key, &vec![n; 200_000], &other).unwrap();
    }
    let fresh = Cache::open(Some(root.path()), &options).unwrap();
    assert!(
        !fresh.contains("n", "counter").unwrap(),
        "it was to be evicted"
    );
    for _ in 0..2 {
        let version = cache
            .get("n", "counter")
            .unwrap()
            .and_then(|b| b.info().version);
        let mut next = PutOptions::new();
        next.swap(version, version.unwrap_or(0) + 1);
        if cache.put("n", "counter", b"next", &next).is_ok() {
            return;
        }
    }
    panic!("refused twice");
}
