//! The remote tier: what is there, and what goes there and comes from there.

use super::args::{Common, Pull, Push, Remote as Asked, RemotePlace, Retain};
use super::output::{age, age_of, bar, fit, size, styled, Output, HEADING};
use super::{find, invalid, limited, reader, Ended, Result};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use warmstart::{
    Cancel, ErrorKind, Fetched, Key, Kind, Listed, Reach, Remote, RemoteOptions, Retention, Store,
    StoreOptions, Uploads,
};

/// How often the bar moves.
const STEP: Duration = Duration::from_millis(200);

/// Lets nothing but what is asked for go there or come from there.
pub fn attach(store: &Store, url: &str, uploads: Uploads) -> Result<Remote> {
    let mut options = RemoteOptions::new();
    options.uploads(uploads).lookup(false);
    store.attach_remote(url, &options)
}

pub fn list(remote: &Remote, place: &RemotePlace) -> Result<Vec<Listed>> {
    let until = Instant::now() + place.timeout;
    remote.list(usize::MAX, until, &Cancel::new())
}

pub fn run(common: &Common, asked: &Asked, out: &mut Output) -> Result<Ended> {
    match asked {
        Asked::Ls(place) => {
            let remote = attach(&limited(common, false)?, &place.url, Uploads::Nothing)?;
            ls(&list(&remote, place)?, out)
        }
        Asked::Stats(place) => {
            let remote = attach(&limited(common, false)?, &place.url, Uploads::Nothing)?;
            stats(&remote, &list(&remote, place)?, out)
        }
        Asked::Push(a) => push(common, a, out),
        Asked::Pull(a) => {
            let store = Store::open(common.root.as_deref(), &StoreOptions::new())?;
            pull(&attach(&store, &a.place.url, Uploads::Nothing)?, a, out)
        }
        Asked::Retain(a) => {
            let remote = attach(&limited(common, false)?, &a.place.url, Uploads::Nothing)?;
            retain(&remote, a, out)
        }
    }
}

fn ls(listed: &[Listed], out: &mut Output) -> Result<Ended> {
    for (i, l) in listed.iter().enumerate() {
        if out.json {
            out.document(&json!({
                "key": l.key.to_hex(),
                "run": l.run_id,
                "generation": l.generation,
                "payload_bytes": l.payload_bytes,
                "uploaded_unix_seconds": l.uploaded,
            }))?;
            continue;
        }
        if i == 0 {
            let heading = format!("{:12} {:44} {:>7} {:>9}", "KEY", "RUN", "SIZE", "UPLOADED");
            out.line(styled(HEADING, heading))?;
        }
        out.line(format!(
            "{:.12} {:44} {:>7} {:>9}",
            l.key.to_hex(),
            fit(&l.run_id, 44),
            size(l.payload_bytes),
            age(age_of(l.uploaded as i64))
        ))?;
    }
    Ok(if listed.is_empty() {
        Ended::Badly
    } else {
        Ended::Well
    })
}

fn stats(remote: &Remote, listed: &[Listed], out: &mut Output) -> Result<Ended> {
    let keys = listed
        .iter()
        .map(|l| l.key)
        .collect::<BTreeSet<Key>>()
        .len();
    let bytes: u64 = listed.iter().map(|l| l.payload_bytes).sum();
    let uploaded = || listed.iter().map(|l| l.uploaded);
    let oldest = uploaded().min_by(f64::total_cmp);
    let newest = uploaded().max_by(f64::total_cmp);
    if out.json {
        out.document(&json!({
            "url": remote.url(),
            "keys": keys,
            "entries": listed.len(),
            "payload_bytes": bytes,
            "oldest_unix_seconds": oldest,
            "newest_unix_seconds": newest,
        }))?;
        return Ok(Ended::Well);
    }
    out.line(format!("remote   {}", remote.url()))?;
    out.line(format!("keys     {keys}"))?;
    out.line(format!("entries  {}", listed.len()))?;
    out.line(format!("bytes    {} of payloads", size(bytes)))?;
    for (what, when) in [("oldest", oldest), ("newest", newest)] {
        if let Some(when) = when {
            let ago = age(age_of(when as i64));
            out.line(format!("{what}   uploaded {ago} ago"))?;
        }
    }
    Ok(Ended::Well)
}

