//! Entries from tar archives, see `export`. Nothing in an archive is trusted: all names and lengths are
//! checked before the first entry is written, and each entry before it is.

use super::args::Import;
use super::output::{bytes_bar, styled, Output, BAD};
use super::{failed, invalid, Ended, Result};
use serde_json::json;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};
use warmstart::{ErrorKind, Imported, Key, Store};

/// Metadata is never longer.
const MOST_METADATA: u64 = 64 << 10;
/// For one member's header and long name.
const MOST_HEADER: u64 = 64 << 10;
/// How far behind an archive's end zeros may go on.
const MOST_PADDING: u64 = 1 << 20;
const BLOCK: u64 = 512;

/// Where a member's bytes lie.
#[derive(Clone, Copy)]
struct Part {
    at: u64,
    len: u64,
}

/// What an archive has of a run.
#[derive(Default)]
struct Parts {
    metadata: Option<Part>,
    payload: Option<Part>,
}

/// An archive whose names and lengths were checked.
struct Archive {
    name: String,
    file: File,
    entries: Vec<(Key, String, Part, Part)>,
}

/// Reads headers and skips the rest, so that no length in a header is ever allocated.
struct Headers<'a> {
    file: &'a File,
    left: Rc<Cell<u64>>,
}

impl Read for Headers<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.left.get() == 0 {
            return Err(io::Error::other("a member's header is longer than any is"));
        }
        let most = buf.len().min(self.left.get() as usize);
        let n = self.file.read(&mut buf[..most])?;
        self.left.set(self.left.get() - n as u64);
        Ok(n)
    }
}

impl Seek for Headers<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// Whose half a member is.
enum Half {
    Metadata(Key, String),
    Payload(Key, String),
}

/// Reads a member's name; nothing but what an export writes is one.
fn half(name: &[u8]) -> Option<Half> {
    let name = std::str::from_utf8(name).ok()?;
    let (key, file) = name.strip_prefix("./").unwrap_or(name).split_once('/')?;
    let key = Key::from_hex(key).ok().filter(|k| k.to_hex() == key)?;
    // What a run may be called is checked when it is taken in.
    let is_legal = |run: &str| !run.is_empty() && !run.contains('/') && !run.starts_with('.');
    if let Some(run) = file.strip_suffix(".json").filter(|r| is_legal(r)) {
        return Some(Half::Metadata(key, run.to_owned()));
    }
    let run = file.strip_suffix(".bin").filter(|r| is_legal(r))?;
    Some(Half::Payload(key, run.to_owned()))
}

impl Archive {
    fn open(path: &Path) -> Result<Archive> {
        let is_stdin = path.as_os_str() == "-";
        let name = if is_stdin {
            "standard input".to_owned()
        } else {
            path.display().to_string()
        };
        let reading = |e| failed(format!("reading {name}"), e);
        let file = if is_stdin {
            spooled(&mut io::stdin().lock()).map_err(reading)?
        } else {
            let mut file = File::open(path).map_err(reading)?;
            if file.metadata().map_err(reading)?.is_file() {
                file
            } else {
                spooled(&mut file).map_err(reading)?
            }
        };
        let refused = |why: String| {
            invalid(
                format!("reading the archive {name}"),
                why,
                "Nothing was written. Export it again with warmstart export, and copy it whole",
            )
        };
        let runs = index(&file).map_err(refused)?;
        let mut entries = Vec::with_capacity(runs.len());
        for ((key, run), parts) in runs {
            let (Some(metadata), Some(payload)) = (parts.metadata, parts.payload) else {
                let missing = if parts.payload.is_none() {
                    "bin"
                } else {
                    "json"
                };
                return Err(refused(format!("{key}/{run}.{missing} is missing")));
            };
            entries.push((key, run, metadata, payload));
        }
        Ok(Archive {
            name,
            file,
            entries,
        })
    }
}

/// A copy in a file without a name: what comes through a pipe can be read once only.
fn spooled(from: &mut impl Read) -> io::Result<File> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = now.map_or(0, |n| n.as_nanos());
    let name = format!("warmstart-{}-{nanos:x}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).mode(0o600);
    let mut file = options.open(&path)?;
    fs::remove_file(&path)?;
    io::copy(from, &mut file)?;
    file.rewind()?;
    Ok(file)
}

/// Where everything in an archive lies; the reason where it is none, or not whole.
fn index(file: &File) -> Result<BTreeMap<(Key, String), Parts>, String> {
    let io = |e: io::Error| e.to_string();
    let len = file.metadata().map_err(io)?.len();
    let left = Rc::new(Cell::new(MOST_HEADER));
    let headers = Headers {
        file,
        left: Rc::clone(&left),
    };
    let mut archive = tar::Archive::new(headers);
    let mut runs: BTreeMap<(Key, String), Parts> = BTreeMap::new();
    for member in archive.entries_with_seek().map_err(io)? {
        let member = member.map_err(io)?;
        left.set(MOST_HEADER);
        let name = member.path_bytes();
        let shown = String::from_utf8_lossy(&name).into_owned();
        let kind = member.header().entry_type();
        if kind.is_dir() {
            continue;
        }
        if !kind.is_file() {
            return Err(format!("{shown:?} in it is no plain file"));
        }
        let part = Part {
            at: member.raw_file_position(),
            len: member.size(),
        };
        if part.at.checked_add(part.len).map_or(true, |end| end > len) {
            return Err(format!("it is cut short within {shown:?}"));
        }
        let (id, is_metadata) = match half(&name) {
            Some(Half::Metadata(key, run)) => ((key, run), true),
            Some(Half::Payload(key, run)) => ((key, run), false),
            None => return Err(format!("{shown:?} in it is no name of an entry's")),
        };
        if is_metadata && part.len > MOST_METADATA {
            return Err(format!("{shown:?} in it is longer than any metadata"));
        }
        let parts = runs.entry(id).or_default();
        let half = if is_metadata {
            &mut parts.metadata
        } else {
            &mut parts.payload
        };
        if half.replace(part).is_some() {
            return Err(format!("{shown:?} is in it twice"));
        }
    }
    drop(archive);
    let mut at_end: &File = file;
    let end = at_end.stream_position().map_err(io)?;
    check_end(file, end, len)?;
    Ok(runs)
}

