#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# reasons_current_test.sh REASONS FILE...: every line that REASONS explains (see
# tools/covered/judge.h for what it looks like) is still in its file. Whether it
# still needs the explanation, tools/coverage says.
set -euo pipefail

awk '
  function trimmed(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }
  FILENAME != ARGV[1] { present[FILENAME, trimmed($0)] = present[FILENAME, "*"] = present[FILENAME, "-"] = 1; next }
  /^#/ || /^$/ { next }
  {
    bars = split($0, part, / \| /)
    if (bars < 3) { print FILENAME ":" FNR ": not FILE | LINE | why"; bad = 1; next }
    text = substr($0, length(part[1]) + 4)
    text = trimmed(substr(text, 1, length(text) - length(part[bars]) - 3))
    where[part[1], text] = FILENAME ":" FNR ": no such line in " part[1] ": " text
  }
  END {
    for (key in where) if (!(key in present)) { print where[key]; bad = 1 }
    exit bad
  }' "$@" >&2
