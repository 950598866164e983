//! Bringing what the remote tier has under a key: the entry a lookup of the best would answer, and the one
//! a lookup of the latest would, which is mostly the same.

use super::driver::blocking;
use super::engine::Engine;
use super::marks;
use super::names::{key_prefix, links_prefix, run_prefix, Part};
use super::objects::{Got, Object};
use super::options::Fetched;
use super::Shared;
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::store::{Incoming, Inner, Lookup, COPY_METADATA_BYTES};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering;
use std::sync::Arc;

/// Runs of a key whose metadata is read, the last uploaded first.
const MOST_RUNS: usize = 64;

/// Generations of a run that are looked at, the newest.
const MOST_GENERATIONS: usize = 4;
/// Links under a key that are read, and those that are followed, the newest.
const MOST_LINKS: usize = 1024;
const FOLLOWED: usize = 4;

/// An upload whose both objects are listed.
struct Whole {
    metadata: Object,
    payload: Object,
}

/// A run's whole uploads, its newest generation last.
type Run = Vec<Whole>;

struct Candidate {
    whole: Whole,
    incoming: Incoming,
    is_here: bool,
}

/// What was seen of a key while it was fetched.
#[derive(Default)]
struct Seen {
    transferred: u64,
    brought: u64,
    known: u64,
    refused: u64,
    corrupt: Option<String>,
}

pub(super) async fn fetch(shared: Arc<Shared>, key: Key) -> Result<Fetched> {
    let Some(store) = shared.store() else {
        return Ok(Fetched::Missing);
    };
    let mut look = Look {
        engine: shared.engine.clone(),
        shared,
        store,
        key,
        seen: Seen::default(),
    };
    let done = look.key_or_links().await;
    let Seen {
        transferred,
        brought,
        known,
        refused,
        corrupt,
    } = look.seen;
    let figures = &look.shared.figures;
    figures.brought.fetch_add(brought, Ordering::Relaxed);
    figures
        .brought_bytes
        .fetch_add(transferred, Ordering::Relaxed);
    if brought > 0 {
        return Ok(Fetched::Brought(transferred));
    }
    done?;
    if known > 0 {
        return Ok(Fetched::Known);
    }
    if let Some(why) = corrupt {
        return Err(Error::new(
            ErrorKind::Corrupt,
            format!("fetching key {key} from {}", look.engine.shown()),
            format!("what lies there fails its checks and was set aside: {why}"),
            "Remove the key there, so that it can be uploaded again",
        ));
    }
    Ok(if refused > 0 {
        Fetched::Refused
    } else {
        Fetched::Missing
    })
}

struct Look {
    shared: Arc<Shared>,
    store: Arc<Inner>,
    engine: Engine,
    key: Key,
    seen: Seen,
}

impl Look {
    /// What lies under the key; where nothing does, the newest that is linked there.
    async fn key_or_links(&mut self) -> Result<()> {
        self.all(key_prefix(self.key)).await?;
        if self.has_any() {
            return Ok(());
        }
        let prefix = links_prefix(self.key);
        let mut links = self.engine.links(&prefix, MOST_LINKS).await?.objects;
        links.retain(|(link, _)| link.seed == self.key && link.key != link.seed);
        links.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        for (link, _) in links.into_iter().take(FOLLOWED) {
            if marks::is_gone(&self.store, link.key, None) {
                continue;
            }
            self.key = link.key;
            self.all(run_prefix(link.key, &link.run_id)).await?;
            if self.has_any() {
                break;
            }
        }
        Ok(())
    }

    fn has_any(&self) -> bool {
        self.seen.brought + self.seen.known > 0
    }

    async fn all(&mut self, prefix: String) -> Result<()> {
        let listing = self.engine.list_key(&prefix).await?;
        let figures = &self.shared.figures;
        figures
            .foreign
            .fetch_add(listing.foreign, Ordering::Relaxed);
        let mut runs = self.runs(listing.objects);
        // The last uploaded first: where there are too many, the others have to wait for a retention.
        let uploaded = |r: &Run| r.last().map_or(0.0, |w| w.metadata.modified);
        runs.sort_by(|a, b| uploaded(b).total_cmp(&uploaded(a)));
        runs.truncate(MOST_RUNS);
        let mut candidates = Vec::new();
        let mut older: HashMap<String, Run> = HashMap::new();
        for mut run in runs {
            if let Some(candidate) = self.newest(&mut run).await? {
                older.insert(candidate.incoming.run_id().to_owned(), run);
                candidates.push(candidate);
            }
        }
        for mode in [Lookup::Best, Lookup::Latest] {
            while let Some(at) =
                Incoming::choose(mode, candidates.iter().map(|c: &Candidate| &c.incoming))
            {
                if candidates[at].is_here || self.bring(&candidates[at]).await? {
                    candidates[at].is_here = true;
                    break;
                }
                // Then what it supersedes, if that is there.
                let failed = candidates.swap_remove(at);
                if let Some(run) = older.get_mut(failed.incoming.run_id()) {
                    candidates.extend(self.newest(run).await?);
                }
            }
        }
        Ok(())
    }

