//! What objects are called, and which names are ours.
//!
//! `v1/<key>/<run id>/<generation>-<checksum>-<nonce>.bin` is a payload, and
//! `v1/<key>/<run id>/<generation>-<checksum>-<nonce>-<digest>.json` its metadata: the payload's SHA-256,
//! 64 random bits of the upload, and the SHA-256 of the metadata. So no two uploads ever write the same
//! name, and whoever reads an object knows from its name what it must hold.
//!
//! `links/<seed key>/<key>/<run id>` is empty, and says that the run is found under the seed key, too.
//!
//! A server may list anything: only a name that is written exactly so is ours.

use crate::key::Key;
use crate::store::check_run_id;

/// First part of every name, after the prefix of the URL.
pub(super) const LAYOUT: &str = "v1";
const PAYLOAD: &str = ".bin";
const METADATA: &str = ".json";

/// One upload of one generation of a run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Upload {
    pub key: Key,
    pub run_id: String,
    pub generation: u64,
    pub checksum: Key,
    pub nonce: u64,
}

/// Which object of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Payload,
    /// With the SHA-256 of its contents.
    Metadata(Key),
}

/// What begins the names of all uploads of a key.
pub(super) fn key_prefix(key: Key) -> String {
    format!("{LAYOUT}/{key}")
}

/// The same of one run.
pub(super) fn run_prefix(key: Key, run_id: &str) -> String {
    format!("{LAYOUT}/{key}/{run_id}")
}

/// First part of the names of links.
pub(super) const LINKS: &str = "links";

/// What begins the names of all links under a key.
pub(super) fn links_prefix(seed: Key) -> String {
    format!("{LINKS}/{seed}")
}

/// A run that is found under another key, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub seed: Key,
    pub key: Key,
    pub run_id: String,
}

impl Link {
    pub fn name(&self) -> String {
        let Link { seed, key, run_id } = self;
        format!("{LINKS}/{seed}/{key}/{run_id}")
    }

    /// `None` for any but those of [`Link::name`].
    pub fn parse(name: &str) -> Option<Link> {
        let mut segments = name.split('/').skip(1);
        let link = Link {
            seed: Key::from_hex(segments.next()?).ok()?,
            key: Key::from_hex(segments.next()?).ok()?,
            run_id: segments.next()?.to_owned(),
        };
        (check_run_id(&link.run_id).is_ok() && link.name() == name).then_some(link)
    }
}

impl Upload {
    pub fn name(&self, part: Part) -> String {
        let Upload {
            key,
            run_id,
            generation,
            checksum,
            nonce,
        } = self;
        let stem = format!("{LAYOUT}/{key}/{run_id}/{generation}-{checksum}-{nonce:016x}");
        match part {
            Part::Payload => format!("{stem}{PAYLOAD}"),
            Part::Metadata(digest) => format!("{stem}-{digest}{METADATA}"),
        }
    }

    /// Takes a name apart; `None` for any but those of [`Upload::name`].
    pub fn parse(name: &str) -> Option<(Upload, Part)> {
        let mut segments = name.split('/');
        let (layout, key, run_id, file) = (
            segments.next()?,
            segments.next()?,
            segments.next()?,
            segments.next()?,
        );
        if layout != LAYOUT || segments.next().is_some() || check_run_id(run_id).is_err() {
            return None;
        }
        let (stem, is_payload) = match file.strip_suffix(PAYLOAD) {
            Some(stem) => (stem, true),
            None => (file.strip_suffix(METADATA)?, false),
        };
        let mut fields = stem.split('-');
        let upload = Upload {
            key: Key::from_hex(key).ok()?,
            run_id: run_id.to_owned(),
            generation: fields.next()?.parse().ok()?,
            checksum: Key::from_hex(fields.next()?).ok()?,
            nonce: u64::from_str_radix(fields.next()?, 16).ok()?,
        };
        let part = if is_payload {
            Part::Payload
        } else {
            Part::Metadata(Key::from_hex(fields.next()?).ok()?)
        };
        (upload.name(part) == name).then_some((upload, part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload() -> Upload {
        Upload {
            key: Key::from_bytes([0xe9; 32]),
            run_id: "ckpt-r1-2".into(),
            generation: 7,
            checksum: Key::from_bytes([0xab; 32]),
            nonce: 0xf,
        }
    }

    #[test]
    fn names_say_what_they_stand_for() {
        for part in [Part::Payload, Part::Metadata(Key::from_bytes([1; 32]))] {
            let name = upload().name(part);
            assert_eq!(Upload::parse(&name), Some((upload(), part)));
            // What a file system can hold as one name.
            assert!(name.split('/').all(|segment| segment.len() <= 200));
        }
    }

    #[test]
    fn links_say_which_run_is_found_where() {
        let Upload {
            key,
            run_id,
            checksum: seed,
            ..
        } = upload();
        let link = Link { seed, key, run_id };
        let name = link.name();
        assert_eq!(Link::parse(&name), Some(link));
        for bad in [
            &name[1..],
            &format!("{name}/x"),
            &name.replace("ckpt-r1-2", ".."),
        ] {
            assert_eq!(Link::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn hostile_names_are_none_of_ours() {
        let good = upload().name(Part::Payload);
        let metadata = upload().name(Part::Metadata(Key::from_bytes([1; 32])));
        for bad in [
            "",
            "v1",
            "v2/a/b/c",
            &good.replace("ckpt-r1-2", ".."),
            &good.replace("ckpt-r1-2", "."),
            &good.replace("ckpt-r1-2", "../../etc"),
            &good.replace("ckpt-r1-2", "%2E%2E"),
            &good.replace("ckpt-r1-2", "a\0b"),
            &good.replace("ckpt-r1-2", &"x".repeat(129)),
            &good.replace("ckpt-r1-2", "r.tmp.3"),
            &good.replace("/7-", "/07-"),
            &good.replace("/7-", "/-7-"),
            &good.replace("/7-", "/99999999999999999999999-"),
            &good.replace("e9e9", "E9E9"),
            &good.replace("-000000000000000f", "-f"),
            &good.replace("-000000000000000f", "-+00000000000000f"),
            &good.replace(".bin", ".json"),
            &metadata.replace(".json", ".bin"),
            &format!("/{good}"),
            &format!("{good}/x"),
            &good.replace("v1/", "v1//"),
        ] {
            assert_eq!(Upload::parse(bad), None, "{bad:?}");
        }
    }
}
