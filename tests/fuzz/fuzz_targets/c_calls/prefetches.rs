//! The prefetch worker in a build without the remote tier: its options are what they are, and nothing is ever started.

use crate::arguments::{optional, Input};
use crate::{call, free, keep, sentinel, World};
use std::ptr::null_mut;
use warmstart::ffi::*;

/// Options; no handle is ever made.
pub struct Prefetches {
    options: [*mut warm_prefetch_options; 2],
    handle: *mut warm_prefetch,
}

impl Default for Prefetches {
    fn default() -> Self {
        Prefetches {
            options: [null_mut(); 2],
            handle: null_mut(),
        }
    }
}

impl Prefetches {
    pub fn free_all(&mut self) {
        let options = self.options.iter_mut();
        options.for_each(|o| free(o, warm_prefetch_options_free));
        free(&mut self.handle, warm_prefetch_free);
    }
}

impl World {
    pub fn prefetch_step(&mut self, i: &mut Input<'_>) {
        let place = usize::from(i.byte()) % 2;
        let o = self.prefetches.options[place];
        let p = self.prefetches.handle;
        match i.byte() % 20 {
            0..=2 => {
                let mut out = sentinel();
                let status = call!(warm_prefetch_options_new(&mut out), &[WARM_OK]);
                keep(
                    status,
                    out,
                    &mut self.prefetches.options[place],
                    warm_prefetch_options_free,
                );
            }
            3..=9 => self.prefetch_option_step(o, i),
            10 => {
                let r = null_mut();
                let mut out = sentinel();
                let status = call!(warm_remote_start_prefetch(r, o, &mut out), &[]);
                assert!(out.is_null() && status != WARM_OK);
            }
            11 => {
                call!(warm_prefetch_start(p), &[]);
                call!(warm_prefetch_stop(p, i.seconds()), &[]);
                call!(warm_prefetch_refresh(p), &[]);
            }
            12 => {
                let (key, mut accepted) = (i.key(), 7);
                let n = i.of(&[0, 1, -1, i64::MIN]);
                call!(warm_prefetch_hint(p, key.ptr(), n, &mut accepted), &[]);
                call!(
                    warm_prefetch_hint_chain(p, key.ptr(), i.number(), i.choice(), &mut accepted),
                    &[]
                );
                assert_eq!(accepted, 7);
            }
            13 => {
                call!(warm_prefetch_wait(p, i.key().ptr(), i.seconds()), &[]);
                call!(warm_prefetch_cancel(p, i.key().ptr()), &[]);
                call!(warm_prefetch_set_active_model(p, i.key().ptr()), &[]);
            }
            14 => {
                let run = i.text(&[b"run", b"..", b""], true);
                let ns = i.text(&[b"fits", b""], true);
                let (bytes, accessed) = (Some(i.number()), Some(i.number()));
                let (key, parent, model) = (i.key(), i.key(), i.key());
                call!(
                    warm_prefetch_note(
                        p,
                        key.ptr(),
                        run.ptr(),
                        run.len,
                        parent.ptr(),
                        i.number(),
                        optional(&bytes),
                        optional(&accessed),
                        model.ptr(),
                        ns.ptr(),
                        ns.len
                    ),
                    &[]
                );
            }
            15 => {
                let mut out = sentinel();
                call!(warm_prefetch_plan(p, i.number(), &mut out), &[]);
                assert!(out.is_null());
            }
            16 => {
                // Of no list that can be made here.
                let (_, c) = i.at(&self.cursors);
                let mut score = 7.0;
                call!(warm_cursor_score(c, &mut score), &[]);
                assert!(score == 7.0);
            }
            17 => {
                let mut stats = i.record::<warm_prefetch_stats>();
                let status = call!(warm_prefetch_get_stats(p, stats.ptr()), &[]);
                stats.check(status);
            }
            18 => {
                let mut cycle = i.record::<warm_prefetch_cycle>();
                let status = call!(warm_prefetch_get_last_cycle(p, cycle.ptr()), &[]);
                cycle.check(status);
            }
            _ => {
                free(
                    &mut self.prefetches.options[place],
                    warm_prefetch_options_free,
                );
                free(&mut self.prefetches.handle, warm_prefetch_free);
            }
        }
    }

    fn prefetch_option_step(&mut self, o: *mut warm_prefetch_options, i: &mut Input<'_>) {
        match i.byte() % 10 {
            0 => {
                let (a, b, c) = (i.seconds(), i.seconds(), i.seconds());
                call!(warm_prefetch_options_set_weights(o, a, b, c), &[WARM_OK]);
            }
            1 => {
                call!(
                    warm_prefetch_options_set_half_life_seconds(o, i.seconds()),
                    &[WARM_OK]
                );
            }
            2 => {
                call!(
                    warm_prefetch_options_set_interval_seconds(o, i.seconds()),
                    &[WARM_OK]
                );
            }
            3 => {
                call!(
                    warm_prefetch_options_set_parallel(o, i.number()),
                    &[WARM_OK]
                );
            }
            4 => {
                call!(
                    warm_prefetch_options_set_cycle_bytes(o, i.number()),
                    &[WARM_OK]
                );
            }
            5 => {
                call!(
                    warm_prefetch_options_set_cycle_seconds(o, i.seconds()),
                    &[WARM_OK]
                );
            }
            6 => {
                call!(
                    warm_prefetch_options_set_fetch_deadline_seconds(o, i.seconds()),
                    &[WARM_OK]
                );
            }
            7 => {
                call!(
                    warm_prefetch_options_set_listing_deadline_seconds(o, i.seconds()),
                    &[WARM_OK]
                );
            }
            8 => {
                let (first, longest) = (i.seconds(), i.seconds());
                call!(
                    warm_prefetch_options_set_back_off_seconds(o, first, longest),
                    &[WARM_OK]
                );
            }
            _ => {
                call!(warm_prefetch_options_set_dry_run(o, i.choice()), &[WARM_OK]);
            }
        }
    }
}
