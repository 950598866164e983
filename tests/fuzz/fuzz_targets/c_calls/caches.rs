//! Caches of blobs: what a get answers is what was put last, or nothing.

use crate::arguments::{Input, Payload, Room, Text};
use crate::{base, call, free, keep, sentinel, World};
use std::collections::HashMap;
use std::ffi::{c_char, c_void};
use std::os::unix::ffi::OsStrExt;
use std::ptr::{null, null_mut};
use warmstart::ffi::*;

const NAMESPACES: [&[u8]; 2] = [b"n", b"m"];
const KEYS: [&[u8]; 4] = [b"a", b"a/1", b"a/2", b"b"];
const LABELS: [&[u8]; 3] = [b"red", b"blue", b"data"];
const WRITE: &[i32] = &[
    WARM_OK,
    WARM_ERR_TOO_LARGE,
    WARM_ERR_CONFLICT,
    WARM_ERR_PERMISSION,
];
const FOUND: &[i32] = &[WARM_OK, WARM_NOT_FOUND];
const CHANGE: &[i32] = &[
    WARM_OK,
    WARM_NOT_FOUND,
    WARM_ERR_PERMISSION,
    WARM_ERR_UNSUPPORTED,
];

/// Where a blob lies: its cache's root, or the one cache that lies in memory; namespace and key.
type Name = (u64, String, String);

pub struct Caches {
    handles: [*mut warm_cache; 3],
    /// Which root each has: below 2, a directory; above, memory that nobody else has.
    roots: [u64; 3],
    options: [*mut warm_cache_options; 2],
    puts: [*mut warm_put; 2],
    blobs: [*mut warm_blob; 3],
    cursors: [*mut warm_cache_cursor; 2],
    /// What was put last; none for what was certainly removed.
    last: HashMap<Name, Option<Vec<u8>>>,
    count: u64,
}

impl Default for Caches {
    fn default() -> Self {
        Caches {
            handles: [null_mut(); 3],
            roots: [0; 3],
            options: [null_mut(); 2],
            puts: [null_mut(); 2],
            blobs: [null_mut(); 3],
            cursors: [null_mut(); 2],
            last: HashMap::new(),
            count: 2,
        }
    }
}

/// Several texts, as C has them.
struct Texts {
    texts: Vec<Text>,
    at: Vec<*const c_char>,
    lens: Vec<i64>,
    /// All of them end with a NUL, and no lengths are said.
    is_bare: bool,
}

impl Texts {
    fn new(i: &mut Input<'_>, choices: &[&[u8]]) -> Texts {
        let n = i.byte() % 4;
        let mut texts: Vec<Text> = (0..n).map(|_| i.text(choices, true)).collect();
        let is_bare = i.one_in(4);
        let lens = texts.iter().map(|t| t.len).collect();
        if is_bare {
            texts.iter_mut().for_each(|t| t.len = -1);
        }
        Texts {
            at: texts.iter().map(Text::ptr).collect(),
            lens,
            is_bare,
            texts,
        }
    }

    fn lens(&self) -> *const i64 {
        if self.is_bare {
            null()
        } else {
            self.lens.as_ptr()
        }
    }

    /// Their number, or one that cannot be.
    fn n(&self, i: &mut Input<'_>) -> i64 {
        match i.byte() {
            255 => i64::MAX,
            254 => -1,
            _ => self.texts.len() as i64,
        }
    }
}

fn read(text: &Text) -> String {
    text.read().to_owned()
}

impl Caches {
    fn name(&self, at: usize, ns: &Text, key: &Text) -> Name {
        (self.roots[at], read(ns), read(key))
    }

    /// What a get answered is what was put last.
    fn check(&self, name: &Name, bytes: &[u8]) {
        let last = self.last.get(name).and_then(Option::as_ref);
        assert!(last.is_some_and(|l| l == bytes), "{name:?}");
    }

    pub fn free_all(&mut self) {
        self.handles
            .iter_mut()
            .for_each(|c| free(c, warm_cache_free));
        self.options
            .iter_mut()
            .for_each(|o| free(o, warm_cache_options_free));
        self.puts.iter_mut().for_each(|p| free(p, warm_put_free));
        self.blobs.iter_mut().for_each(|b| free(b, warm_blob_free));
        self.cursors
            .iter_mut()
            .for_each(|k| free(k, warm_cache_cursor_free));
    }
}

