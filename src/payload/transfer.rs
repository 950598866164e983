//! What one fit may hand on to another.

use super::artifact::{FitArtifact, Term};
use super::identity::Provenance;
use super::record::RecordKind;
use crate::error::{Error, Result};
use crate::key::Key;
use std::collections::HashMap;

/// A smoothing parameter as far out as this is at the optimiser's box: it says that there is no
/// optimum, not where it is.
const SATURATED: f64 = 9.0;
/// Nothing farther out is handed on, so that the optimiser starts inside its box.
const FARTHEST: f64 = 8.0;

pub(super) fn no_artifact(kind: RecordKind) -> Error {
    Error::invalid(
        "transferring smoothing parameters",
        format!("a {} is no fit artifact", kind.word()),
        "Pass two fit artifacts",
    )
}

impl FitArtifact {
    /// Takes over what `source` can teach this fit, whose terms hold their cold starting values.
    ///
    /// A term takes from the term of equal identity and equally many smoothing parameters: the n-th
    /// of an identity from the n-th of it. Of its rho, each of a magnitude below 9 is taken, clamped
    /// to [-8, 8]; the others stay as they are. Afterwards each term says in `provenance` what it
    /// got, and in `source` the number of the term it may project coefficients from.
    ///
    /// # Errors
    ///
    /// `Incompatible` as [`Record::check`](super::Record::check): nothing is changed.
    pub fn transfer_from(&mut self, source: &FitArtifact) -> Result<()> {
        source.compatibility(self)?;
        let mut places: HashMap<Key, Vec<usize>> = HashMap::new();
        for (at, term) in source.terms.iter().enumerate().rev() {
            places.entry(term.identity).or_default().push(at);
        }
        for term in &mut self.terms {
            let at = places.get_mut(&term.identity).and_then(Vec::pop);
            let from = at.and_then(|at| Some((at, source.terms.get(at)?)));
            term.take_from(from.filter(|(_, f)| f.rho_for_term.len() == term.rho_for_term.len()));
        }
        Ok(())
    }
}

impl Term {
    fn take_from(&mut self, from: Option<(usize, &Term)>) {
        self.source = from.map(|(at, _)| at as u64);
        self.provenance = Provenance::Cold;
        let Some((_, from)) = from else {
            return;
        };
        for (to, rho) in self.rho_for_term.iter_mut().zip(&from.rho_for_term) {
            if rho.abs() < SATURATED {
                *to = rho.clamp(-FARTHEST, FARTHEST);
                self.provenance = Provenance::RhoOnly;
            }
        }
    }
}
