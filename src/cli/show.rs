//! Everything about a key or an entry.

use super::args::Show;
use super::output::{age, age_of, fit, number, size, styled, Output, FAINT, HEADING};
use super::{find, ls, Ended, Result};
use serde::Serialize;
use serde_json::{json, Value};
use warmstart::{Durability, Entry, Key, Lookup, RegionFile, Run, Store, Trace};

/// Bytes of a payload that is neither regions nor JSON are shown up to here.
const PEEK: usize = 32;

#[derive(Serialize)]
struct Document<'a> {
    key: String,
    run: &'a str,
    label: Option<&'a str>,
    kind: &'static str,
    objective: Option<f64>,
    iteration: Option<i64>,
    written_unix_secs: i64,
    written_nanos: u32,
    last_used_unix_secs: i64,
    payload_bytes: u64,
    durable: bool,
    pinned: bool,
    failed_restarts: u64,
    seed_keys: Vec<String>,
    key_fields: &'a [String],
    trace: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Value>,
}

/// What a payload looks like from outside.
enum Payload {
    Regions(RegionFile),
    Json(Value),
    Bytes(Vec<u8>),
    /// It fails its checks.
    Damaged(String),
}

impl Payload {
    fn of(entry: &Entry) -> Payload {
        if let Ok(file) = RegionFile::parse(entry.payload()) {
            return Payload::Regions(file);
        }
        match serde_json::from_slice(entry.payload()) {
            Ok(value @ Value::Object(_)) => Payload::Json(value),
            _ => Payload::Bytes(entry.payload().iter().take(PEEK).copied().collect()),
        }
    }

    fn document(&self) -> Value {
        match self {
            Payload::Regions(file) => {
                let regions = file.regions().iter().map(|r| {
                    json!({
                        "name": r.spec().name(),
                        "type": r.spec().element().name(),
                        "shape": r.spec().dims(),
                        "bytes": r.range().len(),
                    })
                });
                json!({ "regions": regions.collect::<Vec<_>>() })
            }
            Payload::Json(value) => json!({ "json": value }),
            Payload::Bytes(start) => json!({ "begins_with": hex(start) }),
            Payload::Damaged(why) => json!({ "damaged": why }),
        }
    }

