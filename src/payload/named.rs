//! Records by the names of their fields.

use super::artifact::{FitArtifact, Rotation, RowPopulation, Term};
use super::block::{BlockInner, BlockRecord};
use super::fields::{self, check_place, Field, FieldType, Spec};
use super::record::{Record, RecordKind};
use super::warm_start::WarmStartRecord;
use crate::error::{Error, Result};

const WARM_START: &[Spec] = &[
    ("version", FieldType::Integer),
    ("key", FieldType::Text),
    ("package_version", FieldType::Text),
    ("created_unix_secs", FieldType::Integer),
    ("updated_unix_secs", FieldType::Integer),
    ("n_rows", FieldType::Integer),
    ("n_cols", FieldType::Integer),
    ("rho", FieldType::Numbers),
    ("beta", FieldType::Numbers),
    ("prev_rho", FieldType::Numbers),
    ("prev_beta", FieldType::Numbers),
    ("last_inner_iters", FieldType::Integer),
    ("last_inner_converged", FieldType::Integer),
    ("last_pirls_lm_lambda", FieldType::Number),
    ("last_ift_prediction_residual", FieldType::Number),
    ("last_pirls_accept_rho", FieldType::Number),
];

const BLOCKS: &[Spec] = &[
    ("version", FieldType::Integer),
    ("key", FieldType::Text),
    ("package_version", FieldType::Text),
    ("created_unix_secs", FieldType::Integer),
    ("updated_unix_secs", FieldType::Integer),
    ("n_rows", FieldType::Integer),
    ("block_names", FieldType::Text),
    ("block_dims", FieldType::Integers),
    ("rho", FieldType::Numbers),
    ("block_beta", FieldType::Numbers),
    ("active_sets", FieldType::Integers),
    ("inner.log_likelihood", FieldType::Number),
    ("inner.penalty_value", FieldType::Number),
    ("inner.cycles", FieldType::Integer),
    ("inner.converged", FieldType::Integer),
    ("inner.block_logdet_h", FieldType::Number),
    ("inner.block_logdet_s", FieldType::Number),
];

const ARTIFACT: &[Spec] = &[
    ("schema", FieldType::Integer),
    ("created_unix_secs", FieldType::Integer),
    ("descriptor.family_kind", FieldType::Text),
    ("descriptor.term_identities", FieldType::Text),
    ("descriptor.response_signature.family_kind", FieldType::Text),
    (
        "descriptor.response_signature.n_response_channels",
        FieldType::Integer,
    ),
    ("descriptor.row_population.n_rows", FieldType::Integer),
    ("descriptor.row_population.label", FieldType::Text),
    ("descriptor_key", FieldType::Text),
    ("terms.identity", FieldType::Text),
    ("terms.role", FieldType::Text),
    ("terms.basis_meta.kind", FieldType::Text),
    ("terms.basis_meta.degree", FieldType::Integer),
    ("terms.basis_meta.num_knots", FieldType::Integer),
    ("terms.basis_meta.n_centers", FieldType::Integer),
    ("terms.basis_meta.nullspace_order", FieldType::Integer),
    ("terms.basis_meta.matern_nu", FieldType::Number),
    ("terms.basis_meta.periodic", FieldType::Integer),
    ("terms.joint_null_rotation.nrows", FieldType::Integer),
    ("terms.joint_null_rotation.ncols", FieldType::Integer),
    ("terms.joint_null_rotation.data", FieldType::Numbers),
    ("terms.raw_beta", FieldType::Numbers),
    ("terms.rho_for_term", FieldType::Numbers),
    ("terms.provenance", FieldType::Text),
    ("terms.source", FieldType::Integer),
    ("global.outer_objective", FieldType::Number),
    ("global.converged", FieldType::Integer),
    ("global.n_rows", FieldType::Integer),
];

impl RecordKind {
    pub(super) fn fields(self) -> &'static [Spec] {
        match self {
            RecordKind::WarmStart => WARM_START,
            RecordKind::Blocks => BLOCKS,
            RecordKind::Artifact => ARTIFACT,
        }
    }

    /// Optional parts, which come and go as a whole.
    fn parts(self) -> &'static [&'static str] {
        match self {
            RecordKind::WarmStart => &[],
            RecordKind::Blocks => &["inner"],
            RecordKind::Artifact => &["descriptor.row_population", "terms.joint_null_rotation"],
        }
    }
}