impl World {
    pub fn cache_step(&mut self, i: &mut Input<'_>) {
        for _ in 0..4 {
            match i.byte() {
                0..=19 => self.cache_options_step(i),
                20..=49 => self.cache_open(i),
                50..=79 => self.put_step(i),
                80..=119 => self.cache_put(i),
                120..=159 => self.cache_get(i),
                160..=174 => self.cache_many(i),
                175..=199 => self.cache_ask(i),
                200..=219 => self.cache_invalidate(i),
                220..=234 => self.cache_list(i),
                235..=244 => self.blob_step(i),
                _ => self.cache_upkeep(i),
            }
        }
    }

    fn cache_options_step(&mut self, i: &mut Input<'_>) {
        let (at, o) = i.at(&self.caches.options);
        let _ = match i.byte() % 9 {
            0 | 1 => {
                let mut out = sentinel();
                let status = call!(warm_cache_options_new(&mut out), &[WARM_OK]);
                let place = &mut self.caches.options[at];
                return keep(status, out, place, warm_cache_options_free);
            }
            2 => call!(warm_cache_options_set_memory_budget(o, i.number()), &[0]),
            3 => call!(warm_cache_options_set_disk_budget(o, i.number()), &[0]),
            4 => call!(warm_cache_options_set_durability(o, i.choice()), &[0]),
            5 => call!(
                warm_cache_options_set_read_only(o, i32::from(i.one_in(8))),
                &[0]
            ),
            6 => call!(warm_cache_options_set_promotion(o, i.choice()), &[0]),
            7 => call!(
                warm_cache_options_set_background_promotion(o, i.choice(), i.of(&[4, 0, 1, -1])),
                &[0]
            ),
            _ => call!(warm_cache_options_set_compression(o, i.choice()), &[0]),
        };
    }

    fn cache_open(&mut self, i: &mut Input<'_>) {
        let at = usize::from(i.byte()) % 3;
        let o = i.of(&self.caches.options);
        let mut out = sentinel();
        let (status, root) = if i.one_in(3) {
            self.caches.count += 1;
            let status = call!(warm_cache_open_in_memory(o, &mut out), &[WARM_OK]);
            (status, self.caches.count)
        } else {
            let root = u64::from(i.byte() % 2);
            let path = base().join(format!("cache{root}"));
            let path = match i.byte() {
                250.. => Text::of(base().join("file").as_os_str().as_bytes()),
                _ => Text::of(path.as_os_str().as_bytes()),
            };
            // Where there is nothing yet, one who only reads finds no directory.
            let outcomes = &[WARM_OK, WARM_ERR_IO, WARM_ERR_PERMISSION];
            let status = call!(warm_cache_open(path.ptr(), path.len, o, &mut out), outcomes);
            (status, root)
        };
        keep(status, out, &mut self.caches.handles[at], warm_cache_free);
        if status == WARM_OK {
            self.caches.roots[at] = root;
        }
    }

