#!/usr/bin/env python3
"""Writes a Fortran program that prints what the module makes of the structs and constants of the header.

    tables.py layout tests/abi/layout.txt        its output has to equal the table
    tables.py constants tests/abi/constants.txt  the same
"""

import sys

HEAD = """program tables
  use, intrinsic :: iso_c_binding
  use warmstart
  implicit none
"""
TAIL = """contains
  subroutine row(name, whole, part, bits)
    character(*), intent(in) :: name
    type(c_ptr), intent(in) :: whole, part
    integer, intent(in) :: bits
    print '(a, 1x, i0, 1x, i0)', name, transfer(part, 1_c_intptr_t) - transfer(whole, 1_c_intptr_t), bits / 8
  end subroutine
end program tables
"""


def layout(rows):
    structs = sorted({row[0] for row in rows})
    declarations = [f"  type({s}), target :: v_{s}\n" for s in structs]
    body = []
    for struct, field, _, _ in rows:
        v = f"v_{struct}"
        if field == ".":
            body.append(f"  print '(a, i0)', '{struct} . . ', storage_size({v}) / 8\n")
            continue
        # An array's size is its elements'.
        bits = f"storage_size({v}%{field})"
        if field == "bytes" and struct == "warm_key":
            bits += f" * size({v}%{field})"
        body.append(f"  call row('{struct} {field}', c_loc({v}), &\n    c_loc({v}%{field}), {bits})\n")
    sized = [s for s in structs if s != "warm_key"]
    body += [f"  if ({f'v_{s}%struct_size'} /= storage_size(v_{s}) / 8) stop 1\n" for s in sized]
    return HEAD + "".join(declarations + body) + TAIL


def constants(rows):
    body = [f"  print '(a, i0)', '{name} ', {name.lower()}\n" for name, _ in rows]
    return HEAD + "".join(body) + "end program tables\n"


def main():
    with open(sys.argv[2], encoding="utf-8") as table:
        rows = [line.split() for line in table]
    sys.stdout.write({"layout": layout, "constants": constants}[sys.argv[1]](rows))


if __name__ == "__main__":
    main()
