"""Keys of texts, identities of terms and keys of artifacts, worked out apart from the library: identities.txt is what this prints."""

import hashlib
import struct


def frame(kind, tag, value=b""):
    tag = tag.encode()
    return bytes([kind]) + struct.pack("<I", len(tag)) + tag + value


def text(tag, value):
    value = value.encode()
    return frame(2, tag, struct.pack("<Q", len(value)) + value)


def count(tag, value):
    return frame(3, tag, struct.pack("<Q", value))


def raw(tag, value):
    return frame(1, tag, struct.pack("<Q", len(value)) + value)


def identity(role, name, labels, dims, width):
    said = frame(0, "fit-artifact-block-identity-v2") + count("role", role) + text("block_name", name)
    said += count("n_penalties", len(labels))
    for label in labels:
        said += frame(0, "label-none") if label is None else text("label", label)
    said += count("n_nullspace", len(dims))
    for dim in dims:
        said += count("nullspace_dim", dim)
    return hashlib.sha256(said + count("reduced_width", width))


def descriptor(family, identities):
    said = frame(0, "fit-artifact-descriptor-v1") + text("family_kind", family) + count("n_terms", len(identities))
    for one in sorted(i.digest() for i in identities):
        said += raw("term", one)
    return hashlib.sha256(said)


def artifact(key):
    return hashlib.sha256(text("fit-artifact-key", "schema3-unified-fingerprinter-v3") + text("fit-artifact-descriptor", key.hexdigest()))


MEAN, LOG_SLOPE, GENERIC = 0, 1, 2
TERMS = {
    "mu": identity(MEAN, "mean: s(Time)", ["s(Time)"], [2], 9),
    "mu_named": identity(MEAN, "mean: s(Dose)", ["s(Time)"], [2], 9),
    "mu_generic": identity(GENERIC, "mean: s(Time)", ["s(Time)"], [2], 9),
    "mu_two": identity(MEAN, "mean: s(Time)", ["s(Time)", "s(Time)"], [2], 9),
    "mu_unlabelled": identity(MEAN, "mean: s(Time)", [None], [2], 9),
    "mu_empty_label": identity(MEAN, "mean: s(Time)", [""], [2], 9),
    "mu_null": identity(MEAN, "mean: s(Time)", ["s(Time)"], [1], 9),
    "mu_nulls": identity(MEAN, "mean: s(Time)", ["s(Time)"], [2, 2], 9),
    "mu_width": identity(MEAN, "mean: s(Time)", ["s(Time)"], [2], 8),
    "sigma": identity(LOG_SLOPE, "log SIGMA, naïve", ["a", None, "c"], [], 0),
    "bare": identity(GENERIC, "", [], [], 2**63 - 1),
}

for name, term in TERMS.items():
    print("term", name, term.hexdigest())
for family, names in (("Gamma(log)", ["mu", "sigma"]), ("Gamma(log)", ["mu", "mu"]), ("gaussian", ["mu", "sigma"]), ("gaussian", [])):
    key = descriptor(family, [TERMS[n] for n in names])
    print("descriptor", family, ",".join(names) or "-", key.hexdigest(), artifact(key).hexdigest())
for words in ("", "y ~ s(x)", "naïve"):
    print("record", words.replace(" ", "_") or "-", hashlib.sha256(text("warm-start-key", words)).hexdigest())
    print("outer", words.replace(" ", "_") or "-", hashlib.sha256(text("outer-iterate-key", words)).hexdigest())
