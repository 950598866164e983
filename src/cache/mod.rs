//! The memory tier: a concurrent map bounded by what its entries occupy.

mod sieve;
mod tier;

pub(crate) use tier::Tier;
