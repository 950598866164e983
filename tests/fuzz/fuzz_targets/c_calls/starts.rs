//! How fits begin: seeds, failed restarts, why a key missed; and what is kept.

use crate::arguments::{optional, Input};
use crate::model::RUNS;
use crate::{call, free, keep, sentinel, World};
use std::ptr::null_mut;
use warmstart::ffi::*;

impl World {
    pub fn start_step(&mut self, i: &mut Input<'_>) {
        let (at, s) = i.at(&self.stores);
        let session = i.of(&self.sessions);
        let (miss_at, m) = i.at(&self.misses);
        match i.byte() % 14 {
            0 | 1 => {
                let (o, key) = (i.of(&self.session_options), i.key());
                call!(
                    warm_session_options_add_seed_key(o, key.ptr()),
                    &[WARM_OK, WARM_ERR_TOO_LARGE]
                );
            }
            2 => {
                // What these change of a session's runs is tested elsewhere.
                let mut o = null_mut();
                call!(warm_session_options_new(&mut o), &[WARM_OK]);
                let count = i.number();
                call!(warm_session_options_set_keep_last(o, count), &[WARM_OK]);
                call!(warm_session_options_set_keep_best(o, count), &[WARM_OK]);
                free(&mut o, warm_session_options_free);
                call!(warm_session_options_set_keep_last(o, 1), &[]);
                call!(warm_session_options_set_keep_best(o, 1), &[]);
            }
            3 => {
                let (o, count) = (i.of(&self.session_options), i.number());
                call!(
                    warm_session_options_set_max_failed_restarts(o, count),
                    &[WARM_OK]
                );
            }
            4 => {
                let (a, b) = (i.objective(), i.objective());
                // 1 is yes.
                call!(
                    warm_session_should_use_seed(session, optional(&a), optional(&b)),
                    &[0, 1]
                );
            }
            5 => {
                let n = i.word() as i64;
                call!(warm_session_note_iterations_saved(session, n), &[WARM_OK]);
            }
            6 => {
                let mut stats = i.record::<warm_start_stats>();
                let status = match i.one_in(2) {
                    true => call!(warm_session_get_start_stats(session, stats.ptr()), &[0]),
                    false => call!(warm_store_get_start_stats(s, stats.ptr()), &[0]),
                };
                stats.check(status);
                if let (WARM_OK, Some(t)) = (status, stats.get()) {
                    assert!((-1..WARM_SEED_KEYS_MAX).contains(&t.seed_level));
                    assert!(t.seeds_taken + t.seeds_refused <= t.seeds_offered);
                }
            }
            7 => {
                let mut out = sentinel();
                let seconds = i.seconds();
                let status = if i.one_in(2) {
                    let key = i.key();
                    call!(
                        warm_store_explain(s, key.ptr(), seconds, &mut out),
                        &[WARM_OK, WARM_NOT_FOUND]
                    )
                } else {
                    call!(
                        warm_session_explain_miss(session, seconds, &mut out),
                        &[WARM_OK, WARM_NOT_FOUND]
                    )
                };
                keep(status, out, &mut self.misses[miss_at], warm_miss_free);
            }
            8 => {
                let mut info = i.record::<warm_miss_info>();
                let status = call!(warm_miss_get_info(m, info.ptr()), &[WARM_OK]);
                info.check(status);
                if let (WARM_OK, Some(t)) = (status, info.get()) {
                    assert!(t.equal > 0 && t.keys_compared <= t.keys_listed);
                }
                let mut key = warm_key { bytes: [0xEE; 32] };
                call!(warm_miss_key(m, &mut key), &[WARM_OK]);
            }
            9 => {
                let mut out = i.room(false);
                let status = call!(
                    warm_miss_text(m, out.buf(), out.cap, out.needed()),
                    &[0, -2]
                );
                out.check(status);
            }
            10 => {
                let place = usize::from(i.byte()) % 2;
                let mut out = sentinel();
                let status = call!(warm_miss_list_fields(m, &mut out), &[WARM_OK]);
                keep(status, out, &mut self.cursors[place], warm_cursor_free);
                let mut field = i.record::<warm_field>();
                let c = i.of(&self.cursors);
                let status = call!(warm_cursor_field(c, field.ptr()), &[WARM_OK]);
                field.check(status);
            }
            11 => {
                let e = i.of(&self.entries);
                let mut level = 99;
                if call!(warm_entry_seed_level(e, &mut level), &[WARM_OK]) == WARM_OK {
                    assert!((-1..WARM_SEED_KEYS_MAX).contains(&level));
                }
            }
            12 => {
                let (key, last, best) = (i.key(), i.number(), i.number());
                let mut removed = -1;
                if !s.is_null() {
                    self.model.lossy[self.model.roots[at]] = true;
                }
                call!(
                    warm_store_retain(s, key.ptr(), last, best, &mut removed),
                    &[WARM_OK, WARM_ERR_PERMISSION]
                );
            }
            _ => {
                let (key, run) = (i.key(), i.text(&RUNS, true));
                let mut count = -1;
                let failed = call!(
                    warm_store_failed_restarts(s, key.ptr(), run.ptr(), run.len, &mut count),
                    &[WARM_OK]
                );
                assert_eq!(failed == WARM_OK, count >= 0);
                call!(
                    warm_store_reset_restarts(s, key.ptr(), null_mut(), 0),
                    &[WARM_OK, WARM_NOT_FOUND, WARM_ERR_PERMISSION]
                );
            }
        }
    }
}
