//! The remote tier in a build without it: its options are what they are, and nothing is ever attached.

use crate::arguments::{optional, Input};
use crate::{call, free, keep, sentinel, World};
use std::ptr::null_mut;
use warmstart::ffi::*;

/// Options; no handle is ever made.
pub struct Remotes {
    options: [*mut warm_remote_options; 2],
    handle: *mut warm_remote,
}

impl Default for Remotes {
    fn default() -> Self {
        Remotes {
            options: [null_mut(); 2],
            handle: null_mut(),
        }
    }
}

impl Remotes {
    pub fn free_all(&mut self) {
        let options = self.options.iter_mut();
        options.for_each(|o| free(o, warm_remote_options_free));
        free(&mut self.handle, warm_remote_free);
    }
}

impl World {
    pub fn remote_step(&mut self, i: &mut Input<'_>) {
        let place = usize::from(i.byte()) % 2;
        let o = self.remotes.options[place];
        let r = self.remotes.handle;
        match i.byte() % 24 {
            0 | 1 => {
                let mut out = sentinel();
                let status = call!(warm_remote_options_new(&mut out), &[WARM_OK]);
                keep(
                    status,
                    out,
                    &mut self.remotes.options[place],
                    warm_remote_options_free,
                );
            }
            2 => {
                call!(warm_remote_options_set_uploads(o, i.choice()), &[WARM_OK]);
            }
            3 => {
                call!(warm_remote_options_set_lookup(o, i.choice()), &[WARM_OK]);
            }
            4 => {
                call!(
                    warm_remote_options_set_deadline_seconds(o, i.seconds()),
                    &[WARM_OK]
                );
            }
            5 => {
                call!(
                    warm_remote_options_set_payload_limit(o, i.number()),
                    &[WARM_OK]
                );
            }
            6 => {
                call!(
                    warm_remote_options_set_queue_limit(o, i.number()),
                    &[WARM_OK]
                );
            }
            7 | 8 => {
                let (_, s) = i.at(&self.stores);
                let url = i.text(&[b"memory://x", b"s3://a:b@c/d", b"no url", b""], true);
                let mut out = sentinel();
                let status = call!(
                    warm_store_attach_remote(s, url.ptr(), url.len, o, &mut out),
                    &[WARM_ERR_UNSUPPORTED]
                );
                assert!(out.is_null() && status != WARM_OK);
            }
            9 => {
                let mut out = i.room(false);
                let status = call!(warm_remote_url(r, out.buf(), out.cap, out.needed()), &[]);
                out.check(status);
            }
            10 => {
                let run = i.text(&[b"run", b"..", b""], true);
                call!(
                    warm_remote_upload(r, i.key().ptr(), run.ptr(), run.len),
                    &[]
                );
                call!(warm_remote_fetch(r, i.key().ptr(), i.seconds()), &[]);
                call!(warm_remote_flush(r, i.choice(), i.seconds()), &[]);
            }
            11 => {
                let run = i.text(&[b"run", b"..", b""], true);
                call!(
                    warm_remote_remove(
                        r,
                        i.key().ptr(),
                        run.ptr(),
                        run.len,
                        i.choice(),
                        i.seconds()
                    ),
                    &[]
                );
            }
            12 => {
                let (bytes, age, runs) = (Some(i.number()), Some(i.seconds()), Some(i.number()));
                let mut report = i.record::<warm_retention_report>();
                let status = call!(
                    warm_remote_retain(
                        r,
                        optional(&bytes),
                        optional(&age),
                        optional(&runs),
                        i.choice(),
                        i.seconds(),
                        report.ptr()
                    ),
                    &[]
                );
                report.check(status);
            }
            13 => {
                let mut stats = i.record::<warm_remote_stats>();
                let status = call!(warm_remote_get_stats(r, stats.ptr()), &[]);
                stats.check(status);
            }
            14 => {
                let mut out = i.room(false);
                let status = call!(
                    warm_remote_last_failure(r, out.buf(), out.cap, out.needed()),
                    &[]
                );
                out.check(status);
            }
            16..=23 => self.prefetch_step(i),
            _ => {
                free(&mut self.remotes.options[place], warm_remote_options_free);
                free(&mut self.remotes.handle, warm_remote_free);
            }
        }
    }
}
