//! Records: their fields, their store, and what one hands on to another.

use crate::arguments::{Input, Room, Text};
use crate::{base, call, free, keep, sentinel, World};
use std::os::unix::ffi::OsStrExt;
use std::ptr::{null, null_mut};
use warmstart::ffi::*;

const FIELDS: &[&[u8]] = &[
    b"key",
    b"n_rows",
    b"n_cols",
    b"rho",
    b"beta",
    b"prev_rho",
    b"last_inner_converged",
    b"last_pirls_lm_lambda",
    b"version",
    b"block_names",
    b"block_dims",
    b"block_beta",
    b"active_sets",
    b"inner",
    b"inner.cycles",
    b"inner.log_likelihood",
    b"descriptor.family_kind",
    b"descriptor.row_population",
    b"descriptor.row_population.n_rows",
    b"descriptor_key",
    b"descriptor.term_identities",
    b"terms.identity",
    b"terms.role",
    b"terms.rho_for_term",
    b"terms.raw_beta",
    b"terms.provenance",
    b"terms.source",
    b"terms.joint_null_rotation",
    b"terms.joint_null_rotation.nrows",
    b"terms.joint_null_rotation.data",
    b"global.outer_objective",
    b"roh",
];
const JSON: &[&[u8]] = &[
    br#"{"version":1,"key":"k","n_rows":1,"n_cols":1,"rho":[0.5],"beta":[1],"x":{}}"#,
    br#"{"version":1,"key":"k","n_rows":1,"block_names":["m"],"block_dims":[1],"rho":[],"block_beta":[[1]],"active_sets":[null]}"#,
    br#"{"schema":1,"descriptor":{"family_kind":"g","term_identities":[],"response_signature":{"family_kind":"g","n_response_channels":1}},"terms":[],"global":{"outer_objective":1,"converged":true,"n_rows":3}}"#,
    b"{}",
    b"[",
];
const DONE: &[i32] = &[WARM_OK];
const READ: &[i32] = &[WARM_OK, WARM_NOT_FOUND];
const COPIED: &[i32] = &[WARM_OK, WARM_NOT_FOUND, WARM_ERR_BUFFER];
const COMPARED: &[i32] = &[WARM_OK, WARM_ERR_INCOMPATIBLE];

/// Room for items of eight bytes, of which `needed` counts items.
fn items(i: &mut Input<'_>) -> ([f64; 64], i64) {
    ([-7.0; 64], i.of(&[64, 64, 2, 1, 0, -1, i64::MIN]))
}

impl World {
    /// A few calls in a row: one alone seldom has anything to work on.
    pub fn record_step(&mut self, i: &mut Input<'_>) {
        for _ in 0..=i.byte() % 16 {
            self.record_call(i);
        }
    }

