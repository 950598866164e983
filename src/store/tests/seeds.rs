//! Links, retention and restarts as the store's own tools see them: on a clock that can be moved.

use super::*;
use crate::session::{Session, SessionOptions};
use crate::{Fingerprinter, Source};

const FAR: Key = Key::from_bytes([0x5f; 32]);

fn key(i: u8) -> Key {
    Key::from_bytes([i; 32])
}

fn with_seeds(seeds: &[Key]) -> SessionOptions {
    let mut options = SessionOptions::new();
    options.min_interval_seconds(0.0).unwrap();
    for seed in seeds {
        options.seed_key(*seed).unwrap();
    }
    options
}

fn fit(store: &Store, key: Key, seeds: &[Key], answer: &[u8]) -> Session {
    let s = Session::open(store, key, &with_seeds(seeds)).unwrap();
    s.finalize(answer, Some(1.0), Some(7)).unwrap();
    s
}

fn links(world: &World, under: Key) -> usize {
    let names = names_in(&world.root().join(under.to_hex()));
    names.iter().filter(|n| n.ends_with(".link")).count()
}

/// What a new fit begins from.
fn begins(store: &Store, own: Key, seeds: &[Key]) -> Option<(Vec<u8>, Source)> {
    let s = Session::open(store, own, &with_seeds(seeds)).unwrap();
    let found = s.load().unwrap();
    found.map(|e| (e.payload().to_vec(), e.info().source))
}

#[test]
fn an_answer_is_written_once_and_found_under_each_seed_key_from_near_to_far() {
    let world = World::new();
    let store = world.store();
    fit(&store, key(1), &[SEED_KEY, FAR], b"one");
    let payloads = |k: Key| {
        let names = names_in(&world.root().join(k.to_hex()));
        names.iter().filter(|n| n.ends_with(".bin")).count()
    };
    assert_eq!(
        (payloads(key(1)), payloads(SEED_KEY), payloads(FAR)),
        (1, 0, 0)
    );
    assert_eq!((links(&world, SEED_KEY), links(&world, FAR)), (1, 1));
    assert_eq!(store.keys().unwrap(), [key(1)]);
    let near = begins(&store, key(2), &[SEED_KEY, FAR]).unwrap();
    assert_eq!(near, (b"one".to_vec(), Source::Seed(0)));
    let far = begins(&store, key(2), &[key(9), FAR]).unwrap();
    assert_eq!(far, (b"one".to_vec(), Source::Seed(1)));
    // A later answer is found before, and one's own key before any seed.
    fit(&store, key(3), &[FAR], b"three");
    assert_eq!(begins(&store, key(2), &[FAR]).unwrap().0, b"three");
    assert_eq!(begins(&store, key(2), &[SEED_KEY, FAR]).unwrap().0, b"one");
    let own = begins(&store, key(1), &[FAR]).unwrap();
    assert_eq!(own, (b"one".to_vec(), Source::Exact));
}

#[test]
fn what_lies_under_a_seed_key_itself_is_found_if_it_is_the_latest() {
    let world = World::new();
    let store = world.store();
    let save = |payload: &[u8], kind| {
        store
            .save(SEED_KEY, payload, Some(5.0), None, kind)
            .unwrap();
    };
    save(b"direct", Kind::Final);
    fit(&store, key(1), &[SEED_KEY], b"linked");
    assert_eq!(begins(&store, key(2), &[SEED_KEY]).unwrap().0, b"linked");
    save(b"direct again", Kind::Checkpoint);
    let found = begins(&store, key(2), &[SEED_KEY]).unwrap();
    assert_eq!(found, (b"direct again".to_vec(), Source::Seed(0)));
    // What is damaged is passed over.
    let dir = world.root().join(SEED_KEY.to_hex());
    for name in names_in(&dir).iter().filter(|n| n.ends_with(".bin")) {
        std::fs::write(dir.join(name), b"damaged").unwrap();
    }
    assert_eq!(begins(&store, key(2), &[SEED_KEY]).unwrap().0, b"linked");
}

