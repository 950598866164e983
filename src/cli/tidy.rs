//! Removing and pinning.

use super::args::{Pin, Rm};
use super::find::{place, runs};
use super::output::Output;
use super::{Ended, Result};
use serde_json::json;
use warmstart::Store;

/// Finds with `reader`, which sees what has expired, and removes with `store`.
pub fn rm(reader: &Store, store: &Store, asked: &Rm, out: &mut Output) -> Result<Ended> {
    // All are found before any goes: a slip in the last name costs nothing.
    let places = asked.what.iter().map(|what| place(reader, what));
    let places = places.collect::<Result<Vec<_>>>()?;
    let mut all = true;
    for place in &places {
        let listed = runs(reader, place)?;
        let gone = match (&place.run_id, asked.dry_run) {
            (_, true) => !listed.is_empty(),
            (Some(run_id), false) => store.remove_entry(place.key, run_id)?,
            (None, false) => store.remove(place.key)?,
        };
        all &= gone;
        say(
            out,
            if asked.dry_run {
                "would remove"
            } else {
                "removed"
            },
            gone,
            place.key.to_hex(),
            listed.iter().map(|r| r.run_id.as_str()),
        )?;
    }
    Ok(if all { Ended::Well } else { Ended::Badly })
}

/// The same for pins.
pub fn pin(
    reader: &Store,
    store: &Store,
    asked: &Pin,
    on: bool,
    out: &mut Output,
) -> Result<Ended> {
    let mut all = true;
    for what in &asked.what {
        let place = place(reader, what)?;
        let listed = runs(reader, &place)?;
        let mut done = Vec::new();
        for run in &listed {
            if store.pin(place.key, &run.run_id, on)? {
                done.push(run.run_id.as_str());
            }
        }
        all &= !done.is_empty();
        let verb = if on { "pinned" } else { "unpinned" };
        let any = !done.is_empty();
        say(out, verb, any, place.key.to_hex(), done.into_iter())?;
    }
    Ok(if all { Ended::Well } else { Ended::Badly })
}

fn say<'a>(
    out: &mut Output,
    verb: &str,
    done: bool,
    key: String,
    runs: impl Iterator<Item = &'a str>,
) -> Result<()> {
    let runs: Vec<&str> = runs.collect();
    if out.json {
        return out.document(&json!({ "key": key, "runs": runs, "action": verb, "done": done }));
    }
    if !done {
        anstream::eprintln!("warmstart: nothing is stored under {key}");
        return Ok(());
    }
    for run in runs {
        out.line(format!("{verb} {key:.12}/{run}"))?;
    }
    Ok(())
}
