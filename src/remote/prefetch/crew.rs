//! The worker's thread: what it does at each turn.
//!
//! A turn never waits for the source's network: fetches and listings have threads of their own, and those
//! that are not back at their deadline are left.

use super::clock::{after, nanoseconds};
use super::flights::{Class, Passenger};
use super::listing::Listing;
use super::report::PrefetchCycle;
use super::shared::Shared;
use super::told::FetchOutcome;
use crate::error::caught;
use crate::key::Key;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Hint,
    Guess,
}

struct Running {
    key: Key,
    why: Why,
    deadline: i64,
    passenger: Passenger,
}

/// A cycle that has not ended.
struct Open {
    began: i64,
    deadline: i64,
    waiting: VecDeque<Key>,
    bytes_left: u64,
    report: PrefetchCycle,
}

pub(super) struct Crew {
    shared: Arc<Shared>,
    generation: u64,
    running: Vec<Running>,
    cycle: Option<Open>,
    next_cycle: i64,
    cycles: u64,
    listing: Listing,
    recheck_from: usize,
}

/// The thread's body.
pub(super) fn run(shared: &Arc<Shared>, generation: u64) {
    let mut crew = Crew::new(Arc::clone(shared), generation);
    loop {
        let heard = shared.bell.heard();
        if !crew.goes_on() {
            break;
        }
        let next = caught(|| crew.turn()).unwrap_or_else(|_| crew.recover());
        shared.bell.wait(heard, next);
    }
    crew.leave();
    shared.control().running.retain(|g| *g != generation);
    shared.bell.ring();
}

impl Crew {
    pub fn new(shared: Arc<Shared>, generation: u64) -> Crew {
        // What an earlier worker counted is counted on.
        let cycles = shared.control().totals.cycles;
        Crew {
            next_cycle: shared.clock.monotonic(),
            shared,
            generation,
            running: Vec::new(),
            cycle: None,
            cycles,
            listing: Listing::default(),
            recheck_from: 0,
        }
    }

    /// Nobody stopped it. The source may hold a turn up: asked before each thing that is begun.
    fn goes_on(&self) -> bool {
        self.shared.control().goes_on(self.generation)
    }

    /// Does what can be done now; answers when there is something to do without anybody ringing.
    pub fn turn(&mut self) -> i64 {
        self.harvest();
        self.take_cancels();
        let listing = self.listing.turn(&self.shared);
        self.start_hints();
        let now = self.shared.clock.monotonic();
        if self.cycle.is_none() && now >= self.next_cycle {
            self.begin_cycle(now);
        }
        self.start_guesses();
        self.end_cycle();
        let fetches = self.running.iter().map(|r| r.deadline);
        let cycle = self.cycle.is_none().then_some(self.next_cycle);
        fetches.chain(cycle).fold(listing, i64::min)
    }

    /// Counts what came back, and leaves what is over its deadline.
    fn harvest(&mut self) {
        let now = self.shared.clock.monotonic();
        let mut at = 0;
        while let Some(running) = self.running.get(at) {
            let landing = running.passenger.landed();
            if landing.is_none() && now < running.deadline {
                at += 1;
                continue;
            }
            let running = self.running.swap_remove(at);
            let (outcome, demanded) = match landing {
                Some(landing) => (landing.outcome, landing.demanded),
                None => (FetchOutcome::Cancelled, false),
            };
            self.settle(running, &outcome, demanded);
        }
    }

    fn settle(&mut self, running: Running, outcome: &FetchOutcome, demanded: bool) {
        let Running {
            key, why, deadline, ..
        } = running;
        let called_off =
            matches!(outcome, FetchOutcome::Cancelled) && self.shared.clock.monotonic() < deadline;
        {
            let mut index = self.shared.index();
            index.set_busy(&key, false);
            if let FetchOutcome::Fetched { bytes } = outcome {
                index.note_warmed(&key, *bytes, demanded);
            }
        }
        self.shared.note_failure(&key, outcome, called_off);
        self.count(why, outcome);
        self.shared.control().tell(&key, outcome);
        // Left, and those who wait told, before the next is looked at.
        drop(running.passenger);
        self.shared.bell.ring();
    }

    fn count(&mut self, why: Why, outcome: &FetchOutcome) {
        {
            let mut control = self.shared.control();
            control.totals.counts.note(outcome);
            if why == Why::Hint && matches!(outcome, FetchOutcome::Fetched { .. }) {
                control.totals.hints_fetched += 1;
            }
        }
        if let (Why::Guess, Some(open)) = (why, &mut self.cycle) {
            open.report.counts.note(outcome);
        }
    }

    fn take_cancels(&mut self) {
        let cancels = std::mem::take(&mut self.shared.control().cancels);
        for key in cancels {
            if let Some(open) = &mut self.cycle {
                let before = open.waiting.len();
                open.waiting.retain(|k| *k != key);
                if open.waiting.len() < before {
                    self.never_began(key, Why::Guess, FetchOutcome::Cancelled);
                }
            }
            if let Some(at) = self.running.iter().position(|r| r.key == key) {
                let running = self.running.swap_remove(at);
                self.settle(running, &FetchOutcome::Cancelled, false);
            }
        }
    }

    /// The fetches that run for one reason.
    fn count_running(&self, why: Why) -> usize {
        self.running.iter().filter(|r| r.why == why).count()
    }

