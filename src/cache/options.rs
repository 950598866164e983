//! What a caller may ask of a cache, and the defaults.

use crate::error::{Error, Result};
use crate::store::Durability;

/// Bytes kept in memory: 256 MiB.
pub(super) const MEMORY_BUDGET: u64 = 256 << 20;
/// Bytes below the root: 4 GiB.
pub(super) const DISK_BUDGET: u64 = 4 << 30;
/// Longest list of promotions that wait.
pub(super) const PROMOTION_QUEUE: usize = 256;

/// When what a get read from the disk is kept in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Promotion {
    /// When it is read for the first time.
    #[default]
    Immediate,
    /// When it is read for the second time: what is read once, as by a scan, leaves memory alone.
    SecondHit,
}

/// How a cache is opened.
#[derive(Debug, Clone)]
pub struct CacheOptions {
    pub(super) memory_budget: u64,
    pub(super) disk_budget: u64,
    pub(super) durability: Durability,
    pub(super) read_only: bool,
    pub(super) promotion: Promotion,
    pub(super) background_promotion: bool,
    pub(super) promotion_queue: usize,
    pub(super) compression: bool,
}

impl Default for CacheOptions {
    fn default() -> Self {
        CacheOptions {
            memory_budget: MEMORY_BUDGET,
            disk_budget: DISK_BUDGET,
            durability: Durability::Full,
            read_only: false,
            promotion: Promotion::Immediate,
            background_promotion: false,
            promotion_queue: PROMOTION_QUEUE,
            compression: true,
        }
    }
}

fn bytes(what: &'static str, value: i64) -> Result<u64> {
    u64::try_from(value).map_err(|_| {
        Error::invalid(
            format!("setting {what}"),
            format!("{value} is negative"),
            "Give a positive number, or 0",
        )
    })
}

impl CacheOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Most bytes that entries occupy in memory, with their keys, labels and places in the index; 0 for
    /// none; default 256 MiB.
    pub fn memory_budget(&mut self, budget: i64) -> Result<&mut Self> {
        self.memory_budget = bytes("a cache's memory budget", budget)?;
        Ok(self)
    }

    /// Most bytes below the root, over all namespaces, 0 for unlimited; default 4 GiB.
    pub fn disk_budget(&mut self, budget: i64) -> Result<&mut Self> {
        self.disk_budget = bytes("a cache's disk budget", budget)?;
        Ok(self)
    }

    /// What a put, an invalidation or a flush that returned survives; default power loss.
    pub fn durability(&mut self, level: Durability) -> &mut Self {
        self.durability = level;
        self
    }

    /// Whether to answer only, and change nothing on disk; default no.
    pub fn read_only(&mut self, on: bool) -> &mut Self {
        self.read_only = on;
        self
    }

    /// When what was read from the disk is kept in memory; default at once.
    pub fn promotion(&mut self, when: Promotion) -> &mut Self {
        self.promotion = when;
        self
    }

    /// Whether a thread of the cache's keeps in memory what gets read from the disk, so that a get does
    /// not wait for it, with a bounded list of at most `most` waiting, beyond which promotions are
    /// dropped and counted; default no.
    pub fn background_promotion(&mut self, on: bool, most: i64) -> Result<&mut Self> {
        self.promotion_queue = bytes("the length of a promotion queue", most)? as usize;
        self.background_promotion = on;
        Ok(self)
    }

    /// Whether payloads are compressed on disk where that makes them smaller; default yes.
    pub fn compression(&mut self, on: bool) -> &mut Self {
        self.compression = on;
        self
    }
}