    fn print(&self, out: &mut Output) -> Result<()> {
        match self {
            Payload::Regions(file) => {
                out.line(styled(
                    HEADING,
                    "  region                    type  shape            bytes",
                ))?;
                for r in file.regions() {
                    let shape: Vec<String> = r.spec().dims().iter().map(u64::to_string).collect();
                    out.line(format!(
                        "  {:<25} {:<5} {:<12} {:>9}",
                        fit(r.spec().name(), 25),
                        r.spec().element().name(),
                        format!("[{}]", shape.join(", ")),
                        size(r.range().len() as u64)
                    ))?;
                }
                for (name, text) in file.notes() {
                    out.line(format!("  {}: {}", fit(name, 40), fit(text, 80)))?;
                }
                Ok(())
            }
            Payload::Json(value) => fields(value, 1, out),
            Payload::Bytes(start) => out.line(format!("  bytes, beginning with {}", hex(start))),
            Payload::Damaged(why) => out.line(format!("  damaged: {why}")),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|b| format!("{b:02x}")).collect();
    digits.join(" ")
}

/// A record's fields; what is long is counted.
fn fields(value: &Value, depth: usize, out: &mut Output) -> Result<()> {
    let Value::Object(fields_of) = value else {
        return Ok(());
    };
    let indent = "  ".repeat(depth);
    for (name, value) in fields_of {
        let name = fit(name, 40);
        match value {
            Value::Object(_) if depth < 4 => {
                out.line(format!("{indent}{name}:"))?;
                fields(value, depth + 1, out)?;
            }
            Value::Array(items) if items.len() > 6 || items.iter().any(Value::is_object) => {
                out.line(format!("{indent}{name}: {} items", items.len()))?;
            }
            other => out.line(format!("{indent}{name}: {}", fit(&other.to_string(), 80)))?,
        }
    }
    Ok(())
}

fn trace_document(trace: &Trace) -> Value {
    let points = trace
        .points
        .iter()
        .map(|p| json!([p.seconds, p.iteration, p.objective]));
    json!({
        "opened_unix_seconds": trace.opened_unix_seconds,
        "write_seconds": trace.write_seconds,
        "points": points.collect::<Vec<_>>(),
    })
}

pub fn run(store: &Store, asked: &Show, out: &mut Output) -> Result<Ended> {
    let place = find::place(store, &asked.what)?;
    let runs = find::runs(store, &place)?;
    if runs.is_empty() {
        anstream::eprintln!("warmstart: nothing intact is stored under {}", asked.what);
        return Ok(Ended::Badly);
    }
    let reads = asked.payload || place.run_id.is_some();
    if !out.json {
        out.line(format!("key {}", styled(HEADING, place.key)))?;
    }
    for run in &runs {
        let payload = if reads {
            payload(store, place.key, run)?
        } else {
            None
        };
        describe(store, place.key, run, payload.as_ref(), out)?;
    }
    if !out.json {
        if let Some(best) = store.lookup(place.key, Lookup::Best)? {
            out.line(format!("best    {}", best.run_id()))?;
        }
        if let Some(latest) = store.lookup(place.key, Lookup::Latest)? {
            out.line(format!("latest  {}", latest.run_id()))?;
        }
    }
    Ok(Ended::Well)
}

fn payload(store: &Store, key: Key, run: &Run) -> Result<Option<Payload>> {
    match store.lookup_run(key, &run.run_id) {
        Ok(entry) => Ok(entry.as_ref().map(Payload::of)),
        Err(e) if e.kind() == warmstart::ErrorKind::Corrupt => {
            Ok(Some(Payload::Damaged(e.to_string())))
        }
        Err(e) => Err(e),
    }
}

fn describe(
    store: &Store,
    key: Key,
    run: &Run,
    payload: Option<&Payload>,
    out: &mut Output,
) -> Result<()> {
    let trace = store
        .trace(key, &run.run_id)?
        .filter(|t| !t.points.is_empty());
    let restarts = store.failed_restarts(key, Some(&run.run_id))?;
    let info = &run.info;
    if out.json {
        return out.document(&Document {
            key: key.to_hex(),
            run: &run.run_id,
            label: run.label.as_deref(),
            kind: ls::kind(info.kind),
            objective: info.objective,
            iteration: info.iteration,
            written_unix_secs: info.written_unix_secs,
            written_nanos: info.written_nanos,
            last_used_unix_secs: run.last_used_unix_secs,
            payload_bytes: info.payload_bytes,
            durable: run.durability == Durability::Full,
            pinned: run.is_pinned,
            failed_restarts: restarts,
            seed_keys: run.seed_keys.iter().map(Key::to_hex).collect(),
            key_fields: &run.key_fields,
            trace: trace.as_ref().map(trace_document),
            payload: payload.map(Payload::document),
        });
    }
    let name = fit(&run.run_id, 128);
    out.line(format!("\nrun {}", styled(HEADING, name)))?;
    let mut say = |what: &str, text: String| {
        out.line(format!("  {} {text}", styled(FAINT, format!("{what:<12}"))))
    };
    if let Some(label) = &run.label {
        say("label", fit(label, 200))?;
    }
    say("kind", ls::kind(info.kind).into())?;
    say("objective", number(info.objective))?;
    let iteration = info.iteration.map_or_else(|| "-".into(), |i| i.to_string());
    say("iteration", iteration)?;
    say(
        "written",
        format!("{} ago", age(age_of(info.written_unix_secs))),
    )?;
    say(
        "last used",
        format!("{} ago", age(age_of(run.last_used_unix_secs))),
    )?;
    say("payload", format!("{} bytes", info.payload_bytes))?;
    let durable = run.durability == Durability::Full;
    say("durable", if durable { "yes" } else { "not synced" }.into())?;
    if run.is_pinned {
        say("pinned", "yes".into())?;
    }
    if restarts > 0 {
        say("restarts", format!("{restarts} from here have failed"))?;
    }
    if !run.seed_keys.is_empty() {
        let keys: Vec<String> = run.seed_keys.iter().map(|k| format!("{k:.12}")).collect();
        say("seeds", keys.join(" "))?;
    }
    if !run.key_fields.is_empty() {
        say("key made of", fit(&run.key_fields.join(", "), 200))?;
    }
    if let Some(trace) = &trace {
        let (points, last) = (trace.points.len(), trace.points.last());
        let seconds = last.map_or(0.0, |p| p.seconds);
        say("trace", format!("{points} points over {}", age(seconds)))?;
    }
    match payload {
        Some(payload) => payload.print(out),
        None => Ok(()),
    }
}
