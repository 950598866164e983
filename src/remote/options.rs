//! How a store is attached, and what is asked of what it is attached to.

use crate::error::{Error, Result};
use std::time::Duration;

/// Which entries are uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Uploads {
    /// Answers of fits.
    #[default]
    Final,
    /// Answers, and the checkpoint that a lookup of the best answers when its turn comes.
    Best,
    /// Each run's newest generation.
    All,
    /// None: only what others have uploaded is used.
    Nothing,
}

/// How far what was saved has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Durable on this machine.
    Local,
    /// Uploaded, too.
    Remote,
}

/// Five seconds.
const DEADLINE: Duration = Duration::from_secs(5);
/// One GiB.
const MOST_PAYLOAD: u64 = 1 << 30;
/// Runs in memory whose upload waits.
const QUEUE: usize = 1024;
/// What an object store takes in one request.
const MOST_OBJECT: u64 = 5 << 30;

/// How a store is attached to a remote tier.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(not(feature = "remote"), allow(dead_code))] // Nothing is attached then.
pub struct RemoteOptions {
    pub(super) uploads: Uploads,
    pub(super) lookup: bool,
    pub(super) deadline: Duration,
    pub(super) most_payload: u64,
    pub(super) queue: usize,
}

impl Default for RemoteOptions {
    fn default() -> Self {
        RemoteOptions {
            uploads: Uploads::default(),
            lookup: true,
            deadline: DEADLINE,
            most_payload: MOST_PAYLOAD,
            queue: QUEUE,
        }
    }
}

impl RemoteOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Which entries are uploaded; default [`Uploads::Final`].
    pub fn uploads(&mut self, which: Uploads) -> &mut Self {
        self.uploads = which;
        self
    }

    /// Whether a lookup that finds nothing here asks the remote tier; default on.
    pub fn lookup(&mut self, on: bool) -> &mut Self {
        self.lookup = on;
        self
    }

    /// The longest that such a lookup waits for it; default 5 s.
    pub fn deadline(&mut self, most: Duration) -> &mut Self {
        self.deadline = most;
        self
    }

    /// Longest payload that is uploaded or fetched, in bytes; default 1 GiB, at most 5 GiB.
    pub fn most_payload(&mut self, bytes: i64) -> Result<&mut Self> {
        let fits = u64::try_from(bytes)
            .ok()
            .filter(|b| (1..=MOST_OBJECT).contains(b));
        self.most_payload = fits.ok_or_else(|| {
            Error::invalid(
                "setting the longest payload of a remote tier",
                format!("{bytes} bytes is not between 1 and {MOST_OBJECT}"),
                "Give a number of bytes in that range",
            )
        })?;
        Ok(self)
    }

    /// Most runs whose upload waits in memory; others wait as marks in the root. Default 1024.
    pub fn queue(&mut self, most: i64) -> Result<&mut Self> {
        let fits = usize::try_from(most).ok().filter(|n| *n > 0);
        self.queue = fits.ok_or_else(|| {
            Error::invalid(
                "setting how many uploads may wait in memory",
                format!("{most} is not positive"),
                "Give a positive number",
            )
        })?;
        Ok(self)
    }
}

/// What [`Remote::retain`](super::Remote::retain) keeps. What is not set limits nothing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Retention {
    /// Most bytes of all objects; the oldest entries go first.
    pub max_bytes: Option<u64>,
    /// The longest since an entry was uploaded.
    pub max_age: Option<Duration>,
    /// Most runs under one key, the last uploaded; of each its newest generation.
    pub keep_per_key: Option<u64>,
    /// Only say what would go.
    pub dry_run: bool,
}

/// What [`Remote::retain`](super::Remote::retain) found and did; with `dry_run`, would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RetentionReport {
    /// Entries found.
    pub entries: u64,
    /// Bytes of all objects found.
    pub bytes: u64,
    /// Entries that went: their metadata did.
    pub removed_entries: u64,
    /// Payloads that went.
    pub removed_payloads: u64,
    /// Bytes of all objects that went.
    pub removed_bytes: u64,
    /// Payloads without metadata that are younger than a day: they may be uploads in progress, and those of
    /// entries that went now stay until then.
    pub waiting_payloads: u64,
    /// Names that are none of ours. They stay.
    pub foreign: u64,
}

/// Figures of an attachment, since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RemoteStats {
    /// Entries uploaded.
    pub uploads: u64,
    /// Bytes of these.
    pub uploaded_bytes: u64,
    /// Entries found uploaded already.
    pub uploads_known: u64,
    /// Attempts to upload that failed; each is made again.
    pub upload_failures: u64,
    /// Runs whose upload waits, in memory.
    pub uploads_waiting: u64,
    /// Uploads given up: what was to be uploaded is gone, or longer than allowed.
    pub uploads_dropped: u64,
    /// Times the remote tier was asked for a key.
    pub fetches: u64,
    /// Entries brought from there.
    pub brought: u64,
    /// Bytes of these.
    pub brought_bytes: u64,
    /// Times it had nothing that could be brought.
    pub missing: u64,
    /// Times it could not be asked, or failed.
    pub fetch_failures: u64,
    /// Times nobody waited for the answer any longer.
    pub fetch_timeouts: u64,
    /// Times it was not asked because a caller had removed the key, or had refused the run.
    pub refused: u64,
    /// Times it was not asked because it had just failed.
    pub skipped: u64,
    /// Objects that fail their checks, and were set aside.
    pub corrupt: u64,
    /// Names listed that are none of ours.
    pub foreign: u64,
}

/// What came of asking the remote tier for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fetched {
    /// Entries are here now; with the bytes that were transferred for them.
    Brought(u64),
    /// All that could be brought is here already.
    Known,
    /// It has nothing under the key that could be brought.
    Missing,
    /// A caller had removed the key, or refused the runs that are there.
    Refused,
}
