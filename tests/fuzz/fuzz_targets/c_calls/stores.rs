//! Stores, their options, entries and lists.

use crate::arguments::{optional, Input, Record, Text};
use crate::model::{At, RUNS};
use crate::{base, call, keep, sentinel, World};
use std::os::unix::ffi::OsStrExt;
use std::ptr::null_mut;
use warmstart::ffi::*;

/// Writes may find the entry too large for the budget, and the handle read-only.
const WRITE: &[i32] = &[WARM_OK, WARM_ERR_TOO_LARGE, WARM_ERR_PERMISSION];

impl World {
    pub fn store_step(&mut self, n: u8, i: &mut Input<'_>) {
        match n {
            0..=7 => self.store_options_step(i),
            8..=15 => self.open(i),
            16..=27 => self.save(i),
            28..=43 => self.save_slot(i),
            44..=53 => self.lookup(i),
            54..=59 => self.lookup_into(i),
            60..=67 => self.lookup_run(i),
            68..=71 => self.remove(i),
            72..=75 => self.remove_entry(i),
            76..=78 => {
                let (at, s) = i.at(&self.stores);
                let (key, run, on) = (i.key(), i.text(&RUNS, true), i.choice());
                let _ = at;
                call!(
                    warm_store_pin(s, key.ptr(), run.ptr(), run.len, on),
                    &[WARM_OK, WARM_NOT_FOUND, WARM_ERR_PERMISSION]
                );
            }
            79..=81 => {
                let s = i.of(&self.stores);
                call!(warm_store_sweep(s), &[WARM_OK, WARM_ERR_PERMISSION]);
            }
            82 => {
                let s = i.of(&self.stores);
                call!(warm_store_flush(s, i.seconds()), &[WARM_OK, WARM_TIMEOUT]);
            }
            83 | 84 => {
                let (at, s) = i.at(&self.stores);
                let mut out = i.room(false);
                let status = call!(
                    warm_store_root(s, out.buf(), out.cap, out.needed()),
                    &[0, -2]
                );
                out.check(status);
                if status == WARM_OK {
                    let expected = ["0", "1", "default"][self.model.roots[at]];
                    let text = out.text();
                    assert!(text.is_none_or(|t| t.ends_with(expected)));
                }
            }
            87 => {
                let s = i.of(&self.stores);
                let mut limits = i.record::<warm_store_limits>();
                let status = call!(warm_store_get_limits(s, limits.ptr()), &[WARM_OK]);
                limits.check(status);
                if let (WARM_OK, Some(l)) = (status, limits.get()) {
                    assert!(l.size_budget >= 0 && l.file_budget >= 0 && l.ttl_seconds >= 0.0);
                    assert_eq!(l.reserved, 0);
                }
            }
            85 | 86 => {
                let s = i.of(&self.stores);
                let mut stats = i.record::<warm_store_stats>();
                let status = call!(warm_store_get_stats(s, stats.ptr()), &[WARM_OK]);
                stats.check(status);
                if let (WARM_OK, Some(t)) = (status, stats.get()) {
                    let counts = [
                        t.keys,
                        t.entries,
                        t.files,
                        t.bytes,
                        t.aside_files,
                        t.aside_bytes,
                        t.memory_bytes,
                        t.hits,
                        t.misses,
                        t.saves,
                        t.bytes_written,
                        t.evictions,
                        t.expirations,
                        t.damaged,
                        t.foreign,
                    ];
                    assert!(counts.iter().all(|c| *c >= 0), "{counts:?}");
                    assert_eq!(t.reserved, 0);
                    assert!(t.save_seconds >= 0.0);
                }
            }
            88..=90 => self.tamper(i),
            _ => self.entry_step(i),
        }
    }

