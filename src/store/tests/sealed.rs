//! Sealed entries: what the blob cache stands on.

mod crash;
mod faults;
mod interleave;
mod model;
mod spares;

use super::*;
use crate::error::{Error, ErrorKind};
use crate::store::sealed::is_dead;
use crate::store::{
    label_id, CacheFields, Durability, Encoding, Label as LabelKind, Life, Problem, SealedRead,
};

pub(super) fn fields(version: Option<u64>, tags: &[&str]) -> CacheFields {
    CacheFields {
        key: "a key".into(),
        nonce: 0,
        version,
        tags: tags.iter().map(|t| (*t).to_owned()).collect(),
        dependencies: Vec::new(),
        pairs: vec![("made by".into(), "a test".into())],
        content_type: Some("text/plain".into()),
        priority: 128,
        deadline_unix_ms: None,
        idle_ms: None,
        stale_ms: 0,
        encoding: Encoding::Raw,
        plain_bytes: 3,
    }
}

pub(super) fn put(
    store: &Store,
    key: Key,
    stored: &[u8],
    tags: &[&str],
) -> crate::store::sealed::Sealed {
    let mut fields = fields(None, tags);
    let sealed = store.seal(key, &mut fields, stored, None).unwrap();
    sealed.unwrap()
}

pub(super) fn get(store: &Store, key: Key) -> Option<Vec<u8>> {
    let entry = store.sealed(key, SealedRead::Payload).unwrap();
    entry.map(|e| e.payload.unwrap().to_vec())
}

pub(super) fn tag(text: &str) -> Key {
    label_id(LabelKind::Tag, text)
}

/// Keys and nonces of what these labels invalidate, each once.
fn invalidate(store: &Store, labels: &[Key]) -> Vec<(Key, u64)> {
    let mut pairs = Vec::new();
    let mut seen = |puts: &[crate::store::LabelledPut]| {
        pairs.extend(puts.iter().map(|(key, nonce, _)| (*key, *nonce)));
    };
    store.invalidate_labels(labels, &mut seen).unwrap();
    pairs.dedup();
    pairs
}

fn key(n: u8) -> Key {
    Key::from_bytes([n; 32])
}

/// As the cache opens one.
fn open(world: &World) -> Store {
    world.open(&ttl(0.0))
}

/// Refuses unless the version is exactly this.
pub(super) fn expect(
    version: Option<u64>,
) -> impl FnMut(Option<&crate::store::SealedEntry>) -> crate::Result<()> {
    move |found| {
        if found.and_then(|e| e.fields.version) == version {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Conflict,
            "putting",
            "another version",
            "Read it",
        ))
    }
}

#[test]
fn what_is_put_is_read_back_by_another_handle_with_all_that_was_said_of_it() {
    let world = World::new();
    let store = open(&world);
    for len in [0, 1, 4096, 300_000, 3 << 20] {
        let stored: Vec<u8> = (0..len).map(|i: usize| (i * 7) as u8).collect();
        let mut given = fields(Some(7), &["a", "b"]);
        given.dependencies = vec!["a".into()];
        given.encoding = Encoding::Zstd { shuffle: 8 };
        given.deadline_unix_ms = Some(-5);
        given.idle_ms = Some(u64::MAX);
        let sealed = store.seal(KEY, &mut given, &stored, None).unwrap();
        let sealed = sealed.unwrap();
        let other = open(&world);
        let entry = other.sealed(KEY, SealedRead::Payload).unwrap().unwrap();
        let payload = entry.payload.unwrap();
        assert_eq!(payload.as_ptr() as usize % crate::ALIGNMENT, 0);
        assert!(*payload == *stored, "{len}");
        assert_eq!(entry.fields, given);
        assert_eq!(
            (entry.generation, entry.file_bytes),
            (sealed.generation, sealed.file_bytes)
        );
        assert_eq!(entry.stored_bytes, stored.len() as u64);
        assert!(!sealed.invalidated);
        let front = other.sealed(KEY, SealedRead::Front).unwrap().unwrap();
        assert!(front.payload.is_none() && front.fields == given);
    }
    drop(store);
    let left: Vec<String> = world.names();
    assert_eq!(left, ["5.sealed"], "what is superseded goes");
}

