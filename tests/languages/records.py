"""Python's program of README.md: records."""

import struct
import sys

import warmstart
from warmstart import Record, RecordKind

command, root, name = sys.argv[1:]
store = warmstart.Store.for_records(root)


def hexed(values):
    return " ".join(struct.pack(">d", value).hex() for value in values)


def artifact(terms):
    made = Record(RecordKind.ARTIFACT, **{"descriptor.family_kind": "family of " + name})
    for term, rho in terms:
        if term == "mean":
            made.add_term("mean: s(Time)", penalty_labels=["s(Time)"], nullspace_dims=[2], reduced_width=9, rho_for_term=rho)
        else:
            made.add_term("log SIGMA, na\u00efve", penalty_labels=["a", None, "c"], rho_for_term=rho)
    return made


like = Record(RecordKind.WARM_START, key="fit of " + name, n_rows=3, n_cols=2)
if command == "write":
    fields = {
        "package_version": name, "rho": [0.1, -0.0], "beta": [sys.float_info.min, -sys.float_info.max], "last_inner_iters": 7,
        "last_inner_converged": True, "last_pirls_lm_lambda": 1e-300,
    }
    for field, value in fields.items():
        like[field] = value
    store.save_record(like)
    fit = artifact([("mean", [0.25]), ("sigma", [-8.5, 9.0, 0.5])])
    fit["terms.raw_beta", 0] = [0.1, -0.0]
    for field, value in (("outer_objective", -0.1), ("converged", 1), ("n_rows", 3)):
        fit["global." + field] = value
    store.save_record(fit)
else:
    found = store.load_record(like)
    print("key", found.key)
    print("package_version", found["package_version"])
    print("n_rows", found["n_rows"])
    print("rho", hexed(found["rho"]))
    print("beta", hexed(found["beta"]))
    print("prev_rho", "absent" if found["prev_rho"] is None else "there")
    print("last_inner_iters", found["last_inner_iters"])
    print("last_inner_converged", found["last_inner_converged"])
    print("last_pirls_lm_lambda", hexed([found["last_pirls_lm_lambda"]]))
    print("suits", "yes" if found.suits(like) else "no")
    fold = artifact([("sigma", [1.0, 1.0, 1.0]), ("mean", [1.0])])
    parent = store.load_record(fold)
    print("descriptor_key", parent["descriptor_key"])
    print("identity", parent["terms.identity", 0], parent["terms.identity", 1])
    print("objective", hexed([parent["global.outer_objective"]]))
    print("raw_beta", hexed(parent["terms.raw_beta", 0]))
    fold.transfer_from(parent)
    for at in range(2):
        print("term", fold["terms.provenance", at], fold["terms.source", at], hexed(fold["terms.rho_for_term", at]))
