//! The fit artifact: what a fit can teach its relatives.

use super::identity::{artifact_key, descriptor_key, Provenance, Role, TermShape};
use super::json::list;
use super::record::{all_finite, now, same, wrong_count, Compatibility};
use crate::error::Result;
use crate::key::Key;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The layout this library reads and writes.
pub(super) const SCHEMA: u64 = 1;

/// A finished fit, term by term. The names of the fields are those of the JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitArtifact {
    /// 1: of this layout.
    pub schema: u64,
    /// When it was first stored; 0: not yet.
    #[serde(default)]
    pub created_unix_secs: u64,
    /// What fits it suits.
    pub descriptor: Descriptor,
    /// Its terms.
    #[serde(deserialize_with = "list")]
    pub terms: Vec<Term>,
    /// How the fit ended.
    pub global: Global,
}

/// What fits an artifact suits.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Descriptor {
    /// Family and link, the caller's text.
    pub family_kind: String,
    /// Identities of the terms.
    #[serde(with = "identities")]
    pub term_identities: Vec<Key>,
    /// What the response looks like; no part of the key.
    pub response_signature: ResponseSignature,
    /// Which rows were fitted; no part of the key, so that a fold meets the fit of all rows.
    #[serde(default)]
    pub row_population: Option<RowPopulation>,
}

/// What a response looks like.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ResponseSignature {
    /// Family of the response.
    pub family_kind: String,
    /// Its columns.
    pub n_response_channels: u64,
}

/// Which rows were fitted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RowPopulation {
    /// How many.
    pub n_rows: u64,
    /// For people: "all", "without group 3".
    pub label: String,
}

/// One term of a fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// What makes it the same term in another fit: see [`TermShape`].
    #[serde(with = "identity")]
    pub identity: Key,
    /// Its role.
    pub role: Role,
    /// Its basis.
    pub basis_meta: BasisMeta,
    /// Rotation that splits off the penalties' joint null space.
    #[serde(default)]
    pub joint_null_rotation: Option<Rotation>,
    /// Coefficients in the term's own basis.
    #[serde(deserialize_with = "list")]
    pub raw_beta: Vec<f64>,
    /// Logarithms of its smoothing parameters.
    #[serde(deserialize_with = "list")]
    pub rho_for_term: Vec<f64>,
    /// What [`FitArtifact::transfer_from`] gave it; not stored.
    #[serde(skip)]
    pub provenance: Provenance,
    /// The number of the term it was given by, counted from 0; not stored.
    #[serde(skip)]
    pub source: Option<u64>,
}

/// The basis of a term; what does not apply is none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BasisMeta {
    /// Such as "bspline", "thin-plate", "matern".
    pub kind: String,
    /// Degree of a spline.
    pub degree: Option<u64>,
    /// Its knots.
    pub num_knots: Option<u64>,
    /// Centres of a radial basis.
    pub n_centers: Option<u64>,
    /// Order of the penalty's null space.
    pub nullspace_order: Option<u64>,
    /// Smoothness of a Matérn covariance.
    pub matern_nu: Option<f64>,
    /// Whether it is periodic.
    pub periodic: Option<bool>,
}

/// A matrix.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Rotation {
    /// Rows.
    pub nrows: u64,
    /// Columns.
    pub ncols: u64,
    /// `nrows` × `ncols` numbers, row by row.
    #[serde(deserialize_with = "list")]
    pub data: Vec<f64>,
}

/// How a fit ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Global {
    /// The criterion that chose the smoothing parameters, at its optimum. NaN, which cannot be
    /// stored, until it is set.
    pub outer_objective: f64,
    /// Whether that was an optimum.
    pub converged: bool,
    /// Rows that were fitted.
    pub n_rows: u64,
}

mod identity {
    use super::{Deserialize, Deserializer, Key, Serializer};

    pub fn serialize<S: Serializer>(key: &Key, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(key)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Key, D::Error> {
        let text = String::deserialize(from)?;
        Key::from_hex(&text).map_err(serde::de::Error::custom)
    }
}

mod identities {
    use super::{list, Deserialize, Deserializer, Key, Serializer};