#[test]
fn what_may_still_be_lost_leaves_whole_whatever_is_durable_below_it() {
    let world = World::new();
    let store = open(&world);
    put(&store, KEY, b"one", &[]);
    let dir = world.root().join(KEY.to_hex());
    let first = std::fs::read(dir.join("1.sealed")).unwrap();
    put(&store, KEY, b"two", &["t"]);
    // Whoever superseded it had no time to remove it.
    std::fs::write(dir.join("1.sealed"), first).unwrap();
    let mut options = ttl(0.0);
    let unsynced = world.open(options.durability(Durability::Process));
    put(&unsynced, KEY, b"three", &[]);
    assert_eq!(get(&store, KEY).unwrap(), b"three");
    std::fs::remove_file(dir.join("3.sealed")).unwrap();
    assert_eq!(get(&store, KEY).unwrap(), b"two");
}

/// The directories that a put under `KEY` makes durable once someone has put another key in the root.
fn synced_for(world: &World, store: &Store, other: u8) -> Vec<String> {
    std::fs::create_dir(world.root().join(key(other).to_hex())).unwrap();
    world.disk.plan(None);
    put(store, KEY, b"new", &[]);
    let log = world.disk.log();
    let synced = log.iter().filter_map(|c| c.strip_prefix("sync_dir "));
    synced.map(str::to_owned).collect()
}

#[test]
fn the_root_is_synced_for_what_replaces_an_entry_of_who_may_have_died_before() {
    let world = World::new();
    put(&open(&world), KEY, b"old", &[]);
    let store = open(&world);
    put(&store, key(200), b"another", &[]);
    let root = world.root().file_name().unwrap().to_string_lossy();
    let synced = synced_for(&world, &store, 201);
    assert_eq!(
        synced.last().map(String::as_str),
        Some(&*root),
        "{synced:?}"
    );
    // From here on it is known to be durable, whatever else comes to the root.
    assert_eq!(synced_for(&world, &store, 202), [KEY.to_hex()]);
    put(&open(&world), KEY, b"of another handle", &[]);
    let synced = synced_for(&world, &store, 203);
    assert_eq!(
        synced.last().map(String::as_str),
        Some(&*root),
        "{synced:?}"
    );
    assert!(store.unseal(KEY, None).unwrap());
    let synced = synced_for(&world, &store, 204);
    assert_eq!(
        synced.last().map(String::as_str),
        Some(&*root),
        "{synced:?}"
    );
}

#[test]
fn a_put_is_judged_against_what_it_replaces() {
    let world = World::new();
    let store = open(&world);
    let put = |before, version| {
        let mut judge = expect(before);
        let sealed = store.seal(KEY, &mut fields(version, &[]), b"x", Some(&mut judge));
        sealed.map(Option::unwrap)
    };
    assert!(!put(None, Some(1)).unwrap().replaced);
    assert_eq!(put(None, Some(2)).unwrap_err().kind(), ErrorKind::Conflict);
    assert!(put(Some(1), Some(2)).unwrap().replaced);
    let mut refuse = expect(Some(1));
    assert!(store.unseal(KEY, Some(&mut refuse)).is_err());
    let mut accept = expect(Some(2));
    assert!(store.unseal(KEY, Some(&mut accept)).unwrap());
    assert!(!put(None, None).unwrap().replaced);
    assert_eq!(world.names(), ["4.sealed"]);
}

#[test]
fn who_is_refused_leaves_nothing_behind() {
    let world = World::new();
    let store = open(&world);
    let mut refuse = expect(Some(1));
    let refused = store.seal(KEY, &mut fields(None, &["t"]), b"x", Some(&mut refuse));
    assert!(refused.is_err());
    assert!(!world.root().join(KEY.to_hex()).exists());
    assert!(invalidate(&store, &[tag("t")]).is_empty());
    assert!(!store.unseal(KEY, None).unwrap());
}

