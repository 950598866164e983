"""The Python module against the library: WARMSTART_LIBRARY and PYTHONPATH say where both are.

    python3 tests/python/test_warmstart.py
"""

import array
import ctypes
import datetime
import gc
import json
import multiprocessing
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import warmstart
from warmstart import Kind, Lookup, Source, Status

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
KEY = warmstart.Key(bytes(range(32)))
try:
    import numpy
except ImportError:
    numpy = None


class Scratch(unittest.TestCase):
    def setUp(self):
        self._directory = tempfile.TemporaryDirectory()
        self.root = os.path.join(self._directory.name, "root")
        self.addCleanup(self._directory.cleanup)

    def store(self, **options):
        return warmstart.Store(self.root, **options)


class Declarations(unittest.TestCase):
    def test_every_exported_function_is_declared_and_no_other(self):
        exported = (REPOSITORY / "tests/c/exports.txt").read_text().split()
        self.assertEqual(sorted("warm_" + name for name in warmstart._SIGNATURES), exported)

    def test_constants_are_the_header_s(self):
        header = (REPOSITORY / "include/warmstart.h").read_text()
        defined = {name: int(value) for name, value in re.findall(r"#define WARM_(\w+) (-?\d+)\n", header)}
        groups = {
            "KIND": warmstart.Kind, "LOOKUP": warmstart.Lookup, "SOURCE": warmstart.Source, "DURABILITY": warmstart.Durability,
            "PROBLEM": warmstart.Problem, "ACTION": warmstart.Action, "ORDER": warmstart.Order,
        }
        for group, enumeration in groups.items():
            there = {name[len(group) + 1 :]: value for name, value in defined.items() if name.startswith(group + "_")}
            self.assertEqual(there, {member.name: member.value for member in enumeration}, group)
        statuses = {name: value for name, value in defined.items() if name in Status.__members__}
        self.assertEqual(statuses, {member.name: member.value for member in Status})
        errors = {value for name, value in defined.items() if name.startswith("ERR_")}
        self.assertEqual(errors, set(warmstart._ERRORS))
        self.assertEqual(defined["ABI_VERSION"], warmstart._ABI_VERSION)

    def test_struct_layouts_are_the_library_s(self):
        table = REPOSITORY / "tests/abi/layout.txt"
        if not table.exists():
            self.skipTest("there is no tests/abi/layout.txt")
        ours = {
            "warm_key": warmstart._Key, "warm_entry_info": warmstart._EntryInfo, "warm_finding": warmstart._Finding,
            "warm_store_stats": warmstart._StoreStats, "warm_task_progress": warmstart._TaskProgress,
            "warm_check_report": warmstart._CheckReport,
        }
        made = []
        for name, struct in ours.items():
            made.append("%s . . %d" % (name, ctypes.sizeof(struct)))
            for field, *_ in struct._fields_:
                at = getattr(struct, field)
                made.append("%s %s %d %d" % (name, field, at.offset, at.size))
        lines = [line.strip() for line in table.read_text().splitlines() if line.strip() and not line.startswith("#")]
        self.assertEqual(sorted(made), sorted(lines))


