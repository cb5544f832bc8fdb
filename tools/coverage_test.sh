#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# coverage_test.sh COVERAGE: it refuses what it does not understand, and a Bazel
# that lists no tests. What it says of a run, //tools/covered:judge_test checks.
set -euo pipefail

# Where it stands, beside a Bazel of ours.
mkdir -p "$TEST_TMPDIR/tools"
cp "$1" "$TEST_TMPDIR/tools/coverage"
printf '#!/bin/bash\n' > "$TEST_TMPDIR/tools/bazel"
chmod +x "$TEST_TMPDIR/tools/coverage" "$TEST_TMPDIR/tools/bazel"

# refuses MESSAGE ARGUMENT...
refuses() {
  local message=$1 output code=0
  shift
  output=$("$TEST_TMPDIR/tools/coverage" "$@" 2>&1) || code=$?
  if [[ $code != 2 || $output != "coverage: $message" ]]; then
    echo "FAILED: coverage $*: exit code $code, and says: $output" >&2
    exit 1
  fi
}

refuses "takes flags only, not '//pma/...'" //pma/...
refuses '--html takes a folder: --html=FOLDER' --html
refuses 'Bazel does not list the tests'
