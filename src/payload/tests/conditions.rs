//! One test per condition, each with its reason in words.

use super::{artifact, json_of, warm_start};
use crate::error::ErrorKind;
use crate::payload::{BlockInner, BlockRecord, FitArtifact, Record, RecordKind, WarmStartRecord};

/// Refused, and the reason says these.
fn refused(done: crate::Result<()>, words: &[&str]) {
    let e = done.unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Incompatible, "{e}");
    let text = e.to_string();
    assert!(words.iter().all(|w| text.contains(w)), "{text}");
}

fn without(change: impl FnOnce(&mut WarmStartRecord)) -> crate::Result<()> {
    let mut record = warm_start();
    record.prev_rho = Some(vec![1.0, 2.0]);
    record.prev_beta = Some(vec![0.0; 3]);
    record.compatibility("y ~ s(x)", 100, 3).unwrap();
    change(&mut record);
    record.compatibility("y ~ s(x)", 100, 3)
}

#[test]
fn a_warm_start_of_another_version_is_refused() {
    refused(
        without(|r| r.version = 2),
        &["version is 2, and 1 is wanted"],
    );
}

#[test]
fn a_warm_start_of_another_key_is_refused() {
    let said = without(|r| r.key = "y ~ x".into());
    refused(said, &["key is y ~ x, and y ~ s(x) is wanted"]);
}

#[test]
fn a_warm_start_of_other_rows_is_refused() {
    refused(without(|r| r.n_rows = 99), &["n_rows is 99, and 100"]);
}

#[test]
fn a_warm_start_of_other_columns_is_refused() {
    refused(without(|r| r.n_cols = 4), &["n_cols is 4, and 3"]);
}

#[test]
fn a_warm_start_whose_rho_is_not_finite_is_refused() {
    refused(without(|r| r.rho[1] = f64::NAN), &["rho[1] is NaN"]);
    refused(
        without(|r| r.rho[0] = f64::NEG_INFINITY),
        &["rho[0] is -inf"],
    );
}

#[test]
fn a_warm_start_whose_beta_has_another_length_is_refused() {
    let said = without(|r| r.beta.push(0.0));
    refused(said, &["beta has 4 items, for 3 columns"]);
}

#[test]
fn a_warm_start_whose_beta_is_not_finite_is_refused() {
    refused(without(|r| r.beta[2] = f64::INFINITY), &["beta[2] is inf"]);
}

#[test]
fn a_warm_start_whose_previous_rho_has_another_length_is_refused() {
    let said = without(|r| r.prev_rho = Some(vec![1.0]));
    refused(said, &["prev_rho has 1 items, for 2 numbers in rho"]);
}

#[test]
fn a_warm_start_whose_previous_rho_is_not_finite_is_refused() {
    let said = without(|r| r.prev_rho = Some(vec![1.0, f64::NAN]));
    refused(said, &["prev_rho[1] is NaN"]);
}

#[test]
fn a_warm_start_whose_previous_beta_has_another_length_is_refused() {
    let said = without(|r| r.prev_beta = Some(vec![1.0]));
    refused(said, &["prev_beta has 1 items, for 3 columns"]);
}

#[test]
fn a_warm_start_whose_previous_beta_is_not_finite_is_refused() {
    let said = without(|r| r.prev_beta = Some(vec![f64::INFINITY, 0.0, 0.0]));
    refused(said, &["prev_beta[0] is inf"]);
}

#[test]
fn a_warm_start_without_a_past_and_of_another_package_is_taken() {
    without(|r| {
        r.prev_rho = None;
        r.prev_beta = None;
        r.package_version = "another 9.9".into();
    })
    .unwrap();
}

fn blocks() -> BlockRecord {
    let mut record = BlockRecord::new("gaulss", 50);
    record.block_names = vec!["mu".into(), "sigma".into()];
    record.block_dims = vec![3, 1];
    record.rho = vec![0.5];
    record.block_beta = vec![vec![1.0, 2.0, 3.0], vec![-1.0]];
    record.active_sets = vec![None, Some(vec![0])];
    record.inner = Some(BlockInner {
        log_likelihood: -3.0,
        penalty_value: 0.25,
        cycles: 4,
        converged: true,
        block_logdet_h: 1.0,
        block_logdet_s: 2.0,
    });
    record
}

fn without_block(change: impl FnOnce(&mut BlockRecord)) -> crate::Result<()> {
    let names = ["mu".to_owned(), "sigma".to_owned()];
    let mut record = blocks();
    let asked = |r: &BlockRecord| r.compatibility("gaulss", 50, &names, &[3, 1], 1);
    asked(&record).unwrap();
    change(&mut record);
    asked(&record)
}

#[test]
fn blocks_of_another_version_are_refused() {
    refused(without_block(|r| r.version = 0), &["version is 0, and 1"]);
}

#[test]
fn blocks_of_another_key_are_refused() {
    refused(without_block(|r| r.key.clear()), &["key is , and gaulss"]);
}

#[test]
fn blocks_of_other_rows_are_refused() {
    refused(without_block(|r| r.n_rows = 49), &["n_rows is 49, and 50"]);
}

#[test]
fn blocks_of_other_names_are_refused() {
    let said = without_block(|r| r.block_names[1] = "tau".into());
    refused(said, &["block_names[1] is tau, and sigma"]);
    let said = without_block(|r| r.block_names.truncate(1));
    refused(said, &["block_names has 1 items, for 2 blocks"]);
}

