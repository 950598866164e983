//! Removing what has ended, key by key, for who knows when that is.

use super::read::{State, View};
use super::{Life, SealedEntry};
use crate::error::Result;
use crate::key::Key;
use crate::store::Inner;
use std::cell::RefCell;
use std::sync::Arc;

/// Why an entry was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Deadline,
    Idle,
    /// One of its labels was invalidated.
    Label,
}

/// What was found under a key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// What had ended, and is removed; with its user's name for it.
    Removed(String, End),
    /// It ends then, unless it is used or put again; none: not by itself.
    Lives(Option<i64>),
    Nothing,
}

impl Life {
    /// From when on nobody serves it, in Unix milliseconds. A process that has it in memory notes its use
    /// only when an eighth of the idle time has passed since it noted the one before.
    pub(crate) fn ends_unix_ms(&self, accessed_unix_ms: i64) -> Option<i64> {
        let deadline = self.deadline_unix_ms;
        let deadline = deadline.map(|d| d.saturating_add_unsigned(self.stale_ms));
        let idle = self.idle_ms.map(|most| {
            let unnoted = most / 8 + 2;
            accessed_unix_ms.saturating_add_unsigned(most.saturating_add(unnoted))
        });
        match (deadline, idle) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }
}

impl SealedEntry {
    /// From when on nobody serves it, in Unix milliseconds.
    pub(crate) fn ends_unix_ms(&self) -> Option<i64> {
        self.fields.life().ends_unix_ms(self.accessed_unix_ms)
    }
}

/// What a view shows, `Removed` for what is to go.
fn judge(view: &View, now_unix_ms: i64) -> Ended {
    match &view.state {
        State::Alive(entry) => {
            let life = entry.fields.life();
            let is_over = |end: Option<i64>| end.is_some_and(|at| at <= now_unix_ms);
            let timed = Life {
                idle_ms: None,
                ..life
            };
            let key = || entry.fields.key.clone();
            if is_over(timed.ends_unix_ms(entry.accessed_unix_ms)) {
                Ended::Removed(key(), End::Deadline)
            } else if is_over(entry.ends_unix_ms()) {
                Ended::Removed(key(), End::Idle)
            } else {
                Ended::Lives(entry.ends_unix_ms())
            }
        }
        State::Dead(entry) => Ended::Removed(entry.fields.key.clone(), End::Label),
        State::Nothing | State::Removed => Ended::Nothing,
    }
}

impl Inner {
    pub(super) fn remove_ended(self: &Arc<Inner>, key: Key, now_unix_ms: i64) -> Result<Ended> {
        self.check_writable(|| format!("removing key {key}, which has ended"))?;
        let seen = RefCell::new(Ended::Nothing);
        let is_to_go = |view: &View| {
            let found = judge(view, now_unix_ms);
            let is_to_go = matches!(found, Ended::Removed(..));
            *seen.borrow_mut() = found;
            is_to_go
        };
        let buried = self.bury(self.root().as_ref(), key, is_to_go)?;
        let seen = seen.into_inner();
        Ok(match (buried, seen) {
            (Some(change), seen) => {
                self.account(change, None);
                seen
            }
            // Others were quicker, again and again.
            (None, Ended::Removed(..)) => Ended::Nothing,
            (None, seen) => seen,
        })
    }
}
