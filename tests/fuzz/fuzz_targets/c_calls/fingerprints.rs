//! Fingerprinters: every frame, with lengths and pointers that do not go together.

use crate::arguments::{Input, Text};
use crate::{call, keep, sentinel, World};
use std::ffi::c_char;
use std::ptr::{null, null_mut};
use warmstart::ffi::*;

const ROOM: usize = 16;

/// What the frames are made of: `ROOM` elements of each type.
struct Pool {
    numbers: [f64; ROOM],
    singles: [f32; ROOM],
    integers: [i32; ROOM],
    longs: [i64; ROOM],
    bytes: [u8; ROOM],
    valid: [u8; ROOM],
    texts: [*const c_char; ROOM],
    lengths: [i64; ROOM],
    codes: [i64; ROOM],
}

static TEXT: &[u8] = b"level\0";
static BAD: &[u8] = b"\xff\xfe\0";

impl Pool {
    fn new(i: &mut Input<'_>) -> Pool {
        let n = i.byte();
        let at = |k: usize| (usize::from(n) + k) as u8;
        let texts: [*const c_char; 4] = [
            TEXT.as_ptr().cast(),
            null(),
            TEXT.as_ptr().cast(),
            BAD.as_ptr().cast(),
        ];
        let each = std::array::from_fn::<usize, ROOM, _>(|k| k);
        Pool {
            numbers: each.map(|k| {
                [0.0, -0.0, f64::NAN, f64::INFINITY, 1.5, f64::MIN][usize::from(at(k)) % 6]
            }),
            singles: each.map(|k| [0.0, -0.0, f32::NAN, 2.5][usize::from(at(k)) % 4]),
            integers: each.map(|k| [0, -1, i32::MIN, i32::MAX][usize::from(at(k)) % 4]),
            longs: each.map(|k| [0, -1, i64::MIN, i64::MAX][usize::from(at(k)) % 4]),
            bytes: each.map(at),
            valid: each.map(|k| at(k) & 1),
            texts: each.map(|k| {
                if n < 128 {
                    TEXT.as_ptr().cast()
                } else {
                    texts[usize::from(at(k)) % 4]
                }
            }),
            lengths: each.map(|k| {
                if n < 160 {
                    [5, -1, 0, 2][k % 4]
                } else {
                    [5, -1, -2, i64::MIN][k % 4]
                }
            }),
            codes: each.map(|k| {
                if n < 128 {
                    (k % 2) as i64
                } else {
                    [0, 1, -1, 99][k % 4]
                }
            }),
        }
    }
}

fn maybe<T>(i: &mut Input<'_>, p: *const T) -> *const T {
    if i.one_in(8) {
        null()
    } else {
        p
    }
}

/// Lengths of elements of four bytes and more: beyond the room only where no memory is so large.
fn count(i: &mut Input<'_>) -> i64 {
    i.of(&[
        0,
        1,
        5,
        ROOM as i64,
        2,
        -1,
        i64::MIN,
        i64::MAX,
        i64::MAX / 2,
    ])
}

fn bytes_count(i: &mut Input<'_>) -> i64 {
    i.of(&[0, 1, 5, ROOM as i64, 2, -1, i64::MIN])
}

impl World {
    pub fn fingerprint_step(&mut self, n: u8, i: &mut Input<'_>) {
        let (at, f) = i.at(&self.fingerprinters);
        let before = digest(f);
        let status = self.fingerprint_call(n, at, f, i);
        // A call that fails has changed nothing.
        if status < 0 && self.fingerprinters[at] == f {
            assert_eq!(digest(f), before);
        }
    }