impl Record {
    /// What a field holds, and how many of it there are: 1, or the length of the list of blocks,
    /// identities or terms.
    pub(crate) fn describe(&self, name: &str) -> Result<(FieldType, usize)> {
        let spec = fields::find(self.kind().fields(), self.kind().word(), name)?;
        Ok((spec.1, self.count(name)))
    }

    fn count(&self, name: &str) -> usize {
        match self {
            Record::WarmStart(_) => 1,
            Record::Blocks(r) => r.count(name),
            Record::Artifact(r) => r.count(name),
        }
    }

    fn field(&mut self, name: &str, index: usize, make: bool) -> Result<Field<'_>> {
        let kind = self.kind();
        let found = match self {
            Record::WarmStart(r) => {
                fields::find(kind.fields(), kind.word(), name)?;
                fields::check_place(name, index, 1)?;
                r.field(name)
            }
            Record::Blocks(r) => {
                fields::find(kind.fields(), kind.word(), name)?;
                r.field(name, index, make)?
            }
            Record::Artifact(r) => {
                fields::find(kind.fields(), kind.word(), name)?;
                r.field(name, index, make)?
            }
        };
        // Every name in the list is known to its record; a test goes through them.
        found.ok_or_else(|| {
            Error::invalid(
                format!("using field `{name}`"),
                "it is listed and not there",
                "Please report this text",
            )
        })
    }

    /// Reads a field.
    pub(crate) fn get<T>(
        &mut self,
        name: &str,
        index: usize,
        read: impl FnOnce(Field<'_>) -> Result<T>,
    ) -> Result<T> {
        read(self.field(name, index, false)?)
    }

    /// Sets a field. An item at the end of a list of blocks is appended. What fails changes nothing.
    pub(crate) fn set(
        &mut self,
        name: &str,
        index: usize,
        write: impl FnOnce(Field<'_>) -> Result<()>,
    ) -> Result<()> {
        let grown = index == self.count(name) && self.grow(name);
        let part = self.kind().parts().iter().find(|p| {
            name.strip_prefix(*p)
                .is_some_and(|rest| rest.starts_with('.'))
        });
        let made = part.is_some_and(|p| !self.has_part(p, index));
        let done = self.field(name, index, true).and_then(write);
        if done.is_err() {
            if grown {
                self.shrink(name);
            }
            if let Some(part) = part.filter(|_| made) {
                self.drop_part(part, index);
            }
        }
        done
    }

    /// Sets an optional field, or an optional part as a whole, back to nothing.
    pub(crate) fn clear(&mut self, name: &str, index: usize) -> Result<()> {
        if self.kind().parts().contains(&name) {
            fields::check_place(name, index, self.count(&format!("{name}.")))?;
            self.drop_part(name, index);
            return Ok(());
        }
        let grown = index == self.count(name) && self.grow(name);
        let done = self.field(name, index, false).and_then(|f| f.clear(name));
        if done.is_err() && grown {
            self.shrink(name);
        }
        done
    }

    fn grow(&mut self, name: &str) -> bool {
        let Record::Blocks(r) = self else {
            return false;
        };
        let before = r.count(name);
        r.grow(name);
        r.count(name) > before
    }

    fn shrink(&mut self, name: &str) {
        if let Record::Blocks(r) = self {
            r.shrink(name);
        }
    }

    fn has_part(&self, part: &str, index: usize) -> bool {
        match self {
            Record::WarmStart(_) => true,
            Record::Blocks(r) => r.inner.is_some(),
            Record::Artifact(r) if part.starts_with("terms.") => r
                .terms
                .get(index)
                .is_some_and(|t| t.joint_null_rotation.is_some()),
            Record::Artifact(r) => r.descriptor.row_population.is_some(),
        }
    }

    fn drop_part(&mut self, part: &str, index: usize) {
        match self {
            Record::WarmStart(_) => {}
            Record::Blocks(r) => r.inner = None,
            Record::Artifact(r) if part.starts_with("terms.") => {
                if let Some(term) = r.terms.get_mut(index) {
                    term.joint_null_rotation = None;
                }
            }
            Record::Artifact(r) => r.descriptor.row_population = None,
        }
    }
}

impl WarmStartRecord {
    fn field(&mut self, name: &str) -> Option<Field<'_>> {
        Some(match name {
            "version" => Field::Integer(&mut self.version),
            "key" => Field::Text(&mut self.key),
            "package_version" => Field::Text(&mut self.package_version),
            "created_unix_secs" => Field::Integer(&mut self.created_unix_secs),
            "updated_unix_secs" => Field::Integer(&mut self.updated_unix_secs),
            "n_rows" => Field::Integer(&mut self.n_rows),
            "n_cols" => Field::Integer(&mut self.n_cols),
            "rho" => Field::Numbers(&mut self.rho),
            "beta" => Field::Numbers(&mut self.beta),
            "prev_rho" => Field::OptionalNumbers(&mut self.prev_rho),
            "prev_beta" => Field::OptionalNumbers(&mut self.prev_beta),
            "last_inner_iters" => Field::OptionalInteger(&mut self.last_inner_iters),
            "last_inner_converged" => Field::OptionalFlag(&mut self.last_inner_converged),
            "last_pirls_lm_lambda" => Field::OptionalNumber(&mut self.last_pirls_lm_lambda),
            "last_ift_prediction_residual" => {
                Field::OptionalNumber(&mut self.last_ift_prediction_residual)
            }
            "last_pirls_accept_rho" => Field::OptionalNumber(&mut self.last_pirls_accept_rho),
            _ => return None,
        })
    }
}