    fn store_options_step(&mut self, i: &mut Input<'_>) {
        let (at, o) = i.at(&self.store_options);
        match i.byte() % 10 {
            0..=2 => {
                let mut out = sentinel();
                let to = if i.one_in(8) {
                    null_mut()
                } else {
                    &mut out as *mut _
                };
                let status = call!(warm_store_options_new(to), &[WARM_OK]);
                if !to.is_null() {
                    keep(
                        status,
                        out,
                        &mut self.store_options[at],
                        warm_store_options_free,
                    );
                    self.model.limits[at] = false;
                }
            }
            3 => {
                if call!(warm_store_options_set_size_budget(o, i.number()), &[0]) == 0 {
                    self.model.limits[at] = true;
                }
            }
            4 => {
                if call!(warm_store_options_set_file_budget(o, i.number()), &[0]) == 0 {
                    self.model.limits[at] = true;
                }
            }
            5 => {
                call!(warm_store_options_set_memory_budget(o, i.number()), &[0]);
            }
            6 => {
                if call!(warm_store_options_set_ttl_seconds(o, i.seconds()), &[0]) == 0 {
                    self.model.limits[at] = true;
                }
            }
            7 | 8 => {
                call!(warm_store_options_set_durability(o, i.choice()), &[0]);
            }
            _ => {
                call!(warm_store_options_set_read_only(o, i.choice()), &[0]);
            }
        }
    }

    fn open(&mut self, i: &mut Input<'_>) {
        let at = usize::from(i.byte()) % 3;
        let (options_at, mut options) = i.at(&self.store_options);
        let limits = !options.is_null() && self.model.limits[options_at];
        // Without options, everything is synced; on the file systems this runs on that costs little.
        if i.one_in(4) {
            options = null_mut();
        }
        let below = |name: &str| base().join(name).as_os_str().as_bytes().to_vec();
        let long = vec![b'n'; 5000];
        let names = [
            below("0"),
            below("1"),
            below("0"),
            below("file"),
            below("file/x"),
            long,
            vec![],
        ];
        let n = i.byte();
        let (root, text) = match n {
            0..=219 => {
                let which = usize::from(n) % names.len();
                (which, Text::of(&names[which]))
            }
            _ => (7, i.text(&[&names[3]], true)),
        };
        // A relative path would be made where the fuzzer runs.
        let text = if text.is_relative() {
            Text::of(&names[3])
        } else {
            text
        };
        let root = match root {
            0 | 2 => Some(0),
            1 => Some(1),
            6 => Some(2),
            _ if text.len == 0 => Some(2),
            _ => None,
        };
        let mut out = sentinel();
        let to = if i.one_in(16) {
            null_mut()
        } else {
            &mut out as *mut _
        };
        // A root that is to be read only and is not there.
        let status = call!(
            warm_store_open(text.ptr(), text.len, options, to),
            &[WARM_OK, WARM_ERR_IO, WARM_ERR_PERMISSION]
        );
        if to.is_null() {
            return assert_eq!(status, WARM_ERR_INVALID);
        }
        if status == WARM_OK {
            let root = root.expect("what is no legal root is not opened");
            self.model.roots[at] = root;
            self.model.lossy[root] |= limits && !options.is_null();
        }
        keep(status, out, &mut self.stores[at], warm_store_free);
    }

    pub fn at(&self, store: usize, key: &crate::arguments::KeyArgument) -> At {
        (self.model.roots[store], key.key.bytes)
    }

    fn save(&mut self, i: &mut Input<'_>) {
        let (at, s) = i.at(&self.stores);
        let key = i.key();
        let payload = i.payload(self.model.saves);
        let (objective, iteration, kind) = (i.objective(), i.iteration(), i.choice());
        let mut out = i.room(false);
        let to = self.at(at, &key);
        if !s.is_null() {
            self.model.saved(to, &payload.bytes);
        }
        let status = call!(
            warm_store_save(
                s,
                key.ptr(),
                payload.ptr(),
                payload.len,
                optional(&objective),
                optional(&iteration),
                kind,
                out.buf(),
                out.cap,
                out.needed(),
            ),
            &[
                WARM_OK,
                WARM_ERR_TOO_LARGE,
                WARM_ERR_PERMISSION,
                WARM_ERR_BUFFER
            ]
        );
        out.check_run_id(status);
        if let (WARM_OK, Some(run)) = (status, out.text().filter(|_| out.cap > 1)) {
            assert!(run.starts_with('r') && run.len() < WARM_RUN_ID_MAX as usize);
            self.model.saved_run(to, &run, &payload.bytes);
        }
    }

