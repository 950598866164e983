//! Damage that was moved out of the way, for people to look at: it counts in the budget and is
//! evicted before anything else.
//!
//! A pair goes to a directory of its key below the auxiliary one, under names no engine consumes.

use super::auxiliary::{auxiliary, auxiliary_or_create, open_or_create_dir};
use super::names::{directory_of, random_u64, Stem, ASIDE};
use crate::fs::{self, Dir, NodeKind, Timestamp};
use crate::key::Key;
use std::io;
use std::sync::Arc;

/// A file that was set aside.
pub(super) struct Aside {
    directory: String,
    name: String,
    pub len: u64,
    pub changed: Timestamp,
}

/// What tells a file from another that took its name.
fn identity(dir: &dyn Dir, name: &str) -> Option<(u64, u64, Timestamp)> {
    let stat = dir.stat_at(name).ok()?;
    Some((stat.inode, stat.len, stat.modified))
}

/// Moves what there is of a pair aside, with a note that says why. False when another engine
/// replaced the pair meanwhile: its files are put back.
pub(super) fn set_aside(
    root: &dyn Dir,
    dir: &dyn Dir,
    key: Key,
    stem: &Stem,
    why: &str,
) -> io::Result<bool> {
    let aux = auxiliary_or_create(root)?;
    let (aside, _) = open_or_create_dir(aux.as_ref(), ASIDE)?;
    let (to, _) = open_or_create_dir(aside.as_ref(), directory_of(key).as_str())?;
    // The same name may have been damaged before.
    let random = random_u64().map_err(io::Error::other)?;
    let unique = format!("{}~{random:016x}", stem.as_str());
    let files = [(stem.metadata(), "metadata"), (stem.payload(), "payload")];
    let judged = files.each_ref().map(|(name, _)| identity(dir, name));
    if judged.iter().all(Option::is_none) {
        // Removed since it was looked at.
        return Ok(false);
    }
    // Metadata first: half a pair is invisible, and the next sweep takes the rest.
    for ((from, suffix), judged) in files.iter().zip(judged) {
        let moved = format!("{unique}.{suffix}");
        match fs::retry(|| dir.rename(from, to.as_ref(), &moved)) {
            Err(e) if fs::is_missing(&e) => continue,
            done => done?,
        }
        if identity(to.as_ref(), &moved) != judged {
            // Unless the name was taken yet again: then what is there is newer still.
            if matches!(dir.stat_at(from), Err(e) if fs::is_missing(&e)) {
                fs::retry(|| to.rename(&moved, dir, from))?;
            }
            return Ok(false);
        }
    }
    let note = fs::retry(|| to.create_new(&format!("{unique}.reason")))?;
    fs::write_all(note.as_ref(), format!("{why}\n").as_bytes())?;
    Ok(true)
}

/// Moves one file aside, with a note that says why.
pub(super) fn set_file_aside(
    root: &dyn Dir,
    dir: &dyn Dir,
    key: Key,
    name: &str,
    why: &str,
) -> io::Result<()> {
    let aux = auxiliary_or_create(root)?;
    let (aside, _) = open_or_create_dir(aux.as_ref(), ASIDE)?;
    let (to, _) = open_or_create_dir(aside.as_ref(), directory_of(key).as_str())?;
    let random = random_u64().map_err(io::Error::other)?;
    let unique = format!("{name}~{random:016x}");
    fs::retry(|| dir.rename(name, to.as_ref(), &format!("{unique}.payload")))?;
    let note = fs::retry(|| to.create_new(&format!("{unique}.reason")))?;
    fs::write_all(note.as_ref(), format!("{why}\n").as_bytes())
}

fn directory(root: &dyn Dir) -> Option<Arc<dyn Dir>> {
    auxiliary(root).ok()??.open_dir(ASIDE).ok()
}

/// Everything that was set aside.
pub(super) fn list_aside(root: &dyn Dir) -> Vec<Aside> {
    let Some(aside) = directory(root) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for of_key in aside.list().unwrap_or_default() {
        let Ok(dir) = aside.open_dir(&of_key.name) else {
            continue;
        };
        for file in dir.list().unwrap_or_default() {
            match dir.stat_at(&file.name) {
                Ok(s) if s.kind == NodeKind::File => found.push(Aside {
                    directory: of_key.name.clone(),
                    name: file.name,
                    len: s.len,
                    changed: s.changed,
                }),
                _ => {}
            }
        }
    }
    found
}

/// Deletes a file that was set aside; false when that failed.
pub(super) fn drop_aside(root: &dyn Dir, file: &Aside) -> bool {
    let Some(aside) = directory(root) else {
        return false;
    };
    let gone = aside
        .open_dir(&file.directory)
        .and_then(|dir| dir.unlink(&file.name))
        .is_ok();
    let _ = aside.remove_dir(&file.directory);
    gone
}
