//! What lookups may answer: the bytes that were saved.

use std::collections::{HashMap, HashSet};

pub type At = (usize, [u8; 32]);

/// Run ids that no session uses.
pub const RUNS: [&[u8]; 4] = [b"a", b"r1-2", b"ckpt-x", &[b'z'; 128]];

/// What a session has accepted, and where it must be found once a flush has succeeded.
#[derive(Default, Clone)]
pub struct Fit {
    pub at: At,
    run_id: String,
    lowest: Option<f64>,
    finals: u32,
    answer: Option<Vec<u8>>,
    best: Option<Vec<u8>>,
    /// The last one, where it is not the best.
    latest: Option<Vec<u8>>,
    /// It passes over an entry that others are answered.
    pub has_refused: bool,
}

impl Fit {
    pub fn new(at: At, run_id: String) -> Fit {
        Fit {
            at,
            run_id,
            ..Fit::default()
        }
    }

    pub fn accepted(&mut self, payload: &[u8], objective: Option<f64>) {
        let objective = objective.filter(|o| o.is_finite());
        let is_best = objective.is_some_and(|o| self.lowest.is_none_or(|l| o <= l));
        let place = if is_best {
            self.lowest = objective;
            self.latest = None;
            &mut self.best
        } else {
            &mut self.latest
        };
        *place = Some(payload.to_vec());
    }

    pub fn answered(&mut self, payload: &[u8], objective: Option<f64>) {
        if let Some(o) = objective.filter(|o| o.is_finite()) {
            self.lowest = Some(self.lowest.map_or(o, |l| l.min(o)));
        }
        self.finals += 1;
        (self.best, self.latest) = (None, None);
        self.answer = Some(payload.to_vec());
    }

    /// Runs, and what they hold.
    pub fn expected(&self) -> Vec<(String, Vec<u8>)> {
        let own = match self.finals {
            0 => self.run_id.clone(),
            n => format!("{}{n:02x}", self.run_id),
        };
        let latest = own.strip_prefix("ckpt-").unwrap_or(&own).to_owned();
        let all = [
            (self.run_id.clone(), &self.answer),
            (own, &self.best),
            (latest, &self.latest),
        ];
        let known = all.into_iter();
        known
            .filter_map(|(run, bytes)| Some((run, bytes.clone()?)))
            .collect()
    }
}

#[derive(Default)]
pub struct Model {
    /// Root of each store handle.
    pub roots: [usize; 3],
    pub fits: [Fit; 3],
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
        for fit in self.fits.iter_mut().filter(|f| f.at == at) {
            // What waits may be written before or afterwards.
            (fit.answer, fit.best, fit.latest) = (None, None, None);
        }
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

    /// How many runs of the caller's naming a root has at least.
    pub fn runs_in(&self, root: usize) -> usize {
        let of_root = self.runs.iter().filter(|(at, _)| at.0 == root);
        of_root.map(|(_, runs)| runs.len()).sum()
    }
}
