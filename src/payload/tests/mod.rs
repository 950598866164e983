//! Records against what the layout says, and against simple models.

mod conditions;
#[cfg(feature = "capi")]
mod fields;
mod golden;
mod json;
mod store;
mod transfer;

use crate::payload::{FitArtifact, Record, Role, TermShape, WarmStartRecord};

/// What a term of the artifacts below looks like.
pub(super) fn shape(name: &str) -> TermShape<'_> {
    TermShape {
        block_name: name,
        role: Role::from_block_name(name),
        penalty_labels: &[None],
        nullspace_dims: &[2],
        reduced_width: 3,
    }
}

/// A finished fit with terms of those names, each with those smoothing parameters.
pub(super) fn artifact(terms: &[(&str, &[f64])]) -> FitArtifact {
    let mut made = FitArtifact::new("gaussian(identity)");
    for (name, rho) in terms {
        let term = made.add_term(&shape(name)).unwrap();
        term.rho_for_term = rho.to_vec();
        term.raw_beta = vec![0.5, -0.0, 1e-310];
    }
    made.global.outer_objective = 12.5;
    made.global.converged = true;
    made.global.n_rows = 100;
    made
}

pub(super) fn warm_start() -> WarmStartRecord {
    let mut made = WarmStartRecord::new("y ~ s(x)", 100, 3);
    made.rho = vec![-0.0, 0.1];
    made.beta = vec![1.0, 2.0, f64::MIN_POSITIVE / 3.0];
    made
}

pub(super) fn json_of(record: impl Into<Record>) -> String {
    String::from_utf8(record.into().to_json().unwrap()).unwrap()
}
