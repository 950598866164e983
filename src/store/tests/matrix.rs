//! Every operation, with every fault, at every one of its calls: what the caller is told, what is
//! found afterwards, what a crash would leave of it, and whether the handle goes on working.
//!
//! `WARM_FAULTS_OF=retain` does so with those whose names contain that.
//!
//! An operation is one line of [`operations`]: what comes before it, and what it does.

use super::*;
use crate::error::{Error, ErrorKind};
use crate::fs::faulty::Fault;
use crate::fs::simulated::{Image, Simulated};
use crate::fs::{self, Dir, FileSystem};
use crate::session::{Session, SessionOptions};
use crate::store::names::AUXILIARY;
use crate::store::Turn;
use std::collections::BTreeSet;
use std::time::Duration;

const OTHER: Key = Key::from_bytes([0xcd; 32]);
const ALIVE: &str = "alive";
/// States looked at for one crash.
const STATES: u64 = 4;
const SEED: u64 = 0x5EED_0002;

fn root() -> &'static Path {
    Path::new("/root")
}

/// A disk, and a handle on the store there, behind the saboteur.
struct Scene {
    disk: Simulated,
    faulty: Faulty,
    store: Store,
}

impl Scene {
    fn new() -> Scene {
        let disk = Simulated::new();
        let faulty = Faulty::on(Arc::new(disk.clone()));
        let store = Store::open_on(Arc::new(faulty.clone()), Some(root()), &ttl(0.0)).unwrap();
        slot(&store, b"older", 2.0).unwrap();
        slot(&store, b"old", 1.0).unwrap();
        store
            .save_slot(OTHER, "other", b"other", Some(3.0), None, Kind::Final)
            .unwrap();
        Scene {
            disk,
            faulty,
            store,
        }
    }

    fn reopened(&self, options: &StoreOptions) -> crate::Result<Store> {
        Store::open_on(Arc::new(self.faulty.clone()), Some(root()), options)
    }

    fn key_dir(&self) -> Arc<dyn Dir> {
        self.disk.open_root(&root().join(KEY.to_hex())).unwrap()
    }

    fn session(&self, min_interval: f64) -> Session {
        let mut options = SessionOptions::new();
        options.min_interval_seconds(min_interval).unwrap();
        Session::open(&self.store, KEY, &options).unwrap()
    }

    /// What is there, as a process that comes new finds it; it leaves no trace.
    fn view(&self) -> View {
        let history = self.disk.history();
        view(&self.disk, history.seen(history.log.len()))
    }

    /// What such a process would find after a crash at this moment, in some of the possible states.
    fn views_after_crash(&self) -> Vec<View> {
        let history = self.disk.history();
        let states = history.crash_states(history.log.len(), STATES, SEED).0;
        let views = states.into_iter().map(|i| view(&self.disk, i));
        views.map(|v| entries(&v)).collect()
    }
}

/// Key, run and payload of everything that is found; the marks of living sessions. Random parts of
/// names are cut off.
type View = BTreeSet<(String, String)>;

fn view(disk: &Simulated, image: Image) -> View {
    // Late enough for no pair to be one that another engine may be writing.
    let found = disk.found_later(image, 10);
    let store = Store::open_on(Arc::new(found.clone()), Some(root()), &StoreOptions::new());
    let store = store.unwrap();
    let mut view = View::new();
    let label = |run: &str| {
        let generated = run.contains('-');
        if generated { "generated" } else { run }.to_owned()
    };
    for (name, key) in [("key", KEY), ("other key", OTHER)] {
        for mode in [Lookup::Best, Lookup::Latest] {
            if let Some(e) = store.lookup(key, mode).unwrap() {
                view.insert((format!("{name}, {mode:?}"), payload(Some(e))));
            }
        }
        for run in store.entries(key).unwrap().into_iter().map(|r| r.run_id) {
            let entry = store.lookup_run(key, &run).unwrap().unwrap();
            view.insert((format!("{name}, {}", label(&run)), payload(Some(entry))));
        }
    }
    if let Some(e) = seeded(&store, SEED_KEY) {
        view.insert(("seed".into(), payload(Some(e))));
    }
    if let Ok(own) = found.open_root(&root().join(AUXILIARY)) {
        for l in own.list().unwrap() {
            if l.name.starts_with("alive~") {
                view.insert((ALIVE.into(), String::new()));
            }
        }
    }
    view
}

