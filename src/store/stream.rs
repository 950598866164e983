//! Keys one after the other, as the caller asks for them.

use super::names::key_of_directory;
use crate::error::{shown, Error, Result};
use crate::fs::{self, Dir, Names, NodeKind};
use crate::key::Key;
use std::io;
use std::path::{Path, PathBuf};

/// The keys something is stored under as they are found, in no order; see [`Store::stream_keys`].
///
/// [`Store::stream_keys`]: super::Store::stream_keys
pub struct KeyStream {
    names: Option<Box<dyn Names>>,
    /// What was found when it was opened.
    first: Option<Key>,
    path: PathBuf,
}

impl KeyStream {
    pub(super) fn of(root: &dyn Dir, path: &Path) -> Result<KeyStream> {
        // Listed from its start again, nothing has been handed over yet.
        let opened = fs::retry(|| {
            let mut names = root.names()?;
            let first = next(names.as_mut())?;
            Ok((names, first))
        });
        let (names, first) = opened.map_err(|e| listing(path, e))?;
        Ok(KeyStream {
            names: Some(names),
            first,
            path: path.to_owned(),
        })
    }
}

impl Iterator for KeyStream {
    type Item = Result<Key>;

    fn next(&mut self) -> Option<Result<Key>> {
        if let Some(first) = self.first.take() {
            return Some(Ok(first));
        }
        let names = self.names.as_mut()?;
        let found = fs::retry(|| next(names.as_mut()));
        if !matches!(found, Ok(Some(_))) {
            self.names = None;
        }
        found.map_err(|e| listing(&self.path, e)).transpose()
    }
}

impl std::fmt::Debug for KeyStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = &self.path;
        f.debug_struct("KeyStream").field("path", path).finish()
    }
}

fn next(names: &mut dyn Names) -> io::Result<Option<Key>> {
    while let Some((name, kind)) = names.next()? {
        if matches!(kind, None | Some(NodeKind::Directory)) {
            if let Some(key) = key_of_directory(name) {
                return Ok(Some(key));
            }
        }
    }
    Ok(None)
}

fn listing(path: &Path, e: io::Error) -> Error {
    Error::from_io(format!("listing {}", shown(path)), e)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::fs::faulty::{Faulty, Plan};
    use crate::fs::simulated::Simulated;
    use crate::fs::{FileSystem, Posix};
    use crate::store::names::directory_of;
    use std::sync::Arc;

    fn key(n: u16) -> Key {
        let mut bytes = [7; 32];
        bytes[..2].copy_from_slice(&n.to_be_bytes());
        Key::from_bytes(bytes)
    }

    fn made(root: &dyn Dir, keys: u16) {
        for n in 0..keys {
            root.create_dir(directory_of(key(n)).as_str()).unwrap();
        }
    }

    fn sorted(keys: impl Iterator<Item = Result<Key>>) -> Vec<Key> {
        let mut keys: Vec<Key> = keys.map(Result::unwrap).collect();
        keys.sort();
        keys
    }

    #[test]
    fn every_key_comes_once_from_a_listing_longer_than_what_is_read_at_once() {
        let tmp = tempfile::tempdir().unwrap();
        let root = Posix.open_root(tmp.path()).unwrap();
        made(root.as_ref(), 2_000);
        root.create_dir("elsewhere").unwrap();
        // A name that is not UTF-8, and a file in a key's place.
        use std::os::unix::ffi::OsStrExt;
        let odd = std::ffi::OsStr::from_bytes(b"caf\xe9");
        std::fs::create_dir(tmp.path().join(odd)).unwrap();
        root.create_new(directory_of(key(9_999)).as_str()).unwrap();
        let stream = KeyStream::of(root.as_ref(), tmp.path()).unwrap();
        let expected: Vec<Key> = (0..2_000).map(key).collect();
        assert_eq!(sorted(stream), expected);
    }

    #[test]
    fn what_is_removed_and_made_meanwhile_disturbs_no_other() {
        let tmp = tempfile::tempdir().unwrap();
        let root = Posix.open_root(tmp.path()).unwrap();
        made(root.as_ref(), 1_500);
        let mut stream = KeyStream::of(root.as_ref(), tmp.path()).unwrap();
        let mut seen = vec![stream.next().unwrap().unwrap()];
        for n in 0..700 {
            root.remove_dir(directory_of(key(n)).as_str()).unwrap();
            root.create_dir(directory_of(key(n + 5_000)).as_str())
                .unwrap();
        }
        seen.extend(stream.map(Result::unwrap));
        seen.sort();
        assert!(seen.windows(2).all(|w| w[0] != w[1]), "twice");
        for n in 700..1_500 {
            assert!(seen.binary_search(&key(n)).is_ok(), "{n} is missing");
        }
    }

    #[test]
    fn a_failure_is_told_where_it_shows_and_then_it_ends() {
        let disk = Simulated::new();
        let faulty = Faulty::on(Arc::new(disk));
        faulty.create_root(Path::new("/r")).unwrap();
        let root = faulty.open_root(Path::new("/r")).unwrap();
        made(root.as_ref(), 20);
        let path = Path::new("/r");
        for at in 0..2 {
            faulty.plan(Some(Plan::once(at, libc::EACCES)));
            let refused = KeyStream::of(root.as_ref(), path).map(drop).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Permission);
            assert!(refused.to_string().contains("listing"), "{refused}");
        }
        faulty.plan(Some(Plan::once(5, libc::EIO)));
        let mut stream = KeyStream::of(root.as_ref(), path).unwrap();
        let before = stream.by_ref().take_while(Result::is_ok).count();
        assert_eq!(before, 4);
        assert!(stream.next().is_none());
        assert!(stream.next().is_none());
        // What a signal interrupts, or a server forgot for a moment, is asked for again.
        for passing in [libc::EINTR, libc::ESTALE] {
            for at in 0..8 {
                faulty.plan(Some(Plan::once(at, passing)));
                let stream = KeyStream::of(root.as_ref(), path).unwrap();
                assert_eq!(sorted(stream), (0..20).map(key).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn a_root_that_was_removed_has_no_keys() {
        let tmp = tempfile::tempdir().unwrap();
        let root = Posix.open_root(tmp.path()).unwrap();
        std::fs::remove_dir(tmp.path()).unwrap();
        assert_eq!(
            sorted(KeyStream::of(root.as_ref(), tmp.path()).unwrap()),
            []
        );
    }
}