impl BlockRecord {
    fn count(&self, name: &str) -> usize {
        match name {
            "block_names" => self.block_names.len(),
            "block_beta" => self.block_beta.len(),
            "active_sets" => self.active_sets.len(),
            _ => 1,
        }
    }

    /// Appends an item to the list.
    fn grow(&mut self, name: &str) {
        match name {
            "block_names" => self.block_names.push(String::new()),
            "block_beta" => self.block_beta.push(Vec::new()),
            "active_sets" => self.active_sets.push(None),
            _ => {}
        }
    }

    /// Takes the last item off again.
    fn shrink(&mut self, name: &str) {
        match name {
            "block_names" => drop(self.block_names.pop()),
            "block_beta" => drop(self.block_beta.pop()),
            "active_sets" => drop(self.active_sets.pop()),
            _ => {}
        }
    }

    /// `make`: optional parts that are not there are made.
    fn field(&mut self, name: &str, at: usize, make: bool) -> Result<Option<Field<'_>>> {
        check_place(name, at, self.count(name))?;
        if let Some(name) = name.strip_prefix("inner.") {
            return Ok(inner_field(&mut self.inner, name, make));
        }
        Ok(Some(match name {
            "version" => Field::Integer(&mut self.version),
            "key" => Field::Text(&mut self.key),
            "package_version" => Field::Text(&mut self.package_version),
            "created_unix_secs" => Field::Integer(&mut self.created_unix_secs),
            "updated_unix_secs" => Field::Integer(&mut self.updated_unix_secs),
            "n_rows" => Field::Integer(&mut self.n_rows),
            "block_names" => Field::Text(&mut self.block_names[at]),
            "block_dims" => Field::Integers(&mut self.block_dims),
            "rho" => Field::Numbers(&mut self.rho),
            "block_beta" => Field::Numbers(&mut self.block_beta[at]),
            "active_sets" => Field::OptionalIntegers(&mut self.active_sets[at]),
            _ => return Ok(None),
        }))
    }
}

fn inner_field<'a>(inner: &'a mut Option<BlockInner>, name: &str, make: bool) -> Option<Field<'a>> {
    if inner.is_none() && make {
        *inner = Some(BlockInner::default());
    }
    let Some(inner) = inner else {
        return Some(Field::Missing(match name {
            "cycles" | "converged" => FieldType::Integer,
            _ => FieldType::Number,
        }));
    };
    Some(match name {
        "log_likelihood" => Field::Number(&mut inner.log_likelihood),
        "penalty_value" => Field::Number(&mut inner.penalty_value),
        "cycles" => Field::Integer(&mut inner.cycles),
        "converged" => Field::Flag(&mut inner.converged),
        "block_logdet_h" => Field::Number(&mut inner.block_logdet_h),
        "block_logdet_s" => Field::Number(&mut inner.block_logdet_s),
        _ => return None,
    })
}

