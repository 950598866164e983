//! Noticing a fork.

use crate::ffi::signals;
use crate::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Once;

static FORKS: AtomicU64 = AtomicU64::new(0);

extern "C" fn in_child() {
    FORKS.fetch_add(1, Ordering::AcqRel);
    signals::in_child();
    fs::close_inherited(|descriptor| {
        // SAFETY: the list holds descriptors that this process inherited with the parent's locks;
        // the handles they belong to are never used again here.
        unsafe { libc::close(descriptor) };
    });
}

/// How many forks lie between the process that loaded this library and this one. Handles remember
/// the count they were made at.
pub(crate) fn count() -> u64 {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the handler stays loaded for as long as the process runs (`-z nodelete`) and does
        // nothing that is unsafe between fork and exec. If it cannot be registered, forked children
        // are merely not told apart.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    });
    FORKS.load(Ordering::Acquire)
}
