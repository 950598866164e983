//! Keys as they are found, in C.

use crate::error::Error;
use crate::ffi::cursor::{warm_cursor, List};
use crate::ffi::guard::call;
use crate::ffi::shared::inherited;
use crate::ffi::store::warm_store;
use crate::ffi::{args, fork};
use crate::key::Key;
use crate::store::KeyStream;

/// What a cursor over such keys is made of.
pub(crate) struct Stream {
    keys: KeyStream,
    at: Option<Key>,
    /// Given again and again: an end after it would be taken for that of the list.
    failed: Option<Error>,
    forks: u64,
}

impl Stream {
    fn new(keys: KeyStream) -> Stream {
        Stream {
            keys,
            at: None,
            failed: None,
            forks: fork::count(),
        }
    }

    /// Where it is; none before the first and after the last.
    pub fn key(&self) -> Option<Key> {
        self.at
    }

    pub fn next(&mut self) -> Result<bool, Error> {
        // Parent and child share how far the directory was read.
        if self.forks != fork::count() {
            return Err(inherited());
        }
        if let Some(e) = &self.failed {
            return Err(e.clone());
        }
        self.at = match self.keys.next().transpose() {
            Ok(key) => key,
            Err(e) => {
                self.at = None;
                self.failed = Some(e.clone());
                return Err(e);
            }
        };
        Ok(self.at.is_some())
    }
}

/// The keys something is stored under as they are found, in no order: the first comes at once and memory is
/// bounded, however many there are. Of each item there is `warm_cursor_key`. A key that nothing is stored
/// under any more may be among them, and so may one that is made or removed meanwhile; all others are,
/// once. Works on a store opened read-only. The caller frees `*out` with `warm_cursor_free`; it is NULL
/// unless `WARM_OK`.
///
/// It holds a directory open and neither the store nor a lock. In the child of a fork `warm_cursor_next`
/// answers `WARM_ERR_FORKED` for it. `warm_cursor_next` answers the error, again and again, where the root
/// cannot be read on.
///
/// `WARM_ERR_PERMISSION`, `WARM_ERR_IO`: the root cannot be listed.
#[no_mangle]
pub unsafe extern "C" fn warm_store_stream_keys(
    s: *mut warm_store,
    out: *mut *mut warm_cursor,
) -> i32 {
    call("warm_store_stream_keys", || {
        // SAFETY: the caller passes room for a pointer and a live handle.
        let s = unsafe {
            args::null_out(out)?;
            args::handle("s", s)?
        };
        s.0.with(|s| {
            let list = List::Stream(Stream::new(s.stream_keys()?));
            // SAFETY: as above.
            unsafe { args::give(out, warm_cursor::new(list)) }
        })
    })
}
