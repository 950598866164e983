//! Every field by its name.

use super::{artifact, json_of};
use crate::payload::{BlockRecord, FieldType, Record, RecordKind};

fn all(kind: RecordKind) -> Vec<(&'static str, FieldType)> {
    kind.fields().to_vec()
}

fn full(kind: RecordKind) -> Record {
    let mut record = match kind {
        RecordKind::WarmStart => Record::new(kind),
        RecordKind::Blocks => Record::from(BlockRecord::new("", 0)),
        RecordKind::Artifact => Record::from(artifact(&[("mu", &[1.0])])),
    };
    for (name, holds) in all(kind) {
        let set = record.set(name, 0, |f| match holds {
            FieldType::Text if name.ends_with("identity") || name.ends_with("identities") => {
                f.set_text(name, &"ab".repeat(32))
            }
            FieldType::Text if name.ends_with("role") => f.set_text(name, "LogSlope"),
            FieldType::Text => f.set_text(name, name),
            FieldType::Integer => f.set_integer(name, 1),
            FieldType::Number => f.set_number(name, 0.1),
            FieldType::Integers => f.set_integers(name, &[1, i64::MAX]),
            FieldType::Numbers => f.set_numbers(name, &[-0.0, 0.1]),
        });
        let told = ["terms.source", "terms.provenance", "descriptor_key"].contains(&name);
        assert_eq!(set.is_err(), told, "{name}");
    }
    record
}

#[test]
fn every_field_is_set_read_and_written_under_its_name() {
    for kind in [
        RecordKind::WarmStart,
        RecordKind::Blocks,
        RecordKind::Artifact,
    ] {
        let mut record = full(kind);
        if let Record::Artifact(a) = &mut record {
            let rotation = a.terms[0].joint_null_rotation.as_mut().unwrap();
            rotation.ncols = 2;
        }
        let json: serde_json::Value = serde_json::from_str(&json_of(record.clone())).unwrap();
        for (name, holds) in all(kind) {
            assert_eq!(record.describe(name).unwrap(), (holds, 1), "{name}");
            // In the JSON it lies where its name says.
            let mut at = &json;
            for part in name.split('.') {
                at = &at[part];
                at = at.get(0).filter(|_| part == "terms").unwrap_or(at);
            }
            let told = ["terms.source", "terms.provenance", "descriptor_key"].contains(&name);
            assert_eq!(at.is_null(), told, "{name} in {json}");
            let read = record.get(name, 0, |f| {
                Ok(match holds {
                    FieldType::Text => f.text(name)?.map(|t| t.is_empty()),
                    FieldType::Integer => f.integer(name)?.map(|n| n == 0),
                    FieldType::Number => f.number(name)?.map(|x| x != 0.1),
                    FieldType::Integers => f.integers(name)?.map(|n| n != [1, i64::MAX]),
                    FieldType::Numbers => f.numbers(name)?.map(|x| x.len() != 2),
                })
            });
            let expected = (name != "terms.source").then_some(false);
            let zero = name == "terms.joint_null_rotation.ncols";
            assert!(zero || read.unwrap() == expected, "{name}");
        }
    }
}

#[test]
fn a_set_that_fails_changes_nothing() {
    for kind in [
        RecordKind::WarmStart,
        RecordKind::Blocks,
        RecordKind::Artifact,
    ] {
        let mut record = Record::new(kind);
        if let Record::Artifact(a) = &mut record {
            *a = artifact(&[("mu", &[1.0])]);
        }
        let before = format!("{record:?}");
        for (name, holds) in all(kind) {
            for index in [0, 1, 2, usize::MAX] {
                if holds != FieldType::Text {
                    assert!(record.set(name, index, |f| f.set_text(name, "x")).is_err());
                }
                let nan = f64::NAN;
                assert!(record
                    .set(name, index, |f| f.set_number(name, nan))
                    .is_err());
                assert!(record
                    .set(name, index, |f| f.set_numbers(name, &[nan]))
                    .is_err());
                assert!(record
                    .set(name, index, |f| f.set_integer(name, -1))
                    .is_err());
                assert!(record
                    .set(name, index, |f| f.set_integers(name, &[-1]))
                    .is_err());
                assert_eq!(format!("{record:?}"), before, "{name} {index}");
            }
        }
        for name in ["", "rho ", "RHO", "terms", "inner.", "terms."] {
            let e = record.set(name, 0, |f| f.set_integer(name, 1)).unwrap_err();
            assert!(e.to_string().contains("has no such field, but "), "{e}");
        }
    }
}

#[test]
fn lists_of_blocks_grow_at_their_end_and_parts_go_as_a_whole() {
    let mut record = Record::new(RecordKind::Blocks);
    assert_eq!(record.describe("active_sets").unwrap().1, 0);
    record.clear("active_sets", 0).unwrap();
    record
        .set("active_sets", 1, |f| f.set_integers("", &[3]))
        .unwrap();
    assert!(record.clear("active_sets", 3).is_err() && record.clear("rho", 0).is_err());
    assert!(record.clear("block_beta", 0).is_err());
    assert_eq!(record.describe("block_beta").unwrap().1, 0);
    record
        .set("inner.cycles", 0, |f| f.set_integer("", 2))
        .unwrap();
    assert!(
        record.to_json().is_err(),
        "the other numbers of inner are not set"
    );
    record.clear("inner", 0).unwrap();
    let Record::Blocks(r) = &record else {
        panic!("another kind")
    };
    assert_eq!(r.active_sets, [None, Some(vec![3])]);
    assert_eq!(r.inner, None);
    record.to_json().unwrap();
}

#[test]
fn only_a_term_with_a_source_can_be_said_to_be_projected() {
    let mut to = Record::from(artifact(&[("mu", &[1.0])]));
    let set = |to: &mut Record, word: &str| {
        to.set("terms.provenance", 0, |f| {
            f.set_text("terms.provenance", word)
        })
    };
    assert!(set(&mut to, "projected").is_err());
    to.transfer_from(&Record::from(artifact(&[("mu", &[2.0])])))
        .unwrap();
    assert!(set(&mut to, "cold").is_err());
    set(&mut to, "projected").unwrap();
    let said = to.get("terms.provenance", 0, |f| f.text("")).unwrap();
    assert_eq!(said.as_deref(), Some("projected"));
}
