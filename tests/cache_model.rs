//! The blob cache against models.
//!
//! Random calls one after the other, through one handle or two, against a map (`cache_model/sequential.rs`);
//! threads at once, and processes that are killed at once, against the sequential contract of one key
//! (`cache_model/history.rs`), by the search that `linear/checker.rs` makes.
//!
//! `WARM_TEST_KILLS=1000 cargo test --release --test cache_model kill -- --nocapture` kills so often;
//! `WARM_TEST_TIMES=50` does fifty times as much of the rest.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

#[path = "linear/checker.rs"]
mod checker;
#[path = "cache_model/history.rs"]
mod history;
#[path = "cache_model/kills.rs"]
mod kills;
#[path = "cache_model/sequential.rs"]
mod sequential;
#[path = "cache_model/threads.rs"]
mod threads;

/// A number from the environment.
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// What a test does `full` times, or fewer where the environment says so, or more by hand.
fn rounds(full: u64) -> u64 {
    match number("WARM_TEST_TIMES") {
        Some(times) => full * times,
        None => number("WARM_TEST_ROUNDS").map_or(full, |most| full.min(most)),
    }
}

struct Random(u64);

impl Random {
    fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }
}
