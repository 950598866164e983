//! What callers did at once, and whether one key can have answered so.
//!
//! Each call has one instant between its beginning and its end at which all of it happens. A call whose
//! process was killed before it was answered may have happened at any time since it began, or not at all.
//! Calls about many keys are looked at key by key.

use crate::checker::{check, Model, Timed};
use crate::Random;
use nix::time::{clock_gettime, ClockId};
use serde::{Deserialize, Serialize};
use warmstart::{Admission, Cache, ErrorKind, ExpiryPolicy, LabelKind, PutOptions};

/// How many tags; one more label is a dependency.
const TAGS: u8 = 2;
const LABELS: [&str; 3] = ["tag-0", "tag-1", "dependency"];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Condition {
    Nothing,
    Newer,
    Expected(Option<u64>),
}

/// What is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Live {
    /// No two puts have the same.
    pub value: u64,
    pub version: Option<u64>,
    pub labels: u8,
}

/// A call and its answer; none for a call that was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Did {
    Put {
        live: Live,
        condition: Condition,
        /// Whether it was accepted.
        answer: Option<bool>,
    },
    Got {
        answer: Option<Option<Live>>,
    },
    /// The version, without its bytes.
    Seen {
        answer: Option<Option<Option<u64>>>,
    },
    Removed {
        answer: Option<bool>,
    },
    /// Any of these labels.
    Invalidated {
        labels: u8,
        answer: Option<()>,
    },
    /// The namespace, or a prefix of its keys.
    Cleared {
        answer: Option<()>,
    },
    LifeSet {
        answer: Option<bool>,
    },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    pub namespace: String,
    /// None for all of the namespace.
    pub key: Option<String>,
    pub invoked: u64,
    pub returned: u64,
    pub caller: u64,
    pub did: Did,
}

impl Event {
    pub fn was_answered(&self) -> bool {
        self.returned != u64::MAX
    }
}

/// One key.
struct OneKey;

#[derive(Debug)]
struct Operation {
    #[allow(dead_code)]
    caller: u64,
    did: Did,
    /// One of its labels was invalidated while it was put: then it may fall with what was there before.
    may_fall: bool,
}

impl Model for OneKey {
    type State = Option<Live>;
    type Operation = Operation;

    fn initial(&self) -> Self::State {
        None
    }

    fn step(&self, state: &Self::State, operation: &Operation) -> Vec<Self::State> {
        let only_if = |holds: bool, next: Self::State| match holds {
            true => vec![next],
            false => Vec::new(),
        };
        // Without an answer, it may not have happened.
        let perhaps = |answered: bool, next: Self::State| match answered {
            true => vec![next],
            false => vec![*state, next],
        };
        let fallen = operation.may_fall.then_some(None);
        match operation.did {
            Did::Put {
                live,
                condition,
                answer,
            } => {
                let there = state.map(|s| s.version);
                let passes = match condition {
                    Condition::Nothing => true,
                    Condition::Newer => !there.flatten().is_some_and(|t| Some(t) >= live.version),
                    Condition::Expected(expected) => there == expected.map(Some),
                };
                let put = [Some(live)].into_iter().chain(fallen);
                match answer {
                    Some(accepted) if accepted != passes => Vec::new(),
                    Some(false) => vec![*state],
                    Some(true) => put.collect(),
                    None if passes => put.chain([*state]).collect(),
                    None => vec![*state],
                }
            }
            Did::Got { answer } => only_if(answer.map_or(true, |a| a == *state), *state),
            Did::Seen { answer } => only_if(
                answer.map_or(true, |a| a == state.map(|s| s.version)),
                *state,
            ),
            Did::Removed { answer } => match answer {
                Some(had) => only_if(had == state.is_some(), None),
                None => perhaps(false, None),
            },
            Did::Invalidated { labels, answer } => {
                let left = state.filter(|s| s.labels & labels == 0);
                perhaps(answer.is_some(), left)
            }
            Did::Cleared { answer } => perhaps(answer.is_some(), None),
            Did::LifeSet { answer } => {
                only_if(answer.map_or(true, |a| a == state.is_some()), *state)
            }
        }
    }

    fn changes_nothing(operation: &Operation) -> bool {
        matches!(
            operation.did,
            Did::Got { .. }
                | Did::Seen { .. }
                | Did::LifeSet { .. }
                | Did::Removed {
                    answer: Some(false)
                }
                | Did::Put {
                    answer: Some(false),
                    ..
                }
        )
    }
}

