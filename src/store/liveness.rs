//! Which sessions are alive, in any process: their entries are evicted last.
//!
//! Each writing session keeps a file below the root, named after its run and locked for as
//! long as the session lives: when its process dies, the lock goes with it. Where there are no locks,
//! or they do not reach across hosts, the file's age decides.

use super::auxiliary::{auxiliary, auxiliary_or_create};
use super::names::check_run_id;
use super::remove::unlink;
use super::reports::REPORT_FILE_BYTES;
use super::totals::Totals;
use super::Inner;
use crate::fs::{self, Dir, File, Guard, Stat, Timestamp};
use crate::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::io;
use std::sync::Arc;

pub(super) const PREFIX: &str = "alive~";
/// How long a file untouched may still belong to someone, where locks work.
const GRACE_SECONDS: f64 = 3_600.0;
/// The same where they do not.
const NETWORK_GRACE_SECONDS: f64 = 86_400.0;
const HEARTBEAT_SECONDS: i64 = 60;
const MARK_ATTEMPTS: u32 = 20;

/// True for a file whose writer may still live, by its age alone.
pub(super) fn is_young(dir: &dyn Dir, stat: &Stat, now: Timestamp) -> bool {
    let grace = if dir.is_local() {
        GRACE_SECONDS
    } else {
        NETWORK_GRACE_SECONDS
    };
    now.seconds_since(stat.modified) < grace
}

/// True when someone holds the file's lock, or may hold it: what cannot be opened is not known.
pub(super) fn is_locked(dir: &dyn Dir, name: &str) -> bool {
    dir.is_local()
        && match fs::retry(|| dir.open_read(name)) {
            Ok(file) => match fs::retry(|| file.try_lock()) {
                Ok(free) => !free,
                Err(e) => !has_no_locks(&e),
            },
            Err(e) => !fs::is_missing(&e),
        }
}

/// What file systems without advisory locks answer.
fn has_no_locks(e: &io::Error) -> bool {
    matches!(
        e.raw_os_error(),
        Some(libc::ENOLCK | libc::EOPNOTSUPP | libc::ENOSYS | libc::EINVAL)
    )
}

/// A locked file, or nothing but the file where locks are refused.
type Mark = Result<Guard<Box<dyn File>>, Box<dyn File>>;

/// The mark of a living session; dropped with it.
pub(crate) struct Alive {
    store: Arc<Inner>,
    dir: Arc<dyn Dir>,
    name: String,
    file: Mark,
    touched: AtomicI64,
    /// Room for a report was counted.
    reports: bool,
    has_reported: AtomicBool,
}

impl Alive {
    /// Marks the session `run_id` as alive; it will say how it is getting on, see `reports`.
    pub fn session(store: &Arc<Inner>, run_id: &str) -> io::Result<Alive> {
        Alive::mark(store, run_id, true)
    }

    /// The same for someone who says nothing.
    #[cfg(feature = "remote")]
    pub fn silent(store: &Arc<Inner>, who: &str) -> io::Result<Alive> {
        Alive::mark(store, who, false)
    }

    fn mark(store: &Arc<Inner>, run_id: &str, reports: bool) -> io::Result<Alive> {
        if store.settings.read_only {
            return Err(io::Error::from_raw_os_error(libc::EROFS));
        }
        let dir = auxiliary_or_create(store.root().as_ref())?;
        let name = format!("{PREFIX}{run_id}");
        let file = lock_mark(dir.as_ref(), &name)?;
        let mut change = Totals::default();
        change.add_file(report_bytes(reports));
        store.ledger.add(store.root().as_ref(), change);
        Ok(Alive {
            store: Arc::clone(store),
            dir,
            name,
            file,
            touched: AtomicI64::new(store.fs.coarse_now().secs),
            reports,
            has_reported: AtomicBool::new(false),
        })
    }

    pub(super) fn file(&self) -> &dyn File {
        match &self.file {
            Ok(guard) => guard.file(),
            Err(file) => file.as_ref(),
        }
    }

    pub(super) fn note_reported(&self) {
        self.has_reported.store(true, Ordering::Relaxed);
    }

