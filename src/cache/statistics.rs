//! Counting.

use super::stripes::Striped;
use crate::sync::atomic::{AtomicU64, Ordering};

/// What is counted one by one. What a hit in memory counts is in [`Counters`] beside these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Event {
    MemoryMiss,
    DiskHit,
    Miss,
    Put,
    Insertion,
    MemoryEviction,
    DiskEviction,
    Expiration,
    IdleDeath,
    Invalidation,
    Flush,
    Conflict,
    Refusal,
    MetadataRead,
    FilterSkip,
    FilterFalsePositive,
    PromotionQueued,
    PromotionDropped,
    PromotionDone,
    CompressionSkipped,
    CompressedFrom,
    CompressedTo,
}

const EVENTS: usize = Event::CompressedTo as usize + 1;

/// The counters of one namespace, or of calls that name none that exists.
#[derive(Default)]
pub(super) struct Counters {
    events: [AtomicU64; EVENTS],
    pub memory_hits: Striped,
    pub stale_serves: Striped,
    /// Promotions that wait.
    pub waiting: AtomicU64,
    pub memory_entries: AtomicU64,
    pub memory_bytes: AtomicU64,
}

impl Counters {
    pub fn count(&self, event: Event) {
        self.add(event, 1);
    }

    pub fn add(&self, event: Event, n: u64) {
        self.events[event as usize].fetch_add(n, Ordering::Relaxed);
    }

    fn get(&self, event: Event) -> u64 {
        self.events[event as usize].load(Ordering::Relaxed)
    }

    /// Adds these figures to a sum.
    pub fn add_to(&self, sum: &mut CacheStats) {
        let now = |a: &AtomicU64| a.load(Ordering::Relaxed);
        sum.memory_hits += self.memory_hits.get();
        sum.memory_misses += self.get(Event::MemoryMiss);
        sum.disk_hits += self.get(Event::DiskHit);
        sum.misses += self.get(Event::Miss);
        sum.puts += self.get(Event::Put);
        sum.insertions += self.get(Event::Insertion);
        sum.memory_evictions += self.get(Event::MemoryEviction);
        sum.disk_evictions += self.get(Event::DiskEviction);
        sum.expirations += self.get(Event::Expiration);
        sum.idle_deaths += self.get(Event::IdleDeath);
        sum.invalidations += self.get(Event::Invalidation);
        sum.flushes += self.get(Event::Flush);
        sum.version_conflicts += self.get(Event::Conflict);
        sum.refusals += self.get(Event::Refusal);
        sum.metadata_reads += self.get(Event::MetadataRead);
        sum.filter_skips += self.get(Event::FilterSkip);
        sum.filter_false_positives += self.get(Event::FilterFalsePositive);
        sum.promotions_queued += self.get(Event::PromotionQueued);
        sum.promotions_dropped += self.get(Event::PromotionDropped);
        sum.promotions_done += self.get(Event::PromotionDone);
        sum.promotions_waiting += now(&self.waiting);
        sum.stale_serves += self.stale_serves.get();
        sum.compression_skipped += self.get(Event::CompressionSkipped);
        sum.compressed_from_bytes += self.get(Event::CompressedFrom);
        sum.compressed_to_bytes += self.get(Event::CompressedTo);
        sum.memory_entries += now(&self.memory_entries);
        sum.memory_bytes += now(&self.memory_bytes);
    }
}

/// Figures of a cache or of one of its namespaces, by this handle; entries and bytes as they are now.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct CacheStats {
    /// Gets that memory answered.
    pub memory_hits: u64,
    /// Gets that memory did not answer.
    pub memory_misses: u64,
    /// Gets that the disk answered.
    pub disk_hits: u64,
    /// Gets that nothing answered.
    pub misses: u64,
    /// Puts that were accepted.
    pub puts: u64,
    /// Entries that memory took.
    pub insertions: u64,
    /// Entries evicted from memory for room.
    pub memory_evictions: u64,
    /// Entries evicted from the disk for room; they leave memory, too, in every process.
    pub disk_evictions: u64,
    /// Entries found dead after their deadline, by a get or to be removed; each once.
    pub expirations: u64,
    /// Entries found dead for idleness; each once.
    pub idle_deaths: u64,
    /// Keys invalidated: by key, prefix, tag or dependency.
    pub invalidations: u64,
    /// Flushes of namespaces.
    pub flushes: u64,
    /// Puts refused because of a version.
    pub version_conflicts: u64,
    /// Puts refused because of a limit.
    pub refusals: u64,
    /// Times that an entry's front was read from the disk.
    pub metadata_reads: u64,
    /// Questions that the filter answered without reading.
    pub filter_skips: u64,
    /// Reads that the filter did not avert, and that found nothing.
    pub filter_false_positives: u64,
    /// Promotions handed to the background.
    pub promotions_queued: u64,
    /// Promotions dropped because too many waited.
    pub promotions_dropped: u64,
    /// Entries promoted from the disk.
    pub promotions_done: u64,
    /// Promotions that wait now.
    pub promotions_waiting: u64,
    /// Gets answered after the deadline, within the stale window.
    pub stale_serves: u64,
    /// Payloads stored as they are because compressing does not make them smaller, or is not worth it.
    pub compression_skipped: u64,
    /// Bytes of payloads that were compressed.
    pub compressed_from_bytes: u64,
    /// Bytes these took compressed.
    pub compressed_to_bytes: u64,
    /// Entries in memory.
    pub memory_entries: u64,
    /// Bytes they occupy.
    pub memory_bytes: u64,
    /// Bytes they may occupy.
    pub memory_budget: u64,
    /// Entries on disk, as last known.
    pub disk_entries: u64,
    /// Bytes below the root, as last known.
    pub disk_bytes: u64,
    /// Bytes that may be there; 0 for unlimited.
    pub disk_budget: u64,
}