/// Whether `now` lies between `before` and `after`: nothing else, and nothing lost that either has.
fn is_between(now: &View, before: &View, after: &View) -> bool {
    let labels = |v: &View| -> BTreeSet<String> { v.iter().map(|(l, _)| l.clone()).collect() };
    let kept: BTreeSet<_> = labels(before)
        .intersection(&labels(after))
        .cloned()
        .collect();
    now.iter().all(|x| before.contains(x) || after.contains(x))
        && before.intersection(after).all(|x| now.contains(x))
        && kept.is_subset(&labels(now))
}

/// All but the marks of the living, which need not be there.
fn entries(view: &View) -> View {
    let entries = view.iter().filter(|(label, _)| label != ALIVE);
    entries.cloned().collect()
}

fn is_one_of(view: &View, these: &[View]) -> bool {
    these.iter().any(|v| entries(v) == entries(view))
}

type Act = Box<dyn FnMut(&Scene) -> crate::Result<String>>;

/// What to expect of an operation beyond what holds for all.
#[derive(Clone, Copy, PartialEq)]
enum Promise {
    /// Success means that all of it was done, and is durable.
    Durable,
    /// The same, but what it supersedes may come back after a crash, to be superseded still.
    Superseding,
    /// Success means that all of it was done.
    Done,
    /// It does what it can: what a fault kept it from is done the next time.
    BestEffort,
    /// It answers, and says how much of its answer is missing.
    Partial,
}

struct Operation {
    name: &'static str,
    promise: Promise,
    prepare: Box<dyn Fn(&Scene) -> Act>,
}

fn operation(
    name: &'static str,
    promise: Promise,
    prepare: impl Fn(&Scene) -> Act + 'static,
) -> Operation {
    Operation {
        name,
        promise,
        prepare: Box::new(prepare),
    }
}

/// An operation that needs nothing before it.
fn plain(
    name: &'static str,
    promise: Promise,
    act: impl Fn(&Scene) -> crate::Result<String> + Copy + 'static,
) -> Operation {
    operation(name, promise, move |_| Box::new(act))
}

fn done(_: impl Sized) -> String {
    "done".into()
}

fn payload(entry: Option<crate::Entry>) -> String {
    entry.map_or("nothing".into(), |e| {
        String::from_utf8_lossy(e.payload()).into_owned()
    })
}

/// Files as others leave them.
fn leave(scene: &Scene, names: &[&str]) {
    for name in names {
        let file = scene.key_dir().create_new(name).unwrap();
        fs::write_all(file.as_ref(), b"{").unwrap();
    }
}

/// The last generation of the slot "run" that was superseded, as a writer leaves it that died before it
/// removed it.
fn bring_back_superseded(scene: &Scene) {
    let dir = scene.key_dir();
    let publish = || scene.store.inner().export(KEY, "run", true).unwrap();
    publish();
    let mut kept = Vec::new();
    for l in dir.list().unwrap() {
        if l.name.starts_with("run") && !l.name.ends_with(".pin") {
            let file = dir.open_read(&l.name).unwrap();
            let mut bytes = vec![0; file.stat().unwrap().len as usize];
            fs::read_full(file.as_ref(), &mut bytes).unwrap();
            kept.push((l.name, bytes));
        }
    }
    slot(&scene.store, b"old", 1.0).unwrap();
    publish();
    for (name, bytes) in kept {
        let file = dir.create_new(&name).unwrap();
        fs::write_all(file.as_ref(), &bytes).unwrap();
    }
}

/// Files of the whole root that nobody understands.
pub(super) fn break_record_and_totals(disk: &Simulated) {
    let own = disk.open_root(&root().join(AUXILIARY)).unwrap();
    for name in ["record", "totals"] {
        own.unlink(name).unwrap();
        let file = own.create_new(name).unwrap();
        fs::write_all(file.as_ref(), b"?").unwrap();
    }
}

/// A session with a best and a later, worse checkpoint.
fn session_with_both(scene: &Scene) -> Session {
    let session = scene.session(0.0);
    session.checkpoint_now(b"best", Some(0.5), None).unwrap();
    session.checkpoint_now(b"worse", Some(0.7), None).unwrap();
    session
}

