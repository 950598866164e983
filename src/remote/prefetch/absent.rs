//! A build without the remote tier: no worker is ever made.

use super::{ChainDirection, PrefetchCycle, PrefetchEntry, PrefetchStats, PrefetchWait};
use crate::error::Result;
use crate::key::Key;
use std::time::Duration;

/// A worker that warms the local tiers from a remote one, of which this build has none.
#[derive(Debug)]
pub enum Prefetch {}

/// Nothing ever has one.
#[allow(missing_docs)]
impl Prefetch {
    pub fn start(&self) -> Result<()> {
        match *self {}
    }

    pub fn stop(&self, _: Duration) -> bool {
        match *self {}
    }

    pub fn hint(&self, _: &[Key]) -> usize {
        match *self {}
    }

    pub fn hint_chain(&self, _: &Key, _: usize, _: ChainDirection) -> usize {
        match *self {}
    }

    pub fn wait(&self, _: &Key, _: Duration) -> PrefetchWait {
        match *self {}
    }

    pub fn cancel(&self, _: &Key) {
        match *self {}
    }

    pub fn describe(&self, _: &PrefetchEntry<'_>) -> bool {
        match *self {}
    }

    pub fn set_active_model(&self, _: [u8; 32]) {
        match *self {}
    }

    pub fn refresh(&self) {
        match *self {}
    }

    pub fn plan(&self, _: usize) -> Vec<(Key, f64)> {
        match *self {}
    }

    pub fn stats(&self) -> PrefetchStats {
        match *self {}
    }

    pub fn last_cycle(&self) -> Option<PrefetchCycle> {
        match *self {}
    }
}
