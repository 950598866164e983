//! Records as JSON: bounded, every allocation that a file sizes fallible, every double bit for bit.

use crate::error::{Error, ErrorKind, Result};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, SeqAccess, Visitor};
use serde::Serialize;
use std::fmt;
use std::io::{self, Write};
use std::marker::PhantomData;

/// What a reader says where memory ran out.
const NO_MEMORY: &str = "there is no memory for so long a list";

/// A writer that stops at a length.
struct Bounded {
    bytes: Vec<u8>,
    most: usize,
    /// It stopped for the length, not for lack of memory.
    full: bool,
}

impl Write for Bounded {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        if part.len() > self.most - self.bytes.len() {
            self.full = true;
            return Err(io::Error::from_raw_os_error(libc::EFBIG));
        }
        self.bytes
            .try_reserve(part.len())
            .map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
        self.bytes.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Why something could not be written.
pub(super) fn write(value: &impl Serialize, attempt: &str, most: usize) -> Result<Vec<u8>> {
    let mut to = Bounded {
        bytes: Vec::new(),
        most,
        full: false,
    };
    match serde_json::to_writer(&mut to, value) {
        Ok(()) => Ok(to.bytes),
        Err(_) if to.full => Err(too_large(attempt, None, most)),
        Err(e) => Err(Error::new(
            ErrorKind::NoMemory,
            attempt.to_owned(),
            e.to_string(),
            "Free some memory, then try again; what was stored before is intact",
        )),
    }
}

/// `found` is the length where it is known.
pub(super) fn too_large(attempt: &str, found: Option<u64>, most: usize) -> Error {
    let reason = match found {
        Some(n) => format!("it takes {n} bytes as JSON, and a record may have {most}"),
        None => format!("it takes more than the {most} bytes of JSON that a record may have"),
    };
    Error::new(
        ErrorKind::TooLarge,
        attempt.to_owned(),
        reason,
        "Store large arrays by a session or as regions; what was stored before is intact",
    )
}

/// Reads what [`write`] or another engine wrote; unknown fields are passed over.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8], attempt: &str, most: usize) -> Result<T> {
    if bytes.len() > most {
        return Err(too_large(attempt, Some(bytes.len() as u64), most));
    }
    // The parser passes over what is not UTF-8 where it passes over a field.
    let text = std::str::from_utf8(bytes).map_err(serde::de::Error::custom);
    text.and_then(serde_json::from_str)
        .map_err(|e: serde_json::Error| {
            let said = e.to_string();
            let kind = match said.starts_with(NO_MEMORY) {
                true => ErrorKind::NoMemory,
                false => ErrorKind::Incompatible,
            };
            Error::new(
                kind,
                attempt.to_owned(),
                said,
                "Start cold; the next record that is stored takes its place",
            )
        })
}

/// A list that grows only as far as there is memory.
struct List<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Items<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
            type Value = List<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<List<T>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = from.next_element()? {
                    if items.try_reserve(1).is_err() {
                        return Err(serde::de::Error::custom(NO_MEMORY));
                    }
                    items.push(item);
                }
                Ok(List(items))
            }
        }
        from.deserialize_seq(Items(PhantomData))
    }
}

/// For `deserialize_with`.
pub(super) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    List::deserialize(from).map(|l| l.0)
}

/// The same where there may be none.
pub(super) fn optional_list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<Vec<T>>, D::Error> {
    Option::<List<T>>::deserialize(from).map(|l| l.map(|l| l.0))
}

/// A list of lists.
pub(super) fn lists<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Vec<Vec<T>>, D::Error> {
    let lists: List<List<T>> = List::deserialize(from)?;
    Ok(lists.0.into_iter().map(|l| l.0).collect())
}

/// A list of lists, some of which may be none.
pub(super) fn optional_lists<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Vec<Option<Vec<T>>>, D::Error> {
    let lists: List<Option<List<T>>> = List::deserialize(from)?;
    Ok(lists.0.into_iter().map(|l| l.map(|l| l.0)).collect())
}

/// A count that some write as 7 and some as 7.0.
pub(super) fn optional_count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    /// Below it every whole number is a double.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let number = match Option::<serde_json::Number>::deserialize(from)? {
        None => return Ok(None),
        Some(number) => number,
    };
    let whole = |x: f64| (x.fract() == 0.0 && (0.0..=EXACT).contains(&x)).then_some(x as u64);
    number
        .as_u64()
        .or_else(|| number.as_f64().and_then(whole))
        .map(Some)
        .ok_or_else(|| serde::de::Error::custom(format!("{number} is no count")))
}

/// A flag that some write as true and some as 1.
pub(super) fn optional_flag<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    /// Nothing but what a flag can be is taken into memory.
    struct Flag;
    impl Visitor<'_> for Flag {
        type Value = bool;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a flag: true, false, 1 or 0")
        }

        fn visit_bool<E>(self, on: bool) -> Result<bool, E> {
            Ok(on)
        }

        fn visit_u64<E: serde::de::Error>(self, n: u64) -> Result<bool, E> {
            self.visit_f64(n as f64)
        }

        fn visit_i64<E: serde::de::Error>(self, n: i64) -> Result<bool, E> {
            self.visit_f64(n as f64)
        }

        fn visit_f64<E: serde::de::Error>(self, x: f64) -> Result<bool, E> {
            if x == 0.0 || x == 1.0 {
                return Ok(x == 1.0);
            }
            Err(E::custom(format!("{x} is no flag")))
        }
    }
    struct One(bool);
    impl<'de> Deserialize<'de> for One {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            from.deserialize_any(Flag).map(One)
        }
    }
    Ok(Option::<One>::deserialize(from)?.map(|one| one.0))
}
