//! What the sanitizers must see of the standard library: each argument but "clean" is a defect, and
//! "clean" uses, hard and correctly, what an uninstrumented std would be suspected for.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{mpsc, Arc, Condvar, Mutex, Once, OnceLock, RwLock};
use std::thread;

struct Racy(std::cell::UnsafeCell<u64>);

// SAFETY: it is not, and that is the defect.
unsafe impl Sync for Racy {}

fn clean() {
    static ONCE: Once = Once::new();
    static LAZY: OnceLock<Vec<u64>> = OnceLock::new();
    let counter = Arc::new((Mutex::new(0_u64), Condvar::new()));
    let table = Arc::new(RwLock::new(HashMap::new()));
    let (to, from) = mpsc::channel::<Vec<u64>>();
    let workers: Vec<_> = (0..4_u64)
        .map(|n| {
            let (counter, table, to) = (counter.clone(), table.clone(), to.clone());
            thread::spawn(move || {
                for i in 0..5_000 {
                    *counter.0.lock().unwrap() += 1;
                    if i % 16 == 0 {
                        table.write().unwrap().insert((n, i), vec![i]);
                    }
                    black_box(table.read().unwrap().get(&(n, i / 2)).map(Vec::len));
                }
                ONCE.call_once(|| ());
                black_box(LAZY.get_or_init(|| vec![n; 3])[0]);
                to.send(vec![n; 100]).unwrap();
                counter.1.notify_all();
            })
        })
        .collect();
    drop(to);
    let mut sum = from.iter().flatten().sum::<u64>();
    let mut done = counter.0.lock().unwrap();
    while *done < 20_000 {
        done = counter.1.wait(done).unwrap();
    }
    drop(done);
    workers.into_iter().for_each(|w| w.join().unwrap());
    // The last owner frees what all have read.
    for _ in 0..100 {
        let owned = Arc::new(vec![1_u64; 64]);
        thread::scope(|s| {
            for _ in 0..3 {
                let owned = owned.clone();
                s.spawn(move || black_box(owned.iter().sum::<u64>()));
            }
            sum += owned[0];
            drop(owned);
        });
    }
    let owned = Arc::new(vec![1_u64; 64]);
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let owned = owned.clone();
            thread::spawn(move || black_box(owned.iter().sum::<u64>()))
        })
        .collect();
    drop(owned);
    sum += readers.into_iter().map(|r| r.join().unwrap()).sum::<u64>();
    assert_eq!(sum, 892);
}

fn main() {
    match std::env::args().nth(2).as_deref() {
        Some("clean") => clean(),
        Some("read-past-text") => {
            let text = black_box(vec![b'a'; 32]);
            // SAFETY: none; one byte too many, and std reads it.
            let longer = unsafe { std::slice::from_raw_parts(text.as_ptr(), text.len() + 1) };
            black_box(std::str::from_utf8(longer).is_ok());
        }
        Some("leak") => {
            for n in 0..100 {
                std::mem::forget(black_box(vec![n; 100]));
            }
        }
        Some("race") => {
            let racy = Racy(0.into());
            // Neither ends before the other has begun: what comes with an end may order them.
            let begun = AtomicUsize::new(0);
            let add = || {
                let racy = &racy;
                begun.fetch_add(1, Ordering::Relaxed);
                while begun.load(Ordering::Relaxed) < 2 {
                    thread::yield_now();
                }
                for _ in 0..1_000 {
                    // SAFETY: none.
                    unsafe { *racy.0.get() += black_box(1) };
                }
            };
            thread::scope(|s| {
                s.spawn(add);
                s.spawn(add);
            });
        }
        _ => std::process::exit(2),
    }
}
