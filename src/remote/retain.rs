//! Removing what lies there: entries that a retention does not keep, and what is removed by name.
//!
//! Metadata goes first, so that nobody finds an entry whose payload is going. A payload without metadata may
//! be an upload in progress: it stays until it is a day old by the server's clock. No upload takes that
//! long, and none ever writes a name that was written before; so what is removed as left behind is nobody's.

use super::engine::Engine;
use super::names::{key_prefix, run_prefix, Part, Upload, LAYOUT, LINKS};
use super::objects::Object;
use super::options::{Retention, RetentionReport};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::store::random_u64;
use futures_util::{stream, StreamExt, TryStreamExt};
use std::collections::{BTreeMap, HashMap, HashSet};

/// After that a payload without metadata is nobody's.
const DAY_SECONDS: f64 = 86_400.0;
/// Removals under way at once.
const AT_ONCE: usize = 8;
/// Most objects that are looked at in one call.
const MOST_OBJECTS: usize = 4_000_000;

/// An upload with what is listed of it.
#[derive(Default)]
struct Listed {
    payload: Option<Object>,
    metadata: Vec<Object>,
}

impl Listed {
    fn objects(&self) -> impl Iterator<Item = &Object> {
        self.payload.iter().chain(&self.metadata)
    }

    fn bytes(&self) -> u64 {
        self.objects().map(|o| o.len).sum()
    }

    /// When it was complete.
    fn uploaded(&self) -> f64 {
        let stamps = self.metadata.iter().map(|o| o.modified);
        stamps.fold(f64::NEG_INFINITY, f64::max)
    }
}

/// What goes now, and figures.
struct Plan {
    metadata: Vec<Object>,
    payloads: Vec<Object>,
    report: RetentionReport,
}

fn gather(objects: Vec<Object>) -> BTreeMap<Upload, Listed> {
    let mut uploads: BTreeMap<Upload, Listed> = BTreeMap::new();
    for object in objects {
        let listed = uploads.entry(object.upload.clone()).or_default();
        match object.part {
            Part::Payload => listed.payload = Some(object),
            Part::Metadata(_) => listed.metadata.push(object),
        }
    }
    uploads
}

/// Decides what goes: a pure function of what is listed, and of the server's present.
fn plan(objects: Vec<Object>, now: f64, keep: &Retention) -> Plan {
    let uploads = gather(objects);
    let mut report = RetentionReport {
        bytes: uploads.values().map(Listed::bytes).sum(),
        ..RetentionReport::default()
    };
    let (entries, halves): (Vec<_>, Vec<_>) = uploads
        .iter()
        .partition(|(_, l)| !l.metadata.is_empty() && l.payload.is_some());
    report.entries = entries.len() as u64;
    let mut goes: HashMap<&Upload, bool> = HashMap::new();
    let max_age = keep.max_age.map(|a| a.as_secs_f64());
    for (upload, listed) in &entries {
        // An entry from the future is as fresh as now.
        let too_old = max_age.is_some_and(|most| now - listed.uploaded() > most);
        goes.insert(upload, too_old);
    }
    if let Some(most) = keep.keep_per_key {
        let mut by_key: HashMap<Key, Vec<(&Upload, &Listed)>> = HashMap::new();
        for (upload, listed) in &entries {
            by_key.entry(upload.key).or_default().push((upload, listed));
        }
        for mut of_key in by_key.into_values() {
            // The newest generation of each run stands for it.
            of_key.sort_by(|(a, a_is), (b, b_is)| {
                let stamps = a_is.uploaded().total_cmp(&b_is.uploaded());
                a.generation.cmp(&b.generation).then(stamps)
            });
            let mut newest: HashMap<&str, (&Upload, &Listed)> = HashMap::new();
            for (upload, listed) in &of_key {
                if let Some((older, _)) = newest.insert(&upload.run_id, (upload, listed)) {
                    goes.insert(older, true);
                }
            }
            let mut runs: Vec<_> = newest.into_values().collect();
            runs.sort_by(|(a, a_is), (b, b_is)| {
                let stamps = b_is.uploaded().total_cmp(&a_is.uploaded());
                stamps.then_with(|| a.run_id.cmp(&b.run_id))
            });
            let kept = usize::try_from(most).unwrap_or(usize::MAX);
            for (upload, _) in runs.into_iter().skip(kept) {
                goes.insert(upload, true);
            }
        }
    }
    if let Some(most) = keep.max_bytes {
        let mut oldest: Vec<_> = entries
            .iter()
            .filter(|(upload, _)| !goes.get(upload).copied().unwrap_or(false))
            .collect();
        oldest.sort_by(|(a, a_is), (b, b_is)| {
            a_is.uploaded().total_cmp(&b_is.uploaded()).then(a.cmp(b))
        });
        let mut left: u64 = oldest.iter().map(|(_, l)| l.bytes()).sum();
        for (upload, listed) in oldest {
            if left <= most {
                break;
            }
            left -= listed.bytes();
            goes.insert(upload, true);
        }
    }
    let mut metadata = Vec::new();
    let mut payloads = Vec::new();
    let is_old = |o: &Object| now - o.modified >= DAY_SECONDS;
    let mut leave = |payload: &Object, report: &mut RetentionReport| {
        if is_old(payload) {
            report.removed_payloads += 1;
            report.removed_bytes += payload.len;
            payloads.push(payload.clone());
        } else {
            report.waiting_payloads += 1;
        }
    };
    for (upload, listed) in &entries {
        if !goes.get(upload).copied().unwrap_or(false) {
            continue;
        }
        report.removed_entries += 1;
        report.removed_bytes += listed.metadata.iter().map(|o| o.len).sum::<u64>();
        metadata.extend(listed.metadata.iter().cloned());
        if let Some(payload) = &listed.payload {
            leave(payload, &mut report);
        }
    }
    for (_, listed) in &halves {
        if let Some(payload) = &listed.payload {
            leave(payload, &mut report);
        }
        // Its payload was there before it, and is gone.
        for alone in listed.metadata.iter().filter(|o| is_old(o)) {
            report.removed_bytes += alone.len;
            metadata.push(alone.clone());
        }
    }
    Plan {
        metadata,
        payloads,
        report,
    }
}

