//! The remote tier as what a prefetch worker warms from.

use super::attached::{deadline, Remote, Shared};
use super::driver::{Cancel, Unfinished};
use super::listed::Listed;
use super::options::Fetched;
use super::prefetch::{
    CancelSignal, FetchOutcome, Prefetch, PrefetchEntry, PrefetchOptions, PrefetchSource,
};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::store::Elsewhere;
use std::sync::{Arc, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Most objects that a listing looks at, two of each upload: some 100 MiB of memory while it goes on.
const MOST_LISTED: usize = 1 << 18;

/// Holds the tier no longer than a call takes.
struct Tier(Weak<Shared>);

impl Tier {
    fn shared(&self) -> Option<Arc<Shared>> {
        self.0.upgrade().filter(|tier| !tier.is_over())
    }
}

fn ended() -> Error {
    Unfinished::Cancelled.error("prefetching from a remote tier that was let go of")
}

/// The tier's way of being called off, by the worker's.
fn cancel_of(signal: &CancelSignal) -> Cancel {
    let cancel = Cancel::new();
    let theirs = cancel.clone();
    signal.on_cancel(move || theirs.cancel());
    cancel
}

/// What is told of a key: it is as recent as the last upload of its runs.
fn entry_of(runs: &[Listed]) -> Option<PrefetchEntry<'_>> {
    let newest = runs
        .iter()
        .max_by(|a, b| a.uploaded.total_cmp(&b.uploaded))?;
    Some(PrefetchEntry {
        key: newest.key,
        run: &newest.run_id,
        parent: None,
        sequence: 0,
        payload_bytes: newest.payload_bytes,
        last_access_ms: (newest.uploaded * 1000.0) as i64,
        model: [0; 32],
        namespace: "",
    })
}

impl Shared {
    /// Has what the worker brought by a seed key counted under the key where it lies.
    fn note_linked(&self, key: Key, took: Duration) {
        let Some(store) = self.store().filter(|store| !store.has_any(key)) else {
            return;
        };
        let Some((under, run_id)) = store.linked(key) else {
            return;
        };
        // By its metadata: the payload was checked when it was brought.
        let runs = store.list_runs(under).unwrap_or_default();
        if let Some(run) = runs.iter().find(|run| run.run_id == run_id) {
            let entry = PrefetchEntry {
                key: under,
                run: &run_id,
                parent: None,
                sequence: 0,
                payload_bytes: run.info.payload_bytes,
                // As listed.
                last_access_ms: 0,
                model: [0; 32],
                namespace: "",
            };
            self.tell(|follower| follower.warmed(&entry, took));
        }
    }
}

impl PrefetchSource for Tier {
    fn list(
        &self,
        signal: &CancelSignal,
        each: &mut dyn FnMut(&PrefetchEntry<'_>) -> bool,
    ) -> Result<()> {
        let tier = self.shared().ok_or_else(ended)?;
        let until = deadline(signal.remaining());
        let listed = tier.list(MOST_LISTED, until, &cancel_of(signal))?;
        let mut keys = listed.chunk_by(|a, b| a.key == b.key).filter_map(entry_of);
        // Until it has enough.
        let _ = keys.all(|entry| each(&entry));
        Ok(())
    }

    fn is_resident(&self, key: &Key) -> bool {
        let store = self.shared().and_then(|tier| tier.store());
        store.is_some_and(|store| store.has_any(*key))
    }

    fn is_linked(&self, key: &Key) -> bool {
        let store = self.shared().and_then(|tier| tier.store());
        store.is_some_and(|store| store.linked(*key).is_some())
    }

    fn fetch(&self, key: &Key, signal: &CancelSignal) -> FetchOutcome {
        let Some(tier) = self.shared() else {
            return FetchOutcome::Failed(ended());
        };
        // A guess is no reason for asking a server that has just failed.
        if tier.is_resting() {
            return FetchOutcome::Deferred;
        }
        let began = Instant::now();
        match tier.fetch(*key, &|| signal.remaining(), &cancel_of(signal)) {
            Ok(Fetched::Brought(bytes)) => {
                tier.note_linked(*key, began.elapsed());
                FetchOutcome::Fetched { bytes }
            }
            Ok(Fetched::Known) => FetchOutcome::Fetched { bytes: 0 },
            Ok(Fetched::Missing | Fetched::Refused) => FetchOutcome::NotFound,
            Err(e) if e.kind() == ErrorKind::Corrupt => FetchOutcome::Corrupt(e),
            Err(_) if signal.is_cancelled() => FetchOutcome::Cancelled,
            Err(e) => FetchOutcome::Failed(e),
        }
    }
}

impl Remote {
    /// A worker that brings what lies there before anybody asks; it does not run before
    /// [`Prefetch::start`]. It is told of what is stored, found, removed and refused here, and does not
    /// keep the attachment: once that ends, the worker stops.
    ///
    /// Its index begins with what the tier lists at the start, 131 072 uploads at most, and at each
    /// [`Prefetch::refresh`]; a key is as recent as its last upload. A listing knows of no chains, models or
    /// namespaces: whoever does tells them by [`Prefetch::note`].
    ///
    /// A key that the worker is fetching is not fetched a second time for a lookup, which waits for the
    /// same transfer. What a caller removed or refused is not brought. After the server has failed, the
    /// worker leaves it alone for as long as lookups do: what it would have fetched is deferred.
    ///
    /// An attachment has one worker at a time.
    ///
    /// # Errors
    ///
    /// `Invalid` when there is one already.
    pub fn prefetch(&self, options: &PrefetchOptions) -> Result<Prefetch> {
        let follower = self.shared.follower.write();
        let mut follower = follower.unwrap_or_else(PoisonError::into_inner);
        if follower.as_ref().is_some_and(|f| !f.is_over()) {
            return Err(Error::invalid(
                "making a prefetch worker for a remote tier",
                "the tier has one already",
                "Use that one, or drop it first",
            ));
        }
        let source = Arc::new(Tier(Arc::downgrade(&self.shared)));
        let prefetch = Prefetch::new(source, options);
        *follower = Some(prefetch.follower());
        Ok(prefetch)
    }
}