    /// The runs under the key that may be brought, each with its whole uploads in order.
    fn runs(&mut self, objects: Vec<Object>) -> Vec<Run> {
        let mut payloads = HashMap::new();
        let mut metadata = Vec::new();
        for object in objects.into_iter().filter(|o| o.upload.key == self.key) {
            match object.part {
                Part::Payload => {
                    payloads.insert(object.upload.clone(), object);
                }
                Part::Metadata(_) => metadata.push(object),
            }
        }
        let mut runs: BTreeMap<String, Run> = BTreeMap::new();
        for metadata in metadata {
            let most = self.shared.options.most_payload;
            let Some(payload) = payloads.get(&metadata.upload).filter(|p| p.len <= most) else {
                continue;
            };
            let payload = payload.clone();
            let run = runs.entry(metadata.upload.run_id.clone()).or_default();
            run.push(Whole { metadata, payload });
        }
        runs.retain(|run_id, _| {
            let gone = marks::is_gone(&self.store, self.key, Some(run_id));
            self.seen.refused += u64::from(gone);
            !gone
        });
        let mut runs: Vec<Run> = runs.into_values().collect();
        for run in &mut runs {
            run.sort_by(|a, b| {
                let age = |w: &Whole| (w.metadata.upload.generation, w.metadata.modified);
                let ((a, a_at), (b, b_at)) = (age(a), age(b));
                a.cmp(&b).then_with(|| a_at.total_cmp(&b_at))
            });
            // A server may list any number.
            run.drain(..run.len().saturating_sub(MOST_GENERATIONS));
        }
        runs
    }

    /// Takes the newest generation whose metadata can be read.
    async fn newest(&mut self, run: &mut Run) -> Result<Option<Candidate>> {
        while let Some(whole) = run.pop() {
            if self.is_set_aside(&whole.metadata) || self.is_set_aside(&whole.payload) {
                continue;
            }
            let Some(incoming) = self.metadata(&whole).await? else {
                continue;
            };
            if !self.store.would_find(&incoming) {
                // Older generations are older still.
                return Ok(None);
            }
            return Ok(Some(Candidate {
                whole,
                incoming,
                is_here: false,
            }));
        }
        Ok(None)
    }

    async fn metadata(&mut self, whole: &Whole) -> Result<Option<Incoming>> {
        let object = &whole.metadata;
        let Part::Metadata(sha256) = object.part else {
            return Ok(None);
        };
        if object.len > COPY_METADATA_BYTES as u64 {
            self.set_aside(object, format!("it has {} bytes", object.len));
            return Ok(None);
        }
        let bytes = match self.engine.get(&object.name(), object.len, sha256).await? {
            Got::Is(bytes) => bytes,
            Got::Gone => return Ok(None),
            Got::Corrupt(why) => {
                self.set_aside(object, why);
                return Ok(None);
            }
        };
        let upload = &object.upload;
        let incoming = Incoming::parse(self.key, &upload.run_id, upload.generation, &bytes);
        let checked = incoming.and_then(|incoming| {
            if incoming.payload_bytes() != whole.payload.len {
                return Err("its payload has another length".into());
            }
            if incoming.checksum() != *upload.checksum.as_bytes() {
                return Err("its payload has another checksum".into());
            }
            Ok(incoming)
        });
        match checked {
            Ok(incoming) => Ok(Some(incoming)),
            Err(why) => {
                self.set_aside(object, why);
                Ok(None)
            }
        }
    }

    /// Reads the payload and writes the entry; false where it cannot be had.
    async fn bring(&mut self, candidate: &Candidate) -> Result<bool> {
        let object = &candidate.whole.payload;
        // Another thread's question may have brought it since.
        if self.store.has(&candidate.incoming)? {
            self.seen.known += 1;
            return Ok(true);
        }
        let got = self
            .engine
            .get(&object.name(), object.len, object.upload.checksum)
            .await?;
        let payload = match got {
            Got::Is(payload) => payload,
            Got::Gone => return Ok(false),
            Got::Corrupt(why) => {
                self.set_aside(object, why);
                return Ok(false);
            }
        };
        let store = Arc::clone(&self.store);
        let incoming = candidate.incoming.clone();
        let key = self.key;
        let run_id = object.upload.run_id.clone();
        let is_new = blocking("writing what was fetched", move || {
            // A caller may have removed it while it was on its way.
            if marks::is_gone(&store, key, None) || marks::is_gone(&store, key, Some(&run_id)) {
                return Ok(None);
            }
            store.bring(&incoming, &payload).map(Some)
        })
        .await?;
        match is_new {
            Some(true) => {
                self.seen.brought += 1;
                self.seen.transferred += object.len + candidate.whole.metadata.len;
            }
            Some(false) => self.seen.known += 1,
            None => {
                self.seen.refused += 1;
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_set_aside(&mut self, object: &Object) -> bool {
        let name = object.name();
        let is_bad = marks::is_bad(&self.store, self.key, &name);
        if is_bad && self.seen.corrupt.is_none() {
            self.seen.corrupt = Some(format!("{name} was set aside before"));
        }
        is_bad
    }

    fn set_aside(&mut self, object: &Object, why: String) {
        let name = object.name();
        marks::note_bad(&self.store, self.key, &name);
        let corrupt = &self.shared.figures.corrupt;
        corrupt.fetch_add(1, Ordering::Relaxed);
        self.seen.corrupt = Some(format!("{name}: {why}"));
    }
}