fn store_operations() -> Vec<Operation> {
    use Promise::*;
    let month = 30.0 * DAY as f64;
    vec![
        plain("open a new root", Done, |s| {
            let path = Path::new("/new/root");
            Store::open_on(Arc::new(s.faulty.clone()), Some(path), &ttl(5.0)).map(done)
        }),
        plain("open", Done, |s| {
            let store = s.reopened(&StoreOptions::new())?;
            Ok(format!("{:?}", store.inner.settings.ttl_seconds))
        }),
        plain("open with other limits", Durable, move |s| {
            let store = s.reopened(&ttl(month))?;
            Ok(format!("{:?}", store.inner.settings.ttl_seconds))
        }),
        plain("save", Durable, |s| {
            let saved = s.store.save(KEY, b"new", Some(0.5), Some(1), Kind::Final);
            saved.map(done)
        }),
        operation("save under a new key", Durable, |s| {
            assert!(s.store.remove(KEY).unwrap());
            Box::new(|s| {
                let saved = s.store.save(KEY, b"new", None, None, Kind::Checkpoint);
                saved.map(done)
            })
        }),
        operation("save a slot for the first time", Durable, |s| {
            assert!(s.store.remove(KEY).unwrap());
            Box::new(|s| slot(&s.store, b"new", 0.5).map(done))
        }),
        plain("replace a slot", Durable, |s| {
            slot(&s.store, b"new", 0.5).map(done)
        }),
        operation("replace a slot without unnamed files", Durable, |s| {
            s.faulty.without_unnamed_files();
            Box::new(|s| slot(&s.store, b"new", 0.5).map(done))
        }),
        operation("save into a root that vanished", Durable, |s| {
            s.store.remove(OTHER).unwrap();
            s.store.remove(KEY).unwrap();
            let top = s.disk.open_root(Path::new("/")).unwrap();
            let own = s.disk.open_root(&root().join(AUXILIARY)).unwrap();
            for l in own.list().unwrap() {
                own.unlink(&l.name).unwrap();
            }
            top.open_dir("root").unwrap().remove_dir(AUXILIARY).unwrap();
            top.remove_dir("root").unwrap();
            top.create_dir("elsewhere").unwrap();
            Box::new(|s| slot(&s.store, b"new", 0.5).map(done))
        }),
        plain("remove a key", Durable, |s| {
            s.store.remove(KEY).map(|r| r.to_string())
        }),
        plain("remove a run", Durable, |s| {
            s.store.remove_entry(KEY, "run").map(|r| r.to_string())
        }),
        plain("remove what is not there", Durable, |s| {
            s.store.remove_entry(KEY, "nobody").map(|r| r.to_string())
        }),
        plain("pin", Durable, |s| {
            s.store.pin(KEY, "run", true).map(|r| r.to_string())
        }),
        operation("unpin", Durable, |s| {
            s.store.pin(KEY, "run", true).unwrap();
            Box::new(|s| s.store.pin(KEY, "run", false).map(|r| r.to_string()))
        }),
        operation("sweep: expiry", BestEffort, move |s| {
            let store = s.reopened(&ttl(month)).unwrap();
            s.disk.advance(29 * DAY);
            slot(&store, b"young", 1.0).unwrap();
            s.disk.advance(2 * DAY);
            Box::new(move |_| store.sweep().map(done))
        }),
        operation("sweep: eviction", BestEffort, |s| {
            let mut options = ttl(0.0);
            options.file_budget(6).unwrap();
            s.store.inner().export(KEY, "run", true).unwrap();
            let store = s.reopened(&options).unwrap();
            Box::new(move |_| store.sweep().map(done))
        }),
        operation("save that evicts", BestEffort, |s| {
            let mut options = ttl(0.0);
            options.file_budget(7).unwrap();
            let store = s.reopened(&options).unwrap();
            Box::new(move |_| slot(&store, b"new", 0.5).map(done))
        }),
        operation("sweep: damage and leavings", BestEffort, |s| {
            leave(s, &["broken.json", "broken.bin", "orphan.bin"]);
            leave(s, &["half.json", ".part~00", "r.bin.tmp.1.x", "gone.pin"]);
            s.disk.advance(2 * HOUR);
            Box::new(|s| s.store.sweep().map(done))
        }),
        operation("repair: damage and leavings", BestEffort, |s| {
            leave(s, &["broken.json", "broken.bin", "orphan.bin"]);
            leave(s, &["half.json", ".part~00", "r.bin.tmp.1.x", "gone.pin"]);
            bring_back_superseded(s);
            s.disk.advance(2 * HOUR);
            Box::new(|s| s.store.repair(&Progress::new()).map(done))
        }),
        operation("repair: record and totals", BestEffort, |s| {
            break_record_and_totals(&s.disk);
            let store = s.reopened(&StoreOptions::new()).unwrap();
            Box::new(move |_| store.repair(&Progress::new()).map(done))
        }),
        operation("repair beside a session that rests", BestEffort, |s| {
            let session = session_with_both(s);
            leave(s, &["orphan.bin", ".part~00"]);
            s.disk.advance(2 * HOUR);
            Box::new(move |s| {
                let _alive = &session;
                s.store.repair(&Progress::new()).map(done)
            })
        }),
        operation("sweep beside a session that rests", BestEffort, |s| {
            let session = session_with_both(s);
            s.disk.advance(2 * HOUR);
            Box::new(move |s| {
                let _alive = &session;
                s.store.sweep().map(done)
            })
        }),
        operation("look up the best", Done, |s| {
            let store = s.reopened(&StoreOptions::new()).unwrap();
            Box::new(move |_| store.lookup(KEY, Lookup::Best).map(payload))
        }),
        operation("look up the latest", Done, |s| {
            let store = s.reopened(&StoreOptions::new()).unwrap();
            Box::new(move |_| store.lookup(KEY, Lookup::Latest).map(payload))
        }),
        operation("look up what is in memory", Done, |s| {
            s.store.lookup(KEY, Lookup::Best).unwrap();
            Box::new(|s| s.store.lookup(KEY, Lookup::Best).map(payload))
        }),
        plain("look up a run", Done, |s| {
            s.store.lookup_run(KEY, "run").map(payload)
        }),
        plain("look up what is not there", Done, |s| {
            s.store
                .lookup(Key::from_bytes([1; 32]), Lookup::Best)
                .map(payload)
        }),
        operation("look up and renew the stamp", Done, move |s| {
            let store = s.reopened(&ttl(month)).unwrap();
            s.disk.advance(3 * DAY);
            Box::new(move |_| store.lookup(KEY, Lookup::Best).map(payload))
        }),
        plain("list keys", Partial, |s| {
            s.store.keys().map(|k| k.len().to_string())
        }),
        plain("list entries", Partial, |s| {
            s.store.entries(KEY).map(|e| e.len().to_string())
        }),
        plain("verify", Partial, |s| {
            s.store.verify(&Progress::new()).map(|r| {
                let wrong = r.damaged + r.half_present + r.superseded;
                match (r.unreadable, wrong) {
                    (0, 0) => format!("{} intact", r.intact),
                    (_, 0) => "some unreadable".into(),
                    _ => format!("{r:?}"),
                }
            })
        }),
        operation("verify: damage and leavings", Partial, |s| {
            leave(s, &["broken.json", "broken.bin", "orphan.bin", ".part~00"]);
            s.disk.advance(2 * HOUR);
            Box::new(|s| {
                let r = s.store.verify(&Progress::new())?;
                // A fault hides what is there, and makes up nothing.
                Ok(match (r.damaged, r.half_present, r.leavings) {
                    (0..=1, 0..=1, 0..=1) => format!("{} intact", r.intact),
                    _ => format!("{r:?}"),
                })
            })
        }),
        plain("statistics", Partial, |s| {
            s.store.stats();
            Ok("figures".into())
        }),
    ]
}