    fn put_step(&mut self, i: &mut Input<'_>) {
        let (at, p) = i.at(&self.caches.puts);
        let limit = &[WARM_OK, WARM_ERR_TOO_LARGE];
        let _ = match i.byte() % 18 {
            0..=3 => {
                let mut out = sentinel();
                let status = call!(warm_put_new(&mut out), &[WARM_OK]);
                return keep(status, out, &mut self.caches.puts[at], warm_put_free);
            }
            4 => call!(warm_put_set_version(p, i.of(&[0, 1, 2, u64::MAX])), &[0]),
            5 => {
                let (has, expected) = (i.choice(), u64::from(i.byte() % 3));
                let version = u64::from(i.byte() % 3);
                call!(warm_put_set_swap(p, has, expected, version), &[0])
            }
            6 => {
                let t = i.text(&LABELS, true);
                call!(warm_put_add_tag(p, t.ptr(), t.len), limit)
            }
            7 => {
                let t = i.text(&LABELS, true);
                call!(warm_put_add_dependency(p, t.ptr(), t.len), limit)
            }
            8 => {
                let (n, v) = (i.text(&KEYS, true), i.text(&[&[b'v'; 3000], b""], true));
                call!(warm_put_set_pair(p, n.ptr(), n.len, v.ptr(), v.len), limit)
            }
            9 => {
                let t = i.text(&[b"image/png", b"text/plain"], true);
                call!(warm_put_set_content_type(p, t.ptr(), t.len), &[0])
            }
            10 => call!(
                warm_put_set_priority(p, i.of(&[0, 128, 255, 256, -1])),
                &[0]
            ),
            11 => call!(warm_put_set_admission(p, i.choice()), &[0]),
            12 => call!(warm_put_set_ttl_seconds(p, i.seconds()), &[0]),
            13 => call!(
                warm_put_set_deadline_unix_ms(p, i.of(&[i64::MAX, 0, 1, -1])),
                &[0]
            ),
            14 => call!(warm_put_set_jitter_percent(p, i.seconds()), &[0]),
            15 => call!(warm_put_set_idle_seconds(p, i.seconds()), &[0]),
            16 => call!(warm_put_set_stale_seconds(p, i.seconds()), &[0]),
            _ => call!(warm_put_set_largest(p, i.number()), &[0]),
        };
    }

    fn cache_put(&mut self, i: &mut Input<'_>) {
        let (at, c) = i.at(&self.caches.handles);
        let (ns, key) = (i.text(&NAMESPACES, true), i.text(&KEYS, true));
        self.caches.count += 1;
        let payload = i.payload(self.caches.count);
        let put = if i.one_in(2) {
            i.of(&self.caches.puts)
        } else {
            null_mut()
        };
        let mut receipt = i.record::<warm_put_receipt>();
        let status = call!(
            warm_cache_put(
                c,
                ns.ptr(),
                ns.len,
                key.ptr(),
                key.len,
                payload.ptr(),
                payload.len,
                put,
                receipt.ptr()
            ),
            WRITE
        );
        receipt.check(status);
        if status == WARM_OK {
            if let Some(r) = receipt.get() {
                assert!(matches!(
                    (r.in_memory, r.on_disk, r.replaced),
                    (0..=1, 0..=1, 0..=1)
                ));
                assert!(r.evicted_from_memory >= 0 && r.evicted_from_disk >= 0);
            }
            let name = self.caches.name(at, &ns, &key);
            self.caches.last.insert(name, Some(payload.bytes));
        }
    }

    fn cache_get(&mut self, i: &mut Input<'_>) {
        let (at, c) = i.at(&self.caches.handles);
        let (ns, key) = (i.text(&NAMESPACES, true), i.text(&KEYS, true));
        if i.one_in(2) {
            let place = usize::from(i.byte()) % 3;
            let mut out = sentinel();
            let status = call!(
                warm_cache_get(c, ns.ptr(), ns.len, key.ptr(), key.len, &mut out),
                FOUND
            );
            keep(status, out, &mut self.caches.blobs[place], warm_blob_free);
            if status == WARM_OK {
                let name = self.caches.name(at, &ns, &key);
                self.caches.check(&name, payload_of(out));
            }
            return;
        }
        let (mut out, mut info) = (i.room(true), i.record::<warm_blob_info>());
        let status = call!(
            warm_cache_get_into(
                c,
                ns.ptr(),
                ns.len,
                key.ptr(),
                key.len,
                out.buf(),
                out.cap,
                out.needed(),
                info.ptr()
            ),
            &[WARM_OK, WARM_NOT_FOUND, WARM_ERR_BUFFER]
        );
        // The payload may end with what the room was filled with.
        if status != WARM_OK {
            out.check(status);
        }
        info.check(status);
        if let (WARM_OK, Some(bytes)) = (status, out.contents()) {
            let name = self.caches.name(at, &ns, &key);
            self.caches.check(&name, bytes);
        }
    }

