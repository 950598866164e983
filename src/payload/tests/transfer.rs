//! Transfer against a model of ten lines.

use super::{artifact, shape};
use crate::error::ErrorKind;
use crate::payload::{FitArtifact, Provenance};
use proptest::prelude::*;

#[test]
fn what_reaches_the_box_is_left_and_what_is_beyond_eight_is_clamped() {
    let from = artifact(&[("mu", &[9.0, -9.0, 8.999, -8.5, 8.0, 0.25, -40.0])]);
    let mut to = artifact(&[("mu", &[0.5; 7])]);
    to.transfer_from(&from).unwrap();
    let term = &to.terms[0];
    assert_eq!(term.rho_for_term, [0.5, 0.5, 8.0, -8.0, 8.0, 0.25, 0.5]);
    assert_eq!(
        (term.provenance, term.source),
        (Provenance::RhoOnly, Some(0))
    );
    assert_eq!(
        term.raw_beta,
        [0.5, -0.0, 1e-310],
        "coefficients are the caller's"
    );
}

#[test]
fn a_term_whose_parameters_are_all_saturated_starts_cold_and_may_still_be_projected() {
    let from = artifact(&[("mu", &[9.5]), ("sigma", &[])]);
    let mut to = artifact(&[("sigma", &[]), ("mu", &[0.0])]);
    to.transfer_from(&from).unwrap();
    let got: Vec<_> = to.terms.iter().map(|t| (t.provenance, t.source)).collect();
    assert_eq!(
        got,
        [(Provenance::Cold, Some(1)), (Provenance::Cold, Some(0))]
    );
    assert_eq!(to.terms[1].rho_for_term, [0.0]);
}

#[test]
fn terms_with_another_number_of_parameters_are_left_cold() {
    let from = artifact(&[("mu", &[1.0, 2.0])]);
    let mut to = artifact(&[("mu", &[0.0])]);
    to.transfer_from(&from).unwrap();
    assert_eq!(to.terms[0].rho_for_term, [0.0]);
    assert_eq!(to.terms[0].source, None);
}

#[test]
fn other_descriptors_and_unusable_sources_change_nothing() {
    let mut to = artifact(&[("mu", &[0.0])]);
    let before = to.clone();
    let mut other = artifact(&[("mu", &[1.0])]);
    other.descriptor.family_kind = "binomial".into();
    let mut unusable = artifact(&[("mu", &[1.0])]);
    unusable.global.outer_objective = f64::NAN;
    for from in [artifact(&[("tau", &[1.0])]), other, unusable] {
        let e = to.transfer_from(&from).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Incompatible);
        assert_eq!(to, before);
    }
}

#[test]
fn a_fold_that_has_no_objective_yet_can_be_seeded() {
    let mut fold = FitArtifact::new("gaussian(identity)");
    fold.add_term(&shape("mu")).unwrap().rho_for_term = vec![0.0];
    fold.transfer_from(&artifact(&[("mu", &[3.0])])).unwrap();
    assert_eq!(fold.terms[0].rho_for_term, [3.0]);
}

type Model = Vec<(u8, Vec<f64>)>;

/// What each term of `to` is to hold, and from where.
fn model(to: &Model, from: &Model) -> Vec<(Vec<f64>, Option<u64>)> {
    let nth = |terms: &Model, at: usize| terms[..at].iter().filter(|t| t.0 == terms[at].0).count();
    let source = |at: usize| {
        (0..from.len()).find(|&f| {
            from[f].0 == to[at].0
                && nth(from, f) == nth(to, at)
                && from[f].1.len() == to[at].1.len()
        })
    };
    let pick = |cold: f64, rho: f64| {
        if rho.abs() >= 9.0 {
            cold
        } else {
            rho.signum() * rho.abs().min(8.0)
        }
    };
    let seeded = |at: usize, f: usize| {
        let (cold, warm) = (to[at].1.iter(), &from[f].1);
        cold.zip(warm).map(|(c, w)| pick(*c, *w)).collect()
    };
    (0..to.len())
        .map(|at| match source(at) {
            Some(f) => (seeded(at, f), Some(f as u64)),
            None => (to[at].1.clone(), None),
        })
        .collect()
}

fn made(terms: &Model) -> FitArtifact {
    let names: Vec<String> = terms.iter().map(|t| format!("block {}", t.0)).collect();
    let terms: Vec<(&str, &[f64])> = names
        .iter()
        .map(String::as_str)
        .zip(terms.iter().map(|t| &t.1[..]))
        .collect();
    artifact(&terms)
}

proptest! {
    #[test]
    fn transfer_is_as_the_model_has_it(
        terms in prop::collection::vec((0u8..3, prop::collection::vec(-12.0..12.0f64, 0..3)), 0..6),
        cold in prop::collection::vec(prop::collection::vec(Just(0.5), 0..3), 6),
        order in Just((0..6usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        // The same terms in another order, some with other numbers of parameters.
        let to: Model = order
            .iter()
            .filter_map(|at| terms.get(*at).map(|t| (*at, t)))
            .map(|(at, t)| (t.0, if at % 2 == 0 { vec![0.5; t.1.len()] } else { cold[at].clone() }))
            .collect();
        let mut seeded = made(&to);
        seeded.transfer_from(&made(&terms)).unwrap();
        for (term, (rho, source)) in seeded.terms.iter().zip(model(&to, &terms)) {
            let cold = term.rho_for_term.iter().all(|r| *r == 0.5);
            prop_assert_eq!(&term.rho_for_term, &rho);
            prop_assert_eq!(term.source, source);
            prop_assert_eq!(term.provenance == Provenance::Cold, cold);
        }
    }
}
