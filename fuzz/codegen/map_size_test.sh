#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# map_size_test.sh MOST_FIRST MOST_FURTHER ONE... -- TWO...: the code of the
# first library, with a map of one type, has at most MOST_FIRST bytes, and the
# second, with one more, at most MOST_FURTHER more.
set -euo pipefail

most_first=$1 most_further=$2
shift 2

source fuzz/codegen/archives.sh
size=$(llvm_tool size)

# code_bytes FILE...: of the archive among them.
code_bytes() {
  local file
  file=$(archive "$@")
  "$size" -A "$file" | awk '/^\.text/ { bytes += $2 } END { print bytes + 0 }'
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
