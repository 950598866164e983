//! The C ABI as a C program calls it, with just enough around it to be used here.

use crate::Result;
use std::ffi::c_void;
use std::path::Path;
use std::ptr;
use warmstart::ffi::{self, warm_entry, warm_key, warm_session, warm_session_options, warm_store};
use warmstart::Key;

fn done(what: &str, status: i32) -> Result<i32> {
    if status >= 0 {
        return Ok(status);
    }
    Err(format!("{what} answered {status}").into())
}

fn c_key(key: Key) -> warm_key {
    warm_key {
        bytes: *key.as_bytes(),
    }
}

/// A store with the default options.
pub struct Store(*mut warm_store);

impl Store {
    pub fn open(root: &Path) -> Result<Store> {
        let root = root.to_str().ok_or("the directory's name is not UTF-8")?;
        let mut store = ptr::null_mut();
        // SAFETY: text of that length, no options, room for a pointer.
        let status = unsafe {
            ffi::warm_store_open(
                root.as_ptr().cast(),
                root.len() as i64,
                ptr::null(),
                &mut store,
            )
        };
        done("warm_store_open", status)?;
        Ok(Store(store))
    }

    /// A lookup, handed to `look`, and freed.
    pub fn lookup(&self, key: Key, look: impl FnOnce(&[u8]) -> Result<()>) -> Result<()> {
        let key = c_key(key);
        let mut entry: *mut warm_entry = ptr::null_mut();
        let (mut data, mut len) = (ptr::null::<c_void>(), 0);
        // SAFETY: a live handle, a key, room for what is answered; the payload lives as long as the
        // entry does.
        unsafe {
            let status = ffi::warm_store_lookup(self.0, &key, ffi::WARM_LOOKUP_BEST, &mut entry);
            if done("warm_store_lookup", status)? != ffi::WARM_OK {
                return Err("nothing was found".into());
            }
            ffi::warm_entry_payload(entry, &mut data, &mut len);
            let looked = look(std::slice::from_raw_parts(data.cast(), len as usize));
            ffi::warm_entry_free(&mut entry);
            looked
        }
    }

    pub fn lookup_into(&self, key: Key, buffer: &mut [u8]) -> Result<()> {
        let key = c_key(key);
        let mut needed = 0;
        // SAFETY: a live handle, a key, a buffer of that length, room for a number.
        let status = unsafe {
            ffi::warm_store_lookup_into(
                self.0,
                &key,
                ffi::WARM_LOOKUP_BEST,
                buffer.as_mut_ptr().cast(),
                buffer.len() as i64,
                &mut needed,
                ptr::null_mut(),
            )
        };
        match done("warm_store_lookup_into", status)? {
            ffi::WARM_OK if needed == buffer.len() as i64 => Ok(()),
            _ => Err("warm_store_lookup_into did not fill the buffer".into()),
        }
    }

    /// Waits for everything that any session accepted.
    pub fn flush(&self) -> Result<()> {
        // SAFETY: a live handle.
        match done("warm_store_flush", unsafe {
            ffi::warm_store_flush(self.0, 60.0)
        })? {
            ffi::WARM_OK => Ok(()),
            _ => Err("nothing was durable within a minute".into()),
        }
    }

    pub fn session(
        &self,
        key: Key,
        background: bool,
        min_interval_seconds: f64,
    ) -> Result<Session> {
        let key = c_key(key);
        let mut options: *mut warm_session_options = ptr::null_mut();
        let mut session = ptr::null_mut();
        // SAFETY: live handles, a key, room for pointers.
        let status = unsafe {
            done(
                "warm_session_options_new",
                ffi::warm_session_options_new(&mut options),
            )?;
            ffi::warm_session_options_set_background(options, i32::from(background));
            ffi::warm_session_options_set_min_interval_seconds(options, min_interval_seconds);
            // So that a poll has something to look at.
            ffi::warm_session_options_set_deadline_seconds(options, 1e9);
            let status = ffi::warm_session_open(self.0, &key, options, &mut session);
            ffi::warm_session_options_free(&mut options);
            status
        };
        done("warm_session_open", status)?;
        Ok(Session {
            session,
            checkpoints: 0,
        })
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // SAFETY: a live handle, freed once; sessions keep what they need of it.
        unsafe { ffi::warm_store_free(&mut self.0) }
    }
}

pub struct Session {
    session: *mut warm_session,
    checkpoints: i64,
}

impl Session {
    /// A checkpoint better than the one before.
    pub fn checkpoint(&mut self, payload: &[u8]) -> Result<i32> {
        self.checkpoints += 1;
        let objective = -(self.checkpoints as f64);
        // SAFETY: a live handle, bytes of that length, two numbers.
        let status = unsafe {
            ffi::warm_session_checkpoint(
                self.session,
                payload.as_ptr().cast(),
                payload.len() as i64,
                &objective,
                &self.checkpoints,
            )
        };
        done("warm_session_checkpoint", status)
    }

    /// One that has to be accepted for the background.
    pub fn queue(&mut self, payload: &[u8]) -> Result<()> {
        match self.checkpoint(payload)? {
            ffi::WARM_QUEUED => Ok(()),
            status => Err(format!("a checkpoint was not queued, but answered {status}").into()),
        }
    }

    pub fn should_checkpoint(&self, objective: &f64) -> i32 {
        // SAFETY: a live handle and a number.
        unsafe { ffi::warm_session_should_checkpoint(self.session, objective) }
    }

    pub fn should_stop(&self) -> i32 {
        // SAFETY: a live handle.
        unsafe { ffi::warm_session_should_stop(self.session) }
    }

    pub fn flush(&self) -> Result<()> {
        // SAFETY: a live handle.
        match done("warm_session_flush", unsafe {
            ffi::warm_session_flush(self.session, 60.0)
        })? {
            ffi::WARM_OK => Ok(()),
            _ => Err("nothing was durable within a minute".into()),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: a live handle, freed once.
        unsafe { ffi::warm_session_free(&mut self.session) }
    }
}