/// A session whose answer is found under a seed key.
fn relative(scene: &Scene) -> Session {
    let mut options = SessionOptions::new();
    options.min_interval_seconds(0.0).unwrap();
    options.seed_key(SEED_KEY).unwrap();
    Session::open(&scene.store, KEY, &options).unwrap()
}

/// A session that keeps its last two checkpoints.
fn keeping(scene: &Scene) -> Session {
    let mut options = SessionOptions::new();
    options.min_interval_seconds(0.0).unwrap().keep_last(2);
    Session::open(&scene.store, KEY, &options).unwrap()
}

/// Four failed restarts from what is best under the key, as killed processes leave them.
fn leave_restarts(scene: &Scene) {
    let best = scene.store.lookup(KEY, Lookup::Best).unwrap().unwrap();
    let stem = best.stored.stem.as_str();
    for i in 0..4 {
        let name = format!("{stem}~000000000000000{i}.restart");
        scene.key_dir().create_new(&name).unwrap();
    }
}

/// A session whose queue nobody looks after but [`published`].
fn background_session(scene: &Scene) -> Session {
    let mut options = SessionOptions::new();
    options.min_interval_seconds(0.0).unwrap().background(true);
    let session = Session::open(&scene.store, KEY, &options).unwrap();
    session.without_thread()
}

