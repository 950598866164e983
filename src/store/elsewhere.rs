//! Who shares a store's entries with other machines. The store tells of what it publishes and of what is
//! removed, and asks for what it has not; it knows no more of them than this.

use super::metadata::Kind;
use super::Inner;
use crate::key::Key;
use std::sync::{Arc, PoisonError, Weak};

/// Told, and asked, by the store. Nothing here may fail, or wait for a network but where it says so.
pub(crate) trait Elsewhere: Send + Sync {
    /// Whether it has been let go of.
    fn is_over(&self) -> bool;
    /// A generation of this run is about to be published.
    fn publishing(&self, key: Key, run_id: &str, kind: Kind);
    /// That has ended, one way or the other.
    fn published(&self, key: Key, run_id: &str, kind: Kind);
    /// A caller removed all that is stored under the key, or one run.
    fn removed(&self, key: Key, run_id: Option<&str>);
    /// A caller will not begin from this run.
    fn refused(&self, key: Key, run_id: &str);
    /// A caller asked for something under the key and is handed it. On the way of every hit: short.
    fn used(&self, key: Key);
    /// Nothing is stored here under the key: whether something was brought. Waits, within bounds.
    fn missed(&self, key: Key) -> bool;
}

impl Inner {
    /// Tells and asks `elsewhere` from now on, until it is over; false when there is another one.
    #[cfg(feature = "remote")]
    pub(crate) fn attach(&self, elsewhere: Weak<dyn Elsewhere>) -> bool {
        let mut attached = self
            .elsewhere
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let before = attached.as_ref().and_then(Weak::upgrade);
        let is_free = before.map_or(true, |e| e.is_over());
        if is_free {
            *attached = Some(elsewhere);
        }
        is_free
    }

    pub(super) fn elsewhere(&self) -> Option<Arc<dyn Elsewhere>> {
        let attached = self
            .elsewhere
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let elsewhere = attached.as_ref().and_then(Weak::upgrade);
        elsewhere.filter(|e| !e.is_over())
    }

    /// Whether something was brought under a key that has nothing to answer.
    pub(crate) fn is_brought(&self, key: Key) -> bool {
        self.elsewhere().is_some_and(|e| e.missed(key))
    }

    /// An entry under the key is handed out.
    pub(super) fn tell_used(&self, key: Key) {
        if let Some(elsewhere) = self.elsewhere() {
            elsewhere.used(key);
        }
    }

    /// A caller removes a key, or one run: what lies elsewhere is not brought again.
    pub(super) fn tell_removed(&self, key: Key, run_id: Option<&str>) {
        if let Some(elsewhere) = self.elsewhere() {
            elsewhere.removed(key, run_id);
        }
    }

    /// A caller will not begin from this run: it is not brought again.
    pub(crate) fn refuse(&self, key: Key, run_id: &str) {
        if let Some(elsewhere) = self.elsewhere() {
            elsewhere.refused(key, run_id);
        }
    }
}
