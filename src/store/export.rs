//! Publishing what lies in private files as pairs, which is where other engines look.
//!
//! Replacing a slot in place leaves its pair behind. A chore of the store's thread publishes the
//! newest generation as a pair within a second, and so do flush, finalize and finish. What a killed
//! process left is published by the next sweep.

use super::metadata::Durability;
use super::names::{slot_name, Stem};
use super::private::{self, read_areas, LONG};
use super::publish::Contents;
use super::remove::{stems_of_run, unlink};
use super::scan::{read_metadata, read_payload, read_private_payload, Known, Read, Scan};
use super::totals::Totals;
use super::worker::{Chore, Turn};
use super::Inner;
use crate::error::{shown, Error, Result};
use crate::fs::{self, Dir, File, Stat, Timestamp};
use crate::key::Key;
use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Well within the second that other engines are promised.
const DELAY: Duration = Duration::from_millis(500);

/// A slot whose pair is behind.
struct Behind {
    /// Keeps the store alive until it is done.
    store: Arc<Inner>,
    due: Instant,
    /// The slot will not be replaced any more: its private file can go.
    release: bool,
    /// In the order in which they fell behind.
    number: u64,
}

type SlotName = (Key, String);

#[derive(Default)]
struct State {
    behind: HashMap<SlotName, Behind>,
    next_number: u64,
    /// What is being published.
    busy: Option<(SlotName, u64)>,
    failure: Option<(Key, Error)>,
    closed: bool,
}

impl State {
    /// Whether any that fell behind before `until` still is.
    fn is_behind(&self, of: Option<Key>, until: u64) -> bool {
        let behind = self.behind.iter().map(|(slot, b)| (slot, b.number));
        let busy = self.busy.iter().map(|(slot, number)| (slot, *number));
        behind
            .chain(busy)
            .any(|(slot, number)| number < until && of.map_or(true, |key| key == slot.0))
    }
}

/// The slots whose pairs are behind.
#[derive(Default)]
pub(super) struct Exporter {
    state: Mutex<State>,
    settled: Condvar,
    is_looked_after: AtomicBool,
}

impl Exporter {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store is gone: what is behind is still caught up with.
    pub fn close(&self) {
        self.state().closed = true;
    }

    /// Waits until all that is behind now, or what of it lies under one key, is published; false when
    /// the wait ended first.
    ///
    /// # Errors
    ///
    /// What failed meanwhile.
    pub fn catch_up(&self, of: Option<Key>, deadline: Option<Instant>) -> Result<bool> {
        let mut state = self.state();
        let is_asked_for = |key: Key| of.map_or(true, |of| of == key);
        let until = state.next_number;
        let now = Instant::now();
        let mut worker = None;
        for (slot, behind) in &mut state.behind {
            if is_asked_for(slot.0) {
                behind.due = now;
                worker = Some(&behind.store);
            }
        }
        if let Some(store) = worker {
            store.worker().hurry();
        }
        state.failure = None;
        while state.is_behind(of, until) {
            if let Some((_, e)) = state.failure.take_if(|(key, _)| is_asked_for(*key)) {
                return Err(e);
            }
            let left = deadline.map(|d| d.saturating_duration_since(Instant::now()));
            if left.is_some_and(|l| l.is_zero()) {
                return Ok(false);
            }
            let wait = left.unwrap_or(Duration::from_secs(3600));
            let waited = self.settled.wait_timeout(state, wait);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(true)
    }
}

impl Chore for Exporter {
    fn turn(&self) -> Turn {
        let mut state = self.state();
        let now = Instant::now();
        let due = state.behind.iter().find(|(_, b)| b.due <= now);
        let Some(slot) = due.map(|(slot, _)| slot.clone()) else {
            return if state.closed && state.behind.is_empty() {
                Turn::Over
            } else {
                Turn::Idle
            };
        };
        let Some(behind) = state.behind.remove(&slot) else {
            return Turn::Idle;
        };
        state.busy = Some((slot.clone(), behind.number));
        drop(state);
        let done = behind.store.export(slot.0, &slot.1, behind.release);
        let mut state = self.state();
        state.busy = None;
        if let Err(e) = done {
            state.failure = Some((slot.0, e));
            // It is durable where it is; another engine has to wait.
            state.behind.entry(slot).or_insert(Behind {
                due: Instant::now() + DELAY,
                ..behind
            });
            self.settled.notify_all();
            return Turn::Idle;
        }
        drop(state);
        drop(behind);
        self.settled.notify_all();
        Turn::Done
    }

