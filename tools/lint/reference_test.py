#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
#
# reference_test.py REFERENCE HEADER...: every public function of the map, which is the
# class ConcurrentMap and its bases, Map..., is in the first column of the table of
# operations in REFERENCE, which names no others; and every public function and field of
# the classes in all headers has a comment above it, or above the group (up to a blank
# line) it stands in.

import re
import sys

# How the reference names what has no name of its own.
SPECIAL = {
    "ConcurrentMap": "construction",
    "~ConcurrentMap": "destruction",
    "operator=": "move",
}

# MapStats is no part of it.
MAP = re.compile(r"^(ConcurrentMap|Map(?!Stats$)[A-Z]\w+)$")
CLASS = re.compile(r"^(?:class (\w+)(?: : [^;]+)?(?: \{)?|struct (\w+)( : [\w:]+)? \{)$")
FUNCTION = re.compile(r"^  (?:[^\s(][^(]*[ *&])?(~?\w+|operator[^\s(]+)\(")
FIELD = re.compile(r"^  (?!using |friend |return |typedef )[\w:<>, ]+ (\w+)(?: = [^;(]+)?;$")
NOT_MEMBERS = re.compile(r"^  (requires|template|static_assert|using|:|friend struct|#)")


def members_of(path):
    """Yields (line number, class, name, whether a function, whether explained)."""
    kind, derived, public, explained = None, False, False, False
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            begins = CLASS.match(line)
            if begins:
                kind, derived = begins[1] or begins[2], bool(begins[3])
                public = line.startswith("struct")
            elif line == "};":
                kind = None
            elif re.match(r" (public|private|protected):$", line):
                public = line == " public:"
            elif not line:
                explained = False
            elif line.startswith("  //"):
                explained = True
            elif kind and public and not NOT_MEMBERS.match(line):
                found = FUNCTION.match(line) or FIELD.match(line)
                if found:
                    # What another class explains, and this one sets anew.
                    yield number, kind, found[1], "(" in line, explained or derived


def operations_in(path):
    """The names in the table whose first column is headed `operation`."""
    names, inside = {}, False
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            column = line.split("|")[1].strip() if line.startswith("|") else ""
            inside = column == "operation" or inside and bool(column)
            if inside and column != "operation" and not column.startswith("---"):
                names.update(dict.fromkeys(re.findall(r"`(\w+)|\b(?=\w)([a-z]+)", column), number))
    return {code or word: number for (code, word), number in names.items()}


reference, *headers = sys.argv[1:]
complaints = []
operations = operations_in(reference)
if not operations:
    complaints.append(f"{reference}:1: no table of operations")
functions = set()
for header in headers:
    for number, kind, name, is_function, explained in members_of(header):
        if not explained:
            complaints.append(f"{header}:{number}: {kind}::{name} has no comment that explains it")
        if MAP.match(kind) and is_function:
            name = SPECIAL.get(name, name)
            functions.add(name)
            if name not in operations:
                complaints.append(f"{header}:{number}: no row of {reference} names `{name}`")
if not functions:
    complaints.append(f"{headers[0]}:1: no public function of the map")
for name in sorted(set(operations) - functions):
    complaints.append(f"{reference}:{operations[name]}: `{name}` is no public function of the map")
for complaint in complaints:
    print(complaint, file=sys.stderr)
if complaints:
    sys.exit(1)
print(f"{len(functions)} functions")
