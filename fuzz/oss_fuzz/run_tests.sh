#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What OSS-Fuzz runs to see that a change breaks nothing: the fuzzers' corpora,
# without an engine, and the first example. Environment as of build.sh.
set -euo pipefail

tests=$WORK/tests
mkdir -p "$tests"
OUT=$tests WORK=$tests/work FUZZING_ENGINE=none \
  LIB_FUZZING_ENGINE='tools/fuzzing/replay_main.cc tools/callers_folder.cc' \
  bash "$(dirname "${BASH_SOURCE[0]}")/build.sh"
for options in "$tests"/*.options; do
  name=$(basename "$options" .options)
  echo "$name: $("$tests/$name" "fuzz/corpus/$name" 2> "$tests/$name.log")" || {
    tail -n 20 "$tests/$name.log" >&2
    exit 1
  }
done

read -ra flags <<< "$CXXFLAGS"
"$CXX" "${flags[@]}" -std=c++20 -I. pma/examples/quick_start.cc -o "$tests/quick_start"
"$tests/quick_start"
