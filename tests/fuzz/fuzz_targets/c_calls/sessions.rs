//! Sessions and their options.

use crate::arguments::{optional, Input};
use crate::model::Fit;
use crate::stores::{check_info, payload_of};
use crate::{base, call, free, keep, sentinel, World};
use std::os::unix::ffi::OsStrExt;
use std::ptr::null_mut;
use warmstart::ffi::*;

const WRITE: &[i32] = &[
    WARM_OK,
    WARM_THROTTLED,
    WARM_QUEUED,
    WARM_ERR_TOO_LARGE,
    WARM_ERR_PERMISSION,
];

impl World {
    pub fn session_step(&mut self, n: u8, i: &mut Input<'_>) {
        let (at, s) = i.at(&self.sessions);
        match n {
            0..=9 => self.session_options_step(i),
            10..=19 => {
                let (store_at, store) = i.at(&self.stores);
                let key = i.key();
                // Seldom would the calls that make a session write in the background come together.
                let mut own = null_mut();
                let options = match i.byte() % 3 {
                    0 => i.of(&self.session_options),
                    1 => {
                        own = self.background_options();
                        own
                    }
                    _ => null_mut(),
                };
                let mut out = sentinel();
                let status = call!(
                    warm_session_open(store, key.ptr(), options, &mut out),
                    &[WARM_OK]
                );
                free(&mut own, warm_session_options_free);
                keep(status, out, &mut self.sessions[at], warm_session_free);
                if status == WARM_OK {
                    let of = (self.model.roots[store_at], key.key.bytes);
                    self.model.fits[at] = Fit::new(of, run_id_of(out));
                    self.protected[at] = Default::default();
                }
            }
            20..=34 => {
                let payload = i.payload(self.model.saves);
                let (objective, iteration) = (i.objective(), i.iteration());
                if !s.is_null() {
                    self.model.saved(self.model.fits[at].at, &payload.bytes);
                }
                let (data, len) = (payload.ptr(), payload.len);
                let (value, count) = (optional(&objective), optional(&iteration));
                let status = match n {
                    20..=27 => call!(warm_session_checkpoint(s, data, len, value, count), WRITE),
                    28..=31 => call!(
                        warm_session_checkpoint_now(s, data, len, value, count),
                        WRITE
                    ),
                    _ => call!(warm_session_finalize(s, data, len, value, count), WRITE),
                };
                let fit = &mut self.model.fits[at];
                match status {
                    WARM_OK if n >= 32 => fit.answered(&payload.bytes, objective),
                    WARM_OK => fit.accepted(&payload.bytes, objective),
                    WARM_QUEUED => {
                        assert!(n <= 27, "what is to be written now is not queued");
                        fit.accepted(&payload.bytes, objective);
                    }
                    WARM_THROTTLED => assert!(n <= 27),
                    _ => {}
                }
                // What waited was written before, or is superseded.
                if status == WARM_OK && n >= 28 {
                    self.check_flushed(at);
                }
            }
            38..=40 => {
                let objective = i.objective();
                // 1 is yes.
                call!(
                    warm_session_should_checkpoint(s, optional(&objective)),
                    &[0, 1]
                );
            }
            41..=44 => {
                let mut out = i.room(true);
                let mut info = i.record::<warm_entry_info>();
                let len = i.of(&[0, 1, 7, 8, 100, out.cap, 5000]).min(out.cap);
                let buf = out.buf::<std::ffi::c_void>();
                let status = call!(
                    warm_session_resume(s, buf, len, info.ptr()),
                    &[WARM_OK, WARM_NOT_FOUND, WARM_ERR_INCOMPATIBLE]
                );
                info.check(status);
                if status == WARM_OK {
                    self.model.check_known(&out.bytes[..len as usize]);
                    check_info(&info);
                } else {
                    out.check(status);
                }
            }
            35..=37 => self.region_step(i),
            45..=47 => {
                let e = i.of(&self.entries);
                call!(warm_session_preload(s, e), &[WARM_OK]);
            }
            48..=55 => {
                let mut out = sentinel();
                let outcomes = &[WARM_OK, WARM_NOT_FOUND];
                let status = match n & 1 {
                    0 => call!(warm_session_load(s, &mut out), outcomes),
                    _ => call!(warm_session_peek(s, &mut out), outcomes),
                };
                let place = usize::from(i.byte()) % 3;
                keep(status, out, &mut self.entries[place], warm_entry_free);
                if status == WARM_OK {
                    self.model.check_known(payload_of(out));
                } else if status == WARM_NOT_FOUND {
                    let fit = &self.model.fits[at];
                    assert!(fit.has_refused || !self.model.must_have(fit.at));
                }
            }
            56 | 57 => {
                let mut out = i.room(false);
                let status = call!(
                    warm_session_run_id(s, out.buf(), out.cap, out.needed()),
                    &[0, -2]
                );
                out.check(status);
                if status == WARM_OK {
                    assert!(out.text().is_none_or(|t| t.starts_with("ckpt-r")));
                }
            }
            58 | 59 => {
                let seconds = i.seconds();
                let status = call!(warm_session_flush(s, seconds), &[WARM_OK, WARM_TIMEOUT]);
                assert!(status != WARM_TIMEOUT || seconds < 60.0);
                if status == WARM_OK {
                    self.check_flushed(at);
                }
            }
            60 | 61 => {
                if call!(warm_session_finish(s), &[WARM_OK, WARM_TIMEOUT]) == WARM_OK {
                    self.check_flushed(at);
                }
            }
            _ => {
                let mut out: *mut warm_entry = sentinel();
                // SAFETY: an output that is NULL is refused.
                let status = call!(warm_session_load(s, null_mut()), &[]);
                assert_eq!(status, WARM_ERR_INVALID);
                let status = call!(warm_session_peek(null_mut(), &mut out), &[]);
                assert!(status == WARM_ERR_INVALID && out.is_null());
            }
        }
    }

