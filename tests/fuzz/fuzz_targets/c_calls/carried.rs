//! Entries from root to root, keys as they are found, and sessions seen from outside.

use crate::arguments::Input;
use crate::model::RUNS;
use crate::stores::payload_of;
use crate::{call, free, keep, sentinel, World};
use std::ptr::null_mut;
use warmstart::ffi::*;

/// What was exported last.
#[derive(Default)]
pub struct Carried {
    metadata: Vec<u8>,
    payload: Vec<u8>,
}

impl World {
    pub fn carry_step(&mut self, i: &mut Input<'_>) {
        match i.byte() % 12 {
            0..=2 => self.export_entry(i),
            3..=6 => self.import_entry(i),
            7 | 8 => {
                let (s, place) = (i.of(&self.stores), usize::from(i.byte()) % 2);
                let mut out = sentinel();
                let status = call!(warm_store_stream_keys(s, &mut out), &[WARM_OK]);
                keep(status, out, &mut self.cursors[place], warm_cursor_free);
            }
            9 => {
                let (s, place) = (i.of(&self.stores), usize::from(i.byte()) % 2);
                let mut out = sentinel();
                let status = call!(warm_store_list_sessions(s, &mut out), &[WARM_OK]);
                keep(status, out, &mut self.cursors[place], warm_cursor_free);
            }
            10 => {
                let c = i.of(&self.cursors);
                let mut session = i.record::<warm_live_session>();
                let status = call!(warm_cursor_session(c, session.ptr()), &[WARM_OK]);
                session.check(status);
                if let (WARM_OK, Some(s)) = (status, session.get()) {
                    assert_eq!(s.process_id, i64::from(std::process::id()));
                    assert!(matches!(s.has_label, 0 | 1) && s.opened_unix_seconds > 1e9);
                    assert!(s.reported_unix_seconds >= s.opened_unix_seconds);
                }
            }
            _ => {
                let c = i.of(&self.cursors);
                let mut progress = i.record::<warm_session_progress>();
                let status = call!(warm_cursor_progress(c, progress.ptr()), &[WARM_OK]);
                progress.check(status);
                if let (WARM_OK, Some(p)) = (status, progress.get()) {
                    assert!(p.iteration >= 0 && p.writes >= 0 && p.best_objective.is_finite());
                }
            }
        }
    }

    fn export_entry(&mut self, i: &mut Input<'_>) {
        let (at, s) = i.at(&self.stores);
        let (key, run) = (i.key(), i.text(&RUNS, true));
        let mut room = i.room(false);
        let from = self.at(at, &key);
        let mut out = sentinel();
        let status = call!(
            warm_store_export_entry(
                s,
                key.ptr(),
                run.ptr(),
                run.len,
                room.buf(),
                room.cap,
                room.needed(),
                &mut out
            ),
            &[WARM_OK, WARM_NOT_FOUND, WARM_ERR_BUFFER, WARM_ERR_CORRUPT]
        );
        room.check(status);
        if status == WARM_ERR_CORRUPT {
            assert!(self.model.tampered[from.0], "damage that nobody did");
        }
        if status == WARM_OK {
            let payload = payload_of(out);
            self.model.check_served(from, payload);
            if let Some(metadata) = room.contents() {
                self.carried.metadata = metadata.to_vec();
                self.carried.payload = payload.to_vec();
            }
            free(&mut out, warm_entry_free);
        } else {
            assert!(out.is_null());
        }
        if matches!(status, WARM_OK | WARM_NOT_FOUND) {
            if let Some(expected) = self.model.run(from, run.read()) {
                assert_eq!(expected.is_some(), status == WARM_OK, "{}", run.read());
            }
        }
    }

    fn import_entry(&mut self, i: &mut Input<'_>) {
        let (at, s) = i.at(&self.stores);
        let (key, run) = (i.key(), i.text(&RUNS, true));
        let (mut metadata, mut payload) =
            (self.carried.metadata.clone(), self.carried.payload.clone());
        let is_whole = !metadata.is_empty();
        let (mut mends, mut is_payload) = (true, true);
        match i.byte() % 16 {
            0 => {
                let at = i.word() as usize % metadata.len().max(1);
                mends = false;
                if let Some(byte) = metadata.get_mut(at) {
                    *byte ^= i.byte();
                }
            }
            1 => {
                mends = false;
                metadata.truncate(usize::from(i.byte()));
            }
            2 => {
                is_payload = false;
                payload.push(i.byte());
            }
            3 if !payload.is_empty() => {
                is_payload = false;
                payload[0] ^= 1;
            }
            _ => {}
        }
        let to = self.at(at, &key);
        if !s.is_null() && is_payload {
            self.model.saved(to, &payload);
        }
        let mut became = -7;
        let wanted = if i.one_in(4) {
            null_mut()
        } else {
            &mut became as *mut i32
        };
        let status = call!(
            warm_store_import_entry(
                s,
                key.ptr(),
                run.ptr(),
                run.len,
                metadata.as_ptr().cast(),
                metadata.len() as i64,
                payload.as_ptr().cast(),
                payload.len() as i64,
                wanted
            ),
            &[
                WARM_OK,
                WARM_ERR_CORRUPT,
                WARM_ERR_INCOMPATIBLE,
                WARM_ERR_TOO_LARGE,
                WARM_ERR_PERMISSION
            ]
        );
        if status != WARM_OK {
            assert_eq!(became, -7, "written by a call that failed");
            return;
        }
        if mends {
            assert!(is_whole, "taken in without metadata");
        } else {
            // Its stamps may be any by now.
            self.model.lossy[to.0] = true;
        }
        assert!(
            wanted.is_null() || (WARM_IMPORTED_WRITTEN..=WARM_IMPORTED_EXPIRED).contains(&became)
        );
        let written = match became {
            WARM_IMPORTED_WRITTEN => true,
            // Nobody was told.
            -7 => {
                self.model.lossy[to.0] = true;
                false
            }
            _ => false,
        };
        if written {
            assert!(
                is_payload,
                "a payload that is not the metadata's was written"
            );
            self.model.saved_run(to, run.read(), &payload);
        }
    }
}
