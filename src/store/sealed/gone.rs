//! Invalidating labels: the directory of each is moved away, and what it lists is removed afterwards.

use super::labels::below_auxiliary;
use super::read::View;
use crate::error::{shown, Error, Result};
use crate::fs::{self, Dir, Timestamp};
use crate::key::Key;
use crate::store::auxiliary::{auxiliary_or_create, open_or_create_dir};
use crate::store::names::{
    directory_of, gone_name, label_of_gone, parse_label_name, AUXILIARY, GONE, LABELS,
};
use crate::store::totals::Totals;
use crate::store::{Durability, Inner};
use crate::sync::without_signals;
use std::io;
use std::sync::Arc;
use std::thread;

impl Inner {
    pub(super) fn invalidate_labels(
        self: &Arc<Inner>,
        ids: &[Key],
        seen: &mut dyn FnMut(&[LabelledPut]),
    ) -> Result<Vec<String>> {
        self.check_writable(|| "invalidating labels".into())?;
        let path = self.path.join(AUXILIARY).join(LABELS);
        let failed = |e| Error::from_io(format!("invalidating labels in {}", shown(&path)), e);
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let root = self.root();
        let labels = below_auxiliary(root.as_ref(), LABELS).map_err(failed)?;
        let Some(labels) = labels.filter(|_| !ids.is_empty()) else {
            return Ok(Vec::new());
        };
        let own = auxiliary_or_create(root.as_ref()).map_err(failed)?;
        let mut moved = Vec::new();
        let gone = move_away(own.as_ref(), labels.as_ref(), &ids, &mut moved);
        let full = self.settings.durability == Durability::Full;
        let listed = gone.and_then(|gone| {
            // That the lists are where they were moved to need not be durable: the labels are gone if they are
            // not, too, and a walk finds what had them. What another moved away, and died before it was
            // durable, must not come back either.
            let settle = || match full {
                true => self.settle_labels(labels.as_ref()),
                false => Ok(()),
            };
            let list = || {
                let puts = list_puts(gone.as_ref(), &moved);
                puts.map(|puts| seen(&puts))
            };
            let (puts, settled) = self.beside(full, settle, list);
            settled.map(|()| puts)
        });
        match listed {
            Ok(puts) => puts.map_err(failed)?,
            Err(e) => {
                // A later sync would not make good what this one has failed to; a later move would.
                move_back(own.as_ref(), labels.as_ref(), &moved);
                return Err(failed(e));
            }
        }
        Ok(moved.into_iter().map(|(_, name)| name).collect())
    }

    /// Does `sync` on another thread, if it is worth one, and `work` on this one meanwhile: who waits for a disk
    /// takes nothing of a processor.
    fn beside<T>(
        &self,
        is_worth_it: bool,
        sync: impl Fn() -> io::Result<()> + Sync,
        work: impl FnOnce() -> T,
    ) -> (T, io::Result<()>) {
        if !is_worth_it || !self.fs.allows_background() {
            let synced = sync();
            return (work(), synced);
        }
        thread::scope(|scope| {
            let thread = thread::Builder::new().name("warmstart-sync".into());
            let synced = without_signals(|| thread.spawn_scoped(scope, &sync));
            let done = work();
            let synced = match synced {
                Ok(thread) => thread
                    .join()
                    .unwrap_or_else(|_| Err(io::Error::other("a thread came to nothing"))),
                // No thread is to be had: then here.
                Err(_) => sync(),
            };
            (done, synced)
        })
    }

    /// Makes durable which labels there are not.
    fn settle_labels(&self, labels: &dyn Dir) -> io::Result<()> {
        let stat = fs::retry(|| labels.stat())?;
        let known = *self.durable_labels();
        if labels.is_local() && known == Some((stat.inode, stat.modified, stat.changed)) {
            return Ok(());
        }
        fs::synced(|| labels.sync())
    }

    pub(super) fn collect_gone(self: &Arc<Inner>, which: Gone<'_>) -> Result<()> {
        self.check_writable(|| "removing what was invalidated".into())?;
        let mut change = Totals::default();
        let done = self.collect_gone_into(self.root().as_ref(), which, &mut change);
        self.account(change, None);
        done
    }

