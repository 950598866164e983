//! Signals that were noted: what the handler in `ffi` sets and sessions look at.

use std::sync::atomic::{AtomicU32, Ordering};

/// One bit for each signal number below 32.
static NOTED: AtomicU32 = AtomicU32::new(0);

/// Notes a signal. Safe in a signal handler.
#[cfg(feature = "capi")]
pub(crate) fn note(signal: i32) {
    // Whoever forgot it before is seen to have done so, with all it did until then.
    NOTED.fetch_or(bit(signal), Ordering::AcqRel);
}

/// Forgets that a signal was noted; true if it was.
#[cfg(feature = "capi")]
pub(crate) fn forget(signal: i32) -> bool {
    NOTED.fetch_and(!bit(signal), Ordering::AcqRel) & bit(signal) != 0
}

#[cfg(feature = "capi")]
pub(crate) fn is_noted(signal: i32) -> bool {
    NOTED.load(Ordering::Acquire) & bit(signal) != 0
}

/// The lowest signal that was noted.
pub(crate) fn any() -> Option<i32> {
    let noted = NOTED.load(Ordering::Relaxed);
    // A number below 32.
    (noted != 0).then(|| noted.trailing_zeros() as i32)
}

#[cfg(feature = "capi")]
fn bit(signal: i32) -> u32 {
    u32::try_from(signal).map_or(0, |s| 1u32.checked_shl(s).unwrap_or(0))
}
