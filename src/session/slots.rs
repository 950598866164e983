//! The slots a session writes: its best and its latest checkpoint, and its answer.

use super::history::History;
use crate::error::Result;
use crate::key::Key;
use crate::store::{Alive, Description, Inner, Keep, Kind, Slot};
use std::sync::Arc;

/// Between two reports.
const REPORT_NANOS: i64 = 1_000_000_000;

/// A session's own slots. Best and latest are one entry while they are the same checkpoint.
pub(super) struct Slots {
    key: Key,
    run_id: String,
    /// Where the answer goes: the best checkpoint lies here too until there is one.
    answer: Slot,
    /// Where the best goes once `answer` holds a Final.
    best_after_final: Option<Slot>,
    latest: Slot,
    /// Checkpoints that a Final supersedes and that could not be removed yet.
    superseded: Vec<Slot>,
    /// Finals written so far.
    finals: u64,
    /// How many runs of the key stay when there is an answer.
    keep: Keep,
    /// Where the checkpoints go if more than the best and the latest are kept.
    history: Option<History>,
    alive: Option<Alive>,
    /// When it was last said how the session is getting on, by the monotonic clock.
    reported: Option<i64>,
}

impl Slots {
    pub fn new(key: Key, run_id: &str, keep: Keep) -> Slots {
        let history = || History::new(key, latest_run_id(run_id), keep);
        Slots {
            key,
            run_id: run_id.to_owned(),
            answer: Slot::fresh(key, run_id.to_owned()),
            best_after_final: None,
            latest: Slot::fresh(key, latest_run_id(run_id)),
            superseded: Vec::new(),
            finals: 0,
            keep,
            history: keep.is_limited().then(history),
            alive: None,
            reported: None,
        }
    }

    fn mark_alive(&mut self, store: &Arc<Inner>) {
        match &self.alive {
            Some(alive) => alive.heartbeat(),
            // Without a mark the session's entries are merely evicted like any other's.
            None => self.alive = Alive::session(store, &self.run_id).ok(),
        }
    }

    /// Says how the session is getting on, unless that was done within the last second.
    pub fn report(&mut self, now: i64, line: impl FnOnce(i64) -> Option<String>) {
        let Some(alive) = &self.alive else {
            return;
        };
        let is_due = |last: i64| now.saturating_sub(last) >= REPORT_NANOS;
        if self.reported.map_or(true, is_due) {
            self.reported = Some(now);
            if let Some(line) = line(now) {
                alive.report(&line);
            }
        }
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Slot> {
        let best = self.best_after_final.iter_mut();
        best.chain([&mut self.answer, &mut self.latest])
    }

    /// Other engines find everything from now on.
    pub fn export(&mut self, store: &Arc<Inner>) -> Result<()> {
        self.all().try_for_each(|slot| store.export_slot(slot))
    }

    /// The session writes no more: what it kept beside its entries goes, now or soon.
    pub fn end(&mut self, store: &Arc<Inner>, now: bool) -> Result<()> {
        self.all()
            .try_for_each(|slot| store.release_slot(slot, now))?;
        self.alive = None;
        Ok(())
    }

    /// Publishes a checkpoint, durable to the store's level.
    pub fn checkpoint(
        &mut self,
        store: &Arc<Inner>,
        payload: &[u8],
        description: &Description,
        is_best: bool,
    ) -> Result<()> {
        self.mark_alive(store);
        if let Some(history) = &mut self.history {
            return history.checkpoint(store, payload, description);
        }
        let best = self.best_after_final.as_mut().unwrap_or(&mut self.answer);
        let slot = if is_best { best } else { &mut self.latest };
        store.publish(slot, payload, Kind::Checkpoint, description)?;
        if is_best {
            // The best is the latest too. What is left, or comes back after a crash, is older and no
            // better, and goes with the next.
            let _ = store.clear_slot(&mut self.latest, false);
        }
        Ok(())
    }

    /// Publishes the answer and removes the checkpoints it supersedes.
    pub fn finalize(
        &mut self,
        store: &Arc<Inner>,
        payload: &[u8],
        description: &Description,
    ) -> Result<()> {
        self.mark_alive(store);
        if self.best_after_final.is_none() && self.latest.is_stored() {
            // The answer takes the best checkpoint's place. Before that it takes the latest one's, or
            // that would be what a crash in between leaves to be answered, worse as it is.
            store.publish(&mut self.latest, payload, Kind::Final, description)?;
        }
        store.publish(&mut self.answer, payload, Kind::Final, description)?;
        store.link_slot(&self.answer, &description.about.seed_keys)?;
        self.superseded.extend(self.best_after_final.take());
        self.superseded
            .extend(self.history.iter_mut().flat_map(History::take));
        self.finals += 1;
        let next = format!("{}{:02x}", self.run_id, self.finals);
        let latest = Slot::fresh(self.key, latest_run_id(&next));
        self.superseded
            .push(std::mem::replace(&mut self.latest, latest));
        self.best_after_final = Some(Slot::fresh(self.key, next));
        while let Some(slot) = self.superseded.last_mut() {
            store.clear_slot(slot, true)?;
            self.superseded.pop();
        }
        store.retain(self.key, self.keep).map(drop)
    }
}

/// The run id that the latest checkpoint of the session `run_id` is stored under.
fn latest_run_id(run_id: &str) -> String {
    run_id.strip_prefix("ckpt-").unwrap_or(run_id).to_owned()
}
