//! The keys of a namespace on disk, in order, for those who ask by prefix: names of files tell ids only.

use super::namespace::Seen;
use crate::error::Result;
use crate::key::Key;
use crate::sync::{Mutex, MutexGuard};
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::PoisonError;

/// More are not remembered.
const MOST: usize = 1 << 20;

type InOrder = BTreeMap<Box<str>, Key>;

struct Known {
    seen: Seen,
    in_order: InOrder,
    /// Where nothing was to be read: removed, or on its way.
    unread: Vec<Key>,
}

#[derive(Default)]
struct State {
    known: Option<Known>,
    /// What arrived while the rest is being learnt.
    meanwhile: Option<Vec<(Box<str>, Key)>>,
}

/// Learnt when first asked for. From then on only keys that other processes put are read again.
#[derive(Default)]
pub(super) struct Keys {
    state: Mutex<State>,
    /// One reads at a time; nobody who puts waits for it.
    reads: Mutex<()>,
}

impl State {
    /// The keys that begin so, in order.
    fn beginning(&self, prefix: &str) -> Vec<Box<str>> {
        let from: (Bound<&str>, Bound<&str>) = (Bound::Included(prefix), Bound::Unbounded);
        let in_order = self.known.iter();
        let in_order = in_order.flat_map(|k| k.in_order.range::<str, _>(from));
        in_order
            .map(|(key, _)| key)
            .take_while(|key| key.starts_with(prefix))
            .cloned()
            .collect()
    }
}

impl Keys {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a key of this process's, whose arrival is counted by `count`.
    pub fn arrived(&self, key: &str, id: &Key, count: impl FnOnce()) {
        let mut state = self.lock();
        count();
        if let Some(meanwhile) = &mut state.meanwhile {
            meanwhile.push((key.into(), *id));
        }
        if let Some(known) = &mut state.known {
            known.seen.arrivals += 1;
            known.in_order.insert(key.into(), *id);
        }
    }

    /// The keys that begin so, in order; some may have been removed. `ids` lists the ids there are, in a
    /// directory that is opened by then, `read` says which key one stands for. What was learnt before holds if
    /// the answer of `seen` is the same, where all arrivals are `counted`.
    pub fn beginning(
        &self,
        prefix: &str,
        counted: bool,
        seen: impl FnOnce() -> Seen,
        ids: impl FnOnce() -> Result<Vec<Key>>,
        mut read: impl FnMut(Key) -> Result<Option<Box<str>>>,
    ) -> Result<Vec<Box<str>>> {
        let _reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.lock();
        // While none of this process's arrives: one would else make up for one of another's.
        let mut seen = seen();
        let current = state.known.as_mut();
        let current = current.filter(|k| counted && k.seen == seen);
        if let Some(known) = current {
            // What is put where something was before is not counted as an arrival.
            let unread = std::mem::take(&mut known.unread);
            drop(state);
            let learnt = learn(InOrder::new(), unread, &mut read);
            state = self.lock();
            match learnt {
                Ok((found, unread)) => {
                    if let Some(known) = &mut state.known {
                        known.in_order.extend(found);
                        known.unread = unread;
                    }
                }
                Err(e) => {
                    state.known = None;
                    return Err(e);
                }
            }
        } else {
            let before = state.known.take().map(|k| k.in_order);
            state.meanwhile = Some(Vec::new());
            drop(state);
            let learnt = ids().and_then(|ids| learn(before.unwrap_or_default(), ids, &mut read));
            state = self.lock();
            let meanwhile = state.meanwhile.take().unwrap_or_default();
            let (mut in_order, unread) = learnt?;
            seen.arrivals += meanwhile.len() as u64;
            in_order.extend(meanwhile);
            state.known = Some(Known {
                seen,
                in_order,
                unread,
            });
        }
        let found = state.beginning(prefix);
        if state
            .known
            .as_ref()
            .is_some_and(|k| k.in_order.len() > MOST)
        {
            state.known = None;
        }
        Ok(found)
    }
}

