//! What the root remembers of its limits, so that an opener who names none cannot delete what
//! another meant to keep.

use super::auxiliary::{auxiliary, auxiliary_or_create};
use super::names::{part_name, AUXILIARY};
use super::scan::is_irregular;
use super::totals::Totals;
use crate::error::{shown, Error, ErrorKind, Result};
use crate::fs::{self, Dir, NodeKind};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::PathBuf;

const NAME: &str = "record";
const FORMAT: u64 = 1;
/// Larger is not ours.
const MOST_BYTES: usize = 4096;
const MOST_TRIES: u32 = 10;

/// The limits that were named by some opener.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Recorded {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_budget: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_budget: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_seconds: Option<f64>,
}

#[derive(Serialize, Deserialize)]
struct OnDisk {
    format: u64,
    #[serde(flatten)]
    recorded: Recorded,
}

pub(super) fn path(root: &dyn Dir) -> PathBuf {
    root.path().join(AUXILIARY).join(NAME)
}

/// What is there, understood or not; `None` when there is no record.
fn parse(root: &dyn Dir) -> Result<Option<serde_json::Result<OnDisk>>> {
    let bytes = || -> io::Result<Option<Vec<u8>>> {
        let Some(dir) = auxiliary(root)? else {
            return Ok(None);
        };
        let file = match fs::retry(|| dir.open_read(NAME)) {
            Ok(file) => file,
            Err(e) if fs::is_missing(&e) => return Ok(None),
            Err(e) if is_irregular(&e) => return Ok(Some(Vec::new())),
            Err(e) => return Err(e),
        };
        if fs::retry(|| file.stat())?.kind != NodeKind::File {
            return Ok(Some(Vec::new()));
        }
        let mut bytes = vec![0; MOST_BYTES];
        let n = fs::read_full(file.as_ref(), &mut bytes)?;
        bytes.truncate(n);
        Ok(Some(bytes))
    };
    let bytes = bytes().map_err(|e| Error::from_io(reading(root), e))?;
    Ok(bytes.map(|b| serde_json::from_slice(&b)))
}

fn reading(root: &dyn Dir) -> String {
    format!("reading {}", shown(&path(root)))
}

/// Reads the record; nothing recorded when there is none. A record that cannot be understood keeps
/// everything: nothing may expire under it unless the caller names a time to live.
pub(super) fn read(root: &dyn Dir) -> Result<Recorded> {
    match parse(root)? {
        None => Ok(Recorded::default()),
        Some(Ok(on_disk)) if on_disk.format == FORMAT => Ok(on_disk.recorded),
        Some(Ok(on_disk)) => Err(Error::new(
            ErrorKind::Incompatible,
            reading(root),
            format!(
                "this root is of format {}, and this library knows format {FORMAT}",
                on_disk.format
            ),
            "Use a newer libwarmstart or another root",
        )),
        Some(Err(_)) => Ok(Recorded {
            ttl_seconds: Some(0.0),
            ..Recorded::default()
        }),
    }
}

/// True when there is a record that cannot be understood.
pub(super) fn is_broken(root: &dyn Dir) -> Result<bool> {
    Ok(matches!(parse(root)?, Some(Err(_))))
}

/// Replaces the record, durably; says what that changes in the totals.
pub(super) fn write(root: &dyn Dir, recorded: &Recorded) -> Result<Totals> {
    let mut tries = 0;
    loop {
        match write_as(root, recorded, &part_name()?) {
            // Who sweeps by a clock that is ahead takes the unfinished file for one of the dead.
            Err(e) if fs::is_missing(&e) && tries < MOST_TRIES => tries += 1,
            Err(e) => {
                let attempt = format!("recording the limits in {}", shown(&path(root)));
                return Err(Error::from_io(attempt, e));
            }
            Ok(change) => return Ok(change),
        }
    }
}

