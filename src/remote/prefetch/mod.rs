//! The prefetch worker: warms the local tiers before the engine asks.
//!
//! The index knows what there is, the plan chooses, flights fetch, the crew drives them, and the handle is
//! what others hold. Where entries come from is a trait's business. Followers tell a handle what happens to
//! entries elsewhere.

mod bell;
mod chain;
mod clock;
mod control;
mod crew;
mod flights;
mod follower;
mod handle;
mod index;
mod listing;
mod names;
mod options;
mod plan;
mod report;
mod rows;
mod score;
mod select;
mod shared;
mod source;
mod table;

#[cfg(test)]
mod tests;

pub use chain::ChainDirection;
pub use control::PrefetchWait;
pub(super) use follower::Follower;
pub use handle::Prefetch;
pub use options::PrefetchOptions;
pub use report::{PrefetchCounts, PrefetchCycle, PrefetchStats};
pub use source::{CancelSignal, FetchOutcome, PrefetchEntry, PrefetchSource};
