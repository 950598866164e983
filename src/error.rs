//! The one error type: a class for programs, a sentence for people.

use std::any::Any;
use std::borrow::Cow;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;

/// The class of a failure; the C ABI gives each its own status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument is missing, out of range, malformed or not UTF-8.
    Invalid,
    /// The operating system refused or failed an operation.
    Io,
    /// The disk or a quota is full. What was stored before is intact.
    NoSpace,
    /// Over a documented limit.
    TooLarge,
    /// The one entry that was asked for fails its checks.
    Corrupt,
    /// Intact, but not what the caller described.
    Incompatible,
    /// A newer version is stored.
    Conflict,
    /// An earlier failure left this handle unusable.
    Poisoned,
    /// The handle was made before a `fork` and is used in the child.
    Forked,
    /// Built without that feature, or the platform lacks it.
    Unsupported,
    /// The remote tier failed.
    Remote,
    /// The operating system denies access.
    Permission,
    /// An allocation sized by the caller or by a file failed. Nothing was changed.
    NoMemory,
}

/// What was attempted, why it failed and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{attempt}: {reason}. {advice}")]
pub struct Error {
    kind: ErrorKind,
    attempt: Cow<'static, str>,
    reason: Cow<'static, str>,
    advice: Cow<'static, str>,
    #[source]
    source: Option<io::Error>,
}

/// Runs `body`; a panic in it becomes its text.
pub(crate) fn caught<T>(body: impl FnOnce() -> T) -> Result<T, String> {
    panic::catch_unwind(AssertUnwindSafe(body)).map_err(|thrown| {
        let text = panic_text(thrown.as_ref()).to_owned();
        // What was thrown may itself panic while it is dropped, and so may what that throws.
        if let Err(another) = panic::catch_unwind(AssertUnwindSafe(|| drop(thrown))) {
            std::mem::forget(another);
        }
        text
    })
}

/// The text a panic was raised with.
fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no reason given")
}

/// Shorthand for results of this library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind`: what was `attempt`ed, the `reason` it failed, and `advice` on what to do.
    pub fn new(
        kind: ErrorKind,
        attempt: impl Into<Cow<'static, str>>,
        reason: impl Into<Cow<'static, str>>,
        advice: impl Into<Cow<'static, str>>,
    ) -> Self {
        Error {
            kind,
            attempt: attempt.into(),
            reason: reason.into(),
            advice: advice.into(),
            source: None,
        }
    }

    /// Shorthand for [`ErrorKind::Invalid`].
    pub fn invalid(
        attempt: impl Into<Cow<'static, str>>,
        reason: impl Into<Cow<'static, str>>,
        advice: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(ErrorKind::Invalid, attempt, reason, advice)
    }

    /// Classifies a failed system call; `attempt` names what was being done and on which file.
    pub fn from_io(attempt: impl Into<Cow<'static, str>>, source: io::Error) -> Self {
        let (kind, advice) = classify(&source);
        Error {
            kind,
            attempt: attempt.into(),
            reason: Cow::Owned(source.to_string()),
            advice: Cow::Borrowed(advice),
            source: Some(source),
        }
    }

    /// The same failure as part of something larger.
    pub(crate) fn during(mut self, what: &str) -> Self {
        self.attempt = Cow::Owned(format!("{what}: {}", self.attempt));
        self
    }

    /// Why it failed.
    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }

    /// The class of this failure.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The raw operating-system error number, where there is one.
    pub fn os_error(&self) -> Option<i32> {
        self.source.as_ref().and_then(io::Error::raw_os_error)
    }
}

impl Clone for Error {
    fn clone(&self) -> Self {
        let copy = |e: &io::Error| match e.raw_os_error() {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::new(e.kind(), e.to_string()),
        };
        Error {
            kind: self.kind,
            attempt: self.attempt.clone(),
            reason: self.reason.clone(),
            advice: self.advice.clone(),
            source: self.source.as_ref().map(copy),
        }
    }
}

