//! Marks: empty files of the whole root whose names say all there is to say, for what is to outlive the
//! process and is no entry. Not synced: on the way to the disk they come before whatever is synced later.

use super::auxiliary::{auxiliary, auxiliary_or_create};
use super::liveness::{living, Alive};
use super::publish::DIRECTORY_ATTEMPTS;
use super::remove::unlink;
use super::totals::Totals;
use super::Inner;
use crate::error::{shown, Error, Result};
use crate::fs::{self, Timestamp};
use std::io;
use std::sync::Arc;

/// No other engine consumes it.
const SUFFIX: &str = ".mark";

impl Inner {
    fn marking(&self, name: &str, e: io::Error) -> Error {
        let root = shown(&self.path);
        Error::from_io(format!("noting {name} in {root}"), e)
    }

    /// Leaves a mark, or renews its stamp.
    pub(crate) fn mark(&self, name: &str) -> Result<()> {
        self.check_writable(|| format!("noting {name}"))?;
        let file_name = format!("{name}{SUFFIX}");
        let root = self.root();
        for attempt in 0.. {
            let made = auxiliary_or_create(root.as_ref())
                .and_then(|dir| fs::retry(|| dir.create_new(&file_name)));
            match made {
                Ok(_) => break,
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                    let touched = auxiliary_or_create(root.as_ref())
                        .and_then(|dir| fs::retry(|| dir.open_write(&file_name)))
                        .and_then(|file| file.touch());
                    match touched {
                        Err(e) if fs::is_absent(&e) && attempt < DIRECTORY_ATTEMPTS => continue,
                        touched => return touched.map_err(|e| self.marking(name, e)),
                    }
                }
                // Another engine removed the directory, which was empty.
                Err(e) if fs::is_absent(&e) && attempt < DIRECTORY_ATTEMPTS => {
                    fs::back_off(attempt);
                }
                Err(e) => return Err(self.marking(name, e)),
            }
        }
        let mut change = Totals::default();
        change.add_file(0);
        self.ledger.add(root.as_ref(), change);
        Ok(())
    }

    /// Takes a mark away; false when there was none.
    pub(crate) fn unmark(&self, name: &str) -> Result<bool> {
        let root = self.root();
        let Some(dir) = auxiliary(root.as_ref()).map_err(|e| self.marking(name, e))? else {
            return Ok(false);
        };
        let mut change = Totals::default();
        let gone = unlink(dir.as_ref(), &format!("{name}{SUFFIX}"), &mut change)
            .map_err(|e| self.marking(name, e))?;
        if gone {
            self.ledger.add(root.as_ref(), change);
        }
        Ok(gone)
    }

    /// When a mark was left; `None` where there is none.
    pub(crate) fn marked(&self, name: &str) -> Option<Timestamp> {
        let dir = auxiliary(self.root().as_ref()).ok()??;
        let stat = fs::retry(|| dir.stat_at(&format!("{name}{SUFFIX}")));
        stat.ok().map(|s| s.modified)
    }

    /// The names of the marks that begin with `prefix`.
    pub(crate) fn marks(&self, prefix: &str) -> Result<Vec<String>> {
        let failed = |e| self.marking(prefix, e);
        let Some(dir) = auxiliary(self.root().as_ref()).map_err(failed)? else {
            return Ok(Vec::new());
        };
        let listed = fs::retry(|| dir.list()).map_err(failed)?;
        let names = listed.into_iter().filter_map(|l| {
            let name = l.name.strip_suffix(SUFFIX)?;
            name.starts_with(prefix).then(|| name.to_owned())
        });
        Ok(names.collect())
    }

    /// A mark that goes with whoever holds it, however that ends.
    pub(crate) fn mark_alive(self: &Arc<Self>, who: &str) -> Result<Alive> {
        Alive::silent(self, who).map_err(|e| self.marking(who, e))
    }

    /// Who has such a mark and lives.
    pub(crate) fn alive(&self) -> Vec<String> {
        living(self.root().as_ref(), self.now())
    }
}
