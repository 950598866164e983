//! Names on the disk: run ids, stems, generations, and what other files are called.

use super::metadata::Durability;
use crate::error::{Error, Result};
use crate::fs::{process_id, random_bytes, Timestamp};
use crate::key::Key;
use std::borrow::Cow;

/// The directory for what belongs to the whole root. It may vanish whenever it is empty.
pub(super) const AUXILIARY: &str = ".warmstart";
/// Below [`AUXILIARY`]: one directory for each label of sealed entries.
pub(super) const LABELS: &str = "labels";
/// Below [`AUXILIARY`]: directories of labels that were invalidated.
pub(super) const GONE: &str = "gone";
/// Below [`AUXILIARY`]: damage that was moved aside, one directory per key.
pub(super) const ASIDE: &str = "aside";
/// Prefix of files being written, where the file system has no unnamed ones.
const PART_PREFIX: &str = ".part~";
pub(super) const METADATA: &str = ".json";
pub(super) const PAYLOAD: &str = ".bin";
/// What the run ids of sessions begin with, for their best; those for their latest lack it.
pub(super) const SESSION_PREFIX: &str = "ckpt-";
const PIN: &str = ".pin";
const SLOT: &str = ".slot";
/// An empty file whose modification time is the last reuse of an entry whose metadata another
/// engine owns.
const REUSED: &str = ".reused";
/// An empty file that says of a generation that a session began from it, and has come no further yet.
const RESTART: &str = ".restart";
/// An empty file whose name says which run of another key is found here.
const LINK: &str = ".link";

/// A generation of a sealed entry; an empty one says that the entry was removed.
const SEALED: &str = ".sealed";
/// How long a sealed generation lives, where that was changed since.
const LIFE: &str = ".life";

/// Longest run id, in bytes.
pub const RUN_ID_BYTES: usize = 128;
/// Longest name of a file, in bytes.
const NAME_BYTES: usize = 255;

/// Checks what a caller gives as run id: `[A-Za-z0-9._-]`, 1 to 128 bytes, not starting with a
/// dot, not containing `.tmp`.
pub(crate) fn check_run_id(run_id: &str) -> Result<()> {
    let fault: Cow<'static, str> = if run_id.is_empty() {
        "it is empty".into()
    } else if run_id.len() > RUN_ID_BYTES {
        format!(
            "it has {} bytes, and {RUN_ID_BYTES} are allowed",
            run_id.len()
        )
        .into()
    } else if let Some(c) = run_id
        .chars()
        .find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')))
    {
        format!("it contains {c:?}").into()
    } else if run_id.starts_with('.') {
        "it starts with a dot".into()
    } else if run_id.contains(".tmp") {
        "it contains \".tmp\", which marks unfinished files".into()
    } else {
        return Ok(());
    };
    Err(Error::invalid(
        format!("using {run_id:?} as a run id"),
        fault,
        "Use 1 to 128 of the characters A-Z a-z 0-9 . _ - and do not start with a dot",
    ))
}

fn is_run_id(text: &str) -> bool {
    check_run_id(text).is_ok()
}

/// 64 random bits for names.
pub(crate) fn random_u64() -> Result<u64> {
    Ok(u64::from_le_bytes(random_bytes::<8>().map_err(|e| {
        Error::from_io("asking the operating system for random bytes", e)
    })?))
}

/// A fresh run id: process id, then time and 64 random bits. Unique across threads, forks,
/// containers and hosts. The plain form is `r<hex>-<hex>`; a session's is `ckpt-` and the same.
pub(super) fn generate_run_id(now: Timestamp) -> Result<String> {
    Ok(format!(
        "r{:x}-{:x}{:016x}",
        process_id(),
        now.secs.max(0) as u128 * 1_000_000_000 + u128::from(now.nanos),
        random_u64()?
    ))
}

/// Before the random part of a generation that was written without syncing. Other engines drop fields
/// of the metadata that they do not know, so it is the name that has to say what power loss may take.
const UNSYNCED: char = 'u';

