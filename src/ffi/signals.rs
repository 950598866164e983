//! Noting signals, where the caller asks for it.
//!
//! What the handler reads are atomics, so that it may run on any thread at any instant; it calls nothing
//! but what was installed before it.

use crate::error::Error;
use crate::ffi::fork;
use crate::ffi::guard::{call, OK};
use crate::ffi::status::WARM_NOT_FOUND;
use crate::signals;
use libc::{c_int, c_void, sigaction, siginfo_t};
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicUsize, Ordering};

/// What ends a process by default and is sent to ask it to end: by people, by schedulers before a
/// limit, by the kernel at the soft limit of processor time.
const WATCHABLE: [(c_int, &str); 6] = [
    (libc::SIGHUP, "SIGHUP"),
    (libc::SIGINT, "SIGINT"),
    (libc::SIGTERM, "SIGTERM"),
    (libc::SIGUSR1, "SIGUSR1"),
    (libc::SIGUSR2, "SIGUSR2"),
    (libc::SIGXCPU, "SIGXCPU"),
];

/// One signal.
struct Slot {
    signal: c_int,
    /// Watches that were not undone.
    watchers: AtomicU32,
    /// One of them wants what was there before called too.
    chains: AtomicBool,
    /// What was there before was replaced, and not put back.
    installed: AtomicBool,
    /// Its handler and flags.
    handler: AtomicUsize,
    flags: AtomicI32,
    /// All of it. Written under the lock before `installed` is set.
    before: UnsafeCell<MaybeUninit<sigaction>>,
}

// SAFETY: `before` is touched under the lock only, or where there is one thread.
unsafe impl Sync for Slot {}

impl Slot {
    const fn new(signal: c_int) -> Slot {
        Slot {
            signal,
            watchers: AtomicU32::new(0),
            chains: AtomicBool::new(false),
            installed: AtomicBool::new(false),
            handler: AtomicUsize::new(libc::SIG_DFL),
            flags: AtomicI32::new(0),
            before: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }
}

static SLOTS: [Slot; 6] = [
    Slot::new(WATCHABLE[0].0),
    Slot::new(WATCHABLE[1].0),
    Slot::new(WATCHABLE[2].0),
    Slot::new(WATCHABLE[3].0),
    Slot::new(WATCHABLE[4].0),
    Slot::new(WATCHABLE[5].0),
];

fn slot(signal: c_int) -> Option<&'static Slot> {
    SLOTS.iter().find(|s| s.signal == signal)
}

/// Held while handlers are changed. A forked child frees it, whoever held it in the parent.
static LOCK: AtomicBool = AtomicBool::new(false);

struct Locked;

impl Locked {
    fn new() -> Locked {
        while LOCK.swap(true, Ordering::Acquire) {
            std::thread::yield_now();
        }
        Locked
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        LOCK.store(false, Ordering::Release);
    }
}

type Handler = extern "C" fn(c_int);
type InfoHandler = extern "C" fn(c_int, *mut siginfo_t, *mut c_void);

extern "C" fn note(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let Some(slot) = slot(signal) else { return };
    let is_watched = || slot.watchers.load(Ordering::Acquire) > 0;
    let mut watched = is_watched();
    if watched {
        signals::note(signal);
        // Unwatched meanwhile by another thread, which may have forgotten what was not noted yet.
        watched = is_watched();
        if !watched {
            signals::forget(signal);
        }
    }
    if watched && !slot.chains.load(Ordering::Acquire) {
        return;
    }
    let handler = slot.handler.load(Ordering::Acquire);
    let flags = slot.flags.load(Ordering::Acquire);
    match handler {
        // The flag takes the place of the default action, which is to die.
        libc::SIG_IGN => {}
        libc::SIG_DFL if watched => {}
        libc::SIG_DFL => {
            // SAFETY: both functions are safe in a signal handler. The signal, blocked now, ends the
            // process on return.
            unsafe {
                let default: sigaction = std::mem::zeroed();
                sigaction(signal, &default, std::ptr::null_mut());
                libc::raise(signal);
            }
        }
        _ => {
            if flags & libc::SA_RESETHAND != 0 {
                slot.handler.store(libc::SIG_DFL, Ordering::Release);
            }
            // SAFETY: the kernel would have called it so.
            unsafe {
                if flags & libc::SA_SIGINFO != 0 {
                    let call = std::mem::transmute::<usize, InfoHandler>(handler);
                    call(signal, info, context);
                } else {
                    let call = std::mem::transmute::<usize, Handler>(handler);
                    call(signal);
                }
            }
        }
    }
}

