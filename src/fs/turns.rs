//! A file system on which two threads take turns, call by call, as a schedule says: for tests.

use super::{Counters, Dir, File, FileSystem, Names, NodeKind, Stat, Timestamp};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

thread_local! {
    /// Which of the two this thread is; others do not wait.
    static WHO: Cell<Option<usize>> = const { Cell::new(None) };
    /// What is to be done at each call of this thread's.
    static AT_CALLS: RefCell<Option<AtCalls>> = const { RefCell::new(None) };
}

type AtCalls = Rc<dyn Fn(At)>;

/// Where a thread is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    /// About to make a call.
    Call,
    /// Refused a lock.
    Refusal,
}

/// Whether this thread is one of the two, or others are at work at its calls.
pub(crate) fn takes_turns() -> bool {
    WHO.get().is_some() || AT_CALLS.with_borrow(Option::is_some)
}

/// Does `work`, and `then` at each of its calls, whose own calls are none of these.
pub(crate) fn at_each_call<T>(then: AtCalls, work: impl FnOnce() -> T) -> T {
    struct Before(Option<AtCalls>);
    impl Drop for Before {
        fn drop(&mut self) {
            AT_CALLS.set(self.0.take());
        }
    }
    let _before = Before(AT_CALLS.replace(Some(then)));
    work()
}

fn reached(at: At) {
    let Some(then) = AT_CALLS.with_borrow(Clone::clone) else {
        return;
    };
    at_each_call(Rc::new(|_| ()), || then(at));
}

/// Whose turn it is.
#[derive(Debug, Clone, Default)]
pub(crate) enum Schedule {
    /// The first to its end, then the second.
    #[default]
    OneByOne,
    /// `first` makes some calls, then the other makes some, then each goes to its end.
    Interrupted { first: usize, calls: [usize; 2] },
    /// By this seed.
    Random(u64),
}

impl Schedule {
    pub fn interrupted(first: usize, i: usize, j: usize) -> Schedule {
        Schedule::Interrupted {
            first,
            calls: [i, j],
        }
    }

    pub fn random(seed: u64) -> Schedule {
        Schedule::Random(seed)
    }

