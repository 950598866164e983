//! Counts a program's system calls, and how long each took, through ptrace(2): no tool needed.
//!
//! The program says by a call of its own, which nothing else makes, what is to be counted: see [`mark`].

use crate::Result;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Instant;

/// Calls whose time is known to be next to nothing, to learn what being traced costs.
const CALIBRATIONS: usize = 200;

/// In the program that is traced: the next part begins.
pub fn mark() {
    // SAFETY: no arguments, no effect.
    unsafe { libc::syscall(libc::SYS_getppid) };
}

/// In the program that is traced, before anything is counted.
pub fn calibrate() {
    mark();
    for _ in 0..CALIBRATIONS {
        // SAFETY: no arguments, no effect.
        unsafe { libc::syscall(libc::SYS_getuid) };
    }
    mark();
}

/// Calls of one kind.
#[derive(Default, Clone)]
pub struct Call {
    pub count: u64,
    /// In each operation that made any, less what being traced costs.
    micros: Vec<f64>,
    /// So far in the operation that is under way.
    now: f64,
    calls_now: u64,
}

impl Call {
    /// The median over so many operations.
    pub fn median(&self, operations: u64) -> f64 {
        let mut micros = self.micros.clone();
        micros.resize(operations as usize, 0.0);
        micros.sort_by(f64::total_cmp);
        micros.get(micros.len() / 2).copied().unwrap_or_default()
    }

    fn end_operation(&mut self, empty: f64) {
        if self.calls_now > 0 {
            let tracing = empty * self.calls_now as f64;
            self.micros.push((self.now - tracing).max(0.0));
        }
        (self.now, self.calls_now) = (0.0, 0);
    }
}

pub type Calls = BTreeMap<u64, Call>;

#[derive(Default)]
pub struct Traced {
    /// By the program's first thread, between marks.
    pub caller: Calls,
    /// By all others together, since the first of these marks.
    pub others: Calls,
}

fn check(result: i64) -> Result<()> {
    if result < 0 {
        return Err(io::Error::last_os_error().into());
    }
    Ok(())
}

fn resume(thread: i32, signal: i32) -> Result<()> {
    // SAFETY: a stopped tracee; no memory is handed over.
    check(unsafe { libc::ptrace(libc::PTRACE_SYSCALL, thread, 0, signal) })
}

/// The number of the call a thread is stopped at the entry of; `None` at its exit.
fn entered(thread: i32) -> Result<Option<u64>> {
    // SAFETY: all zeroes is a valid value of this plain struct.
    let mut info: libc::ptrace_syscall_info = unsafe { std::mem::zeroed() };
    let size = std::mem::size_of_val(&info);
    // SAFETY: a stopped tracee, and room of the size that is said.
    check(unsafe { libc::ptrace(libc::PTRACE_GET_SYSCALL_INFO, thread, size, &raw mut info) })?;
    if info.op != libc::PTRACE_SYSCALL_INFO_ENTRY {
        return Ok(None);
    }
    // SAFETY: the kernel filled the field that `op` names.
    Ok(Some(unsafe { info.u.entry.nr }))
}

/// Where the program stands, by the marks it made.
#[derive(PartialEq)]
enum Part {
    Before,
    Calibration,
    Preparation,
    Counted,
    Paused,
}

impl Part {
    fn next(&self) -> Part {
        match self {
            Part::Before => Part::Calibration,
            Part::Calibration => Part::Preparation,
            Part::Preparation | Part::Paused => Part::Counted,
            Part::Counted => Part::Paused,
        }
    }
}

