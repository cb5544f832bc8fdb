#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Programs and shared objects that use the same maps, linked in every way people
# link: either the dynamic linker gives all of them one process state
# (pma/internal/reclaim/process_state.h), or the first operation by another one ends the
# program with a message. Never anything else.
#
# Usage: shared_objects_test.sh COMPILER...
set -uo pipefail

readonly here=pma/programs
out=$(mktemp -d "${TEST_TMPDIR:-/tmp}/shared_objects.XXXXXX")
trap 'rm -rf "$out"' EXIT
objcopy=$(command -v llvm-objcopy-19 || command -v objcopy) || exit 1
failures=0

# compile SOURCE COMPILER FLAG... : an object, not optimised: that is quicker.
compile() {
  local source=$1 compiler=$2
  shift 2
  "$compiler" -std=c++20 -fPIC -I. -c "$here/$source" "$@" || exit 1
}
# expect right|stops WHAT COMMAND...
expect() {
  local wanted=$1 what=$2 output status
  shift 2
  output=$("$@" 2>&1)
  status=$?
  case $wanted in
    right) [[ $status == 0 && $output == right ]] && return ;;
    stops) [[ $status == 134 && $output == *'another copy of the library'*-rdynamic* ]] && return ;;
  esac
  printf 'FAILED: %s: wanted %s, ended with %s:\n%s\n' \
    "$what" "$wanted" "$status" "$output" >&2
  failures=$((failures + 1))
}

# try COMPILER VISIBILITY EXPECTED: what comes of libraries that are opened by a
# program whose symbols are its own and share maps with each other.
try() {
  local cxx=$1 visibility=$2 kind="$1, $2 visibility" dir=$out/$1-$2 name
  mkdir "$dir"
  local flags=("-fvisibility=$visibility")
  if [[ $visibility == hidden ]]; then flags+=(-fvisibility-inlines-hidden); fi
  compile library.cc "$cxx" "${flags[@]}" -o "$dir/a.o"
  compile program.cc "$cxx" "${flags[@]}" -o "$dir/program.o"
  "$objcopy" --redefine-sym Make_a=Make_b --redefine-sym Destroy_a=Destroy_b \
    --redefine-sym Work_a=Work_b "$dir/a.o" "$dir/b.o" || exit 1
  for name in a b; do
    "$cxx" -shared -o "$dir/lib$name.so" "$dir/$name.o" &&
      "$cxx" -shared -Wl,-Bsymbolic -o "$dir/lib$name-symbolic.so" "$dir/$name.o" ||
      exit 1
  done
  local link=("$cxx" -pthread -Wl,--no-as-needed "-Wl,-rpath,$dir" "$dir/program.o")
  "${link[@]}" -o "$dir/linked" "$dir/liba.so" "$dir/libb.so" &&
    "${link[@]}" -o "$dir/linked-symbolic" "$dir/liba-symbolic.so" \
      "$dir/libb-symbolic.so" &&
    "${link[@]}" -o "$dir/closed" -ldl &&
    "${link[@]}" -rdynamic -o "$dir/exporting" -ldl || exit 1

  expect right "$kind: linked with two libraries" "$dir/linked" linked
  expect right "$kind: -rdynamic, libraries opened" \
    "$dir/exporting" open "$dir/liba.so" "$dir/libb.so"
  expect right "$kind: -rdynamic, a library closed" \
    "$dir/exporting" close "$dir/liba.so"
  expect right "$kind: a library closed" "$dir/closed" close "$dir/liba.so"
  # The linker has given the program's symbols to nobody.
  expect stops "$kind: libraries opened" \
    "$dir/closed" open "$dir/liba.so" "$dir/libb.so"
  expect "$3" "$kind: libraries opened that share maps with each other" \
    "$dir/closed" only-open "$dir/liba.so" "$dir/libb.so"
  expect right "$kind: the same, RTLD_GLOBAL" \
    "$dir/closed" only-open-global "$dir/liba.so" "$dir/libb.so"
  expect stops "$kind: -Bsymbolic" "$dir/linked-symbolic" linked
}

tried=()
for compiler in "$@"; do
  if ! command -v "$compiler" > /dev/null; then
    echo "$compiler is not installed here: not tried."
    continue
  fi
  tried+=("$compiler")
  for visibility in default hidden; do
    case $compiler in
      # Its symbols are one for all, whatever their scopes (STB_GNU_UNIQUE).
      g++*) try "$compiler" "$visibility" right ;;
      *) try "$compiler" "$visibility" stops ;;
    esac
  done
done
# Programs and libraries of different compilers.
for one in "${tried[@]}"; do
  for other in "${tried[@]}"; do
    if [[ $one == "$other" ]]; then continue; fi
    expect right "program by $one, libraries by $other" \
      env "LD_LIBRARY_PATH=$out/$other-hidden" "$out/$one-default/exporting" open \
      "$out/$other-hidden/liba.so" "$out/$other-default/libb.so"
  done
done
exit $((failures > 0))