/// Whether one key can have answered so.
pub fn judge(events: &[Event], namespace: &str, key: &str) -> Result<usize, String> {
    let of_key =
        |e: &&Event| e.namespace == namespace && e.key.as_deref().map_or(true, |k| k == key);
    let asks_only = |e: &Event| {
        matches!(
            e.did,
            Did::Got { .. } | Did::Seen { .. } | Did::LifeSet { .. }
        )
    };
    let of_key: Vec<&Event> = events.iter().filter(of_key).collect();
    let may_fall = |put: &Event| {
        let Did::Put { live, .. } = put.did else {
            return false;
        };
        of_key.iter().any(|e| {
            let at_once = e.invoked <= put.returned && put.invoked <= e.returned;
            matches!(e.did, Did::Invalidated { labels, .. } if at_once && labels & live.labels != 0)
        })
    };
    let history: Vec<_> = of_key
        .iter()
        .filter(|e| e.was_answered() || !asks_only(e))
        .map(|e| Timed {
            invoked: e.invoked,
            returned: e.returned,
            operation: Operation {
                caller: e.caller,
                did: e.did,
                may_fall: may_fall(e),
            },
        })
        .collect();
    let count = history.len();
    check(&OneKey, history).map_err(|why| format!("{namespace}/{key}: {why}"))?;
    Ok(count)
}

/// The same instants for all processes.
pub fn monotonic() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).unwrap();
    now.tv_sec() as u64 * 1_000_000_000 + now.tv_nsec() as u64
}

/// Bytes that say whose they are.
pub fn payload(namespace: &str, key: &str, value: u64) -> Vec<u8> {
    let mut bytes = value.to_le_bytes().to_vec();
    bytes.extend_from_slice(namespace.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(key.as_bytes());
    let mut random = Random::new(value);
    let most = [40, 40, 3000, 20_000][(value % 4) as usize];
    let word = |n: u64| if value % 3 == 0 { n & 0xFF } else { n };
    for _ in 0..random.below(most) / 8 {
        let n = random.below(u64::MAX);
        bytes.extend_from_slice(&word(n).to_le_bytes());
    }
    bytes
}

/// The value, of bytes that are whole and of this key.
fn value_of(bytes: &[u8], namespace: &str, key: &str) -> u64 {
    let value = bytes[..8.min(bytes.len())]
        .try_into()
        .map(u64::from_le_bytes);
    let value = value.unwrap_or_else(|_| panic!("{} bytes of {namespace}/{key}", bytes.len()));
    assert!(
        bytes == payload(namespace, key, value),
        "not the bytes of {namespace}/{key}: {:?}",
        String::from_utf8_lossy(&bytes[..bytes.len().min(60)])
    );
    value
}

fn mask(texts: &[String], from: u8) -> u8 {
    let at = |t: &String| LABELS.iter().position(|l| l == t).unwrap() as u8;
    let bits: Vec<u8> = texts.iter().map(at).collect();
    assert!(bits.iter().all(|b| (*b < TAGS) == (from == 0)));
    bits.iter().fold(0, |mask, bit| mask | 1 << bit)
}

pub fn live_of(blob: &warmstart::Blob, namespace: &str, key: &str) -> Live {
    Live {
        value: value_of(blob.payload(), namespace, key),
        version: blob.info().version,
        labels: mask(&blob.labels().tags, 0) | mask(&blob.labels().dependencies, 1),
    }
}

/// Where events go, as they begin and end.
pub trait Notes {
    fn begun(&mut self, event: &Event);
    fn ended(&mut self, event: &Event);
}

impl Notes for Vec<Event> {
    fn begun(&mut self, _: &Event) {}

    fn ended(&mut self, event: &Event) {
        self.push(event.clone());
    }
}

/// Someone who calls.
pub struct Caller<'a> {
    pub cache: &'a Cache,
    pub id: u64,
    pub next: u64,
    pub clock: &'a (dyn Fn() -> u64 + Sync),
    pub notes: &'a mut dyn Notes,
}

