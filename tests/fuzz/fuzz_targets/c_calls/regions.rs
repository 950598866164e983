//! Protected arrays, and the regions of entries.

use crate::arguments::{optional, Input};
use crate::stores::{check_info, payload_of};
use crate::{call, keep, sentinel, World};
use std::ptr::null_mut;
use warmstart::ffi::*;
use warmstart::{ElementType, Order, RegionSpec, Regions};

const ROOM: usize = 256;

/// Memory that is protected: it lies here as long as sessions do.
pub struct Arrays(Box<[[u8; ROOM]; 4]>);

impl Default for Arrays {
    fn default() -> Self {
        Arrays(Box::new(std::array::from_fn(|i| [i as u8; ROOM])))
    }
}

/// What a session has protected, and in which of the arrays.
#[derive(Default, Clone)]
pub struct Protected {
    regions: Regions,
    at: Vec<usize>,
}

impl Protected {
    fn written(&self, arrays: &Arrays, objective: Option<f64>, iteration: Option<i64>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let data = |i: usize| &arrays.0[self.at[i]][..self.regions.specs()[i].bytes()];
        let iteration = iteration.map(|i| i as u64);
        let done = self.regions.write(data, objective, iteration, &mut bytes);
        done.expect("what was protected can be written");
        bytes
    }
}

const WRITE: &[i32] = &[
    WARM_OK,
    WARM_THROTTLED,
    WARM_QUEUED,
    WARM_ERR_TOO_LARGE,
    WARM_ERR_PERMISSION,
];

const NAMES: [&[u8]; 5] = [b"x", b"beta", b"", b"__metadata__", &[b'n'; 255]];
const KEYS: [&[u8]; 5] = [b"k", b"solver", b"", b"order.x", b"objective"];

impl World {
    pub fn region_step(&mut self, i: &mut Input<'_>) {
        let (at, s) = i.at(&self.sessions);
        match i.byte() % 16 {
            0..=4 => self.protect(at, i),
            5 => {
                let name = i.text(&NAMES, true);
                let outcomes = &[WARM_OK, WARM_NOT_FOUND];
                let status = call!(warm_session_unprotect(s, name.ptr(), name.len), outcomes);
                let protected = &mut self.protected[at];
                if status == WARM_OK {
                    let gone = protected.regions.remove(name.read());
                    protected.at.remove(gone.expect("it was protected"));
                } else if status == WARM_NOT_FOUND {
                    assert!(protected.regions.remove(name.read()).is_none());
                }
            }
            6 => {
                if call!(warm_session_unprotect_all(s), &[WARM_OK]) == WARM_OK {
                    self.protected[at].regions.clear();
                    self.protected[at].at.clear();
                }
            }
            7 => {
                let (key, text) = (
                    i.text(&KEYS, true),
                    i.text(&[b"a text", b"", b"\"\\"], false),
                );
                let (k, t) = (key.ptr(), text.ptr());
                let status = call!(
                    warm_session_set_note(s, k, key.len, t, text.len),
                    &[WARM_OK]
                );
                if status == WARM_OK {
                    let noted = self.protected[at].regions.set_note(key.read(), text.read());
                    noted.expect("the library took it");
                }
            }
            8 => {
                let key = i.text(&KEYS, true);
                let outcomes = &[WARM_OK, WARM_NOT_FOUND];
                let status = call!(warm_session_remove_note(s, key.ptr(), key.len), outcomes);
                if status >= 0 {
                    let there = self.protected[at].regions.remove_note(key.read());
                    assert_eq!(there, status == WARM_OK);
                }
            }
            9..=12 => self.write_regions(at, i),
            _ => {
                let before = self.arrays.0.clone();
                let mut info = i.record::<warm_entry_info>();
                let status = call!(
                    warm_session_restore(s, info.ptr()),
                    &[WARM_OK, WARM_NOT_FOUND, WARM_ERR_INCOMPATIBLE]
                );
                info.check(status);
                if status == WARM_OK {
                    check_info(&info);
                } else {
                    assert!(before == self.arrays.0, "an array was touched");
                }
            }
        }
    }

    fn protect(&mut self, at: usize, i: &mut Input<'_>) {
        let s = self.sessions[at];
        let name = i.text(&NAMES, true);
        let number = i.of(&[1, 2, 6, 12, 13, 14, 15, 21, 23, 0, 24, -1, i32::MAX]);
        let order = i.of(&[0, 1, 0, 1, 2, -1]);
        let shapes: [&[i64]; 9] = [
            &[],
            &[4],
            &[2, 3],
            &[2, 2, 2],
            &[0, 5],
            &[-1],
            &[i64::MAX],
            &[1 << 40, 1 << 40],
            &[1; 70],
        ];
        let dims = i.of(&shapes);
        let extents: Option<Vec<u64>> = dims.iter().map(|n| u64::try_from(*n).ok()).collect();
        let element = usize::try_from(number - 1)
            .ok()
            .and_then(|n| ElementType::all().nth(n));
        let of = |name: &str| {
            let order = match order {
                1 => Order::ColumnMajor,
                _ => Order::RowMajor,
            };
            RegionSpec::new(name, element?, extents.as_ref()?, order).ok()
        };
        // Of no more than there is.
        if of("x").is_some_and(|s| s.bytes() > ROOM) {
            return;
        }
        let which = usize::from(i.byte()) % 4;
        let data = match i.one_in(16) {
            true => null_mut(),
            false => self.arrays.0[which].as_mut_ptr().cast(),
        };
        let rank = if i.one_in(32) { -1 } else { dims.len() as i64 };
        let extents = if i.one_in(32) {
            std::ptr::null()
        } else {
            dims.as_ptr()
        };
        let status = call!(
            warm_session_protect(s, name.ptr(), name.len, number, order, rank, extents, data),
            &[WARM_OK, WARM_ERR_TOO_LARGE]
        );
        if status == WARM_OK {
            let protected = &mut self.protected[at];
            let spec = of(name.read()).expect("what the library took can be");
            let place = protected.regions.insert(spec).expect("and there is room");
            match protected.at.get_mut(place) {
                Some(known) => *known = which,
                None => protected.at.push(which),
            }
        }
    }

