//! Verification and repair: what is wrong below a root, and what can be done about it.
//!
//! Both walk everything and read every payload. Verification changes nothing. Repair does what a
//! sweep does about damage and what dead writers left, and nothing a sweep does for the limits:
//! nothing expires and nothing is evicted, so that nothing intact is lost. Then it rebuilds the
//! shared totals from what it counted.

use super::aside::list_aside;
use super::progress::Progress;
use super::record;
use super::totals;
use super::walk::{Purpose, Walk};
use super::Inner;
use crate::error::{shown, Result};
use crate::fs::Dir;
use crate::key::Key;

/// Most findings that are described one by one.
const FINDINGS: usize = 10_000;

/// What is wrong with a file, or with what belongs to the whole root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Problem {
    /// Metadata that is no JSON of its schema, or fails its digest.
    Metadata,
    /// A payload of another length or checksum than its metadata says.
    Payload,
    /// Metadata without payload.
    PayloadMissing,
    /// A payload without metadata.
    MetadataMissing,
    /// The system would not let it be read.
    Unreadable,
    /// A file that a dead writer, pin or entry left behind.
    Leaving,
    /// The shared totals are not what was counted.
    Totals,
    /// The record of the root's limits cannot be understood.
    Record,
    /// A run that nobody used for longer than the root keeps them; nothing is wrong with it.
    Expired,
    /// A run for which the root's budget has no room; nothing is wrong with it.
    OverBudget,
}

/// What a repair or sweep did about a problem; a verification or plan does [`Action::Nothing`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Left as it is.
    Nothing,
    /// Changed within the last ten minutes, or held by a living writer: left for a later repair.
    Waits,
    /// Moved below the root's auxiliary directory, with the reason beside it.
    MovedAside,
    /// Unlinked.
    Removed,
    /// Written anew.
    Rebuilt,
    /// The system would not let it be done.
    Failed,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The key it lies under; `None` for what belongs to the whole root.
    pub key: Option<Key>,
    /// The run it belongs to; empty when it belongs to none.
    pub run_id: String,
    /// What is wrong.
    pub problem: Problem,
    /// What was done about it.
    pub action: Action,
    /// Which file, and what is wrong with it, in words.
    pub text: String,
}

/// What a verification or repair found. Counts are of pairs unless said otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckReport {
    /// False when the work was cancelled: the figures are of what it had come to.
    pub complete: bool,
    /// Keys that have a directory.
    pub keys: u64,
    /// Pairs whose metadata and payload pass every check.
    pub intact: u64,
    /// Intact pairs that a newer generation of the same run supersedes; part of `intact`.
    pub superseded: u64,
    /// Pairs that fail a check.
    pub damaged: u64,
    /// Payloads without metadata and metadata without payload.
    pub half_present: u64,
    /// Pairs of another schema: not checked.
    pub foreign: u64,
    /// Files or directories that could not be read.
    pub unreadable: u64,
    /// Files that dead writers left behind.
    pub leavings: u64,
    /// Generations that lie in a slot's private file, and not yet in a pair as well; not in `intact`.
    pub unpublished: u64,
    /// Runs that expired, or would: of a sweep or plan.
    pub expired: u64,
    /// Runs that were evicted for a budget, or would be: of a sweep or plan.
    pub evicted: u64,
    /// Bytes of intact payloads.
    pub payload_bytes: u64,
    /// Pairs and halves that were moved aside.
    pub moved_aside: u64,
    /// Files that were removed: leavings, and generations that were superseded.
    pub removed: u64,
    /// Problems left for later, because the files changed a short time ago.
    pub waiting: u64,
    /// Problems that could not be dealt with.
    pub failed: u64,
    /// What is wrong, one by one; the first 10 000.
    pub findings: Vec<Finding>,
}

impl CheckReport {
    /// Adds what was found below another root.
    pub(crate) fn absorb(&mut self, other: CheckReport) {
        self.complete &= other.complete;
        self.keys += other.keys;
        self.intact += other.intact;
        self.superseded += other.superseded;
        self.damaged += other.damaged;
        self.half_present += other.half_present;
        self.foreign += other.foreign;
        self.unreadable += other.unreadable;
        self.leavings += other.leavings;
        self.unpublished += other.unpublished;
        self.expired += other.expired;
        self.evicted += other.evicted;
        self.payload_bytes += other.payload_bytes;
        self.moved_aside += other.moved_aside;
        self.removed += other.removed;
        self.waiting += other.waiting;
        self.failed += other.failed;
        let room = FINDINGS.saturating_sub(self.findings.len());
        self.findings.extend(other.findings.into_iter().take(room));
    }