/// A path for an error text: one too long to leave room for the reason is shortened in the middle.
pub(crate) fn shown(path: &Path) -> String {
    const KEPT: usize = 150;
    let text = path.to_string_lossy();
    if text.len() <= 2 * KEPT {
        return text.into_owned();
    }
    let (mut head, mut tail) = (KEPT, text.len() - KEPT);
    while !text.is_char_boundary(head) {
        head -= 1;
    }
    while !text.is_char_boundary(tail) {
        tail += 1;
    }
    format!("{}...{}", &text[..head], &text[tail..])
}

fn classify(e: &io::Error) -> (ErrorKind, &'static str) {
    match e.raw_os_error() {
        Some(libc::ENOSPC) => (
            ErrorKind::NoSpace,
            "Free space on that file system or lower the store's size budget; what was stored before is intact",
        ),
        Some(libc::EDQUOT) => (
            ErrorKind::NoSpace,
            "Your disk quota is used up: free space or ask for more; what was stored before is intact",
        ),
        Some(libc::EACCES) | Some(libc::EPERM) => (
            ErrorKind::Permission,
            "Check the owner and mode of that path, or choose another root (WARMSTART_DIR)",
        ),
        Some(libc::EROFS) => (
            ErrorKind::Permission,
            "That file system is mounted read-only: choose a writable root (WARMSTART_DIR), or only look up",
        ),
        Some(libc::ENOMEM) => (
            ErrorKind::NoMemory,
            "Free memory or store a smaller payload; nothing was changed",
        ),
        Some(libc::EFBIG) => (
            ErrorKind::TooLarge,
            "The payload exceeds the file size limit (see ulimit -f); what was stored before is intact",
        ),
        Some(libc::ENAMETOOLONG) => (ErrorKind::Invalid, "Use a shorter path"),
        Some(libc::ENOTDIR) => (
            ErrorKind::Io,
            "A directory is needed there: move the file away or choose another root",
        ),
        Some(libc::ELOOP) => (
            ErrorKind::Io,
            "Symbolic links below the root are not followed: replace the link by a directory",
        ),
        Some(libc::EMFILE) | Some(libc::ENFILE) => (
            ErrorKind::Io,
            "Too many files are open: close some, or raise the limit (see ulimit -n); then try again",
        ),
        Some(libc::ESTALE) => (
            ErrorKind::Io,
            "The file server forgot that file: check the mount, then try again",
        ),
        Some(libc::ENOENT) => (
            ErrorKind::Io,
            "Part of that path is not there, or was removed meanwhile: check it, then try again",
        ),
        _ => (
            ErrorKind::Io,
            "Check the file system and its device (see the system log), then try again; what was stored before is intact",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_errors_map_to_the_documented_classes() {
        for (errno, kind) in [
            (libc::ENOSPC, ErrorKind::NoSpace),
            (libc::EDQUOT, ErrorKind::NoSpace),
            (libc::EACCES, ErrorKind::Permission),
            (libc::EPERM, ErrorKind::Permission),
            (libc::EROFS, ErrorKind::Permission),
            (libc::ENOMEM, ErrorKind::NoMemory),
            (libc::EFBIG, ErrorKind::TooLarge),
            (libc::ENAMETOOLONG, ErrorKind::Invalid),
            (libc::EIO, ErrorKind::Io),
            (libc::ESTALE, ErrorKind::Io),
            (libc::EMFILE, ErrorKind::Io),
        ] {
            let e = Error::from_io("writing x", io::Error::from_raw_os_error(errno));
            assert_eq!(e.kind(), kind, "{e}");
            assert_eq!(e.os_error(), Some(errno));
        }
    }

    #[test]
    fn a_long_path_leaves_room_for_the_reason() {
        let long = "é".repeat(3000);
        let text = shown(Path::new(&long));
        assert!(
            text.len() < 310 && text.starts_with("éé") && text.ends_with("éé"),
            "{text}"
        );
        assert_eq!(shown(Path::new("/a/b")), "/a/b");
    }

    #[test]
    fn the_sentence_says_attempt_reason_and_advice() {
        let e = Error::from_io(
            "writing /r/x.bin",
            io::Error::from_raw_os_error(libc::ENOSPC),
        );
        let text = e.to_string();
        assert!(
            text.starts_with("writing /r/x.bin: No space left on device"),
            "{text}"
        );
        assert!(text.contains("what was stored before is intact"), "{text}");
    }
}
