//! Crash-safe checkpoints and warm starts for fitting engines.
//!
//! An engine hands over bytes, an objective value and an iteration number under a 256-bit [`Key`] of
//! "this data, this specification"; a [`Store`] publishes them atomically on disk. After a kill, a
//! power cut or three weeks, the same fit resumes from its best iterate.
//!
//! Most users come through the C ABI in `include/warmstart.h`, which this crate exports; the types
//! here are what it is made of. Data flows one way: ABI, session, store, file system.
//!
//! What the words mean, what is promised, and how it is run, is in the [`guide`].
//!
//! ```
//! # fn main() -> Result<(), warmstart::Error> {
//! use warmstart::{Fingerprinter, Session, SessionOptions, Store, StoreOptions};
//! # let dir = std::env::temp_dir().join(format!("warmstart-doc-{}", std::process::id()));
//!
//! let mut f = Fingerprinter::new();
//! f.absorb_str("model", "linear")?;
//! f.absorb_f64_slice("y", &[1.0, 2.0, 3.0])?;
//!
//! let store = Store::open(Some(&dir), &StoreOptions::new())?;
//! let fit = Session::open(&store, f.finish(), &SessionOptions::new())?;
//! fit.checkpoint(b"the state", Some(0.5), Some(12))?;
//!
//! let found = fit.load()?.expect("just written");
//! assert_eq!(found.payload(), b"the state");
//! # std::fs::remove_dir_all(dir).ok();
//! # Ok(())
//! # }
//! ```

mod cache;
mod error;
#[cfg(feature = "capi")]
pub mod ffi;
mod fs;
pub mod guide;
mod key;
mod payload;
mod remote;
mod session;
mod signals;
mod store;
mod sync;

#[cfg(fuzzing)]
#[doc(hidden)]
pub use cache::fuzzing as cache_fuzzing;
#[cfg(fuzzing)]
#[doc(hidden)]
pub use remote::fuzzing as remote_fuzzing;
#[cfg(fuzzing)]
#[doc(hidden)]
pub use store::fuzzing;

pub use cache::{
    Admission, Blob, BlobInfo, BlobLabels, Cache, CacheOptions, CacheStats, Existence,
    ExpiryPolicy, LabelKind, ListedBlob, Promotion, PutOptions, Receipt, CACHE_CONTENT_TYPE_BYTES,
    CACHE_DEFAULT_PRIORITY, CACHE_KEY_BYTES, CACHE_LABELS, CACHE_LABEL_BYTES, CACHE_NAMESPACES,
    CACHE_NAMESPACE_BYTES, CACHE_PAIRS, CACHE_PAIRS_BYTES,
};
pub use error::{Error, ErrorKind, Result};
pub use key::{Difference, Field, FieldState, Fingerprinter, Frame, Key, Order};
pub use payload::{
    recipes, BasisMeta, BlockInner, BlockRecord, Descriptor, ElementType, FitArtifact, Global,
    Keyspace, Provenance, Record, RecordKind, RegionFile, RegionSpec, Regions, ResponseSignature,
    Role, Rotation, RowPopulation, StoredRegion, Term, TermShape, WarmStartRecord, MOST_DIMENSIONS,
    RECORD_BYTES, RECORD_SIZE_BUDGET, RECORD_TTL_SECONDS, REGION_NAME_BYTES, SCHEMA_TAG,
};
#[cfg(feature = "remote")]
pub use remote::prefetch::{CancelSignal, PrefetchSource};
pub use remote::prefetch::{
    ChainDirection, FetchOutcome, Prefetch, PrefetchCounts, PrefetchCycle, PrefetchEntry,
    PrefetchOptions, PrefetchStats, PrefetchWait,
};
#[cfg(feature = "remote")]
pub use remote::{Cancel, Listed};
pub use remote::{
    Fetched, Reach, Remote, RemoteOptions, RemoteStats, Retention, RetentionReport, Uploads,
};
pub use session::{
    DeadlineSource, IntervalFormula, LiveSession, Outcome, Session, SessionOptions,
    SessionProgress, StopInfo, StopReason, SEED_KEYS,
};
pub use store::{
    Action, CheckReport, Durability, Entry, EntryInfo, ExportedEntry, Finding, Imported, KeyStream,
    Kind, Limits, Lookup, Miss, Problem, Progress, Run, Source, StartStats, Store, StoreOptions,
    StoreStats, Task, Trace, TracePoint, Work, ALIGNMENT, LABEL_BYTES, RUN_ID_BYTES,
};
