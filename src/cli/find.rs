//! What a KEY or an ENTRY on the command line means.

use super::{invalid, Result};
use warmstart::{Entry, Key, Lookup, Run, Store};

/// Fewer digits are a slip.
const LEAST_DIGITS: usize = 4;

/// A key, and the run under it where one was named.
pub struct Place {
    pub key: Key,
    pub run_id: Option<String>,
}

/// The key that `text` stands for.
pub fn key(store: &Store, text: &str) -> Result<Key> {
    let digits = text.to_ascii_lowercase();
    let attempt = || format!("looking for the key {text:?}");
    if digits.len() == 64 {
        return Key::from_hex(&digits);
    }
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) || digits.len() > 64 {
        return Err(invalid(
            attempt(),
            "a key is written in hexadecimal digits, 64 at most",
            "List the keys with warmstart ls",
        ));
    }
    if digits.len() < LEAST_DIGITS {
        return Err(invalid(
            attempt(),
            format!("it has fewer than {LEAST_DIGITS} digits"),
            "Give more of them",
        ));
    }
    let mut found = Vec::new();
    for key in store.stream_keys()? {
        let key = key?;
        if key.to_hex().starts_with(&digits) {
            found.push(key);
        }
    }
    match found.as_slice() {
        [key] => Ok(*key),
        [] => Err(invalid(
            attempt(),
            format!(
                "no key in {} begins with these digits",
                store.root().display()
            ),
            "List the keys with warmstart ls, or name another store with --root",
        )),
        many => Err(invalid(
            attempt(),
            format!(
                "{} keys begin with these digits, {} and {} among them",
                many.len(),
                many[0],
                many[1]
            ),
            "Give more digits",
        )),
    }
}

/// KEY, or KEY/RUN.
pub fn place(store: &Store, text: &str) -> Result<Place> {
    let Some((key_text, run_text)) = text.split_once('/') else {
        let key = key(store, text)?;
        return Ok(Place { key, run_id: None });
    };
    let key = key(store, key_text)?;
    let runs = store.entries(key)?;
    if let Some(exact) = runs.iter().find(|r| r.run_id == run_text) {
        let run_id = Some(exact.run_id.clone());
        return Ok(Place { key, run_id });
    }
    let attempt = || format!("looking for the entry {text:?}");
    let found: Vec<&Run> = runs
        .iter()
        .filter(|r| r.run_id.starts_with(run_text))
        .collect();
    match found.as_slice() {
        [run] if !run_text.is_empty() => Ok(Place {
            key,
            run_id: Some(run.run_id.clone()),
        }),
        [] => Err(invalid(
            attempt(),
            format!("no run under key {key} begins with {run_text:?}"),
            "List the runs with warmstart ls KEY",
        )),
        many => Err(invalid(
            attempt(),
            format!("{} runs begin so", many.len()),
            "Give more of the run's name",
        )),
    }
}

/// The runs that are meant: the one named, or all under the key.
pub fn runs(store: &Store, place: &Place) -> Result<Vec<Run>> {
    let mut runs = store.entries(place.key)?;
    if let Some(run_id) = &place.run_id {
        runs.retain(|r| r.run_id == *run_id);
    }
    Ok(runs)
}

/// The entry that is meant, read and verified.
pub fn entry(store: &Store, place: &Place, mode: Lookup) -> Result<Option<Entry>> {
    match &place.run_id {
        Some(run_id) => store.lookup_run(place.key, run_id),
        None => store.lookup(place.key, mode),
    }
}
