//! A source that does what a test tells it, and watches what is asked of it.

use super::{key, until};
use crate::error::{Error, ErrorKind};
use crate::remote::prefetch::clock::Clock;
use crate::remote::prefetch::{
    CancelSignal, FetchOutcome, Prefetch, PrefetchEntry, PrefetchOptions, PrefetchSource,
};
use crate::Key;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// Both clocks at once; 2027 at first.
pub struct Hands(AtomicI64);

pub const BEGIN_MS: i64 = 1_800_000_000_000;

impl Default for Hands {
    fn default() -> Hands {
        Hands(AtomicI64::new(0))
    }
}

impl Hands {
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_nanos() as i64, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn monotonic(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    fn unix_ms(&self) -> i64 {
        BEGIN_MS + self.monotonic() / 1_000_000
    }

    fn nap(&self, left: Duration) -> Duration {
        left.min(Duration::from_millis(1))
    }
}

/// What a fetch of a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fate {
    #[default]
    Good,
    Missing,
    Fails,
    Corrupt,
    Defers,
    Panics,
    /// Comes back when it is cancelled, or does what else it is told then.
    Waits,
    /// Comes back when it is let go, and no sooner; then it is good.
    Hangs,
}

#[derive(Default)]
struct State {
    listed: Vec<(u32, i64)>,
    fates: HashMap<Key, Fate>,
    local: HashSet<Key>,
    let_go: bool,
    fetches: Vec<Key>,
    aloft: HashMap<Key, usize>,
    threads: Vec<(String, bool)>,
    bad_answers: HashSet<Key>,
    listing: Fate,
    holds_up_residency: bool,
}

#[derive(Default)]
pub struct World {
    state: Mutex<State>,
    pub questions: AtomicU64,
    pub listings: AtomicU64,
    /// The most fetches of one key that went on at a time.
    pub most_of_a_key: AtomicU64,
    pub most_at_once: AtomicU64,
}

pub const BYTES: u64 = 1000;

pub fn entry(n: u32) -> PrefetchEntry<'static> {
    PrefetchEntry {
        key: key(n),
        run: "run",
        parent: None,
        sequence: 1,
        payload_bytes: BYTES,
        last_access_ms: BEGIN_MS - 1000 * i64::from(n),
        model: [7; 32],
        namespace: "fits",
    }
}

impl World {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// An entry that is there, and that the index knows.
    pub fn add(&self, prefetch: &Prefetch, n: u32) {
        assert!(prefetch.note(&entry(n), false));
    }

    pub fn list(&self, n: u32, last_access_ms: i64) {
        self.state().listed.push((n, last_access_ms));
    }

    pub fn set(&self, n: u32, fate: Fate) {
        self.state().fates.insert(key(n), fate);
    }

    pub fn set_listing(&self, fate: Fate) {
        self.state().listing = fate;
    }

    pub fn hold_up_residency(&self, on: bool) {
        self.state().holds_up_residency = on;
    }

    /// Questions about this key panic.
    pub fn answer_badly(&self, n: u32) {
        self.state().bad_answers.insert(key(n));
    }

    pub fn put_locally(&self, n: u32) {
        self.state().local.insert(key(n));
    }

    pub fn evict_locally(&self, n: u32) {
        self.state().local.remove(&key(n));
    }

    pub fn has(&self, n: u32) -> bool {
        self.state().local.contains(&key(n))
    }

    pub fn local(&self) -> usize {
        self.state().local.len()
    }

    /// Everything fetched since the last call.
    pub fn fetched(&self) -> Vec<Key> {
        std::mem::take(&mut self.state().fetches)
    }

    pub fn begun(&self) -> usize {
        self.state().fetches.len()
    }

    pub fn threads(&self) -> Vec<(String, bool)> {
        self.state().threads.clone()
    }

    /// What hangs comes back.
    pub fn let_go(&self, on: bool) {
        self.state().let_go = on;
    }

