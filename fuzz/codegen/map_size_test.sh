#!/bin/bash
# map_size_test.sh MOST_FIRST MOST_FURTHER ONE... -- TWO...: the code of the
# first library, with a map of one type, has at most MOST_FIRST bytes, and the
# second, with one more, at most MOST_FURTHER more.
set -euo pipefail

most_first=$1 most_further=$2
shift 2

size=
for candidate in /usr/lib/llvm-19/bin/llvm-size llvm-size-19 llvm-size size; do
  if command -v "$candidate" >/dev/null; then
    size=$candidate
    break
  fi
done
[[ -n $size ]] || { echo 'neither llvm-size nor size is there' >&2; exit 1; }

# code_bytes FILE...: of the archive without position-independent code, or the
# only one there is.
code_bytes() {
  local file found=
  for file in "$@"; do
    [[ $file == *.a || $file == *.lo ]] || continue
    [[ -n $found && $file == *.pic.* ]] || found=$file
  done
  [[ -n $found ]] || { echo "no archive among: $*" >&2; exit 1; }
  "$size" -A "$found" | awk '/^\.text/ { bytes += $2 } END { print bytes + 0 }'
}

one=()
while [[ $1 != -- ]]; do
  one+=("$1")
  shift
done
shift
first=$(code_bytes "${one[@]}")
further=$(($(code_bytes "$@") - first))
echo "first: $first bytes of code (at most $most_first), further: $further (at most $most_further)"
((first > 20000 && further > 10000)) || { echo 'that is no map' >&2; exit 1; }
((first <= most_first && further <= most_further))
