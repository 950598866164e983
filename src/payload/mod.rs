//! Typed payloads, so that a solver's author serialises nothing by hand. The store takes any bytes;
//! what is here only shapes them.

mod artifact;
mod block;
#[cfg(feature = "capi")]
mod fields;
mod identity;
mod json;
mod keyspace;
#[cfg(feature = "capi")]
mod named;
mod record;
mod regions;
mod roots;
mod store;
mod transfer;
mod warm_start;

#[cfg(test)]
mod tests;

pub use artifact::{
    BasisMeta, Descriptor, FitArtifact, Global, ResponseSignature, Rotation, RowPopulation, Term,
};
pub use block::{BlockInner, BlockRecord};
#[cfg(feature = "capi")]
pub(crate) use fields::{Field, FieldType};
pub use identity::{Provenance, Role, TermShape, SCHEMA_TAG};
pub use keyspace::Keyspace;
pub use record::{Record, RecordKind, RECORD_BYTES};
pub use regions::*;
pub use roots::{RECORD_SIZE_BUDGET, RECORD_TTL_SECONDS};
pub use warm_start::WarmStartRecord;
