#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# check_history_test.sh PROGRAM README: each verdict with its exit code, and one
# clear line for what is no history; and the README's example is one.
set -euo pipefail

program=$PWD/$1
readme=$PWD/$2
failures=0
cd "$TEST_TMPDIR"
unset BUILD_WORKING_DIRECTORY

# expect CODE PATTERN ARGUMENT...: the exit code, and a line of the output.
expect() {
  local code=$1 pattern=$2 actual=0
  shift 2
  "$program" "$@" >out 2>&1 || actual=$?
  if [[ $actual != "$code" ]] || ! grep -Eq -- "$pattern" out; then
    echo "FAILED: check_history $*: exit code $actual, not $code, or no" \
      "'$pattern' in:" >&2
    cat out >&2
    failures=$((failures + 1))
  fi
}

# refuse PATTERN ARGUMENT...: bad input, told in one line.
refuse() {
  expect 2 "$@"
  [[ $(wc -l <out) == 1 ]] || {
    echo "FAILED: not one line: $(cat out)" >&2
    failures=$((failures + 1))
  }
}

cat >ok.txt <<'END'
history 1
0 1 5 insert 5 50 -> true
1 2 6 find 5 -> 50
1 7 8 scan_all -> [5:50]
END
expect 0 '^ok: 3 operations of 2 threads, .*; 2 of 2 windows' ok.txt
expect 0 '^ok: 3 operations' - <ok.txt

printf 'history 1\n0 1 5 insert 5 50 -> true\n1 6 7 find 5 -> none\n' >stale.txt
expect 1 '^VIOLATION: 2 operations' stale.txt
expect 1 'the key was certainly present throughout' stale.txt

# Only the search of the whole map sees this one.
cat >clear.txt <<'END'
history 1
initial 1 10
initial 2 20
0 1 9 clear -> done
1 2 3 find 1 -> none
1 4 5 find 2 -> 20
END
expect 1 '^No order of the operations explains their answers' clear.txt

{
  echo 'history 1'
  for thread in {1..65}; do echo "$thread 0 9 contains 1 -> false"; done
} >crowd.txt
expect 3 '^undecided' crowd.txt

printf 'history 1\n0 1 5 insert 5 -> true\n' >bad.txt
refuse 'bad.txt: line 2: insert.s VALUE is a decimal number' bad.txt
refuse 'cannot read missing.txt' missing.txt
refuse 'cannot read \.$' .
: >empty.txt
refuse 'the history is empty' empty.txt
refuse '^check_history: usage' ok.txt ok.txt
refuse '^check_history: usage'

# The format as it is documented.
sed -n '/^history 1$/,/^```$/{/^```$/d;p}' "$readme" >example.txt
[[ $(wc -l <example.txt) -ge 8 ]] || { echo 'FAILED: no example in the README' >&2; exit 1; }
expect 0 '^ok: 6 operations' example.txt

exit $((failures > 0))
