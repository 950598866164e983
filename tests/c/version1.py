"""Looks at store directories as a version-1 engine does, and says what it would delete or never find.

usage: version1.py ROOT...   every root flushed, and nobody writing
"""
import hashlib
import json
import os
import re
import sys

RUN_ID = re.compile(r"^(?!\.)(?!.*\.tmp)[A-Za-z0-9._-]{1,128}$")
faults = []
pairs = 0


def fault(path, why):
    faults.append(f"{path}: {why}")


def check_pair(path):
    """The entry that `path`, a .json, makes visible."""
    global pairs
    with open(path, "rb") as f:
        raw = f.read()
    if len(raw) > 65536:
        fault(path, "more than 64 KiB of metadata")
    try:
        meta = json.loads(raw)
    except ValueError as error:
        return fault(path, f"would be deleted: {error}")
    numbers = {"schema_version": 1, "written_unix_secs": None, "written_nanos": None, "payload_bytes": None}
    for name, want in numbers.items():
        value = meta.get(name)
        if not isinstance(value, int) or value < 0 or want not in (None, value):
            fault(path, f"{name} is {value!r}")
    if meta.get("kind") not in ("Checkpoint", "Final"):
        fault(path, f"kind is {meta.get('kind')!r}")
    if meta.get("objective") is not None and not isinstance(meta["objective"], (int, float)):
        fault(path, f"objective is {meta['objective']!r}")
    if not raw.lstrip().startswith(b"{\n"):
        fault(path, "is not pretty-printed")
    try:
        with open(path[: -len(".json")] + ".bin", "rb") as f:
            payload = f.read()
    except FileNotFoundError:
        return fault(path, "would be deleted: it has no payload")
    if len(payload) != meta.get("payload_bytes") or hashlib.sha256(payload).hexdigest() != meta.get("checksum_hex"):
        return fault(path, "would be deleted with its payload: length or checksum differ")
    pairs += 1


def check_key(directory):
    runs = {}
    for name in os.listdir(directory):
        path = os.path.join(directory, name)
        if ".tmp." in name:
            fault(path, "would be deleted: named as another process's temporary file")
        if not name.endswith(".json"):
            continue
        check_pair(path)
        parts = name[: -len(".json")].split("~")
        if not RUN_ID.match(parts[0]) or len(parts) not in (1, 3):
            fault(path, "is no stem of ours")
        runs.setdefault(parts[0], []).append(name)
    for run, names in runs.items():
        if len(names) != 1:
            fault(directory, f"run {run} is visible {len(names)} times: {sorted(names)}")


for root in sys.argv[1:]:
    for name in os.listdir(root):
        path = os.path.join(root, name)
        if re.fullmatch("[0-9a-f]{64}", name):
            check_key(path)
            continue
        below = [path] if not os.path.isdir(path) else [os.path.join(d, f) for d, _, fs in os.walk(path) for f in fs]
        for other in below:
            if other.endswith(".json") or ".tmp." in os.path.basename(other):
                fault(other, "has a name that version-1 engines consume")

for line in faults:
    print(line)
print(f"{pairs} pairs, {len(faults)} faults")
sys.exit(1 if faults else 0)
