//! Random sequences of calls of the C functions, with arguments that are right, NULL, freed (and so
//! nulled), or wrong in every way that a caller may get them wrong without lying about memory.
//!
//! Each call is checked by its status, its outputs and the last error; what lookups answer is checked
//! against what was saved.

#![no_main]
// The callers of `call!` pass pointers; that they are good is said there.
#![allow(clippy::macro_metavars_in_unsafe)]

mod arguments;
mod caches;
mod carried;
mod fingerprints;
mod model;
mod policy;
mod prefetches;
mod records;
mod regions;
mod remotes;
mod sessions;
mod starts;
mod stores;
mod tasks;

use arguments::Input;
use libfuzzer_sys::fuzz_target;
use model::Model;
use std::path::PathBuf;
use std::sync::OnceLock;
use warmstart::ffi::*;

/// Everything on the disk lies below, and nothing is there between two inputs.
static BASE: OnceLock<PathBuf> = OnceLock::new();

pub fn base() -> &'static PathBuf {
    BASE.get_or_init(|| {
        std::env::temp_dir().join(format!("warmstart-c-calls-{}", std::process::id()))
    })
}

fuzz_target!(
    init: {
        std::env::set_var("WARMSTART_DIR", base().join("default"));
        // A failing check aborts: the files go first.
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let _ = std::fs::remove_dir_all(base());
            report(panic);
        }));
    },
    |bytes: &[u8]| {
        std::fs::create_dir_all(base()).expect("a scratch directory");
        std::fs::write(base().join("file"), b"x").expect("a file in it");
        THREADS.get_or_init(threads);
        let mut world = World::default();
        let mut input = Input::new(bytes);
        for _ in 0..200 {
            if input.is_empty() {
                break;
            }
            world.step(&mut input);
        }
        world.free_all();
        clear();
    }
);

/// What was accepted is still written, and what was cancelled comes to its end, on threads of the
/// library's: afterwards none of them may be left.
fn clear() {
    let others = *THREADS.get().expect("counted at the first input");
    for _ in 0..100_000 {
        if threads() <= others {
            std::fs::remove_dir_all(base()).expect("nobody writes there any more");
            return;
        }
        std::thread::sleep(std::time::Duration::from_micros(100));
    }
    panic!("a thread of the library's goes on although every handle is freed");
}

/// How many threads there are before the library is called: the fuzzer's.
static THREADS: OnceLock<usize> = OnceLock::new();

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

/// Handles in small tables: an empty place is NULL.
pub struct World {
    pub stores: [*mut warm_store; 3],
    pub store_options: [*mut warm_store_options; 2],
    pub sessions: [*mut warm_session; 3],
    pub session_options: [*mut warm_session_options; 2],
    pub entries: [*mut warm_entry; 3],
    pub cursors: [*mut warm_cursor; 2],
    pub tasks: [tasks::Task; 3],
    pub misses: [*mut warm_miss; 2],
    pub fingerprinters: [*mut warm_fingerprinter; 2],
    pub records: [*mut warm_record; 3],
    pub record_stores: [*mut warm_store; 2],
    pub caches: caches::Caches,
    pub carried: carried::Carried,
    pub remotes: remotes::Remotes,
    pub prefetches: prefetches::Prefetches,
    pub model: Model,
    /// What each session has protected.
    pub protected: [regions::Protected; 3],
    pub arrays: regions::Arrays,
    /// Calls that may have changed something on the disk.
    pub changes: u64,
    /// A session with background writing was opened.
    pub has_background: bool,
}

impl Default for World {
    fn default() -> Self {
        use std::ptr::null_mut;
        World {
            stores: [null_mut(); 3],
            store_options: [null_mut(); 2],
            sessions: [null_mut(); 3],
            session_options: [null_mut(); 2],
            entries: [null_mut(); 3],
            cursors: [null_mut(); 2],
            tasks: Default::default(),
            misses: [null_mut(); 2],
            fingerprinters: [null_mut(); 2],
            records: [null_mut(); 3],
            record_stores: [null_mut(); 2],
            caches: Default::default(),
            carried: Default::default(),
            remotes: Default::default(),
            prefetches: Default::default(),
            model: Model::default(),
            protected: Default::default(),
            arrays: Default::default(),
            changes: 0,
            has_background: false,
        }
    }
}

/// Calls a function and checks its status against those it documents.
#[macro_export]
macro_rules! call {
    ($f:ident($($a:expr),* $(,)?), $outcomes:expr) => {{
        // SAFETY: every pointer is NULL or to live memory of the size that is said; lengths that
        // exceed what is there are such that the function refuses them unread.
        #[allow(unused_unsafe)]
        let status = unsafe { $f($($a),*) };
        $crate::arguments::check_status(stringify!($f), status, $outcomes);
        status
    }};
}

impl World {
    fn step(&mut self, i: &mut Input<'_>) {
        let n = i.byte();
        self.changes += u64::from(n < 160 || n >= 240);
        match n {
            0..=95 => self.store_step(n, i),
            96..=159 => self.session_step(n - 96, i),
            160..=196 => self.list_step(n - 160, i),
            197 | 198 => self.record_step(i),
            199 => self.remote_step(i),
            200..=239 => self.fingerprint_step(n - 200, i),
            _ => self.library_step(n - 240, i),
        }
    }

