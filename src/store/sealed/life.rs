//! How long an entry lives, and changing that without rewriting it.

use super::read::{list, State};
use super::SealedRead;
use crate::error::{shown, Error, Result};
use crate::fs::{self, Dir};
use crate::key::{Fingerprinter, Key};
use crate::store::names::{life_name, part_name};
use crate::store::totals::Totals;
use crate::store::Durability;
use crate::store::Inner;
use serde::{Deserialize, Serialize};
use std::io;
use std::sync::Arc;

/// When an entry ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Life {
    #[serde(default)]
    pub deadline_unix_ms: Option<i64>,
    #[serde(default)]
    pub idle_ms: Option<u64>,
    #[serde(default)]
    pub stale_ms: u64,
}

/// Longest file of a life.
const LIFE_BYTES: usize = 1024;

#[derive(Serialize, Deserialize)]
struct Record {
    /// Of the put whose life it is: numbers of generations may begin anew.
    nonce: u64,
    #[serde(flatten)]
    life: Life,
    digest_hex: String,
}

impl Life {
    pub(super) fn write_to(&self, f: &mut Fingerprinter) {
        let mut optional = |v: Option<u64>| {
            f.write_bool(v.is_some());
            f.write_u64(v.unwrap_or(0));
        };
        optional(self.deadline_unix_ms.map(|d| d as u64));
        optional(self.idle_ms);
        f.write_u64(self.stale_ms);
    }

    fn digest(&self, nonce: u64) -> String {
        let mut f = Fingerprinter::new();
        f.write_str("libwarmstart life 1");
        f.write_u64(nonce);
        self.write_to(&mut f);
        f.finish().to_hex()
    }

    fn to_bytes(self, nonce: u64) -> Result<Vec<u8>> {
        let record = Record {
            nonce,
            life: self,
            digest_hex: self.digest(nonce),
        };
        serde_json::to_vec(&record).map_err(|e| {
            Error::invalid(
                "writing an entry's life as JSON",
                e.to_string(),
                "Please report this: it should not happen",
            )
        })
    }

    /// `None` for what is not whole.
    fn parse(bytes: &[u8]) -> Option<(u64, Life)> {
        let record: Record = serde_json::from_slice(bytes).ok()?;
        let whole = record.digest_hex == record.life.digest(record.nonce);
        whole.then_some((record.nonce, record.life))
    }
}

/// What lies beside a generation.
pub(super) enum Beside {
    Life(Life),
    /// That of another put.
    Nothing,
    Damaged,
    /// Removed since it was listed.
    Gone,
}

/// Reads the life of the put of this nonce.
pub(super) fn read_life(dir: &dyn Dir, generation: u64, nonce: u64) -> io::Result<Beside> {
    let file = match fs::retry(|| dir.open_read(&life_name(generation))) {
        Err(e) if fs::is_missing(&e) => return Ok(Beside::Gone),
        file => file?,
    };
    let mut bytes = [0; LIFE_BYTES];
    let n = fs::read_full(file.as_ref(), &mut bytes)?;
    Ok(match Life::parse(&bytes[..n]) {
        Some((of, life)) if of == nonce => Beside::Life(life),
        Some(_) => Beside::Nothing,
        None => Beside::Damaged,
    })
}

impl Inner {
    pub(super) fn set_life(
        self: &Arc<Inner>,
        key: Key,
        generation: u64,
        life: Life,
    ) -> Result<bool> {
        self.check_writable(|| format!("changing the life of key {key}"))?;
        let name = life_name(generation);
        let failed = |e| Error::from_io(format!("changing the life of key {key}"), e);
        loop {
            let listed_at = self.coarse_monotonic();
            let Some(dir) = self.open_key_dir(key)? else {
                return Ok(false);
            };
            let view = self.view(dir.as_ref(), key, SealedRead::Front)?;
            let State::Alive(entry) = view.state else {
                return Ok(false);
            };
            if entry.generation != generation {
                return Ok(false);
            }
            let bytes = life.to_bytes(entry.fields.nonce)?;
            let part = part_name()?;
            let mut change = Totals::default();
            if let Ok(old) = dir.stat_at(&name) {
                change.remove_file(old.len);
            }
            let written = self.write_life(dir.as_ref(), &part, &bytes);
            // Who removes it for want of life holds it, too, and looks for another life before.
            let held = written.and_then(|()| {
                let held = self.hold(dir.as_ref(), generation);
                fs::retry(|| dir.rename(&part, dir.as_ref(), &name))?;
                Ok(held)
            });
            let held = match held {
                Ok(held) => held,
                // Removed with its directory.
                Err(e) if fs::is_absent(&e) => continue,
                Err(e) => {
                    let _ = dir.unlink(&part);
                    return Err(failed(e));
                }
            };
            let names = list(dir.as_ref()).map_err(failed)?;
            drop(held);
            if names.highest() > generation {
                // It belongs to nothing any more.
                let _ = dir.unlink(&name);
                return Ok(false);
            }
            if self.is_late(listed_at) {
                let _ = dir.unlink(&name);
                continue;
            }
            if self.settings.durability == Durability::Full {
                let synced = self.sync_names(dir.as_ref());
                synced.map_err(failed)?;
            }
            change.add_file(bytes.len() as u64);
            self.account(change, None);
            return Ok(true);
        }
    }

    /// Writes a life under a name that says nothing yet.
    fn write_life(&self, dir: &dyn Dir, part: &str, bytes: &[u8]) -> io::Result<()> {
        let file = fs::retry(|| dir.create_new(part))?;
        fs::write_all(file.as_ref(), bytes)?;
        if self.settings.durability == Durability::Full {
            fs::synced(|| file.sync())?;
        }
        Ok(())
    }

    pub(super) fn touch_sealed(&self, key: Key, generation: u64) -> Result<()> {
        let Some(dir) = self.open_key_dir(key)? else {
            return Ok(());
        };
        let name = crate::store::names::sealed_name(generation);
        let touched = fs::retry(|| dir.open_read(&name)).and_then(|f| fs::retry(|| f.touch()));
        match touched {
            // Superseded meanwhile.
            Err(e) if fs::is_missing(&e) => Ok(()),
            done => done.map_err(|e| {
                let path = dir.path().join(name);
                Error::from_io(format!("noting the use of {}", shown(&path)), e)
            }),
        }
    }
}
