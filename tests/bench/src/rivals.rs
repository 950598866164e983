//! The rivals: databases and a cache, each by its own way of keeping one payload under one key.
//!
//! Where a choice had to be made, it favours the rival: handles, statements and buffers that may be
//! kept are kept.

use crate::operation::{Operation, Whose::Rivals};
use crate::site::{batch, check, KEY};
use crate::Result;
use heed::types::Bytes;
use heed::{Env, EnvOpenOptions};
use redb::{Database, ReadableDatabase, TableDefinition};
use rusqlite::{params, Connection, Statement};
use std::cell::RefCell;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

const UPSERT: &str = "INSERT INTO entry (key, payload) VALUES (?1, ?2) \
     ON CONFLICT (key) DO UPDATE SET payload = excluded.payload";
const SELECT: &str = "SELECT payload FROM entry WHERE key = ?1";

pub struct Sqlite(pub Connection);

impl Sqlite {
    pub fn open(path: &Path, synchronous: &str) -> Result<Sqlite> {
        let database = Connection::open(path)?;
        database.busy_timeout(Duration::from_secs(60))?;
        let mode: String = database.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
        // SQLite keeps its old mode, without an error, where it cannot have this one.
        if mode != "wal" {
            return Err(format!("SQLite journals by {mode:?} here, and WAL was asked for").into());
        }
        database.execute_batch(&format!(
            "PRAGMA synchronous = {synchronous};
             CREATE TABLE IF NOT EXISTS entry (key BLOB PRIMARY KEY, payload BLOB NOT NULL);"
        ))?;
        Ok(Sqlite(database))
    }

    pub fn upserting(&self) -> Result<impl FnMut(&[u8], &[u8]) -> Result<()> + '_> {
        let mut upsert = self.0.prepare(UPSERT)?;
        Ok(move |key: &[u8], payload: &[u8]| {
            upsert.execute(params![key, payload])?;
            Ok(())
        })
    }

    pub fn upsert(&self, id: &'static str, title: &'static str) -> Result<Operation<'_>> {
        let mut upsert = self.upserting()?;
        let run = move |payload: &[u8]| upsert(KEY.as_bytes(), payload);
        Ok(Operation::new(Rivals, id, title, run))
    }

    pub fn select(&self) -> Result<Operation<'_>> {
        // As after a while without writes: SQLite reads the database file faster than its log.
        self.checkpoint()?;
        let mut select = self.0.prepare(SELECT)?;
        let calls = batch(self.read(KEY.as_bytes())?);
        let run = move |expected: &[u8]| select_and_check(&mut select, KEY.as_bytes(), expected);
        let title = "SQLite SELECT";
        Ok(Operation::batch(Rivals, "sqlite-read", title, calls, run))
    }

    pub fn checkpoint(&self) -> Result<()> {
        self.0
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    /// The length of what lies under `key`, all of it read.
    pub fn read(&self, key: &[u8]) -> Result<usize> {
        self.reading()?(key)
    }

    pub fn reading(&self) -> Result<impl FnMut(&[u8]) -> Result<usize> + '_> {
        let mut select = self.0.prepare(SELECT)?;
        Ok(move |key: &[u8]| {
            Ok(select.query_row([key], |row| Ok(row.get_ref(0)?.as_blob()?.len()))?)
        })
    }
}

fn select_and_check(select: &mut Statement<'_>, key: &[u8], expected: &[u8]) -> Result<()> {
    let mut rows = select.query(params![key])?;
    let row = rows.next()?;
    let payload = row.map(|r| r.get_ref(0)?.as_blob().map_err(rusqlite::Error::from));
    check(payload.transpose()?, expected)
}

/// One of 1 GiB, the default flags: every commit is synced.
pub struct Lmdb {
    env: Env,
    database: heed::Database<Bytes, Bytes>,
}

impl Lmdb {
    pub fn open(dir: &Path) -> Result<Lmdb> {
        fs::create_dir_all(dir)?;
        // SAFETY: nobody else changes these files, and each process opens them once.
        let env = unsafe { EnvOpenOptions::new().map_size(1 << 30).open(dir)? };
        let mut writing = env.write_txn()?;
        let database = env.create_database(&mut writing, None)?;
        writing.commit()?;
        Ok(Lmdb { env, database })
    }

