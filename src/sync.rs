//! What threads share: of the standard library, or, with `--cfg warmstart_model`, of a scheduler that
//! chooses at each of these who runs next, so that tests can try many orders.

#[cfg(all(test, warmstart_model))]
pub(crate) use shuttle::sync::{atomic, Condvar, Mutex, MutexGuard, RwLock, RwLockWriteGuard};
#[cfg(not(all(test, warmstart_model)))]
pub(crate) use std::{
    sync::{atomic, Condvar, Mutex, MutexGuard, RwLock, RwLockWriteGuard},
    thread::sleep,
};

/// Who sleeps waits for another, who must be let on: `sleep` of the scheduler's promises that to nobody.
#[cfg(all(test, warmstart_model))]
pub(crate) fn sleep(_: std::time::Duration) {
    shuttle::thread::yield_now();
}

/// A number of the calling thread, its own until they wrap: from zero, so that few threads have few of
/// them.
#[cfg(not(all(test, warmstart_model)))]
pub(crate) fn thread_number() -> usize {
    use std::cell::Cell;
    static NEXT: atomic::AtomicUsize = atomic::AtomicUsize::new(0);
    // Without a destructor: it can be asked for until the thread's end.
    thread_local!(static NUMBER: Cell<Option<usize>> = const { Cell::new(None) });
    NUMBER.with(|number| {
        number.get().unwrap_or_else(|| {
            let next = NEXT.fetch_add(1, atomic::Ordering::Relaxed);
            number.set(Some(next));
            next
        })
    })
}

#[cfg(all(test, warmstart_model))]
pub(crate) fn thread_number() -> usize {
    use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
    let id = shuttle::thread::current().id();
    BuildHasherDefault::<DefaultHasher>::default().hash_one(id) as usize
}

/// Does `start`, which starts a thread, so that no signal is ever handled on that thread: handlers of
/// hosts such as R may run on their own threads only.
pub(crate) fn without_signals<T>(start: impl FnOnce() -> T) -> T {
    use nix::sys::signal::{SigSet, SigmaskHow};
    let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK);
    let started = start();
    if let Ok(before) = before {
        let _ = before.thread_set_mask();
    }
    started
}

/// Starts a thread on which no signal is ever handled.
pub(crate) fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    let thread = std::thread::Builder::new().name(name.into());
    without_signals(|| thread.spawn(body)).map(drop)
}

#[cfg(all(test, warmstart_model))]
pub(crate) mod model {
    use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
    use shuttle::{Config, Runner};

    /// Runs `body` under `schedules` orders of its threads: half chosen at random at each step, half with
    /// at most three changes of priority (Burckhardt et al., ASPLOS '10), which finds what takes one thread
    /// to be held up for long. `WARM_TEST_TIMES` multiplies, `WARM_TEST_ROUNDS` limits.
    #[allow(clippy::print_stdout)]
    pub(crate) fn explore(
        of: &str,
        schedules: usize,
        body: impl Fn() + Send + Sync + Copy + 'static,
    ) {
        let number = |name| -> Option<usize> { std::env::var(name).ok()?.parse().ok() };
        let schedules = match number("WARM_TEST_TIMES") {
            Some(times) => schedules * times,
            None => number("WARM_TEST_ROUNDS").map_or(schedules, |r| schedules.min(r * 20)),
        };
        let run = |scheduler: Box<dyn Scheduler + Send>| {
            let mut config = Config::new();
            config.stack_size = 1 << 20;
            config.silence_warnings = true;
            Runner::new(scheduler, config).run(body)
        };
        let half = schedules.div_ceil(2);
        let done =
            run(Box::new(RandomScheduler::new(half))) + run(Box::new(PctScheduler::new(3, half)));
        println!("{of}: {done} schedules");
    }
}
