//! The warm-start record: where the inner solver of a fit stood.

use super::json::{list, optional_count, optional_flag, optional_list};
use super::record::{all_finite, now, package_version, same, wrong_count, Compatibility, VERSION};
use serde::{Deserialize, Serialize};

/// Smoothing parameters and coefficients of a fit, and how its inner solver came there. The names
/// of the fields are those of the JSON. Numbers must be finite to be stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WarmStartRecord {
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
    /// Rows of the model matrix.
    pub n_rows: u64,
    /// Its columns.
    pub n_cols: u64,
    /// Logarithms of the smoothing parameters.
    #[serde(deserialize_with = "list")]
    pub rho: Vec<f64>,
    /// Coefficients, `n_cols` of them.
    #[serde(deserialize_with = "list")]
    pub beta: Vec<f64>,
    /// `rho` of the outer iteration before, as long as it.
    #[serde(default, deserialize_with = "optional_list")]
    pub prev_rho: Option<Vec<f64>>,
    /// `beta` of the outer iteration before, `n_cols` of them.
    #[serde(default, deserialize_with = "optional_list")]
    pub prev_beta: Option<Vec<f64>>,
    /// Iterations of the last inner solve.
    #[serde(default, deserialize_with = "optional_count")]
    pub last_inner_iters: Option<u64>,
    /// Whether it converged.
    #[serde(default, deserialize_with = "optional_flag")]
    pub last_inner_converged: Option<bool>,
    /// Its last Levenberg-Marquardt damping.
    #[serde(default)]
    pub last_pirls_lm_lambda: Option<f64>,
    /// How far the implicit-function prediction of `beta` was off.
    #[serde(default)]
    pub last_ift_prediction_residual: Option<f64>,
    /// Gain ratio of its last accepted step.
    #[serde(default)]
    pub last_pirls_accept_rho: Option<f64>,
}

impl WarmStartRecord {
    /// A record of a fit with that key and those dimensions, which has come nowhere yet.
    pub fn new(key: &str, n_rows: u64, n_cols: u64) -> Self {
        WarmStartRecord {
            version: VERSION,
            key: key.to_owned(),
            package_version: package_version(),
            created_unix_secs: 0,
            updated_unix_secs: 0,
            n_rows,
            n_cols,
            rho: Vec::new(),
            beta: Vec::new(),
            prev_rho: None,
            prev_beta: None,
            last_inner_iters: None,
            last_inner_converged: None,
            last_pirls_lm_lambda: None,
            last_ift_prediction_residual: None,
            last_pirls_accept_rho: None,
        }
    }

    /// Whether a fit with that key and those dimensions may start from here; if not, why.
    pub fn compatibility(&self, key: &str, n_rows: u64, n_cols: u64) -> Compatibility {
        same("version", self.version, VERSION)?;
        same("key", self.key.as_str(), key)?;
        same("n_rows", self.n_rows, n_rows)?;
        same("n_cols", self.n_cols, n_cols)?;
        let columns = |name, values: &[f64]| {
            if values.len() as u64 == n_cols {
                return Ok(());
            }
            Err(wrong_count(name, values.len(), "columns", n_cols))
        };
        columns("beta", &self.beta)?;
        if let Some(rho) = &self.prev_rho {
            if rho.len() != self.rho.len() {
                let n = self.rho.len() as u64;
                return Err(wrong_count("prev_rho", rho.len(), "numbers in rho", n));
            }
        }
        if let Some(beta) = &self.prev_beta {
            columns("prev_beta", beta)?;
        }
        self.check_finite()
    }

    /// Every number of it is finite.
    pub(super) fn check_finite(&self) -> Compatibility {
        all_finite("rho", &self.rho)?;
        all_finite("beta", &self.beta)?;
        all_finite("prev_rho", self.prev_rho.as_deref().unwrap_or_default())?;
        all_finite("prev_beta", self.prev_beta.as_deref().unwrap_or_default())?;
        for (name, value) in [
            ("last_pirls_lm_lambda", self.last_pirls_lm_lambda),
            (
                "last_ift_prediction_residual",
                self.last_ift_prediction_residual,
            ),
            ("last_pirls_accept_rho", self.last_pirls_accept_rho),
        ] {
            all_finite(name, value.as_slice())?;
        }
        Ok(())
    }

    pub(super) fn stamp(&mut self) {
        now(&mut self.created_unix_secs, &mut self.updated_unix_secs);
    }
}
