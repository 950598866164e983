//! Fields by their names in the JSON, so that one pair of functions per type reaches all of them.

use super::identity::{Provenance, Role};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// UTF-8.
    Text,
    /// Not negative; a flag is 0 or 1.
    Integer,
    /// Finite.
    Number,
    /// A list of integers.
    Integers,
    /// A list of numbers.
    Numbers,
}

/// A field in its place.
pub(crate) enum Field<'a> {
    Text(&'a mut String),
    Identity(&'a mut Key),
    Role(&'a mut Role),
    /// And whether anything was found to project.
    Provenance(&'a mut Provenance, bool),
    /// What a transfer noted.
    Source(Option<u64>),
    /// Worked out, not stored.
    Computed(String),
    Integer(&'a mut u64),
    OptionalInteger(&'a mut Option<u64>),
    Flag(&'a mut bool),
    OptionalFlag(&'a mut Option<bool>),
    Number(&'a mut f64),
    OptionalNumber(&'a mut Option<f64>),
    Integers(&'a mut Vec<u64>),
    OptionalIntegers(&'a mut Option<Vec<u64>>),
    Numbers(&'a mut Vec<f64>),
    OptionalNumbers(&'a mut Option<Vec<f64>>),
    /// Of an optional part that is not there.
    Missing(FieldType),
}

/// A field's name, and what it holds.
pub(super) type Spec = (&'static str, FieldType);

fn wrong(name: &str, reason: String, advice: &'static str) -> Error {
    Error::invalid(format!("using field `{name}`"), reason, advice)
}

/// The description of a field of `specs`, which are of `kind`.
pub(super) fn find<'s>(specs: &'s [Spec], kind: &str, name: &str) -> Result<&'s Spec> {
    specs.iter().find(|s| s.0 == name).ok_or_else(|| {
        let known: Vec<&str> = specs.iter().map(|s| s.0).collect();
        Error::invalid(
            format!("looking for field `{}`", name.escape_debug()),
            format!("a {kind} has no such field, but {}", known.join(", ")),
            "Check the name and the record's kind",
        )
    })
}

/// Refuses a place beyond `len`.
pub(super) fn check_place(name: &str, index: usize, len: usize) -> Result<()> {
    if index < len {
        return Ok(());
    }
    Err(wrong(
        name,
        format!("there is no item {index}: it has {len}, counted from 0"),
        "Ask for the count first; setting an item at the count appends one",
    ))
}

impl Field<'_> {
    pub fn holds(&self) -> FieldType {
        use Field as F;
        match self {
            F::Text(_) | F::Identity(_) | F::Role(_) | F::Provenance(..) | F::Computed(_) => {
                FieldType::Text
            }
            F::Integer(_)
            | F::OptionalInteger(_)
            | F::Flag(_)
            | F::OptionalFlag(_)
            | F::Source(_) => FieldType::Integer,
            F::Number(_) | F::OptionalNumber(_) => FieldType::Number,
            F::Integers(_) | F::OptionalIntegers(_) => FieldType::Integers,
            F::Numbers(_) | F::OptionalNumbers(_) => FieldType::Numbers,
            F::Missing(holds) => *holds,
        }
    }

    fn other_type(&self, name: &str, wanted: FieldType) -> Error {
        let words = |t: FieldType| match t {
            FieldType::Text => "a text",
            FieldType::Integer => "an integer",
            FieldType::Number => "a number",
            FieldType::Integers => "a list of integers",
            FieldType::Numbers => "a list of numbers",
        };
        wrong(
            name,
            format!("it is {}, not {}", words(self.holds()), words(wanted)),
            "Use the function for that type",
        )
    }

    /// Sets a text.
    pub fn set_text(self, name: &str, value: &str) -> Result<()> {
        match self {
            Field::Text(to) => copy_text(name, value).map(|text| *to = text),
            Field::Identity(to) => Key::from_hex(value).map(|key| *to = key),
            Field::Role(to) => Role::from_word(value).map(|role| *to = role),
            Field::Provenance(to, true) if value == Provenance::Projected.word() => {
                *to = Provenance::Projected;
                Ok(())
            }
            Field::Provenance(..) => Err(wrong(
                name,
                format!("it cannot be set to `{}` here", value.escape_debug()),
                "A term whose source a transfer has named may be set to `projected`; the transfer says the rest",
            )),
            Field::Computed(_) => Err(wrong(
                name,
                "it is worked out from other fields".to_owned(),
                "Set those",
            )),
            other => Err(other.other_type(name, FieldType::Text)),
        }
    }

    /// The text, where there is one.
    pub fn text(self, name: &str) -> Result<Option<String>> {
        match self {
            Field::Text(from) => copy_text(name, from).map(Some),
            Field::Identity(key) => Ok(Some(key.to_hex())),
            Field::Role(role) => Ok(Some(role.word().to_owned())),
            Field::Provenance(given, _) => Ok(Some(given.word().to_owned())),
            Field::Computed(text) => Ok(Some(text)),
            Field::Missing(FieldType::Text) => Ok(None),
            other => Err(other.other_type(name, FieldType::Text)),
        }
    }

    /// Sets an integer or a flag.
    pub fn set_integer(self, name: &str, value: i64) -> Result<()> {
        let count = || whole(name, value);
        let flag = || match value {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(wrong(
                name,
                format!("{value} is neither 0 nor 1"),
                "Pass 1 for yes and 0 for no",
            )),
        };
        match self {
            Field::Integer(to) => *to = count()?,
            Field::OptionalInteger(to) => *to = Some(count()?),
            Field::Flag(to) => *to = flag()?,
            Field::OptionalFlag(to) => *to = Some(flag()?),
            Field::Source(_) => {
                return Err(wrong(
                    name,
                    "a transfer says it".to_owned(),
                    "Leave it as it is",
                ))
            }
            other => return Err(other.other_type(name, FieldType::Integer)),
        }
        Ok(())
    }

    /// The integer, where there is one.
    pub fn integer(self, name: &str) -> Result<Option<i64>> {
        let value = match self {
            Field::Integer(from) => Some(*from),
            Field::OptionalInteger(from) => *from,
            Field::Flag(on) => Some(u64::from(*on)),
            Field::OptionalFlag(on) => on.map(u64::from),
            Field::Source(from) => from,
            Field::Missing(FieldType::Integer) => None,
            other => return Err(other.other_type(name, FieldType::Integer)),
        };
        Ok(value.map(clamped))
    }

    /// Sets a number.
    pub fn set_number(self, name: &str, value: f64) -> Result<()> {
        let checked = || finite(name, &[value]).map(|()| value);
        match self {
            Field::Number(to) => *to = checked()?,
            Field::OptionalNumber(to) => *to = Some(checked()?),
            other => return Err(other.other_type(name, FieldType::Number)),
        }
        Ok(())
    }

    /// The number, where there is one. NaN stands for none that was set.
    pub fn number(self, name: &str) -> Result<Option<f64>> {
        match self {
            Field::Number(from) => Ok(Some(*from).filter(|x| x.is_finite())),
            Field::OptionalNumber(from) => Ok(*from),
            Field::Missing(FieldType::Number) => Ok(None),
            other => Err(other.other_type(name, FieldType::Number)),
        }
    }

    /// Sets a list of integers.
    pub fn set_integers(self, name: &str, values: &[i64]) -> Result<()> {
        let checked = || -> Result<Vec<u64>> {
            let mut list = reserved(name, values.len())?;
            for value in values {
                list.push(whole(name, *value)?);
            }
            Ok(list)
        };
        match self {
            Field::Integers(to) => *to = checked()?,
            Field::OptionalIntegers(to) => *to = Some(checked()?),
            other => return Err(other.other_type(name, FieldType::Integers)),
        }
        Ok(())
    }

    /// The integers, where there are any.
    pub fn integers(self, name: &str) -> Result<Option<Vec<i64>>> {
        let copy = |from: &[u64]| -> Result<Vec<i64>> {
            let mut list = reserved(name, from.len())?;
            list.extend(from.iter().copied().map(clamped));
            Ok(list)
        };
        match self {
            Field::Integers(from) => copy(from).map(Some),
            Field::OptionalIntegers(from) => from.as_deref().map(copy).transpose(),
            Field::Missing(FieldType::Integers) => Ok(None),
            other => Err(other.other_type(name, FieldType::Integers)),
        }
    }

    /// Sets a list of numbers.
    pub fn set_numbers(self, name: &str, values: &[f64]) -> Result<()> {
        let checked = || -> Result<Vec<f64>> {
            finite(name, values)?;
            let mut list = reserved(name, values.len())?;
            list.extend_from_slice(values);
            Ok(list)
        };
        match self {
            Field::Numbers(to) => *to = checked()?,
            Field::OptionalNumbers(to) => *to = Some(checked()?),
            other => return Err(other.other_type(name, FieldType::Numbers)),
        }
        Ok(())
    }
}

impl<'a> Field<'a> {
    /// The numbers, where there are any.
    pub fn numbers(self, name: &str) -> Result<Option<&'a [f64]>> {
        match self {
            Field::Numbers(from) => Ok(Some(from)),
            Field::OptionalNumbers(from) => Ok(from.as_deref()),
            Field::Missing(FieldType::Numbers) => Ok(None),
            other => Err(other.other_type(name, FieldType::Numbers)),
        }
    }

    /// Sets an optional field back to nothing.
    pub fn clear(self, name: &str) -> Result<()> {
        match self {
            Field::OptionalInteger(to) => *to = None,
            Field::OptionalFlag(to) => *to = None,
            Field::OptionalNumber(to) => *to = None,
            Field::OptionalIntegers(to) => *to = None,
            Field::OptionalNumbers(to) => *to = None,
            Field::Missing(_) => {}
            _ => {
                return Err(wrong(
                    name,
                    "it is no optional field".to_owned(),
                    "Set it to what it is to be",
                ))
            }
        }
        Ok(())
    }
}

/// No count is larger.
fn clamped(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn whole(name: &str, value: i64) -> Result<u64> {
    u64::try_from(value).map_err(|_| {
        wrong(
            name,
            format!("{value} is negative"),
            "Counts, sizes, indices and Unix seconds are not",
        )
    })
}

pub(super) fn reserved<T>(name: &str, n: usize) -> Result<Vec<T>> {
    let mut list = Vec::new();
    match list.try_reserve_exact(n) {
        Ok(()) => Ok(list),
        Err(_) => Err(Error::new(
            ErrorKind::NoMemory,
            format!("copying field `{name}`"),
            format!("there is no memory for {n} items"),
            "Free some memory, then try again; nothing was changed",
        )),
    }
}

pub(super) fn copy_text(name: &str, text: &str) -> Result<String> {
    let mut copy = reserved(name, text.len())?;
    copy.extend_from_slice(text.as_bytes());
    String::from_utf8(copy).map_err(|_| wrong(name, "it is not UTF-8".to_owned(), "Pass UTF-8"))
}

/// Refuses numbers that JSON has no words for.
pub(super) fn finite(name: &str, values: &[f64]) -> Result<()> {
    match values.iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(at) => Err(wrong(
            name,
            format!("its number {at}, counted from 0, is {}", values[at]),
            "Only finite numbers can be stored: leave the field unset, or repair the fit",
        )),
    }
}
