//! Figures of a store.

use super::output::{size, Output};
use super::{Ended, Result};
use serde_json::json;
use warmstart::Store;

pub fn run(store: &Store, out: &mut Output) -> Result<Ended> {
    let s = store.stats();
    let limits = store.limits();
    if out.json {
        out.document(&json!({
            "root": store.root(),
            "keys": s.keys,
            "entries": s.entries,
            "files": s.files,
            "bytes": s.bytes,
            "aside_files": s.aside_files,
            "aside_bytes": s.aside_bytes,
            "size_budget": limits.size_budget,
            "file_budget": limits.file_budget,
            "ttl_seconds": limits.ttl_seconds,
        }))?;
        return Ok(Ended::Well);
    }
    let bytes = |n: i64| size(n.max(0) as u64);
    let share = |part: i64, of: Option<u64>| match of {
        Some(whole) if whole > 0 => format!(", {:.0} %", part as f64 / whole as f64 * 100.0),
        _ => String::new(),
    };
    let limit = |l: Option<String>| l.unwrap_or_else(|| "no limit".into());
    out.line(format!("store    {}", store.root().display()))?;
    out.line(format!("keys     {}", s.keys))?;
    out.line(format!("entries  {}", s.entries))?;
    out.line(format!(
        "bytes    {} (limit {}{})",
        bytes(s.bytes),
        limit(limits.size_budget.map(size)),
        share(s.bytes, limits.size_budget)
    ))?;
    out.line(format!(
        "files    {} (limit {}{})",
        s.files,
        limit(limits.file_budget.map(|n| n.to_string())),
        share(s.files, limits.file_budget)
    ))?;
    out.line(format!(
        "expiry   {}",
        limits.ttl_seconds.map_or_else(
            || "never".into(),
            |t| format!("{} after the last use", super::output::age(t))
        )
    ))?;
    if s.aside_files > 0 {
        let text = format!(
            "aside    {} of damage in {} files",
            bytes(s.aside_bytes),
            s.aside_files
        );
        out.line(text)?;
    }
    Ok(Ended::Well)
}
