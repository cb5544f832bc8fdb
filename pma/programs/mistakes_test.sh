#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# mistakes_test.sh MISTAKES.cc: of every mistake in there, what each compiler
# that is installed complains of first is what the comment beside it says.
set -uo pipefail

source=$1
numbers=$(sed -nE 's/^#(el)?if MISTAKE == ([0-9]+) .*/\2/p' "$source")
[[ -n $numbers ]] || { echo "no mistakes in $source" >&2; exit 1; }

failures=0
compilers=0
fail() { echo "$*" >&2; failures=$((failures + 1)); }

for compiler in clang++-19 g++; do
  command -v "$compiler" >/dev/null || continue
  compilers=$((compilers + 1))
  # The library is read once.
  header=$TEST_TMPDIR/$compiler.h
  sed -n '/^#include/p' "$source" >"$header"
  options=(-std=c++20 -I.)
  "$compiler" "${options[@]}" -x c++-header "$header" -o "$header.gch" ||
    fail "$compiler does not compile the library"
  options+=(-include "$header" -fsyntax-only)
  "$compiler" "${options[@]}" "$source" || fail "$compiler finds a mistake where there is none"
  for number in $numbers; do
    sentence=$(sed -nE "s/^#(el)?if MISTAKE == $number  \/\/ (.*)/\2/p" "$source")
    first=$("$compiler" "${options[@]}" "-DMISTAKE=$number" "$source" 2>&1 |
      grep -m1 'error:')
    [[ $first == *pma:*"$sentence"* ]] ||
      fail "$compiler says of mistake $number, instead of '$sentence':"$'\n'"$first"
  done
done
((compilers > 0)) || { echo "no compiler is installed" >&2; exit 1; }
exit $((failures > 0))
