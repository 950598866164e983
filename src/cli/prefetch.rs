//! What the prefetch worker would bring to this store, and having it brought before a job begins.

use super::args::{Common, Plan, Prefetch as Asked, RemotePlace, Warm};
use super::output::{bar, size, styled, Output, HEADING};
use super::remote::{attach, list, wanted};
use super::{invalid, limited, Ended, Result};
use serde_json::json;
use std::thread;
use std::time::{Duration, Instant};
use warmstart::{
    Error, ErrorKind, FetchOutcome, Prefetch, PrefetchOptions, PrefetchWait, Remote, Store,
    StoreOptions, Uploads,
};

/// How often the worker is looked at.
const STEP: Duration = Duration::from_millis(20);
/// Between cycles: nobody is computing meanwhile.
const INTERVAL_SECONDS: f64 = 0.05;
/// For a fetch, and for the fetches of a cycle: large payloads, and slow networks.
const LONGEST_SECONDS: f64 = 300.0;

pub fn run(common: &Common, asked: &Asked, out: &mut Output) -> Result<Ended> {
    match asked {
        Asked::Plan(a) => plan(&limited(common, false)?, a, out),
        Asked::Warm(a) => {
            let store = Store::open(common.root.as_deref(), &StoreOptions::new())?;
            warm(&store, a, out)
        }
    }
}

/// Starts a worker.
fn start(remote: &Remote, place: &RemotePlace, options: &mut PrefetchOptions) -> Result<Prefetch> {
    options
        .cycle_seconds(LONGEST_SECONDS)?
        .fetch_deadline_seconds(LONGEST_SECONDS)?
        .listing_deadline_seconds(place.timeout.as_secs_f64().max(1.0))?;
    let worker = remote.prefetch(options)?;
    worker.start()?;
    Ok(worker)
}

/// Starts a worker, and waits until it has listed what there is.
fn informed(
    remote: &Remote,
    place: &RemotePlace,
    options: &mut PrefetchOptions,
) -> Result<Prefetch> {
    let until = Instant::now() + place.timeout;
    let worker = start(remote, place, options.interval_seconds(INTERVAL_SECONDS)?)?;
    let mut failed = 0;
    loop {
        let stats = worker.stats();
        if stats.listings > 0 {
            return Ok(worker);
        }
        if stats.listings_failed > failed {
            failed = stats.listings_failed;
            // The worker counts failures; asked itself, the tier says why.
            list(remote, place)?;
            worker.refresh();
        }
        if Instant::now() >= until {
            return Err(late(remote, place));
        }
        thread::sleep(STEP);
    }
}

fn late(remote: &Remote, place: &RemotePlace) -> Error {
    Error::new(
        ErrorKind::Remote,
        format!("prefetching from {}", remote.url()),
        format!("it did not end within {} s", place.timeout.as_secs()),
        "Do it again with a longer --timeout; what was brought is here",
    )
}

fn plan(store: &Store, asked: &Plan, out: &mut Output) -> Result<Ended> {
    let remote = attach(store, &asked.place.url, Uploads::Nothing)?;
    let worker = informed(&remote, &asked.place, PrefetchOptions::new().dry_run(true))?;
    let plan = worker.plan(asked.most);
    worker.stop(asked.place.timeout);
    for (i, (key, score)) in plan.iter().enumerate() {
        let entry = worker.with_entry(key, |e| (e.run.to_owned(), e.payload_bytes));
        let (run, bytes) = entry.unwrap_or_default();
        if out.json {
            out.document(&json!({
                "key": key.to_hex(),
                "run": run,
                "payload_bytes": bytes,
                "score": score,
            }))?;
            continue;
        }
        if i == 0 {
            let heading = format!("{:12} {:44} {:>7} {:>6}", "KEY", "RUN", "SIZE", "SCORE");
            out.line(styled(HEADING, heading))?;
        }
        out.line(format!(
            "{:.12} {:44} {:>7} {score:>6.3}",
            key.to_hex(),
            super::output::fit(&run, 44),
            size(bytes)
        ))?;
    }
    Ok(if plan.is_empty() {
        Ended::Badly
    } else {
        Ended::Well
    })
}

