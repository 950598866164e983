//! The C ABI: everything `include/warmstart.h` declares, one file per C type.
//!
//! The header is generated from these files; what is documented here is documented for a C
//! programmer. This is the only place with `extern "C"`, and, but for a few system calls, the only
//! one with `unsafe`.

// The C names are what is wanted, and each function's documentation says what it asks of its caller.
#![allow(non_camel_case_types, clippy::missing_safety_doc)]

pub(crate) mod args;
pub(crate) mod blob;
pub(crate) mod cache;
pub(crate) mod cache_cursor;
pub(crate) mod cache_many;
pub(crate) mod cache_options;
pub(crate) mod cache_stats;
pub(crate) mod cache_upkeep;
pub(crate) mod cursor;
pub(crate) mod entry;
pub(crate) mod fingerprinter;
pub(crate) mod fingerprinter_native;
pub(crate) mod fork;
pub(crate) mod guard;
pub(crate) mod import;
pub(crate) mod info;
pub(crate) mod interval;
pub(crate) mod key;
pub(crate) mod last_error;
pub(crate) mod library;
pub(crate) mod live;
pub(crate) mod miss;
pub(crate) mod plain;
pub(crate) mod prefetch;
pub(crate) mod prefetch_options;
pub(crate) mod prefetch_stats;
pub(crate) mod protected;
pub(crate) mod put;
pub(crate) mod record;
pub(crate) mod record_fields;
pub(crate) mod regions;
pub(crate) mod remote;
pub(crate) mod remote_options;
pub(crate) mod session;
pub(crate) mod session_options;
pub(crate) mod session_progress;
pub(crate) mod session_stop;
pub(crate) mod shared;
pub(crate) mod signals;
pub(crate) mod status;
pub(crate) mod store;
pub(crate) mod store_options;
pub(crate) mod stream;
pub(crate) mod task;
pub(crate) mod trace;

pub use blob::*;
pub use cache::*;
pub use cache_cursor::*;
pub use cache_many::*;
pub use cache_options::*;
pub use cache_stats::*;
pub use cache_upkeep::*;
pub use cursor::*;
pub use entry::*;
pub use fingerprinter::*;
pub use fingerprinter_native::*;
pub use import::*;
pub use info::*;
pub use interval::*;
pub use key::*;
pub use library::*;
pub use live::*;
pub use miss::*;
pub use prefetch::*;
pub use prefetch_options::*;
pub use prefetch_stats::*;
pub use protected::*;
pub use put::*;
pub use record::*;
pub use record_fields::*;
pub use regions::*;
pub use remote::*;
pub use remote_options::*;
pub use session::*;
pub use session_options::*;
pub use session_progress::*;
pub use session_stop::*;
pub use signals::*;
pub use status::*;
pub use store::*;
pub use store_options::*;
pub use stream::*;
pub use task::*;
pub use trace::*;