class Stores(Scratch):
    def test_a_payload_comes_back_with_everything_known_about_it(self):
        with self.store() as store:
            run = store.save(KEY, b"payload", 1.5, 7, Kind.FINAL)
            entry = store.lookup(KEY)
            self.assertEqual((bytes(entry), len(entry), entry.run_id, entry.key), (b"payload", 7, run, KEY))
            info = entry.info
            self.assertEqual((info.kind, info.source, info.objective, info.iteration), (Kind.FINAL, Source.EXACT, 1.5, 7))
            self.assertLess(abs(info.written_ns / 1e9 - time.time()), 3600)
            self.assertEqual([(k, [r.run_id for r in store.entries(k)]) for k in store.keys()], [(KEY, [run])])
            self.assertEqual(store.statistics().entries, 1)
            self.assertEqual(store.root, os.path.abspath(self.root))

    def test_nothing_stored_is_none(self):
        with self.store() as store, store.session(KEY) as fit:
            self.assertIsNone(store.lookup(KEY))
            self.assertIsNone(store.lookup_run(KEY, "r1"))
            self.assertIsNone(store.lookup_into(KEY, bytearray(3)))
            self.assertIsNone(fit.load())
            self.assertIsNone(fit.resume(bytearray(3)))
            self.assertFalse(store.remove(KEY))
            self.assertFalse(store.remove_entry(KEY, "r1"))
            self.assertFalse(store.pin(KEY, "r1"))

    def test_ranking(self):
        with self.store() as store:
            store.save(KEY, b"best", 1.0)
            store.save(KEY, b"latest", 2.0)
            store.save(KEY, b"nan", float("nan"))
            self.assertEqual(bytes(store.lookup(KEY)), b"best")
            self.assertEqual(bytes(store.lookup(KEY, Lookup.LATEST)), b"nan")
            self.assertIsNone(store.lookup(KEY, Lookup.LATEST).objective)

    def test_a_slot_is_replaced_and_removed(self):
        with self.store() as store:
            store.save_slot(KEY, "mine", b"one", 1.0)
            store.save_slot(KEY, "mine", b"two", 3.0)
            self.assertEqual(bytes(store.lookup_run(KEY, "mine")), b"two")
            self.assertTrue(store.pin(KEY, "mine"))
            self.assertTrue(store.remove_entry(KEY, "mine"))
            self.assertIsNone(store.lookup(KEY))

    def test_options_arrive(self):
        with self.store(size_budget=8192, durability=warmstart.Durability.PROCESS, ttl_seconds=0, file_budget=99, memory_budget=0) as store:
            with self.assertRaises(warmstart.TooLargeError):
                store.save(KEY, bytes(100_000))
        with self.store(read_only=True) as store:
            with self.assertRaises(warmstart.AccessError):
                store.save(KEY, b"x")
        with self.assertRaises(warmstart.InvalidError):
            self.store(ttl_seconds=-1.0)

    def test_a_damaged_entry_is_passed_over_found_and_named(self):
        with self.store() as store:
            run = store.save(KEY, b"x" * 100, 1.0)
            store.save(KEY, b"good", 2.0)
            [payload] = [p for p in pathlib.Path(self.root).glob("*/*.bin") if p.name.startswith(run)]
            payload.write_bytes(b"y" * 100)
            self.assertEqual(bytes(store.lookup(KEY)), b"good")
            with self.assertRaises(warmstart.CorruptError) as caught:
                store.lookup_run(KEY, run)
            self.assertIn(run, str(caught.exception))
            with store.start_verify() as task:
                self.assertEqual(task.wait(), Status.OK)
                self.assertEqual((task.report.complete, task.report.damaged, task.report.intact), (True, 1, 1))
                [finding] = list(task.findings())
                self.assertEqual((finding.problem, finding.action), (warmstart.Problem.PAYLOAD, warmstart.Action.NOTHING))
                self.assertEqual((finding.key, finding.run_id), (KEY, run))
                self.assertIn(str(payload.name), finding.text)
                self.assertEqual(task.progress.keys_done, 1)
            with store.start_repair() as task:
                self.assertIn(task.wait(), (Status.OK,))
                self.assertEqual(task.report.waiting, 1)
            with store.start_verify() as task:
                task.cancel()
                self.assertIn(task.wait(), (Status.OK, Status.CANCELLED))
            store.sweep()

    def test_default_root_is_the_environment_s(self):
        code = "import warmstart; print(warmstart.Store().root)"
        said = subprocess.run([sys.executable, "-c", code], env={**os.environ, "WARMSTART_DIR": self.root}, stdout=subprocess.PIPE, check=True)
        self.assertEqual(said.stdout.decode().strip(), self.root)