fn warm(store: &Store, asked: &Warm, out: &mut Output) -> Result<Ended> {
    let remote = attach(store, &asked.place.url, Uploads::Nothing)?;
    let mut options = PrefetchOptions::new();
    options.parallel(asked.parallel)?.cycle_bytes(0)?;
    let until = Instant::now() + asked.place.timeout;
    let ended = if asked.keys.is_empty() {
        all(&remote, asked, &mut options, until)?
    } else {
        hinted(&remote, asked, &mut options, until, out)?
    };
    let (stats, left) = ended;
    if out.json {
        out.document(&json!({
            "fetched": stats.fetched,
            "bytes": stats.bytes,
            "not_there": stats.not_found,
            "damaged": stats.corrupt,
            "failed": stats.failed + stats.cancelled + stats.deferred + stats.panics,
            "left": left,
        }))?;
    } else {
        out.line(format!(
            "{} brought, {}; {left} not brought",
            stats.fetched,
            size(stats.bytes)
        ))?;
    }
    Ok(if left == 0 { Ended::Well } else { Ended::Badly })
}

/// What was done, and how many were asked for and are not here.
type Done = (warmstart::PrefetchCounts, u64);

/// Everything, the likeliest first.
fn all(
    remote: &Remote,
    asked: &Warm,
    options: &mut PrefetchOptions,
    until: Instant,
) -> Result<Done> {
    let worker = informed(remote, &asked.place, options)?;
    let first = worker.stats();
    let template = "{msg} {wide_bar} {pos}/{len} keys, {eta} left";
    let bar = bar("bringing", template, first.entries);
    let mut seen = first.cycles;
    let left = loop {
        let stats = worker.stats();
        bar.set_position(stats.resident);
        // A cycle that began when all was listed.
        let cycle = worker.last_cycle().filter(|c| c.number > seen + 1);
        if let Some(cycle) = cycle {
            if cycle.selected == 0 {
                break stats.entries.saturating_sub(stats.resident);
            }
            seen = cycle.number - 1;
        }
        // Where there is not room for all of it, what came first goes again.
        if stats.counts.fetched > stats.entries {
            bar.finish_and_clear();
            return Err(invalid(
                format!("prefetching from {}", remote.url()),
                "the limits of the store do not leave room for all that is there",
                "Name the keys that are needed, or raise the limits when the store is opened",
            ));
        }
        if Instant::now() >= until {
            bar.finish_and_clear();
            return Err(late(remote, &asked.place));
        }
        thread::sleep(STEP);
    };
    bar.finish_and_clear();
    worker.stop(STEP);
    Ok((worker.stats().counts, left))
}

/// Some keys, in this order.
fn hinted(
    remote: &Remote,
    asked: &Warm,
    options: &mut PrefetchOptions,
    until: Instant,
    out: &mut Output,
) -> Result<Done> {
    let keys = wanted(remote, &asked.place, &asked.keys)?;
    // Nothing that was not asked for: guesses have no bytes to spend.
    let worker = start(remote, &asked.place, options.cycle_bytes(1)?)?;
    worker.hint(&keys);
    let template = "{msg} {wide_bar} {pos}/{len} keys, {eta} left";
    let bar = bar("bringing", template, keys.len() as u64);
    let mut left = 0;
    for key in &keys {
        let time = until.saturating_duration_since(Instant::now());
        let (action, why) = match worker.wait(key, time) {
            PrefetchWait::Resident => ("here", None),
            PrefetchWait::Ended(FetchOutcome::Fetched { .. }) => ("brought", None),
            PrefetchWait::Ended(FetchOutcome::NotFound) => ("not there", None),
            PrefetchWait::Ended(FetchOutcome::Corrupt(e)) => ("damaged", Some(e)),
            PrefetchWait::Ended(FetchOutcome::Failed(e)) => ("failed", Some(e)),
            PrefetchWait::TimedOut => {
                bar.finish_and_clear();
                return Err(late(remote, &asked.place));
            }
            _ => ("failed", None),
        };
        left += u64::from(!matches!(action, "here" | "brought"));
        bar.inc(1);
        bar.suspend(|| {
            if let Some(e) = why {
                anstream::eprintln!("warmstart: {e}");
            }
            if out.json {
                return out.document(&json!({ "key": key.to_hex(), "action": action }));
            }
            out.line(format!("{action} {:.12}", key.to_hex()))
        })?;
    }
    bar.finish_and_clear();
    worker.stop(STEP);
    Ok((worker.stats().counts, left))
}
