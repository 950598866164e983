//! What makes two terms of two fits the same term.

use crate::error::{Error, Result};
use crate::key::{Fingerprinter, Key};
use serde::{Deserialize, Serialize};

/// Part of the keys of artifacts: layouts that differ never meet. It changes when the layout does,
/// never with the package version.
pub const SCHEMA_TAG: &str = "schema3-unified-fingerprinter-v3";

/// Which parameter of the response's distribution a term belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Role {
    /// Of the mean, or location.
    Mean,
    /// Of the scale or dispersion, or of a slope on the log scale.
    LogSlope,
    /// Of anything else.
    Generic,
}

impl Role {
    /// The role that a block's name says, ASCII case folded: one with `logslope`, `log_slope`,
    /// `scale`, `sigma` or `disp` in it is [`Role::LogSlope`]; else one with `mean`, `loc` or
    /// `marginal` is [`Role::Mean`]; else it is [`Role::Generic`].
    pub fn from_block_name(name: &str) -> Role {
        let name = name.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|w| name.contains(w));
        if has(&["logslope", "log_slope", "scale", "sigma", "disp"]) {
            Role::LogSlope
        } else if has(&["mean", "loc", "marginal"]) {
            Role::Mean
        } else {
            Role::Generic
        }
    }

    /// Its name in the JSON.
    pub fn word(self) -> &'static str {
        match self {
            Role::Mean => "Mean",
            Role::LogSlope => "LogSlope",
            Role::Generic => "Generic",
        }
    }

    /// The role of that name in the JSON.
    pub fn from_word(word: &str) -> Result<Role> {
        [Role::Mean, Role::LogSlope, Role::Generic]
            .into_iter()
            .find(|r| r.word() == word)
            .ok_or_else(|| {
                Error::invalid(
                    "reading a role",
                    format!("`{}` is none", word.escape_debug()),
                    "The roles are Mean, LogSlope and Generic",
                )
            })
    }

    fn number(self) -> u64 {
        match self {
            Role::Mean => 0,
            Role::LogSlope => 1,
            Role::Generic => 2,
        }
    }
}

/// What a transfer gave to a term.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Provenance {
    /// Nothing: it starts cold.
    #[default]
    Cold,
    /// Smoothing parameters, at least one of them.
    RhoOnly,
    /// Coefficients as well, projected into its basis by the caller.
    Projected,
}

impl Provenance {
    /// Its word: `cold`, `rho_only` or `projected`.
    pub fn word(self) -> &'static str {
        match self {
            Provenance::Cold => "cold",
            Provenance::RhoOnly => "rho_only",
            Provenance::Projected => "projected",
        }
    }
}

/// What a term's identity is made of.
#[derive(Debug, Clone, Copy)]
pub struct TermShape<'a> {
    /// The block it belongs to.
    pub block_name: &'a str,
    /// Its role.
    pub role: Role,
    /// One per penalty: its label, where it has one.
    pub penalty_labels: &'a [Option<&'a str>],
    /// Dimensions of the penalties' null spaces.
    pub nullspace_dims: &'a [u64],
    /// Coefficients of the term after its constraints are absorbed.
    pub reduced_width: u64,
}

impl TermShape<'_> {
    /// The identity: each of role, name, number of penalties, labels, null spaces and width splits
    /// it.
    pub fn identity(&self) -> Result<Key> {
        let mut f = Fingerprinter::new();
        f.absorb_tag("fit-artifact-block-identity-v2")?;
        f.absorb_u64("role", self.role.number())?;
        f.absorb_str("block_name", self.block_name)?;
        f.absorb_u64("n_penalties", self.penalty_labels.len() as u64)?;
        for label in self.penalty_labels {
            match label {
                Some(label) => f.absorb_str("label", label)?,
                None => f.absorb_tag("label-none")?,
            }
        }
        f.absorb_u64("n_nullspace", self.nullspace_dims.len() as u64)?;
        for dim in self.nullspace_dims {
            f.absorb_u64("nullspace_dim", *dim)?;
        }
        f.absorb_u64("reduced_width", self.reduced_width)?;
        Ok(f.finish())
    }
}

/// The key of a descriptor: of its family and its terms' identities in any order.
pub(super) fn descriptor_key(family_kind: &str, identities: &[Key]) -> Result<Key> {
    let mut sorted = identities.to_vec();
    sorted.sort_unstable();
    let mut f = Fingerprinter::new();
    f.absorb_tag("fit-artifact-descriptor-v1")?;
    f.absorb_str("family_kind", family_kind)?;
    f.absorb_u64("n_terms", sorted.len() as u64)?;
    for identity in sorted {
        f.absorb_bytes("term", identity.as_bytes())?;
    }
    Ok(f.finish())
}

/// What an artifact with that descriptor is stored under.
pub(super) fn artifact_key(descriptor: Key) -> Result<Key> {
    let mut f = Fingerprinter::new();
    f.absorb_str("fit-artifact-key", SCHEMA_TAG)?;
    f.absorb_str("fit-artifact-descriptor", &descriptor.to_hex())?;
    Ok(f.finish())
}
