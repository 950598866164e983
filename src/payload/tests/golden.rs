//! Identities and keys against those that were worked out apart from the library.

use crate::key::Key;
use crate::payload::{FitArtifact, Keyspace, Role, TermShape};

const GOLDEN: &str = include_str!("../../../tests/languages/identities.txt");

type Shape<'a> = (Role, &'a str, &'a [Option<&'a str>], &'a [u64], u64);

const TIME: &str = "mean: s(Time)";
const SHAPES: &[(&str, Shape<'_>)] = &[
    ("mu", (Role::Mean, TIME, &[Some("s(Time)")], &[2], 9)),
    (
        "mu_named",
        (Role::Mean, "mean: s(Dose)", &[Some("s(Time)")], &[2], 9),
    ),
    (
        "mu_generic",
        (Role::Generic, TIME, &[Some("s(Time)")], &[2], 9),
    ),
    (
        "mu_two",
        (
            Role::Mean,
            TIME,
            &[Some("s(Time)"), Some("s(Time)")],
            &[2],
            9,
        ),
    ),
    ("mu_unlabelled", (Role::Mean, TIME, &[None], &[2], 9)),
    ("mu_empty_label", (Role::Mean, TIME, &[Some("")], &[2], 9)),
    ("mu_null", (Role::Mean, TIME, &[Some("s(Time)")], &[1], 9)),
    (
        "mu_nulls",
        (Role::Mean, TIME, &[Some("s(Time)")], &[2, 2], 9),
    ),
    ("mu_width", (Role::Mean, TIME, &[Some("s(Time)")], &[2], 8)),
    (
        "sigma",
        (
            Role::LogSlope,
            "log SIGMA, naïve",
            &[Some("a"), None, Some("c")],
            &[],
            0,
        ),
    ),
    ("bare", (Role::Generic, "", &[], &[], i64::MAX as u64)),
];

fn shape(name: &str) -> TermShape<'static> {
    let (role, block_name, penalty_labels, nullspace_dims, reduced_width) =
        SHAPES.iter().find(|s| s.0 == name).unwrap().1;
    TermShape {
        block_name,
        role,
        penalty_labels,
        nullspace_dims,
        reduced_width,
    }
}

fn lines(kind: &str) -> impl Iterator<Item = Vec<&'static str>> + '_ {
    let fields = |line: &'static str| line.split(' ').collect::<Vec<_>>();
    GOLDEN.lines().map(fields).filter(move |f| f[0] == kind)
}

#[test]
fn identities_are_the_golden_ones_and_each_part_splits_them() {
    let mut seen = std::collections::HashSet::new();
    for line in lines("term") {
        let found = shape(line[1]).identity().unwrap();
        assert_eq!(found, Key::from_hex(line[2]).unwrap(), "{}", line[1]);
        assert!(seen.insert(found), "{} is another term", line[1]);
    }
    assert_eq!(seen.len(), SHAPES.len());
}

#[test]
fn descriptors_have_the_golden_keys_in_any_order_of_their_terms() {
    let mut checked = 0;
    for line in lines("descriptor") {
        let names: Vec<&str> = line[2].split(',').filter(|n| *n != "-").collect();
        for reversed in [false, true] {
            let mut made = FitArtifact::new(line[1]);
            let mut names = names.clone();
            if reversed {
                names.reverse();
            }
            for name in names {
                made.add_term(&shape(name)).unwrap();
            }
            made.descriptor.response_signature.n_response_channels = checked;
            made.global.n_rows = checked;
            assert_eq!(made.descriptor_key().unwrap().to_hex(), line[3]);
            assert_eq!(made.store_key().unwrap().to_hex(), line[4]);
            checked += 1;
        }
    }
    assert_eq!(checked, 8);
}

#[test]
fn a_text_has_the_golden_key_of_each_space_and_the_two_never_alias() {
    for (space, kind) in [
        (Keyspace::Record, "record"),
        (Keyspace::OuterIterate, "outer"),
    ] {
        for line in lines(kind) {
            let text = line[1].replace('_', " ");
            let text = if text == "-" { "" } else { &text };
            assert_eq!(space.key(text).unwrap().to_hex(), line[2], "{kind} {text}");
        }
    }
    assert_ne!(
        Keyspace::Record.key("k").unwrap(),
        Keyspace::OuterIterate.key("k").unwrap()
    );
}

#[test]
fn a_role_is_what_the_blocks_name_says_whatever_its_case() {
    for (name, role) in [
        ("logslope", Role::LogSlope),
        ("LOG_SLOPE of x", Role::LogSlope),
        ("Scale", Role::LogSlope),
        ("sigma", Role::LogSlope),
        ("Dispersion", Role::LogSlope),
        ("disp", Role::LogSlope),
        ("mean scale", Role::LogSlope),
        ("Mean", Role::Mean),
        ("location", Role::Mean),
        ("MARGINAL", Role::Mean),
        ("log slope", Role::Generic),
        ("", Role::Generic),
        ("shape", Role::Generic),
    ] {
        assert_eq!(Role::from_block_name(name), role, "{name}");
    }
}