#[test]
fn checkpoints_of_a_run_are_not_linked_and_an_answer_replaced_is_linked_once() {
    let world = World::new();
    let store = world.store();
    let s = Session::open(&store, key(1), &with_seeds(&[SEED_KEY])).unwrap();
    s.checkpoint(b"on the way", Some(2.0), None).unwrap();
    assert_eq!(links(&world, SEED_KEY), 0);
    for answer in [b"first", b"again", b"third"] {
        s.finalize(answer, Some(1.0), None).unwrap();
        assert_eq!(links(&world, SEED_KEY), 1);
        assert_eq!(begins(&store, key(2), &[SEED_KEY]).unwrap().0, answer);
    }
}

#[test]
fn a_key_named_twice_or_the_fits_own_is_no_seed_and_there_are_at_most_sixteen() {
    let world = World::new();
    let store = world.store();
    fit(&store, key(1), &[key(1), SEED_KEY, SEED_KEY], b"one");
    assert_eq!((links(&world, key(1)), links(&world, SEED_KEY)), (0, 1));
    let mut options = SessionOptions::new();
    for i in 0..16 {
        options.seed_key(key(100 + i)).unwrap();
    }
    options.seed_key(key(100)).unwrap();
    let e = options.seed_key(key(99)).unwrap_err();
    assert!(e.to_string().contains("16"), "{e}");
}

#[test]
fn links_go_with_what_they_lead_to() {
    let world = World::new();
    let store = world.open(&ttl(10.0 * DAY as f64));
    // Removed by hand.
    let s = fit(&store, key(1), &[SEED_KEY, FAR], b"one");
    assert!(store.remove_entry(key(1), s.run_id()).unwrap());
    fit(&store, key(1), &[SEED_KEY, FAR], b"one");
    assert!(store.remove(key(1)).unwrap());
    assert!(!world.root().join(SEED_KEY.to_hex()).exists());
    assert!(!world.root().join(FAR.to_hex()).exists());
    // Expired.
    fit(&store, key(2), &[SEED_KEY], b"two");
    world.disk.advance(11 * DAY);
    assert_eq!(
        begins(&store, key(3), &[SEED_KEY]),
        None,
        "expired, and passed over"
    );
    fit(&store, key(4), &[SEED_KEY], b"four");
    store.sweep().unwrap();
    assert_eq!(links(&world, SEED_KEY), 1);
    assert_eq!(store.keys().unwrap(), [key(4)]);
    // Evicted.
    let mut tight = ttl(0.0);
    tight.file_budget(9).unwrap();
    let store = world.open(&tight);
    for i in 10..20 {
        fit(&store, key(i), &[SEED_KEY, FAR], b"x");
    }
    store.sweep().unwrap();
    let stats = store.stats();
    assert!(stats.evictions > 0);
    let kept = store.keys().unwrap().len();
    assert!(
        kept > 0 && links(&world, FAR) == kept,
        "{kept}: {:?}",
        store.links(FAR)
    );
    let counted = |w: &World| {
        let files = walked(w.root());
        files as i64
    };
    assert_eq!(stats.files, counted(&world), "links are counted");
}

fn walked(dir: &Path) -> usize {
    let items = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap());
    let count = items.map(|e| match e.file_type().unwrap().is_dir() {
        true => walked(&e.path()),
        false => 1,
    });
    count.sum()
}

#[test]
fn links_that_another_engine_or_a_crash_left_behind_are_passed_over_and_go_with_a_sweep() {
    let world = World::new();
    let store = world.store();
    fit(&store, key(1), &[SEED_KEY], b"old");
    fit(&store, key(2), &[SEED_KEY], b"new");
    // As a version-1 engine evicts.
    std::fs::remove_dir_all(world.root().join(key(2).to_hex())).unwrap();
    assert_eq!(begins(&store, key(3), &[SEED_KEY]).unwrap().0, b"old");
    store.sweep().unwrap();
    assert_eq!(links(&world, SEED_KEY), 2, "a young one stays for a while");
    world.disk.advance(HOUR);
    let found = store.verify(&Progress::new()).unwrap();
    assert_eq!(found.leavings, 1, "{:?}", found.findings);
    store.sweep().unwrap();
    assert_eq!(links(&world, SEED_KEY), 1);
    assert_eq!(begins(&store, key(3), &[SEED_KEY]).unwrap().0, b"old");
}