class Sessions(Scratch):
    def test_a_fit_goes_on_where_it_was(self):
        x = array.array("d", [1.0, 2.0, -0.0])
        with self.store() as store:
            with store.session(KEY, min_interval_seconds=1000) as fit:
                self.assertTrue(fit.should_checkpoint(3.0))
                self.assertEqual(fit.checkpoint(x, 3.0, 5), Status.OK)
                self.assertFalse(fit.should_checkpoint(4.0))
                self.assertEqual(fit.checkpoint(x, 4.0, 6), Status.THROTTLED)
                fit.checkpoint_now(array.array("d", [9.0, 9.0, 9.0]), 4.0, 7)
                self.assertTrue(fit.flush(10))
                run = fit.run_id
            with store.session(KEY) as fit:
                into = array.array("d", [0.0] * 3)
                info = fit.resume(into)
                self.assertEqual((info.objective, info.iteration, info.kind), (3.0, 5, Kind.CHECKPOINT))
                self.assertEqual(into.tobytes(), x.tobytes())
                self.assertEqual(fit.peek().run_id, run)
                with self.assertRaises(warmstart.IncompatibleError):
                    fit.resume(bytearray(5))
                fit.finalize(x, 3.0, 8)
            with store.session(KEY, lookup=Lookup.LATEST) as fit:
                self.assertEqual(fit.load().kind, Kind.FINAL)

    def test_background_checkpoints_are_durable_after_the_block(self):
        with self.store() as store:
            with store.session(KEY, background=True, label="in the background") as fit:
                self.assertEqual(fit.checkpoint(b"now", 1.0), Status.QUEUED)
            self.assertEqual(bytes(store.lookup(KEY)), b"now")

    def test_a_preloaded_entry_comes_first_and_once(self):
        other = warmstart.Key(bytes(32))
        with self.store() as store:
            store.save(other, b"seed")
            with store.session(KEY) as fit:
                fit.preload(store.lookup(other))
                self.assertEqual(fit.peek().info.source, Source.PRELOADED)
                self.assertEqual(bytes(fit.load()), b"seed")
                self.assertIsNone(fit.load())

    def test_after_finish_writing_is_refused_and_reading_works(self):
        with self.store() as store:
            fit = store.session(KEY, fingerprint=warmstart.Fingerprinter().absorb_str("model", "m"))
            fit.checkpoint(b"x", 1.0)
            self.assertTrue(fit.finish())
            self.assertTrue(fit.finish())
            with self.assertRaises(warmstart.InvalidError) as caught:
                fit.checkpoint(b"y", 0.5)
            self.assertIn("finish", str(caught.exception))
            self.assertEqual(bytes(fit.load()), b"x")

    def test_the_first_failure_is_the_one_that_is_told(self):
        with self.store() as store:
            with self.assertRaises(ZeroDivisionError):
                with store.session(KEY, background=True) as fit:
                    fit.checkpoint(b"x", 1.0)
                    1 / 0
            self.assertTrue(fit.closed)
            self.assertEqual(bytes(store.lookup(KEY)), b"x")


class Errors(Scratch):
    def test_every_class_is_told_by_status_words_and_python_s_own_class(self):
        with self.store() as store:
            with self.assertRaises(ValueError) as caught:
                store.save_slot(KEY, "../escape", b"x")
            self.assertIsInstance(caught.exception, warmstart.InvalidError)
            self.assertEqual(caught.exception.status, -1)
            self.assertIn("run id", str(caught.exception))
        with self.assertRaises(OSError):
            warmstart.Store("/proc/no/such/place")
        for status, kind in warmstart._ERRORS.items():
            self.assertEqual(kind.status, status)
            self.assertEqual(str(kind("words")), "words")

    def test_words_are_of_the_thread_that_failed(self):
        said = {}

        def fail(name):
            for _ in range(200):
                try:
                    warmstart.Key(name)
                except warmstart.InvalidError as failure:
                    said.setdefault(name, set()).add(str(failure))

        names = ["a" * n for n in range(1, 5)]
        threads = [threading.Thread(target=fail, args=(name,)) for name in names]
        [t.start() for t in threads]
        [t.join() for t in threads]
        self.assertEqual([len(said[name]) for name in names], [1] * 4)
        self.assertEqual(len(set.union(*said.values())), 4)

    def test_wrong_types_do_not_reach_the_library(self):
        with self.store() as store:
            for payload in (None, 3, "text", [1.0], object()):
                with self.assertRaises(TypeError):
                    store.save(KEY, payload)
            with self.assertRaises((BufferError, TypeError)):
                store.session(KEY).resume(b"not writable")
            with self.assertRaises((BufferError, ValueError)):
                store.save(KEY, memoryview(b"0123456789")[::2])
            for iteration in (-1, 1 << 63):
                with self.assertRaises(ValueError):
                    store.save(KEY, b"", None, iteration)
            with self.assertRaises(ValueError):
                store.flush(float("nan"))
        with self.assertRaises(ValueError):
            store.root
        with self.assertRaises(ValueError):
            warmstart.Key(b"short")

    def test_a_buffer_too_small_says_what_it_takes(self):
        with self.store() as store:
            store.save(KEY, b"0123456789")
            for call in (lambda b: store.lookup_into(KEY, b), lambda b: store.lookup(KEY).copy_into(b)):
                with self.assertRaises(warmstart.TooSmallError) as caught:
                    call(bytearray(3))
                self.assertEqual(caught.exception.needed, 10)
                buffer = bytearray(12)
                call(buffer)
                self.assertEqual(buffer, b"0123456789\0\0")


