#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# ratios_test.sh PROGRAM: a short run prints every ratio, writes what it was
# asked for, and succeeds whatever the ratios are; a wrong flag gives one line
# on stderr and a non-zero exit.
set -euo pipefail

program=$PWD/$1
failures=0
fail() { echo "FAILED: $*" >&2; failures=$((failures + 1)); }

export BUILD_WORKING_DIRECTORY=$TEST_TMPDIR/caller
mkdir -p "$BUILD_WORKING_DIRECTORY"

"$program" --n=2000 --seconds=0 --json=r.json --report=r.html \
  >"$TEST_TMPDIR/out" 2>"$TEST_TMPDIR/err" ||
  fail "exit $?: $(tail -1 "$TEST_TMPDIR/err")"
for row in 'hit, uniform' 'hit, zipf' miss random ascending 'YCSB A' \
  'random, down to half' '10 entries' '100 entries' 'share of the sequential' '1 entry' \
  'batches of 16' 'hit among 10 ' 'hit among 1000000' 'look-ups by two' \
  'load, dense keys' 'hit, lognormal' \
  'interleaved singly' 'blocks of 256' \
  'inserts by two' '64 threads' 'p99.99' 'longest single insert'; do
  grep -qF -- "$row" "$TEST_TMPDIR/out" || fail "no row '$row'"
  grep -qF -- "${row% }" "$BUILD_WORKING_DIRECTORY/r.html" ||
    fail "no '$row' in the page"
done
grep -Eq '(met|missed)' "$TEST_TMPDIR/out" || fail "no verdict"
! grep -q 'not measured' "$TEST_TMPDIR/out" || fail "a row was not measured"
grep -q '"ratios":\[{' "$BUILD_WORKING_DIRECTORY/r.html" || fail "no data in the page"
grep -q '"verdict": "' "$BUILD_WORKING_DIRECTORY/r.json" || fail "no JSON"

refuse() {
  local pattern=$1
  shift
  if "$program" "$@" >"$TEST_TMPDIR/out" 2>"$TEST_TMPDIR/err"; then
    fail "ratios $* succeeded"
  fi
  grep -Eq -- "$pattern" "$TEST_TMPDIR/err" ||
    fail "ratios $*: no '$pattern' in: $(cat "$TEST_TMPDIR/err")"
  (($(wc -l <"$TEST_TMPDIR/err") == 1)) || fail "ratios $*: not one line"
}
refuse "--n: expected a number from 1000" --n=5
refuse "--threads: expected" --threads=0
refuse "--seconds: expected" --seconds=-1
refuse "--peers: there is no 'hashmap'" --peers=hashmap
refuse "unexpected argument 'now'" now
refuse "--json: .*no/r.json: cannot write: No such file" --json=no/r.json
refuse "--report: /: cannot write: Is a directory" --report=/
refuse "--json and --report name one file" --json=r.html --report=r.html

if "$program" --n=1000 --seconds=0 --peers=tbb --json=/dev/full \
  >/dev/null 2>"$TEST_TMPDIR/err"; then
  fail "a full disk went unnoticed"
fi
[[ $(tail -1 "$TEST_TMPDIR/err") == "ratios: /dev/full: cannot write: No space left on device" ]] ||
  fail "full disk: $(tail -1 "$TEST_TMPDIR/err")"

((failures == 0))
echo "all as promised"