    fn write_regions(&mut self, at: usize, i: &mut Input<'_>) {
        let s = self.sessions[at];
        let how = i.byte() % 4;
        let (objective, iteration) = (i.objective(), i.iteration());
        let valid = iteration.is_none_or(|i| i >= 0) && !self.protected[at].at.is_empty();
        let mut expected = Vec::new();
        if !s.is_null() && valid {
            expected = self.protected[at].written(&self.arrays, objective, iteration);
            self.model.saved(self.model.fits[at].at, &expected);
        }
        let (value, count) = (optional(&objective), optional(&iteration));
        let status = match how {
            0 | 1 => call!(warm_session_checkpoint_regions(s, value, count), WRITE),
            2 => call!(warm_session_checkpoint_regions_now(s, value, count), WRITE),
            _ => call!(warm_session_finalize_regions(s, value, count), WRITE),
        };
        let fit = &mut self.model.fits[at];
        match status {
            WARM_OK if how == 3 => fit.answered(&expected, objective),
            WARM_OK | WARM_QUEUED => fit.accepted(&expected, objective),
            _ => {}
        }
        if status == WARM_OK && how >= 2 {
            self.check_flushed(at);
        }
    }

    /// Lists of regions and notes, and their items.
    pub fn region_list_step(&mut self, i: &mut Input<'_>) {
        let (at, c) = i.at(&self.cursors);
        match i.byte() % 12 {
            n @ 0..=3 => {
                let e = i.of(&self.entries);
                let mut out = sentinel();
                let outcomes = &[WARM_OK, WARM_ERR_INCOMPATIBLE];
                let status = match n {
                    0 => call!(warm_entry_list_notes(e, &mut out), outcomes),
                    _ => call!(warm_entry_list_regions(e, &mut out), outcomes),
                };
                keep(status, out, &mut self.cursors[at], warm_cursor_free);
                if !e.is_null() {
                    let is_file = warmstart::RegionFile::parse(payload_of(e)).is_ok();
                    assert_eq!(is_file, status == WARM_OK);
                }
            }
            4 | 5 => {
                let name = i.text(&[b"x", b"beta", b"libwarmstart", b""], false);
                let outcomes = &[WARM_OK, WARM_NOT_FOUND];
                call!(warm_cursor_find(c, name.ptr(), name.len), outcomes);
            }
            6 => {
                let mut out = i.room(false);
                let (buf, cap) = (out.buf(), out.cap);
                let status = call!(warm_cursor_name(c, buf, cap, out.needed()), &[0, -2]);
                out.check(status);
            }
            7 => {
                let mut info = i.record::<warm_region_info>();
                let status = call!(warm_cursor_region(c, info.ptr()), &[WARM_OK]);
                info.check(status);
                if let (WARM_OK, Some(r)) = (status, info.get()) {
                    assert!((1..=23).contains(&r.r#type) && (0..=1).contains(&r.order));
                    assert!(r.rank >= 0 && r.elements >= 0 && r.bytes >= 0);
                }
            }
            8 => {
                let mut dims = [-7i64; 66];
                let mut needed = -7;
                let cap = i.of(&[64, 0, 1, 2, -1, i64::MIN]);
                let to = match i.one_in(8) {
                    true => null_mut(),
                    false => dims.as_mut_ptr(),
                };
                let status = call!(warm_cursor_dims(c, to, cap, &mut needed), &[0, -2]);
                let written = dims.iter().filter(|d| **d != -7).count() as i64;
                assert_eq!(written, if status == WARM_OK { needed } else { 0 });
            }
            9 => {
                let (mut data, mut len) = (std::ptr::null(), -7);
                let status = call!(warm_cursor_data(c, &mut data, &mut len), &[WARM_OK]);
                if status == WARM_OK {
                    // SAFETY: borrowed until the cursor is freed.
                    let bytes: &[u8] =
                        unsafe { std::slice::from_raw_parts(data.cast(), len as usize) };
                    assert!(bytes.iter().map(|b| u64::from(*b)).sum::<u64>() < u64::MAX);
                } else {
                    assert!(data.is_null() && len == -7);
                }
            }
            _ => {
                let mut out = i.room(true);
                let (buf, cap) = (out.buf(), out.cap);
                let status = call!(warm_cursor_copy_data(c, buf, cap, out.needed()), &[0, -2]);
                out.check(status);
            }
        }
    }
}
