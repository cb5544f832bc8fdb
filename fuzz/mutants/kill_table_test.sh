#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kill_table_test.sh PROGRAM: what is wrong with a flag is said in one line, before
# anything is run, and the table goes where it is wanted.
set -uo pipefail

program=$1
failures=0
fail() { echo "$*" >&2; failures=$((failures + 1)); }

refuses() {
  "$program" --out="$TEST_TMPDIR/table.md" "$@" 2>"$TEST_TMPDIR/err"
  local code=$?
  ((code == 2)) || fail "$*: exit code $code"
  (($(wc -l <"$TEST_TMPDIR/err") == 1)) || fail "$*: $(cat "$TEST_TMPDIR/err")"
}
refuses --seeds=0
refuses --seconds=0
refuses --seconds=-1
refuses --mutants=nobody
refuses --layers=nothing
refuses no_storage
refuses --out=/nowhere/table.md

# A mutant whose program is not there fails, and says so.
"$program" --out="$TEST_TMPDIR/table.md" no_such_mutant:inline \
  2>"$TEST_TMPDIR/err" && fail "a program that is not there was run"
grep -q 'cannot run fuzz/mutants/no_such_mutant_oracle' "$TEST_TMPDIR/err" ||
  fail "$(cat "$TEST_TMPDIR/err")"

BUILD_WORKING_DIRECTORY=$TEST_TMPDIR "$program" --out=here.md >/dev/null ||
  fail "without a mutant there is an empty table"
grep -q '0 of 0 mutants killed' "$TEST_TMPDIR/here.md" || fail "no table"
exit $((failures > 0))
