//! The remote tier: entries shared by machines through an object store that exists.
//!
//! A store is attached to a URL: `s3://bucket/prefix`, `az://container/prefix`, `gs://bucket/prefix`, a
//! directory as `file:///...`, or `memory://name` for trying it out. Credentials come from the engine's
//! customary environment, and are never told. Saves are uploaded in the background; a lookup that finds
//! nothing here asks there, within a deadline. The network being away fails or delays no save and no hit.
//!
//! # The protocol
//!
//! Objects mirror the disk: below the prefix, `v1/<key>/<run id>/` holds for each upload of a generation
//! the payload, and its metadata as the file has it. (See `names` for how they are called.)
//!
//! 1. The payload is uploaded first, then the metadata: an entry is there when its metadata is.
//! 2. A name holds the payload's SHA-256, that of the metadata, and 64 random bits of the upload. No object
//!    is ever written twice, so two writers never mix, and nothing depends on conditional requests.
//! 3. Whoever reads checks length and SHA-256 of both before anything is written here, let alone answered.
//!    An object that fails twice is set aside: noted in the root, counted, and not read again.
//! 4. What was checked is written by the store itself, with run id, generation, objective, iteration, kind
//!    and stamps as they were, and answered by an ordinary lookup.
//! 5. A listing is not trusted: a name that is not written exactly as ours is none of ours, and no size is
//!    allocated that the options do not allow.
//! 6. What is to be uploaded is noted in the root before it is saved, and the note goes when it is
//!    uploaded. Whoever attaches after a process was killed uploads what that had yet to. (Comparing
//!    listings instead would cost a walk of both sides at each attachment.)
//! 7. Removing or refusing an entry leaves a note here, too: it is not brought again until the next save, or
//!    until an entry of that time expires. Eviction leaves none, and never removes anything there.
//! 8. Nothing is removed there but by name, or by [`Remote::retain`]: metadata first, and a payload without
//!    metadata when it is a day old by the server's clock.

mod options;

#[cfg(not(feature = "remote"))]
mod absent;
#[cfg(feature = "remote")]
mod attached;
#[cfg(feature = "remote")]
mod driver;
#[cfg(feature = "remote")]
mod engine;
#[cfg(feature = "remote")]
mod fetch;
#[cfg(feature = "remote")]
mod flights;
#[cfg(fuzzing)]
pub mod fuzzing;
#[cfg(feature = "remote")]
mod listed;
#[cfg(feature = "remote")]
mod marks;
#[cfg(any(feature = "remote", fuzzing))]
#[cfg_attr(not(feature = "remote"), allow(dead_code))]
mod names;
#[cfg(feature = "remote")]
mod objects;
#[cfg(feature = "remote")]
mod outbox;
pub(crate) mod prefetch;
#[cfg(feature = "remote")]
mod retain;
#[cfg(feature = "remote")]
#[cfg(test)]
mod tests;
#[cfg(feature = "remote")]
mod upload;
#[cfg(feature = "remote")]
mod warm;

#[cfg(not(feature = "remote"))]
pub use absent::Remote;
#[cfg(feature = "remote")]
pub use attached::Remote;
#[cfg(feature = "remote")]
pub use driver::Cancel;
#[cfg(feature = "remote")]
pub use listed::Listed;
pub use options::{
    Fetched, Reach, RemoteOptions, RemoteStats, Retention, RetentionReport, Uploads,
};

#[cfg(feature = "remote")]
use attached::Shared;
