//! Uploading: the payload first, then the metadata, which makes the entry visible, then what makes it
//! findable under its seed keys.

use super::driver::blocking;
use super::engine::Engine;
use super::names::{run_prefix, Link, Part, Upload};
use super::objects::digest;
use super::options::Uploads;
use super::outbox::{Next, Run};
use super::Shared;
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::store::{random_u64, Inner, Outgoing, Stored};
use bytes::Bytes;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::timeout;

/// The longest that one upload may take, and how much longer for each MiB: far less than the day after which
/// a payload without metadata may be removed.
const LONGEST: Duration = Duration::from_secs(60);
const LONGER_PER_MIB: Duration = Duration::from_secs(10);
/// With nothing to do. The mark of life is renewed.
const IDLE: Duration = Duration::from_secs(60);

/// How an upload ended.
enum Uploaded {
    /// With the objects it made.
    New(u64, Vec<String>),
    Known,
    Dropped,
}

struct Payload(Arc<Stored>);

impl AsRef<[u8]> for Payload {
    fn as_ref(&self) -> &[u8] {
        &self.0.bytes
    }
}

/// Uploads what waits until the attachment is let go of.
pub(super) async fn run(shared: Weak<Shared>) {
    loop {
        let wait = {
            let Some(shared) = shared.upgrade() else {
                return;
            };
            let Some(store) = shared.store() else {
                return;
            };
            shared.heartbeat();
            while shared.outbox.wants_more(shared.options.queue) {
                let (s, of) = (Arc::clone(&shared), Arc::clone(&store));
                let collected = blocking("reading what is to be uploaded", move || {
                    s.outbox.collect(&s, &of)
                });
                if collected.await.is_err() {
                    break;
                }
            }
            match shared.outbox.next() {
                Next::Upload(run) => {
                    one(&shared, &store, run).await;
                    continue;
                }
                Next::Wait(until) => until.saturating_duration_since(std::time::Instant::now()),
                Next::Nothing => IDLE,
            }
        };
        let Some(wake) = shared.upgrade().map(|s| Arc::clone(&s.wake)) else {
            return;
        };
        let _ = timeout(wait.min(IDLE), wake.notified()).await;
    }
}

async fn one(shared: &Arc<Shared>, store: &Arc<Inner>, run: Run) {
    let figures = &shared.figures;
    // On its own, so that a defect ends this upload and no other.
    let work = {
        let (shared, store, run) = (Arc::clone(shared), Arc::clone(store), run);
        tokio::spawn(async move { upload(&shared, &store, run).await })
    };
    let outcome = work
        .await
        .unwrap_or_else(|_| Err(super::driver::defect("uploading an entry")));
    match outcome {
        Ok(uploaded) => {
            let made = match uploaded {
                Uploaded::New(bytes, made) => {
                    figures.uploads.fetch_add(1, Ordering::Relaxed);
                    figures.uploaded_bytes.fetch_add(bytes, Ordering::Relaxed);
                    made
                }
                Uploaded::Known => {
                    figures.uploads_known.fetch_add(1, Ordering::Relaxed);
                    Vec::new()
                }
                Uploaded::Dropped => {
                    figures.uploads_dropped.fetch_add(1, Ordering::Relaxed);
                    Vec::new()
                }
            };
            if shared.outbox.done(store) {
                // Removed while it was on its way: metadata first.
                for name in made.iter().rev() {
                    let _ = shared.engine.delete(name).await;
                }
            }
        }
        Err(e) => {
            figures.upload_failures.fetch_add(1, Ordering::Relaxed);
            shared.note_failure(&e);
            shared.outbox.failed(e);
        }
    }
}

async fn upload(shared: &Arc<Shared>, store: &Arc<Inner>, (key, run_id): Run) -> Result<Uploaded> {
    let which = shared.options.uploads;
    let of = Arc::clone(store);
    let copy = blocking("reading what is to be uploaded", move || {
        let Some(copy) = of.copy_of(key, &run_id)? else {
            return Ok(None);
        };
        let wanted = which != Uploads::Best || of.is_best(key, &copy)?;
        Ok(wanted.then_some(copy))
    })
    .await?;
    let Some(copy) = copy else {
        return Ok(Uploaded::Dropped);
    };
    let len = copy.stored.bytes.len() as u64;
    if len > shared.options.most_payload {
        return Ok(Uploaded::Dropped);
    }
    let mib = u32::try_from(len >> 20).unwrap_or(u32::MAX);
    let longest = LONGEST.saturating_add(LONGER_PER_MIB.saturating_mul(mib));
    timeout(longest, put(&shared.engine, key, copy))
        .await
        .unwrap_or_else(|_| {
            Err(Error::new(
                ErrorKind::Remote,
                format!(
                    "uploading an entry of key {key} to {}",
                    shared.engine.shown()
                ),
                format!("it did not end within {} s", longest.as_secs()),
                "It is tried again; what is stored on this machine is not affected",
            ))
        })
}

async fn put(engine: &Engine, key: Key, copy: Outgoing) -> Result<Uploaded> {
    let mut upload = Upload {
        key,
        run_id: copy.run_id,
        generation: copy.generation,
        checksum: Key::from_bytes(copy.checksum),
        nonce: 0,
    };
    let metadata = Part::Metadata(digest(&copy.metadata));
    let (payload_len, metadata_len) = (copy.stored.bytes.len() as u64, copy.metadata.len() as u64);
    let listed = engine.list_key(&run_prefix(key, &upload.run_id)).await?;
    let of_these = |nonce, part, len| {
        let same = Upload {
            nonce,
            ..upload.clone()
        };
        let mut objects = listed.objects.iter();
        objects.any(|o| o.upload == same && o.part == part && o.len == len)
    };
    // Whoever died before could take its mark away may have uploaded it.
    let is_there = listed.objects.iter().any(|o| {
        let nonce = o.upload.nonce;
        of_these(nonce, metadata, metadata_len) && of_these(nonce, Part::Payload, payload_len)
    });
    let mut names = Vec::new();
    if !is_there {
        upload.nonce = random_u64()?;
        names = vec![upload.name(Part::Payload), upload.name(metadata)];
        let payload = Bytes::from_owner(Payload(copy.stored));
        engine.put(&names[0], payload).await?;
        engine.put(&names[1], copy.metadata.into()).await?;
    }
    // Empty, so that writing one again changes nothing.
    for seed in copy.seed_keys.into_iter().filter(|seed| *seed != key) {
        let run_id = upload.run_id.clone();
        let name = Link { seed, key, run_id }.name();
        engine.put(&name, Bytes::new()).await?;
        names.push(name);
    }
    Ok(if is_there {
        Uploaded::Known
    } else {
        Uploaded::New(payload_len + metadata_len, names)
    })
}
