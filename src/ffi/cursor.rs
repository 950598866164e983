//! Lists in C.

use crate::error::Error;
use crate::ffi::args;
use crate::ffi::guard::{call, OK};
use crate::ffi::info::{entry_info, required, warm_entry_info, warm_finding, Output};
use crate::ffi::key::warm_key;
use crate::ffi::plain::Plain;
use crate::ffi::status::WARM_NOT_FOUND;
use crate::key::Key;
use crate::store::{EntryInfo, Finding};
use std::ffi::c_char;

/// What a cursor goes through: a list as it was when the cursor was made.
pub(crate) enum List {
    Keys(Vec<Key>),
    Entries(Key, Vec<(String, EntryInfo)>),
    Findings(Vec<Finding>),
}

pub(crate) struct Cursor {
    list: List,
    /// None before the first step.
    at: Option<usize>,
}

/// A list, gone through item by item: a copy made when the cursor was, so that nothing done to the
/// store meanwhile disturbs it.
///
/// Threads: one at a time. It is plain memory and stays usable in the child of a fork. Free it with
/// `warm_cursor_free`.
pub struct warm_cursor(Plain<Cursor>);

impl warm_cursor {
    pub(crate) fn new(list: List) -> Self {
        warm_cursor(Plain::new(Cursor { list, at: None }))
    }
}

impl List {
    fn len(&self) -> usize {
        match self {
            List::Keys(keys) => keys.len(),
            List::Entries(_, entries) => entries.len(),
            List::Findings(findings) => findings.len(),
        }
    }
}

impl Cursor {
    fn position(&self) -> Result<usize, Error> {
        self.at.filter(|at| *at < self.list.len()).ok_or_else(|| {
            Error::invalid(
                "reading a cursor's item",
                if self.at.is_none() {
                    "the cursor has not been moved to its first item"
                } else {
                    "the cursor is past its last item"
                },
                "Call warm_cursor_next first, and read the item only when it answered WARM_OK",
            )
        })
    }

    fn key(&self) -> Result<Key, Error> {
        let at = self.position()?;
        Ok(match &self.list {
            List::Keys(keys) => keys[at],
            List::Entries(key, _) => *key,
            List::Findings(findings) => findings[at].key.ok_or_else(|| {
                Error::invalid(
                    "reading a finding's key",
                    "it concerns the whole root and lies under no key",
                    "Look at has_key first",
                )
            })?,
        })
    }

    fn run_id(&self) -> Result<&str, Error> {
        let at = self.position()?;
        match &self.list {
            List::Entries(_, entries) => Ok(&entries[at].0),
            List::Findings(findings) => Ok(&findings[at].run_id),
            List::Keys(_) => Err(lacks("run id", "keys")),
        }
    }

    fn info(&self) -> Result<&EntryInfo, Error> {
        let at = self.position()?;
        match &self.list {
            List::Entries(_, entries) => Ok(&entries[at].1),
            List::Keys(_) => Err(lacks("entry info", "keys")),
            List::Findings(_) => Err(lacks("entry info", "findings")),
        }
    }

    fn text(&self) -> Result<&str, Error> {
        let at = self.position()?;
        match &self.list {
            List::Findings(findings) => Ok(&findings[at].text),
            List::Keys(_) => Err(lacks("text", "keys")),
            List::Entries(..) => Err(lacks("text", "entries")),
        }
    }

    fn finding(&self) -> Result<&Finding, Error> {
        let at = self.position()?;
        match &self.list {
            List::Findings(findings) => Ok(&findings[at]),
            List::Keys(_) => Err(lacks("finding", "keys")),
            List::Entries(..) => Err(lacks("finding", "entries")),
        }
    }
}

fn lacks(what: &'static str, list: &'static str) -> Error {
    Error::invalid(
        "reading a cursor's item",
        format!("a list of {list} has no {what}"),
        "Ask for what the function that made the cursor documents",
    )
}

