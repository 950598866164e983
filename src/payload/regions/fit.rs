//! Whether a payload has the very regions that are to be restored.

use super::file::RegionFile;
use super::spec::{RegionSpec, Shown};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Order;
use std::collections::HashSet;
use std::ops::Range;

/// Where each of `specs` lies; the first difference is the error.
pub(super) fn places(specs: &[RegionSpec], file: &RegionFile) -> Result<Vec<Range<usize>>> {
    let places = specs.iter().map(|wanted| {
        let Some(stored) = file.region(wanted.name()) else {
            return Err(differs(wanted.name(), "it is protected, and not stored"));
        };
        match difference(wanted, stored.spec()) {
            None => Ok(stored.range()),
            Some(how) => Err(differs(wanted.name(), &how)),
        }
    });
    let places = places.collect::<Result<Vec<_>>>()?;
    if file.regions().len() > specs.len() {
        let names: HashSet<&str> = specs.iter().map(RegionSpec::name).collect();
        let stored = file.regions().iter().map(|r| r.spec().name());
        if let Some(name) = stored.into_iter().find(|n| !names.contains(n)) {
            return Err(differs(name, "it is stored, and not protected"));
        }
    }
    Ok(places)
}

fn difference(wanted: &RegionSpec, stored: &RegionSpec) -> Option<String> {
    let (w, s) = (wanted.dims(), stored.dims());
    if wanted.element() != stored.element() {
        return Some(format!(
            "{} of {} is stored, and {} of {} is protected",
            Shown(s),
            stored.element(),
            Shown(w),
            wanted.element()
        ));
    }
    if w.len() != s.len() {
        return Some(format!(
            "{} with {} dimensions is stored, and {} with {} is protected",
            Shown(s),
            s.len(),
            Shown(w),
            w.len()
        ));
    }
    if let Some(at) = (0..w.len()).find(|i| w[*i] != s[*i]) {
        return Some(format!(
            "{} is stored, and {} is protected: they differ in dimension {} of {}",
            Shown(s),
            Shown(w),
            at + 1,
            w.len()
        ));
    }
    if wanted.order() != stored.order() {
        let words = |order| match order {
            Order::RowMajor => "row-major (C)",
            Order::ColumnMajor => "column-major (Fortran)",
        };
        return Some(format!(
            "{} is stored {}, and is protected {}",
            Shown(s),
            words(stored.order()),
            words(wanted.order())
        ));
    }
    None
}

fn differs(name: &str, how: &str) -> Error {
    Error::new(
        ErrorKind::Incompatible,
        "restoring regions",
        format!("region `{}`: {how}", name.escape_debug()),
        "Nothing was changed or taken. Make the key depend on everything that shapes the state, or load the entry and convert it",
    )
}
