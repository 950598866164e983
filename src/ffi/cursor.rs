//! Lists in C.

use crate::error::Error;
use crate::ffi::args;
use crate::ffi::guard::{call, OK};
use crate::ffi::info::{
    entry_info, required, warm_entry_info, warm_field, warm_finding, warm_run_info, Output,
};
use crate::ffi::key::warm_key;
use crate::ffi::plain::Plain;
use crate::ffi::status::WARM_NOT_FOUND;
use crate::ffi::stream::Stream;
use crate::key::{Field, Key};
use crate::payload::{RegionFile, StoredRegion};
use crate::session::LiveSession;
use crate::store::{Entry, EntryInfo, Finding, Run, Trace, TracePoint};
use std::ffi::c_char;

/// What a cursor goes through: a list as it was when the cursor was made, but for a stream.
pub(crate) enum List {
    Keys(Vec<Key>),
    /// Of which no more is there than the item the cursor is on.
    Stream(Stream),
    Entries(Key, Vec<Run>),
    Findings(Vec<Finding>),
    Trace(Trace),
    Fields(Vec<Field>),
    /// With the entry that their bytes are in.
    Regions(Entry, RegionFile),
    Notes(Vec<(String, String)>),
    /// The best first.
    Plan(Vec<(Key, f64)>),
    Sessions(Vec<LiveSession>),
}

pub(crate) struct Cursor {
    list: List,
    /// None before the first step.
    at: Option<usize>,
}

/// A list, gone through item by item: a copy made when the cursor was, so that nothing done to the
/// store meanwhile disturbs it. Only what `warm_store_stream_keys` gives is no copy, but reads on.
///
/// Threads: one at a time. A copy is plain memory and stays usable in the child of a fork. Free it with
/// `warm_cursor_free`.
pub struct warm_cursor(pub(crate) Plain<Cursor>);

impl warm_cursor {
    pub(crate) fn new(list: List) -> Self {
        warm_cursor(Plain::new(Cursor { list, at: None }))
    }

    /// Hands the trace the cursor goes through, and the point it is on, to `body`.
    pub(crate) fn with_trace(
        &self,
        body: impl FnOnce(&Trace, &TracePoint) -> Result<i32, Error>,
    ) -> Result<i32, Error> {
        self.0.with(|c| {
            let at = c.position()?;
            match &c.list {
                List::Trace(trace) => body(trace, &trace.points[at]),
                other => Err(other.lacks("point")),
            }
        })
    }
}

impl List {
    fn len(&self) -> usize {
        match self {
            List::Keys(keys) => keys.len(),
            List::Entries(_, entries) => entries.len(),
            List::Findings(findings) => findings.len(),
            List::Trace(trace) => trace.points.len(),
            List::Fields(fields) => fields.len(),
            List::Regions(_, file) => file.regions().len(),
            List::Notes(notes) => notes.len(),
            List::Plan(plan) => plan.len(),
            List::Sessions(sessions) => sessions.len(),
            List::Stream(stream) => usize::from(stream.key().is_some()),
        }
    }

    /// Whose items they are.
    fn items(&self) -> &'static str {
        match self {
            List::Keys(_) | List::Stream(_) => "keys",
            List::Entries(..) => "entries",
            List::Findings(_) => "findings",
            List::Trace(_) => "points",
            List::Fields(_) => "fields",
            List::Regions(..) => "regions",
            List::Notes(_) => "notes",
            List::Plan(_) => "planned fetches",
            List::Sessions(_) => "sessions",
        }
    }

    fn lacks(&self, what: &'static str) -> Error {
        Error::invalid(
            "reading a cursor's item",
            format!("a list of {} has no {what}", self.items()),
            "Ask for what the function that made the cursor documents",
        )
    }
}