/// Writes what waits; tells what a flush does.
fn published(session: &Session) -> crate::Result<String> {
    // What failed before is tried again.
    session.flush(Duration::ZERO)?;
    while session.turn() == Turn::Done {}
    let all = session.flush(Duration::ZERO)?;
    Ok(format!("all written: {all}"))
}

fn session_operations() -> Vec<Operation> {
    use Promise::*;
    let outcome = |o: crate::Outcome| format!("{o:?}");
    let waiting = |s: &Scene| {
        let session = background_session(s);
        session.checkpoint(b"best", Some(0.5), None).unwrap();
        published(&session).unwrap();
        session.checkpoint(b"worse", Some(0.7), None).unwrap();
        published(&session).unwrap();
        session
    };
    vec![
        operation("session: queue and publish the first", Durable, |s| {
            let session = background_session(s);
            Box::new(move |_| {
                session.checkpoint(b"new", Some(0.5), None)?;
                published(&session)
            })
        }),
        operation(
            "session: queue and publish the best",
            Superseding,
            move |s| {
                let session = waiting(s);
                Box::new(move |_| {
                    session.checkpoint(b"no", Some(0.2), None)?;
                    session.checkpoint(b"new", Some(0.1), None)?;
                    published(&session)
                })
            },
        ),
        operation("session: queue and publish a worse", Durable, move |s| {
            let session = waiting(s);
            Box::new(move |_| {
                session.checkpoint(b"no", Some(0.8), None)?;
                session.checkpoint(b"new", Some(0.9), None)?;
                published(&session)
            })
        }),
        operation("session: finalize over what waits", Durable, move |s| {
            let session = waiting(s);
            session.checkpoint(b"no", Some(0.2), None).unwrap();
            Box::new(move |_| session.finalize(b"answer", Some(0.3), None).map(done))
        }),
        plain("session: open", Done, |s| {
            Session::open(&s.store, KEY, &SessionOptions::new()).map(done)
        }),
        operation("session: first checkpoint", Durable, move |s| {
            let session = s.session(3600.0);
            Box::new(move |_| session.checkpoint(b"new", Some(0.5), None).map(outcome))
        }),
        operation("session: an improvement", Superseding, move |s| {
            let session = session_with_both(s);
            Box::new(move |_| session.checkpoint(b"new", Some(0.1), None).map(outcome))
        }),
        operation("session: the latest, worse", Durable, move |s| {
            let session = session_with_both(s);
            Box::new(move |_| session.checkpoint(b"new", Some(0.9), None).map(outcome))
        }),
        operation("session: throttled", Done, move |s| {
            let session = s.session(3600.0);
            session.checkpoint_now(b"new", Some(0.5), None).unwrap();
            Box::new(move |_| session.checkpoint(b"no", Some(0.9), None).map(outcome))
        }),
        operation("session: checkpoint now", Durable, |s| {
            let session = session_with_both(s);
            Box::new(move |_| session.checkpoint_now(b"new", None, None).map(done))
        }),
        operation("session: finalize", Durable, |s| {
            let session = session_with_both(s);
            Box::new(move |_| session.finalize(b"answer", None, Some(9)).map(done))
        }),
        operation("session: finalize again", Durable, |s| {
            let session = session_with_both(s);
            session.finalize(b"answer", Some(0.5), None).unwrap();
            session.checkpoint_now(b"refined", Some(0.4), None).unwrap();
            Box::new(move |_| session.finalize(b"new", Some(0.4), None).map(done))
        }),
        operation("session: finalize with seed keys", Durable, |s| {
            let session = relative(s);
            session.checkpoint_now(b"best", Some(0.5), None).unwrap();
            Box::new(move |_| session.finalize(b"answer", Some(0.4), Some(9)).map(done))
        }),
        operation("session: finalize again with seed keys", Durable, |s| {
            let session = relative(s);
            session.finalize(b"answer", Some(0.5), None).unwrap();
            Box::new(move |_| session.finalize(b"new", Some(0.4), None).map(done))
        }),
        operation("session: load a seed", Done, |s| {
            relative(s).finalize(b"seed", Some(0.5), None).unwrap();
            let mut options = SessionOptions::new();
            options.seed_key(SEED_KEY).unwrap();
            let own = Key::from_bytes([0x77; 32]);
            let session = Session::open(&s.store, own, &options).unwrap();
            Box::new(move |_| session.load().map(payload))
        }),
        operation(
            "session: a checkpoint kept beside others",
            Superseding,
            |s| {
                let session = keeping(s);
                for (payload, objective) in [(&b"a"[..], 0.5), (b"b", 0.4), (b"c", 0.6)] {
                    session
                        .checkpoint_now(payload, Some(objective), None)
                        .unwrap();
                }
                Box::new(move |_| session.checkpoint_now(b"new", Some(0.7), None).map(done))
            },
        ),
        operation("session: finalize over what is kept", Durable, |s| {
            let session = keeping(s);
            for (payload, objective) in [(&b"a"[..], 0.5), (b"b", 0.4)] {
                session
                    .checkpoint_now(payload, Some(objective), None)
                    .unwrap();
            }
            Box::new(move |_| session.finalize(b"answer", Some(0.3), None).map(done))
        }),
        // Restarts that cannot be counted have not failed.
        operation("session: load past a bad checkpoint", BestEffort, |s| {
            leave_restarts(s);
            let session = s.session(0.0);
            Box::new(move |_| session.load().map(payload))
        }),
        operation("reset restarts", BestEffort, |s| {
            leave_restarts(s);
            Box::new(|s| s.store.reset_restarts(KEY, None).map(done))
        }),
        // What cannot be checked has another kept besides.
        operation("retain", BestEffort, |s| {
            for (payload, objective) in [(&b"a"[..], 0.5), (b"b", 0.4), (b"c", 0.6)] {
                let kind = Kind::Final;
                s.store
                    .save(KEY, payload, Some(objective), None, kind)
                    .unwrap();
            }
            Box::new(|s| s.store.retain(KEY, 2, 1).map(done))
        }),
        operation("session: load", Done, |s| {
            let session = s.session(0.0);
            Box::new(move |_| session.load().map(payload))
        }),
        operation("session: peek", Done, |s| {
            let session = s.session(0.0);
            Box::new(move |_| session.peek().map(payload))
        }),
        operation("session: resume", Done, |s| {
            let session = s.session(0.0);
            Box::new(move |_| session.resume(3).map(payload))
        }),
        operation("session: flush and finish", BestEffort, |s| {
            let session = session_with_both(s);
            Box::new(move |_| {
                session.flush(Duration::ZERO)?;
                session.finish()?;
                Ok("done".into())
            })
        }),
        operation("session: free", BestEffort, |s| {
            let mut session = Some(session_with_both(s));
            Box::new(move |_| {
                drop(session.take());
                Ok("done".into())
            })
        }),
    ]
}

