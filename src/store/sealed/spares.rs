//! Files of superseded generations, kept to be written over by the next put under their keys: that takes no
//! new blocks, frees none, and usually leaves nothing for the journal.
//!
//! A key that is replaced again while it is remembered gives up the file of what was superseded durably: it
//! loses its name for that of a file being written, so that nobody finds it by a generation any more, and a
//! walk takes it for a dead writer's when it is old. Whoever takes it renames it first, so that a forked child
//! and its parent do not both write to it. A reader that has it open sees bytes that do not go with their
//! checksum, or a front that is not whole, and looks again: the name it read from is gone by then.
//!
//! Should a crash undo the renaming, a generation that is outranked durably comes back as something else, or
//! torn. Nobody looks at what is outranked but to remove it.

use crate::fs::{self, Dir, File, NodeKind};
use crate::key::Key;
use crate::store::names::{part_name, sealed_name};
use crate::store::totals::{rounded, Totals};
use crate::store::Inner;
use crate::sync::Mutex;
use std::collections::VecDeque;
use std::io;
use std::sync::PoisonError;

/// How many keys are remembered as replaced, and may have a file kept for them.
const MOST: usize = 16;
/// What is kept at most, of one store by one handle.
const MOST_BYTES: u64 = 64 << 20;
/// And at most this share of a budget.
const SHARE_OF_BUDGET: u64 = 16;

/// A file of a superseded generation, under the name of one that is being written.
#[cfg_attr(test, derive(Clone))]
struct Spare {
    part: String,
    bytes: u64,
}

/// The keys that were replaced last, first the last one, and what is kept for them.
#[derive(Default)]
pub(in crate::store) struct Spares(Mutex<VecDeque<(Key, Option<Spare>)>>);

