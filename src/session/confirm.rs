//! Whether what was resumed from still means what it meant.

use super::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{Entry, Source};
use crate::sync::Mutex;
use std::collections::HashSet;
use std::sync::PoisonError;

/// What the session took last, and what it takes no more.
#[derive(Default)]
pub(super) struct Taken {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: Option<Last>,
    /// Stems.
    refused: HashSet<String>,
}

#[derive(Clone)]
struct Last {
    stem: String,
    run_id: String,
    /// None where there is nothing to compare with.
    objective: Option<f64>,
}

impl Taken {
    /// Notes what load or resume has answered.
    pub fn note(&self, entry: &Entry) {
        // On another key, the objective has another meaning.
        let own = entry.source == Source::Exact;
        let last = Last {
            stem: entry.stem().to_owned(),
            run_id: entry.run_id().to_owned(),
            objective: entry.info().objective.filter(|_| own),
        };
        self.locked().last = Some(last);
    }

    pub fn refused(&self) -> HashSet<String> {
        self.locked().refused.clone()
    }

    fn locked(&self) -> crate::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// Compares the objective that the caller has evaluated again, at the state that load or resume gave
    /// last, with the one stored beside it: they agree when they differ by at most `tolerance` times the
    /// larger of 1 and the stored one's size. False when there is nothing to compare: nothing was
    /// loaded, or it has no objective, or it comes from another key.
    ///
    /// # Errors
    ///
    /// `Incompatible` when they do not agree, with both numbers: the data or the code has changed though
    /// the key has not. This session answers that entry no more: load again for the next one. It
    /// stays stored. `Invalid` for a negative tolerance.
    pub fn confirm(&self, objective: f64, tolerance: f64) -> Result<bool> {
        if tolerance.is_nan() || tolerance < 0.0 {
            return Err(Error::invalid(
                "confirming a restored state",
                format!("a tolerance of {tolerance} is negative or not a number"),
                "Give a relative tolerance such as 1e-8",
            ));
        }
        let mut state = self.taken.locked();
        let Some((last, stored)) = state
            .last
            .clone()
            .and_then(|l| Some((l.clone(), l.objective?)))
        else {
            return Ok(false);
        };
        let most = tolerance * stored.abs().max(1.0);
        if (objective - stored).abs() <= most {
            return Ok(true);
        }
        state.last = None;
        state.refused.insert(last.stem);
        drop(state);
        self.store.refuse(self.key, &last.run_id);
        Err(Error::new(
            ErrorKind::Incompatible,
            format!("confirming run {} under key {}", last.run_id, self.key),
            format!(
                "its stored objective is {stored:e}, evaluated again it is {objective:e}, and {most:e} is the most they may differ by: the data or the code has changed though the key has not"
            ),
            "Load again for the next entry, or begin anew; make the key depend on what has changed",
        ))
    }
}
