//! Keeping alive what is used: the access stamp.
//!
//! A lookup writes nothing, but for this: once the stamp on the disk is older than a 32nd of the
//! time to live (at most a day), it is renewed, so that an entry used daily by processes that do
//! not live long lives on.
//!
//! Metadata of ours is rewritten under a new file and renamed over the old one. Its contents are
//! synced first: a name that became durable before the contents would cost the entry. Metadata that
//! another engine owns is left alone, because that engine may be replacing the pair right now; its
//! stamp is the modification time of an empty file beside it.

use super::entry::Stored;
use super::names::part_name;
use super::totals::Totals;
use super::Inner;
use crate::error::Result;
use crate::fs::{self, Dir, Timestamp};
use std::io;
use std::sync::Arc;

/// A day, in seconds.
const LONGEST_INTERVAL: f64 = 86_400.0;
/// The share of the time to live that a stamp may be late.
const SHARE_OF_TTL: f64 = 1.0 / 32.0;

impl Inner {
    /// Renews the access stamp where it is due. A stamp that cannot be written costs nothing but
    /// life: the lookup it belongs to has its answer.
    pub(super) fn note_reuse(self: &Inner, stored: &Arc<Stored>) {
        let Some(ttl) = self
            .settings
            .ttl_seconds
            .filter(|_| !self.settings.read_only)
        else {
            return;
        };
        let now = self.fs.now();
        let due = (ttl * SHARE_OF_TTL).min(LONGEST_INTERVAL);
        if now.seconds_since(stored.last_activity) <= due {
            return;
        }
        if let Ok(Some(dir)) = self.open_key_dir(stored.key) {
            let ours = stored.stem.is_ours() || stored.metadata.is_ours();
            let _ = if ours {
                rewrite(dir.as_ref(), stored, now)
            } else {
                self.stamp_beside(dir.as_ref(), stored)
            };
        }
    }

    fn stamp_beside(&self, dir: &dyn Dir, stored: &Stored) -> io::Result<()> {
        let name = stored.stem.reused();
        if dir.stat_at(&name).is_err() {
            let mut change = Totals::default();
            change.add_file(0);
            self.ledger.add(self.root().as_ref(), change);
        }
        fs::retry(|| dir.open_or_create(&name))?.touch()
    }
}

fn rewrite(dir: &dyn Dir, stored: &Stored, now: Timestamp) -> Result<(), io::Error> {
    let contents = stored
        .metadata
        .with_access(now)
        .to_bytes()
        .map_err(io::Error::other)?;
    let name = stored.stem.metadata();
    let part = part_name().map_err(io::Error::other)?;
    let file = fs::retry(|| dir.create_new(&part))?;
    let renamed = fs::write_all(file.as_ref(), &contents)
        .and_then(|()| fs::synced(|| file.sync()))
        .and_then(|()| dir.stat_at(&name).map(drop))
        .and_then(|()| fs::retry(|| dir.rename(&part, dir, &name)));
    if renamed.is_err() {
        let _ = dir.unlink(&part);
        return renamed;
    }
    // Removed meanwhile: what we put back has no payload any more.
    if matches!(dir.stat_at(&stored.stem.payload()), Err(e) if fs::is_missing(&e)) {
        dir.unlink(&name)?;
    }
    Ok(())
}
