//! Records on the disk: one slot per key, the newest is answered.

use super::json::too_large;
use super::record::{Record, RecordKind, RECORD_BYTES};
use crate::error::{Error, Result};
use crate::store::{Entry, Kind, Lookup, Run, Store};

/// The run that records are stored as: a slot, so that a key holds one record of a kind.
fn run(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::WarmStart => "record",
        RecordKind::Blocks => "blocks",
        RecordKind::Artifact => "artifact",
    }
}

impl Store {
    /// Stores a record under its own key, as a Checkpoint without objective, in the place of the one
    /// before. `updated_unix_secs` is now, `created_unix_secs` as well where it was 0.
    ///
    /// # Errors
    ///
    /// `TooLarge` beyond [`RECORD_BYTES`], `Invalid` when it holds a number that is not finite or
    /// does not suit itself (a `beta` of another length than `n_cols` says): the earlier one stays.
    pub fn save_record(&self, record: &Record) -> Result<()> {
        record.check_itself()?;
        let mut record = record.clone();
        record.stamp();
        let bytes = record.to_json()?;
        self.save_slot(
            record.store_key()?,
            run(record.kind()),
            &bytes,
            None,
            None,
            Kind::Checkpoint,
        )
    }

    /// The newest record of `like`'s kind under `like`'s key; see [`Record::check`] for whether it
    /// suits. What is no record of that kind, or larger than [`RECORD_BYTES`], is passed over.
    ///
    /// # Errors
    ///
    /// Where something is stored and all of it had to be passed over: `Incompatible` or `TooLarge`,
    /// with the reason for the newest.
    pub fn load_record(&self, like: &Record) -> Result<Option<Record>> {
        let key = like.store_key()?;
        let Some(newest) = self.lookup(key, Lookup::Latest)? else {
            return Ok(None);
        };
        let why = match read(like, &newest) {
            Ok(record) => return Ok(Some(record)),
            Err(why) => why,
        };
        for Run { run_id, info, .. } in self.entries(key)? {
            if info.payload_bytes > RECORD_BYTES as u64 || run_id == newest.run_id() {
                continue;
            }
            // What cannot be read is passed over as a lookup does.
            if let Ok(Some(entry)) = self.lookup_run(key, &run_id) {
                if let Ok(record) = read(like, &entry) {
                    return Ok(Some(record));
                }
            }
        }
        Err(why)
    }
}

fn read(like: &Record, entry: &Entry) -> Result<Record> {
    let what = format!("reading run {} under key {}", entry.run_id(), entry.key());
    let bytes = entry.payload();
    if bytes.len() > RECORD_BYTES {
        return Err(too_large(&what, Some(bytes.len() as u64), RECORD_BYTES));
    }
    let read = || -> Result<Record, Error> {
        let record = Record::from_json(like.kind(), bytes)?;
        if let Record::Artifact(artifact) = &record {
            artifact.usability()?;
        }
        Ok(record)
    };
    read().map_err(|e| e.during(&what))
}
