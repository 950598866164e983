//! The C ABI: everything `include/warmstart.h` declares, one file per C type.
//!
//! The header is generated from these files; what is documented here is documented for a C
//! programmer. This is the only place with `extern "C"`, and, but for a few system calls, the only
//! one with `unsafe`.

// The C names are what is wanted, and each function's documentation says what it asks of its caller.
#![allow(non_camel_case_types, clippy::missing_safety_doc)]

pub(crate) mod args;
pub(crate) mod cursor;
pub(crate) mod entry;
pub(crate) mod fingerprinter;
pub(crate) mod fingerprinter_native;
pub(crate) mod fork;
pub(crate) mod guard;
pub(crate) mod info;
pub(crate) mod key;
pub(crate) mod last_error;
pub(crate) mod library;
pub(crate) mod plain;
pub(crate) mod session;
pub(crate) mod session_options;
pub(crate) mod shared;
pub(crate) mod status;
pub(crate) mod store;
pub(crate) mod store_options;
pub(crate) mod task;

pub use cursor::*;
pub use entry::*;
pub use fingerprinter::*;
pub use fingerprinter_native::*;
pub use info::*;
pub use key::*;
pub use library::*;
pub use session::*;
pub use session_options::*;
pub use status::*;
pub use store::*;
pub use store_options::*;
pub use task::*;
