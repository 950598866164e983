//! Handles with locks, files or threads behind them: stores and sessions.

use crate::error::{Error, ErrorKind};
use crate::ffi::plain::poisoned;
use crate::ffi::{args, fork, guard};
use crate::sync::atomic::{AtomicBool, Ordering};

/// The value behind a handle that many threads use at once. In the child of a fork it answers
/// `Forked`: its locks may be held by threads that do not exist there.
pub(crate) struct Shared<T> {
    value: T,
    forks: u64,
    poisoned: AtomicBool,
}

impl<T> Shared<T> {
    pub fn new(value: T) -> Self {
        Shared {
            value,
            forks: fork::count(),
            poisoned: AtomicBool::new(false),
        }
    }

    fn is_inherited(&self) -> bool {
        self.forks != fork::count()
    }

    /// Runs `body` on the value; a panic in it makes the handle unusable.
    pub fn with(&self, body: impl FnOnce(&T) -> Result<i32, Error>) -> Result<i32, Error> {
        if self.is_inherited() {
            return Err(inherited());
        }
        if self.poisoned.load(Ordering::Acquire) {
            return Err(poisoned());
        }
        let poison = PoisonOnPanic(&self.poisoned);
        let result = body(&self.value);
        std::mem::forget(poison);
        result
    }
}

/// Why a handle of before a fork cannot be used in the child.
pub(crate) fn inherited() -> Error {
    Error::new(
        ErrorKind::Forked,
        "using this handle",
        "it was made before this process was forked",
        "Open a new one in the child; the parent's goes on working in the parent",
    )
}

struct PoisonOnPanic<'a>(&'a AtomicBool);

impl Drop for PoisonOnPanic<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Frees a handle; in the child of a fork it is leaked instead, because locks, files and marks
/// belong to the parent.
///
/// # Safety
/// As for [`args::take`].
pub(crate) unsafe fn free<H>(pp: *mut *mut H, shared: impl FnOnce(&H) -> bool) {
    guard::quietly(|| {
        // SAFETY: the caller's promise.
        if let Some(handle) = unsafe { args::take(pp) } {
            if shared(&handle) {
                std::mem::forget(handle);
            }
        }
    });
}

impl<T> Shared<T> {
    /// True when freeing has to leak.
    pub fn must_leak(&self) -> bool {
        self.is_inherited()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ffi::guard::call;
    use crate::ffi::status::{WARM_ERR_PANIC, WARM_ERR_POISONED};

    #[test]
    fn a_panic_poisons_and_an_error_does_not() {
        let s = Shared::new(3);
        let e = || Error::invalid("a", "b", "c");
        assert!(call("f", || s.with(|_| Err(e()))) < 0);
        assert_eq!(call("f", || s.with(|v| Ok(*v))), 3);
        assert_eq!(call("f", || s.with(|_| panic!("defect"))), WARM_ERR_PANIC);
        assert_eq!(call("f", || s.with(|v| Ok(*v))), WARM_ERR_POISONED);
    }
}

#[cfg(all(test, warmstart_model))]
mod model {
    use super::*;
    use crate::sync::model::explore;
    use shuttle::thread;
    use std::sync::Arc;

    #[test]
    fn model_nobody_uses_a_handle_after_it_was_seen_poisoned() {
        explore("poisoned handle", 1000, || {
            let shared = Arc::new(Shared::new(()));
            let breaks = {
                let shared = Arc::clone(&shared);
                // What is dropped while a panic unwinds.
                thread::spawn(move || drop(PoisonOnPanic(&shared.poisoned)))
            };
            let users: Vec<_> = (0..2)
                .map(|_| {
                    let shared = Arc::clone(&shared);
                    thread::spawn(move || {
                        let mut refused = false;
                        for _ in 0..3 {
                            let answer = shared.with(|()| Ok(0));
                            assert!(!refused || answer.is_err());
                            refused = answer.is_err();
                        }
                    })
                })
                .collect();
            breaks.join().unwrap();
            assert!(shared.with(|()| Ok(0)).is_err());
            users.into_iter().for_each(|u| u.join().unwrap());
        });
    }
}
