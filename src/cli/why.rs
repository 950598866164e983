//! Why a key missed: what differs from the nearest.

use super::args::Why;
use super::output::{styled, Output, BAD, FAINT, HEADING};
use super::{find, Ended, Result};
use serde_json::json;
use std::time::Duration;
use warmstart::{FieldState, Store};

pub fn run(store: &Store, asked: &Why, out: &mut Output) -> Result<Ended> {
    let key = find::key(store, &asked.key)?;
    let timeout = Duration::try_from_secs_f64(asked.timeout).unwrap_or(Duration::MAX);
    let Some(miss) = store.explain(key, timeout)? else {
        anstream::eprintln!("warmstart: no other key has a field in common with {key}");
        return Ok(Ended::Badly);
    };
    let word = |state: FieldState| match state {
        FieldState::Equal => "equal",
        FieldState::Differs => "differs",
        FieldState::OnlyHere => "only here",
        FieldState::OnlyThere => "only there",
    };
    if out.json {
        let fields = miss.difference.fields().iter();
        let fields: Vec<_> = fields
            .map(|f| json!({ "tag": f.tag, "state": word(f.state) }))
            .collect();
        out.document(&json!({
            "key": key.to_hex(),
            "nearest": miss.key.to_hex(),
            "fields": fields,
            "keys_compared": miss.keys_compared,
            "keys_listed": miss.keys_listed,
        }))?;
        return Ok(Ended::Well);
    }
    out.line(format!(
        "nearest to {key:.12} is {}",
        styled(HEADING, miss.key)
    ))?;
    out.line(format!("  {}", miss.difference))?;
    for field in miss.difference.fields() {
        let state = format!("{:<10}", word(field.state));
        let state = match field.state {
            FieldState::Equal => styled(FAINT, state),
            _ => styled(BAD, state),
        };
        out.line(format!("  {state} {}", super::output::fit(&field.tag, 60)))?;
    }
    out.line(styled(
        FAINT,
        format!(
            "  {} of {} keys were compared",
            miss.keys_compared, miss.keys_listed
        ),
    ))?;
    Ok(Ended::Well)
}
