#!/bin/bash
# sync_edges_test.sh DOCUMENT FILE...: every synchronization edge (SYNC-1, ...)
# has both its ends in the headers of pma/ and a row in the table of DOCUMENT,
# and every row has an edge.
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
((failures == 0))
echo "$(wc -l <<< "$in_document") edges"