fn ours() -> usize {
    note as InfoHandler as usize
}

/// What is installed now.
fn current(signal: c_int) -> Result<sigaction, Error> {
    let mut now = MaybeUninit::<sigaction>::uninit();
    // SAFETY: there is room for it, and nothing is changed.
    if unsafe { sigaction(signal, std::ptr::null(), now.as_mut_ptr()) } != 0 {
        return Err(failed(signal));
    }
    // SAFETY: it succeeded.
    Ok(unsafe { now.assume_init() })
}

fn failed(signal: c_int) -> Error {
    Error::from_io(
        format!("watching signal {signal}"),
        std::io::Error::last_os_error(),
    )
}

fn watchable(signal: c_int) -> Result<&'static Slot, Error> {
    slot(signal).ok_or_else(|| {
        let names: Vec<_> = WATCHABLE.iter().map(|(_, name)| *name).collect();
        Error::invalid(
            "reading argument `signal`",
            format!("{signal} is none of {}", names.join(", ")),
            "Pass one of these, from signal.h",
        )
    })
}

impl Slot {
    fn install(&self) -> Result<(), Error> {
        let found = current(self.signal)?;
        let is_handler = !matches!(found.sa_sigaction, libc::SIG_DFL | libc::SIG_IGN);
        // Somebody's handler that came after ours: it is up to that to call ours.
        if self.installed.load(Ordering::Acquire) && is_handler {
            return Ok(());
        }
        // SAFETY: all zeros is a value of this struct.
        let mut action: sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = ours();
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        if is_handler {
            // As it would run by itself.
            action.sa_mask = found.sa_mask;
            action.sa_flags |= found.sa_flags & (libc::SA_RESTART | libc::SA_NODEFER);
        } else {
            // A host that knows nothing of the signal is not to see its calls fail.
            action.sa_flags |= libc::SA_RESTART;
        }
        self.handler.store(found.sa_sigaction, Ordering::Release);
        self.flags.store(found.sa_flags, Ordering::Release);
        // SAFETY: under the lock.
        unsafe { (*self.before.get()).write(found) };
        self.installed.store(true, Ordering::Release);
        // SAFETY: the handler is safe at any instant, and stays loaded (`-z nodelete`).
        if unsafe { sigaction(self.signal, &action, std::ptr::null_mut()) } != 0 {
            self.installed.store(false, Ordering::Release);
            return Err(failed(self.signal));
        }
        Ok(())
    }

    /// Puts back what was there, unless another handler has been installed since: ours stays below it
    /// then, and passes everything on.
    fn restore(&self) {
        if !self.installed.load(Ordering::Acquire) {
            return;
        }
        if current(self.signal).is_ok_and(|now| now.sa_sigaction == ours()) {
            // SAFETY: written before `installed` was set, and read under the lock.
            let mut before = unsafe { (*self.before.get()).assume_init_read() };
            // The default, if it was to be called once and has been.
            before.sa_sigaction = self.handler.load(Ordering::Acquire);
            // SAFETY: put back as it was.
            unsafe { sigaction(self.signal, &before, std::ptr::null_mut()) };
            self.installed.store(false, Ordering::Release);
        }
    }

