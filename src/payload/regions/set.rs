//! The regions of a fit, to be written together.

use super::file::RegionFile;
use super::spec::{RegionSpec, REGION_NAME_BYTES};
use super::{fit, header};
use super::{
    COMPLEX_NOTE, HEADER_BYTES, ITERATION_NOTE, LENGTH_BYTES, OBJECTIVE_NOTE, ORDER_NOTE,
    VERSION_NOTE,
};
use crate::error::{Error, ErrorKind, Result};
use std::ops::Range;

/// A set of regions and notes: what is written together and restored together. It holds no array's
/// bytes; they are handed over with each use, in the order of [`Regions::specs`].
#[derive(Debug, Clone, Default)]
pub struct Regions {
    specs: Vec<RegionSpec>,
    /// Positions in `specs`, the larger elements first.
    stored: Vec<usize>,
    notes: Vec<(String, String)>,
}

/// Most bytes of a JSON string for one byte of text.
const ESCAPED: usize = 6;
/// More than punctuation, type and offsets of one array take, and each of its dimensions.
const AROUND: usize = 256;
const DIMENSION: usize = 21;

impl Regions {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a region, or replaces the one of that name; returns its position.
    ///
    /// # Errors
    ///
    /// `TooLarge`: the header would exceed 16 MiB.
    pub fn insert(&mut self, spec: RegionSpec) -> Result<usize> {
        let at = self.position(spec.name());
        if at.is_none() {
            self.check_room(ESCAPED * spec.name().len() + AROUND)?;
        }
        let at = match at {
            Some(at) => {
                self.specs[at] = spec;
                at
            }
            None => {
                self.specs.push(spec);
                self.specs.len() - 1
            }
        };
        self.sort();
        Ok(at)
    }

    /// Takes a region out; returns the position that it had, which all later ones move up to.
    pub fn remove(&mut self, name: &str) -> Option<usize> {
        let at = self.position(name)?;
        self.specs.remove(at);
        self.sort();
        Some(at)
    }

    /// Takes all regions out; the notes stay.
    pub fn clear(&mut self) {
        self.specs.clear();
        self.stored.clear();
    }

    fn sort(&mut self) {
        self.stored.clear();
        self.stored.extend(0..self.specs.len());
        let specs = &self.specs;
        self.stored
            .sort_by_key(|i| std::cmp::Reverse(specs[*i].stored_element().bits()));
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.specs.iter().position(|s| s.name() == name)
    }

    /// The regions, in the order they were first added.
    pub fn specs(&self) -> &[RegionSpec] {
        &self.specs
    }

    /// In the order that they are written in.
    pub(super) fn as_stored(&self) -> impl Iterator<Item = &RegionSpec> {
        self.stored.iter().map(|i| &self.specs[*i])
    }

