//! The header in JSON.

use super::set::Regions;
use super::{RegionSpec, LENGTH_BYTES};
use super::{COMPLEX_NOTE, ITERATION_NOTE, NOTES, OBJECTIVE_NOTE, ORDER_NOTE, VERSION_NOTE};
use crate::key::Order;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where the arrays begin, at a multiple of this.
const ARRAYS_ALIGNMENT: usize = 64;

/// Appends length and header to an empty `buffer`.
pub(super) fn write(
    regions: &Regions,
    objective: Option<f64>,
    iteration: Option<u64>,
    buffer: &mut Vec<u8>,
) -> serde_json::Result<()> {
    buffer.extend_from_slice(&[0; LENGTH_BYTES]);
    let header = Header {
        regions,
        objective: objective.filter(|o| o.is_finite()),
        iteration,
    };
    serde_json::to_writer(&mut *buffer, &header)?;
    buffer.resize(buffer.len().next_multiple_of(ARRAYS_ALIGNMENT), b' ');
    let len = (buffer.len() - LENGTH_BYTES) as u64;
    buffer[..LENGTH_BYTES].copy_from_slice(&len.to_le_bytes());
    Ok(())
}

struct Header<'a> {
    regions: &'a Regions,
    objective: Option<f64>,
    iteration: Option<u64>,
}

impl Serialize for Header<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry(NOTES, &Notes(self))?;
        let mut begin = 0;
        for spec in self.regions.as_stored() {
            let end = begin + spec.bytes();
            let place = Place {
                dtype: spec.stored_element().name(),
                shape: Shape(spec),
                data_offsets: (begin, end),
            };
            map.serialize_entry(spec.name(), &place)?;
            begin = end;
        }
        map.end()
    }
}

struct Notes<'a>(&'a Header<'a>);

impl Serialize for Notes<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Header {
            regions,
            objective,
            iteration,
        } = self.0;
        let mut map = to.serialize_map(None)?;
        map.serialize_entry(VERSION_NOTE, env!("CARGO_PKG_VERSION"))?;
        if let Some(objective) = objective {
            // The shortest digits that are read back as the same number.
            map.serialize_entry(OBJECTIVE_NOTE, &format_args!("{objective:?}"))?;
        }
        if let Some(iteration) = iteration {
            map.serialize_entry(ITERATION_NOTE, &format_args!("{iteration}"))?;
        }
        for spec in regions.as_stored() {
            let name = spec.name();
            if spec.order() == Order::ColumnMajor {
                map.serialize_entry(&format_args!("{ORDER_NOTE}{name}"), "F")?;
            }
            if spec.element().part().is_some() {
                map.serialize_entry(&format_args!("{COMPLEX_NOTE}{name}"), "true")?;
            }
        }
        for (key, value) in regions.notes() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct Place<'a> {
    dtype: &'static str,
    shape: Shape<'a>,
    data_offsets: (usize, usize),
}

struct Shape<'a>(&'a RegionSpec);

impl Serialize for Shape<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut seq = to.serialize_seq(None)?;
        for n in self.0.stored_dims() {
            seq.serialize_element(&n)?;
        }
        seq.end()
    }
}

/// Type, dimensions and place of one array, as a file names them. What else is said is ignored.
#[derive(Deserialize)]
pub(super) struct Entry {
    pub dtype: String,
    pub shape: Vec<u64>,
    pub data_offsets: (u64, u64),
}

/// What a header says, in its own order.
#[derive(Default)]
pub(super) struct Parsed {
    pub entries: Vec<(String, Entry)>,
    pub notes: Vec<(String, String)>,
}

impl<'de> Deserialize<'de> for Parsed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Parser;
        impl<'de> Visitor<'de> for Parser {
            type Value = Parsed;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of arrays")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parsed, A::Error> {
                let mut parsed = Parsed::default();
                let mut noted = false;
                while let Some(name) = map.next_key::<String>()? {
                    if name != NOTES {
                        parsed.entries.push((name, map.next_value()?));
                    } else if noted {
                        return Err(de::Error::custom("it has its notes twice"));
                    } else {
                        noted = true;
                        parsed.notes = map.next_value_seed(Pairs)?;
                    }
                }
                Ok(parsed)
            }
        }
        from.deserialize_map(Parser)
    }
}

/// Texts by text; null for none.
struct Pairs;

impl<'de> DeserializeSeed<'de> for Pairs {
    type Value = Vec<(String, String)>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Pairs {
    type Value = Vec<(String, String)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("texts by text, as notes are")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(pairs)
    }
}