impl Spares {
    fn with<T>(&self, work: impl FnOnce(&mut VecDeque<(Key, Option<Spare>)>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn take(&self, key: Key) -> Option<Spare> {
        self.with(|known| known.iter_mut().find(|k| k.0 == key)?.1.take())
    }

    /// Notes that a key was replaced: whether it had been before, and what is not kept any longer for it.
    fn is_replaced_again(&self, key: Key) -> (bool, Option<(Key, Spare)>) {
        self.with(|known| {
            let at = known.iter().position(|k| k.0 == key);
            if let Some(again) = at.and_then(|at| known.remove(at)) {
                known.push_front(again);
                return (true, None);
            }
            known.push_front((key, None));
            let last = (known.len() > MOST).then(|| known.pop_back()).flatten();
            (false, last.and_then(|(key, spare)| Some((key, spare?))))
        })
    }

    /// Keeps one; what has to go for it.
    fn keep(&self, key: Key, spare: Spare, most_bytes: u64) -> Vec<(Key, Spare)> {
        self.with(|known| {
            let mut gone = Vec::new();
            match known.iter_mut().find(|k| k.0 == key) {
                Some((_, kept)) => gone.extend(kept.replace(spare).map(|before| (key, before))),
                // Others were replaced meanwhile.
                None => gone.push((key, spare)),
            }
            let sum = |known: &VecDeque<(Key, Option<Spare>)>| -> u64 {
                let kept = known.iter().filter_map(|k| k.1.as_ref());
                kept.map(|s| rounded(s.bytes)).sum()
            };
            while sum(known) > most_bytes {
                let Some((key, last)) = known.iter_mut().rev().find(|k| k.1.is_some()) else {
                    break;
                };
                gone.extend(last.take().map(|s| (*key, s)));
            }
            gone
        })
    }
}

impl Inner {
    fn keeps_spares(&self, dir: &dyn Dir) -> bool {
        dir.is_local() && self.fs.allows_in_place()
    }

    /// Takes the name from a generation that was superseded durably: its file is kept for the next put, or
    /// removed.
    pub(super) fn recycle(
        &self,
        dir: &dyn Dir,
        key: Key,
        generation: u64,
        bytes: u64,
        change: &mut Totals,
    ) {
        let mut kept = None;
        if self.keeps_spares(dir) {
            let budget = self.settings.size_budget.unwrap_or(u64::MAX);
            let most = MOST_BYTES.min(budget / SHARE_OF_BUDGET);
            let (again, gone) = self.spares.is_replaced_again(key);
            self.discard_spares(gone, change);
            let part = part_name().ok().filter(|_| again && rounded(bytes) <= most);
            let rename = |part: &String| {
                fs::retry(|| dir.rename(&sealed_name(generation), dir, part)).is_ok()
            };
            kept = part
                .filter(rename)
                .map(|part| (Spare { part, bytes }, most));
        }
        match kept {
            Some((spare, most)) => {
                let gone = self.spares.keep(key, spare, most);
                self.discard_spares(gone, change);
            }
            None => {
                super::remove::unlink_of(dir, generation, bytes, change);
            }
        }
    }

    /// The file that is kept for a key, if so many bytes go into it: open, with the name it has now. What it
    /// held may be longer.
    pub(super) fn take_spare(
        &self,
        dir: &dyn Dir,
        key: Key,
        bytes: u64,
        change: &mut Totals,
    ) -> Option<(Box<dyn File>, String)> {
        let spare = self.spares.take(key)?;
        if rounded(spare.bytes) != rounded(bytes) {
            unlink(dir, &spare, change);
            return None;
        }
        let part = part_name().ok()?;
        // A walk may have taken it for a leaving, and counts anew; or another took it.
        fs::retry(|| dir.rename(&spare.part, dir, &part)).ok()?;
        change.remove_file(spare.bytes);
        let open = || -> io::Result<Box<dyn File>> {
            let file = fs::retry(|| dir.open_write(&part))?;
            let stat = fs::retry(|| file.stat())?;
            // One that a crash or another gave a second name is not written to.
            let is_alone = stat.kind == NodeKind::File && stat.links == 1;
            match is_alone && stat.len == spare.bytes {
                true => Ok(file),
                false => Err(io::ErrorKind::Other.into()),
            }
        };
        match open() {
            Ok(file) => Some((file, part)),
            Err(_) => {
                let _ = dir.unlink(&part);
                None
            }
        }
    }

    /// Removes what is kept for a key.
    pub(super) fn drop_spare(&self, dir: &dyn Dir, key: Key, change: &mut Totals) {
        if let Some(spare) = self.spares.take(key) {
            unlink(dir, &spare, change);
        }
    }

    /// Removes all that is kept; whether there was any.
    pub(in crate::store) fn drop_spares(&self) -> bool {
        let all = self.spares.with(std::mem::take);
        let mut change = Totals::default();
        let kept = all.into_iter().filter_map(|(key, s)| Some((key, s?)));
        self.discard_spares(kept, &mut change);
        let is_some = change != Totals::default();
        if is_some {
            self.ledger.add(self.root().as_ref(), change);
        }
        is_some
    }

    fn discard_spares(&self, spares: impl IntoIterator<Item = (Key, Spare)>, change: &mut Totals) {
        for (key, spare) in spares {
            if let Ok(Some(dir)) = self.open_key_dir(key) {
                unlink(dir.as_ref(), &spare, change);
            }
        }
    }
}

#[cfg(test)]
impl Inner {
    /// Makes this handle know what another keeps, as a forked child does.
    pub(in crate::store) fn inherit_spares(&self, of: &Inner) {
        let kept = of.spares.with(|known| known.clone());
        self.spares.with(|known| *known = kept);
    }

    /// Whether there is a file for so many bytes under a key; that is taken.
    pub(in crate::store) fn takes_spare(&self, dir: &dyn Dir, key: Key, bytes: u64) -> bool {
        let taken = self.take_spare(dir, key, bytes, &mut Totals::default());
        taken.is_some()
    }
}

fn unlink(dir: &dyn Dir, spare: &Spare, change: &mut Totals) {
    if fs::retry(|| dir.unlink(&spare.part)).is_ok() {
        change.remove_file(spare.bytes);
    }
}
