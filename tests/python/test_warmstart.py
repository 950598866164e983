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
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import warmstart
from warmstart import Key, Keyspace, Kind, Lookup, RecordKind, Source, Status

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
            "PROBLEM": warmstart.Problem, "ACTION": warmstart.Action, "ORDER": warmstart.Order, "INTERVAL": warmstart.Interval,
            "STOP": warmstart.Stop, "DEADLINE": warmstart.Deadline, "FIELD": warmstart.FieldState,
            "KEYSPACE": warmstart.Keyspace, "RECORD": warmstart.RecordKind, "VALUE": warmstart.FieldType, "ROLE": warmstart.Role,
            "TYPE": warmstart.ElementType, "PROMOTION": warmstart.Promotion, "ADMISSION": warmstart.Admission,
            "EXISTENCE": warmstart.Existence, "UPLOADS": warmstart.Uploads, "REACH": warmstart.Reach, "CHAIN": warmstart.Chain,
            "IMPORTED": warmstart.Imported,
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
            "warm_key": warmstart._Key, "warm_entry_info": warmstart._EntryInfo, "warm_finding": warmstart._Finding, "warm_region_info": warmstart._RegionInfo,
            "warm_store_stats": warmstart._StoreStats, "warm_task_progress": warmstart._TaskProgress,
            "warm_check_report": warmstart._CheckReport, "warm_session_stop": warmstart._SessionStop,
            "warm_session_progress": warmstart._SessionProgress, "warm_trace_point": warmstart._TracePoint,
            "warm_start_stats": warmstart._StartStats, "warm_run_info": warmstart._RunInfo, "warm_store_limits": warmstart._StoreLimits,
            "warm_miss_info": warmstart._MissInfo, "warm_field": warmstart._Field, "warm_blob_info": warmstart._BlobInfo,
            "warm_put_receipt": warmstart._PutReceipt, "warm_cache_stats": warmstart._CacheStats,
            "warm_remote_stats": warmstart._RemoteStats, "warm_retention_report": warmstart._RetentionReport,
            "warm_prefetch_stats": warmstart._PrefetchStats, "warm_prefetch_cycle": warmstart._PrefetchCycle,
            "warm_live_session": warmstart._LiveSession,
        }
        made = []
        for name, struct in ours.items():
            made.append("%s . . %d" % (name, ctypes.sizeof(struct)))
            for field, *_ in struct._fields_:
                at = getattr(struct, field)
                made.append("%s %s %d %d" % (name, field, at.offset, at.size))
        lines = [line.strip() for line in table.read_text().splitlines() if line.strip() and not line.startswith("#")]
        self.assertEqual(sorted(made), sorted(lines))