    fn wait_to_be_let_go(&self) {
        until("being let go", || self.state().let_go);
    }

    fn fate(&self, key: &Key) -> Fate {
        self.state().fates.get(key).copied().unwrap_or_default()
    }

    fn act(&self, key: &Key, cancel: &CancelSignal) -> FetchOutcome {
        let error = |kind| Error::new(kind, "fetching", "told so", "None needed");
        match self.fate(key) {
            Fate::Good => {}
            Fate::Missing => return FetchOutcome::NotFound,
            Fate::Fails => return FetchOutcome::Failed(error(ErrorKind::Remote)),
            Fate::Corrupt => return FetchOutcome::Corrupt(error(ErrorKind::Corrupt)),
            Fate::Defers => return FetchOutcome::Deferred,
            Fate::Panics => panic!("told so"),
            Fate::Waits => {
                let is_over = || cancel.is_cancelled() || self.fate(key) != Fate::Waits;
                until("being cancelled", is_over);
                if cancel.is_cancelled() {
                    return FetchOutcome::Cancelled;
                }
                return self.act(key, cancel);
            }
            Fate::Hangs => self.wait_to_be_let_go(),
        }
        self.state().local.insert(*key);
        FetchOutcome::Fetched { bytes: BYTES }
    }
}

impl PrefetchSource for World {
    fn list(
        &self,
        cancel: &CancelSignal,
        each: &mut dyn FnMut(&PrefetchEntry<'_>) -> bool,
    ) -> Result<(), Error> {
        self.listings.fetch_add(1, Ordering::SeqCst);
        let (listing, listed) = {
            let state = self.state();
            (state.listing, state.listed.clone())
        };
        match listing {
            Fate::Hangs => self.wait_to_be_let_go(),
            Fate::Waits => until("being cancelled", || cancel.is_cancelled()),
            Fate::Panics => panic!("told so"),
            Fate::Good => {}
            _ => return Err(Error::new(ErrorKind::Remote, "listing", "told so", "None")),
        }
        for (n, last_access_ms) in listed {
            let mut entry = entry(n);
            entry.last_access_ms = last_access_ms;
            if !each(&entry) {
                break;
            }
        }
        Ok(())
    }

    fn is_resident(&self, key: &Key) -> bool {
        self.questions.fetch_add(1, Ordering::SeqCst);
        let (holds_up, bad) = {
            let state = self.state();
            (state.holds_up_residency, state.bad_answers.contains(key))
        };
        if holds_up {
            self.wait_to_be_let_go();
        }
        assert!(!bad, "told so");
        self.state().local.contains(key)
    }

    fn fetch(&self, key: &Key, cancel: &CancelSignal) -> FetchOutcome {
        use nix::sys::signal::{SigSet, Signal};
        {
            let mask = SigSet::thread_get_mask().unwrap();
            let name = std::thread::current().name().unwrap_or("").to_owned();
            let mut state = self.state();
            state.threads.push((name, mask.contains(Signal::SIGINT)));
            state.fetches.push(*key);
            let of_it = state.aloft.entry(*key).or_default();
            *of_it += 1;
            let of_it = *of_it as u64;
            let all = state.aloft.values().sum::<usize>() as u64;
            self.most_of_a_key.fetch_max(of_it, Ordering::SeqCst);
            self.most_at_once.fetch_max(all, Ordering::SeqCst);
        }
        let _landed = Landed(self, *key);
        self.act(key, cancel)
    }
}

struct Landed<'a>(&'a World, Key);

impl Drop for Landed<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if let Some(n) = state.aloft.get_mut(&self.1) {
            *n -= 1;
        }
    }
}

/// Cycles begin at every millisecond of the real clock.
pub fn brisk() -> PrefetchOptions {
    let mut options = PrefetchOptions::new();
    options.interval_seconds(0.001).unwrap();
    options
}
