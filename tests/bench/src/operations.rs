//! The operations that are timed, the library's own and its rivals'.
//!
//! Where a choice had to be made, it favours the rival: directories, descriptors, statements and
//! buffers that may be kept are kept, and only the library verifies what it reads while hot.

use crate::Result;
use rusqlite::{params, Connection};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::hint::black_box;
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use warmstart::{Key, Kind, Lookup, Session, SessionOptions, Store, StoreOptions};

const SLOT_KEY: Key = Key::from_bytes([1; 32]);
const SESSION_KEY: Key = Key::from_bytes([2; 32]);
const RUN_ID: &str = "bench";

const UPSERT: &str = "INSERT INTO entry (key, payload) VALUES (?1, ?2) \
     ON CONFLICT (key) DO UPDATE SET payload = excluded.payload";
const SELECT: &str = "SELECT payload FROM entry WHERE key = ?1";

type Run<'a> = Box<dyn FnMut(&[u8]) -> Result<()> + 'a>;

/// One thing to time. A writer is handed what it has to write, a reader what it has to find.
pub struct Operation<'a> {
    /// For the command line.
    pub id: &'static str,
    pub title: &'static str,
    /// The library's own, rather than a rival's or a yardstick.
    pub ours: bool,
    pub run: Run<'a>,
}

impl<'a> Operation<'a> {
    fn new(
        id: &'static str,
        title: &'static str,
        run: impl FnMut(&[u8]) -> Result<()> + 'a,
    ) -> Operation<'a> {
        Operation {
            id,
            title,
            ours: false,
            run: Box::new(run),
        }
    }

    fn ours(self) -> Operation<'a> {
        Operation { ours: true, ..self }
    }
}

/// Where everybody keeps one payload of one size.
pub struct Site {
    store_root: PathBuf,
    store: Store,
    database: PathBuf,
    sqlite: Connection,
    files: PathBuf,
    size: usize,
}

impl Site {
    pub fn new(dir: &Path, size: usize) -> Result<Site> {
        fs::create_dir(dir)?;
        let store_root = dir.join("store");
        let database = dir.join("sqlite");
        let files = dir.join("files");
        fs::create_dir(&files)?;
        Ok(Site {
            store: Store::open(Some(&store_root), &StoreOptions::new())?,
            store_root,
            sqlite: create_database(&database)?,
            database,
            files,
            size,
        })
    }

    /// Durable replacements of one payload; the library's own come first.
    pub fn writers(&self) -> Result<Vec<Operation<'_>>> {
        let mut saves = 0u64;
        let save = move |payload: &[u8]| {
            saves += 1;
            let kind = Kind::Checkpoint;
            let objective = Some(-(saves as f64));
            self.store
                .save_slot(SLOT_KEY, RUN_ID, payload, objective, Some(saves), kind)?;
            Ok(())
        };

        let session = Session::open(&self.store, SESSION_KEY, &SessionOptions::new())?;
        let mut checkpoints = 0u64;
        let checkpoint = move |payload: &[u8]| {
            checkpoints += 1;
            session.checkpoint_now(payload, Some(-(checkpoints as f64)), Some(checkpoints))?;
            Ok(())
        };

        let mut upsert = self.sqlite.prepare(UPSERT)?;
        let sqlite = move |payload: &[u8]| {
            upsert.execute(params![SLOT_KEY.as_bytes(), payload])?;
            Ok(())
        };

        let directory = File::open(&self.files)?;
        let (part, name) = (self.files.join("part"), self.files.join("payload"));
        let file = move |payload: &[u8]| {
            let mut file = File::create(&part)?;
            file.write_all(payload)?;
            file.sync_all()?;
            fs::rename(&part, &name)?;
            directory.sync_all()?;
            Ok(())
        };

        let place = self.preallocated()?;
        let overwrite = move |payload: &[u8]| {
            place.write_all_at(payload, 0)?;
            place.sync_data()?;
            Ok(())
        };

