#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# is_killed_test.sh MUTANT HEALTHY ARGUMENT...: one of the trials finds the mutant
# out: it says VIOLATION with exit code 1, or a signal or a sanitizer ends it. The
# same trial passes on the healthy map.
set -uo pipefail

mutant=$1
healthy=$2
shift 2
"$mutant" "$@" >"$TEST_TMPDIR/out" 2>&1
code=$?
grep -v ^trial: "$TEST_TMPDIR/out" | head -c 4000
case $code in
  0)
    echo "SURVIVED: no trial found anything wrong" >&2
    exit 1
    ;;
  1) grep -q VIOLATION "$TEST_TMPDIR/out" || exit 1 ;;
  2)
    echo "the program refused its arguments" >&2
    exit 1
    ;;
  *) echo "killed by exit code $code" ;;
esac

read -r -a trial < <(grep ^trial: "$TEST_TMPDIR/out" | tail -n 1)
((${#trial[@]} > 1)) || { echo "the program did not say which trial" >&2; exit 1; }
echo "on the healthy map: ${trial[*]:1}"
"$healthy" "${trial[@]:1}"
