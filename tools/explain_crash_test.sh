#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# explain_crash_test.sh EXPLAIN_CRASH: what is no crash file, or no fuzzer, gives
# one line and exit code 2, and Bazel is not started for it. What the reports
# are is tested by //fuzz:explain_crash_test.
set -euo pipefail

explain=$PWD/$1
failures=0
cd "$TEST_TMPDIR"

# refuse PATTERN ARGUMENT...
refuse() {
  local pattern=$1 code=0
  shift
  "$explain" "$@" >out 2>&1 || code=$?
  if [[ $code != 2 || $(wc -l <out) != 1 ]] || ! grep -q -- "$pattern" out; then
    echo "FAILED: explain_crash $*: exit code $code: $(cat out)" >&2
    failures=$((failures + 1))
  fi
}
: >empty
echo x >crash
refuse 'usage: '
refuse 'usage: ' crash
refuse 'cannot read missing' schedule_fuzz missing
refuse 'cannot read \.' epoch_fuzz .
refuse 'empty is empty' epoch_fuzz empty
refuse "no fuzzer 'none'" none crash

exit $((failures > 0))
