//! A cache's figures in C.

use crate::cache::CacheStats;
use crate::ffi::info::count;

/// Figures of a cache, or of one of its namespaces: counts of what was done through this handle;
/// entries and bytes as they are now. Zero it and set `struct_size` to its `sizeof` before it is filled.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct warm_cache_stats {
    /// Set by the caller; never changed by the library.
    pub struct_size: u32,
    /// Always 0.
    pub reserved: i32,
    /// Gets that memory answered.
    pub memory_hits: i64,
    /// Gets that memory did not answer.
    pub memory_misses: i64,
    /// Gets that the disk answered.
    pub disk_hits: i64,
    /// Gets that nothing answered.
    pub misses: i64,
    /// Puts that were accepted.
    pub puts: i64,
    /// Entries that memory took.
    pub insertions: i64,
    /// Entries evicted from memory for room.
    pub memory_evictions: i64,
    /// Entries evicted from the disk for room; they leave memory, too, in every process.
    pub disk_evictions: i64,
    /// Entries found dead after their deadline, by a get or to be removed; each once.
    pub expirations: i64,
    /// Entries found dead for idleness; each once.
    pub idle_deaths: i64,
    /// Keys invalidated: by key, prefix, tag or dependency.
    pub invalidations: i64,
    /// Flushes of namespaces.
    pub flushes: i64,
    /// Puts refused because of a version.
    pub version_conflicts: i64,
    /// Puts refused because of a limit.
    pub refusals: i64,
    /// Times that an entry's front was read from the disk.
    pub metadata_reads: i64,
    /// Questions that the filter answered without reading.
    pub filter_skips: i64,
    /// Reads that the filter did not avert, and that found nothing.
    pub filter_false_positives: i64,
    /// Promotions handed to the background.
    pub promotions_queued: i64,
    /// Promotions dropped because too many waited.
    pub promotions_dropped: i64,
    /// Entries promoted from the disk.
    pub promotions_done: i64,
    /// Promotions that wait now.
    pub promotions_waiting: i64,
    /// Gets answered after the deadline, within the stale window.
    pub stale_serves: i64,
    /// Payloads stored as they are because compressing does not make them smaller, or is not worth it.
    pub compression_skipped: i64,
    /// Bytes of payloads that were compressed.
    pub compressed_from_bytes: i64,
    /// Bytes these took compressed.
    pub compressed_to_bytes: i64,
    /// Entries in memory.
    pub memory_entries: i64,
    /// Bytes they occupy.
    pub memory_bytes: i64,
    /// Bytes they may occupy.
    pub memory_budget: i64,
    /// Entries on disk, as last known.
    pub disk_entries: i64,
    /// Bytes below the root, as last known.
    pub disk_bytes: i64,
    /// Bytes that may be there; 0 for unlimited.
    pub disk_budget: i64,
}

impl From<&CacheStats> for warm_cache_stats {
    fn from(s: &CacheStats) -> Self {
        warm_cache_stats {
            struct_size: 0,
            reserved: 0,
            memory_hits: count(s.memory_hits),
            memory_misses: count(s.memory_misses),
            disk_hits: count(s.disk_hits),
            misses: count(s.misses),
            puts: count(s.puts),
            insertions: count(s.insertions),
            memory_evictions: count(s.memory_evictions),
            disk_evictions: count(s.disk_evictions),
            expirations: count(s.expirations),
            idle_deaths: count(s.idle_deaths),
            invalidations: count(s.invalidations),
            flushes: count(s.flushes),
            version_conflicts: count(s.version_conflicts),
            refusals: count(s.refusals),
            metadata_reads: count(s.metadata_reads),
            filter_skips: count(s.filter_skips),
            filter_false_positives: count(s.filter_false_positives),
            promotions_queued: count(s.promotions_queued),
            promotions_dropped: count(s.promotions_dropped),
            promotions_done: count(s.promotions_done),
            promotions_waiting: count(s.promotions_waiting),
            stale_serves: count(s.stale_serves),
            compression_skipped: count(s.compression_skipped),
            compressed_from_bytes: count(s.compressed_from_bytes),
            compressed_to_bytes: count(s.compressed_to_bytes),
            memory_entries: count(s.memory_entries),
            memory_bytes: count(s.memory_bytes),
            memory_budget: count(s.memory_budget),
            disk_entries: count(s.disk_entries),
            disk_bytes: count(s.disk_bytes),
            disk_budget: count(s.disk_budget),
        }
    }
}