#[test]
fn a_removed_entry_stays_removed_and_its_tombstone_goes_in_time() {
    let world = World::new();
    let store = open(&world);
    put(&store, KEY, b"one", &["t"]);
    assert!(store.unseal(KEY, None).unwrap());
    assert!(!store.unseal(KEY, None).unwrap());
    assert_eq!(get(&open(&world), KEY), None);
    assert_eq!(world.names(), ["2.sealed"]);
    store.sweep().unwrap();
    assert_eq!(
        world.names(),
        ["2.sealed"],
        "someone may be about to act upon what was"
    );
    world.disk.advance(61);
    store.sweep().unwrap();
    assert!(!world.root().join(KEY.to_hex()).exists());
    put(&store, KEY, b"two", &[]);
    assert_eq!(get(&open(&world), KEY).as_deref(), Some(&b"two"[..]));
}

#[test]
fn an_invalidated_label_takes_what_was_put_with_it_and_nothing_put_later() {
    let world = World::new();
    let store = open(&world);
    let other = open(&world);
    let labels: Vec<String> = (0..64).map(|i| format!("label {i}")).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    put(&store, key(1), b"all", &labels);
    put(&store, key(2), b"two", &["label 1", "label 2"]);
    put(&store, key(3), b"other", &["label 3"]);
    put(&store, key(4), b"none", &[]);
    let gone = invalidate(&other, &[tag("label 1"), tag("label 2"), tag("label 1")]);
    let keys: Vec<Key> = gone.iter().map(|g| g.0).collect();
    assert_eq!(keys, [key(1), key(2)], "each once");
    let found = |store: &Store| {
        (1..=4)
            .map(|n| get(store, key(n)).is_some())
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&store), [false, false, true, true]);
    put(&store, key(2), b"again", &["label 1", "label 2"]);
    other.collect_gone(crate::store::Gone::All).unwrap();
    assert_eq!(found(&store), [false, true, true, true]);
    assert_eq!(get(&other, key(2)).as_deref(), Some(&b"again"[..]));
    let dependency = label_id(LabelKind::Dependency, "label 1");
    assert!(invalidate(&store, &[dependency]).is_empty());
    assert!(invalidate(&store, &[]).is_empty());
    assert_eq!(found(&store), [false, true, true, true]);
    let left = world.root().join(".warmstart/gone");
    assert!(names_in(&left).is_empty(), "{:?}", names_in(&left));
}

#[test]
fn a_replaced_entry_leaves_none_of_its_labels() {
    let world = World::new();
    let store = open(&world);
    put(&store, KEY, b"one", &["a", "b"]);
    put(&store, KEY, b"two", &["b", "c"]);
    let gone = invalidate(&store, &[tag("a")]);
    assert!(gone.is_empty() && get(&store, KEY).is_some());
    assert_eq!(invalidate(&store, &[tag("b")]).len(), 1);
    assert_eq!(get(&store, KEY), None);
}

#[test]
fn a_life_is_changed_for_one_generation_only() {
    let world = World::new();
    let store = open(&world);
    let first = put(&store, KEY, b"one", &[]).generation;
    let life = Life {
        deadline_unix_ms: Some(17),
        idle_ms: Some(3),
        stale_ms: 9,
    };
    assert!(store.set_life(KEY, first, life).unwrap());
    let read = || {
        open(&world)
            .sealed(KEY, SealedRead::Front)
            .unwrap()
            .unwrap()
    };
    let lives = |f: &CacheFields| (f.deadline_unix_ms, f.idle_ms, f.stale_ms);
    assert_eq!(lives(&read().fields), (Some(17), Some(3), 9));
    assert!(store.set_life(KEY, first, Life::default()).unwrap());
    assert_eq!(lives(&read().fields), (None, None, 0));
    let second = put(&store, KEY, b"two", &[]).generation;
    assert!(!store.set_life(KEY, first, life).unwrap());
    assert_eq!(lives(&read().fields), (None, None, 0));
    assert_eq!(world.names(), [format!("{second}.sealed")]);
}