#[test]
fn a_seed_key_has_a_bounded_number_of_links() {
    let world = World::new();
    let store = world.store();
    for i in 0..40 {
        fit(&store, key(i), &[SEED_KEY], &[i]);
    }
    assert_eq!(links(&world, SEED_KEY), super::super::links::MOST);
    assert_eq!(begins(&store, key(99), &[SEED_KEY]).unwrap().0, [39]);
}

#[test]
fn a_seed_that_is_used_lives_on() {
    let world = World::new();
    let store = world.open(&ttl(10.0 * DAY as f64));
    fit(&store, key(1), &[SEED_KEY], b"one");
    for _ in 0..5 {
        world.disk.advance(7 * DAY);
        assert_eq!(
            begins(&world.store(), key(2), &[SEED_KEY]).unwrap().0,
            b"one"
        );
    }
    world.store().sweep().unwrap();
    assert_eq!(begins(&store, key(2), &[SEED_KEY]).unwrap().0, b"one");
}

// ---- retention ----

fn payloads(store: &Store, key: Key) -> Vec<Vec<u8>> {
    let runs = store.entries(key).unwrap();
    let entry = |run: &str| store.lookup_run(key, run).unwrap().unwrap();
    let mut all: Vec<Vec<u8>> = runs
        .iter()
        .map(|r| entry(&r.run_id).payload().to_vec())
        .collect();
    all.sort();
    all
}

#[test]
fn only_the_last_and_the_best_runs_stay_and_damage_takes_no_ones_place() {
    let world = World::new();
    let store = world.store();
    let runs: Vec<String> = [4.0, 1.0, 3.0, 2.0, 9.0, 8.0]
        .iter()
        .enumerate()
        .map(|(i, o)| {
            let payload = [b'a' + i as u8];
            store
                .save(KEY, &payload, Some(*o), None, Kind::Final)
                .unwrap()
        })
        .collect();
    assert!(store.pin(KEY, &runs[0], true).unwrap());
    // The last but one is damaged: it stays, and another is kept in its place.
    let damaged = world
        .root()
        .join(KEY.to_hex())
        .join(format!("{}.bin", runs[4]));
    std::fs::write(damaged, b"!").unwrap();
    assert_eq!(store.retain(KEY, 2, 1).unwrap(), 1);
    let left: Vec<String> = store
        .entries(KEY)
        .unwrap()
        .into_iter()
        .map(|e| e.run_id)
        .collect();
    let has = |i: usize| left.contains(&runs[i]);
    assert!(
        has(0) && has(1) && !has(2) && has(3) && has(4) && has(5),
        "{left:?}"
    );
    assert!(store.retain(KEY, 0, 0).is_err());
}

#[test]
fn a_session_keeps_its_last_and_best_checkpoints_until_there_is_an_answer() {
    let world = World::new();
    let store = world.store();
    let mut options = with_seeds(&[]);
    options.keep_last(2).keep_best(2);
    let s = Session::open(&store, KEY, &options).unwrap();
    for (i, o) in [5.0, 1.0, 2.0, 4.0, 3.0, 6.0].iter().enumerate() {
        s.checkpoint(&[b'a' + i as u8], Some(*o), None).unwrap();
    }
    assert_eq!(payloads(&store, KEY), [b"b", b"c", b"e", b"f"]);
    assert_eq!(best(&store).unwrap(), b"b");
    // Another session's are not touched while it lives.
    let other = Session::open(&store, KEY, &options).unwrap();
    for i in 0..4 {
        other.checkpoint(&[b'w' + i], Some(7.0), None).unwrap();
    }
    assert_eq!(payloads(&store, KEY).len(), 4 + 2);
    s.finalize(b"answer", Some(1.5), None).unwrap();
    let left = payloads(&store, KEY);
    assert_eq!(left, [&b"answer"[..], b"y", b"z"]);
    drop(other);
    let third = Session::open(&store, KEY, &options).unwrap();
    third.finalize(b"later", Some(2.0), None).unwrap();
    assert_eq!(payloads(&store, KEY), [&b"answer"[..], b"later"]);
}