    fn save_slot(&mut self, i: &mut Input<'_>) {
        let (at, s) = i.at(&self.stores);
        let (key, run) = (i.key(), i.text(&RUNS, true));
        let payload = i.payload(self.model.saves);
        let (objective, iteration, kind) = (i.objective(), i.iteration(), i.choice());
        let to = self.at(at, &key);
        if !s.is_null() {
            self.model.saved(to, &payload.bytes);
        }
        let status = call!(
            warm_store_save_slot(
                s,
                key.ptr(),
                run.ptr(),
                run.len,
                payload.ptr(),
                payload.len,
                optional(&objective),
                optional(&iteration),
                kind,
            ),
            WRITE
        );
        if status == WARM_OK {
            self.model.saved_run(to, run.read(), &payload.bytes);
        }
    }

    fn lookup(&mut self, i: &mut Input<'_>) {
        let (at, s) = i.at(&self.stores);
        let (key, mode) = (i.key(), i.choice());
        let place = usize::from(i.byte()) % 3;
        let mut out = sentinel();
        let status = call!(
            warm_store_lookup(s, key.ptr(), mode, &mut out),
            &[WARM_OK, WARM_NOT_FOUND]
        );
        let from = self.at(at, &key);
        if status == WARM_NOT_FOUND {
            assert!(!self.model.must_have(from), "what was saved is not found");
        }
        keep(status, out, &mut self.entries[place], warm_entry_free);
        if status == WARM_OK {
            self.model.check_served(from, payload_of(out));
        }
    }

    fn lookup_into(&mut self, i: &mut Input<'_>) {
        let (at, s) = i.at(&self.stores);
        let (key, mode) = (i.key(), i.choice());
        let mut out = i.room(true);
        let mut info = i.record::<warm_entry_info>();
        let status = call!(
            warm_store_lookup_into(
                s,
                key.ptr(),
                mode,
                out.buf(),
                out.cap,
                out.needed(),
                info.ptr()
            ),
            &[WARM_OK, WARM_NOT_FOUND, WARM_ERR_BUFFER]
        );
        out.check(status);
        info.check(status);
        let from = self.at(at, &key);
        match status {
            WARM_OK => {
                if let Some(bytes) = out.contents() {
                    self.model.check_served(from, bytes);
                }
                check_info(&info);
            }
            WARM_NOT_FOUND => assert!(!self.model.must_have(from)),
            _ => {}
        }
    }

    fn lookup_run(&mut self, i: &mut Input<'_>) {
        let (at, s) = i.at(&self.stores);
        let (key, run) = (i.key(), i.text(&RUNS, true));
        let place = usize::from(i.byte()) % 3;
        let from = self.at(at, &key);
        let mut out = sentinel();
        let status = call!(
            warm_store_lookup_run(s, key.ptr(), run.ptr(), run.len, &mut out),
            &[WARM_OK, WARM_NOT_FOUND, WARM_ERR_CORRUPT]
        );
        if status == WARM_ERR_CORRUPT {
            assert!(self.model.tampered[from.0], "damage that nobody did");
        }
        keep(status, out, &mut self.entries[place], warm_entry_free);
        if status == WARM_OK {
            self.model.check_served(from, payload_of(out));
        }
        if status >= 0 {
            if let Some(expected) = self.model.run(from, run.read()) {
                let found = (status == WARM_OK).then(|| payload_of(out).to_vec());
                assert_eq!(found.as_ref(), expected, "run {}", run.read());
            }
        }
    }

    fn remove(&mut self, i: &mut Input<'_>) {
        let (at, s) = i.at(&self.stores);
        let key = i.key();
        let status = call!(
            warm_store_remove(s, key.ptr()),
            &[WARM_OK, WARM_NOT_FOUND, WARM_ERR_PERMISSION]
        );
        let from = self.at(at, &key);
        match status {
            WARM_OK => self.model.removed(from),
            WARM_NOT_FOUND => assert!(!self.model.must_have(from)),
            _ => {}
        }
    }

