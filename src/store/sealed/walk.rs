//! What a walk does with sealed entries: it removes the dead, what was superseded and old tombstones,
//! and reports damage.

use super::gone::Gone;
use super::labels::drop_strays;
use super::read::{list, open_sealed, Found, State, View};
use super::remove::{unlink_life, unlink_sealed};
use super::{is_dead, unix_ms, SealedEntry, SealedRead};
use crate::error::{shown, Error, Result};
use crate::fs::{self, Dir, Timestamp};
use crate::key::Key;
use crate::store::aside::set_file_aside;
use crate::store::check::{Action, Problem};
use crate::store::evict::Evictable;
use crate::store::names::{sealed_name, Stem};
use crate::store::progress::Progress;
use crate::store::scan::{failed, Read};
use crate::store::totals::Totals;
use crate::store::walk::{Walk, DAMAGE_GRACE_SECONDS};
use crate::store::{Durability, Inner};
use crate::sync::atomic::Ordering;
use sha2::{Digest, Sha256};

/// Longer than anyone acts upon a listing.
const TOMBSTONE_SECONDS: f64 = 60.0;
/// What is read at once of a payload that is only checked.
const PIECE: usize = 256 * 1024;

/// Verifies the payload of a generation piece by piece. An error when the work is cancelled meanwhile.
fn check_sealed(dir: &dyn Dir, generation: u64, progress: &Progress) -> Result<Read<()>> {
    let opened = match open_sealed(dir, generation)? {
        Read::Is(Found::Generation(opened)) => opened,
        Read::Is(Found::Tombstone) | Read::Gone => return Ok(Read::Gone),
        Read::Foreign(version) => return Ok(Read::Foreign(version)),
        Read::Damaged(why) => return Ok(Read::Damaged(why)),
        Read::Unreadable(e) => return Ok(Read::Unreadable(e)),
    };
    let metadata = &opened.front.metadata;
    let mut left = metadata.payload_bytes();
    let mut at = opened.front.payload_at;
    let mut piece = vec![0; PIECE.min(usize::try_from(left).unwrap_or(PIECE))];
    let mut hash = Sha256::new();
    while left > 0 {
        if progress.is_cancelled() {
            let path = dir.path().join(sealed_name(generation));
            return Err(Error::new(
                crate::error::ErrorKind::Io,
                format!("checking {}", shown(&path)),
                "it was cancelled",
                "Start again; what was done stays done",
            ));
        }
        let most = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let n = match fs::retry(|| opened.file.read_at(&mut piece[..most], at)) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) => return failed(dir, &sealed_name(generation), e),
        };
        hash.update(&piece[..n]);
        at += n as u64;
        left -= n as u64;
        progress.bytes_read(n as u64);
    }
    let found: [u8; 32] = hash.finalize().into();
    Ok(if left == 0 && found == metadata.checksum() {
        Read::Is(())
    } else {
        Read::Damaged("its payload does not match its checksum".into())
    })
}

fn timestamp(unix_ms: i64) -> Timestamp {
    Timestamp {
        secs: unix_ms.div_euclid(1000),
        nanos: unix_ms.rem_euclid(1000) as u32 * 1_000_000,
    }
}

