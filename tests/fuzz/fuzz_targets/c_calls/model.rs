//! What lookups may answer: the bytes that were saved.

use std::collections::{HashMap, HashSet};

pub type At = (usize, [u8; 32]);

/// Run ids that no session uses.
pub const RUNS: [&[u8]; 4] = [b"a", b"r1-2", b"ckpt-x", &[b'z'; 128]];

#[derive(Default)]
pub struct Model {
    /// Root of each store handle and of each session, with its key.
    pub roots: [usize; 3],
    pub sessions: [At; 3],
    /// Options that name limits.
    pub limits: [bool; 2],
    /// Roots where entries may expire or be evicted, or files were tampered with.
    pub lossy: [bool; 3],
    pub tampered: [bool; 3],
    ever: HashMap<At, HashSet<Vec<u8>>>,
    all: HashSet<Vec<u8>>,
    runs: HashMap<At, HashMap<String, Vec<u8>>>,
    pub saves: u64,
}

impl Model {
    /// A payload was accepted. It counts also when the call failed: what was visible for a moment
    /// may be seen again.
    pub fn saved(&mut self, at: At, bytes: &[u8]) {
        self.saves += 1;
        self.ever.entry(at).or_default().insert(bytes.to_vec());
        self.all.insert(bytes.to_vec());
    }

    pub fn saved_run(&mut self, at: At, run: &str, bytes: &[u8]) {
        self.runs
            .entry(at)
            .or_default()
            .insert(run.to_owned(), bytes.to_vec());
    }

    pub fn removed(&mut self, at: At) {
        self.runs.remove(&at);
    }

    pub fn removed_run(&mut self, at: At, run: &str) {
        self.runs.entry(at).or_default().remove(run);
    }

    pub fn check_served(&self, at: At, bytes: &[u8]) {
        let known = self.ever.get(&at).is_some_and(|e| e.contains(bytes));
        assert!(known, "{} bytes that were never saved there", bytes.len());
    }

    pub fn check_known(&self, bytes: &[u8]) {
        assert!(
            self.all.contains(bytes),
            "{} bytes that were never saved",
            bytes.len()
        );
    }

    /// Whether something must be found under a key.
    pub fn must_have(&self, at: At) -> bool {
        !self.lossy[at.0] && self.runs.get(&at).is_some_and(|r| !r.is_empty())
    }

    /// What a run must be; `None` where nothing is certain.
    pub fn run(&self, at: At, run: &str) -> Option<Option<&Vec<u8>>> {
        (!self.lossy[at.0]).then(|| self.runs.get(&at).and_then(|r| r.get(run)))
    }
}
