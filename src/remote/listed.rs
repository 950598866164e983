//! What there is in the remote tier, by its listing alone: no metadata is read.

use super::attached::{Remote, Shared};
use super::driver::Cancel;
use super::names::{Part, LAYOUT};
use crate::error::Result;
use crate::key::Key;
use std::collections::HashSet;
use std::time::Instant;

/// What the remote tier has of a run, by its listing.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Listed {
    /// The key it lies under.
    pub key: Key,
    /// The run.
    pub run_id: String,
    /// Which generation of it.
    pub generation: u64,
    /// Length of the payload in bytes.
    pub payload_bytes: u64,
    /// When it was uploaded, by the server's clock: Unix seconds.
    pub uploaded: f64,
}

impl Shared {
    pub fn list(&self, most: usize, until: Instant, cancel: &Cancel) -> Result<Vec<Listed>> {
        let engine = self.engine.clone();
        let attempt = format!("listing {}", engine.shown());
        let work = async move { engine.list(LAYOUT, most).await };
        let listing = self.driver.wait_for(&attempt, Some(until), cancel, work)?;
        let complete: HashSet<_> = listing
            .objects
            .iter()
            .filter(|o| o.part != Part::Payload)
            .map(|o| &o.upload)
            .collect();
        let payloads = listing.objects.iter();
        let mut listed: Vec<Listed> = payloads
            .filter(|o| o.part == Part::Payload && complete.contains(&o.upload))
            .map(|o| Listed {
                key: o.upload.key,
                run_id: o.upload.run_id.clone(),
                generation: o.upload.generation,
                payload_bytes: o.len,
                uploaded: o.modified,
            })
            .collect();
        listed.sort_by(|a, b| {
            let run = (a.key, &a.run_id).cmp(&(b.key, &b.run_id));
            let newer = b.generation.cmp(&a.generation);
            run.then(newer).then(b.uploaded.total_cmp(&a.uploaded))
        });
        listed.dedup_by(|b, a| (a.key, &a.run_id) == (b.key, &b.run_id));
        Ok(listed)
    }
}

impl Remote {
    /// What the remote tier has, the newest generation of each run, at most `most` of its objects.
    ///
    /// # Errors
    ///
    /// `Remote` when the network or the server fails, the time is over, or it is cancelled.
    pub fn list(&self, most: usize, until: Instant, cancel: &Cancel) -> Result<Vec<Listed>> {
        self.shared.list(most, until, cancel)
    }
}