    fn end(&self) {
        self.watchers.store(0, Ordering::Release);
        self.chains.store(false, Ordering::Release);
        self.restore();
        signals::forget(self.signal);
    }
}

/// In the child of a fork nothing is watched: it did not ask, and is to die of what its parent would
/// have died of.
pub(crate) fn in_child() {
    LOCK.store(false, Ordering::Release);
    SLOTS.iter().for_each(Slot::end);
}

/// Notes `signal` from now on, instead of its default action, which is to end the process:
/// `warm_session_should_stop` answers 1 in all sessions of this process. SIGHUP, SIGINT, SIGTERM, SIGUSR1,
/// SIGUSR2 or SIGXCPU, as in `signal.h`. `chain` 1: what was installed before is called, too (R's own
/// handler of SIGUSR1 saves and quits, for example); 0: it is not, until `warm_signals_unwatch`.
///
/// Watches are counted: a second one for the same signal needs a second `warm_signals_unwatch`, and what
/// was there before is called if either wants it. A handler that others install meanwhile has to call
/// the one it found. In the child of a fork nothing is watched. System calls that the signal interrupts
/// are restarted unless the handler found was installed without `SA_RESTART`. Any thread.
///
/// Hosts that block a signal and wait for it on a thread of their own, as Julia does with SIGTERM, SIGINT
/// and SIGUSR1, never deliver it to this.
///
/// `WARM_ERR_INVALID`: another signal, or `chain` is neither 0 nor 1. `WARM_ERR_IO`: the system refuses.
#[no_mangle]
pub extern "C" fn warm_signals_watch(signal: i32, chain: i32) -> i32 {
    call("warm_signals_watch", || {
        let slot = watchable(signal)?;
        let chain = crate::ffi::args::switch("chain", chain)?;
        // Has forks noticed from now on.
        fork::count();
        let _locked = Locked::new();
        if slot.watchers.load(Ordering::Acquire) == 0 {
            slot.chains.store(chain, Ordering::Release);
            slot.install()?;
        } else if chain {
            slot.chains.store(true, Ordering::Release);
        }
        slot.watchers.fetch_add(1, Ordering::AcqRel);
        Ok(OK)
    })
}

/// Undoes one `warm_signals_watch`. With the last of a signal, what was installed before is put back and
/// what was noted is forgotten. Where another handler was installed since, that stays, and the signal is
/// passed on as if it had never been watched. Any thread.
///
/// `WARM_NOT_FOUND`: it is not watched. `WARM_ERR_INVALID`: a signal that cannot be.
#[no_mangle]
pub extern "C" fn warm_signals_unwatch(signal: i32) -> i32 {
    call("warm_signals_unwatch", || {
        let slot = watchable(signal)?;
        let _locked = Locked::new();
        match slot.watchers.load(Ordering::Acquire) {
            0 => return Ok(WARM_NOT_FOUND),
            1 => slot.end(),
            n => slot.watchers.store(n - 1, Ordering::Release),
        }
        Ok(OK)
    })
}

/// 1: the signal came since it is watched, or since it was forgotten; 0: it did not; negative: error.
/// Any thread.
///
/// `WARM_ERR_INVALID`: a signal that cannot be watched.
#[no_mangle]
pub extern "C" fn warm_signals_noted(signal: i32) -> i32 {
    call("warm_signals_noted", || {
        Ok(i32::from(signals::is_noted(watchable(signal)?.signal)))
    })
}

/// Forgets that the signal came, so that sessions go on; it stays watched. Any thread.
///
/// `WARM_NOT_FOUND`: it had not come. `WARM_ERR_INVALID`: a signal that cannot be watched.
#[no_mangle]
pub extern "C" fn warm_signals_forget(signal: i32) -> i32 {
    call("warm_signals_forget", || {
        let forgotten = signals::forget(watchable(signal)?.signal);
        Ok(if forgotten { OK } else { WARM_NOT_FOUND })
    })
}
