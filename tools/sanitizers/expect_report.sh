#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# expect_report.sh PROGRAM                  passes if it ends well and reports nothing
# expect_report.sh PROGRAM REGEX SOURCE     passes if it fails, with a report that
#                                           matches REGEX and names a line of SOURCE
set -uo pipefail

program=$1
report=$("$program" 2>&1)
status=$?
printf '%s\n' "$report"

fail() {
  echo "FAILED: $program (exit status $status): $*" >&2
  exit 1
}

if (($# == 1)); then
  ((status == 0)) || fail "expected to end well"
  ! grep -qE 'Sanitizer|runtime error' <<< "$report" || fail "expected no report"
else
  ((status != 0)) || fail "expected to fail"
  grep -qE "$2" <<< "$report" || fail "expected a report like '$2'"
  grep -qE "$3[0-9]+" <<< "$report" || fail "expected a line of $3 in the report"
fi