    fn cache_many(&mut self, i: &mut Input<'_>) {
        let (at, c) = i.at(&self.caches.handles);
        let (ns, keys) = (i.text(&NAMESPACES, true), Texts::new(i, &KEYS));
        let n = keys.n(i);
        let mut statuses = [-77; 4];
        let root = self.caches.roots[at];
        let name = |t: &Text| (root, read(&ns), read(t));
        if i.one_in(2) {
            let mut out = [sentinel::<warm_blob>(); 4];
            let status = call!(
                warm_cache_get_many(
                    c,
                    ns.ptr(),
                    ns.len,
                    keys.at.as_ptr(),
                    keys.lens(),
                    n,
                    out.as_mut_ptr(),
                    statuses.as_mut_ptr()
                ),
                &[WARM_OK]
            );
            for (at, text) in keys.texts.iter().enumerate() {
                if status != WARM_OK {
                    assert!(out[at].is_null() || !(0..=3).contains(&n));
                    continue;
                }
                let each = statuses[at];
                // An empty key is refused by itself.
                assert!(FOUND.contains(&each) || each == WARM_ERR_INVALID, "{each}");
                assert_eq!(out[at].is_null(), statuses[at] != WARM_OK);
                if statuses[at] == WARM_OK {
                    self.caches.check(&name(text), payload_of(out[at]));
                    free(&mut out[at], warm_blob_free);
                }
            }
            return;
        }
        let payloads: Vec<Payload> = keys
            .texts
            .iter()
            .map(|_| {
                self.caches.count += 1;
                i.payload(self.caches.count)
            })
            .collect();
        let at: Vec<*const c_void> = payloads.iter().map(Payload::ptr).collect();
        let lens: Vec<i64> = payloads.iter().map(|p| p.len).collect();
        let put = i.of(&self.caches.puts);
        let status = call!(
            warm_cache_put_many(
                c,
                ns.ptr(),
                ns.len,
                keys.at.as_ptr(),
                keys.lens(),
                at.as_ptr(),
                lens.as_ptr(),
                n,
                put,
                statuses.as_mut_ptr()
            ),
            &[WARM_OK]
        );
        for ((text, payload), each) in keys.texts.iter().zip(payloads).zip(statuses) {
            if status != WARM_OK {
                assert_eq!(each, -77);
            } else if each == WARM_OK {
                self.caches.last.insert(name(text), Some(payload.bytes));
            } else {
                assert!(WRITE.contains(&each) || each == WARM_ERR_INVALID, "{each}");
            }
        }
    }

    fn cache_ask(&mut self, i: &mut Input<'_>) {
        let (at, c) = i.at(&self.caches.handles);
        let (ns, key) = (i.text(&NAMESPACES, true), i.text(&KEYS, true));
        let (n, k) = ((ns.ptr(), ns.len), (key.ptr(), key.len));
        match i.byte() % 5 {
            0 => {
                let mut what = -77;
                let status = call!(
                    warm_cache_existence(c, n.0, n.1, k.0, k.1, &mut what),
                    &[WARM_OK]
                );
                let known = WARM_EXISTENCE_ABSENT..=WARM_EXISTENCE_MAYBE;
                assert_eq!(known.contains(&what), status == WARM_OK);
            }
            1 => {
                call!(warm_cache_contains(c, n.0, n.1, k.0, k.1), FOUND);
            }
            2 => {
                let mut info = i.record::<warm_blob_info>();
                let status = call!(warm_cache_peek(c, n.0, n.1, k.0, k.1, info.ptr()), FOUND);
                info.check(status);
            }
            3 => {
                let put = i.of(&self.caches.puts);
                call!(warm_cache_set_life(c, n.0, n.1, k.0, k.1, put), CHANGE);
            }
            _ => {
                let status = call!(warm_cache_remove(c, n.0, n.1, k.0, k.1), CHANGE);
                if status >= 0 {
                    let name = self.caches.name(at, &ns, &key);
                    self.caches.last.insert(name, None);
                }
            }
        }
    }

