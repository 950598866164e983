//! What living sessions say of how they are getting on, for whoever watches from another process.
//!
//! It lies in the file that marks the session as alive, written over in place and never synced: it is
//! worth something only while its writer lives, and goes with the mark. Whoever reads while it is being
//! written finds that its digest is wrong, and reads again.

use super::auxiliary::auxiliary;
use super::liveness::{is_locked, is_young, Alive, PREFIX};
use super::names::check_run_id;
use super::Inner;
use crate::error::{shown, Error, Result};
use crate::fs::{self, Dir};
use crate::key::Key;
use sha2::{Digest, Sha256};
use std::io;

/// What a report takes of the disk, whatever it says: a file that grew would have to be counted anew.
pub(super) const REPORT_FILE_BYTES: usize = 2048;
/// Of SHA-256, in hexadecimal digits.
const DIGITS: usize = 16;
/// The longest text of a report: two line ends and a digest follow.
pub(crate) const REPORT_BYTES: usize = REPORT_FILE_BYTES - DIGITS - 2;
/// How often a report that was being written is read again.
const READS: u32 = 5;

fn digest(text: &[u8]) -> String {
    let hash: [u8; 32] = Sha256::digest(text).into();
    let mut hex = Key::from_bytes(hash).to_hex();
    hex.truncate(DIGITS);
    hex
}

/// The file's contents; `None` for a text that is too long, or has several lines.
fn frame(text: &str) -> Option<Vec<u8>> {
    if text.len() > REPORT_BYTES || text.contains('\n') {
        return None;
    }
    let mut bytes = format!("{text}\n{}\n", digest(text.as_bytes())).into_bytes();
    bytes.resize(REPORT_FILE_BYTES, b' ');
    Some(bytes)
}

fn unframe(bytes: &[u8]) -> Option<String> {
    let mut lines = bytes.split(|b| *b == b'\n');
    let (text, check) = (lines.next()?, lines.next()?);
    (check == digest(text).as_bytes()).then(|| String::from_utf8(text.to_vec()).ok())?
}

impl Alive {
    /// Says how the session is getting on, in one line. It is no failure of the session's when that cannot
    /// be written.
    pub fn report(&self, text: &str) {
        if let Some(bytes) = frame(text) {
            if fs::write_all(self.file(), &bytes).is_ok() {
                self.note_reported();
            }
        }
    }
}

impl Inner {
    /// The run ids of living sessions and what they said last. Nothing is changed; the marks of dead
    /// sessions are passed over.
    pub(crate) fn reports(&self) -> Result<Vec<(String, String)>> {
        let failed = |e| {
            let root = shown(&self.path);
            Error::from_io(format!("looking for running sessions in {root}"), e)
        };
        let Some(dir) = auxiliary(self.root().as_ref()).map_err(failed)? else {
            return Ok(Vec::new());
        };
        let dir = dir.as_ref();
        let mut reports = Vec::new();
        for item in fs::retry(|| dir.list()).map_err(failed)? {
            let Some(run_id) = item.name.strip_prefix(PREFIX) else {
                continue;
            };
            if check_run_id(run_id).is_err() || !self.seems_alive(dir, &item.name) {
                continue;
            }
            // One that cannot be read hides no other.
            if let Ok(Some(text)) = read(dir, &item.name) {
                reports.push((run_id.to_owned(), text));
            }
        }
        Ok(reports)
    }

    fn seems_alive(&self, dir: &dyn Dir, name: &str) -> bool {
        if dir.is_local() {
            return is_locked(dir, name);
        }
        dir.stat_at(name)
            .is_ok_and(|stat| is_young(dir, &stat, self.now()))
    }
}

/// `None` where nothing was said, or what was makes no sense.
fn read(dir: &dyn Dir, name: &str) -> io::Result<Option<String>> {
    let file = fs::retry(|| dir.open_read(name))?;
    let mut bytes = vec![0; REPORT_FILE_BYTES];
    for attempt in 0..READS {
        let n = fs::read_full(file.as_ref(), &mut bytes)?;
        if n == 0 {
            return Ok(None);
        }
        if let Some(text) = unframe(&bytes[..n]) {
            return Ok(Some(text));
        }
        fs::back_off(attempt);
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_reads_back_and_a_torn_one_is_none() {
        let old = frame(&"a".repeat(REPORT_BYTES)).unwrap();
        let new = frame("{\"iteration\":12}").unwrap();
        assert_eq!(unframe(&new).unwrap(), "{\"iteration\":12}");
        assert_eq!(
            (old.len(), new.len()),
            (REPORT_FILE_BYTES, REPORT_FILE_BYTES)
        );
        for cut in 1..new.len() {
            let torn = [&new[..cut], &old[cut..]].concat();
            let read = unframe(&torn);
            assert!(read.is_none() || torn == new || read.as_deref() == Some("{\"iteration\":12}"));
            // All of the new line and its check have to be there.
            assert_eq!(read.is_some(), cut > 17 + DIGITS, "{cut}");
        }
        assert!(unframe(b"").is_none() && unframe(&[0; 64]).is_none());
        assert!(frame("a\nb").is_none() && frame(&"a".repeat(REPORT_BYTES + 1)).is_none());
    }
}
