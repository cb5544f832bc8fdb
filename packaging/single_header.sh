#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# single_header.sh HEADER...: prints the library as one header to include alone:
# the HEADERs and all that they include of the project, each once, in place of its
# first inclusion. Paths are relative to the repository's root, where it runs.
set -euo pipefail

awk -v roots="$*" '
  # Prints a file with the project'"'"'s own inclusions replaced. Its guard and
  # pragma are left in: they do no harm.
  function put(path,   line) {
    if (path in done) return
    done[path] = 1
    printf "// ---- %s ----\n", path
    while ((getline line < path) > 0) {
      if (line ~ /^#include "pma\//) {
        split(line, part, "\"")
        put(part[2])
      } else {
        print line
      }
    }
    close(path)
  }
  BEGIN {
    print "// SPDX-License-Identifier: Apache-2.0"
    print ""
    print "// pma, all of it. Made by packaging/single_header.sh: do not edit."
    print ""
    count = split(roots, root, " ")
    for (i = 1; i <= count; ++i) put(root[i])
  }'