/// A stem, taken apart: `<run id>` (generation 0) or `<run id>~<generation>~<random>`, the random part
/// after a `u` when it was written without syncing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stem {
    text: String,
    run_id_len: usize,
    pub generation: u64,
}

impl Stem {
    /// The stem of a run stored once under its own name.
    pub fn plain(run_id: &str) -> Stem {
        Stem {
            text: run_id.to_owned(),
            run_id_len: run_id.len(),
            generation: 0,
        }
    }

    /// A name never used before for this generation of `run_id`.
    pub fn fresh(run_id: &str, generation: u64, durability: Durability) -> Result<Stem> {
        let mark = match durability {
            Durability::Full => String::new(),
            Durability::Process => UNSYNCED.to_string(),
        };
        Ok(Stem {
            text: format!("{run_id}~{generation}~{mark}{:016x}", random_u64()?),
            run_id_len: run_id.len(),
            generation,
        })
    }

    /// The name of a generation that was synced, with a random part given before.
    pub fn synced(run_id: &str, generation: u64, random: u64) -> Stem {
        Stem {
            text: format!("{run_id}~{generation}~{random:016x}"),
            run_id_len: run_id.len(),
            generation,
        }
    }

    /// The random part; 0 where there is none.
    pub fn random(&self) -> u64 {
        let random = self.text.rsplit_once('~').map_or("", |(_, r)| r);
        u64::from_str_radix(random.trim_start_matches(UNSYNCED), 16).unwrap_or(0)
    }

    /// `None` for what no engine would have named so.
    pub fn parse(text: &str) -> Option<Stem> {
        if text.is_empty() || text.starts_with('.') || text.contains(".tmp.") {
            return None;
        }
        let Some((run_id, rest)) = text.split_once('~') else {
            // Other engines name their runs as they please.
            return Some(Stem {
                text: text.to_owned(),
                run_id_len: text.len(),
                generation: 0,
            });
        };
        let (generation, random) = rest.split_once('~')?;
        let random = random.strip_prefix(UNSYNCED).unwrap_or(random);
        let canonical = generation.parse::<u64>().ok()?;
        if !is_run_id(run_id)
            || canonical.to_string() != generation
            || random.is_empty()
            || !random.bytes().all(|b| b.is_ascii_hexdigit())
        {
            return None;
        }
        Some(Stem {
            run_id_len: run_id.len(),
            generation: canonical,
            text: text.to_owned(),
        })
    }

    /// What stands for a sealed generation among stems: no run has its run id, which is empty.
    pub fn sealed(generation: u64) -> Stem {
        Stem {
            text: sealed_name(generation),
            run_id_len: 0,
            generation,
        }
    }