#[test]
fn a_fit_killed_over_and_over_does_not_pile_up_checkpoints() {
    let world = World::new();
    let mut options = with_seeds(&[]);
    options.keep_last(3);
    for round in 0..10u8 {
        let store = world.store();
        let s = Session::open(&store, KEY, &options).unwrap();
        for i in 0..5 {
            s.checkpoint(&[round, i], Some(100.0 - f64::from(round)), None)
                .unwrap();
        }
        assert!(payloads(&store, KEY).len() <= 6);
        drop(s);
    }
}

// ---- restarts ----

fn restarts(world: &World) -> usize {
    let names = world.names();
    names.iter().filter(|n| n.ends_with(".restart")).count()
}

/// A process that loads and dies at once: its locks go, what it left stays.
fn die_after_load(store: &Store, payload: &[u8]) {
    let s = Session::open(store, KEY, &with_seeds(&[])).unwrap();
    assert_eq!(s.load().unwrap().unwrap().payload(), payload);
    let dir = store.root().join(KEY.to_hex());
    let before = names_in(&dir);
    drop(s);
    // What a session removes that is freed, one that is killed leaves.
    for name in before.iter().filter(|n| !dir.join(n).exists()) {
        std::fs::write(dir.join(name), b"").unwrap();
    }
}

#[test]
fn a_checkpoint_that_kills_is_no_other_one_when_it_is_published_as_a_pair() {
    let world = World::new();
    let store = world.store();
    store
        .save(KEY, b"good", Some(20.0), None, Kind::Checkpoint)
        .unwrap();
    for objective in [3.0, 2.0, 1.0] {
        slot(&store, b"bad", objective).unwrap();
    }
    die_after_load(&store, b"bad");
    die_after_load(&store, b"bad");
    store.inner().export(KEY, "run", true).unwrap();
    store.sweep().unwrap();
    assert_eq!(store.failed_restarts(KEY, Some("run")).unwrap(), 2);
    die_after_load(&store, b"bad");
    let s = Session::open(&store, KEY, &with_seeds(&[])).unwrap();
    assert_eq!(s.load().unwrap().unwrap().payload(), b"good");
    drop(s);
    assert!(store.remove_entry(KEY, "run").unwrap());
    assert_eq!(restarts(&world), 0);
}

