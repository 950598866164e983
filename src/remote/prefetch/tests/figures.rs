//! What the index occupies and what choosing takes.

use super::world::{entry, BEGIN_MS};
use super::*;
use crate::remote::prefetch::index::Index;
use crate::remote::prefetch::{
    CancelSignal, ChainDirection, FetchOutcome, PrefetchEntry, PrefetchSource,
};
use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Instant;

/// Keys that look random.
fn scrambled(n: u32) -> Key {
    let mut bytes = [0; 32];
    let mut x = u64::from(n) + 1;
    for word in bytes.chunks_exact_mut(8) {
        x = x.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31) ^ u64::from(n);
        word.copy_from_slice(&x.to_le_bytes());
    }
    Key::from_bytes(bytes)
}

/// Chains of ten, each of a run of its own whose name is as long as those the library makes.
fn fill(count: u32, per_run: u32, mut take: impl FnMut(&PrefetchEntry<'_>)) {
    for n in 0..count {
        let run = format!("{:08}-{:020}-{:08}", n / per_run, n / per_run, 0);
        take(&PrefetchEntry {
            key: scrambled(n),
            run: &run,
            parent: (n % 10 > 0).then(|| scrambled(n - 1)),
            sequence: n % 10,
            payload_bytes: 1000,
            last_access_ms: BEGIN_MS - i64::from(n.wrapping_mul(2_654_435_761) % 5_000_000),
            model: [(n % 50) as u8; 32],
            namespace: "fits",
        });
    }
}

fn bytes_of_each(count: u32, per_run: u32) -> f64 {
    let mut index = Index::new(u64::MAX);
    fill(count, per_run, |e| assert!(index.merge(e)));
    assert_eq!(index.len(), count as usize);
    index.bytes() as f64 / f64::from(count)
}

#[test]
fn an_entry_occupies_at_most_150_bytes() {
    // Just after the tables grew, and before.
    for count in [53_000, 104_000] {
        for per_run in [1, 10] {
            let each = bytes_of_each(count, per_run);
            assert!(each <= 150.0, "{each} bytes of {count}, {per_run} a run");
        }
    }
}

/// By hand: `cargo test --release --features remote -- --ignored --nocapture figures`.
#[test]
#[ignore = "takes long; prints figures"]
#[allow(clippy::print_stdout)]
fn figures_of_selection_and_memory() {
    for count in [10_000, 100_000, 1_000_000] {
        for per_run in [1, 10] {
            let each = bytes_of_each(count, per_run);
            println!("{count} entries, {per_run} of a run: {each:.1} bytes each");
            assert!(count < 1_000_000 || each <= 150.0);
        }
        let d = Driven::new(&PrefetchOptions::new());
        fill(count, 10, |e| assert!(d.prefetch.note(e, false)));
        d.prefetch.set_active_model([7; 32]);
        let mut times: Vec<f64> = (0..21)
            .map(|_| {
                let begun = Instant::now();
                assert_eq!(d.prefetch.plan(8).len(), 8);
                begun.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!(
            "{count} entries: the best 8 in {:.2} ms (median), {:.2} to {:.2}",
            times[10], times[0], times[20]
        );
        // Oldest first is the order in which each is better than all before.
        let d = Driven::new(&PrefetchOptions::new());
        fill(count, 10, |e| {
            let stats = d.prefetch.here().unwrap().index().len() as i64;
            let e = PrefetchEntry {
                last_access_ms: BEGIN_MS - 5_000_000 + stats,
                sequence: 1,
                ..*e
            };
            assert!(d.prefetch.note(&e, false));
        });
        let begun = Instant::now();
        assert_eq!(d.prefetch.plan(8).len(), 8);
        let ms = begun.elapsed().as_secs_f64() * 1e3;
        println!("{count} entries, each better than the last: {ms:.2} ms");
    }
}

/// Everything is there, 50 ms away.
#[derive(Default)]
struct Far(Mutex<HashSet<Key>>);

impl PrefetchSource for Far {
    fn list(
        &self,
        _: &CancelSignal,
        each: &mut dyn FnMut(&PrefetchEntry<'_>) -> bool,
    ) -> crate::Result<()> {
        // A full fit and its folds, among others.
        for n in 0..=1000 {
            let is_fold = (1..=10).contains(&n);
            each(&PrefetchEntry {
                parent: is_fold.then(|| key(0)),
                sequence: n,
                ..entry(n)
            });
        }
        Ok(())
    }

    fn is_resident(&self, key: &Key) -> bool {
        self.0.lock().unwrap().contains(key)
    }

    fn fetch(&self, key: &Key, _: &CancelSignal) -> FetchOutcome {
        std::thread::sleep(Duration::from_millis(50));
        self.0.lock().unwrap().insert(*key);
        FetchOutcome::Fetched { bytes: 1000 }
    }
}

/// By hand, as above: a 10-fold cross-validation whose folds take 20 ms each once they have their seed,
/// with nothing on this machine.
#[test]
#[ignore = "prints figures"]
#[allow(clippy::print_stdout)]
fn figures_of_a_cross_validation_without_and_with_prefetch() {
    for how in ["off", "guesses", "hints"] {
        let mut times: Vec<(f64, f64)> = (0..5)
            .map(|_| {
                let far = Arc::new(Far::default());
                let prefetch = Prefetch::new(far.clone(), &PrefetchOptions::new());
                far.list(&never(), &mut |e| prefetch.note(e, false))
                    .unwrap();
                let begun = Instant::now();
                if how != "off" {
                    prefetch.start().unwrap();
                }
                if how == "hints" {
                    prefetch.hint_chain(&key(0), 10, ChainDirection::Forward);
                }
                let mut first = 0.0;
                for fold in 1..=10 {
                    prefetch.demand(&key(fold), PATIENCE);
                    if fold == 1 {
                        first = begun.elapsed().as_secs_f64() * 1e3;
                    }
                    std::thread::sleep(Duration::from_millis(20));
                }
                (first, begun.elapsed().as_secs_f64() * 1e3)
            })
            .collect();
        times.sort_by(|a, b| a.1.total_cmp(&b.1));
        let (first, all) = times[2];
        println!("{how}: the first seed after {first:.0} ms, ten folds in {all:.0} ms");
    }
}

fn never() -> CancelSignal {
    CancelSignal::new(i64::MAX, Arc::new(Hands::default()))
}
