//! What is written, and what is read of what others wrote.

use super::{artifact, json_of, warm_start};
use crate::error::ErrorKind;
use crate::payload::{BlockRecord, Record, RecordKind, RowPopulation, RECORD_BYTES};
use proptest::prelude::*;
use serde_json::Value;

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

fn sorted(words: &str) -> Vec<&str> {
    let mut words: Vec<&str> = words.split_whitespace().collect();
    words.sort_unstable();
    words
}

#[test]
fn the_names_of_the_fields_are_those_of_the_layout() {
    let made: Value = serde_json::from_str(&json_of(warm_start())).unwrap();
    let names = "version key package_version created_unix_secs updated_unix_secs n_rows n_cols rho beta prev_rho prev_beta \
        last_inner_iters last_inner_converged last_pirls_lm_lambda last_ift_prediction_residual last_pirls_accept_rho";
    assert_eq!(keys(&made), sorted(names));
    assert_eq!(made["version"], 1);

    let mut blocks = BlockRecord::new("k", 1);
    blocks.inner = Some(serde_json::from_str(INNER).unwrap());
    let made: Value = serde_json::from_str(&json_of(blocks)).unwrap();
    let names = "version key package_version created_unix_secs updated_unix_secs n_rows block_names block_dims rho block_beta \
        active_sets inner";
    assert_eq!(keys(&made), sorted(names));
    let names = "log_likelihood penalty_value cycles converged block_logdet_h block_logdet_s";
    assert_eq!(keys(&made["inner"]), sorted(names));

    let mut fit = artifact(&[("mu", &[1.0])]);
    fit.descriptor.row_population = Some(RowPopulation::default());
    fit.terms[0].joint_null_rotation = Some(crate::payload::Rotation::default());
    let made: Value = serde_json::from_str(&json_of(fit)).unwrap();
    assert_eq!(
        keys(&made),
        sorted("schema created_unix_secs descriptor terms global")
    );
    let names = "family_kind term_identities response_signature row_population";
    assert_eq!(keys(&made["descriptor"]), sorted(names));
    let names = "family_kind n_response_channels";
    assert_eq!(
        keys(&made["descriptor"]["response_signature"]),
        sorted(names)
    );
    assert_eq!(
        keys(&made["descriptor"]["row_population"]),
        sorted("n_rows label")
    );
    let names = "identity role basis_meta joint_null_rotation raw_beta rho_for_term";
    assert_eq!(keys(&made["terms"][0]), sorted(names));
    let names = "kind degree num_knots n_centers nullspace_order matern_nu periodic";
    assert_eq!(keys(&made["terms"][0]["basis_meta"]), sorted(names));
    let names = "nrows ncols data";
    assert_eq!(
        keys(&made["terms"][0]["joint_null_rotation"]),
        sorted(names)
    );
    assert_eq!(
        keys(&made["global"]),
        sorted("outer_objective converged n_rows")
    );
    assert_eq!(made["schema"], 1);
    assert_eq!(made["terms"][0]["role"], "Generic");
    assert_eq!(made["terms"][0]["identity"].as_str().unwrap().len(), 64);
}

const INNER: &str = r#"{"log_likelihood":1,"penalty_value":2.5,"cycles":3,"converged":false,"block_logdet_h":-1,"block_logdet_s":0}"#;

fn read(kind: RecordKind, text: &str) -> crate::Result<Record> {
    Record::from_json(kind, text.as_bytes())
}

#[test]
fn records_of_others_are_read_with_their_unknown_fields_and_without_optional_ones() {
    let text = r#"{"version":1,"key":"k","n_rows":2,"n_cols":1,"rho":[1],"beta":[-0.0],
        "last_inner_iters":7.0,"last_inner_converged":1,"hostname":{"deep":[[1,{"a":null}]]}}"#;
    let Record::WarmStart(r) = read(RecordKind::WarmStart, text).unwrap() else {
        panic!("another kind");
    };
    assert_eq!(
        (r.last_inner_iters, r.last_inner_converged),
        (Some(7), Some(true))
    );
    assert_eq!(r.beta[0].to_bits(), (-0.0f64).to_bits());
    assert_eq!((r.prev_rho, r.created_unix_secs), (None, 0));
    let text = r#"{"version":1,"key":"k","n_rows":2,"block_names":[],"block_dims":[],"rho":[],"block_beta":[],"active_sets":[],
        "inner":null,"another":0}"#;
    read(RecordKind::Blocks, text).unwrap();
}

#[test]
fn what_is_not_utf_8_is_no_record_even_in_a_field_that_nobody_reads() {
    let text = json_of(warm_start()).replacen('{', "{\"unknown\":\"?\",", 1);
    assert!(read(RecordKind::WarmStart, &text).is_ok());
    let mut bytes = text.into_bytes();
    let at = bytes.iter().position(|b| *b == b'?').unwrap();
    bytes[at] = 0xff;
    let e = Record::from_json(RecordKind::WarmStart, &bytes)
        .err()
        .unwrap();
    assert_eq!(e.kind(), ErrorKind::Incompatible);
}