fn operations() -> Vec<Operation> {
    let mut all = store_operations();
    all.extend(session_operations());
    all
}

/// As the pages on the C ABI assign them.
fn assigned(errno: i32) -> ErrorKind {
    match errno {
        libc::ENOSPC | libc::EDQUOT => ErrorKind::NoSpace,
        libc::EACCES | libc::EROFS => ErrorKind::Permission,
        libc::ENOMEM => ErrorKind::NoMemory,
        _ => ErrorKind::Io,
    }
}

/// How often a fault strikes, and what it is.
fn faults() -> Vec<(u64, Fault)> {
    let mut all = Vec::new();
    for errno in [
        libc::EIO,
        libc::ENOSPC,
        libc::EDQUOT,
        libc::EACCES,
        libc::EROFS,
        libc::EMFILE,
        libc::ENFILE,
        libc::ENOMEM,
    ] {
        all.extend([(1, Fault::Error(errno)), (u64::MAX, Fault::Error(errno))]);
    }
    for times in [1, 5, u64::MAX] {
        all.push((times, Fault::Error(libc::ESTALE)));
    }
    for times in [1, 40] {
        all.push((times, Fault::Error(libc::EINTR)));
    }
    for times in [1, u64::MAX] {
        all.push((times, Fault::Short));
    }
    for errno in [libc::EIO, libc::ENOSPC] {
        all.push((1, Fault::Sync(errno)));
    }
    all.push((1, Fault::Done(libc::EIO)));
    all
}

/// Whether the fault strikes this call at all, as [`Faulty::log`] names it.
fn strikes(fault: Fault, call: &str) -> bool {
    match fault {
        Fault::Error(_) | Fault::Done(_) => true,
        Fault::Short => call.starts_with("read ") || call.starts_with("write "),
        Fault::Sync(_) => call.starts_with("sync"),
    }
}