async fn delete_all(engine: &Engine, names: impl Iterator<Item = String>) -> Result<()> {
    let names: Vec<String> = names.collect();
    stream::iter(names)
        .map(|name| async move { engine.delete(&name).await })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

pub(super) async fn retain(engine: Engine, keep: Retention) -> Result<RetentionReport> {
    // Before the listing: by a later clock, what is listed might seem older than it is.
    let now = engine.now(random_u64()?).await?;
    let listing = engine.list(LAYOUT, MOST_OBJECTS).await?;
    if listing.cut {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!("keeping the size of {}", engine.shown()),
            format!("it holds more than {MOST_OBJECTS} objects"),
            "Use several prefixes",
        ));
    }
    let foreign = listing.foreign;
    let runs: HashSet<(Key, String)> = listing
        .objects
        .iter()
        .filter(|o| o.part != Part::Payload)
        .map(|o| (o.upload.key, o.upload.run_id.clone()))
        .collect();
    let Plan {
        metadata,
        payloads,
        report,
    } = plan(listing.objects, now, &keep);
    if !keep.dry_run {
        delete_all(&engine, metadata.iter().map(Object::name)).await?;
        delete_all(&engine, payloads.iter().map(Object::name)).await?;
        // Links that led nowhere when this began, and for a day before. They take no bytes.
        let mut links = engine.links(LINKS, MOST_OBJECTS).await?.objects;
        links.retain(|(link, made)| {
            let leads = runs.contains(&(link.key, link.run_id.clone()));
            !leads && now - made >= DAY_SECONDS
        });
        delete_all(&engine, links.iter().map(|(link, _)| link.name())).await?;
    }
    Ok(RetentionReport { foreign, ..report })
}

