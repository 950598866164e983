//! The memory tier.

mod sieve;

pub(crate) use sieve::Sieve;
