//! The panic boundary that every exported function runs behind.

use crate::error::{caught, Error};
use crate::ffi::{last_error, status};
use std::cell::Cell;
use std::panic;
use std::sync::Once;

pub(crate) const OK: i32 = status::WARM_OK;

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// The library never prints, and Rust's default hook does. Panics that this boundary catches, and
/// those of the library's own threads, are reported by status instead; all others go to the hook
/// that was there before.
fn silence() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let own_thread = std::thread::current()
                .name()
                .is_some_and(|n| n.starts_with("warmstart-"));
            if !INSIDE.get() && !own_thread {
                before(info);
            }
        }));
    });
}

/// Runs `body`; an error becomes its status and this thread's last error, and so does a panic.
pub(crate) fn call(name: &'static str, body: impl FnOnce() -> Result<i32, Error>) -> i32 {
    silence();
    let outer = INSIDE.replace(true);
    let result = caught(body);
    INSIDE.set(outer);
    match result {
        Ok(Ok(status)) => status,
        Ok(Err(e)) => {
            last_error::set(format_args!("{name}: {e}"));
            status::of_kind(e.kind())
        }
        Err(text) => {
            last_error::set(format_args!(
                "{name}: a defect in libwarmstart: {text}. Free the handle and go on without it; please report this text"
            ));
            status::WARM_ERR_PANIC
        }
    }
}

/// For functions that cannot fail: a panic is swallowed.
pub(crate) fn quietly(body: impl FnOnce()) {
    let _ = call("free", || {
        body();
        Ok(OK)
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::Arc;

    #[test]
    fn a_panic_becomes_a_status_with_its_text() {
        assert_eq!(call("f", || panic!("at {}", 7)), status::WARM_ERR_PANIC);
        let text = last_error::get();
        assert!(text.starts_with("f: ") && text.contains("at 7"), "{text}");
    }

    #[test]
    fn what_was_thrown_is_dropped_though_that_may_panic_again() {
        struct Thrown(Arc<AtomicU32>);
        impl Drop for Thrown {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::Relaxed);
                panic::panic_any(());
            }
        }
        let drops = Arc::new(AtomicU32::new(0));
        let status = call("f", || panic::panic_any(Thrown(drops.clone())));
        assert_eq!(status, status::WARM_ERR_PANIC);
        assert_eq!(drops.load(Ordering::Relaxed), 1);
        assert!(last_error::get().contains("no reason given"));
    }

    #[test]
    fn an_error_becomes_its_status_and_success_keeps_the_text() {
        let e = || Error::invalid("doing it", "it is wrong", "Do it right");
        assert_eq!(call("g", || Err(e())), status::WARM_ERR_INVALID);
        assert_eq!(call("h", || Ok(2)), 2);
        assert_eq!(last_error::get(), "g: doing it: it is wrong. Do it right");
    }
}