    fn remove_entry(&mut self, i: &mut Input<'_>) {
        let (at, s) = i.at(&self.stores);
        let (key, run) = (i.key(), i.text(&RUNS, true));
        let status = call!(
            warm_store_remove_entry(s, key.ptr(), run.ptr(), run.len),
            &[WARM_OK, WARM_NOT_FOUND, WARM_ERR_PERMISSION]
        );
        let from = self.at(at, &key);
        if status >= 0 {
            let was = self.model.run(from, run.read());
            assert!(was.is_none_or(|w| w.is_some() == (status == WARM_OK)));
            self.model.removed_run(from, run.read());
        }
    }

    /// Changes a byte of some file, cuts it or removes it: what follows may find less, and never
    /// anything else.
    fn tamper(&mut self, i: &mut Input<'_>) {
        let root = usize::from(i.byte()) % 2;
        let (pick, how, at) = (usize::from(i.byte()), i.byte(), usize::from(i.byte()));
        let mut files = Vec::new();
        for dir in std::fs::read_dir(base().join(["0", "1"][root]))
            .into_iter()
            .flatten()
            .flatten()
        {
            for file in std::fs::read_dir(dir.path())
                .into_iter()
                .flatten()
                .flatten()
            {
                files.push(file.path());
            }
        }
        files.sort();
        let Some(file) = files.get(pick % files.len().max(1)) else {
            return;
        };
        self.model.lossy[root] = true;
        self.model.tampered[root] = true;
        let Ok(mut bytes) = std::fs::read(file) else {
            return;
        };
        let len = bytes.len().max(1);
        match how % 4 {
            0 => bytes.truncate(at % len),
            1 => bytes.push(how),
            2 => return std::fs::remove_file(file).unwrap_or(()),
            _ => {
                if let Some(byte) = bytes.get_mut(at % len) {
                    *byte ^= 1 << (how >> 5);
                }
            }
        }
        // As a crash or a bad disk would: under a new inode, so that no memory holds an old answer.
        let _ = std::fs::remove_file(file);
        let _ = std::fs::write(file, bytes);
    }

    pub fn entry_step(&mut self, i: &mut Input<'_>) {
        let e = i.of(&self.entries);
        match i.byte() % 6 {
            0 => {
                let (mut data, mut len) = (sentinel::<std::ffi::c_void>().cast_const(), -77i64);
                let to = if i.one_in(8) {
                    null_mut()
                } else {
                    &mut data as *mut _
                };
                let size = if i.one_in(8) {
                    null_mut()
                } else {
                    &mut len as *mut _
                };
                let status = call!(warm_entry_payload(e, to, size), &[WARM_OK]);
                if status == WARM_OK {
                    assert!(!data.is_null() && data.align_offset(64) == 0 && len >= 0);
                } else {
                    assert!(data == sentinel::<std::ffi::c_void>().cast_const() && len == -77);
                }
            }
            1 => {
                let mut out = i.room(true);
                let status = call!(
                    warm_entry_copy(e, out.buf(), out.cap, out.needed()),
                    &[0, -2]
                );
                out.check(status);
                if let (WARM_OK, Some(bytes)) = (status, out.contents()) {
                    assert_eq!(bytes, payload_of(e));
                }
            }
            2 => {
                let mut info = i.record::<warm_entry_info>();
                let status = call!(warm_entry_get_info(e, info.ptr()), &[WARM_OK]);
                info.check(status);
                if status == WARM_OK {
                    check_info(&info);
                    let said = info.get().map(|f| f.payload_bytes);
                    assert_eq!(said, Some(payload_of(e).len() as i64));
                }
            }
            3 => {
                let mut key = warm_key { bytes: [0xEE; 32] };
                let to = if i.one_in(8) {
                    null_mut()
                } else {
                    &mut key as *mut _
                };
                let status = call!(warm_entry_key(e, to), &[WARM_OK]);
                assert!(key.bytes[0] < 3 || (status != WARM_OK && key.bytes == [0xEE; 32]));
            }
            4 => {
                let mut out = i.room(false);
                let status = call!(
                    warm_entry_run_id(e, out.buf(), out.cap, out.needed()),
                    &[0, -2]
                );
                out.check(status);
                let mut label = i.room(false);
                let status = call!(
                    warm_entry_label(e, label.buf(), label.cap, label.needed()),
                    &[0, -2, WARM_NOT_FOUND]
                );
                label.check(status);
            }
            // It was served once, so it reads the same for ever.
            _ if !e.is_null() => self.model.check_known(payload_of(e)),
            _ => {}
        }
    }

