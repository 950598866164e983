//! Checking every entry without changing any.

use super::lookup::newest_generations;
use super::names::{key_of_directory, Stem};
use super::scan::{read_metadata, read_payload, Read};
use super::Inner;
use crate::error::{shown, Error, Result};
use crate::fs;
use crate::key::Key;
use std::collections::HashSet;

/// Most faults that are described one by one.
const FAULTS: usize = 10_000;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// The key it lies under.
    pub key: Key,
    /// The run it belongs to; empty when the whole key cannot be read.
    pub run_id: String,
    /// Which file, and what is wrong with it.
    pub text: String,
}

/// What a verification found. Counts are of pairs unless said otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifyReport {
    /// Keys that have a directory.
    pub keys: u64,
    /// Pairs whose metadata and payload pass every check.
    pub intact: u64,
    /// Pairs that fail a check.
    pub damaged: u64,
    /// Payloads without metadata and metadata without payload.
    pub half_present: u64,
    /// Pairs of another schema: not checked.
    pub foreign: u64,
    /// Pairs that could not be read.
    pub unreadable: u64,
    /// Intact pairs that a newer generation of the same run supersedes; part of `intact`.
    pub superseded: u64,
    /// Bytes of intact payloads.
    pub payload_bytes: u64,
    /// What is wrong, one by one; the first 10 000.
    pub faults: Vec<Fault>,
}

impl VerifyReport {
    fn fault(&mut self, key: Key, run_id: &str, text: impl FnOnce() -> String) {
        if self.faults.len() < FAULTS {
            self.faults.push(Fault {
                key,
                run_id: run_id.to_owned(),
                text: text(),
            });
        }
    }
}

impl Inner {
    pub(super) fn verify(&self) -> Result<VerifyReport> {
        let root = self.root();
        let mut report = VerifyReport::default();
        let listed = fs::retry(|| root.list())
            .map_err(|e| Error::from_io(format!("verifying {}", shown(&self.path)), e))?;
        for item in listed {
            let Some(key) = key_of_directory(&item.name) else {
                continue;
            };
            let (dir, scan) = match self.scan_key(key) {
                Ok(Some(found)) => found,
                Ok(None) => continue,
                Err(e) => {
                    report.unreadable += 1;
                    report.fault(key, "", || e.to_string());
                    continue;
                }
            };
            let dir = dir.as_ref();
            report.keys += 1;
            let at = |name: &str, why: &str| format!("{}: {why}", shown(&dir.path().join(name)));
            let mut known = Vec::new();
            for stem in &scan.metadata {
                match read_metadata(dir, &scan, stem)? {
                    Read::Is(k) => known.push(k),
                    Read::Gone => {}
                    Read::Foreign(_) => report.foreign += 1,
                    Read::Damaged(why) => {
                        report.damaged += 1;
                        report.fault(key, stem.run_id(), || at(&stem.metadata(), &why));
                    }
                    Read::Unreadable(e) => {
                        report.unreadable += 1;
                        report.fault(key, stem.run_id(), || at(&stem.metadata(), &e.to_string()));
                    }
                }
            }
            let newest = newest_generations(&known).len() as u64;
            let mut intact = 0;
            for k in known {
                let stem = &k.stem.clone();
                let bytes = k.metadata.payload_bytes();
                match read_payload(dir, key, k)? {
                    Read::Is(_) => {
                        intact += 1;
                        report.payload_bytes += bytes;
                    }
                    // The pair may have been replaced meanwhile.
                    Read::Gone if dir.stat_at(&stem.metadata()).is_err() => {}
                    Read::Gone => {
                        report.half_present += 1;
                        report.fault(key, stem.run_id(), || {
                            at(&stem.payload(), "the payload is missing")
                        });
                    }
                    Read::Foreign(_) => report.foreign += 1,
                    Read::Damaged(why) => {
                        report.damaged += 1;
                        report.fault(key, stem.run_id(), || at(&stem.payload(), &why));
                    }
                    Read::Unreadable(e) => {
                        report.unreadable += 1;
                        report.fault(key, stem.run_id(), || at(&stem.payload(), &e.to_string()));
                    }
                }
            }
            report.intact += intact;
            report.superseded += u64::saturating_sub(intact, newest);
            let visible: HashSet<&str> = scan.metadata.iter().map(Stem::as_str).collect();
            for stem in &scan.payloads {
                if !visible.contains(stem.as_str()) {
                    report.half_present += 1;
                    report.fault(key, stem.run_id(), || {
                        at(&stem.payload(), "its metadata is missing")
                    });
                }
            }
        }
        Ok(report)
    }
}