class Caches(Scratch):
    def cache(self, **options):
        return warmstart.Cache(self.root, **options)

    def test_what_is_put_is_got(self):
        with self.cache() as cache:
            self.assertEqual(cache.root, os.path.realpath(self.root))
            self.assertIsNone(cache.get("n", "k"))
            self.assertIsNone(cache.peek("n", "k"))
            receipt = cache.put("n", "k", array.array("d", [1.0, -0.0, 3.0]))
            self.assertEqual((receipt.in_memory, receipt.on_disk, receipt.replaced), (True, True, False))
            blob = cache.get("n", "k")
            self.assertEqual((list(blob.view("d")), len(blob)), ([1.0, -0.0, 3.0], 24))
            self.assertEqual((blob.info.version, blob.info.remaining_seconds, blob.info.from_memory, blob.info.priority), (None, None, True, 128))
            self.assertEqual((blob.tags, blob.dependencies, blob.pairs, blob.content_type), ([], [], {}, None))
            into = bytearray(24)
            self.assertEqual(cache.get_into("n", "k", into).payload_bytes, 24)
            self.assertEqual(bytes(into), bytes(blob))
            with self.assertRaises(warmstart.TooSmallError) as small:
                cache.get_into("n", "k", bytearray(23))
            self.assertEqual(small.exception.needed, 24)
            self.assertTrue(cache.put("n", "k", b"").replaced)
            self.assertEqual(bytes(cache.get("n", "k")), b"")
            self.assertEqual((cache.existence("n", "k"), cache.contains("n", "k")), (warmstart.Existence.PRESENT, True))
            self.assertEqual((cache.remove("n", "k"), cache.remove("n", "k"), cache.contains("n", "k")), (True, False, False))
            figures = cache.statistics()
            self.assertEqual((figures.puts, figures.misses, cache.statistics("n").puts), (2, 1, 2))
        view = blob.payload
        blob.close()
        gc.collect()
        self.assertEqual(view.cast("d")[2], 3.0)  # the views keep what they show
        self.assertRaises(ValueError, cache.get, "n", "k")

    def test_versions_and_what_was_put_with_it(self):
        settings = dict(tags=["a", "b"], dependencies=["data"], pairs={"degree": "3", "knots": ""}, content_type="image/png", priority=7,
                        ttl_seconds=3600.0, stale_seconds=5.0)
        with self.cache() as cache:
            cache.put("n", "k", b"x", version=5, **settings)
            for version in (4, 5):
                with self.assertRaisesRegex(warmstart.ConflictError, "version"):
                    cache.put("n", "k", b"y", version=version)
            self.assertRaises(warmstart.ConflictError, cache.put, "n", "k", b"y", swap=(None, 6))
            self.assertRaises(warmstart.ConflictError, cache.put, "n", "k", b"y", swap=(4, 6))
            cache.put("n", "k", b"y", swap=(5, 2**64 - 1), **settings)
        with self.cache() as cache:
            blob = cache.get("n", "k")
            self.assertEqual((blob.info.version, blob.tags, blob.dependencies), (2**64 - 1, ["a", "b"], ["data"]))
            self.assertEqual((blob.pairs, blob.content_type, blob.info.priority), (settings["pairs"], "image/png", 7))
            self.assertLessEqual(blob.info.remaining_seconds, 3600.0)
            self.assertTrue(cache.set_life("n", "k", ttl_seconds=60))
            self.assertLessEqual(cache.peek("n", "k").remaining_seconds, 60.0)
            self.assertTrue(cache.set_life("n", "k"))
            self.assertIsNone(cache.peek("n", "k").remaining_seconds)
            self.assertFalse(cache.set_life("n", "absent", ttl_seconds=1))
            cache.put("n", "past", b"x", deadline_unix_ms=1)
            self.assertIsNone(cache.get("n", "past"))

    def test_what_is_invalidated_is_gone(self):
        with self.cache() as cache:
            for namespace, key, tags, dependencies in (("n", "a/1", ["t"], []), ("n", "a/2", ["u"], ["d"]), ("m", "a/1", ["t", "u"], ["d"])):
                cache.put(namespace, key, b"x", tags=tags, dependencies=dependencies)
            self.assertEqual(sorted(cache.namespaces()), ["m", "n"])
            self.assertEqual(sorted(item.key for item in cache.list("n", "a")), ["a/1", "a/2"])
            self.assertEqual(next(cache.list("m")).info.payload_bytes, 1)
            self.assertEqual(cache.invalidate_tags([]), 0)
            self.assertEqual(cache.invalidate_tags(["t", "u"], "m"), 1)
            self.assertEqual(cache.invalidate_dependencies(["d", "e"]), 1)
            self.assertEqual(cache.invalidate_prefix("n", "a/"), 1)
            cache.put("n", "k", b"x")
            cache.flush("n")
            self.assertEqual((list(cache.list("n")), cache.statistics("n").flushes), ([], 1))

    def test_several_at_once(self):
        with self.cache() as cache:
            failures = cache.put_many("n", {"a": b"1", "b": b"333", "c": b"", "d": b"4444"}, largest=2)
            self.assertEqual({key for key, failure in failures.items() if failure}, {"b", "d"})
            self.assertIsInstance(failures["b"], warmstart.TooLargeError)
            self.assertIn("2", str(failures["b"]))
            found = cache.get_many("n", ["c", "b", "a"])
            self.assertEqual([None if blob is None else bytes(blob) for blob in found], [b"", None, b"1"])
            self.assertEqual((cache.get_many("n", []), cache.put_many("n", {})), ([], {}))

    def test_upkeep(self):
        with self.cache(memory_budget=1 << 20, disk_budget=0, durability=warmstart.Durability.PROCESS, promotion=warmstart.Promotion.SECOND_HIT,
                        background_promotion=4, compression=False) as cache:
            cache.put("n", "k", b"x", admission=warmstart.Admission.NEVER)
            cache.set_quota("n", 1 << 20)
            cache.sweep()
            self.assertTrue(cache.drain(60.0))
            with cache.start_copy(self.root + "-copy") as task:
                self.assertEqual((task.wait(300.0), task.report.intact), (Status.OK, 1))
            with cache.start_verify() as task:
                self.assertEqual(task.wait(300.0), Status.OK)
                self.assertEqual((task.report.complete, task.report.damaged), (True, 0))
            with warmstart.Cache(self.root + "-copy") as copy:
                self.assertEqual(bytes(copy.get("n", "k")), b"x")
        with self.cache(read_only=True) as reader:
            self.assertEqual(bytes(reader.get("n", "k")), b"x")
            self.assertRaises(warmstart.AccessError, reader.put, "n", "k", b"y")
        with warmstart.Cache.in_memory(memory_budget=1 << 20) as cache:
            self.assertIsNone(cache.root)
            self.assertFalse(cache.put("n", "k", b"x").on_disk)
            self.assertEqual(cache.statistics().memory_budget, 1 << 20)

    def test_what_cannot_be_is_refused(self):
        with self.cache() as cache:
            for misuse in (
                lambda: cache.put("", "k", b"x"), lambda: cache.put("n", "", b"x"), lambda: cache.put("n", "k" * 1025, b"x"),
                lambda: cache.put("n" * 129, "k", b"x"), lambda: cache.put("n", "a\0b", b"x"), lambda: cache.put("n", "k", b"x", tags=["t" * 257]),
                lambda: cache.put("n", "k", b"x", priority=256), lambda: cache.put("n", "k", b"x", version=-1),
                lambda: cache.put("n", "k", b"x", version=2**64), lambda: cache.put("n", "k", b"x", ttl_seconds=float("nan")),
                lambda: cache.put("n", "k", b"x", version=1, swap=(1, 2)), lambda: cache.set_quota("n", -1), lambda: cache.set_quota("n", 2**63),
                lambda: cache.statistics(""), lambda: cache.drain(-1.0), lambda: self.cache(memory_budget=-1),
            ):
                self.assertRaises(warmstart.InvalidError, misuse)
            for misuse in (
                lambda: cache.put("n", "k", "text"), lambda: cache.put("n", "k", b"x", tags="text"), lambda: cache.invalidate_tags("text"),
                lambda: cache.get_many("n", [b"k"]), lambda: cache.put("n", "k", b"x", colour="red"), lambda: cache.get_into("n", "k", b"constant"),
            ):
                self.assertRaises((TypeError, BufferError), misuse)
            self.assertRaises(warmstart.TooLargeError, cache.put, "n", "k", b"x", tags=list(map(str, range(65))))
            self.assertEqual(cache.statistics().puts, 0)

    def test_a_fork_keeps_blobs_and_not_the_cache(self):
        with self.cache() as cache:
            cache.put("n", "k", b"x", tags=["t"])
            blob = cache.get("n", "k")
            pid = os.fork()
            if pid == 0:
                good = 1
                try:
                    cache.get("n", "k")
                except warmstart.ForkedError:
                    with warmstart.Cache(self.root) as mine:
                        good = 0 if (bytes(blob), blob.tags, bytes(mine.get("n", "k"))) == (b"x", ["t"], b"x") else 1
                finally:
                    os._exit(good)
            self.assertEqual(os.waitpid(pid, 0)[1], 0)
            self.assertEqual(bytes(cache.get("n", "k")), b"x")