    /// Of the same root walked once more: what is there as found now, what was done then and now.
    pub(super) fn after(mut self, before: CheckReport) -> CheckReport {
        self.expired += before.expired;
        self.evicted += before.evicted;
        self.moved_aside += before.moved_aside;
        self.removed += before.removed;
        let mut findings = before.findings;
        findings.retain(|f| matches!(f.action, Action::Removed | Action::MovedAside));
        findings.append(&mut self.findings);
        findings.truncate(FINDINGS);
        self.findings = findings;
        self
    }

    /// Counts a finding and keeps it while there is room.
    pub(super) fn note(
        &mut self,
        key: Option<Key>,
        run_id: &str,
        problem: Problem,
        action: Action,
        text: impl FnOnce() -> String,
    ) {
        match problem {
            Problem::Metadata | Problem::Payload => self.damaged += 1,
            Problem::PayloadMissing | Problem::MetadataMissing => self.half_present += 1,
            Problem::Unreadable => self.unreadable += 1,
            Problem::Leaving => self.leavings += 1,
            Problem::Totals | Problem::Record => {}
            Problem::Expired => self.expired += u64::from(action != Action::Failed),
            Problem::OverBudget => self.evicted += u64::from(action != Action::Failed),
        }
        match action {
            Action::Nothing | Action::Rebuilt => {}
            Action::Waits => self.waiting += 1,
            Action::MovedAside => self.moved_aside += 1,
            // Of runs, these count.
            Action::Removed if matches!(problem, Problem::Expired | Problem::OverBudget) => {}
            Action::Removed => self.removed += 1,
            Action::Failed => self.failed += 1,
        }
        if self.findings.len() < FINDINGS {
            self.findings.push(Finding {
                key,
                run_id: run_id.to_owned(),
                problem,
                action,
                text: text(),
            });
        }
    }
}

impl Inner {
    pub(super) fn verify(&self, progress: &Progress) -> Result<CheckReport> {
        self.check(Purpose::Verify, progress)
    }

    pub(super) fn repair(&self, progress: &Progress) -> Result<CheckReport> {
        self.check_writable(|| format!("repairing {}", shown(&self.path)))?;
        self.check(Purpose::Repair, progress)
    }

    fn check(&self, purpose: Purpose, progress: &Progress) -> Result<CheckReport> {
        let root = self.root();
        let totals_are_broken = self.ledger.is_broken(root.as_ref());
        let mut walk = Walk::new(self, root.as_ref(), purpose, None, progress)?;
        if record::is_broken(root.as_ref())? {
            let action = match purpose {
                Purpose::Repair => self.rebuild_record(root.as_ref()),
                _ => Action::Nothing,
            };
            walk.report.note(None, "", Problem::Record, action, || {
                format!("{}: it cannot be understood, so nothing expires; name the limits once when the store is opened", shown(&record::path(root.as_ref())))
            });
        }
        let before = self.ledger.read(root.as_ref()).unwrap_or_default();
        let complete = walk.keys(root.as_ref())?;
        walk.report.complete = complete;
        let rebuilt = match purpose {
            Purpose::Repair if complete => {
                let counted = walk.count_the_rest(root.as_ref(), &list_aside(root.as_ref()));
                match self.ledger.correct(root.as_ref(), before, counted) {
                    Some(_) => Action::Rebuilt,
                    None => Action::Failed,
                }
            }
            _ => Action::Nothing,
        };
        if totals_are_broken {
            walk.report.note(None, "", Problem::Totals, rebuilt, || {
                format!(
                    "{}: they cannot be understood; a sweep or repair counts anew",
                    shown(&totals::path(root.as_ref()))
                )
            });
        }
        Ok(walk.report)
    }

    /// Writes down what a record that cannot be understood is taken for.
    fn rebuild_record(&self, root: &dyn Dir) -> Action {
        let taken_for = record::read(root).map(|r| self.options.record_over(&r));
        match taken_for.and_then(|r| record::write(root, &r)) {
            Ok(change) => {
                self.ledger.add(root, change);
                Action::Rebuilt
            }
            Err(_) => Action::Failed,
        }
    }
}