    /// Whether this stands for a sealed generation.
    pub fn is_sealed(&self) -> bool {
        self.run_id_len == 0
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether this is a stem of the same generation: what lay in a private file is a pair under another
    /// random part.
    pub fn is_of_generation(&self, text: &str) -> bool {
        let other = Stem::parse(text);
        other.is_some_and(|o| o.run_id() == self.run_id() && o.generation == self.generation)
    }

    pub fn run_id(&self) -> &str {
        &self.text[..self.run_id_len]
    }

    /// True for names that only this library gives, so that no other engine writes a second
    /// payload under them.
    pub fn is_ours(&self) -> bool {
        self.run_id_len != self.text.len()
    }

    /// What the name says of the durability; `None` where only the metadata can.
    pub fn durability(&self) -> Option<Durability> {
        let random = self.text.rsplit_once('~')?.1;
        Some(if random.starts_with(UNSYNCED) {
            Durability::Process
        } else {
            Durability::Full
        })
    }

    pub fn metadata(&self) -> String {
        format!("{}{METADATA}", self.text)
    }

    pub fn payload(&self) -> String {
        format!("{}{PAYLOAD}", self.text)
    }

    pub fn reused(&self) -> String {
        format!("{}{REUSED}", self.text)
    }
}

/// The name that pins a run.
pub(super) fn pin_name(run_id: &str) -> String {
    format!("{run_id}{PIN}")
}

/// The private file of a run's slot.
pub(super) fn slot_name(run_id: &str) -> String {
    format!("{run_id}{SLOT}")
}

/// The file of a sealed generation.
pub(super) fn sealed_name(generation: u64) -> String {
    format!("{generation}{SEALED}")
}

/// The file beside it that says how long it lives.
pub(super) fn life_name(generation: u64) -> String {
    format!("{generation}{LIFE}")
}

/// The generation in the name of a sealed file, or of one beside it; from 1, and only as it is written.
fn generation_before(name: &str, suffix: &str) -> Option<u64> {
    let digits = name.strip_suffix(suffix)?;
    let generation = digits.parse().ok().filter(|g| *g > 0)?;
    (digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0')).then_some(generation)
}

/// The name that says that a put of this nonce has a label; it lies in the label's directory.
pub(super) fn label_name(key: Key, nonce: u64) -> String {
    format!("{key}~{nonce:016x}")
}

/// As digits of names are written.
fn is_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// What such a name says.
pub(super) fn parse_label_name(name: &str) -> Option<(Key, u64)> {
    let (key, nonce) = name.split_once('~')?;
    let key = key_of_directory(key)?;
    let is_nonce = nonce.len() == 16 && nonce.bytes().all(is_digit);
    let nonce = u64::from_str_radix(nonce, 16).ok()?;
    is_nonce.then_some((key, nonce))
}

/// A name for the directory of a label that is invalidated.
pub(super) fn gone_name(label: Key) -> Result<String> {
    Ok(format!("{label}~{:016x}", random_u64()?))
}

/// The label in such a name.
pub(super) fn label_of_gone(name: &str) -> Option<Key> {
    Key::from_hex(name.split_once('~')?.0).ok()
}

/// A name for a restart from the generation of this stem; `None` where it would be too long.
pub(super) fn restart_name(stem: &str) -> Result<Option<String>> {
    let name = format!("{stem}~{:016x}{RESTART}", random_u64()?);
    Ok(Some(name).filter(|n| n.len() <= NAME_BYTES))
}

/// The stem of the generation that a session began from.
fn restarted_stem(name: &str) -> Option<&str> {
    let (stem, random) = name.strip_suffix(RESTART)?.rsplit_once('~')?;
    let is_random = random.len() == 16 && random.bytes().all(|b| b.is_ascii_hexdigit());
    (is_random && Stem::parse(stem).is_some()).then_some(stem)
}

/// What the name of a link says: the run `run_id` of `key`, written then, is found here too.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Link {
    /// First, so that links order by it.
    pub written: Timestamp,
    pub key: Key,
    pub run_id: String,
}

const NANOS: u128 = 1_000_000_000;

impl Link {
    pub fn name(&self) -> String {
        let secs = self.written.secs.max(0) as u128;
        let stamp = secs * NANOS + u128::from(self.written.nanos);
        format!("{}~{}~{stamp:x}{LINK}", self.run_id, self.key)
    }

    /// `None` for any name but those of [`Link::name`].
    pub fn parse(name: &str) -> Option<Link> {
        let mut parts = name.strip_suffix(LINK)?.split('~');
        let (run_id, key, stamp) = (parts.next()?, parts.next()?, parts.next()?);
        let stamp = u128::from_str_radix(stamp, 16).ok()?;
        let link = Link {
            written: Timestamp {
                secs: i64::try_from(stamp / NANOS).ok()?,
                nanos: (stamp % NANOS) as u32,
            },
            key: Key::from_hex(key).ok()?,
            run_id: run_id.to_owned(),
        };
        (is_run_id(run_id) && link.name() == name).then_some(link)
    }
}

/// A name for a file being written.
pub(super) fn part_name() -> Result<String> {
    Ok(format!("{PART_PREFIX}{:016x}", random_u64()?))
}

/// What a file in a key directory is, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FileRole {
    Metadata(Stem),
    Payload(Stem),
    /// Pins the run of this id.
    Pin(String),
    /// Last reuse of the entry of this stem.
    Reused(String),
    /// The private file of the slot of this run.
    Slot(String),
    /// A session began from the generation of this stem.
    Restart(String),
    /// A run of another key is found here.
    Link(Link),
    /// A generation of a sealed entry.
    Sealed(u64),
    /// How long one lives.
    Life(u64),
    /// Unfinished, ours or another engine's.
    Unfinished,
    /// None of ours.
    Unknown,
}

