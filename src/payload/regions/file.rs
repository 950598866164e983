//! Reading a payload that anyone may have written.

use super::element::ElementType;
use super::header::{Entry, Parsed};
use super::set::LEAST;
use super::spec::{byte_count, Extent, RegionSpec, Shown};
use super::{COMPLEX_NOTE, HEADER_BYTES, LENGTH_BYTES, ORDER_NOTE};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Order;
use std::ops::Range;

/// What a payload of regions holds: the header, understood and checked. It copies no array.
#[derive(Debug, Clone)]
pub struct RegionFile {
    regions: Vec<StoredRegion>,
    /// Positions in `regions`, by name.
    by_name: Vec<usize>,
    notes: Vec<(String, String)>,
}

/// One region of a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRegion {
    spec: RegionSpec,
    range: Range<usize>,
}

impl StoredRegion {
    /// What it is.
    pub fn spec(&self) -> &RegionSpec {
        &self.spec
    }

    /// Where in the payload its bytes are.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }
}

impl RegionFile {
    /// Reads the header of a payload and checks that all it says is so.
    ///
    /// # Errors
    ///
    /// `Incompatible`: it is no such file, or one that says what cannot be: why, in words.
    pub fn parse(payload: &[u8]) -> Result<RegionFile> {
        parse(payload).map_err(|why| {
            Error::new(
                ErrorKind::Incompatible,
                "reading a payload's regions",
                format!("the payload is no safetensors file that can be read here: {why}"),
                "Load what was stored as bytes with warm_session_load or warm_session_resume",
            )
        })
    }

    /// The regions, in the order that they lie in.
    pub fn regions(&self) -> &[StoredRegion] {
        &self.regions
    }

    /// The file's own metadata, in its order: what the library says of the file, and the caller's.
    pub fn notes(&self) -> &[(String, String)] {
        &self.notes
    }

    /// [`RegionFile::notes`], when nothing else is wanted.
    pub fn into_notes(self) -> Vec<(String, String)> {
        self.notes
    }

    /// Which of the regions has that name.
    pub fn position(&self, name: &str) -> Option<usize> {
        let find = |at: &usize| self.regions[*at].spec.name().cmp(name);
        let at = self.by_name.binary_search_by(find).ok()?;
        Some(self.by_name[at])
    }

    /// The region of that name.
    pub fn region(&self, name: &str) -> Option<&StoredRegion> {
        self.position(name).map(|at| &self.regions[at])
    }
}

fn parse(payload: &[u8]) -> Result<RegionFile, String> {
    if payload.len() < LEAST {
        return Err(format!("it has only {} bytes", payload.len()));
    }
    let (length, rest) = payload.split_at(LENGTH_BYTES);
    let length = length.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b));
    let header = usize::try_from(length).ok().and_then(|n| rest.get(..n));
    let header = header.ok_or_else(|| {
        format!(
            "its header is to have {length} bytes, and {} follow",
            rest.len()
        )
    })?;
    if header.len() > HEADER_BYTES {
        return Err(format!(
            "its header has {length} bytes, and {HEADER_BYTES} are read at most"
        ));
    }
    if header.first() != Some(&b'{') {
        return Err("its header does not begin with {".to_owned());
    }
    // The parser passes over what is not UTF-8 where it passes over a field.
    let header_text =
        std::str::from_utf8(header).map_err(|e| format!("its header is wrong: {e}"))?;
    let Parsed { mut entries, notes } =
        serde_json::from_str(header_text).map_err(|e| format!("its header is wrong: {e}"))?;
    let notes = Notes::new(notes)?;
    entries.sort_by_key(|(_, e)| e.data_offsets);
    let first = LENGTH_BYTES + header.len();
    let mut begin = first;
    let mut regions = Vec::with_capacity(entries.len());
    for (name, entry) in entries {
        let region = place(&name, entry, begin - first, &notes)
            .map_err(|why| format!("region `{}`: {why}", name.escape_debug()))?;
        let bytes = region.bytes();
        let range = begin..begin + bytes;
        if range.end > payload.len() {
            return Err(format!(
                "region `{}` ends {} bytes behind the end of the file",
                name.escape_debug(),
                range.end - payload.len()
            ));
        }
        begin = range.end;
        regions.push(StoredRegion {
            spec: region,
            range,
        });
    }
    if begin != payload.len() {
        let besides = payload.len() - begin;
        return Err(format!("{besides} bytes at its end belong to no region"));
    }
    let mut by_name: Vec<usize> = (0..regions.len()).collect();
    by_name.sort_by(|a, b| regions[*a].spec.name().cmp(regions[*b].spec.name()));
    for pair in by_name.windows(2) {
        let name = regions[pair[0]].spec.name();
        if name == regions[pair[1]].spec.name() {
            return Err(format!("region `{}` is there twice", name.escape_debug()));
        }
    }
    Ok(RegionFile {
        regions,
        by_name,
        notes: notes.all,
    })
}