/// The keys by their names, and those of which nothing is to be read.
fn learn(
    before: InOrder,
    ids: Vec<Key>,
    read: &mut impl FnMut(Key) -> Result<Option<Box<str>>>,
) -> Result<(InOrder, Vec<Key>)> {
    let mut names: HashMap<Key, Box<str>> = before.into_iter().map(|(k, id)| (id, k)).collect();
    let mut in_order = BTreeMap::new();
    let mut unread = Vec::new();
    for id in ids {
        let key = match names.remove(&id) {
            Some(key) => Some(key),
            None => read(id)?,
        };
        match key {
            Some(key) => drop(in_order.insert(key, id)),
            None => unread.push(id),
        }
    }
    Ok((in_order, unread))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    fn id(n: u8) -> Key {
        Key::from_bytes([n; 32])
    }

    fn seen(arrivals: u64) -> impl FnOnce() -> Seen {
        move || Seen {
            arrivals,
            flushes: 0,
        }
    }

    fn nothing() -> Result<Vec<Key>> {
        unreachable!("all is known")
    }

    #[test]
    fn who_puts_a_new_key_does_not_wait_for_a_listing_that_reads() {
        let keys = Keys::default();
        let arrive = |key: &str, n| keys.arrived(key, &id(n), || {});
        let read = |of: Key| {
            // On this very thread: it would wait for ever.
            arrive("meanwhile", 9);
            Ok((of != id(2)).then(|| "a".into()))
        };
        let found = keys.beginning("", true, seen(5), || Ok(vec![id(1), id(2)]), read);
        assert_eq!(found.unwrap(), ["a".into(), "meanwhile".into()]);
        // The second of the two is asked for again, and the arrivals are accounted for.
        let read = |of: Key| {
            assert_eq!(of, id(2));
            arrive("later", 8);
            Ok(Some("b".into()))
        };
        let found = keys.beginning("", true, seen(7), nothing, read).unwrap();
        let expected: [Box<str>; 4] = ["a".into(), "b".into(), "later".into(), "meanwhile".into()];
        assert_eq!(found, expected);
        let none = |_| unreachable!("all is read");
        let found = keys.beginning("l", true, seen(8), nothing, none).unwrap();
        assert_eq!(found, ["later".into()]);
    }

    #[test]
    fn a_listing_that_fails_leaves_the_next_to_begin_anew() {
        let keys = Keys::default();
        let failed = || Err(crate::error::Error::invalid("listing", "no", "later"));
        let found = keys.beginning("", true, seen(0), failed, |_| Ok(None));
        assert!(found.is_err());
        keys.arrived("k", &id(1), || {});
        let found = keys.beginning(
            "",
            true,
            seen(1),
            || Ok(vec![id(1)]),
            |_| Ok(Some("k".into())),
        );
        assert_eq!(found.unwrap(), ["k".into()]);
    }

    #[test]
    fn a_key_that_could_not_be_read_is_read_the_next_time() {
        let keys = Keys::default();
        let ids = || Ok(vec![id(1)]);
        let found = keys.beginning("", true, seen(1), ids, |_| Ok(None));
        assert!(found.unwrap().is_empty());
        let failed = |_| Err(crate::error::Error::invalid("reading", "no", "later"));
        assert!(keys.beginning("", true, seen(1), ids, failed).is_err());
        let found = keys.beginning("", true, seen(1), ids, |_| Ok(Some("k".into())));
        assert_eq!(found.unwrap(), ["k".into()]);
    }

    #[test]
    fn a_key_that_arrives_here_does_not_make_up_for_one_of_another_process() {
        let keys = Keys::default();
        let count = AtomicU64::new(0);
        let arrive = |key: &str, n| {
            keys.arrived(key, &id(n), || {
                count.fetch_add(1, Ordering::SeqCst);
            });
        };
        let names = [(1, "another's"), (2, "ours")];
        let name_of = |of: Key| names.iter().find(|n| id(n.0) == of).map(|n| n.1.into());
        let listed = |ids: Vec<Key>| move || Ok(ids);
        let nobody = keys.beginning("", true, seen(0), listed(vec![]), |_| Ok(None));
        assert!(nobody.unwrap().is_empty());
        // Another process's is counted, and this one's while somebody asks.
        count.fetch_add(1, Ordering::SeqCst);
        let found = std::thread::scope(|scope| {
            let asked = || {
                let arrivals = count.load(Ordering::SeqCst);
                let ours = scope.spawn(|| arrive("ours", 2));
                // It gets so far, unless it has to wait.
                for _ in 0..50 {
                    if ours.is_finished() {
                        break;
                    }
                    std::thread::sleep(Duration::from_millis(1));
                }
                seen(arrivals)()
            };
            let ids = listed(vec![id(1), id(2)]);
            keys.beginning("a", true, asked, ids, |of| Ok(name_of(of)))
        });
        assert_eq!(found.unwrap(), ["another's".into()]);
    }
}
