//! Regions: named arrays, checkpointed and restored together.
//!
//! The payload is a [safetensors](https://github.com/huggingface/safetensors#format) file, so that
//! libraries of many languages open it: the length of a header, the header in JSON with each array's
//! type, dimensions and place, then the arrays as they lie in memory, without gaps. The format means
//! row-major order. A column-major array is written as it lies, too, with its dimensions reversed and
//! the note `order.<name>` = `F`. A complex array has a last dimension of 2 and the note
//! `complex.<name>`. The notes are the file's own metadata, which also carry `libwarmstart` (the
//! version that wrote it), `objective`, `iteration`, and what the caller has to say.
//!
//! The header is padded so that the arrays begin at a multiple of 64 bytes, and those of the larger
//! elements come first: in an entry's payload each is aligned for its type.

mod element;
mod file;
mod fit;
mod header;
#[doc = include_str!("../../guide/links.md")]
#[doc = include_str!("recipes.md")]
pub mod recipes {}
mod set;
mod spec;
#[cfg(test)]
mod tests;

pub use element::ElementType;
pub use file::{RegionFile, StoredRegion};
pub use set::Regions;
pub use spec::{RegionSpec, MOST_DIMENSIONS, REGION_NAME_BYTES};

/// Longest header, in bytes, that is written or read: room for some 100 000 regions.
const HEADER_BYTES: usize = 16 << 20;
/// The header's length comes first.
const LENGTH_BYTES: usize = 8;
/// Where in the header the notes are.
const NOTES: &str = "__metadata__";
const VERSION_NOTE: &str = "libwarmstart";
const OBJECTIVE_NOTE: &str = "objective";
const ITERATION_NOTE: &str = "iteration";
const ORDER_NOTE: &str = "order.";
const COMPLEX_NOTE: &str = "complex.";
