//! What tells a process that others changed something: counters that all of them share.
//!
//! Each name has a counter, by its hash, and each namespace has two: one for its flushes, one for keys
//! that came to it. Who changes an entry says so before anything happens on disk, and counts the change
//! when it is over: in between nobody answers from memory, so that all see the same, and a process that
//! is killed in the middle of a change leaves nobody with what was before it. What is kept in memory
//! holds for as long as the counters are what they were before it was read. Two names of one counter
//! cost a read, and nothing else.

use crate::fs::Counters;
use crate::key::Key;
use crate::sync::Mutex;
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// 256 KiB of them.
pub(super) const COUNTERS: usize = 1 << 15;
const OF_NAMESPACES: usize = 1 << 10;
/// The lower bits of a counter count the changes that are over, the upper ones those under way.
const UNDER_WAY: u64 = 1 << 48;
/// A change that is under way for so long is one of a dead process. No writer acts so late upon what it
/// looked at.
const STUCK: Duration = Duration::from_secs(60);

/// Where a name's counter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place(u32);

/// What a name's and its namespace's counters were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    entry: u64,
    flushes: u64,
}

impl Moment {
    /// As `get` answers, asked twice.
    fn of(mut get: impl FnMut(Place) -> u64, entry: Place, flushes: Place) -> Moment {
        // In this order: who invalidates labels has the flushes under way until each entry is counted. One that
        // falls between the two shows in the second, then.
        let flushes = get(flushes);
        Moment {
            entry: get(entry),
            flushes,
        }
    }

    /// Whether nobody was changing anything: else what is read may be replaced at any time.
    pub fn is_quiet(&self) -> bool {
        is_quiet(self.entry) && is_quiet(self.flushes)
    }

    /// Whether nothing changed between the two, whatever may be under way.
    pub fn is_unchanged(&self, now: &Moment) -> bool {
        over(self.entry) == over(now.entry) && over(self.flushes) == over(now.flushes)
    }

    /// The same, but that changes of the entry itself must not be under way.
    pub fn is_unchanged_entry(&self, now: &Moment) -> bool {
        self.entry == now.entry && over(self.flushes) == over(now.flushes)
    }
}

/// The changes of a counter that are over.
pub(super) fn over(count: u64) -> u64 {
    count % UNDER_WAY
}

/// Whether no change is under way.
pub(super) fn is_quiet(count: u64) -> bool {
    count < UNDER_WAY
}

pub(super) struct Generations {
    counters: Arc<Counters>,
    /// Places where changes were under way when they were looked at, how they looked, and since when.
    stuck: Mutex<HashMap<Place, (u64, Instant)>>,
}

/// A change that is under way. Whatever becomes of it, it is counted.
pub(super) struct Change<'a> {
    generations: &'a Generations,
    place: Place,
    before: u64,
    is_over: bool,
}

impl Change<'_> {
    /// Counts the change; what the counter is now, if nobody else changed anything meanwhile.
    pub fn end(mut self) -> Option<u64> {
        self.is_over = true;
        let was = self.generations.end(self.place, 1);
        (is_quiet(self.before) && was == self.before + UNDER_WAY).then_some(self.before + 1)
    }

    /// Ends it without counting: what was changed is counted elsewhere.
    pub fn end_uncounted(mut self) {
        self.is_over = true;
        self.generations.end(self.place, 0);
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.generations.end(self.place, 1);
        }
    }
}

/// A number of the digest's: the same in every process.
fn number(id: &Key) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *id.as_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

impl Generations {
    pub fn new(counters: Arc<Counters>) -> Generations {
        Generations {
            counters,
            stuck: Mutex::default(),
        }
    }

    /// The counter of an entry.
    pub fn entry(id: &Key) -> Place {
        let count = (COUNTERS - OF_NAMESPACES) as u64;
        Place(OF_NAMESPACES as u32 + (number(id) % count) as u32)
    }

    /// The counter of a namespace's flushes.
    pub fn flushes(namespace: &Key) -> Place {
        Place((number(namespace) % (OF_NAMESPACES as u64 / 2)) as u32 * 2)
    }

    /// The counter of flushes of a namespace by its number: there are twice as many as namespaces.
    pub fn flushes_alone(number: usize) -> Place {
        Place((number % (OF_NAMESPACES / 2)) as u32 * 2)
    }

    /// The counter of keys that came to a namespace.
    pub fn arrivals(namespace: &Key) -> Place {
        Place(Generations::flushes(namespace).0 + 1)
    }

    pub fn get(&self, place: Place) -> u64 {
        self.counters[place.0 as usize].load(Ordering::SeqCst)
    }

    /// Counts one change; what the counter is now.
    pub fn count(&self, place: Place) -> u64 {
        self.counters[place.0 as usize].fetch_add(1, Ordering::SeqCst) + 1
    }

