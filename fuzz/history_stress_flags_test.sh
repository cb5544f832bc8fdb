#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# history_stress_flags_test.sh STRESS CHECK: a written history is judged alike by
# the other program, and a wrong flag gives one line and exit code 2.
set -euo pipefail

stress=$PWD/$1
check=$PWD/$2
failures=0
fail() { echo "FAILED: $*" >&2; failures=$((failures + 1)); }
cd "$TEST_TMPDIR"
unset BUILD_WORKING_DIRECTORY

"$stress" --workload=rounds --tuning=yielding --threads=3 --seed=7 \
  --history=rounds.txt >out || fail "the stress: $(cat out)"
grep -q '^rounds  *yielding  *seed 7: .*, key by key' out || fail "$(cat out)"
grep -q '^ok: .* operations in 1 histories, seeds 7 to 7' out || fail "$(cat out)"
"$check" rounds.txt >judged || fail "$(cat judged)"
# The same operations, examined to the same extent.
summary=$(sed -n 's/^rounds .*seed 7: //p' out)
[[ $(cat judged) == "ok: $summary" ]] || fail "$(cat judged) is not ok: $summary"

# A read that nobody wrote for, at the end.
sed -e '$s/.*/9 18446744073709551614 18446744073709551615 find 1 -> 7/' \
  rounds.txt >spoilt.txt
code=0
"$check" spoilt.txt >judged || code=$?
[[ $code == 1 ]] || fail "exit code $code of a spoilt history"

# refuse PATTERN FLAG...
refuse() {
  local pattern=$1 code=0
  shift
  "$stress" "$@" >out 2>err || code=$?
  [[ $code == 2 ]] || fail "history_stress $*: exit code $code"
  [[ $(wc -l <err) == 1 ]] || fail "not one line: $(cat err)"
  grep -Eq -- "$pattern" err || fail "no '$pattern' in: $(cat err)"
}
refuse '--threads takes a number from 1' --threads=0
refuse '--threads takes a number from 1' --threads=32
refuse '--seconds takes a number' --seconds=soon
refuse '--seed takes a number' --seed=-1
refuse '--workload is one of rounds .* clears$' --workload=none
refuse '--tuning is tiny' --tuning=huge
refuse '--history takes a file name' --history=
refuse 'cannot write no/such/folder' --history=no/such/folder
refuse 'unknown flag --frob' --frob

exit $((failures > 0))