    fn cache_invalidate(&mut self, i: &mut Input<'_>) {
        let c = i.of(&self.caches.handles);
        let ns = i.text(&NAMESPACES, true);
        let mut count = -77i64;
        let out = if i.one_in(8) {
            null_mut()
        } else {
            &mut count as *mut i64
        };
        let status = match i.byte() % 3 {
            0 => {
                let p = i.text(&KEYS, true);
                call!(
                    warm_cache_invalidate_prefix(c, ns.ptr(), ns.len, p.ptr(), p.len, out),
                    CHANGE
                )
            }
            kind => {
                let labels = Texts::new(i, &LABELS);
                let (n, at, lens) = (labels.n(i), labels.at.as_ptr(), labels.lens());
                let (ns, ns_len) = (ns.ptr(), ns.len);
                if kind == 1 {
                    call!(
                        warm_cache_invalidate_tags(c, ns, ns_len, at, lens, n, out),
                        CHANGE
                    )
                } else {
                    call!(
                        warm_cache_invalidate_dependencies(c, ns, ns_len, at, lens, n, out),
                        CHANGE
                    )
                }
            }
        };
        assert!(out.is_null() || (count >= 0) == (status == WARM_OK));
    }

    fn cache_list(&mut self, i: &mut Input<'_>) {
        let c = i.of(&self.caches.handles);
        let (at, k) = i.at(&self.caches.cursors);
        match i.byte() % 6 {
            0 => {
                let mut out = sentinel();
                let status = call!(warm_cache_list_namespaces(c, &mut out), &[WARM_OK]);
                let place = &mut self.caches.cursors[at];
                keep(status, out, place, warm_cache_cursor_free);
            }
            1 => {
                let (ns, p) = (i.text(&NAMESPACES, true), i.text(&[b"", b"a/", b"b"], true));
                let mut out = sentinel();
                let status = call!(
                    warm_cache_list(c, ns.ptr(), ns.len, p.ptr(), p.len, &mut out),
                    &[WARM_OK]
                );
                let place = &mut self.caches.cursors[at];
                keep(status, out, place, warm_cache_cursor_free);
            }
            2 | 3 => {
                call!(warm_cache_cursor_next(k), FOUND);
            }
            4 => {
                let mut out = i.room(false);
                let status = call!(
                    warm_cache_cursor_key(k, out.buf(), out.cap, out.needed()),
                    &[WARM_OK, WARM_ERR_BUFFER]
                );
                out.check(status);
            }
            _ => {
                let mut info = i.record::<warm_blob_info>();
                let status = call!(warm_cache_cursor_info(k, info.ptr()), &[WARM_OK]);
                info.check(status);
            }
        }
    }

    fn blob_step(&mut self, i: &mut Input<'_>) {
        let b = i.of(&self.caches.blobs);
        let number = i.of(&[0, 1, -1, i64::MAX]);
        let mut count = -77;
        let text = |out: &mut Room, status: i32| out.check(status);
        let outcomes = &[WARM_OK, WARM_NOT_FOUND, WARM_ERR_BUFFER];
        let mut out = i.room(false);
        let (cap, needed, buf) = (out.cap, out.needed(), out.buf());
        match i.byte() % 10 {
            0 => {
                let mut info = i.record::<warm_blob_info>();
                let status = call!(warm_blob_get_info(b, info.ptr()), &[WARM_OK]);
                info.check(status);
            }
            1 => {
                let mut out = i.room(true);
                let status = call!(
                    warm_blob_copy(b, out.buf(), out.cap, out.needed()),
                    &[WARM_OK, WARM_ERR_BUFFER]
                );
                if let (WARM_OK, Some(bytes)) = (status, out.contents()) {
                    assert_eq!(bytes, payload_of(b));
                }
            }
            2 => {
                call!(warm_blob_tag_count(b, &mut count), &[WARM_OK]);
            }
            3 => {
                call!(warm_blob_dependency_count(b, &mut count), &[WARM_OK]);
            }
            4 => {
                call!(warm_blob_pair_count(b, &mut count), &[WARM_OK]);
            }
            5 => {
                let status = call!(warm_blob_tag(b, number, buf, cap, needed), outcomes);
                text(&mut out, status);
            }
            6 => {
                let status = call!(warm_blob_dependency(b, number, buf, cap, needed), outcomes);
                text(&mut out, status);
            }
            7 => {
                let status = call!(warm_blob_pair_name(b, number, buf, cap, needed), outcomes);
                text(&mut out, status);
            }
            8 => {
                let status = call!(warm_blob_pair_value(b, number, buf, cap, needed), outcomes);
                text(&mut out, status);
            }
            _ => {
                let status = call!(warm_blob_content_type(b, buf, cap, needed), outcomes);
                text(&mut out, status);
            }
        }
    }