    fn record_call(&mut self, i: &mut Input<'_>) {
        let (at, r) = i.at(&self.records);
        let n = i.byte() % 32;
        let field = i.text(FIELDS, true);
        let (name, len) = (field.ptr(), field.len);
        let index = i.of(&[0, 0, 0, 1, 2, -1, i64::MAX]);
        match n {
            0..=3 => {
                let kind = i.of(&[0, 1, 2, 0, 1, 2, 3, -1]);
                let mut out = sentinel();
                let status = match n {
                    0 | 1 => call!(warm_record_new(kind, &mut out), DONE),
                    _ => {
                        let json = i.text(JSON, false);
                        // Bytes have no -1, and what is NULL has no length.
                        let len = if json.ptr().is_null() { 0 } else { json.len };
                        let data = json.ptr().cast();
                        call!(warm_record_from_json(kind, data, len, &mut out), COMPARED)
                    }
                };
                keep(status, out, &mut self.records[at], warm_record_free);
            }
            4 => {
                let mut room = i.room(true);
                let (buf, cap) = (room.buf(), room.cap);
                let outcomes = &[WARM_OK, WARM_ERR_BUFFER];
                let status = call!(warm_record_to_json(r, buf, cap, room.needed()), outcomes);
                room.check(status);
            }
            5 => {
                let mut key = warm_key { bytes: [0xEE; 32] };
                if call!(warm_record_key(r, &mut key), DONE) != WARM_OK {
                    assert_eq!(key.bytes, [0xEE; 32]);
                }
                let text = i.text(&[b"k", b"", b"another"], false);
                let space = i.of(&[0, 1, 2, -1]);
                call!(
                    warm_key_from_text(space, text.ptr(), text.len, &mut key),
                    DONE
                );
            }
            6 | 7 => {
                let like = i.of(&self.records);
                call!(warm_record_check(r, like), COMPARED);
            }
            8 | 9 => {
                let from = i.of(&self.records);
                call!(warm_record_transfer(r, from), COMPARED);
            }
            10 | 11 => self.add_term(r, i),
            12 => {
                let (mut holds, mut count) = (-7, -7);
                let status = call!(
                    warm_record_describe(r, name, len, &mut holds, &mut count),
                    DONE
                );
                assert_eq!(status == WARM_OK, (0..5).contains(&holds) && count >= 0);
            }
            13 | 14 => {
                let text = i.text(&[b"mu", b"k", b"Mean", b"projected", &[b'a'; 64]], false);
                let (p, n) = (text.ptr(), text.len);
                call!(warm_record_set_text(r, name, len, index, p, n), DONE);
            }
            15 => {
                let mut room: Room = i.room(false);
                let (buf, cap) = (room.buf(), room.cap);
                let needed = room.needed();
                let status = call!(
                    warm_record_get_text(r, name, len, index, buf, cap, needed),
                    COPIED
                );
                room.check(status);
            }
            16 | 17 => {
                let value = i.number();
                call!(warm_record_set_integer(r, name, len, index, value), DONE);
            }
            18 => {
                let mut value = -7;
                let status = call!(
                    warm_record_get_integer(r, name, len, index, &mut value),
                    READ
                );
                assert_eq!(status == WARM_OK, value >= 0);
            }
            19 | 20 => {
                let value = i.objective().unwrap_or(1.0);
                let status = call!(warm_record_set_number(r, name, len, index, value), DONE);
                assert!(status != WARM_OK || value.is_finite());
            }
            21 => {
                let mut value = f64::NAN;
                let status = call!(
                    warm_record_get_number(r, name, len, index, &mut value),
                    READ
                );
                assert_eq!(status == WARM_OK, value.is_finite());
            }
            22 => {
                let values = [0, 1, i64::from(i.byte()), i.number()];
                let n = i.of(&[4, 3, 0, -1, i64::MAX]);
                let p = values.as_ptr();
                call!(warm_record_set_integers(r, name, len, index, p, n), DONE);
            }
            23 => {
                let (mut room, cap) = items(i);
                let (mut needed, buf) = (-7, room.as_mut_ptr().cast());
                let status = call!(
                    warm_record_get_integers(r, name, len, index, buf, cap, &mut needed),
                    COPIED
                );
                assert_eq!(needed >= 0, [WARM_OK, WARM_ERR_BUFFER].contains(&status));
            }
            24 | 25 => {
                let values = [
                    -0.0,
                    f64::from(i.byte()) - 100.0,
                    9.0,
                    i.objective().unwrap_or(0.5),
                ];
                let n = i.of(&[1, 2, 4, 0, -1, i64::MAX]);
                let p = if n == 0 { null() } else { values.as_ptr() };
                call!(warm_record_set_numbers(r, name, len, index, p, n), DONE);
            }
            26 => {
                let (mut room, cap) = items(i);
                let (mut needed, buf) = (-7, room.as_mut_ptr());
                let status = call!(
                    warm_record_get_numbers(r, name, len, index, buf, cap, &mut needed),
                    COPIED
                );
                assert_eq!(needed >= 0, [WARM_OK, WARM_ERR_BUFFER].contains(&status));
                assert!(status == WARM_OK || room == [-7.0; 64]);
            }
            27 => {
                call!(warm_record_clear(r, name, len, index), DONE);
            }
            28 => {
                // The second is the same store; both keep it.
                let root = Text::of(base().join("records").as_os_str().as_bytes());
                let mut out = sentinel();
                let status = call!(
                    warm_store_open_records(root.ptr(), root.len, &mut out),
                    DONE
                );
                keep(
                    status,
                    out,
                    &mut self.record_stores[at % 2],
                    warm_store_free,
                );
            }
            29 | 30 => {
                let s = self.record_stores[at % 2];
                if call!(warm_store_save_record(s, r), DONE) == WARM_OK {
                    let mut out = sentinel();
                    let status = call!(warm_store_load_record(s, r, &mut out), DONE);
                    assert_eq!(status, WARM_OK, "what was stored is found");
                    assert_eq!(call!(warm_record_check(out, r), DONE), WARM_OK);
                    free(&mut out, warm_record_free);
                }
            }
            _ => {
                let s = self.record_stores[at % 2];
                let mut out = sentinel();
                let outcomes = &[WARM_OK, WARM_NOT_FOUND, WARM_ERR_INCOMPATIBLE];
                let status = call!(warm_store_load_record(s, r, &mut out), outcomes);
                let place = usize::from(i.byte()) % 3;
                keep(status, out, &mut self.records[place], warm_record_free);
            }
        }
    }

    fn add_term(&mut self, r: *mut warm_record, i: &mut Input<'_>) {
        let name = i.text(&[b"mu", b"log sigma"], false);
        let role = i.of(&[-1, 0, 1, 2, 3, i32::MIN]);
        let labels = [c"a".as_ptr(), null(), c"".as_ptr()];
        let valid = [1, 0, i.byte() % 2];
        let dims = [2, i.number()];
        let (labels_at, valid_at) = match i.byte() % 8 {
            7 => (null(), null()),
            6 => (labels.as_ptr(), null()),
            _ => (labels.as_ptr(), valid.as_ptr()),
        };
        let n = i.of(&[0, 1, 2, 3, -1, i64::MAX]);
        let n_dims = i.of(&[0, 1, 2, -1]);
        let width = i.of(&[3, 0, -1, i64::MAX]);
        // A length that is refused is refused unread.
        let n = if n == i64::MAX && labels_at.is_null() {
            1
        } else {
            n
        };
        call!(
            warm_record_add_term(
                r,
                name.ptr(),
                name.len,
                role,
                labels_at,
                null(),
                valid_at,
                n,
                dims.as_ptr(),
                n_dims,
                width
            ),
            DONE
        );
    }

    pub fn free_records(&mut self) {
        self.record_stores
            .iter_mut()
            .for_each(|s| free(s, warm_store_free));
        self.records
            .iter_mut()
            .for_each(|r| free(r, warm_record_free));
        // SAFETY: NULL is legal.
        unsafe { warm_record_free(null_mut()) };
    }
}