    /// The caller's notes, in the order they were first made.
    pub fn notes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.notes.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }

    /// Makes a note, or replaces the one of that key; it is written with everything from now on.
    ///
    /// # Errors
    ///
    /// `Invalid`: an empty key, one with a NUL, or one that the library's own notes use. `TooLarge`: a
    /// key above 255 bytes; the header would exceed 16 MiB.
    pub fn set_note(&mut self, key: &str, value: &str) -> Result<()> {
        check_note(key)?;
        let place = self.notes.iter().position(|(k, _)| k == key);
        self.check_room(ESCAPED * (key.len() + value.len()) + AROUND)?;
        match place {
            Some(at) => value.clone_into(&mut self.notes[at].1),
            None => self.notes.push((key.to_owned(), value.to_owned())),
        }
        Ok(())
    }

    /// Takes a note back; false when there is none of that key.
    pub fn remove_note(&mut self, key: &str) -> bool {
        let before = self.notes.len();
        self.notes.retain(|(k, _)| k != key);
        self.notes.len() < before
    }

    /// More than length and header take.
    pub(super) fn header_room(&self) -> usize {
        // A name may stand in two notes, and in its own place.
        let regions = self
            .specs
            .iter()
            .map(|s| AROUND + 3 * ESCAPED * s.name().len() + DIMENSION * s.dims().len());
        let notes = self
            .notes
            .iter()
            .map(|(k, v)| AROUND + ESCAPED * (k.len() + v.len()));
        regions.chain(notes).sum::<usize>() + 4 * AROUND
    }

    fn check_room(&self, more: usize) -> Result<()> {
        if self.header_room().saturating_add(more) <= HEADER_BYTES {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::TooLarge,
            "adding a region or a note",
            format!("names and notes might take more than {HEADER_BYTES} bytes"),
            "Put long texts into regions of their own, as bytes",
        ))
    }

    /// That there is a region: a state without any was not described.
    pub(crate) fn check_any(&self, attempt: &'static str) -> Result<()> {
        if !self.specs.is_empty() {
            return Ok(());
        }
        Err(Error::invalid(
            attempt,
            "none is protected",
            "Protect each array of the state first, with its name, type and dimensions",
        ))
    }

    /// The bytes of all regions together.
    pub fn bytes(&self) -> usize {
        let bytes = self.specs.iter().map(RegionSpec::bytes);
        bytes.fold(0, usize::saturating_add)
    }

    /// Writes the payload into `buffer`, whose contents it replaces; `data` gives the bytes of a
    /// position of [`Regions::specs`]. Each array is copied once. An objective that is not finite is
    /// none.
    ///
    /// # Errors
    ///
    /// `Invalid`: there is no region, or one has another length than its type and dimensions give.
    /// `NoMemory`: so many bytes cannot be allocated.
    pub fn write<'d>(
        &self,
        data: impl Fn(usize) -> &'d [u8],
        objective: Option<f64>,
        iteration: Option<u64>,
        buffer: &mut Vec<u8>,
    ) -> Result<()> {
        let attempt = "writing regions";
        self.check_any(attempt)?;
        buffer.clear();
        let room = self.header_room().saturating_add(self.bytes());
        buffer.try_reserve_exact(room).map_err(|_| {
            Error::new(
                ErrorKind::NoMemory,
                attempt,
                format!("{room} bytes could not be allocated"),
                "Free memory; nothing was changed",
            )
        })?;
        header::write(self, objective, iteration, buffer)
            .map_err(|e| Error::invalid(attempt, e.to_string(), "Please report this text"))?;
        for at in &self.stored {
            let (spec, bytes) = (&self.specs[*at], data(*at));
            if bytes.len() != spec.bytes() {
                return Err(Error::invalid(
                    attempt,
                    format!(
                        "region `{}` has {} bytes, and {} were handed over",
                        spec.name().escape_debug(),
                        spec.bytes(),
                        bytes.len()
                    ),
                    "Hand over what its type and dimensions say",
                ));
            }
            buffer.extend_from_slice(bytes);
        }
        Ok(())
    }

    /// Where in a payload's bytes each position of [`Regions::specs`] lies, if the payload has these
    /// very regions: the same names, types and dimensions, and at two dimensions and more the same
    /// order, none missing and none besides.
    ///
    /// # Errors
    ///
    /// `Invalid`: there is no region. `Incompatible`: which region differs, and how.
    pub fn find_in(&self, file: &RegionFile) -> Result<Vec<Range<usize>>> {
        self.check_any("restoring regions")?;
        fit::places(&self.specs, file)
    }
}

fn check_note(key: &str) -> Result<()> {
    let (kind, reason) = if key.len() > REGION_NAME_BYTES {
        let reason = format!(
            "its key has {} bytes, and {REGION_NAME_BYTES} are allowed",
            key.len()
        );
        (ErrorKind::TooLarge, reason)
    } else if key.is_empty() {
        (ErrorKind::Invalid, "its key is empty".to_owned())
    } else if key.contains('\0') {
        (ErrorKind::Invalid, "its key contains a NUL".to_owned())
    } else if [VERSION_NOTE, OBJECTIVE_NOTE, ITERATION_NOTE].contains(&key)
        || key.starts_with(ORDER_NOTE)
        || key.starts_with(COMPLEX_NOTE)
    {
        let reason = format!("the library writes `{}` itself", key.escape_debug());
        (ErrorKind::Invalid, reason)
    } else {
        return Ok(());
    };
    Err(Error::new(
        kind,
        "making a note beside the regions",
        reason,
        "Give it a short key of its own",
    ))
}

/// The shortest payload there can be.
pub(super) const LEAST: usize = LENGTH_BYTES + 2;
