//! Links: one answer, found under other keys as well.
//!
//! A link is an empty file in another key's directory. Its name says all there is to say: the run, its
//! key, and when the run was written. So it is there whole or not at all, takes no bytes, and no other
//! engine reads it. It is made once the answer is durable, and leads nowhere once the answer is gone:
//! then it is passed over. Who removes an answer removes the links it knows from the metadata; those a
//! crash, or another engine, left behind go with a walk.
//!
//! Each key has at most [`MOST`] links. They are found by "latest", so that the oldest are asked for only
//! when all newer ones lead nowhere.

use super::entry::{Entry, Source};
use super::metadata::{Durability, Kind, Metadata};
use super::names::{directory_of, Link};
use super::publish::DIRECTORY_ATTEMPTS;
use super::rank::{choose, Lookup, Rank};
use super::remove::unlink;
use super::scan::{read_metadata, Known, Read, Scan};
use super::slot::Slot;
use super::totals::Totals;
use super::Inner;
use crate::error::{Error, ErrorKind, Result};
use crate::fs::{self, Dir, Timestamp};
use crate::key::Key;
use std::io;
use std::sync::Arc;

/// Most seed keys of a session.
pub const SEED_KEYS: usize = 16;
/// Links under one key; older ones go when another is made.
pub(super) const MOST: usize = 32;

impl Inner {
    /// Makes what `slot` holds findable under each of `seeds`, as durably as it is stored.
    pub(crate) fn link_slot(self: &Arc<Self>, slot: &Slot, seeds: &[Key]) -> Result<()> {
        let link = Link {
            written: slot.last_written,
            key: slot.key,
            run_id: slot.run_id.clone(),
        };
        let seeds = seeds.iter().filter(|seed| **seed != slot.key);
        let mut made = Vec::new();
        let done = seeds
            .into_iter()
            .try_for_each(|seed| {
                made.push((*seed, self.name_link(*seed, &link)?));
                Ok(())
            })
            .and_then(|()| self.sync_links(&link, &made));
        let mut change = Totals::default();
        for (seed, dir) in &made {
            if done.is_ok() {
                change.add_file(0);
                // What cannot be removed now goes with the next link, or with a walk.
                let _ = drop_older(dir.as_ref(), &link, &mut change);
            } else {
                // What a failed sync leaves behind is not trusted.
                let _ = dir.unlink(&link.name());
                let _ = self.root().remove_dir(directory_of(*seed).as_str());
            }
        }
        self.account(change, Some((slot.key, &slot.run_id)));
        done
    }

    /// Names the link under `seed`; returns the directory.
    fn name_link(&self, seed: Key, link: &Link) -> Result<Arc<dyn Dir>> {
        let name = link.name();
        let mut attempt = 0;
        loop {
            let dir = self.create_key_dir(seed)?.0;
            match fs::retry(|| dir.create_new(&name)) {
                Ok(_) => return Ok(dir),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => return Ok(dir),
                // Another engine removed the directory, which was empty.
                Err(e) if fs::is_absent(&e) && attempt < DIRECTORY_ATTEMPTS => {
                    fs::back_off(attempt);
                    attempt += 1;
                }
                Err(e) => return Err(linking(link, seed, e)),
            }
        }
    }

    /// Makes the names durable: those of the directories in the root once for all.
    fn sync_links(&self, link: &Link, made: &[(Key, Arc<dyn Dir>)]) -> Result<()> {
        if self.settings.durability != Durability::Full {
            return Ok(());
        }
        let Some(((last, last_dir), others)) = made.split_last() else {
            return Ok(());
        };
        for (seed, dir) in others {
            fs::synced(|| dir.sync()).map_err(|e| linking(link, *seed, e))?;
        }
        self.sync_names(last_dir.as_ref())
            .map_err(|e| linking(link, *last, e))
    }

    /// The newest of what is stored under `seed` itself and of what is found there, but for what lies
    /// under `own`. `accept` is asked about each, in order; what it refuses is passed over.
    pub(crate) fn lookup_seed(
        &self,
        (level, seed): (u8, Key),
        own: Key,
        direct: Option<Entry>,
        accept: impl Fn(&Entry) -> bool,
    ) -> Result<Option<Entry>> {
        let mut direct = direct.filter(&accept);
        let mut unreadable = None;
        let seeded = |e: Entry| Some(e.with_source(Source::Seed(level)));
        for link in self.links_under(seed)? {
            if link.key == own {
                continue;
            }
            if let Some(direct) = direct.take_if(|d| !is_newer(&link, d)) {
                return Ok(seeded(direct));
            }
            match self.lookup_run(link.key, &link.run_id) {
                Ok(Some(entry)) if accept(&entry) => return Ok(seeded(entry)),
                Ok(_) => {}
                Err(e) if matches!(e.kind(), ErrorKind::Corrupt | ErrorKind::Incompatible) => {}
                // No reason for not looking further, but for saying so when nothing else is found.
                Err(e) => unreadable = unreadable.or(Some(e)),
            }
        }
        match (direct, unreadable) {
            (None, Some(e)) => Err(e),
            (direct, _) => Ok(direct.and_then(seeded)),
        }
    }