/// An archive ends with zeros, and nothing follows them.
fn check_end(file: &File, end: u64, len: u64) -> Result<(), String> {
    let mut block = [0; BLOCK as usize];
    let from = end.checked_sub(BLOCK);
    let read = from.map(|from| file.read_exact_at(&mut block, from));
    if !matches!(read, Some(Ok(()))) || block.iter().any(|b| *b != 0) {
        return Err("its end is missing: it is no archive, or was cut short".into());
    }
    let behind = len.saturating_sub(end);
    if behind > MOST_PADDING {
        return Err("more lies behind its end".into());
    }
    let mut padding = vec![0; behind as usize];
    let read = file.read_exact_at(&mut padding, end);
    read.map_err(|e| e.to_string())?;
    if padding.iter().any(|b| *b != 0) {
        return Err("more lies behind its end; join archives with tar -A".into());
    }
    Ok(())
}

/// The archives that are meant, in order.
fn archives(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for path in paths {
        if !path.is_dir() {
            all.push(path.clone());
            continue;
        }
        let listing = |e| failed(format!("listing {}", path.display()), e);
        let mut found = Vec::new();
        for item in fs::read_dir(path).map_err(listing)? {
            let item = item.map_err(listing)?.path();
            if item.extension().is_some_and(|e| e == "tar") {
                found.push(item);
            }
        }
        if found.is_empty() {
            return Err(invalid(
                format!("importing from {}", path.display()),
                "no file in it ends in .tar",
                "Name a directory that warmstart export has written to, or a file",
            ));
        }
        found.sort();
        all.append(&mut found);
    }
    Ok(all)
}

pub fn run(store: &Store, asked: &Import, out: &mut Output) -> Result<Ended> {
    // All are looked through before anything is written.
    let paths = archives(&asked.from)?;
    let opened = paths.iter().map(|p| Archive::open(p));
    let archives = opened.collect::<Result<Vec<Archive>>>()?;
    let entries = archives.iter().flat_map(|a| &a.entries);
    let bar = bytes_bar("importing", entries.map(|(.., p)| p.len).sum());
    let (mut any, mut all) = (false, true);
    for archive in &archives {
        for (key, run, metadata, payload) in &archive.entries {
            let done = one(store, archive, *key, run, *metadata, *payload);
            let action = match &done {
                Ok(Imported::Written) => "imported",
                Ok(Imported::Known) => "already there",
                Ok(Imported::Superseded) => "older than what is there",
                Ok(_) => "too old, it would expire at once",
                Err(e) if is_of_this_one(e.kind()) => "refused",
                Err(_) => {
                    bar.finish_and_clear();
                    return done.map(|_| Ended::Badly);
                }
            };
            any = true;
            all &= !matches!(done, Err(_) | Ok(Imported::Expired));
            bar.inc(payload.len);
            bar.suspend(|| say(*key, run, payload.len, action, done.err(), archive, out))?;
        }
    }
    bar.finish_and_clear();
    if !any {
        anstream::eprintln!("warmstart: nothing was in there");
    }
    Ok(if any && all {
        Ended::Well
    } else {
        Ended::Badly
    })
}

/// Others may still be taken in.
fn is_of_this_one(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Corrupt | ErrorKind::Incompatible | ErrorKind::Invalid | ErrorKind::TooLarge
    )
}

fn one(
    store: &Store,
    archive: &Archive,
    key: Key,
    run: &str,
    metadata: Part,
    payload: Part,
) -> Result<Imported> {
    let mut bytes = vec![0; metadata.len as usize];
    let mut file = &archive.file;
    file.read_exact_at(&mut bytes, metadata.at)
        .and_then(|()| file.seek(SeekFrom::Start(payload.at)))
        .map_err(|e| failed(format!("reading {}", archive.name), e))?;
    store.import_entry(key, run, &bytes, file.take(payload.len))
}

fn say(
    key: Key,
    run: &str,
    len: u64,
    action: &str,
    error: Option<warmstart::Error>,
    archive: &Archive,
    out: &mut Output,
) -> Result<()> {
    if let Some(e) = &error {
        anstream::eprintln!("warmstart: {}: {e}", archive.name);
    }
    if out.json {
        return out.document(&json!({
            "key": key.to_hex(),
            "run": run,
            "payload_bytes": len,
            "file": archive.name,
            "action": action,
            "error": error.map(|e| e.to_string()),
        }));
    }
    let action = match error {
        Some(_) => styled(BAD, action),
        None => action.to_owned(),
    };
    let run = super::output::fit(run, 128);
    out.line(format!("{action} {:.12}/{run}", key.to_hex()))
}
