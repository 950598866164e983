//! The worker on a simulated source, by a clock that the tests drive.

mod budgets;
mod cycles;
mod demands;
mod failures;
mod figures;
mod hints;
mod indexed;
mod stopping;
mod world;

use super::crew::Crew;
use super::{Prefetch, PrefetchCycle, PrefetchOptions};
use crate::Key;
use std::sync::Arc;
use std::time::Duration;
use world::{Hands, World};

/// Until this a test waits for what is to happen; nothing is judged by how long it took.
const PATIENCE: Duration = Duration::from_secs(60);

fn key(n: u32) -> Key {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    Key::from_bytes(bytes)
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A worker whose turns the test takes itself.
struct Driven {
    world: Arc<World>,
    clock: Arc<Hands>,
    prefetch: Prefetch,
    crew: Crew,
}

impl Driven {
    fn new(options: &PrefetchOptions) -> Driven {
        let clock = Arc::new(Hands::default());
        let world = Arc::new(World::default());
        let prefetch = Prefetch::with_clock(world.clone(), options, clock.clone());
        let shared = prefetch.here().unwrap();
        // As if it had been started.
        shared.control().wanted = true;
        let crew = Crew::new(Arc::clone(shared), 0);
        Driven {
            world,
            clock,
            prefetch,
            crew,
        }
    }

    /// With entries from 0 on, asked for the longer ago the higher their number.
    fn with_entries(options: &PrefetchOptions, count: u32) -> Driven {
        let driven = Driven::new(options);
        for n in 0..count {
            driven.world.add(&driven.prefetch, n);
        }
        driven
    }

    fn cycles(&self) -> u64 {
        self.prefetch.stats().cycles
    }

    /// Runs the next cycle to its end, and one at least.
    fn cycle(&mut self) -> PrefetchCycle {
        let before = self.cycles();
        self.clock.advance(Duration::from_millis(500));
        until("a cycle", || {
            self.crew.turn();
            self.prefetch.stats().cycles > before
        });
        self.prefetch.last_cycle().unwrap()
    }

    /// Takes turns until something is so.
    fn turns(&mut self, what: &str, mut is_so: impl FnMut(&Prefetch) -> bool) {
        until(what, || {
            self.crew.turn();
            is_so(&self.prefetch)
        });
    }
}