    /// To be called before anything is changed, by a process or a thread of it.
    pub fn begin(&self, place: Place) -> Change<'_> {
        let before = self.counters[place.0 as usize].fetch_add(UNDER_WAY, Ordering::SeqCst);
        Change {
            generations: self,
            place,
            before,
            is_over: false,
        }
    }

    /// What the counter was.
    fn end(&self, place: Place, counted: u64) -> u64 {
        let counter = &self.counters[place.0 as usize];
        let mut was = counter.load(Ordering::SeqCst);
        loop {
            // Somebody may have taken this change for one of a dead process.
            let under_way = (was / UNDER_WAY).saturating_sub(1) * UNDER_WAY;
            let now = under_way + over(over(was) + counted);
            match counter.compare_exchange(was, now, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(was) => return was,
                Err(other) => was = other,
            }
        }
    }

    /// To be asked before anything is read that is to be kept.
    pub fn moment(&self, entry: Place, flushes: Place) -> Moment {
        Moment::of(|place| self.get(place), entry, flushes)
    }

    /// To be asked instead where a change is under way: counts it as over once it is certain that who
    /// began it is dead.
    pub fn settle(&self, place: Place) {
        self.settle_after(place, STUCK);
    }

    fn settle_after(&self, place: Place, most: Duration) {
        let now = self.get(place);
        let mut stuck = self.stuck.lock().unwrap_or_else(PoisonError::into_inner);
        if is_quiet(now) {
            stuck.remove(&place);
            return;
        }
        let (seen, since) = stuck.entry(place).or_insert_with(|| (now, Instant::now()));
        if *seen != now {
            (*seen, *since) = (now, Instant::now());
        } else if since.elapsed() >= most {
            let quiet = over(over(now) + 1);
            let counter = &self.counters[place.0 as usize];
            let _ = counter.compare_exchange(now, quiet, Ordering::SeqCst, Ordering::SeqCst);
            stuck.remove(&place);
        }
    }
}

/// From which moment on what was written holds: of its counted change, and of the moment before it.
pub(super) fn written(change: Option<u64>, before: Moment) -> Option<Moment> {
    let flushes = before.flushes;
    let moment = |entry| Moment { entry, flushes };
    change.map(moment).filter(Moment::is_quiet)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u64) -> Key {
        let mut f = crate::key::Fingerprinter::new();
        f.write_u64(n);
        f.finish()
    }

    #[test]
    fn entries_and_namespaces_have_counters_of_their_own() {
        let g = Generations::new(Arc::new(Counters::own(COUNTERS)));
        let (entry, flushes) = (Generations::entry(&id(1)), Generations::flushes(&id(2)));
        let before = g.moment(entry, flushes);
        g.count(Generations::arrivals(&id(2)));
        assert_eq!(g.moment(entry, flushes), before);
        g.count(flushes);
        assert_ne!(g.moment(entry, flushes), before);
        for n in 0..10_000 {
            let place = Generations::entry(&id(n)).0 as usize;
            assert!((OF_NAMESPACES..COUNTERS).contains(&place));
            let place = Generations::arrivals(&id(n)).0 as usize;
            assert!(place < OF_NAMESPACES);
        }
    }

    #[test]
    fn what_another_changed_meanwhile_is_not_taken_for_this_ones() {
        let g = Generations::new(Arc::new(Counters::own(COUNTERS)));
        let (entry, flushes) = (Generations::entry(&id(1)), Generations::flushes(&id(2)));
        let before = g.moment(entry, flushes);
        let mine = written(g.begin(entry).end(), before).unwrap();
        assert_eq!(g.moment(entry, flushes), mine);
        let (one, two) = (g.begin(entry), g.begin(entry));
        assert!(!g.moment(entry, flushes).is_quiet());
        assert_eq!((one.end(), two.end()), (None, None));
        let after = g.moment(entry, flushes);
        assert!(after.is_quiet() && !after.is_unchanged(&mine));
    }

    #[test]
    fn a_change_that_nobody_ends_is_over_after_a_while_and_counted() {
        let g = Generations::new(Arc::new(Counters::own(COUNTERS)));
        let (entry, flushes) = (Generations::entry(&id(1)), Generations::flushes(&id(2)));
        let before = g.moment(entry, flushes);
        let dead = g.begin(entry);
        g.settle(entry);
        g.settle(entry);
        assert!(!g.moment(entry, flushes).is_quiet());
        g.settle_after(entry, Duration::ZERO);
        let settled = g.moment(entry, flushes);
        assert!(settled.is_quiet() && !settled.is_unchanged(&before));
        // It was not dead after all.
        drop(dead);
        let after = g.moment(entry, flushes);
        assert!(after.is_quiet() && !after.is_unchanged(&settled));
    }

    #[test]
    fn what_is_counted_elsewhere_leaves_the_rest_as_it_was() {
        let g = Generations::new(Arc::new(Counters::own(COUNTERS)));
        let (entry, flushes) = (Generations::entry(&id(1)), Generations::flushes(&id(2)));
        let before = g.moment(entry, flushes);
        let held = g.begin(flushes);
        let meanwhile = g.moment(entry, flushes);
        assert!(!meanwhile.is_quiet() && meanwhile.is_unchanged_entry(&before));
        held.end_uncounted();
        assert_eq!(g.moment(entry, flushes), before);
    }

    #[test]
    fn an_invalidation_between_the_two_looks_at_a_moment_shows() {
        let g = Generations::new(Arc::new(Counters::own(COUNTERS)));
        let (entry, flushes) = (Generations::entry(&id(1)), Generations::flushes(&id(2)));
        let before = g.moment(entry, flushes);
        let invalidation = g.begin(flushes);
        let mut invalidation = Some(invalidation);
        // What it invalidated is gone from the disk, and others may have been told so.
        let get = |place| {
            let now = g.get(place);
            if let Some(change) = invalidation.take() {
                g.count(entry);
                change.end_uncounted();
            }
            now
        };
        let meanwhile = Moment::of(get, entry, flushes);
        assert_ne!(meanwhile, before);
        assert!(!meanwhile.is_quiet());
    }
}