#[test]
fn blocks_of_other_dimensions_are_refused() {
    let said = without_block(|r| r.block_dims[0] = 4);
    refused(said, &["block_dims[0] is 4, and 3"]);
    let said = without_block(|r| r.block_dims.push(1));
    refused(said, &["block_dims has 3 items, for 2"]);
}

#[test]
fn blocks_with_another_number_of_smoothing_parameters_are_refused() {
    let said = without_block(|r| r.rho.push(0.0));
    refused(said, &["rho has 2 items, for 1 smoothing parameters"]);
}

#[test]
fn blocks_whose_rho_is_not_finite_are_refused() {
    refused(without_block(|r| r.rho[0] = f64::NAN), &["rho is NaN"]);
}

#[test]
fn blocks_without_one_beta_each_are_refused() {
    let said = without_block(|r| r.block_beta.truncate(1));
    refused(said, &["block_beta has 1 items, for 2 blocks"]);
}

#[test]
fn blocks_whose_beta_has_not_their_dimension_are_refused() {
    let said = without_block(|r| r.block_beta[0].truncate(2));
    refused(said, &["block_beta[0] has 2 items, for 3 coefficients"]);
}

#[test]
fn blocks_whose_beta_is_not_finite_are_refused() {
    let said = without_block(|r| r.block_beta[0][2] = f64::NAN);
    refused(said, &["block_beta[0][2] is NaN"]);
}

#[test]
fn blocks_without_one_active_set_each_are_refused() {
    let said = without_block(|r| r.active_sets.push(None));
    refused(said, &["active_sets has 3 items, for 2 blocks"]);
}

#[test]
fn blocks_whose_inner_numbers_are_not_finite_are_refused() {
    type Part = fn(&mut BlockInner) -> &mut f64;
    let parts: [(&str, Part); 4] = [
        ("log_likelihood", |i| &mut i.log_likelihood),
        ("penalty_value", |i| &mut i.penalty_value),
        ("block_logdet_h", |i| &mut i.block_logdet_h),
        ("block_logdet_s", |i| &mut i.block_logdet_s),
    ];
    for (name, part) in parts {
        let said = without_block(|r| *part(r.inner.as_mut().unwrap()) = f64::INFINITY);
        refused(said, &[name, "is inf"]);
    }
    without_block(|r| r.inner = None).unwrap();
}

fn unusable(change: impl FnOnce(&mut FitArtifact), words: &[&str]) {
    let mut made = artifact(&[("mu", &[1.0]), ("sigma", &[])]);
    made.usability().unwrap();
    change(&mut made);
    refused(made.usability(), words);
    let e = Record::from(made).to_json();
    assert!(words[0] == "schema" || e.is_err(), "written all the same");
}

#[test]
fn an_artifact_with_a_number_that_is_not_finite_is_not_usable() {
    unusable(|a| a.schema = 2, &["schema", "is 2, and 1"]);
    unusable(
        |a| a.global.outer_objective = f64::NAN,
        &["outer_objective is NaN"],
    );
    unusable(
        |a| a.terms[0].raw_beta[1] = f64::NAN,
        &["raw_beta of term 0[1] is NaN"],
    );
    unusable(
        |a| a.terms[0].rho_for_term[0] = f64::INFINITY,
        &["rho_for_term of term 0"],
    );
    unusable(
        |a| a.terms[1].basis_meta.matern_nu = Some(f64::NAN),
        &["matern_nu of term 1"],
    );
    let rotation = |data: &[f64]| {
        Some(crate::payload::Rotation {
            nrows: 2,
            ncols: 1,
            data: data.to_vec(),
        })
    };
    let nan = rotation(&[0.0, f64::NAN]);
    unusable(
        |a| a.terms[1].joint_null_rotation = nan,
        &["joint_null_rotation.data of term 1[1]"],
    );
    let short = rotation(&[0.0]);
    unusable(
        |a| a.terms[1].joint_null_rotation = short,
        &["has 1 items, for 2 rows"],
    );
}

#[test]
fn an_artifact_suits_other_rows_and_any_order_and_no_other_terms() {
    let parent = artifact(&[("mu", &[1.0]), ("sigma", &[2.0])]);
    let mut fold = artifact(&[("sigma", &[0.0]), ("mu", &[0.0])]);
    fold.global.n_rows = 90;
    parent.compatibility(&fold).unwrap();
    fold.descriptor.family_kind = "binomial".into();
    refused(
        parent.compatibility(&fold),
        &["family_kind is gaussian(identity), and binomial"],
    );
    let fewer = artifact(&[("mu", &[1.0])]);
    refused(
        parent.compatibility(&fewer),
        &["terms has 2 items, for 1 terms"],
    );
    let other = artifact(&[("mu", &[1.0]), ("tau", &[1.0])]);
    refused(parent.compatibility(&other), &["a term's identity is"]);
}

#[test]
fn records_of_two_kinds_cannot_be_compared() {
    let e = Record::from(warm_start())
        .check(&Record::from(blocks()))
        .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Invalid);
    assert!(e
        .to_string()
        .contains("one is a warm-start record, the other a block record"));
}

#[test]
fn blocks_read_back_equal() {
    let made = blocks();
    let read = Record::from_json(RecordKind::Blocks, json_of(made.clone()).as_bytes()).unwrap();
    assert_eq!(read, Record::Blocks(made));
}
