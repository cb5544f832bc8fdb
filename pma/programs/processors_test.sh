#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Source files of one program, one of them compiled for a processor with AVX-512
# and one not, never get each other's code, in whatever order they are linked:
# so the program runs on a processor without it as long as only the other file's
# functions are called.
#
# Usage: processors_test.sh EMULATOR COMPILER... (EMULATOR: qemu-x86_64)
set -uo pipefail

readonly emulator=$1 here=pma/programs
shift
out=$(mktemp -d "${TEST_TMPDIR:-/tmp}/processors.XXXXXX")
trap 'rm -rf "$out"' EXIT
failures=0

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  failures=$((failures + 1))
}
# A processor with neither AVX2 nor AVX-512.
on_old_processor() { "$emulator" -cpu Nehalem "$@"; }

for compiler in "$@"; do
  if ! command -v "$compiler" > /dev/null; then
    echo "$compiler is not installed here: not tried."
    continue
  fi
  compile=("$compiler" -std=c++20 -O1 -I. -c)
  "${compile[@]}" -o "$out/main.o" "$here/processors_main.cc" &&
    "${compile[@]}" -DRUN=RunPlain -o "$out/plain.o" "$here/processors_user.cc" &&
    "${compile[@]}" -DRUN=RunWide -mavx512f -o "$out/wide.o" \
      "$here/processors_user.cc" || exit 1

  # Functions and variables of ours that both define: there are none.
  symbols() { nm -P --defined-only "$1" | awk '$2 ~ /[A-Zuvw]/ { print $1 }' | sort; }
  symbols "$out/plain.o" | grep -c 3pma > "$out/count"
  (($(< "$out/count") > 20)) || fail "$compiler: the objects define too little"
  both=$(comm -12 <(symbols "$out/plain.o") <(symbols "$out/wide.o") | grep 3pma)
  [[ -z $both ]] || fail "$compiler: defined by both objects: $both"

  for order in "plain.o wide.o" "wide.o plain.o"; do
    # shellcheck disable=SC2086 # two names
    (cd "$out" && "$compiler" -pthread -o program main.o $order) || exit 1
    program=$out/program
    [[ $("$program" plain) == right ]] || fail "$compiler, $order: wrong here"
    if grep -qw avx512f /proc/cpuinfo; then
      [[ $("$program" plain wide plain) == right ]] ||
        fail "$compiler, $order: wrong here with AVX-512"
    fi
    [[ $(on_old_processor "$program" plain) == right ]] ||
      fail "$compiler, $order: does not run on an old processor"
    # It would have been noticed.
    if on_old_processor "$program" wide > /dev/null 2>&1; then
      fail "$compiler, $order: AVX-512 runs on an old processor"
    fi
  done
done
exit $((failures > 0))
