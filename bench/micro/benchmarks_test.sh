#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# benchmarks_test.sh PROGRAM...: every benchmark runs at its smallest size and
# reports figures for the map and for a peer (or layout).
set -euo pipefail

failures=0
fail() { echo "FAILED: $*" >&2; failures=$((failures + 1)); }

for program in "$@"; do
  name=$(basename "$program")
  flags=(--benchmark_min_time=0.0001 --benchmark_format=json)
  case $name in
    layout_benchmark) flags+=(--benchmark_filter=/4095) ;;
    types_benchmark) flags+=(--benchmark_filter='/(1B_1B|urls|uuid)' --n=500) ;;
    *) flags+=(--sizes=1000) ;;
  esac
  if ! "$program" "${flags[@]}" >"$TEST_TMPDIR/out" 2>"$TEST_TMPDIR/err"; then
    fail "$name: $(tail -1 "$TEST_TMPDIR/err")"
    continue
  fi
  ! grep -q '"error_occurred": true' "$TEST_TMPDIR/out" ||
    fail "$name: $(grep -m1 '"error_message"' "$TEST_TMPDIR/out")"
  case $name in
    layout_benchmark) wanted=(VanEmdeBoas SixteenWide SortedArray Eytzinger) ;;
    bulk_benchmark) wanted=(/pma/ /singly/ /copy_arrays/) ;;
    members_benchmark | queue_benchmark | snapshot_benchmark | update_benchmark) wanted=(/pma/ /absl_mutex/) ;;
    types_benchmark) wanted=(/pma/ /absl_btree/ '"cells": 6.3' Hit/urls/art_strings Memory/uuid/pma) ;;
    *) wanted=(/pma/ /btree_olc/) ;;
  esac
  for pattern in "${wanted[@]}"; do
    grep -q "$pattern" "$TEST_TMPDIR/out" || fail "$name: no figures of $pattern"
  done
done

((failures == 0))
echo "$# benchmarks"