impl Walk<'_> {
    /// Walks the sealed entry of a key; true when there is one, and it stays.
    pub(in crate::store) fn sealed_key(
        &mut self,
        root: &dyn Dir,
        dir: &dyn Dir,
        key: Key,
    ) -> Result<bool> {
        let view = self.store.view(dir, key, SealedRead::Front)?;
        let mut damaged: Vec<(u64, Problem, String)> = Vec::new();
        for (generation, why) in &view.damaged {
            damaged.push((*generation, Problem::Metadata, why.clone()));
        }
        if let Some(entry) = view.entry() {
            if self.looks_at_payloads() {
                match check_sealed(dir, entry.generation, self.progress)? {
                    Read::Is(()) | Read::Foreign(_) => {}
                    Read::Gone => return Ok(true),
                    // Superseded, and written over.
                    Read::Damaged(_) if list(dir).is_ok_and(|now| now != view.names) => {
                        return Ok(true)
                    }
                    Read::Damaged(why) => damaged.push((entry.generation, Problem::Payload, why)),
                    Read::Unreadable(e) => {
                        self.report.note(
                            Some(key),
                            "",
                            Problem::Unreadable,
                            Action::Nothing,
                            || e.to_string(),
                        );
                    }
                }
            }
        }
        self.progress.entry_done();
        if !damaged.is_empty() {
            return Ok(self.sealed_damage(root, dir, key, &damaged));
        }
        Ok(match &view.state {
            State::Nothing => {
                self.drop_lives(dir, &view, 0);
                false
            }
            State::Removed => {
                self.tombstone(dir, &view);
                false
            }
            State::Dead(entry) => self.sealed_entry(root, dir, key, &view, entry, true),
            State::Alive(entry) => self.sealed_entry(root, dir, key, &view, entry, false),
        })
    }

    fn is_settled(&self, changed: Timestamp, seconds: f64) -> bool {
        self.now.seconds_since(changed) >= seconds
    }

    /// An intact entry: true when it stays.
    fn sealed_entry(
        &mut self,
        root: &dyn Dir,
        dir: &dyn Dir,
        key: Key,
        view: &View,
        entry: &SealedEntry,
        dead: bool,
    ) -> bool {
        let older = view.names.sealed.len() as u64 - 1;
        self.report.intact += 1;
        self.report.superseded += older;
        self.report.payload_bytes += entry.stored_bytes;
        self.note_nonces(dir, view, entry);
        if !self.acts() && !self.has_limits() {
            return true;
        }
        let now = unix_ms(self.now);
        let spared = self.just_written == Some((key, ""));
        let ended = |e: &SealedEntry| is_dead(&e.fields, e.accessed_unix_ms, now);
        if !self.acts() && (dead || ended(entry)) {
            self.planned.add_file(entry.file_bytes);
            self.report
                .note(Some(key), "", Problem::Expired, Action::Nothing, || {
                    "a cache entry whose life is over".into()
                });
            return false;
        }
        if self.has_limits() && !spared && (dead || ended(entry)) {
            let still = |v: &View| match &v.state {
                State::Dead(e) => e.generation == entry.generation,
                State::Alive(e) => e.generation == entry.generation && ended(e),
                _ => false,
            };
            if let Ok(Some(_)) = self.store.bury(root, key, still) {
                let expirations = &self.store.counters.expirations;
                expirations.fetch_add(1, Ordering::Relaxed);
                self.report
                    .note(Some(key), "", Problem::Expired, Action::Removed, || {
                        "a cache entry whose life was over".into()
                    });
                return false;
            }
        }
        if self.acts() {
            if older > 0 {
                self.drop_older(dir, view, entry);
            }
            self.drop_lives(dir, view, entry.generation);
        }
        if !self.has_limits() {
            return true;
        }
        let mut weight = Totals::default();
        weight.add_file(entry.file_bytes);
        let labels = entry.fields.tags.len() + entry.fields.dependencies.len();
        (0..labels).for_each(|_| weight.add_file(0));
        let fits = !self.settings.is_exceeded_by(&weight);
        self.candidates.count(weight);
        if !spared {
            let used = timestamp(entry.accessed_unix_ms);
            self.candidates.add(Evictable {
                protected: false,
                fits,
                priority: entry.fields.priority,
                last_activity: used.min(self.now),
                key,
                newest: Stem::sealed(entry.generation),
                last_used: used,
            });
        }
        true
    }

    /// Whose files of labels are not strays.
    fn note_nonces(&mut self, dir: &dyn Dir, view: &View, entry: &SealedEntry) {
        if !self.has_labels {
            return;
        }
        self.nonces.insert(entry.fields.nonce);
        let older = view.names.sealed.iter().filter(|g| **g < entry.generation);
        for &generation in older {
            if let Ok(Read::Is(Found::Generation(opened))) = open_sealed(dir, generation) {
                let fields = opened.front.metadata.into_cache();
                self.nonces.extend(fields.map(|f| f.nonce));
            }
        }
    }

    /// Generations whose writer died before it removed them. The newest must be whole and durable first;
    /// one written without syncing supersedes only its like.
    fn drop_older(&mut self, dir: &dyn Dir, view: &View, newest: &SealedEntry) {
        let durability = |generation| super::read::durability_of(dir, generation);
        let full = durability(newest.generation) == Some(Durability::Full);
        let whole = check_sealed(dir, newest.generation, self.progress);
        if !matches!(whole, Ok(Read::Is(()))) || fs::synced(|| dir.sync()).is_err() {
            return;
        }
        for &generation in &view.names.sealed {
            let is_older = generation < newest.generation;
            if is_older && (full || durability(generation) != Some(Durability::Full)) {
                let gone = unlink_sealed(dir, generation, &mut Totals::default());
                self.report.removed += u64::from(gone);
            }
        }
    }

    /// Lives of generations that are not the newest; one of those that stay beside it goes with them.
    fn drop_lives(&mut self, dir: &dyn Dir, view: &View, newest: u64) {
        if !self.acts() {
            return;
        }
        for &generation in view.names.lives.iter().filter(|g| **g != newest) {
            if newest == 0 || !view.names.sealed.contains(&generation) {
                unlink_life(dir, generation, &mut Totals::default());
            }
        }
    }

    /// Removes what a tombstone is over, and the tombstone once nobody can act upon a listing of before.
    fn tombstone(&mut self, dir: &dyn Dir, view: &View) {
        if !self.acts() {
            return;
        }
        let highest = view.names.highest();
        let Ok(stat) = dir.stat_at(&sealed_name(highest)) else {
            return;
        };
        let is_old = self.is_settled(stat.modified.max(stat.changed), TOMBSTONE_SECONDS);
        let older = &view.names.sealed[1..];
        if older.is_empty() && view.names.lives.is_empty() && !is_old {
            return;
        }
        // Whatever was removed before must not come back where there is no tombstone any more.
        if fs::synced(|| dir.sync()).is_err() {
            return;
        }
        for &generation in older {
            let gone = unlink_sealed(dir, generation, &mut Totals::default());
            self.report.removed += u64::from(gone);
        }
        self.drop_lives(dir, view, 0);
        // What has just gone is not durable: the next walk, then.
        if is_old && older.is_empty() && view.names.lives.is_empty() {
            // Nobody is about to name the next one: that would outrank one that is put as the first.
            let held = self.store.hold(dir, highest);
            if list(dir).is_ok_and(|names| names.is_only(highest)) {
                unlink_sealed(dir, highest, &mut Totals::default());
            }
            drop(held);
        }
    }

    /// Reports damage; once it is settled, it is set aside and the key is empty. True while something stays.
    fn sealed_damage(
        &mut self,
        root: &dyn Dir,
        dir: &dyn Dir,
        key: Key,
        damaged: &[(u64, Problem, String)],
    ) -> bool {
        let highest = damaged.iter().map(|d| d.0).max().unwrap_or(0);
        let settled = damaged.iter().all(|(generation, ..)| {
            dir.stat_at(&sealed_name(*generation)).map_or(true, |s| {
                self.is_settled(s.changed.max(s.modified), DAMAGE_GRACE_SECONDS)
            })
        });
        let action = if !self.acts() {
            Action::Nothing
        } else if !settled {
            Action::Waits
        } else {
            // What it superseded is not the answer for good.
            let unchanged = |v: &View| v.names.highest() == highest;
            let mut aside = |dir: &dyn Dir| {
                for (generation, _, why) in damaged {
                    let _ = set_file_aside(root, dir, key, &sealed_name(*generation), why);
                }
            };
            match self.store.bury_with(root, key, unchanged, &mut aside) {
                Ok(Some(_)) => Action::MovedAside,
                Ok(None) => Action::Waits,
                Err(_) => Action::Failed,
            }
        };
        for (generation, problem, why) in damaged {
            self.report.note(Some(key), "", *problem, action, || {
                let path = dir.path().join(sealed_name(*generation));
                format!("{}: {why}", shown(&path))
            });
        }
        action != Action::MovedAside
    }

    /// Files of labels that stand for nothing any more. `seen` is false where a key could not be read.
    pub(in crate::store) fn stray_labels(&mut self, root: &dyn Dir) {
        let begun = self.now;
        let is_old = |changed: Timestamp| begun.seconds_since(changed) >= DAMAGE_GRACE_SECONDS;
        if let Ok(removed) = drop_strays(root, &self.nonces, &is_old) {
            self.report.removed += removed;
        }
    }
}

impl Inner {
    /// Removes what was invalidated, as a part of a walk: what is left is counted afterwards.
    pub(in crate::store) fn collect_gone_quietly(&self, root: &dyn Dir, now: Timestamp) {
        let _ = self.collect_gone_into(root, Gone::OlderThan(now), &mut Totals::default());
    }
}
