#!/usr/bin/env python3
"""What include/warmstart.h says in numbers: every field of every struct, and every constant.

    tables.py layout HEADER       lines "struct field offset size", and "struct . . size"
    tables.py constants HEADER    lines "NAME value"

A C compiler works them out; this only finds the names. CC names another compiler. The committed
tables, layout.txt and constants.txt, are what each language's binding is held against.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile


def compiler():
    return shlex.split(os.environ.get("CC", "gcc"))


def run_c(header, body):
    with tempfile.TemporaryDirectory() as scratch:
        source = os.path.join(scratch, "table.c")
        program = os.path.join(scratch, "table")
        with open(source, "w", encoding="utf-8") as out:
            out.write("#include <stddef.h>\n#include <stdio.h>\n")
            out.write(f'#include "{os.path.abspath(header)}"\n')
            out.write("int main(void) {\n" + "".join(body) + "return 0; }\n")
        subprocess.run([*compiler(), "-std=c99", "-Wall", "-Werror", "-o", program, source], check=True)
        return subprocess.run([program], check=True, stdout=subprocess.PIPE, text=True).stdout


def preprocessed(header, *flags):
    command = [*compiler(), "-E", *flags, header]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def layout(header):
    text = preprocessed(header, "-P")
    # Defined here, not in stdint.h: the library's begin so.
    structs = re.findall(r"typedef struct (warm_\w+)\s*\{([^}]*)\}\s*\1\s*;", text)
    defined = set(re.findall(r"struct\s+(warm_\w+)\s*\{", text))
    if not structs or defined != {name for name, _ in structs}:
        sys.exit("a struct of the header is written in a way this script does not understand")
    body = []
    for name, fields in structs:
        for declaration in filter(None, (d.strip() for d in fields.split(";"))):
            match = re.fullmatch(r"\w+ (\w+)(\[\d+\])?", declaration)
            if not match:
                sys.exit(f"{name}: cannot read {declaration!r}")
            field = match.group(1)
            body.append(
                f'printf("{name} {field} %zu %zu\\n", offsetof({name}, {field}), sizeof(({name} *)0)->{field});\n'
            )
        body.append(f'printf("{name} . . %zu\\n", sizeof({name}));\n')
    return run_c(header, body)


def constants(header):
    names = re.findall(r"^#define (WARM_\w+) .", preprocessed(header, "-dM"), re.MULTILINE)
    return run_c(header, [f'printf("{name} %ld\\n", (long){name});\n' for name in sorted(names)])


def main():
    kinds = {"layout": layout, "constants": constants}
    if len(sys.argv) != 3 or sys.argv[1] not in kinds:
        sys.exit(__doc__)
    sys.stdout.write(kinds[sys.argv[1]](sys.argv[2]))


if __name__ == "__main__":
    main()
