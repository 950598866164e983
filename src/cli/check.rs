//! Long work: verify, repair, sweep.

use super::args::{Check, Gc};
use super::output::{bar, fit, size, styled, Output, BAD, GOOD};
use super::{Ended, Result};
use serde_json::json;
use std::time::Duration;
use warmstart::{Action, CheckReport, Finding, Problem, Store, Task, Work};

/// How often the bar moves.
const STEP: Duration = Duration::from_millis(100);

pub fn verify(store: &Store, asked: &Check, out: &mut Output) -> Result<Ended> {
    let report = watch(store, Work::Verify, "checking")?;
    for finding in &report.findings {
        print(finding, out)?;
    }
    let damaged = report.damaged + report.half_present + report.unreadable > 0;
    if out.json {
        summary(&report, out)?;
    } else if !asked.quiet || damaged {
        let verdict = if damaged {
            styled(
                BAD,
                format!(
                    "{} damaged, {} half present, {} unreadable",
                    report.damaged, report.half_present, report.unreadable
                ),
            )
        } else {
            styled(GOOD, "no damage")
        };
        out.line(format!(
            "{} intact pairs under {} keys, {}: {verdict}",
            report.intact,
            report.keys,
            size(report.payload_bytes)
        ))?;
        if report.foreign > 0 {
            out.line(format!("{} of another schema, not checked", report.foreign))?;
        }
    }
    Ok(if damaged { Ended::Badly } else { Ended::Well })
}

pub fn repair(store: &Store, asked: &Check, out: &mut Output) -> Result<Ended> {
    let report = watch(store, Work::Repair, "repairing")?;
    for finding in &report.findings {
        print(finding, out)?;
    }
    if out.json {
        summary(&report, out)?;
    } else if !asked.quiet || !report.findings.is_empty() {
        out.line(format!(
            "{} intact; {} set aside, {} removed, {} left for a later repair, {} could not be dealt with",
            report.intact, report.moved_aside, report.removed, report.waiting, report.failed
        ))?;
    }
    Ok(if report.failed > 0 {
        Ended::Badly
    } else {
        Ended::Well
    })
}

pub fn gc(store: &Store, asked: &Gc, out: &mut Output) -> Result<Ended> {
    let work = if asked.dry_run {
        Work::PlanSweep
    } else {
        Work::Sweep
    };
    let report = watch(store, work, "sweeping")?;
    let goes = |f: &&Finding| asked.dry_run || f.action != Action::Nothing;
    for finding in report.findings.iter().filter(goes) {
        print(finding, out)?;
    }
    if out.json {
        summary(&report, out)?;
    } else {
        let would = if asked.dry_run { "would be " } else { "" };
        out.line(format!(
            "{} {would}expired, {} {would}evicted",
            report.expired, report.evicted
        ))?;
    }
    Ok(if report.failed > 0 {
        Ended::Badly
    } else {
        Ended::Well
    })
}

/// Does the work on another thread; people see how far it has come.
fn watch(store: &Store, work: Work, verb: &'static str) -> Result<CheckReport> {
    let task = Task::start(store, work)?;
    let template = "{msg} {wide_bar} {pos}/{len} keys, {per_sec}, {eta} left";
    let bar = bar(verb, template, 0);
    while !task.wait(STEP) {
        let progress = task.progress();
        bar.set_length(progress.keys_total().max(progress.keys_done()));
        bar.set_position(progress.keys_done());
    }
    bar.finish_and_clear();
    task.outcome(|outcome| match outcome {
        Some(Ok(report)) => Ok(report.clone()),
        Some(Err(e)) => Err(e.clone()),
        // It has ended.
        None => Ok(CheckReport::default()),
    })
}

fn problem(problem: Problem) -> &'static str {
    match problem {
        Problem::Metadata => "metadata",
        Problem::Payload => "payload",
        Problem::PayloadMissing => "payload missing",
        Problem::MetadataMissing => "metadata missing",
        Problem::Unreadable => "unreadable",
        Problem::Leaving => "leaving",
        Problem::Totals => "totals",
        Problem::Record => "record",
        Problem::Expired => "expired",
        Problem::OverBudget => "over budget",
        _ => "other",
    }
}

fn action(action: Action) -> &'static str {
    match action {
        Action::Nothing => "left as it is",
        Action::Waits => "left for later",
        Action::MovedAside => "set aside",
        Action::Removed => "removed",
        Action::Rebuilt => "rebuilt",
        Action::Failed => "failed",
        _ => "other",
    }
}

fn print(finding: &Finding, out: &mut Output) -> Result<()> {
    let key = finding.key.map(|k| k.to_hex());
    if out.json {
        return out.document(&json!({
            "key": key,
            "run": finding.run_id,
            "problem": problem(finding.problem),
            "action": action(finding.action),
            "text": finding.text,
        }));
    }
    let limited = matches!(finding.problem, Problem::Expired | Problem::OverBudget);
    let what = format!("{:<16}", problem(finding.problem));
    let what = if limited { what } else { styled(BAD, what) };
    let place = match &key {
        None => "the root".into(),
        Some(key) => format!("{key:.12}/{}", finding.run_id),
    };
    let done = match finding.action {
        Action::Nothing => String::new(),
        other => format!(" ({})", action(other)),
    };
    out.line(format!("{what} {place}: {}{done}", fit(&finding.text, 400)))
}

fn summary(r: &CheckReport, out: &mut Output) -> Result<()> {
    out.document(&json!({
        "complete": r.complete,
        "keys": r.keys,
        "intact": r.intact,
        "superseded": r.superseded,
        "damaged": r.damaged,
        "half_present": r.half_present,
        "foreign": r.foreign,
        "unreadable": r.unreadable,
        "leavings": r.leavings,
        "unpublished": r.unpublished,
        "payload_bytes": r.payload_bytes,
        "moved_aside": r.moved_aside,
        "removed": r.removed,
        "waiting": r.waiting,
        "failed": r.failed,
        "expired": r.expired,
        "evicted": r.evicted,
    }))
}
