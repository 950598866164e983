//! How far long work has come, seen from other threads, and the way to stop it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Shared between the work and whoever watches it. Any number of threads may use it at once.
#[derive(Debug, Default)]
pub struct Progress {
    keys_total: AtomicU64,
    keys_done: AtomicU64,
    entries_done: AtomicU64,
    bytes_total: AtomicU64,
    bytes_done: AtomicU64,
    cancelled: AtomicBool,
}

impl Progress {
    /// Nothing done yet.
    pub fn new() -> Progress {
        Progress::default()
    }

    /// Asks the work to stop; it does so before its next file, or in the middle of a large one.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// True once [`Progress::cancel`] was called.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Keys to go through; 0 until they are listed.
    pub fn keys_total(&self) -> u64 {
        self.keys_total.load(Ordering::Relaxed)
    }

    /// Keys gone through.
    pub fn keys_done(&self) -> u64 {
        self.keys_done.load(Ordering::Relaxed)
    }

    /// Entries looked at.
    pub fn entries_done(&self) -> u64 {
        self.entries_done.load(Ordering::Relaxed)
    }

    /// Bytes to read, as far as the store's totals are known; else 0.
    pub fn bytes_total(&self) -> u64 {
        self.bytes_total.load(Ordering::Relaxed)
    }

    /// Bytes of payload read.
    pub fn bytes_done(&self) -> u64 {
        self.bytes_done.load(Ordering::Relaxed)
    }

    pub(crate) fn begin(&self, keys: u64, bytes: u64) {
        self.keys_total.store(keys, Ordering::Relaxed);
        self.bytes_total.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn key_done(&self) {
        self.keys_done.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn entry_done(&self) {
        self.entries_done.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn bytes_read(&self, n: u64) {
        self.bytes_done.fetch_add(n, Ordering::Relaxed);
    }
}
