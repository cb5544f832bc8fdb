#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# sync_edges_test.sh DOCUMENT FILE...: every synchronization edge (SYNC-1, ...)
# has both its ends in the headers of pma/ and a row in the table of DOCUMENT,
# and every row has an edge. A row names the functions in which the edge's ends
# are, in the code spans of its second and third column, and no others.
set -euo pipefail

document=$1
shift
[[ -f $document ]] || { echo "$document does not exist" >&2; exit 1; }

headers=()
for file in "$@"; do
  [[ $file != pma/*.h ]] || headers+=("$file")
done
((${#headers[@]} > 0)) || { echo 'no headers to check' >&2; exit 1; }

in_code=$(grep -ohE 'SYNC-[0-9]+' "${headers[@]}" | sort | uniq -c | sort -V -k2)
# A row begins with the edge's name: "| SYNC-3 | ...".
in_document=$(grep -oE '^\| *`?SYNC-[0-9]+' "$document" | grep -oE 'SYNC-[0-9]+' | sort -V)

failures=0
complain() {
  echo "$*" >&2
  failures=$((failures + 1))
}

[[ -n $in_code ]] || complain 'no edge in any header'
while read -r count edge; do
  [[ -n $edge ]] || continue
  ((count >= 2)) || complain "$edge: named once in the code; an edge has two ends"
  grep -qxF "$edge" <<< "$in_document" || complain "$edge: no row in $document"
done <<< "$in_code"
while read -r edge; do
  [[ -n $edge ]] || continue
  grep -qE " $edge\$" <<< "$in_code" || complain "$edge: has a row in $document but is in no header"
done <<< "$in_document"
while read -r edge; do
  [[ -z $edge ]] || complain "$edge: more than one row in $document"
done <<< "$(uniq -d <<< "$in_document")"

# "EDGE FUNCTION" for each comment in the code that begins with an edge.
in_functions() {
  awk '
    FNR == 1 { current = "" }
    {
      code = $0
      sub(/\/\/.*/, "", code)
      if (match(code, /^ *[^ .()=][^.()=]*[ *&][A-Za-z_]+\(/) ||
          match(code, /^ *~?[A-Z][A-Za-z]+\(/)) {
        name = substr(code, RSTART, RLENGTH - 1)
        first = name
        sub(/^ */, "", first)
        sub(/ .*/, "", first)
        sub(/.*[ *&~]/, "", name)
        # A statement ends with a semicolon, and a member has a trailing _.
        if (name !~ /_$/ && code !~ /[^}] *; *$/ &&
            first !~ /^(return|if|for|while|else|do|switch|case|assert)$/) {
          current = name
        }
      }
      # "// SYNC-1, SYNC-2", at the end of a line or on one of its own.
      if (!match($0, /[^ ] +\/\/ SYNC-|^ +\/\/ SYNC-/)) next
      $0 = substr($0, RSTART)
      while (match($0, /SYNC-[0-9]+/)) {
        print substr($0, RSTART, RLENGTH), current
        $0 = substr($0, RSTART + RLENGTH)
      }
    }' "$@" | sort -u
}
# "EDGE FUNCTION" for each function that a row names. Accessors of atomics
# (LoadAcquire) and variables (low) say how, not where.
in_rows() {
  awk -F'|' '
    /^\| *`?SYNC-[0-9]+/ {
      match($2, /SYNC-[0-9]+/)
      edge = substr($2, RSTART, RLENGTH)
      rest = $3 " " $4
      while (match(rest, /`[A-Za-z_:]+`/)) {
        name = substr(rest, RSTART + 1, RLENGTH - 2)
        rest = substr(rest, RSTART + RLENGTH)
        sub(/.*::/, "", name)
        if (name ~ /^[A-Z]/ &&
            name !~ /(Relaxed|Acquire|Release|SeqCst|AcqRel|AfterRmw|Word)$/ &&
            name !~ /^Fence(Light|Heavy)$/ ||
            name == "active" || name == "set_active") {
          print edge, name
        }
      }
    }' "$1" | sort -u
}
named=$(in_rows "$document")
real=$(in_functions "${headers[@]}")
while read -r edge function; do
  [[ -z $edge ]] || complain "$edge: $document does not name $function, where an end is"
done <<< "$(comm -13 <(echo "$named") <(echo "$real"))"
while read -r edge function; do
  [[ -z $edge ]] || complain "$edge: $document names $function, where no end is"
done <<< "$(comm -23 <(echo "$named") <(echo "$real"))"
((failures == 0))
echo "$(wc -l <<< "$in_document") edges"