#[test]
fn the_end_of_a_life_is_exact() {
    let mut f = fields(None, &[]);
    assert!(!is_dead(&f, i64::MIN, i64::MAX));
    f.deadline_unix_ms = Some(100);
    f.stale_ms = 10;
    assert!(!is_dead(&f, 0, 109) && is_dead(&f, 0, 110));
    f.deadline_unix_ms = Some(i64::MAX);
    f.stale_ms = u64::MAX;
    assert!(!is_dead(&f, 0, i64::MAX - 1));
    f.deadline_unix_ms = None;
    f.idle_ms = Some(5);
    assert!(!is_dead(&f, 100, 105) && is_dead(&f, 100, 106) && !is_dead(&f, 100, 0));
}

#[test]
fn use_is_noted_without_rewriting() {
    let world = World::new();
    let store = open(&world);
    let generation = put(&store, KEY, b"one", &[]).generation;
    let path = world.root().join(KEY.to_hex()).join("1.sealed");
    let before = std::time::UNIX_EPOCH + std::time::Duration::from_millis(1_000_500);
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(before).unwrap();
    let accessed = || {
        store
            .sealed(KEY, SealedRead::Front)
            .unwrap()
            .unwrap()
            .accessed_unix_ms
    };
    assert_eq!(accessed(), 1_000_500);
    store.touch_sealed(KEY, generation).unwrap();
    assert!(accessed() > 1_000_500);
    store.touch_sealed(KEY, generation + 1).unwrap();
    store.touch_sealed(key(9), 1).unwrap();
}

#[test]
fn a_flipped_byte_is_passed_over_reported_and_set_aside() {
    let world = World::new();
    let store = open(&world);
    put(&store, KEY, &[7; 9000], &[]);
    damage(&world, ".sealed");
    assert_eq!(get(&store, KEY), None);
    let report = store.verify(&Progress::new()).unwrap();
    assert_eq!((report.damaged, report.intact), (1, 0), "{report:?}");
    assert_eq!(report.findings[0].problem, Problem::Payload);
    assert_eq!(report.findings[0].key, Some(KEY));
    let report = store.repair(&Progress::new()).unwrap();
    assert_eq!((report.waiting, report.moved_aside), (1, 0), "{report:?}");
    assert_eq!(world.names(), ["1.sealed"]);
    world.disk.advance(11 * 60);
    let report = store.repair(&Progress::new()).unwrap();
    assert_eq!(report.moved_aside, 1, "{report:?}");
    assert_eq!(world.names(), ["2.sealed"]);
    assert!(store.stats().aside_files > 0);
    put(&store, KEY, b"new", &[]);
    assert_eq!(get(&store, KEY).as_deref(), Some(&b"new"[..]));
}

#[test]
fn the_totals_are_what_lies_there_after_every_kind_of_change() {
    let world = World::new();
    let store = open(&world);
    let check = |what: &str| {
        let counted = store.inner().count_files().unwrap();
        let stats = store.stats();
        let known = (stats.keys, stats.entries, stats.files, stats.bytes);
        assert_eq!(
            known,
            (counted.keys, counted.entries, counted.files, counted.bytes),
            "after {what}"
        );
    };
    check("opening");
    put(&store, key(1), &[1; 5000], &["a", "b"]);
    check("a put");
    put(&store, key(2), &[1; 100], &["a"]);
    put(&store, key(1), &[1; 9000], &["b"]);
    check("replacing");
    let life = Life::default();
    store.set_life(key(1), 2, life).unwrap();
    store.set_life(key(1), 2, life).unwrap();
    check("changing a life");
    invalidate(&store, &[tag("a")]);
    check("invalidating");
    store.collect_gone(crate::store::Gone::All).unwrap();
    check("collecting");
    assert_eq!(store.stats().entries, 1);
    store.unseal(key(1), None).unwrap();
    check("removing");
    assert_eq!((store.stats().entries, store.stats().keys), (0, 0));
    put(&store, key(1), &[1; 5000], &["a", "b"]);
    check("putting over a tombstone");
    world.disk.advance(120);
    store.sweep().unwrap();
    check("a sweep");
    assert_eq!(store.stats().entries, 1);
}

