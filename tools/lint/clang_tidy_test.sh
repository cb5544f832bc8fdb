#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# clang_tidy_test.sh [--flags=FILE] FILE...: clang-tidy 19 finds nothing in the
# FILEs that are sources, nor in those of their headers that are the project's, by
# the rules of .clang-tidy. The flags are where the headers of others are. Of a test
# in shards each takes its part.
set -euo pipefail

flags=(-std=c++20 -I.)
files=()
for argument in "$@"; do
  case $argument in
    --flags=*) mapfile -t -O "${#flags[@]}" flags < "${argument#--flags=}" ;;
    *.cc) files+=("$argument") ;;
  esac
done
((${#files[@]} > 0)) || { echo 'no source among the arguments' >&2; exit 1; }

shards=${TEST_TOTAL_SHARDS:-1}
[[ -z ${TEST_SHARD_STATUS_FILE:-} ]] || : > "$TEST_SHARD_STATUS_FILE"
log=${TEST_TMPDIR:-/tmp}/clang_tidy.log
failures=0
for ((i = ${TEST_SHARD_INDEX:-0}; i < ${#files[@]}; i += shards)); do
  # It also counts, on stderr, what it does not show.
  clang-tidy-19 --quiet --warnings-as-errors='*' --config-file=.clang-tidy \
    --header-filter='^(.*/)?(pma|fuzz|bench|tools|packaging)/.*' \
    "${files[i]}" -- "${flags[@]}" > "$log" 2>&1 && continue
  sed "s|^$PWD/||; /^[0-9]* warnings/d" "$log" >&2
  failures=$((failures + 1))
done
((failures == 0)) || { echo "To mend what it can: clang-tidy-19 --fix" >&2; exit 1; }
echo "${#files[@]} sources in $shards shards"
