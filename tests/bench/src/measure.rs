//! Timing operations against each other.

use crate::operation::Operation;
use crate::random::Random;
use crate::Result;
use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::time::{Duration, Instant};

/// More would narrow no figure that is printed.
const MOST_SAMPLES: usize = 20_000;

/// Whether each run has a payload of its own.
#[derive(Clone, Copy, PartialEq)]
pub enum Payloads {
    Fresh,
    Same,
}

/// How long to measure.
#[derive(Clone, Copy)]
pub struct Effort {
    pub limit: Duration,
    pub fewest: usize,
    pub warm_ups: usize,
    /// Runs of one operation before the next one's turn. The first finds what the others left of
    /// the processor's caches and of the journal; the rest follow their like.
    pub in_a_row: usize,
}

/// Durations in microseconds, ascending.
#[derive(Clone, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    pub fn new(mut micros: Vec<f64>) -> Samples {
        micros.sort_by(f64::total_cmp);
        Samples(micros)
    }

    /// With those of another time.
    pub fn with(&self, others: Samples) -> Samples {
        Samples::new([self.0.as_slice(), &others.0].concat())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The smallest sample that at least this share does not exceed.
    fn quantile(&self, share: f64) -> f64 {
        let rank = (share * self.0.len() as f64).ceil() as usize;
        let at = rank.clamp(1, self.0.len().max(1)) - 1;
        self.0.get(at).copied().unwrap_or(f64::NAN)
    }

    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    pub fn p99(&self) -> f64 {
        self.quantile(0.99)
    }
}

/// What was measured of one operation.
pub struct Timed {
    pub whole: Samples,
    /// Until the caller was free to go on, where that is earlier.
    pub blocking: Option<Samples>,
}

/// Makes durable what an operation left, so that nobody waits for another's data.
pub struct Settler {
    journal: File,
}

impl Settler {
    pub fn new(dir: &Path) -> Result<Settler> {
        let journal = File::create(dir.join("settle"))?;
        Ok(Settler { journal })
    }

    pub fn settle(&mut self, leaves_data: bool) -> Result<()> {
        if leaves_data {
            // SAFETY: an open descriptor.
            if unsafe { libc::syncfs(self.journal.as_raw_fd()) } != 0 {
                return Err(std::io::Error::last_os_error().into());
            }
        }
        // What is left of names and lengths goes with the next commit of the file system.
        self.journal.write_all(b".")?;
        Ok(self.journal.sync_all()?)
    }
}

fn micros_since(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e6
}

/// Times `work`, in microseconds.
pub fn time<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, f64)> {
    let start = Instant::now();
    let done = work()?;
    Ok((done, micros_since(start)))
}

#[derive(Default)]
struct Taken {
    whole: Vec<f64>,
    blocking: Vec<f64>,
}

fn take(operation: &mut Operation<'_>, payload: &[u8], taken: &mut Taken) -> Result<()> {
    let (blocking, whole) = time(|| (operation.run)(payload))?;
    taken.whole.push(whole / f64::from(operation.calls));
    taken.blocking.extend(blocking);
    operation.after.as_mut().map_or(Ok(()), |after| after())
}

/// Rounds of so many runs in a row of each operation, in an order drawn anew for each: whatever
/// changes in the machine meanwhile changes for all.
pub fn rounds(
    operations: &mut [Operation<'_>],
    effort: Effort,
    payload: &mut [u8],
    payloads: Payloads,
    random: &mut Random,
    mut settler: Option<&mut Settler>,
) -> Result<Vec<Timed>> {
    let mut order: Vec<usize> = (0..operations.len()).collect();
    let mut taken: Vec<Taken> = operations.iter().map(|_| Taken::default()).collect();
    let mut start = None;
    loop {
        let samples = taken.first().map_or(MOST_SAMPLES, |t| t.whole.len());
        match start {
            None if samples >= effort.warm_ups => {
                taken.iter_mut().for_each(|t| *t = Taken::default());
                start = Some(Instant::now());
            }
            Some(_) if samples >= MOST_SAMPLES => break,
            Some(start) if samples >= effort.fewest && start.elapsed() >= effort.limit => break,
            _ => {}
        }
        random.shuffle(&mut order);
        for &i in &order {
            for _ in 0..effort.in_a_row {
                if payloads == Payloads::Fresh {
                    random.fill(payload);
                }
                take(&mut operations[i], payload, &mut taken[i])?;
            }
            if let Some(settler) = settler.as_mut() {
                settler.settle(operations[i].leaves_data)?;
            }
        }
    }
    let timed = |t: Taken| Timed {
        whole: Samples::new(t.whole),
        blocking: Some(t.blocking).filter(|b| !b.is_empty()).map(Samples::new),
    };
    Ok(taken.into_iter().map(timed).collect())
}

/// Samples of one thing alone, until the time is over.
pub fn alone(effort: Effort, mut once: impl FnMut() -> Result<f64>) -> Result<Samples> {
    for _ in 0..effort.warm_ups {
        once()?;
    }
    let start = Instant::now();
    let mut micros = Vec::new();
    while micros.len() < effort.fewest
        || (start.elapsed() < effort.limit && micros.len() < MOST_SAMPLES)
    {
        micros.push(once()?);
    }
    Ok(Samples::new(micros))
}
