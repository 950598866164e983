//! Single objects: written under names never used before, and read with everything their names say checked.

use super::engine::Engine;
use super::names::{Link, Part, Upload};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use bytes::Bytes;
use futures_util::StreamExt;
use object_store::{ObjectMeta, ObjectStore, PutPayload};
use sha2::{Digest, Sha256};
use std::time::SystemTime;

/// Most objects of one key that are looked at.
const MOST_OF_A_KEY: usize = 20_000;
/// How often an object that fails its checks, or breaks off, is read.
const READS: usize = 2;

/// An object of ours, as the server lists it.
#[derive(Debug, Clone)]
pub(super) struct Object {
    pub upload: Upload,
    pub part: Part,
    pub len: u64,
    /// By the server's clock: Unix seconds.
    pub modified: f64,
}

impl Object {
    pub fn name(&self) -> String {
        self.upload.name(self.part)
    }
}

/// What a listing gave.
#[derive(Debug)]
pub(super) struct Listing<T> {
    pub objects: Vec<T>,
    /// Names that are none of ours.
    pub foreign: u64,
    /// There are more.
    pub cut: bool,
}

/// What became of reading an object.
pub(super) enum Got<T> {
    Is(T),
    /// Removed since it was listed.
    Gone,
    /// It is not what its name says, with the reason.
    Corrupt(String),
}

pub(super) fn digest(bytes: &[u8]) -> Key {
    Key::from_bytes(Sha256::digest(bytes).into())
}

/// Unix seconds of a server's stamp.
fn seconds(stamp: SystemTime) -> f64 {
    match stamp.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => since.as_secs_f64(),
        Err(before) => -before.duration().as_secs_f64(),
    }
}

impl Engine {
    /// All objects below `prefix`, a name of ours, at most `most` of them, as `make` takes them; what it
    /// does not is none of ours.
    async fn listed<T>(
        &self,
        prefix: &str,
        most: usize,
        make: impl Fn(&str, &ObjectMeta) -> Option<T>,
    ) -> Result<Listing<T>> {
        let mut listed = self.store.list(Some(&self.path(prefix)));
        let mut listing = Listing {
            objects: Vec::new(),
            foreign: 0,
            cut: false,
        };
        while let Some(item) = listed.next().await {
            let item = item.map_err(|e| self.failed("listing objects", &e))?;
            if listing.objects.len() as u64 + listing.foreign >= most as u64 {
                listing.cut = true;
                break;
            }
            match self.name(&item.location).and_then(|n| make(n, &item)) {
                Some(object) => listing.objects.push(object),
                None => listing.foreign += 1,
            }
        }
        Ok(listing)
    }

    /// Uploads below a name of ours.
    pub async fn list(&self, prefix: &str, most: usize) -> Result<Listing<Object>> {
        let make = |name: &str, item: &ObjectMeta| {
            let (upload, part) = Upload::parse(name)?;
            Some(Object {
                upload,
                part,
                len: item.size,
                modified: seconds(item.last_modified.into()),
            })
        };
        self.listed(prefix, most, make).await
    }

    /// The same of one key.
    pub async fn list_key(&self, prefix: &str) -> Result<Listing<Object>> {
        self.list(prefix, MOST_OF_A_KEY).await
    }

    /// Links below a name of ours, and when they were made, by the server's clock.
    pub async fn links(&self, prefix: &str, most: usize) -> Result<Listing<(Link, f64)>> {
        let make = |name: &str, item: &ObjectMeta| {
            Some((Link::parse(name)?, seconds(item.last_modified.into())))
        };
        self.listed(prefix, most, make).await
    }

    pub async fn put(&self, name: &str, bytes: Bytes) -> Result<()> {
        let path = self.path(name);
        let put = self.store.put(&path, PutPayload::from_bytes(bytes));
        put.await
            .map(drop)
            .map_err(|e| self.failed("uploading an object", &e))
    }

    /// Removes an object; one that is gone already is no failure.
    pub async fn delete(&self, name: &str) -> Result<()> {
        match self.store.delete(&self.path(name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(self.failed("removing an object", &e)),
        }
    }

    /// The server's present: Unix seconds.
    pub async fn now(&self, nonce: u64) -> Result<f64> {
        let name = format!("clock/{nonce:016x}");
        self.put(&name, Bytes::new()).await?;
        let head = self.store.head(&self.path(&name)).await;
        let gone = self.delete(&name).await;
        let head = head.map_err(|e| self.failed("asking for the server's time", &e))?;
        gone?;
        Ok(seconds(head.last_modified.into()))
    }

    /// Reads an object that must have `len` bytes of this SHA-256.
    pub async fn get(&self, name: &str, len: u64, sha256: Key) -> Result<Got<Vec<u8>>> {
        let mut last = Ok(Got::Gone);
        for _ in 0..READS {
            last = self.get_once(name, len, sha256).await;
            match &last {
                Ok(Got::Corrupt(_)) => {}
                Err(e) if e.kind() == ErrorKind::Remote => {}
                _ => break,
            }
        }
        last
    }

    async fn get_once(&self, name: &str, len: u64, sha256: Key) -> Result<Got<Vec<u8>>> {
        let failed = |e: &object_store::Error| self.failed("reading an object", e);
        let got = match self.store.get(&self.path(name)).await {
            Ok(got) => got,
            Err(object_store::Error::NotFound { .. }) => return Ok(Got::Gone),
            Err(e) => return Err(failed(&e)),
        };
        let mut bytes: Vec<u8> = Vec::new();
        let wanted = usize::try_from(len).unwrap_or(usize::MAX);
        bytes.try_reserve_exact(wanted).map_err(|_| {
            Error::new(
                ErrorKind::NoMemory,
                "reading an object into memory",
                format!("{len} bytes could not be allocated"),
                "Free memory, then try again; nothing was changed",
            )
        })?;
        let mut hash = Sha256::new();
        let mut pieces = got.into_stream();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|e| failed(&e))?;
            if piece.len() > wanted - bytes.len() {
                return Ok(Got::Corrupt(format!("it is longer than {len} bytes")));
            }
            hash.update(&piece);
            bytes.extend_from_slice(&piece);
        }
        if bytes.len() < wanted {
            let found = bytes.len();
            return Ok(Got::Corrupt(format!("it has {found} of {len} bytes")));
        }
        if Key::from_bytes(hash.finalize().into()) != sha256 {
            return Ok(Got::Corrupt("its SHA-256 is not that of its name".into()));
        }
        Ok(Got::Is(bytes))
    }
}
