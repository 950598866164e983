//! The memory tier, a concurrent map bounded by what its entries occupy, and the blob cache on it and on
//! the store.

mod asked;
mod background;
mod blob;
#[allow(clippy::module_inception)]
mod cache;
mod compress;
mod copying;
mod deadlines;
mod ending;
mod expiry;
mod filter;
#[cfg(fuzzing)]
pub mod fuzzing;
mod generations;
mod hasher;
mod held;
mod index;
mod invalidating;
mod keys;
mod name;
mod namespace;
mod options;
mod put;
mod reading;
mod resident;
mod root;
mod shard;
mod sieve;
mod statistics;
mod step;
mod stripes;
mod tier;
mod time;
mod upkeep;
mod writing;
mod zstd;

#[cfg(test)]
mod tests;

pub use blob::{Blob, BlobInfo, BlobLabels, Existence, ListedBlob, Receipt};
pub use cache::{Cache, LabelKind};
pub use expiry::ExpiryPolicy;
#[cfg(feature = "remote")]
pub(crate) use hasher::Seeded;
#[cfg(feature = "capi")]
pub(crate) use held::{Handle, Share};
pub use options::{CacheOptions, Promotion};
pub use put::{
    Admission, PutOptions, CACHE_CONTENT_TYPE_BYTES, CACHE_DEFAULT_PRIORITY, CACHE_KEY_BYTES,
    CACHE_LABELS, CACHE_LABEL_BYTES, CACHE_NAMESPACES, CACHE_NAMESPACE_BYTES, CACHE_PAIRS,
    CACHE_PAIRS_BYTES,
};
#[cfg(feature = "capi")]
pub(crate) use resident::Resident;
pub use statistics::CacheStats;
pub(crate) use tier::Tier;
