#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# explain_crash_test.sh EXPLAIN_CRASH: crash files become reports; what is no
# crash file gives one line and exit code 2.
set -euo pipefail

explain=$PWD/$1
failures=0
fail() { echo "FAILED: $*" >&2; failures=$((failures + 1)); }
cd "$TEST_TMPDIR"
unset BUILD_WORKING_DIRECTORY

# expect CODE 'PATTERN...' ARGUMENT...
expect() {
  local code=0 expected=$1 patterns=$2 pattern
  shift 2
  "$explain" "$@" >out 2>err || code=$?
  [[ $code == "$expected" ]] || fail "$*: exit code $code: $(cat err)"
  while read -r pattern; do
    cat out err | grep -Eq -- "$pattern" || fail "$*: no '$pattern' in: $(cat out err)"
  done <<<"$patterns"
}
bytes() { for byte in "$@"; do printf '%b' "\\x$(printf '%x' "$byte")"; done; }

# A find beside an insertion, one fiber each; a reader beside a collector.
bytes 2 0 0 0 1 0 4 1 >map
bytes 2 0 1 8 0 8 0 1 7 0 7 0 0 1 26 1 2 3 0 2 >epoch
: >empty
mkdir folder

expect 0 $'^passes$\n2 fibers, 2 calls\n-- insert 1 100\nTEST.ScheduleRegressionTest' \
  schedule_fuzz map
expect 0 $'^passes$\n-- replace side 0\nTEST.EpochRegressionTest' epoch_fuzz epoch
expect 1 $'freed while in use\n2 fibers, 4 calls\nclock reads 1 acquire\nversion [0-9]+, newest\nExpectPasses' \
  --plant=no_seq_cst_fence epoch_fuzz epoch

# refuse PATTERN ARGUMENT...
refuse() {
  local pattern=$1
  shift
  expect 2 "$pattern" "$@"
  [[ $(wc -l <err) == 1 ]] || fail "not one line: $(cat err)"
}
refuse 'cannot read missing' schedule_fuzz missing
refuse 'cannot read folder' epoch_fuzz folder
refuse 'empty is empty' epoch_fuzz empty
refuse "no fuzzer 'map_fuzz'" map_fuzz map
refuse 'usage: ' map
refuse 'usage: '
refuse 'unknown flag --frob' --frob schedule_fuzz map

exit $((failures > 0))
