//! What an attachment notes in the root, so that it outlives the process: marks, see `store::marks`.
//!
//! * `upload~<token>~<key>~<run id>`: the run is to be uploaded. The token is that of the attachment, whose
//!   own mark of life has it too: where that is gone, whoever attaches next takes over.
//! * `gone~<key>` and `gone~<key>~<run id>`: a caller removed it, or refused it: it is not brought again
//!   until the next save under the key, or of the run, or until an entry of that time expires.
//! * `bad~<key>~<digest of the name>`: the object fails its checks. Forgotten as late.

use crate::key::Key;
use crate::store::{check_run_id, Inner};

const UPLOAD: &str = "upload~";
const GONE: &str = "gone~";
const BAD: &str = "bad~";
/// What the marks of life of attachments begin with.
const ALIVE: &str = "remote-";

/// The name of an attachment's mark of life.
pub(super) fn alive(token: u64) -> String {
    format!("{ALIVE}{token:016x}")
}

pub(super) fn upload(token: u64, key: Key, run_id: &str) -> String {
    format!("{UPLOAD}{token:016x}~{key}~{run_id}")
}

/// Token, key and run id.
pub(super) fn parse_upload(name: &str) -> Option<(u64, Key, String)> {
    let mut fields = name.strip_prefix(UPLOAD)?.split('~');
    let token = u64::from_str_radix(fields.next()?, 16).ok()?;
    let key = Key::from_hex(fields.next()?).ok()?;
    let run_id = fields.next()?;
    let is_whole = check_run_id(run_id).is_ok() && upload(token, key, run_id) == name;
    is_whole.then(|| (token, key, run_id.to_owned()))
}

pub(super) fn uploads_prefix() -> &'static str {
    UPLOAD
}

fn gone(key: Key, run_id: Option<&str>) -> String {
    match run_id {
        Some(run_id) => format!("{GONE}{key}~{run_id}"),
        None => format!("{GONE}{key}"),
    }
}

fn bad(key: Key, object: &str) -> String {
    let digest = super::objects::digest(object.as_bytes()).to_hex();
    format!("{BAD}{key}~{}", &digest[..32])
}

/// Whether a mark is there and has not expired.
fn holds(store: &Inner, name: &str) -> bool {
    let Some(left) = store.marked(name) else {
        return false;
    };
    let expired = store
        .ttl_seconds()
        .is_some_and(|ttl| store.seconds_since(left) > ttl);
    if expired {
        let _ = store.unmark(name);
    }
    !expired
}

/// Notes that a key, or one run, is not to be brought again. A root that cannot be written to has nothing
/// brought into it either.
pub(super) fn note_gone(store: &Inner, key: Key, run_id: Option<&str>) {
    let _ = store.mark(&gone(key, run_id));
}

pub(super) fn is_gone(store: &Inner, key: Key, run_id: Option<&str>) -> bool {
    holds(store, &gone(key, run_id))
}

/// A save takes back what was noted of its key and run.
pub(super) fn note_saved(store: &Inner, key: Key, run_id: &str) {
    let _ = store.unmark(&gone(key, None));
    let _ = store.unmark(&gone(key, Some(run_id)));
}

/// Most objects that are noted to be bad: a server may list any number.
const MOST_BAD: usize = 4096;

pub(super) fn note_bad(store: &Inner, key: Key, object: &str) {
    if store.marks(BAD).map_or(0, |m| m.len()) >= MOST_BAD {
        return;
    }
    let _ = store.mark(&bad(key, object));
}

pub(super) fn is_bad(store: &Inner, key: Key, object: &str) -> bool {
    holds(store, &bad(key, object))
}

/// Forgets what has expired.
pub(super) fn clean(store: &Inner) {
    for prefix in [GONE, BAD] {
        for name in store.marks(prefix).unwrap_or_default() {
            holds(store, &name);
        }
    }
}