    pub fn list_step(&mut self, n: u8, i: &mut Input<'_>) {
        let (at, c) = i.at(&self.cursors);
        let mut out = sentinel();
        match n {
            0 | 1 => {
                let s = i.of(&self.stores);
                let status = call!(warm_store_list_keys(s, &mut out), &[WARM_OK]);
                keep(status, out, &mut self.cursors[at], warm_cursor_free);
            }
            2..=4 => {
                let (s, key) = (i.of(&self.stores), i.key());
                let status = call!(warm_store_list_entries(s, key.ptr(), &mut out), &[WARM_OK]);
                keep(status, out, &mut self.cursors[at], warm_cursor_free);
            }
            5..=13 => self.task_step(i),
            14 => self.carry_step(i),
            15..=24 => {
                call!(warm_cursor_next(c), &[WARM_OK, WARM_NOT_FOUND]);
            }
            25..=27 => {
                let mut key = warm_key { bytes: [0xEE; 32] };
                let to = if i.one_in(8) {
                    null_mut()
                } else {
                    &mut key as *mut _
                };
                if call!(warm_cursor_key(c, to), &[WARM_OK]) == WARM_OK {
                    assert!(key.bytes[0] < 3);
                }
            }
            30 => {
                let mut run = i.record::<warm_run_info>();
                let status = call!(warm_cursor_run(c, run.ptr()), &[WARM_OK]);
                run.check(status);
                if let (WARM_OK, Some(r)) = (status, run.get()) {
                    assert!(
                        (WARM_DURABILITY_FULL..=WARM_DURABILITY_PROCESS).contains(&r.durability)
                    );
                    assert!(matches!(r.is_pinned, 0 | 1) && matches!(r.has_label, 0 | 1));
                    assert!(r.seed_keys >= 0 && r.key_fields >= 0);
                }
            }
            28 | 29 => {
                let mut info = i.record::<warm_entry_info>();
                let status = call!(warm_cursor_info(c, info.ptr()), &[WARM_OK]);
                info.check(status);
                if status == WARM_OK {
                    check_info(&info);
                }
            }
            31..=33 => {
                let mut out = i.room(false);
                let status = call!(
                    warm_cursor_run_id(c, out.buf(), out.cap, out.needed()),
                    &[0, -2]
                );
                out.check(status);
            }
            37..=39 => self.region_list_step(i),
            34..=36 => {
                let mut out = i.room(false);
                let status = call!(
                    warm_cursor_text(c, out.buf(), out.cap, out.needed()),
                    &[0, -2]
                );
                out.check(status);
            }
            _ => self.entry_step(i),
        }
    }
}

pub fn payload_of<'a>(e: *const warm_entry) -> &'a [u8] {
    let (mut data, mut len) = (std::ptr::null(), 0);
    assert_eq!(
        call!(warm_entry_payload(e, &mut data, &mut len), &[WARM_OK]),
        WARM_OK
    );
    // SAFETY: borrowed until the entry is freed, which no caller outlives.
    unsafe { std::slice::from_raw_parts(data.cast(), len as usize) }
}

pub fn check_info(info: &Record<warm_entry_info>) {
    let Some(f) = info.get() else {
        return;
    };
    assert!(matches!(f.kind, WARM_KIND_CHECKPOINT | WARM_KIND_FINAL));
    assert!((WARM_SOURCE_EXACT..=WARM_SOURCE_SEED).contains(&f.source));
    assert!(matches!(f.has_objective, 0 | 1) && matches!(f.has_iteration, 0 | 1));
    assert!(f.objective.is_finite() && f.iteration >= 0 && f.payload_bytes >= 0);
    assert!(f.has_objective == 1 || f.objective == 0.0);
}
