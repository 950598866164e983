//! The thread that waits for the network, so that nobody else has to, and how it is waited for.
//!
//! There is none before the first use. It ends with the attachment, whatever the network does.

use crate::error::{Error, ErrorKind, Result};
use crate::sync::spawn;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{sync_channel, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Handle};
use tokio::sync::Notify;
use tokio::task::{spawn_blocking, AbortHandle};

/// Between looks at whether a wait was cancelled.
pub(super) const LOOK: Duration = Duration::from_millis(10);
/// Threads for what blocks: files, and names looked up.
const BLOCKING: usize = 8;

/// Ends waits from another thread. Clones share everything.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Not cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends all waits that were given this, now and later.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether that was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Why a wait ended without an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfinished {
    TimedOut,
    Cancelled,
}

impl Unfinished {
    pub fn error(self, attempt: &str) -> Error {
        let (reason, advice) = match self {
            Unfinished::TimedOut => (
                "it did not end within its deadline",
                "Check the network, or allow more time; what is stored on this machine is not affected",
            ),
            Unfinished::Cancelled => ("it was cancelled", "Begin it again"),
        };
        Error::new(ErrorKind::Remote, attempt.to_owned(), reason, advice)
    }
}

pub(super) fn defect(attempt: &str) -> Error {
    Error::new(
        ErrorKind::Remote,
        attempt.to_owned(),
        "a defect of libwarmstart ended it",
        "Please report this; what is stored on this machine is not affected",
    )
}

/// Starts the thread when it is first needed.
pub(super) struct Driver {
    handle: Mutex<Option<Handle>>,
    stop: Arc<Notify>,
    closed: AtomicBool,
}

impl Driver {
    pub fn new() -> Driver {
        Driver {
            handle: Mutex::new(None),
            stop: Arc::new(Notify::new()),
            closed: AtomicBool::new(false),
        }
    }

    fn handle(&self) -> Result<Handle> {
        let failed = |e| Error::from_io("starting the thread that waits for the network", e);
        let mut handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        if self.closed.load(Ordering::Acquire) {
            return Err(Unfinished::Cancelled.error("using a remote tier that was let go of"));
        }
        if let Some(handle) = &*handle {
            return Ok(handle.clone());
        }
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(BLOCKING)
            .thread_name("warmstart-remote-io")
            .build()
            .map_err(failed)?;
        let made = runtime.handle().clone();
        let stop = Arc::clone(&self.stop);
        spawn("warmstart-remote", move || {
            runtime.block_on(stop.notified());
            // Nobody waits for what blocks.
            runtime.shutdown_background();
        })
        .map_err(failed)?;
        *handle = Some(made.clone());
        Ok(made)
    }

    /// Runs `work` until it ends or is aborted.
    pub fn start(&self, work: impl Future<Output = ()> + Send + 'static) -> Result<AbortHandle> {
        Ok(self.handle()?.spawn(work).abort_handle())
    }

    /// Runs `work` and waits for it; it is aborted when the wait ends first.
    pub fn wait_for<T: Send + 'static>(
        &self,
        attempt: &str,
        until: Option<Instant>,
        cancel: &Cancel,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let (tell, told) = sync_channel(1);
        let task = self.start(async move {
            let _ = tell.send(work.await);
        })?;
        loop {
            let left = until.map_or(LOOK, |u| u.saturating_duration_since(Instant::now()));
            match told.recv_timeout(left.min(LOOK)) {
                Ok(outcome) => return outcome,
                Err(RecvTimeoutError::Disconnected) => return Err(defect(attempt)),
                Err(RecvTimeoutError::Timeout) => {}
            }
            let ended = if cancel.is_cancelled() {
                Some(Unfinished::Cancelled)
            } else {
                left.is_zero().then_some(Unfinished::TimedOut)
            };
            if let Some(ended) = ended {
                task.abort();
                return Err(ended.error(attempt));
            }
        }
    }

    /// Ends the thread and all that it does; returns at once.
    pub fn stop(&self) {
        let _one_at_a_time = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        self.closed.store(true, Ordering::Release);
        self.stop.notify_one();
    }
}

/// Does what blocks beside the thread.
pub(super) async fn blocking<T: Send + 'static>(
    attempt: &'static str,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(defect(attempt)))
}