    fn background_options(&mut self) -> *mut warm_session_options {
        let mut options = null_mut();
        let status = call!(warm_session_options_new(&mut options), &[WARM_OK]);
        assert_eq!(status, WARM_OK);
        call!(warm_session_options_set_background(options, 1), &[WARM_OK]);
        let seconds = 0.0;
        call!(
            warm_session_options_set_min_interval_seconds(options, seconds),
            &[WARM_OK]
        );
        self.has_background = true;
        options
    }

    /// Another handle finds the best and the latest that were accepted, and the answer.
    pub fn check_flushed(&mut self, session: usize) {
        let fit = &self.model.fits[session];
        let (root, key) = fit.at;
        if self.model.lossy[root] {
            return;
        }
        let path = base().join(["0", "1", "default"][root]);
        let path = path.as_os_str().as_bytes();
        let key = warm_key { bytes: key };
        let mut store = null_mut();
        let (text, len) = (path.as_ptr().cast(), path.len() as i64);
        let status = call!(
            warm_store_open(text, len, null_mut(), &mut store),
            &[WARM_OK]
        );
        assert_eq!(status, WARM_OK);
        for (run, expected) in fit.expected() {
            let mut entry = null_mut();
            let (text, len) = (run.as_ptr().cast(), run.len() as i64);
            let status = call!(
                warm_store_lookup_run(store, &key, text, len, &mut entry),
                &[WARM_OK, WARM_NOT_FOUND]
            );
            assert_eq!(
                status, WARM_OK,
                "{run} was accepted, flushed and is not there"
            );
            assert!(
                payload_of(entry) == expected,
                "{run} is not what was accepted last"
            );
            free(&mut entry, warm_entry_free);
        }
        free(&mut store, warm_store_free);
    }

    fn session_options_step(&mut self, i: &mut Input<'_>) {
        let (at, o) = i.at(&self.session_options);
        match i.byte() % 10 {
            0..=2 => {
                let mut out = sentinel();
                let to = if i.one_in(8) {
                    null_mut()
                } else {
                    &mut out as *mut _
                };
                let status = call!(warm_session_options_new(to), &[WARM_OK]);
                if !to.is_null() {
                    keep(
                        status,
                        out,
                        &mut self.session_options[at],
                        warm_session_options_free,
                    );
                }
            }
            3 => {
                call!(
                    warm_session_options_set_min_interval_seconds(o, i.seconds()),
                    &[0]
                );
            }
            4 => {
                let on = i.choice();
                let status = call!(warm_session_options_set_background(o, on), &[0]);
                self.has_background |= status == WARM_OK && on == 1;
            }
            5 => {
                call!(warm_session_options_set_lookup(o, i.choice()), &[0]);
            }
            6 => {
                call!(
                    warm_session_options_set_finish_timeout_seconds(o, i.seconds()),
                    &[0]
                );
            }
            7 => {
                let f = i.of(&self.fingerprinters);
                call!(warm_session_options_set_fingerprint(o, f), &[0]);
            }
            _ => {
                let text = i.text(&[b"a label", b"", &[b'l'; 1024], &[b'l'; 1025]], true);
                call!(
                    warm_session_options_set_label(o, text.ptr(), text.len),
                    &[0, WARM_ERR_TOO_LARGE]
                );
            }
        }
    }
}

fn run_id_of(s: *const warm_session) -> String {
    let mut text = [0u8; WARM_RUN_ID_MAX as usize];
    let (buf, cap) = (text.as_mut_ptr().cast(), text.len() as i64);
    let mut needed = 0;
    let status = call!(warm_session_run_id(s, buf, cap, &mut needed), &[WARM_OK]);
    assert_eq!(status, WARM_OK);
    String::from_utf8(text[..needed as usize - 1].to_vec()).expect("a run id is UTF-8")
}