impl FileRole {
    pub fn of(name: &str) -> FileRole {
        if name.starts_with(PART_PREFIX) || name.contains(".tmp.") {
            return FileRole::Unfinished;
        }
        let by_stem = |stem: &str, make: fn(Stem) -> FileRole| {
            Stem::parse(stem).map_or(FileRole::Unknown, make)
        };
        if let Some(stem) = name.strip_suffix(METADATA) {
            by_stem(stem, FileRole::Metadata)
        } else if let Some(stem) = name.strip_suffix(PAYLOAD) {
            by_stem(stem, FileRole::Payload)
        } else if let Some(run_id) = name.strip_suffix(PIN) {
            FileRole::Pin(run_id.to_owned())
        } else if let Some(run_id) = name.strip_suffix(SLOT).filter(|r| is_run_id(r)) {
            FileRole::Slot(run_id.to_owned())
        } else if let Some(stem) = name.strip_suffix(REUSED) {
            FileRole::Reused(stem.to_owned())
        } else if let Some(stem) = restarted_stem(name) {
            FileRole::Restart(stem.to_owned())
        } else if let Some(link) = Link::parse(name) {
            FileRole::Link(link)
        } else if let Some(generation) = generation_before(name, SEALED) {
            FileRole::Sealed(generation)
        } else if let Some(generation) = generation_before(name, LIFE) {
            FileRole::Life(generation)
        } else {
            FileRole::Unknown
        }
    }
}

/// The name of a key's directory, on the stack.
pub(super) struct DirectoryName([u8; Key::HEX_DIGITS]);

