//! Entries as tar archives: two members for each, `KEY/RUN.json` and `KEY/RUN.bin`.

use super::args::Export;
use super::find::{self, Place};
use super::output::{bytes_bar, size, Output};
use super::{failed, invalid, Ended, Result};
use indicatif::ProgressBar;
use serde_json::json;
use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use tar::{Builder, EntryType, Header};
use warmstart::{ErrorKind, ExportedEntry, Key, Run, Store};

/// Where archives go.
enum Target {
    /// All into one file.
    File(PathBuf),
    /// A file for each entry.
    Directory(PathBuf),
    Stdout,
}

impl Target {
    fn of(path: &Path, out: &Output) -> Result<Target> {
        if path.as_os_str() == "-" {
            if out.is_terminal || out.json {
                return Err(invalid(
                    "exporting to standard output".into(),
                    "an archive goes there, which is no text, and nothing else can",
                    "Pipe it, without --json, or name a file",
                ));
            }
            return Ok(Target::Stdout);
        }
        Ok(if path.is_dir() {
            Target::Directory(path.to_owned())
        } else {
            Target::File(path.to_owned())
        })
    }
}

/// A file that was not there before, and is gone again unless it is completed.
struct NewFile {
    path: PathBuf,
    file: File,
    complete: bool,
}

impl NewFile {
    fn create(path: PathBuf) -> Result<NewFile> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let file = options
            .open(&path)
            .map_err(|e| failed(format!("making {}", path.display()), e))?;
        Ok(NewFile {
            path,
            file,
            complete: false,
        })
    }

    fn complete(mut self) -> Result<()> {
        let synced = self.file.sync_all();
        synced.map_err(|e| failed(format!("writing {}", self.path.display()), e))?;
        self.complete = true;
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.complete {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// One archive being written.
struct Archive<W: Write> {
    builder: Builder<BufWriter<W>>,
    name: String,
}

impl<W: Write> Archive<W> {
    fn new(to: W, name: String) -> Archive<W> {
        Archive {
            builder: Builder::new(BufWriter::with_capacity(1 << 17, to)),
            name,
        }
    }

    fn member(&mut self, name: &str, bytes: &[u8], written: i64) -> Result<()> {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o600);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(u64::try_from(written).unwrap_or(0));
        header.set_size(bytes.len() as u64);
        self.builder
            .append_data(&mut header, name, bytes)
            .map_err(|e| failed(format!("writing {}", self.name), e))
    }

    fn add(&mut self, exported: &ExportedEntry) -> Result<()> {
        let entry = exported.entry();
        let name = format!("{}/{}", entry.key(), entry.run_id());
        let written = entry.info().written_unix_secs;
        self.member(&format!("{name}.json"), exported.metadata(), written)?;
        self.member(&format!("{name}.bin"), entry.payload(), written)
    }

    fn finish(self) -> Result<()> {
        let done = self.builder.into_inner().and_then(|mut to| to.flush());
        done.map_err(|e| failed(format!("writing {}", self.name), e))
    }
}

/// What is exported, one after the other.
struct Source<'a> {
    store: &'a Store,
    runs: Vec<(Key, Run)>,
    bar: ProgressBar,
    /// Some could not be.
    missed: bool,
}

impl Source<'_> {
    fn each(
        &mut self,
        out: &mut Output,
        mut take: impl FnMut(&ExportedEntry, &mut Output) -> Result<()>,
    ) -> Result<()> {
        for (key, run) in std::mem::take(&mut self.runs) {
            let why = match self.store.export_entry(key, &run.run_id) {
                Ok(Some(exported)) => {
                    self.bar.suspend(|| take(&exported, out))?;
                    self.bar.inc(run.info.payload_bytes);
                    continue;
                }
                Ok(None) => format!("run {} under key {key} has gone meanwhile", run.run_id),
                // One that is damaged does not keep the others back.
                Err(e) if matches!(e.kind(), ErrorKind::Corrupt | ErrorKind::Incompatible) => {
                    e.to_string()
                }
                Err(e) => return Err(e),
            };
            self.missed = true;
            self.bar.suspend(|| anstream::eprintln!("warmstart: {why}"));
        }
        Ok(())
    }
}

fn say(exported: &ExportedEntry, file: &Path, out: &mut Output) -> Result<()> {
    let entry = exported.entry();
    let len = entry.payload().len() as u64;
    if out.json {
        return out.document(&json!({
            "key": entry.key().to_hex(),
            "run": entry.run_id(),
            "payload_bytes": len,
            "file": file,
            "action": "exported",
        }));
    }
    out.line(format!(
        "exported {:.12}/{} {}",
        entry.key().to_hex(),
        entry.run_id(),
        size(len)
    ))
}

pub fn run(store: &Store, asked: &Export, out: &mut Output) -> Result<Ended> {
    let target = Target::of(&asked.to, out)?;
    // All are found before anything is written.
    let places = asked.what.iter().map(|what| find::place(store, what));
    let places = places.collect::<Result<Vec<Place>>>()?;
    let mut named = HashSet::new();
    let mut runs: Vec<(Key, Run)> = Vec::new();
    for place in &places {
        for run in find::runs(store, place)? {
            if named.insert((place.key, run.run_id.clone())) {
                runs.push((place.key, run));
            }
        }
    }
    if runs.is_empty() {
        anstream::eprintln!("warmstart: nothing intact is stored there; no archive was made");
        return Ok(Ended::Badly);
    }
    let total = runs.iter().map(|(_, r)| r.info.payload_bytes).sum();
    let mut source = Source {
        store,
        runs,
        bar: bytes_bar("exporting", total),
        missed: false,
    };
    match target {
        Target::Stdout => {
            let mut archive = Archive::new(io::stdout().lock(), "standard output".into());
            source.each(out, |e, _| archive.add(e))?;
            archive.finish()?;
        }
        Target::File(path) => {
            let file = NewFile::create(path.clone())?;
            let mut archive = Archive::new(&file.file, path.display().to_string());
            source.each(out, |e, out| {
                archive.add(e)?;
                say(e, &path, out)
            })?;
            archive.finish()?;
            file.complete()?;
        }
        Target::Directory(directory) => source.each(out, |e, out| {
            let entry = e.entry();
            let name = format!("{}-{}.tar", entry.key(), entry.run_id());
            let path = directory.join(name);
            let file = NewFile::create(path.clone())?;
            let mut archive = Archive::new(&file.file, path.display().to_string());
            archive.add(e)?;
            archive.finish()?;
            file.complete()?;
            say(e, &path, out)
        })?,
    }
    source.bar.finish_and_clear();
    Ok(if source.missed {
        Ended::Badly
    } else {
        Ended::Well
    })
}
