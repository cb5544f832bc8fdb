#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Valgrind's memcheck has nothing to say of tests that pass: no invalid access,
# no jump that depends on what was never written, nothing lost, not even
# possibly. (Helgrind and DRD know nothing of fences: see CONTRIBUTING.md.)
#
# Usage: valgrind_test.sh [--without=CASES] TEST...
# --without  cases that are not run, as googletest's filter has them
set -uo pipefail

if ! command -v valgrind > /dev/null; then
  echo "valgrind_test.sh: valgrind is not installed" >&2
  exit 1
fi
cases='*'
if [[ $1 == --without=* ]]; then
  cases="-${1#*=}"
  shift
fi
failures=0
for program in "$@"; do
  # A test of its own to Bazel's eyes: its shards and reports are not ours.
  if ! env -u TEST_TOTAL_SHARDS -u TEST_SHARD_INDEX -u XML_OUTPUT_FILE \
    valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite,possible \
    --error-exitcode=99 "$program" --gtest_brief=1 --gtest_filter="$cases" > "$TEST_TMPDIR/log" 2>&1; then
    echo "FAILED: $program under valgrind:" >&2
    tail -n 60 "$TEST_TMPDIR/log" >&2
    failures=$((failures + 1))
  fi
done
exit $((failures > 0))
