#!/usr/bin/env python3
"""Writes what a built library's debug information says of its interface, in libabigail's format.

    dump.py LIBRARY    built with full debug information; needs abidw

abidw tells all that the library is made of. Kept of it are the exported functions and what can be reached
from their parameters. Of handles, which are opaque, the name is kept and not the inside: it may change.
But for the architecture nothing that depends on the machine is left, so the dump can be committed and compared
by abidiff.
"""

import subprocess
import sys
import xml.etree.ElementTree as ET

TYPES = ("type-decl", "class-decl", "pointer-type-def", "array-type-def", "qualified-type-def", "enum-decl", "typedef-decl", "union-decl")


def read(library):
    command = ["abidw", "--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", "--no-architecture", library]
    return ET.fromstring(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


class Dump:
    def __init__(self, corpus):
        self.known = {}
        functions = {}
        for node in corpus.iter():
            if node.tag in TYPES and "id" in node.attrib and node.get("is-declaration-only") != "yes":
                self.known.setdefault(node.get("id"), node)
            if node.tag == "function-decl" and node.get("elf-symbol-id", "").startswith("warm_"):
                functions[node.get("elf-symbol-id")] = node
        symbols = {s.get("name") for s in corpus.iter("elf-symbol") if s.get("name", "").startswith("warm_")}
        if not symbols or symbols != set(functions):
            sys.exit(f"no debug information of {sorted(symbols - set(functions)) or 'anything'}")
        self.numbers = {}
        self.types = []
        self.void = None
        self.out = ET.Element("abi-corpus", {"version": corpus.get("version"), "soname": corpus.get("soname", "")})
        listed = ET.SubElement(self.out, "elf-function-symbols")
        for name in sorted(symbols):
            ET.SubElement(listed, "elf-symbol", {"name": name, "type": "func-type", "binding": "global-binding",
                                                 "visibility": "default-visibility", "is-defined": "yes"})
        written = [self.function(functions[name]) for name in sorted(functions)]
        unit = ET.SubElement(self.out, "abi-instr", {"address-size": "64", "path": "warmstart.h", "language": "LANG_C99"})
        unit.extend(self.types + written)

    def type(self, old):
        """The number of a type in the dump; written with all that it is made of."""
        if old in self.numbers:
            return self.numbers[old]
        node = self.known.get(old)
        if node is None:
            sys.exit(f"abidw names a type {old} and does not describe it")
        # What stands behind a `void *` in Rust is an enum of its own.
        if node.get("name") in ("void", "c_void"):
            if self.void is None:
                self.void = "type-id-void"
                self.types.append(ET.Element("type-decl", {"name": "void", "id": self.void}))
            self.numbers[old] = self.void
            return self.void
        new = self.numbers[old] = f"type-id-{len(self.numbers) + 1}"
        copy = ET.Element(node.tag, {k: v for k, v in node.attrib.items() if k in ("name", "size-in-bits", "is-struct", "visibility", "dimensions")})
        copy.set("id", new)
        if node.tag == "class-decl":
            fields = node.findall("data-member")
            if self.opaque(node, fields):
                copy.attrib.pop("size-in-bits", None)
                copy.set("is-declaration-only", "yes")
            else:
                for field in fields:
                    member = ET.SubElement(copy, "data-member", dict(field.attrib))
                    variable = field.find("var-decl")
                    ET.SubElement(member, "var-decl", {"name": variable.get("name"), "type-id": self.type(variable.get("type-id")),
                                                       "visibility": "default"})
        elif node.tag == "pointer-type-def":
            copy.set("type-id", self.type(node.get("type-id")))
            copy.set("size-in-bits", node.get("size-in-bits"))
        elif node.tag == "array-type-def":
            copy.set("type-id", self.type(node.get("type-id")))
            for part in node.findall("subrange"):
                length = {k: v for k, v in part.attrib.items() if k in ("length", "lower-bound", "upper-bound", "size-in-bits")}
                ET.SubElement(copy, "subrange", length)
        elif node.tag != "type-decl":
            sys.exit(f"the interface has a {node.tag}, {node.get('name')}, which C has not in common with others")
        self.types.append(copy)
        return new

    @staticmethod
    def opaque(node, fields):
        """Handles; the structs of the header have struct_size first, and keys have their bytes."""
        if not node.get("name").startswith("warm_"):
            return False
        first = fields[0].find("var-decl").get("name") if fields else ""
        return first not in ("struct_size", "bytes")

    def function(self, node):
        name = node.get("elf-symbol-id")
        copy = ET.Element("function-decl", {"name": name, "mangled-name": name, "visibility": "default", "binding": "global",
                                            "size-in-bits": "64", "elf-symbol-id": name})
        for part in node:
            if part.tag in ("parameter", "return"):
                attributes = {"type-id": self.type(part.get("type-id"))}
                if part.get("name"):
                    attributes["name"] = part.get("name")
                ET.SubElement(copy, part.tag, attributes)
        return copy


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    out = Dump(read(sys.argv[1])).out
    ET.indent(out)
    sys.stdout.write(ET.tostring(out, encoding="unicode") + "\n")


if __name__ == "__main__":
    main()