    #[derive(Deserialize)]
    struct Hex(#[serde(with = "super::identity")] Key);

    pub fn serialize<S: Serializer>(keys: &[Key], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(keys.iter().map(Key::to_hex))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Key>, D::Error> {
        let texts: Vec<Hex> = list(from)?;
        Ok(texts.into_iter().map(|t| t.0).collect())
    }
}

impl FitArtifact {
    /// An artifact without terms, of a fit that has not ended.
    pub fn new(family_kind: &str) -> Self {
        FitArtifact {
            schema: SCHEMA,
            created_unix_secs: 0,
            descriptor: Descriptor {
                family_kind: family_kind.to_owned(),
                ..Descriptor::default()
            },
            terms: Vec::new(),
            global: Global {
                outer_objective: f64::NAN,
                converged: false,
                n_rows: 0,
            },
        }
    }

    /// Appends a term of that shape, to the descriptor as well.
    pub fn add_term(&mut self, shape: &TermShape<'_>) -> Result<&mut Term> {
        let identity = shape.identity()?;
        self.descriptor.term_identities.push(identity);
        self.terms.push(Term {
            identity,
            role: shape.role,
            basis_meta: BasisMeta::default(),
            joint_null_rotation: None,
            raw_beta: Vec::new(),
            rho_for_term: Vec::new(),
            provenance: Provenance::Cold,
            source: None,
        });
        let last = self.terms.len() - 1;
        Ok(&mut self.terms[last])
    }

    /// The key of the descriptor: equal for fits that differ in their rows or in the order of their
    /// terms only.
    pub fn descriptor_key(&self) -> Result<Key> {
        descriptor_key(
            &self.descriptor.family_kind,
            &self.descriptor.term_identities,
        )
    }

    /// What it is stored under.
    pub fn store_key(&self) -> Result<Key> {
        artifact_key(self.descriptor_key()?)
    }

    /// Whether it may be stored and answered: its schema is known and all of its numbers are finite;
    /// if not, why.
    pub fn usability(&self) -> Compatibility {
        same("schema", self.schema, SCHEMA)?;
        self.check_finite()
    }

    /// Every number of it is finite, and every matrix has its numbers.
    pub(super) fn check_finite(&self) -> Compatibility {
        all_finite("global.outer_objective", &[self.global.outer_objective])?;
        for (at, term) in self.terms.iter().enumerate() {
            let name = |field: &str| format!("terms.{field} of term {at}");
            all_finite(&name("raw_beta"), &term.raw_beta)?;
            all_finite(&name("rho_for_term"), &term.rho_for_term)?;
            let nu = term.basis_meta.matern_nu;
            all_finite(&name("basis_meta.matern_nu"), nu.as_slice())?;
            if let Some(r) = &term.joint_null_rotation {
                let name = name("joint_null_rotation.data");
                let n = r.nrows.checked_mul(r.ncols);
                if n != Some(r.data.len() as u64) {
                    let n = n.unwrap_or(u64::MAX);
                    return Err(wrong_count(&name, r.data.len(), "rows times columns", n));
                }
                all_finite(&name, &r.data)?;
            }
        }
        Ok(())
    }

    /// Whether a fit described by `like` may learn from it: it is usable and their descriptors have
    /// one key; if not, why.
    pub fn compatibility(&self, like: &FitArtifact) -> Compatibility {
        self.usability()?;
        let (ours, theirs) = (&self.descriptor, &like.descriptor);
        same(
            "descriptor.family_kind",
            &ours.family_kind,
            &theirs.family_kind,
        )?;
        let sorted = |d: &Descriptor| {
            let mut sorted = d.term_identities.clone();
            sorted.sort_unstable();
            sorted
        };
        let (ours, theirs) = (sorted(ours), sorted(theirs));
        if ours.len() != theirs.len() {
            let n = theirs.len() as u64;
            return Err(wrong_count("terms", ours.len(), "terms", n));
        }
        for (found, wanted) in ours.iter().zip(&theirs) {
            same("a term's identity", found, wanted)?;
        }
        Ok(())
    }

    pub(super) fn stamp(&mut self) {
        now(&mut self.created_unix_secs, &mut 0);
    }
}