class Remotes(Scratch):
    """Two machines are two roots. In a build without the feature every way to a remote tier says so."""

    WAIT = 120.0

    def attached(self, store, **options):
        try:
            return store.attach_remote("memory://" + self.id(), deadline_seconds=self.WAIT, **options)
        except warmstart.UnsupportedError as failure:
            self.assertIn("without the feature remote", str(failure))
            self.assertIn("--features remote", str(failure))
            return None

    def test_what_one_store_saved_the_other_finds(self):
        with self.store() as here, warmstart.Store(self.root + "-there") as there:
            one = self.attached(here)
            if one is None:
                self.assertNotIn("remote", warmstart.build_info())
                self.assertRaises(warmstart.UnsupportedError, warmstart.Remote, there, "no url")
                return
            other = self.attached(there, uploads=warmstart.Uploads.ALL)
            self.assertEqual((one.url, one.last_failure), ("memory://" + self.id(), None))
            self.assertFalse(other.fetch(KEY, self.WAIT))
            here.save(KEY, b"the answer", 0.1, 4, Kind.FINAL)
            self.assertTrue(one.flush(warmstart.Reach.LOCAL, self.WAIT))
            self.assertTrue(one.flush(timeout=self.WAIT))
            self.assertEqual(one.statistics().uploads, 1)
            found = there.lookup(KEY)
            self.assertEqual((bytes(found), found.info.objective, found.info.iteration, found.info.kind), (b"the answer", 0.1, 4, Kind.FINAL))
            self.assertEqual((other.statistics().brought, other.statistics().uploads), (1, 0))
            self.assertTrue(other.fetch(KEY, self.WAIT))
            # Removed here, it is not brought again; removed there, it is gone.
            self.assertEqual((other.remove(KEY), there.lookup(KEY), other.fetch(KEY, self.WAIT)), (True, None, False))
            self.assertEqual([other.remove(KEY, remotely=True, timeout=self.WAIT) for _ in range(2)], [True, False])
            self.assertFalse(one.remove(KEY, "no-such-run"))
            self.assertEqual(bytes(here.lookup(KEY)), b"the answer")
            other.close()
            with self.assertRaisesRegex(ValueError, "closed"):
                other.statistics()
            self.assertTrue(one.flush(timeout=self.WAIT))

    def test_what_was_saved_before_goes_when_it_is_asked_for(self):
        with self.store() as here, warmstart.Store(self.root + "-there") as there:
            here.save_slot(KEY, "early", b"before", 0.5, 2, Kind.FINAL)
            one = self.attached(here)
            if one is None:
                return
            other = self.attached(there)
            self.assertFalse(other.fetch(KEY, self.WAIT))
            one.upload(KEY, "early")
            self.assertTrue(one.flush(timeout=self.WAIT))
            self.assertEqual(one.statistics().uploads, 1)
            self.assertEqual(bytes(there.lookup(KEY)), b"before")
            self.assertRaises(warmstart.InvalidError, one.upload, KEY, "..")

    def test_what_is_beyond_a_limit_goes(self):
        with self.store() as store:
            remote = self.attached(store)
            if remote is None:
                return
            for objective in (0.0, 1.0, 2.0):
                store.save(KEY, b"x", objective, kind=Kind.FINAL)
            self.assertTrue(remote.flush(timeout=self.WAIT))
            plan = remote.retain(keep_per_key=1, dry_run=True)
            self.assertEqual((plan.entries, plan.removed_entries, remote.retain().entries), (3, 2, 3))
            self.assertEqual(remote.retain(keep_per_key=1).removed_bytes, plan.removed_bytes)
            self.assertEqual((remote.retain().entries, remote.retain(max_bytes=0, max_age_seconds=3600.0).removed_entries), (1, 1))
            for misuse in (
                lambda: remote.retain(max_bytes=-1), lambda: remote.retain(max_age_seconds=-0.5), lambda: remote.retain(keep_per_key=2**63),
                lambda: remote.flush(7, 1.0), lambda: remote.flush(timeout=-1.0), lambda: remote.fetch(KEY, -1.0), lambda: remote.remove(KEY, ".."),
                lambda: store.attach_remote(remote.url),
            ):
                self.assertRaises(warmstart.InvalidError, misuse)

    def test_what_lies_there_is_brought_before_it_is_asked_for(self):
        folds = [warmstart.fingerprint(fold=i) for i in range(4)]
        model, absent = warmstart.fingerprint(model=1), warmstart.fingerprint(absent=1)
        with self.store() as here, warmstart.Store(self.root + "-there") as there:
            one = self.attached(here)
            if one is None:
                return
            other = self.attached(there)
            for i, key in enumerate(folds):
                here.save(key, b"fold %d" % i, float(i), kind=Kind.FINAL)
            self.assertTrue(one.flush(timeout=self.WAIT))
            with other.start_prefetch(dry_run=True, interval_seconds=1e6) as dry:
                with self.assertRaisesRegex(warmstart.InvalidError, "has one already"):
                    other.start_prefetch()
                begun = time.monotonic()
                while not dry.statistics().listings and time.monotonic() - begun < self.WAIT:
                    time.sleep(0.01)
                for i, key in enumerate(folds):
                    dry.note(key, parent=folds[0] if i else None, sequence=i, model=model, namespace="fits", last_access=time.time())
                dry.set_active_model(model)
                plan = list(dry.plan())
                self.assertEqual(({p.key for p in plan}, len(plan), plan[0].key), (set(folds), 4, folds[0]))
                self.assertEqual([p.score for p in plan], sorted((p.score for p in plan), reverse=True))
                self.assertGreater(plan[0].score, 1.0)
                dry.set_active_model(None)
                self.assertLess(next(dry.plan()).score, plan[0].score)
                self.assertEqual((dry.hint_chain(folds[0], 2), dry.hint_chain(folds[3], 9, warmstart.Chain.BACKWARD)), (2, 3))
                self.assertEqual(dry.wait(folds[1], self.WAIT), Status.DEFERRED)
                self.assertEqual((dry.statistics().fetched, other.statistics().fetches), (0, 0))
            ahead = other.start_prefetch(
                weights=(1.0, 0.3, 0.2), half_life_seconds=600.0, interval_seconds=1e6, parallel=4, cycle_bytes=0, cycle_seconds=10.0,
                fetch_deadline_seconds=60.0, listing_deadline_seconds=60.0, back_off_seconds=(1.0, 600.0),
            )
            self.assertEqual((ahead.hint(folds[:3]), ahead.hint([])), (3, 0))
            self.assertEqual([ahead.wait(key, self.WAIT) for key in folds[:3]], [Status.OK] * 3)
            asked = other.statistics().fetches
            self.assertEqual(bytes(there.lookup(folds[1])), b"fold 1")
            self.assertEqual(other.statistics().fetches, asked)
            self.assertEqual(ahead.wait(absent, self.WAIT), Status.NOT_FOUND)
            self.assertIn(ahead.wait(absent, 0.0), (Status.TIMEOUT, Status.NOT_FOUND))
            ahead.cancel(absent)
            ahead.refresh()
            self.assertTrue(ahead.stop(self.WAIT))
            self.assertEqual((ahead.statistics().is_running, ahead.wait(model, self.WAIT)), (False, Status.CANCELLED))
            ahead.start()
            self.assertEqual((ahead.statistics().is_running, ahead.wait(folds[3], self.WAIT)), (True, Status.OK))
            last = ahead.last_cycle
            self.assertTrue(last is None or last.number > 0)
            for misuse in (
                lambda: ahead.wait(KEY, -1.0), lambda: ahead.stop(-1.0), lambda: ahead.hint_chain(KEY, 1, 2), lambda: ahead.hint_chain(KEY, -1),
                lambda: ahead.note(KEY, sequence=2**32), lambda: ahead.note(KEY, run_id=".."), lambda: ahead.note(KEY, payload_bytes=-1),
                lambda: ahead.plan(-1), lambda: ahead.note(KEY, namespace="n" * 129),
            ):
                self.assertRaises(warmstart.InvalidError, misuse)
            other.close()  # the worker stops, and says so
            self.assertEqual((ahead.statistics().is_running, ahead.wait(absent, self.WAIT)), (False, Status.CANCELLED))
            ahead.close()
            with self.assertRaisesRegex(ValueError, "closed"):
                ahead.statistics()
            other = self.attached(there)
            for options, words in (
                (dict(weights=(1.0, -1.0, 0.0)), "negative"), (dict(interval_seconds=0.0), "millisecond"), (dict(parallel=65), "from 1 to 64"),
                (dict(back_off_seconds=(1.0, 0.0)), "millisecond"), (dict(cycle_bytes=-1), "negative"), (dict(parallel=2**63), "64 bits"),
                (dict(half_life_seconds=float("nan")), "not a number"),
            ):
                with self.assertRaisesRegex(warmstart.InvalidError, words):
                    other.start_prefetch(**options)
            self.assertRaises(TypeError, other.start_prefetch, colour="red")

    def test_a_remote_that_is_away_fails_the_wait_and_not_the_save(self):
        away = os.path.join(self._directory.name, "away")
        with self.store() as store:
            if self.attached(store) is None:  # which ends it at once
                return
            with open(away, "w"):
                pass  # a file where a directory is to be
            with store.attach_remote("file://" + os.path.join(away, "bucket"), deadline_seconds=0.1) as remote:
                store.save(KEY, b"x", 0.0, kind=Kind.FINAL)
                with self.assertRaises(warmstart.RemoteError):
                    remote.flush(timeout=3.0)
                self.assertTrue(remote.last_failure)
                self.assertGreater(remote.statistics().upload_failures, 0)
                self.assertTrue(remote.flush(warmstart.Reach.LOCAL, self.WAIT))
            self.assertEqual(bytes(store.lookup(KEY)), b"x")

    def test_options_are_refused_before_anything_is_attached(self):
        with self.store() as store:
            for options, words in (
                (dict(uploads=4), "WARM_UPLOADS"), (dict(deadline_seconds=-1.0), "negative"), (dict(deadline_seconds=float("nan")), "not a number"),
                (dict(payload_limit=0), "between"), (dict(payload_limit=5 * 2**30 + 1), "between"), (dict(queue_limit=0), "positive"),
                (dict(queue_limit=2**63), "64 bits"),
            ):
                with self.assertRaisesRegex(warmstart.InvalidError, words):
                    store.attach_remote("memory://x", **options)
            self.assertRaises(TypeError, store.attach_remote, "memory://x", colour="red")
        self.assertRaises(ValueError, store.attach_remote, "memory://x")

    def test_a_fork_leaves_the_attachment_to_the_parent(self):
        with self.store() as store:
            remote = self.attached(store)
            if remote is None:
                return
            pid = os.fork()
            if pid == 0:
                good = 1
                try:
                    remote.fetch(KEY, self.WAIT)
                except warmstart.ForkedError:
                    remote.close()
                    good = 0
                finally:
                    os._exit(good)
            self.assertEqual(os.waitpid(pid, 0)[1], 0)
            self.assertFalse(remote.fetch(KEY, self.WAIT))