impl Caller<'_> {
    fn note(
        &mut self,
        namespace: &str,
        key: Option<&str>,
        did: Did,
        call: impl FnOnce(&Cache) -> Did,
    ) -> Did {
        let mut event = Event {
            namespace: namespace.to_owned(),
            key: key.map(str::to_owned),
            invoked: (self.clock)(),
            returned: u64::MAX,
            caller: self.id,
            did,
        };
        self.notes.begun(&event);
        event.did = call(self.cache);
        event.returned = (self.clock)();
        self.notes.ended(&event);
        event.did
    }

    pub fn get(&mut self, namespace: &str, key: &str) -> Option<Live> {
        let did = self.note(namespace, Some(key), Did::Got { answer: None }, |cache| {
            let blob = cache.get(namespace, key).unwrap();
            let answer = blob.map(|b| live_of(&b, namespace, key));
            Did::Got {
                answer: Some(answer),
            }
        });
        match did {
            Did::Got { answer: Some(live) } => live,
            _ => None,
        }
    }

    pub fn peek(&mut self, namespace: &str, key: &str) {
        self.note(namespace, Some(key), Did::Seen { answer: None }, |cache| {
            let seen = cache.peek(namespace, key).unwrap();
            let answer = Some(seen.map(|s| s.info.version));
            Did::Seen { answer }
        });
    }

    pub fn put(
        &mut self,
        namespace: &str,
        key: &str,
        version: Option<u64>,
        condition: Condition,
        labels: u8,
    ) -> bool {
        self.next += 1;
        let value = self.id << 32 | self.next;
        let live = Live {
            value,
            version,
            labels,
        };
        let mut options = PutOptions::new();
        match (condition, version) {
            (Condition::Newer, Some(version)) => {
                options.version(version);
            }
            (Condition::Expected(expected), Some(version)) => {
                options.swap(expected, version);
            }
            _ => {}
        }
        for (i, label) in (0..).zip(LABELS) {
            match labels >> i & 1 == 1 {
                true if i < TAGS => drop(options.tag(label).unwrap()),
                true => drop(options.dependency(label).unwrap()),
                false => {}
            }
        }
        // In memory alone, never is not at all.
        let most = if self.cache.root().is_some() { 2 } else { 1 };
        options.admission(
            [Admission::Auto, Admission::Always, Admission::Never][(value % 5).min(most) as usize],
        );
        let bytes = payload(namespace, key, value);
        let did = |answer| Did::Put {
            live,
            condition,
            answer,
        };
        let done = self.note(namespace, Some(key), did(None), |cache| {
            match cache.put(namespace, key, &bytes, &options) {
                Ok(_) => did(Some(true)),
                Err(e) if e.kind() == ErrorKind::Conflict => did(Some(false)),
                Err(e) => panic!("putting {namespace}/{key}: {e}"),
            }
        });
        done == did(Some(true))
    }

    pub fn remove(&mut self, namespace: &str, key: &str) {
        self.note(
            namespace,
            Some(key),
            Did::Removed { answer: None },
            |cache| {
                let had = cache.remove(namespace, key).unwrap();
                Did::Removed { answer: Some(had) }
            },
        );
    }

    pub fn invalidate(&mut self, namespace: &str, label: u8) {
        let did = |answer| Did::Invalidated {
            labels: 1 << label,
            answer,
        };
        self.note(namespace, None, did(None), |cache| {
            let kind = match label < TAGS {
                true => LabelKind::Tag,
                false => LabelKind::Dependency,
            };
            let labels = [LABELS[label as usize]];
            cache.invalidate(Some(namespace), kind, &labels).unwrap();
            did(Some(()))
        });
    }

    pub fn flush(&mut self, namespace: &str) {
        self.note(namespace, None, Did::Cleared { answer: None }, |cache| {
            cache.flush(namespace).unwrap();
            Did::Cleared { answer: Some(()) }
        });
    }

    /// Removes by the whole key as a prefix: of keys of one length it is that one.
    pub fn clear(&mut self, namespace: &str, key: &str) {
        self.note(
            namespace,
            Some(key),
            Did::Cleared { answer: None },
            |cache| {
                cache.invalidate_prefix(namespace, key).unwrap();
                Did::Cleared { answer: Some(()) }
            },
        );
    }

    pub fn set_life(&mut self, namespace: &str, key: &str) {
        self.note(
            namespace,
            Some(key),
            Did::LifeSet { answer: None },
            |cache| {
                let policy = ExpiryPolicy {
                    idle_ms: Some(86_400_000),
                    ..ExpiryPolicy::default()
                };
                let answer = Some(cache.set_life(namespace, key, &policy).unwrap());
                Did::LifeSet { answer }
            },
        );
    }

    /// Any call on one of the keys, or on the namespace of one.
    pub fn any(&mut self, random: &mut Random, names: &[(&str, &str)], flushes: bool) {
        let (namespace, key) = names[random.below(names.len() as u64) as usize];
        let labels = (random.below(8) & random.below(8)) as u8;
        let version = 1 + random.below(8);
        match random.below(100) {
            0..=14 => drop(self.put(namespace, key, None, Condition::Nothing, labels)),
            15..=24 => drop(self.put(namespace, key, Some(version), Condition::Newer, labels)),
            25..=29 => drop(self.put(
                namespace,
                key,
                Some(version),
                Condition::Expected(None),
                labels,
            )),
            30..=39 => {
                // As a careful caller does.
                let expected = self.get(namespace, key).and_then(|l| l.version);
                let version = Some(expected.map_or(1, |v| v + 1));
                self.put(
                    namespace,
                    key,
                    version,
                    Condition::Expected(expected),
                    labels,
                );
            }
            40..=66 => drop(self.get(namespace, key)),
            67..=72 => self.peek(namespace, key),
            73..=80 => self.remove(namespace, key),
            81..=89 => self.invalidate(namespace, random.below(3) as u8),
            90..=92 => self.clear(namespace, key),
            93..=95 if flushes => self.flush(namespace),
            93..=97 => self.set_life(namespace, key),
            _ => self.cache.sweep().unwrap(),
        }
    }
}