/// Whether the caller must not notice.
fn is_invisible(times: u64, fault: Fault, call: &str) -> bool {
    match fault {
        Fault::Short | Fault::Error(libc::EINTR) => true,
        Fault::Error(libc::ESTALE) => times == 1 && !call.starts_with("sync"),
        _ => false,
    }
}

/// A removal in a directory that goes on living, where the directory's sync failed and later ones
/// only say that they succeed: it was reported as failed, and nothing brings it about any more. (The
/// names of a publication are new each time, and an emptied directory goes itself.)
fn is_beyond_repair(name: &str, fault: Fault, call: &str) -> bool {
    name.starts_with("session: finalize")
        && matches!(fault, Fault::Sync(_))
        && call.starts_with("sync_dir")
}

/// An operation without a fault, done twice.
struct Reference {
    calls: Vec<String>,
    before: View,
    results: [String; 2],
    after: [View; 2],
}

fn reference(operation: &Operation) -> Reference {
    let scene = Scene::new();
    let mut act = (operation.prepare)(&scene);
    let before = scene.view();
    scene.faulty.plan(None);
    let first = act(&scene).unwrap();
    let calls = scene.faulty.log();
    let after_first = scene.view();
    let second = act(&scene).unwrap();
    Reference {
        calls,
        before,
        results: [first, second],
        after: [after_first, scene.view()],
    }
}

#[derive(Default)]
struct Tally {
    injected: u64,
    reported: u64,
    wrong: Vec<String>,
}

fn inject(operation: &Operation, known: &Reference, at: u64, times: u64, fault: Fault) -> Tally {
    let scene = Scene::new();
    let mut act = (operation.prepare)(&scene);
    scene.disk.settle();
    scene.faulty.plan(Some(Plan { at, times, fault }));
    let result = act(&scene);
    let injected = scene.faulty.has_fired();
    let call = scene.faulty.log().get(at as usize).cloned();
    let call = call.unwrap_or_default();
    scene.faulty.plan(None);
    let mut tally = Tally {
        injected: u64::from(injected),
        reported: u64::from(result.is_err()),
        wrong: Vec::new(),
    };
    let mut wrong = |why: String| {
        tally.wrong.push(format!(
            "{}, {fault:?} x{times} at call {at} ({call}): {why}",
            operation.name
        ));
    };

    if call.contains(".slot") && operation.promise == Promise::Done {
        // What cannot be read is passed over, and the generation before it answered.
        return tally;
    }
    let invisible = is_invisible(times, fault, &call);
    let [before, after] = [&known.before, &known.after[0]];
    let all_done = match &result {
        Ok(answer) => {
            let right = *answer == known.results[0];
            match operation.promise {
                Promise::Durable | Promise::Superseding | Promise::Done if !right => {
                    wrong(format!("answers {answer}, not {}", known.results[0]));
                }
                Promise::Partial if !right && invisible => {
                    wrong(format!("answers {answer}, not {}", known.results[0]));
                }
                Promise::Partial if answer.contains("Report") => {
                    wrong(format!("takes a fault for damage: {answer}"));
                }
                _ => {}
            }
            operation.promise != Promise::BestEffort || invisible
        }
        Err(e) => {
            if invisible {
                wrong(format!("was noticed: {e}"));
            }
            if let Err(why) = check_error(e, fault) {
                wrong(why);
            }
            false
        }
    };
    let is_superseding = operation.promise == Promise::Superseding;
    let fits = |now: &View| {
        if all_done && !is_superseding {
            entries(now) == entries(after)
        } else {
            let there = !all_done || entries(after).is_subset(now);
            there && is_between(now, before, after)
        }
    };
    let without_marks = [entries(before), entries(after)];
    let now = scene.view();
    if !fits(&now) {
        wrong(format!("{result:?}, and then {now:?} is found"));
    }
    let is_durable = operation.promise == Promise::Durable;
    for crashed in scene.views_after_crash() {
        let [before, after] = &without_marks;
        let fits = if all_done && is_durable {
            crashed == *after
        } else {
            let there = !all_done || !is_superseding || after.is_subset(&crashed);
            there && is_between(&crashed, before, after)
        };
        if !fits {
            wrong(format!(
                "{result:?}, and after a crash {crashed:?} is found"
            ));
        }
    }

    // The handle goes on working.
    match act(&scene) {
        Ok(answer) if known.results.contains(&answer) => {}
        again => wrong(format!("{result:?}, and then again {again:?}")),
    }
    let now = scene.view();
    if !is_one_of(&now, &known.after) {
        wrong(format!("repeated, and then {now:?} is found"));
    }
    for crashed in scene.views_after_crash() {
        if is_beyond_repair(operation.name, fault, &call) {
            break;
        }
        let fits = if is_durable {
            is_one_of(&crashed, &known.after)
        } else {
            is_between(&crashed, &entries(before), &entries(&known.after[1]))
        };
        if !fits {
            wrong(format!("repeated, and after a crash {crashed:?} is found"));
        }
    }
    drop(act);
    if let Err(why) = check_tidy(&scene) {
        wrong(why);
    }
    // The first tells the rest.
    tally.wrong.truncate(1);
    tally
}