    fn library_step(&mut self, n: u8, i: &mut Input<'_>) {
        match n {
            0 => assert_eq!(warm_abi_version(), WARM_ABI_VERSION),
            1 => {
                // SAFETY: static text with a NUL.
                let text = unsafe { std::ffi::CStr::from_ptr(warm_version_string()) };
                assert!(!text.to_bytes().is_empty());
            }
            2 => {
                // SAFETY: as above, for any number.
                let text = unsafe { std::ffi::CStr::from_ptr(warm_status_string(i.word() as i32)) };
                assert!(!text.to_bytes().is_empty() && text.to_str().is_ok());
            }
            3 | 4 => {
                let mut out = i.room(false);
                let status = call!(warm_build_info(out.buf(), out.cap, out.needed()), &[0, -2]);
                out.check(status);
            }
            5 | 6 => {
                let mut out = i.room(false);
                let status = call!(warm_last_error(out.buf(), out.cap, out.needed()), &[0, -2]);
                out.check(status);
            }
            7 | 8 => {
                let key = i.key();
                let mut hex = [0xEEu8; 66];
                let to = if i.one_in(8) {
                    std::ptr::null_mut()
                } else {
                    hex.as_mut_ptr().cast()
                };
                if call!(warm_key_to_hex(key.ptr(), to), &[0]) == 0 {
                    assert!(hex[..64].iter().all(u8::is_ascii_hexdigit));
                    assert_eq!(hex[64..], [0, 0xEE]);
                } else {
                    assert_eq!(hex, [0xEE; 66]);
                }
            }
            9 | 10 => {
                let text = i.text(&[&[b'a'; 64], &[b'F'; 64], &[b'g'; 64], &[b'0'; 63]], true);
                let mut key = warm_key { bytes: [0xEE; 32] };
                let to = if i.one_in(8) {
                    std::ptr::null_mut()
                } else {
                    &mut key as *mut _
                };
                if call!(warm_key_from_hex(text.ptr(), text.len, to), &[0]) != 0 {
                    assert_eq!(key.bytes, [0xEE; 32]);
                }
            }
            11 => self.free_step(i),
            12 => self.policy_step(i),
            13 => self.start_step(i),
            14 => self.cache_step(i),
            _ => self.record_step(i),
        }
    }

    fn free_step(&mut self, i: &mut Input<'_>) {
        let at = usize::from(i.byte());
        match at % 8 {
            0 => free(&mut self.stores[at / 8 % 3], warm_store_free),
            1 => free(&mut self.store_options[at / 8 % 2], warm_store_options_free),
            2 => free(&mut self.sessions[at / 8 % 3], warm_session_free),
            3 => free(
                &mut self.session_options[at / 8 % 2],
                warm_session_options_free,
            ),
            4 => free(&mut self.entries[at / 8 % 3], warm_entry_free),
            5 => free(&mut self.cursors[at / 8 % 2], warm_cursor_free),
            6 => free(
                &mut self.fingerprinters[at / 8 % 2],
                warm_fingerprinter_free,
            ),
            // SAFETY: NULL is legal for all of them.
            _ => unsafe {
                warm_store_free(std::ptr::null_mut());
                warm_store_options_free(std::ptr::null_mut());
                warm_session_free(std::ptr::null_mut());
                warm_session_options_free(std::ptr::null_mut());
                warm_entry_free(std::ptr::null_mut());
                warm_cursor_free(std::ptr::null_mut());
                warm_task_free(std::ptr::null_mut());
                warm_miss_free(std::ptr::null_mut());
                warm_fingerprinter_free(std::ptr::null_mut());
                warm_cache_free(std::ptr::null_mut());
                warm_cache_options_free(std::ptr::null_mut());
                warm_put_free(std::ptr::null_mut());
                warm_blob_free(std::ptr::null_mut());
                warm_cache_cursor_free(std::ptr::null_mut());
            },
        }
    }

    fn free_all(&mut self) {
        self.unwatch_all();
        self.free_records();
        self.caches.free_all();
        self.remotes.free_all();
        self.prefetches.free_all();
        // Stores first: sessions, tasks and entries keep what they need.
        self.stores
            .iter_mut()
            .for_each(|s| free(s, warm_store_free));
        self.store_options
            .iter_mut()
            .for_each(|s| free(s, warm_store_options_free));
        self.sessions
            .iter_mut()
            .for_each(|s| free(s, warm_session_free));
        self.session_options
            .iter_mut()
            .for_each(|s| free(s, warm_session_options_free));
        self.entries
            .iter_mut()
            .for_each(|s| free(s, warm_entry_free));
        self.cursors
            .iter_mut()
            .for_each(|s| free(s, warm_cursor_free));
        self.tasks
            .iter_mut()
            .for_each(|t| free(&mut t.handle, warm_task_free));
        self.misses.iter_mut().for_each(|m| free(m, warm_miss_free));
        self.fingerprinters
            .iter_mut()
            .for_each(|s| free(s, warm_fingerprinter_free));
    }
}

/// Frees a handle twice: the second time it is NULL.
pub fn free<T>(place: &mut *mut T, with: unsafe extern "C" fn(*mut *mut T)) {
    let before = arguments::last_error();
    for _ in 0..2 {
        // SAFETY: the place holds a live handle or NULL.
        unsafe { with(place) };
        assert!(place.is_null(), "free nulls the caller's pointer");
    }
    assert_eq!(
        arguments::last_error(),
        before,
        "free leaves the last error alone"
    );
}

/// What a function that makes a handle left behind: the handle goes to its place.
pub fn keep<T>(
    status: i32,
    out: *mut T,
    place: &mut *mut T,
    with: unsafe extern "C" fn(*mut *mut T),
) {
    if status == WARM_OK {
        assert!(!out.is_null() && out != sentinel());
        free(place, with);
        *place = out;
    } else {
        assert!(
            out.is_null(),
            "a handle output is NULL on every other return"
        );
    }
}

/// What a handle output holds before the call.
pub fn sentinel<T>() -> *mut T {
    std::ptr::without_provenance_mut(64)
}