    /// What the other chores have yet to write may fall behind: a flush catches up at last.
    fn settle(&self, _deadline: Option<Instant>) -> Result<bool> {
        Ok(true)
    }

    fn fail(&self, _why: &str) {
        // The generations are durable where they are, and a sweep publishes them.
        let mut state = self.state();
        state.behind.clear();
        state.busy = None;
        drop(state);
        self.settled.notify_all();
    }
}

/// What there is of a run's generation as a pair.
struct Pair {
    stem: Stem,
    /// Of metadata that proves whole.
    known: Option<Known>,
    is_foreign: bool,
}

impl Pair {
    /// The order in which generations supersede one another.
    fn age(&self) -> (u64, Timestamp) {
        let written = self.known.as_ref().map(|k| k.metadata.written());
        (self.stem.generation, written.unwrap_or_default())
    }

    fn durability(&self) -> Durability {
        let known = self.known.as_ref();
        known.map_or(Durability::Process, Known::durability)
    }

    fn unlink(&self, dir: &dyn Dir, change: &mut Totals) -> io::Result<()> {
        let stem = &self.stem;
        for name in [stem.metadata(), stem.payload(), stem.reused()] {
            unlink(dir, &name, change)?;
        }
        Ok(())
    }

    fn is_whole(&self, dir: &dyn Dir, key: Key) -> bool {
        let known = self.known.clone();
        known.is_some_and(|k| matches!(read_payload(dir, key, k), Ok(Read::Is(_))))
    }
}

fn read_pairs(dir: &dyn Dir, scan: &Scan, run_id: &str) -> Result<Vec<Pair>> {
    let read = |stem: Stem| {
        let read = read_metadata(dir, scan, &stem)?;
        Ok(Pair {
            is_foreign: matches!(read, Read::Foreign(_)),
            known: match read {
                Read::Is(known) => Some(known),
                _ => None,
            },
            stem,
        })
    };
    stems_of_run(scan, run_id).into_iter().map(read).collect()
}

/// Whether a generation in a private file is there as a pair, too.
pub(super) fn is_published(dir: &dyn Dir, scan: &Scan, known: &Known) -> bool {
    let same = |stem: &Stem| {
        stem.generation == known.stem.generation
            && matches!(read_metadata(dir, scan, stem),
                Ok(Read::Is(k)) if k.metadata.written() == known.metadata.written())
    };
    stems_of_run(scan, known.stem.run_id()).iter().any(same)
}

fn publishing(dir: &dyn Dir, name: &str, e: io::Error) -> Error {
    let path = dir.path().join(name);
    Error::from_io(format!("publishing what lies in {}", shown(&path)), e)
}

impl Inner {
    /// Has the newest generation of a slot published as a pair soon; and its private file removed,
    /// where `release` says so.
    pub(crate) fn export_soon(self: &Arc<Self>, key: Key, run_id: &str, release: bool) {
        if !self.fs.allows_background() {
            return;
        }
        let exporter = &self.exporter;
        let due = Instant::now() + if release { Duration::ZERO } else { DELAY };
        {
            let mut state = exporter.state();
            let slot = (key, run_id.to_owned());
            let number = state.next_number;
            state.next_number += 1;
            let behind = state.behind.entry(slot).or_insert_with(|| Behind {
                store: Arc::clone(self),
                due,
                release,
                number,
            });
            behind.due = behind.due.min(due);
            behind.release |= release;
        }
        if !exporter.is_looked_after.swap(true, Ordering::AcqRel) {
            let chore = Arc::clone(exporter) as Arc<dyn Chore>;
            if self.worker.look_after(chore).is_err() {
                // No thread can be started: then at once.
                exporter.is_looked_after.store(false, Ordering::Release);
                let behind = exporter.state().behind.remove(&(key, run_id.to_owned()));
                if behind.is_some() {
                    let _ = self.export(key, run_id, release);
                }
            }
        }
    }

    /// Waits until what was replaced in place under a key, or anywhere, is published as pairs; false
    /// when the wait ended first.
    pub(crate) fn catch_up(&self, of: Option<Key>, deadline: Option<Instant>) -> Result<bool> {
        self.exporter.catch_up(of, deadline)
    }