fn check_error(e: &Error, fault: Fault) -> Result<(), String> {
    let (Fault::Error(errno) | Fault::Done(errno) | Fault::Sync(errno)) = fault else {
        return Err(format!("a short read or write is an error: {e}"));
    };
    // What was done and reported as failed may then be found done already.
    let repeated = matches!(fault, Fault::Done(_));
    if e.kind() != assigned(errno) && !repeated {
        return Err(format!("is {:?} and not {:?}", e.kind(), assigned(errno)));
    }
    if e.to_string().len() < 40 {
        return Err(format!("says no more than {e}"));
    }
    Ok(())
}

/// What was left is invisible, and reclaimed in time; nobody's entry goes with it.
fn check_tidy(scene: &Scene) -> Result<(), String> {
    let history = scene.disk.history();
    let found = scene
        .disk
        .found_later(history.seen(history.log.len()), 2 * HOUR);
    let store = Store::open_on(Arc::new(found.clone()), Some(root()), &ttl(0.0)).unwrap();
    let answers = || {
        [KEY, OTHER].map(|key| {
            let entry = store.lookup(key, Lookup::Best).unwrap();
            entry.map(|e| e.payload().to_vec())
        })
    };
    let before = answers();
    // What is set aside leaves half-made names to the next sweep or repair.
    store.sweep().unwrap();
    let repaired = store.repair(&Progress::new()).unwrap();
    if !repaired.complete || repaired.failed > 0 {
        return Err(format!("cannot be repaired: {repaired:?}"));
    }
    if answers() != before {
        return Err("a sweep or repair changes the answers".into());
    }
    let report = store.verify(&Progress::new()).unwrap();
    if report.damaged + report.half_present + report.unreadable + report.superseded > 0 {
        return Err(format!("leaves {:?}", report.findings));
    }
    let dir = found.open_root(&root().join(KEY.to_hex()));
    let names = dir.map_or(Vec::new(), |d| d.list().unwrap());
    if names.iter().any(|l| l.name.starts_with('.')) {
        return Err(format!("leaves {names:?}"));
    }
    Ok(())
}

#[test]
fn no_fault_at_any_call_of_any_operation_is_misreported_or_costs_an_entry() {
    let mut total = Tally::default();
    let only = only("WARM_FAULTS_OF");
    for operation in operations() {
        if !operation.name.contains(&only) {
            continue;
        }
        let known = reference(&operation);
        let mut tally = Tally::default();
        for (times, fault) in faults() {
            for (at, call) in known.calls.iter().enumerate() {
                if !strikes(fault, call) {
                    continue;
                }
                let one = inject(&operation, &known, at as u64, times, fault);
                tally.injected += one.injected;
                tally.reported += one.reported;
                tally.wrong.extend(one.wrong);
            }
        }
        report(operation.name, known.calls.len(), &tally);
        total.injected += tally.injected;
        total.reported += tally.reported;
        total.wrong.extend(tally.wrong);
    }
    let few: Vec<&String> = total
        .wrong
        .iter()
        .take(if std::env::var_os("WARM_ALL").is_some() {
            4000
        } else {
            40
        })
        .collect();
    assert!(few.is_empty(), "{} are wrong: {few:#?}", total.wrong.len());
    say(&format!(
        "faults injected: {} ({} reported to the caller)",
        total.injected, total.reported
    ));
    let all = only.is_empty();
    assert!(!all || total.injected > 10_000, "{}", total.injected);
}

fn report(name: &str, calls: usize, tally: &Tally) {
    say(&format!(
        "{name}: {calls} calls, {} faults, {} reported, {} wrong",
        tally.injected,
        tally.reported,
        tally.wrong.len()
    ));
}