        let mut copy = vec![0; self.size];
        Ok(vec![
            Operation::new("save", "`Store::save_slot`", save).ours(),
            Operation::new("session", "`Session::checkpoint_now`", checkpoint).ours(),
            Operation::new("sqlite-save", "SQLite upsert, WAL, FULL", sqlite),
            Operation::new("file-save", "write + fsync + rename + fsync(dir)", file),
            Operation::new("overwrite", "_overwrite in place + fdatasync_", overwrite),
            Operation::new("sha256", "_SHA-256 alone_", |payload| {
                black_box(Sha256::digest(black_box(payload)));
                Ok(())
            }),
            Operation::new("memcpy", "_memcpy alone_", move |payload| {
                copy.copy_from_slice(black_box(payload));
                black_box(&copy);
                Ok(())
            }),
        ])
    }

    fn preallocated(&self) -> Result<File> {
        let path = self.files.join("preallocated");
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        file.write_all(&vec![0; self.size])?;
        file.sync_all()?;
        Ok(file)
    }

    /// Lookups by handles that have answered before; the library's own come first.
    pub fn hot_readers(&self) -> Result<Vec<Operation<'_>>> {
        let lookup = |expected: &[u8]| {
            let found = self.store.lookup(SLOT_KEY, Lookup::Best)?;
            check(found.as_ref().map(|e| e.payload()), expected)
        };

        let mut copy = vec![0; self.size];
        let lookup_and_copy = move |expected: &[u8]| {
            let found = self.store.lookup(SLOT_KEY, Lookup::Best)?;
            let payload = found.as_ref().map(|e| e.payload());
            copy.copy_from_slice(payload.ok_or("nothing was found")?);
            check(Some(&copy), expected)
        };

        // As after a while without writes: SQLite reads the database file faster than its log.
        self.sqlite
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        let mut select = self.sqlite.prepare(SELECT)?;
        let sqlite = move |expected: &[u8]| select_and_check(&mut select, expected);

        let name = self.files.join("payload");
        let mut buffer = vec![0; self.size];
        let file = move |expected: &[u8]| {
            File::open(&name)?.read_exact(&mut buffer)?;
            check(Some(&buffer), expected)
        };

        Ok(vec![
            Operation::new("lookup", "`Store::lookup`, borrowed", lookup).ours(),
            Operation::new("lookup-copy", "`Store::lookup`, copied", lookup_and_copy).ours(),
            Operation::new("sqlite-read", "SQLite SELECT, borrowed", sqlite),
            Operation::new("file-read", "open + read, unverified", file),
        ])
    }

    /// First lookups of fresh handles; the library's own comes first.
    pub fn cold_readers(&self) -> Result<Vec<Operation<'_>>> {
        let lookup = |expected: &[u8]| {
            let store = Store::open(Some(&self.store_root), &StoreOptions::new())?;
            let found = store.lookup(SLOT_KEY, Lookup::Best)?;
            check(found.as_ref().map(|e| e.payload()), expected)
        };

        let name = self.files.join("payload");
        let file = move |expected: &[u8]| {
            let bytes = fs::read(&name)?;
            black_box(Sha256::digest(&bytes));
            check(Some(&bytes), expected)
        };

        let sqlite = |expected: &[u8]| {
            let database = Connection::open(&self.database)?;
            let mut select = database.prepare(SELECT)?;
            select_and_check(&mut select, expected)
        };

        Ok(vec![
            Operation::new("lookup-cold", "`Store::open` + `Store::lookup`", lookup).ours(),
            Operation::new("file-cold", "open + read + SHA-256", file),
            Operation::new("sqlite-cold", "SQLite open + SELECT, unverified", sqlite),
        ])
    }
}

fn create_database(path: &Path) -> Result<Connection> {
    let database = Connection::open(path)?;
    let mode: String = database.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    // SQLite keeps its old mode, without an error, where it cannot have this one.
    if mode != "wal" {
        return Err(format!("SQLite journals by {mode:?} here, and WAL was asked for").into());
    }
    database.execute_batch(
        "PRAGMA synchronous = FULL;
         CREATE TABLE entry (key BLOB PRIMARY KEY, payload BLOB NOT NULL);",
    )?;
    Ok(database)
}

fn select_and_check(select: &mut rusqlite::Statement<'_>, expected: &[u8]) -> Result<()> {
    let mut rows = select.query(params![SLOT_KEY.as_bytes()])?;
    let row = rows.next()?;
    let payload = row.map(|r| r.get_ref(0)?.as_blob().map_err(rusqlite::Error::from));
    check(payload.transpose()?, expected)
}

/// Nobody is timed on a wrong answer. Both ends of random bytes tell as much as all of them, and
/// cost next to nothing.
fn check(found: Option<&[u8]>, expected: &[u8]) -> Result<()> {
    let ends = |bytes: &[u8]| {
        let (first, last) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>());
        (bytes.len(), first.copied(), last.copied())
    };
    match found {
        Some(found) if ends(found) == ends(expected) => Ok(()),
        Some(_) => Err("what was read is not what was written".into()),
        None => Err("nothing was found".into()),
    }
}