impl FitArtifact {
    fn count(&self, name: &str) -> usize {
        match name {
            "descriptor.term_identities" => self.descriptor.term_identities.len(),
            _ if name == "terms" || name.starts_with("terms.") => self.terms.len(),
            _ => 1,
        }
    }

    /// `make`: optional parts that are not there are made.
    fn field(&mut self, name: &str, at: usize, make: bool) -> Result<Option<Field<'_>>> {
        check_place(name, at, self.count(name))?;
        if let Some(name) = name.strip_prefix("terms.") {
            return Ok(self.terms[at].field(name, make));
        }
        if let Some(name) = name.strip_prefix("descriptor.row_population.") {
            let rows = &mut self.descriptor.row_population;
            if rows.is_none() && make {
                *rows = Some(RowPopulation::default());
            }
            return Ok(match (name, rows) {
                ("n_rows", Some(rows)) => Some(Field::Integer(&mut rows.n_rows)),
                ("label", Some(rows)) => Some(Field::Text(&mut rows.label)),
                ("n_rows", None) => Some(Field::Missing(FieldType::Integer)),
                ("label", None) => Some(Field::Missing(FieldType::Text)),
                _ => None,
            });
        }
        if name == "descriptor_key" {
            return Ok(Some(Field::Computed(self.descriptor_key()?.to_hex())));
        }
        let response = &mut self.descriptor.response_signature;
        Ok(Some(match name {
            "schema" => Field::Integer(&mut self.schema),
            "created_unix_secs" => Field::Integer(&mut self.created_unix_secs),
            "descriptor.family_kind" => Field::Text(&mut self.descriptor.family_kind),
            "descriptor.term_identities" => {
                Field::Identity(&mut self.descriptor.term_identities[at])
            }
            "descriptor.response_signature.family_kind" => Field::Text(&mut response.family_kind),
            "descriptor.response_signature.n_response_channels" => {
                Field::Integer(&mut response.n_response_channels)
            }
            "global.outer_objective" => Field::Number(&mut self.global.outer_objective),
            "global.converged" => Field::Flag(&mut self.global.converged),
            "global.n_rows" => Field::Integer(&mut self.global.n_rows),
            _ => return Ok(None),
        }))
    }
}

impl Term {
    fn field(&mut self, name: &str, make: bool) -> Option<Field<'_>> {
        if let Some(name) = name.strip_prefix("joint_null_rotation.") {
            if self.joint_null_rotation.is_none() && make {
                self.joint_null_rotation = Some(Rotation::default());
            }
            return match (name, &mut self.joint_null_rotation) {
                ("nrows", Some(r)) => Some(Field::Integer(&mut r.nrows)),
                ("ncols", Some(r)) => Some(Field::Integer(&mut r.ncols)),
                ("data", Some(r)) => Some(Field::Numbers(&mut r.data)),
                ("nrows" | "ncols", None) => Some(Field::Missing(FieldType::Integer)),
                ("data", None) => Some(Field::Missing(FieldType::Numbers)),
                _ => None,
            };
        }
        let basis = &mut self.basis_meta;
        Some(match name {
            "identity" => Field::Identity(&mut self.identity),
            "role" => Field::Role(&mut self.role),
            "basis_meta.kind" => Field::Text(&mut basis.kind),
            "basis_meta.degree" => Field::OptionalInteger(&mut basis.degree),
            "basis_meta.num_knots" => Field::OptionalInteger(&mut basis.num_knots),
            "basis_meta.n_centers" => Field::OptionalInteger(&mut basis.n_centers),
            "basis_meta.nullspace_order" => Field::OptionalInteger(&mut basis.nullspace_order),
            "basis_meta.matern_nu" => Field::OptionalNumber(&mut basis.matern_nu),
            "basis_meta.periodic" => Field::OptionalFlag(&mut basis.periodic),
            "raw_beta" => Field::Numbers(&mut self.raw_beta),
            "rho_for_term" => Field::Numbers(&mut self.rho_for_term),
            "provenance" => Field::Provenance(&mut self.provenance, self.source.is_some()),
            "source" => Field::Source(self.source),
            _ => return None,
        })
    }
}
