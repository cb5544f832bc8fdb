#!/bin/bash
# layers_test.sh TABLE FILE...: every header of pma/ and pma/internal/ includes
# only headers of lower layers. TABLE (layers.txt) names them, the lowest first.
set -euo pipefail

table=$1
shift

awk -v table="$table" '
  function complain(message) { print message > "/dev/stderr"; ++failures }
  BEGIN {
    while ((getline line < table) > 0) {
      if (line ~ /^[ \t]*(#|$)/) continue
      ++layers
      count = split(line, names, " ")
      for (i = 1; i <= count; ++i) {
        if (names[i] in layer) complain(table ": " names[i] " is listed twice")
        layer[names[i]] = layers
      }
    }
    if (layers == 0) complain(table ": no layers")
    for (i = 1; i < ARGC; ++i) {
      if (ARGV[i] !~ /^pma\/(internal\/)?[^\/]*\.h$/) { ARGV[i] = ""; continue }
      seen[ARGV[i]] = 1
      ++headers
      if (!(ARGV[i] in layer)) complain(ARGV[i] ": give it a layer in " table)
    }
    for (name in layer) if (!(name in seen)) complain(table ": " name " does not exist")
    if (headers == 0) { complain("no headers to check"); exit }
  }
  /^[ \t]*#[ \t]*include[ \t]*"pma\// {
    split($0, part, "\"")
    name = part[2]
    if (!(name in layer)) {
      complain(FILENAME ":" FNR ": includes " name ", which has no layer")
    } else if (FILENAME in layer && layer[name] >= layer[FILENAME]) {
      complain(FILENAME ":" FNR ": layer " layer[FILENAME] " includes " name " of layer " layer[name])
    }
  }
  END {
    if (failures > 0) exit 1
    print headers " headers in " layers " layers"
  }
' "$@"
