//! How often a cache has what it is asked for, by eviction policy. No time is taken: the figures depend
//! on the traces alone.

use crate::policies::{Clock, Fifo, Lru, Policy, Sieve};
use crate::random::Random;
use crate::report::{figure, Report, Table};
use crate::Bench;

/// What the library does, and its rivals. FIFO spares nothing, LRU takes a lock for each hit.
const POLICIES: [&str; 4] = ["SIEVE (libwarmstart)", "CLOCK", "LRU", "FIFO"];

/// Which objects are asked for.
struct Trace {
    name: &'static str,
    /// The n-th most popular is asked for as often as 1/nᵅ.
    alpha: f64,
    /// So many of a hundred requests belong to a scan, which asks for each of its objects once.
    scanned: usize,
}

const TRACES: [Trace; 5] = [
    Trace::zipf("Zipf, α = 0.7", 0.7, 0),
    Trace::zipf("Zipf, α = 1.0", 1.0, 0),
    Trace::zipf("Zipf, α = 1.2", 1.2, 0),
    Trace::zipf("α = 1.0, a fifth of it scans", 1.0, 20),
    Trace::zipf("α = 1.0, half of it scans", 1.0, 50),
];

impl Trace {
    const fn zipf(name: &'static str, alpha: f64, scanned: usize) -> Trace {
        Trace {
            name,
            alpha,
            scanned,
        }
    }

    /// The objects asked for. Those of scans are beyond `objects`, and come in runs of a hundredth of them.
    fn requests(&self, objects: usize, length: usize) -> Vec<usize> {
        let mut random = Random::new(7);
        let mut sum = 0.0;
        let below: Vec<f64> = (1..=objects)
            .map(|n| {
                sum += (n as f64).powf(-self.alpha);
                sum
            })
            .collect();
        let run = (objects / 100).max(1);
        let mut requests = Vec::with_capacity(length + run);
        let mut next = objects;
        while requests.len() < length {
            // A run is as long as many requests: it has to begin so much more seldom.
            let scans = self.scanned as f64 / 100.0;
            let begins = scans / (scans + (1.0 - scans) * run as f64);
            if random.share() < begins {
                requests.extend(next..next + run);
                next += run;
            } else {
                let at = random.share() * sum;
                requests.push(below.partition_point(|b| *b <= at).min(objects - 1));
            }
        }
        requests.truncate(length);
        requests
    }
}

/// The share of `requests` that hit, after as many as fill the cache several times over.
fn hits(policy: &mut dyn Policy, requests: &[usize]) -> f64 {
    let (warm_up, counted) = requests.split_at(requests.len() / 4);
    for object in warm_up {
        policy.ask(*object);
    }
    let hits = counted.iter().filter(|object| policy.ask(**object)).count();
    hits as f64 / counted.len() as f64
}

pub fn measure(bench: &Bench, report: &mut Report) {
    let (objects, length) = match bench.quick {
        true => (1_000, 20_000),
        false => (100_000, 4_000_000),
    };
    report.heading("How often a cache has what it is asked for");
    report.paragraph(&format!(
        "{} requests for {} objects of one size, and for those that scans ask for once; the last three \
         quarters are counted. Hits in %; simulated, with one shard.",
        figure(length as f64),
        figure(objects as f64),
    ));
    let mut head = vec!["trace", "cache of objects"];
    head.extend(POLICIES);
    let mut table = Table::new(&head);
    for trace in &TRACES {
        let requests = trace.requests(objects, length);
        let every = requests.iter().max().map_or(objects, |most| most + 1);
        for percent in [1, 10] {
            let capacity = objects * percent / 100;
            let policies: [Box<dyn Policy>; POLICIES.len()] = [
                Box::new(Sieve::new(every, capacity)),
                Box::new(Clock::new(every, capacity)),
                Box::new(Lru::new(every, capacity)),
                Box::new(Fifo::new(every, capacity)),
            ];
            let mut row = vec![trace.name.to_owned(), format!("{percent} %")];
            row.extend(policies.map(|mut policy| {
                let share = hits(policy.as_mut(), &requests);
                format!("{:.1}", 100.0 * share)
            }));
            table.row(row);
        }
    }
    report.table(&table);
}
