//! Plain files, and what no way of keeping a payload can undercut.

use crate::operation::{Operation, Whose};
use crate::site::{batch, check};
use crate::{ours, Result};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::hint::black_box;
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

pub fn payload_in(files: &Path) -> PathBuf {
    files.join("payload")
}

pub fn writers(files: &Path, size: usize) -> Result<Vec<Operation<'static>>> {
    let directory = File::open(files)?;
    let (part, name) = (files.join("part"), payload_in(files));
    let durable = move |payload: &[u8]| {
        let mut file = File::create(&part)?;
        file.write_all(payload)?;
        file.sync_all()?;
        fs::rename(&part, &name)?;
        directory.sync_all()?;
        Ok(())
    };
    let (part, name) = (files.join("part-2"), files.join("payload-2"));
    let renamed = move |payload: &[u8]| {
        fs::write(&part, payload)?;
        fs::rename(&part, &name)?;
        Ok(())
    };
    let place = preallocated(&files.join("preallocated"), size)?;
    let overwrite = move |payload: &[u8]| {
        place.write_all_at(payload, 0)?;
        place.sync_data()?;
        Ok(())
    };
    let hash = |payload: &[u8]| {
        black_box(Sha256::digest(black_box(payload)));
        Ok(())
    };
    let [rivals, yardstick] = [Whose::Rivals, Whose::Yardstick];
    let title = "write + fsync + rename + fsync(dir)";
    let rename = "write + rename (not durable)";
    let place = "_overwrite in place + fdatasync_";
    let copy = memcpy(size);
    Ok(vec![
        Operation::new(rivals, "durable-file", title, durable),
        Operation::new(rivals, "file", rename, renamed).leaving_data(),
        Operation::new(yardstick, "overwrite", place, overwrite),
        Operation::new(yardstick, "sha256", "_SHA-256 alone_", hash),
        Operation::new(yardstick, "memcpy", "_memcpy alone_", copy),
    ])
}

fn preallocated(path: &Path, size: usize) -> Result<File> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(&vec![0; size])?;
    file.sync_all()?;
    Ok(file)
}

/// Into memory that was written before.
fn memcpy(size: usize) -> impl FnMut(&[u8]) -> Result<()> {
    let mut copy = vec![1; size];
    move |payload: &[u8]| {
        copy.copy_from_slice(black_box(payload));
        black_box(&copy);
        Ok(())
    }
}

pub fn copying(size: usize) -> Operation<'static> {
    Operation::batch(
        Whose::Yardstick,
        "memcpy",
        "_memcpy into warm memory_",
        batch(size),
        memcpy(size),
    )
}

/// The same by a thread that has just been asleep.
pub fn copying_after_sleep(size: usize) -> Operation<'static> {
    let title = "_memcpy, asleep 5 ms between_";
    Operation::new(Whose::Yardstick, "memcpy-sleep", title, memcpy(size)).followed_by(ours::sleep)
}

pub fn readers(files: &Path, size: usize) -> Vec<Operation<'static>> {
    let name = payload_in(files);
    let mut buffer = vec![0; size];
    let read = move |expected: &[u8]| {
        File::open(&name)?.read_exact(&mut buffer)?;
        check(Some(&buffer), expected)
    };
    let title = "open + read, unverified";
    vec![
        Operation::new(Whose::Rivals, "file-read", title, read),
        copying(size),
    ]
}

/// What a reader of pairs has to do: it lists the directory of the key and reads metadata and payload.
pub fn read_verified_pair(dir: &Path) -> Result<usize> {
    let mut stem = None;
    for listed in fs::read_dir(dir)? {
        let path = listed?.path();
        if path.extension().is_some_and(|e| e == "json") {
            stem = Some(path);
        }
    }
    let metadata = stem.ok_or("there is no pair")?;
    black_box(fs::read(&metadata)?);
    let bytes = fs::read(metadata.with_extension("bin"))?;
    black_box(Sha256::digest(&bytes));
    Ok(bytes.len())
}

/// What a reader that trusts nothing does.
pub fn read_verified(files: &Path) -> Result<usize> {
    let bytes = fs::read(payload_in(files))?;
    black_box(Sha256::digest(&bytes));
    Ok(bytes.len())
}