    /// To be called now and then: at most one call a minute does anything.
    pub fn heartbeat(&self) {
        let now = self.store.fs.coarse_now().secs;
        let last = self.touched.load(Ordering::Relaxed);
        let due = (now - last).abs() >= HEARTBEAT_SECONDS;
        if due
            && self
                .touched
                .compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        {
            let _ = self.file().touch();
        }
    }
}

fn report_bytes(reports: bool) -> u64 {
    if reports {
        REPORT_FILE_BYTES as u64
    } else {
        0
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        let mut change = Totals::default();
        if self.reports && !self.has_reported.load(Ordering::Relaxed) {
            // It was counted with a report, and is empty.
            change.remove_file(REPORT_FILE_BYTES as u64);
            change.add_file(0);
        }
        if unlink(self.dir.as_ref(), &self.name, &mut change).is_ok() {
            self.store.ledger.add(self.store.root().as_ref(), change);
        }
    }
}

/// Creates a mark and takes its lock, where there are locks. A sweep that finds a mark without lock
/// takes it for a dead session's and removes it: then it is made again.
fn lock_mark(dir: &dyn Dir, name: &str) -> io::Result<Mark> {
    for attempt in 0..MARK_ATTEMPTS {
        match Guard::try_new(fs::retry(|| dir.open_or_create(name))?) {
            Ok(Some(guard)) if guard.file().stat()?.links > 0 => return Ok(Ok(guard)),
            Ok(_) => fs::back_off(attempt),
            Err(_) => break,
        }
    }
    Ok(Err(fs::retry(|| dir.open_or_create(name))?))
}

/// Whether the session that made a mark still lives. The mark of a dead one is removed.
fn is_alive(dir: &dyn Dir, name: &str, now: Timestamp) -> bool {
    if dir.is_local() {
        match fs::retry(|| dir.open_read(name)).and_then(Guard::try_new) {
            Ok(None) => return true,
            Err(e) if fs::is_missing(&e) => return false,
            // What cannot be opened or locked is not known.
            Err(e) if !has_no_locks(&e) => return true,
            Ok(Some(guard)) => {
                // Under its lock, so that a session that just made it notices.
                let _ = dir.unlink(name);
                drop(guard);
                return false;
            }
            Err(_) => {}
        }
    }
    let young = match fs::retry(|| dir.stat_at(name)) {
        Ok(stat) => is_young(dir, &stat, now),
        Err(e) => !fs::is_missing(&e),
    };
    if !young {
        let _ = dir.unlink(name);
    }
    young
}

/// The run ids of living sessions, without their prefix. Marks of dead ones are removed.
pub(super) fn living(root: &dyn Dir, now: Timestamp) -> Vec<String> {
    living_by(root, |dir, name| is_alive(dir, name, now))
}

/// The same, and nothing is removed.
pub(super) fn seemingly_living(root: &dyn Dir, now: Timestamp) -> Vec<String> {
    living_by(root, |dir, name| {
        let young = || dir.stat_at(name).is_ok_and(|s| is_young(dir, &s, now));
        is_locked(dir, name) || !dir.is_local() && young()
    })
}

fn living_by(root: &dyn Dir, is_alive: impl Fn(&dyn Dir, &str) -> bool) -> Vec<String> {
    let Ok(Some(dir)) = auxiliary(root) else {
        return Vec::new();
    };
    let listed = dir.list().unwrap_or_default();
    let marks = listed.iter().filter_map(|l| {
        let run_id = l.name.strip_prefix(PREFIX)?;
        check_run_id(run_id).ok().map(|()| (l, run_id))
    });
    marks
        .filter(|(l, _)| is_alive(dir.as_ref(), &l.name))
        .map(|(_, run_id)| base(run_id).to_owned())
        .collect()
}

/// What the run ids of one session share.
pub(super) fn base(run_id: &str) -> &str {
    run_id.strip_prefix("ckpt-").unwrap_or(run_id)
}

/// True when `run_id` belongs to one of the living sessions.
pub(super) fn belongs_to(run_id: &str, living: &[String]) -> bool {
    living.iter().any(|l| base(run_id).starts_with(l.as_str()))
}
