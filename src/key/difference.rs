//! Two keys compared by what went into them.

use std::collections::HashMap;
use std::fmt;

/// The tag of a frame, and its digest in hexadecimal.
pub(crate) type KeyField = (String, String);

/// What two keys have in common in one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldState {
    /// The same tag, type and value in both.
    Equal,
    /// The same tag, another type or value.
    Differs,
    /// Only the key that is asked about has the tag.
    OnlyHere,
    /// Only the stored key has the tag.
    OnlyThere,
}

/// A field of either key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field {
    /// The tag it was absorbed under.
    pub tag: String,
    /// What the keys have in common in it.
    pub state: FieldState,
}

/// Two keys compared field by field; its text says it in words, such as "y differs; x, family equal".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    fields: Vec<Field>,
}

/// Most tags of one state that are named in words.
const NAMED: usize = 20;

impl Difference {
    /// Compares what `here` and `there` were made from. Of a tag that was absorbed several times, the
    /// first is compared with the first, and so on.
    pub(crate) fn between(here: &[KeyField], there: &[KeyField]) -> Difference {
        let mut left: HashMap<&str, Vec<&KeyField>> = HashMap::new();
        for field in there.iter().rev() {
            left.entry(&field.0).or_default().push(field);
        }
        let mut fields: Vec<Field> = Vec::new();
        for (tag, digest) in here {
            let other = left.get_mut(tag.as_str()).and_then(Vec::pop);
            let state = match other {
                None => FieldState::OnlyHere,
                Some((_, same)) if same == digest => FieldState::Equal,
                Some(_) => FieldState::Differs,
            };
            let tag = tag.clone();
            fields.push(Field { tag, state });
        }
        let over = |f: &&KeyField| {
            let of_tag = left.get_mut(f.0.as_str()).and_then(Vec::pop);
            of_tag.is_some()
        };
        let over: Vec<&KeyField> = there.iter().filter(over).collect();
        fields.extend(over.into_iter().map(|(tag, _)| Field {
            tag: tag.clone(),
            state: FieldState::OnlyThere,
        }));
        Difference { fields }
    }

    /// The fields of the key asked about, in the order they were absorbed, then those that only the
    /// stored key has.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// How many fields are in this state.
    pub fn count(&self, state: FieldState) -> usize {
        self.of(state).count()
    }

    fn of(&self, state: FieldState) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |f| f.state == state)
    }

    /// How many fields are not equal: how far the keys are apart.
    pub(crate) fn distance(&self) -> usize {
        self.fields.len() - self.count(FieldState::Equal)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for (state, one, many) in [
            (FieldState::Differs, "differs", "differ"),
            (FieldState::OnlyHere, "is new", "are new"),
            (
                FieldState::OnlyThere,
                "is in the stored key only",
                "are in the stored key only",
            ),
            (FieldState::Equal, "equal", "equal"),
        ] {
            let count = self.count(state);
            if count == 0 {
                continue;
            }
            f.write_str(if first { "" } else { "; " })?;
            first = false;
            for (i, field) in self.of(state).take(NAMED).enumerate() {
                f.write_str(if i == 0 { "" } else { ", " })?;
                let is_plain = |c: char| c.is_alphanumeric() || "._-()[]:/+*~^|=".contains(c);
                if !field.tag.is_empty() && field.tag.chars().all(is_plain) {
                    f.write_str(&field.tag)?;
                } else {
                    write!(f, "{:?}", field.tag)?;
                }
            }
            if count > NAMED {
                write!(f, " and {} more", count - NAMED)?;
            }
            write!(f, " {}", if count == 1 { one } else { many })?;
        }
        if self.distance() == 0 {
            let what = "their order, or something that has no tag, differs";
            write!(f, "{}{what}", if first { "" } else { "; " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields(of: &[(&str, &str)]) -> Vec<KeyField> {
        of.iter().map(|(t, d)| ((*t).into(), (*d).into())).collect()
    }

    #[test]
    fn what_differs_is_said_first_and_what_is_equal_last() {
        let here = fields(&[("x", "1"), ("y", "2"), ("family", "3"), ("link", "4")]);
        let there = fields(&[("x", "1"), ("y", "9"), ("family", "3"), ("link", "4")]);
        let d = Difference::between(&here, &there);
        assert_eq!(d.to_string(), "y differs; x, family, link equal");
        assert_eq!(d.distance(), 1);
    }

    #[test]
    fn fields_that_one_key_lacks_are_said_whose_they_are() {
        let here = fields(&[("x", "1"), ("offset", "2"), ("a tag; odd", "7")]);
        let there = fields(&[("x", "1"), ("weights", "2")]);
        let d = Difference::between(&here, &there);
        assert_eq!(
            d.to_string(),
            "offset, \"a tag; odd\" are new; weights is in the stored key only; x equal"
        );
    }

    #[test]
    fn repeated_tags_are_compared_in_their_order() {
        let here = fields(&[("x", "1"), ("x", "2"), ("x", "3")]);
        let there = fields(&[("x", "1"), ("x", "9"), ("x", "3"), ("x", "4")]);
        let states: Vec<FieldState> = Difference::between(&here, &there)
            .fields()
            .iter()
            .map(|f| f.state)
            .collect();
        use FieldState::{Differs, Equal, OnlyThere};
        assert_eq!(states, [Equal, Differs, Equal, OnlyThere]);
    }

    #[test]
    fn keys_of_equal_fields_differ_in_their_order_or_in_what_has_no_tag() {
        let both = fields(&[("x", "1")]);
        let d = Difference::between(&both, &both);
        assert!(d
            .to_string()
            .ends_with("something that has no tag, differs"));
        let none = Difference::between(&[], &[]);
        assert!(none.to_string().starts_with("their order"));
    }

    #[test]
    fn a_long_list_is_cut() {
        let many: Vec<KeyField> = (0..50).map(|i| (format!("t{i}"), "1".into())).collect();
        let d = Difference::between(&many, &[]);
        assert!(d.to_string().ends_with("t19 and 30 more are new"), "{d}");
    }

    proptest! {
        #[test]
        fn each_field_of_either_key_is_told_once(
            here in prop::collection::vec((0u8..4, 0u8..3), 0..8),
            there in prop::collection::vec((0u8..4, 0u8..3), 0..8),
        ) {
            let of = |v: &[(u8, u8)]| -> Vec<KeyField> {
                v.iter().map(|(t, d)| (t.to_string(), d.to_string())).collect()
            };
            let (here, there) = (of(&here), of(&there));
            let d = Difference::between(&here, &there);
            let only_there = d.count(FieldState::OnlyThere);
            let only_here = d.count(FieldState::OnlyHere);
            prop_assert_eq!(d.fields().len(), here.len() + only_there);
            prop_assert_eq!(d.fields().len(), there.len() + only_here);
            prop_assert_eq!(d.distance() == 0, here.len() == there.len() && {
                let mut a = here.clone();
                let mut b = there.clone();
                // Stable, so that repeated tags stay in their order.
                a.sort_by(|x, y| x.0.cmp(&y.0));
                b.sort_by(|x, y| x.0.cmp(&y.0));
                a == b
            });
        }
    }
}
