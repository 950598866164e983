//! What one region is, apart from its bytes.

use super::element::ElementType;
use super::NOTES;
use crate::error::{Error, ErrorKind, Result};
use crate::key::Order;

/// Longest name of a region, and longest key of a note, in bytes.
pub const REGION_NAME_BYTES: usize = 255;
/// Most dimensions of a region.
pub const MOST_DIMENSIONS: usize = 64;

/// A named array: its type, dimensions and order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionSpec {
    name: String,
    element: ElementType,
    dims: Vec<u64>,
    order: Order,
    bytes: usize,
}

impl RegionSpec {
    /// An array of `dims`, of which there are none for a scalar. A scalar and a vector have no order:
    /// they are row-major whatever `order` is.
    ///
    /// # Errors
    ///
    /// `Invalid`: an empty name, one with a NUL, or `__metadata__`; elements of less than a byte that
    /// do not fill their last byte. `TooLarge`: a name above 255 bytes, more than 64 dimensions, more
    /// bytes than an address space has.
    pub fn new(name: &str, element: ElementType, dims: &[u64], order: Order) -> Result<Self> {
        check_name(name)?;
        if dims.len() > MOST_DIMENSIONS {
            return Err(Error::new(
                ErrorKind::TooLarge,
                describing(name),
                format!(
                    "it has {} dimensions, and {MOST_DIMENSIONS} are allowed",
                    dims.len()
                ),
                "Join some of its dimensions",
            ));
        }
        let bytes = byte_count(element, dims).map_err(|wrong| match wrong {
            Extent::Overflow => Error::new(
                ErrorKind::TooLarge,
                describing(name),
                format!("{} of {element} exceed the address space", Shown(dims)),
                "Check the dimensions",
            ),
            Extent::Unaligned => Error::invalid(
                describing(name),
                format!("{} of {element} do not fill their last byte", Shown(dims)),
                "Pad the last dimension",
            ),
        })?;
        Ok(RegionSpec {
            name: name.to_owned(),
            element,
            dims: dims.to_vec(),
            order: if dims.len() < 2 {
                Order::RowMajor
            } else {
                order
            },
            bytes,
        })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is made of.
    pub fn element(&self) -> ElementType {
        self.element
    }

    /// How many elements in each dimension, as the array is indexed; none for a scalar.
    pub fn dims(&self) -> &[u64] {
        &self.dims
    }

    /// How it lies in memory; row-major for scalars and vectors.
    pub fn order(&self) -> Order {
        self.order
    }

    /// How many elements it has.
    pub fn elements(&self) -> u64 {
        self.dims.iter().product()
    }

    /// How many bytes it takes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The type in the file.
    pub(super) fn stored_element(&self) -> ElementType {
        self.element.part().unwrap_or(self.element)
    }

    /// The dimensions in the file.
    pub(super) fn stored_dims(&self) -> impl Iterator<Item = u64> + '_ {
        let reversed = self.order == Order::ColumnMajor;
        let n = self.dims.len();
        let at = move |i| if reversed { n - 1 - i } else { i };
        let parts = self.element.part().map(|_| 2);
        (0..n).map(move |i| self.dims[at(i)]).chain(parts)
    }
}

/// Dimensions for people.
pub(super) struct Shown<'a>(pub &'a [u64]);

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            return f.write_str("a scalar");
        }
        f.write_str("[")?;
        for (i, n) in self.0.iter().enumerate() {
            write!(f, "{}{n}", if i > 0 { ", " } else { "" })?;
        }
        f.write_str("]")
    }
}

fn describing(name: &str) -> String {
    format!("describing region `{}`", name.escape_debug())
}

fn check_name(name: &str) -> Result<()> {
    let wrong = |kind, reason| {
        Err(Error::new(
            kind,
            "naming a region",
            reason,
            "Give it a short name of its own",
        ))
    };
    if name.len() > REGION_NAME_BYTES {
        return wrong(
            ErrorKind::TooLarge,
            format!(
                "the name has {} bytes, and {REGION_NAME_BYTES} are allowed",
                name.len()
            ),
        );
    }
    if name.is_empty() {
        return wrong(ErrorKind::Invalid, "the name is empty".to_owned());
    }
    if name.contains('\0') {
        return wrong(ErrorKind::Invalid, "the name contains a NUL".to_owned());
    }
    if name == NOTES {
        let reason = format!("safetensors files keep their notes under `{NOTES}`");
        return wrong(ErrorKind::Invalid, reason);
    }
    Ok(())
}

/// What is wrong with an extent.
pub(super) enum Extent {
    Overflow,
    Unaligned,
}

/// The bytes of so many elements. Dimensions that overflow are refused though another is zero: other
/// readers multiply in another order.
pub(super) fn byte_count(element: ElementType, dims: &[u64]) -> Result<usize, Extent> {
    let bits = dims
        .iter()
        .try_fold(element.bits(), |n, d| n.checked_mul((*d).max(1)))
        .filter(|bits| isize::try_from(bits / 8).is_ok())
        .ok_or(Extent::Overflow)?;
    if dims.contains(&0) {
        return Ok(0);
    }
    if bits % 8 != 0 {
        return Err(Extent::Unaligned);
    }
    usize::try_from(bits / 8).map_err(|_| Extent::Overflow)
}