#[test]
fn a_checkpoint_that_kills_is_passed_over_after_three_restarts_and_can_be_reset() {
    let world = World::new();
    let store = world.store();
    let save = |payload: &[u8], objective, kind| {
        store
            .save(KEY, payload, Some(objective), None, kind)
            .unwrap()
    };
    save(b"good", 2.0, Kind::Checkpoint);
    let bad = save(b"bad", 1.0, Kind::Checkpoint);
    for failed in 0..3 {
        assert_eq!(store.failed_restarts(KEY, Some(&bad)).unwrap(), failed);
        die_after_load(&store, b"bad");
    }
    assert_eq!(restarts(&world), 3);
    let s = Session::open(&store, KEY, &with_seeds(&[])).unwrap();
    assert_eq!(s.peek().unwrap().unwrap().payload(), b"good");
    assert_eq!(s.load().unwrap().unwrap().payload(), b"good");
    assert_eq!(s.start_stats().passed_over, 1);
    drop(s);
    assert_eq!(best(&store).unwrap(), b"bad", "lookups know nothing of it");
    // Whoever wants to try it goes on.
    let mut tries = with_seeds(&[]);
    tries.most_failed_restarts(0);
    let s = Session::open(&store, KEY, &tries).unwrap();
    assert_eq!(s.load().unwrap().unwrap().payload(), b"bad");
    assert_eq!(store.failed_restarts(KEY, None).unwrap(), 3);
    assert!(store.reset_restarts(KEY, Some(&bad)).unwrap());
    assert!(!store.reset_restarts(KEY, None).unwrap());
    die_after_load(&store, b"bad");
    // Who comes further clears the count, who is freed leaves it.
    let s = Session::open(&store, KEY, &with_seeds(&[])).unwrap();
    s.load().unwrap().unwrap();
    assert_eq!(
        store.failed_restarts(KEY, None).unwrap(),
        1,
        "a living one has not failed"
    );
    drop(s);
    assert_eq!(store.failed_restarts(KEY, None).unwrap(), 1);
    let s = Session::open(&store, KEY, &with_seeds(&[])).unwrap();
    s.load().unwrap().unwrap();
    s.checkpoint(b"further", Some(0.5), None).unwrap();
    assert_eq!(restarts(&world), 0);
}

#[test]
fn answers_are_never_passed_over_and_stale_restarts_go_with_a_sweep() {
    let world = World::new();
    let store = world.store();
    let run = store
        .save(KEY, b"answer", Some(1.0), None, Kind::Final)
        .unwrap();
    let dir = world.root().join(KEY.to_hex());
    for i in 0..5 {
        std::fs::write(dir.join(format!("{run}~000000000000000{i}.restart")), b"").unwrap();
        std::fs::write(dir.join(format!("gone~000000000000000{i}.restart")), b"").unwrap();
    }
    let s = Session::open(&store, KEY, &with_seeds(&[])).unwrap();
    assert_eq!(s.load().unwrap().unwrap().payload(), b"answer");
    drop(s);
    assert_eq!(restarts(&world), 10, "and leave no trace");
    world.disk.advance(HOUR);
    store.sweep().unwrap();
    assert_eq!(restarts(&world), 5, "those of what is gone are");
    store.remove(KEY).unwrap();
    assert!(!dir.exists());
}

// ---- why a key missed ----

#[test]
fn the_nearest_key_is_the_one_with_fewest_fields_that_differ() {
    let world = World::new();
    let store = world.store();
    let of = |y: f64, family: &str, x: f64| {
        let mut f = Fingerprinter::new();
        f.absorb_f64("x", x).unwrap();
        f.absorb_f64("y", y).unwrap();
        f.absorb_str("family", family).unwrap();
        f.absorb_str("link", "identity").unwrap();
        f
    };
    let session = |f: &Fingerprinter| {
        let mut options = with_seeds(&[]);
        options.fingerprint(f);
        Session::open(&store, f.finish(), &options).unwrap()
    };
    let explain = |f: &Fingerprinter| {
        let why = session(f).explain_miss(std::time::Duration::from_secs(5));
        why.unwrap()
    };
    let asked = of(1.0, "gaussian", 1.0);
    assert_eq!(explain(&asked), None);
    for other in [
        of(2.0, "poisson", 1.0),
        of(3.0, "gaussian", 1.0),
        of(4.0, "poisson", 4.0),
    ] {
        session(&other).finalize(b"x", None, None).unwrap();
    }
    store
        .save(key(7), b"no fields", None, None, Kind::Final)
        .unwrap();
    let why = explain(&asked).unwrap();
    assert_eq!(
        why.difference.to_string(),
        "y differs; x, family, link equal"
    );
    assert_eq!(why.key, of(3.0, "gaussian", 1.0).finish());
    assert_eq!(why.keys_listed, 4);
    let e = Session::open(&store, KEY, &with_seeds(&[])).unwrap();
    let e = e.explain_miss(std::time::Duration::ZERO).unwrap_err();
    assert!(e.to_string().contains("fingerprint"), "{e}");
}
