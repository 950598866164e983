//! The prefetch worker: warms the local tiers before the engine asks.
//!
//! The index knows what there is, the plan chooses, flights fetch, the crew drives them, and the handle is
//! what others hold. Where entries come from is a trait's business. Followers tell a handle what happens to
//! entries elsewhere.
//!
//! In a build without the remote tier there is nothing to warm from: options, and what is told, alone.

mod options;
mod report;
mod told;

pub use options::PrefetchOptions;
pub use report::{PrefetchCounts, PrefetchCycle, PrefetchStats};
pub use told::{ChainDirection, FetchOutcome, PrefetchEntry, PrefetchWait};

#[cfg(not(feature = "remote"))]
mod absent;
#[cfg(feature = "remote")]
mod bell;
#[cfg(feature = "remote")]
mod chain;
#[cfg(feature = "remote")]
mod clock;
#[cfg(feature = "remote")]
mod control;
#[cfg(feature = "remote")]
mod crew;
#[cfg(feature = "remote")]
mod flights;
#[cfg(feature = "remote")]
mod follower;
#[cfg(feature = "remote")]
mod handle;
#[cfg(feature = "remote")]
mod index;
#[cfg(feature = "remote")]
mod listing;
#[cfg(feature = "remote")]
mod names;
#[cfg(feature = "remote")]
mod plan;
#[cfg(feature = "remote")]
mod rows;
#[cfg(feature = "remote")]
mod score;
#[cfg(feature = "remote")]
mod select;
#[cfg(feature = "remote")]
mod shared;
#[cfg(feature = "remote")]
mod source;
#[cfg(feature = "remote")]
mod table;

#[cfg(feature = "remote")]
#[cfg(test)]
mod tests;

#[cfg(not(feature = "remote"))]
pub use absent::Prefetch;
#[cfg(feature = "remote")]
pub(super) use follower::Follower;
#[cfg(feature = "remote")]
pub use handle::Prefetch;
#[cfg(feature = "remote")]
pub use source::{CancelSignal, PrefetchSource};
