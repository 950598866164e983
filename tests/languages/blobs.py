"""Python's program of README.md: blobs."""

import array
import struct
import sys

import warmstart

command, root, name = sys.argv[1:]
with warmstart.Cache(root) as cache:
    if command == "write":
        payload = array.array("d", [i / 8 for i in range(400)])
        payload[0] = -0.0
        cache.put("languages", "of " + name, payload, version=2**53 - 1, tags=["tag of " + name, "na\u00efve"], dependencies=["data of " + name],
                  pairs={"degree": "3", "\u65e5\u672c": "\u00e9"}, content_type="application/x-doubles", priority=7)
    elif command == "invalidate":
        print(cache.invalidate_tags(["tag of " + name]))
    else:
        blob = cache.get("languages", "of " + name)
        lines = ["absent"]
        if blob is not None:
            x = blob.view("d")
            lines = ["payload %d %s %s" % (len(x), struct.pack(">d", x[0]).hex(), struct.pack(">d", x[-1]).hex()), "version %d" % blob.info.version]
            lines += ["tag " + tag for tag in blob.tags] + ["dependency " + dependency for dependency in blob.dependencies]
            lines += ["pair %s=%s" % pair for pair in sorted(blob.pairs.items())]
            lines += ["content_type " + blob.content_type, "priority %d" % blob.info.priority]
        sys.stdout.buffer.write(("\n".join(lines) + "\n").encode())