/// The file's notes, and where each is.
struct Notes {
    all: Vec<(String, String)>,
    by_key: Vec<usize>,
}

impl Notes {
    fn new(all: Vec<(String, String)>) -> Result<Notes, String> {
        let mut by_key: Vec<usize> = (0..all.len()).collect();
        by_key.sort_by(|a, b| all[*a].0.cmp(&all[*b].0));
        for pair in by_key.windows(2) {
            let key = &all[pair[0]].0;
            if *key == all[pair[1]].0 {
                return Err(format!("note `{}` is there twice", key.escape_debug()));
            }
        }
        Ok(Notes { all, by_key })
    }

    /// The note that `prefix` and `name` together are the key of.
    fn get(&self, prefix: &str, name: &str) -> Option<&str> {
        let key = || prefix.bytes().chain(name.bytes());
        let find = |at: &usize| self.all[*at].0.bytes().cmp(key());
        let at = self.by_key.binary_search_by(find).ok()?;
        Some(&self.all[self.by_key[at]].1)
    }
}

/// What an entry of the header describes, if it begins at `begin` of the arrays.
fn place(name: &str, entry: Entry, begin: usize, notes: &Notes) -> Result<RegionSpec, String> {
    let Entry {
        dtype,
        shape: mut dims,
        data_offsets: (from, to),
    } = entry;
    let stored = ElementType::from_name(&dtype)
        // The format has no such name for it.
        .filter(|t| *t != ElementType::C128)
        .ok_or_else(|| format!("type `{}` is not known here", dtype.escape_debug()))?;
    if from != begin as u64 {
        let how = if from < begin as u64 {
            "overlaps the one before it"
        } else {
            "leaves a gap before it"
        };
        return Err(format!(
            "it begins at {from} and {how}, which ends at {begin}"
        ));
    }
    let bytes = byte_count(stored, &dims).map_err(|e| match e {
        Extent::Overflow => format!("{} of {stored} exceed the address space", Shown(&dims)),
        Extent::Unaligned => format!("{} of {stored} do not fill their last byte", Shown(&dims)),
    })?;
    if to.checked_sub(from) != Some(bytes as u64) {
        return Err(format!(
            "{} of {stored} take {bytes} bytes, and it lies from {from} to {to}",
            Shown(&dims)
        ));
    }
    let mut element = stored;
    if notes.get(COMPLEX_NOTE, name).is_some() {
        element = stored
            .complex()
            .filter(|_| dims.last() == Some(&2))
            .ok_or_else(|| {
                format!(
                    "it is noted as complex, which {} of {stored} cannot be",
                    Shown(&dims)
                )
            })?;
        dims.pop();
    }
    let order = match notes.get(ORDER_NOTE, name) {
        None | Some("C") => Order::RowMajor,
        Some("F") => {
            dims.reverse();
            Order::ColumnMajor
        }
        Some(other) => {
            return Err(format!(
                "its order is noted as `{}`, and F or C is known",
                other.escape_debug()
            ))
        }
    };
    RegionSpec::new(name, element, &dims, order).map_err(|e| e.to_string())
}
