//! Records of any kind: made, read, written, compared.

use super::artifact::FitArtifact;
use super::block::BlockRecord;
use super::json;
use super::keyspace::Keyspace;
use super::transfer;
use super::warm_start::WarmStartRecord;
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use std::fmt::Display;
use std::time::{SystemTime, UNIX_EPOCH};

/// The longest JSON of a record: 16 MiB.
pub const RECORD_BYTES: usize = 16 << 20;

/// The layout of warm-start and block records that this library reads and writes.
pub(super) const VERSION: u64 = 1;

/// Nothing, or the reason in words.
pub(super) type Compatibility = Result<()>;

/// What a record is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordKind {
    /// [`WarmStartRecord`].
    WarmStart,
    /// [`BlockRecord`].
    Blocks,
    /// [`FitArtifact`].
    Artifact,
}

/// A record of any kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// Where the inner solver of a fit stood.
    WarmStart(WarmStartRecord),
    /// Where a fit of several blocks stood.
    Blocks(BlockRecord),
    /// What a fit can teach its relatives.
    Artifact(FitArtifact),
}

impl RecordKind {
    /// In words.
    pub(super) fn word(self) -> &'static str {
        match self {
            RecordKind::WarmStart => "warm-start record",
            RecordKind::Blocks => "block record",
            RecordKind::Artifact => "fit artifact",
        }
    }
}

impl Record {
    /// An empty record of that kind.
    pub fn new(kind: RecordKind) -> Record {
        match kind {
            RecordKind::WarmStart => Record::WarmStart(WarmStartRecord::new("", 0, 0)),
            RecordKind::Blocks => Record::Blocks(BlockRecord::new("", 0)),
            RecordKind::Artifact => Record::Artifact(FitArtifact::new("")),
        }
    }

    /// Reads JSON of at most [`RECORD_BYTES`]. Fields it does not know are passed over; numbers come
    /// back bit for bit.
    ///
    /// # Errors
    ///
    /// `TooLarge`; `Incompatible` for what is no JSON of a record of that kind, numbers that are not
    /// finite among it.
    pub fn from_json(kind: RecordKind, bytes: &[u8]) -> Result<Record> {
        let attempt = format!("reading a {}", kind.word());
        Ok(match kind {
            RecordKind::WarmStart => Record::WarmStart(json::read(bytes, &attempt, RECORD_BYTES)?),
            RecordKind::Blocks => Record::Blocks(json::read(bytes, &attempt, RECORD_BYTES)?),
            RecordKind::Artifact => Record::Artifact(json::read(bytes, &attempt, RECORD_BYTES)?),
        })
    }