class Memory(Scratch):
    def test_a_view_outlives_entry_session_and_store(self):
        store = self.store()
        store.save(KEY, bytes(range(256)) * 40)
        entry = store.lookup(KEY)
        view = entry.payload
        doubles = entry.view("d")
        entry.close()
        store.close()
        del entry, store
        gc.collect()
        self.assertEqual(bytes(view), bytes(range(256)) * 40)
        self.assertEqual(len(doubles), 1280)
        with self.assertRaises(TypeError):
            view[0] = 1

    def test_nothing_is_copied(self):
        """Payloads of 64 MiB in a process that has room for two of them."""
        code = """
import resource, warmstart, sys
payload = bytearray(64 << 20)
resource.setrlimit(resource.RLIMIT_AS, (int(open('/proc/self/statm').read().split()[0]) * 4096 + (80 << 20),) * 2)
store = warmstart.Store(sys.argv[1], memory_budget=0)
store.save(bytes(32), payload)
entry = store.lookup(bytes(32))
assert len(entry.payload) == 64 << 20
try:
    bytes(entry)
except MemoryError:
    print("no room for another")
"""
        said = subprocess.run([sys.executable, "-c", code, self.root], stdout=subprocess.PIPE, check=True)
        self.assertEqual(said.stdout.decode().strip(), "no room for another")

    def test_an_empty_payload(self):
        with self.store() as store:
            store.save(KEY, b"")
            self.assertEqual(bytes(store.lookup(KEY)), b"")
            self.assertEqual(len(store.lookup(KEY).payload), 0)

    def test_handles_go_with_their_last_reference(self):
        for _ in range(2000):
            warmstart.Fingerprinter().clone()
        with self.store() as store:
            for _ in range(200):
                fit = store.session(KEY)
                fit.checkpoint(b"x", 1.0)
                self.assertIsNotNone(store.lookup(KEY))

    @unittest.skipUnless(numpy, "there is no NumPy")
    def test_arrays_go_in_and_out_bit_by_bit(self):
        x = numpy.array([[1.0, numpy.nan], [-0.0, numpy.inf]])
        with self.store() as store:
            store.save(KEY, x)
            out = store.lookup(KEY).array(shape=(2, 2))
            self.assertEqual(out.tobytes(), x.tobytes())
            self.assertFalse(out.flags.writeable)
            into = numpy.zeros((2, 2))
            store.lookup_into(KEY, into)
            self.assertEqual(into.tobytes(), x.tobytes())
            with self.assertRaises(ValueError):
                store.save(KEY, numpy.asfortranarray(x))
            store.save(KEY, numpy.float64(4.0), 0.0)
            self.assertEqual(store.lookup(KEY).array()[0], 4.0)