    fn cache_upkeep(&mut self, i: &mut Input<'_>) {
        let (at, c) = i.at(&self.caches.handles);
        match i.byte() % 8 {
            0 => {
                let ns = i.text(&NAMESPACES, true);
                let status = call!(warm_cache_flush(c, ns.ptr(), ns.len), CHANGE);
                if status == WARM_OK {
                    let (root, ns) = (self.caches.roots[at], read(&ns));
                    let of_it = |name: &Name| name.0 == root && name.1 == ns;
                    let last = &mut self.caches.last;
                    last.iter_mut()
                        .filter(|(name, _)| of_it(name))
                        .for_each(|(_, bytes)| *bytes = None);
                }
            }
            1 => {
                let (ns, n) = (i.text(&NAMESPACES, true), i.number());
                // It is a namespace's first sign, of which there may be too many.
                let outcomes = &[
                    WARM_OK,
                    WARM_ERR_PERMISSION,
                    WARM_ERR_UNSUPPORTED,
                    WARM_ERR_TOO_LARGE,
                ];
                call!(warm_cache_set_quota(c, ns.ptr(), ns.len, n), outcomes);
            }
            2 => {
                let (ns, mut stats) = (i.text(&NAMESPACES, true), i.record::<warm_cache_stats>());
                let status = call!(
                    warm_cache_get_stats(c, ns.ptr(), ns.len, stats.ptr()),
                    &[WARM_OK]
                );
                stats.check(status);
                if let (WARM_OK, Some(s)) = (status, stats.get()) {
                    assert_eq!(s.memory_misses, s.disk_hits + s.misses);
                }
            }
            3 => {
                call!(warm_cache_sweep(c), CHANGE);
            }
            4 => {
                let root = base().join(format!("copy{}", i.byte() % 2));
                let root = Text::of(root.as_os_str().as_bytes());
                let mut out = sentinel::<warm_task>();
                let status = call!(
                    warm_cache_start_copy(c, root.ptr(), root.len, &mut out),
                    &[WARM_OK]
                );
                if status == WARM_OK {
                    if i.byte() % 2 == 0 {
                        call!(warm_task_cancel(out), &[WARM_OK]);
                    }
                    let mut outcomes = CHANGE.to_vec();
                    outcomes.extend([WARM_TIMEOUT, WARM_CANCELLED, WARM_ERR_INVALID]);
                    call!(warm_task_wait(out, 0.01), &outcomes);
                    free(&mut out, warm_task_free);
                }
            }
            5 => {
                call!(
                    warm_cache_drain(c, i.of(&[0.0, 60.0, -1.0, f64::NAN])),
                    &[WARM_OK, WARM_TIMEOUT]
                );
            }
            6 => {
                let mut out = i.room(false);
                let status = call!(
                    warm_cache_root(c, out.buf(), out.cap, out.needed()),
                    &[WARM_OK, WARM_NOT_FOUND, WARM_ERR_BUFFER]
                );
                out.check(status);
            }
            _ => {
                let mut out = sentinel::<warm_task>();
                let status = call!(warm_cache_start_verify(c, &mut out), &[WARM_OK]);
                if status != WARM_OK {
                    return assert!(out.is_null());
                }
                call!(
                    warm_task_wait(out, 0.01),
                    &[WARM_OK, WARM_TIMEOUT, WARM_CANCELLED]
                );
                free(&mut out, warm_task_free);
            }
        }
    }
}

fn payload_of<'a>(b: *const warm_blob) -> &'a [u8] {
    let (mut data, mut len) = (null(), -77);
    let status = call!(warm_blob_payload(b, &mut data, &mut len), &[WARM_OK]);
    assert_eq!(status, WARM_OK);
    assert!(!data.is_null() && data as usize % 64 == 0);
    // SAFETY: they are borrowed of the blob, which its callers free afterwards.
    unsafe { std::slice::from_raw_parts(data.cast(), len as usize) }
}