impl DirectoryName {
    pub fn as_str(&self) -> &str {
        // Hex digits are ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// The directory that `key` is stored in.
pub(super) fn directory_of(key: Key) -> DirectoryName {
    DirectoryName(key.hex_digits())
}

/// The key a directory of the root stands for.
pub(super) fn key_of_directory(name: &str) -> Option<Key> {
    // Others than ours may be in capitals.
    let is_ours = name.bytes().all(|b| !b.is_ascii_uppercase());
    Key::from_digits(name.as_bytes()).filter(|_| is_ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_ids_that_could_leave_the_directory_or_look_unfinished_are_refused() {
        for bad in [
            "", ".", "..", ".hidden", "a/b", "../x", "a~1~2", "x.tmp", "x.tmp.3", "a b", "ä", "a\n",
        ] {
            assert!(check_run_id(bad).is_err(), "{bad:?}");
        }
        assert!(check_run_id(&"x".repeat(129)).is_err());
        for good in ["r1-2", "ckpt-r88a-18e9", "A.b_c-9", &"x".repeat(128)] {
            assert!(check_run_id(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn generated_run_ids_are_distinct_legal_and_of_the_documented_form() {
        let now = Timestamp { secs: 7, nanos: 9 };
        let a = generate_run_id(now).unwrap();
        let b = generate_run_id(now).unwrap();
        assert_ne!(a, b);
        assert!(is_run_id(&a) && is_run_id(&format!("ckpt-{a}")));
        let rest = a.strip_prefix('r').unwrap();
        let (pid, tail) = rest.split_once('-').unwrap();
        assert!(pid
            .bytes()
            .chain(tail.bytes())
            .all(|c| c.is_ascii_hexdigit()));
    }

    #[test]
    fn stems_are_taken_apart_and_odd_ones_are_no_entries() {
        for durability in [Durability::Full, Durability::Process] {
            let stem = Stem::fresh("run", 3, durability).unwrap();
            assert_eq!(Stem::parse(stem.as_str()), Some(stem.clone()));
            assert_eq!(stem.durability(), Some(durability));
            let same = Stem::synced("run", 3, stem.random());
            assert_eq!(same == stem, durability == Durability::Full);
        }
        assert_eq!(Stem::plain("run").durability(), None);
        let fresh = Stem::fresh("run", 7, Durability::Full).unwrap();
        assert_eq!((fresh.run_id(), fresh.generation), ("run", 7));
        assert!(fresh.is_ours() && !Stem::plain("run").is_ours());
        assert_eq!(Stem::parse("run"), Some(Stem::plain("run")));
        for odd in [
            "", "a~1", "a~x~y", "a~01~ff", "a~1~", "a~1~zz", "~1~ff", ".a~1~ff", "a~-1~ff",
        ] {
            assert_eq!(Stem::parse(odd), None, "{odd:?}");
        }
    }

    #[test]
    fn the_longest_names_fit_a_directory_entry() {
        let stem = Stem::fresh(&"x".repeat(RUN_ID_BYTES), u64::MAX, Durability::Process).unwrap();
        assert!(stem.metadata().len() <= 255 && stem.reused().len() <= 255);
    }

    fn link() -> Link {
        Link {
            written: Timestamp { secs: 7, nanos: 9 },
            key: Key::from_bytes([0xe9; 32]),
            run_id: "ckpt-r1-2".into(),
        }
    }

    #[test]
    fn links_say_in_their_names_what_they_stand_for_and_order_by_time() {
        let name = link().name();
        assert_eq!(FileRole::of(&name), FileRole::Link(link()));
        let mut longest = link();
        longest.run_id = "x".repeat(RUN_ID_BYTES);
        longest.written.secs = i64::MAX;
        assert!(longest.name().len() <= NAME_BYTES);
        assert_eq!(Link::parse(&longest.name()), Some(longest.clone()));
        assert!(longest > link());
        let upper = name.replace("e9", "E9");
        let padded = name.replace("~1", "~01");
        for odd in ["a.link", "a~b~c.link", &name[1..5], &upper, &padded] {
            assert_eq!(Link::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn restarts_name_the_generation_and_too_long_ones_are_not_noted() {
        for stem in ["run~3~00ff", "run~3~u00ff", "engines-own"] {
            let name = restart_name(stem).unwrap().unwrap();
            assert_eq!(FileRole::of(&name), FileRole::Restart(stem.into()));
        }
        assert_eq!(restart_name(&"x".repeat(250)).unwrap(), None);
        for odd in ["r.restart", "r~1.restart", "a~1~x~0000000000000000.restart"] {
            assert_eq!(FileRole::of(odd), FileRole::Unknown, "{odd}");
        }
    }

    #[test]
    fn auxiliary_names_are_none_that_other_engines_consume() {
        for name in [
            pin_name("r"),
            slot_name("r"),
            Stem::plain("r").reused(),
            part_name().unwrap(),
            restart_name("r~1~ff").unwrap().unwrap(),
            link().name(),
        ] {
            assert!(
                !name.ends_with(METADATA) && !name.contains(".tmp."),
                "{name}"
            );
        }
        assert_eq!(FileRole::of(&pin_name("r")), FileRole::Pin("r".into()));
        assert_eq!(FileRole::of(&slot_name("r")), FileRole::Slot("r".into()));
        assert_eq!(FileRole::of(&part_name().unwrap()), FileRole::Unfinished);
        assert_eq!(FileRole::of("r.bin.tmp.12.x"), FileRole::Unfinished);
        assert_eq!(FileRole::of("notes.txt"), FileRole::Unknown);
        assert_eq!(FileRole::of("r~bad.json"), FileRole::Unknown);
    }
}