impl Cursor {
    /// Moves to the next item; false at the end.
    fn next(&mut self) -> Result<bool, Error> {
        if let List::Stream(stream) = &mut self.list {
            self.at = Some(0);
            return stream.next();
        }
        let next = self.at.map_or(0, |at| at + 1).min(self.list.len());
        self.at = Some(next);
        Ok(next < self.list.len())
    }

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
            List::Stream(stream) => stream.key().ok_or_else(|| self.list.lacks("key"))?,
            List::Entries(key, _) => *key,
            List::Findings(findings) => findings[at].key.ok_or_else(|| {
                Error::invalid(
                    "reading a finding's key",
                    "it concerns the whole root and lies under no key",
                    "Look at has_key first",
                )
            })?,
            List::Regions(entry, _) => entry.key(),
            List::Plan(plan) => plan[at].0,
            List::Sessions(sessions) => sessions[at].key,
            other @ (List::Trace(_) | List::Fields(_) | List::Notes(_)) => {
                return Err(other.lacks("key"))
            }
        })
    }

    fn run_id(&self) -> Result<&str, Error> {
        let at = self.position()?;
        match &self.list {
            List::Entries(_, entries) => Ok(&entries[at].run_id),
            List::Findings(findings) => Ok(&findings[at].run_id),
            List::Regions(entry, _) => Ok(entry.run_id()),
            List::Sessions(sessions) => Ok(&sessions[at].run_id),
            other => Err(other.lacks("run id")),
        }
    }

    fn info(&self) -> Result<&EntryInfo, Error> {
        let at = self.position()?;
        match &self.list {
            List::Entries(_, entries) => Ok(&entries[at].info),
            other => Err(other.lacks("entry info")),
        }
    }

    fn run(&self) -> Result<&Run, Error> {
        let at = self.position()?;
        match &self.list {
            List::Entries(_, runs) => Ok(&runs[at]),
            other => Err(other.lacks("run info")),
        }
    }

    fn text(&self) -> Result<&str, Error> {
        let at = self.position()?;
        match &self.list {
            List::Entries(_, runs) => Ok(runs[at].label.as_deref().unwrap_or("")),
            List::Findings(findings) => Ok(&findings[at].text),
            List::Fields(fields) => Ok(&fields[at].tag),
            List::Notes(notes) => Ok(&notes[at].1),
            List::Sessions(sessions) => Ok(sessions[at].label.as_deref().unwrap_or("")),
            other => Err(other.lacks("text")),
        }
    }

    fn finding(&self) -> Result<&Finding, Error> {
        let at = self.position()?;
        match &self.list {
            List::Findings(findings) => Ok(&findings[at]),
            other => Err(other.lacks("finding")),
        }
    }

    fn field(&self) -> Result<&Field, Error> {
        let at = self.position()?;
        match &self.list {
            List::Fields(fields) => Ok(&fields[at]),
            other => Err(other.lacks("field")),
        }
    }

    pub(crate) fn score(&self) -> Result<f64, Error> {
        let at = self.position()?;
        match &self.list {
            List::Plan(plan) => Ok(plan[at].1),
            other => Err(other.lacks("score")),
        }
    }

    pub(crate) fn session(&self) -> Result<&LiveSession, Error> {
        let at = self.position()?;
        match &self.list {
            List::Sessions(sessions) => Ok(&sessions[at]),
            other => Err(other.lacks("session")),
        }
    }

    pub(crate) fn name(&self) -> Result<&str, Error> {
        let at = self.position()?;
        match &self.list {
            List::Regions(_, file) => Ok(file.regions()[at].spec().name()),
            List::Notes(notes) => Ok(&notes[at].0),
            List::Sessions(sessions) => Ok(&sessions[at].host),
            other => Err(other.lacks("name")),
        }
    }

    /// The region, and its bytes.
    pub(crate) fn region(&self) -> Result<(&StoredRegion, &[u8]), Error> {
        let at = self.position()?;
        match &self.list {
            List::Regions(entry, file) => {
                let region = &file.regions()[at];
                Ok((region, &entry.payload()[region.range()]))
            }
            other => Err(other.lacks("region")),
        }
    }

    /// Moves to the item of that name; where there is none, it stays where it is.
    pub(crate) fn find(&mut self, name: &str) -> Result<bool, Error> {
        let found = match &self.list {
            List::Regions(_, file) => file.position(name),
            List::Notes(notes) => notes.iter().position(|(key, _)| key == name),
            other => return Err(other.lacks("name")),
        };
        self.at = found.or(self.at);
        Ok(found.is_some())
    }
}

/// Moves to the next item; the first call to the first. `WARM_NOT_FOUND` at the end, again and again. Only
/// what `warm_store_stream_keys` gave can fail to be read on.
///
/// `WARM_ERR_INVALID`: `c` is NULL.
#[no_mangle]
pub unsafe extern "C" fn warm_cursor_next(c: *mut warm_cursor) -> i32 {
    call("warm_cursor_next", || {
        // SAFETY: the caller passes a live handle.
        unsafe { args::handle("c", c)? }
            .0
            .with(|c| Ok(if c.next()? { OK } else { WARM_NOT_FOUND }))
    })
}

/// The item's key; of a list of keys, entries, findings, regions, planned fetches or sessions.
///
/// `WARM_ERR_INVALID`: NULL, the cursor is not on an item, the item is a finding without key, or its
/// list is of something else.
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

/// The item's run id; of a list of entries, regions, sessions or findings (empty for a finding
/// that belongs to no run). `WARM_RUN_ID_MAX` bytes suffice for every run
/// id of this library.
///
/// `WARM_ERR_BUFFER`: `*needed` says how many bytes it takes with its NUL. `WARM_ERR_INVALID`: NULL,
/// the cursor is not on an item, or its list is of something else.
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

/// What else is known of the item; of a list of entries.
///
/// `WARM_ERR_INVALID`: NULL, a `struct_size` that is too small, the cursor is not on an item, or
/// its list is of something else.
#[no_mangle]
pub unsafe extern "C" fn warm_cursor_run(c: *const warm_cursor, run: *mut warm_run_info) -> i32 {
    call("warm_cursor_run", || {
        // SAFETY: the caller passes a live handle and a struct with its size set.
        let (c, out) = unsafe {
            let c = args::handle("c", c)?;
            let out = Output::new("run", run, size_of::<warm_run_info>())?;
            (c, required("run", out)?)
        };
        c.0.with(|c| {
            out.write(c.run()?.into());
            Ok(OK)
        })
    })
}

/// The item in words: of a list of entries, the label of the session that wrote it, empty where it has
/// none; of a list of sessions, its label, likewise; of a list of findings, which file and what is wrong
/// with it; of a list of fields, the tag; of a list of notes, what the note says.
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

/// What the two keys have in common in the item; of a list of fields.
///
/// `WARM_ERR_INVALID`: NULL, a `struct_size` that is too small, the cursor is not on an item, or
/// its list is of something else.
#[no_mangle]
pub unsafe extern "C" fn warm_cursor_field(c: *const warm_cursor, field: *mut warm_field) -> i32 {
    call("warm_cursor_field", || {
        // SAFETY: the caller passes a live handle and a struct with its size set.
        let (c, out) = unsafe {
            let c = args::handle("c", c)?;
            let out = Output::new("field", field, size_of::<warm_field>())?;
            (c, required("field", out)?)
        };
        c.0.with(|c| {
            out.write(c.field()?.into());
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