#[test]
fn a_flag_is_true_or_false_or_one_or_zero() {
    let good = json_of(warm_start());
    let as_flag = |flag: &str| {
        let rest = good.replace("\"last_inner_converged\":", "\"was\":");
        let with = format!("{{\"last_inner_converged\":{flag},{}", &rest[1..]);
        let read = read(RecordKind::WarmStart, &with)?;
        let Record::WarmStart(r) = read else {
            panic!("another kind");
        };
        Ok::<_, crate::Error>(r.last_inner_converged)
    };
    for on in ["true", "1", "1.0"] {
        assert_eq!(as_flag(on).unwrap(), Some(true), "{on}");
    }
    for off in ["false", "0", "0.0", "-0", "-0.0"] {
        assert_eq!(as_flag(off).unwrap(), Some(false), "{off}");
    }
    assert_eq!(as_flag("null").unwrap(), None);
    for bad in ["2", "-1", "0.5", "\"1\"", "[]", "[true]", "{}", "1e999"] {
        let e = as_flag(bad).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Incompatible, "{bad}: {e}");
    }
}

#[test]
fn numbers_that_are_not_finite_are_neither_written_nor_read() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut record = warm_start();
        record.last_pirls_lm_lambda = Some(bad);
        let e = Record::from(record).to_json().unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Invalid);
        assert!(e.to_string().contains("last_pirls_lm_lambda is"), "{e}");
    }
    let good = json_of(warm_start());
    assert!(good.contains("\"beta\":[1.0,"));
    for bad in [
        "null", "NaN", "Infinity", "1e999", "\"1.0\"", "[1.0]", "true",
    ] {
        let text = good.replace("\"beta\":[1.0,", &format!("\"beta\":[{bad},"));
        let e = read(RecordKind::WarmStart, &text).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Incompatible, "{bad}: {e}");
    }
}

#[test]
fn an_artifact_whose_numbers_are_not_finite_is_not_read() {
    let good = json_of(artifact(&[("mu", &[0.25])]));
    for part in [
        "\"outer_objective\":12.5",
        "\"rho_for_term\":[0.25",
        "\"raw_beta\":[0.5",
    ] {
        assert!(good.contains(part), "{part} in {good}");
        let (name, _) = part.rsplit_once([':', '[']).unwrap();
        let mark = &part[name.len()..=name.len()];
        for bad in ["null", "NaN", "-Infinity", "1e400"] {
            let text = good.replace(part, &format!("{name}{mark}{bad}"));
            assert!(read(RecordKind::Artifact, &text).is_err(), "{text}");
        }
    }
}

#[test]
fn what_is_no_record_is_refused_and_the_kinds_are_not_confused() {
    let texts = [
        String::new(),
        "[]".into(),
        "null".into(),
        "{}".into(),
        "\u{feff}{}".into(),
        "[".repeat(200),
        json_of(warm_start())[..50].into(),
        json_of(warm_start()).replace("\"n_rows\":100", "\"n_rows\":-1"),
        json_of(warm_start()).replace("\"n_rows\":100", "\"n_rows\":1,\"n_rows\":2"),
    ];
    for text in &texts {
        for kind in [
            RecordKind::WarmStart,
            RecordKind::Blocks,
            RecordKind::Artifact,
        ] {
            let e = read(kind, text).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Incompatible, "{text}: {e}");
        }
    }
    assert!(read(RecordKind::Blocks, &json_of(warm_start())).is_err());
    assert!(read(RecordKind::WarmStart, &json_of(artifact(&[]))).is_err());
    let bytes = vec![b' '; RECORD_BYTES + 1];
    let e = Record::from_json(RecordKind::WarmStart, &bytes).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::TooLarge);
}

/// Finite doubles of every kind.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>()
            .prop_map(f64::from_bits)
            .prop_filter("finite", |x| x.is_finite()),
        Just(-0.0),
        Just(5e-324),
        Just(f64::MAX),
        -10.0..10.0f64,
    ]
}

proptest! {
    #[test]
    fn records_come_back_bit_for_bit(
        rho in prop::collection::vec(number(), 0..6),
        beta in prop::collection::vec(number(), 0..6),
        past in any::<bool>(),
        optional in prop::option::of(number()),
        key in ".{0,12}",
        rows in 0..i64::MAX as u64,
    ) {
        let mut made = warm_start();
        made.n_cols = beta.len() as u64;
        made.prev_rho = past.then(|| rho.clone());
        (made.rho, made.beta, made.key, made.n_rows) = (rho, beta, key, rows);
        made.last_pirls_accept_rho = optional;
        let read = Record::from_json(RecordKind::WarmStart, json_of(made.clone()).as_bytes()).unwrap();
        let Record::WarmStart(read) = read else { panic!("another kind") };
        let bits = |x: &[f64]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&read.rho), bits(&made.rho));
        prop_assert_eq!(bits(&read.beta), bits(&made.beta));
        prop_assert_eq!(read.prev_rho.as_deref().map(bits), made.prev_rho.as_deref().map(bits));
        prop_assert_eq!(read.last_pirls_accept_rho.map(f64::to_bits), optional.map(f64::to_bits));
        prop_assert_eq!(&read, &made);
        read.compatibility(&made.key, made.n_rows, made.n_cols).unwrap();
    }

    #[test]
    fn artifacts_come_back_bit_for_bit(
        terms in prop::collection::vec((".{0,8}", prop::collection::vec(number(), 0..4)), 0..5),
        objective in number(),
    ) {
        let mut made = artifact(&[]);
        made.global.outer_objective = objective;
        for (name, rho) in &terms {
            made.add_term(&super::shape(name)).unwrap().rho_for_term = rho.clone();
        }
        let json = json_of(made.clone());
        let read = Record::from_json(RecordKind::Artifact, json.as_bytes()).unwrap();
        prop_assert_eq!(json_of(read.clone()), json);
        prop_assert_eq!(read, Record::Artifact(made));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for kind in [RecordKind::WarmStart, RecordKind::Blocks, RecordKind::Artifact] {
            let _ = Record::from_json(kind, &bytes);
        }
    }
}
