//! Directories below the root that may have to be made first: any of them vanishes when another engine
//! finds it empty.

use super::names::AUXILIARY;
use crate::fs::{self, Dir};
use std::io;
use std::sync::Arc;

/// The auxiliary directory, if there is one.
pub(super) fn auxiliary(root: &dyn Dir) -> io::Result<Option<Arc<dyn Dir>>> {
    match fs::retry(|| root.open_dir(AUXILIARY)) {
        Ok(dir) => Ok(Some(dir)),
        // A file or link in its place is none of ours.
        Err(e) if fs::is_missing(&e) || e.raw_os_error() == Some(libc::ELOOP) => Ok(None),
        Err(e) => Err(e),
    }
}

/// The auxiliary directory, created when absent: other engines remove it whenever it is empty.
pub(super) fn auxiliary_or_create(root: &dyn Dir) -> io::Result<Arc<dyn Dir>> {
    open_or_create_dir(root, AUXILIARY).map(|(dir, _)| dir)
}

/// Opens the directory `name`, creating it when absent; true when this call created it.
pub(super) fn open_or_create_dir(parent: &dyn Dir, name: &str) -> io::Result<(Arc<dyn Dir>, bool)> {
    let mut created = false;
    let mut tries = 0;
    loop {
        match fs::retry(|| parent.open_dir(name)) {
            // Someone may remove it again while it is empty.
            Err(e) if e.raw_os_error() == Some(libc::ENOENT) && tries < 100 => {
                if tries > 0 {
                    fs::back_off(tries);
                }
                tries += 1;
            }
            opened => return opened.map(|dir| (dir, created)),
        }
        match fs::retry(|| parent.create_dir(name)) {
            Ok(()) => created = true,
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
}