/// Moves to the next item; the first call to the first. `WARM_NOT_FOUND` at the end, again and again.
///
/// `WARM_ERR_INVALID`: `c` is NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_cursor_next(c: *mut warm_cursor) -> i32 {
    call("warm_cursor_next", || {
        // SAFETY: the caller passes a live handle.
        unsafe { args::handle("c", c)? }.0.with(|c| {
            let next = c.at.map_or(0, |at| at + 1).min(c.list.len());
            c.at = Some(next);
            Ok(if next < c.list.len() {
                OK
            } else {
                WARM_NOT_FOUND
            })
        })
    })
}

/// The item's key; of any list.
///
/// `WARM_ERR_INVALID`: NULL, the cursor is not on an item, or the item is a finding without key.
#[no_mangle]
pub unsafe extern "C" fn warm_cursor_key(c: *const warm_cursor, out: *mut warm_key) -> i32 {
    call("warm_cursor_key", || {
        // SAFETY: the caller passes a live handle and room for a key.
        let (c, out) = unsafe { (args::handle("c", c)?, args::out("out", out)?) };
        c.0.with(|c| {
            out.write(c.key()?.into());
            Ok(OK)
        })
    })
}

/// What is known of the item; of a list of entries.
///
/// `WARM_ERR_INVALID`: NULL, a `struct_size` that is too small, the cursor is not on an item, or
/// its list is of something else.
#[no_mangle]
pub unsafe extern "C" fn warm_cursor_info(
    c: *const warm_cursor,
    info: *mut warm_entry_info,
) -> i32 {
    call("warm_cursor_info", || {
        // SAFETY: the caller passes a live handle and a struct with its size set.
        let (c, info) = unsafe { (args::handle("c", c)?, required("info", entry_info(info)?)?) };
        c.0.with(|c| {
            info.write(c.info()?.into());
            Ok(OK)
        })
    })
}

/// The item's run id; of a list of entries or findings (empty for a finding
/// that belongs to no run). `WARM_RUN_ID_MAX` bytes suffice for every run
/// id of this library.
///
/// `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL. `WARM_ERR_INVALID`: NULL,
/// the cursor is not on an item, or its list is of keys.
#[no_mangle]
pub unsafe extern "C" fn warm_cursor_run_id(
    c: *const warm_cursor,
    buf: *mut c_char,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    call("warm_cursor_run_id", || {
        // SAFETY: the caller passes a live handle, a buffer of that capacity, room for a length.
        unsafe {
            args::handle("c", c)?
                .0
                .with(|c| args::give_text(c.run_id()?, buf, cap, needed))
        }
    })
}

/// The item in words: of a list of findings, which file and what is wrong with it.
///
/// `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL. `WARM_ERR_INVALID`: NULL,
/// the cursor is not on an item, or its list is of something else.
#[no_mangle]
pub unsafe extern "C" fn warm_cursor_text(
    c: *const warm_cursor,
    buf: *mut c_char,
    cap: i64,
    needed: *mut i64,
) -> i32 {
    call("warm_cursor_text", || {
        // SAFETY: the caller passes a live handle, a buffer of that capacity, room for a length.
        unsafe {
            args::handle("c", c)?
                .0
                .with(|c| args::give_text(c.text()?, buf, cap, needed))
        }
    })
}

/// What kind of thing is wrong, and what was done about it; of a list of findings.
///
/// `WARM_ERR_INVALID`: NULL, a `struct_size` that is too small, the cursor is not on an item, or
/// its list is of something else.
#[no_mangle]
pub unsafe extern "C" fn warm_cursor_finding(
    c: *const warm_cursor,
    finding: *mut warm_finding,
) -> i32 {
    call("warm_cursor_finding", || {
        // SAFETY: the caller passes a live handle and a struct with its size set.
        let (c, out) = unsafe {
            let c = args::handle("c", c)?;
            let out = Output::new("finding", finding, size_of::<warm_finding>())?;
            (c, required("finding", out)?)
        };
        c.0.with(|c| {
            out.write(c.finding()?.into());
            Ok(OK)
        })
    })
}

/// Frees a cursor and nulls the caller's pointer; NULL and pointer to NULL are legal.
#[no_mangle]
pub unsafe extern "C" fn warm_cursor_free(c: *mut *mut warm_cursor) {
    // SAFETY: the caller passes NULL, or a pointer to NULL or a live handle.
    unsafe { args::free(c) }
}