    fn start_hints(&mut self) {
        while self.count_running(Why::Hint) < self.shared.options.parallel {
            let Some(key) = self.shared.control().next_hint() else {
                return;
            };
            if self.running.iter().any(|r| r.key == key) {
                continue;
            }
            match self.shared.ask_resident(&key) {
                Some(true) => {
                    self.shared.index().note_resident(&key, true);
                    let outcome = FetchOutcome::Fetched { bytes: 0 };
                    self.shared.control().tell(&key, &outcome);
                    self.shared.bell.ring();
                }
                _ if self.shared.options.dry_run => {
                    let outcome = FetchOutcome::Deferred;
                    self.shared.control().tell(&key, &outcome);
                    self.shared.bell.ring();
                }
                _ => {
                    let deadline = after(&*self.shared.clock, self.shared.options.fetch_deadline);
                    self.start(key, Why::Hint, deadline);
                }
            }
        }
    }

    fn start(&mut self, key: Key, why: Why, deadline: i64) {
        if !self.goes_on() {
            return self.never_began(key, why, FetchOutcome::Cancelled);
        }
        match self.shared.flights.board(key, deadline, Class::Prefetch) {
            Ok(passenger) => {
                self.shared.index().set_busy(&key, true);
                self.running.push(Running {
                    key,
                    why,
                    deadline,
                    passenger,
                });
            }
            Err(_) => self.never_began(key, why, FetchOutcome::Deferred),
        }
    }

    fn never_began(&mut self, key: Key, why: Why, outcome: FetchOutcome) {
        self.shared.note_failure(&key, &outcome, true);
        self.count(why, &outcome);
        self.shared.control().tell(&key, &outcome);
        self.shared.bell.ring();
    }

    fn begin_cycle(&mut self, now: i64) {
        let options = &self.shared.options;
        let (k, dry_run) = (options.parallel, options.dry_run);
        let bytes_left = match options.cycle_bytes {
            0 => u64::MAX,
            bytes => bytes,
        };
        let deadline = now.saturating_add(nanoseconds(options.cycle_time));
        self.next_cycle = now.saturating_add(nanoseconds(options.interval));
        self.cycles += 1;
        // Open before it is planned: should planning panic, it is counted.
        let open = self.cycle.insert(Open {
            began: now,
            deadline,
            waiting: VecDeque::new(),
            bytes_left,
            report: PrefetchCycle {
                number: self.cycles,
                ..PrefetchCycle::default()
            },
        });
        let (shared, generation) = (&self.shared, self.generation);
        let may_ask =
            || shared.clock.monotonic() < deadline && shared.control().goes_on(generation);
        self.recheck_from = shared.recheck(self.recheck_from, may_ask);
        let plan = shared.plan(k, may_ask);
        let report = &mut open.report;
        report.scored = plan.tally.scored;
        report.resident = plan.tally.resident;
        report.in_back_off = plan.tally.in_back_off;
        report.selected = plan.taken.len() as u64;
        report.selecting = since(now, self.shared.clock.monotonic());
        if !dry_run {
            open.waiting = plan.taken.iter().map(|t| t.key).collect();
        }
    }

    fn start_guesses(&mut self) {
        while self.count_running(Why::Guess) < self.shared.options.parallel {
            let Some(open) = &mut self.cycle else {
                return;
            };
            let Some(key) = open.waiting.pop_front() else {
                return;
            };
            let bytes = self.shared.index().bytes_of(&key);
            if bytes > open.bytes_left {
                open.report.over_budget += 1;
                continue;
            }
            open.bytes_left -= bytes;
            let own = after(&*self.shared.clock, self.shared.options.fetch_deadline);
            let deadline = own.min(open.deadline);
            // Hints may be at it.
            if !self.running.iter().any(|r| r.key == key) {
                self.start(key, Why::Guess, deadline);
            }
        }
    }

    fn end_cycle(&mut self) {
        let is_over = |open: &Open| open.waiting.is_empty();
        if self.count_running(Why::Guess) > 0 || !self.cycle.as_ref().is_some_and(is_over) {
            return;
        }
        if let Some(mut open) = self.cycle.take() {
            open.report.elapsed = since(open.began, self.shared.clock.monotonic());
            let mut control = self.shared.control();
            control.totals.note_cycle(&open.report);
            control.last = Some(open.report);
            drop(control);
            self.shared.bell.ring();
        }
    }

    /// After a panic in a turn: what runs is let go of, and the next turn begins afresh after a pause.
    pub fn recover(&mut self) -> i64 {
        let contained = caught(|| {
            self.shared.control().totals.counts.panics += 1;
            if let Some(open) = &mut self.cycle {
                open.report.counts.panics += 1;
                open.waiting.clear();
            }
            self.let_go();
            self.end_cycle();
        });
        if contained.is_err() {
            self.cycle = None;
        }
        let pause = after(&*self.shared.clock, self.shared.options.interval);
        self.next_cycle = pause;
        pause
    }

    fn let_go(&mut self) {
        while let Some(running) = self.running.pop() {
            self.settle(running, &FetchOutcome::Cancelled, false);
        }
    }

    /// Nothing goes on for this worker.
    pub fn leave(&mut self) {
        let contained = caught(|| {
            self.listing.cancel();
            if let Some(open) = &mut self.cycle {
                open.waiting.clear();
            }
            self.let_go();
            self.end_cycle();
        });
        if contained.is_err() {
            self.running.clear();
        }
    }
}

fn since(began: i64, now: i64) -> Duration {
    Duration::from_nanos(now.saturating_sub(began).max(0).unsigned_abs())
}
