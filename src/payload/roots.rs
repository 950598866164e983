//! The record store: an ordinary store with a root, limits and an expiry of its own.

use crate::error::{shown, Error, Result};
use crate::fs;
use crate::store::{default_root_beside, Inner, Store, StoreOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, TryLockError, Weak};
use std::time::Duration;

/// Most bytes below the root of a record store: 256 MiB.
pub const RECORD_SIZE_BUDGET: i64 = 256 << 20;
/// When a record expires that is neither written nor used: ten years.
pub const RECORD_TTL_SECONDS: f64 = 10.0 * 365.25 * 86_400.0;

/// A record store that is open, and the process that opened it.
struct Open {
    process: u32,
    root: PathBuf,
    store: Weak<Inner>,
}

static OPEN: Mutex<Vec<Open>> = Mutex::new(Vec::new());

/// How often the list is asked for. It is held for microseconds; but where another thread held it
/// while this process was forked, it is never let go of here, and then nothing is shared.
const ATTEMPTS: u32 = 200;

fn with_open<T>(body: impl FnOnce(&mut Vec<Open>) -> T) -> Option<T> {
    for _ in 0..ATTEMPTS {
        match OPEN.try_lock() {
            Ok(mut open) => return Some(body(&mut open)),
            Err(TryLockError::Poisoned(open)) => return Some(body(&mut open.into_inner())),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
        }
    }
    None
}

/// What this process has open at `root`.
fn shared(open: &[Open], root: &Path) -> Option<Store> {
    open.iter()
        .filter(|o| o.process == std::process::id() && o.root == root)
        .find_map(|o| o.store.upgrade().map(Store::from))
}

impl Store {
    /// Opens a store for records: `root`, or the default root with `-records` appended to its name.
    /// Its budget of [`RECORD_SIZE_BUDGET`] and its expiry of [`RECORD_TTL_SECONDS`] are recorded in
    /// the root. A process that opens one root twice has one store.
    ///
    /// # Errors
    ///
    /// Those of [`Store::open`].
    pub fn open_records(root: Option<&Path>) -> Result<Store> {
        let root = match root {
            Some(root) => root.to_path_buf(),
            None => default_root_beside("-records")?,
        };
        let resolved = fs::canonical(&root).ok();
        let known = resolved
            .as_deref()
            .and_then(|root| with_open(|o| shared(o, root)));
        if let Some(store) = known.flatten() {
            return Ok(store);
        }
        let mut options = StoreOptions::new();
        options
            .size_budget(RECORD_SIZE_BUDGET)?
            .ttl_seconds(RECORD_TTL_SECONDS)?;
        let store = Store::open(Some(&root), &options)?;
        let resolved = fs::canonical(store.root())
            .map_err(|e| Error::from_io(format!("finding {}", shown(store.root())), e))?;
        let shared = with_open(|open| {
            open.retain(|o| o.process != std::process::id() || o.store.strong_count() > 0);
            // Another thread may have been first.
            shared(open, &resolved).unwrap_or_else(|| {
                open.push(Open {
                    process: std::process::id(),
                    root: resolved.clone(),
                    store: Arc::downgrade(store.inner()),
                });
                store.clone()
            })
        });
        Ok(shared.unwrap_or(store))
    }
}