#[test]
fn a_walk_removes_what_is_dead_and_keeps_what_lives() {
    let world = World::new();
    let store = open(&world);
    let mut dead = fields(None, &["t"]);
    dead.deadline_unix_ms = Some(1);
    store.seal(key(1), &mut dead, b"dead", None).unwrap();
    let mut idle = fields(None, &[]);
    idle.idle_ms = Some(3_600_000);
    store.seal(key(2), &mut idle, b"idle", None).unwrap();
    put(&store, key(3), b"lives", &["t"]);
    put(&store, key(4), b"invalid", &["u"]);
    invalidate(&store, &[tag("u")]);
    store.sweep().unwrap();
    assert_eq!(store.stats().entries, 2);
    world.disk.advance(2 * HOUR);
    store.sweep().unwrap();
    assert_eq!(store.stats().entries, 1);
    assert_eq!(get(&store, key(3)).as_deref(), Some(&b"lives"[..]));
    let labels = world.root().join(".warmstart/labels");
    assert_eq!(names_in(&labels), [tag("t").to_hex()]);
}

#[test]
fn labels_that_stand_for_nothing_go_and_those_of_the_living_stay() {
    let world = World::new();
    let store = open(&world);
    put(&store, key(1), b"lives", &["t"]);
    let dir = world
        .root()
        .join(".warmstart/labels")
        .join(tag("t").to_hex());
    let stray = dir.join(format!("{}~{:016x}", key(1), 5));
    std::fs::write(&stray, b"").unwrap();
    store.sweep().unwrap();
    assert!(stray.exists(), "its put may be under way");
    world.disk.advance(11 * 60);
    store.sweep().unwrap();
    assert!(!stray.exists());
    assert!(get(&store, key(1)).is_some());
}

#[test]
fn a_quota_evicts_by_priority_and_then_by_last_use() {
    let world = World::new();
    let mut options = ttl(0.0);
    options.size_budget(20 * 8192).unwrap();
    let store = world.open(&options);
    for n in 0..19 {
        let mut given = fields(None, &[]);
        given.priority = if n == 9 { 1 } else { 128 };
        store.seal(key(n), &mut given, &[n; 7000], None).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(3));
    }
    assert_eq!(store.stats().entries, 19);
    std::thread::sleep(std::time::Duration::from_millis(20));
    store.touch_sealed(key(0), 1).unwrap();
    for n in 19..21 {
        put(&store, key(n), &[n; 7000], &[]);
    }
    let gone: Vec<u8> = (0..21).filter(|n| get(&store, key(*n)).is_none()).collect();
    assert!(gone.contains(&9) && gone.contains(&1), "{gone:?}");
    assert!(
        !gone.contains(&0) && !gone.contains(&20) && !gone.contains(&18),
        "{gone:?}"
    );
    assert!(store.stats().bytes <= 20 * 8192);
    let too_large = store.seal(KEY, &mut fields(None, &[]), &[0; 200_000], None);
    assert_eq!(too_large.unwrap_err().kind(), ErrorKind::TooLarge);
}

#[test]
fn a_file_budget_is_met_by_eviction() {
    let world = World::new();
    let mut options = ttl(0.0);
    options.file_budget(30).unwrap();
    let store = world.open(&options);
    for n in 0..60 {
        put(&store, key(n), &[n; 10], &["t"]);
    }
    let left = (0..60).filter(|n| get(&store, key(*n)).is_some()).count();
    assert!((8..=15).contains(&left), "{left}");
    assert!(store.stats().files <= 30, "{:?}", store.stats());
}

