//! Checkpoints of one session that are kept one by one: its last and its best.

use crate::error::Result;
use crate::key::Key;
use crate::store::{Description, Inner, Keep, Kind, Slot};
use std::sync::Arc;

/// A checkpoint in a slot of its own.
struct Kept {
    slot: Slot,
    objective: Option<f64>,
}

/// The checkpoints of a session that keeps more than its best and its latest, oldest first.
pub(super) struct History {
    keep: Keep,
    key: Key,
    base: String,
    written: u32,
    kept: Vec<Kept>,
}

impl History {
    /// `base` begins the run ids of all.
    pub fn new(key: Key, base: String, keep: Keep) -> History {
        History {
            keep,
            key,
            base,
            written: 0,
            kept: Vec::new(),
        }
    }

    /// Publishes a checkpoint of its own; then those that are neither among the last nor the best go. The
    /// first one makes room among the runs of the key, too.
    pub fn checkpoint(
        &mut self,
        store: &Arc<Inner>,
        payload: &[u8],
        description: &Description,
    ) -> Result<()> {
        // Names that were tried are not used again.
        self.written += 1;
        let mut slot = Slot::fresh(self.key, format!("{}{:08x}", self.base, self.written));
        store.publish(&mut slot, payload, Kind::Checkpoint, description)?;
        self.kept.push(Kept {
            slot,
            objective: description.objective,
        });
        let chosen = self.choose(self.keep);
        let mut i = 0;
        self.kept.retain_mut(|kept| {
            let stays = chosen.contains(&i);
            i += 1;
            // What cannot be removed now, or comes back after a crash, goes later.
            stays || store.clear_slot(&mut kept.slot, false).is_err()
        });
        if self.written == 1 {
            // Killed over and over, no fit piles up more than this.
            let _ = store.retain(self.key, self.keep);
        }
        Ok(())
    }

    fn choose(&self, keep: Keep) -> Vec<usize> {
        let objectives: Vec<Option<f64>> = self.kept.iter().map(|k| k.objective).collect();
        keep.choose_in_order(&objectives)
    }

    /// All of them, the best first, for an answer that supersedes them: it has to go last, so that
    /// no worse one is answered meanwhile.
    pub fn take(&mut self) -> Vec<Slot> {
        let best = Keep { last: 0, best: 1 };
        if let Some(best) = self.choose(best).pop() {
            self.kept.swap(0, best);
        }
        self.kept.drain(..).map(|k| k.slot).collect()
    }
}
