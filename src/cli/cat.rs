//! An entry's payload.

use super::args::Cat;
use super::output::Output;
use super::{failed, find, invalid, Ended, Result};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use warmstart::{Lookup, RegionFile, Store};

pub fn run(store: &Store, asked: &Cat, out: &mut Output) -> Result<Ended> {
    let place = find::place(store, &asked.what)?;
    let mode = if asked.latest {
        Lookup::Latest
    } else {
        Lookup::Best
    };
    let Some(entry) = find::entry(store, &place, mode)? else {
        anstream::eprintln!("warmstart: nothing intact is stored under {}", asked.what);
        return Ok(Ended::Badly);
    };
    let bytes = match &asked.region {
        None => entry.payload(),
        Some(name) => {
            let file = RegionFile::parse(entry.payload())?;
            let Some(region) = file.region(name) else {
                let names: Vec<&str> = file.regions().iter().map(|r| r.spec().name()).collect();
                return Err(invalid(
                    format!("reading the region {name:?} of {}", asked.what),
                    format!("it has the regions {}", names.join(", ")),
                    "Name one of them",
                ));
            };
            &entry.payload()[region.range()]
        }
    };
    match &asked.out {
        Some(path) => write_new(path, bytes)?,
        None if out.is_terminal && bytes.iter().any(|b| *b < 9) => {
            return Err(invalid(
                format!("printing the payload of {}", asked.what),
                "it is no text, and standard output is a terminal",
                "Write it to a file with --out FILE, or pipe it",
            ));
        }
        None => out.bytes(bytes)?,
    }
    Ok(Ended::Well)
}

/// Writes a file that was not there before.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let written = File::create_new(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|e| failed(format!("writing {}", path.display()), e))
}
