//! Timing operations against each other.

use crate::operations::Operation;
use crate::random::Random;
use crate::Result;
use std::time::{Duration, Instant};

const WARM_UPS: usize = 5;
const FEWEST_SAMPLES: usize = 20;
/// More would narrow no figure that is printed.
const MOST_SAMPLES: usize = 20_000;

/// Whether each run has a payload of its own.
#[derive(Clone, Copy, PartialEq)]
pub enum Payloads {
    Fresh,
    Same,
}

/// Durations in microseconds, ascending.
pub struct Samples(Vec<f64>);

impl Samples {
    fn new(mut micros: Vec<f64>) -> Samples {
        micros.sort_by(f64::total_cmp);
        Samples(micros)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The smallest sample that at least this share does not exceed.
    fn quantile(&self, share: f64) -> f64 {
        let rank = (share * self.0.len() as f64).ceil() as usize;
        self.0[rank.clamp(1, self.0.len()) - 1]
    }

    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    pub fn p99(&self) -> f64 {
        self.quantile(0.99)
    }
}

fn time(operation: &mut Operation<'_>, payload: &[u8]) -> Result<f64> {
    let start = Instant::now();
    (operation.run)(payload)?;
    Ok(start.elapsed().as_secs_f64() * 1e6)
}

/// Rounds of so many runs in a row of each operation, in an order of their own: whatever changes in
/// the machine meanwhile changes for all.
pub fn rounds(
    operations: &mut [Operation<'_>],
    in_a_row: usize,
    payload: &mut [u8],
    payloads: Payloads,
    random: &mut Random,
    limit: Duration,
) -> Result<Vec<Samples>> {
    let mut order: Vec<usize> = (0..operations.len()).collect();
    let mut micros = vec![Vec::new(); operations.len()];
    let mut start = None;
    loop {
        let taken = micros[0].len();
        match start {
            None if taken >= WARM_UPS => {
                micros.iter_mut().for_each(Vec::clear);
                start = Some(Instant::now());
            }
            Some(_) if taken >= MOST_SAMPLES => break,
            Some(start) if taken >= FEWEST_SAMPLES && start.elapsed() >= limit => break,
            _ => {}
        }
        random.shuffle(&mut order);
        for &i in &order {
            for _ in 0..in_a_row {
                if payloads == Payloads::Fresh {
                    random.fill(payload);
                }
                micros[i].push(time(&mut operations[i], payload)?);
            }
        }
    }
    Ok(micros.into_iter().map(Samples::new).collect())
}