/// Runs `command`, which has to call [`calibrate`], then [`mark`] before and after what counts.
pub fn trace(command: &mut Command) -> Result<Traced> {
    // SAFETY: ptrace is a system call, which may be made between fork and exec.
    let child = unsafe {
        command.pre_exec(|| match libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        })
    }
    .spawn()?;
    let main = child.id() as i32;
    let mut status = 0;
    // SAFETY: a child of this process, and room for its status.
    check(i64::from(unsafe { libc::waitpid(main, &mut status, 0) }))?;
    if !libc::WIFSTOPPED(status) {
        return Err("the program to be traced did not start".into());
    }
    let options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_TRACECLONE | libc::PTRACE_O_EXITKILL;
    // SAFETY: a stopped tracee.
    check(unsafe { libc::ptrace(libc::PTRACE_SETOPTIONS, main, 0, options) })?;
    resume(main, 0)?;

    let mut part = Part::Before;
    let mut entries: HashMap<i32, (u64, Instant)> = HashMap::new();
    let (mut empty_calls, mut empty) = (Vec::new(), 0.0);
    let mut traced = Traced::default();
    loop {
        // SAFETY: room for a status.
        let thread = unsafe { libc::waitpid(-1, &mut status, libc::__WALL) };
        let stopped_at = Instant::now();
        check(i64::from(thread))?;
        if !libc::WIFSTOPPED(status) {
            entries.remove(&thread);
            if thread == main {
                break;
            }
            continue;
        }
        let signal = libc::WSTOPSIG(status);
        if signal != libc::SIGTRAP | 0x80 {
            // New threads begin stopped; what ptrace itself reports is no signal either.
            let quiet = [libc::SIGTRAP, libc::SIGSTOP].contains(&signal);
            // A thread may have been killed meanwhile.
            let _ = resume(thread, if quiet { 0 } else { signal });
            continue;
        }
        if let Some(number) = entered(thread)? {
            if number == libc::SYS_getppid as u64 && thread == main {
                part = part.next();
                if part == Part::Paused {
                    let both = [&mut traced.caller, &mut traced.others];
                    let calls = both.into_iter().flat_map(|c| c.values_mut());
                    calls.for_each(|call| call.end_operation(empty));
                } else if part == Part::Preparation {
                    empty_calls.sort_by(f64::total_cmp);
                    empty = empty_calls[empty_calls.len() / 2..]
                        .first()
                        .copied()
                        .unwrap_or(0.0);
                }
            }
            entries.insert(thread, (number, Instant::now()));
        } else if let Some((number, since)) = entries.remove(&thread) {
            let micros = (stopped_at - since).as_secs_f64() * 1e6;
            if part == Part::Calibration && number == libc::SYS_getuid as u64 {
                empty_calls.push(micros);
            }
            let calls = match part {
                Part::Counted if thread == main => Some(&mut traced.caller),
                Part::Counted | Part::Paused if thread != main => Some(&mut traced.others),
                _ => None,
            };
            if let Some(calls) = calls.filter(|_| number != libc::SYS_getppid as u64) {
                let call = calls.entry(number).or_default();
                call.count += 1;
                call.calls_now += 1;
                call.now += micros;
            }
        }
        let _ = resume(thread, 0);
    }
    if !libc::WIFEXITED(status) || libc::WEXITSTATUS(status) != 0 || part != Part::Paused {
        return Err("the program that was traced failed".into());
    }
    Ok(traced)
}

macro_rules! named {
    ($($call:ident)*) => { &[$((libc::$call, stringify!($call))),*] };
}

/// Those that a store may be expected to make.
const NAMES: &[(i64, &str)] = named!(
    SYS_openat SYS_close SYS_read SYS_write SYS_pread64 SYS_pwrite64 SYS_readv SYS_writev
    SYS_preadv SYS_pwritev SYS_preadv2 SYS_pwritev2 SYS_lseek SYS_fstat SYS_newfstatat SYS_statx
    SYS_fdatasync SYS_fsync SYS_sync_file_range SYS_syncfs SYS_msync SYS_fallocate SYS_ftruncate
    SYS_linkat SYS_unlinkat SYS_renameat SYS_renameat2 SYS_mkdirat SYS_readlinkat SYS_faccessat
    SYS_utimensat SYS_fchmod SYS_getdents64 SYS_flock SYS_fcntl SYS_ioctl SYS_fadvise64 SYS_fstatfs
    SYS_mmap SYS_munmap SYS_mremap SYS_madvise SYS_mprotect SYS_brk SYS_futex SYS_getrandom
    SYS_clock_nanosleep SYS_clock_gettime SYS_sched_yield SYS_clone SYS_clone3 SYS_ppoll
    SYS_eventfd2 SYS_sigaltstack SYS_rt_sigprocmask SYS_gettid SYS_getpid SYS_geteuid SYS_copy_file_range SYS_io_uring_enter SYS_prctl SYS_prlimit64
    SYS_sched_getaffinity SYS_set_robust_list SYS_rseq SYS_exit SYS_sched_setscheduler
);
#[cfg(target_arch = "x86_64")]
const OLD_NAMES: &[(i64, &str)] = named!(
    SYS_open SYS_stat SYS_lstat SYS_rename SYS_link SYS_unlink SYS_mkdir SYS_access SYS_poll
);
#[cfg(not(target_arch = "x86_64"))]
const OLD_NAMES: &[(i64, &str)] = &[];

pub fn name(number: u64) -> String {
    let mut every = NAMES.iter().chain(OLD_NAMES);
    match every.find(|(n, _)| *n as u64 == number) {
        Some((_, name)) => name.trim_start_matches("SYS_").to_owned(),
        None => format!("call {number}"),
    }
}