    /// Its JSON.
    ///
    /// # Errors
    ///
    /// `TooLarge` beyond [`RECORD_BYTES`]; `Invalid` when it holds a number that is not finite,
    /// which includes one that has to be set and is not.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        let attempt = format!("writing a {}", self.kind().word());
        // JSON has no words for them: NaN would be written as null.
        self.check_finite().map_err(|e| invalid(e, &attempt))?;
        match self {
            Record::WarmStart(r) => json::write(r, &attempt, RECORD_BYTES),
            Record::Blocks(r) => json::write(r, &attempt, RECORD_BYTES),
            Record::Artifact(r) => json::write(r, &attempt, RECORD_BYTES),
        }
    }

    fn check_finite(&self) -> Compatibility {
        match self {
            Record::WarmStart(r) => r.check_finite(),
            Record::Blocks(r) => r.check_finite(),
            Record::Artifact(r) => r.check_finite(),
        }
    }

    /// What it is of.
    pub fn kind(&self) -> RecordKind {
        match self {
            Record::WarmStart(_) => RecordKind::WarmStart,
            Record::Blocks(_) => RecordKind::Blocks,
            Record::Artifact(_) => RecordKind::Artifact,
        }
    }

    /// What it is stored under: [`Keyspace::Record`] of its key; an artifact's is of its descriptor.
    pub fn store_key(&self) -> Result<Key> {
        match self {
            Record::WarmStart(r) => Keyspace::Record.key(&r.key),
            Record::Blocks(r) => Keyspace::Record.key(&r.key),
            Record::Artifact(r) => r.store_key(),
        }
    }

    /// Whether the fit that `like` describes may start from here. Of a warm-start record `like` says
    /// key, n_rows and n_cols; of a block record key, n_rows, block_names, block_dims and the length
    /// of rho; of an artifact the descriptor.
    ///
    /// # Errors
    ///
    /// `Incompatible` with the condition and its numbers; `Invalid` when `like` is of another kind.
    pub fn check(&self, like: &Record) -> Result<()> {
        match (self, like) {
            (Record::WarmStart(r), Record::WarmStart(l)) => {
                r.compatibility(&l.key, l.n_rows, l.n_cols)
            }
            (Record::Blocks(r), Record::Blocks(l)) => {
                r.compatibility(&l.key, l.n_rows, &l.block_names, &l.block_dims, l.rho.len())
            }
            (Record::Artifact(r), Record::Artifact(l)) => r.compatibility(l),
            _ => Err(self.other_kind(like)),
        }
    }

    fn other_kind(&self, other: &Record) -> Error {
        Error::invalid(
            "comparing two records",
            format!(
                "one is a {}, the other a {}",
                self.kind().word(),
                other.kind().word()
            ),
            "Pass two of one kind",
        )
    }

    /// [`FitArtifact::transfer_from`] of two records that are artifacts.
    pub fn transfer_from(&mut self, source: &Record) -> Result<()> {
        match (self, source) {
            (Record::Artifact(to), Record::Artifact(from)) => to.transfer_from(from),
            (this, _) => Err(transfer::no_artifact(match source {
                Record::Artifact(_) => this.kind(),
                _ => source.kind(),
            })),
        }
    }

    /// Refuses what could never be answered: a record that does not suit itself.
    pub(super) fn check_itself(&self) -> Result<()> {
        let attempt = format!("storing a {}", self.kind().word());
        self.check(self).map_err(|e| invalid(e, &attempt))
    }

    pub(super) fn stamp(&mut self) {
        match self {
            Record::WarmStart(r) => r.stamp(),
            Record::Blocks(r) => r.stamp(),
            Record::Artifact(r) => r.stamp(),
        }
    }
}

// ---- conditions ----

/// Longest text to be shown of one.
const SHOWN: usize = 60;

fn shown(value: &impl Display) -> String {
    let text = value.to_string();
    if text.chars().count() <= SHOWN {
        return text;
    }
    let head: String = text.chars().take(SHOWN).collect();
    format!("{head}...")
}

fn unsuited(reason: String) -> Error {
    Error::new(
        ErrorKind::Incompatible,
        "checking a record",
        reason,
        "Start cold, or check the description of the fit",
    )
}

pub(super) fn same<T: PartialEq + Display>(name: &str, found: T, wanted: T) -> Compatibility {
    if found == wanted {
        return Ok(());
    }
    let (found, wanted) = (shown(&found), shown(&wanted));
    Err(unsuited(format!(
        "{name} is {found}, and {wanted} is wanted"
    )))
}

pub(super) fn wrong_count(name: &str, found: usize, of: &str, wanted: u64) -> Error {
    unsuited(format!("{name} has {found} items, for {wanted} {of}"))
}

pub(super) fn all_finite(name: &str, values: &[f64]) -> Compatibility {
    match values.iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(at) if values.len() == 1 => {
            Err(unsuited(format!("{name} is {}: not finite", values[at])))
        }
        Some(at) => Err(unsuited(format!(
            "{name}[{at}] is {}: not finite",
            values[at]
        ))),
    }
}

/// The same reason where it is a mistake of the caller's.
fn invalid(e: Error, attempt: &str) -> Error {
    if e.kind() != ErrorKind::Incompatible {
        return e;
    }
    let reason = e.reason().to_owned();
    let advice = "Set what is missing, or repair the fit: what cannot be answered is not stored";
    Error::invalid(attempt.to_owned(), reason, advice)
}

/// Sets the times of a record that is stored.
pub(super) fn now(created: &mut u64, updated: &mut u64) {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_secs());
    if *created == 0 {
        *created = now;
    }
    *updated = now;
}

/// What a record says until its maker names its own package.
pub(super) fn package_version() -> String {
    concat!("libwarmstart ", env!("CARGO_PKG_VERSION")).to_owned()
}

impl From<WarmStartRecord> for Record {
    fn from(record: WarmStartRecord) -> Record {
        Record::WarmStart(record)
    }
}

impl From<BlockRecord> for Record {
    fn from(record: BlockRecord) -> Record {
        Record::Blocks(record)
    }
}

impl From<FitArtifact> for Record {
    fn from(artifact: FitArtifact) -> Record {
        Record::Artifact(artifact)
    }
}