    fn fingerprint_call(
        &mut self,
        n: u8,
        at: usize,
        f: *mut warm_fingerprinter,
        i: &mut Input<'_>,
    ) -> i32 {
        let ok = &[WARM_OK, WARM_ERR_NO_MEMORY];
        let tag: Text = i.text(&[b"tag", b"", b"y"], false);
        let (t, tn) = (tag.ptr(), tag.len);
        let pool = Pool::new(i);
        let valid = if i.one_in(2) {
            null()
        } else {
            pool.valid.as_ptr()
        };
        match n {
            0..=3 => {
                let mut out = sentinel();
                let to = if i.one_in(8) {
                    null_mut()
                } else {
                    &mut out as *mut _
                };
                let status = call!(warm_fingerprinter_new(to), ok);
                if !to.is_null() {
                    keep(
                        status,
                        out,
                        &mut self.fingerprinters[at],
                        warm_fingerprinter_free,
                    );
                }
                status
            }
            4 => {
                let place = usize::from(i.byte()) % 2;
                let mut out = sentinel();
                let status = call!(warm_fingerprinter_clone(f, &mut out), ok);
                if status == WARM_OK {
                    assert_eq!(digest(out), digest(f));
                }
                keep(
                    status,
                    out,
                    &mut self.fingerprinters[place],
                    warm_fingerprinter_free,
                );
                status
            }
            5 => call!(warm_fingerprinter_absorb_tag(f, t, tn), ok),
            6 => {
                let p = maybe(i, pool.bytes.as_ptr());
                call!(
                    warm_fingerprinter_absorb_bytes(f, t, tn, p.cast(), bytes_count(i)),
                    ok
                )
            }
            7 => {
                let text = i.text(&[b"text", b""], false);
                call!(
                    warm_fingerprinter_absorb_str(f, t, tn, text.ptr(), text.len),
                    ok
                )
            }
            8 => call!(warm_fingerprinter_absorb_u64(f, t, tn, i.word()), ok),
            9 => call!(
                warm_fingerprinter_absorb_f64(f, t, tn, f64::from_bits(i.word())),
                ok
            ),
            10 => {
                let p = maybe(i, pool.numbers.as_ptr());
                call!(
                    warm_fingerprinter_absorb_f64_slice(f, t, tn, p, count(i)),
                    ok
                )
            }
            11 => {
                let p = maybe(i, pool.numbers.as_ptr());
                let (rows, columns) = shape(i);
                call!(
                    warm_fingerprinter_absorb_f64_2d(f, t, tn, rows, columns, p),
                    ok
                )
            }
            12 => {
                let p = maybe(i, pool.bytes.as_ptr());
                call!(
                    warm_fingerprinter_write_bytes(f, p.cast(), bytes_count(i)),
                    ok
                )
            }
            13 => call!(warm_fingerprinter_write_u8(f, i.byte()), ok),
            14 => call!(warm_fingerprinter_write_u64(f, i.word()), ok),
            15 => call!(
                warm_fingerprinter_write_f64(f, f64::from_bits(i.word())),
                ok
            ),
            16 => call!(warm_fingerprinter_write_str(f, t, tn), ok),
            17 => {
                let p = maybe(i, pool.numbers.as_ptr());
                call!(warm_fingerprinter_write_f64_slice(f, p, count(i)), ok)
            }
            18 => {
                let mut key = warm_key { bytes: [0xEE; 32] };
                let to = if i.one_in(8) {
                    null_mut()
                } else {
                    &mut key as *mut _
                };
                let status = call!(warm_fingerprinter_finish(f, to), ok);
                assert!(status == WARM_OK || key.bytes == [0xEE; 32]);
                status
            }
            19 => {
                let mut n = 77u64;
                let to = if i.one_in(8) {
                    null_mut()
                } else {
                    &mut n as *mut _
                };
                let status = call!(warm_fingerprinter_finish_u64(f, to), ok);
                assert!(status == WARM_OK || n == 77);
                status
            }
            20 => {
                let p = maybe(i, pool.integers.as_ptr());
                call!(
                    warm_fingerprinter_absorb_i32_slice(f, t, tn, p, valid, count(i)),
                    ok
                )
            }
            21 => {
                let p = maybe(i, pool.longs.as_ptr());
                call!(
                    warm_fingerprinter_absorb_i64_slice(f, t, tn, p, valid, count(i)),
                    ok
                )
            }
            22 => {
                let p = maybe(i, pool.singles.as_ptr());
                call!(
                    warm_fingerprinter_absorb_f32_slice(f, t, tn, p, valid, count(i)),
                    ok
                )
            }
            23 => {
                let p = maybe(i, pool.bytes.as_ptr());
                call!(
                    warm_fingerprinter_absorb_bool_slice(f, t, tn, p, valid, bytes_count(i)),
                    ok
                )
            }
            24 => {
                let p = maybe(i, pool.numbers.as_ptr());
                call!(
                    warm_fingerprinter_absorb_f64_na_slice(f, t, tn, p, valid, count(i)),
                    ok
                )
            }
            25 => {
                let p = maybe(i, pool.longs.as_ptr());
                call!(
                    warm_fingerprinter_absorb_date_slice(f, t, tn, p, valid, count(i)),
                    ok
                )
            }
            26 => {
                let p = maybe(i, pool.longs.as_ptr());
                call!(
                    warm_fingerprinter_absorb_timestamp_slice(f, t, tn, p, valid, count(i)),
                    ok
                )
            }
            27..=29 => {
                let p = maybe(i, pool.texts.as_ptr());
                let lengths = maybe(i, pool.lengths.as_ptr());
                call!(
                    warm_fingerprinter_absorb_str_list(f, t, tn, p, lengths, valid, count(i)),
                    ok
                )
            }
            30..=33 => {
                let levels = maybe(i, pool.texts.as_ptr());
                let lengths = maybe(i, pool.lengths.as_ptr());
                let present = if i.one_in(2) {
                    null()
                } else {
                    pool.valid.as_ptr()
                };
                let codes = maybe(i, pool.codes.as_ptr());
                call!(
                    warm_fingerprinter_absorb_factor(
                        f,
                        t,
                        tn,
                        levels,
                        lengths,
                        present,
                        count(i),
                        codes,
                        valid,
                        count(i)
                    ),
                    ok
                )
            }
            34..=36 => {
                let p = maybe(i, pool.numbers.as_ptr());
                let (rows, columns) = shape(i);
                call!(
                    warm_fingerprinter_absorb_f64_matrix(
                        f,
                        t,
                        tn,
                        rows,
                        columns,
                        p,
                        valid,
                        i.choice()
                    ),
                    ok
                )
            }
            _ => {
                let mut out: *mut warm_fingerprinter = sentinel();
                let status = call!(warm_fingerprinter_clone(null(), &mut out), &[]);
                assert!(out.is_null());
                status
            }
        }
    }
}

fn shape(i: &mut Input<'_>) -> (i64, i64) {
    let each = [0, 1, 2, 4, -1, i64::MAX, i64::MIN];
    (i.of(&each), i.of(&each))
}

fn digest(f: *const warm_fingerprinter) -> Option<[u8; 32]> {
    let mut key = warm_key { bytes: [0; 32] };
    // SAFETY: the handle is NULL or live.
    (!f.is_null() && unsafe { warm_fingerprinter_finish(f, &mut key) } == WARM_OK)
        .then_some(key.bytes)
}