class Records(Scratch):
    def warm_start(self, **more):
        fields = dict(key="y ~ s(x)", n_rows=100, n_cols=3, rho=[-0.0, 0.1], beta=[1.0, 2.0, 5e-324])
        fields.update(more)
        return warmstart.Record(RecordKind.WARM_START, **fields)

    def test_a_record_comes_back_with_every_field(self):
        record = self.warm_start(prev_rho=[1.0, 2.0], prev_beta=array.array("d", [0.5] * 3), package_version="here 1", last_inner_iters=7,
                                 last_inner_converged=True, last_pirls_lm_lambda=1e-6, last_ift_prediction_residual=0.1,
                                 last_pirls_accept_rho=-0.0)
        with warmstart.Store.for_records(self.root) as store:
            self.assertIsNone(store.load_record(record))
            store.save_record(record)
            found = store.load_record(warmstart.Record(RecordKind.WARM_START, key="y ~ s(x)"))
            found.check(record)
            self.assertEqual([run.run_id for run in store.entries(record.key)], ["record"])
            with warmstart.Store.for_records(os.path.join(self.root, ".")) as same:
                same.lookup(record.key)
                self.assertEqual(same.statistics().hits, store.statistics().hits)
        fields = json.loads(found.json())
        self.assertEqual(fields["rho"], [-0.0, 0.1])
        self.assertGreater(fields["created_unix_secs"], 1_700_000_000)
        for name, value in fields.items():
            read = found[name]
            self.assertEqual(list(read) if isinstance(read, array.array) else read, value, name)
            if not name.endswith("unix_secs"):
                self.assertEqual(record[name], read, name)
        self.assertEqual(struct.pack("d", found["rho"][0]), struct.pack("d", -0.0))
        record["prev_rho"] = None
        self.assertIsNone(record["prev_rho"])

    def test_what_does_not_suit_says_why(self):
        record = self.warm_start()
        for change, words in (
            ({"n_rows": 99}, "n_rows is 100, and 99 is wanted"), ({"n_cols": 4}, "n_cols is 3, and 4"), ({"key": "z"}, "key is y ~ s(x), and z"),
        ):
            with self.assertRaisesRegex(warmstart.IncompatibleError, re.escape(words)):
                record.check(self.warm_start(**change))
        self.assertTrue(record.suits(self.warm_start(rho=[], beta=[])))
        broken = warmstart.Record.from_json(RecordKind.WARM_START, record.json().replace(b"[1.0,2.0,", b"[1.0,"))
        with self.assertRaisesRegex(warmstart.IncompatibleError, "beta has 2 items, for 3 columns"):
            broken.check(record)
        with self.store() as store, self.assertRaisesRegex(warmstart.InvalidError, "beta has 2 items"):
            store.save_record(broken)
        for number in (b"null", b"NaN", b"1e999"):
            with self.assertRaises(warmstart.IncompatibleError):
                warmstart.Record.from_json(RecordKind.WARM_START, record.json().replace(b"[1.0,", b"[%s," % number))
        for bad in (float("nan"), float("inf")):
            with self.assertRaisesRegex(warmstart.InvalidError, "counted from 0, is"):
                record["rho"] = [1.0, bad]
        for misuse in (lambda: record["roh"], lambda: record["rho", 1], lambda: record["n_rows", -1]):
            self.assertRaises(warmstart.InvalidError, misuse)

    def test_blocks_have_their_own_lists(self):
        record = warmstart.Record(RecordKind.BLOCKS, key="gaulss", n_rows=50, block_dims=[2, 1], rho=[0.5])
        for at, (name, beta) in enumerate((("mu", [1.0, 2.0]), ("sigma", [3.0]))):
            record["block_names", at], record["block_beta", at] = name, beta
        record["active_sets", 0] = None
        record["active_sets", 1] = [0]
        record["inner.cycles"] = 4
        self.assertRaisesRegex(warmstart.InvalidError, "log_likelihood is NaN", record.json)
        for name in ("log_likelihood", "penalty_value", "block_logdet_h", "block_logdet_s"):
            record["inner." + name] = 1.5
        with self.store() as store:
            store.save_record(record)
            found = store.load_record(record)
        found.check(record)
        self.assertEqual(json.loads(found.json())["inner"]["cycles"], 4)
        self.assertEqual((found["active_sets", 0], list(found["active_sets", 1])), (None, [0]))
        self.assertEqual(found.describe("block_beta"), (warmstart.FieldType.NUMBERS, 2))
        record["block_names", 1] = "tau"
        self.assertFalse(found.suits(record))

    def artifact(self, terms, family="gaussian", **fields):
        made = warmstart.Record(RecordKind.ARTIFACT, **{"descriptor.family_kind": family})
        for name, rho in terms:
            made.add_term(name, penalty_labels=["a", None][: len(rho)], nullspace_dims=[1], reduced_width=4, rho_for_term=rho, raw_beta=[0.5])
        for name, value in fields.items():
            made["global." + name] = value
        return made

    def test_a_fold_is_seeded_from_its_parent(self):
        parent = self.artifact([("mean", [0.25, 9.0]), ("sigma", [-8.5])], outer_objective=1.5, converged=True, n_rows=100)
        fold = self.artifact([("sigma", [0.0]), ("mean", [1.0, 1.0])], n_rows=90)
        self.assertEqual(parent["descriptor_key"], fold["descriptor_key"])
        with self.store() as store:
            store.save_record(parent)
            found = store.load_record(fold)
        fold.transfer_from(found)
        said = [(list(fold["terms.rho_for_term", at]), fold["terms.provenance", at], fold["terms.source", at]) for at in (0, 1)]
        self.assertEqual(said, [([-8.0], "rho_only", 1), ([0.25, 1.0], "rho_only", 0)])
        fold["terms.raw_beta", 0] = [0.125]
        fold["terms.provenance", 0] = "projected"
        self.assertEqual(fold["terms.provenance", 0], "projected")
        self.assertEqual([found["terms.role", at] for at in (0, 1)], ["Mean", "LogSlope"])
        with self.assertRaisesRegex(warmstart.IncompatibleError, "family_kind is gaussian, and poisson"):
            self.artifact([], family="poisson").transfer_from(found)
        self.assertRaises(warmstart.InvalidError, self.warm_start().transfer_from, found)
        self.assertRaises(warmstart.InvalidError, self.warm_start().add_term, "mean")
        self.assertRaisesRegex(warmstart.InvalidError, "outer_objective is NaN", fold.json)

    def test_identities_are_those_that_were_worked_out_apart_from_the_library(self):
        golden = [line.split(" ") for line in (REPOSITORY / "tests/languages/identities.txt").read_text().splitlines()]
        term = warmstart.Record(RecordKind.ARTIFACT)
        term.add_term("mean: s(Time)", penalty_labels=["s(Time)"], nullspace_dims=[2], reduced_width=9)
        term.add_term("log SIGMA, naïve", penalty_labels=["a", None, "c"])
        made = {"mu": term["terms.identity", 0], "sigma": term["terms.identity", 1]}
        for kind, name, *keys in golden:
            if kind == "term" and name in made:
                self.assertEqual([made[name]], keys)
            if kind == "descriptor" and keys[0] == "mu,sigma":
                term["descriptor.family_kind"] = name
                self.assertEqual([term["descriptor_key"], term.key.hex()], keys[1:])
            if kind in ("record", "outer"):
                space = Keyspace.RECORD if kind == "record" else Keyspace.OUTER_ITERATE
                self.assertEqual(Key.from_text(space, name.replace("_", " ").replace("-", "")).hex(), keys[0])


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

    def test_what_is_known_of_a_run_is_listed(self):
        with self.store() as store:
            plain = store.save(KEY, b"plain")
            self.assertTrue(store.pin(KEY, plain))
            of = warmstart.Fingerprinter().absorb("x", 1.0).absorb("y", 2.0)
            with store.session(KEY, label="third attempt", fingerprint=of, seed_keys=[warmstart.Key(bytes(32))]) as fit:
                fit.finalize(b"labelled", 1.0)
                labelled = fit.run_id
                self.assertEqual(fit.load().label, "third attempt")
            self.assertIsNone(store.lookup_run(KEY, plain).label)
            runs = {listed.run_id: listed for listed in store.entries(KEY)}
            self.assertEqual(
                {run: (r.label, r.is_pinned, r.seed_keys, r.key_fields) for run, r in runs.items()},
                {plain: (None, True, 0, 0), labelled: ("third attempt", False, 1, 2)},
            )
            for listed in runs.values():
                self.assertEqual(listed.durability, warmstart.Durability.FULL)
                self.assertGreaterEqual(listed.last_used_unix_secs, listed.info.written_ns // 10**9 - 1)
        with self.store(durability=warmstart.Durability.PROCESS) as store:
            quick = store.save(KEY, b"quick")
            [listed] = [listed for listed in store.entries(KEY) if listed.run_id == quick]
            self.assertEqual(listed.durability, warmstart.Durability.PROCESS)

    def test_an_entry_goes_from_store_to_store_and_damage_does_not(self):
        with self.store() as here, warmstart.Store(self.root + "-there") as there:
            self.assertIsNone(here.export_entry(KEY, "run"))
            self.assertRaises(warmstart.InvalidError, here.export_entry, KEY, "..")
            here.save_slot(KEY, "run", b"the answer", 0.25, 7, Kind.FINAL)
            metadata, entry = here.export_entry(KEY, "run")
            self.assertEqual((metadata[:1], metadata[-1:], bytes(entry)), (b"{", b"}", b"the answer"))
            for became in (warmstart.Imported.WRITTEN, warmstart.Imported.KNOWN):
                self.assertIs(there.import_entry(KEY, "run", metadata, entry.payload), became)
            found = there.lookup(KEY)
            self.assertEqual((bytes(found), found.run_id, found.info), (b"the answer", "run", entry.info))
            for damaged in (b"the answeR", b"the answer!", b""):
                self.assertRaises(warmstart.CorruptError, there.import_entry, KEY, "new", metadata, damaged)
            self.assertRaises(warmstart.CorruptError, there.import_entry, KEY, "run", metadata[1:], b"the answer")
            self.assertEqual([listed.run_id for listed in there.entries(KEY)], ["run"])
            self.assertEqual(bytes(there.lookup(KEY)), b"the answer")
            here.save_slot(KEY, "run", b"a better one", 0.125, 8, Kind.FINAL)
            newer = here.export_entry(KEY, "run")
            self.assertIs(there.import_entry(KEY, "run", newer.metadata, bytes(newer.entry)), warmstart.Imported.WRITTEN)
            self.assertIs(there.import_entry(KEY, "run", metadata, bytes(entry)), warmstart.Imported.SUPERSEDED)
            self.assertEqual(bytes(there.lookup(KEY)), b"a better one")
        with warmstart.Store(self.root + "-there", read_only=True) as store:
            again = store.export_entry(KEY, "run")
            self.assertRaises(warmstart.AccessError, store.import_entry, KEY, "new", again.metadata, again.entry.payload)

    def test_keys_come_as_they_are_found(self):
        with self.store() as store:
            for i in range(40):
                store.save(warmstart.fingerprint(n=i), b"x")
            stream = store.stream_keys()
            first = next(stream)
            listed = list(store.keys())
        self.assertEqual(sorted(map(str, [first, *stream])), sorted(map(str, listed)))
        self.assertEqual(list(stream), [])

    def test_a_session_that_runs_is_seen_from_outside(self):
        with self.store() as store, self.store(read_only=True) as onlooker:
            with store.session(KEY, label="a spline") as fit:
                self.assertEqual(list(onlooker.sessions()), [])
                fit.checkpoint(b"x", 0.5, 41)
                [seen] = onlooker.sessions()
                self.assertEqual((seen.key, seen.run_id, seen.label, seen.process_id), (KEY, fit.run_id, "a spline", os.getpid()))
                self.assertTrue(seen.host)
                self.assertGreaterEqual(seen.reported_unix_seconds, seen.opened_unix_seconds)
                self.assertEqual((seen.progress.iteration, seen.progress.best_objective, seen.progress.writes), (41, 0.5, 1))
                self.assertIsNotNone(seen.progress.durable_age_seconds)
            self.assertEqual(list(onlooker.sessions()), [])

    def test_a_sweep_removes_what_its_plan_says(self):
        with self.store() as store:
            self.assertEqual(store.limits(), warmstart.StoreLimits(1 << 30, 200_000, 30 * 86400.0))
            for i in range(4):
                store.save(warmstart.fingerprint(n=i), b"x")

        def went(task, action):
            with task:
                self.assertEqual(task.wait(), Status.OK)
                found = list(task.findings())
                self.assertEqual((task.report.complete, task.report.evicted, task.report.expired), (True, len(found), 0))
                self.assertEqual({(f.problem, f.action) for f in found}, {(warmstart.Problem.OVER_BUDGET, action)})
                return {(f.key, f.run_id) for f in found}

        with self.store(file_budget=1, read_only=True) as store:
            self.assertEqual(store.limits().file_budget, 1)
            planned = went(store.start_sweep_plan(), warmstart.Action.NOTHING)
            self.assertEqual(len(list(store.keys())), 4)
            with store.start_sweep() as task, self.assertRaises(warmstart.AccessError):
                task.wait()
        with self.store(file_budget=1) as store:
            self.assertEqual(went(store.start_sweep(), warmstart.Action.REMOVED), planned)
            self.assertEqual(len(list(store.keys())), 4 - len(planned))
        with self.store(read_only=True) as store:
            self.assertEqual(store.limits().file_budget, 1)

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

    def test_when_to_write_and_what_a_session_says_of_itself(self):
        with self.store() as store:
            with store.session(KEY, min_interval_seconds=1e9, every=2, max_share=0.5) as fit:
                self.assertEqual(fit.progress[:3], (None, None, None))
                said = [fit.checkpoint(b"x", objective, i) for i, objective in enumerate([3.0, 4.0, 4.0])]
                self.assertEqual(said, [Status.OK, Status.THROTTLED, Status.OK])
                progress = fit.progress
                self.assertEqual((progress.iteration, progress.best_objective, progress.writes), (2, 3.0, 2))
                self.assertEqual((progress.throttled, progress.waiting, progress.failed), (1, 0, 0))
                self.assertGreater(progress.write_seconds, 0)
                points = list(fit.trace())
                self.assertEqual([(p.iteration, p.objective) for p in points], [(0, 3.0), (1, 4.0), (2, 4.0)])
                self.assertLess(abs(points[0].unix_seconds - time.time()), 3600)
                run = fit.run_id
            self.assertEqual([p[2:] for p in store.trace(KEY, run)], [p[2:] for p in points])
            self.assertIsNone(store.trace(KEY, "nobody"))
            fit = store.session(KEY, mean_time_between_failures=1e7, formula=warmstart.Interval.YOUNG)
            fit.checkpoint(b"x")
            self.assertEqual(fit.checkpoint(b"x"), Status.THROTTLED)
            self.assertGreater(fit.progress.next_due_seconds, 1)
        self.assertEqual(warmstart.interval_seconds(5, 1440, warmstart.Interval.YOUNG), 120)
        self.assertAlmostEqual(warmstart.interval_seconds(5, 15), 9.1, 1)
        with self.assertRaises(warmstart.InvalidError):
            warmstart.interval_seconds(5, 0)

    def test_what_no_longer_means_what_it_meant_is_refused(self):
        with self.store() as store:
            store.save(KEY, b"a", 1.0)
            store.save(KEY, b"b", 2.0)
            fit = store.session(KEY)
            self.assertFalse(fit.confirm(1.0, 0))
            self.assertEqual(bytes(fit.load()), b"a")
            self.assertTrue(fit.confirm(1.0, 0))
            with self.assertRaisesRegex(warmstart.IncompatibleError, "1e0.*1.5e0"):
                fit.confirm(1.5, 0.1)
            self.assertEqual(bytes(fit.load()), b"b")
            self.assertEqual(bytes(store.lookup(KEY)), b"a")

    def test_when_to_stop(self):
        halt = pathlib.Path(self._directory.name) / "halt"
        halt.touch()
        none, caller = warmstart.Deadline.NONE, warmstart.Deadline.CALLER
        with self.store() as store:
            for settings, reason, by in [
                ({}, warmstart.Stop.NONE, none),
                ({"deadline_seconds": 1e6}, warmstart.Stop.NONE, caller),
                ({"deadline_unix": int(time.time()) + 10**6, "stop_margin_seconds": 2e6}, warmstart.Stop.DEADLINE, caller),
                ({"halt_file": halt}, warmstart.Stop.HALT_FILE, none),
            ]:
                fit = store.session(KEY, scheduler=False, **settings)
                self.assertEqual(fit.should_stop(), reason is not warmstart.Stop.NONE)
                info = fit.stop_info
                self.assertEqual((info.reason, info.deadline, info.signal), (reason, by, None))
                self.assertEqual(info.seconds_left is None, by is none)
                self.assertIn("go on" if reason is warmstart.Stop.NONE else "stop", info.text)

    def test_a_signal_is_noted_and_python_s_handler_chained(self):
        seen = []
        before = signal.signal(signal.SIGUSR1, lambda *_: seen.append(1))
        try:
            with self.store() as store, warmstart.SignalWatch(signal.SIGUSR1, chain=True) as watch:
                fit = store.session(KEY)
                self.assertFalse(fit.should_stop() or watch.noted)
                os.kill(os.getpid(), signal.SIGUSR1)
                self.assertTrue(fit.should_stop() and watch.noted)
                self.assertEqual((fit.stop_info.reason, fit.stop_info.signal), (warmstart.Stop.SIGNAL, signal.SIGUSR1))
                self.assertEqual(seen, [1])
                watch.forget()
                self.assertFalse(fit.should_stop())
                os.kill(os.getpid(), signal.SIGUSR1)
            os.kill(os.getpid(), signal.SIGUSR1)
            self.assertEqual(seen, [1, 1, 1])
            self.assertFalse(watch.noted)
        finally:
            signal.signal(signal.SIGUSR1, before)
        with self.assertRaises(warmstart.InvalidError):
            warmstart.SignalWatch(signal.SIGSEGV)

    def test_background_checkpoints_are_durable_after_the_block(self):
        with self.store() as store:
            with store.session(KEY, background=True, label="in the background") as fit:
                self.assertEqual(fit.checkpoint(b"now", 1.0), Status.QUEUED)
            self.assertEqual(bytes(store.lookup(KEY)), b"now")

    def test_a_relative_s_answer_is_found_judged_and_counted(self):
        seed, far = warmstart.fingerprint(model="m"), warmstart.fingerprint(terms="t")

        def of(y):
            return warmstart.Fingerprinter().absorb("x", 1.0).absorb("y", y)

        with self.store() as store:
            with store.session(of(1.0).finish(), fingerprint=of(1.0), seed_keys=[seed, far]) as fit:
                self.assertIsNone(fit.load())
                self.assertIsNone(fit.explain_miss())
                fit.finalize(b"answer", 2.0)
            with store.session(of(2.0).finish(), fingerprint=of(2.0), seed_keys=[warmstart.Key(bytes(32)), far]) as fit:
                found = fit.load()
                self.assertEqual((bytes(found), found.info.source, found.seed_level), (b"answer", Source.SEED, 1))
                self.assertTrue(fit.should_use_seed(1.0, 2.0))
                self.assertFalse(fit.should_use_seed(float("nan"), 2.0))
                fit.note_iterations_saved(-3)
                begun = fit.start_statistics()
                self.assertEqual((begun.seed_level, begun.seeds_offered, begun.seeds_taken, begun.seeds_refused), (1, 1, 0, 1))
                why = fit.explain_miss()
                self.assertEqual((why.text, why.key), ("y differs; x equal", of(1.0).finish()))
                self.assertEqual([f.state for f in why.fields], [warmstart.FieldState.EQUAL, warmstart.FieldState.DIFFERS])
                self.assertIsNone(store.explain(of(1.0).finish()))
                with self.assertRaises(warmstart.InvalidError):
                    store.explain(of(2.0).finish())
                fit.finalize(b"another", 1.0)
                why = store.explain(of(1.0).finish())
                self.assertEqual((why.text, why.key), ("y differs; x equal", of(2.0).finish()))
            self.assertEqual(store.start_statistics().iterations_saved, -3)
            self.assertIsNone(store.lookup(of(1.0).finish()).seed_level)

    def test_the_last_and_the_best_runs_stay(self):
        with self.store() as store:
            for objective in (3.0, 1.0, 2.0):
                store.save(KEY, b"x", objective)
            self.assertEqual(store.retain(KEY, last=1, best=1), 1)
            self.assertEqual({listed.info.objective for listed in store.entries(KEY)}, {1.0, 2.0})
            self.assertEqual(store.failed_restarts(KEY), 0)
            self.assertFalse(store.reset_restarts(KEY, "nobody"))
            with store.session(KEY, keep_last=2, keep_best=1, max_failed_restarts=1, min_interval_seconds=0) as fit:
                for objective in (5.0, 6.0, 7.0):
                    fit.checkpoint(b"y", objective)
                self.assertEqual({listed.info.objective for listed in store.entries(KEY)}, {1.0, 2.0, 5.0, 6.0, 7.0})
            with self.assertRaises(warmstart.InvalidError):
                store.retain(KEY)

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


class RegionsOfState(Scratch):
    def test_arrays_of_plain_python_are_restored_where_they_lie(self):
        with self.store() as store, store.session(KEY, min_interval_seconds=3600) as fit:
            self.assertRaises(warmstart.InvalidError, fit.restore)
            x, k, text = array.array("d", [-0.0, 1.5, 5e-324]), array.array("i", [-1, 7]), bytearray(b"text")
            half = bytearray(4)
            for name, thing in (("x", x), ("k", k), ("text", text)):
                fit.protect(name, thing)
            fit.protect("half", half, type=warmstart.ElementType.BF16, dims=(1, 2))
            self.assertIsNone(fit.restore())
            fit.note("solver", "newton")
            self.assertEqual(fit.checkpoint_regions(1.5, 3), Status.OK)
            self.assertEqual(fit.checkpoint_regions(2.5), Status.THROTTLED)
            before = x.tobytes(), k.tobytes(), bytes(text)
            x[:], k[:], text[:] = array.array("d", [1, 1, 1]), array.array("i", [1, 1]), b"    "
            at = fit.restore()
            self.assertEqual((at.objective, at.iteration, at.source), (1.5, 3, Source.EXACT))
            self.assertEqual((x.tobytes(), k.tobytes(), bytes(text)), before)
            entry = fit.peek()
            regions, notes = entry.regions, entry.notes
            self.assertEqual(regions["half"].dims, (1, 2))
            self.assertEqual(regions["x"].type, warmstart.ElementType.F64)
            self.assertEqual(bytes(regions["x"]), before[0])
            room = bytearray(3)
            self.assertRaises(warmstart.TooSmallError, regions["x"].copy_into, room)
            self.assertEqual((notes["solver"], notes["iteration"]), ("newton", "3"))
            self.assertTrue(fit.note("solver", None))
            self.assertFalse(fit.note("solver", None))
            self.assertRaises(warmstart.InvalidError, fit.note, "objective", "1")
            fit.checkpoint_regions_now(1.0, 4)
            self.assertNotIn("solver", fit.load().notes)
            fit.finalize_regions(0.5, 5)
            self.assertEqual(fit.restore().kind, Kind.FINAL)

    def test_a_difference_is_named_and_nothing_is_touched(self):
        with self.store() as store, store.session(KEY) as fit:
            x, k = array.array("d", [1, 2]), array.array("i", [3])
            fit.protect("x", x)
            fit.protect("k", k)
            fit.checkpoint_regions(1.0)
            x[0] = 99
            for name, wrong, words in (
                ("k", array.array("i", [0, 0]), "`k`: [1] is stored, and [2] is protected"),
                ("k", array.array("f", [0]), "[1] of I32 is stored, and [1] of F32 is protected"),
                ("more", bytearray(1), "`more`: it is protected, and not stored"),
            ):
                fit.protect(name, wrong)
                with self.assertRaises(warmstart.IncompatibleError) as told:
                    fit.restore()
                self.assertIn(words, str(told.exception))
                fit.unprotect(name)
            with self.assertRaises(warmstart.IncompatibleError) as told:
                fit.restore()
            self.assertIn("`k`: it is stored, and not protected", str(told.exception))
            self.assertEqual(x[0], 99)
            self.assertFalse(fit.unprotect("k"))
            fit.unprotect()
            self.assertRaises(warmstart.InvalidError, fit.checkpoint_regions)
            fit.checkpoint_now(b"opaque", 0.5)
            self.assertRaises(warmstart.IncompatibleError, lambda: fit.load().regions)

    def test_what_cannot_be_protected_is_refused(self):
        with self.store() as store, store.session(KEY) as fit:
            x = array.array("d", [1, 2, 3, 4])
            self.assertRaises((BufferError, TypeError), fit.protect, "x", b"read only")
            self.assertRaises(TypeError, fit.protect, "x", [1.0])
            self.assertRaises(warmstart.InvalidError, fit.protect, "x", memoryview(x)[::2])
            self.assertRaises(warmstart.InvalidError, fit.protect, "x", bytearray(3), type=warmstart.ElementType.F16, dims=(1,))
            # Without dimensions there are as many elements as the buffer has, whatever they are said to be.
            with self.assertRaisesRegex(warmstart.InvalidError, "take 64 bytes, and the buffer has 8"):
                fit.protect("x", bytearray(8), type=warmstart.ElementType.F64)
            self.assertRaises(warmstart.InvalidError, fit.protect, "__metadata__", x)

    def test_numpy_in_either_order(self):
        if numpy is None:
            self.skipTest("NumPy is not installed")
        with self.store() as store, store.session(KEY) as fit:
            c = numpy.arange(6.0).reshape(2, 3)
            f = numpy.asfortranarray(numpy.arange(6, dtype="c8").reshape(2, 3) * 1j)
            scalar, flags, empty = numpy.array(7, dtype="u2"), numpy.array([True, False]), numpy.zeros((0, 4), dtype="f2")
            own = {"c": c, "f": f, "scalar": scalar, "flags": flags, "empty": empty}
            for name, x in own.items():
                fit.protect(name, x)
            fit.checkpoint_regions(1.0)
            want = {name: x.copy(order="K") for name, x in own.items()}
            for x in own.values():
                x[...] = 1
            self.assertIsNotNone(fit.restore())
            entry = fit.load()
            for name, x in want.items():
                self.assertEqual(own[name].tobytes("A"), x.tobytes("A"))
                read = entry.regions[name].array
                self.assertEqual((read.dtype, read.shape, read.tobytes()), (x.dtype, x.shape, x.tobytes()))
            self.assertTrue(entry.regions["f"].array.flags.f_contiguous)
            self.assertEqual({k: v for k, v in entry.notes.items() if k.startswith("order.")}, {"order.f": "F"})
            fit.protect("c", numpy.asfortranarray(c))
            with self.assertRaises(warmstart.IncompatibleError) as told:
                fit.restore()
            self.assertIn("stored row-major (C), and is protected column-major (Fortran)", str(told.exception))
            self.assertRaises(warmstart.InvalidError, fit.protect, "c", c[:, ::2])
            self.assertRaises(warmstart.InvalidError, fit.protect, "c", c.astype(">f8"))

    def test_a_protected_array_is_kept(self):
        with self.store() as store, store.session(KEY) as fit:
            fit.protect("x", array.array("d", [1.0] * 100000))
            gc.collect()
            junk = [array.array("d", [2.0] * 100000) for _ in range(3)]
            fit.checkpoint_regions(1.0)
            self.assertEqual(bytes(fit.load().regions["x"]), array.array("d", [1.0] * 100000).tobytes())
            kept = bytearray(8)
            fit.protect("x", kept)
            with self.assertRaises(BufferError):
                kept.extend(b"it would move")
            fit.unprotect("x")
            kept.extend(b"now it may")
            del junk


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
