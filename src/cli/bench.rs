//! What a checkpoint costs here.

use super::args::{Bench, Common};
use super::output::{size, styled, Output, BAD, HEADING};
use super::{failed, invalid, Ended, Result};
use serde_json::json;
use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;
use warmstart::{Fingerprinter, Kind, Lookup, Store, StoreOptions};

const SIZES: [usize; 4] = [4 << 10, 64 << 10, 1 << 20, 16 << 20];
/// No disk that keeps what it was given answers sooner: a drive with a capacitor behind its cache takes some
/// 20 microseconds, the two ways over a bus included.
const HONEST_SECONDS: f64 = 10e-6;

/// A directory that goes with it.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn run(common: &Common, asked: &Bench, out: &mut Output) -> Result<Ended> {
    if asked.rounds == 0 {
        return Err(invalid(
            "measuring checkpoints".into(),
            "0 rounds are asked for",
            "Ask for at least one",
        ));
    }
    let beside = match &asked.directory {
        Some(directory) => directory.clone(),
        // Read-only: nothing is made but the directory that is measured in.
        None => super::reader(common)?.root().to_owned(),
    };
    let scratch = Scratch(beside.join(format!(".warmstart-bench-{}", std::process::id())));
    fs::create_dir(&scratch.0).map_err(|e| failed(format!("making {}", scratch.0.display()), e))?;
    let mut options = StoreOptions::new();
    options.size_budget(0)?.file_budget(0)?;
    let store = Store::open(Some(&scratch.0.join("store")), &options)?;
    if !out.json {
        out.line(format!("on the file system of {}", beside.display()))?;
        let heading = "    size   checkpoint (median, 99 %)    lookup, first   lookup, again";
        out.line(styled(HEADING, heading))?;
    }
    for bytes in SIZES {
        sized(&store, &scratch.0, bytes, asked.rounds, out)?;
    }
    let seconds = sync_seconds(&scratch.0, asked.rounds.max(20))?;
    let honest = seconds >= HONEST_SECONDS;
    if out.json {
        out.document(&json!({ "sync_seconds": seconds, "sync_looks_honest": honest }))?;
    } else if honest {
        out.line(format!(
            "an overwritten block is synced in {}",
            time(seconds)
        ))?;
    } else {
        out.line(styled(
            BAD,
            format!(
                "an overwritten block is \"synced\" in {}: this is memory, or a disk that does not wait for its medium; \
                 what was acknowledged may not survive a power cut",
                time(seconds)
            ),
        ))?;
    }
    Ok(Ended::Well)
}

fn sized(
    store: &Store,
    scratch: &Path,
    bytes: usize,
    rounds: usize,
    out: &mut Output,
) -> Result<()> {
    let mut payload: Vec<u8> = (0..bytes).map(|i| (i * 31 % 251) as u8).collect();
    let mut f = Fingerprinter::new();
    f.absorb_u64("bytes", bytes as u64)?;
    let key = f.finish();
    let run_id = store.save(key, &payload, None, None, Kind::Checkpoint)?;
    let mut times = Vec::with_capacity(rounds);
    for round in 0..rounds {
        payload[..8].copy_from_slice(&(round as u64).to_le_bytes());
        let begun = Instant::now();
        store.save_slot(
            key,
            &run_id,
            &payload,
            None,
            Some(round as u64),
            Kind::Checkpoint,
        )?;
        times.push(begun.elapsed().as_secs_f64());
    }
    // Another handle has nothing in memory.
    let other = Store::open(Some(&scratch.join("store")), &StoreOptions::new())?;
    let lookup = || {
        let begun = Instant::now();
        other
            .lookup(key, Lookup::Best)
            .map(|_| begun.elapsed().as_secs_f64())
    };
    let (first, again) = (lookup()?, lookup()?);
    let (median, worst) = (quantile(&mut times, 0.5), quantile(&mut times, 0.99));
    if out.json {
        return out.document(&json!({
            "bytes": bytes,
            "checkpoint_median_seconds": median,
            "checkpoint_p99_seconds": worst,
            "first_lookup_seconds": first,
            "hot_lookup_seconds": again,
        }));
    }
    out.line(format!(
        "{:>8}   {:>12} {:>12}   {:>14}  {:>14}",
        size(bytes as u64),
        time(median),
        time(worst),
        time(first),
        time(again)
    ))
}

/// The median of overwriting a block that has its place and waiting until it is there.
fn sync_seconds(scratch: &Path, rounds: usize) -> Result<f64> {
    let path = scratch.join("block");
    let attempt = || format!("measuring syncs with {}", path.display());
    let measure = || -> std::io::Result<Vec<f64>> {
        let mut file = File::create(&path)?;
        let mut times = Vec::with_capacity(rounds);
        for round in 0..=rounds {
            file.seek(SeekFrom::Start(0))?;
            file.write_all(&[round as u8; 4096])?;
            let begun = Instant::now();
            file.sync_data()?;
            if round > 0 {
                times.push(begun.elapsed().as_secs_f64());
            }
        }
        Ok(times)
    };
    let mut times = measure().map_err(|e| failed(attempt(), e))?;
    Ok(quantile(&mut times, 0.5))
}

fn quantile(times: &mut [f64], share: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    let at = (times.len() as f64 * share) as usize;
    times
        .get(at.min(times.len().saturating_sub(1)))
        .copied()
        .unwrap_or(0.0)
}

fn time(seconds: f64) -> String {
    if seconds < 1e-3 {
        format!("{:.1} us", seconds * 1e6)
    } else if seconds < 1.0 {
        format!("{:.2} ms", seconds * 1e3)
    } else {
        format!("{seconds:.2} s")
    }
}
