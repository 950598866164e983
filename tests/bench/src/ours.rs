//! The library's own operations.

use crate::operation::{Operation, Whose::Ours};
use crate::site::{batch, check, Site, KEY};
use crate::Result;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};
use warmstart::{
    ElementType, Key, Kind, Lookup, Order, RegionSpec, Regions, Session, SessionOptions,
};

const SESSION_KEY: Key = Key::from_bytes([2; 32]);
const BACKGROUND_KEY: Key = Key::from_bytes([3; 32]);
const REGIONS_KEY: Key = Key::from_bytes([4; 32]);
/// A state of so many arrays.
const REGIONS: usize = 4;
const RUN_ID: &str = "bench";

pub fn writers(site: &Site) -> Result<Vec<Operation<'_>>> {
    let mut saves = 0u64;
    let save = move |payload: &[u8]| {
        saves += 1;
        let objective = Some(-(saves as f64));
        let kind = Kind::Checkpoint;
        site.store
            .save_slot(KEY, RUN_ID, payload, objective, Some(saves), kind)?;
        Ok(())
    };
    let checkpoints = |session: Session| {
        let mut checkpoints = 0u64;
        move |payload: &[u8]| {
            checkpoints += 1;
            let objective = Some(-(checkpoints as f64));
            session.checkpoint_now(payload, objective, Some(checkpoints))?;
            Ok(())
        }
    };
    let options = SessionOptions::new();
    let mut state = Regions::new();
    for i in 0..REGIONS {
        let dims = [(site.size / REGIONS / 8) as u64];
        let name = format!("region {i}");
        state.insert(RegionSpec::new(
            &name,
            ElementType::F64,
            &dims,
            Order::RowMajor,
        )?)?;
    }
    let of_regions = Session::open(&site.store, REGIONS_KEY, &options)?;
    let mut written = 0u64;
    let regions = move |payload: &[u8]| {
        written += 1;
        let data: Vec<&[u8]> = payload.chunks_exact(payload.len() / REGIONS).collect();
        let objective = Some(-(written as f64));
        of_regions.checkpoint_regions_now(&state, &data, objective, Some(written))?;
        Ok(())
    };
    let full = Session::open(&site.store, SESSION_KEY, &options)?;
    let process = Session::open(&site.process, SESSION_KEY, &options)?;

    let mut background = site.c_store.session(BACKGROUND_KEY, true, 0.0)?;
    let queued = move |payload: &[u8]| {
        let start = Instant::now();
        background.queue(payload)?;
        let blocking = start.elapsed().as_secs_f64() * 1e6;
        background.flush()?;
        Ok(Some(blocking))
    };

    let session = "libwarmstart FULL, a session's checkpoint";
    let background = "libwarmstart FULL, background, until flushed";
    let process_title = "libwarmstart PROCESS (survives the process only)";
    Ok(vec![
        Operation::new(Ours, "session", session, checkpoints(full)),
        Operation::new(Ours, "save", "libwarmstart FULL, `save_slot`", save),
        Operation::new(
            Ours,
            "regions",
            "libwarmstart FULL, a session's checkpoint of regions",
            regions,
        ),
        Operation::in_two(Ours, "background", background, queued),
        Operation::new(Ours, "process", process_title, checkpoints(process)).leaving_data(),
    ])
}

pub fn readers(site: &Site) -> Vec<Operation<'_>> {
    // No more than the borrowed payload is made of, whatever its size.
    const CALLS: u32 = 64;
    let lookup = |expected: &[u8]| {
        let found = site.store.lookup(KEY, Lookup::Best)?;
        check(found.as_ref().map(|e| e.payload()), expected)
    };
    let handle = |expected: &[u8]| {
        site.c_store
            .lookup(KEY, |payload| check(Some(payload), expected))
    };
    let mut buffer = vec![0; site.size];
    let into = move |expected: &[u8]| {
        site.c_store.lookup_into(KEY, &mut buffer)?;
        check(Some(&buffer), expected)
    };
    let into_calls = batch(site.size);
    vec![
        Operation::batch(Ours, "lookup-c", "`warm_store_lookup`", CALLS, handle),
        Operation::batch(Ours, "lookup", "`Store::lookup` in Rust", CALLS, lookup),
        Operation::batch(Ours, "into", "`warm_store_lookup_into`", into_calls, into),
    ]
}

/// Waits, after a checkpoint, until the store's thread has made it durable on its own; answers the
/// microseconds from the call on. A flush would hurry the thread, and ask for more.
pub fn until_durable(site: &Site) -> Result<impl FnMut(&[u8]) -> Result<f64> + '_> {
    let mut options = SessionOptions::new();
    options.background(true).min_interval_seconds(0.0)?;
    let session = Session::open(&site.store, Key::from_bytes([13; 32]), &options)?;
    let mut checkpoints = 0;
    Ok(move |payload: &[u8]| {
        checkpoints += 1;
        let saves = site.store.stats().saves;
        let start = Instant::now();
        session.checkpoint(payload, Some(-(checkpoints as f64)), Some(checkpoints))?;
        while site.store.stats().saves == saves {
            std::thread::sleep(Duration::from_micros(100));
            if start.elapsed() > Duration::from_secs(60) {
                return Err("nothing was durable within a minute".into());
            }
        }
        Ok(start.elapsed().as_secs_f64() * 1e6)
    })
}

/// Long enough for the processor to turn to something else.
pub fn sleep() -> Result<()> {
    std::thread::sleep(Duration::from_millis(5));
    Ok(())
}

/// Background checkpoints as their caller sees them, at several paces.
pub fn queued(site: &Site) -> Result<Vec<Operation<'_>>> {
    let session = |n: u8| {
        let key = Key::from_bytes([n; 32]);
        let session = site.c_store.session(key, true, 0.0)?;
        Ok::<_, crate::Error>(Rc::new(RefCell::new(session)))
    };
    let title = ["queued, in a loop", "queued, asleep 5 ms between"];
    let [looped, slept, idle] = [session(10)?, session(11)?, session(12)?];
    let idle_too = Rc::clone(&idle);
    let queue = |session: Rc<RefCell<crate::cabi::Session>>| {
        move |payload: &[u8]| session.borrow_mut().queue(payload)
    };
    Ok(vec![
        Operation::new(Ours, "queued-loop", title[0], queue(looped)),
        Operation::new(Ours, "queued-sleep", title[1], queue(slept)).followed_by(sleep),
        Operation::new(
            Ours,
            "queued-idle",
            "queued, the one before durable",
            queue(idle),
        )
        .followed_by(move || idle_too.borrow().flush()),
    ])
}