    /// The links under a key, newest first.
    fn links_under(&self, seed: Key) -> Result<Vec<Link>> {
        let Some((_, scan)) = self.scan_key(seed)? else {
            return Ok(Vec::new());
        };
        let mut links = scan.links;
        links.sort_by(|a, b| b.cmp(a));
        Ok(links)
    }

    /// The newest run that is here and linked under a key: its key and name.
    #[cfg(feature = "remote")]
    pub(crate) fn linked(&self, seed: Key) -> Option<(Key, String)> {
        let links = self.links_under(seed).ok()?;
        let root = self.root();
        let dead = self.dead_links(root.as_ref(), &links);
        let link = links.iter().find(|link| !dead.contains(link))?;
        Some((link.key, link.run_id.clone()))
    }

    /// The links to a run that is about to be removed, by its newest metadata, with their directories.
    pub(super) fn links_to(
        &self,
        dir: &dyn Dir,
        scan: &Scan,
        key: Key,
        run_id: &str,
    ) -> Vec<Found> {
        let stems = scan.metadata.iter().filter(|s| s.run_id() == run_id);
        let all = stems.flat_map(|stem| match read_metadata(dir, scan, stem) {
            Ok(Read::Is(known)) => links_of(key, &known.metadata, run_id),
            _ => Vec::new(),
        });
        all.collect()
    }

    /// Removes links to what is gone, as far as the system lets it: a walk removes the rest.
    pub(super) fn unlink_all(&self, root: &dyn Dir, found: &[Found], change: &mut Totals) {
        for Found { under, link } in found {
            let name = directory_of(*under);
            let Ok(dir) = fs::retry(|| root.open_dir(name.as_str())) else {
                continue;
            };
            if unlink(dir.as_ref(), &link.name(), change).is_ok_and(|gone| gone) {
                let _ = root.remove_dir(name.as_str());
            }
        }
    }

    /// The links that lead nowhere, of those a directory has.
    pub(super) fn dead_links<'a>(&self, root: &dyn Dir, links: &'a [Link]) -> Vec<&'a Link> {
        let mut known: Option<(Key, Scan)> = None;
        let mut by_key: Vec<&Link> = links.iter().collect();
        by_key.sort_by_key(|l| l.key);
        by_key.retain(|link| {
            if known.as_ref().map_or(true, |(key, _)| *key != link.key) {
                let name = directory_of(link.key);
                let scan = match fs::retry(|| root.open_dir(name.as_str())) {
                    Ok(dir) => Scan::read(dir.as_ref()),
                    Err(e) => Err(e),
                };
                known = match scan {
                    Ok(scan) => Some((link.key, scan)),
                    Err(e) if fs::is_missing(&e) => Some((link.key, Scan::default())),
                    // What cannot be looked at may be there.
                    Err(_) => None,
                };
            }
            let target = known.as_ref().map(|(_, scan)| scan);
            target.is_some_and(|scan| !scan.has_whole_run(&link.run_id))
        });
        by_key
    }
}

fn linking(link: &Link, seed: Key, e: io::Error) -> Error {
    let (run_id, key) = (&link.run_id, link.key);
    let attempt = format!("making run {run_id} of key {key} findable under key {seed}");
    Error::from_io(attempt, e)
}

/// A link, and the key it lies under.
pub(super) struct Found {
    under: Key,
    link: Link,
}

/// The links that were made to the run of this metadata.
pub(super) fn links_of(key: Key, metadata: &Metadata, run_id: &str) -> Vec<Found> {
    let link = |under| Found {
        under,
        link: Link {
            written: metadata.written(),
            key,
            run_id: run_id.to_owned(),
        },
    };
    metadata.seed_keys().into_iter().map(link).collect()
}

/// The same of what a walk knows.
pub(super) fn links_of_known(key: Key, known: &Known) -> Vec<Found> {
    links_of(key, &known.metadata, known.stem.run_id())
}

/// Whether what a link leads to is later than an entry; answers are linked.
fn is_newer(link: &Link, than: &Entry) -> bool {
    let info = than.info();
    let ranks = [
        Rank {
            objective: None,
            kind: info.kind,
            written: Timestamp {
                secs: info.written_unix_secs,
                nanos: info.written_nanos,
            },
            stem: than.run_id(),
        },
        Rank {
            objective: None,
            kind: Kind::Final,
            written: link.written,
            stem: &link.run_id,
        },
    ];
    choose(Lookup::Latest, &ranks) == Some(1)
}

/// Removes what `by` supersedes: links to the same run as it was before, and the oldest where there are
/// too many.
fn drop_older(dir: &dyn Dir, by: &Link, change: &mut Totals) -> io::Result<()> {
    let mut links = Scan::read(dir)?.links;
    links.sort_by(|a, b| b.cmp(a));
    let same_run = |l: &Link| l.key == by.key && l.run_id == by.run_id;
    let mut kept = 0;
    for link in links {
        if link == *by || kept < MOST && !(same_run(&link) && link < *by) {
            kept += 1;
        } else {
            unlink(dir, &link.name(), change)?;
        }
    }
    Ok(())
}

impl super::Store {
    /// Where a run of `key` is found besides, for messages and tests: the links under `key`.
    #[cfg(test)]
    pub(crate) fn links(&self, key: Key) -> Vec<String> {
        let links = self.inner.links_under(key).unwrap();
        links.iter().map(Link::name).collect()
    }
}