/// Removes all uploads of a key, or of one run; false when there are none.
pub(super) async fn remove(engine: Engine, key: Key, run_id: Option<String>) -> Result<bool> {
    let prefix = match &run_id {
        Some(run_id) => run_prefix(key, run_id),
        None => key_prefix(key),
    };
    let mut found = false;
    loop {
        let listing = engine.list_key(&prefix).await?;
        let ours = |o: &Object| {
            let run = run_id.as_ref().map_or(true, |r| *r == o.upload.run_id);
            run && o.upload.key == key
        };
        let (metadata, payloads): (Vec<_>, Vec<_>) = listing
            .objects
            .into_iter()
            .filter(ours)
            .partition(|o| o.part != Part::Payload);
        // A payload without metadata may be the upload of another run's entry that is under way, or of this
        // one's next; a retention removes it when it is nobody's.
        let is_whole = |p: &Object| metadata.iter().any(|m| m.upload == p.upload);
        let payloads: Vec<Object> = payloads.into_iter().filter(is_whole).collect();
        found |= !metadata.is_empty();
        delete_all(&engine, metadata.iter().map(Object::name)).await?;
        delete_all(&engine, payloads.iter().map(Object::name)).await?;
        if !listing.cut || metadata.is_empty() {
            return Ok(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const NOW: f64 = 1.8e9;

    fn objects(key: u8, run: &str, generation: u64, age: f64, len: u64) -> [Object; 2] {
        let upload = Upload {
            key: Key::from_bytes([key; 32]),
            run_id: run.into(),
            generation,
            checksum: Key::from_bytes([9; 32]),
            nonce: (age * 8.0) as u64,
        };
        let object = |part, len| Object {
            upload: upload.clone(),
            part,
            len,
            modified: NOW - age,
        };
        let digest = Key::from_bytes([1; 32]);
        [
            object(Part::Payload, len),
            object(Part::Metadata(digest), 10),
        ]
    }

    fn gone(objects: Vec<Object>, keep: Retention) -> (Vec<String>, RetentionReport) {
        let plan = plan(objects, NOW, &keep);
        let names = plan.metadata.iter().map(|o| {
            let Upload {
                key,
                run_id,
                generation,
                ..
            } = &o.upload;
            format!("{}{run_id}{generation}", key.as_bytes()[0])
        });
        let mut names: Vec<String> = names.collect();
        names.sort();
        (names, plan.report)
    }

    #[test]
    fn without_limits_nothing_but_what_is_nobodys_goes() {
        let [young, _] = objects(1, "y", 0, 100.0, 7);
        let [old, _] = objects(1, "o", 0, DAY_SECONDS, 9);
        let [_, alone] = objects(1, "a", 0, 2.0 * DAY_SECONDS, 9);
        let [_, fresh] = objects(1, "f", 0, 5.0, 9);
        let mut all = vec![young, old, alone, fresh];
        all.extend(objects(1, "w", 0, 9.0 * DAY_SECONDS, 100));
        let (names, report) = gone(all, Retention::default());
        assert_eq!(names, ["1a0"]);
        assert_eq!((report.entries, report.removed_entries), (1, 0));
        assert_eq!((report.removed_payloads, report.waiting_payloads), (1, 1));
        assert_eq!(report.removed_bytes, 9 + 10);
    }

    #[test]
    fn a_fresh_payload_stays_though_its_entry_goes() {
        let all: Vec<Object> = objects(1, "a", 0, 60.0, 100).into();
        let keep = Retention {
            max_bytes: Some(0),
            ..Retention::default()
        };
        let (names, report) = gone(all, keep);
        assert_eq!(names, ["1a0"]);
        assert_eq!((report.removed_payloads, report.waiting_payloads), (0, 1));
    }

    #[test]
    fn age_bytes_and_number_choose_the_oldest() {
        let mut all = Vec::new();
        for (run, age) in [("a", 10.0), ("b", 20.0), ("c", 30.0)] {
            all.extend(objects(1, run, 0, age, 100));
        }
        all.extend(objects(1, "a", 1, 5.0, 100));
        all.extend(objects(2, "d", 0, 40.0, 100));
        let keep = |max_bytes, max_age: Option<u64>, keep_per_key| Retention {
            max_bytes,
            max_age: max_age.map(Duration::from_secs),
            keep_per_key,
            dry_run: false,
        };
        assert_eq!(
            gone(all.clone(), keep(None, Some(20), None)).0,
            ["1c0", "2d0"]
        );
        // What its run has superseded takes no place.
        assert_eq!(
            gone(all.clone(), keep(None, None, Some(2))).0,
            ["1a0", "1c0"]
        );
        assert_eq!(
            gone(all.clone(), keep(Some(330), None, None)).0,
            ["1c0", "2d0"]
        );
        assert_eq!(
            gone(all.clone(), keep(Some(329), None, None)).0,
            ["1b0", "1c0", "2d0"]
        );
        let [payload, metadata] = objects(3, "f", 0, -1000.0, 1);
        let future = vec![payload, metadata];
        assert!(gone(future, keep(None, Some(20), None)).0.is_empty());
    }
}