fn push(common: &Common, asked: &Push, out: &mut Output) -> Result<Ended> {
    // Finds what has expired, too, and all of it before anything goes.
    let reader = reader(common)?;
    let mut places = Vec::new();
    for what in &asked.what {
        places.push(find::place(&reader, what)?);
    }
    if asked.what.is_empty() {
        let whole = |key| find::Place { key, run_id: None };
        places = reader.keys()?.into_iter().map(whole).collect();
    }
    let remote = attach(&limited(common, false)?, &asked.place.url, Uploads::All)?;
    let mut chosen = 0;
    for place in &places {
        for run in find::runs(&reader, place)? {
            if !asked.finals || run.info.kind == Kind::Final {
                remote.upload(place.key, &run.run_id)?;
                chosen += 1;
            }
        }
    }
    if chosen == 0 {
        anstream::eprintln!("warmstart: nothing is stored here to be uploaded");
        return Ok(Ended::Badly);
    }
    let until = Instant::now() + asked.place.timeout;
    let template = "{msg} {wide_bar} {pos}/{len}, {eta} left";
    let bar = bar("uploading", template, chosen);
    loop {
        let left = until.saturating_duration_since(Instant::now());
        match remote.flush(Reach::Remote, left.min(STEP)) {
            Ok(true) => break,
            // It is tried again until then.
            Ok(false) if !left.is_zero() => {}
            Err(e) if e.kind() == ErrorKind::Remote && !left.is_zero() => {}
            Ok(false) => {
                bar.finish_and_clear();
                return Err(warmstart::Error::new(
                    ErrorKind::Remote,
                    format!("uploading to {}", remote.url()),
                    format!("it did not end within {} s", asked.place.timeout.as_secs()),
                    "Do it again with a longer --timeout; what is there already is not sent again",
                ));
            }
            Err(e) => {
                bar.finish_and_clear();
                return Err(e);
            }
        }
        let s = remote.stats();
        bar.set_position(s.uploads + s.uploads_known + s.uploads_dropped);
    }
    bar.finish_and_clear();
    let s = remote.stats();
    if out.json {
        out.document(&json!({
            "uploaded": s.uploads,
            "uploaded_bytes": s.uploaded_bytes,
            "already_there": s.uploads_known,
            "not_uploaded": s.uploads_dropped,
        }))?;
    } else {
        out.line(format!(
            "{} uploaded, {}; {} already there, {} too long or gone",
            s.uploads,
            size(s.uploaded_bytes),
            s.uploads_known,
            s.uploads_dropped
        ))?;
    }
    Ok(Ended::Well)
}

/// The keys that are meant.
pub fn wanted(remote: &Remote, place: &RemotePlace, named: &[String]) -> Result<Vec<Key>> {
    let is_whole = |text: &String| text.len() == 64;
    if !named.is_empty() && named.iter().all(is_whole) {
        return named.iter().map(|text| Key::from_hex(text)).collect();
    }
    let listed = list(remote, place)?;
    let there: BTreeSet<Key> = listed.iter().map(|l| l.key).collect();
    if named.is_empty() {
        return Ok(there.into_iter().collect());
    }
    let mut keys = Vec::new();
    for text in named {
        let digits = text.to_ascii_lowercase();
        let mut found = there.iter().filter(|k| k.to_hex().starts_with(&digits));
        match (found.next(), found.next()) {
            (Some(key), None) => keys.push(*key),
            (None, _) => {
                return Err(invalid(
                    format!("looking for the key {text:?} in {}", remote.url()),
                    "no key there begins so",
                    "List them with warmstart remote ls",
                ))
            }
            (Some(a), Some(b)) => {
                return Err(invalid(
                    format!("looking for the key {text:?} in {}", remote.url()),
                    format!("several keys there begin so, {a} and {b} among them"),
                    "Give more digits",
                ))
            }
        }
    }
    Ok(keys)
}

fn pull(remote: &Remote, asked: &Pull, out: &mut Output) -> Result<Ended> {
    let until = Instant::now() + asked.place.timeout;
    let keys = wanted(remote, &asked.place, &asked.keys)?;
    let template = "{msg} {wide_bar} {pos}/{len} keys, {eta} left";
    let bar = bar("bringing", template, keys.len() as u64);
    let mut all = !keys.is_empty();
    for key in keys {
        let (action, bytes) = match remote.fetch_until(key, until, &Cancel::new()) {
            Ok(Fetched::Brought(bytes)) => ("brought", bytes),
            Ok(Fetched::Known) => ("already here", 0),
            Ok(Fetched::Refused) => ("was removed here, not brought again", 0),
            Ok(_) => ("not there", 0),
            // One that is damaged does not keep the others back.
            Err(e) if e.kind() == ErrorKind::Corrupt => {
                bar.suspend(|| anstream::eprintln!("warmstart: {e}"));
                ("damaged", 0)
            }
            Err(e) => {
                bar.finish_and_clear();
                return Err(e);
            }
        };
        all &= matches!(action, "brought" | "already here");
        bar.inc(1);
        bar.suspend(|| {
            if out.json {
                return out
                    .document(&json!({ "key": key.to_hex(), "action": action, "bytes": bytes }));
            }
            out.line(format!("{action} {:.12}", key.to_hex()))
        })?;
    }
    bar.finish_and_clear();
    Ok(if all { Ended::Well } else { Ended::Badly })
}

fn retain(remote: &Remote, asked: &Retain, out: &mut Output) -> Result<Ended> {
    let keep = Retention {
        max_bytes: asked.max_bytes,
        max_age: asked.max_age.map(Duration::from_secs_f64),
        keep_per_key: asked.keep,
        dry_run: asked.dry_run,
    };
    let r = remote.retain(&keep, asked.place.timeout)?;
    if out.json {
        out.document(&json!({
            "entries": r.entries,
            "bytes": r.bytes,
            "removed_entries": r.removed_entries,
            "removed_payloads": r.removed_payloads,
            "removed_bytes": r.removed_bytes,
            "waiting_payloads": r.waiting_payloads,
            "foreign": r.foreign,
            "dry_run": asked.dry_run,
        }))?;
        return Ok(Ended::Well);
    }
    let would = if asked.dry_run { "would be " } else { "" };
    out.line(format!(
        "{} of {} entries {would}removed, {} of {}",
        r.removed_entries,
        r.entries,
        size(r.removed_bytes),
        size(r.bytes)
    ))?;
    if r.waiting_payloads > 0 {
        let text = "payloads wait a day before they go: they may be uploads in progress";
        out.line(format!("{} {text}", r.waiting_payloads))?;
    }
    Ok(Ended::Well)
}
