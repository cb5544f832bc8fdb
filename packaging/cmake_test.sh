#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# cmake_test.sh FILE...: the library as a CMake user gets it. It is installed from
# the FILEs and nothing else; a consumer then builds and runs with find_package,
# with FetchContent (of the same files: nothing is downloaded) and pkg-config.
set -euo pipefail

work=$TEST_TMPDIR/cmake
mkdir -p "$work/source"
cp --parents --dereference "$@" "$work/source"
prefix=$work/prefix
consumer=$work/source/packaging/consumer
wanted='pma 0.1.0: 2000 entries'
failures=0
export CXX=clang++-19

quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }; }
expect() {
  local what=$1 said
  shift
  said=$("$@") || said+=", exit $?"
  [[ $said == "$wanted" ]] && return
  echo "FAILED: $what: '$said', not '$wanted'" >&2
  failures=$((failures + 1))
}

quietly cmake -S "$work/source" -B "$work/build" "-DCMAKE_INSTALL_PREFIX=$prefix"
quietly cmake --install "$work/build"

quietly cmake -S "$consumer" -B "$work/found" "-DCMAKE_PREFIX_PATH=$prefix"
quietly cmake --build "$work/found"
expect find_package "$work/found/consumer"

quietly cmake -S "$consumer" -B "$work/fetched" "-DPMA_SOURCE=$work/source"
quietly cmake --build "$work/fetched"
expect FetchContent "$work/fetched/consumer"

export PKG_CONFIG_PATH=$prefix/share/pkgconfig
read -ra flags < <(pkg-config --cflags --libs pma)
quietly "$CXX" -std=c++20 -o "$work/by_pkg_config" "$consumer/main.cc" "${flags[@]}"
expect pkg-config "$work/by_pkg_config"

# A program that wants a version that breaks with this one is told so.
if cmake -S "$consumer" -B "$work/refused" "-DCMAKE_PREFIX_PATH=$prefix" \
  -DCMAKE_PROJECT_INCLUDE="$work/source/packaging/consumer/wants_0_2.cmake" \
  >"$work/log" 2>&1; then
  echo 'FAILED: version 0.2 was found' >&2
  failures=$((failures + 1))
elif ! grep -q 'pmaConfig.cmake, version: 0.1.0' "$work/log"; then
  cat "$work/log" >&2
  failures=$((failures + 1))
fi
exit $((failures > 0))