    /// Whether pairs are published in the background, rather than when that is asked for.
    pub(crate) fn publishes_behind(&self) -> bool {
        self.fs.allows_background()
    }

    /// Publishes the newest generation in a slot's private file as a pair, unless it is one, and
    /// removes the pairs it supersedes; then the private file, where `release` says so.
    pub(crate) fn export(self: &Arc<Self>, key: Key, run_id: &str, release: bool) -> Result<()> {
        let change = self.export_held(key, run_id, release, LONG)?;
        self.account(change, Some((key, run_id)));
        Ok(())
    }

    /// The same; the caller accounts for what it changes.
    pub(super) fn export_held(
        &self,
        key: Key,
        run_id: &str,
        release: bool,
        attempts: u32,
    ) -> Result<Totals> {
        let Some(dir) = self.open_key_dir(key)? else {
            return Ok(Totals::default());
        };
        let name = slot_name(run_id);
        let failed = |e| publishing(dir.as_ref(), &name, e);
        private::with_locked(dir.as_ref(), run_id, attempts, |locked| match locked {
            Some((file, stat)) => self.export_locked(key, run_id, release, &dir, file, &stat),
            None => Ok(Totals::default()),
        })
        .map_err(failed)?
    }

    fn export_locked(
        &self,
        key: Key,
        run_id: &str,
        release: bool,
        dir: &Arc<dyn Dir>,
        file: &dyn File,
        stat: &Stat,
    ) -> Result<Totals> {
        let name = slot_name(run_id);
        let failed = |e| publishing(dir.as_ref(), &name, e);
        let mut change = Totals::default();
        let areas = read_areas(file, stat, run_id).map_err(failed)?;
        let scan = Scan::read(dir.as_ref()).map_err(failed)?;
        let pairs = read_pairs(dir.as_ref(), &scan, run_id)?;
        let mut release = release;
        // What has to be kept of it lies elsewhere.
        let mut is_spare = areas.is_empty();
        for area in areas {
            let age = (area.stem.generation, area.metadata.written());
            let whole = |p: &&Pair| p.is_whole(dir.as_ref(), key);
            // Half a pair, or damage, supersedes nothing.
            let newer = |p: &&Pair| p.age() > age && whole(p);
            match pairs.iter().filter(newer).max_by_key(|p| p.age()) {
                // Published beside the file, which its writer could not lock.
                Some(newest) if newest.durability() == Durability::Full => {
                    fs::synced(|| dir.sync()).map_err(failed)?;
                    let older = |p: &&Pair| p.age() < newest.age() && !p.is_foreign;
                    for pair in pairs.iter().filter(older) {
                        pair.unlink(dir.as_ref(), &mut change).map_err(failed)?;
                    }
                    (release, is_spare) = (true, true);
                    break;
                }
                // What was synced stays beside what was not, there or as a pair.
                Some(_) if !release => break,
                _ => {}
            }
            // A pair that another process published may not be durable, and then nobody would know
            // whether a sync made it so: it is published again, under a name of its own.
            let mine = self.exported.get(key, run_id) == Some(area.stem.random());
            let published = pairs.iter().find(|p| mine && p.age() == age && whole(p));
            let kept = match published {
                Some(pair) => pair.stem.clone(),
                None => {
                    let in_place = area.stem.clone();
                    let stored = match read_private_payload(dir.as_ref(), key, file, area)? {
                        Read::Is(stored) => stored,
                        // Nothing is known of it, so nothing takes its place.
                        Read::Unreadable(e) => return Err(e),
                        _ => continue,
                    };
                    let stem = Stem::fresh(run_id, in_place.generation, Durability::Full)?;
                    let mut contents = Contents::of(&stored);
                    self.publish_files(key, &stem, &mut contents, &mut change)?;
                    self.exported.note(key, &in_place);
                    stem
                }
            };
            // Another writer's generation of the same number may be the later one, and stays.
            let superseded = |p: &&Pair| p.stem != kept && p.age() <= age && !p.is_foreign;
            for pair in pairs.iter().filter(superseded) {
                pair.unlink(dir.as_ref(), &mut change).map_err(failed)?;
            }
            is_spare = true;
            break;
        }
        if release && is_spare {
            // What supersedes it may have been named by a process that died before the sync.
            fs::synced(|| dir.sync()).map_err(failed)?;
            unlink(dir.as_ref(), &name, &mut change).map_err(failed)?;
        }
        Ok(change)
    }
}