    fn whose(&self, step: usize) -> usize {
        match *self {
            Schedule::OneByOne => 0,
            Schedule::Interrupted { first, calls } => {
                let interrupts = (calls[0]..calls[0] + calls[1]).contains(&step);
                if interrupts {
                    1 - first
                } else {
                    first
                }
            }
            Schedule::Random(seed) => {
                let mut x = (seed << 20) + step as u64 + 1;
                x = (x ^ x >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                x = (x ^ x >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
                ((x ^ x >> 31) & 1) as usize
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Running,
    Waiting,
    Ended,
}

struct Shared {
    inner: Arc<dyn FileSystem>,
    states: Mutex<[State; 2]>,
    changed: Condvar,
    /// Locks refused in a row.
    refusals: AtomicUsize,
}

/// Who is refused a lock that often waits for it: then the other makes a call in between.
const REFUSALS: usize = 25;

#[derive(Clone)]
pub(crate) struct Turns(Arc<Shared>);

/// How it went.
pub(crate) struct Ended {
    pub told: [String; 2],
    /// What the clock said when each had ended.
    pub at: [usize; 2],
    /// Whose each call was.
    pub taken: Vec<usize>,
}

impl Turns {
    pub fn on(inner: Arc<dyn FileSystem>) -> Turns {
        Turns(Arc::new(Shared {
            inner,
            states: Mutex::new([State::Ended; 2]),
            changed: Condvar::new(),
            refusals: AtomicUsize::new(0),
        }))
    }

    /// Runs both tasks; `clock` is read at the end of each, before the other makes another call.
    pub fn run(
        &self,
        tasks: [Box<dyn FnOnce() -> String + Send>; 2],
        schedule: &Schedule,
        clock: impl Fn() -> usize,
    ) -> Ended {
        *self.0.states.lock().unwrap() = [State::Running; 2];
        let mut ended = Ended {
            told: [String::new(), String::new()],
            at: [usize::MAX; 2],
            taken: Vec::new(),
        };
        std::thread::scope(|scope| {
            let mut who = 0..;
            let threads = tasks.map(|task| {
                let (me, turns) = (who.next().unwrap(), self.clone());
                scope.spawn(move || {
                    WHO.set(Some(me));
                    let end = EndOf(turns, me);
                    end.0.turn();
                    let told = task();
                    drop(end);
                    told
                })
            });
            let mut step = 0;
            loop {
                let mut states = self.0.states.lock().unwrap();
                while states.contains(&State::Running) {
                    states = self.0.changed.wait(states).unwrap();
                }
                for (at, state) in ended.at.iter_mut().zip(*states) {
                    if state == State::Ended && *at == usize::MAX {
                        *at = clock();
                    }
                }
                let next = match ended.taken.last() {
                    Some(last) if self.0.refusals.load(Ordering::SeqCst) > REFUSALS => 1 - last,
                    _ => schedule.whose(step),
                };
                let next = match *states {
                    [State::Ended, State::Ended] => break,
                    [State::Ended, _] => 1,
                    [_, State::Ended] => 0,
                    _ => next,
                };
                step += 1;
                ended.taken.push(next);
                states[next] = State::Running;
                drop(states);
                self.0.changed.notify_all();
            }
            ended.told = threads.map(|t| t.join().unwrap());
        });
        ended
    }

    /// Waits for this thread's turn.
    fn turn(&self) {
        reached(At::Call);
        let Some(me) = WHO.get() else {
            return;
        };
        let mut states = self.0.states.lock().unwrap();
        if states[me] == State::Ended {
            return;
        }
        states[me] = State::Waiting;
        self.0.changed.notify_all();
        while states[me] != State::Running {
            states = self.0.changed.wait(states).unwrap();
        }
    }

    fn dir(&self, inner: Arc<dyn Dir>) -> Arc<dyn Dir> {
        let turns = self.clone();
        Arc::new(TurnsDir { inner, turns })
    }

    fn file(&self, inner: Box<dyn File>) -> Box<dyn File> {
        let turns = self.clone();
        Box::new(TurnsFile { inner, turns })
    }
}

/// Says that a thread has ended, however it did.
struct EndOf(Turns, usize);

impl Drop for EndOf {
    fn drop(&mut self) {
        self.0 .0.states.lock().unwrap()[self.1] = State::Ended;
        self.0 .0.changed.notify_all();
    }
}

impl FileSystem for Turns {
    fn open_root(&self, path: &Path) -> io::Result<Arc<dyn Dir>> {
        self.turn();
        self.0.inner.open_root(path).map(|d| self.dir(d))
    }

    fn stat_root(&self, path: &Path) -> io::Result<Stat> {
        self.turn();
        self.0.inner.stat_root(path)
    }

    fn create_root(&self, path: &Path) -> io::Result<()> {
        self.turn();
        self.0.inner.create_root(path)
    }

    fn now(&self) -> Timestamp {
        self.0.inner.now()
    }

    fn monotonic(&self) -> i64 {
        self.0.inner.monotonic()
    }

    fn coarse_monotonic(&self) -> i64 {
        self.0.inner.coarse_monotonic()
    }

    fn allows_background(&self) -> bool {
        false
    }

    fn allows_in_place(&self) -> bool {
        self.0.inner.allows_in_place()
    }

    fn coarse_now(&self) -> Timestamp {
        self.0.inner.coarse_now()
    }
}

struct TurnsDir {
    inner: Arc<dyn Dir>,
    turns: Turns,
}

impl Dir for TurnsDir {
    fn path(&self) -> &Path {
        self.inner.path()
    }

    fn is_local(&self) -> bool {
        self.inner.is_local()
    }

    fn open_dir(&self, name: &str) -> io::Result<Arc<dyn Dir>> {
        self.turns.turn();
        self.inner.open_dir(name).map(|d| self.turns.dir(d))
    }

    fn create_dir(&self, name: &str) -> io::Result<()> {
        self.turns.turn();
        self.inner.create_dir(name)
    }

    fn remove_dir(&self, name: &str) -> io::Result<()> {
        self.turns.turn();
        self.inner.remove_dir(name)
    }

    fn open_read(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.turns.turn();
        self.inner.open_read(name).map(|f| self.turns.file(f))
    }

    fn open_write(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.turns.turn();
        self.inner.open_write(name).map(|f| self.turns.file(f))
    }

    fn touch(&self) -> io::Result<()> {
        self.turns.turn();
        self.inner.touch()
    }

    fn open_or_create(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.turns.turn();
        self.inner.open_or_create(name).map(|f| self.turns.file(f))
    }

    fn create_unnamed(&self) -> io::Result<Option<Box<dyn File>>> {
        self.turns.turn();
        let file = self.inner.create_unnamed()?;
        Ok(file.map(|f| self.turns.file(f)))
    }

    fn create_new(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.turns.turn();
        self.inner.create_new(name).map(|f| self.turns.file(f))
    }

    fn link_unnamed(&self, file: &dyn File, name: &str) -> io::Result<()> {
        self.turns.turn();
        let file: &TurnsFile = file.as_any().downcast_ref().unwrap();
        self.inner.link_unnamed(file.inner.as_ref(), name)
    }

    fn link(&self, from: &str, to: &str) -> io::Result<()> {
        self.turns.turn();
        self.inner.link(from, to)
    }

    fn rename(&self, from: &str, to_dir: &dyn Dir, to: &str) -> io::Result<()> {
        self.turns.turn();
        let to_dir: &TurnsDir = to_dir.as_any().downcast_ref().unwrap();
        self.inner.rename(from, to_dir.inner.as_ref(), to)
    }

    fn unlink(&self, name: &str) -> io::Result<()> {
        self.turns.turn();
        self.inner.unlink(name)
    }

    fn stat_at(&self, name: &str) -> io::Result<Stat> {
        self.turns.turn();
        self.inner.stat_at(name)
    }

    fn stat(&self) -> io::Result<Stat> {
        self.turns.turn();
        self.inner.stat()
    }

    fn each_name(&self, each: &mut dyn FnMut(&str, Option<NodeKind>) -> bool) -> io::Result<()> {
        self.turns.turn();
        self.inner.each_name(each)
    }

    fn names(&self) -> io::Result<Box<dyn Names>> {
        self.turns.turn();
        self.inner.names()
    }

    fn share_counters(&self, name: &str, count: usize) -> io::Result<Option<Arc<Counters>>> {
        self.turns.turn();
        self.inner.share_counters(name, count)
    }

    fn sync(&self) -> io::Result<()> {
        self.turns.turn();
        self.inner.sync()
    }

    fn to_lock(&self) -> io::Result<Box<dyn File>> {
        self.turns.turn();
        self.inner.to_lock().map(|f| self.turns.file(f))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct TurnsFile {
    inner: Box<dyn File>,
    turns: Turns,
}

impl File for TurnsFile {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.turns.turn();
        self.inner.read_at(buf, offset)
    }

    fn write_at(&self, buf: &[u8], offset: u64) -> io::Result<usize> {
        self.turns.turn();
        self.inner.write_at(buf, offset)
    }

    fn start_writeback(&self) {
        self.inner.start_writeback();
    }

    fn sync(&self) -> io::Result<()> {
        self.turns.turn();
        self.inner.sync()
    }

    fn stat(&self) -> io::Result<Stat> {
        self.turns.turn();
        self.inner.stat()
    }

    fn touch(&self) -> io::Result<()> {
        self.turns.turn();
        self.inner.touch()
    }

    fn try_lock(&self) -> io::Result<bool> {
        self.turns.turn();
        let taken = self.inner.try_lock()?;
        let refusals = &self.turns.0.refusals;
        match taken {
            true => refusals.store(0, Ordering::SeqCst),
            false => {
                refusals.fetch_add(1, Ordering::SeqCst);
                reached(At::Refusal);
            }
        }
        Ok(taken)
    }

    fn unlock(&self) -> io::Result<()> {
        self.turns.turn();
        self.inner.unlock()
    }

    fn descriptor(&self) -> Option<i32> {
        self.inner.descriptor()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
