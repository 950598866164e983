//! A build without the remote tier: nothing can be attached.

use super::options::{Fetched, Reach, RemoteOptions, RemoteStats, Retention, RetentionReport};
use super::prefetch::{Prefetch, PrefetchOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::store::Store;
use std::time::Duration;

/// A store's attachment to a remote tier, of which this build has none.
#[derive(Debug)]
pub enum Remote {}

impl Store {
    /// Attaches a remote tier; this build has none.
    ///
    /// # Errors
    ///
    /// `Unsupported`.
    pub fn attach_remote(&self, _url: &str, _options: &RemoteOptions) -> Result<Remote> {
        Err(Error::new(
            ErrorKind::Unsupported,
            "attaching a remote tier",
            "libwarmstart was built without the feature remote",
            "Build it with cargo build --features remote",
        ))
    }
}

/// Nothing ever has one.
#[allow(missing_docs)]
impl Remote {
    pub fn url(&self) -> &str {
        match *self {}
    }

    pub fn fetch(&self, _: Key, _: Duration) -> Result<Fetched> {
        match *self {}
    }

    pub fn flush(&self, _: Reach, _: Duration) -> Result<bool> {
        match *self {}
    }

    pub fn upload(&self, _: Key, _: &str) -> Result<()> {
        match *self {}
    }

    pub fn remove(&self, _: Key, _: Option<&str>, _: bool, _: Duration) -> Result<bool> {
        match *self {}
    }

    pub fn retain(&self, _: &Retention, _: Duration) -> Result<RetentionReport> {
        match *self {}
    }

    pub fn prefetch(&self, _: &PrefetchOptions) -> Result<Prefetch> {
        match *self {}
    }

    pub fn stats(&self) -> RemoteStats {
        match *self {}
    }

    pub fn last_failure(&self) -> Option<Error> {
        match *self {}
    }
}
