//! What the fuzz target of server-supplied names in `tests/fuzz` needs and no user does. Names are taken
//! apart by plain code, so that the target needs no client of any server.

#![allow(missing_docs)]

use super::names::{Link, Part, Upload};
use crate::key::Key;

/// What a listed name stands for, in the parts that become names on this disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    Upload {
        key: Key,
        run_id: String,
        generation: u64,
        checksum: Key,
        nonce: u64,
        /// The metadata's; `None` for the payload.
        digest: Option<Key>,
    },
    Link {
        seed: Key,
        key: Key,
        run_id: String,
    },
}

impl Listed {
    /// An upload, and a link; at most one of them.
    pub fn parse(name: &str) -> [Option<Listed>; 2] {
        let upload = Upload::parse(name).map(|(upload, part)| Listed::Upload {
            key: upload.key,
            run_id: upload.run_id,
            generation: upload.generation,
            checksum: upload.checksum,
            nonce: upload.nonce,
            digest: match part {
                Part::Payload => None,
                Part::Metadata(digest) => Some(digest),
            },
        });
        let link = Link::parse(name).map(|link| Listed::Link {
            seed: link.seed,
            key: link.key,
            run_id: link.run_id,
        });
        [upload, link]
    }

    /// As it is listed.
    pub fn name(&self) -> String {
        match self.clone() {
            Listed::Upload {
                key,
                run_id,
                generation,
                checksum,
                nonce,
                digest,
            } => {
                let upload = Upload {
                    key,
                    run_id,
                    generation,
                    checksum,
                    nonce,
                };
                upload.name(digest.map_or(Part::Payload, Part::Metadata))
            }
            Listed::Link { seed, key, run_id } => Link { seed, key, run_id }.name(),
        }
    }

    pub fn run_id(&self) -> &str {
        match self {
            Listed::Upload { run_id, .. } | Listed::Link { run_id, .. } => run_id,
        }
    }
}