/// The same by way of the file `part`.
fn write_as(root: &dyn Dir, recorded: &Recorded, part: &str) -> io::Result<Totals> {
    let dir = auxiliary_or_create(root)?;
    let contents = serde_json::to_vec_pretty(&OnDisk {
        format: FORMAT,
        recorded: recorded.clone(),
    })?;
    let mut change = Totals::default();
    change.add_file(contents.len() as u64);
    if let Ok(replaced) = dir.stat_at(NAME) {
        change.remove_file(replaced.len);
    }
    let file = fs::retry(|| dir.create_new(part))?;
    let done = fs::write_all(file.as_ref(), &contents)
        .and_then(|()| fs::synced(|| file.sync()))
        .and_then(|()| fs::retry(|| dir.rename(part, dir.as_ref(), NAME)));
    if done.is_err() {
        let _ = dir.unlink(part);
    }
    done?;
    fs::synced(|| dir.sync())?;
    fs::synced(|| root.sync())?;
    Ok(change)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::{FileSystem, Posix};
    use std::sync::Arc;

    fn root() -> (tempfile::TempDir, Arc<dyn Dir>) {
        let tmp = tempfile::tempdir().unwrap();
        let dir = Posix.open_root(tmp.path()).unwrap();
        (tmp, dir)
    }

    #[test]
    fn what_was_recorded_is_read_back_and_absence_is_nothing() {
        let (_tmp, dir) = root();
        assert_eq!(read(dir.as_ref()).unwrap(), Recorded::default());
        let recorded = Recorded {
            ttl_seconds: Some(0.1),
            file_budget: Some(7),
            size_budget: None,
        };
        write(dir.as_ref(), &recorded).unwrap();
        assert_eq!(read(dir.as_ref()).unwrap(), recorded);
        write(dir.as_ref(), &Recorded::default()).unwrap();
        assert_eq!(read(dir.as_ref()).unwrap(), Recorded::default());
        let aux = auxiliary(dir.as_ref()).unwrap().unwrap();
        assert_eq!(aux.list().unwrap().len(), 1, "no unfinished file stays");
    }

    #[test]
    fn a_sweep_by_a_clock_that_is_ahead_keeps_no_limits_from_being_recorded() {
        use crate::fs::turns::{at_each_call, Turns};
        use std::cell::Cell;
        use std::rc::Rc;
        let mut taken = 0;
        for place in 0.. {
            let tmp = tempfile::tempdir().unwrap();
            let dir = Turns::on(Arc::new(Posix)).open_root(tmp.path()).unwrap();
            let own = tmp.path().join(AUXILIARY);
            let calls = Rc::new(Cell::new(0));
            let removed = Rc::new(Cell::new(0));
            let at_calls = {
                let (calls, removed) = (Rc::clone(&calls), Rc::clone(&removed));
                Rc::new(move |_| {
                    let n = calls.get();
                    calls.set(n + 1);
                    let items = std::fs::read_dir(&own).into_iter().flatten();
                    for item in items.filter(|_| n == place).map(|e| e.unwrap()) {
                        if item.file_name() != NAME {
                            std::fs::remove_file(item.path()).unwrap();
                            removed.set(removed.get() + 1);
                        }
                    }
                })
            };
            let recorded = Recorded {
                file_budget: Some(7),
                ..Recorded::default()
            };
            at_each_call(at_calls, || write(dir.as_ref(), &recorded).unwrap());
            assert_eq!(read(dir.as_ref()).unwrap(), recorded, "at {place}");
            taken += removed.get();
            if calls.get() <= place {
                break;
            }
        }
        assert!(taken > 0, "the unfinished file was never taken");
    }

    #[test]
    fn a_garbled_record_lets_nothing_expire_and_a_newer_one_is_refused() {
        let (tmp, dir) = root();
        std::fs::create_dir(tmp.path().join(AUXILIARY)).unwrap();
        let path = tmp.path().join(AUXILIARY).join(NAME);
        std::fs::write(&path, b"\0\0\0").unwrap();
        assert_eq!(read(dir.as_ref()).unwrap().ttl_seconds, Some(0.0));
        std::fs::write(&path, b"{\"format\": 2, \"shape\": \"new\"}").unwrap();
        let e = read(dir.as_ref()).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Incompatible);
    }
}