    /// The database that is there.
    pub fn open_again(dir: &Path) -> Result<Lmdb> {
        // SAFETY: as above.
        let env = unsafe { EnvOpenOptions::new().map_size(1 << 30).open(dir)? };
        let reading = env.read_txn()?;
        let database = env.open_database(&reading, None)?;
        let database = database.ok_or("LMDB has no database there")?;
        drop(reading);
        Ok(Lmdb { env, database })
    }

    pub fn put(&self) -> Operation<'_> {
        let run = |payload: &[u8]| {
            let mut writing = self.env.write_txn()?;
            self.database.put(&mut writing, KEY.as_bytes(), payload)?;
            Ok(writing.commit()?)
        };
        Operation::new(Rivals, "lmdb", "LMDB put + commit", run)
    }

    pub fn get(&self) -> Operation<'_> {
        let run = |expected: &[u8]| {
            let reading = self.env.read_txn()?;
            check(self.database.get(&reading, KEY.as_bytes())?, expected)
        };
        let title = "LMDB get, untouched in its map";
        Operation::batch(Rivals, "lmdb-read", title, 64, run)
    }

    /// Touches every page, as who uses the payload will.
    pub fn read(&self) -> Result<()> {
        let reading = self.env.read_txn()?;
        let payload = self.database.get(&reading, KEY.as_bytes())?;
        let payload = payload.ok_or("nothing was found")?;
        black_box(payload.iter().step_by(4096).fold(0, |sum, b| sum ^ *b));
        Ok(())
    }
}

pub struct Redb(Database);

const TABLE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("entry");

impl Redb {
    pub fn open(path: &Path) -> Result<Redb> {
        Ok(Redb(Database::create(path)?))
    }

    pub fn insert(&self) -> Operation<'_> {
        let run = |payload: &[u8]| {
            let writing = self.0.begin_write()?;
            writing
                .open_table(TABLE)?
                .insert(KEY.as_bytes().as_slice(), payload)?;
            Ok(writing.commit()?)
        };
        Operation::new(Rivals, "redb", "redb insert + commit", run)
    }

    fn with<T>(&self, look: impl FnOnce(&[u8]) -> Result<T>) -> Result<T> {
        let table = self.0.begin_read()?.open_table(TABLE)?;
        let found = table.get(KEY.as_bytes().as_slice())?;
        look(found.ok_or("nothing was found")?.value())
    }

    pub fn get(&self) -> Operation<'_> {
        let run = |expected: &[u8]| self.with(|payload| check(Some(payload), expected));
        Operation::batch(Rivals, "redb-read", "redb get", 16, run)
    }

    pub fn read(&self) -> Result<usize> {
        self.with(|payload| Ok(payload.len()))
    }
}

pub struct Cacache(pub PathBuf);

const CACHE_KEY: &str = "slot";
/// Its index grows with every write of a key, and is read whole: readers have a key of their own.
const READ_KEY: &str = "read";

impl Cacache {
    pub fn write(&self) -> Operation<'_> {
        // Contents are kept under their hashes until someone removes them.
        let superseded = Rc::new(RefCell::new(Vec::new()));
        let written = Rc::clone(&superseded);
        let run = move |payload: &[u8]| {
            let hash = cacache::write_sync(&self.0, CACHE_KEY, payload)?;
            written.borrow_mut().push(hash);
            Ok(())
        };
        Operation::new(Rivals, "cacache", "cacache write (not durable)", run)
            .leaving_data()
            .followed_by(move || {
                let mut every = superseded.borrow_mut();
                while every.len() > 1 {
                    cacache::remove_hash_sync(&self.0, &every.remove(0))?;
                }
                Ok(())
            })
    }

    pub fn read(&self) -> Operation<'_> {
        let mut is_written = false;
        let run = move |expected: &[u8]| {
            if !is_written {
                cacache::write_sync(&self.0, READ_KEY, expected)?;
                is_written = true;
            }
            check(Some(&cacache::read_sync(&self.0, READ_KEY)?), expected)
        };
        Operation::new(Rivals, "cacache-read", "cacache read, verified", run)
    }

    pub fn read_first(&self) -> Result<usize> {
        Ok(cacache::read_sync(&self.0, READ_KEY)?.len())
    }
}