class Threads(Scratch):
    def test_closing_under_the_calls_of_other_threads(self):
        errors = []
        for _ in range(20):
            store = self.store(durability=warmstart.Durability.PROCESS)
            fit = store.session(KEY, min_interval_seconds=0)

            def work(fit=fit, store=store):
                try:
                    for i in range(40):
                        fit.checkpoint(b"x" * 1000, 100.0 - i)
                        store.lookup(KEY)
                except ValueError as closed:
                    if "is closed" not in str(closed):
                        errors.append(closed)
                except BaseException as failure:
                    errors.append(failure)

            threads = [threading.Thread(target=work) for _ in range(4)]
            [t.start() for t in threads]
            fit.close()
            store.close()
            del fit, store
            [t.join() for t in threads]
        self.assertEqual(errors, [])

    def test_one_fingerprinter_in_many_threads_takes_turns(self):
        f = warmstart.Fingerprinter()

        def work():
            for _ in range(500):
                f.absorb_u64("n", 1)

        threads = [threading.Thread(target=work) for _ in range(4)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        same = warmstart.Fingerprinter()
        for _ in range(2000):
            same.absorb_u64("n", 1)
        self.assertEqual(f.finish(), same.finish())


def _in_child(store, fit, entry, root, said):
    answers = []
    for call in (store.statistics, lambda: store.save(KEY, b"x"), lambda: fit.checkpoint(b"x", 0.0), fit.load, store.start_verify):
        try:
            call()
            answers.append("nothing")
        except warmstart.ForkedError as failure:
            answers.append(failure.status)
    answers.append(bytes(entry))
    del store, fit
    gc.collect()
    with warmstart.Store(root) as again:
        again.save(KEY, b"child", -1.0)
    said.put(answers)


class Fork(Scratch):
    def test_a_forked_child_is_told_and_opens_anew(self):
        context = multiprocessing.get_context("fork")
        store = self.store()
        fit = store.session(KEY, background=True)
        fit.checkpoint(b"parent", 1.0)
        self.assertTrue(fit.flush(30))
        entry = store.lookup(KEY)
        said = context.Queue()
        child = context.Process(target=_in_child, args=(store, fit, entry, self.root, said))
        child.start()
        answers = said.get(timeout=60)
        child.join(60)
        self.assertEqual(child.exitcode, 0)
        self.assertEqual(answers, [-10] * 5 + [b"parent"])
        self.assertEqual(bytes(store.lookup(KEY)), b"child")
        self.assertEqual(fit.checkpoint(b"on", -2.0), Status.QUEUED)
        self.assertTrue(fit.finish())

    def test_a_pool_of_forked_workers_fits_under_keys_of_its_own(self):
        with multiprocessing.get_context("fork").Pool(4) as pool:
            done = pool.starmap(_fit_one, [(self.root, i) for i in range(12)])
        self.assertEqual(done, list(range(12)))
        with self.store() as store:
            self.assertEqual(len(list(store.keys())), 12)


def _fit_one(root, i):
    with warmstart.Store(root) as store, store.session(warmstart.fingerprint(fold=i)) as fit:
        for step in range(5):
            fit.checkpoint(array.array("d", [step]), float(-step), step)
        fit.finalize(array.array("d", [i]), -9.0)
    return i


class Interrupts(Scratch):
    def test_ctrl_c_ends_a_wait(self):
        code = """
import os, signal, sys, threading, time, warmstart
store = warmstart.Store(sys.argv[1])
# A wait whose end is far off: what the library is asked in steps always answers that it goes on.
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    warmstart._poll(lambda step: (time.sleep(step), 4)[1], None)
except KeyboardInterrupt:
    print("interrupted", store.flush(1))
"""
        said = subprocess.run([sys.executable, "-c", code, self.root], stdout=subprocess.PIPE, timeout=60, check=True)
        self.assertEqual(said.stdout.decode().strip(), "interrupted True")


class Killed(Scratch):
    def test_a_killed_process_leaves_its_last_acknowledged_checkpoint(self):
        code = """
import array, sys, warmstart
with warmstart.Store(sys.argv[1]) as store, store.session(bytes(range(32))) as fit:
    i = 0
    while True:
        fit.checkpoint(array.array("d", [i] * 100), -float(i), i)
        print(i, flush=True)
        i += 1
"""
        child = subprocess.Popen([sys.executable, "-c", code, self.root], stdout=subprocess.PIPE)
        acknowledged = -1
        for line in child.stdout:
            acknowledged = int(line)
            if acknowledged == 60:
                child.send_signal(signal.SIGKILL)
        child.stdout.close()
        self.assertEqual(child.wait(), -signal.SIGKILL)
        entry = self.store().lookup(KEY)
        self.assertIn(entry.iteration, (acknowledged, acknowledged + 1))
        self.assertEqual(set(entry.view("d")), {float(entry.iteration)})


class Fingerprints(unittest.TestCase):
    def test_every_committed_sequence_has_its_key(self):
        data = REPOSITORY / "tests/data"
        sequences = json.loads((data / "vectors/fingerprints.json").read_text()) + json.loads((data / "native-fingerprints.json").read_text())
        for sequence in sequences:
            f = warmstart.Fingerprinter()
            for name, *arguments in sequence["ops"]:
                replay(f, name, arguments)
            self.assertEqual(f.finish().hex(), sequence["key"], sequence["name"])
            self.assertEqual(f.finish_u64(), int(sequence["u64"]), sequence["name"])
        self.assertGreater(len(sequences), 200)

    def test_native_values_choose_their_frame(self):
        def made(value, valid=None):
            return warmstart.Fingerprinter().absorb("v", value, valid).finish()

        def named(frame, *arguments, **options):
            return getattr(warmstart.Fingerprinter(), frame)("v", *arguments, **options).finish()

        utc = datetime.timezone.utc
        day, instant = datetime.date(2026, 11, 21), datetime.datetime(2026, 11, 21, 14, 0, 0, 250000, tzinfo=utc)
        nanoseconds = 1795269600250000000
        same = [
            (made([1.0, None, 3]), named("absorb_f64_na_slice", [1.0, 0.0, 3.0], [1, 0, 1])),
            (made(array.array("d", [1, 2])), named("absorb_f64_na_slice", [1.0, 2.0])),
            (made(1.0), named("absorb_f64_na_slice", [1.0])),
            (made([float("nan")]), named("absorb_f64_na_slice", [float("-nan")])),
            (made(3), named("absorb_i64_slice", [3])),
            (made([3, None]), named("absorb_i64_slice", array.array("q", [3, 7]), [True, False])),
            (made(array.array("i", [3])), named("absorb_i32_slice", [3])),
            (made(array.array("h", [3])), named("absorb_i32_slice", [3])),
            (made(array.array("f", [0.5])), named("absorb_f32_slice", [0.5])),
            (made([True, None]), named("absorb_bool_slice", [1, 0], [1, 0])),
            (made("é"), named("absorb_str_list", ["é"])),
            (made(["a", None]), named("absorb_str_list", ["a", "b"], [1, 0])),
            (made(day), named("absorb_date_slice", [20778])),
            (made([day, None]), named("absorb_date_slice", [20778, 0], [1, 0])),
            (made(instant), named("absorb_timestamp_slice", [nanoseconds])),
            (made(b"raw"), named("absorb_bytes", b"raw")),
            (made(array.array("B", b"raw")), named("absorb_bytes", b"raw")),
            (made({"a": 1.0}), warmstart.Fingerprinter().absorb_u64("v", 1).absorb("a", 1.0).finish()),
        ]
        if numpy:
            m = numpy.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
            here = numpy.array([[True, True, False], [True, True, True]])
            by_columns = named("absorb_f64_matrix", [1.0, 4.0, 2.0, 5.0, 3.0, 6.0], shape=(2, 3), order=warmstart.Order.COLUMN_MAJOR)
            missing = named("absorb_f64_matrix", [1.0, 4, 2, 5, 0, 6], [1, 1, 1, 1, 0, 1], shape=(2, 3), order=warmstart.Order.COLUMN_MAJOR)
            stamps = numpy.array(["2026-11-21T14:00:00.25", "NaT"], dtype="datetime64[ms]")
            same += [
                (made(m), by_columns), (made(numpy.asfortranarray(m)), by_columns),
                (made(numpy.repeat(m, 2, axis=1)[:, ::2]), by_columns), (made(m.astype("int32")), by_columns),
                (made(m, here), missing), (made(numpy.asfortranarray(m), here), missing), (made(numpy.ma.array(m, mask=~here)), missing),
                (made(m.astype("int64"), here), missing), (made(numpy.asfortranarray(m).astype("int64"), here), missing),
                (named("absorb_f64_matrix", m.tolist()), by_columns),
                (made(numpy.zeros((0, 3))), named("absorb_f64_matrix", [], shape=(0, 3))),
                (made(numpy.float64(1.0)), made(1.0)), (made(numpy.int32(3)), named("absorb_i32_slice", [3])),
                (made(numpy.float32(0.5)), named("absorb_f32_slice", [0.5])),
                (made(numpy.arange(6.0)[::2]), named("absorb_f64_na_slice", [0.0, 2.0, 4.0])),
                (made(numpy.ma.array([1.0, 2.0], mask=[False, True])), made([1.0, None])),
                (made(numpy.array([True, False])), named("absorb_bool_slice", [1, 0])),
                (made(numpy.array(["a", "bc"])), made(["a", "bc"])), (made(numpy.array(["a", None], dtype=object)), made(["a", None])),
                (made(stamps), named("absorb_timestamp_slice", [nanoseconds, 0], [1, 0])),
                (made(numpy.array(["2026-11-21", "NaT"], dtype="datetime64[D]")), made([day, None])),
                (made(numpy.array([], dtype="float64")), named("absorb_f64_na_slice", [])),
            ]
        for i, (one, other) in enumerate(same):
            self.assertEqual(one, other, i)
        factor = type("Categorical", (), {"categories": ["a", "b"], "codes": [1, -1, 0]})()
        self.assertEqual(made(factor), named("absorb_factor", ["a", "b"], [1, 0, 0], [1, 0, 1]))
        different = [made(1.0), made(1), made("1"), made(True), made(b"1"), made([1.0, 1.0]), made({"1": 1.0}), made({"a": {"b": 1}, "c": 2}), made({"a": {"b": 1, "c": 2}})]
        self.assertEqual(len(set(different)), len(different))

    def test_what_has_no_frame_is_refused(self):
        f = warmstart.Fingerprinter()
        empty = f.finish()
        for value in (None, [], [None], [1, "a"], object(), datetime.datetime(2026, 1, 1), 1 << 63, [b"a"]):
            with self.assertRaises((TypeError, ValueError, OverflowError)):
                f.absorb("v", value)
        with self.assertRaises(ValueError):
            f.absorb_i32_slice("v", [1, 2], [True])
        with self.assertRaises(OverflowError):
            f.absorb_i32_slice("v", [1 << 31])
        with self.assertRaises(TypeError):
            f.absorb_i32_slice("v", [1.5])
        with self.assertRaises(ValueError):
            f.absorb_factor("v", ["a"], [1])
        with self.assertRaises(ValueError):
            f.absorb_f64_matrix("v", [1.0, 2.0], shape=(2, 2))
        self.assertEqual(f.finish(), empty)


def bits(digits, code="d"):
    size = {"d": 8, "f": 4}[code]
    return memoryview(b"".join(int(d, 16).to_bytes(size, sys.byteorder) for d in digits)).cast(code) if digits else array.array(code)


def marks(valid):
    return None if valid is None else bytes.fromhex(valid)


def replay(f, name, arguments):
    """One operation of the committed sequences, through the module's own methods."""
    if name in ("write_bool", "write_usize"):
        return getattr(f, {"write_bool": "write_u8", "write_usize": "write_u64"}[name])(int(arguments[0]))
    if name in ("write_u8", "write_u64"):
        return getattr(f, name)(int(arguments[0]))
    if name in ("write_str", "absorb_str", "absorb_tag"):
        return getattr(f, name)(*arguments)
    if name == "write_bytes":
        return f.write_bytes(bytes.fromhex(arguments[0]))
    if name == "absorb_bytes":
        return f.absorb_bytes(arguments[0], bytes.fromhex(arguments[1]))
    if name == "absorb_u64":
        return f.absorb_u64(arguments[0], int(arguments[1]))
    if name in ("write_f64", "absorb_f64"):  # through a double: what Python holds keeps its bits
        return getattr(f, name)(*arguments[:-1], bits([arguments[-1]])[0])
    if name in ("write_f64_slice", "absorb_f64_slice"):
        return getattr(f, name)(*arguments[:-1], bits(arguments[-1]))
    if name == "absorb_f64_2d":
        return f.absorb_f64_2d(arguments[0], int(arguments[1]), int(arguments[2]), bits(arguments[3]))
    if name == "absorb_bool_slice":
        return f.absorb_bool_slice(arguments[0], bytes.fromhex(arguments[1]), marks(arguments[2]))
    if name == "absorb_str_list":
        return f.absorb_str_list(arguments[0], arguments[1], marks(arguments[2]))
    if name == "absorb_factor":
        tag, levels, levels_valid, codes, valid = arguments
        return f.absorb_factor(tag, levels, array.array("q", map(int, codes)), marks(valid), marks(levels_valid))
    if name == "absorb_f64_matrix":
        tag, rows, columns, values, valid, order = arguments
        return f.absorb_f64_matrix(
            tag, bits(values), marks(valid), shape=(int(rows), int(columns)), order=warmstart.Order[order.upper()]
        )
    tag, values, valid = arguments
    code = {"absorb_f32_slice": "f", "absorb_f64_na_slice": "d"}.get(name)
    typed = bits(values, code) if code else array.array("i" if name == "absorb_i32_slice" else "q", map(int, values))
    return getattr(f, name)(tag, typed, marks(valid))


if __name__ == "__main__":
    unittest.main()
