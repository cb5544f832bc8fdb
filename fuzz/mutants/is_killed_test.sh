#!/bin/bash
# is_killed_test.sh PROGRAM ARGUMENT...: the harness finds its mutant out: it says
# VIOLATION with exit code 1, or a signal or a sanitizer ends it.
set -uo pipefail

program=$1
shift
"$program" "$@" >"$TEST_TMPDIR/out" 2>&1
code=$?
head -c 4000 "$TEST_TMPDIR/out"
case $code in
  0)
    echo "SURVIVED: the harness found nothing wrong" >&2
    exit 1
    ;;
  1) grep -q VIOLATION "$TEST_TMPDIR/out" ;;
  2)
    echo "the harness refused its arguments" >&2
    exit 1
    ;;
  *) echo "killed by exit code $code" ;;
esac