    /// Removes what was invalidated: the entries first, so that a crash in between leaves the list of them.
    pub(super) fn collect_gone_into(
        &self,
        root: &dyn Dir,
        which: Gone<'_>,
        change: &mut Totals,
    ) -> Result<()> {
        let path = self.path.join(AUXILIARY).join(GONE);
        let failed = |e| {
            Error::from_io(
                format!("removing what was invalidated in {}", shown(&path)),
                e,
            )
        };
        let Some(gone) = below_auxiliary(root, GONE).map_err(failed)? else {
            return Ok(());
        };
        let labels = below_auxiliary(root, LABELS).map_err(failed)?;
        for item in fs::retry(|| gone.list()).map_err(failed)? {
            let dir = match gone.open_dir(&item.name) {
                Ok(dir) => dir,
                Err(_) => continue,
            };
            // A crash may have left a directory both names: then it is still the label's.
            let own = label_of_gone(&item.name).zip(labels.as_ref());
            let own = own.and_then(|(id, l)| l.stat_at(directory_of(id).as_str()).ok());
            let stat = fs::retry(|| dir.stat()).map_err(failed)?;
            if own.is_some_and(|s| s.inode == stat.inode) {
                continue;
            }
            let is_due = match which {
                Gone::Moved(names) => names.contains(&item.name),
                Gone::OlderThan(now) => now.seconds_since(stat.changed) >= GONE_GRACE_SECONDS,
                Gone::All => true,
            };
            if !is_due {
                continue;
            }
            for file in fs::retry(|| dir.list()).map_err(failed)? {
                if let Some((key, nonce)) = parse_label_name(&file.name) {
                    let dead = |view: &View| {
                        view.alive().is_none()
                            && view.entry().is_some_and(|e| e.fields.nonce == nonce)
                    };
                    if let Some(buried) = self.bury(root, key, dead)? {
                        *change = change.and(buried);
                    }
                    // Whoever invalidated it may not have come to see it.
                    self.leave(key, &mut || {});
                }
                match fs::retry(|| dir.unlink(&file.name)) {
                    Ok(()) => change.remove_file(0),
                    Err(e) if fs::is_missing(&e) => {}
                    Err(e) => return Err(failed(e)),
                }
            }
            // A put that had it open may be adding to it: the next time, then.
            let _ = gone.remove_dir(&item.name);
        }
        Ok(())
    }
}

/// Key and nonce of a put that had a label, and that label. The put may have been superseded before, or
/// invalidated by another label and not collected yet.
pub(crate) type LabelledPut = (Key, u64, Key);

/// What is in the lists of labels that were moved away, in order.
fn list_puts(gone: &dyn Dir, moved: &[(Key, String)]) -> io::Result<Vec<LabelledPut>> {
    let mut puts = Vec::new();
    for (label, name) in moved {
        let dir = match gone.open_dir(name) {
            Ok(dir) => dir,
            // Collected already: then this took longer than anything is left alone.
            Err(e) if fs::is_missing(&e) => continue,
            Err(e) => return Err(e),
        };
        let before = puts.len();
        fs::retry(|| {
            puts.truncate(before);
            dir.each_name(&mut |name, _| {
                puts.extend(parse_label_name(name).map(|(key, nonce)| (key, nonce, *label)));
                true
            })
        })?;
    }
    puts.sort_unstable();
    puts.dedup();
    Ok(puts)
}

/// Which lists of what was invalidated are collected.
#[derive(Clone, Copy)]
pub(crate) enum Gone<'a> {
    /// One's own, once they were read.
    Moved(&'a [String]),
    /// Those of who may have died.
    OlderThan(Timestamp),
    #[cfg_attr(not(test), allow(dead_code))]
    All,
}

/// How long a list is left to who moved it: it tells other processes what does not hold any more.
const GONE_GRACE_SECONDS: f64 = 60.0;

/// Moves the directories of labels away, as far as they are there, and notes their names.
fn move_away(
    own: &dyn Dir,
    labels: &dyn Dir,
    ids: &[Key],
    moved: &mut Vec<(Key, String)>,
) -> io::Result<Arc<dyn Dir>> {
    let (gone, _) = open_or_create_dir(own, GONE)?;
    for id in ids {
        let name = gone_name(*id).map_err(io::Error::other)?;
        match fs::retry(|| labels.rename(directory_of(*id).as_str(), gone.as_ref(), &name)) {
            Ok(()) => moved.push((*id, name)),
            Err(e) if fs::is_missing(&e) => {}
            Err(e) => {
                move_back(own, labels, moved);
                moved.clear();
                return Err(e);
            }
        }
    }
    Ok(gone)
}

fn move_back(own: &dyn Dir, labels: &dyn Dir, moved: &[(Key, String)]) {
    let Ok(gone) = own.open_dir(GONE) else {
        return;
    };
    for (id, name) in moved {
        // Not over what was put since: that may be empty, and would be replaced.
        let id = directory_of(*id);
        if labels.stat_at(id.as_str()).is_err() {
            let _ = gone.rename(name, labels, id.as_str());
        }
    }
}
