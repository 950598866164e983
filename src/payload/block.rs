//! The block record: where a fit of several blocks of coefficients stood.

use super::json::{list, lists, optional_lists};
use super::record::{all_finite, now, package_version, same, wrong_count, Compatibility, VERSION};
use serde::{Deserialize, Serialize};

/// Smoothing parameters of a fit and the coefficients of each of its blocks (mean, scale, ...). The
/// names of the fields are those of the JSON. Numbers must be finite to be stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockRecord {
    /// 1: of this layout.
    pub version: u64,
    /// What the record is stored under, the caller's text for "this data, this specification".
    pub key: String,
    /// The package that made it; recorded, never compared.
    #[serde(default)]
    pub package_version: String,
    /// When it was first stored; 0: not yet.
    #[serde(default)]
    pub created_unix_secs: u64,
    /// When it was last stored; 0: not yet.
    #[serde(default)]
    pub updated_unix_secs: u64,
    /// Rows of the data.
    pub n_rows: u64,
    /// Names of the blocks.
    #[serde(deserialize_with = "list")]
    pub block_names: Vec<String>,
    /// How many coefficients each block has.
    #[serde(deserialize_with = "list")]
    pub block_dims: Vec<u64>,
    /// Logarithms of the smoothing parameters of all blocks.
    #[serde(deserialize_with = "list")]
    pub rho: Vec<f64>,
    /// Coefficients, one list per block.
    #[serde(deserialize_with = "lists")]
    pub block_beta: Vec<Vec<f64>>,
    /// Indices of active constraints, one list per block; none where the block has no constraints.
    #[serde(deserialize_with = "optional_lists")]
    pub active_sets: Vec<Option<Vec<u64>>>,
    /// How the inner solve ended.
    #[serde(default)]
    pub inner: Option<BlockInner>,
}

/// How the inner solve of a block record ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockInner {
    /// Log-likelihood at the coefficients.
    pub log_likelihood: f64,
    /// Penalty at the coefficients.
    pub penalty_value: f64,
    /// Cycles over the blocks.
    pub cycles: u64,
    /// Whether they converged.
    pub converged: bool,
    /// Logarithm of the determinant of the penalised Hessian.
    pub block_logdet_h: f64,
    /// Logarithm of the generalised determinant of the penalty.
    pub block_logdet_s: f64,
}

impl Default for BlockInner {
    /// Its numbers are NaN, which cannot be stored, until they are set.
    fn default() -> Self {
        BlockInner {
            log_likelihood: f64::NAN,
            penalty_value: f64::NAN,
            cycles: 0,
            converged: false,
            block_logdet_h: f64::NAN,
            block_logdet_s: f64::NAN,
        }
    }
}

impl BlockRecord {
    /// A record of a fit with that key and those rows, without blocks yet.
    pub fn new(key: &str, n_rows: u64) -> Self {
        BlockRecord {
            version: VERSION,
            key: key.to_owned(),
            package_version: package_version(),
            created_unix_secs: 0,
            updated_unix_secs: 0,
            n_rows,
            block_names: Vec::new(),
            block_dims: Vec::new(),
            rho: Vec::new(),
            block_beta: Vec::new(),
            active_sets: Vec::new(),
            inner: None,
        }
    }

    /// Whether a fit with that key, rows, blocks and number of smoothing parameters may start from
    /// here; if not, why.
    pub fn compatibility(
        &self,
        key: &str,
        n_rows: u64,
        block_names: &[String],
        block_dims: &[u64],
        rho_len: usize,
    ) -> Compatibility {
        same("version", self.version, VERSION)?;
        same("key", self.key.as_str(), key)?;
        same("n_rows", self.n_rows, n_rows)?;
        let blocks = block_names.len() as u64;
        let per_block = |name, n: usize| {
            if n as u64 == blocks {
                return Ok(());
            }
            Err(wrong_count(name, n, "blocks", blocks))
        };
        per_block("block_names", self.block_names.len())?;
        for (at, (found, wanted)) in self.block_names.iter().zip(block_names).enumerate() {
            same(&format!("block_names[{at}]"), found, wanted)?;
        }
        if self.block_dims.len() != block_dims.len() {
            let n = block_dims.len() as u64;
            return Err(wrong_count(
                "block_dims",
                self.block_dims.len(),
                "dimensions",
                n,
            ));
        }
        for (at, (found, wanted)) in self.block_dims.iter().zip(block_dims).enumerate() {
            same(&format!("block_dims[{at}]"), *found, *wanted)?;
        }
        per_block("block_dims", self.block_dims.len())?;
        if self.rho.len() != rho_len {
            let n = rho_len as u64;
            return Err(wrong_count(
                "rho",
                self.rho.len(),
                "smoothing parameters",
                n,
            ));
        }
        per_block("block_beta", self.block_beta.len())?;
        for (at, (beta, dim)) in self.block_beta.iter().zip(block_dims).enumerate() {
            let name = format!("block_beta[{at}]");
            if beta.len() as u64 != *dim {
                return Err(wrong_count(&name, beta.len(), "coefficients", *dim));
            }
        }
        per_block("active_sets", self.active_sets.len())?;
        self.check_finite()
    }

    /// Every number of it is finite.
    pub(super) fn check_finite(&self) -> Compatibility {
        all_finite("rho", &self.rho)?;
        for (at, beta) in self.block_beta.iter().enumerate() {
            all_finite(&format!("block_beta[{at}]"), beta)?;
        }
        if let Some(inner) = &self.inner {
            for (name, value) in [
                ("inner.log_likelihood", inner.log_likelihood),
                ("inner.penalty_value", inner.penalty_value),
                ("inner.block_logdet_h", inner.block_logdet_h),
                ("inner.block_logdet_s", inner.block_logdet_s),
            ] {
                all_finite(name, &[value])?;
            }
        }
        Ok(())
    }

    pub(super) fn stamp(&mut self) {
        now(&mut self.created_unix_secs, &mut self.updated_unix_secs);
    }
}