#[test]
fn one_limit_for_several_stores_takes_the_dead_first_then_the_least_worth_keeping() {
    let worlds = [World::new(), World::new()];
    let stores: Vec<Store> = worlds.iter().map(open).collect();
    for n in 0..20u8 {
        let mut given = fields(None, &[]);
        given.priority = 100 + n % 3;
        if n == 2 {
            given.deadline_unix_ms = Some(5);
        }
        let store = &stores[usize::from(n % 2)];
        store.seal(key(n), &mut given, &[n; 7000], None).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(3));
    }
    let bytes: i64 = stores.iter().map(Store::bytes_on_disk).sum();
    let none = Store::evict_sealed_across(&stores, bytes as u64, 10, &|_, _| false).unwrap();
    assert_eq!(none, (0, 0));
    let (entries, freed) =
        Store::evict_sealed_across(&stores, bytes as u64 - 1, 10, &|_, _| false).unwrap();
    let gone: Vec<u8> = (0..20)
        .filter(|n| get(&stores[usize::from(n % 2)], key(*n)).is_none())
        .collect();
    assert_eq!(gone, [0, 2, 3], "90 % of the limit");
    assert_eq!((entries, freed), (3, 3 * 8192));
    let after: i64 = stores.iter().map(Store::bytes_on_disk).sum();
    assert_eq!(bytes - after, freed as i64);
}

#[test]
fn a_root_that_was_moved_away_is_told_and_nothing_is_put_into_it() {
    let world = World::new();
    let root = world.root().join("n");
    let open = || Store::open_on(Arc::new(world.disk.clone()), Some(&root), &ttl(0.0)).unwrap();
    let store = open();
    put(&store, KEY, b"old", &["t"]);
    assert!(store.is_in_place());
    std::fs::rename(&root, world.root().join("flushed")).unwrap();
    assert!(!store.is_in_place());
    assert!(store
        .seal(KEY, &mut fields(None, &["t"]), b"lost", None)
        .unwrap()
        .is_none());
    assert!(!root.exists());
    assert_eq!(
        get(&store, KEY).as_deref(),
        Some(&b"old"[..]),
        "until it is opened anew"
    );
    put(&open(), KEY, b"new", &["t"]);
    assert!(store
        .seal(KEY, &mut fields(None, &["t"]), b"lost", None)
        .unwrap()
        .is_none());
    assert_eq!(get(&open(), KEY).as_deref(), Some(&b"new"[..]));
}

#[test]
fn an_unsynced_put_keeps_the_durable_one_beside_it() {
    let world = World::new();
    let mut options = ttl(0.0);
    options.durability(Durability::Process);
    put(&open(&world), KEY, b"full", &["t"]);
    let process = world.open(&options);
    put(&process, KEY, b"one", &["u"]);
    put(&process, KEY, b"two", &["u"]);
    assert_eq!(world.names(), ["1.sealed", "3.sealed"]);
    assert_eq!(get(&process, KEY).as_deref(), Some(&b"two"[..]));
    put(&open(&world), KEY, b"full again", &[]);
    assert_eq!(world.names(), ["4.sealed"]);
}

#[test]
fn threads_that_swap_by_version_lose_no_step() {
    let world = World::new();
    let stores = [open(&world), open(&world)];
    std::thread::scope(|s| {
        for store in &stores {
            for _ in 0..2 {
                s.spawn(|| {
                    let mut done = 0;
                    while done < 25 {
                        let found = store.sealed(KEY, SealedRead::Payload).unwrap();
                        let version = found.and_then(|e| e.fields.version);
                        let next = version.map_or(1, |v| v + 1);
                        let mut judge = expect(version);
                        let mut given = fields(Some(next), &["t"]);
                        let put =
                            store.seal(KEY, &mut given, &next.to_le_bytes(), Some(&mut judge));
                        match put {
                            Ok(_) => done += 1,
                            Err(e) => assert_eq!(e.kind(), ErrorKind::Conflict, "{e}"),
                        }
                    }
                });
            }
        }
    });
    let last = open(&world)
        .sealed(KEY, SealedRead::Payload)
        .unwrap()
        .unwrap();
    assert_eq!(last.fields.version, Some(100));
}
